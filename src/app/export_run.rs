//! What is known of one export of the queue: how far it is, what it takes, what is wrong in it, how it ended.

use crate::export::{ExportEvent, ExportSummary};
use crate::model::ClipId;
use crate::worker::{ExportJob, QueuedRun, RunEnd, RunId, RunNews, RunState};
use bytesize::ByteSize;
use std::path::PathBuf;
use std::sync::Arc;

/// Samples kept for the plot; then every other is dropped, so that an export of days stays small.
const MOST_SAMPLES: usize = 600;

/// Samples kept of a run that is over: there may be hundreds.
const MOST_OVER: usize = 120;

/// Warnings that are kept.
const MOST_WARNINGS: usize = 100;

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

/// Something that is wrong in an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunWarning {
    /// What, in one line.
    pub text: String,
    /// The clip that it is of, if it is of one.
    pub clip: Option<ClipId>,
}

/// An export of the queue.
#[derive(Clone, Debug)]
pub struct ExportRun {
    /// Its name.
    pub id: RunId,
    /// What it makes.
    pub job: Arc<ExportJob>,
    /// How far it is.
    pub state: RunState,
    /// Resident memory before it began, in bytes: the editor's own.
    pub own_memory: u64,
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
    /// What went wrong.
    pub warnings: Vec<RunWarning>,
}

impl ExportRun {
    /// An export of which nothing is known yet.
    #[must_use]
    pub fn new(queued: QueuedRun) -> Self {
        let QueuedRun { id, job, state } = queued;
        Self {
            id,
            job,
            state,
            own_memory: 0,
            encoder: String::new(),
            predicted_peak: 0,
            frames: 0,
            eta: None,
            samples: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state, RunState::Running)
    }

    /// What it made, if it has.
    #[must_use]
    pub fn done(&self) -> Option<&ExportSummary> {
        if let Some(RunEnd::Done(done)) = self.state.end() { Some(done) } else { None }
    }

