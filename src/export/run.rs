//! The export: conforms the originals, encodes, and never leaves half a file under the target's name.

use super::budget::{Analysis, EncoderPlan, plan_encoder};
use super::cuts::Cuts;
use super::glance::{Glance, Luma};
use super::memory::{Memory, forget_programs, return_freed};
use super::presets::{Container, Encoder, Preset};
use super::priming::skip_priming;
use super::ring::Ring;
use super::settings::{ExportError, ExportEvent, ExportSettings, ExportSummary, check, folder_of};
use super::shown::Shown;
use super::sound_thread::SoundThread;
use super::source_check::SourceCheck;
use super::verify::{Wanted, verify};
use crate::media::{Cancel, Encoding, MediaError, clock_time};
use crate::model::{FrameCount, Project, Sequence, SourceTime, Span};
use crate::render::{Demand, Media, Pictures, sound_buffer};
use bytesize::ByteSize;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Samples that `avenc_aac`'s output comes late by.
const AAC_PRIMING: u32 = 1024;

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Per cent of the budget from which on memory is given back wherever it can be.
const TIGHT: u64 = 94;

/// Exports the active sequence. Blocks until it is done; call it on a thread of its own.
///
/// # Errors
/// [`ExportError`]; the target is as it was then, and no temporary file is left.
pub fn export(
    project: &Arc<Project>,
    settings: &ExportSettings,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ExportEvent),
) -> Result<ExportSummary, ExportError> {
    crate::media::init()?;
    let begun = Instant::now();
    let span = check(project, settings)?;
    let sequence = Arc::clone(project.sequence());
    let plan = plan_encoder(settings.preset, Demand::of(project, span), settings.cores, settings.budget)
        .map_err(|least| ExportError::Budget { budget: ByteSize(settings.budget), least: ByteSize(least) })?;
    let (mut warnings, mut lacking) = (0, 0);
    let tell = &mut |event| {
        if let ExportEvent::Warning(warning) = &event {
            warnings += 1;
            lacking += usize::from(warning.fault.lacks());
        }
        tell(event);
    };
    let sources = SourceCheck::start(project, span)?;
    tell(ExportEvent::Planned {
        frames: span.length.0,
        budget: settings.budget,
        predicted_peak: plan.predicted,
        predicted_size: guess_size(settings.preset, &sequence, span.length),
        encoder: describe(settings.preset, &plan),
    });
    let folder = folder_of(&settings.path);
    let extension = settings.preset.container.extension();
    let temporary = crate::media::temporary_in(&folder, &format!(".{extension}"))?;
    let memory = Memory::anew();
    let mut run =
        Run { project, sequence: &sequence, settings, plan, span, cancel, memory: &memory, begun, sources: &sources };
    let shown = run.render(&temporary, tell).map_err(|error| match error {
        // people know the name that they chose, not the temporary one
        ExportError::Media(MediaError::Write { why, .. }) => MediaError::write(&settings.path, why).into(),
        other => other,
    })?;
    sources.finish(cancel, |warning| tell(ExportEvent::Warning(warning)))?;
    if settings.preset.container == Container::Mp4 && settings.preset.audio_bitrate.is_some() {
        skip_priming(&temporary, AAC_PRIMING, run.samples(), sequence.sample_rate)
            .map_err(|e| MediaError::write(&settings.path, e))?;
    }
    // what this export leaves behind must not count in the next one
    return_freed();
    if let Err(error) = verify(&temporary, &run.wanted(), &shown, cancel) {
        return Err(match error {
            MediaError::Cancelled => MediaError::Cancelled.into(),
            MediaError::Decode { why, .. } => failed_check(temporary, settings, why),
            other => failed_check(temporary, settings, other.to_string()),
        });
    }
    return_freed();
    let size = std::fs::metadata(&temporary).map_err(|e| MediaError::write(&settings.path, e))?.len();
    finish_file(temporary, settings)?;
    Ok(ExportSummary {
        path: settings.path.clone(),
        frames: span.length.0,
        seconds: begun.elapsed().as_secs_f64(),
        peak_rss: memory.peak(),
        size,
        warnings,
        lacking,
    })
}

