//! What the benches of exports share: footage, projects, and measured runs of the program and its peers.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use workprint::export::{Copying, ExportSettings, Preset};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_workprint");

/// What one run of a program took.
#[derive(Clone, Debug)]
pub struct Run {
    pub seconds: f64,
    /// Peak of resident memory in MiB, as the system counts it.
    pub peak: f64,
    pub output: String,
}

/// Runs a command to its end under GNU time, which tells its peak; `None` where it fails or is missing.
pub fn measured(folder: &Path, name: &str, args: &[String]) -> Option<Run> {
    let told = folder.join("time.txt");
    let begun = Instant::now();
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M", "-o"])
        .arg(&told)
        .arg(name)
        .args(args)
        .current_dir(folder)
        .env("QT_QPA_PLATFORM", "offscreen")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let seconds = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        eprintln!("{name}: {}", String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("failed"));
        return None;
    }
    let peak = std::fs::read_to_string(told).ok()?.trim().parse::<f64>().ok()? / 1024.0;
    Some(Run { seconds, peak, output: String::from_utf8_lossy(&output.stdout).into_owned() })
}

/// Whether a program can be run at all.
pub fn there(program: &str) -> bool {
    let tried = Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok()
}

/// Runs the program; its output.
pub fn workprint(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// How the bench itself exports: all of the timeline on all cores, replacing the last result.
pub fn settings(path: PathBuf, preset: Preset, budget: u64) -> ExportSettings {
    let cores = workprint::platform::allowed_cores();
    ExportSettings {
        path,
        preset,
        range: None,
        budget,
        own_memory: 0,
        cores,
        overwrite: true,
        max_size: None,
        copying: Copying::Off,
        encoder: workprint::export::EncoderChoice::default(),
    }
}

/// What an export says of itself.
#[derive(Clone, Debug)]
pub struct Exported {
    pub seconds: f64,
    pub frames: i64,
    pub size: u64,
    pub budget: f64,
    /// MiB, as all here.
    pub predicted: f64,
    pub peak: f64,
    pub encoder: String,
}

pub fn exported(json: &str) -> Exported {
    let events: Vec<Value> = json.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let plan = events.iter().find(|e| e["event"] == "plan").unwrap();
    let done = events.last().unwrap();
    assert_eq!(done["event"], "done", "{done}");
    let mib = |v: &Value| v.as_f64().unwrap() / f64::from(1 << 20);
    Exported {
        seconds: done["seconds"].as_f64().unwrap(),
        frames: done["frames"].as_i64().unwrap(),
        size: done["size"].as_u64().unwrap(),
        budget: mib(&plan["budget"]),
        predicted: mib(&plan["predicted_peak"]),
        peak: mib(&done["peak_rss"]),
        encoder: plan["encoder"].as_str().unwrap().to_owned(),
    }
}

/// Launches a pipeline and waits for its end.
pub fn make(pipeline: &str) {
    use gstreamer::prelude::*;
    let pipeline = gstreamer::parse::launch(pipeline).unwrap();
    pipeline.set_state(gstreamer::State::Playing).unwrap();
    let kinds = [gstreamer::MessageType::Eos, gstreamer::MessageType::Error];
    let ended = pipeline.bus().unwrap().timed_pop_filtered(gstreamer::ClockTime::NONE, &kinds).unwrap();
    assert_eq!(ended.type_(), gstreamer::MessageType::Eos, "{ended:?}");
    pipeline.set_state(gstreamer::State::Null).unwrap();
}

/// A film of 60 s at 30 frames a second with sound, scaled from the one that was named on the command line, else made
/// up; made once.
pub fn film(folder: &Path, width: u32, height: u32) -> PathBuf {
    let own = own_film();
    let origin =
        own.as_ref().map_or_else(|| "made".to_owned(), |p| p.file_stem().unwrap().to_string_lossy().into_owned());
    let film = folder.join(format!("{origin}-{height}.mp4"));
    if film.is_file() {
        return film;
    }
    let part = folder.join("part.mp4");
    if let Some(own) = own {
        let scale = format!("scale={width}:{height},fps=30");
        let args = ["-v", "error", "-y", "-stream_loop", "60", "-i", own.to_str().unwrap(), "-t", "60", "-vf", &scale];
        let encoder =
            ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "90", "-bf", "3", "-c:a", "aac", "-ac", "2"];
        let made = Command::new("ffmpeg").args(args).args(encoder).arg(&part).stdin(Stdio::null()).status();
        assert!(made.unwrap().success(), "the film can't be scaled");
    } else {
        make(&format!(
            "videotestsrc num-buffers=1800 pattern=ball motion=wavy ! video/x-raw,width={width},height={height},framerate=30/1 \
             ! timeoverlay ! x264enc speed-preset=veryfast key-int-max=90 bframes=3 pass=qual quantizer=20 ! h264parse \
             ! mp4mux name=mux ! filesink location={} \
             audiotestsrc num-buffers=2813 wave=pink-noise ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux.",
            part.display()
        ));
    }
    std::fs::rename(part, &film).unwrap();
    film
}

