//! A clip: a stretch of media placed on a track.

use super::asset::AssetId;
use super::time::{Frame, FrameCount, FrameRate, SourceTime, Span, mul_div_round};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Names a [`Clip`] within its project; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClipId(pub u64);

/// Shared by clips that move, trim, split and go together, as picture and sound of one recording do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub u64);

/// Shared by clips that people grouped by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub u64);

/// Media time that passes for each unit of timeline time, as an exact fraction: 1/1 is normal, 1/2 slow,
/// -1/1 backwards, 0/1 a frozen picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "(i32, u32)", into = "(i32, u32)")]
pub struct Speed {
    num: i32,
    den: u32,
}

impl Speed {
    /// As recorded.
    pub const NORMAL: Self = Self { num: 1, den: 1 };

    /// A speed of `num/den`; `None` when `den` is 0 or the speed is beyond 1000 times in either direction.
    #[must_use]
    pub fn new(num: i32, den: u32) -> Option<Self> {
        (den != 0 && i64::from(num).abs() <= 1000 * i64::from(den)).then_some(Self { num, den })
    }

    /// Whether media time runs as recorded.
    #[must_use]
    pub fn is_normal(self) -> bool {
        i64::from(self.num) == i64::from(self.den)
    }

    /// The media time that passes while `time` passes on the timeline.
    #[must_use]
    pub fn scale(self, time: SourceTime) -> SourceTime {
        SourceTime(mul_div_round(time.0, i64::from(self.num), i64::from(self.den)))
    }

    /// For labels and JSON only.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::NORMAL
    }
}

impl TryFrom<(i32, u32)> for Speed {
    type Error = String;

    fn try_from((num, den): (i32, u32)) -> Result<Self, String> {
        Self::new(num, den).ok_or_else(|| format!("{num}/{den} is not a speed between -1000 and 1000"))
    }
}

impl From<Speed> for (i32, u32) {
    fn from(speed: Speed) -> Self {
        (speed.num, speed.den)
    }
}

/// What a clip shows or sounds, apart from when. Shared between the copies that edits and undo keep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClipContent {
    /// What people call it; the asset's name at first.
    pub name: String,
    /// The media.
    pub asset: AssetId,
    /// Which of the asset's streams of the track's kind, counted from 0.
    #[serde(default)]
    pub stream: u32,
}

/// A stretch of media on a track. Its end and its out point are derived from what is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clip {
    /// Its name within the project.
    pub id: ClipId,
    /// The first frame on the timeline.
    pub start: Frame,
    /// Frames on the timeline; at least one.
    pub length: FrameCount,
    /// The moment in media that the first frame shows: the in point.
    pub source_in: SourceTime,
    /// How fast media time runs.
    #[serde(default)]
    pub speed: Speed,
    /// The clips that go with it.
    #[serde(default)]
    pub link: Option<LinkId>,
    /// The group it is in.
    #[serde(default)]
    pub group: Option<GroupId>,
    /// Whether it is seen and heard at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What it shows.
    pub content: Arc<ClipContent>,
}

fn yes() -> bool {
    true
}

impl Clip {
    /// The first frame after it.
    #[must_use]
    pub fn end(&self) -> Frame {
        self.start + self.length
    }

    /// Where it lies.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { start: self.start, length: self.length }
    }

    /// The moment in media that `offset` frames after its start show; always computed from the in point,
    /// never added up.
    #[must_use]
    pub fn source_at(&self, offset: FrameCount, rate: FrameRate) -> SourceTime {
        self.source_in + self.speed.scale(rate.duration_of(offset))
    }

    /// The out point in media: the first moment that it no longer uses.
    #[must_use]
    pub fn source_out(&self, rate: FrameRate) -> SourceTime {
        self.source_at(self.length, rate)
    }
}
