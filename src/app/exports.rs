//! The queue of exports as the window shows it, and what is done with it.

use super::editor::Editor;
use super::export_run::{ExportRun, RunWarning};
use super::notices::Level;
use crate::render::Fault;
use crate::worker::{Asking, Command, QueueCommand, QueueStatus, RunEnd, RunId, RunNews, RunState};
use std::collections::HashMap;
use std::path::PathBuf;

/// The queue: what runs and waits in its order, then what is over, the latest last.
#[derive(Clone, Default, Debug)]
pub struct Exports {
    /// The exports.
    pub runs: Vec<ExportRun>,
    /// Whether nothing begins, and what runs is to stand still.
    pub paused: bool,
    /// Whether it does.
    pub stands: bool,
    /// How often something was asked to be queued.
    asked: u64,
    /// What was asked for last and is not answered yet.
    waiting: Option<Asking>,
    /// Films that were made since nothing ran.
    made: usize,
    /// Whether what runs and waits is not to be offered at the next start.
    pub(super) given_up: bool,
}

impl Exports {
    /// A name for a question.
    pub(super) fn name(&mut self) -> Asking {
        self.asked += 1;
        Asking(self.asked)
    }

    pub(super) fn ask(&mut self) -> Asking {
        let asking = self.name();
        self.waiting = Some(asking);
        asking
    }

    pub(super) fn answered(&mut self, asking: Asking) {
        self.waiting.take_if(|waiting| *waiting == asking);
    }

    /// What runs now.
    #[must_use]
    pub fn running(&self) -> Option<&ExportRun> {
        self.runs.first().filter(|run| run.is_running())
    }

    /// How many wait that begin by themselves.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.runs.iter().filter(|run| matches!(run.state, RunState::Waiting)).count()
    }

    /// How many an earlier start left, which wait to be asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.runs.iter().filter(|run| matches!(run.state, RunState::Left)).count()
    }

    /// How many are over.
    #[must_use]
    pub fn over(&self) -> usize {
        self.runs.iter().filter(|run| run.state.end().is_some()).count()
    }

    /// Whether something is made, or begins by itself, or was asked for just now.
    #[must_use]
    pub fn active(&self) -> bool {
        self.waiting.is_some() || self.running().is_some() || (!self.paused && self.waiting() > 0)
    }

    /// How far what runs is, in per cent: less than all until it is over.
    #[must_use]
    pub fn per_cent(&self) -> Option<u32> {
        self.running().map(ExportRun::per_cent)
    }
}

impl Editor {
    /// Whether an export runs, or is about to.
    #[must_use]
    pub fn exporting(&self) -> bool {
        self.exports.active()
    }

    /// Does something with the queue of exports.
    pub fn change_exports(&self, command: QueueCommand) {
        self.worker.send(Command::Exports(command));
    }

    /// Keeps what an export took, as a text file beside its result.
    pub fn write_export_report(&self, run: RunId) {
        if let Some(run) = self.exports.runs.iter().find(|r| r.id == run) {
            self.worker.send(Command::WriteReport(run.report(), run.report_path()));
        }
    }

    /// Opens a file or a folder with the program that the system has for it.
    pub fn open_outside(&self, path: PathBuf) {
        self.worker.send(Command::OpenOutside(path));
    }

    /// Selects the clip that a warning of an export is about, and goes to it; or says why that can't be.
    pub fn go_to_warning(&mut self, run: RunId, warning: &RunWarning) {
        let Some((run, clip)) = self.exports.runs.iter().find(|r| r.id == run).zip(warning.clip) else { return };
        let sequence = run.job.project.active;
        if run.job.document != Some(self.document()) {
            let text = format!("“{}” is not open any more: open it to see that clip.", run.job.of);
            self.notify(Level::Problem, text);
            return;
        }
        let there = self.project().sequences.get(&sequence).and_then(|s| s.clip(clip)).map(|(_, c)| c.start);
        let Some(start) = there else {
            self.notify(Level::Problem, "That clip is not on the timeline any more.");
            return;
        };
        self.open_sequence(sequence);
        self.select(clip, false, false);
        self.seek_and_reveal(start);
    }

    /// Takes in what the queue is now.
    pub(super) fn heard_of_exports(&mut self, status: QueueStatus) {
        let QueueStatus { runs, paused, stands } = status;
        let before = self.exports.left();
        let known = std::mem::take(&mut self.exports.runs);
        let mut known: HashMap<RunId, ExportRun> = known.into_iter().map(|run| (run.id, run)).collect();
        let mut ended = Vec::new();
        for queued in runs {
            let known = known.remove(&queued.id);
            let was_over = known.as_ref().is_some_and(|run| run.state.end().is_some());
            let state = queued.state.clone();
            let mut run = known.unwrap_or_else(|| ExportRun::new(queued));
            ended.extend(state.end().filter(|_| !was_over).cloned());
            run.is_now(state);
            self.exports.runs.push(run);
        }
        (self.exports.paused, self.exports.stands) = (paused, stands);
        if self.exports.left() > before {
            // what is offered must be seen
            self.request.get_or_insert(super::editor::Request::ShowExports);
        }
        for end in ended {
            self.say_end(end);
        }
    }

    /// Takes in what is new of a run.
    pub(super) fn heard_of_run(&mut self, run: RunId, news: RunNews) {
        let document = self.document();
        let Some(run) = self.exports.runs.iter_mut().find(|r| r.id == run) else { return };
        let ours = run.job.document == Some(document);
        let replaced = news.warnings.iter().filter(|w| w.fault == Fault::Replaced && ours);
        let replaced: Vec<PathBuf> = replaced.map(|w| w.source.clone()).collect();
        run.heard(news);
        for path in replaced {
            self.mark_replaced(&path);
        }
    }

    /// Says how a run ended. Films are said together where more are made: of hundreds nobody wants to hear one by one.
    fn say_end(&mut self, end: RunEnd) {
        let more = self.exports.running().is_some() || self.exports.waiting() > 0;
        match end {
            RunEnd::Cancelled => {}
            RunEnd::Failed(why) => self.notify(Level::Problem, why),
            RunEnd::Done(done) => {
                self.exports.made += 1;
                let path = done.path.display();
                match done.remarks() {
                    Some(remarks) => self.notify(Level::Problem, format!("Exported {path}, {remarks}")),
                    None if !more && self.exports.made == 1 => {
                        self.notify(Level::Done, format!("Exported {path}"));
                    }
                    None => {}
                }
            }
        }
        if !more {
            let made = std::mem::take(&mut self.exports.made);
            if made > 1 {
                self.notify(Level::Done, format!("{made} exports are done"));
            }
        }
    }
}
