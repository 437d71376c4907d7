//! The editor without its pixels: what is open, selected and playing, and what each command does.
//!
//! Never knows widgets or GStreamer. Nothing here waits: disk and media belong to the worker's threads.

mod action;
mod after;
mod clipboard;
mod commands;
mod documents;
mod editor;
mod events;
mod export_ahead;
mod export_presets;
mod export_run;
mod exporting;
mod exports;
mod importing;
mod keyframes;
mod layouts;
mod looks;
mod moving;
mod notices;
mod offers;
mod placing;
mod playback;
mod posing;
mod sequences;
mod strips;
mod time_view;
mod typed;

pub use crate::project_file::Recovered;
pub use crate::worker::Onto;
pub use action::{Action, Shortcut};
pub use clipboard::Clipboard;
pub use documents::{OPENED, Read, opens_as_document};
pub use editor::{AssetState, Editor, EditorFolders, Naming, Request, Tool};
pub use export_ahead::{ExportAhead, Takes};
pub use export_presets::{Choice, PresetName};
pub use export_run::{ExportRun, RunWarning, Sample};
pub use exporting::ExportDialog;
pub use exports::Exports;
pub use importing::Importing;
pub use keyframes::keyframes;
pub use layouts::Layout;
pub use looks::Tried;
pub use moving::Aside;
pub use notices::{Level, Notice};
pub use offers::Offer;
pub use playback::{Playback, Source};
pub use posing::{Posed, with};
pub use time_view::TimeView;
pub use typed::typed_path;
