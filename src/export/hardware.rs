//! Which encoder makes a film: the target's own, or one of the machine's graphics that was tried first.
//!
//! That an element is there says little: there may be no device, no free session, no such size, or a driver that crashes. So each
//! is tried at the film's size in a process of its own, and what came of it is remembered for that driver. One that fails later
//! all the same costs the time until then: the film is made anew in software.

use super::budget::EncoderPlan;
use super::encoders::{Hardware, Video, VideoEncoder};
use super::settings::{ExportError, ExportSettings};
use super::target::{Format, Target};
use crate::media::{Cache, Cancel, MediaError, try_encoder};
use crate::model::Project;
use crate::platform::whole_files::{Existing, write};
use crate::platform::{cause_of_end, ended_within, graphics_drivers, input, own_group, this_program};
use gstreamer as gst;
use gstreamer::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Which encoder makes the pictures of a film.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum EncoderChoice {
    /// The one that the target names.
    #[default]
    AsTarget,
    /// One in software.
    Software,
    /// The first of the machine's graphics that works; in software where none does.
    Fast,
    /// GStreamer's element of that name.
    Element(String),
}

/// Seconds that pictures may take on trial.
const LIMIT: Duration = Duration::from_secs(10);

/// The same for the process: it has to begin, and to find its plugins.
const PROCESS_LIMIT: Duration = Duration::from_secs(30);

/// After so long what did not work is tried again: a session that was taken may be free.
const FORGET: Duration = Duration::from_hours(24);

/// What is remembered, in the cache.
const MEMORY: &str = "encoders.json";

/// The most that it has, in bytes and in entries.
const MOST_BYTES: u64 = 1 << 20;
const MOST_ENTRIES: usize = 500;

/// What came of trying an encoder.
#[derive(Clone, PartialEq, Debug)]
pub struct Tried {
    /// GStreamer's element.
    pub element: String,
    /// The pictures' size.
    pub size: (u32, u32),
    /// Seconds that it took; or why it is not to be trusted, in words.
    pub result: Result<f64, String>,
    /// Whether that is remembered from another time.
    pub remembered: bool,
}

/// A line of [`MEMORY`].
#[derive(Clone, Serialize, Deserialize)]
struct Remembered {
    /// GStreamer, its plugin and the system's drivers.
    of: String,
    /// Seconds since 1970.
    at: u64,
    seconds: f64,
    why: Option<String>,
}

/// Tries one in this process, which it may crash.
///
/// # Errors
/// Why it is not to be trusted, in words.
pub fn try_here(element: &str, size: (u32, u32)) -> Result<f64, String> {
    crate::media::init().map_err(|e| e.to_string())?;
    let hardware = Hardware { element: element.to_owned(), quality: 23 };
    hardware.check()?;
    if gst::ElementFactory::find(element).is_none() {
        return Err(format!("GStreamer has no {element} here"));
    }
    let decoder = hardware.decoder().ok_or("there is no decoder in software to look at what it makes")?;
    let launch = hardware.launch(&EncoderPlan::for_cores(1), None);
    try_encoder(&launch, &decoder, size, LIMIT).map(|took| took.as_secs_f64())
}

