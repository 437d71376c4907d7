//! The first minute: what an empty window offers, and what a newcomer's hands try first.

use super::common::{Footage, mp4};
use super::{clips, drag, drop_files, press, type_text, until, window, with_clips, with_media};
use egui::accesskit::Role;
use egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::Queryable;
use workprint::app::{Action, Request};
use workprint::edit::Edit;
use workprint::model::{Frame, Generator, Marker, MarkerColor, Title, TrackKind};

#[test]
fn an_empty_window_offers_ways_to_begin_until_there_is_media() {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 30), &folder.path().join("one.mp4"));
    {
        let mut harness = window(folder.path(), vec![]);
        harness.step();
        assert!(harness.query_by_label_contains("Drag media from the bin").is_none());
        harness.get_by_role_and_label(Role::Button, "Import Media…").click();
        harness.step();
        harness.state_mut().editor.save_to(folder.path().join("film.ron"), false);
        until(&mut harness, "saved", |w| w.editor.path.is_some());
    }
    // the next time the project is offered, and opens by a click
    let mut harness = window(folder.path(), vec![]);
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Open film").click();
    until(&mut harness, "the project", |w| w.editor.path.is_some());
    harness.state_mut().editor.import(vec![folder.path().join("one.mp4")]);
    until(&mut harness, "the film", |w| w.editor.project().assets.len() == 1);
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Button, "Import Media…").is_none());
}

#[test]
fn a_time_can_be_typed() {
    let (_folder, mut harness) = with_clips();
    let go_to = |harness: &mut egui_kittest::Harness<'_, workprint::ui::Window>, text: &str, end: Key| {
        let label = format!("Time {}", harness.state().editor.timecode(harness.state().editor.playhead));
        harness.get_by_role_and_label(Role::Button, &label).click();
        harness.step();
        harness.step();
        type_text(harness, text);
        press(harness, Modifiers::NONE, end);
        harness.step();
        harness.state().editor.playhead.0
    };
    assert_eq!(go_to(&mut harness, "2:15", Key::Enter), 75);
    assert_eq!(go_to(&mut harness, "+10", Key::Enter), 85);
    assert_eq!(go_to(&mut harness, "100", Key::Escape), 85, "Escape drops it");
    assert_eq!(go_to(&mut harness, "never", Key::Enter), 85);
    assert!(harness.state().editor.problems.iter().any(|p| p.contains("never")));
    // no key of what was typed did anything else
    let editor = &harness.state().editor;
    assert_eq!((editor.mark_in, editor.playing(), editor.selection.len()), (None, false, 4));
}

#[test]
fn a_title_is_called_as_it_reads_unless_it_was_named() {
    let (_folder, mut harness) = with_media();
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    let text = |text: &str| Box::new(Generator::Title(Title { text: text.into(), ..Title::default() }));
    let title = harness.state().editor.selected_clips()[0].1.clone();
    let asset = title.content.asset;
    let name = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>| {
        harness.state().editor.sequence().clip(title.id).unwrap().1.content.name.clone()
    };
    assert!(harness.state_mut().editor.commit(&Edit::SetGenerator { asset, generator: text("Spring") }));
    assert_eq!(name(&harness), "Spring");
    let named = workprint::model::Property::Name("Opening".into());
    assert!(harness.state_mut().editor.commit(&Edit::SetProperty { clips: vec![title.id], property: named }));
    assert!(harness.state_mut().editor.commit(&Edit::SetGenerator { asset, generator: text("Summer") }));
    assert_eq!(name(&harness), "Opening");
}

/// What `File > Open` reads is opened also where it is dropped.
#[test]
fn a_list_of_cuts_that_is_dropped_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 60), &folder.path().join("one.mp4"));
    let cuts = folder.path().join("cuts.CSV");
    std::fs::write(&cuts, "source,in,out\none.mp4,0,1\none.mp4,1,2\n").unwrap();
    let mut harness = window(folder.path(), vec![]);
    harness.step();
    drop_files(&mut harness, &[cuts], pos2(100.0, 200.0));
    until(&mut harness, "the cuts", |w| clips(w, TrackKind::Video).len() == 2);
    assert_eq!(harness.state().editor.problems, Vec::<String>::new());
}

#[test]
fn more_than_nine_pictures_share_the_frame() {
    let (_folder, mut harness) = with_media();
    let editor = &mut harness.state_mut().editor;
    let asset = editor.bin_selection[0];
    for _ in 0..10 {
        editor.drop_assets(&[asset], workprint::app::Onto::New, Frame::ZERO, false);
    }
    editor.perform(Action::SelectAll);
    editor.perform(Action::LayoutGrid3);
    assert!(editor.problems.last().is_some_and(|p| p.contains("Grid of All")), "{:?}", editor.problems);
    editor.perform(Action::LayoutGrid);
    let scale = |c: &workprint::model::Clip| c.content.properties.scale.at(workprint::model::SourceTime::ZERO);
    let tracks: Vec<_> = editor.sequence().tracks_of(TrackKind::Video).cloned().collect();
    let scales: Vec<f64> = tracks.iter().flat_map(|t| t.clips.iter()).map(|c| scale(&c)).collect();
    assert_eq!(scales, [0.25; 10]);
}

#[test]
fn the_name_of_a_marker_is_not_said_over_a_dialog() {
    let (_folder, mut harness) = with_clips();
    let marker = Marker { at: Frame(30), name: "Here".into(), color: MarkerColor::default() };
    assert!(harness.state_mut().editor.commit(&Edit::AddMarker(marker)));
    harness.step();
    let at = harness.get_by_role_and_label(Role::Button, "Here").rect().center();
    harness.hover_at(at);
    until(&mut harness, "the tooltip", |_| true);
    for _ in 0..120 {
        harness.step();
        if harness.query_by_label_contains("Here  00:").is_some() {
            break;
        }
    }
    assert!(harness.query_by_label_contains("Here  00:").is_some());
    harness.state_mut().editor.request = Some(Request::Name(workprint::app::Naming::Marker(Frame(30))));
    harness.step();
    harness.step();
    harness.step();
    assert!(harness.query_by_label_contains("Here  00:").is_none());
}

