//! The folder of things that were made of media once: proxies, thumbnails and waveforms.
//!
//! Beside each lies a note that tells its content. What is not as its note says, or has none, is removed when a process
//! first looks for it, and so made anew: disks lose power and fill up, and people copy caches.
//!
//! What is kept has a limit. Beyond it goes what was used longest ago, file by file, so of a long film the minutes that
//! nobody looks at; but nothing goes that was made of media of the open project ([`Cache::keep`]): of those, none makes
//! room for another. A project that needs more than the limit may take it while the disk has some GiB to spare, and from
//! there on gets no more proxies.

use super::error::MediaError;
use super::fingerprint::{Thoroughness, digest, key_in_mind};
use crate::model::Asset;
use crate::platform;
use crate::platform::whole_files::{Existing, NewFile, Opened};
use directories::ProjectDirs;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What is kept until the limit is reached; then what was used longest ago goes.
pub const DEFAULT_LIMIT: u64 = 20 * 1024 * 1024 * 1024;

/// Bytes that must be left on the disk where one project's proxies take more than the limit.
const SPARE: u64 = 5 * 1024 * 1024 * 1024;

/// What lies in the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheKind {
    /// Light copies to cut with.
    Proxy,
    /// Pictures for the timeline.
    Thumbnails,
    /// Loudness for the timeline.
    Waveform,
    /// Where the packets of files lie that don't say so themselves.
    Packets,
    /// What large files are, so that they are not read again by each process.
    Seen,
}

impl CacheKind {
    /// The folder; its number changes when what is made changes, so that old files are made anew.
    const fn folder(self) -> &'static str {
        match self {
            Self::Proxy => "proxies-1",
            Self::Thumbnails => "thumbnails-1",
            Self::Waveform => "waveforms-1",
            Self::Packets => "packets-1",
            Self::Seen => "seen-1",
        }
    }
}

/// The folder of the notes; its number changes when they tell something else.
const NOTES: &str = "notes-1";

/// Files that this process has found to be whole, with their length and, where systems number files, their number: what
/// takes such a file's place is looked at again.
static WHOLE: Mutex<BTreeMap<PathBuf, (u64, u64)>> = Mutex::new(BTreeMap::new());

/// How closely they are looked at: a project may have hundreds, and what spoils them spoils more than a few packets.
const NOTED: Thoroughness = Thoroughness { whole: 16 << 20, sample: 16 << 10 };

/// How many of those are kept in mind.
const MOST_WHOLE: usize = 16_384;

/// The cache folder. Several processes may use it at once: files appear whole or not at all.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    limit: u64,
    /// The keys of what must not go.
    kept: Arc<Mutex<BTreeSet<String>>>,
    /// How much room the disk has.
    room: fn(&Path) -> Option<u64>,
}

impl Cache {
    /// The user's cache folder, or the one that `WORKPRINT_CACHE` names.
    #[must_use]
    pub fn of_user() -> Self {
        let root = std::env::var_os("WORKPRINT_CACHE").filter(|v| !v.is_empty()).map_or_else(
            || {
                ProjectDirs::from("", "", "workprint")
                    .map_or_else(|| std::env::temp_dir().join("workprint-cache"), |d| d.cache_dir().to_owned())
            },
            PathBuf::from,
        );
        Self::at(root, DEFAULT_LIMIT)
    }

    /// A cache in a folder, holding at most `limit` bytes.
    #[must_use]
    pub fn at(root: PathBuf, limit: u64) -> Self {
        Self { root, limit, kept: Arc::default(), room: platform::free_space }
    }

