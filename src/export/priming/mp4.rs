//! The run-up of an MP4's sound.
//!
//! The edit list that mp4mux writes for every track (ISO 14496-12, 8.6.6) has the field for it; it is filled in here once the
//! file is complete.

use super::invalid;
use crate::media::Mp4Box;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// Makes the sound tracks of a finished MP4 begin `priming` ticks (of their own time scale, which must be
/// the sample rate) into their media and last `length` samples at `rate` a second.
///
/// # Errors
/// When the file can't be read or written, or is no MP4 with an edit list for its sound.
pub(in crate::export) fn skip_priming(path: &Path, priming: u32, length: u64, rate: u32) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let movie = Mp4Box::file(&mut file)?.child(&mut file, *b"moov").ok_or_else(|| invalid("the file is no MP4"))?;
    let places = places(&mut file, &movie, priming, length, rate);
    let places = places.ok_or_else(|| invalid("the file has no edit list for its sound"))?;
    for (at, word) in places {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&word.to_be_bytes())?;
    }
    Ok(())
}

/// The words that change: where in the file, and to what. `None` when no sound has an edit list.
fn places(file: &mut File, movie: &Mp4Box, priming: u32, length: u64, rate: u32) -> Option<Vec<(u64, u32)>> {
    let movie_scale = movie.child(file, *b"mvhd")?.word(file, 12)?;
    let ticks = (u128::from(length) * u128::from(movie_scale) + u128::from(rate) / 2) / u128::from(rate.max(1));
    let ticks = u32::try_from(ticks).ok()?;
    let (mut places, mut longest) = (Vec::new(), 0);
    for track in movie.children(file).into_iter().filter(|b| &b.kind == b"trak") {
        let sound = track.handler(file) == Some(*b"soun");
        let entry = if sound { last_edit(file, &track) } else { None };
        let length = narrow_word(file, &track, *b"tkhd", 20);
        if let Some(at) = entry {
            places.extend([(at, ticks), (at + 4, priming)]);
            places.extend(length.map(|(at, _)| (at, ticks)));
        }
        // the movie is as long as its longest track: without the run-up (8.3.2, 8.2.2)
        let after = length.map(|(_, before)| if entry.is_some() { ticks } else { before });
        longest = longest.max(after.unwrap_or(0));
    }
    if places.is_empty() {
        return None;
    }
    if let Some((at, _)) = narrow_word(file, movie, *b"mvhd", 16).filter(|_| longest > 0) {
        places.push((at, longest));
    }
    Some(places)
}

/// Where the last entry of a track's edit list begins (8.6.6, version 0): an empty edit may come first.
fn last_edit(file: &mut File, track: &Mp4Box) -> Option<u64> {
    let list = track.child(file, *b"edts")?.child(file, *b"elst")?;
    let entries = list.word(file, 4).filter(|n| (1..=16).contains(n))?;
    let at = list.content + 8 + 12 * u64::from(entries - 1);
    (list.word(file, 0)? >> 24 == 0 && at + 12 <= list.end).then_some(at)
}

/// Where a word of a head of version 0 stands, in which lengths have 32 bits, and what it is.
fn narrow_word(file: &mut File, parent: &Mp4Box, kind: [u8; 4], at: u64) -> Option<(u64, u32)> {
    let head = parent.child(file, kind)?;
    let word = head.word(file, at)?;
    (head.word(file, 0)? >> 24 == 0).then_some((head.content + at, word))
}
