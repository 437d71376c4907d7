//! What hands do on the timeline: what is grabbed, what is selected after it, and where the playhead stands.

use super::common::{Footage, mp4};
use super::{clips, drag, drop_files, import_music, place_of, press, until, window, with_clips, with_media};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::app::Action;
use workprint::model::{Frame, TrackKind};
use workprint::ui::Window;

/// Where a frame begins, at the height of a track's name.
pub(super) fn point(harness: &Harness<'_, Window>, track: &str, frame: i64) -> Pos2 {
    let y = harness.get_by_label(track).rect().center().y;
    let lanes = harness.get_by_role_and_label(Role::Slider, "Playhead").rect();
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    pos2(lanes.min.x + harness.state().editor.view.x(Frame(frame)) as f32, y)
}

/// The middle of a card in the bin, which stands above the timeline's clips.
pub(super) fn card(harness: &Harness<'_, Window>, name: &str) -> Pos2 {
    let nodes = harness.query_all_by_role_and_label(Role::Button, name);
    let top = nodes.map(|n| n.rect()).min_by(|a, b| a.min.y.total_cmp(&b.min.y));
    top.unwrap().center()
}

/// Presses modifiers, or lets go of those that are not among them.
pub(super) fn hold(harness: &mut Harness<'_, Window>, modifiers: Modifiers) {
    harness.event(egui::Event::ModifiersChanged(modifiers));
    harness.step();
}

fn click_with(harness: &mut Harness<'_, Window>, at: Pos2, modifiers: Modifiers) {
    harness.hover_at(at);
    harness.step();
    hold(harness, modifiers);
    for pressed in [true, false] {
        let button = egui::PointerButton::Primary;
        harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        harness.step();
    }
    hold(harness, Modifiers::NONE);
    harness.step();
}

pub(super) fn selected(harness: &Harness<'_, Window>) -> Vec<(String, i64)> {
    let mut all: Vec<(String, i64)> =
        harness.state().editor.selected_clips().iter().map(|(_, c)| (c.content.name.clone(), c.start.0)).collect();
    all.sort();
    all
}

fn pair(name: &str, at: i64) -> [(String, i64); 2] {
    [(name.to_owned(), at), (name.to_owned(), at)]
}

#[test]
fn a_click_selects_a_whole_group_and_alt_one_clip() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::Group);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(selected(&harness).is_empty());
    let one = place_of(&harness, "one.mp4", false);
    click_with(&mut harness, one, Modifiers::NONE);
    assert_eq!(selected(&harness), [pair("one.mp4", 0), pair("two.mp4", 60)].concat());
    click_with(&mut harness, one, Modifiers::ALT);
    assert_eq!(selected(&harness), [("one.mp4".to_owned(), 0)]);
    // it shows
    assert_eq!(harness.query_all_by_role_and_label(Role::Image, "Grouped two.mp4").count(), 2);
    // a drag of one moves all
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.state_mut().editor.snapping = false;
    let (from, to) = (point(&harness, "V1", 30), point(&harness, "V1", 30 + 20));
    drag(&mut harness, from, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(20, 60), (80, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(20, 60), (80, 60)]);
    // a trim changes only what is under the hand, and its sound
    press(&mut harness, Modifiers::NONE, Key::Backslash);
    let edge = place_of(&harness, "two.mp4", true);
    let to = point(&harness, "V1", 130);
    drag(&mut harness, edge, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(20, 60), (80, 50)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(20, 60), (80, 50)]);
    // a copy of one is a copy of all
    let one = place_of(&harness, "one.mp4", false);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    click_with(&mut harness, one, Modifiers::NONE);
    harness.state_mut().editor.perform(Action::Copy);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    harness.state_mut().editor.perform(Action::Paste);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 60), (60, 50)]);
    // taken apart, it is two pairs
    harness.state_mut().editor.perform(Action::Ungroup);
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Image, "Grouped two.mp4").is_none());
    let one = place_of(&harness, "one.mp4", false);
    click_with(&mut harness, one, Modifiers::NONE);
    assert_eq!(selected(&harness), pair("one.mp4", 0));
}

