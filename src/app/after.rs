//! How the window changes the document, and what is selected and where the playhead stands after it.
//!
//! Every gesture, command, dialog and field ends in [`Editor::commit`], in [`Editor::undo`] or in [`Editor::redo`]; what is
//! tried before ([`Editor::try_edit`]) changes nothing. These are the rules, and this file is their code:
//!
//! | after | is selected | the playhead |
//! | --- | --- | --- |
//! | a drop, insert, overwrite, append, a title, a solid | what was put there, and nothing that it cut off or pushed | stays |
//! | insert and overwrite by `,` and `.` | the same | goes on behind it, if it stood where it begins |
//! | paste, paste insert, also into another sequence or project | the copies | goes on behind them |
//! | duplicate | the copies | stays |
//! | cut, delete, lift, extract | what is left of what was selected | stays |
//! | move, trim, ripple, roll, slip, slide by hand | what was grabbed with all that belongs to it, or the selection that it is in | stays |
//! | split | what was: of a selected clip its left part | stays |
//! | all else | what was | stays |
//! | undo, redo | what is still there of what was selected | stays |
//!
//! - What belongs to a clip is what is linked to it, and what is grouped with it: a click selects it all, and commands act on
//!   what is selected, no more. Alt takes one clip alone. Ctrl or Shift add to the selection, or take away from it.
//! - What is dropped above the pictures' tracks or below the sounds' gets new tracks, in the same step (`placing`, `moving`).
//! - The playhead never stands beyond the film. Where the rate changes it stays at its time, and so do the marks.
//! - The first clips of a sequence are shown whole, with the playhead where they begin.
//! - What an edit did beside what was asked for is said: transitions that had to give way, a sequence that took the size and
//!   the rate of its first clip.
//! - Undo restores the document exactly, tracks, size and rate included. Selection, playhead, zoom and tools are not in it.

use super::editor::Editor;
use super::notices::{Level, sentence};
use crate::edit::{Edit, Outcome};
use crate::model::{Asset, ClipId, Frame, Project, Reach};
use crate::render::PreviewCommand;
use std::sync::Arc;

impl Editor {
    /// Commits an edit, or says why it was refused.
    pub fn commit(&mut self, edit: &Edit) -> bool {
        let before = Arc::clone(self.project());
        match self.history.commit(edit) {
            Ok(outcome) => {
                self.after(&before, edit, outcome);
                true
            }
            Err(error) => {
                self.notify(Level::Problem, sentence(&format!("{}: {error}", edit.name())));
                false
            }
        }
    }

    /// Commits what came by itself, from a thread: what is being tried by hand, and what is offered, go on.
    pub(super) fn commit_beside(&mut self, edit: &Edit) -> bool {
        let (trial, offer) = (self.trial.take(), self.offer.take());
        let done = self.commit(edit);
        self.offer = offer;
        if let Some(trial) = trial {
            self.try_again(trial);
        }
        done
    }

    /// Takes the last edit back.
    pub fn undo(&mut self) {
        let before = Arc::clone(self.project());
        if self.history.undo() {
            self.keep_time(&before);
            self.project_changed();
        }
    }

    /// Does the last undone edit again.
    pub fn redo(&mut self) {
        let before = Arc::clone(self.project());
        if self.history.redo() {
            self.keep_time(&before);
            self.project_changed();
        }
    }

    fn after(&mut self, before: &Project, edit: &Edit, outcome: Outcome) {
        for note in outcome.notes {
            self.notify(Level::Done, sentence(&note.to_string()));
        }
        self.keep_time(before);
        let now = Arc::clone(self.sequence());
        let placed: Vec<_> = outcome.placed.iter().filter_map(|id| now.clip(*id).map(|(_, clip)| clip)).collect();
        if !placed.is_empty() {
            self.selection = placed.iter().map(|c| c.id).collect();
            self.selected_transition = None;
        }
        let was = before.sequence();
        if was.end() == Frame::ZERO
            && let Some(first) = placed.iter().map(|c| c.start).min()
        {
            self.view.fit(now.end());
            self.set_playhead(first);
        }
        let same = before.active == self.project().active;
        let format = |s: &crate::model::Sequence| (s.width, s.height, s.rate);
        if same && format(was) != format(&now) && !matches!(edit, Edit::SetFormat { .. }) {
            let like = |s: &crate::model::Sequence| format!("{}×{}, {} fps", s.width, s.height, s.rate.in_words());
            let (old, new) = (like(was), like(&now));
            let text =
                format!("The sequence took its first clip's format: {new} (it was {old}). Undo takes both back.");
            self.notify(Level::Done, text);
        }
        self.project_changed();
    }

