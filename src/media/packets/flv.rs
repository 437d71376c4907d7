//! Flash video (Adobe, "Video File Format Specification" 10.1, annex E; Veovera, "Enhanced RTMP" v1): what streaming programs
//! and servers record.
//!
//! Its tags have stamps and sizes of their own and nothing else is needed: lengths and places to seek to, where a recorder
//! wrote them at all, are notes in a script. Behind each tag stands its size, by which tags are found again after damage.

use super::bytes::Bytes;
use super::{Demuxer, Kind, Packet, Payload};
use gstreamer as gst;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

/// Bytes in which each track must begin.
const TRACKS_WITHIN: u64 = 32 << 20;

/// Bytes of what a decoder must know before the first packet, at most.
const MOST_OF_CONFIG: usize = 1 << 16;

/// Bytes that are looked at at once for the next tag after damage.
const WINDOW: usize = 1 << 16;

/// Bytes before a tag's content: what it is, its size, its stamp, and zeros.
const HEAD: usize = 11;

/// Bytes of a tag's content that tell what is in it.
const DETAILS: usize = 8;

const SOUND: u8 = 8;
const PICTURE: u8 = 9;
const SCRIPT: u8 = 18;

const AVC: &str = "video/x-h264, stream-format=avc, alignment=au";
const HEVC: &str = "video/x-h265, stream-format=hvc1, alignment=au";

const MILLISECOND: i64 = 1_000_000;

/// Reads a file on.
pub(super) struct Flv {
    bytes: Bytes,
    at: u64,
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    /// Whether the size of a tag stands behind it, as it should.
    is_sized: bool,
    ready: VecDeque<Packet>,
}

struct Track {
    kind: Kind,
    caps: String,
}

/// How packets lie in a tag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Codec {
    /// With a head that tells when they are shown, and a description before the first.
    H264,
    H265,
    Aac,
    /// With a description before the first.
    Av1,
    /// As they are.
    Plain,
}

/// A tag.
#[derive(Clone, Copy)]
struct Tag {
    kind: u8,
    content: u64,
    size: u64,
    /// When what is in it is decoded, in nanoseconds.
    stamp: i64,
    /// The first bytes of its content, and how many there are.
    details: ([u8; DETAILS], usize),
}

/// What is in a tag.
enum Content {
    /// A description for the decoder, which begins so many bytes into it.
    Config(Codec, u64),
    /// A packet, which begins so many bytes into it: whether it is a key packet, how much later it is shown than decoded, and
    /// how many bytes last a second, where all do.
    Packet { codec: Codec, caps: Cow<'static, str>, skipped: u64, key: bool, later: i64, pace: Option<u32> },
    /// Nothing to decode.
    Nothing,
    /// What only `flvdemux` understands, if anything does.
    Unknown,
}

impl Tag {
    /// What kind of track it belongs to.
    fn track(self) -> Kind {
        if self.kind == SOUND { Kind::Sound } else { Kind::Picture }
    }

    /// What is in it.
    fn look(self) -> Content {
        let (details, count) = self.details;
        let details = &details[..count];
        let found = match self.kind {
            SOUND => sound(details),
            PICTURE => picture(details),
            _ => Some(Content::Nothing),
        };
        found.unwrap_or(Content::Nothing)
    }

    /// Where the size behind it stands.
    fn end(self) -> u64 {
        self.content + self.size
    }

    /// Where the next one begins.
    fn next(self) -> u64 {
        self.end() + 4
    }
}

/// Whether a file begins as Flash video does.
pub(super) fn is_flv(head: &[u8]) -> bool {
    head.starts_with(b"FLV\x01")
}

impl Flv {
    /// `None` where the file has what only `flvdemux` understands, or nothing at all.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        let head = bytes.some(0, 9);
        is_flv(&head).then_some(())?;
        let begin = u64::from(u32::from_be_bytes(head.get(5..9)?.try_into().ok()?)) + 4;
        let (tracks, kinds, ready) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut file = Self { bytes, at: begin, tracks, kinds, is_sized: true, ready };
        let first = file.tag(begin)?;
        file.is_sized = file.says_its_size(first);
        let mut configs: BTreeMap<Codec, Vec<u8>> = BTreeMap::new();
        while file.at < begin + TRACKS_WITHIN && file.kinds.len() < 2 {
            let Some(tag) = file.tag(file.at).filter(|tag| file.is_whole(*tag)) else {
                if file.resync().is_none() {
                    break;
                }
                continue;
            };
            file.at = tag.next();
            match tag.look() {
                Content::Config(codec, skipped) => {
                    configs.insert(codec, file.config(tag, skipped)?);
                }
                Content::Packet { codec, caps, .. } => {
                    let kind = tag.track();
                    if file.kinds.contains(&kind) || (codec != Codec::Plain && !configs.contains_key(&codec)) {
                        continue;
                    }
                    file.kinds.push(kind);
                    file.tracks.push(Track { kind, caps: described(&caps, configs.get(&codec))? });
                }
                Content::Nothing => {}
                Content::Unknown => return None,
            }
        }
        file.at = begin;
        (!file.tracks.is_empty()).then_some(file)
    }

