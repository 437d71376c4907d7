//! How an export is fitted into its memory budget before it starts.
//!
//! The prediction sums whole pictures: those in the ring, in the readers ([`Demand`]), in the encoder's look-ahead, its
//! references and its threads. The weights were measured one by one with film at 1080p and 2160p (GStreamer 1.22, x264
//! 164), with and without cuts, and then fitted to what whole exports take without huge pages: those of the encoder
//! make up for what the others have too much. `benches/growth` compares them. A configuration is only chosen
//! if the budget has room for the prediction's error as well.

use super::presets::{Encoder, Preset};
use crate::render::{BACKWARD_BYTES, Demand, Holding, SOUND_BYTES};

const MIB: u64 = 1 << 20;

/// What the process takes beside pictures: the program, sound, and compressed data on its way.
const BASE: u64 = 48 * MIB;

/// The same before the first frames, while the code that only starting up needs is still there.
const STARTING: u64 = 71 * MIB;

/// How much of what readers hold is there by then, in tenths.
const BY_THEN: u64 = 8;

/// What a muxer keeps of each packet of its result, in bytes.
const MUXED: u64 = 8;

/// What x264's analysis takes whatever the size of the pictures.
const ANALYSIS: u64 = 4 * MIB;

/// How much of a budget is planned for, in per cent: the prediction may be too low by the rest.
const PLANNED: u64 = 97;

/// How x264 analyses pictures before it codes them: what it takes in memory, and what having less costs.
///
/// Its macroblock-tree (Garrett-Glaser 2009, "A novel macroblock-tree algorithm for high-performance optimization of
/// dependent video coding in H.264/AVC") gives more bits to blocks that later pictures are predicted from, as far as it
/// looks ahead, and takes them from all others. Looking ahead less it gives less, but takes as much: at the same crf
/// pictures are up to 5 dB worse. So it is made stronger then, which also makes what is missing much the same for all
/// footage, and the crf is set lower by as much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Analysis {
    /// Pictures that x264 looks ahead.
    pub lookahead: u32,
    /// How strongly the tree works, where not as x264's preset has it: its `qcomp` in hundredths, from 0 for most to
    /// 99 for next to nothing.
    pub tree: Option<u32>,
    /// What is taken off the crf, so that pictures are as good as without a limit.
    pub finer: u32,
    /// B-frames between two others, where there is little room: then without their pyramid, with two references (one
    /// takes no less memory, for B-frames have two) and without copies of references in another brightness, which only
    /// fades gain by; and x264 looks for the best way to code each block more thoroughly than its preset says, time for
    /// the bits that are lost. `None` leaves all that to its preset.
    pub b_frames: Option<u32>,
    /// By how many per cent the result takes more than without a limit, at equal quality (PSNR): about what film and
    /// what a phone's camera recorded take.
    pub larger: u32,
}

impl Analysis {
    /// As x264's preset has it.
    const FULL: Self = Self { lookahead: 40, tree: None, finer: 0, b_frames: None, larger: 0 };

    /// With less to look ahead.
    const fn ahead(lookahead: u32, tree: Option<u32>, finer: u32, larger: u32) -> Self {
        Self { lookahead, tree, finer, larger, ..Self::FULL }
    }

    /// With few B-frames and references as well.
    const fn least(b_frames: u32, lookahead: u32, finer: u32, larger: u32) -> Self {
        Self { lookahead, tree: Some(30), finer, b_frames: Some(b_frames), larger }
    }

    /// The crf at which pictures are as good as they are at this one without a limit.
    #[must_use]
    pub fn crf_for(&self, crf: u32) -> u32 {
        crf.saturating_sub(self.finer)
    }
}

/// From the best to the smallest. Measured with two films, at 1080p and at 2160p, and a phone's recording: at several
/// places of 1 to 2 seconds by the crf that gives what 40 pictures ahead give at crf 21 (x264 164), and in whole exports
/// by `benches/bits`.
const ANALYSES: [Analysis; 17] = [
    Analysis::FULL,
    Analysis::ahead(30, None, 0, 1),
    Analysis::ahead(20, Some(45), 1, 1),
    Analysis::ahead(15, Some(45), 1, 1),
    Analysis::ahead(12, Some(30), 2, 1),
    Analysis::ahead(10, Some(30), 2, 1),
    Analysis::ahead(9, Some(30), 3, 1),
    Analysis::ahead(8, Some(30), 3, 2),
    Analysis::ahead(7, Some(30), 3, 3),
    Analysis::ahead(6, Some(30), 4, 4),
    Analysis::ahead(5, Some(30), 4, 5),
    Analysis::least(3, 5, 5, 6),
    Analysis::least(3, 4, 6, 9),
    Analysis::least(1, 4, 5, 10),
    Analysis::least(1, 3, 6, 11),
    Analysis::least(1, 2, 7, 13),
    Analysis::least(1, 1, 10, 18),
];

