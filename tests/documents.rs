//! Documents as nobody would write them: projects, cut lists, edit decision lists, OpenTimelineIO files and lists of
//! edits, changed at random from ones that are right. None makes the program panic or hang, none touches a file beside
//! those that it is read from and written to, and whatever is accepted is consistent, is written, and comes back as it was.
//!
//! `WORKPRINT_FUZZ=2000000 cargo test --release --test documents` tries so many of each kind; `WORKPRINT_FUZZ_SEED` begins
//! with another number. A case that fails says its number, which is all that it depends on.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::Seeded;
use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use workprint::edit::{Edge, Edit, apply, apply_all};
use workprint::interchange::{
    AssembleOptions, assemble, build, chapters, read_cut_list, read_edl, read_otio, write_edl, write_otio,
};
use workprint::model::{FrameCount, FrameRate, MediaInfo, Project, Speed};
use workprint::project_file::{load, save};

/// Words that mean something to one of the readers, and numbers at the ends of what they can hold.
const WORDS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "255",
    "256",
    "65536",
    "2147483647",
    "-2147483648",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "2305843009213693952",
    "0.0",
    "-0.0",
    "1.01",
    "0.5",
    "101.0",
    "1e308",
    "-1e308",
    "1e-320",
    "inf",
    "-inf",
    "NaN",
    "Infinity",
    "null",
    "None",
    "Some(0)",
    "true",
    "false",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\u{feff}",
    "ü",
    "\u{202e}",
    "\u{0}",
    "../../..",
    "/etc/passwd",
    "/dev/zero",
    "http://127.0.0.1:9/a",
    "file:///etc/passwd",
    "V1",
    "A99",
    "V0",
    "00:00:00:00",
    "23:59:59:29",
    "99:99:99;99",
    "00:00:01;00",
    "D    012",
    "W001 010",
    "C",
    "AA/V",
    "M2   AX       -60.0",
    "* FROM CLIP NAME:",
    "* LOC: 00:00:01:00 RED x",
    "source",
    "Video",
    "Audio",
    "Still",
    "Dissolve",
    "Wipe(Up)",
    "Dip((0, 0, 0))",
    "Hold",
    "Smooth",
    "(1, 1)",
    "(0, 1)",
    "(-1000, 1)",
    "(1, 4294967295)",
    "(30000, 1001)",
    "(1000, 1)",
    "Timeline.1",
    "Stack.1",
    "Track.1",
    "Clip.2",
    "Gap.1",
    "Transition.1",
    "LinearTimeWarp.1",
    "FreezeFrame.1",
];

/// Where the groups and words of a document lie, roughly: brackets with what is in them, strings, numbers, lines.
fn parts(text: &[u8]) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut open = Vec::new();
    let mut word = None;
    let mut line = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => open.push(at),
            b')' | b']' | b'}' => parts.extend(open.pop().map(|from| (from, at + 1))),
            b'\n' => {
                parts.push((line, at + 1));
                line = at + 1;
            }
            _ => {}
        }
        let letter = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'"' | b';');
        match (letter, word) {
            (true, None) => word = Some(at),
            (false, Some(from)) => {
                parts.push((from, at));
                word = None;
            }
            _ => {}
        }
    }
    parts
}

