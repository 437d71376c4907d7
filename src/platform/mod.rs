//! What differs between systems: what a process may take and touch, and what it ended of.
//!
//! Never knows the rest of the program: nothing here knows what a file, a project or a picture is. Invariants:
//!
//! - every function is there on every system; where the system can't do something, it says so or does nothing, and its
//!   documentation tells which;
//! - what it takes away from a process can't be given back to it.

mod confine;
pub mod input;
mod process;

pub use confine::{Limits, limit, limit_time, shut_in};
pub use process::{Talk, answers, cause_of_end, end_now, own_group, talk, this_program};