#[test]
fn sections_of_the_inspector_fold_for_all_clips() {
    let (_folder, mut harness) = with_clips();
    harness.step();
    assert!(harness.query_by_role_and_label(Role::SpinButton, "Position X").is_some());
    harness.get_by_role_and_label(Role::Button, "Fold Picture").click();
    harness.step();
    harness.step();
    assert!(harness.query_by_role_and_label(Role::SpinButton, "Position X").is_none());
    let other = harness.state().editor.sequence().tracks[0].clips.iter().nth(1).unwrap().id;
    harness.state_mut().editor.select(other, false, false);
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Button, "Unfold Picture").is_some());
    // what sounds only can't stand still
    harness.state_mut().editor.select_none();
    let sound = harness.state().editor.sequence().tracks_of(TrackKind::Audio).next().unwrap().clips.iter().next();
    harness.state_mut().editor.select(sound.unwrap().id, false, true);
    harness.step();
    harness.step();
    assert!(harness.query_by_role_and_label(Role::Button, Action::FreezeFrame.title()).is_none());
}

#[test]
fn panels_that_were_moved_go_back() {
    let (_folder, mut harness) = with_clips();
    harness.step();
    let place = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>| {
        harness.get_by_role_and_label(Role::Slider, "Playhead").rect()
    };
    let before = place(&harness);
    // the edge between what is above and the timeline
    let edge = pos2(600.0, before.min.y - 32.0 - 24.0 - 1.0);
    drag(&mut harness, edge, edge - egui::vec2(0.0, 120.0));
    assert!(place(&harness).min.y < before.min.y - 60.0, "{:?} {before:?}", place(&harness));
    harness.state_mut().editor.perform(Action::ResetPanels);
    harness.step();
    harness.step();
    harness.step();
    assert_eq!(place(&harness), before);
}

/// The texts on the screen.
pub(super) fn texts(harness: &egui_kittest::Harness<'_, workprint::ui::Window>) -> Vec<String> {
    fn collect(shape: &egui::Shape, texts: &mut Vec<String>) {
        match shape {
            egui::Shape::Text(text) => texts.push(text.galley.text().to_owned()),
            egui::Shape::Vec(all) => all.iter().for_each(|shape| collect(shape, texts)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    harness.output().shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut texts));
    texts
}

/// How many texts on the screen have some words in them.
fn painted(harness: &egui_kittest::Harness<'_, workprint::ui::Window>, words: &str) -> usize {
    texts(harness).iter().filter(|text| text.contains(words)).count()
}

/// A folder of broken files tells of each, and the window is still seen.
#[test]
fn many_problems_at_once_do_not_bury_the_window() {
    let (_folder, mut harness) = with_clips();
    let (mut most, mut counted) = (0, false);
    for step in 0..400 {
        if step % 20 == 0 && step < 60 {
            for n in 0..30 {
                harness.state_mut().editor.notify(workprint::app::Level::Problem, format!("Broken {step} {n}."));
            }
        }
        harness.step();
        most = most.max(painted(&harness, "Broken"));
        counted |= painted(&harness, "more like that") > 0;
    }
    assert!((1..=5).contains(&most), "{most} at once");
    assert!(counted, "how many there are is said");
    assert_eq!(harness.state().editor.problems.len(), 90, "and all can be read");
}

/// Media go on coming while somebody types, drags a value, or thinks about an offer.
#[test]
fn what_is_brought_in_meanwhile_takes_nothing_out_of_the_hand() {
    let (folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(Action::NewTitle);
    harness.step();
    harness.step();
    harness.get_by_role_and_label(Role::MultilineTextInput, "Text").focus();
    harness.step();
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "Spri");
    let read = |harness: &egui_kittest::Harness<'_, workprint::ui::Window>, shown: bool| {
        let editor = &harness.state().editor;
        let project = if shown { editor.shown_project() } else { editor.project() };
        let names: Vec<String> =
            project.assets.values().filter(|a| a.info.generator.is_some()).map(|a| a.name.clone()).collect();
        names.join(", ")
    };
    assert_eq!(read(&harness, true), "Spri");
    mp4(&Footage::new((30, 1), 30), &folder.path().join("three.mp4"));
    harness.state_mut().editor.import(vec![folder.path().join("three.mp4")]);
    until(&mut harness, "a third film", |w| w.editor.project().assets.len() == 4);
    assert_eq!(read(&harness, true), "Spri", "what was typed so far");
    type_text(&mut harness, "ng");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    assert_eq!(read(&harness, false), "Spring");
    // an offer stands until it is taken, or something else is done
    harness.state_mut().editor.select_none();
    harness.state_mut().editor.seek(Frame(60));
    harness.state_mut().editor.perform(Action::CrossDissolve);
    assert!(harness.state().editor.offer.is_some());
    mp4(&Footage::new((30, 1), 30), &folder.path().join("four.mp4"));
    harness.state_mut().editor.import(vec![folder.path().join("four.mp4")]);
    until(&mut harness, "a fourth film", |w| w.editor.project().assets.len() == 5);
    assert!(harness.state().editor.offer.is_some());
    harness.state_mut().editor.take_offer();
    let track = harness.state().editor.sequence().tracks[0].clone();
    assert!(track.clips.iter().any(|c| c.transition.is_some()));
}
