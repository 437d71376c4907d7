//! The queue of things to be made of media in the background.

use super::looking::{Looking, next_part};
use super::messages::{Event, JobId, JobKind, JobStatus, News, Turn};
use super::proxying::{background_proxies, proxy_threads};
use crate::media::{Cache, Cancel, Helper, MediaError, Part, Parts, ProxySettings, StripId, find_proxy, is_same};
use crate::model::{Asset, Frame, MediaKind, Project};
use crate::platform::{allowed_cores, caught};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The list of jobs is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Parts of one proxy that may fail before the rest of it is given up.
const MOST_FAILED: usize = 3;

/// A thread without work keeps its helper for so long.
const KEEP_HELPER: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct Job {
    id: JobId,
    kind: JobKind,
    turn: Turn,
    asset: Arc<Asset>,
    cancel: Cancel,
    running: bool,
    /// How far it is, from 0 to 1.
    progress: f32,
    /// Of a proxy, which parts are still to be looked for or made; the first of them is the one that is worked on.
    left: Vec<usize>,
    /// Parts that could not be made.
    failed: usize,
}

impl Job {
    fn is(&self, kind: JobKind, turn: Turn, asset: &Asset) -> bool {
        self.kind == kind && self.asset.id == asset.id && self.turn == turn
    }

    /// So much of a proxy is there.
    fn share(&self) -> f32 {
        let all = Parts::of(&self.asset.info).count();
        (all - self.left.len() - self.failed) as f32 / all as f32
    }
}

/// Threads for what takes long: one more than proxies need, for the loudness of sound.
fn slow_threads() -> usize {
    background_proxies() + 1
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    looking: Option<Looking>,
    next: u64,
    /// The files that helpers may read.
    sources: Vec<PathBuf>,
    told: Option<Instant>,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    cache: Cache,
    tell: Box<dyn Fn(Event) + Send + Sync>,
}

/// The queue and its threads.
pub(super) struct Jobs {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    pub fn start(cache: Cache, tell: Box<dyn Fn(Event) + Send + Sync>) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), cache, tell });
        let spawn = |n| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("job {n}")).spawn(move || shared.work()).ok()
        };
        // some do what takes long, and one more is there for pictures, which never wait
        let threads = (0..=slow_threads()).map_while(spawn).collect();
        Self { shared, threads }
    }

    /// Queues what an asset lacks. What an earlier turn asked for it is for nobody any more.
    pub fn prepare(&self, turn: Turn, asset: &Arc<Asset>) {
        self.drop_jobs(|j| j.asset.id == asset.id && j.turn != turn);
        if asset.info.has_video() {
            self.shared.add(JobKind::Poster, turn, asset);
        }
        // what is made up looks the same all along
        if asset.info.generator.is_none() {
            // what else there is to be made is known then; see `Shared::check`
            self.shared.add(JobKind::Check, turn, asset);
        }
        self.shared.tell_jobs(true);
    }

    /// Shows what is kept of an asset whose original is not there: its proxy, and the pictures of it.
    pub fn show_kept(&self, turn: Turn, asset: &Arc<Asset>) {
        self.drop_jobs(|j| j.asset.id == asset.id && j.turn != turn);
        let kept = asset.info.kind == MediaKind::Video && find_proxy(&self.shared.cache, asset, Part::WHOLE).is_some();
        if kept {
            (self.shared.tell)(Event::OfAsset(turn, asset.id, News::Proxy(1.0)));
            self.shared.add(JobKind::Thumbnails, turn, asset);
        }
    }

    /// Takes in what is looked at.
    pub fn look(&self, project: Arc<Project>, playhead: Frame) {
        self.shared.lock().looking = Some(Looking { project, playhead });
    }

    /// Queues strips of finer thumbnails; those that wait and are not among them are dropped.
    pub fn strips(&self, strips: &[(Turn, Arc<Asset>, StripId)]) {
        let wanted = |j: &Job| strips.iter().any(|(turn, a, id)| j.is(JobKind::Strip(*id), *turn, a));
        // one that is made already is soon there
        let stays = |j: &Job| j.running || !matches!(j.kind, JobKind::Strip(_)) || wanted(j);
        self.shared.lock().jobs.retain(stays);
        for (turn, asset, id) in strips {
            self.shared.add(JobKind::Strip(*id), *turn, asset);
        }
    }

    pub fn cancel(&self, id: Option<JobId>) {
        self.drop_jobs(|j| id.is_none_or(|id| j.id == id));
        self.shared.tell_jobs(true);
    }

    /// Drops those that wait; those that run are told to stop, and leave the queue when they have.
    fn drop_jobs(&self, which: impl Fn(&Job) -> bool) {
        let mut queue = self.shared.lock();
        for job in queue.jobs.iter().filter(|j| which(j)) {
            job.cancel.cancel();
        }
        queue.jobs.retain(|j| j.running || !which(j));
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.cancel(None);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }
}

