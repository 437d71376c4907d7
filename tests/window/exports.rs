//! The queue of exports: what runs and waits while the window is worked in, what outlives it, and what is said of it.

use super::common::{Footage, decode, mp4};
use super::safe::hidden_turn;
use super::{click_at, clips, last_export, press, until, window, with_clips, with_half_a_minute};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workprint::app::{Action, ExportRun, Request};
use workprint::edit::Edit;
use workprint::model::{Frame, Marker, MarkerColor, TrackKind};
use workprint::ui::Window;
use workprint::worker::QueueCommand;

/// Queues the film as it is now, as people do: the dialog, a name, the button.
fn queue(harness: &mut Harness<'_, Window>, target: &Path) {
    if harness.state().editor.export.is_none() {
        press(harness, Modifiers::COMMAND, Key::M);
    }
    harness.state_mut().editor.export.as_mut().unwrap().path = target.display().to_string();
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(harness, "queued", |w| w.editor.export.is_none());
    harness.step();
}

/// What the panel lists: the file, and how far it is.
fn listed(window: &Window) -> Vec<String> {
    let state = |run: &ExportRun| match () {
        () if run.is_running() => "runs",
        () if run.done().is_some() => "done",
        () if run.failed().is_some() => "failed",
        () if run.cancelled() => "cancelled",
        () if matches!(run.state, workprint::worker::RunState::Left) => "left",
        () => "waits",
    };
    window.editor.exports.runs.iter().map(|run| format!("{} {}", run.name(), state(run))).collect()
}

fn until_listed(harness: &mut Harness<'_, Window>, all: &[&str]) {
    until(harness, &format!("{all:?}"), |w| listed(w) == all);
    harness.step();
}

fn click(harness: &mut Harness<'_, Window>, label: &str) {
    let at = harness.get_by_role_and_label(Role::Button, label).rect().center();
    click_at(harness, at);
}

/// The order of cards, from above.
fn in_order(harness: &Harness<'_, Window>, names: &[&str]) -> Vec<String> {
    let top = |name: &str| harness.get_by_role_and_label(Role::Label, name).rect().min.y;
    let mut names: Vec<(f32, String)> = names.iter().map(|name| (top(name), (*name).to_owned())).collect();
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    names.into_iter().map(|(_, name)| name).collect()
}

fn frames(film: &Path) -> usize {
    decode(film).numbers.len()
}

#[test]
fn three_are_queued_while_clips_are_trimmed_and_played() {
    let (folder, mut harness) = with_clips();
    let film = |name: &str| folder.path().join(name);
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    until(&mut harness, "paused", |w| w.editor.exports.paused);
    queue(&mut harness, &film("a.mp4"));
    // each is of the film as it was then
    harness.state_mut().editor.seek(Frame(100));
    press(&mut harness, Modifiers::NONE, Key::W);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 40)]);
    queue(&mut harness, &film("b.mp4"));
    harness.state_mut().editor.seek(Frame(80));
    press(&mut harness, Modifiers::NONE, Key::W);
    queue(&mut harness, &film("c.mp4"));
    assert_eq!(listed(harness.state()), ["a.mp4 waits", "b.mp4 waits", "c.mp4 waits"]);
    assert_eq!(in_order(&harness, &["a.mp4", "b.mp4", "c.mp4"]), ["a.mp4", "b.mp4", "c.mp4"]);
    click(&mut harness, "Sooner: c.mp4");
    until_listed(&mut harness, &["a.mp4 waits", "c.mp4 waits", "b.mp4 waits"]);
    assert_eq!(in_order(&harness, &["a.mp4", "b.mp4", "c.mp4"]), ["a.mp4", "c.mp4", "b.mp4"]);
    click(&mut harness, "Resume exports");
    until(&mut harness, "the first runs", |w| w.editor.exports.running().is_some());
    // work goes on: it plays and it is trimmed while films are made
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::NONE, Key::Space);
    until(&mut harness, "playing", |w| w.editor.playhead > Frame(3));
    press(&mut harness, Modifiers::NONE, Key::Space);
    harness.state_mut().editor.seek(Frame(70));
    press(&mut harness, Modifiers::NONE, Key::W);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (60, 10)]);
    until_listed(&mut harness, &["a.mp4 done", "c.mp4 done", "b.mp4 done"]);
    assert_eq!(["a.mp4", "b.mp4", "c.mp4"].map(|name| frames(&film(name))), [120, 100, 80]);
    // the last stands first
    assert_eq!(in_order(&harness, &["a.mp4", "b.mp4", "c.mp4"]), ["b.mp4", "c.mp4", "a.mp4"]);
    click(&mut harness, "Clear");
    until_listed(&mut harness, &[]);
    drop(harness);
    let left = std::fs::read_dir(folder.path().join("recovery")).unwrap().flatten();
    assert_eq!(left.filter(|entry| entry.path().extension().is_some_and(|e| e == "exports")).count(), 0);
}

