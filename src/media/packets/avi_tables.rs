//! What the header and the indexes of an AVI say (Microsoft, "AVI RIFF File Reference"; Matrox, "`OpenDML` AVI File Format
//! Extensions" 1.02).

use super::bytes::Bytes;

/// Bytes of headers that are read: those of a film with many tracks and long indexes of indexes.
const MOST_OF_HEADERS: u64 = 16 << 20;

/// Indexes of one track.
const MOST_LISTINGS: usize = 1 << 14;

/// Chunks between the packets and their index.
const BETWEEN: usize = 16;

/// A chunk: what it is called, and how long its content is said to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Chunk {
    pub id: [u8; 4],
    pub size: u32,
}

impl Chunk {
    /// The chunk whose head is at that place.
    pub fn read(bytes: &mut Bytes, at: u64) -> Option<Self> {
        let head = bytes.all(at, 8)?;
        Some(Self { id: head.get(..4)?.try_into().ok()?, size: long(&head, 4)? })
    }

    /// The number of the stream that it belongs to, if that is how it is called.
    pub fn stream(self) -> Option<usize> {
        let [a @ b'0'..=b'9', b @ b'0'..=b'9', c, d] = self.id else { return None };
        // an index of that stream is called the other way round by some
        let is_packet = c.is_ascii_alphabetic() && d.is_ascii_alphabetic() && [c, d] != *b"ix";
        is_packet.then_some(usize::from(a - b'0') * 10 + usize::from(b - b'0'))
    }

    /// What follows its content, which is filled up to an even size.
    pub fn next(self, at: u64) -> u64 {
        at + 8 + u64::from(self.size) + u64::from(self.size & 1)
    }
}

/// Numbers of 32 bits.
pub(super) fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Numbers of 16 bits.
pub(super) fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Numbers of 64 bits.
fn wide(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// What the header says of a stream.
#[derive(Default)]
pub(super) struct Described {
    /// `strh`.
    pub header: Vec<u8>,
    /// `strf`.
    pub format: Vec<u8>,
    /// `indx`: where its indexes are.
    index: Vec<u8>,
}

/// The header of a file.
pub(super) struct Header {
    pub streams: Vec<Described>,
    /// Microseconds that a picture is shown.
    pub period: u32,
    /// Where the first packet lies.
    pub packets: u64,
    /// Where they end, if that is said.
    end: Option<u64>,
}

impl Header {
    /// `None` where it is not whole.
    pub fn read(bytes: &mut Bytes) -> Option<Self> {
        let (mut at, mut streams, mut period) = (12, Vec::new(), 0);
        loop {
            let chunk = Chunk::read(bytes, at)?;
            let kind = if chunk.id == *b"LIST" { bytes.some(at + 8, 4) } else { Vec::new() };
            match &kind[..] {
                b"hdrl" => {
                    let size = u64::from(chunk.size);
                    let content = bytes.all(at + 12, usize::try_from(size.checked_sub(4)?).ok()?);
                    let content = content.filter(|_| size <= MOST_OF_HEADERS)?;
                    for (id, content) in chunks(&content) {
                        match id {
                            b"avih" => period = long(content, 0)?,
                            b"LIST" if content.starts_with(b"strl") => streams.push(described(content.get(4..)?)),
                            _ => {}
                        }
                    }
                }
                b"movi" => {
                    let end = chunk.next(at);
                    let end = Some(end).filter(|end| chunk.size > 4 && *end < bytes.len());
                    return (!streams.is_empty()).then_some(Self { streams, period, packets: at + 12, end });
                }
                _ => {}
            }
            at = chunk.next(at);
            (at < MOST_OF_HEADERS).then_some(())?;
        }
    }

    /// The indexes of the packets, as far as they are there and one of them agrees with the file.
    pub fn listings(&self, bytes: &mut Bytes) -> Vec<Listing> {
        let mut found = Vec::new();
        for (n, stream) in self.streams.iter().enumerate() {
            found.extend(places(&stream.index).filter_map(|at| Listing::of_stream(bytes, at, n)).take(MOST_LISTINGS));
        }
        found.retain_mut(|listing| listing.agrees(bytes));
        if found.is_empty() {
            found.extend(self.old_listing(bytes));
        }
        found
    }

    /// `idx1`, which counts from one of two places.
    fn old_listing(&self, bytes: &mut Bytes) -> Option<Listing> {
        let mut at = self.end?;
        for _ in 0..BETWEEN {
            let chunk = Chunk::read(bytes, at)?;
            if chunk.id == *b"idx1" {
                let count = u64::from(chunk.size).min(bytes.len() - at - 8) / 16;
                let bases = [self.packets.saturating_sub(4), 0];
                let listing = |base| Listing { at: at + 8, count, stride: 16, base, stream: None };
                return bases.into_iter().map(listing).find_map(|mut listing| listing.agrees(bytes).then_some(listing));
            }
            at = chunk.next(at);
        }
        None
    }
}

/// The chunks in a list, up to one that can't be right.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (id, after) = rest.split_first_chunk::<4>()?;
        let size = usize::try_from(long(after, 0)?).ok()?;
        let content = after.get(4..)?;
        let content = content.get(..size.min(content.len()))?;
        rest = after.get(4 + size + (size & 1)..).unwrap_or_default();
        Some((id, content))
    })
}

