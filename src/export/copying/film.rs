//! A film of copied and encoded pictures.

use super::Refused;
use super::assembly::{Assembly, BEGIN, Ends};
use super::plan::{CopyPlan, Segment};
use crate::export::drawing::{Drawing, Drawn};
use crate::export::framed::Framed;
use crate::export::glance::Glance;
use crate::export::memory::{forget_programs, return_freed};
use crate::export::pipeline::of_copied;
use crate::export::run::{Rendered, Run};
use crate::export::settings::{ExportError, ExportEvent};
use crate::export::shown::Shown;
use crate::export::sound_thread::SoundThread;
use crate::export::target::Film;
use crate::media::{Configuration, Encoding, MediaError, Rewriter, announced};
use crate::model::Frame;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::Arc;

/// Joins that are looked at in the finished file, about.
const JOINS_SEEN: usize = 12;

/// Packets that wait before the muxer's queue.
const PACKETS: u64 = 4;

/// Why a film is not put together.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something can't be copied after all; without it, it may go on.
    Refused(Refused),
    /// It failed.
    Failed(ExportError),
}

impl From<MediaError> for Stop {
    fn from(error: MediaError) -> Self {
        Self::Failed(error.into())
    }
}

impl Run<'_> {
    /// Makes a film by a plan; `Err` inside with what can't be copied after all, after which the file must be begun anew.
    pub fn film_copied(
        &mut self,
        film: &Film,
        plan: &CopyPlan,
        to: &Path,
        tell: &mut dyn FnMut(ExportEvent),
    ) -> Result<Result<Rendered, Refused>, ExportError> {
        match self.put_together(film, plan, to, tell) {
            Ok(rendered) => Ok(Ok(rendered)),
            Err(Stop::Refused(refused)) => Ok(Err(refused)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn put_together(
        &mut self,
        film: &Film,
        plan: &CopyPlan,
        to: &Path,
        tell: &mut dyn FnMut(ExportEvent),
    ) -> Result<Rendered, Stop> {
        let beside = plan.beside();
        let not_at_all = |why: String| Stop::Refused(Refused { asset: None, why });
        let Some(launch) = film.video.encoder().launch_beside(&self.plan, &beside) else {
            return Err(not_at_all(format!("{} can't stand beside what is copied", film.video.name())));
        };
        let framed = Framed::of(self)?;
        let caps = self.picture_caps(&framed.canvas)?;
        let (rewriter, both) = if plan.joins() == 0 {
            (None, plan.stream.configuration.clone())
        } else {
            let known = announced(&launch, &caps)?;
            let known = Configuration::announced(&known);
            let known = known.ok_or_else(|| not_at_all("the encoder tells no parameters".into()))?;
            let (rewriter, both) = Rewriter::new(&plan.stream, &known).map_err(|why| not_at_all(why.0))?;
            (Some((rewriter, known)), both)
        };
        let both = both.write().ok_or_else(|| not_at_all("its parameters have no room".into()))?;
        let sounds = SoundThread::start(Arc::clone(&self.project), self.span)?;
        let encoding = Encoding::launch(&of_copied(film, &launch, self.sequence().sample_rate), to)?;
        let video = encoding.input("video", &caps, 1)?;
        let ends = self.ends(&encoding, plan, &caps, both)?;
        let pad = video.static_pad("src").ok_or_else(|| MediaError::Element("the encoder has no input".into()))?;
        let mut drawing = Drawing::of(self, film, framed, &pad);
        encoding.start()?;
        forget_programs();
        let mut assembly = Assembly::new(plan, &encoding, ends, sounds, rewriter);
        let mut shown = Shown::default();
        let mut joins = Joins::of(plan);
        let mut coded = 0;
        let cancel = self.cancel;
        for (segment, next) in plan.segments.iter().zip(plan.segments.iter().skip(1).map(Some).chain([None])) {
            assembly.advance(self, tell)?;
            let Segment::Encoded(span) = segment else { continue };
            for frame in (span.start.0..span.end().0).map(Frame) {
                if cancel.is_cancelled() {
                    return Err(MediaError::Cancelled.into());
                }
                let n = (frame - self.span.start).0;
                let drawn = drawing.next(frame, &mut |waiting| encoding.check(cancel, waiting))?;
                let Drawn { mut buffer, key, glance } = drawn;
                let time = BEGIN + self.time_of(coded);
                if frame == span.start {
                    joins.begins(n, &glance);
                }
                if frame == span.start || key {
                    encoding.begin_anew(time);
                }
                shown.add(n, glance);
                if let Some(buffer) = buffer.get_mut() {
                    buffer.set_pts(time);
                    buffer.set_duration(self.time_of(coded + 1).saturating_sub(self.time_of(coded)));
                }
                encoding.push(&video, buffer, cancel)?;
                coded += 1;
                self.warn(drawing.framed.pictures.take_warnings().into_iter(), tell);
                assembly.advance(self, tell)?;
                self.note_key(&encoding, &mut shown);
                if drawing.has_moved_on(frame) {
                    return_freed();
                    self.keep_to_budget(&mut drawing.framed.pictures);
                }
            }
            // what is copied after it is looked at too
            if let (Some(Segment::Copied(copied)), true) = (next, joins.is_wanted()) {
                joins.goes_on((copied.span.start - self.span.start).0, drawing.glance(copied.span.start)?);
            }
        }
        drop(drawing);
        encoding.end(&video)?;
        assembly.finish(self, tell)?;
        encoding.finish(cancel)?;
        self.note_key(&encoding, &mut shown);
        let mut seen = shown.finish();
        seen.extend(joins.seen.into_iter().filter(|(n, _)| seen.iter().all(|(m, _)| m != n)).collect::<Vec<_>>());
        Ok((seen, encoding.picture_bytes()))
    }

    /// The ends of the pipeline beside the encoder's input.
    fn ends(
        &self,
        encoding: &Encoding,
        plan: &CopyPlan,
        pictures: &gst::Caps,
        configuration: Vec<u8>,
    ) -> Result<Ends, MediaError> {
        let mut caps = gst::Caps::builder("video/x-h264")
            .field("stream-format", "avc")
            .field("alignment", "au")
            .field("codec_data", gst::Buffer::from_mut_slice(configuration))
            .build();
        if let (Some(to), Some(from)) = (caps.make_mut().structure_mut(0), pictures.structure(0)) {
            for name in ["width", "height", "framerate", "pixel-aspect-ratio", "colorimetry"] {
                if let Ok(value) = from.value(name) {
                    to.set_value(name, value.clone());
                }
            }
        }
        let packets = encoding.input("packets", &caps, PACKETS)?;
        // stored before they are shown, the first of them before the film begins
        let late = i64::try_from(self.time_of(plan.delay).nseconds()).unwrap_or(0);
        if let Some(pad) = packets.static_pad("src") {
            pad.set_offset(-late);
        }
        encoding.set_track_timescale(0, self.sequence().rate.ticks());
        let audio = self.sound_of(encoding, 1)?;
        let coded = encoding.element("coded")?.downcast::<gst_app::AppSink>();
        let coded = coded.map_err(|_| MediaError::Element("'coded' is no output".into()))?;
        Ok(Ends { packets, audio, coded })
    }
}

/// What a few joins looked like when they were rendered.
struct Joins {
    every: usize,
    met: usize,
    seen: Vec<(i64, Glance)>,
}

impl Joins {
    fn of(plan: &CopyPlan) -> Self {
        Self { every: plan.joins().div_ceil(JOINS_SEEN).max(1), met: 0, seen: Vec::new() }
    }

    fn begins(&mut self, n: i64, glance: &Glance) {
        self.met += 1;
        if self.is_wanted() {
            self.seen.push((n, glance.clone()));
        }
    }

    fn is_wanted(&self) -> bool {
        self.met % self.every == 1 % self.every
    }

    fn goes_on(&mut self, n: i64, glance: Glance) {
        self.seen.push((n, glance));
    }
}
