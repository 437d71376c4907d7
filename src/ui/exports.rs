//! The panel of exports: what runs, what waits, what was made.

use super::export_card::{Pace, Wish, card};
use super::theme;
use crate::app::{Action, Editor, ExportRun};
use crate::worker::{QueueCommand, RunId};
use egui::{Align, Align2, Button, FontId, Frame, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use egui_material_icons::icons;
use std::collections::{HashMap, HashSet};

/// What the panel keeps from frame to frame.
#[derive(Default)]
pub struct ExportsPanel {
    /// How high cards were, so that those out of sight need not be painted: there may be hundreds.
    heights: HashMap<RunId, f32>,
    /// The runs whose warnings are all shown.
    unfolded: HashSet<RunId>,
}

/// What the panel's tab says.
pub fn tab_title(editor: &Editor) -> String {
    editor.exports.per_cent().map_or_else(|| "Exports".to_owned(), |percent| format!("Exports · {percent} %"))
}

impl ExportsPanel {
    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor) {
        Frame::new().inner_margin(8.0).show(ui, |ui| {
            head(ui, editor);
            left(ui, editor);
            if editor.exports.runs.is_empty() {
                empty(ui, editor);
                return;
            }
            self.forget(&editor.exports.runs);
            let mut wish = None;
            let pace = match (editor.exports.paused, editor.exports.stands) {
                (false, _) => Pace::Runs,
                (true, false) => Pace::Slows,
                (true, true) => Pace::Stands,
            };
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                // what was made last stands first among what is over
                let (open, over): (Vec<&ExportRun>, Vec<&ExportRun>) =
                    editor.exports.runs.iter().partition(|run| run.state.end().is_none());
                for (n, run) in open.iter().copied().chain(over.iter().rev().copied()).enumerate() {
                    let next = (n > 0 && open.get(n - 1).is_some_and(|run| run.state.waits()), n + 1 < open.len());
                    self.run(ui, run, pace, next, &mut wish);
                }
            });
            if let Some(wish) = wish {
                self.obey(editor, wish);
            }
        });
    }

    /// Forgets what is not in the list any more.
    fn forget(&mut self, runs: &[ExportRun]) {
        if self.heights.len() > runs.len() {
            let shown: HashSet<RunId> = runs.iter().map(|run| run.id).collect();
            self.heights.retain(|run, _| shown.contains(run));
            self.unfolded.retain(|run| shown.contains(run));
        }
    }

    /// One export, or the room that it takes out of sight.
    fn run(&mut self, ui: &mut Ui, run: &ExportRun, pace: Pace, next: (bool, bool), wish: &mut Option<Wish>) {
        let top = ui.cursor().min;
        if let Some(height) = self.heights.get(&run.id) {
            let room = egui::Rect::from_min_size(top, vec2(ui.available_width(), *height));
            // what runs changes its height while nobody looks
            if !run.is_running() && !ui.is_rect_visible(room) {
                ui.allocate_exact_size(room.size(), Sense::hover());
                return;
            }
        }
        let inner = ui.push_id(run.id, |ui| card(ui, run, pace, next, self.unfolded.contains(&run.id), wish));
        self.heights.insert(run.id, inner.response.rect.height());
    }

    fn obey(&mut self, editor: &mut Editor, wish: Wish) {
        match wish {
            Wish::Queue(command) => editor.change_exports(command),
            Wish::Play(film) => editor.open_outside(film),
            Wish::Folder(film) => {
                if let Some(folder) = film.parent() {
                    editor.open_outside(folder.to_owned());
                }
            }
            Wish::Report(run) => editor.write_export_report(run),
            Wish::GoTo(run, warning) => editor.go_to_warning(run, &warning),
            Wish::Unfold(run) => {
                if !self.unfolded.remove(&run) {
                    self.unfolded.insert(run);
                }
            }
        }
    }
}

/// What is done with all of them, and how many there are.
fn head(ui: &mut Ui, editor: &mut Editor) {
    let exports = &editor.exports;
    let (waiting, over) = (exports.waiting(), exports.over());
    let (icon, word, does, command) = if exports.paused {
        (icons::ICON_PLAY_ARROW, "Resume", "Goes on with what stands still", QueueCommand::Resume)
    } else {
        let does = "What runs stands still, and nothing else begins";
        (icons::ICON_PAUSE, "Pause", does, QueueCommand::Pause)
    };
    let usable = exports.paused || exports.running().is_some() || waiting > 0;
    ui.horizontal(|ui| {
        let add = format!("{} Export", icons::ICON_ADD.codepoint);
        let add = Button::new(add);
        let can = Action::Export.enabled(editor);
        let shown = ui.add_enabled(can, add).on_hover_text("Exports the open sequence (Ctrl+M)");
        shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, can, "New export"));
        if shown.clicked() {
            editor.perform(Action::Export);
        }
        let pause = Button::new(format!("{} {word}", icon.codepoint));
        let shown = ui.add_enabled(usable, pause).on_hover_text(does);
        shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, usable, format!("{word} exports")));
        if shown.clicked() {
            editor.change_exports(command);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if over > 0 && ui.small_button("Clear").on_hover_text("Takes out of the list what is over").clicked() {
                editor.change_exports(QueueCommand::ClearOver);
            }
            if waiting > 0 {
                ui.label(RichText::new(format!("{waiting} waiting")).small().color(theme::WEAK));
            }
        });
    });
    ui.add_space(2.0);
}

/// Asks what becomes of what an earlier start left.
fn left(ui: &mut Ui, editor: &Editor) {
    let text = match editor.exports.left() {
        0 => return,
        1 => "1 export from last time".to_owned(),
        n => format!("{n} exports from last time"),
    };
    Frame::new().fill(theme::RAISED).corner_radius(5).inner_margin(8.0).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let resume = RichText::new("Resume").color(theme::BACKGROUND).strong();
                let resume = ui.add(Button::new(resume).fill(theme::ACCENT));
                if resume.on_hover_text("Makes them now, from their first frame").clicked() {
                    editor.change_exports(QueueCommand::TakeUp);
                }
                if ui.button("Discard").on_hover_text("They are not made").clicked() {
                    editor.change_exports(QueueCommand::Discard);
                }
                let rest = Layout::left_to_right(Align::Center);
                ui.with_layout(rest, |ui| ui.add(egui::Label::new(RichText::new(text).color(theme::TEXT)).wrap()));
            });
        });
    });
    ui.add_space(4.0);
}

fn empty(ui: &mut Ui, editor: &Editor) {
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let painter = ui.painter();
    let icon = icons::ICON_MOVIE;
    let font = FontId::new(40.0, icon.font_family());
    painter.text(area.center() - vec2(0.0, 26.0), Align2::CENTER_CENTER, icon.codepoint, font, theme::LINE);
    let text =
        if Action::Export.enabled(editor) { "Films are made here while you work on" } else { "Nothing to export yet" };
    painter.text(area.center() + vec2(0.0, 14.0), Align2::CENTER_CENTER, text, FontId::proportional(14.0), theme::WEAK);
}
