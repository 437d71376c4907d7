//! The preview: pictures and sound in real time, seeking and scrubbing.
//!
//! Two threads: one renders pictures, newest wins, the other keeps the sound ahead. The sound device is
//! the clock: a picture that comes too late is never shown, and sound never waits for one. Without a
//! sound device, or when it goes away, a silent sink keeps the time. A fault of the renderer costs a picture, or some sound,
//! and is said; the threads go on.

mod motion;
mod newest;
mod picture_thread;
mod sound_thread;
mod wishes;

use super::Media;
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use motion::{Detail, Motion};
use newest::Newest;
use wishes::Wishes;

/// What the preview is told.
#[derive(Clone, Debug)]
pub enum PreviewCommand {
    /// Shows this state of the project from now on.
    Project(Arc<Project>),
    /// Looks again for proxies that have been made meanwhile.
    Refresh,
    /// Shows a frame; while playing, goes on from there.
    Seek(Frame),
    /// Plays that way; the number comes back in the state, so that it is known what an answer answers.
    Play(Motion, u64),
    /// Computes so much of the picture, from these files.
    Quality(Detail, Media),
    /// Stops where it is; the number comes back as well.
    Pause(u64),
}

/// A picture for the screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which frame.
    pub frame: Frame,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Four bytes for each pixel, sRGB.
    pub rgba: Arc<Vec<u8>>,
}

/// What the preview is doing.
#[derive(Clone, Debug, Default)]
pub struct PreviewState {
    /// The newest picture; taken by whoever shows it.
    pub picture: Option<Shown>,
    /// Where the playhead is while it plays.
    pub position: Frame,
    /// Whether it plays.
    pub playing: bool,
    /// The number of the last command to play or to stop that was obeyed.
    pub obeyed: u64,
    /// How loud it is now, left and right: the peak of the frame's sound, 1 for full scale.
    pub levels: [f32; 2],
    /// Pictures that were due and not shown since playing began.
    pub dropped: u64,
    /// What went wrong in clips.
    pub warnings: Vec<super::Warning>,
    /// What else went wrong, each in a line for people to read.
    pub said: Vec<String>,
}

/// The preview of one editor.
pub struct Preview {
    wishes: Arc<Newest<Wishes>>,
    state: Arc<Mutex<PreviewState>>,
    threads: Vec<JoinHandle<()>>,
    cancel: Cancel,
}

impl Preview {
    /// Starts the threads; `wake` is called whenever there is something new to show.
    ///
    /// # Errors
    /// [`MediaError::Element`] when a thread can't be started.
    pub fn start(
        project: Arc<Project>,
        media: Media,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, MediaError> {
        let failed = |e: std::io::Error| MediaError::Element(format!("no thread can be started: {e}"));
        let wishes = Arc::new(Newest::default());
        let for_pictures = (Arc::clone(&wishes), Arc::new(Newest::default()));
        let sound_wishes = Arc::clone(&for_pictures.1);
        let state = Arc::new(Mutex::new(PreviewState::default()));
        let clock = sound_thread::Clock::default();
        let cancel = Cancel::default();
        let levels = sound_thread::Levels::default();
        let shared = Shared { state: Arc::clone(&state), wake: Arc::new(wake) };
        let to_hear = sound_thread::Heard {
            clock: clock.clone(),
            levels: levels.clone(),
            shared: shared.clone(),
            sinks: sound_thread::SINKS.map(str::to_owned).to_vec(),
        };
        let for_sound = (Arc::clone(&project), cancel.clone());
        let sound = std::thread::Builder::new()
            .name("preview sound".into())
            .spawn(move || sound_thread::run(for_sound.0, &sound_wishes, &to_hear, &for_sound.1))
            .map_err(failed)?;
        let for_thread = cancel.clone();
        let pictures = std::thread::Builder::new()
            .name("preview pictures".into())
            .spawn(move || {
                let (wishes, sound) = for_pictures;
                let sound = picture_thread::ToSound { wishes: sound, clock, levels };
                picture_thread::run(project, media, &wishes, &sound, &shared, &for_thread);
            })
            .map_err(failed)?;
        Ok(Self { wishes, state, threads: vec![pictures, sound], cancel })
    }

    /// Tells it something. Never waits: where it does not follow, the newest of each kind counts.
    pub fn send(&self, command: PreviewCommand) {
        self.wishes.put(|wishes| wishes.add(command));
    }

    /// What it is doing; takes the newest picture out.
    #[must_use]
    pub fn take_state(&self) -> PreviewState {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = state.picture.take();
        let (warnings, said) = (std::mem::take(&mut state.warnings), std::mem::take(&mut state.said));
        PreviewState { picture, warnings, said, ..state.clone() }
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.wishes.close();
        for thread in self.threads.drain(..) {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<PreviewState>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut PreviewState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        (self.wake)();
    }

    /// Says something that is wrong with no clip alone.
    fn say(&self, text: String) {
        self.change(|s| {
            // nobody reads thousands, nor one thing twice
            if s.said.len() < 64 && !s.said.contains(&text) {
                s.said.push(text);
            }
        });
    }
}

/// The preview's canvas: the sequence's shape in at most so many lines (or columns where it is taller than wide), even.
fn canvas(project: &Project, detail: Detail) -> (u32, u32) {
    let (width, height) = (project.sequence().width, project.sequence().height);
    let (short, lines) = (width.min(height), detail.lines());
    if short <= lines {
        return (width, height);
    }
    let scale = |n: u32| (n * lines / short).div_ceil(2) * 2;
    (scale(width), scale(height))
}