    /// Why it made no film, in one line.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        if let Some(RunEnd::Failed(why)) = self.state.end() { Some(why) } else { None }
    }

    /// Whether it was given up.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        matches!(self.state.end(), Some(RunEnd::Cancelled))
    }

    /// What its file is called.
    #[must_use]
    pub fn name(&self) -> String {
        let path = &self.job.settings.path;
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Takes in how far it is.
    pub(super) fn is_now(&mut self, state: RunState) {
        self.state = state;
        while self.state.end().is_some() && self.samples.len() > MOST_OVER {
            self.thin_out();
        }
    }

    /// Takes in what is new of it.
    pub(super) fn heard(&mut self, news: RunNews) {
        let RunNews { own_memory, planned, little_room, progress, warnings } = news;
        self.own_memory = own_memory.unwrap_or(self.own_memory);
        let warnings = warnings.into_iter().map(ExportEvent::Warning);
        planned.into_iter().chain(little_room).chain(warnings).chain(progress).for_each(|event| self.told(event));
    }

    fn told(&mut self, event: ExportEvent) {
        match event {
            ExportEvent::Planned { frames, predicted_peak, encoder, .. } => {
                (self.frames, self.predicted_peak, self.encoder) = (frames, predicted_peak, encoder);
            }
            ExportEvent::Progress { seconds, frame, frames, fps, rss, .. } => {
                self.frames = frames;
                self.samples.push(Sample { seconds, frame, rss, fps });
                self.estimate();
                if self.samples.len() > MOST_SAMPLES {
                    self.thin_out();
                }
            }
            ExportEvent::LittleRoom { folder, free, size } => {
                self.warn(ExportEvent::little_room(&folder, free, size), None);
            }
            ExportEvent::Warning(warning) => {
                self.warn(format!("{}: {}", warning.name, warning.text), Some(warning.clip));
            }
        }
    }

    fn warn(&mut self, text: String, clip: Option<ClipId>) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(RunWarning { text, clip });
        }
    }

    fn thin_out(&mut self) {
        let mut keep = false;
        self.samples.retain(|_| {
            keep = !keep;
            keep
        });
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

    /// 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f32 {
        if self.done().is_some() {
            return 1.0;
        }
        let done = self.samples.last().map_or(0, |s| s.frame);
        #[expect(clippy::cast_precision_loss, reason = "for a bar")]
        let share = done as f32 / self.frames.max(1) as f32;
        share
    }

    /// The same in whole per cent: less than all until it is over.
    #[must_use]
    pub fn per_cent(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 99")]
        let per_cent = (self.progress() * 100.0).clamp(0.0, 99.0) as u32;
        per_cent
    }

    /// Where its report is kept: beside its file, whose name begins its own.
    #[must_use]
    pub fn report_path(&self) -> PathBuf {
        let path = &self.job.settings.path;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".report.txt");
        path.with_file_name(name)
    }

    /// What it did and took, as a text for people and for bug reports; the samples as a table.
    #[must_use]
    pub fn report(&self) -> String {
        let iec = |bytes: u64| ByteSize(bytes).display().iec().to_string();
        let settings = &self.job.settings;
        let mut lines = vec![
            format!("Workprint {}: export of {}", env!("CARGO_PKG_VERSION"), settings.path.display()),
            format!("preset    {} ({})", settings.preset.name, settings.preset.description),
            format!("encoder   {}", self.encoder),
            format!("budget    {} beside {} of the editor itself", iec(settings.budget), iec(self.own_memory)),
            format!("expected  {} at most", iec(self.predicted_peak)),
        ];
        if let Some(done) = self.done() {
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
        lines.extend(self.done().into_iter().flat_map(|done| &done.notes).map(|note| format!("note      {note}")));
        lines.extend(self.failed().map(|error| format!("failed    {error}")));
        lines.extend(self.warnings.iter().map(|warning| format!("warning   {}", warning.text)));
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
    use crate::export::{Copying, ExportSettings, presets};

    fn run(path: &str, budget: u64) -> ExportRun {
        let settings = ExportSettings {
            path: path.into(),
            preset: presets()[0].clone(),
            range: None,
            budget,
            own_memory: 0,
            cores: 1,
            overwrite: false,
            max_size: None,
            copying: Copying::Auto,
            encoder: crate::export::EncoderChoice::default(),
        };
        let job = ExportJob { document: None, of: "reel".into(), project: Arc::default(), settings };
        ExportRun::new(QueuedRun { id: RunId(1), job: job.into(), state: RunState::Running })
    }

    #[test]
    fn an_export_of_days_stays_small_and_what_is_over_smaller() {
        let mut state = run("/films/reel.mp4", 512 << 20);
        for n in 0..5000_i32 {
            let (seconds, frame, rss, budget) = (f64::from(n), i64::from(n), 1, 2);
            state.told(ExportEvent::Progress { seconds, frame, frames: 5000, fps: 1.0, eta: 0.0, rss, budget });
            assert!(state.samples.len() <= MOST_SAMPLES);
        }
        state.is_now(RunState::Over(RunEnd::Cancelled));
        assert!(state.samples.len() <= MOST_OVER && state.samples.len() > MOST_OVER / 3);
    }

    #[test]
    fn the_time_left_does_not_jump() {
        let mut state = run("/films/reel.mp4", 512 << 20);
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
        let mut state = run("/films/reel.mp4", 512 << 20);
        state.heard(RunNews { own_memory: Some(100 << 20), ..RunNews::default() });
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
        state.is_now(RunState::Over(RunEnd::Done(ExportSummary {
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
        })));
        assert_eq!(state.report_path(), PathBuf::from("/films/reel.mp4.report.txt"));
        let report = state.report();
        for part in ["/films/reel.mp4", "x264 medium", "512.0 MiB", "300.0 MiB", "260.0 MiB", "30.0 a second", "5.0 MB"]
        {
            assert!(report.contains(part), "{part} in\n{report}");
        }
        let rows: Vec<Vec<&str>> = report.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(rows[rows.len() - 2..], [["0.6", "15", "24.5", "250"], ["1.2", "30", "24.5", "250"]]);
    }
}
