//! Exports and proxies are sought by other programs: where their containers say that decoding may begin, it may.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]

mod common;

use common::{Footage, Seeded, mkv, mp4, succeed};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Two films that look nothing like each other, and a reel of short cuts that alternate between them; gives the
/// frames' numbers, of which those of the second film are 1000 higher.
fn reel(folder: &Path, rate: (i32, i32), lengths: &[usize]) -> Vec<usize> {
    let films = [0, 1].map(|n| Footage { pattern: n + 1, first: n * 1000, ..Footage::new(rate, 120) });
    mp4(&films[0], &folder.join("a.mp4"));
    mkv(&films[1], &folder.join("b.mkv"));
    let mut random = Seeded(7);
    let (mut list, mut expected) = (String::from("source,in,out\n"), Vec::new());
    for (n, length) in lengths.iter().enumerate() {
        let first = random.below(120 - length);
        let time = |frame: usize| frame as f64 * f64::from(rate.1) / f64::from(rate.0);
        writeln!(list, "{},{:.6},{:.6}", ["a.mp4", "b.mkv"][n % 2], time(first), time(first + length)).unwrap();
        expected.extend((first..first + length).map(|f| f + n % 2 * 1000));
    }
    std::fs::write(folder.join("cuts.csv"), list).unwrap();
    let rate = format!("{}/{}", rate.0, rate.1);
    succeed(folder, &["assemble", "cuts.csv", "--overwrite", "-o", "p.ron", "--rate", &rate]);
    expected
}

/// Exports the reel to a file that is named after its preset.
fn exported(folder: &Path, name: &str) -> PathBuf {
    succeed(folder, &["export", "p.ron", "-o", name, "--preset", name.split('.').next().unwrap()]);
    folder.join(name)
}

/// Which packets of a file's pictures its container calls places to begin at, and which are.
fn places(path: &Path) -> (Vec<usize>, Vec<usize>) {
    workprint::media::init().unwrap();
    let description = "filesrc name=in ! qtdemux ! video/x-h264,stream-format=avc ! appsink name=out sync=false";
    let pipeline = gst::parse::launch(description).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.by_name("in").unwrap().set_property("location", path);
    let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (mut announced, mut real) = (Vec::new(), Vec::new());
    for n in 0.. {
        let Ok(sample) = sink.pull_sample() else { break };
        let buffer = sample.buffer().unwrap();
        if !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
            announced.push(n);
        }
        // NAL units with lengths of four bytes: the first slice says what the picture is
        let packet = buffer.map_readable().unwrap();
        let mut rest = &packet[..];
        while rest.len() > 4 {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            match rest[4] & 31 {
                5 => {
                    real.push(n);
                    break;
                }
                1 => break,
                _ => rest = &rest[4 + length..],
            }
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    (announced, real)
}

#[test]
fn what_is_announced_as_a_place_to_begin_at_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let expected = reel(folder, (30, 1), &[5, 11, 17, 1, 23, 40, 1, 1, 9, 13, 30, 7]);
    for name in ["h264.mp4", "draft.mp4"] {
        let path = exported(folder, name);
        let (announced, real) = places(&path);
        assert_eq!(announced, real, "{name}");
        assert!(announced.len() > 1, "{name}: only {announced:?}");
        assert_eq!(common::pictures(&path).numbers, expected, "{name}");
    }
    succeed(folder, &["proxy", "p.ron"]);
    let mut proxies = Vec::new();
    let mut folders = vec![folder.join("cache")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "mp4") {
                proxies.push(path);
            }
        }
    }
    assert_eq!(proxies.len(), 2, "{proxies:?}");
    for proxy in proxies {
        let (announced, real) = places(&proxy);
        assert_eq!(announced, real, "{}", proxy.display());
        assert_eq!(real.len(), 12);
    }
}

