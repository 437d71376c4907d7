//! `workprint export`: the timeline as a file.
//!
//! A film that lacks something is written and kept, but is not all that was asked for: a clip is missing from it, ends early,
//! or comes from another file than the one that was cut. The exit code says so. Of a damaged file all is shown that there is:
//! that is a warning only.

use super::{Failure, Outcome, bytes, cancel_on_interrupt, position};
use crate::export::{ExportEvent, ExportSettings, ExportSummary, default_budget, export, find_preset, presets};
use crate::model::{Project, Span, path_text};
use crate::project_file::load;
use crate::worker::{allowed_cores, total_memory};
use bytesize::ByteSize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// The file to make.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How it is encoded; `workprint presets` lists them.
    #[arg(long, default_value = "h264", value_name = "NAME",
          value_parser = clap::builder::PossibleValuesParser::new(presets().iter().map(|p| p.name)))]
    preset: String,
    /// Only these frames: IN..OUT, OUT exclusive.
    #[arg(long, value_name = "IN..OUT")]
    range: Option<String>,
    /// The most resident memory, such as 512MiB; a quarter of the machine's when not given.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory_budget: Option<ByteSize>,
    /// Replaces a file of that name.
    #[arg(long)]
    overwrite: bool,
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let result = render(args);
    if args.json {
        match &result {
            Ok(done) => line(&json!({
                "event": "done", "path": path_text::to_text(&done.path), "frames": done.frames, "seconds": done.seconds,
                "peak_rss": done.peak_rss, "size": done.size, "warnings": done.warnings,
            })),
            Err(error) => line(&json!({"event": "failed", "text": error.to_string()})),
        }
    }
    let done = result?;
    if !args.json {
        say!(
            "{}: {} frames in {:.1} s, {}, peak memory {}",
            done.path.display(),
            done.frames,
            done.seconds,
            ByteSize(done.size).display().si(),
            ByteSize(done.peak_rss).display().iec()
        )?;
    }
    if done.lacking == 0 {
        return Ok(Outcome::Done);
    }
    if !args.json {
        let s = if done.warnings == 1 { "" } else { "s" };
        tell!("{} warning{s}: the film is written, but not all of it is as the project says", done.warnings);
    }
    Ok(Outcome::Failed)
}

fn render(args: &Args) -> Result<ExportSummary, Failure> {
    let project = Arc::new(load(&args.project)?);
    let range = args.range.as_deref().map(|text| range(text, &project)).transpose()?;
    let preset = find_preset(&args.preset).ok_or_else(|| format!("there is no preset '{}'", args.preset))?;
    let settings = ExportSettings {
        path: args.output.clone(),
        preset,
        range,
        budget: args.memory_budget.map_or_else(|| default_budget(total_memory()), |b| b.as_u64()),
        own_memory: 0,
        cores: allowed_cores(),
        overwrite: args.overwrite,
    };
    let cancel = cancel_on_interrupt();
    let mut tell = |event| if args.json { line(&to_json(&event)) } else { in_words(&event) };
    Ok(export(&project, &settings, &cancel, &mut tell)?)
}

fn range(text: &str, project: &Project) -> Result<Span, Failure> {
    let (start, end) = text.split_once("..").ok_or_else(|| format!("'{text}' is not a range; write IN..OUT"))?;
    let (start, end) = (position(start, project)?, position(end, project)?);
    if end <= start {
        return Err(format!("'{text}': the end of the range is not after its start").into());
    }
    Ok(Span::between(start, end))
}

fn line(value: &Value) {
    // a reader that closed the pipe has seen enough; the export goes on
    let _ = writeln!(std::io::stdout(), "{value}");
}

fn to_json(event: &ExportEvent) -> Value {
    match event {
        ExportEvent::Planned { frames, budget, predicted_peak, predicted_size, encoder } => json!({
            "event": "plan", "frames": frames, "budget": budget, "predicted_peak": predicted_peak,
            "predicted_size": predicted_size, "encoder": encoder,
        }),
        ExportEvent::Progress { frame, frames, fps, eta, rss, budget, .. } => json!({
            "event": "progress", "frame": frame, "frames": frames, "fps": fps, "eta": eta, "rss": rss,
            "budget": budget,
        }),
        ExportEvent::Warning(w) => {
            json!({"event": "warning", "clip": w.name, "source": path_text::to_text(&w.source), "text": w.text, "lacks": w.fault.lacks()})
        }
    }
}

fn in_words(event: &ExportEvent) {
    match event {
        ExportEvent::Planned { frames, budget, predicted_peak, encoder, .. } => tell!(
            "{frames} frames, {encoder}; about {} of {} memory",
            ByteSize(*predicted_peak).display().iec(),
            ByteSize(*budget).display().iec()
        ),
        ExportEvent::Progress { frame, frames, fps, eta, rss, .. } => {
            tell!("{frame}/{frames}  {fps:.1} fps  {eta:.0} s left  {}", ByteSize(*rss).display().iec());
        }
        ExportEvent::Warning(w) => tell!("warning: {}: {}", w.name, w.text),
    }
}
