//! The queue of exports as a value: what runs, what waits and in which order, and how what is over ended.
//!
//! Starts nothing and never waits. One export runs at a time; each run ends once, in one way.

use super::messages::{DocumentId, RunId};
use super::runs::RunEnd;
use crate::export::ExportSettings;
use crate::model::Project;
use std::path::Path;
use std::sync::Arc;

/// Exports that run or wait at most.
const MOST: usize = 5000;

/// Runs that are over and still shown; then the oldest goes.
const MOST_OVER: usize = 500;

/// What is exported: a project as it was when that was asked for, and how.
#[derive(Clone, Debug)]
pub struct ExportJob {
    /// The document that it is a film of; `None` where an earlier start of the program had it.
    pub document: Option<DocumentId>,
    /// What people call that document.
    pub of: String,
    /// The document as it was.
    pub project: Arc<Project>,
    /// How. What it may take of the machine is found out when it begins.
    pub settings: ExportSettings,
}

/// How far a run is.
#[derive(Clone, Debug)]
pub enum RunState {
    /// It runs when its turn comes.
    Waiting,
    /// An earlier start of the program left it; it waits to be asked for.
    Left,
    /// It runs.
    Running,
    /// It is over.
    Over(RunEnd),
}

impl RunState {
    /// Whether it neither runs nor is over.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::Waiting | Self::Left)
    }

    /// How it ended.
    #[must_use]
    pub fn end(&self) -> Option<&RunEnd> {
        if let Self::Over(end) = self { Some(end) } else { None }
    }
}

/// An export in the queue.
#[derive(Clone, Debug)]
pub struct QueuedRun {
    /// Its name, never used again.
    pub id: RunId,
    /// What it makes.
    pub job: Arc<ExportJob>,
    /// How far it is.
    pub state: RunState,
}

/// The whole queue: what runs and waits in its order, then what is over, the latest last.
#[derive(Clone, Default, Debug)]
pub struct QueueStatus {
    /// The exports.
    pub runs: Vec<QueuedRun>,
    /// Whether nothing begins, and what runs is to stand still.
    pub paused: bool,
    /// Whether it does: that takes it to the end of the pictures it has in hand.
    pub stands: bool,
}

/// What is done with the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueCommand {
    /// Stops a run, or gives it up before it begins.
    Cancel(RunId),
    /// The same for all but what an earlier start left.
    CancelAll,
    /// Takes a run out that does not run.
    Remove(RunId),
    /// Takes all out that are over.
    ClearOver,
    /// Lets a run that waits begin before the one before it.
    Sooner(RunId),
    /// Lets a run that waits begin after the one after it.
    Later(RunId),
    /// Does a run that made no film once more, behind all that wait.
    Retry(RunId),
    /// Nothing begins any more, and what runs stands still.
    Pause,
    /// It goes on.
    Resume,
    /// What an earlier start left is done now.
    TakeUp,
    /// What an earlier start left is not wanted any more.
    Discard,
}

/// The queue.
#[derive(Default)]
pub(super) struct Queue {
    runs: Vec<QueuedRun>,
    pub paused: bool,
    pub stands: bool,
    named: u64,
}

impl Queue {
    /// Adds exports behind all that wait.
    ///
    /// # Errors
    /// Why not, in one line for people to read; none was added then.
    pub fn add(&mut self, jobs: Vec<ExportJob>, state: &RunState) -> Result<(), String> {
        let open = self.runs.iter().filter(|run| run.state.end().is_none()).count();
        if open + jobs.len() > MOST {
            return Err(format!("no more than {MOST} exports can wait; none was added"));
        }
        let taken = |path: &Path| self.runs.iter().any(|r| r.state.end().is_none() && r.job.settings.path == path);
        if let Some(job) = jobs.iter().find(|job| taken(&job.settings.path)) {
            let path = job.settings.path.display();
            return Err(format!("{path}: an export that is not over yet makes this file; choose another name"));
        }
        for job in jobs {
            let id = self.name();
            self.put_behind_open(QueuedRun { id, job: Arc::new(job), state: state.clone() });
        }
        Ok(())
    }

    /// Whether something is made, or begins by itself.
    pub fn is_busy(&self) -> bool {
        self.runs.iter().any(|run| match run.state {
            RunState::Running => true,
            RunState::Waiting => !self.paused,
            RunState::Left | RunState::Over(_) => false,
        })
    }

    /// Takes the next run that waits, which begins now.
    pub fn begin(&mut self) -> Option<(RunId, Arc<ExportJob>)> {
        let running = |run: &QueuedRun| matches!(run.state, RunState::Running);
        if self.paused || self.runs.iter().any(running) {
            return None;
        }
        let place = self.runs.iter().position(|run| matches!(run.state, RunState::Waiting))?;
        let mut run = self.runs.remove(place);
        run.state = RunState::Running;
        let begun = (run.id, Arc::clone(&run.job));
        self.runs.insert(0, run);
        Some(begun)
    }

