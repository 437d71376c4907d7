//! What lies over clips: transitions on their cuts, and fades at their ends.

use super::{Gesture, Timeline, gestures, theme, x_of};
use crate::app::{Action, Editor, Tool};
use crate::edit::Edge;
use crate::model::{Clip, FrameCount, Track, Transition};
use egui::{Align2, Color32, CursorIcon, FontId, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

/// A fade's handle, in points.
const HANDLE: f32 = 9.0;

/// Clips narrower than this have no handles for fades.
const WIDE: f32 = 48.0;

impl Timeline {
    /// The transitions of a track that are in sight.
    pub(super) fn transitions(&mut self, ui: &mut Ui, editor: &mut Editor, track: &Track, row: Rect, lanes: Rect) {
        let visible = super::visible(editor);
        for clip in track.clips.range(visible) {
            if let Some(transition) = clip.transition {
                self.transition(ui, editor, (&clip, transition), track.locked, row, lanes);
            }
        }
        // one whose clip begins just outside reaches in
        let next = track.clips.after(visible.end());
        if let Some((clip, transition)) = next.and_then(|c| c.transition.map(|t| (c, t)))
            && clip.start - transition.before < visible.end()
        {
            self.transition(ui, editor, (&clip, transition), track.locked, row, lanes);
        }
    }

    fn transition(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        (clip, transition): (&Clip, Transition),
        locked: bool,
        row: Rect,
        lanes: Rect,
    ) {
        let start = clip.start - transition.before;
        let (from, to) = (x_of(editor, lanes, start), x_of(editor, lanes, start + transition.length));
        let place = Rect::from_min_max(pos2(from, row.min.y + 16.0), pos2(to.max(from + 2.0), row.max.y));
        let painter = ui.painter().with_clip_rect(place.intersect(lanes));
        let selected = editor.selected_transition == Some(clip.id);
        let color = if selected { theme::ACCENT } else { Color32::from_gray(0xd0) };
        painter.rect_filled(place, 2.0, Color32::from_black_alpha(120));
        painter.rect_filled(place, 2.0, color.gamma_multiply(0.18));
        painter.line_segment([place.left_bottom(), place.right_top()], Stroke::new(1.0, color.gamma_multiply(0.8)));
        painter.rect_stroke(place, 2.0, Stroke::new(if selected { 2.0 } else { 1.0 }, color), StrokeKind::Inside);
        if place.width() > 84.0 {
            let at = place.left_top() + vec2(5.0, 9.0);
            painter.text(at, Align2::LEFT_CENTER, transition.kind.name(), FontId::proportional(10.0), theme::TEXT);
        }
        let area = place.intersect(lanes);
        if area.width() <= 0.0 || area.height() <= 0.0 || editor.tool != Tool::Select {
            return;
        }
        let response = ui.interact(area, ui.scope_id().with(("transition", clip.id)), Sense::click_and_drag());
        let name = format!("{} into {}", transition.kind.name(), clip.content.name);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        let edge = response.hover_pos().and_then(|at| gestures::edge_at(place, at));
        if response.hovered() && self.gesture.is_none() && !locked {
            ui.set_cursor_icon(if edge.is_some() { CursorIcon::ResizeHorizontal } else { CursorIcon::PointingHand });
        }
        if response.clicked() || response.secondary_clicked() {
            editor.select_transition(clip.id);
        }
        let pressed = ui.input(|i| i.pointer.press_origin());
        if response.drag_started_by(egui::PointerButton::Primary)
            && !locked
            && let Some(edge) = pressed.and_then(|at| gestures::edge_at(place, at))
        {
            editor.select_transition(clip.id);
            let drag = gestures::drag_of(ui, editor, clip, lanes);
            self.gesture = drag.map(|drag| Gesture::Transition(drag, transition, edge));
        }
        response.context_menu(|ui| {
            super::super::menu::items(ui, editor, super::super::menu::TRANSITIONS);
        });
    }

    /// A clip's fades, and the handles that make them while the pointer is over it.
    pub(super) fn fades(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        clip: &Clip,
        place: Rect,
        lanes: Rect,
        locked: bool,
    ) {
        let (fade_in, fade_out) = clip.fades();
        let painter = ui.painter().with_clip_rect(place.intersect(lanes));
        let top = place.min.y + 16.0;
        let inner = clip.start + fade_in;
        let outer = clip.end() - fade_out;
        let (risen, falls) = (x_of(editor, lanes, inner), x_of(editor, lanes, outer));
        let shade = Color32::from_black_alpha(130);
        let line = Stroke::new(1.0, Color32::from_gray(0xc8));
        if fade_in > FrameCount::ZERO {
            let corners = vec![pos2(place.min.x, top), pos2(risen, top), pos2(place.min.x, place.max.y)];
            painter.add(egui::Shape::convex_polygon(corners, shade, Stroke::NONE));
            painter.line_segment([pos2(place.min.x, place.max.y), pos2(risen, top)], line);
        }
        if fade_out > FrameCount::ZERO {
            let corners = vec![pos2(falls, top), pos2(place.max.x, top), pos2(place.max.x, place.max.y)];
            painter.add(egui::Shape::convex_polygon(corners, shade, Stroke::NONE));
            painter.line_segment([pos2(falls, top), pos2(place.max.x, place.max.y)], line);
        }
        let hovered = ui.ctx().pointer_hover_pos().is_some_and(|at| place.contains(at) && lanes.contains(at));
        let dragging = matches!(&self.gesture, Some(Gesture::Fade(drag, _)) if drag.is_of(clip.id));
        if locked || editor.tool != Tool::Select || place.width() < WIDE || !(hovered || dragging) {
            return;
        }
        let half = HANDLE / 2.0;
        let sides = [
            (Edge::In, (risen.max(place.min.x) + half).min(place.max.x - half), "Fade in"),
            (Edge::Out, (falls.min(place.max.x) - half).max(place.min.x + half), "Fade out"),
        ];
        for (edge, x, name) in sides {
            let handle = Rect::from_center_size(pos2(x, top + half), vec2(HANDLE, HANDLE));
            if !lanes.contains_rect(handle) {
                continue;
            }
            let response = ui.interact(handle.expand(1.5), ui.scope_id().with((name, clip.id)), Sense::drag());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Slider, true, format!("{name} {}", clip.content.name))
            });
            let color = if response.hovered() || response.dragged() { theme::ACCENT } else { Color32::from_gray(0xe8) };
            painter.circle(handle.center(), half - 0.5, color, Stroke::new(1.0, theme::BACKGROUND));
            if response.hovered() && self.gesture.is_none() {
                ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
            }
            if response.drag_started_by(egui::PointerButton::Primary) {
                let drag = gestures::drag_of(ui, editor, clip, lanes);
                self.gesture = drag.map(|drag| Gesture::Fade(drag, edge));
            }
        }
    }
}

/// Commands for a clip under the pointer.
pub(super) fn clip_menu(ui: &mut Ui, editor: &mut Editor) {
    super::super::menu::items(
        ui,
        editor,
        &[Some(Action::Split), Some(Action::Delete), Some(Action::RippleDelete), None],
    );
    ui.menu_button("Transition", |ui| super::super::menu::items(ui, editor, super::super::menu::TRANSITIONS));
    ui.menu_button("Layout", |ui| super::super::menu::items(ui, editor, super::super::menu::LAYOUTS));
    super::super::menu::items(ui, editor, super::super::menu::CLIP);
}
