//! Time of one edit on timelines of 100, 1,000 and 10,000 clips: `cargo bench --bench edits`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic, and only people see it")]

use divan::{Bencher, black_box};
use std::path::PathBuf;
use std::sync::Arc;
use workprint::edit::{Edge, Edit, Landing, apply};
use workprint::model::{
    Asset, AssetId, AudioStream, Clip, ClipContent, ClipId, Frame, FrameCount, FrameRate, LinkId, MediaInfo, MediaKind,
    Project, Properties, SourceTime, Speed, TrackKind,
};

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() {
    divan::main();
}

/// A project of `clips` sound clips on two linked tracks, 20 frames each with a gap of 10, and the name of
/// one in the middle.
fn project(clips: usize) -> (Project, ClipId) {
    let mut project = Project::new(1920, 1080, FrameRate::F30, 48_000);
    project = apply(&project, &Edit::AddTrack(TrackKind::Audio)).unwrap();
    let asset = AssetId(project.fresh_id());
    let info = MediaInfo {
        kind: MediaKind::Audio,
        container: "WAV".into(),
        duration: Some(SourceTime(SourceTime::SECOND.0 * 3600)),
        start: SourceTime::ZERO,
        video: None,
        audio: vec![AudioStream { codec: "PCM".into(), rate: 48_000, channels: 2, language: String::new() }],
        generator: None,
        untimed: false,
        more_video: Vec::new(),
    };
    let path = PathBuf::from("/a.wav");
    project
        .assets_mut()
        .insert(asset, Arc::new(Asset { id: asset, name: "a".into(), path, fingerprint: String::new(), info }));
    let content = Arc::new(ClipContent { name: "a".into(), asset, stream: 0, properties: Properties::default() });
    let mut middle = ClipId(0);
    for n in 0..clips / 2 {
        let link = Some(LinkId(project.fresh_id()));
        for track in 1..=2 {
            let id = ClipId(project.fresh_id());
            if n == clips / 4 {
                middle = id;
            }
            let clip = Clip {
                id,
                start: Frame(i64::try_from(n).unwrap() * 30),
                length: FrameCount(20),
                source_in: SourceTime::SECOND,
                speed: Speed::NORMAL,
                link,
                group: None,
                enabled: true,
                transition: None,
                content: Arc::clone(&content),
            };
            let track = project.sequence().tracks[track].id;
            project.sequence_mut().track_mut(track).unwrap().clips.insert(clip);
        }
    }
    project.check().unwrap();
    (project, middle)
}

fn bench(bencher: Bencher<'_, '_>, clips: usize, edit: impl Fn(ClipId, Frame) -> Edit) {
    let (project, clip) = project(clips);
    let at = project.sequence().clip(clip).unwrap().1.start;
    let edit = edit(clip, at);
    bencher.bench_local(|| apply(black_box(&project), black_box(&edit)).unwrap());
}

#[divan::bench(args = SIZES)]
fn trim(bencher: Bencher<'_, '_>, clips: usize) {
    bench(bencher, clips, |clip, _| Edit::Trim { clip, edge: Edge::Out, by: FrameCount(3), alone: false });
}

#[divan::bench(args = SIZES)]
fn split(bencher: Bencher<'_, '_>, clips: usize) {
    bench(bencher, clips, |clip, at| Edit::Split { at: at + FrameCount(7), clips: vec![clip], alone: false });
}

#[divan::bench(args = SIZES)]
fn shift_clip(bencher: Bencher<'_, '_>, clips: usize) {
    let landing = Landing::Overwrite;
    bench(bencher, clips, |clip, _| Edit::Move {
        clips: vec![clip],
        by: FrameCount(5),
        tracks: 0,
        landing,
        ripple: false,
        alone: false,
    });
}

#[divan::bench(args = SIZES)]
fn ripple(bencher: Bencher<'_, '_>, clips: usize) {
    let by = FrameCount(3);
    bench(bencher, clips, |clip, _| Edit::Ripple { clip, edge: Edge::Out, by, sync_lock: true, alone: false });
}
