//! A folder that is written whole or not at all.

use super::scratch::ScratchFolder;
use super::target::Target;
use super::{Existing, Kept, NotWritten, numbered};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A folder that is being filled, hidden until it is whole. Gone when it is dropped unfinished.
#[derive(Debug)]
pub struct NewFolder {
    scratch: ScratchFolder,
    target: Target,
    existing: Existing,
    is_ours: fn(&OsStr) -> bool,
}

impl NewFolder {
    /// Begins a folder. One of that name is only replaced where all that is in it has names that `is_ours` knows: what
    /// people put there is never lost.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn begin(path: &Path, existing: Existing, is_ours: fn(&OsStr) -> bool) -> Result<Self, NotWritten> {
        let target = Target::aside(path)?;
        let new = Self { scratch: ScratchFolder::begin(&target.folder)?, target, existing, is_ours };
        new.look()?;
        Ok(new)
    }

    /// Where it is filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn place(&self) -> PathBuf {
        self.target.folder.join(&self.target.name)
    }

    /// Whether what is there may be replaced; whether there is anything.
    fn look(&self) -> Result<bool, NotWritten> {
        let place = self.place();
        let meta = match fs::symlink_metadata(&place) {
            Ok(meta) => meta,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e.into()),
        };
        if self.existing == Existing::Refuse {
            return Err(NotWritten::Exists);
        }
        if !meta.is_dir() {
            return Err(NotWritten::IsFile);
        }
        for entry in fs::read_dir(&place)? {
            let entry = entry?;
            if !(self.is_ours)(&entry.file_name()) || !entry.file_type()?.is_file() {
                return Err(NotWritten::HasOthers(entry.file_name()));
            }
        }
        Ok(true)
    }

    /// Gives it its name; where that can't be, it is kept beside it under another, with a number.
    ///
    /// # Errors
    /// [`Kept`].
    pub fn finish_or_keep(self) -> Result<(), Kept> {
        let place = self.place();
        let replaced = match self.look() {
            Ok(replaced) => replaced,
            Err(why) => return Err(Kept { why, kept: self.keep("", 2) }),
        };
        // the old one is out of the way for a moment only, and comes back if the new one can't be put there
        let old = if replaced {
            let aside = ScratchFolder::begin(&self.target.folder).and_then(|scratch| {
                let aside = scratch.path().join("old");
                fs::rename(&place, &aside).map(|()| (scratch, aside))
            });
            match aside {
                Ok(aside) => Some(aside),
                Err(error) => return Err(Kept { why: error.into(), kept: self.keep("", 2) }),
            }
        } else {
            None
        };
        let made = self.scratch.path().to_owned();
        match self.scratch.settle(&place) {
            Ok(()) => Ok(()),
            Err(error) => {
                if let Some((_, aside)) = &old
                    && let Err(error) = fs::rename(aside, &place)
                {
                    tracing::warn!("{}: what was there can't be put back: {error}", place.display());
                }
                Err(Kept { why: error.into(), kept: made.exists().then_some(made) })
            }
        }
    }

    /// Keeps it beside its target with a word behind the name. `None` where that can't be.
    #[must_use]
    pub fn keep_as(self, word: &str) -> Option<PathBuf> {
        self.keep(word, 1)
    }

    fn keep(self, word: &str, from: u32) -> Option<PathBuf> {
        let free = numbered(&self.target.name, word, from).map(|name| self.target.folder.join(name));
        let place = free.into_iter().find(|place| !place.exists())?;
        self.scratch.settle(&place).ok().map(|()| place)
    }
}

/// Moves a folder where nothing is.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ours(name: &OsStr) -> bool {
        name.to_str().is_some_and(|name| name.starts_with("film-"))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_there_when_it_is_whole_and_replaces_only_its_own_kind() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("film");
        let fill = |existing, name: &str| {
            let folder = NewFolder::begin(&path, existing, is_ours)?;
            fs::write(folder.path().join(name), name).unwrap();
            Ok::<_, NotWritten>(folder)
        };
        drop(fill(Existing::Refuse, "film-1").unwrap());
        assert_eq!(names(place.path()), [""; 0], "an unfinished one leaves nothing");
        fill(Existing::Refuse, "film-1").unwrap().finish_or_keep().unwrap();
        assert_eq!(names(&path), ["film-1"]);
        assert!(matches!(fill(Existing::Refuse, "film-2"), Err(NotWritten::Exists)));
        fill(Existing::Replace, "film-2").unwrap().finish_or_keep().unwrap();
        assert_eq!(names(&path), ["film-2"]);
        fs::write(path.join("notes"), "mine").unwrap();
        let refused = fill(Existing::Replace, "film-3").unwrap_err().to_string();
        assert!(refused.contains("notes"), "{refused}");
        assert_eq!(names(&path), ["film-2", "notes"]);
        fs::remove_file(path.join("notes")).unwrap();
        // somebody puts something there meanwhile: the new one is kept beside it
        let late = fill(Existing::Replace, "film-3").unwrap();
        fs::write(path.join("late"), "mine").unwrap();
        let kept = late.finish_or_keep().unwrap_err();
        assert_eq!(kept.kept, Some(place.path().join("film-2")));
        assert_eq!(
            (names(&path), names(&place.path().join("film-2"))),
            (vec!["film-2".into(), "late".into()], vec!["film-3".to_owned()])
        );
        assert_eq!(names(place.path()), ["film", "film-2"]);
    }
}
