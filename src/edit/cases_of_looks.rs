//! Cases of speed, transitions and properties, and of the tracks, markers and sequences themselves.

use super::text::{check, clip, dissolve, notes, parse, print, refused, track};
use super::{Edge, Edit, EditError, History, Landing, TrackChange, apply, fitting_transition};
use crate::model::{
    Curve, Fit, Frame, FrameCount, Keyframe, Marker, MarkerColor, Param, Project, Property, SourceTime, Speed,
    TrackKind, Transition, TransitionKind,
};

fn speed(num: i32, den: u32, ripple: bool) -> impl Fn(&Project) -> Edit {
    let speed = Speed::new(num, den).unwrap();
    move |p| Edit::SetSpeed { clips: vec![clip(p, "A", 0)], speed, ripple, sync_lock: true, alone: false }
}

fn transition(name: &'static str, text: &'static str) -> impl Fn(&Project) -> Edit {
    move |p| Edit::SetTransition { right: clip(p, name, 0), transition: Some(dissolve(text)), alone: false }
}

#[test]
fn speed_changes_lengths() {
    let before = "V1: A@0+20 src10, B@20+10";
    check(before, speed(2, 1, true), "V1: A@0+10 src10 *2, B@10+10");
    check(before, speed(2, 1, false), "V1: A@0+10 src10 *2, B@20+10");
    check(before, speed(1, 2, true), "V1: A@0+40 src10 *1/2, B@40+10");
    // without ripple it is cut off where the next clip begins
    check(before, speed(1, 2, false), "V1: A@0+20 src10 *1/2, B@20+10");
    // backwards it begins where it ended
    check(before, speed(-1, 1, true), "V1: A@0+20 src30 *-1, B@20+10");
    check(before, speed(-2, 1, true), "V1: A@0+10 src30 *-2, B@10+10");
    check("V1: A@0+10 src30 *-2, B@10+10", speed(1, 1, true), "V1: A@0+20 src10, B@20+10");
    // frozen it keeps its length and shows its first frame
    check(before, speed(0, 1, true), "V1: A@0+20 src10 *0, B@20+10");
    check("V1: A@0+20 src30 *-1", speed(0, 1, true), "V1: A@0+20 src29 *0");
    check("A=40; V1: A@0+50 src10 *0", speed(1, 1, true), "V1: A@0+30 src10");
    // linked sound and what lies behind on other tracks go along
    check(
        "V1: A@0+20 ~1, B@20+10 | V2: C@25+5 | A1: A@0+20 ~1 | A2: D@0+40",
        speed(2, 1, true),
        "V1: A@0+10 *2 ~1, B@10+10 | V2: C@15+5 | A1: A@0+10 *2 ~1 | A2: D@0+40",
    );
    refused("V1 locked: A@0+20", speed(2, 1, true), &EditError::Locked("V1".into()));
    assert!(Speed::new(1, 0).is_none() && Speed::new(-1001, 1).is_none());
}

/// The clips as the window names them: each of a linked pair by itself.
fn speed_of(names: &'static str, num: i32, den: u32, sync_lock: bool) -> impl Fn(&Project) -> Edit {
    let speed = Speed::new(num, den).unwrap();
    move |p| {
        let named = |c: &crate::model::Clip| names.contains(c.content.name.as_str());
        let tracks = p.sequence().tracks.iter();
        let clips = tracks.flat_map(|t| t.clips.iter().filter(named).map(|c| c.id)).collect();
        Edit::SetSpeed { clips, speed, ripple: true, sync_lock, alone: true }
    }
}

