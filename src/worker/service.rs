//! The worker thread: takes commands, answers with events, owns jobs and the queue of exports.

use super::ahead::LookAhead;
use super::exchange::{read_timeline_until, write_timeline};
use super::exports::ExportThreads;
use super::jobs::Jobs;
use super::keeping::{Home, Keeping, LastKeep};
use super::messages::{Command, DocumentId, Event, ImportNews, Kept, News, OfDocument, Opened, Opening, Place, Turn};
use super::probing::{probe_until, probe_watched};
use super::queue::ExportJob;
use super::tasks::{Row, Threads, leave};
use super::telling::{Tell, Told, telling};
use crate::export::{check, export, presets_in};
use crate::interchange::AssembleOptions;
use crate::media::{Cache, Cancel, MediaError, find_media, is_there};
use crate::model::{Asset, AssetId};
use crate::platform::caught;
use crate::platform::whole_files::write_numbered;
use crate::project_file::{FileError, Recovered, Session, load_stamped, save_expected};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The worker of one editor. Dropping it keeps what is to be kept, cancels all that runs, and waits for what writes.
pub struct Worker {
    commands: Option<Sender<Command>>,
    told: Told,
    keeping: Option<Keeping>,
    closing: Cancel,
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
        let failed = |e: std::io::Error| MediaError::Element(format!("no thread can be started: {e}"));
        let (commands, incoming) = bounded(256);
        let (tell, told) = telling(wake);
        let home = Home::new(folders.recovery.clone());
        let (for_keeping, at_start, to) = (tell.clone(), Arc::clone(&home), tell.clone());
        let begin = move || at_start.begin(|event| to.tell(event));
        let keeping = Keeping::start(Arc::clone(&home), begin, move |event| for_keeping.tell(event)).map_err(failed)?;
        let exports = ExportThreads::start(tell.clone(), Arc::clone(&home), Box::new(export)).map_err(failed)?;
        let closing = Cancel::default();
        let for_service = closing.clone();
        let thread = std::thread::Builder::new()
            .name("worker".into())
            .spawn(move || Service::new(&folders, home, exports, tell, for_service).run(&incoming))
            .map_err(failed)?;
        Ok(Self { commands: Some(commands), told, keeping: Some(keeping), closing, thread: Some(thread) })
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

    /// The document is this one now, and not saved: it will be on the disk in seconds.
    pub fn keep(&self, kept: Kept) {
        if let Some(keeping) = &self.keeping {
            keeping.keep(kept);
        }
    }

    /// The document is one that was left behind, which goes when this is on the disk.
    pub fn keep_recovered(&self, kept: Kept, recovered: Recovered) {
        if let Some(keeping) = &self.keeping {
            keeping.keep_recovered(kept, recovered);
        }
    }

    /// There is nothing to keep: it is saved, or was given up.
    pub fn forget(&self) {
        if let Some(keeping) = &self.keeping {
            keeping.forget();
        }
    }

    /// What keeps the document when the program is told to end; `None` without autosave.
    #[must_use]
    pub fn last_keep(&self) -> Option<LastKeep> {
        self.keeping.as_ref().map(Keeping::last)
    }

    /// What it has told since this was last asked.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.told.take()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.closing.cancel();
        self.commands = None;
        self.keeping = None;
        let Some(thread) = self.thread.take() else { return };
        // threads that still tell something must not wait for a reader that is gone
        while !thread.is_finished() {
            self.told.pass(Duration::from_millis(20));
        }
        // a panic has been reported by itself
        let _ = thread.join();
    }
}

struct Service {
    tell: Tell,
    jobs: Arc<Jobs>,
    home: Arc<Home>,
    /// Cancelled when the editor closes.
    closing: Cancel,
    /// Cancelled when imports are to stop.
    importing: Cancel,
    /// Saves and loads, one after the other, in the order in which they were asked for.
    files: Row,
    /// Looks whether media are there, which may stand on drives that do not answer.
    looking: Row,
    /// What only reads, imports and the like.
    reading: Threads,
    exports: ExportThreads,
    ahead: LookAhead,
}

impl Service {
    fn new(folders: &Folders, home: Arc<Home>, exports: ExportThreads, tell: Tell, closing: Cancel) -> Self {
        let for_jobs = tell.clone();
        let jobs = Arc::new(Jobs::start(folders.cache.clone(), Box::new(move |event| for_jobs.tell(event))));
        let (files, looking) = (Row::start("files", &tell), Row::start("looking", &tell));
        let (importing, reading) = (Cancel::default(), Threads::default());
        Self { tell, jobs, home, closing, importing, files, looking, reading, exports, ahead: LookAhead::default() }
    }

    fn run(mut self, commands: &Receiver<Command>) {
        for command in commands {
            if let Err(said) = caught(|| self.obey(command)) {
                self.tell.tell(Event::Problem(format!("a fault of Workprint: {said}; please report it")));
            }
        }
        // first all are asked to stop, then they are waited for
        self.exports.stop();
        self.jobs.cancel(None);
        self.importing.cancel();
        self.ahead.stop();
        let Self { jobs, files, looking, reading, exports, ahead, .. } = self;
        let jobs = std::thread::Builder::new().name("end of jobs".into()).spawn(move || drop(jobs));
        files.finish();
        reading.leave();
        looking.leave();
        ahead.leave();
        leave(jobs.into_iter().collect());
        // what runs removes what it has written of the film
        drop(exports);
    }

