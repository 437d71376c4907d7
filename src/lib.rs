//! Workprint, a video editor: people cut light proxies, the export conforms the originals.
//!
//! ```text
//! ui ──► app ──► worker ──► export ──► render ──► media ──► model
//!  │      │         │                     │                   ▲
//!  │      ├──► edit ┼─────────────────────┼───────────────────┤
//!  │      └──► project_file ──────────────┼───────────────────┤
//!  └────────► model                       ├──► interchange ───┘
//! cli ──► worker, export, edit, project_file, interchange …   (everything but ui and app)
//! diagnostics: versions, the log and reports of crashes, for ui and cli
//! platform: what differs between systems; anyone may use it
//! ```
//!
//! Arrows say who may use whom; `tests/tidy.rs` reads the `use` lines and fails on any other. Each folder's
//! `mod.rs` says what it promises and what it never knows.

pub mod app;
pub mod cli;
pub mod diagnostics;
pub mod edit;
pub mod export;
pub mod interchange;
pub mod media;
pub mod model;
pub mod platform;
pub mod project_file;
pub mod render;
pub mod ui;
pub mod worker;
