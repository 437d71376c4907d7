//! What commands do to how clips look, sound and run, and to the cuts between them.

use super::action::Action;
use super::editor::{Editor, Request};
use super::notices::Level;
use crate::edit::{Edit, apply, fitting_transition};
use crate::model::{
    Clip, ClipId, Direction, Frame, FrameCount, Generator, MediaKind, Project, Property, Speed, Track, TrackKind,
    Transition, TransitionKind,
};
use std::sync::Arc;

/// Who tries an edit, and says when it is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// A field, while its value is typed or dragged: meant when it is left.
    InField,
    /// The pointer, which holds something on the timeline or in the viewer: meant when it lets go.
    ByHand,
}

/// An edit that is tried while something is typed or dragged, and the project as it would be.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    tried: Tried,
    edit: Edit,
    /// The frame that the viewer shows of it, if any.
    at: Option<Frame>,
    project: Arc<Project>,
}

impl Editor {
    /// The project as it is shown: with the edit that is being tried, if there is one.
    #[must_use]
    pub fn shown_project(&self) -> &Arc<Project> {
        self.trial.as_ref().map_or_else(|| self.project(), |trial| &trial.project)
    }

    /// Shows what an edit would do, on the timeline and, if a frame is given, in the viewer. What is refused leaves the last
    /// that was not. Gives whether it is what is shown now.
    pub fn try_edit(&mut self, tried: Tried, edit: Edit, at: Option<Frame>) -> bool {
        if let Some(other) = self.trial.as_ref().map(|t| t.tried).filter(|other| *other != tried) {
            self.settle(other);
        }
        if self.trial.as_ref().is_some_and(|t| t.edit == edit) {
            return true;
        }
        let Ok(project) = apply(self.project(), &edit) else { return false };
        let project = Arc::new(project);
        if let Some(frame) = at {
            self.show_scratch(Arc::clone(&project), frame);
        }
        self.trial = Some(Trial { tried, edit, at, project });
        true
    }

    /// The same for a field, as it is seen at the playhead.
    pub fn try_in_field(&mut self, edit: Edit) {
        self.try_edit(Tried::InField, edit, Some(self.playhead));
    }

    /// Tries an edit again, of a project that has changed meanwhile.
    pub(super) fn try_again(&mut self, trial: Trial) {
        self.try_edit(trial.tried, trial.edit, trial.at);
    }

    /// Commits the edit that was tried, if it was tried so.
    pub fn settle(&mut self, tried: Tried) {
        if let Some(trial) = self.trial.take_if(|trial| trial.tried == tried) {
            self.commit(&trial.edit);
            self.end_scratch();
        }
    }

