//! What differs between systems: what the machine has, what a process may take and touch, how it is told to end, what it
//! ended of, and how files are written whole.
//!
//! Never knows the rest of the program: nothing here knows what a project, a film or a picture is. Invariants:
//!
//! - every function is there on every system; where the system can't do something, it says so or does nothing, and its
//!   documentation tells which;
//! - what it takes away from a process can't be given back to it.

mod confine;
mod disk;
mod drivers;
mod endings;
pub mod input;
mod interrupts;
mod machine;
mod own_libraries;
mod process;
pub mod running;
pub mod whole_files;

pub use confine::{Limits, limit, limit_time, shut_in};
pub use disk::free_space;
pub use drivers::graphics_drivers;
pub use endings::{caught, when_told_to_end};
pub use interrupts::each_time_told_to_end;
pub use machine::{allowed_cores, total_memory};
pub use own_libraries::own_libraries;
pub use process::{
    Talk, answers, cause_of_end, end_now, ended_within, outlive_file_limits, own_group, talk, this_program,
};
