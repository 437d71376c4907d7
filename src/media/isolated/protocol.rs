//! What a helper is asked, and what it answers: lines of JSON over its standard input and output; pixels and peaks
//! follow their line as they are.

use super::super::error::MediaError;
use super::super::filmstrip::StripId;
use super::super::packets::Found;
use super::super::proxy_parts::Part;
use crate::model::{Asset, MediaInfo, SourceTime};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// A longer line is no answer.
const LONGEST_LINE: u64 = 16 << 20;

/// More bytes after a line are no answer: a sheet of thumbnails has 3 MB, a day of peaks 9.
const MOST_BYTES: u64 = 256 << 20;

/// What a helper may touch: the first line that it is sent.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
pub(super) struct Doors {
    /// Files and folders to be read.
    pub read: Vec<OsString>,
    /// Folders to be written in.
    pub write: Vec<OsString>,
}

/// What is to be done.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum Request {
    /// What is in the file.
    Probe(OsString),
    /// One picture for the bin.
    Poster(File),
    /// Pictures for the timeline: of the proxy, where there is one.
    Thumbnails(File, Option<OsString>),
    /// Finer pictures of a stretch: of these parts of the proxy, and of the file itself where there is none.
    Strip(File, StripId, Vec<(OsString, Part)>),
    /// The loudness of a sound stream.
    Peaks(File, u32),
    /// A part of a proxy, written to that file, with so many threads.
    Proxy(File, Part, OsString, u32),
}

/// An asset; its path is apart, since it need not be text.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct File {
    asset: Asset,
    path: OsString,
}

impl File {
    pub fn new(asset: &Asset) -> Self {
        Self { asset: Asset { path: PathBuf::new(), ..asset.clone() }, path: asset.path.clone().into() }
    }

    pub fn asset(self) -> Asset {
        Asset { path: self.path.into(), ..self.asset }
    }
}

/// A line of an answer. All but [`Answer::Progress`] and [`Answer::Found`] are the last.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum Answer {
    /// It goes on; how far it is, from 0 to 1.
    Progress(f32),
    /// A file is read whose length is not known yet; how far it is.
    Found(Found),
    /// What is in the file.
    Info(Box<MediaInfo>),
    /// A sheet of thumbnails: width and height of one, how many, where they begin, the time between them; so many bytes of
    /// pixels follow.
    Sheet { width: u32, height: u32, count: u32, from: SourceTime, every: SourceTime, bytes: u64 },
    /// So many bytes of peaks follow.
    Peaks { bytes: u64 },
    /// It is written.
    Written,
    /// It can't be done.
    Failed(Failure),
}

impl Answer {
    /// Bytes that follow the line.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Sheet { bytes, .. } | Self::Peaks { bytes } => *bytes,
            _ => 0,
        }
    }
}

/// An error about the file of the request, or about the one that is written.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum Failure {
    File(String),
    NotMedia(String),
    MissingPlugin(String, String),
    Decode(String),
    Stalled(u64),
    TooLarge(String, String),
    Write(OsString, String),
    Encode(OsString, String),
    Element(String),
    Start(String),
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::File { why, .. } => Self::File(why),
            MediaError::NotMedia { why, .. } => Self::NotMedia(why),
            MediaError::MissingPlugin { what, package, .. } => Self::MissingPlugin(what, package),
            MediaError::Decode { why, .. } => Self::Decode(why),
            MediaError::Stalled { seconds, .. } => Self::Stalled(seconds),
            MediaError::TooLarge { what, limit, .. } => Self::TooLarge(what, limit),
            MediaError::Write { path, why } => Self::Write(path.into(), why),
            MediaError::Encode { path, why } => Self::Encode(path.into(), why),
            MediaError::Start(why) => Self::Start(why),
            other => Self::Element(other.to_string()),
        }
    }
}

impl Failure {
    /// The error, about that file.
    pub fn about(self, path: &Path) -> MediaError {
        let path = path.to_owned();
        match self {
            Self::File(why) => MediaError::File { path, why },
            Self::NotMedia(why) => MediaError::NotMedia { path, why },
            Self::MissingPlugin(what, package) => MediaError::MissingPlugin { path, what, package },
            Self::Decode(why) => MediaError::Decode { path, why },
            Self::Stalled(seconds) => MediaError::Stalled { path, seconds },
            Self::TooLarge(what, limit) => MediaError::TooLarge { path, what, limit },
            Self::Write(target, why) => MediaError::Write { path: target.into(), why },
            Self::Encode(target, why) => MediaError::Encode { path: target.into(), why },
            Self::Element(why) => MediaError::Element(why),
            Self::Start(why) => MediaError::Start(why),
        }
    }
}

/// The next answer and the bytes that belong to it, `None` where there is none or nonsense.
pub(super) fn read_answer(from: &mut impl BufRead) -> Option<(Answer, Vec<u8>)> {
    let mut line = Vec::new();
    from.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    let answer: Answer = serde_json::from_slice(&line).ok()?;
    let mut bytes = Vec::new();
    let announced = answer.bytes();
    if announced > MOST_BYTES {
        return None;
    }
    from.take(announced).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == announced).then_some((answer, bytes))
}