/// The film that was named on the command line.
pub fn own_film() -> Option<PathBuf> {
    let named = std::env::args().skip(1).find(|a| Path::new(a).is_file())?;
    Some(std::fs::canonicalize(named).unwrap())
}

/// Whether a part of the bench is wanted: all are, where none is named.
pub fn wanted(part: &str) -> bool {
    let named: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--") && !Path::new(a).is_file()).collect();
    named.is_empty() || named.iter().any(|n| n == part)
}

/// The same numbers each time.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// A project of rows of `source,track,in,out`.
pub fn project(folder: &Path, name: &str, size: &str, rows: &[String]) -> String {
    std::fs::write(folder.join("list.csv"), format!("source,track,in,out\n{}\n", rows.join("\n"))).unwrap();
    let project = format!("{name}.ron");
    workprint(folder, &["assemble", "list.csv", "-o", &project, "--overwrite", "--size", size, "--rate", "30"]);
    project
}

/// Random cuts of so many frames.
pub fn cuts(film: &Path, count: usize, frames: usize) -> Vec<String> {
    let row = |first: usize| {
        format!("{},V1,{:.6},{:.6}", film.display(), first as f64 / 30.0, (first + frames) as f64 / 30.0)
    };
    begins(count, frames).into_iter().map(row).collect()
}

/// Where random cuts of so many frames begin in a film, the same each time.
pub fn begins(count: usize, frames: usize) -> Vec<usize> {
    let mut random = Seeded(7);
    (0..count).map(|_| random.below(1790 - frames)).collect()
}

/// Codecs that cameras, recorders and the web use, as ffmpeg's arguments.
pub const CODECS: &[(&str, &str)] = &[
    ("h264.mp4", "-c:v libx264 -preset slow -refs 4"),
    ("h264-fast.mp4", "-c:v libx264 -preset ultrafast"),
    ("hevc.mp4", "-c:v libx265 -preset fast -x265-params log-level=0"),
    ("hevc10.mp4", "-c:v libx265 -preset fast -pix_fmt yuv420p10le -x265-params log-level=0"),
    ("vp8.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 6M -c:a libopus"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 6M -c:a libopus"),
    ("av1.mkv", "-c:v libsvtav1 -preset 12"),
    ("mpeg2.mkv", "-c:v mpeg2video -b:v 10M -bf 2"),
    ("mpeg4.mkv", "-c:v mpeg4 -q:v 4"),
    ("mjpeg.mkv", "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p"),
    ("prores.mov", "-c:v prores_ks -profile:v 1"),
    ("ffv1.mkv", "-c:v ffv1"),
];

/// The first seconds of a film in another codec; `None` where ffmpeg has no such encoder.
pub fn encoded(folder: &Path, film: &Path, name: &str, args: &str) -> Option<PathBuf> {
    let film = film.to_str().unwrap();
    let words: Vec<&str> = ["-t", "4", "-i", film].into_iter().chain(args.split(' ')).collect();
    let made = made(&folder.join(name), &words);
    if made.is_none() {
        println!("  {name}: skipped, ffmpeg has no such encoder here");
    }
    made
}

/// A file that ffmpeg makes by these arguments, made once; `None` where it can't.
pub fn made(path: &Path, args: &[&str]) -> Option<PathBuf> {
    if !path.is_file() {
        let part = path.with_file_name(format!("part-{}", path.file_name()?.to_str()?));
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y"])
            .args(args)
            .arg(&part)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|s| s.success()) {
            return None;
        }
        std::fs::rename(part, path).unwrap();
    }
    Some(path.to_owned())
}
