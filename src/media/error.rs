//! What can go wrong with a media file, each with its remedy.

use crate::platform::whole_files::NotWritten;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is said of a file that is not the one that was imported.
pub const ANOTHER: &str = "the file is another one than when it was imported; relink it or import it again";

/// Why a media file can't be used.
#[derive(Debug, Error, Clone)]
pub enum MediaError {
    /// GStreamer itself is broken.
    #[error("GStreamer does not start: {0}; install the packages that `workprint doctor` names")]
    Start(String),
    /// The file can't be opened at all.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file is there, but is no media.
    #[error("{path}: not a media file ({why}); check that it is complete and not renamed", path = path.display())]
    NotMedia {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A plugin is missing.
    #[error("{path}: no decoder for {what}; install {package}", path = path.display())]
    MissingPlugin {
        /// Which file.
        path: PathBuf,
        /// The format.
        what: String,
        /// The package that has the plugin.
        package: String,
    },
    /// Decoding failed.
    #[error("{path}: {why}", path = path.display())]
    Decode {
        /// Which file.
        path: PathBuf,
        /// What GStreamer says.
        why: String,
    },
    /// It claims more than is read.
    #[error("{path}: {what}; {limit}; make a smaller copy of it with another program", path = path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What it claims.
        what: String,
        /// What is read at the most.
        limit: String,
    },
    /// The process that decoded it for the first time ended.
    #[error("{path}: {what}; it is damaged, or harmful: convert it with another program", path = path.display())]
    Crashed {
        /// Which file.
        path: PathBuf,
        /// What happened.
        what: String,
    },
    /// Another file lies there than the one that the project tells of.
    #[error("{path}: {ANOTHER}", path = path.display())]
    Another {
        /// Which file.
        path: PathBuf,
    },
    /// It took too long.
    #[error("{path}: gave no data for {seconds} s; it may be damaged or on a drive that hangs", path = path.display())]
    Stalled {
        /// Which file.
        path: PathBuf,
        /// The limit that passed.
        seconds: u64,
    },
    /// An element is missing or a pipeline could not be put together.
    #[error("{0}; `workprint doctor` names the package to install")]
    Element(String),
    /// A file can't be written.
    #[error("{path}: {why}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why, and what can be done about it.
        why: String,
    },
    /// An encoder, or what writes its packets, failed.
    #[error("{path}: {why}; try another preset, or choose another folder", path = path.display())]
    Encode {
        /// The file that it made.
        path: PathBuf,
        /// What GStreamer says.
        why: String,
    },
    /// A part of Workprint ended by a defect of its own.
    #[error("{0} stopped by a defect of Workprint; please report it with what it printed, and try again")]
    Defect(&'static str),
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
}

impl MediaError {
    pub(crate) fn file(path: &Path, why: &std::io::Error) -> Self {
        let why = match why.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
            _ => why.to_string(),
        };
        Self::File { path: path.to_owned(), why }
    }

    /// A file that can't be written.
    pub(crate) fn write(path: &Path, why: impl Into<NotWritten>) -> Self {
        Self::Write { path: path.to_owned(), why: why.into().to_string() }
    }

    /// The same error, about the file that people know, where it is about the temporary one that is written first.
    #[must_use]
    pub(crate) fn about(mut self, temporary: &Path, target: &Path) -> Self {
        match &mut self {
            Self::File { path, .. }
            | Self::NotMedia { path, .. }
            | Self::MissingPlugin { path, .. }
            | Self::Decode { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Crashed { path, .. }
            | Self::Another { path }
            | Self::Stalled { path, .. }
            | Self::Encode { path, .. }
            | Self::Write { path, .. } => {
                if path == temporary {
                    target.clone_into(path);
                }
            }
            Self::Start(_) | Self::Element(_) | Self::Defect(_) | Self::Cancelled => {}
        }
        self
    }
}
