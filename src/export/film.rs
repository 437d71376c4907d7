//! Pictures and sound of a span into a film.

use super::cuts::Cuts;
use super::encoders::Input;
use super::framed::Framed;
use super::glance::Luma;
use super::memory::{forget_programs, return_freed};
use super::pipeline::of_film;
use super::progress::Progress;
use super::ring::Ring;
use super::run::{Rendered, Run};
use super::settings::{ExportError, ExportEvent};
use super::shown::Shown;
use super::sound_thread::SoundThread;
use super::target::Film;
use crate::media::{Encoding, MediaError, Waiting};
use crate::model::{FrameCount, SourceTime};
use crate::render::Canvas;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

impl Run<'_> {
    /// Renders the span into a film.
    pub fn film(&mut self, film: &Film, to: &Path, tell: &mut dyn FnMut(ExportEvent)) -> Result<Rendered, ExportError> {
        let sequence = Arc::clone(self.sequence());
        let mut framed = Framed::of(self)?;
        let sounds = SoundThread::start(Arc::clone(&self.project), self.span)?;
        let description = of_film(film, &self.plan, self.coding.as_ref(), sequence.sample_rate);
        let encoding = Encoding::launch(&description, to)?;
        let video = self.pictures_of(&encoding, &framed.canvas)?;
        let audio = self.sound_of(&encoding, 1)?;
        let pad = video.static_pad("src").ok_or_else(|| MediaError::Element("the encoder has no input".into()))?;
        let bytes = framed.canvas.bytes();
        let input = film.video.encoder().input(&self.plan);
        let at_once = input == Input::CopiedAtOnce && framed.fills();
        let mut ring = (input != Input::Kept).then(|| Ring::new(self.plan.slots, bytes, &pad));
        encoding.start()?;
        // what starting up took is not there beside the readers, of which there may be many
        forget_programs();
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
            encoding.push(&audio, self.sound_at(frame, &mixed), self.cancel)?;
            let mut look = |luma: &Luma<'_>, left: FrameCount| {
                shown.add(n, luma);
                cuts.is_key(luma, frame >= section_end, left <= FrameCount(1))
            };
            let untouched = if at_once { framed.pictures.untouched(frame)? } else { None };
            let (mut buffer, key) = if let Some(picture) = untouched {
                ring.iter_mut().for_each(Ring::pass_over);
                let left = framed.pictures.left_in_section(frame);
                let key = Luma::of_picture(&picture, |luma| look(luma, left))?;
                (picture.buffer, key)
            } else {
                let mut draw = |pixels: &mut [u8]| {
                    framed.render(frame, pixels)?;
                    let left = framed.pictures.left_in_section(frame);
                    Ok::<_, MediaError>(look(&Luma::of_canvas(&framed.canvas, pixels), left))
                };
                if let Some(ring) = &mut ring {
                    let mut waiting = Waiting::begin();
                    while !ring.wait(Duration::from_millis(50)) {
                        encoding.check(self.cancel, &mut waiting)?;
                    }
                    let (buffer, key) = ring.write(&mut draw);
                    (buffer, key?)
                } else {
                    let mut pixels = vec![0; bytes];
                    let key = draw(&mut pixels)?;
                    (framed.canvas.buffer(pixels), key)
                }
            };
            if key {
                encoding.begin_anew(&video, self.time_of(n));
            }
            self.stamp(&mut buffer, n);
            encoding.push(&video, buffer, self.cancel)?;
            self.note_key(&encoding, &mut shown);
            let of_clips = framed.pictures.take_warnings().into_iter().chain(mixed.warnings);
            // what is wrong is told once, however often clips are read
            if self.passes.before == 0 {
                of_clips.chain(self.sources.found()).for_each(|warning| tell(ExportEvent::Warning(warning)));
            }
            let left = framed.pictures.left_in_section(frame);
            if frame + left != section_end {
                section_end = frame + left;
                return_freed();
                self.keep_to_budget(&mut framed.pictures);
            }
            if n == 0 {
                forget_programs();
            }
            if progress.is_due() {
                progress.tell(self, n + 1, tell);
                self.keep_to_budget(&mut framed.pictures);
            }
        }
        // what the encoder still holds takes a while
        progress.tell(self, self.span.length.0, tell);
        drop(framed);
        drop(sounds);
        encoding.end(&video)?;
        encoding.end(&audio)?;
        encoding.finish(self.cancel)?;
        self.note_key(&encoding, &mut shown);
        Ok((shown.finish(), encoding.picture_bytes()))
    }

    /// The input for pictures of an encoder.
    fn pictures_of(&self, encoding: &Encoding, frames: &Canvas) -> Result<gst_app::AppSrc, MediaError> {
        let rate = self.sequence().rate;
        let whole = |n: u32| i32::try_from(n).unwrap_or(1);
        let mut caps = frames.info().to_caps().map_err(|e| MediaError::Element(e.to_string()))?;
        if let Some(s) = caps.make_mut().structure_mut(0) {
            s.set("framerate", gst::Fraction::new(whole(rate.num()), whole(rate.den())));
        }
        let video = encoding.input("video", &caps, 1)?;
        encoding.set_track_timescale(0, rate.ticks());
        Ok(video)
    }

    /// Remembers which picture was the last one that players may begin with.
    fn note_key(&self, encoding: &Encoding, shown: &mut Shown) {
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