impl Queue {
    /// The job that is to be done now: the quick kinds first, then the proxy that is needed soonest, and never more of
    /// those at once than the machine bears.
    fn take(&mut self) -> Option<Job> {
        let slow = |j: &Job| matches!(j.kind, JobKind::Waveform | JobKind::Proxy);
        let full = self.jobs.iter().filter(|j| j.running && slow(j)).count() >= slow_threads();
        let waiting = |j: &&mut Job| !j.running && j.kind != JobKind::Proxy && !(full && slow(j));
        if let Some(job) = self.jobs.iter_mut().filter(waiting).min_by_key(|j| (j.kind, j.id.0)) {
            job.running = true;
            return Some(job.clone());
        }
        if full || self.jobs.iter().filter(|j| j.kind == JobKind::Proxy && j.running).count() >= background_proxies() {
            return None;
        }
        let soonest = |(n, job): (usize, &Job)| {
            let parts = Parts::of(&job.asset.info);
            let ranks = self.looking.as_ref().map(|looking| looking.ranks(&job.asset, parts));
            let (part, rank) = next_part(&job.left, ranks.as_deref(), job.asset.info.untimed)?;
            Some((rank, job.id.0, n, part))
        };
        let proxies = self.jobs.iter().enumerate().filter(|(_, j)| !j.running && j.kind == JobKind::Proxy);
        let (_, _, n, part) = proxies.filter_map(soonest).min()?;
        let job = self.jobs.get_mut(n)?;
        job.running = true;
        job.left.retain(|l| *l != part);
        job.left.insert(0, part);
        Some(job.clone())
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, kind: JobKind, turn: Turn, asset: &Arc<Asset>) {
        let mut queue = self.lock();
        if queue.closed || queue.jobs.iter().any(|j| j.is(kind, turn, asset)) {
            return;
        }
        let id = JobId(queue.next);
        queue.next += 1;
        // what is made up has no file; its empty path is the beginning of every other
        if asset.info.generator.is_none() && !queue.sources.contains(&asset.path) {
            queue.sources.push(asset.path.clone());
        }
        let parts = if kind == JobKind::Proxy { Parts::of(&asset.info).count() } else { 0 };
        queue.jobs.push(Job {
            id,
            kind,
            turn,
            asset: Arc::clone(asset),
            cancel: Cancel::default(),
            running: false,
            progress: 0.0,
            left: (0..parts).collect(),
            failed: 0,
        });
        drop(queue);
        self.changed.notify_one();
    }

    fn work(&self) {
        let mut helper = Helper::default();
        while let Some(job) = self.next(&mut helper) {
            self.tell_jobs(true);
            if job.asset.info.generator.is_none() && !helper.may_read(&job.asset.path) {
                helper = self.helper();
            }
            let broken = |said| Err(MediaError::Element(format!("a fault of Workprint: {said}; please report it")));
            let result = caught(|| self.run(&job, &mut helper)).unwrap_or_else(broken);
            self.finish(&job, result);
        }
    }