#[test]
fn ctrl_adds_and_takes_away_and_what_was_unlinked_is_two() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let (one, two) = (place_of(&harness, "one.mp4", false), place_of(&harness, "two.mp4", false));
    click_with(&mut harness, one, Modifiers::NONE);
    click_with(&mut harness, two, Modifiers::COMMAND);
    assert_eq!(selected(&harness), [pair("one.mp4", 0), pair("two.mp4", 60)].concat());
    click_with(&mut harness, one, Modifiers::COMMAND);
    assert_eq!(selected(&harness), pair("two.mp4", 60));
    press(&mut harness, Modifiers::COMMAND, Key::L);
    assert_eq!(selected(&harness).len(), 2);
    click_with(&mut harness, two, Modifiers::NONE);
    assert_eq!(selected(&harness), [("two.mp4".to_owned(), 60)]);
}

#[test]
fn what_was_dropped_is_selected_and_nothing_that_it_cut_off() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let (from, to) = (card(&harness, "two.mp4"), point(&harness, "V1", 20));
    harness.state_mut().editor.bin_selection.clear();
    harness.state_mut().editor.seek(Frame(20));
    harness.state_mut().editor.snapping = false;
    harness.step();
    drag(&mut harness, from, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 20), (20, 60), (80, 40)]);
    assert_eq!(selected(&harness), pair("two.mp4", 20));
    // the playhead stays with a drop, also where it begins
    assert_eq!(harness.state().editor.playhead, Frame(20));
    // and goes on by the key, also where a clip is cut in two
    harness.state_mut().editor.seek(Frame(10));
    press(&mut harness, Modifiers::NONE, Key::Comma);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 10), (10, 60), (70, 10), (80, 60), (140, 40)]);
    assert_eq!(selected(&harness), pair("two.mp4", 10));
    assert_eq!(harness.state().editor.playhead, Frame(70));
    // a paste into the middle of a clip: the copies
    harness.state_mut().editor.perform(Action::Copy);
    harness.state_mut().editor.seek(Frame(100));
    harness.state_mut().editor.perform(Action::PasteInsert);
    assert_eq!(selected(&harness), pair("two.mp4", 100));
    assert_eq!(harness.state().editor.playhead, Frame(160));
    harness.state_mut().editor.perform(Action::Duplicate);
    assert_eq!(selected(&harness), pair("two.mp4", 160));
    harness.state_mut().editor.seek(Frame(100));
    harness.state_mut().editor.perform(Action::NewTitle);
    assert_eq!(selected(&harness).len(), 1);
}

#[test]
fn the_first_drop_shows_its_first_picture_and_undo_leaves_the_playhead_in_the_film() {
    let (_folder, mut harness) = with_media();
    let rate = harness.state().editor.sequence().rate;
    harness.state_mut().editor.bin_selection.clear();
    harness.step();
    let (from, to) = (card(&harness, "one.mp4"), point(&harness, "V1", 2));
    drag(&mut harness, from, to);
    let dropped = clips(harness.state(), TrackKind::Video);
    assert_eq!(dropped.len(), 1);
    assert_eq!(harness.state().editor.playhead, Frame(dropped[0].0), "where it begins, not behind it");
    let editor = &mut harness.state_mut().editor;
    assert_eq!((editor.sequence().width, editor.sequence().height), (320, 180));
    editor.perform(Action::GoToEnd);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    let editor = &harness.state().editor;
    assert_eq!((editor.playhead, editor.sequence().width, editor.sequence().rate), (Frame(0), 1920, rate));
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(harness.state().editor.playhead, Frame(0));
}

#[test]
fn a_sequence_that_takes_its_first_clips_format_says_so() {
    let (_folder, mut harness) = with_media();
    let editor = &mut harness.state_mut().editor;
    let asset = editor.project().assets.values().find(|a| a.name == "one.mp4").unwrap().id;
    editor.drop_assets(&[asset], workprint::app::Onto::Targets, Frame(0), false);
    let said: Vec<&str> = editor.notices.iter().map(|n| n.text.as_str()).collect();
    assert!(said.iter().any(|s| s.contains("format: 320×180, 30 fps (it was 1920×1080, 30 fps)")), "{said:?}");
    editor.perform(Action::SequenceSettings);
    harness.step();
    harness.step();
    assert!(harness.query_by_label_contains("The frame rate is fixed while there are clips").is_some());
}

