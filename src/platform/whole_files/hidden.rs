//! Hidden files that are written to until they get their names, and those that killed processes left.
//!
//! A process holds a lock on each of its own as long as it lives. One that can be locked was left, and is removed: if its
//! name says that it was made on this machine, for locks need not reach another; else when nobody has written to it for
//! a week. What has no such name is never touched.

use super::folder::Folder;
use crate::platform::input::is_same;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// What the names begin with.
const BEFORE: &str = ".workprint-";

/// What those of this version go on with.
const WORD: &str = "unfinished-";

/// What nobody has written to for so long is no longer written, on whatever machine.
const ABANDONED: Duration = Duration::from_hours(7 * 24);

/// Hex digits that tell machines apart.
const MACHINE: usize = 8;

/// Hex digits that tell files apart.
const NUMBER: usize = 16;

/// Letters and digits with which earlier versions told files apart.
const EARLIER: usize = 6;

/// Names that are tried.
const TRIES: usize = 100;

/// Tells this machine from others that write in the same folder.
static THIS_MACHINE: LazyLock<String> = LazyLock::new(|| {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_bytes().to_vec();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default().into_bytes();
    let id = fs::read("/etc/machine-id").unwrap_or_default();
    blake3::hash(&[name, id].concat()).to_hex()[..MACHINE].to_owned()
});

/// A name that no other file has, with the extension of that one: libraries go by it.
pub(super) fn name_like(name: &OsStr) -> OsString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seed = (std::process::id(), SystemTime::now(), NEXT.fetch_add(1, Ordering::Relaxed));
    let number = blake3::hash(format!("{seed:?}").as_bytes()).to_hex();
    let mut hidden = OsString::from(format!("{BEFORE}{WORD}{}-{}", *THIS_MACHINE, &number[..NUMBER]));
    // what is read in folders by its extension must not be read half: projects above all
    if let Some(extension) = Path::new(name).extension().filter(|e| *e != "ron") {
        hidden.push(".");
        hidden.push(extension);
    }
    hidden
}

/// Makes a hidden file that this process alone holds.
pub(super) fn create(folder: &Folder, like: &OsStr, private: bool) -> io::Result<(File, OsString)> {
    for _ in 0..TRIES {
        let name = name_like(like);
        let file = match folder.create(&name, private) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
            other => other?,
        };
        // where there are no locks nobody can take it for one that was left
        let taken = cfg!(unix) && matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
        // one that clears may have come between
        let ours = folder.look(&name)?.is_some_and(|there| is_same(&file, &there));
        if !taken && ours {
            return Ok((file, name));
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The same as [`clear`], once for each folder.
pub(super) fn clear_once(folder: &Path) {
    static CLEARED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if CLEARED.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        clear(folder);
    }
}

/// Removes from a folder what processes left there that were killed while they wrote files. What can't be removed stays.
pub fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let hidden = entries.flatten().map(|entry| entry.file_name()).filter_map(|name| Some((whose(&name)?, name)));
    let found: Vec<(Whose, OsString)> = hidden.collect();
    if found.is_empty() {
        return;
    }
    let Ok(folder) = Folder::open(folder) else { return };
    for (whose, name) in found {
        if let Err(error) = clear_one(&folder, &name, whose) {
            tracing::debug!("{} stays: {error}", Path::new(&name).display());
        }
    }
}

/// Whose a hidden file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    /// This machine's.
    Ours,
    /// Another's, or an earlier version's, which held no locks.
    Theirs,
}

fn whose(name: &OsStr) -> Option<Whose> {
    let rest = name.to_str()?.strip_prefix(BEFORE)?;
    let stem = rest.split_once('.').map_or(rest, |(stem, _)| stem);
    let Some(ours) = stem.strip_prefix(WORD) else {
        let earlier = stem.len() == EARLIER && stem.bytes().all(|b| b.is_ascii_alphanumeric());
        return earlier.then_some(Whose::Theirs);
    };
    let (machine, number) = ours.split_once('-')?;
    let hex = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    (hex(machine, MACHINE) && hex(number, NUMBER)).then_some(())?;
    Some(if machine == *THIS_MACHINE { Whose::Ours } else { Whose::Theirs })
}

fn clear_one(folder: &Folder, name: &OsStr, whose: Whose) -> io::Result<()> {
    let Some(meta) = folder.look(name)?.filter(fs::Metadata::is_file) else { return Ok(()) };
    let age = meta.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
    if whose == Whose::Theirs && age.is_none_or(|age| age < ABANDONED) {
        return Ok(());
    }
    // elsewhere a file that is open can't be removed
    #[cfg(unix)]
    let _held = {
        let file = folder.open_to_read(name)?;
        file.try_lock()?;
        // it may have got its name meanwhile
        if !folder.look(name)?.is_some_and(|there| is_same(&file, &there)) {
            return Ok(());
        }
        file
    };
    tracing::info!("{}: left by a process that was killed; removed", folder.now().join(name).display());
    folder.remove(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_goes_and_what_is_held_stays() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let (held, held_name) = create(&folder, OsStr::new("film.mp4"), false).unwrap();
        let (left, left_name) = create(&folder, OsStr::new("film.mp4"), false).unwrap();
        drop(left);
        let others = [
            format!("{BEFORE}{WORD}00000000-0123456789abcdef.mp4"),
            format!("{BEFORE}aB3dE6.ron"),
            format!("{BEFORE}notes.txt"),
            ".hidden.mp4".to_owned(),
        ];
        for name in &others {
            fs::write(place.path().join(name), "x").unwrap();
        }
        clear(place.path());
        let there = |name: &OsStr| place.path().join(name).exists();
        assert!(there(&held_name) && !there(&left_name));
        assert!(others.iter().all(|name| there(OsStr::new(name))), "of another machine, or no such file");
        for name in &others {
            let file = File::options().write(true).open(place.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - ABANDONED - Duration::from_mins(1)).unwrap();
        }
        clear(place.path());
        let left: Vec<bool> = others.iter().map(|name| there(OsStr::new(name))).collect();
        assert_eq!(left, [false, false, true, true]);
        drop(held);
        clear(place.path());
        assert!(!there(&held_name));
    }

    #[test]
    fn half_a_project_has_no_projects_name() {
        assert_eq!(Path::new(&name_like(OsStr::new("a.ron"))).extension(), None);
        assert_eq!(Path::new(&name_like(OsStr::new("a.mp4"))).extension(), Some(OsStr::new("mp4")));
    }
}