    /// Whether something is tried so.
    #[must_use]
    pub fn tries(&self, tried: Tried) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.tried == tried)
    }

    /// Drops the edit that was tried.
    pub fn drop_trial(&mut self) {
        if self.trial.take().is_some() {
            self.end_scratch();
        }
    }

    pub(super) fn perform_on_looks(&mut self, action: Action) {
        match action {
            Action::CrossDissolve => self.add_transition(TransitionKind::Dissolve),
            Action::DipToBlack => self.add_transition(TransitionKind::Dip([0; 3])),
            Action::DipToWhite => self.add_transition(TransitionKind::Dip([255; 3])),
            Action::WipeLeft => self.add_transition(TransitionKind::Wipe(Direction::Left)),
            Action::WipeRight => self.add_transition(TransitionKind::Wipe(Direction::Right)),
            Action::WipeUp => self.add_transition(TransitionKind::Wipe(Direction::Up)),
            Action::WipeDown => self.add_transition(TransitionKind::Wipe(Direction::Down)),
            Action::RemoveTransitions => self.remove_transitions(),
            Action::Speed => self.request = Some(Request::Speed),
            Action::FreezeFrame => self.freeze(),
            Action::Reverse => self.reverse(),
            Action::CopyAttributes => {
                self.attributes = self.selected_clips().first().map(|(_, c)| c.content.properties.clone());
            }
            Action::PasteAttributes => {
                if let Some(all) = self.attributes.clone() {
                    self.set_property(Property::All(Box::new(all)));
                }
            }
            _ => self.set_property(Property::All(Box::default())),
        }
    }

    fn set_property(&mut self, property: Property) {
        self.commit(&Edit::SetProperty { clips: self.selection.iter().copied().collect(), property });
    }

    /// The clips behind the cuts that a transition is meant for: the selected transition's; the cuts between selected
    /// clips; a cut on which the playhead stands, as it does after a split; of one selected clip the cut nearest to the
    /// playhead; else that of all cuts on the first track with any.
    fn meant_cuts(&self) -> Vec<ClipId> {
        if let Some(right) = self.selected_transition {
            return vec![right];
        }
        let sequence = self.sequence();
        let selected = self.selected_clips();
        let cut_before = |track: &Track, clip: &Clip| track.clips.before(clip.start).filter(|l| l.end() == clip.start);
        let mut between = Vec::new();
        let mut beside = Vec::new();
        for (track, clip) in &selected {
            let Some(track) = sequence.track(*track) else { continue };
            if let Some(left) = cut_before(track, clip) {
                beside.push((clip.start, clip.id));
                if self.selection.contains(&left.id) {
                    between.push(clip.id);
                }
            }
            if let Some(next) = track.clips.after(clip.end()).filter(|n| n.start == clip.end()) {
                beside.push((next.start, next.id));
            }
        }
        if !between.is_empty() {
            return between;
        }
        let tracks = || sequence.tracks_of(TrackKind::Video).rev().chain(sequence.tracks_of(TrackKind::Audio));
        if !beside.iter().any(|(at, _)| *at == self.playhead) {
            let here = |t: &Arc<Track>| {
                let clip = t.clips.at(self.playhead).filter(|c| c.start == self.playhead)?;
                cut_before(t, &clip).map(|_| clip.id)
            };
            if let Some(right) = tracks().filter(|t| !t.locked).find_map(here) {
                return vec![right];
            }
        }
        let nearest = |cuts: &[(Frame, ClipId)]| cuts.iter().map(|(at, _)| (*at - self.playhead).0.abs()).min();
        if let Some(distance) = nearest(&beside) {
            let here = |(at, _): &&(Frame, ClipId)| (*at - self.playhead).0.abs() == distance;
            return beside.iter().filter(here).map(|(_, id)| *id).collect();
        }
        if !selected.is_empty() {
            return Vec::new();
        }
        for track in tracks().filter(|t| !t.locked) {
            let around = [
                track.clips.at(self.playhead),
                track.clips.after(self.playhead),
                track.clips.at(self.playhead).and_then(|c| track.clips.after(c.end())),
            ];
            let cuts: Vec<(Frame, ClipId)> = around
                .into_iter()
                .flatten()
                .filter(|c| cut_before(track, c).is_some())
                .map(|c| (c.start, c.id))
                .collect();
            if let Some(found) = cuts.iter().min_by_key(|(at, _)| (*at - self.playhead).0.abs()) {
                return vec![found.1];
            }
        }
        Vec::new()
    }

    /// Puts a transition of a second, or of as much as fits, on the cuts that are meant.
    fn add_transition(&mut self, kind: TransitionKind) {
        let cuts = self.meant_cuts();
        if cuts.is_empty() {
            self.notify(Level::Problem, "Transition: there is no cut here. Select the clips beside one.");
            return;
        }
        let length = FrameCount(self.sequence().rate.nominal());
        let (mut edits, mut state) = (Vec::new(), self.draft());
        // whether nothing fits, or what does is too short to be seen
        let mut glimpse = true;
        for right in cuts.iter().copied() {
            let Some((track, clip)) = state.sequence().clip(right) else { continue };
            let sound = track.kind == TrackKind::Audio;
            let kind = if sound { TransitionKind::Dissolve } else { kind };
            // linked sound has got its own already
            if self.sequence().clip(right).is_some_and(|(_, c)| c.transition != clip.transition) {
                continue;
            }
            let known = clip.transition.map_or(length, |t| t.length);
            let without = Edit::SetTransition { right, transition: None, alone: true };
            let Ok(bare) = apply(&state, &without) else { continue };
            let Some(transition) = fitting_transition(&bare, right, kind, known) else { continue };
            let edit = Edit::SetTransition { right, transition: Some(transition), alone: false };
            if let Ok(after) = apply(&state, &edit) {
                state = after;
                edits.push(edit);
                glimpse &= clip.transition.is_none() && transition.length.0 * 4 < length.0;
            }
        }
        if glimpse && self.offer_to_trim(&cuts, kind, length) {
            return;
        }
        if edits.is_empty() {
            let text =
                "Transition: there is no media beyond the cut. Trim the clips beside it, so that each goes on unseen.";
            self.notify(Level::Problem, text);
        } else if let [edit] = edits.as_slice() {
            let edit = edit.clone();
            self.commit(&edit);
        } else {
            self.commit(&Edit::Together(edits));
        }
    }

    fn remove_transitions(&mut self) {
        let alone = self.selected_transition.is_none();
        let selected = self.selected_clips().into_iter().filter(|(_, c)| c.transition.is_some()).map(|(_, c)| c.id);
        let rights: Vec<ClipId> = self.selected_transition.into_iter().chain(selected).collect();
        let edit = |right| Edit::SetTransition { right, transition: None, alone };
        let edits: Vec<Edit> = rights.into_iter().map(edit).collect();
        self.selected_transition = None;
        if !edits.is_empty() {
            self.commit(&Edit::Together(edits));
        }
    }

    /// The transition that is selected, with the clip behind its cut.
    #[must_use]
    pub fn transition(&self) -> Option<(Clip, Transition)> {
        let (_, clip) = self.shown_project().sequence().clip(self.selected_transition?)?;
        let transition = clip.transition?;
        Some((clip, transition))
    }

    /// Lets the selected clips run at a speed.
    pub fn set_speed(&mut self, speed: Speed, ripple: bool) {
        let clips = self.selection.iter().copied().collect();
        let sync_lock = self.sync_lock;
        self.commit(&Edit::SetSpeed { clips, speed, ripple, sync_lock, alone: true });
    }

    fn reverse(&mut self) {
        let sync_lock = self.sync_lock;
        let edits: Vec<Edit> = self
            .selected_clips()
            .into_iter()
            .filter(|(_, c)| !c.speed.is_frozen())
            .map(|(_, c)| Edit::SetSpeed {
                clips: vec![c.id],
                speed: c.speed.reversed(),
                ripple: false,
                sync_lock,
                alone: true,
            })
            .collect();
        if !edits.is_empty() {
            self.commit(&Edit::Together(edits));
        }
    }

    /// From the playhead on the picture stands still; its sound goes on. Of the films under the playhead that of the selected
    /// clip is meant, else the topmost: what stands still by itself, a title or a photograph, is not.
    fn freeze(&mut self) {
        let at = self.playhead;
        let assets = Arc::clone(&self.project().assets);
        let film = |c: &Clip| assets.get(&c.content.asset).is_some_and(|a| a.info.kind == MediaKind::Video);
        let moves = |c: &Clip| film(c) && !c.speed.is_frozen();
        let seen =
            |t: &&Arc<Track>| t.kind == TrackKind::Video && !t.locked && t.clips.at(at).is_some_and(|c| moves(&c));
        let tracks: Vec<&Arc<Track>> = self.sequence().tracks.iter().rev().filter(seen).collect();
        let chosen = |t: &&&Arc<Track>| t.clips.at(at).is_some_and(|c| self.selection.contains(&c.id));
        let Some(track) = tracks.iter().find(chosen).or(tracks.first()).map(|t| t.id) else {
            self.notify(Level::Problem, "Freeze frame: there is no film under the playhead.");
            return;
        };
        let Some(clip) = self.sequence().track(track).and_then(|t| t.clips.at(at)) else { return };
        let split = Edit::Split { at, clips: vec![clip.id], alone: true };
        let Ok(after) = apply(&self.draft(), &split) else { return };
        let Some(right) = after.sequence().track(track).and_then(|t| t.clips.at(at)) else { return };
        let (clips, speed) = (vec![right.id], Speed::new(0, 1).unwrap_or_default());
        let still = Edit::SetSpeed { clips, speed, ripple: false, sync_lock: false, alone: true };
        self.commit(&Edit::Together(vec![split, still]));
    }

    /// Whether a clip is a title.
    #[must_use]
    pub fn is_title(&self, clip: &Clip) -> bool {
        let asset = self.project().assets.get(&clip.content.asset);
        matches!(asset.and_then(|a| a.info.generator.as_deref()), Some(Generator::Title(_)))
    }

    /// Makes a solid or a title and puts it at the playhead, on the lowest track that is free above all that is seen.
    /// Gives whether it could.
    pub(super) fn make_up(&mut self, generator: Generator) -> bool {
        let (at, length, track) = (self.playhead, None, None);
        let edit = match generator {
            Generator::Title(title) => Edit::AddTitle { title, at, length, track },
            Generator::Solid(color) => Edit::AddColor { color, at, length, track },
        };
        self.commit(&edit)
    }
}
