//! The export as the dialog shows it.

use crate::render::{ExportEvent, ExportSummary, Preset, presets};
use std::path::PathBuf;

/// Samples kept for the plot; then every other is dropped, so that an export of days stays small.
const MOST_SAMPLES: usize = 600;

/// One moment of an export.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// Frames done.
    pub frame: i64,
    /// Resident memory in bytes.
    pub rss: u64,
    /// Frames a second.
    pub fps: f64,
}

/// The export dialog: what was chosen, and how far it is.
#[derive(Clone, Debug)]
pub struct ExportState {
    /// Where to.
    pub path: String,
    /// The preset.
    pub preset: &'static Preset,
    /// The memory budget in bytes.
    pub budget: u64,
    /// Whether only the marked range is exported.
    pub marked_only: bool,
    /// Whether the user agreed to replace the file of that name.
    pub overwrite: bool,
    /// Whether it runs.
    pub running: bool,
    /// Resident memory before it began, in bytes: the editor's own.
    pub own_memory: u64,
    /// The plan, in words.
    pub encoder: String,
    /// The expected peak in bytes.
    pub predicted_peak: u64,
    /// Frames in all.
    pub frames: i64,
    /// Seconds left.
    pub eta: f64,
    /// Memory and speed so far.
    pub samples: Vec<Sample>,
    /// What went wrong in clips.
    pub warnings: Vec<String>,
    /// How it ended.
    pub done: Option<ExportSummary>,
    /// Why it failed.
    pub failed: Option<String>,
}

impl ExportState {
    /// A dialog that proposes a file.
    #[must_use]
    pub fn new(path: &std::path::Path, budget: u64) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            preset: &presets()[0],
            budget,
            marked_only: false,
            overwrite: false,
            running: false,
            own_memory: 0,
            encoder: String::new(),
            predicted_peak: 0,
            frames: 0,
            eta: 0.0,
            samples: Vec::new(),
            warnings: Vec::new(),
            done: None,
            failed: None,
        }
    }

    /// Chooses a preset; the file's extension follows.
    pub fn choose(&mut self, preset: &'static Preset) {
        self.preset = preset;
        let path = PathBuf::from(&self.path).with_extension(preset.container.extension());
        self.path = path.to_string_lossy().into_owned();
    }

    /// Forgets how the last run went.
    pub fn begin(&mut self, own_memory: u64) {
        let fresh = Self::new(std::path::Path::new(""), self.budget);
        *self = Self {
            path: std::mem::take(&mut self.path),
            preset: self.preset,
            marked_only: self.marked_only,
            overwrite: self.overwrite,
            running: true,
            own_memory,
            ..fresh
        };
    }

    /// Takes in what the export told.
    pub fn told(&mut self, event: ExportEvent) {
        match event {
            ExportEvent::Planned { frames, predicted_peak, encoder, .. } => {
                (self.frames, self.predicted_peak, self.encoder) = (frames, predicted_peak, encoder);
            }
            ExportEvent::Progress { frame, frames, fps, eta, rss, .. } => {
                (self.frames, self.eta) = (frames, eta);
                self.samples.push(Sample { frame, rss, fps });
                if self.samples.len() > MOST_SAMPLES {
                    let mut keep = false;
                    self.samples.retain(|_| {
                        keep = !keep;
                        keep
                    });
                }
            }
            ExportEvent::Warning(warning) => {
                if self.warnings.len() < 100 {
                    self.warnings.push(format!("{}: {}", warning.name, warning.text));
                }
            }
        }
    }

    /// 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f32 {
        if self.done.is_some() {
            return 1.0;
        }
        let done = self.samples.last().map_or(0, |s| s.frame);
        #[expect(clippy::cast_precision_loss, reason = "for a bar")]
        let share = done as f32 / self.frames.max(1) as f32;
        share
    }
}