#[test]
fn speed_moves_what_follows_once() {
    let pairs = "V1: A@0+20 ~1, B@20+10 ~2 | A1: A@0+20 ~1, B@20+10 ~2";
    check(pairs, speed_of("A", 1, 2, true), "V1: A@0+40 *1/2 ~1, B@40+10 ~2 | A1: A@0+40 *1/2 ~1, B@40+10 ~2");
    check(pairs, speed_of("A", 2, 1, true), "V1: A@0+10 *2 ~1, B@10+10 ~2 | A1: A@0+10 *2 ~1, B@10+10 ~2");
    check(pairs, speed_of("A", 2, 1, false), "V1: A@0+10 *2 ~1, B@10+10 ~2 | A1: A@0+10 *2 ~1, B@10+10 ~2");
    // both pairs, one behind the other
    check(
        pairs,
        speed_of("AB", 1, 2, true),
        "V1: A@0+40 *1/2 ~1, B@40+20 *1/2 ~2 | A1: A@0+40 *1/2 ~1, B@40+20 *1/2 ~2",
    );
    // three that are linked, and what follows on a fourth track
    check(
        "V1: A@0+20 ~1, B@20+9 | A1: A@0+20 ~1 | A2: A@0+20 ~1, C@20+5 | A3: D@30+5",
        speed_of("A", 1, 2, true),
        "V1: A@0+40 *1/2 ~1, B@40+9 | A1: A@0+40 *1/2 ~1 | A2: A@0+40 *1/2 ~1, C@40+5 | A3: D@50+5",
    );
    // picture over picture, not linked: the longer one pushes
    check(
        "V1: A@0+20, C@20+9 | V2: B@4+10, D@14+6",
        speed_of("AB", 1, 2, true),
        "V1: A@0+40 *1/2, C@40+9 | V2: B@4+20 *1/2, D@34+6",
    );
    // without sync lock each track for itself, but picture with its sound
    check(
        "V1: A@0+20 ~1, C@20+9 | A1: A@0+16 ~1, C@16+9 | V2: B@4+10, D@14+6",
        speed_of("AB", 1, 2, false),
        "V1: A@0+40 *1/2 ~1, C@40+9 | A1: A@0+32 *1/2 ~1, C@36+9 | V2: B@4+20 *1/2, D@24+6",
    );
    // sound that begins before its picture's end: both cuts stay as they were, for the whole is stretched
    check(
        "V1: A@0+20 ~1, B@20+10 ~2, C@30+5 | A1: A@0+24 ~1, B@24+6 ~2, C@30+5",
        speed_of("AB", 1, 2, true),
        "V1: A@0+40 *1/2 ~1, B@40+20 *1/2 ~2, C@60+5 | A1: A@0+48 *1/2 ~1, B@48+12 *1/2 ~2, C@60+5",
    );
    // an edit list names one of the pair
    let named = |p: &Project| Edit::SetSpeed {
        clips: vec![clip(p, "A", 0)],
        speed: Speed::new(1, 2).unwrap(),
        ripple: true,
        sync_lock: true,
        alone: false,
    };
    check(pairs, named, "V1: A@0+40 *1/2 ~1, B@40+10 ~2 | A1: A@0+40 *1/2 ~1, B@40+10 ~2");
    // a title across the end stays, and so does music; a marker follows once
    let marked = |p: &Project| {
        Edit::Together(vec![
            Edit::AddMarker(Marker { at: Frame(25), name: "m".into(), color: MarkerColor::Blue }),
            speed_of("A", 1, 2, true)(p),
        ])
    };
    let after = crate::edit::apply(&parse(pairs), &marked(&parse(pairs))).unwrap();
    assert_eq!(after.sequence().markers[0].at, Frame(45));
}

