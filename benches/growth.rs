//! How an export's memory grows, and how well it was predicted: over cuts, length, sizes, layers, sounds, codecs and
//! budgets; over exports in a row in one process; and with fewer cores.
//!
//! `cargo bench --bench growth -- [FILM] [cuts length sizes layers sounds codecs budgets row cores]` takes a film of
//! one's own (which needs ffmpeg); without one it makes footage up. Codecs other than H.264 need ffmpeg.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(clippy::cast_precision_loss, reason = "for display")]

mod support;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use support::{CODECS, Exported, cuts, encoded, exported, film, project, settings, there, wanted, workprint};
use workprint::export::{ExportEvent, export, find_preset};
use workprint::media::Cancel;

/// What the predictions of all runs were off by: measured peaks over predicted ones.
struct Table {
    folder: PathBuf,
    worst: Vec<(f64, String)>,
}

impl Table {
    /// Exports a project, and prints what it took beside the first of its kind.
    fn row(&mut self, name: &str, project: &str, args: &[&str], first: Option<&Exported>) -> Exported {
        let run = run(&self.folder, &[], project, args);
        let off = run.predicted / run.peak;
        let growth = first.map_or(String::new(), |f| format!("{:+5.1} %", (run.peak / f.peak - 1.0) * 100.0));
        println!(
            "  {name:<34} {:>7} frames {:>7.1} s  peak {:>6.1} MiB {growth:>8}  predicted {:>6.1} ({off:.2})  budget {:>5.0}  {}",
            run.frames, run.seconds, run.peak, run.predicted, run.budget, run.encoder
        );
        assert!(run.peak <= run.budget, "{name}: {:.0} MiB in a budget of {:.0}", run.peak, run.budget);
        self.worst.push((off, name.to_owned()));
        run
    }
}

fn run(folder: &Path, before: &[&str], project: &str, args: &[&str]) -> Exported {
    let target = if args.contains(&"lossless") { "out.mkv" } else { "out.mp4" };
    let export = [support::PROGRAM, "export", project, "-o", target, "--overwrite", "--json", "--copy", "off"];
    let words = [before, &export, args].concat();
    let output = Command::new(words[0]).args(&words[1..]).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    exported(&String::from_utf8(output.stdout).unwrap())
}

/// Few and many cuts of a film. Short exports of the same differ by a MiB, so that many are compared with the median of
/// five.
fn over_cuts(table: &mut Table) {
    let folder = table.folder.clone();
    for (width, height) in [(1280, 720), (1920, 1080)] {
        println!("cuts of 10 frames, {height}p, draft");
        let film = film(&folder, width, height);
        let size = format!("{width}x{height}");
        let few = project(&folder, "cuts", &size, &cuts(&film, 30, 10));
        let mut runs: Vec<_> = (0..5).map(|_| table.row("30 cuts", &few, &["--preset", "draft"], None)).collect();
        runs.sort_by(|a, b| a.peak.total_cmp(&b.peak));
        let median = &runs[2];
        for count in [300, 3000] {
            let project = project(&folder, "cuts", &size, &cuts(&film, count, 10));
            table.row(&format!("{count} cuts"), &project, &["--preset", "draft"], Some(median));
        }
    }
}

