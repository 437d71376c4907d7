//! One export in the panel: what it is, how far, what it takes, what is wrong in it, and what can be done with it.

use super::{names, theme};
use crate::app::{ExportRun, RunWarning, Sample};
use crate::export::{ExportSummary, Format, Pictures};
use crate::model::{Frame as At, format_timecode};
use crate::worker::{QueueCommand, RunEnd, RunId, RunState};
use bytesize::ByteSize;
use egui::{Align, Button, Color32, FontId, Frame, Label, Layout, ProgressBar, RichText, Sense, Ui};
use egui_material_icons::{MaterialIcon, icons};
use egui_plot::{HLine, Line, Plot, PlotPoints};
use std::path::PathBuf;

/// Warnings that are shown of more.
const FEW: usize = 3;

/// Whether what runs goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Runs,
    /// It is to stand still, and has pictures in hand yet.
    Slows,
    Stands,
}

/// What is asked for at a card.
pub enum Wish {
    Queue(QueueCommand),
    Play(PathBuf),
    /// To see where it lies.
    Folder(PathBuf),
    Report(RunId),
    GoTo(RunId, RunWarning),
    /// To see all warnings, or few again.
    Unfold(RunId),
}

/// Shows an export. `next` is whether another that waits comes before it and after it.
pub fn card(ui: &mut Ui, run: &ExportRun, pace: Pace, next: (bool, bool), unfolded: bool, wish: &mut Option<Wish>) {
    Frame::new().fill(theme::LANE).corner_radius(5).inner_margin(8.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.set_width(ui.available_width());
        heading(ui, run, next, wish);
        ui.add(Label::new(RichText::new(what(run)).small().color(theme::WEAK)).truncate())
            .on_hover_text(run.job.settings.path.display().to_string());
        match &run.state {
            RunState::Waiting | RunState::Left => {}
            RunState::Running => running(ui, run, pace),
            RunState::Over(RunEnd::Done(done)) => made(ui, run, done),
            RunState::Over(RunEnd::Failed(why)) => {
                ui.add(Label::new(RichText::new(why).color(theme::PROBLEM)).wrap());
            }
            RunState::Over(RunEnd::Cancelled) => {
                ui.label(RichText::new("Cancelled: no file was made.").color(theme::ACCENT));
            }
        }
        warnings(ui, run, unfolded, wish);
    });
}

/// Its name, and what can be done with it.
fn heading(ui: &mut Ui, run: &ExportRun, (sooner, later): (bool, bool), wish: &mut Option<Wish>) {
    let name = run.name();
    let path = &run.job.settings.path;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut button = |ui: &mut Ui, usable: bool, icon: MaterialIcon, does: &str, asks: Wish| {
                let face = Button::new(icon.rich_text().size(15.0).color(theme::WEAK)).frame_when_inactive(false);
                let shown = ui.add_enabled(usable, face).on_hover_text(does);
                let label = format!("{does}: {name}");
                shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, usable, &label));
                if shown.clicked() {
                    *wish = Some(asks);
                }
            };
            let id = run.id;
            let queue = Wish::Queue;
            match &run.state {
                RunState::Running => button(ui, true, icons::ICON_CLOSE, "Cancel", queue(QueueCommand::Cancel(id))),
                RunState::Waiting | RunState::Left => {
                    button(ui, true, icons::ICON_CLOSE, "Remove", queue(QueueCommand::Remove(id)));
                    button(ui, later, icons::ICON_ARROW_DOWNWARD, "Later", queue(QueueCommand::Later(id)));
                    button(ui, sooner, icons::ICON_ARROW_UPWARD, "Sooner", queue(QueueCommand::Sooner(id)));
                }
                RunState::Over(end) => {
                    button(ui, true, icons::ICON_CLOSE, "Remove", queue(QueueCommand::Remove(id)));
                    if !matches!(end, RunEnd::Cancelled) {
                        button(ui, true, icons::ICON_DESCRIPTION, "Save Report", Wish::Report(id));
                    }
                    if matches!(end, RunEnd::Done(_)) {
                        button(ui, true, icons::ICON_FOLDER_OPEN, "Show in Folder", Wish::Folder(path.clone()));
                        button(ui, true, icons::ICON_PLAY_ARROW, "Play", Wish::Play(path.clone()));
                    } else {
                        button(ui, true, icons::ICON_REPLAY, "Retry", queue(QueueCommand::Retry(id)));
                    }
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (font, width) = (FontId::proportional(13.0), ui.available_width() - 4.0);
                let galley = names::in_line(ui.painter(), &name, &font, Color32::WHITE, width);
                let (rect, shown) = ui.allocate_exact_size(galley.size(), Sense::hover());
                shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &name));
                ui.painter().galley(rect.min, galley, Color32::WHITE);
            });
        });
    });
}

/// What it will be, in a line.
fn what(run: &ExportRun) -> String {
    let (settings, sequence) = (&run.job.settings, run.job.project.sequence());
    let length = settings.range.map_or(sequence.end(), |range| At::ZERO + range.length);
    let long = format_timecode(length, sequence.rate);
    let target = &settings.preset.target;
    let (_, (width, height)) = target.size.of((sequence.width, sequence.height));
    let like = match target.format {
        Format::Sound(_) => long,
        Format::Pictures(Pictures::Still) => format!("{width} × {height}"),
        Format::Pictures(_) | Format::Film(_) => format!("{width} × {height}, {long}"),
    };
    let text = format!("{} · {like} · {}", settings.preset.title, run.job.of);
    // what does not begin by itself can be told from what does
    if matches!(run.state, RunState::Left) { format!("{} {text}", icons::ICON_HISTORY.codepoint) } else { text }
}

