//! Work is not lost: not to a crash, a full disk, another program or window, or an answer that comes late.

use super::{clips, last_export, open_export, press, until, window, with_clips, with_half_a_minute, with_media};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workprint::app::{Action, Request};
use workprint::model::{Frame, MarkerColor, TrackKind};
use workprint::project_file::{Expected, load, orphans, save, save_expected};
use workprint::ui::Window;
use workprint::worker::QueueCommand;

fn autosaves(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("recovery")).into_iter().flatten().flatten();
    entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "ron")).collect()
}

/// What each change leaves in the folder of recovery, once nothing is running any more.
fn left(folder: &Path) -> usize {
    fs::read_dir(folder.join("recovery")).into_iter().flatten().count()
}

fn answer(harness: &mut Harness<'_, Window>, button: &str) {
    harness.step();
    harness.get_by_role_and_label(Role::Button, button).click();
    harness.step();
    harness.step();
}

/// Repaints until something is said.
fn until_said(harness: &mut Harness<'_, Window>, words: &str) {
    let begun = Instant::now();
    while harness.query_by_label_contains(words).is_none() {
        assert!(begun.elapsed() < Duration::from_mins(1), "never said: {words}");
        harness.step();
    }
}

fn saved_as(harness: &mut Harness<'_, Window>, path: &Path) {
    harness.state_mut().editor.save_to(path.to_owned(), false);
    until(harness, "saved", |w| w.editor.path.as_deref() == Some(path) && !w.editor.unsaved());
}

fn mark(harness: &mut Harness<'_, Window>, at: i64) {
    let marker = workprint::model::Marker { at: Frame(at), name: "m".into(), color: MarkerColor::default() };
    assert!(harness.state_mut().editor.commit(&workprint::edit::Edit::AddMarker(marker)));
    harness.step();
}

fn markers(window: &Window) -> usize {
    window.editor.sequence().markers.len()
}

/// Changes follow each other without a rest, and the document is kept all the same.
#[test]
fn steady_work_is_kept() {
    let (folder, mut harness) = with_clips();
    for round in 1..3 {
        let mut at = round * 1_000_000;
        let newest = |folder: &Path| autosaves(folder).first().and_then(|p| fs::metadata(p).ok()?.modified().ok());
        let before = newest(folder.path());
        while newest(folder.path()) == before {
            at += 1;
            mark(&mut harness, at);
            assert!(at < round * 1_000_000 + 500_000, "never kept");
        }
    }
}

/// The program is told to end: the very last change is there at the next start, and what says so.
#[test]
fn what_the_system_ends_is_offered_with_its_last_change() {
    let (folder, mut harness) = with_clips();
    mark(&mut harness, 7);
    let ctx = harness.ctx.clone();
    harness.state().end_of(&ctx, Duration::from_mins(1))();
    let found = fs::read_to_string(&autosaves(folder.path())[0]).unwrap();
    assert!(found.contains("orderly:true") && found.contains("at:7"), "{found}");
    harness.step();
    drop(harness);
    let mut harness = window(folder.path(), vec![]);
    until(&mut harness, "the offer", |w| !w.editor.recoverable.is_empty());
    harness.step();
    for words in ["The system ended Workprint", "less than a minute ago: 4 clips, 2 items in the bin, 0:04 long"] {
        assert!(harness.query_by_label_contains(words).is_some(), "{words}");
    }
    answer(&mut harness, "Open It");
    until(&mut harness, "recovered", |w| markers(w) == 1);
    // without changes that are not saved, nothing is left
    saved_as(&mut harness, &folder.path().join("p.ron"));
    let ctx = harness.ctx.clone();
    harness.state().end_of(&ctx, Duration::from_mins(1))();
    drop(harness);
    assert_eq!(left(folder.path()), 0);
}

/// Given up and left: nothing is offered.
#[test]
fn what_was_given_up_is_not_offered() {
    let (folder, mut harness) = with_clips();
    until(&mut harness, "kept", |_| !autosaves(folder.path()).is_empty());
    press(&mut harness, Modifiers::COMMAND, Key::Q);
    answer(&mut harness, "Don't Save");
    drop(harness);
    assert_eq!(left(folder.path()), 0);
}

