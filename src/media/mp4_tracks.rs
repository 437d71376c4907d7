//! The tracks of an MP4 or `QuickTime` file that a reader has no use for, hidden from the demuxer.
//!
//! `qtdemux` keeps 32 bytes in memory for each sample of each track, for as long as it runs: a recording of five hours
//! takes 60 MB in each reader, half of that for the track that is not read. A track whose box is called `free` (ISO
//! 14496-12, 8.1.2) does not exist for it.

use super::decode::Which;
use super::mp4_boxes::Mp4Box;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Hides all tracks but those of pictures, or of sound, from what reads the file through `source`.
pub(super) fn hide_others(source: &gst::Element, path: &Path, which: Which) {
    let names = useless(path, which).unwrap_or_default();
    let Some(pad) = source.static_pad("src").filter(|_| !names.is_empty()) else { return };
    pad.add_probe(gst::PadProbeType::PULL | gst::PadProbeType::BUFFER, move |_, info| {
        let offset = info.offset;
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            rename(buffer, offset, &names);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Calls the boxes whose names lie at these places of the file `free`, as far as they lie in a buffer of it.
fn rename(buffer: &mut gst::Buffer, offset: u64, names: &[u64]) {
    let end = offset + buffer.size() as u64;
    if !names.iter().any(|at| *at < end && *at + 4 > offset) {
        return;
    }
    let Ok(mut map) = buffer.make_mut().map_writable() else { return };
    for (at, byte) in names.iter().flat_map(|at| (*at..).zip(*b"free")) {
        let index = at.checked_sub(offset).and_then(|i| usize::try_from(i).ok());
        if let Some(to) = index.and_then(|i| map.as_mut_slice().get_mut(i)) {
            *to = byte;
        }
    }
}

/// Where the names of the tracks stand that are neither pictures nor sound, as is wanted. `None` or empty where the file
/// is of another kind, or can't be read: then nothing is hidden.
fn useless(path: &Path, which: Which) -> Option<Vec<u64>> {
    let mut file = BufReader::with_capacity(4096, File::open(path).ok()?);
    let parts = Mp4Box::file(&mut file).ok()?.children(&mut file);
    if !matches!(&parts.first()?.kind, b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"pnot") {
        return None;
    }
    let movie = parts.into_iter().find(|b| &b.kind == b"moov")?;
    let wanted = if matches!(which, Which::Video(_)) { b"vide" } else { b"soun" };
    let tracks = movie.children(&mut file).into_iter().filter(|b| &b.kind == b"trak");
    let others = tracks.filter(|track| track.handler(&mut file).is_some_and(|handler| &handler != wanted));
    Some(others.map(|track| track.start + 4).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::mp4_boxes::tests::{a_box, track};

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
            let names = useless(&path, which).unwrap();
            // read in two pieces that part a name
            let (mut seen, middle) = (Vec::new(), usize::try_from(names[0]).unwrap() + 2);
            for piece in [0..middle, middle..file.len()] {
                let mut buffer = gst::Buffer::from_slice(file[piece.clone()].to_vec());
                rename(&mut buffer, piece.start as u64, &names);
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
            assert!(useless(&path, Which::Video(0)).unwrap_or_default().is_empty());
        }
        assert!(useless(&folder.path().join("none"), Which::Audio(0)).is_none());
    }
}