fn running(ui: &mut Ui, run: &ExportRun, pace: Pace) {
    let (frame, fps) = run.samples.last().map_or((0, 0.0), |s| (s.frame, s.fps));
    ui.add(ProgressBar::new(run.progress()).desired_height(6.0).desired_width(ui.available_width()));
    let left = if pace == Pace::Stands {
        "paused".to_owned()
    } else if pace == Pace::Slows {
        "pausing…".to_owned()
    } else if fps <= 0.0 {
        // the first frames wait for the readers, the last ones for the encoder
        "preparing".to_owned()
    } else if frame >= run.frames {
        "finishing".to_owned()
    } else {
        run.left().map_or_else(String::new, |left| format!("about {} left", minutes(left)))
    };
    sides(ui, RichText::new(format!("{} %", run.per_cent())).strong(), RichText::new(left));
    let speed = match fps {
        _ if pace == Pace::Stands || fps <= 0.0 => String::new(),
        slow if slow < 10.0 => format!("{slow:.1} frames a second"),
        fps => format!("{fps:.0} frames a second"),
    };
    let small = |text: String| RichText::new(text).small().color(theme::WEAK);
    if run.frames > 0 {
        sides(ui, small(format!("Frame {frame} of {}", run.frames)), small(speed));
    }
    memory(ui, run);
    if !run.encoder.is_empty() {
        ui.add(Label::new(small(run.encoder.clone())).wrap());
    }
}

/// Two texts at the ends of a line.
fn sides(ui: &mut Ui, first: RichText, last: RichText) {
    ui.horizontal(|ui| {
        ui.label(first);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(last));
    });
}

/// Memory against the budget, since it began.
fn memory(ui: &mut Ui, run: &ExportRun) {
    let budget = run.job.settings.budget;
    let beside = |sample: &Sample| sample.rss.saturating_sub(run.own_memory);
    let Some(now) = run.samples.last().map(beside) else { return };
    let whole = |bytes: u64| format!("{} MiB", bytes >> 20);
    let small = |text: String, color| RichText::new(text).small().color(color);
    let color = if now > budget { theme::PROBLEM } else { theme::WEAK };
    sides(ui, small("Memory".into(), theme::WEAK), small(format!("{} of {}", whole(now), whole(budget)), color));
    #[expect(clippy::cast_precision_loss, reason = "a plot")]
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let points: PlotPoints<'_> = run.samples.iter().map(|s| [s.seconds, mib(beside(s))]).collect();
    let plot = Plot::new("memory").height(44.0).show_axes(false).show_grid(false).show_x(false).show_y(false);
    let plot = plot.allow_drag(false).allow_zoom(false).allow_scroll(false).allow_boxed_zoom(false);
    let plot = plot.allow_double_click_reset(false).set_margin_fraction(egui::vec2(0.0, 0.06));
    let seconds = run.samples.last().map_or(1.0, |s| s.seconds.max(1.0));
    let plot = plot.include_x(0.0).include_x(seconds).include_y(0.0).include_y(mib(budget));
    let shown = plot.show(ui, |plot| {
        plot.hline(HLine::new("budget", mib(budget)).color(theme::PROBLEM));
        let line = Line::new("memory", points).color(theme::ACCENT).width(1.5).fill(0.0);
        plot.line(line.allow_band(false).allow_hover(false));
    });
    let expected = ByteSize(run.predicted_peak).display().iec();
    shown.response.on_hover_text(format!("What the export takes beside the editor; about {expected} were expected"));
}

fn made(ui: &mut Ui, run: &ExportRun, done: &ExportSummary) {
    let size = ByteSize(done.size).display().si();
    let (color, icon) = match done.remarks() {
        None => (theme::GOOD, icons::ICON_CHECK),
        Some(_) => (theme::ACCENT, icons::ICON_WARNING),
    };
    let text = format!("{} {size} in {}", icon.codepoint, minutes(done.seconds));
    ui.label(RichText::new(text).color(color));
    let copied = match done.copied {
        0 => String::new(),
        n => format!(" ({} % copied)", n * 100 / done.frames.max(1)),
    };
    let most = ByteSize(done.peak_rss.saturating_sub(run.own_memory)).display().iec();
    let text = format!("{} frames{copied}, at most {most} of memory", done.frames);
    ui.add(Label::new(RichText::new(text).small().color(theme::WEAK)).wrap());
    let over = done.over().map(|over| format!("It was {over}."));
    for note in over.iter().chain(&done.notes) {
        ui.add(Label::new(RichText::new(note).small().color(theme::WEAK)).wrap());
    }
}

/// What is wrong in it; a click goes to the clip.
fn warnings(ui: &mut Ui, run: &ExportRun, unfolded: bool, wish: &mut Option<Wish>) {
    let all = run.warnings.len();
    let shown = if unfolded || all <= FEW + 1 { all } else { FEW };
    for warning in run.warnings.iter().take(shown) {
        let text = RichText::new(&warning.text).small().color(theme::ACCENT);
        let label = Label::new(text).wrap();
        if warning.clip.is_none() {
            ui.add(label);
            continue;
        }
        let response = ui.add(label.sense(Sense::click())).on_hover_cursor(egui::CursorIcon::PointingHand);
        if response.on_hover_text("Goes to the clip").clicked() {
            *wish = Some(Wish::GoTo(run.id, warning.clone()));
        }
    }
    if all > FEW + 1 {
        let text = if unfolded { "Fewer".to_owned() } else { format!("{} more", all - FEW) };
        if ui.small_button(text).clicked() {
            *wish = Some(Wish::Unfold(run.id));
        }
    }
}

/// A duration as people say it.
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