/// Runs a program; `None`, and a line that says so, where it is not installed.
fn other(test: &str, program: &str, args: &[&str]) -> Option<Vec<u8>> {
    let Ok(output) = std::process::Command::new(program).args(args).output() else {
        common::skipped(test, &format!("{program} is not installed"));
        return None;
    };
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Exports of presets for films; those that only change their size, or have more bits, are made like one of these.
const FILES: [&str; 8] =
    ["h264.mp4", "draft.mp4", "under-10mb.mp4", "h265.mp4", "av1.mp4", "vp9.webm", "prores.mov", "lossless.mkv"];

/// A reel at the given rate, exported with each preset: the files, and the numbers of their frames.
fn exports(folder: &Path, rate: (i32, i32)) -> (Vec<PathBuf>, Vec<usize>) {
    let expected = reel(folder, rate, &[1, 1, 1, 37, 12, 1, 60, 23, 2, 50, 1]);
    (FILES.map(|name| exported(folder, name)).to_vec(), expected)
}

/// Some places, the first and the last among them.
fn some(frames: usize, count: usize) -> Vec<usize> {
    let mut random = Seeded(3);
    [0, frames - 1].into_iter().chain((2..count).map(|_| random.below(frames))).collect()
}

#[test]
fn gstreamer_seeks_to_the_right_picture() {
    let folder = tempfile::tempdir().unwrap();
    let rate = (24000, 1001);
    let (files, expected) = exports(folder.path(), rate);
    let time = |n: usize| (n as f64 + 0.5) * f64::from(rate.1) / f64::from(rate.0);
    for file in files {
        let player = Player::open(&file);
        for n in some(expected.len(), 20) {
            let at = gst::ClockTime::from_nseconds((time(n) * 1e9) as u64);
            let (number, _) = player.seek(at, gst::SeekFlags::ACCURATE);
            assert_eq!(number, expected[n], "{}, frame {n}", file.display());
            // where players go to while the mouse drags: any picture, if it is the one of its time
            let (number, shown) = player.seek(at, gst::SeekFlags::KEY_UNIT);
            let frame = (shown * f64::from(rate.0) / f64::from(rate.1)).round() as usize;
            assert_eq!(number, expected[frame], "{}, the picture to begin at before frame {n}", file.display());
        }
    }
}

/// A player of GStreamer's, paused.
struct Player {
    playbin: gst::Element,
    sink: gst_app::AppSink,
}

impl Player {
    fn open(path: &Path) -> Self {
        workprint::media::init().unwrap();
        let grey = gst::Caps::builder("video/x-raw").field("format", "GRAY8").build();
        let sink = gst_app::AppSink::builder().caps(&grey).build();
        let playbin = gst::ElementFactory::make("playbin").build().unwrap();
        playbin.set_property("uri", gst::glib::filename_to_uri(path, None).unwrap().as_str());
        playbin.set_property("video-sink", &sink);
        playbin.set_property("audio-sink", gst::ElementFactory::make("fakesink").build().unwrap());
        let player = Self { playbin, sink };
        player.playbin.set_state(gst::State::Paused).unwrap();
        player.settle();
        player
    }

    fn settle(&self) {
        self.playbin.state(gst::ClockTime::from_seconds(60)).0.unwrap();
    }

    /// The number that is shown after a seek, and when it is shown, in seconds.
    fn seek(&self, to: gst::ClockTime, how: gst::SeekFlags) -> (usize, f64) {
        self.playbin.seek_simple(gst::SeekFlags::FLUSH | how, to).unwrap();
        self.settle();
        let sample = self.sink.pull_preroll().unwrap();
        let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let buffer = sample.buffer().unwrap();
        let segment = sample.segment().unwrap().downcast_ref::<gst::ClockTime>().unwrap();
        let time = segment.to_stream_time(buffer.pts().unwrap()).unwrap_or_default();
        let stride = usize::try_from(info.stride()[0]).unwrap();
        let pixels = buffer.map_readable().unwrap();
        let number = common::read_number(&pixels, info.width() as usize, info.height() as usize, stride);
        (number, time.nseconds() as f64 / 1e9)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.playbin.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn ffmpeg_seeks_to_the_right_picture() {
    let test = "ffmpeg_seeks_to_the_right_picture";
    if other(test, "ffmpeg", &["-version"]).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, expected) = exports(folder.path(), (30000, 1001));
    for file in files {
        for n in some(expected.len(), 20) {
            // a little before a picture begins, the first that is shown is that one
            let at = format!("{:.6}", ((n as f64 - 0.3) * 1001.0 / 30000.0).max(0.0));
            let path = file.to_str().unwrap();
            let grey = ["-frames:v", "1", "-an", "-pix_fmt", "gray", "-f", "rawvideo", "-"];
            let args = [&["-v", "error", "-ss", &at, "-i", path][..], &grey].concat();
            let picture = other(test, "ffmpeg", &args).unwrap();
            assert_eq!(common::read_number(&picture, 320, 180, 320), expected[n], "{path}, frame {n}");
        }
    }
}

#[test]
fn melt_seeks_to_the_right_picture() {
    let test = "melt_seeks_to_the_right_picture";
    if other(test, "melt", &["--version"]).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, expected) = exports(folder.path(), (25, 1));
    // it never ends when a film is to end with frame 0
    let places: Vec<usize> = some(expected.len(), 20).into_iter().filter(|n| *n > 0).collect();
    let wanted: Vec<usize> = places.iter().map(|n| expected[*n]).collect();
    for file in files {
        // clips of one frame each, into a file that is not there yet: the frames are the same for all
        let to = file.with_extension("melt.mkv");
        let (input, output) = (file.to_str().unwrap(), format!("avformat:{}", to.display()));
        let ends: Vec<[String; 2]> = places.iter().map(|n| [format!("in={n}"), format!("out={n}")]).collect();
        let clips = ends.iter().flat_map(|[begin, end]| [input, begin, end]);
        let options = ["-silent", "-consumer", &output, "vcodec=ffv1", "an=1", "real_time=-1"];
        let args: Vec<&str> = ["--preserve-status", "60", "melt"].into_iter().chain(clips).chain(options).collect();
        // melt 7 ends without a picture, or has written it and never ends, once in a few hundred times, whatever the file
        for _ in 0..3 {
            other(test, "timeout", &args).unwrap();
            if std::fs::metadata(&to).is_ok_and(|written| written.len() > 0) {
                break;
            }
        }
        assert_eq!(common::pictures(&to).numbers, wanted, "{input}, frames {places:?}");
    }
}
