//! How far a gesture may go, so that it can stop there instead of being refused.

use super::Edge;
use super::working::Working;
use crate::model::{Clip, ClipId, Frame, FrameCount, Project, SourceTime, Track, time::MAX_FRAMES};

/// The least and the greatest change that is legal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The furthest to the left, at most 0.
    pub least: FrameCount,
    /// The furthest to the right, at least 0.
    pub most: FrameCount,
}

impl Limits {
    const NONE: Self = Self { least: FrameCount(0), most: FrameCount(0) };

    /// The nearest legal change.
    #[must_use]
    pub fn clamp(self, by: FrameCount) -> FrameCount {
        by.clamp(self.least, self.most)
    }

    fn intersect(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.min(other.most) }
    }
}

/// The first other clip on the track that shares a frame with `clip`.
pub(super) fn in_the_way(track: &Track, clip: &Clip) -> Option<Clip> {
    track.clips.range(clip.span()).find(|other| other.id != clip.id)
}

/// How far an edge of a clip (and of those linked to it) can be trimmed. Zero both ways when the clip is
/// gone or locked.
#[must_use]
pub fn trim_limits(project: &Project, clip: ClipId, edge: Edge, alone: bool) -> Limits {
    let working = Working::new(project);
    let Ok(members) = working.with_linked(&[clip], alone) else { return Limits::NONE };
    let rate = project.sequence().rate;
    let mut limits = Limits { least: FrameCount(-MAX_FRAMES), most: FrameCount(MAX_FRAMES) };
    for (track, clip) in members {
        let Ok(track) = working.track(track) else { return Limits::NONE };
        let neighbours = match edge {
            Edge::In => {
                let free = track.clips.before(clip.start).map_or(Frame::ZERO, |c| c.end());
                Limits { least: free - clip.start, most: clip.length - FrameCount(1) }
            }
            Edge::Out => {
                let free = track.clips.after(clip.end()).map_or(Frame(MAX_FRAMES), |c| c.start);
                Limits { least: FrameCount(1) - clip.length, most: free - clip.end() }
            }
        };
        limits = limits.intersect(neighbours);
        if let Some(range) = project.media_range(clip.content.asset).filter(|_| clip.speed.is_normal()) {
            // half a frame of slack, as the check has
            let slack = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
            let media = match edge {
                Edge::In => Limits {
                    least: FrameCount(-rate.frame_at(clip.source_in - range.start + slack).0),
                    most: FrameCount(MAX_FRAMES),
                },
                Edge::Out => Limits {
                    least: FrameCount(-MAX_FRAMES),
                    most: FrameCount(rate.frame_at(range.end - clip.source_out(rate) + slack).0),
                },
            };
            limits = limits.intersect(media);
        }
    }
    Limits { least: limits.least.min(FrameCount::ZERO), most: limits.most.max(FrameCount::ZERO) }
}

/// How far clips (and those linked to them) can be moved in time: not before the first frame.
#[must_use]
pub fn move_limits(project: &Project, clips: &[ClipId], alone: bool) -> Limits {
    let Ok(members) = Working::new(project).with_linked(clips, alone) else { return Limits::NONE };
    let start = members.iter().map(|(_, c)| c.start).min().unwrap_or_default();
    let end = members.iter().map(|(_, c)| c.end()).max().unwrap_or_default();
    Limits { least: Frame::ZERO - start, most: Frame(MAX_FRAMES) - end }
}
