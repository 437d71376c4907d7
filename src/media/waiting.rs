//! How long something was waited for, as far as this process ran meanwhile.
//!
//! A process that is stopped (Ctrl+Z, a closed lid) goes on minutes or days later: what it waited for was stopped as well,
//! or has come while it could not look. Only time that passed in small steps counts.

use std::time::{Duration, Instant};

/// More than this between two looks is not waiting. A busy machine, whose looks may be late, is given more time by that.
const STEP: Duration = Duration::from_secs(1);

/// A stopwatch that stands still while this process does.
#[derive(Debug)]
pub struct Waiting {
    looked: Instant,
    passed: Duration,
}

impl Waiting {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self { looked: Instant::now(), passed: Duration::ZERO }
    }

    /// How long it was waited. To be asked several times a second.
    pub fn passed(&mut self) -> Duration {
        let now = Instant::now();
        self.add(now - self.looked);
        self.looked = now;
        self.passed
    }

    fn add(&mut self, step: Duration) {
        self.passed += step.min(STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_stopped_has_not_waited() {
        let mut waiting = Waiting::begin();
        waiting.add(Duration::from_hours(9));
        (0..10).for_each(|_| waiting.add(Duration::from_millis(50)));
        assert_eq!(waiting.passed, STEP + Duration::from_millis(500));
    }
}
