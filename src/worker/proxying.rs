//! Making many proxies at once.

use super::machine::{allowed_cores, total_memory};
use super::parallel::in_parallel;
use crate::media::{Cache, Cancel, Helper, MediaError, ProxySettings};
use crate::model::Asset;
use std::path::PathBuf;
use std::sync::Arc;

/// Memory that decoding and encoding for one proxy may need.
const PER_PROXY: u64 = 400 << 20;

/// How many proxies are made at a time where nothing else is to be done: one for each core, as far as a quarter of the
/// memory holds them.
#[must_use]
pub fn proxy_workers() -> usize {
    at_once(allowed_cores())
}

/// How many are made beside an editor that must answer: one for each two cores.
#[must_use]
pub fn background_proxies() -> usize {
    at_once(allowed_cores().div_ceil(2))
}

fn at_once(most: usize) -> usize {
    let by_memory = usize::try_from(total_memory() / 4 / PER_PROXY).unwrap_or(1);
    most.min(by_memory).clamp(1, 8)
}

/// Threads for each of `workers` at once.
#[must_use]
pub fn proxy_threads(workers: usize) -> u32 {
    u32::try_from(allowed_cores().div_ceil(workers.max(1))).unwrap_or(1).clamp(1, 8)
}

/// Makes the proxies that are missing, `workers` at a time; the results are in the assets' order. `done` is
/// told of each, from any thread.
pub fn make_proxies(
    cache: &Cache,
    assets: &[Arc<Asset>],
    workers: usize,
    cancel: &Cancel,
    done: impl Fn(&Asset, &Result<PathBuf, MediaError>) + Sync,
) -> Vec<Result<PathBuf, MediaError>> {
    let settings = ProxySettings { threads: proxy_threads(workers) };
    let sources: Vec<PathBuf> = assets.iter().map(|asset| asset.path.clone()).collect();
    let helper = || Helper::new(&sources, &[cache.root().to_owned()]);
    in_parallel("proxy", workers, assets, helper, |helper, asset| {
        let result = helper.make_proxy(cache, asset, settings, cancel, &|_| {});
        done(asset, &result);
        result
    })
    .into_iter()
    .map(|r| r.unwrap_or(Err(MediaError::Cancelled)))
    .collect()
}
