//! Cut lists: CSV rows that say which part of which file goes where.

use crate::edit::{Edit, EditError, Placement, apply};
use crate::model::{
    Asset, AssetId, Frame, FrameCount, FrameRate, MediaInfo, MediaKind, Project, STILL_LENGTH, SourceTime, Span,
    TimeText, TrackId, TrackKind, parse_time, path_text,
};
use crate::platform::input::read_text;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A larger list is none.
const MOST_BYTES: u64 = 64 << 20;

/// Out points up to so much after a file's end mean its end: detectors and meeting servers round, and count what is
/// heard beyond the last picture.
const OVER: SourceTime = SourceTime::SECOND;

/// More tracks than this in a list are a slip of the pen.
const MOST_TRACKS: u32 = 99;

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Cut {
    /// The line in the file, from 1.
    pub line: u64,
    /// The file or folder, absolute or relative to the list's folder, already joined with it.
    pub source: PathBuf,
    /// The in point.
    pub source_in: Option<TimeText>,
    /// The out point, exclusive.
    pub source_out: Option<TimeText>,
    /// The kind and number, from 1, of the track.
    pub track: Option<(TrackKind, u32)>,
    /// The record position.
    pub at: Option<TimeText>,
    /// The clip's name.
    pub name: Option<String>,
}

/// Why a cut list can't be read.
#[derive(Debug, Error)]
pub enum CutListError {
    /// The file can't be read, or is no CSV.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// The list.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A row is wrong.
    #[error("{path}, line {line}: {why}", path = path.display())]
    Row {
        /// The list.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}

/// Reads a cut list.
///
/// # Errors
/// [`CutListError`] for the first row that is wrong.
pub fn read_cut_list(path: &Path) -> Result<Vec<Cut>, CutListError> {
    let file_error = |why: String| CutListError::File { path: path.to_owned(), why };
    let text = read_text(path, MOST_BYTES).map_err(|e| {
        file_error(match e.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => e.to_string(),
        })
    })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_slice());
    let headers = reader.headers().map_err(|_| file_error("not a text file".into()))?.clone();
    let mut columns = HashMap::new();
    for (index, name) in headers.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}').to_lowercase();
        if !["source", "in", "out", "track", "at", "name"].contains(&name.as_str()) {
            return Err(file_error(format!(
                "unknown column '{}'; the columns are source, in, out, track, at and name",
                name.chars().take(40).collect::<String>()
            )));
        }
        columns.insert(name, index);
    }
    if !columns.contains_key("source") {
        return Err(file_error("the column 'source' is missing; the first line must name the columns".into()));
    }
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut cuts = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|e| file_error(format!("not a cut list: {e}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row_error = |why: String| CutListError::Row { path: path.to_owned(), line, why };
        let bytes = |name: &str| columns.get(name).and_then(|i| record.get(*i)).filter(|f| !f.is_empty());
        let field = |name: &str| match bytes(name).map(std::str::from_utf8) {
            Some(Err(_)) => Err(row_error(format!("{name}: it is not text in UTF-8"))),
            Some(Ok(text)) => Ok(Some(text.trim()).filter(|t| !t.is_empty())),
            None => Ok(None),
        };
        let time = |name: &str| field(name)?.map(parse_time).transpose().map_err(|e| row_error(format!("{name}: {e}")));
        let source = match field("source") {
            Ok(source) => source.map(PathBuf::from),
            // a file's name need not be text
            Err(error) => Some(bytes("source").and_then(|b| path_text::from_bytes(b.to_vec())).ok_or(error)?),
        };
        let Some(source) = source else {
            if record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            return Err(row_error("the source is missing".into()));
        };
        let track = field("track")?
            .map(|t| parse_track(t).ok_or_else(|| row_error(format!("'{t}' is not a track; write V1 or A2"))));
        cuts.push(Cut {
            line,
            source: folder.join(source),
            source_in: time("in")?,
            source_out: time("out")?,
            track: track.transpose()?,
            at: time("at")?,
            name: field("name")?.map(str::to_owned),
        });
    }
    if cuts.is_empty() {
        return Err(file_error("the list has no rows".into()));
    }
    Ok(cuts)
}

