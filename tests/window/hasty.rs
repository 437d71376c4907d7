//! Frames that take long: a press and all that follows it until the next frame come at once.

use super::hands::{card, point};
use super::{clips, place_of, press, with_clips};
use egui::{Event, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use workprint::model::{FrameCount, TrackKind};
use workprint::ui::Window;

fn button(at: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

/// Comes from elsewhere, presses and moves on within one frame, and lets go within another.
fn hasty_drag(harness: &mut Harness<'_, Window>, from: Pos2, over: Pos2, to: Pos2) {
    harness.input_mut().events.extend([
        Event::PointerMoved(from + vec2(3.0, 0.0)),
        Event::PointerMoved(from),
        button(from, true),
        Event::PointerMoved(from + (over - from) * 0.5),
        Event::PointerMoved(over),
    ]);
    harness.step();
    harness.step();
    let rest = [Event::PointerMoved(to), button(to, false), Event::PointerMoved(to + vec2(0.0, 300.0))];
    harness.input_mut().events.extend(rest);
    for _ in 0..8 {
        harness.step();
    }
}

#[test]
fn the_card_that_was_pressed_is_dropped() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.bin_selection.clear();
    harness.state_mut().editor.snapping = false;
    harness.step();
    let (one, two, to) = (card(&harness, "one.mp4"), card(&harness, "two.mp4"), point(&harness, "V1", 70));
    hasty_drag(&mut harness, one, two, to);
    let track = harness.state().editor.sequence().tracks[0].clone();
    let names: Vec<String> = track.clips.iter().map(|c| c.content.name.clone()).collect();
    assert_eq!(names, ["one.mp4", "two.mp4", "one.mp4"], "{:?}", clips(harness.state(), TrackKind::Video));
}

#[test]
fn the_clip_and_the_edge_and_the_handle_that_were_pressed_are_dragged() {
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.snapping = false;
    harness.state_mut().editor.perform(workprint::app::Action::SelectNone);
    harness.step();
    // the second clip, over the first, and back to 10 frames later
    let (from, over, to) = (point(&harness, "V1", 90), point(&harness, "V1", 30), point(&harness, "V1", 100));
    hasty_drag(&mut harness, from, over, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (70, 60)]);
    // its left edge, over the first clip
    let (edge, to) = (point(&harness, "V1", 70) + vec2(2.0, 0.0), point(&harness, "V1", 80) + vec2(2.0, 0.0));
    hasty_drag(&mut harness, edge, over, to);
    assert_eq!(clips(harness.state(), TrackKind::Video), [(0, 60), (80, 50)]);
    // the handle of its fade, which is there only while the pointer is over it
    let middle = place_of(&harness, "two.mp4", false);
    harness.hover_at(middle);
    harness.step();
    harness.step();
    let handle = harness.query_all_by_label("Fade in two.mp4").next().unwrap().rect().center();
    harness.remove_cursor();
    harness.step();
    harness.step();
    let points = harness.state().editor.view.width_of(FrameCount(12));
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let to = handle + vec2(points as f32, 0.0);
    hasty_drag(&mut harness, handle, middle, to);
    let track = harness.state().editor.sequence().tracks[0].clone();
    let clip = track.clips.iter().nth(1).unwrap();
    assert_eq!((clip.start.0, clip.length.0, clip.content.properties.fade_in.0), (80, 50, 12));
}

fn key(key: egui::Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

/// Keys count as often as they were pressed, and in their order.
#[test]
fn keys_that_come_within_one_frame_are_all_done_in_their_order() {
    use egui::Key;
    let (_folder, mut harness) = with_clips();
    press(&mut harness, Modifiers::NONE, Key::Home);
    harness.input_mut().events.extend(std::iter::repeat_n(key(Key::ArrowRight, Modifiers::SHIFT), 3));
    harness.step();
    assert_eq!(harness.state().editor.playhead.0, 90, "a second each");
    press(&mut harness, Modifiers::NONE, Key::Home);
    // mark, go on, mark: in that order
    harness.input_mut().events.extend([
        key(Key::ArrowRight, Modifiers::NONE),
        key(Key::I, Modifiers::NONE),
        key(Key::ArrowRight, Modifiers::SHIFT),
        key(Key::O, Modifiers::NONE),
        key(Key::Home, Modifiers::NONE),
    ]);
    harness.step();
    let editor = &harness.state().editor;
    assert_eq!((editor.mark_in.map(|f| f.0), editor.playhead.0), (Some(1), 0));
    assert!(editor.mark_out.is_some_and(|f| (31..=32).contains(&f.0)), "{:?}", editor.mark_out);
}

/// Enter counts with what was held when it was pressed, though that is let go before the frame is drawn.
#[test]
fn shift_and_enter_within_one_frame_is_not_enter() {
    use egui::Key;
    let (_folder, mut harness) = with_clips();
    harness.state_mut().editor.perform(workprint::app::Action::RenameSequence);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Cancel").is_some());
    harness.input_mut().events.extend([
        Event::ModifiersChanged(Modifiers::SHIFT),
        key(Key::Enter, Modifiers::SHIFT),
        Event::ModifiersChanged(Modifiers::NONE),
    ]);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Cancel").is_some(), "the dialog is open still");
    harness.input_mut().events.push(key(Key::Enter, Modifiers::NONE));
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Cancel").is_none());
}
