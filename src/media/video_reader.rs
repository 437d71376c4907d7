//! The pictures of one file, decoded, upright, in the size and format that is asked for.

use super::colours::Conversion;
use super::decode::{Cancel, Decoding, Input, Which};
use super::error::MediaError;
use super::proxy_parts::Part;
use super::scaling::Scaler;
use crate::model::{
    Frame, FrameCount, FrameRate, MediaInfo, MediaKind, Orientation, PictureGrid, SAME_MOMENT, SourceTime, VideoStream,
};
use gstreamer as gst;
use gstreamer_video as gst_video;
use std::ops::Range;
use std::path::Path;

/// What pictures are converted to: I420 or A420. Pixels are square, the colours BT.709 in limited range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureFormat {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How they lie in memory.
    pub format: gst_video::VideoFormat,
}

impl PictureFormat {
    /// GStreamer caps, for upright pictures or for ones that are turned afterwards. They say nothing of colours, so
    /// that these stay as they are.
    fn caps(self, swapped: bool) -> String {
        let (width, height) = if swapped { (self.height, self.width) } else { (self.width, self.height) };
        let format = self.format.to_str();
        format!("video/x-raw,format={format},width={width},height={height},pixel-aspect-ratio=1/1")
    }

    /// The layout in memory.
    ///
    /// # Errors
    /// [`MediaError::Element`] for sizes that GStreamer can't express.
    pub fn info(self) -> Result<gst_video::VideoInfo, MediaError> {
        gst_video::VideoInfo::builder(self.format, self.width, self.height)
            .build()
            .map_err(|e| MediaError::Element(e.to_string()))
    }
}

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// When it appears, in the file's own time.
    pub time: SourceTime,
    /// The pixels, in the reader's format.
    pub buffer: gst::Buffer,
    /// Their layout.
    pub info: gst_video::VideoInfo,
}

/// Reads the pictures of one file. Asked for the picture at a moment, it gives the last one that
/// began before; going on from there is cheap, going back or far ahead seeks.
pub struct VideoReader {
    decoding: Decoding,
    format: PictureFormat,
    /// Where pictures of a constant rate lie; of others, their own times count.
    grid: Option<PictureGrid>,
    /// Where what the file has begins, where it has only a part of its media.
    begin: SourceTime,
    /// Whether the file ends where another goes on.
    goes_on: bool,
    /// When the first picture appears.
    first: SourceTime,
    still: bool,
    current: Option<Picture>,
    next: Option<Picture>,
    /// How long the picture stays that was decoded last, where its decoder knows.
    stays: Option<gst::ClockTime>,
    ended: bool,
    /// Where pictures of a constant rate are missing.
    hole: Option<Range<SourceTime>>,
    /// Whether the file refuses to be sought in; it is read from the start then.
    unseekable: bool,
    /// The rate and the number of pictures so far, where they carry no times.
    untimed: Option<(FrameRate, i64)>,
    /// The rate, where the demuxer gives the second picture the time of the first (`oggdemux` 1.22 with Theora).
    doubled: Option<FrameRate>,
    threads: u32,
    start: SourceTime,
    stream: u32,
    tail: String,
    conversion: Conversion,
    /// Scales decoded pictures, where the pipeline does not.
    scaler: Option<Scaler>,
}

/// Pictures that the decoder may be ahead, beside the one that it is working on and the next one here.
const DECODED_AHEAD: u32 = 1;

/// Going ahead by more than this seeks; below it is cheaper to decode what lies between.
const SEEK_AHEAD: SourceTime = SourceTime(SourceTime::SECOND.0 * 2);

/// Pictures of a constant rate that are farther from each other than this have lost some between them, and so has a file whose
/// last one stays longer; a screen recording may stand still for a while.
pub(crate) const MISSING: SourceTime = SourceTime(SourceTime::SECOND.0 * 2);

/// How many times as far before a moment a key frame is sought, where none nearer will do.
const EARLIER: [i64; 3] = [2, 10, 50];

