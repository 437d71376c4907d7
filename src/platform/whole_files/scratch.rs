//! Folders for what libraries write beside a file while it is made. They are gone when they are dropped; those that killed
//! processes left are removed like files that were left.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the names begin with.
const BEFORE: &str = ".workprint-scratch-";

/// The file in it that is locked as long as it is in use.
const HELD: &str = "held";

/// A folder for scratch files. Removed with all that is in it when it is dropped.
#[derive(Debug)]
pub struct ScratchFolder {
    /// Held open, for its lock says that the folder is in use; closed before the folder is removed, which elsewhere than on
    /// Unix can't be done with an open file in it: fields are dropped in their order.
    _held: File,
    folder: TempDir,
}

impl ScratchFolder {
    /// Makes one in a folder.
    ///
    /// # Errors
    /// When nothing can be made there.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(BEFORE).tempdir_in(folder)?;
        let held = File::create(folder.path().join(HELD))?;
        // where there are no locks nobody can take it for one that was left
        let _ = held.try_lock();
        Ok(Self { _held: held, folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it a name that is free, and lets go of it: it stays, also where it can't have that name.
    pub(super) fn settle(self, place: &Path) -> io::Result<()> {
        let Self { _held: held, folder } = self;
        drop(held);
        fs::remove_file(folder.path().join(HELD))?;
        // it is made for one person alone, and what is given a name is as other folders are
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let beside = fs::metadata(folder.path().parent().unwrap_or(Path::new(".")))?.permissions().mode();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(beside & 0o755 | 0o700))?;
        }
        // what is whole stays, if under the name that it has
        super::new_folder::rename_new(&folder.keep(), place)
    }
}

/// Removes from a folder what processes left there that were killed.
pub(super) fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let left = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.starts_with(BEFORE)) && entry.file_type().is_ok_and(|t| t.is_dir())
    };
    for folder in entries.flatten().filter(left).map(|entry| entry.path()) {
        if let Err(error) = clear_one(&folder) {
            tracing::debug!("{} stays: {error}", folder.display());
        }
    }
}

fn clear_one(folder: &PathBuf) -> io::Result<()> {
    let held = File::options().write(true).open(folder.join(HELD))?;
    held.try_lock()?;
    tracing::info!("{}: left by a process that was killed; removed", folder.display());
    drop(held);
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_goes_and_what_is_in_use_stays() {
        let place = tempfile::tempdir().unwrap();
        let used = ScratchFolder::begin(place.path()).unwrap();
        let left = ScratchFolder::begin(place.path()).unwrap();
        let path = left.path().to_owned();
        fs::write(path.join("statistics"), "x").unwrap();
        assert!(path.exists());
        // as a killed process leaves it: there, and not locked
        let other = place.path().join(format!("{BEFORE}aB3dE6"));
        fs::create_dir(&other).unwrap();
        fs::write(other.join(HELD), "").unwrap();
        let without = place.path().join(format!("{BEFORE}notes"));
        fs::create_dir(&without).unwrap();
        clear(place.path());
        assert!(used.path().exists() && path.exists() && without.exists() && !other.exists());
        drop(left);
        assert!(!path.exists());
    }
}
