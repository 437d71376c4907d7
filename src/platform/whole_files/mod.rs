//! Files that are written whole or not at all.
//!
//! What is written has no name, or a hidden one, until it is whole and on the disk; then it takes its name in one step.
//! Where a file of that name is replaced, its owner and its mode stay, links are followed, and hard links stay together.
//! What a process leaves that is killed is nothing where the system knows files without names (Linux, most file
//! systems), else a hidden file that the next one removes.
//!
//! Never opens what is no regular file.

mod folder;
mod hidden;
mod new_folder;
mod refusal;
mod scratch;
mod target;

pub use new_folder::NewFolder;
pub use refusal::{NotWritten, in_words, reason_in};
pub use scratch::ScratchFolder;
pub use target::check;

use folder::Folder;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use target::Target;

/// Removes from a folder what killed processes left there. What can't be removed stays.
pub fn clear_leftovers(folder: &Path) {
    hidden::clear(folder);
    scratch::clear(folder);
}

/// What happens to a file of that name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Existing {
    /// It stays, and nothing is written.
    Refuse,
    /// It is replaced once the new one is whole.
    Replace,
}

/// Who opens a file while it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opened {
    /// This process alone: it needs no name.
    Here,
    /// Other processes too, by its name.
    Elsewhere,
}

/// Files of one name that are counted before it is given up.
const MOST: u32 = 10_000;

/// Bytes that any file system lets a name have.
const SURE_NAME: usize = 100;