/// Tries one at a size in a process of its own, or gives what is remembered of that, unless it is to be tried `anew`.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn try_apart(element: &str, size: (u32, u32), anew: bool, cancel: &Cancel) -> Result<Tried, MediaError> {
    let file = Cache::of_user().root().join(MEMORY);
    let key = format!("{element} {}x{}", size.0, size.1);
    let of = stamp(element);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let text = input::read_text(&file, MOST_BYTES).unwrap_or_default();
    let mut all: BTreeMap<String, Remembered> = serde_json::from_slice(&text).unwrap_or_default();
    let tried = |result, remembered| Tried { element: element.to_owned(), size, result, remembered };
    let fresh = |r: &&Remembered| r.of == of && (r.why.is_none() || now.saturating_sub(r.at) < FORGET.as_secs());
    if let Some(known) = all.get(&key).filter(|_| !anew).filter(fresh) {
        return Ok(tried(known.why.clone().map_or(Ok(known.seconds), Err), true));
    }
    let result = ask_process(element, size, cancel);
    if cancel.is_cancelled() {
        return Err(MediaError::Cancelled);
    }
    tracing::info!("{key}: {result:?}");
    if all.len() >= MOST_ENTRIES {
        all.clear();
    }
    let (seconds, why) = (result.clone().unwrap_or_default(), result.clone().err());
    all.insert(key, Remembered { of, at: now, seconds, why });
    let kept = serde_json::to_vec_pretty(&all).map_err(|e| e.to_string()).and_then(|text| {
        std::fs::create_dir_all(Cache::of_user().root()).map_err(|e| e.to_string())?;
        write(&file, &text, Existing::Replace).map_err(|e| e.to_string())
    });
    if let Err(why) = kept {
        // it is tried again next time
        tracing::warn!("{}: {why}", file.display());
    }
    Ok(tried(result, false))
}

/// What an answer holds for.
fn stamp(element: &str) -> String {
    let plugin = gst::ElementFactory::find(element).and_then(|factory| factory.plugin());
    let plugin = plugin.map_or_else(String::new, |plugin| plugin.version().to_string());
    format!("{}; plugin {plugin}; {}", gst::version_string(), graphics_drivers())
}

/// What the process says that tries it.
#[derive(Deserialize)]
struct Answer {
    tried: Vec<AnswerOfOne>,
}

#[derive(Deserialize)]
struct AnswerOfOne {
    seconds: Option<f64>,
    reason: Option<String>,
}

