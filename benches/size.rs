//! What a size that must not be passed gives: how much of it is used, how good that looks, and how long it takes, beside ffmpeg in
//! two passes at the same size.
//!
//! `cargo bench --bench size -- [FILM...] [NAME...]` fits made-up footage, and films of one's own, under sizes. Quality is VMAF
//! and XPSNR at the original's size, which a current ffmpeg measures: `WORKPRINT_FFMPEG` names one (that of the Python package
//! `imageio-ffmpeg` has both); without it they are left out.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(clippy::cast_precision_loss, reason = "for display")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Run, made, measured, there, workprint};

/// What is made up: a name, ffmpeg's sources of it, its seconds, and the sizes in MB that it is fitted under.
const FOOTAGE: &[(&str, &str, u32, &[f64])] = &[
    ("screen", "testsrc2=size=1920x1080:rate=60", 10, &[2.0, 10.0]),
    ("zoom", "mandelbrot=size=1280x720:rate=24:end_scale=0.002", 30, &[4.0, 25.0]),
    ("cells", "life=size=640x360:rate=30:mold=10:ratio=0.3:death_color=#203040:life_color=#f0e0a0", 30, &[3.0]),
    ("noise", "nullsrc=size=1280x720:rate=60,noise=alls=60:allf=t+u,format=yuv420p", 3, &[2.0]),
    ("black", "color=black:size=1920x1080:rate=30", 600, &[10.0]),
    ("long", "testsrc2=size=1280x720:rate=30,drawgrid", 600, &[25.0]),
];

/// Of longer ones quality is not measured: that takes longer than to make them.
const JUDGED: f64 = 120.0;

/// Sizes that films of one's own are fitted under.
const OWN: &[f64] = &[2.0, 10.0];

fn main() {
    assert!(there("ffmpeg"), "ffmpeg is what this compares with");
    let folder = std::env::temp_dir().join("workprint-bench-size");
    std::fs::create_dir_all(&folder).unwrap();
    let own: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|a| Path::new(a).is_file())
        .map(|a| std::fs::canonicalize(a).unwrap())
        .collect();
    let judge = std::env::var("WORKPRINT_FFMPEG").ok();
    if judge.is_none() {
        println!("without quality: WORKPRINT_FFMPEG names no ffmpeg that measures it");
    }
    println!(
        "{:16} {:>6}  {:>7} {:>6} {:>7}  {:>9} {:>6}  {:>13} {:>15}  picture",
        "film", "most", "size", "used", "seconds", "ffmpeg", "ratio", "VMAF (ffmpeg)", "XPSNR (ffmpeg)"
    );
    let named: Vec<String> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--") && !Path::new(a).is_file()).collect();
    let wanted = |name: &str| (named.is_empty() && own.is_empty()) || named.iter().any(|n| n == name || n == "all");
    for (name, source, seconds, sizes) in FOOTAGE.iter().filter(|(name, ..)| wanted(name)) {
        let (seconds, tone) = (seconds.to_string(), "anoisesrc=color=pink:amplitude=0.1:sample_rate=48000");
        let args = ["-f", "lavfi", "-i", source, "-f", "lavfi", "-i", tone, "-t", &seconds];
        let coded =
            ["-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"];
        let film = made(&folder.join(format!("{name}.mp4")), &[&args[..], &coded[..]].concat()).unwrap();
        for most in *sizes {
            pair(&folder, &film, name, *most, judge.as_deref());
        }
    }
    for film in &own {
        let name = film.file_stem().unwrap().to_string_lossy();
        for most in OWN {
            pair(&folder, film, &name, *most, judge.as_deref());
        }
    }
}

