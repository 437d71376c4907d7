//! Ogg (RFC 3533): what is joined (one chain after the other), cut off or damaged, and whose clock begins late.
//!
//! Its pages have checksums and numbers, by which they are found again after damage, and the stamp of the last packet that
//! ends on them: those of the others follow from how long they last.

use super::bytes::Bytes;
use super::index::Index;
use super::ogg_streams::{Described, is_other};
use super::{Demuxer, Kind, Packet, Payload};
use std::collections::VecDeque;

/// Bytes of a page's head, before the sizes of its pieces.
const HEAD: usize = 27;

/// Bytes that are looked at at once for the next page after damage.
const WINDOW: usize = 1 << 16;

/// Bytes in which headers lie.
const HEADERS_WITHIN: u64 = 8 << 20;

/// Bytes of one packet at most.
const MOST: usize = 64 << 20;

/// Headers of a stream that are kept.
const MOST_HEADERS: usize = 64;

/// Bytes of a page at most.
const LARGEST: u64 = (HEAD + 255 + 255 * 255) as u64;

/// Serial numbers of a link that are told apart, twice each.
const AHEAD: usize = 128;

/// A clock that begins so many nanoseconds after 0 begins late.
const LATE: i64 = 200_000_000;

/// A page.
struct Page {
    /// Where it lies, and what follows.
    at: u64,
    next: u64,
    /// Whether its first piece goes on with a packet, and whether a stream begins or ends with it.
    goes_on: bool,
    begins: bool,
    ends: bool,
    /// Whether its checksum is wrong.
    damaged: bool,
    granule: i64,
    serial: u32,
    number: u32,
    /// The sizes of its pieces, and the pieces.
    sizes: Vec<u8>,
    content: Vec<u8>,
}

/// The checksum of a page (RFC 3533, 6): neither reflected nor inverted.
pub(crate) const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0x89a1_897f,
    residue: 0,
});

fn checksum(pieces: [&[u8]; 5]) -> u32 {
    let mut sum = CHECKSUM.digest();
    for piece in pieces {
        sum.update(piece);
    }
    sum.finalize()
}

impl Page {
    /// The page that begins there, if all of it is there.
    fn read(bytes: &mut Bytes, at: u64) -> Option<Self> {
        let head = bytes.all(at, HEAD)?;
        let count = usize::from(*head.get(26)?);
        head.starts_with(b"OggS\0").then_some(())?;
        let sizes = bytes.all(at + HEAD as u64, count)?;
        let content = at + (HEAD + count) as u64;
        let length = sizes.iter().map(|size| usize::from(*size)).sum::<usize>();
        let whole = bytes.all(content, length)?;
        let long = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let damaged = checksum([&head[..22], &[0; 4], &head[26..], &sizes, &whole]) != long(22)?;
        Some(Self {
            at,
            next: content + length as u64,
            goes_on: head[5] & 1 != 0,
            begins: head[5] & 2 != 0,
            ends: head[5] & 4 != 0,
            damaged,
            granule: i64::from_le_bytes(head.get(6..14)?.try_into().ok()?),
            serial: long(14)?,
            number: long(18)?,
            sizes,
            content: whole,
        })
    }

    /// Its first packet, as far as it lies on it.
    fn first(&self) -> &[u8] {
        let pieces = self.sizes.iter().position(|size| *size < 255).map_or(self.sizes.len(), |last| last + 1);
        let length = self.sizes[..pieces].iter().map(|size| usize::from(*size)).sum();
        self.content.get(..length).unwrap_or_default()
    }
}

/// A packet that was put together, or is: where it begins, the page on which it does, and its bytes.
struct Piece {
    position: u64,
    place: u64,
    bytes: Vec<u8>,
}

