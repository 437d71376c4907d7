//! A film in parts: each marker begins one, which goes up to the next and is named by it.

use super::settings::ExportSettings;
use crate::model::{FrameCount, Sequence, Span};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Bytes of a name that are used: every file system has room for it, an extension and a number.
const MOST_BYTES: usize = 100;

/// A part of a sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What its marker says.
    pub name: String,
    /// The frames from its marker up to the next, or to the end.
    pub span: Span,
}

/// The parts that the markers make of a sequence, or of a range of it.
#[must_use]
pub fn marked_parts(sequence: &Sequence, range: Option<Span>) -> Vec<Part> {
    let range = range.unwrap_or_else(|| sequence.span());
    let inside = |at| at >= range.start && at < range.end();
    let markers: Vec<_> = sequence.markers.iter().filter(|m| inside(m.at)).collect();
    let ends = markers.iter().skip(1).map(|m| m.at).chain([range.end()]);
    let parts = markers.iter().zip(ends).map(|(m, end)| Part { name: m.name.clone(), span: Span::between(m.at, end) });
    parts.filter(|part| part.span.length > FrameCount::ZERO).collect()
}

/// The files of parts: in the folder of `target` and with its extension, each named by its part, no two alike.
#[must_use]
pub fn files_of(parts: &[Part], target: &Path) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    // where to go on counting: hundreds may have one name
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let name = |(n, part): (usize, &Part)| {
        let name = file_name(&part.name).unwrap_or_else(|| format!("Part {}", n + 1));
        let number = numbers.entry(name.to_lowercase()).or_insert(1);
        let mut free = name.clone();
        // some systems don't tell large letters from small ones
        while !taken.insert(free.to_lowercase()) {
            *number += 1;
            free = format!("{name} {number}");
        }
        let mut file = OsString::from(free);
        if let Some(extension) = target.extension() {
            file.push(".");
            file.push(extension);
        }
        target.with_file_name(file)
    };
    parts.iter().enumerate().map(name).collect()
}

/// The exports of parts: each as `like`, whose file says where they lie and what their names end with.
#[must_use]
pub fn exports_of(parts: &[Part], like: &ExportSettings) -> Vec<ExportSettings> {
    let one = |(part, path): (&Part, PathBuf)| ExportSettings { path, range: Some(part.span), ..like.clone() };
    parts.iter().zip(files_of(parts, &like.path)).map(one).collect()
}

/// The first of several exports, as long as all of them: their ranges follow one another.
#[must_use]
pub fn together(exports: &[ExportSettings]) -> Option<ExportSettings> {
    let (first, last) = (exports.first()?, exports.last()?);
    let range = first.range.zip(last.range).map(|(first, last)| Span::between(first.start, last.end()));
    Some(ExportSettings { range, ..first.clone() })
}

/// A text as a file can be called on every system; `None` where nothing of it is left.
pub(super) fn file_name(text: &str) -> Option<String> {
    let options = sanitize_filename::Options { windows: true, truncate: true, replacement: "-" };
    // a dot in front hides a file, and some systems take those at the end away
    let loose = |c: char| c == '.' || c.is_whitespace();
    let mut name = sanitize_filename::sanitize_with_options(text.trim_matches(loose), options);
    while name.len() > MOST_BYTES {
        name.pop();
    }
    let name = name.trim_matches(loose);
    // a name that can't be has given way to what stands for it
    name.chars().any(|c| c != '-').then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Frame;

    fn files(names: &[&str]) -> Vec<String> {
        let span = Span { start: Frame(0), length: FrameCount(1) };
        let parts: Vec<Part> = names.iter().map(|name| Part { name: (*name).into(), span }).collect();
        let files = files_of(&parts, Path::new("/films/reel.mp4"));
        assert!(files.iter().all(|file| file.parent() == Some(Path::new("/films"))), "{files:?}");
        files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn files_are_named_by_markers_and_no_two_alike() {
        assert_eq!(
            files(&["Goal", "Save", "goal", "Goal", "Goal 2"]),
            ["Goal.mp4", "Save.mp4", "goal 2.mp4", "Goal 3.mp4", "Goal 2 2.mp4"]
        );
        assert_eq!(
            files(&["", "..", "a/../../etc", "v1.2", "Größe: 5\"", "東京"]),
            ["Part 1.mp4", "Part 2.mp4", "a-..-..-etc.mp4", "v1.2.mp4", "Größe- 5-.mp4", "東京.mp4"]
        );
        let long = files(&[&"ü".repeat(300), &"ü".repeat(300)]);
        assert!(long.iter().all(|name| name.len() < 120) && long[0] != long[1], "{long:?}");
        for reserved in ["CON", "nul", "con.", " aux "] {
            assert_ne!(
                files(&[reserved])[0].to_lowercase(),
                format!("{}.mp4", reserved.trim_matches([' ', '.'])).to_lowercase()
            );
        }
    }

    #[test]
    fn hundreds_of_parts_of_one_name_are_hundreds_of_files() {
        let names = files(&["Highlight"; 400]);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 400);
        assert_eq!((names[0].as_str(), names[399].as_str()), ("Highlight.mp4", "Highlight 400.mp4"));
    }
}
