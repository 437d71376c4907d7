//! The viewer: the picture, the transport and the time.

use super::handling::{self, Held};
use super::textures::Textures;
use super::theme;
use crate::app::{Action, Editor};
use crate::model::{Frame, format_timecode};
use egui::{Align2, Color32, FontId, Rect, RichText, Sense, Ui, pos2, vec2};
use egui_material_icons::icons;

const TRANSPORT: f32 = 40.0;

/// As many recent projects are offered at the start.
const RECENT: usize = 5;

/// Room for the meters.
const METERS: f32 = 26.0;

/// The quietest that the meters show, in decibels below full scale.
const QUIETEST: f32 = -60.0;

/// What the panel keeps from frame to frame.
#[derive(Default)]
pub struct Viewer {
    /// The time that is being typed, and whether its field was not shown yet.
    typed: Option<(String, bool)>,
    /// The picture that is dragged.
    held: Option<Held>,
}

impl Viewer {
    /// The viewer with its transport.
    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor, textures: &mut Textures) {
        let whole = ui.available_rect_before_wrap();
        let below = (whole.max.y - TRANSPORT).max(whole.min.y);
        let meters = Rect::from_min_max(pos2(whole.max.x - METERS, whole.min.y), pos2(whole.max.x, below));
        let picture = Rect::from_min_max(whole.min, pos2(meters.min.x, below));
        let seen = paint_picture(ui, picture, theme::BACKGROUND, editor, textures);
        if !editor.playback.on_source
            && let Some(seen) = seen
        {
            handling::show(ui, editor, seen, &mut self.held);
        }
        paint_meters(ui, meters, editor.preview_state.levels);
        which(ui, editor, picture);
        if nothing_yet(editor) {
            start(ui, editor, picture);
        }
        let bar = Rect::from_min_max(pos2(whole.min.x, picture.max.y), whole.max).shrink2(vec2(10.0, 4.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| self.transport(ui, editor));
        ui.allocate_rect(whole, Sense::hover());
    }

    fn transport(&mut self, ui: &mut Ui, editor: &mut Editor) {
        let rate = editor.viewed().rate;
        let time = format_timecode(editor.viewed_playhead(), rate);
        let end = format_timecode(editor.viewed().end(), rate);
        ui.columns(3, |columns| {
            columns[0].with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                self.time(ui, editor, &time);
                if editor.playing() && editor.playback.speed != 1 {
                    ui.label(RichText::new(format!("{}×", editor.playback.speed)).color(theme::ACCENT));
                }
            });
            columns[1].with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let width = 5.0 * 30.0 + 4.0 * 1.0;
                ui.spacing_mut().item_spacing.x = 1.0;
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
                ui.spacing_mut().item_spacing.x = 3.0;
                icon_button(ui, editor, icons::ICON_FULLSCREEN, Action::FullScreen, 18.0);
                quality(ui, editor);
                icon_button(ui, editor, icons::ICON_REPEAT, Action::Loop, 17.0);
                // where there is little room the buttons come first
                if ui.available_width() > 90.0 {
                    ui.label(RichText::new(end).monospace().size(13.0).color(theme::WEAK)).on_hover_text("Length");
                }
            });
        });
    }

    /// The playhead's time; a click lets another be typed.
    fn time(&mut self, ui: &mut Ui, editor: &mut Editor, time: &str) {
        let font = FontId::monospace(16.0);
        let Some((text, fresh)) = &mut self.typed else {
            let text = RichText::new(time).font(font).color(theme::ACCENT);
            let response = ui.add(egui::Label::new(text).sense(Sense::click()));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Time {time}")));
            let tip =
                "The playhead's position. A click lets you type another: 1500 is 15 seconds, +12 is 12 frames later.";
            if response.on_hover_cursor(egui::CursorIcon::Text).on_hover_text(tip).clicked() {
                self.typed = Some((time.to_owned(), true));
            }
            return;
        };
        let length = text.chars().count();
        let output = egui::TextEdit::singleline(text).font(font).desired_width(116.0).show(ui);
        let response = output.response.response.clone();
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Go to time"));
        if std::mem::take(fresh) {
            handling::choose(ui, &response, output.state, 0..length);
        } else if response.lost_focus() || !response.has_focus() {
            let text = std::mem::take(text);
            self.typed = None;
            if ui.input(|i| i.key_pressed(egui::Key::Enter)) {
                editor.go_to_typed(&text);
            }
        }
    }
}

