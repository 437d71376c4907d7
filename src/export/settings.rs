//! What an export is asked for, what it tells, why there may be none, and what is checked before it starts.

use super::presets::Preset;
use crate::media::MediaError;
use crate::model::{Frame, FrameCount, Project, Span};
use crate::render::{Sources, Warning};
use bytesize::ByteSize;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is exported, where to and how.
#[derive(Clone, Debug)]
pub struct ExportSettings {
    /// The file to make.
    pub path: PathBuf,
    /// The encoder's settings.
    pub preset: &'static Preset,
    /// Which frames; all when none is given.
    pub range: Option<Span>,
    /// Resident memory that must not be passed, in bytes: of the whole process, without [`Self::own_memory`].
    pub budget: u64,
    /// Resident memory that the process had before, for other things than this export; 0 headless.
    pub own_memory: u64,
    /// Cores that may be used.
    pub cores: usize,
    /// Whether a file of that name is replaced.
    pub overwrite: bool,
}

/// What an export tells while it runs.
#[derive(Clone, Debug)]
pub enum ExportEvent {
    /// What was chosen, before anything is written.
    Planned {
        /// Frames to render.
        frames: i64,
        /// The budget in bytes.
        budget: u64,
        /// The expected peak in bytes.
        predicted_peak: u64,
        /// A rough guess of the file's size in bytes.
        predicted_size: u64,
        /// The encoder and its settings, in words.
        encoder: String,
    },
    /// How far it is; at least once a second.
    Progress {
        /// Seconds since it began.
        seconds: f64,
        /// Frames done.
        frame: i64,
        /// Frames in all.
        frames: i64,
        /// Frames a second, lately.
        fps: f64,
        /// Seconds left.
        eta: f64,
        /// Resident memory in bytes.
        rss: u64,
        /// The budget in bytes.
        budget: u64,
    },
    /// Something is wrong with a clip; the export goes on.
    Warning(Warning),
}

/// What an export did.
#[derive(Clone, Debug)]
pub struct ExportSummary {
    /// The file.
    pub path: PathBuf,
    /// Frames in it.
    pub frames: i64,
    /// Seconds it took.
    pub seconds: f64,
    /// The process' highest resident memory in bytes, during the export where the system tells that (Linux), else
    /// ever.
    pub peak_rss: u64,
    /// The file's size in bytes.
    pub size: u64,
    /// How many warnings there were.
    pub warnings: usize,
    /// How many of them tell of something that was asked for and is not in the film, or is of another file.
    pub lacking: usize,
}

impl ExportSummary {
    /// "with a warning", "with 3 warnings"; `None` without any.
    #[must_use]
    pub fn with_warnings(&self) -> Option<String> {
        match self.warnings {
            0 => None,
            1 => Some("with a warning".to_owned()),
            n => Some(format!("with {n} warnings")),
        }
    }
}

/// Why there is no export.
#[derive(Debug, Error)]
pub enum ExportError {
    /// Nothing on the timeline, or in the range.
    #[error("there is nothing to export: the {0} is empty")]
    Empty(&'static str),
    /// The range is not on the timeline.
    #[error("the range {0}..{1} does not lie on the timeline of {2} frames")]
    Range(i64, i64, i64),
    /// The folder is missing.
    #[error("{path}: there is no such folder; make it or choose another", path = .0.display())]
    NoFolder(PathBuf),
    /// The target is a folder.
    #[error("{path}: this is a folder; give the file a name", path = .0.display())]
    IsFolder(PathBuf),
    /// There is a file already.
    #[error("{path}: there is a file already; choose another name or allow overwriting", path = .0.display())]
    Exists(PathBuf),
    /// The target is one of the sources.
    #[error("{path}: this is one of the project's own media files; choose another name", path = .0.display())]
    IsSource(PathBuf),
    /// The extension says something else than the preset makes.
    #[error("{path}: the preset '{preset}' makes .{extension} files; name it so", path = path.display())]
    Extension {
        /// The target.
        path: PathBuf,
        /// The preset.
        preset: &'static str,
        /// What it should end with.
        extension: &'static str,
    },
    /// An original is missing.
    #[error("{path}: the original is missing; relink '{name}' or take it off the timeline", path = path.display())]
    Offline {
        /// Where it should be.
        path: PathBuf,
        /// The asset's name.
        name: String,
    },
    /// The budget is too small.
    #[error("a memory budget of {budget} is too small for this export; the least that would do is {least}")]
    Budget {
        /// What was allowed.
        budget: ByteSize,
        /// What is needed.
        least: ByteSize,
    },
    /// The encoder is not installed.
    #[error("the preset '{preset}' needs {element}; install {package}")]
    Missing {
        /// The preset.
        preset: &'static str,
        /// GStreamer's element.
        element: &'static str,
        /// What to install.
        package: &'static str,
    },
    /// The finished file is not as it should be.
    #[error(
        "{path}: the finished file failed its check: {why}; {remedy}",
        path = path.display(),
        remedy = kept.as_ref().map_or_else(
            || "please report it and try another preset".to_owned(),
            |kept| format!("it is kept as {}; please report it and try another preset", kept.display()),
        )
    )]
    Check {
        /// The target, which is as it was.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// Where the file is kept.
        kept: Option<PathBuf>,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl ExportError {
    /// Whether the user stopped it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Media(MediaError::Cancelled))
    }
}

/// The folder that a file lies in or is to lie in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned()
}

/// Checks all that can be known before the start; gives the span to render.
pub(super) fn check(project: &Project, settings: &ExportSettings) -> Result<Span, ExportError> {
    let whole = project.sequence().span();
    if whole.length == FrameCount::ZERO {
        return Err(ExportError::Empty("timeline"));
    }
    let span = settings.range.unwrap_or(whole);
    if span.length <= FrameCount::ZERO {
        return Err(ExportError::Empty("range"));
    }
    if span.start < Frame::ZERO || span.end() > whole.end() {
        return Err(ExportError::Range(span.start.0, span.end().0, whole.length.0));
    }
    if let Some(plugin) = settings.preset.missing().first() {
        let (element, package) = (plugin.element, plugin.package);
        return Err(ExportError::Missing { preset: settings.preset.name, element, package });
    }
    let path = &settings.path;
    if !folder_of(path).is_dir() {
        return Err(ExportError::NoFolder(folder_of(path)));
    }
    if path.is_dir() || path.file_name().is_none() {
        return Err(ExportError::IsFolder(path.clone()));
    }
    let extension = settings.preset.container.extension();
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)) {
        return Err(ExportError::Extension { path: path.clone(), preset: settings.preset.name, extension });
    }
    let same = |a: &Path| a.canonicalize().ok().is_some_and(|a| path.canonicalize().ok() == Some(a));
    if project.assets.values().any(|a| same(&a.path)) {
        return Err(ExportError::IsSource(path.clone()));
    }
    if path.exists() && !settings.overwrite {
        return Err(ExportError::Exists(path.clone()));
    }
    for asset in Sources::of(project, span, None).assets() {
        if !crate::media::is_there(asset) {
            return Err(ExportError::Offline { path: asset.path.clone(), name: asset.name.clone() });
        }
    }
    Ok(span)
}
