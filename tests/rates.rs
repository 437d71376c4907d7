//! Footage of every rate on sequences of every rate: the frame that is shown is always the one that its source shows in
//! the middle of the sequence's own, the earlier one where two meet there.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, clippy::single_match_else, reason = "short texts, and a pair of ways")]

mod common;

use common::{Footage, make_timed, read_number, succeed};
use std::path::Path;
use std::sync::Arc;
use workprint::media::{Cancel, PictureFormat, VideoReader, probe};
use workprint::model::{Frame, FrameCount, FrameRate, SourceTime};
use workprint::render::{Media, Pictures};

const RATES: [(i32, i32); 8] =
    [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];

/// Moments that lie nearer than this are one, in seconds.
const SAME: f64 = 1e-7;

/// Footage and when each of its frames begins, in seconds.
fn footage(rate: Option<(i32, i32)>, path: &Path) -> Vec<f64> {
    let frames = 70;
    let (footage, times): (Footage, Vec<u64>) = match rate {
        Some((num, den)) => {
            let time =
                |n: u128| u64::try_from((n * 1_000_000_000 * den as u128 + num as u128 / 2) / num as u128).unwrap();
            (Footage { sound: false, ..Footage::new((num, den), frames) }, (0..=frames as u128).map(time).collect())
        }
        None => {
            // a screen recording: long and short gaps, in whole milliseconds
            let gap = |n: usize| [20, 33, 7, 50, 120, 16, 17, 250][n % 8] * 1_000_000;
            let times = (0..=frames).scan(0, |at, n| {
                let now = *at;
                *at += gap(n);
                Some(now)
            });
            (Footage { sound: false, ..Footage::new((0, 1), frames) }, times.collect())
        }
    };
    let encoders = "appsrc name=video ! x264enc speed-preset=veryfast key-int-max=48 ! h264parse ! matroskamux name=m";
    make_timed(&footage, path, encoders, |n| times[n]);
    times[..frames].iter().map(|t| *t as f64 / 1e9).collect()
}

