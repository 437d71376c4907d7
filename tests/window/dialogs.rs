//! Dialogs and fields: their lists, their keys, and what Escape and a click beside them do.

use super::{click_at, clips, last_export, open_export, press, type_text, until, window, with_clips};
use egui::accesskit::Role;
use egui::{Key, Modifiers, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::app::{Action, Request};
use workprint::model::{Generator, Speed, TrackKind};
use workprint::ui::Window;

/// A click as a hand does it: press and release in frames of their own.
pub fn click(harness: &mut Harness<'_, Window>, role: Role, label: &str) {
    let at = harness.get_by_role_and_label(role, label).rect().center();
    click_at(harness, at);
}

/// Takes an entry of an open list: what stands in its button as well is no entry.
pub fn choose(harness: &mut Harness<'_, Window>, label: &str) {
    let entries = harness.query_all_by_label(label);
    let at = entries.last().unwrap_or_else(|| panic!("{label} is not in the list: {harness:?}")).rect().center();
    click_at(harness, at);
}

#[test]
fn lists_in_dialogs_open_before_them_each_time() {
    let (_folder, mut harness) = with_clips();
    for (size, (width, height)) in [("720p", (1280, 720)), ("1440p", (2560, 1440)), ("Square 1080", (1080, 1080))] {
        harness.state_mut().editor.perform(Action::SelectNone);
        harness.state_mut().editor.perform(Action::SequenceSettings);
        harness.step();
        harness.step();
        click(&mut harness, Role::ComboBox, "Usual sizes");
        choose(&mut harness, size);
        click(&mut harness, Role::Button, "Apply");
        let sequence = harness.state().editor.sequence();
        assert_eq!((sequence.width, sequence.height), (width, height), "{size}");
    }
    // the same in the export's, and what was chosen is still chosen when it is opened again
    let titles: Vec<&'static str> = workprint::export::presets().iter().map(|p| p.title.as_str()).collect();
    let mut chosen = titles[0].to_owned();
    for title in [titles[2], titles[1], titles[2]] {
        press(&mut harness, Modifiers::COMMAND, Key::M);
        let now = &harness.state().editor.export.as_ref().unwrap().preset.title;
        assert_eq!(*now, chosen);
        click(&mut harness, Role::ComboBox, "Preset");
        choose(&mut harness, title);
        chosen = harness.state().editor.export.as_ref().unwrap().preset.title.clone();
        assert_eq!(chosen, title);
        click(&mut harness, Role::Button, "Close");
    }
}

#[test]
fn escape_ends_typing_and_keeps_the_text() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    harness.step();
    let selected = harness.state().editor.selection.clone();
    assert!(!selected.is_empty());
    click(&mut harness, Role::MultilineTextInput, "Text");
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "The End");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    let title = |w: &Window| {
        let mut generators = w.editor.project().assets.values().filter_map(|a| a.info.generator.clone());
        generators.find_map(|g| if let Generator::Title(t) = *g { Some(t.text) } else { None })
    };
    assert_eq!(title(harness.state()).as_deref(), Some("The End"));
    assert_eq!(harness.state().editor.selection, selected, "Escape was for the field");
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(title(harness.state()).as_deref(), Some("Title"), "and it can be undone");
    // with no field it deselects, as before
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.state().editor.selection.is_empty());
}

#[test]
fn escape_puts_a_number_back_and_nothing_else() {
    let (_folder, mut harness) = with_clips();
    let clip = harness.state().editor.sequence().tracks[0].clips.iter().next().unwrap();
    harness.state_mut().editor.select(clip.id, false, false);
    harness.step();
    harness.step();
    let opacity = |w: &Window| {
        let clip = w.editor.shown_project().sequence().clip(clip.id).unwrap().1;
        clip.content.properties.opacity.at(clip.source_in)
    };
    let selected = harness.state().editor.selection.clone();
    click(&mut harness, Role::SpinButton, "Opacity");
    type_text(&mut harness, "4");
    type_text(&mut harness, "0");
    assert!((opacity(harness.state()) - 0.4).abs() < 1e-9, "seen while it is typed");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!((opacity(harness.state()) - 1.0).abs() < 1e-9, "{}", opacity(harness.state()));
    assert_eq!(harness.state().editor.selection, selected);
    // and a number that is left in another way stays, for the clip that it was typed for
    click(&mut harness, Role::SpinButton, "Opacity");
    type_text(&mut harness, "30");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.step();
    assert!((opacity(harness.state()) - 0.3).abs() < 1e-9);
}

