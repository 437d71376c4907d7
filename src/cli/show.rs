//! `workprint show`: the timeline in words or JSON.

use super::{Failure, Outcome, print_json};
use crate::model::{Project, TrackKind, format_timecode, path_text};
use crate::project_file::load;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = load(&args.project)?;
    if args.json {
        print_json(&to_json(&project))?;
    } else {
        say!("{}", in_words(&project)?.trim_end())?;
    }
    Ok(Outcome::Done)
}

fn in_words(project: &Project) -> Result<String, std::fmt::Error> {
    let sequence = project.sequence();
    let mut text = String::new();
    writeln!(
        text,
        "{}: {}x{} at {} frames a second, {} Hz, {}",
        sequence.name,
        sequence.width,
        sequence.height,
        sequence.rate,
        sequence.sample_rate,
        format_timecode(sequence.end(), sequence.rate)
    )?;
    for track in &sequence.tracks {
        writeln!(text, "{}", track.name)?;
        for clip in track.clips.iter() {
            let asset = project.assets.get(&clip.content.asset);
            let offline = asset.is_some_and(|a| !crate::media::is_there(a));
            writeln!(
                text,
                "  {} – {}  {}{}  from {:.3} s",
                format_timecode(clip.start, sequence.rate),
                format_timecode(clip.end(), sequence.rate),
                clip.content.name,
                if offline { " (offline)" } else { "" },
                clip.source_in.seconds()
            )?;
        }
    }
    Ok(text)
}

fn to_json(project: &Project) -> Value {
    let sequence = project.sequence();
    json!({
        "sequence": {
            "rate": sequence.rate.to_string(), "width": sequence.width, "height": sequence.height,
            "sample_rate": sequence.sample_rate, "length": sequence.end().0,
        },
        "tracks": sequence.tracks.iter().map(|t| track_to_json(t, project)).collect::<Vec<_>>(),
        "markers": sequence.markers.iter().map(|m| json!({"at": m.at.0, "name": m.name, "color": format!("{:?}", m.color).to_lowercase()})).collect::<Vec<_>>(),
    })
}

fn track_to_json(track: &crate::model::Track, project: &Project) -> Value {
    let clips: Vec<Value> = track
        .clips
        .iter()
        .map(|clip| {
            json!({
                "id": clip.id.0, "name": clip.content.name,
                "source": project.assets.get(&clip.content.asset).map(|a| path_text::to_text(&a.path)),
                "start": clip.start.0, "length": clip.length.0, "source_in": clip.source_in.seconds(),
                "speed": clip.speed.as_f64(), "link": clip.link.map(|l| l.0),
            })
        })
        .collect();
    let transitions: Vec<Value> = track
        .clips
        .iter()
        .filter_map(|clip| clip.transition.map(|t| (clip, t)))
        .map(|(clip, transition)| {
            json!({
                "kind": transition.kind.name(), "clip": clip.id.0,
                "start": (clip.start - transition.before).0, "length": transition.length.0, "cut": clip.start.0,
            })
        })
        .collect();
    let kind = if track.kind == TrackKind::Video { "video" } else { "audio" };
    json!({"name": track.name, "kind": kind, "clips": clips, "transitions": transitions})
}
