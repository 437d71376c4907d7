//! The export dialog: where to, how, and how it goes.

use super::pickers::{Pickers, Purpose};
use super::{dialog, theme};
use crate::app::{Choice, Editor, ExportState, Sample};
use crate::export::{Format, Pictures, Preset};
use crate::model::Frame;
use crate::worker::total_memory;
use bytesize::ByteSize;
use egui::{ProgressBar, RichText, Ui};
use egui_plot::{GridMark, HLine, Line, Plot, PlotPoints};
use std::path::Path;

/// Shows the dialog while there is one.
pub fn show(ctx: &egui::Context, editor: &mut Editor, pickers: &mut Pickers) {
    let Some(mut state) = editor.export.take() else { return };
    let (mut start, mut cancel, mut close, mut report) = (false, false, false, false);
    let response = dialog::show(ctx, "export", |ui| {
        ui.set_width(600.0);
        ui.heading("Export");
        ui.add_space(4.0);
        ui.add_enabled_ui(!state.running, |ui| settings(ui, editor, &mut state, pickers));
        if !state.cancelled && (state.running || !state.samples.is_empty() || state.done.is_some()) {
            ui.add_space(6.0);
            ui.separator();
            progress(ui, &state);
        }
        if let Some(error) = &state.failed {
            ui.colored_label(theme::PROBLEM, error);
        } else if state.cancelled {
            ui.colored_label(theme::ACCENT, "Cancelled: no file was made.");
        }
        let entered = dialog::entered(ui) && !pickers.field_open();
        dialog::foot(ui, |ui| {
            if state.running {
                cancel |= ui.button("Cancel Export").clicked();
            } else {
                let ready = !state.path.trim().is_empty();
                start |= dialog::main_button(ui, "Export", ready) || (ready && entered && state.done.is_none());
                close |= ui.button("Close").clicked();
                if let Some(done) = &state.done {
                    after(ui, editor, &done.path);
                }
                if state.done.is_some() || state.failed.is_some() {
                    let button = ui.button("Save Report");
                    report |= button.on_hover_text("What the export took, as a text file beside its result").clicked();
                }
            }
        });
    });
    close |= response.escaped && !state.running && !pickers.field_open();
    if close {
        editor.close_export(&state);
    } else {
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

/// What is done next with a film that was made.
fn after(ui: &mut Ui, editor: &Editor, film: &Path) {
    if ui.button("Play").on_hover_text("Opens the film with the system's player").clicked() {
        editor.open_outside(film.to_owned());
    }
    if ui.button("Show in Folder").clicked()
        && let Some(folder) = film.parent()
    {
        editor.open_outside(folder.to_owned());
    }
}

/// What the film will be like.
fn film(editor: &Editor, state: &ExportState) -> String {
    let sequence = editor.sequence();
    let length = if state.marked_only { editor.marked().map(|span| span.end() - span.start) } else { None };
    let length = length.unwrap_or(sequence.end() - Frame::ZERO);
    let long = editor.timecode(Frame::ZERO + length);
    let target = &state.preset.target;
    let (_, (width, height)) = target.size.of((sequence.width, sequence.height));
    match target.format {
        Format::Sound(_) => format!("{} Hz, stereo, {long} long", sequence.sample_rate),
        Format::Pictures(Pictures::Still) => format!("{width} × {height}"),
        Format::Pictures(_) => format!("{width} × {height}, without sound, {long} long"),
        Format::Film(_) => format!("{width} × {height}, {} fps, {long} long", sequence.rate.in_words()),
    }
}

/// Which range is marked, and how long it is.
fn marked_text(editor: &Editor) -> String {
    let Some(span) = editor.marked() else { return "Only the marked range".to_owned() };
    let (from, to) = (editor.timecode(span.start), editor.timecode(span.end()));
    let length = editor.timecode(Frame::ZERO + (span.end() - span.start));
    format!("Only the marked range: {from} to {to}, {length} long")
}

fn settings(ui: &mut Ui, editor: &Editor, state: &mut ExportState, pickers: &mut Pickers) {
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
            let mut chosen = state.preset.clone();
            let combo =
                egui::ComboBox::from_id_salt("preset").width(300.0).height(380.0).selected_text(chosen.title.clone());
            combo
                .show_ui(ui, |ui| {
                    for choice in state.choices.iter() {
                        offer(ui, choice, &mut chosen);
                    }
                })
                .response
                .labelled_by(label.id);
            ui.label(RichText::new(&chosen.description).small().color(theme::WEAK));
            if chosen != state.preset {
                state.choose(chosen);
            }
        });
        ui.end_row();
        ui.label("Film");
        ui.label(RichText::new(film(editor, state)).color(theme::WEAK));
        ui.end_row();
        ui.label("Size");
        ui.horizontal(|ui| size(ui, state));
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
            let marked = editor.marked().is_some();
            ui.add_enabled(marked, egui::Checkbox::new(&mut state.marked_only, marked_text(editor)));
            copy(ui, editor, state);
            ui.checkbox(&mut state.overwrite, "Replace a file of that name");
        });
        ui.end_row();
    });
}

