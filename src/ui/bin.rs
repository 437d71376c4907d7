//! The bin: all media of the project as cards, to be dragged onto the timeline.

use super::pickers::{Pickers, Purpose};
use super::textures::Textures;
use super::theme;
use crate::app::{Action, AssetState, Editor};
use crate::model::{Asset, AssetId, MediaKind};
use egui::{Align2, Color32, CornerRadius, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_material_icons::icons;
use std::sync::Arc;

const CARD: egui::Vec2 = vec2(148.0, 124.0);
const PICTURE: f32 = 83.0;

/// What is dragged out of the bin.
#[derive(Clone, Debug)]
pub struct DraggedAssets(pub Vec<AssetId>);

#[derive(Default)]
pub struct Bin {
    filter: String,
}

impl Bin {
    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor, textures: &mut Textures, pickers: &mut Pickers) {
        egui::Frame::new().inner_margin(8.0).show(ui, |ui| {
            ui.horizontal(|ui| {
                let import = format!("{} Import", icons::ICON_ADD.codepoint);
                if ui.button(import).on_hover_text("Brings files into the bin (Ctrl+I); or drop them here").clicked() {
                    editor.perform(Action::Import);
                }
                let search = egui::TextEdit::singleline(&mut self.filter).hint_text("Search");
                let response = ui.add_sized(vec2(ui.available_width(), 22.0), search);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search the bin"));
            });
            let needle = self.filter.to_lowercase();
            let mut assets: Vec<Arc<Asset>> = editor.project().assets.values().cloned().collect();
            assets.retain(|a| needle.is_empty() || a.name.to_lowercase().contains(&needle));
            if assets.is_empty() {
                empty(ui, editor.project().assets.is_empty());
                return;
            }
            cards(ui, editor, textures, pickers, &assets);
        });
    }
}

fn empty(ui: &mut Ui, whole: bool) {
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let painter = ui.painter();
    let text = if whole { "Drop video, sound and pictures here" } else { "Nothing of that name" };
    if whole {
        let icon = icons::ICON_MOVIE;
        let font = FontId::new(40.0, icon.font_family());
        painter.text(area.center() - vec2(0.0, 26.0), Align2::CENTER_CENTER, icon.codepoint, font, theme::LINE);
    }
    painter.text(area.center() + vec2(0.0, 14.0), Align2::CENTER_CENTER, text, FontId::proportional(14.0), theme::WEAK);
}

fn cards(ui: &mut Ui, editor: &mut Editor, textures: &mut Textures, pickers: &mut Pickers, assets: &[Arc<Asset>]) {
    let gap = 8.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of columns")]
    let columns = (((ui.available_width() + gap - 10.0) / (CARD.x + gap)).floor() as usize).max(1);
    let rows = assets.len().div_ceil(columns);
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, CARD.y, rows, |ui, range| {
        for row in range {
            ui.horizontal(|ui| {
                for asset in assets.iter().skip(row * columns).take(columns) {
                    card(ui, editor, textures, pickers, asset);
                }
            });
        }
    });
}

