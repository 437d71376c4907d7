//! What a newcomer's hands did, step by step, where other tests have only parts of it.

use super::hands::{card, hold, lane, point, selected, tracks};
use super::{
    clips, dialogs, drag, import_music, last_export, place_of, press, until, window, with_clips, with_half_a_minute,
    with_media,
};
use egui::accesskit::Role;
use egui::{Key, Modifiers, pos2, vec2};
use egui_kittest::kittest::Queryable;
use workprint::app::{Action, Request};
use workprint::edit::{Edit, TrackChange};
use workprint::model::{Curve, Frame, Keyframe, Param, Property, SourceTime, TrackKind};

/// Ctrl and a drag insert: the music that lies across is cut in two, and neither part of it is selected.
#[test]
fn an_insert_by_hand_into_long_music_selects_what_was_inserted() {
    let (folder, mut harness) = with_media();
    import_music(&mut harness, folder.path());
    let all: Vec<_> = harness.state().editor.project().assets.keys().copied().collect();
    harness.state_mut().editor.bin_selection = all;
    harness.step();
    let (from, to) = (card(&harness, "one.mp4"), point(&harness, "V1", 0));
    drag(&mut harness, from, to);
    harness.state_mut().editor.bin_selection.clear();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let (from, to) = (card(&harness, "two.mp4"), point(&harness, "V1", 60));
    hold(&mut harness, Modifiers::COMMAND);
    drag(&mut harness, from, to);
    hold(&mut harness, Modifiers::NONE);
    let films = [("one.mp4", 0, 60), ("two.mp4", 60, 60), ("two.mp4", 120, 60)];
    let music = [("music.wav", 0, 60), ("music.wav", 120, 30)];
    assert_eq!(tracks(&harness), [lane("V1", &films), lane("A1", &films), lane("A2", &music)]);
    assert_eq!(selected(&harness), [("two.mp4".to_owned(), 60), ("two.mp4".to_owned(), 60)]);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(tracks(&harness)[2], lane("A2", &music), "nothing else is hit by what is done next");
}

/// A clip without sound over a part of another one.
#[test]
fn what_a_silent_clip_cuts_off_is_not_selected() {
    let (folder, mut harness) = with_clips();
    let silent = super::Footage { sound: false, ..super::Footage::new((30, 1), 30) };
    super::mp4(&silent, &folder.path().join("silent.mp4"));
    harness.state_mut().editor.import(vec![folder.path().join("silent.mp4")]);
    until(&mut harness, "the third", |w| w.editor.project().assets.len() == 3);
    harness.state_mut().editor.snapping = false;
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    let (from, to) = (card(&harness, "silent.mp4"), point(&harness, "V1", 29));
    drag(&mut harness, from, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 29), (29, 30), (59, 1), (60, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 60), (60, 60)]);
    assert_eq!(selected(&harness), [("silent.mp4".to_owned(), 29)]);
}

/// A name with a point in it is a name; the file opens by its name at the next start.
#[test]
fn a_name_with_a_point_gets_the_extension_and_opens_again() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.request = Some(Request::SaveAs);
    if !dialogs::path_is_asked_for(&mut harness) {
        println!("this system has a file dialog: nothing was tried");
        return;
    }
    press(&mut harness, Modifiers::COMMAND, Key::A);
    super::type_text(&mut harness, &folder.path().join("Film v1.2").display().to_string());
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let saved = folder.path().join("Film v1.2.ron");
    until(&mut harness, "saved", |w| w.editor.path.as_ref() == Some(&saved));
    assert_eq!(harness.state().editor.title(), "Film v1.2");
    assert!(saved.exists() && !folder.path().join("Film v1.2").exists());
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert!(harness.state().editor.export.as_ref().unwrap().path.ends_with("Film v1.2.mp4"));
    press(&mut harness, Modifiers::NONE, Key::Escape);
    // what is typed next takes the place of the name, and folder and ending stay
    harness.state_mut().editor.request = Some(Request::SaveAs);
    assert!(dialogs::path_is_asked_for(&mut harness));
    super::type_text(&mut harness, "Final");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let renamed = std::env::current_dir().unwrap();
    until(&mut harness, "saved anew", |w| w.editor.path.as_ref().is_some_and(|p| p.ends_with("Final.ron")));
    assert_eq!(harness.state().editor.path.as_ref().and_then(|p| p.parent()), saved.parent(), "{renamed:?}");
    drop(harness);
    let mut harness = window(folder.path(), vec![saved.clone()]);
    until(&mut harness, "opened", |w| w.editor.path.as_ref() == Some(&saved));
    assert_eq!(clips(harness.state(), TrackKind::Video).len(), 2);
}

