//! Pipelines that decode one stream of one file into an appsink, and the waits on them.

use super::damage::Damage;
use super::edit_list::{Edit, EditList};
use super::error::MediaError;
use super::open_gops::Sought;
use super::packets::{self, Feed, Kind};
use super::plugins;
use super::waiting::Waiting;
use crate::model::{Generator, SourceTime};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A file that gives nothing for so long is given up.
pub(super) const STALL_LIMIT: Duration = Duration::from_secs(20);

/// A file in which no stream was found for so long is opened anew; together [`STALL_LIMIT`].
const TRIES: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(5), Duration::from_secs(12)];

/// How long is waited at a time: so soon it is noticed that nobody waits any more.
const WAIT: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Packets that wait for a decoder.
const QUEUED_PACKETS: u32 = 8;

/// Bytes of packets that wait for a decoder.
const QUEUED_BYTES: u32 = 2 << 20;

/// A switch that stops long work from another thread.
#[derive(Clone, Default, Debug)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop soon.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets files that are opened on this thread from now on be given up by it: opening may wait long for the first data.
    pub fn watch_on_this_thread(&self) {
        WATCHED.with(|watched| watched.replace(self.clone()));
    }
}

thread_local! {
    /// What gives up what is opened on this thread.
    static WATCHED: RefCell<Cancel> = RefCell::default();
}

fn is_given_up() -> bool {
    WATCHED.with(|watched| watched.borrow().is_cancelled())
}

/// Which stream of a file is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// The nth picture stream, from 0.
    Video(u32),
    /// The nth audio stream, from 0.
    Audio(u32),
    /// The nth picture stream, from 0, if it is H.264, as it is: not decoded.
    Packets(u32),
}

/// Where pictures come from.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// A file, and the size in which its picture will be used, should it have none of its own.
    File(&'a Path, Option<(u32, u32)>),
    /// What is made up, in this size.
    Generated(&'a Generator, (u32, u32)),
}

impl Input<'_> {
    fn path(&self) -> &Path {
        match self {
            Self::File(path, _) => path,
            Self::Generated(..) => Path::new(""),
        }
    }
}

impl Which {
    pub fn is_video(self) -> bool {
        matches!(self, Self::Video(_) | Self::Packets(_))
    }

    /// Whether a demuxer's stream of that type is not worth decoding.
    fn ignores(self, name: &str) -> bool {
        let picture = name.starts_with("video/") || name.starts_with("image/");
        let other = if self.is_video() { name.starts_with("audio/") } else { picture };
        other || name.starts_with("text/") || name.starts_with("subpicture/")
    }

    fn matches(self, pad: &gst::Pad) -> bool {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let name = match self {
            Self::Video(_) => "video/x-raw",
            Self::Audio(_) => "audio/x-raw",
            Self::Packets(_) => "video/x-h264",
        };
        caps.structure(0).is_some_and(|s| s.name() == name)
    }

    fn index(self) -> usize {
        match self {
            Self::Video(n) | Self::Audio(n) | Self::Packets(n) => n as usize,
        }
    }
}

/// A pipeline that ends in an appsink. Stopped when dropped.
pub(super) struct Decoding {
    pub path: PathBuf,
    sink: gst_app::AppSink,
    pipeline: gst::Pipeline,
    /// Whether its first buffer has come.
    opened: Arc<AtomicBool>,
    /// Where the file's own clock stands at the beginning of the media: media time 0.
    start: SourceTime,
    /// What of a sound track is heard when, where its demuxer doesn't know.
    edits: EditList,
    /// By how much the demuxer's clock is ahead of the file's: that of the edit that is read.
    shift: SourceTime,
    /// What gives the packets, where the file is not left to GStreamer's demuxer.
    feed: Option<Feed>,
    sought: Sought,
    damage: Damage,
}

