//! How an export is fitted into its memory budget before it starts.
//!
//! The prediction sums whole pictures: those in the ring, in the readers, in the encoder's look-ahead, its references
//! and its threads. The weights were measured one by one with film at 1080p and 2160p in H.264, and at 1080p in nine
//! other codecs (GStreamer 1.22, x264 164), with and without cuts; `benches/growth` compares them with what exports take. A configuration is only chosen
//! if the budget has room for the prediction's error as well.

use super::plan::Layer;
use super::plan_sound::Sound;
use super::presets::{Encoder, Preset};
use crate::model::{MediaInfo, MediaKind, SourceTime, VideoStream};

const MIB: u64 = 1 << 20;

/// What the process takes before any picture: the program, sound, and compressed data on its way.
const BASE: u64 = 79 * MIB;

/// What the reader of a sound takes, beyond the first.
const SOUND: u64 = MIB;

/// What `qtdemux` keeps of each sample of a track, in bytes.
const INDEXED: u64 = 32;

/// Samples in a packet of AAC, which MP4 has most.
const PACKET: u64 = 1024;

/// What x264's analysis takes whatever the size of the pictures.
const ANALYSIS: u64 = 8 * MIB;

/// How much of a budget is planned for, in per cent: the prediction may be too low by the rest.
const PLANNED: u64 = 97;

/// Pictures that a reader has beside its decoder: the one that is shown, the next one, and what waits or is on its way.
const SHOWN: u64 = 5;

/// Where pictures are scaled, so many wait for that, and so many have it behind them.
const WAITING: u64 = 3;

/// The settings of encoder and decoders that a budget leaves room for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EncoderPlan {
    /// Threads of each decoder.
    pub decoder_threads: u32,
    /// x264's frame threads, or slices where `sliced`.
    pub threads: u32,
    /// Whether threads work on slices of one picture instead of on several pictures.
    pub sliced: bool,
    /// Pictures that x264 looks ahead; 0 turns its macroblock-tree off.
    pub lookahead: u32,
    /// Pictures that x264 refers to; `None` leaves it to its preset.
    pub references: Option<u32>,
    /// B-frames between two others; `None` leaves them, and their pyramid, to x264's preset.
    pub b_frames: Option<u32>,
    /// Pictures in the ring between renderer and encoder.
    pub slots: u32,
    /// Whether the next section's readers are made ready while this one plays; else each cut waits for its
    /// seek, and the next readers' memory is saved.
    pub ahead: bool,
    /// Expected peak of resident memory, in bytes.
    pub predicted: u64,
}

impl EncoderPlan {
    /// By how many per cent the pictures take more than without a limit, at equal quality (PSNR): about the
    /// mean of one to three clean films, some steps in between guessed; grainy ones take less.
    #[must_use]
    pub fn larger(&self) -> u32 {
        match self.lookahead {
            0 => 45,
            1..=5 => 13,
            6..=7 => 10,
            8..=9 => 8,
            10..=12 => 6,
            13..=15 => 3,
            16..=30 => 2,
            _ => 0,
        }
    }
}

/// What readers hold, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Holding {
    /// With one decoder thread each.
    pub bytes: u64,
    /// For each decoder thread more.
    pub each_thread: u64,
}

impl std::ops::Add for Holding {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, each_thread: self.each_thread + other.each_thread }
    }
}

impl std::iter::Sum for Holding {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

impl Holding {
    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), each_thread: self.each_thread.max(other.each_thread) }
    }

    /// What the reader of a layer holds.
    #[must_use]
    pub fn of(layer: &Layer) -> Self {
        let size = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        let decoded = layer.place.decoded();
        let shown = size(decoded) * if layer.transparent { 5 } else { 3 } / 2;
        let info = &layer.asset.info;
        let video = info.video_stream(layer.clip.content.stream);
        let Some(video) = video.filter(|_| info.generator.is_none()) else {
            return Self { bytes: shown * 2, each_thread: 0 };
        };
        let pixels = size((video.width, video.height));
        if info.kind == MediaKind::Still {
            // as the file has it, and once or twice as four bytes a pixel
            return Self { bytes: shown * 2 + pixels * 8, each_thread: 0 };
        }
        let picture = pixels * if video.bit_depth > 8 { 6 } else { 3 } / 2;
        let (tenths, thread) = decoder_tenths(video);
        // pictures are scaled when they are taken: those that wait before are of the old size
        let scaled = decoded != (video.width, video.height);
        let waiting = if scaled { WAITING * (picture + shown) } else { SHOWN * picture };
        let rate = video.rate.map_or(30, |r| u64::from(r.num().div_ceil(r.den().max(1))));
        let bytes = waiting + picture * tenths / 10 + index(info, rate);
        Self { bytes, each_thread: picture * thread / 10 }
    }
}

