//! The cases of the edits' specification, each done, undone and redone.

use super::text::{check, clip, parse, place, refused, track};
use super::{Edge, Edit, EditError, Landing, Limits, SnapPoints, Snapped, move_limits, trim_limits};
use crate::model::{Frame, FrameCount, Project, Span};

fn overwrite(name: &'static str, src: i64, length: i64, at: i64, on: &'static [&str]) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Overwrite { place: place(p, name, src, length, on), at: Frame(at) }
}

fn insert(name: &'static str, length: i64, at: i64, on: &'static [&str], sync_lock: bool) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Insert { place: place(p, name, 0, length, on), at: Frame(at), sync_lock }
}

fn trim(name: &'static str, edge: Edge, by: i64) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Trim { clip: clip(p, name, 0), edge, by: FrameCount(by), alone: false }
}

fn split(at: i64) -> impl Fn(&Project) -> Edit {
    move |_| Edit::Split { at: Frame(at), clips: vec![], alone: false }
}

fn moved(name: &'static str, by: i64, tracks: i32, landing: Landing, ripple: bool) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Move { clips: vec![clip(p, name, 0)], by: FrameCount(by), tracks, landing, ripple, alone: false }
}

fn extract(name: &'static str) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Extract { clips: vec![clip(p, name, 0)], sync_lock: true, alone: false }
}

fn span(start: i64, length: i64) -> Span {
    Span { start: Frame(start), length: FrameCount(length) }
}

#[test]
fn splits() {
    check("V1: A@0+24", split(12), "V1: A@0+12, A@12+12 src12");
    for at in [0, 24, 30] {
        check("V1: A@0+24", split(at), "V1: A@0+24");
    }
    check(
        "V1: A@0+24 ~1 | A1: A@0+24 ~1",
        split(10),
        "V1: A@0+10 ~1, A@10+14 src10 ~2 | A1: A@0+10 ~1, A@10+14 src10 ~2",
    );
    let one = |p: &Project| Edit::Split { at: Frame(10), clips: vec![clip(p, "A", 0)], alone: true };
    check("V1: A@0+24 ~1 | A1: A@0+24 ~1", one, "V1: A@0+10 ~1, A@10+14 src10 ~2 | A1: A@0+24 ~1");
    check("V1: A@0+24 | V2 locked: B@0+24", split(5), "V1: A@0+5, A@5+19 src5 | V2 locked: B@0+24");
}

#[test]
fn overwrites() {
    check("V1: A@0+100 src1", overwrite("B", 0, 1, 42, &["V1"]), "V1: A@0+42 src1, B@42+1, A@43+57 src44");
    check("V1: A@0+24, B@24+24", overwrite("C", 0, 24, 12, &["V1"]), "V1: A@0+12, C@12+24, B@36+12 src12");
    check("V1: A@0+24, B@24+24, C@48+24", overwrite("D", 0, 36, 36, &["V1"]), "V1: A@0+24, B@24+12, D@36+36");
    check("V1: A@0+24", overwrite("B", 0, 24, 48, &["V1"]), "V1: A@0+24, B@48+24");
    check(
        "V1: A@0+24 ~1 | A1: A@0+24 ~1",
        overwrite("B", 3, 4, 10, &["V1", "A1"]),
        "V1: A@0+10 ~1, B@10+4 src3 ~2, A@14+10 src14 ~3 | A1: A@0+10 ~1, B@10+4 src3 ~2, A@14+10 src14 ~3",
    );
}

#[test]
fn inserts() {
    check("V1: A@0+24, B@24+24", insert("C", 12, 12, &["V1"], true), "V1: A@0+12, C@12+12, A@24+12 src12, B@36+24");
    check("V1: A@0+24, B@24+24", insert("C", 12, 48, &["V1"], true), "V1: A@0+24, B@24+24, C@48+12");
    check(
        "V1: A@0+24 | A1: B@6+24 | A2 locked: D@0+9",
        insert("C", 12, 12, &["V1"], true),
        "V1: A@0+12, C@12+12, A@24+12 src12 | A1: B@6+6, B@24+18 src6 | A2 locked: D@0+9",
    );
    check(
        "V1: A@0+24 | A1: B@6+24",
        insert("C", 12, 12, &["V1"], false),
        "V1: A@0+12, C@12+12, A@24+12 src12 | A1: B@6+24",
    );
}

