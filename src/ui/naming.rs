//! Small dialogs that ask for a name, a speed, or what the sequence is like.

use super::theme;
use crate::app::{Editor, Naming};
use crate::edit::Edit;
use crate::model::{FrameRate, MarkerColor, Speed};
use egui::{Context, RichText, Ui};

/// Asks for a name; a marker's with its colour.
pub struct NameDialog {
    naming: Naming,
    text: String,
    color: MarkerColor,
    fresh: bool,
}

impl NameDialog {
    pub fn new(editor: &Editor, naming: Naming) -> Self {
        let marker = if let Naming::Marker(at) = naming { editor.marker(at) } else { None };
        let color = marker.map(|m| m.color).unwrap_or_default();
        Self { text: editor.name_of(&naming), naming, color, fresh: true }
    }

    /// Whether it stays open.
    pub fn show(&mut self, ctx: &Context, editor: &mut Editor) -> bool {
        let title = match self.naming {
            Naming::NewSequence => "New Sequence",
            Naming::DuplicateSequence => "Duplicate Sequence",
            Naming::Sequence(_) => "Rename Sequence",
            Naming::Track(_) => "Rename Track",
            Naming::Marker(_) => "Marker",
        };
        let (mut ok, mut cancel) = (false, false);
        let is_marker = matches!(self.naming, Naming::Marker(_));
        let response = theme::modal(ctx, "name").show(ctx, |ui| {
            ui.set_width(320.0);
            ui.heading(title);
            ui.add_space(4.0);
            let label = ui.label("Name");
            let field =
                ui.add(egui::TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY)).labelled_by(label.id);
            if std::mem::take(&mut self.fresh) {
                field.request_focus();
                select_all(ui, field.id, &self.text);
            }
            if is_marker {
                ui.add_space(4.0);
                ui.horizontal(|ui| {
                    for color in MarkerColor::ALL {
                        let name = format!("{color:?}");
                        let chosen = self.color == color;
                        let text = RichText::new("⏺").size(18.0).color(theme::marker(color));
                        let response = ui.add(egui::Button::new(text).selected(chosen).frame_when_inactive(chosen));
                        response
                            .widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, chosen, &name));
                        if response.on_hover_text(&name).clicked() {
                            self.color = color;
                        }
                    }
                });
            }
            let typed = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            let usable = is_marker || !self.text.trim().is_empty();
            (ok, cancel) = answer(ui, "OK", usable);
            ok |= typed && usable;
        });
        if ok {
            editor.name(&self.naming, self.text.trim(), self.color);
        }
        !(ok || cancel || response.should_close())
    }
}

/// Selects what stands in a field, so that typing replaces it.
fn select_all(ui: &Ui, field: egui::Id, text: &str) {
    let mut state = egui::TextEdit::load_state(ui.ctx(), field).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::new(0), end)));
    state.store(ui.ctx(), field);
}

/// The buttons at the foot of a dialog: whether it is done, and whether it is dropped.
fn answer(ui: &mut Ui, done: &str, usable: bool) -> (bool, bool) {
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        let text = RichText::new(done).color(theme::BACKGROUND).strong();
        let ok = ui.add_enabled(usable, egui::Button::new(text).fill(theme::ACCENT)).clicked();
        (ok, ui.button("Cancel").clicked())
    })
    .inner
}

/// Asks how fast the selected clips are to run.
pub struct SpeedDialog {
    percent: f64,
    backward: bool,
    ripple: bool,
}

impl SpeedDialog {
    pub fn new(editor: &Editor) -> Self {
        let speed = editor.selected_clips().first().map(|(_, c)| c.speed).unwrap_or_default();
        Self { percent: speed.as_f64().abs() * 100.0, backward: speed.is_backward(), ripple: true }
    }