#[test]
fn edits_of_wholes_follow_groups_and_edits_of_what_clips_show_do_not() {
    let grouped = "V1: A@0+10 ~1 &1, B@20+10 ~2 &1 | A1: A@0+10 ~1 &1, B@20+10 ~2 &1";
    let trim = |p: &Project| {
        let (clip, by) = (clip(p, "B", 0), FrameCount(-3));
        Edit::Trim { clip, edge: Edge::Out, by, alone: false }
    };
    check(grouped, trim, "V1: A@0+10 ~1 &1, B@20+7 ~2 &1 | A1: A@0+10 ~1 &1, B@20+7 ~2 &1");
    let slip = |p: &Project| Edit::Slip { clips: vec![clip(p, "B", 0)], by: FrameCount(3), alone: false };
    check(grouped, slip, "V1: A@0+10 ~1 &1, B@20+10 src3 ~2 &1 | A1: A@0+10 ~1 &1, B@20+10 src3 ~2 &1");
    let twice = |p: &Project| {
        let (clips, speed) = (vec![clip(p, "B", 0)], Speed::new(2, 1).unwrap());
        Edit::SetSpeed { clips, speed, ripple: true, sync_lock: true, alone: false }
    };
    check(grouped, twice, "V1: A@0+10 ~1 &1, B@20+5 *2 ~2 &1 | A1: A@0+10 ~1 &1, B@20+5 *2 ~2 &1");
    let lift = |p: &Project| Edit::Lift { clips: vec![clip(p, "B", 0)], alone: false };
    check(grouped, lift, "V1: | A1:");
    let unlink = |p: &Project| Edit::Link { clips: vec![clip(p, "B", 0)], linked: false };
    check(grouped, unlink, "V1: A@0+10 ~1 &1, B@20+10 &1 | A1: A@0+10 ~1 &1, B@20+10 &1");
    let moved = |p: &Project| Edit::Move {
        clips: vec![clip(p, "B", 0)],
        by: FrameCount(5),
        tracks: 0,
        landing: super::Landing::Overwrite,
        ripple: false,
        alone: false,
    };
    check(grouped, moved, "V1: A@5+10 ~1 &1, B@25+10 ~2 &1 | A1: A@5+10 ~1 &1, B@25+10 ~2 &1");
}

#[test]
fn clips_at_other_speeds_split_trim_and_slip() {
    let split = |_: &Project| Edit::Split { at: Frame(4), clips: vec![], alone: false };
    check("V1: A@0+10 src10 *2", split, "V1: A@0+4 src10 *2, A@4+6 src18 *2");
    check("V1: A@0+10 src30 *-2", split, "V1: A@0+4 src30 *-2, A@4+6 src22 *-2");
    let trim =
        |edge, by| move |p: &Project| Edit::Trim { clip: clip(p, "A", 0), edge, by: FrameCount(by), alone: false };
    check("V1: A@5+10 src10 *2", trim(Edge::In, -5), "V1: A@0+15 *2");
    check("A=40; V1: A@0+5 src10 *2", trim(Edge::Out, 10), "V1: A@0+15 src10 *2");
    refused("A=40; V1: A@0+5 src10 *2", trim(Edge::Out, 11), &EditError::MediaEnd(20, "A".into()));
    check("V1: A@0+10 src10 *-1", trim(Edge::Out, -4), "V1: A@0+6 src10 *-1");
    refused("V1: A@0+10 src10 *-1", trim(Edge::Out, 1), &EditError::MediaStart(0, "A".into()));
    let slip = |by| move |p: &Project| Edit::Slip { clips: vec![clip(p, "A", 0)], by: FrameCount(by), alone: false };
    check("A=100; V1: A@0+10 src30 *-2", slip(5), "V1: A@0+10 src35 *-2");
    refused("A=100; V1: A@0+10 src30 *-2", slip(-11), &EditError::MediaStart(10, "A".into()));
}

