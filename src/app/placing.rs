//! Bringing media from the bin onto tracks, with what goes along: missing tracks, the first clip's format.

use super::editor::Editor;
use crate::edit::{Edit, Outcome, Placement, apply, apply_telling};
use crate::model::{
    Asset, AssetId, ClipId, Frame, FrameCount, MediaKind, Project, STILL_LENGTH, SourceTime, Span, TrackId, TrackKind,
};
use crate::worker::{Command, Onto};
use std::path::PathBuf;
use std::sync::Arc;

/// Where media land.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    Append,
    Insert(Frame),
    Overwrite(Frame),
}

/// A part of media: from a moment on, and so long.
type Range = (SourceTime, SourceTime);

/// Frames of the sequence that the whole of an asset fills; at least one.
fn whole_length(asset: &Asset, project: &Project) -> FrameCount {
    let rate = project.sequence().rate;
    let frames = match asset.info.kind {
        MediaKind::Still => FrameCount(rate.frame_nearest(STILL_LENGTH).0),
        _ => asset.info.frames_from(SourceTime::ZERO, rate),
    };
    frames.max(FrameCount(1))
}

/// Edits that build on each other.
pub(super) struct Steps {
    /// The project with all of them.
    pub state: Project,
    edits: Vec<Edit>,
    /// Tracks that were made for what was dropped beside those that are there: for pictures, for sound.
    made: [Option<TrackId>; 2],
}

impl Steps {
    /// Begins with a project as the next edit takes it; see [`Editor::draft`].
    pub fn new(draft: Project) -> Self {
        Self { state: draft, edits: Vec::new(), made: [None; 2] }
    }

    /// Whatever is refused here is refused again, with its reason, when the whole is committed.
    pub fn add(&mut self, edit: Edit) {
        if let Ok(state) = apply(&self.state, &edit) {
            self.state = state;
        }
        self.edits.push(edit);
    }

    /// All as one edit.
    pub fn together(mut self) -> Option<Edit> {
        match self.edits.len() {
            0 => None,
            1 => self.edits.pop(),
            _ => Some(Edit::Together(self.edits)),
        }
    }

    /// The track of a kind at a height, added if need be.
    pub fn nth(&mut self, kind: TrackKind, index: usize) -> Option<TrackId> {
        while self.state.sequence().tracks_of(kind).count() <= index {
            let before = self.state.next_id;
            self.add(Edit::AddTrack(kind));
            if self.state.next_id == before {
                return None;
            }
        }
        self.state.sequence().tracks_of(kind).nth(index).map(|t| t.id)
    }

    fn new_track(&mut self, kind: TrackKind) -> Option<TrackId> {
        self.nth(kind, self.state.sequence().tracks_of(kind).count())
    }

    /// The track of a kind for what is dropped: at the same height as the one aimed at, or a new one, added if need be;
    /// without an aim the target, or the first that is not locked.
    fn track(&mut self, kind: TrackKind, aim: Aim) -> Option<TrackId> {
        match aim {
            Aim::Height(index) => self.nth(kind, index),
            Aim::New => {
                let index = usize::from(kind == TrackKind::Audio);
                if self.made[index].is_none() {
                    self.made[index] = self.new_track(kind);
                }
                self.made[index]
            }
            Aim::Targets => {
                let unlocked = || self.state.sequence().tracks_of(kind).filter(|t| !t.locked);
                let free = unlocked().find(|t| t.target).or_else(|| unlocked().next()).map(|t| t.id);
                free.or_else(|| self.new_track(kind))
            }
        }
    }

    /// The first track of sound from `from` down that is free in a span; a new one where there is none.
    fn free_sound(&mut self, from: Option<TrackId>, span: Span) -> Option<TrackId> {
        let sound: Vec<_> = self.state.sequence().tracks_of(TrackKind::Audio).cloned().collect();
        let first = from.and_then(|id| sound.iter().position(|t| t.id == id)).unwrap_or(0);
        let free = sound[first..].iter().find(|t| !t.locked && t.clips.range(span).next().is_none()).map(|t| t.id);
        free.or_else(|| self.new_track(TrackKind::Audio))
    }
}

/// Which tracks are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Aim {
    Targets,
    /// Those at a height, from 0 at the middle.
    Height(usize),
    New,
}

