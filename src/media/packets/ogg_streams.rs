//! What is in the streams of an Ogg file, and how long their packets last: pages have a stamp for their last packet only.

use super::{Kind, opus};
use gstreamer as gst;
use gstreamer_pbutils as pbutils;

/// The checksum of a frame of FLAC, its own included (RFC 9639, 9.3).
const FLAC_CHECKSUM: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_UMTS);

/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

/// What is in a stream, and what of its headers tells when its packets are shown or heard.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Codec {
    /// Whether each mode has long blocks, bits of a mode's number, and the samples of short and of long blocks (Vorbis I, 4.2).
    Vorbis {
        long: Vec<bool>,
        mode_bits: u32,
        blocks: [i64; 2],
    },
    /// Samples that a decoder gives before the beginning (RFC 7845, 5.1).
    Opus {
        skip: i64,
    },
    /// Samples of a packet.
    Speex {
        samples: i64,
    },
    Flac,
    /// Bits of the number of pictures since a key picture, and whether they are counted from 1 (Theora, A.2.3).
    Theora {
        shift: u32,
        from_one: bool,
    },
    Vp8,
}

/// A stream's description.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Described {
    pub codec: Codec,
    /// Samples or pictures in a second, as a fraction.
    pub rate: (i64, i64),
    /// Packets that are headers.
    pub headers: usize,
}

