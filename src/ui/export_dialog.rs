//! The export dialog: where to, how, and how it goes.

use super::pickers::{Pickers, Purpose};
use super::theme;
use crate::app::{Editor, ExportState, Sample};
use crate::export::presets;
use crate::worker::total_memory;
use bytesize::ByteSize;
use egui::{ProgressBar, RichText, Ui};
use egui_plot::{GridMark, HLine, Line, Plot, PlotPoints};

/// Shows the dialog while there is one.
pub fn show(ctx: &egui::Context, editor: &mut Editor, pickers: &mut Pickers) {
    let Some(mut state) = editor.export.take() else { return };
    let (mut start, mut cancel, mut close, mut report) = (false, false, false, false);
    let marked = editor.marked();
    let response = theme::modal(ctx, "export").show(ctx, |ui| {
        ui.set_width(600.0);
        ui.heading("Export");
        ui.add_space(4.0);
        ui.add_enabled_ui(!state.running, |ui| settings(ui, editor, &mut state, pickers, marked.is_some()));
        if state.running || !state.samples.is_empty() || state.done.is_some() {
            ui.add_space(6.0);
            ui.separator();
            progress(ui, &state);
        }
        if let Some(error) = &state.failed {
            ui.colored_label(theme::PROBLEM, error);
        }
        ui.add_space(8.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if state.running {
                cancel |= ui.button("Cancel Export").clicked();
            } else {
                let text = RichText::new("Export").color(theme::BACKGROUND).strong();
                let ready = !state.path.trim().is_empty();
                start |= ui.add_enabled(ready, egui::Button::new(text).fill(theme::ACCENT)).clicked();
                close |= ui.button("Close").clicked();
                if state.done.is_some() || state.failed.is_some() {
                    let button = ui.button("Save Report");
                    report = button.on_hover_text("What the export took, as a text file beside its result").clicked();
                }
            }
        });
    });
    close |= response.should_close() && !state.running && !pickers.field_open();
    if !close {
        editor.export = Some(state);
    }
    if report {
        editor.write_export_report();
    }
    if start {
        editor.start_export();
    }
    if cancel {
        editor.cancel_export();
    }
}

fn settings(ui: &mut Ui, editor: &Editor, state: &mut ExportState, pickers: &mut Pickers, marked: bool) {
    egui::Grid::new("export settings").num_columns(2).spacing([14.0, 8.0]).show(ui, |ui| {
        let label = ui.label("File");
        ui.horizontal(|ui| {
            let field = egui::TextEdit::singleline(&mut state.path).desired_width(400.0);
            ui.add(field).labelled_by(label.id);
            if ui.button("Browse…").clicked() {
                pickers.open(ui.ctx(), editor, Purpose::ExportTo);
            }
        });
        ui.end_row();
        let label = ui.label("Preset");
        ui.vertical(|ui| {
            let mut chosen = state.preset;
            let combo = egui::ComboBox::from_id_salt("preset").width(300.0).selected_text(chosen.title);
            combo
                .show_ui(ui, |ui| {
                    for preset in presets() {
                        ui.selectable_value(&mut chosen, preset, preset.title);
                    }
                })
                .response
                .labelled_by(label.id);
            ui.label(RichText::new(chosen.description).small().color(theme::WEAK));
            if chosen != state.preset {
                state.choose(chosen);
            }
        });
        ui.end_row();
        let label = ui.label("Memory budget");
        ui.horizontal(|ui| {
            let mut mib = state.budget >> 20;
            let most = (total_memory() >> 20).clamp(512, 16_384);
            ui.spacing_mut().slider_width = 260.0;
            let slider = egui::Slider::new(&mut mib, 192..=most).logarithmic(true).suffix(" MiB");
            ui.add(slider).labelled_by(label.id).on_hover_text("What the export may take beside the editor itself");
            state.budget = mib << 20;
        });
        ui.end_row();
        ui.label("");
        ui.vertical(|ui| {
            ui.add_enabled(marked, egui::Checkbox::new(&mut state.marked_only, "Only the marked range"));
            ui.checkbox(&mut state.overwrite, "Replace a file of that name");
        });
        ui.end_row();
    });
}

