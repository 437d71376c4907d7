//! What a recording is made of.

use super::common::Seeded;
use std::fmt;

pub const RATES: [(i32, i32); 6] = [(24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60, 1)];

/// What comes how much later than the rest, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Late {
    Nothing,
    Picture(usize),
    Sound(usize),
    /// The clock of the whole file begins at 10 s.
    Clock,
}

/// What befell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Whole,
    /// Cut off after so many thousandths.
    Killed(usize),
    /// Joined with another one by bytes.
    Joined,
    /// Written to a pipe: no lengths, no tables.
    Streamed,
    /// A 25th is zeros, from so many thousandths on.
    Damaged(usize),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipe {
    pub container: &'static str,
    pub video: &'static str,
    pub audio: &'static str,
    pub late: Late,
    pub rate: (i32, i32),
    pub fate: Fate,
    pub uneven: bool,
    /// In milliseconds.
    pub length: usize,
    pub seed: u64,
}

/// What each container takes.
const TAKES: &[(&str, &[&str], &[&str])] = &[
    (
        "mp4",
        &["h264", "h264-bf", "h264-open", "hevc", "mpeg2", "mpeg4", "vp9", "mjpeg"],
        &["aac", "mp3", "opus", "flac", "ac3", "mp2"],
    ),
    ("mov", &["h264", "h264-bf", "h264-open", "hevc", "mpeg2", "mpeg4", "mjpeg"], &["aac", "mp3", "pcm", "ac3"]),
    ("fmp4", &["h264", "h264-bf", "h264-open", "hevc", "vp9"], &["aac", "mp3", "opus", "flac", "ac3"]),
    (
        "mkv",
        &["h264", "h264-bf", "h264-open", "hevc", "mpeg2", "mpeg4", "vp8", "vp9", "mjpeg"],
        &["aac", "mp3", "opus", "vorbis", "flac", "pcm", "ac3", "mp2"],
    ),
    ("webm", &["vp8", "vp9"], &["opus", "vorbis"]),
    ("ts", &["h264", "h264-bf", "h264-open", "hevc", "mpeg2", "mpeg4"], &["aac", "mp3", "opus", "ac3", "mp2"]),
    ("mpg", &["mpeg2"], &["mp2", "ac3", "mp3"]),
    ("vob", &["mpeg2"], &["mp2", "ac3"]),
    ("flv", &["h264", "h264-bf", "h264-open"], &["aac", "mp3"]),
    (
        "avi",
        &["mpeg4", "mpeg4-bf", "xvid", "msmpeg4", "mjpeg", "mpeg2", "h264", "h264-bf", "h264-open", "vp8"],
        &["mp3", "pcm", "ac3", "mp2"],
    ),
    ("ogg", &["vp8", "theora"], &["opus", "vorbis", "flac", "speex"]),
];

impl Recipe {
    /// The nth of a seed, in any container or in one only.
    pub fn random(seed: usize, case: usize, only: Option<&str>) -> Self {
        let seed = (seed * 1_000_003 + case) as u64;
        let mut random = Seeded(seed);
        random.below(1);
        let takes: Vec<_> = TAKES.iter().filter(|takes| only.is_none_or(|only| takes.0 == only)).collect();
        let (container, videos, audios) = *takes[random.below(takes.len())];
        let one_of = |from: &[&'static str], random: &mut Seeded| from[random.below(from.len())];
        let (video, audio) = (one_of(videos, &mut random), one_of(audios, &mut random));
        let by = [1 + random.below(90), 400, 1500][random.below(3)];
        let late = match random.below(6) {
            // ffmpeg counts FLAC in Ogg from zero, whatever its pages say
            0..=2 if container == "ogg" && audio == "flac" => Late::Nothing,
            0 => Late::Picture(by),
            1 => Late::Sound(by),
            // AVI has no clock: ffmpeg writes 10 s of empty pictures, and no empty sound
            2 if container != "avi" => Late::Clock,
            _ => Late::Nothing,
        };
        let rate = RATES[random.below(RATES.len())];
        let joins = matches!(container, "ts" | "mpg" | "vob");
        let place = random.below(300);
        let fate = match random.below(8) {
            // its tables come last
            0 | 1 if !matches!(container, "mp4" | "mov") => Fate::Killed(600 + place),
            2 | 3 if joins => Fate::Joined,
            2 | 3 if matches!(container, "mkv" | "webm" | "flv") => Fate::Streamed,
            4 | 5 => Fate::Damaged(350 + place),
            _ => Fate::Whole,
        };
        // others know one rate only
        let stamps = matches!(container, "mp4" | "mov" | "fmp4" | "mkv" | "webm" | "ts" | "flv");
        let uneven = stamps && !matches!(video, "mpeg2" | "mpeg4") && random.below(5) == 0;
        // the last burst is whole
        let length = 2100 + random.below(900);
        Self { container, video, audio, late, rate, fate, uneven, length, seed }
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        format!("a.{}", if self.container == "fmp4" { "mp4" } else { self.container })
    }

    /// How long a picture is shown, in seconds.
    pub fn period(&self) -> f64 {
        f64::from(self.rate.1) / f64::from(self.rate.0)
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { container, video, audio, late, rate, fate, uneven, length, .. } = self;
        let stamps = if *uneven { ", uneven" } else { "" };
        write!(f, "{container} {video}+{audio} {}/{} {length} ms {late:?} late, {fate:?}{stamps}", rate.0, rate.1)
    }
}
