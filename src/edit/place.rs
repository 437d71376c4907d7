//! Append, insert and overwrite.

use super::EditError;
use super::working::Working;
use crate::model::{AssetId, Clip, ClipContent, Frame, FrameCount, LinkId, SourceTime, Span, TrackId, TrackKind};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A stretch of media to be put on tracks; picture and sound together become linked clips.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// Which media.
    pub asset: AssetId,
    /// Its in point.
    pub source_in: SourceTime,
    /// How many frames of the sequence.
    pub length: FrameCount,
    /// Where the picture goes, if it is wanted.
    pub video: Option<TrackId>,
    /// Where the sound goes, if it is wanted.
    pub audio: Option<TrackId>,
    /// The clips' name; the asset's when none is given.
    #[serde(default)]
    pub name: Option<String>,
}

impl Placement {
    fn tracks(&self) -> impl Iterator<Item = TrackId> {
        self.video.into_iter().chain(self.audio)
    }
}

/// ```text
/// V1 [A   ]          V1 [A   ]
/// A1 [A       ]  ->  A1 [A       ]     behind the longest of the target tracks, so that
///                    V1          [B ]  picture and sound begin together
///                    A1          [B ]
/// ```
pub(super) fn append(working: &mut Working, place: &Placement) -> Result<(), EditError> {
    let mut at = Frame::ZERO;
    for track in place.tracks() {
        at = at.max(working.track(track)?.clips.end());
    }
    overwrite(working, place, at)
}

/// ```text
/// [A       ][B  ]  ->  [A   ]    [B  ]      what C covers is replaced; past the end a gap stays before it
///      ^ C 7 frames    [A   ][C     ][B]
/// ```
pub(super) fn overwrite(working: &mut Working, place: &Placement, at: Frame) -> Result<(), EditError> {
    let clips = clips_of(working, place, at)?;
    for (track, clip) in clips {
        working.clear(track, clip.span())?;
        working.put(track, clip)?;
    }
    Ok(())
}

/// ```text
/// [A       ][B  ]  ->  [A   ][C     ][A' ][B  ]
///      ^ C
/// ```
pub(super) fn insert(working: &mut Working, place: &Placement, at: Frame, sync_lock: bool) -> Result<(), EditError> {
    let clips = clips_of(working, place, at)?;
    let tracks = if sync_lock { working.unlocked_tracks() } else { place.tracks().collect() };
    working.open_gap(&tracks, at, place.length)?;
    for (track, clip) in clips {
        working.put(track, clip)?;
    }
    Ok(())
}

fn clips_of(working: &mut Working, place: &Placement, at: Frame) -> Result<Vec<(TrackId, Clip)>, EditError> {
    let asset = working.project.assets.get(&place.asset).ok_or(EditError::NoAsset)?.clone();
    let end = at + place.length;
    if at < Frame::ZERO || end.0 > crate::model::time::MAX_FRAMES {
        return Err(EditError::OutsideTimeline);
    }
    let name = place.name.clone().unwrap_or_else(|| asset.name.clone());
    if Span::between(at, end).length < FrameCount(1) {
        return Err(EditError::Empty(name));
    }
    let content =
        Arc::new(ClipContent { name, asset: asset.id, stream: 0, properties: crate::model::Properties::default() });
    let both = place.video.is_some() && place.audio.is_some();
    let link = both.then(|| LinkId(working.project.fresh_id()));
    let mut clips = Vec::new();
    for (track, kind, there, what) in [
        (place.video, TrackKind::Video, asset.info.has_video(), "picture"),
        (place.audio, TrackKind::Audio, asset.info.has_audio(), "sound"),
    ] {
        let Some(track) = track else { continue };
        if working.unlocked(track)?.kind != kind || !there {
            return Err(EditError::WrongKind(asset.name.clone(), what));
        }
        let id = working.project.fresh_clip_id();
        let clip = Clip { link, ..Clip::new(id, Arc::clone(&content), at, place.length, place.source_in) };
        working.check_media(&clip)?;
        clips.push((track, clip));
    }
    if clips.is_empty() { Err(EditError::Nothing) } else { Ok(clips) }
}