#[test]
fn transitions_live_on_cuts() {
    let before = "V1: A@0+20, B@20+20 src10";
    check(before, transition("B", "6:3"), "V1: A@0+20, B@20+20 src10 <6:3");
    check("V1: A@0+20, B@20+20 src10 <6:3", transition("B", "2:0"), "V1: A@0+20, B@20+20 src10 <2:0");
    let none = |p: &Project| Edit::SetTransition { right: clip(p, "B", 0), transition: None, alone: false };
    check("V1: A@0+20, B@20+20 src10 <6:3", none, before);
    // it needs media beyond the cut on both sides, a cut, and frames
    refused("V1: A@0+20, B@20+20 src2", transition("B", "6:3"), &EditError::TransitionRoom(2, 20));
    refused("A=22; V1: A@0+20, B@20+20 src9", transition("B", "6:3"), &EditError::TransitionRoom(9, 2));
    refused("V1: A@0+20, B@21+20 src9", transition("B", "6:3"), &EditError::NoCutBefore("B".into()));
    refused("V1: A@0+20, B@20+20 src9", transition("A", "6:3"), &EditError::NoCutBefore("A".into()));
    refused(before, transition("B", "0:0"), &EditError::TransitionRoom(10, 20));
    refused("V1 locked: A@0+20, B@20+20 src9", transition("B", "6:3"), &EditError::Locked("V1".into()));
    // what the neighbours' transitions have is not given twice
    refused(
        "V1: A@0+20 src9, B@20+10 src9 <8:4, C@30+20 src30",
        transition("C", "14:8"),
        &EditError::TransitionRoom(6, 20),
    );
    // sound on the same cut goes along, and is crossfaded
    check(
        "V1: A@0+20 ~1, B@20+20 src9 ~2 | A1: A@0+20 ~1, B@20+20 src9 ~2",
        transition("B", "4:2"),
        "V1: A@0+20 ~1, B@20+20 src9 <4:2 ~2 | A1: A@0+20 ~1, B@20+20 src9 <4:2 ~2",
    );
    let wipe = Transition {
        kind: TransitionKind::Wipe(crate::model::Direction::Left),
        length: FrameCount(4),
        before: FrameCount(2),
    };
    let on_sound = |p: &Project| Edit::SetTransition { right: clip(p, "B", 0), transition: Some(wipe), alone: true };
    refused("A1: A@0+20, B@20+20 src9", on_sound, &EditError::SoundTransition);
    // a dip shows nothing beyond the cut
    let dip = Transition { kind: TransitionKind::Dip([0; 3]), ..wipe };
    let dip = |p: &Project| Edit::SetTransition { right: clip(p, "B", 0), transition: Some(dip), alone: true };
    check("A=20; V1: A@0+20, B@20+20", dip, "V1: A@0+20, B@20+20 <4:2");
}

#[test]
fn the_longest_transition_that_fits_is_found() {
    let fitting = |text: &str, length| {
        let project = parse(text);
        fitting_transition(&project, clip(&project, "B", 0), TransitionKind::Dissolve, FrameCount(length))
            .map(|t| (t.length.0, t.before.0))
    };
    assert_eq!(fitting("V1: A@0+20, B@20+20 src30", 10), Some((10, 5)));
    assert_eq!(fitting("V1: A@0+20, B@20+20 src2", 10), Some((10, 2)));
    assert_eq!(fitting("A=20; V1: A@0+20, B@20+20 src30", 10), Some((10, 10)));
    assert_eq!(fitting("A=20; V1: A@0+20, B@20+20", 10), None);
    assert_eq!(fitting("V1: A@0+3, B@20+20", 10), None);
}

