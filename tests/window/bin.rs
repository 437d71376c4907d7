//! The bin: what is seen of an import, what is selected, what is removed, and what comes back.

use super::{Footage, mp4, press, until, window, with_clips, with_media};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::Path;
use workprint::app::AssetState;
use workprint::ui::Window;

/// A folder with so many films of half a second.
fn films(folder: &Path, count: usize) {
    mp4(&Footage::new((30, 1), 15), &folder.join("000.mp4"));
    for n in 1..count {
        std::fs::copy(folder.join("000.mp4"), folder.join(format!("{n:03}.mp4"))).unwrap();
    }
}

fn card(harness: &mut Harness<'_, Window>, name: &str, modifiers: Modifiers) {
    let cards = harness.query_all_by_role_and_label(Role::Button, name);
    let at = cards.map(|n| n.rect()).min_by(|a, b| a.min.y.total_cmp(&b.min.y)).unwrap().center();
    click_at(harness, at, modifiers);
}

/// A click after which the pointer stays where it is.
fn click_at(harness: &mut Harness<'_, Window>, at: egui::Pos2, modifiers: Modifiers) {
    harness.hover_at(at);
    harness.step();
    let button = egui::PointerButton::Primary;
    for pressed in [true, false] {
        harness.event_modifiers(egui::Event::PointerButton { pos: at, button, pressed, modifiers }, modifiers);
        harness.step();
    }
    harness.step();
}

fn chosen(harness: &Harness<'_, Window>) -> Vec<String> {
    let editor = &harness.state().editor;
    let mut names: Vec<String> =
        editor.bin_selection.iter().filter_map(|id| editor.project().assets.get(id)).map(|a| a.name.clone()).collect();
    names.sort();
    names
}

#[test]
fn all_files_of_an_import_stand_in_the_bin_at_once_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let clips = folder.path().join("clips");
    std::fs::create_dir(&clips).unwrap();
    films(&clips, 40);
    let mut harness = window(folder.path(), vec![clips]);
    until(&mut harness, "the files", |w| w.editor.importing.all == 40);
    let (cards, coming) =
        (harness.state().editor.project().assets.len(), harness.state().editor.importing.waiting.len());
    assert_eq!(cards + coming, 40);
    assert!(harness.query_by_label_contains("of 40").is_some(), "counted");
    assert!(harness.query_all_by_label_contains(", coming").next().is_some(), "a place for each");
    assert!(harness.query_by_label("Ready").is_none());
    until(&mut harness, "all", |w| w.editor.project().assets.len() == 40 && w.editor.importing.all == 0);
    assert!(harness.state().editor.bin_selection.is_empty(), "dragging one drags that one");
    assert!(harness.query_by_label_contains(", coming").is_none());
}

#[test]
fn an_import_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let clips = folder.path().join("clips");
    std::fs::create_dir(&clips).unwrap();
    films(&clips, 200);
    let mut harness = window(folder.path(), vec![clips]);
    until(&mut harness, "some", |w| w.editor.importing.all == 200 && !w.editor.project().assets.is_empty());
    harness.get_by_label("Cancel the import").click();
    until(&mut harness, "stopped", |w| w.editor.importing.all == 0);
    let there = harness.state().editor.project().assets.len();
    assert!(there > 0 && there < 200, "{there}");
    assert!(harness.state().editor.problems.is_empty(), "{:?}", harness.state().editor.problems);
}

