//! What each preset makes, as ffmpeg reads it: its codecs, its size, the right pictures, sound to the sample.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, SAMPLE_RATE, bursts, export, fail, has_ffmpeg, mp4, psnr, read_number, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A project of two cuts out of a film of 4 s: frames 15 to 44 and 60 to 89, with a burst at 0.5 s and at 1 s.
fn project() -> (tempfile::TempDir, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 120), &folder.path().join("a.mp4"));
    fs::write(folder.path().join("cuts.csv"), "source,in,out\na.mp4,0.5,1.5\na.mp4,2,3\n").unwrap();
    succeed(folder.path(), &["assemble", "cuts.csv", "-o", "p.ron"]);
    (folder, (15..45).chain(60..90).collect())
}

fn presets(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&succeed(folder, &["presets", "--json"])).unwrap()
}

/// Everything that ffprobe says of a file's first stream of a kind, if it has one.
fn stream(path: &Path, kind: &str) -> Option<Value> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-select_streams", &kind[..1], "-show_streams", "-of", "json"])
        .arg(path)
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    found["streams"].as_array()?.first().cloned()
}

/// What ffmpeg decodes, without a word of complaint.
fn decoded(path: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(args).arg("-").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{}: {error}", path.display());
    output.stdout
}

/// The numbers of the pictures within a part of each: x, y, width, height.
fn numbers(path: &Path, (x, y, width, height): (usize, usize, usize, usize)) -> Vec<usize> {
    let crop = format!("crop={width}:{height}:{x}:{y},scale=320:180:flags=area");
    let args = ["-vf", &crop, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray"];
    decoded(path, &args).chunks(320 * 180).map(|luma| read_number(luma, 320, 180, 320)).collect()
}

fn samples(path: &Path) -> Vec<f32> {
    let bytes = decoded(path, &["-vn", "-ac", "1", "-ar", "48000", "-f", "f32le"]);
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Bursts begin with the first cut's sixteenth frame and with the second cut, within so many seconds.
fn sound_is_right(path: &Path, off: f64) {
    let heard = bursts(&samples(path));
    let wanted = [0.5, 1.0];
    let near = heard.len() == 2 && heard.iter().zip(wanted).all(|(a, b)| (a - b).abs() < off);
    assert!(near, "{}: {heard:?}", path.display());
}

#[test]
fn films_are_what_their_presets_say() {
    if !has_ffmpeg("films_are_what_their_presets_say") {
        return;
    }
    let (folder, wanted) = project();
    let folder = folder.path();
    let all = presets(folder);
    assert!(all.len() >= 20 && all.iter().all(|p| p["available"] == true), "{all:?}");
    for (preset, video, audio, format, size) in [
        ("h264", "h264", "aac", "yuv420p", (320, 180)),
        ("draft", "h264", "aac", "yuv420p", (320, 180)),
        ("under-10mb", "h264", "aac", "yuv420p", (320, 180)),
        ("h265", "hevc", "aac", "yuv420p", (320, 180)),
        ("av1", "av1", "aac", "yuv420p", (320, 180)),
        ("vp9", "vp9", "opus", "yuv420p", (320, 180)),
        ("prores", "prores", "pcm_s24le", "yuv422p10le", (320, 180)),
        ("prores-hq", "prores", "pcm_s24le", "yuv422p10le", (320, 180)),
        ("lossless", "ffv1", "flac", "yuv420p", (320, 180)),
    ] {
        let extension = all.iter().find(|p| p["name"] == preset).unwrap()["extension"].as_str().unwrap();
        let name = format!("{preset}.{extension}");
        let done = export(folder, &["p.ron", "-o", &name, "--preset", preset]).pop().unwrap();
        assert_eq!(done["frames"], 60, "{preset}");
        let path = folder.join(&name);
        let (pictures, sound) = (stream(&path, "video").unwrap(), stream(&path, "audio").unwrap());
        let found = (pictures["width"].as_u64(), pictures["height"].as_u64());
        assert_eq!(found, (Some(size.0), Some(size.1)), "{preset}");
        assert_eq!((pictures["codec_name"].as_str(), sound["codec_name"].as_str()), (Some(video), Some(audio)));
        assert_eq!(pictures["pix_fmt"], format, "{preset}");
        assert_eq!(pictures["r_frame_rate"], "30/1", "{preset}");
        assert_eq!(pictures["nb_read_packets"], "60", "{preset}");
        // ffprobe asks the heads of AV1 and ProRes, in which GStreamer's elements for them say nothing; the container does
        if ["av1", "prores"].contains(&video) {
            let bytes = fs::read(&path).unwrap();
            let says = |kind: &[u8]| bytes.windows(14).any(|w| &w[..8] == kind && w[8..] == [0, 1, 0, 1, 0, 1]);
            assert!(says(b"colrnclx") || says(b"colrnclc"), "{preset}");
        } else {
            for tag in ["color_space", "color_transfer", "color_primaries"] {
                assert_eq!(pictures[tag], "bt709", "{preset}: {tag}");
            }
        }
        assert_eq!(numbers(&path, (0, 0, 320, 180)), wanted, "{preset}");
        sound_is_right(&path, 0.003);
    }
    // Matroska's DefaultDuration of 20 ms: with that of a first packet that is longer, Chromium refuses the pictures too
    let webm = fs::read(folder.join("vp9.webm")).unwrap();
    assert!(webm.windows(8).any(|w| w == [0x23, 0xE3, 0x83, 0x84, 0x01, 0x31, 0x2D, 0x00]));
    // what is made to be small is not larger than what plays everywhere
    let size = |name: &str| fs::metadata(folder.join(name)).unwrap().len();
    for name in ["h265.mp4", "av1.mp4", "vp9.webm"] {
        println!("{name}: {} bytes, h264.mp4 {}", size(name), size("h264.mp4"));
        assert!(size(name) < 2 * size("h264.mp4"), "{name}: {} bytes, h264.mp4 {}", size(name), size("h264.mp4"));
    }
    // Apple's players know HEVC by this name only
    assert_eq!(stream(&folder.join("h265.mp4"), "video").unwrap()["codec_tag_string"], "hvc1");
}

/// libaom makes wrong blocks of what looks like a screen, where it has more than one thread.
#[test]
fn pictures_stay_near_their_originals_in_every_encoder() {
    if !has_ffmpeg("pictures_stay_near_their_originals_in_every_encoder") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    common::reel(folder);
    let luma = |preset: &str, name: &str| {
        succeed(folder, &["export", "p.ron", "--copy", "off", "-o", name, "--preset", preset]);
        decoded(&folder.join(name), &["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray"])
    };
    let original = luma("lossless", "original.mkv");
    for name in ["h264.mp4", "draft.mp4", "h265.mp4", "av1.mp4", "vp9.webm", "prores.mov"] {
        let preset = name.split('.').next().unwrap();
        let made = luma(preset, name);
        assert_eq!(made.len(), original.len(), "{preset}");
        for (n, (a, b)) in made.chunks(320 * 180).zip(original.chunks(320 * 180)).enumerate() {
            let near = psnr(a, b);
            assert!(near > 36.0, "{preset}: picture {n} is {near:.1} dB from its original");
        }
    }
}

#[test]
fn pictures_are_as_large_as_a_preset_says() {
    if !has_ffmpeg("pictures_are_as_large_as_a_preset_says") {
        return;
    }
    let (folder, wanted) = project();
    let folder = folder.path();
    for (preset, (width, height), part) in
        [("youtube-1080p", (1920, 1080), (0, 0, 1920, 1080)), ("vertical", (1080, 1920), (0, 656, 1080, 608))]
    {
        let name = format!("{preset}.mp4");
        export(folder, &["p.ron", "-o", &name, "--preset", preset, "--range", "27f..33f"]);
        let path = folder.join(&name);
        let pictures = stream(&path, "video").unwrap();
        assert_eq!((pictures["width"].as_u64(), pictures["height"].as_u64()), (Some(width), Some(height)));
        assert_eq!(numbers(&path, part), wanted[27..33], "{preset}");
    }
    // what is not picture is black
    let args = ["-vf", "crop=1080:640:0:0", "-f", "rawvideo", "-pix_fmt", "gray"];
    assert!(decoded(&folder.join("vertical.mp4"), &args).iter().all(|luma| *luma < 3));
}

#[test]
fn sound_alone_is_right_to_the_sample() {
    if !has_ffmpeg("sound_alone_is_right_to_the_sample") {
        return;
    }
    let (folder, _) = project();
    let folder = folder.path();
    for (preset, codec, off) in [
        ("wav", "pcm_s24le", 0.000_5),
        ("flac", "flac", 0.000_5),
        ("m4a", "aac", 0.003),
        ("mp3", "mp3", 0.003),
        ("opus", "opus", 0.003),
    ] {
        let name = format!("s.{preset}");
        export(folder, &["p.ron", "-o", &name, "--preset", preset]);
        let path = folder.join(&name);
        assert_eq!(stream(&path, "audio").unwrap()["codec_name"], codec);
        assert_eq!(stream(&path, "video"), None);
        sound_is_right(&path, off);
        let found = samples(&path).len();
        // ffmpeg 5 plays an MP4's last packet to its end, whatever the edit list says
        let more = if preset == "m4a" { 1024 } else { 0 };
        assert!((2 * SAMPLE_RATE..=2 * SAMPLE_RATE + more).contains(&found), "{preset}: {found} samples");
    }
}

/// What is mixed at a rate that MP3 and Opus do not know is brought to one that they do.
#[test]
fn sound_at_any_rate_keeps_its_length() {
    if !has_ffmpeg("sound_at_any_rate_keeps_its_length") {
        return;
    }
    let (folder, _) = project();
    let folder = folder.path();
    for rate in ["44100", "96000"] {
        succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron", "--sample-rate", rate, "--overwrite"]);
        for preset in ["mp3", "opus", "wav"] {
            let name = format!("{rate}.{preset}");
            export(folder, &["p.ron", "-o", &name, "--preset", preset]);
            let path = folder.join(&name);
            sound_is_right(&path, 0.003);
            let off = samples(&path).len().abs_diff(2 * SAMPLE_RATE);
            assert!(off < 3, "{name}: {off} samples off");
        }
    }
}

#[test]
fn animations_and_stills_show_the_right_pictures() {
    if !has_ffmpeg("animations_and_stills_show_the_right_pictures") {
        return;
    }
    let (folder, wanted) = project();
    let folder = folder.path();
    let whole = (0, 0, 320, 180);
    // at most 20 a second: every second frame
    let done = export(folder, &["p.ron", "-o", "a.gif", "--preset", "gif"]).pop().unwrap();
    assert_eq!(done["frames"], 30);
    let every_second: Vec<usize> = wanted.iter().copied().step_by(2).collect();
    assert_eq!(numbers(&folder.join("a.gif"), whole), every_second);
    let duration = stream(&folder.join("a.gif"), "video").unwrap()["duration"].as_str().unwrap().parse::<f64>();
    assert!((duration.unwrap() - 2.0).abs() < 0.02);

    export(folder, &["p.ron", "-o", "a.webp", "--preset", "webp"]);
    let file = std::io::BufReader::new(fs::File::open(folder.join("a.webp")).unwrap());
    let mut animation = image_webp::WebPDecoder::new(file).unwrap();
    assert_eq!((animation.dimensions(), animation.num_frames()), ((320, 180), 30));
    let mut picture = vec![0; animation.output_buffer_size().unwrap()];
    let channels = picture.len() / (320 * 180);
    let (mut seen, mut shown) = (Vec::new(), 0);
    while let Ok(milliseconds) = animation.read_frame(&mut picture) {
        let green: Vec<u8> = picture.chunks(channels).map(|p| p[1]).collect();
        seen.push(read_number(&green, 320, 180, 320));
        shown += milliseconds;
        if seen.len() == 30 {
            break;
        }
    }
    assert_eq!((seen, shown), (every_second, 2000));

    export(folder, &["p.ron", "-o", "still.png", "--preset", "still", "--range", "40f..41f"]);
    assert_eq!(numbers(&folder.join("still.png"), whole), [wanted[40]]);
}

#[test]
fn a_sequence_is_a_folder_that_is_whole_and_never_takes_what_is_not_its_own() {
    if !has_ffmpeg("a_sequence_is_a_folder_that_is_whole_and_never_takes_what_is_not_its_own") {
        return;
    }
    let (folder, wanted) = project();
    let folder = folder.path();
    let names = || {
        let mut names: Vec<String> = fs::read_dir(folder.join("shots"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    export(folder, &["p.ron", "-o", "shots", "--preset", "png"]);
    assert_eq!(names(), (0..60).map(|n| format!("shots-{n:06}.png")).collect::<Vec<String>>());
    let pattern = folder.join("shots/shots-%06d.png");
    assert_eq!(numbers(&pattern, (0, 0, 320, 180)), wanted);
    let args = ["export", "p.ron", "-o", "shots", "--preset", "png", "--range", "0f..3f"];
    assert!(fail(folder, &args).contains("shots"));
    assert_eq!(names().len(), 60);
    fs::write(folder.join("shots/notes.txt"), "mine").unwrap();
    let error = fail(folder, &[&args[..], &["--overwrite"]].concat());
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(names().len(), 61);
    fs::remove_file(folder.join("shots/notes.txt")).unwrap();
    succeed(folder, &[&args[..], &["--overwrite"]].concat());
    assert_eq!(names().len(), 3);
    // nothing hidden is left
    let left = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.starts_with('.')).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn own_presets_are_files_that_are_checked() {
    let (folder, _) = project();
    let folder = folder.path();
    let own = |video: &str, container: &str| {
        let text = format!(
            "(version: 1, title: \"Small\", target: (format: Film((container: {container}, video: {video}, sound: \
             Opus(kilobits: 96))), size: AtMost(90)))"
        );
        fs::write(folder.join("small.ron"), text).unwrap();
    };
    let args = ["export", "p.ron", "-o", "small.mkv", "--preset", "small.ron", "--overwrite"];
    own("H264((speed: \"veryfast\", rate: Quality(30)))", "Matroska");
    succeed(folder, &args);
    let made: Value = serde_json::from_str(&succeed(folder, &["probe", "small.mkv", "--json"])).unwrap();
    assert_eq!((&made[0]["video"]["width"], &made[0]["video"]["height"]), (&160.into(), &90.into()));
    for (video, container, why) in [
        ("H264((speed: \"veryfast\", rate: Quality(300)))", "Matroska", "300"),
        ("H264((speed: \"veryfast\", rate: Quality(30)))", "WebM", "there is no H.264 in WEBM"),
        ("H266(())", "Matroska", "H266"),
    ] {
        own(video, container);
        let error = fail(folder, &args);
        assert!(error.contains("small.ron") && error.contains(why), "{error}");
    }
    // a pipe that nobody writes to is not waited for
    #[cfg(unix)]
    {
        let made = Command::new("mkfifo").arg(folder.join("pipe.ron")).status().unwrap();
        assert!(made.success());
        let error = fail(folder, &["export", "p.ron", "-o", "x.mp4", "--preset", "pipe.ron"]);
        assert!(error.contains("pipe.ron: it is a pipe, not a file"), "{error}");
    }
    let error = fail(folder, &["export", "p.ron", "-o", "x.mp3", "--preset", "mp3", "--max-size", "1MB"]);
    assert!(error.contains("can't be held to a size"), "{error}");
}