fn progress(ui: &mut Ui, state: &ExportState) {
    let last = state.samples.last();
    let own = state.begun.as_ref().map_or(0, |b| b.own_memory);
    if let Some(done) = &state.done {
        let (color, how) = match done.with_warnings() {
            None => (theme::GOOD, "Done".to_owned()),
            Some(warnings) => (theme::ACCENT, format!("Done, {warnings}")),
        };
        ui.colored_label(
            color,
            format!(
                "{how}: {} frames in {:.1} s, {}, at most {} of memory beside the editor",
                done.frames,
                done.seconds,
                ByteSize(done.size).display().si(),
                ByteSize(done.peak_rss.saturating_sub(own)).display().iec()
            ),
        );
    } else {
        ui.add(ProgressBar::new(state.progress()).show_percentage());
        let (frame, fps) = last.map_or((0, 0.0), |s| (s.frame, s.fps));
        ui.horizontal(|ui| {
            ui.label(format!("{frame} of {} frames", state.frames));
            ui.label(RichText::new(format!("{fps:.0} fps")).color(theme::WEAK));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                // the first frames wait for the readers, the last ones for the encoder
                ui.label(if fps <= 0.0 {
                    "preparing".to_owned()
                } else if frame >= state.frames {
                    "finishing".to_owned()
                } else {
                    format!("{} left", minutes(state.eta))
                });
            });
        });
    }
    if !state.encoder.is_empty() {
        let text = format!("{} — about {} expected", state.encoder, ByteSize(state.predicted_peak).display().iec());
        ui.label(RichText::new(text).small().color(theme::WEAK));
    }
    plots(ui, state);
    for warning in &state.warnings {
        ui.label(RichText::new(warning).small().color(theme::ACCENT));
    }
}

/// Memory against the budget, and speed, over the same seconds.
fn plots(ui: &mut Ui, state: &ExportState) {
    #[expect(clippy::cast_precision_loss, reason = "a plot")]
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (own, budget) = state.begun.as_ref().map_or((0, state.budget), |b| (b.own_memory, b.budget));
    let limit = mib(own + budget);
    let over_time = |value: &dyn Fn(&Sample) -> f64| {
        state.samples.iter().map(|s| [s.seconds, value(s)]).collect::<PlotPoints<'_>>()
    };
    let plot = |name: &str, height: f32| {
        Plot::new(name.to_owned())
            .height(height)
            .link_axis(egui::Id::unique("export plots"), [true, false])
            .allow_drag(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .show_grid([false, true])
            .y_axis_min_width(44.0)
            .y_grid_spacer(|range| marks(range.bounds))
            .include_y(0.0)
            .include_x(0.0)
            .include_x(state.samples.last().map_or(1.0, |s| s.seconds.max(1.0)))
    };
    ui.label(RichText::new("Memory, MiB").small().color(theme::WEAK));
    plot("memory", 110.0).include_y(limit * 1.05).show_axes([false, true]).show(ui, |plot| {
        plot.hline(HLine::new("budget", limit).color(theme::PROBLEM));
        if own > 0 {
            plot.hline(HLine::new("the editor itself", mib(own)).color(theme::LINE));
        }
        plot.line(Line::new("memory", over_time(&|s| mib(s.rss))).color(theme::ACCENT).width(1.5).allow_band(false));
    });
    ui.label(RichText::new("Frames a second").small().color(theme::WEAK));
    let seconds = |mark: GridMark, _: &std::ops::RangeInclusive<f64>| format!("{:.0} s", mark.value);
    plot("speed", 80.0).x_axis_formatter(seconds).show(ui, |plot| {
        plot.line(Line::new("frames a second", over_time(&|s| s.fps)).color(theme::GOOD).width(1.5).allow_band(false));
    });
}

/// Two to four marks at round values, far enough apart that each has room for its number.
fn marks((low, high): (f64, f64)) -> Vec<GridMark> {
    let least = (high - low) / 3.0;
    let power = 10_f64.powf(least.log10().floor());
    let Some(step) = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|&step| step >= least) else {
        return Vec::new();
    };
    let first = (low / step).ceil();
    let values = (0..4).map(|n| (first + f64::from(n)) * step).take_while(|&value| value <= high);
    values.map(|value| GridMark { value, step_size: step }).collect()
}

fn minutes(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
    let s = seconds.max(0.0).ceil() as u64;
    if s >= 3600 {
        format!("{} h {:02} min", s / 3600, s / 60 % 60)
    } else if s >= 60 {
        format!("{} min {:02} s", s / 60, s % 60)
    } else {
        format!("{s} s")
    }
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn plots_have_a_few_marks_at_round_values() {
        let at = |high: f64| marks((0.0, high)).into_iter().map(|m| m.value).collect::<Vec<f64>>();
        assert_eq!(at(590.0), [0.0, 200.0, 400.0]);
        assert_eq!(at(2150.4), [0.0, 1000.0, 2000.0]);
        assert_eq!(at(14.2), [0.0, 5.0, 10.0]);
        assert!(at(0.0).is_empty());
        for high in (1..500).map(|n| 1.031_f64.powi(n)) {
            assert!((2..=4).contains(&at(high).len()), "{high}");
        }
    }
}
