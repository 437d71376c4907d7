//! How an export is fitted into its memory budget before it starts.
//!
//! The prediction sums whole pictures: those in the ring, in the readers ([`Demand`]), in the encoder's look-ahead, its
//! references and its threads. The weights were measured one by one with film at 1080p and 2160p (GStreamer 1.22, x264
//! 164), with and without cuts, and then fitted to what whole exports take without huge pages: those of the encoder
//! make up for what the others have too much. `benches/growth` compares them. A configuration is only chosen
//! if the budget has room for the prediction's error as well.

use super::encoders::picture;
use super::target::{Format, Target};
use crate::render::{BACKWARD_BYTES, Demand, Holding, SOUND_BYTES};

const MIB: u64 = 1 << 20;

/// What the process takes beside pictures: the program, sound, and compressed data on its way.
const BASE: u64 = 46 * MIB + ON_WINDOWS;

/// The same before the first frames, while the code that only starting up needs is still there.
const STARTING: u64 = 69 * MIB + ON_WINDOWS;

/// What Windows adds: up to 67 MiB, measured in wine with GStreamer 1.28 beside the program, by the working set.
const ON_WINDOWS: u64 = if cfg!(windows) { 65 * MIB } else { 0 };

/// How much of what readers hold is there by then, in tenths.
const BY_THEN: u64 = 8;

/// What else is there by then where single pictures are written: the code of their encoders and of libraries under them.
const STARTING_PICTURES: u64 = 5 * MIB;

/// What a muxer keeps of each packet of its result, in bytes.
const MUXED: u64 = 8;

/// What an export of sound alone takes beside what is mixed, in bytes.
const SOUND_FILE: u64 = 4 * MIB;

/// How much of a budget is planned for, in per cent: the prediction may be too low by the rest.
const PLANNED: u64 = 97;

/// The settings of encoder and decoders that a budget leaves room for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EncoderPlan {
    /// Threads of each decoder.
    pub decoder_threads: u32,
    /// The encoder's threads.
    pub threads: u32,
    /// Whether threads work on parts of one picture instead of on several pictures.
    pub sliced: bool,
    /// Which of the encoder's own steps, from 0 for its best to the one that takes least.
    pub step: usize,
    /// Pictures in the ring between renderer and encoder.
    pub slots: u32,
    /// Sections after the one that plays whose readers are made ready meanwhile, up to 2; with none, each cut waits for its
    /// seek, and the next readers' memory is saved.
    pub ahead: usize,
    /// Expected peak of resident memory, in bytes.
    pub predicted: u64,
}

impl EncoderPlan {
    /// What encoders begin with on so many cores: they work beside the decoders, each thread of which has pictures of its own.
    pub(super) fn for_cores(cores: u32) -> Self {
        let decoder_threads = cores.div_ceil(2).min(4);
        Self { decoder_threads, threads: cores, sliced: false, step: 0, slots: 3, ahead: 1, predicted: 0 }
    }

    /// With one thread for each decoder, and few for the encoder, which work on one picture.
    pub(super) fn small(self, cores: u32) -> Self {
        Self { decoder_threads: 1, threads: cores.min(4), sliced: true, slots: 2, ..self }
    }

    /// What was chosen of an encoder's own steps, from its best to its smallest.
    pub(super) fn of<T: Copy, const N: usize>(&self, steps: &[T; N]) -> T {
        steps[self.step.min(N - 1)]
    }

    /// The same, and nothing is made ready for the next cut.
    pub(super) fn waiting(self, cores: u32) -> Self {
        Self { ahead: 0, ..self.small(cores) }
    }
}

/// A quarter of the machine's memory, at least 512 MiB and at most 2 GiB.
#[must_use]
pub fn default_budget(total_memory: u64) -> u64 {
    (total_memory / 4).clamp(512 * MIB, 2048 * MIB)
}

/// The best configuration that fits a budget, for a target whose frames are so large.
///
/// # Errors
/// The least budget that would do, in bytes, when even the smallest configuration does not fit.
pub fn plan(target: &Target, demand: Demand, frame: (u32, u32), cores: usize, budget: u64) -> Result<EncoderPlan, u64> {
    let cores = u32::try_from(cores).unwrap_or(1).clamp(1, 16);
    let Demand { canvas, readers, readers_ahead, readers_further, sounds, crossing, backward, packets } = demand;
    // what has a border is drawn beside the ring first
    let drawn = if frame == canvas { 0 } else { picture(canvas) };
    let beside = picture(canvas) * u64::from(crossing) + BACKWARD_BYTES as u64 * u64::from(backward) + drawn;
    let predicted = |plan: &EncoderPlan| {
        let threads = u64::from(plan.decoder_threads - 1);
        let held = |h: Holding| h.bytes + h.each_thread * threads;
        let sounds = sounds.saturating_sub(SOUND_BYTES);
        let pictures = held([readers, readers_ahead, readers_further][plan.ahead.min(2)]) + beside;
        let ring = picture(frame) * u64::from(plan.slots);
        let by_then = held(readers) * BY_THEN / 10;
        let (running, starting) = match &target.format {
            Format::Film(film) => (pictures + ring + film.video.encoder().holds(frame, plan), by_then),
            Format::Pictures(kind) => (pictures + kind.holds(frame), by_then + STARTING_PICTURES),
            Format::Sound(_) => (SOUND_FILE, 0),
        };
        (BASE + sounds + packets * MUXED + running).max(STARTING + sounds + starting)
    };
    let candidates = match &target.format {
        Format::Film(film) => film.video.encoder().candidates(cores),
        Format::Pictures(_) | Format::Sound(_) => {
            let base = EncoderPlan::for_cores(cores);
            vec![base, base.small(cores), base.waiting(cores)]
        }
    };
    let mut least = u64::MAX;
    for mut plan in candidates {
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
pub fn least_budget(target: &Target, demand: Demand) -> u64 {
    plan(target, demand, target.size.of(demand.canvas).1, 16, 0).err().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::find_preset;

    #[test]
    fn smaller_budgets_choose_smaller_configurations() {
        let target = &find_preset("h264").unwrap().target;
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
        let plan = |budget| super::plan(target, demand, (3840, 2160), 2, budget * MIB);
        let (large, small) = (plan(4096).unwrap(), plan(1024).unwrap());
        assert!(large.step < small.step);
        assert!(small.predicted <= 1024 * MIB);
        assert!(plan(128).unwrap_err() > 128 * MIB);
        assert!(plan(least_budget(target, demand) / MIB + 1).is_ok());
    }
}
