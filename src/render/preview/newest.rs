//! What a thread is to do next, where the newest wish takes the place of those before it: whoever asks never waits, a slow
//! thread is never far behind, and nothing that is asked for last is lost.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What waits to be taken; empty when it is as [`Default`] makes it.
#[derive(Default)]
pub(super) struct Newest<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Default)]
struct State<T> {
    wishes: T,
    some: bool,
    closed: bool,
}

impl<T: Default> Newest<T> {
    /// Adds a wish to those that wait.
    pub fn put(&self, change: impl FnOnce(&mut T)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state.wishes);
        state.some = true;
        self.changed.notify_one();
    }

    /// Nothing comes any more.
    pub fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_one();
    }

    /// Takes what waits; waits for it for so long, or without an end. `None` when nothing comes any more.
    pub fn take(&self, limit: Option<Duration>) -> Option<T> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |state: &mut State<T>| !state.some && !state.closed;
        let mut state = match limit {
            None => self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.changed.wait_timeout_while(state, limit, idle).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if state.closed {
            return None;
        }
        state.some = false;
        Some(std::mem::take(&mut state.wishes))
    }
}