/// A number in bytes.
fn number(bytes: &[u8], at: usize, count: usize, big: bool) -> Option<i64> {
    let bytes = bytes.get(at..at + count)?;
    let add = |n: i64, b: &u8| n << 8 | i64::from(*b);
    Some(if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
}

/// Whether a stream that begins with this packet is of no use for an editor: an index, texts.
pub(super) fn is_other(first: &[u8]) -> bool {
    [&b"fishead\0"[..], b"\x80kate\0\0\0", b"CMML\0\0\0\0", b"index\0"].iter().any(|name| first.starts_with(name))
}

impl Described {
    /// By the first packet of a stream. `None` for what only `oggdemux` understands.
    pub fn of(first: &[u8]) -> Option<Self> {
        let little = |at: usize, count: usize| number(first, at, count, false);
        let big = |at: usize, count: usize| number(first, at, count, true);
        let found =
            |codec, rate: (i64, i64), headers| Some(Self { codec, rate, headers }).filter(|_| rate.0 > 0 && rate.1 > 0);
        if first.starts_with(b"\x01vorbis") {
            let sizes = *first.get(28)?;
            let blocks = [1_i64 << (sizes & 15), 1_i64 << (sizes >> 4)];
            return found(Codec::Vorbis { long: Vec::new(), mode_bits: 0, blocks }, (little(12, 4)?, 1), 3);
        }
        if first.starts_with(b"OpusHead") {
            return found(Codec::Opus { skip: little(10, 2)? }, (48_000, 1), 2);
        }
        if first.starts_with(b"Speex   ") {
            let samples = little(56, 4)?.checked_mul(little(64, 4)?.max(1)).filter(|n| (1..1 << 20).contains(n))?;
            let more = usize::try_from(little(68, 4)?).ok().filter(|more| *more < 16)?;
            return found(Codec::Speex { samples }, (little(36, 4)?, 1), 2 + more);
        }
        if first.starts_with(b"\x7fFLAC\x01") {
            let headers = usize::try_from(big(7, 2)?).ok().filter(|count| *count > 0)?;
            return found(Codec::Flac, (big(27, 3)? >> 4, 1), headers + 1);
        }
        if first.starts_with(b"\x80theora") {
            let version = big(7, 3)?;
            let shift = u32::try_from(big(40, 2)? >> 5 & 31).ok()?;
            let codec = Codec::Theora { shift, from_one: version >= 0x03_02_01 };
            return found(codec, (big(22, 4)?, big(26, 4)?), 3);
        }
        if first.starts_with(b"OVP80\x01") {
            // some write a comment, too
            return found(Codec::Vp8, (big(18, 4)?, big(22, 4)?), 1);
        }
        None
    }

    pub fn kind(&self) -> Kind {
        if matches!(self.codec, Codec::Theora { .. } | Codec::Vp8) { Kind::Picture } else { Kind::Sound }
    }

    /// Learns from the packet that is the nth header.
    pub fn learn(&mut self, header: &[u8]) {
        if let Codec::Vorbis { long, mode_bits, .. } = &mut self.codec
            && header.starts_with(b"\x05vorbis")
            && let Some(modes) = modes(header)
        {
            *mode_bits = usize::BITS - modes.len().saturating_sub(1).leading_zeros();
            *long = modes;
        }
    }

    /// Whether a packet is a header; `before` is how many came before it. Some write fewer or more of them than they say.
    pub fn is_header(&self, packet: &[u8], before: usize) -> bool {
        let first = packet.first().copied();
        match self.codec {
            Codec::Vorbis { .. } => first.is_some_and(|byte| byte & 1 == 1),
            Codec::Theora { .. } => first.is_some_and(|byte| byte & 0x80 != 0),
            Codec::Flac => first.is_some_and(|byte| byte != 0xFF),
            Codec::Vp8 => packet.starts_with(b"OVP80"),
            _ => before < self.headers,
        }
    }

    /// Whether a packet of a damaged page is none of those that were.
    pub fn may_be_whole(&self, packet: &[u8]) -> bool {
        match self.codec {
            // a decoder that is given half of one is silent from there on; the checksum (RFC 9639, 9.3) tells
            Codec::Flac => FLAC_CHECKSUM.checksum(packet) == 0,
            _ => packet.iter().any(|byte| *byte != 0),
        }
    }

    pub fn is_key(&self, packet: &[u8]) -> bool {
        match self.codec {
            Codec::Theora { .. } => packet.first().is_some_and(|byte| byte & 0x40 == 0),
            Codec::Vp8 => packet.first().is_some_and(|byte| byte & 1 == 0),
            _ => true,
        }
    }

    /// How many samples or pictures a packet gives; `before` is what the packet before it left of Vorbis' blocks.
    pub fn lasts(&self, packet: &[u8], before: &mut Option<i64>) -> i64 {
        match &self.codec {
            Codec::Vorbis { long, mode_bits, blocks } => {
                let Some(first) = packet.first() else { return 0 };
                let mode = usize::from(first >> 1) & ((1 << mode_bits) - 1);
                let block = blocks[usize::from(long.get(mode) == Some(&true))];
                // overlapping halves
                before.replace(block).map_or(0, |before| (before + block) / 4)
            }
            Codec::Opus { .. } => opus::samples(packet),
            Codec::Speex { samples } => *samples,
            Codec::Flac => flac(packet),
            Codec::Theora { .. } => 1,
            Codec::Vp8 => packet.first().map_or(0, |byte| i64::from(byte >> 4 & 1)),
        }
    }

    /// At which sample or picture a page ends that has this stamp.
    pub fn end(&self, granule: i64) -> i64 {
        match self.codec {
            Codec::Theora { shift, from_one } => {
                (granule >> shift) + (granule & ((1 << shift) - 1)) + i64::from(!from_one)
            }
            Codec::Vp8 => granule >> 32,
            Codec::Opus { skip } => granule.saturating_sub(skip),
            _ => granule,
        }
    }

    /// Samples at the beginning that are not heard.
    pub fn skipped(&self) -> i64 {
        if let Codec::Opus { skip } = self.codec { skip } else { 0 }
    }

    /// Nanoseconds of so many samples or pictures.
    pub fn nanos(&self, units: i64) -> i64 {
        let (num, den) = (i128::from(self.rate.0), i128::from(self.rate.1));
        i64::try_from((i128::from(units) * SECOND * den).div_euclid(num)).unwrap_or(0)
    }

    /// The caps of the stream; `headers` are the first packets.
    pub fn caps(&self, headers: &[Vec<u8>]) -> Option<String> {
        let buffer = |bytes: &[u8]| gst::Buffer::from_slice(bytes.to_vec());
        let first = headers.first()?;
        if let Codec::Opus { .. } = self.codec {
            let tags = headers.get(1).map(|tags| buffer(tags));
            let caps = pbutils::functions::codec_utils_opus_create_caps_from_header(&buffer(first), tags.as_deref());
            return caps.ok().map(|caps| caps.to_string());
        }
        let name = match self.codec {
            Codec::Vorbis { .. } => "audio/x-vorbis",
            Codec::Speex { .. } => "audio/x-speex",
            Codec::Flac => "audio/x-flac, framed=true",
            Codec::Theora { .. } => "video/x-theora",
            Codec::Vp8 | Codec::Opus { .. } => return Some("video/x-vp8".to_owned()),
        };
        let mut caps: gst::Caps = name.parse().ok()?;
        // in Ogg, the beginning of a FLAC file stands behind another head
        let skipped = if self.codec == Codec::Flac { 9 } else { 0 };
        let streamheader = headers
            .iter()
            .enumerate()
            .map(|(n, header)| buffer(header.get(if n == 0 { skipped } else { 0 }..).unwrap_or_default()));
        caps.make_mut().set("streamheader", gst::Array::new(streamheader));
        Some(caps.to_string())
    }
}

/// Samples of a frame of FLAC (RFC 9639, 9.1).
fn flac(packet: &[u8]) -> i64 {
    let Some(&[0xFF, second, sizes, _]) = packet.first_chunk::<4>() else { return 0 };
    if second & 0xFC != 0xF8 {
        return 0;
    }
    // behind a number of variable length
    let coded = packet.get(4).map_or(1, |byte| byte.leading_ones().max(1) as usize);
    let after = |count: usize| number(packet, 4 + coded, count, true).map_or(0, |n| n + 1);
    match sizes >> 4 {
        1 => 192,
        n @ 2..=5 => 576 << (n - 2),
        6 => after(1),
        7 => after(2),
        n @ 8..=15 => 256 << (n - 8),
        _ => 0,
    }
}

/// Whether each mode of Vorbis has long blocks. They stand at the end of the setup header, and how long what lies before is,
/// is known only to who reads all of it; read backwards, they are known by their zeros (as FFmpeg does).
fn modes(setup: &[u8]) -> Option<Vec<bool>> {
    let bits = setup.len() * 8;
    let bit = |at: usize| setup[at / 8] >> (at % 8) & 1 == 1;
    let field = |at: usize, count: usize| (0..count).fold(0_u32, |n, i| n | u32::from(bit(at + i)) << i);
    // the last bit that is set is the framing flag
    let framing = (0..bits).rev().find(|at| bit(*at))?;
    let mut modes = Vec::new();
    let mut found = None;
    let mut at = framing;
    // a mode is a flag, two numbers of 16 bits that are 0, and one of 8
    while at >= 41 + 97 && modes.len() < 64 {
        at -= 41;
        if field(at + 1, 16) != 0 || field(at + 17, 16) != 0 || field(at + 33, 8) > 63 {
            break;
        }
        modes.push(bit(at));
        if field(at - 6, 6) as usize + 1 == modes.len() {
            found = Some(modes.len());
        }
    }
    modes.truncate(found?);
    modes.reverse();
    Some(modes)
}
