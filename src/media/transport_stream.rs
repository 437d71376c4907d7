//! The times in an MPEG transport stream that `tsdemux` (GStreamer 1.22) can't make sense of, read directly.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// Bytes of a packet (ISO/IEC 13818-1, 2.4.3.2).
const PACKET: usize = 188;

/// Bytes of a packet that a camera or a disc puts its own clock before.
const CLOCKED_PACKET: usize = 192;

/// The byte that each packet begins with.
const SYNC: u8 = 0x47;

/// Pictures whose times are read.
const MOST: usize = 600;

/// Bytes of a file in which its first sound, or its last picture, is looked for: a file may have none, and be large.
const WINDOW: u64 = 4 << 20;

/// Nanoseconds after which the clock begins anew: 33 bits of 90 kHz.
const WRAP: i64 = (1 << 33) * 100_000 / 9;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Picture,
    Sound,
}

/// When the first pictures are shown, in nanoseconds of the stream's own clock; empty where the file is none.
pub(super) fn picture_times(path: &Path) -> Vec<i64> {
    times(path, 0..u64::MAX, Kind::Picture, MOST)
}

/// When the first sound is heard, in the same nanoseconds.
fn first_sound(path: &Path) -> Option<i64> {
    times(path, 0..WINDOW, Kind::Sound, 1).pop()
}

/// By how much the first sound comes before the first picture, in nanoseconds.
pub(super) fn sound_lead(path: &Path) -> Option<i64> {
    let picture = picture_times(path).into_iter().min()?;
    Some(picture - first_sound(path)?)
}

/// From the first picture or sound to the end of the last picture, in nanoseconds.
pub(super) fn length(path: &Path) -> Option<i64> {
    let mut pictures = picture_times(path);
    pictures.sort_unstable();
    let first = pictures.first().copied().into_iter().chain(first_sound(path)).min()?;
    let size = std::fs::metadata(path).ok()?.len();
    let last = times(path, size.saturating_sub(WINDOW)..size, Kind::Picture, usize::MAX).into_iter().max()?;
    let last = if last < first { last + WRAP } else { last };
    let mut gaps: Vec<i64> = pictures.windows(2).map(|w| w[1] - w[0]).collect();
    gaps.sort_unstable();
    Some(last - first + gaps.get(gaps.len() / 2)?)
}

/// At most so many times of pictures or sound whose packets lie in a range of bytes.
fn times(path: &Path, bytes: Range<u64>, kind: Kind, most: usize) -> Vec<i64> {
    let mut times = Vec::new();
    let Some((reader, size)) = packets(path, bytes.start) else { return times };
    let mut reader = reader.take(bytes.end - bytes.start);
    let mut packet = [0_u8; CLOCKED_PACKET];
    let packet = &mut packet[..size];
    let clock = size - PACKET;
    while times.len() < most && reader.read_exact(packet).is_ok() && packet[clock] == SYNC {
        times.extend(time(&packet[clock..], kind));
    }
    times
}

/// The file from its first packet at or after `from` on, and how many bytes each packet has.
fn packets(path: &Path, from: u64) -> Option<(BufReader<File>, usize)> {
    let mut file = File::open(path).ok()?;
    let mut head = [0_u8; 3 * CLOCKED_PACKET];
    file.read_exact(&mut head).ok()?;
    let begins = |size: usize| (0..3).all(|n| head[n * size + size - PACKET] == SYNC);
    let size = [PACKET, CLOCKED_PACKET].into_iter().find(|size| begins(*size))?;
    file.seek(SeekFrom::Start(from.next_multiple_of(size as u64))).ok()?;
    Some((BufReader::with_capacity(1 << 16, file), size))
}

/// The presentation time in a packet that begins a picture or sound.
fn time(packet: &[u8], kind: Kind) -> Option<i64> {
    let begins = packet[1] & 0x40 != 0;
    let adaptation = packet[3] >> 4 & 3;
    if !begins || adaptation & 1 == 0 {
        return None;
    }
    let start = if adaptation == 3 { 5 + usize::from(packet[4]) } else { 4 };
    let pes = packet.get(start..start + 14)?;
    let streams = match kind {
        Kind::Picture => 0xE0..=0xEF,
        Kind::Sound => 0xC0..=0xDF,
    };
    // a start code, a stream of that kind, and a header with a presentation time (2.4.3.6)
    if pes[..3] != [0, 0, 1] || !streams.contains(&pes[3]) || pes[7] & 0x80 == 0 {
        return None;
    }
    let part = |n: usize| i64::from(pes[n]);
    let ticks = (part(9) >> 1 & 7) << 30 | part(10) << 22 | (part(11) >> 1) << 15 | part(12) << 7 | part(13) >> 1;
    // of 90 kHz
    Some(ticks * 100_000 / 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet that begins a picture or sound at 10 s.
    fn begins(stream: u8) -> [u8; PACKET] {
        let mut packet = [0_u8; PACKET];
        packet[..4].copy_from_slice(&[0x47, 0x41, 0, 0x10]);
        packet[4..18].copy_from_slice(&[0, 0, 1, stream, 0, 0, 0x80, 0x80, 5, 0x21, 0, 0x37, 0x77, 0x41]);
        packet
    }

    #[test]
    fn a_stream_without_sound_is_not_read_to_its_end_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ts");
        let pictures = usize::try_from(WINDOW).unwrap() / PACKET + 1;
        for (before, found) in [(10, true), (pictures, false)] {
            let mut bytes = begins(0xE0).repeat(before);
            bytes.extend(begins(0xC0));
            bytes.extend(begins(0xE0));
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(first_sound(&path).is_some(), found, "after {before} packets");
        }
    }

    #[test]
    fn the_time_is_where_the_standard_puts_it() {
        let mut packet = [0_u8; PACKET];
        packet[..4].copy_from_slice(&[0x47, 0x41, 0, 0x10]);
        // 900 000 ticks of 90 kHz: 10 s
        let ticks = 900_000_u64;
        let byte = |shift: u32| u8::try_from(ticks >> shift & 0xFF).unwrap();
        let stamp = [0x21, byte(22), (byte(15) << 1) | 1, byte(7), u8::try_from((ticks & 0x7F) << 1).unwrap() | 1];
        packet[4..13].copy_from_slice(&[0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 5]);
        packet[13..18].copy_from_slice(&stamp);
        assert_eq!(time(&packet, Kind::Picture), Some(10_000_000_000));
        packet[7] = 0xC0;
        assert_eq!(time(&packet, Kind::Picture), None, "sound");
        assert_eq!(time(&packet, Kind::Sound), Some(10_000_000_000));
    }
}
