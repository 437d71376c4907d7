//! Pipelines that tests make their footage with.

use gstreamer as gst;
use gstreamer::prelude::*;

/// Runs a launch description to its end.
pub(super) fn run(description: &str) {
    super::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    end(&pipeline);
}

/// Waits for the end of what is playing.
pub(super) fn end(pipeline: &gst::Element) {
    let ended = pipeline.bus().unwrap().timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]);
    assert_eq!(ended.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}
