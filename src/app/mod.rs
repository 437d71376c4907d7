//! The editor without its pixels: what is open, selected and playing, and what each command does.
//!
//! Never knows widgets or GStreamer. Nothing here waits: disk and media belong to the worker's threads.

mod action;
mod commands;
mod editor;
mod events;
mod exporting;
mod layouts;
mod looks;
mod notices;
mod placing;
mod playback;
mod sequences;
mod time_view;

pub use action::{Action, Shortcut};
pub use editor::{AssetState, Editor, EditorFolders, Naming, Request, Tool};
pub use exporting::{Begun, ExportState, Sample};
pub use layouts::Layout;
pub use looks::Trial;
pub use notices::{Level, Notice};
pub use playback::{Playback, Source};
pub use time_view::TimeView;
