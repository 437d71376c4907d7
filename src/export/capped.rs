//! Exports that must not pass a size.
//!
//! Samples in a few sizes, compared with the original, tell how large the picture should be. A first pass over the whole film
//! tells what its sound and its tables take, to the byte, and how hard each picture is to code; the next one spends what is
//! left. Where it misses, the same statistics serve again at another rate. The best file that keeps to the size is the film.

use super::budget::plan;
use super::encoders::{Rate, Spent};
use super::pipeline::Coding;
use super::presets::Preset;
use super::run::{Made, Passes, Run};
use super::sampling::{Sampling, within};
use super::settings::{ExportError, ExportEvent, folder_of};
use super::sharpest::{SAMPLE_CRF, Search};
use super::size::{Cap, SoundRate, Tried};
use crate::media::MediaError;
use crate::model::{FrameCount, FrameRate};
use crate::platform::whole_files::ScratchFolder;
use crate::render::Demand;
use bytesize::ByteSize;

/// Passes over the film, the first one included.
const MOST_PASSES: i64 = 10;

/// Passes that progress counts with. Most films need two.
const USUAL_PASSES: i64 = 3;

/// What x264 keeps in memory of each frame that it has statistics of, in bytes.
const STATISTICS: u64 = 500;

/// By how many thousandths a file must grow with its rate; one that does not has the best quality that there is.
const GROWS: u64 = 10;

/// How a film is fitted under a size, before it is made.
pub(super) struct Fitted {
    cap: Cap,
    sound: SoundRate,
    /// What was decided for that, each in a line.
    pub notes: Vec<String>,
}

/// How the pictures' size is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// By samples of several sizes that are compared with the original.
    Compared,
    /// As it usually is for so many bits: soon told, and about right.
    Usual,
}

impl Fitted {
    /// Decides what the pictures and the sound of a run's film are like in at most so many bytes; the run is set so.
    ///
    /// # Errors
    /// [`ExportError::Size`] and [`ExportError::Budget`], and what a run has.
    pub fn of(run: &mut Run, most: u64, choice: Choice) -> Result<Self, ExportError> {
        let (full, settings) = (run.canvas, run.settings);
        let cap = cap(&settings.preset, most, full, run.sequence().rate, run.span.length)?;
        let sound = cap.sound();
        let full_frame = run.frame;
        let mut sampling = Sampling::of(run, sound)?;
        let sampled = sampling.bits(SAMPLE_CRF)?;
        let search = Search::new(full, sampled, cap.for_pictures(None));
        let (canvas, about) = match choice {
            Choice::Compared => (search.best(|size, factor| sampling.likeness(size, factor))?, ""),
            Choice::Usual => (search.usual(), "about "),
        };
        let mut notes = Vec::new();
        if canvas != full {
            run.set_size(canvas, within(canvas, full, full_frame));
            notes.push(format!("the picture is {about}{}×{}, which is sharper at this size", canvas.0, canvas.1));
        }
        if sound.mono {
            notes.push(format!("the sound is mono, {} kbit/s", sound.bits / 1000));
        }
        let statistics = STATISTICS * u64::try_from(run.span.length.0).unwrap_or(0);
        let demand = Demand::on(&run.project, run.span, run.canvas);
        let left = settings.budget.saturating_sub(statistics);
        run.plan = plan(&settings.preset.target, demand, run.frame, settings.cores, left)
            .map_err(|least| ExportError::Budget { budget: settings.budget, least: least + statistics })?;
        run.plan.predicted += statistics;
        Ok(Self { cap, sound, notes })
    }

    /// How pictures are coded that are made to see how long that takes.
    pub fn for_trial(&self) -> Coding {
        Coding { rate: Rate::Sample(SAMPLE_CRF), sound: self.sound }
    }
}

