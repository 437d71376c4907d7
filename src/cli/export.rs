//! `workprint export`: the timeline as a file.
//!
//! A film that lacks something is written and kept, but is not all that was asked for: a clip is missing from it, ends early,
//! or comes from another file than the one that was cut. The exit code says so. Of a damaged file all is shown that there is:
//! that is a warning only. An export that passed its memory budget says so in the same way: it is a promise.

use super::{Failure, Outcome, bytes, cancel_on_interrupt, position};
use crate::export::{
    Copying, EncoderChoice, ExportError, ExportEvent, ExportSettings, Preset, default_budget, export, exports_of,
    find_preset, marked_parts, own_presets, presets,
};
use crate::media::Cancel;
use crate::model::{Project, Span, path_text};
use crate::platform::{allowed_cores, total_memory};
use crate::project_file::load;
use bytesize::ByteSize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// The file to make; with --each-marker the folder that the files go to.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How it is encoded: a preset's name, as `workprint presets` lists them, or the `.ron` file of one.
    #[arg(long, default_value = "h264", value_name = "NAME|FILE.ron", value_parser = known)]
    preset: String,
    /// Only these frames: IN..OUT, OUT exclusive.
    #[arg(long, value_name = "IN..OUT")]
    range: Option<String>,
    /// A file for each marker, from it up to the next, named by it.
    #[arg(long)]
    each_marker: bool,
    /// The most resident memory, such as 512MiB; a quarter of the machine's when not given.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory_budget: Option<ByteSize>,
    /// The most that the file may have, such as 10MB: what the film looks like follows from it.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_size: Option<ByteSize>,
    /// Whether pictures that nobody touched are copied instead of encoded: 'auto' where that is faster, 'all' wherever it can
    /// be; 'whole-gops' copies less, for old players.
    #[arg(long, value_name = "WHAT", default_value = "auto")]
    copy: Copy,
    /// What encodes: 'software', 'fast' for the machine's graphics where that works, or one of GStreamer's elements for those;
    /// what the preset says when not given.
    #[arg(long, value_name = "software|fast|ELEMENT")]
    encoder: Option<String>,
    /// Replaces a file of that name.
    #[arg(long)]
    overwrite: bool,
    /// Writes nothing: tells what stands against it, what to know of the clips, and how long it takes, how large it gets and what
    /// memory it needs, by a short trial.
    #[arg(long)]
    dry_run: bool,
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What is copied.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Copy {
    /// What can be, where that is faster.
    Auto,
    /// What can be.
    All,
    /// Nothing.
    Off,
    /// Whole groups of pictures only.
    WholeGops,
}

impl From<Copy> for Copying {
    fn from(copy: Copy) -> Self {
        match copy {
            Copy::Auto => Self::Auto,
            Copy::All => Self::All,
            Copy::Off => Self::Off,
            Copy::WholeGops => Self::WholeGops,
        }
    }
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let result = render(args);
    if let (true, Err(failure)) = (args.json, &result) {
        failed(failure);
    }
    result
}

fn render(args: &Args) -> Result<Outcome, Failure> {
    let project = Arc::new(load(&args.project)?);
    let range = args.range.as_deref().map(|text| range(text, &project)).transpose()?;
    let settings = settings(args, range)?;
    let cancel = cancel_on_interrupt();
    if args.dry_run {
        return super::dry_run::tell(
            &project,
            &parts(args, &project, &settings)?,
            (args.each_marker, args.json),
            &cancel,
        );
    }
    if args.each_marker {
        each_marker(args, &project, &settings, &cancel)
    } else {
        one(args, &project, &settings, &cancel)
    }
}

fn failed(failure: &Failure) {
    let kept = failure.downcast_ref().and_then(ExportError::kept).map(path_text::to_text);
    line(&json!({"event": "failed", "text": failure.to_string(), "kept": kept}));
}

/// What is asked for: one file, or one for each marker.
fn parts(args: &Args, project: &Project, settings: &ExportSettings) -> Result<Vec<ExportSettings>, Failure> {
    if !args.each_marker {
        return Ok(vec![settings.clone()]);
    }
    let parts = marked_parts(project.sequence(), settings.range);
    if parts.is_empty() {
        return Err("no marker lies in what is to be exported; set some, or leave --each-marker out".into());
    }
    let (folder, target) = (&settings.path, &settings.preset.target);
    let mut like = folder.join("part");
    if !target.is_folder() {
        like.set_extension(target.extension());
    }
    Ok(exports_of(&parts, &ExportSettings { path: like, ..settings.clone() }))
}