#[test]
fn a_sequence_takes_the_size_of_a_clip_when_it_is_told_to() {
    let (_folder, mut harness) = with_clips();
    let size = |w: &Window| (w.editor.sequence().width, w.editor.sequence().height);
    assert!(!Action::MatchSize.enabled(&harness.state().editor), "it has that size");
    let rate = harness.state().editor.sequence().rate;
    let other = workprint::edit::Edit::SetFormat { width: 1280, height: 720, rate };
    assert!(harness.state_mut().editor.commit(&other));
    assert!(!selected(&harness).is_empty() && Action::MatchSize.enabled(&harness.state().editor));
    harness.state_mut().editor.perform(Action::MatchSize);
    assert_eq!(size(harness.state()), (320, 180));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(size(harness.state()), (1280, 720));
    harness.state_mut().editor.perform(Action::SelectNone);
    assert!(!Action::MatchSize.enabled(&harness.state().editor));
}

#[test]
fn escape_leaves_the_full_screen_and_nothing_else() {
    let (_folder, mut harness) = with_clips();
    let before = selected(&harness);
    assert!(!before.is_empty());
    press(&mut harness, Modifiers::NONE, Key::F);
    assert!(harness.state().editor.full_screen);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!harness.state().editor.full_screen);
    assert_eq!(selected(&harness), before);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(selected(&harness).is_empty());
}

#[test]
fn a_dragged_edge_of_one_linked_clip_alone_with_alt() {
    let (_folder, mut harness) = with_clips();
    let edge = place_of(&harness, "two.mp4", true);
    harness.state_mut().editor.snapping = false;
    hold(&mut harness, Modifiers::ALT);
    drag(&mut harness, edge, edge - vec2(60.0, 0.0));
    hold(&mut harness, Modifiers::NONE);
    assert_ne!(clips(harness.state(), TrackKind::Video)[1], (60, 60));
    assert_eq!(clips(harness.state(), TrackKind::Audio)[1], (60, 60));
    assert_eq!(selected(&harness), [("two.mp4".to_owned(), 60)]);
}

/// A track's name and its clips: name, start, length.
pub(super) type Lane = (String, Vec<(String, i64, i64)>);

pub(super) fn tracks(harness: &Harness<'_, Window>) -> Vec<Lane> {
    let clip = |c: workprint::model::Clip| (c.content.name.clone(), c.start.0, c.length.0);
    let sequence = harness.state().editor.sequence();
    sequence.tracks.iter().map(|t| (t.name.clone(), t.clips.iter().map(clip).collect())).collect()
}

pub(super) fn lane(name: &str, clips: &[(&str, i64, i64)]) -> Lane {
    (name.to_owned(), clips.iter().map(|(name, start, length)| ((*name).to_owned(), *start, *length)).collect())
}

#[test]
fn a_drop_beside_the_tracks_makes_new_ones_in_one_step() {
    for above in [true, false] {
        let (_folder, mut harness) = with_clips();
        harness.state_mut().editor.snapping = false;
        press(&mut harness, Modifiers::NONE, Key::Escape);
        harness.state_mut().editor.bin_selection.clear();
        harness.step();
        let from = card(&harness, "two.mp4");
        let to = if above {
            pos2(point(&harness, "V1", 30).x, harness.get_by_label("V1").rect().top() - 40.0)
        } else {
            pos2(point(&harness, "V1", 30).x, harness.get_by_label("A1").rect().bottom() + 40.0)
        };
        let before = tracks(&harness);
        drag(&mut harness, from, to);
        let one_two = [("one.mp4", 0, 60), ("two.mp4", 60, 60)];
        let dropped = [("two.mp4", 30, 60)];
        assert_eq!(
            tracks(&harness),
            [lane("V1", &one_two), lane("A1", &one_two), lane("V2", &dropped), lane("A2", &dropped)],
            "above: {above}"
        );
        assert_eq!(selected(&harness), pair("two.mp4", 30));
        press(&mut harness, Modifiers::COMMAND, Key::Z);
        assert_eq!(tracks(&harness), before);
        // and again, now that ids were given to what was undone
        drag(&mut harness, from, to);
        assert_eq!(tracks(&harness).len(), 4, "{:?}", harness.state().editor.problems);
    }
}

