//! Whether exports keep to their budgets, and what their predictions are worth: over a population of projects that a seed
//! makes up, of 1 to 100 layers, 160×120 to 8k, all codecs that ffmpeg writes here, presets, speeds, transitions and
//! stills; each once with room enough and once with the least budget that is accepted.
//!
//! `cargo bench --bench population -- [PROJECTS [SEED]]`; 200 projects of seed 1 unless said otherwise. Needs ffmpeg. The
//! table that it prints is kept in `benches/population.md`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(clippy::cast_precision_loss, reason = "for display")]

mod support;

use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{PROGRAM, Seeded, made, there, workprint};
use workprint::edit::{Edit, apply};
use workprint::model::{Clip, FrameCount, Param, Project, Property, Speed, TrackKind, Transition, TransitionKind};
use workprint::project_file::{load, save};

/// Sizes of films, small ones more often than large ones.
const SIZES: &[(u32, u32)] = &[
    (160, 120),
    (320, 240),
    (320, 240),
    (640, 360),
    (640, 360),
    (854, 480),
    (1280, 720),
    (1280, 720),
    (1280, 720),
    (1920, 1080),
    (1920, 1080),
    (1920, 1080),
    (1080, 1920),
    (2560, 1440),
    (3840, 2160),
];

/// Sizes of results.
const CANVASES: &[(u32, u32)] = &[
    (320, 240),
    (640, 360),
    (1280, 720),
    (1280, 720),
    (1920, 1080),
    (1920, 1080),
    (1920, 1080),
    (1080, 1920),
    (2560, 1440),
    (3840, 2160),
];

