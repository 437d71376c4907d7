//! The export as the dialog shows it.

use super::editor::Editor;
use super::notices::Level;
use super::typed::typed_path;
use crate::export::{
    Copying, ExportEvent, ExportSettings, ExportSummary, Preset, Target, default_budget, own_presets, presets,
};
use crate::render::Fault;
use crate::worker::{Command, DocumentId, RunEnd, RunId, RunNews, allowed_cores, total_memory};
use bytesize::ByteSize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
}

/// A preset in the list of the dialog.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The preset.
    pub preset: Preset,
    /// Why this machine can't run it.
    pub reason: Option<String>,
}

impl Choice {
    /// All presets: those that come with the program, then the user's own.
    fn all() -> Arc<[Self]> {
        let (own, errors) = own_presets();
        for error in errors {
            tracing::warn!("{error}");
        }
        let all = presets().iter().cloned().chain(own);
        all.map(|preset| Self { reason: preset.reason(), preset }).collect()
    }
}

/// What an export was begun with.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where to.
    pub path: PathBuf,
    /// The preset.
    pub preset: Preset,
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
    /// Whether only the marked range is exported.
    pub marked_only: bool,
    /// Whether the user agreed to replace the file of that name.
    pub overwrite: bool,
    /// Whether it runs.
    pub running: bool,
    /// Its name while it runs, and after.
    pub run: RunId,
    /// The document that it is a film of.
    document: DocumentId,
    /// What it was begun with, which stays when the choices above change.
    pub begun: Option<Begun>,
    /// The plan, in words.
    pub encoder: String,
    /// The expected peak in bytes.
    pub predicted_peak: u64,
    /// Frames in all.
    pub frames: i64,
    /// Seconds that were left at the last sample.
    eta: Option<f64>,
    /// Memory and speed so far.
    pub samples: Vec<Sample>,
    /// What went wrong in clips.
    pub warnings: Vec<String>,
    /// How it ended.
    pub done: Option<ExportSummary>,
    /// Why it failed.
    pub failed: Option<String>,
    /// Whether it was stopped.
    pub cancelled: bool,
}

impl ExportState {
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
            marked_only: false,
            overwrite: false,
            running: false,
            run: RunId::default(),
            document: DocumentId::default(),
            begun: None,
            encoder: String::new(),
            predicted_peak: 0,
            frames: 0,
            eta: None,
            samples: Vec::new(),
            warnings: Vec::new(),
            done: None,
            failed: None,
            cancelled: false,
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

    fn choice(&self) -> ExportChoice {
        let Self { budget, sized, megabytes, copy, .. } = *self;
        ExportChoice { preset: self.preset.clone(), budget, sized, megabytes, copy }
    }

