//! How an export is fitted into its memory budget before it starts.
//!
//! The prediction sums whole pictures: those in the ring, in the decoders, in the encoder's look-ahead, its
//! references and its threads. The weights are a fit to the peaks of 16 exports of film in H.264 at 1080p and 2160p
//! (GStreamer 1.22, x264 164), with and without cuts, and meet each of them to 9 %, none lower than 7 %; other codecs stay below. A
//! configuration is only chosen if the budget has room for that error as well.

use super::presets::{Encoder, Preset};

const MIB: u64 = 1 << 20;

/// What the process takes before any picture: the program, sound, and compressed data on its way.
const BASE: u64 = 130 * MIB;

/// What each sound that plays at once takes, beyond the first few.
const SOUND: u64 = MIB;

/// How much of a budget is planned for, in per cent: the prediction may be too low by the rest.
const PLANNED: u64 = 93;

/// The settings of encoder and decoders that a budget leaves room for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EncoderPlan {
    /// Threads of each decoder.
    pub decoder_threads: u32,
    /// x264's frame threads, or slices where `sliced`.
    pub threads: u32,
    /// Whether threads work on slices of one picture instead of on several pictures.
    pub sliced: bool,
    /// Pictures that x264 looks ahead; 0 turns macroblock-tree and B-frames off as well.
    pub lookahead: u32,
    /// Pictures in the ring between renderer and encoder.
    pub slots: u32,
    /// Whether the next section's readers are made ready while this one plays; else each cut waits for its
    /// seek, and half of the next reader's memory is saved.
    pub ahead: bool,
    /// Expected peak of resident memory, in bytes.
    pub predicted: u64,
}

impl EncoderPlan {
    /// Whether x264 may use B-frames and macroblock-tree.
    #[must_use]
    pub fn looks_ahead(&self) -> bool {
        self.lookahead > 0
    }
}

/// What an export has to hold at once, as far as its plan tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// Width and height of the result.
    pub canvas: (u32, u32),
    /// Width and height of the largest media.
    pub largest_source: (u32, u32),
    /// The most layers that are seen at once.
    pub layers: usize,
    /// The most sounds that are heard at once.
    pub sounds: usize,
    /// Whether one clip follows another.
    pub cuts: bool,
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
    let picture = |size: (u32, u32)| u64::from(size.0) * u64::from(size.1) * 3 / 2;
    let Demand { canvas, largest_source, layers, sounds, cuts, crossing, backward } = demand;
    let (frame, source) = (picture(canvas), picture(largest_source).max(picture(canvas) / 4));
    let beside = frame * u64::from(crossing) + super::backwards::MOST_BYTES as u64 * u64::from(backward);
    let predicted = |plan: &EncoderPlan| {
        let layers = u64::try_from(layers.max(1)).unwrap_or(u64::MAX);
        // tenths of a picture: decoders count in the source's size, all else in the canvas'. A cut takes some even
        // where it waits for its seek
        let thread = 65 * u64::from(plan.decoder_threads - 1);
        let cut = match (cuts, plan.ahead) {
            (false, _) => 0,
            (true, false) => 180,
            (true, true) => 320 + thread,
        };
        let readers = layers * (140 + thread + cut);
        let encoder = encoder_tenths(preset, plan) + 10 * u64::from(plan.slots);
        BASE + SOUND * sounds as u64 + beside + source * readers / 10 + frame * encoder / 10
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
        // each slice has its contexts, and nothing is encoded into fixed slots
        Encoder::Ffv1 => return 1100,
    };
    let references: u64 = if speed == "ultrafast" {
        30
    } else if plan.looks_ahead() {
        // three references, B-frames and a B-pyramid
        60 + 88 + 44 + 100
    } else {
        60 + 88
    };
    let threads = if plan.sliced { 2 * u64::from(plan.threads) } else { 30 * u64::from(plan.threads - 1) };
    references + 20 * u64::from(plan.lookahead) + threads
}

/// From the fastest and best to the smallest.
fn candidates(preset: &Preset, cores: u32) -> Vec<EncoderPlan> {
    let all = |ahead, decoder_threads, threads, sliced, lookahead| EncoderPlan {
        decoder_threads,
        threads,
        sliced,
        lookahead,
        slots: 3,
        ahead,
        predicted: 0,
    };
    let plan = |decoder_threads, threads, sliced, lookahead| all(true, decoder_threads, threads, sliced, lookahead);
    // the last resort: cuts wait
    let small = |lookahead| all(false, 1, cores.min(2), true, lookahead);
    let fewer = cores.min(2);
    match preset.encoder {
        Encoder::X264Quality { speed, .. } | Encoder::X264Quantizer { speed, .. } if speed != "ultrafast" => vec![
            plan(cores.min(4), cores, false, 40),
            plan(fewer, cores, false, 40),
            plan(fewer, cores, true, 40),
            plan(fewer, cores, true, 20),
            plan(1, fewer, true, 20),
            plan(1, fewer, true, 10),
            small(10),
            small(7),
            small(5),
            small(0),
        ],
        Encoder::Ffv1 => vec![plan(fewer, cores, false, 0), all(false, 1, 1, false, 0)],
        _ => vec![plan(cores.min(4), cores, false, 0), plan(fewer, cores, true, 0), plan(1, fewer, true, 0), small(0)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::find_preset;

    #[test]
    fn smaller_budgets_choose_smaller_configurations() {
        let preset = find_preset("h264").unwrap();
        let uhd = (3840, 2160);
        let demand = Demand {
            canvas: uhd,
            largest_source: uhd,
            layers: 1,
            sounds: 1,
            cuts: true,
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
