//! How a stored picture must be turned and mirrored to stand upright, as its file says.

use super::mp4_boxes::Mp4Box;
use crate::model::Orientation;
use gstreamer as gst;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What the matrix of the nth picture track of an MP4 or `QuickTime` file says (ISO 14496-12, 8.3.2). `qtdemux` 1.22
/// passes one of the eight over.
pub(super) fn of_movie(path: &Path, index: u32) -> Option<Orientation> {
    let mut file = BufReader::with_capacity(4096, File::open(path).ok()?);
    let movie = Mp4Box::movie(&mut file)?;
    let tracks = movie.children(&mut file).into_iter().filter(|b| &b.kind == b"trak");
    let mut pictures = Vec::new();
    for track in tracks {
        if track.handler(&mut file).is_some_and(|kind| &kind == b"vide") {
            pictures.push(track);
        }
    }
    let header = pictures.get(index as usize)?.child(&mut file, *b"tkhd")?;
    // version and flags; times, the track's number and its length, longer in version 1; two reserved words; and layer,
    // group, volume and a reserved half
    let long = header.word(&mut file, 0)? >> 24 == 1;
    let matrix = if long { 4 + 32 + 16 } else { 4 + 20 + 16 };
    let mut entry = |n: u64| header.word(&mut file, matrix + n * 4).map(|word| i64::from(word.cast_signed()));
    of_matrix([entry(0)?, entry(1)?, entry(3)?, entry(4)?])
}

/// A point (x, y) of the stored picture is seen at (a·x + c·y, b·x + d·y), y downwards. `None` where that is neither
/// upright nor turned by whole quarters.
fn of_matrix([a, b, c, d]: [i64; 4]) -> Option<Orientation> {
    let (rotation, mirrored) = match [a, b, c, d].map(i64::signum) {
        [1, 0, 0, 1] => (0, false),
        [0, 1, -1, 0] => (90, false),
        [-1, 0, 0, -1] => (180, false),
        [0, -1, 1, 0] => (270, false),
        [-1, 0, 0, 1] => (0, true),
        [0, -1, -1, 0] => (90, true),
        [1, 0, 0, -1] => (180, true),
        [0, 1, 1, 0] => (270, true),
        _ => return None,
    };
    Some(Orientation { rotation, mirrored })
}

/// What a demuxer's tags say.
pub(super) fn of_tags(tags: Option<&gst::TagList>) -> Option<Orientation> {
    let value = tags?.get::<gst::tags::ImageOrientation>()?;
    let text = value.get();
    let (mirrored, rest) = match text.strip_prefix("flip-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    Some(Orientation { rotation: rest.strip_prefix("rotate-")?.parse().ok()?, mirrored })
}

/// What EXIF data says of a still (GStreamer's still decoders pass it over).
pub(super) fn of_exif(path: &Path) -> Option<Orientation> {
    let mut file = BufReader::new(File::open(path).ok()?);
    let exif = exif::Reader::new().read_from_container(&mut file).ok()?;
    let value = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0)?;
    // EXIF 2.3, 4.6.4: where the 0th row and the 0th column are
    let (rotation, mirrored) = match value {
        2 => (0, true),
        3 => (180, false),
        4 => (180, true),
        5 => (270, true),
        6 => (90, false),
        7 => (90, true),
        8 => (270, false),
        _ => return None,
    };
    Some(Orientation { rotation, mirrored })
}
