//! The elements of a Matroska file (RFC 8794, RFC 9559): heads are read, what blocks carry is passed over; and the marks of
//! sound, which its muxer leaves out.

use super::invalid;
use crate::media::{Framing, NalCodec};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

const EBML: u64 = 0x1A45_DFA3;
const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_A966;
const SCALE: u64 = 0x2A_D7B1;
const TRACKS: u64 = 0x1654_AE6B;
const TRACK: u64 = 0xAE;
const TRACK_NUMBER: u64 = 0xD7;
const TRACK_TYPE: u64 = 0x83;
const CODEC: u64 = 0x86;
const CODEC_PRIVATE: u64 = 0x63A2;
const CLUSTER: u64 = 0x1F43_B675;
const TIMESTAMP: u64 = 0xE7;
const SIMPLE_BLOCK: u64 = 0xA3;
const GROUP: u64 = 0xA0;
const BLOCK: u64 = 0xA1;
const REFERENCE: u64 = 0xFB;
const CUES: u64 = 0x1C53_BB6B;
const CUE: u64 = 0xBB;
const CUE_PLACE: u64 = 0xB7;
const CUE_CLUSTER: u64 = 0xF1;

/// Of the flags of a simple block, the one that lets players begin with it (RFC 9559, 10.2).
const KEY: u8 = 0x80;

/// Elements of a kind that are looked at within one of the small ones.
const MOST: usize = 4096;

/// Whether a file begins as Matroska does.
pub(super) fn is_matroska(file: &mut File) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = [0; 4];
    let read = file.read(&mut head)?;
    Ok(read == 4 && u64::from(u32::from_be_bytes(head)) == EBML)
}

/// A reader that knows where it is.
struct Reader {
    file: BufReader<File>,
    at: u64,
    end: u64,
}

/// An element: what it is, and where its content lies.
#[derive(Clone, Copy)]
struct Element {
    id: u64,
    content: u64,
    end: u64,
}

impl Reader {
    fn go(&mut self, to: u64) -> io::Result<()> {
        let by = i128::from(to) - i128::from(self.at);
        self.file.seek_relative(i64::try_from(by).map_err(|_| invalid("an element is too long"))?)?;
        self.at = to;
        Ok(())
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.file.read_exact(&mut byte)?;
        self.at += 1;
        Ok(byte[0])
    }

    /// A number whose first bits say how long it is (RFC 8794, 4), with those bits or without. All ones is unknown.
    fn number(&mut self, with_marker: bool) -> io::Result<Option<u64>> {
        let first = self.byte()?;
        let more = first.leading_zeros();
        if more > 7 {
            return Err(invalid("a number has no end"));
        }
        let mut value = u64::from(first);
        if !with_marker {
            value &= (1 << (7 - more)) - 1;
        }
        for _ in 0..more {
            value = value << 8 | u64::from(self.byte()?);
        }
        Ok((with_marker || value != (1 << (7 * (more + 1))) - 1).then_some(value))
    }

    /// The element that begins here, if there is one before `limit`.
    fn element(&mut self, limit: u64) -> io::Result<Option<Element>> {
        if self.at >= limit {
            return Ok(None);
        }
        let Some(id) = self.number(true)? else { return Ok(None) };
        let size = self.number(false)?;
        let end = size.map_or(Some(limit), |s| self.at.checked_add(s)).filter(|end| *end <= limit);
        let end = end.ok_or_else(|| invalid("an element ends beyond what it lies in"))?;
        Ok(Some(Element { id, content: self.at, end }))
    }

    /// The elements within another, which must be few.
    fn children(&mut self, of: Element) -> io::Result<Vec<Element>> {
        let mut found = Vec::new();
        self.go(of.content)?;
        while found.len() < MOST
            && let Some(element) = self.element(of.end)?
        {
            self.go(element.end)?;
            found.push(element);
        }
        Ok(found)
    }

