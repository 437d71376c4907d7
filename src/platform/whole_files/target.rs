//! What a name stands for before anything is written to it.

use super::{Existing, NotWritten};
use crate::platform::input::{kind, open_without_waiting};
use std::ffi::OsString;
use std::fs::{Metadata, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where a file is to be: links are followed already.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Absolute.
    pub folder: PathBuf,
    pub name: OsString,
    /// Whether there is a file now.
    pub is_replaced: bool,
}

impl Target {
    /// Looks at what is there.
    pub fn look(path: &Path, existing: Existing) -> Result<Self, NotWritten> {
        refuse_name(path)?;
        let meta = match std::fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Self::aside(path),
            Err(e) => return Err(e.into()),
        };
        let (path, meta) = if meta.is_symlink() { follow(path)? } else { (path.to_owned(), meta) };
        refuse_others(&meta)?;
        if existing == Existing::Refuse {
            return Err(NotWritten::Exists);
        }
        refuse_read_only(&path, &meta)?;
        Ok(Self { is_replaced: true, ..Self::aside(&path)? })
    }

    /// The same for a name that is taken to be free.
    pub fn aside(path: &Path) -> Result<Self, NotWritten> {
        let name = path.file_name().ok_or(NotWritten::IsFolder)?.to_owned();
        let absolute = std::path::absolute(path)?;
        let folder = absolute.parent().ok_or(NotWritten::IsFolder)?.to_owned();
        if !folder.is_dir() {
            let named = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(&folder);
            return Err(NotWritten::NoFolder(named.to_owned()));
        }
        Ok(Self { folder, name, is_replaced: false })
    }
}

/// Whether a file can be written there, as far as that can be known before.
///
/// # Errors
/// [`NotWritten`].
pub fn check(path: &Path, existing: Existing) -> Result<(), NotWritten> {
    Target::look(path, existing).map(drop)
}

/// Refuses what Windows takes for something else than a file's name: a device, or a part of another file.
fn refuse_name(path: &Path) -> Result<(), NotWritten> {
    let name = path.file_name().filter(|_| cfg!(windows)).and_then(std::ffi::OsStr::to_str);
    name.and_then(unfit_for_windows).map_or(Ok(()), |why| Err(NotWritten::Name(why)))
}

/// Why a name is none on Windows (Microsoft, "Naming Files, Paths, and Namespaces"), in words.
fn unfit_for_windows(name: &str) -> Option<String> {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    if let Some(letter) = name.chars().find(|c| c.is_control() || "<>:\"|?*".contains(*c)) {
        return Some(format!("{letter:?} can't be in a name on Windows"));
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let upper = stem.to_uppercase();
    let numbered = upper.strip_prefix("COM").or_else(|| upper.strip_prefix("LPT"));
    let is_port = numbered.is_some_and(|rest| rest.chars().count() == 1 && "0123456789¹²³".contains(rest));
    (DEVICES.contains(&upper.as_str()) || is_port)
        .then(|| format!("'{stem}' is a device on Windows, with any extension"))
}

/// What a link leads to.
fn follow(path: &Path) -> Result<(PathBuf, Metadata), NotWritten> {
    match path.canonicalize() {
        Ok(real) => {
            let meta = std::fs::symlink_metadata(&real)?;
            Ok((real, meta))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            Err(NotWritten::Dangling(std::fs::read_link(path).unwrap_or_default()))
        }
        Err(e) => Err(e.into()),
    }
}

pub(super) fn refuse_others(meta: &Metadata) -> Result<(), NotWritten> {
    match meta.file_type() {
        file if file.is_file() => Ok(()),
        folder if folder.is_dir() => Err(NotWritten::IsFolder),
        link if link.is_symlink() => Err(NotWritten::NoFile("a link")),
        other => Err(NotWritten::NoFile(kind(other))),
    }
}

/// The mode tells what its owner wants, which is all that holds back an administrator; opening tells what the system
/// allows.
fn refuse_read_only(path: &Path, meta: &Metadata) -> Result<(), NotWritten> {
    if meta.permissions().readonly() {
        return Err(NotWritten::ReadOnly);
    }
    match open_without_waiting(OpenOptions::new().write(true), path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::PermissionDenied => Err(NotWritten::ReadOnly),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_takes_for_something_else_is_no_name() {
        for name in ["nul", "NUL.mp4", "Con.tar.gz", "aux .mov", "com1.mp4", "LPT².mkv", "conout$"] {
            let why = unfit_for_windows(name).unwrap();
            assert!(why.contains("is a device"), "{name}: {why}");
        }
        for name in ["film: part 1.mp4", "what?.mp4", "a|b", "<new>.mkv", "say \"cut\".mp4", "two\nlines.mp4"] {
            assert!(unfit_for_windows(name).unwrap().contains("can't be in a name"), "{name}");
        }
        for name in ["film.mp4", "nulled.mp4", "com.mp4", "com10.mp4", "lpt.mp4", "Größe – 日本.mp4", "a.nul", ".con"]
        {
            assert_eq!(unfit_for_windows(name), None, "{name}");
        }
    }

    #[test]
    fn elsewhere_such_names_are_names() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(&folder.path().join("nul.mp4"), Existing::Refuse).is_ok(), !cfg!(windows));
    }
}