    /// A helper for all that is known by now.
    fn helper(&self) -> Helper {
        let root = self.cache.root().to_owned();
        // where there can't be a cache, what is to be kept in it fails with a reason
        let _ = std::fs::create_dir_all(&root);
        let sources = self.lock().sources.clone();
        Helper::new(&sources, &[root])
    }

    /// Waits for the next job. A helper for which there is nothing to do for a while is ended.
    fn next(&self, helper: &mut Helper) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.take() {
                return Some(job);
            }
            let waited = self.changed.wait_timeout(queue, KEEP_HELPER).unwrap_or_else(PoisonError::into_inner);
            queue = waited.0;
            if waited.1.timed_out() && helper.is_running() {
                drop(queue);
                helper.end();
                queue = self.lock();
            }
        }
    }

    fn run(&self, job: &Job, helper: &mut Helper) -> Result<(), MediaError> {
        let Job { kind, turn, asset, cancel, .. } = job;
        let news = match kind {
            JobKind::Poster => {
                let sheet = helper.poster(asset, cancel)?;
                News::Poster(Arc::new(sheet))
            }
            JobKind::Check => return self.check(job),
            JobKind::Thumbnails => {
                let sheet = helper.thumbnails(&self.cache, asset, cancel)?;
                News::Thumbnails(Arc::new(sheet))
            }
            JobKind::Strip(id) => {
                let (sheet, best) = helper.filmstrip(&self.cache, asset, *id, cancel)?;
                News::Strip(*id, Arc::new(sheet), best)
            }
            JobKind::Waveform => {
                let wave = helper.waveform(&self.cache, asset, 0, cancel)?;
                News::Waveform(Arc::new(wave))
            }
            JobKind::Proxy => return self.make_part(job, helper),
        };
        (self.tell)(Event::OfAsset(*turn, asset.id, news));
        Ok(())
    }

    /// Tells whether an asset's file is the one that was imported, and queues what is to be made of it then. Of another
    /// one nothing is made: by what is known of the first it would be wrong.
    fn check(&self, Job { turn, asset, .. }: &Job) -> Result<(), MediaError> {
        if asset.fingerprint.is_empty() {
            // what was never looked into
            return Ok(());
        }
        let same = is_same(&asset.path, &asset.fingerprint)?;
        (self.tell)(Event::OfAsset(*turn, asset.id, News::Replaced(!same)));
        if !same {
            return Ok(());
        }
        if asset.info.has_audio() {
            self.add(JobKind::Waveform, *turn, asset);
        }
        let video = asset.info.kind == MediaKind::Video;
        let whole = video && find_proxy(&self.cache, asset, Part::WHOLE).is_some();
        if whole {
            (self.tell)(Event::OfAsset(*turn, asset.id, News::Proxy(1.0)));
        } else if video {
            self.add(JobKind::Proxy, *turn, asset);
        }
        // the thumbnails come from the proxy, which is much faster, where that does not take long; see `Shared::finish`
        let waits = video && !whole && Parts::of(&asset.info).count() == 1;
        if asset.info.has_video() && !waits {
            self.add(JobKind::Thumbnails, *turn, asset);
        }
        Ok(())
    }

    /// Looks for a part of a proxy, or makes it.
    fn make_part(
        &self,
        Job { id, turn, asset, cancel, left, .. }: &Job,
        helper: &mut Helper,
    ) -> Result<(), MediaError> {
        let Some(part) = left.first() else { return Ok(()) };
        // of the same project nothing makes room for anything else
        let looking = self.lock().looking.clone();
        if let Some(looking) = looking {
            self.cache.keep(looking.project.assets.values());
        }
        let parts = Parts::of(&asset.info);
        let threads = if allowed_cores() <= 2 { 1 } else { proxy_threads(background_proxies()) };
        let settings = ProxySettings { threads };
        let progress = |share: f32| {
            if let Some(job) = self.lock().jobs.iter_mut().find(|j| j.id == *id) {
                job.progress = job.share() + share / parts.count() as f32;
            }
            self.tell_jobs(false);
        };
        let made = helper.make_proxy(&self.cache, asset, parts.get(*part), settings, cancel, &progress)?;
        let mut queue = self.lock();
        let Some(job) = queue.jobs.iter_mut().find(|j| j.id == *id) else { return Ok(()) };
        if made.part == Part::WHOLE {
            job.left.clear();
        }
        job.left.retain(|l| l != part);
        job.progress = job.share();
        let share = job.share();
        drop(queue);
        (self.tell)(Event::OfAsset(*turn, asset.id, News::Proxy(share)));
        Ok(())
    }

    /// Lets a proxy wait for its next part; whether there is one. What fails in one place may go on behind it, what fails
    /// in many does not.
    fn goes_on(&self, job: &Job, failed: Option<&MediaError>) -> bool {
        let mut queue = self.lock();
        let Some(job) = queue.jobs.iter_mut().find(|j| j.id == job.id && j.kind == JobKind::Proxy) else {
            return false;
        };
        if let Some(error) = failed {
            let elsewhere = matches!(error, MediaError::Decode { .. } | MediaError::Crashed { .. });
            if !elsewhere || job.failed >= MOST_FAILED || job.left.is_empty() {
                return false;
            }
            job.left.remove(0);
            job.failed += 1;
        }
        job.running = false;
        !job.left.is_empty()
    }

    fn finish(&self, job: &Job, result: Result<(), MediaError>) {
        // also where it was done before it noticed that it is for nobody any more
        let cancelled = job.cancel.is_cancelled();
        let goes_on = !cancelled && self.goes_on(job, result.as_ref().err());
        if !goes_on {
            self.lock().jobs.retain(|j| j.id != job.id);
            // another thread may have waited for a proxy's place; the next part is for this one, which has the file open
            self.changed.notify_all();
        }
        if job.kind == JobKind::Proxy && !cancelled && Parts::of(&job.asset.info).count() == 1 {
            self.add(JobKind::Thumbnails, job.turn, &job.asset);
        }
        self.tell_jobs(true);
        match result {
            // said once
            _ if cancelled || job.failed > 0 => {}
            Ok(()) | Err(MediaError::Cancelled) => {}
            // the sheet of all is shown
            Err(error) if matches!(job.kind, JobKind::Strip(_)) => tracing::debug!("no finer thumbnails: {error}"),
            Err(error) => {
                let what = match job.kind {
                    JobKind::Check => "it can't be read",
                    JobKind::Poster | JobKind::Thumbnails | JobKind::Strip(_) => "no thumbnails",
                    JobKind::Waveform => "no waveform",
                    JobKind::Proxy => "no proxy; the original is shown",
                };
                (self.tell)(Event::Problem(format!("{what}: {error}")));
            }
        }
    }

    fn tell_jobs(&self, always: bool) {
        let mut queue = self.lock();
        if !always && queue.told.is_some_and(|t| t.elapsed() < TELL_EVERY) {
            return;
        }
        queue.told = Some(Instant::now());
        let status = |j: &Job| {
            let progress = (j.running || j.progress > 0.0).then_some(j.progress);
            JobStatus { id: j.id, kind: j.kind, asset: j.asset.name.clone(), progress }
        };
        // strips come and go with every scroll
        let jobs = queue.jobs.iter().filter(|j| !matches!(j.kind, JobKind::Strip(_))).map(status).collect();
        drop(queue);
        (self.tell)(Event::Jobs(jobs));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Edit, apply};
    use crate::model::Title;

    /// A helper that was started before a file was brought in can't read it; whoever asks must know that, also beside titles.
    #[test]
    fn beside_a_title_a_helper_may_read_no_more_than_it_was_started_for() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache"), 1 << 20);
        let shared = Shared { queue: Mutex::default(), changed: Condvar::new(), cache, tell: Box::new(|_| ()) };
        let add = Edit::AddTitle { title: Title::default(), at: Frame(0), length: None, track: None };
        let project = apply(&Project::default(), &add).unwrap();
        for title in project.assets.values() {
            shared.add(JobKind::Poster, Turn::default(), title);
        }
        assert!(!shared.helper().may_read(&folder.path().join("later.mp4")));
    }
}
