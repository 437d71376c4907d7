//! The bin: all media of the project as cards, to be dragged onto the timeline.

use super::pickers::{Pickers, Purpose};
use super::textures::Textures;
use super::{names, theme};
use crate::app::{Action, AssetState, Editor, Level};
use crate::media::Found;
use crate::model::{Asset, AssetId, MediaKind};
use egui::{Align2, Color32, CornerRadius, FontId, Key, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_material_icons::icons;
use std::path::Path;
use std::sync::Arc;

/// The least that a card is wide; all stretch to fill the panel.
const NARROWEST: f32 = 118.0;
/// Room below a card's picture, for its name and what is unusual about it.
const WORDS: f32 = 40.0;
const GAP: f32 = 8.0;

/// What is dragged out of the bin.
#[derive(Clone, Debug)]
pub struct DraggedAssets(pub Vec<AssetId>);

#[derive(Default)]
pub struct Bin {
    filter: String,
    /// Where a range begins that Shift ends.
    anchor: Option<AssetId>,
    /// Whether the last press was on its cards: Delete is for them then.
    in_hand: bool,
    area: Option<Rect>,
}

/// What stands in a place of the bin.
#[derive(Clone, Copy)]
enum Item<'a> {
    Card(&'a Arc<Asset>),
    /// A file that is being brought in.
    Coming(&'a Path),
}

impl Bin {
    /// Takes the keys that are for its cards, if it has the hand.
    pub fn keys(&mut self, ctx: &egui::Context, editor: &mut Editor) {
        let pressed = ctx.input(|i| i.pointer.any_pressed().then(|| i.pointer.interact_pos()).flatten());
        if let Some(at) = pressed {
            self.in_hand = self.area.is_some_and(|area| area.contains(at));
        }
        if !self.in_hand || editor.bin_selection.is_empty() || ctx.egui_wants_keyboard_input() {
            return;
        }
        let none = egui::Modifiers::NONE;
        let delete = |i: &mut egui::InputState| i.consume_key(none, Key::Delete) || i.consume_key(none, Key::Backspace);
        if ctx.input_mut(delete) {
            remove(editor);
        }
    }

    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor, textures: &mut Textures, pickers: &mut Pickers) {
        egui::Frame::new().inner_margin(8.0).show(ui, |ui| {
            let needle = self.filter.to_lowercase();
            let all = Arc::clone(&editor.project().assets);
            let found = |a: &&Arc<Asset>| needle.is_empty() || a.name.to_lowercase().contains(&needle);
            let assets: Vec<&Arc<Asset>> = all.values().filter(found).collect();
            self.head(ui, editor, (assets.len(), all.len()));
            importing(ui, editor);
            for (path, found) in &editor.reading {
                still_reading(ui, path, *found);
            }
            let waiting = if needle.is_empty() { editor.importing.waiting.clone() } else { Vec::new() };
            let mut items: Vec<Item<'_>> = assets.into_iter().map(Item::Card).collect();
            items.extend(waiting.iter().map(|path| Item::Coming(path)));
            self.area = Some(ui.available_rect_before_wrap());
            if items.is_empty() {
                empty(ui, all.is_empty());
                return;
            }
            self.cards(ui, editor, textures, pickers, &items);
        });
    }

    /// Import and search, and how many were found.
    fn head(&mut self, ui: &mut Ui, editor: &mut Editor, (found, all): (usize, usize)) {
        ui.horizontal(|ui| {
            let import = format!("{} Import", icons::ICON_ADD.codepoint);
            if ui.button(import).on_hover_text("Brings files into the bin (Ctrl+I); or drop them here").clicked() {
                editor.perform(Action::Import);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if !self.filter.is_empty() {
                    let cross = egui::Button::new(icons::ICON_CLOSE.rich_text().size(14.0)).frame(false);
                    let cross = ui.add(cross).on_hover_text("Show all again");
                    cross.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Clear the search"));
                    if cross.clicked() {
                        self.filter.clear();
                    }
                    ui.label(RichText::new(format!("{found} of {all}")).small().color(theme::WEAK));
                }
                let search = egui::TextEdit::singleline(&mut self.filter).hint_text("Search");
                let response = ui.add_sized(vec2(ui.available_width(), 22.0), search);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search the bin"));
            });
        });
    }

    fn cards(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        textures: &mut Textures,
        pickers: &mut Pickers,
        items: &[Item<'_>],
    ) {
        let area = ui.available_rect_before_wrap();
        let room = ui.available_width() - 12.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of columns")]
        let columns = (((room + GAP) / (NARROWEST + GAP)).floor() as usize).max(1);
        let width = ((room + GAP) / columns as f32 - GAP).floor();
        let size = vec2(width, (width * 9.0 / 16.0).round() + WORDS);
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        let rows = items.len().div_ceil(columns);
        let mut on_card = false;
        egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, size.y, rows, |ui, range| {
            for row in range {
                ui.horizontal(|ui| {
                    for item in items.iter().skip(row * columns).take(columns) {
                        match item {
                            Item::Card(asset) => {
                                on_card |= self.card(ui, size, editor, textures, pickers, asset, items);
                            }
                            Item::Coming(path) => coming(ui, size, path),
                        }
                    }
                });
            }
        });
        // a click between the cards; where it was, for the pointer may have left since
        let at = ui.input(|i| i.pointer.primary_clicked().then(|| i.pointer.interact_pos()).flatten());
        let room = area.with_max_x(area.max.x - 12.0);
        let clicked = at
            .is_some_and(|at| room.contains(at) && ui.ctx().layer_id_at(at).is_none_or(|layer| layer == ui.layer_id()));
        if clicked && !on_card {
            editor.bin_selection.clear();
            self.anchor = None;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a panel shows and changes")]
    fn card(
        &mut self,
        ui: &mut Ui,
        size: egui::Vec2,
        editor: &mut Editor,
        textures: &mut Textures,
        pickers: &mut Pickers,
        asset: &Arc<Asset>,
        items: &[Item<'_>],
    ) -> bool {
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let response = ui.interact(rect, ui.scope_id().with(("asset", asset.id)), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &asset.name));
        let state = editor.assets.get(&asset.id).cloned().unwrap_or_default();
        let selected = editor.bin_selection.contains(&asset.id);
        if response.clicked() {
            self.click(ui, editor, asset.id, items);
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
                remove(editor);
                ui.close();
            }
        });
        let on_it = ui.input(|i| i.pointer.interact_pos()).is_some_and(|at| rect.contains(at));
        response.on_hover_ui(|ui| details(ui, asset, &state));
        on_it
    }

    /// A click on a card: with Shift from the last one to this, with Ctrl this one too or not any more.
    fn click(&mut self, ui: &Ui, editor: &mut Editor, id: AssetId, items: &[Item<'_>]) {
        let modifiers = ui.input(|i| i.modifiers);
        let place = |id: AssetId| items.iter().position(|item| matches!(item, Item::Card(a) if a.id == id));
        if let (true, Some(from), Some(to)) = (modifiers.shift, self.anchor.and_then(place), place(id)) {
            let range = &items[from.min(to)..=from.max(to)];
            editor.bin_selection =
                range.iter().filter_map(|item| if let Item::Card(a) = item { Some(a.id) } else { None }).collect();
            return;
        }
        self.anchor = Some(id);
        if modifiers.command {
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
}

/// Takes what is selected out of the bin; what is used stays, and it is said.
fn remove(editor: &mut Editor) {
    let project = Arc::clone(editor.project());
    let clips = || project.sequences.values().flat_map(|s| s.tracks.iter()).flat_map(|t| t.clips.iter());
    let used: std::collections::HashSet<AssetId> = clips().map(|c| c.content.asset).collect();
    let (kept, unused): (Vec<AssetId>, Vec<AssetId>) = editor.bin_selection.iter().partition(|id| used.contains(id));
    if !unused.is_empty() && !editor.commit(&crate::edit::Edit::RemoveAssets(unused)) {
        return;
    }
    let first = kept.first().and_then(|id| project.assets.get(id)).map(|a| a.name.clone());
    let text = match (first, kept.len()) {
        (Some(name), 1) => format!("{name} stays in the bin: it is used on the timeline."),
        (Some(name), n) => format!("{name} and {} more stay in the bin: they are used on the timeline.", n - 1),
        (None, _) => return,
    };
    editor.notify(Level::Done, text);
}

/// How far an import is.
fn importing(ui: &mut Ui, editor: &Editor) {
    let (done, all) = (editor.importing.done, editor.importing.all);
    if all == 0 {
        return;
    }
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let cancel = ui.small_button("Cancel").on_hover_text("What is in the bin by now stays");
            cancel.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Cancel the import"));
            if cancel.clicked() {
                editor.cancel_import();
            }
            let text = format!("Importing: {} of {}", thousands(done), thousands(all));
            let share = done as f32 / all as f32;
            let bar = egui::ProgressBar::new(share).desired_height(18.0).desired_width(ui.available_width());
            ui.add(bar.text(RichText::new(text).size(11.0)));
        });
    });
}

