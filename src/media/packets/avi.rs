//! AVI: what cameras, capture programs and converters wrote for twenty years, with several `RIFF` chunks where it is long
//! (`OpenDML`).
//!
//! Chunks have no stamps: pictures are counted, and so are blocks or bytes of sound. Its indexes stand at the end and are
//! missing where a recorder was killed; of a damaged file they tell how much lay in the hole.

use super::avi_pictures::{Form, Pictures};
use super::avi_tables::{Chunk, Described, Header, Listing, long, short};
use super::bytes::Bytes;
use super::{Demuxer, Kind, Packet, Payload, codecs};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that are looked at at once for the next chunk after damage.
const WINDOW: usize = 1 << 16;

/// Bytes of packets by which `avidemux` is asked what the tracks are.
const SHOWN: u64 = 1 << 16;

/// Pictures that tell what a decoder learns from the first ones, and their bytes.
const LEARNT: usize = 48;
const LEARNT_BYTES: usize = 8 << 20;

/// Bytes in which they lie.
const LEARNT_WITHIN: u64 = 64 << 20;

/// In a place, the lower bits tell where a chunk lies, the upper ones how many of its stream lie before it.
const PLACE_BITS: u32 = 40;

/// Key pictures that only an index tells of are at least so many bytes apart, in files of any size.
const KEYS: u64 = 1 << 16;

/// How sound is counted.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// In bytes, of which so many are a unit.
    Bytes(u64),
    /// In blocks of so many bytes, and what is begun of one.
    Blocks(u64),
    /// In chunks.
    Chunks,
}

enum Content {
    Picture(Box<Pictures>),
    Sound { pace: Pace, second: Option<u64> },
}

struct Track {
    /// The stream's number in the file, and its own among tracks.
    stream: usize,
    index: usize,
    /// Units in `scale` seconds: `rate`.
    scale: u64,
    rate: u64,
    /// Bytes, blocks or chunks that were passed.
    passed: u64,
    /// As many pictures there are, if that is said.
    length: u64,
    content: Content,
}

/// Reads a file on.
pub(super) struct Avi {
    bytes: Bytes,
    at: u64,
    header: Header,
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    listings: Vec<Listing>,
    /// Where key pictures lie that only an index tells of.
    keys: Vec<u64>,
    ready: VecDeque<Packet>,
    over: bool,
}

/// Whether a file begins as an AVI does.
pub(super) fn is_avi(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..11) == Some(b"AVI")
}

impl Track {
    /// `None` for what is no picture and no sound; in it, `None` for what only `avidemux` understands.
    #[expect(clippy::option_option, reason = "nothing to read, and nothing that can be read here")]
    fn of(described: &Described, stream: usize, index: usize, period: u32) -> Option<Option<(Self, Kind)>> {
        let Described { header, format, .. } = described;
        let number = |at: usize| long(header, at).map(u64::from);
        let (scale, rate) = match (number(20)?, number(24)?) {
            (0, _) | (_, 0) if period > 0 => (u64::from(period), 1_000_000),
            (0, _) | (_, 0) => (1, 25),
            known => known,
        };
        let (start, length) = (number(28)?, number(32)?.saturating_add(number(28)?));
        let (kind, content, passed) = match header.get(..4)? {
            b"vids" => {
                let code = format.get(16..20).or(header.get(4..8))?.try_into().ok()?;
                let Some(form) = Form::of(code) else { return Some(None) };
                if format.get(40) == Some(&1) && matches!(form, Form::Numbered(_)) {
                    // with lengths instead of start codes
                    return Some(None);
                }
                let pictures = Pictures::new(form, scale as f64 * 1e9 / rate as f64);
                (Kind::Picture, Content::Picture(Box::new(pictures)), start)
            }
            b"auds" => {
                let (tag, block) = (short(format, 0)?, u64::from(short(format, 12)?));
                let mut sample = number(44)?;
                if sample > 0 && block > 0 {
                    sample = block;
                }
                // AAC, whose blocks are told wrong
                let pace = match (sample, block) {
                    _ if matches!(tag, 0xFF | 0x1600..=0x1610)
                        && matches!((sample, block), (0, 0..=4) | (1024, 1024)) =>
                    {
                        Pace::Chunks
                    }
                    (0, 0) => Pace::Chunks,
                    (0, block) => Pace::Blocks(block),
                    (sample, _) => Pace::Bytes(sample),
                };
                let second = matches!(tag, 1 | 3 | 6 | 7).then(|| long(format, 8)).flatten().map(u64::from);
                let passed = if let Pace::Bytes(sample) = pace { start * sample } else { start };
                (Kind::Sound, Content::Sound { pace, second: second.filter(|s| *s > 0) }, passed)
            }
            b"iavs" => return Some(None),
            _ => return None,
        };
        // what is said to begin after an hour is not believed
        let passed = if start * scale / rate > 3600 { 0 } else { passed };
        Some(Some((Self { stream, index, scale, rate, passed, length, content }, kind)))
    }