    fn bytes(&mut self, of: Element, most: u64) -> io::Result<Vec<u8>> {
        self.go(of.content)?;
        (0..(of.end - of.content).min(most)).map(|_| self.byte()).collect()
    }

    fn integer(&mut self, of: Element) -> io::Result<u64> {
        Ok(self.bytes(of, 8)?.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }
}

/// What is needed of a track.
#[derive(Clone, Copy, Default)]
struct Track {
    number: u64,
    kind: Option<Kind>,
    framing: Option<(NalCodec, Framing)>,
}

/// What a track has, of which a film has one each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Pictures.
    Pictures,
    /// Sound.
    Sound,
}

/// A packet of a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// What it is of.
    pub kind: Kind,
    /// Its time in nanoseconds, from the beginning of the file.
    pub nanos: i64,
    /// Whether players may begin with it.
    pub is_key: bool,
    /// Where its flags are that say so, where they do.
    flags: Option<(u64, u8)>,
    /// Where its content begins in the file.
    pub at: u64,
    /// Bytes of that.
    pub size: u64,
}

/// A file that was read to its end.
pub(super) struct Walked {
    reader: Reader,
    segment: Element,
    cues: Option<Element>,
    /// How packets of pictures tell what they are, where they do.
    pub framing: Option<(NalCodec, Framing)>,
}

/// Reads all heads of a file, and gives each packet of its tracks.
///
/// # Errors
/// When it can't be read, or is none.
pub(super) fn walk(file: &mut File, seen: &mut dyn FnMut(Block) -> io::Result<()>) -> io::Result<Walked> {
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut reader = Reader { file: BufReader::with_capacity(256, file.try_clone()?), at: 0, end };
    let mut segment = None;
    while let Some(element) = reader.element(reader.end)? {
        if element.id == SEGMENT {
            segment = Some(element);
            break;
        }
        reader.go(element.end)?;
    }
    let segment = segment.ok_or_else(|| invalid("there is no segment"))?;
    let mut heads = Heads { tracks: Vec::new(), scale: 1_000_000 };
    let mut cues = None;
    while let Some(element) = reader.element(segment.end)? {
        match element.id {
            INFO => {
                for child in reader.children(element)?.into_iter().filter(|c| c.id == SCALE) {
                    heads.scale = i64::try_from(reader.integer(child)?).unwrap_or(i64::MAX).max(1);
                }
            }
            TRACKS => {
                for child in reader.children(element)?.into_iter().filter(|c| c.id == TRACK) {
                    let track = track(&mut reader, child)?;
                    heads.tracks.push(track);
                }
            }
            CLUSTER => heads.cluster(&mut reader, element, seen)?,
            CUES => cues = Some(element),
            _ => {}
        }
        reader.go(element.end)?;
    }
    let framing = heads.tracks.iter().find(|t| t.kind == Some(Kind::Pictures)).and_then(|t| t.framing);
    Ok(Walked { reader, segment, cues, framing })
}

fn track(reader: &mut Reader, element: Element) -> io::Result<Track> {
    let mut track = Track::default();
    let (mut codec, mut private) = (Vec::new(), Vec::new());
    for child in reader.children(element)? {
        match child.id {
            TRACK_NUMBER => track.number = reader.integer(child)?,
            TRACK_TYPE => {
                track.kind = match reader.integer(child)? {
                    1 => Some(Kind::Pictures),
                    2 => Some(Kind::Sound),
                    _ => None,
                };
            }
            CODEC => codec = reader.bytes(child, 64)?,
            CODEC_PRIVATE => private = reader.bytes(child, 64)?,
            _ => {}
        }
    }
    let length = |at: usize| private.get(at).map(|b| Framing::Length(usize::from(b & 3) + 1));
    track.framing = match &codec[..] {
        b"V_MPEG4/ISO/AVC" => length(4).map(|l| (NalCodec::H264, l)),
        b"V_MPEGH/ISO/HEVC" => length(21).map(|l| (NalCodec::Hevc, l)),
        _ => None,
    };
    Ok(track)
}