/// A stream of one link of the chain.
struct Stream {
    serial: u32,
    /// Its place among the tracks, should it be one of theirs.
    track: Option<usize>,
    /// What is in it; `None` for what is passed over.
    described: Option<Described>,
    headers: Vec<Vec<u8>>,
    /// The number of its last page.
    number: Option<u32>,
    /// The beginning of a packet that goes on on the next page.
    partial: Option<Piece>,
    /// The block before, of Vorbis.
    before: Option<i64>,
    /// How long the last packet lasted.
    lasts: i64,
    /// Where the last page ended, in samples or pictures.
    end: Option<i64>,
    /// When the stream is first seen or heard, in nanoseconds.
    first: Option<i64>,
}

/// Reads a file on.
pub(super) struct Ogg {
    bytes: Bytes,
    at: u64,
    /// Of the link that is read.
    streams: Vec<Stream>,
    /// Where it begins, when its clock does, and whether anything but headers was read of it.
    link: u64,
    base: i64,
    begun: bool,
    kinds: Vec<Kind>,
    caps: Vec<Option<String>>,
    tracks: Vec<Described>,
    ready: VecDeque<Packet>,
    /// Whether GStreamer would read it wrongly, by what was seen.
    is_needed: bool,
}

/// Whether a file begins as Ogg does.
pub(super) fn is_ogg(head: &[u8]) -> bool {
    head.starts_with(b"OggS\0")
}

