//! `workprint export --dry-run`: what an export would be and take, and what stands against it.

use super::export::line;
use super::{Failure, Outcome};
use crate::export::{Expected, ExportSettings, Finding, expect, look, together};
use crate::media::Cancel;
use crate::model::{Project, format_timecode, path_text};
use bytesize::ByteSize;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Tells what stands against each file, in a folder that the export makes if need be, and what to know of it, and what all of them together take. Done where nothing stands against any.
pub fn tell(
    project: &Arc<Project>,
    files: &[ExportSettings],
    (makes_folder, json): (bool, bool),
    cancel: &Cancel,
) -> Result<Outcome, Failure> {
    let say_all = |path: &Path, findings: &[Finding]| -> Result<(), Failure> {
        for finding in findings {
            if json {
                line(&finding_json(project, path, finding));
            } else if finding.blocks {
                tell!("error: {}", finding.text);
            } else if files.len() > 1 {
                say!("note: {}: {}", path.display(), finding.text)?;
            } else {
                say!("note: {}", finding.text)?;
            }
        }
        Ok(())
    };
    let mut blocked = false;
    for settings in files {
        let findings = look(project, &once_made(settings, makes_folder))?;
        blocked |= findings.iter().any(|f| f.blocks);
        say_all(&settings.path, &findings)?;
    }
    let Some(settings) = together(files).filter(|_| !blocked) else { return Ok(Outcome::Failed) };
    let expected = expect(project, &once_made(&settings, makes_folder), cancel)?;
    say_all(&settings.path, &expected.findings)?;
    if json {
        line(&expected_json(files, &expected));
    } else {
        for line in in_words(files, &expected) {
            say!("{line}")?;
        }
    }
    Ok(Outcome::Done)
}

/// The same where the folder is there that the export makes: in it every name is free, so that all depends on the folder that it
/// is made in.
fn once_made(settings: &ExportSettings, makes_folder: bool) -> ExportSettings {
    let (folder, name) = (settings.path.parent(), settings.path.file_name());
    let made = folder.filter(|folder| makes_folder && !folder.as_os_str().is_empty() && !folder.exists());
    let (Some(folder), Some(name)) = (made, name) else { return settings.clone() };
    let there = folder.ancestors().find(|above| above.exists()).unwrap_or_else(|| Path::new(""));
    let mut beside = folder.file_name().unwrap_or_default().to_owned();
    beside.push("-");
    beside.push(name);
    ExportSettings { path: there.join(beside), overwrite: true, ..settings.clone() }
}

fn finding_json(project: &Project, path: &Path, finding: &Finding) -> Value {
    let name = finding.clip.and_then(|id| project.sequence().clip(id)).map(|(_, clip)| clip.content.name.clone());
    json!({
        "event": "finding", "path": path_text::to_text(path), "blocks": finding.blocks, "clip": name,
        "at": finding.at.map(|at| at.0), "timecode": finding.at.map(|at| format_timecode(at, project.sequence().rate)),
        "source": finding.source.as_deref().map(path_text::to_text), "text": finding.text,
    })
}

fn expected_json(files: &[ExportSettings], expected: &Expected) -> Value {
    json!({
        "event": "plan", "files": files.len(), "frames": expected.frames, "budget": expected.budget,
        "predicted_peak": expected.predicted_peak, "predicted_size": expected.predicted_size,
        "predicted_seconds": expected.seconds, "encoder": expected.encoder, "copied": expected.copied,
        "encoded": expected.frames - expected.copied, "pieces": expected.pieces, "saved_seconds": expected.saved,
        "free": expected.free,
    })
}

fn in_words(files: &[ExportSettings], expected: &Expected) -> Vec<String> {
    let si = |bytes: u64| ByteSize(bytes).display().si().to_string();
    let iec = |bytes: u64| ByteSize(bytes).display().iec().to_string();
    let free = expected.free.map_or_else(String::new, |free| format!("; {} are free there", si(free)));
    let what = match files {
        [one] => one.path.display().to_string(),
        several => format!("{} files", several.len()),
    };
    vec![
        format!("{what}: {} frames, {}", expected.frames, expected.encoder),
        format!("about {}{free}", si(expected.predicted_size)),
        format!("about {}", expected.time_in_words()),
        format!("about {} of {} memory", iec(expected.predicted_peak), iec(expected.budget)),
    ]
}
