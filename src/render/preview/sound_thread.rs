//! Keeps the sound device fed, and tells what time it is by it.

use crate::media::{Cancel, MediaError};
use crate::model::{Frame, FrameRate, Project, SourceTime};
use crate::render::{Sounds, sound_buffer};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sound waiting in front of the device: enough for a slow moment, little enough for edits to be heard soon.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(250);

#[derive(Clone, Debug)]
pub(super) enum SoundCommand {
    Project(Arc<Project>),
    Play(Frame),
    Stop,
}

/// What time it is while it plays.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Option<Running>>>);

#[derive(Clone)]
struct Running {
    pipeline: gst::Pipeline,
    from: Frame,
    rate: FrameRate,
}

impl Clock {
    /// The frame that is due; `None` while nothing plays (yet).
    pub fn frame(&self) -> Option<Frame> {
        // the lock is let go before GStreamer is asked
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let position = running.pipeline.query_position::<gst::ClockTime>()?;
        let elapsed = SourceTime::from_nanos(i64::try_from(position.nseconds()).ok()?);
        Some(running.rate.frame_at(running.rate.time_of(running.from) + elapsed))
    }

    fn set(&self, running: Option<Running>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// The device while it plays. Stopped when dropped.
struct Playing {
    pipeline: gst::Pipeline,
    input: gst_app::AppSrc,
    from: Frame,
    next: Frame,
    ended: bool,
}

impl Drop for Playing {
    fn drop(&mut self) {
        // a device that can't be closed can't be freed either
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Runs until the commands end.
pub(super) fn run(mut project: Arc<Project>, commands: &Receiver<SoundCommand>, clock: &Clock, cancel: &Cancel) {
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
            Ok(SoundCommand::Play(from)) => {
                clock.set(None);
                playing = None;
                match start(&project, from) {
                    Ok(started) => {
                        let rate = project.sequence().rate;
                        clock.set(Some(Running { pipeline: started.pipeline.clone(), from: started.from, rate }));
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
            if feed(playing, &project, sounds.as_mut(), &mut samples).is_err() {
                return;
            }
        }
    }
}

/// Pushes the sound of one more frame. A little silence follows the last, so that the clock passes the end.
fn feed(
    playing: &mut Playing,
    project: &Project,
    sounds: Option<&mut Sounds>,
    samples: &mut Vec<[f32; 2]>,
) -> Result<(), MediaError> {
    let sequence = project.sequence();
    let sample = |frame| sequence.rate.sample_of(frame, sequence.sample_rate);
    let end = sequence.end();
    if playing.next >= end + crate::model::FrameCount(sequence.rate.nominal()) {
        playing.ended = true;
        // the device is stopped before long anyway
        let _ = playing.input.end_of_stream();
        return Ok(());
    }
    match sounds {
        Some(sounds) if playing.next < end => {
            sounds.render(playing.next, samples)?;
            for warning in sounds.take_warnings() {
                tracing::warn!("{}: {}", warning.name, warning.text);
            }
        }
        _ => {
            samples.clear();
            let length = sample(Frame(playing.next.0 + 1)) - sample(playing.next);
            samples.resize(usize::try_from(length).unwrap_or(0), [0.0; 2]);
        }
    }
    let buffer = sound_buffer::buffer(samples, sample(playing.next) - sample(playing.from), sequence.sample_rate);
    playing.next = Frame(playing.next.0 + 1);
    if playing.input.push_buffer(buffer).is_err() {
        playing.ended = true;
    }
    Ok(())
}

/// Opens the sound device, or a silent one that keeps the time where there is none.
fn start(project: &Project, from: Frame) -> Result<Playing, MediaError> {
    crate::media::init()?;
    open(project, from, "autoaudiosink").or_else(|error| {
        tracing::warn!("silent preview: {error}");
        open(project, from, "fakesink sync=true")
    })
}

fn open(project: &Project, from: Frame, sink: &str) -> Result<Playing, MediaError> {
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
    let playing = Playing { pipeline, input, from, next: from, ended: false };
    playing.pipeline.set_state(gst::State::Playing).map_err(|_| failed())?;
    Ok(playing)
}
