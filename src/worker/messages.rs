//! What the worker is told and what it tells. Plain data: no widgets, no pipelines.
//!
//! What is told of a document, an opening or a run carries its name: an answer about one that is gone is for nobody.

use super::ahead::Ahead;
use super::queue::{ExportJob, QueueCommand, QueueStatus};
use super::runs::RunNews;
use crate::export::Preset;
use crate::media::{Found, StripId, ThumbnailSheet, Waveform};
use crate::model::{Asset, AssetId, Frame, Project, TrackId};
use crate::project_file::{Expected, Recent, Recovered, Stamp};
use std::path::PathBuf;
use std::sync::Arc;

/// Names one document of an editor: made anew when another takes its place, and never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DocumentId(pub u64);

/// Names one asking for a document to be opened: only the last one that was asked for is wanted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Opening(pub u64);

/// Names one asking for exports to be queued, or to be looked into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Asking(pub u64);

/// Names one run of an export.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RunId(pub u64);

/// The tracks that media are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Onto {
    /// Those that are the targets.
    Targets,
    /// This one, and its counterpart of the other kind.
    Track(TrackId),
    /// New ones, above the pictures' and below the sounds'.
    New,
}

/// The tracks and the frame that media are imported for.
pub type Place = (Onto, Frame);

/// A state of a document that is to outlive a crash.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The project.
    pub project: Arc<Project>,
    /// Where it was saved last, if it was.
    pub path: Option<PathBuf>,
    /// What lay there when it was read or saved here.
    pub on_disk: Option<Stamp>,
}

/// What the editor asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Finds out what is in files, and in folders' files, for a document, in handfuls; with a place, which comes back with
    /// them, all at once.
    Import(DocumentId, Vec<PathBuf>, Option<Place>),
    /// Stop all imports; what they have told stays.
    CancelImport,
    /// Look again whether the originals of assets are there, and only that.
    LookAgain(Vec<(Turn, Arc<Asset>)>),
    /// Open a file or a folder with the program that the system has for it.
    OpenOutside(PathBuf),
    /// Finds out what is in the file that takes an asset's place.
    Relink(DocumentId, AssetId, PathBuf),
    /// Checks which assets' originals are there, and makes what is missing of proxies, thumbnails and
    /// waveforms. Turns are never used again, in any document.
    Prepare(Turn, Vec<Arc<Asset>>),
    /// Says what is looked at: the project's open sequence, and where its playhead stands. What is seen there is made
    /// first, and what the project uses is kept in the cache.
    Look(Arc<Project>, Frame),
    /// Makes these strips of finer thumbnails, and no others that were asked for before.
    Strips(Vec<(Turn, Arc<Asset>, StripId)>),
    /// Opens a project; one that another editor has open only if `true`.
    Open(Opening, PathBuf, bool),
    /// Makes a project of another program's timeline.
    OpenTimeline(Opening, PathBuf),
    /// Tells other editors which project is open here.
    NoteOpen(Option<PathBuf>),
    /// Writes the timeline for other programs.
    WriteTimeline(Arc<Project>, PathBuf),
    /// Writes an export's report to a file of that name, or with a number behind it where there is one.
    WriteReport(String, PathBuf),
    /// Saves a document, if what is there is what is expected.
    Save(DocumentId, Arc<Project>, PathBuf, Expected),
    /// Writes the list of recent projects into a settings folder.
    SaveRecent(Recent, PathBuf),
    /// Removes what a crash left behind.
    Discard(Box<Recovered>),
    /// Finds people's own presets in a folder.
    OwnPresets(PathBuf),
    /// Writes a preset into that folder, over the one of that name, and finds all again.
    KeepPreset(Box<Preset>, PathBuf),
    /// Removes a preset from that folder, and finds all again.
    RemovePreset(Box<Preset>, PathBuf),
    /// Finds out what stands against an export and what it takes, and stops looking into the one before.
    LookAhead(Asking, Box<ExportJob>),
    /// Stops that.
    StopLookingAhead,
    /// Adds exports to the queue, if nothing is known that stands against any of them.
    QueueExports(Asking, Vec<ExportJob>),
    /// Does something with the queue of exports.
    Exports(QueueCommand),
    /// Stops a job, or drops it from the queue.
    CancelJob(JobId),
    /// Stops and drops all jobs.
    CancelJobs,
}