impl Drop for Decoding {
    fn drop(&mut self) {
        // a pipeline that can't be stopped can't be freed either; there is nothing else to try
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Decoding {
    /// `filesrc ! decodebin ! tail ! appsink`, brought to its first buffer. `tail` is a launch description;
    /// the appsink takes at most `ahead` buffers ahead.
    pub fn open(
        path: &Path,
        start: SourceTime,
        which: Which,
        tail: &str,
        ahead: u32,
        threads: u32,
    ) -> Result<Self, MediaError> {
        Self::open_input(Input::File(path, None), start, which, tail, ahead, threads)
    }

    /// The same for pictures that may be made up.
    pub fn open_input(
        input: Input<'_>,
        start: SourceTime,
        which: Which,
        tail: &str,
        ahead: u32,
        threads: u32,
    ) -> Result<Self, MediaError> {
        super::init()?;
        let path = input.path();
        if let Input::File(path, _) = input {
            super::admit(path)?;
        }
        // an error that a demuxer reports while decodebin is still adding it is swallowed, and nothing more
        // comes (one opening in 25 of truncated MP4s, GStreamer 1.22): a new pipeline tells. Where streams were
        // found, the file is only slow.
        for (n, limit) in TRIES.iter().enumerate() {
            let (decoding, exposed) = Self::build(input, start, which, tail, ahead, threads)?;
            decoding.pause()?;
            let rest: Duration = TRIES[n + 1..].iter().sum();
            let slow = || exposed.load(Ordering::SeqCst);
            if decoding.prerolls_within(*limit)? || (slow() && decoding.prerolls_within(rest)?) {
                decoding.opened.store(true, Ordering::SeqCst);
                decoding.play()?;
                return Ok(decoding);
            }
            if slow() {
                break;
            }
        }
        Err(MediaError::Stalled { path: path.to_owned(), seconds: STALL_LIMIT.as_secs() })
    }

    /// The pipeline, not yet started, and whether a stream was found in it.
    fn build(
        input: Input<'_>,
        start: SourceTime,
        which: Which,
        tail: &str,
        ahead: u32,
        threads: u32,
    ) -> Result<(Self, Arc<AtomicBool>), MediaError> {
        let missing = |e: gst::glib::BoolError| MediaError::Element(e.to_string());
        let pipeline = gst::Pipeline::new();
        let opened = Arc::new(AtomicBool::new(false));
        keep_few_messages(&pipeline, &opened);
        let tail = gst::parse::bin_from_description(tail, true).map_err(|e| MediaError::Element(e.to_string()))?;
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(ahead).enable_last_sample(false).build();
        pipeline.add_many([tail.upcast_ref::<gst::Element>(), sink.upcast_ref()]).map_err(missing)?;
        tail.link(&sink).map_err(missing)?;
        let exposed = Arc::new(AtomicBool::new(false));
        let path = input.path();
        let (mut edits, mut shift) = (EditList::default(), SourceTime::ZERO);
        let mut feed = None;
        let (sought, damage) = (Sought::default(), Damage::default());
        if let Input::Generated(generator, size) = input {
            exposed.store(true, Ordering::SeqCst);
            let source = super::generated::source(generator, size)?;
            pipeline.add(&source).map_err(missing)?;
            source.link(&tail).map_err(missing)?;
        } else if let Some(source) = own_source(input)? {
            exposed.store(true, Ordering::SeqCst);
            pipeline.add(&source).map_err(missing)?;
            source.link(&tail).map_err(missing)?;
        } else {
            feed = own_packets(path, which)?;
            let source = if let Some(feed) = &feed {
                feed.source.clone().upcast()
            } else {
                let source =
                    gst::ElementFactory::make("filesrc").property("location", path).build().map_err(missing)?;
                (edits, shift) = super::mp4_tracks::hide_others(&source, path, which);
                source
            };
            // what decodebin chooses by itself is up to five seconds of sound and 2 MB of each stream; what is not wanted is
            // dropped, so that little is enough
            let decode = gst::ElementFactory::make("decodebin")
                .property("max-size-buffers", QUEUED_PACKETS)
                .property("max-size-bytes", QUEUED_BYTES)
                .property("max-size-time", gst::ClockTime::from_seconds(5).nseconds())
                .build()
                .map_err(missing)?;
            pipeline.add_many([&source, &decode]).map_err(missing)?;
            source.link(&decode).map_err(missing)?;
            configure_decoders(&decode, threads, &sought, &damage);
            ignore_others(&decode, which);
            route_streams(&decode, &tail, which);
            let flag = Arc::clone(&exposed);
            decode.connect_pad_added(move |_, _| flag.store(true, Ordering::SeqCst));
        }
        // our own packets have stamps of their own; a project may have been saved by a version that left the file to GStreamer
        let start = feed.as_ref().map_or(start, |feed| feed.start(start));
        Ok((Self { path: path.to_owned(), sink, pipeline, opened, start, edits, shift, feed, sought, damage }, exposed))
    }

    fn pause(&self) -> Result<(), MediaError> {
        match self.pipeline.set_state(gst::State::Paused) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.error().unwrap_or_else(|| self.decode_error("can't be decoded"))),
        }
    }

