//! The times in an MPEG transport stream that `tsdemux` (GStreamer 1.22) can't make sense of, read directly.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a packet (ISO/IEC 13818-1, 2.4.3.2).
const PACKET: usize = 188;

/// Pictures whose times are read.
const MOST: usize = 600;

/// When the first pictures are shown, in nanoseconds; empty where the file is none.
pub(super) fn picture_times(path: &Path) -> Vec<i64> {
    let mut times = Vec::new();
    let Ok(file) = File::open(path) else { return times };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut packet = [0_u8; PACKET];
    while times.len() < MOST && reader.read_exact(&mut packet).is_ok() && packet[0] == 0x47 {
        times.extend(picture_time(&packet));
    }
    times
}

/// The presentation time in a packet that begins a picture.
fn picture_time(packet: &[u8; PACKET]) -> Option<i64> {
    let begins = packet[1] & 0x40 != 0;
    let adaptation = packet[3] >> 4 & 3;
    if !begins || adaptation & 1 == 0 {
        return None;
    }
    let start = if adaptation == 3 { 5 + usize::from(packet[4]) } else { 4 };
    let pes = packet.get(start..start + 14)?;
    // a start code, a stream of pictures, and a header with a presentation time (2.4.3.6)
    let picture = pes[..3] == [0, 0, 1] && (0xE0..=0xEF).contains(&pes[3]);
    if !picture || pes[7] & 0x80 == 0 {
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
        assert_eq!(picture_time(&packet), Some(10_000_000_000));
        packet[7] = 0xC0;
        assert_eq!(picture_time(&packet), None, "sound");
    }
}