    /// A run has ended.
    pub fn end(&mut self, id: RunId, end: RunEnd) {
        if let Some(place) = self.place(id).filter(|place| self.runs[*place].state.end().is_none()) {
            let mut run = self.runs.remove(place);
            run.state = RunState::Over(end);
            self.runs.push(run);
            let over = self.runs.iter().filter(|run| run.state.end().is_some()).count();
            if over > MOST_OVER {
                let open = self.runs.len() - over;
                self.runs.drain(open..open + over - MOST_OVER);
            }
        }
    }

    /// Does what is asked for; whether the run that runs is to be stopped.
    pub fn obey(&mut self, command: QueueCommand) -> bool {
        match command {
            QueueCommand::Cancel(id) => return self.cancel(id),
            QueueCommand::CancelAll => {
                let meant = |run: &&QueuedRun| matches!(run.state, RunState::Running | RunState::Waiting);
                let all: Vec<RunId> = self.runs.iter().filter(meant).map(|run| run.id).collect();
                let mut stop = false;
                for id in all {
                    stop |= self.cancel(id);
                }
                return stop;
            }
            QueueCommand::Remove(id) => {
                self.runs.retain(|run| run.id != id || matches!(run.state, RunState::Running));
            }
            QueueCommand::ClearOver => self.runs.retain(|run| run.state.end().is_none()),
            QueueCommand::Sooner(id) => {
                if let Some(place) = self.waiting(id) {
                    self.swap(place.checked_sub(1), place);
                }
            }
            QueueCommand::Later(id) => {
                if let Some(place) = self.waiting(id) {
                    self.swap(Some(place + 1), place);
                }
            }
            QueueCommand::Retry(id) => self.retry(id),
            QueueCommand::Pause => self.paused = true,
            QueueCommand::Resume => self.paused = false,
            QueueCommand::TakeUp => {
                for run in self.runs.iter_mut().filter(|run| matches!(run.state, RunState::Left)) {
                    run.state = RunState::Waiting;
                }
            }
            QueueCommand::Discard => self.runs.retain(|run| !matches!(run.state, RunState::Left)),
        }
        false
    }

    /// What a crash must not take: what runs and what waits.
    pub fn open(&self) -> Vec<Arc<ExportJob>> {
        self.runs.iter().filter(|run| run.state.end().is_none()).map(|run| Arc::clone(&run.job)).collect()
    }

    pub fn status(&self) -> QueueStatus {
        QueueStatus { runs: self.runs.clone(), paused: self.paused, stands: self.stands }
    }

    fn name(&mut self) -> RunId {
        self.named += 1;
        RunId(self.named)
    }

    fn place(&self, id: RunId) -> Option<usize> {
        self.runs.iter().position(|run| run.id == id)
    }

    fn waiting(&self, id: RunId) -> Option<usize> {
        self.place(id).filter(|place| self.runs[*place].state.waits())
    }

    /// Whether the run is one that is to be stopped first.
    fn cancel(&mut self, id: RunId) -> bool {
        let Some(place) = self.place(id) else { return false };
        match self.runs[place].state {
            RunState::Running => true,
            RunState::Waiting | RunState::Left => {
                self.end(id, RunEnd::Cancelled);
                false
            }
            RunState::Over(_) => false,
        }
    }

    /// Two that wait change places.
    fn swap(&mut self, with: Option<usize>, place: usize) {
        if let Some(with) = with.filter(|with| self.runs.get(*with).is_some_and(|run| run.state.waits())) {
            self.runs.swap(with, place);
        }
    }

    fn retry(&mut self, id: RunId) {
        let without_film = |run: &QueuedRun| run.state.end().is_some_and(|end| !matches!(end, RunEnd::Done(_)));
        let Some(place) = self.place(id).filter(|place| without_film(&self.runs[*place])) else { return };
        let job = self.runs.remove(place).job;
        // another run, of which nothing is known yet
        let id = self.name();
        self.put_behind_open(QueuedRun { id, job, state: RunState::Waiting });
    }