    fn obey(&mut self, command: Command) {
        let (tell, closing) = (self.tell.clone(), self.closing.clone());
        match command {
            Command::Import(document, paths, place) => {
                let to = self.tell.clone();
                let stop = self.importing.clone();
                self.reading.spawn("import", &tell, move || import(document, &paths, place, &to, [&closing, &stop]));
            }
            Command::CancelImport => std::mem::take(&mut self.importing).cancel(),
            Command::LookAgain(assets) => self.look_again(assets),
            Command::OpenOutside(path) => self.file_task("opened", move || {
                if let Err(why) = open::that_detached(&path) {
                    let path = path.display();
                    tell.tell(Event::Problem(format!("{path}: this system has no program that opens it ({why})")));
                }
            }),
            Command::Relink(document, asset, path) => {
                let to = self.tell.clone();
                self.reading.spawn("relink", &tell, move || relink(document, asset, &path, &to, &closing));
            }
            Command::Prepare(turn, assets) => self.look(turn, assets),
            Command::Open(opening, path, anyway) => {
                let session = self.home.session().ok().filter(|_| !anyway);
                self.file_task("opened", move || tell.tell(Event::Opened(opening, open(path, session.as_deref()))));
            }
            Command::OpenTimeline(opening, path) => {
                let to = self.tell.clone();
                self.reading.spawn("timeline", &tell, move || open_timeline(opening, path, &to, &closing));
            }
            Command::NoteOpen(path) => {
                if let Ok(session) = self.home.session() {
                    self.file_task("noted", move || session.note_open(path.as_deref()));
                }
            }
            Command::Look(project, playhead) => self.jobs.look(project, playhead),
            Command::Strips(strips) => self.jobs.strips(&strips),
            Command::WriteTimeline(project, path) => self.file_task("written", move || {
                tell.tell(match write_timeline(&project, &path) {
                    Ok(warnings) => Event::TimelineWritten(path, warnings),
                    Err(error) => Event::Problem(error),
                });
            }),
            Command::WriteReport(text, path) => self.file_task("written", move || {
                tell.tell(match write_numbered(&path, text.as_bytes()) {
                    Ok(written) => Event::TextWritten(written),
                    Err(error) => Event::Problem(format!("{}: {error}; it was not written", path.display())),
                });
            }),
            Command::Save(document, project, path, expected) => self.file_task("saved", move || {
                tell.of(
                    document,
                    match save_expected(&project, &path, expected) {
                        Ok(stamp) => OfDocument::Saved(path, project, stamp),
                        Err(FileError::Changed { .. } | FileError::Taken { .. }) => {
                            OfDocument::NotExpected(path, expected)
                        }
                        Err(error) => OfDocument::NotSaved(error.to_string()),
                    },
                );
            }),
            Command::SaveRecent(recent, folder) => self.file_task("saved", move || recent.save(&folder)),
            Command::Discard(recovered) => recovered.discard(),
            Command::OwnPresets(folder) => self.file_task("found", move || tell_presets(&folder, &tell)),
            Command::KeepPreset(preset, folder) => self.file_task("saved", move || {
                preset.save(&preset.file_in(&folder)).unwrap_or_else(|e| tell.tell(Event::Problem(e.to_string())));
                tell_presets(&folder, &tell);
            }),
            Command::RemovePreset(preset, folder) => self.file_task("removed", move || {
                let file = preset.file_in(&folder);
                if let Err(why) = std::fs::remove_file(&file) {
                    tell.tell(Event::Problem(format!("{}: it can't be removed: {why}", file.display())));
                }
                tell_presets(&folder, &tell);
            }),
            Command::LookAhead(asking, job) => self.ahead.start(asking, *job, self.exports.queue(), &tell),
            Command::StopLookingAhead => self.ahead.stop(),
            Command::QueueExports(asking, jobs) => {
                let (exports, to) = (self.exports.queue(), self.tell.clone());
                self.reading.spawn("exports", &tell, move || {
                    let queued = check_all(&jobs, &closing).and_then(|()| exports.add(jobs));
                    to.tell(Event::ExportsQueued(asking, queued));
                });
            }
            Command::Exports(command) => self.exports.queue().obey(command),
            Command::CancelJob(id) => self.jobs.cancel(Some(id)),
            Command::CancelJobs => self.jobs.cancel(None),
        }
    }

    fn file_task(&mut self, done: &str, task: impl FnOnce() + Send + 'static) {
        if !self.files.add(task) {
            self.tell
                .tell(Event::Problem(format!("nothing can be {done} now: the disk does not answer; try again later")));
        }
    }

