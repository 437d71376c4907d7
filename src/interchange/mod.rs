//! Other people's formats, in and out: cut lists in CSV, OpenTimelineIO, CMX3600 edit lists, and chapter lists out.
//!
//! Never opens media: what is in the files is handed in. What a format can't say is left out with a warning; what
//! is read is consistent, or refused with the line or the place that is wrong.

mod chapters;
mod cut_list;
mod edl;
mod otio;
mod otio_values;
mod outline;

pub use chapters::chapters;
pub use cut_list::{AssembleError, AssembleOptions, BadRow, Cut, CutListError, Source, assemble, read_cut_list};
pub use edl::{read_edl, write_edl};
pub use otio::{read_otio, write_otio};
pub use outline::{Outline, OutlineClip, OutlineTrack, build};

use std::path::Path;
use thiserror::Error;

/// Why a timeline can't be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InterchangeError {
    /// It is no such file.
    #[error("not {format}: {why}")]
    Format {
        /// What it should be.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A line is wrong.
    #[error("line {line}: {why}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// What is in it can't be a timeline.
    #[error("{0}")]
    Content(String),
}

/// The formats that timelines are exchanged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimelineFormat {
    /// OpenTimelineIO's JSON.
    Otio,
    /// CMX3600 edit decision list.
    Edl,
    /// A list of chapters for a video's description.
    Chapters,
}

impl TimelineFormat {
    /// The format that a file's name says.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_string_lossy().to_lowercase().as_str() {
            "otio" => Some(Self::Otio),
            "edl" => Some(Self::Edl),
            "txt" => Some(Self::Chapters),
            _ => None,
        }
    }
}