fn ask_process(element: &str, (width, height): (u32, u32), cancel: &Cancel) -> Result<f64, String> {
    if !crate::media::helpers_are_set_up() {
        return Err("this program can't start itself to try it".into());
    }
    let failed = |e: std::io::Error| format!("it can't be tried: {e}");
    let mut command = Command::new(this_program().map_err(failed)?);
    command.args(["doctor", "--json", "--here", "--size", &format!("{width}x{height}"), "--try", element]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    own_group(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    // its answer is short enough to wait in the pipe
    let Some(status) = ended_within(&mut child, PROCESS_LIMIT, &|| cancel.is_cancelled()) else {
        // one that has ended already can't be ended
        let _ = child.kill();
        child.wait().map_err(failed)?;
        return Err(format!("it did not end within {} s", PROCESS_LIMIT.as_secs()));
    };
    let mut said = Vec::new();
    if let Some(out) = child.stdout.take() {
        // a driver that prints without end is no reason to read without end
        out.take(MOST_BYTES).read_to_end(&mut said).map_err(failed)?;
    }
    // libraries may print before it
    let begin = said.iter().position(|b| *b == b'{').unwrap_or(said.len());
    let answer = serde_json::from_slice::<Answer>(&said[begin..]).ok().and_then(|a| a.tried.into_iter().next());
    match answer {
        Some(AnswerOfOne { seconds: Some(seconds), .. }) => Ok(seconds),
        Some(AnswerOfOne { reason: Some(reason), .. }) => Err(reason),
        _ => {
            Err(cause_of_end(status).map_or_else(|| "it ended the program".into(), |why| format!("it crashed ({why})")))
        }
    }
}

/// An export with the encoder that makes it, and what there is to say of that.
pub(super) struct Chosen {
    pub settings: ExportSettings,
    pub notes: Vec<String>,
}

/// Chooses the encoder.
///
/// # Errors
/// [`ExportError::Encoder`]: the element that was asked for can't do it, or does not work. [`MediaError::Cancelled`].
pub(super) fn choose(project: &Project, settings: &ExportSettings, cancel: &Cancel) -> Result<Chosen, ExportError> {
    let target = &settings.preset.target;
    let plain = |notes| Chosen { settings: settings.clone(), notes };
    let Some(film) = target.film() else { return Ok(plain(Vec::new())) };
    let (_, frame) = target.size.of((project.sequence().width, project.sequence().height));
    let sized = settings.max_size.or(target.max_size).is_some();
    let with = |video: Video, notes| Chosen { settings: with_video(settings, video), notes };
    let works = |element: &str| Ok::<_, MediaError>(try_apart(element, frame, false, cancel)?.result);
    let refused = |element: &str, why: String| ExportError::Encoder { element: element.to_owned(), why };
    match (&settings.encoder, &film.video) {
        (EncoderChoice::AsTarget, Video::Hardware(own)) => Ok(match works(&own.element)? {
            Ok(_) => plain(Vec::new()),
            Err(why) => {
                with(own.in_software(), vec![format!("encoded in software: {} does not work here: {why}", own.title())])
            }
        }),
        (EncoderChoice::AsTarget, _) => Ok(plain(Vec::new())),
        (EncoderChoice::Software, video) => Ok(with(in_software(video), Vec::new())),
        (EncoderChoice::Fast, video) if sized => {
            Ok(with(in_software(video), vec!["encoded in software: only that keeps to a size".into()]))
        }
        (EncoderChoice::Fast, video) => {
            let mut notes = Vec::new();
            for hardware in Hardware::instead_of(video) {
                match works(&hardware.element)? {
                    Ok(_) => return Ok(with(Video::Hardware(hardware), Vec::new())),
                    Err(why) => notes.push(format!("{} does not work here: {why}", hardware.title())),
                }
            }
            notes.push(format!("encoded in software: this machine has no faster encoder for {}", video.name()));
            Ok(with(in_software(video), notes))
        }
        (EncoderChoice::Element(element), video) => {
            let found = Hardware::instead_of(video).find(|hardware| hardware.element == *element);
            let Some(hardware) = found else {
                let there = gst::ElementFactory::find(element).is_some();
                let why =
                    if there { format!("it makes no {}", video.name()) } else { "GStreamer has none here".into() };
                return Err(refused(element, why));
            };
            if sized {
                return Err(refused(element, "only encoders in software keep to a size".into()));
            }
            works(element)?.map_err(|why| refused(element, why))?;
            Ok(with(Video::Hardware(hardware), Vec::new()))
        }
    }
}

/// The hardware encoder that makes a film, if one does.
pub(super) fn hardware_of(target: &Target) -> Option<&Hardware> {
    match target.film().map(|film| &film.video) {
        Some(Video::Hardware(hardware)) => Some(hardware),
        _ => None,
    }
}

/// The same export in software after a hardware encoder has failed, and what to say of that; `None` where another thing failed.
pub(super) fn after(error: &ExportError, settings: &ExportSettings) -> Option<Chosen> {
    let hardware = hardware_of(&settings.preset.target)?;
    let why = match error {
        ExportError::Media(
            MediaError::Encode { why, .. } | MediaError::Decode { why, .. } | MediaError::Element(why),
        ) => why.clone(),
        ExportError::Media(MediaError::Stalled { seconds, .. }) => format!("it made nothing for {seconds} s"),
        _ => return None,
    };
    tracing::warn!("{} failed: {why}; the film is made anew in software", hardware.title());
    let note = format!("encoded in software from the beginning: {} failed: {why}", hardware.title());
    Some(Chosen { settings: with_video(settings, hardware.in_software()), notes: vec![note] })
}

fn in_software(video: &Video) -> Video {
    if let Video::Hardware(hardware) = video { hardware.in_software() } else { video.clone() }
}

fn with_video(settings: &ExportSettings, video: Video) -> ExportSettings {
    let mut settings = settings.clone();
    if let Format::Film(film) = &mut settings.preset.target.format {
        film.video = video;
    }
    settings.encoder = EncoderChoice::AsTarget;
    settings
}
