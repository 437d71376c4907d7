//! The caps of a file's tracks, as GStreamer's own demuxer tells them, and what its parsers find in them.

use super::super::waiting::Waiting;
use super::Kind;
use crate::model::FrameRate;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

/// Demuxers know their tracks from the first bytes.
const LIMIT: Duration = Duration::from_secs(10);

/// Bytes that a demuxer is given at once.
const PIECE: usize = 4096;

/// The caps of so many tracks of each kind, in the order of `kinds`; `None` for those that the demuxer does not tell.
/// `demuxer` is an element's name.
pub(super) fn by_demuxer(path: &Path, demuxer: &str, kinds: &[Kind]) -> Vec<Option<String>> {
    let source = gst::ElementFactory::make("filesrc").property("location", path).build();
    let found = source.ok().and_then(|source| found(&source, demuxer, kinds.len()));
    in_order(&found.unwrap_or_default(), kinds)
}

/// The same, by the file's first bytes alone: a demuxer may read all of it otherwise.
pub(super) fn by_demuxer_of_head(head: &[u8], demuxer: &str, kinds: &[Kind]) -> Vec<Option<String>> {
    let source = gst_app::AppSrc::builder().build();
    give(&source, head);
    in_order(&found(source.upcast_ref(), demuxer, kinds.len()).unwrap_or_default(), kinds)
}

/// Lets a source give these bytes and end.
fn give(source: &gst_app::AppSrc, head: &[u8]) {
    // demuxers take a step with each buffer (`avidemux`)
    let pieces: Vec<gst::Buffer> = head.chunks(PIECE).map(|piece| gst::Buffer::from_slice(piece.to_vec())).collect();
    let pieces = Mutex::new(pieces.into_iter());
    let give = move |source: &gst_app::AppSrc, _| {
        let piece = pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
        // a pipeline that is being stopped takes nothing
        let _ = match piece {
            Some(piece) => source.push_buffer(piece),
            None => source.end_of_stream(),
        };
    };
    source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(give).build());
}

fn in_order(found: &[(String, gst::Caps)], kinds: &[Kind]) -> Vec<Option<String>> {
    let nth = |kind: Kind, n: usize| {
        let prefix = if kind == Kind::Picture { "video_" } else { "audio_" };
        found.iter().find(|(name, _)| *name == format!("{prefix}{n}")).map(|(_, caps)| caps.to_string())
    };
    (0..kinds.len()).map(|i| nth(kinds[i], kinds[..i].iter().filter(|k| **k == kinds[i]).count())).collect()
}

/// The rate that a stream of pictures says itself, of which these are the first bytes; `caps` are those of the stream.
pub(super) fn rate_of(caps: &str, head: Vec<u8>) -> Option<FrameRate> {
    let caps: gst::Caps = caps.parse().ok()?;
    let parser = match (caps.structure(0)?.name().as_str(), caps.structure(0)?.get::<i32>("mpegversion")) {
        ("video/x-h264", _) => "h264parse",
        ("video/x-h265", _) => "h265parse",
        ("video/mpeg", Ok(4)) => "mpeg4videoparse",
        ("video/mpeg", _) => "mpegvideoparse",
        _ => return None,
    };
    let pipeline = gst::Pipeline::new();
    let source = gst_app::AppSrc::builder().caps(&caps).build();
    let parser = gst::ElementFactory::make(parser).build().ok()?;
    let sink = gst_app::AppSink::builder().sync(false).build();
    pipeline.add_many([source.upcast_ref(), &parser, sink.upcast_ref()]).ok()?;
    gst::Element::link_many([source.upcast_ref(), &parser, sink.upcast_ref()]).ok()?;
    pipeline.set_state(gst::State::Playing).ok()?;
    let pushed = source.push_buffer(gst::Buffer::from_mut_slice(head)).and_then(|_| source.end_of_stream());
    let limit = gst::ClockTime::from_mseconds(u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX));
    let sample = pushed.ok().and_then(|_| sink.try_pull_sample(limit));
    // nothing can be done about a pipeline that does not stop
    let _ = pipeline.set_state(gst::State::Null);
    let rate = sample?.caps()?.structure(0)?.get::<gst::Fraction>("framerate").ok()?;
    FrameRate::new(u32::try_from(rate.numer()).ok()?, u32::try_from(rate.denom()).ok()?)
}

/// The demuxer's pads by their names.
fn found(source: &gst::Element, demuxer: &str, most: usize) -> Option<Vec<(String, gst::Caps)>> {
    let pipeline = gst::Pipeline::new();
    let demuxer = gst::ElementFactory::make(demuxer).build().ok()?;
    pipeline.add_many([source, &demuxer]).ok()?;
    source.link(&demuxer).ok()?;
    // as many as a demuxer makes before it is stopped; those past it are not asked for
    let (send, pads) = mpsc::sync_channel(256);
    demuxer.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        // nobody listens any more when the pipeline is being stopped
        let _ = send.try_send((pad.name().to_string(), caps));
    });
    let mut found = Vec::new();
    let mut waiting = Waiting::begin();
    if pipeline.set_state(gst::State::Paused).is_ok() {
        let bus = pipeline.bus()?;
        while found.len() < most && waiting.passed() < LIMIT {
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
