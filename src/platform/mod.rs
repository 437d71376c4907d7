//! What differs between systems.
//!
//! Never knows anything else of Workprint: every folder may use it, and it uses none.

pub mod input;