    /// When so many bytes, blocks or chunks have passed, in nanoseconds.
    fn time(&self, passed: u64) -> i64 {
        let unit = if let Content::Sound { pace: Pace::Bytes(unit), .. } = self.content { unit } else { 1 };
        let nanos =
            u128::from(passed) * u128::from(self.scale) * 1_000_000_000 / (u128::from(self.rate) * u128::from(unit));
        i64::try_from(nanos).unwrap_or(i64::MAX)
    }

    /// How many have passed then.
    fn passed_at(&self, stamp: i64) -> u64 {
        let unit = if let Content::Sound { pace: Pace::Bytes(unit), .. } = self.content { unit } else { 1 };
        let whole = u128::from(self.scale) * 1_000_000_000;
        let stamp = u128::try_from(stamp).unwrap_or(0);
        let passed = (stamp * u128::from(self.rate) * u128::from(unit) + whole / 2) / whole;
        u64::try_from(passed).unwrap_or(u64::MAX)
    }

    /// What passes with a chunk of that size.
    fn pass(&self, size: u64) -> u64 {
        match self.content {
            Content::Sound { pace: Pace::Bytes(_), .. } => size,
            Content::Sound { pace: Pace::Blocks(block), .. } => size.div_ceil(block),
            _ => 1,
        }
    }
}

