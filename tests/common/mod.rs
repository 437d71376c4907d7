//! Footage that says which frame it is, and ways to look at what came out.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(missing_docs, reason = "only tests see it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]
#![allow(clippy::missing_panics_doc, clippy::must_use_candidate, reason = "only tests see it")]

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Samples a second of all sound that is made here.
pub const SAMPLE_RATE: usize = 48_000;

/// Length of the burst of sound that begins with each second's first frame.
const BURST: usize = SAMPLE_RATE / 20;

/// How footage is made.
#[derive(Clone, Copy, Debug)]
pub struct Footage {
    pub width: usize,
    pub height: usize,
    pub rate: (i32, i32),
    pub frames: usize,
    pub sound: bool,
    /// What is seen around the number: a grey ramp, or from 1 on a texture of its own.
    pub pattern: usize,
    /// The number of its first frame.
    pub first: usize,
}

impl Footage {
    pub const fn new(rate: (i32, i32), frames: usize) -> Self {
        Self { width: 320, height: 180, rate, frames, sound: true, pattern: 0, first: 0 }
    }

    /// Frames in the unit that bursts mark: a second, or 1.001 seconds at the 1001 rates.
    pub fn burst_every(&self) -> usize {
        let (num, den) = self.rate;
        usize::try_from((num + den / 2) / den).unwrap()
    }

    fn sample_of(&self, frame: usize) -> usize {
        let (num, den) = (self.rate.0 as usize, self.rate.1 as usize);
        (frame * SAMPLE_RATE * den + num / 2) / num
    }
}

/// Bits of a frame's number.
const BITS: usize = 16;

/// A frame whose number is written in 16 blocks of black and white across its middle, on a grey ramp.
pub fn numbered_frame(footage: &Footage, number: usize) -> Vec<u8> {
    let (width, height) = (footage.width, footage.height);
    let mut pixels = vec![128; width * height * 3 / 2];
    for y in 0..height {
        for x in 0..width {
            let bit = x * BITS / width;
            let inside = y > height / 3 && y < height * 2 / 3;
            // blocks of random greys that move with the pictures
            let block = ((x + number * 2) / 8 + y / 8 * 640) * 2 + footage.pattern;
            let grey = || 40 + Seeded(block as u64).below(160);
            pixels[y * width + x] = match inside {
                true if number >> bit & 1 == 1 => 220,
                true => 30,
                false if footage.pattern > 0 => u8::try_from(grey()).unwrap(),
                false => u8::try_from(60 + x * 120 / width).unwrap(),
            };
        }
    }
    pixels
}

/// Reads the number back from the luma plane of a picture of any size.
pub fn read_number(luma: &[u8], width: usize, height: usize, stride: usize) -> usize {
    (0..BITS)
        .map(|bit| {
            let x = (2 * bit + 1) * width / (2 * BITS);
            usize::from(luma[height / 2 * stride + x] > 125) << bit
        })
        .sum()
}

/// Makes numbered footage with a launch description of encoders and muxer that takes `video` and `audio`.
pub fn make(footage: &Footage, path: &Path, encoders: &str) {
    let (num, den) = footage.rate;
    make_timed(footage, path, encoders, |n| {
        u64::try_from((n as u128 * 1_000_000_000 * den as u128 + num as u128 / 2) / num as u128).unwrap()
    });
}

/// The same with a time for each frame, in nanoseconds. A rate of 0/1 says that it varies.
pub fn make_timed(footage: &Footage, path: &Path, encoders: &str, time: impl Fn(usize) -> u64) {
    make_numbered(footage, path, encoders, time, 0);
}

