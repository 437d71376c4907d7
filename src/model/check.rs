//! The consistency check that holds after every edit and for every file that is opened.

use super::clip::ClipId;
use super::project::Project;
use super::sequence::{Sequence, Track};
use super::time::{Frame, FrameCount, MAX_FRAMES, SourceTime};
use std::collections::HashSet;
use thiserror::Error;

/// What is wrong with a project. Edits can't make one; a damaged or hand-written file can.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Inconsistency {
    /// There is no sequence to show.
    #[error("the project has no active sequence")]
    NoActiveSequence,
    /// Impossible picture size or sample rate.
    #[error("sequence '{0}' has an impossible picture size or sample rate")]
    Format(String),
    /// Two things share an id, or an id is yet to be given out.
    #[error("id {0} is used twice or out of turn")]
    Id(u64),
    /// A clip refers to an asset that is not in the project.
    #[error("clip '{0}' refers to media that is not in the project")]
    UnknownAsset(String),
    /// Length below one frame.
    #[error("clip '{0}' is empty")]
    Empty(String),
    /// Before frame 0, or absurdly far out.
    #[error("clip '{0}' lies outside the timeline")]
    OutsideTimeline(String),
    /// Two clips share a frame of a track.
    #[error("clips '{0}' and '{1}' overlap on track {2}")]
    Overlap(String, String, String),
    /// Uses media that does not exist.
    #[error("clip '{0}' reaches outside its media")]
    OutsideMedia(String),
    /// A clip needs a stream that its media lacks.
    #[error("clip '{0}' is on a track of the wrong kind for its media")]
    WrongKind(String),
}

impl Project {
    /// Checks everything.
    ///
    /// # Errors
    /// The first [`Inconsistency`] found.
    pub fn check(&self) -> Result<(), Inconsistency> {
        if !self.sequences.contains_key(&self.active) {
            return Err(Inconsistency::NoActiveSequence);
        }
        let mut ids = HashSet::new();
        let mut take = |id: u64| if id < self.next_id && ids.insert(id) { Ok(()) } else { Err(Inconsistency::Id(id)) };
        for (id, asset) in &self.assets {
            take(id.0)?;
            if asset.id != *id {
                return Err(Inconsistency::Id(id.0));
            }
        }
        for sequence in self.sequences.values() {
            for track in &sequence.tracks {
                take(track.id.0)?;
                for clip in track.clips.iter() {
                    take(clip.id.0)?;
                }
            }
            sequence.check(self)?;
        }
        Ok(())
    }
}

impl Sequence {
    /// Checks one sequence against the assets of its project.
    ///
    /// # Errors
    /// The first [`Inconsistency`] found.
    pub fn check(&self, project: &Project) -> Result<(), Inconsistency> {
        let size = 16..=8192;
        if !size.contains(&self.width)
            || !size.contains(&self.height)
            || !self.width.is_multiple_of(2)
            || !self.height.is_multiple_of(2)
            || !(8000..=192_000).contains(&self.sample_rate)
        {
            return Err(Inconsistency::Format(self.name.clone()));
        }
        self.tracks.iter().try_for_each(|track| self.check_track(track, project))
    }

    fn check_track(&self, track: &Track, project: &Project) -> Result<(), Inconsistency> {
        let mut end = Frame::ZERO;
        let mut before: Option<ClipId> = None;
        for clip in track.clips.iter() {
            let name = || clip.content.name.clone();
            if clip.length < FrameCount(1) {
                return Err(Inconsistency::Empty(name()));
            }
            if clip.start < Frame::ZERO || clip.length.0 > MAX_FRAMES || clip.end().0 > MAX_FRAMES {
                return Err(Inconsistency::OutsideTimeline(name()));
            }
            if clip.start < end {
                let earlier =
                    before.and_then(|id| track.clips.get(id)).map_or_else(String::new, |c| c.content.name.clone());
                return Err(Inconsistency::Overlap(earlier, name(), track.name.clone()));
            }
            let Some(asset) = project.assets.get(&clip.content.asset) else {
                return Err(Inconsistency::UnknownAsset(name()));
            };
            let streams = match track.kind {
                super::TrackKind::Video => usize::from(asset.info.has_video()),
                super::TrackKind::Audio => asset.info.audio.len(),
            };
            if clip.content.stream as usize >= streams {
                return Err(Inconsistency::WrongKind(name()));
            }
            if let Some(range) = asset.info.range() {
                let (first, last) = (clip.source_in, clip.source_out(self.rate));
                // half a frame of slack: media rarely ends on a frame of the sequence
                let slack = SourceTime(self.rate.duration_of(FrameCount(1)).0 / 2 + 1);
                if first.min(last) < range.start - slack || first.max(last) > range.end + slack {
                    return Err(Inconsistency::OutsideMedia(name()));
                }
            }
            end = clip.end();
            before = Some(clip.id);
        }
        Ok(())
    }
}
