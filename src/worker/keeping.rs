//! Keeps the document where a crash can't reach it, on a thread of its own: neither a window that is not painted nor a slow
//! drive elsewhere holds it up.
//!
//! However many changes follow each other, the first that is not kept is on the disk after five seconds. What fails is said
//! once and tried again.

use super::messages::{Event, Kept};
use crate::platform::caught;
use crate::project_file::{FileError, Recovered, Session, orphans};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long after a change it is written: large projects take a while on slow disks, and after five seconds it is to be there.
const WRITTEN_AFTER: Duration = Duration::from_secs(4);

#[derive(Default)]
struct State {
    /// The latest state that is not on the disk.
    changed: Option<Kept>,
    /// When the first of the changes in it was made.
    since: Option<Instant>,
    /// What is on the disk.
    kept: Option<Kept>,
    /// What goes once the latest state is on the disk.
    replaces: Vec<Recovered>,
    forget: bool,
    failing: bool,
    /// The editor was told to end, or is closed.
    ending: bool,
    ended: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// Where sessions are kept, and this editor's, begun when it can be: a disk may be full, or not there yet.
pub(super) struct Home {
    folder: PathBuf,
    session: Mutex<Option<Arc<Session>>>,
}

impl Home {
    pub fn new(folder: PathBuf) -> Arc<Self> {
        Arc::new(Self { folder, session: Mutex::default() })
    }

    /// Where sessions are kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells what was left behind, and begins the session; whether that fails, which is told too.
    pub fn begin(&self, tell: impl Fn(Event)) -> bool {
        // before there is a session, so that it does not find its own
        let found = orphans(&self.folder);
        if !found.is_empty() {
            tell(Event::Recoverable(found));
        }
        let begun = self.session();
        if let Err(error) = &begun {
            tell(Event::NotKept(error.to_string()));
        }
        begun.is_err()
    }

    /// The editor's session.
    ///
    /// # Errors
    /// [`FileError::Write`] where it can't be begun now.
    pub fn session(&self) -> Result<Arc<Session>, FileError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = match session.take() {
            Some(begun) => begun,
            None => Arc::new(Session::begin(&self.folder)?),
        };
        Ok(Arc::clone(session.insert(begun)))
    }
}

