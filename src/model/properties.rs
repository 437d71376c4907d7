//! How a clip looks and sounds, beside what it shows.

use super::param::Param;
use super::time::FrameCount;
use serde::{Deserialize, Serialize};

/// How a picture of one shape is brought into a frame of another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Fit {
    /// All of it is seen, with what lies below beside it.
    #[default]
    Letterbox,
    /// The frame is filled, and what reaches over it is cut off.
    Fill,
    /// The frame is filled by changing its shape.
    Stretch,
}

/// How a clip looks and sounds. Everything that people animate is a [`Param`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Properties {
    /// How the picture is brought into the frame, before scale and position.
    pub fit: Fit,
    /// How far the picture's centre is right of the frame's, in widths of the frame; −10 to 10.
    pub x: Param,
    /// How far the picture's centre is below the frame's, in heights of the frame; −10 to 10.
    pub y: Param,
    /// Size over that of the fitted picture; 0.01 to 20.
    pub scale: Param,
    /// Degrees clockwise around the picture's centre; −3600 to 3600.
    pub rotation: Param,
    /// What is cut off at the picture's left, as a share of its width; 0 to 1.
    pub crop_left: Param,
    /// What is cut off at the picture's right, as a share of its width; 0 to 1.
    pub crop_right: Param,
    /// What is cut off at the picture's top, as a share of its height; 0 to 1.
    pub crop_top: Param,
    /// What is cut off at the picture's bottom, as a share of its height; 0 to 1.
    pub crop_bottom: Param,
    /// From 0, not seen, to 1.
    pub opacity: Param,
    /// Decibels, −96 (silence) to 24.
    pub volume: Param,
    /// From −1, left, to 1, right; the louder side keeps its level.
    pub pan: Param,
    /// Frames over which it appears at its start.
    pub fade_in: FrameCount,
    /// Frames over which it goes at its end.
    pub fade_out: FrameCount,
    /// Whether its sound keeps its pitch at another speed.
    pub keep_pitch: bool,
}

impl Properties {
    /// All that may change over a clip.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        let placed = [&self.x, &self.y, &self.scale, &self.rotation];
        let cropped = [&self.crop_left, &self.crop_right, &self.crop_top, &self.crop_bottom];
        placed.into_iter().chain(cropped).chain([&self.opacity, &self.volume, &self.pan])
    }
}

impl Default for Properties {
    fn default() -> Self {
        let zero = Param::fixed(0.0);
        Self {
            fit: Fit::default(),
            x: zero.clone(),
            y: zero.clone(),
            scale: Param::fixed(1.0),
            rotation: zero.clone(),
            crop_left: zero.clone(),
            crop_right: zero.clone(),
            crop_top: zero.clone(),
            crop_bottom: zero.clone(),
            opacity: Param::fixed(1.0),
            volume: zero.clone(),
            pan: zero,
            fade_in: FrameCount::ZERO,
            fade_out: FrameCount::ZERO,
            keep_pitch: true,
        }
    }
}

/// One property with its value, as an edit sets it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Property {
    /// The clip's name.
    Name(String),
    /// Which of the media's streams of the track's kind, counted from 0.
    Stream(u32),
    /// [`Properties::fit`].
    Fit(Fit),
    /// [`Properties::x`].
    X(Param),
    /// [`Properties::y`].
    Y(Param),
    /// [`Properties::scale`].
    Scale(Param),
    /// [`Properties::rotation`].
    Rotation(Param),
    /// [`Properties::crop_left`].
    CropLeft(Param),
    /// [`Properties::crop_right`].
    CropRight(Param),
    /// [`Properties::crop_top`].
    CropTop(Param),
    /// [`Properties::crop_bottom`].
    CropBottom(Param),
    /// [`Properties::opacity`].
    Opacity(Param),
    /// [`Properties::volume`].
    Volume(Param),
    /// [`Properties::pan`].
    Pan(Param),
    /// [`Properties::fade_in`].
    FadeIn(FrameCount),
    /// [`Properties::fade_out`].
    FadeOut(FrameCount),
    /// [`Properties::keep_pitch`].
    KeepPitch(bool),
    /// All of them at once, as "paste attributes" sets them.
    All(Box<Properties>),
}

impl Property {
    /// What it is called in menus and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Stream(_) => "stream",
            Self::Fit(_) => "fit",
            Self::X(_) | Self::Y(_) => "position",
            Self::Scale(_) => "scale",
            Self::Rotation(_) => "rotation",
            Self::CropLeft(_) | Self::CropRight(_) | Self::CropTop(_) | Self::CropBottom(_) => "crop",
            Self::Opacity(_) => "opacity",
            Self::Volume(_) => "volume",
            Self::Pan(_) => "pan",
            Self::FadeIn(_) => "fade in",
            Self::FadeOut(_) => "fade out",
            Self::KeepPitch(_) => "keep pitch",
            Self::All(_) => "attributes",
        }
    }
}

impl Properties {
    /// Sets one of them; the name and the stream are the clip's content and stay.
    pub fn set(&mut self, property: &Property) {
        match property {
            Property::Name(_) | Property::Stream(_) => {}
            Property::Fit(fit) => self.fit = *fit,
            Property::X(param) => self.x.clone_from(param),
            Property::Y(param) => self.y.clone_from(param),
            Property::Scale(param) => self.scale.clone_from(param),
            Property::Rotation(param) => self.rotation.clone_from(param),
            Property::CropLeft(param) => self.crop_left.clone_from(param),
            Property::CropRight(param) => self.crop_right.clone_from(param),
            Property::CropTop(param) => self.crop_top.clone_from(param),
            Property::CropBottom(param) => self.crop_bottom.clone_from(param),
            Property::Opacity(param) => self.opacity.clone_from(param),
            Property::Volume(param) => self.volume.clone_from(param),
            Property::Pan(param) => self.pan.clone_from(param),
            Property::FadeIn(frames) => self.fade_in = *frames,
            Property::FadeOut(frames) => self.fade_out = *frames,
            Property::KeepPitch(keep) => self.keep_pitch = *keep,
            Property::All(all) => self.clone_from(all),
        }
    }
}