/// Keeps a film that failed its check under a name that says so, for most of it may be of use.
fn failed_check(temporary: tempfile::TempPath, settings: &ExportSettings, why: String) -> ExportError {
    let stem = settings.path.file_stem().unwrap_or_default();
    let extension = settings.preset.container.extension();
    let folder = folder_of(&settings.path);
    let mut temporary = Some(temporary);
    let mut kept = None;
    for n in 1..100 {
        let Some(file) = temporary.take() else { break };
        let number = if n == 1 { String::new() } else { format!("-{n}") };
        let mut name = stem.to_owned();
        name.push(format!("-failed-check{number}.{extension}"));
        let name = folder.join(name);
        match file.persist_noclobber(&name) {
            Ok(()) => kept = Some(name),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => temporary = Some(error.path),
            // gone with its temporary name
            Err(error) => tracing::warn!("the file is not kept: {}", error.error),
        }
    }
    ExportError::Check { path: settings.path.clone(), why, kept }
}

/// Gives the finished file its name.
fn finish_file(temporary: tempfile::TempPath, settings: &ExportSettings) -> Result<(), ExportError> {
    let failed = |e: std::io::Error| ExportError::Media(MediaError::write(&settings.path, e));
    let file = std::fs::File::open(&temporary).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    if settings.overwrite {
        temporary.persist(&settings.path).map_err(|e| failed(e.error))
    } else {
        temporary.persist_noclobber(&settings.path).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => ExportError::Exists(settings.path.clone()),
            _ => failed(e.error),
        })
    }
}

/// What was chosen, and what fitting the budget costs.
fn describe(preset: &Preset, plan: &EncoderPlan) -> String {
    let kind = if plan.sliced { "slices" } else { "frame threads" };
    let Analysis { lookahead, b_frames, larger, .. } = plan.analysis;
    let mut costs = Vec::new();
    let encoder = match preset.encoder {
        Encoder::X264Quality { speed, crf } => {
            if larger > 0 {
                costs.push(format!("about {larger} % larger at equal quality"));
            }
            let own = plan.analysis.crf_for(crf);
            let meant = if own == crf { String::new() } else { format!(" for the quality of {crf}") };
            format!("x264 {speed}, crf {own}{meant}, look-ahead {lookahead}, {} {kind}", plan.threads)
        }
        Encoder::X264Quantizer { speed, quantizer } => {
            format!("x264 {speed}, quantiser {quantizer}, {} {kind}", plan.threads)
        }
        Encoder::Ffv1 => "FFV1, 4 slices".into(),
    };
    if b_frames.is_some() {
        costs.push("slower".into());
    }
    if plan.ahead == 0 {
        costs.push("cuts wait for the next clip".into());
    }
    if costs.is_empty() { encoder } else { format!("{encoder}; to fit the budget, {}", costs.join(", ")) }
}

/// x264's options beyond its preset, as properties of the element.
fn choices(analysis: &Analysis) -> String {
    let ahead = format!("rc-lookahead={}", analysis.lookahead);
    let few = analysis.b_frames.map(|n| format!("ref=2 bframes={n} b-pyramid=false"));
    let tree = analysis.tree.map(|n| format!("qcomp=0.{n:02}"));
    let thorough = analysis.b_frames.map(|_| "trellis=2:subme=10:me=umh:direct=auto:weightp=0".to_owned());
    // what the element has no properties for
    let options: Vec<_> = [tree, thorough].into_iter().flatten().collect();
    let options = (!options.is_empty()).then(|| format!("option-string={}", options.join(":")));
    [Some(ahead), few, options].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Bits for each pixel of ordinary footage, times the pixels. The truth depends on the picture.
fn guess_size(preset: &Preset, sequence: &Sequence, length: FrameCount) -> u64 {
    let hundredths = match preset.encoder {
        Encoder::X264Quality { .. } => 8,
        Encoder::X264Quantizer { .. } => 25,
        Encoder::Ffv1 => 450,
    };
    let pixels = u64::from(sequence.width) * u64::from(sequence.height) * u64::try_from(length.0).unwrap_or(0);
    let seconds = u64::try_from(sequence.rate.duration_of(length).0 / SourceTime::SECOND.0).unwrap_or(0);
    pixels / 8 * hundredths / 100 + seconds * u64::from(preset.audio_bitrate.unwrap_or(700_000)) / 8
}

/// One run of the renderer into an encoder.
struct Run<'a> {
    project: &'a Arc<Project>,
    sequence: &'a Arc<Sequence>,
    settings: &'a ExportSettings,
    plan: EncoderPlan,
    span: Span,
    cancel: &'a Cancel,
    memory: &'a Memory,
    begun: Instant,
    sources: &'a SourceCheck,
}

