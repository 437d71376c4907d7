//! Telling how far a file is read while its index is made.

use crate::model::SourceTime;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// Packets after which it is told again.
const EVERY: u64 = 4096;

/// How far a file is read whose length is not known yet.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// How much of it was read, from 0 to 1.
    pub share: f32,
    /// How long what was found lasts.
    pub at_least: SourceTime,
}

type Watcher = Box<dyn Fn(Found)>;

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
}

/// Lets somebody know of every file that this thread reads to its end, while it does.
pub(in crate::media) fn watch(watcher: impl Fn(Found) + 'static) {
    WATCHER.set(Some(Box::new(watcher)));
}

/// Tells of what was found, now and then.
#[derive(Default)]
pub(super) struct Telling {
    packets: u64,
    longest: i64,
}

impl Telling {
    /// A packet that ends so many nanoseconds after the first lies at that position of so many bytes.
    pub fn packet(&mut self, ends: i64, position: u64, of: u64) {
        self.longest = self.longest.max(ends);
        self.packets += 1;
        if self.packets.is_multiple_of(EVERY) {
            let share = (position as f64 / of.max(1) as f64).clamp(0.0, 1.0);
            #[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
            let found = Found { share: share as f32, at_least: SourceTime::from_nanos(self.longest) };
            WATCHER.with_borrow(|watcher| watcher.iter().for_each(|watcher| watcher(found)));
        }
    }
}
