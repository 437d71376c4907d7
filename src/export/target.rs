//! What an export is to become: a value, with no word of how.

use super::encoders::{Setting, SettingKind, Sound, Video};
use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

/// What a film, its sound or its pictures are written as.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What is in the file.
    pub format: Format,
    /// How large the pictures are.
    #[serde(default)]
    pub size: PictureSize,
    /// The most bytes that the file may have; as many as it takes when none is given.
    #[serde(default)]
    pub max_size: Option<u64>,
}

/// What is in the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Format {
    /// Pictures with their sound.
    Film(Film),
    /// Sound alone, in the file format that it usually comes in.
    Sound(Sound),
    /// Pictures alone, without the tables of a film.
    Pictures(Pictures),
}

/// Pictures with their sound.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Film {
    /// The file format.
    pub container: Container,
    /// The pictures.
    pub video: Video,
    /// The sound.
    pub sound: Sound,
}

/// The file format of a film.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Container {
    /// MP4 (ISO 14496-14).
    Mp4,
    /// `QuickTime`.
    Mov,
    /// Matroska (RFC 9559).
    Matroska,
    /// `WebM`, the Matroska of browsers.
    WebM,
}

/// Pictures without the tables of a film.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pictures {
    /// An animated GIF of at most so many pictures a second.
    Gif {
        /// Pictures a second, 1 to 50.
        rate: u32,
    },
    /// An animated WebP of at most so many pictures a second.
    WebP {
        /// Pictures a second, 1 to 60.
        rate: u32,
        /// 0 to 100; more is better.
        quality: u32,
    },
    /// A folder with a PNG for each frame.
    Sequence,
    /// The first frame as a PNG.
    Still,
}

/// How large pictures are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum PictureSize {
    /// As the sequence is.
    #[default]
    Sequence,
    /// So many lines, or columns where it is upright, in the sequence's shape; made larger where it has fewer.
    Lines(u32),
    /// The same, but never made larger.
    AtMost(u32),
    /// So large, the whole picture in the middle, black where it does not reach.
    Exactly(u32, u32),
}

/// The least and the most lines and columns that pictures are made with.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16_384;

impl Container {
    /// The usual file extension, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Matroska => "mkv",
            Self::WebM => "webm",
        }
    }

    /// The element that writes it.
    #[must_use]
    pub fn muxer(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4mux",
            Self::Mov => "qtmux",
            Self::Matroska => "matroskamux",
            Self::WebM => "webmmux",
        }
    }

    /// Whether it is of the kind of RFC 9559.
    #[must_use]
    pub fn is_matroska(self) -> bool {
        matches!(self, Self::Matroska | Self::WebM)
    }

    /// Whether it is of the kind of ISO 14496-12, with tables and edit lists.
    #[must_use]
    pub fn has_edit_lists(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov)
    }
}

impl Pictures {
    /// The usual file extension, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gif { .. } => "gif",
            Self::WebP { .. } => "webp",
            Self::Sequence | Self::Still => "png",
        }
    }
}

impl PictureSize {
    /// The size of the picture of a sequence of that size, and of the frame that it is put into.
    #[must_use]
    pub fn of(self, (width, height): (u32, u32)) -> ((u32, u32), (u32, u32)) {
        let narrow = width.min(height).max(1);
        let scaled = |lines: u32| {
            let side = |n: u32| even(u64::from(n) * u64::from(lines), u64::from(narrow));
            (side(width), side(height))
        };
        match self {
            Self::Lines(lines) if lines != narrow => (scaled(lines), scaled(lines)),
            Self::AtMost(lines) if lines < narrow => (scaled(lines), scaled(lines)),
            Self::Exactly(w, h) => {
                let wide = u64::from(width) * u64::from(h) >= u64::from(height) * u64::from(w);
                let fitted = if wide {
                    (w, even(u64::from(height) * u64::from(w), width.max(1).into()).min(h))
                } else {
                    (even(u64::from(width) * u64::from(h), height.max(1).into()).min(w), h)
                };
                (fitted, (w, h))
            }
            _ => ((width, height), (width, height)),
        }
    }
}

/// The even number next to a fraction; at least 2.
fn even(numerator: u64, denominator: u64) -> u32 {
    let pairs = (numerator + denominator) / (2 * denominator);
    u32::try_from(pairs * 2).unwrap_or(u32::MAX - 1).max(2)
}

