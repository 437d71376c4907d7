//! Split and trim.

use super::working::Working;
use super::{Edge, EditError, limits};
use crate::model::{ClipId, Frame, FrameCount, TrackId};

/// Cuts clips in two at a frame; see [`Working::split_track`] for the picture.
pub(super) fn split(working: &mut Working, at: Frame, clips: &[ClipId], alone: bool) -> Result<(), EditError> {
    let tracks: Vec<TrackId> = if clips.is_empty() {
        working.unlocked_tracks()
    } else {
        let members = working.with_grouped(clips, alone)?;
        members.into_iter().filter(|(_, c)| c.span().contains(at)).map(|(track, _)| track).collect()
    };
    tracks.into_iter().try_for_each(|track| working.split_track(track, at))
}

/// ```text
/// trim out +3   [A   ]     [B ]  ->  [A      ]  [B ]
/// trim in  +2   [A   ]     [B ]  ->    [A ]     [B ]    the picture under the other edge stays put
/// ```
pub(super) fn trim(
    working: &mut Working,
    clip: ClipId,
    edge: Edge,
    by: FrameCount,
    alone: bool,
) -> Result<(), EditError> {
    let rate = working.sequence().rate;
    for (track, mut clip) in working.with_linked(&[clip], alone)? {
        match edge {
            Edge::In => {
                clip.source_in = clip.source_at(by, rate);
                clip.start += by;
                clip.length -= by;
            }
            Edge::Out => clip.length += by,
        }
        let name = || clip.content.name.clone();
        if clip.length < FrameCount(1) {
            return Err(EditError::Empty(name()));
        }
        if clip.start < Frame::ZERO {
            return Err(EditError::OutsideTimeline);
        }
        working.check_media(&clip)?;
        if let Some(other) = limits::in_the_way(working.track(track)?, &clip) {
            return Err(EditError::Neighbour(other.content.name.clone()));
        }
        working.unlocked(track)?.clips.replace(clip);
    }
    Ok(())
}
