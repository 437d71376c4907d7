//! The pictures of a run as its encoder takes them: rendered into a few slots, or a decoder's own.

use super::cuts::Cuts;
use super::encoders::Input;
use super::framed::Framed;
use super::glance::Glance;
use super::ring::Ring;
use super::run::Run;
use super::target::Film;
use super::verify::PARTS;
use crate::media::{Luma, MediaError, Waiting};
use crate::model::{Frame, FrameCount};
use gstreamer as gst;
use std::time::Duration;

/// Draws frames for an encoder, in order.
pub(super) struct Drawing {
    pub framed: Framed,
    ring: Option<Ring>,
    /// Whether a decoder's own picture may be given.
    at_once: bool,
    bytes: usize,
    cuts: Cuts,
    section_end: Frame,
}

/// A picture for an encoder.
pub(super) struct Drawn {
    /// The picture, without a time.
    pub buffer: gst::Buffer,
    /// Whether it should be one that players can begin with.
    pub key: bool,
    /// What it looks like.
    pub glance: Glance,
}

impl Drawing {
    /// For the encoder behind `pad`.
    pub fn of(run: &Run, film: &Film, framed: Framed, pad: &gst::Pad) -> Self {
        let bytes = framed.canvas.bytes();
        let input = film.video.encoder().input(&run.plan);
        let at_once = input == Input::CopiedAtOnce && framed.fills();
        let ring = (input != Input::Kept).then(|| Ring::new(run.plan.slots, bytes, pad));
        let cuts = Cuts::new(run.sequence().rate);
        Self { framed, ring, at_once, bytes, cuts, section_end: run.span.start }
    }

    /// Draws a frame; `wait` is called while the encoder has no room for it, and may give up.
    pub fn next(
        &mut self,
        frame: Frame,
        wait: &mut dyn FnMut(&mut Waiting) -> Result<(), MediaError>,
    ) -> Result<Drawn, MediaError> {
        let Self { framed, ring, at_once, bytes, cuts, section_end } = self;
        let mut look = |luma: &Luma<'_>, left: FrameCount| {
            (Glance::of(luma, PARTS), cuts.is_key(luma, frame >= *section_end, left <= FrameCount(1)))
        };
        let untouched = if *at_once { framed.pictures.untouched(frame)? } else { None };
        if let Some(picture) = untouched {
            ring.iter_mut().for_each(Ring::pass_over);
            let left = framed.pictures.left_in_section(frame);
            let (glance, key) = Luma::of_picture(&picture, |luma| look(luma, left))?;
            return Ok(Drawn { buffer: picture.buffer, key, glance });
        }
        let mut draw = |pixels: &mut [u8]| {
            framed.render(frame, pixels)?;
            let left = framed.pictures.left_in_section(frame);
            Ok::<_, MediaError>(look(&framed.canvas.luma(pixels), left))
        };
        let (buffer, seen) = if let Some(ring) = ring {
            let mut waiting = Waiting::begin();
            while !ring.wait(Duration::from_millis(50)) {
                wait(&mut waiting)?;
            }
            ring.write(&mut draw)
        } else {
            let mut pixels = vec![0; *bytes];
            let seen = draw(&mut pixels);
            (framed.canvas.buffer(pixels), seen)
        };
        let (glance, key) = seen?;
        Ok(Drawn { buffer, key, glance })
    }

    /// What a frame looks like, drawn for nobody.
    pub fn glance(&mut self, frame: Frame) -> Result<Glance, MediaError> {
        let mut pixels = vec![0; self.bytes];
        self.framed.render(frame, &mut pixels)?;
        Ok(Glance::of(&self.framed.canvas.luma(&pixels), PARTS))
    }

    /// Whether another section has begun with a frame that was drawn.
    pub fn has_moved_on(&mut self, frame: Frame) -> bool {
        let end = frame + self.framed.pictures.left_in_section(frame);
        std::mem::replace(&mut self.section_end, end) != end
    }
}
