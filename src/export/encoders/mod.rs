//! The encoders of pictures and of sound, each in a file of its own.
//!
//! Nothing outside asks which one it is: what an encoder needs, what it can do with how much memory, and what it is told, it
//! says itself, by [`VideoEncoder`]. To add one: its file, a variant of [`Video`], and a preset.

mod av1;
mod ffv1;
mod hardware;
mod prores;
mod setting;
mod sound;
mod vp9;
mod x264;
mod x265;

pub use av1::Av1;
pub use ffv1::Ffv1;
pub use hardware::Hardware;
pub use prores::{ProRes, ProResProfile};
pub use setting::{Setting, SettingKind};
pub use sound::Sound;
pub use vp9::Vp9;
pub use x264::{X264, X264Rate};
pub use x265::X265;

use super::budget::EncoderPlan;
use super::target::Container;
use crate::media::Beside;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How pictures are encoded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Video {
    /// H.264 by x264.
    H264(X264),
    /// H.265 by x265.
    H265(X265),
    /// AV1 by libaom.
    Av1(Av1),
    /// VP9 by libvpx.
    Vp9(Vp9),
    /// Apple `ProRes` by libavcodec.
    ProRes(ProRes),
    /// FFV1, without loss, by libavcodec.
    Ffv1(Ffv1),
    /// By the machine's graphics.
    Hardware(Hardware),
}

/// How pictures come to an encoder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Input {
    /// It has copied them when its call returns, or made others of them: they go round in a few slots.
    Copied,
    /// The same, and it works on no more than the one that it is given: a decoder's own picture may be given.
    CopiedAtOnce,
    /// It keeps them: each is its own.
    Kept,
}

/// How an encoder spends bits where a film must not pass a size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Rate {
    /// To learn what a few pictures take at a rate factor.
    Sample(u32),
    /// To learn how hard each picture is to code.
    First(Spent),
    /// By what was learnt.
    Second(Spent),
}

/// Bits for pictures, and where an encoder keeps what it learns of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Spent {
    /// Thousand bits a second, on average.
    pub kilobits: u32,
    /// The statistics of the first pass; the encoder makes others beside it by names of its own.
    pub statistics: PathBuf,
}

/// What an encoder was told, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Words {
    /// The encoder and its settings.
    pub what: String,
    /// What fitting the budget costs, each in a few words.
    pub costs: Vec<String>,
}

impl Words {
    fn plain(what: String) -> Self {
        Self { what, costs: Vec::new() }
    }
}

/// What there is to know of an encoder.
pub(super) trait VideoEncoder {
    /// What people call what it makes.
    fn name(&self) -> &'static str;

    /// GStreamer's elements for it.
    fn elements(&self) -> &'static [&'static str];

    /// The file formats that can carry it.
    fn containers(&self) -> &'static [Container];

    /// Whether its settings are in their ranges.
    ///
    /// # Errors
    /// What is not, in words.
    fn check(&self) -> Result<(), String>;

    /// What people may set of it.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// Sets that. Values that it does not know are refused by [`Self::check`].
    fn set(&mut self, _kind: SettingKind, _value: u32) {}

    /// Its configurations for so many cores, 1 to 16, from the fastest and best to the smallest.
    fn candidates(&self, cores: u32) -> Vec<EncoderPlan>;

    /// What it holds with pictures of that size, in bytes, beside those in the ring.
    fn holds(&self, canvas: (u32, u32), plan: &EncoderPlan) -> u64;

    /// How pictures come to it.
    fn input(&self, plan: &EncoderPlan) -> Input;

    /// Its elements from raw pictures to packets, as a description for GStreamer. The encoder's name is `enc`.
    fn launch(&self, plan: &EncoderPlan, rate: Option<&Rate>) -> String;

    /// What encoding a picture takes, in per cent of what decoding one takes, where its pictures can stand beside copied ones.
    fn effort_beside(&self) -> Option<u32> {
        None
    }

    /// The same for pictures that stand beside copied ones, in packets with lengths; `None` where it can't.
    fn launch_beside(&self, _plan: &EncoderPlan, _beside: &Beside) -> Option<String> {
        None
    }

    /// What it is told, in words.
    fn words(&self, plan: &EncoderPlan, rate: Option<&Rate>) -> Words;

    /// Bits for each pixel of ordinary footage, in hundredths. The truth depends on the picture.
    fn usual_bits(&self) -> u64;

    /// Whether it can spend a given number of bits.
    fn can_be_held(&self) -> bool {
        false
    }

    /// When it is taken to be stuck with one picture, where that is sooner than encoders in software may take.
    fn is_stuck_after(&self) -> Option<Duration> {
        None
    }

    /// Whether packets come in another order than their pictures are shown in.
    fn reorders(&self) -> bool {
        false
    }
}

/// What is in each variant of [`Video`], borrowed as the value is.
macro_rules! each {
    ($video:expr) => {
        match $video {
            Video::H264(encoder) => encoder,
            Video::H265(encoder) => encoder,
            Video::Av1(encoder) => encoder,
            Video::Vp9(encoder) => encoder,
            Video::ProRes(encoder) => encoder,
            Video::Ffv1(encoder) => encoder,
            Video::Hardware(encoder) => encoder,
        }
    };
}

