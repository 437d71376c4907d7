//! What the mouse does to clips: the result is shown while it is dragged, and committed on release.

use super::{Timeline, theme};
use crate::app::{Aside, Editor, Tool, Tried};
use crate::edit::{
    Edge, Edit, Landing, Limits, SnapPoints, move_limits, ripple_limits, roll_limits, slide_limits, slip_limits,
    trim_limits,
};
use crate::model::{Clip, ClipId, Frame, FrameCount, Property, Reach, TrackKind, Transition};
use egui::{CursorIcon, FontId, Key, Pos2, Rect, Ui, vec2};
use std::sync::Arc;

/// How near to an end of a clip the pointer trims it, in points.
const EDGE: f32 = 7.0;

/// How near to a snap point an edge is drawn to it, in points.
const SNAP: f64 = 9.0;

/// How near to the border of the lanes a drag scrolls, in points.
const SCROLL: f32 = 28.0;

/// A drag in progress.
pub(super) enum Gesture {
    Move(Drag),
    Trim(Drag, Edge),
    /// What follows moves along.
    Ripple(Drag, Edge),
    /// The cut after the clip.
    Roll(Drag),
    Slip(Drag),
    Slide(Drag),
    /// How long a transition is.
    Transition(Drag, Transition, Edge),
    /// How long a fade is.
    Fade(Drag, Edge),
    /// The view itself; the frame that was grabbed.
    Hand(f64),
    /// A frame around clips that are to be selected.
    Marquee {
        from: Pos2,
        to: Pos2,
    },
}

impl Gesture {
    /// What is dragged, if clips are.
    fn drag(&self) -> Option<&Drag> {
        match self {
            Self::Move(drag)
            | Self::Trim(drag, _)
            | Self::Ripple(drag, _)
            | Self::Roll(drag)
            | Self::Slip(drag)
            | Self::Slide(drag)
            | Self::Transition(drag, ..)
            | Self::Fade(drag, _) => Some(drag),
            Self::Marquee { .. } | Self::Hand(_) => None,
        }
    }
}

/// What is dragged and from where; what it has come to is the editor's trial.
pub(super) struct Drag {
    clip: Clip,
    clips: Vec<ClipId>,
    /// The frame, with its fraction, and the height that were grabbed.
    grabbed: (f64, f32),
    points: SnapPoints,
    label: String,
}

impl Drag {
    /// Whether it is this clip that is dragged.
    pub fn is_of(&self, clip: ClipId) -> bool {
        self.clip.id == clip
    }
}

/// The edge under the pointer; the middle of a narrow clip is never an edge.
pub(super) fn edge_at(place: Rect, at: Pos2) -> Option<Edge> {
    let reach = EDGE.min(place.width() / 4.0);
    if at.x - place.min.x <= reach {
        Some(Edge::In)
    } else if place.max.x - at.x <= reach {
        Some(Edge::Out)
    } else {
        None
    }
}

/// What the pointer looks like over a clip: what a drag from there would do.
pub(super) fn cursor(tool: Tool, edge: Option<Edge>) -> CursorIcon {
    match (tool, edge) {
        (Tool::Razor, _) => CursorIcon::Crosshair,
        (Tool::Ripple, Some(Edge::In)) => CursorIcon::ResizeWest,
        (Tool::Ripple, Some(Edge::Out)) => CursorIcon::ResizeEast,
        (Tool::Roll, Some(_)) => CursorIcon::ResizeColumn,
        (Tool::Slip, _) => CursorIcon::AllScroll,
        (Tool::Slide, _) => CursorIcon::Move,
        (Tool::Zoom, _) => CursorIcon::ZoomIn,
        (Tool::Select, Some(_)) => CursorIcon::ResizeHorizontal,
        (Tool::Select | Tool::Ripple | Tool::Roll | Tool::Hand, _) => CursorIcon::Grab,
    }
}

/// A text beside the pointer.
pub(super) fn label(ui: &Ui, at: Pos2, text: &str) {
    let layer = egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("gesture"));
    let painter = ui.ctx().layer_painter(layer);
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::monospace(11.5), theme::TEXT);
    let screen = ui.ctx().content_rect().shrink(4.0);
    let mut rect = Rect::from_min_size(at + vec2(16.0, -28.0), galley.size()).expand2(vec2(7.0, 3.0));
    if rect.max.x > screen.max.x {
        rect = rect.translate(vec2(screen.max.x - rect.max.x, 0.0));
    }
    painter.rect_filled(rect, 4.0, theme::RAISED);
    painter.galley(rect.min + vec2(7.0, 3.0), galley, theme::TEXT);
}

