//! Targets with a name: those that come with the program, and people's own in files.

use super::encoders::{Av1, Ffv1, ProRes, ProResProfile, Sound, Video, Vp9, X264, X264Rate, X265};
use super::parts::file_name;
use super::target::{Container, Film, Format, PictureSize, Pictures, Target};
use crate::platform::input::read_text;
use crate::platform::whole_files::{self, Existing};
use gstreamer as gst;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use thiserror::Error;

/// The version of preset files that is written.
const VERSION: u32 = 1;

/// The most bytes that a preset's file has.
const MOST_BYTES: u64 = 64 << 10;

/// A target with a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Preset {
    /// What the command line calls it.
    pub name: String,
    /// What the window calls it.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it makes.
    pub target: Target,
}

/// A preset in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetFile {
    version: u32,
    title: String,
    #[serde(default)]
    description: String,
    target: Target,
}

/// Only the version of a file.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// Why there is no preset in a file.
#[derive(Debug, Error)]
pub enum PresetError {
    /// It can't be read.
    #[error("{path}: {why}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// It is no preset.
    #[error("{path}: this is no preset: {why}", path = path.display())]
    NotAPreset {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// It comes from a later version.
    #[error("{path}: it is of version {version}, and this program knows {VERSION}; use a newer one", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// There can be no such film.
    #[error("{path}: {why}", path = path.display())]
    Impossible {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// It can't be written.
    #[error("{path}: the preset can't be kept: {why}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}

/// AAC as it comes with films for sharing.
const AAC: Sound = Sound::Aac { kilobits: 192 };

fn film(container: Container, video: Video, sound: Sound) -> Target {
    Target { format: Format::Film(Film { container, video, sound }), size: PictureSize::Sequence, max_size: None }
}

fn shared(video: Video) -> Target {
    film(Container::Mp4, video, AAC)
}

fn sized(size: PictureSize, target: Target) -> Target {
    Target { size, ..target }
}

fn under(megabytes: u64) -> Target {
    Target { max_size: Some(megabytes * 1_000_000), ..shared(Video::h264("medium", 21)) }
}

fn alone(format: Format) -> Target {
    Target { format, size: PictureSize::Sequence, max_size: None }
}

/// All that come with the program, in the order that people see them in.
static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let preset = |name: &str, title: &str, description: &str, target| Preset {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        target,
    };
    let prores = |profile| film(Container::Mov, Video::ProRes(ProRes { profile }), Sound::Pcm { bits: 24 });
    let draft = Video::H264(X264 { speed: "ultrafast".into(), rate: X264Rate::Quantizer(26) });
    vec![
        preset(
            "h264",
            "H.264 — for sharing",
            "plays everywhere; x264 medium, crf 21, AAC 192 kbit/s, MP4",
            shared(Video::h264("medium", 21)),
        ),
        preset(
            "draft",
            "Draft — fast",
            "for a quick look; x264 ultrafast, quantiser 26, AAC 128 kbit/s, MP4",
            film(Container::Mp4, draft, Sound::Aac { kilobits: 128 }),
        ),
        preset(
            "under-10mb",
            "Under 10 MB — for chats",
            "never above 10 MB, as good as that allows; x264 in two passes, AAC, MP4",
            under(10),
        ),
        preset("under-25mb", "Under 25 MB — for mail", "never above 25 MB; x264 in two passes, AAC, MP4", under(25)),
        preset("under-50mb", "Under 50 MB", "never above 50 MB; x264 in two passes, AAC, MP4", under(50)),
        preset(
            "youtube-1080p",
            "YouTube 1080p",
            "1080 lines, enlarged where there are fewer; x264 slow, crf 17, AAC 384 kbit/s, MP4",
            sized(
                PictureSize::Lines(1080),
                film(Container::Mp4, Video::h264("slow", 17), Sound::Aac { kilobits: 384 }),
            ),
        ),
        preset(
            "youtube-2160p",
            "YouTube 2160p (4K)",
            "2160 lines, enlarged where there are fewer; x264 fast, crf 18, AAC 384 kbit/s, MP4",
            sized(
                PictureSize::Lines(2160),
                film(Container::Mp4, Video::h264("fast", 18), Sound::Aac { kilobits: 384 }),
            ),
        ),
        preset(
            "vertical",
            "Vertical 1080 × 1920 — for phones",
            "the whole picture in an upright frame; x264 medium, crf 20, AAC 192 kbit/s, MP4",
            sized(PictureSize::Exactly(1080, 1920), shared(Video::h264("medium", 20))),
        ),
        preset(
            "h265",
            "H.265 — smaller, for newer devices",
            "x265 fast, crf 23, AAC 192 kbit/s, MP4; slower than H.264",
            shared(Video::H265(X265::default())),
        ),
        preset(
            "av1",
            "AV1 — smallest, for browsers and newer devices",
            "libaom, AAC 192 kbit/s, MP4; several times slower than H.264",
            shared(Video::Av1(Av1::default())),
        ),
        preset(
            "vp9",
            "VP9 (WebM) — for web pages",
            "libvpx, Opus 128 kbit/s, WebM; slower than H.264",
            film(Container::WebM, Video::Vp9(Vp9::default()), Sound::Opus { kilobits: 128 }),
        ),
        preset(
            "prores",
            "ProRes 422 — for other editors",
            "10 bit, quick to cut, large; PCM 24 bit, MOV",
            prores(ProResProfile::Standard),
        ),
        preset(
            "prores-hq",
            "ProRes 422 HQ — for colour work elsewhere",
            "10 bit, quick to cut, very large; PCM 24 bit, MOV",
            prores(ProResProfile::Hq),
        ),
        preset(
            "lossless",
            "Lossless — for archives and further work",
            "every pixel and sample; FFV1 and FLAC in Matroska, large",
            film(Container::Matroska, Video::Ffv1(Ffv1 {}), Sound::Flac),
        ),
        preset(
            "gif",
            "Animated GIF",
            "at most 480 lines and 20 pictures a second, 256 colours made for the film; no sound",
            sized(PictureSize::AtMost(480), alone(Format::Pictures(Pictures::Gif { rate: 20 }))),
        ),
        preset(
            "webp",
            "Animated WebP",
            "at most 480 lines and 25 pictures a second, smaller than a GIF; no sound",
            sized(PictureSize::AtMost(480), alone(Format::Pictures(Pictures::WebP { rate: 25, quality: 75 }))),
        ),
        preset(
            "png",
            "PNG sequence",
            "a folder with a picture for each frame",
            alone(Format::Pictures(Pictures::Sequence)),
        ),
        preset("still", "Still (PNG)", "the first frame", alone(Format::Pictures(Pictures::Still))),
        preset("wav", "Sound: WAV", "as it is, 24 bit", alone(Format::Sound(Sound::Pcm { bits: 24 }))),
        preset("flac", "Sound: FLAC", "without loss, 24 bit", alone(Format::Sound(Sound::Flac))),
        preset("m4a", "Sound: M4A", "AAC 256 kbit/s", alone(Format::Sound(Sound::Aac { kilobits: 256 }))),
        preset("mp3", "Sound: MP3", "320 kbit/s", alone(Format::Sound(Sound::Mp3 { kilobits: 320 }))),
        preset("opus", "Sound: Opus", "160 kbit/s", alone(Format::Sound(Sound::Opus { kilobits: 160 }))),
    ]
});

/// All presets that come with the program; the first is the default.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The preset of that name.
#[must_use]
pub fn find_preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|p| p.name == name)
}

