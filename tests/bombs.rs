//! Files that are damaged or made to do harm cost themselves, and nothing else: no crash, no hang, no memory without
//! bound.
//!
//! All of it runs with a gigabyte of memory for each process, kept by the system.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]

mod common;

use common::{Seeded, run_pipeline, skipped};
use gstreamer as gst;
use gstreamer::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs the program with a gigabyte for each process, and gives up on it after a while.
fn bounded(folder: &Path, args: &[&str]) -> Output {
    let (out, log) = (tempfile::tempfile_in(folder).unwrap(), tempfile::tempfile_in(folder).unwrap());
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -d 1048576; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_workprint")]);
        shell
    } else {
        Command::new(env!("CARGO_BIN_EXE_workprint"))
    };
    command.args(args).current_dir(folder).env("WORKPRINT_CACHE", folder.join("cache")).stdin(Stdio::null());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let (mut stdout, mut stderr) = (out.try_clone().unwrap(), log.try_clone().unwrap());
    let begun = Instant::now();
    let mut child = command.stdout(out).stderr(log).spawn().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_mins(4) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{args:?} hangs");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    };
    let read = |file: &mut fs::File| {
        use std::io::{Read, Seek};
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    };
    let output = Output { status, stdout: read(&mut stdout), stderr: read(&mut stderr) };
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(status.code(), Some(0 | 1)), "{args:?}: {status}: {text}");
    assert!(!text.contains("panicked") && !text.contains("CRITICAL") && !text.contains("WARNING"), "{args:?}: {text}");
    output
}

/// What `probe` says of a file.
fn probed(folder: &Path, name: &str) -> Value {
    let output = bounded(folder, &["probe", "--json", name]);
    serde_json::from_slice::<Value>(&output.stdout).unwrap()[0].take()
}

/// What `probe` refuses a file for.
fn refused(folder: &Path, name: &str) -> String {
    let found = probed(folder, name);
    let error = found["error"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    assert!(error.contains(name), "{error}");
    error
}

/// A chunk of a PNG; nobody looks at its checksum before its size.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &kind, data, &[0; 4]].concat()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(*b"IHDR", &header), &chunk(*b"IDAT", &[0; 64]), &chunk(*b"IEND", &[])].concat()
}

/// A JPEG's head: of frames of that kind (0xC0: read line by line, 0xC2: progressively).
fn jpeg(kind: u8, width: u16, height: u16) -> Vec<u8> {
    let frame =
        [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]].concat();
    let length = u16::try_from(frame.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, 0xD8, 0xFF, kind][..], &length, &frame, &[0xFF, 0xD9]].concat()
}

/// A GIF of pictures of its own size, each of which is one colour and takes a dozen bytes.
fn gif(width: u16, height: u16, pictures: usize) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let picture = [&[0x21, 0xF9, 4, 0, 5, 0, 0, 0, 0x2C, 0, 0, 0, 0][..], &size, &[0, 2, 1, 0x44, 0]].concat();
    [&b"GIF89a"[..], &size, &[0x80, 0, 0, 0, 0, 0, 255, 255, 255], &picture.repeat(pictures), &[0x3B]].concat()
}

/// Sound of silence, with these numbers.
fn wav(rate: u32, channels: u16, bytes: usize) -> Vec<u8> {
    let block = channels.wrapping_mul(2);
    let format = [
        &1_u16.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &rate.wrapping_mul(u32::from(block)).to_le_bytes(),
        &block.to_le_bytes(),
        &16_u16.to_le_bytes(),
    ]
    .concat();
    let length = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let data = vec![0; bytes];
    [&b"RIFF"[..], &length(36 + bytes), b"WAVEfmt ", &length(16), &format, b"data", &length(bytes), &data].concat()
}