impl VideoReader {
    /// Opens a file that was probed, decoding with `threads` threads.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn open(path: &Path, info: &MediaInfo, format: PictureFormat, threads: u32) -> Result<Self, MediaError> {
        Self::open_stream(path, info, 0, format, threads)
    }

    /// Opens the nth picture stream of a file.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn open_stream(
        path: &Path,
        info: &MediaInfo,
        stream: u32,
        format: PictureFormat,
        threads: u32,
    ) -> Result<Self, MediaError> {
        Self::open_part(path, info, Part::WHOLE, stream, format, threads)
    }

    /// Opens the nth picture stream of a file that has only a part of the media that `info` tells of. It may be asked for
    /// the pictures of that part alone.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn open_part(
        path: &Path,
        info: &MediaInfo,
        part: Part,
        stream: u32,
        format: PictureFormat,
        threads: u32,
    ) -> Result<Self, MediaError> {
        let video = info.video_stream(stream);
        let orientation = video.map(|v| v.orientation).unwrap_or_default();
        let interlaced = video.is_some_and(|v| v.interlaced);
        let conversion = Conversion::of(video);
        let decoded = PictureFormat { format: conversion.decoded(format.format), ..format };
        // what is turned, or deeper, is scaled where it is converted
        let plain = video.is_some_and(|v| v.bit_depth <= 10) && orientation == Orientation::default();
        let planar = matches!(decoded.format, gst_video::VideoFormat::I420 | gst_video::VideoFormat::A420);
        let film = info.kind == MediaKind::Video && info.generator.is_none();
        let scaler = if plain && planar && film { Some(Scaler::new(decoded.info()?)?) } else { None };
        let deep = video.is_some_and(|v| v.bit_depth > 8);
        let tail = match &scaler {
            Some(_) => planes(interlaced, decoded, deep),
            None => tail(orientation, interlaced, decoded),
        };
        let input = match &info.generator {
            Some(generator) => Input::Generated(generator, (format.width, format.height)),
            None => Input::File(path, Some((format.width, format.height))),
        };
        let start = info.start + video.map_or(SourceTime::ZERO, |v| v.ahead);
        let decoding = Decoding::open_input(input, start, Which::Video(stream), &tail, DECODED_AHEAD, threads)?;
        Ok(Self {
            decoding,
            format,
            grid: video.and_then(VideoStream::grid).filter(|_| film),
            begin: part.from,
            goes_on: part.until.is_some(),
            first: video.map_or(SourceTime::ZERO, |v| v.first).max(part.from),
            still: info.kind == crate::model::MediaKind::Still,
            current: None,
            next: None,
            stays: None,
            ended: false,
            hole: None,
            unseekable: info.untimed,
            untimed: video.and_then(|v| v.rate).filter(|_| info.untimed).map(|rate| (rate, 0)),
            doubled: video.and_then(|v| v.rate).filter(|_| info.container.contains("Ogg")),
            threads,
            start,
            stream,
            tail,
            conversion,
            scaler,
        })
    }

    /// What pictures are converted to.
    #[must_use]
    pub fn format(&self) -> PictureFormat {
        self.format
    }

    /// What a picture must have begun by to be on the screen at `time`: where two meet there, it is the earlier one.
    #[must_use]
    pub fn begun_by(&self, time: SourceTime) -> SourceTime {
        time - SAME_MOMENT
    }

    /// The next picture in the file, `None` after the last.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
    pub fn next(&mut self, cancel: &Cancel) -> Result<Option<Picture>, MediaError> {
        self.fill(cancel)?;
        let Some(next) = self.next.take() else { return Ok(None) };
        self.current = Some(next.clone());
        Ok(Some(next))
    }

    /// The picture on the screen at `time`: the last that began before, so that where two meet it is the earlier one.
    /// Before the first picture that is the first one, after the last the last one; `None` when the file has none at all.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
    pub fn at(&mut self, time: SourceTime, cancel: &Cancel) -> Result<Option<Picture>, MediaError> {
        let limit = self.begun_by(time);
        // nothing is before the first picture
        let behind = self.current.as_ref().is_some_and(|c| c.time > limit.max(self.first));
        let far = |p: &Picture| limit - p.time > SEEK_AHEAD;
        let ahead = match (&self.next, &self.current) {
            (Some(next), _) => far(next),
            (None, Some(current)) => !self.ended && far(current),
            (None, None) => time - self.begin > SEEK_AHEAD,
        };
        if (behind || ahead) && !self.still {
            self.seek(time, cancel)?;
        }
        self.advance(limit, cancel)?;
        Ok(self.current.clone())
    }

    /// Whether there is nothing more after the last picture that was given.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended && self.next.is_none() && !self.still && !self.goes_on
    }

    /// What was damaged up to the picture that was given last, since the last seek or since this was asked: when, and how. With
    /// a constant rate that is also where pictures are missing.
    pub fn damage(&mut self) -> Option<(SourceTime, String)> {
        let shown = self.current.as_ref()?.time;
        if let Some(hole) = self.hole.take_if(|hole| hole.end <= shown) {
            let length = (hole.end - hole.start).seconds();
            return Some((hole.start, format!("no pictures for {length:.1} s")));
        }
        self.decoding.damage_until(shown)
    }

    /// Positions the reader so that the next [`Self::at`] with this time finds its picture decoded.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
    pub fn seek(&mut self, time: SourceTime, cancel: &Cancel) -> Result<(), MediaError> {
        if self.still {
            return Ok(());
        }
        let limit = self.begun_by(time);
        if !self.unseekable {
            // an accurate seek drops what ends before the target by its nominal duration: with variable
            // rates that may be the very picture we want, so these start from the key frame
            let accurate = match self.grid {
                Some(grid) => self.seek_on_grid(grid, time, limit, cancel)?,
                None => false,
            };
            if accurate || self.try_seek(time, gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE, limit, cancel)? {
                return Ok(());
            }
            // some demuxers land a little late, or on a picture that needs some before it: aim earlier
            for back in EARLIER {
                let earlier = (time - SourceTime(SEEK_AHEAD.0 * back)).max(self.begin);
                if self.try_seek(earlier, gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE, limit, cancel)? {
                    return Ok(());
                }
            }
        }
        if self.untimed.is_none() && self.try_seek(self.begin, gst::SeekFlags::ACCURATE, limit, cancel)? {
            return Ok(());
        }
        self.unseekable = true;
        self.decoding = Decoding::open(
            &self.decoding.path,
            self.start,
            Which::Video(self.stream),
            &self.tail,
            DECODED_AHEAD,
            self.threads,
        )?;
        self.forget();
        Ok(())
    }

    /// A picture near a moment, quickly: the key frame before it.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
    pub fn near(&mut self, time: SourceTime, cancel: &Cancel) -> Result<Option<Picture>, MediaError> {
        let flags = gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE;
        if self.still || self.untimed.is_some() || !self.try_seek(time, flags, self.begun_by(time), cancel)? {
            return self.at(time, cancel);
        }
        self.next(cancel)
    }

    /// Whether an accurate seek worked, to the picture of a constant rate that is on the screen at `time`.
    ///
    /// It lands on the picture that covers its target by its rounded time: no picture is far from its place, so that the
    /// middle of where it lies is in it. Decoders tell the target as the time of what they cut off there
    /// (`gst_video_decoder_clip_and_push_buf`), which then is the picture that was meant. Where they don't know how long a
    /// picture stays, they take it for 40 ms, and cut off several there: then it is the last of those.
    fn seek_on_grid(
        &mut self,
        grid: PictureGrid,
        time: SourceTime,
        limit: SourceTime,
        cancel: &Cancel,
    ) -> Result<bool, MediaError> {
        let number = grid.picture_at(time);
        let target = if number < 0 { self.begin } else { grid.middle_of(number).max(self.begin) };
        if !self.go_to(target, gst::SeekFlags::ACCURATE, cancel)? {
            return Ok(false);
        }
        let cut_off = |picture: &Picture| (picture.time - target).0.abs() <= SAME_MOMENT.0;
        let period = grid.middle_of(1) - grid.middle_of(0) + SAME_MOMENT;
        let several = self.stays.is_none_or(|stays| SourceTime::from_nanos(stays.nseconds().cast_signed()) > period);
        while several && self.next.as_ref().is_some_and(cut_off) {
            self.current = self.next.take();
            self.fill(cancel)?;
        }
        if let Some(meant) = self.current.as_mut().or(self.next.as_mut()).filter(|picture| cut_off(picture)) {
            meant.time = grid.time_of(number.max(0));
        }
        Ok(self.has_landed(target, limit))
    }

    /// Whether the seek worked and landed at or before `limit` (or at the very start).
    fn try_seek(
        &mut self,
        to: SourceTime,
        flags: gst::SeekFlags,
        limit: SourceTime,
        cancel: &Cancel,
    ) -> Result<bool, MediaError> {
        Ok(self.go_to(to, flags, cancel)? && self.has_landed(to, limit))
    }

    /// Seeks, and reads the picture there; whether the file can be sought in, and that picture is whole.
    fn go_to(&mut self, to: SourceTime, flags: gst::SeekFlags, cancel: &Cancel) -> Result<bool, MediaError> {
        if !self.decoding.seek(to, flags) {
            return Ok(false);
        }
        self.forget();
        self.fill(cancel)?;
        // at the very start nothing is before
        Ok(to <= self.begin || !self.decoding.began_late())
    }

    fn has_landed(&self, to: SourceTime, limit: SourceTime) -> bool {
        self.landed().is_some_and(|picture| picture.time <= limit || to <= self.begin)
    }

    /// The picture that a seek has landed on.
    fn landed(&self) -> Option<&Picture> {
        self.current.as_ref().or(self.next.as_ref())
    }

    fn forget(&mut self) {
        (self.current, self.next, self.ended, self.hole) = (None, None, false, None);
        if let Some((_, count)) = &mut self.untimed {
            *count = 0;
        }
    }

    /// Moves on to the last picture that begins at or before `limit`.
    fn advance(&mut self, limit: SourceTime, cancel: &Cancel) -> Result<(), MediaError> {
        loop {
            if let Err(error) = self.fill(cancel) {
                // what was decoded before it broke stays on the screen; the caller is told once
                self.ended = true;
                return Err(error);
            }
            match self.next.take_if(|n| n.time <= limit || self.current.is_none()) {
                Some(next) => self.current = Some(next),
                None => return Ok(()),
            }
        }
    }

    fn fill(&mut self, cancel: &Cancel) -> Result<(), MediaError> {
        while self.next.is_none() && !self.ended {
            let Some(sample) = self.decoding.pull(cancel)? else {
                self.ended = true;
                return Ok(());
            };
            self.stays = sample.buffer().and_then(gst::BufferRef::duration);
            self.next = self.picture(&sample);
            if let Some((rate, count)) = &mut self.untimed
                && let Some(next) = &mut self.next
            {
                next.time = rate.time_of(Frame(*count));
                *count += 1;
            }
            if let (Some(rate), Some(next), Some(current)) = (self.doubled, &mut self.next, &self.current)
                && next.time == current.time
            {
                next.time += rate.duration_of(FrameCount(1));
            }
            if let (Some(grid), Some(next)) = (self.grid, &mut self.next) {
                next.time = grid.place(next.time);
                let before = self.current.as_ref().map_or(next.time, |current| current.time);
                if next.time - before > MISSING {
                    self.hole = Some(before..next.time);
                }
            }
        }
        Ok(())
    }

    fn picture(&mut self, sample: &gst::Sample) -> Option<Picture> {
        let buffer = sample.buffer_owned()?;
        let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let known = self.decoding.time_of(sample);
        let time = known.or_else(|| self.current.as_ref().map(|c| c.time)).unwrap_or(SourceTime::ZERO);
        let same = |target: &gst_video::VideoInfo| {
            (info.width(), info.height(), info.format()) == (target.width(), target.height(), target.format())
        };
        let (buffer, info) = match self.scaler.as_mut().filter(|scaler| !same(scaler.target())) {
            Some(scaler) => (scaler.scale(&buffer, &info)?, scaler.target().clone()),
            None => (buffer, info),
        };
        let (buffer, info) = self.conversion.apply(buffer, &info, self.format.format);
        Some(Picture { time, buffer, info })
    }
}

