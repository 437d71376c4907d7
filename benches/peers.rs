//! The same cut list through Workprint, ffmpeg and melt, with and without encoding what nobody touched, and the same proxies by
//! Workprint and ffmpeg: time, peak memory and size, and whether each frame of each result is the one that was cut to.
//!
//! `cargo bench --bench peers -- [FILM] [cuts copies proxies]` takes a film of one's own; without one it makes footage up.
//! Needs GNU time; peers that are not installed are skipped (`apt install ffmpeg melt time`).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(clippy::cast_precision_loss, reason = "for display")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{CODECS, PROGRAM, begins, cuts, encoded, exported, film, measured, project, there, wanted};

/// Each is run so often where that takes minutes, not hours; the median counts.
const ROUNDS: usize = 3;

const CUTS: usize = 60;

/// Frames of each cut.
const FRAMES: usize = 30;

/// Frames of each cut where what is untouched is copied: what people cut out of long recordings.
const LONG: usize = 240;

/// Pictures are compared in this size, as grey.
const SMALL: (usize, usize) = (64, 36);

/// Something that makes a file out of the cuts.
struct Peer {
    name: &'static str,
    program: &'static str,
    args: Vec<String>,
    result: &'static str,
    runs: Vec<support::Run>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

fn main() {
    workprint::media::init().unwrap();
    let folder = std::env::temp_dir().join("workprint-bench-peers");
    std::fs::create_dir_all(&folder).unwrap();
    let film = film(&folder, 1920, 1080);
    if wanted("cuts") {
        for (preset, x264, rounds) in
            [("draft", "-preset ultrafast -qp 26", ROUNDS), ("h264", "-preset medium -crf 21", 1)]
        {
            println!("{CUTS} cuts of {FRAMES} frames, 1080p30, {preset}; medians of {rounds} runs");
            race(&folder, &film, preset, x264, rounds);
        }
    }
    if wanted("copies") {
        println!("{CUTS} cuts of {LONG} frames, 1080p30, h264, copied where untouched; medians of {ROUNDS} runs");
        copies(&folder, &film);
    }
    if wanted("proxies") {
        proxies(&folder, &film);
    }
}

fn race(folder: &Path, film: &Path, preset: &str, x264: &str, rounds: usize) {
    let list = project(folder, "cuts", "1920x1080", &cuts(film, CUTS, FRAMES));
    let first = begins(CUTS, FRAMES);
    let mut peers = vec![
        peer(
            "Workprint",
            PROGRAM,
            words(&format!("export {list} -o workprint.mp4 --overwrite --json --copy off --preset {preset}")),
            "workprint.mp4",
        ),
        ffmpeg(film, &first, x264),
        ffmpeg_concat(folder, film, (&first, FRAMES), &format!("-c:v libx264 {x264} -r 30 -c:a aac -b:a 128k")),
        melt(film, &first, x264),
    ];
    run(folder, film, &mut peers, (&first, FRAMES), rounds);
}

/// Cuts of some seconds, by what copies and by what does not.
fn copies(folder: &Path, film: &Path) {
    let list = project(folder, "copies", "1920x1080", &cuts(film, CUTS, LONG));
    let first = begins(CUTS, LONG);
    let ours = |copy: &str| words(&format!("export {list} -o {copy}.mp4 --overwrite --json --copy {copy}"));
    let mut peers = vec![
        peer("Workprint", PROGRAM, ours("auto"), "auto.mp4"),
        peer("Workprint, all encoded", PROGRAM, ours("off"), "off.mp4"),
        ffmpeg_concat(folder, film, (&first, LONG), "-c copy"),
    ];
    run(folder, film, &mut peers, (&first, LONG), ROUNDS);
}

/// Runs all, and prints what each took and made.
fn run(folder: &Path, film: &Path, peers: &mut Vec<Peer>, cuts: (&[usize], usize), rounds: usize) {
    peers.retain(|p| {
        let there = p.program == PROGRAM || there(p.program);
        if !there {
            println!("  {}: skipped, {} is not installed", p.name, p.program);
        }
        there
    });
    for _ in 0..rounds {
        for peer in peers.iter_mut() {
            peer.runs.extend(measured(folder, peer.program, &peer.args));
        }
    }
    let source = there("ffmpeg").then(|| pictures(film));
    let ours = median(&peers[0].runs);
    println!("  {:<26} {:>8} {:>7} {:>10} {:>7} {:>10}  frames", "", "time", "", "peak", "", "size");
    for peer in peers.iter() {
        let Some((seconds, peak)) = median(&peer.runs) else {
            println!("  {:<26} failed", peer.name);
            continue;
        };
        let (time, memory) = ours.map_or((1.0, 1.0), |(s, p)| (s / seconds, p / peak));
        let result = folder.join(peer.result);
        let size = std::fs::metadata(&result).map_or(0, |m| m.len()) as f64 / f64::from(1 << 20);
        let right = source.as_ref().map_or(String::new(), |source| right(source, &pictures(&result), cuts));
        println!(
            "  {:<26} {seconds:>6.1} s {time:>6.2}x {peak:>6.0} MiB {memory:>6.2}x {size:>6.1} MiB  {right}",
            peer.name
        );
    }
    if let Some(run) = peers[0].runs.last() {
        let run = exported(&run.output);
        println!("  Workprint chose {}; predicted {:.0} MiB, peak {:.0} MiB", run.encoder, run.predicted, run.peak);
    }
    println!("  (the second and fourth figure are Workprint's share of each)");
}

fn peer(name: &'static str, program: &'static str, args: Vec<String>, result: &'static str) -> Peer {
    Peer { name, program, args, result, runs: Vec::new() }
}

/// One input for each cut, decoded from the key frame on: exact.
fn ffmpeg(film: &Path, first: &[usize], x264: &str) -> Peer {
    let mut args = words("-v error -nostdin -y");
    for at in first {
        args.extend(words(&format!("-ss {:.6} -t {:.6} -i", *at as f64 / 30.0, FRAMES as f64 / 30.0)));
        args.push(film.display().to_string());
    }
    let inputs: Vec<String> = (0..first.len()).map(|n| format!("[{n}:v][{n}:a]")).collect();
    args.push("-filter_complex".into());
    args.push(format!("{}concat=n={}:v=1:a=1[v][a]", inputs.concat(), first.len()));
    args.extend(words(&format!("-map [v] -map [a] -c:v libx264 {x264} -c:a aac -b:a 128k ffmpeg.mp4")));
    peer("ffmpeg, an input each", "ffmpeg", args, "ffmpeg.mp4")
}

/// One list of cuts: what people are told to use, light, but not to the frame.
fn ffmpeg_concat(folder: &Path, film: &Path, (first, frames): (&[usize], usize), how: &str) -> Peer {
    let cut = |at: &usize| {
        let (from, to) = (*at as f64 / 30.0, (*at + frames) as f64 / 30.0);
        format!("file '{}'\ninpoint {from:.6}\noutpoint {to:.6}\n", film.display())
    };
    let list: String = first.iter().map(cut).collect();
    std::fs::write(folder.join("cuts.txt"), format!("ffconcat version 1.0\n{list}")).unwrap();
    let args = format!("-v error -nostdin -y -f concat -safe 0 -i cuts.txt {how} concat.mp4");
    peer("ffmpeg, a concat list", "ffmpeg", words(&args), "concat.mp4")
}

fn melt(film: &Path, first: &[usize], x264: &str) -> Peer {
    let mut args = Vec::new();
    for at in first {
        args.push(film.display().to_string());
        args.extend(words(&format!("in={at} out={}", at + FRAMES - 1)));
    }
    let options: Vec<String> =
        words(x264).chunks(2).map(|o| format!("{}={}", o[0].trim_start_matches('-'), o[1])).collect();
    args.extend(words(
        "-profile atsc_1080p_30 -consumer avformat:melt.mp4 vcodec=libx264 acodec=aac ab=128k real_time=-1 threads=0",
    ));
    args.extend(options);
    peer("melt", "melt", args, "melt.mp4")
}

/// Every picture of a file, small and grey.
fn pictures(file: &Path) -> Vec<Vec<u8>> {
    let (width, height) = SMALL;
    let filter = format!("scale={width}:{height}:flags=area,format=gray");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(file)
        .args(["-an", "-vf", &filter, "-vsync", "0", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    output.stdout.chunks_exact(width * height).map(<[u8]>::to_vec).collect()
}

/// How many frames of a result are the ones that were cut to: none of the film's neighbours is clearly nearer.
fn right(source: &[Vec<u8>], result: &[Vec<u8>], (first, frames): (&[usize], usize)) -> String {
    let apart = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
    let wanted: Vec<usize> = first.iter().flat_map(|at| *at..*at + frames).collect();
    let right = wanted.iter().zip(result).filter(|(at, picture)| {
        let own = apart(&source[**at], picture);
        let near = at.saturating_sub(5)..(**at + 6).min(source.len());
        near.map(|n| apart(&source[n], picture)).min().is_some_and(|best| own <= best + best / 4 + 200)
    });
    format!("{} ({} of {} right)", result.len(), right.count(), wanted.len())
}

/// Median time and peak.
fn median(runs: &[support::Run]) -> Option<(f64, f64)> {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some((middle(runs.iter().map(|r| r.seconds).collect())?, middle(runs.iter().map(|r| r.peak).collect())?))
}

/// Eight files of eight codecs: their proxies by Workprint, and the same by ffmpeg, one after the other as it is used.
fn proxies(folder: &Path, film: &Path) {
    println!("proxies of 8 mixed files; medians of {ROUNDS} runs");
    if !there("ffmpeg") {
        println!("  skipped: there is no ffmpeg");
        return;
    }
    let files: Vec<PathBuf> =
        CODECS.iter().filter_map(|(name, args)| encoded(folder, film, name, args)).take(8).collect();
    let cache = folder.join("cache");
    let all = |name: &str| {
        let line = |(n, file): (usize, &PathBuf)| {
            format!(
                "ffmpeg -v error -nostdin -y -i '{}' -an -vf scale=960:540 -c:v libx264 -preset ultrafast -tune fastdecode -qp 24 -g 10 -bf 0 -profile:v baseline -pix_fmt yuv420p {name}{n}.mp4",
                file.display()
            )
        };
        files.iter().enumerate().map(line).collect::<Vec<_>>().join(" && ")
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        if cache.exists() {
            // what is there is not made again
            std::fs::remove_dir_all(&cache).unwrap();
        }
        let names: Vec<String> = files.iter().map(|f| format!("'{}'", f.display())).collect();
        let command = format!("WORKPRINT_CACHE='{}' exec '{PROGRAM}' proxy {}", cache.display(), names.join(" "));
        ours.extend(measured(folder, "sh", &["-c".into(), command]));
        theirs.extend(measured(folder, "sh", &["-c".into(), all("proxy")]));
    }
    let own: u64 = walk(&cache);
    let other: u64 = (0..files.len())
        .filter_map(|n| std::fs::metadata(folder.join(format!("proxy{n}.mp4"))).ok())
        .map(|m| m.len())
        .sum();
    let Some((time, peak)) = median(&ours) else { return println!("  Workprint failed") };
    let Some((their_time, their_peak)) = median(&theirs) else { return println!("  ffmpeg failed") };
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!("  Workprint  {time:>6.1} s {peak:>6.0} MiB {:>6.1} MiB", mib(own));
    println!("  ffmpeg     {their_time:>6.1} s {their_peak:>6.0} MiB {:>6.1} MiB", mib(other));
    println!("  Workprint takes {:.2} of ffmpeg's time", time / their_time);
}

/// Bytes of all files below a folder.
fn walk(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| if e.path().is_dir() { walk(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) }).sum()
}