#[test]
fn appends_behind_both_tracks() {
    let append = |p: &Project| Edit::Append(place(p, "B", 0, 10, &["V1", "A1"]));
    check("V1: A@0+24 | A1: A@0+30", append, "V1: A@0+24, B@30+10 ~1 | A1: A@0+30, B@30+10 ~1");
}

#[test]
fn trims() {
    let before = "V1: A@20+50 src5, B@70+10";
    check(before, trim("A", Edge::In, 5), "V1: A@25+45 src10, B@70+10");
    check(before, trim("A", Edge::Out, -5), "V1: A@20+45 src5, B@70+10");
    refused(before, trim("A", Edge::Out, 5), &EditError::Neighbour("B".into()));
    refused(before, trim("A", Edge::In, 50), &EditError::Empty("A".into()));
    refused(before, trim("A", Edge::In, -6), &EditError::MediaStart(5, "A".into()));
    refused("A=60; V1: A@20+50 src5", trim("A", Edge::Out, 6), &EditError::MediaEnd(5, "A".into()));
    check("V1: A@5+9 src9 ~1 | A1: A@5+9 src9 ~1", trim("A", Edge::In, -2), "V1: A@3+11 src7 ~1 | A1: A@3+11 src7 ~1");
}

#[test]
fn trim_limits_are_what_trim_accepts() {
    for before in
        ["A=100; V1: A@20+50 src5, B@90+10", "A=300; V1: B@0+17, A@20+50 src5 ~1 | A1: A@20+50 src5 ~1, C@71+1"]
    {
        let project = parse(before);
        let a = clip(&project, "A", 0);
        for edge in [Edge::In, Edge::Out] {
            let Limits { least, most } = trim_limits(&project, a, edge, false);
            for by in -60..200 {
                let edit = Edit::Trim { clip: a, edge, by: FrameCount(by), alone: false };
                let legal = (least.0..=most.0).contains(&by);
                assert_eq!(super::apply(&project, &edit).is_ok(), legal, "{before} {edge:?} {by}");
            }
        }
    }
    let project = parse("V1: B@0+17, A@20+50 src5");
    let limits = move_limits(&project, &[clip(&project, "A", 0)], false);
    assert_eq!((limits.least, limits.most), (FrameCount(-20), FrameCount(crate::model::time::MAX_FRAMES - 70)));
}

#[test]
fn lifts_and_extracts() {
    let lift = |p: &Project| Edit::Lift { clips: vec![clip(p, "B", 0)], alone: false };
    check("V1: A@0+10, B@10+10 ~1, C@20+5 | A1: B@10+10 ~1", lift, "V1: A@0+10, C@20+5 | A1:");
    check(
        "V1: A@0+10, B@10+10 ~1, C@20+5 ~2 | A1: B@10+10 ~1, C@20+5 ~2",
        extract("B"),
        "V1: A@0+10, C@10+5 ~1 | A1: C@10+5 ~1",
    );
    // a bed of music that lies across stays, a title that follows comes along
    check(
        "V1: A@0+10, B@10+10, C@20+5 | V2: D@22+3 | A1: E@0+30",
        extract("B"),
        "V1: A@0+10, C@10+5 | V2: D@12+3 | A1: E@0+30",
    );
    let range = |p: &Project| Edit::LiftRange { span: span(5, 10), tracks: vec![track(p, "V1")] };
    check("V1: A@0+10, B@10+10 | A1: A@0+10", range, "V1: A@0+5, B@15+5 src5 | A1: A@0+10");
    let range = |_: &Project| Edit::ExtractRange { span: span(5, 10), tracks: vec![] };
    check("V1: A@0+10, B@10+10 | A1: A@0+10", range, "V1: A@0+5, B@5+5 src5 | A1: A@0+5");
    let empty = |_: &Project| Edit::LiftRange { span: span(5, 0), tracks: vec![] };
    refused("V1: A@0+10", empty, &EditError::OutsideTimeline);
}

#[test]
fn closes_gaps() {
    let close = |at| move |p: &Project| Edit::CloseGap { track: track(p, "V1"), at: Frame(at), sync_lock: true };
    check("V1: A@0+10, B@20+10", close(15), "V1: A@0+10, B@10+10");
    check("V1: B@20+10 ~1 | A1: B@20+10 ~1", close(0), "V1: B@0+10 ~1 | A1: B@0+10 ~1");
    refused("V1: A@0+10, B@20+10", close(5), &EditError::NoGap);
    refused("V1: A@0+10, B@20+10", close(35), &EditError::NoGap);
}

