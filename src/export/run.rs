//! The export: conforms the originals, encodes, and never leaves half a file under the target's name.

use super::budget::{EncoderPlan, plan};
use super::capped::fit;
use super::copying::{self, CopyPlan, Left, Refused};
use super::delivery::{self, Delivery};
use super::encoders::Sound;
use super::glance::Glance;
use super::hardware::{Chosen, after, choose, hardware_of};
use super::matroska::mark_sound;
use super::memory::{Memory, return_freed};
use super::pipeline::{Coding, describe};
use super::priming::skip_priming;
use super::settings::{ExportError, ExportEvent, ExportSettings, ExportSummary, check};
use super::source_check::SourceCheck;
use super::target::{Film, Format};
use super::verify::{Wanted, verify, verify_sound};
use crate::media::{Cancel, MediaError, PictureBytes, clock_time};
use crate::model::{FrameCount, Project, Sequence, SourceTime, Span};
use crate::render::{Demand, Media, Pictures};
use gstreamer as gst;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Samples that `avenc_aac`'s output comes late by.
const AAC_PRIMING: u32 = 1024;

/// Per cent of the budget from which on memory is given back wherever it can be.
const TIGHT: u64 = 94;

/// Per cent of the budget from which on an export holds as little as it can.
const TIGHTEST: u64 = 98;

/// Exports the active sequence. Blocks until it is done; call it on a thread of its own.
///
/// # Errors
/// [`ExportError`]; the target is as it was then, and no temporary file is left. A film that is whole is kept.
pub fn export(
    project: &Arc<Project>,
    settings: &ExportSettings,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ExportEvent),
) -> Result<ExportSummary, ExportError> {
    crate::media::init()?;
    let begun = Instant::now();
    let span = check(project, settings)?;
    let (mut warnings, mut lacking) = (0, 0);
    let mut told = HashSet::new();
    let tell = &mut |event| {
        match &event {
            ExportEvent::Warning(warning) => {
                // a film that is begun anew meets them again
                if !told.insert(warning.clone()) {
                    return;
                }
                warnings += 1;
                lacking += usize::from(warning.fault.lacks());
            }
            ExportEvent::LittleRoom { .. } => warnings += 1,
            _ => {}
        }
        tell(event);
    };
    let Chosen { settings: chosen, mut notes } = choose(project, settings, cancel)?;
    let made = match make_film(project, &chosen, (span, begun), cancel, tell) {
        Err(error) => match after(&error, &chosen) {
            Some(Chosen { settings, notes: more }) => {
                notes.extend(more);
                return_freed();
                make_film(project, &settings, (span, begun), cancel, tell)
            }
            None => Err(error),
        },
        made => made,
    };
    let mut summary = made?;
    (summary.warnings, summary.lacking) = (warnings, lacking);
    notes.append(&mut summary.notes);
    Ok(ExportSummary { notes, ..summary })
}

/// Makes a film of a span with the encoder that the target names, of an export that began then. What it tells of warnings is
/// counted by whoever hears it.
fn make_film(
    project: &Arc<Project>,
    settings: &ExportSettings,
    (span, begun): (Span, Instant),
    cancel: &Cancel,
    tell: &mut dyn FnMut(ExportEvent),
) -> Result<ExportSummary, ExportError> {
    let target = &settings.preset.target;
    let fits = fitting(project, settings, span)?;
    let sources = SourceCheck::start(project, span)?;
    let memory = Memory::anew();
    let mut run = Run::new(project, settings, span, fits, cancel, (&memory, &sources));
    run.begun = begun;
    let (mut made, mut notes) = if let Some(most) = settings.max_size.or(target.max_size) {
        fit(&mut run, most, tell)?
    } else {
        run.plan_copying()?;
        let size = run.guess_size();
        (run.make(Some(size), tell)?, Vec::new())
    };
    // what this export leaves behind must not count in the next one
    return_freed();
    let mut checked = run.verify(made.file.path(), &made.shown);
    if let (Some(_), Err(MediaError::Decode { why, .. })) = (&run.copying, &checked) {
        run.refused.push(Refused { asset: None, why: why.clone() });
        run.copying = None;
        made = run.make(None, tell)?;
        return_freed();
        checked = run.verify(made.file.path(), &made.shown);
    }
    sources.finish(cancel, |warning| tell(ExportEvent::Warning(warning)))?;
    notes.extend(run.refused.iter().map(|refused| format!("encoded instead of copied: {}", refused.why)));
    let Made { file, size, .. } = made;
    if let Err(error) = checked {
        return Err(match error.about(file.path(), &settings.path) {
            MediaError::Cancelled => MediaError::Cancelled.into(),
            // it is made anew: nothing of it is worth keeping
            other if hardware_of(target).is_some() => other.into(),
            MediaError::Decode { why, .. } => delivery::keep_failed(file, settings, why),
            other => delivery::keep_failed(file, settings, other.to_string()),
        });
    }
    return_freed();
    delivery::finish(file, settings)?;
    let peak_rss = memory.peak();
    Ok(ExportSummary {
        path: settings.path.clone(),
        frames: run.pictures_made(),
        seconds: begun.elapsed().as_secs_f64(),
        peak_rss,
        size,
        warnings: 0,
        lacking: 0,
        over_budget: peak_rss.saturating_sub(settings.own_memory).saturating_sub(settings.budget),
        copied: run.copying.as_ref().map_or(0, |plan| plan.copied),
        notes,
    })
}

