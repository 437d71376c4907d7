//! The window, driven as people drive it: by label, mouse and key.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod ahead;
mod begin;
mod bin;
#[path = "../common/mod.rs"]
mod common;
mod dialogs;
mod exports;
mod handling;
mod hands;
mod hasty;
mod long;
mod looks;
mod presets;
mod safe;
mod steps;
mod view;
mod walk;

use common::{Footage, mp4};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workprint::app::{Action, EditorFolders, ExportRun, Request};
use workprint::media::Cache;
use workprint::model::{Frame, TrackKind};
use workprint::ui::Window;

fn folders(folder: &Path) -> EditorFolders {
    EditorFolders {
        cache: Cache::at(folder.join("cache"), 1 << 30),
        recovery: folder.join("recovery"),
        settings: folder.join("settings"),
    }
}

fn window(folder: &Path, files: Vec<PathBuf>) -> Harness<'static, Window> {
    let folders = folders(folder);
    Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .allow_missing_glyphs()
        .build_eframe(move |cc| Window::new(cc, folders, files).unwrap())
}

/// Repaints until something holds; a test that waits in vain fails after a minute.
fn until(harness: &mut Harness<'_, Window>, what: &str, holds: impl Fn(&Window) -> bool) {
    let begun = Instant::now();
    while !holds(harness.state()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}");
        harness.step();
    }
    harness.step();
}

fn clips(window: &Window, kind: TrackKind) -> Vec<(i64, i64)> {
    let tracks = window.editor.sequence().tracks_of(kind);
    tracks.flat_map(|t| t.clips.iter().map(|c| (c.start.0, c.length.0)).collect::<Vec<_>>()).collect()
}

fn press(harness: &mut Harness<'_, Window>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.step();
    harness.step();
}

/// A click after which the pointer leaves the window.
fn click_at(harness: &mut Harness<'_, Window>, at: Pos2) {
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    harness.step();
    harness.step();
    harness.step();
}

fn type_text(harness: &mut Harness<'_, Window>, text: &str) {
    harness.step();
    harness.event(egui::Event::Text(text.into()));
    harness.step();
    harness.step();
}

/// Opens the export dialog for a film in a folder; gives the film.
fn open_export(harness: &mut Harness<'_, Window>, folder: &Path) -> PathBuf {
    press(harness, Modifiers::COMMAND, Key::M);
    let target = folder.join("out.mp4");
    harness.state_mut().editor.export.as_mut().unwrap().path = target.display().to_string();
    target
}

/// The export that was queued last.
fn last_export(window: &Window) -> Option<&ExportRun> {
    window.editor.exports.runs.iter().max_by_key(|run| run.id)
}

/// Brings three seconds of music into the bin of a window that has two films there.
fn import_music(harness: &mut Harness<'_, Window>, folder: &Path) {
    let music = folder.join("music.wav");
    let tone =
        "audiotestsrc num-buffers=90 samplesperbuffer=1600 ! audio/x-raw,rate=48000 ! wavenc ! filesink location=";
    common::run_pipeline(&format!("{tone}{}", music.display()));
    harness.state_mut().editor.import(vec![music]);
    until(harness, "music in the bin", |w| w.editor.project().assets.len() == 3);
}

/// A folder with two clips of 2 s, and a window that has imported them.
fn with_media() -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one.mp4", "two.mp4"] {
        mp4(&Footage::new((30, 1), 60), &folder.path().join(name));
    }
    let files = vec![folder.path().join("one.mp4"), folder.path().join("two.mp4")];
    let mut harness = window(folder.path(), files);
    until(&mut harness, "both files in the bin", |w| w.editor.project().assets.len() == 2);
    select_all_cards(&mut harness);
    (folder, harness)
}

fn select_all_cards(harness: &mut Harness<'_, Window>) {
    let editor = &mut harness.state_mut().editor;
    editor.bin_selection = editor.project().assets.keys().copied().collect();
    harness.step();
}