#[test]
fn edits_keep_transitions_fitting_and_say_so() {
    let before = "V1: A@0+20, B@20+20 src10 <6:3, C@40+9";
    let trim = |name, edge, by| {
        move |p: &Project| Edit::Trim { clip: clip(p, name, 0), edge, by: FrameCount(by), alone: false }
    };
    check(before, trim("B", Edge::In, 2), "V1: A@0+20, B@22+18 src12, C@40+9");
    assert_eq!(notes(before, trim("B", Edge::In, 2)), ["the transition into 'B' was removed"]);
    check(before, trim("B", Edge::Out, -2), "V1: A@0+20, B@20+18 src10 <6:3, C@40+9");
    assert!(notes(before, trim("B", Edge::Out, -2)).is_empty());
    check(before, trim("B", Edge::Out, -18), "V1: A@0+20, B@20+2 src10 <5:3, C@40+9");
    assert_eq!(notes(before, trim("B", Edge::Out, -18)), ["the transition into 'B' was shortened to 5 frames"]);
    // a slip and a roll take media away from it
    let slip = |p: &Project| Edit::Slip { clips: vec![clip(p, "B", 0)], by: FrameCount(-9), alone: false };
    check(before, slip, "V1: A@0+20, B@20+20 src1 <4:1, C@40+9");
    let roll = |by| move |p: &Project| Edit::Roll { left: clip(p, "A", 0), by: FrameCount(by), alone: false };
    check(before, roll(-9), "V1: A@0+11, B@11+29 src1 <4:1, C@40+9");
    check(before, roll(5), "V1: A@0+25, B@25+15 src15 <6:3, C@40+9");
    // ripples carry it along
    let ripple = |edge, by| {
        move |p: &Project| Edit::Ripple {
            clip: clip(p, "A", 0),
            edge,
            by: FrameCount(by),
            sync_lock: true,
            alone: false,
        }
    };
    check(before, ripple(Edge::Out, -5), "V1: A@0+15, B@15+20 src10 <6:3, C@35+9");
    check(before, ripple(Edge::In, 18), "V1: A@0+2 src18, B@2+20 src10 <5:2, C@22+9");
    // a clip that moves away, or a neighbour that goes, ends it; both together keep it
    let moved = |names: &'static [&'static str], by| {
        move |p: &Project| {
            let clips = names.iter().map(|name| clip(p, name, 0)).collect();
            let (by, landing) = (FrameCount(by), Landing::Overwrite);
            Edit::Move { clips, by, tracks: 0, landing, ripple: false, alone: false }
        }
    };
    check(before, moved(&["B"], 30), "V1: A@0+20, C@40+9, B@50+20 src10");
    check(before, moved(&["A", "B"], 50), "V1: C@40+9, A@50+20, B@70+20 src10 <6:3");
    let lift = |p: &Project| Edit::Lift { clips: vec![clip(p, "A", 0)], alone: false };
    check(before, lift, "V1: B@20+20 src10, C@40+9");
    assert_eq!(notes(before, lift), ["the transition into 'B' was removed"]);
    let extract = |p: &Project| Edit::Extract { clips: vec![clip(p, "A", 0)], sync_lock: true, alone: false };
    check("V1: D@0+5, A@5+20, B@25+20 src10 <6:3", extract, "V1: D@0+5, B@5+20 src10");
    // the left clip split: its right half goes on into the transition
    let split = |at| move |_: &Project| Edit::Split { at: Frame(at), clips: vec![], alone: false };
    check(before, split(10), "V1: A@0+10, A@10+10 src10, B@20+20 src10 <6:3, C@40+9");
    check(before, split(19), "V1: A@0+19, A@19+1 src19, B@20+20 src10 <4:1, C@40+9");
    check(before, split(21), "V1: A@0+20, B@20+1 src10 <4:3, B@21+19 src11, C@40+9");
    // slid away from the middle, the cut goes along
    let slide = |p: &Project| Edit::Slide { clip: clip(p, "B", 0), by: FrameCount(4), alone: false };
    check(before, slide, "V1: A@0+24, B@24+20 src10 <6:3, C@44+5 src4");
    // pasted with its neighbour it comes along, alone it does not
    let paste = |names: &'static [&'static str]| {
        move |p: &Project| {
            let all = p.sequence().tracks.iter().flat_map(|t| t.clips.iter().map(|c| (t.id, c)));
            let clips = all.filter(|(_, c)| names.contains(&c.content.name.as_str())).collect();
            Edit::Paste { clips, at: Frame(60), landing: Landing::Overwrite }
        }
    };
    check(before, paste(&["A", "B"]), "V1: A@0+20, B@20+20 src10 <6:3, C@40+9, A@60+20, B@80+20 src10 <6:3");
    check(before, paste(&["B"]), "V1: A@0+20, B@20+20 src10 <6:3, C@40+9, B@60+20 src10");
    // sped up, the left clip's media run out sooner
    let speed = |p: &Project| {
        let (clips, speed) = (vec![clip(p, "A", 0)], Speed::new(4, 1).unwrap());
        Edit::SetSpeed { clips, speed, ripple: true, sync_lock: true, alone: false }
    };
    check("A=24; V1: A@0+20, B@20+20 src10 <6:3", speed, "V1: A@0+5 *4, B@5+20 src10 <4:3");
}