impl Timeline {
    /// Begins to move or trim a clip.
    pub(super) fn begin(&mut self, ui: &Ui, editor: &mut Editor, clip: &Clip, place: Rect, lanes: Rect) {
        let Some(origin) = ui.input(|i| i.pointer.press_origin()) else { return };
        let modifiers = ui.input(|i| i.modifiers);
        if modifiers.alt || !editor.selection.contains(&clip.id) {
            editor.select(clip.id, modifiers.shift && !modifiers.alt, modifiers.alt);
        }
        let edge = match editor.tool {
            Tool::Slip | Tool::Slide => None,
            _ => edge_at(place, origin),
        };
        // a cut is rolled from either side
        let rolled = match (editor.tool, edge) {
            (Tool::Roll, Some(Edge::In)) => editor.clip_before(clip),
            (Tool::Roll, Some(Edge::Out)) => Some(clip.clone()),
            _ => None,
        };
        let clip = rolled.as_ref().unwrap_or(clip);
        let mut clips: Vec<ClipId> = vec![clip.id];
        if edge.is_none() {
            clips.extend(editor.selection.iter().filter(|c| **c != clip.id));
        } else {
            let linked = editor.sequence().together(&clips, Reach::Links);
            clips.extend(linked.into_iter().map(|(_, c)| c.id).filter(|c| *c != clip.id));
        }
        let drag = new_drag(editor, clip, clips, origin, lanes);
        self.gesture = Some(match (editor.tool, edge) {
            (Tool::Ripple, Some(edge)) => Gesture::Ripple(drag, edge),
            (Tool::Roll, Some(_)) if rolled.is_some() => Gesture::Roll(drag),
            (Tool::Slip, _) => Gesture::Slip(drag),
            (Tool::Slide, _) => Gesture::Slide(drag),
            (_, Some(edge)) => Gesture::Trim(drag, edge),
            (_, None) => Gesture::Move(drag),
        });
    }

    /// Follows the pointer.
    pub(super) fn update_gesture(&mut self, ui: &Ui, editor: &mut Editor, lanes: Rect) {
        let Some(mut gesture) = self.gesture.take() else { return };
        let (pointer, down, escape) =
            ui.input(|i| (i.pointer.latest_pos(), i.pointer.primary_down(), i.key_pressed(Key::Escape)));
        let Some(pointer) = pointer.filter(|_| !escape) else {
            if editor.tries(Tried::ByHand) {
                editor.drop_trial();
            }
            return;
        };
        if !matches!(gesture, Gesture::Hand(_)) {
            auto_scroll(ui, editor, pointer, lanes);
        }
        match &mut gesture {
            Gesture::Marquee { from, to } => {
                *to = pointer;
                let rect = Rect::from_two_pos(*from, *to);
                self.select_in(editor, rect, lanes, ui.input(|i| i.modifiers));
            }
            Gesture::Move(drag) => {
                ui.set_cursor_icon(CursorIcon::Grabbing);
                self.follow_move(ui, editor, drag, pointer, lanes);
            }
            Gesture::Trim(drag, edge) => {
                ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
                self.follow_trim(ui, editor, drag, *edge, pointer, lanes);
            }
            Gesture::Ripple(drag, edge) => {
                ui.set_cursor_icon(cursor(Tool::Ripple, Some(*edge)));
                self.follow_ripple(ui, editor, drag, *edge, pointer, lanes);
            }
            Gesture::Roll(drag) => {
                ui.set_cursor_icon(CursorIcon::ResizeColumn);
                self.follow_roll(ui, editor, drag, pointer, lanes);
            }
            Gesture::Slip(drag) => {
                ui.set_cursor_icon(CursorIcon::AllScroll);
                follow_slip(ui, editor, drag, pointer, lanes);
            }
            Gesture::Hand(grabbed) => {
                ui.set_cursor_icon(CursorIcon::Grabbing);
                let now = editor.view.origin + f64::from(pointer.x - lanes.min.x) / editor.view.points_per_frame;
                editor.view.scroll((*grabbed - now) * editor.view.points_per_frame);
            }
            Gesture::Transition(drag, transition, edge) => {
                ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
                follow_transition(editor, drag, *transition, *edge, pointer, lanes);
            }
            Gesture::Fade(drag, edge) => {
                ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
                follow_fade(editor, drag, *edge, pointer, lanes);
            }
            Gesture::Slide(drag) => {
                ui.set_cursor_icon(CursorIcon::Move);
                self.follow_slide(ui, editor, drag, pointer, lanes);
            }
        }
        if let Some(drag) = gesture.drag().filter(|drag| !drag.label.is_empty()) {
            label(ui, pointer, &drag.label);
        }
        if down {
            self.gesture = Some(gesture);
        } else {
            editor.settle(Tried::ByHand);
        }
    }

