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
