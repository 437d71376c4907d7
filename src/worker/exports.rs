//! Runs the queue of exports, one after the other, on a thread of its own; and keeps what waits where a crash can't take it, on
//! another.
//!
//! Whoever adds to the queue or changes it never waits for an export. The failure of one stops no other.

use super::keeping::Home;
use super::kept_exports::{KeptExports, left_behind};
use super::messages::{Event, RunId};
use super::queue::{ExportJob, Queue, QueueCommand, RunState};
use super::runs::{RunEnd, run_to_end};
use super::telling::Tell;
use crate::export::{ExportError, ExportEvent, ExportSettings, ExportSummary, Memory};
use crate::media::Cancel;
use crate::model::Project;
use crate::platform::{allowed_cores, caught};
use crate::project_file::LeftExports;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// When it is tried again to keep what could not be kept.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// What makes a film: blocks until it is done.
pub(super) type Exporter = dyn Fn(&Arc<Project>, &ExportSettings, &Cancel, &mut dyn FnMut(ExportEvent)) -> Result<ExportSummary, ExportError>
    + Send;

#[derive(Default)]
struct State {
    queue: Queue,
    /// Stops what runs.
    stop: Cancel,
    /// Whether it was somebody's wish that it stops, who may want no more of it.
    given_up: bool,
    /// Whether what waits is other than when it was kept last.
    to_keep: bool,
    /// Stops a trial, as long as there is one.
    trying: Option<Cancel>,
    closing: bool,
    /// Whether nothing runs any more, and never will.
    over: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    tell: Tell,
}

/// The queue, to be changed from any thread.
#[derive(Clone)]
pub(super) struct Exports(Arc<Shared>);

/// The threads behind it.
pub(super) struct ExportThreads {
    exports: Exports,
    threads: Vec<JoinHandle<()>>,
}

impl ExportThreads {
    /// Starts them: what makes films, and what keeps those that wait in a session's files.
    ///
    /// # Errors
    /// What the system says: a thread can't be started.
    pub fn start(tell: Tell, home: Arc<Home>, exporter: Box<Exporter>) -> std::io::Result<Self> {
        let exports = Exports(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), tell }));
        let (to_run, to_keep) = (exports.clone(), exports.clone());
        let mut all = Self { exports, threads: Vec::new() };
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let keep = named("kept exports").spawn(move || to_keep.0.keep(&home))?;
        all.threads.push(keep);
        let run = move || {
            // a panic in a run is how that run ends; any other must not keep the editor from closing, and has been reported
            let _ = caught(|| to_run.0.work(exporter.as_ref()));
            to_run.0.lock().over = true;
            to_run.0.changed.notify_all();
        };
        all.threads.push(named("export").spawn(run)?);
        Ok(all)
    }

    /// The queue.
    pub fn queue(&self) -> Exports {
        self.exports.clone()
    }

    /// Nothing begins any more, and what runs is asked to stop; both are kept.
    pub fn stop(&self) {
        let mut state = self.exports.0.lock();
        state.closing = true;
        state.stop.cancel();
        // without its thread nothing runs
        state.over |= self.threads.len() < 2;
        drop(state);
        self.exports.0.changed.notify_all();
    }
}

impl Drop for ExportThreads {
    fn drop(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }
}

impl Exports {
    /// Adds exports.
    ///
    /// # Errors
    /// Why not, in one line for people to read; none was added then.
    pub fn add(&self, jobs: Vec<ExportJob>) -> Result<(), String> {
        let mut state = self.0.lock();
        state.queue.add(jobs, &RunState::Waiting)?;
        self.0.has_changed(state);
        Ok(())
    }

    /// Begins a trial, which would count in the memory of an export: `None` where one runs or is about to. As long as it is
    /// there none begins; one that is to begin stops it with `cancel`.
    pub fn begin_trial(&self, cancel: &Cancel) -> Option<Trying> {
        let mut state = self.0.lock();
        if state.queue.is_busy() {
            return None;
        }
        state.trying = Some(cancel.clone());
        Some(Trying(Arc::clone(&self.0)))
    }

    /// Does what is asked for.
    pub fn obey(&self, command: QueueCommand) {
        let mut state = self.0.lock();
        if state.queue.obey(command) {
            state.given_up = true;
            state.stop.cancel();
        }
        self.0.has_changed(state);
    }
}

/// A trial; it is over when this is dropped.
pub(super) struct Trying(Arc<Shared>);