#[test]
fn pictures_that_claim_too_much_are_refused_by_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let tiff = |side: u32| {
        let entry = |tag: u16, value: u32| {
            [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        let entries = [entry(0x100, side), entry(0x101, side)].concat();
        [&b"II*\0"[..], &8_u32.to_le_bytes(), &2_u16.to_le_bytes(), &entries, &[0; 4]].concat()
    };
    let webp = {
        let size = |n: u32| n.to_le_bytes()[..3].to_vec();
        let canvas = [&[0, 0, 0, 0][..], &size(16_000), &size(16_000)].concat();
        let chunk = [&b"WEBPVP8X"[..], &10_u32.to_le_bytes(), &canvas].concat();
        [&b"RIFF"[..], &u32::try_from(chunk.len()).unwrap().to_le_bytes(), &chunk].concat()
    };
    let bmp = {
        let header = [&40_u32.to_le_bytes()[..], &60_000_i32.to_le_bytes(), &60_000_i32.to_le_bytes(), &[1, 0, 24, 0]];
        [&b"BM"[..], &[0; 12], &header.concat(), &[0; 60]].concat()
    };
    for (name, bytes, size) in [
        ("a.png", png(60_000, 60_000), "60000x60000"),
        ("b.png", png(0x7FFF_FFFF, 0x7FFF_FFFF), "2147483647x2147483647"),
        ("progressive.jpg", jpeg(0xC2, 30_000, 15_000), "30000x15000"),
        ("a.tif", tiff(60_000), "60000x60000"),
        ("a.webp", webp, "16001x16001"),
        ("a.bmp", bmp, "60000x60000"),
        ("canvas.gif", gif(65_535, 65_535, 1), "65535x65535"),
        ("long.gif", gif(7680, 4320, 2000), "7680x4320"),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let error = refused(folder.path(), name);
        assert!(error.contains(size) && error.contains("are read up to"), "{error}");
    }
}

#[test]
fn sound_that_claims_what_no_sound_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rate, channels, claim) in [
        ("1hz.wav", 1, 1, "1 samples a second"),
        ("fast.wav", 4_000_000, 1, "4000000 samples a second"),
        ("wide.wav", 48_000, 200, ""),
        ("wider.wav", 48_000, u16::MAX, ""),
        ("none.wav", 0, 0, ""),
    ] {
        fs::write(folder.path().join(name), wav(rate, channels, 48_000)).unwrap();
        let error = refused(folder.path(), name);
        assert!(error.contains(claim), "{error}");
    }
}

/// In a damaged header, a thousand hours: proxies, in pieces of a minute, never came to an end. Recorders that don't know
/// the length leave 0 or all ones, tools that cut leave that of the whole.
#[test]
fn a_length_that_the_packets_contradict_is_not_believed() {
    const NAME: &str = "a_length_that_the_packets_contradict_is_not_believed";
    workprint::media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // of the film in 1/1000 s behind a version, two dates and a clock (ISO 14496-12, 8.2.2), `Duration` in ms (RFC 9559,
    // 5.1.2.10), and in 100 ns in the "ASF_File_Properties_Object" (ASF specification, 3.2)
    let asf: &[u8] = &[0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11];
    let float = |n: f64| n.to_be_bytes().to_vec();
    let word = |n: u32| n.to_be_bytes().to_vec();
    let mp4: (&str, &[u8], usize) = ("a.mp4", b"mvhd", 20);
    let mkv: (&str, &[u8], usize) = ("a.mkv", &[0x44, 0x89, 0x88], 3);
    let wmv: (&str, &[u8], usize) = ("f.wmv", asf, 64);
    let said = [
        (mp4, word(0)),
        (mp4, word(u32::MAX)),
        (mp4, word(0x7FFF_FFFF)),
        (mp4, word(50_000_000)),
        (mkv, float(30_000.0)),
        (mkv, float(3.6e9)),
        (wmv, 600_000_000_u64.to_le_bytes().to_vec()),
        (wmv, 36_000_000_000_000_u64.to_le_bytes().to_vec()),
    ];
    let mut files = std::collections::BTreeMap::new();
    for kind in KINDS.iter().filter(|kind| [mp4.0, mkv.0].contains(&kind.0)) {
        if make(&folder.join(kind.0), *kind) {
            files.insert(kind.0, fs::read(folder.join(kind.0)).unwrap());
        }
    }
    if common::has_ffmpeg(NAME) {
        files.insert("f.wmv", made_wmv(folder));
    }
    for ((name, before, after), length) in said {
        let Some(whole) = files.get(name) else {
            skipped(NAME, &format!("{name} can't be made here"));
            continue;
        };
        let mut bytes = whole.clone();
        let at = bytes.windows(before.len()).position(|w| w == before).unwrap() + after;
        bytes[at..at + length.len()].copy_from_slice(&length);
        fs::write(folder.join(name), bytes).unwrap();
        let found = probed(folder, name);
        let lasts = found["duration"].as_f64().unwrap_or_else(|| panic!("{found}"));
        assert!((0.45..0.65).contains(&lasts), "{name} with {length:02x?}: {lasts} s");
        assert_eq!(found["audio"].as_array().map(Vec::len), Some(1), "{name} with {length:02x?}");
    }
}