impl Run<'_> {
    /// Whether so much resident memory comes near the budget.
    fn is_tight(&self, rss: u64) -> bool {
        let taken = rss.saturating_sub(self.settings.own_memory);
        taken > self.settings.budget / 100 * TIGHT
    }

    /// Whether the encoder keeps no picture beyond the call that it gets it by. One that looks ahead, or works on several,
    /// would keep the decoder's own for that long.
    fn returns_at_once(&self) -> bool {
        matches!(self.settings.preset.encoder, Encoder::X264Quantizer { speed: "ultrafast", .. }) && self.plan.sliced
    }

    /// Samples of sound in the whole span.
    fn samples(&self) -> u64 {
        u64::try_from(self.sequence.samples_in(self.span)).unwrap_or(0)
    }

    fn render(&mut self, to: &Path, tell: &mut dyn FnMut(ExportEvent)) -> Result<Vec<(i64, Glance)>, ExportError> {
        let sequence = Arc::clone(self.sequence);
        let canvas = (sequence.width, sequence.height);
        let project = Arc::clone(self.project);
        let threads = self.plan.decoder_threads;
        let (media, cancel) = (Media::Originals, self.cancel.clone());
        let mut pictures = Pictures::new(Arc::clone(&project), media, canvas, self.span, threads, cancel)?;
        pictures.read_ahead(self.plan.ahead);
        let sounds = SoundThread::start(project, self.span)?;
        let encoding = Encoding::launch(&self.pipeline(), to)?;
        let (video, audio) = self.inputs(&encoding, &pictures)?;
        let pad = video.static_pad("src").ok_or_else(|| MediaError::Element("the encoder has no input".into()))?;
        let fixed = !matches!(self.settings.preset.encoder, Encoder::Ffv1);
        let bytes = pictures.canvas().bytes();
        let mut ring = fixed.then(|| Ring::new(self.plan.slots, bytes, &pad));
        encoding.start()?;
        let mut progress = Progress::new();
        let mut section_end = self.span.start;
        let mut cuts = Cuts::new(sequence.rate);
        let mut shown = Shown::default();
        for n in 0..self.span.length.0 {
            if self.cancel.is_cancelled() {
                return Err(MediaError::Cancelled.into());
            }
            let frame = self.span.start + FrameCount(n);
            let mixed = sounds.next(self.cancel)?;
            encoding.push(
                &audio,
                sound_buffer::buffer(
                    &mixed.samples,
                    sequence.sample_of(frame) - sequence.sample_of(self.span.start),
                    sequence.sample_rate,
                ),
                self.cancel,
            )?;
            let mut look = |luma: &Luma<'_>, left: FrameCount| {
                shown.add(n, luma);
                cuts.is_key(luma, frame >= section_end, left <= FrameCount(1))
            };
            let untouched = if self.returns_at_once() { pictures.untouched(frame)? } else { None };
            let (mut buffer, key) = if let Some(picture) = untouched {
                ring.iter_mut().for_each(Ring::pass_over);
                let left = pictures.left_in_section(frame);
                let key = Luma::of_picture(&picture, |luma| look(luma, left))?;
                (picture.buffer, key)
            } else {
                let mut draw = |pixels: &mut [u8]| {
                    pictures.render(frame, pixels)?;
                    let left = pictures.left_in_section(frame);
                    Ok::<_, MediaError>(look(&Luma::of_canvas(pictures.canvas(), pixels), left))
                };
                if let Some(ring) = &mut ring {
                    let begun = Instant::now();
                    while !ring.wait(Duration::from_millis(50)) {
                        encoding.check(self.cancel, begun)?;
                    }
                    let (buffer, key) = ring.write(&mut draw);
                    (buffer, key?)
                } else {
                    let mut pixels = vec![0; bytes];
                    let key = draw(&mut pixels)?;
                    (pictures.canvas().buffer(pixels), key)
                }
            };
            if key {
                encoding.begin_anew(&video, self.time_of(n));
            }
            self.stamp(&mut buffer, n);
            encoding.push(&video, buffer, self.cancel)?;
            self.note_key(&encoding, &mut shown);
            for warning in pictures.take_warnings().into_iter().chain(mixed.warnings).chain(self.sources.found()) {
                tell(ExportEvent::Warning(warning));
            }
            let left = pictures.left_in_section(frame);
            if frame + left != section_end {
                section_end = frame + left;
                return_freed();
                // the last reserve: should the prediction fall short, the next clips are not held in advance
                let tight = self.is_tight(self.memory.sample());
                pictures.read_ahead(if tight { 0 } else { self.plan.ahead });
            }
            if n == 0 {
                forget_programs();
            }
            progress.frame_done(self, n + 1, tell);
        }
        // what the encoder still holds takes a while
        progress.tell(self, self.span.length.0, tell);
        drop(pictures);
        drop(sounds);
        video.end_of_stream().map_err(|_| encoding.failure())?;
        audio.end_of_stream().map_err(|_| encoding.failure())?;
        encoding.finish(self.cancel)?;
        self.note_key(&encoding, &mut shown);
        Ok(shown.finish())
    }

    fn pipeline(&self) -> String {
        let plan = &self.plan;
        let choices = choices(&plan.analysis);
        let threads = format!("threads={} sliced-threads={} sync-lookahead=0", plan.threads, plan.sliced);
        let encoder = match self.settings.preset.encoder {
            Encoder::X264Quality { speed, crf } => format!(
                "x264enc name=enc speed-preset={speed} pass=qual quantizer={} vbv-buf-capacity=0 {choices} {threads} \
                 ! video/x-h264,profile=high ! h264parse",
                plan.analysis.crf_for(crf)
            ),
            Encoder::X264Quantizer { speed, quantizer } => {
                format!("x264enc name=enc speed-preset={speed} pass=quant quantizer={quantizer} {threads} ! h264parse")
            }
            Encoder::Ffv1 => "avenc_ffv1 slices=4".into(),
        };
        let sound = match self.settings.preset.audio_bitrate {
            Some(bits) => format!("avenc_aac bitrate={bits} ! aacparse"),
            None => "audio/x-raw,format=S24LE ! flacenc".into(),
        };
        let muxer = match self.settings.preset.container {
            Container::Mp4 => format!("mp4mux name=mux movie-timescale={}", self.sequence.sample_rate),
            Container::Matroska => "matroskamux name=mux timecodescale=1000".into(),
        };
        // packets are small; what bounds these queues is how far sound and picture are apart in the encoders
        format!(
            "appsrc name=video ! {encoder} ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=16777216 ! mux. \
             appsrc name=audio ! audioconvert ! {sound} ! \
             queue max-size-buffers=0 max-size-time=0 max-size-bytes=16777216 ! mux. \
             {muxer} ! filesink name=out sync=false"
        )
    }

    fn inputs(
        &self,
        encoding: &Encoding,
        pictures: &Pictures,
    ) -> Result<(gst_app::AppSrc, gst_app::AppSrc), MediaError> {
        let rate = self.sequence.rate;
        let whole = |n: u32| i32::try_from(n).unwrap_or(1);
        let mut caps = pictures.canvas().info().to_caps().map_err(|e| MediaError::Element(e.to_string()))?;
        if let Some(s) = caps.make_mut().structure_mut(0) {
            s.set("framerate", gst::Fraction::new(whole(rate.num()), whole(rate.den())));
        }
        let video = encoding.input("video", &caps, 1)?;
        // what is encoded waits in queues; more waiting before the encoder would let pictures run ahead of sound on a
        // busy machine, and wait for it in the muxer's queue
        let audio = encoding.input("audio", &sound_buffer::caps(self.sequence.sample_rate), 2)?;
        // a time scale in which every frame, and every sample, is whole
        let ticks = if rate.num() >= 10_000 { rate.num() } else { rate.num() * 1000 };
        encoding.set_track_timescale(0, ticks);
        encoding.set_track_timescale(1, self.sequence.sample_rate);
        Ok((video, audio))
    }

    /// What the file is to have.
    fn wanted(&self) -> Wanted {
        Wanted {
            rate: self.sequence.rate,
            frames: self.span.length,
            samples: self.samples(),
            sample_rate: self.sequence.sample_rate,
            size: (self.sequence.width, self.sequence.height),
        }
    }

    /// Remembers which picture was the last one that players may begin with.
    fn note_key(&self, encoding: &Encoding, shown: &mut Shown) {
        let Some(time) = encoding.newest_key().and_then(|t| i64::try_from(t.nseconds()).ok()) else { return };
        let n = self.sequence.rate.frame_nearest(SourceTime::from_nanos(time));
        shown.is_key(n.0, self.span.length.0);
    }

    /// When the nth frame of the result begins.
    fn time_of(&self, n: i64) -> gst::ClockTime {
        clock_time(self.sequence.rate.duration_of(FrameCount(n)).nanos())
    }

    fn stamp(&self, buffer: &mut gst::Buffer, n: i64) {
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(self.time_of(n));
            buffer.set_duration(self.time_of(n + 1).saturating_sub(self.time_of(n)));
        }
    }
}

