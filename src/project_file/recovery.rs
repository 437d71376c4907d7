//! Autosave, and finding what a crash left behind.
//!
//! Each running editor has a session: a file that it holds ([`hold`]) until its process ends, however it ends, beside it
//! the last autosave, and the path of the project that is open in it. An autosave that nobody holds was left behind, by
//! a crash or by a system that told the editor to end.

use super::stamp::{Stamp, is_same_file};
use super::{FileError, MOST_BYTES, VERSION, write_whole};
use crate::model::{Project, path_text};
use crate::platform::input::read_text;
use crate::platform::running::{Held, Hold, hold, is_held};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A longer path is none.
const MOST_PATH: u64 = 64 << 10;

/// Sessions of one process number that are tried: as many were left by crashes, and then there is something else wrong.
const MOST_TRIED: u64 = 1000;

/// One running editor.
#[derive(Debug)]
pub struct Session {
    held: Option<Held>,
    lock_path: PathBuf,
    save_path: PathBuf,
    open_path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Workprint")]
struct Autosave {
    version: u32,
    /// Where the project was saved last, if it was.
    #[serde(with = "path_text::optional")]
    path: Option<PathBuf>,
    /// What lay there when it was read or saved: the hash in hexadecimal digits.
    #[serde(default)]
    on_disk: Option<String>,
    /// Seconds since 1970; 0 where an earlier version wrote it.
    #[serde(default)]
    made: u64,
    /// Whether the editor was told to end, and did.
    #[serde(default)]
    orderly: bool,
    project: Project,
}

/// The path of the project that a session has open.
#[derive(Serialize, Deserialize)]
struct OpenProject {
    #[serde(with = "path_text::optional")]
    path: Option<PathBuf>,
}

/// What was left behind.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The project as it was autosaved last.
    pub project: Project,
    /// Where it had been saved, if it had.
    pub path: Option<PathBuf>,
    /// What lay there when it was read or saved by that editor, if that is known.
    pub on_disk: Option<Stamp>,
    /// When it was autosaved.
    pub made: SystemTime,
    /// Whether its editor was told to end, by the system or a log-out, and did so; else it broke off.
    pub orderly: bool,
    file: PathBuf,
}

impl Recovered {
    /// Removes what was left behind, once its project is kept elsewhere, or is not wanted.
    pub fn discard(&self) {
        // what can't be removed is offered again
        let _ = fs::remove_file(&self.file);
        let _ = fs::remove_file(self.file.with_extension("open"));
        let _ = fs::remove_file(self.file.with_extension("lock"));
    }

    /// How long ago it was made.
    #[must_use]
    pub fn age(&self) -> Duration {
        // clocks are set back, too
        SystemTime::now().duration_since(self.made).unwrap_or_default()
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
        remove_stale(folder);
        let id = u64::from(std::process::id());
        for number in (0..MOST_TRIED).map(|n| id + (n << 32)) {
            let lock_path = folder.join(format!("session-{number}.lock"));
            let (save_path, open_path) = (lock_path.with_extension("ron"), lock_path.with_extension("open"));
            // a process of the same number may have crashed before: what it left is not ours to overwrite
            if save_path.exists() || lock_path.with_extension("exports").exists() {
                continue;
            }
            if let Hold::Ours(held) = hold(&lock_path).map_err(failed)? {
                return Ok(Self { held: Some(held), lock_path, save_path, open_path });
            }
        }
        Err(failed(std::io::Error::other("it is full of what earlier sessions left; look at it and empty it")))
    }

    /// Writes the project where a crash can't reach it: with the path where it was saved last, what lay there, and
    /// whether the editor was told to end.
    ///
    /// # Errors
    /// [`FileError::Write`]; the autosave before it stays.
    pub fn save(
        &self,
        project: &Project,
        path: Option<&Path>,
        on_disk: Option<Stamp>,
        orderly: bool,
    ) -> Result<(), FileError> {
        let failed = |why: String| FileError::Write { path: self.save_path.clone(), why };
        let made = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (path, on_disk) = (path.map(Path::to_owned), on_disk.map(Stamp::to_hex));
        let autosave = Autosave { version: VERSION, path, on_disk, made, orderly, project: project.clone() };
        let text = ron::to_string(&autosave).map_err(|e| failed(e.to_string()))?;
        write_whole(&self.save_path, text.as_bytes())
    }

    /// Forgets the autosave: the project was saved, or its owner gave it up.
    pub fn clear(&self) {
        // it may not exist
        let _ = fs::remove_file(&self.save_path);
    }