    fn follow_move(&mut self, ui: &Ui, editor: &mut Editor, drag: &mut Drag, pointer: Pos2, lanes: Rect) {
        let modifiers = ui.input(|i| i.modifiers);
        let wanted = wanted(editor, drag, pointer, lanes);
        let limits = move_limits(editor.project(), &drag.clips, true);
        let mut by = limits.clamp(wanted);
        if editor.snapping {
            let moving = editor.selected_clips();
            let edges: Vec<Frame> = moving.iter().flat_map(|(_, c)| [c.start, c.end()]).collect();
            let reach = editor.view.count_near(SNAP);
            if let Some(snapped) = drag.points.snap(&edges, wanted, reach).filter(|s| limits.clamp(s.by) == s.by) {
                by = snapped.by;
                self.snap_line = Some(snapped.at);
            }
        }
        let landing = if modifiers.command { Landing::Insert } else { Landing::Overwrite };
        let to = self.aside(editor, drag, pointer.y);
        let edit = editor.move_edit(drag.clip.id, &drag.clips, by, to, landing);
        let target = editor.timecode(drag.clip.start + by);
        drag.label = format!("{}   {target}", signed(editor, by));
        show(editor, edit, None);
    }

    fn follow_trim(&mut self, ui: &Ui, editor: &mut Editor, drag: &mut Drag, edge: Edge, pointer: Pos2, lanes: Rect) {
        let alone = ui.input(|i| i.modifiers.alt);
        let limits = trim_limits(editor.project(), drag.clip.id, edge, alone);
        let at = if edge == Edge::In { drag.clip.start } else { drag.clip.end() };
        let by = self.snapped(editor, drag, at, limits, wanted(editor, drag, pointer, lanes));
        let edit = Edit::Trim { clip: drag.clip.id, edge, by, alone };
        let length = if edge == Edge::In { drag.clip.length - by } else { drag.clip.length + by };
        drag.label = format!("{}   {}", signed(editor, by), editor.timecode(Frame(length.0)));
        let shown = if edge == Edge::In { at + by } else { at + by - FrameCount(1) };
        show(editor, edit, Some(shown));
    }

    /// A change of the frame `at`, drawn to a snap point near it, within its limits.
    fn snapped(&mut self, editor: &Editor, drag: &Drag, at: Frame, limits: Limits, wanted: FrameCount) -> FrameCount {
        let reach = editor.view.count_near(SNAP);
        let found = if editor.snapping { drag.points.snap(&[at], wanted, reach) } else { None };
        match found.filter(|s| limits.clamp(s.by) == s.by) {
            Some(snapped) => {
                self.snap_line = Some(snapped.at);
                snapped.by
            }
            None => limits.clamp(wanted),
        }
    }

    fn follow_ripple(&mut self, ui: &Ui, editor: &mut Editor, drag: &mut Drag, edge: Edge, pointer: Pos2, lanes: Rect) {
        let alone = ui.input(|i| i.modifiers.alt);
        let limits = ripple_limits(editor.project(), drag.clip.id, edge, alone);
        let at = if edge == Edge::In { drag.clip.start } else { drag.clip.end() };
        let by = self.snapped(editor, drag, at, limits, wanted(editor, drag, pointer, lanes));
        let edit = Edit::Ripple { clip: drag.clip.id, edge, by, sync_lock: editor.sync_lock, alone };
        let length = if edge == Edge::In { drag.clip.length - by } else { drag.clip.length + by };
        drag.label = format!("{}   {}", signed(editor, by), editor.timecode(Frame(length.0)));
        let shown = if edge == Edge::In { drag.clip.start } else { at + by - FrameCount(1) };
        show(editor, edit, Some(shown));
    }