impl Drop for Trying {
    fn drop(&mut self) {
        self.0.lock().trying = None;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all who must know.
    fn has_changed(&self, mut state: MutexGuard<'_, State>) {
        state.to_keep = true;
        self.tell.exports(state.queue.status());
        drop(state);
        self.changed.notify_all();
        self.tell.wake();
    }

    /// Runs what waits until the editor closes.
    fn work(&self, exporter: &Exporter) {
        while let Some((run, job, stop)) = self.next() {
            let own_memory = Memory::default().sample();
            self.tell.of_run(run, |news| news.own_memory = Some(own_memory));
            let settings = ExportSettings { own_memory, cores: allowed_cores(), ..job.settings.clone() };
            let mut stood = Duration::ZERO;
            let mut told = |event| {
                self.tell.of_run(run, |news| news.add(without(event, stood)));
                stood += self.stand_still(&stop);
            };
            let end = run_to_end(|| exporter(&job.project, &settings, &stop, &mut told));
            self.end(run, end, stood);
        }
    }

    fn next(&self) -> Option<(RunId, Arc<ExportJob>, Cancel)> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if let Some(trying) = state.trying.as_ref().filter(|_| state.queue.is_busy()) {
                trying.cancel();
            } else if let Some((run, job)) = state.queue.begin() {
                (state.stop, state.given_up) = (Cancel::default(), false);
                let stop = state.stop.clone();
                self.has_changed(state);
                return Some((run, job, stop));
            }
            state = self.wait(state);
        }
    }

    /// Waits while the queue is paused, unless what runs is to stop; gives for how long.
    fn stand_still(&self, stop: &Cancel) -> Duration {
        let mut state = self.lock();
        if !state.queue.paused || stop.is_cancelled() {
            return Duration::ZERO;
        }
        let since = Instant::now();
        state.queue.stands = true;
        self.has_changed(state);
        let mut state = self.lock();
        while state.queue.paused && !stop.is_cancelled() {
            state = self.wait(state);
        }
        state.queue.stands = false;
        self.has_changed(state);
        since.elapsed()
    }

    fn end(&self, run: RunId, end: RunEnd, stood: Duration) {
        let mut state = self.lock();
        // what stops because the editor closes begins anew when it is opened again
        if matches!(end, RunEnd::Cancelled) && state.closing && !state.given_up {
            return;
        }
        let end = match end {
            RunEnd::Done(done) => {
                RunEnd::Done(ExportSummary { seconds: (done.seconds - stood.as_secs_f64()).max(0.0), ..done })
            }
            other => other,
        };
        state.queue.end(run, end);
        self.has_changed(state);
    }

    /// Takes in what earlier starts left, and keeps what waits now, until nothing can change any more.
    fn keep(&self, home: &Home) {
        let mut kept = KeptExports::default();
        let mut left = self.take_in_left(home);
        let mut failing = false;
        while let Some(open) = self.changed_since(failing) {
            let written = caught(|| kept.write(home, &open).map_err(|e| e.to_string())).unwrap_or_else(Err);
            match written {
                Ok(()) => {
                    failing = false;
                    // it is among those that were just kept
                    left.drain(..).for_each(LeftExports::discard);
                }
                Err(why) => {
                    if !std::mem::replace(&mut failing, true) {
                        let text = format!("Exports that wait would not outlive a crash: {why}. It is tried again.");
                        self.tell.tell(Event::Problem(text));
                    }
                }
            }
        }
    }

    /// Takes in what earlier starts left; gives their files, which go once it is kept anew.
    fn take_in_left(&self, home: &Home) -> Vec<LeftExports> {
        let problem = |text: String| self.tell.tell(Event::Problem(text));
        let (jobs, left) = match caught(|| left_behind(home.folder(), problem)) {
            Ok(found) => found,
            Err(said) => {
                problem(format!("exports of an earlier start: a fault of Workprint: {said}; please report it"));
                return Vec::new();
            }
        };
        if jobs.is_empty() {
            left.into_iter().for_each(LeftExports::discard);
            return Vec::new();
        }
        let mut state = self.lock();
        match state.queue.add(jobs, &RunState::Left) {
            Ok(()) => {
                self.has_changed(state);
                left
            }
            Err(why) => {
                drop(state);
                problem(format!("exports of an earlier start: {why}; they are offered again at the next"));
                Vec::new()
            }
        }
    }

    /// What is to be kept once that has changed, or is to be tried again; `None` when the editor has closed.
    fn changed_since(&self, failing: bool) -> Option<Vec<Arc<ExportJob>>> {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.to_keep) {
                return Some(state.queue.open());
            }
            if state.over {
                return None;
            }
            if failing {
                let (again, late) = self.changed.wait_timeout(state, TRY_AGAIN).unwrap_or_else(PoisonError::into_inner);
                state = again;
                state.to_keep |= late.timed_out();
            } else {
                state = self.wait(state);
            }
        }
    }
}