/// Both clips on the timeline, one after the other.
fn with_clips() -> (tempfile::TempDir, Harness<'static, Window>) {
    let (folder, mut harness) = with_media();
    harness.state_mut().editor.perform(Action::Append);
    harness.step();
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60)]);
    (folder, harness)
}

/// A film of half a minute on the timeline, of which a film takes a while.
fn with_half_a_minute() -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage { width: 640, height: 360, ..Footage::new((30, 1), 900) }, &folder.path().join("long.mp4"));
    let mut harness = window(folder.path(), vec![folder.path().join("long.mp4")]);
    until(&mut harness, "imported", |w| w.editor.project().assets.len() == 1);
    select_all_cards(&mut harness);
    harness.state_mut().editor.perform(Action::Append);
    (folder, harness)
}

/// The middle of a clip on the video track (the upper of the two that have its name there).
fn place_of(harness: &Harness<'_, Window>, name: &str, right_edge: bool) -> Pos2 {
    // the bin's card stands above the timeline's clips
    let nodes: Vec<_> = harness.query_all_by_role_and_label(Role::Button, name).collect();
    let mut rects: Vec<egui::Rect> = nodes.iter().map(egui_kittest::Node::rect).collect();
    rects.sort_by(|a, b| a.min.y.total_cmp(&b.min.y));
    let rect = rects[1];
    if right_edge { egui::pos2(rect.max.x - 2.0, rect.center().y) } else { rect.center() }
}

fn drag(harness: &mut Harness<'_, Window>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    for n in 1..=4 {
        harness.hover_at(from + (to - from) * (n as f32 / 4.0));
        harness.step();
    }
    harness.drop_at(to);
    harness.step();
    harness.step();
}

#[test]
fn media_come_from_the_bin_by_key_and_take_the_format_along() {
    let (_folder, mut harness) = with_media();
    assert_eq!(harness.state().editor.bin_selection.len(), 2);
    press(&mut harness, Modifiers::SHIFT, Key::Period);
    let editor = &harness.state().editor;
    assert_eq!((editor.sequence().width, editor.sequence().height), (320, 180));
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 60), (60, 60)]);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(clips(harness.state(), TrackKind::Video).len(), 2);
}

#[test]
fn keys_cut_and_delete_at_the_playhead() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowRight);
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(harness.state().editor.playhead, Frame(29));
    press(&mut harness, Modifiers::COMMAND, Key::K);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 29), (29, 31), (60, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 29), (29, 31), (60, 60)]);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(harness.state().editor.playhead, Frame(60));
    // the second piece, by the mouse, and closing its gap
    let at = place_of(&harness, "one.mp4", false);
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.drop_at(at);
    harness.step();
    harness.step();
    assert_eq!(harness.state().editor.selection.len(), 2, "picture and sound");
    press(&mut harness, Modifiers::SHIFT, Key::Delete);
    assert_eq!(clips(harness.state(), TrackKind::Video).len(), 2);
    assert_eq!(clips(harness.state(), TrackKind::Video), clips(harness.state(), TrackKind::Audio));
}

#[test]
fn a_dragged_edge_trims_and_a_dragged_clip_moves() {
    let (_folder, mut harness) = with_clips();
    let edge = place_of(&harness, "two.mp4", true);
    drag(&mut harness, edge, edge - vec2(90.0, 0.0));
    let after = clips(harness.state(), TrackKind::Video);
    assert!(after[0] == (0, 60) && after[1].0 == 60 && after[1].1 < 55, "{after:?}");
    assert_eq!(clips(harness.state(), TrackKind::Audio), after, "its sound goes along");
    assert_eq!(harness.state().editor.history().undo_name(), Some("trim"));
    let middle = place_of(&harness, "two.mp4", false);
    drag(&mut harness, middle, middle + vec2(150.0, 0.0));
    let moved = clips(harness.state(), TrackKind::Video);
    assert!(moved[1].0 > 65 && moved[1].1 == after[1].1, "{moved:?}");
    assert_eq!(harness.state().editor.history().undo_name(), Some("move"));
    // Escape drops a gesture
    let middle = place_of(&harness, "two.mp4", false);
    harness.hover_at(middle);
    harness.step();
    harness.drag_at(middle);
    harness.step();
    harness.hover_at(middle + vec2(60.0, 0.0));
    harness.step();
    harness.key_press(Key::Escape);
    harness.step();
    harness.drop_at(middle + vec2(60.0, 0.0));
    harness.step();
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), moved);
}

