//! Doing the same to many things on a few named threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to each item on at most `workers` threads, with what each thread has for itself, made there by `own`;
/// the results are in the items' order, `None` where a thread broke off.
pub(super) fn in_parallel<T: Sync, R: Send, S>(
    name: &str,
    workers: usize,
    items: &[T],
    own: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let (mut done, mut own) = (Vec::new(), own());
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { return done };
            done.push((i, work(&mut own, item)));
        }
    };
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let done = std::thread::scope(|scope| {
        let spawn = |n| std::thread::Builder::new().name(format!("{name} {n}")).spawn_scoped(scope, worker).ok();
        let threads: Vec<_> = (0..workers.clamp(1, items.len().max(1))).map_while(spawn).collect();
        // without any thread of its own the work is done here
        let mut done = if threads.is_empty() { worker() } else { Vec::new() };
        done.extend(threads.into_iter().flat_map(|t| t.join().unwrap_or_default()));
        done
    });
    for (i, result) in done {
        results[i] = Some(result);
    }
    results
}
