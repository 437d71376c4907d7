//! What is known of exports before they are queued: found and tried on a thread of its own, one at a time. What is asked for
//! later takes the place of what was asked for before.
//!
//! A trial makes pictures as an export does, and would count in the memory of one that runs: the queue lets neither begin beside
//! the other.

use super::exports::Exports;
use super::messages::{Asking, Event};
use super::queue::ExportJob;
use super::tasks::leave;
use super::telling::Tell;
use crate::export::{Expected, ExportSettings, Finding, Memory, expect, look};
use crate::media::Cancel;
use crate::platform::{allowed_cores, caught};
use std::thread::JoinHandle;

/// What is known of an export that may be made.
#[derive(Clone, PartialEq, Debug)]
pub enum Ahead {
    /// What stands against it, and what to know of its clips. More follows where nothing blocks.
    Found(Vec<Finding>),
    /// What it takes. Nothing follows.
    Expects(Box<Expected>),
    /// Why that is not known, in one line for people to read. Nothing follows.
    Fails(String),
    /// It was not tried, or not to the end, because an export runs or begins. Nothing follows.
    Busy,
}

/// Looks ahead, for one editor.
#[derive(Default)]
pub(super) struct LookAhead {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl LookAhead {
    /// Looks into an export; `exports` is the queue that it may be put into.
    pub fn start(&mut self, asking: Asking, job: ExportJob, exports: Exports, tell: &Tell) {
        self.stop();
        self.cancel = Cancel::default();
        let (before, cancel, to) = (self.thread.take(), self.cancel.clone(), tell.clone());
        let work = move || {
            if let Some(before) = before {
                // it has told of a panic itself
                let _ = before.join();
            }
            let tell = |ahead| to.tell(Event::LookedAhead(asking, ahead));
            if let Err(said) = caught(|| find_out(&job, &exports, &cancel, &tell)) {
                tell(Ahead::Fails(format!("a fault of Workprint: {said}; please report it")));
            }
        };
        match std::thread::Builder::new().name("look ahead".into()).spawn(work) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => tell.tell(Event::Problem(format!("no thread can be started: {error}"))),
        }
    }

    /// Stops what runs, which is over once a picture is made.
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    /// Waits a moment for what was stopped.
    pub fn leave(self) {
        leave(self.thread.into_iter().collect());
    }
}

fn find_out(job: &ExportJob, exports: &Exports, cancel: &Cancel, tell: &dyn Fn(Ahead)) {
    if cancel.is_cancelled() {
        return tell(Ahead::Busy);
    }
    let (project, settings) = (&job.project, &job.settings);
    let found = match look(project, settings) {
        Ok(found) => found,
        Err(error) => return tell(Ahead::Fails(error.to_string())),
    };
    let blocked = found.iter().any(|f| f.blocks);
    tell(Ahead::Found(found));
    if blocked {
        return;
    }
    let Some(_trying) = exports.begin_trial(cancel).filter(|_| !cancel.is_cancelled()) else {
        return tell(Ahead::Busy);
    };
    let settings =
        ExportSettings { own_memory: Memory::default().sample(), cores: allowed_cores(), ..settings.clone() };
    match expect(project, &settings, cancel) {
        Ok(expected) => tell(Ahead::Expects(Box::new(expected))),
        Err(error) if error.is_cancelled() => tell(Ahead::Busy),
        Err(error) => tell(Ahead::Fails(error.to_string())),
    }
}
