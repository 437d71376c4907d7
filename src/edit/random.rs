//! Random edits from a seed: whatever is tried, the project stays consistent, undo and redo are exact, a
//! refused edit changes nothing, and lengths change as the specification's table says.
//!
//! `WORKPRINT_RANDOM_SEEDS=100000 cargo test random` tries more. A seed that fails is added to [`FIXTURES`].

use super::text::{parse, print};
use super::{
    Edge, Edit, History, Landing, Limits, Placement, ripple_limits, roll_limits, slide_limits, slip_limits, trim_limits,
};
use crate::model::{
    ClipId, Frame, FrameCount, Marker, Param, Project, Property, SourceTime, Span, Speed, TrackId, TrackKind,
    Transition, TransitionKind,
};
use std::sync::Arc;

/// Seeds that once failed.
const FIXTURES: &[u64] = &[1105];

/// Edits tried for each seed.
const EDITS: usize = 40;

struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    fn chance(&mut self, one_in: i64) -> bool {
        self.below(one_in) == 0
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let index = usize::try_from(self.below(i64::try_from(all.len()).ok()?)).ok()?;
        all.get(index).cloned()
    }
}

fn edit(random: &mut Random, project: &Project) -> Edit {
    let sequence = project.sequence();
    let tracks: Vec<TrackId> = sequence.tracks.iter().map(|t| t.id).collect();
    let clips: Vec<ClipId> = sequence.tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.id)).collect();
    let clip = random.pick(&clips).unwrap_or(ClipId(0));
    let track = random.pick(&tracks).unwrap_or(TrackId(0));
    let frame = Frame(random.below(sequence.end().0 + 20) - i64::from(random.chance(30)));
    let by = FrameCount(random.below(41) - 20);
    let (alone, sync_lock) = (random.chance(3), !random.chance(3));
    let edge = if random.chance(2) { Edge::In } else { Edge::Out };
    let several: Vec<ClipId> = (0..=random.below(3)).filter_map(|_| random.pick(&clips)).collect();
    let span = Span { start: frame, length: FrameCount(random.below(30)) };
    match random.below(34) {
        0 | 1 => Edit::Append(placement(random, project)),
        2 | 3 => Edit::Insert { place: placement(random, project), at: frame, sync_lock },
        4 | 5 => Edit::Overwrite { place: placement(random, project), at: frame },
        6 | 7 => Edit::Split { at: frame, clips: if random.chance(2) { vec![] } else { vec![clip] }, alone },
        8 => Edit::Trim { clip, edge, by, alone },
        9 => Edit::Ripple { clip, edge, by, sync_lock, alone },
        10 => Edit::Roll { left: clip, by, alone },
        11 => Edit::Slip { clips: several, by, alone },
        12 => Edit::Slide { clip, by, alone },
        13 | 14 => {
            let landing = if random.chance(2) { Landing::Insert } else { Landing::Overwrite };
            let tracks = i32::try_from(random.below(3)).unwrap_or(0) - 1;
            Edit::Move { clips: several, by, tracks, landing, ripple: random.chance(2), alone }
        }
        15 => Edit::Lift { clips: several, alone },
        16 => Edit::Extract { clips: several, sync_lock, alone },
        17 => Edit::LiftRange { span, tracks: if random.chance(2) { vec![] } else { vec![track] } },
        18 => Edit::ExtractRange { span, tracks: if random.chance(2) { vec![] } else { vec![track] } },
        19 => Edit::CloseGap { track, at: frame, sync_lock },
        20 => Edit::CloseAllGaps { track, sync_lock },
        21 => Edit::Link { clips: several, linked: random.chance(2) },
        22 => Edit::Group { clips: several, grouped: random.chance(2) },
        23 => {
            let all = sequence.tracks.iter().flat_map(|t| t.clips.iter().map(|c| (t.id, c)));
            let clips = all.filter(|(_, c)| several.contains(&c.id)).collect();
            let landing = if random.chance(2) { Landing::Insert } else { Landing::Overwrite };
            Edit::Paste { clips, at: frame, landing }
        }
        24 => Edit::Enable { clips: several, enabled: random.chance(2) },
        25 | 26 => {
            let speeds = [(2, 1), (1, 2), (-1, 1), (0, 1), (1, 1), (3, 2), (-7, 5), (100, 1), (1, 3)];
            let speed = random.pick(&speeds).and_then(|(num, den)| Speed::new(num, den)).unwrap_or_default();
            Edit::SetSpeed { clips: several, speed, ripple: random.chance(2), sync_lock, alone }
        }
        27 | 28 => {
            let kind = if random.chance(4) { TransitionKind::Dip([0; 3]) } else { TransitionKind::Dissolve };
            let before = FrameCount(random.below(5));
            let transition = Transition { kind, length: before + FrameCount(random.below(5)), before };
            let any = Some(transition).filter(|_| !random.chance(6));
            // mostly ones that fit
            let fitting = super::fitting_transition(project, clip, kind, FrameCount(random.below(12)));
            Edit::SetTransition { right: clip, transition: fitting.or(any), alone }
        }
        29 => {
            let frames = FrameCount(random.below(20));
            let opacity = Param::fixed(random.below(12) as f64 / 10.0);
            let property = random.pick(&[
                Property::FadeIn(frames),
                Property::FadeOut(frames),
                Property::Opacity(opacity),
                Property::Name("C".into()),
            ]);
            Edit::SetProperty { clips: several, property: property.unwrap_or(Property::FadeIn(frames)) }
        }
        30 => Edit::MoveTrack { track, to: usize::try_from(random.below(3)).unwrap_or(0) },
        31 => Edit::MoveMarker { from: frame, to: frame + by },
        32 if random.chance(12) => Edit::DuplicateSequence("Copy".into()),
        _ => Edit::AddMarker(Marker { at: frame, name: "m".into(), color: crate::model::MarkerColor::Blue }),
    }
}

