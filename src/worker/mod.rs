//! The threads: commands in, events out, and the job queue.
//!
//! Never knows egui. Invariants: every thread has a name, every channel a bound; a job can be cancelled,
//! and is joined before the worker ends.

mod exchange;
mod jobs;
mod machine;
mod messages;
mod parallel;
mod probing;
mod proxying;
mod reports;
mod service;

pub use exchange::{read_timeline, write_timeline};
pub use machine::{allowed_cores, total_memory};
pub use messages::{Command, Event, JobId, JobKind, JobStatus, News, Turn};
pub use probing::{Probed, probe_all};
pub use proxying::{make_proxies, proxy_threads, proxy_workers};
pub use service::{Folders, Worker};
