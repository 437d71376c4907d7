//! Recordings that take minutes to be prepared.

use super::common::{Footage, mp4};
use super::{until, window};
use workprint::app::Action;
use workprint::media::StripId;
use workprint::model::{Frame, SourceTime};

/// A file of more than two minutes on the timeline.
fn with_long() -> (tempfile::TempDir, egui_kittest::Harness<'static, workprint::ui::Window>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.mp4");
    mp4(&Footage { width: 160, height: 96, sound: false, ..Footage::new((10, 1), 1900) }, &path);
    let mut harness = window(folder.path(), vec![path]);
    until(&mut harness, "the file in the bin", |w| w.editor.project().assets.len() == 1);
    super::select_all_cards(&mut harness);
    harness.state_mut().editor.perform(Action::Append);
    harness.step();
    (folder, harness)
}

#[test]
fn what_is_in_sight_has_finer_thumbnails_than_the_whole() {
    let (_folder, mut harness) = with_long();
    let asset = *harness.state().editor.project().assets.keys().next().unwrap();
    until(&mut harness, "the sheet of all", |w| w.editor.assets[&asset].thumbnails.is_some());
    let sheet = harness.state().editor.assets[&asset].thumbnails.clone().unwrap();
    let second = SourceTime::SECOND;
    assert!(sheet.every > second && sheet.count == 48, "{sheet:?}");
    let at = |seconds: i64| StripId::of(SourceTime(second.0 * seconds), second);
    let editor = &mut harness.state_mut().editor;
    editor.seek(Frame(1000));
    (editor.view.points_per_frame, editor.view.origin) = (20.0, 990.0);
    until(&mut harness, "a strip of what is in sight", |w| w.editor.strip(asset, at(101)).is_some());
    let strip = harness.state().editor.strip(asset, at(101)).cloned().unwrap();
    assert_eq!((strip.every, strip.from), (second, SourceTime(second.0 * 96)));
    assert!(harness.state().editor.strip(asset, at(10)).is_none(), "what is not in sight is not made");
}

#[test]
fn a_proxy_comes_bit_by_bit_and_then_is_whole() {
    let (folder, mut harness) = with_long();
    let asset = *harness.state().editor.project().assets.keys().next().unwrap();
    until(&mut harness, "some of the proxy", |w| w.editor.assets[&asset].proxy_share > 0.0);
    until(&mut harness, "all of it", |w| w.editor.assets[&asset].proxy);
    let parts = std::fs::read_dir(folder.path().join("cache/proxies-1")).unwrap().count();
    assert_eq!(parts, 3);
}