/// What is known of a file when its packets come.
struct Heads {
    tracks: Vec<Track>,
    /// Nanoseconds of a tick.
    scale: i64,
}

impl Heads {
    fn cluster(
        &self,
        reader: &mut Reader,
        cluster: Element,
        seen: &mut dyn FnMut(Block) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut begin = 0;
        while let Some(element) = reader.element(cluster.end)? {
            match element.id {
                TIMESTAMP => begin = i64::try_from(reader.integer(element)?).unwrap_or(i64::MAX),
                SIMPLE_BLOCK => self.block(reader, element, begin, None)?.map_or(Ok(()), &mut *seen)?,
                GROUP => {
                    let parts = reader.children(element)?;
                    let key = !parts.iter().any(|p| p.id == REFERENCE);
                    for block in parts.into_iter().filter(|p| p.id == BLOCK) {
                        self.block(reader, block, begin, Some(key))?.map_or(Ok(()), &mut *seen)?;
                    }
                }
                _ => {}
            }
            reader.go(element.end)?;
        }
        Ok(())
    }

    /// One packet of a track (RFC 9559, 10.1), of a cluster that begins at that tick; blocks of several packets are not
    /// written. Whether it is a key is known where it is in a group.
    fn block(&self, reader: &mut Reader, element: Element, begin: i64, key: Option<bool>) -> io::Result<Option<Block>> {
        reader.go(element.content)?;
        let number = reader.number(false)?;
        let kind = self.tracks.iter().find(|t| Some(t.number) == number).and_then(|t| t.kind);
        let Some(kind) = kind else { return Ok(None) };
        let time = i16::from_be_bytes([reader.byte()?, reader.byte()?]);
        let nanos = begin.saturating_add(i64::from(time)).saturating_mul(self.scale);
        let flags_at = reader.at;
        let flags = reader.byte()?;
        let size = element.end.checked_sub(reader.at).ok_or_else(|| invalid("a block has no content"))?;
        let is_key = key.unwrap_or(flags & KEY != 0);
        let flags = key.is_none().then_some((flags_at, flags));
        Ok(Some(Block { kind, nanos, is_key, flags, at: reader.at, size }))
    }
}

impl Walked {
    /// Checks that the table of places to seek to (RFC 9559, 5.1.5) names clusters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_cues(&mut self) -> io::Result<()> {
        let Self { reader, segment, .. } = self;
        let cues = self.cues.ok_or_else(|| invalid("there are no cues"))?;
        reader.go(cues.content)?;
        let mut seen = 0;
        while let Some(cue) = reader.element(cues.end)? {
            for place in reader.children(cue)?.into_iter().filter(|p| cue.id == CUE && p.id == CUE_PLACE) {
                for at in reader.children(place)?.into_iter().filter(|p| p.id == CUE_CLUSTER) {
                    let at = segment.content.saturating_add(reader.integer(at)?);
                    reader.go(at.min(segment.end))?;
                    let cluster = reader.element(segment.end)?.filter(|e| e.id == CLUSTER);
                    cluster.ok_or_else(|| invalid("a cue does not lead to a cluster"))?;
                    seen += 1;
                }
            }
            reader.go(cue.end)?;
        }
        if seen == 0 { Err(invalid("its cues are empty")) } else { Ok(()) }
    }
}

/// Lets players begin with any packet of sound, as they may with all that is written here. `matroskamux` (GStreamer 1.22) says
/// so of pictures alone; then Chromium can't go back to the beginning of a film.
///
/// # Errors
/// When the file can't be read or written.
pub(super) fn mark_sound(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut marked = File::options().write(true).open(path)?;
    walk(&mut file, &mut |block| {
        let Some((at, flags)) = block.flags.filter(|_| block.kind == Kind::Sound && !block.is_key) else {
            return Ok(());
        };
        marked.seek(SeekFrom::Start(at))?;
        marked.write_all(&[flags | KEY])
    })?;
    Ok(())
}
