//! The threads: commands in, events out, and the job queue.
mod machine;
mod probing;
pub use machine::{allowed_cores, total_memory};
pub use probing::probe_all;
