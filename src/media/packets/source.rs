//! Gives the packets of one track to a decoder.

use super::index::Index;
use super::{Demuxer, Kind, opus};
use crate::media::encoding::clock_time;
use crate::media::error::MediaError;
use crate::model::SourceTime;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of packets that wait for the decoder; one packet may be larger.
const QUEUED: u64 = 1 << 20;

/// Where the decoder's clock stands at the beginning of the media: what a decoder needs before that is stamped too.
const LEAD: SourceTime = SourceTime::SECOND;

/// A source of one track's packets.
pub(crate) struct Feed {
    /// Where the packets come out.
    pub source: gst_app::AppSrc,
    index: Arc<Index>,
    track: usize,
}

impl Feed {
    /// Where the decoder's clock stands at the beginning of the media of a project that says by `told` where that is.
    pub fn start(&self, told: SourceTime) -> SourceTime {
        LEAD + self.index.beginning(told)
    }

    /// When the key picture is shown that decoding begins with to come to a moment, in nanoseconds of the decoder's clock.
    pub fn key_before(&self, time: i64) -> Option<i64> {
        let track = self.index.tracks.get(self.track)?;
        track.key_before(time.saturating_sub(LEAD.nanos())).map(|key| key.time.saturating_add(LEAD.nanos()))
    }
}

/// Reads one track on.
struct Reader {
    demuxer: Box<dyn Demuxer>,
    index: Arc<Index>,
    /// The track's number in the index, and in the demuxer.
    track: usize,
    number: usize,
    /// What lies before that position is passed over.
    from: u64,
    /// Whether packets may be shorter than what is in them, and their decoder can leave the rest out.
    clips: bool,
    /// Headers that go before all packets.
    headers: Vec<gst::Buffer>,
}

/// A source for the nth track of a kind; `None` where there is none.
pub(crate) fn feed(path: &Path, index: &Arc<Index>, kind: Kind, n: usize) -> Result<Option<Feed>, MediaError> {
    let Some((track, found)) = index.track(kind, n) else { return Ok(None) };
    let gone = || MediaError::Decode { path: path.to_owned(), why: "it changed while it was read".into() };
    let demuxer = super::demuxer(path).ok_or_else(gone)?;
    let caps: gst::Caps = found.caps.parse().map_err(|_| gone())?;
    let headers = headers(&caps);
    let key = found.keys.first().copied().ok_or_else(gone)?;
    // in Ogg, the last packet of a stream is cut to what was recorded
    let clips =
        caps.structure(0).is_some_and(|s| s.name() == "audio/x-opus") && index.container.as_deref() == Some("Ogg");
    let (number, from) = (found.number, key.position);
    let mut reader = Reader { demuxer, index: Arc::clone(index), track, number, from, clips, headers };
    reader.demuxer.go_to(key.place, found.stamp(key));
    let reader = Arc::new(Mutex::new(reader));
    let source = gst_app::AppSrc::builder()
        .caps(&caps)
        .format(gst::Format::Time)
        .stream_type(gst_app::AppStreamType::Seekable)
        .duration(clock_time(index.length().saturating_add(LEAD.nanos())).nseconds())
        .max_bytes(QUEUED)
        .build();
    let sought = Arc::clone(&reader);
    let lock = |reader: &Arc<Mutex<Reader>>, f: &mut dyn FnMut(&mut Reader)| {
        f(&mut reader.lock().unwrap_or_else(PoisonError::into_inner));
    };
    let callbacks = gst_app::AppSrcCallbacks::builder()
        .need_data(move |source, _| lock(&reader, &mut |reader| reader.push(source)))
        .seek_data(move |_, time| {
            lock(&sought, &mut |reader| reader.seek(i64::try_from(time).unwrap_or(i64::MAX) - LEAD.nanos()));
            true
        });
    source.set_callbacks(callbacks.build());
    Ok(Some(Feed { source, index: Arc::clone(index), track }))
}

/// The packets of headers that caps carry and decoders want to see first.
fn headers(caps: &gst::Caps) -> Vec<gst::Buffer> {
    let headers = caps.structure(0).and_then(|s| s.get::<gst::Array>("streamheader").ok());
    headers.map(|h| h.iter().filter_map(|v| v.get::<gst::Buffer>().ok()).collect()).unwrap_or_default()
}

/// How many samples of a packet of Opus are not to be heard that lasts so many nanoseconds.
fn too_much(packet: &[u8], lasts: i64) -> gst::format::Default {
    let samples = opus::samples(packet) - (lasts.saturating_mul(48) + 500_000) / 1_000_000;
    gst::format::Default::from_u64(u64::try_from(samples).unwrap_or(0))
}

impl Reader {
    fn seek(&mut self, time: i64) {
        let Some(track) = self.index.tracks.get(self.track) else { return };
        let Some(key) = track.key_before(time) else { return };
        self.from = key.position;
        self.demuxer.go_to(key.place, track.stamp(key));
    }

    /// Gives the next packet, or says that there is none.
    fn push(&mut self, source: &gst_app::AppSrc) {
        // a pipeline that is being stopped or sought in takes nothing; it asks anew
        for header in self.headers.drain(..) {
            if source.push_buffer(header).is_err() {
                return;
            }
        }
        let next = self.next();
        if let (None, Some(failure)) = (&next, self.demuxer.bytes().failure()) {
            gst::element_error!(source, gst::ResourceError::Read, ("it can't be read on: {failure}"));
        }
        // the same
        let _ = match next {
            Some(buffer) => source.push_buffer(buffer),
            None => source.end_of_stream(),
        };
    }

    fn next(&mut self) -> Option<gst::Buffer> {
        let index = Arc::clone(&self.index);
        let track = index.tracks.get(self.track)?;
        loop {
            let packet = self.demuxer.next()?;
            if packet.track != self.number || packet.position < self.from {
                continue;
            }
            let lead = LEAD.nanos();
            let time = track.time(packet.position, packet.pts).saturating_add(lead);
            let (lasts, key) = (packet.duration, packet.key);
            let Some(bytes) = self.demuxer.content(packet) else { continue };
            let clipped =
                lasts.filter(|_| self.clips).map_or(gst::format::Default::ZERO, |lasts| too_much(&bytes, lasts));
            let mut buffer = gst::Buffer::from_mut_slice(bytes);
            if let Some(buffer) = buffer.get_mut() {
                // when it is decoded is not said: where a muxer cut that off at 0 (flvmux), decoders lost a picture
                buffer.set_pts(clock_time(time));
                buffer.set_duration(lasts.map(clock_time));
                if !key {
                    buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
                }
                if clipped > gst::format::Default::ZERO {
                    gst_audio::AudioClippingMeta::add(buffer, gst::format::Default::ZERO, clipped);
                }
            }
            return Some(buffer);
        }
    }
}
