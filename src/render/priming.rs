//! Tells players how many samples at the start of an MP4's AAC are the encoder's run-up.
//!
//! AAC encoders put out a frame of run-up first, so that all sound would come late by as much. GStreamer
//! does not compensate for it. The edit list that mp4mux writes for every track (ISO 14496-12, 8.6.6) has
//! the field for it; it is filled in here once the file is complete.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A `moov` box larger than this is not looked at: about 100 hours.
const MOST: u64 = 512 << 20;

struct Found {
    kind: [u8; 4],
    start: usize,
    end: usize,
}

/// Makes the sound tracks of a finished MP4 begin `priming` ticks (of their own time scale, which must be
/// the sample rate) into their media and last `length` samples at `rate` a second.
///
/// # Errors
/// When the file can't be read or written, or is no MP4 with an edit list for its sound.
pub(super) fn skip_priming(path: &Path, priming: u32, length: u64, rate: u32) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let (offset, mut moov) = read_moov(&mut file)?;
    if !patch(&mut moov, priming, length, rate) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file has no edit list for its sound"));
    }
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&moov)?;
    file.sync_data()
}

/// The contents of the `moov` box and where they begin.
fn read_moov(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let end = file.metadata()?.len();
    let mut at = 0;
    while at + 8 <= end {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let n = usize::try_from((end - at).min(16)).unwrap_or(16);
        file.read_exact(&mut head[..n])?;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (size, header) = match short {
            0 => (end - at, 8),
            1 => {
                (u64::from_be_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]]), 16)
            }
            size => (size, 8),
        };
        if size < header || at + size > end {
            break;
        }
        if &head[4..8] == b"moov" && size < MOST {
            let mut moov = vec![0; usize::try_from(size - header).unwrap_or(0)];
            file.seek(SeekFrom::Start(at + header))?;
            file.read_exact(&mut moov)?;
            return Ok((at + header, moov));
        }
        at += size;
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the file is no MP4"))
}

fn boxes(data: &[u8], start: usize, end: usize) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = start;
    while at + 8 <= end {
        let size = u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]) as usize;
        if size < 8 || at + size > end {
            break;
        }
        found.push(Found {
            kind: [data[at + 4], data[at + 5], data[at + 6], data[at + 7]],
            start: at + 8,
            end: at + size,
        });
        at += size;
    }
    found
}

fn child(data: &[u8], parent: &Found, kind: [u8; 4]) -> Option<Found> {
    boxes(data, parent.start, parent.end).into_iter().find(|b| b.kind == kind)
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

fn patch(moov: &mut [u8], priming: u32, length: u64, rate: u32) -> bool {
    let whole = Found { kind: *b"moov", start: 0, end: moov.len() };
    let Some(movie_scale) = child(moov, &whole, *b"mvhd").and_then(|h| word(moov, h.start + 12)) else { return false };
    let mut patched = false;
    for track in boxes(moov, 0, moov.len()).into_iter().filter(|b| b.kind == *b"trak") {
        let sound = child(moov, &track, *b"mdia")
            .and_then(|mdia| child(moov, &mdia, *b"hdlr"))
            .is_some_and(|hdlr| moov.get(hdlr.start + 8..hdlr.start + 12) == Some(b"soun"));
        let list = child(moov, &track, *b"edts").and_then(|edts| child(moov, &edts, *b"elst"));
        let (true, Some(list)) = (sound, list) else { continue };
        // version 0, and the last entry: an empty edit may come first
        let (Some(0), Some(entries @ 1..=16)) = (word(moov, list.start).map(|v| v >> 24), word(moov, list.start + 4))
        else {
            continue;
        };
        let at = list.start + 8 + 12 * (entries as usize - 1);
        if at + 12 > list.end {
            continue;
        }
        let ticks = (u128::from(length) * u128::from(movie_scale) + u128::from(rate) / 2) / u128::from(rate.max(1));
        let Ok(ticks) = u32::try_from(ticks) else { continue };
        moov[at..at + 4].copy_from_slice(&ticks.to_be_bytes());
        moov[at + 4..at + 8].copy_from_slice(&priming.to_be_bytes());
        shorten(moov, &track, ticks);
        patched = true;
    }
    patched
}

/// Gives a track its length in the movie's ticks, and the movie that of its longest track: without the run-up.
fn shorten(moov: &mut [u8], track: &Found, ticks: u32) {
    // version 0 of `tkhd` and `mvhd` (8.3.2, 8.2.2): where the lengths have 32 bits
    let place = |moov: &[u8], parent: &Found, kind: [u8; 4], at: usize| {
        let head = child(moov, parent, kind)?;
        (word(moov, head.start)? >> 24 == 0 && head.start + at + 4 <= head.end).then_some(head.start + at)
    };
    let whole = Found { kind: *b"moov", start: 0, end: moov.len() };
    if let Some(at) = place(moov, track, *b"tkhd", 20) {
        moov[at..at + 4].copy_from_slice(&ticks.to_be_bytes());
    }
    let tracks = boxes(moov, 0, moov.len()).into_iter().filter(|b| b.kind == *b"trak");
    let longest = tracks.filter_map(|t| word(moov, place(moov, &t, *b"tkhd", 20)?)).max();
    if let (Some(at), Some(longest)) = (place(moov, &whole, *b"mvhd", 16), longest) {
        moov[at..at + 4].copy_from_slice(&longest.to_be_bytes());
    }
}
