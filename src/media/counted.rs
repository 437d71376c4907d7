//! How long sound is that no header tells the length of: its packets are counted, not estimated.
//!
//! Sound without a container (MP3, AAC as ADTS, AC-3, DTS, MP2, AMR) has no total at all, or one that was written before
//! the file was joined or cut off; FLAC only says what its encoder meant to write. Parsers guess from the first packets'
//! size (20 to 34 s were found for 20 s of MP3). What has tables or a duration (MP4, Matroska, WAV and AIFF, whose length
//! the size of the file bounds, Ogg, whose last page is read) is left to them.

use super::decode::Cancel;
use super::error::MediaError;
use crate::model::SourceTime;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A file that gives no packet for so long is given up.
const STALL_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(super::decode::STALL_LIMIT.as_secs());

/// Types of sound that are a file without a container.
const WITHOUT_CONTAINER: [&str; 8] = [
    "audio/mpeg",
    "audio/x-ac3",
    "audio/x-eac3",
    "audio/x-dts",
    "audio/x-flac",
    "audio/AMR",
    "audio/AMR-WB",
    "audio/x-sbc",
];

/// Whether a file of this type, as a whole, must be counted.
pub(super) fn is_needed(file: &gst::CapsRef) -> bool {
    file.structure(0).is_some_and(|s| WITHOUT_CONTAINER.contains(&s.name().as_str()))
}

/// What was counted.
#[derive(Clone, Copy, Default)]
struct Count {
    samples: u64,
    rate: u32,
    /// Where the last packet ends by its own stamp.
    end: gst::ClockTime,
    packets: u64,
}

/// The length of the sound of a file without a container, by reading it to its end, undecoded.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub(super) fn length(path: &Path, cancel: &Cancel) -> Result<SourceTime, MediaError> {
    let missing = |e: gst::glib::BoolError| MediaError::Element(e.to_string());
    let broken = |why: &str| MediaError::Decode { path: path.to_owned(), why: why.to_owned() };
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc").property("location", path).build().map_err(missing)?;
    let parse = gst::ElementFactory::make("parsebin").build().map_err(missing)?;
    let sink = gst::ElementFactory::make("fakesink").property("sync", false).build().map_err(missing)?;
    pipeline.add_many([&source, &parse, &sink]).map_err(missing)?;
    source.link(&parse).map_err(missing)?;
    let count = Arc::new(Mutex::new(Count::default()));
    let target = sink.static_pad("sink").ok_or_else(|| broken("its packets can't be counted"))?;
    let counted = Arc::clone(&count);
    target.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else { return gst::PadProbeReturn::Ok };
        // the lock is only held to add; a probe that panicked left whole numbers
        let mut count = counted.lock().unwrap_or_else(PoisonError::into_inner);
        if count.rate == 0 {
            let caps = pad.current_caps();
            let rate = caps.as_ref().and_then(|c| c.structure(0)?.get::<i32>("rate").ok());
            count.rate = rate.and_then(|r| u32::try_from(r).ok()).unwrap_or(0);
        }
        if let Some(duration) = buffer.duration() {
            let second = gst::ClockTime::SECOND.nseconds();
            let samples = duration.nseconds().mul_div_round(u64::from(count.rate), second);
            count.samples += samples.unwrap_or(0);
            count.end = buffer.pts().map_or(count.end, |pts| count.end.max(pts + duration));
        }
        count.packets += 1;
        gst::PadProbeReturn::Ok
    });
    parse.connect_pad_added(move |_, pad| {
        // a file without a container has one stream
        let _ = pad.link(&target);
    });
    let ended = run(&pipeline, &count, cancel);
    // nothing can be done about a pipeline that does not stop
    let _ = pipeline.set_state(gst::State::Null);
    ended.map_err(|why| why.map_or(MediaError::Cancelled, |why| broken(&why)))?;
    let Count { samples, rate, end, .. } = *count.lock().unwrap_or_else(PoisonError::into_inner);
    let end = SourceTime::from_nanos(i64::try_from(end.nseconds()).unwrap_or(i64::MAX));
    let second = SourceTime::SECOND.0.unsigned_abs();
    let whole = samples.mul_div_round(second, u64::from(rate.max(1))).and_then(|t| i64::try_from(t).ok());
    // stamps in nanoseconds add up to a little less or more; where they tell of holes, they are right
    Ok(whole.map(SourceTime).filter(|whole| (*whole - end).0.abs() < SourceTime::SECOND.0 / 100).unwrap_or(end))
}

/// Reads to the end. `Err(None)` where that was cancelled.
fn run(pipeline: &gst::Pipeline, count: &Mutex<Count>, cancel: &Cancel) -> Result<(), Option<String>> {
    let packets = || count.lock().unwrap_or_else(PoisonError::into_inner).packets;
    pipeline.set_state(gst::State::Playing).map_err(|e| e.to_string())?;
    let Some(bus) = pipeline.bus() else { return Err(Some("its packets can't be counted".to_owned())) };
    let (step, mut waited, mut before) = (gst::ClockTime::from_mseconds(100), gst::ClockTime::ZERO, 0);
    while waited < STALL_LIMIT {
        match bus.timed_pop_filtered(step, &[gst::MessageType::Eos, gst::MessageType::Error]) {
            Some(message) if message.type_() == gst::MessageType::Eos => return Ok(()),
            // what was counted up to damage at the end is what there is
            Some(_) if packets() > 0 => return Ok(()),
            Some(_) => return Err(Some("its packets can't be counted".to_owned())),
            None => {}
        }
        if cancel.is_cancelled() {
            return Err(None);
        }
        let now = packets();
        waited = if now == before { waited + step } else { gst::ClockTime::ZERO };
        before = now;
    }
    Err(Some("its packets can't be counted: it gives no more data".to_owned()))
}