/// While an export runs: what it takes beside the editor against its budget, in one unit, and nothing says that all is ready.
#[test]
fn an_export_that_runs_says_what_it_takes_and_nothing_else_is_said() {
    let (folder, mut harness) = with_half_a_minute();
    super::open_export(&mut harness, folder.path());
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "memory", |w| last_export(w).is_some_and(|e| e.state.end().is_none() && !e.samples.is_empty()));
    let export = last_export(harness.state()).unwrap();
    let (budget, now) = (export.job.settings.budget >> 20, export.samples.last().unwrap().rss);
    let said = format!("{} MiB of {budget} MiB", now.saturating_sub(export.own_memory) >> 20);
    assert!(harness.query_by_label(&said).is_some(), "{said}");
    assert!(harness.query_by_label("Memory").is_some());
    assert!(harness.query_by_label("Ready").is_none());
    assert!(harness.query_by_label_contains("Exporting").is_some());
    until(&mut harness, "its end", |w| last_export(w).is_some_and(|e| e.state.end().is_some()));
    harness.step();
    assert!(harness.query_by_label_contains("Exporting").is_none());
}

/// The button beside the picture says what it is for.
#[test]
fn the_viewers_quality_is_explained() {
    let (_folder, mut harness) = with_clips();
    harness.step();
    let at = harness.get_by_role_and_label(Role::Button, "Viewer quality").rect().center();
    harness.hover_at(at);
    for _ in 0..120 {
        harness.step();
        if harness.query_by_label_contains("how much of the picture is computed").is_some() {
            return;
        }
    }
    panic!("it says nothing");
}

/// Names of files that are read from the right stand so on their cards and clips.
#[test]
fn files_with_names_that_are_read_from_the_right_are_shown_so() {
    let folder = tempfile::tempdir().unwrap();
    let name = "\u{645}\u{642}\u{627}\u{628}\u{644}\u{629}.mp4";
    super::mp4(&super::Footage::new((30, 1), 30), &folder.path().join(name));
    let mut harness = window(folder.path(), vec![folder.path().join(name)]);
    until(&mut harness, "the film", |w| w.editor.project().assets.len() == 1);
    super::select_all_cards(&mut harness);
    harness.state_mut().editor.perform(Action::Append);
    harness.step();
    harness.step();
    let painted: Vec<String> = super::begin::texts(&harness);
    let (right, wrong) = ("mp4.\u{645}\u{642}\u{627}\u{628}\u{644}\u{629}", name);
    assert!(painted.iter().filter(|text| *text == right).count() >= 3, "card and two clips: {painted:?}");
    // the one is in the field in which it is typed
    assert_eq!(painted.iter().filter(|text| *text == wrong).count(), 1, "{painted:?}");
}

