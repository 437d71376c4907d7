//! Timelines as text, for tests: `V1: A@0+24 src5 ~1, B@24+24 | A1: A@0+24 ~1 | V2 locked:`.
//!
//! `@` is the start, `+` the length, `src` the in point in frames (0 when left out), `*` the speed as a fraction,
//! `<4:1` a dissolve of 4 frames on the cut before it, one of them before the cut, `~` the link, `&` the group. Each
//! letter is an asset of its own with picture and sound, 1000 frames long unless given (`A=100; V1: …`).

use super::{Edit, EditError, History, Placement};
use crate::model::{
    Asset, AssetId, AudioStream, Clip, ClipContent, ClipId, Frame, FrameCount, FrameRate, GroupId, LinkId, MediaInfo,
    MediaKind, Project, Speed, Track, TrackId, TrackKind, Transition, TransitionKind, VideoStream,
};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

pub(crate) const RATE: FrameRate = FrameRate::F24;

fn asset(id: AssetId, name: &str, frames: i64) -> Asset {
    Asset {
        id,
        name: name.into(),
        path: format!("/media/{name}.mov").into(),
        fingerprint: String::new(),
        info: MediaInfo {
            duration: Some(RATE.duration_of(FrameCount(frames))),
            video: Some(VideoStream { codec: "H.264".into(), rate: Some(RATE), ..VideoStream::of_size(1920, 1080) }),
            audio: vec![AudioStream { codec: "AAC".into(), rate: 48000, channels: 2, language: String::new() }],
            ..MediaInfo::of(MediaKind::Video, "Quicktime")
        },
    }
}

/// The project that a text describes. Assets A to F exist whether they are used or not.
pub(crate) fn parse(text: &str) -> Project {
    let mut project = Project::new(1920, 1080, RATE, 48000);
    let mut lengths = BTreeMap::new();
    let mut tracks_text = text;
    while let Some((head, rest)) = tracks_text.split_once(';') {
        let (name, frames) = head.trim().split_once('=').unwrap();
        lengths.insert(name.to_owned(), frames.parse().unwrap());
        tracks_text = rest;
    }
    let mut assets = BTreeMap::new();
    for name in ["A", "B", "C", "D", "E", "F"] {
        let id = AssetId(project.fresh_id());
        assets.insert(name.to_owned(), id);
        let frames = lengths.get(name).copied().unwrap_or(1000);
        project.assets_mut().insert(id, Arc::new(asset(id, name, frames)));
    }
    let mut tracks = Vec::new();
    for part in tracks_text.split('|') {
        let (head, clips) = part.split_once(':').unwrap();
        let (name, flags) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        let kind = if name.starts_with('V') { TrackKind::Video } else { TrackKind::Audio };
        let mut track = Track::new(TrackId(project.fresh_id()), name, kind);
        track.locked = flags.contains("locked");
        for text in clips.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let mut words = text.split_whitespace();
            let (name, place) = words.next().unwrap().split_once('@').unwrap();
            let (start, length) = place.split_once('+').unwrap();
            let mut clip = Clip {
                id: project.fresh_clip_id(),
                start: Frame(start.parse().unwrap()),
                length: FrameCount(length.parse().unwrap()),
                source_in: RATE.time_of(Frame(0)),
                speed: Speed::NORMAL,
                link: None,
                group: None,
                enabled: true,
                transition: None,
                content: Arc::new(ClipContent {
                    name: name.into(),
                    asset: assets[name],
                    stream: 0,
                    properties: crate::model::Properties::default(),
                }),
            };
            for word in words {
                if let Some(frames) = word.strip_prefix("src") {
                    clip.source_in = RATE.time_of(Frame(frames.parse().unwrap()));
                } else if let Some(speed) = word.strip_prefix('*') {
                    let (num, den) = speed.split_once('/').unwrap_or((speed, "1"));
                    clip.speed = Speed::new(num.parse().unwrap(), den.parse().unwrap()).unwrap();
                } else if let Some(transition) = word.strip_prefix('<') {
                    clip.transition = Some(dissolve(transition));
                } else if let Some(group) = word.strip_prefix('&') {
                    clip.group = Some(GroupId(group.parse::<u64>().unwrap() + 2_000_000));
                } else if let Some(link) = word.strip_prefix('~') {
                    clip.link = Some(LinkId(link.parse::<u64>().unwrap() + 1_000_000));
                }
            }
            track.clips.insert(clip);
        }
        tracks.push(Arc::new(track));
    }
    project.sequence_mut().tracks = tracks;
    assert_eq!(project.check(), Ok(()), "{text}");
    project
}

