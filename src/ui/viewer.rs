//! The viewer: the picture, the transport and the time.

use super::textures::Textures;
use super::theme;
use crate::app::{Action, Editor};
use egui::{Align2, Color32, FontId, Rect, RichText, Sense, Ui, pos2, vec2};
use egui_material_icons::icons;

const TRANSPORT: f32 = 40.0;

/// The viewer with its transport.
pub fn show(ui: &mut Ui, editor: &mut Editor, textures: &mut Textures) {
    let whole = ui.available_rect_before_wrap();
    let picture = Rect::from_min_max(whole.min, pos2(whole.max.x, (whole.max.y - TRANSPORT).max(whole.min.y)));
    paint_picture(ui, picture, theme::BACKGROUND, editor, textures);
    let bar = Rect::from_min_max(pos2(whole.min.x, picture.max.y), whole.max).shrink2(vec2(10.0, 4.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| transport(ui, editor));
    ui.allocate_rect(whole, Sense::hover());
}

/// The picture alone.
pub fn full_screen(ui: &mut Ui, editor: &mut Editor, textures: &mut Textures) {
    let whole = ui.available_rect_before_wrap();
    paint_picture(ui, whole, Color32::BLACK, editor, textures);
    if ui.allocate_rect(whole, Sense::click()).double_clicked() {
        editor.full_screen = false;
    }
}

fn paint_picture(ui: &Ui, area: Rect, around: Color32, editor: &mut Editor, textures: &mut Textures) {
    ui.painter().rect_filled(area, 0.0, around);
    let new = editor.preview_state.picture.take();
    if editor.sequence().end().0 == 0 {
        // the texture still takes it in, so that an old picture does not flash up later
        textures.preview(ui.ctx(), new);
        let text = "Drag media from the bin onto the timeline";
        ui.painter().text(area.center(), Align2::CENTER_CENTER, text, FontId::proportional(15.0), theme::WEAK);
        return;
    }
    let (width, height) = (editor.sequence().width, editor.sequence().height);
    if let Some(texture) = textures.preview(ui.ctx(), new) {
        #[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
        let size = vec2(width as f32, height as f32);
        let scale = (area.width() / size.x).min(area.height() / size.y);
        let rect = Rect::from_center_size(area.center(), size * scale);
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
    }
}

fn transport(ui: &mut Ui, editor: &mut Editor) {
    let time = editor.timecode(editor.playhead);
    let end = editor.timecode(editor.sequence().end());
    ui.columns(3, |columns| {
        columns[0].with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.label(RichText::new(time).monospace().size(16.0).color(theme::ACCENT))
                .on_hover_text("The playhead's position");
        });
        columns[1].with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let width = 5.0 * 30.0 + 4.0 * 4.0;
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
            let play = if editor.playing() { icons::ICON_PAUSE } else { icons::ICON_PLAY_ARROW };
            for (icon, action, size) in [
                (icons::ICON_FIRST_PAGE, Action::GoToStart, 18.0),
                (icons::ICON_CHEVRON_LEFT, Action::FrameBack, 18.0),
                (play, Action::PlayPause, 24.0),
                (icons::ICON_CHEVRON_RIGHT, Action::FrameForward, 18.0),
                (icons::ICON_LAST_PAGE, Action::GoToEnd, 18.0),
            ] {
                icon_button(ui, editor, icon, action, size);
            }
        });
        columns[2].with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            icon_button(ui, editor, icons::ICON_FULLSCREEN, Action::FullScreen, 18.0);
            ui.label(RichText::new(end).monospace().size(13.0).color(theme::WEAK)).on_hover_text("Length");
        });
    });
}

/// A button for a command, with its name and keys as its tooltip and for screen readers.
pub fn icon_button(
    ui: &mut Ui,
    editor: &mut Editor,
    icon: egui_material_icons::MaterialIcon,
    action: Action,
    size: f32,
) -> egui::Response {
    let checked = action.checked(editor).unwrap_or(false);
    let color = if checked { theme::ACCENT } else { theme::TEXT };
    let button = egui::Button::new(icon.rich_text().size(size).color(color)).frame(false).min_size(vec2(30.0, 28.0));
    let keys: Vec<String> = action.shortcuts().iter().map(|s| super::menu::text_of(ui.ctx(), *s)).collect();
    let name = action.title_now(editor);
    let tip = if keys.is_empty() { name.clone() } else { format!("{name} ({})", keys.join(", ")) };
    let response = ui.add_enabled(action.enabled(editor), button).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.clicked() {
        editor.perform(action);
    }
    response
}