fn make_numbered(footage: &Footage, path: &Path, encoders: &str, time: impl Fn(usize) -> u64, from: usize) {
    workprint::media::init().unwrap();
    let description = format!("{encoders} ! filesink name=out sync=false");
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.by_name("out").unwrap().set_property("location", path);
    let (num, den) = footage.rate;
    let video = pipeline.by_name("video").unwrap().downcast::<gst_app::AppSrc>().unwrap();
    video.set_caps(Some(
        &gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", i32::try_from(footage.width).unwrap())
            .field("height", i32::try_from(footage.height).unwrap())
            .field("framerate", gst::Fraction::new(num, den))
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .field("colorimetry", "bt709")
            .field("interlace-mode", "progressive")
            .build(),
    ));
    let audio = pipeline.by_name("audio").map(|e| e.downcast::<gst_app::AppSrc>().unwrap());
    for source in std::iter::once(&video).chain(&audio) {
        source.set_format(gst::Format::Time);
        source.set_max_bytes(0);
        source.set_max_buffers(0);
    }
    if let Some(audio) = &audio {
        audio.set_caps(Some(
            &gst::Caps::builder("audio/x-raw")
                .field("format", "F32LE")
                .field("layout", "interleaved")
                .field("channels", 2)
                .field("channel-mask", gst::Bitmask::new(3))
                .field("rate", i32::try_from(SAMPLE_RATE).unwrap())
                .build(),
        ));
    }
    pipeline.set_state(gst::State::Playing).unwrap();
    let frame_time = |n: usize| gst::ClockTime::from_nseconds(time(n));
    let sample_time = |n: usize| gst::ClockTime::from_nseconds((n as u64 * 1_000_000_000 + 24_000) / 48_000);
    for n in 0..footage.frames {
        if let Some(audio) = &audio {
            let (start, end) = (footage.sample_of(n), footage.sample_of(n + 1));
            let burst = footage.sample_of(n / footage.burst_every() * footage.burst_every());
            let samples = (start..end).flat_map(|s| {
                let at = s - burst;
                let value = if at < BURST { (at as f32 * 0.131).sin() * 0.8 } else { 0.0 };
                [value, value]
            });
            let mut buffer = gst::Buffer::from_mut_slice(samples.flat_map(f32::to_le_bytes).collect::<Vec<u8>>());
            buffer.get_mut().unwrap().set_pts(sample_time(start));
            buffer.get_mut().unwrap().set_duration(sample_time(end) - sample_time(start));
            audio.push_buffer(buffer).unwrap();
        }
        let mut buffer = gst::Buffer::from_mut_slice(numbered_frame(footage, footage.first + from + n));
        buffer.get_mut().unwrap().set_pts(frame_time(n));
        buffer.get_mut().unwrap().set_duration(frame_time(n + 1) - frame_time(n));
        video.push_buffer(buffer).unwrap();
    }
    video.end_of_stream().unwrap();
    if let Some(audio) = &audio {
        audio.end_of_stream().unwrap();
    }
    wait(&pipeline);
}

/// Numbered footage in Matroska without sound whose numbers begin at `from`.
pub fn make_from(footage: &Footage, path: &Path, from: usize) {
    workprint::media::init().unwrap();
    let description =
        "appsrc name=video ! x264enc speed-preset=veryfast key-int-max=48 ! h264parse ! matroskamux name=m";
    let (num, den) = (footage.rate.0 as u64, footage.rate.1 as u64);
    make_numbered(footage, path, description, |n| n as u64 * 1_000_000_000 * den / num, from);
}

/// Runs a pipeline to its end.
pub fn run_pipeline(description: &str) {
    workprint::media::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    wait(&pipeline);
}