fn deinterlace(interlaced: bool) -> &'static str {
    if interlaced { "deinterlace fields=top ! " } else { "" }
}

/// Leaves the size as it is, and 10 bits.
fn planes(interlaced: bool, format: PictureFormat, deep: bool) -> String {
    let format = match format.format {
        gst_video::VideoFormat::I420 if deep => "I420_10LE",
        gst_video::VideoFormat::A420 if deep => "A420_10LE",
        other => other.to_str().as_str(),
    };
    format!("{}videoconvert ! capsfilter caps=\"video/x-raw,format={format}\"", deinterlace(interlaced))
}

/// Scales before it turns: fewer pixels, and any source format will do.
fn tail(orientation: Orientation, interlaced: bool, format: PictureFormat) -> String {
    let flip = match (orientation.mirrored, orientation.rotation) {
        (false, 90) => Some("90r"),
        (false, 180) => Some("180"),
        (false, 270) => Some("90l"),
        (true, 0) => Some("horiz"),
        (true, 180) => Some("vert"),
        (true, 90) => Some("ur-ll"),
        (true, 270) => Some("ul-lr"),
        _ => None,
    };
    let flip = flip.map_or_else(String::new, |d| format!(" ! videoflip video-direction={d}"));
    format!(
        "{}videoconvertscale add-borders=false ! capsfilter caps=\"{}\"{flip}",
        deinterlace(interlaced),
        format.caps(orientation.swaps_axes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each further seek decodes the way from the key frame again.
    #[test]
    fn pictures_on_a_grid_are_sought_once() {
        crate::media::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let x264 = "x264enc key-int-max=30 bframes=2 speed-preset=superfast ! h264parse";
        for (rate, encoder, muxer, name) in [
            ((30, 1), x264, "mp4mux", "exact.mp4"),
            ((30000, 1001), x264, "matroskamux", "rounded.mkv"),
            ((25, 1), x264, "mpegtsmux", "streamed.ts"),
            ((25, 1), "vp8enc keyframe-max-dist=20 deadline=1", "webmmux", "rounded.webm"),
        ] {
            let path = folder.path().join(name);
            crate::media::played::run(&format!(
                "videotestsrc num-buffers=120 ! video/x-raw,width=64,height=64,framerate={}/{} ! {encoder} ! {muxer} \
                 ! filesink location=\"{}\"",
                rate.0,
                rate.1,
                path.display()
            ));

            let info = crate::media::probe(&path).unwrap();
            let format = PictureFormat { width: 64, height: 64, format: gst_video::VideoFormat::I420 };
            let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
            let grid = reader.grid.unwrap();
            for n in [1, 17, 29, 30, 31, 44, 59, 60, 77, 101, 118] {
                let time = grid.middle_of(n);
                let limit = reader.begun_by(time);
                assert!(reader.seek_on_grid(grid, time, limit, &Cancel::default()).unwrap(), "{name}, picture {n}");
                assert_eq!(reader.landed().map(|landed| landed.time), Some(grid.time_of(n)), "{name}, picture {n}");
            }
        }
    }
}
