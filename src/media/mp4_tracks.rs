//! What of an MP4 or `QuickTime` file the demuxer is shown in another way. What a reader has no use for is hidden: tracks of
//! the other kind, and of sound the edit lists, which are applied by the reader. Codecs get the names that it knows, short
//! tracks a length that it does not pass over, and films that of their longest track.
//!
//! `qtdemux` keeps 32 bytes in memory for each sample of each track, for as long as it runs: a recording of five hours
//! takes 60 MB in each reader, half of that for the track that is not read. A track whose box is called `free` (ISO
//! 14496-12, 8.1.2) does not exist for it.

use super::decode::Which;
use super::edit_list::EditList;
use super::mp4_boxes::Mp4Box;
use crate::model::{SourceTime, time::mul_div_round};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Hides all tracks but those of pictures, or of sound, from what reads the file through `source`; of sound the edit
/// lists as well, and of pictures that they begin late. Returns the list of the sound that is wanted, and by how much the
/// demuxer's clock is ahead of the file's where the track that is wanted begins.
pub(super) fn hide_others(source: &gst::Element, path: &Path, which: Which) -> (EditList, SourceTime) {
    let Useless { names, known, edits, shift } = useless(path, which).unwrap_or_default();
    let mut changes: Vec<Change> = names.into_iter().map(hidden).collect();
    changes.extend(known);
    read_changed(source, changes);
    (edits, shift)
}

/// Lets `qtdemux` find all tracks, and know their codecs, in what is read through `source`.
pub(super) fn show_tracks(source: &gst::Element, path: &Path) {
    read_changed(source, of_tracks(path, &[codec, short]));
}

/// The same, and hides edit lists that begin with nothing: it says so before a decoder has seen a packet, and some make up
/// what their sound is like then (8000 Hz; 1.22), or fail.
pub(super) fn show_streams(source: &gst::Element, path: &Path) {
    read_changed(source, of_tracks(path, &[codec, short, late]));
}

/// Edits of a track of pictures that are looked at.
const MOST_EDITS: u32 = 64;

/// Nothing waits for so long in a file that is right.
const LONGEST_WAIT: SourceTime = SourceTime(SourceTime::SECOND.0 * 1_000_000);

/// A place in a file, and the bytes that are read there instead.
type Change = (u64, Vec<u8>);

/// Hides a box by its name, which stands there.
fn hidden(name: u64) -> Change {
    (name, b"free".to_vec())
}

/// Finds what of a track is to be read in another way.
type Look = fn(&mut Film, Mp4Box) -> Option<Change>;

/// What of the film and each of its tracks is to be read in another way.
fn of_tracks(path: &Path, looks: &[Look]) -> Vec<Change> {
    let Some(mut film) = Film::open(path) else { return Vec::new() };
    let tracks = film.tracks();
    let length = film.length.as_ref().and_then(Length::change);
    length.into_iter().chain(tracks.into_iter().flat_map(|track| film.changes(track, looks))).collect()
}

/// A film's file.
struct Film {
    file: BufReader<File>,
    /// The boxes of its header.
    parts: Vec<Mp4Box>,
    /// How long it lasts.
    length: Option<Length>,
    /// Whether it goes on in fragments.
    fragmented: bool,
}

impl Film {
    fn open(path: &Path) -> Option<Self> {
        let mut file = BufReader::with_capacity(4096, File::open(path).ok()?);
        let parts = Mp4Box::movie(&mut file)?.children(&mut file);
        let length = parts.iter().find(|b| &b.kind == b"mvhd").and_then(|header| Length::of(&mut file, *header));
        let fragmented = parts.iter().any(|b| &b.kind == b"mvex");
        let mut film = Self { file, parts, length, fragmented };
        film.trust_tracks();
        Some(film)
    }

    fn tracks(&self) -> Vec<Mp4Box> {
        self.parts.iter().filter(|b| &b.kind == b"trak").copied().collect()
    }

    fn changes(&mut self, track: Mp4Box, looks: &[Look]) -> Vec<Change> {
        looks.iter().filter_map(|look| look(self, track)).collect()
    }