    /// The most bytes that the file may have, where the preset can keep to that.
    #[must_use]
    pub fn max_size(&self) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "megabytes are few and positive")]
        let bytes = (self.megabytes * 1e6).round().max(1.0) as u64;
        (self.sized && self.preset.target.can_be_held()).then_some(bytes)
    }

    /// Forgets how the last run went.
    pub fn begin(&mut self, run: RunId, document: DocumentId, own_memory: u64) {
        let fresh = Self::new(Path::new(""), self.budget);
        let (path, preset, budget) = (self.target(), self.preset.clone(), self.budget);
        *self = Self {
            path: std::mem::take(&mut self.path),
            shown: std::mem::take(&mut self.shown),
            preset: self.preset.clone(),
            choices: Arc::clone(&self.choices),
            sized: self.sized,
            megabytes: self.megabytes,
            copy: self.copy,
            marked_only: self.marked_only,
            overwrite: self.overwrite,
            running: true,
            run,
            document,
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
            ExportEvent::Progress { seconds, frame, frames, fps, rss, .. } => {
                self.frames = frames;
                self.samples.push(Sample { seconds, frame, rss, fps });
                self.estimate();
                if self.samples.len() > MOST_SAMPLES {
                    let mut keep = false;
                    self.samples.retain(|_| {
                        keep = !keep;
                        keep
                    });
                }
            }
            ExportEvent::LittleRoom { folder, free, size } => {
                self.warnings.push(ExportEvent::little_room(&folder, free, size));
            }
            ExportEvent::Warning(warning) => {
                if self.warnings.len() < 100 {
                    self.warnings.push(format!("{}: {}", warning.name, warning.text));
                }
            }
        }
    }

    /// Seconds left, if that can be said yet.
    #[must_use]
    pub fn left(&self) -> Option<f64> {
        self.eta
    }

    /// Says anew how long it will take: by the rate of the last half of the run, or of its last 20 s where that is longer,
    /// so that one slow clip counts for what it is of the film; and what was said before goes on counting down, towards
    /// what is found now by a third in each 5 s.
    fn estimate(&mut self) {
        let Some(now) = self.samples.last().copied() else { return };
        let since = (now.seconds / 2.0).min(now.seconds - 20.0).max(0.0);
        // before the first frames a film may be looked at, which takes no part in the rate
        let first = self.samples.first().copied().unwrap_or(now);
        let then = self.samples.iter().rfind(|s| s.seconds <= since).copied().unwrap_or(first);
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let (done, left) = ((now.frame - then.frame) as f64, (self.frames - now.frame).max(0) as f64);
        if done <= 0.0 || now.seconds < 2.0 {
            return;
        }
        let found = left * (now.seconds - then.seconds) / done;
        let before = self.samples.len().checked_sub(2).and_then(|n| self.samples.get(n)).map_or(0.0, |s| s.seconds);
        let passed = (now.seconds - before).max(0.0);
        let share = 1.0 - (2.0_f64 / 3.0).powf(passed / 5.0);
        self.eta = Some(self.eta.map_or(found, |eta| {
            let eta = (eta - passed).max(0.0);
            eta + (found - eta) * share
        }));
    }

    /// Takes in how it ended.
    fn ended(&mut self, end: RunEnd) {
        self.running = false;
        match end {
            RunEnd::Done(done) => self.done = Some(done),
            RunEnd::Failed(why) => self.failed = Some(why),
            RunEnd::Cancelled => self.cancelled = true,
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
                "result    {} frames in {:.1} s ({rate:.1} a second), {} of them copied, {}",
                done.frames,
                done.seconds,
                done.copied,
                ByteSize(done.size).display().si()
            ));
        }
        lines.extend(self.done.iter().flat_map(|done| &done.notes).map(|note| format!("note      {note}")));
        lines.extend(self.failed.iter().map(|error| format!("failed    {error}")));
        lines.extend(self.warnings.iter().map(|warning| format!("warning   {warning}")));
        lines.push(String::new());
        lines.push("  seconds     frame   frames/s   memory MiB".into());
        let row = |s: &Sample| format!("{:>9.1} {:>9} {:>10.1} {:>12}", s.seconds, s.frame, s.fps, s.rss >> 20);
        lines.extend(self.samples.iter().map(row));
        lines.join("\n") + "\n"
    }
}

impl Editor {
    /// Whether an export runs.
    #[must_use]
    pub fn exporting(&self) -> bool {
        self.export.as_ref().is_some_and(|export| export.running)
    }

