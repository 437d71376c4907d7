//! Footage of every rate on sequences of every rate: the frame that is shown is always the last that began by then.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, clippy::single_match_else, reason = "short texts, and a pair of ways")]

mod common;

use common::{Footage, make_timed, read_number, succeed};
use std::path::Path;
use std::sync::Arc;
use workprint::media::Cancel;
use workprint::model::{Frame, FrameRate};
use workprint::render::{Media, Pictures};

const RATES: [(i32, i32); 8] =
    [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];

/// How far a frame may begin after the moment and still be meant: this container rounds by up to half a millisecond,
/// and as much is allowed for when it is read.
const TOLERANCE: f64 = 0.0011;

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
            succeed(folder, &["assemble", "c.csv", "-o", "c.ron", "--rate", &rate, "--size", "160x90"]);
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
                let at = FrameRate::new(num as u32, den as u32).unwrap().time_of(Frame(frame)).seconds();
                let last = |until: f64| times.iter().rposition(|t| *t <= until).unwrap_or(0);
                let allowed = last(at + 1e-9)..=last(at + TOLERANCE);
                looked_at += 1;
                if !allowed.contains(&found) {
                    wrong.push(format!("{source:?} on {rate}, frame {frame}: {found} instead of {allowed:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {looked_at}: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    assert!(looked_at > 6000, "only {looked_at} frames were looked at");
}
