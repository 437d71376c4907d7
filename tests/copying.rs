//! What nobody touched is copied: every frame is the right one for other decoders, copied ones bit for bit, and seeks find them.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "small known numbers"
)]

mod common;

use common::{Footage, SAMPLE_RATE, Seeded, bursts, export, has_ffmpeg, make, psnr, read_number, succeed};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const RATE: (i32, i32) = (30, 1);
const FRAMES: usize = 300;
const SIZE: (usize, usize) = (320, 180);

/// Films of encoders that differ in how they store pictures.
const KINDS: [(&str, &str); 10] = [
    (
        "b frames",
        "x264enc key-int-max=30 bframes=3 b-adapt=false speed-preset=veryfast option-string=b-pyramid=none:scenecut=0",
    ),
    ("a pyramid", "x264enc key-int-max=30 bframes=3 b-pyramid=true b-adapt=false speed-preset=veryfast ref=4"),
    ("plain", "x264enc key-int-max=30 bframes=0 speed-preset=veryfast"),
    (
        "open groups",
        "x264enc key-int-max=20 bframes=2 b-adapt=false speed-preset=veryfast option-string=open-gop=1:min-keyint=1",
    ),
    ("cavlc", "x264enc key-int-max=30 bframes=2 cabac=false speed-preset=veryfast ! video/x-h264,profile=main"),
    ("slices", "x264enc key-int-max=30 bframes=2 speed-preset=veryfast option-string=slices=4"),
    ("refresh", "x264enc key-int-max=30 bframes=0 intra-refresh=true speed-preset=veryfast"),
    ("baseline", "x264enc key-int-max=30 bframes=0 speed-preset=veryfast ! video/x-h264,profile=constrained-baseline"),
    ("fades", "x264enc key-int-max=30 bframes=2 speed-preset=medium option-string=weightp=2:weightb=1:direct=temporal"),
    ("each a key", "x264enc key-int-max=1 bframes=0 speed-preset=veryfast"),
];

/// Those that are tried each time.
const USUAL: [&str; 5] = ["a pyramid", "cavlc", "refresh", "fades", "each a key"];

/// The muxer of a file of that extension, with sound that it takes.
fn muxer(extension: &str) -> &'static str {
    match extension {
        "mp4" => "appsrc name=audio ! audioconvert ! voaacenc ! queue ! mux. mp4mux name=mux",
        "mov" => "appsrc name=audio ! audioconvert ! audio/x-raw,format=S16LE ! queue ! mux. qtmux name=mux",
        "mkv" => "appsrc name=audio ! audioconvert ! flacenc ! queue ! mux. matroskamux name=mux",
        "ts" => "appsrc name=audio ! audioconvert ! voaacenc ! aacparse ! queue ! mux. mpegtsmux name=mux",
        "flv" => {
            "appsrc name=audio ! audioconvert ! audioresample ! audio/x-raw,rate=44100 ! voaacenc ! aacparse ! queue ! mux. flvmux name=mux"
        }
        other => panic!("{other}"),
    }
}

fn film(path: &Path, encoder: &str, pattern: usize) {
    let footage = Footage { pattern, first: pattern * 1000, ..Footage::new(RATE, FRAMES) };
    let extension = path.extension().unwrap().to_str().unwrap();
    make(&footage, path, &format!("appsrc name=video ! {encoder} ! h264parse ! queue ! mux. {}", muxer(extension)));
}

/// A list of cuts; the numbers of the frames that they show.
fn cuts(folder: &Path, cuts: &[(&str, usize, usize, usize)]) -> Vec<usize> {
    let mut list = String::from("source,in,out\n");
    let time = |frame: usize| frame as f64 / f64::from(RATE.0);
    for (name, _, first, end) in cuts {
        writeln!(list, "{name},{:.6},{:.6}", time(*first), time(*end)).unwrap();
    }
    fs::write(folder.join("cuts.csv"), list).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "--overwrite", "-o", "p.ron"]);
    cuts.iter().flat_map(|(_, pattern, first, end)| (*first..*end).map(move |n| n + pattern * 1000)).collect()
}