/// One preset in the list; one that can't be run here says why.
fn offer(ui: &mut Ui, choice: &Choice, chosen: &mut Preset) {
    let preset = &choice.preset;
    let is_chosen = *preset == *chosen;
    let shown = ui.add_enabled(choice.reason.is_none(), egui::Button::selectable(is_chosen, preset.title.as_str()));
    let shown = match &choice.reason {
        Some(reason) => shown.on_disabled_hover_text(reason),
        None => shown.on_hover_text(&preset.description),
    };
    if shown.clicked() {
        chosen.clone_from(preset);
    }
}

/// Whether the file may not pass a size, and which.
fn size(ui: &mut Ui, state: &mut ExportState) {
    let can = state.preset.target.can_be_held();
    let tick = ui.add_enabled(can, egui::Checkbox::new(&mut state.sized, "Not larger than"));
    let tick = tick.on_disabled_hover_text("Only H.264 in MP4 can be held to a size");
    tick.on_hover_text(
        "As good as that allows: where it looks better, the picture is made smaller. Takes two passes or three.",
    );
    ui.add_enabled_ui(can && state.sized, |ui| {
        let value = egui::DragValue::new(&mut state.megabytes).range(0.05..=100_000.0).max_decimals(2).speed(0.1);
        ui.add(value.suffix(" MB")).on_hover_text("Millions of bytes");
        for usual in [10.0, 25.0, 50.0] {
            if ui.small_button(format!("{usual}")).clicked() {
                state.megabytes = usual;
            }
        }
    });
}

/// Whether what nobody touched is copied.
fn copy(ui: &mut Ui, editor: &Editor, state: &mut ExportState) {
    let sequence = editor.sequence();
    let can = state.preset.target.can_copy((sequence.width, sequence.height)) && state.max_size().is_none();
    let mut none = false;
    let tick = egui::Checkbox::new(if can { &mut state.copy } else { &mut none }, "Copy what is untouched");
    let shown = ui.add_enabled(can, tick).on_disabled_hover_text(
        "Pictures are copied into H.264 films of the sequence's own size that need not keep to a size in MB",
    );
    shown.on_hover_text(
        "Pictures of H.264 clips that nothing was done to go into the film as they are: faster, and without loss. \
         A film of large clips is large then.",
    );
}

fn progress(ui: &mut Ui, state: &ExportState) {
    let last = state.samples.last();
    let own = state.begun.as_ref().map_or(0, |b| b.own_memory);
    if let Some(done) = &state.done {
        let (color, how) = match done.remarks() {
            None => (theme::GOOD, "Done".to_owned()),
            Some(remarks) => (theme::ACCENT, format!("Done, {remarks}")),
        };
        let copied = match done.copied {
            0 => String::new(),
            n => format!(" ({} % copied)", n * 100 / done.frames.max(1)),
        };
        ui.colored_label(
            color,
            format!(
                "{how}: {} frames{copied} in {:.1} s, {}, at most {} of memory beside the editor",
                done.frames,
                done.seconds,
                ByteSize(done.size).display().si(),
                ByteSize(done.peak_rss.saturating_sub(own)).display().iec()
            ),
        );
        for note in &done.notes {
            ui.label(RichText::new(note).small().color(theme::WEAK));
        }
    } else {
        ui.add(ProgressBar::new(state.progress()).show_percentage());
        let (frame, fps) = last.map_or((0, 0.0), |s| (s.frame, s.fps));
        ui.horizontal(|ui| {
            ui.label(format!("Frame {frame} of {}", state.frames));
            ui.label(RichText::new(format!("{fps:.0} fps")).color(theme::WEAK));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                // the first frames wait for the readers, the last ones for the encoder
                ui.label(if fps <= 0.0 {
                    "preparing".to_owned()
                } else if frame >= state.frames {
                    "finishing".to_owned()
                } else {
                    state.left().map_or_else(String::new, |left| format!("about {} left", minutes(left)))
                });
            });
        });
    }
    if !state.encoder.is_empty() {
        let expected = ByteSize(state.predicted_peak).display().iec();
        let text = format!("{} — about {expected} of memory expected beside the editor", state.encoder);
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
    let limit = mib(budget);
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
    let beside = |s: &Sample| s.rss.saturating_sub(own);
    let whole_mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Memory beside the editor, MiB").small().color(theme::WEAK));
        if let Some(now) = state.samples.last().map(beside) {
            ui.label(RichText::new(format!("now {}", whole_mib(now))).small().color(theme::ACCENT));
        }
        ui.label(RichText::new(format!("budget {}", whole_mib(budget))).small().color(theme::PROBLEM));
    });
    plot("memory", 84.0).include_y(limit * 1.05).show_axes([false, true]).show(ui, |plot| {
        plot.hline(HLine::new("budget", limit).color(theme::PROBLEM));
        plot.line(
            Line::new("memory", over_time(&|s| mib(beside(s)))).color(theme::ACCENT).width(1.5).allow_band(false),
        );
    });
    ui.label(RichText::new("Frames a second").small().color(theme::WEAK));
    let seconds = |mark: GridMark, _: &std::ops::RangeInclusive<f64>| format!("{:.0} s", mark.value);
    plot("speed", 62.0).x_axis_formatter(seconds).show(ui, |plot| {
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
