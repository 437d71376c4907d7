//! Projects as files: one `.ron` with its version in its head, saved whole or not at all, recovered after a
//! crash.
//!
//! Never knows GStreamer or the window. Invariants:
//!
//! - a save that fails leaves the file that was there, and so does one that finds another file than it expects;
//! - a file that loads is consistent ([`Project::check`]); missing media never keep a project from opening;
//! - media paths are relative to the project where possible, so that both can move together.

mod held;
mod paths;
mod recent;
mod recovery;
mod stamp;

pub use held::Held;
pub use recent::Recent;
pub use recovery::{LeftExports, Recovered, Session, left_exports, orphans};
pub use stamp::{Expected, Stamp};

use crate::model::{Inconsistency, Project};
use crate::platform::input::read_text;
use crate::platform::whole_files::{self, Existing, NotWritten};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The version that is written.
pub const VERSION: u32 = 1;

/// A larger file is no project: one of 100,000 clips has 40 MB.
const MOST_BYTES: u64 = 256 << 20;

/// Why a project can't be opened or saved.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file can't be read.
    #[error("{path}: {why}", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file can't be written.
    #[error("{path}: not saved: {why}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why, and what can be done about it.
        why: String,
    },
    /// Another program has written the file since it was opened or saved.
    #[error("{path}: it was changed by another program since it was opened; it was not saved: open it again, or save under another name", path = path.display())]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// There is a file of that name, which nobody agreed to replace.
    #[error("{path}: there is a file already; it was not saved: choose another name", path = path.display())]
    Taken {
        /// Which file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{path}: not a Workprint project: {why}", path = path.display())]
    NotProject {
        /// Which file.
        path: PathBuf,
        /// Where and why reading stopped.
        why: String,
    },
    /// A later program wrote it.
    #[error("{path}: made by a newer Workprint (format {version}, this one reads up to {VERSION}); update Workprint", path = path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// It contradicts itself.
    #[error("{path}: damaged: {why}", path = path.display())]
    Inconsistent {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: Inconsistency,
    },
}

impl FileError {
    fn unwritten(path: &Path, why: &NotWritten) -> Self {
        // who wrote over it as far as the disk went said where the whole one is
        let safe = path.is_file() && !matches!(why, NotWritten::Kept(..));
        let why = format!("{why}{}", if safe { "; the file that was there is untouched" } else { "" });
        Self::Write { path: path.to_owned(), why }
    }
}

/// Read before all else: what follows may be of any version.
#[derive(Deserialize)]
#[serde(rename = "Workprint")]
struct Head {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Workprint")]
struct Document {
    version: u32,
    project: Project,
}

/// Opens a project.
///
/// # Errors
/// [`FileError`], with the place in the file where reading stopped.
pub fn load(path: &Path) -> Result<Project, FileError> {
    load_stamped(path).map(|(project, _)| project)
}

/// The same, and what tells whether the file is still this one when it is saved.
///
/// # Errors
/// [`FileError`], with the place in the file where reading stopped.
pub fn load_stamped(path: &Path) -> Result<(Project, Stamp), FileError> {
    let text = read(path)?;
    let project = parse(path, &text)?;
    Ok((project, Stamp::of(text.as_bytes())))
}

fn read(path: &Path) -> Result<String, FileError> {
    let not_project = |why: &str| FileError::NotProject { path: path.to_owned(), why: why.to_owned() };
    let bytes = read_text(path, MOST_BYTES).map_err(|e| match e.kind() {
        ErrorKind::NotFound => FileError::Read { path: path.to_owned(), why: "there is no such file".into() },
        ErrorKind::PermissionDenied => {
            FileError::Read { path: path.to_owned(), why: "no permission to read it".into() }
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::FileTooLarge => not_project(&e.to_string()),
        _ => FileError::Read { path: path.to_owned(), why: e.to_string() },
    })?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(not_project("it is empty"));
    }
    String::from_utf8(bytes).map_err(|_| not_project("it is not text"))
}

fn parse(path: &Path, text: &str) -> Result<Project, FileError> {
    let not_project = |e: ron::error::SpannedError| FileError::NotProject { path: path.to_owned(), why: e.to_string() };
    let head: Head = ron::from_str(text).map_err(not_project)?;
    if head.version > VERSION {
        return Err(FileError::Newer { path: path.to_owned(), version: head.version });
    }
    let document: Document = ron::from_str(text).map_err(not_project)?;
    let mut project = document.project;
    paths::make_absolute(&mut project, &folder_of(path));
    project.check().map_err(|why| FileError::Inconsistent { path: path.to_owned(), why })?;
    Ok(project)
}

/// The name with the extension of projects, by which they are known: appended to any other, as in "Film v1.2".
#[must_use]
pub fn with_extension(path: PathBuf) -> PathBuf {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("ron")) || path.file_name().is_none() {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(".ron");
    name.into()
}

/// Saves a project, whole or not at all, over what is there.
///
/// # Errors
/// [`FileError::Write`]; the file that was there is untouched.
pub fn save(project: &Project, path: &Path) -> Result<(), FileError> {
    save_as(project, path, Existing::Replace)
}

/// The same where a file that is there may have to stay.
///
/// # Errors
/// [`FileError::Write`]; the file that was there is untouched.
pub fn save_as(project: &Project, path: &Path, existing: Existing) -> Result<(), FileError> {
    write(path, text_of(project, path)?.as_bytes(), existing)
}

/// Saves a project if the file is the one that is expected; gives what it is now.
///
/// # Errors
/// [`FileError::Changed`] or [`FileError::Taken`] when it is another one, [`FileError::Write`]; the file that was there is
/// untouched.
pub fn save_expected(project: &Project, path: &Path, expected: Expected) -> Result<Stamp, FileError> {
    stamp::write_expected(path, text_of(project, path)?.as_bytes(), expected)
}

/// Writes a project for this program's own use: as a file of its own that [`load`] reads, in which paths stay as they are, since
/// neither it nor the media are moved together.
///
/// # Errors
/// [`FileError::Write`].
pub fn save_snapshot(project: &Project, path: &Path) -> Result<(), FileError> {
    let text = print(project.clone()).map_err(|e| FileError::Write { path: path.to_owned(), why: e.to_string() })?;
    write_whole(path, text.as_bytes())
}

/// What is written to a project's file.
fn text_of(project: &Project, path: &Path) -> Result<String, FileError> {
    let mut project = project.clone();
    paths::make_relative(&mut project, &folder_of(path));
    print(project).map_err(|e| FileError::Write { path: path.to_owned(), why: e.to_string() })
}

fn print(project: Project) -> Result<String, ron::Error> {
    let pretty = ron::ser::PrettyConfig::new().depth_limit(7).struct_names(false).indentor(" ");
    ron::ser::to_string_pretty(&Document { version: VERSION, project }, pretty).map(|text| text + "\n")
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), FileError> {
    whole_files::write(path, bytes, existing).map_err(|why| FileError::unwritten(path, &why))
}

/// The same over what is there.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write(path, bytes, Existing::Replace)
}

