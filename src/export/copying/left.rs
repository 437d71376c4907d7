//! What is encoded although copying was wanted, and why. Pure.

use crate::model::{AssetId, ClipId, Orientation, Span, Transfer, VideoStream};
use crate::render::PictureSection;

/// Frames of a clip that are encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::export) struct Left {
    /// The clip; where several are shown at once, the lowest of them that has a file.
    pub clip: ClipId,
    /// Its source.
    pub asset: AssetId,
    /// The frames.
    pub span: Span,
    /// Why.
    pub why: Why,
}

/// Why pictures are not copied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::export) enum Why {
    /// Others are shown over or beside them.
    Together,
    /// They are of another size than the film.
    Size,
    /// They are scaled, moved, cropped, faded or otherwise changed.
    Changed,
    /// They have another rate or speed than the film.
    Rate,
    /// They are no H.264.
    Codec,
    /// They are to be turned.
    Turned,
    /// They are of half pictures, or their pixels are no squares.
    Shape,
    /// They have more than 8 bits, a high dynamic range, or are see-through.
    Deep,
    /// They have other colours than the film, or none that are named.
    Colours,
    /// Their file can't be copied from, in words.
    Unfit(String),
    /// There is none among them that a player can begin with, or nothing after it.
    NoStart,
    /// There are too few of them: encoding is faster.
    Few,
    /// They were encoded in another way than most of what is copied.
    Kind,
}

impl Why {
    /// In words, after "they".
    pub fn in_words(&self) -> String {
        let words = match self {
            Self::Together => "are shown together with others",
            Self::Size => "have another size than the film (Match Size to Clip gives it theirs)",
            Self::Changed => "are scaled, moved, cropped, faded or see-through",
            Self::Rate => "have another rate or speed than the film",
            Self::Codec => "are no H.264",
            Self::Turned => "are to be turned",
            Self::Shape => "are interlaced, or their pixels are no squares",
            Self::Deep => "have more than 8 bits, a high dynamic range, or an alpha channel",
            Self::Colours => "have other colours than the film, or do not name them",
            Self::Unfit(why) => return format!("can't be copied from their file ({why})"),
            Self::NoStart => "have no picture among them that a player can begin with (an open GOP, or a long one)",
            Self::Few => "are so short that encoding is faster",
            Self::Kind => "were encoded in another way than most of what is copied",
        };
        words.to_owned()
    }
}

impl Left {
    /// A section that does not show a source's pictures just as they are; `None` where nothing with a file is shown.
    pub(super) fn of_section(section: &PictureSection, why: Why) -> Option<Self> {
        let layer = section.layers.iter().find(|layer| layer.asset.info.generator.is_none())?;
        Some(Self { clip: layer.clip.id, asset: layer.asset.id, span: section.span, why })
    }
}

/// Why pictures of such a stream can't be copied whatever is done with them, if that is so.
pub(super) fn of_stream(video: &VideoStream) -> Option<Why> {
    let square = video.pixel_aspect.num == video.pixel_aspect.den;
    if !video.codec.starts_with("H.264") {
        Some(Why::Codec)
    } else if video.orientation != Orientation::default() {
        Some(Why::Turned)
    } else if video.interlaced || !square {
        Some(Why::Shape)
    } else if video.alpha || video.bit_depth != 8 || video.transfer != Transfer::Sdr {
        Some(Why::Deep)
    } else if !crate::media::has_own_colours(video) {
        Some(Why::Colours)
    } else {
        None
    }
}
