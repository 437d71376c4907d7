//! What of the timeline is in sight: how far it goes, the bars beside it, and folded tracks.

use super::{until, window, with_clips};
use egui::accesskit::Role;
use egui::vec2;
use egui_kittest::kittest::Queryable;
use workprint::app::Action;
use workprint::model::{Generator, Title};

#[test]
fn the_timeline_ends_half_a_window_past_the_film_and_the_overview_moves_it() {
    let (_folder, mut harness) = with_clips();
    harness.step();
    let editor = &mut harness.state_mut().editor;
    editor.view.points_per_frame = 40.0;
    editor.view.scroll(1e9);
    harness.step();
    let view = harness.state().editor.view;
    let end = harness.state().editor.sequence().end();
    assert!(view.x(end) >= view.width / 2.0 - 1.0, "{view:?}");
    let bar = harness.get_by_role_and_label(Role::ScrollBar, "Overview").rect();
    super::drag(&mut harness, bar.right_center() - vec2(60.0, 0.0), bar.left_center() - vec2(40.0, 0.0));
    assert_eq!(harness.state().editor.view.origin, 0.0);
    for _ in 0..40 {
        harness.state_mut().editor.view.zoom(0.5, 0.0);
    }
    assert!(harness.state().editor.view.shown() <= 3600.0 + 1.0);
}

#[test]
fn many_tracks_scroll_and_fold() {
    let (_folder, mut harness) = with_clips();
    for _ in 0..12 {
        harness.state_mut().editor.perform(Action::AddVideoTrack);
    }
    harness.step();
    harness.step();
    let bar = harness.get_by_role_and_label(Role::ScrollBar, "Tracks in sight").rect();
    let top = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>| {
        harness.get_by_label("Height of V1").rect().center().y
    };
    let edits = harness.state().editor.history().undo_name().map(str::to_owned);
    let before = harness.query_by_label("Height of V1").map(|n| n.rect().center().y);
    super::drag(&mut harness, bar.center_top() + vec2(0.0, 8.0), bar.center_bottom());
    harness.step();
    assert!(before.is_none_or(|before| top(&harness) < before), "scrolled down to V1");
    harness.get_by_role_and_label(Role::Button, "Fold V1").click();
    harness.step();
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Button, "Unfold V1").is_some());
    assert!(harness.query_by_label("Height of V1").is_none());
    assert_eq!(harness.state().editor.history().undo_name().map(str::to_owned), edits, "no edit of the document");
}

/// Names in scripts that the window's own fonts lack: a font of the system is taken where there is one.
#[test]
fn what_no_font_has_in_a_title_is_said_by_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), vec![]);
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    let (asset, _) = harness.state().editor.project().assets.iter().next().map(|(id, a)| (*id, a.clone())).unwrap();
    // Sumerian is on no machine that tests run on
    let title = Title { text: "\u{12000}\u{12001}".into(), ..Title::default() };
    let generator = Box::new(Generator::Title(title));
    let edit = workprint::edit::Edit::SetGenerator { asset, generator };
    assert!(harness.state_mut().editor.commit(&edit));
    until(&mut harness, "a warning in words", |w| w.editor.problems.iter().any(|p| p.contains("Cuneiform")));
}

/// What `File > Open` reads is opened as a project also where it is named at the start.
#[test]
fn a_list_of_cuts_is_opened_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    super::mp4(&super::Footage::new((30, 1), 60), &folder.path().join("one.mp4"));
    std::fs::write(folder.path().join("cuts.csv"), "source,in,out\none.mp4,0,1\none.mp4,1,2\n").unwrap();
    let mut harness = window(folder.path(), vec![folder.path().join("cuts.csv")]);
    until(&mut harness, "the cuts", |w| super::clips(w, workprint::model::TrackKind::Video).len() == 2);
}

#[test]
fn numbers_that_differ_between_the_selected_clips_are_not_shown_as_one() {
    let (_folder, mut harness) = with_clips();
    let first = harness.state().editor.sequence().tracks[0].clips.iter().next().unwrap().id;
    let property = workprint::model::Property::Opacity(workprint::model::Param::fixed(0.5));
    let edit = workprint::edit::Edit::SetProperty { clips: vec![first], property };
    assert!(harness.state_mut().editor.commit(&edit));
    harness.state_mut().editor.perform(Action::SelectAll);
    harness.step();
    harness.step();
    let value = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>, label: &str| {
        format!("{:?}", harness.get_by_role_and_label(Role::SpinButton, label))
    };
    assert!(value(&harness, "Opacity").contains("\"—\""), "{}", value(&harness, "Opacity"));
    assert!(value(&harness, "Scale").contains("100.0 %"), "{}", value(&harness, "Scale"));
}

/// What is read from the right stands as it is read, in the inspector too.
#[test]
fn names_that_are_read_from_the_right_stand_so_in_the_inspector() {
    let (_folder, mut harness) = with_clips();
    let id = harness.state().editor.project().active;
    let rename = workprint::edit::Edit::RenameSequence { sequence: id, name: "\u{645}\u{642}.mov".into() };
    assert!(harness.state_mut().editor.commit(&rename));
    harness.state_mut().editor.select_none();
    harness.step();
    harness.step();
    assert!(harness.query_by_label("mov.\u{645}\u{642}").is_some());
}

#[test]
fn keys_are_found_by_name_and_by_key() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::Shortcuts);
    harness.step();
    harness.step();
    assert!(
        harness.query_by_label("Cross Dissolve").is_some() && harness.query_by_label("Split at Playhead").is_some()
    );
    super::type_text(&mut harness, "dissolve");
    assert!(harness.query_by_label("Cross Dissolve").is_some());
    assert!(harness.query_by_label("Split at Playhead").is_none());
    super::press(&mut harness, egui::Modifiers::NONE, egui::Key::Escape);
    super::press(&mut harness, egui::Modifiers::NONE, egui::Key::Escape);
    assert!(harness.query_by_label("Cross Dissolve").is_none());
}

/// From afar cuts are lines over the clips, and no clip lies over a line.
#[test]
fn cuts_are_lines_from_afar() {
    let (_folder, mut harness) = with_clips();
    for at in 1..60 {
        let at = workprint::model::Frame(at);
        assert!(harness.state_mut().editor.commit(&workprint::edit::Edit::Split { at, clips: vec![], alone: false }));
    }
    harness.state_mut().editor.select_none();
    harness.state_mut().editor.view.points_per_frame = 0.5;
    harness.step();
    let dark = egui::Color32::from_rgb(0x16, 0x17, 0x19);
    let meshes = harness.output().shapes.iter().filter_map(|s| match &s.shape {
        egui::Shape::Mesh(mesh) if mesh.vertices.iter().any(|v| v.color == dark) => Some(mesh.clone()),
        _ => None,
    });
    let lines: Vec<_> = meshes.collect();
    assert_eq!(lines.len(), 2, "pictures and sound");
    for mesh in lines {
        assert!(mesh.vertices.iter().all(|v| v.color == dark), "nothing but lines");
        assert!(mesh.vertices.len() / 4 >= 10, "{}", mesh.vertices.len());
    }
}
