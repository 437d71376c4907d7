//! The press decides: events of the pointer in portions of one press each.
//!
//! egui looks once a frame for what lies under the pointer, at its latest place. Where frames take long, beside an export,
//! a press and the moves after it come in one frame, and what lies under the end of the move would be grabbed. So a press
//! or a release comes in a frame of its own: before it one in which what is under the pointer has been seen (a clip has
//! handles then, and what is dragged has come to where it is dropped), and what follows it comes in the next.

use egui::{Context, Event, Plugin, RawInput};
use std::collections::VecDeque;

/// Holds back what belongs to later frames.
#[derive(Default)]
pub struct Presses {
    waiting: VecDeque<Event>,
}

impl Plugin for Presses {
    fn debug_name(&self) -> &'static str {
        "presses"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        self.waiting.extend(input.events.drain(..));
        let mut moved = false;
        while let Some(event) = self.waiting.pop_front() {
            let button = matches!(event, Event::PointerButton { .. });
            if button && moved {
                self.waiting.push_front(event);
                break;
            }
            moved |= matches!(event, Event::PointerMoved(_));
            input.events.push(event);
            if button {
                break;
            }
        }
        if !self.waiting.is_empty() {
            ctx.request_repaint();
        }
    }
}