/// Of two that were left behind one is opened; the other one stays.
#[test]
fn what_was_left_behind_stays_until_it_is_kept_anew() {
    let folder = tempfile::tempdir().unwrap();
    let project = with_clips().1.state().editor.project().clone();
    for frame in [3, 4] {
        let session = workprint::project_file::Session::begin(&folder.path().join("recovery")).unwrap();
        let mut project = (*project).clone();
        let marker = workprint::model::Marker { at: Frame(frame), name: "m".into(), color: MarkerColor::default() };
        std::sync::Arc::make_mut(&mut project.sequence_mut().markers).push(marker);
        session.save(&project, None, None, false).unwrap();
    }
    let mut harness = window(folder.path(), vec![]);
    until(&mut harness, "the offer", |w| w.editor.recoverable.len() == 2);
    answer(&mut harness, "Open It");
    until(&mut harness, "opened", |w| markers(w) == 1);
    assert!(harness.state().editor.recoverable.is_empty() && harness.state().editor.unsaved());
    until(&mut harness, "kept anew", |_| orphans(&folder.path().join("recovery")).len() == 1);
    drop(harness);
    assert_eq!(orphans(&folder.path().join("recovery")).len(), 2);
    let mut harness = window(folder.path(), vec![]);
    until(&mut harness, "the offer", |w| w.editor.recoverable.len() == 2);
    answer(&mut harness, "Not Now");
    assert!(harness.state().editor.recoverable.is_empty());
    drop(harness);
    assert_eq!(orphans(&folder.path().join("recovery")).len(), 2);
}

/// A file that another program has written meanwhile is not replaced unasked.
#[test]
fn what_others_wrote_is_asked_about() {
    let (folder, mut harness) = with_clips();
    let (path, other) = (folder.path().join("p.ron"), folder.path().join("q.ron"));
    saved_as(&mut harness, &path);
    let theirs = {
        let mut project = load(&path).unwrap();
        project.sequence_mut().name = "theirs".into();
        project
    };
    save(&theirs, &path).unwrap();
    mark(&mut harness, 1);
    let conflict = |w: &Window| w.editor.request.is_none() && w.editor.unsaved();
    for (button, name) in [("Cancel", "theirs"), ("Overwrite", "Sequence 1")] {
        press(&mut harness, Modifiers::COMMAND, Key::S);
        until_said(&mut harness, "changed on disk");
        assert_eq!(load(&path).unwrap().sequence().name, "theirs");
        assert!(conflict(harness.state()));
        answer(&mut harness, button);
        if button == "Overwrite" {
            until(&mut harness, "saved", |w| !w.editor.unsaved());
        }
        assert_eq!(load(&path).unwrap().sequence().name, name);
    }
    // what it has written itself, it replaces; many saves at once too
    for at in 2..6 {
        mark(&mut harness, at);
        harness.state_mut().editor.perform(Action::Save);
    }
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    assert_eq!(load(&path).unwrap().sequence().markers.len(), 5);
    // another project's file, under a name that was typed
    fs::write(&other, "something else").unwrap();
    harness.state_mut().editor.save_to(other.clone(), false);
    until_said(&mut harness, "already");
    answer(&mut harness, "Cancel");
    assert_eq!(fs::read_to_string(&other).unwrap(), "something else");
    assert_eq!(harness.state().editor.path.as_deref(), Some(&*path));
    // a file that is gone is written again
    fs::remove_file(&path).unwrap();
    mark(&mut harness, 9);
    press(&mut harness, Modifiers::COMMAND, Key::S);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    assert!(matches!(
        save_expected(&theirs, &path, Expected::Nothing),
        Err(workprint::project_file::FileError::Taken { .. })
    ));
}