    /// Leaves playhead and marks at their time where the rate of the open sequence has changed.
    fn keep_time(&mut self, before: &Project) {
        let (old, new) = (before.sequence().rate, self.sequence().rate);
        if before.active == self.project().active && old != new {
            let same = |at: Frame| new.frame_nearest(old.time_of(at));
            self.playhead = new.frame_nearest(old.time_of(self.playhead));
            (self.mark_in, self.mark_out) = (self.mark_in.map(same), self.mark_out.map(same));
        }
    }

    /// Goes on behind what was placed, if the playhead stood where it begins.
    pub(super) fn go_on_behind(&mut self, at: Frame) {
        let ends = self.selected_clips().into_iter().filter(|(_, c)| c.start >= at).map(|(_, c)| c.end());
        if let Some(end) = ends.max().filter(|_| self.playhead == at) {
            self.set_playhead(end);
            self.view.reveal(self.playhead);
        }
    }

    /// Moves the playhead of the sequence, and leaves the source in front if it is there: the next shot comes from it too.
    fn set_playhead(&mut self, frame: Frame) {
        self.playhead = frame.max(Frame::ZERO).min(self.sequence().end());
        if !self.playback.on_source {
            self.preview.send(PreviewCommand::Seek(self.playhead));
        }
    }

    /// Lets go of what is no longer there, and tells all who must know.
    pub(super) fn project_changed(&mut self) {
        let project = Arc::clone(self.project());
        self.selection.retain(|id| project.sequence().clip(*id).is_some());
        let has = |id: &ClipId| project.sequence().clip(*id).is_some_and(|(_, c)| c.transition.is_some());
        self.selected_transition = self.selected_transition.filter(has);
        (self.trial, self.offer) = (None, None);
        self.bin_selection.retain(|id| project.assets.contains_key(id));
        self.keep();
        if !self.playback.on_source {
            self.preview.send(PreviewCommand::Project(Arc::clone(&project)));
        }
        if self.playhead > project.sequence().end() {
            self.set_playhead(self.playhead);
        }
        // what is undone and done again is looked for anew; an evening of titles that were tried must not stay
        self.assets.retain(|id, _| project.assets.contains_key(id));
        // made-up pictures change under the same id, and so do relinked files, back and forth
        let known = |a: &Arc<Asset>| self.assets.get(&a.id).is_some_and(|s| s.prepared == a.fingerprint);
        let new: Vec<Arc<Asset>> = project.assets.values().filter(|a| !known(a)).cloned().collect();
        for asset in new.iter().filter(|a| a.info.generator.is_none()) {
            self.assets.remove(&asset.id);
        }
        self.prepare(new);
    }

    /// Selects a clip with all that belongs to it, or `alone`: only that, or added to the selection (or taken from it).
    pub fn select(&mut self, clip: ClipId, extend: bool, alone: bool) {
        let ids = self.belonging(&[clip], alone);
        self.offer = None;
        self.selected_transition = None;
        if !extend {
            self.selection = ids.into_iter().collect();
        } else if self.selection.contains(&clip) {
            self.selection.retain(|c| !ids.contains(c));
        } else {
            self.selection.extend(ids);
        }
    }

    /// Selects clips with all that belongs to them, or `alone`: only those, or added to the selection.
    pub fn select_clips(&mut self, clips: &[ClipId], extend: bool, alone: bool) {
        if !extend {
            self.select_none();
        }
        self.selection.extend(self.belonging(clips, alone));
    }

    /// Selects a transition, by the clip behind its cut, and no clips.
    pub fn select_transition(&mut self, right: ClipId) {
        self.select_none();
        self.selected_transition = Some(right);
    }

    /// Selects nothing.
    pub fn select_none(&mut self) {
        self.offer = None;
        self.selection.clear();
        self.selected_transition = None;
    }

    /// Clips with all that belongs to them, or `alone`.
    #[must_use]
    pub fn belonging(&self, clips: &[ClipId], alone: bool) -> Vec<ClipId> {
        let reach = if alone { Reach::Alone } else { Reach::Groups };
        self.sequence().together(clips, reach).into_iter().map(|(_, c)| c.id).collect()
    }
}
