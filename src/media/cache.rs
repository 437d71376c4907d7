//! The folder of things that were made of media once: proxies, thumbnails and waveforms.

use super::error::MediaError;
use directories::ProjectDirs;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is kept until the limit is reached; then what was used longest ago goes.
pub const DEFAULT_LIMIT: u64 = 20 * 1024 * 1024 * 1024;

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
}

impl CacheKind {
    /// The folder; its number changes when what is made changes, so that old files are made anew.
    const fn folder(self) -> &'static str {
        match self {
            Self::Proxy => "proxies-1",
            Self::Thumbnails => "thumbnails-1",
            Self::Waveform => "waveforms-1",
            Self::Packets => "packets-1",
        }
    }
}

/// The cache folder. Several processes may use it at once: files appear whole or not at all.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    limit: u64,
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
        Self { root, limit }
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that was made of the content with that fingerprint, if it is there. `name` is its name
    /// after the fingerprint, extension included.
    #[must_use]
    pub fn find(&self, kind: CacheKind, fingerprint: &str, name: &str) -> Option<PathBuf> {
        let path = self.path(kind, fingerprint, name);
        let file = fs::File::options().append(true).open(&path).ok()?;
        // the time of last use decides what goes first; a read-only cache works as well
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// Makes a file under a temporary name with `make` and gives it its own when that succeeded.
    ///
    /// # Errors
    /// What `make` returned, or [`MediaError::Write`].
    pub fn make(
        &self,
        kind: CacheKind,
        fingerprint: &str,
        name: &str,
        make: impl FnOnce(&Path) -> Result<(), MediaError>,
    ) -> Result<PathBuf, MediaError> {
        let path = self.path(kind, fingerprint, name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&folder).map_err(|e| MediaError::write(&folder, e))?;
        let suffix = path.extension().and_then(OsStr::to_str).map_or_else(String::new, |e| format!(".{e}"));
        let temporary = super::temporary_in(&folder, &suffix)?;
        make(&temporary)?;
        temporary.persist(&path).map_err(|e| MediaError::write(&path, e.error))?;
        self.shrink(&path);
        Ok(path)
    }

    fn path(&self, kind: CacheKind, fingerprint: &str, name: &str) -> PathBuf {
        // whoever made it up: nothing outside of this folder is ever named
        let plain = fingerprint.bytes().all(|c| c.is_ascii_alphanumeric() || c == b' ');
        let hash = || blake3::hash(fingerprint.as_bytes()).to_hex().to_string();
        let stem = if plain { fingerprint.to_owned() } else { hash() };
        self.root.join(kind.folder()).join(format!("{stem}{name}"))
    }

    /// Bytes in use.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files().iter().map(|f| f.1).sum()
    }

    /// Removes what was used longest ago until the limit holds; never `keep`.
    fn shrink(&self, keep: &Path) {
        let mut files = self.files();
        let mut size: u64 = files.iter().map(|f| f.1).sum();
        files.sort_by_key(|f| f.2);
        for (path, bytes, _) in files {
            if size <= self.limit {
                return;
            }
            if path != keep && fs::remove_file(&path).is_ok() {
                size -= bytes;
            }
        }
    }

    fn files(&self) -> Vec<(PathBuf, u64, SystemTime)> {
        let kinds = [CacheKind::Proxy, CacheKind::Thumbnails, CacheKind::Waveform, CacheKind::Packets];
        let folders = kinds.map(CacheKind::folder);
        let entries = folders.iter().filter_map(|f| fs::read_dir(self.root.join(f)).ok()).flatten().flatten();
        entries
            .filter_map(|e| {
                let meta = e.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((e.path(), meta.len(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
