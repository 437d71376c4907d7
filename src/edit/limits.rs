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
    let mut limits = ANY;
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
        let room = media_room(project, &clip);
        limits = limits.intersect(match edge {
            Edge::In => Limits { least: room.least, ..ANY },
            Edge::Out => Limits { most: room.most, ..ANY },
        });
    }
    Limits { least: limits.least.min(FrameCount::ZERO), most: limits.most.max(FrameCount::ZERO) }
}

/// How far the in point and the out point may move within the media, in frames of the timeline.
fn media_room(project: &Project, clip: &Clip) -> Limits {
    let handles = project.handles(project.sequence().rate, clip);
    Limits { least: -handles.before, most: handles.after }
}

/// How far the media may be slipped under a clip: in frames of media, whatever its speed.
fn slip_room(project: &Project, clip: &Clip) -> Limits {
    let Some(range) = project.media_range(clip.content.asset) else { return ANY };
    let rate = project.sequence().rate;
    let slack = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
    let (first, last) = clip.media(rate);
    Limits {
        least: FrameCount(-rate.frame_at(first - range.start + slack).0),
        most: FrameCount(rate.frame_at(range.end - last + slack).0),
    }
}

const ANY: Limits = Limits { least: FrameCount(-MAX_FRAMES), most: FrameCount(MAX_FRAMES) };

/// What all members allow; nothing when one of them is gone or locked.
fn common(members: impl IntoIterator<Item = Limits>) -> Limits {
    let limits = members.into_iter().fold(ANY, Limits::intersect);
    Limits { least: limits.least.min(FrameCount::ZERO), most: limits.most.max(FrameCount::ZERO) }
}

/// How far an edge of a clip (and of those linked to it) can be ripple trimmed.
#[must_use]
pub fn ripple_limits(project: &Project, clip: ClipId, edge: Edge, alone: bool) -> Limits {
    let Ok(members) = Working::new(project).counterparts(clip, alone) else { return Limits::NONE };
    common(members.iter().map(|(_, clip)| {
        let room = media_room(project, clip);
        match edge {
            Edge::In => Limits { least: room.least, most: clip.length - FrameCount(1) },
            Edge::Out => Limits { least: FrameCount(1) - clip.length, most: room.most },
        }
    }))
}

/// How far the cut after a clip (and those of linked clips on the same frame) can be rolled; nothing where
/// no clip follows directly.
#[must_use]
pub fn roll_limits(project: &Project, left: ClipId, alone: bool) -> Limits {
    let working = Working::new(project);
    let (Ok(members), Ok((_, grabbed))) = (working.counterparts(left, alone), working.clip(left)) else {
        return Limits::NONE;
    };
    let cuts = members.iter().filter(|(_, left)| left.end() == grabbed.end()).filter_map(|(track, left)| {
        let right = working.track(*track).ok()?.clips.at(left.end())?;
        let before = media_room(project, left);
        let after = media_room(project, &right);
        Some(Limits {
            least: after.least.max(FrameCount(1) - left.length),
            most: before.most.min(right.length - FrameCount(1)),
        })
    });
    let cuts: Vec<Limits> = cuts.collect();
    if cuts.is_empty() { Limits::NONE } else { common(cuts) }
}

/// How far the media under clips (and those linked to them) can be slipped.
#[must_use]
pub fn slip_limits(project: &Project, clips: &[ClipId], alone: bool) -> Limits {
    let Ok(members) = Working::new(project).with_linked(clips, alone) else { return Limits::NONE };
    common(members.iter().map(|(_, clip)| slip_room(project, clip)))
}

/// How far a clip (and those linked to it) can be slid between its neighbours.
#[must_use]
pub fn slide_limits(project: &Project, clip: ClipId, alone: bool) -> Limits {
    let working = Working::new(project);
    let (Ok(members), Ok((_, grabbed))) = (working.counterparts(clip, alone), working.clip(clip)) else {
        return Limits::NONE;
    };
    let along = members.iter().filter(|(_, clip)| clip.start == grabbed.start);
    common(along.map(|(track, clip)| {
        let Ok(track) = working.track(*track) else { return Limits::NONE };
        let (before, after) = (track.clips.before(clip.start), track.clips.after(clip.end()));
        let least = match &before {
            Some(before) if before.end() == clip.start => FrameCount(1) - before.length,
            Some(before) => before.end() - clip.start,
            None => Frame::ZERO - clip.start,
        };
        let most = match &after {
            Some(after) if after.start == clip.end() => after.length - FrameCount(1),
            Some(after) => after.start - clip.end(),
            None => Frame(MAX_FRAMES) - clip.end(),
        };
        let mut limits = Limits { least, most };
        if let Some(room) = before.filter(|b| b.end() == clip.start).map(|b| media_room(project, &b)) {
            limits.most = limits.most.min(room.most);
        }
        if let Some(room) = after.filter(|a| a.start == clip.end()).map(|a| media_room(project, &a)) {
            limits.least = limits.least.max(room.least);
        }
        limits
    }))
}

/// How far clips (and those linked to them) can be moved in time: not before the first frame.
#[must_use]
pub fn move_limits(project: &Project, clips: &[ClipId], alone: bool) -> Limits {
    let Ok(members) = Working::new(project).with_grouped(clips, alone) else { return Limits::NONE };
    let start = members.iter().map(|(_, c)| c.start).min().unwrap_or_default();
    let end = members.iter().map(|(_, c)| c.end()).max().unwrap_or_default();
    Limits { least: Frame::ZERO - start, most: Frame(MAX_FRAMES) - end }
}