#[test]
fn a_click_beside_a_dialog_throws_nothing_away() {
    let (_folder, mut harness) = with_clips();
    for (action, button) in [
        (Action::SequenceSettings, "Apply"),
        (Action::Speed, "Change Speed"),
        (Action::NewSequence, "OK"),
        (Action::Export, "Export"),
    ] {
        harness.state_mut().editor.perform(action);
        harness.step();
        harness.step();
        click_at(&mut harness, pos2(5.0, 400.0));
        assert!(harness.query_by_role_and_label(Role::Button, button).is_some(), "{button}");
        press(&mut harness, Modifiers::NONE, Key::Escape);
        harness.step();
        assert!(harness.query_by_role_and_label(Role::Button, button).is_none(), "{button}: Escape closes");
    }
}

#[test]
fn the_speed_is_typed_at_once_or_said_as_a_length() {
    let (_folder, mut harness) = with_clips();
    let first = harness.state().editor.sequence().tracks[0].clips.iter().next().unwrap().id;
    harness.state_mut().editor.select(first, false, false);
    press(&mut harness, Modifiers::COMMAND, Key::R);
    harness.step();
    type_text(&mut harness, "50");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video)[0], (0, 120));
    // 7/10 of a second are no round percentage of 2 s, and 21 frames all the same
    press(&mut harness, Modifiers::COMMAND, Key::R);
    harness.step();
    click(&mut harness, Role::TextInput, "Length");
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "00:00:00:21");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.step();
    assert_eq!(clips(harness.state(), TrackKind::Video)[0], (0, 21));
    let speed = harness.state().editor.sequence().clip(first).unwrap().1.speed;
    assert_eq!(Some(speed), Speed::new(60, 21));
}

/// Waits until a path is to be typed; whether it is, as where the system has no file dialog.
pub fn path_is_asked_for(harness: &mut Harness<'_, Window>) -> bool {
    for _ in 0..200 {
        harness.step();
        if harness.query_by_label_contains("Type or paste").is_some() {
            harness.step();
            harness.step();
            return true;
        }
    }
    false
}

/// Where the system has no file dialog, as here, a path is typed.
#[test]
fn a_typed_path_is_confirmed_by_enter_and_may_begin_at_home() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.request = Some(Request::SaveAs);
    if !path_is_asked_for(&mut harness) {
        println!("this system has a file dialog: nothing was tried");
        return;
    }
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, &folder.path().join("typed.ron").display().to_string());
    press(&mut harness, Modifiers::NONE, Key::Enter);
    until(&mut harness, "saved", |w| w.editor.path.as_ref().is_some_and(|p| p.ends_with("typed.ron")));
    // several lines, and Enter is still the end of it
    harness.state_mut().editor.request = Some(Request::Import);
    assert!(path_is_asked_for(&mut harness));
    type_text(&mut harness, "~/no such folder/a.mp4");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    until(&mut harness, "an error that names the whole path", |w| {
        w.editor.problems.iter().any(|p| p.contains("no such folder/a.mp4") && !p.contains('~'))
    });
}

/// Typing beside a field reaches the shortcuts: what it did is seen, and does not shorten the film unasked.
#[test]
fn the_marked_range_is_said_and_taken_only_when_both_ends_were_set() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.seek(workprint::model::Frame(30));
    press(&mut harness, Modifiers::NONE, Key::I);
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert!(!harness.state().editor.export.as_ref().unwrap().marked_only);
    assert!(harness.query_by_label("Only the marked range: 00:00:01:00 to 00:00:04:00, 00:00:03:00 long").is_some());
    assert!(harness.query_by_label("320 × 180, 30 fps, 00:00:04:00 long").is_some(), "what the film will be like");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.state_mut().editor.seek(workprint::model::Frame(59));
    press(&mut harness, Modifiers::NONE, Key::O);
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert!(harness.state().editor.export.as_ref().unwrap().marked_only);
    assert!(harness.query_by_label("320 × 180, 30 fps, 00:00:01:00 long").is_some());
}

