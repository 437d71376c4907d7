//! Pictures that are taken by the hand in the viewer.

use super::{clips, drag, press, with_clips};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::app::{Action, Onto};
use workprint::edit::Edit;
use workprint::model::{Clip, Frame, Keyframe, Param, Property, SourceTime, TrackKind};
use workprint::ui::Window;

/// Two clips one after the other, and over the first another a quarter as large, which lies in the middle.
fn with_small_picture() -> (tempfile::TempDir, Harness<'static, Window>, workprint::model::ClipId) {
    let (folder, mut harness) = with_clips();
    let editor = &mut harness.state_mut().editor;
    let asset = *editor.project().assets.keys().next().unwrap();
    editor.drop_assets(&[asset], Onto::New, Frame::ZERO, false);
    let small = editor.selected_clips()[0].1.id;
    let scale = Property::Scale(Param::fixed(0.25));
    assert!(editor.commit(&Edit::SetProperty { clips: vec![small], property: scale }));
    editor.seek(Frame(10));
    editor.select_none();
    harness.step();
    harness.step();
    (folder, harness, small)
}

fn picture(harness: &Harness<'_, Window>) -> Rect {
    harness.get_by_role_and_label(Role::Image, "Picture").rect()
}

fn clip(harness: &Harness<'_, Window>, id: workprint::model::ClipId) -> Clip {
    harness.state().editor.sequence().clip(id).unwrap().1
}

fn value(param: &Param) -> f64 {
    param.at(SourceTime::ZERO)
}

#[test]
fn a_small_picture_is_moved_and_scaled_by_the_hand_and_each_is_one_step() {
    let (_folder, mut harness, small) = with_small_picture();
    let (area, steps) = (picture(&harness), harness.state().editor.history().steps());
    drag(&mut harness, area.center(), area.center() + vec2(area.width() / 8.0, area.height() / 4.0));
    let moved = clip(&harness, small).content.properties.clone();
    assert!((value(&moved.x) - 0.125).abs() < 0.01, "{:?}", moved.x);
    assert!((value(&moved.y) - 0.25).abs() < 0.01, "{:?}", moved.y);
    assert!(harness.state().editor.selection.contains(&small));
    assert_eq!(harness.state().editor.history().steps(), steps + 1);
    // at its corner, to twice the size
    let center = area.center() + vec2(area.width() / 8.0, area.height() / 4.0);
    let corner = vec2(area.width(), area.height()) / 8.0;
    drag(&mut harness, center - corner, center - corner * 2.0);
    let scaled = clip(&harness, small).content.properties.clone();
    assert!((value(&scaled.scale) - 0.5).abs() < 0.03, "{:?}", scaled.scale);
    assert_eq!((value(&scaled.x), value(&scaled.y)), (value(&moved.x), value(&moved.y)));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    let back = clip(&harness, small).content.properties.clone();
    assert_eq!((value(&back.x), value(&back.scale)), (0.0, 0.25));
    // near the edge it is drawn to it
    let to = area.center() + vec2(area.width() * 0.375 - 2.0, 0.0);
    drag(&mut harness, area.center(), to);
    let drawn = clip(&harness, small).content.properties.clone();
    assert!((value(&drawn.x) - 0.375).abs() < 1e-9 && value(&drawn.y) == 0.0, "{:?} {:?}", drawn.x, drawn.y);
}

#[test]
fn escape_puts_a_picture_back_and_a_click_selects_what_lies_there() {
    let (_folder, mut harness, small) = with_small_picture();
    let (area, steps) = (picture(&harness), harness.state().editor.history().steps());
    let at = area.center();
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.hover_at(at + vec2(40.0, 10.0));
    harness.step();
    let shown = |harness: &Harness<'_, Window>| {
        let shown = harness.state().editor.shown_project().clone();
        value(&shown.sequence().clip(small).unwrap().1.content.properties.x)
    };
    assert!(shown(&harness) > 0.0);
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
    assert_eq!(shown(&harness), 0.0);
    harness.hover_at(at + vec2(60.0, 10.0));
    harness.step();
    harness.drop_at(at + vec2(60.0, 10.0));
    harness.step();
    harness.step();
    assert_eq!((shown(&harness), harness.state().editor.history().steps()), (0.0, steps));
    // beside it lies what fills the frame: a drag there moves nothing, a click selects it
    let beside = area.min + vec2(20.0, 20.0);
    drag(&mut harness, beside, beside + vec2(30.0, 0.0));
    assert_eq!(harness.state().editor.history().steps(), steps);
    super::click_at(&mut harness, beside);
    let selected = harness.state().editor.selected_clips();
    assert!(selected.iter().all(|(_, c)| c.id != small) && selected.len() == 2, "{selected:?}");
    // now it is meant
    drag(&mut harness, beside, beside + vec2(30.0, 0.0));
    assert_eq!(harness.state().editor.history().steps(), steps + 1);
    assert_eq!(clips(harness.state(), TrackKind::Video).len(), 3);
}

#[test]
fn what_has_keyframes_gets_one_where_it_is_dragged() {
    let (_folder, mut harness, small) = with_small_picture();
    let mut x = Param::fixed(0.0);
    for (at, value) in [(0, 0.0), (1, 0.25)] {
        let at = SourceTime::from_seconds(f64::from(at));
        x.set(Keyframe { at, value, curve: workprint::model::Curve::Linear });
    }
    let set = Edit::SetProperty { clips: vec![small], property: Property::X(x) };
    let editor = &mut harness.state_mut().editor;
    assert!(editor.commit(&set));
    editor.snapping = false;
    editor.perform(Action::GoToStart);
    harness.step();
    harness.step();
    let area = picture(&harness);
    drag(&mut harness, area.center(), area.center() + vec2(area.width() / 10.0, 0.0));
    let x = clip(&harness, small).content.properties.x.clone();
    let values: Vec<f64> = x.keys().iter().map(|k| k.value).collect();
    assert_eq!(values.len(), 2, "{values:?}");
    assert!((values[0] - 0.1).abs() < 0.01 && values[1] == 0.25, "{values:?}");
}