#[test]
fn properties_are_set_and_checked() {
    let project = parse("V1: A@0+20 ~1, B@20+20 | A1: A@0+20 ~1");
    let (picture, sound) = (clip(&project, "A", 0), clip(&project, "A", 1));
    let set = |property| apply(&project, &Edit::SetProperty { clips: vec![picture], property });
    let after = set(Property::Scale(Param::fixed(0.5))).unwrap();
    assert!(after.sequence().clip(picture).unwrap().1.content.properties.scale.is(0.5));
    assert!(after.sequence().clip(sound).unwrap().1.content.properties.scale.is(1.0));
    let key = |at, value| Keyframe { at: SourceTime(at), value, curve: Curve::Linear };
    let fading = Param::animated([key(0, 0.0), key(1000, 1.0)]);
    let after = set(Property::Opacity(fading.clone())).unwrap();
    assert_eq!(after.sequence().clip(picture).unwrap().1.content.properties.opacity, fading);
    assert_eq!(set(Property::Fit(Fit::Fill)).unwrap().check(), Ok(()));
    assert_eq!(set(Property::Opacity(Param::fixed(1.1))), Err(EditError::Property("opacity")));
    assert_eq!(set(Property::Volume(Param::fixed(f64::NAN))), Err(EditError::Property("volume")));
    assert_eq!(set(Property::FadeIn(FrameCount(-1))), Err(EditError::Property("fade")));
    assert_eq!(set(Property::Name(" ".into())), Err(EditError::NoName));
    assert_eq!(set(Property::Stream(1)), Err(EditError::NoStream("A".into(), 2)));
    // fades stay at the outer ends of a split, and are never longer than the clip when played
    let faded = set(Property::FadeIn(FrameCount(30))).unwrap();
    let faded = apply(&faded, &Edit::SetProperty { clips: vec![picture], property: Property::FadeOut(FrameCount(10)) });
    let faded = faded.unwrap();
    let fades = |p: &Project, n| p.sequence().clip(clip(p, "A", n)).unwrap().1.fades();
    assert_eq!(fades(&faded, 0), (FrameCount(15), FrameCount(5)));
    let split = apply(&faded, &Edit::Split { at: Frame(8), clips: vec![picture], alone: true }).unwrap();
    assert_eq!((fades(&split, 0), fades(&split, 1)), ((FrameCount(8), FrameCount(0)), (FrameCount(0), FrameCount(10))));
}

#[test]
fn tracks_are_named_ordered_and_aimed_at() {
    let project = parse("V1: A@0+20 | V2: B@0+5 | A1: C@0+9 | A2:");
    let names = |p: &Project| p.sequence().tracks.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    let change = |name, change| apply(&project, &Edit::SetTrack { track: track(&project, name), change });
    assert_eq!(names(&change("V1", TrackChange::Name(" Slides ".into())).unwrap()), ["Slides", "V2", "A1", "A2"]);
    assert_eq!(change("V1", TrackChange::Name("  ".into())), Err(EditError::NoName));
    assert_eq!(change("V1", TrackChange::Height(7)).unwrap().sequence().tracks[0].height, 50);
    let order = |name, to| apply(&project, &Edit::MoveTrack { track: track(&project, name), to });
    assert_eq!(print(&order("V1", 1).unwrap()), "V2: B@0+5 | V1: A@0+20 | A1: C@0+9 | A2:");
    assert_eq!(print(&order("A2", 0).unwrap()), "V1: A@0+20 | V2: B@0+5 | A2: | A1: C@0+9");
    assert_eq!(order("V1", 2), Err(EditError::NoSuchTrack));
    // one target of each kind
    let target = |p: &Project, name: &str| {
        apply(p, &Edit::SetTrack { track: track(p, name), change: TrackChange::Target(true) }).unwrap()
    };
    let after = target(&target(&target(&project, "V1"), "A2"), "V2");
    let targets: Vec<&str> = after.sequence().tracks.iter().filter(|t| t.target).map(|t| t.name.as_str()).collect();
    assert_eq!(targets, ["V2", "A2"]);
    let gone = apply(&project, &Edit::RemoveTrack(track(&project, "V2"))).unwrap();
    let added = apply(&gone, &Edit::AddTrack(TrackKind::Video)).unwrap();
    assert_eq!(names(&added), ["V1", "A1", "A2", "V2"]);
}

