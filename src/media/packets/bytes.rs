//! Bytes of a file by place, with little reading of what is passed over.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// What a demuxer can read from.
pub(super) trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// A file that is read here and there, mostly onwards.
pub(super) struct Bytes {
    reader: BufReader<Box<dyn Source>>,
    at: u64,
    len: u64,
    /// What the system said when it could not read on.
    failure: Option<String>,
}

impl Bytes {
    /// The bytes of a file.
    ///
    /// # Errors
    /// When it can't be opened or sought in.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Self::new(Box::new(File::open(path)?))
    }

    /// The bytes of anything.
    ///
    /// # Errors
    /// When it can't be sought in.
    pub fn new(mut source: Box<dyn Source>) -> std::io::Result<Self> {
        let len = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { reader: BufReader::with_capacity(BUFFER, source), at: 0, len, failure: None })
    }

    /// How many there were when the file was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Why some of them could not be read, though they are there: a drive that fails, or is gone.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Fills `to` with what lies at that place; `false` where there is not so much, or it can't be read.
    pub fn read(&mut self, at: u64, to: &mut [u8]) -> bool {
        let Some(end) = at.checked_add(to.len() as u64).filter(|end| *end <= self.len) else { return false };
        let (Ok(from), Ok(place)) = (i64::try_from(self.at), i64::try_from(at)) else { return false };
        let read = self.reader.seek_relative(place - from).and_then(|()| self.reader.read_exact(to));
        if let Err(error) = read {
            if error.kind() != ErrorKind::UnexpectedEof {
                self.failure.get_or_insert(error.to_string());
            }
            // where the reader stands now, nobody knows
            self.at = self.reader.stream_position().unwrap_or(0);
            return false;
        }
        self.at = end;
        true
    }

    /// So many bytes from there on, or as many as there are.
    pub fn some(&mut self, at: u64, most: usize) -> Vec<u8> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; most.min(left)];
        if !self.read(at, &mut bytes) {
            bytes.clear();
        }
        bytes
    }

    /// All of these bytes; `None` where the file ends before.
    pub fn all(&mut self, at: u64, count: usize) -> Option<Vec<u8>> {
        at.checked_add(count as u64).filter(|end| *end <= self.len)?;
        let mut bytes = vec![0; count];
        self.read(at, &mut bytes).then_some(bytes)
    }
}
