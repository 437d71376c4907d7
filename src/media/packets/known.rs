//! The indexes of the files that were read, so that each is read once.

use super::index::{Index, read};
use super::{Demuxer, demuxer};
use crate::media::cache::{Cache, CacheKind};
use crate::media::fingerprint::{Stamp, key};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files that are kept in mind.
const MOST: usize = 64;

/// Bytes from which on a file's index is kept in the cache: a smaller file is read again as quickly.
pub const INDEX_KEPT: u64 = 64 << 20;

/// How an index is called there, after the file's key: the second way of telling which files need one.
const NAME: &str = "-2.json";

/// A file as it was when it was read: where it lies, and how it looked.
type File = (PathBuf, Stamp);

static KNOWN: Mutex<VecDeque<(File, Option<Arc<Index>>)>> = Mutex::new(VecDeque::new());

/// What a file's packets say of it, where the file itself can't be believed; `None` for all others. The first call for a
/// file reads it to its end, without decoding.
pub(in crate::media) fn index_of(path: &Path) -> Option<Arc<Index>> {
    let file = (path.to_owned(), Stamp::of(path).ok().filter(|_| path.is_file())?);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, index)) = known().iter().find(|(f, _)| *f == file) {
        return index.clone();
    }
    let index = make(path).map(Arc::new);
    let mut known = known();
    known.retain(|(f, _)| f.0 != file.0);
    if known.len() >= MOST {
        known.pop_front();
    }
    known.push_back((file, index.clone()));
    index
}

/// Finds the index of a file in the cache, or reads the file.
fn make(path: &Path) -> Option<Index> {
    let mut demuxer = demuxer(path)?;
    if demuxer.bytes().len() < INDEX_KEPT {
        return read_all(path, demuxer.as_mut());
    }
    let Ok(before) = key(path) else { return read_all(path, demuxer.as_mut()) };
    let cache = Cache::of_user();
    let kept = cache.find(CacheKind::Packets, &before, NAME).and_then(|file| std::fs::read(file).ok());
    if let Some(index) = kept.and_then(|json| serde_json::from_slice::<Option<Index>>(&json).ok()) {
        return index;
    }
    let index = read_all(path, demuxer.as_mut());
    // what is being written to, or can't be read to its end, is read again
    if demuxer.bytes().failure().is_some() || key(path).ok().as_ref() != Some(&before) {
        return index;
    }
    match serde_json::to_vec(&index) {
        Ok(json) => cache.store(CacheKind::Packets, &before, NAME, &json),
        Err(error) => tracing::warn!("what was read of {} is not kept: {error}", path.display()),
    }
    index
}

fn read_all(path: &Path, demuxer: &mut dyn Demuxer) -> Option<Index> {
    let caps = demuxer.caps(path);
    let index = read(demuxer, &caps)?;
    // a track that GStreamer alone understands is left to it, with all others
    (index.tracks.iter().all(|t| !t.keys.is_empty()) && demuxer.is_needed(&index)).then_some(index)
}
