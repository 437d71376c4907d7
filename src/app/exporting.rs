//! The export as the dialog shows it.

use crate::export::{ExportEvent, ExportSummary, Preset, presets};
use crate::model::path_text;
use bytesize::ByteSize;
use std::path::{Path, PathBuf};

/// Samples kept for the plot; then every other is dropped, so that an export of days stays small.
const MOST_SAMPLES: usize = 600;

/// One moment of an export.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// Seconds since it began.
    pub seconds: f64,
    /// Frames done.
    pub frame: i64,
    /// Resident memory in bytes.
    pub rss: u64,
    /// Frames a second.
    pub fps: f64,
}

/// What an export was begun with.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where to.
    pub path: PathBuf,
    /// The preset.
    pub preset: &'static Preset,
    /// The memory budget in bytes.
    pub budget: u64,
    /// Resident memory before it began, in bytes: the editor's own.
    pub own_memory: u64,
}

/// The export dialog: what was chosen, and how far it is.
#[derive(Clone, Debug)]
pub struct ExportState {
    /// Where to, as it is shown and edited; [`Self::target`] is the file.
    pub path: String,
    /// The path that was shown last, which need not be text.
    shown: PathBuf,
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
    /// What it was begun with, which stays when the choices above change.
    pub begun: Option<Begun>,
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
    pub fn new(path: &Path, budget: u64) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            shown: path.to_owned(),
            preset: &presets()[0],
            budget,
            marked_only: false,
            overwrite: false,
            running: false,
            begun: None,
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

    /// The file to make.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        path_text::meant(&self.path, &self.shown)
    }

    /// Proposes another file.
    pub fn aim(&mut self, path: PathBuf) {
        self.path = path.to_string_lossy().into_owned();
        self.shown = path;
    }

    /// Chooses a preset; the file's extension follows.
    pub fn choose(&mut self, preset: &'static Preset) {
        self.preset = preset;
        self.aim(self.target().with_extension(preset.container.extension()));
    }

    /// Forgets how the last run went.
    pub fn begin(&mut self, own_memory: u64) {
        let fresh = Self::new(Path::new(""), self.budget);
        let (path, preset, budget) = (self.target(), self.preset, self.budget);
        *self = Self {
            path: std::mem::take(&mut self.path),
            shown: std::mem::take(&mut self.shown),
            preset: self.preset,
            marked_only: self.marked_only,
            overwrite: self.overwrite,
            running: true,
            begun: Some(Begun { path, preset, budget, own_memory }),
            ..fresh
        };
    }

    /// Takes in what the export told.
    pub fn told(&mut self, event: ExportEvent) {
        match event {
            ExportEvent::Planned { frames, predicted_peak, encoder, .. } => {
                (self.frames, self.predicted_peak, self.encoder) = (frames, predicted_peak, encoder);
            }
            ExportEvent::Progress { seconds, frame, frames, fps, eta, rss, .. } => {
                (self.frames, self.eta) = (frames, eta);
                self.samples.push(Sample { seconds, frame, rss, fps });
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

    /// Where the report of the last run is kept: beside its file, whose name begins its own. `None` before one began.
    #[must_use]
    pub fn report_path(&self) -> Option<PathBuf> {
        let path = &self.begun.as_ref()?.path;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".report.txt");
        Some(path.with_file_name(name))
    }

    /// What the last run did and took, as a text for people and for bug reports; the samples as a table.
    #[must_use]
    pub fn report(&self) -> String {
        let iec = |bytes: u64| ByteSize(bytes).display().iec().to_string();
        let Some(begun) = &self.begun else { return String::new() };
        let mut lines = vec![
            format!("Workprint {}: export of {}", env!("CARGO_PKG_VERSION"), begun.path.display()),
            format!("preset    {} ({})", begun.preset.name, begun.preset.description),
            format!("encoder   {}", self.encoder),
            format!("budget    {} beside {} of the editor itself", iec(begun.budget), iec(begun.own_memory)),
            format!("expected  {} at most", iec(self.predicted_peak)),
        ];
        if let Some(done) = &self.done {
            #[expect(clippy::cast_precision_loss, reason = "for display")]
            let rate = done.frames as f64 / done.seconds.max(0.001);
            lines.push(format!("peak      {} with the editor", iec(done.peak_rss)));
            lines.push(format!(
                "result    {} frames in {:.1} s ({rate:.1} a second), {}",
                done.frames,
                done.seconds,
                ByteSize(done.size).display().si()
            ));
        }
        lines.extend(self.failed.iter().map(|error| format!("failed    {error}")));
        lines.extend(self.warnings.iter().map(|warning| format!("warning   {warning}")));
        lines.push(String::new());
        lines.push("  seconds     frame   frames/s   memory MiB".into());
        let row = |s: &Sample| format!("{:>9.1} {:>9} {:>10.1} {:>12}", s.seconds, s.frame, s.fps, s.rss >> 20);
        lines.extend(self.samples.iter().map(row));
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_no_text_is_kept() {
        let path = |bytes: &[u8]| path_text::from_bytes(bytes.to_vec()).unwrap();
        let mut state = ExportState::new(&path(b"/films\xff/reel.mp4"), 512 << 20);
        assert_eq!(state.target(), path(b"/films\xff/reel.mp4"));
        let ffv1 = presets().iter().find(|p| p.container.extension() == "mkv").unwrap();
        state.choose(ffv1);
        state.path = state.path.replace("reel", "other");
        state.begin(0);
        assert_eq!(state.target(), path(b"/films\xff/other.mkv"));
        assert_eq!(state.report_path(), Some(path(b"/films\xff/other.mkv.report.txt")));
    }

    #[test]
    fn the_report_says_what_was_chosen_and_taken() {
        let mut state = ExportState::new(Path::new("/films/reel.mp4"), 512 << 20);
        state.begin(100 << 20);
        state.told(ExportEvent::Planned {
            frames: 60,
            budget: 512 << 20,
            predicted_peak: 300 << 20,
            predicted_size: 0,
            encoder: "x264 medium".into(),
        });
        let (frames, budget) = (60, 512 << 20);
        // both are taken in at once, as by a window that is busy, and stand where they belong
        for (seconds, frame) in [(0.6, 15), (1.2, 30)] {
            state.told(ExportEvent::Progress { seconds, frame, frames, fps: 24.5, eta: 1.0, rss: 250 << 20, budget });
        }
        state.done = Some(ExportSummary {
            path: "/films/reel.mp4".into(),
            frames: 60,
            seconds: 2.0,
            peak_rss: 260 << 20,
            size: 5_000_000,
            warnings: 0,
            lacking: 0,
        });
        // what is chosen for the next export is none of this one's
        (state.path, state.budget) = ("/films/other.mp4".into(), 777 << 20);
        assert_eq!(state.report_path(), Some(PathBuf::from("/films/reel.mp4.report.txt")));
        let report = state.report();
        for part in ["/films/reel.mp4", "x264 medium", "512.0 MiB", "300.0 MiB", "260.0 MiB", "30.0 a second", "5.0 MB"]
        {
            assert!(report.contains(part), "{part} in\n{report}");
        }
        let rows: Vec<Vec<&str>> = report.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(rows[rows.len() - 2..], [["0.6", "15", "24.5", "250"], ["1.2", "30", "24.5", "250"]]);
    }
}