    /// The tag that begins there, if its head is right.
    fn tag(&mut self, at: u64) -> Option<Tag> {
        let head = self.bytes.some(at, HEAD + DETAILS);
        let [kind, s1, s2, s3, t1, t2, t3, t0, 0, 0, 0, ref first @ ..] = head[..] else { return None };
        // bit 5 says that it is encrypted
        if !matches!(kind, SOUND | PICTURE | SCRIPT) {
            return None;
        }
        let stamp = i64::from(i32::from_be_bytes([t0, t1, t2, t3])) * MILLISECOND;
        let size = u32::from_be_bytes([0, s1, s2, s3]);
        let (mut details, count) = ([0; DETAILS], first.len().min(usize::try_from(size).unwrap_or(DETAILS)));
        details[..count].copy_from_slice(&first[..count]);
        Some(Tag { kind, content: at + HEAD as u64, size: size.into(), stamp, details: (details, count) })
    }

    fn says_its_size(&mut self, tag: Tag) -> bool {
        let behind = self.bytes.all(tag.end(), 4);
        behind
            .and_then(|b| b.try_into().ok())
            .is_some_and(|b| u64::from(u32::from_be_bytes(b)) == HEAD as u64 + tag.size)
    }

    /// Whether all of a tag is there, and ends where it says.
    fn is_whole(&mut self, tag: Tag) -> bool {
        let len = self.bytes.len();
        // a file that was cut off may lack the size behind the last one
        tag.end() <= len && (!self.is_sized || tag.next() > len || self.says_its_size(tag))
    }

    /// Goes on from the next tag after what can't be right.
    fn resync(&mut self) -> Option<()> {
        let mut at = self.at.checked_add(1)?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            let is_head = |w: &[u8]| matches!(w[0], SOUND | PICTURE | SCRIPT) && w[8..] == [0, 0, 0];
            for (n, _) in window.windows(HEAD).enumerate().filter(|(_, w)| is_head(w)) {
                let place = at + n as u64;
                let Some(tag) = self.tag(place).filter(|tag| tag.size > 0) else { continue };
                if self.says_its_size(tag) {
                    self.at = place;
                    return Some(());
                }
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - (HEAD - 1)) as u64;
        }
    }

    fn config(&mut self, tag: Tag, skipped: u64) -> Option<Vec<u8>> {
        let size = usize::try_from(tag.size.checked_sub(skipped)?).ok().filter(|size| *size <= MOST_OF_CONFIG)?;
        self.bytes.all(tag.content + skipped, size)
    }

    fn take(&mut self, position: u64, tag: Tag) {
        let Content::Packet { skipped, key, later, pace, .. } = tag.look() else { return };
        let Some(track) = self.tracks.iter().position(|track| track.kind == tag.track()) else { return };
        let Some(size) = tag.size.checked_sub(skipped).and_then(|size| usize::try_from(size).ok()) else { return };
        self.ready.push_back(Packet {
            track,
            pts: tag.stamp.saturating_add(later),
            dts: Some(tag.stamp),
            duration: pace.map(|pace| {
                i64::try_from(u64::try_from(size).unwrap_or(0) * 1_000_000_000 / u64::from(pace)).unwrap_or(0)
            }),
            key,
            position,
            place: position,
            payload: Payload::There { before: Vec::new(), start: tag.content + skipped, size },
        });
    }
}

