//! What an export will take, told by making a few of its pictures with its own pipeline.
//!
//! At three places of the film one picture is made, and then a dozen: what is more for the dozen is what pictures take, and
//! what one alone took is what it takes to begin at a place, which each cut does. Sound is listened to at more places.

use super::{Finding, clips};
use crate::export::capped::{Choice, Fitted};
use crate::export::copying::{Copied, CopyPlan};
use crate::export::delivery;
use crate::export::hardware::{Chosen, choose};
use crate::export::memory::{Memory, return_freed};
use crate::export::run::{Passes, Run, fitting};
use crate::export::sampling::places;
use crate::export::settings::{ExportError, ExportEvent, ExportSettings, check, folder_of};
use crate::export::source_check::SourceCheck;
use crate::export::target::{Format, Pictures};
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, FrameCount, FrameRate, Project, SourceTime, Span, format_timecode};
use crate::platform::free_space;
use crate::platform::whole_files::{ScratchFolder, clear_leftovers};
use crate::render::{Sounds, Warning, picture_sections};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pictures that are made at each place, beside the first.
const PICTURES: i64 = 12;

/// What a trial may take, about: no other place is tried after that, and what the first has told serves.
const ENOUGH: Duration = Duration::from_secs(5);

/// Places where sound is listened to, as far as the film is long enough.
const LISTENED: i64 = 8;

/// Seconds that encoders make of one key picture, at most, where nothing is cut.
const KEYS_EVERY: f64 = 8.0;

/// Bytes that a container's tables take for each packet, about, and packets of sound in a second.
const TABLES: f64 = 16.0;
const SOUND_PACKETS: f64 = 47.0;

/// How often a film is made that must keep to a size, counted in the time of one: the first of two or three passes decides
/// less.
const PASSES: f64 = 2.2;

/// How long a picture takes in a film, in parts of what it takes in a trial: there, decoding ends before most of the encoding
/// begins. Measured with 1080p in `h264` and `draft`.
const OVERLAP: f64 = 0.8;

/// What a cut takes, in parts of what it takes to begin: the next clip is opened while pictures of the one before are made.
const CUT: f64 = 0.2;

/// The same of a piece that is encoded between what is copied: there are few pictures before it to do that meanwhile, and what
/// is copied is looked for.
const PIECE: f64 = 1.0;

/// What copying a picture takes, in parts of what making one does.
const COPYING: f64 = 0.02;

/// Findings of a trial, at most: what is wrong with hundreds of clips is told while they are exported.
const MOST_FINDINGS: usize = 100;

/// What an export is expected to be and to take.
#[derive(Clone, PartialEq, Debug)]
pub struct Expected {
    /// Frames of it.
    pub frames: i64,
    /// How many of their pictures are copied.
    pub copied: i64,
    /// Which frames these are, in order.
    pub copied_spans: Vec<Span>,
    /// In how many pieces the others are encoded.
    pub pieces: usize,
    /// How it is made, in words.
    pub encoder: String,
    /// The memory budget in bytes.
    pub budget: u64,
    /// The expected peak of resident memory in bytes.
    pub predicted_peak: u64,
    /// Bytes of the file, about; where it must keep to a size, at most.
    pub predicted_size: u64,
    /// Seconds it takes, about.
    pub seconds: f64,
    /// Seconds that copying saves, about.
    pub saved: f64,
    /// Bytes that are free where it is written, where the system tells.
    pub free: Option<u64>,
    /// What was found meanwhile. Nothing of it blocks.
    pub findings: Vec<Finding>,
}

impl Expected {
    /// "2 min 0 s instead of 10 min", where copying saves some.
    #[must_use]
    pub fn time_in_words(&self) -> String {
        let time = seconds_in_words(self.seconds);
        if self.saved >= 1.0 {
            format!("{time} instead of {}", seconds_in_words(self.seconds + self.saved))
        } else {
            time
        }
    }
}