#[test]
fn moves() {
    use Landing::{Insert, Overwrite};
    check("V1: A@0+10, B@10+10", moved("A", 15, 0, Overwrite, false), "V1: B@10+5, A@15+10");
    check("V1: A@0+10, B@10+10, C@20+10", moved("A", 20, 0, Overwrite, true), "V1: B@0+10, A@10+10");
    check("V1: A@0+10, B@10+10, C@20+10", moved("A", 20, 0, Insert, false), "V1: B@10+10, A@20+10, C@30+10");
    check("V1: A@0+10, B@10+10, C@20+10", moved("A", 20, 0, Insert, true), "V1: B@0+10, A@10+10, C@20+10");
    check("V1: A@0+10 | V2: B@0+4", moved("A", 2, 1, Overwrite, false), "V1: | V2: B@0+2, A@2+10");
    check("V1: A@5+9 ~1 | A1: A@5+9 ~1", moved("A", -5, 0, Overwrite, false), "V1: A@0+9 ~1 | A1: A@0+9 ~1");
    refused("V1: A@5+9", moved("A", -6, 0, Overwrite, false), &EditError::OutsideTimeline);
    refused("V1: A@5+9 | A1:", moved("A", 0, 1, Overwrite, false), &EditError::NoSuchTrack);
    // within its own span: it does not cut itself
    check("V1: A@0+10", moved("A", 3, 0, Overwrite, false), "V1: A@3+10");
}

#[test]
fn locked_tracks_and_lost_clips_are_refused() {
    let locked = EditError::Locked("V1".into());
    refused("V1 locked: A@0+10", trim("A", Edge::Out, -1), &locked);
    refused("V1 locked: A@0+10", overwrite("B", 0, 5, 0, &["V1"]), &locked);
    refused("V1 locked: A@0+10 | A1:", insert("B", 5, 0, &["V1"], true), &locked);
    refused("V1 locked: A@0+10", extract("A"), &locked);
    refused(
        "V1 locked: A@0+10 ~1 | A1: A@0+10 ~1",
        |p| Edit::Lift { clips: vec![clip(p, "A", 1)], alone: false },
        &locked,
    );
    let gone = |_: &Project| Edit::Lift { clips: vec![crate::model::ClipId(99_999)], alone: false };
    refused("V1: A@0+10", gone, &EditError::NoClip);
    refused("V1: A@0+10", |_| Edit::Lift { clips: vec![], alone: false }, &EditError::Nothing);
    let far = i64::MAX - 3;
    refused("V1: A@0+10", overwrite("B", 0, 5, far, &["V1"]), &EditError::OutsideTimeline);
    refused("V1: A@0+10", moved("A", far, 0, Landing::Overwrite, false), &EditError::OutsideTimeline);
}

#[test]
fn a_list_is_applied_whole_or_not_at_all() {
    let project = parse("V1: A@0+10");
    let edits = [split(5)(&project), trim("A", Edge::Out, 500)(&project)];
    assert_eq!(super::apply_all(&project, &edits), Err((2, EditError::Neighbour("A".into()))));
}

#[test]
fn snaps_to_the_nearest_point_in_reach() {
    let project = parse("V1: A@0+10, B@40+10 | A1: C@100+7");
    let points = SnapPoints::new(project.sequence(), &[clip(&project, "A", 0)], Some(Frame(70)));
    let edges = [Frame(0), Frame(10)];
    let snap = |by, reach| points.snap(&edges, FrameCount(by), FrameCount(reach));
    assert_eq!(snap(28, 5), Some(Snapped { by: FrameCount(30), at: Frame(40) }));
    assert_eq!(snap(62, 5), Some(Snapped { by: FrameCount(60), at: Frame(70) }));
    assert_eq!(snap(20, 5), None);
    assert_eq!(snap(-2, 5), Some(Snapped { by: FrameCount(0), at: Frame(0) }));
}

fn ripple(name: &'static str, edge: Edge, by: i64) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Ripple { clip: clip(p, name, 0), edge, by: FrameCount(by), sync_lock: true, alone: false }
}

fn slip(by: i64) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Slip { clips: vec![clip(p, "A", 0)], by: FrameCount(by), alone: false }
}

fn slide(by: i64) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Slide { clip: clip(p, "B", 0), by: FrameCount(by), alone: false }
}

