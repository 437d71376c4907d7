//! What must be known of the streams in MPEG containers: their caps, where decoding can begin, how long sound lasts.

use super::{Kind, opus};

/// Bytes in which a picture tells what it is.
const HEAD: usize = 4096;

/// What is in a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Codec {
    Mpeg1,
    Mpeg2,
    Mpeg4,
    H264,
    H265,
    MpegAudio,
    Aac,
    Ac3,
    Eac3,
    /// With so many channels, from 1 to 8.
    Opus(u8),
}

impl Codec {
    /// By a stream's type in a transport stream (ISO/IEC 13818-1, table 2-34; ATSC A/53) and its descriptors: `None` in
    /// the outer place for pictures or sound that are not known here, in the inner one for what is neither.
    #[expect(clippy::option_option, reason = "not known, and nothing to know")]
    pub fn of_stream(kind: u8, descriptors: &[u8]) -> Option<Option<Self>> {
        let mut tags = Vec::new();
        let mut rest = descriptors;
        while let Some((tag, length)) = rest.first().zip(rest.get(1)) {
            tags.push(*tag);
            rest = rest.get(2 + usize::from(*length)..).unwrap_or_default();
        }
        Some(Some(match kind {
            0x01 => Self::Mpeg1,
            0x02 => Self::Mpeg2,
            0x03 | 0x04 => Self::MpegAudio,
            0x0F => Self::Aac,
            0x10 => Self::Mpeg4,
            0x1B => Self::H264,
            0x24 => Self::H265,
            0x81 => Self::Ac3,
            0x87 => Self::Eac3,
            0x06 if tags.contains(&0x6A) => Self::Ac3,
            0x06 if tags.contains(&0x7A) => Self::Eac3,
            0x06 if let Some(channels) = opus::channels(descriptors) => Self::Opus(channels),
            // teletext, subtitles, and data of any kind
            0x06 if tags.iter().any(|t| [0x56, 0x59, 0x45, 0x26].contains(t)) => return Some(None),
            0x05 | 0x08 | 0x0A..=0x0E | 0x12..=0x1A | 0x86 | 0x90..=0x92 => return Some(None),
            _ => return None,
        }))
    }

    /// What it is for an editor.
    pub fn kind(self) -> Kind {
        match self {
            Self::Mpeg1 | Self::Mpeg2 | Self::Mpeg4 | Self::H264 | Self::H265 => Kind::Picture,
            Self::MpegAudio | Self::Aac | Self::Ac3 | Self::Eac3 | Self::Opus(_) => Kind::Sound,
        }
    }

    /// Whether its pictures tell in which order they are shown.
    pub fn is_numbered(self) -> bool {
        matches!(self, Self::Mpeg1 | Self::Mpeg2 | Self::H264 | Self::H265)
    }

    /// What GStreamer calls it, before a parser has seen it.
    pub fn caps(self) -> &'static str {
        match self {
            Self::Mpeg1 => "video/mpeg,mpegversion=(int)1,systemstream=(boolean)false,parsed=(boolean)false",
            Self::Mpeg2 => "video/mpeg,mpegversion=(int)2,systemstream=(boolean)false,parsed=(boolean)false",
            Self::Mpeg4 => "video/mpeg,mpegversion=(int)4,systemstream=(boolean)false,parsed=(boolean)false",
            Self::H264 => "video/x-h264,stream-format=(string)byte-stream",
            Self::H265 => "video/x-h265,stream-format=(string)byte-stream",
            Self::MpegAudio => "audio/mpeg,mpegversion=(int)1",
            Self::Aac => "audio/mpeg,mpegversion=(int)4,stream-format=(string)adts",
            Self::Ac3 => "audio/x-ac3",
            Self::Eac3 => "audio/x-eac3",
            Self::Opus(channels) => opus::caps(channels),
        }
    }
}

/// Reads the size of a frame of sound in bytes, its samples and their rate.
type Frame = fn(&[u8]) -> Option<(usize, i64, i64)>;