#[test]
fn vector_pictures_of_any_size_are_drawn_in_one_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let drawing = |size: &str| {
        format!("<svg xmlns='http://www.w3.org/2000/svg' {size}><rect width='100%' height='50%' fill='#f00'/></svg>")
    };
    for (size, shown) in [
        ("width='30000' height='30000'", (8192, 8192)),
        ("width='1e9' height='5e8'", (8192, 4096)),
        ("width='640' height='360'", (640, 360)),
        ("viewBox='0 0 64 32'", (64, 32)),
    ] {
        fs::write(folder.join("a.svg"), drawing(size)).unwrap();
        let found = probed(folder, "a.svg");
        let found = (found["video"]["width"].as_u64(), found["video"]["height"].as_u64());
        assert_eq!(found, (Some(shown.0), Some(shown.1)), "{size}");
        fs::write(folder.join("c.csv"), "source\na.svg\n").unwrap();
        for command in [
            &["assemble", "c.csv", "-o", "p.ron", "--size", "320x320", "--rate", "25"][..],
            &["frame", "p.ron", "--at", "5f", "-o", "f.png"],
        ] {
            for file in ["p.ron", "f.png"].iter().filter(|f| command.windows(2).any(|w| w == ["-o", f])) {
                let _ = fs::remove_file(folder.join(file));
            }
            assert!(bounded(folder, command).status.success(), "{command:?}");
        }
        let picture = image::open(folder.join("f.png")).unwrap().into_rgb8();
        let height = 320 * u32::try_from(shown.1).unwrap() / u32::try_from(shown.0).unwrap();
        let (upper, lower) = (picture.get_pixel(160, 160 - height / 4).0, picture.get_pixel(160, 160 + height / 4).0);
        assert!(upper[0] > 200 && upper[1] < 60, "{size}: {upper:?}");
        assert!(lower[0] < 30, "{size}: {lower:?}");
    }
}

#[test]
fn large_photos_are_read_and_larger_ones_scaled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    // 8k, and 100 megapixels; a panorama takes half a minute here
    for (name, width, height) in [("8k.jpg", 7680, 4320), ("photo.jpg", 12_288, 8192)] {
        run_pipeline(&format!(
            "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff2080ff \
             ! video/x-raw,format=I420,width={width},height={height} ! jpegenc ! filesink location=\"{}\"",
            folder.join(name).display()
        ));
        let found = probed(folder, name);
        assert_eq!((&found["kind"], &found["video"]["width"]), (&"still".into(), &width.into()), "{found}");
    }
}