    pub(super) fn open_export(&mut self) {
        if self.exporting() {
            return;
        }
        let folder =
            self.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned).or_else(|| {
                directories::UserDirs::new().map(|d| d.video_dir().unwrap_or_else(|| d.home_dir()).to_owned())
            });
        let path = folder.unwrap_or_default().join(format!("{}.mp4", self.title()));
        let mut state = ExportState::new(&path, default_budget(total_memory()));
        state.choices = Choice::all();
        if let Some(choice) = self.export.take().map(|e| e.choice()).or_else(|| self.export_choice.clone()) {
            state.choose(choice.preset);
            (state.budget, state.copy) = (choice.budget, choice.copy);
            (state.sized, state.megabytes) = (choice.sized, choice.megabytes);
        }
        // a mark that a slip of the hand has set must not shorten the film
        state.marked_only = self.mark_in.is_some() && self.mark_out.is_some() && self.marked().is_some();
        self.export = Some(state);
    }

    /// Closes the dialog; what was chosen in it is proposed next time.
    pub fn close_export(&mut self, state: &ExportState) {
        self.export_choice = Some(state.choice());
    }

    /// Starts the export that the dialog describes.
    pub fn start_export(&mut self) {
        let range = self.marked();
        let own = crate::export::Memory::default().sample();
        let project = Arc::clone(self.project());
        let document = self.document();
        let Some(export) = self.export.as_mut().filter(|export| !export.running) else { return };
        self.runs += 1;
        export.begin(RunId(self.runs), document, own);
        let settings = ExportSettings {
            path: export.target(),
            // the size stands beside it, and may have been taken away
            preset: Preset {
                target: Target { max_size: None, ..export.preset.target.clone() },
                ..export.preset.clone()
            },
            range: range.filter(|_| export.marked_only),
            // the budget is for what the export adds to the editor
            budget: export.budget,
            own_memory: own,
            cores: allowed_cores(),
            overwrite: export.overwrite,
            max_size: export.max_size(),
            copying: if export.copy { Copying::Auto } else { Copying::Off },
        };
        self.worker.send(Command::Export(export.run, project, Box::new(settings)));
    }

    /// Keeps what the last export took, as a text file beside its result.
    pub fn write_export_report(&mut self) {
        let Some(export) = &self.export else { return };
        if let Some(path) = export.report_path() {
            self.worker.send(Command::WriteReport(export.report(), path));
        }
    }

    /// Opens a file or a folder with the program that the system has for it.
    pub fn open_outside(&self, path: PathBuf) {
        self.worker.send(Command::OpenOutside(path));
    }

    /// Stops the export.
    pub fn cancel_export(&mut self) {
        if let Some(export) = &self.export {
            self.worker.send(Command::CancelExport(export.run));
        }
    }

    /// Takes in what is new of a run.
    pub(super) fn heard_of_run(&mut self, run: RunId, news: RunNews) {
        let RunNews { planned, little_room, progress, warnings, end } = news;
        let document = self.document();
        let Some(export) = self.export.as_mut().filter(|export| export.run == run) else {
            // its dialog is gone: only the end is still of use
            self.say_end(end);
            return;
        };
        let replaced = warnings.iter().filter(|w| w.fault == Fault::Replaced && export.document == document);
        let replaced: Vec<PathBuf> = replaced.map(|w| w.source.clone()).collect();
        let events = planned
            .into_iter()
            .chain(little_room)
            .chain(warnings.into_iter().map(ExportEvent::Warning))
            .chain(progress);
        events.for_each(|event| export.told(event));
        if let Some(end) = end {
            export.ended(end);
        }
        for path in replaced {
            self.mark_replaced(&path);
        }
    }

    fn say_end(&mut self, end: Option<RunEnd>) {
        match end {
            None | Some(RunEnd::Cancelled) => {}
            Some(RunEnd::Failed(why)) => self.notify(Level::Problem, why),
            Some(RunEnd::Done(done)) => {
                let path = done.path.display();
                match done.remarks() {
                    None => self.notify(Level::Done, format!("Exported {path}")),
                    Some(warnings) => self.notify(Level::Problem, format!("Exported {path}, {warnings}")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::model::path_text;

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_no_text_is_kept() {
        let path = |bytes: &[u8]| path_text::from_bytes(bytes.to_vec()).unwrap();
        let mut state = ExportState::new(&path(b"/films\xff/reel.mp4"), 512 << 20);
        assert_eq!(state.target(), path(b"/films\xff/reel.mp4"));
        let ffv1 = presets().iter().find(|p| p.target.extension() == "mkv").unwrap();
        state.choose(ffv1.clone());
        state.path = state.path.replace("reel", "other");
        state.begin(RunId(1), DocumentId(1), 0);
        assert_eq!(state.target(), path(b"/films\xff/other.mkv"));
        assert_eq!(state.report_path(), Some(path(b"/films\xff/other.mkv.report.txt")));
    }

    #[test]
    fn the_time_left_does_not_jump() {
        let mut state = ExportState::new(Path::new("/films/reel.mp4"), 512 << 20);
        let (frames, budget, rss) = (6000, 512 << 20, 250 << 20);
        let mut frame = 0.0_f64;
        let mut said: Vec<f64> = Vec::new();
        // 60 frames a second, and 5 s in which the clip is ten times as slow
        for step in 1..200 {
            let seconds = f64::from(step) * 0.5;
            frame += if (30.0..35.0).contains(&seconds) { 3.0 } else { 30.0 };
            #[expect(clippy::cast_possible_truncation, reason = "frames")]
            let frame = (frame as i64).min(frames);
            state.told(ExportEvent::Progress { seconds, frame, frames, fps: 60.0, eta: 0.0, rss, budget });
            said.extend(state.left());
        }
        assert!((said[0] - 98.0).abs() < 3.0, "{said:?}");
        let most = said.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f64::max);
        assert!(most < 2.0, "it jumped by {most} s: {said:?}");
    }

    #[test]
    fn the_report_says_what_was_chosen_and_taken() {
        let mut state = ExportState::new(Path::new("/films/reel.mp4"), 512 << 20);
        state.begin(RunId(1), DocumentId(1), 100 << 20);
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
            copied: 0,
            seconds: 2.0,
            peak_rss: 260 << 20,
            size: 5_000_000,
            warnings: 0,
            lacking: 0,
            over_budget: 0,
            notes: Vec::new(),
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