/// Names one asking for what assets lack. Ids of assets mean another file after a project was opened or an asset relinked:
/// what is told of an earlier turn is about what is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Turn(pub u64);

/// Names a job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct JobId(pub u64);

/// What a job makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum JobKind {
    /// One picture for the bin.
    Poster,
    /// Whether its file is the one that was imported, and has a proxy.
    Check,
    /// Pictures for the timeline.
    Thumbnails,
    /// Finer ones of a stretch.
    Strip(StripId),
    /// Loudness for the timeline.
    Waveform,
    /// A light copy to cut with.
    Proxy,
}

/// A job as the status bar shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct JobStatus {
    /// Its name.
    pub id: JobId,
    /// What it makes.
    pub kind: JobKind,
    /// The asset's name.
    pub asset: String,
    /// 0 to 1; `None` while it waits.
    pub progress: Option<f32>,
}

/// What is known of an asset.
#[derive(Clone, Debug)]
pub enum News {
    /// Its original is there, or is not.
    Online(bool),
    /// Its original is another file than the one that was imported, or is that one.
    Replaced(bool),
    /// So much of its proxy is there, from 0 to 1, and serves.
    Proxy(f32),
    /// Its picture for the bin.
    Poster(Arc<ThumbnailSheet>),
    /// Its pictures for the timeline.
    Thumbnails(Arc<ThumbnailSheet>),
    /// Finer pictures of a stretch, and whether no better ones will come.
    Strip(StripId, Arc<ThumbnailSheet>, bool),
    /// The loudness of its first sound stream.
    Waveform(Arc<Waveform>),
}

/// What became of an opening.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A project.
    Project(PathBuf, Arc<Project>, Stamp),
    /// A project of another program's timeline, and what had to be left out of it.
    Timeline(PathBuf, Arc<Project>, Vec<String>),
    /// Another editor has it open; nothing was read.
    Elsewhere(PathBuf),
    /// Why it can't be opened, in one line for people to read.
    Failed(String),
}

/// What is new of an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportNews {
    /// So many files are looked into now.
    Found(Vec<PathBuf>),
    /// One more of them was looked into.
    Probed,
    /// These are over: told as media before, or no media, or not looked into any more.
    Over(Vec<PathBuf>),
}

/// What became of what was asked for a document.
#[derive(Clone, Debug)]
pub enum OfDocument {
    /// Media were found; ids are yet to be given. They were imported for that place.
    Imported(Vec<Asset>, Option<Place>),
    /// How far an import is.
    Importing(ImportNews),
    /// A file for an asset was found.
    Relinked(AssetId, Box<Asset>),
    /// It was saved as it was then.
    Saved(PathBuf, Arc<Project>, Stamp),
    /// Something else lies under its name than what was expected.
    NotExpected(PathBuf, Expected),
    /// It was not saved, and why, in one line for people to read.
    NotSaved(String),
}

/// What the worker tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// About a document; whoever has another one by now does not use it.
    OfDocument(DocumentId, OfDocument),
    /// An opening has ended.
    Opened(Opening, Opened),
    /// A file that is brought in must be read to its end; how far that is, or that it is over.
    Reading(PathBuf, Option<Found>),
    /// The timeline was written for other programs; what the format can't say.
    TimelineWritten(PathBuf, Vec<String>),
    /// A text was written.
    TextWritten(PathBuf),
    /// What crashes left behind.
    Recoverable(Vec<Recovered>),
    /// Something is known of an asset that was asked for in that turn.
    OfAsset(Turn, AssetId, News),
    /// The jobs that run or wait have changed. Only the latest list is told.
    Jobs(Vec<JobStatus>),
    /// People's own presets, and why files are none, each in one line for people to read.
    OwnPresets(Vec<Preset>, Vec<String>),
    /// Something is known of the export that was to be looked into.
    LookedAhead(Asking, Ahead),
    /// The exports that were asked for are queued; or none is, and why, in one line for people to read.
    ExportsQueued(Asking, Result<(), String>),
    /// The queue of exports has changed. Only the latest is told.
    Exports(QueueStatus),
    /// What is new of a run since it was last asked for.
    OfRun(RunId, Box<RunNews>),
    /// Autosaves fail, in one line for people to read; it is tried on.
    NotKept(String),
    /// An autosave worked again.
    KeptAgain,
    /// Something went wrong, in one line for people to read.
    Problem(String),
}
