//! What the selected clips look and sound like, or how a transition runs, to be changed: the result is shown while a
//! value is dragged, and committed when it is let go.

use super::{theme, viewer};
use crate::app::{Action, Editor};
use crate::edit::Edit;
use crate::model::{
    Clip, ClipId, Curve, Direction, Fit, FrameCount, Keyframe, MediaKind, Param, Properties, Property, SourceTime,
    TrackKind, Transition, TransitionKind,
};
use egui::{DragValue, Grid, RichText, Ui};
use egui_material_icons::icons;

/// Width of a value, in points.
const VALUE: f32 = 74.0;

/// What the panel keeps from frame to frame.
#[derive(Default)]
pub struct Inspector {
    /// The name as it is being typed, and whose it is.
    name: Option<(ClipId, String)>,
}

impl Inspector {
    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor) {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 14, top: 8, bottom: 8 }).show(ui, |ui| {
                if let Some((clip, transition)) = editor.transition() {
                    transition_section(ui, editor, &clip, transition);
                } else {
                    self.clips(ui, editor);
                }
            });
        });
        // let go: what was tried is what is meant
        let held = ui.input(|i| i.pointer.any_down()) || ui.ctx().egui_wants_keyboard_input();
        if !held {
            editor.settle();
        }
    }

    fn clips(&mut self, ui: &mut Ui, editor: &mut Editor) {
        let project = std::sync::Arc::clone(editor.shown_project());
        let sequence = project.sequence();
        let selected: Vec<(TrackKind, Clip)> = sequence
            .tracks
            .iter()
            .flat_map(|t| t.clips.iter().filter(|c| editor.selection.contains(&c.id)).map(|c| (t.kind, c)))
            .collect();
        let of =
            |kind: TrackKind| -> Vec<&Clip> { selected.iter().filter(|(k, _)| *k == kind).map(|(_, c)| c).collect() };
        let (pictures, sounds) = (of(TrackKind::Video), of(TrackKind::Audio));
        let Some((_, first)) = selected.first() else {
            nothing(ui, editor);
            return;
        };
        self.heading(ui, editor, first, selected.len());
        ui.add_space(4.0);
        let made_up = project.assets.get(&first.content.asset).and_then(|a| a.info.generator.clone());
        if let Some(generator) = made_up {
            super::titling::section(ui, editor, first.content.asset, &generator);
        } else {
            speed_row(ui, editor, first);
        }
        if let Some(clip) = pictures.first() {
            let ids: Vec<ClipId> = pictures.iter().map(|c| c.id).collect();
            picture_section(ui, editor, clip, ids);
        }
        if let Some(clip) = sounds.first() {
            let ids: Vec<ClipId> = sounds.iter().map(|c| c.id).collect();
            sound_section(ui, editor, clip, ids);
        }
        let ids: Vec<ClipId> = selected.iter().map(|(_, c)| c.id).collect();
        fade_section(ui, editor, first, &ids);
    }

    fn heading(&mut self, ui: &mut Ui, editor: &mut Editor, clip: &Clip, count: usize) {
        if self.name.as_ref().is_none_or(|(id, _)| *id != clip.id) {
            self.name = Some((clip.id, clip.content.name.clone()));
        }
        let Some((_, text)) = &mut self.name else { return };
        let label = ui.label(RichText::new("Clip").small().color(theme::WEAK));
        let field = ui.add(egui::TextEdit::singleline(text).desired_width(f32::INFINITY)).labelled_by(label.id);
        if field.lost_focus() {
            let name = text.trim().to_owned();
            if !name.is_empty() && name != clip.content.name {
                let linked = clip.link.map(|l| editor.sequence().linked(l)).unwrap_or_default();
                let mut clips: Vec<ClipId> = linked.into_iter().map(|(_, c)| c.id).collect();
                clips.push(clip.id);
                editor.commit(&Edit::SetProperty { clips, property: Property::Name(name) });
            }
            self.name = None;
        } else if !field.has_focus() {
            text.clone_from(&clip.content.name);
        }
        if count > 1 {
            ui.label(RichText::new(format!("{count} clips are selected")).small().color(theme::WEAK));
        }
    }
}