fn card(ui: &mut Ui, editor: &mut Editor, textures: &mut Textures, pickers: &mut Pickers, asset: &Arc<Asset>) {
    let (rect, _) = ui.allocate_exact_size(CARD, Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("asset", asset.id)), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &asset.name));
    let state = editor.assets.get(&asset.id).cloned().unwrap_or_default();
    let selected = editor.bin_selection.contains(&asset.id);
    if response.clicked() {
        click(ui, editor, asset.id);
    }
    if response.double_clicked() {
        editor.bin_selection = vec![asset.id];
        editor.open_source(asset.id);
    }
    if response.drag_started() {
        if !selected {
            editor.bin_selection = vec![asset.id];
        }
        response.dnd_set_drag_payload(DraggedAssets(editor.bin_selection.clone()));
    }
    if response.dragged()
        && let Some(at) = ui.ctx().pointer_interact_pos()
    {
        drag_label(ui, at, &asset.name, editor.bin_selection.len());
    }
    paint(ui, textures, rect, asset, &state, selected || response.hovered(), selected);
    response.context_menu(|ui| {
        if !editor.bin_selection.contains(&asset.id) {
            editor.bin_selection = vec![asset.id];
        }
        if ui.button("Open in Source Viewer").clicked() {
            editor.open_source(asset.id);
            ui.close();
        }
        for action in [Action::Insert, Action::Overwrite, Action::Append] {
            if ui.button(action.title()).clicked() {
                editor.perform(action);
                ui.close();
            }
        }
        ui.separator();
        if ui.button("Relink…").clicked() {
            pickers.open(ui.ctx(), editor, Purpose::Relink(asset.id));
            ui.close();
        }
        if state.replaced && ui.button("Use the File That Is There").clicked() {
            editor.relink(asset.id, asset.path.clone());
            ui.close();
        }
        if ui.button("Remove from Bin").clicked() {
            let edit = crate::edit::Edit::RemoveAssets(editor.bin_selection.clone());
            editor.commit(&edit);
            ui.close();
        }
    });
    response.on_hover_ui(|ui| details(ui, asset, &state));
}

fn click(ui: &Ui, editor: &mut Editor, id: AssetId) {
    let modifiers = ui.input(|i| i.modifiers);
    if modifiers.command || modifiers.shift {
        match editor.bin_selection.iter().position(|a| *a == id) {
            Some(index) => {
                editor.bin_selection.remove(index);
            }
            None => editor.bin_selection.push(id),
        }
    } else {
        editor.bin_selection = vec![id];
    }
}

fn drag_label(ui: &Ui, at: egui::Pos2, name: &str, count: usize) {
    let layer = egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("dragged assets"));
    let painter = ui.ctx().layer_painter(layer);
    let text = if count > 1 { format!("{count} items") } else { name.to_owned() };
    let galley = painter.layout_no_wrap(text, FontId::proportional(12.0), theme::TEXT);
    let rect = Rect::from_min_size(at + vec2(14.0, 10.0), galley.size()).expand2(vec2(8.0, 4.0));
    painter.rect_filled(rect, 4.0, theme::RAISED);
    painter.galley(rect.min + vec2(8.0, 4.0), galley, theme::TEXT);
}

fn paint(ui: &Ui, textures: &mut Textures, rect: Rect, asset: &Asset, state: &AssetState, lit: bool, selected: bool) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 5.0, if lit { theme::RAISED } else { theme::LANE });
    let picture = Rect::from_min_size(rect.min, vec2(rect.width(), PICTURE));
    painter.rect_filled(picture, CornerRadius { nw: 5, ne: 5, sw: 0, se: 0 }, Color32::BLACK);
    match state.poster.as_ref().or(state.thumbnails.as_ref()) {
        Some(sheet) => {
            let texture = textures.sheet(ui.ctx(), sheet);
            #[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
            let (size, share) = (vec2(sheet.width as f32, sheet.height as f32), 1.0 / sheet.count as f32);
            let scale = (picture.width() / size.x).min(picture.height() / size.y);
            let place = Rect::from_center_size(picture.center(), size * scale);
            painter.image(texture, place, Rect::from_min_max(pos2(0.0, 0.0), pos2(share, 1.0)), Color32::WHITE);
        }
        None if asset.info.kind == MediaKind::Audio => sound_picture(&painter, picture, state),
        None => {
            let icon = if asset.info.kind == MediaKind::Still { icons::ICON_IMAGE } else { icons::ICON_MOVIE };
            let font = FontId::new(28.0, icon.font_family());
            painter.text(picture.center(), Align2::CENTER_CENTER, icon.codepoint, font, theme::LINE);
        }
    }
    if let Some(duration) = asset.info.duration {
        let text = clock(duration.seconds());
        let galley = painter.layout_no_wrap(text, FontId::proportional(10.5), theme::TEXT);
        let place = Rect::from_min_size(picture.right_bottom() - galley.size() - vec2(8.0, 5.0), galley.size());
        painter.rect_filled(place.expand2(vec2(4.0, 1.0)), 3.0, Color32::from_black_alpha(190));
        painter.galley(place.min, galley, theme::TEXT);
    }
    if let Some(mark) = state.mark() {
        painter.rect_filled(picture, 0.0, Color32::from_rgba_unmultiplied(60, 10, 10, 190));
        painter.text(picture.center(), Align2::CENTER_CENTER, mark, FontId::proportional(14.0), Color32::WHITE);
    }
    let name = painter.layout(asset.name.clone(), FontId::proportional(11.5), theme::TEXT, f32::INFINITY);
    painter.galley(pos2(rect.min.x + 7.0, picture.max.y + 5.0), name, theme::TEXT);
    let (color, text) = match (asset.info.kind, state.proxy) {
        (MediaKind::Video, true) => (theme::GOOD, "proxy"),
        (MediaKind::Video, false) => (theme::WEAK, "original"),
        (MediaKind::Audio, _) => (theme::WEAK, "sound"),
        (MediaKind::Still, _) => (theme::WEAK, "still"),
    };
    let y = rect.max.y - 10.0;
    painter.circle_filled(pos2(rect.min.x + 11.0, y), 3.0, color);
    painter.text(pos2(rect.min.x + 19.0, y), Align2::LEFT_CENTER, text, FontId::proportional(10.5), theme::WEAK);
    if selected {
        painter.rect_stroke(rect, 5.0, Stroke::new(1.5, theme::ACCENT), StrokeKind::Inside);
    }
}