    /// Waits until the first buffer lies in the sink, or the stream has ended without one; whether that
    /// happened in time.
    fn prerolls_within(&self, limit: Duration) -> Result<bool, MediaError> {
        let kinds = [gst::MessageType::AsyncDone, gst::MessageType::Error, gst::MessageType::Eos];
        let mut waiting = Waiting::begin();
        while waiting.passed() < limit {
            if is_given_up() {
                return Err(MediaError::Cancelled);
            }
            match self.bus().timed_pop_filtered(WAIT, &kinds) {
                None => {}
                Some(message) if message.type_() == gst::MessageType::Error => return Err(self.explain(&message)),
                Some(_) => return Ok(true),
            }
        }
        Ok(false)
    }

    fn play(&self) -> Result<(), MediaError> {
        match self.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.error().unwrap_or_else(|| self.decode_error("can't be decoded"))),
        }
    }

    /// The next buffer; `None` at the end of the stream.
    pub fn pull(&self, cancel: &Cancel) -> Result<Option<gst::Sample>, MediaError> {
        let step = Duration::from_millis(100);
        let mut waited = Duration::ZERO;
        loop {
            let step_time = gst::ClockTime::from_mseconds(100);
            if let Some(sample) = self.sink.try_pull_sample(step_time) {
                return Ok(Some(sample));
            }
            // what can't be read on is ended too, after the error is told
            let ended = self.sink.is_eos();
            if let Some(error) = self.error() {
                return Err(error);
            }
            if ended {
                return Ok(None);
            }
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            waited += step;
            if waited >= STALL_LIMIT {
                return Err(MediaError::Stalled { path: self.path.clone(), seconds: STALL_LIMIT.as_secs() });
            }
        }
    }

    /// Seeks; `false` where the file can't be sought in.
    pub fn seek(&self, to: SourceTime, flags: gst::SeekFlags) -> bool {
        let nanos = (to + self.start + self.shift).nanos();
        // what is before the moment that is sought, a decoder drops: a key frame is sought by its own
        let key = self.feed.as_ref().filter(|_| flags.contains(gst::SeekFlags::KEY_UNIT));
        let nanos = key.and_then(|feed| feed.key_before(nanos)).unwrap_or(nanos);
        let nanos = u64::try_from(nanos).unwrap_or(0);
        self.sought.set(nanos);
        self.pipeline.seek_simple(gst::SeekFlags::FLUSH | flags, gst::ClockTime::from_nseconds(nanos)).is_ok()
    }

    /// Whether decoding began, after the last seek, with a picture that is shown after what was sought and gives that damaged.
    pub fn began_late(&self) -> bool {
        self.sought.is_late()
    }

    /// The first packet up to a moment of media time that could not be decoded whole, since the last seek or since this was
    /// asked: when it appears, and what the decoder says of it.
    pub fn damage_until(&self, time: SourceTime) -> Option<(SourceTime, String)> {
        let damaged = self.damage.take_until((time + self.start + self.shift).nanos())?;
        Some((SourceTime::from_nanos(damaged.nanos) - self.start - self.shift, damaged.why))
    }

    /// When a sample appears, in media time. Buffers' own times are not that where there are edit lists or
    /// B-frames: only the segment tells.
    pub fn time_of(&self, sample: &gst::Sample) -> Option<SourceTime> {
        let pts = sample.buffer()?.pts()?;
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let signed = segment.to_stream_time_full(pts)?;
        let nanos = i64::try_from(signed.abs().nseconds()).ok()?;
        Some(SourceTime::from_nanos(if signed.is_negative() { -nanos } else { nanos }) - self.start - self.shift)
    }

    /// What a reader must put together itself, in media time: the part that is heard at a moment, or next after it. `None`
    /// after all parts.
    pub fn edit_from(&self, time: SourceTime) -> Option<Edit> {
        let edit = self.edits.from(time + self.start)?;
        Some(Edit { at: edit.at - self.start, end: edit.end.map(|end| end - self.start), ..edit })
    }

    /// Whether a reader must put parts together itself.
    pub fn is_edited(&self) -> bool {
        !self.edits.0.is_empty()
    }

    /// Whether the clock is still that of the part that is heard first, as it is after opening.
    pub fn reads_first_edit(&self) -> bool {
        self.shift == self.edits.shift()
    }

    /// When what is decoded is heard first, however early it begins, in media time.
    pub fn heard_from(&self) -> Option<SourceTime> {
        self.edits.first().map(|first| first - self.start)
    }

    /// Takes the demuxer's clock to be so far ahead of the file's; whether that is new.
    pub fn set_shift(&mut self, shift: SourceTime) -> bool {
        std::mem::replace(&mut self.shift, shift) != shift
    }

    /// The earliest moment that can be sought, in media time.
    pub fn earliest(&self) -> SourceTime {
        if self.is_edited() { SourceTime::ZERO - self.start - self.shift } else { SourceTime::ZERO }
    }

    /// An error that the pipeline reported, if any.
    pub fn error(&self) -> Option<MediaError> {
        self.bus().pop_filtered(&[gst::MessageType::Error]).map(|message| self.explain(&message))
    }

    fn bus(&self) -> gst::Bus {
        // a pipeline always has a bus; an empty one never delivers and the time limits apply
        self.pipeline.bus().unwrap_or_default()
    }

    pub fn decode_error(&self, why: &str) -> MediaError {
        MediaError::Decode { path: self.path.clone(), why: why.to_owned() }
    }

    fn explain(&self, message: &gst::Message) -> MediaError {
        let gst::MessageView::Error(error) = message.view() else { return self.decode_error("unknown error") };
        // the missing-plugin message comes before the error that it causes
        while let Some(message) = self.bus().pop_filtered(&[gst::MessageType::Element]) {
            if let Ok(missing) = gstreamer_pbutils::MissingPluginMessage::parse(&message) {
                return MediaError::MissingPlugin {
                    path: self.path.clone(),
                    what: missing.description().to_string(),
                    package: plugins::package_for_decoders().to_owned(),
                };
            }
        }
        let said = error.debug().unwrap_or_default();
        let error = error.error();
        if error.matches(gst::ResourceError::Read)
            && let Some((_, why)) = said.split_once("system error: ")
        {
            return self.decode_error(&format!("it can't be read on: {}", why.trim()));
        }
        if error.matches(gst::StreamError::TypeNotFound) || error.matches(gst::StreamError::WrongType) {
            return MediaError::NotMedia { path: self.path.clone(), why: error.message().to_owned() };
        }
        self.decode_error(error.message().trim_end_matches('.'))
    }
}

