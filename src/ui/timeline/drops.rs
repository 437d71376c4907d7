//! What is dropped from the bin, and what is dragged beside the tracks: where it would land, exactly.

use super::{GAP, Timeline, gestures, theme, x_of};
use crate::app::{Editor, Onto};
use crate::edit::SnapPoints;
use crate::model::{AssetId, ClipId, Frame, FrameCount, Project, TrackId, TrackKind};
use crate::ui::bin::DraggedAssets;
use egui::{Rect, Sense, Stroke, StrokeKind, Ui, pos2};
use std::sync::Arc;

/// As many assets are shown one by one where they would land.
const SHOWN: usize = 60;

/// The least that is seen of a track that would be made, in points.
const LEAST: f32 = 10.0;

/// What would come of a drop: kept while nothing about it changes.
#[derive(Default)]
pub(super) struct Drops {
    tried: Option<Tried>,
}

struct Tried {
    before: Arc<Project>,
    assets: Vec<AssetId>,
    to: (Onto, Frame, bool),
    landed: Option<(Arc<Project>, Vec<ClipId>)>,
}

impl Timeline {
    /// Shows where assets from the bin would land, and takes them.
    pub(super) fn drop_target(&mut self, ui: &mut Ui, editor: &mut Editor, lanes: Rect) {
        let response = ui.interact(lanes, ui.scope_id().with("drop"), Sense::hover());
        let Some(pointer) = ui.ctx().pointer_interact_pos().filter(|p| lanes.contains(*p)) else { return };
        let released = response.dnd_release_payload::<DraggedAssets>();
        let hovering = response.dnd_hover_payload::<DraggedAssets>();
        let Some(dragged) = released.clone().or(hovering) else { return };
        let lengths: Vec<FrameCount> = dragged.0.iter().filter_map(|id| editor.whole_length(*id)).collect();
        let total = FrameCount(lengths.iter().map(|l| l.0).sum());
        let mut at = editor.view.frame_near(f64::from(pointer.x - lanes.min.x));
        if editor.snapping {
            let points = SnapPoints::new(editor.sequence(), &[], Some(editor.playhead));
            let reach = editor.view.count_near(9.0);
            if let Some(snapped) = points.snap(&[Frame::ZERO, Frame(total.0)], FrameCount(at.0), reach) {
                at = Frame(snapped.by.0.max(0));
                self.snap_line = Some(snapped.at);
            }
        }
        let insert = ui.input(|i| i.modifiers.command);
        let onto = self.onto(pointer.y);
        if released.is_some() {
            editor.drop_assets(&dragged.0, onto, at, insert);
            self.snap_line = None;
            self.drops.tried = None;
            return;
        }
        let shown = &dragged.0[..dragged.0.len().min(SHOWN)];
        let (before, to) = (Arc::clone(editor.project()), (onto, at, insert));
        let known = |t: &Tried| Arc::ptr_eq(&t.before, &before) && t.assets == shown && t.to == to;
        let tried = match self.drops.tried.take().filter(known) {
            Some(tried) => tried,
            None => Tried { landed: editor.try_drop(shown, onto, at, insert), assets: shown.to_vec(), before, to },
        };
        if let Some((project, placed)) = &tried.landed {
            self.ghosts(ui, editor, project, placed, lanes);
        }
        self.drops.tried = Some(tried);
        let mut text = format!("{}{}", if insert { "Insert at " } else { "" }, editor.timecode(at));
        if onto == Onto::New {
            text.push_str("  new track");
        }
        gestures::label(ui, pointer, &text);
    }

    /// Clips that are dragged onto tracks that would be made for them.
    pub(super) fn moved_beside(&self, ui: &Ui, editor: &Editor, project: &Arc<Project>, lanes: Rect) {
        let new = |t: &&Arc<crate::model::Track>| !self.rows.iter().any(|r| r.track == t.id);
        let clips = project.sequence().tracks.iter().filter(new).flat_map(|t| t.clips.iter().map(|c| c.id));
        let clips: Vec<ClipId> = clips.collect();
        self.ghosts(ui, editor, project, &clips, lanes);
    }

    /// Clips of a project that is tried, as frames on their tracks; those that would be made stand beside the others.
    fn ghosts(&self, ui: &Ui, editor: &Editor, project: &Project, clips: &[ClipId], lanes: Rect) {
        let (now, then) = (editor.sequence().rate, project.sequence().rate);
        let painter = ui.painter().with_clip_rect(lanes);
        for (track, clip) in clips.iter().filter_map(|id| project.sequence().clip(*id)) {
            let Some(row) = self.row_of(project, track.id, lanes) else { continue };
            let x = |frame| x_of(editor, lanes, now.frame_nearest(then.time_of(frame)));
            let ghost = Rect::from_x_y_ranges(x(clip.start)..=x(clip.end()), row.y_range());
            painter.rect_filled(ghost, 3.0, theme::ACCENT.gamma_multiply(0.25));
            painter.rect_stroke(ghost, 3.0, Stroke::new(1.5, theme::ACCENT), StrokeKind::Inside);
        }
    }

    /// Where a track stands, or would stand: beside the last of its kind.
    fn row_of(&self, project: &Project, track: TrackId, lanes: Rect) -> Option<Rect> {
        if let Some(row) = self.rows.iter().find(|r| r.track == track) {
            return Some(row.rect(lanes));
        }
        let kind = project.sequence().track(track)?.kind;
        let new = project.sequence().tracks_of(kind).filter(|t| !self.rows.iter().any(|r| r.track == t.id));
        #[expect(clippy::cast_precision_loss, reason = "a handful of tracks")]
        let nth = new.map(|t| t.id).position(|id| id == track)? as f32;
        let (top, bottom) = match kind {
            TrackKind::Video => {
                let lowest = self.rows.first().map_or(lanes.center().y, |r| r.top);
                let bottom = (lowest - GAP - nth * (super::VIDEO_ROW + GAP)).max(lanes.min.y + LEAST);
                (bottom - super::VIDEO_ROW, bottom)
            }
            TrackKind::Audio => {
                let highest = self.rows.last().map_or(lanes.center().y, |r| r.top + r.height);
                let top = (highest + GAP + nth * (super::AUDIO_ROW + GAP)).min(lanes.max.y - LEAST);
                (top, top + super::AUDIO_ROW)
            }
        };
        Some(Rect::from_min_max(pos2(lanes.min.x, top), pos2(lanes.max.x, bottom)))
    }
}