#[test]
fn one_that_fails_stops_no_other_and_can_be_done_again() {
    let (folder, mut harness) = with_clips();
    let sub = folder.path().join("sub");
    std::fs::create_dir(&sub).unwrap();
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    until(&mut harness, "paused", |w| w.editor.exports.paused);
    queue(&mut harness, &sub.join("a.mp4"));
    queue(&mut harness, &folder.path().join("b.mp4"));
    // what makes one file is not queued twice
    press(&mut harness, Modifiers::COMMAND, Key::M);
    harness.state_mut().editor.export.as_mut().unwrap().path = sub.join("a.mp4").display().to_string();
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "refused", |w| w.editor.export.as_ref().is_some_and(|e| e.refused.is_some()));
    press(&mut harness, Modifiers::NONE, Key::Escape);
    // the folder goes before it begins
    std::fs::remove_dir(&sub).unwrap();
    harness.state_mut().editor.change_exports(QueueCommand::Resume);
    until_listed(&mut harness, &["a.mp4 failed", "b.mp4 done"]);
    let said = |w: &Window| w.editor.problems.iter().any(|p| p.contains("a.mp4") && p.contains("folder"));
    assert!(said(harness.state()), "{:?}", harness.state().editor.problems);
    std::fs::create_dir(&sub).unwrap();
    click(&mut harness, "Retry: a.mp4");
    until_listed(&mut harness, &["b.mp4 done", "a.mp4 done"]);
    assert_eq!(frames(&sub.join("a.mp4")), 120);
}

/// Closing while exports wait keeps them; they are offered and begin only when somebody says so.
#[test]
fn what_waits_is_there_at_the_next_start_and_waits_to_be_asked_for() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    until(&mut harness, "paused", |w| w.editor.exports.paused);
    for name in ["a.mp4", "b.mp4", "c.mp4"] {
        queue(&mut harness, &folder.path().join(name));
    }
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    // what is paused is not lost, and nothing is asked
    harness.state_mut().editor.perform(Action::Quit);
    assert!(matches!(harness.state().editor.request, Some(Request::Quit)));
    harness.state_mut().editor.request = None;
    drop(harness);

    let mut harness = window(folder.path(), Vec::new());
    until_listed(&mut harness, &["a.mp4 left", "b.mp4 left", "c.mp4 left"]);
    harness.run_steps(5);
    assert!(!harness.state().editor.exporting() && !folder.path().join("a.mp4").exists());
    harness.state_mut().editor.perform(Action::ShowExports);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("3 exports from last time").is_some());
    click(&mut harness, "Remove: b.mp4");
    until_listed(&mut harness, &["a.mp4 left", "c.mp4 left"]);
    click(&mut harness, "Resume");
    until_listed(&mut harness, &["a.mp4 done", "c.mp4 done"]);
    assert_eq!(frames(&folder.path().join("c.mp4")), 120, "of the project that is not open");
    assert!(harness.query_by_label_contains("from last time").is_none());
}

#[test]
fn a_film_stands_still_while_it_is_paused_and_is_whole_in_the_end() {
    let (folder, mut harness) = with_half_a_minute();
    press(&mut harness, Modifiers::COMMAND, Key::M);
    harness.state_mut().editor.export.as_mut().unwrap().copy = false;
    queue(&mut harness, &folder.path().join("a.mp4"));
    let frame = |w: &Window| last_export(w).and_then(|run| run.samples.last()).map(|sample| sample.frame);
    until(&mut harness, "progress", |w| frame(w).is_some());
    // in the title, also of a window that nobody sees
    let begun = Instant::now();
    let in_title = |command: &egui::ViewportCommand| matches!(command, egui::ViewportCommand::Title(title) if title.contains(" % · ") && title.contains("Untitled"));
    while !hidden_turn(&mut harness, vec![]).iter().any(in_title) {
        assert!(begun.elapsed() < Duration::from_mins(1), "never in the title");
    }
    click(&mut harness, "Pause exports");
    until(&mut harness, "standing still", |w| w.editor.exports.stands);
    let stood = frame(harness.state());
    harness.run_steps(30);
    assert_eq!(frame(harness.state()), stood);
    assert!(harness.query_by_label("paused").is_some());
    click(&mut harness, "Resume exports");
    until_listed(&mut harness, &["a.mp4 done"]);
    assert_eq!(decode(&folder.path().join("a.mp4")).numbers, (0..900).collect::<Vec<_>>());
}

