//! Pictures and sound of a span into a film.

use super::drawing::{Drawing, Drawn};
use super::framed::Framed;
use super::memory::{forget_programs, return_freed};
use super::pipeline::of_film;
use super::progress::Progress;
use super::run::{Rendered, Run};
use super::settings::{ExportError, ExportEvent};
use super::shown::Shown;
use super::sound_thread::SoundThread;
use super::target::Film;
use crate::media::{Encoding, MediaError};
use crate::model::{FrameCount, SourceTime};
use crate::render::{Canvas, Warning};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::Arc;

impl Run<'_> {
    /// Renders the span into a film.
    pub fn film(&mut self, film: &Film, to: &Path, tell: &mut dyn FnMut(ExportEvent)) -> Result<Rendered, ExportError> {
        let sequence = Arc::clone(self.sequence());
        let framed = Framed::of(self)?;
        let sounds = SoundThread::start(Arc::clone(&self.project), self.span)?;
        let description = of_film(film, &self.plan, self.coding.as_ref(), sequence.sample_rate);
        let mut encoding = Encoding::launch(&description, to)?;
        if let Some(limit) = film.video.encoder().is_stuck_after() {
            encoding.set_limit(limit);
        }
        let video = self.pictures_of(&encoding, &framed.canvas)?;
        let audio = self.sound_of(&encoding, 1)?;
        let pad = video.static_pad("src").ok_or_else(|| MediaError::Element("the encoder has no input".into()))?;
        let mut drawing = Drawing::of(self, film, framed, &pad);
        encoding.start()?;
        // what starting up took is not there beside the readers, of which there may be many
        forget_programs();
        let mut progress = Progress::new();
        let mut shown = Shown::default();
        let cancel = self.cancel;
        for n in 0..self.span.length.0 {
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled.into());
            }
            let frame = self.span.start + FrameCount(n);
            let mixed = sounds.next(cancel)?;
            encoding.push(&audio, self.sound_at(frame, &mixed), cancel)?;
            let Drawn { mut buffer, key, glance } =
                drawing.next(frame, &mut |waiting| encoding.check(cancel, waiting))?;
            shown.add(n, glance);
            if key {
                encoding.begin_anew(self.time_of(n));
            }
            self.stamp(&mut buffer, n);
            encoding.push(&video, buffer, cancel)?;
            self.note_key(&encoding, &mut shown);
            self.warn(drawing.framed.pictures.take_warnings().into_iter().chain(mixed.warnings), tell);
            if drawing.has_moved_on(frame) {
                return_freed();
                self.keep_to_budget(&mut drawing.framed.pictures);
            }
            if n == 0 {
                forget_programs();
            }
            if progress.is_due() {
                progress.tell(self, n + 1, tell);
                self.keep_to_budget(&mut drawing.framed.pictures);
            }
        }
        // what the encoder still holds takes a while
        progress.tell(self, self.span.length.0, tell);
        drop(drawing);
        drop(sounds);
        encoding.end(&video)?;
        encoding.end(&audio)?;
        encoding.finish(cancel)?;
        self.note_key(&encoding, &mut shown);
        Ok((shown.finish(), encoding.picture_bytes()))
    }

    /// Tells what is wrong with clips, and with sources.
    pub fn warn(&self, of_clips: impl Iterator<Item = Warning>, tell: &mut dyn FnMut(ExportEvent)) {
        // what is wrong is told once, however often clips are read
        if self.passes.before == 0 {
            of_clips.chain(self.sources.found()).for_each(|warning| tell(ExportEvent::Warning(warning)));
        }
    }

    /// The input for pictures of an encoder.
    fn pictures_of(&self, encoding: &Encoding, frames: &Canvas) -> Result<gst_app::AppSrc, MediaError> {
        let video = encoding.input("video", &self.picture_caps(frames)?, 1)?;
        encoding.set_track_timescale(0, self.sequence().rate.ticks());
        Ok(video)
    }

    /// What pictures are given to an encoder as.
    pub fn picture_caps(&self, frames: &Canvas) -> Result<gst::Caps, MediaError> {
        let rate = self.sequence().rate;
        let whole = |n: u32| i32::try_from(n).unwrap_or(1);
        let mut caps = frames.info().to_caps().map_err(|e| MediaError::Element(e.to_string()))?;
        if let Some(s) = caps.make_mut().structure_mut(0) {
            s.set("framerate", gst::Fraction::new(whole(rate.num()), whole(rate.den())));
        }
        Ok(caps)
    }

    /// Remembers which picture was the last one that players may begin with.
    pub fn note_key(&self, encoding: &Encoding, shown: &mut Shown) {
        let Some(time) = encoding.newest_key().and_then(|t| i64::try_from(t.nseconds()).ok()) else { return };
        let n = self.sequence().rate.frame_nearest(SourceTime::from_nanos(time));
        shown.is_key(n.0, self.span.length.0);
    }

    fn stamp(&self, buffer: &mut gst::Buffer, n: i64) {
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(self.time_of(n));
            buffer.set_duration(self.time_of(n + 1).saturating_sub(self.time_of(n)));
        }
    }
}
