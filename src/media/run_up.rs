//! What lies between a key frame and the moment that was sought is decoded only to get there, and of that only what
//! other pictures refer to.
//!
//! The pictures that nothing refers to are half of what x264 and most cameras write. After an accurate seek the
//! segment begins at the moment itself, so that each packet tells whether its picture will ever be seen.

use gstreamer as gst;
use gstreamer::prelude::*;

/// H.264's slices of pictures that are no IDR (ITU-T H.264, table 7-1), partitioned ones included.
const SLICES: std::ops::RangeInclusive<u8> = 1..=4;

/// Lets a decoder of H.264 skip the pictures before the moment that was sought, as far as nothing refers to them.
pub(super) fn skip_unseen(decoder: &gst::Element) {
    let Some(pad) = decoder.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::BUFFER, |pad, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else { return gst::PadProbeReturn::Ok };
        if unseen(pad, buffer) && disposable(buffer, length_size(pad)) {
            // consumed here: what is only dropped, gstreamer-rs 0.25.4 frees twice
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// Whether a picture is gone before the segment begins, by a frame more than it says.
fn unseen(pad: &gst::Pad, buffer: &gst::Buffer) -> bool {
    let segment = pad.sticky_event::<gst::event::Segment>(0);
    let start = segment.as_ref().and_then(|e| e.segment().downcast_ref::<gst::ClockTime>()?.start());
    let (Some(start), Some(pts), Some(duration)) = (start, buffer.pts(), buffer.duration()) else { return false };
    duration > gst::ClockTime::ZERO && pts + duration * 2 < start
}

/// How many bytes tell the length of each unit (ISO 14496-15, 5.3.3.1), `None` for start codes.
fn length_size(pad: &gst::Pad) -> Option<usize> {
    let caps = pad.current_caps()?;
    let structure = caps.structure(0)?;
    if structure.get::<&str>("stream-format").ok()? == "byte-stream" {
        return None;
    }
    let record = structure.get::<gst::Buffer>("codec_data").ok()?;
    let map = record.map_readable().ok()?;
    map.get(4).map(|b| usize::from(b & 3) + 1)
}

fn disposable(buffer: &gst::Buffer, length_size: Option<usize>) -> bool {
    let Ok(map) = buffer.map_readable() else { return false };
    match length_size {
        Some(size) => all_disposable(units_by_length(&map, size)),
        None => all_disposable(units_by_start_code(&map)),
    }
}

/// Whether there are slices, and none is referred to (`nal_ref_idc` is 0; ITU-T H.264, 7.4.1). `units` are the first
/// bytes of units; `None` is one that can't be right.
fn all_disposable(units: impl Iterator<Item = Option<u8>>) -> bool {
    let mut slices = false;
    for unit in units {
        match unit.map(|header| (header & 0x1F, header >> 5 & 3)) {
            Some((kind, 0)) if SLICES.contains(&kind) => slices = true,
            // delimiters, messages and padding go with their picture
            Some((6 | 9 | 12, _)) => {}
            _ => return false,
        }
    }
    slices
}

fn units_by_length(bytes: &[u8], size: usize) -> impl Iterator<Item = Option<u8>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let unit = rest.split_at_checked(size).and_then(|(length, body)| {
            let length = length.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
            let header = *body.get(..length)?.first()?;
            Some((header, &body[length..]))
        });
        rest = unit.map_or(&[], |(_, after)| after);
        Some(unit.map(|(header, _)| header))
    })
}

fn units_by_start_code(bytes: &[u8]) -> impl Iterator<Item = Option<u8>> {
    bytes.windows(4).filter(|w| w[..3] == [0, 0, 1]).map(|w| Some(w[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nothing_refers_to_is_disposable() {
        let by_length = |bytes: &[u8]| all_disposable(units_by_length(bytes, 4));
        assert!(by_length(&[0, 0, 0, 2, 0x01, 7]), "a slice that nothing refers to");
        assert!(by_length(&[0, 0, 0, 1, 0x06, 0, 0, 0, 2, 0x01, 7]), "with a message before it");
        assert!(!by_length(&[0, 0, 0, 2, 0x21, 7]), "referred to");
        assert!(!by_length(&[0, 0, 0, 2, 0x01, 7, 0, 0, 0, 1, 0x41]), "its second slice is referred to");
        assert!(!by_length(&[0, 0, 0, 2, 0x65, 7]), "a key frame");
        assert!(!by_length(&[0, 0, 0, 2, 0x67, 7, 0, 0, 0, 1, 0x01]), "new parameters");
        assert!(!by_length(&[0, 0, 0, 1, 0x06]), "no picture at all");
        assert!(!by_length(&[0, 0, 0, 9, 0x01, 7]), "longer than the packet");
        assert!(!by_length(&[0, 0, 0, 0]) && !by_length(&[0, 0]) && !by_length(&[]));
        assert!(all_disposable(units_by_start_code(&[0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x01, 7])));
        assert!(!all_disposable(units_by_start_code(&[0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x41, 7])));
    }
}
