//! What is known about a media file that clips refer to.

use super::generator::Generator;
use super::grid::{PictureGrid, SAME_MOMENT};
use super::path_text;
use super::time::{FrameCount, FrameRate, SourceTime};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How long a still, a title or a solid lasts on the timeline until someone says otherwise.
pub const STILL_LENGTH: SourceTime = SourceTime(SourceTime::SECOND.0 * 5);

/// Names an [`Asset`] within its project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetId(pub u64);

/// A media file in the bin. Whether the file is there right now is not part of the document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Asset {
    /// Its name within the project.
    pub id: AssetId,
    /// What people call it; the file name at first.
    pub name: String,
    /// Where the original lies. Absolute in memory; the project file stores it relative to itself where possible.
    #[serde(with = "path_text")]
    pub path: PathBuf,
    /// Tells the content apart from other files of the same name and finds its proxy; empty until known.
    #[serde(default)]
    pub fingerprint: String,
    /// What probing found in it.
    pub info: MediaInfo,
}

impl Asset {
    /// How many streams there are for a track of that kind.
    #[must_use]
    pub fn streams(&self, kind: super::TrackKind) -> usize {
        match kind {
            super::TrackKind::Video => usize::from(self.info.has_video()) + self.info.more_video.len(),
            super::TrackKind::Audio => self.info.audio.len(),
        }
    }
}

/// What a file is for an editor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MediaKind {
    /// Moving pictures, with or without sound.
    Video,
    /// Sound alone.
    Audio,
    /// One picture that lasts as long as asked.
    Still,
}

/// What probing found in a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MediaInfo {
    /// What it is for an editor.
    pub kind: MediaKind,
    /// The container's name as GStreamer describes it, such as `Quicktime`.
    pub container: String,
    /// How long it lasts; `None` for stills.
    pub duration: Option<SourceTime>,
    /// Where the file's own clock stands at its beginning, which is media time 0.
    #[serde(default)]
    pub start: SourceTime,
    /// The first picture stream.
    pub video: Option<VideoStream>,
    /// The other picture streams, in the file's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_video: Vec<VideoStream>,
    /// Every audio stream, in the file's order.
    pub audio: Vec<AudioStream>,
    /// Whether its pictures carry no times: they follow each other at the stream's rate, and can only be read in order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untimed: bool,
    /// What makes the pictures up, where they are not read from a file at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Box<Generator>>,
}

/// Width to height of one pixel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PixelAspect {
    /// Width part, positive.
    pub num: u32,
    /// Height part, positive.
    pub den: u32,
}

/// How a stored picture must be turned to stand upright: first mirrored left to right (if at all), then
/// rotated clockwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Orientation {
    /// Clockwise degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether it is mirrored left to right before that.
    pub mirrored: bool,
}

impl Orientation {
    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_axes(self) -> bool {
        self.rotation % 180 == 90
    }
}

/// The curve that relates code values to light.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Transfer {
    /// ITU-R BT.709 and all that look like it on an ordinary screen.
    #[default]
    Sdr,
    /// SMPTE ST 2084, as HDR10 uses it.
    Pq,
    /// ARIB STD-B67, hybrid log-gamma.
    Hlg,
}

/// A picture stream.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VideoStream {
    /// The codec's name as GStreamer describes it.
    pub codec: String,
    /// Width in pixels as displayed: upright, with square pixels.
    pub width: u32,
    /// Height in pixels as displayed: upright, with square pixels.
    pub height: u32,
    /// How the stored picture must be turned.
    pub orientation: Orientation,
    /// Width to height of a stored pixel.
    pub pixel_aspect: PixelAspect,
    /// Frames a second: exact where the file has one rate, else the nominal one; `None` if nothing tells.
    pub rate: Option<FrameRate>,
    /// Whether the gaps between frames differ.
    pub variable_rate: bool,
    /// When the first picture appears, in media time; where the rate is constant, all others lie whole periods after it.
    #[serde(default)]
    pub first: SourceTime,
    /// By how much the times of its pictures are ahead of the file's clock, where they are (MXF with B-frames).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ahead: SourceTime,
    /// Whether frames hold two fields.
    pub interlaced: bool,
    /// Whether pictures can be transparent.
    pub alpha: bool,
    /// Bits of each component.
    pub bit_depth: u32,
    /// The transfer curve, as far as it decides how the picture must be shown.
    pub transfer: Transfer,
    /// GStreamer's colorimetry string, empty if the file says nothing.
    pub colorimetry: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(time: &SourceTime) -> bool {
    *time == SourceTime::ZERO
}

impl VideoStream {
    /// Upright pictures of that size with square pixels, of 8 bits, of which nothing more is known.
    #[must_use]
    pub fn of_size(width: u32, height: u32) -> Self {
        Self {
            codec: String::new(),
            width,
            height,
            orientation: Orientation::default(),
            pixel_aspect: PixelAspect { num: 1, den: 1 },
            rate: None,
            variable_rate: false,
            first: SourceTime::ZERO,
            ahead: SourceTime::ZERO,
            interlaced: false,
            alpha: false,
            bit_depth: 8,
            transfer: Transfer::Sdr,
            colorimetry: String::new(),
        }
    }