    fn put_behind_open(&mut self, run: QueuedRun) {
        let place = self.runs.iter().position(|run| run.state.end().is_some()).unwrap_or(self.runs.len());
        self.runs.insert(place, run);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::export::{Copying, find_preset};

    /// An export of nothing into a file.
    pub fn job(path: &Path) -> ExportJob {
        let settings = ExportSettings {
            path: path.to_owned(),
            preset: find_preset("draft").unwrap().clone(),
            range: None,
            budget: 1 << 30,
            own_memory: 0,
            cores: 1,
            overwrite: false,
            max_size: None,
            copying: Copying::Off,
            encoder: crate::export::EncoderChoice::default(),
        };
        ExportJob { document: Some(DocumentId(1)), of: "reel".into(), project: Arc::default(), settings }
    }

    fn queue(names: &[&str]) -> Queue {
        let mut queue = Queue::default();
        queue.add(names.iter().map(|name| job(Path::new(name))).collect(), &RunState::Waiting).unwrap();
        queue
    }

    /// The queue in one line: what runs with `>`, what waits, what was left with `?`, what is over with how it ended.
    fn shown(queue: &Queue) -> String {
        let one = |run: &QueuedRun| {
            let name = run.job.settings.path.display();
            match &run.state {
                RunState::Waiting => format!("{name}"),
                RunState::Left => format!("{name}?"),
                RunState::Running => format!(">{name}"),
                RunState::Over(RunEnd::Done(_)) => format!("{name}:done"),
                RunState::Over(RunEnd::Failed(_)) => format!("{name}:failed"),
                RunState::Over(RunEnd::Cancelled) => format!("{name}:cancelled"),
            }
        };
        queue.runs.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn id(queue: &Queue, name: &str) -> RunId {
        queue.runs.iter().find(|run| run.job.settings.path == Path::new(name)).unwrap().id
    }

    #[test]
    fn one_runs_at_a_time_in_the_order_that_was_chosen() {
        let mut queue = queue(&["a", "b", "c", "d"]);
        let (a, _) = queue.begin().unwrap();
        assert!(queue.begin().is_none(), "one runs");
        for (command, order) in [
            (QueueCommand::Sooner(id(&queue, "d")), ">a b d c"),
            (QueueCommand::Sooner(id(&queue, "d")), ">a d b c"),
            // not before what runs
            (QueueCommand::Sooner(id(&queue, "d")), ">a d b c"),
            (QueueCommand::Later(id(&queue, "d")), ">a b d c"),
            (QueueCommand::Later(id(&queue, "c")), ">a b d c"),
            // what runs is not reordered and not taken out
            (QueueCommand::Later(a), ">a b d c"),
            (QueueCommand::Remove(a), ">a b d c"),
            (QueueCommand::Remove(id(&queue, "d")), ">a b c"),
        ] {
            assert!(!queue.obey(command));
            assert_eq!(shown(&queue), order, "{command:?}");
        }
        queue.end(a, RunEnd::Failed("no room".into()));
        queue.end(a, RunEnd::Cancelled);
        assert_eq!(shown(&queue), "b c a:failed", "it has ended once");
        // its failure stops nothing
        assert_eq!(queue.begin().unwrap().1.settings.path, Path::new("b"));
    }

    #[test]
    fn what_made_no_film_is_done_again_under_another_name() {
        let mut queue = queue(&["a", "b"]);
        let (a, _) = queue.begin().unwrap();
        assert!(queue.obey(QueueCommand::Cancel(a)), "what runs is stopped by who runs it");
        queue.end(a, RunEnd::Cancelled);
        assert!(!queue.obey(QueueCommand::Cancel(id(&queue, "b"))));
        assert_eq!(shown(&queue), "a:cancelled b:cancelled");
        queue.obey(QueueCommand::Retry(a));
        assert_eq!(shown(&queue), "a b:cancelled");
        assert_ne!(id(&queue, "a"), a);
        queue.obey(QueueCommand::Retry(a));
        assert_eq!(queue.runs.len(), 2);
        queue.obey(QueueCommand::ClearOver);
        assert_eq!(shown(&queue), "a");
    }

    #[test]
    fn what_an_earlier_start_left_waits_to_be_asked_for_and_holds_nothing_up() {
        let mut queue = Queue::default();
        queue.add(vec![job(Path::new("a")), job(Path::new("b"))], &RunState::Left).unwrap();
        queue.add(vec![job(Path::new("c"))], &RunState::Waiting).unwrap();
        let (c, begun) = queue.begin().unwrap();
        assert_eq!(begun.settings.path, Path::new("c"));
        queue.end(c, RunEnd::Cancelled);
        assert!(queue.begin().is_none());
        assert_eq!(queue.open().len(), 2, "it is kept on");
        queue.obey(QueueCommand::TakeUp);
        assert_eq!(shown(&queue), "a b c:cancelled");
        queue.obey(QueueCommand::Pause);
        assert!(queue.begin().is_none());
        queue.obey(QueueCommand::Resume);
        assert!(queue.begin().is_some());
        queue.add(vec![job(Path::new("d"))], &RunState::Left).unwrap();
        queue.obey(QueueCommand::Discard);
        assert_eq!(shown(&queue), ">a b c:cancelled");
    }

    #[test]
    fn two_exports_never_make_one_file_and_the_list_has_an_end() {
        let mut queue = queue(&["a"]);
        let again = queue.add(vec![job(Path::new("z")), job(Path::new("a"))], &RunState::Waiting);
        assert!(again.unwrap_err().starts_with("a: "));
        assert_eq!(shown(&queue), "a", "all or none");
        for n in 0..MOST_OVER + 10 {
            queue.add(vec![job(Path::new(&format!("{n}")))], &RunState::Waiting).unwrap();
            queue.obey(QueueCommand::Cancel(id(&queue, &format!("{n}"))));
        }
        assert_eq!(queue.runs.len(), 1 + MOST_OVER);
        assert_eq!(queue.runs[1].job.settings.path, Path::new("10"), "the oldest went");
        let many = (0..MOST).map(|n| job(Path::new(&format!("m{n}")))).collect();
        assert!(queue.add(many, &RunState::Waiting).is_err());
    }
}