    /// Corrects the length by the tracks where it is another: some recorders never write it, and tools that cut leave
    /// that of the whole. What the tracks' headers say is asked first, for their tables may be long.
    fn trust_tracks(&mut self) {
        let Some(film) = self.length.as_ref().filter(|film| film.ticks > 0 && !self.fragmented) else { return };
        let (said, ticks) = (film.time(), film.ticks);
        let known = film.lasts < film.unknown();
        for tables in [false, true] {
            let tracks = self.tracks();
            let ends = tracks.into_iter().filter_map(|track| presented(&mut self.file, track, ticks, tables));
            let longest = ends.max().unwrap_or(SourceTime::ZERO);
            if longest <= SourceTime::ZERO || known && longest.0.abs_diff(said.0) <= SourceTime::SECOND.0.unsigned_abs()
            {
                return;
            }
            if let Some(film) = self.length.as_mut().filter(|_| tables) {
                let lasts = mul_div_round(longest.0, i64::from(ticks), SourceTime::SECOND.0);
                film.corrected = u64::try_from(lasts).ok().filter(|lasts| *lasts < film.unknown());
            }
        }
    }
}

/// When a track is over by the film's clock, of so many `ticks`: by its header, or by the `tables` of its samples.
fn presented(file: &mut BufReader<File>, track: Mp4Box, ticks: u32, tables: bool) -> Option<SourceTime> {
    let header = track.inner(file, &[*b"mdia", *b"mdhd"])?;
    let mut media = Length::of(file, header).filter(|media| media.ticks > 0)?;
    if tables {
        media.lasts = media_ticks(file, track)?;
    }
    let (lasts, edits) = (media.time(), EditList::read(file, track, ticks, false).unwrap_or_default().0);
    let over = |edit: &super::edit_list::Edit| {
        let media = SourceTime(lasts.0.saturating_sub(edit.shift.0));
        // of several, one may show what another has shown
        edit.end.map_or(media, |end| if edits.len() == 1 { end.min(media) } else { end })
    };
    Some(edits.last().map_or(lasts, over))
}

/// Ticks that the samples of a track last together (8.6.1.2).
fn media_ticks(file: &mut BufReader<File>, track: Mp4Box) -> Option<u64> {
    let table = track.inner(file, &[*b"mdia", *b"minf", *b"stbl", *b"stts"])?;
    let count = table.word(file, 4).filter(|count| u64::from(*count) * 8 + 8 <= table.end - table.content)?;
    (0..u64::from(count)).try_fold(0_u64, |sum, n| {
        let (samples, delta) = (table.word(file, 8 + n * 8)?, table.word(file, 12 + n * 8)?);
        Some(sum.saturating_add(u64::from(samples) * u64::from(delta)))
    })
}

/// Hides a track's edit list that begins with nothing (8.6.6).
fn late(Film { file, .. }: &mut Film, track: Mp4Box) -> Option<Change> {
    let edits = track.child(file, *b"edts")?;
    let list = edits.child(file, *b"elst")?;
    let long = list.word(file, 0)? >> 24 == 1;
    // behind a version, a count, and how long it lasts, stands where in the media it begins; all ones are nowhere
    (list.word(file, if long { 16 } else { 12 })? == u32::MAX).then(|| hidden(edits.start + 4))
}

/// The edit list of a track without the time in which there is nothing at its beginning, and how long that is. `qtdemux` tells
/// of it by a segment of its own, and decoders that have no picture yet pass the two on in any order (1.22).
fn wait(file: &mut BufReader<File>, track: Mp4Box, clock: u32) -> Option<(Change, SourceTime)> {
    let list = track.inner(file, &[*b"edts", *b"elst"])?;
    let long = list.word(file, 0)? >> 24 == 1;
    let words: u64 = if long { 5 } else { 3 };
    let count = u64::from(list.word(file, 4).filter(|count| (2..=MOST_EDITS).contains(count))?);
    // how long it lasts, and where in the media it begins: all ones are nowhere
    let mut first = (0..words).map(|n| list.word(file, 8 + n * 4)).collect::<Option<Vec<u32>>>()?.into_iter();
    let length = if long { u64::from(first.next()?) << 32 | u64::from(first.next()?) } else { first.next()?.into() };
    if first.next()? != u32::MAX {
        return None;
    }
    let rest = (words..words * count).map(|n| list.word(file, 8 + n * 4)).collect::<Option<Vec<u32>>>()?;
    let count = u32::try_from(count - 1).ok()?;
    let bytes = std::iter::once(count).chain(rest).flat_map(u32::to_be_bytes).collect();
    let wait = SourceTime(mul_div_round(i64::try_from(length).ok()?, SourceTime::SECOND.0, i64::from(clock)));
    (wait < LONGEST_WAIT).then_some(((list.content + 4, bytes), wait))
}