fn parse_track(text: &str) -> Option<(TrackKind, u32)> {
    let (kind, number) = match text.split_at_checked(1)? {
        ("V" | "v", number) => (TrackKind::Video, number),
        ("A" | "a", number) => (TrackKind::Audio, number),
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    (1..=MOST_TRACKS).contains(&number).then_some((kind, number))
}

/// What a sequence is made like.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssembleOptions {
    /// Picture size; the first picture source's when not given.
    pub size: Option<(u32, u32)>,
    /// Frames a second; the first picture source's when not given.
    pub rate: Option<FrameRate>,
    /// Samples a second; 48 000 when not given.
    pub sample_rate: Option<u32>,
    /// Whether rows that can't be placed are left out, each with a gap of its length, instead of refusing the list.
    pub skip_broken: bool,
}

/// A row that can't be placed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("line {line}: {source_name}: {why}")]
pub struct BadRow {
    /// The line in the list, from 1.
    pub line: u64,
    /// The file.
    pub source_name: String,
    /// What is wrong.
    pub why: String,
}

/// Why no project can be built from a list.
#[derive(Debug, Error)]
pub enum AssembleError {
    /// One row or more ask for what can't be: all of them, so that a list is mended in one go.
    #[error("{}", list_rows(.0))]
    Rows(Vec<BadRow>),
    /// The options are impossible.
    #[error(transparent)]
    Format(#[from] EditError),
}

fn list_rows(rows: &[BadRow]) -> String {
    if let [row] = rows {
        return row.to_string();
    }
    let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    format!("{} rows can't be placed: {}", rows.len(), rows.join("; "))
}

/// What is in a source file and its fingerprint, or why it can't be read.
pub type Source = Result<(MediaInfo, String), String>;

/// Builds a project from cuts; `media` holds what is in each source file, by its path. Gives the rows that were left out
/// as well, where the options say that some may be.
///
/// # Errors
/// [`AssembleError`] with the rows that can't be placed.
pub fn assemble<S: std::hash::BuildHasher>(
    cuts: &[Cut],
    media: &HashMap<PathBuf, Source, S>,
    options: AssembleOptions,
) -> Result<(Project, Vec<BadRow>), AssembleError> {
    let known = |cut: &Cut| media.get(&cut.source)?.as_ref().ok();
    let first = cuts.iter().find_map(|c| known(c)?.0.video.as_ref());
    let even = |n: u32| (n / 2 * 2).clamp(16, 8192);
    let size = options.size.or_else(|| first.map(|v| (even(v.width), even(v.height)))).unwrap_or((1920, 1080));
    // a still has no rate: the first moving picture's counts
    let moving = cuts.iter().find_map(|c| known(c)?.0.video.as_ref()?.rate);
    let rate = options.rate.or(moving).unwrap_or(FrameRate::F30);
    let mut project = Project::new(1920, 1080, rate, options.sample_rate.unwrap_or(48_000));
    project = apply(&project, &Edit::SetFormat { width: size.0, height: size.1, rate })?;
    // all in one edit: each looks for its files among those that are there
    let absolute = |source: &Path| std::path::absolute(source).unwrap_or_else(|_| source.to_owned());
    let mut sources: HashMap<&Path, PathBuf> = HashMap::new();
    let mut found = Vec::new();
    for cut in cuts {
        if let Some((info, fingerprint)) = known(cut)
            && !sources.contains_key(cut.source.as_path())
        {
            let name = cut.source.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let path = absolute(&cut.source);
            sources.insert(&cut.source, path.clone());
            found.push(Asset { id: AssetId(0), name, path, fingerprint: fingerprint.clone(), info: info.clone() });
        }
    }
    project = apply(&project, &Edit::AddAssets(found))?;
    // the same file under two spellings is one asset
    let ids: HashMap<&Path, AssetId> = project.assets.iter().map(|(id, asset)| (asset.path.as_path(), *id)).collect();
    let of = |(source, path): (&'_ Path, PathBuf)| Some((source.to_owned(), *ids.get(path.as_path())?));
    let assets: HashMap<PathBuf, AssetId> = sources.into_iter().filter_map(of).collect();
    let mut bad = Vec::new();
    let mut gaps = Gaps::new();
    for cut in cuts {
        let placed = match (assets.get(&cut.source), media.get(&cut.source)) {
            (Some(asset), _) => place(&project, cut, *asset, rate, &gaps),
            (None, Some(Err(why))) => Err(why.clone()),
            (None, _) => Err("it was not read".into()),
        };
        match placed {
            Ok(placed) => project = placed,
            Err(why) => {
                bad.push(BadRow { line: cut.line, source_name: cut.source.display().to_string(), why });
                leave_gap(&project, cut, rate, &mut gaps);
            }
        }
    }
    if bad.is_empty() || options.skip_broken && bad.len() < cuts.len() {
        return Ok((project, bad));
    }
    Err(AssembleError::Rows(bad))
}

/// Where the rows that were left out end, on each track.
type Gaps = HashMap<(TrackKind, u32), Frame>;

/// Leaves room for a row that is left out, where its length is known.
fn leave_gap(project: &Project, cut: &Cut, rate: FrameRate, gaps: &mut Gaps) {
    let moment = |text: Option<TimeText>| text.and_then(|text| text.in_source(rate));
    let Some(to) = moment(cut.source_out) else { return };
    let from = moment(cut.source_in).unwrap_or_default();
    let length = rate.frame_nearest((to - from).max(SourceTime::ZERO));
    let (kind, number) = cut.track.unwrap_or((TrackKind::Video, 1));
    let behind = behind(project, kind, number, gaps);
    let Some(at) = cut.at.map_or(Some(behind), |at| at.at(rate)) else { return };
    // farther than a sequence goes, nothing can be placed behind it
    let end = Frame(at.0.saturating_add(length.0));
    gaps.insert((kind, number), end.max(behind));
}

/// Where the next row of a track goes: behind its clips, those of the sound that goes with it, and what was left out.
fn behind(project: &Project, kind: TrackKind, number: u32, gaps: &Gaps) -> Frame {
    let end = |kind| {
        project.sequence().tracks_of(kind).nth((number as usize).saturating_sub(1)).map_or(Frame(0), |t| t.clips.end())
    };
    end(kind).max(gaps.get(&(kind, number)).copied().unwrap_or_default())
}

fn place(project: &Project, cut: &Cut, asset: AssetId, rate: FrameRate, gaps: &Gaps) -> Result<Project, String> {
    let mut project = project.clone();
    let info = project.assets[&asset].info.clone();
    let (source_in, length) = range(cut, &info, rate)?;
    let kind = if info.has_video() { TrackKind::Video } else { TrackKind::Audio };
    let (kind, number) = cut.track.unwrap_or((kind, 1));
    let video = kind == TrackKind::Video;
    if video && !info.has_video() {
        return Err("it has no picture for a video track".into());
    }
    if !video && !info.has_audio() {
        return Err("it has no sound for an audio track".into());
    }
    let main = track(&mut project, kind, number).map_err(|e| e.to_string())?;
    let linked = (video && info.has_audio()).then(|| track(&mut project, TrackKind::Audio, number)).transpose();
    let linked = linked.map_err(|e| e.to_string())?;
    let at = if let Some(at) = cut.at {
        at.at(rate).ok_or("there is no such timecode at this rate")?
    } else {
        // behind both, where the sound of its own track's number is longer
        let sound = linked.map_or(Frame(0), |_| behind(&project, TrackKind::Audio, number, gaps));
        behind(&project, kind, number, gaps).max(sound)
    };
    let span = Span { start: at, length };
    for id in std::iter::once(main).chain(linked) {
        let Some(track) = project.sequence().track(id) else { continue };
        if let Some(there) = track.clips.range(span).next() {
            return Err(format!("it overlaps '{}' on track {}", there.content.name, track.name));
        }
    }
    let place = Placement {
        asset,
        source_in,
        length,
        video: video.then_some(main),
        audio: if video { linked } else { Some(main) },
        name: cut.name.clone(),
    };
    apply(&project, &Edit::Overwrite { place, at }).map_err(|e| e.to_string())
}

/// The in point and the length in frames.
fn range(cut: &Cut, info: &MediaInfo, rate: FrameRate) -> Result<(SourceTime, FrameCount), String> {
    let own_rate = info.video.as_ref().and_then(|v| v.rate).unwrap_or(rate);
    let moment = |text: Option<TimeText>, what: &str| match text {
        None => Ok(None),
        Some(text) => text.in_source(own_rate).map(Some).ok_or(format!("there is no such timecode as its {what}")),
    };
    let (from, to) = (moment(cut.source_in, "in")?, moment(cut.source_out, "out")?);
    let from = from.unwrap_or(SourceTime::ZERO);
    let still = info.kind == MediaKind::Still;
    let end = if still { None } else { info.duration };
    let to = to.or(end).unwrap_or(from + STILL_LENGTH);
    if to <= from {
        return Err(format!(
            "its out point ({:.3} s) is not after its in point ({:.3} s)",
            to.seconds(),
            from.seconds()
        ));
    }
    if let Some(end) = end.filter(|end| to > *end + OVER) {
        return Err(format!("its out point ({:.3} s) is after its end ({:.3} s)", to.seconds(), end.seconds()));
    }
    let asked = FrameCount(rate.frame_nearest(to - from).0);
    let frames = match (cut.source_out, end) {
        (None, Some(_)) => info.frames_from(from, rate),
        (Some(_), Some(_)) => asked.min(info.frames_from(from, rate)),
        _ => asked,
    };
    if frames < FrameCount(1) {
        return Err("it is shorter than one frame".into());
    }
    Ok((from, frames))
}

/// The nth track of a kind, added with those before it if need be.
fn track(project: &mut Project, kind: TrackKind, number: u32) -> Result<TrackId, EditError> {
    loop {
        if let Some(track) = project.sequence().tracks_of(kind).nth(number as usize - 1) {
            return Ok(track.id);
        }
        *project = apply(project, &Edit::AddTrack(kind))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Cut>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cuts.csv");
        std::fs::write(&path, text).unwrap();
        read_cut_list(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn columns_come_in_any_order() {
        let cuts = read("out,source,at,track\n2.5,a.mp4,00:00:01:00,V2\n,b.wav,,\n").unwrap();
        assert_eq!(cuts.len(), 2);
        assert_eq!(cuts[0].track, Some((TrackKind::Video, 2)));
        assert_eq!(cuts[0].source_out, Some(TimeText::Time(SourceTime::from_seconds(2.5))));
        assert_eq!((cuts[1].source_in, cuts[1].track, cuts[1].line), (None, None, 3));
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cuts.csv");
        std::fs::write(&path, b"source,name\n\"a,\xff%25.mkv\" ,\xc3\xa9\n  b\xe9.mkv,x\n").unwrap();
        let cuts = read_cut_list(&path).unwrap();
        let name = |bytes: &[u8]| folder.path().join(path_text::from_bytes(bytes.to_vec()).unwrap());
        assert_eq!([&cuts[0].source, &cuts[1].source], [&name(b"a,\xff%25.mkv"), &name(b"b\xe9.mkv")]);
        assert_eq!(cuts[0].name.as_deref(), Some("é"));
        for (list, part) in
            [(&b"source,name\na,b\nc,\xe9\n"[..], "line 3: name: "), (b"source,in\na,1\xb0\n", "line 2: in: ")]
        {
            std::fs::write(&path, list).unwrap();
            let error = read_cut_list(&path).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("UTF-8"), "{error}");
        }
    }

    #[test]
    fn bad_lists_say_which_line() {
        for (text, word) in [
            ("", "source"),
            ("a,b\n1,2\n", "unknown column"),
            ("source,in\n", "no rows"),
            ("source,in\nx.mp4,NaN\n", "line 2"),
            ("source,in\nx.mp4,1\ny.mp4,-3\n", "line 3"),
            ("source,track\nx.mp4,V0\n", "not a track"),
            ("source,track\nx.mp4,V4000000000\n", "not a track"),
            ("source,out\nx.mp4,1e400\n", "not a time"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(word) && error.contains("cuts.csv"), "{text:?}: {error}");
        }
    }
}