impl Video {
    /// H.264 at a constant rate factor, 0 to 51, with one of x264's speed presets.
    #[must_use]
    pub fn h264(speed: &str, crf: u32) -> Self {
        Self::H264(X264 { speed: speed.into(), rate: X264Rate::Quality(crf) })
    }

    pub(super) fn encoder(&self) -> &dyn VideoEncoder {
        each!(self)
    }

    pub(super) fn encoder_mut(&mut self) -> &mut dyn VideoEncoder {
        each!(self)
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.encoder().name()
    }

    /// GStreamer's elements for it.
    #[must_use]
    pub fn elements(&self) -> &'static [&'static str] {
        self.encoder().elements()
    }

    /// The file formats that can carry it.
    #[must_use]
    pub fn containers(&self) -> &'static [Container] {
        self.encoder().containers()
    }

    /// Whether its settings are in their ranges.
    ///
    /// # Errors
    /// What is not, in words.
    pub fn check(&self) -> Result<(), String> {
        self.encoder().check()
    }

    /// Whether it can spend a given number of bits.
    #[must_use]
    pub fn can_be_held(&self) -> bool {
        self.encoder().can_be_held()
    }
}

/// Whether a setting lies in its range, in words.
fn in_range(what: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{what} can't be {value}: write {} to {}", range.start(), range.end()))
}

/// The speed presets that x264 and x265 have in common.
const SPEEDS: [&str; 10] =
    ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];

/// Whether x264 and x265 know a speed.
fn known_speed(encoder: &str, speed: &str) -> Result<(), String> {
    if SPEEDS.contains(&speed) {
        return Ok(());
    }
    Err(format!("{encoder} has no speed '{speed}': write one of {}", SPEEDS.join(", ")))
}

/// The speed presets of x264 and x265 as a setting, from the slowest to the fastest.
fn speeds(speed: &str) -> Setting {
    let nth = SPEEDS.iter().position(|s| *s == speed).unwrap_or(0);
    // no one is helped by the slowest, which is as good as the one before it
    let worth = SPEEDS.len() - 1;
    let all = (0..worth).rev().filter_map(|n| u32::try_from(n).ok());
    Setting::new(SettingKind::Speed, u32::try_from(nth).unwrap_or(0), all, speed_of)
}

/// The speed preset that such a setting stands for.
fn speed_of(value: u32) -> String {
    usize::try_from(value).ok().and_then(|n| SPEEDS.get(n)).map_or_else(String::new, |s| (*s).to_owned())
}

/// What looking ahead less costs, of encoders of which no more was measured.
fn costs(plan: &EncoderPlan) -> Vec<String> {
    if plan.step > 0 { vec!["larger at equal quality".into()] } else { Vec::new() }
}

/// The configurations of an encoder whose steps look ahead less and less.
fn stepped(cores: u32, steps: usize) -> Vec<EncoderPlan> {
    let base = EncoderPlan { sliced: true, ..EncoderPlan::for_cores(cores) };
    let smaller = EncoderPlan { decoder_threads: 1, slots: 2, ..base };
    let few = EncoderPlan { threads: 1, ahead: 0, ..smaller };
    let mut plans = vec![base];
    plans.extend((0..steps).map(|step| EncoderPlan { step, ..smaller }));
    plans.extend((steps / 2..steps).map(|step| EncoderPlan { step, ..few }));
    plans
}

/// What an encoder takes that looks ahead, whatever the size of the pictures, in bytes.
const FIXED: u64 = 14 << 20;

/// The bytes of a picture as encoders keep it that have whole macroblocks and a border.
fn bordered((width, height): (u32, u32)) -> u64 {
    picture((width + 96, height.next_multiple_of(16) + 64))
}

/// The bytes of a picture in 8 bits with a quarter of the colour.
pub(super) fn picture((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height) * 3 / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_memory_is_held_by_each_smaller_configuration() {
        let all = [
            Video::h264("medium", 21),
            Video::H264(X264 { speed: "ultrafast".into(), rate: X264Rate::Quantizer(26) }),
            Video::H265(X265::default()),
            Video::Av1(Av1::default()),
            Video::Vp9(Vp9::default()),
            Video::ProRes(ProRes::default()),
            Video::Ffv1(Ffv1::default()),
        ];
        for video in all {
            for cores in [1, 2, 4, 16] {
                let encoder = video.encoder();
                let plans = encoder.candidates(cores);
                let held = |plan: &EncoderPlan| {
                    encoder.holds((1920, 1080), plan) + u64::from(plan.slots) * picture((1920, 1080))
                };
                let (first, last) = (plans.first().unwrap(), plans.last().unwrap());
                assert!(held(last) <= held(first), "{} on {cores} cores", encoder.name());
                assert!(plans.iter().all(|p| (1..=16).contains(&p.threads.div_ceil(2)) && p.decoder_threads >= 1));
                assert_eq!((last.ahead, last.decoder_threads), (0, 1), "{} on {cores} cores", encoder.name());
            }
        }
    }
}
