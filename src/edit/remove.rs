//! Lift, extract and close gap.

use super::EditError;
use super::working::Working;
use crate::model::{ClipId, Frame, FrameCount, Span, TrackId};

/// `[A][B][C]` without B: `[A]   [C]`.
pub(super) fn lift(working: &mut Working, clips: &[ClipId], alone: bool) -> Result<(), EditError> {
    for (track, clip) in working.with_grouped(clips, alone)? {
        working.unlocked(track)?.clips.remove(clip.id);
    }
    Ok(())
}

/// `[A][B][C]` without B: `[A][C]`.
pub(super) fn extract(working: &mut Working, clips: &[ClipId], sync_lock: bool, alone: bool) -> Result<(), EditError> {
    let members = working.with_grouped(clips, alone)?;
    for (track, clip) in &members {
        working.unlocked(*track)?.clips.remove(clip.id);
    }
    let emptied: Vec<_> = members.iter().map(|(track, clip)| (*track, clip.span())).collect();
    working.close(&emptied, sync_lock).map(|_| ())
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
    let emptied: Vec<_> = tracks.into_iter().map(|track| (track, span)).collect();
    working.close(&emptied, true).map(|_| ())
}

/// `[A]   [B]` with the gap closed: `[A][B]`.
pub(super) fn close_gap(working: &mut Working, track: TrackId, at: Frame, sync_lock: bool) -> Result<(), EditError> {
    let clips = &working.unlocked(track)?.clips;
    if at < Frame::ZERO || clips.at(at).is_some() {
        return Err(EditError::NoGap);
    }
    let next = clips.after(at).ok_or(EditError::NoGap)?;
    let start = clips.before(at).map_or(Frame::ZERO, |c| c.end());
    working.close(&[(track, Span::between(start, next.start))], sync_lock).map(|_| ())
}

fn check(span: Span) -> Result<(), EditError> {
    let inside = span.start >= Frame::ZERO && span.length > FrameCount::ZERO;
    if inside && span.end().0 <= crate::model::time::MAX_FRAMES { Ok(()) } else { Err(EditError::OutsideTimeline) }
}

fn or_all(working: &Working, tracks: &[TrackId]) -> Vec<TrackId> {
    if tracks.is_empty() { working.unlocked_tracks() } else { tracks.to_vec() }
}
