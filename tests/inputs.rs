//! Small inputs that failed once, as they were found: what is right for each stands in `../shared/faults/INDEX.md`. Their
//! kinds are tested elsewhere, on what the tests make themselves.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]

mod common;

use common::{fail, ffmpeg, succeed, workprint};
use gstreamer_video::VideoFormat;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use workprint::media::{AudioReader, Cancel, PictureFormat, VideoReader, probe};

#[test]
fn inputs_that_mean_harm_do_none() {
    let Some(shared) = common::shared("inputs_that_mean_harm_do_none", "faults") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for file in fs::read_dir(&shared).unwrap().flatten().filter(|file| file.path().is_file()) {
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    // the address that the playlist names; another program may have it
    let listener = TcpListener::bind("127.0.0.1:8099").ok();
    for (name, why) in [
        ("playlist-named-mp4-opens-network.mp4", "playlist"),
        ("canvas64k.gif", "65535x65535"),
        ("gif-8k-2000frames.gif", "8000x8000"),
        ("1hz.wav", "1 samples a second"),
    ] {
        let error = fail(folder, &["probe", name]);
        assert!(error.contains(name) && error.contains(why), "{error}");
    }
    if let Some(listener) = listener {
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "the playlist reached its address");
    }
    let error = fail(folder, &["show", "fingerprint-leaves-cache.ron"]);
    assert!(error.contains("fingerprint"), "{error}");
    // a project that can be opened before and after
    let canvas = "layer-off-canvas-x1.01.ron";
    let before = fs::read(folder.join(canvas)).unwrap();
    let error = fail(folder, &["edit", canvas, "edit-list-makes-unreadable-project.edits.ron"]);
    assert!(error.contains("title"), "{error}");
    assert_eq!(fs::read(folder.join(canvas)).unwrap(), before);
    // nothing of the layer is on the canvas
    succeed(folder, &["frame", canvas, "--at", "5f", "-o", "f.png"]);
    let picture = image::open(folder.join("f.png")).unwrap().into_rgb8();
    assert!(picture.pixels().all(|pixel| pixel.0.iter().all(|n| *n < 8)));
    let found = succeed(folder, &["probe", "svg-30000x30000.svg"]);
    assert!(found.contains("8192x8192"), "{found}");
    // its picture is lost, its sound is read
    let output = workprint(folder, &["probe", "avi-critical.avi"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !text.contains("CRITICAL"), "{text}");
}

/// The first sound of a file, one channel at 48 kHz.
fn sound(path: &Path) -> Vec<f32> {
    let info = probe(path).unwrap();
    let mut samples = vec![[0.0; 2]; info.duration.unwrap().sample(48_000) as usize];
    let mut reader = AudioReader::open(path, &info, 0, 48_000).unwrap();
    reader.read(0, &mut samples, &Cancel::default()).unwrap();
    samples.iter().map(|pair| pair[0]).collect()
}

/// Whether there is a tone from one moment to another, in milliseconds, without a hole of 2 ms.
fn is_steady(sound: &[f32], from: usize, until: usize) -> bool {
    sound[from * 48..until * 48].windows(96).all(|piece| piece.iter().any(|sample| sample.abs() > 0.02))
}

#[test]
fn recordings_that_were_read_wrongly_are_whole() {
    let Some(shared) = common::shared("recordings_that_were_read_wrongly_are_whole", "faults") else { return };
    workprint::media::init().unwrap();
    // pictures by `ffprobe -count_frames`, and seconds of the longest track
    for (name, count, seconds) in [
        ("clock-from-60s.mkv", 120, 4.02),
        ("cover-is-first-track.mkv", 120, 4.03),
        ("cut-without-encoding-1.5s.mp4", 75, 2.5),
        ("dnxhr-lb.mov", 6, 0.2),
        ("joined-clock-back.ts", 122, 4.18),
        ("no-container.h264", 120, 4.0),
    ] {
        let path = shared.join(name);
        let info = probe(&path).unwrap();
        assert_eq!(format!("{info:?}"), format!("{:?}", probe(&path).unwrap()), "{name}");
        let length = info.duration.unwrap().seconds();
        assert!((length - seconds).abs() < 0.02, "{name}: {length} s");
        let video = info.video.as_ref().unwrap();
        let format = PictureFormat { width: video.width, height: video.height, format: VideoFormat::I420 };
        let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
        let mut times = Vec::new();
        while let Some(picture) = reader.next(&Cancel::default()).unwrap() {
            times.push(picture.time);
        }
        assert_eq!(times.len(), count, "{name}");
        assert!(times.is_sorted() && times[count - 1].seconds() < length, "{name}: {times:?}");
    }
    // a tone to the end, however its file says where it begins and when each packet is heard
    assert!(is_steady(&sound(&shared.join("cut-without-encoding-1.5s.mp4")), 5, 2480));
    assert!(is_steady(&sound(&shared.join("sound-stamps-6ms-uneven.mka")), 20, 3990));
    let counted = sound(&shared.join("vbr-without-header-12s.mp3")).len() as f64 / 48_000.0;
    assert!((11.99..12.06).contains(&counted), "{counted} s");
}

/// How many pictures of a file are unlike each other, by ffmpeg.
fn distinct(folder: &Path, name: &str) -> usize {
    let sums = String::from_utf8(ffmpeg(folder, &format!("-i {name} -map 0:v:0 -f framemd5 -"))).unwrap();
    let sums = sums.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit(',').next());
    sums.collect::<std::collections::BTreeSet<_>>().len()
}

