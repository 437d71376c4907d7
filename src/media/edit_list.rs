//! Which parts of a sound track are heard, and when: the edit lists of MP4 and `QuickTime` files (ISO 14496-12, 8.6.6).
//!
//! `qtdemux` (1.22) ends a track whose list begins late by as much too early: what was cut without encoding lost its last
//! seconds, any AAC file 21 ms. Of several edits it plays what is between them too. So the lists of sound tracks are hidden
//! from it and applied here, by position, which is the same with any version of it.

use super::mp4_boxes::Mp4Box;
use crate::model::{SourceTime, time::mul_div_round};
use std::io::{Read, Seek};

/// Edits of one track that are looked at: far more than editors write.
const MOST: u32 = 4096;

/// A part of a track that is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Edit {
    /// When it is heard, by the file's clock.
    pub at: SourceTime,
    /// When it ends; `None` where the track does.
    pub end: Option<SourceTime>,
    /// By how much the track's own clock is ahead of the file's in it.
    pub shift: SourceTime,
}

/// The edits of one sound track, in their order. None at all: the track is heard as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct EditList(pub Vec<Edit>);

impl EditList {
    /// What the `edts` box of a track says. `movie` are ticks a second of the file's clock, `fragmented` whether the
    /// track goes on after the header (its last edit then has no end that could be known). Rates other than 1 are passed
    /// over, as ffmpeg does. `None` for a list that can't be right.
    pub fn read(file: &mut (impl Read + Seek), track: Mp4Box, movie: u32, fragmented: bool) -> Option<Self> {
        let header = track.child(file, *b"mdia")?.child(file, *b"mdhd")?;
        let long = header.word(file, 0)? >> 24 == 1;
        let media = header.word(file, if long { 20 } else { 12 })?;
        let list = track.child(file, *b"edts")?.child(file, *b"elst")?;
        let long = list.word(file, 0)? >> 24 == 1;
        let count = list.word(file, 4).filter(|n| (1..=MOST).contains(n))?;
        if movie == 0 || media == 0 {
            return None;
        }
        let time = |ticks: i64, rate: u32| SourceTime(mul_div_round(ticks, SourceTime::SECOND.0, i64::from(rate)));
        let mut edits = Vec::new();
        let mut clock = 0_i64;
        for n in 0..count {
            let place = 8 + u64::from(n) * if long { 20 } else { 12 };
            let (length, from) = if long {
                let mut wide = |at| Some(u64::from(list.word(file, at)?) << 32 | u64::from(list.word(file, at + 4)?));
                (i64::try_from(wide(place)?).ok()?, wide(place + 8)?.cast_signed())
            } else {
                (i64::from(list.word(file, place)?), i64::from(list.word(file, place + 4)?.cast_signed()))
            };
            let at = time(clock, movie);
            clock = clock.checked_add(length).filter(|c| *c < i64::MAX >> 10)?;
            let last = n + 1 == count;
            if !(0..=i64::MAX >> 10).contains(&from) || (length == 0 && !last) {
                continue;
            }
            // the header's clock is coarse: the last sample may lie in the tick after
            let end =
                if last && (fragmented || length == 0) { None } else { Some(time(clock + i64::from(last), movie)) };
            edits.push(Edit { at, end, shift: time(from, media) - at });
        }
        (!edits.is_empty()).then_some(Self(edits))
    }

    /// By how much the track's own clock is ahead of the file's where it is heard first.
    pub fn shift(&self) -> SourceTime {
        self.0.first().map_or(SourceTime::ZERO, |edit| edit.shift)
    }

    /// When the track is heard first.
    pub fn first(&self) -> Option<SourceTime> {
        self.0.first().map(|edit| edit.at)
    }

    /// The edit that is heard at a moment, or the next one that is; `None` after all of them.
    pub fn from(&self, time: SourceTime) -> Option<Edit> {
        self.0.iter().copied().find(|edit| edit.end.is_none_or(|end| end > time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::mp4_boxes::tests::a_box;
    use std::io::Cursor;

    /// A track at 48 kHz with these edits (length, media time), in a file that counts milliseconds.
    fn edits(list: &[(u32, i32)], fragmented: bool) -> Option<Vec<(i64, Option<i64>, i64)>> {
        let words = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
        let header = a_box(*b"mdia", &a_box(*b"mdhd", &words(&[0, 0, 0, 48_000, 0])));
        let entries = list.iter().flat_map(|(length, from)| [*length, from.cast_unsigned(), 0x1_0000]);
        let count = u32::try_from(list.len()).unwrap();
        let list = a_box(*b"elst", &words(&[0, count].into_iter().chain(entries).collect::<Vec<u32>>()));
        let bytes = [header, a_box(*b"edts", &list)].concat();
        let mut file = Cursor::new(bytes);
        let track = Mp4Box::file(&mut file).unwrap();
        let found = EditList::read(&mut file, track, 1000, fragmented)?;
        let ms = |t: SourceTime| t.nanos() / 1_000_000;
        Some(found.0.into_iter().map(|e| (ms(e.at), e.end.map(ms), ms(e.shift))).collect())
    }

    #[test]
    fn edits_say_what_is_heard_when() {
        assert_eq!(edits(&[(2500, 72_000)], false), Some(vec![(0, Some(2501), 1500)]), "begins late");
        assert_eq!(edits(&[(400, -1), (2000, 4800)], false), Some(vec![(400, Some(2401), -300)]), "heard later");
        let parts = [(1000, 0), (500, 96_000), (0, -1), (700, 48_000)];
        let found = vec![(0, Some(1000), 0), (1000, Some(1500), 1000), (1500, Some(2201), -500)];
        assert_eq!(edits(&parts, false), Some(found));
        assert_eq!(edits(&[(0, 1024)], true), Some(vec![(0, None, 21)]), "goes on in fragments");
        assert_eq!(edits(&[(90, 1024)], true), Some(vec![(0, None, 21)]), "only the header's own");
        assert_eq!(edits(&[(100, -1)], false), None, "nothing but a wait");
        assert_eq!(edits(&[], false), None);
    }
}
