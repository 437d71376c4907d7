//! Transitions, fades, properties, speed, markers, tracks and sequences in the window.

use super::{click_at, clips, drag, give_handles, place_of, press, type_text, with_clips, with_media};
use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::app::Action;
use workprint::edit::{Edge, Edit};
use workprint::model::{Clip, Frame, FrameCount, MarkerColor, SourceTime, TrackKind};
use workprint::ui::Window;

fn clip(harness: &Harness<'_, Window>, kind: TrackKind, n: usize) -> Clip {
    let track = harness.state().editor.sequence().tracks_of(kind).next().unwrap().clone();
    track.clips.iter().nth(n).unwrap()
}

fn click(harness: &mut Harness<'_, Window>, role: Role, label: &str) {
    harness.get_by_role_and_label(role, label).click();
    harness.step();
    harness.step();
}

#[test]
fn transitions_are_made_dragged_and_deleted() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    // without media beyond the cut there is none, it says so, and offers to make room for it
    press(&mut harness, Modifiers::COMMAND, Key::T);
    assert!(clip(&harness, TrackKind::Video, 1).transition.is_none());
    assert!(harness.query_by_label_contains("no media beyond the cut").is_some());
    let steps = harness.state().editor.history().steps();
    click(&mut harness, Role::Button, "Trim both by 15 frames and dissolve");
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 45), (45, 45)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 45), (45, 45)]);
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let made = clip(&harness, kind, 1).transition.map(|t| (t.length.0, t.before.0));
        assert_eq!(made, Some((30, 15)), "{kind:?}");
    }
    assert_eq!(harness.state().editor.history().steps(), steps + 1);
    assert!(harness.query_by_label_contains("no media beyond the cut").is_none());
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60)]);
    // it is withdrawn with the next thing that is done, and by its own button
    press(&mut harness, Modifiers::COMMAND, Key::T);
    press(&mut harness, Modifiers::NONE, Key::M);
    assert!(harness.query_by_label_contains("no media beyond the cut").is_none());
    press(&mut harness, Modifiers::COMMAND, Key::T);
    click(&mut harness, Role::Button, "Not Now");
    assert!(harness.query_by_label_contains("no media beyond the cut").is_none());
    // a frame or two of media beyond the cut are no dissolve to speak of
    let first = clip(&harness, TrackKind::Video, 0).id;
    let by = FrameCount(-1);
    let trim = Edit::Ripple { clip: first, edge: Edge::Out, by, sync_lock: true, alone: false };
    assert!(harness.state_mut().editor.commit(&trim));
    press(&mut harness, Modifiers::COMMAND, Key::T);
    assert!(harness.query_by_label_contains("Trim both by 15 frames").is_some());
    assert!(clip(&harness, TrackKind::Video, 1).transition.is_none());
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    give_handles(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    press(&mut harness, Modifiers::COMMAND, Key::T);
    let frames =
        |harness: &Harness<'_, Window>, kind| clip(harness, kind, 1).transition.map(|t| (t.length.0, t.before.0));
    assert_eq!(frames(&harness, TrackKind::Video), Some((20, 10)));
    assert_eq!(frames(&harness, TrackKind::Audio), Some((20, 10)));
    assert_eq!(harness.state().editor.history().undo_name(), Some("transition"));
    // its right edge, dragged to the left
    let node = harness.query_all_by_role_and_label(Role::Button, "Cross dissolve into two.mp4").next().unwrap();
    let edge = egui::pos2(node.rect().max.x - 2.0, node.rect().center().y);
    let points = harness.state().editor.view.width_of(FrameCount(6));
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    drag(&mut harness, edge, edge - vec2(points as f32, 0.0));
    assert_eq!(frames(&harness, TrackKind::Video), Some((14, 10)));
    assert_eq!(frames(&harness, TrackKind::Audio), Some((14, 10)));
    // a click selects it, the inspector shows it, Delete takes it away
    let node = harness.query_all_by_role_and_label(Role::Button, "Cross dissolve into two.mp4").next().unwrap();
    let middle = node.rect().center();
    harness.state_mut().editor.selected_transition = None;
    click_at(&mut harness, middle);
    assert!(harness.state().editor.selected_transition.is_some());
    assert!(harness.query_by_label("into two.mp4").is_some());
    press(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(frames(&harness, TrackKind::Video), None);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 40), (40, 40)]);
}