/// Who makes a title writes it: what is typed then takes the place of the word that stands in it.
#[test]
fn a_new_title_is_written_at_once_and_again_after_a_double_click() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Home);
    // a frame takes a quarter of a second here
    harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = 3.0);
    let steps = harness.state().editor.history().steps();
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    harness.step();
    // nothing was typed: undo takes the title back
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(harness.state().editor.history().steps(), steps);
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    super::type_text(&mut harness, "Spring");
    // something was typed: it is taken back, and the title stays
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(harness.state().editor.history().steps(), steps + 1);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    super::type_text(&mut harness, "Spring");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    let name = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>| {
        harness.state().editor.selected_clips()[0].1.content.name.clone()
    };
    assert_eq!(name(&harness), "Spring");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let at = harness.query_all_by_role_and_label(Role::Button, "Spring").map(|n| n.rect());
    let at = at.max_by(|a, b| a.min.y.total_cmp(&b.min.y)).unwrap().center();
    for _ in 0..2 {
        harness.hover_at(at);
        harness.drag_at(at);
        harness.drop_at(at);
    }
    for _ in 0..8 {
        harness.step();
    }
    super::type_text(&mut harness, "Summer");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    assert_eq!(name(&harness), "Summer");
}

/// Ctrl+S while something is typed saves, with what was typed.
#[test]
fn what_is_typed_is_saved_by_the_key_for_it() {
    let (folder, mut harness) = with_clips();
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    super::type_text(&mut harness, "Spring");
    press(&mut harness, Modifiers::COMMAND, Key::S);
    until(&mut harness, "saved again", |w| !w.editor.unsaved());
    assert!(std::fs::read_to_string(&path).unwrap().contains("Spring"));
    // and a name in its field
    dialogs::click(&mut harness, Role::TextInput, "Clip");
    press(&mut harness, Modifiers::COMMAND, Key::A);
    super::type_text(&mut harness, "Opening");
    press(&mut harness, Modifiers::COMMAND, Key::S);
    until(&mut harness, "saved with it", |w| {
        !w.editor.unsaved() && w.editor.selected_clips().iter().any(|(_, c)| c.content.name == "Opening")
    });
    assert!(std::fs::read_to_string(&path).unwrap().contains("Opening"));
}

/// After a split the cut under the playhead is meant, whatever was selected before.
#[test]
fn a_dissolve_comes_onto_the_cut_that_was_just_made() {
    let (_folder, mut harness) = with_clips();
    let second = harness.state().editor.sequence().tracks[0].clips.iter().nth(1).unwrap().id;
    harness.state_mut().editor.select(second, false, false);
    harness.state_mut().editor.seek(Frame(30));
    press(&mut harness, Modifiers::COMMAND, Key::K);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 30), (30, 30), (60, 60)]);
    press(&mut harness, Modifiers::COMMAND, Key::T);
    let with: Vec<i64> = harness.state().editor.sequence().tracks[0]
        .clips
        .iter()
        .filter(|c| c.transition.is_some())
        .map(|c| c.start.0)
        .collect();
    assert_eq!(with, [30]);
}

/// A drag is a trial like any other: what comes meanwhile is not lost, one step can be undone, and Escape leaves what is
/// selected.
#[test]
fn what_comes_while_something_is_dragged_is_kept_and_escape_ends_the_drag_alone() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.snapping = false;
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let (from, to) = (point(&harness, "V1", 90), point(&harness, "V1", 100));
    let steps = harness.state().editor.history().steps();
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    for part in [0.5, 1.0] {
        harness.hover_at(from + (to - from) * part);
        harness.step();
    }
    let shown = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>| -> Vec<i64> {
        harness.state().editor.shown_project().sequence().tracks[0].clips.iter().map(|c| c.start.0).collect()
    };
    assert_eq!(shown(&harness), [0, 70]);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60)], "only tried");
    super::mp4(&super::Footage::new((30, 1), 30), &folder.path().join("three.mp4"));
    harness.state_mut().editor.import(vec![folder.path().join("three.mp4")]);
    until(&mut harness, "a third film", |w| w.editor.project().assets.len() == 3);
    assert_eq!(shown(&harness), [0, 70], "still held");
    assert_eq!(harness.state().editor.shown_project().assets.len(), 3);
    // a track's setting changes under the hand as well
    let track = harness.state().editor.sequence().tracks[1].id;
    assert!(harness.state_mut().editor.commit(&Edit::SetTrack { track, change: TrackChange::Muted(true) }));
    harness.step();
    assert_eq!(shown(&harness), [0, 70]);
    harness.drop_at(to);
    harness.step();
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (70, 60)]);
    assert_eq!(harness.state().editor.history().steps(), steps + 3, "the import, the track, the move");
    // Escape: the clip goes back and stays selected
    let kept = selected(&harness);
    assert_eq!(kept.len(), 2);
    let from = place_of(&harness, "two.mp4", false);
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    for by in [25.0, 50.0] {
        harness.hover_at(from + vec2(by, 0.0));
        harness.step();
    }
    assert_ne!(shown(&harness), [0, 70]);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(shown(&harness), [0, 70]);
    assert_eq!(selected(&harness), kept);
    harness.drop_at(from + vec2(60.0, 0.0));
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (70, 60)]);
}