/// Of a tag of pictures (E.4.3). `None` where it is too short.
fn picture(details: &[u8]) -> Option<Content> {
    let (first, rest) = details.split_first()?;
    let shown = first >> 4 & 7;
    if shown == 5 {
        // a command
        return Some(Content::Nothing);
    }
    let later = |at: usize| {
        let [a, b, c] = rest.get(at..at + 3)?.try_into().ok()?;
        Some(i64::from(i32::from_be_bytes([a, b, c, 0]) >> 8) * MILLISECOND)
    };
    let packet = |codec, caps: &'static str, skipped, later| {
        Some(Content::Packet { codec, caps: caps.into(), skipped, key: shown == 1, later, pace: None })
    };
    if first & 0x80 != 0 {
        // "Enhanced RTMP", table 4
        let (codec, caps) = match rest.get(..4)? {
            b"avc1" => (Codec::H264, AVC),
            b"hvc1" => (Codec::H265, HEVC),
            b"av01" => (Codec::Av1, "video/x-av1, stream-format=obu-stream, alignment=tu"),
            b"vp09" => (Codec::Plain, "video/x-vp9"),
            _ => return Some(Content::Unknown),
        };
        let shifted = matches!(codec, Codec::H264 | Codec::H265);
        return match first & 15 {
            0 if codec == Codec::Plain => Some(Content::Nothing),
            0 => Some(Content::Config(codec, 5)),
            1 if shifted => packet(codec, caps, 8, later(4)?),
            1 | 3 => packet(codec, caps, 5, 0),
            2 | 4 => Some(Content::Nothing),
            _ => Some(Content::Unknown),
        };
    }
    let (codec, caps) = match first & 15 {
        2 => return packet(Codec::Plain, "video/x-flash-video, flvversion=1", 1, 0),
        3 => return packet(Codec::Plain, "video/x-flash-screen", 1, 0),
        7 => (Codec::H264, AVC),
        // not in the specification, and written all the same before there was an enhanced one
        12 => (Codec::H265, HEVC),
        _ => return Some(Content::Unknown),
    };
    match rest.first()? {
        0 => Some(Content::Config(codec, 5)),
        1 => packet(codec, caps, 5, later(1)?),
        _ => Some(Content::Nothing),
    }
}

/// Of a tag of sound (E.4.2). `None` where it is too short.
fn sound(details: &[u8]) -> Option<Content> {
    let (first, rest) = details.split_first()?;
    let rate = [5512_u32, 11_025, 22_050, 44_100][usize::from(first >> 2 & 3)];
    let channels = (first & 1) + 1;
    let packet = |caps: Cow<'static, str>, pace| {
        Some(Content::Packet { codec: Codec::Plain, caps, skipped: 1, key: true, later: 0, pace })
    };
    match first >> 4 {
        0 | 3 => {
            let (format, bytes) = if first & 2 == 0 { ("U8", 1) } else { ("S16LE", 2) };
            let caps = format!("audio/x-raw, format={format}, layout=interleaved, rate={rate}, channels={channels}");
            packet(caps.into(), Some(rate * u32::from(channels) * bytes))
        }
        1 => packet(format!("audio/x-adpcm, layout=swf, rate={rate}, channels={channels}").into(), None),
        2 | 14 => packet("audio/mpeg, mpegversion=1, layer=3".into(), None),
        4 => packet("audio/x-nellymoser, rate=16000, channels=1".into(), None),
        5 => packet("audio/x-nellymoser, rate=8000, channels=1".into(), None),
        6 => packet(format!("audio/x-nellymoser, rate={rate}, channels={channels}").into(), None),
        7 => packet(format!("audio/x-alaw, rate=8000, channels={channels}").into(), Some(8000 * u32::from(channels))),
        8 => packet(format!("audio/x-mulaw, rate=8000, channels={channels}").into(), Some(8000 * u32::from(channels))),
        10 if *rest.first()? == 0 => Some(Content::Config(Codec::Aac, 2)),
        10 => Some(Content::Packet {
            codec: Codec::Aac,
            caps: "audio/mpeg, mpegversion=4, stream-format=raw, framed=true".into(),
            skipped: 2,
            key: true,
            later: 0,
            pace: None,
        }),
        _ => Some(Content::Unknown),
    }
}

/// Caps with what the decoder must know before the first packet.
fn described(caps: &str, config: Option<&Vec<u8>>) -> Option<String> {
    let mut caps: gst::Caps = caps.parse().ok()?;
    if let Some(config) = config {
        caps.make_mut().set("codec_data", gst::Buffer::from_slice(config.clone()));
    }
    Some(caps.to_string())
}

impl Demuxer for Flv {
    fn caps(&self, _: &std::path::Path) -> Vec<Option<String>> {
        self.tracks.iter().map(|track| Some(track.caps.clone())).collect()
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn container(&self) -> Option<&'static str> {
        Some("Flash video")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        let at = self.at;
        match self.tag(at).filter(|tag| self.is_whole(*tag)) {
            Some(tag) => {
                self.at = tag.next();
                self.take(at, tag);
                Some(())
            }
            None => self.resync(),
        }
    }

    fn go_to(&mut self, place: u64, _: i64) {
        self.ready.clear();
        self.at = place;
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}
