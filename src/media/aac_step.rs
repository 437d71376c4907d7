//! Keeps decoded AAC and FLAC on their packets' times.
//!
//! `avdec_aac` (gst-libav 1.22) gives nothing for the first packet of some streams, such as 5.1 by ffmpeg, and the base
//! class keeps waiting for it: all sound then has the time of the packet before its own, until the next seek. AAC gives a
//! frame for each packet at once, so what comes out belongs to what went in last. So does FLAC, where `flacdec` waits for
//! what damage took from it: all sound after it came a block or more too early.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::{Arc, Mutex};

/// The times of the last two packets.
#[derive(Clone, Copy, Default)]
struct Step {
    before: Option<gst::ClockTime>,
    last: Option<gst::ClockTime>,
}

impl Step {
    /// By how much what comes out at `pts` is too early. A frame may be cut at its beginning.
    fn lag(self, pts: gst::ClockTime) -> Option<gst::ClockTime> {
        let (before, last) = (self.before?, self.last?);
        let step = last.checked_sub(before)?;
        if pts < before {
            return last.checked_sub(pts);
        }
        // half a frame, for times that are rounded
        (pts + step / 2 < last).then_some(step)
    }
}

/// Sets right what an `avdec_aac` or a `flacdec` puts out.
pub(super) fn keep(decoder: &gst::Element) {
    let (Some(sink), Some(src)) = (decoder.static_pad("sink"), decoder.static_pad("src")) else { return };
    let step = Arc::new(Mutex::new(Step::default()));
    let packets = Arc::clone(&step);
    sink.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_FLUSH, move |_, info| {
        // the lock is only held to copy times; a probe that panicked left them whole
        let mut step = packets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *step = match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => Step { before: step.last, last: buffer.pts() },
            _ => Step::default(),
        };
        gst::PadProbeReturn::Ok
    });
    src.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let times = *step.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
            && let Some(pts) = buffer.pts()
            && let Some(lag) = times.lag(pts)
        {
            buffer.make_mut().set_pts(pts + lag);
        }
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_a_packet_early_is_moved() {
        let ms = gst::ClockTime::from_mseconds;
        let step = Step { before: Some(ms(100)), last: Some(ms(121)) };
        assert_eq!(step.lag(ms(100)), Some(ms(21)), "the packet before");
        assert_eq!(step.lag(ms(105)), Some(ms(21)), "cut at its beginning");
        assert_eq!([121, 125, 120].map(|at| step.lag(ms(at))), [None; 3]);
        assert_eq!(step.lag(ms(79)), Some(ms(42)), "several packets gave nothing");
        assert_eq!(Step { before: None, ..step }.lag(ms(100)), None);
        assert_eq!(Step { before: Some(ms(130)), ..step }.lag(ms(125)), None, "times that go back");
    }
}
