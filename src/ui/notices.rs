//! Messages over the window: what was done passes by, what went wrong stays longer, and can
//! be read again from the status bar.

use super::theme;
use crate::app::{Editor, Level, Notice};
use egui_notify::{Anchor, Toast};
use std::collections::VecDeque;
use std::time::Duration;

/// Letters in a line.
const LINE: usize = 75;

/// Messages at once.
const MOST: usize = 5;

pub struct Toasts {
    shown: egui_notify::Toasts,
    beside_dialog: bool,
    /// What waits for room.
    waiting: VecDeque<Notice>,
    /// Problems that are not shown here at all, and for which one message stands.
    left_out: usize,
}

impl Default for Toasts {
    fn default() -> Self {
        let shown = egui_notify::Toasts::default().with_anchor(Anchor::BottomRight);
        Self { shown, beside_dialog: false, waiting: VecDeque::new(), left_out: 0 }
    }
}

impl Toasts {
    /// Shows what there is to say; what was said before a dialog opened does not lie over it.
    pub fn show(&mut self, ctx: &egui::Context, editor: &mut Editor, dialog: bool) {
        if dialog && !self.beside_dialog {
            self.shown.dismiss_all_toasts();
        }
        self.beside_dialog = dialog;
        // above the status bar, and above what is offered
        let margin = egui::vec2(12.0, if editor.offer.is_some() { 72.0 } else { 36.0 });
        self.shown = std::mem::take(&mut self.shown).with_margin(margin);
        self.waiting.extend(editor.notices.drain(..));
        // a folder full of broken files must not bury the window
        while self.waiting.len() > MOST {
            let Some(place) = self.waiting.iter().position(|n| n.level == Level::Problem) else { break };
            self.waiting.remove(place);
            self.left_out += 1;
        }
        self.add_waiting();
        self.shown.show(ctx);
        if !self.waiting.is_empty() || self.left_out > 0 {
            ctx.request_repaint();
        }
    }

    /// Adds what there is room for; the oldest gives way to what waits, which takes it a moment.
    fn add_waiting(&mut self) {
        while self.shown.len() < MOST {
            if let Some(notice) = self.waiting.pop_front() {
                self.add(&notice);
            } else if self.left_out > 0 {
                let n = std::mem::take(&mut self.left_out);
                let text = format!("{n} more like that: the status bar lists them.");
                self.add(&Notice { level: Level::Problem, text });
            } else {
                return;
            }
        }
        if !self.waiting.is_empty() || self.left_out > 0 {
            self.shown.dismiss_oldest_toast();
        }
    }

    fn add(&mut self, notice: &Notice) {
        let text = in_lines(&notice.text);
        let mut toast = match notice.level {
            Level::Done => Toast::success(text),
            Level::Problem => Toast::error(text),
        };
        toast.closable(true).show_progress_bar(false).width(420.0);
        match notice.level {
            Level::Done => toast.duration(Duration::from_secs(4)),
            Level::Problem => toast.duration(Duration::from_secs(20)),
        };
        self.shown.add(toast);
    }
}

/// What is offered instead of what was refused: a strip of its own, which lies over nothing.
pub fn offer(ui: &mut egui::Ui, editor: &mut Editor) {
    let Some(offer) = editor.offer.clone() else { return };
    egui::Panel::bottom("offer").show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(28.0);
            ui.label(offer.why);
            let text = egui::RichText::new(offer.button).color(theme::BACKGROUND).strong();
            if ui.add(egui::Button::new(text).fill(theme::ACCENT)).clicked() {
                editor.take_offer();
            }
            if ui.button("Not Now").clicked() {
                editor.offer = None;
            }
        });
    });
}

/// The text in lines that the least window has room for; toasts don't break them.
fn in_lines(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let more = word.chars().count() + 1;
        if length > 0 {
            let full = length + more > LINE;
            lines.push(if full { '\n' } else { ' ' });
            length = if full { 0 } else { length };
        }
        lines.push_str(word);
        length += more;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::in_lines;

    #[test]
    fn long_notices_are_broken_between_words() {
        assert_eq!(in_lines("Saved /a/b c.ron"), "Saved /a/b c.ron");
        let long = in_lines("word ".repeat(40).trim_end());
        assert!(long.lines().count() == 3 && long.lines().all(|line| line.len() <= 75), "{long}");
        assert_eq!(in_lines(&"x".repeat(200)).lines().count(), 1);
    }
}
