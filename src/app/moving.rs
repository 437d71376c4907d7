//! Clips that are dragged: to other times and tracks, and beside the tracks onto new ones.

use super::editor::Editor;
use crate::edit::{Edit, Landing};
use crate::model::{Clip, ClipId, FrameCount, Span, TrackId, TrackKind};

/// Where dragged clips are to go, as seen from the one that was grabbed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aside {
    /// To this track of the same kind.
    Track(TrackId),
    /// Beside the tracks of its kind, onto a new one.
    New,
}

impl Editor {
    /// The edit that moves clips by some frames and, those of the grabbed one's kind, to other tracks. What goes along comes
    /// onto tracks as far from that one's as they were; for the grabbed one's sound (or picture) a track is made where
    /// there is one made for itself, and it would land on something else's.
    #[must_use]
    pub fn move_edit(&self, grabbed: ClipId, clips: &[ClipId], by: FrameCount, to: Aside, landing: Landing) -> Edit {
        let moved = |clips: Vec<ClipId>, tracks| Edit::Move { clips, by, tracks, landing, ripple: false, alone: true };
        let sequence = self.sequence();
        let first = || {
            let others = clips.iter().filter(|id| **id != grabbed);
            std::iter::once(grabbed).chain(others.copied()).collect::<Vec<_>>()
        };
        let Some((track, _)) = sequence.clip(grabbed) else { return moved(first(), 0) };
        let kind = track.kind;
        let height = |kind, id| sequence.tracks_of(kind).position(|t| t.id == id);
        let from = height(kind, track.id).unwrap_or_default();
        let Aside::New = to else {
            let to = if let Aside::Track(id) = to { height(kind, id) } else { None };
            return moved(first(), steps(from, to.unwrap_or(from)));
        };
        let all: Vec<(TrackId, TrackKind, Clip)> =
            clips.iter().filter_map(|id| sequence.clip(*id)).map(|(t, c)| (t.id, t.kind, c)).collect();
        // beside the tracks of a kind, and how many must be made for it
        let beside = |kind: TrackKind, from: usize| {
            let heights = all.iter().filter(|(_, k, _)| *k == kind).filter_map(|(t, ..)| height(kind, *t));
            let highest = heights.max().unwrap_or(from);
            (steps(from, sequence.tracks_of(kind).count()), highest.saturating_sub(from) + 1)
        };
        let (tracks, count) = beside(kind, from);
        let mut edits = vec![Edit::AddTrack(kind); count];
        let other = if kind == TrackKind::Video { TrackKind::Audio } else { TrackKind::Video };
        let along: Vec<&(TrackId, TrackKind, Clip)> = all.iter().filter(|(_, k, _)| *k == other).collect();
        let covers = |(track, _, clip): &&&(TrackId, TrackKind, Clip)| {
            let span = Span { start: clip.start + by, length: clip.length };
            let there = sequence.track(*track).map(|t| t.clips.range(span).any(|c| !clips.contains(&c.id)));
            there.unwrap_or(false)
        };
        let lowest = along.iter().filter_map(|(t, ..)| height(other, *t)).min();
        match lowest.filter(|_| landing == Landing::Overwrite && along.iter().any(|c| covers(&c))) {
            Some(lowest) => {
                let (down, made) = beside(other, lowest);
                edits.extend(vec![Edit::AddTrack(other); made]);
                edits.push(moved(along.iter().map(|(_, _, c)| c.id).collect(), down));
                let own = first().into_iter().filter(|id| !along.iter().any(|(_, _, c)| c.id == *id)).collect();
                edits.push(moved(own, tracks));
            }
            None => edits.push(moved(first(), tracks)),
        }
        Edit::Together(edits)
    }
}

fn steps(from: usize, to: usize) -> i32 {
    let number = |n| i32::try_from(n).unwrap_or(i32::MAX);
    number(to) - number(from)
}
