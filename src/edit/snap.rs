//! Snapping: the frames that a dragged edge is drawn to.

use crate::model::{ClipId, Frame, FrameCount, Sequence};

/// The frames worth snapping to, sorted.
#[derive(Clone, Debug, Default)]
pub struct SnapPoints(Vec<Frame>);

/// A snap that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapped {
    /// The corrected change.
    pub by: FrameCount,
    /// Where the line is drawn.
    pub at: Frame,
}

impl SnapPoints {
    /// All cuts but those of the clips in `moving`, the markers, the start and `playhead`.
    #[must_use]
    pub fn new(sequence: &Sequence, moving: &[ClipId], playhead: Option<Frame>) -> Self {
        let mut points: Vec<Frame> = vec![Frame::ZERO];
        points.extend(playhead);
        points.extend(sequence.markers.iter().map(|m| m.at));
        for track in &sequence.tracks {
            for clip in track.clips.iter().filter(|c| !moving.contains(&c.id)) {
                points.extend([clip.start, clip.end()]);
            }
        }
        points.sort_unstable();
        points.dedup();
        Self(points)
    }

    /// The change nearest to `by`, at most `reach` away from it, that brings one of `edges` onto a point.
    #[must_use]
    pub fn snap(&self, edges: &[Frame], by: FrameCount, reach: FrameCount) -> Option<Snapped> {
        edges
            .iter()
            .filter_map(|edge| {
                let wanted = *edge + by;
                let i = self.0.partition_point(|p| *p < wanted);
                let near = [i.checked_sub(1).map(|i| self.0[i]), self.0.get(i).copied()];
                near.into_iter().flatten().map(|p| Snapped { by: p - *edge, at: p }).min_by_key(|s| (s.by - by).0.abs())
            })
            .filter(|s| (s.by - by).0.abs() <= reach.0)
            .min_by_key(|s| (s.by - by).0.abs())
    }
}
