//! What the selected clips look and sound like, or how a transition runs, to be changed: the result is shown while a
//! value is dragged, and committed when it is let go.

use super::params::{self, Rows};
use super::{names, theme, viewer};
use crate::app::{Action, Editor, Tried};
use crate::edit::Edit;
use crate::model::{
    Clip, ClipId, Direction, Fit, FrameCount, MediaKind, Project, Properties, Property, TrackKind, Transition,
    TransitionKind,
};
use egui::{Color32, DragValue, Grid, RichText, Ui};
use egui_material_icons::icons;

/// Width of a value, and of the names before it, in points: so they stand in one column in all sections.
pub(super) const VALUE: f32 = 78.0;

/// What the panel keeps from frame to frame.
#[derive(Default)]
pub struct Inspector {
    /// The name as it is being typed, and whose it is.
    name: Option<(ClipId, String)>,
    /// Whether the text of a title is to be typed.
    type_title: bool,
    /// The field that had the keyboard when the panel was painted last.
    typed_in: Option<egui::Id>,
}

/// Adds a number that can be dragged or typed; Escape puts back what stood in it.
pub(super) fn number(ui: &mut Ui, width: Option<f32>, value: DragValue<'_>) -> egui::Response {
    let response = match width {
        Some(width) => ui.add_sized([width, 20.0], value),
        None => ui.add(value),
    };
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(typed_number(), response.id));
    }
    response
}

/// Where it is kept which number has the keyboard.
fn typed_number() -> egui::Id {
    egui::Id::unique("number that is typed")
}

/// Where it is kept which title's text has the keyboard.
pub(super) fn typed_title() -> egui::Id {
    egui::Id::unique("title that is typed")
}

/// Whether the keyboard is with a field whose text is tried while it is typed.
pub(super) fn tried_in(ctx: &egui::Context) -> bool {
    let fields = [typed_number(), typed_title()].map(|kept| ctx.data(|data| data.get_temp::<egui::Id>(kept)));
    let focused = ctx.memory(egui::Memory::focused);
    focused.is_some() && fields.contains(&focused)
}