#[test]
fn fades_are_dragged_at_a_clips_corner() {
    let (_folder, mut harness) = with_clips();
    let middle = place_of(&harness, "one.mp4", false);
    harness.hover_at(middle);
    harness.step();
    harness.step();
    let handles: Vec<_> = harness.query_all_by_role_and_label(Role::Slider, "Fade in one.mp4").collect();
    let from = handles[0].rect().center();
    let points = harness.state().editor.view.width_of(FrameCount(12));
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    drag(&mut harness, from, from + vec2(points as f32, 0.0));
    assert_eq!(clip(&harness, TrackKind::Video, 0).content.properties.fade_in, FrameCount(12));
    assert_eq!(clip(&harness, TrackKind::Audio, 0).content.properties.fade_in, FrameCount(0));
    assert_eq!(harness.state().editor.history().undo_name(), Some("fade in"));
}

#[test]
fn the_inspector_changes_how_clips_look() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let middle = place_of(&harness, "one.mp4", false);
    click_at(&mut harness, middle);
    let value = harness.get_by_role_and_label(Role::SpinButton, "Scale").rect().center();
    drag(&mut harness, value, value + vec2(60.0, 0.0));
    let scale = clip(&harness, TrackKind::Video, 0).content.properties.scale.clone();
    assert!(scale.range().0 > 1.2, "{scale:?}");
    assert_eq!(harness.state().editor.history().undo_name(), Some("scale"));
    let steps = harness.state().editor.history().steps();
    // one drag is one step, and the way back another
    click(&mut harness, Role::Button, "Reset Scale");
    assert!(clip(&harness, TrackKind::Video, 0).content.properties.scale.is(1.0));
    assert_eq!(harness.state().editor.history().steps(), steps + 1);
    // a keyframe at the playhead, and another where it is changed later
    harness.state_mut().editor.seek(Frame(10));
    click(&mut harness, Role::Button, "Set a keyframe at the playhead: Opacity");
    harness.state_mut().editor.seek(Frame(30));
    harness.step();
    let value = harness.get_by_role_and_label(Role::SpinButton, "Opacity").rect().center();
    drag(&mut harness, value, value - vec2(80.0, 0.0));
    let opacity = clip(&harness, TrackKind::Video, 0).content.properties.opacity.clone();
    assert_eq!(opacity.keys().len(), 2);
    assert!(opacity.range().0 < 0.9 && opacity.range().1 > 0.99, "{opacity:?}");
}

#[test]
fn speed_is_asked_for_and_frames_freeze() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let middle = place_of(&harness, "one.mp4", false);
    click_at(&mut harness, middle);
    press(&mut harness, Modifiers::COMMAND, Key::R);
    click(&mut harness, Role::Button, "200");
    click(&mut harness, Role::Button, "Change Speed");
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 30), (30, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 30), (30, 60)]);
    assert_eq!(harness.state().editor.history().undo_name(), Some("speed"));
    // slower, picture and sound together push what follows once
    press(&mut harness, Modifiers::COMMAND, Key::R);
    click(&mut harness, Role::Button, "50");
    click(&mut harness, Role::Button, "Change Speed");
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 120), (120, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 120), (120, 60)]);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    // by a few letters of its name
    harness.state_mut().editor.seek(Frame(50));
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    type_text(&mut harness, "freze");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 30), (30, 20), (50, 40)]);
    assert!(clip(&harness, TrackKind::Video, 2).speed.is_frozen());
    // its sound goes on
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 30), (30, 60)]);
}

