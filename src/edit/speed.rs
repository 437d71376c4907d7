//! How fast clips run.

use super::EditError;
use super::working::Working;
use crate::model::{Clip, ClipId, Frame, FrameCount, LinkId, SourceTime, Speed, TrackId, time::MAX_FRAMES};
use std::collections::BTreeMap;

/// ```text
/// [A       ][B ]   at 2×, rippled:  [A   ][B ]        trimmed:  [A   ]    [B ]
/// [A   ][B ]       at ½×, rippled:  [A       ][B ]    trimmed:  [A   ][B ]     cut off where B begins
/// ```
///
/// The same media are used, so the length follows; a frozen clip keeps its length. Linked clips follow.
///
/// Rippled, what changes its length beside each other counts once, with the one that grows most: what follows moves by
/// that on all tracks, so that it stays in sync.
///
/// ```text
/// V1 [A   ][B ]          V1 [A       ][B ]
/// A1 [A   ][B ]   ½×  -> A1 [A       ][B ]     and not B twice as far, for picture and sound
/// ```
pub(super) fn set(
    working: &mut Working,
    clips: &[ClipId],
    speed: Speed,
    ripple: bool,
    sync_lock: bool,
    alone: bool,
) -> Result<(), EditError> {
    let members = working.with_linked(clips, alone)?;
    if ripple {
        // the last first: where the others are is known until then
        return stretches(members, sync_lock).iter().rev().try_for_each(|s| stretch(working, s, speed, sync_lock));
    }
    for (track, clip) in members {
        let mut changed = at_speed(working, &clip, speed);
        let next = working.track(track)?.clips.after(clip.end()).map_or(Frame(MAX_FRAMES), |n| n.start);
        changed.length = changed.length.min(next - clip.start);
        check(working, &changed)?;
        let clips = &mut working.unlocked(track)?.clips;
        clips.remove(clip.id);
        clips.insert(changed);
    }
    Ok(())
}

/// Clips, in the order of their starts, by what changes its length as one: with sync lock what lies beside each other,
/// without it only what is linked as well.
fn stretches(members: Vec<(TrackId, Clip)>, sync_lock: bool) -> Vec<Vec<(TrackId, Clip)>> {
    let mut stretches: Vec<Vec<(TrackId, Clip)>> = Vec::new();
    // where the latest stretch of a link ends, and which one it is
    let mut latest: BTreeMap<Option<LinkId>, (Frame, usize)> = BTreeMap::new();
    for (track, clip) in members {
        let (key, end, start) = (clip.link.filter(|_| !sync_lock), clip.end(), clip.start);
        let single = !sync_lock && clip.link.is_none();
        if let Some((known, index)) = latest.get_mut(&key).filter(|(known, _)| start < *known && !single) {
            *known = end.max(*known);
            stretches[*index].push((track, clip));
        } else {
            latest.insert(key, (end, stretches.len()));
            stretches.push(vec![(track, clip)]);
        }
    }
    stretches
}

fn stretch(working: &mut Working, members: &[(TrackId, Clip)], speed: Speed, sync_lock: bool) -> Result<(), EditError> {
    // by how much each track grows, and where the last of its members ended
    let mut tracks: BTreeMap<TrackId, (FrameCount, Frame)> = BTreeMap::new();
    for (track, clip) in members.iter().rev() {
        let changed = at_speed(working, clip, speed);
        let by = changed.length - clip.length;
        let (growth, _) = tracks.entry(*track).or_insert((FrameCount::ZERO, clip.end()));
        *growth += by;
        check(working, &changed)?;
        let clips = &mut working.unlocked(*track)?.clips;
        clips.remove(clip.id);
        clips.shift(clip.end(), by);
        clips.insert(changed);
    }
    let most = tracks.values().map(|(growth, _)| *growth).max().unwrap_or(FrameCount::ZERO);
    let end = tracks.values().map(|(_, end)| *end).max().unwrap_or(Frame::ZERO);
    for (track, (growth, end)) in &tracks {
        working.shift(*track, *end + *growth, most - *growth)?;
    }
    if most == FrameCount::ZERO {
        return Ok(());
    }
    let own: Vec<TrackId> = tracks.into_keys().collect();
    working.follow(&own, end, most, sync_lock)
}

fn check(working: &Working, changed: &Clip) -> Result<(), EditError> {
    if (changed.start + changed.length).0 > MAX_FRAMES {
        return Err(EditError::OutsideTimeline);
    }
    working.check_media(changed)
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
