//! A clip: a stretch of media placed on a track.

use super::asset::AssetId;
use super::properties::Properties;
use super::time::{Frame, FrameCount, FrameRate, SourceTime, Span, mul_div_round};
use super::transition::Transition;
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
        if den == 0 || i64::from(num).abs() > 1000 * i64::from(den) || num == i32::MIN {
            return None;
        }
        // in lowest terms, so that equal speeds are equal
        let (mut a, mut b) = (num.unsigned_abs(), den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { num: num / i32::try_from(a).ok()?, den: den / a })
    }

    /// Whether media time runs as recorded.
    #[must_use]
    pub fn is_normal(self) -> bool {
        i64::from(self.num) == i64::from(self.den)
    }

    /// Whether media time stands still.
    #[must_use]
    pub fn is_frozen(self) -> bool {
        self.num == 0
    }

    /// Whether media time runs backwards.
    #[must_use]
    pub fn is_backward(self) -> bool {
        self.num < 0
    }

    /// The same speed the other way round.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { num: -self.num, den: self.den }
    }

    /// The fraction: media time over timeline time.
    #[must_use]
    pub fn fraction(self) -> (i32, u32) {
        (self.num, self.den)
    }

    /// The timeline time in which `media` passes, without its direction; `None` when it stands still.
    #[must_use]
    pub fn unscale(self, media: SourceTime) -> Option<SourceTime> {
        let num = i64::from(self.num).abs();
        (num != 0).then(|| SourceTime(mul_div_round(media.0, i64::from(self.den), num)))
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
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClipContent {
    /// What people call it; the asset's name at first.
    pub name: String,
    /// The media.
    pub asset: AssetId,
    /// Which of the asset's streams of the track's kind, counted from 0.
    #[serde(default)]
    pub stream: u32,
    /// How it looks and sounds.
    #[serde(default)]
    pub properties: Properties,
}

/// A stretch of media on a track. Its end and its out point are derived from what is stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Clip {
    /// Its name within the project.
    pub id: ClipId,
    /// The first frame on the timeline.
    pub start: Frame,
    /// Frames on the timeline; at least one.
    pub length: FrameCount,
    /// The in point: the moment in media where its first frame begins, or ends when it runs backwards.
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
    /// What happens on the cut before it, with the clip that abuts there.
    #[serde(default)]
    pub transition: Option<Transition>,
    /// What it shows.
    pub content: Arc<ClipContent>,
}

fn yes() -> bool {
    true
}

impl Clip {
    /// A clip that plays forwards at its own speed, on its own, cut hard.
    #[must_use]
    pub fn new(id: ClipId, content: Arc<ClipContent>, start: Frame, length: FrameCount, source_in: SourceTime) -> Self {
        Self {
            id,
            start,
            length,
            source_in,
            speed: Speed::NORMAL,
            link: None,
            group: None,
            enabled: true,
            transition: None,
            content,
        }
    }

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

    /// The moment in media that is reached `offset` frames after its start; always computed from the in point,
    /// never added up.
    #[must_use]
    pub fn source_at(&self, offset: FrameCount, rate: FrameRate) -> SourceTime {
        self.source_in + self.speed.scale(rate.duration_of(offset))
    }

    /// The moment in media that settings which change over time are taken from, `offset` frames after its start: where
    /// that frame begins, and backwards where it ends. (Its picture is that of [`Self::picture_at`].)
    #[must_use]
    pub fn shown_at(&self, offset: FrameCount, rate: FrameRate) -> SourceTime {
        self.source_at(if self.speed.is_backward() { offset + FrameCount(1) } else { offset }, rate)
    }

    /// How many frames after its start settings are taken from a moment in media, as [`Self::shown_at`] says it; `None` where
    /// they never are.
    #[must_use]
    pub fn offset_of(&self, moment: SourceTime, rate: FrameRate) -> Option<FrameCount> {
        let passed = moment - self.source_in;
        let passed = if self.speed.is_backward() { -passed } else { passed };
        let offset = rate.frame_nearest(self.speed.unscale(passed)?).0 - i64::from(self.speed.is_backward());
        (0..self.length.0).contains(&offset).then_some(FrameCount(offset))
    }

    /// The moment in media whose picture the frame `offset` frames after its start shows: the middle of that frame's
    /// interval, forwards and backwards alike. A frozen clip shows what its first frame would show at normal speed.
    #[must_use]
    pub fn picture_at(&self, offset: FrameCount, rate: FrameRate) -> SourceTime {
        if self.speed.is_frozen() {
            return self.source_in + rate.middle_of(FrameCount::ZERO);
        }
        self.source_in + self.speed.scale(rate.middle_of(offset))
    }

    /// The stretch of media that it uses, from the earlier end to the later one.
    #[must_use]
    pub fn media(&self, rate: FrameRate) -> (SourceTime, SourceTime) {
        let (a, b) = (self.source_in, self.source_out(rate));
        (a.min(b), a.max(b))
    }

    /// Fades as they are played: no longer than the clip together, in proportion where they would be.
    #[must_use]
    pub fn fades(&self) -> (FrameCount, FrameCount) {
        let Properties { fade_in, fade_out, .. } = self.content.properties;
        let both = fade_in + fade_out;
        if both <= self.length {
            return (fade_in, fade_out);
        }
        let fade_in = FrameCount(mul_div_round(fade_in.0, self.length.0, both.0.max(1)));
        (fade_in, self.length - fade_in)
    }

    /// Whether it goes on where `before` ends: the same media at the same speed, as after a split.
    #[must_use]
    pub fn continues(&self, before: &Self, rate: FrameRate) -> bool {
        before.end() == self.start
            && before.content.asset == self.content.asset
            && before.content.stream == self.content.stream
            && before.speed == self.speed
            && (before.source_out(rate) - self.source_in).0.abs() <= 1
    }

    /// The out point in media: the first moment that it no longer uses.
    #[must_use]
    pub fn source_out(&self, rate: FrameRate) -> SourceTime {
        self.source_at(self.length, rate)
    }
}
