//! Probing many files at once, a few at a time.

use super::machine::allowed_cores;
use crate::media::{MediaError, probe};
use crate::model::MediaInfo;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Probes files in parallel, as many at a time as there are cores; the results are in the files' order.
/// `done` is told of each as it is finished, from any thread.
pub fn probe_all(
    paths: &[PathBuf],
    done: impl Fn(usize) + Sync,
) -> Vec<(PathBuf, Result<MediaInfo, MediaError>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(i) else { return found };
            found.push((i, probe(path)));
            done(i);
        }
    };
    let workers = allowed_cores().clamp(1, 8).min(paths.len().max(1));
    let mut all = std::thread::scope(|scope| {
        let spawn = |n| std::thread::Builder::new().name(format!("probe-{n}")).spawn_scoped(scope, work);
        let threads: Vec<_> = (0..workers).map_while(|n| spawn(n).ok()).collect();
        // without any thread of its own the work is done here
        let mut all = if threads.is_empty() { work() } else { Vec::new() };
        all.extend(threads.into_iter().flat_map(|t| t.join().unwrap_or_default()));
        all
    });
    all.sort_by_key(|(i, _)| *i);
    let mut results = all.into_iter().peekable();
    paths
        .iter()
        .enumerate()
        .map(|(i, path)| {
            let result = results.next_if(|(n, _)| *n == i).map_or(Err(MediaError::Cancelled), |(_, r)| r);
            (path.clone(), result)
        })
        .collect()
}