#[test]
fn it_plays_in_real_time_to_the_end_and_stops() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::NONE, Key::Space);
    let begun = Instant::now();
    until(&mut harness, "playing", |w| w.editor.playhead > Frame(5));
    assert!(harness.state().editor.playing());
    until(&mut harness, "the end", |w| !w.editor.playing());
    assert!(begun.elapsed() > Duration::from_secs(3), "4 s were over in {:?}", begun.elapsed());
    assert_eq!(harness.state().editor.playhead, Frame(120));
}

/// Ids of assets are the same in both: what was made for the first one must not count as made for the second.
#[test]
fn pictures_come_again_when_another_project_or_the_same_one_is_opened() {
    let (folder, mut harness) = with_clips();
    let pictured = |w: &Window| {
        w.editor.project().assets.len() == 2
            && w.editor.project().assets.keys().all(|id| {
                let state = w.editor.assets.get(id);
                state.is_some_and(|s| s.proxy && s.poster.is_some() && s.thumbnails.is_some() && s.waveform.is_some())
            })
    };
    until(&mut harness, "all pictures", pictured);
    let (one, two) = (folder.path().join("1.ron"), folder.path().join("2.ron"));
    for path in [&one, &two] {
        harness.state_mut().editor.save_to(path.clone(), false);
        until(&mut harness, "saved", |w| w.editor.path.as_ref() == Some(path) && !w.editor.unsaved());
    }
    // the last one at once after the one before, while that one's pictures are being made
    for (path, wait) in [(&one, true), (&one, true), (&two, false), (&one, true)] {
        harness.state_mut().editor.go_on(Request::New);
        until(&mut harness, "closed", |w| w.editor.project().assets.is_empty());
        harness.state_mut().editor.go_on(Request::OpenPath(path.clone()));
        until(&mut harness, "opened", |w| w.editor.path.as_ref() == Some(path));
        if wait {
            until(&mut harness, "all pictures again", pictured);
        }
    }
    // and for a file that takes another one's place, be it the same
    let (id, path) =
        harness.state().editor.project().assets.iter().map(|(id, a)| (*id, a.path.clone())).next().unwrap();
    let before = harness.state().editor.assets[&id].poster.clone().unwrap();
    harness.state_mut().editor.relink(id, path);
    until(&mut harness, "pictures of the relinked file", |w| {
        let new = w.editor.assets.get(&id).and_then(|s| s.poster.as_ref());
        new.is_some_and(|new| !std::sync::Arc::ptr_eq(new, &before)) && pictured(w)
    });
}

