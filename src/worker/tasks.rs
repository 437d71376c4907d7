//! Threads for what takes a while, and what of them closing waits for.

use super::messages::Event;
use super::telling::Tell;
use crate::platform::caught;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long closing waits for what was asked to stop and only reads. It may stand in a call to a drive that does not answer,
/// which nobody can call off; it holds nothing that anyone needs, and ends with the process.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tasks that wait in a row.
const MOST_WAITING: usize = 256;

type Task = Box<dyn FnOnce() + Send>;

/// Threads for single tasks.
#[derive(Default)]
pub(super) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Does a task on a thread of its own; a panic in it is told.
    pub fn spawn(&mut self, name: &str, tell: &Tell, task: impl FnOnce() + Send + 'static) {
        self.0.retain(|t| !t.is_finished());
        let for_thread = tell.clone();
        match std::thread::Builder::new().name(name.into()).spawn(move || told(&for_thread, task)) {
            Ok(thread) => self.0.push(thread),
            Err(error) => tell.tell(Event::Problem(format!("no thread can be started: {error}"))),
        }
    }

    /// Waits for those that have been asked to stop, a moment.
    pub fn leave(self) {
        leave(self.0);
    }
}

/// Waits a moment for threads that only read, then lets them end with the process.
pub(super) fn leave(threads: Vec<JoinHandle<()>>) {
    let begun = Instant::now();
    for thread in threads {
        while !thread.is_finished() && begun.elapsed() < PATIENCE {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        if thread.is_finished() {
            // a panic was told
            let _ = thread.join();
        } else {
            tracing::warn!("the thread '{}' is not waited for", thread.thread().name().unwrap_or_default());
        }
    }
}

/// Tasks that are done one after the other, in the order in which they came.
pub(super) struct Row {
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Row {
    pub fn start(name: &str, tell: &Tell) -> Self {
        let (tasks, incoming): (_, Receiver<Task>) = bounded(MOST_WAITING);
        let for_thread = tell.clone();
        let work = move || incoming.iter().for_each(|task| told(&for_thread, task));
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(thread) => Self { tasks: Some(tasks), thread: Some(thread) },
            Err(error) => {
                tell.tell(Event::Problem(format!("no thread can be started: {error}")));
                Self { tasks: None, thread: None }
            }
        }
    }

    /// Adds a task; `false` when it can't be done, as hundreds wait already, or there is no thread.
    #[must_use]
    pub fn add(&self, task: impl FnOnce() + Send + 'static) -> bool {
        let Some(tasks) = &self.tasks else { return false };
        !matches!(tasks.try_send(Box::new(task)), Err(TrySendError::Full(_) | TrySendError::Disconnected(_)))
    }

    /// Waits until all is done.
    pub fn finish(mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // a panic was told
            let _ = thread.join();
        }
    }

    /// Waits a moment; for tasks that only read.
    pub fn leave(mut self) {
        self.tasks = None;
        leave(self.thread.take().into_iter().collect());
    }
}

fn told(tell: &Tell, task: impl FnOnce()) {
    if let Err(said) = caught(task) {
        tell.tell(Event::Problem(format!("a fault of Workprint: {said}; please report it")));
    }
}
