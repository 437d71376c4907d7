//! How far an export is.

use super::run::Run;
use super::settings::ExportEvent;
use std::time::{Duration, Instant};

/// How often progress is told.
const EVERY: Duration = Duration::from_millis(500);

/// Rate and time left, over the last few seconds, so that one slow clip does not make them jump.
pub(super) struct Progress {
    told: Instant,
    at: i64,
    fps: Option<f64>,
}

impl Progress {
    pub fn new() -> Self {
        Self { told: Instant::now(), at: 0, fps: None }
    }

    /// Whether it is time to tell.
    pub fn is_due(&self) -> bool {
        self.told.elapsed() >= EVERY
    }

    /// Tells that so many frames of this pass are done.
    pub fn tell(&mut self, run: &Run, done: i64, tell: &mut dyn FnMut(ExportEvent)) {
        // of all passes together
        let length = run.span.length.0;
        let whole = done + length * run.passes.before;
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let (frames, left) = ((done - self.at) as f64, (length * run.passes.count - whole) as f64);
        let elapsed = self.told.elapsed().as_secs_f64();
        if elapsed > 0.05 {
            let now = frames / elapsed;
            self.fps = Some(self.fps.map_or(now, |fps| fps * 0.7 + now * 0.3));
        }
        self.at = done;
        let fps = self.fps.unwrap_or(0.0);
        let rss = run.memory.sample();
        tell(ExportEvent::Progress {
            seconds: run.begun.elapsed().as_secs_f64(),
            frame: whole,
            frames: length * run.passes.count,
            fps,
            eta: if fps > 0.0 { left / fps } else { 0.0 },
            rss,
            budget: run.settings.budget,
        });
        // whoever was told may have made it wait
        self.told = Instant::now();
    }
}