/// Names a track's codec that `qtdemux` knows under another name: `DNxHR`, which decoders take for the `DNxHD` that it is like.
fn codec(Film { file, .. }: &mut Film, track: Mp4Box) -> Option<Change> {
    let description = track.inner(file, &[*b"mdia", *b"minf", *b"stbl", *b"stsd"])?;
    // behind a version, a count and a size
    let is_other = description.word(file, 12)? == u32::from_be_bytes(*b"AVdh");
    is_other.then(|| (description.content + 12, b"AVdn".to_vec()))
}

/// Says of a track that is shorter than a fifth of the film that it is as long. `qtdemux` (1.22 to 1.28) takes such a one for
/// a preview and passes over it: a film with little sound was silent, one with few pictures sound alone, and one whose
/// tracks begin late nothing at all.
fn short(film: &mut Film, track: Mp4Box) -> Option<Change> {
    let length = film.length.as_ref().filter(|film| film.lasts() < film.unknown())?;
    let header = track.inner(&mut film.file, &[*b"mdia", *b"mdhd"])?;
    let own = Length::of(&mut film.file, header)?;
    let whole = u128::from(length.lasts()) * u128::from(own.ticks) / u128::from(length.ticks.max(1)) + 1;
    // what goes on in fragments has a length of nothing there, and is not passed over; a quarter, for it compares after
    // rounding
    (!film.fragmented && u128::from(own.lasts) * 4 < whole).then(|| own.put(whole))
}

/// Lets what reads a file through `source` find other bytes at these places.
fn read_changed(source: &gst::Element, changes: Vec<Change>) {
    let Some(pad) = source.static_pad("src").filter(|_| !changes.is_empty()) else { return };
    pad.add_probe(gst::PadProbeType::PULL | gst::PadProbeType::BUFFER, move |_, info| {
        let offset = info.offset;
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            change(buffer, offset, &changes);
        }
        gst::PadProbeReturn::Ok
    });
}

/// What is hidden, and what is to be done instead.
#[derive(Default)]
struct Useless {
    /// Where the names of boxes stand that are called `free`.
    names: Vec<u64>,
    /// What lets the demuxer find and know the tracks, and when they begin.
    known: Vec<Change>,
    edits: EditList,
    /// By how much the demuxer's clock is ahead of the file's then.
    shift: SourceTime,
}

/// Puts other bytes at these places of the file, as far as they lie in a buffer of it.
fn change(buffer: &mut gst::Buffer, offset: u64, changes: &[Change]) {
    let end = offset + buffer.size() as u64;
    if !changes.iter().any(|(at, bytes)| *at < end && *at + bytes.len() as u64 > offset) {
        return;
    }
    let Ok(mut map) = buffer.make_mut().map_writable() else { return };
    for (at, byte) in changes.iter().flat_map(|(at, bytes)| (*at..).zip(bytes)) {
        let index = at.checked_sub(offset).and_then(|i| usize::try_from(i).ok());
        if let Some(to) = index.and_then(|i| map.as_mut_slice().get_mut(i)) {
            *to = *byte;
        }
    }
}