    /// Where this editor keeps the exports that wait: a folder, which there need not be. What lies there when the editor runs no
    /// more was left behind: [`left_exports`].
    #[must_use]
    pub fn exports_folder(&self) -> PathBuf {
        self.lock_path.with_extension("exports")
    }

    /// Tells other editors which project is open in this one.
    pub fn note_open(&self, path: Option<&Path>) {
        let note = OpenProject { path: path.map(Path::to_owned) };
        let failed = |why: String| FileError::Write { path: self.open_path.clone(), why };
        let text = ron::to_string(&note).map_err(|e| failed(e.to_string()));
        if let Err(error) = text.and_then(|text| write_whole(&self.open_path, text.as_bytes())) {
            // another window does not know of this one then; a save still notices what the other has saved
            tracing::warn!("{error}");
        }
    }

    /// Whether another running editor that keeps its sessions in the same folder has a project open.
    #[must_use]
    pub fn is_open_elsewhere(&self, project: &Path) -> bool {
        let folder = self.lock_path.parent().unwrap_or(&self.lock_path);
        files(folder, "open").into_iter().filter(|note| *note != self.open_path).any(|note| {
            let text = read_text(&note, MOST_PATH).ok().and_then(|text| String::from_utf8(text).ok());
            let open: Option<OpenProject> = text.and_then(|text| ron::from_str(&text).ok());
            let open = open.and_then(|open| open.path);
            open.is_some_and(|open| is_same_file(&open, project)) && is_held(&note.with_extension("lock"))
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // none of them need be there
        let _ = fs::remove_file(&self.open_path);
        if !self.save_path.exists() {
            let _ = fs::remove_file(&self.lock_path);
        }
        self.held = None;
    }
}

/// Exports that waited in an editor which runs no more. No other editor takes them up while this is there.
#[derive(Debug)]
pub struct LeftExports {
    /// The folder that they are in.
    pub folder: PathBuf,
    held: Option<Held>,
}

impl LeftExports {
    /// Removes them: they are kept elsewhere, or are not wanted.
    pub fn discard(mut self) {
        // what can't be removed is offered again
        let _ = fs::remove_dir_all(&self.folder);
        self.let_go();
    }

    /// Puts them where no editor looks for them; gives the folder, or why that can't be.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_aside(mut self) -> std::io::Result<PathBuf> {
        let free = (1..MOST_TRIED).map(|n| self.folder.with_file_name(format!("damaged exports {n}")));
        let aside = free.into_iter().find(|path| !path.exists());
        let aside = aside.ok_or_else(|| std::io::Error::other("there are too many damaged ones"))?;
        fs::rename(&self.folder, &aside)?;
        self.let_go();
        Ok(aside)
    }

    fn let_go(&mut self) {
        if !self.folder.with_extension("ron").exists() {
            let _ = fs::remove_file(self.folder.with_extension("lock"));
        }
        self.held = None;
    }
}

/// The exports in a folder of recovery that no running editor owns.
#[must_use]
pub fn left_exports(folder: &Path) -> Vec<LeftExports> {
    let mut found = files(folder, "exports");
    found.sort();
    let taken = |folder: PathBuf| match hold(&folder.with_extension("lock")) {
        // another editor may have taken them up since they were found
        Ok(Hold::Ours(held)) if folder.exists() => Some(LeftExports { folder, held: Some(held) }),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!("exports of an earlier start are not looked at: {error}");
            None
        }
    };
    found.into_iter().filter_map(taken).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == extension)).collect()
}

/// Removes what sessions left that had nothing to keep: their locks, and which project was open.
fn remove_stale(folder: &Path) {
    for lock in files(folder, "lock").into_iter().chain(files(folder, "open")) {
        let lock = lock.with_extension("lock");
        if lock.with_extension("ron").exists() || is_held(&lock) {
            continue;
        }
        // the next start tries again
        let _ = fs::remove_file(lock.with_extension("open"));
        let _ = fs::remove_file(&lock);
    }
}

/// The autosaves in a folder that no running editor owns, the latest last. Unreadable ones are left where they are.
#[must_use]
pub fn orphans(folder: &Path) -> Vec<Recovered> {
    let abandoned = files(folder, "ron").into_iter().filter(|file| !is_held(&file.with_extension("lock")));
    let mut found: Vec<Recovered> = abandoned.filter_map(read).collect();
    found.sort_by_key(|recovered| recovered.made);
    found
}