impl Avi {
    /// `None` where the file has what only `avidemux` understands, or nothing at all.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        is_avi(&bytes.some(0, 12)).then_some(())?;
        let header = Header::read(&mut bytes)?;
        (bytes.len() < 1 << PLACE_BITS).then_some(())?;
        let (mut tracks, mut kinds) = (Vec::new(), Vec::new());
        for (stream, described) in header.streams.iter().enumerate() {
            let Some(track) = Track::of(described, stream, kinds.len(), header.period) else { continue };
            let (track, kind) = track?;
            tracks.push(track);
            kinds.push(kind);
        }
        let listings = header.listings(&mut bytes);
        let (at, ready, keys) = (header.packets, VecDeque::new(), Vec::new());
        let mut file = Self { bytes, at, header, tracks, kinds, listings, keys, ready, over: false };
        file.learn();
        (!file.kinds.is_empty()).then_some(file)
    }

    /// Looks at the first pictures, and at the index where only it tells of key pictures.
    fn learn(&mut self) {
        let mut first: Vec<Vec<Vec<u8>>> = vec![Vec::new(); self.tracks.len()];
        let learns = |track: &Track| matches!(&track.content, Content::Picture(pictures) if pictures.learns());
        let (mut at, mut left) = (self.at, LEARNT_BYTES);
        while at < self.header.packets + LEARNT_WITHIN
            && self.tracks.iter().zip(&first).any(|(track, chunks)| learns(track) && chunks.len() < LEARNT)
            && left > 0
            && let Some((chunk, next)) = self.chunk(at)
        {
            let track = chunk.stream().and_then(|stream| self.track(stream));
            if let Some(track) = track.filter(|n| learns(&self.tracks[*n])) {
                let size = usize::try_from(chunk.size).unwrap_or(0).min(left);
                left -= size;
                first[track].extend(Some(self.bytes.some(at + 8, size)).filter(|bytes| !bytes.is_empty()));
            }
            at = next;
        }
        let mut listed = Vec::new();
        for (track, chunks) in self.tracks.iter_mut().zip(first) {
            let Content::Picture(pictures) = &mut track.content else { continue };
            let description = self.header.streams[track.stream].format.get(40..).unwrap_or_default();
            pictures.learn(description, &chunks);
            if pictures.is_listed() {
                listed.push(track.stream);
            }
        }
        let apart = self.bytes.len() / KEYS;
        for listing in self.listings.iter().filter(|_| !listed.is_empty()) {
            let keys = &mut self.keys;
            listing.between(&mut self.bytes, 0..u64::MAX, |entry| {
                let far = keys.last().is_none_or(|last| entry.position > last + apart);
                if entry.key && far && listed.contains(&entry.stream) {
                    keys.push(entry.position);
                }
            });
        }
        self.keys.sort_unstable();
    }

    fn track(&self, stream: usize) -> Option<usize> {
        self.tracks.iter().position(|track| track.stream == stream)
    }

    /// The chunk that begins there and what follows it, if it can be right.
    fn chunk(&mut self, at: u64) -> Option<(Chunk, u64)> {
        let chunk = Chunk::read(&mut self.bytes, at)?;
        let streams = self.header.streams.len();
        let known = match &chunk.id {
            b"RIFF" | b"LIST" => {
                let kind = self.bytes.all(at + 8, 4)?;
                match &kind[..] {
                    b"movi" | b"rec " | b"AVI " | b"AVIX" | b"AVI\x19" => return Some((chunk, at + 12)),
                    _ => kind.iter().all(u8::is_ascii_graphic),
                }
            }
            b"idx1" | b"JUNK" | b"junk" | b"JUNQ" => true,
            [b'i', b'x', a, b] | [a, b, b'i', b'x'] => a.is_ascii_digit() && b.is_ascii_digit(),
            _ => chunk.stream().is_some_and(|stream| stream < streams),
        };
        let end = at + 8 + u64::from(chunk.size);
        (known && end <= self.bytes.len()).then(|| (chunk, chunk.next(at)))
    }

    /// Whether another chunk begins there, or the file ends.
    fn goes_on(&mut self, at: u64) -> bool {
        at + 8 > self.bytes.len() || self.chunk(at).is_some()
    }

    /// Where the next chunk begins at or after a place that is none.
    fn resync(&mut self, from: u64) -> Option<u64> {
        let mut at = from;
        loop {
            let window = self.bytes.some(at, WINDOW);
            let may_be = |w: &[u8]| {
                (w[0].is_ascii_digit() && w[1].is_ascii_digit())
                    || matches!(w, b"RIFF" | b"LIST" | b"idx1" | b"JUNK")
                    || w.starts_with(b"ix")
            };
            for (n, _) in window.windows(4).enumerate().filter(|(_, w)| may_be(w)) {
                let place = at + n as u64;
                if let Some((chunk, next)) = self.chunk(place)
                    && (self.goes_on(next) || self.goes_on(place + 8 + u64::from(chunk.size)))
                {
                    return Some(place);
                }
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - 3) as u64;
        }
    }

    /// Counts what is missing between two places: what the index says, or as much as the bytes before were.
    fn lost(&mut self, hole: std::ops::Range<u64>) {
        let mut lost = vec![0; self.tracks.len()];
        for listing in &self.listings {
            listing.between(&mut self.bytes, hole.clone(), |entry| {
                let Some(n) = self.tracks.iter().position(|track| track.stream == entry.stream) else { return };
                lost[n] += self.tracks[n].pass(entry.size);
            });
        }
        if self.listings.is_empty() && hole.start > self.header.packets {
            let latest = self.tracks.iter().map(|track| track.time(track.passed)).max().unwrap_or(0);
            let share = (hole.end - hole.start) as f64 / (hole.start - self.header.packets) as f64;
            for (track, lost) in self.tracks.iter().zip(&mut lost) {
                #[expect(clippy::cast_possible_truncation, reason = "a part of the film")]
                let units = track.passed_at((latest as f64 * share) as i64);
                *lost = match track.content {
                    Content::Sound { pace: Pace::Bytes(unit), .. } => units / unit * unit,
                    _ => units,
                };
            }
        }
        for (track, lost) in self.tracks.iter_mut().zip(lost) {
            track.passed = track.passed.saturating_add(lost);
            if let Content::Picture(pictures) = &mut track.content {
                pictures.lose();
            }
        }
    }

    fn take(&mut self, at: u64, chunk: Chunk, size: u64) {
        let Some(n) = chunk.stream().and_then(|stream| self.track(stream)) else { return };
        // a palette that changes
        if chunk.id[2..] == *b"pc" {
            return;
        }
        let listed = self.keys.binary_search(&at).is_ok() || self.tracks[n].passed == 0;
        let track = &mut self.tracks[n];
        let pts = track.time(track.passed);
        let payload = Payload::There { before: Vec::new(), start: at + 8, size: usize::try_from(size).unwrap_or(0) };
        let mut packet = Packet {
            track: track.index,
            pts,
            dts: None,
            duration: None,
            key: listed,
            position: at,
            place: at,
            payload,
        };
        match &mut track.content {
            Content::Picture(pictures) => {
                packet.place |= track.passed << PLACE_BITS;
                let most = pictures.looks_at().min(usize::try_from(size).unwrap_or(0));
                let head = self.bytes.some(at + 8, most);
                pictures.take(i64::try_from(track.passed).unwrap_or(i64::MAX), packet, &head, &mut self.ready);
            }
            Content::Sound { second, .. } => {
                packet.key = true;
                packet.duration = second.and_then(|second| i64::try_from(size * 1_000_000_000 / second).ok());
                if size > 0 {
                    self.ready.push_back(packet);
                }
            }
        }
        track.passed = track.passed.saturating_add(track.pass(size));
    }
}

