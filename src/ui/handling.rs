//! Pictures in the viewer that are taken by the hand: a click selects one, a drag moves it, a drag at a corner makes it
//! larger or smaller.

use super::theme;
use crate::app::{Editor, Posed, Tried};
use egui::{CursorIcon, Key, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

/// How near to a corner the pointer takes it, in points.
const CORNER: f32 = 9.0;

/// A picture that is dragged.
#[derive(Clone, Debug)]
pub struct Held {
    posed: Posed,
    from: Pos2,
    /// Whether at a corner.
    corner: bool,
}

/// What the hand does in the picture, which lies in `area`; the frame of what is selected is drawn there.
pub fn show(ui: &mut Ui, editor: &mut Editor, area: Rect, held: &mut Option<Held>) {
    let response = ui.interact(area, ui.scope_id().with("picture"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Picture"));
    let unit = area.width() / f32::max(1.0, pixels(editor.sequence().width));
    let corners = |posed: &Posed| posed.corners().map(|c| on_screen(area, unit, c));
    let alone = editor.posed_alone().filter(|_| !editor.playing());
    if held.is_some() && ui.input(|i| i.key_pressed(Key::Escape)) {
        *held = None;
        editor.drop_trial();
    }
    let taken = |at: Pos2| alone.as_ref().filter(|posed| corners(posed).iter().any(|c| c.distance(at) < CORNER));
    if response.drag_started_by(egui::PointerButton::Primary)
        && let Some(from) = ui.input(|i| i.pointer.press_origin())
    {
        let corner = taken(from).cloned();
        let frame = (editor.sequence().width, editor.sequence().height);
        // what fills the frame is not moved by a slip of the hand: it must be selected first
        let free = |posed: &Posed| editor.selection.contains(&posed.clip) || !posed.covers(frame);
        let posed = corner.clone().or_else(|| editor.posed_at(in_frame(area, unit, from)).filter(free));
        if let Some(posed) = &posed
            && !editor.selection.contains(&posed.clip)
        {
            editor.select(posed.clip, false, false);
        }
        *held = posed.map(|posed| Held { posed, from, corner: corner.is_some() });
    } else if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
    {
        let modifiers = ui.input(|i| i.modifiers);
        match editor.posed_at(in_frame(area, unit, at)) {
            Some(posed) => editor.select(posed.clip, modifiers.shift || modifiers.command, modifiers.alt),
            None => editor.select_none(),
        }
        let alone = editor.posed_alone().and_then(|posed| editor.sequence().clip(posed.clip));
        if response.double_clicked() && alone.is_some_and(|(_, clip)| editor.is_title(&clip)) {
            editor.request = Some(crate::app::Request::TypeTitle);
        }
    }
    let painter = ui.painter().with_clip_rect(area.expand(CORNER));
    if let (Some(held), Some(at)) = (held.as_ref(), response.interact_pointer_pos()) {
        if held.corner {
            let center = on_screen(area, unit, held.posed.pose.center);
            let times = center.distance(at) / center.distance(held.from).max(1.0);
            editor.try_to_scale(&held.posed, f64::from(times));
        } else {
            let by = (at - held.from) / unit.max(1e-6);
            let (across, down) = editor.try_to_move(&held.posed, (f64::from(by.x), f64::from(by.y)));
            let line = Stroke::new(1.0, theme::SNAP);
            if let Some(x) = across {
                painter.vline(on_screen(area, unit, (x, 0.0)).x, area.y_range(), line);
            }
            if let Some(y) = down {
                painter.hline(area.x_range(), on_screen(area, unit, (0.0, y)).y, line);
            }
        }
    }
    if response.drag_stopped() && held.take().is_some() {
        editor.settle(Tried::ByHand);
    }
    if let Some(at) = response.hover_pos() {
        if taken(at).is_some() || held.as_ref().is_some_and(|h| h.corner) {
            ui.set_cursor_icon(CursorIcon::ResizeNwSe);
        } else if held.is_some() {
            ui.set_cursor_icon(CursorIcon::Grabbing);
        }
    }
    // where it has come to meanwhile
    if let Some(posed) = editor.posed_alone().filter(|_| !editor.playing()) {
        let corners = corners(&posed);
        painter.add(Shape::closed_line(corners.to_vec(), Stroke::new(1.0, theme::ACCENT)));
        for corner in corners {
            // those on the frame's edge are seen whole
            let handle = Rect::from_center_size(corner, Vec2::splat(7.0));
            painter.rect_filled(handle, 1.0, theme::ACCENT);
        }
    }
}

/// Gives a field the keyboard, with some of its letters chosen: what is typed takes their place.
pub fn choose(
    ui: &Ui,
    field: &egui::Response,
    mut state: egui::text_edit::TextEditState,
    letters: std::ops::Range<usize>,
) {
    let [from, to] = [letters.start, letters.end].map(egui::text::CCursor::new);
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(from, to)));
    state.store(ui.ctx(), field.id);
    field.request_focus();
}

#[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
fn pixels(n: u32) -> f32 {
    n as f32
}

#[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
fn on_screen(area: Rect, unit: f32, (x, y): (f64, f64)) -> Pos2 {
    area.min + vec2(x as f32, y as f32) * unit
}

fn in_frame(area: Rect, unit: f32, at: Pos2) -> (f64, f64) {
    let at = pos2(at.x - area.min.x, at.y - area.min.y) / unit.max(1e-6);
    (f64::from(at.x), f64::from(at.y))
}
