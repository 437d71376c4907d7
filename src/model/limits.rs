//! The one table of what a document's values may be. Edits, and the check of what is loaded, both ask here, so that what
//! an edit accepts can be opened again.

use super::asset::{Asset, MediaInfo, VideoStream};
use super::generator::{Generator, Title};
use super::properties::Properties;
use super::sequence::TrackKind;
use super::time::{Frame, FrameCount, MAX_FRAMES, SourceTime};
use super::transition::{Transition, TransitionKind};
use std::ops::RangeInclusive;

/// Sides of a sequence's picture in pixels; even as well.
pub const SIDES: RangeInclusive<u32> = 16..=8192;

/// Samples a second of a sequence's mix.
pub const SAMPLE_RATES: RangeInclusive<u32> = 8000..=192_000;

/// Heights of a track in the window, in per cent of the usual.
pub const TRACK_HEIGHTS: RangeInclusive<u16> = 50..=400;

/// Height of a line of a title, in hundredths of the picture's height.
pub const TITLE_SIZES: RangeInclusive<f64> = 0.5..=100.0;

/// How far a title stays from the frame's edges, in hundredths of the picture's height.
pub const TITLE_MARGINS: RangeInclusive<f64> = 0.0..=45.0;

/// Bytes of a title's text, and of its font's name.
pub const TITLE_TEXT: (usize, usize) = (10_000, 200);

/// Sides of media in pixels, as stored and as displayed.
pub const MEDIA_SIDES: RangeInclusive<u32> = 1..=1 << 20;

/// Samples a second of media; 0 where the file does not say.
pub const MEDIA_SAMPLE_RATES: RangeInclusive<u32> = 0..=100_000_000;

/// Channels of media; 0 where the file does not say.
pub const MEDIA_CHANNELS: RangeInclusive<u32> = 0..=1024;

/// The longest media, and the furthest moment of a clock, a key frame or an in point: about 100 years.
pub const LONGEST: SourceTime = SourceTime(SourceTime::SECOND.0 * 3_200_000_000);

/// Ids are below this; two bits above it tell links and groups from clips.
pub const MOST_IDS: u64 = 1 << 61;

/// Position in widths and heights of the frame.
pub const POSITIONS: (f64, f64) = (-10.0, 10.0);
/// Size over that of the fitted picture.
pub const SCALES: (f64, f64) = (0.01, 20.0);
/// Degrees.
pub const ROTATIONS: (f64, f64) = (-3600.0, 3600.0);
/// What is cut off at a side, as a share.
pub const CROPS: (f64, f64) = (0.0, 1.0);
/// From not seen to opaque.
pub const OPACITIES: (f64, f64) = (0.0, 1.0);
/// Decibels.
pub const VOLUMES: (f64, f64) = (-96.0, 24.0);
/// From left to right.
pub const PANS: (f64, f64) = (-1.0, 1.0);

/// Whether a sequence can have that picture size.
#[must_use]
pub fn is_picture_size(width: u32, height: u32) -> bool {
    [width, height].iter().all(|side| SIDES.contains(side) && side.is_multiple_of(2))
}

/// Whether a frame lies on the timeline.
#[must_use]
pub fn is_on_timeline(at: Frame) -> bool {
    (0..=MAX_FRAMES).contains(&at.0)
}

/// Whether a moment of media can be written down and reckoned with.
#[must_use]
pub fn is_moment(time: SourceTime) -> bool {
    (-LONGEST.0..=LONGEST.0).contains(&time.0)
}

impl Generator {
    /// Whether its values can be made into a picture.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        match self {
            Self::Solid(_) => true,
            Self::Title(Title { size, margin, background, text, font, .. }) => {
                TITLE_SIZES.contains(size)
                    && TITLE_MARGINS.contains(margin)
                    && background.is_none_or(|(_, opacity)| (0.0..=1.0).contains(&opacity))
                    && text.len() <= TITLE_TEXT.0
                    && font.len() <= TITLE_TEXT.1
            }
        }
    }
}

