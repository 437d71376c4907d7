//! How a film is fitted under a size: what sound, picture and container get of it. Pure.

use super::sharpest::smallest;
use crate::model::{FrameCount, FrameRate};

/// What sound may have, in bits a second, and in how many channels: from the best to the least.
const SOUNDS: [SoundRate; 5] = [
    SoundRate { bits: 128_000, mono: false },
    SoundRate { bits: 96_000, mono: false },
    SoundRate { bits: 64_000, mono: false },
    SoundRate { bits: 48_000, mono: true },
    SoundRate { bits: 32_000, mono: true },
];

/// Bits for each pixel of the smallest picture, in thousandths: with less nothing can be recognised.
const LEAST_BITS: u64 = 15;

/// Bytes of an MP4's tables and headers beside those of its packets.
const HEADERS: u64 = 2_500;

/// Bytes of an MP4's tables for each packet: its size, its time and where it lies.
const TABLES: u64 = 16;

/// Per cent of a size that is to be used where a film has use for it.
const USED: u64 = 97;

/// What is aimed at, in thousandths of the size: encoders miss by a little.
const AIM: u64 = 988;

/// The most that x264 takes, in thousand bits a second.
const MOST_KILOBITS: f64 = 2_000_000.0;

/// A rate in thousand bits a second, and the bytes of pictures that it gave.
pub(super) type Tried = (u32, u64);

/// How sound is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SoundRate {
    /// Bits a second.
    pub bits: u32,
    /// Whether its channels are mixed into one.
    pub mono: bool,
}

/// A size that must not be passed, for one film.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cap {
    /// The most bytes.
    pub most: u64,
    /// Seconds of film; never 0.
    pub seconds: f64,
    /// Frames of it.
    frames: u64,
    canvas: (u32, u32),
}

#[expect(clippy::cast_precision_loss, reason = "bytes and frames of films are far below 2^53")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates and bytes are positive, and far smaller"
)]
impl Cap {
    pub fn new(most: u64, canvas: (u32, u32), rate: FrameRate, length: FrameCount) -> Self {
        let seconds = rate.duration_of(length).seconds();
        let frames = u64::try_from(length.0).unwrap_or(0);
        Self { most, seconds: seconds.max(0.001), frames, canvas }
    }

    /// The best sound that leaves three quarters of the size to the pictures, or the least.
    pub fn sound(&self) -> SoundRate {
        let quarter = self.most as f64 * 8.0 / self.seconds / 4.0;
        let fits = SOUNDS.into_iter().find(|s| f64::from(s.bits) <= quarter);
        fits.unwrap_or(SOUNDS[SOUNDS.len() - 1])
    }

    /// What a film takes beside its pictures with that sound, before it is known: bytes.
    fn beside(&self, sound: SoundRate) -> f64 {
        let packets = self.frames as f64 + self.seconds * 47.0;
        HEADERS as f64 + packets * TABLES as f64 + self.seconds * f64::from(sound.bits) / 8.0
    }

    /// The least size that a film of this length can have and still be looked at, in bytes.
    pub fn least(&self) -> u64 {
        let (w, h) = smallest(self.canvas);
        let pictures = u64::from(w) * u64::from(h) * self.frames * LEAST_BITS / 8000;
        self.beside(SOUNDS[SOUNDS.len() - 1]) as u64 + pictures
    }

    /// Bits a second that are left for pictures where the rest takes so many bytes; what that is before it is known.
    pub fn for_pictures(&self, beside: Option<u64>) -> f64 {
        let beside = beside.map_or_else(|| self.beside(self.sound()), |b| b as f64);
        let aim = self.most as f64 * AIM as f64 / 1000.0;
        ((aim - beside) * 8.0 / self.seconds).max(1000.0)
    }

    /// The rate that is left for pictures, in thousand bits a second: see [`Self::for_pictures`].
    pub fn rate(&self, beside: Option<u64>) -> u32 {
        kilobits(self.for_pictures(beside))
    }

    /// The rate to try after `last`, where the largest that was too little and the smallest that was too much are known as
    /// far as there were such: between two that enclose it, never too near to either; else in proportion.
    pub fn next_rate(&self, beside: u64, last: Tried, below: Option<Tried>, above: Option<Tried>) -> u32 {
        let wanted = self.for_pictures(Some(beside)) * self.seconds / 8.0;
        let (Some((low, fewer)), Some((high, more))) = (below, above) else {
            let (rate, bytes) = last;
            return kilobits(f64::from(rate) * 1000.0 * (wanted / bytes as f64).clamp(0.25, 8.0));
        };
        let part = (wanted - fewer as f64) / (more as f64 - fewer as f64).max(1.0);
        let (low, high) = (f64::from(low), f64::from(high));
        kilobits((low + (high - low) * part.clamp(0.1, 0.9)) * 1000.0)
    }

    /// Whether a size keeps to the cap.
    pub fn holds(&self, size: u64) -> bool {
        size <= self.most
    }

    /// Whether it makes use of it.
    pub fn uses(&self, size: u64) -> bool {
        size >= self.most.saturating_mul(USED) / 100
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what x264 takes")]
fn kilobits(bits: f64) -> u32 {
    (bits / 1000.0).floor().clamp(1.0, MOST_KILOBITS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(most: u64, frames: i64) -> Cap {
        // 30 frames a second, 1920×1080
        Cap::new(most, (1920, 1080), FrameRate::new(30, 1).unwrap(), FrameCount(frames))
    }

    #[test]
    fn sound_never_takes_more_than_a_quarter_unless_it_is_the_least() {
        let sound = |megabytes: u64, seconds: i64| cap(megabytes * 1_000_000, seconds * 30).sound();
        assert_eq!(sound(10, 60).bits, 128_000);
        assert_eq!(sound(2, 30).bits, 128_000);
        assert_eq!(sound(2, 60), SoundRate { bits: 64_000, mono: false });
        assert_eq!(sound(2, 80), SoundRate { bits: 48_000, mono: true });
        assert_eq!(sound(2, 600), SoundRate { bits: 32_000, mono: true });
    }

    #[test]
    fn rates_are_tried_between_those_that_missed() {
        // 9.88 MB less 1 MB for pictures
        let cap = cap(10_000_000, 30 * 30);
        let next = |last, below, above| cap.next_rate(1_000_000, last, below, above);
        assert_eq!(cap.rate(Some(1_000_000)), 2_368);
        assert_eq!(next((2_000, 4_440_000), Some((2_000, 4_440_000)), None), 4_000, "half was used");
        assert_eq!(next((2_000, 100), Some((2_000, 100)), None), 16_000);
        let (low, high) = ((1_000, 8_000_000), (2_000, 9_760_000));
        assert_eq!(next(high, Some(low), Some(high)), 1_500);
        assert_eq!(next(high, Some((1_000, 8_870_000)), Some(high)), 1_100);
    }

    #[test]
    fn what_can_not_be_is_known_before() {
        assert!(cap(20_000, 900).least() > 20_000);
        assert!(cap(1_000_000, 900).least() < 1_000_000);
        let cap = cap(1_000_000, 900);
        assert!(cap.holds(1_000_000) && !cap.holds(1_000_001) && cap.uses(970_000) && !cap.uses(969_999));
    }
}
