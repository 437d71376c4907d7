//! How long files are whose header does not tell, or can't be believed: their packets are counted.
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
use std::path::{Path, PathBuf};
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
    /// How many samples a FLAC header says that there are, and how many its largest block has.
    told: Option<(u64, u64)>,
    /// Where the last packet ends by its own stamp.
    end: gst::ClockTime,
    packets: u64,
}

/// A file that is read undecoded, while its packets are counted.
struct Counting {
    path: PathBuf,
    pipeline: gst::Pipeline,
    count: Arc<Mutex<Count>>,
}

impl Drop for Counting {
    fn drop(&mut self) {
        // nothing can be done about a pipeline that does not stop
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Counting {
    fn open(path: &Path) -> Result<Self, MediaError> {
        let missing = |e: gst::glib::BoolError| MediaError::Element(e.to_string());
        let pipeline = gst::Pipeline::new();
        let source = gst::ElementFactory::make("filesrc").property("location", path).build().map_err(missing)?;
        let parse = gst::ElementFactory::make("parsebin").build().map_err(missing)?;
        pipeline.add_many([&source, &parse]).map_err(missing)?;
        source.link(&parse).map_err(missing)?;
        let count = Arc::new(Mutex::new(Count::default()));
        let (weak, counted) = (pipeline.downgrade(), Arc::clone(&count));
        parse.connect_pad_added(move |_, pad| {
            let sink = gst::ElementFactory::make("fakesink").property("sync", false).property("async", false).build();
            let (Some(pipeline), Ok(sink)) = (weak.upgrade(), sink) else { return };
            let Some(target) = sink.static_pad("sink") else { return };
            let counted = Arc::clone(&counted);
            target.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
                if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
                    // the lock is only held to add; a probe that panicked left whole numbers
                    counted.lock().unwrap_or_else(PoisonError::into_inner).add(pad, buffer);
                }
                gst::PadProbeReturn::Ok
            });
            // a stream that can't be linked is not counted
            let _ = pipeline.add(&sink).and_then(|()| sink.sync_state_with_parent());
            let _ = pad.link(&target);
        });
        Ok(Self { path: path.to_owned(), pipeline, count })
    }

    fn count(&self) -> Count {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self, why: &str) -> MediaError {
        MediaError::Decode { path: self.path.clone(), why: why.to_owned() }
    }

    /// Begins again at the last key packets before `from`; whether the file can be sought.
    fn seek(&self, from: gst::ClockTime) -> bool {
        let Some(bus) = self.pipeline.bus().filter(|_| self.pipeline.set_state(gst::State::Paused).is_ok()) else {
            return false;
        };
        // what seeks is known when it gives a packet
        let (step, mut waited) = (gst::ClockTime::from_mseconds(10), gst::ClockTime::ZERO);
        while self.count().packets == 0 {
            let over = bus.timed_pop_filtered(step, &[gst::MessageType::Eos, gst::MessageType::Error]).is_some();
            waited += step;
            if over || waited > STALL_LIMIT {
                return false;
            }
        }
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE;
        let sought = self.pipeline.seek_simple(flags, from).is_ok();
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) = Count::default();
        sought
    }

    /// Reads to the end, or until a packet ends after `most`.
    fn run(&self, most: gst::ClockTime, cancel: &Cancel) -> Result<(), MediaError> {
        let broken = || self.broken("its packets can't be counted");
        self.pipeline.set_state(gst::State::Playing).map_err(|_| broken())?;
        let bus = self.pipeline.bus().ok_or_else(broken)?;
        let (step, mut waited, mut before) = (gst::ClockTime::from_mseconds(100), gst::ClockTime::ZERO, 0);
        while waited < STALL_LIMIT {
            match bus.timed_pop_filtered(step, &[gst::MessageType::Eos, gst::MessageType::Error]) {
                Some(message) if message.type_() == gst::MessageType::Eos => return Ok(()),
                // what was counted up to damage at the end is what there is
                Some(_) if self.count().packets > 0 => return Ok(()),
                Some(_) => return Err(broken()),
                None => {}
            }
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            let now = self.count();
            if now.end > most {
                return Ok(());
            }
            waited = if now.packets == before { waited + step } else { gst::ClockTime::ZERO };
            before = now.packets;
        }
        Err(self.broken("its packets can't be counted: it gives no more data"))
    }
}

