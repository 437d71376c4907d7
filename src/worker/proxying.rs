//! Making many proxies at once.

use super::parallel::in_parallel;
use crate::media::{Cache, Cancel, Helper, MediaError, Part, Parts, Proxy, ProxySettings};
use crate::model::Asset;
use crate::platform::{allowed_cores, total_memory};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Parts that one thread makes one after the other: more of them decode on where the one before ended, fewer leave none
/// to do what is left alone.
const RUN: usize = 8;

/// What is told of proxies while they are made.
#[derive(Clone, Copy, Debug)]
pub enum ProxyNews<'a> {
    /// How much of an asset's is there, from 0 to 1.
    Progress(&'a Asset, f32),
    /// All of an asset's is there: the file of its first part.
    Done(&'a Asset, &'a Path),
    /// A part of an asset's can't be made.
    Failed(&'a MediaError),
}

/// An asset's proxy while it is made.
struct Making<'a> {
    asset: &'a Asset,
    parts: Vec<Part>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How much of each part that is worked on is there, and of all that are finished 1.
    shares: BTreeMap<usize, f32>,
    first: Option<PathBuf>,
    failed: bool,
}

impl Making<'_> {
    /// The lock is held for a moment; whoever panicked left it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, n: usize, share: f32) -> f32 {
        let mut state = self.lock();
        state.shares.insert(n, share);
        state.shares.values().sum::<f32>() / self.parts.len() as f32
    }

    /// Takes in what became of a part, and tells of it.
    fn ended(&self, n: usize, result: Result<Proxy, MediaError>, tell: &impl Fn(ProxyNews<'_>)) {
        let share = self.at(n, 1.0);
        let (failed_before, all) = {
            let mut state = self.lock();
            let failed_before = state.failed;
            match &result {
                Ok(proxy) if n == 0 => state.first = Some(proxy.path.clone()),
                Ok(_) => {}
                Err(_) => state.failed = true,
            }
            let all = state.shares.len() == self.parts.len() && state.shares.values().all(|share| *share >= 1.0);
            (failed_before, state.first.clone().filter(|_| all && !state.failed))
        };
        match result {
            Ok(_) => tell(ProxyNews::Progress(self.asset, share)),
            Err(error) if !failed_before => tell(ProxyNews::Failed(&error)),
            Err(_) => {}
        }
        if let Some(first) = all {
            tell(ProxyNews::Done(self.asset, &first));
        }
    }
}

/// Makes the proxies that are missing, `workers` parts at a time; whether all are there now. `tell` hears of each, from any
/// thread.
pub fn make_proxies(
    cache: &Cache,
    assets: &[Arc<Asset>],
    workers: usize,
    cancel: &Cancel,
    tell: impl Fn(ProxyNews<'_>) + Sync,
) -> bool {
    let making: Vec<Making<'_>> = assets
        .iter()
        .map(|asset| Making { asset, parts: Parts::of(&asset.info).all().collect(), state: Mutex::default() })
        .collect();
    let runs = |m: &Making<'_>| if m.asset.info.untimed { m.parts.len() } else { RUN };
    let items: Vec<(&Making<'_>, Range<usize>)> = making
        .iter()
        .flat_map(|m| {
            let (count, run) = (m.parts.len(), runs(m));
            (0..count).step_by(run).map(move |n| (m, n..count.min(n + run)))
        })
        .collect();
    let settings = ProxySettings { threads: proxy_threads(workers) };
    let sources: Vec<PathBuf> = assets.iter().map(|asset| asset.path.clone()).collect();
    let helper = || Helper::new(&sources, &[cache.root().to_owned()]);
    in_parallel("proxy", workers, &items, helper, |helper, (making, run)| {
        for n in run.clone() {
            let asset = making.asset;
            cache.keep(assets);
            let progress = |share: f32| tell(ProxyNews::Progress(asset, making.at(n, share.min(0.999))));
            let result = helper.make_proxy(cache, asset, making.parts[n], settings, cancel, &progress);
            let failed = result.is_err();
            making.ended(n, result, &tell);
            if failed {
                // what follows at once is likely to end of the same
                return;
            }
        }
    });
    making.iter().all(|m| {
        let state = m.lock();
        !state.failed && state.shares.len() == m.parts.len()
    })
}