#[test]
fn a_clip_dragged_beside_the_tracks_gets_a_track_of_its_own() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.snapping = false;
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let from = point(&harness, "V1", 90);
    let above = pos2(point(&harness, "V1", 60).x, harness.get_by_label("V1").rect().top() - 40.0);
    let before = tracks(&harness);
    drag(&mut harness, from, above);
    // earlier by 30 frames, over its neighbour; its sound would cover that one's, and gets a track as well
    assert_eq!(
        tracks(&harness),
        [
            lane("V1", &[("one.mp4", 0, 60)]),
            lane("A1", &[("one.mp4", 0, 60)]),
            lane("V2", &[("two.mp4", 30, 60)]),
            lane("A2", &[("two.mp4", 30, 60)])
        ]
    );
    assert_eq!(harness.state().editor.history().undo_name(), Some("move"));
    assert_eq!(selected(&harness), pair("two.mp4", 30));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(tracks(&harness), before);
    // where it covers nothing, its sound stays on its track
    let above = pos2(from.x, above.y);
    drag(&mut harness, from, above);
    let one = [("one.mp4", 0, 60)];
    assert_eq!(
        tracks(&harness),
        [lane("V1", &one), lane("A1", &[("one.mp4", 0, 60), ("two.mp4", 60, 60)]), lane("V2", &[("two.mp4", 60, 60)])]
    );
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    // its sound alone, down
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let from = point(&harness, "A1", 90);
    let below = pos2(from.x, harness.get_by_label("A1").rect().bottom() + 40.0);
    hold(&mut harness, Modifiers::ALT);
    drag(&mut harness, from, below);
    hold(&mut harness, Modifiers::NONE);
    assert_eq!(
        tracks(&harness),
        [
            lane("V1", &[("one.mp4", 0, 60), ("two.mp4", 60, 60)]),
            lane("A1", &[("one.mp4", 0, 60)]),
            lane("A2", &[("two.mp4", 60, 60)])
        ]
    );
}

#[test]
fn files_dropped_on_a_track_are_placed_all_in_order_and_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("00.mp4");
    mp4(&Footage::new((30, 1), 12), &first);
    let names: Vec<String> = (0..30).map(|n| format!("{n:02}.mp4")).collect();
    let mut files: Vec<_> = names.iter().map(|name| folder.path().join(name)).collect();
    for file in &files[1..] {
        std::fs::copy(&first, file).unwrap();
    }
    let broken = folder.path().join("broken.mp4");
    std::fs::write(&broken, "no film").unwrap();
    let mut harness = window(folder.path(), vec![]);
    harness.step();
    // one that can't be read comes onto no track, and what is imported after it neither
    let at = point(&harness, "V1", 3);
    drop_files(&mut harness, std::slice::from_ref(&broken), at);
    until(&mut harness, "said", |w| w.editor.problems.iter().any(|p| p.contains("broken.mp4")));
    harness.state_mut().editor.import(vec![files[7].clone()]);
    until(&mut harness, "in the bin", |w| w.editor.project().assets.len() == 1);
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    files.insert(20, broken);
    drop_files(&mut harness, &files, at);
    until(&mut harness, "all placed", |w| clips(w, TrackKind::Video).len() == 30);
    let track = harness.state().editor.sequence().tracks[0].clone();
    let placed: Vec<String> = track.clips.iter().map(|c| c.content.name.clone()).collect();
    assert_eq!(placed, names);
    assert_eq!(harness.state().editor.selection.len(), 60);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    assert_eq!(harness.state().editor.project().assets.len(), 1);
}

#[test]
fn music_that_is_dropped_with_pictures_begins_where_they_begin() {
    let (folder, mut harness) = with_media();
    import_music(&mut harness, folder.path());
    let all: Vec<_> = harness.state().editor.project().assets.keys().copied().collect();
    harness.state_mut().editor.bin_selection = all;
    harness.step();
    let (from, to) = (card(&harness, "one.mp4"), point(&harness, "V1", 0));
    drag(&mut harness, from, to);
    let films = [("one.mp4", 0, 60), ("two.mp4", 60, 60)];
    assert_eq!(tracks(&harness), [lane("V1", &films), lane("A1", &films), lane("A2", &[("music.wav", 0, 90)])]);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(tracks(&harness), [lane("V1", &[]), lane("A1", &[])]);
}