/// Which of several runs over a film one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Passes {
    /// Those before it.
    pub before: i64,
    /// All of them.
    pub count: i64,
}

impl Passes {
    pub const ONE: Self = Self { before: 0, count: 1 };
}

/// A file that is whole, and not under its name yet.
pub(super) struct Made {
    pub file: Delivery,
    /// A few of its pictures.
    pub shown: Vec<(i64, Glance)>,
    /// Its bytes.
    pub size: u64,
    /// Those of its pictures alone; none where it has no others.
    pub pictures: PictureBytes,
}

/// A few of the pictures that were rendered, and the bytes that they took.
pub(super) type Rendered = (Vec<(i64, Glance)>, PictureBytes);

/// One run of the renderer into an encoder.
pub(super) struct Run<'a> {
    pub project: Arc<Project>,
    pub settings: &'a ExportSettings,
    pub plan: EncoderPlan,
    /// What its media take, at the size that the target asks for.
    demand: Demand,
    /// How it is coded, where the preset does not say it.
    pub coding: Option<Coding>,
    /// The pictures' size.
    pub canvas: (u32, u32),
    /// The size of the frames that they are put into.
    pub frame: (u32, u32),
    pub span: Span,
    pub cancel: &'a Cancel,
    pub memory: &'a Memory,
    pub begun: Instant,
    pub sources: &'a SourceCheck,
    /// What of it is copied, if anything is.
    copying: Option<CopyPlan>,
    /// What is not copied after all.
    refused: Vec<Refused>,
    /// Whether it holds as little as it can.
    saving: bool,
    pub passes: Passes,
}

/// A film as it fits the budget.
pub(super) struct Fits {
    /// What its media take.
    demand: Demand,
    /// The settings that the budget leaves room for.
    plan: EncoderPlan,
    /// The size of the frames that its pictures are put into.
    frame: (u32, u32),
}

/// What fits the budget.
///
/// # Errors
/// [`ExportError::Budget`].
pub(super) fn fitting(project: &Project, settings: &ExportSettings, span: Span) -> Result<Fits, ExportError> {
    let target = &settings.preset.target;
    let sequence = project.sequence();
    let (canvas, frame) = target.size.of((sequence.width, sequence.height));
    let demand = Demand::on(project, span, canvas);
    let plan = plan(target, demand, frame, settings.cores, settings.budget)
        .map_err(|least| ExportError::Budget { budget: settings.budget, least })?;
    Ok(Fits { demand, plan, frame })
}

impl<'a> Run<'a> {
    /// A run over a span that was checked, which copies nothing.
    pub fn new(
        project: &Arc<Project>,
        settings: &'a ExportSettings,
        span: Span,
        Fits { demand, plan, frame }: Fits,
        cancel: &'a Cancel,
        (memory, sources): (&'a Memory, &'a SourceCheck),
    ) -> Self {
        Self {
            project: Arc::clone(project),
            settings,
            plan,
            demand,
            coding: None,
            canvas: demand.canvas,
            frame,
            span,
            cancel,
            memory,
            begun: Instant::now(),
            sources,
            copying: None,
            refused: Vec::new(),
            saving: false,
            passes: Passes::ONE,
        }
    }