fn sound_picture(painter: &egui::Painter, area: Rect, state: &AssetState) {
    let Some(wave) = state.waveform.as_ref().filter(|w| !w.peaks.is_empty()) else {
        let icon = icons::ICON_MUSIC_NOTE;
        let font = FontId::new(28.0, icon.font_family());
        painter.text(area.center(), Align2::CENTER_CENTER, icon.codepoint, font, theme::LINE);
        return;
    };
    let bars = 48;
    for bar in 0..bars {
        let (from, to) = (wave.peaks.len() * bar / bars, wave.peaks.len() * (bar + 1) / bars);
        let peak = wave.peaks[from..to.max(from + 1).min(wave.peaks.len())].iter().max().copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
        let x = area.min.x + area.width() * (bar as f32 + 0.5) / bars as f32;
        let half = (f32::from(peak) / 255.0 * area.height() * 0.42).max(0.5);
        let color = theme::clip_colors(MediaKind::Audio, true).1;
        painter.vline(x, area.center().y - half..=area.center().y + half, Stroke::new(2.0, color));
    }
}

/// `1:02:03` or `2:03`.
fn clock(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
    let s = seconds.round().max(0.0) as u64;
    if s >= 3600 {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}", s / 60, s % 60)
    }
}

fn details(ui: &mut Ui, asset: &Asset, state: &AssetState) {
    ui.set_max_width(420.0);
    ui.strong(&asset.name);
    ui.label(RichText::new(asset.path.display().to_string()).small().color(theme::WEAK));
    if let Some(video) = &asset.info.video {
        let rate = video.rate.map_or_else(String::new, |r| format!(", {} fps", super::status_bar::rate(r)));
        let variable = if video.variable_rate { " (variable)" } else { "" };
        ui.label(format!("{} · {} × {}{rate}{variable}", video.codec, video.width, video.height));
    }
    for audio in &asset.info.audio {
        ui.label(format!("{} · {} Hz · {} channels", audio.codec, audio.rate, audio.channels));
    }
    if state.online == Some(false) {
        ui.colored_label(theme::PROBLEM, "The original is not there. Relink it from the menu of the right button.");
    } else if state.replaced {
        let text = "The file is another one than when it was imported. The menu of the right button takes it as it is, or \
                    relinks to the one that was meant.";
        ui.colored_label(theme::PROBLEM, text);
    }
}