fn wait(pipeline: &gst::Pipeline) {
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(300), &kinds);
    assert_eq!(message.as_ref().map(|m| m.type_()), Some(gst::MessageType::Eos), "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// H.264 with B-frames and Opus in MP4. (AAC would come late by its encoder's delay, and only what the
/// program does is to be measured.)
pub fn mp4(footage: &Footage, path: &Path) {
    let sound = if footage.sound { "appsrc name=audio ! audioconvert ! opusenc ! opusparse ! m. " } else { "" };
    make(
        footage,
        path,
        &format!("{sound}appsrc name=video ! x264enc speed-preset=veryfast key-int-max=48 ! h264parse ! mp4mux name=m"),
    );
}

/// H.264 with B-frames and FLAC in Matroska, which rounds times to milliseconds.
pub fn mkv(footage: &Footage, path: &Path) {
    let sound = if footage.sound { "appsrc name=audio ! audioconvert ! flacenc ! flacparse ! m. " } else { "" };
    make(
        footage,
        path,
        &format!(
            "{sound}appsrc name=video ! x264enc speed-preset=veryfast key-int-max=48 ! h264parse ! matroskamux name=m"
        ),
    );
}

/// VP8 and Vorbis in WebM.
pub fn webm(footage: &Footage, path: &Path) {
    let sound =
        if footage.sound { "appsrc name=audio ! audioconvert ! vorbisenc quality=0.7 ! vorbisparse ! m. " } else { "" };
    make(
        footage,
        path,
        &format!("{sound}appsrc name=video ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=40 ! webmmux name=m"),
    );
}

/// Everything in a file, decoded by a pipeline of the test's own.
pub struct Decoded {
    pub numbers: Vec<usize>,
    /// When each picture is shown, in seconds.
    pub times: Vec<f64>,
    /// Mono, at [`SAMPLE_RATE`], from time 0 on.
    pub sound: Vec<f32>,
}

/// Pictures and sound of a file.
pub fn decode(path: &Path) -> Decoded {
    Decoded { sound: sound(path), ..pictures(path) }
}

/// The pictures of a file.
pub fn pictures(path: &Path) -> Decoded {
    let (mut numbers, mut times) = (Vec::new(), Vec::new());
    each_sample(path, "videoconvert ! video/x-raw,format=GRAY8", |sample, time| {
        let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let stride = usize::try_from(info.stride()[0]).unwrap();
        numbers.push(read_number(&map, info.width() as usize, info.height() as usize, stride));
        times.push(time);
    });
    Decoded { numbers, times, sound: Vec::new() }
}

/// The sound of a file.
pub fn sound(path: &Path) -> Vec<f32> {
    let mut sound: Vec<f32> = Vec::new();
    let convert = "audioconvert ! audioresample ! audio/x-raw,format=F32LE,channels=1,rate=48000";
    each_sample(path, convert, |sample, time| {
        let at = (time * 48000.0).round() as usize;
        // rounding of the container's times is not a hole
        if at > sound.len() + 240 {
            sound.resize(at, 0.0);
        }
        let map = sample.buffer().unwrap().map_readable().unwrap();
        sound.extend(map.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())));
    });
    sound
}

/// Calls `take` with each decoded buffer of the stream that fits `convert`, and its time in seconds.
pub fn each_sample(path: &Path, convert: &str, mut take: impl FnMut(&gst::Sample, f64)) {
    workprint::media::init().unwrap();
    let description = format!("filesrc name=in ! decodebin ! {convert} ! appsink name=out sync=false max-buffers=8");
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.by_name("in").unwrap().set_property("location", path);
    let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    loop {
        let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(60));
        let error = pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]);
        assert!(error.is_none(), "{}: {error:?}", path.display());
        let Some(sample) = sample else {
            assert!(sink.is_eos(), "{}: no data for a minute", path.display());
            break;
        };
        let segment = sample.segment().unwrap().downcast_ref::<gst::ClockTime>().unwrap();
        let time = segment.to_stream_time(sample.buffer().unwrap().pts().unwrap()).unwrap();
        take(&sample, time.nseconds() as f64 / 1e9);
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Makes a project `p.ron` of 180 frames at 30 a second: cuts of 1 to 29 frames, from one film and the other; gives the
/// numbers of its pictures.
pub fn reel(folder: &Path) -> Vec<usize> {
    for (n, make) in [mp4 as fn(&Footage, &Path), mkv].into_iter().enumerate() {
        let footage = Footage { pattern: n + 1, first: n * 1000, ..Footage::new((30, 1), 120) };
        make(&footage, &folder.join(["a.mp4", "b.mkv"][n]));
    }
    // cuts of 1 to 29 frames, from one film and the other
    let (mut list, mut expected) = (String::from("source,in,out\n"), Vec::new());
    for (n, length) in [1, 1, 29, 13, 1, 20, 25, 7, 28, 5, 22, 28].into_iter().enumerate() {
        let first = n * 7;
        let time = |frame: usize| frame as f64 / 30.0;
        writeln!(list, "{},{:.6},{:.6}", ["a.mp4", "b.mkv"][n % 2], time(first), time(first + length)).unwrap();
        expected.extend((first..first + length).map(|f| f + n % 2 * 1000));
    }
    std::fs::write(folder.join("cuts.csv"), list).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron", "--rate", "30/1"]);
    expected
}

