//! What a few pictures looked like when they were rendered, for the check of the finished file.

use super::glance::Glance;
use std::collections::VecDeque;

/// Pictures that are remembered until their packets come out: more than any encoder looks ahead.
const REMEMBERED: usize = 256;

/// Remembers pictures until it is known whether a player may begin with them, and then the first of those, the first in
/// the second half and the last; and the last picture of all, which shows what an encoder did since.
#[derive(Default)]
pub(super) struct Shown {
    recent: VecDeque<(i64, Glance)>,
    first: Option<(i64, Glance)>,
    middle: Option<(i64, Glance)>,
    last: Option<(i64, Glance)>,
}

impl Shown {
    /// Remembers the nth picture.
    pub fn add(&mut self, n: i64, glance: Glance) {
        self.recent.push_back((n, glance));
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
    }

    /// The newest picture that a player may begin with is the nth, of `frames`.
    pub fn is_key(&mut self, n: i64, frames: i64) {
        if self.last.as_ref().is_some_and(|(last, _)| *last >= n) {
            return;
        }
        let Some(found) = self.recent.iter().find(|(recent, _)| *recent == n).cloned() else { return };
        if self.first.is_none() {
            self.first = Some(found.clone());
        }
        if self.middle.is_none() && n >= frames / 2 {
            self.middle = Some(found.clone());
        }
        self.last = Some(found);
    }

    /// The pictures, each with its number.
    pub fn finish(self) -> Vec<(i64, Glance)> {
        let end = self.recent.into_iter().next_back();
        [self.first, self.middle, self.last, end].into_iter().flatten().collect()
    }
}