    /// Keeps what was made of these assets' files, as far as they were looked at, and no longer what it kept before. Holds
    /// for all copies of this value.
    pub fn keep<'a>(&self, assets: impl IntoIterator<Item = &'a Arc<Asset>>) {
        let keys = assets.into_iter().filter_map(|asset| key_in_mind(asset)).collect();
        *self.lock_kept() = keys;
    }

    /// The lock is held for a moment; whoever panicked left it whole.
    fn lock_kept(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that was made of the content with that key, if it is there and whole. `name` is its name after the key,
    /// extension included. The first time it is read: samples of it where it is large.
    #[must_use]
    pub fn find(&self, kind: CacheKind, key: &str, name: &str) -> Option<PathBuf> {
        let path = self.path(kind, key, name);
        let mut file = fs::File::open(&path).ok()?;
        let meta = file.metadata().ok().filter(fs::Metadata::is_file)?;
        if !is_known_whole(&path, &meta) {
            let content = digest(&mut file, meta.len(), NOTED).ok()?;
            if fs::read_to_string(self.note(&path)).ok().as_deref() != Some(&content) {
                tracing::info!("{}: not as it was made; it is made anew", path.display());
                // in a cache that can't be written it is passed over each time
                let _ = fs::remove_file(&path);
                return None;
            }
            know_whole(&path, &meta);
        }
        touch(&path);
        Some(path)
    }

    /// The same for a thread that must answer at once: reads no file, and gives only what this process has found to be
    /// whole, or has made.
    #[must_use]
    pub fn find_known(&self, kind: CacheKind, key: &str, name: &str) -> Option<PathBuf> {
        let path = self.path(kind, key, name);
        let meta = fs::metadata(&path).ok()?;
        is_known_whole(&path, &meta).then(|| {
            touch(&path);
            path
        })
    }

    /// Makes a file under a temporary name with `make` and gives it its own when that succeeded.
    ///
    /// # Errors
    /// What `make` returned, or [`MediaError::Write`].
    pub fn make(
        &self,
        kind: CacheKind,
        key: &str,
        name: &str,
        make: impl FnOnce(&Path) -> Result<(), MediaError>,
    ) -> Result<PathBuf, MediaError> {
        let path = self.path(kind, key, name);
        let failed = |e: std::io::Error| MediaError::write(&path, e);
        if kind == CacheKind::Proxy && !self.has_room() {
            let spare = bytesize::ByteSize(SPARE).display().iec();
            return Err(failed(std::io::Error::other(format!(
                "this project's proxies fill the cache, and the disk has less than {spare} left"
            ))));
        }
        folder_of(&path)?;
        // a helper may write it, and what the power takes is noticed by its note
        let new = NewFile::begin(&path, Existing::Replace, Opened::Elsewhere);
        let new = new.map_err(|e| MediaError::write(&path, e))?.fleeting();
        make(new.path()).map_err(|e| e.about(new.path(), &path))?;
        let mut file = fs::File::open(new.path()).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let content = digest(&mut file, meta.len(), NOTED).map_err(failed)?;
        // first the note: what ends here leaves no file without one
        let note = self.note(&path);
        folder_of(&note)?;
        let noted = NewFile::begin(&note, Existing::Replace, Opened::Here).map(NewFile::fleeting);
        let noted = noted.and_then(|mut noted| noted.write_all(content.as_bytes()).map_err(Into::into).map(|()| noted));
        noted.and_then(NewFile::finish).map_err(|e| MediaError::write(&note, e))?;
        new.finish().map_err(|e| MediaError::write(&path, e))?;
        know_whole(&path, &meta);
        self.shrink(&path);
        Ok(path)
    }

    /// Keeps what was made already. A cache that can't be written, or is full, is no reason to do without it: why it is not
    /// kept goes into the log alone.
    pub(super) fn store(&self, kind: CacheKind, key: &str, name: &str, content: &[u8]) {
        let write = |to: &Path| fs::write(to, content).map_err(|e| MediaError::write(to, e));
        if let Err(error) = self.make(kind, key, name, write) {
            tracing::warn!("not kept: {error}");
        }
    }

    /// Where the note about a file of the cache lies.
    fn note(&self, path: &Path) -> PathBuf {
        // whoever looks for films finds none here
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".note");
        self.root.join(NOTES).join(name)
    }

    fn path(&self, kind: CacheKind, key: &str, name: &str) -> PathBuf {
        // whoever made it up: nothing outside of this folder is ever named
        let plain = key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b' ');
        let hash = || blake3::hash(key.as_bytes()).to_hex().to_string();
        let stem = if plain { key.to_owned() } else { hash() };
        self.root.join(kind.folder()).join(format!("{stem}{name}"))
    }

    /// Bytes in use.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files().iter().map(|f| f.1).sum()
    }

    /// Removes what was used longest ago until the limit holds; never `new`, nor what is kept.
    fn shrink(&self, new: &Path) {
        let mut files = self.files();
        let mut size: u64 = files.iter().map(|f| f.1).sum();
        if size <= self.limit {
            return;
        }
        let kept = self.lock_kept().clone();
        files.retain(|f| f.0 != new && !is_of(&f.0, &kept));
        files.sort_by_key(|f| f.2);
        for (path, bytes, _) in files {
            if size <= self.limit {
                return;
            }
            if fs::remove_file(&path).is_ok() {
                // one that stays tells of nothing
                let _ = fs::remove_file(self.note(&path));
                size -= bytes;
            }
        }
    }

    /// Whether one more may be made: of what is kept there is less than the limit, or the disk has room to spare.
    fn has_room(&self) -> bool {
        let kept = self.lock_kept().clone();
        let size: u64 = self.files().iter().filter(|f| is_of(&f.0, &kept)).map(|f| f.1).sum();
        size < self.limit || (self.room)(&self.root).is_some_and(|free| free >= SPARE)
    }

    fn files(&self) -> Vec<(PathBuf, u64, SystemTime)> {
        use CacheKind::{Packets, Proxy, Seen, Thumbnails, Waveform};
        let folders = [Proxy, Thumbnails, Waveform, Packets, Seen].map(CacheKind::folder);
        let entries = folders.iter().filter_map(|f| fs::read_dir(self.root.join(f)).ok()).flatten().flatten();
        entries
            .filter_map(|e| {
                let meta = e.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((e.path(), meta.len(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
            })
            .collect()
    }
}

/// The folder that a file of the cache lies in, made where it is not there yet.
fn folder_of(path: &Path) -> Result<PathBuf, MediaError> {
    let folder = path.parent().unwrap_or(path).to_owned();
    fs::create_dir_all(&folder).map_err(|e| MediaError::write(&folder, e))?;
    Ok(folder)
}

/// Whether a file was made of what has one of those keys.
fn is_of(path: &Path, keys: &BTreeSet<String>) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let end = name.find(['.', '-']).unwrap_or(name.len());
    keys.contains(&name[..end])
}

/// Remembers that a file was used now: the time decides what goes first.
fn touch(path: &Path) {
    // in a read-only cache nothing goes
    let _ = fs::File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// What tells a file of the cache from one that takes its place. Its times don't: every use sets them.
fn identity(meta: &fs::Metadata) -> (u64, u64) {
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(meta);
    #[cfg(not(unix))]
    let number = 0;
    (meta.len(), number)
}

fn is_known_whole(path: &Path, meta: &fs::Metadata) -> bool {
    WHOLE.lock().unwrap_or_else(PoisonError::into_inner).get(path) == Some(&identity(meta))
}

fn know_whole(path: &Path, meta: &fs::Metadata) {
    let mut whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    if whole.len() >= MOST_WHOLE {
        whole.clear();
    }
    whole.insert(path.to_owned(), identity(meta));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What another process, which knows of nothing yet, would find.
    fn forget(path: &Path) {
        WHOLE.lock().unwrap().remove(path);
    }

    fn put(cache: &Cache, name: &str, bytes: usize) -> Result<PathBuf, MediaError> {
        cache.make(CacheKind::Proxy, name, ".mp4", |path| {
            fs::write(path, vec![0; bytes]).map_err(|e| MediaError::write(path, e))
        })
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("c"), 250);
        let old = put(&cache, "old", 100).unwrap();
        let used = put(&cache, "used", 100).unwrap();
        for path in [&old, &used] {
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!(cache.find(CacheKind::Proxy, "used", ".mp4"), Some(used.clone()));
        let new = put(&cache, "new", 100).unwrap();
        assert!(!old.exists() && used.exists() && new.exists());
        assert_eq!(cache.size(), 200);
    }

    #[test]
    fn what_the_project_uses_never_goes_for_something_else_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache { room: |_| Some(SPARE), ..Cache::at(folder.path().join("c"), 250) };
        let used = |names: &[&str]| *cache.lock_kept() = names.iter().map(|n| (*n).to_owned()).collect();
        let part = |key: &str, n: u32| {
            cache.make(CacheKind::Proxy, key, &format!("-{n}.3.mp4"), |path| {
                fs::write(path, [0; 100]).map_err(|e| MediaError::write(path, e))
            })
        };
        let other = part("other", 0).unwrap();
        used(&["one", "two"]);
        let files: Vec<PathBuf> =
            [("one", 0), ("two", 0), ("one", 1), ("two", 1)].map(|(key, n)| part(key, n).unwrap()).into();
        assert!(!other.exists() && files.iter().all(|f| f.exists()), "beyond the limit, with room on the disk");
        // with none, no more is made, and nothing goes
        let full = Cache { room: |_| Some(1), ..cache.clone() };
        let more = full.make(CacheKind::Proxy, "one", "-2.3.mp4", |_| Ok(())).unwrap_err().to_string();
        assert!(more.contains("the disk has less than 5.0 GiB left"), "{more}");
        assert!(files.iter().all(|f| f.exists()));
        // another project is opened: of this one goes what was used longest ago, as much as must
        used(&["three"]);
        for (n, file) in (1..).zip(&files) {
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n);
            fs::File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
        }
        part("three", 0).unwrap();
        assert_eq!(files.iter().map(|f| f.exists()).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn no_fingerprint_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("a/b"), 250);
        for fingerprint in ["../../../evil", "/tmp/evil", "..", "a\\b", "C:x", "a/../../../b"] {
            let path = put(&cache, fingerprint, 1).unwrap();
            assert_eq!(path.parent().unwrap(), folder.path().join("a/b/proxies-1"), "{fingerprint}");
            assert_eq!(cache.find(CacheKind::Proxy, fingerprint, ".mp4"), Some(path));
        }
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().into(), 250);
        let failed = cache.make(CacheKind::Waveform, "x", ".bin", |path| {
            fs::write(path, [1; 10]).unwrap();
            Err(MediaError::Cancelled)
        });
        assert!(failed.is_err());
        assert_eq!(cache.find(CacheKind::Waveform, "x", ".bin"), None);
        assert_eq!(cache.size(), 0);
    }

    #[test]
    fn what_is_not_as_it_was_made_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("c"), 1 << 20);
        let damages: [fn(&Path); 5] = [
            |path| fs::write(path, "").unwrap(),
            |path| fs::write(path, [0; 50]).unwrap(),
            |path| fs::write(path, [9; 100]).unwrap(),
            |path| fs::remove_file(path.parent().unwrap().with_file_name(NOTES).join("x.mp4.note")).unwrap(),
            |path| fs::write(path.parent().unwrap().with_file_name(NOTES).join("x.mp4.note"), "").unwrap(),
        ];
        for (case, damage) in damages.into_iter().enumerate() {
            let path = put(&cache, "x", 100).unwrap();
            forget(&path);
            assert_eq!(cache.find_known(CacheKind::Proxy, "x", ".mp4"), None, "not looked at yet");
            assert_eq!(cache.find(CacheKind::Proxy, "x", ".mp4"), Some(path.clone()));
            assert_eq!(cache.find_known(CacheKind::Proxy, "x", ".mp4"), Some(path.clone()));
            damage(&path);
            forget(&path);
            assert_eq!(cache.find(CacheKind::Proxy, "x", ".mp4"), None, "case {case}");
            assert!(!path.exists(), "case {case}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_cache_is_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("c"), 1 << 20);
        let path = put(&cache, "x", 100).unwrap();
        let lock = |mode: u32| {
            for locked in [path.parent().unwrap(), cache.root()] {
                fs::set_permissions(locked, fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        lock(0o555);
        forget(&path);
        let found = cache.find(CacheKind::Proxy, "x", ".mp4");
        lock(0o755);
        assert_eq!(found, Some(path));
    }
}
