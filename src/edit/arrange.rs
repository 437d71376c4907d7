//! Moving clips.

use super::working::Working;
use super::{EditError, Landing};
use crate::model::{Clip, ClipId, Frame, FrameCount, Span, TrackId};

/// ```text
/// overwrite   [A ][B ][C ]      ->      [B ][A ]        A moved by 8: C is replaced
/// insert      [A ][B ][C ]      ->      [B ][A ][C ]    C is pushed right
/// ripple      the gap that A left is closed first
/// ```
pub(super) fn move_clips(
    working: &mut Working,
    clips: &[ClipId],
    by: FrameCount,
    tracks: i32,
    landing: Landing,
    ripple: bool,
    alone: bool,
) -> Result<(), EditError> {
    let members = working.with_grouped(clips, alone)?;
    if by == FrameCount::ZERO && tracks == 0 {
        return Ok(());
    }
    // where each goes; only clips of the kind that was grabbed change tracks
    let grabbed = working.clip(clips[0])?.0;
    let kind = working.track(grabbed)?.kind;
    let mut moved: Vec<(TrackId, Clip)> = Vec::new();
    for (track, clip) in &members {
        let steps = if working.track(*track)?.kind == kind { tracks } else { 0 };
        let target = neighbour(working, *track, steps)?;
        working.unlocked(target)?;
        let mut clip = clip.clone();
        clip.start += by;
        if clip.start < Frame::ZERO {
            return Err(EditError::OutsideTimeline);
        }
        moved.push((target, clip));
    }
    for (track, clip) in &members {
        working.unlocked(*track)?.clips.remove(clip.id);
    }
    if ripple {
        let emptied: Vec<_> = members.iter().map(|(t, c)| (*t, c.span())).collect();
        for span in working.close(&emptied, true)? {
            for (_, clip) in moved.iter_mut().filter(|(_, c)| c.start >= span.end()) {
                clip.start = clip.start - span.length;
            }
        }
    }
    if landing == Landing::Insert {
        let start = moved.iter().map(|(_, c)| c.start).min().unwrap_or_default();
        let end = moved.iter().map(|(_, c)| c.end()).max().unwrap_or_default();
        let tracks = working.unlocked_tracks();
        working.open_gap(&tracks, start, Span::between(start, end).length)?;
    }
    for (track, clip) in moved {
        working.clear(track, clip.span())?;
        working.unlocked(track)?.clips.insert(clip);
    }
    Ok(())
}

fn neighbour(working: &Working, track: TrackId, steps: i32) -> Result<TrackId, EditError> {
    let kind = working.track(track)?.kind;
    let all: Vec<TrackId> = working.sequence().tracks_of(kind).map(|t| t.id).collect();
    let index = all.iter().position(|t| *t == track).ok_or(EditError::NoTrack)?;
    let target = i64::try_from(index).unwrap_or(i64::MAX) + i64::from(steps);
    usize::try_from(target).ok().and_then(|i| all.get(i)).copied().ok_or(EditError::NoSuchTrack)
}
