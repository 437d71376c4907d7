//! Trims that keep their neighbours together: ripple, roll, slip and slide.

use super::working::Working;
use super::{Edge, EditError};
use crate::model::{Clip, ClipId, Frame, FrameCount, Span, TrackId};

/// ```text
/// ripple out +3   [A   ][B ]  [C ]  ->  [A      ][B ]  [C ]     all that follows moves along
/// ripple in  +2   [A   ][B ]  [C ]  ->  [A ][B ]  [C ]          A begins later in its media, not on the track
/// ```
///
/// Other unlocked tracks follow with sync lock: what begins at or after the old end moves too, and what
/// lies across it stays.
pub(super) fn ripple(
    working: &mut Working,
    clip: ClipId,
    edge: Edge,
    by: FrameCount,
    sync_lock: bool,
    alone: bool,
) -> Result<(), EditError> {
    let rate = working.sequence().rate;
    let (_, grabbed) = working.clip(clip)?;
    let members = working.counterparts(clip, alone)?;
    // how much longer the clips become
    let growth = if edge == Edge::In { -by } else { by };
    for (track, mut clip) in members.iter().cloned() {
        let end = clip.end();
        if edge == Edge::In {
            clip.source_in = clip.source_at(by, rate);
        }
        clip.length += growth;
        if clip.length < FrameCount(1) {
            return Err(EditError::Empty(clip.content.name.clone()));
        }
        working.check_media(&clip)?;
        // what follows on its own track follows its own end
        let clips = &mut working.unlocked(track)?.clips;
        clips.remove(clip.id);
        clips.shift(end, growth);
        clips.insert(clip);
    }
    let own: Vec<TrackId> = members.iter().map(|(track, _)| *track).collect();
    working.follow(&own, grabbed.end(), growth, sync_lock)
}

/// `[A   ][B   ]` with the cut rolled by 2: `[A     ][B ]`. The cuts of linked clips on the same frame roll along.
pub(super) fn roll(working: &mut Working, left: ClipId, by: FrameCount, alone: bool) -> Result<(), EditError> {
    let rate = working.sequence().rate;
    let (_, grabbed) = working.clip(left)?;
    let mut rolled = 0;
    for (track, mut left) in working.counterparts(left, alone)? {
        if left.end() != grabbed.end() {
            continue;
        }
        let Some(mut right) = working.track(track)?.clips.at(left.end()) else { continue };
        left.length += by;
        right.source_in = right.source_at(by, rate);
        right.start += by;
        right.length -= by;
        for clip in [&left, &right] {
            if clip.length < FrameCount(1) {
                return Err(EditError::Empty(clip.content.name.clone()));
            }
            working.check_media(clip)?;
        }
        let clips = &mut working.unlocked(track)?.clips;
        clips.remove(right.id);
        clips.replace(left);
        clips.insert(right);
        rolled += 1;
    }
    if rolled == 0 { Err(EditError::NoCut(grabbed.content.name.clone())) } else { Ok(()) }
}

/// Moves the media under clips; a positive slip shows later media.
pub(super) fn slip(working: &mut Working, clips: &[ClipId], by: FrameCount, alone: bool) -> Result<(), EditError> {
    let rate = working.sequence().rate;
    for (track, mut clip) in working.with_linked(clips, alone)? {
        clip.source_in += rate.duration_of(by);
        working.check_media(&clip)?;
        working.unlocked(track)?.clips.replace(clip);
    }
    Ok(())
}

/// `[A   ][B ][C   ]` with B slid by 2: `[A     ][B ][C ]`. A gap beside it takes the difference. Of the linked
/// clips those that begin with it slide along.
pub(super) fn slide(working: &mut Working, clip: ClipId, by: FrameCount, alone: bool) -> Result<(), EditError> {
    let rate = working.sequence().rate;
    let name = |c: &Clip| c.content.name.clone();
    let (_, grabbed) = working.clip(clip)?;
    let members = working.counterparts(clip, alone)?;
    for (track, mut clip) in members.into_iter().filter(|(_, c)| c.start == grabbed.start) {
        let clips = &working.track(track)?.clips;
        let before = clips.before(clip.start).filter(|b| b.end() == clip.start);
        let after = clips.after(clip.end()).filter(|a| a.start == clip.end());
        let mut changed = Vec::new();
        if let Some(mut before) = before {
            before.length += by;
            changed.push(before);
        }
        if let Some(mut after) = after {
            after.source_in = after.source_at(by, rate);
            after.start += by;
            after.length -= by;
            changed.push(after);
        }
        clip.start += by;
        changed.push(clip.clone());
        if clip.start < Frame::ZERO {
            return Err(EditError::OutsideTimeline);
        }
        for c in &changed {
            if c.length < FrameCount(1) {
                return Err(EditError::Empty(name(c)));
            }
            working.check_media(c)?;
        }
        // all at once: in between they would overlap
        let clips = &mut working.unlocked(track)?.clips;
        for c in &changed {
            clips.remove(c.id);
        }
        for c in changed {
            if let Some(other) = working.track(track)?.clips.range(c.span()).next() {
                return Err(EditError::Neighbour(name(&other)));
            }
            working.unlocked(track)?.clips.insert(c);
        }
    }
    Ok(())
}

/// Closes every gap of a track, the one before the first clip included; markers stay.
pub(super) fn close_all_gaps(working: &mut Working, track: TrackId, sync_lock: bool) -> Result<(), EditError> {
    working.unlocked(track)?;
    let mut at = Frame::ZERO;
    loop {
        let clips = &working.track(track)?.clips;
        let Some(next) = clips.after(at).filter(|_| clips.at(at).is_none()).or_else(|| clips.at(at)) else {
            return Ok(());
        };
        if next.start > at {
            working.close(&[(track, Span::between(at, next.start))], sync_lock)?;
        }
        at += next.length;
    }
}
