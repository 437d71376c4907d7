//! Timelines of other programs: read with what is in their media, and written.

use super::probing::probe_until;
use crate::interchange::{
    AssembleOptions, Cut, InterchangeError, Outline, Source, TimelineFormat, assemble, build, chapters, read_cut_list,
    read_edl, read_otio, write_edl, write_otio,
};
use crate::media::{Cancel, find_media};
use crate::model::{FrameRate, MediaInfo, Project};
use crate::platform::input::read_text;
use crate::platform::whole_files::{self, Existing};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Larger lists are none.
const MOST_BYTES: u64 = 64 << 20;

/// Builds a project from a cut list (`.csv`), an edit list (`.edl`) or an OpenTimelineIO file (`.otio`); gives what had
/// to be left out or changed as well.
///
/// # Errors
/// What is wrong, with the file and the line, in one line for people to read.
pub fn read_timeline(path: &Path, options: AssembleOptions) -> Result<(Project, Vec<String>), String> {
    read_timeline_until(&Cancel::default(), path, options)
}

/// The same until it is cancelled; what comes of it then is of no use.
pub(super) fn read_timeline_until(
    cancel: &Cancel,
    path: &Path,
    options: AssembleOptions,
) -> Result<(Project, Vec<String>), String> {
    let name = path.display();
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let wrong = |e: InterchangeError| format!("{name}: {e}");
    match TimelineFormat::of(path) {
        Some(TimelineFormat::Otio) => {
            let mut outline = read_otio(&read(path)?, &folder).map_err(wrong)?;
            outline.size = options.size.or(outline.size);
            outline.rate = options.rate.unwrap_or(outline.rate);
            let media = probe_sources(cancel, &outline.sources());
            build(&outline, &media).map_err(wrong)
        }
        Some(TimelineFormat::Edl) => {
            let text = read(path)?;
            // a list does not say its rate: its media may
            let guess = options.rate.unwrap_or(FrameRate::F25);
            let parse = |rate| read_edl(&text, rate, &folder);
            let first = parse(guess).or_else(|e| if options.rate.is_some() { Err(e) } else { parse(FrameRate::F30) });
            let first: Outline = first.map_err(wrong)?;
            let media = probe_sources(cancel, &first.sources());
            let own = first.sources().iter().find_map(|s| media.get(s)?.0.video.as_ref()?.rate);
            let mut outline = match options.rate.or(own) {
                Some(rate) => parse(rate).map_err(wrong)?,
                None => first,
            };
            outline.size = options.size;
            build(&outline, &media).map_err(wrong)
        }
        _ => from_cut_list(cancel, path, options),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let bytes = read_text(path, MOST_BYTES).map_err(|e| format!("{name}: {e}"))?;
    // old lists are in the encodings of their time; names may look odd then, times do not
    Ok(String::from_utf8(bytes).unwrap_or_else(|e| e.into_bytes().iter().map(|b| char::from(*b)).collect()))
}

/// What is in the files that are there.
fn probe_sources(cancel: &Cancel, sources: &[PathBuf]) -> HashMap<PathBuf, (MediaInfo, String)> {
    let there: Vec<PathBuf> = sources.iter().filter(|s| s.is_file()).cloned().collect();
    let found = probe_until(cancel, &there);
    there.into_iter().zip(found).filter_map(|(path, p)| p.ok().map(|p| (path, (p.info, p.fingerprint)))).collect()
}

/// Of a folder, what can't be read is passed over with a warning, as long as there is something else in it.
fn from_cut_list(cancel: &Cancel, path: &Path, options: AssembleOptions) -> Result<(Project, Vec<String>), String> {
    let name = path.display();
    let mut rows = Vec::new();
    for cut in read_cut_list(path).map_err(|e| e.to_string())? {
        let files = match find_media(&cut.source) {
            Ok(files) if files.is_empty() => {
                return Err(format!("{name}, line {}: {}: no media in this folder", cut.line, cut.source.display()));
            }
            Ok(files) => files,
            // said with all others
            Err(_) => vec![cut.source.clone()],
        };
        rows.push((cut, files));
    }
    let mut sources: Vec<PathBuf> = rows.iter().flat_map(|(_, files)| files.iter().cloned()).collect();
    sources.sort();
    sources.dedup();
    let found: HashMap<PathBuf, Source> = sources
        .iter()
        .zip(probe_until(cancel, &sources))
        .map(|(path, result)| {
            let source = result.map(|probed| (probed.info, probed.fingerprint));
            (path.clone(), source.map_err(|e| without_path(&e.to_string(), path)))
        })
        .collect();
    let mut warnings = Vec::new();
    let mut cuts = Vec::new();
    for (cut, files) in rows {
        let broken = |file: &PathBuf| found.get(file).and_then(|source| source.as_ref().err());
        let some = files.iter().any(|file| broken(file).is_none());
        for source in files {
            match broken(&source).filter(|_| some && source != cut.source) {
                Some(why) => {
                    warnings.push(format!("line {}: {}: {why}; it is passed over", cut.line, source.display()));
                }
                None => cuts.push(Cut { source, ..cut.clone() }),
            }
        }
    }
    let (project, left_out) = assemble(&cuts, &found, options).map_err(|e| format!("{name}, {e}"))?;
    warnings.extend(left_out.iter().map(|row| format!("{row}; it is left out")));
    Ok((project, warnings))
}

/// What is wrong with a file, where its path is said before.
fn without_path(error: &str, path: &Path) -> String {
    error.strip_prefix(&format!("{}: ", path.display())).unwrap_or(error).to_owned()
}

/// Writes the active sequence as its file's name says: `.otio`, `.edl`, or a chapter list in `.txt`; gives what the
/// format can't say.
///
/// # Errors
/// What is wrong, in one line for people to read.
pub fn write_timeline(project: &Project, path: &Path) -> Result<Vec<String>, String> {
    write_timeline_as(project, path, Existing::Replace)
}

/// The same where a file that is there may have to stay.
///
/// # Errors
/// What is wrong, in one line for people to read.
pub fn write_timeline_as(project: &Project, path: &Path, existing: Existing) -> Result<Vec<String>, String> {
    let (text, warnings) = match TimelineFormat::of(path) {
        Some(TimelineFormat::Otio) => (write_otio(project), Vec::new()),
        Some(TimelineFormat::Edl) => write_edl(project),
        Some(TimelineFormat::Chapters) => chapters(project.sequence()),
        None => return Err(format!("{}: the name must end in .otio, .edl or .txt (chapters)", path.display())),
    };
    let written = whole_files::write(path, text.as_bytes(), existing);
    written.map(|()| warnings).map_err(|why| format!("{}: not written: {why}", path.display()))
}
