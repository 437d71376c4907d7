//! Which packets of pictures a reader may begin with, told to muxers as the standards mean it.
//!
//! Muxers mark a packet as a place to seek to (MP4: a sync sample, ISO 14496-12, 8.6.2; Matroska: a key frame, RFC 9559,
//! 10.1) where it lacks the flag of a delta unit. Parsers take that flag from every I picture; but pictures after an I
//! picture may refer to others before it, and who begins there shows something else. So the flag follows the picture
//! itself, just before the muxer, whatever encoder and parser said.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// A codec whose packets tell what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NalCodec {
    /// H.264 (ITU-T H.264, table 7-1).
    H264,
    /// HEVC (ITU-T H.265, table 7-1).
    Hevc,
}

/// How a packet's NAL units are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// By a length of so many bytes, 1 to 4, before each (ISO 14496-15).
    Length(usize),
    /// By start codes (H.264, H.265: annex B).
    StartCodes,
}

/// Whether decoding may begin with a packet: an IDR picture in H.264, one of random access (IRAP) in HEVC, whose
/// decoders leave out the pictures that lead it. `None` where no slice of a picture is found in it.
pub(crate) fn is_sync(codec: NalCodec, framing: Framing, packet: &[u8]) -> Option<bool> {
    units(framing, packet).filter_map(|unit| unit.first()).find_map(|unit| match codec {
        NalCodec::H264 => match unit & 31 {
            5 => Some(true),
            1..=4 => Some(false),
            _ => None,
        },
        NalCodec::Hevc => match unit >> 1 & 63 {
            16..=23 => Some(true),
            0..=31 => Some(false),
            _ => None,
        },
    })
}

/// The NAL units in a packet, none of them empty; after start codes, each goes on to the end.
pub(super) fn units(framing: Framing, packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = packet;
    std::iter::from_fn(move || match framing {
        Framing::Length(bytes) => loop {
            let (length, after) = rest.split_at_checked(bytes)?;
            let length = length.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
            // a packet of which only the beginning was read may end within a unit
            rest = after.get(length..).unwrap_or_default();
            let unit = after.get(..length).unwrap_or(after);
            if !unit.is_empty() {
                return Some(unit);
            }
        },
        Framing::StartCodes => {
            let at = rest.windows(3).position(|w| w == [0, 0, 1])?;
            rest = &rest[at + 3..];
            Some(rest).filter(|unit| !unit.is_empty())
        }
    })
}

/// The codec and the framing that caps announce, if it is one that can be looked into.
pub(super) fn described(caps: &gst::CapsRef) -> Option<(NalCodec, Framing)> {
    let caps = caps.structure(0)?;
    // where the configuration has the size of lengths less one (ISO 14496-15, 5.3.3.1.2 and 8.3.3.1.2)
    let (codec, at) = match caps.name().as_str() {
        "video/x-h264" => (NalCodec::H264, 4),
        "video/x-h265" => (NalCodec::Hevc, 21),
        _ => return None,
    };
    let framing = match caps.get::<gst::Buffer>("codec_data") {
        Ok(data) => Framing::Length(usize::from(data.map_readable().ok()?.get(at)? & 3) + 1),
        Err(_) => Framing::StartCodes,
    };
    Some((codec, framing))
}

/// What is known of the packets that went by, for who asks meanwhile.
#[derive(Clone, Default)]
pub(super) struct GoneBy(Arc<Mutex<Seen>>);

/// What coded pictures took.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PictureBytes {
    /// All of them.
    pub all: u64,
    /// The first one, which refers to none.
    pub first: u64,
}

/// What is known of packets of pictures.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    /// The time of the newest picture to begin at.
    pub newest_key: Option<gst::ClockTime>,
    /// What they took.
    pub bytes: PictureBytes,
}

