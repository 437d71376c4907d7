//! Bringing media from the bin onto tracks, with what goes along: missing tracks, the first clip's format.

use crate::edit::{Edit, Placement, apply};
use crate::model::{Asset, AssetId, Frame, FrameCount, MediaKind, Project, SourceTime, TrackId, TrackKind};
use std::sync::Arc;

/// How long a still lasts, in seconds.
const STILL_SECONDS: i64 = 5;

/// Where media land.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    Append,
    Insert(Frame),
    Overwrite(Frame),
}

/// Frames of the sequence that the whole of an asset fills; at least one.
pub(super) fn whole_length(asset: &Asset, project: &Project) -> FrameCount {
    let rate = project.sequence().rate;
    let frames = match asset.info.kind {
        MediaKind::Still => FrameCount(rate.frame_nearest(SourceTime(SourceTime::SECOND.0 * STILL_SECONDS)).0),
        _ => asset.info.frames_from(SourceTime::ZERO, rate),
    };
    frames.max(FrameCount(1))
}

/// Edits that build on each other.
struct Steps {
    state: Project,
    edits: Vec<Edit>,
}

impl Steps {
    /// Whatever is refused here is refused again, with its reason, when the whole is committed.
    fn add(&mut self, edit: Edit) {
        if let Ok(state) = apply(&self.state, &edit) {
            self.state = state;
        }
        self.edits.push(edit);
    }

    /// The track of a kind at the same height as the one aimed at, added if need be; without an aim the
    /// target, or the first that is not locked.
    fn track(&mut self, kind: TrackKind, aim: Option<usize>) -> Option<TrackId> {
        let Some(index) = aim else {
            let free = |s: &Self| {
                let unlocked = || s.state.sequence().tracks_of(kind).filter(|t| !t.locked);
                unlocked().find(|t| t.target).or_else(|| unlocked().next()).map(|t| t.id)
            };
            return free(self).or_else(|| {
                self.add(Edit::AddTrack(kind));
                free(self)
            });
        };
        while self.state.sequence().tracks_of(kind).count() <= index {
            self.add(Edit::AddTrack(kind));
        }
        self.state.sequence().tracks_of(kind).nth(index).map(|t| t.id)
    }
}

/// One edit that places assets one after the other: all of them, or only a range from a moment on and so long. `track`
/// is the one that was aimed at.
pub(super) fn place(
    project: &Project,
    assets: &[AssetId],
    track: Option<TrackId>,
    mut place: Where,
    range: Option<(SourceTime, SourceTime)>,
    sync_lock: bool,
) -> Option<Edit> {
    let mut steps = Steps { state: project.clone(), edits: Vec::new() };
    if project.sequence().end() == Frame::ZERO {
        let first = assets.iter().find_map(|id| project.assets.get(id).filter(|a| a.info.has_video()));
        if let Some(edit) = first.and_then(|a| format_of(a, project)) {
            steps.add(edit);
        }
        // the place was chosen by time: it stays there at the new rate
        let (old, new) = (project.sequence().rate, steps.state.sequence().rate);
        let same_time = |at: Frame| new.frame_nearest(old.time_of(at));
        place = match place {
            Where::Append => Where::Append,
            Where::Insert(at) => Where::Insert(same_time(at)),
            Where::Overwrite(at) => Where::Overwrite(same_time(at)),
        };
    }
    let aim = track.and_then(|id| {
        let kind = project.sequence().track(id)?.kind;
        project.sequence().tracks_of(kind).position(|t| t.id == id)
    });
    for id in assets {
        let asset = Arc::clone(project.assets.get(id)?);
        let video = asset.info.has_video().then(|| steps.track(TrackKind::Video, aim)).flatten();
        let audio = asset.info.has_audio().then(|| steps.track(TrackKind::Audio, aim)).flatten();
        let rate = steps.state.sequence().rate;
        let (source_in, length) = match range {
            Some((from, duration)) => (from, FrameCount(rate.frame_nearest(duration).0.max(1))),
            None => (SourceTime::ZERO, whole_length(&asset, &steps.state)),
        };
        let what = Placement { asset: *id, source_in, length, video, audio, name: None };
        steps.add(match place {
            Where::Append => Edit::Append(what),
            Where::Insert(at) => Edit::Insert { place: what, at, sync_lock },
            Where::Overwrite(at) => Edit::Overwrite { place: what, at },
        });
        place = match place {
            Where::Append => Where::Append,
            Where::Insert(at) => Where::Insert(at + length),
            Where::Overwrite(at) => Where::Overwrite(at + length),
        };
    }
    match steps.edits.len() {
        0 => None,
        1 => steps.edits.pop(),
        _ => Some(Edit::Together(steps.edits)),
    }
}

/// The first clip decides what the sequence is like.
fn format_of(asset: &Asset, project: &Project) -> Option<Edit> {
    let video = asset.info.video.as_ref()?;
    let even = |n: u32| (n / 2 * 2).clamp(16, 8192);
    let rate = video.rate.unwrap_or(project.sequence().rate);
    Some(Edit::SetFormat { width: even(video.width), height: even(video.height), rate })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::{parse, print};

    #[test]
    fn media_land_where_they_were_dropped_in_one_step() {
        let project = parse("V1: | A1:");
        let id = |name: &str| project.assets.values().find(|a| a.name == name).unwrap().id;
        let edit = place(&project, &[id("A"), id("B")], None, Where::Append, None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@0+1000 ~1, B@1000+1000 ~2 | A1: A@0+1000 ~1, B@1000+1000 ~2");
        // dropped on V2: its sound goes to A2, which is made
        let project = parse("V1: A@0+50 | V2: | A1: A@0+50");
        let v2 = project.sequence().tracks[1].id;
        let edit = place(&project, &[id("C")], Some(v2), Where::Overwrite(Frame(7)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@0+50 | V2: C@7+1000 ~1 | A1: A@0+50 | A2: C@7+1000 ~1");
    }

    #[test]
    fn the_first_clip_stays_where_it_was_dropped_when_the_rate_changes() {
        let mut project = parse("V1: | A1:");
        project.sequence_mut().rate = crate::model::FrameRate::new(48, 1).unwrap();
        let id = project.assets.values().find(|a| a.name == "A").unwrap().id;
        let edit = place(&project, &[id], None, Where::Overwrite(Frame(96)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@48+1000 ~1 | A1: A@48+1000 ~1");
    }

    #[test]
    fn locked_tracks_are_passed_over() {
        let project = parse("V1 locked: A@0+50 | V2: | A1:");
        let id = project.assets.values().find(|a| a.name == "B").unwrap().id;
        let edit = place(&project, &[id], None, Where::Insert(Frame(3)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1 locked: A@0+50 | V2: B@3+1000 ~1 | A1: B@3+1000 ~1");
    }
}