/// A number with its thousands apart.
fn thousands(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", thousands(n / 1000), n % 1000) }
}

/// The place of a file that is being brought in.
fn coming(ui: &mut Ui, size: egui::Vec2, path: &Path) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, false, format!("{name}, coming")));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 5.0, theme::LANE);
    let picture = rect.with_max_y(rect.max.y - WORDS);
    let icon = icons::ICON_HOURGLASS_EMPTY;
    let font = FontId::new(22.0, icon.font_family());
    painter.text(picture.center(), Align2::CENTER_CENTER, icon.codepoint, font, theme::LINE);
    let font = FontId::proportional(11.5);
    let name = names::in_line(&painter, &name, &font, theme::WEAK, rect.width() - 14.0);
    painter.galley(pos2(rect.min.x + 7.0, picture.max.y + 5.0), name, theme::WEAK);
}

/// What is known already of a file that is read to its end.
fn still_reading(ui: &mut Ui, path: &Path, found: Found) {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let text = format!("{name}: at least {}, still looking", clock(found.at_least.seconds()));
    ui.add(egui::ProgressBar::new(found.share).desired_height(18.0).text(RichText::new(text).size(11.0)));
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
    let picture = rect.with_max_y(rect.max.y - WORDS);
    painter.rect_filled(picture, CornerRadius { nw: 5, ne: 5, sw: 0, se: 0 }, Color32::BLACK);
    match state.poster.as_ref().or(state.thumbnails.as_ref()) {
        Some(sheet) => {
            let laid = textures.sheet(ui.ctx(), sheet);
            #[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
            let size = vec2(sheet.width as f32, sheet.height as f32);
            let scale = (picture.width() / size.x).min(picture.height() / size.y);
            let place = Rect::from_center_size(picture.center(), size * scale);
            painter.image(laid.texture, place, laid.place(0), Color32::WHITE);
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
    let name = names::in_line(&painter, &asset.name, &FontId::proportional(11.5), theme::TEXT, rect.width() - 14.0);
    painter.galley(pos2(rect.min.x + 7.0, picture.max.y + 5.0), name, theme::TEXT);
    let (color, text) = match (asset.info.kind, state.proxy) {
        (MediaKind::Video, true) => (theme::GOOD, "proxy".to_owned()),
        (MediaKind::Video, false) if state.proxy_share > 0.0 => {
            (theme::WEAK, format!("{:.0} % proxy", (state.proxy_share * 100.0).clamp(1.0, 99.0)))
        }
        (MediaKind::Video, false) => (theme::WEAK, "original".to_owned()),
        (MediaKind::Audio, _) => (theme::WEAK, "sound".to_owned()),
        (MediaKind::Still, _) => (theme::WEAK, "still".to_owned()),
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

/// A length as people read it: `1:02:03` or `2:03`.
pub(super) fn clock(seconds: f64) -> String {
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
    ui.label(names::text(&asset.name, 13.0, Color32::WHITE));
    ui.label(RichText::new(asset.path.display().to_string()).small().color(theme::WEAK));
    if let Some(video) = &asset.info.video {
        let rate = video.rate.map_or_else(String::new, |r| format!(", {} fps", r.in_words()));
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
