//! The project: assets and sequences.

use super::asset::{Asset, AssetId, SourceSpan};
use super::clip::ClipId;
use super::sequence::{Sequence, Track, TrackId, TrackKind};
use super::time::FrameRate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names a [`Sequence`] within its project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SequenceId(pub u64);

/// A whole project. Cheap to copy: what an edit did not touch is shared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Project {
    /// Every media file in the bin. Shared between the copies that edits and undo keep.
    pub assets: Arc<BTreeMap<AssetId, Arc<Asset>>>,
    /// Every sequence; never none.
    pub sequences: BTreeMap<SequenceId, Arc<Sequence>>,
    /// The sequence that is open in the timeline and exported.
    pub active: SequenceId,
    /// The next id of any kind; ids are never used twice, so undo cannot mix two things up.
    pub next_id: u64,
}

impl Project {
    /// An empty project with one sequence of that size and rate, and tracks V1 and A1.
    #[must_use]
    pub fn new(width: u32, height: u32, rate: FrameRate, sample_rate: u32) -> Self {
        let mut project =
            Self { assets: Arc::default(), sequences: BTreeMap::new(), active: SequenceId(0), next_id: 1 };
        let video = Track::new(TrackId(project.fresh_id()), "V1", TrackKind::Video);
        let audio = Track::new(TrackId(project.fresh_id()), "A1", TrackKind::Audio);
        let sequence = Sequence {
            name: "Sequence 1".into(),
            rate,
            width,
            height,
            sample_rate,
            tracks: vec![Arc::new(video), Arc::new(audio)],
            markers: Arc::default(),
        };
        project.sequences.insert(SequenceId(0), Arc::new(sequence));
        project
    }

    /// A number that no id in this project has had.
    pub fn fresh_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// A fresh id for a clip.
    pub fn fresh_clip_id(&mut self) -> ClipId {
        ClipId(self.fresh_id())
    }

    /// The sequence that is open.
    #[must_use]
    pub fn sequence(&self) -> &Arc<Sequence> {
        &self.sequences[&self.active]
    }

    /// The same, to change.
    pub fn sequence_mut(&mut self) -> &mut Sequence {
        let active = self.active;
        let Some(sequence) = self.sequences.get_mut(&active) else {
            unreachable!("a project without its active sequence is refused when it is loaded")
        };
        Arc::make_mut(sequence)
    }

    /// The bin, to change.
    pub fn assets_mut(&mut self) -> &mut BTreeMap<AssetId, Arc<Asset>> {
        Arc::make_mut(&mut self.assets)
    }

    /// The part of an asset that clips may use: `None` for all (stills, and assets of unknown length).
    #[must_use]
    pub fn media_range(&self, asset: AssetId) -> Option<SourceSpan> {
        self.assets.get(&asset).and_then(|a| a.info.range())
    }
}

impl Default for Project {
    /// 1920 × 1080 at 30 frames a second, 48 kHz.
    fn default() -> Self {
        Self::new(1920, 1080, FrameRate::F30, 48_000)
    }
}
