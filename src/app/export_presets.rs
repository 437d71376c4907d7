//! The presets that the export dialog offers: those that come with the program, and people's own, which are kept and removed
//! here.

use super::editor::Editor;
use super::exporting::ExportDialog;
use super::notices::Level;
use crate::export::{Hardware, PictureSize, Preset, SettingKind, presets};
use crate::worker::Command;
use std::path::PathBuf;
use std::sync::Arc;

/// A preset in the list of the dialog.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The preset.
    pub preset: Preset,
    /// Why this machine can't run it.
    pub reason: Option<String>,
    /// Whether it is of people's own.
    pub own: bool,
    /// What of the machine's graphics could make it, if anything.
    pub fast: Option<String>,
}

impl Choice {
    /// All presets: the user's own, then those that come with the program.
    pub(super) fn all(own: &[Preset]) -> Arc<[Self]> {
        let built_in = presets().iter().map(|preset| (preset, false));
        let all = own.iter().map(|preset| (preset, true)).chain(built_in);
        let choice = |(preset, own): (&Preset, bool)| {
            // it starts GStreamer, without which nothing is found
            let reason = preset.reason();
            let film = preset.target.film();
            let fast = film.and_then(|film| Hardware::instead_of(&film.video).next()).map(|hardware| hardware.title());
            Self { reason, fast, preset: preset.clone(), own }
        };
        all.map(choice).collect()
    }
}

/// What a name for a preset is good for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PresetName {
    /// A new preset.
    New,
    /// Taking the place of one that is there.
    Replaces,
    /// Nothing: no file can be called so.
    Nothing,
    /// Nothing: one that comes with the program is called so.
    Taken,
}

impl ExportDialog {
    /// The entry of the list that was chosen, as it is there.
    #[must_use]
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.preset.name == self.preset.name)
    }

    /// Whether it was changed since it was chosen.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.chosen().is_some_and(|choice| choice.preset.target != self.wanted())
    }

    /// Whether what is chosen is a preset of people's own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.chosen().is_some_and(|choice| choice.own)
    }

    /// Whether the machine's graphics may make it.
    #[must_use]
    pub fn can_be_fast(&self) -> bool {
        self.max_size().is_none() && self.chosen().is_some_and(|choice| choice.fast.is_some())
    }

    /// Sets one of the target's settings.
    pub fn adjust(&mut self, kind: SettingKind, value: u32) {
        self.preset.target.set(kind, value);
        self.preset.description = self.preset.target.in_words();
    }

    /// Sets how large its pictures are.
    pub fn resize(&mut self, size: PictureSize) {
        self.preset.target.size = size;
        self.preset.description = self.preset.target.in_words();
    }

    /// What a name for it would do.
    #[must_use]
    pub fn naming(&self, title: &str) -> PresetName {
        let Some(preset) = Preset::own(title, self.wanted()) else { return PresetName::Nothing };
        let alike = |choice: &&Choice| choice.preset.name == preset.name || choice.preset.title == preset.title;
        match self.choices.iter().find(alike) {
            Some(choice) if choice.own => PresetName::Replaces,
            Some(_) => PresetName::Taken,
            None => PresetName::New,
        }
    }
}

impl Editor {
    /// Where people's own presets lie.
    pub(super) fn presets_folder(&self) -> PathBuf {
        self.settings.join("presets")
    }

    /// Takes in the presets that are people's own.
    pub(super) fn take_in_presets(&mut self, (presets, errors): (Vec<Preset>, Vec<String>)) {
        // the dialog asks each time that it opens
        let new: Vec<String> = errors.iter().filter(|error| !self.preset_errors.contains(error)).cloned().collect();
        for error in new {
            self.notify(Level::Problem, error);
        }
        self.preset_errors = errors;
        if presets == self.own_presets {
            return;
        }
        self.own_presets = presets;
        if let Some(dialog) = &mut self.export {
            dialog.choices = Choice::all(&self.own_presets);
        }
    }

    /// Keeps what a dialog describes as a preset of that title, over one that has it.
    pub fn keep_preset(&mut self, dialog: &mut ExportDialog, title: &str) {
        let Some(preset) = Preset::own(title, dialog.wanted()) else { return };
        dialog.preset.clone_from(&preset);
        self.worker.send(Command::KeepPreset(Box::new(preset), self.presets_folder()));
    }

    /// Removes the preset of people's own that a dialog has chosen; what it describes stays.
    pub fn remove_preset(&mut self, dialog: &ExportDialog) {
        if dialog.is_own() {
            self.worker.send(Command::RemovePreset(Box::new(dialog.preset.clone()), self.presets_folder()));
        }
    }
}
