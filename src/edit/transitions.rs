//! Transitions on cuts: set by hand, and kept fitting by every edit.

use super::working::Working;
use super::{EditError, Note};
use crate::model::{Clip, ClipId, ClipList, Frame, FrameCount, Project, Track, TrackKind, Transition, TransitionKind};
use std::sync::Arc;

/// ```text
/// [A      |B      ]     with 4 frames, 2 of them before the cut:   [A    /////B    ]
/// ```
///
/// The cuts of linked clips on the same frame get one of the same length, sound a crossfade.
pub(super) fn set(
    working: &mut Working,
    right: ClipId,
    transition: Option<Transition>,
    alone: bool,
) -> Result<(), EditError> {
    let (own, grabbed) = working.clip(right)?;
    let rate = working.sequence().rate;
    for (track, mut clip) in working.counterparts(right, alone)? {
        if clip.start != grabbed.start {
            continue;
        }
        let kind = working.track(track)?.kind;
        if let Some(mut wanted) = transition {
            if kind == TrackKind::Audio && wanted.kind != TransitionKind::Dissolve {
                if track == own {
                    return Err(EditError::SoundTransition);
                }
                wanted.kind = TransitionKind::Dissolve;
            }
            let left = working.track(track)?.clips.before(clip.start).filter(|left| left.end() == clip.start);
            let next = working.track(track)?.clips.after(clip.end()).filter(|next| next.start == clip.end());
            let Some(left) = left else {
                if track == own {
                    return Err(EditError::NoCutBefore(clip.content.name.clone()));
                }
                continue;
            };
            let room = working.project.transition_room(rate, &left, &clip, wanted.kind);
            let (most_before, most_after) = room.unwrap_or_default();
            // what the transition behind it has is not taken from it
            let kept = next.and_then(|n| n.transition).map_or(FrameCount::ZERO, |t| t.before);
            let most_after = most_after.min(clip.length - kept).max(FrameCount::ZERO);
            let legal = wanted.length >= FrameCount(1)
                && (FrameCount::ZERO..=wanted.length).contains(&wanted.before)
                && wanted.before <= most_before
                && wanted.after() <= most_after;
            if !legal {
                if track == own {
                    return Err(EditError::TransitionRoom(most_before.0, most_after.0));
                }
                continue;
            }
            clip.transition = Some(wanted);
        } else {
            clip.transition = None;
        }
        working.unlocked(track)?.clips.replace(clip);
    }
    Ok(())
}

/// The longest transition up to `length` that fits a cut, as much as can be in its middle; `None` where none does.
#[must_use]
pub fn fitting_transition(
    project: &Project,
    right: ClipId,
    kind: TransitionKind,
    length: FrameCount,
) -> Option<Transition> {
    let (track, clip) = project.sequence().clip(right)?;
    let left = track.clips.before(clip.start)?;
    let kept = track.clips.after(clip.end()).filter(|n| n.start == clip.end()).and_then(|n| n.transition);
    let (before, after) = project.transition_room(project.sequence().rate, &left, &clip, kind)?;
    let after = after.min(clip.length - kept.map_or(FrameCount::ZERO, |t| t.before)).max(FrameCount::ZERO);
    let half = FrameCount(length.0 / 2);
    // what one side can't give the other may
    let on_left = half.min(before);
    let on_right = (length - on_left).min(after);
    let on_left = (length - on_right).min(before);
    let length = on_left + on_right;
    (length > FrameCount::ZERO).then_some(Transition { kind, length, before: on_left })
}

/// Shortens or removes the transitions whose cuts an edit has changed.
pub(super) fn keep_fitting(before: &Project, after: &mut Project, notes: &mut Vec<Note>) {
    if before.active != after.active {
        return;
    }
    let rate = after.sequence().rate;
    let old = Arc::clone(before.sequence());
    let tracks: Vec<Arc<Track>> = after.sequence().tracks.clone();
    for track in tracks {
        let then = old.track(track.id);
        if then.is_some_and(|then| Arc::ptr_eq(then, &track)) {
            continue;
        }
        let nothing = ClipList::new();
        for clip in track.clips.changed_transitions(then.map_or(&nothing, |t| &t.clips)) {
            let Some(wanted) = clip.transition else { continue };
            // an earlier one on this track may just have been shortened
            let now = after.sequence().track(track.id).map_or(&nothing, |t| &t.clips);
            let left = now.before(clip.start).filter(|l| l.end() == clip.start && same_cut(&old, &clip, l, rate));
            let fitting = left.as_ref().and_then(|left| {
                let (most_before, most_after) = after.transition_room(rate, left, &clip, wanted.kind)?;
                let fits = Transition {
                    kind: wanted.kind,
                    length: wanted.before.min(most_before) + wanted.after().min(most_after),
                    before: wanted.before.min(most_before),
                };
                (fits.length > FrameCount::ZERO).then_some(fits)
            });
            if fitting == Some(wanted) {
                continue;
            }
            let name = clip.content.name.clone();
            notes.push(match fitting {
                Some(fitting) => Note::TransitionShortened(name, fitting.length.0),
                None => Note::TransitionRemoved(name),
            });
            if let Some(track) = after.sequence_mut().track_mut(track.id) {
                track.clips.replace(Clip { transition: fitting, ..clip });
            }
        }
    }
}

/// Whether a clip's transition still is between what it was made for: the clip before is the same, or what an edit
/// left of it. Clips that are new bring theirs along.
fn same_cut(old: &crate::model::Sequence, clip: &Clip, left: &Clip, rate: crate::model::FrameRate) -> bool {
    let Some((track, was)) = old.clip(clip.id) else { return true };
    if was.transition != clip.transition {
        return true;
    }
    let before = if was.start > Frame::ZERO { track.clips.at(was.start - FrameCount(1)) } else { None };
    before.is_some_and(|before| {
        before.id == left.id
            || (before.content.asset == left.content.asset && before.source_out(rate) == left.source_out(rate))
    })
}