/// The absolute folder that a file lies in: not that of a link to it, from which its paths would lead elsewhere.
fn folder_of(path: &Path) -> PathBuf {
    let real = if path.is_symlink() { path.canonicalize().ok() } else { None };
    let absolute = real.or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned());
    absolute.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::{parse as timeline, print as show};

    #[test]
    fn a_saved_project_is_the_same_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ron");
        let mut project = timeline("V1: A@0+24 src5 ~1, B@30+10 | V2 locked: C@3+4 | A1: A@0+24 src5 ~1");
        let id = crate::model::AssetId(3);
        let mut asset = (*project.assets[&id]).clone();
        asset.path = folder.path().join("clips/ü 1.mov");
        project.assets_mut().insert(id, asset.into());
        save(&project, &path).unwrap();
        assert_eq!(load(&path).unwrap(), project);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"clips/ü 1.mov\""), "{text}");
        // both move together
        let moved = tempfile::tempdir().unwrap();
        fs::copy(&path, moved.path().join("b.ron")).unwrap();
        let there = load(&moved.path().join("b.ron")).unwrap();
        assert_eq!(there.assets[&id].path, moved.path().join("clips/ü 1.mov"));
        assert_eq!(show(&there), show(&project));
    }

    #[test]
    fn bad_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.ron");
        save(&timeline("V1: A@0+24"), &path).unwrap();
        let good = fs::read(&path).unwrap();
        let good_text = String::from_utf8(good.clone()).unwrap();
        let deep = "(".repeat(100_000);
        let wrong_length = good_text.replace("length: 24", "length: -24");
        let newer = good_text.replacen("version: 1", "version: 999", 1);
        assert!(wrong_length != good_text && newer != good_text);
        for (bytes, word) in [
            (b"".to_vec(), "empty"),
            (vec![0xff, 0xfe, 0, 1, 2], "not text"),
            (good[..good.len() / 2].to_vec(), "not a Workprint project"),
            (deep.into_bytes(), "not a Workprint project"),
            (newer.into_bytes(), "newer"),
            (wrong_length.into_bytes(), "damaged"),
            (b"(version: 1, project: 5)".to_vec(), "not a Workprint project"),
        ] {
            fs::write(&path, bytes).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains("bad.ron") && error.contains(word) && !error.contains('\n'), "{error}");
        }
        assert!(load(folder.path()).unwrap_err().to_string().contains("folder"));
        assert!(load(&folder.path().join("none.ron")).unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn every_truncation_and_many_corruptions_are_refused_or_consistent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.ron");
        save(&timeline("V1: A@0+24 ~1, B@24+3 | A1: A@0+24 ~1"), &path).unwrap();
        let good = fs::read(&path).unwrap();
        for end in (0..good.len() - 2).step_by(13) {
            let cut = String::from_utf8_lossy(&good[..end]).into_owned();
            assert!(parse(&path, &cut).is_err(), "cut at {end}");
        }
        let mut seed = 1_u64;
        for _ in 0..3000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            let mut bad = good.clone();
            let at = usize::try_from(seed >> 20).unwrap() % bad.len();
            bad[at] = b"0123456789(){}[],:-\"xSomeNone "[usize::try_from(seed >> 50).unwrap() % 30];
            if let Ok(project) = parse(&path, &String::from_utf8_lossy(&bad)) {
                assert_eq!(project.check(), Ok(()));
            }
        }
    }

    #[test]
    fn a_save_that_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let error = save(&timeline("V1: A@0+24"), &folder.path().join("none/p.ron")).unwrap_err().to_string();
        assert!(error.contains("no folder"), "{error}");
    }

    #[test]
    fn every_project_has_the_extension_it_is_known_by() {
        for (given, saved) in [("a.ron", "a.ron"), ("Film v1.2", "Film v1.2.ron"), ("a", "a.ron"), ("A.RON", "A.RON")] {
            assert_eq!(with_extension(given.into()), PathBuf::from(saved));
        }
    }
}