fn described(list: &[u8]) -> Described {
    let mut found = Described::default();
    for (id, content) in chunks(list) {
        match id {
            b"strh" => found.header = content.to_vec(),
            b"strf" => found.format = content.to_vec(),
            b"indx" => found.index = content.to_vec(),
            _ => {}
        }
    }
    found
}

/// Where an index of indexes says that these are.
fn places(index: &[u8]) -> impl Iterator<Item = u64> {
    let is_of_indexes = index.get(3) == Some(&0);
    let count = long(index, 4).filter(|_| is_of_indexes).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    index.get(24..).unwrap_or_default().chunks_exact(16).take(count).filter_map(|entry| wide(entry, 0))
}

/// An index of packets, which stays in the file.
pub(super) struct Listing {
    /// Where its entries lie, how many they are, and of how many bytes.
    at: u64,
    count: u64,
    stride: u64,
    /// From where places are counted.
    base: u64,
    /// Whose packets it lists, if only one's.
    stream: Option<usize>,
}

/// What an index says of a packet: its stream, where its chunk begins, how long it is, whether it is a key packet.
pub(super) struct Entry {
    pub stream: usize,
    pub position: u64,
    pub size: u64,
    pub key: bool,
}

impl Listing {
    /// An index of one stream (`ix##`), as `OpenDML` has them.
    fn of_stream(bytes: &mut Bytes, at: u64, stream: usize) -> Option<Self> {
        let head = bytes.all(at, 32)?;
        let stride = u64::from(short(&head, 8)?) * 4;
        (head.starts_with(b"ix") && head[11] == 1 && stride >= 8).then_some(())?;
        let count = u64::from(long(&head, 12)?).min(bytes.len().saturating_sub(at + 32) / stride);
        Some(Self { at: at + 32, count, stride, base: wide(&head, 20)?, stream: Some(stream) })
    }

    fn entry(&self, bytes: &mut Bytes, n: u64) -> Option<Entry> {
        let entry = bytes.all(self.at + n * self.stride, if self.stream.is_some() { 8 } else { 16 })?;
        let number = |at: usize| long(&entry, at).map(u64::from);
        match self.stream {
            Some(stream) => Some(Entry {
                stream,
                // it tells where the content begins
                position: (self.base.checked_add(number(0)?)?).checked_sub(8)?,
                size: number(4)? & 0x7FFF_FFFF,
                key: number(4)? & 0x8000_0000 == 0,
            }),
            None => Some(Entry {
                // what belongs to no stream counts for none
                stream: Chunk { id: entry.get(..4)?.try_into().ok()?, size: 0 }.stream().unwrap_or(usize::MAX),
                position: self.base.checked_add(number(8)?)?,
                size: number(12)?,
                key: number(4)? & 0x10 != 0,
            }),
        }
    }

    /// Whether its first entry is where it says.
    fn agrees(&mut self, bytes: &mut Bytes) -> bool {
        let Some(entry) = self.entry(bytes, 0) else { return false };
        let chunk = Chunk::read(bytes, entry.position);
        chunk.is_some_and(|c| self.stream.is_none_or(|s| c.stream() == Some(s)) && u64::from(c.size) == entry.size)
    }

    /// Goes through what lies between two places, in the order of the list.
    pub fn between(&self, bytes: &mut Bytes, places: std::ops::Range<u64>, mut take: impl FnMut(Entry)) {
        let (mut from, mut to) = (0, self.count);
        while from < to {
            let middle = u64::midpoint(from, to);
            match self.entry(bytes, middle) {
                Some(entry) if entry.position < places.start => from = middle + 1,
                _ => to = middle,
            }
        }
        while from < self.count
            && let Some(entry) = self.entry(bytes, from).filter(|entry| entry.position < places.end)
        {
            take(entry);
            from += 1;
        }
    }
}