/// The same, less the time for which the run stood still.
fn without(event: ExportEvent, stood: Duration) -> ExportEvent {
    match event {
        ExportEvent::Progress { seconds, frame, frames, fps, eta, rss, budget } => {
            let seconds = (seconds - stood.as_secs_f64()).max(0.0);
            ExportEvent::Progress { seconds, frame, frames, fps, eta, rss, budget }
        }
        other => other,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::queue::tests::job;
    use super::super::queue::{QueueStatus, QueuedRun};
    use super::super::telling::{Told, telling};
    use super::*;
    use crate::media::MediaError;
    use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
    use std::fs;
    use std::path::{Path, PathBuf};

    /// What an export of a test does next.
    pub enum Step {
        Tell(i64),
        Fail,
        Panic,
        Finish,
    }

    /// Exports that do what a test says, in a folder of recovery.
    pub struct Stage {
        pub threads: Option<ExportThreads>,
        pub told: Told,
        /// The file of each that begins.
        pub begun: Receiver<PathBuf>,
        pub steps: Sender<Step>,
        pub status: QueueStatus,
        pub frames: Vec<i64>,
        pub problems: Vec<String>,
    }

    fn summary(path: &Path) -> ExportSummary {
        let path = path.to_owned();
        let notes = Vec::new();
        let (frames, copied, seconds, peak_rss, size) = (1, 0, 1.0, 0, 1);
        ExportSummary { path, frames, copied, seconds, peak_rss, size, warnings: 0, lacking: 0, over_budget: 0, notes }
    }

    fn progress(frame: i64) -> ExportEvent {
        ExportEvent::Progress { seconds: 1.0, frame, frames: 100, fps: 1.0, eta: 1.0, rss: 0, budget: 0 }
    }

    impl Stage {
        pub fn set(folder: &Path) -> Self {
            let (tell, told) = telling(|| {});
            let (begins, begun) = bounded(64);
            let (steps, next) = bounded::<Step>(64);
            let exporter =
                move |_: &Arc<Project>, settings: &ExportSettings, stop: &Cancel, tell: &mut dyn FnMut(ExportEvent)| {
                    begins.send(settings.path.clone()).unwrap();
                    loop {
                        if stop.is_cancelled() {
                            return Err(MediaError::Cancelled.into());
                        }
                        match next.recv_timeout(Duration::from_millis(2)) {
                            Ok(Step::Tell(frame)) => tell(progress(frame)),
                            Ok(Step::Fail) => return Err(ExportError::Empty("timeline")),
                            Ok(Step::Panic) => panic!("a layer beside the canvas"),
                            Ok(Step::Finish) => return Ok(summary(&settings.path)),
                            Err(RecvTimeoutError::Timeout) => {}
                            Err(RecvTimeoutError::Disconnected) => return Err(MediaError::Cancelled.into()),
                        }
                    }
                };
            let home = Home::new(folder.to_owned());
            let threads = ExportThreads::start(tell, home, Box::new(exporter)).unwrap();
            let (status, frames, problems) = (QueueStatus::default(), Vec::new(), Vec::new());
            Self { threads: Some(threads), told, begun, steps, status, frames, problems }
        }

        pub fn queue(&self) -> Exports {
            self.threads.as_ref().unwrap().queue()
        }

        /// Adds exports of one project into a folder.
        pub fn add(&self, project: &Arc<Project>, folder: &Path, names: &[&str]) {
            let one = |name: &&str| ExportJob { project: Arc::clone(project), ..job(&folder.join(name)) };
            self.queue().add(names.iter().map(one).collect()).unwrap();
        }

        pub fn take_in(&mut self) {
            for event in self.told.take() {
                match event {
                    Event::Exports(status) => self.status = status,
                    Event::OfRun(_, news) => {
                        if let Some(ExportEvent::Progress { frame, .. }) = news.progress {
                            self.frames.push(frame);
                        }
                    }
                    Event::Problem(text) => self.problems.push(text),
                    _ => {}
                }
            }
        }

        /// Takes in what is told until something holds.
        pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
            let begun = Instant::now();
            loop {
                self.take_in();
                if holds(self) {
                    return;
                }
                assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}; {:?}", self.shown());
                std::thread::yield_now();
            }
        }

        pub fn begins(&self, name: &str) {
            let path = self.begun.recv_timeout(Duration::from_mins(1)).unwrap();
            assert_eq!(path.file_name().unwrap(), name);
        }

        pub fn id(&self, name: &str) -> RunId {
            self.status.runs.iter().find(|run| run.job.settings.path.ends_with(name)).unwrap().id
        }

        fn shown(&self) -> Vec<String> {
            let one = |run: &QueuedRun| {
                let name = run.job.settings.path.file_stem().unwrap().to_string_lossy().into_owned();
                let state = match &run.state {
                    RunState::Waiting => "waits",
                    RunState::Left => "left",
                    RunState::Running => "runs",
                    RunState::Over(RunEnd::Done(_)) => "done",
                    RunState::Over(RunEnd::Failed(_)) => "failed",
                    RunState::Over(RunEnd::Cancelled) => "cancelled",
                };
                format!("{name} {state}")
            };
            self.status.runs.iter().map(one).collect()
        }

        pub fn until_shown(&mut self, shown: &[&str]) {
            self.until(&format!("{shown:?}"), |stage| stage.shown() == shown);
        }

        /// Lets the editor close.
        pub fn close(mut self) {
            self.threads = None;
        }
    }

    #[test]
    fn neither_a_failure_nor_a_fault_stops_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut stage = Stage::set(&folder.path().join("recovery"));
        stage.add(&Arc::default(), folder.path(), &["a.mp4", "b.mp4", "c.mp4", "d.mp4"]);
        stage.begins("a.mp4");
        stage.until_shown(&["a runs", "b waits", "c waits", "d waits"]);
        // while one runs, the others change places and one is given up
        stage.queue().obey(QueueCommand::Sooner(stage.id("c.mp4")));
        stage.queue().obey(QueueCommand::Cancel(stage.id("d.mp4")));
        stage.until_shown(&["a runs", "c waits", "b waits", "d cancelled"]);
        stage.steps.send(Step::Fail).unwrap();
        stage.begins("c.mp4");
        stage.steps.send(Step::Panic).unwrap();
        stage.begins("b.mp4");
        stage.steps.send(Step::Finish).unwrap();
        stage.until_shown(&["d cancelled", "a failed", "c failed", "b done"]);
        let why = |stage: &Stage, n: usize| match stage.status.runs[n].state.end() {
            Some(RunEnd::Failed(why)) => why.clone(),
            other => panic!("{other:?}"),
        };
        assert!(why(&stage, 1).contains("nothing to export"));
        assert!(why(&stage, 2).contains("a layer beside the canvas") && why(&stage, 2).contains("report"));
        // what failed is done once more, and nothing is left on the disk when all are over
        stage.queue().obey(QueueCommand::Retry(stage.id("a.mp4")));
        stage.begins("a.mp4");
        stage.steps.send(Step::Finish).unwrap();
        stage.until_shown(&["d cancelled", "c failed", "b done", "a done"]);
        stage.close();
        assert_eq!(fs::read_dir(folder.path().join("recovery")).unwrap().count(), 0);
    }

    #[test]
    fn a_trial_is_over_before_an_export_begins_and_none_begins_beside_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut stage = Stage::set(&folder.path().join("recovery"));
        let cancel = Cancel::default();
        let trial = stage.queue().begin_trial(&cancel).unwrap();
        stage.add(&Arc::default(), folder.path(), &["a.mp4"]);
        stage.until("told to stop", |_| cancel.is_cancelled());
        stage.until_shown(&["a waits"]);
        assert!(stage.begun.try_recv().is_err());
        drop(trial);
        stage.begins("a.mp4");
        assert!(stage.queue().begin_trial(&Cancel::default()).is_none());
        stage.steps.send(Step::Finish).unwrap();
        stage.until_shown(&["a done"]);
        assert!(stage.queue().begin_trial(&Cancel::default()).is_some());
        stage.close();
    }

    #[test]
    fn what_runs_stands_still_while_the_queue_is_paused() {
        let folder = tempfile::tempdir().unwrap();
        let mut stage = Stage::set(&folder.path().join("recovery"));
        stage.add(&Arc::default(), folder.path(), &["a.mp4", "b.mp4"]);
        stage.begins("a.mp4");
        stage.steps.send(Step::Tell(1)).unwrap();
        stage.until("progress", |stage| stage.frames == [1]);
        stage.queue().obey(QueueCommand::Pause);
        stage.until("paused", |stage| stage.status.paused);
        // what was told is known, and what comes after it does not happen
        stage.steps.send(Step::Tell(2)).unwrap();
        stage.steps.send(Step::Tell(3)).unwrap();
        stage.until("the next", |stage| stage.frames.contains(&2));
        stage.take_in();
        assert_eq!(stage.frames, [1, 2]);
        stage.queue().obey(QueueCommand::Resume);
        stage.until("on", |stage| stage.frames == [1, 2, 3]);
        // standing still, it can be given up; nothing else begins before it goes on
        stage.queue().obey(QueueCommand::Pause);
        stage.steps.send(Step::Tell(4)).unwrap();
        stage.until("the next", |stage| stage.frames.contains(&4));
        stage.queue().obey(QueueCommand::Cancel(stage.id("a.mp4")));
        stage.until_shown(&["b waits", "a cancelled"]);
        assert!(stage.begun.try_recv().is_err());
        stage.queue().obey(QueueCommand::Resume);
        stage.begins("b.mp4");
        stage.close();
    }
}