#[test]
fn the_export_dialog_is_as_low_when_it_is_opened_again_and_says_what_stands_against_it() {
    let (folder, mut harness) = with_clips();
    let target = open_export(&mut harness, folder.path());
    harness.step();
    harness.step();
    let gap = |harness: &Harness<'_, Window>| {
        let foot = harness.get_by_role_and_label(Role::Button, "Close").rect().min.y;
        foot - harness.get_by_label("Replace a file of that name").rect().max.y
    };
    let before = gap(&harness);
    click(&mut harness, Role::Button, "Export");
    until(&mut harness, "exported", |w| last_export(w).is_some_and(|e| e.done().is_some()));
    harness.step();
    for next in ["Play", "Show in Folder", "Save Report", "Remove"] {
        let label = format!("{next}: out.mp4");
        assert!(harness.query_by_role_and_label(Role::Button, &label).is_some(), "{label}");
    }
    press(&mut harness, Modifiers::COMMAND, Key::M);
    harness.step();
    harness.step();
    assert!((gap(&harness) - before).abs() < 2.0, "{} and {before}", gap(&harness));
    // refused in the words of the box that allows it
    harness.state_mut().editor.export.as_mut().unwrap().path = target.display().to_string();
    harness.step();
    click(&mut harness, Role::Button, "Export");
    until(&mut harness, "refused", |w| w.editor.export.as_ref().is_some_and(|e| e.refused.is_some()));
    let refused = harness.state().editor.export.as_ref().unwrap().refused.clone().unwrap();
    assert!(refused.contains("a file of that name") && refused.contains("replace it"), "{refused}");
    assert_eq!(harness.state().editor.exports.runs.len(), 1, "nothing was queued");
    harness.step();
    assert!(gap(&harness) < before + 60.0, "{} and {before}", gap(&harness));
}

/// A film for a chat: ticked, the number typed or taken from what is usual, and proposed again the next time.
#[test]
fn a_film_can_be_held_to_a_size_in_the_dialog() {
    let (folder, mut harness) = super::with_clips();
    harness.step();
    press(&mut harness, Modifiers::COMMAND, Key::M);
    let max_size = |harness: &Harness<'_, Window>| harness.state().editor.export.as_ref().unwrap().max_size();
    assert_eq!(max_size(&harness), None);
    click(&mut harness, Role::CheckBox, "Not larger than");
    assert_eq!(max_size(&harness), Some(10_000_000), "what most services take");
    click(&mut harness, Role::Button, "25");
    assert_eq!(max_size(&harness), Some(25_000_000));
    let export = harness.state_mut().editor.export.as_mut().unwrap();
    (export.path, export.megabytes) = (folder.path().join("small.mp4").display().to_string(), 0.06);
    click(&mut harness, Role::Button, "Export");
    until(&mut harness, "an end", |w| last_export(w).is_some_and(|e| e.state.end().is_some()));
    let export = last_export(harness.state()).unwrap();
    assert!(export.failed().is_none(), "{:?}", export.failed());
    let size = std::fs::metadata(folder.path().join("small.mp4")).unwrap().len();
    assert!(size <= 60_000, "{size}");
    let notes = &export.done().unwrap().notes;
    assert!(size >= 58_200 || notes.iter().any(|note| note.contains("is all this film needs")), "{size}: {notes:?}");
    press(&mut harness, Modifiers::COMMAND, Key::M);
    assert_eq!(max_size(&harness), Some(60_000), "what was chosen is proposed");
    // nobody can say beforehand how large a film without loss is
    harness.state_mut().editor.export.as_mut().unwrap().preset =
        workprint::export::find_preset("lossless").unwrap().clone();
    harness.step();
    assert_eq!(max_size(&harness), None);
}

#[test]
fn what_a_report_of_a_fault_needs_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path(), Vec::new());
    harness.state_mut().editor.perform(Action::CopyDetails);
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.unwrap();
    assert!(copied.starts_with(concat!("Workprint ", env!("CARGO_PKG_VERSION"), " (GStreamer 1.")), "{copied}");
    assert!(copied.contains("workprint.log"), "{copied}");
}