/// Makes a file of each part. One that fails stops no other.
fn each_marker(
    args: &Args,
    project: &Arc<Project>,
    settings: &ExportSettings,
    cancel: &Cancel,
) -> Result<Outcome, Failure> {
    let parts = parts(args, project, settings)?;
    let folder = &settings.path;
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}; choose another folder", folder.display()))?;
    let mut all = Outcome::Done;
    for settings in &parts {
        match one(args, project, settings, cancel) {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Failed) => all = Outcome::Failed,
            Err(failure) if cancel.is_cancelled() => return Err(failure),
            Err(failure) => {
                if args.json {
                    failed(&failure);
                } else {
                    tell!("error: {failure}");
                }
                all = Outcome::Failed;
            }
        }
    }
    Ok(all)
}

/// Makes one file, and tells of it.
fn one(args: &Args, project: &Arc<Project>, settings: &ExportSettings, cancel: &Cancel) -> Result<Outcome, Failure> {
    let mut tell = |event| if args.json { line(&to_json(&event)) } else { in_words(&event) };
    let done = export(project, settings, cancel, &mut tell)?;
    if args.json {
        line(&json!({
            "event": "done", "path": path_text::to_text(&done.path), "frames": done.frames,
            "copied": done.copied, "encoded": done.frames - done.copied, "seconds": done.seconds,
            "peak_rss": done.peak_rss, "size": done.size, "warnings": done.warnings,
            "over_budget": done.over_budget, "notes": done.notes,
        }));
    } else {
        // the film is what was asked for
        let _ = say!(
            "{}: {} frames in {:.1} s, {}, peak memory {}",
            done.path.display(),
            done.frames,
            done.seconds,
            ByteSize(done.size).display().si(),
            ByteSize(done.peak_rss).display().iec()
        );
        done.notes.iter().for_each(|note| tell!("{note}"));
        if done.lacking > 0 {
            let s = if done.warnings == 1 { "" } else { "s" };
            tell!("{} warning{s}: the film is written, but not all of it is as the project says", done.warnings);
        }
        if let Some(over) = done.over() {
            tell!("the film is written, but the export was {over}; please report it");
        }
    }
    Ok(if done.lacking == 0 && done.over_budget == 0 { Outcome::Done } else { Outcome::Failed })
}

fn settings(args: &Args, range: Option<Span>) -> Result<ExportSettings, Failure> {
    Ok(ExportSettings {
        path: args.output.clone(),
        preset: preset(&args.preset)?,
        range,
        budget: args.memory_budget.map_or_else(|| default_budget(total_memory()), |b| b.as_u64()),
        own_memory: 0,
        cores: allowed_cores(),
        overwrite: args.overwrite,
        max_size: args.max_size.map(|b| b.as_u64()),
        copying: args.copy.into(),
        encoder: encoder(args.encoder.as_deref()),
    })
}

fn encoder(text: Option<&str>) -> EncoderChoice {
    match text {
        None => EncoderChoice::AsTarget,
        Some("software") => EncoderChoice::Software,
        Some("fast") => EncoderChoice::Fast,
        Some(element) => EncoderChoice::Element(element.to_owned()),
    }
}

/// Whether a text can stand for a preset: as the name of one, or of a file.
fn known(text: &str) -> Result<String, String> {
    if is_file(text) || named(text).is_some() {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = presets().iter().map(|p| p.name.as_str()).collect();
    Err(format!("there is no such preset; write the name of a .ron file, or one of {}", names.join(", ")))
}

fn is_file(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|e| e.eq_ignore_ascii_case("ron"))
}

fn named(name: &str) -> Option<Preset> {
    find_preset(name).cloned().or_else(|| own_presets().0.into_iter().find(|p| p.name == name))
}

/// A preset by its name, or from its file.
fn preset(text: &str) -> Result<Preset, Failure> {
    if is_file(text) {
        return Ok(Preset::load(Path::new(text))?);
    }
    Ok(named(text).ok_or_else(|| format!("there is no preset '{text}'"))?)
}

fn range(text: &str, project: &Project) -> Result<Span, Failure> {
    let (start, end) = text.split_once("..").ok_or_else(|| format!("'{text}' is not a range; write IN..OUT"))?;
    let (start, end) = (position(start, project)?, position(end, project)?);
    if end <= start {
        return Err(format!("'{text}': the end of the range is not after its start").into());
    }
    Ok(Span::between(start, end))
}

pub(super) fn line(value: &Value) {
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
        ExportEvent::LittleRoom { folder, free, size } => json!({
            "event": "warning", "clip": null, "source": null, "text": ExportEvent::little_room(folder, *free, *size),
            "lacks": false,
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
        ExportEvent::LittleRoom { folder, free, size } => {
            tell!("warning: {}", ExportEvent::little_room(folder, *free, *size));
        }
        ExportEvent::Warning(w) => tell!("warning: {}: {}", w.name, w.text),
    }
}
