//! Autosave, and finding what a crash left behind.
//!
//! Each running editor has a session: a lock file that the system releases when the process ends, however
//! it ends, and beside it the last autosave. An autosave whose lock can be taken was left by a crash.

use super::{FileError, MOST_BYTES, VERSION, write_whole};
use crate::model::{Project, path_text};
use crate::platform::input::read_text;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// One running editor.
#[derive(Debug)]
pub struct Session {
    lock: Option<File>,
    lock_path: PathBuf,
    save_path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Workprint")]
struct Autosave {
    version: u32,
    /// Where the project was saved last, if it was.
    #[serde(with = "path_text::optional")]
    path: Option<PathBuf>,
    project: Project,
}

/// What a crash left behind.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The project as it was autosaved last.
    pub project: Project,
    /// Where it had been saved, if it had.
    pub path: Option<PathBuf>,
    file: PathBuf,
}

impl Recovered {
    /// Removes what was left behind, once it is open in an editor that autosaves it, or is not wanted.
    pub fn discard(&self) {
        // what can't be removed is offered again
        let _ = fs::remove_file(&self.file);
        let _ = fs::remove_file(self.file.with_extension("lock"));
    }
}

impl Session {
    /// Begins a session with its files in a folder.
    ///
    /// # Errors
    /// [`FileError::Write`] when the folder can't be used; the editor works without autosave then.
    pub fn begin(folder: &Path) -> Result<Self, FileError> {
        let failed = |e: std::io::Error| FileError::Write { path: folder.to_owned(), why: e.to_string() };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut number = u64::from(std::process::id());
        loop {
            let lock_path = folder.join(format!("session-{number}.lock"));
            let save_path = lock_path.with_extension("ron");
            let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(failed)?;
            // a process of the same number may have crashed before: its autosave is not ours to overwrite
            if lock.try_lock().is_ok() && !save_path.exists() {
                return Ok(Self { lock: Some(lock), lock_path, save_path });
            }
            number += 1 << 32;
        }
    }

    /// Writes the project where a crash can't reach it.
    ///
    /// # Errors
    /// [`FileError::Write`].
    pub fn save(&self, project: &Project, path: Option<&Path>) -> Result<(), FileError> {
        let failed = |why: String| FileError::Write { path: self.save_path.clone(), why };
        let autosave = Autosave { version: VERSION, path: path.map(Path::to_owned), project: project.clone() };
        let text = ron::to_string(&autosave).map_err(|e| failed(e.to_string()))?;
        write_whole(&self.save_path, text.as_bytes()).map_err(|e| failed(e.to_string()))
    }

    /// Forgets the autosave: the project was saved, or its owner gave it up.
    pub fn clear(&self) {
        // it may not exist
        let _ = fs::remove_file(&self.save_path);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.lock = None;
        if !self.save_path.exists() {
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// The autosaves in a folder that no running editor owns. Unreadable ones are left where they are.
#[must_use]
pub fn orphans(folder: &Path) -> Vec<Recovered> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "ron"));
    files
        .filter_map(|file| {
            let lock =
                File::options().create(true).truncate(false).write(true).open(file.with_extension("lock")).ok()?;
            lock.try_lock().ok()?;
            let text = String::from_utf8(read_text(&file, MOST_BYTES).ok()?).ok()?;
            let saved: Autosave = ron::from_str(&text).ok()?;
            saved.project.check().ok()?;
            Some(Recovered { project: saved.project, path: saved.path, file })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    #[test]
    fn a_crash_leaves_the_last_autosave() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::begin(folder.path()).unwrap();
        let project = parse("V1: A@0+24");
        session.save(&project, Some(Path::new("/x/p.ron"))).unwrap();
        assert!(orphans(folder.path()).is_empty(), "the session still runs");
        // what the system does when a process dies: the lock is released, the files stay
        drop(session);
        let found = orphans(folder.path());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_deref(), &found[0].project), (Some(Path::new("/x/p.ron")), &project));
        // the next editor, even one of the same process number, does not touch it
        let next = Session::begin(folder.path()).unwrap();
        next.save(&parse("V1: B@0+1"), None).unwrap();
        assert_eq!(orphans(folder.path()).len(), 1);
        orphans(folder.path())[0].discard();
        assert!(orphans(folder.path()).is_empty());
        next.clear();
        drop(next);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
