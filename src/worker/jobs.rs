//! The queue of things to be made of media in the background.

use super::machine::allowed_cores;
use super::messages::{Event, JobId, JobKind, JobStatus, News, Turn};
use super::proxying::{background_proxies, proxy_threads};
use crate::media::{Cache, Cancel, Helper, MediaError, ProxySettings, find_proxy, is_same};
use crate::model::{Asset, MediaKind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The list of jobs is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// A thread without work keeps its helper for so long.
const KEEP_HELPER: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct Job {
    id: JobId,
    kind: JobKind,
    turn: Turn,
    asset: Arc<Asset>,
    cancel: Cancel,
    /// `None` while it waits.
    progress: Option<f32>,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
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
        // one thread more than proxies need, so that a thumbnail never waits for a long proxy
        let threads = (0..=background_proxies()).map_while(spawn).collect();
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
        queue.jobs.retain(|j| j.progress.is_some() || !which(j));
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

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, kind: JobKind, turn: Turn, asset: &Arc<Asset>) {
        let mut queue = self.lock();
        let there = |j: &Job| j.kind == kind && j.asset.id == asset.id && j.turn == turn;
        if queue.closed || queue.jobs.iter().any(there) {
            return;
        }
        let id = JobId(queue.next);
        queue.next += 1;
        if !queue.sources.contains(&asset.path) {
            queue.sources.push(asset.path.clone());
        }
        queue.jobs.push(Job { id, kind, turn, asset: Arc::clone(asset), cancel: Cancel::default(), progress: None });
        drop(queue);
        self.changed.notify_one();
    }

    fn work(&self) {
        let mut helper = Helper::default();
        while let Some(job) = self.next(&mut helper) {
            self.tell_jobs(true);
            if !helper.may_read(&job.asset.path) {
                helper = self.helper();
            }
            let result = self.run(&job, &mut helper);
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

    /// Waits for the next job: the quick kinds first, and never more proxies at once than the machine bears. A helper
    /// for which there is nothing to do for a while is ended.
    fn next(&self, helper: &mut Helper) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            let proxies = queue.jobs.iter().filter(|j| j.kind == JobKind::Proxy && j.progress.is_some()).count();
            let full = proxies >= background_proxies();
            let free = |j: &&mut Job| j.progress.is_none() && !(full && j.kind == JobKind::Proxy);
            if let Some(job) = queue.jobs.iter_mut().filter(free).min_by_key(|j| (j.kind, j.id.0)) {
                job.progress = Some(0.0);
                return Some(job.clone());
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
        let Job { id, kind, turn, asset, cancel, .. } = job;
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
            JobKind::Waveform => {
                let wave = helper.waveform(&self.cache, asset, 0, cancel)?;
                News::Waveform(Arc::new(wave))
            }
            JobKind::Proxy => {
                let threads = if allowed_cores() <= 2 { 1 } else { proxy_threads(background_proxies()) };
                helper.make_proxy(&self.cache, asset, ProxySettings { threads }, cancel, &|progress| {
                    if let Some(job) = self.lock().jobs.iter_mut().find(|j| j.id == *id) {
                        job.progress = Some(progress);
                    }
                    self.tell_jobs(false);
                })?;
                News::Proxy
            }
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
        if asset.info.kind == MediaKind::Video && find_proxy(&self.cache, asset).is_none() {
            // the thumbnails come from the proxy, which is much faster; see `Shared::finish`
            self.add(JobKind::Proxy, *turn, asset);
            return Ok(());
        }
        if asset.info.kind == MediaKind::Video {
            (self.tell)(Event::OfAsset(*turn, asset.id, News::Proxy));
        }
        if asset.info.has_video() {
            self.add(JobKind::Thumbnails, *turn, asset);
        }
        Ok(())
    }

    fn finish(&self, job: &Job, result: Result<(), MediaError>) {
        let mut queue = self.lock();
        queue.jobs.retain(|j| j.id != job.id);
        drop(queue);
        // also where it was done before it noticed that it is for nobody any more
        let cancelled = job.cancel.is_cancelled();
        if job.kind == JobKind::Proxy && !cancelled {
            self.add(JobKind::Thumbnails, job.turn, &job.asset);
        }
        // another thread may have waited for a proxy's place
        self.changed.notify_all();
        self.tell_jobs(true);
        match result {
            _ if cancelled => {}
            Ok(()) | Err(MediaError::Cancelled) => {}
            Err(error) => {
                let what = match job.kind {
                    JobKind::Check => "it can't be read",
                    JobKind::Poster | JobKind::Thumbnails => "no thumbnails",
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
        let status = |j: &Job| JobStatus { id: j.id, kind: j.kind, asset: j.asset.name.clone(), progress: j.progress };
        let jobs = queue.jobs.iter().map(status).collect();
        drop(queue);
        (self.tell)(Event::Jobs(jobs));
    }
}
