//! `workprint doctor`: whether all that is needed is there.

use super::{Failure, Outcome, print_json};
use crate::export::{Hardware, Tried, try_apart, try_here};
use crate::media::{self, Cache, REQUIRED, missing_plugins};
use crate::model::path_text;
use crate::platform::graphics_drivers;
use crate::platform::{allowed_cores, total_memory};
use bytesize::ByteSize;
use gstreamer as gst;
use serde_json::{Value, json};

/// Stands for all hardware encoders that are there.
const ALL: &str = "all";

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Tries a hardware encoder, by GStreamer's name of the element; all that are there when none is named. Each is tried in a
    /// process of its own, and anew.
    #[arg(long = "try", value_name = "ELEMENT", num_args = 0..=1, default_missing_value = ALL)]
    trying: Option<String>,
    /// The size that they are tried at.
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1920x1080", value_parser = super::size)]
    size: (u32, u32),
    /// Tries it in this process, which it may crash.
    #[arg(long, hide = true)]
    here: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    media::init()?;
    if let Some(element) = &args.trying {
        return encoders(args, Some(element.as_str()).filter(|element| *element != ALL));
    }
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

/// Tries hardware encoders. Done where each works that was named; where none was, what does not work is only told.
fn encoders(args: &Args, element: Option<&str>) -> Result<Outcome, Failure> {
    let elements =
        element.map_or_else(|| Hardware::installed().map(str::to_owned).collect(), |element| vec![element.to_owned()]);
    let cancel = super::cancel_on_interrupt();
    let mut tried: Vec<Tried> = Vec::new();
    for element in elements {
        tried.push(if args.here {
            let result = try_here(&element, args.size);
            Tried { element, size: args.size, result, remembered: false }
        } else {
            try_apart(&element, args.size, true, &cancel)?
        });
    }
    let works = tried.iter().all(|tried| tried.result.is_ok());
    if args.json {
        let all: Vec<Value> = tried.iter().map(to_json).collect();
        print_json(&json!({"tried": all, "drivers": graphics_drivers()}))?;
    } else if tried.is_empty() {
        say!("no hardware encoder is installed; looked for {}", Hardware::known().collect::<Vec<_>>().join(", "))?;
    }
    for Tried { element, size: (width, height), result, .. } in tried.iter().filter(|_| !args.json) {
        match result {
            Ok(seconds) => say!("{element} works at {width}×{height} (24 pictures in {seconds:.1} s)")?,
            Err(why) => tell!("error: {element} does not work at {width}×{height}: {why}"),
        }
    }
    Ok(if works || element.is_none() { Outcome::Done } else { Outcome::Failed })
}

fn to_json(tried: &Tried) -> Value {
    let Tried { element, size: (width, height), result, .. } = tried;
    json!({
        "element": element, "width": width, "height": height, "works": result.is_ok(), "seconds": result.as_ref().ok(),
        "reason": result.as_ref().err(),
    })
}
