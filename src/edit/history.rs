//! Undo and redo: earlier states, which share what did not change.

use super::{Edit, EditError, apply};
use crate::model::Project;
use std::sync::Arc;

/// An earlier or later state and the name of the edit that lies between it and its neighbour.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the menu calls the edit.
    pub name: &'static str,
    state: Arc<Project>,
}

/// The project now, with what came before and what was undone.
#[derive(Clone, Debug)]
pub struct History {
    now: Arc<Project>,
    past: Vec<Step>,
    future: Vec<Step>,
    /// The highest id that was given out in any state: undone things' ids are not given to others.
    next_id: u64,
}

impl History {
    /// Starts with nothing to undo.
    #[must_use]
    pub fn new(project: Project) -> Self {
        let next_id = project.next_id;
        Self { now: Arc::new(project), past: Vec::new(), future: Vec::new(), next_id }
    }

    /// The project now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        &self.now
    }

    /// Applies an edit. What was undone before can't be redone any more. An edit that changes nothing
    /// leaves no step.
    ///
    /// # Errors
    /// [`EditError`] when it is refused; nothing has changed then.
    pub fn commit(&mut self, edit: &Edit) -> Result<(), EditError> {
        let mut base = Project::clone(&self.now);
        base.next_id = self.next_id;
        let after = apply(&base, edit)?;
        if after == base {
            return Ok(());
        }
        self.next_id = after.next_id;
        let before = std::mem::replace(&mut self.now, Arc::new(after));
        self.past.push(Step { name: edit.name(), state: before });
        self.future.clear();
        Ok(())
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
        self.past.last().map(|s| s.name)
    }

    /// What redo would do again.
    #[must_use]
    pub fn redo_name(&self) -> Option<&'static str> {
        self.future.last().map(|s| s.name)
    }

    /// Takes the last edit back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.past.pop() else { return false };
        let after = std::mem::replace(&mut self.now, step.state);
        self.future.push(Step { name: step.name, state: after });
        true
    }

    /// Does the last undone edit again; whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.future.pop() else { return false };
        let before = std::mem::replace(&mut self.now, step.state);
        self.past.push(Step { name: step.name, state: before });
        true
    }
}
