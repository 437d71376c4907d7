//! `workprint probe`: what is in each file.

use super::{Failure, Outcome, print_json, reading};
use crate::media::{self, Cancel};
use crate::model::{MediaInfo, MediaKind, Transfer, path_text};
use crate::worker::{Probed, probe_watched};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The files.
    #[arg(required = true)]
    media: Vec<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let found: Vec<_> =
        args.media.iter().zip(probe_watched(&Cancel::default(), &args.media, reading(), |_| {})).collect();
    let failed = found.iter().any(|(_, r)| r.is_err());
    if args.json {
        let all: Vec<Value> = found.iter().map(|(path, result)| to_json(path, result)).collect();
        print_json(&all)?;
    } else {
        for (path, result) in &found {
            match result {
                Ok(found) => say!("{}: {}", path.display(), describe(&found.info))?,
                Err(error) => tell!("error: {error}"),
            }
        }
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

fn describe(info: &MediaInfo) -> String {
    let mut parts = vec![info.container.clone()];
    if let Some(duration) = info.duration {
        parts.push(format!("{:.2} s", duration.seconds()));
    }
    if let Some(video) = &info.video {
        let mut text = format!("{} {}x{}", video.codec, video.width, video.height);
        if let Some(rate) = video.rate {
            text = format!("{text} {:.3} fps", rate.as_f64());
        }
        let mut notes = Vec::new();
        if video.variable_rate {
            notes.push("variable rate".to_owned());
        }
        if video.orientation.rotation != 0 {
            notes.push(format!("turned {}°", video.orientation.rotation));
        }
        if video.orientation.mirrored {
            notes.push("mirrored".into());
        }
        if video.interlaced {
            notes.push("interlaced".into());
        }
        if video.alpha {
            notes.push("transparent".into());
        }
        if video.bit_depth > 8 {
            notes.push(format!("{} bit", video.bit_depth));
        }
        if video.transfer != Transfer::Sdr {
            notes.push(transfer(video.transfer).to_uppercase());
        }
        if !notes.is_empty() {
            text = format!("{text} ({})", notes.join(", "));
        }
        parts.push(text);
    }
    for audio in &info.audio {
        parts.push(format!("{} {} Hz, {} ch", audio.codec, audio.rate, audio.channels));
    }
    parts.join(" · ")
}

fn transfer(transfer: Transfer) -> &'static str {
    match transfer {
        Transfer::Sdr => "bt709",
        Transfer::Pq => "pq",
        Transfer::Hlg => "hlg",
    }
}

fn to_json(path: &Path, result: &Result<Probed, media::MediaError>) -> Value {
    let info = match result {
        Ok(found) => &found.info,
        Err(error) => {
            return json!({
                "path": path_text::to_text(path), "kind": null, "container": null, "duration": null, "video": null, "audio": [],
                "error": error.to_string(),
            });
        }
    };
    let kind = match info.kind {
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Still => "still",
    };
    let video = info.video.as_ref().map(|v| {
        json!({
            "codec": v.codec, "width": v.width, "height": v.height,
            "rotation": v.orientation.rotation, "mirrored": v.orientation.mirrored,
            "pixel_aspect": format!("{}/{}", v.pixel_aspect.num, v.pixel_aspect.den),
            "rate": v.rate.map(|r| r.to_string()), "variable_rate": v.variable_rate,
            "interlaced": v.interlaced, "alpha": v.alpha, "bit_depth": v.bit_depth,
            "transfer": transfer(v.transfer),
        })
    });
    let audio: Vec<Value> = info
        .audio
        .iter()
        .map(|a| json!({"codec": a.codec, "rate": a.rate, "channels": a.channels, "language": a.language}))
        .collect();
    json!({
        "path": path_text::to_text(path), "kind": kind, "container": info.container,
        "duration": info.duration.map(crate::model::SourceTime::seconds),
        "video": video, "audio": audio, "error": null,
    })
}