/// A document with one to six changes.
fn changed(document: &[u8], others: &[Vec<u8>], random: &mut Seeded) -> Vec<u8> {
    let mut text = document.to_vec();
    for _ in 0..=[0, 0, 0, 1, 2, 5][random.below(6)] {
        if text.len() < 8 {
            return text;
        }
        let all = parts(&text);
        let part = if all.is_empty() { (0, text.len()) } else { all[random.below(all.len())] };
        let word = WORDS[random.below(WORDS.len())].as_bytes().to_vec();
        let at = random.below(text.len());
        let some = |text: &[u8], from: (usize, usize)| text[from.0..from.1].to_vec();
        match random.below(16) {
            0 => text[at] = u8::try_from(random.below(256)).unwrap(),
            1 => drop(text.drain(at..(at + 1 + random.below(9)).min(text.len()))),
            2 => drop(text.splice(at..at, word)),
            3 => drop(text.drain(part.0..part.1)),
            4 => drop(text.splice(part.1..part.1, some(&text.clone(), part))),
            5 if !all.is_empty() => {
                let other = all[random.below(all.len())];
                drop(text.splice(part.0..part.1, some(&text.clone(), other)));
            }
            6 => {
                let other = &others[random.below(others.len())];
                let from = parts(other);
                if !from.is_empty() {
                    drop(text.splice(part.0..part.1, some(other, from[random.below(from.len())])));
                }
            }
            7 if random.below(20) == 0 => text.truncate(at),
            // mostly what still can be read: a value in the place of a value
            _ => {
                let values: Vec<_> = all
                    .iter()
                    .filter(|(from, to)| text[*from..*to].iter().all(|b| b"-.0123456789".contains(b)))
                    .collect();
                if !values.is_empty() {
                    let (from, to) = *values[random.below(values.len())];
                    let number = if random.below(2) == 0 { word } else { random.below(400).to_string().into_bytes() };
                    drop(text.splice(from..to, number));
                }
            }
        }
        text.truncate(64 << 10);
    }
    text
}

/// How many cases of a kind are tried.
fn cases(usual: usize) -> usize {
    std::env::var("WORKPRINT_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Tries so many changed documents in a folder of their own, in which nothing but `files` may be afterwards. `work` says
/// whether a document was accepted.
fn fuzz(usual: usize, documents: &[Vec<u8>], files: &[&str], work: impl Fn(&Path, &[u8], &mut Seeded) -> bool) {
    // each document that is accepted is written three times, and a disk would be waited for
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let inside = folder.path().join("a/b/c");
    fs::create_dir_all(&inside).unwrap();
    let first: usize = std::env::var("WORKPRINT_FUZZ_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let (mut accepted, count) = (0_usize, cases(usual));
    for case in first..first + count {
        let mut random = Seeded((case as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66);
        let document = &documents[random.below(documents.len())];
        let text = changed(document, documents, &mut random);
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&inside, &text, &mut random)));
        accepted += usize::from(tried.unwrap_or_else(|_| panic!("case {case}:\n{}", String::from_utf8_lossy(&text))));
        if case % 1000 == 0 {
            nothing_else(folder.path(), &inside, files);
        }
    }
    nothing_else(folder.path(), &inside, files);
    assert!(accepted * 50 > count, "only {accepted} of {count} were accepted: too wild to find anything");
    println!("{count} cases, {accepted} accepted");
}

fn nothing_else(root: &Path, inside: &Path, files: &[&str]) {
    let names = |folder: &Path| -> Vec<String> {
        fs::read_dir(folder).unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(root), ["a"]);
    assert_eq!(names(&root.join("a")), ["b"]);
    assert_eq!(names(&root.join("a/b")), ["c"]);
    let others: Vec<String> = names(inside).into_iter().filter(|n| !files.contains(&n.as_str())).collect();
    assert_eq!(others, Vec::<String>::new());
}

/// A film and a title.
const ASSETS: &str = r#"AddAssets([
 (id: 0, name: "a.mp4", path: "/m/a.mp4", fingerprint: "0123456789abcdef0123456789abcdef", info: (kind: Video,
  container: "Quicktime", duration: Some(7056000000), start: 0, video: Some((codec: "H.264", width: 1280, height: 720,
  orientation: (rotation: 0, mirrored: false), pixel_aspect: (num: 1, den: 1), rate: Some((30, 1)), variable_rate: false,
  interlaced: false, alpha: false, bit_depth: 8, transfer: Sdr, colorimetry: "bt709")),
  audio: [(codec: "AAC", rate: 48000, channels: 2, language: "en")])),
 (id: 0, name: "Hi", path: "", info: (kind: Still, container: "", duration: None, video: Some((codec: "", width: 640,
  height: 360, orientation: (rotation: 0, mirrored: false), pixel_aspect: (num: 1, den: 1), rate: None,
  variable_rate: false, interlaced: false, alpha: true, bit_depth: 8, transfer: Sdr, colorimetry: "sRGB")), audio: [],
  generator: Some(Title((text: "x", size: 9.0, margin: 6.0)))))])"#;