#[test]
fn closing_with_a_run_can_leave_it_for_later() {
    let (folder, mut harness) = with_half_a_minute();
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    queue(&mut harness, &folder.path().join("a.mp4"));
    queue(&mut harness, &folder.path().join("b.mp4"));
    until(&mut harness, "progress", |w| w.editor.exports.running().is_some_and(|run| !run.samples.is_empty()));
    let title = harness.state().editor.exports.per_cent().map(|percent| format!("Exports · {percent} %"));
    assert!(harness.query_by_label(&title.unwrap()).is_some(), "the tab says how far it is");
    harness.state_mut().editor.perform(Action::Quit);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Exports are running").is_some());
    harness.get_by_role_and_label(Role::Button, "Quit, Export Later").click();
    harness.step();
    harness.step();
    drop(harness);
    assert!(!folder.path().join("a.mp4").exists(), "half a film is none");
    let mut harness = window(folder.path(), vec![path]);
    until_listed(&mut harness, &["a.mp4 left", "b.mp4 left"]);
    harness.state_mut().editor.change_exports(QueueCommand::Discard);
    until_listed(&mut harness, &[]);
    drop(harness);
    assert_eq!(std::fs::read_dir(folder.path().join("recovery")).into_iter().flatten().count(), 0);
}

#[test]
fn a_warning_leads_to_its_clip() {
    let (folder, mut harness) = with_clips();
    // two.mp4 is another film than the one that was imported
    mp4(&Footage { first: 500, ..Footage::new((30, 1), 60) }, &folder.path().join("new.mp4"));
    std::fs::rename(folder.path().join("new.mp4"), folder.path().join("two.mp4")).unwrap();
    queue(&mut harness, &folder.path().join("out.mp4"));
    until(&mut harness, "exported", |w| last_export(w).is_some_and(|e| e.done().is_some()));
    harness.state_mut().editor.perform(Action::SelectNone);
    harness.state_mut().editor.seek(Frame(0));
    harness.step();
    let at = harness.get_by_label_contains("two.mp4: ").rect().center();
    click_at(&mut harness, at);
    let editor = &harness.state().editor;
    assert_eq!(editor.playhead, Frame(60));
    let selected: Vec<i64> = editor.selected_clips().iter().map(|(_, clip)| clip.start.0).collect();
    assert_eq!(selected, [60, 60], "with its sound");
    // what is gone from the timeline is said
    harness.state_mut().editor.perform(Action::Delete);
    harness.step();
    click_at(&mut harness, at);
    let said = |w: &Window| w.editor.problems.iter().any(|p| p.contains("not on the timeline any more"));
    assert!(said(harness.state()), "{:?}", harness.state().editor.problems);
}

#[test]
fn each_marker_becomes_a_file_of_its_own_in_one_step() {
    let (folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert!(harness.query_by_role_and_label(Role::CheckBox, "A file for each marker").is_some());
    press(&mut harness, Modifiers::NONE, Key::Escape);
    let mark = |harness: &mut Harness<'_, Window>, at: i64, name: &str| {
        let marker = Marker { at: Frame(at), name: name.into(), color: MarkerColor::default() };
        assert!(harness.state_mut().editor.commit(&Edit::AddMarker(marker)));
    };
    // a hundred and more, of one frame each; and two that share a name with what no file can be called
    for at in 10..118 {
        mark(&mut harness, at, &format!("Highlight {at}"));
    }
    mark(&mut harness, 118, "a/b");
    mark(&mut harness, 119, "a/b");
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    until(&mut harness, "paused", |w| w.editor.exports.paused);
    press(&mut harness, Modifiers::COMMAND, Key::M);
    harness.state_mut().editor.export.as_mut().unwrap().path = folder.path().join("reel.mp4").display().to_string();
    harness.step();
    let tick = harness.get_by_role_and_label(Role::CheckBox, "A file for each marker: 110 files, named by them");
    let at = tick.rect().center();
    click_at(&mut harness, at);
    let names = "Highlight 10.mp4, Highlight 11.mp4, Highlight 12.mp4, Highlight 13.mp4, and 106 more";
    assert!(harness.query_by_label(names).is_some());
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "queued", |w| w.editor.exports.runs.len() == 110);
    let files: Vec<PathBuf> =
        harness.state().editor.exports.runs.iter().map(|run| run.job.settings.path.clone()).collect();
    assert_eq!(files[108..], ["a-b.mp4", "a-b 2.mp4"].map(|name| folder.path().join(name)));
    // the first and the last are made; the others would be alike
    let given_up: Vec<_> = harness.state().editor.exports.runs[1..109].iter().map(|run| run.id).collect();
    for run in given_up {
        harness.state_mut().editor.change_exports(QueueCommand::Remove(run));
        harness.step();
    }
    harness.state_mut().editor.change_exports(QueueCommand::Resume);
    until_listed(&mut harness, &["Highlight 10.mp4 done", "a-b 2.mp4 done"]);
    assert_eq!(decode(&files[0]).numbers, [10]);
    assert_eq!(decode(&files[109]).numbers, [59]);
    // of a marked range, those in it
    harness.state_mut().editor.seek(Frame(20));
    press(&mut harness, Modifiers::NONE, Key::I);
    harness.state_mut().editor.seek(Frame(29));
    press(&mut harness, Modifiers::NONE, Key::O);
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert!(harness.query_by_label("A file for each marker: 10 files, named by them").is_some());
}
