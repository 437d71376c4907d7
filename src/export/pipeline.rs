//! The pipeline that an export encodes with, as a description for GStreamer, and in words.

use super::budget::EncoderPlan;
use super::encoders::{Rate, Sound};
use super::size::SoundRate;
use super::target::{Container, Film, Format, Target};

/// How a film is coded where a size says it, not the target alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Coding {
    pub rate: Rate,
    pub sound: SoundRate,
}

/// Bytes that wait before a muxer, at most: packets are small, and what bounds it is how far sound and picture are apart in
/// the encoders.
const QUEUE: &str = "queue max-size-buffers=0 max-size-time=0 max-size-bytes=16777216";

/// The pipeline of a film, from inputs `video` and `audio` to a file `out`. `sample_rate` is the sound's.
pub(super) fn of_film(film: &Film, plan: &EncoderPlan, coding: Option<&Coding>, sample_rate: u32) -> String {
    let pictures = film.video.encoder().launch(plan, coding.map(|coding| &coding.rate));
    let sound = film.sound.launch(coding.map(|coding| coding.sound), sample_rate);
    let muxer = muxer(film, sample_rate);
    format!(
        "appsrc name=video ! {pictures} ! {QUEUE} ! mux. \
         appsrc name=audio ! {sound} ! {QUEUE} ! mux. \
         {muxer} ! filesink name=out sync=false"
    )
}

/// The pipeline of a film whose pictures are put together elsewhere: an encoder from an input `video` to an output `coded`, and
/// a muxer from inputs `packets` and `audio` to a file `out`. It runs before anything is written: the first packet comes from
/// the encoder.
pub(super) fn of_copied(film: &Film, encoder: &str, sample_rate: u32) -> String {
    let sound = film.sound.launch(None, sample_rate);
    let muxer = muxer(film, sample_rate);
    format!(
        "appsrc name=packets ! video/x-h264,stream-format=avc,alignment=au ! {QUEUE} ! mux. \
         appsrc name=audio ! {sound} ! {QUEUE} ! mux. \
         {muxer} ! filesink name=out sync=false async=false \
         appsrc name=video ! {encoder} ! appsink name=coded sync=false async=false max-buffers=0"
    )
}

fn muxer(film: &Film, sample_rate: u32) -> String {
    match film.container {
        Container::Mp4 | Container::Mov => format!("{} name=mux movie-timescale={sample_rate}", film.container.muxer()),
        // a packet's time has 16 bits beside that of its cluster (RFC 9559, 10): ticks of a microsecond where each can have
        // its own, else of a tenth of a millisecond, which leaves 3 s for what is reordered
        Container::Matroska | Container::WebM => {
            let tick = if film.video.encoder().reorders() { 100_000 } else { 1000 };
            format!("{} name=mux timecodescale={tick}", film.container.muxer())
        }
    }
}

/// The pipeline of sound alone, from an input `audio` to a file `out`.
pub(super) fn of_sound(sound: Sound, sample_rate: u32) -> String {
    let encoder = sound.launch(None, sample_rate);
    let muxer = match sound.own_muxer() {
        Some("mp4mux") => format!(" ! mp4mux name=mux movie-timescale={sample_rate}"),
        Some(muxer) => format!(" ! {muxer} name=mux"),
        None => String::new(),
    };
    format!("appsrc name=audio ! {encoder}{muxer} ! filesink name=out sync=false")
}

/// What was chosen, and what fitting the budget costs.
pub(super) fn describe(target: &Target, plan: &EncoderPlan, coding: Option<&Coding>) -> String {
    let (mut what, mut costs) = match &target.format {
        Format::Film(film) => {
            let words = film.video.encoder().words(plan, coding.map(|coding| &coding.rate));
            (words.what, words.costs)
        }
        Format::Sound(sound) => return sound.words(),
        Format::Pictures(pictures) => (pictures.words(), Vec::new()),
    };
    if let Some(Coding { sound, rate: Rate::First(_) | Rate::Second(_) }) = coding {
        let channels = if sound.mono { "mono" } else { "stereo" };
        what = format!("{what}, AAC {} kbit/s {channels}", sound.bits / 1000);
    }
    if plan.ahead == 0 {
        costs.push("cuts wait for the next clip".into());
    }
    if costs.is_empty() { what } else { format!("{what}; to fit the budget, {}", costs.join(", ")) }
}
