//! Undo and redo: earlier states, which share what did not change.

use super::{Edit, EditError, Outcome, apply_telling};
use crate::model::{ClipList, Project, Sequence};
use std::collections::VecDeque;
use std::sync::Arc;

/// Steps are kept while what they hold beside the project stays under this; then the oldest go.
pub const MOST_BYTES: usize = 64 << 20;

/// An earlier or later state and the name of the edit that lies between it and its neighbour.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the menu calls the edit.
    pub name: &'static str,
    state: Arc<Project>,
    /// About what it holds that its neighbour does not share.
    bytes: usize,
}

/// The project now, with what came before and what was undone.
#[derive(Clone, Debug)]
pub struct History {
    now: Arc<Project>,
    past: VecDeque<Step>,
    future: Vec<Step>,
    /// The highest id that was given out in any state: undone things' ids are not given to others.
    next_id: u64,
    most_bytes: usize,
}

impl History {
    /// Starts with nothing to undo.
    #[must_use]
    pub fn new(project: Project) -> Self {
        let next_id = project.next_id;
        Self { now: Arc::new(project), past: VecDeque::new(), future: Vec::new(), next_id, most_bytes: MOST_BYTES }
    }

    /// Keeps no more than so many bytes of steps, the last one aside.
    #[must_use]
    pub fn with_most_bytes(mut self, most_bytes: usize) -> Self {
        self.most_bytes = most_bytes;
        self
    }

    /// The id that the next edit gives out first.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// The project now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        &self.now
    }

    /// Applies an edit; gives what it did. What was undone before can't be redone any
    /// more. An edit that changes nothing leaves no step, and neither does opening another sequence.
    ///
    /// # Errors
    /// [`EditError`] when it is refused; nothing has changed then.
    pub fn commit(&mut self, edit: &Edit) -> Result<Outcome, EditError> {
        let mut base = Project::clone(&self.now);
        base.next_id = self.next_id;
        let mut outcome = Outcome::default();
        let after = apply_telling(&base, edit, &mut outcome)?;
        if after == base {
            return Ok(outcome);
        }
        self.next_id = after.next_id;
        let before = std::mem::replace(&mut self.now, Arc::new(after));
        if !matches!(edit, Edit::OpenSequence(_)) {
            let bytes = bytes_beside(&before, &self.now);
            self.past.push_back(Step { name: edit.name(), state: before, bytes });
            self.future.clear();
            self.forget_oldest();
        }
        Ok(outcome)
    }

    /// Makes one step of the last two, with the name of the later.
    pub fn join_last(&mut self) {
        if self.past.len() < 2 {
            return;
        }
        let (Some(later), Some(earlier)) = (self.past.pop_back(), self.past.pop_back()) else { return };
        let bytes = bytes_beside(&earlier.state, &self.now);
        self.past.push_back(Step { name: later.name, state: earlier.state, bytes });
    }

    fn forget_oldest(&mut self) {
        while self.past.len() > 1 && self.bytes() > self.most_bytes {
            self.past.pop_front();
        }
    }

    /// About how many bytes the steps hold that the project itself does not.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.past.iter().chain(&self.future).map(|step| step.bytes).sum()
    }

    /// How many steps can be undone.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.past.len()
    }

    /// Replaces the project without a step: for facts about media that became known, which no one wants
    /// to undo. Earlier states learn them too.
    pub fn amend(&mut self, change: impl Fn(&mut Project)) {
        let apply = |state: &mut Arc<Project>| change(Arc::make_mut(state));
        apply(&mut self.now);
        self.past.iter_mut().chain(&mut self.future).for_each(|step| apply(&mut step.state));
    }

    /// What undo would take back.
    #[must_use]
    pub fn undo_name(&self) -> Option<&'static str> {
        self.past.back().map(|s| s.name)
    }

    /// What redo would do again.
    #[must_use]
    pub fn redo_name(&self) -> Option<&'static str> {
        self.future.last().map(|s| s.name)
    }

    /// Takes the last edit back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.past.pop_back() else { return false };
        let after = std::mem::replace(&mut self.now, step.state);
        self.future.push(Step { state: after, ..step });
        true
    }

    /// Does the last undone edit again; whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.future.pop() else { return false };
        let before = std::mem::replace(&mut self.now, step.state);
        self.past.push_back(Step { state: before, ..step });
        true
    }
}

/// About how many bytes `state` holds that `other` does not share.
fn bytes_beside(state: &Project, other: &Project) -> usize {
    let mut bytes = size_of::<Project>();
    if !Arc::ptr_eq(&state.assets, &other.assets) {
        // the map itself; the assets in it are shared but for the few that changed
        bytes += state.assets.len() * 32 + 2048;
    }
    for (id, sequence) in &state.sequences {
        match other.sequences.get(id) {
            Some(same) if Arc::ptr_eq(sequence, same) => {}
            counterpart => bytes += sequence_bytes(sequence, counterpart.map(AsRef::as_ref)),
        }
    }
    bytes
}

fn sequence_bytes(sequence: &Sequence, other: Option<&Sequence>) -> usize {
    let mut bytes = size_of::<Sequence>() + sequence.tracks.len() * 16;
    if other.is_none_or(|o| !Arc::ptr_eq(&o.markers, &sequence.markers)) {
        bytes += sequence.markers.iter().map(|m| size_of_val(m) + m.name.len()).sum::<usize>();
    }
    let nothing = ClipList::new();
    for track in &sequence.tracks {
        match other.and_then(|o| o.track(track.id)) {
            Some(same) if Arc::ptr_eq(same, track) => {}
            counterpart => bytes += 128 + track.clips.bytes_beside(counterpart.map_or(&nothing, |t| &t.clips)),
        }
    }
    bytes
}
