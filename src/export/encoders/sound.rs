//! The encoders of sound.

use super::{Setting, SettingKind, in_range};
use crate::export::size::SoundRate;
use crate::export::target::Container;
use serde::{Deserialize, Serialize};

/// How sound is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sound {
    /// AAC-LC (ISO 14496-3) by libavcodec.
    Aac {
        /// Thousand bits a second, 32 to 512.
        kilobits: u32,
    },
    /// Opus (RFC 6716).
    Opus {
        /// Thousand bits a second, 6 to 510.
        kilobits: u32,
    },
    /// MP3 (ISO 11172-3, layer III) by LAME, at a constant rate.
    Mp3 {
        /// Thousand bits a second, 32 to 320.
        kilobits: u32,
    },
    /// FLAC (RFC 9639), 24 bits a sample, without loss.
    Flac,
    /// Samples as they are.
    Pcm {
        /// Bits a sample: 16 or 24.
        bits: u32,
    },
}

impl Sound {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aac { .. } => "AAC",
            Self::Opus { .. } => "Opus",
            Self::Mp3 { .. } => "MP3",
            Self::Flac => "FLAC",
            Self::Pcm { .. } => "PCM",
        }
    }

    /// The element that encodes it, or that brings it into its file.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Aac { .. } => "avenc_aac",
            Self::Opus { .. } => "opusenc",
            Self::Mp3 { .. } => "lamemp3enc",
            Self::Flac => "flacenc",
            Self::Pcm { .. } => "audioconvert",
        }
    }

    /// What writes the file that it usually comes in, if anything is needed.
    #[must_use]
    pub fn own_muxer(self) -> Option<&'static str> {
        match self {
            Self::Aac { .. } => Some("mp4mux"),
            Self::Opus { .. } => Some("oggmux"),
            Self::Mp3 { .. } | Self::Flac => None,
            Self::Pcm { .. } => Some("wavenc"),
        }
    }

    /// The usual extension of such a file, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Aac { .. } => "m4a",
            Self::Opus { .. } => "opus",
            Self::Mp3 { .. } => "mp3",
            Self::Flac => "flac",
            Self::Pcm { .. } => "wav",
        }
    }

    /// The formats of films that can carry it, so that other programs play it to the sample.
    #[must_use]
    pub fn containers(self) -> &'static [Container] {
        match self {
            // in Matroska nothing is written of its run-up, so that it would come late
            Self::Aac { .. } => &[Container::Mp4, Container::Mov],
            Self::Opus { .. } => &[Container::WebM, Container::Matroska],
            Self::Mp3 { .. } => &[],
            Self::Flac => &[Container::Matroska],
            Self::Pcm { .. } => &[Container::Mov, Container::Matroska],
        }
    }

    /// Whether its settings are in their ranges.
    ///
    /// # Errors
    /// What is not, in words.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self::Aac { kilobits } => in_range("kbit/s of AAC", kilobits, 32..=512),
            Self::Opus { kilobits } => in_range("kbit/s of Opus", kilobits, 6..=510),
            Self::Mp3 { kilobits } => {
                const RATES: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
                if RATES.contains(&kilobits) {
                    return Ok(());
                }
                Err(format!("there is no MP3 of {kilobits} kbit/s: write one of {RATES:?}"))
            }
            Self::Flac => Ok(()),
            Self::Pcm { bits } if [16, 24].contains(&bits) => Ok(()),
            Self::Pcm { bits } => Err(format!("PCM can't have {bits} bits: write 16 or 24")),
        }
    }

    /// What people may set of it.
    pub(in crate::export) fn setting(self) -> Option<Setting> {
        let (value, usual): (u32, &[u32]) = match self {
            Self::Aac { kilobits } => (kilobits, &[512, 384, 320, 256, 192, 160, 128, 96, 64]),
            Self::Opus { kilobits } => (kilobits, &[320, 256, 192, 160, 128, 96, 64, 48, 32]),
            Self::Mp3 { kilobits } => (kilobits, &[320, 256, 224, 192, 160, 128, 96, 64]),
            Self::Pcm { bits } => (bits, &[24, 16]),
            Self::Flac => return None,
        };
        let name = |value| self.with(value).words();
        Some(Setting::new(SettingKind::Sound, value, usual.iter().copied(), name))
    }

    /// The same with another value of its setting.
    pub(in crate::export) fn with(self, value: u32) -> Self {
        match self {
            Self::Aac { .. } => Self::Aac { kilobits: value },
            Self::Opus { .. } => Self::Opus { kilobits: value },
            Self::Mp3 { .. } => Self::Mp3 { kilobits: value },
            Self::Pcm { .. } => Self::Pcm { bits: value },
            Self::Flac => Self::Flac,
        }
    }

    /// Bits a second of two channels, about.
    #[must_use]
    pub fn usual_bits(self) -> u64 {
        match self {
            Self::Aac { kilobits } | Self::Opus { kilobits } | Self::Mp3 { kilobits } => u64::from(kilobits) * 1000,
            Self::Flac => 700_000,
            Self::Pcm { bits } => u64::from(bits) * 96_000,
        }
    }

    /// What it is told, in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Aac { kilobits } | Self::Opus { kilobits } | Self::Mp3 { kilobits } => {
                format!("{} {kilobits} kbit/s", self.name())
            }
            Self::Flac => "FLAC, 24 bit".into(),
            Self::Pcm { bits } => format!("PCM, {bits} bit"),
        }
    }

    /// Samples a second that its packets have, where the sequence has so many.
    #[must_use]
    pub fn rate(self, rate: u32) -> u32 {
        let takes: &[u32] = match self {
            Self::Opus { .. } => &[48_000],
            Self::Mp3 { .. } => &[32_000, 44_100, 48_000],
            _ => return rate,
        };
        if takes.contains(&rate) { rate } else { 48_000 }
    }

    /// Its elements from raw sound to packets, as a description for GStreamer. A size may say what it has to do with.
    pub(in crate::export) fn launch(self, held: Option<SoundRate>, rate: u32) -> String {
        let to = self.rate(rate);
        let converted =
            if to == rate { String::new() } else { format!("audioresample quality=10 ! audio/x-raw,rate={to} ! ") };
        let encoder = match (self, held) {
            (Self::Aac { .. }, Some(SoundRate { bits, mono })) => {
                let channels = if mono { "audio/x-raw,channels=1 ! " } else { "" };
                format!("{channels}avenc_aac bitrate={bits} ! aacparse")
            }
            (Self::Aac { kilobits }, None) => format!("avenc_aac bitrate={} ! aacparse", kilobits * 1000),
            // `opusparse` gives the first packet its whole length, from which `webmmux` makes a duration for all that makes
            // Chromium refuse the pictures beside it
            (Self::Opus { kilobits }, _) => format!("opusenc bitrate={}", kilobits * 1000),
            (Self::Mp3 { kilobits }, _) => {
                format!(
                    "lamemp3enc target=bitrate cbr=true encoding-engine-quality=high bitrate={kilobits} ! mpegaudioparse"
                )
            }
            (Self::Flac, _) => "audio/x-raw,format=S24LE ! flacenc".into(),
            (Self::Pcm { bits }, _) => format!("audio/x-raw,format=S{bits}LE"),
        };
        format!("audioconvert ! {converted}{encoder}")
    }
}
