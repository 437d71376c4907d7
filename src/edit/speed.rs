//! How fast clips run.

use super::EditError;
use super::working::Working;
use crate::model::{Clip, ClipId, Frame, FrameCount, SourceTime, Speed, TrackId, time::MAX_FRAMES};
use std::collections::HashSet;

/// ```text
/// [A       ][B ]   at 2×, rippled:  [A   ][B ]        trimmed:  [A   ]    [B ]
/// [A   ][B ]       at ½×, rippled:  [A       ][B ]    trimmed:  [A   ][B ]     cut off where B begins
/// ```
///
/// The same media are used, so the length follows; a frozen clip keeps its length. Linked clips follow.
pub(super) fn set(
    working: &mut Working,
    clips: &[ClipId],
    speed: Speed,
    ripple: bool,
    sync_lock: bool,
    alone: bool,
) -> Result<(), EditError> {
    if clips.is_empty() {
        return Err(EditError::Nothing);
    }
    let mut done: HashSet<ClipId> = HashSet::new();
    for id in clips {
        if done.contains(id) {
            continue;
        }
        let (_, grabbed) = working.clip(*id)?;
        let members: Vec<(TrackId, Clip)> =
            working.counterparts(*id, alone)?.into_iter().filter(|(_, c)| !done.contains(&c.id)).collect();
        let mut growth = FrameCount::ZERO;
        for (track, clip) in &members {
            done.insert(clip.id);
            let mut changed = at_speed(working, clip, speed);
            if !ripple {
                let next = working.track(*track)?.clips.after(clip.end()).map_or(Frame(MAX_FRAMES), |n| n.start);
                changed.length = changed.length.min(next - clip.start);
            }
            if (changed.start + changed.length).0 > MAX_FRAMES {
                return Err(EditError::OutsideTimeline);
            }
            working.check_media(&changed)?;
            let by = changed.length - clip.length;
            if clip.id == grabbed.id {
                growth = by;
            }
            let clips = &mut working.unlocked(*track)?.clips;
            clips.remove(clip.id);
            if ripple {
                clips.shift(clip.end(), by);
            }
            clips.insert(changed);
        }
        if ripple && growth != FrameCount::ZERO {
            let own: Vec<TrackId> = members.iter().map(|(track, _)| *track).collect();
            working.follow(&own, grabbed.end(), growth, sync_lock)?;
        }
    }
    Ok(())
}

/// The clip with the same media at another speed.
fn at_speed(working: &Working, clip: &Clip, speed: Speed) -> Clip {
    let rate = working.sequence().rate;
    let mut changed = Clip { speed, ..clip.clone() };
    if speed.is_frozen() {
        let into = rate.middle_of(FrameCount::ZERO);
        changed.source_in = (clip.picture_at(FrameCount::ZERO, rate) - into).max(SourceTime::ZERO);
        return changed;
    }
    let (first, last) = clip.media(rate);
    if clip.speed.is_frozen() {
        // it had no length of media: as long as it was, if there is so much
        let handles = working.project.handles(rate, &Clip { length: FrameCount::ZERO, ..changed.clone() });
        changed.length = clip.length.min(handles.after).max(FrameCount(1));
        return changed;
    }
    changed.source_in = if speed.is_backward() { last } else { first };
    let time = speed.unscale(last - first).unwrap_or_default();
    changed.length = FrameCount(rate.frame_nearest(time).0.clamp(1, MAX_FRAMES));
    // rounding up may reach beyond the end of the media
    while changed.length > FrameCount(1) && working.check_media(&changed).is_err() {
        changed.length -= FrameCount(1);
    }
    changed
}