impl Count {
    fn add(&mut self, pad: &gst::Pad, buffer: &gst::Buffer) {
        if self.rate == 0 {
            let caps = pad.current_caps();
            let rate = caps.as_ref().and_then(|c| c.structure(0)?.get::<i32>("rate").ok());
            self.rate = rate.and_then(|r| u32::try_from(r).ok()).unwrap_or(0);
            self.told = caps.as_deref().and_then(told_by_flac);
        }
        if let Some(duration) = buffer.duration() {
            let second = gst::ClockTime::SECOND.nseconds();
            let samples = duration.nseconds().mul_div_round(u64::from(self.rate), second);
            self.samples += samples.unwrap_or(0);
        }
        let over = buffer.pts().map(|pts| pts.saturating_add(buffer.duration().unwrap_or_default()));
        self.end = over.map_or(self.end, |over| self.end.max(over));
        self.packets += 1;
    }
}

/// The length of the sound of a file without a container, by reading it to its end, undecoded.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub(super) fn length(path: &Path, cancel: &Cancel) -> Result<SourceTime, MediaError> {
    let counting = Counting::open(path)?;
    counting.run(gst::ClockTime::MAX, cancel)?;
    let Count { mut samples, rate, mut end, told, .. } = counting.count();
    // `flacparse` (1.22) counts the last block as long as the others
    if let Some(told) = told.filter(|(told, block)| samples.checked_sub(*told).is_some_and(|more| more < *block)) {
        let more = gst::ClockTime::SECOND.mul_div_round(samples - told.0, u64::from(rate.max(1)));
        (samples, end) = (told.0, end.saturating_sub(more.unwrap_or_default()));
    }
    let end = source_time(end);
    let second = SourceTime::SECOND.0.unsigned_abs();
    let whole = samples.mul_div_round(second, u64::from(rate.max(1))).and_then(|t| i64::try_from(t).ok());
    // stamps in nanoseconds add up to a little less or more; where they tell of holes, they are right
    Ok(whole.map(SourceTime).filter(|whole| (*whole - end).0.abs() < SourceTime::SECOND.0 / 100).unwrap_or(end))
}

/// By how much a header may be off that says how long a file is: a picture may stay for a while after the last packet.
const SLACK: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// How long a film is whose header says `said`, by where its last packets are; `None` where they have no times. Where
/// they are not where the header says, all are read, undecoded.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub(super) fn believed(path: &Path, said: gst::ClockTime, cancel: &Cancel) -> Result<Option<SourceTime>, MediaError> {
    let counting = Counting::open(path)?;
    let most = said.saturating_add(SLACK);
    if said > gst::ClockTime::ZERO && counting.seek(said.saturating_sub(SLACK)) {
        counting.run(most, cancel)?;
        if (said.saturating_sub(SLACK)..=most).contains(&counting.count().end) {
            return Ok(Some(source_time(said)));
        }
    }
    drop(counting);
    let counting = Counting::open(path)?;
    counting.run(gst::ClockTime::MAX, cancel)?;
    let end = counting.count().end;
    Ok((end > gst::ClockTime::ZERO).then(|| source_time(end)))
}

fn source_time(time: gst::ClockTime) -> SourceTime {
    SourceTime::from_nanos(i64::try_from(time.nseconds()).unwrap_or(i64::MAX))
}

/// What the header of FLAC says (RFC 9639, 8.2): how many samples there are, if that is known, and in its largest block.
fn told_by_flac(caps: &gst::CapsRef) -> Option<(u64, u64)> {
    let headers = caps.structure(0)?.get::<gst::Array>("streamheader").ok()?;
    headers.iter().find_map(|header| {
        let map = header.get::<gst::Buffer>().ok()?.into_mapped_buffer_readable().ok()?;
        // behind what Ogg puts in front of it (RFC 9639, 10.1), a block of that kind, of 34 bytes
        let at = map.windows(4).position(|w| w == b"fLaC")? + 4;
        let info = map.get(at + 4..).filter(|_| matches!(map[at], 0 | 0x80))?;
        let block = u64::from(u16::from_be_bytes(info.get(2..4)?.try_into().ok()?));
        let told = u64::from_be_bytes(info.get(10..18)?.try_into().ok()?) & ((1 << 36) - 1);
        (told > 0).then_some((told, block))
    })
}