/// The packets of a file whose own tables can't be trusted.
fn own_packets(path: &Path, which: Which) -> Result<Option<Feed>, MediaError> {
    let Some(index) = packets::index_of(path) else { return Ok(None) };
    let kind = if which.is_video() { Kind::Picture } else { Kind::Sound };
    packets::feed(path, &index, kind, which.index())
}

/// Lets through only the messages that somebody waits for: nobody takes the others, of which each seek brings some (3,000
/// cuts took 15 MB of them).
fn keep_few_messages(pipeline: &gst::Pipeline, opened: &Arc<AtomicBool>) {
    let Some(bus) = pipeline.bus() else { return };
    let opened = Arc::clone(opened);
    bus.set_sync_handler(move |_, message| {
        let keep = match message.type_() {
            gst::MessageType::Error => true,
            gst::MessageType::AsyncDone | gst::MessageType::Eos => !opened.load(Ordering::SeqCst),
            gst::MessageType::Element => gstreamer_pbutils::MissingPluginMessage::is(message),
            _ => false,
        };
        if keep { gst::BusSyncReply::Pass } else { gst::BusSyncReply::Drop }
    });
}

/// The source of what is not left to GStreamer's decoders.
fn own_source(input: Input<'_>) -> Result<Option<gst::Element>, MediaError> {
    let Input::File(path, size) = input else { return Ok(None) };
    if super::gif::is_gif(path) {
        return super::gif::source(path).map(|source| Some(source.upcast()));
    }
    if super::svg::is_svg(path) {
        return super::svg::source(path, size).map(Some);
    }
    Ok(super::stills::source(path)?.map(gst_app::AppSrc::upcast))
}

/// Fewer decoder threads mean less memory: each holds a picture and its references.
pub(super) fn configure_decoders(decode: &gst::Element, threads: u32, sought: &Sought, damage: &Damage) {
    let Some(bin) = decode.downcast_ref::<gst::Bin>() else { return };
    let (sought, damage) = (sought.clone(), damage.clone());
    bin.connect_deep_element_added(move |_, _, element| {
        let Some(factory) = element.factory() else { return };
        let name = factory.name();
        if factory.klass().contains("Decoder") {
            damage.watch(element);
            if name.contains("h264") {
                super::run_up::skip_unseen(element);
            }
        }
        if matches!(name.as_str(), "avdec_aac" | "flacdec") {
            super::aac_step::keep(element);
        }
        if name == "avdec_h264" {
            super::open_gops::begin_anywhere(element, &sought);
        }
        if name.starts_with("avdec_") {
            if element.has_property("max-threads") {
                element.set_property("max-threads", i32::try_from(threads).unwrap_or(1));
            }
            // a held picture must not hold the decoder's own frame pool
            if element.has_property("direct-rendering") {
                element.set_property("direct-rendering", false);
            }
        } else if matches!(name.as_str(), "vp8dec" | "vp9dec") {
            element.set_property("threads", threads);
        }
    });
}

