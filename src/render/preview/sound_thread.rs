//! Keeps the sound device fed, and tells what time it is by it.

use super::newest::Newest;
use super::{Motion, Shared};
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project, SourceTime, time::mul_div_round};
use crate::platform::caught;
use crate::render::{Sounds, sound_buffer};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Sound waiting in front of the device: enough for a slow moment, little enough for edits to be heard soon.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(250);

/// Where sound goes: to the system's device, or where there is none to one that only keeps the time.
pub(super) const SINKS: [&str; 2] = ["autoaudiosink", SILENT];

/// A device that is none.
const SILENT: &str = "fakesink sync=true";

/// A device that does not play what lies in front of it for so long has gone away without a word.
const STILL: Duration = Duration::from_secs(5);

/// Where no device could be opened, none is looked for for so long: each look takes a while, and systems' libraries fill
/// the terminal by it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long the thread waits at most while it plays.
const STEP: Duration = Duration::from_millis(10);

/// What the sound thread is to do; the newest of each kind counts.
#[derive(Default)]
pub(super) struct SoundWishes {
    pub project: Option<Arc<Project>>,
    transport: Option<Transport>,
}

enum Transport {
    Play(Motion),
    Stop,
}

impl SoundWishes {
    pub fn play(&mut self, motion: Motion) {
        self.transport = Some(Transport::Play(motion));
    }

    pub fn stop(&mut self) {
        self.transport = Some(Transport::Stop);
    }

    /// Where it is to play from, if it is.
    #[cfg(test)]
    pub fn plays_from(&self) -> Option<Frame> {
        match self.transport {
            Some(Transport::Play(motion)) => Some(motion.from),
            _ => None,
        }
    }
}

/// What is told of the sound.
pub(super) struct Heard {
    pub clock: Clock,
    pub levels: Levels,
    pub shared: Shared,
    /// The devices, as launch descriptions: the first that can be opened plays. The last one keeps the time.
    pub sinks: Vec<String>,
}

/// How loud each tick is, from when it is mixed until it is heard.
#[derive(Clone, Default)]
pub(super) struct Levels(Arc<Mutex<VecDeque<Level>>>);

/// When a tick sounds, and its peaks left and right.
type Level = (SourceTime, [f32; 2]);

impl Levels {
    /// The peaks of the tick that sounds now.
    pub fn at(&self, elapsed: SourceTime) -> [f32; 2] {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while queue.get(1).is_some_and(|(time, _)| *time <= elapsed) {
            queue.pop_front();
        }
        queue.front().map_or([0.0; 2], |(_, peaks)| *peaks)
    }

