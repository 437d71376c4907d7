//! The export dialog: what is chosen for a film, and putting it into the queue.

use super::editor::Editor;
use super::export_ahead::ExportAhead;
use super::export_presets::Choice;
use super::notices::Level;
use super::typed::typed_path;
use crate::export::{
    Copying, EncoderChoice, ExportSettings, Part, Preset, Target, default_budget, exports_of, marked_parts, presets,
    together,
};
use crate::model::Span;
use crate::platform::total_memory;
use crate::worker::{Asking, Command, ExportJob};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What many services take, in units of 10⁶ bytes.
const USUAL_MEGABYTES: f64 = 10.0;

/// What is proposed for the next export, because the last one had it.
#[derive(Clone, Debug)]
pub(super) struct ExportChoice {
    preset: Preset,
    budget: u64,
    sized: bool,
    megabytes: f64,
    copy: bool,
    fast: bool,
}

/// The export dialog.
#[derive(Clone, Debug)]
pub struct ExportDialog {
    /// Where to, as it is shown and edited; [`Self::target`] is the file.
    pub path: String,
    /// The path that was shown last, which need not be text.
    shown: PathBuf,
    /// The preset.
    pub preset: Preset,
    /// What there is to choose from.
    pub choices: Arc<[Choice]>,
    /// The memory budget in bytes.
    pub budget: u64,
    /// Whether the file must not pass [`Self::megabytes`].
    pub sized: bool,
    /// The most that it may have then, in units of 10⁶ bytes.
    pub megabytes: f64,
    /// Whether pictures that nobody touched are copied, where that can be.
    pub copy: bool,
    /// Whether the machine's graphics encode, where they can.
    pub fast: bool,
    /// Whether only the marked range is exported.
    pub marked_only: bool,
    /// Whether each marker begins a file of its own, named by it.
    pub by_marker: bool,
    /// Whether the user agreed to replace the file of that name.
    pub overwrite: bool,
    /// Whether what can be set of the preset is shown.
    pub adjusting: bool,
    /// The name under which the preset is to be kept, while it is typed.
    pub naming: Option<String>,
    /// Whether it is asked if the preset is to be removed.
    pub removing: bool,
    /// What it is to be queued with: set while that is looked into.
    asking: Option<Asking>,
    /// Why nothing was queued.
    pub refused: Option<String>,
    /// What is known of it before.
    pub ahead: ExportAhead,
}

impl ExportDialog {
    /// A dialog that proposes a file.
    #[must_use]
    pub fn new(path: &Path, budget: u64) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            shown: path.to_owned(),
            preset: presets()[0].clone(),
            choices: Arc::new([]),
            budget,
            sized: false,
            megabytes: USUAL_MEGABYTES,
            copy: true,
            fast: false,
            marked_only: false,
            by_marker: false,
            overwrite: false,
            adjusting: false,
            naming: None,
            removing: false,
            asking: None,
            refused: None,
            ahead: ExportAhead::default(),
        }
    }

    /// The file to make.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        typed_path(&self.path, &self.shown)
    }

    /// Proposes another file.
    pub fn aim(&mut self, path: PathBuf) {
        self.path = path.to_string_lossy().into_owned();
        self.shown = path;
    }

    /// What is to become: the preset's target, and the size that stands beside it.
    #[must_use]
    pub fn wanted(&self) -> Target {
        Target { max_size: self.max_size(), ..self.preset.target.clone() }
    }

    /// Chooses a preset; the file's extension follows, and the size that it keeps to, if it does.
    pub fn choose(&mut self, preset: Preset) {
        if let Some(most) = preset.target.max_size {
            #[expect(clippy::cast_precision_loss, reason = "megabytes are few")]
            let megabytes = most as f64 / 1e6;
            (self.sized, self.megabytes) = (true, megabytes);
        } else if self.preset.target.max_size.is_some() {
            self.sized = false;
        }
        let target = &preset.target;
        // a folder has no extension; what a name has behind its last dot is part of it otherwise
        let path = self.target();
        let path = if target.is_folder() { path.with_extension("") } else { path.with_extension(target.extension()) };
        self.preset = preset;
        self.aim(path);
    }

    /// Whether it is being looked into; nothing can be chosen then.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The most bytes that the file may have, where the preset can keep to that.
    #[must_use]
    pub fn max_size(&self) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "megabytes are few and positive")]
        let bytes = (self.megabytes * 1e6).round().max(1.0) as u64;
        (self.sized && self.preset.target.can_be_held()).then_some(bytes)
    }

    fn choice(&self) -> ExportChoice {
        let Self { budget, sized, megabytes, copy, fast, .. } = *self;
        ExportChoice { preset: self.preset.clone(), budget, sized, megabytes, copy, fast }
    }

    /// What is asked for, for one file.
    fn settings(&self, path: PathBuf, range: Option<Span>) -> ExportSettings {
        // the size stands beside it, and may have been taken away
        let target = Target { max_size: None, ..self.preset.target.clone() };
        ExportSettings {
            path,
            preset: Preset { target, ..self.preset.clone() },
            range,
            // the budget is for what the export adds to the editor
            budget: self.budget,
            own_memory: 0,
            cores: 1,
            overwrite: self.overwrite,
            max_size: self.max_size(),
            copying: if self.copy { Copying::Auto } else { Copying::Off },
            encoder: if self.fast && self.can_be_fast() { EncoderChoice::Fast } else { EncoderChoice::AsTarget },
        }
    }
}