/// Writes a file whole or not at all.
///
/// # Errors
/// [`NotWritten`]; what was there is untouched.
pub fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), NotWritten> {
    let mut file = NewFile::begin(path, existing, Opened::Here)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Writes a file that is not there yet: of that name, or with the first number behind it that is free. Gives the file.
///
/// # Errors
/// [`NotWritten`].
pub fn write_numbered(path: &Path, bytes: &[u8]) -> Result<PathBuf, NotWritten> {
    let name = path.file_name().ok_or(NotWritten::IsFolder)?;
    // of names that are taken, too, the folder is all that matters
    let mut file = NewFile::begin_in(Target::aside(path)?, Existing::Refuse, Opened::Here)?;
    file.write_all(bytes)?;
    file.sync()?;
    let names = std::iter::once(name.to_owned()).chain(numbered(name, "", 2));
    let written = file.take_free_name(names)?;
    file.folder.sync();
    Ok(written)
}

/// A file that is being written. Gone when it is dropped unfinished.
#[derive(Debug)]
pub struct NewFile {
    target: Target,
    existing: Existing,
    durable: bool,
    folder: Folder,
    /// Open for writing, and locked as long as it is: what nobody holds was left by a process that was killed.
    file: Option<File>,
    /// The hidden name, where it has one.
    hidden: Option<OsString>,
    path: PathBuf,
}

/// Why a whole file is not under its name, and where it is instead.
#[derive(Debug)]
pub struct Kept {
    /// Why.
    pub why: NotWritten,
    /// Where it lies; `None` where it could not be kept.
    pub kept: Option<PathBuf>,
}

impl NewFile {
    /// Begins a file, where all that can be known says that it will get its name.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn begin(path: &Path, existing: Existing, opened: Opened) -> Result<Self, NotWritten> {
        Self::begin_in(Target::look(path, existing)?, existing, opened)
    }

    fn begin_in(target: Target, existing: Existing, opened: Opened) -> Result<Self, NotWritten> {
        let folder = Folder::open(&target.folder)?;
        hidden::clear_once(&target.folder);
        // a private file must not be seen while it is written either
        let private = target.is_replaced;
        let unnamed = (opened == Opened::Here).then(|| folder.unnamed(private)).flatten();
        let (file, hidden, path) = if let Some((file, path)) = unnamed {
            (file, None, path)
        } else {
            let (file, name) = hidden::create(&folder, target.name.as_ref(), private)?;
            let path = target.folder.join(&name);
            (file, Some(name), path)
        };
        Ok(Self { target, existing, durable: true, folder, file: Some(file), hidden, path })
    }

    /// What opens it while it is written: in this process alone, if that was said.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does not wait until it is on the disk: for what can be made anew when the power fails.
    #[must_use]
    pub fn fleeting(mut self) -> Self {
        self.durable = false;
        self
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`NotWritten`]; what was there is untouched, and the new one is gone.
    pub fn finish(mut self) -> Result<(), NotWritten> {
        self.sync()?;
        self.settle().map_err(|Kept { why, kept }| match kept {
            Some(kept) => NotWritten::Kept(why.into(), kept),
            None => why,
        })
    }

    /// Gives it its name; where that can't be, it is kept beside it under another, with a number.
    ///
    /// # Errors
    /// [`Kept`].
    pub fn finish_or_keep(mut self) -> Result<(), Kept> {
        if let Err(error) = self.sync() {
            // what has found no room on the disk is not whole
            let kept = if refusal::is_full(&error) { None } else { self.keep("", 2) };
            return Err(Kept { why: error.into(), kept });
        }
        self.settle().map_err(|Kept { why, kept }| {
            let kept = kept.or_else(|| self.keep("", 2));
            Kept { why, kept }
        })
    }

    /// Keeps it beside its target with a word behind the name: `film-failed-check.mp4`. `None` where that can't be.
    #[must_use]
    pub fn keep_as(mut self, word: &str) -> Option<PathBuf> {
        if let Err(error) = self.sync() {
            tracing::warn!("what is kept may not be on the disk: {error}");
        }
        self.keep(word, 1)
    }

    /// Puts what was written on the disk.
    fn sync(&self) -> io::Result<()> {
        self.file.as_ref().filter(|_| self.durable).map_or(Ok(()), synced)
    }

    /// Gives what is on the disk its name.
    fn settle(&mut self) -> Result<(), Kept> {
        let lost = |why: NotWritten| Kept { why, kept: None };
        let name = self.target.name.clone();
        // what appears or goes between the look and the step is looked at anew
        for _ in 0..8 {
            let Some(there) = self.folder.look(&name).map_err(|e| lost(e.into()))? else {
                match self.take_name(&name) {
                    Ok(()) => return self.check_place(),
                    Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                    Err(e) => return Err(lost(e.into())),
                }
            };
            target::refuse_others(&there).map_err(lost)?;
            if self.existing == Existing::Refuse {
                return Err(lost(NotWritten::Exists));
            }
            if there.permissions().readonly() {
                return Err(lost(NotWritten::ReadOnly));
            }
            return self.replace(&name, &there).and_then(|()| self.check_place());
        }
        Err(lost(NotWritten::Exists))
    }

    /// Takes a name that is free.
    fn take_name(&mut self, name: &OsStr) -> io::Result<()> {
        self.release();
        if let Some(hidden) = &self.hidden {
            self.folder.rename_new(hidden, name)?;
        } else if let Some(file) = &self.file {
            match self.folder.link(file, name) {
                Err(e) if !matches!(e.kind(), ErrorKind::AlreadyExists | ErrorKind::InvalidFilename) => {
                    tracing::debug!("a file without a name gets none: {e}");
                    self.copy_to_hidden()?;
                    return self.take_name(name);
                }
                linked => linked?,
            }
        }
        self.hidden = None;
        Ok(())
    }

    /// Takes the first free one of these names; gives the file.
    fn take_free_name(&mut self, names: impl Iterator<Item = OsString>) -> io::Result<PathBuf> {
        let mut error = io::Error::from(ErrorKind::AlreadyExists);
        for name in names {
            match self.take_name(&name) {
                Ok(()) => return Ok(self.folder.now().join(name)),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => error = e,
                Err(e) => return Err(e),
            }
        }
        Err(error)
    }

    /// Takes the place of a file.
    fn replace(&mut self, name: &OsStr, there: &Metadata) -> Result<(), Kept> {
        let lost = |e: io::Error| Kept { why: e.into(), kept: None };
        // a file that has several names has them still, and one that is somebody else's stays theirs
        if folder::names_of(there) > 1 || !self.resemble(there) {
            return self.write_in_place(name);
        }
        if self.hidden.is_none() {
            let hidden = hidden::name_like(name);
            self.take_name(&hidden).map_err(lost)?;
            self.hidden = Some(hidden);
        }
        self.release();
        let Some(hidden) = &self.hidden else { return Ok(()) };
        match self.folder.rename(hidden, name) {
            Ok(()) => {
                self.hidden = None;
                Ok(())
            }
            // another file system is mounted on it
            Err(e) if e.kind() == ErrorKind::ResourceBusy => self.write_in_place(name),
            Err(e) => Err(lost(e)),
        }
    }

    /// Whether it has the owner and the mode now of the file whose place it takes.
    fn resemble(&self, there: &Metadata) -> bool {
        self.file.as_ref().is_none_or(|file| folder::resemble(file, there))
    }

    /// Writes into the file that is there. That is no single step: while it lasts, the whole file lies beside it under a
    /// name that people see, and stays there if it fails.
    fn write_in_place(&mut self, name: &OsStr) -> Result<(), Kept> {
        let lost = |e: io::Error| Kept { why: e.into(), kept: None };
        let mut to = self.folder.open_to_write(name).map_err(lost)?;
        let beside = self.keep_here("", 2).map_err(lost)?;
        let broken = |e: io::Error| Kept { why: e.into(), kept: Some(beside.clone()) };
        let mut from = File::open(&beside).map_err(broken)?;
        let length = from.metadata().map_err(broken)?.len();
        // a disk without room for it is found out before the first byte is lost
        if let Err(error) = folder::reserve(&to, length) {
            // the old one is whole
            let _ = std::fs::remove_file(&beside);
            return Err(lost(error));
        }
        io::copy(&mut from, &mut to).and_then(|_| to.set_len(length)).map_err(broken)?;
        synced(&to).map_err(broken)?;
        std::fs::remove_file(&beside).map_err(broken)
    }

    /// Copies it to a hidden file, where the system gives no name to one that has none.
    fn copy_to_hidden(&mut self) -> io::Result<()> {
        let (mut file, name) = hidden::create(&self.folder, &self.target.name, self.target.is_replaced)?;
        let copied = File::open(&self.path).and_then(|mut from| {
            folder::resemble(&file, &from.metadata()?);
            io::copy(&mut from, &mut file)
        });
        if let Err(error) = copied {
            // what can't be removed is when the next file is written here
            let _ = self.folder.remove(&name);
            return Err(error);
        }
        self.path = self.target.folder.join(&name);
        (self.file, self.hidden) = (Some(file), Some(name));
        self.sync()
    }

    /// Whether the folder is still where it was when this began; the file is in it.
    fn check_place(&self) -> Result<(), Kept> {
        if self.durable {
            self.folder.sync();
        }
        if self.folder.is_at(&self.target.folder) {
            return Ok(());
        }
        let kept = self.folder.now().join(&self.target.name);
        Err(Kept { why: NotWritten::Moved(self.target.folder.clone()), kept: Some(kept) })
    }

    /// Keeps it: in its folder, else in the one nearest to where that was.
    fn keep(&mut self, word: &str, from: u32) -> Option<PathBuf> {
        let mut folders = self.target.folder.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>().into_iter();
        loop {
            match self.keep_here(word, from) {
                Ok(kept) => return Some(kept),
                Err(error) => tracing::warn!("the file is not kept in {}: {error}", self.target.folder.display()),
            }
            // one with a name can't be moved out of a folder that is gone
            if self.hidden.is_some() {
                return None;
            }
            self.target.folder = folders.next()?;
            if let Ok(folder) = Folder::open(&self.target.folder) {
                self.folder = folder;
            }
        }
    }

    fn keep_here(&mut self, word: &str, from: u32) -> io::Result<PathBuf> {
        let name = self.target.name.clone();
        let long = |e: &io::Error| matches!(e.kind(), ErrorKind::InvalidFilename | ErrorKind::InvalidInput);
        let kept = match self.take_free_name(numbered(&name, word, from)) {
            // what is appended was too much
            Err(e) if long(&e) => self.take_free_name(numbered(&shortened(&name), word, from)),
            other => other,
        }?;
        self.folder.sync();
        Ok(kept)
    }

    /// Where a file that is open can't be renamed it is closed.
    fn release(&mut self) {
        if cfg!(not(unix)) {
            self.file = None;
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Err(ErrorKind::BrokenPipe.into()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

impl Seek for NewFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.as_mut().map_or(Err(ErrorKind::BrokenPipe.into()), |file| file.seek(to))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        self.release();
        if let Some(hidden) = &self.hidden {
            // what can't be removed is when the next file is written here
            let _ = self.folder.remove(hidden);
        }
    }
}

/// Puts a file on the disk, where the file system knows of that.
fn synced(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(e) if folder::knows_no_sync(&e) => Ok(()),
        other => other,
    }
}

/// The name with a word and a number behind its stem; 1 is not said.
fn numbered(name: &OsStr, word: &str, from: u32) -> impl Iterator<Item = OsString> + use<> {
    let path = PathBuf::from(name);
    let word = if word.is_empty() { String::new() } else { format!("-{word}") };
    (from..MOST).map(move |n| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(&word);
        if n > 1 {
            name.push(format!("-{n}"));
        }
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        name
    })
}