fn placement(random: &mut Random, project: &Project) -> Placement {
    let sequence = project.sequence();
    let of = |kind| sequence.tracks_of(kind).map(|t| t.id).collect::<Vec<_>>();
    let (video, audio) = (random.pick(&of(TrackKind::Video)), random.pick(&of(TrackKind::Audio)));
    let assets: Vec<_> = project.assets.keys().copied().collect();
    let which = random.below(3);
    Placement {
        asset: random.pick(&assets).unwrap_or(crate::model::AssetId(0)),
        source_in: sequence.rate.time_of(Frame(random.below(60))) + SourceTime(random.below(1000)),
        length: FrameCount(random.below(30)),
        video: video.filter(|_| which != 1),
        audio: audio.filter(|_| which != 2),
        name: None,
    }
}

/// What the table says of the total length, where it says anything that holds for every track layout.
fn check_length(before: &Project, edit: &Edit, after: &Project, seed: u64) {
    let (old, new) = (before.sequence().end().0, after.sequence().end().0);
    let fits = match edit {
        Edit::Split { .. }
        | Edit::Slip { .. }
        | Edit::Roll { .. }
        | Edit::Link { .. }
        | Edit::Group { .. }
        | Edit::Enable { .. }
        | Edit::SetTransition { .. }
        | Edit::SetProperty { .. }
        | Edit::MoveTrack { .. }
        | Edit::MoveMarker { .. }
        | Edit::DuplicateSequence(_)
        | Edit::AddMarker(_) => new == old,
        // trimmed to the next clip: only the last ones can reach further
        Edit::SetSpeed { speed, ripple: false, .. } if speed.is_frozen() => new == old,
        Edit::Lift { .. } | Edit::LiftRange { .. } => new <= old,
        Edit::Extract { .. } | Edit::ExtractRange { .. } | Edit::CloseGap { .. } | Edit::CloseAllGaps { .. } => {
            new <= old
        }
        Edit::Insert { place, at, .. } => new >= old && new <= old.max(at.0) + place.length.0,
        Edit::Overwrite { place, at } => new == old.max(at.0 + place.length.0),
        Edit::Append(place) => new <= old + place.length.0 && new >= old,
        Edit::Ripple { by, .. } => (new - old).abs() <= by.0.abs(),
        _ => true,
    };
    assert!(fits, "seed {seed}: {edit:?} made {old} frames {new}:\n{}\n{}", print(before), print(after));
}