/// Leaves what is not wanted undecoded, and what is wanted as it is.
fn ignore_others(decode: &gst::Element, which: Which) {
    decode.connect("autoplug-continue", false, move |values| {
        let pad = values.get(1)?.get::<gst::Pad>().ok()?;
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        // the pad is decodebin's own; what it stands for is the one that a demuxer made
        let made = pad.downcast::<gst::GhostPad>().ok().and_then(|ghost| ghost.target());
        let factory = made.and_then(|pad| pad.parent_element()).and_then(|e| e.factory());
        let demuxed = factory.is_some_and(|f| f.klass().contains("Demux"));
        let ignored = caps.structure(0).is_some_and(|s| which.ignores(s.name()));
        let name = caps.structure(0).map_or("", |s| s.name().as_str());
        let as_it_is =
            matches!(which, Which::Packets(_)) && (name == "video/x-h264" || demuxed && name.starts_with("video/"));
        Some((!(as_it_is || demuxed && ignored)).to_value())
    });
}

/// Links the wanted stream to the tail, and the others to nothing: what is not linked the demuxer drops. Sinks that take it
/// would do harm, since the queue of the wanted stream grows to megabytes where that of another is always empty, so that
/// none starves (`multiqueue`, "non-starvation on multiple streams"). When all pads are known and the wanted one is not
/// among them, an error is posted instead of waiting for ever.
fn route_streams(decode: &gst::Element, tail: &gst::Bin, which: Which) {
    let seen = Arc::new(AtomicUsize::new(0));
    let linked = Arc::new(AtomicBool::new(false));
    let tail = tail.downgrade();
    let linked_pad = Arc::clone(&linked);
    decode.connect_pad_added(move |_, pad| {
        let Some(tail) = tail.upgrade() else { return };
        if which.matches(pad) && seen.fetch_add(1, Ordering::SeqCst) == which.index() {
            let target = tail.static_pad("sink");
            if target.is_some_and(|target| pad.link(&target).is_ok()) {
                linked_pad.store(true, Ordering::SeqCst);
            }
        }
    });
    decode.connect_no_more_pads(move |decode| {
        if !linked.load(Ordering::SeqCst) {
            gst::element_error!(decode, gst::StreamError::WrongType, ("it has no such stream"));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(path: &Path) {
        crate::media::played::run(&format!(
            "videotestsrc num-buffers=30 ! video/x-raw,width=64,height=64 ! vp8enc ! matroskamux name=mux \
             ! filesink location=\"{}\" audiotestsrc num-buffers=40 ! vorbisenc ! mux.",
            path.display()
        ));
    }

    fn decoders(decoding: &Decoding) -> Vec<String> {
        let elements = decoding.pipeline.iterate_recurse().into_iter().flatten();
        let factories = elements.filter_map(|e| e.factory()).filter(|f| f.klass().starts_with("Codec/Decoder"));
        factories.map(|f| f.klass().to_owned()).collect()
    }

    #[test]
    fn seeking_leaves_no_messages_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mkv");
        film(&path);
        let decoding = Decoding::open(&path, SourceTime::ZERO, Which::Video(0), "videoconvert", 1, 1).unwrap();
        for _ in 0..5 {
            assert!(decoding.seek(SourceTime::ZERO, gst::SeekFlags::KEY_UNIT));
            while decoding.pull(&Cancel::default()).unwrap().is_some() {}
        }
        let left: Vec<_> = std::iter::from_fn(|| decoding.bus().pop()).map(|m| m.type_()).collect();
        assert_eq!(left, []);
    }

    #[test]
    fn only_what_is_wanted_is_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mkv");
        film(&path);
        for (which, kind) in [(Which::Video(0), "Video"), (Which::Audio(0), "Audio")] {
            let tail = if kind == "Video" { "videoconvert" } else { "audioconvert" };
            let decoding = Decoding::open(&path, SourceTime::ZERO, which, tail, 1, 1).unwrap();
            let found = decoders(&decoding);
            assert!(found.len() == 1 && found[0].contains(kind), "{which:?}: {found:?}");
        }
    }
}