/// A file that is another one than when it was imported is marked and said when its project is opened, and can be taken as
/// it is.
#[test]
fn a_replaced_file_is_marked_and_relinked() {
    let (folder, mut harness) = with_clips();
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    drop(harness);
    mp4(&Footage { first: 500, ..Footage::new((30, 1), 60) }, &folder.path().join("new.mp4"));
    std::fs::rename(folder.path().join("new.mp4"), folder.path().join("one.mp4")).unwrap();
    let mut harness = window(folder.path(), vec![path]);
    let state_of = |w: &Window, name: &str| {
        let id = w.editor.project().assets.values().find(|a| a.name == name).map(|a| a.id);
        id.and_then(|id| w.editor.assets.get(&id).cloned()).unwrap_or_default()
    };
    until(&mut harness, "both looked at", |w| {
        state_of(w, "one.mp4").mark() == Some("Replaced") && state_of(w, "two.mp4").proxy
    });
    assert_eq!(state_of(harness.state(), "two.mp4").mark(), None);
    let said = |w: &Window| w.editor.problems.iter().filter(|p| p.contains("another one than when")).count();
    assert_eq!(said(harness.state()), 1, "{:?}", harness.state().editor.problems);
    // nothing of the new film is kept as if it were the old one's
    assert!(!state_of(harness.state(), "one.mp4").proxy);
    // an export says it too
    open_export(&mut harness, folder.path());
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "exported", |w| last_export(w).is_some_and(|e| e.done().is_some()));
    let warnings = last_export(harness.state()).unwrap().warnings.clone();
    assert!(warnings.len() == 1 && warnings[0].text.starts_with("one.mp4"), "{warnings:?}");
    harness.get_by_role_and_label(Role::Button, "Bin").click();
    harness.step();
    harness.step();
    // the bin's card stands above the timeline's clips
    let cards = harness.query_all_by_role_and_label(Role::Button, "one.mp4");
    cards.min_by(|a, b| a.rect().min.y.total_cmp(&b.rect().min.y)).unwrap().click_secondary();
    harness.step();
    harness.step();
    harness.get_by_label("Use the File That Is There").click();
    until(&mut harness, "taken as it is", |w| {
        let state = state_of(w, "one.mp4");
        state.mark().is_none() && state.proxy && state.thumbnails.is_some() && state.waveform.is_some()
    });
    // and undone, it is another one again
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    until(&mut harness, "marked again", |w| state_of(w, "one.mp4").mark() == Some("Replaced"));
}

/// The program ended while the disk was full, or the power went: half a proxy lies under its name.
#[test]
fn half_a_proxy_is_made_anew_when_its_project_is_opened() {
    let (folder, mut harness) = with_clips();
    let ready = |w: &Window| {
        w.editor.project().assets.len() == 2
            && w.editor.project().assets.keys().all(|id| w.editor.assets.get(id).is_some_and(|s| s.proxy))
    };
    until(&mut harness, "proxies", ready);
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    drop(harness);
    let proxies = std::fs::read_dir(folder.path().join("cache/proxies-1")).unwrap();
    let proxies: Vec<(PathBuf, u64)> =
        proxies.map(|e| e.unwrap()).map(|e| (e.path(), e.metadata().unwrap().len())).collect();
    assert!(!proxies.is_empty());
    for (proxy, length) in &proxies {
        std::fs::File::options().write(true).open(proxy).unwrap().set_len(length / 2).unwrap();
    }
    let mut harness = window(folder.path(), vec![path]);
    until(&mut harness, "proxies again", ready);
    for (proxy, _) in &proxies {
        assert_eq!(common::pictures(proxy).numbers, (0..60).collect::<Vec<_>>());
    }
    assert!(harness.state().editor.problems.is_empty(), "{:?}", harness.state().editor.problems);
}

#[test]
fn a_project_is_saved_closed_and_opened_again() {
    let (folder, mut harness) = with_clips();
    let path = folder.path().join("p.ron");
    assert!(harness.state().editor.unsaved());
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    let saved = clips(harness.state(), TrackKind::Video);
    drop(harness);
    assert!(std::fs::read_dir(folder.path().join("recovery")).unwrap().next().is_none(), "no autosave is left");
    let mut harness = window(folder.path(), vec![path.clone()]);
    until(&mut harness, "opened", |w| !clips(w, TrackKind::Video).is_empty());
    assert_eq!(clips(harness.state(), TrackKind::Video), saved);
    assert_eq!(harness.state().editor.path.as_deref(), Some(path.as_path()));
    assert_eq!(harness.state().editor.recent.projects, [path]);
}

