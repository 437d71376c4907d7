//! What could be done instead of what was refused: said, with a button that does it.

use super::editor::Editor;
use crate::edit::{Edge, Edit, apply};
use crate::model::{ClipId, FrameCount, Project, TrackKind, Transition, TransitionKind};

/// An offer; it stands until the document or the selection changes.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Why the thing itself was refused.
    pub why: String,
    /// What the button says.
    pub button: String,
    edit: Edit,
}

impl Editor {
    /// Does what is offered, as one step.
    pub fn take_offer(&mut self) {
        if let Some(offer) = self.offer.take() {
            self.commit(&offer.edit);
        }
    }

    /// Offers to trim the clips beside cuts by as much as a transition needs on each side, which whole clips lack; whether
    /// that is possible. What follows moves along.
    pub(super) fn offer_to_trim(&mut self, cuts: &[ClipId], kind: TransitionKind, length: FrameCount) -> bool {
        let draft = self.draft();
        let fitting = (1..=length.0 / 2).rev().find_map(|n| {
            let (edits, done) = trims(&draft, cuts, kind, FrameCount(n), self.sync_lock);
            (done > 0).then_some((n, edits, done))
        });
        let Some((n, edits, done)) = fitting else { return false };
        let frames = if n == 1 { "1 frame".to_owned() } else { format!("{n} frames") };
        let what = match kind {
            TransitionKind::Wipe(_) => "wipe",
            _ => "dissolve",
        };
        self.offer = Some(Offer {
            why: "There is no media beyond the cut, or hardly any, for the clips to overlap.".into(),
            button: match done {
                1 => format!("Trim both by {frames} and {what}"),
                _ => format!("Trim beside {done} cuts by {frames} and {what}"),
            },
            edit: Edit::Together(edits),
        });
        true
    }
}

/// The edits that trim both sides of cuts by `n` frames and put a transition there, and for how many cuts. All or none.
fn trims(draft: &Project, cuts: &[ClipId], kind: TransitionKind, n: FrameCount, sync_lock: bool) -> (Vec<Edit>, usize) {
    let none = (Vec::new(), 0);
    let (mut state, mut edits, mut done) = (draft.clone(), Vec::new(), 0);
    for right in cuts.iter().copied() {
        let Some((track, clip)) = state.sequence().clip(right) else { return none };
        // linked sound has got its own already
        if clip.transition != draft.sequence().clip(right).and_then(|(_, c)| c.transition) {
            continue;
        }
        let Some(left) = track.clips.before(clip.start).filter(|l| l.end() == clip.start) else { return none };
        let kind = if track.kind == TrackKind::Audio { TransitionKind::Dissolve } else { kind };
        let transition = Some(Transition { kind, length: n + n, before: n });
        let ripple = |clip, edge, by| Edit::Ripple { clip, edge, by, sync_lock, alone: false };
        let steps = [
            ripple(left.id, Edge::Out, -n),
            ripple(right, Edge::In, n),
            Edit::SetTransition { right, transition, alone: false },
        ];
        for edit in steps {
            let Ok(after) = apply(&state, &edit) else { return none };
            state = after;
            edits.push(edit);
        }
        done += 1;
    }
    (edits, done)
}
