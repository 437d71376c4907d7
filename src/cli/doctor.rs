//! `workprint doctor`: whether all that is needed is there.

use super::{Failure, Outcome, print_json};
use crate::media::{self, Cache, REQUIRED, missing_plugins};
use crate::model::path_text;
use crate::worker::{allowed_cores, total_memory};
use bytesize::ByteSize;
use gstreamer as gst;
use serde_json::{Value, json};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    media::init()?;
    let missing = missing_plugins();
    let cache = Cache::of_user();
    let probe = std::fs::create_dir_all(cache.root()).and_then(|()| tempfile::tempfile_in(cache.root()));
    let cache_error =
        probe.err().map(|e| format!("{}: {e}; set WORKPRINT_CACHE to a writable folder", cache.root().display()));
    let ok = missing.is_empty() && cache_error.is_none();
    if args.json {
        let plugins: Vec<Value> = REQUIRED
            .iter()
            .map(|p| {
                let there = !missing.iter().any(|m| m.element == p.element);
                json!({"element": p.element, "purpose": p.purpose, "package": p.package, "installed": there})
            })
            .collect();
        print_json(&json!({
            "ok": ok, "gstreamer": gst::version_string().as_str(), "plugins": plugins,
            "cache": {"path": path_text::to_text(cache.root()), "size": cache.size(), "error": cache_error},
            "cores": allowed_cores(), "memory": total_memory(),
        }))?;
    } else {
        say!("{}", gst::version_string())?;
        say!("{} cores, {} of memory", allowed_cores(), ByteSize(total_memory()).display().iec())?;
        say!("cache: {}, {}", cache.root().display(), ByteSize(cache.size()).display().si())?;
        for plugin in &missing {
            tell!("error: {} is missing ({}); install {}", plugin.element, plugin.purpose, plugin.package);
        }
        if let Some(error) = &cache_error {
            tell!("error: {error}");
        }
        if ok {
            say!("all {} elements are there", REQUIRED.len())?;
        }
    }
    Ok(if ok { Outcome::Done } else { Outcome::Failed })
}