/// The settings of encoder and decoders that a budget leaves room for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EncoderPlan {
    /// Threads of each decoder.
    pub decoder_threads: u32,
    /// x264's frame threads, or slices where `sliced`.
    pub threads: u32,
    /// Whether threads work on slices of one picture instead of on several pictures.
    pub sliced: bool,
    /// What x264 does before it codes.
    pub analysis: Analysis,
    /// Pictures in the ring between renderer and encoder.
    pub slots: u32,
    /// Sections after the one that plays whose readers are made ready meanwhile, up to 2; with none, each cut waits for its
    /// seek, and the next readers' memory is saved.
    pub ahead: usize,
    /// Expected peak of resident memory, in bytes.
    pub predicted: u64,
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
    let Demand { canvas, readers, readers_ahead, readers_further, sounds, crossing, backward, packets } = demand;
    let picture = |(w, h): (u32, u32)| u64::from(w) * u64::from(h) * 3 / 2;
    let frame = picture(canvas);
    // x264's own pictures have whole macroblocks and a border
    let bordered = picture((canvas.0 + 96, canvas.1.next_multiple_of(16) + 64));
    let beside = frame * u64::from(crossing) + BACKWARD_BYTES as u64 * u64::from(backward);
    let fixed = if matches!(preset.encoder, Encoder::X264Quality { .. }) { ANALYSIS } else { 0 };
    let predicted = |plan: &EncoderPlan| {
        let threads = u64::from(plan.decoder_threads - 1);
        let held = |h: Holding| h.bytes + h.each_thread * threads;
        let sounds = sounds.saturating_sub(SOUND_BYTES);
        let running = BASE
            + fixed
            + sounds
            + packets * MUXED
            + beside
            + held([readers, readers_ahead, readers_further][plan.ahead.min(2)])
            + frame * u64::from(plan.slots)
            + bordered * encoder_tenths(preset, plan) / 10;
        running.max(STARTING + sounds + held(readers) * BY_THEN / 10)
    };
    let mut least = u64::MAX;
    for mut plan in candidates(preset, cores) {
        // without cuts nothing waits for them
        plan.ahead = plan.ahead.max(usize::from(readers == readers_ahead));
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
        return 8 + threads / if plan.sliced { 1 } else { 3 };
    }
    let Analysis { lookahead, b_frames, .. } = plan.analysis;
    let references = match b_frames {
        // three and the brightness of two of them again; B-frames with their pyramid
        None => 3 * 42 + 10 + 44,
        Some(n) => 2 * 42 + 4 * u64::from(n),
    };
    // it looks ahead as far as B-frames reach at least
    let lookahead = u64::from(lookahead.max(b_frames.unwrap_or(3)));
    19 + references + 19 * lookahead + threads
}

/// From the fastest and best to the smallest.
fn candidates(preset: &Preset, cores: u32) -> Vec<EncoderPlan> {
    // the encoder works beside the decoders; each thread of those has pictures of its own
    let decoding = cores.div_ceil(2).min(4);
    let base = EncoderPlan {
        decoder_threads: decoding,
        threads: cores,
        sliced: false,
        analysis: Analysis::FULL,
        slots: 3,
        ahead: 1,
        predicted: 0,
    };
    let small = EncoderPlan { decoder_threads: 1, threads: cores.min(4), sliced: true, slots: 2, ..base };
    let waiting = EncoderPlan { ahead: 0, ..small };
    match preset.encoder {
        Encoder::X264Quality { speed, .. } | Encoder::X264Quantizer { speed, .. } if speed != "ultrafast" => {
            let with = |plan, looks: fn(u32) -> bool| {
                let analyses = ANALYSES.into_iter().filter(move |a| looks(a.lookahead));
                analyses.map(move |analysis| EncoderPlan { analysis, ..plan })
            };
            // x264's own choice: some of its threads always wait for others
            let busy = EncoderPlan { threads: cores * 3 / 2, ..base };
            let mut plans = vec![busy, base, EncoderPlan { decoder_threads: 1, threads: cores.min(2), ..base }];
            // waiting costs time, a shorter look-ahead costs bits
            plans.extend(with(small, |pictures| pictures >= 15));
            plans.extend(with(waiting, |pictures| pictures <= 20));
            plans
        }
        Encoder::Ffv1 => vec![base, small, EncoderPlan { threads: 1, ..waiting }],
        _ => {
            let sliced = EncoderPlan { sliced: cores <= 4, slots: 2, ..base };
            // it encodes faster than one reader decodes: the long way to one cut and the short one to the next even out
            vec![EncoderPlan { ahead: 2, ..sliced }, sliced, small, waiting]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::find_preset;

    #[test]
    fn smaller_budgets_choose_smaller_configurations() {
        let preset = find_preset("h264").unwrap();
        let reader = |n: u64| Holding { bytes: n * 178 * MIB, each_thread: n * 77 * MIB };
        let demand = Demand {
            canvas: (3840, 2160),
            readers: reader(1),
            readers_ahead: reader(2),
            readers_further: reader(3),
            sounds: MIB,
            crossing: false,
            backward: false,
            packets: 1000,
        };
        let plan = |budget| plan_encoder(preset, demand, 2, budget * MIB);
        let (large, small) = (plan(4096).unwrap(), plan(1024).unwrap());
        assert!(large.analysis.lookahead > small.analysis.lookahead);
        assert!(small.predicted <= 1024 * MIB);
        assert!(plan(128).unwrap_err() > 128 * MIB);
        assert!(plan(least_budget(preset, demand) / MIB + 1).is_ok());
    }
}