    /// Where its pictures lie; `None` where their own times decide.
    #[must_use]
    pub fn grid(&self) -> Option<PictureGrid> {
        self.rate.filter(|_| !self.variable_rate).map(|rate| PictureGrid::new(self.first, rate))
    }
}

/// A sound stream.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AudioStream {
    /// The codec's name as GStreamer describes it.
    pub codec: String,
    /// Samples a second.
    pub rate: u32,
    /// How many channels.
    pub channels: u32,
    /// ISO 639 code, empty if the file says nothing.
    pub language: String,
}

/// A half-open range of media.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceSpan {
    /// Its first moment.
    pub start: SourceTime,
    /// The first moment after it.
    pub end: SourceTime,
}

impl MediaInfo {
    /// Of a file in a container of that name, in which nothing was found yet.
    #[must_use]
    pub fn of(kind: MediaKind, container: impl Into<String>) -> Self {
        Self {
            kind,
            container: container.into(),
            duration: None,
            start: SourceTime::ZERO,
            video: None,
            more_video: Vec::new(),
            audio: Vec::new(),
            untimed: false,
            generator: None,
        }
    }

    /// Of pictures that are made up, for a sequence of that size.
    #[must_use]
    pub fn generated(generator: Generator, (width, height): (u32, u32)) -> Self {
        let video = VideoStream {
            alpha: generator.is_transparent(),
            colorimetry: "sRGB".into(),
            ..VideoStream::of_size(width, height)
        };
        let generator = Some(Box::new(generator));
        Self { video: Some(video), generator, ..Self::of(MediaKind::Still, "") }
    }

    /// The range that clips may use; `None` where any range will do, as with stills.
    #[must_use]
    pub fn range(&self) -> Option<SourceSpan> {
        match self.kind {
            MediaKind::Still => None,
            MediaKind::Video | MediaKind::Audio => self.duration.map(|end| SourceSpan { start: SourceTime::ZERO, end }),
        }
    }

    /// How many frames of a sequence at `rate` show it from `from` to its end. Of pictures at a constant rate, each one
    /// that is whole is among them; of all else, only frames that are whole (but for a millisecond, for headers round).
    #[must_use]
    pub fn frames_from(&self, from: SourceTime, rate: FrameRate) -> FrameCount {
        let end = self.duration.unwrap_or(from);
        // containers round to milliseconds, which can be a whole frame
        let slack = SourceTime((SourceTime::SECOND.0 / 1000).min(rate.duration_of(FrameCount(1)).0 / 4));
        let grid = self.video.as_ref().filter(|_| self.kind == MediaKind::Video).and_then(VideoStream::grid);
        // up to the end of the last whole picture, and sound beyond it as far as it fills frames
        let pictures = grid.map(|grid| grid.time_of(grid.picture_at(end + slack + SAME_MOMENT)));
        // a frame in the middle of which two pictures meet shows the earlier one
        let pictures = pictures.map_or(0, |end| rate.frame_nearest(end + SAME_MOMENT - from).0);
        FrameCount(pictures.max(rate.frame_at(end - from + slack).0))
    }

    /// The nth picture stream, from 0.
    #[must_use]
    pub fn video_stream(&self, n: u32) -> Option<&VideoStream> {
        match n {
            0 => self.video.as_ref(),
            n => self.more_video.get(n as usize - 1),
        }
    }

    /// Whether it has pictures.
    #[must_use]
    pub fn has_video(&self) -> bool {
        self.video.is_some()
    }

    /// Whether it has sound.
    #[must_use]
    pub fn has_audio(&self) -> bool {
        !self.audio.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(rate: FrameRate, duration: SourceTime) -> MediaInfo {
        MediaInfo {
            duration: Some(duration),
            video: Some(VideoStream { codec: "H.264".into(), rate: Some(rate), ..VideoStream::of_size(64, 64) }),
            ..MediaInfo::of(MediaKind::Video, "Matroska")
        }
    }

    #[test]
    fn what_containers_round_is_no_frame_more_or_less() {
        for (num, den) in [(24000, 1001), (30, 1), (60, 1), (240, 1), (480, 1), (1000, 1)] {
            let rate = FrameRate::new(num, den).unwrap();
            let whole = rate.duration_of(FrameCount(100));
            assert_eq!(film(rate, whole).frames_from(SourceTime::ZERO, rate), FrameCount(100), "{rate}");
            let early =
                SourceTime(SourceTime::SECOND.0 / 1000 / 5).min(SourceTime(rate.duration_of(FrameCount(1)).0 / 5));
            assert_eq!(film(rate, whole - early).frames_from(SourceTime::ZERO, rate), FrameCount(100), "{rate}");
        }
    }
}
