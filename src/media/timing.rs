//! What the times of a file's pictures say: its rate, whether that is constant, and when the first one appears.

use super::packets::Track;
use super::probe::PROBE_TIME_LIMIT;
use super::waiting::Waiting;
use crate::model::{FrameRate, SourceTime};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How many pictures' times are looked at to tell the rate.
const TIMES: usize = 1200;

/// What the times of the first pictures say.
pub(super) struct Timing {
    pub count: usize,
    pub rate: Option<FrameRate>,
    pub variable: bool,
    /// What the stream itself says of its colours.
    pub colorimetry: Option<String>,
    /// The time of the first picture as it is stored; where the rate is constant, as the times of all have it.
    pub first: SourceTime,
    /// The time of the first sound as it is stored.
    pub sound: Option<SourceTime>,
    /// Whether times are rounded to whole milliseconds.
    pub rounded: bool,
    /// The time at which the last picture is over as it is stored, where the whole file was read.
    pub end: Option<SourceTime>,
}

impl Timing {
    /// What the first pictures' times say in the index of a file that can't be trusted.
    pub fn of_index(track: &Track, colorimetry: Option<String>) -> Self {
        Self { colorimetry, ..rate_of(track.times.clone()) }
    }

    /// When the picture that was found to be shown first, at `shown`, appears after `start`. At a constant rate it is put
    /// where all others say that it is; and where times are rounded, what is nearly a whole number of periods is that.
    pub fn first_after(&self, start: SourceTime, shown: SourceTime) -> SourceTime {
        let Some(rate) = self.rate.filter(|_| !self.variable) else { return shown - start };
        let exact = self.first + rate.time_of(rate.frame_nearest(shown - self.first));
        let first = if (exact - shown).0.abs() <= ROUNDING { exact - start } else { shown - start };
        let whole = rate.time_of(rate.frame_nearest(first));
        if self.rounded && (whole - first).0.abs() <= ROUNDING / 2 { whole } else { first }
    }
}

/// By how much times differ that are rounded to milliseconds, in flicks, and a little.
const ROUNDING: i64 = SourceTime::SECOND.0 / 900;

/// Reads the times of the first pictures without decoding them.
pub(super) fn timing(path: &Path) -> Option<Timing> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc").property("location", path).build().ok()?;
    let parse = gst::ElementFactory::make("parsebin").build().ok()?;
    let sink = gst_app::AppSink::builder().sync(false).max_buffers(64).enable_last_sample(false).build();
    super::mp4_tracks::show_tracks(&source, path);
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).ok()?;
    source.link(&parse).ok()?;
    let (weak, target) = (pipeline.downgrade(), sink.downgrade());
    let sound = Arc::new(AtomicI64::new(i64::MAX));
    let heard = Arc::clone(&sound);
    parse.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(sink)) = (weak.upgrade(), target.upgrade()) else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let picture =
            caps.structure(0).is_some_and(|s| s.name().starts_with("video/") || s.name().starts_with("image/"));
        if caps.structure(0).is_some_and(|s| s.name().starts_with("audio/")) {
            note_first(pad, &heard);
        }
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
    let mut waiting = Waiting::begin();
    if pipeline.set_state(gst::State::Playing).is_ok() {
        while times.len() < TIMES && waiting.passed() < PROBE_TIME_LIMIT {
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
            if buffer.flags().contains(gst::BufferFlags::HEADER) && buffer.duration().is_none() {
                continue;
            }
            times.extend(buffer.pts().or(buffer.dts()).and_then(|t| i64::try_from(t.nseconds()).ok()));
        }
    }
    let whole = sink.is_eos();
    // nothing can be done about a pipeline that does not stop
    let _ = pipeline.set_state(gst::State::Null);
    let sound = Some(sound.load(Ordering::SeqCst)).filter(|t| *t < i64::MAX).map(SourceTime::from_nanos);
    let found = rate_of(times);
    let end = found.end.filter(|_| whole);
    Some(Timing { colorimetry, sound, end, ..found })
}