/// What every list begins with: clips 7 and 8, 10 and 11, 12 on tracks V1 (1), A1 (2) and V2 (5).
const LAID: &str = r#"
 AddTrack(Video),
 Append((asset: 3, source_in: 705600000, length: 60, video: Some(1), audio: Some(2))),
 Append((asset: 3, source_in: 2822400000, length: 60, video: Some(1), audio: Some(2))),
 Overwrite(place: (asset: 4, source_in: 0, length: 40, video: Some(5), audio: None), at: 20),
 AddMarker((at: 30, name: "m", color: Red))"#;

/// Edits of every kind on top of that.
const EDITS: &[&str] = &[
    "Split(at: 30, clips: [], alone: false)",
    "Split(at: 45, clips: [7], alone: true)",
    "Trim(clip: 7, edge: In, by: 5, alone: false)",
    "Ripple(clip: 7, edge: Out, by: -5, sync_lock: true, alone: false)",
    "Roll(left: 7, by: 3, alone: false)",
    "Slip(clips: [7], by: 4, alone: false)",
    "Slide(clip: 12, by: 4, alone: false)",
    "Move(clips: [12], by: 10, tracks: 0, landing: Insert, ripple: true, alone: false)",
    "Lift(clips: [7], alone: false)",
    "Extract(clips: [10], sync_lock: true, alone: false)",
    "LiftRange(span: (start: 10, length: 20), tracks: [])",
    "ExtractRange(span: (start: 10, length: 20), tracks: [1])",
    "CloseGap(track: 5, at: 3, sync_lock: false)",
    "CloseAllGaps(track: 5, sync_lock: true)",
    "Link(clips: [7, 12], linked: true)",
    "Group(clips: [7, 12], grouped: true)",
    "Enable(clips: [7], enabled: false)",
    "SetProperty(clips: [7], property: X((value: 0.5, keys: [(at: 705600000, value: 0.1), (at: 1411200000, value: 0.7, curve: Smooth)])))",
    "SetProperty(clips: [12], property: Scale((value: 2.0)))",
    "SetProperty(clips: [8], property: Volume((value: -6.0)))",
    "SetProperty(clips: [7], property: FadeIn(10))",
    "SetProperty(clips: [7], property: All((fit: Fill, opacity: (value: 0.5), fade_out: 5)))",
    "SetProperty(clips: [7], property: Name(\"n\"))",
    "SetSpeed(clips: [7], speed: (2, 1), ripple: true, sync_lock: true, alone: false)",
    "SetSpeed(clips: [10], speed: (-1, 2), ripple: false, sync_lock: true, alone: false)",
    "SetSpeed(clips: [12], speed: (0, 1), ripple: false, sync_lock: true, alone: false)",
    "SetTransition(right: 10, transition: Some((kind: Dissolve, length: 12, before: 6)), alone: false)",
    "SetTransition(right: 10, transition: Some((kind: Wipe(Left), length: 8, before: 2)), alone: true)",
    "Paste(clips: [(1, (id: 90, start: 0, length: 20, source_in: 0, speed: (1, 1), link: Some(70), group: None, enabled: true, transition: None, content: (name: \"p\", asset: 3, properties: (y: (value: 0.5))))), (1, (id: 91, start: 20, length: 20, source_in: 1411200000, link: Some(70), transition: Some((kind: Dissolve, length: 6, before: 3)), content: (name: \"q\", asset: 3)))], at: 130, landing: Overwrite)",
    "AddMarker((at: 60, name: \"n\"))",
    "MoveMarker(from: 30, to: 50)",
    "RemoveMarker(30)",
    "AddTrack(Audio)",
    "RemoveTrack(5)",
    "SetTrack(track: 1, change: Height(200))",
    "SetTrack(track: 1, change: Locked(true))",
    "SetTrack(track: 5, change: Name(\"Titles\"))",
    "MoveTrack(track: 5, to: 0)",
    "AddSequence(\"Other\")",
    "DuplicateSequence(\"Copy\")",
    "RenameSequence(sequence: 0, name: \"First\")",
    "OpenSequence(0)",
    "RemoveSequence(0)",
    "SetFormat(width: 640, height: 360, rate: (30, 1))",
    "SetGenerator(asset: 4, generator: Title((text: \"y\", size: 20.0, background: Some(((1, 2, 3), 0.5)))))",
    "RemoveAssets([4])",
    "Together([Split(at: 33, clips: [], alone: false), Lift(clips: [12], alone: true)])",
];

