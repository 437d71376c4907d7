//! Asks how fast the selected clips are to run: in per cent, or as the length that they are to have.

use super::dialog;
use super::naming::select_all;
use super::theme;
use crate::app::Editor;
use crate::model::{FrameCount, FrameRate, Speed, format_timecode, parse_time};
use egui::{Context, RichText, Ui};

/// The dialog; its percentage and its length are two ways to say one thing.
pub struct SpeedDialog {
    percent: f64,
    /// The length as it stands in its field.
    length: String,
    /// The length that was typed, which no percentage need give.
    typed: Option<FrameCount>,
    /// Frames that the first selected clip would have at 100 %.
    whole: f64,
    rate: FrameRate,
    backward: bool,
    ripple: bool,
    fresh: bool,
}

impl SpeedDialog {
    /// For what is selected; the length is that of its first clip.
    pub fn new(editor: &Editor) -> Self {
        let clip = editor.selected_clips().into_iter().next().map(|(_, clip)| clip);
        let speed = clip.as_ref().map(|c| c.speed).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a length on the timeline")]
        let whole = clip.map_or(0.0, |c| c.length.0 as f64 * speed.as_f64().abs());
        let percent = speed.as_f64().abs() * 100.0;
        let rate = editor.sequence().rate;
        let mut dialog = Self {
            percent,
            length: String::new(),
            typed: None,
            whole,
            rate,
            backward: speed.is_backward(),
            ripple: true,
            fresh: true,
        };
        dialog.say_length();
        dialog
    }

    /// Lets the length follow the percentage.
    fn say_length(&mut self) {
        self.typed = None;
        self.length.clear();
        if self.percent > 0.0 && self.whole > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "frames on the timeline")]
            let frames = (self.whole * 100.0 / self.percent).round() as i64;
            self.length = format_timecode(crate::model::Frame(frames.max(1)), self.rate);
        }
    }

    /// Lets the percentage follow the length, if one stands there.
    fn take_length(&mut self) {
        self.typed = None;
        let length = parse_time(self.length.trim()).ok().and_then(|text| text.at(self.rate));
        if let Some(length) = length.filter(|length| length.0 > 0 && self.whole > 0.0) {
            #[expect(clippy::cast_precision_loss, reason = "a percentage")]
            let percent = self.whole * 100.0 / length.0 as f64;
            self.percent = (percent * 100.0).round() / 100.0;
            self.typed = Some(FrameCount(length.0));
        }
    }

    /// The speed that is asked for, exactly.
    fn speed(&self) -> Option<Speed> {
        #[expect(clippy::cast_possible_truncation, reason = "at most a million, or frames of one clip")]
        let (num, den) = match self.typed {
            Some(length) => ((self.whole.round()) as i32, u32::try_from(length.0).ok()?),
            // hundredths of a per cent are exact
            None => ((self.percent * 100.0).round() as i32, 10_000),
        };
        Speed::new(if self.backward { -num } else { num }, den)
    }

    /// Whether it stays open.
    pub fn show(&mut self, ctx: &Context, editor: &mut Editor) -> bool {
        let shown = dialog::show(ctx, "speed", |ui| {
            ui.set_width(340.0);
            ui.heading("Speed");
            ui.add_space(4.0);
            self.fields(ui);
            dialog::answer(ui, "Change Speed", self.speed().is_some())
        });
        let dialog::Answer { ok, cancel } = shown.inner;
        if let Some(speed) = self.speed().filter(|_| ok) {
            editor.set_speed(speed, self.ripple);
        }
        !(ok || cancel || shown.escaped)
    }

    fn fields(&mut self, ui: &mut Ui) {
        egui::Grid::new("speed fields").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
            let label = ui.label("Speed");
            ui.horizontal(|ui| {
                let before = self.percent;
                let value = egui::DragValue::new(&mut self.percent).range(0.0..=10_000.0).speed(1.0).suffix(" %");
                let field = ui.add(value.max_decimals(2)).labelled_by(label.id);
                // what stands in it is selected: typing replaces it
                if std::mem::take(&mut self.fresh) {
                    field.request_focus();
                    select_all(ui, field.id, &format!("{:?}", self.percent));
                }
                for percent in [25.0, 50.0, 100.0, 200.0, 400.0] {
                    if ui.small_button(format!("{percent}")).clicked() {
                        self.percent = percent;
                    }
                }
                if self.percent != before {
                    self.say_length();
                }
            });
            ui.end_row();
            let label = ui.label("Length");
            let field = egui::TextEdit::singleline(&mut self.length).desired_width(96.0).hint_text("as it is");
            let field = ui.add_enabled(self.whole > 0.0, field).labelled_by(label.id);
            if field.on_hover_text("Of the first selected clip, as timecode").changed() {
                self.take_length();
            }
            ui.end_row();
        });
        ui.add_space(2.0);
        ui.checkbox(&mut self.backward, "Backwards");
        ui.checkbox(&mut self.ripple, "Move what follows along").on_hover_text(
            "Without it a slower clip is cut off where the next one begins, and a faster one leaves a gap.",
        );
        let note =
            if self.percent == 0.0 { "At 0 % the clip shows its first picture and keeps its length." } else { " " };
        ui.label(RichText::new(note).small().color(theme::WEAK));
    }
}
