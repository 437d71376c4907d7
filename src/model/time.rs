//! Exact time: frames on the timeline, flicks in media, and every conversion between them.
//!
//! All conversions are integer and round to nearest (halves upwards). Flooring to nanoseconds and
//! back would give the wrong frame for most positions at 24, 60 and the 1001 rates.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Flicks in a second. Every usual frame and sample period is a whole number of them
/// (<https://github.com/facebookarchive/Flicks>).
pub const FLICKS_PER_SECOND: i64 = 705_600_000;

/// The longest timeline that is accepted, in frames: about 25 days at 1000 frames a second. Far
/// beyond use, and far below where sums of positions could overflow.
pub const MAX_FRAMES: i64 = 1 << 31;

/// `a * b / c`, rounded to nearest, halves upwards. `c` must be positive; saturates at the ends of `i64`.
#[must_use]
pub fn mul_div_round(a: i64, b: i64, c: i64) -> i64 {
    debug_assert!(c > 0);
    let product = i128::from(a) * i128::from(b);
    let c = i128::from(c);
    let rounded = (2 * product + c).div_euclid(2 * c);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

/// An exact frame rate in frames a second, such as 30000/1001.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct FrameRate {
    num: u32,
    den: u32,
}

impl FrameRate {
    /// 24 frames a second.
    pub const F24: Self = Self { num: 24, den: 1 };
    /// 25 frames a second.
    pub const F25: Self = Self { num: 25, den: 1 };
    /// 30 frames a second.
    pub const F30: Self = Self { num: 30, den: 1 };
    /// 30000/1001 frames a second, "29.97".
    pub const F29_97: Self = Self { num: 30000, den: 1001 };

    /// A rate in lowest terms. `None` unless it lies between 1 and 1000 frames a second and its
    /// denominator is at most 1 000 000.
    #[must_use]
    pub fn new(num: u32, den: u32) -> Option<Self> {
        if num == 0 || den == 0 || den > 1_000_000 || num < den || u64::from(num) > 1000 * u64::from(den) {
            return None;
        }
        let g = gcd(num, den);
        Some(Self { num: num / g, den: den / g })
    }

    /// Frames in [`FrameRate::den`] seconds.
    #[must_use]
    pub const fn num(self) -> u32 {
        self.num
    }

    /// Seconds that [`FrameRate::num`] frames last.
    #[must_use]
    pub const fn den(self) -> u32 {
        self.den
    }

    /// The rate rounded to whole frames a second, as timecode counts them (29.97 counts 30).
    #[must_use]
    pub fn nominal(self) -> i64 {
        mul_div_round(i64::from(self.num), 1, i64::from(self.den))
    }

    /// For sliders and labels only.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// The usual rate nearest to a measured one: one of the broadcast rates when it is within 0.05 %,
    /// else the rate itself rounded to a thousandth.
    #[must_use]
    pub fn snap(fps: f64) -> Option<Self> {
        const USUAL: [(u32, u32); 13] = [
            (24000, 1001),
            (24, 1),
            (25, 1),
            (30000, 1001),
            (30, 1),
            (48, 1),
            (50, 1),
            (60000, 1001),
            (60, 1),
            (10, 1),
            (15, 1),
            (20, 1),
            (120, 1),
        ];
        if !(fps.is_finite() && (1.0..=1000.0).contains(&fps)) {
            return None;
        }
        for (num, den) in USUAL {
            if (fps / (f64::from(num) / f64::from(den)) - 1.0).abs() < 0.0005 {
                return Self::new(num, den);
            }
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1000 and 1000000")]
        Self::new((fps * 1000.0).round() as u32, 1000)
    }

    /// Ticks a second in which every frame is whole, and fine enough for times between them.
    #[must_use]
    pub fn ticks(self) -> u32 {
        if self.num >= 10_000 { self.num } else { self.num * 1000 }
    }

    /// Where frame `frame` begins, in flicks from the start of the timeline.
    #[must_use]
    pub fn time_of(self, frame: Frame) -> SourceTime {
        SourceTime(self.flicks(frame.0))
    }

    /// How long `count` frames last.
    #[must_use]
    pub fn duration_of(self, count: FrameCount) -> SourceTime {
        SourceTime(self.flicks(count.0))
    }

    /// The middle of the interval that the frame `count` frames after a beginning has, counted from that beginning.
    #[must_use]
    pub fn middle_of(self, count: FrameCount) -> SourceTime {
        let halves = count.0.saturating_mul(2).saturating_add(1);
        SourceTime(mul_div_round(halves, FLICKS_PER_SECOND * i64::from(self.den), 2 * i64::from(self.num)))
    }

    fn flicks(self, frames: i64) -> i64 {
        mul_div_round(frames, FLICKS_PER_SECOND * i64::from(self.den), i64::from(self.num))
    }

    /// The frame that begins nearest to `time`.
    #[must_use]
    pub fn frame_nearest(self, time: SourceTime) -> Frame {
        Frame(mul_div_round(time.0, i64::from(self.num), FLICKS_PER_SECOND * i64::from(self.den)))
    }

    /// The frame that is on the screen at `time`: the last that begins at or before it.
    #[must_use]
    pub fn frame_at(self, time: SourceTime) -> Frame {
        let near = self.frame_nearest(time);
        if self.time_of(near) > time { Frame(near.0 - 1) } else { near }
    }

    /// The first sample of `frame` at `sample_rate` samples a second, counted from the timeline's
    /// start. Computed from the position, never added up, so sections meet without a lost sample.
    #[must_use]
    pub fn sample_of(self, frame: Frame, sample_rate: u32) -> i64 {
        mul_div_round(frame.0, i64::from(sample_rate) * i64::from(self.den), i64::from(self.num))
    }

    /// Frames a second as people say them: `25`, `29.97`.
    #[must_use]
    pub fn in_words(self) -> String {
        if self.den == 1 { self.num.to_string() } else { format!("{:.2}", self.as_f64()) }
    }
}

impl TryFrom<(u32, u32)> for FrameRate {
    type Error = String;