/// Whether there is nothing in the project, and nothing is coming.
fn nothing_yet(editor: &Editor) -> bool {
    editor.project().assets.is_empty() && editor.importing.all == 0 && editor.sequence().end() == Frame::ZERO
}

/// Ways to begin.
fn start(ui: &mut Ui, editor: &mut Editor, area: Rect) {
    let recent: Vec<std::path::PathBuf> = editor.recent.projects.iter().take(RECENT).cloned().collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let height = 74.0 + if recent.is_empty() { 0.0 } else { 34.0 + 25.0 * recent.len() as f32 };
    let size = vec2(area.width().min(380.0), height.min(area.height()));
    let place = Rect::from_center_size(area.center(), size);
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        ui.set_clip_rect(area);
        ui.vertical_centered(|ui| {
            let text = "Drop films, sound and pictures here to begin";
            ui.label(RichText::new(text).size(15.0).color(theme::WEAK));
            ui.add_space(8.0);
            ui.columns(2, |columns| {
                columns[0].with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                    if super::dialog::main_button(ui, "Import Media…", true) {
                        editor.perform(Action::Import);
                    }
                });
                columns[1].horizontal(|ui| {
                    if ui.button("Open Project…").clicked() {
                        editor.perform(Action::Open);
                    }
                });
            });
            if recent.is_empty() {
                return;
            }
            ui.add_space(10.0);
            ui.label(RichText::new("Recent projects").small().color(theme::WEAK));
            for path in recent {
                let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
                let button = egui::Button::new(super::names::text(&name, 13.0, theme::TEXT));
                let response = ui.add(button.frame(false)).on_hover_text(path.display().to_string());
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Open {name}")));
                if response.clicked() {
                    editor.ask(crate::app::Request::OpenPath(path));
                }
            }
        });
    });
}

/// The picture alone.
pub fn full_screen(ui: &mut Ui, editor: &mut Editor, textures: &mut Textures) {
    let whole = ui.available_rect_before_wrap();
    paint_picture(ui, whole, Color32::BLACK, editor, textures);
    if ui.allocate_rect(whole, Sense::click()).double_clicked() {
        editor.full_screen = false;
    }
}

/// Paints what is viewed; gives where its frame lies, if it has any.
fn paint_picture(ui: &Ui, area: Rect, around: Color32, editor: &mut Editor, textures: &mut Textures) -> Option<Rect> {
    ui.painter().rect_filled(area, 0.0, around);
    let new = editor.preview_state.picture.take();
    if editor.viewed().end().0 == 0 {
        // the texture still takes it in, so that an old picture does not flash up later
        textures.preview(ui.ctx(), new);
        if !nothing_yet(editor) {
            let text = "Drag media from the bin onto the timeline";
            ui.painter().text(area.center(), Align2::CENTER_CENTER, text, FontId::proportional(15.0), theme::WEAK);
        }
        return None;
    }
    let (width, height) = (editor.viewed().width, editor.viewed().height);
    #[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
    let size = vec2(width as f32, height as f32);
    let scale = (area.width() / size.x).min(area.height() / size.y);
    let rect = Rect::from_center_size(area.center(), size * scale);
    if let Some(texture) = textures.preview(ui.ctx(), new) {
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
    }
    Some(rect)
}