/// What a stream is that begins with these bytes, or in the middle of a frame before them.
pub(super) fn of_content(bytes: &[u8]) -> Option<Codec> {
    use memchr::memmem;
    let visual = bytes.starts_with(&[0, 0, 1, 0xB0]);
    let sequence = memmem::find(bytes, &[0, 0, 1, 0xB3]).filter(|_| !visual);
    let pictures = if visual {
        Some(Codec::Mpeg4)
    } else if let Some(rest) = sequence.and_then(|at| bytes.get(at + 4..)) {
        // the header of MPEG-2 goes on; no other streams have that code
        let next = memmem::find(rest, &[0, 0, 1]).and_then(|at| rest.get(at + 3));
        Some(if next == Some(&0xB5) { Codec::Mpeg2 } else { Codec::Mpeg1 })
    } else {
        let mut units = memmem::find_iter(bytes, &[0, 0, 1]).filter_map(|at| bytes.get(at + 3..at + 6));
        units.find_map(|unit| match *unit {
            // a video parameter set, or a sequence's, of H.265
            [0x40 | 0x42, 1, ..] => Some(Codec::H265),
            // a sequence's parameter set of H.264, by its profile
            [unit, 44 | 66 | 77 | 83 | 86 | 88 | 100 | 110 | 118 | 122 | 128 | 244, _] if unit & 0x9F == 7 => {
                Some(Codec::H264)
            }
            _ => None,
        })
    };
    let sound = || {
        let frame = |codec: Codec, read: Frame| {
            // three frames in a row
            let follows = |at: usize| {
                let step = |at: usize| read(bytes.get(at..).filter(|b| b.len() > 7)?).map(|(size, ..)| at + size);
                step(at).and_then(step).and_then(step).is_some()
            };
            (0..bytes.len().min(HEAD)).any(follows).then_some(codec)
        };
        let ac3 = || memchr::memmem::find(bytes, &[0x0B, 0x77]).filter(|at| *at < HEAD).map(|_| Codec::Ac3);
        frame(Codec::Aac, adts).or_else(|| frame(Codec::MpegAudio, mpeg_audio)).or_else(ac3)
    };
    pictures.or_else(sound)
}

/// Whether decoding can begin with a picture; with sound it always can.
pub(super) fn starts_decoding(codec: Codec, bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let mut units = head.windows(4).filter(|w| w[..3] == [0, 0, 1]).map(|w| w[3]);
    match codec {
        // a sequence's header
        Codec::Mpeg1 | Codec::Mpeg2 => units.any(|unit| unit == 0xB3),
        // a visual object's sequence, or a layer
        Codec::Mpeg4 => units.any(|unit| unit == 0xB0 || (0x20..0x30).contains(&unit)),
        // parameters, or a picture that nothing before is needed for
        Codec::H264 => units.any(|unit| [5, 7].contains(&(unit & 0x1F))),
        Codec::H265 => units.any(|unit| matches!(unit >> 1 & 0x3F, 16..=21 | 33)),
        Codec::MpegAudio | Codec::Aac | Codec::Ac3 | Codec::Eac3 | Codec::Opus(_) => true,
    }
}

/// How many nanoseconds the frames of sound last that begin in these bytes, where that can be told.
pub(super) fn lasts(codec: Codec, bytes: &[u8]) -> Option<i64> {
    let frame = match codec {
        Codec::Aac => adts,
        Codec::MpegAudio => mpeg_audio,
        Codec::Ac3 => ac3,
        _ => return None,
    };
    let (mut at, mut total) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > 7) {
        match frame(rest) {
            Some((size, samples, rate)) => {
                total += samples * 1_000_000_000 / rate;
                at += size;
            }
            // the end of a frame from before
            None => at += 1,
        }
    }
    (total > 0).then_some(total)
}

/// The bytes, samples and rate of a frame of AAC (ISO/IEC 13818-7, 6.2).
fn adts(b: &[u8]) -> Option<(usize, i64, i64)> {
    const RATES: [i64; 13] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
    let size = usize::from(b[3] & 3) << 11 | usize::from(b[4]) << 3 | usize::from(b[5] >> 5);
    let rate = *RATES.get(usize::from(b[2] >> 2 & 0xF))?;
    (b[0] == 0xFF && b[1] & 0xF6 == 0xF0 && size > 7).then_some((size, 1024, rate))
}

/// The same of MPEG audio (ISO/IEC 11172-3, 2.4.1).
fn mpeg_audio(b: &[u8]) -> Option<(usize, i64, i64)> {
    const V1: [[i64; 15]; 3] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ];
    const V2: [[i64; 15]; 2] = [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    (b[0] == 0xFF && b[1] & 0xE0 == 0xE0).then_some(())?;
    let (version, layer) = (b[1] >> 3 & 3, 4 - usize::from(b[1] >> 1 & 3));
    let divisor = match version {
        3 => 1,
        2 => 2,
        0 => 4,
        _ => return None,
    };
    let rate = *[44100, 48000, 32000].get(usize::from(b[2] >> 2 & 3))? / divisor;
    let table = if divisor == 1 { V1.get(layer.checked_sub(1)?)? } else { V2.get(usize::from(layer > 1))? };
    let bits = *table.get(usize::from(b[2] >> 4)).filter(|k| layer <= 3 && **k > 0)? * 1000;
    let padding = i64::from(b[2] >> 1 & 1);
    let (samples, size) = match layer {
        1 => (384, (12 * bits / rate + padding) * 4),
        3 if divisor > 1 => (576, 72 * bits / rate + padding),
        _ => (1152, 144 * bits / rate + padding),
    };
    Some((usize::try_from(size).ok().filter(|s| *s > 4)?, samples, rate))
}

/// The same of AC-3 (ATSC A/52, 5.3), whose size follows from the next frame's beginning.
fn ac3(b: &[u8]) -> Option<(usize, i64, i64)> {
    let rate = *[48000, 44100, 32000].get(usize::from(b[4] >> 6))?;
    (b[..2] == [0x0B, 0x77] && b[5] >> 3 <= 8).then_some((6, 1536, rate))
}