impl Ogg {
    /// `None` where the file has what only `oggdemux` understands.
    pub fn open(bytes: Bytes) -> Option<Self> {
        let (streams, kinds, caps, tracks, ready) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), VecDeque::new());
        let (at, link, base, begun, is_needed) = (0, 0, 0, false, false);
        let mut file = Self { bytes, at, streams, link, base, begun, kinds, caps, tracks, ready, is_needed };
        file.survey(0)?;
        for stream in &file.streams {
            let Some(described) = &stream.described else { continue };
            file.kinds.push(described.kind());
            file.caps.push(described.caps(&stream.headers));
            file.tracks.push(described.clone());
        }
        file.begin(0);
        file.is_needed = file.base != 0;
        (!file.kinds.is_empty()).then_some(file)
    }

    /// Begins to read a link.
    fn begin(&mut self, at: u64) {
        self.streams.clear();
        self.ready.clear();
        (self.at, self.link, self.begun) = (at, at, false);
    }

    /// Looks at the headers of the link that begins there, and at when each of its streams does.
    fn survey(&mut self, at: u64) -> Option<()> {
        self.begin(at);
        self.base = 0;
        while self.at < at + HEADERS_WITHIN
            && let Some(page) = self.page()
            && !(page.begins && self.begun)
        {
            self.take(&page)?;
            if self.streams.iter().all(Stream::is_known) && self.begun {
                break;
            }
        }
        let known = |stream: &Stream| stream.described.is_none() || !stream.wants_header();
        self.streams.iter().all(known).then_some(())?;
        self.base =
            self.streams.iter().filter_map(|stream| stream.first).min().filter(|first| *first > LATE).unwrap_or(0);
        Some(())
    }

    /// Where the link begins that the page at a place belongs to.
    fn link_of(&mut self, place: u64) -> u64 {
        let mut serials = Vec::new();
        let mut first = Page::read(&mut self.bytes, place);
        while let Some(page) = first.take() {
            // all of a link's streams begin before any of them goes on
            let before = self.page_before(page.at).filter(|before| !page.begins || before.begins);
            let Some(before) = before.filter(|_| serials.len() < AHEAD) else { return page.at };
            serials.extend([page.serial, before.serial]);
            first = Some(self.first_of(&serials, before));
        }
        0
    }

    /// The first page of a run that has no other streams and ends with that page.
    fn first_of(&mut self, serials: &[u32], last: Page) -> Page {
        let (mut from, mut to) = (0, last);
        while from < to.at {
            self.at = u64::midpoint(from, to.at);
            let middle = self.at;
            match self.page_at(middle).or_else(|| self.page()).filter(|page| page.at < to.at) {
                Some(page) if serials.contains(&page.serial) => to = page,
                Some(page) => from = page.next,
                // none begins between the middle and that one
                None if middle == from => break,
                None => {
                    let Some(page) = self.page_before(to.at).filter(|page| page.at >= from) else { break };
                    if serials.contains(&page.serial) {
                        to = page;
                    } else {
                        break;
                    }
                }
            }
        }
        to
    }

    /// The page that ends where another begins.
    fn page_before(&mut self, at: u64) -> Option<Page> {
        self.at = at.saturating_sub(LARGEST);
        let mut last = None;
        while let Some(page) = self.page().filter(|page| page.at < at) {
            last = Some(page);
        }
        last
    }

    /// The page that begins there, if it is whole or goes on with what was read of its stream and no other begins within it:
    /// then only some of its packets are damaged.
    fn page_at(&mut self, at: u64) -> Option<Page> {
        let page = Page::read(&mut self.bytes, at)?;
        let follows =
            |s: &Stream| s.serial == page.serial && s.number.is_some_and(|n| n.wrapping_add(1) == page.number);
        let is_right = !page.damaged
            || (self.streams.iter().any(follows) && memchr::memmem::find(&page.content, b"OggS\0").is_none());
        is_right.then_some(page)
    }

    /// The next page; what can't be right is passed over.
    fn page(&mut self) -> Option<Page> {
        if let Some(page) = self.page_at(self.at) {
            self.at = page.next;
            return Some(page);
        }
        let mut at = self.at.checked_add(1)?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            for n in memchr::memmem::find_iter(&window, b"OggS\0") {
                if let Some(page) = self.page_at(at + n as u64) {
                    (self.at, self.is_needed) = (page.next, true);
                    return Some(page);
                }
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - 4) as u64;
        }
    }

    /// Takes a page; `None` where a stream begins that nobody knows.
    fn take(&mut self, page: &Page) -> Option<()> {
        if page.begins {
            let described = Described::of(page.first());
            if described.is_none() && !is_other(page.first()) && self.kinds.is_empty() {
                return None;
            }
            self.add(page.serial, described);
        }
        let Some(n) = self.streams.iter().position(|stream| stream.serial == page.serial) else { return Some(()) };
        let stream = &mut self.streams[n];
        let before = stream.number.replace(page.number);
        let mut lost = before.is_some_and(|number| page.number != number.wrapping_add(1));
        self.is_needed |= lost || page.damaged;
        let mut open = stream.partial.take().filter(|_| page.goes_on && !lost);
        // a packet whose beginning is missing
        let mut headless = page.goes_on && open.is_none();
        lost |= headless;
        let mut packets = Vec::new();
        let mut from = 0;
        for (piece, size) in (0_u64..).zip(&page.sizes) {
            let to = from + usize::from(*size);
            let bytes = page.content.get(from..to)?;
            from = to;
            if !headless {
                let new = || Piece { position: page.at + piece, place: page.at, bytes: Vec::new() };
                let packet = open.get_or_insert_with(new);
                if packet.bytes.len() < MOST {
                    packet.bytes.extend_from_slice(bytes);
                }
            }
            if *size < 255 {
                headless = false;
                packets.extend(open.take());
            }
        }
        stream.partial = open;
        if lost {
            (stream.before, stream.end) = (None, None);
        }
        self.stamp(n, page, packets);
        Some(())
    }

    fn add(&mut self, serial: u32, described: Option<Described>) {
        let kind = described.as_ref().map(Described::kind);
        let earlier = self.streams.iter().filter(|s| s.described.as_ref().map(Described::kind) == kind).count();
        let nth = self.kinds.iter().enumerate().filter(|(_, k)| Some(**k) == kind).nth(earlier).map(|(n, _)| n);
        let like = |n: &usize| {
            let same =
                |a: &Described, b: &Described| std::mem::discriminant(&a.codec) == std::mem::discriminant(&b.codec);
            described.as_ref().is_some_and(|d| same(d, &self.tracks[*n]))
        };
        let track = nth.filter(like);
        let (headers, number, partial, before, lasts, end, first) = (Vec::new(), None, None, None, 0, None, None);
        self.streams.push(Stream { serial, track, described, headers, number, partial, before, lasts, end, first });
    }

    /// Stamps what ends on a page.
    fn stamp(&mut self, n: usize, page: &Page, packets: Vec<Piece>) {
        let stream = &mut self.streams[n];
        let Some(described) = &mut stream.described else { return };
        let mut timed = Vec::new();
        let mut total = 0;
        for packet in packets {
            if described.is_header(&packet.bytes, stream.headers.len()) {
                described.learn(&packet.bytes);
                if stream.headers.len() < MOST_HEADERS {
                    stream.headers.push(packet.bytes);
                }
            } else {
                // there are no more of them than these
                described.headers = described.headers.min(stream.headers.len());
                // what was damaged is gone, but for the time that it took
                if !page.damaged || described.may_be_whole(&packet.bytes) {
                    stream.lasts = described.lasts(&packet.bytes, &mut stream.before);
                    timed.push((total, stream.lasts, packet));
                }
                total += stream.lasts;
            }
        }
        if timed.is_empty() {
            return;
        }
        self.begun = true;
        let said = (page.granule >= 0).then(|| described.end(page.granule));
        let start = match (said, stream.end) {
            // the last page may end before its last packet does
            (Some(said), Some(end)) if page.damaged || (page.ends && end + total >= said) => end,
            (Some(said), _) => said - total,
            (None, end) => end.unwrap_or(0),
        };
        let is_first = stream.first.is_none();
        stream.first.get_or_insert(described.nanos(start + described.skipped()));
        stream.end = Some(said.filter(|_| !page.ends).unwrap_or(start + total));
        let Some(track) = stream.track else { return };
        let ends = said.filter(|_| page.ends);
        for (after, lasts, packet) in timed.into_iter().filter(|(_, _, packet)| !packet.bytes.is_empty()) {
            let begin = start + after;
            let end = ends.map_or(begin + lasts, |ends| (begin + lasts).min(ends.max(begin)));
            let pts = described.nanos(begin) - self.base;
            self.ready.push_back(Packet {
                track,
                pts,
                dts: Some(pts),
                duration: (lasts > 0).then(|| described.nanos(end) - self.base - pts),
                // what the last page ends with is known only to who comes from before
                key: described.is_key(&packet.bytes) && (is_first || !page.ends),
                position: packet.position,
                place: packet.place,
                payload: Payload::Held(packet.bytes),
            });
        }
    }
}