/// What a demuxer keeps of a track with so many packets a second, in bytes: MP4 has a table of them all.
fn index(info: &MediaInfo, packets_a_second: u64) -> u64 {
    let tables = ["Quicktime", "ISO", "MP4", "3GP"].iter().any(|name| info.container.contains(name));
    let seconds = info.duration.filter(|_| tables).map_or(0, |d| d.0 / SourceTime::SECOND.0);
    u64::try_from(seconds).unwrap_or(0) * packets_a_second * INDEXED
}

/// What the reader of a sound holds beyond the first one's pipeline, in bytes.
#[must_use]
pub fn held_by_sound(sound: &Sound) -> u64 {
    let info = &sound.asset.info;
    let stream = info.audio.get(sound.clip.content.stream as usize).filter(|a| !a.codec.contains("PCM"));
    SOUND + stream.map_or(0, |a| index(info, u64::from(a.rate) / PACKET))
}

/// Pictures that a decoder holds itself with one thread, and with each one more, in tenths.
fn decoder_tenths(video: &VideoStream) -> (u64, u64) {
    let codec = |names: &[&str]| names.iter().any(|n| video.codec.contains(n));
    let (tenths, thread) = if codec(&["Baseline"]) {
        // without B-frames, nothing waits for its turn
        (50, 60)
    } else if codec(&["H.264", "H.265", "HEVC"]) {
        (100, 65)
    } else if codec(&["AV1"]) {
        (200, 0)
    } else if codec(&["VP9"]) {
        (75, 0)
    } else if codec(&["MPEG-4", "DivX"]) {
        (50, 40)
    } else {
        (50, 15)
    };
    // fields are made whole from three pictures
    (tenths + if video.interlaced { 30 } else { 0 }, thread)
}

/// What an export has to hold at once, as far as its plan tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// Width and height of the result.
    pub canvas: (u32, u32),
    /// The readers of one section, at most.
    pub readers: Holding,
    /// Those and the ones that are made ready for the section after it, at most.
    pub readers_ahead: Holding,
    /// What the sounds that are heard at once, and those that are made ready for what follows, hold beyond the first:
    /// bytes.
    pub sounds: u64,
    /// Whether there are transitions, which need a canvas of their own.
    pub crossing: bool,
    /// Whether clips run backwards, whose pictures are kept a stretch at a time.
    pub backward: bool,
}

/// A quarter of the machine's memory, at least 512 MiB and at most 2 GiB.
#[must_use]
pub fn default_budget(total_memory: u64) -> u64 {
    (total_memory / 4).clamp(512 * MIB, 2048 * MIB)
}

/// The best configuration that fits a budget, or the least that would do in bytes.
///
/// # Errors
/// The least budget that would do, in bytes, when even the smallest configuration does not fit.
pub fn plan_encoder(preset: &Preset, demand: Demand, cores: usize, budget: u64) -> Result<EncoderPlan, u64> {
    let cores = u32::try_from(cores).unwrap_or(1).clamp(1, 16);
    let Demand { canvas, readers, readers_ahead, sounds, crossing, backward } = demand;
    let picture = |(w, h): (u32, u32)| u64::from(w) * u64::from(h) * 3 / 2;
    let frame = picture(canvas);
    // x264's own pictures have whole macroblocks and a border
    let bordered = picture((canvas.0 + 96, canvas.1.next_multiple_of(16) + 64));
    let beside = frame * u64::from(crossing) + super::backwards::MOST_BYTES as u64 * u64::from(backward);
    let fixed = if matches!(preset.encoder, Encoder::X264Quality { .. }) { ANALYSIS } else { 0 };
    let predicted = |plan: &EncoderPlan| {
        let readers = if plan.ahead { readers_ahead } else { readers };
        BASE + fixed
            + sounds.saturating_sub(SOUND)
            + beside
            + readers.bytes
            + readers.each_thread * u64::from(plan.decoder_threads - 1)
            + frame * u64::from(plan.slots)
            + bordered * encoder_tenths(preset, plan) / 10
    };
    let mut least = u64::MAX;
    for mut plan in candidates(preset, cores) {
        plan.predicted = predicted(&plan);
        if plan.predicted <= budget / 100 * PLANNED {
            return Ok(plan);
        }
        least = least.min(plan.predicted / PLANNED * 100 + MIB);
    }
    Err(least)
}