#[test]
fn markers_are_named_coloured_and_moved() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.state_mut().editor.seek(Frame(30));
    press(&mut harness, Modifiers::ALT, Key::M);
    type_text(&mut harness, "Goal");
    click(&mut harness, Role::RadioButton, "Red");
    click(&mut harness, Role::Button, "OK");
    let marker = harness.state().editor.marker(Frame(30)).unwrap().clone();
    assert_eq!((marker.name.as_str(), marker.color), ("Goal", MarkerColor::Red));
    let at = harness.get_by_role_and_label(Role::Button, "Goal").rect().center();
    let points = harness.state().editor.view.width_of(FrameCount(15));
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    drag(&mut harness, at, at + vec2(points as f32, 0.0));
    assert_eq!(harness.state().editor.sequence().markers[0].at, Frame(45));
    harness.state_mut().editor.seek(Frame(0));
    press(&mut harness, Modifiers::SHIFT, Key::M);
    assert_eq!(harness.state().editor.playhead, Frame(45));
}

#[test]
fn tracks_are_targets_and_change_their_height() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::AddVideoTrack);
    harness.step();
    harness.step();
    let name = harness.get_by_label("V2").rect().center();
    click_at(&mut harness, name);
    let v2 = |harness: &Harness<'_, Window>| {
        harness.state().editor.sequence().tracks_of(TrackKind::Video).nth(1).unwrap().clone()
    };
    assert!(v2(&harness).target);
    // what comes from the bin lands on it
    harness.state_mut().editor.seek(Frame(0));
    press(&mut harness, Modifiers::NONE, Key::Period);
    assert_eq!(v2(&harness).clips.len(), 2);
    let border = harness.get_by_role_and_label(Role::Slider, "Height of V2").rect().center();
    drag(&mut harness, border, border + vec2(0.0, 31.0));
    assert_eq!(v2(&harness).height, 150);
    assert_eq!(harness.state().editor.history().undo_name(), Some("track height"));
}

#[test]
fn sequences_are_made_and_opened() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::NewSequence);
    harness.step();
    type_text(&mut harness, "Teaser");
    click(&mut harness, Role::Button, "OK");
    assert_eq!(harness.state().editor.sequence().name, "Teaser");
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    click(&mut harness, Role::ComboBox, "Sequence Teaser");
    click(&mut harness, Role::Button, "Sequence 1");
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60)]);
    // opening is no step to undo
    assert_eq!(harness.state().editor.history().undo_name(), Some("add sequence"));
}

#[test]
fn a_source_is_marked_and_its_part_placed() {
    let (_folder, mut harness) = with_media();
    let asset = harness.state().editor.project().assets.values().find(|a| a.name == "two.mp4").unwrap().id;
    harness.state_mut().editor.open_source(asset);
    harness.step();
    assert!(harness.state().editor.playback.on_source);
    // in at 10, out after 29
    harness.state_mut().editor.transport_to(Frame(10));
    press(&mut harness, Modifiers::NONE, Key::I);
    harness.state_mut().editor.transport_to(Frame(29));
    press(&mut harness, Modifiers::NONE, Key::O);
    press(&mut harness, Modifiers::NONE, Key::Period);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 20)]);
    assert_eq!(clip(&harness, TrackKind::Video, 0).source_in, SourceTime(SourceTime::SECOND.0 / 3));
    // the source stays in front for the next shot, and the next lands behind the first
    assert!(harness.state().editor.playback.on_source);
    press(&mut harness, Modifiers::NONE, Key::Period);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 20), (20, 20)]);
    // a click on the timeline looks at the sequence again
    harness.state_mut().editor.seek(Frame(5));
    assert!(!harness.state().editor.playback.on_source);
}

