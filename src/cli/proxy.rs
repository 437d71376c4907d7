//! `workprint proxy`: the proxies that are missing.

use super::{Failure, Outcome, cancel_on_interrupt, reading};
use crate::media::{ANOTHER, Cache, Parts, is_same};
use crate::model::{Asset, MediaKind, SourceTime};
use crate::project_file::load;
use crate::worker::{ProxyNews, make_proxies, probe_watched, proxy_workers};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

#[derive(clap::Args, Debug)]
pub struct Args {
    /// A project, or media files.
    #[arg(required = true, value_name = "PROJECT.ron | MEDIA")]
    files: Vec<PathBuf>,
    /// How many at a time; chosen from cores and memory when not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut failed = false;
    let cancel = cancel_on_interrupt();
    let mut assets: Vec<Arc<Asset>> = Vec::new();
    let is_project = |p: &&PathBuf| p.extension().is_some_and(|e| e == "ron");
    let mut loose: Vec<PathBuf> = args.files.iter().filter(|p| !is_project(p)).cloned().collect();
    for project in args.files.iter().filter(is_project) {
        for asset in load(project)?.assets.values().filter(|a| a.info.kind == MediaKind::Video) {
            // of a file that is another one the proxy is made by what is in it now, not by what the project says
            if asset.fingerprint.is_empty() || matches!(is_same(&asset.path, &asset.fingerprint), Ok(false)) {
                tell!("warning: {}: {ANOTHER}", asset.path.display());
                loose.push(asset.path.clone());
            } else {
                assets.push(Arc::clone(asset));
            }
        }
    }
    for (path, result) in loose.iter().zip(probe_watched(&cancel, &loose, reading(), |_| {})) {
        match result {
            Ok(probed) => assets.push(Arc::new(probed.into_asset(path))),
            Err(error) => {
                tell!("error: {error}");
                failed = true;
            }
        }
    }
    // stills and sound are light as they are
    assets.retain(|a| a.info.kind == MediaKind::Video);
    let workers = args.jobs.map_or_else(proxy_workers, usize::from);
    let unprinted = AtomicBool::new(false);
    let progress = Progress::new(&assets);
    let all = make_proxies(&Cache::of_user(), &assets, workers, &cancel, |news| match news {
        ProxyNews::Progress(asset, share) => progress.tell(asset, share),
        ProxyNews::Done(asset, first) => {
            let parts = Parts::of(&asset.info).count();
            let more = if parts > 1 { format!(" ({parts} parts)") } else { String::new() };
            if let Err(error) = say!("{} -> {}{more}", asset.path.display(), first.display()) {
                error.tell();
                unprinted.store(true, Ordering::Relaxed);
            }
        }
        ProxyNews::Failed(error) => tell!("error: {error}"),
    });
    failed |= !all || unprinted.into_inner();
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// Says at most once a second how far it is.
struct Progress {
    begun: Instant,
    state: Mutex<Told>,
}

struct Told {
    /// Seconds of each asset, and how much of it is there.
    shares: BTreeMap<PathBuf, (f64, f64)>,
    at: Instant,
}

impl Progress {
    fn new(assets: &[Arc<Asset>]) -> Self {
        let seconds = |asset: &Asset| asset.info.duration.map_or(1.0, SourceTime::seconds).max(1.0);
        let shares = assets.iter().map(|a| (a.path.clone(), (seconds(a), 0.0))).collect();
        let now = Instant::now();
        Self { begun: now, state: Mutex::new(Told { shares, at: now }) }
    }

    fn tell(&self, asset: &Asset, share: f32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = state.shares.get_mut(&asset.path) {
            *known = f64::from(share);
        }
        if state.at.elapsed() < TELL_EVERY {
            return;
        }
        state.at = Instant::now();
        let (all, done) = state.shares.values().fold((0.0, 0.0), |(all, done), (s, share)| (all + s, done + s * share));
        let left = self.begun.elapsed().as_secs_f64() * (all - done) / done.max(0.001);
        let part = done / all * 100.0;
        let name = asset.path.file_name().unwrap_or(asset.path.as_os_str()).to_string_lossy();
        tell!("{part:.1} %  {left:.0} s left  {name}: {:.1} %", share * 100.0);
    }
}