#[test]
fn markers_move_and_change() {
    let project = parse("V1: A@0+20");
    let marker = |at, name: &str, color| Marker { at: Frame(at), name: name.into(), color };
    let add = |p: &Project, m| apply(p, &Edit::AddMarker(m)).unwrap();
    let two = add(&add(&project, marker(9, "b", MarkerColor::Red)), marker(3, "a", MarkerColor::Blue));
    let moved = apply(&two, &Edit::MoveMarker { from: Frame(3), to: Frame(12) }).unwrap();
    assert_eq!(**moved.sequence().markers, [marker(9, "b", MarkerColor::Red), marker(12, "a", MarkerColor::Blue)]);
    let renamed = add(&moved, marker(9, "c", MarkerColor::White));
    assert_eq!(renamed.sequence().markers[0], marker(9, "c", MarkerColor::White));
    assert_eq!(apply(&two, &Edit::MoveMarker { from: Frame(4), to: Frame(5) }), Err(EditError::NoMarker));
    assert_eq!(apply(&two, &Edit::MoveMarker { from: Frame(3), to: Frame(-5) }), Err(EditError::OutsideTimeline));
}

#[test]
fn sequences_are_added_opened_and_removed() {
    let project = parse("V1: A@0+20 ~1 | A1: A@0+20 ~1");
    let mut history = History::new(project.clone());
    history.commit(&Edit::DuplicateSequence("Short".into())).unwrap();
    let (first, copy) = (project.active, history.project().active);
    assert_ne!(first, copy);
    assert_eq!(history.project().check(), Ok(()));
    assert_eq!(print(history.project()), print(&project));
    let short = clip(history.project(), "A", 0);
    history.commit(&Edit::Trim { clip: short, edge: Edge::Out, by: FrameCount(-5), alone: false }).unwrap();
    // opening another is no step: undo takes the trim back, where it was made
    history.commit(&Edit::OpenSequence(first)).unwrap();
    assert_eq!(print(history.project()), print(&project));
    assert_eq!(history.undo_name(), Some("trim"));
    assert!(history.undo());
    assert_eq!((history.project().active, print(history.project())), (copy, print(&project)));
    let remove = |p: &Project, id| apply(p, &Edit::RemoveSequence(id));
    let left = remove(history.project(), copy).unwrap();
    assert_eq!(left.active, first);
    assert_eq!(remove(&left, first), Err(EditError::LastSequence));
    assert_eq!(remove(history.project(), crate::model::SequenceId(77)), Err(EditError::NoSequence));
    let added = apply(&left, &Edit::AddSequence("Empty".into())).unwrap();
    assert_eq!(print(&added), "V1: | A1:");
    // media in use in another sequence stay in the bin
    let asset = project.sequence().clip(clip(&project, "A", 0)).unwrap().1.content.asset;
    assert_eq!(apply(&added, &Edit::RemoveAssets(vec![asset])), Err(EditError::InUse("A".into())));
}

#[test]
fn history_is_bounded_and_cheap() {
    let text: Vec<String> = (0..5000).map(|n| format!("A@{}+9 src3", n * 10)).collect();
    let project = parse(&format!("V1: {} | A1: {}", text.join(", "), text.join(", ")));
    let mut history = History::new(project).with_most_bytes(1 << 20);
    let mut most = 0;
    for n in 0..300 {
        let before = history.bytes();
        let slip = Edit::Slip { clips: vec![clip(history.project(), "A", n * 7)], by: FrameCount(1), alone: true };
        history.commit(&slip).unwrap();
        most = most.max(history.bytes().saturating_sub(before));
        assert!(history.bytes() <= 1 << 20);
    }
    assert!(most < 64 << 10, "a step costs {most} bytes");
    assert!((20..300).contains(&history.steps()), "{} steps are kept", history.steps());
}
