//! Splits the bytes of a stream of pictures into pictures, each with the headers before it.

use super::elementary::Codec;
use memchr::memmem;
use std::collections::VecDeque;

/// Bytes of one picture, at most: what is longer is damage.
const MOST: usize = 64 << 20;

/// Bytes after a start code that must be there to judge it.
const AHEAD: usize = 4;

/// When a picture is shown, and when it is decoded, in nanoseconds.
pub(super) type Stamps = (i64, Option<i64>);

/// Where bytes came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    /// Where in the file the first of them lies.
    pub position: u64,
    /// From where a demuxer comes to them.
    pub place: u64,
    /// What a container says of the picture that begins first in them.
    pub stamps: Option<Stamps>,
}

/// A picture.
pub(super) struct Unit {
    /// Where it begins.
    pub mark: Mark,
    pub bytes: Vec<u8>,
}

/// Splits one stream. Bytes before the first beginning of a picture are passed over.
pub(super) struct Splitter {
    codec: Codec,
    bytes: Vec<u8>,
    /// Where pieces of the bytes begin, and where they came from.
    marks: VecDeque<(usize, Mark)>,
    /// Bytes that were looked at.
    scanned: usize,
    /// Whether `bytes` begin with a picture or its headers.
    aligned: bool,
    /// Whether its picture has begun after the headers.
    begun: bool,
}

/// What a start code begins.
#[derive(PartialEq, Eq)]
enum Start {
    /// What belongs to the next picture.
    Header,
    /// A picture.
    Picture,
    /// What goes on with what was before.
    Other,
}

impl Splitter {
    pub fn new(codec: Codec) -> Self {
        let (bytes, marks) = (Vec::new(), VecDeque::new());
        Self { codec, bytes, marks, scanned: 0, aligned: false, begun: false }
    }

    /// Takes what comes next.
    pub fn push(&mut self, mark: Mark, bytes: &[u8]) {
        self.marks.push_back((self.bytes.len(), mark));
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > MOST {
            self.clear();
        }
    }

    /// Forgets what was taken.
    pub fn clear(&mut self) {
        *self = Self::new(self.codec);
    }

    /// The next picture that is whole.
    pub fn next(&mut self) -> Option<Unit> {
        loop {
            let found = memmem::find(self.bytes.get(self.scanned..)?, &[0, 0, 1]);
            let Some(at) = found.map(|n| n + self.scanned) else {
                self.scanned = self.bytes.len().saturating_sub(2).max(self.scanned);
                return None;
            };
            let code = self.bytes.get(at + 3..at + 3 + AHEAD)?;
            let start = start(self.codec, code);
            self.scanned = at + 3;
            match start {
                Start::Other => {}
                _ if !self.aligned => {
                    drop(self.take(at));
                    (self.aligned, self.begun) = (true, start == Start::Picture);
                }
                Start::Picture if !self.begun => self.begun = true,
                _ if self.begun => {
                    self.begun = start == Start::Picture;
                    return self.take(at);
                }
                _ => {}
            }
        }
    }

    /// What is left at the end.
    pub fn rest(&mut self) -> Option<Unit> {
        let whole = self.aligned && self.begun;
        let rest = self.take(self.bytes.len()).filter(|_| whole);
        self.clear();
        rest
    }

    /// Takes the first bytes away.
    fn take(&mut self, count: usize) -> Option<Unit> {
        let left = self.bytes.split_off(count.min(self.bytes.len()));
        let mut bytes = std::mem::replace(&mut self.bytes, left);
        // zeros that fill, or belong to the start code that follows: parsers take them for its beginning. A slice of MPEG-1
        // and 2 may end in some of its own (ISO 13818-2, 6.2.4), a NAL unit never does (ISO 14496-10, 7.4.1)
        if matches!(self.codec, Codec::H264 | Codec::H265) {
            bytes.truncate(bytes.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1));
        }
        self.scanned = self.scanned.saturating_sub(count);
        let (_, first) = *self.marks.front()?;
        // the last piece that begins within them may go on after them
        let within = self.marks.iter().take_while(|(at, _)| *at <= count).count();
        let mut goes_on = None;
        for (at, mark) in self.marks.drain(..within) {
            // the first picture that begins in a piece is the one that is stamped
            let stamps = mark.stamps.filter(|_| at > 0 || !self.aligned);
            goes_on = Some(Mark { position: mark.position + (count - at) as u64, stamps, ..mark });
        }
        self.marks.iter_mut().for_each(|(at, _)| *at -= count);
        if let Some(mark) = goes_on {
            self.marks.push_front((0, mark));
        }
        Some(Unit { mark: first, bytes })
    }
}