    /// Makes pictures of another size, in frames of a size.
    pub fn set_size(&mut self, canvas: (u32, u32), frame: (u32, u32)) {
        (self.canvas, self.frame) = (canvas, frame);
    }

    /// What of it is copied, if anything is; it is encoded then, all of it.
    pub fn take_copying(&mut self) -> Option<CopyPlan> {
        self.copying.take()
    }

    /// Whether resident memory is over so many per cent of the budget now.
    fn takes(&self, per_cent: u64) -> bool {
        self.memory.sample().saturating_sub(self.settings.own_memory) > self.settings.budget / 100 * per_cent
    }

    /// Gives back what was freed where memory comes near the budget.
    pub fn give_back(&self) {
        if self.takes(TIGHT) {
            return_freed();
        }
    }

    /// Makes do with less where memory comes near the budget, should the prediction fall short: what was freed is given
    /// back; if that does not help, from then on nothing is read in advance and decoders work with one thread each.
    pub fn keep_to_budget(&mut self, pictures: &mut Pictures) {
        self.give_back();
        if !self.saving && self.takes(TIGHTEST) {
            self.saving = true;
            pictures.save_memory();
        }
    }

    /// Samples of sound in the whole span.
    pub fn samples(&self) -> u64 {
        u64::try_from(self.sequence().samples_in(self.span)).unwrap_or(0)
    }

    /// The sequence that is rendered.
    pub fn sequence(&self) -> &Arc<Sequence> {
        self.project.sequence()
    }

    /// The pictures of the span.
    pub fn pictures(&self) -> Result<Pictures, MediaError> {
        let (threads, cancel) = (self.plan.decoder_threads, self.cancel.clone());
        Pictures::new(Arc::clone(&self.project), Media::Originals, self.canvas, self.span, threads, cancel)
    }

    /// Finds out what can be copied; gives what is encoded although copying was wanted.
    pub fn plan_copying(&mut self) -> Result<Vec<Left>, MediaError> {
        let settings = self.settings;
        let (span, size) = (self.span, (self.sequence().width, self.sequence().height));
        let Some(effort) = settings.preset.target.effort_beside(size) else { return Ok(Vec::new()) };
        let how = (settings.copying, effort);
        let looked = copying::plan(&self.project, span, size, how, &self.refused, self.cancel)?;
        // what reads packets is there beside all else
        let room = settings.budget.saturating_sub(copying::BYTES);
        if let Some(found) = looked.plan
            && let Ok(fitted) = plan(&settings.preset.target, self.demand, self.frame, settings.cores, room)
        {
            self.plan = EncoderPlan { predicted: fitted.predicted + copying::BYTES, ..fitted };
            self.copying = Some(found);
        }
        Ok(looked.left)
    }

    /// A rough guess of the file's bytes, from what ordinary footage takes. The truth depends on the picture.
    fn guess_size(&self) -> u64 {
        let (frames, rate) = (u64::try_from(self.span.length.0).unwrap_or(0), self.sequence().rate);
        let pixels = |frames: u64| u64::from(self.frame.0) * u64::from(self.frame.1) * frames;
        let seconds = u64::try_from(rate.duration_of(self.span.length).0 / SourceTime::SECOND.0).unwrap_or(0);
        match &self.settings.preset.target.format {
            Format::Film(film) => {
                let bits = film.video.encoder().usual_bits();
                pixels(frames) / 8 * bits / 100 + seconds * film.sound.usual_bits() / 8
            }
            Format::Sound(sound) => seconds * sound.usual_bits() / 8,
            Format::Pictures(kind) => pixels(kind.count(self.span.length, rate)) / 8 * kind.usual_bits() / 100,
        }
    }

    /// Pictures that the file has, or frames whose sound it has.
    fn pictures_made(&self) -> i64 {
        match &self.settings.preset.target.format {
            Format::Pictures(kind) => i64::try_from(kind.count(self.span.length, self.sequence().rate)).unwrap_or(0),
            Format::Film(_) | Format::Sound(_) => self.span.length.0,
        }
    }

    /// Tells what was chosen, and if there may be little room for it: `size` is a guess of the bytes.
    fn tell_plan(&self, size: u64, tell: &mut dyn FnMut(ExportEvent)) {
        tell(ExportEvent::Planned {
            frames: self.span.length.0,
            budget: self.settings.budget,
            predicted_peak: self.plan.predicted,
            predicted_size: size,
            encoder: self.in_words(),
        });
        delivery::little_room(self.settings, size).into_iter().for_each(tell);
    }

