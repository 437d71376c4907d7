//! The preview: how long a seek takes until its picture is there, on proxies and on originals; and how many pictures
//! come too late while it plays.
//!
//! `cargo bench --bench preview -- PROJECT.ron…` takes projects of one's own; without one it makes footage: a long-GOP
//! film of noise and motion in 1080p, alone and in three layers.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "small known numbers"
)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use support::{Seeded, make, workprint};
use workprint::media::{Cache, Cancel, Parts, ProxyMaker, ProxySettings, make_proxy};
use workprint::model::{Frame, Project, Span};
use workprint::render::{Media, Motion, Preview, PreviewCommand};

/// Seeks that are measured.
const SEEKS: usize = 100;

/// Seconds that are played.
const PLAYED: u64 = 10;

fn main() {
    workprint::media::init().unwrap();
    let folder = std::env::temp_dir().join("workprint-bench-preview");
    std::fs::create_dir_all(&folder).unwrap();
    let own: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).map(PathBuf::from).collect();
    let projects = if own.is_empty() { vec![project(&folder, 1), project(&folder, 3)] } else { own };
    let cache = Cache::at(folder.join("cache"), 20 << 30);
    for path in projects {
        let project = Arc::new(workprint::project_file::load(&path).unwrap());
        for asset in project.assets.values().filter(|a| a.info.has_video()) {
            let settings = ProxySettings { threads: 2 };
            let mut maker = ProxyMaker::default();
            for part in Parts::of(&asset.info).all() {
                // stills have none
                let _ = make_proxy(&cache, asset, part, settings, &mut maker, &Cancel::default(), &|_| {});
            }
        }
        println!("{}", path.file_stem().unwrap().to_string_lossy());
        let seeks = |media: Media| seeks(&project, media);
        let (proxies, originals) = (seeks(Media::Proxies(cache.clone())), seeks(Media::Originals));
        for (name, times) in [("proxies", &proxies), ("originals", &originals)] {
            println!("  {SEEKS} seeks on {name:<9}  p50 {:>7.1} ms   p95 {:>7.1} ms", at(times, 0.5), at(times, 0.95));
        }
        let ratio = |share| at(&originals, share) / at(&proxies, share);
        println!("  originals over proxies     p50 {:>7.1} ×    p95 {:>7.1} ×", ratio(0.5), ratio(0.95));
        for (name, media) in [("proxies", Media::Proxies(cache.clone())), ("originals", Media::Originals)] {
            let (late, due) = late(&project, media);
            println!(
                "  playing {name:<9}          {late} of {due} pictures late ({:.1} %)",
                late as f64 * 100.0 / due as f64
            );
        }
    }
}

/// A film of 30 s, in so many layers.
fn project(folder: &Path, layers: usize) -> PathBuf {
    let film = folder.join("film.mp4");
    if !film.is_file() {
        let pipeline = format!(
            "videotestsrc num-buffers=900 pattern=ball motion=wavy ! video/x-raw,width=1920,height=1080,framerate=30/1 ! \
             timeoverlay ! x264enc speed-preset=veryfast key-int-max=180 bitrate=8000 ! h264parse ! mp4mux ! filesink location={}",
            film.display()
        );
        make(&pipeline);
    }
    let name = if layers == 1 { "film 1080p" } else { "three layers of 1080p" };
    let file = format!("{name}.ron");
    let project = folder.join(&file);
    let rows: Vec<String> = (1..=layers).map(|n| format!("film.mp4,V{n},0")).collect();
    std::fs::write(folder.join("list.csv"), format!("source,track,at\n{}\n", rows.join("\n"))).unwrap();
    workprint(folder, &["assemble", "list.csv", "-o", &file, "--overwrite"]);
    if layers > 1 {
        let loaded = workprint::project_file::load(&project).unwrap();
        let clips = loaded.sequence().tracks.iter().skip(1).filter_map(|t| t.clips.iter().next());
        let edits: Vec<String> = clips
            .enumerate()
            .map(|(n, c)| {
                let (id, x) = (c.id.0, n as f64 * 0.4 - 0.2);
                format!("SetProperty(clips: [{id}], property: Scale((value: 0.4))), SetProperty(clips: [{id}], property: X((value: {x})))")
            })
            .collect();
        std::fs::write(folder.join("edits.ron"), format!("[{}]", edits.join(", "))).unwrap();
        workprint(folder, &["edit", &file, "edits.ron"]);
    }
    project
}

fn start(project: &Arc<Project>, media: Media) -> (Preview, Receiver<()>) {
    let (wake, woken) = channel();
    let wake = std::sync::Mutex::new(wake);
    let preview = Preview::start(Arc::clone(project), media, move || {
        let _ = wake.lock().unwrap().send(());
    });
    (preview.unwrap(), woken)
}

/// Waits until a picture of that frame is there.
fn shown(preview: &Preview, woken: &Receiver<()>, frame: Frame) {
    loop {
        woken.recv_timeout(Duration::from_mins(1)).expect("no picture for a minute");
        if preview.take_state().picture.is_some_and(|p| p.frame == frame) {
            return;
        }
    }
}

/// Milliseconds of each seek, sorted.
fn seeks(project: &Arc<Project>, media: Media) -> Vec<f64> {
    let (preview, woken) = start(project, media);
    let mut random = Seeded(7);
    let mut times: Vec<f64> = (0..SEEKS)
        .map(|_| {
            let frame = Frame(random.below(project.sequence().end().0 as usize) as i64);
            let begun = Instant::now();
            preview.send(PreviewCommand::Seek(frame));
            shown(&preview, &woken, frame);
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Pictures that were due and not shown, and all that were due.
fn late(project: &Arc<Project>, media: Media) -> (u64, u64) {
    let (preview, woken) = start(project, media);
    preview.send(PreviewCommand::Seek(Frame::ZERO));
    shown(&preview, &woken, Frame::ZERO);
    let within = Span::between(Frame::ZERO, project.sequence().end());
    let motion = Motion { from: Frame::ZERO, speed: 1, within, looping: false };
    preview.send(PreviewCommand::Play(motion, 1));
    let begun = Instant::now();
    let mut last = (0, 0);
    while begun.elapsed() < Duration::from_secs(PLAYED) {
        let _ = woken.recv_timeout(Duration::from_millis(100));
        let state = preview.take_state();
        if state.playing {
            last = (state.dropped, state.position.0.unsigned_abs());
        }
    }
    (last.0, last.1.max(1))
}