fn start(codec: Codec, code: &[u8]) -> Start {
    let [kind, next, third, ..] = *code else { return Start::Other };
    match codec {
        Codec::Mpeg1 | Codec::Mpeg2 => match kind {
            0x00 => Start::Picture,
            0xB3 | 0xB8 => Start::Header,
            _ => Start::Other,
        },
        Codec::Mpeg4 => match kind {
            0xB6 => Start::Picture,
            0x00..0x30 | 0xB0 | 0xB3 => Start::Header,
            _ => Start::Other,
        },
        Codec::H264 => match kind & 0x1F {
            // a slice that begins with the first macroblock
            1 | 2 | 5 if next & 0x80 != 0 => Start::Picture,
            6..=9 | 14..=18 => Start::Header,
            _ => Start::Other,
        },
        Codec::H265 => match kind >> 1 & 0x3F {
            0..=31 if third & 0x80 != 0 => Start::Picture,
            32..=35 | 39 | 41..=44 | 48..=55 => Start::Header,
            _ => Start::Other,
        },
        Codec::MpegAudio | Codec::Aac | Codec::Ac3 | Codec::Eac3 | Codec::Opus(_) => Start::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of block of the last macroblock may be a bit of one byte and seven of the next.
    #[test]
    fn only_nal_units_lose_the_zeros_after_them() {
        let mark = Mark { position: 0, place: 0, stamps: None };
        for (codec, picture, kept) in [
            (Codec::Mpeg2, &[0, 0, 1, 0, 1, 8, 0, 0, 1, 1, 9, 1, 0][..], 13),
            (Codec::H264, &[0, 0, 1, 0x65, 0x88, 8, 8, 0x80, 0, 0], 8),
            (Codec::H265, &[0, 0, 1, 0x26, 1, 0x88, 8, 0x80, 0, 0], 8),
        ] {
            let mut splitter = Splitter::new(codec);
            splitter.push(mark, &[picture, picture].concat());
            splitter.push(mark, &[0; AHEAD]);
            let unit = splitter.next().unwrap();
            assert_eq!(unit.bytes, picture[..kept], "{codec:?}");
        }
    }

    /// Pictures of MPEG-2 in pieces of any size: each begins with its headers, and has the stamps of the piece in which it
    /// begins.
    #[test]
    fn pictures_are_split_wherever_pieces_end() {
        let picture =
            |n: u8| [[0, 0, 1, 0, n, 8].as_slice(), &[0, 0, 1, 1], &vec![n | 1; 20 + usize::from(n)]].concat();
        let group = [[0, 0, 1, 0xB3, 9, 9, 9, 9].as_slice(), &[0, 0, 1, 0xB8, 7, 7, 7, 7]].concat();
        let whole: Vec<Vec<u8>> =
            (0..9).map(|n| if n % 3 == 0 { [group.clone(), picture(n)].concat() } else { picture(n) }).collect();
        let stream = [vec![5, 5, 0, 0, 1, 0xB5, 3], whole.concat()].concat();
        let stamp = |n: usize| (i64::try_from(n).unwrap(), None);
        for piece in [1, 2, 3, 5, 16, 40, 1000] {
            let mut splitter = Splitter::new(Codec::Mpeg2);
            let mut found = Vec::new();
            for (n, bytes) in stream.chunks(piece).enumerate() {
                let at = (n * piece) as u64;
                splitter.push(Mark { position: at, place: at, stamps: Some(stamp(n)) }, bytes);
                found.extend(std::iter::from_fn(|| splitter.next()));
            }
            found.extend(splitter.rest());
            assert_eq!(found.iter().map(|u| u.bytes.clone()).collect::<Vec<_>>(), whole, "pieces of {piece}");
            let mut begins = 7_usize;
            let mut before = None;
            for unit in found {
                assert_eq!(unit.mark.position, begins as u64, "pieces of {piece}");
                let own = begins.is_multiple_of(piece) || before != Some(begins / piece);
                let first = begins / piece;
                // the first that begins in a piece has its stamps
                assert_eq!(unit.mark.stamps, own.then_some(stamp(first)), "pieces of {piece}");
                before = Some(first);
                begins += unit.bytes.len();
            }
        }
    }
}