/// How loud it is, left and right.
fn paint_meters(ui: &Ui, area: Rect, levels: [f32; 2]) {
    let painter = ui.painter();
    painter.rect_filled(area, 0.0, theme::BACKGROUND);
    let inner = area.shrink2(vec2(6.0, 8.0));
    let share = |db: f32| ((db - QUIETEST) / -QUIETEST).clamp(0.0, 1.0);
    for (n, level) in levels.into_iter().enumerate() {
        let left = inner.min.x + (inner.width() / 2.0 + 1.0) * if n == 0 { 0.0 } else { 1.0 };
        let bar = Rect::from_min_size(pos2(left, inner.min.y), vec2(inner.width() / 2.0 - 1.0, inner.height()));
        painter.rect_filled(bar, 1.0, theme::LANE);
        let db = 20.0 * level.max(1e-6).log10();
        // green up to -12 dB, yellow up to -3 dB, red above
        for (from, to, color) in
            [(QUIETEST, -12.0, theme::GOOD), (-12.0, -3.0, theme::SNAP), (-3.0, 0.0, theme::PLAYHEAD)]
        {
            let top = db.min(to);
            if top > from {
                let y = |db: f32| bar.max.y - bar.height() * share(db);
                painter.rect_filled(Rect::from_min_max(pos2(bar.min.x, y(top)), pos2(bar.max.x, y(from))), 0.0, color);
            }
        }
    }
}

/// Which of the two is looked at: the sequence, or the media of a bin item.
fn which(ui: &mut Ui, editor: &mut Editor, picture: Rect) {
    let Some(source) = editor.playback.source.clone() else { return };
    let name = editor.project().assets.get(&source.asset).map_or_else(String::new, |a| a.name.clone());
    let area = Rect::from_min_size(picture.min + vec2(8.0, 6.0), vec2(picture.width() - 16.0, 24.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(area), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let sequence = editor.sequence().name.clone();
            for (text, on_source) in [(sequence, false), (format!("Source: {name}"), true)] {
                let chosen = editor.playback.on_source == on_source;
                let color = if chosen { theme::ACCENT } else { theme::TEXT };
                let text = super::names::text(&text.chars().take(38).collect::<String>(), 11.0, color);
                let button = egui::Button::new(text).fill(Color32::from_black_alpha(190));
                if ui.add(button).clicked() {
                    editor.look_at_source(on_source);
                }
            }
        });
    });
    if !editor.playback.on_source {
        return;
    }
    // a bar to scrub in, with the marks
    let bar = Rect::from_min_max(pos2(picture.min.x + 10.0, picture.max.y - 16.0), picture.max - vec2(10.0, 6.0));
    let end = editor.viewed().end();
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
    let x = |frame: Frame| bar.min.x + bar.width() * (frame.0 as f32 / end.0.max(1) as f32);
    let painter = ui.painter();
    painter.rect_filled(bar, 3.0, Color32::from_black_alpha(170));
    let (first, last) = (source.mark_in.unwrap_or_default(), source.mark_out.unwrap_or(end));
    let marked = Rect::from_x_y_ranges(x(first)..=x(last), bar.y_range());
    painter.rect_filled(marked, 3.0, theme::ACCENT.gamma_multiply(0.45));
    painter.vline(x(source.playhead), bar.y_range(), egui::Stroke::new(2.0, theme::PLAYHEAD));
    let response = ui.interact(bar.expand(4.0), ui.scope_id().with("source bar"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Source playhead"));
    if (response.dragged() || response.clicked())
        && let Some(at) = response.interact_pointer_pos()
    {
        let share = f64::from((at.x - bar.min.x) / bar.width()).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within the source")]
        editor.transport_to(Frame((share * end.0 as f64).round() as i64));
    }
}

/// How much of the picture is computed, and from which files.
fn quality(ui: &mut Ui, editor: &mut Editor) {
    let icon = icons::ICON_TUNE.rich_text().size(18.0);
    let response = ui.menu_button(icon, |ui| {
        super::menu::items(ui, editor, super::menu::QUALITY);
    });
    let tip = "Viewer quality: how much of the picture is computed, and whether from proxies or originals";
    let response = response.response.on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Viewer quality"));
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
    let mut tip = if keys.is_empty() { name.clone() } else { format!("{name} ({})", keys.join(", ")) };
    if let Some(explained) = action.explained() {
        tip = format!("{tip}\n{explained}");
    }
    let response = ui.add_enabled(action.enabled(editor), button).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.clicked() {
        editor.perform(action);
    }
    response
}
