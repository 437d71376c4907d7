//! Locks that a running program holds, and who runs where there are none.
//!
//! A lock on a file goes with its process, however that ends. Folders on some network drives know no locks (`flock`
//! gives ENOLCK, EOPNOTSUPP or ENOSYS there); a file says then who holds it: host, boot, process and its start.

use super::input::is_same;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// A longer mark is none.
const MOST_MARK: u64 = 4096;

/// What became of trying to hold a file.
#[derive(Debug)]
pub enum Hold {
    /// It is ours until this is dropped, or the process ends.
    Ours(Held),
    /// A running process has it.
    Taken,
}

/// A file that this process holds.
#[derive(Debug)]
pub struct Held {
    /// `None` where the folder knows no locks.
    lock: Option<File>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            // closing lets go as well, but not while a process that is just being started has inherited the file
            let _ = lock.unlock();
        }
    }
}

/// Holds a file for this process, which is made if need be, unless a running one has it. Never waits.
///
/// # Errors
/// What the system says: the file can't be made or opened.
pub fn hold(path: &Path) -> io::Result<Hold> {
    for _ in 0..8 {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        match file.try_lock() {
            // someone may have removed it between: what is held then is nobody's name
            Ok(()) if is_still(&file, path) => return Ok(Hold::Ours(Held { lock: Some(file) })),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Hold::Taken),
            // no locks here
            Err(TryLockError::Error(_)) => return hold_by_mark(path, file),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Whether a running process holds a file; it need not be there.
#[must_use]
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else { return false };
    match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => mark_in(&file).is_some_and(|mark| runs(&mark)),
    }
}

/// Says in the file that it is this process' own, unless it says that of another one that runs, or of this one.
fn hold_by_mark(path: &Path, file: File) -> io::Result<Hold> {
    if mark_in(&file).is_some_and(|mark| runs(&mark)) {
        return Ok(Hold::Taken);
    }
    drop(file);
    // the name is free or a dead process': only one of several that come at once makes it
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match File::create_new(path) {
        Ok(mut file) => {
            file.write_all(own_mark().as_bytes())?;
            Ok(Hold::Ours(Held { lock: None }))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Hold::Taken),
        Err(error) => Err(error),
    }
}

fn mark_in(file: &File) -> Option<String> {
    let mut text = String::new();
    file.take(MOST_MARK).read_to_string(&mut text).ok()?;
    (!text.trim().is_empty()).then_some(text)
}

/// This process: its number, and what tells it from another one of that number: when it began, since which start of
/// which machine.
fn own_mark() -> String {
    let id = std::process::id();
    format!("{id}\n{}\n{}\n", start_of(id).unwrap_or_default(), machine())
}

/// Whether the process that a mark tells of runs. One of another machine counts as running: nobody here can know.
fn runs(mark: &str) -> bool {
    let mut lines = mark.lines();
    let (Some(id), Some(start), Some(host)) = (lines.next().and_then(|id| id.parse().ok()), lines.next(), lines.next())
    else {
        return false;
    };
    let (own_host, own_boot) = (host_name(), boot());
    match host.split_once(' ') {
        Some((host, boot)) if host == own_host && boot == own_boot => {}
        Some((host, _)) if host == own_host => return false,
        _ => return true,
    }
    exists(id) && start_of(id).unwrap_or_default() == start
}

fn machine() -> String {
    format!("{} {}", host_name(), boot())
}

fn host_name() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().replace([' ', '\n'], "-");
    #[cfg(not(unix))]
    let name = "here".to_owned();
    name
}

/// Another word after each start of the machine; nothing where the system does not tell.
fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// When a process began, in the system's own ticks (proc(5), field 22 of `stat`).
fn start_of(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // the name before it may have spaces and parentheses itself
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

fn exists(id: u32) -> bool {
    #[cfg(unix)]
    {
        let Some(id) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) else { return false };
        // one of another user is there too
        !matches!(rustix::process::test_kill_process(id), Err(rustix::io::Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = id;
        true
    }
}

/// Whether an open file or folder is what lies under its name, as far as the system numbers files.
#[must_use]
pub fn is_still(file: &File, path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| is_same(file, &there))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_while_its_process_runs() {
        assert!(runs(&own_mark()));
        let id = std::process::id();
        assert!(!runs(&format!("{id}\n0\n{}\n", machine())), "another process of that number");
        assert!(
            !runs(&format!("{id}\n{}\n{} before\n", start_of(id).unwrap_or_default(), host_name())),
            "an earlier start"
        );
        assert!(runs("1\n1\nelsewhere x\n"), "of another machine nothing is known");
        assert!(!runs("") && !runs("nonsense"));
        assert!(!runs(&format!("{}\n5\n{}\n", i32::MAX, machine())));
    }

    #[test]
    fn without_locks_a_file_is_held_by_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let open = || OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).unwrap();
        assert!(matches!(hold_by_mark(&path, open()).unwrap(), Hold::Ours(_)));
        assert!(matches!(hold_by_mark(&path, open()).unwrap(), Hold::Taken));
        std::fs::write(&path, format!("{}\n5\n{}\n", i32::MAX, machine())).unwrap();
        assert!(matches!(hold_by_mark(&path, open()).unwrap(), Hold::Ours(_)), "its process is gone");
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        assert!(!is_held(&path));
        let Hold::Ours(held) = hold(&path).unwrap() else { panic!("nobody has it") };
        assert!(is_held(&path));
        assert!(matches!(hold(&path).unwrap(), Hold::Taken));
        drop(held);
        assert!(!is_held(&path));
    }
}
