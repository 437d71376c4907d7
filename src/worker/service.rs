//! The worker thread: takes commands, answers with events, owns jobs and export.

use super::exchange::{read_timeline, write_timeline};
use super::jobs::Jobs;
use super::messages::{Command, Event, News};
use super::probing::probe_all;
use super::reports::write_new;
use crate::export::{ExportSettings, export};
use crate::interchange::AssembleOptions;
use crate::media::{Cache, Cancel, MediaError, find_media, is_there};
use crate::model::{Asset, Project};
use crate::project_file::{Session, load, orphans, save};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The worker of one editor. Dropping it cancels and joins all that runs.
pub struct Worker {
    commands: Option<Sender<Command>>,
    events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

/// Where the worker keeps its files.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Proxies, thumbnails, waveforms.
    pub cache: Cache,
    /// Autosaves.
    pub recovery: PathBuf,
}

impl Worker {
    /// Starts the worker; `wake` is called after each event.
    ///
    /// # Errors
    /// [`MediaError::Element`] when its thread can't be started.
    pub fn start(folders: Folders, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, MediaError> {
        let (commands, incoming) = bounded(256);
        let (outgoing, events) = bounded(4096);
        let tell = Tell { events: outgoing, wake: Arc::new(wake) };
        let thread = std::thread::Builder::new()
            .name("worker".into())
            .spawn(move || Service::new(folders, tell).run(&incoming))
            .map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?;
        Ok(Self { commands: Some(commands), events, thread: Some(thread) })
    }

    /// Asks for something. Never waits; the worker only hands on what takes long, so its queue stays short.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands
            && let Err(error) = commands.try_send(command)
        {
            let why = if matches!(error, TrySendError::Full(_)) { "is too busy" } else { "has stopped" };
            tracing::error!("the worker {why}");
        }
    }

    /// What it has told since this was last asked.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events.try_iter()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.commands = None;
        let Some(thread) = self.thread.take() else { return };
        // threads that still tell something must not wait for a reader that is gone
        while !thread.is_finished() {
            let _ = self.events.recv_timeout(std::time::Duration::from_millis(20));
        }
        let _ = thread.join();
    }
}

#[derive(Clone)]
struct Tell {
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Tell {
    fn tell(&self, event: Event) {
        // the editor is closing when no one listens
        let _ = self.events.send(event);
        (self.wake)();
    }
}

struct Service {
    tell: Tell,
    jobs: Jobs,
    session: Option<Session>,
    /// Threads that read and write files, joined before the worker ends.
    files: Option<Sender<FileTask>>,
    threads: Vec<JoinHandle<()>>,
    export: Option<(JoinHandle<()>, Cancel)>,
}

/// Saves and loads, one after the other, in the order in which they were asked for.
type FileTask = Box<dyn FnOnce() + Send>;

impl Service {
    fn new(folders: Folders, tell: Tell) -> Self {
        let for_jobs = tell.clone();
        let jobs = Jobs::start(folders.cache, Box::new(move |event| for_jobs.tell(event)));
        let (files, tasks) = bounded::<FileTask>(64);
        let thread = std::thread::Builder::new().name("files".into()).spawn(move || tasks.iter().for_each(|t| t()));
        let found = orphans(&folders.recovery);
        if !found.is_empty() {
            tell.tell(Event::Recoverable(found));
        }
        let session = Session::begin(&folders.recovery);
        if let Err(error) = &session {
            tell.tell(Event::Problem(format!("no autosave: {error}")));
        }
        let threads = thread.into_iter().collect();
        Self { tell, jobs, session: session.ok(), files: Some(files), threads, export: None }
    }

