//! Colours, fonts and spacing. Dark and neutral, so that the eye judges the picture and not the window.

use crate::model::{MarkerColor, MediaKind};
use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme, Ui};

/// The window's size at its first start, in points.
pub const WINDOW_SIZE: [f32; 2] = [1360.0, 820.0];

pub const BACKGROUND: Color32 = Color32::from_rgb(0x16, 0x17, 0x19);
pub const PANEL: Color32 = Color32::from_rgb(0x20, 0x21, 0x24);
pub const RAISED: Color32 = Color32::from_rgb(0x2b, 0x2d, 0x31);
pub const LANE: Color32 = Color32::from_rgb(0x1b, 0x1c, 0x1f);
pub const LINE: Color32 = Color32::from_rgb(0x38, 0x3a, 0x3f);
pub const TEXT: Color32 = Color32::from_rgb(0xd6, 0xd8, 0xdc);
pub const WEAK: Color32 = Color32::from_rgb(0x93, 0x97, 0x9e);
/// The grease pencil of the cutting room.
pub const ACCENT: Color32 = Color32::from_rgb(0xf0, 0xb2, 0x3c);
pub const PLAYHEAD: Color32 = Color32::from_rgb(0xff, 0x5a, 0x4d);
pub const PROBLEM: Color32 = Color32::from_rgb(0xe0, 0x5c, 0x54);
pub const GOOD: Color32 = Color32::from_rgb(0x5f, 0xb3, 0x7a);
pub const SNAP: Color32 = Color32::from_rgb(0xf7, 0xdc, 0x6f);

/// The body of a clip and the strip with its name.
pub fn clip_colors(kind: MediaKind, sound: bool) -> (Color32, Color32) {
    match (kind, sound) {
        (_, true) => (Color32::from_rgb(0x24, 0x45, 0x3c), Color32::from_rgb(0x33, 0x66, 0x56)),
        (MediaKind::Still, _) => (Color32::from_rgb(0x4a, 0x38, 0x5c), Color32::from_rgb(0x6a, 0x50, 0x84)),
        _ => (Color32::from_rgb(0x2a, 0x3c, 0x58), Color32::from_rgb(0x3e, 0x5a, 0x86)),
    }
}

/// What a marker is painted in.
pub fn marker(color: MarkerColor) -> Color32 {
    match color {
        MarkerColor::Green => GOOD,
        MarkerColor::Red => PROBLEM,
        MarkerColor::Orange => Color32::from_rgb(0xe8, 0x8d, 0x3e),
        MarkerColor::Yellow => Color32::from_rgb(0xe6, 0xcf, 0x52),
        MarkerColor::Blue => Color32::from_rgb(0x5b, 0x9b, 0xe0),
        MarkerColor::Purple => Color32::from_rgb(0xa8, 0x7c, 0xd8),
        MarkerColor::White => Color32::from_gray(0xe4),
    }
}

/// Applies all of it to a window.
pub fn apply(ctx: &egui::Context) {
    egui_material_icons::initialize(ctx);
    ctx.options_mut(|o| {
        // Ctrl with + and - zooms the timeline's time, not the window, and quitting asks about unsaved work
        o.zoom_with_keyboard = false;
        o.quit_shortcuts.clear();
    });
    ctx.set_theme(Theme::Dark);
    ctx.style_mut_of(Theme::Dark, |style| {
        style.text_styles = [
            (TextStyle::Heading, FontId::new(17.0, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(13.0, FontFamily::Proportional)),
            (TextStyle::Small, FontId::new(11.0, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.menu_margin = egui::Margin::same(6);
        let visuals = &mut style.visuals;
        visuals.panel_fill = PANEL;
        visuals.window_fill = PANEL;
        visuals.extreme_bg_color = BACKGROUND;
        visuals.faint_bg_color = RAISED;
        visuals.override_text_color = None;
        visuals.selection.bg_fill = Color32::from_rgb(0x6d, 0x52, 0x1c);
        visuals.selection.stroke = Stroke::new(1.0, Color32::from_rgb(0xff, 0xe4, 0xb0));
        visuals.hyperlink_color = ACCENT;
        let widgets = &mut visuals.widgets;
        widgets.noninteractive.fg_stroke.color = TEXT;
        widgets.noninteractive.bg_stroke.color = LINE;
        widgets.inactive.fg_stroke.color = TEXT;
        widgets.inactive.bg_fill = RAISED;
        widgets.inactive.weak_bg_fill = RAISED;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
            widget.corner_radius = CornerRadius::same(4);
        }
        visuals.window_corner_radius = CornerRadius::same(8);
    });
}

/// Fills a pane's background.
pub fn pane_background(ui: &Ui) {
    ui.painter().rect_filled(ui.max_rect(), 0.0, PANEL);
}
