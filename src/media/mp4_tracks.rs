//! What of an MP4 or `QuickTime` file the demuxer is shown in another way. What a reader has no use for is hidden: tracks of
//! the other kind, and of sound the edit lists, which are applied by the reader. Codecs get the names that it knows.
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

/// Hides all tracks but those of pictures, or of sound, from what reads the file through `source`, and of sound the edit
/// lists. Returns that of the track that is wanted.
pub(super) fn hide_others(source: &gst::Element, path: &Path, which: Which) -> EditList {
    let Useless { names, length, codecs, edits } = useless(path, which).unwrap_or_default();
    let mut changes: Vec<Change> = names.into_iter().map(hidden).collect();
    changes.extend(length);
    changes.extend(codecs);
    read_changed(source, changes);
    edits
}

/// Names codecs so that `qtdemux` knows them, to what reads the file through `source`.
pub(super) fn name_codecs(source: &gst::Element, path: &Path) {
    read_changed(source, of_tracks(path, &[codec]));
}

/// Names codecs so that `qtdemux` knows them, and hides edit lists that begin with nothing: it says so before a decoder has
/// seen a packet, and some make up what their sound is like then (8000 Hz; 1.22), or fail.
pub(super) fn show_streams(source: &gst::Element, path: &Path) {
    read_changed(source, of_tracks(path, &[codec, late]));
}

/// A place in a file, and the bytes that are read there instead.
type Change = (u64, Vec<u8>);

/// Hides a box by its name, which stands there.
fn hidden(name: u64) -> Change {
    (name, b"free".to_vec())
}

/// Finds what of a track is to be read in another way.
type Look = fn(&mut BufReader<File>, Mp4Box) -> Option<Change>;

/// What of each track is to be read in another way.
fn of_tracks(path: &Path, looks: &[Look]) -> Vec<Change> {
    let Some((mut file, parts)) = movie(path) else { return Vec::new() };
    let tracks = parts.into_iter().filter(|b| &b.kind == b"trak");
    tracks.flat_map(|track| looks.iter().filter_map(|look| look(&mut file, track)).collect::<Vec<_>>()).collect()
}

/// A film's file, and the boxes of its header.
fn movie(path: &Path) -> Option<(BufReader<File>, Vec<Mp4Box>)> {
    let mut file = BufReader::with_capacity(4096, File::open(path).ok()?);
    let parts = Mp4Box::movie(&mut file)?.children(&mut file);
    Some((file, parts))
}

/// Hides a track's edit list that begins with nothing (8.6.6).
fn late(file: &mut BufReader<File>, track: Mp4Box) -> Option<Change> {
    let edits = track.child(file, *b"edts")?;
    let list = edits.child(file, *b"elst")?;
    let long = list.word(file, 0)? >> 24 == 1;
    // behind a version, a count, and how long it lasts, stands where in the media it begins; all ones are nowhere
    (list.word(file, if long { 16 } else { 12 })? == u32::MAX).then(|| hidden(edits.start + 4))
}

/// Names a track's codec that `qtdemux` knows under another name: `DNxHR`, which decoders take for the `DNxHD` that it is like.
fn codec(file: &mut BufReader<File>, track: Mp4Box) -> Option<Change> {
    let description = track.inner(file, &[*b"mdia", *b"minf", *b"stbl", *b"stsd"])?;
    // behind a version, a count and a size
    let is_other = description.word(file, 12)? == u32::from_be_bytes(*b"AVdh");
    is_other.then(|| (description.content + 12, b"AVdn".to_vec()))
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
    /// How long the file is said to be, and where: without its edits, a track may be longer.
    length: Option<Change>,
    /// Codecs under other names.
    codecs: Vec<Change>,
    edits: EditList,
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
    let (mut file, inside) = movie(path)?;
    let wanted = if matches!(which, Which::Video(_)) { b"vide" } else { b"soun" };
    let tracks = inside.iter().filter(|b| &b.kind == b"trak");
    let mut found = Useless::default();
    let mut kept = Vec::new();
    for track in tracks {
        match track.handler(&mut file) {
            Some(handler) if &handler == wanted => kept.push(*track),
            Some(_) => found.names.push(track.start + 4),
            None => {}
        }
    }
    let Which::Audio(nth) = which else {
        found.codecs = kept.into_iter().filter_map(|track| codec(&mut file, track)).collect();
        return Some(found);
    };
    let clock = movie_clock(&mut file, &inside);
    let fragmented = inside.iter().any(|b| &b.kind == b"mvex");
    for (n, track) in kept.into_iter().enumerate() {
        let Some(list) = clock.and_then(|clock| EditList::read(&mut file, track, clock, fragmented)) else { continue };
        found.names.extend(track.child(&mut file, *b"edts").map(|edits| edits.start + 4));
        if n == nth as usize {
            found.edits = list;
        }
    }
    if let Some(shift) = found.edits.0.iter().map(|edit| edit.shift).max() {
        // the padding that iTunes notes there beside the edit list, newer demuxers (1.28) would cut off once more
        found.names.extend(inside.iter().filter(|b| &b.kind == b"udta").map(|b| b.start + 4));
        found.length = movie_length(&mut file, &inside, shift);
    }
    Some(found)
}

/// The `mvhd` box, and whether its times have 64 bits (8.2.2).
fn movie_header(file: &mut BufReader<File>, movie: &[Mp4Box]) -> Option<(Mp4Box, bool)> {
    let header = *movie.iter().find(|b| &b.kind == b"mvhd")?;
    Some((header, header.word(file, 0)? >> 24 == 1))
}

/// The ticks of the file's clock in a second.
fn movie_clock(file: &mut BufReader<File>, movie: &[Mp4Box]) -> Option<u32> {
    let (header, long) = movie_header(file, movie)?;
    header.word(file, if long { 20 } else { 12 })
}

/// Where the file's length stands, and what it is when tracks may be longer by so much.
fn movie_length(file: &mut BufReader<File>, movie: &[Mp4Box], more: SourceTime) -> Option<Change> {
    let (header, long) = movie_header(file, movie)?;
    let clock = movie_clock(file, movie)?;
    let more = u64::try_from(mul_div_round(more.0.max(0), i64::from(clock), SourceTime::SECOND.0) + 1).ok()?;
    if long {
        let length = u64::from(header.word(file, 24)?) << 32 | u64::from(header.word(file, 28)?);
        return Some((header.content + 24, length.checked_add(more)?.to_be_bytes().to_vec()));
    }
    // all ones are an unknown length
    let length = u64::from(header.word(file, 16)?).checked_add(more)?;
    Some((header.content + 16, u32::try_from(length).ok().filter(|l| *l < u32::MAX)?.to_be_bytes().to_vec()))
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
