//! Tells players which samples of a file are an encoder's run-up, and which only fill its last packet.
//!
//! Encoders of sound put out some run-up first, and whole packets, so that all sound would come late by the one and last longer
//! by the other. Each kind of file has a place where that is said; GStreamer's muxers leave it empty.

mod mp3;
mod mp4;
mod ogg;

pub(super) use mp3::write_with_head;
pub(super) use mp4::skip_priming;
pub(super) use ogg::end_at;

use super::invalid;