impl GoneBy {
    pub fn get(&self) -> Seen {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a pad's stream.
#[derive(Default)]
struct Stream {
    pictures: bool,
    kind: Option<(NalCodec, Framing)>,
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
}

/// Makes the flags of all packets that go into a muxer right, and keeps what is asked of them.
pub(super) fn mark(muxer: &gst::Element, gone_by: &GoneBy) {
    for pad in muxer.sink_pads() {
        let stream = Mutex::new(Stream::default());
        let gone_by = gone_by.clone();
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut info.data {
                Some(gst::PadProbeData::Event(event)) => match event.view() {
                    gst::EventView::Caps(caps) => {
                        let name = caps.caps().structure(0).map(|s| s.name().as_str().to_owned()).unwrap_or_default();
                        (stream.pictures, stream.kind) = (name.starts_with("video/"), described(caps.caps()));
                    }
                    gst::EventView::Segment(segment) => stream.segment = segment.segment().downcast_ref().cloned(),
                    _ => {}
                },
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    if let Some((codec, framing)) = stream.kind {
                        correct(buffer, codec, framing);
                    }
                    if stream.pictures {
                        let mut seen = gone_by.0.lock().unwrap_or_else(PoisonError::into_inner);
                        if seen.bytes.all == 0 {
                            seen.bytes.first = buffer.size() as u64;
                        }
                        seen.bytes.all += buffer.size() as u64;
                        if !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
                            // encoders move all times to have room for negative ones before
                            seen.newest_key = stream.segment.as_ref().and_then(|s| s.to_running_time(buffer.pts()?));
                        }
                    }
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// Makes the flag of one packet right.
fn correct(buffer: &mut gst::Buffer, codec: NalCodec, framing: Framing) {
    let sync = buffer.map_readable().ok().and_then(|packet| is_sync(codec, framing, &packet));
    let Some(sync) = sync.filter(|s| *s == buffer.flags().contains(gst::BufferFlags::DELTA_UNIT)) else { return };
    let buffer = buffer.make_mut();
    if sync {
        buffer.unset_flags(gst::BufferFlags::DELTA_UNIT);
    } else {
        buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NAL units in both framings.
    fn framed(units: &[&[u8]], framing: Framing) -> Vec<u8> {
        let mut packet = Vec::new();
        for unit in units {
            match framing {
                Framing::Length(bytes) => packet.extend(&u32::try_from(unit.len()).unwrap().to_be_bytes()[4 - bytes..]),
                Framing::StartCodes => packet.extend([0, 0, 1]),
            }
            packet.extend(*unit);
        }
        packet
    }

    #[test]
    fn a_packet_is_what_its_first_slice_is() {
        let (idr, i, sei, delimiter): (&[u8], &[u8], &[u8], &[u8]) = (&[0x65, 0x88], &[0x41, 0x88], &[6, 5, 1], &[9]);
        let (cra, idr_n_lp, trail, parameters): (&[u8], &[u8], &[u8], &[u8]) = (&[42, 1], &[40, 1], &[2, 1], &[64, 1]);
        for framing in [Framing::StartCodes, Framing::Length(1), Framing::Length(2), Framing::Length(4)] {
            for (codec, units, sync) in [
                (NalCodec::H264, &[delimiter, sei, idr][..], Some(true)),
                (NalCodec::H264, &[delimiter, sei, i], Some(false)),
                (NalCodec::H264, &[i, idr], Some(false)),
                (NalCodec::H264, &[&[], idr], Some(true)),
                (NalCodec::H264, &[sei], None),
                (NalCodec::H264, &[], None),
                (NalCodec::Hevc, &[parameters, cra], Some(true)),
                (NalCodec::Hevc, &[parameters, idr_n_lp], Some(true)),
                (NalCodec::Hevc, &[parameters, trail], Some(false)),
            ] {
                let packet = framed(units, framing);
                // an empty unit between start codes can't be told from zeros that fill
                if framing == Framing::StartCodes && units.iter().any(|u| u.is_empty()) {
                    continue;
                }
                assert_eq!(is_sync(codec, framing, &packet), sync, "{codec:?} {framing:?} {units:?}");
            }
        }
        // only the beginning of a packet
        assert_eq!(is_sync(NalCodec::H264, Framing::Length(4), &[0, 1, 0, 0, 0x65]), Some(true));
        assert_eq!(is_sync(NalCodec::H264, Framing::Length(4), &[0, 1]), None);
    }
}