/// File names and ffmpeg's arguments for pictures of each kind.
const KINDS: &[(&str, &str)] = &[
    ("h264.mp4", "-c:v libx264 -preset medium -g 60"),
    ("h264.mp4", "-c:v libx264 -preset medium -g 60"),
    ("h264.mp4", "-c:v libx264 -preset medium -g 60"),
    ("fast.mp4", "-c:v libx264 -preset ultrafast -g 60"),
    ("h264.mkv", "-c:v libx264 -preset fast -g 60"),
    ("h264.ts", "-c:v libx264 -preset fast -g 60"),
    ("h264.flv", "-c:v libx264 -preset fast -g 60"),
    ("h264-10.mp4", "-c:v libx264 -preset fast -pix_fmt yuv420p10le"),
    ("h264-444.mkv", "-c:v libx264 -preset fast -pix_fmt yuv444p"),
    ("hevc.mp4", "-c:v libx265 -preset fast -x265-params log-level=0"),
    ("hevc.mp4", "-c:v libx265 -preset fast -x265-params log-level=0"),
    ("hevc10.mkv", "-c:v libx265 -preset fast -pix_fmt yuv420p10le -x265-params log-level=0"),
    ("vp8.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 4M -c:a libopus"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 4M -c:a libopus"),
    ("av1.mp4", "-c:v libsvtav1 -preset 12"),
    ("mpeg2.mpg", "-c:v mpeg2video -b:v 8M -bf 2 -c:a mp2"),
    ("mpeg2.ts", "-c:v mpeg2video -b:v 8M -bf 2"),
    ("mpeg4.avi", "-c:v mpeg4 -q:v 4 -c:a libmp3lame"),
    ("mjpeg.mkv", "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p"),
    ("mjpeg422.mov", "-c:v mjpeg -q:v 4 -pix_fmt yuvj422p"),
    ("prores.mov", "-c:v prores_ks -profile:v 1"),
    ("prores4444.mov", "-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le"),
    ("dnxhr.mov", "-c:v dnxhd -profile:v dnxhr_sq -pix_fmt yuv422p -c:a pcm_s16le"),
    ("ffv1.mkv", "-c:v ffv1 -c:a flac"),
    ("theora.ogv", "-c:v libtheora -q:v 6 -c:a libvorbis"),
];

/// Stills, as ffmpeg writes them.
const STILLS: &[(&str, u32, u32)] = &[
    ("png", 640, 360),
    ("png", 1920, 1080),
    ("png", 3840, 2160),
    ("png", 7680, 4320),
    ("jpg", 1920, 1080),
    ("jpg", 4000, 3000),
    ("jpg", 7680, 4320),
];

/// A film of 4 seconds, made once; `None` where ffmpeg has no such encoder or the codec no such size.
fn film(folder: &Path, (width, height): (u32, u32), (name, args): (&str, &str)) -> Option<PathBuf> {
    let path = folder.join(format!("{width}x{height}-{name}"));
    let sizes = format!("testsrc2=s={width}x{height}:r=30:d=4,noise=alls=8:allf=t");
    let sound = "sine=frequency=440:r=48000:d=4";
    let mut words = vec!["-f", "lavfi", "-i", &sizes, "-f", "lavfi", "-i", sound];
    words.extend(args.split(' '));
    if !args.contains("-pix_fmt") {
        words.extend(["-pix_fmt", "yuv420p"]);
    }
    made(&path, &words)
}

fn still(folder: &Path, (kind, width, height): (&str, u32, u32)) -> Option<PathBuf> {
    let path = folder.join(format!("{width}x{height}.{kind}"));
    let size = format!("testsrc2=s={width}x{height}:r=1:d=1,noise=alls=8");
    made(&path, &["-f", "lavfi", "-i", &size, "-frames:v", "1", "-update", "1"])
}

/// One project of the population.
struct Made {
    project: String,
    preset: &'static str,
    words: String,
}

/// The pictures' clips of a project, a track after the other.
fn pictures(project: &Project) -> Vec<Clip> {
    let tracks = project.sequence().tracks.iter().filter(|t| t.kind == TrackKind::Video);
    tracks.flat_map(|t| t.clips.iter()).collect()
}

fn set(clip: &Clip, property: Property) -> Edit {
    Edit::SetProperty { clips: vec![clip.id], property }
}

/// Edits that put clips side by side.
fn in_a_grid(clips: &[Clip]) -> Vec<Edit> {
    let side = (clips.len() as f64).sqrt().ceil();
    let place = |at: f64| Param::fixed((at + 0.5) / side - 0.5);
    let edits = clips.iter().enumerate().flat_map(|(n, clip)| {
        let (column, row) = (n as f64 % side, (n as f64 / side).floor());
        [
            set(clip, Property::Scale(Param::fixed(1.0 / side))),
            set(clip, Property::X(place(column))),
            set(clip, Property::Y(place(row))),
        ]
    });
    edits.collect()
}

fn make(folder: &Path, n: usize, seed: u64) -> Option<Made> {
    let mut random = Seeded(seed.wrapping_mul(0x9e37_79b9).wrapping_add(n as u64));
    for _ in 0..3 {
        random.below(2);
    }
    let canvas = CANVASES[random.below(CANVASES.len())];
    let preset = ["draft", "draft", "h264", "h264", "lossless"][random.below(5)];
    let layout = random.below(10);
    let mut rows = String::from("source,track,at,in,out\n");
    let mut kinds = Vec::new();
    let mut some = |random: &mut Seeded, most: u32| {
        loop {
            let size = SIZES[random.below(SIZES.len())];
            let kind = KINDS[random.below(KINDS.len())];
            if size.0 * size.1 <= most
                && let Some(film) = film(folder, size, kind)
            {
                kinds.push(format!("{}×{} {}", size.0, size.1, kind.0));
                return film;
            }
        }
    };
    let row = |rows: &mut String, path: &Path, track: String, at: f64, begin: f64, end: f64| {
        writeln!(rows, "{},{track},{at},{begin},{end}", path.display()).unwrap();
    };
    let words = match layout {
        0..=2 => {
            let count = [1, 3, 12][layout];
            let films: Vec<_> = (0..=random.below(3)).map(|_| some(&mut random, u32::MAX)).collect();
            for cut in 0..count {
                let begin = random.below(20) as f64 / 10.0;
                let length = 3.6 / f64::from(count);
                let at = f64::from(cut) * length;
                row(&mut rows, &films[random.below(films.len())], "V1".into(), at, begin, begin + length.min(2.0));
            }
            format!("{count} cuts")
        }
        3..=5 => {
            let count = [2, 4, 9, 16, 25, 49, 100][random.below(7)];
            let most = if count > 16 { 640 * 360 } else { 1920 * 1080 };
            let films: Vec<_> = (0..=random.below(4)).map(|_| some(&mut random, most)).collect();
            for layer in 1..=count.min(99) {
                let film = &films[random.below(films.len())];
                row(&mut rows, film, format!("V{layer}"), 0.0, 0.5, if count > 16 { 1.5 } else { 2.5 });
            }
            format!("{count} in a grid")
        }
        6 => {
            let kind = STILLS[random.below(STILLS.len())];
            let (still, film) = (still(folder, kind)?, some(&mut random, u32::MAX));
            row(&mut rows, &still, "V1".into(), 0.0, 0.0, 1.0);
            row(&mut rows, &film, "V1".into(), 1.0, 0.0, 1.0);
            row(&mut rows, &still, "V1".into(), 2.0, 0.0, 1.0);
            format!("still {}×{} {}", kind.1, kind.2, kind.0)
        }
        7 => {
            for cut in 0..4 {
                let film = some(&mut random, u32::MAX);
                row(&mut rows, &film, "V1".into(), f64::from(cut), 1.0, 2.0);
            }
            "4 films, dissolves".into()
        }
        8 => {
            let film = some(&mut random, u32::MAX);
            row(&mut rows, &film, "V1".into(), 0.0, 1.0, 2.0);
            "speed".into()
        }
        _ => {
            // a webinar: slides, webcams beside, and sounds
            let still = still(folder, STILLS[random.below(2)])?;
            row(&mut rows, &still, "V1".into(), 0.0, 0.0, 1.5);
            let cameras = [3, 9, 24][random.below(3)];
            let films: Vec<_> = (0..3).map(|_| some(&mut random, 640 * 360)).collect();
            for camera in 0..cameras {
                row(&mut rows, &films[camera % 3], format!("V{}", camera + 2), 0.0, 0.5, 2.0);
            }
            for sound in 0..cameras * 2 {
                row(&mut rows, &films[sound % 3], format!("A{}", sound + 30), 0.0, 0.5, 2.0);
            }
            format!("slide, {cameras} cameras, {} sounds", cameras * 2)
        }
    };
    let list = format!("{n}.csv");
    std::fs::write(folder.join(&list), rows).unwrap();
    let project = format!("{n}.ron");
    let size = format!("{}x{}", canvas.0, canvas.1);
    workprint(folder, &["assemble", &list, "-o", &project, "--overwrite", "--size", &size, "--rate", "30"]);
    let path = folder.join(&project);
    let mut edited = load(&path).unwrap();
    let clips = pictures(&edited);
    let (edits, more) = edits(layout, &clips, &mut random);
    for edit in &edits {
        edited = apply(&edited, edit).unwrap();
    }
    save(&edited, &path).unwrap();
    kinds.sort();
    kinds.dedup();
    let words = format!("{words}{more}: {}", kinds.join(", "));
    Some(Made { project, preset, words: format!("{preset} {}×{}, {words}", canvas.0, canvas.1) })
}

/// What is done to the clips of a layout, and words for it.
fn edits(layout: usize, clips: &[Clip], random: &mut Seeded) -> (Vec<Edit>, String) {
    match layout {
        3..=5 => (in_a_grid(clips), String::new()),
        7 => {
            let kind = [TransitionKind::Dissolve, TransitionKind::Dip([0; 3])][random.below(2)];
            let transition = Some(Transition { kind, length: FrameCount(10), before: FrameCount(5) });
            let at = |clip: &Clip| Edit::SetTransition { right: clip.id, transition, alone: false };
            (clips[1..].iter().map(at).collect(), String::new())
        }
        8 => {
            let (num, den) = [(1, 2), (2, 1), (-1, 1)][random.below(3)];
            let (clips, speed) = (vec![clips[0].id], Speed::new(num, den).unwrap());
            let edit = Edit::SetSpeed { clips, speed, ripple: true, sync_lock: true, alone: false };
            (vec![edit], format!(" {num}/{den}"))
        }
        9 => (in_a_grid(&clips[1..]), String::new()),
        _ => (Vec::new(), String::new()),
    }
}

/// What an export told, in MiB: budget, prediction and peak; or what it failed with.
struct Told {
    budget: f64,
    predicted: f64,
    peak: Result<f64, String>,
    encoder: String,
}

fn export(folder: &Path, made: &Made, budget: &str) -> Told {
    let target = if made.preset == "lossless" { "out.mkv" } else { "out.mp4" };
    let args =
        ["export", &made.project, "-o", target, "--overwrite", "--json", "--copy", "off", "--preset", made.preset];
    let output = Command::new(PROGRAM)
        .args(args)
        .args(["--memory-budget", budget])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let events: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let mib = |v: &Value| v.as_f64().unwrap_or(0.0) / f64::from(1 << 20);
    let last = events.last().cloned().unwrap_or_default();
    let plan = events.iter().find(|e| e["event"] == "plan").cloned().unwrap_or_default();
    let peak = match last["text"].as_str() {
        None if last["event"] == "done" => Ok(mib(&last["peak_rss"])),
        Some(why) => Err(why.to_owned()),
        None => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    };
    Told {
        budget: mib(&plan["budget"]),
        predicted: mib(&plan["predicted_peak"]),
        peak,
        encoder: plan["encoder"].as_str().unwrap_or("").to_owned(),
    }
}

/// The least budget that an export is refused with, as it is named.
fn least(folder: &Path, made: &Made) -> Option<String> {
    let why = export(folder, made, "16MiB").peak.err()?;
    let named = why.split("the least that would do is ").nth(1)?;
    Some(named.trim().trim_end_matches('.').replace(' ', ""))
}

fn main() {
    if !there("ffmpeg") {
        println!("skipped: there is no ffmpeg");
        return;
    }
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<u64>().ok());
    let (count, seed) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(1));
    let folder = std::env::temp_dir().join("workprint-bench-population");
    std::fs::create_dir_all(&folder).unwrap();
    println!("| project | budget | foretold | taken | ratio | |\n| --- | ---: | ---: | ---: | ---: | --- |");
    let (mut over, mut refused, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..usize::try_from(count).unwrap() {
        let Some(made) = make(&folder, n, seed) else { continue };
        let small = least(&folder, &made);
        for budget in [Some("6GiB".to_owned()), small].into_iter().flatten() {
            let told = export(&folder, &made, &budget);
            match told.peak {
                Ok(peak) => {
                    let ratio = told.predicted / peak;
                    println!(
                        "| {n} {} | {:.0} | {:.0} | {peak:.0} | {ratio:.2} | {} |",
                        made.words, told.budget, told.predicted, told.encoder
                    );
                    if peak > told.budget {
                        over.push((n, peak / told.budget));
                    }
                    ratios.push((ratio, n));
                }
                Err(why) => {
                    println!("| {n} {} | {budget} | | | | {why} |", made.words);
                    refused.push(n);
                }
            }
        }
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let within = ratios.iter().filter(|(r, _)| (1.0..=1.15).contains(r)).count();
    println!(
        "\n{} runs: foretold over taken from {:.2} to {:.2}, {within} from 1.00 to 1.15",
        ratios.len(),
        ratios.first().map_or(0.0, |r| r.0),
        ratios.last().map_or(0.0, |r| r.0)
    );
    println!("over their budget: {over:?}; failed: {refused:?}");
}
