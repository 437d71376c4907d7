//! Messages over the window: what was done passes by, what went wrong stays until it is closed.

use crate::app::{Editor, Level};
use egui_notify::{Anchor, Toast};
use std::time::Duration;

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
                Level::Problem => toast.duration(None),
            };
            self.toasts.add(toast);
        }
        // a folder full of broken files must not bury the window
        while self.toasts.len() > 6 {
            self.toasts.dismiss_oldest_toast();
            if self.toasts.len() > 40 {
                continue;
            }
            break;
        }
        self.toasts.show(ctx);
    }
}
