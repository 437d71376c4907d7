//! What small memory budgets cost: how many more bits an export takes in them at equal quality (PSNR), and how far its
//! own quality is from that without a limit.
//!
//! `cargo bench --bench bits -- FILM [MIB...]` takes shots from all over a film of one's own, in its own size, and
//! exports them with `h264` in budgets of so many MiB (by size, where none is named). Without a film it says so: what a
//! test pattern takes tells nothing of films.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]
#![allow(dead_code, reason = "another bench uses the rest of what is shared")]
#![allow(clippy::cast_precision_loss, reason = "for display")]

mod support;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{own_film, project, settings};
use workprint::export::{
    ExportEvent, ExportSettings, Film, Format, Preset, Target, Video, X264, X264Rate, export, find_preset,
};
use workprint::media::Cancel;
use workprint::model::Project;

/// Shots, and the frames of each.
const SHOTS: u32 = 6;
const FRAMES: u32 = 45;

/// Crfs beside that of the preset, whose results are what others are compared with.
const BESIDE: [i32; 4] = [-2, 0, 2, 4];

/// A budget that limits nothing.
const PLENTY: u64 = 16 << 30;

fn main() {
    workprint::export::tame_allocator();
    workprint::media::init().unwrap();
    let Some(film) = own_film() else {
        println!("skipped: no film was named");
        return;
    };
    let folder = std::env::temp_dir().join("workprint-bench-bits");
    std::fs::create_dir_all(&folder).unwrap();
    let info = workprint::media::probe(&film).unwrap();
    let video = info.video_stream(0).expect("the film has pictures");
    let (width, height) = (video.width, video.height);
    let seconds =
        info.duration.expect("the film has a length").0 as f64 / workprint::model::SourceTime::SECOND.0 as f64;
    let long = f64::from(FRAMES) / 30.0;
    let row = |n: u32| {
        let begin = (seconds - long) * (f64::from(n) + 0.5) / f64::from(SHOTS);
        format!("{},V1,{begin:.3},{:.3}", film.display(), begin + long)
    };
    let rows: Vec<String> = (0..SHOTS).map(row).collect();
    let name = project(&folder, "bits", &format!("{width}x{height}"), &rows);
    let project = Arc::new(workprint::project_file::load(&folder.join(name)).unwrap());
    let mut budgets: Vec<u64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    if budgets.is_empty() {
        budgets = if width * height > 1920 * 1200 { vec![1024, 512] } else { vec![512, 256, 200] };
    }
    println!("{SHOTS} shots of {FRAMES} frames, {width}×{height}, h264");
    let bench = Bench { folder, project };
    let original = bench.export(find_preset("lossless").unwrap(), "original.mkv", PLENTY).0;
    let preset = find_preset("h264").unwrap();
    let Format::Film(film) = &preset.target.format else { unreachable!("h264 makes films") };
    let Video::H264(X264 { speed, rate: X264Rate::Quality(crf) }) = &film.video else { unreachable!("h264 has a crf") };
    let measured = |preset: &Preset, budget| {
        let (file, size, encoder) = bench.export(preset, "result.mp4", budget);
        (psnr(&original, &file), size, encoder)
    };
    let reference = BESIDE.map(|beside| {
        let crf = crf.saturating_add_signed(beside);
        let film = Film { video: Video::h264(speed, crf), ..film.clone() };
        let target = Target { format: Format::Film(film), ..preset.target.clone() };
        let (quality, size, encoder) = measured(&Preset { target, ..preset.clone() }, PLENTY);
        println!("  no limit, crf {crf}   {quality:.2} dB  {:.2} MB  {encoder}", size / 1e6);
        (beside, quality, size)
    });
    let meant = reference.iter().find(|r| r.0 == 0).expect("the preset's own is among them").1;
    let reference = reference.map(|(_, quality, size)| (quality, size));
    for budget in budgets {
        let (quality, size, encoder) = measured(preset, budget << 20);
        let more = (size / size_at(&reference, quality) - 1.0) * 100.0;
        println!(
            "  {budget:>5} MiB  {quality:.2} dB ({:+.2})  {:.2} MB  {more:+.1} % bits at equal quality  {encoder}",
            quality - meant,
            size / 1e6
        );
    }
}

struct Bench {
    folder: PathBuf,
    project: Arc<Project>,
}

impl Bench {
    /// The file, its size in bytes and what encoded it.
    fn export(&self, preset: &Preset, name: &str, budget: u64) -> (PathBuf, f64, String) {
        let own_memory = workprint::export::Memory::default().sample();
        let settings = ExportSettings { own_memory, ..settings(self.folder.join(name), preset.clone(), budget) };
        let mut encoder = String::new();
        let summary = export(&self.project, &settings, &Cancel::default(), &mut |event: ExportEvent| {
            if let ExportEvent::Planned { encoder: chosen, .. } = event {
                encoder = chosen;
            }
        })
        .unwrap();
        (settings.path, summary.size as f64, encoder)
    }
}

/// The size at a quality, on the curve through the references: lines between the logarithms of their sizes.
fn size_at(reference: &[(f64, f64)], quality: f64) -> f64 {
    let above = reference.iter().skip(1).position(|r| r.0 <= quality).unwrap_or(reference.len() - 2);
    let ((q0, s0), (q1, s1)) = (reference[above], reference[above + 1]);
    (s0.ln() + (s1.ln() - s0.ln()) * (quality - q0) / (q1 - q0)).exp()
}

/// Peak signal-to-noise ratio of a file over all its planes and pictures, in decibels.
fn psnr(original: &Path, file: &Path) -> f64 {
    let (mut squares, mut count) = (0_u64, 0_u64);
    let (one, other) = (Pictures::new(original), Pictures::new(file));
    loop {
        let (a, b) = match (one.next(), other.next()) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => break,
            _ => panic!("not as many pictures in {} as in {}", file.display(), original.display()),
        };
        let (a, b) = (a.buffer().unwrap().map_readable().unwrap(), b.buffer().unwrap().map_readable().unwrap());
        assert_eq!(a.len(), b.len());
        squares += a.iter().zip(b.iter()).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum::<u64>();
        count += a.len() as u64;
    }
    assert!(count > 0, "no pictures in {}", original.display());
    10.0 * (255.0 * 255.0 * count as f64 / squares as f64).log10()
}

/// The pictures of a file, one after the other.
struct Pictures(gst::Pipeline, AppSink);

impl Pictures {
    fn new(path: &Path) -> Self {
        let pipeline = gst::parse::launch(
            "filesrc name=in ! decodebin ! videoconvert ! video/x-raw,format=I420 ! appsink name=out sync=false max-buffers=2",
        );
        let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
        pipeline.by_name("in").unwrap().set_property("location", path);
        let sink = pipeline.by_name("out").unwrap().downcast().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self(pipeline, sink)
    }

    fn next(&self) -> Option<gst::Sample> {
        let sample = self.1.pull_sample().ok();
        let error = self.0.bus().unwrap().pop_filtered(&[gst::MessageType::Error]);
        assert!(error.is_none(), "{error:?}");
        sample
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}