fn read(file: PathBuf) -> Option<Recovered> {
    let text = String::from_utf8(read_text(&file, MOST_BYTES).ok()?).ok()?;
    let saved: Autosave = ron::from_str(&text).ok()?;
    saved.project.check().ok()?;
    let made = match saved.made {
        0 => fs::metadata(&file).and_then(|meta| meta.modified()).unwrap_or(UNIX_EPOCH),
        made => UNIX_EPOCH + Duration::from_secs(made),
    };
    let on_disk = saved.on_disk.and_then(|hex| Stamp::from_hex(&hex));
    Some(Recovered { project: saved.project, path: saved.path, on_disk, made, orderly: saved.orderly, file })
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
        session.save(&project, Some(Path::new("/x/p.ron")), Some(Stamp::of(b"x")), false).unwrap();
        assert!(orphans(folder.path()).is_empty(), "the session still runs");
        // what the system does when a process dies: the lock is released, the files stay
        drop(session);
        let found = orphans(folder.path());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_deref(), &found[0].project), (Some(Path::new("/x/p.ron")), &project));
        assert_eq!(found[0].on_disk, Some(Stamp::of(b"x")));
        assert!(!found[0].orderly && found[0].made > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        // the next editor, even one of the same process number, does not touch it
        let next = Session::begin(folder.path()).unwrap();
        next.save(&parse("V1: B@0+1"), None, None, true).unwrap();
        assert_eq!(orphans(folder.path()).len(), 1);
        orphans(folder.path())[0].discard();
        assert!(orphans(folder.path()).is_empty());
        next.clear();
        drop(next);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn exports_of_an_editor_are_left_when_it_ends_and_taken_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::begin(folder.path()).unwrap();
        fs::create_dir(session.exports_folder()).unwrap();
        fs::write(session.exports_folder().join("queue.ron"), "x").unwrap();
        assert!(left_exports(folder.path()).is_empty(), "the session still runs");
        drop(session);
        let next = Session::begin(folder.path()).unwrap();
        assert!(!next.exports_folder().exists(), "a session does not take what another left for its own");
        let mut left = left_exports(folder.path());
        assert_eq!(left.len(), 1);
        assert!(left_exports(folder.path()).is_empty(), "somebody has them");
        let aside = left.remove(0).set_aside().unwrap();
        assert!(aside.join("queue.ron").exists() && left_exports(folder.path()).is_empty());
        fs::remove_dir_all(aside).unwrap();
        fs::create_dir(next.exports_folder()).unwrap();
        drop(next);
        left_exports(folder.path()).remove(0).discard();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn autosaves_of_earlier_versions_are_found_with_the_time_of_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::begin(folder.path()).unwrap();
        session.save(&parse("V1: A@0+24"), None, None, false).unwrap();
        let text = fs::read_to_string(&session.save_path).unwrap();
        let (start, end) = (text.find("on_disk:").unwrap(), text.find("project:").unwrap());
        fs::write(&session.save_path, format!("{}{}", &text[..start], &text[end..])).unwrap();
        drop(session);
        let found = orphans(folder.path());
        assert!(found.len() == 1 && found[0].age() < Duration::from_hours(1), "{found:?}");
    }

    #[test]
    fn another_session_knows_what_is_open_until_it_ends_or_dies() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("p.ron");
        fs::write(&project, "").unwrap();
        let recovery = folder.path().join("recovery");
        let (first, second) = (Session::begin(&recovery).unwrap(), Session::begin(&recovery).unwrap());
        first.note_open(Some(&project));
        assert!(second.is_open_elsewhere(&folder.path().join("x/../p.ron")) || !folder.path().join("x").exists());
        assert!(second.is_open_elsewhere(&project) && !first.is_open_elsewhere(&project));
        assert!(!second.is_open_elsewhere(&folder.path().join("q.ron")));
        first.note_open(None);
        assert!(!second.is_open_elsewhere(&project));
        first.note_open(Some(&project));
        // a process that is killed leaves its files, without the lock
        fs::copy(&first.open_path, recovery.join("session-1.open")).unwrap();
        fs::write(recovery.join("session-1.lock"), "").unwrap();
        drop(first);
        assert!(!second.is_open_elsewhere(&project));
        drop(second);
        drop(Session::begin(&recovery).unwrap());
        assert_eq!(fs::read_dir(&recovery).unwrap().count(), 0, "what dead sessions left is removed");
    }
}
