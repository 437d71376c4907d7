//! What the times of a file's pictures say: its rate, whether that is constant, and when the first one appears.

use super::probe::PROBE_TIME_LIMIT;
use crate::model::{FrameRate, SourceTime};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::time::Instant;

/// How many pictures' times are looked at to tell the rate.
const TIMES: usize = 1200;

/// What the times of the first pictures say.
pub(super) struct Timing {
    pub count: usize,
    pub rate: Option<FrameRate>,
    pub variable: bool,
    /// What the stream itself says of its colours.
    pub colorimetry: Option<String>,
    /// When the first picture appears, by the container.
    pub first: SourceTime,
}

/// Reads the times of the first pictures without decoding them.
pub(super) fn timing(path: &Path) -> Option<Timing> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc").property("location", path).build().ok()?;
    let parse = gst::ElementFactory::make("parsebin").build().ok()?;
    let sink = gst_app::AppSink::builder().sync(false).max_buffers(64).enable_last_sample(false).build();
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).ok()?;
    source.link(&parse).ok()?;
    let (weak, target) = (pipeline.downgrade(), sink.downgrade());
    parse.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(sink)) = (weak.upgrade(), target.upgrade()) else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let picture =
            caps.structure(0).is_some_and(|s| s.name().starts_with("video/") || s.name().starts_with("image/"));
        let free = sink.static_pad("sink").filter(|p| picture && !p.is_linked());
        let target = free.or_else(|| {
            let drop =
                gst::ElementFactory::make("fakesink").property("sync", false).property("async", false).build().ok()?;
            pipeline.add(&drop).ok()?;
            drop.sync_state_with_parent().ok()?;
            drop.static_pad("sink")
        });
        if let Some(target) = target {
            // a stream that stays unlinked is dropped by the demuxer
            let _ = pad.link(&target);
        }
    });
    forget_container_colours(&parse);
    let mut times = Vec::new();
    let mut colorimetry = None;
    let mut first = SourceTime::ZERO;
    let begun = Instant::now();
    if pipeline.set_state(gst::State::Playing).is_ok() {
        while times.len() < TIMES && begun.elapsed() < PROBE_TIME_LIMIT {
            let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(500)) else {
                let failed = pipeline.bus().and_then(|b| b.pop_filtered(&[gst::MessageType::Error])).is_some();
                if failed || sink.is_eos() {
                    break;
                }
                continue;
            };
            if colorimetry.is_none() {
                let structure = sample.caps().and_then(|c| c.structure(0));
                colorimetry = structure.and_then(|s| s.get::<String>("colorimetry").ok());
            }
            let Some(buffer) = sample.buffer() else { continue };
            if times.is_empty() {
                // an edit list that begins empty is in the segment only
                let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>());
                let shown = segment.zip(buffer.pts()).and_then(|(s, pts)| s.to_stream_time(pts));
                first = shown.and_then(|t| i64::try_from(t.nseconds()).ok()).map_or(first, SourceTime::from_nanos);
            }
            if buffer.flags().contains(gst::BufferFlags::HEADER) && buffer.duration().is_none() {
                continue;
            }
            times.extend(buffer.dts_or_pts().map(|_| buffer.pts().or(buffer.dts())).into_iter().flatten());
        }
    }
    // nothing can be done about a pipeline that does not stop
    let _ = pipeline.set_state(gst::State::Null);
    let nanos: Vec<i64> = times.iter().filter_map(|t| i64::try_from(t.nseconds()).ok()).collect();
    Some(Timing { colorimetry, first, ..rate_of(nanos) })
}

/// Parsers pass on what the container says of colours, and `qtdemux` (1.22) loses the full range there: without that,
/// they say what is in the stream itself.
fn forget_container_colours(parse: &gst::Element) {
    let Some(bin) = parse.downcast_ref::<gst::Bin>() else { return };
    bin.connect_deep_element_added(|_, _, element| {
        let parser = element.factory().is_some_and(|f| f.klass().contains("Parser"));
        let Some(sink) = element.static_pad("sink").filter(|_| parser) else { return };
        sink.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
            if let Some(gst::PadProbeData::Event(event)) = &mut info.data
                && let gst::EventView::Caps(caps) = event.view()
                && caps.caps().structure(0).is_some_and(|s| s.has_field("colorimetry"))
            {
                let mut caps = caps.caps_owned();
                for structure in caps.make_mut().iter_mut() {
                    structure.remove_field("colorimetry");
                }
                *event = gst::event::Caps::new(&caps);
            }
            gst::PadProbeReturn::Ok
        });
    });
}

/// Tells a constant rate from a variable one: it varies when over 5 % of the gaps differ by more than a
/// tenth from the middle one.
pub(super) fn rate_of(mut times: Vec<i64>) -> Timing {
    times.sort_unstable();
    times.dedup();
    let count = times.len();
    let first = SourceTime::ZERO;
    let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    gaps.sort_unstable();
    let Some(middle) = gaps.get(gaps.len() / 2).copied().filter(|g| *g > 0) else {
        return Timing { count, rate: None, variable: false, colorimetry: None, first };
    };
    // containers that keep milliseconds make gaps of 33 and 34
    let slack = (middle / 10).max(1_000_001);
    let even: Vec<i64> = gaps.iter().copied().filter(|g| (g - middle).abs() <= slack).collect();
    let variable = (gaps.len() - even.len()) * 20 > gaps.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate is snapped to a usual one")]
    let fps = if variable { 1e9 / middle as f64 } else { even.len() as f64 * 1e9 / even.iter().sum::<i64>() as f64 };
    Timing { count, rate: FrameRate::snap(fps), variable, colorimetry: None, first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_constant_from_variable_rates() {
        let milliseconds: Vec<i64> = (0..100).map(|n| (n * 1001 * 1000 / 30000) * 1_000_000).collect();
        let timing = rate_of(milliseconds);
        assert_eq!((timing.rate, timing.variable), (Some(FrameRate::F29_97), false));
        let alternating: Vec<i64> = (0..100).map(|n| (n / 2 * 120 + n % 2 * 40) * 1_000_000).collect();
        assert!(rate_of(alternating).variable);
        assert!(rate_of(vec![]).rate.is_none());
        assert!(rate_of(vec![5, 5, 5]).rate.is_none());
    }

    #[test]
    fn one_hole_does_not_make_a_rate_variable() {
        let times: Vec<i64> = (0..200).filter(|n| !(50..80).contains(n)).map(|n| n * 40_000_000).collect();
        let timing = rate_of(times);
        assert_eq!((timing.rate, timing.variable), (Some(FrameRate::F25), false));
    }
}
