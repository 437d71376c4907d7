//! A project's file that is being changed where it lies, as by `workprint edit`.
//!
//! Whoever changes it holds a lock on the file itself from before it is read until it is written: others wait, and then
//! read what this one wrote. What holds no such lock (another program, a network drive without locks) is noticed before
//! anything is lost, since the content is compared with what was read.

use super::stamp::{Alone, Stamp};
use super::{FileError, MOST_BYTES, load_stamped, text_of, write_whole};
use crate::model::Project;
use crate::platform::input::read_text;
use std::path::{Path, PathBuf};

/// A project's file that is being changed. Others that want to change it wait until this is dropped.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    content: Stamp,
    _alone: Alone,
}

impl Held {
    /// Opens a project to change its file, once nobody else does.
    ///
    /// # Errors
    /// As [`super::load`].
    pub fn load(path: &Path) -> Result<(Project, Self), FileError> {
        let alone = Alone::take(path);
        let (project, content) = load_stamped(path)?;
        Ok((project, Self { path: path.to_owned(), content, _alone: alone }))
    }

    /// Saves the project over the file that was loaded, and over no other.
    ///
    /// # Errors
    /// [`FileError::Changed`] where there is another, [`FileError::Write`]; the file that was there is untouched.
    pub fn save(self, project: &Project) -> Result<(), FileError> {
        let path = self.path.as_path();
        let text = text_of(project, path)?;
        if read_text(path, MOST_BYTES).ok().map(|there| Stamp::of(&there)) != Some(self.content) {
            return Err(FileError::Changed { path: path.to_owned() });
        }
        write_whole(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{load, save};
    use super::*;
    use crate::edit::text::parse as timeline;
    use std::fs::File;

    #[test]
    fn only_what_was_loaded_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.ron");
        let (one, two) = (timeline("V1: A@0+24"), timeline("V1: B@0+12"));
        save(&one, &path).unwrap();
        let (_, held) = Held::load(&path).unwrap();
        // touching is no change
        File::options().write(true).open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        held.save(&two).unwrap();
        assert_eq!(load(&path).unwrap(), two);
        let (_, held) = Held::load(&path).unwrap();
        save(&one, &path).unwrap();
        let error = held.save(&two).unwrap_err();
        assert!(matches!(error, FileError::Changed { .. }) && error.to_string().contains("p.ron"), "{error}");
        assert_eq!(load(&path).unwrap(), one);
        let (_, held) = Held::load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(held.save(&two), Err(FileError::Changed { .. })));
        assert!(!path.exists());
    }
}
