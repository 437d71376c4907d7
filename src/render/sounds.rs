//! The sound of a sequence, mixed, by exact sample.

use super::Warning;
use super::limiter::Limiter;
use super::plan_sound::{Sound, SoundSection, TURN_SECONDS, sound_section};
use super::readers::{AudioSpec, Readers, Wanted};
use super::retime::Retime;
use super::turns::Turns;
use super::warnings::Warnings;
use crate::media::{AudioReader, Cancel, MediaError};
use crate::model::{Frame, FrameCount, Project, Span};
use std::sync::Arc;

/// How long the sound of a turn goes over into the next one's: in 1/1000 s.
const JOIN_MS: i64 = 10;

/// Mixes the sound of frames, in order or not. Each track keeps its level, however many sound together.
pub struct Sounds {
    project: Arc<Project>,
    within: Span,
    readers: Readers<AudioReader>,
    /// Whether many sounds at once are read one after the other.
    in_turns: bool,
    current: Option<Current>,
    cancel: Cancel,
    scratch: Vec<[f32; 2]>,
    limiter: Limiter,
    warnings: Warnings,
}

struct Current {
    section: SoundSection,
    sounds: Vec<Open>,
    /// Where sounds take turns, what they gave in the last one.
    turns: Option<Turns>,
}

struct Open {
    sound: Sound,
    spec: AudioSpec,
    reader: Option<AudioReader>,
    retime: Retime,
    /// Whether it can't be read any more.
    broken: bool,
}

impl Open {
    fn new(sound: &Sound, spec: AudioSpec) -> Self {
        Self { sound: sound.clone(), spec, reader: None, retime: Retime::default(), broken: false }
    }

    fn needs_reader(&self) -> bool {
        self.reader.is_none() && !self.broken
    }