/// `A`, made in the window's dialog.
fn new_sequence(harness: &mut Harness<'_, Window>) {
    harness.state_mut().editor.perform(Action::NewSequence);
    harness.step();
    harness.step();
    harness.get_by_role_and_label(Role::Button, "OK").click();
    harness.step();
    harness.step();
}

#[test]
fn copies_go_into_another_sequence_and_onto_tracks_that_are_made_for_them() {
    let (_folder, mut harness) = with_clips();
    // the second pair on tracks of its own
    let editor = &mut harness.state_mut().editor;
    let second = editor.sequence().tracks[0].clips.iter().nth(1).unwrap().id;
    editor.select(second, false, false);
    let moved = editor.belonging(&[second], false);
    let edit = editor.move_edit(
        second,
        &moved,
        workprint::model::FrameCount(0),
        workprint::app::Aside::New,
        workprint::edit::Landing::Overwrite,
    );
    assert!(editor.commit(&edit));
    editor.perform(Action::SelectAll);
    harness.event(egui::Event::Copy);
    harness.step();
    new_sequence(&mut harness);
    let shown = harness.state().editor.view;
    #[expect(clippy::cast_possible_truncation, reason = "frames on the screen")]
    let frames = (shown.width / shown.points_per_frame) as i64;
    assert!(frames > 30 * 10, "an empty timeline shows {frames} frames");
    harness.event(egui::Event::Paste("clips".into()));
    harness.step();
    harness.step();
    let (one, two) = ([("one.mp4", 0, 60)], [("two.mp4", 60, 60)]);
    let both = [("one.mp4", 0, 60), ("two.mp4", 60, 60)];
    assert_eq!(
        tracks(&harness),
        [lane("V1", &one), lane("A1", &both), lane("V2", &two)],
        "{:?}",
        harness.state().editor.problems
    );
    assert_eq!(selected(&harness).len(), 4);
    assert_eq!(harness.state().editor.playhead, Frame(120));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(tracks(&harness), [lane("V1", &[]), lane("A1", &[])]);
    // at another rate they keep their time
    let edit = workprint::edit::Edit::SetFormat { width: 640, height: 360, rate: workprint::model::FrameRate::F24 };
    assert!(harness.state_mut().editor.commit(&edit));
    harness.event(egui::Event::Paste("clips".into()));
    harness.step();
    let both = [("one.mp4", 0, 48), ("two.mp4", 48, 48)];
    assert_eq!(tracks(&harness)[1], lane("A1", &both), "{:?}", harness.state().editor.problems);
    assert_eq!(harness.state().editor.project().check(), Ok(()));
}

#[test]
fn copies_go_into_another_project_that_has_their_media() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.state_mut().editor.perform(Action::SelectAll);
    harness.event(egui::Event::Copy);
    harness.step();
    let before = tracks(&harness);
    harness.state_mut().editor.go_on(workprint::app::Request::New);
    until(&mut harness, "a new project", |w| w.editor.project().assets.is_empty());
    harness.event(egui::Event::Paste("clips".into()));
    harness.step();
    harness.step();
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    let said = harness.state().editor.problems.last().cloned().unwrap();
    assert!(said.contains("one.mp4, two.mp4 are not in this project"), "{said}");
    // in another order: other ids
    harness.state_mut().editor.import(vec![folder.path().join("two.mp4")]);
    until(&mut harness, "one in the bin", |w| w.editor.project().assets.len() == 1);
    harness.state_mut().editor.import(vec![folder.path().join("one.mp4")]);
    until(&mut harness, "both in the bin", |w| w.editor.project().assets.len() == 2);
    harness.event(egui::Event::Paste("clips".into()));
    harness.step();
    harness.step();
    assert_eq!(tracks(&harness), before, "{:?}", harness.state().editor.problems);
    assert_eq!(harness.state().editor.project().check(), Ok(()));
}