fn nothing(ui: &mut Ui, editor: &mut Editor) {
    let sequence = editor.sequence();
    let lines = [
        format!("{} × {}", sequence.width, sequence.height),
        super::naming::rate_text(sequence.rate),
        format!("{} Hz", sequence.sample_rate),
        format!("{} long", editor.timecode(sequence.end())),
    ];
    ui.label(RichText::new("Sequence").small().color(theme::WEAK));
    ui.label(RichText::new(&sequence.name).strong());
    for line in lines {
        ui.label(RichText::new(line).color(theme::WEAK));
    }
    ui.add_space(6.0);
    if ui.button("Settings…").clicked() {
        editor.perform(Action::SequenceSettings);
    }
    ui.add_space(10.0);
    ui.label(RichText::new("Select a clip to change how it looks, sounds and runs.").small().color(theme::WEAK));
}

fn title(ui: &mut Ui, text: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(text).strong().color(theme::ACCENT));
}

fn rows<R>(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    Grid::new(name).num_columns(3).min_col_width(40.0).spacing([8.0, 5.0]).show(ui, content).inner
}

fn speed_row(ui: &mut Ui, editor: &mut Editor, clip: &Clip) {
    ui.horizontal(|ui| {
        let speed = clip.speed;
        let text = if speed.is_frozen() {
            "Frozen".to_owned()
        } else {
            let percent = (speed.as_f64().abs() * 10_000.0).round() / 100.0;
            format!("{percent} %{}", if speed.is_backward() { " backwards" } else { "" })
        };
        ui.label(RichText::new("Speed").color(theme::WEAK));
        if ui.button(text).on_hover_text("Change the speed").clicked() {
            editor.perform(Action::Speed);
        }
        viewer::icon_button(ui, editor, icons::ICON_FAST_REWIND, Action::Reverse, 16.0);
        viewer::icon_button(ui, editor, icons::ICON_AC_UNIT, Action::FreezeFrame, 16.0);
    });
}

/// How a parameter is shown: its name, the number that 1 stands for, range, unit and decimals.
struct Look {
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

const X: Look = look("Right", 100.0, (-1000.0, 1000.0), " %", 0.0);
const Y: Look = look("Down", 100.0, (-1000.0, 1000.0), " %", 0.0);
const SCALE: Look = look("Scale", 100.0, (1.0, 2000.0), " %", 1.0);
const ROTATION: Look = look("Rotation", 1.0, (-3600.0, 3600.0), "°", 0.0);
const OPACITY: Look = look("Opacity", 100.0, (0.0, 100.0), " %", 1.0);
const CROP: [Look; 4] = [
    look("Crop left", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop right", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop top", 100.0, (0.0, 100.0), " %", 0.0),
    look("Crop bottom", 100.0, (0.0, 100.0), " %", 0.0),
];
const VOLUME: Look = look("Volume", 1.0, (-96.0, 24.0), " dB", 0.0);
const PAN: Look = look("Pan", 100.0, (-100.0, 100.0), " %", 0.0);

/// One parameter at the playhead: its value, whether it is animated, and the way back. Gives what it is to become.
fn param_row(ui: &mut Ui, look: &Look, param: &Param, at: SourceTime) -> Option<Param> {
    let label = ui.label(look.name);
    let mut value = param.at(at) * look.factor;
    let drag = DragValue::new(&mut value)
        .range(look.range.0..=look.range.1)
        .speed((look.range.1 - look.range.0).abs().min(200.0) / 300.0)
        .max_decimals(look.decimals)
        .suffix(look.unit);
    let response = ui.add_sized([VALUE, 20.0], drag).labelled_by(label.id);
    let mut changed = response.changed().then(|| {
        let value = value / look.factor;
        let mut param = param.clone();
        if param.is_animated() {
            let curve = param.keys().iter().rfind(|k| k.at <= at).map_or(Curve::Linear, |k| k.curve);
            param.set(Keyframe { at, value, curve });
            param
        } else {
            Param::fixed(value)
        }
    });
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
        if small_icon(ui, icon, color, &format!("{tip}: {}", look.name), tip) {
            let mut param = param.clone();
            if here {
                param.remove(at);
            } else {
                param.set(Keyframe { at, value: param.at(at), curve: Curve::Smooth });
            }
            changed = Some(param);
        }
        if (param.is_animated() || !param.is(look.usual))
            && small_icon(ui, icons::ICON_RESTART_ALT, theme::WEAK, &format!("Reset {}", look.name), "Reset")
        {
            changed = Some(Param::fixed(look.usual));
        }
    });
    ui.end_row();
    changed
}

fn small_icon(
    ui: &mut Ui,
    icon: egui_material_icons::MaterialIcon,
    color: egui::Color32,
    name: &str,
    tip: &str,
) -> bool {
    let button =
        egui::Button::new(icon.rich_text().size(14.0).color(color)).frame(false).min_size(egui::vec2(20.0, 18.0));
    let response = ui.add(button).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response.clicked()
}