#[test]
fn shuttling_goes_both_ways_and_loops_the_marks() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::End);
    press(&mut harness, Modifiers::NONE, Key::J);
    press(&mut harness, Modifiers::NONE, Key::J);
    press(&mut harness, Modifiers::NONE, Key::J);
    assert_eq!(harness.state().editor.playback.speed, -4);
    super::until(&mut harness, "the start", |w| !w.editor.playing());
    assert_eq!(harness.state().editor.playhead, Frame(0));
    press(&mut harness, Modifiers::NONE, Key::L);
    press(&mut harness, Modifiers::NONE, Key::L);
    assert_eq!(harness.state().editor.playback.speed, 2);
    press(&mut harness, Modifiers::NONE, Key::K);
    super::until(&mut harness, "stopped", |w| !w.editor.playing());
    harness.state_mut().editor.transport_to(Frame(30));
    press(&mut harness, Modifiers::NONE, Key::I);
    harness.state_mut().editor.transport_to(Frame(35));
    press(&mut harness, Modifiers::NONE, Key::O);
    harness.state_mut().editor.transport_to(Frame(33));
    press(&mut harness, Modifiers::ALT, Key::L);
    press(&mut harness, Modifiers::NONE, Key::Space);
    // it comes round: after the out point the in point again
    super::until(&mut harness, "the end of the marks", |w| w.editor.playhead >= Frame(35));
    super::until(&mut harness, "round again", |w| w.editor.playhead < Frame(33));
    assert!(harness.state().editor.playing());
    assert!(harness.state().editor.playhead >= Frame(30));
}

#[test]
fn one_clip_over_another_becomes_a_picture_in_picture() {
    let (_folder, mut harness) = with_clips();
    let scale = |harness: &Harness<'_, Window>, track: usize| {
        let track = harness.state().editor.sequence().tracks_of(TrackKind::Video).nth(track).unwrap().clone();
        track.clips.iter().next().unwrap().content.properties.scale.range().0
    };
    // alone there is nothing that it could lie over, and it says so
    harness.state_mut().editor.perform(Action::LayoutCorner);
    assert!(harness.state().editor.problems.last().unwrap().contains("nothing lies below or above"));
    let editor = &mut harness.state_mut().editor;
    let asset = editor.project().assets.values().next().unwrap().id;
    editor.drop_assets(&[asset], workprint::app::Onto::New, Frame(20), false);
    assert_eq!(editor.selection.len(), 2, "it and its sound");
    editor.perform(Action::LayoutCorner);
    assert!((scale(&harness, 0) - 1.0).abs() < 1e-9 && (scale(&harness, 1) - 0.28).abs() < 1e-9);
    // the one below, selected: both take their halves
    let below = clip(&harness, TrackKind::Video, 0).id;
    harness.state_mut().editor.select(below, false, false);
    harness.state_mut().editor.perform(Action::LayoutSideBySide);
    assert!((scale(&harness, 0) - 0.5).abs() < 1e-9 && (scale(&harness, 1) - 0.5).abs() < 1e-9);
}

#[test]
fn the_selected_film_freezes_and_no_title() {
    let (_folder, mut harness) = with_clips();
    let editor = &mut harness.state_mut().editor;
    let asset = editor.project().assets.values().next().unwrap().id;
    editor.drop_assets(&[asset], workprint::app::Onto::New, Frame(20), false);
    editor.seek(Frame(30));
    editor.perform(Action::NewTitle);
    editor.seek(Frame(40));
    let frozen = |harness: &Harness<'_, Window>| -> Vec<usize> {
        let tracks = harness.state().editor.sequence().tracks_of(TrackKind::Video);
        tracks.map(|t| t.clips.iter().filter(|c| c.speed.is_frozen()).count()).collect()
    };
    // the title is selected, and lies on top: the topmost film is meant
    harness.state_mut().editor.perform(Action::FreezeFrame);
    assert_eq!(frozen(&harness), [0, 1, 0]);
    harness.state_mut().editor.perform(Action::Undo);
    let below = clip(&harness, TrackKind::Video, 0).id;
    harness.state_mut().editor.select(below, false, false);
    harness.state_mut().editor.perform(Action::FreezeFrame);
    assert_eq!(frozen(&harness), [1, 0, 0]);
}
