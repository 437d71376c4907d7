//! Presets of one's own: adjusted, kept, found again, replaced and removed.

use super::dialogs::{choose, click};
use super::{clips, last_export, open_export, press, type_text, until, window, with_clips};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::app::ExportDialog;
use workprint::export::{PictureSize, Preset};
use workprint::model::TrackKind;
use workprint::ui::Window;

fn dialog<'a>(harness: &'a Harness<'_, Window>) -> &'a ExportDialog {
    harness.state().editor.export.as_ref().unwrap()
}

fn own(harness: &Harness<'_, Window>) -> Vec<String> {
    let choices = dialog(harness).choices.iter();
    choices.filter(|choice| choice.own).map(|choice| choice.preset.title.clone()).collect()
}

fn keep_as(harness: &mut Harness<'_, Window>, title: &str) {
    click(harness, Role::Button, "Save Preset…");
    type_text(harness, title);
    press(harness, Modifiers::NONE, Key::Enter);
}

#[test]
fn a_preset_is_adjusted_kept_and_used_again_after_a_restart() {
    let (folder, mut harness) = with_clips();
    let kept = folder.path().join("settings").join("presets");
    open_export(&mut harness, folder.path());
    harness.step();
    click(&mut harness, Role::Button, "Adjust");
    click(&mut harness, Role::ComboBox, "Picture");
    choose(&mut harness, "360 lines: 640 × 360");
    click(&mut harness, Role::ComboBox, "Speed");
    choose(&mut harness, "veryfast");
    click(&mut harness, Role::ComboBox, "Sound");
    choose(&mut harness, "AAC 96 kbit/s");
    assert!(dialog(&harness).is_changed());
    assert!(harness.query_by_label("H.264, MP4, 360 lines, crf 21, veryfast, AAC 96 kbit/s").is_some());
    keep_as(&mut harness, "For Ana");
    until(&mut harness, "kept", |w| w.editor.export.as_ref().unwrap().is_own());
    assert!(!dialog(&harness).is_changed());
    // nothing was queued by Enter
    assert!(dialog(&harness).naming.is_none() && harness.state().editor.exports.runs.is_empty());
    assert_eq!(own(&harness), ["For Ana"]);
    assert_eq!(Preset::load(&kept.join("For Ana.ron")).unwrap(), dialog(&harness).preset);
    drop(harness);

    let mut harness = window(folder.path(), vec![]);
    until(&mut harness, "the offer", |w| !w.editor.recoverable.is_empty());
    click(&mut harness, Role::Button, "Open It");
    until(&mut harness, "recovered", |w| !clips(w, TrackKind::Video).is_empty());
    let film = open_export(&mut harness, folder.path());
    until(&mut harness, "found again", |w| w.editor.export.as_ref().unwrap().choices.iter().any(|c| c.own));
    click(&mut harness, Role::ComboBox, "Preset");
    choose(&mut harness, "For Ana");
    assert_eq!(dialog(&harness).preset.target.size, PictureSize::Lines(360));
    click(&mut harness, Role::Button, "Export");
    until(&mut harness, "made", |w| last_export(w).is_some_and(|run| run.done().is_some()));
    let video = workprint::media::probe(&film).unwrap().video.unwrap();
    assert_eq!((video.width, video.height), (640, 360));
}

#[test]
fn a_name_is_given_once_and_what_is_removed_is_gone() {
    let (folder, mut harness) = with_clips();
    let kept = folder.path().join("settings").join("presets");
    open_export(&mut harness, folder.path());
    keep_as(&mut harness, "Small");
    until(&mut harness, "kept", |w| w.editor.export.as_ref().unwrap().is_own());
    click(&mut harness, Role::ComboBox, "Preset");
    choose(&mut harness, "Draft — fast");
    // the name of one that is there, and of one that comes with the program
    click(&mut harness, Role::Button, "Save Preset…");
    type_text(&mut harness, "Small");
    assert!(harness.query_by_label_contains("it is replaced").is_some());
    press(&mut harness, Modifiers::NONE, Key::Escape);
    harness.step();
    assert!(dialog(&harness).naming.is_none(), "Escape closes the field first");
    click(&mut harness, Role::Button, "Save Preset…");
    type_text(&mut harness, "Lossless — for archives and further work");
    assert!(harness.query_by_label_contains("comes with the program").is_some());
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 1);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    keep_as(&mut harness, "Small");
    let target = |harness: &Harness<'_, Window>| dialog(harness).preset.target.clone();
    until(&mut harness, "replaced", |w| !w.editor.export.as_ref().unwrap().is_changed());
    assert_eq!(Preset::load(&kept.join("Small.ron")).unwrap().target, target(&harness));
    click(&mut harness, Role::Button, "Remove Preset…");
    click(&mut harness, Role::Button, "Remove");
    until(&mut harness, "removed", |w| !w.editor.export.as_ref().unwrap().choices.iter().any(|c| c.own));
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
}