/// Where a box of an MP4 begins that comes last.
fn last_box(bytes: &[u8], name: [u8; 4]) -> usize {
    memchr::memmem::rfind(bytes, &name).unwrap() - 4
}

#[test]
fn recipes_are_read_to_their_last_picture() {
    const TEST: &str = "recipes_are_read_to_their_last_picture";
    if !common::has_ffmpeg(TEST) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ffmpeg(
        folder,
        "-f lavfi -i testsrc2=s=320x180:r=30:d=6 -f lavfi -i sine=d=6 -c:v libx264 -bf 2 -g 30 -c:a aac a.mp4",
    );
    ffmpeg(folder, "-i a.mp4 -c copy -movflags frag_keyframe+empty_moov+default_base_moof f.mp4");
    let fragments = fs::read(folder.join("f.mp4")).unwrap();
    let (index, last) = (last_box(&fragments, *b"mfra"), last_box(&fragments, *b"moof"));
    fs::write(folder.join("f.mp4"), &fragments[..index]).unwrap();
    fs::write(folder.join("g.mp4"), &fragments[..last + (index - last) / 2]).unwrap();
    let piped = ffmpeg(folder, "-i a.mp4 -c copy -f matroska -");
    fs::write(folder.join("a.mkv"), &piped).unwrap();
    fs::write(folder.join("b.mkv"), &piped[..piped.len() * 8 / 10]).unwrap();
    let live = "-f lavfi -i testsrc2=s=320x180:r=30:d=6 -an -c:v libvpx -deadline realtime -g 90 -live 1 -f webm -";
    fs::write(folder.join("a.webm"), ffmpeg(folder, live)).unwrap();
    let made = [
        ("a.mpg", "-i a.mp4 -c:v mpeg2video -c:a mp2"),
        ("late-picture.mpg", "-itsoffset 2.5 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c:v mpeg2video -c:a mp2"),
        ("late-sound.mpg", "-itsoffset 2.5 -i a.mp4 -i a.mp4 -map 1:v -map 0:a -c:v mpeg2video -c:a mp2"),
        ("late-picture.ts", "-itsoffset 1.5 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c copy"),
        ("late-sound.ts", "-itsoffset 2.5 -i a.mp4 -i a.mp4 -map 1:v -map 0:a -c copy"),
        ("a.flv", "-i a.mp4 -c copy"),
        ("17.mkv", "-itsoffset 0.017 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c copy"),
        ("34.mkv", "-itsoffset 0.034 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c copy"),
        ("50.mkv", "-itsoffset 0.050 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c copy"),
        ("3.webm", "-itsoffset 0.003 -i a.mp4 -i a.mp4 -map 0:v -map 1:a -c:v libvpx -deadline realtime -c:a libopus"),
    ];
    for (name, args) in made {
        ffmpeg(folder, &format!("{args} {name}"));
    }
    // what was cut off, and what ffmpeg fills up with repeated pictures
    let not_whole = ["g.mp4", "b.mkv", "late-picture.mpg"];
    let names = ["f.mp4", "g.mp4", "a.mkv", "b.mkv", "a.webm"];
    for name in names.into_iter().chain(made.map(|(name, _)| name)) {
        fs::write(folder.join("c.csv"), format!("source\n{name}\n")).unwrap();
        succeed(folder, &["assemble", "c.csv", "-o", "p.ron", "--overwrite"]);
        // where sound goes on after the pictures, the end says so
        common::export(folder, &["p.ron", "-o", "o.mkv", "--preset", "lossless", "--overwrite"]);
        let (shown, there) = (distinct(folder, "o.mkv"), distinct(folder, name));
        assert_eq!(shown, there, "{name}");
        assert!(not_whole.contains(&name) || shown == 180, "{name}: {shown}");
        assert!(shown > 100, "{name}: {shown}");
    }
    ffmpeg(folder, "-f lavfi -i testsrc=r=1000:d=1:s=160x120 k.mp4");
    fs::write(folder.join("c.csv"), "source\nk.mp4\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron", "--overwrite"]);
    let done = common::export(folder, &["p.ron", "-o", "k.mkv", "--preset", "lossless"]);
    assert_eq!(done.last().unwrap()["frames"], 1000);
}
