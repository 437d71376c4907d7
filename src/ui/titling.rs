//! What a title or a solid is like, in the inspector.

use super::inspector::{VALUE, number, typed_title, unfolded};
use crate::app::Editor;
use crate::edit::Edit;
use crate::model::{Align, AssetId, Generator, Title, VerticalAlign};
use egui::{DragValue, RichText, Ui};
use egui_material_icons::icons;
use std::sync::OnceLock;

/// The families of the system's fonts, sorted.
fn families() -> &'static [String] {
    static FAMILIES: OnceLock<Vec<String>> = OnceLock::new();
    FAMILIES.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        let mut names: Vec<String> =
            fonts.faces().flat_map(|f| f.families.iter().map(|(name, _)| name.clone())).collect();
        names.extend(["Sans".into(), "Serif".into(), "Monospace".into()]);
        names.sort_by_key(|name| name.to_lowercase());
        names.dedup();
        names
    })
}

/// The section of a made-up picture; `fresh` is whether its text is to be typed.
pub fn section(ui: &mut Ui, editor: &mut Editor, asset: AssetId, generator: &Generator, fresh: bool) {
    let mut new = generator.clone();
    match &mut new {
        Generator::Solid(color) => {
            if unfolded(ui, "Solid") {
                ui.horizontal(|ui| {
                    ui.label("Colour");
                    ui.color_edit_button_srgb(color);
                });
            }
        }
        Generator::Title(title) => {
            if unfolded(ui, "Title") {
                title_rows(ui, title, fresh);
            }
        }
    }
    if new != *generator {
        editor.try_in_field(Edit::SetGenerator { asset, generator: Box::new(new) });
    }
}

fn title_rows(ui: &mut Ui, title: &mut Title, fresh: bool) {
    let length = title.text.chars().count();
    let field = egui::TextEdit::multiline(&mut title.text).desired_rows(2).desired_width(f32::INFINITY).show(ui);
    let response = field.response.response.clone();
    if fresh {
        super::handling::choose(ui, &response, field.state, 0..length);
    }
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(typed_title(), response.id));
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Text"));
    egui::Grid::new("title").num_columns(2).min_col_width(VALUE).spacing([8.0, 5.0]).show(ui, |ui| {
        let label = ui.label("Font");
        egui::ComboBox::from_id_salt("font")
            .width(120.0)
            .selected_text(title.font.clone())
            .show_ui(ui, |ui| {
                for name in families() {
                    ui.selectable_value(&mut title.font, name.clone(), name);
                }
            })
            .response
            .labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Size");
        ui.horizontal(|ui| {
            let size = DragValue::new(&mut title.size).range(0.5..=100.0).speed(0.1).max_decimals(1).suffix(" %");
            number(ui, None, size).labelled_by(label.id);
            ui.toggle_value(&mut title.bold, RichText::new("B").strong()).on_hover_text("Bold");
            ui.toggle_value(&mut title.italic, RichText::new("I").italics()).on_hover_text("Italic");
        });
        ui.end_row();
        ui.label("Colour");
        ui.color_edit_button_srgb(&mut title.color);
        ui.end_row();
        optional(ui, "Outline", &mut title.outline, [0; 3], |ui, color| {
            ui.color_edit_button_srgb(color);
        });
        optional(ui, "Background", &mut title.background, ([0; 3], 0.6), |ui, (color, opacity)| {
            ui.color_edit_button_srgb(color);
            let mut percent = *opacity * 100.0;
            let value = DragValue::new(&mut percent).range(0.0..=100.0).speed(1.0).suffix(" %").max_decimals(0);
            if number(ui, None, value).changed() {
                *opacity = percent / 100.0;
            }
        });
        ui.label("Place");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 1.0;
            ui.spacing_mut().button_padding.x = 4.0;
            for (align, icon, name) in [
                (Align::Left, icons::ICON_FORMAT_ALIGN_LEFT, "Left"),
                (Align::Center, icons::ICON_FORMAT_ALIGN_CENTER, "Centre"),
                (Align::Right, icons::ICON_FORMAT_ALIGN_RIGHT, "Right"),
            ] {
                choice(ui, &mut title.align, align, icon, name);
            }
            ui.add_space(3.0);
            for (vertical, icon, name) in [
                (VerticalAlign::Top, icons::ICON_VERTICAL_ALIGN_TOP, "Top"),
                (VerticalAlign::Middle, icons::ICON_VERTICAL_ALIGN_CENTER, "Middle"),
                (VerticalAlign::Bottom, icons::ICON_VERTICAL_ALIGN_BOTTOM, "Bottom"),
            ] {
                choice(ui, &mut title.vertical, vertical, icon, name);
            }
        });
        ui.end_row();
        let label = ui.label("Margin");
        let margin = DragValue::new(&mut title.margin).range(0.0..=45.0).speed(0.1).max_decimals(1).suffix(" %");
        number(ui, None, margin).labelled_by(label.id);
        ui.end_row();
    });
}

/// Something that is there or not, with what it is like.
fn optional<T>(ui: &mut Ui, name: &str, value: &mut Option<T>, usual: T, edit: impl FnOnce(&mut Ui, &mut T)) {
    ui.label(name);
    ui.horizontal(|ui| {
        let mut on = value.is_some();
        let response = ui.checkbox(&mut on, "");
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, name));
        if on != value.is_some() {
            *value = on.then_some(usual);
        }
        if let Some(value) = value {
            edit(ui, value);
        }
    });
    ui.end_row();
}

fn choice<T: PartialEq>(ui: &mut Ui, value: &mut T, this: T, icon: egui_material_icons::MaterialIcon, name: &str) {
    let chosen = *value == this;
    let button = egui::Button::new(icon.rich_text().size(15.0)).selected(chosen).min_size(egui::vec2(24.0, 20.0));
    let response = ui.add(button).on_hover_text(name);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, chosen, name));
    if response.clicked() {
        *value = this;
    }
}