impl Inspector {
    /// Lets the text of the title that is shown be typed.
    pub fn type_title(&mut self) {
        self.type_title = true;
    }

    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor) {
        self.leave_field(ui, editor);
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
            editor.settle(Tried::InField);
        }
    }

    /// What was tried in a field that has lost the keyboard is meant, whatever has it now; but Escape puts a number back.
    fn leave_field(&mut self, ui: &Ui, editor: &mut Editor) {
        let before = std::mem::replace(&mut self.typed_in, ui.memory(egui::Memory::focused));
        if before.is_none() || before == self.typed_in {
            return;
        }
        let number = ui.data(|data| data.get_temp::<egui::Id>(typed_number()));
        if number == before && ui.input(|i| i.key_pressed(egui::Key::Escape)) {
            editor.drop_trial();
        } else {
            editor.settle(Tried::InField);
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
        let first = selected.first().map(|(_, first)| first);
        if self.name.as_ref().is_some_and(|(id, _)| first.is_none_or(|first| first.id != *id)) {
            self.take_name(editor);
        }
        let Some(first) = first else {
            nothing(ui, editor);
            return;
        };
        // what is typed for one clip must not reach the next one that is shown in its place
        ui.push_id(first.id, |ui| self.sections(ui, editor, &project, &selected, first));
    }

    fn sections(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        project: &Project,
        selected: &[(TrackKind, Clip)],
        first: &Clip,
    ) {
        let of =
            |kind: TrackKind| -> Vec<&Clip> { selected.iter().filter(|(k, _)| *k == kind).map(|(_, c)| c).collect() };
        let (pictures, sounds) = (of(TrackKind::Video), of(TrackKind::Audio));
        self.heading(ui, editor, first, selected.len());
        ui.add_space(4.0);
        let made_up = project.assets.get(&first.content.asset).and_then(|a| a.info.generator.clone());
        if let Some(generator) = made_up {
            let fresh = std::mem::take(&mut self.type_title);
            super::titling::section(ui, editor, first.content.asset, &generator, fresh);
        } else {
            speed_row(ui, editor, first, !pictures.is_empty());
        }
        if let Some(clip) = pictures.first() {
            picture_section(ui, editor, clip, &pictures);
        }
        if let Some(clip) = sounds.first() {
            sound_section(ui, editor, clip, &sounds);
        }
        let ids: Vec<ClipId> = selected.iter().map(|(_, c)| c.id).collect();
        fade_section(ui, editor, first, &ids);
    }

    fn heading(&mut self, ui: &mut Ui, editor: &mut Editor, clip: &Clip, count: usize) {
        let (_, text) = self.name.get_or_insert_with(|| (clip.id, clip.content.name.clone()));
        let label = ui.label(RichText::new("Clip").small().color(theme::WEAK));
        let field = ui.add(egui::TextEdit::singleline(text).desired_width(f32::INFINITY)).labelled_by(label.id);
        if field.lost_focus() {
            self.take_name(editor);
        } else if !field.has_focus() {
            text.clone_from(&clip.content.name);
        }
        if count > 1 {
            ui.label(RichText::new(format!("{count} clips are selected")).small().color(theme::WEAK));
        }
    }

    /// Gives a clip the name that was typed for it.
    fn take_name(&mut self, editor: &mut Editor) {
        let Some((id, text)) = self.name.take() else { return };
        let name = text.trim().to_owned();
        let Some((link, old)) = editor.sequence().clip(id).map(|(_, c)| (c.link, c.content.name.clone())) else {
            return;
        };
        if !name.is_empty() && name != *old {
            let linked = link.map(|l| editor.sequence().linked(l)).unwrap_or_default();
            let mut clips: Vec<ClipId> = linked.into_iter().map(|(_, c)| c.id).collect();
            clips.push(id);
            editor.commit(&Edit::SetProperty { clips, property: Property::Name(name) });
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
    ui.label(names::text(&sequence.name, 13.0, Color32::WHITE));
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

/// The head of a section, which folds it; whether it is unfolded. It stays so for other clips.
pub(super) fn unfolded(ui: &mut Ui, text: &str) -> bool {
    ui.add_space(8.0);
    let id = egui::Id::unique(("section of the inspector", text.to_owned()));
    let mut open = ui.data(|data| data.get_temp(id)).unwrap_or(true);
    let icon = if open { icons::ICON_EXPAND_MORE } else { icons::ICON_CHEVRON_RIGHT };
    let arrow = icon.rich_text().size(14.0).color(theme::WEAK);
    let name = RichText::new(text).strong().color(theme::ACCENT);
    let response = ui.add(egui::Button::new((name, arrow)).frame(false));
    let does = if open { "Fold" } else { "Unfold" };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{does} {text}")));
    if response.clicked() {
        open = !open;
        ui.data_mut(|data| data.insert_temp(id, open));
    }
    open
}

fn rows<R>(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    Grid::new(name).num_columns(3).min_col_width(VALUE).spacing([8.0, 5.0]).show(ui, content).inner
}

/// How fast it runs; what stands still can be made of a picture only.
fn speed_row(ui: &mut Ui, editor: &mut Editor, clip: &Clip, picture: bool) {
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
        if picture {
            viewer::icon_button(ui, editor, icons::ICON_AC_UNIT, Action::FreezeFrame, 16.0);
        }
    });
}

fn picture_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, all: &[&Clip]) {
    if !unfolded(ui, "Picture") {
        return;
    }
    let old = &clip.content.properties;
    let mut params = Rows::of(editor, clip, all);
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
            params.set = Some(Property::Fit(fit));
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
                params.set = Some(Property::Stream(stream));
            }
        }
        params.row(ui, editor, &params::SCALE, |p| &p.scale, Property::Scale);
        params.row(ui, editor, &params::X, |p| &p.x, Property::X);
        params.row(ui, editor, &params::Y, |p| &p.y, Property::Y);
        params.row(ui, editor, &params::ROTATION, |p| &p.rotation, Property::Rotation);
        params.row(ui, editor, &params::OPACITY, |p| &p.opacity, Property::Opacity);
        params.row(ui, editor, &params::CROP[0], |p| &p.crop_left, Property::CropLeft);
        params.row(ui, editor, &params::CROP[1], |p| &p.crop_right, Property::CropRight);
        params.row(ui, editor, &params::CROP[2], |p| &p.crop_top, Property::CropTop);
        params.row(ui, editor, &params::CROP[3], |p| &p.crop_bottom, Property::CropBottom);
    });
    params.end(editor);
}

fn fit_name(fit: Fit) -> &'static str {
    match fit {
        Fit::Letterbox => "Fit",
        Fit::Fill => "Fill",
        Fit::Stretch => "Stretch",
    }
}

fn sound_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, all: &[&Clip]) {
    if !unfolded(ui, "Sound") {
        return;
    }
    let old = &clip.content.properties;
    let streams = editor.project().assets.get(&clip.content.asset).map(|a| a.info.audio.clone()).unwrap_or_default();
    let mut params = Rows::of(editor, clip, all);
    rows(ui, "sound", |ui| {
        params.row(ui, editor, &params::VOLUME, |p| &p.volume, Property::Volume);
        params.row(ui, editor, &params::PAN, |p| &p.pan, Property::Pan);
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
                params.set = Some(Property::Stream(stream));
            }
        }
    });
    if !clip.speed.is_normal() {
        let mut keep = old.keep_pitch;
        if ui.checkbox(&mut keep, "Keep the pitch at this speed").changed() {
            params.set = Some(Property::KeepPitch(keep));
        }
    }
    params.end(editor);
}

fn fade_section(ui: &mut Ui, editor: &mut Editor, clip: &Clip, clips: &[ClipId]) {
    if !unfolded(ui, "Fades") {
        return;
    }
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
        editor.try_in_field(Edit::SetProperty { clips: clips.to_vec(), property });
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
    let response = number(ui, Some(VALUE), drag);
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
    ui.label(names::text(&format!("into {}", clip.content.name), 13.0, Color32::WHITE));
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
        editor.try_in_field(Edit::SetTransition { right: clip.id, transition: Some(new), alone });
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
