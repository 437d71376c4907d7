//! Whether a file is still the one that was read or written last: the last writer must not win in silence.
//!
//! What counts is the content, by its hash. Times and numbers of files say less: copies that other programs make keep
//! their times, network drives round them, a `touch` changes nothing, and every writer that renames changes the number
//! (as does this one). A project is small beside what saving it costs: 40 MB of it are hashed in some 20 ms.

use super::{FileError, MOST_BYTES, folder_of, write_whole};
use crate::platform::input::{open_regular, read_text};
use crate::platform::running::is_still;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another writer of the same file or folder is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks whether it is done.
const PAUSE: Duration = Duration::from_millis(2);

/// What a file held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp(blake3::Hash);

impl Stamp {
    /// The stamp of that content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(blake3::hash(content))
    }

    pub(super) fn to_hex(self) -> String {
        self.0.to_hex().to_string()
    }

    pub(super) fn from_hex(hex: &str) -> Option<Self> {
        blake3::Hash::from_hex(hex).ok().map(Self)
    }
}

/// What a save expects under its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Whatever is there may be replaced: somebody was asked.
    Anything,
    /// No file.
    Nothing,
    /// What was read or written last. If it was removed meanwhile, nothing is lost by writing it again.
    Content(Stamp),
}

/// Writes a file whole, if what is there is what is expected. From the look to the rename other savers of this program wait,
/// where there are locks.
///
/// # Errors
/// [`FileError::Changed`] or [`FileError::Taken`] when something else is there, [`FileError::Write`]; the file that was
/// there is untouched.
pub(super) fn write_expected(path: &Path, content: &[u8], expected: Expected) -> Result<Stamp, FileError> {
    let failed = |e: std::io::Error| FileError::Write { path: path.to_owned(), why: e.to_string() };
    // links are followed when it is written, too
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let _alone = (Alone::take(&folder_of(&real)), Alone::take(&real));
    match (expected, read_text(&real, MOST_BYTES)) {
        (Expected::Anything, _) => {}
        (_, Err(error)) if error.kind() == ErrorKind::NotFound => {}
        (Expected::Nothing, _) => return Err(FileError::Taken { path: path.to_owned() }),
        (Expected::Content(stamp), Ok(there)) if Stamp::of(&there) == stamp => {}
        (Expected::Content(_), Ok(_)) => return Err(FileError::Changed { path: path.to_owned() }),
        (Expected::Content(_), Err(error)) => return Err(failed(error)),
    }
    write_whole(path, content)?;
    Ok(Stamp::of(content))
}

/// A file or folder that only one saver at a time looks at and replaces: who edits a file where it lies holds it from before
/// it is read.
#[derive(Debug)]
pub(super) struct Alone {
    _lock: Option<File>,
}

impl Alone {
    /// Waits for the others, a while; without a lock where there are none (some network drives, and Windows, where nobody else
    /// could read it), or nothing is there.
    pub fn take(path: &Path) -> Self {
        let begun = Instant::now();
        while cfg!(unix) && begun.elapsed() < PATIENCE {
            let opened = if path.is_dir() { File::open(path) } else { open_regular(path).map(|(file, _)| file) };
            let Ok(file) = opened else { break };
            match file.try_lock() {
                // it may have been replaced meanwhile
                Ok(()) if is_still(&file, path) => return Self { _lock: Some(file) },
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(PAUSE),
                Err(TryLockError::Error(_)) => break,
            }
        }
        Self { _lock: None }
    }
}

/// Whether two paths lead to the same file.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| -> PathBuf {
        path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
    };
    one == other || real(one) == real(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_is_expected_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.ron");
        let first = write_expected(&path, b"one", Expected::Nothing).unwrap();
        assert!(matches!(write_expected(&path, b"two", Expected::Nothing), Err(FileError::Taken { .. })));
        let second = write_expected(&path, b"two", Expected::Content(first)).unwrap();
        assert!(matches!(write_expected(&path, b"three", Expected::Content(first)), Err(FileError::Changed { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"two");
        // the same content in another file, at another time
        fs::remove_file(&path).unwrap();
        fs::write(&path, "two").unwrap();
        write_expected(&path, b"three", Expected::Content(second)).unwrap();
        fs::remove_file(&path).unwrap();
        write_expected(&path, b"four", Expected::Content(second)).unwrap();
        fs::write(&path, "other").unwrap();
        write_expected(&path, b"five", Expected::Anything).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"five");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_many_at_once_each_sees_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n");
        fs::write(&path, "0").unwrap();
        let count = || {
            for _ in 0..20 {
                loop {
                    let there = fs::read(&path).unwrap();
                    let next = String::from_utf8(there.clone()).unwrap().parse::<u32>().unwrap() + 1;
                    match write_expected(&path, next.to_string().as_bytes(), Expected::Content(Stamp::of(&there))) {
                        Ok(_) => break,
                        Err(FileError::Changed { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for n in 0..4 {
                std::thread::Builder::new().name(format!("saver {n}")).spawn_scoped(scope, count).unwrap();
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "80");
    }
}
