//! The check of a finished file before it gets its name: whether it has all that was to be in it, where it should be,
//! and other programs can play it and begin at the places that it announces.
//!
//! Tables and the heads of packets are read, and three pictures are decoded: that is quick, and takes less memory than
//! the encoder that has just gone. Nothing here knows how the file was made: what its tables say is read anew.

mod matroska;
mod mp4;

use super::glance::Glance;
use super::matroska::is_matroska;
use crate::media::{Cancel, Framing, Luma, MediaError, NalCodec, PictureFormat, VideoReader, is_sync};
use crate::model::{Frame, FrameCount, FrameRate, MediaInfo, MediaKind, SourceTime, VideoStream};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Packets of each kind that are looked into, about.
const LOOKED_AT: usize = 512;

/// Bytes of a packet that are read to find out what it is: x264 tells its settings first.
const HEAD: usize = 4096;

/// Levels by which a decoded picture may be off on average, over its parts: an encoder that has little to spend blurs,
/// it does not make brighter or darker.
const OFF: u32 = 12;

/// The same where a size leaves so little that whole blocks become flat: with the coarsest quantiser parts of a picture that is
/// full of detail were 16 off.
const OFF_UNDER_CAP: u32 = 32;

/// Samples in a packet of sound, at most, with some to spare for rounding: FLAC has 4608.
const PACKET: i64 = 5000;

/// Seconds by which a file of sound may be off as players count it.
const SOUND_OFF: f64 = 0.08;

/// Columns and rows of the parts of a picture that are compared.
pub const PARTS: (usize, usize) = (16, 9);

/// What is to be in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The sequence's rate.
    pub rate: FrameRate,
    /// Frames.
    pub frames: FrameCount,
    /// Samples of sound.
    pub samples: u64,
    /// Samples a second.
    pub sample_rate: u32,
    /// Width and height.
    pub size: (u32, u32),
    /// Whether it must not pass a size, whatever that does to its pictures.
    pub capped: bool,
}

/// A packet of pictures: the how manieth it is, from 0, and where it lies in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Packet {
    number: i64,
    at: u64,
    size: u64,
}

/// Some of many, evenly spread, and the last one.
#[derive(Debug, Default)]
struct Spread {
    kept: Vec<Packet>,
    last: Option<Packet>,
    seen: usize,
    every: usize,
}

impl Spread {
    fn push(&mut self, packet: Packet) {
        let every = self.every.max(1);
        if self.seen.is_multiple_of(every) {
            self.kept.push(packet);
        }
        self.seen += 1;
        self.last = Some(packet);
        if self.kept.len() >= 2 * LOOKED_AT {
            let mut n = 0;
            self.kept.retain(|_| {
                n += 1;
                n % 2 == 1
            });
            self.every = every * 2;
        }
    }

    fn all(&self) -> impl Iterator<Item = Packet> {
        self.kept.iter().copied().chain(self.last.filter(|last| self.kept.last() != Some(last)))
    }
}

/// What a file's tables say.
#[derive(Debug, Default)]
struct Tables {
    /// Packets of pictures.
    pictures: i64,
    /// Where the pictures end, in nanoseconds.
    picture_end: i64,
    /// The first picture that does not follow the one before it by one period, where the table tells.
    uneven: Option<i64>,
    /// Where the sound ends, in nanoseconds, and by how much that may be off.
    sound_end: Option<(i64, i64)>,
    /// Whether players are not told of some packet of sound that they may begin with it.
    unmarked_sound: bool,
    /// How packets tell what they are, where they do.
    framing: Option<(NalCodec, Framing)>,
    /// Packets that are announced as places to begin at.
    keys: Spread,
    /// The others.
    others: Spread,
}

/// Why a file is not as it should be, in words that come after its name.
type Fault = String;