    fn follow_roll(&mut self, ui: &Ui, editor: &mut Editor, drag: &mut Drag, pointer: Pos2, lanes: Rect) {
        let alone = ui.input(|i| i.modifiers.alt);
        let limits = roll_limits(editor.project(), drag.clip.id, alone);
        let at = drag.clip.end();
        let by = self.snapped(editor, drag, at, limits, wanted(editor, drag, pointer, lanes));
        drag.label = format!("{}   {}", signed(editor, by), editor.timecode(at + by));
        let edit = Edit::Roll { left: drag.clip.id, by, alone };
        show(editor, edit, Some(at + by));
    }

    fn follow_slide(&mut self, ui: &Ui, editor: &mut Editor, drag: &mut Drag, pointer: Pos2, lanes: Rect) {
        let alone = ui.input(|i| i.modifiers.alt);
        let limits = slide_limits(editor.project(), drag.clip.id, alone);
        let at = drag.clip.start;
        let by = self.snapped(editor, drag, at, limits, wanted(editor, drag, pointer, lanes));
        drag.label = format!("{}   {}", signed(editor, by), editor.timecode(at + by));
        let edit = Edit::Slide { clip: drag.clip.id, by, alone };
        show(editor, edit, Some(at + by));
    }

    /// The track of the grabbed clip's kind that is nearest to a height, or a new one above (for sound, below) all of them.
    fn aside(&self, editor: &Editor, drag: &Drag, y: f32) -> Aside {
        let Some((own, kind)) = editor.sequence().clip(drag.clip.id).map(|(t, _)| (t.id, t.kind)) else {
            return Aside::New;
        };
        let rows = || self.rows.iter().filter(|r| r.kind == kind);
        let beside = match kind {
            TrackKind::Video => rows().next().is_some_and(|top| y < top.top - super::GAP),
            TrackKind::Audio => rows().next_back().is_some_and(|low| y >= low.top + low.height + super::GAP),
        };
        if beside {
            return Aside::New;
        }
        let distance = |r: &&super::Row| (r.top + r.height / 2.0 - y).abs();
        let nearest = rows().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        Aside::Track(nearest.map_or(own, |r| r.track))
    }

    fn select_in(&self, editor: &mut Editor, rect: Rect, lanes: Rect, modifiers: egui::Modifiers) {
        let (extend, alone) = (modifiers.shift || modifiers.command, modifiers.alt);
        let from = editor.view.frame_under(f64::from(rect.min.x - lanes.min.x));
        let to = editor.view.frame_under(f64::from(rect.max.x - lanes.min.x)) + FrameCount(1);
        let span = crate::model::Span::between(from, to);
        let rows = self.rows.iter().filter(|r| r.top < rect.max.y && r.top + r.height > rect.min.y);
        let sequence = Arc::clone(editor.sequence());
        let found: Vec<ClipId> = rows
            .filter_map(|r| sequence.track(r.track))
            .flat_map(|t| t.clips.range(span).map(|c| c.id).collect::<Vec<_>>())
            .collect();
        editor.select_clips(&found, extend, alone);
    }
}

/// A drag of something that belongs to a clip.
pub(super) fn drag_of(ui: &Ui, editor: &Editor, clip: &Clip, lanes: Rect) -> Option<Drag> {
    let origin = ui.input(|i| i.pointer.press_origin())?;
    Some(new_drag(editor, clip, vec![clip.id], origin, lanes))
}

fn new_drag(editor: &Editor, clip: &Clip, clips: Vec<ClipId>, origin: Pos2, lanes: Rect) -> Drag {
    let x = f64::from(origin.x - lanes.min.x);
    Drag {
        clip: clip.clone(),
        points: SnapPoints::new(editor.sequence(), &clips, Some(editor.playhead)),
        clips,
        grabbed: (editor.view.origin + x / editor.view.points_per_frame, origin.y),
        label: String::new(),
    }
}

