//! What runs of exports tell; each ends in exactly one of done, failed and cancelled.
//!
//! What a run tells waits in one place for each run, the latest in place of the one before: a window that does not look for
//! hours holds no run up, and takes no memory.

use super::messages::RunId;
use crate::export::{ExportError, ExportEvent, ExportSummary};
use crate::platform::caught;
use crate::render::Warning;
use std::sync::{Mutex, PoisonError};

/// Warnings of a run that wait to be read.
const MOST_WARNINGS: usize = 100;

/// How a run ended.
#[derive(Clone, Debug)]
pub enum RunEnd {
    /// The film is there.
    Done(ExportSummary),
    /// There is none; why, in one line for people to read.
    Failed(String),
    /// There is none, as was asked for.
    Cancelled,
}

/// What is new of a run.
#[derive(Clone, Debug, Default)]
pub struct RunNews {
    /// What the process had of memory when it began, in bytes.
    pub own_memory: Option<u64>,
    /// What was chosen: [`ExportEvent::Planned`].
    pub planned: Option<ExportEvent>,
    /// That there may be little room: [`ExportEvent::LittleRoom`].
    pub little_room: Option<ExportEvent>,
    /// How far it is, the latest: [`ExportEvent::Progress`].
    pub progress: Option<ExportEvent>,
    /// What is wrong with clips.
    pub warnings: Vec<Warning>,
}

impl RunNews {
    /// Takes in what a run tells.
    pub(super) fn add(&mut self, event: ExportEvent) {
        match event {
            ExportEvent::Planned { .. } => self.planned = Some(event),
            ExportEvent::Progress { .. } => self.progress = Some(event),
            ExportEvent::LittleRoom { .. } => self.little_room = Some(event),
            ExportEvent::Warning(warning) => {
                if self.warnings.len() < MOST_WARNINGS {
                    self.warnings.push(warning);
                }
            }
        }
    }
}

/// What was told of runs and not read yet.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<Vec<(RunId, RunNews)>>);

impl Slots {
    /// What is new, and is not any more.
    pub fn take(&self) -> Vec<(RunId, RunNews)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn change(&self, run: RunId, change: impl FnOnce(&mut RunNews)) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, news)) = slots.iter_mut().find(|(id, _)| *id == run) {
            change(news);
        } else {
            let mut news = RunNews::default();
            change(&mut news);
            slots.push((run, news));
        }
    }
}

/// Runs an export to its end, whatever that is.
pub(super) fn run_to_end(export: impl FnOnce() -> Result<ExportSummary, ExportError>) -> RunEnd {
    match caught(export) {
        Ok(Ok(done)) => RunEnd::Done(done),
        Ok(Err(error)) if error.is_cancelled() => RunEnd::Cancelled,
        Ok(Err(error)) => RunEnd::Failed(error.to_string()),
        Err(said) => RunEnd::Failed(format!("the export broke off by a fault of Workprint: {said}; please report it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaError;

    #[test]
    fn a_run_ends_in_one_way_also_when_it_panics() {
        let text = |end| match end {
            RunEnd::Done(_) => "done".to_owned(),
            RunEnd::Failed(why) => why,
            RunEnd::Cancelled => "cancelled".to_owned(),
        };
        assert_eq!(text(run_to_end(|| Err(MediaError::Cancelled.into()))), "cancelled");
        assert!(text(run_to_end(|| Err(ExportError::Empty("timeline")))).contains("nothing to export"));
        let broken = text(run_to_end(|| panic!("a layer beside the canvas")));
        assert!(broken.contains("a layer beside the canvas") && broken.contains("report"), "{broken}");
    }

    #[test]
    fn a_window_that_does_not_look_holds_nothing_up() {
        let slots = Slots::default();
        let progress = |frame| ExportEvent::Progress {
            seconds: 1.0,
            frame,
            frames: 1_000_000,
            fps: 1.0,
            eta: 1.0,
            rss: 0,
            budget: 0,
        };
        for frame in 0..100_000 {
            slots.change(RunId(1), |news| news.add(progress(frame)));
            slots.change(RunId(2), |news| news.add(progress(frame / 2)));
        }
        let news = slots.take();
        assert_eq!(news.len(), 2);
        let frame = |n: usize| match news[n].1.progress {
            Some(ExportEvent::Progress { frame, .. }) => frame,
            _ => -1,
        };
        assert_eq!((frame(0), frame(1)), (99_999, 49_999));
        assert!(slots.take().is_empty());
    }
}
