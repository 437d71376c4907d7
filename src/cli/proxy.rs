//! `workprint proxy`: the proxies that are missing.

use super::{Failure, Outcome, cancel_on_interrupt};
use crate::media::{ANOTHER, Cache, is_same};
use crate::model::{Asset, MediaKind};
use crate::project_file::load;
use crate::worker::{make_proxies, probe_all, proxy_workers};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    for (path, result) in loose.iter().zip(probe_all(&loose, |_, _| {})) {
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
    let cancel = cancel_on_interrupt();
    let workers = args.jobs.map_or_else(proxy_workers, usize::from);
    let unprinted = AtomicBool::new(false);
    let results = make_proxies(&Cache::of_user(), &assets, workers, &cancel, |asset, result| match result {
        Ok(proxy) => {
            if let Err(error) = say!("{} -> {}", asset.path.display(), proxy.display()) {
                tell!("error: {error}");
                unprinted.store(true, Ordering::Relaxed);
            }
        }
        Err(error) => tell!("error: {error}"),
    });
    failed |= results.iter().any(Result::is_err) || unprinted.into_inner();
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}