#[test]
fn unsaved_work_is_asked_about() {
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::COMMAND, Key::N);
    harness.get_by_label("Cancel").click();
    harness.step();
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video).len(), 2);
    press(&mut harness, Modifiers::COMMAND, Key::N);
    harness.get_by_label("Don't Save").click();
    until(&mut harness, "a new project", |w| w.editor.project().assets.is_empty());
}

#[test]
fn exporting_from_the_dialog_makes_the_file() {
    let (folder, mut harness) = with_clips();
    let target = open_export(&mut harness, folder.path());
    harness.step();
    assert!(harness.query_all_by_label_contains("Memory budget").next().is_some());
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "exported", |w| last_export(w).is_some_and(|e| e.done().is_some()));
    let found = common::decode(&target);
    assert_eq!(found.numbers, (0..60).chain(0..60).collect::<Vec<_>>());
    assert!(harness.state().editor.export.is_none(), "the dialog is closed");
    let export = last_export(harness.state()).unwrap();
    assert!(export.samples.iter().any(|s| s.rss > 0) && export.failed().is_none());
}

#[test]
fn broken_files_are_named_and_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.mp4"), "this is no film").unwrap();
    std::fs::write(folder.path().join("broken.ron"), "(version: 99)").unwrap();
    let mut harness = window(folder.path(), vec![folder.path().join("broken.mp4"), folder.path().join("broken.ron")]);
    for name in ["broken.mp4", "broken.ron"] {
        until(&mut harness, name, |w| w.editor.problems.iter().any(|p| p.contains(name)));
    }
    assert!(harness.state().editor.project().assets.is_empty());
}

#[test]
fn a_crash_costs_seconds() {
    let (folder, mut harness) = with_clips();
    let before = clips(harness.state(), TrackKind::Video);
    until(&mut harness, "autosaved", |_| {
        let entries = std::fs::read_dir(folder.path().join("recovery")).unwrap().flatten();
        entries.into_iter().any(|e| e.path().extension().is_some_and(|x| x == "ron"))
    });
    // a crash: the process is gone, its lock with it, its autosave stays
    drop(harness);
    let mut harness = window(folder.path(), vec![]);
    until(&mut harness, "the offer", |w| !w.editor.recoverable.is_empty());
    harness.get_by_label("Open It").click();
    until(&mut harness, "recovered", |w| !clips(w, TrackKind::Video).is_empty());
    assert_eq!(clips(harness.state(), TrackKind::Video), before);
    assert!(harness.state().editor.unsaved());
}

/// Handles on both sides: each clip without its first and last 10 frames, and no gap between.
fn give_handles(harness: &mut Harness<'_, Window>) {
    let ids: Vec<_> = harness.state().editor.sequence().tracks[0].clips.iter().map(|c| c.id).collect();
    for id in ids {
        for (edge, by) in [(workprint::edit::Edge::In, 10), (workprint::edit::Edge::Out, -10)] {
            let by = workprint::model::FrameCount(by);
            let edit = workprint::edit::Edit::Ripple { clip: id, edge, by, sync_lock: true, alone: false };
            assert!(harness.state_mut().editor.commit(&edit));
        }
    }
    harness.step();
}