#[test]
fn every_rate_shows_the_right_frame_on_every_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for (n, source) in RATES.into_iter().map(Some).chain([None]).enumerate() {
        let name = format!("{n}.mkv");
        let times = footage(source, &folder.join(&name));
        std::fs::write(folder.join("c.csv"), format!("source\n{name}\n")).unwrap();
        for (num, den) in RATES {
            let rate = format!("{num}/{den}");
            succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", "c.ron", "--rate", &rate, "--size", "160x90"]);
            let project = Arc::new(workprint::project_file::load(&folder.join("c.ron")).unwrap());
            let sequence = Arc::clone(project.sequence());
            let span = sequence.span();
            let mut pictures =
                Pictures::new(Arc::clone(&project), Media::Originals, (160, 90), span, 1, Cancel::default()).unwrap();
            let mut pixels = vec![0; pictures.canvas().bytes()];
            let stride = usize::try_from(pictures.canvas().info().stride()[0]).unwrap();
            // in order, then here and there
            let order = (0..span.length.0).chain((0..span.length.0).rev().step_by(17));
            for frame in order {
                pictures.render(Frame(frame), &mut pixels).unwrap();
                let found = read_number(&pixels, 160, 90, stride);
                let middle = (frame as f64 + 0.5) * f64::from(den) / f64::from(num);
                let expected = times.iter().rposition(|t| *t < middle - SAME).unwrap_or(0);
                looked_at += 1;
                if found != expected {
                    wrong.push(format!("{source:?} on {rate}, frame {frame}: {found} instead of {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {looked_at}: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    assert!(looked_at > 6000, "only {looked_at} frames were looked at");
}

/// Pictures that begin some milliseconds after their sound, as in most recordings: none is left out and none comes twice,
/// and none is more than half a frame from its sound. `WORKPRINT_OFFSETS=80` tries each millisecond up to that.
#[test]
fn late_pictures_are_each_shown_once() {
    workprint::media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let most = std::env::var("WORKPRINT_OFFSETS").ok().and_then(|n| n.parse::<u64>().ok());
    let offsets = most.map_or(vec![3, 17, 21, 34, 49, 50], |most| (0..=most).collect());
    let h264 = "appsrc name=video ! x264enc speed-preset=veryfast bframes=2 key-int-max=12 ! h264parse";
    let vp8 = "appsrc name=video ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=12";
    let flac = "appsrc name=audio ! audioconvert ! flacenc ! flacparse ! m.";
    let aac = "appsrc name=audio ! audioconvert ! avenc_aac ! aacparse ! m.";
    let vorbis = "appsrc name=audio ! audioconvert ! vorbisenc ! vorbisparse ! m.";
    let mut wrong = Vec::new();
    for (name, sound, picture, muxer, rate) in [
        ("a.mkv", flac, h264, "matroskamux", (30, 1)),
        ("b.webm", vorbis, vp8, "webmmux", (60, 1)),
        ("c.flv", aac, h264, "flvmux", (30, 1)),
        ("d.mp4", aac, h264, "mp4mux", (24000, 1001)),
        ("e.mov", aac, h264, "qtmux", (30000, 1001)),
        ("f.ts", aac, h264, "mpegtsmux", (25, 1)),
    ] {
        for offset in &offsets {
            let path = folder.path().join(format!("{offset}-{name}"));
            let footage = Footage { width: 160, height: 96, ..Footage::new(rate, 40) };
            let exact = FrameRate::new(rate.0 as u32, rate.1 as u32).unwrap();
            let encoders = format!("{sound} {picture} ! {muxer} name=m");
            make_timed(&footage, &path, &encoders, |n| {
                offset * 1_000_000 + exact.time_of(Frame(n as i64)).nanos() as u64
            });
            let info = probe(&path).unwrap();
            let video = info.video.as_ref().unwrap();
            let off = (video.first - SourceTime::from_seconds(*offset as f64 / 1000.0)).seconds().abs();
            if off > 0.001 || video.rate != Some(exact) {
                wrong.push(format!("{offset}-{name}: first {:?}, {:?}", video.first.seconds(), video.rate));
                continue;
            }
            let format = PictureFormat { width: 160, height: 96, format: gstreamer_video::VideoFormat::I420 };
            let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
            let frames = info.frames_from(SourceTime::ZERO, exact).0;
            let mut shown = |k: i64| {
                let picture = reader.at(exact.middle_of(FrameCount(k)), &Cancel::default()).unwrap().unwrap();
                let stride = picture.info.stride()[0] as usize;
                read_number(&picture.buffer.map_readable().unwrap(), 160, 96, stride) as i64
            };
            let found: Vec<i64> = (0..frames).map(&mut shown).collect();
            let late = found.iter().position(|n| *n == 1).map_or(99, |k| k as i64 - 1);
            let expected: Vec<i64> = (0..frames).map(|k| (k - late).clamp(0, 39)).collect();
            let apart = exact.duration_of(FrameCount(late)).seconds() - *offset as f64 / 1000.0;
            let half = exact.duration_of(FrameCount(1)).seconds() / 2.0;
            if found != expected || found.last() != Some(&39) || apart.abs() > half + 0.001 {
                wrong.push(format!("{offset}-{name}: {apart} s apart, {found:?}"));
            }
            for k in [30, 7, 22, 0, 1, 35] {
                let again = shown(k);
                if again != found[k as usize] {
                    wrong.push(format!("{offset}-{name}: sought, frame {k} is {again}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Files whose clock was started long before.
#[test]
fn a_clock_that_began_before_the_file_adds_no_time() {
    workprint::media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let footage = Footage { sound: false, width: 160, height: 96, ..Footage::new((30, 1), 40) };
    for (name, muxer) in [("a.mkv", "matroskamux"), ("b.webm", "webmmux")] {
        for begun in [400, 10_000, 3_600_000] {
            let path = folder.path().join(format!("{begun}-{name}"));
            let encoders = format!("appsrc name=video ! vp8enc deadline=1 cpu-used=8 ! {muxer} name=m");
            make_timed(&footage, &path, &encoders, |n| (begun * 30 + n as u64 * 1000) * 1_000_000 / 30);
            let info = probe(&path).unwrap();
            let length = info.duration.unwrap().seconds();
            assert!((length - 40.0 / 30.0).abs() < 0.002, "{begun} ms, {name}: {length} s");
            let format = PictureFormat { width: 160, height: 96, format: gstreamer_video::VideoFormat::I420 };
            let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
            for k in [0, 1, 2, 39, 20, 5] {
                let time = FrameRate::F30.middle_of(FrameCount(k));
                let picture = reader.at(time, &Cancel::default()).unwrap().unwrap();
                let stride = picture.info.stride()[0] as usize;
                let found = read_number(&picture.buffer.map_readable().unwrap(), 160, 96, stride);
                assert_eq!(found as i64, k, "{begun} ms, {name}");
            }
        }
    }
}
