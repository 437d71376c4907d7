//! The timeline panel: ruler, tracks, clips and what the mouse does to them.

mod clips;
mod drops;
mod gestures;
mod headers;
mod overlays;
mod overview;
mod ruler;

use super::textures::Textures;
use super::{theme, viewer};
use crate::app::{Action, Editor, Onto, Tool};
use crate::model::{ClipId, Frame, FrameCount, Project, Span, TrackId, TrackKind};
use egui::{CursorIcon, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_material_icons::icons;
use gestures::Gesture;
use std::sync::Arc;

const TOOLBAR: f32 = 32.0;
const RULER: f32 = 32.0;
const HEADER: f32 = 136.0;
const VIDEO_ROW: f32 = 62.0;
const AUDIO_ROW: f32 = 48.0;
const GAP: f32 = 2.0;
/// Room between the lowest video track and the first audio track.
const DIVIDER: f32 = 7.0;

/// A track's place on the screen.
#[derive(Clone, Copy, Debug)]
struct Row {
    track: TrackId,
    kind: TrackKind,
    top: f32,
    height: f32,
}

impl Row {
    fn rect(self, lanes: Rect) -> Rect {
        Rect::from_min_max(pos2(lanes.min.x, self.top), pos2(lanes.max.x, self.top + self.height))
    }
}

/// What the panel keeps from frame to frame.
#[derive(Default)]
pub struct Timeline {
    gesture: Option<Gesture>,
    lanes: Option<Rect>,
    rows: Vec<Row>,
    scroll_y: f32,
    /// How high all tracks are.
    total: f32,
    /// Where the snap line is drawn while something is dragged.
    snap_line: Option<Frame>,
    /// A marker that is dragged: from where, and to where it has come.
    marker: Option<(Frame, Frame)>,
    headers: headers::Headers,
    drops: drops::Drops,
}

impl Timeline {
    pub fn show(&mut self, ui: &mut Ui, editor: &mut Editor, textures: &mut Textures) {
        let whole = ui.available_rect_before_wrap();
        ui.allocate_rect(whole, Sense::hover());
        let toolbar = Rect::from_min_size(whole.min, vec2(whole.width(), TOOLBAR));
        ui.scope_builder(egui::UiBuilder::new().max_rect(toolbar.shrink2(vec2(8.0, 2.0))), |ui| tools(ui, editor));
        let ruler =
            Rect::from_min_max(pos2(whole.min.x + HEADER, toolbar.max.y), pos2(whole.max.x, toolbar.max.y + RULER));
        let bar = Rect::from_min_max(pos2(ruler.min.x, whole.max.y - overview::HEIGHT), whole.max);
        let lanes = Rect::from_min_max(pos2(ruler.min.x, ruler.max.y), pos2(whole.max.x, bar.min.y));
        self.lanes = Some(lanes);
        editor.view.set_width(f64::from(lanes.width()));
        editor.view.set_end(editor.shown_project().sequence().end());
        self.lay_out(editor, lanes);
        self.wheel(ui, editor, lanes.union(ruler));

        self.update_gesture(ui, editor, lanes);
        let project = Arc::clone(editor.shown_project());
        ui.painter().rect_filled(lanes, 0.0, theme::BACKGROUND);
        self.background(ui, editor, &project, lanes);
        self.clips(ui, editor, &project, textures, lanes);
        editor.see_strips(textures.take_seen());
        self.drop_target(ui, editor, lanes);
        self.headers.show(
            ui,
            editor,
            &self.rows,
            Rect::from_min_max(pos2(whole.min.x, lanes.min.y), pos2(lanes.min.x, whole.max.y)),
        );
        self.scroll_y = overview::beside(ui, lanes, self.scroll_y, self.total);
        overview::below(ui, editor, bar);
        Self::ruler(ui, editor, ruler);
        self.markers(ui, editor, ruler);
        self.lines(ui, editor, ruler, lanes);
    }

    /// The tracks and the frame under a point of the screen, if it is on the lanes: above the pictures' tracks and below the
    /// sounds' new ones are meant.
    pub fn place_under(&self, editor: &Editor, at: Pos2) -> Option<(Onto, Frame)> {
        let lanes = self.lanes.filter(|l| l.contains(at))?;
        let frame = editor.view.frame_near(f64::from(at.x - lanes.min.x));
        Some((self.onto(at.y), frame))
    }

    /// The tracks that are meant at a height. What lies between two tracks belongs to the nearer one.
    fn onto(&self, y: f32) -> Onto {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else { return Onto::New };
        if y < first.top - GAP || y >= last.top + last.height + GAP {
            return Onto::New;
        }
        let distance = |r: &&Row| (r.top + r.height / 2.0 - y).abs() - r.height / 2.0;
        self.rows.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(Onto::New, |r| Onto::Track(r.track))
    }

    /// Video tracks from the highest down, then the audio tracks. Tracks that a drag would make have no row: what is under
    /// the hand must not move away from it.
    fn lay_out(&mut self, editor: &Editor, lanes: Rect) {
        let (sequence, shown) = (editor.sequence(), editor.shown_project().sequence());
        let folded = |t: &crate::model::Track| self.headers.is_folded(editor, t.id);
        let height = |t: &crate::model::Track, usual| {
            let tall = shown.track(t.id).map_or(t.height, |t| t.height);
            if folded(t) { headers::FOLDED } else { usual * f32::from(tall) / 100.0 }
        };
        let video = sequence.tracks_of(TrackKind::Video).rev();
        let video = video.map(|t| (t.id, TrackKind::Video, height(t, VIDEO_ROW)));
        let audio = sequence.tracks_of(TrackKind::Audio).map(|t| (t.id, TrackKind::Audio, height(t, AUDIO_ROW)));
        let tracks: Vec<_> = video.chain(audio).collect();
        let total: f32 = tracks.iter().map(|(_, _, h)| h + GAP).sum::<f32>() + DIVIDER + 24.0;
        self.total = total;
        self.scroll_y = self.scroll_y.clamp(0.0, (total - lanes.height()).max(0.0));
        // few tracks stand in the middle of the panel
        let slack = ((lanes.height() - total) / 2.0).clamp(0.0, 40.0);
        // room to drop something on, above the tracks and below them
        let mut top = lanes.min.y + 12.0 + slack - self.scroll_y;
        let mut last = None;
        self.rows.clear();
        for (track, kind, height) in tracks {
            if last.is_some_and(|l| l != kind) {
                top += DIVIDER;
            }
            self.rows.push(Row { track, kind, top, height });
            top += height + GAP;
            last = Some(kind);
        }
    }

    fn wheel(&mut self, ui: &Ui, editor: &mut Editor, area: Rect) {
        let Some(pointer) = ui.ctx().pointer_hover_pos().filter(|p| area.contains(*p) && ui.ui_contains_pointer())
        else {
            return;
        };
        let (delta, zoom, shift) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta(), i.modifiers.shift));
        if (zoom - 1.0).abs() > f32::EPSILON {
            editor.view.zoom(f64::from(zoom), f64::from(pointer.x - area.min.x));
            return;
        }
        let (sideways, vertical) = if shift && delta.x == 0.0 { (delta.y, 0.0) } else { (delta.x, delta.y) };
        if sideways != 0.0 {
            editor.view.scroll(-f64::from(sideways));
        }
        self.scroll_y -= vertical;
    }

    fn background(&self, ui: &Ui, editor: &Editor, project: &Project, lanes: Rect) {
        let painter = ui.painter().with_clip_rect(lanes);
        for row in &self.rows {
            let locked = project.sequence().track(row.track).is_some_and(|t| t.locked);
            painter.rect_filled(row.rect(lanes), 0.0, if locked { theme::BACKGROUND } else { theme::LANE });
        }
        if editor.mark_in.is_some() || editor.mark_out.is_some() {
            let span = editor.marked().unwrap_or_default();
            let (from, to) = (x_of(editor, lanes, span.start), x_of(editor, lanes, span.end()));
            let marked = Rect::from_x_y_ranges(from..=to, lanes.y_range());
            painter.rect_filled(marked, 0.0, theme::ACCENT.gamma_multiply(0.07));
            for mark in [editor.mark_in, editor.mark_out].into_iter().flatten() {
                painter.vline(x_of(editor, lanes, mark), lanes.y_range(), Stroke::new(1.0, theme::ACCENT));
            }
        }
    }

    fn clips(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        project: &Arc<Project>,
        textures: &mut Textures,
        lanes: Rect,
    ) {
        // a click or a drag that no clip takes belongs to the lanes
        let background = ui.interact(lanes, ui.scope_id().with("lanes"), Sense::click_and_drag());
        self.on_background(ui, editor, &background, lanes);
        let visible = visible(editor);
        for row in self.rows.clone() {
            let rect = row.rect(lanes);
            if rect.max.y < lanes.min.y || rect.min.y > lanes.max.y {
                continue;
            }
            let Some(track) = project.sequence().track(row.track).cloned() else { continue };
            // the lines lie over all slivers: the next one would cover most of a line
            let (mut slivers, mut cuts) = (egui::Mesh::default(), egui::Mesh::default());
            let mut last_cut = f32::NEG_INFINITY;
            for clip in track.clips.range(visible) {
                let from = x_of(editor, lanes, clip.start);
                let to = x_of(editor, lanes, clip.end());
                let place = Rect::from_min_max(pos2(from, rect.min.y), pos2(to.max(from + 1.0), rect.max.y));
                let selected = editor.selection.contains(&clip.id);
                if place.width() < 3.0 {
                    let colors = clips::colors(project, &clip, row.kind, track.muted);
                    slivers.add_colored_rect(place, if selected { theme::ACCENT } else { colors.1 });
                    // cuts are lines, as many as can be told apart
                    if from - last_cut >= 2.5 {
                        let line = Rect::from_x_y_ranges(from..=from + 0.7, place.y_range());
                        cuts.add_colored_rect(line, theme::BACKGROUND);
                        last_cut = from;
                    }
                    continue;
                }
                clips::paint(
                    ui,
                    editor,
                    textures,
                    &clips::Painted {
                        clip: &clip,
                        project,
                        kind: row.kind,
                        place,
                        lanes,
                        selected,
                        muted: track.muted,
                    },
                );
                self.on_clip(ui, editor, &clip, place, lanes, track.locked);
                self.fades(ui, editor, &clip, place, lanes, track.locked);
            }
            for mesh in [slivers, cuts] {
                ui.painter().with_clip_rect(lanes).add(mesh);
            }
            self.transitions(ui, editor, &track, rect, lanes);
        }
        if self.gesture.is_some() {
            self.moved_beside(ui, editor, project, lanes);
        }
        if let Some(Gesture::Marquee { from, to }) = &self.gesture {
            let rect = Rect::from_two_pos(*from, *to);
            let painter = ui.painter().with_clip_rect(lanes);
            painter.rect_filled(rect, 0.0, theme::ACCENT.gamma_multiply(0.12));
            painter.rect_stroke(rect, 0.0, Stroke::new(1.0, theme::ACCENT), StrokeKind::Inside);
        }
    }

    /// The ruler scrubs.
    fn ruler(ui: &mut Ui, editor: &mut Editor, area: Rect) {
        ruler::paint(ui, editor, area);
        let response = ui.interact(area, ui.scope_id().with("ruler"), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Playhead"));
        if (response.dragged() || response.clicked() || response.drag_started())
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let mut frame = editor.view.frame_near(f64::from(pointer.x - area.min.x));
            if editor.snapping {
                let points = crate::edit::SnapPoints::new(editor.sequence(), &[], None);
                let reach = editor.view.count_near(6.0);
                frame = points.snap(&[frame], FrameCount::ZERO, reach).map_or(frame, |s| s.at);
            }
            if frame != editor.playhead || response.clicked() {
                editor.seek(frame);
            }
        }
    }

    /// Markers: dragged along the ruler, named by a double click.
    fn markers(&mut self, ui: &mut Ui, editor: &mut Editor, ruler: Rect) {
        let painter = ui.painter().with_clip_rect(ruler);
        let visible = visible(editor);
        let markers = Arc::clone(&editor.sequence().markers);
        let first = markers.partition_point(|m| m.at < visible.start);
        for marker in markers[first..].iter().take_while(|m| m.at <= visible.end()) {
            let dragged = self.marker.filter(|(from, _)| *from == marker.at).map(|(_, to)| to);
            let x = x_of(editor, ruler, dragged.unwrap_or(marker.at));
            let (top, half) = (ruler.max.y - 15.0, 4.0);
            let shape = [(-half, 0.0), (half, 0.0), (half, 9.0), (0.0, 14.0), (-half, 9.0)];
            let shape = shape.iter().map(|(dx, dy)| pos2(x + dx, top + dy)).collect();
            painter.add(egui::Shape::convex_polygon(shape, theme::marker(marker.color), Stroke::NONE));
            let area = Rect::from_min_size(pos2(x - 6.0, top - 2.0), vec2(12.0, 17.0));
            let response = ui.interact(area, ui.scope_id().with(("marker", marker.at)), Sense::click_and_drag());
            let name = if marker.name.is_empty() { "Marker" } else { &marker.name };
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
            if response.clicked() {
                editor.seek(marker.at);
            }
            if response.double_clicked() {
                editor.request = Some(crate::app::Request::Name(crate::app::Naming::Marker(marker.at)));
            }
            if response.dragged()
                && let Some(at) = response.interact_pointer_pos()
            {
                let to = editor.view.frame_near(f64::from(at.x - ruler.min.x)).max(Frame::ZERO);
                self.marker = Some((marker.at, to));
                gestures::label(ui, at, &editor.timecode(to));
            }
            if response.drag_stopped()
                && let Some((from, to)) = self.marker.take()
                && from != to
            {
                editor.commit(&crate::edit::Edit::MoveMarker { from, to });
            }
            // not over the dialog that its own double click has opened
            if ui.memory(|m| m.top_modal_layer().is_none()) {
                response.clone().on_hover_text(format!("{name}  {}", editor.timecode(marker.at)));
            }
            response.context_menu(|ui| {
                if ui.button("Edit Marker…").clicked() {
                    editor.request = Some(crate::app::Request::Name(crate::app::Naming::Marker(marker.at)));
                    ui.close();
                }
                if ui.button("Remove Marker").clicked() {
                    editor.commit(&crate::edit::Edit::RemoveMarker(marker.at));
                    ui.close();
                }
            });
        }
    }

    /// The playhead and the snap line.
    fn lines(&mut self, ui: &Ui, editor: &Editor, ruler: Rect, lanes: Rect) {
        let both = ruler.union(lanes);
        let painter = ui.painter().with_clip_rect(both);
        if let Some(frame) = self.snap_line.take() {
            let x = x_of(editor, lanes, frame);
            painter.vline(x, lanes.y_range(), Stroke::new(1.5, theme::SNAP));
        }
        let x = x_of(editor, lanes, editor.playhead);
        // below the times, which it must not cover
        let (top, half) = (ruler.max.y - 17.0, 6.0);
        painter.vline(x, top..=lanes.max.y, Stroke::new(1.0, theme::PLAYHEAD));
        painter.add(egui::Shape::convex_polygon(
            vec![
                pos2(x - half, top),
                pos2(x + half, top),
                pos2(x + half, top + 8.0),
                pos2(x, top + 16.0),
                pos2(x - half, top + 8.0),
            ],
            theme::PLAYHEAD,
            Stroke::NONE,
        ));
    }

    fn on_background(&mut self, ui: &mut Ui, editor: &mut Editor, response: &egui::Response, lanes: Rect) {
        if self.on_view(ui, editor, response, lanes) {
            return;
        }
        if response.clicked() && !ui.input(|i| i.modifiers.shift || i.modifiers.command) {
            editor.select_none();
            if let Some(at) = response.interact_pointer_pos() {
                editor.seek(editor.view.frame_near(f64::from(at.x - lanes.min.x)));
            }
        }
        if response.drag_started_by(egui::PointerButton::Primary)
            && self.gesture.is_none()
            && let Some(at) = ui.input(|i| i.pointer.press_origin())
        {
            self.gesture = Some(Gesture::Marquee { from: at, to: at });
        }
        let pressed = response.interact_pointer_pos().or(ui.ctx().pointer_hover_pos());
        let place = pressed.and_then(|at| self.place_under(editor, at));
        response.context_menu(|ui| {
            if let Some((Onto::Track(track), at)) = place
                && ui.button("Close Gap").clicked()
            {
                let sync_lock = editor.sync_lock;
                editor.commit(&crate::edit::Edit::CloseGap { track, at, sync_lock });
                ui.close();
            }
            for action in [Action::AddVideoTrack, Action::AddAudioTrack] {
                if ui.button(action.title()).clicked() {
                    editor.perform(action);
                    ui.close();
                }
            }
        });
    }

    fn on_clip(
        &mut self,
        ui: &mut Ui,
        editor: &mut Editor,
        clip: &crate::model::Clip,
        place: Rect,
        lanes: Rect,
        locked: bool,
    ) {
        let area = place.intersect(lanes);
        if area.width() <= 0.0 || area.height() <= 0.0 {
            return;
        }
        let response = ui.interact(area, ui.scope_id().with(("clip", clip.id)), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &clip.content.name));
        let modifiers = ui.input(|i| i.modifiers);
        if editor.tool == Tool::Razor {
            if response.hovered() {
                ui.set_cursor_icon(CursorIcon::Crosshair);
            }
            if response.clicked()
                && let Some(at) = response.interact_pointer_pos()
            {
                Self::cut(editor, clip.id, at, lanes, modifiers);
            }
            return;
        }
        if self.on_view(ui, editor, &response, lanes) {
            return;
        }
        let edge = response.hover_pos().and_then(|at| gestures::edge_at(place, at));
        if response.hovered() && !locked && self.gesture.is_none() {
            ui.set_cursor_icon(gestures::cursor(editor.tool, edge));
        }
        if response.clicked() || response.secondary_clicked() {
            let keep = response.secondary_clicked() && editor.selection.contains(&clip.id);
            if !keep {
                editor.select(clip.id, modifiers.shift || modifiers.command, modifiers.alt);
            }
        }
        if response.double_clicked() && editor.is_title(clip) {
            editor.request = Some(crate::app::Request::TypeTitle);
        }
        if response.drag_started_by(egui::PointerButton::Primary) && !locked {
            self.begin(ui, editor, clip, place, lanes);
        }
        response.context_menu(|ui| {
            overlays::clip_menu(ui, editor);
        });
    }

    /// The hand and the zoom tool: whether one of them has taken what the pointer did.
    fn on_view(&mut self, ui: &Ui, editor: &mut Editor, response: &egui::Response, lanes: Rect) -> bool {
        if !matches!(editor.tool, Tool::Hand | Tool::Zoom) {
            return false;
        }
        let out = ui.input(|i| i.modifiers.alt);
        if response.hovered() && self.gesture.is_none() {
            ui.set_cursor_icon(match editor.tool {
                Tool::Hand => CursorIcon::Grab,
                _ if out => CursorIcon::ZoomOut,
                _ => CursorIcon::ZoomIn,
            });
        }
        let at = response.interact_pointer_pos();
        if editor.tool == Tool::Zoom
            && response.clicked()
            && let Some(at) = at
        {
            editor.view.zoom(if out { 0.5 } else { 2.0 }, f64::from(at.x - lanes.min.x));
        }
        if editor.tool == Tool::Hand
            && response.drag_started()
            && let Some(at) = ui.input(|i| i.pointer.press_origin())
        {
            let grabbed = editor.view.origin + f64::from(at.x - lanes.min.x) / editor.view.points_per_frame;
            self.gesture = Some(Gesture::Hand(grabbed));
        }
        true
    }

    /// The razor: cuts the clip under the pointer, or all with Shift.
    fn cut(editor: &mut Editor, clip: ClipId, at: Pos2, lanes: Rect, modifiers: egui::Modifiers) {
        let mut frame = editor.view.frame_near(f64::from(at.x - lanes.min.x));
        if editor.snapping && (editor.playhead - frame).0.abs() <= editor.view.count_near(6.0).0 {
            frame = editor.playhead;
        }
        let clips = if modifiers.shift { vec![] } else { vec![clip] };
        editor.commit(&crate::edit::Edit::Split { at: frame, clips, alone: modifiers.alt });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
fn x_of(editor: &Editor, lanes: Rect, frame: Frame) -> f32 {
    // far outside is as good as just outside
    lanes.min.x + editor.view.x(frame).clamp(-1e5, 1e5) as f32
}

/// The frames that are in sight.
fn visible(editor: &Editor) -> Span {
    let view = &editor.view;
    Span::between(view.frame_under(0.0), view.frame_under(view.width) + FrameCount(1))
}

fn tools(ui: &mut Ui, editor: &mut Editor) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        viewer::icon_button(ui, editor, icons::ICON_ARROW_SELECTOR_TOOL, Action::SelectTool, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_CONTENT_CUT, Action::RazorTool, 17.0);
        viewer::icon_button(ui, editor, icons::ICON_KEYBOARD_TAB, Action::RippleTool, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_SPLITSCREEN_VERTICAL_ADD, Action::RollTool, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_SWIPE, Action::SlipTool, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_SYNC_ALT, Action::SlideTool, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_PAN_TOOL, Action::HandTool, 17.0);
        viewer::icon_button(ui, editor, icons::ICON_SEARCH, Action::ZoomTool, 18.0);
        ui.separator();
        viewer::icon_button(ui, editor, icons::ICON_ALIGN_HORIZONTAL_CENTER, Action::Snapping, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_SYNC_LOCK, Action::SyncLock, 18.0);
        ui.separator();
        viewer::icon_button(ui, editor, icons::ICON_UNDO, Action::Undo, 18.0);
        viewer::icon_button(ui, editor, icons::ICON_REDO, Action::Redo, 18.0);
        ui.separator();
        sequences(ui, editor);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            viewer::icon_button(ui, editor, icons::ICON_FIT_WIDTH, Action::ZoomFit, 18.0);
            viewer::icon_button(ui, editor, icons::ICON_ZOOM_IN, Action::ZoomIn, 18.0);
            viewer::icon_button(ui, editor, icons::ICON_ZOOM_OUT, Action::ZoomOut, 18.0);
        });
    });
}

/// Which sequence is open, and the others.
fn sequences(ui: &mut Ui, editor: &mut Editor) {
    let project = Arc::clone(editor.project());
    let mut chosen = project.active;
    let name = &project.sequence().name;
    let response = egui::ComboBox::from_id_salt("sequences").selected_text(name).width(120.0).show_ui(ui, |ui| {
        for (id, sequence) in &project.sequences {
            ui.selectable_value(&mut chosen, *id, &sequence.name);
        }
        ui.separator();
        for action in [Action::NewSequence, Action::DuplicateSequence, Action::RenameSequence, Action::SequenceSettings]
        {
            if ui.button(action.title()).clicked() {
                editor.perform(action);
                ui.close();
            }
        }
    });
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Sequence {name}")));
    editor.open_sequence(chosen);
}
