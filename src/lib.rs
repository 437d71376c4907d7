//! Workprint, a video editor: people cut light proxies, the export conforms the originals.
pub mod edit;
pub mod model;
pub mod media;
pub mod cli;
pub mod worker;