impl Properties {
    /// The first property whose value is impossible.
    #[must_use]
    pub fn impossible(&self) -> Option<&'static str> {
        let params = [
            ("position", &self.x, POSITIONS),
            ("position", &self.y, POSITIONS),
            ("scale", &self.scale, SCALES),
            ("rotation", &self.rotation, ROTATIONS),
            ("crop", &self.crop_left, CROPS),
            ("crop", &self.crop_right, CROPS),
            ("crop", &self.crop_top, CROPS),
            ("crop", &self.crop_bottom, CROPS),
            ("opacity", &self.opacity, OPACITIES),
            ("volume", &self.volume, VOLUMES),
            ("pan", &self.pan, PANS),
        ];
        let fade = |frames: FrameCount| (0..=MAX_FRAMES).contains(&frames.0);
        if !fade(self.fade_in) || !fade(self.fade_out) {
            return Some("fade");
        }
        let fits = |param: &super::Param, (least, most)| {
            param.is_within(least, most) && param.keys().iter().all(|key| is_moment(key.at))
        };
        params.iter().find(|(_, param, range)| !fits(param, *range)).map(|(name, ..)| *name)
    }
}

impl Transition {
    /// Whether it can be on a track of that kind at all; whether it fits its cut is another question.
    #[must_use]
    pub fn is_possible(self, kind: TrackKind) -> bool {
        (1..=MAX_FRAMES).contains(&self.length.0)
            && (FrameCount::ZERO..=self.length).contains(&self.before)
            && (kind == TrackKind::Video || self.kind == TransitionKind::Dissolve)
    }
}

impl Asset {
    /// The first thing about it that is impossible.
    #[must_use]
    pub fn impossible(&self) -> Option<&'static str> {
        if !is_fingerprint(&self.fingerprint, self.info.generator.is_some()) {
            return Some("fingerprint");
        }
        self.info.impossible()
    }
}

/// A fingerprint names files of the cache: 32 hex digits, or nothing yet; of what is made up, a word and a number.
fn is_fingerprint(text: &str, made_up: bool) -> bool {
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let number = |n: &str| (1..=20).contains(&n.len()) && n.bytes().all(|c| c.is_ascii_digit());
    text.is_empty()
        || (text.len() == 32 && text.bytes().all(hex))
        || (made_up && text.strip_prefix("generated ").is_some_and(number))
}

impl MediaInfo {
    /// The first thing that was found in a file, or is said of one, that can't be.
    #[must_use]
    pub fn impossible(&self) -> Option<&'static str> {
        if self.generator.as_ref().is_some_and(|g| !g.is_possible()) {
            return Some("title");
        }
        if self.duration.is_some_and(|d| !(SourceTime::ZERO..=LONGEST).contains(&d)) {
            return Some("duration");
        }
        if !is_moment(self.start) {
            return Some("start");
        }
        let sound =
            |s: &super::AudioStream| MEDIA_SAMPLE_RATES.contains(&s.rate) && MEDIA_CHANNELS.contains(&s.channels);
        if !self.audio.iter().all(sound) {
            return Some("sound");
        }
        self.video.iter().chain(&self.more_video).find_map(VideoStream::impossible)
    }
}

impl VideoStream {
    fn impossible(&self) -> Option<&'static str> {
        let aspect = self.pixel_aspect;
        if !MEDIA_SIDES.contains(&self.width) || !MEDIA_SIDES.contains(&self.height) {
            Some("picture size")
        } else if aspect.num == 0 || aspect.den == 0 {
            Some("pixel aspect")
        } else if !matches!(self.orientation.rotation, 0 | 90 | 180 | 270) {
            Some("orientation")
        } else if !is_moment(self.first) || !is_moment(self.ahead) {
            Some("first moment")
        } else if !(1..=64).contains(&self.bit_depth) {
            Some("bit depth")
        } else {
            None
        }
    }
}
