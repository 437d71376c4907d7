//! Probing many files at once, a few at a time.

use super::parallel::in_parallel;
use crate::media::{Cache, Cancel, Found, Helper, INDEX_KEPT, MediaError, fingerprint};
use crate::model::{Asset, AssetId, MediaInfo};
use crate::platform::{allowed_cores, total_memory};
use std::path::{Path, PathBuf};

/// Memory that one probe may need: it decodes a picture, which may be large.
const PER_PROBE: u64 = 300 << 20;

/// What is known of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Probed {
    /// What is in it.
    pub info: MediaInfo,
    /// Tells its content apart.
    pub fingerprint: String,
}

impl Probed {
    /// An asset made of it, yet without an id.
    #[must_use]
    pub fn into_asset(self, path: &Path) -> Asset {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Asset { id: AssetId(0), name, path, fingerprint: self.fingerprint, info: self.info }
    }
}

/// Where a helper keeps what it has read of large files to their end, so that whoever opens them next need not read them
/// again: the cache, where there are such files.
fn folder_for_indexes(paths: &[PathBuf]) -> Vec<PathBuf> {
    let large = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|meta| meta.len() >= INDEX_KEPT);
    let root = Cache::of_user().root().to_owned();
    // where there can't be a cache, nothing is kept
    if paths.iter().any(large) && std::fs::create_dir_all(&root).is_ok() { vec![root] } else { Vec::new() }
}

/// Probes files in parallel, in processes of their own where the program has set that up, as many at a time as cores and
/// memory allow; the results are in the files' order.
#[must_use]
pub fn probe_all(paths: &[PathBuf]) -> Vec<Result<Probed, MediaError>> {
    probe_until(&Cancel::default(), paths)
}

/// The same until it is cancelled: what is not done by then is [`MediaError::Cancelled`].
#[must_use]
pub fn probe_until(cancel: &Cancel, paths: &[PathBuf]) -> Vec<Result<Probed, MediaError>> {
    probe_watched(cancel, paths, |_, _| {}, |_| {})
}

/// The same; `found` hears of files that must be read to their end for it, how far that is, and `done` of each file that is
/// finished, both from any thread.
pub fn probe_watched(
    cancel: &Cancel,
    paths: &[PathBuf],
    found: impl Fn(&Path, Found) + Sync,
    done: impl Fn(&Path) + Sync,
) -> Vec<Result<Probed, MediaError>> {
    let by_memory = usize::try_from(total_memory() / 4 / PER_PROBE).unwrap_or(1);
    let workers = allowed_cores().min(by_memory).clamp(1, 8);
    let kept = folder_for_indexes(paths);
    let helper = || {
        cancel.watch_on_this_thread();
        Helper::new(paths, &kept)
    };
    in_parallel("probe", workers, paths, helper, |helper, path| {
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let info = helper.probe(path, cancel, &|what| found(path, what));
        let result = info.and_then(|info| Ok(Probed { info, fingerprint: fingerprint(path)? }));
        done(path);
        result
    })
    .into_iter()
    .map(|r| r.unwrap_or(Err(MediaError::Cancelled)))
    .collect()
}