/// The moment of its media that a clip shows under the playhead, or at its nearer end.
fn moment(editor: &Editor, clip: &Clip) -> SourceTime {
    let last = clip.length - FrameCount(1);
    let offset = (editor.playhead - clip.start).clamp(FrameCount::ZERO, last);
    clip.shown_at(offset, editor.sequence().rate)
}

fn picture_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, clips: Vec<ClipId>) {
    title(ui, "Picture");
    let at = moment(editor, clip);
    let old = &clip.content.properties;
    let mut set: Option<Property> = None;
    rows(ui, "picture", |ui| {
        let label = ui.label("Fit");
        let mut fit = old.fit;
        egui::ComboBox::from_id_salt("fit")
            .width(VALUE)
            .selected_text(fit_name(fit))
            .show_ui(ui, |ui| {
                for kind in [Fit::Letterbox, Fit::Fill, Fit::Stretch] {
                    ui.selectable_value(&mut fit, kind, fit_name(kind));
                }
            })
            .response
            .labelled_by(label.id);
        ui.end_row();
        if fit != old.fit {
            set = Some(Property::Fit(fit));
        }
        let streams = editor.project().assets.get(&clip.content.asset).map_or(1, |a| a.streams(TrackKind::Video));
        if streams > 1 {
            let label = ui.label("Stream");
            let mut stream = clip.content.stream;
            egui::ComboBox::from_id_salt("picture stream")
                .width(VALUE)
                .selected_text((stream + 1).to_string())
                .show_ui(ui, |ui| {
                    for n in 0..u32::try_from(streams).unwrap_or(1) {
                        ui.selectable_value(&mut stream, n, (n + 1).to_string());
                    }
                })
                .response
                .labelled_by(label.id);
            ui.end_row();
            if stream != clip.content.stream {
                set = Some(Property::Stream(stream));
            }
        }
        let mut row = |ui: &mut Ui, look: &Look, param: &Param, property: fn(Param) -> Property| {
            if let Some(param) = param_row(ui, look, param, at) {
                set = Some(property(param));
            }
        };
        row(ui, &SCALE, &old.scale, Property::Scale);
        row(ui, &X, &old.x, Property::X);
        row(ui, &Y, &old.y, Property::Y);
        row(ui, &ROTATION, &old.rotation, Property::Rotation);
        row(ui, &OPACITY, &old.opacity, Property::Opacity);
        row(ui, &CROP[0], &old.crop_left, Property::CropLeft);
        row(ui, &CROP[1], &old.crop_right, Property::CropRight);
        row(ui, &CROP[2], &old.crop_top, Property::CropTop);
        row(ui, &CROP[3], &old.crop_bottom, Property::CropBottom);
    });
    if let Some(property) = set {
        editor.try_edit(Edit::SetProperty { clips, property });
    }
}

fn fit_name(fit: Fit) -> &'static str {
    match fit {
        Fit::Letterbox => "All of it",
        Fit::Fill => "Fill",
        Fit::Stretch => "Stretch",
    }
}

fn sound_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, clips: Vec<ClipId>) {
    title(ui, "Sound");
    let at = moment(editor, clip);
    let old = &clip.content.properties;
    let streams = editor.project().assets.get(&clip.content.asset).map(|a| a.info.audio.clone()).unwrap_or_default();
    let mut set: Option<Property> = None;
    rows(ui, "sound", |ui| {
        if let Some(volume) = param_row(ui, &VOLUME, &old.volume, at) {
            set = Some(Property::Volume(volume));
        }
        if let Some(pan) = param_row(ui, &PAN, &old.pan, at) {
            set = Some(Property::Pan(pan));
        }
        if streams.len() > 1 {
            let label = ui.label("Stream");
            let mut stream = clip.content.stream;
            let name = |n: usize| {
                let language = streams.get(n).map(|s| s.language.clone()).filter(|l| !l.is_empty());
                language.map_or_else(|| format!("{}", n + 1), |l| format!("{} ({l})", n + 1))
            };
            egui::ComboBox::from_id_salt("stream")
                .width(VALUE)
                .selected_text(name(stream as usize))
                .show_ui(ui, |ui| {
                    for n in 0..streams.len() {
                        ui.selectable_value(&mut stream, u32::try_from(n).unwrap_or(0), name(n));
                    }
                })
                .response
                .labelled_by(label.id);
            ui.end_row();
            if stream != clip.content.stream {
                set = Some(Property::Stream(stream));
            }
        }
    });
    if !clip.speed.is_normal() {
        let mut keep = old.keep_pitch;
        if ui.checkbox(&mut keep, "Keep the pitch at this speed").changed() {
            set = Some(Property::KeepPitch(keep));
        }
    }
    if let Some(property) = set {
        editor.try_edit(Edit::SetProperty { clips, property });
    }
}

