//! Lift, extract and close gap.

use super::EditError;
use super::working::Working;
use crate::model::{ClipId, Frame, FrameCount, Span, TrackId};

/// `[A][B][C]` without B: `[A]   [C]`.
pub(super) fn lift(working: &mut Working, clips: &[ClipId], alone: bool) -> Result<(), EditError> {
    for (track, clip) in working.with_linked(clips, alone)? {
        working.unlocked(track)?.clips.remove(clip.id);
    }
    Ok(())
}

/// `[A][B][C]` without B: `[A][C]`.
pub(super) fn extract(working: &mut Working, clips: &[ClipId], sync_lock: bool, alone: bool) -> Result<(), EditError> {
    let mut members = working.with_linked(clips, alone)?;
    for (track, clip) in &members {
        working.unlocked(*track)?.clips.remove(clip.id);
    }
    // from the last to the first, so that the earlier spans stay where they are; those that are equal
    // (linked pairs) close as one
    members.sort_by_key(|(_, c)| std::cmp::Reverse((c.start, c.length)));
    for group in members.chunk_by(|(_, a), (_, b)| a.span() == b.span()) {
        let tracks: Vec<TrackId> = group.iter().map(|(t, _)| *t).collect();
        working.close(&tracks, group[0].1.span(), sync_lock)?;
    }
    Ok(())
}

pub(super) fn lift_range(working: &mut Working, span: Span, tracks: &[TrackId]) -> Result<(), EditError> {
    check(span)?;
    let tracks = or_all(working, tracks);
    tracks.into_iter().try_for_each(|track| working.clear(track, span))
}

pub(super) fn extract_range(working: &mut Working, span: Span, tracks: &[TrackId]) -> Result<(), EditError> {
    check(span)?;
    let tracks = or_all(working, tracks);
    for track in &tracks {
        working.clear(*track, span)?;
    }
    working.close(&tracks, span, true)
}

/// `[A]   [B]` with the gap closed: `[A][B]`.
pub(super) fn close_gap(working: &mut Working, track: TrackId, at: Frame, sync_lock: bool) -> Result<(), EditError> {
    let clips = &working.unlocked(track)?.clips;
    if at < Frame::ZERO || clips.at(at).is_some() {
        return Err(EditError::NoGap);
    }
    let next = clips.after(at).ok_or(EditError::NoGap)?;
    let start = clips.before(at).map_or(Frame::ZERO, |c| c.end());
    working.close(&[track], Span::between(start, next.start), sync_lock)
}

fn check(span: Span) -> Result<(), EditError> {
    let inside = span.start >= Frame::ZERO && span.length > FrameCount::ZERO;
    if inside && span.end().0 <= crate::model::time::MAX_FRAMES { Ok(()) } else { Err(EditError::OutsideTimeline) }
}

fn or_all(working: &Working, tracks: &[TrackId]) -> Vec<TrackId> {
    if tracks.is_empty() { working.unlocked_tracks() } else { tracks.to_vec() }
}