    /// Whether its reader stays between turns: one that reads a file in order only would begin from the start each time.
    fn keeps_reader(&self) -> bool {
        self.spec.info.untimed
    }
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
            readers: Readers::new("sound readers", cancel.clone())?,
            in_turns: false,
            current: None,
            cancel,
            scratch: Vec::new(),
            warnings: Warnings::default(),
        })
    }

    /// Reads many sounds at once one after the other, some seconds each, so that they take no more memory than a few; it
    /// costs some time at the beginning of each turn, which a preview has not.
    pub fn take_turns(&mut self) {
        self.in_turns = true;
    }

    /// Goes on with another state of the project, keeping the readers that still fit.
    pub fn set_project(&mut self, project: Arc<Project>, within: Span) {
        self.give_back_all();
        self.readers.forget_all_but(&[]);
        (self.project, self.within) = (project, within);
        self.warnings.forget();
    }

    /// What went wrong since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.warnings.take()
    }

    /// The highest level of all that was mixed so far, before it was held below full scale, which is 1.
    #[must_use]
    pub fn loudest(&self) -> f32 {
        self.limiter.loudest()
    }

    /// The sound of one frame: exactly the samples from its first to the next frame's first, replacing what
    /// is in `out`.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] only; what can't be decoded is silent, with a warning.
    pub fn render(&mut self, frame: Frame, out: &mut Vec<[f32; 2]>) -> Result<(), MediaError> {
        let sequence = Arc::clone(self.project.sequence());
        let first = sequence.sample_of(frame);
        let end = sequence.sample_of(Frame(frame.0 + 1));
        out.clear();
        out.resize(usize::try_from(end - first).unwrap_or(0), [0.0; 2]);
        if !self.current.as_ref().is_some_and(|c| c.section.span.contains(frame)) {
            self.enter(frame)?;
        }
        let Some(mut current) = self.current.take() else { return Err(MediaError::Cancelled) };
        let mixed = if current.turns.is_some() {
            self.mix_in_turns(&mut current, frame, out)
        } else {
            current.sounds.iter_mut().try_for_each(|open| {
                self.read(open, first, out.len())?;
                add(out, &self.scratch);
                Ok(())
            })
        };
        self.current = Some(current);
        mixed?;
        self.limiter.limit(out);
        Ok(())
    }

    /// Reads the sound of one clip from the timeline's sample `first` on, as loud as it is there, into `scratch`.
    fn read(&mut self, open: &mut Open, first: i64, count: usize) -> Result<(), MediaError> {
        self.scratch.clear();
        self.scratch.resize(count, [0.0; 2]);
        let Some(reader) = &mut open.reader else { return Ok(()) };
        let sequence = Arc::clone(self.project.sequence());
        match open.retime.read(reader, &open.sound, first, &mut self.scratch, &sequence, &self.cancel) {
            Ok(()) => {
                if let Some(damage) = reader.damage() {
                    self.warnings.damaged(&open.sound.clip, &open.sound.asset, damage, ["sound is", "heard"]);
                }
            }
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                (open.reader, open.broken) = (None, true);
                self.scratch.fill([0.0; 2]);
                self.warnings.missing(
                    &open.sound.clip,
                    &open.sound.asset,
                    format!("{error}; it is silent from there on"),
                );
            }
        }
        open.sound.apply_gain(&mut self.scratch, first, &sequence);
        Ok(())
    }

    fn mix_in_turns(&mut self, current: &mut Current, frame: Frame, out: &mut [[f32; 2]]) -> Result<(), MediaError> {
        let Current { section, sounds, turns: Some(turns) } = current else { return Ok(()) };
        let sequence = Arc::clone(self.project.sequence());
        let size = |samples: i64| usize::try_from(samples).unwrap_or(0);
        if !turns.holds(sequence.sample_of(frame), out.len()) {
            let turn = FrameCount(sequence.rate.nominal() * i64::from(TURN_SECONDS));
            let end = (frame + turn).min(section.span.end());
            let join = i64::from(sequence.sample_rate) * JOIN_MS / 1000;
            let join = size(join.min(sequence.samples_in(Span::between(end, section.span.end()))));
            turns.begin(sequence.sample_of(frame), size(sequence.samples_in(Span::between(frame, end))), join);
            for n in 0..sounds.len() {
                // while one is read the next is opened
                for open in sounds[n..].iter().take(2).filter(|o| o.needs_reader()) {
                    self.readers.prepare(&self.wanted(&open.sound, frame));
                }
                self.take_turn(&mut sounds[n], turns, Span::between(frame, end), join)?;
            }
        }
        turns.copy(sequence.sample_of(frame), out);
        Ok(())
    }

    /// Adds the sound of one clip over a span, and `join` samples more where its reader does not stay.
    fn take_turn(&mut self, open: &mut Open, turns: &mut Turns, span: Span, join: usize) -> Result<(), MediaError> {
        let sequence = Arc::clone(self.project.sequence());
        self.take_reader(open, span.start)?;
        let joins = !open.keeps_reader() && open.sound.clip.speed.is_normal();
        for at in (span.start.0..span.end().0).map(Frame) {
            let count = sequence.sample_of(Frame(at.0 + 1)) - sequence.sample_of(at);
            self.read(open, sequence.sample_of(at), usize::try_from(count).unwrap_or(0))?;
            turns.add(sequence.sample_of(at), &self.scratch, joins);
        }
        if joins && join > 0 {
            self.read(open, sequence.sample_of(span.end()), join)?;
            turns.add(sequence.sample_of(span.end()), &self.scratch, joins);
        }
        if !open.keeps_reader()
            && let Some(reader) = open.reader.take()
        {
            self.readers.give_back(open.spec.clone(), reader);
        }
        Ok(())
    }

    /// Gives a sound its reader for what begins at a frame, unless it has one or can't be read.
    fn take_reader(&mut self, open: &mut Open, frame: Frame) -> Result<(), MediaError> {
        if !open.needs_reader() {
            return Ok(());
        }
        match self.readers.take(&self.wanted(&open.sound, frame)) {
            Ok(reader) => open.reader = Some(reader),
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                open.broken = true;
                self.warnings.missing(&open.sound.clip, &open.sound.asset, format!("{error}; it is silent"));
            }
        }
        Ok(())
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
        let sample = sequence.sample_of(frame);
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
        for sound in &section.sounds {
            let goes_on = |o: &Open| end == frame && o.sound.goes_on(sound, frame, self.project.sequence());
            let kept = before.iter().position(goes_on).map(|i| before.swap_remove(i));
            sounds.push(match kept {
                Some(open) => Open { sound: sound.clone(), ..open },
                None => Open::new(sound, self.wanted(sound, frame).spec),
            });
        }
        for open in before {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
        let turns = (self.in_turns && section.takes_turns()).then(Turns::default);
        let missing = sounds.iter().filter(|o| o.needs_reader());
        let wanted: Vec<_> = missing.map(|o| self.wanted(&o.sound, frame)).collect();
        self.readers.forget_all_but(&wanted);
        if turns.is_none() {
            for wanted in &wanted {
                self.readers.prepare(wanted);
            }
            for open in &mut sounds {
                self.take_reader(open, frame)?;
            }
        }
        self.prepare_next(section.span.end(), &sounds);
        self.current = Some(Current { section, sounds, turns });
        Ok(())
    }

    fn prepare_next(&mut self, frame: Frame, now: &[Open]) {
        if frame >= self.within.end() {
            return;
        }
        let next = sound_section(&self.project, frame, self.within);
        if self.in_turns && next.takes_turns() {
            return;
        }
        for sound in &next.sounds {
            if !now.iter().any(|o| o.sound.goes_on(sound, frame, self.project.sequence())) {
                self.readers.prepare(&self.wanted(sound, frame));
            }
        }
    }
}

fn add(sum: &mut [[f32; 2]], samples: &[[f32; 2]]) {
    for (sum, sample) in sum.iter_mut().zip(samples) {
        *sum = [sum[0] + sample[0], sum[1] + sample[1]];
    }
}