/// The thread and what it is told. Dropping it keeps what is not kept yet, and ends it.
pub(super) struct Keeping {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Keeps what is not kept yet, from any thread, when the program is told to end.
#[derive(Clone)]
pub struct LastKeep(Arc<Shared>);

impl LastKeep {
    /// Waits until the document is as safe as it can be, for so long at most.
    pub fn keep(&self, limit: Duration) {
        let mut state = self.0.lock();
        state.ending = true;
        self.0.changed.notify_all();
        let (_state, _) = self
            .0
            .changed
            .wait_timeout_while(state, limit, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

impl Keeping {
    /// `begin` is done first, on the thread: a drive may be slow. It tells whether it was said already that nothing can be
    /// kept.
    pub fn start(
        home: Arc<Home>,
        begin: impl FnOnce() -> bool + Send + 'static,
        tell: impl Fn(Event) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        let run = move || {
            let failing = begin();
            for_thread.lock().failing = failing;
            for_thread.run(&home, &tell);
        };
        let thread = std::thread::Builder::new().name("autosave".into()).spawn(run)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The document is this one now, and not saved.
    pub fn keep(&self, kept: Kept) {
        let mut state = self.shared.lock();
        state.forget = false;
        state.changed = Some(kept);
        state.since.get_or_insert_with(Instant::now);
        self.shared.changed.notify_all();
    }

    /// The document is one that was left behind: it is kept at once, and only then what was left behind goes.
    pub fn keep_recovered(&self, kept: Kept, recovered: Recovered) {
        let mut state = self.shared.lock();
        state.forget = false;
        state.changed = Some(kept);
        state.since = Instant::now().checked_sub(WRITTEN_AFTER);
        state.replaces.push(recovered);
        self.shared.changed.notify_all();
    }

    /// There is nothing to keep: it is saved, or was given up.
    pub fn forget(&self) {
        let mut state = self.shared.lock();
        (state.changed, state.since, state.kept) = (None, None, None);
        state.forget = true;
        self.shared.changed.notify_all();
    }

    /// What keeps the document when the program is told to end.
    pub fn last(&self) -> LastKeep {
        LastKeep(Arc::clone(&self.shared))
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }
}

/// What there is to do next.
enum Task {
    Keep(Kept),
    Forget(Vec<Recovered>),
    End(Option<Kept>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, home: &Home, tell: &impl Fn(Event)) {
        loop {
            match self.next() {
                Task::Keep(kept) => self.write(home, kept, false, tell),
                Task::Forget(replaced) => {
                    // without a session there is nothing to clear
                    if let Ok(session) = home.session() {
                        session.clear();
                    }
                    replaced.iter().for_each(Recovered::discard);
                }
                Task::End(kept) => {
                    if let Some(kept) = kept {
                        self.write(home, kept, true, tell);
                    }
                    self.lock().ended = true;
                    self.changed.notify_all();
                    // told to end and then closed: there is nothing more to do than to wait for that
                    return;
                }
            }
        }
    }

    fn next(&self) -> Task {
        let mut state = self.lock();
        loop {
            if state.forget {
                state.forget = false;
                return Task::Forget(std::mem::take(&mut state.replaces));
            }
            if state.ending {
                state.since = None;
                return Task::End(state.changed.take().or_else(|| state.kept.clone()));
            }
            let due = state.since.map(|since| WRITTEN_AFTER.saturating_sub(since.elapsed()));
            state = match due {
                Some(Duration::ZERO) => {
                    state.since = None;
                    if let Some(kept) = state.changed.take() {
                        return Task::Keep(kept);
                    }
                    state
                }
                Some(due) => self.changed.wait_timeout(state, due).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Writes a state. One that can't be written is written again later, unless there is a newer one by then.
    fn write(&self, home: &Home, kept: Kept, orderly: bool, tell: &impl Fn(Event)) {
        let replaced = std::mem::take(&mut self.lock().replaces);
        let saved = caught(|| {
            let saved = home.session().and_then(|s| s.save(&kept.project, kept.path.as_deref(), kept.on_disk, orderly));
            saved.map_err(|e| e.to_string())
        });
        let mut state = self.lock();
        let news = match saved.unwrap_or_else(Err) {
            Ok(()) => {
                // what was given up meanwhile is about to be forgotten
                state.kept = (!state.forget).then_some(kept);
                std::mem::replace(&mut state.failing, false).then_some(Event::KeptAgain)
            }
            Err(why) => {
                // what was given up meanwhile is not to come back
                if !state.forget {
                    state.changed.get_or_insert(kept);
                    state.since = Some(Instant::now());
                }
                state.replaces.splice(0..0, replaced.iter().cloned());
                let first = !std::mem::replace(&mut state.failing, true);
                drop(state);
                if first {
                    tell(Event::NotKept(why));
                }
                return;
            }
        };
        drop(state);
        replaced.iter().for_each(Recovered::discard);
        news.into_iter().for_each(tell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    fn kept(text: &str) -> Kept {
        Kept { project: Arc::new(parse(text)), path: None, on_disk: None }
    }

    /// Waits until the thread has nothing to do.
    fn settled(keeping: &Keeping) {
        loop {
            let state = keeping.shared.lock();
            if state.changed.is_none() && !state.forget && state.replaces.is_empty() {
                return;
            }
            drop(keeping.shared.changed.wait_timeout(state, Duration::from_millis(5)).unwrap());
        }
    }

    fn left(folder: &Path) -> Vec<Recovered> {
        orphans(folder)
    }

    /// The thread holds the session as long as it runs.
    fn end(keeping: Keeping, home: Arc<Home>) {
        drop(keeping);
        drop(home);
    }

    #[test]
    fn what_is_not_kept_is_kept_at_the_end_and_what_is_forgotten_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for (forget, found) in [(false, 1), (true, 0)] {
            let home = Home::new(folder.path().to_owned());
            home.session().unwrap();
            let keeping = Keeping::start(Arc::clone(&home), || false, |_| {}).unwrap();
            keeping.keep(kept("V1: A@0+24"));
            if forget {
                keeping.forget();
            }
            end(keeping, home);
            let left = left(folder.path());
            assert_eq!(left.len(), found);
            assert!(left.iter().all(|l| l.orderly));
            left.iter().for_each(Recovered::discard);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_program_that_is_told_to_end_keeps_the_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().to_owned());
        home.session().unwrap();
        let keeping = Keeping::start(Arc::clone(&home), || false, |_| {}).unwrap();
        keeping.keep(kept("V1: A@0+24"));
        keeping.keep(kept("V1: A@0+25"));
        keeping.last().keep(Duration::from_mins(1));
        assert!(keeping.shared.lock().ended);
        end(keeping, home);
        let left = left(folder.path());
        assert!(left.len() == 1 && left[0].orderly && left[0].project == parse("V1: A@0+25"), "{left:?}");
    }

    #[test]
    fn a_folder_that_cant_be_used_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("recovery");
        std::fs::write(&inner, "no folder").unwrap();
        let home = Home::new(inner.clone());
        assert!(home.session().is_err());
        let (send, said) = crossbeam_channel::bounded(16);
        let keeping = Keeping::start(Arc::clone(&home), || false, move |event| drop(send.send(event))).unwrap();
        keeping.keep(kept("V1: A@0+24"));
        assert!(matches!(said.recv().unwrap(), Event::NotKept(_)));
        std::fs::remove_file(&inner).unwrap();
        assert!(matches!(said.recv().unwrap(), Event::KeptAgain));
        end(keeping, home);
        assert_eq!(left(&inner).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_was_left_behind_goes_only_when_the_new_autosave_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let dead = Session::begin(folder.path()).unwrap();
        dead.save(&parse("V1: A@0+24"), None, None, false).unwrap();
        drop(dead);
        let recovered = left(folder.path()).remove(0);
        let home = Home::new(folder.path().to_owned());
        home.session().unwrap();
        // a folder of that name: nothing can be written there, by anybody
        let number = u64::from(std::process::id()) + (1 << 32);
        let blocked = folder.path().join(format!("session-{number}.ron"));
        std::fs::create_dir(&blocked).unwrap();
        std::fs::write(blocked.join("x"), "").unwrap();
        let (send, said) = crossbeam_channel::bounded(16);
        let keeping = Keeping::start(Arc::clone(&home), || false, move |event| drop(send.send(event))).unwrap();
        keeping.keep_recovered(kept("V1: A@0+24"), recovered);
        let first = said.recv().unwrap();
        assert!(matches!(&first, Event::NotKept(why) if why.contains("session-")), "{first:?}");
        assert_eq!(left(folder.path()).len(), 1, "the only copy stays");
        std::fs::remove_dir_all(&blocked).unwrap();
        // it is tried again by itself
        assert!(matches!(said.recv().unwrap(), Event::KeptAgain));
        settled(&keeping);
        assert!(left(folder.path()).is_empty());
        end(keeping, home);
        assert_eq!(left(folder.path()).len(), 1, "the new one");
    }
}