/// The text of a project. Links and groups are numbered in the order in which they are met.
pub(crate) fn print(project: &Project) -> String {
    let mut links: Vec<LinkId> = Vec::new();
    let mut groups: Vec<GroupId> = Vec::new();
    let mut tracks = Vec::new();
    for track in &project.sequence().tracks {
        let mut clips = Vec::new();
        for clip in track.clips.iter() {
            let mut text = format!("{}@{}+{}", clip.content.name, clip.start.0, clip.length.0);
            let src = RATE.frame_nearest(clip.source_in).0;
            if src != 0 {
                write!(text, " src{src}").unwrap();
            }
            match clip.speed.fraction() {
                (1, 1) => {}
                (num, 1) => write!(text, " *{num}").unwrap(),
                (num, den) => write!(text, " *{num}/{den}").unwrap(),
            }
            if let Some(transition) = clip.transition {
                write!(text, " <{}:{}", transition.length.0, transition.before.0).unwrap();
            }
            if let Some(link) = clip.link {
                let index = links.iter().position(|l| *l == link).unwrap_or_else(|| {
                    links.push(link);
                    links.len() - 1
                });
                write!(text, " ~{}", index + 1).unwrap();
            }
            if let Some(group) = clip.group {
                let index = groups.iter().position(|g| *g == group).unwrap_or_else(|| {
                    groups.push(group);
                    groups.len() - 1
                });
                write!(text, " &{}", index + 1).unwrap();
            }
            clips.push(text);
        }
        let locked = if track.locked { " locked" } else { "" };
        tracks.push(format!("{}{locked}: {}", track.name, clips.join(", ")).trim_end().to_owned());
    }
    tracks.join(" | ")
}

/// `4:1`: four frames, one of them before the cut.
pub(super) fn dissolve(text: &str) -> Transition {
    let (length, before) = text.split_once(':').unwrap();
    let frames = |text: &str| FrameCount(text.parse().unwrap());
    Transition { kind: TransitionKind::Dissolve, length: frames(length), before: frames(before) }
}

/// The id of the `n`th clip (from 0) of a name.
pub(crate) fn clip(project: &Project, name: &str, n: usize) -> ClipId {
    project.sequence().tracks.iter().flat_map(|t| t.clips.iter()).filter(|c| c.content.name == name).nth(n).unwrap().id
}

/// The id of a track.
pub(super) fn track(project: &Project, name: &str) -> TrackId {
    project.sequence().tracks.iter().find(|t| t.name == name).unwrap().id
}

/// A placement of `length` frames of an asset from `src` on the tracks of those names.
pub(super) fn place(project: &Project, name: &str, src: i64, length: i64, tracks: &[&str]) -> Placement {
    let find =
        |kind| tracks.iter().map(|t| track(project, t)).find(|t| project.sequence().track(*t).unwrap().kind == kind);
    Placement {
        asset: project.assets.values().find(|a| a.name == name).unwrap().id,
        source_in: RATE.time_of(Frame(src)),
        length: FrameCount(length),
        video: find(TrackKind::Video),
        audio: find(TrackKind::Audio),
        name: None,
    }
}

/// Does, undoes and redoes an edit and compares each state, the consistency check included.
pub(super) fn check(before: &str, edit: impl Fn(&Project) -> Edit, after: &str) {
    let project = parse(before);
    let edit = edit(&project);
    let mut history = History::new(project.clone());
    history.commit(&edit).unwrap_or_else(|e| panic!("{before}: {edit:?}: {e}"));
    let done = Arc::clone(history.project());
    assert_eq!(print(&done), after, "{before}: {edit:?}");
    assert_eq!(done.check(), Ok(()));
    if history.undo() {
        assert_eq!(**history.project(), project, "undo of {edit:?}");
        assert!(history.redo());
        assert_eq!(history.project(), &done, "redo of {edit:?}");
    } else {
        assert_eq!(*done, project, "no step for {edit:?}");
    }
}

/// What an edit says that it did besides what was asked for.
pub(super) fn notes(before: &str, edit: impl Fn(&Project) -> Edit) -> Vec<String> {
    let project = parse(before);
    let mut outcome = super::Outcome::default();
    super::apply_telling(&project, &edit(&project), &mut outcome).unwrap();
    outcome.notes.iter().map(ToString::to_string).collect()
}

/// An edit that must be refused, and leaves everything as it was.
pub(super) fn refused(before: &str, edit: impl Fn(&Project) -> Edit, why: &EditError) {
    let project = parse(before);
    let edit = edit(&project);
    let mut history = History::new(project.clone());
    assert_eq!(history.commit(&edit).as_ref(), Err(why), "{before}: {edit:?}");
    assert_eq!(**history.project(), project);
}