/// Fits a film under a size and tells what came of it.
fn pair(folder: &Path, film: &Path, name: &str, most: f64, judge: Option<&str>) {
    std::fs::write(folder.join("cuts.csv"), format!("source\n{}\n", film.display())).unwrap();
    workprint(folder, &["assemble", "cuts.csv", "-o", "p.ron", "--overwrite"]);
    let args = ["export", "p.ron", "-o", "ours.mp4", "--overwrite", "--copy", "off", "--max-size"];
    let all: Vec<String> = args.iter().map(|a| (*a).to_owned()).chain([format!("{:.0}B", most * 1e6)]).collect();
    let short: String = name.chars().take(16).collect();
    let Some(ours) = measured(folder, support::PROGRAM, &all) else {
        println!("{short:16} {most:>6}  refused");
        return;
    };
    let size = std::fs::metadata(folder.join("ours.mp4")).unwrap().len() as f64;
    let over = if size > most * 1e6 { "  OVER" } else { "" };
    let theirs = two_passes(folder, film, size);
    let short_enough = told(film, "format=duration").and_then(|t| t.parse::<f64>().ok()).is_some_and(|t| t < JUDGED);
    let judge = judge.filter(|_| short_enough);
    let quality = |file: &str, metric: &str| judge.and_then(|j| judged(j, &folder.join(file), film, metric));
    let both = |metric: &str| {
        let of = |file| quality(file, metric).map_or("-".to_owned(), |q| format!("{q:.2}"));
        format!("{} ({})", of("ours.mp4"), of("theirs.mp4"))
    };
    let (seconds, ratio) = theirs.map_or_else(
        || ("-".into(), "-".into()),
        |t| (format!("{:.1}", t.seconds), format!("{:.2}", ours.seconds / t.seconds)),
    );
    println!(
        "{short:16} {most:>6}  {:>7.3} {:>5.1}% {:>7.1}  {seconds:>9} {ratio:>6}  {:>13} {:>15}  {}{over}",
        size / 1e6,
        size / most / 1e4,
        ours.seconds,
        both("vmaf"),
        both("xpsnr"),
        picture(&folder.join("ours.mp4")),
    );
}

/// ffmpeg's film in two passes of as many bytes, with the same preset of x264, the sound at 128 kbit/s or a quarter.
fn two_passes(folder: &Path, film: &Path, size: f64) -> Option<Run> {
    let seconds = told(film, "format=duration")?.parse::<f64>().ok()?;
    let bits = size * 8.0 / seconds;
    let sound = (bits / 4.0).min(128_000.0);
    let (video, sound) = (format!("{:.0}", (bits - sound) * 0.99), format!("{sound:.0}"));
    let pass = |n: &'static str, out: &[&str]| {
        let args = ["-v", "error", "-y", "-i", film.to_str().unwrap(), "-c:v", "libx264", "-preset", "medium"];
        let rate = ["-b:v", &video, "-pass", n, "-passlogfile", "peer"];
        let all: Vec<String> = args.iter().chain(&rate).chain(out).map(|a| (*a).to_owned()).collect();
        measured(folder, "ffmpeg", &all)
    };
    let first = pass("1", &["-an", "-f", "null", "-"])?;
    let second = pass("2", &["-c:a", "aac", "-b:a", &sound, "theirs.mp4"])?;
    Some(Run { seconds: first.seconds + second.seconds, ..second })
}

fn told(film: &Path, what: &str) -> Option<String> {
    let args = ["-v", "error", "-show_entries", what, "-of", "csv=p=0", "-select_streams", "v:0"];
    let output = Command::new("ffprobe").args(args).arg(film).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn picture(film: &Path) -> String {
    told(film, "stream=width,height").unwrap_or_default().replace(',', "×")
}

/// How much a file looks like a film at the film's size, by a measure of ffmpeg's.
fn judged(ffmpeg: &str, file: &Path, film: &Path, metric: &str) -> Option<f64> {
    let filter = if metric == "vmaf" { "libvmaf=n_threads=2:n_subsample=3" } else { metric };
    let size = told(film, "stream=width,height")?.replace(',', ":");
    // where one file names its colours and the other does not, ffmpeg would convert one of them
    let alike = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv,setpts=PTS-STARTPTS";
    let graph = format!("[0:v]{alike},scale={size}:flags=bicubic[a];[1:v]{alike}[b];[a][b]{filter}");
    let mut command = Command::new(ffmpeg);
    command
        .args(["-hide_banner", "-nostdin", "-i"])
        .arg(file)
        .arg("-i")
        .arg(film)
        .args(["-lavfi", &graph, "-f", "null", "-"]);
    let said = String::from_utf8(command.output().ok()?.stderr).ok()?;
    let number = |text: &str| text.split_whitespace().next()?.parse::<f64>().ok();
    if metric == "vmaf" { number(said.rsplit_once("VMAF score: ")?.1) } else { number(said.rsplit_once("y: ")?.1) }
}
