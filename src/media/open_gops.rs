//! Seeks to key pictures that are no IDR (open groups of pictures: broadcasts, AVCHD cameras, discs, x264 on request).
//!
//! After a flush libav takes such a picture for one after a hole, and makes up the pictures that should lie there, each with a
//! buffer of its own (ITU-T H.264, 8.2.5.2). `avdec_h264` (GStreamer 1.22) gives those the frame of the key picture itself,
//! loses it with them, and the key picture is dropped: all is grey up to the next one. The same picture once more, which
//! is not shown, fills the hole before.
//!
//! Where a demuxer seeks in the order of decoding (MP4), it may begin with a picture that is shown after the moment that was
//! sought: those between refer to what lies before it, and only an earlier key picture gives them whole. So do those after a
//! picture from which on a stream only recovers, part by part (periodic intra refresh; D.2.8), until it has.

use super::damage::{shown, unheard};
use super::sync_samples::{Framing, NalCodec, described, is_sync, units};
use gstreamer as gst;
use gstreamer::prelude::*;
use h264_reader::nal::sei::{HeaderType, SeiReader};
use h264_reader::rbsp::{BitRead, BitReader, decode_nal};
use memchr::memmem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often the picture is given in vain: as many made-up pictures are let go of before the hole is filled.
const TIMES: usize = 2;

/// Units that tell about pictures (table 7-1).
const INFORMATION: u8 = 6;

/// A seek, and where decoding began after it.
#[derive(Clone, Default)]
pub(super) struct Sought(Arc<Moment>);

#[derive(Default)]
struct Moment {
    /// In nanoseconds of the demuxer's stream time.
    target: AtomicU64,
    flushed: AtomicBool,
    late: AtomicBool,
}

impl Sought {
    /// Takes note of a seek that is about to begin.
    pub fn set(&self, nanos: u64) {
        self.0.late.store(false, Ordering::SeqCst);
        self.0.target.store(nanos, Ordering::SeqCst);
    }

    /// Whether decoding began with a picture that is shown later and gives those before it damaged.
    pub fn is_late(&self) -> bool {
        self.0.late.load(Ordering::SeqCst)
    }
}

/// Lets a decoder of H.264 begin with any key picture after a seek.
pub(super) fn begin_anywhere(decoder: &gst::Element, sought: &Sought) {
    let Some(pad) = decoder.static_pad("sink") else { return };
    let sought = sought.clone();
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_FLUSH, move |pad, info| {
        match &info.data {
            Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::FlushStop => {
                sought.0.flushed.store(true, Ordering::SeqCst);
            }
            Some(gst::PadProbeData::Buffer(buffer))
                if sought.0.flushed.swap(false, Ordering::SeqCst) && is_open(pad, buffer) =>
            {
                let target = i64::try_from(sought.0.target.load(Ordering::SeqCst)).unwrap_or(i64::MAX);
                let recovers = recovers_after(pad, buffer);
                let late = shown(pad, buffer).is_some_and(|time| time.saturating_add(recovers) > target);
                sought.0.late.store(late, Ordering::SeqCst);
                let mut unseen = buffer.copy();
                unseen.make_mut().set_flags(gst::BufferFlags::DECODE_ONLY);
                // what stops it stops the picture itself, too
                unheard(|| (0..TIMES).all(|_| pad.chain(unseen.clone()).is_ok()));
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

/// Nanoseconds after a picture until all of what is decoded from it on is right, as its recovery point says (D.1.8, D.2.8).
fn recovers_after(pad: &gst::Pad, buffer: &gst::Buffer) -> i64 {
    let caps = pad.current_caps();
    let Some((NalCodec::H264, framing)) = caps.as_ref().and_then(|caps| described(caps)) else { return 0 };
    let pictures = buffer.map_readable().ok().and_then(|packet| recovery_pictures(framing, &packet)).unwrap_or(0);
    let each = buffer.duration().map_or(0, |d| i64::try_from(d.nseconds()).unwrap_or(0));
    each.saturating_mul(i64::from(pictures))
}

/// How many pictures a recovery point in a packet says that it takes.
fn recovery_pictures(framing: Framing, packet: &[u8]) -> Option<u32> {
    units(framing, packet).filter(|unit| unit.first().is_some_and(|head| head & 31 == INFORMATION)).find_map(|unit| {
        // after start codes it goes on with the next one
        let end = memmem::find(unit, &[0, 0, 1]).filter(|_| framing == Framing::StartCodes).unwrap_or(unit.len());
        let bytes = decode_nal(&unit[..end]).ok()?;
        let mut scratch = Vec::new();
        let mut messages = SeiReader::from_rbsp_bytes(&bytes[..], &mut scratch);
        while let Ok(Some(message)) = messages.next() {
            if message.payload_type == HeaderType::RecoveryPoint {
                return BitReader::new(message.payload).read_ue("recovery_frame_cnt").ok();
            }
        }
        None
    })
}

/// Whether decoding begins with a picture that is no IDR.
fn is_open(pad: &gst::Pad, buffer: &gst::Buffer) -> bool {
    let caps = pad.current_caps();
    let Some((codec, framing)) = caps.as_ref().and_then(|caps| described(caps)) else { return false };
    buffer.map_readable().is_ok_and(|packet| is_sync(codec, framing, &packet) == Some(false))
}