/// What there is to share in a film of at most so many bytes.
///
/// # Errors
/// [`ExportError::NoSize`] and [`ExportError::Size`].
pub(super) fn cap(
    preset: &Preset,
    most: u64,
    canvas: (u32, u32),
    rate: FrameRate,
    length: FrameCount,
) -> Result<Cap, ExportError> {
    if !preset.target.can_be_held() {
        return Err(ExportError::NoSize(preset.name.clone()));
    }
    let cap = Cap::new(most, canvas, rate, length);
    if cap.least() > most {
        return Err(ExportError::Size { most, least: cap.least(), seconds: cap.seconds });
    }
    Ok(cap)
}

/// Makes the film of a run in at most so many bytes; gives it and what was done for that, each in a line.
///
/// # Errors
/// [`ExportError::Size`] before anything is written, [`ExportError::NotHeld`], and what a run has.
pub(super) fn fit(
    run: &mut Run,
    most: u64,
    tell: &mut dyn FnMut(ExportEvent),
) -> Result<(Made, Vec<String>), ExportError> {
    let settings = run.settings;
    let Fitted { cap, sound, mut notes } = Fitted::of(run, most, Choice::Compared)?;
    let scratch = ScratchFolder::begin(&folder_of(&settings.path)).map_err(|e| MediaError::write(&settings.path, e))?;
    let at = |kilobits| Spent { kilobits, statistics: scratch.path().join("x264") };
    run.coding = Some(Coding { rate: Rate::First(at(cap.rate(None))), sound });
    run.passes = Passes { before: 0, count: USUAL_PASSES };
    let made = run.make(Some(most), tell)?;
    let beside = made.size.saturating_sub(made.pictures.all);
    drop(made);
    let mut passes = Later { run, cap, sound, spent: at(cap.rate(Some(beside))), best: None };
    let needs_less = passes.until_it_fits(beside, tell)?;
    let best = passes.best.ok_or_else(|| ExportError::NotHeld { path: settings.path.clone(), most })?;
    if needs_less {
        notes.push(format!("{} is all this film needs", ByteSize(best.size).display().si()));
    }
    Ok((best, notes))
}

/// The passes after the first.
struct Later<'r, 'a> {
    run: &'r mut Run<'a>,
    cap: Cap,
    sound: SoundRate,
    spent: Spent,
    best: Option<Made>,
}

impl Later<'_, '_> {
    /// Spends more or less until the size is kept and made use of; whether the film has no use for all of it.
    fn until_it_fits(&mut self, beside: u64, tell: &mut dyn FnMut(ExportEvent)) -> Result<bool, ExportError> {
        // the largest rate that was too little and the smallest that was too much, and the bytes of pictures that they gave
        let (mut below, mut above): (Option<Tried>, Option<Tried>) = (None, None);
        for before in 1..MOST_PASSES {
            self.run.coding = Some(Coding { rate: Rate::Second(self.spent.clone()), sound: self.sound });
            self.run.passes = Passes { before, count: USUAL_PASSES.max(before + 1) };
            let made = self.run.make(None, tell)?;
            let (rate, size, pictures) = (self.spent.kilobits, made.size, made.pictures.all.max(1));
            tracing::info!("pass {}: {rate} kbit/s give {size} bytes, {pictures} of them pictures", before + 1);
            if self.cap.holds(size) {
                let grown = below.is_none_or(|(_, smaller)| pictures > smaller + smaller * GROWS / 1000);
                below = Some((rate, pictures));
                if self.best.as_ref().is_none_or(|best| best.size < size) {
                    self.best = Some(made);
                }
                if self.cap.uses(size) {
                    return Ok(false);
                }
                if !grown && above.is_none() {
                    return Ok(true);
                }
            } else {
                above = Some((rate, pictures));
            }
            let next = self.cap.next_rate(beside, (rate, pictures), below, above);
            if [below, above].into_iter().flatten().any(|(tried, _)| tried == next) {
                break;
            }
            self.spent.kilobits = next;
        }
        Ok(false)
    }
}
