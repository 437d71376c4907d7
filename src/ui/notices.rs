//! Messages over the window: what was done passes by, what went wrong stays longer, and can
//! be read again from the status bar.

use crate::app::{Editor, Level};
use egui_notify::{Anchor, Toast};
use std::time::Duration;

/// Messages at once.
const MOST: usize = 5;

pub struct Toasts {
    toasts: egui_notify::Toasts,
}

impl Default for Toasts {
    fn default() -> Self {
        let toasts =
            egui_notify::Toasts::default().with_anchor(Anchor::BottomRight).with_margin(egui::vec2(12.0, 36.0));
        Self { toasts }
    }
}

impl Toasts {
    pub fn show(&mut self, ctx: &egui::Context, editor: &mut Editor) {
        for notice in editor.notices.drain(..) {
            let mut toast = match notice.level {
                Level::Done => Toast::success(notice.text),
                Level::Problem => Toast::error(notice.text),
            };
            toast.closable(true).show_progress_bar(false).width(420.0);
            match notice.level {
                Level::Done => toast.duration(Duration::from_secs(4)),
                Level::Problem => toast.duration(Duration::from_secs(20)),
            };
            self.toasts.add(toast);
        }
        // a folder full of broken files must not bury the window
        for _ in MOST..self.toasts.len() {
            self.toasts.dismiss_oldest_toast();
        }
        self.toasts.show(ctx);
    }
}