fn fade_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, clips: &[ClipId]) {
    title(ui, "Fades");
    let Properties { fade_in, fade_out, .. } = clip.content.properties;
    let mut set = None;
    rows(ui, "fades", |ui| {
        for (name, old, property) in
            [("In", fade_in, Property::FadeIn as fn(FrameCount) -> Property), ("Out", fade_out, Property::FadeOut)]
        {
            let label = ui.label(name);
            if let Some(frames) = frames_value(ui, old, 0, clip.length.0).labelled(label.id) {
                set = Some(property(FrameCount(frames)));
            }
            ui.end_row();
        }
    });
    if let Some(property) = set {
        editor.try_edit(Edit::SetProperty { clips: clips.to_vec(), property });
    }
}

/// A number of frames to drag.
struct FramesValue {
    response: egui::Response,
    frames: i64,
}

impl FramesValue {
    /// Names it; gives the new value if it has one.
    fn labelled(self, label: egui::Id) -> Option<i64> {
        self.response.labelled_by(label).changed().then_some(self.frames)
    }
}

fn frames_value(ui: &mut Ui, old: FrameCount, least: i64, most: i64) -> FramesValue {
    let mut frames = old.0;
    let drag = DragValue::new(&mut frames).range(least..=most.max(least)).speed(0.25).suffix(" frames");
    let response = ui.add_sized([VALUE, 20.0], drag);
    FramesValue { response, frames }
}

const KINDS: [TransitionKind; 7] = [
    TransitionKind::Dissolve,
    TransitionKind::Dip([0; 3]),
    TransitionKind::Dip([255; 3]),
    TransitionKind::Wipe(Direction::Left),
    TransitionKind::Wipe(Direction::Right),
    TransitionKind::Wipe(Direction::Up),
    TransitionKind::Wipe(Direction::Down),
];

fn transition_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, old: Transition) {
    ui.label(RichText::new("Transition").small().color(theme::WEAK));
    ui.label(RichText::new(format!("into {}", clip.content.name)).strong());
    ui.add_space(6.0);
    let sequence = std::sync::Arc::clone(editor.sequence());
    let sound = sequence.clip(clip.id).is_some_and(|(t, _)| t.kind == TrackKind::Audio);
    let mut new = old;
    rows(ui, "transition", |ui| {
        if !sound {
            let label = ui.label("Kind");
            egui::ComboBox::from_id_salt("kind")
                .selected_text(old.kind.name())
                .show_ui(ui, |ui| {
                    for kind in KINDS {
                        ui.selectable_value(&mut new.kind, kind, kind.name());
                    }
                })
                .response
                .labelled_by(label.id);
            ui.end_row();
        }
        if let TransitionKind::Dip(mut color) = new.kind {
            ui.label("Colour");
            if ui.color_edit_button_srgb(&mut color).changed() {
                new.kind = TransitionKind::Dip(color);
            }
            ui.end_row();
        }
        let label = ui.label("Length");
        if let Some(frames) = frames_value(ui, old.length, 1, 10_000).labelled(label.id) {
            // what lies before the cut keeps its share
            let before = crate::model::time::mul_div_round(frames, old.before.0, old.length.0);
            (new.length, new.before) = (FrameCount(frames), FrameCount(before));
        }
        ui.end_row();
        let label = ui.label("Before the cut");
        if let Some(frames) = frames_value(ui, old.before, 0, new.length.0).labelled(label.id) {
            new.before = FrameCount(frames);
        }
        ui.end_row();
    });
    if new != old {
        let alone = new.kind != old.kind;
        editor.try_edit(Edit::SetTransition { right: clip.id, transition: Some(new), alone });
    }
    ui.add_space(8.0);
    if ui.button("Remove").clicked() {
        editor.perform(Action::RemoveTransitions);
    }
    let still =
        |id: &crate::model::AssetId| editor.project().assets.get(id).is_some_and(|a| a.info.kind == MediaKind::Still);
    if !still(&clip.content.asset) {
        ui.add_space(8.0);
        let text = "A transition shows media beyond the cut: it is as long as both clips go on unseen.";
        ui.label(RichText::new(text).small().color(theme::WEAK));
    }
}