    fn push(&self, time: SourceTime, samples: &[[f32; 2]]) {
        let peaks = samples.iter().fold([0.0_f32; 2], |p, s| [p[0].max(s[0].abs()), p[1].max(s[1].abs())]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((time, peaks));
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What time it is while it plays.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Option<Running>>>);

#[derive(Clone)]
struct Running {
    pipeline: gst::Pipeline,
    /// How long others played before it.
    before: SourceTime,
}

impl Clock {
    /// For how long it has played; `None` while nothing plays (yet).
    pub fn elapsed(&self) -> Option<SourceTime> {
        // the lock is let go before GStreamer is asked
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let position = running.pipeline.query_position::<gst::ClockTime>()?;
        Some(running.before + SourceTime::from_nanos(i64::try_from(position.nseconds()).ok()?))
    }

    fn set(&self, running: Option<Running>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// The device while it plays. Stopped when dropped.
struct Playing {
    pipeline: gst::Pipeline,
    input: gst_app::AppSrc,
    motion: Motion,
    /// How long another device played before this one.
    before: SourceTime,
    /// The tick that is mixed next.
    next: i64,
    /// How many samples were pushed.
    pushed: i64,
    ended: bool,
    /// Whether it only keeps the time.
    silent: bool,
    /// Where it was when it was looked at, and since when it is there.
    stands: (Option<SourceTime>, Instant),
}

impl Drop for Playing {
    fn drop(&mut self) {
        // a device that can't be closed can't be freed either
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

struct Player<'a> {
    project: Arc<Project>,
    heard: &'a Heard,
    cancel: &'a Cancel,
    sounds: Option<Sounds>,
    /// Whether mixing broke: it is silent until something is asked for.
    broken: bool,
    playing: Option<Playing>,
    samples: Vec<[f32; 2]>,
    /// When no device was found.
    none_found: Option<Instant>,
}

/// Runs until nothing is asked for any more.
pub(super) fn run(project: Arc<Project>, wishes: &Newest<SoundWishes>, heard: &Heard, cancel: &Cancel) {
    let mut player = Player {
        project,
        heard,
        cancel,
        sounds: None,
        broken: false,
        playing: None,
        samples: Vec::new(),
        none_found: None,
    };
    loop {
        let limit = player.playing.as_ref().map(|p| if p.is_hungry() { Duration::ZERO } else { STEP });
        let Some(wishes) = wishes.take(limit) else { break };
        match caught(|| player.turn(wishes)) {
            Ok(Ok(())) => {}
            Ok(Err(_)) if cancel.is_cancelled() => break,
            Ok(Err(error)) => player.broke(&error.to_string()),
            Err(said) => player.broke(&format!("a fault of Workprint: {said}; please report it")),
        }
    }
    heard.clock.set(None);
}

impl Player<'_> {
    fn turn(&mut self, wishes: SoundWishes) -> Result<(), MediaError> {
        if let Some(new) = wishes.project {
            self.broken = false;
            if let Some(sounds) = &mut self.sounds {
                sounds.set_project(Arc::clone(&new), new.sequence().span());
            }
            self.project = new;
        }
        if let Some(transport) = wishes.transport {
            self.heard.clock.set(None);
            self.playing = None;
            if let Transport::Play(motion) = transport {
                self.broken = false;
                self.heard.levels.clear();
                self.play(motion, SourceTime::ZERO);
            }
        }
        self.follow_device();
        let Some(playing) = self.playing.as_mut().filter(|p| p.is_hungry()) else { return Ok(()) };
        if self.sounds.is_none() && !self.broken {
            let span = self.project.sequence().span();
            self.sounds = Sounds::new(Arc::clone(&self.project), span, self.cancel.clone()).ok();
        }
        feed(playing, &self.project, self.sounds.as_mut(), &self.heard.levels, &mut self.samples)
    }

    /// Goes on in silence after sound that could not be mixed.
    fn broke(&mut self, why: &str) {
        self.broken = true;
        let sounds = self.sounds.take();
        // what is broken may break again while it is taken apart
        if caught(|| drop(sounds)).is_err() {
            tracing::error!("a mixer that broke was left behind");
        }
        self.heard.shared.say(format!("no sound: {why}"));
    }

    /// Plays from where it would be when it had played for a while already.
    fn play(&mut self, motion: Motion, before: SourceTime) {
        let rate = self.project.sequence().rate;
        let next = rate.frame_at(before);
        match self.open(motion, before) {
            Ok(mut playing) => {
                (playing.next, playing.before) = (next.0, rate.time_of(next));
                self.heard.clock.set(Some(Running { pipeline: playing.pipeline.clone(), before: rate.time_of(next) }));
                self.playing = Some(playing);
            }
            Err(error) => self.heard.shared.say(format!("nothing can be played: {error}")),
        }
    }

    /// Opens the first device that there is; the last one there always is.
    fn open(&mut self, motion: Motion, before: SourceTime) -> Result<Playing, MediaError> {
        crate::media::init()?;
        let look = before == SourceTime::ZERO && self.none_found.is_none_or(|since| since.elapsed() > LOOK_AGAIN);
        let devices = self.heard.sinks.iter().take(self.heard.sinks.len().saturating_sub(1)).filter(|_| look);
        for sink in devices {
            match open(&self.project, motion, sink) {
                Ok(playing) if !plays_nothing(&playing.pipeline) => {
                    self.none_found = None;
                    return Ok(playing);
                }
                Ok(_) => tracing::info!("silent preview: there is no sound device"),
                Err(error) => tracing::info!("silent preview: {error}"),
            }
            self.none_found = Some(Instant::now());
        }
        let silent = self.heard.sinks.last().map_or(SILENT, String::as_str);
        let mut playing = open(&self.project, motion, silent)?;
        playing.silent = true;
        Ok(playing)
    }

    /// Looks whether the device is still there; without one it plays on in silence, which is said.
    fn follow_device(&mut self) {
        let Some(playing) = self.playing.as_mut().filter(|p| !p.silent) else { return };
        let why = playing.fails();
        let at = self.heard.clock.elapsed();
        let stands = playing.stands_still(at);
        if why.is_none() && !stands {
            return;
        }
        let why = why.unwrap_or_else(|| "it does not play on".to_owned());
        let motion = playing.motion;
        let at = at.or(playing.stands.0).unwrap_or(playing.before).max(playing.before);
        self.heard.clock.set(None);
        self.playing = None;
        self.heard.levels.clear();
        self.none_found = Some(Instant::now());
        self.heard.shared.say(format!("The sound device went away ({why}): it plays on without sound."));
        // not from the beginning: no device is looked for
        self.play(motion, at.max(SourceTime(1)));
    }
}

impl Playing {
    /// Whether there is room in front of the device.
    fn is_hungry(&self) -> bool {
        !self.ended && self.input.current_level_time() < AHEAD
    }

    /// Why the device plays no more, if it said so.
    fn fails(&self) -> Option<String> {
        let message = self.pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().message().trim_end_matches('.').to_owned()),
            _ => None,
        }
    }

    /// Whether it has stood at the same moment for long, with sound in front of it.
    fn stands_still(&mut self, at: Option<SourceTime>) -> bool {
        if at != self.stands.0 || self.is_hungry() || self.ended {
            self.stands = (at, Instant::now());
        }
        self.stands.1.elapsed() > STILL
    }
}

/// Whether the system's choice of a device is to have none.
fn plays_nothing(pipeline: &gst::Pipeline) -> bool {
    let none = |element: gst::Element| element.factory().is_some_and(|factory| factory.name() == "fakesink");
    pipeline.iterate_recurse().into_iter().flatten().any(none)
}

/// Pushes the sound of one more tick. A little silence follows the last, so that the clock passes the end. Faster
/// than normal several frames' sound is squeezed into one; backwards it is silent.
fn feed(
    playing: &mut Playing,
    project: &Project,
    sounds: Option<&mut Sounds>,
    levels: &Levels,
    samples: &mut Vec<[f32; 2]>,
) -> Result<(), MediaError> {
    let sequence = project.sequence();
    let sample = |tick| sequence.sample_of(Frame(tick));
    let second = sequence.rate.nominal();
    let first = playing.motion.at_tick(playing.next);
    // one second of silence behind the last tick
    if first.is_none() && playing.motion.at_tick(playing.next - second).is_none() && playing.next > second {
        playing.ended = true;
        // the device is stopped before long anyway
        let _ = playing.input.end_of_stream();
        return Ok(());
    }
    let length = usize::try_from(sample(playing.next + 1) - sample(playing.next)).unwrap_or(0);
    let speed = playing.motion.speed;
    match (sounds, first) {
        (Some(sounds), Some(first)) if speed > 0 => {
            let mut heard = Vec::new();
            let mut part = Vec::new();
            for n in 0..i64::from(speed) {
                let frame = Frame(first.0 + n);
                if frame < sequence.end() {
                    sounds.render(frame, &mut part)?;
                    heard.extend_from_slice(&part);
                }
            }
            for warning in sounds.take_warnings() {
                tracing::warn!("{}: {}", warning.name, warning.text);
            }
            squeeze(&heard, samples, length);
        }
        _ => {
            samples.clear();
            samples.resize(length, [0.0; 2]);
        }
    }
    let time = playing.before
        + SourceTime(mul_div_round(playing.pushed, SourceTime::SECOND.0, i64::from(sequence.sample_rate)));
    levels.push(time, samples);
    let buffer = sound_buffer::buffer(samples, playing.pushed, sequence.sample_rate);
    playing.pushed += i64::try_from(length).unwrap_or(0);
    playing.next += 1;
    if playing.input.push_buffer(buffer).is_err() {
        playing.ended = true;
    }
    Ok(())
}

/// `length` samples of what may be several times as many: means of neighbours.
fn squeeze(heard: &[[f32; 2]], samples: &mut Vec<[f32; 2]>, length: usize) {
    samples.clear();
    for n in 0..length {
        let (from, to) = (heard.len() * n / length.max(1), heard.len() * (n + 1) / length.max(1));
        let part = &heard[from..to.max(from + 1).min(heard.len()).max(from)];
        #[expect(clippy::cast_precision_loss, reason = "a handful of samples")]
        let count = part.len().max(1) as f32;
        let sum = part.iter().fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
        samples.push(sum.map(|s: f32| s / count));
    }
}

fn open(project: &Project, motion: Motion, sink: &str) -> Result<Playing, MediaError> {
    let description =
        format!("appsrc name=in format=time ! audioconvert ! audioresample ! queue max-size-time=50000000 ! {sink}");
    let failed = || MediaError::Element("the sound device can't be opened".into());
    let pipeline = gst::parse::launch(&description)
        .map_err(|e| MediaError::Element(e.message().to_owned()))?
        .downcast::<gst::Pipeline>()
        .map_err(|_| failed())?;
    let input = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok()).ok_or_else(failed)?;
    input.set_caps(Some(&sound_buffer::caps(project.sequence().sample_rate)));
    input.set_max_bytes(0);
    input.set_max_buffers(0);
    let playing = Playing {
        pipeline,
        input,
        motion,
        before: SourceTime::ZERO,
        next: 0,
        pushed: 0,
        ended: false,
        silent: false,
        stands: (None, Instant::now()),
    };
    playing.pipeline.set_state(gst::State::Playing).map_err(|_| failed())?;
    Ok(playing)
}

#[cfg(test)]
mod tests {
    use super::super::PreviewState;
    use super::*;
    use crate::edit::text::parse;
    use crate::model::{FrameCount, Span};