/// Small media in all the containers that can be made here: file name, and what encodes picture and sound into `m`.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("a.mp4", "x264enc speed-preset=ultrafast key-int-max=5 ! h264parse", "avenc_aac", "mp4mux"),
    ("a.mov", "x264enc speed-preset=ultrafast ! h264parse", "identity", "qtmux"),
    ("f.mp4", "x264enc speed-preset=ultrafast ! h264parse", "avenc_aac", "mp4mux fragment-duration=300"),
    ("a.mkv", "x264enc speed-preset=ultrafast ! h264parse", "flacenc", "matroskamux"),
    ("a.webm", "vp8enc deadline=1 cpu-used=8", "opusenc", "webmmux"),
    ("9.webm", "vp9enc deadline=1 cpu-used=8", "vorbisenc", "webmmux"),
    ("a.avi", "avenc_mpeg4", "avenc_mp2", "avimux"),
    ("j.avi", "jpegenc", "identity", "avimux"),
    ("a.ts", "x264enc speed-preset=ultrafast ! h264parse", "avenc_mp2", "mpegtsmux"),
    ("a.mpg", "mpeg2enc format=3 ! mpegvideoparse", "avenc_mp2", "mpegpsmux"),
    ("a.ogv", "theoraenc", "vorbisenc", "oggmux"),
    ("a.flv", "x264enc speed-preset=ultrafast ! h264parse", "avenc_aac", "flvmux"),
    ("a.mxf", "mpeg2enc format=3 ! mpegvideoparse", "", "mxfmux"),
    ("a.wmv", "avenc_wmv2", "avenc_wmav2", "asfmux"),
    ("a.wav", "", "wavenc", ""),
    ("a.flac", "", "flacenc", ""),
    ("a.mp3", "", "lamemp3enc", ""),
    ("a.png", "pngenc snapshot=true", "", ""),
    ("a.jpg", "jpegenc snapshot=true", "", ""),
    ("a.webp", "webpenc", "", ""),
    ("a.bmp", "avenc_bmp", "", ""),
    ("a.tif", "avenc_tiff", "", ""),
];

fn make(path: &Path, (_, video, audio, muxer): (&str, &str, &str, &str)) -> bool {
    let still = muxer.is_empty() && !video.is_empty();
    let mut parts = Vec::new();
    if !video.is_empty() {
        let count = if still { 1 } else { 12 };
        let caps = "video/x-raw,width=96,height=64,framerate=25/1";
        parts.push(format!("videotestsrc pattern=ball num-buffers={count} ! {caps} ! videoconvert ! {video} ! m."));
    }
    if !audio.is_empty() {
        let source = "audiotestsrc num-buffers=24 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2";
        parts.push(format!("{source} ! audioconvert ! {audio} ! m."));
    }
    let muxer = if muxer.is_empty() { "identity" } else { muxer };
    let text = format!("{muxer} name=m ! filesink location=\"{}\" {}", path.display(), parts.join(" "));
    let Ok(pipeline) = gst::parse::launch(&text) else { return false };
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let ended = pipeline.downcast_ref::<gst::Pipeline>().unwrap().bus().unwrap().timed_pop_filtered(None, &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    ended.is_some_and(|message| message.type_() == gst::MessageType::Eos)
}

/// A WMV by ffmpeg: `asfmux` puts pictures 1,000 hours after their sound.
fn made_wmv(folder: &Path) -> Vec<u8> {
    let pictures = "-f lavfi -i testsrc=s=96x64:r=25:d=0.48";
    common::ffmpeg(folder, &format!("{pictures} -f lavfi -i sine=d=0.48:r=48000 -c:v wmv2 -c:a wmav2 f.wmv"));
    fs::read(folder.join("f.wmv")).unwrap()
}

/// Damages a file, or makes it claim what it has not.
fn mutate(bytes: &mut Vec<u8>, random: &mut Seeded) {
    let length = bytes.len();
    match random.below(6) {
        0 => bytes.truncate(16 + random.below(length - 16)),
        1 => (0..=random.below(60)).for_each(|_| {
            let at = random.below(length);
            bytes[at] = random.below(256) as u8;
        }),
        2 => {
            let at = random.below(length);
            let end = (at + 1 + random.below(4000)).min(length);
            bytes[at..end].fill(0);
        }
        3 => {
            let (from, to, count) = (random.below(length), random.below(length), 1 + random.below(4000));
            for n in 0..count.min(length - from).min(length - to) {
                bytes[to + n] = bytes[from + n];
            }
        }
        // numbers in the headers become huge: sizes, counts, lengths, rates
        4 => (0..=random.below(4)).for_each(|_| {
            let at = random.below(length.min(1500) - 4);
            let huge = [[0xFF; 4], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F]];
            bytes[at..at + 4].copy_from_slice(&huge[random.below(4)]);
        }),
        // and near the end, where tables are
        _ => (0..=random.below(4)).for_each(|_| {
            let at = length - 4 - random.below((length - 4).min(1500));
            bytes[at..at + 4].copy_from_slice(&[0xFF, 0xFF, 0xFF, random.below(256) as u8]);
        }),
    }
}

