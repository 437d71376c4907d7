//! What goes wrong in clips while they are rendered.

use crate::model::{Asset, Clip, ClipId, SourceTime};
use std::collections::HashSet;
use std::path::PathBuf;

/// Something went wrong in one clip; the render goes on without it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Warning {
    /// Which clip.
    pub clip: ClipId,
    /// Its name.
    pub name: String,
    /// Its file.
    pub source: PathBuf,
    /// What is wrong and what is shown instead.
    pub text: String,
    /// How it is wrong.
    pub fault: Fault,
}

/// How something is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// Its file is damaged, and all that can be shown of it is.
    Damaged,
    /// Something that was asked for is not shown.
    Missing,
    /// Its file is another one than the one that was imported.
    Replaced,
}

impl Fault {
    /// Whether the film is not what was asked for.
    #[must_use]
    pub fn lacks(self) -> bool {
        self != Self::Damaged
    }
}

/// What went wrong since this was last asked, each clip's damage once, and what is missing of it once.
#[derive(Default)]
pub(super) struct Warnings {
    told: HashSet<(ClipId, Fault)>,
    waiting: Vec<Warning>,
}

impl Warnings {
    /// What was told before may be told again.
    pub fn forget(&mut self) {
        self.told.clear();
    }

    /// What there is to tell.
    pub fn take(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.waiting)
    }

    /// Something of a clip is not there.
    pub fn missing(&mut self, clip: &Clip, asset: &Asset, text: impl Into<String>) {
        self.add(clip, asset, text.into(), Fault::Missing);
    }

    /// What a clip has is damaged: when in its file, and why. `words` are what it has, and how people come by what is whole.
    pub fn damaged(&mut self, clip: &Clip, asset: &Asset, (at, why): (SourceTime, String), words: [&str; 2]) {
        let (at, [what, how]) = (at.seconds().max(0.0), words);
        let text = format!("its {what} damaged at {at:.2} s ({why}); what is whole is {how}");
        self.add(clip, asset, text, Fault::Damaged);
    }

    fn add(&mut self, clip: &Clip, asset: &Asset, text: String, fault: Fault) {
        // what is missing is told whatever was told before
        if !self.told.contains(&(clip.id, Fault::Missing)) && self.told.insert((clip.id, fault)) {
            let (name, source) = (clip.content.name.clone(), asset.path.clone());
            self.waiting.push(Warning { clip: clip.id, name, source, text, fault });
        }
    }
}