impl Stream {
    fn wants_header(&self) -> bool {
        self.described.as_ref().is_some_and(|described| self.headers.len() < described.headers)
    }

    /// Whether it has begun, or is of no use.
    fn is_known(&self) -> bool {
        self.described.is_none() || self.first.is_some()
    }
}

impl Demuxer for Ogg {
    fn caps(&self, _: &std::path::Path) -> Vec<Option<String>> {
        self.caps.clone()
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn container(&self) -> Option<&'static str> {
        Some("Ogg")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        let page = self.page()?;
        if page.begins && self.begun {
            // another link; what is not understood of it is passed over
            self.is_needed = true;
            self.survey(page.at);
            self.begin(page.at);
            return Some(());
        }
        self.take(&page)
    }

    fn go_to(&mut self, place: u64, _: i64) {
        self.at = place;
        let serial = Page::read(&mut self.bytes, place).map(|page| page.serial);
        if place < self.link || !self.streams.iter().any(|stream| Some(stream.serial) == serial) {
            let link = self.link_of(place);
            self.survey(link);
            self.begin(link);
            while let Some(page) = self.page()
                && (page.begins || self.streams.iter().any(Stream::wants_header))
                && self.take(&page).is_some()
            {}
        }
        self.ready.clear();
        for stream in &mut self.streams {
            (stream.number, stream.partial, stream.before, stream.end) = (None, None, None, None);
        }
        (self.at, self.begun) = (place, true);
    }

    fn is_needed(&self, index: &Index) -> bool {
        // `oggdemux` waits for a stream of which there is nothing but headers, and then there is nothing of the others
        self.is_needed || index.tracks.len() < self.kinds.len()
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}