/// `WORKPRINT_BOMBS` says how many; 30 unless said.
#[test]
fn damaged_files_of_every_kind_cost_themselves_alone() {
    const NAME: &str = "damaged_files_of_every_kind_cost_themselves_alone";
    let folder = tempfile::tempdir().unwrap();
    workprint::media::init().unwrap();
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for kind in KINDS {
        let path = folder.path().join(kind.0);
        if make(&path, *kind) {
            files.push((kind.0, fs::read(path).unwrap()));
        } else {
            skipped(NAME, &format!("{} can't be made here", kind.0));
        }
    }
    if common::has_ffmpeg(NAME) {
        files.push(("f.wmv", made_wmv(folder.path())));
    }
    files.push(("a.gif", gif(64, 48, 10)));
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='48'><rect width='9' height='9'/></svg>";
    files.push(("a.svg", svg.into()));
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<usize>().ok());
    let (cases, seed) = (number("WORKPRINT_BOMBS").unwrap_or(30), number("WORKPRINT_BOMBS_SEED").unwrap_or(0));
    let (read, _) = common::how_many(cases, |case| {
        let (name, whole) = &files[case % files.len()];
        let mut bytes = whole.clone();
        mutate(&mut bytes, &mut Seeded((seed + case) as u64 * 7919 + 3));
        survive(name, &bytes, case)
    });
    // damage is not a reason to give a file up
    assert!(read * 3 > cases, "{read} of {cases} were read");
}

/// Takes a file through all that decodes it; whether it could be read.
fn survive(name: &str, bytes: &[u8], case: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join(name), bytes).unwrap();
    if let Some(keep) = std::env::var_os("WORKPRINT_BOMBS_KEEP").map(PathBuf::from) {
        fs::write(keep.join(format!("{case}-{name}")), bytes).unwrap();
    }
    let found = probed(folder, name);
    if found["kind"].is_null() {
        assert!(found["error"].as_str().unwrap().contains(name), "{found}");
        return false;
    }
    // as much as there is, up to the fraction of a second that was made
    let end = found["duration"].as_f64().unwrap_or(0.2).min(0.4);
    fs::write(folder.join("c.csv"), format!("source,in,out\n{name},0,{end}\n")).unwrap();
    let assembled = bounded(folder, &["assemble", "c.csv", "-o", "p.ron", "--size", "96x64", "--rate", "25"]);
    if !assembled.status.success() {
        return false;
    }
    if case.is_multiple_of(3) {
        bounded(folder, &["frame", "p.ron", "--at", "2f", "-o", "f.png"]);
    }
    bounded(folder, &["proxy", "p.ron"]);
    let output = bounded(folder, &["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    common::says_whether_all_was_done(&events, output.status.code());
    true
}