/// Checks a file, decoding with `threads` threads; `shown` tells what a frame looked like when it was rendered, if that is
/// known.
///
/// # Errors
/// [`MediaError::Cancelled`], and [`MediaError::Decode`] with what is wrong.
pub fn verify(
    path: &Path,
    wanted: &Wanted,
    shown: &[(i64, Glance)],
    threads: u32,
    cancel: &Cancel,
) -> Result<(), MediaError> {
    let fault = |why: Fault| MediaError::Decode { path: path.to_owned(), why };
    let mut file = File::open(path).map_err(|e| fault(format!("it can't be read again: {e}")))?;
    let unreadable = |e: std::io::Error| fault(format!("its tables can't be read: {e}"));
    let period = wanted.rate.duration_of(FrameCount(1)).nanos();
    let matroska = is_matroska(&mut file).map_err(unreadable)?;
    let tables = if matroska {
        matroska::read(&mut file, period, PACKET * 1_000_000_000 / i64::from(wanted.sample_rate.max(1)))
    } else {
        mp4::read(path, &mut file, period)
    };
    let tables = tables.map_err(unreadable)?;
    compare(&tables, wanted).map_err(fault)?;
    check_keys(&mut file, &tables, cancel)?.map_err(fault)?;
    let info = info_in(matroska, wanted);
    let format =
        PictureFormat { width: wanted.size.0, height: wanted.size.1, format: gstreamer_video::VideoFormat::I420 };
    let reader = match VideoReader::open(path, &info, format, threads) {
        Ok(reader) => reader,
        // what can be written need not be readable on the same machine
        Err(MediaError::MissingPlugin { what, .. }) => {
            tracing::warn!("the export was not decoded to check it: there is no decoder for {what}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    decode(path, reader, &tables, (wanted, shown), cancel)
}

/// Checks a file of sound alone: that it has so many samples at that rate, as its tables or its packets tell.
///
/// # Errors
/// [`MediaError::Decode`] with what is wrong.
pub fn verify_sound(path: &Path, samples: u64, rate: u32) -> Result<(), MediaError> {
    let fault = |why: Fault| MediaError::Decode { path: path.to_owned(), why };
    let info = crate::media::probe(path).map_err(|e| fault(e.to_string()))?;
    if info.audio.is_empty() {
        return Err(fault("it has no sound".into()));
    }
    let wanted = samples as f64 / f64::from(rate.max(1));
    let found = info.duration.map_or(0.0, SourceTime::seconds);
    // a packet more at each end is what an encoder may need
    if (found - wanted).abs() > SOUND_OFF {
        return Err(fault(format!("its sound lasts {found:.3} s instead of {wanted:.3}")));
    }
    Ok(())
}

/// Compares what the tables say with what is to be in the file.
fn compare(tables: &Tables, wanted: &Wanted) -> Result<(), Fault> {
    if tables.pictures != wanted.frames.0 {
        return Err(format!("it has {} pictures instead of {}", tables.pictures, wanted.frames.0));
    }
    if let Some(n) = tables.uneven {
        return Err(format!("picture {n} does not follow the one before it by one frame"));
    }
    let seconds = |nanos: i64| nanos as f64 / 1e9;
    let end = wanted.rate.duration_of(wanted.frames).nanos();
    let period = wanted.rate.duration_of(FrameCount(1)).nanos();
    // times are rounded to what a container counts in
    if tables.picture_end.abs_diff(end) > period.unsigned_abs() / 10 {
        return Err(format!("its pictures last {:.6} s instead of {:.6}", seconds(tables.picture_end), seconds(end)));
    }
    let Some((found, off)) = tables.sound_end else { return Err("it has no sound".into()) };
    let end = i64::try_from(u128::from(wanted.samples) * 1_000_000_000 / u128::from(wanted.sample_rate.max(1)));
    let end = end.unwrap_or(i64::MAX);
    if found.saturating_sub(end).abs() > off {
        return Err(format!("its sound lasts {:.6} s instead of {:.6}", seconds(found), seconds(end)));
    }
    if tables.unmarked_sound {
        return Err("players are not told that they can begin with its sound".into());
    }
    match tables.keys.kept.first() {
        Some(first) if first.number == 0 => Ok(()),
        _ => Err("players can't begin with its first picture".into()),
    }
}

/// Looks into packets: whether those that are announced as places to begin at are such, and the others are not.
fn check_keys(file: &mut File, tables: &Tables, cancel: &Cancel) -> Result<Result<(), Fault>, MediaError> {
    let Some((codec, framing)) = tables.framing else { return Ok(Ok(())) };
    let mut head = Vec::with_capacity(HEAD);
    for (packets, key) in [(&tables.keys, true), (&tables.others, false)] {
        for packet in packets.all() {
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            head.clear();
            let read = file.seek(SeekFrom::Start(packet.at));
            let read = read.and_then(|_| file.take(packet.size.min(HEAD as u64)).read_to_end(&mut head));
            let found = read.ok().and_then(|_| is_sync(codec, framing, &head));
            if found != Some(key) {
                let n = packet.number;
                return Ok(Err(match found {
                    None => format!("the packet of picture {n} has no picture in it"),
                    Some(true) => format!("players may begin with picture {n}, and are not told"),
                    Some(false) => format!("players are told to begin with picture {n}, and can't"),
                }));
            }
        }
    }
    Ok(Ok(()))
}

/// Decodes the first picture, one about the middle, one near the end and the last, and compares them with what was rendered.
fn decode(
    path: &Path,
    mut reader: VideoReader,
    tables: &Tables,
    (wanted, shown): (&Wanted, &[(i64, Glance)]),
    cancel: &Cancel,
) -> Result<(), MediaError> {
    let fault = |why: Fault| MediaError::Decode { path: path.to_owned(), why };
    let keys: Vec<Packet> = tables.keys.all().collect();
    let middle = keys.partition_point(|k| k.number * 2 < tables.pictures);
    let mut places: Vec<i64> =
        [keys.first(), keys.get(middle), keys.last()].into_iter().flatten().map(|k| k.number).collect();
    // a picture that was kept can be compared; what leads to the last one is decoded as well
    let near = |n: &i64| *n == tables.pictures - 1 || keys.iter().any(|k| k.number == *n);
    places.extend(shown.iter().map(|(n, _)| *n).filter(near));
    places.sort_unstable();
    places.dedup();
    for n in places {
        // the middle of its time, so that rounding does not matter
        let begin = wanted.rate.time_of(Frame(n));
        let half = wanted.rate.duration_of(FrameCount(1)).0 / 2;
        let picture = reader.at(begin + SourceTime(half), cancel)?;
        let picture = picture.ok_or_else(|| fault(format!("picture {n} can't be decoded")))?;
        let Some((_, rendered)) = shown.iter().find(|(shown, _)| *shown == n) else { continue };
        let decoded = Luma::of_picture(&picture, |luma| Glance::of(luma, PARTS));
        let decoded = decoded.map_err(|e| fault(format!("picture {n} can't be read: {e}")))?;
        let off = decoded.difference(rendered);
        if off > if wanted.capped { OFF_UNDER_CAP } else { OFF } {
            return Err(fault(format!("picture {n} is not the one that was rendered: {off} levels off on average")));
        }
    }
    Ok(())
}

/// What a reader is told of a film that was made: what was to be written.
///
/// # Errors
/// [`MediaError::Decode`] when it can't be read again.
pub(in crate::export) fn info(path: &Path, wanted: &Wanted) -> Result<MediaInfo, MediaError> {
    let matroska = File::open(path).and_then(|mut file| is_matroska(&mut file));
    let unreadable = |e| MediaError::Decode { path: path.to_owned(), why: format!("it can't be read again: {e}") };
    Ok(info_in(matroska.map_err(unreadable)?, wanted))
}

fn info_in(matroska: bool, wanted: &Wanted) -> MediaInfo {
    MediaInfo {
        duration: Some(wanted.rate.duration_of(wanted.frames)),
        video: Some(VideoStream {
            rate: Some(wanted.rate),
            colorimetry: "bt709".into(),
            ..VideoStream::of_size(wanted.size.0, wanted.size.1)
        }),
        ..MediaInfo::of(MediaKind::Video, if matroska { "Matroska" } else { "Quicktime" })
    }
}