    fn try_from((num, den): (u32, u32)) -> Result<Self, String> {
        Self::new(num, den).ok_or_else(|| format!("{num}/{den} is not a frame rate between 1 and 1000"))
    }
}

impl From<FrameRate> for (u32, u32) {
    fn from(rate: FrameRate) -> Self {
        (rate.num, rate.den)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

impl std::str::FromStr for FrameRate {
    type Err = String;

    /// Accepts `30000/1001`, `25` and the usual decimals such as `29.97`.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("'{text}' is not a frame rate; write 25, 29.97 or 30000/1001");
        if let Some((num, den)) = text.split_once('/') {
            let (num, den) = (num.trim().parse().map_err(|_| bad())?, den.trim().parse().map_err(|_| bad())?);
            return Self::new(num, den).ok_or_else(bad);
        }
        Self::snap(text.trim().parse().map_err(|_| bad())?).ok_or_else(bad)
    }
}

/// The greatest common divisor.
pub(crate) const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A position on the timeline, in whole frames of its sequence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Frame(pub i64);

/// A length on the timeline, in whole frames of its sequence; negative where it is a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameCount(pub i64);

/// A position or length in media, in flicks (1/705 600 000 s).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceTime(pub i64);

impl Frame {
    /// The first frame of a timeline.
    pub const ZERO: Self = Self(0);
}

impl FrameCount {
    /// No frames.
    pub const ZERO: Self = Self(0);
}

impl SourceTime {
    /// The start of the media.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self(FLICKS_PER_SECOND);

    /// From nanoseconds, rounded to nearest.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Self {
        Self(mul_div_round(nanos, FLICKS_PER_SECOND, 1_000_000_000))
    }

    /// In nanoseconds, rounded to nearest.
    #[must_use]
    pub fn nanos(self) -> i64 {
        mul_div_round(self.0, 1_000_000_000, FLICKS_PER_SECOND)
    }

    /// From seconds, rounded to nearest; what is not finite gives zero.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "saturates, and that is meant"
        )]
        Self((seconds * FLICKS_PER_SECOND as f64).round() as i64)
    }

    /// In seconds, for labels, JSON and rates of bits only.
    #[must_use]
    pub fn seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let seconds = self.0 as f64 / FLICKS_PER_SECOND as f64;
        seconds
    }

    /// The nearest sample at `sample_rate` samples a second.
    #[must_use]
    pub fn sample(self, sample_rate: u32) -> i64 {
        mul_div_round(self.0, i64::from(sample_rate), FLICKS_PER_SECOND)
    }
}

impl Add<FrameCount> for Frame {
    type Output = Self;
    fn add(self, n: FrameCount) -> Self {
        Self(self.0.saturating_add(n.0))
    }
}