/// Longer or shorter on the side that is dragged, as far as there is media.
fn follow_transition(editor: &mut Editor, drag: &mut Drag, old: Transition, edge: Edge, pointer: Pos2, lanes: Rect) {
    let by = wanted(editor, drag, pointer, lanes);
    let right = drag.clip.id;
    // from what is wanted back to what it was: the first that is legal
    let mut by = by;
    loop {
        let (before, after) = match edge {
            Edge::In => (old.before - by, old.after()),
            Edge::Out => (old.before, old.after() + by),
        };
        let (before, after) = (before.max(FrameCount::ZERO), after.max(FrameCount::ZERO));
        let new = Transition { kind: old.kind, length: before + after, before };
        let edit = Edit::SetTransition { right, transition: Some(new), alone: false };
        let shown = new.length > FrameCount::ZERO && show(editor, edit, Some(drag.clip.start));
        if shown || by == FrameCount::ZERO {
            drag.label = format!("{} frames", new.length.0);
            return;
        }
        by = FrameCount(by.0 - by.0.signum());
    }
}

/// The handle of a fade, as far as the clip goes.
fn follow_fade(editor: &mut Editor, drag: &mut Drag, edge: Edge, pointer: Pos2, lanes: Rect) {
    let by = wanted(editor, drag, pointer, lanes);
    let (fade_in, fade_out) = drag.clip.fades();
    let room = |other: FrameCount| drag.clip.length - other;
    let (property, frames, shown) = match edge {
        Edge::In => {
            let frames = (fade_in + by).clamp(FrameCount::ZERO, room(fade_out));
            (Property::FadeIn(frames), frames, drag.clip.start)
        }
        Edge::Out => {
            let frames = (fade_out - by).clamp(FrameCount::ZERO, room(fade_in));
            (Property::FadeOut(frames), frames, drag.clip.end() - FrameCount(1))
        }
    };
    drag.label = format!("{} frames", frames.0);
    let edit = Edit::SetProperty { clips: drag.clips.clone(), property };
    show(editor, edit, Some(shown));
}

/// How far the pointer has come, in frames; scrolling counts.
fn wanted(editor: &Editor, drag: &Drag, pointer: Pos2, lanes: Rect) -> FrameCount {
    let now = editor.view.origin + f64::from(pointer.x - lanes.min.x) / editor.view.points_per_frame;
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    FrameCount((now - drag.grabbed.0).round() as i64)
}

/// The media follow the pointer: to the right shows earlier media.
fn follow_slip(ui: &Ui, editor: &mut Editor, drag: &mut Drag, pointer: Pos2, lanes: Rect) {
    let alone = ui.input(|i| i.modifiers.alt);
    let clips = vec![drag.clip.id];
    let by = slip_limits(editor.project(), &clips, alone).clamp(-wanted(editor, drag, pointer, lanes));
    let rate = editor.sequence().rate;
    let source = rate.frame_nearest(drag.clip.source_in + rate.duration_of(by));
    drag.label = format!("{}   in {}", signed(editor, by), editor.timecode(source));
    let start = drag.clip.start;
    show(editor, Edit::Slip { clips, by, alone }, Some(start));
}

/// Tries what the hand has come to; whether it is what is shown now.
fn show(editor: &mut Editor, edit: Edit, frame: Option<Frame>) -> bool {
    editor.try_edit(Tried::ByHand, edit, frame)
}

fn signed(editor: &Editor, by: FrameCount) -> String {
    let sign = if by.0 < 0 { "-" } else { "+" };
    format!("{sign}{}", editor.timecode(Frame(by.0.abs())))
}

/// Near the border the timeline moves on under the pointer.
fn auto_scroll(ui: &Ui, editor: &mut Editor, pointer: Pos2, lanes: Rect) {
    let beyond = if pointer.x > lanes.max.x - SCROLL {
        pointer.x - (lanes.max.x - SCROLL)
    } else if pointer.x < lanes.min.x + SCROLL {
        pointer.x - (lanes.min.x + SCROLL)
    } else {
        return;
    };
    let seconds = ui.input(|i| i.stable_dt.min(0.1));
    editor.view.scroll(f64::from(beyond.clamp(-SCROLL, SCROLL) * 20.0 * seconds));
    ui.ctx().request_repaint();
}
