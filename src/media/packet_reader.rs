//! The pictures of one H.264 stream as they are stored, not decoded: for copying.

use super::avc::{self, Configuration, Unfit};
use super::decode::{Cancel, Decoding, Which};
use super::error::MediaError;
use crate::model::{FrameCount, MediaInfo, PictureGrid, SourceTime, VideoStream};
use gstreamer as gst;
use std::path::Path;

/// Packets that wait to be taken.
const AHEAD: u32 = 4;

/// What a stream is made into: a packet a picture, with its parameter sets beside.
const TAIL: &str = "h264parse ! capsfilter caps=\"video/x-h264,stream-format=avc,alignment=au\"";

/// A picture that is not decoded.
#[derive(Clone, Debug)]
pub(crate) struct CodedPicture {
    /// Which of the stream's pictures it is, in the order in which they are shown, from 0.
    pub number: i64,
    /// Whether nothing before it is needed for it, nor for what follows it.
    pub idr: bool,
    /// Its packet.
    pub packet: gst::Buffer,
}

/// Reads pictures of a constant rate in the order in which they are stored.
pub(crate) struct PacketReader {
    decoding: Decoding,
    grid: PictureGrid,
    quarter: SourceTime,
    configuration: Configuration,
    /// What the packets are announced as.
    caps: gst::Caps,
    first: Option<gst::Sample>,
}

impl PacketReader {
    /// Opens the nth picture stream of a file that was probed.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, also where the stream is not of that kind.
    pub fn open(path: &Path, info: &MediaInfo, stream: u32, cancel: &Cancel) -> Result<Self, MediaError> {
        let video = info.video_stream(stream);
        let start = info.start + video.map_or(SourceTime::ZERO, |v| v.ahead);
        let decoding = Decoding::open(path, start, Which::Packets(stream), TAIL, AHEAD, 1)?;
        let Some((grid, rate)) = video.and_then(VideoStream::grid).zip(video.and_then(|v| v.rate)) else {
            return Err(decoding.decode_error("its pictures don't come at one rate"));
        };
        let first = decoding.pull(cancel)?;
        let caps = first.as_ref().and_then(|first| first.caps_owned());
        let Some((configuration, caps)) = caps.and_then(|caps| Some((Configuration::announced(&caps)?, caps))) else {
            return Err(decoding.decode_error("its parameters can't be found"));
        };
        let quarter = SourceTime(rate.duration_of(FrameCount(1)).0 / 4);
        Ok(Self { decoding, grid, quarter, configuration, caps, first })
    }

    /// Its parameter sets, as far as they are known from its first picture.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Goes to the last picture at or before a picture that decoding can begin with, as far as tables tell.
    ///
    /// # Errors
    /// [`MediaError::Decode`] where the file can't be sought in.
    pub fn seek(&mut self, number: i64) -> Result<(), MediaError> {
        self.first = None;
        let flags = gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE;
        let time = self.grid.middle_of(number).max(SourceTime::ZERO);
        if self.decoding.seek(time, flags) { Ok(()) } else { Err(self.decoding.decode_error("it can't be sought in")) }
    }

    /// The next picture; `None` after the last.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, also where a picture does not lie at the stream's rate.
    pub fn next(&mut self, cancel: &Cancel) -> Result<Option<CodedPicture>, MediaError> {
        let sample = match self.first.take() {
            Some(first) => Some(first),
            None => self.decoding.pull(cancel)?,
        };
        let Some(sample) = sample else { return Ok(None) };
        let uneven = || self.decoding.decode_error("its pictures don't come at one rate");
        if sample.caps().is_none_or(|caps| caps != self.caps.as_ref()) {
            let changed = || self.decoding.decode_error("its parameters change on the way");
            let caps = sample.caps_owned().ok_or_else(changed)?;
            if Configuration::announced(&caps).as_ref() != Some(&self.configuration) {
                return Err(changed());
            }
            self.caps = caps;
        }
        let time = self.decoding.time_of(&sample).ok_or_else(uneven)?;
        let number = self.grid.picture_at(time + self.quarter + self.quarter);
        if (self.grid.time_of(number) - time).0.abs() > self.quarter.0 {
            return Err(uneven());
        }
        let packet = sample.buffer_owned().ok_or_else(uneven)?;
        let idr = packet.map_readable().ok().and_then(|bytes| avc::is_idr(&bytes));
        let Some(idr) = idr else { return Err(self.decoding.decode_error("a packet of it has no picture")) };
        Ok(Some(CodedPicture { number, idr, packet }))
    }

    /// Where something can't be copied: the same as an error about the file.
    pub fn unfit(&self, why: &Unfit) -> MediaError {
        self.decoding.decode_error(&why.0)
    }
}