fn main() {
    workprint::export::tame_allocator();
    workprint::media::init().unwrap();
    let folder = std::env::temp_dir().join("workprint-bench-growth");
    std::fs::create_dir_all(&folder).unwrap();
    let mut table = Table { folder: folder.clone(), worst: Vec::new() };
    let draft = ["--preset", "draft"];
    if wanted("cuts") {
        over_cuts(&mut table);
    }
    if wanted("length") {
        println!("length, 360p, draft");
        let film = film(&folder, 640, 360);
        let mut first = None;
        for minutes in [1, 10, 60] {
            // out of order, so that the shortest needs a second reader at its cuts as well
            let row = |n: usize| format!("{},V1,{},{}", film.display(), n * 50 % 60, n * 50 % 60 + 10);
            let rows: Vec<String> = (0..minutes * 6).map(row).collect();
            let project = project(&folder, "length", "640x360", &rows);
            let run = table.row(&format!("{minutes} minutes"), &project, &draft, first.as_ref());
            first.get_or_insert(run);
        }
    }
    if wanted("sizes") {
        for preset in ["draft", "h264", "lossless"] {
            println!("sizes, 4 cuts of 30 frames, {preset}");
            for (width, height) in [(1280, 720), (1920, 1080), (3840, 2160)] {
                let film = film(&folder, width, height);
                let project = project(&folder, "size", &format!("{width}x{height}"), &cuts(&film, 4, 30));
                table.row(&format!("{height}p"), &project, &["--preset", preset, "--memory-budget", "3GiB"], None);
            }
        }
    }
    if wanted("layers") {
        println!("layers of 1080p side by side, draft, in 1 GiB");
        let film = film(&folder, 1920, 1080);
        for count in [1, 4, 16] {
            let project = layers(&folder, &film, count);
            table.row(&format!("{count} layers"), &project, &["--preset", "draft", "--memory-budget", "1GiB"], None);
        }
    }
    if wanted("sounds") {
        println!("sounds at once, beside a 360p picture, draft");
        let film = film(&folder, 640, 360);
        let mut first = None;
        for (count, minutes) in [(2, 1), (2, 60), (63, 1), (63, 60)] {
            let mut rows = vec![format!("{},V1,0,60", film.display()); minutes];
            for track in 2..=count {
                rows.extend(vec![format!("{},A{track},0,60", sound_of(&film).display()); minutes]);
            }
            let project = project(&folder, "sounds", "640x360", &rows);
            let run = table.row(&format!("{count} sounds, {minutes} minutes"), &project, &draft, first.as_ref());
            first.get_or_insert(run);
        }
    }
    if wanted("codecs") && there("ffmpeg") {
        println!("codecs, 1080p, draft");
        let film = film(&folder, 1920, 1080);
        for (name, args) in CODECS {
            let Some(film) = encoded(&folder, &film, name, args) else { continue };
            let project = project(&folder, "codec", "1920x1080", &[format!("{},V1,0,3", film.display())]);
            table.row(name, &project, &draft, None);
        }
    } else if wanted("codecs") {
        println!("skipped: other codecs, there is no ffmpeg");
    }
    if wanted("budgets") {
        for (width, height, budgets) in
            [(1920, 1080, ["512MiB", "256MiB", "200MiB"]), (3840, 2160, ["2GiB", "1GiB", "512MiB"])]
        {
            println!("{height}p, 6 cuts of 30 frames, h264");
            let film = film(&folder, width, height);
            let project = project(&folder, "budget", &format!("{width}x{height}"), &cuts(&film, 6, 30));
            for budget in budgets {
                table.row(budget, &project, &["--preset", "h264", "--memory-budget", budget], None);
            }
        }
    }
    if wanted("row") {
        in_a_row(&folder);
    }
    if wanted("cores") {
        println!("cores, 12 cuts of 30 frames, 1080p, h264");
        let film = film(&folder, 1920, 1080);
        let project = project(&folder, "cores", "1920x1080", &cuts(&film, 12, 30));
        for (name, before) in [("all", &[][..]), ("one, by affinity", &["taskset", "-c", "0"][..])] {
            let run = run(&folder, before, &project, &["--preset", "h264"]);
            println!("  {name:<34} {:>7.1} s  peak {:>6.0} MiB  {}", run.seconds, run.peak, run.encoder);
        }
    }
    let by_error = |a: &&(f64, String), b: &&(f64, String)| a.0.total_cmp(&b.0);
    if let (Some(low), Some(high)) = (table.worst.iter().min_by(by_error), table.worst.iter().max_by(by_error)) {
        println!("predicted over measured: from {:.2} ({}) to {:.2} ({})", low.0, low.1, high.0, high.1);
    }
}

/// The sound of a film alone.
fn sound_of(film: &Path) -> PathBuf {
    let path = film.with_extension("m4a");
    if !path.is_file() {
        support::make(&format!(
            "filesrc location={} ! qtdemux name=d d.audio_0 ! aacparse ! mp4mux ! filesink location={}",
            film.display(),
            path.display()
        ));
    }
    path
}

/// Layers in a grid, none of which hides another.
fn layers(folder: &Path, film: &Path, count: usize) -> String {
    let rows: Vec<String> = (1..=count).map(|n| format!("{},V{n},{},{}", film.display(), n, n + 4)).collect();
    let project = project(folder, "layers", "1920x1080", &rows);
    let side = (count as f64).sqrt().ceil();
    let loaded = workprint::project_file::load(&folder.join(&project)).unwrap();
    let pictures = loaded.sequence().tracks.iter().filter(|t| t.kind == workprint::model::TrackKind::Video);
    let mut edits = String::new();
    for (n, clip) in pictures.filter_map(|t| t.clips.iter().next()).enumerate() {
        let (column, row) = (n as f64 % side, (n as f64 / side).floor());
        let place = |at: f64| (at + 0.5) / side - 0.5;
        for (property, value) in [("Scale", 1.0 / side), ("X", place(column)), ("Y", place(row))] {
            write!(edits, "SetProperty(clips: [{}], property: {property}((value: {value}))),", clip.id.0).unwrap();
        }
    }
    std::fs::write(folder.join("edits.ron"), format!("[{edits}]")).unwrap();
    workprint(folder, &["edit", &project, "edits.ron"]);
    project
}

/// Ten exports in this process: the highest memory in each.
fn in_a_row(folder: &Path) {
    println!("ten exports in a row in one process, 12 cuts of 30 frames, 720p, draft");
    let film = film(folder, 1280, 720);
    let name = project(folder, "row", "1280x720", &cuts(&film, 12, 30));
    let project = Arc::new(workprint::project_file::load(&folder.join(name)).unwrap());
    let mut first = None;
    for n in 1..=10 {
        let settings = settings(folder.join("row.mp4"), find_preset("draft").unwrap().clone(), 2 << 30);
        let summary = export(&project, &settings, &Cancel::default(), &mut |_: ExportEvent| {}).unwrap();
        let peak = summary.peak_rss as f64 / f64::from(1 << 20);
        let growth = (peak / *first.get_or_insert(peak) - 1.0) * 100.0;
        println!("  {n:>2}  peak {peak:>6.1} MiB  {growth:+.1} %  {:.1} s", summary.seconds);
    }
}