impl Editor {
    pub(super) fn open_export(&mut self) {
        let folder =
            self.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned).or_else(|| {
                directories::UserDirs::new().map(|d| d.video_dir().unwrap_or_else(|| d.home_dir()).to_owned())
            });
        let path = folder.unwrap_or_default().join(format!("{}.mp4", self.title()));
        let mut dialog = ExportDialog::new(&path, default_budget(total_memory()));
        dialog.choices = Choice::all(&self.own_presets);
        self.worker.send(Command::OwnPresets(self.presets_folder()));
        if let Some(choice) = self.export.take().map(|e| e.choice()).or_else(|| self.export_choice.clone()) {
            dialog.choose(choice.preset);
            (dialog.budget, dialog.copy, dialog.fast) = (choice.budget, choice.copy, choice.fast);
            (dialog.sized, dialog.megabytes) = (choice.sized, choice.megabytes);
        }
        // a mark that a slip of the hand has set must not shorten the film
        dialog.marked_only = self.mark_in.is_some() && self.mark_out.is_some() && self.marked().is_some();
        self.export = Some(dialog);
    }

    /// Closes the dialog; what was chosen in it is proposed next time.
    pub fn close_export(&mut self, dialog: &mut ExportDialog) {
        self.stop_looking_ahead(dialog);
        self.export_choice = Some(dialog.choice());
    }

    /// What the dialog describes as one export, and the parts that it is made in, where these are files of their own.
    fn described(&self, dialog: &ExportDialog) -> (ExportSettings, Vec<Part>) {
        let range = self.marked().filter(|_| dialog.marked_only);
        let parts = if dialog.by_marker { marked_parts(self.sequence(), range) } else { Vec::new() };
        (dialog.settings(dialog.target(), range), parts)
    }

    /// All that the dialog describes as one export, which is as long as its parts and has the first one's name.
    pub(super) fn all_of(&self, dialog: &ExportDialog) -> Option<ExportSettings> {
        let (one, parts) = self.described(dialog);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return (!dialog.path.trim().is_empty()).then_some(one);
        };
        // there may be hundreds, and their names take time
        together(&exports_of(&[first.clone(), last.clone()], &one))
    }

    /// Puts what the dialog describes into the queue, with the project as it is now. The dialog stays until that was looked
    /// into.
    pub fn queue_export(&mut self) {
        let Some(dialog) = self.export.as_ref().filter(|dialog| !dialog.is_asking()) else { return };
        let (one, parts) = self.described(dialog);
        let all = if dialog.by_marker { exports_of(&parts, &one) } else { vec![one] };
        let (document, of, project) = (Some(self.document()), self.title(), Arc::clone(self.project()));
        let job = |settings| ExportJob { document, of: of.clone(), project: Arc::clone(&project), settings };
        let jobs = all.into_iter().map(job).collect();
        let asking = self.exports.ask();
        if let Some(dialog) = &mut self.export {
            (dialog.asking, dialog.refused) = (Some(asking), None);
        }
        self.worker.send(Command::QueueExports(asking, jobs));
    }

    /// Takes in whether exports were queued.
    pub(super) fn exports_queued(&mut self, asking: Asking, queued: Result<(), String>) {
        self.exports.answered(asking);
        let dialog = self.export.take_if(|dialog| dialog.asking == Some(asking));
        match (queued, dialog) {
            (Ok(()), dialog) => {
                if let Some(mut dialog) = dialog {
                    self.close_export(&mut dialog);
                }
                self.request.get_or_insert(super::editor::Request::ShowExports);
            }
            (Err(why), Some(dialog)) => {
                self.export = Some(ExportDialog { asking: None, refused: Some(why), ..dialog });
            }
            // its dialog is gone
            (Err(why), None) => self.notify(Level::Problem, why),
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::*;
    #[cfg(unix)]
    use crate::model::path_text;

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_no_text_is_kept() {
        let path = |bytes: &[u8]| path_text::from_bytes(bytes.to_vec()).unwrap();
        let mut dialog = ExportDialog::new(&path(b"/films\xff/reel.mp4"), 512 << 20);
        assert_eq!(dialog.target(), path(b"/films\xff/reel.mp4"));
        let ffv1 = presets().iter().find(|p| p.target.extension() == "mkv").unwrap();
        dialog.choose(ffv1.clone());
        dialog.path = dialog.path.replace("reel", "other");
        assert_eq!(dialog.settings(dialog.target(), None).path, path(b"/films\xff/other.mkv"));
    }
}
