//! What the worker is told and what it tells. Plain data: no widgets, no pipelines.

use crate::export::{ExportEvent, ExportSettings, ExportSummary};
use crate::media::{ThumbnailSheet, Waveform};
use crate::model::{Asset, AssetId, Project};
use crate::project_file::{Recent, Recovered};
use std::path::PathBuf;
use std::sync::Arc;

/// What the editor asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Finds out what is in files, and in folders' files.
    Import(Vec<PathBuf>),
    /// Finds out what is in the file that takes an asset's place.
    Relink(AssetId, PathBuf),
    /// Checks which assets' originals are there, and makes what is missing of proxies, thumbnails and
    /// waveforms.
    Prepare(Turn, Vec<Arc<Asset>>),
    /// Opens a project.
    Open(PathBuf),
    /// Makes a project of another program's timeline.
    OpenTimeline(PathBuf),
    /// Writes the timeline for other programs.
    WriteTimeline(Arc<Project>, PathBuf),
    /// Writes an export's report to a file of that name, or with a number behind it where there is one.
    WriteReport(String, PathBuf),
    /// Saves a project.
    Save(Arc<Project>, PathBuf),
    /// Writes the autosave; the path is where the project was saved last.
    Autosave(Arc<Project>, Option<PathBuf>),
    /// Forgets the autosave.
    ForgetAutosave,
    /// Writes the list of recent projects into a settings folder.
    SaveRecent(Recent, PathBuf),
    /// Removes what a crash left behind.
    Discard(Box<Recovered>),
    /// Exports a project.
    Export(Arc<Project>, Box<ExportSettings>),
    /// Stops the export.
    CancelExport,
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
    /// It has a proxy.
    Proxy,
    /// Its picture for the bin.
    Poster(Arc<ThumbnailSheet>),
    /// Its pictures for the timeline.
    Thumbnails(Arc<ThumbnailSheet>),
    /// The loudness of its first sound stream.
    Waveform(Arc<Waveform>),
}

/// What the worker tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// Media were found; ids are yet to be given.
    Imported(Vec<Asset>),
    /// A file for an asset was found.
    Relinked(AssetId, Box<Asset>),
    /// A project was opened.
    Opened(PathBuf, Box<Project>),
    /// A project was made of another program's timeline; what had to be left out of it.
    TimelineOpened(PathBuf, Box<Project>, Vec<String>),
    /// The timeline was written for other programs; what the format can't say.
    TimelineWritten(PathBuf, Vec<String>),
    /// A text was written.
    TextWritten(PathBuf),
    /// A project was saved as it was then.
    Saved(PathBuf, Arc<Project>),
    /// What crashes left behind.
    Recoverable(Vec<Recovered>),
    /// Something is known of an asset that was asked for in that turn.
    OfAsset(Turn, AssetId, News),
    /// The jobs that run or wait have changed.
    Jobs(Vec<JobStatus>),
    /// How the export goes on.
    Export(ExportEvent),
    /// The export is done.
    Exported(ExportSummary),
    /// The export ended without a file; `true` when it was cancelled.
    ExportFailed(String, bool),
    /// Something went wrong, in one line for people to read.
    Problem(String),
}