fn roll(by: i64) -> impl Fn(&Project) -> Edit {
    move |p| Edit::Roll { left: clip(p, "A", 0), by: FrameCount(by), alone: false }
}

#[test]
fn ripples() {
    let before = "V1: A@20+25 src5, B@45+20";
    check(before, ripple("A", Edge::In, 10), "V1: A@20+15 src15, B@35+20");
    refused(before, ripple("A", Edge::In, -10), &EditError::MediaStart(5, "A".into()));
    check(before, ripple("A", Edge::Out, 10), "V1: A@20+35 src5, B@55+20");
    refused(before, ripple("A", Edge::Out, -25), &EditError::Empty("A".into()));
    refused("A=40; V1: A@20+25 src5", ripple("A", Edge::Out, 11), &EditError::MediaEnd(10, "A".into()));
    // linked sound goes along, a title that follows too, and the music below stays
    check(
        "V1: A@0+20 ~1, B@20+10 | V2: C@25+5 | A1: A@0+20 ~1 | A2: D@0+40",
        ripple("A", Edge::Out, -5),
        "V1: A@0+15 ~1, B@15+10 | V2: C@20+5 | A1: A@0+15 ~1 | A2: D@0+40",
    );
    check(
        "V1: A@0+20, B@20+10 | V2 locked: C@25+5",
        ripple("A", Edge::Out, 5),
        "V1: A@0+25, B@25+10 | V2 locked: C@25+5",
    );
}

#[test]
fn rolls() {
    check("V1: A@0+30 src10, B@30+30 src10", roll(4), "V1: A@0+34 src10, B@34+26 src14");
    check("V1: A@0+30 src10, B@30+30 src10", roll(-4), "V1: A@0+26 src10, B@26+34 src6");
    refused("V1: A@0+30 src10, B@30+30 src10", roll(-11), &EditError::MediaStart(10, "B".into()));
    refused("V1: A@0+30, B@30+30", roll(30), &EditError::Empty("B".into()));
    refused("V1: A@0+30, B@31+30", roll(1), &EditError::NoCut("A".into()));
    check(
        "V1: A@0+30 ~1, B@30+30 src10 ~2 | A1: A@0+30 ~1, B@30+30 src10 ~2",
        roll(3),
        "V1: A@0+33 ~1, B@33+27 src13 ~2 | A1: A@0+33 ~1, B@33+27 src13 ~2",
    );
}

#[test]
fn slips() {
    let before = "A=100; V1: A@0+36 src10";
    check(before, slip(20), "V1: A@0+36 src30");
    check(before, slip(-10), "V1: A@0+36");
    check(before, slip(54), "V1: A@0+36 src64");
    refused(before, slip(-11), &EditError::MediaStart(10, "A".into()));
    refused(before, slip(55), &EditError::MediaEnd(54, "A".into()));
}

#[test]
fn slides() {
    let before = "V1: A@0+30 src10, B@30+30 src10, C@60+30 src10";
    check(before, slide(5), "V1: A@0+35 src10, B@35+30 src10, C@65+25 src15");
    check(before, slide(-5), "V1: A@0+25 src10, B@25+30 src10, C@55+35 src5");
    refused(before, slide(30), &EditError::Empty("C".into()));
    refused("V1: A@0+30, B@30+30, C@60+30 src3", slide(-4), &EditError::MediaStart(3, "C".into()));
    // a gap takes the difference
    check("V1: A@0+10, B@20+10, C@30+10 src9", slide(-4), "V1: A@0+10, B@16+10, C@26+14 src5");
    refused("V1: A@0+10, B@12+10", slide(-4), &EditError::Neighbour("A".into()));
    refused("V1: B@3+10", slide(-4), &EditError::OutsideTimeline);
}

