//! The threads: commands in, events out, the job queue and the queue of exports.
//!
//! Never knows egui. Invariants:
//!
//! - every thread has a name, every channel a bound; a job can be cancelled, and is joined before the worker ends;
//! - what is told of a document, an opening or a run names it, and a run ends in exactly one way, also when it panics;
//! - exports that wait or run are on the disk as soon as they are queued, and the next start offers them;
//! - closing waits for what writes (saves, the autosave, a film that is being given up), and not for what only reads.

mod ahead;
mod exchange;
mod exports;
mod jobs;
mod keeping;
mod kept_exports;
mod looking;
mod messages;
mod parallel;
mod probing;
mod proxying;
mod queue;
mod runs;
mod service;
mod tasks;
mod telling;

pub use ahead::Ahead;
pub use exchange::{read_timeline, write_timeline, write_timeline_as};
pub use keeping::LastKeep;
pub use messages::{
    Asking, Command, DocumentId, Event, ImportNews, JobId, JobKind, JobStatus, Kept, News, OfDocument, Onto, Opened,
    Opening, Place, RunId, Turn,
};
pub use probing::{Probed, probe_all, probe_until, probe_watched};
pub use proxying::{ProxyNews, make_proxies, proxy_threads, proxy_workers};
pub use queue::{ExportJob, QueueCommand, QueueStatus, QueuedRun, RunState};
pub use runs::{RunEnd, RunNews};
pub use service::{Folders, Worker};
