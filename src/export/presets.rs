//! What exports can be made: encoders, containers and their settings.

use gstreamer as gst;

/// How pictures are encoded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Encoder {
    /// x264 at a constant rate factor.
    X264Quality {
        /// x264's speed preset.
        speed: &'static str,
        /// The rate factor, 0 to 51; less is better.
        crf: u32,
    },
    /// x264 at a constant quantiser.
    X264Quantizer {
        /// x264's speed preset.
        speed: &'static str,
        /// The quantiser, 1 to 51; less is better.
        quantizer: u32,
    },
    /// FFV1, without loss.
    Ffv1,
}

/// The file format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    /// MP4 (ISO 14496-14).
    Mp4,
    /// Matroska.
    Matroska,
}

impl Container {
    /// The usual file extension, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Matroska => "mkv",
        }
    }
}

/// A named set of settings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Preset {
    /// What the command line calls it.
    pub name: &'static str,
    /// What the window calls it.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The pictures.
    pub encoder: Encoder,
    /// Bits a second of the sound's AAC; `None` for FLAC.
    pub audio_bitrate: Option<u32>,
    /// The file.
    pub container: Container,
}

/// All presets; the first is the default.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &[
        Preset {
            name: "h264",
            title: "H.264 — for sharing",
            description: "plays everywhere; x264 medium, crf 21, AAC 192 kbit/s, MP4",
            encoder: Encoder::X264Quality { speed: "medium", crf: 21 },
            audio_bitrate: Some(192_000),
            container: Container::Mp4,
        },
        Preset {
            name: "draft",
            title: "Draft — fast",
            description: "for a quick look; x264 ultrafast, quantiser 26, AAC 128 kbit/s, MP4",
            encoder: Encoder::X264Quantizer { speed: "ultrafast", quantizer: 26 },
            audio_bitrate: Some(128_000),
            container: Container::Mp4,
        },
        Preset {
            name: "lossless",
            title: "Lossless — for archives and further work",
            description: "every pixel and sample; FFV1 and FLAC in Matroska, large",
            encoder: Encoder::Ffv1,
            audio_bitrate: None,
            container: Container::Matroska,
        },
    ]
}

/// The preset of that name.
#[must_use]
pub fn find_preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|p| p.name == name)
}

impl Preset {
    /// The elements it needs.
    #[must_use]
    pub fn elements(&self) -> Vec<&'static str> {
        let video = match self.encoder {
            Encoder::X264Quality { .. } | Encoder::X264Quantizer { .. } => "x264enc",
            Encoder::Ffv1 => "avenc_ffv1",
        };
        let audio = if self.audio_bitrate.is_some() { "avenc_aac" } else { "flacenc" };
        let muxer = match self.container {
            Container::Mp4 => "mp4mux",
            Container::Matroska => "matroskamux",
        };
        vec![video, audio, muxer]
    }

    /// What keeps this machine from running it. Call [`crate::media::init`] first.
    #[must_use]
    pub fn missing(&self) -> Vec<crate::media::Plugin> {
        let absent = |e: &&str| gst::ElementFactory::find(e).is_none();
        let plugin = |element: &'static str| {
            crate::media::REQUIRED.iter().find(|p| p.element == element).copied().unwrap_or(crate::media::Plugin {
                element,
                purpose: "export",
                package: "gstreamer1.0-plugins-bad",
            })
        };
        self.elements().into_iter().filter(absent).map(plugin).collect()
    }
}