    /// Whether it stays open.
    pub fn show(&mut self, ctx: &Context, editor: &mut Editor) -> bool {
        let (mut ok, mut cancel) = (false, false);
        let response = theme::modal(ctx, "speed").show(ctx, |ui| {
            ui.set_width(320.0);
            ui.heading("Speed");
            ui.add_space(4.0);
            ui.horizontal(|ui| {
                let label = ui.label("Speed");
                let value = egui::DragValue::new(&mut self.percent)
                    .range(0.0..=10_000.0)
                    .speed(1.0)
                    .suffix(" %")
                    .max_decimals(2);
                ui.add(value).labelled_by(label.id);
                for percent in [25.0, 50.0, 100.0, 200.0, 400.0] {
                    if ui.small_button(format!("{percent}")).clicked() {
                        self.percent = percent;
                    }
                }
            });
            ui.checkbox(&mut self.backward, "Backwards");
            ui.checkbox(&mut self.ripple, "Move what follows along").on_hover_text(
                "Without it a slower clip is cut off where the next one begins, and a faster one leaves a gap.",
            );
            let note =
                if self.percent == 0.0 { "At 0 % the clip shows its first picture and keeps its length." } else { " " };
            ui.label(RichText::new(note).small().color(theme::WEAK));
            (ok, cancel) = answer(ui, "Change Speed", true);
        });
        if ok {
            // hundredths of a per cent are exact
            #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
            let num = (self.percent * 100.0).round() as i32;
            if let Some(speed) = Speed::new(if self.backward { -num } else { num }, 10_000) {
                editor.set_speed(speed, self.ripple);
            }
        }
        !(ok || cancel || response.should_close())
    }
}

/// Asks for the sequence's size and rate.
pub struct SequenceDialog {
    size: (u32, u32),
    rate: FrameRate,
}

const SIZES: [(&str, u32, u32); 7] = [
    ("2160p (4K)", 3840, 2160),
    ("1440p", 2560, 1440),
    ("1080p", 1920, 1080),
    ("720p", 1280, 720),
    ("Portrait 1080", 1080, 1920),
    ("Square 1080", 1080, 1080),
    ("Portrait 4:5", 1080, 1350),
];

const RATES: [(u32, u32); 8] =
    [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];

impl SequenceDialog {
    pub fn new(editor: &Editor) -> Self {
        let sequence = editor.sequence();
        Self { size: (sequence.width, sequence.height), rate: sequence.rate }
    }

    /// Whether it stays open.
    pub fn show(&mut self, ctx: &Context, editor: &mut Editor) -> bool {
        let (mut ok, mut cancel) = (false, false);
        let fixed = editor.sequence().end().0 > 0;
        let response = theme::modal(ctx, "sequence").show(ctx, |ui| {
            ui.set_width(360.0);
            ui.heading("Sequence Settings");
            ui.add_space(4.0);
            egui::Grid::new("sequence settings").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
                let label = ui.label("Picture");
                ui.horizontal(|ui| {
                    let side = |n| egui::DragValue::new(n).range(16..=8192).speed(2.0);
                    ui.add(side(&mut self.size.0)).labelled_by(label.id);
                    ui.label("×");
                    ui.add(side(&mut self.size.1)).labelled_by(label.id);
                    let name = SIZES.iter().find(|(_, w, h)| (*w, *h) == self.size).map_or("Custom", |(n, ..)| n);
                    egui::ComboBox::from_id_salt("size").selected_text(name).show_ui(ui, |ui| {
                        for (name, width, height) in SIZES {
                            ui.selectable_value(&mut self.size, (width, height), name);
                        }
                    });
                });
                ui.end_row();
                ui.label("Frame rate");
                ui.add_enabled_ui(!fixed, |ui| {
                    egui::ComboBox::from_id_salt("rate").selected_text(rate_text(self.rate)).show_ui(ui, |ui| {
                        for (num, den) in RATES {
                            if let Some(rate) = FrameRate::new(num, den) {
                                ui.selectable_value(&mut self.rate, rate, rate_text(rate));
                            }
                        }
                    });
                })
                .response
                .on_hover_text(if fixed { "It stays as it is once there are clips." } else { "" });
                ui.end_row();
            });
            (ok, cancel) = answer(ui, "Apply", true);
        });
        let done = ok && {
            let ((width, height), rate) = (self.size, self.rate);
            // both sides are even in every video
            editor.commit(&Edit::SetFormat { width: width / 2 * 2, height: height / 2 * 2, rate })
        };
        !(done || cancel || response.should_close())
    }
}

/// A rate as people write it.
pub fn rate_text(rate: FrameRate) -> String {
    if rate.den() == 1 { format!("{} fps", rate.num()) } else { format!("{:.2} fps", rate.as_f64()) }
}