fn edits(text: &str) -> Vec<Edit> {
    ron::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn laid_out() -> Project {
    let empty = Project::new(640, 360, FrameRate::F30, 48_000);
    apply_all(&empty, &edits(&format!("[{ASSETS},{LAID}]"))).unwrap().0
}

/// What is written comes back as it was, here and once more.
fn comes_back(folder: &Path, project: &Project) {
    assert_eq!(project.check(), Ok(()));
    let path = folder.join("out.ron");
    save(project, &path).unwrap();
    let again = load(&path).unwrap();
    // paths that were relative to something else, or led back, are relative to the project from now on
    let plain = |path: &Path| path.is_absolute() && !path.components().any(|c| c == Component::ParentDir);
    if project.assets.values().all(|a| plain(&a.path) || a.info.generator.is_some()) {
        assert_eq!(&again, project);
    }
    save(&again, &path).unwrap();
    assert_eq!(load(&path).unwrap(), again);
}

/// Other programs' formats take whatever can be opened.
fn can_be_written(project: &Project) {
    let media: HashMap<PathBuf, (MediaInfo, String)> =
        project.assets.values().map(|a| (a.path.clone(), (a.info.clone(), a.fingerprint.clone()))).collect();
    let rate = project.sequence().rate;
    let outline = read_otio(&write_otio(project), Path::new("/m")).unwrap();
    if let Ok((project, _)) = build(&outline, &media) {
        assert_eq!(project.check(), Ok(()));
    }
    if let Ok(outline) = read_edl(&write_edl(project).0, rate, Path::new("/m"))
        && let Ok((project, _)) = build(&outline, &media)
    {
        assert_eq!(project.check(), Ok(()));
    }
    let _ = chapters(project.sequence());
}

/// Edits of what was opened leave it consistent.
fn can_be_edited(project: &Project, random: &mut Seeded) {
    let clips: Vec<_> = project.sequence().tracks.iter().flat_map(|t| t.clips.iter()).take(8).collect();
    let Some(clip) = clips.get(random.below(clips.len().max(1))) else { return };
    let by = FrameCount([1, -1, 10, -10, i64::MAX, i64::MIN][random.below(6)]);
    let middle = clip.start + FrameCount(clip.length.0 / 2);
    let edge = if random.below(2) == 0 { Edge::In } else { Edge::Out };
    let all = [
        Edit::Split { at: middle, clips: vec![], alone: false },
        Edit::Trim { clip: clip.id, edge, by, alone: false },
        Edit::Ripple { clip: clip.id, edge, by, sync_lock: true, alone: false },
        Edit::Roll { left: clip.id, by, alone: false },
        Edit::Slip { clips: vec![clip.id], by, alone: false },
        Edit::Slide { clip: clip.id, by, alone: false },
        Edit::Extract { clips: vec![clip.id], sync_lock: true, alone: false },
        Edit::SetSpeed {
            clips: vec![clip.id],
            speed: Speed::new([-3, 1, 2, 0, 999][random.below(5)], 2).unwrap(),
            ripple: random.below(2) == 0,
            sync_lock: true,
            alone: false,
        },
        Edit::DuplicateSequence("x".into()),
    ];
    if let Ok(after) = apply(project, &all[random.below(all.len())]) {
        assert_eq!(after.check(), Ok(()));
    }
}

#[test]
fn projects() {
    let folder = tempfile::tempdir().unwrap();
    let text = |project: &Project| {
        save(project, &folder.path().join("p.ron")).unwrap();
        fs::read(folder.path().join("p.ron")).unwrap()
    };
    let plain = laid_out();
    let some = [EDITS[14], EDITS[17], EDITS[18], EDITS[23], EDITS[25]].join(",");
    let rich = apply_all(&plain, &edits(&format!("[{some}]"))).unwrap().0;
    let cut = apply_all(&plain, &edits(&format!("[{},{}]", EDITS[26], EDITS[39]))).unwrap().0;
    let documents = [text(&plain), text(&rich), text(&cut)];
    fuzz(15_000, &documents, &["in.ron", "out.ron"], |folder, text, random| {
        let path = folder.join("in.ron");
        fs::write(&path, text).unwrap();
        let Ok(project) = load(&path) else { return false };
        comes_back(folder, &project);
        can_be_written(&project);
        can_be_edited(&project, random);
        true
    });
}

#[test]
fn lists_of_edits() {
    let project = laid_out();
    let asset = ASSETS.replace("/m/a.mp4", "/m/b.mp4");
    let documents: Vec<Vec<u8>> = EDITS
        .iter()
        .enumerate()
        .map(|(n, edit)| format!("[{edit},{}]", EDITS[(n * 7 + 3) % EDITS.len()]).into_bytes())
        .chain([format!("[{asset}]").into_bytes()])
        .collect();
    for document in &documents {
        edits(std::str::from_utf8(document).unwrap());
    }
    fuzz(30_000, &documents, &["out.ron"], |folder, text, _| {
        let Ok(text) = std::str::from_utf8(text) else { return false };
        let Ok(edits) = ron::from_str::<Vec<Edit>>(text) else { return false };
        let Ok((after, _)) = apply_all(&project, &edits) else { return false };
        comes_back(folder, &after);
        true
    });
}

fn film() -> MediaInfo {
    let project = laid_out();
    let film = project.assets.values().find(|a| a.name == "a.mp4").unwrap();
    film.info.clone()
}

#[test]
fn cut_lists() {
    let documents = [
        "source,in,out,track,at,name\na.mp4,0,2,V1,0,One\na.mp4,3,4,V2,00:00:01:15,Two\nb.mp4,,,A1,10.5,\n",
        "source,in,out\na.mp4,00:00:01.500,45f\n\"a b.mp4\",1,2\n",
        "out,source,at,track\r\n2.5,a.mp4,00:00:01;02,V2\r\n,b.mp4,,\r\n",
    ];
    let documents = documents.map(|d| d.as_bytes().to_vec());
    let film = film();
    fuzz(25_000, &documents, &["in.csv", "out.ron"], |folder, text, random| {
        let path = folder.join("in.csv");
        fs::write(&path, text).unwrap();
        let Ok(cuts) = read_cut_list(&path) else { return false };
        let media: HashMap<_, _> = cuts.iter().map(|c| (c.source.clone(), Ok((film.clone(), String::new())))).collect();
        let rate = [None, Some(FrameRate::F29_97), FrameRate::new(1, 1), FrameRate::new(1000, 1)][random.below(4)];
        let options = AssembleOptions { rate, skip_broken: random.below(2) == 0, ..AssembleOptions::default() };
        let Ok((project, _)) = assemble(&cuts, &media, options) else { return false };
        comes_back(folder, &project);
        true
    });
}

#[test]
fn edit_decision_lists() {
    let list = "TITLE: Reel\nFCM: NON-DROP FRAME\n\
        001  AX       AA/V  C        00:00:01:00 00:00:03:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: a.mp4\n\
        002  AX       V     C        00:00:03:00 00:00:03:00 01:00:02:00 01:00:02:00\n\
        002  AX       V     D    012 00:00:01:00 00:00:03:00 01:00:02:00 01:00:04:00\n\
        * FROM CLIP NAME: a.mp4\n* TO CLIP NAME: b.mp4\nM2   AX       +060.0                00:00:01:00\n\
        003  BL       V     C        00:00:00:00 00:00:01:00 01:00:04:00 01:00:05:00\n\
        * LOC: 01:00:03:00 RED Look here\n004  AX       B     W001 010 00:00:01:00 00:00:03:00 01:00:05:00 01:00:07:00\n";
    let (ours, _) = write_edl(&laid_out());
    let documents = [list.as_bytes().to_vec(), ours.into_bytes()];
    let film = film();
    fuzz(15_000, &documents, &["out.ron"], |folder, text, random| {
        let text = String::from_utf8_lossy(text);
        let rate = [FrameRate::F30, FrameRate::F29_97, FrameRate::new(1000, 1).unwrap()][random.below(3)];
        let Ok(outline) = read_edl(&text, rate, folder) else { return false };
        let known = random.below(2) == 0;
        let media = outline.sources().into_iter().filter(|_| known).map(|s| (s, (film.clone(), String::new())));
        let Ok((project, _)) = build(&outline, &media.collect::<HashMap<_, _>>()) else { return false };
        comes_back(folder, &project);
        can_be_written(&project);
        true
    });
}

#[test]
fn other_programs_timelines() {
    let some = [EDITS[15], EDITS[17], EDITS[23], EDITS[25], EDITS[26]].join(",");
    let plain = laid_out();
    let rich = apply_all(&plain, &edits(&format!("[{some}]"))).unwrap().0;
    let nested = r#"{"OTIO_SCHEMA": "Timeline.1", "name": "t", "global_start_time": {"OTIO_SCHEMA": "RationalTime.1",
        "rate": 24.0, "value": 86400.0}, "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [{"OTIO_SCHEMA": "Track.1",
        "kind": "Video", "children": [{"OTIO_SCHEMA": "Stack.1", "source_range": {"start_time": {"rate": 24, "value": 2},
        "duration": {"rate": 24, "value": 20}}, "markers": [{"marked_range": {"start_time": {"rate": 24, "value": 1},
        "duration": {"rate": 24, "value": 0}}, "color": "RED"}], "children": [{"OTIO_SCHEMA": "Track.1", "kind": "Video",
        "children": [{"OTIO_SCHEMA": "Clip.1", "name": "c", "media_reference": {"OTIO_SCHEMA": "ExternalReference.1",
        "target_url": "file:///m/a.mp4", "available_range": {"start_time": {"rate": 24, "value": 100}, "duration": {"rate": 24,
        "value": 240}}}}, {"OTIO_SCHEMA": "Transition.1", "in_offset": {"rate": 24, "value": 2}, "out_offset": {"rate": 24,
        "value": 3}}, {"OTIO_SCHEMA": "Clip.2", "name": "d", "effects": [{"OTIO_SCHEMA": "LinearTimeWarp.1",
        "time_scalar": -2.0}], "source_range": {"start_time": {"rate": 24, "value": 5}, "duration": {"rate": 24, "value": 9}},
        "media_references": {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "b.mp4"}},
        "active_media_reference_key": "DEFAULT_MEDIA"}]}]}]}]}}"#;
    let documents = [write_otio(&plain).into_bytes(), write_otio(&rich).into_bytes(), nested.as_bytes().to_vec()];
    let film = film();
    fuzz(15_000, &documents, &["out.ron"], |folder, text, random| {
        let text = String::from_utf8_lossy(text);
        let Ok(outline) = read_otio(&text, folder) else { return false };
        let known = random.below(2) == 0;
        let media = outline.sources().into_iter().filter(|_| known).map(|s| (s, (film.clone(), String::new())));
        let Ok((project, _)) = build(&outline, &media.collect::<HashMap<_, _>>()) else { return false };
        comes_back(folder, &project);
        can_be_written(&project);
        true
    });
}