#[test]
fn cards_are_selected_in_ranges_and_by_nothing() {
    let folder = tempfile::tempdir().unwrap();
    films(folder.path(), 5);
    let files = (0..5).map(|n| folder.path().join(format!("{n:03}.mp4"))).collect();
    let mut harness = window(folder.path(), files);
    until(&mut harness, "all", |w| w.editor.project().assets.len() == 5);
    card(&mut harness, "001.mp4", Modifiers::NONE);
    card(&mut harness, "003.mp4", Modifiers::SHIFT);
    assert_eq!(chosen(&harness), ["001.mp4", "002.mp4", "003.mp4"]);
    card(&mut harness, "002.mp4", Modifiers::COMMAND);
    assert_eq!(chosen(&harness), ["001.mp4", "003.mp4"]);
    // beside the cards
    let last = harness.get_by_role_and_label(Role::Button, "004.mp4").rect();
    click_at(&mut harness, last.right_top() + egui::vec2(40.0, 12.0), Modifiers::NONE);
    assert!(chosen(&harness).is_empty(), "{:?}", chosen(&harness));
    // the search says how many, and has a way back
    harness.get_by_label("Search the bin").click();
    harness.step();
    harness.event(egui::Event::Text("003".into()));
    harness.step();
    harness.step();
    assert!(harness.query_by_label("1 of 5").is_some());
    harness.get_by_label("Clear the search").click();
    harness.step();
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Button, "001.mp4").is_some());
}

#[test]
fn delete_removes_what_is_not_used() {
    let (folder, mut harness) = with_clips();
    mp4(&Footage::new((30, 1), 15), &folder.path().join("three.mp4"));
    harness.state_mut().editor.import(vec![folder.path().join("three.mp4")]);
    until(&mut harness, "the third", |w| w.editor.project().assets.len() == 3);
    harness.step();
    card(&mut harness, "one.mp4", Modifiers::NONE);
    card(&mut harness, "three.mp4", Modifiers::COMMAND);
    let clips = super::clips(harness.state(), workprint::model::TrackKind::Video);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    let names: Vec<String> = harness.state().editor.project().assets.values().map(|a| a.name.clone()).collect();
    assert_eq!(names, ["one.mp4", "two.mp4"]);
    assert_eq!(super::clips(harness.state(), workprint::model::TrackKind::Video), clips, "clips stay");
}

#[test]
fn what_has_come_back_is_seen_and_what_is_kept_of_it_before() {
    let (folder, mut harness) = with_media();
    let state = |w: &Window| -> AssetState {
        let id = w.editor.project().assets.values().find(|a| a.name == "one.mp4").map(|a| a.id);
        id.and_then(|id| w.editor.assets.get(&id).cloned()).unwrap_or_default()
    };
    until(&mut harness, "a proxy", |w| state(w).proxy && state(w).thumbnails.is_some());
    let path = folder.path().join("p.ron");
    harness.state_mut().editor.save_to(path.clone(), false);
    until(&mut harness, "saved", |w| !w.editor.unsaved());
    drop(harness);
    let (here, away) = (folder.path().join("one.mp4"), folder.path().join("elsewhere"));
    std::fs::rename(&here, &away).unwrap();
    let mut harness = window(folder.path(), vec![path]);
    until(&mut harness, "offline", |w| state(w).mark() == Some("Offline"));
    until(&mut harness, "its kept pictures", |w| state(w).proxy && state(w).thumbnails.is_some());
    assert!(state(harness.state()).waveform.is_none());
    std::fs::rename(&away, &here).unwrap();
    // the window is looked at again
    harness.event(egui::Event::WindowFocused(true));
    until(&mut harness, "online again", |w| {
        let state = state(w);
        state.mark().is_none() && state.poster.is_some() && state.waveform.is_some()
    });
    assert!(
        harness.state().editor.problems.iter().all(|p| !p.contains("thumbnails")),
        "{:?}",
        harness.state().editor.problems
    );
}

/// A folder comes bit by bit, and is one step to be taken back.
#[test]
fn a_folder_that_is_brought_in_is_undone_at_once() {
    let folder = tempfile::tempdir().unwrap();
    films(folder.path(), 40);
    let mut harness = window(folder.path(), vec![]);
    harness.state_mut().editor.import(vec![folder.path().into()]);
    until(&mut harness, "all", |w| w.editor.project().assets.len() == 40 && w.editor.importing.all == 0);
    assert_eq!(harness.state().editor.history().steps(), 1);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(harness.state().editor.project().assets.len(), 0);
    press(&mut harness, Modifiers::COMMAND, Key::Y);
    assert_eq!(harness.state().editor.project().assets.len(), 40);
}
