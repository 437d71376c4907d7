//! Decoding what was never decoded before, in processes of its own that the system limits: a file that makes a decoder
//! crash, or take all memory, costs that file and nothing else.
//!
//! A [`Helper`] is this program again ([`serve`]), which does one thing after the other for as long as it lives, so
//! that starting it costs once for many files. It is limited in memory and time, on Linux it opens no sockets and of
//! users' files only those that it was started for; it is ended when its work is cancelled, and started anew after a
//! crash. Never knows the timeline. Only a program that says it can ([`set_up`]) is started; elsewhere, in tests of the
//! library above all, a helper does its work in this process.

mod helper;
mod protocol;
mod serve;

pub use helper::Helper;
pub use serve::serve;

use std::sync::atomic::{AtomicBool, Ordering};

/// The argument with which the program is a helper.
pub const ARGUMENT: &str = "isolated-helper";

/// Bytes of memory that a helper may have.
pub const MOST_MEMORY: u64 = 1 << 30;

static SET_UP: AtomicBool = AtomicBool::new(false);

/// Says that this program becomes a helper when it is started with [`ARGUMENT`] alone.
pub fn set_up() {
    SET_UP.store(true, Ordering::Relaxed);
}

/// Whether this program can be started for that.
pub(crate) fn is_set_up() -> bool {
    SET_UP.load(Ordering::Relaxed)
}