impl Target {
    /// The usual file extension, without the dot.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        match &self.format {
            Format::Film(film) => film.container.extension(),
            Format::Sound(sound) => sound.extension(),
            Format::Pictures(pictures) => pictures.extension(),
        }
    }

    /// Whether it is a folder of pictures.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        matches!(self.format, Format::Pictures(Pictures::Sequence))
    }

    /// What people may set of it, beside the size of its pictures and of its file.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let rate = |value, most: u32| {
            let usual = [60, 50, 30, 25, 20, 15, 12, 10, 5].into_iter().filter(|rate| *rate <= most);
            Setting::new(SettingKind::PictureRate, value, usual, |n| n.to_string())
        };
        match &self.format {
            Format::Film(film) => {
                let mut all = film.video.encoder().settings();
                all.extend(film.sound.setting());
                all
            }
            Format::Sound(sound) => sound.setting().into_iter().collect(),
            Format::Pictures(Pictures::Gif { rate: pictures }) => vec![rate(*pictures, 50)],
            Format::Pictures(Pictures::WebP { rate: pictures, quality }) => vec![
                Setting::new(SettingKind::Quality, *quality, (0..=100).rev(), |n| n.to_string()),
                rate(*pictures, 60),
            ],
            Format::Pictures(Pictures::Sequence | Pictures::Still) => Vec::new(),
        }
    }

    /// Sets one of [`Self::settings`]. What can't be is refused by [`Self::check`].
    pub fn set(&mut self, kind: SettingKind, value: u32) {
        match &mut self.format {
            Format::Film(film) if kind == SettingKind::Sound => film.sound = film.sound.with(value),
            Format::Film(film) => film.video.encoder_mut().set(kind, value),
            Format::Sound(sound) => *sound = sound.with(value),
            Format::Pictures(Pictures::Gif { rate }) => *rate = value,
            Format::Pictures(Pictures::WebP { rate, .. }) if kind == SettingKind::PictureRate => *rate = value,
            Format::Pictures(Pictures::WebP { quality, .. }) => *quality = value,
            Format::Pictures(Pictures::Sequence | Pictures::Still) => {}
        }
    }

    /// What it is, in words, for a list: "H.264, MP4, crf 21, medium, AAC 192 kbit/s".
    #[must_use]
    pub fn in_words(&self) -> String {
        let kind = match &self.format {
            Format::Film(film) => Some(film.video.name().to_owned()),
            Format::Sound(sound) if sound.setting().is_none() => Some(sound.words()),
            Format::Sound(_) | Format::Pictures(_) => None,
        };
        let held = self.max_size.map(|most| {
            let most = ByteSize(most).display().si().to_string();
            format!("never above {}", most.replace(".0 ", " "))
        });
        let settings = self.settings();
        let is_held = held.is_some();
        let told = settings.iter().filter(|s| !is_held || !s.kind.is_held_by_size());
        let told = told.map(|s| match s.kind {
            SettingKind::PictureRate => format!("{} pictures a second", s.in_words()),
            SettingKind::Quality if self.film().is_none() => format!("quality {}", s.in_words()),
            _ => s.in_words().to_owned(),
        });
        let size = match self.size {
            PictureSize::Sequence => None,
            PictureSize::Lines(lines) => Some(format!("{lines} lines")),
            PictureSize::AtMost(lines) => Some(format!("at most {lines} lines")),
            PictureSize::Exactly(width, height) => Some(format!("{width} × {height}")),
        };
        let file = Some(self.extension().to_uppercase());
        // "MP3, MP3 320 kbit/s" says nothing more
        let file =
            file.filter(|file| !matches!(self.format, Format::Sound(sound) if sound.name().eq_ignore_ascii_case(file)));
        kind.into_iter().chain(file).chain(size).chain(held).chain(told).collect::<Vec<_>>().join(", ")
    }

    /// The pictures' encoder, of a film.
    #[must_use]
    pub fn film(&self) -> Option<&Film> {
        match &self.format {
            Format::Film(film) => Some(film),
            _ => None,
        }
    }

    /// Whether pictures of a sequence of that size can be copied into it, as far as it goes: they keep their size, and the
    /// encoder makes others that can stand beside them.
    #[must_use]
    pub fn can_copy(&self, sequence: (u32, u32)) -> bool {
        self.effort_beside(sequence).is_some()
    }

    /// Where pictures can be copied into it: what encoding one takes, in per cent of what decoding one takes.
    pub(super) fn effort_beside(&self, sequence: (u32, u32)) -> Option<u32> {
        let as_it_is = self.size.of(sequence) == (sequence, sequence);
        let film = self.film().filter(|_| as_it_is && self.max_size.is_none())?;
        film.video.encoder().effort_beside()
    }

    /// Whether it can be held to a size: its encoder can spend a given number of bits.
    #[must_use]
    pub fn can_be_held(&self) -> bool {
        self.film().is_some_and(|film| {
            film.container == Container::Mp4 && matches!(film.sound, Sound::Aac { .. }) && film.video.can_be_held()
        })
    }

    /// The elements it needs.
    #[must_use]
    pub fn elements(&self) -> Vec<&'static str> {
        match &self.format {
            Format::Film(film) => {
                let mut all = film.video.elements().to_vec();
                all.extend([film.sound.element(), film.container.muxer()]);
                all
            }
            Format::Sound(sound) => std::iter::once(sound.element()).chain(sound.own_muxer()).collect(),
            Format::Pictures(Pictures::WebP { .. }) => vec!["webpenc"],
            Format::Pictures(_) => Vec::new(),
        }
    }

    /// Whether there can be such a file at all.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self) -> Result<(), String> {
        let sides = match self.size {
            PictureSize::Sequence => vec![],
            PictureSize::Lines(n) | PictureSize::AtMost(n) => vec![n],
            PictureSize::Exactly(w, h) => vec![w, h],
        };
        if let Some(side) = sides.iter().find(|side| !SIDES.contains(*side) || **side % 2 == 1) {
            return Err(format!("pictures can't have {side} lines: write an even number from 16 to 16384"));
        }
        match &self.format {
            Format::Film(Film { container, video, sound }) => {
                video.check()?;
                sound.check()?;
                if !video.containers().contains(container) {
                    let name = container.extension().to_uppercase();
                    return Err(format!("there is no {} in {name}", video.name()));
                }
                if !sound.containers().contains(container) {
                    let name = container.extension().to_uppercase();
                    return Err(format!("there is no {} in {name}", sound.name()));
                }
            }
            Format::Sound(sound) => sound.check()?,
            Format::Pictures(Pictures::Gif { rate }) if !(1..=50).contains(rate) => {
                return Err(format!("a GIF can't show {rate} pictures a second: write 1 to 50"));
            }
            Format::Pictures(Pictures::WebP { rate, quality }) if !(1..=60).contains(rate) || *quality > 100 => {
                return Err("a WebP has 1 to 60 pictures a second and a quality from 0 to 100".into());
            }
            Format::Pictures(_) => {}
        }
        if self.max_size.is_some() && !self.can_be_held() {
            return Err("only H.264 with AAC in MP4 can be held to a size".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Vp9;

    #[test]
    fn pictures_keep_their_shape_in_every_size() {
        let full = (1920, 1080);
        assert_eq!(PictureSize::Sequence.of((641, 360)), ((641, 360), (641, 360)));
        assert_eq!(PictureSize::Lines(2160).of(full), ((3840, 2160), (3840, 2160)));
        assert_eq!(PictureSize::Lines(720).of((1080, 1920)), ((720, 1280), (720, 1280)));
        assert_eq!(PictureSize::AtMost(2160).of(full), (full, full));
        assert_eq!(PictureSize::AtMost(480).of(full), ((854, 480), (854, 480)));
        assert_eq!(PictureSize::Exactly(1080, 1920).of(full), ((1080, 608), (1080, 1920)));
        assert_eq!(PictureSize::Exactly(1080, 1920).of((720, 1280)), ((1080, 1920), (1080, 1920)));
        assert_eq!(PictureSize::Exactly(1920, 1080).of((1080, 1080)), ((1080, 1080), full));
    }

    #[test]
    fn whatever_is_set_to_one_of_its_choices_is_possible_and_stays_so() {
        let mut words = std::collections::BTreeSet::new();
        for preset in crate::export::presets() {
            for setting in preset.target.settings() {
                for (value, name) in &setting.choices {
                    let mut target = preset.target.clone();
                    target.set(setting.kind, *value);
                    // the quickest x264 does not look ahead, and can't be held to a size
                    let held = target.max_size.is_some() && !target.can_be_held();
                    assert!(held || target.check().is_ok(), "{}: {name}: {:?}", preset.name, target.check());
                    let now = target.settings().into_iter().find(|s| s.kind == setting.kind).unwrap();
                    assert_eq!((now.value, now.in_words()), (*value, name.as_str()), "{}", preset.name);
                    words.insert(target.in_words());
                }
            }
        }
        for one in [
            "H.264, MP4, crf 21, medium, AAC 192 kbit/s",
            "H.264, MP4, never above 10 MB, slow",
            "GIF, at most 480 lines, 15 pictures a second",
            "MP3 320 kbit/s",
        ] {
            assert!(words.contains(one), "{one}");
        }
    }

    #[test]
    fn what_can_not_be_is_refused_with_a_reason() {
        let film = |container, video, sound| Target {
            format: Format::Film(Film { container, video, sound }),
            size: PictureSize::Sequence,
            max_size: None,
        };
        let h264 = || Video::h264("medium", 21);
        let aac = Sound::Aac { kilobits: 192 };
        assert_eq!(film(Container::Mp4, h264(), aac).check(), Ok(()));
        let refused = |target: Target| target.check().unwrap_err();
        assert!(refused(film(Container::WebM, h264(), Sound::Opus { kilobits: 128 })).contains("no H.264 in WEBM"));
        assert!(refused(film(Container::WebM, Video::Vp9(Vp9::default()), aac)).contains("no AAC in WEBM"));
        assert!(refused(film(Container::Mp4, Video::h264("medium", 60), aac)).contains("60"));
        let odd = Target { size: PictureSize::Lines(719), ..film(Container::Mp4, h264(), aac) };
        assert!(refused(odd).contains("719"));
        let capped = |format| Target { format, size: PictureSize::Sequence, max_size: Some(10_000_000) };
        assert!(refused(capped(Format::Sound(Sound::Flac))).contains("held to a size"));
        let gif = Format::Pictures(Pictures::Gif { rate: 0 });
        assert!(refused(Target { format: gif, size: PictureSize::Sequence, max_size: None }).contains("GIF"));
    }
}