    fn run(mut self, commands: &Receiver<Command>) {
        for command in commands {
            self.obey(command);
        }
        if let Some((thread, cancel)) = self.export.take() {
            cancel.cancel();
            self.threads.push(thread);
        }
        self.files = None;
        for thread in self.threads.drain(..) {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }

    fn obey(&mut self, command: Command) {
        let tell = self.tell.clone();
        match command {
            Command::Import(paths) => self.spawn("import", move || import(&paths, &tell)),
            Command::Relink(asset, path) => self.spawn("relink", move || {
                let probed = probe_all(std::slice::from_ref(&path), |_, _| {}).into_iter().next();
                tell.tell(match probed {
                    Some(Ok(probed)) => Event::Relinked(asset, Box::new(probed.into_asset(&path))),
                    Some(Err(error)) => Event::Problem(error.to_string()),
                    None => return,
                });
            }),
            Command::Prepare(turn, assets) => {
                for asset in assets {
                    // a metadata call; slow drives are slow here, off the window's thread
                    let online = is_there(&asset);
                    self.tell.tell(Event::OfAsset(turn, asset.id, News::Online(online)));
                    if online {
                        self.jobs.prepare(turn, &asset);
                    }
                }
            }
            Command::Open(path) => self.file_task(move || {
                let path = std::path::absolute(&path).unwrap_or(path);
                tell.tell(match load(&path) {
                    Ok(project) => Event::Opened(path, Box::new(project)),
                    Err(error) => Event::Problem(error.to_string()),
                });
            }),
            Command::OpenTimeline(path) => self.file_task(move || {
                let path = std::path::absolute(&path).unwrap_or(path);
                let options = AssembleOptions { skip_broken: true, ..AssembleOptions::default() };
                tell.tell(match read_timeline(&path, options) {
                    Ok((project, warnings)) => Event::TimelineOpened(path, Box::new(project), warnings),
                    Err(error) => Event::Problem(error),
                });
            }),
            Command::WriteTimeline(project, path) => self.file_task(move || {
                tell.tell(match write_timeline(&project, &path) {
                    Ok(warnings) => Event::TimelineWritten(path, warnings),
                    Err(error) => Event::Problem(error),
                });
            }),
            Command::WriteReport(text, path) => self.file_task(move || {
                tell.tell(match write_new(&path, &text) {
                    Ok(written) => Event::TextWritten(written),
                    Err(error) => Event::Problem(format!("{}: {error}; it was not written", path.display())),
                });
            }),
            Command::Save(project, path) => self.file_task(move || {
                tell.tell(match save(&project, &path) {
                    Ok(()) => Event::Saved(path, project),
                    Err(error) => Event::Problem(error.to_string()),
                });
            }),
            Command::Autosave(project, path) => {
                if let Some(session) = &self.session
                    && let Err(error) = session.save(&project, path.as_deref())
                {
                    self.tell.tell(Event::Problem(format!("autosave: {error}")));
                }
            }
            Command::ForgetAutosave => {
                if let Some(session) = &self.session {
                    session.clear();
                }
            }
            Command::SaveRecent(recent, folder) => self.file_task(move || recent.save(&folder)),
            Command::Discard(recovered) => recovered.discard(),
            Command::Export(project, settings) => self.start_export(project, *settings),
            Command::CancelExport => {
                if let Some((_, cancel)) = &self.export {
                    cancel.cancel();
                }
            }
            Command::CancelJob(id) => self.jobs.cancel(Some(id)),
            Command::CancelJobs => self.jobs.cancel(None),
        }
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) {
        self.threads.retain(|t| !t.is_finished());
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(thread) => self.threads.push(thread),
            Err(error) => self.tell.tell(Event::Problem(format!("no thread can be started: {error}"))),
        }
    }

    fn file_task(&mut self, task: impl FnOnce() + Send + 'static) {
        if let Some(files) = &self.files {
            // the thread lives as long as the sender
            let _ = files.send(Box::new(task));
        }
    }

    fn start_export(&mut self, project: Arc<Project>, settings: ExportSettings) {
        if self.export.as_ref().is_some_and(|(thread, _)| !thread.is_finished()) {
            self.tell.tell(Event::Problem("an export is running already".into()));
            return;
        }
        let (tell, cancel) = (self.tell.clone(), Cancel::default());
        let for_thread = cancel.clone();
        let thread = std::thread::Builder::new().name("export".into()).spawn(move || {
            let result = export(&project, &settings, &for_thread, &mut |event| tell.tell(Event::Export(event)));
            tell.tell(match result {
                Ok(done) => Event::Exported(done),
                Err(error) => Event::ExportFailed(error.to_string(), error.is_cancelled()),
            });
        });
        match thread {
            Ok(thread) => self.export = Some((thread, cancel)),
            Err(error) => self.tell.tell(Event::Problem(format!("no thread can be started: {error}"))),
        }
    }
}

fn import(paths: &[PathBuf], tell: &Tell) {
    let mut files = Vec::new();
    for path in paths {
        match find_media(path) {
            Ok(found) if found.is_empty() => {
                tell.tell(Event::Problem(format!("{}: no media in this folder", path.display())));
            }
            Ok(found) => files.extend(found),
            Err(error) => tell.tell(Event::Problem(error.to_string())),
        }
    }
    // in handfuls, so that a large folder appears bit by bit
    for files in files.chunks(16) {
        let assets: Vec<Asset> = files
            .iter()
            .zip(probe_all(files, |_, _| {}))
            .filter_map(|(path, result)| match result {
                Ok(probed) => Some(probed.into_asset(path)),
                Err(error) => {
                    tell.tell(Event::Problem(error.to_string()));
                    None
                }
            })
            .collect();
        if !assets.is_empty() {
            tell.tell(Event::Imported(assets));
        }
    }
}
