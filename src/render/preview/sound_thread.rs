//! Keeps the sound device fed, and tells what time it is by it.

use super::Motion;
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project, SourceTime, time::mul_div_round};
use crate::render::{Sounds, sound_buffer};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sound waiting in front of the device: enough for a slow moment, little enough for edits to be heard soon.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(250);

#[derive(Clone, Debug)]
pub(super) enum SoundCommand {
    Project(Arc<Project>),
    Play(Motion),
    Stop,
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
struct Running(gst::Pipeline);

impl Clock {
    /// For how long it has played; `None` while nothing plays (yet).
    pub fn elapsed(&self) -> Option<SourceTime> {
        // the lock is let go before GStreamer is asked
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let position = running.0.query_position::<gst::ClockTime>()?;
        Some(SourceTime::from_nanos(i64::try_from(position.nseconds()).ok()?))
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
    /// The tick that is mixed next.
    next: i64,
    /// How many samples were pushed.
    pushed: i64,
    ended: bool,
}

impl Drop for Playing {
    fn drop(&mut self) {
        // a device that can't be closed can't be freed either
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Runs until the commands end.
pub(super) fn run(
    mut project: Arc<Project>,
    commands: &Receiver<SoundCommand>,
    clock: &Clock,
    levels: &Levels,
    cancel: &Cancel,
) {
    let mut sounds: Option<Sounds> = None;
    let mut playing: Option<Playing> = None;
    let mut samples = Vec::new();
    loop {
        let ready = playing.as_ref().is_some_and(|p| !p.ended && p.input.current_level_time() < AHEAD);
        let received = match (&playing, ready) {
            (None, _) => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            (Some(_), true) => commands.recv_timeout(Duration::ZERO),
            (Some(_), false) => commands.recv_timeout(Duration::from_millis(10)),
        };
        match received {
            Ok(SoundCommand::Project(new)) => {
                if let Some(sounds) = &mut sounds {
                    sounds.set_project(Arc::clone(&new), new.sequence().span());
                }
                project = new;
            }
            Ok(SoundCommand::Play(motion)) => {
                clock.set(None);
                playing = None;
                levels.clear();
                match start(&project, motion) {
                    Ok(started) => {
                        clock.set(Some(Running(started.pipeline.clone())));
                        playing = Some(started);
                    }
                    Err(error) => tracing::error!("no sound: {error}"),
                }
            }
            Ok(SoundCommand::Stop) => {
                clock.set(None);
                playing = None;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                clock.set(None);
                return;
            }
        }
        if let Some(playing) = playing.as_mut().filter(|p| !p.ended && p.input.current_level_time() < AHEAD) {
            if sounds.is_none() {
                sounds = Sounds::new(Arc::clone(&project), project.sequence().span(), cancel.clone()).ok();
            }
            if feed(playing, &project, sounds.as_mut(), levels, &mut samples).is_err() {
                return;
            }
        }
    }
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
    let time = SourceTime(mul_div_round(playing.pushed, SourceTime::SECOND.0, i64::from(sequence.sample_rate)));
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

/// Opens the sound device, or a silent one that keeps the time where there is none.
fn start(project: &Project, motion: Motion) -> Result<Playing, MediaError> {
    crate::media::init()?;
    open(project, motion, "autoaudiosink").or_else(|error| {
        tracing::warn!("silent preview: {error}");
        open(project, motion, "fakesink sync=true")
    })
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
    let playing = Playing { pipeline, input, motion, next: 0, pushed: 0, ended: false };
    playing.pipeline.set_state(gst::State::Playing).map_err(|_| failed())?;
    Ok(playing)
}