/// One edit that places assets one after the other: all of them, or only a range of each. Music that comes together with
/// pictures begins where they begin, on a track that is free there.
pub(super) fn place(
    draft: Project,
    assets: &[AssetId],
    onto: Onto,
    mut place: Where,
    range: Option<Range>,
    sync_lock: bool,
) -> Option<Edit> {
    let aim = match onto {
        Onto::Targets => Aim::Targets,
        Onto::New => Aim::New,
        Onto::Track(id) => {
            let kind = draft.sequence().track(id)?.kind;
            Aim::Height(draft.sequence().tracks_of(kind).position(|t| t.id == id)?)
        }
    };
    let mut steps = Steps::new(draft);
    let all: Vec<Arc<Asset>> =
        assets.iter().map(|id| steps.state.assets.get(id).cloned()).collect::<Option<Vec<_>>>()?;
    if steps.state.sequence().end() == Frame::ZERO {
        let old = steps.state.sequence().rate;
        let first = all.iter().find(|a| a.info.has_video());
        if let Some(edit) = first.and_then(|a| format_of(a, &steps.state)) {
            steps.add(edit);
        }
        // the place was chosen by time: it stays there at the new rate
        let new = steps.state.sequence().rate;
        let same_time = |at: Frame| new.frame_nearest(old.time_of(at));
        place = match place {
            Where::Append => Where::Append,
            Where::Insert(at) => Where::Insert(same_time(at)),
            Where::Overwrite(at) => Where::Overwrite(same_time(at)),
        };
    }
    let music = |a: &&Arc<Asset>| !a.info.has_video();
    let mixed = all.iter().any(|a| music(&a)) && !all.iter().all(|a| music(&a));
    let begin = first_frame(&mut steps, &all, aim, place);
    let mut sound_of_pictures = None;
    for asset in all.iter().filter(|a| !(mixed && music(a))) {
        let video = asset.info.has_video().then(|| steps.track(TrackKind::Video, aim)).flatten();
        let audio = asset.info.has_audio().then(|| steps.track(TrackKind::Audio, aim)).flatten();
        sound_of_pictures = sound_of_pictures.or(audio);
        let what = placement(&steps, asset, (video, audio), range);
        let length = what.length;
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
    if mixed {
        let beside: Vec<&Arc<Asset>> = all.iter().filter(music).collect();
        let length = beside.iter().map(|a| placement(&steps, a, (None, None), range).length.0).sum();
        let from = sound_of_pictures.or_else(|| steps.track(TrackKind::Audio, aim));
        let audio = steps.free_sound(from, Span { start: begin, length: FrameCount(length) });
        let mut at = begin;
        for asset in beside {
            let what = placement(&steps, asset, (None, audio), range);
            let length = what.length;
            steps.add(Edit::Overwrite { place: what, at });
            at += length;
        }
    }
    steps.together()
}

/// Where the first of what is placed will begin.
fn first_frame(steps: &mut Steps, all: &[Arc<Asset>], aim: Aim, place: Where) -> Frame {
    match place {
        Where::Insert(at) | Where::Overwrite(at) => at,
        Where::Append => {
            let Some(first) = all.iter().find(|a| a.info.has_video()) else { return Frame::ZERO };
            let kinds = [(TrackKind::Video, true), (TrackKind::Audio, first.info.has_audio())];
            let tracks = kinds.into_iter().filter(|(_, there)| *there).filter_map(|(kind, _)| steps.track(kind, aim));
            let tracks: Vec<TrackId> = tracks.collect();
            let ends = tracks.iter().filter_map(|id| steps.state.sequence().track(*id)).map(|t| t.clips.end());
            ends.max().unwrap_or(Frame::ZERO)
        }
    }
}

fn placement(
    steps: &Steps,
    asset: &Asset,
    (video, audio): (Option<TrackId>, Option<TrackId>),
    range: Option<Range>,
) -> Placement {
    let rate = steps.state.sequence().rate;
    let (source_in, length) = match range {
        Some((from, duration)) => (from, FrameCount(rate.frame_nearest(duration).0.max(1))),
        None => (SourceTime::ZERO, whole_length(asset, &steps.state)),
    };
    Placement { asset: asset.id, source_in, length, video, audio, name: None }
}

/// The first clip decides what the sequence is like.
fn format_of(asset: &Asset, project: &Project) -> Option<Edit> {
    let video = asset.info.video.as_ref()?;
    let even = |n: u32| (n / 2 * 2).clamp(16, 8192);
    let rate = video.rate.unwrap_or(project.sequence().rate);
    Some(Edit::SetFormat { width: even(video.width), height: even(video.height), rate })
}

impl Editor {
    /// What gives the open sequence the size of the first selected clip that has pictures; nothing where it has that. Its rate
    /// stays: all that is in it lies on its frames.
    pub(super) fn size_of_selected(&self) -> Option<Edit> {
        let sequence = self.sequence();
        let rate = sequence.rate;
        let (width, height) = self.selected_clips().into_iter().find_map(|(_, clip)| {
            let asset = self.project().assets.get(&clip.content.asset).filter(|a| a.info.generator.is_none())?;
            match format_of(asset, self.project())? {
                Edit::SetFormat { width, height, .. } => Some((width, height)),
                _ => None,
            }
        })?;
        let differs = (width, height) != (sequence.width, sequence.height);
        differs.then_some(Edit::SetFormat { width, height, rate })
    }

    /// Imports files that were dropped on the timeline, and places them there once all are known.
    pub fn import_onto(&mut self, paths: Vec<PathBuf>, onto: Onto, at: Frame) {
        self.worker.send(Command::Import(self.document.id, paths, Some((onto, at))));
    }

    /// Places assets from the bin where they are dropped.
    pub fn drop_assets(&mut self, assets: &[AssetId], onto: Onto, at: Frame, insert: bool) {
        if let Some(edit) = self.drop_edit(assets, onto, at, insert) {
            self.commit(&edit);
        }
    }

    fn drop_edit(&self, assets: &[AssetId], onto: Onto, at: Frame, insert: bool) -> Option<Edit> {
        let to = if insert { Where::Insert(at) } else { Where::Overwrite(at) };
        place(self.draft(), assets, onto, to, None, self.sync_lock)
    }

    /// The project as it would be with assets dropped there, and which clips those are; nothing where that is refused.
    #[must_use]
    pub fn try_drop(
        &self,
        assets: &[AssetId],
        onto: Onto,
        at: Frame,
        insert: bool,
    ) -> Option<(Arc<Project>, Vec<ClipId>)> {
        let edit = self.drop_edit(assets, onto, at, insert)?;
        let mut outcome = Outcome::default();
        let project = apply_telling(&self.draft(), &edit, &mut outcome).ok()?;
        Some((Arc::new(project), outcome.placed))
    }

    /// Puts media that were found into the bin and selects them there; those that were dropped on the timeline are placed
    /// in the same step.
    pub(super) fn imported(&mut self, assets: Vec<Asset>, place_at: Option<(Onto, Frame)>) {
        let paths: Vec<PathBuf> = assets.iter().map(|a| a.path.clone()).collect();
        let add = Edit::AddAssets(assets);
        let found = |project: &Project| -> Vec<AssetId> {
            let id = |path: &PathBuf| project.assets.values().find(|a| a.path == *path).map(|a| a.id);
            paths.iter().filter_map(id).collect()
        };
        let placed = place_at.is_some_and(|(onto, at)| {
            let Ok(draft) = apply(&self.draft(), &add) else { return false };
            let ids = found(&draft);
            let edit = place(draft, &ids, onto, Where::Overwrite(at), None, self.sync_lock);
            edit.is_some_and(|edit| self.commit_beside(&Edit::Together(vec![add.clone(), edit])))
        });
        let goes_on = self.importing.so_far.take().is_some_and(|so_far| Arc::ptr_eq(&so_far, self.project()));
        let before = Arc::clone(self.project());
        // what can't be placed is in the bin all the same
        if placed || self.commit_beside(&add) {
            if place_at.is_none() {
                // a folder comes by handfuls, and is taken back at once
                if goes_on && !Arc::ptr_eq(&before, self.project()) {
                    self.history.join_last();
                }
                self.importing.so_far = Some(Arc::clone(self.project()));
            }
            // what is dragged next is one card, not all that came with it
            let new = found(self.project());
            self.bin_selection.retain(|id| !new.contains(id));
        }
    }

    /// How long the whole of an asset would be on the timeline.
    #[must_use]
    pub fn whole_length(&self, asset: AssetId) -> Option<FrameCount> {
        self.project().assets.get(&asset).map(|a| whole_length(a, self.project()))
    }

    /// Places the marked part of the source, if it is in front, else what is selected in the bin; the playhead goes on.
    pub(super) fn place_chosen(&mut self, to: Where) {
        let (assets, range) = match self.marked_source() {
            Some((asset, from, duration)) => (vec![asset], Some((from, duration))),
            None => (self.bin_selection.clone(), None),
        };
        let edit = place(self.draft(), &assets, Onto::Targets, to, range, self.sync_lock);
        if edit.is_some_and(|edit| self.commit(&edit))
            && let Where::Insert(at) | Where::Overwrite(at) = to
        {
            self.go_on_behind(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::{parse, print};

    #[test]
    fn media_land_where_they_were_dropped_in_one_step() {
        let project = parse("V1: | A1:");
        let id = |name: &str| project.assets.values().find(|a| a.name == name).unwrap().id;
        let edit = place(project.clone(), &[id("A"), id("B")], Onto::Targets, Where::Append, None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@0+1000 ~1, B@1000+1000 ~2 | A1: A@0+1000 ~1, B@1000+1000 ~2");
        // dropped on V2: its sound goes to A2, which is made
        let project = parse("V1: A@0+50 | V2: | A1: A@0+50");
        let v2 = project.sequence().tracks[1].id;
        let edit = place(project.clone(), &[id("C")], Onto::Track(v2), Where::Overwrite(Frame(7)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@0+50 | V2: C@7+1000 ~1 | A1: A@0+50 | A2: C@7+1000 ~1");
    }

    #[test]
    fn the_first_clip_stays_where_it_was_dropped_when_the_rate_changes() {
        let mut project = parse("V1: | A1:");
        project.sequence_mut().rate = crate::model::FrameRate::new(48, 1).unwrap();
        let id = project.assets.values().find(|a| a.name == "A").unwrap().id;
        let edit = place(project.clone(), &[id], Onto::Targets, Where::Overwrite(Frame(96)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1: A@48+1000 ~1 | A1: A@48+1000 ~1");
    }

    #[test]
    fn locked_tracks_are_passed_over() {
        let project = parse("V1 locked: A@0+50 | V2: | A1:");
        let id = project.assets.values().find(|a| a.name == "B").unwrap().id;
        let edit = place(project.clone(), &[id], Onto::Targets, Where::Insert(Frame(3)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(print(&after), "V1 locked: A@0+50 | V2: B@3+1000 ~1 | A1: B@3+1000 ~1");
    }

    #[test]
    fn beside_the_tracks_new_ones_are_made() {
        let project = parse("V1: A@0+50 | A1: A@0+50 | A2:");
        let id = |name: &str| project.assets.values().find(|a| a.name == name).unwrap().id;
        let edit =
            place(project.clone(), &[id("B"), id("C")], Onto::New, Where::Overwrite(Frame(7)), None, true).unwrap();
        let after = apply(&project, &edit).unwrap();
        assert_eq!(
            print(&after),
            "V1: A@0+50 | A1: A@0+50 | A2: | V2: B@7+1000 ~1, C@1007+1000 ~2 | A3: B@7+1000 ~1, C@1007+1000 ~2"
        );
    }

    #[test]
    fn music_begins_where_the_pictures_begin() {
        let mut project = parse("V1: A@0+50 ~1 | A1: A@0+50 ~1");
        let id = |name: &str| project.assets.values().find(|a| a.name == name).unwrap().id;
        let (b, c, d) = (id("B"), id("C"), id("D"));
        let mut music = (*project.assets[&d]).clone();
        music.info.video = None;
        project.assets_mut().insert(d, Arc::new(music));
        let placed = |project: &Project, onto, to| {
            let edit = place(project.clone(), &[b, d, c], onto, to, None, true).unwrap();
            print(&apply(project, &edit).unwrap())
        };
        assert_eq!(
            placed(&project, Onto::Targets, Where::Append),
            "V1: A@0+50 ~1, B@50+1000 ~2, C@1050+1000 ~3 | A1: A@0+50 ~1, B@50+1000 ~2, C@1050+1000 ~3 | A2: D@50+1000"
        );
        assert_eq!(
            placed(&project, Onto::Targets, Where::Insert(Frame(0))),
            "V1: B@0+1000 ~1, C@1000+1000 ~2, A@2000+50 ~3 | A1: B@0+1000 ~1, C@1000+1000 ~2, A@2000+50 ~3 | A2: D@0+1000"
        );
        // what lies on the next track stays
        let mut full = parse("V1: | A1: | A2: A@60+10 | A3:");
        *full.assets_mut() = (*project.assets).clone();
        assert_eq!(
            placed(&full, Onto::Targets, Where::Overwrite(Frame(40))),
            "V1: B@40+1000 ~1, C@1040+1000 ~2 | A1: B@40+1000 ~1, C@1040+1000 ~2 | A2: A@60+10 | A3: D@40+1000"
        );
    }
}