/// Where people's own presets lie.
#[must_use]
pub fn own_presets_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "workprint").map(|dirs| dirs.config_dir().join("presets"))
}

/// People's own presets, by name; what can't be read is told beside them.
#[must_use]
pub fn own_presets() -> (Vec<Preset>, Vec<PresetError>) {
    own_presets_folder().map(|folder| presets_in(&folder)).unwrap_or_default()
}

/// The presets in a folder, by name; what can't be read is told beside them.
#[must_use]
pub fn presets_in(folder: &Path) -> (Vec<Preset>, Vec<PresetError>) {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "ron")).collect();
    files.sort();
    let (mut presets, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match Preset::load(&file) {
            Ok(preset) => presets.push(preset),
            Err(error) => errors.push(error),
        }
    }
    (presets, errors)
}

impl Preset {
    /// One of people's own; its name is made of the title. `None` where that has nothing that a file can be called.
    #[must_use]
    pub fn own(title: &str, target: Target) -> Option<Self> {
        let name = file_name(title)?;
        // what comes with the program is found first
        let name = if find_preset(&name).is_some() { format!("{name}-own") } else { name };
        Some(Self { name, title: title.trim().to_owned(), description: target.in_words(), target })
    }

    /// Its file in a folder of presets.
    #[must_use]
    pub fn file_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.ron", self.name))
    }

    /// Reads a preset; its name is its file's.
    ///
    /// # Errors
    /// [`PresetError`], with the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Self, PresetError> {
        let read = |why: String| PresetError::Read { path: path.to_owned(), why };
        let text = read_text(path, MOST_BYTES).map_err(|e| read(e.to_string()))?;
        let text = String::from_utf8(text).map_err(|_| read("it is not text".into()))?;
        let wrong = |e: ron::error::SpannedError| PresetError::NotAPreset { path: path.to_owned(), why: e.to_string() };
        // a later version may have what this one can't read
        let version = ron::from_str::<VersionOnly>(&text).map_err(wrong)?.version;
        if version > VERSION {
            return Err(PresetError::Newer { path: path.to_owned(), version });
        }
        let file: PresetFile = ron::from_str(&text).map_err(wrong)?;
        file.target.check().map_err(|why| PresetError::Impossible { path: path.to_owned(), why })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, title: file.title, description: file.description, target: file.target })
    }

    /// Writes it to a file, over what is there.
    ///
    /// # Errors
    /// [`PresetError::Write`]; what was there is as it was then.
    pub fn save(&self, path: &Path) -> Result<(), PresetError> {
        let failed = |why: String| PresetError::Write { path: path.to_owned(), why };
        let file = PresetFile {
            version: VERSION,
            title: self.title.clone(),
            description: self.description.clone(),
            target: self.target.clone(),
        };
        let text =
            ron::ser::to_string_pretty(&file, ron::ser::PrettyConfig::default()).map_err(|e| failed(e.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        whole_files::write(path, text.as_bytes(), Existing::Replace).map_err(|e| failed(e.to_string()))
    }

    /// What keeps this machine from running it. Call [`crate::media::init`] first.
    #[must_use]
    pub fn missing(&self) -> Vec<crate::media::Plugin> {
        let absent = |e: &&str| gst::ElementFactory::find(e).is_none();
        self.target.elements().into_iter().filter(absent).map(crate::media::plugin).collect()
    }

    /// Why this machine can't run it, in words.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if let Err(error) = crate::media::init() {
            return Some(error.to_string());
        }
        self.missing().first().map(|p| format!("{} is missing; install {}", p.element, p.package))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_the_program_is_possible_and_has_its_own_name() {
        let mut names = std::collections::BTreeSet::new();
        for preset in presets() {
            assert_eq!(preset.target.check(), Ok(()), "{}", preset.name);
            assert!(names.insert(&preset.name), "{} stands twice", preset.name);
            assert!(preset.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        }
    }

    #[test]
    fn presets_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        for preset in presets() {
            let path = folder.path().join("own").join(format!("{}.ron", preset.name));
            preset.save(&path).unwrap();
            assert_eq!(Preset::load(&path).unwrap(), *preset);
        }
    }

    #[test]
    fn own_presets_have_names_that_files_can_have_and_that_nothing_else_has() {
        let folder = tempfile::tempdir().unwrap();
        let target = find_preset("h264").unwrap().target.clone();
        let name = |title: &str| Preset::own(title, target.clone()).map(|preset| preset.name);
        assert_eq!(name(" For Ana "), Some("For Ana".into()));
        assert_eq!(name("a/b: c?"), Some("a-b- c-".into()));
        assert_eq!(name("h264"), Some("h264-own".into()));
        assert_eq!((name(" .. "), name("")), (None, None));
        for title in ["b", "a"] {
            let preset = Preset::own(title, target.clone()).unwrap();
            preset.save(&preset.file_in(folder.path())).unwrap();
        }
        std::fs::write(folder.path().join("c.ron"), "nonsense").unwrap();
        let (found, errors) = presets_in(folder.path());
        assert_eq!(found.iter().map(|p| p.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found[0].description, "H.264, MP4, crf 21, medium, AAC 192 kbit/s");
        assert!(errors.len() == 1 && errors[0].to_string().contains("c.ron"));
    }

    #[test]
    fn nonsense_and_later_versions_are_refused_with_the_file_and_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.ron");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let error = Preset::load(&path).unwrap_err().to_string();
            assert!(error.starts_with(&path.display().to_string()), "{error}");
            error
        };
        find_preset("h264").unwrap().save(&path).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        assert!(refused(&good.replace("version: 1", "version: 9")).contains("version 9"));
        assert!(refused("version: 9, what: never").contains("no preset"));
        assert!(refused(&good.replace("Quality(21)", "Quality(99)")).contains("the quality can't be 99"));
        assert!(refused(&good.replace("medium", "sluggish")).contains("sluggish"));
        assert!(refused(&good.replace("container: Mp4", "container: WebM")).contains("no H.264 in WEBM"));
        assert!(refused(&good.replace("title", "tilte")).contains("tilte"));
        assert!(refused("").contains("no preset"));
        assert!(refused(&" ".repeat(70_000)).contains("too large"));
        std::fs::remove_file(&path).unwrap();
        assert!(Preset::load(&path).unwrap_err().to_string().contains("No such file"));
    }
}