/// Keeps the earliest of the times that streams begin with.
fn note_first(pad: &gst::Pad, first: &Arc<AtomicI64>) {
    let first = Arc::clone(first);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else { return gst::PadProbeReturn::Ok };
        let nanos = buffer.pts().and_then(|t| i64::try_from(t.nseconds()).ok());
        let Some(nanos) = nanos else { return gst::PadProbeReturn::Ok };
        first.fetch_min(nanos, Ordering::SeqCst);
        gst::PadProbeReturn::Remove
    });
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
    let shown = times.first().copied().unwrap_or(0);
    let timing = Timing {
        count: times.len(),
        rate: None,
        variable: false,
        colorimetry: None,
        first: SourceTime::from_nanos(shown),
        sound: None,
        end: None,
        rounded: times.iter().all(|t| t % 1_000_000 == 0),
    };
    let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    gaps.sort_unstable();
    let Some(middle) = gaps.get(gaps.len() / 2).copied().filter(|g| *g > 0) else { return timing };
    // containers that keep milliseconds make gaps of 33 and 34
    let slack = (middle / 10).max(1_000_001);
    let even: Vec<i64> = gaps.iter().copied().filter(|g| (g - middle).abs() <= slack).collect();
    let variable = (gaps.len() - even.len()) * 20 > gaps.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate is snapped to a usual one")]
    let fps = if variable { 1e9 / middle as f64 } else { even.len() as f64 * 1e9 / even.iter().sum::<i64>() as f64 };
    let rate = FrameRate::snap(fps);
    let fitted = rate.filter(|_| !variable).map(|rate| fit(&times, shown, rate));
    let first = fitted.unwrap_or(timing.first);
    let end = times.last().map(|last| SourceTime::from_nanos(last + middle));
    Timing { rate, variable, first, end, ..timing }
}

/// Where pictures at a constant rate begin, given when one of them appears: the place from which all are off by the
/// least, since that is what rounding leaves, or where some are far off (after a pause), from which most are.
fn fit(times: &[i64], shown: i64, rate: FrameRate) -> SourceTime {
    let shown = SourceTime::from_nanos(shown);
    let off = |time: &i64| {
        let since = SourceTime::from_nanos(*time) - shown;
        (since - rate.time_of(rate.frame_nearest(since))).0
    };
    let mut off: Vec<i64> = times.iter().map(off).collect();
    off.sort_unstable();
    let [Some(least), Some(most), Some(median)] = [off.first(), off.last(), off.get(off.len() / 2)] else {
        return shown;
    };
    shown + SourceTime(if most - least <= ROUNDING { least.midpoint(*most) } else { *median })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Frame;

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

    /// Pictures that begin at any millisecond, in containers that round to milliseconds in several ways, and in exact ones.
    #[test]
    fn the_first_picture_is_found_through_rounding() {
        let rates = [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];
        for (num, den) in rates {
            let rate = FrameRate::new(num, den).unwrap();
            for offset in 0..=80 {
                let first = SourceTime(SourceTime::SECOND.0 / 1000 * offset);
                let exact: Vec<i64> = (0..300).map(|n| (first + rate.time_of(Frame(n))).nanos()).collect();
                let timing = rate_of(exact.clone());
                assert_eq!((timing.rate, timing.variable), (Some(rate), false));
                let off = timing.first - first;
                assert!(off.0.abs() <= 2, "{offset} ms at {rate}: {} flicks off", off.0);
                let nearest = exact.iter().map(|t| (t + 500_000) / 1_000_000 * 1_000_000).collect();
                let timing = rate_of(nearest);
                assert_eq!((timing.rate, timing.rounded), (Some(rate), true));
                let off = (timing.first - first).seconds();
                assert!(off.abs() < 0.000_05, "{offset} ms at {rate}, rounded: {off} s off");
                let whole = exact.iter().map(|t| t / 1_000_000 * 1_000_000).collect();
                let off = (rate_of(whole).first - first).seconds();
                assert!(off.abs() < 0.000_6, "{offset} ms at {rate}, cut off: {off} s off");
            }
            // two periods late, as after two B-frames
            let late = (2..200).map(|n| rate.time_of(Frame(n)).nanos() / 1_000_000 * 1_000_000).collect();
            let timing = rate_of(late);
            let first = timing.first_after(SourceTime::ZERO, timing.first);
            assert_eq!(first, rate.time_of(Frame(2)), "{rate}");
        }
    }
}
