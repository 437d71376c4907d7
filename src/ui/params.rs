//! Rows of the inspector: what a clip's parameters are at the playhead, and the ways to their keyframes.

use super::inspector::{VALUE, number};
use super::theme;
use crate::app::Editor;
use crate::edit::Edit;
use crate::model::{Clip, Curve, Frame, Keyframe, Param, Properties, Property, SourceTime};
use egui::{DragValue, Ui};
use egui_material_icons::{MaterialIcon, icons};

/// Width of a small button, and of one that stands beside others.
const WIDE: f32 = 20.0;
const NARROW: f32 = 13.0;

/// How a parameter is shown: its name, the number that 1 stands for, range, unit and decimals.
pub(super) struct Look {
    name: &'static str,
    factor: f64,
    range: (f64, f64),
    unit: &'static str,
    decimals: usize,
    usual: f64,
}

const fn look(name: &'static str, factor: f64, range: (f64, f64), unit: &'static str, usual: f64) -> Look {
    Look { name, factor, range, unit, decimals: 1, usual }
}

pub(super) const X: Look = look("Position X", 100.0, (-1000.0, 1000.0), " %", 0.0);
pub(super) const Y: Look = look("Position Y", 100.0, (-1000.0, 1000.0), " %", 0.0);
pub(super) const SCALE: Look = look("Scale", 100.0, (1.0, 2000.0), " %", 1.0);
pub(super) const ROTATION: Look = look("Rotation", 1.0, (-3600.0, 3600.0), "°", 0.0);
pub(super) const OPACITY: Look = look("Opacity", 100.0, (0.0, 100.0), " %", 1.0);
pub(super) const CROP: [Look; 4] = [
    look("Crop left", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop right", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop top", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop bottom", 100.0, (0.0, 100.0), " %", 0.0),
];
pub(super) const VOLUME: Look = look("Volume", 1.0, (-96.0, 24.0), " dB", 0.0);
pub(super) const PAN: Look = look("Pan", 100.0, (-100.0, 100.0), " %", 0.0);

/// The rows of one clip of those that are selected, and what was asked for in them.
pub(super) struct Rows<'a> {
    clip: &'a Clip,
    all: &'a [&'a Clip],
    at: SourceTime,
    /// What is to be set for all of the clips.
    pub set: Option<Property>,
    go: Option<Frame>,
}

impl<'a> Rows<'a> {
    /// Rows for the first of some clips.
    pub fn of(editor: &Editor, clip: &'a Clip, all: &'a [&'a Clip]) -> Self {
        Self { clip, all, at: editor.moment(clip), set: None, go: None }
    }

    /// The row of a parameter. Where other clips have other values, no number stands in it until one is set for all.
    pub fn row(
        &mut self,
        ui: &mut Ui,
        editor: &Editor,
        look: &Look,
        of: fn(&Properties) -> &Param,
        property: fn(Param) -> Property,
    ) {
        let param = of(&self.clip.content.properties);
        let mixed = self.all.windows(2).any(|two| of(&two[0].content.properties) != of(&two[1].content.properties));
        let beside = [false, true].map(|forward| editor.keyframe_of(self.clip, param, forward));
        match param_row(ui, look, param, self.at, beside, mixed) {
            Some(Asked::Set(param)) => self.set = Some(property(param)),
            Some(Asked::GoTo(frame)) => self.go = Some(frame),
            None => {}
        }
    }

    /// Tries what was set, and goes to the keyframe that was asked for.
    pub fn end(self, editor: &mut Editor) {
        if let Some(property) = self.set {
            editor.try_in_field(Edit::SetProperty { clips: self.all.iter().map(|c| c.id).collect(), property });
        }
        if let Some(frame) = self.go {
            editor.seek(frame);
            editor.view.reveal(frame);
        }
    }
}

/// The keyframes beside the playhead, before it and after it.
type Beside = [Option<Frame>; 2];

/// What is asked for in a parameter's row.
enum Asked {
    Set(Param),
    GoTo(Frame),
}

/// One parameter at the playhead: its value, whether it is animated, the ways to its other keyframes, and the way back.
/// `mixed` is whether other selected clips have other values.
fn param_row(ui: &mut Ui, look: &Look, param: &Param, at: SourceTime, beside: Beside, mixed: bool) -> Option<Asked> {
    let label = ui.label(look.name);
    let mut value = param.at(at) * look.factor;
    let said = |value: f64, decimals: std::ops::RangeInclusive<usize>| {
        if mixed { "—".to_owned() } else { egui::emath::format_with_decimals_in_range(value, decimals) }
    };
    let drag = DragValue::new(&mut value)
        .range(look.range.0..=look.range.1)
        .speed((look.range.1 - look.range.0).abs().min(200.0) / 300.0)
        .max_decimals(look.decimals)
        .custom_formatter(said)
        .suffix(if mixed { "" } else { look.unit });
    let response = number(ui, Some(VALUE), drag).labelled_by(label.id);
    let mut asked = response.changed().then(|| Asked::Set(crate::app::with(param, at, value / look.factor)));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let here = param.keys().iter().any(|k| k.at == at);
        let color = if here {
            theme::ACCENT
        } else if param.is_animated() {
            theme::TEXT
        } else {
            theme::LINE
        };
        let (icon, tip) = if here {
            (icons::ICON_RADIO_BUTTON_CHECKED, "Take this keyframe away")
        } else {
            (icons::ICON_RADIO_BUTTON_UNCHECKED, "Set a keyframe at the playhead")
        };
        let [before, after] = beside;
        let arrow = |ui: &mut Ui, icon: MaterialIcon, to: Option<Frame>, tip: &str| {
            let asked = ui.add_enabled_ui(to.is_some(), |ui| {
                small_icon(ui, icon, theme::TEXT, &format!("{tip}: {}", look.name), tip, NARROW)
            });
            to.filter(|_| asked.inner).map(Asked::GoTo)
        };
        if param.is_animated() {
            asked = arrow(ui, icons::ICON_CHEVRON_LEFT, before, "Previous keyframe").or(asked.take());
        }
        if small_icon(ui, icon, color, &format!("{tip}: {}", look.name), tip, WIDE) {
            let mut param = param.clone();
            if here {
                param.remove(at);
            } else {
                param.set(Keyframe { at, value: param.at(at), curve: Curve::Smooth });
            }
            asked = Some(Asked::Set(param));
        }
        if param.is_animated() {
            asked = arrow(ui, icons::ICON_CHEVRON_RIGHT, after, "Next keyframe").or(asked.take());
        }
        if (param.is_animated() || !param.is(look.usual))
            && small_icon(ui, icons::ICON_RESTART_ALT, theme::WEAK, &format!("Reset {}", look.name), "Reset", WIDE)
        {
            asked = Some(Asked::Set(Param::fixed(look.usual)));
        }
    });
    ui.end_row();
    asked
}

fn small_icon(ui: &mut Ui, icon: MaterialIcon, color: egui::Color32, name: &str, tip: &str, width: f32) -> bool {
    let button =
        egui::Button::new(icon.rich_text().size(14.0).color(color)).frame(false).min_size(egui::vec2(width, 18.0));
    let response = ui.add(button).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response.clicked()
}