    /// Queues what assets lack whose originals are there: a metadata call for each, and slow drives are slow there.
    fn look(&self, turn: Turn, assets: Vec<Arc<Asset>>) {
        let (tell, jobs, closing) = (self.tell.clone(), Arc::clone(&self.jobs), self.closing.clone());
        let all = move || {
            for asset in assets {
                if closing.is_cancelled() {
                    return;
                }
                let online = is_there(&asset);
                tell.tell(Event::OfAsset(turn, asset.id, News::Online(online)));
                if online {
                    jobs.prepare(turn, &asset);
                } else {
                    jobs.show_kept(turn, &asset);
                }
            }
        };
        if !self.looking.add(all) {
            self.tell.tell(Event::Problem("a drive does not answer; open the project again when it does".into()));
        }
    }

    /// Tells again whether originals are there.
    fn look_again(&self, assets: Vec<(Turn, Arc<Asset>)>) {
        let (tell, closing) = (self.tell.clone(), self.closing.clone());
        let all = move || {
            for (turn, asset) in assets.into_iter().take_while(|_| !closing.is_cancelled()) {
                tell.tell(Event::OfAsset(turn, asset.id, News::Online(is_there(&asset))));
            }
        };
        // a drive that does not answer was told of when it was looked for first
        let _ = self.looking.add(all);
    }
}

/// Looks at all that can be known of exports before they begin, which may be in the middle of the night.
fn check_all(jobs: &[ExportJob], closing: &Cancel) -> Result<(), String> {
    crate::media::init().map_err(|e| e.to_string())?;
    for job in jobs {
        if closing.is_cancelled() {
            return Err("the editor closes".into());
        }
        check(&job.project, &job.settings).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Tells the presets in a folder, and which files there are none.
fn tell_presets(folder: &Path, tell: &Tell) {
    let (presets, errors) = presets_in(folder);
    tell.tell(Event::OwnPresets(presets, errors.iter().map(ToString::to_string).collect()));
}

fn open(path: PathBuf, session: Option<&Session>) -> Opened {
    let path = std::path::absolute(&path).unwrap_or(path);
    if session.is_some_and(|session| session.is_open_elsewhere(&path)) {
        return Opened::Elsewhere(path);
    }
    match load_stamped(&path) {
        Ok((project, stamp)) => Opened::Project(path, Arc::new(project), stamp),
        Err(error) => Opened::Failed(error.to_string()),
    }
}

fn open_timeline(opening: Opening, path: PathBuf, tell: &Tell, closing: &Cancel) {
    let path = std::path::absolute(&path).unwrap_or(path);
    let options = AssembleOptions { skip_broken: true, ..AssembleOptions::default() };
    let opened = match read_timeline_until(closing, &path, options) {
        Ok((project, warnings)) => Opened::Timeline(path, Arc::new(project), warnings),
        Err(error) => Opened::Failed(error),
    };
    if !closing.is_cancelled() {
        tell.tell(Event::Opened(opening, opened));
    }
}

fn relink(document: DocumentId, asset: AssetId, path: &Path, tell: &Tell, closing: &Cancel) {
    match probe_until(closing, &[path.to_owned()]).into_iter().next() {
        Some(Ok(probed)) => tell.of(document, OfDocument::Relinked(asset, Box::new(probed.into_asset(path)))),
        Some(Err(MediaError::Cancelled)) | None => {}
        Some(Err(error)) => tell.tell(Event::Problem(error.to_string())),
    }
}

fn import(document: DocumentId, paths: &[PathBuf], place: Option<Place>, tell: &Tell, [closing, stop]: [&Cancel; 2]) {
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
    let news = |news| tell.of(document, OfDocument::Importing(news));
    news(ImportNews::Found(files.clone()));
    let reading = |path: &Path, found| tell.tell(Event::Reading(path.to_owned(), found));
    let mut placed = Vec::new();
    // in handfuls, so that a large folder appears bit by bit, and the first of it soon
    let (first, rest) = files.split_at(files.len().min(4));
    for handful in std::iter::once(first).chain(rest.chunks(16)).filter(|handful| !handful.is_empty()) {
        let found = |path: &Path, found| reading(path, Some(found));
        let done = |path: &Path| {
            reading(path, None);
            news(ImportNews::Probed);
        };
        let probed = if stop.is_cancelled() { Vec::new() } else { probe_watched(stop, handful, found, done) };
        let mut assets = Vec::new();
        for (path, result) in handful.iter().zip(probed) {
            match result {
                Ok(probed) => assets.push(probed.into_asset(path)),
                Err(MediaError::Cancelled) => {}
                Err(error) => tell.tell(Event::Problem(error.to_string())),
            }
        }
        if closing.is_cancelled() {
            return;
        }
        if place.is_some() {
            // all at once: they stand one behind the other
            placed.extend(assets);
        } else {
            if !assets.is_empty() {
                tell.of(document, OfDocument::Imported(assets, None));
            }
            news(ImportNews::Over(handful.to_vec()));
        }
    }
    if place.is_some() {
        if !placed.is_empty() {
            tell.of(document, OfDocument::Imported(placed, place));
        }
        news(ImportNews::Over(files));
    }
}