/// The tracks that are neither pictures nor sound, as is wanted, and what says when sound is heard. `None` or empty where
/// the file is of another kind, or can't be read: then nothing is hidden.
fn useless(path: &Path, which: Which) -> Option<Useless> {
    let mut film = Film::open(path)?;
    let wanted = if which.is_video() { b"vide" } else { b"soun" };
    let mut found = Useless::default();
    let mut kept = Vec::new();
    for track in film.tracks() {
        match track.handler(&mut film.file) {
            Some(handler) if &handler == wanted => kept.push(track),
            Some(_) => found.names.push(track.start + 4),
            None => {}
        }
    }
    found.known = kept.iter().flat_map(|track| film.changes(*track, &[codec, short])).collect();
    let clock = film.length.as_ref().map(|header| header.ticks).filter(|ticks| *ticks > 0);
    let nth = match which {
        Which::Video(nth) | Which::Packets(nth) => {
            found.known.extend(film.length.as_ref().and_then(Length::change));
            for (n, track) in kept.into_iter().enumerate() {
                let Some((change, wait)) = clock.and_then(|clock| wait(&mut film.file, track, clock)) else { continue };
                found.known.push(change);
                if n == nth as usize {
                    found.shift = SourceTime::ZERO - wait;
                }
            }
            return Some(found);
        }
        Which::Audio(nth) => nth,
    };
    for (n, track) in kept.into_iter().enumerate() {
        let edits = clock.and_then(|clock| EditList::read(&mut film.file, track, clock, film.fragmented));
        let Some(list) = edits else { continue };
        found.names.extend(track.child(&mut film.file, *b"edts").map(|edits| edits.start + 4));
        if n == nth as usize {
            found.edits = list;
        }
    }
    found.shift = found.edits.shift();
    let most = found.edits.0.iter().map(|edit| edit.shift).max();
    if most.is_some() {
        // the padding that iTunes notes there beside the edit list, newer demuxers (1.28) would cut off once more
        found.names.extend(film.parts.iter().filter(|b| &b.kind == b"udta").map(|b| b.start + 4));
    }
    found.known.extend(film.length.as_ref().and_then(|length| match most {
        // without its edits, a track may be longer
        Some(more) => length.longer(more),
        None => length.change(),
    }));
    Some(found)
}

/// How long the film or a track is said to be, and where.
struct Length {
    /// Where in the file it stands.
    place: u64,
    /// In how many bytes.
    bytes: usize,
    /// How many ticks it lasts by that.
    lasts: u64,
    /// How many it lasts where that is wrong.
    corrected: Option<u64>,
    /// Of the clock that it is told by, in a second.
    ticks: u32,
}

impl Length {
    /// What an `mvhd` (ISO 14496-12, 8.2.2) or `mdhd` box (8.4.2) says.
    fn of(file: &mut BufReader<File>, header: Mp4Box) -> Option<Self> {
        let long = header.word(file, 0)? >> 24 == 1;
        // behind a version and two dates
        let at = if long { 20 } else { 12 };
        let ticks = header.word(file, at)?;
        let (place, first) = (header.content + at + 4, u64::from(header.word(file, at + 4)?));
        let lasts = if long { first << 32 | u64::from(header.word(file, at + 8)?) } else { first };
        Some(Self { place, bytes: if long { 8 } else { 4 }, lasts, corrected: None, ticks })
    }

    /// The length that stands for none: all ones.
    fn unknown(&self) -> u64 {
        if self.bytes == 8 { u64::MAX } else { u32::MAX.into() }
    }

    /// Another length in its place, as far as there is room for it.
    fn put(&self, length: u128) -> Change {
        let most = self.unknown() - 1;
        let bytes = u64::try_from(length).unwrap_or(most).min(most).to_be_bytes();
        (self.place, bytes[8 - self.bytes..].to_vec())
    }

    /// Ticks that it lasts.
    fn lasts(&self) -> u64 {
        self.corrected.unwrap_or(self.lasts)
    }

    fn time(&self) -> SourceTime {
        let lasts = i64::try_from(self.lasts()).unwrap_or(i64::MAX);
        SourceTime(mul_div_round(lasts, SourceTime::SECOND.0, i64::from(self.ticks.max(1))))
    }

    /// What says it right where the file doesn't.
    fn change(&self) -> Option<Change> {
        self.corrected.map(|lasts| self.put(lasts.into()))
    }

