//! Mixed sound as GStreamer takes it: for the encoder and for the preview's device alike.

use crate::media::clock_time;
use crate::model::time::mul_div_round;
use gstreamer as gst;

/// Interleaved stereo floats at `rate` samples a second.
pub(crate) fn caps(rate: u32) -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("channels", 2)
        .field("channel-mask", gst::Bitmask::new(3))
        .field("rate", i32::try_from(rate).unwrap_or(48_000))
        .build()
}

/// A buffer of samples, of which the first is the `first`th of the stream.
pub(crate) fn buffer(samples: &[[f32; 2]], first: i64, rate: u32) -> gst::Buffer {
    let bytes: Vec<u8> = samples.iter().flatten().flat_map(|s| s.to_le_bytes()).collect();
    let time = |sample: i64| clock_time(mul_div_round(sample, 1_000_000_000, i64::from(rate)));
    let end = first + i64::try_from(samples.len()).unwrap_or(0);
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(time(first));
        buffer.set_duration(time(end).saturating_sub(time(first)));
    }
    buffer
}