/// A project that another window has open is not opened unasked; one whose window is gone is.
#[test]
fn a_second_window_knows_of_the_first() {
    let (folder, mut first) = with_clips();
    let path = folder.path().join("p.ron");
    saved_as(&mut first, &path);
    until(&mut first, "noted", |_| {
        let entries = fs::read_dir(folder.path().join("recovery")).unwrap().flatten();
        entries.into_iter().any(|e| fs::read_to_string(e.path()).is_ok_and(|text| text.contains("p.ron")))
    });
    let mut second = window(folder.path(), vec![path.clone()]);
    until_said(&mut second, "open in another window");
    answer(&mut second, "Don't Open");
    assert!(clips(second.state(), TrackKind::Video).is_empty());
    second.state_mut().editor.go_on(Request::OpenPath(path.clone()));
    until_said(&mut second, "open in another window");
    answer(&mut second, "Open Anyway");
    until(&mut second, "opened", |w| !clips(w, TrackKind::Video).is_empty());
    drop(second);
    drop(first);
    let mut third = window(folder.path(), vec![path]);
    until(&mut third, "opened", |w| !clips(w, TrackKind::Video).is_empty());
}

/// What is imported, relinked and saved for a project that is gone does nothing to the one that is open.
#[test]
fn answers_for_a_document_that_is_gone_are_dropped() {
    let (folder, mut harness) = with_clips();
    let path = folder.path().join("p.ron");
    let (asset, file) =
        harness.state().editor.project().assets.iter().map(|(id, a)| (*id, a.path.clone())).next().unwrap();
    let editor = &mut harness.state_mut().editor;
    let before = editor.document();
    editor.save_to(path.clone(), false);
    editor.import(vec![file.clone()]);
    editor.relink(asset, file.clone());
    editor.go_on(Request::New);
    assert_ne!(editor.document(), before);
    until(&mut harness, "the save is told", |w| w.editor.recent.projects.first() == Some(&path));
    // behind what was asked for before it
    harness.state_mut().editor.import(vec![file]);
    until(&mut harness, "the new import", |w| w.editor.project().assets.len() == 1);
    let editor = &harness.state().editor;
    assert_eq!((editor.path.as_ref(), editor.project().assets.len()), (None, 1));
    assert!(editor.problems.is_empty(), "{:?}", editor.problems);
    // its one import can be undone, and nothing else
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(harness.state().editor.project().assets.is_empty());
    assert!(harness.state().editor.history().undo_name().is_none());
    assert_eq!(load(&path).unwrap().assets.len(), 2);
}

/// Two are asked for, and something is changed before the last comes.
#[test]
fn what_is_changed_while_a_project_is_opened_is_asked_about() {
    let (folder, mut harness) = with_clips();
    let (one, two) = (folder.path().join("1.ron"), folder.path().join("2.ron"));
    saved_as(&mut harness, &one);
    mark(&mut harness, 5);
    saved_as(&mut harness, &two);
    harness.state_mut().editor.go_on(Request::New);
    harness.step();
    let editor = &mut harness.state_mut().editor;
    editor.go_on(Request::OpenPath(one.clone()));
    editor.go_on(Request::OpenPath(two.clone()));
    until(&mut harness, "the last is open", |w| w.editor.path.as_ref() == Some(&two));
    harness.run_steps(30);
    assert_eq!(harness.state().editor.path.as_ref(), Some(&two));
    harness.state_mut().editor.go_on(Request::OpenPath(one.clone()));
    mark(&mut harness, 6);
    until_said(&mut harness, "It was changed while “1.ron” was being opened");
    assert_eq!(markers(harness.state()), 2);
    answer(&mut harness, "Cancel");
    assert_eq!((harness.state().editor.path.as_ref(), markers(harness.state())), (Some(&two), 2));
    // not saving is agreed to for what there is, not for what comes after
    press(&mut harness, Modifiers::COMMAND, Key::N);
    harness.step();
    harness.state_mut().editor.give_up();
    assert!(!harness.state().editor.loses_work() && harness.state().editor.unsaved());
    mark(&mut harness, 8);
    assert!(harness.state().editor.loses_work());
}

