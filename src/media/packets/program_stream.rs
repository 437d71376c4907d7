//! MPEG program streams (ISO/IEC 13818-1, 2.5; ISO/IEC 11172-1): recordings of cameras and television cards, discs.

use super::access_units::Mark;
use super::bytes::Bytes;
use super::elementary::{Codec, lasts, of_content};
use super::pes::{Ticks, head};
use super::pictures::Pictures;
use super::{Demuxer, Kind, Packet, Payload};
use crate::model::FrameRate;
use std::collections::VecDeque;

/// Bytes in which each track must begin.
const TRACKS_WITHIN: u64 = 32 << 20;

/// Bytes of a track that tell what it is.
const SNIFFED: usize = 1 << 16;

/// Bytes that are looked at at once for a start code.
const WINDOW: usize = 1 << 16;

/// Bytes before a packet's content at most.
const HEAD: usize = 6 + 3 + 255;

/// The stream of a substream: sound in formats that MPEG doesn't know (as on DVDs), subtitles.
const PRIVATE: u8 = 0xBD;

/// Reads a program stream on.
pub(super) struct ProgramStream {
    bytes: Bytes,
    at: u64,
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    clock: Ticks,
    ready: VecDeque<Packet>,
    over: bool,
}

struct Track {
    id: Id,
    codec: Codec,
    /// Of a track of pictures.
    pictures: Option<Pictures>,
}

/// A stream's number, and that of a substream in it.
type Id = (u8, u8);

/// A piece of a stream.
struct Piece {
    id: Id,
    /// Where its packet begins, its content, and what follows.
    place: u64,
    content: u64,
    end: u64,
    stamps: Option<super::pes::Stamps>,
}

/// What lies at a place.
enum Found {
    Piece(Piece),
    /// Nothing for an editor; what follows lies there.
    Other(u64),
}

impl ProgramStream {
    /// `None` where the file is none, or has tracks that only `mpegpsdemux` understands.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        (bytes.some(0, 4) == [0, 0, 1, 0xBA]).then_some(())?;
        let (ready, clock) = (VecDeque::new(), Ticks::default());
        let mut stream = Self { bytes, at: 0, tracks: Vec::new(), kinds: Vec::new(), clock, ready, over: false };
        let mut heads: Vec<(Id, Vec<u8>)> = Vec::new();
        while stream.at < TRACKS_WITHIN
            && let Some(found) = stream.find()
        {
            let piece = match found {
                Found::Other(next) => {
                    stream.at = next;
                    continue;
                }
                Found::Piece(piece) => piece,
            };
            stream.at = piece.end;
            let known = heads.iter().position(|(id, _)| *id == piece.id).unwrap_or_else(|| {
                heads.push((piece.id, Vec::new()));
                heads.len() - 1
            });
            if heads[known].1.len() < SNIFFED {
                let content = stream.content(&piece)?;
                heads[known].1.extend(content);
            }
        }
        for (id, head) in heads {
            let codec = match id {
                (PRIVATE, 0x80..=0x87) => Codec::Ac3,
                (PRIVATE, 0xC0..=0xCF) => Codec::Eac3,
                // DTS and uncompressed sound
                (PRIVATE, 0x88..=0x8F | 0xA0..=0xAF) => return None,
                (PRIVATE, _) => continue,
                _ => of_content(&head)?,
            };
            let number = stream.tracks.len();
            let rate = || super::codecs::rate_of(codec.caps(), head.clone()).unwrap_or(FrameRate::F25);
            let pictures = (codec.kind() == Kind::Picture).then(|| Pictures::new(number, codec, rate()));
            stream.tracks.push(Track { id, codec, pictures });
            stream.kinds.push(codec.kind());
        }
        stream.at = 0;
        (!stream.tracks.is_empty()).then_some(stream)
    }

    /// What lies next; `None` at the end.
    fn find(&mut self) -> Option<Found> {
        let start = self.bytes.some(self.at, HEAD);
        let [0, 0, 1, code, high, low, ..] = start[..] else { return self.resync() };
        let at = self.at;
        let length = u64::from(high) << 8 | u64::from(low);
        Some(match code {
            // a pack's head: of MPEG-2 with some stuffing, of MPEG-1
            0xBA if high >> 6 == 1 => Found::Other(at + 14 + u64::from(start.get(13)? & 7)),
            0xBA => Found::Other(at + 12),
            0xB9 => Found::Other(at + 4),
            0xBD | 0xC0..=0xEF => {
                let end = at + 6 + length;
                let Some((stamps, content)) = head(&start) else { return Some(Found::Other(end)) };
                let before = (start.len() - content.len()) as u64;
                // a substream's number and three bytes that tell where its first frame begins
                let (sub, before) = if code == PRIVATE { (*content.first()?, before + 4) } else { (0, before) };
                let content = at + before;
                if content > end {
                    return Some(Found::Other(end));
                }
                Found::Piece(Piece { id: (code, sub), place: at, content, end, stamps })
            }
            0xBB..=0xFF => Found::Other(at + 6 + length),
            _ => return self.resync(),
        })
    }

    /// Goes on from where the next pack begins.
    fn resync(&mut self) -> Option<Found> {
        let mut at = self.at.checked_add(1)?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            if let Some(n) = memchr::memmem::find(&window, &[0, 0, 1, 0xBA]) {
                return Some(Found::Other(at + n as u64));
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - 3) as u64;
        }
    }

    /// The bytes of a piece, as far as the file has them.
    fn content(&mut self, piece: &Piece) -> Option<Vec<u8>> {
        Some(self.bytes.some(piece.content, usize::try_from(piece.end - piece.content).ok()?))
    }

    fn take(&mut self, piece: &Piece) -> Option<()> {
        let Some(number) = self.tracks.iter().position(|t| t.id == piece.id) else { return Some(()) };
        let content = self.content(piece)?;
        let stamps = piece.stamps.map(|stamps| self.clock.nanos(stamps));
        let track = &mut self.tracks[number];
        if let Some(pictures) = &mut track.pictures {
            let mark = Mark { position: piece.content, place: piece.place, stamps };
            pictures.push(mark, &content, &mut self.ready);
        } else if let Some((pts, _)) = stamps {
            self.ready.push_back(Packet {
                track: number,
                pts,
                // sound is decoded when it is heard
                dts: Some(pts),
                duration: lasts(track.codec, &content),
                key: true,
                position: piece.content,
                place: piece.place,
                payload: Payload::Held(content),
            });
        }
        Some(())
    }
}

impl Demuxer for ProgramStream {
    fn caps(&self, _: &std::path::Path) -> Vec<Option<String>> {
        self.tracks.iter().map(|t| Some(t.codec.caps().to_owned())).collect()
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn container(&self) -> Option<&'static str> {
        Some("MPEG program stream")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        if self.over {
            return None;
        }
        match self.find() {
            Some(Found::Other(next)) => self.at = next,
            Some(Found::Piece(piece)) => {
                self.at = piece.end;
                self.take(&piece)?;
            }
            None => {
                self.over = true;
                let pictures = self.tracks.iter_mut().filter_map(|t| t.pictures.as_mut());
                pictures.for_each(|pictures| pictures.finish(&mut self.ready));
            }
        }
        Some(())
    }

    fn go_to(&mut self, place: u64, stamp: i64) {
        self.ready.clear();
        let pictures = self.tracks.iter_mut().filter_map(|t| t.pictures.as_mut());
        pictures.for_each(|pictures| pictures.go_to(Some(stamp)));
        (self.at, self.over) = (place, false);
        self.clock.go_to(stamp);
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }

    fn leaps_are_joints(&self) -> bool {
        true
    }
}
