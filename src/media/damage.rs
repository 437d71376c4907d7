//! What decoders say of packets that they could not decode whole.
//!
//! They post nothing on the bus as long as they can go on; what they say goes to GStreamer's debug log only, and libav's own
//! complaints carry no element. Both are written by the thread that gives a decoder its packets, which therefore remembers
//! whose packet that was. (Libav's own threads, where it has several, are not known; what it returns of them is.)

use gstreamer as gst;
use gstreamer::prelude::*;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once, PoisonError};

/// What is written where decoders complain.
pub(super) const CATEGORIES: [&str; 3] = ["videodecoder", "audiodecoder", "libav"];

/// What libav says of whole files too, when decoding begins between pictures that refer to each other.
const HARMLESS: [&str; 7] = [
    "mmco",
    "reference",
    "ref with POC",
    "co located POCs",
    "MVs not available",
    "no frame!",
    // of a key picture that is given more than once (see `open_gops`)
    "illegal short term buffer state",
];

/// A packet that could not be decoded whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Damaged {
    /// When it is shown or heard, in nanoseconds of the demuxer's stream time.
    pub nanos: i64,
    /// What the decoder says.
    pub why: String,
}

/// The first damage that one pipeline's decoder met since the last seek, or since it was asked.
#[derive(Clone, Default)]
pub(super) struct Damage(Arc<Mutex<Option<Damaged>>>);

/// Whose packet a thread gives to a decoder, and when it is shown.
struct Packet {
    damage: Damage,
    nanos: i64,
}

thread_local! {
    static PACKET: RefCell<Option<Packet>> = const { RefCell::new(None) };
}

impl Damage {
    /// Takes what was met up to a moment of the demuxer's stream time.
    pub fn take_until(&self, nanos: i64) -> Option<Damaged> {
        self.lock().take_if(|damaged| damaged.nanos <= nanos)
    }

    /// Listens to what a decoder says of the packets that it is given from now on.
    pub fn watch(&self, decoder: &gst::Element) {
        listen();
        let Some(pad) = decoder.static_pad("sink") else { return };
        let damage = self.clone();
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_FLUSH, move |pad, info| {
            match &info.data {
                Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::FlushStop => {
                    *damage.lock() = None;
                }
                // what is not shown is not missed
                Some(gst::PadProbeData::Buffer(buffer)) if buffer.flags().contains(gst::BufferFlags::DECODE_ONLY) => {}
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    let before = PACKET.with_borrow(|packet| packet.as_ref().map_or(0, |packet| packet.nanos));
                    let nanos = shown(pad, buffer).unwrap_or(before);
                    PACKET.set(Some(Packet { damage: damage.clone(), nanos }));
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// The lock is only held to copy what is said; whoever panicked left it whole.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Damaged>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does something on this thread of which decoders may complain as they like.
pub(super) fn unheard<T>(work: impl FnOnce() -> T) -> T {
    let packet = PACKET.take();
    let done = work();
    PACKET.set(packet);
    done
}

/// When a packet is shown, in nanoseconds of stream time.
pub(super) fn shown(pad: &gst::Pad, buffer: &gst::Buffer) -> Option<i64> {
    let event = pad.sticky_event::<gst::event::Segment>(0)?;
    let signed = event.segment().downcast_ref::<gst::ClockTime>()?.to_stream_time_full(buffer.pts()?)?;
    let nanos = i64::try_from(signed.abs().nseconds()).ok()?;
    Some(if signed.is_negative() { -nanos } else { nanos })
}

/// Begins to read the debug log, once.
fn listen() {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        // whoever set them wants to see what they say
        if std::env::var_os("GST_DEBUG").is_none() {
            for name in CATEGORIES {
                gst::log::set_threshold_for_name(name, gst::DebugLevel::Warning);
            }
        }
        gst::log::add_log_function(|category, level, _, function, _, _, message| {
            let text = message.get().unwrap_or_default();
            if let Some(why) = complaint(category.name(), level, function, &text) {
                PACKET.with_borrow(|packet| {
                    let Some(Packet { damage, nanos }) = packet else { return };
                    damage.lock().get_or_insert_with(|| Damaged { nanos: *nanos, why: why.to_owned() });
                });
            }
        });
    });
}

/// What a line of the log says of a damaged packet; `None` for all other lines.
fn complaint<'a>(category: &str, level: gst::DebugLevel, function: &str, text: &'a str) -> Option<&'a str> {
    let harmless = || HARMLESS.iter().any(|harmless| text.contains(harmless));
    let is_complaint = match category {
        "videodecoder" | "audiodecoder" => function.ends_with("_decoder_error"),
        "libav" => level == gst::DebugLevel::Error && !harmless(),
        _ => false,
    };
    let why = text.trim().strip_prefix("error: ").unwrap_or(text).trim().trim_end_matches('.');
    is_complaint.then_some(why)
}
