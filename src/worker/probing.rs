//! Probing many files at once, a few at a time.

use super::machine::{allowed_cores, total_memory};
use super::parallel::in_parallel;
use crate::media::{Cancel, Helper, MediaError, fingerprint};
use crate::model::{Asset, AssetId, MediaInfo};
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

/// Probes files in parallel, in processes of their own where the program has set that up, as many at a time as cores and memory allow; the results are in the files'
/// order. `done` is told of each as it is finished, from any thread.
pub fn probe_all(
    paths: &[PathBuf],
    done: impl Fn(&Path, &Result<Probed, MediaError>) + Sync,
) -> Vec<Result<Probed, MediaError>> {
    let by_memory = usize::try_from(total_memory() / 4 / PER_PROBE).unwrap_or(1);
    let workers = allowed_cores().min(by_memory).clamp(1, 8);
    let cancel = Cancel::default();
    let helper = || Helper::new(paths, &[]);
    in_parallel("probe", workers, paths, helper, |helper, path| {
        let result = helper.probe(path, &cancel).and_then(|info| Ok(Probed { info, fingerprint: fingerprint(path)? }));
        done(path, &result);
        result
    })
    .into_iter()
    .map(|r| r.unwrap_or(Err(MediaError::Cancelled)))
    .collect()
}
