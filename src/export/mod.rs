//! Pictures and sound to a file: targets, the encoder's settings that a memory budget leaves room for, the run itself.
//!
//! Never knows egui. A [`Target`] says what is to become, a [`Preset`] is one with a name, and each encoder tells all there is to
//! know of it in a file of its own (`encoders/`). To add an encoder: that file, a variant of [`Video`] and its line in
//! `each!`, its elements and their packages in `media/plugins.rs`. To add a preset: `presets.rs`. Invariants:
//!
//! - a file is under its name only when it is whole and was checked: it is written without a name, or under a
//!   temporary one, and what fails or is cancelled leaves what was there; once it is whole it is never thrown away;
//! - resident memory stays within the budget however long the timeline is: what fits is predicted before anything is
//!   written, and nothing grows with the number of clips;
//! - readers may begin at each place that a file announces, and a cut that shows something else is such a place, unless
//!   another one is near;
//! - what nobody touched may be copied instead (`copying/`), if the film shows the same for it: each segment begins with a
//!   picture that needs none before it, and what does not go as planned is encoded;
//! - a file that must not pass a size never does, and what it takes beside its pictures is measured, not guessed;
//! - a span yields exactly its frames and exactly its samples, at the times that the sequence's rate gives them;
//! - what is rendered comes from [`crate::render`] alone, so that an export shows what the preview shows.

mod budget;
mod capped;
mod copying;
mod cuts;
mod delivery;
mod drawing;
mod encoders;
mod film;
mod framed;
mod glance;
mod hardware;
mod matroska;
mod memory;
mod parts;
mod pictures;
mod pipeline;
mod preflight;
mod presets;
mod priming;
mod progress;
mod ring;
mod run;
mod sampling;
mod settings;
mod sharpest;
mod shown;
mod size;
mod sound_file;
mod sound_thread;
mod source_check;
mod target;
mod verify;

pub use budget::{EncoderPlan, default_budget, least_budget};
pub use copying::Copying;
pub use encoders::{
    Av1, Ffv1, Hardware, ProRes, ProResProfile, Setting, SettingKind, Sound, Video, Vp9, X264, X264Rate, X265,
};
pub use glance::Glance;
pub use hardware::{EncoderChoice, Tried, try_apart, try_here};
pub use memory::{Memory, tame_allocator};
pub use parts::{Part, exports_of, files_of, marked_parts, together};
pub use preflight::{Expected, Finding, expect, look};
pub use presets::{Preset, PresetError, find_preset, own_presets, own_presets_folder, presets, presets_in};
pub use run::export;
pub use settings::{ExportError, ExportEvent, ExportSettings, ExportSummary, check};
pub use target::{Container, Film, Format, PictureSize, Pictures, Target};
pub use verify::{PARTS, Wanted, verify};

/// What is wrong with bytes that were read again.
fn invalid(why: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, why.to_owned())
}
