//! The consistency check that holds after every edit and for every file that is opened.

use super::clip::Clip;
use super::limits::{self, MOST_IDS, SAMPLE_RATES, TRACK_HEIGHTS};
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
    /// Something about media that can't be.
    #[error("media '{0}' has an impossible {1}")]
    Asset(String, &'static str),
    /// A track is taller or lower than any can be.
    #[error("track '{0}' has an impossible height")]
    Track(String),
    /// A property that can't be.
    #[error("clip '{0}' has an impossible {1}")]
    Property(String, &'static str),
    /// A transition without a cut, or longer than its clips and their media.
    #[error("the transition before clip '{0}' does not fit its cut")]
    Transition(String),
    /// Markers out of order or outside the timeline.
    #[error("the markers are out of order")]
    Markers,
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
        if self.next_id >= MOST_IDS {
            return Err(Inconsistency::Id(self.next_id));
        }
        let mut ids = HashSet::new();
        let mut take = |id: u64| if id < self.next_id && ids.insert(id) { Ok(()) } else { Err(Inconsistency::Id(id)) };
        for (id, asset) in self.assets.iter() {
            take(id.0)?;
            if let Some(what) = asset.impossible() {
                return Err(Inconsistency::Asset(asset.name.clone(), what));
            }
            if asset.id != *id {
                return Err(Inconsistency::Id(id.0));
            }
        }
        for (id, sequence) in &self.sequences {
            take(id.0)?;
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
        if !limits::is_picture_size(self.width, self.height) || !SAMPLE_RATES.contains(&self.sample_rate) {
            return Err(Inconsistency::Format(self.name.clone()));
        }
        let inside = |at: Frame| limits::is_on_timeline(at);
        if !self.markers.is_sorted_by(|a, b| a.at < b.at) || !self.markers.iter().all(|m| inside(m.at)) {
            return Err(Inconsistency::Markers);
        }
        self.tracks.iter().try_for_each(|track| self.check_track(track, project))
    }

    fn check_track(&self, track: &Track, project: &Project) -> Result<(), Inconsistency> {
        if !TRACK_HEIGHTS.contains(&track.height) {
            return Err(Inconsistency::Track(track.name.clone()));
        }
        let mut before: Option<Clip> = None;
        for clip in track.clips.iter() {
            let name = || clip.content.name.clone();
            if clip.length < FrameCount(1) {
                return Err(Inconsistency::Empty(name()));
            }
            if clip.start < Frame::ZERO || clip.length.0 > MAX_FRAMES || clip.end().0 > MAX_FRAMES {
                return Err(Inconsistency::OutsideTimeline(name()));
            }
            if let Some(earlier) = before.as_ref().filter(|b| clip.start < b.end()) {
                return Err(Inconsistency::Overlap(earlier.content.name.clone(), name(), track.name.clone()));
            }
            let Some(asset) = project.assets.get(&clip.content.asset) else {
                return Err(Inconsistency::UnknownAsset(name()));
            };
            if clip.content.stream as usize >= asset.streams(track.kind) {
                return Err(Inconsistency::WrongKind(name()));
            }
            let (first, last) = clip.media(self.rate);
            if !limits::is_moment(first) || !limits::is_moment(last) {
                return Err(Inconsistency::OutsideMedia(name()));
            }
            if clip.link.is_some_and(|l| l.0 >= MOST_IDS) || clip.group.is_some_and(|g| g.0 >= MOST_IDS) {
                return Err(Inconsistency::Id(clip.id.0));
            }
            if let Some(range) = asset.info.range() {
                // half a frame of slack: media rarely ends on a frame of the sequence
                let slack = SourceTime(self.rate.duration_of(FrameCount(1)).0 / 2 + 1);
                if first < range.start - slack || last > range.end + slack {
                    return Err(Inconsistency::OutsideMedia(name()));
                }
            }
            if let Some(what) = clip.content.properties.impossible() {
                return Err(Inconsistency::Property(name(), what));
            }
            if let Some(transition) = clip.transition {
                let room = before.as_ref().and_then(|b| project.transition_room(self.rate, b, &clip, transition.kind));
                let fits = room.is_some_and(|(most_before, most_after)| {
                    (FrameCount::ZERO..=most_before).contains(&transition.before)
                        && (FrameCount::ZERO..=most_after).contains(&transition.after())
                });
                if !fits || !transition.is_possible(track.kind) {
                    return Err(Inconsistency::Transition(name()));
                }
            }
            before = Some(clip);
        }
        Ok(())
    }
}
