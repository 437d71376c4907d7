//! The caps of a file's tracks, as GStreamer's own demuxer tells them.

use super::Kind;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Demuxers know their tracks from the first bytes.
const LIMIT: Duration = Duration::from_secs(10);

/// The caps of so many tracks of each kind, in the order of `kinds`; `None` for those that the demuxer does not tell.
/// `demuxer` is an element's name.
pub(super) fn by_demuxer(path: &Path, demuxer: &str, kinds: &[Kind]) -> Vec<Option<String>> {
    let found = found(path, demuxer, kinds.len()).unwrap_or_default();
    let nth = |kind: Kind, n: usize| {
        let prefix = if kind == Kind::Picture { "video_" } else { "audio_" };
        found.iter().find(|(name, _)| *name == format!("{prefix}{n}")).map(|(_, caps)| caps.to_string())
    };
    (0..kinds.len()).map(|i| nth(kinds[i], kinds[..i].iter().filter(|k| **k == kinds[i]).count())).collect()
}

/// The demuxer's pads by their names.
fn found(path: &Path, demuxer: &str, most: usize) -> Option<Vec<(String, gst::Caps)>> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc").property("location", path).build().ok()?;
    let demuxer = gst::ElementFactory::make(demuxer).build().ok()?;
    pipeline.add_many([&source, &demuxer]).ok()?;
    source.link(&demuxer).ok()?;
    // as many as a demuxer makes before it is stopped; those past it are not asked for
    let (send, pads) = mpsc::sync_channel(256);
    demuxer.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        // nobody listens any more when the pipeline is being stopped
        let _ = send.try_send((pad.name().to_string(), caps));
    });
    let mut found = Vec::new();
    let begun = Instant::now();
    if pipeline.set_state(gst::State::Paused).is_ok() {
        let bus = pipeline.bus()?;
        while found.len() < most && begun.elapsed() < LIMIT {
            found.extend(pads.recv_timeout(Duration::from_millis(20)).into_iter().filter(told));
            let over = bus.pop_filtered(&[gst::MessageType::Error, gst::MessageType::Eos]).is_some();
            if over {
                found.extend(pads.try_iter().filter(told));
                break;
            }
        }
    }
    // nothing can be done about a pipeline that does not stop
    let _ = pipeline.set_state(gst::State::Null);
    Some(found)
}

/// Whether the caps are of anything that is known.
fn told((_, caps): &(String, gst::Caps)) -> bool {
    caps.is_fixed() && caps.structure(0).is_some_and(|s| !s.name().ends_with("x-unknown"))
}