/// The least budget that an export can run in, in bytes.
#[must_use]
pub fn least_budget(preset: &Preset, demand: Demand) -> u64 {
    plan_encoder(preset, demand, 16, 0).err().unwrap_or(0)
}

/// Pictures that the encoder holds, in tenths.
fn encoder_tenths(preset: &Preset, plan: &EncoderPlan) -> u64 {
    let speed = match preset.encoder {
        Encoder::X264Quality { speed, .. } | Encoder::X264Quantizer { speed, .. } => speed,
        // libavcodec makes room for the largest packet that there could be
        Encoder::Ffv1 => return 930,
    };
    let threads = if plan.sliced { 2 * u64::from(plan.threads) } else { 63 * u64::from(plan.threads - 1) };
    if speed == "ultrafast" {
        return 28 + threads / if plan.sliced { 1 } else { 3 };
    }
    let references = 44 * u64::from(plan.references.unwrap_or(3));
    let both_ways = match plan.b_frames {
        None => 45,
        Some(n) => 20 * u64::from(n),
    };
    // it looks ahead as far as B-frames reach at least
    let lookahead = u64::from(plan.lookahead.max(plan.b_frames.unwrap_or(3)));
    32 + references + both_ways + 20 * lookahead + threads
}

/// From the fastest and best to the smallest.
fn candidates(preset: &Preset, cores: u32) -> Vec<EncoderPlan> {
    // the encoder works beside the decoders; each thread of those has pictures of its own
    let decoding = cores.div_ceil(2).min(4);
    let base = EncoderPlan {
        decoder_threads: decoding,
        threads: cores,
        sliced: false,
        lookahead: 0,
        references: None,
        b_frames: None,
        slots: 3,
        ahead: true,
        predicted: 0,
    };
    let small = EncoderPlan { decoder_threads: 1, threads: cores.min(4), sliced: true, slots: 2, ..base };
    let waiting = EncoderPlan { ahead: false, ..small };
    match preset.encoder {
        Encoder::X264Quality { speed, .. } | Encoder::X264Quantizer { speed, .. } if speed != "ultrafast" => {
            let looks = |plan: EncoderPlan, lookahead| EncoderPlan { lookahead, ..plan };
            let mut plans =
                vec![looks(base, 40), looks(EncoderPlan { decoder_threads: 1, threads: cores.min(2), ..base }, 40)];
            plans.extend([40, 30, 20, 15].map(|n| looks(small, n)));
            // waiting costs time, a shorter look-ahead costs bits
            plans.extend([20, 15, 12, 10, 9, 8, 7, 6, 5].map(|n| looks(waiting, n)));
            plans.push(EncoderPlan { references: Some(1), b_frames: Some(2), ..waiting });
            plans
        }
        Encoder::Ffv1 => vec![base, small, EncoderPlan { threads: 1, ..waiting }],
        _ => {
            let sliced = EncoderPlan { sliced: cores <= 4, slots: 2, ..base };
            vec![sliced, small, waiting]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::find_preset;

    #[test]
    fn smaller_budgets_choose_smaller_configurations() {
        let preset = find_preset("h264").unwrap();
        let reader = |n: u64| Holding { bytes: n * 178 * MIB, each_thread: n * 77 * MIB };
        let demand = Demand {
            canvas: (3840, 2160),
            readers: reader(1),
            readers_ahead: reader(2),
            sounds: MIB,
            crossing: false,
            backward: false,
        };
        let plan = |budget| plan_encoder(preset, demand, 2, budget * MIB);
        let (large, small) = (plan(4096).unwrap(), plan(1024).unwrap());
        assert!(large.lookahead > small.lookahead);
        assert!(small.predicted <= 1024 * MIB);
        assert!(plan(128).unwrap_err() > 128 * MIB);
        assert!(plan(least_budget(preset, demand) / MIB + 1).is_ok());
    }
}
