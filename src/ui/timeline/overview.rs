//! The bars beside the lanes: which part of the film is in sight, below, and which of the tracks, at the right.

use super::theme;
use crate::app::Editor;
use crate::model::Frame;
use egui::{Rect, Sense, Stroke, StrokeKind, Ui, pos2};

/// Height of the bar below, in points.
pub(super) const HEIGHT: f32 = 14.0;

/// Width of the bar at the right, in points.
const WIDTH: f32 = 9.0;

/// The least that a handle is long, so that it can be grabbed.
const LEAST: f32 = 18.0;

/// The whole film as a bar; the handle is what is in sight.
pub(super) fn below(ui: &mut Ui, editor: &mut Editor, area: Rect) {
    let painter = ui.painter().with_clip_rect(area);
    painter.rect_filled(area, 0.0, theme::PANEL);
    let bar = area.shrink2(egui::vec2(2.0, 3.0));
    painter.rect_filled(bar, 3.0, theme::BACKGROUND);
    let reach = editor.view.reach();
    if reach <= 0.0 || bar.width() <= LEAST {
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let x = |frames: f64| bar.min.x + (frames / reach).clamp(0.0, 1.0) as f32 * bar.width();
    let place = |frame: Frame| x(frame.0 as f64);
    painter.rect_filled(bar.with_max_x(place(editor.sequence().end())), 3.0, theme::RAISED);
    let (from, to) = (x(editor.view.origin), x(editor.view.origin + editor.view.shown()));
    let handle = bar.with_min_x(from.min(bar.max.x - LEAST)).with_max_x(to.max(from + LEAST).min(bar.max.x));
    let response = ui.interact(area, ui.scope_id().with("overview"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, "Overview"));
    let held = response.hovered() || response.dragged();
    painter.rect_filled(handle, 3.0, theme::LINE.gamma_multiply(if held { 1.4 } else { 1.0 }));
    painter.rect_stroke(handle, 3.0, Stroke::new(1.0, theme::WEAK), StrokeKind::Inside);
    painter.vline(place(editor.playhead), area.y_range(), Stroke::new(1.0, theme::PLAYHEAD));
    let frames = |points: f32| f64::from(points) / f64::from(bar.width()) * reach;
    if response.dragged() {
        editor.view.look_at(editor.view.origin + frames(response.drag_delta().x));
    }
    let pressed = (response.drag_started() || response.clicked()).then(|| ui.input(|i| i.pointer.press_origin()));
    // a press beside the handle brings it there, and it can be dragged on
    if let Some(at) = pressed.flatten().or(response.interact_pointer_pos().filter(|_| response.clicked()))
        && !handle.contains(at)
    {
        editor.view.look_at(frames(at.x - bar.min.x) - editor.view.shown() / 2.0);
    }
}

/// The tracks as a bar at the right edge of the lanes, where not all have room; gives how far they are scrolled then.
pub(super) fn beside(ui: &mut Ui, lanes: Rect, scroll: f32, total: f32) -> f32 {
    let most = total - lanes.height();
    if most <= 0.0 {
        return scroll;
    }
    let bar = lanes.with_min_x(lanes.max.x - WIDTH);
    let length = (lanes.height() / total * bar.height()).max(LEAST);
    let top = bar.min.y + scroll / most * (bar.height() - length);
    let handle = Rect::from_min_max(pos2(bar.min.x + 1.0, top), pos2(bar.max.x - 1.0, top + length));
    let response = ui.interact(bar, ui.scope_id().with("tracks in sight"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, "Tracks in sight"));
    let held = response.hovered() || response.dragged();
    let painter = ui.painter().with_clip_rect(lanes);
    painter.rect_filled(bar, 0.0, theme::BACKGROUND.gamma_multiply(0.8));
    painter.rect_filled(handle, 3.0, if held { theme::WEAK } else { theme::LINE });
    let mut scroll = scroll;
    if response.dragged() {
        scroll += response.drag_delta().y / (bar.height() - length).max(1.0) * most;
    } else if let Some(at) = response.interact_pointer_pos().filter(|at| response.clicked() && !handle.contains(*at)) {
        scroll = (at.y - bar.min.y - length / 2.0) / (bar.height() - length).max(1.0) * most;
    }
    scroll.clamp(0.0, most)
}
