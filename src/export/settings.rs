//! What an export is asked for, what it tells, why there may be none, and what is checked before it starts.

use super::copying::Copying;
use super::delivery;
use super::hardware::EncoderChoice;
use super::presets::Preset;
use crate::media::MediaError;
use crate::model::{Asset, Frame, FrameCount, Project, Span};
use crate::platform::whole_files::{self, NotWritten};
use crate::render::{Sources, Warning};
use bytesize::ByteSize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// What is exported, where to and how.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportSettings {
    /// The file to make.
    pub path: PathBuf,
    /// The encoder's settings.
    pub preset: Preset,
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
    /// The most bytes that the file may have; as many as it takes when none is given.
    pub max_size: Option<u64>,
    /// Whether pictures that nobody touched are copied. What must not pass a size is encoded.
    pub copying: Copying,
    /// Which encoder makes its pictures.
    pub encoder: EncoderChoice,
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
    /// The film may find no room; the export goes on.
    LittleRoom {
        /// Where it is written.
        folder: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// A rough guess of the file's size in bytes.
        size: u64,
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
    /// How many of their pictures were copied; the others were encoded.
    pub copied: i64,
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
    /// By how many bytes it took more than its budget; 0 where it kept to it.
    pub over_budget: u64,
    /// What was done to keep to a size, each in one line.
    pub notes: Vec<String>,
}

impl ExportSummary {
    /// "with a warning", "with 3 warnings, 12 MiB over its memory budget"; `None` where there is nothing to say.
    #[must_use]
    pub fn remarks(&self) -> Option<String> {
        let warnings = match self.warnings {
            0 => None,
            1 => Some("with a warning".to_owned()),
            n => Some(format!("with {n} warnings")),
        };
        let remarks: Vec<String> = warnings.into_iter().chain(self.over()).collect();
        (!remarks.is_empty()).then(|| remarks.join(", "))
    }

    /// "12 MiB over its memory budget", where it was.
    #[must_use]
    pub fn over(&self) -> Option<String> {
        (self.over_budget > 0).then(|| format!("{} over its memory budget", in_mib(self.over_budget)))
    }
}

/// Bytes as whole mebibytes, rounded up, as budgets are written.
fn in_mib(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// Bytes as sizes of files are written, with their unit: rounded up, so that what is named does.
fn in_si(bytes: u64) -> String {
    let digits = bytes.max(1).ilog10();
    let unit = 10_u64.pow(digits.saturating_sub(2));
    ByteSize(bytes.div_ceil(unit) * unit).display().si().to_string()
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
    /// Nothing can be written there.
    #[error("{path}: {why}", path = path.display())]
    Target {
        /// The target.
        path: PathBuf,
        /// Why.
        why: NotWritten,
    },
    /// The film is whole, but could not be given its name.
    #[error("{path}: {why}; the finished film is whole and kept as {kept}", path = path.display(), kept = kept.display())]
    Kept {
        /// The target.
        path: PathBuf,
        /// Why it is not there.
        why: NotWritten,
        /// Where it is.
        kept: PathBuf,
    },
    /// The target is one of the sources.
    #[error("{path}: this is one of the project's own media files; choose another name", path = .0.display())]
    IsSource(PathBuf),
    /// The extension says something else than the preset makes.
    #[error("{path}: the preset '{preset}' makes .{extension} files; name it so", path = path.display())]
    Extension {
        /// The target.
        path: PathBuf,
        /// The preset.
        preset: String,
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
    #[error(
        "a memory budget of {} is too small for this export; the least that would do is {}",
        in_mib(*budget),
        in_mib(*least)
    )]
    Budget {
        /// What was allowed, in bytes.
        budget: u64,
        /// What is needed, in bytes.
        least: u64,
    },
    /// No film of that length fits.
    #[error(
        "{} is too small for {seconds:.0} s of film; the least that would do is {}; allow more, or export a shorter range",
        in_si(*most),
        in_si(*least)
    )]
    Size {
        /// What was allowed, in bytes.
        most: u64,
        /// What is needed, in bytes.
        least: u64,
        /// The film's length.
        seconds: f64,
    },
    /// There can be no such film.
    #[error("there can be no such film: {0}")]
    Impossible(String),
    /// The preset can't be held to a size.
    #[error("the preset '{0}' can't be held to a size; use 'h264'")]
    NoSize(String),
    /// The encoder did not keep to a size, whatever it was told.
    #[error("{path}: the encoder did not keep to {}; allow more, or export a shorter range", in_si(*most), path = path.display())]
    NotHeld {
        /// The target.
        path: PathBuf,
        /// What was allowed, in bytes.
        most: u64,
    },
    /// The encoder is not installed.
    #[error("the preset '{preset}' needs {element}; install {package}")]
    Missing {
        /// The preset.
        preset: String,
        /// GStreamer's element.
        element: &'static str,
        /// What to install.
        package: &'static str,
    },
    /// A hardware encoder that was asked for can't be used.
    #[error("{element} can't be used: {why}; choose 'fast' or 'software' as the encoder")]
    Encoder {
        /// GStreamer's element.
        element: String,
        /// Why not.
        why: String,
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

impl ExportEvent {
    /// What is said of too little room.
    #[must_use]
    pub fn little_room(folder: &Path, free: u64, size: u64) -> String {
        let si = |bytes: u64| ByteSize(bytes).display().si().to_string();
        format!(
            "{}: {} are free there, and the film may take about {}; free some space there or choose another folder",
            folder.display(),
            si(free),
            si(size)
        )
    }
}

impl ExportError {
    /// Where a film lies that was finished, or nearly, and is not under its name.
    #[must_use]
    pub fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept { kept, .. } => Some(kept),
            Self::Check { kept, .. } => kept.as_deref(),
            _ => None,
        }
    }

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

