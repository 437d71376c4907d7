//! Animations in `WebP` (RFC 9649): stills by libwebp, put into one file.

use crate::export::invalid;
use crate::media::{Cancel, Encoding, MediaError};
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of what comes before the picture in an `ANMF` chunk.
const FRAME_HEAD: u32 = 16;

/// Stills that are written one behind the other.
pub(super) struct Stills {
    encoding: Encoding,
    input: gst_app::AppSrc,
}

impl Stills {
    /// Begins them: 0 to 100, more is better.
    pub fn begin(to: &Path, (width, height): (u32, u32), quality: u32) -> Result<Self, MediaError> {
        let encoding = Encoding::launch(
            &format!("appsrc name=video ! webpenc name=enc quality={quality} speed=4 ! filesink name=out sync=false"),
            to,
        )?;
        let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "RGBA")
            .field("width", side(width))
            .field("height", side(height))
            .field("framerate", gst::Fraction::new(0, 1))
            .build();
        let input = encoding.input("video", &caps, 1)?;
        encoding.start()?;
        Ok(Self { encoding, input })
    }

    /// Adds one, four bytes for each pixel.
    pub fn add(&self, rgba: Vec<u8>, cancel: &Cancel) -> Result<(), MediaError> {
        self.encoding.push(&self.input, gst::Buffer::from_mut_slice(rgba), cancel)
    }

    /// Waits until all are written.
    pub fn finish(&self, cancel: &Cancel) -> Result<(), MediaError> {
        self.encoding.end(&self.input)?;
        self.encoding.finish(cancel)
    }
}

/// A chunk's name and length; `None` at the end.
fn chunk(from: &mut impl Read) -> io::Result<Option<([u8; 4], u32)>> {
    let mut head = [0; 8];
    match from.read_exact(&mut head) {
        Ok(()) => {
            let [a, b, c, d, length @ ..] = head;
            Ok(Some(([a, b, c, d], u32::from_le_bytes(length))))
        }
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e),
    }
}

/// Three bytes, the lowest first.
fn three(n: u32) -> [u8; 3] {
    let [a, b, c, _] = n.to_le_bytes();
    [a, b, c]
}

/// Puts stills that stand one behind the other into an animation, each shown so many nanoseconds.
///
/// # Errors
/// When reading or writing fails, or they are no such stills.
pub(super) fn join(
    mut from: impl Read,
    to: &mut (impl Write + Seek),
    (width, height): (u32, u32),
    times: &[i64],
) -> io::Result<()> {
    to.write_all(b"RIFF\0\0\0\0WEBP")?;
    // an animation without transparency (2.7.1.2)
    to.write_all(b"VP8X\x0a\0\0\0\x02\0\0\0")?;
    to.write_all(&three(width - 1))?;
    to.write_all(&three(height - 1))?;
    // on black, for ever (2.7.1.1)
    to.write_all(b"ANIM\x06\0\0\0\0\0\0\xff\0\0")?;
    let (mut nanos, mut told) = (0_i64, 0_i64);
    for shown in times {
        let riff =
            chunk(&mut from)?.filter(|(name, _)| name == b"RIFF").ok_or_else(|| invalid("a still is missing"))?;
        let mut still = vec![0; riff.1 as usize];
        from.read_exact(&mut still)?;
        let mut rest = still.strip_prefix(b"WEBP").ok_or_else(|| invalid("a still is no WebP"))?;
        let picture = loop {
            let (head, after) = rest.split_at_checked(8).ok_or_else(|| invalid("a still has no picture"))?;
            let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let padded = length.next_multiple_of(2).min(after.len());
            if matches!(&head[..4], b"VP8 " | b"VP8L") {
                break &rest[..8 + padded];
            }
            rest = &after[padded..];
        };
        // what was rounded off before is made up for
        nanos += shown;
        let end = (nanos + 500_000) / 1_000_000;
        let delay = u32::try_from(end - told).unwrap_or(1).min(0xff_ffff);
        told = end;
        let length = FRAME_HEAD + u32::try_from(picture.len()).map_err(|_| invalid("a still is too large"))?;
        to.write_all(b"ANMF")?;
        to.write_all(&length.to_le_bytes())?;
        for number in [0, 0, width - 1, height - 1, delay] {
            to.write_all(&three(number))?;
        }
        // each replaces the one before it
        to.write_all(&[2])?;
        to.write_all(picture)?;
    }
    let end = to.stream_position()?;
    let size = u32::try_from(end - 8).map_err(|_| invalid("a WebP has at most 4 GB"))?;
    to.seek(SeekFrom::Start(4))?;
    to.write_all(&size.to_le_bytes())?;
    to.seek(SeekFrom::Start(end))?;
    to.flush()
}

/// Size and number of the pictures in an animated WebP.
pub(super) fn look(path: &Path) -> io::Result<((u32, u32), u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    let (mut size, mut count) = ((0, 0), 0);
    while let Some((name, length)) = chunk(&mut file)? {
        let padded = i64::from(length) + i64::from(length % 2);
        if &name == b"VP8X" {
            let mut body = vec![0; 10];
            file.read_exact(&mut body)?;
            let side = |at: usize| u32::from_le_bytes([body[at], body[at + 1], body[at + 2], 0]) + 1;
            size = (side(4), side(7));
            file.seek_relative(padded - 10)?;
            continue;
        }
        count += u64::from(&name == b"ANMF");
        file.seek_relative(padded)?;
    }
    Ok((size, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stills_become_an_animation_with_their_times() {
        // a still's picture is whatever its chunk has
        let still = |byte: u8| {
            let mut still = b"RIFF\x0e\0\0\0WEBPVP8 \x01\0\0\0".to_vec();
            still.extend([byte, 0]);
            still
        };
        let stills: Vec<u8> = [1, 2, 3].into_iter().flat_map(still).collect();
        let mut bytes = io::Cursor::new(Vec::new());
        join(stills.as_slice(), &mut bytes, (320, 180), &[33_366_667; 3]).unwrap();
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), bytes.get_ref()).unwrap();
        assert_eq!(look(path.path()).unwrap(), ((320, 180), 3));
        let bytes = bytes.into_inner();
        assert_eq!(bytes.len(), usize::try_from(u32::from_le_bytes(bytes[4..8].try_into().unwrap())).unwrap() + 8);
        let frames = bytes.windows(4).enumerate().filter(|(_, w)| w == b"ANMF").map(|(at, _)| at);
        assert_eq!(frames.map(|at| bytes[at + 20]).collect::<Vec<u8>>(), [33, 34, 33]);
        assert!(join(&stills[..20], &mut io::Cursor::new(Vec::new()), (320, 180), &[1]).is_err());
        assert!(join(&b"RIFF\x04\0\0\0WAVE"[..], &mut io::Cursor::new(Vec::new()), (320, 180), &[1]).is_err());
    }
}
