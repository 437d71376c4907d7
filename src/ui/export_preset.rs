//! The preset in the export dialog: which it is, what is set of it, and keeping it under a name of one's own.

use super::{dialog, theme};
use crate::app::{Choice, Editor, ExportDialog, PresetName};
use crate::export::{Format, PictureSize, Preset, Setting};
use egui::{Button, Key, RichText, Ui, vec2};
use egui_material_icons::{MaterialIcon, icons};

/// How wide the lists are.
const WIDTH: f32 = 300.0;

/// With more choices than this they stand on a slider, with fewer in a list.
const MOST_LISTED: usize = 12;

/// Lines that pictures usually have.
const LINES: [u32; 7] = [2160, 1440, 1080, 720, 540, 480, 360];

/// Shows it, as rows of the dialog's grid.
pub fn show(ui: &mut Ui, editor: &mut Editor, state: &mut ExportDialog) {
    let label = ui.label("Preset");
    ui.vertical(|ui| {
        ui.horizontal(|ui| {
            let mut chosen = None;
            let mut title = state.preset.title.clone();
            if state.is_changed() {
                title.push_str(", changed");
            }
            let list = egui::ComboBox::from_id_salt("preset").width(WIDTH).height(380.0).selected_text(title);
            let list = list.show_ui(ui, |ui| {
                let (own, others): (Vec<_>, Vec<_>) = state.choices.iter().partition(|choice| choice.own);
                for choice in &own {
                    offer(ui, choice, &state.preset, &mut chosen);
                }
                if !own.is_empty() {
                    ui.separator();
                }
                for choice in &others {
                    offer(ui, choice, &state.preset, &mut chosen);
                }
            });
            list.response.labelled_by(label.id);
            if let Some(chosen) = chosen {
                state.choose(chosen);
            }
            let settings = ("Adjust", "Set size, quality and speed");
            if button(ui, icons::ICON_TUNE, state.adjusting, settings) {
                state.adjusting = !state.adjusting;
            }
            if button(ui, icons::ICON_BOOKMARK_ADD, state.naming.is_some(), ("Save Preset…", "Save as a preset")) {
                let own = state.is_own().then(|| state.preset.title.clone());
                state.naming = if state.naming.is_some() { None } else { Some(own.unwrap_or_default()) };
                state.removing = false;
            }
            if state.is_own()
                && button(ui, icons::ICON_DELETE, state.removing, ("Remove Preset…", "Remove this preset"))
            {
                (state.removing, state.naming) = (!state.removing, None);
            }
        });
        if state.naming.is_some() {
            name(ui, editor, state);
        } else if state.removing {
            remove(ui, editor, state);
        } else {
            ui.label(RichText::new(&state.preset.description).small().color(theme::WEAK));
        }
    });
    ui.end_row();
    if state.adjusting {
        adjust(ui, editor, state);
    }
}

/// A button with a sign, which may stand for something that is open.
fn button(ui: &mut Ui, icon: MaterialIcon, open: bool, (name, tip): (&str, &str)) -> bool {
    let color = if open { theme::ACCENT } else { theme::TEXT };
    let button = Button::new(icon.rich_text().size(17.0).color(color)).frame(false).min_size(vec2(26.0, 22.0));
    let shown = ui.add(button).on_hover_text(tip);
    shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    shown.clicked()
}

/// One preset in the list; one that can't be run here says why.
fn offer(ui: &mut Ui, choice: &Choice, now: &Preset, chosen: &mut Option<Preset>) {
    let preset = &choice.preset;
    let is_chosen = preset.name == now.name;
    let shown = ui.add_enabled(choice.reason.is_none(), Button::selectable(is_chosen, preset.title.as_str()));
    let shown = match &choice.reason {
        Some(reason) => shown.on_disabled_hover_text(reason),
        None => shown.on_hover_text(&preset.description),
    };
    if shown.clicked() {
        *chosen = Some(preset.clone());
    }
}

/// The field for a preset's name.
fn name(ui: &mut Ui, editor: &mut Editor, state: &mut ExportDialog) {
    let Some(mut title) = state.naming.take() else { return };
    let does = state.naming(&title);
    let mut kept = false;
    let mut open = true;
    ui.horizontal(|ui| {
        let field =
            egui::TextEdit::singleline(&mut title).hint_text("A name for the preset").desired_width(WIDTH - 64.0);
        let field = ui.add(field.char_limit(80));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Preset name"));
        if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            kept = true;
        } else if ui.memory(|m| m.focused().is_none()) {
            field.request_focus();
        }
        let can = matches!(does, PresetName::New | PresetName::Replaces);
        let text = if does == PresetName::Replaces { "Replace" } else { "Save" };
        kept |= dialog::main_button(ui, text, can);
        kept &= can;
        open &= !ui.button("Cancel").clicked();
    });
    let told = match does {
        PresetName::New | PresetName::Nothing => state.wanted().in_words(),
        PresetName::Replaces => "There is a preset of that name: it is replaced.".to_owned(),
        PresetName::Taken => "A preset that comes with the program is called so.".to_owned(),
    };
    ui.label(RichText::new(told).small().color(theme::WEAK));
    if kept {
        editor.keep_preset(state, &title);
    } else if open {
        state.naming = Some(title);
    }
}

