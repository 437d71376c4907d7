//! The sound of an export, mixed ahead of its pictures on a thread of its own.

use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project, Span};
use crate::render::{Sounds, Warning};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How far sound is mixed ahead: in seconds.
const AHEAD: i64 = 2;

/// The sound of one frame, and what went wrong in it.
pub(super) struct Mixed {
    pub samples: Vec<[f32; 2]>,
    pub warnings: Vec<Warning>,
}

/// Mixes the frames of a span in order. The thread is stopped and joined when this is dropped.
pub(super) struct SoundThread {
    mixed: Option<Receiver<Result<Mixed, MediaError>>>,
    thread: Option<JoinHandle<()>>,
    cancel: Cancel,
}

impl SoundThread {
    /// Starts mixing.
    ///
    /// # Errors
    /// [`MediaError::Element`] when no thread can be started.
    pub fn start(project: Arc<Project>, span: Span) -> Result<Self, MediaError> {
        let cancel = Cancel::default();
        let frames = usize::try_from(project.sequence().rate.nominal() * AHEAD).unwrap_or(1);
        let (outgoing, mixed) = bounded(frames.max(1));
        let mut sounds = Sounds::new(project, span, cancel.clone())?;
        sounds.take_turns();
        let thread = std::thread::Builder::new()
            .name("sound".into())
            .spawn(move || mix(&mut sounds, span, &outgoing))
            .map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?;
        Ok(Self { mixed: Some(mixed), thread: Some(thread), cancel })
    }

    /// The sound of the next frame.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] when `cancel` says so, [`MediaError::Defect`] when the thread ended before its time.
    pub fn next(&self, cancel: &Cancel) -> Result<Mixed, MediaError> {
        let ended = || MediaError::Defect("the mixing of sound");
        let Some(mixed) = &self.mixed else { return Err(ended()) };
        loop {
            match mixed.recv_timeout(Duration::from_millis(100)) {
                Ok(mixed) => return mixed,
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return Err(MediaError::Cancelled),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Drop for SoundThread {
    fn drop(&mut self) {
        self.cancel.cancel();
        // a thread that waits for room finds nobody there
        self.mixed = None;
        if let Some(thread) = self.thread.take() {
            // a mixer that panicked was told by `next`
            let _ = thread.join();
        }
    }
}

fn mix(sounds: &mut Sounds, span: Span, outgoing: &Sender<Result<Mixed, MediaError>>) {
    for frame in (span.start.0..span.end().0).map(Frame) {
        let mut samples = Vec::new();
        let mixed = sounds.render(frame, &mut samples);
        let mixed = mixed.map(|()| Mixed { samples, warnings: sounds.take_warnings() });
        let failed = mixed.is_err();
        if outgoing.send(mixed).is_err() || failed {
            return;
        }
    }
}