    /// Lets it be longer by so much.
    fn longer(&self, more: SourceTime) -> Option<Change> {
        let more = mul_div_round(more.0.max(0), i64::from(self.ticks), SourceTime::SECOND.0) + 1;
        let length = u128::from(self.lasts()) + u128::try_from(more).ok()?;
        (self.lasts() < self.unknown()).then(|| self.put(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::mp4_boxes::tests::{a_box, track};

    #[test]
    fn edit_lists_that_begin_with_nothing_are_found() {
        let edits = |version: u8, from: &[u8]| {
            let length = if version == 1 { 8 } else { 4 };
            let entry = [&vec![0; length][..], from, &[0, 1, 0, 0]].concat();
            let list = a_box(*b"elst", &[&[version, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
            a_box(*b"trak", &a_box(*b"edts", &list))
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let tracks =
            [edits(0, &[0, 0, 4, 0]), edits(0, &[0xFF; 4]), edits(1, &[0, 0, 0, 0, 0, 0, 4, 0]), edits(1, &[0xFF; 8])];
        let bytes = [a_box(*b"ftyp", b"isom"), a_box(*b"moov", &tracks.concat())].concat();
        std::fs::write(&path, &bytes).unwrap();
        let places: Vec<u64> = bytes.windows(4).zip(0..).filter(|(w, _)| *w == b"edts").map(|(_, at)| at).collect();
        let found: Vec<u64> = of_tracks(&path, &[late]).into_iter().map(|(at, _)| at).collect();
        assert_eq!(found, [places[1], places[3]]);
    }

    /// A header that says how long something lasts, in ticks of a clock (ISO 14496-12, 8.2.2 and 8.4.2).
    fn lasts(kind: [u8; 4], long: bool, clock: u32, length: u32) -> Vec<u8> {
        let dates = if long { 4 } else { 2 };
        let mut words = vec![u32::from(long) << 24];
        words.resize(1 + dates, 0);
        words.push(clock);
        words.extend(long.then_some(0));
        words.extend([length, 0]);
        a_box(kind, &words.into_iter().flat_map(u32::to_be_bytes).collect::<Vec<u8>>())
    }

    #[test]
    fn short_tracks_are_said_to_be_as_long_as_the_film() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let track = |long, length| a_box(*b"trak", &a_box(*b"mdia", &lasts(*b"mdhd", long, 48_000, length)));
        // of a film of 20 s one of 10 s, and two of 1 s
        let tracks = [track(false, 480_000), track(false, 48_000), track(true, 48_000)].concat();
        for long in [false, true] {
            let movie = a_box(*b"moov", &[lasts(*b"mvhd", long, 1000, 20_000), tracks.clone()].concat());
            let mut bytes = [a_box(*b"ftyp", b"isom"), movie].concat();
            std::fs::write(&path, &bytes).unwrap();
            let changes = of_tracks(&path, &[short]);
            assert_eq!(changes.len(), 2);
            for (at, change) in changes {
                let at = usize::try_from(at).unwrap();
                bytes[at..at + change.len()].copy_from_slice(&change);
            }
            // in front of it stands the clock
            let places = bytes.windows(4).zip(0..).filter(|(w, _)| *w == 48_000_u32.to_be_bytes()).map(|(_, at)| at);
            let long = [false, false, true];
            let found = places.zip(long).map(|(at, long)| at + if long { 8 } else { 4 });
            let found: Vec<_> = found.map(|at| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())).collect();
            assert_eq!(found, [480_000, 960_001, 960_001]);
            let fragments =
                a_box(*b"moov", &[lasts(*b"mvhd", false, 1000, 20_000), tracks.clone(), a_box(*b"mvex", &[])].concat());
            std::fs::write(&path, [a_box(*b"ftyp", b"isom"), fragments].concat()).unwrap();
            assert!(of_tracks(&path, &[short]).is_empty());
        }
    }

    #[test]
    fn pictures_that_begin_late_are_shown_without_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let edits = |words: &[u32]| {
            let list = a_box(*b"elst", &words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>());
            let handler = a_box(*b"hdlr", &[&[0; 8][..], b"vide", &[0; 12]].concat());
            a_box(*b"trak", &[a_box(*b"edts", &list), a_box(*b"mdia", &handler)].concat())
        };
        let (late, at_once) = (edits(&[0, 2, 1500, u32::MAX, 9, 2400, 80, 9]), edits(&[0, 1, 2400, 80, 9]));
        let wide = edits(&[1 << 24, 2, 0, 400, u32::MAX, u32::MAX, 9, 0, 2400, 0, 80, 9]);
        let movie = a_box(*b"moov", &[lasts(*b"mvhd", false, 1000, 3900), late, at_once, wide].concat());
        std::fs::write(&path, [a_box(*b"ftyp", b"isom"), movie].concat()).unwrap();
        let shown = |nth| {
            let found = useless(&path, Which::Video(nth)).unwrap();
            (found.shift.nanos() / 1_000_000, found.known)
        };
        let (shift, changes) = shown(0);
        let words =
            |change: &Change| change.1.chunks(4).map(|w| u32::from_be_bytes(w.try_into().unwrap())).collect::<Vec<_>>();
        assert_eq!(changes.iter().map(words).collect::<Vec<_>>(), [vec![1, 2400, 80, 9], vec![1, 0, 2400, 0, 80, 9]]);
        assert_eq!((shift, shown(1).0, shown(2).0), (-1500, 0, -400));
    }

    #[test]
    fn dnxhr_is_called_dnxhd() {
        let track = |codec: [u8; 4]| {
            let entry = a_box(codec, &[0; 78]);
            let description = a_box(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
            let path = [*b"stbl", *b"minf", *b"mdia", *b"trak"];
            path.into_iter().fold(description, |inner, kind| a_box(kind, &inner))
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mov");
        let movie = a_box(*b"moov", &[track(*b"avc1"), track(*b"AVdh")].concat());
        let bytes = [a_box(*b"ftyp", b"qt  "), movie].concat();
        std::fs::write(&path, &bytes).unwrap();
        let at = bytes.windows(4).position(|w| w == b"AVdh").unwrap();
        assert_eq!(of_tracks(&path, &[codec]), [(at as u64, b"AVdn".to_vec())]);
    }

    #[test]
    fn the_tracks_of_the_other_kind_are_found_and_called_free() {
        gst::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let tracks = [track(*b"vide"), track(*b"soun"), track(*b"meta")].concat();
        let movie = a_box(*b"moov", &[a_box(*b"mvhd", &[0; 30]), tracks].concat());
        let file = [a_box(*b"ftyp", b"isom"), a_box(*b"mdat", &[7; 999]), movie].concat();
        std::fs::write(&path, &file).unwrap();
        for (which, kept) in [(Which::Video(0), 0), (Which::Audio(0), 1)] {
            let names = useless(&path, which).unwrap().names;
            let changes: Vec<_> = names.iter().map(|at| (*at, b"free".to_vec())).collect();
            // read in two pieces that part a name
            let (mut seen, middle) = (Vec::new(), usize::try_from(names[0]).unwrap() + 2);
            for piece in [0..middle, middle..file.len()] {
                let mut buffer = gst::Buffer::from_slice(file[piece.clone()].to_vec());
                change(&mut buffer, piece.start as u64, &changes);
                seen.extend_from_slice(&buffer.map_readable().unwrap());
            }
            let changed: Vec<usize> = (0..file.len()).filter(|i| seen[*i] != file[*i]).collect();
            assert_eq!(changed.len(), 6, "two names, which share a letter");
            let count = |name: &[u8]| seen.windows(4).filter(|w| *w == name).count();
            assert_eq!((count(b"trak"), count(b"free")), (1, 2));
            let left = seen.windows(4).position(|w| w == b"trak").unwrap();
            let handler = [b"vide", b"soun"][kept];
            assert!(seen[left..].windows(4).position(|w| w == handler).is_some_and(|at| at < 100));
        }
    }

    #[test]
    fn what_is_no_movie_or_broken_hides_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let endless = [&1_u32.to_be_bytes()[..], b"moov", &u64::MAX.to_be_bytes()].concat();
        for bytes in [vec![], vec![0; 7], b"RIFF....WAVE".to_vec(), a_box(*b"ftyp", b"isom"), endless] {
            std::fs::write(&path, bytes).unwrap();
            assert!(useless(&path, Which::Video(0)).unwrap_or_default().names.is_empty());
        }
        assert!(useless(&folder.path().join("none"), Which::Audio(0)).is_none());
    }
}
