//! The line at the bottom: what the sequence is like, and what runs in the background.

use super::{names, theme};
use crate::app::{Action, Editor};
use crate::worker::JobKind;
use egui::{ProgressBar, RichText, Ui};
use egui_material_icons::icons;

pub fn show(ui: &mut Ui, editor: &mut Editor) {
    ui.horizontal(|ui| {
        ui.set_height(22.0);
        let sequence = editor.sequence();
        let format = format!(
            "{} × {}   {} fps   {} kHz",
            sequence.width,
            sequence.height,
            sequence.rate.in_words(),
            f64::from(sequence.sample_rate) / 1000.0
        );
        ui.label(RichText::new(format).small().color(theme::WEAK));
        if !editor.selection.is_empty() {
            ui.separator();
            let text = match editor.selection.len() {
                1 => "1 clip selected".to_owned(),
                n => format!("{n} clips selected"),
            };
            ui.label(RichText::new(text).small().color(theme::WEAK));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            jobs(ui, editor);
            problems(ui, editor);
        });
    });
}

/// What went wrong so far, to be read again.
fn problems(ui: &mut Ui, editor: &mut Editor) {
    if editor.problems.is_empty() {
        return;
    }
    ui.separator();
    let text = format!("{} {}", icons::ICON_ERROR.codepoint, editor.problems.len());
    let list = editor.problems.clone();
    ui.menu_button(RichText::new(text).small().color(theme::PROBLEM), |ui| {
        ui.set_min_width(480.0);
        ui.horizontal(|ui| {
            ui.strong("Problems");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Clear").clicked() {
                    editor.problems.clear();
                    ui.close();
                }
                if ui.button("Copy").clicked() {
                    ui.ctx().copy_text(list.join("\n"));
                }
            });
        });
        egui::ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
            for problem in list.iter().rev() {
                ui.add(egui::Label::new(RichText::new(problem).small()).wrap());
            }
        });
    });
}

fn jobs(ui: &mut Ui, editor: &mut Editor) {
    exports(ui, editor);
    if editor.importing.all > 0 {
        ui.label(RichText::new("Importing").small());
        ui.separator();
    }
    if editor.jobs.is_empty() {
        if !editor.exporting() && editor.importing.all == 0 {
            ui.label(RichText::new("Ready").small().color(theme::WEAK));
        }
        return;
    }
    let running: Vec<_> = editor.jobs.iter().filter(|j| j.progress.is_some()).collect();
    #[expect(clippy::cast_precision_loss, reason = "for a bar")]
    let share = running.iter().filter_map(|j| j.progress).sum::<f32>() / running.len().max(1) as f32;
    ui.add(ProgressBar::new(share).desired_width(90.0).desired_height(8.0));
    let text = match editor.jobs.len() {
        1 => format!("{} · {}", what(editor.jobs[0].kind), editor.jobs[0].asset),
        n => format!("{n} jobs"),
    };
    let list: Vec<_> = editor.jobs.clone();
    let text = format!("{} {text}", icons::ICON_EXPAND_LESS.codepoint);
    let size = egui::TextStyle::Small.resolve(ui.style()).size;
    ui.menu_button(names::text(&text, size, theme::TEXT), |ui| {
        ui.set_min_width(380.0);
        ui.horizontal(|ui| {
            ui.strong("In the background");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Cancel all").clicked() {
                    editor.cancel_jobs(None);
                    ui.close();
                }
            });
        });
        egui::ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
            for job in list {
                ui.horizontal(|ui| {
                    if ui.small_button(icons::ICON_CLOSE.codepoint).on_hover_text("Cancel").clicked() {
                        editor.cancel_jobs(Some(job.id));
                    }
                    let state = job.progress.map_or_else(|| "waits".to_owned(), |p| format!("{:.0} %", p * 100.0));
                    ui.label(RichText::new(what(job.kind)).color(theme::WEAK));
                    ui.add(egui::Label::new(names::text(&job.asset, 13.0, theme::TEXT)).truncate());
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(state));
                });
            }
        });
    });
}

/// How far exports are; a click shows them.
fn exports(ui: &mut Ui, editor: &mut Editor) {
    let (waiting, paused) = (editor.exports.waiting(), editor.exports.paused);
    let state = match editor.exports.per_cent() {
        Some(percent) if editor.exports.stands => format!("Export paused at {percent} %"),
        Some(percent) if paused => format!("Pausing the export at {percent} %"),
        Some(percent) => format!("Exporting {percent} %"),
        None if waiting > 0 && paused => "Exports paused".to_owned(),
        None if editor.exporting() => "Exporting".to_owned(),
        None => return,
    };
    let text = if waiting > 0 { format!("{state}, {waiting} waiting") } else { state };
    if let Some(run) = editor.exports.running() {
        ui.add(ProgressBar::new(run.progress()).desired_width(120.0).desired_height(8.0));
    }
    if ui.add(egui::Button::new(RichText::new(text).small()).frame(false)).on_hover_text("Shows the exports").clicked()
    {
        editor.perform(Action::ShowExports);
    }
    ui.separator();
}

fn what(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Poster => "Picture",
        JobKind::Check => "Check",
        JobKind::Thumbnails | JobKind::Strip(_) => "Thumbnails",
        JobKind::Waveform => "Waveform",
        JobKind::Proxy => "Proxy",
    }
}