impl Demuxer for Avi {
    fn caps(&self, path: &Path) -> Vec<Option<String>> {
        let mut head = Vec::new();
        let most = self.header.packets.saturating_add(SHOWN);
        let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut head));
        read.map_or_else(
            |_| vec![None; self.kinds.len()],
            |_| codecs::by_demuxer_of_head(&head, "avidemux", &self.kinds),
        )
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn container(&self) -> Option<&'static str> {
        Some("Audio Video Interleave (AVI)")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        if self.over {
            return None;
        }
        let at = self.at;
        let found = self.chunk(at);
        let (from, chunk) = match found {
            Some((chunk, next)) => {
                let end = at + 8 + u64::from(chunk.size);
                // some do not fill up
                let next = [next, end].into_iter().find(|next| self.goes_on(*next));
                if let Some(next) = next.filter(|next| *next > at) {
                    self.at = next;
                    if next >= end {
                        self.take(at, chunk, chunk.size.into());
                    }
                    return Some(());
                }
                (at + 8, Some(chunk))
            }
            None => (at + 1, None),
        };
        let next = self.resync(from);
        let end = next.unwrap_or(self.bytes.len());
        let mut hole = at;
        if let Some(chunk) = chunk {
            // its size may be wrong, or what lies behind it
            let size = u64::from(chunk.size).min(end - at - 8);
            self.take(at, chunk, size);
            hole = at + 8 + size;
        }
        if let Some(next) = next {
            self.lost(hole..next);
            self.at = next;
        } else {
            self.over = true;
            let cut = Chunk::read(&mut self.bytes, hole).is_some_and(|chunk| chunk.stream().is_some());
            for track in &mut self.tracks {
                if let Content::Picture(pictures) = &mut track.content {
                    // what was closed tells how many there are
                    pictures.finish(cut && track.passed != track.length, &mut self.ready);
                }
            }
        }
        Some(())
    }

    fn go_to(&mut self, place: u64, stamp: i64) {
        self.ready.clear();
        (self.at, self.over) = (place & ((1 << PLACE_BITS) - 1), false);
        for track in &mut self.tracks {
            match &mut track.content {
                Content::Picture(pictures) => {
                    pictures.go_to(stamp);
                    track.passed = place >> PLACE_BITS;
                }
                Content::Sound { .. } => track.passed = track.passed_at(stamp),
            }
        }
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}