    /// How it is made.
    pub fn in_words(&self) -> String {
        let encoder = describe(&self.settings.preset.target, &self.plan, self.coding.as_ref());
        let copied = self.copying.as_ref().map(|plan| plan.in_words(self.span.length));
        copied.map_or(encoder.clone(), |copied| format!("{copied}; {encoder}"))
    }

    /// Renders the span into a file. Once there is one, what was chosen is told, where a guess of its bytes is given.
    pub fn make(&mut self, size: Option<u64>, tell: &mut dyn FnMut(ExportEvent)) -> Result<Made, ExportError> {
        let mut file = delivery::begin(self.settings)?;
        if let Some(size) = size {
            self.tell_plan(size, tell);
        }
        let made = self.write(&mut file, tell);
        let (shown, pictures) = made.map_err(|error| delivery::name(error, &file, self.settings))?;
        let size = file.size().map_err(|e| MediaError::write(&self.settings.path, e))?;
        Ok(Made { file, shown, size, pictures })
    }

    fn write(&mut self, file: &mut Delivery, tell: &mut dyn FnMut(ExportEvent)) -> Result<Rendered, ExportError> {
        let path = file.path().to_owned();
        match &self.settings.preset.target.format {
            Format::Film(film) => {
                let rendered = self.film_with_copies(film, &path, tell)?;
                if film.container.has_edit_lists() && matches!(film.sound, Sound::Aac { .. }) {
                    self.skip_priming(&path)?;
                }
                if film.container.is_matroska() {
                    mark_sound(&path).map_err(|e| MediaError::write(&self.settings.path, e))?;
                }
                Ok(rendered)
            }
            Format::Sound(sound) => {
                self.whole_sound(*sound, file, tell)?;
                Ok((Vec::new(), PictureBytes::default()))
            }
            Format::Pictures(kind) => {
                self.pictures_file(*kind, file, tell)?;
                Ok((Vec::new(), PictureBytes::default()))
            }
        }
    }

    /// Renders a film, and copies what can be. Where that turns out otherwise than was planned, it is begun anew.
    fn film_with_copies(
        &mut self,
        film: &Film,
        path: &Path,
        tell: &mut dyn FnMut(ExportEvent),
    ) -> Result<Rendered, ExportError> {
        while let Some(plan) = self.copying.take() {
            match self.film_copied(film, &plan, path, tell)? {
                Ok(rendered) => {
                    self.copying = Some(plan);
                    return Ok(rendered);
                }
                Err(refused) => {
                    tracing::warn!("encoded instead of copied: {}", refused.why);
                    self.refused.push(refused);
                    self.plan_copying()?;
                }
            }
        }
        self.film(film, path, tell)
    }

    /// Tells players of an MP4 where its AAC begins and ends.
    pub fn skip_priming(&self, path: &Path) -> Result<(), MediaError> {
        skip_priming(path, AAC_PRIMING, self.samples(), self.sequence().sample_rate)
            .map_err(|e| MediaError::write(&self.settings.path, e))
    }

    /// Checks the finished file.
    fn verify(&self, path: &Path, shown: &[(i64, Glance)]) -> Result<(), MediaError> {
        match &self.settings.preset.target.format {
            Format::Film(_) => {
                // where the next cut's readers had room beside the encoder, a decoder's second thread has
                let threads = if self.plan.ahead > 0 { 2 } else { 1 };
                verify(path, &self.wanted(), shown, threads, self.cancel)
            }
            Format::Sound(_) => verify_sound(path, self.samples(), self.sequence().sample_rate),
            Format::Pictures(kind) => kind.verify(path, self.frame, kind.count(self.span.length, self.sequence().rate)),
        }
    }

    /// What the file is to have.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            rate: self.sequence().rate,
            frames: self.span.length,
            samples: self.samples(),
            sample_rate: self.sequence().sample_rate,
            size: self.frame,
            capped: self.coding.is_some(),
        }
    }

    /// When the nth frame of the result begins.
    pub fn time_of(&self, n: i64) -> gst::ClockTime {
        clock_time(self.sequence().rate.duration_of(FrameCount(n)).nanos())
    }
}
