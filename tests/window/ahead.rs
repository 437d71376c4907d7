//! What the export dialog tells before anything is made.

use super::common::pictures;
use super::{click_at, last_export, open_export, press, until, with_clips};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use workprint::app::{Action, Takes};
use workprint::model::Frame;
use workprint::ui::Window;
use workprint::worker::QueueCommand;

fn until_known(harness: &mut Harness<'_, Window>) {
    until(harness, "what it takes", |w| {
        w.editor.export.as_ref().is_some_and(|dialog| matches!(dialog.ahead.takes, Takes::Known(_)))
    });
}

fn can_export(harness: &Harness<'_, Window>) -> bool {
    !harness.get_by_role_and_label(Role::Button, "Export").accesskit_node().is_disabled()
}

#[test]
fn what_an_export_takes_is_told_and_a_finding_leads_to_its_place() {
    let (folder, mut harness) = with_clips();
    // the first clip is not there
    let editor = &mut harness.state_mut().editor;
    let first = editor.sequence().tracks.iter().flat_map(|t| t.clips.iter()).filter(|c| c.start == Frame(0));
    let clips: Vec<_> = first.map(|c| c.id).collect();
    editor.select(clips[0], false, false);
    editor.perform(Action::Delete);
    editor.seek(Frame(100));
    harness.step();
    let target = open_export(&mut harness, folder.path());
    until_known(&mut harness);
    assert!(harness.query_by_label_contains("MiB memory").is_some());
    let gap =
        harness.get_by_label_contains("nothing is seen from 00:00:00:00 to 00:00:02:00 (60 frames)").rect().center();
    // nothing was written, and it can be made
    assert!(can_export(&harness) && !target.exists());
    click_at(&mut harness, gap);
    assert!(harness.state().editor.export.is_none());
    assert_eq!(harness.state().editor.playhead, Frame(0));
}

#[test]
fn what_blocks_keeps_the_button_from_being_pressed_until_it_is_mended() {
    let (folder, mut harness) = with_clips();
    std::fs::write(folder.path().join("out.mp4"), "the one before").unwrap();
    let target = open_export(&mut harness, folder.path());
    until(&mut harness, "looked at", |w| w.editor.export.as_ref().is_some_and(|d| d.ahead.blocks()));
    harness.step();
    assert!(!can_export(&harness));
    assert!(harness.query_by_label_contains("out.mp4").is_some());
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(harness.state().editor.exports.runs.is_empty());
    let tick = harness.get_by_role_and_label(Role::CheckBox, "Replace a file of that name").rect().center();
    click_at(&mut harness, tick);
    until_known(&mut harness);
    harness.step();
    assert!(can_export(&harness));
    harness.get_by_role_and_label(Role::Button, "Export").click();
    until(&mut harness, "made", |w| last_export(w).is_some_and(|run| run.done().is_some()));
    assert_eq!(pictures(&target).numbers.len(), 120);
}

#[test]
fn a_command_to_the_queue_leaves_nothing_unanswered() {
    let (folder, mut harness) = with_clips();
    open_export(&mut harness, folder.path());
    until(&mut harness, "looked at", |w| w.editor.export.as_ref().is_some_and(|d| d.ahead.findings.is_some()));
    harness.state_mut().editor.change_exports(QueueCommand::Pause);
    until(&mut harness, "paused", |w| w.editor.exports.paused);
    until_known(&mut harness);
}
