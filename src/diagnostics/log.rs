//! The log as a file, and its last lines in memory.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file of log that has grown to this becomes the older one, whose place it takes.
const MOST_BYTES: u64 = 1 << 20;

/// Lines that a report of a crash has.
const LAST_LINES: usize = 100;

/// A longer line is cut in memory.
const LONGEST_LINE: usize = 2000;

/// Where the log is.
pub fn path_in(folder: &Path) -> PathBuf {
    folder.join("workprint.log")
}

/// Takes the log's lines, each by one call of `write`.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    file: Option<Rotated>,
    last: VecDeque<String>,
}

impl Log {
    /// Keeps it in a folder from now on. Several processes may keep theirs there; each line says when it was written.
    pub fn keep_in(&self, folder: &Path) {
        match Rotated::open(path_in(folder)) {
            Ok(file) => self.0.lock().unwrap_or_else(PoisonError::into_inner).file = Some(file),
            Err(error) => tracing::debug!("{}: the log is not kept: {error}", folder.display()),
        }
    }

    /// Its last lines; none while they are being written: who asks may have crashed in that.
    pub fn last(&self) -> String {
        self.0.try_lock().map_or_else(|_| String::new(), |lines| lines.last.iter().map(String::as_str).collect())
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut lines.file {
            // a full disk can't be logged
            let _ = file.write(line);
        }
        if lines.last.len() == LAST_LINES {
            lines.last.pop_front();
        }
        let mut text = String::from_utf8_lossy(&line[..line.len().min(LONGEST_LINE)]).into_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        lines.last.push_back(text);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that makes room for itself.
#[derive(Debug)]
struct Rotated {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Rotated {
    fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.bytes >= MOST_BYTES {
            // where another process has done so just now, its few lines become the older ones
            fs::rename(&self.path, self.path.with_extension("log.old"))?;
            *self = Self::open(std::mem::take(&mut self.path))?;
        }
        self.bytes += line.len() as u64;
        self.file.write_all(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_stays_small_and_its_end_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::default();
        log.write_all(b"before\n").unwrap();
        log.keep_in(folder.path());
        let line = format!("{}\n", "x".repeat(50_000));
        for _ in 0..100 {
            log.write_all(line.as_bytes()).unwrap();
        }
        log.write_all(b"the end\n").unwrap();
        let sizes: Vec<u64> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).collect();
        assert!(sizes.len() == 2 && sizes.iter().all(|size| *size <= MOST_BYTES + 50_001), "{sizes:?}");
        assert!(fs::read_to_string(path_in(folder.path())).unwrap().ends_with("\nthe end\n"));
        let last = log.last();
        assert!(last.ends_with("x\nthe end\n") && last.len() < LAST_LINES * (LONGEST_LINE + 1), "{}", last.len());
        assert_eq!(last.lines().count(), LAST_LINES);
    }

    #[test]
    fn without_a_folder_there_is_a_log_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut log = Log::default();
        log.keep_in(&file.join("below"));
        log.write_all(b"said\n").unwrap();
        assert_eq!(log.last(), "said\n");
    }
}