/// Asks whether a preset is to be removed.
fn remove(ui: &mut Ui, editor: &mut Editor, state: &mut ExportDialog) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Remove this preset for good?").color(theme::TEXT));
        if ui.button("Remove").clicked() {
            editor.remove_preset(state);
            state.removing = false;
        }
        state.removing &= !ui.button("Keep").clicked();
    });
}

/// What can be set of the target.
fn adjust(ui: &mut Ui, editor: &Editor, state: &mut ExportDialog) {
    if !matches!(state.preset.target.format, Format::Sound(_)) {
        pictures(ui, editor, state);
    }
    let sized = state.max_size().is_some();
    for setting in state.preset.target.settings() {
        let decided = sized && setting.kind.is_held_by_size();
        let label = ui.label(RichText::new(setting.kind.name()).color(theme::WEAK));
        if decided {
            ui.label(RichText::new("As good as the size allows").color(theme::WEAK));
        } else if let Some(value) = choices(ui, &setting, label.id) {
            state.adjust(setting.kind, value);
        }
        ui.end_row();
    }
}

/// The value of a setting that was chosen now.
fn choices(ui: &mut Ui, setting: &Setting, label: egui::Id) -> Option<u32> {
    let mut nth = setting.chosen();
    if setting.choices.len() > MOST_LISTED {
        let name = |n: f64| setting.choices.iter().zip(0u32..).find(|(_, at)| f64::from(*at) >= n.round());
        let worst = setting.choices.len() - 1;
        ui.horizontal(|ui| {
            ui.spacing_mut().slider_width = WIDTH - 90.0;
            let slider = egui::Slider::new(&mut nth, 0..=worst)
                .custom_formatter(|n, _| name(n).map_or_else(String::new, |((_, name), _)| name.clone()))
                .custom_parser(|text| {
                    let number: String = text.chars().filter(char::is_ascii_digit).collect();
                    let value = number.parse::<u32>().ok()?;
                    let (_, at) = setting.choices.iter().zip(0u32..).find(|((v, _), _)| *v == value)?;
                    Some(f64::from(at))
                });
            ui.add(slider).labelled_by(label).on_hover_text("Better to the left, smaller to the right");
        });
    } else {
        let list = egui::ComboBox::from_id_salt(("setting", setting.kind.name())).width(WIDTH);
        let list = list.selected_text(setting.in_words()).show_ui(ui, |ui| {
            for (n, (_, name)) in setting.choices.iter().enumerate() {
                ui.selectable_value(&mut nth, n, name);
            }
        });
        list.response.labelled_by(label);
    }
    setting.choices.get(nth).map(|(value, _)| *value).filter(|value| *value != setting.value)
}

/// How large pictures are.
fn pictures(ui: &mut Ui, editor: &Editor, state: &mut ExportDialog) {
    let sequence = editor.sequence();
    let size = state.preset.target.size;
    let name = |size: PictureSize| {
        let (_, (width, height)) = size.of((sequence.width, sequence.height));
        match size {
            PictureSize::Sequence => format!("As the sequence: {width} × {height}"),
            PictureSize::Lines(lines) => format!("{lines} lines: {width} × {height}"),
            PictureSize::AtMost(lines) => format!("At most {lines} lines: {width} × {height}"),
            PictureSize::Exactly(..) => format!("Fitted into {width} × {height}"),
        }
    };
    let mut all = vec![PictureSize::Sequence];
    all.extend(LINES.map(PictureSize::Lines));
    if !all.contains(&size) {
        all.insert(1, size);
    }
    let label = ui.label(RichText::new("Picture").color(theme::WEAK));
    let mut chosen = size;
    let list = egui::ComboBox::from_id_salt("picture size").width(WIDTH).selected_text(name(size));
    let list = list.show_ui(ui, |ui| {
        for size in all {
            ui.selectable_value(&mut chosen, size, name(size));
        }
    });
    list.response.labelled_by(label.id);
    if chosen != size {
        state.resize(chosen);
    }
    ui.end_row();
}
