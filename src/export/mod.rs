//! Pictures and sound to a file: presets, the encoder's settings that a memory budget leaves room for, the run itself.
//!
//! Never knows egui. Invariants:
//!
//! - a file is under its name only when it is whole and was checked: it is written to a temporary name and renamed, and
//!   what fails or is cancelled leaves what was there;
//! - resident memory stays within the budget however long the timeline is: what fits is predicted before anything is
//!   written, and nothing grows with the number of clips;
//! - readers may begin at each place that a file announces, and a cut that shows something else is such a place, unless
//!   another one is near;
//! - a span yields exactly its frames and exactly its samples, at the times that the sequence's rate gives them;
//! - what is rendered comes from [`crate::render`] alone, so that an export shows what the preview shows.

mod budget;
mod cuts;
mod glance;
mod memory;
mod presets;
mod priming;
mod ring;
mod run;
mod settings;
mod shown;
mod sound_thread;
mod source_check;
mod verify;

pub use budget::{Analysis, EncoderPlan, default_budget, least_budget, plan_encoder};
pub use glance::{Glance, Luma};
pub use memory::{Memory, tame_allocator};
pub use presets::{Container, Encoder, Preset, find_preset, presets};
pub use run::export;
pub use settings::{ExportError, ExportEvent, ExportSettings, ExportSummary};
pub use verify::{PARTS, Wanted, verify};
