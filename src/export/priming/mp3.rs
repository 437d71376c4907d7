//! The first frame of an MP3, which is silent and tells how long the file is and what of it is run-up and filling.
//!
//! There is no standard for it; what everyone reads is described by G. Sieber and M. Beauchamp, "Mp3 Info Tag revision 1".

use super::invalid;
use std::io::{self, Read, Write};

/// Samples of a frame of MPEG-1 layer III.
const FRAME: u64 = 1152;

/// Samples by which LAME's output comes late, beside what every decoder's does.
const LATE: u64 = 576;

/// Thousand bits a second of MPEG-1 layer III, by their number in a frame's head.
const RATES: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

/// The tag of LAME has a checksum over what comes before it.
const CHECKSUM: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_ARC);

/// What a frame's head says.
#[derive(Clone, Copy)]
struct Head {
    bytes: [u8; 4],
    /// Bytes of the frame.
    size: usize,
}

impl Head {
    fn read(bytes: [u8; 4]) -> Option<Self> {
        let [sync, kind, rates, _] = bytes;
        // MPEG-1, layer III
        if sync != 0xff || kind & 0xfe != 0xfa {
            return None;
        }
        let rate = *[44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))?;
        let kilobits = *RATES.get(usize::from(rates >> 4)).filter(|k| **k > 0)?;
        let size = 144_000 * kilobits / rate + u64::from(rates >> 1 & 1);
        Some(Self { bytes, size: usize::try_from(size).ok()? })
    }

    /// The same with so many thousand bits a second, without filling.
    fn with_rate(self, index: u8) -> Option<Self> {
        let [sync, kind, rates, channels] = self.bytes;
        Self::read([sync, kind | 1, index << 4 | rates & 0x0c, channels])
    }
}

/// Writes frames of a constant rate with a first one that says that so many samples at the frames' rate are in them.
///
/// # Errors
/// When reading or writing fails, or they are no such frames.
pub(in crate::export) fn write_with_head(
    open: impl Fn() -> io::Result<std::fs::File>,
    samples: u64,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut from = io::BufReader::new(open()?);
    let (mut frames, mut bytes, mut first) = (0_u64, 0_u64, None);
    let mut start = [0; 4];
    while read_head(&mut from, &mut start)? {
        let head = Head::read(start).ok_or_else(|| invalid("what was encoded is no MP3"))?;
        from.seek_relative(i64::try_from(head.size).unwrap_or(4) - 4)?;
        first.get_or_insert(head);
        frames += 1;
        bytes += head.size as u64;
    }
    let first = first.ok_or_else(|| invalid("nothing was encoded"))?;
    let head = info(first, (frames, bytes), samples).ok_or_else(|| invalid("an MP3 without room for its head"))?;
    to.write_all(&head)?;
    io::copy(&mut open()?, to)?;
    to.flush()
}

fn read_head(from: &mut impl Read, to: &mut [u8; 4]) -> io::Result<bool> {
    match from.read_exact(to) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// The first frame.
fn info(first: Head, (frames, bytes): (u64, u64), samples: u64) -> Option<Vec<u8>> {
    // the smallest that has room: the side information (32 bytes, 17 for one channel), and 156 of the tag
    let mono = first.bytes[3] >> 6 == 3;
    let at = if mono { 21 } else { 36 };
    let head = (1..15).filter_map(|index| first.with_rate(index)).find(|head| head.size >= at + 156)?;
    let mut frame = vec![0; head.size];
    frame[..4].copy_from_slice(&head.bytes);
    let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    let tag = &mut frame[at..];
    tag[..4].copy_from_slice(b"Info");
    // frames, bytes, places to begin at, quality
    tag[7] = 15;
    tag[8..12].copy_from_slice(&narrow(frames));
    tag[12..16].copy_from_slice(&narrow(bytes + head.size as u64));
    for (n, place) in tag[16..116].iter_mut().enumerate() {
        *place = u8::try_from(n * 256 / 100).unwrap_or(u8::MAX);
    }
    tag[119] = 100;
    // LAME's part: who encoded, at a constant rate
    tag[120..129].copy_from_slice(b"LAME3.100");
    tag[129] = 1;
    let filling = (frames * FRAME).saturating_sub(LATE + samples).min(4095);
    let late = (LATE << 12 | filling).to_be_bytes();
    tag[141..144].copy_from_slice(&late[5..]);
    tag[148..152].copy_from_slice(&narrow(bytes + head.size as u64));
    let sum = CHECKSUM.checksum(&frame[..at + 154]);
    frame[at + 154..at + 156].copy_from_slice(&sum.to_be_bytes());
    Some(frame)
}