/// "40 s", "2 min 5 s", "1 h 20 min": no finer than a trial can tell.
fn seconds_in_words(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time for people to read")]
    let s = seconds.round().clamp(1.0, 1e9) as u64;
    match s {
        0..60 => format!("{s} s"),
        60..600 => format!("{} min {} s", s / 60, s % 60 / 10 * 10),
        600..3600 => format!("{} min", (s + 30) / 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

/// Tries an export. Blocks for seconds; call it on a thread of its own, and not while another export runs, whose memory it would
/// count in.
///
/// # Errors
/// What [`crate::export::export`] has before and while it makes pictures.
pub fn expect(project: &Arc<Project>, settings: &ExportSettings, cancel: &Cancel) -> Result<Expected, ExportError> {
    crate::media::init()?;
    let span = check(project, settings)?;
    let Chosen { settings: chosen, notes } = choose(project, settings, cancel)?;
    let settings = &chosen;
    let fits = fitting(project, settings, span)?;
    let folder = std::env::temp_dir();
    clear_leftovers(&folder);
    let scratch = ScratchFolder::begin(&folder).map_err(|e| MediaError::write(&folder, e))?;
    let aside = ExportSettings { path: aside(&scratch, settings), overwrite: true, ..settings.clone() };
    let sources = SourceCheck::start(project, span)?;
    let memory = Memory::default();
    let mut run = Run::new(project, &aside, span, fits, cancel, (&memory, &sources));
    let mut found = Found::default();
    found.all.extend(notes.into_iter().map(Finding::remark));
    let most = settings.max_size.or(settings.preset.target.max_size);
    let mut left = Vec::new();
    if let Some(most) = most {
        let fitted = Fitted::of(&mut run, most, Choice::Usual)?;
        found.all.extend(fitted.notes.iter().cloned().map(Finding::remark));
        run.coding = Some(fitted.for_trial());
    } else {
        left = run.plan_copying()?;
    }
    let (encoder, predicted_peak) = (run.in_words(), run.plan.predicted);
    let copying = run.take_copying();
    let tried = run.try_places(&mut found)?;
    tracing::debug!("tried: {tried:?}");
    drop(run);
    return_freed();
    found.loudness(project, settings, span, cancel)?;
    sources.finish(cancel, |warning| found.warning(warning))?;
    let film = Film::of(project, settings, span, copying.as_ref());
    let predicted_size = most.unwrap_or_else(|| film.size(&tried));
    let (seconds, encoded_all) = (film.seconds(&tried, most.is_some()), film.seconds_without_copies(&tried));
    found.all.extend(clips::not_copied(project, &left));
    found.little_room(delivery::little_room(settings, predicted_size));
    Ok(Expected {
        frames: span.length.0,
        copied: film.copied,
        copied_spans: copying.iter().flat_map(CopyPlan::copies).map(|copied| copied.span).collect(),
        pieces: copying.as_ref().map_or(0, CopyPlan::joins),
        encoder,
        budget: settings.budget,
        predicted_peak,
        predicted_size,
        seconds,
        saved: if film.copied > 0 { (encoded_all - seconds).max(0.0) } else { 0.0 },
        free: free_space(&folder_of(&settings.path)),
        findings: found.all,
    })
}

/// A file aside, of the name that the export's own has.
fn aside(scratch: &ScratchFolder, settings: &ExportSettings) -> PathBuf {
    let target = &settings.preset.target;
    let path = scratch.path().join("trial");
    if target.is_folder() { path } else { path.with_extension(target.extension()) }
}

/// What a trial has found.
#[derive(Default)]
struct Found {
    all: Vec<Finding>,
    told: HashSet<Warning>,
}

impl Found {
    fn add(&mut self, finding: Finding) {
        if self.all.len() < MOST_FINDINGS {
            self.all.push(finding);
        }
    }

    fn warning(&mut self, warning: Warning) {
        if self.told.insert(warning.clone()) {
            let Warning { clip, name, source, text, .. } = warning;
            let text = format!("{name}: {text}");
            self.add(Finding { blocks: false, clip: Some(clip), at: None, source: Some(source), text });
        }
    }

    fn little_room(&mut self, event: Option<ExportEvent>) {
        if let Some(ExportEvent::LittleRoom { folder, free, size }) = event {
            self.add(Finding::remark(ExportEvent::little_room(&folder, free, size)));
        }
    }

    /// Listens to a few places, and tells where sound is too loud.
    fn loudness(
        &mut self,
        project: &Arc<Project>,
        settings: &ExportSettings,
        span: Span,
        cancel: &Cancel,
    ) -> Result<(), MediaError> {
        if matches!(settings.preset.target.format, Format::Pictures(_)) {
            return Ok(());
        }
        let rate = project.sequence().rate;
        let mut samples = Vec::new();
        let mut loudest: Option<(f32, Frame)> = None;
        for place in places(span, rate.nominal(), LISTENED) {
            // a short film is one place, and all of a second of it tells enough
            let place = Span { length: place.length.min(FrameCount(rate.nominal() * LISTENED)), ..place };
            let mut sounds = Sounds::new(Arc::clone(project), place, cancel.clone())?;
            sounds.take_turns();
            for frame in (place.start.0..place.end().0).map(Frame) {
                sounds.render(frame, &mut samples)?;
            }
            let level = sounds.loudest();
            if level > 1.0 && loudest.is_none_or(|(most, _)| level > most) {
                loudest = Some((level, place.start));
            }
        }
        if let Some((level, at)) = loudest {
            let (over, timecode) = (20.0 * level.log10(), format_timecode(at, rate));
            let text = format!(
                "sound is {over:.1} dB over full scale, for one after {timecode}, and is held down there; \
                 lower the volume of what sounds together"
            );
            self.add(Finding { at: Some(at), ..Finding::remark(text) });
        }
        Ok(())
    }
}

/// What was tried.
#[derive(Default, Debug)]
struct Tried {
    /// Seconds that one picture alone takes: beginning, mostly.
    beginning: f64,
    /// Seconds that each further picture takes.
    each: f64,
    /// Bytes of a first picture.
    key: f64,
    /// Bytes of each further picture.
    others: f64,
}

impl Run<'_> {
    fn try_places(&mut self, found: &mut Found) -> Result<Tried, ExportError> {
        let sound_alone = matches!(self.settings.preset.target.format, Format::Sound(_));
        // sound is quick, and is tried for longer
        let more = if sound_alone { self.sequence().rate.nominal() * 4 } else { PICTURES };
        let (mut count, mut further) = (0.0, 0.0);
        let mut sum = Tried::default();
        let begun = Instant::now();
        for place in places(self.span, more + 1, 3) {
            let place = Span { length: place.length.min(FrameCount(more + 1)), ..place };
            let (seconds, bytes) = self.try_place(Span { length: FrameCount(1), ..place }, found)?;
            (sum.beginning, sum.key) = (sum.beginning + seconds, sum.key + bytes);
            count += 1.0;
            if place.length > FrameCount(1) {
                let (all, all_bytes) = self.try_place(place, found)?;
                sum.each += (all - seconds).max(0.0);
                sum.others += (all_bytes - bytes).max(0.0);
                #[expect(clippy::cast_precision_loss, reason = "a handful")]
                let these = (place.length.0 - 1) as f64;
                further += these;
            }
            if begun.elapsed() > ENOUGH {
                break;
            }
        }
        let (count, further) = (f64::max(count, 1.0), f64::max(further, 1.0));
        let Tried { beginning, each, key, others } = sum;
        Ok(Tried { beginning: beginning / count, each: each / further, key: key / count, others: others / further })
    }

    /// Makes a few frames; gives how long it took, and the bytes of the pictures, or of all where there are no others.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a few pictures")]
    fn try_place(&mut self, place: Span, found: &mut Found) -> Result<(f64, f64), ExportError> {
        let whole = std::mem::replace(&mut self.span, place);
        self.passes = Passes::ONE;
        let begun = Instant::now();
        let made = self.make(None, &mut |event| {
            if let ExportEvent::Warning(warning) = event {
                found.warning(warning);
            }
        });
        self.span = whole;
        let made = made?;
        let bytes = if made.pictures.all > 0 { made.pictures.all } else { made.size };
        Ok((begun.elapsed().as_secs_f64(), bytes as f64))
    }
}

/// The bytes that copied pictures take, about: their part of a file.
#[expect(clippy::cast_precision_loss, reason = "a size for people to read")]
fn stored(copied: &Copied, rate: FrameRate) -> f64 {
    let bytes = std::fs::metadata(&copied.asset.path).map_or(0, |m| m.len());
    let all = copied.asset.info.duration.map_or(0.0, SourceTime::seconds);
    if all > 0.0 { bytes as f64 * (rate.duration_of(copied.span.length).seconds() / all).min(1.0) } else { 0.0 }
}

/// What a film is made of, as far as it decides how long it takes and how large it is.
struct Film {
    frames: i64,
    copied: i64,
    /// Bytes of what is copied.
    copied_bytes: f64,
    /// Places where pictures begin anew, of all and of what is encoded.
    cuts: (i64, i64),
    seconds: f64,
    /// Bytes of sound and of tables beside pictures, about.
    beside: f64,
    is_still: bool,
}

#[expect(clippy::cast_precision_loss, reason = "frames and bytes of films are far below 2^53")]
impl Film {
    fn of(project: &Project, settings: &ExportSettings, span: Span, copying: Option<&CopyPlan>) -> Self {
        let sequence = project.sequence();
        let canvas = (sequence.width, sequence.height);
        let format = &settings.preset.target.format;
        let shown = picture_sections(project, span, canvas).filter(|section| !section.layers.is_empty());
        let cuts =
            if matches!(format, Format::Sound(_)) { 0 } else { i64::try_from(shown.count()).unwrap_or(i64::MAX) };
        let copies = copying.into_iter().flat_map(CopyPlan::copies);
        let copied_bytes = copies.map(|copied| stored(copied, sequence.rate)).sum();
        let pieces = copying.map_or(cuts, |plan| i64::try_from(plan.joins()).unwrap_or(0));
        let frames = span.length.0;
        let seconds = sequence.rate.duration_of(span.length).seconds();
        Self {
            frames,
            copied: copying.map_or(0, |plan| plan.copied),
            copied_bytes,
            cuts: (cuts, pieces.min(cuts)),
            seconds,
            beside: match format {
                Format::Film(film) => {
                    seconds * film.sound.usual_bits() as f64 / 8.0 + (frames as f64 + seconds * SOUND_PACKETS) * TABLES
                }
                _ => 0.0,
            },
            is_still: matches!(format, Format::Pictures(Pictures::Still)),
        }
    }

    /// Seconds that so many pictures take with so many cuts.
    fn making(&self, tried: &Tried, pictures: f64, cuts: f64) -> f64 {
        if self.is_still {
            return tried.beginning;
        }
        tried.beginning * (1.0 + cuts) + tried.each * OVERLAP * pictures
    }

    fn seconds(&self, tried: &Tried, sized: bool) -> f64 {
        let pictures = (self.frames - self.copied) as f64 + self.copied as f64 * COPYING;
        let each = if self.copied > 0 { PIECE } else { CUT };
        self.making(tried, pictures, self.cuts.1 as f64 * each) * if sized { PASSES } else { 1.0 }
    }

    fn seconds_without_copies(&self, tried: &Tried) -> f64 {
        self.making(tried, self.frames as f64, self.cuts.0 as f64 * CUT)
    }

    /// The bytes of the file.
    fn size(&self, tried: &Tried) -> u64 {
        let encoded = (self.frames - self.copied) as f64;
        let keys = (self.cuts.1 as f64).max(encoded / self.frames.max(1) as f64 * self.seconds / KEYS_EVERY).max(1.0);
        let pictures = tried.key * keys + tried.others * (encoded - keys).max(0.0) + self.copied_bytes;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
        let bytes = (pictures + self.beside).round() as u64;
        bytes
    }
}