/// A name of the same kind that is short enough anywhere.
fn shortened(name: &OsStr) -> OsString {
    let path = Path::new(name);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = stem.char_indices().map(|(at, _)| at).take_while(|at| *at <= SURE_NAME).last().unwrap_or(0);
    let mut short = OsString::from(&stem[..end]);
    if let Some(extension) = path.extension().filter(|e| e.len() < SURE_NAME) {
        short.push(".");
        short.push(extension);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reel.mp4.report.txt");
        for (text, name) in
            [("one", "reel.mp4.report.txt"), ("two", "reel.mp4.report-2.txt"), ("three", "reel.mp4.report-3.txt")]
        {
            let written = write_numbered(&path, text.as_bytes()).unwrap();
            assert_eq!(written.canonicalize().unwrap(), folder.path().join(name).canonicalize().unwrap());
            assert_eq!(std::fs::read_to_string(written).unwrap(), text);
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one");
        assert!(write_numbered(&folder.path().join("none/a.txt"), b"").is_err());
    }

    #[test]
    fn a_name_without_room_for_a_number_is_shortened() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("{}.mp4", "ü".repeat(125));
        let mut file = NewFile::begin(&folder.path().join(&name), Existing::Refuse, Opened::Here).unwrap();
        file.write_all(b"a film").unwrap();
        std::fs::write(folder.path().join(&name), "another").unwrap();
        let Kept { why, kept } = file.finish_or_keep().unwrap_err();
        assert!(matches!(why, NotWritten::Exists), "{why}");
        assert_eq!(std::fs::read(kept.unwrap()).unwrap(), b"a film");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_not_finished_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        for opened in [Opened::Here, Opened::Elsewhere] {
            let mut file = NewFile::begin(&folder.path().join("a.mp4"), Existing::Refuse, opened).unwrap();
            file.write_all(b"half").unwrap();
            assert_eq!(std::fs::read(file.path()).unwrap(), b"half");
            drop(file);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