#[test]
fn closes_all_gaps_and_keeps_markers_with_their_material() {
    let all = |p: &Project| Edit::CloseAllGaps { track: track(p, "V1"), sync_lock: true };
    check("V1: A@5+10, B@20+10, C@30+5, D@50+1", all, "V1: A@0+10, B@10+10, C@20+5, D@25+1");
    check(
        "V1: A@5+10 ~1, B@20+9 ~2 | A1: A@5+10 ~1, B@20+9 ~2",
        all,
        "V1: A@0+10 ~1, B@10+9 ~2 | A1: A@0+10 ~1, B@10+9 ~2",
    );
    check("V1: ", all, "V1:");

    let project = parse("V1: A@0+20, B@20+20");
    let marker = |at: i64, name: &str| crate::model::Marker {
        at: Frame(at),
        name: name.into(),
        color: crate::model::MarkerColor::Green,
    };
    let edits = [
        Edit::AddMarker(marker(30, "b")),
        Edit::AddMarker(marker(5, "a")),
        Edit::AddMarker(marker(30, "c")),
        insert("C", 10, 20, &["V1"], true)(&project),
        extract("A")(&project),
    ];
    let after = super::apply_all(&project, &edits).unwrap().0;
    // the insert moved it to 40, the extract of A's 20 frames back to 20; the one over A is at the join
    assert_eq!(**after.sequence().markers, [marker(0, "a"), marker(20, "c")]);
    let gone = super::apply(&after, &Edit::RemoveMarker(Frame(20))).unwrap();
    assert_eq!(super::apply(&gone, &Edit::RemoveMarker(Frame(20))), Err(EditError::NoMarker));
}

#[test]
fn the_bin_refuses_what_would_break_clips() {
    let project = parse("V1: A@0+20");
    let id = |name: &str| project.assets.values().find(|a| a.name == name).unwrap().id;
    assert_eq!(super::apply(&project, &Edit::RemoveAssets(vec![id("A")])), Err(EditError::InUse("A".into())));
    let without = super::apply(&project, &Edit::RemoveAssets(vec![id("B")])).unwrap();
    assert_eq!(without.assets.len(), project.assets.len() - 1);
    // a file that is there already is not added twice
    let again = project.assets[&id("C")].as_ref().clone();
    assert_eq!(
        super::apply(&project, &Edit::AddAssets(vec![again.clone()])).unwrap().assets.len(),
        project.assets.len()
    );
    // a shorter file can't take the place of one whose end is used
    let mut short = again;
    short.info.duration = Some(super::text::RATE.duration_of(FrameCount(10)));
    let relink = Edit::Relink { asset: id("A"), with: Box::new(short) };
    assert!(matches!(super::apply(&project, &relink), Err(EditError::Unfit(..))));
}

#[test]
fn links_groups_and_pastes() {
    let link = |linked| move |p: &Project| Edit::Link { clips: vec![clip(p, "A", 0), clip(p, "B", 0)], linked };
    check("V1: A@0+9 | A1: B@0+9", link(true), "V1: A@0+9 ~1 | A1: B@0+9 ~1");
    check("V1: A@0+9 ~1, B@9+1 | A1: A@0+9 ~1", link(false), "V1: A@0+9, B@9+1 | A1: A@0+9");

    let paste = |landing| {
        move |p: &Project| {
            let all = p.sequence().tracks.iter().flat_map(|t| t.clips.iter().map(|c| (t.id, c)));
            let clips = all.filter(|(_, c)| c.content.name == "A").collect();
            Edit::Paste { clips, at: Frame(15), landing }
        }
    };
    let before = "V1: A@2+4 src3 ~1, B@10+10 | A1: A@2+4 src3 ~1";
    check(
        before,
        paste(Landing::Overwrite),
        "V1: A@2+4 src3 ~1, B@10+5, A@15+4 src3 ~2, B@19+1 src9 | A1: A@2+4 src3 ~1, A@15+4 src3 ~2",
    );
    check(
        before,
        paste(Landing::Insert),
        "V1: A@2+4 src3 ~1, B@10+5, A@15+4 src3 ~2, B@19+5 src5 | A1: A@2+4 src3 ~1, A@15+4 src3 ~2",
    );
    refused("V1: B@0+9", paste(Landing::Insert), &EditError::Nothing);
    refused("V1 locked: A@2+4", paste(Landing::Insert), &EditError::Locked("V1".into()));

    // a group moves as one
    let project = parse("V1: A@0+5, B@5+5, C@20+5");
    let ids = vec![clip(&project, "A", 0), clip(&project, "C", 0)];
    let group = Edit::Group { clips: ids.clone(), grouped: true };
    let by = FrameCount(30);
    let (landing, ripple, alone) = (Landing::Overwrite, false, false);
    let moving = Edit::Move { clips: vec![ids[0]], by, tracks: 0, landing, ripple, alone };
    let after = super::apply_all(&project, &[group, moving]).unwrap().0;
    assert_eq!(super::text::print(&after), "V1: B@5+5, A@30+5 &1, C@50+5 &1");
}