fn run(seed: u64) -> usize {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let text = match seed % 3 {
        0 => "A=50; B=80; V1: | A1:",
        1 => "A=60; V1: A@0+24 ~1, B@24+20 | V2: C@10+9 | A1: A@0+24 ~1 | A2: D@0+100",
        _ => "A=70; C=31; V1: A@5+20 src3 ~1, B@40+10 | V2 locked: C@0+30 | A1: A@5+20 src3 ~1, C@25+31",
    };
    let start = parse(text);
    let mut history = History::new(start.clone());
    let mut states = vec![Arc::clone(history.project())];
    for _ in 0..EDITS {
        let before = Arc::clone(history.project());
        let edit = edit(&mut random, &before);
        match history.commit(&edit) {
            Ok(_) => {
                let after = Arc::clone(history.project());
                assert_eq!(
                    after.check(),
                    Ok(()),
                    "seed {seed}: {edit:?} of\n{}\ngave\n{}",
                    print(&before),
                    print(&after)
                );
                check_length(&before, &edit, &after, seed);
                if after != before {
                    states.push(after);
                }
            }
            Err(_) => assert_eq!(**history.project(), *before, "seed {seed}: refused {edit:?} changed something"),
        }
        limits_hold(&mut random, history.project(), seed);
    }
    for state in states.iter().rev().skip(1) {
        assert!(history.undo(), "seed {seed}");
        assert_eq!(history.project(), state, "seed {seed}: undo");
    }
    assert!(!history.undo() && **history.project() == start);
    for state in states.iter().skip(1) {
        assert!(history.redo(), "seed {seed}");
        assert_eq!(history.project(), state, "seed {seed}: redo");
    }
    states.len() - 1
}

/// What a gesture is allowed, the edit accepts, and not a frame more.
fn limits_hold(random: &mut Random, project: &Project, seed: u64) {
    let clips: Vec<ClipId> = project.sequence().tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.id)).collect();
    let Some(clip) = random.pick(&clips) else { return };
    let edge = if random.chance(2) { Edge::In } else { Edge::Out };
    let alone = random.chance(2);
    let ripple = |by| Edit::Ripple { clip, edge, by, sync_lock: false, alone };
    let cases: [(Limits, &dyn Fn(FrameCount) -> Edit); 5] = [
        (trim_limits(project, clip, edge, alone), &|by| Edit::Trim { clip, edge, by, alone }),
        (ripple_limits(project, clip, edge, alone), &ripple),
        (roll_limits(project, clip, alone), &|by| Edit::Roll { left: clip, by, alone }),
        (slip_limits(project, &[clip], alone), &|by| Edit::Slip { clips: vec![clip], by, alone }),
        (slide_limits(project, clip, alone), &|by| Edit::Slide { clip, by, alone }),
    ];
    for (limits, edit) in cases {
        let ok = |by| super::apply(project, &edit(by)).is_ok();
        // on locked tracks, and where there is no cut to roll, not even nothing can be done
        if !ok(FrameCount::ZERO) {
            continue;
        }
        for (by, legal) in [
            (limits.least, true),
            (limits.most, true),
            (limits.least - FrameCount(1), false),
            (limits.most + FrameCount(1), false),
        ] {
            if by.0.abs() < 100_000 {
                let edit = edit(by);
                assert_eq!(ok(by), legal, "seed {seed}: {edit:?}, limits {limits:?}:\n{}", print(project));
            }
        }
    }
}

#[test]
fn random_edits_keep_every_promise() {
    let seeds = std::env::var("WORKPRINT_RANDOM_SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(600);
    let named = |seed| std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed} failed"));
    let done: usize = FIXTURES.iter().copied().chain(0..seeds).map(named).sum();
    assert!(done as u64 > seeds * 8, "only {done} edits were legal");
}
