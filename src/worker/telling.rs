//! The way of what threads tell: what must arrive waits in a row with an end, what only the latest of counts takes the place of
//! what was told before. So a window that does not look for hours holds nobody up.

use super::messages::{DocumentId, Event, JobStatus, OfDocument, RunId};
use super::queue::QueueStatus;
use super::runs::{RunNews, Slots};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is told in place of what was told before.
#[derive(Default)]
struct Latest {
    /// Whether autosaves work: what keeps the document never waits for a window.
    kept: Mutex<Option<Event>>,
    jobs: Mutex<Option<Vec<JobStatus>>>,
    exports: Mutex<Option<QueueStatus>>,
    runs: Slots,
}

/// What threads tell with.
#[derive(Clone)]
pub(super) struct Tell {
    events: Sender<Event>,
    latest: Arc<Latest>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Where it arrives.
pub(super) struct Told {
    events: Receiver<Event>,
    latest: Arc<Latest>,
}

/// Both ends; `wake` is called after each that is told.
pub(super) fn telling(wake: impl Fn() + Send + Sync + 'static) -> (Tell, Told) {
    let (outgoing, events) = bounded(4096);
    let latest = Arc::new(Latest::default());
    (Tell { events: outgoing, latest: Arc::clone(&latest), wake: Arc::new(wake) }, Told { events, latest })
}

impl Tell {
    pub fn tell(&self, event: Event) {
        match event {
            Event::Jobs(jobs) => set(&self.latest.jobs, jobs),
            Event::NotKept(_) | Event::KeptAgain => set(&self.latest.kept, event),
            event => {
                // the editor is closing when no one listens
                let _ = self.events.send(event);
            }
        }
        self.wake();
    }

    pub fn of(&self, document: DocumentId, what: OfDocument) {
        self.tell(Event::OfDocument(document, what));
    }

    /// Tells something new of a run.
    pub fn of_run(&self, run: RunId, change: impl FnOnce(&mut RunNews)) {
        self.latest.runs.change(run, change);
        self.wake();
    }

    /// What the queue of exports is now. Nobody is woken yet: it may be told while the queue can't be changed.
    pub fn exports(&self, status: QueueStatus) {
        set(&self.latest.exports, status);
    }

    pub fn wake(&self) {
        (self.wake)();
    }
}

impl Told {
    /// All that was told since this was last asked.
    pub fn take(&self) -> Vec<Event> {
        let mut events: Vec<Event> = self.events.try_iter().collect();
        events.extend(taken(&self.latest.kept));
        events.extend(taken(&self.latest.jobs).map(Event::Jobs));
        // before what is new of the runs: of one that is over by now, all is told then
        events.extend(taken(&self.latest.exports).map(Event::Exports));
        events.extend(self.latest.runs.take().into_iter().map(|(run, news)| Event::OfRun(run, Box::new(news))));
        events
    }

    /// Makes room for what is still told and nobody reads.
    pub fn pass(&self, most: Duration) {
        let _ = self.events.recv_timeout(most);
    }
}

fn set<T>(slot: &Mutex<Option<T>>, value: T) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

fn taken<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