/// From keyframe to keyframe: of one setting by its arrows, of all by keys.
#[test]
fn keyframes_are_gone_to_by_arrow_and_key() {
    let (_folder, mut harness) = with_clips();
    let first = harness.state().editor.sequence().tracks[0].clips.iter().next().unwrap();
    let rate = harness.state().editor.sequence().rate;
    let animated = |frames: &[i64]| {
        let key = |frame: &i64| Keyframe { at: rate.time_of(Frame(*frame)), value: 0.5, curve: Curve::Linear };
        Param::animated(frames.iter().map(key))
    };
    let editor = &mut harness.state_mut().editor;
    for property in [Property::Opacity(animated(&[10, 40])), Property::Scale(animated(&[25]))] {
        assert!(editor.commit(&Edit::SetProperty { clips: vec![first.id], property }));
    }
    assert_eq!(first.source_in, SourceTime::ZERO);
    editor.select(first.id, false, true);
    editor.seek(Frame(0));
    harness.step();
    harness.step();
    let mut went = Vec::new();
    for _ in 0..3 {
        press(&mut harness, Modifiers::ALT, Key::ArrowRight);
        went.push(harness.state().editor.playhead.0);
    }
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    went.push(harness.state().editor.playhead.0);
    assert_eq!(went, [10, 25, 40, 25]);
    for (arrow, frame) in
        [("Next keyframe: Opacity", 40), ("Previous keyframe: Opacity", 10), ("Next keyframe: Scale", 25)]
    {
        harness.get_by_role_and_label(Role::Button, arrow).click();
        harness.step();
        harness.step();
        assert_eq!(harness.state().editor.playhead.0, frame, "{arrow}");
    }
    assert!(harness.query_by_role_and_label(Role::Button, "Take this keyframe away: Scale").is_some());
    assert!(harness.query_by_role_and_label(Role::Button, "Next keyframe: Rotation").is_none(), "it has none");
}

/// The question whether to stop an export is not asked about one that has ended meanwhile.
#[test]
fn a_question_about_an_export_that_ends_says_so() {
    let (folder, mut harness) = with_half_a_minute();
    harness.state_mut().editor.save_to(folder.path().join("p.ron"), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    super::open_export(&mut harness, folder.path());
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "running", |w| w.editor.exports.running().is_some());
    harness.state_mut().editor.perform(Action::Quit);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("An export is running").is_some());
    until(&mut harness, "its end", |w| !w.editor.exporting());
    harness.step();
    assert!(harness.query_by_label("An export is running").is_none());
    assert!(harness.query_by_role_and_label(Role::Button, "Stop It and Quit").is_none());
    assert!(harness.query_by_role_and_label(Role::Button, "Quit").is_some());
    dialogs::click(&mut harness, Role::Button, "Keep Working");
    assert!(harness.query_by_role_and_label(Role::Button, "Quit").is_none());
    // a click beside the film's end of the window reaches the window again
    super::click_at(&mut harness, pos2(600.0, 640.0));
    assert!(last_export(harness.state()).unwrap().done().is_some());
}