/// Peak signal-to-noise ratio in decibels, of samples of 8 bits.
pub fn psnr(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares: u64 = one.iter().zip(other).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    10.0 * (255.0 * 255.0 * one.len() as f64 / squares as f64).log10()
}

/// Where bursts begin, in seconds: the first loud sample after a twentieth of a second of quiet.
pub fn bursts(sound: &[f32]) -> Vec<f64> {
    let mut found = Vec::new();
    let mut quiet = SAMPLE_RATE;
    for (at, sample) in sound.iter().enumerate() {
        if sample.abs() > 0.1 {
            if quiet > SAMPLE_RATE / 20 {
                found.push(at as f64 / SAMPLE_RATE as f64);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}

/// Runs the program.
pub fn workprint(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(args)
        .current_dir(folder)
        .env("WORKPRINT_CACHE", folder.join("cache"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap()
}

/// Runs the program, which must succeed; gives what it printed.
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    let output = workprint(folder, args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exports with these arguments, which must make a film; gives what was told on the way, from the plan to the end.
pub fn export(folder: &Path, args: &[&str]) -> Vec<Value> {
    let output = workprint(folder, &[&["export", "--json"], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(events.last().map(|e| &e["event"]), Some(&"done".into()), "{args:?}: {text}{error}");
    says_whether_all_was_done(&events, output.status.code());
    events
}

/// The exit code is 0 only for a film that lacks nothing and kept to its budget, and the last line counts the warnings.
pub fn says_whether_all_was_done(events: &[Value], code: Option<i32>) {
    let warnings = events.iter().filter(|e| e["event"] == "warning").count();
    let last = events.last().unwrap();
    let lacks = events.iter().any(|e| e["event"] == "warning" && e["lacks"] == true);
    let all = last["event"] == "done" && !lacks && last["over_budget"] == 0;
    assert_eq!(code, Some(i32::from(!all)), "{events:?}");
    assert!(last["event"] == "failed" || last["warnings"] == warnings, "{events:?}");
}

/// Runs the program, which must fail with one clear line; gives that line.
pub fn fail(folder: &Path, args: &[&str]) -> String {
    let output = workprint(folder, args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {error}");
    assert!(!error.contains("panicked"), "{args:?}: {error}");
    let line = error.lines().find(|l| l.starts_with("error: ")).unwrap_or_else(|| panic!("{args:?}: {error}"));
    line.to_owned()
}

/// Says that a test is skipped, past the test harness, which keeps what passing tests print.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write;
    let line = format!("SKIPPED {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Whether there is ffmpeg. Says so when a test is skipped for want of it.
pub fn has_ffmpeg(test: &str) -> bool {
    let there = Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success());
    if !there {
        skipped(test, "there is no ffmpeg");
    }
    there
}

/// What ffmpeg writes to its standard output for some arguments, none of which has a space in it.
pub fn ffmpeg(folder: &Path, args: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    let output =
        command.args(["-v", "fatal", "-y"]).args(args.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The media that lie beside the checkout, if they do. Says so when a test is skipped for want of them.
pub fn shared_media(test: &str) -> Option<PathBuf> {
    shared(test, "media")
}

/// A folder of what lies beside the checkout, likewise.
pub fn shared(test: &str, name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(test, &format!("{} is not there", folder.display()));
    None
}

/// Numbers that look random and are the same every time.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Does the work of so many cases, two at a time.
pub fn two_at_a_time(cases: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases {
                        return;
                    }
                    work(case);
                }
            });
        }
    });
}

/// In how many of so many cases `work` is true, and in how many it is not; two at a time.
pub fn how_many(cases: usize, work: impl Fn(usize) -> bool + Sync) -> (usize, usize) {
    let (yes, no) = (AtomicUsize::new(0), AtomicUsize::new(0));
    two_at_a_time(cases, |case| {
        if work(case) { &yes } else { &no }.fetch_add(1, Ordering::Relaxed);
    });
    (yes.into_inner(), no.into_inner())
}