impl Sub<FrameCount> for Frame {
    type Output = Self;
    fn sub(self, n: FrameCount) -> Self {
        Self(self.0.saturating_sub(n.0))
    }
}

impl AddAssign<FrameCount> for Frame {
    fn add_assign(&mut self, n: FrameCount) {
        *self = *self + n;
    }
}

impl Sub for Frame {
    type Output = FrameCount;
    fn sub(self, other: Self) -> FrameCount {
        FrameCount(self.0.saturating_sub(other.0))
    }
}

macro_rules! additive {
    ($t:ty) => {
        impl Add for $t {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $t {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl AddAssign for $t {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $t {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Neg for $t {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }
    };
}
additive!(FrameCount);
additive!(SourceTime);

/// A half-open span of the timeline.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// The first frame.
    pub start: Frame,
    /// How many frames; never negative.
    pub length: FrameCount,
}

impl Span {
    /// From `start` up to, not including, `end`; empty when `end` is before `start`.
    #[must_use]
    pub fn between(start: Frame, end: Frame) -> Self {
        Self { start, length: FrameCount((end - start).0.max(0)) }
    }

    /// The first frame after it.
    #[must_use]
    pub fn end(self) -> Frame {
        self.start + self.length
    }

    /// Whether `frame` lies in it.
    #[must_use]
    pub fn contains(self, frame: Frame) -> bool {
        self.start <= frame && frame < self.end()
    }

    /// Whether the two share a frame.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    /// What both share, if anything.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let shared = Self::between(self.start.max(other.start), self.end().min(other.end()));
        (shared.length > FrameCount::ZERO).then_some(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_periods_are_whole_flicks() {
        for (num, den) in [(24, 1), (25, 1), (30, 1), (50, 1), (60, 1), (24000, 1001), (30000, 1001), (60000, 1001)] {
            let rate = FrameRate::new(num, den).unwrap();
            assert_eq!(rate.time_of(Frame(1)).0 * i64::from(num), FLICKS_PER_SECOND * i64::from(den), "{rate}");
        }
        for samples in [8000, 16000, 44100, 48000, 96000, 192_000] {
            assert_eq!(FLICKS_PER_SECOND % samples, 0);
        }
    }

    #[test]
    fn frames_survive_nanoseconds() {
        for (num, den) in [(24, 1), (30, 1), (60, 1), (24000, 1001), (30000, 1001), (60000, 1001), (1000, 1)] {
            let rate = FrameRate::new(num, den).unwrap();
            for n in (0..200).chain(1_000_000..1_000_200) {
                let there = rate.time_of(Frame(n)).nanos();
                assert_eq!(rate.frame_nearest(SourceTime::from_nanos(there)), Frame(n), "{rate} frame {n}");
            }
        }
    }

    #[test]
    fn the_frame_on_screen_is_the_last_that_began() {
        let rate = FrameRate::F29_97;
        for n in [0, 1, 29, 30, 107_892] {
            let start = rate.time_of(Frame(n));
            assert_eq!(rate.frame_at(start), Frame(n));
            assert_eq!(rate.frame_at(start + SourceTime(1)), Frame(n));
            assert_eq!(rate.frame_at(start - SourceTime(1)), Frame(n - 1));
        }
    }

    #[test]
    fn samples_of_adjacent_frames_meet_and_do_not_drift() {
        let rate = FrameRate::F29_97;
        assert_eq!(rate.sample_of(Frame(30000), 48000), 1001 * 48000);
        assert_eq!(rate.sample_of(Frame(1), 48000), 1602);
        assert_eq!(rate.sample_of(Frame(2), 48000), 3203);
    }

    #[test]
    fn rates_parse_and_snap() {
        assert_eq!("29.97".parse::<FrameRate>().unwrap(), FrameRate::F29_97);
        assert_eq!("60/2".parse::<FrameRate>().unwrap(), FrameRate::F30);
        for bad in ["", "0", "1/0", "NaN", "-25", "1/3", "inf", "2000", "4294967296/1"] {
            assert!(bad.parse::<FrameRate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn extreme_values_saturate() {
        assert_eq!(mul_div_round(i64::MAX, i64::MAX, 1), i64::MAX);
        assert_eq!(mul_div_round(i64::MIN, i64::MAX, 1), i64::MIN);
        assert_eq!(Frame(i64::MAX) + FrameCount(1), Frame(i64::MAX));
        assert_eq!(SourceTime::from_seconds(f64::NAN), SourceTime::ZERO);
    }
}