/// Checks all that can be known before the start; gives the span to render. It looks at files, which may take a while on slow
/// drives. GStreamer must have been started.
///
/// # Errors
/// [`ExportError`]: why there can be no such export.
pub fn check(project: &Project, settings: &ExportSettings) -> Result<Span, ExportError> {
    let span = span_of(project, settings)?;
    for check in CHECKS {
        check(project, settings)?;
    }
    match offline(project, span).next() {
        Some(error) => Err(error),
        None => Ok(span),
    }
}

/// All that stands against an export, as far as [`check`] looks; the span, if there is one.
pub(super) fn problems(project: &Project, settings: &ExportSettings) -> (Option<Span>, Vec<ExportError>) {
    let mut found: Vec<ExportError> = CHECKS.into_iter().filter_map(|check| check(project, settings).err()).collect();
    match span_of(project, settings) {
        Ok(span) => {
            found.extend(offline(project, span));
            (Some(span), found)
        }
        Err(error) => {
            found.push(error);
            (None, found)
        }
    }
}

/// What is looked at beside the span and its media.
const CHECKS: [Check; 3] = [target_can_be, name_is_right, name_is_free];

type Check = fn(&Project, &ExportSettings) -> Result<(), ExportError>;

/// The frames that are asked for.
fn span_of(project: &Project, settings: &ExportSettings) -> Result<Span, ExportError> {
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
    Ok(span)
}

/// Whether there is such a film, and what makes it.
fn target_can_be(_: &Project, settings: &ExportSettings) -> Result<(), ExportError> {
    settings.preset.target.check().map_err(ExportError::Impossible)?;
    if let Some(plugin) = settings.preset.missing().first() {
        let (element, package) = (plugin.element, plugin.package);
        return Err(ExportError::Missing { preset: settings.preset.name.clone(), element, package });
    }
    Ok(())
}

/// Whether the name is that of such a file, and of no source.
fn name_is_right(project: &Project, settings: &ExportSettings) -> Result<(), ExportError> {
    let path = &settings.path;
    let extension = settings.preset.target.extension();
    let folder = settings.preset.target.is_folder();
    if path.is_dir() && !folder {
        return Err(delivery::target(settings, NotWritten::IsFolder));
    }
    if !folder && !path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)) {
        return Err(ExportError::Extension { path: path.clone(), preset: settings.preset.name.clone(), extension });
    }
    let same = |a: &Path| a.canonicalize().ok().is_some_and(|a| path.canonicalize().ok() == Some(a));
    if project.assets.values().any(|a| same(&a.path)) {
        return Err(ExportError::IsSource(path.clone()));
    }
    Ok(())
}

/// Whether a file can be written under that name.
fn name_is_free(_: &Project, settings: &ExportSettings) -> Result<(), ExportError> {
    if settings.preset.target.is_folder() || settings.path.is_dir() {
        return Ok(());
    }
    whole_files::check(&settings.path, delivery::existing(settings)).map_err(|why| delivery::target(settings, why))
}

/// The originals of a span that are not there.
fn offline(project: &Project, span: Span) -> impl Iterator<Item = ExportError> {
    let sources = Sources::of(project, span, None);
    let gone = |a: &&Arc<Asset>| !crate::media::is_there(a);
    let gone: Vec<Arc<Asset>> = sources.assets().filter(gone).map(Arc::clone).collect();
    gone.into_iter().map(|asset| ExportError::Offline { path: asset.path.clone(), name: asset.name.clone() })
}
