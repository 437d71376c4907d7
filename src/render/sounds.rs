//! The sound of a sequence, mixed, by exact sample.

use super::Warning;
use super::limiter::Limiter;
use super::plan_sound::{Sound, SoundSection, sound_section};
use super::readers::{AudioSpec, Readers, Wanted};
use super::retime::Retime;
use crate::media::{AudioReader, Cancel, MediaError};
use crate::model::{ClipId, Frame, Project, Span};
use std::collections::HashSet;
use std::sync::Arc;

/// Mixes the sound of frames, in order or not. Each track keeps its level, however many sound together.
pub struct Sounds {
    project: Arc<Project>,
    within: Span,
    readers: Readers<AudioReader>,
    current: Option<Current>,
    cancel: Cancel,
    scratch: Vec<[f32; 2]>,
    limiter: Limiter,
    warned: HashSet<ClipId>,
    warnings: Vec<Warning>,
}

struct Current {
    section: SoundSection,
    sounds: Vec<Open>,
}

struct Open {
    sound: Sound,
    spec: AudioSpec,
    reader: Option<AudioReader>,
    retime: Retime,
}

impl Sounds {
    /// Mixes the active sequence of `project` within a span.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the readers' thread can't be started.
    pub fn new(project: Arc<Project>, within: Span, cancel: Cancel) -> Result<Self, MediaError> {
        let limiter = Limiter::new(project.sequence().sample_rate);
        Ok(Self {
            project,
            within,
            limiter,
            readers: Readers::new("sound readers", Cancel::default())?,
            current: None,
            cancel,
            scratch: Vec::new(),
            warned: HashSet::new(),
            warnings: Vec::new(),
        })
    }

    /// Goes on with another state of the project, keeping the readers that still fit.
    pub fn set_project(&mut self, project: Arc<Project>, within: Span) {
        self.give_back_all();
        self.readers.forget_all_but(&[]);
        (self.project, self.within) = (project, within);
        self.warned.clear();
    }

    /// What went wrong since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// The sound of one frame: exactly the samples from its first to the next frame's first, replacing what
    /// is in `out`.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] only; what can't be decoded is silent, with a warning.
    pub fn render(&mut self, frame: Frame, out: &mut Vec<[f32; 2]>) -> Result<(), MediaError> {
        let sequence = Arc::clone(self.project.sequence());
        let first = sequence.rate.sample_of(frame, sequence.sample_rate);
        let end = sequence.rate.sample_of(Frame(frame.0 + 1), sequence.sample_rate);
        out.clear();
        out.resize(usize::try_from(end - first).unwrap_or(0), [0.0; 2]);
        if !self.current.as_ref().is_some_and(|c| c.section.span.contains(frame)) {
            self.enter(frame)?;
        }
        let Some(mut current) = self.current.take() else { return Err(MediaError::Cancelled) };
        self.scratch.resize(out.len(), [0.0; 2]);
        for open in &mut current.sounds {
            let Some(reader) = &mut open.reader else { continue };
            let (scratch, cancel) = (&mut self.scratch, &self.cancel);
            match open.retime.read(reader, &open.sound, first, scratch, &sequence, cancel) {
                Ok(()) => {}
                Err(MediaError::Cancelled) => {
                    self.current = Some(current);
                    return Err(MediaError::Cancelled);
                }
                Err(error) => {
                    open.reader = None;
                    self.scratch.fill([0.0; 2]);
                    self.warn(&open.sound, &format!("{error}; it is silent from there on"));
                }
            }
            open.sound.apply_gain(&mut self.scratch, first, &sequence);
            for (sum, sample) in out.iter_mut().zip(&self.scratch) {
                sum[0] += sample[0];
                sum[1] += sample[1];
            }
        }
        self.current = Some(current);
        self.limiter.limit(out);
        Ok(())
    }

    fn warn(&mut self, sound: &Sound, text: &str) {
        if self.warned.insert(sound.clip.id) {
            self.warnings.push(Warning {
                clip: sound.clip.id,
                name: sound.clip.content.name.clone(),
                source: sound.asset.path.clone(),
                text: text.to_owned(),
            });
        }
    }

    fn give_back_all(&mut self) {
        for open in self.current.take().map(|c| c.sounds).unwrap_or_default() {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
    }

    fn wanted(&self, sound: &Sound, frame: Frame) -> Wanted<AudioReader> {
        let sequence = self.project.sequence();
        let sample = sequence.rate.sample_of(frame, sequence.sample_rate);
        let spec = AudioSpec {
            path: sound.asset.path.clone(),
            info: sound.asset.info.clone(),
            stream: sound.clip.content.stream,
            rate: sequence.sample_rate,
        };
        Wanted { spec, at: sound.reads_at(sample, sequence) }
    }

    fn enter(&mut self, frame: Frame) -> Result<(), MediaError> {
        let section = sound_section(&self.project, frame, self.within);
        let (end, mut before) =
            self.current.take().map_or((Frame(-1), Vec::new()), |c| (c.section.span.end(), c.sounds));
        let mut sounds: Vec<Open> = Vec::new();
        let mut missing: Vec<(usize, Wanted<AudioReader>)> = Vec::new();
        for sound in &section.sounds {
            let wanted = self.wanted(sound, frame);
            let goes_on = |o: &Open| end == frame && o.sound.goes_on(sound, frame, self.project.sequence());
            let kept = before.iter().position(goes_on).map(|i| before.swap_remove(i));
            let open = match kept {
                Some(open) => Open { sound: sound.clone(), ..open },
                None => {
                    Open { sound: sound.clone(), spec: wanted.spec.clone(), reader: None, retime: Retime::default() }
                }
            };
            if open.reader.is_none() {
                missing.push((sounds.len(), wanted));
            }
            sounds.push(open);
        }
        for open in before {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
        let all: Vec<_> = missing.iter().map(|(_, w)| w.clone()).collect();
        self.readers.forget_all_but(&all);
        for wanted in &all {
            self.readers.prepare(wanted);
        }
        for (index, wanted) in missing {
            match self.readers.take(&wanted) {
                Ok(reader) => sounds[index].reader = Some(reader),
                Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
                Err(error) => {
                    let sound = sounds[index].sound.clone();
                    self.warn(&sound, &format!("{error}; it is silent"));
                }
            }
        }
        self.prepare_next(section.span.end(), &sounds);
        self.current = Some(Current { section, sounds });
        Ok(())
    }

    fn prepare_next(&mut self, frame: Frame, now: &[Open]) {
        if frame >= self.within.end() {
            return;
        }
        for sound in &sound_section(&self.project, frame, self.within).sounds {
            if !now.iter().any(|o| o.sound.goes_on(sound, frame, self.project.sequence())) {
                self.readers.prepare(&self.wanted(sound, frame));
            }
        }
    }
}