    /// A device that fails after some buffers, then the one that keeps the time; plays until the 60th frame.
    fn play_past(sinks: &[&str]) -> (i64, Vec<String>) {
        let state = Arc::new(Mutex::new(PreviewState::default()));
        let shared = Shared { state: Arc::clone(&state), wake: Arc::new(|| {}) };
        let heard = Heard {
            clock: Clock::default(),
            levels: Levels::default(),
            shared,
            sinks: sinks.iter().map(|&s| s.to_owned()).collect(),
        };
        let (wishes, cancel) = (Newest::default(), Cancel::default());
        let project = Arc::new(parse("V1: A@0+1000"));
        let rate = project.sequence().rate;
        let within = Span { start: Frame(0), length: FrameCount(1000) };
        wishes.put(|w: &mut SoundWishes| w.play(Motion { from: Frame(0), speed: 1, within, looping: false }));
        let begun = Instant::now();
        let mut last = 0;
        std::thread::scope(|scope| {
            let play = || run(project, &wishes, &heard, &cancel);
            std::thread::Builder::new().name("sound".into()).spawn_scoped(scope, play).unwrap();
            while last < 60 && begun.elapsed() < Duration::from_mins(1) {
                std::thread::park_timeout(Duration::from_millis(5));
                let now = heard.clock.elapsed().map_or(last, |t| rate.frame_at(t).0);
                assert!(now >= last, "from {last} back to {now}");
                last = now;
            }
            wishes.close();
        });
        let said = state.lock().unwrap().said.clone();
        (last, said)
    }

    #[test]
    fn without_its_device_it_plays_on_and_says_so() {
        let (frame, said) = play_past(&["identity error-after=30 ! fakesink sync=true name=device", SILENT]);
        // what only keeps the time counts as none
        assert!(frame >= 60 && said.is_empty(), "{frame} {said:?}");
        let (frame, said) = play_past(&["identity error-after=30 ! filesink sync=true location=/dev/null", SILENT]);
        assert!(frame >= 60, "stopped at {frame}: {said:?}");
        assert!(said.len() == 1 && said[0].contains("went away") && said[0].contains("without sound"), "{said:?}");
        let (frame, said) = play_past(&["filesink location=/none/such", SILENT]);
        assert!(frame >= 60 && said.is_empty(), "{frame} {said:?}");
    }
}