#[test]
fn tools_ripple_roll_slip_and_slide() {
    let (_folder, mut harness) = with_clips();
    give_handles(&mut harness);
    harness.state_mut().editor.perform(Action::SelectNone);
    harness.state_mut().editor.perform(Action::Snapping);
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 40), (40, 40)]);
    let sources = |w: &Window| -> Vec<i64> {
        let sequence = w.editor.sequence();
        sequence.tracks[0].clips.iter().map(|c| sequence.rate.frame_nearest(c.source_in).0).collect()
    };
    let points = harness.state().editor.view.width_of(workprint::model::FrameCount(1));
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let frames = |n: f32| vec2(n * points as f32, 0.0);

    press(&mut harness, Modifiers::NONE, Key::N);
    let cut = place_of(&harness, "one.mp4", true);
    drag(&mut harness, cut, cut + frames(5.0));
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 45), (45, 35)]);
    assert_eq!(harness.state().editor.history().undo_name(), Some("roll"));
    assert_eq!(sources(harness.state()), [10, 15]);

    press(&mut harness, Modifiers::NONE, Key::Y);
    let middle = place_of(&harness, "two.mp4", false);
    drag(&mut harness, middle, middle + frames(6.0));
    assert_eq!(harness.state().editor.history().undo_name(), Some("slip"));
    assert_eq!(sources(harness.state()), [10, 9]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 45), (45, 35)]);

    press(&mut harness, Modifiers::NONE, Key::B);
    let cut = place_of(&harness, "one.mp4", true);
    drag(&mut harness, cut, cut - frames(15.0));
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 30), (30, 35)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 30), (30, 35)]);

    press(&mut harness, Modifiers::NONE, Key::U);
    let middle = place_of(&harness, "two.mp4", false);
    drag(&mut harness, middle, middle + frames(4.0));
    assert_eq!(harness.state().editor.history().undo_name(), Some("slide"));
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 34), (34, 35)]);
}

#[test]
fn keys_ripple_to_the_playhead_and_mark() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.seek(Frame(20));
    press(&mut harness, Modifiers::NONE, Key::Q);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 40), (40, 60)]);
    assert_eq!(harness.state().editor.playhead, Frame(0));
    harness.state_mut().editor.seek(Frame(30));
    press(&mut harness, Modifiers::NONE, Key::W);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 30), (30, 60)]);
    press(&mut harness, Modifiers::NONE, Key::M);
    assert_eq!(harness.state().editor.sequence().markers[0].at, Frame(30));
    press(&mut harness, Modifiers::NONE, Key::M);
    assert!(harness.state().editor.sequence().markers.is_empty());
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

fn drop_files(harness: &mut Harness<'_, Window>, files: &[PathBuf], at: Pos2) {
    harness.hover_at(at);
    harness.step();
    for file in files {
        harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(file.clone())));
    }
    harness.step();
}

#[test]
fn files_dropped_on_the_bin_are_imported_and_on_a_track_placed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("clips")).unwrap();
    for name in ["clips/one.mp4", "clips/two.mp4", "three.mp4"] {
        mp4(&Footage::new((30, 1), 30), &folder.path().join(name));
    }
    let mut harness = window(folder.path(), vec![]);
    harness.step();
    drop_files(&mut harness, &[folder.path().join("clips")], egui::pos2(150.0, 250.0));
    until(&mut harness, "the folder's files in the bin", |w| w.editor.project().assets.len() == 2);
    assert!(clips(harness.state(), TrackKind::Video).is_empty());
    // V1's lane stands in the upper half of the timeline
    drop_files(&mut harness, &[folder.path().join("three.mp4")], egui::pos2(640.0, 590.0));
    until(&mut harness, "a clip on the track", |w| !clips(w, TrackKind::Video).is_empty());
    assert_eq!(harness.state().editor.project().assets.len(), 3);
    assert_eq!(clips(harness.state(), TrackKind::Video), clips(harness.state(), TrackKind::Audio));
}

#[test]
fn clips_are_copied_and_pasted() {
    let (_folder, mut harness) = with_clips();
    let first = harness.state().editor.sequence().tracks[0].clips.iter().next().unwrap().id;
    harness.state_mut().editor.select(first, false, false);
    harness.event(egui::Event::Copy);
    harness.step();
    press(&mut harness, Modifiers::NONE, Key::End);
    harness.event(egui::Event::Paste("one.mp4".into()));
    harness.step();
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 60), (120, 60)]);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 60), (60, 60), (120, 60)]);
    assert_eq!(harness.state().editor.playhead, Frame(180));
    // the copies are linked with each other, and selected
    assert_eq!(harness.state().editor.selection.len(), 2);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(clips(harness.state(), TrackKind::Audio), [(0, 60), (60, 60)]);
}