/// What ffmpeg says at the least sign of damage: nothing.
fn is_clean(path: &Path) {
    let args = ["-v", "error", "-xerror", "-err_detect", "explode", "-i"];
    let output = Command::new("ffmpeg").args(args).arg(path).args(["-f", "null", "-"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
}

/// The pictures that ffmpeg decodes, of their brightness alone.
fn lumas(path: &Path, before: &[&str], after: &[&str]) -> Vec<Vec<u8>> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(before).arg("-i").arg(path).args(after);
    let output = command.args(["-an", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"]).output();
    let bytes = output.unwrap().stdout;
    bytes.chunks(SIZE.0 * SIZE.1).map(<[u8]>::to_vec).collect()
}

fn number(luma: &[u8]) -> usize {
    read_number(luma, SIZE.0, SIZE.1, SIZE.0)
}

/// The steps from each packet of pictures to the next, by when they are decoded, and by when they are shown.
fn steps_are_even(path: &Path) {
    let args = ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts,dts", "-of", "csv=p=0"];
    let output = Command::new("ffprobe").args(args).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let packets = || text.lines().filter_map(|l| l.trim_end_matches(',').split_once(','));
    let mut shown: Vec<i64> = packets().map(|(pts, _)| pts.parse().unwrap()).collect();
    // Matroska does not say when the first packets are decoded
    let mut stored: Vec<i64> = packets().filter_map(|(_, dts)| dts.parse().ok()).collect();
    assert!(stored.len() + 4 > shown.len());
    shown.sort_unstable();
    for times in [&mut shown, &mut stored] {
        let step = times[1] - times[0];
        assert!(step > 0 && times.windows(2).all(|w| (w[1] - w[0] - step).abs() <= 1), "{}: {times:?}", path.display());
    }
}

/// Everything that must be right of a film; `originals` are its sources, by their numbers' thousands.
fn is_right(path: &Path, wanted: &[usize], copied: i64, originals: &[(usize, &Path)]) {
    is_clean(path);
    steps_are_even(path);
    let pictures = lumas(path, &[], &[]);
    let numbers: Vec<usize> = pictures.iter().map(|p| number(p)).collect();
    assert_eq!(numbers, wanted, "{}", path.display());
    let mut same = 0;
    let originals: Vec<(usize, Vec<Vec<u8>>)> = originals.iter().map(|(n, p)| (*n, lumas(p, &[], &[]))).collect();
    for (picture, n) in pictures.iter().zip(wanted) {
        let (_, pictures) = originals.iter().find(|(thousands, _)| *thousands == n / 1000).unwrap();
        let original = &pictures[n % 1000];
        same += i64::from(picture == original);
        let near = psnr(picture, original);
        assert!(near > 36.0, "{}: picture {n} is {near:.1} dB from its original", path.display());
    }
    assert!(same >= copied, "{}: {same} are the same bit for bit, {copied} were copied", path.display());
}

/// Other programs find the right picture wherever they go.
fn is_sought_rightly(path: &Path, wanted: &[usize], places: usize, random: &mut Seeded) {
    for _ in 0..places {
        let n = random.below(wanted.len());
        let at = format!("{:.5}", (n as f64 - 0.3).max(0.0) / f64::from(RATE.0));
        let found = lumas(path, &["-ss", &at], &["-frames:v", "1"]);
        assert_eq!(found.first().map(|p| number(p)), Some(wanted[n]), "{} at {at}", path.display());
    }
}

fn done(folder: &Path, args: &[&str]) -> Value {
    export(folder, args).pop().unwrap()
}

/// Random cuts of every kind of film, in every container.
#[test]
fn reels_of_all_kinds_are_copied_where_nobody_touched_them() {
    if !has_ffmpeg("reels_of_all_kinds_are_copied_where_nobody_touched_them") {
        return;
    }
    // each takes some seconds
    let wanted = std::env::var("WORKPRINT_KINDS").ok();
    if wanted.is_none() {
        common::skipped(
            "reels_of_all_kinds_are_copied…",
            "five kinds of ten: set WORKPRINT_KINDS=all for all, or to one",
        );
    }
    let is_wanted = |kind: &str| match wanted.as_deref() {
        None => USUAL.contains(&kind),
        Some(wanted) => wanted == "all" || wanted == kind,
    };
    for (k, (kind, encoder)) in KINDS.iter().enumerate().filter(|(_, (kind, _))| is_wanted(kind)) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let source = ["mp4", "mkv", "ts", "mov", "flv"][k % 5];
        let name = format!("a.{source}");
        film(&folder.join(&name), encoder, 0);
        let mut random = Seeded(k as u64 + 1);
        let reel: Vec<_> = (0..8)
            .map(|_| {
                let length = 12 + random.below(70);
                let first = random.below(FRAMES - length);
                (name.as_str(), 0, first, first + length)
            })
            .collect();
        let wanted = cuts(folder, &reel);
        let (container, sound) = [("mp4", "Aac(kilobits: 192)"), ("mkv", "Flac"), ("mov", "Pcm(bits: 24)")][k % 3];
        let target = format!("o.{container}");
        let rates = ["speed: \"ultrafast\", rate: Quantizer(20)", "speed: \"medium\", rate: Quality(18)"];
        for copy in if k < 2 { &["all", "whole-gops"][..] } else { &["all"] } {
            let rate = rates[k / 2 % 2];
            let name_of = ["Mp4", "Matroska", "Mov"][k % 3];
            let own = format!(
                "(version: 1, title: \"Own\", target: (format: Film((container: {name_of}, video: H264(({rate})), sound: {sound}))))"
            );
            fs::write(folder.join("own.ron"), own).unwrap();
            let preset = "own.ron";
            let done = done(folder, &["p.ron", "-o", &target, "--preset", preset, "--copy", copy, "--overwrite"]);
            let copied = done["copied"].as_i64().unwrap();
            println!("{kind}, {name} to {target}, {copy}: {copied} of {} copied", wanted.len());
            assert_eq!(copied + done["encoded"].as_i64().unwrap(), wanted.len() as i64, "{kind}: {done}");
            assert_eq!(done["warnings"], 0, "{kind}: {done}");
            // in these, only the first picture is one that nothing before it is needed for
            if !["refresh", "open groups"].contains(kind) {
                assert!(copied > wanted.len() as i64 / 4, "{kind}: {done}");
            }
            assert_eq!(done["notes"], serde_json::json!([]), "{kind}: {done}");
            let path = folder.join(&target);
            is_right(&path, &wanted, copied, &[(0, &folder.join(&name))]);
            is_sought_rightly(&path, &wanted, 6, &mut random);
        }
    }
}

/// Cuts on key pictures need no encoder at all, and sound stays on its picture.
#[test]
fn cuts_on_key_pictures_encode_nothing() {
    if !has_ffmpeg("cuts_on_key_pictures_encode_nothing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(&folder.join("a.mov"), KINDS[0].1, 0);
    let reel: Vec<_> = [0, 150, 60, 60, 240, 90].map(|n| ("a.mov", 0, n, n + 30)).into();
    let wanted = cuts(folder, &reel);
    let done = done(folder, &["p.ron", "-o", "o.mp4", "--copy", "auto"]);
    assert_eq!((done["copied"].as_i64(), done["encoded"].as_i64()), (Some(180), Some(0)), "{done}");
    is_right(&folder.join("o.mp4"), &wanted, 180, &[(0, &folder.join("a.mov"))]);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(folder.join("o.mp4"))
        .args(["-vn", "-ac", "1", "-ar", &SAMPLE_RATE.to_string(), "-f", "f32le", "-"])
        .output()
        .unwrap();
    let sound: Vec<f32> = output.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let heard = bursts(&sound);
    let every = Footage::new(RATE, FRAMES).burst_every();
    let expected: Vec<f64> =
        (0..180).filter(|n| wanted[*n].is_multiple_of(every)).map(|n| n as f64 / f64::from(RATE.0)).collect();
    assert_eq!(heard.len(), expected.len(), "{heard:?} {expected:?}");
    assert!(heard.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.001), "{heard:?} {expected:?}");
}

/// Sources of two kinds, what somebody touched, a gap and a still: each comes in as it must.
#[test]
fn what_differs_is_encoded_beside_what_is_copied() {
    if !has_ffmpeg("what_differs_is_encoded_beside_what_is_copied") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(&folder.join("a.mp4"), KINDS[0].1, 0);
    film(&folder.join("b.mp4"), KINDS[2].1, 1);
    film(&folder.join("c.mkv"), KINDS[0].1, 2);
    let reel = [
        ("a.mp4", 0, 7, 100),
        ("b.mp4", 1, 20, 60),
        ("c.mkv", 2, 30, 120),
        ("a.mp4", 0, 200, 290),
        ("c.mkv", 2, 3, 61),
    ];
    let wanted = cuts(folder, &reel);
    let first = done(folder, &["p.ron", "-o", "o.mp4", "--copy", "auto", "--preset", "draft"]);
    let copied = first["copied"].as_i64().unwrap();
    // a from 30 to 100, c from 30 to 120, a from 210 to 290 and c from 30 to 61, but for a few at their ends
    assert!((240..=271).contains(&copied), "{first}");
    let originals = [(0, folder.join("a.mp4")), (1, folder.join("b.mp4")), (2, folder.join("c.mkv"))];
    let originals: Vec<(usize, &Path)> = originals.iter().map(|(n, p)| (*n, p.as_path())).collect();
    is_right(&folder.join("o.mp4"), &wanted, copied, &originals);
    is_sought_rightly(&folder.join("o.mp4"), &wanted, 20, &mut Seeded(5));
    let all = done(folder, &["p.ron", "-o", "off.mp4", "--copy", "off", "--preset", "draft"]);
    assert_eq!((all["copied"].as_i64(), all["encoded"].as_i64()), (Some(0), Some(wanted.len() as i64)));
}

/// Films whose pictures all stand alone: what is encoded beside them does as well.
#[test]
fn pictures_that_stand_alone_have_such_beside_them() {
    if !has_ffmpeg("pictures_that_stand_alone_have_such_beside_them") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(&folder.join("a.mp4"), "x264enc key-int-max=1 bframes=0 speed-preset=veryfast", 0);
    film(&folder.join("b.mp4"), KINDS[2].1, 1);
    let wanted = cuts(folder, &[("a.mp4", 0, 7, 60), ("b.mp4", 1, 20, 60), ("a.mp4", 0, 100, 170)]);
    for preset in ["draft", "h264"] {
        let done = done(folder, &["p.ron", "-o", "o.mp4", "--preset", preset, "--copy", "all", "--overwrite"]);
        assert_eq!((done["copied"].as_i64(), &done["notes"]), (Some(123), &serde_json::json!([])), "{done}");
        is_right(&folder.join("o.mp4"), &wanted, 123, &[(0, &folder.join("a.mp4")), (1, &folder.join("b.mp4"))]);
    }
}

/// A recording whose encoder was set anew half-way, and one that is damaged where nothing but a copy would read it.
#[test]
fn what_is_not_as_it_was_announced_is_encoded() {
    if !has_ffmpeg("what_is_not_as_it_was_announced_is_encoded") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(&folder.join("a.ts"), KINDS[0].1, 0);
    film(&folder.join("b.ts"), KINDS[4].1, 1);
    let both = [fs::read(folder.join("a.ts")).unwrap(), fs::read(folder.join("b.ts")).unwrap()].concat();
    fs::write(folder.join("joined.ts"), both).unwrap();
    fs::write(folder.join("cuts.csv"), "source,in,out\njoined.ts,1,13\n").unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let joined = done(folder, &["p.ron", "-o", "joined.mp4", "--preset", "draft"]);
    assert_eq!(joined["copied"], 0, "{joined}");
    let numbers: Vec<usize> = lumas(&folder.join("joined.mp4"), &[], &[]).iter().map(|p| number(p)).collect();
    let wanted: Vec<usize> = (30..300).chain(1000..1090).collect();
    assert_eq!(numbers, wanted);
    is_clean(&folder.join("joined.mp4"));

    film(&folder.join("a.mp4"), KINDS[0].1, 0);
    let wanted = cuts(folder, &[("a.mp4", 0, 10, 290)]);
    let whole = done(folder, &["p.ron", "-o", "whole.mp4", "--preset", "draft"]);
    assert!(whole["copied"].as_i64().unwrap() > 250, "{whole}");
    spoil(&folder.join("a.mp4"));
    cuts(folder, &[("a.mp4", 0, 10, 290)]);
    let damaged = done(folder, &["p.ron", "-o", "damaged.mp4", "--preset", "draft"]);
    assert_eq!(damaged["copied"], 0, "{damaged}");
    assert!(damaged["warnings"].as_u64().unwrap() > 0, "{damaged}");
    assert!(damaged["notes"][0].as_str().unwrap().contains("encoded instead of copied"), "{damaged}");
    let pictures = lumas(&folder.join("damaged.mp4"), &[], &[]);
    assert_eq!(pictures.len(), wanted.len());
    is_clean(&folder.join("damaged.mp4"));

    // what was told before it was begun anew is not told again
    film(&folder.join("c.mp4"), KINDS[2].1, 2);
    spoil(&folder.join("c.mp4"));
    cuts(folder, &[("c.mp4", 2, 90, 190), ("a.mp4", 0, 10, 290)]);
    let both = done(folder, &["p.ron", "-o", "both.mp4", "--preset", "draft"]);
    assert_eq!((both["copied"].as_i64(), both["notes"].as_array().unwrap().len()), (Some(0), 2), "{both}");
    let off = done(folder, &["p.ron", "-o", "both.mp4", "--preset", "draft", "--copy", "off", "--overwrite"]);
    assert_eq!(both["warnings"], off["warnings"], "{both} {off}");
}

/// Damages a file in its middle.
fn spoil(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3000].fill(0);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_not_copied_is_told_with_its_clip_and_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(&folder.join("most.mp4"), KINDS[0].1, 0);
    film(&folder.join("other.mp4"), KINDS[4].1, 1);
    let coded = |name: &str, footage: Footage, encoder: &str| {
        make(&footage, &folder.join(name), &format!("appsrc name=video ! {encoder} ! queue ! mux. {}", muxer("mkv")));
    };
    coded("lossless.mkv", Footage { pattern: 2, ..Footage::new(RATE, 60) }, "avenc_ffv1");
    let large = Footage { width: 640, height: 360, pattern: 3, ..Footage::new(RATE, 60) };
    coded("large.mkv", large, &format!("{} ! h264parse", KINDS[0].1));
    coded("slow.mkv", Footage { pattern: 4, ..Footage::new((25, 1), 60) }, &format!("{} ! h264parse", KINDS[0].1));
    let all = [
        ("most.mp4", 0, 0, 240),
        ("other.mp4", 1, 0, 120),
        ("lossless.mkv", 2, 0, 30),
        ("large.mkv", 3, 0, 30),
        ("slow.mkv", 4, 0, 30),
        ("most.mp4", 0, 250, 252),
        ("most.mp4", 0, 241, 259),
    ];
    cuts(folder, &all);
    let told = |more: &[&str]| -> Vec<Value> {
        let args = ["export", "p.ron", "-o", "o.mp4", "--dry-run", "--json"];
        let said = succeed(folder, &[&args[..], more].concat());
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let findings = told(&[]);
    for (clip, at, why) in [
        ("other.mp4", 240, "encoded in another way than most"),
        ("lossless.mkv", 360, "are no H.264"),
        ("large.mkv", 390, "have another size"),
        ("slow.mkv", 420, "another rate or speed"),
        ("most.mp4", 450, "so short that encoding is faster"),
        ("most.mp4", 452, "no picture among them that a player can begin with"),
    ] {
        let found = findings.iter().find(|f| f["text"].as_str().is_some_and(|text| text.contains(why)));
        let found = found.unwrap_or_else(|| panic!("{why}: {findings:#?}"));
        assert_eq!((&found["clip"], &found["at"], &found["blocks"]), (&clip.into(), &at.into(), &false.into()));
    }
    assert_eq!(findings.last().unwrap()["copied"], 240);
    let encoded = |findings: &[Value]| {
        findings.iter().filter(|f| f["text"].as_str().is_some_and(|text| text.contains("not copied"))).count()
    };
    // nobody asked for copies there
    assert_eq!((encoded(&findings), encoded(&told(&["--copy", "off"]))), (6, 0));
}