/// Rate and time left, over the last few seconds, so that one slow clip does not make them jump.
struct Progress {
    told: Instant,
    at: i64,
    fps: Option<f64>,
}

impl Progress {
    fn new() -> Self {
        Self { told: Instant::now(), at: 0, fps: None }
    }

    fn frame_done(&mut self, run: &Run, done: i64, tell: &mut dyn FnMut(ExportEvent)) {
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.tell(run, done, tell);
        }
    }

    fn tell(&mut self, run: &Run, done: i64, tell: &mut dyn FnMut(ExportEvent)) {
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let (frames, left) = ((done - self.at) as f64, (run.span.length.0 - done) as f64);
        let elapsed = self.told.elapsed().as_secs_f64();
        if elapsed > 0.05 {
            let now = frames / elapsed;
            self.fps = Some(self.fps.map_or(now, |fps| fps * 0.7 + now * 0.3));
        }
        (self.told, self.at) = (Instant::now(), done);
        let fps = self.fps.unwrap_or(0.0);
        let rss = run.memory.sample();
        if run.is_tight(rss) {
            return_freed();
        }
        tell(ExportEvent::Progress {
            seconds: run.begun.elapsed().as_secs_f64(),
            frame: done,
            frames: run.span.length.0,
            fps,
            eta: if fps > 0.0 { left / fps } else { 0.0 },
            rss,
            budget: run.settings.budget,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_fails_its_check_is_kept_beside_the_target() {
        let folder = tempfile::tempdir().unwrap();
        let settings = ExportSettings {
            path: folder.path().join("film.mp4"),
            preset: crate::export::find_preset("draft").unwrap(),
            range: None,
            budget: 0,
            own_memory: 0,
            cores: 1,
            overwrite: true,
        };
        std::fs::write(&settings.path, "the one before").unwrap();
        for (n, name) in ["film-failed-check.mp4", "film-failed-check-2.mp4"].into_iter().enumerate() {
            let temporary = crate::media::temporary_in(folder.path(), ".mp4").unwrap();
            std::fs::write(&temporary, n.to_string()).unwrap();
            let error = failed_check(temporary, &settings, "it has 1 picture instead of 2".into()).to_string();
            assert!(error.contains("it has 1 picture instead of 2") && error.contains(name), "{error}");
            assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), n.to_string());
        }
        assert_eq!(std::fs::read_to_string(&settings.path).unwrap(), "the one before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
