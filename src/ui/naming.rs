//! Small dialogs that ask for a name, or what the sequence is like.

use super::{dialog, theme};
use crate::app::{Editor, Naming};
use crate::edit::Edit;
use crate::model::{FrameRate, MarkerColor};
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
        let is_marker = matches!(self.naming, Naming::Marker(_));
        let response = dialog::show(ctx, "name", |ui| {
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
            let usable = is_marker || !self.text.trim().is_empty();
            dialog::answer(ui, "OK", usable)
        });
        let dialog::Answer { ok, cancel } = response.inner;
        if ok {
            editor.name(&self.naming, self.text.trim(), self.color);
        }
        !(ok || cancel || response.escaped)
    }
}

/// Selects what stands in a field, so that typing replaces it.
pub fn select_all(ui: &Ui, field: egui::Id, text: &str) {
    let mut state = egui::TextEdit::load_state(ui.ctx(), field).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::new(0), end)));
    state.store(ui.ctx(), field);
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
        let fixed = editor.sequence().end().0 > 0;
        let response = dialog::show(ctx, "sequence", |ui| {
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
                    let list = egui::ComboBox::from_id_salt("size").selected_text(name).show_ui(ui, |ui| {
                        for (name, width, height) in SIZES {
                            ui.selectable_value(&mut self.size, (width, height), name);
                        }
                    });
                    let info = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Usual sizes");
                    list.response.widget_info(info);
                });
                ui.end_row();
                let label = ui.label("Frame rate");
                ui.add_enabled_ui(!fixed, |ui| {
                    let list = egui::ComboBox::from_id_salt("rate").selected_text(rate_text(self.rate));
                    list.show_ui(ui, |ui| {
                        for (num, den) in RATES {
                            if let Some(rate) = FrameRate::new(num, den) {
                                ui.selectable_value(&mut self.rate, rate, rate_text(rate));
                            }
                        }
                    })
                    .response
                    .labelled_by(label.id);
                });
                ui.end_row();
            });
            if fixed {
                let why = "The frame rate is fixed while there are clips, whose cuts lie on its frames. A new sequence can \
                           have another one before its first clip.";
                ui.label(RichText::new(why).small().color(theme::WEAK));
            }
            dialog::answer(ui, "Apply", true)
        });
        let dialog::Answer { ok, cancel } = response.inner;
        let done = ok && {
            let ((width, height), rate) = (self.size, self.rate);
            // both sides are even in every video
            editor.commit(&Edit::SetFormat { width: width / 2 * 2, height: height / 2 * 2, rate })
        };
        !(done || cancel || response.escaped)
    }
}

/// A rate as people write it.
pub fn rate_text(rate: FrameRate) -> String {
    format!("{} fps", rate.in_words())
}