/// A film that is being made is not thrown away by closing the window.
#[test]
fn closing_asks_while_an_export_runs() {
    let (folder, mut harness) = with_half_a_minute();
    saved_as(&mut harness, &folder.path().join("p.ron"));
    let target = folder.path().join("out.mp4");
    press(&mut harness, Modifiers::COMMAND, Key::M);
    harness.state_mut().editor.export.as_mut().unwrap().path = target.display().to_string();
    harness.step();
    answer(&mut harness, "Export");
    harness.state_mut().editor.perform(Action::Quit);
    harness.step();
    harness.step();
    answer(&mut harness, "Keep Working");
    until(&mut harness, "progress", |w| last_export(w).is_some_and(|e| !e.samples.is_empty()));
    assert!(harness.state().editor.exporting());
    harness.state_mut().editor.perform(Action::Quit);
    harness.step();
    harness.step();
    answer(&mut harness, "Stop It and Quit");
    drop(harness);
    assert!(!target.exists());
    let hidden =
        fs::read_dir(folder.path()).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "nothing of the film is left");
    assert_eq!(left(folder.path()), 0);
}

#[test]
fn a_cancelled_export_says_so_and_can_be_begun_again() {
    let (folder, mut harness) = with_media();
    super::select_all_cards(&mut harness);
    harness.state_mut().editor.perform(Action::Append);
    let target = open_export(&mut harness, folder.path());
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    harness.state_mut().editor.queue_export();
    until(&mut harness, "queued", |w| last_export(w).is_some());
    // the queue answers each command by itself
    until_said(&mut harness, "Resume exports");
    answer(&mut harness, "Resume exports");
    until(&mut harness, "begun", |w| last_export(w).is_some_and(|e| !e.state.waits()));
    let run = last_export(harness.state()).unwrap().id;
    harness.state_mut().editor.change_exports(QueueCommand::Cancel(run));
    until(&mut harness, "an end", |w| last_export(w).is_some_and(|e| e.state.end().is_some()));
    assert!(last_export(harness.state()).unwrap().cancelled() && !target.exists());
    assert!(harness.query_by_label_contains("Cancelled").is_some());
    answer(&mut harness, "Retry: out.mp4");
    until(&mut harness, "exported", |w| last_export(w).is_some_and(|e| e.done().is_some()));
    assert!(target.exists() && harness.state().editor.exports.runs.len() == 1);
}

/// One turn of a window that is hidden: nothing is painted. Gives what it asks of the system.
pub(super) fn hidden_turn(
    harness: &mut Harness<'_, Window>,
    events: Vec<egui::ViewportEvent>,
) -> Vec<egui::ViewportCommand> {
    let ctx = harness.ctx.clone();
    let mut frame = eframe::Frame::_new_kittest();
    let mut input = egui::RawInput::default();
    input.viewports.entry(egui::ViewportId::ROOT).or_default().events = events;
    let window = harness.state_mut();
    let mut output = ctx.run_logic(&input, |ctx| eframe::App::logic(window, ctx, &mut frame));
    output.viewport_commands.remove(&egui::ViewportId::ROOT).unwrap_or_default()
}

/// Hidden or minimised, the window goes on: its export ends, its work is kept, and closing asks.
#[test]
fn a_window_that_is_not_painted_goes_on() {
    let (folder, mut harness) = with_clips();
    let target = open_export(&mut harness, folder.path());
    harness.state_mut().editor.queue_export();
    assert!(autosaves(folder.path()).is_empty());
    let commands = hidden_turn(&mut harness, vec![egui::ViewportEvent::Close]);
    assert!(commands.contains(&egui::ViewportCommand::CancelClose), "{commands:?}");
    assert!(commands.contains(&egui::ViewportCommand::Minimized(false)), "a question must be seen: {commands:?}");
    assert!(matches!(harness.state().editor.request, Some(Request::ExportRuns)));
    let begun = Instant::now();
    while harness.state().editor.exporting() || autosaves(folder.path()).is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it stands still");
        hidden_turn(&mut harness, vec![]);
    }
    assert!(target.exists());
    // without anything to ask it closes without being seen
    saved_as(&mut harness, &folder.path().join("p.ron"));
    harness.state_mut().editor.request = None;
    let commands = hidden_turn(&mut harness, vec![egui::ViewportEvent::Close]);
    assert!(!commands.contains(&egui::ViewportCommand::CancelClose), "{commands:?}");
    assert!(commands.contains(&egui::ViewportCommand::Close), "{commands:?}");
}
