//! The pictures of a span in frames of the size that the target has.

use super::run::Run;
use crate::media::MediaError;
use crate::model::Frame;
use crate::render::{Canvas, Pictures};

/// Renders pictures, and puts them into the middle of larger frames where the target's shape is another.
pub(super) struct Framed {
    pub pictures: Pictures,
    /// The frames.
    pub canvas: Canvas,
    /// A picture before it is in its frame; empty where it is all of it.
    drawn: Vec<u8>,
}

impl Framed {
    /// Those of a run.
    pub fn of(run: &Run) -> Result<Self, MediaError> {
        let mut pictures = run.pictures()?;
        pictures.read_ahead(run.plan.ahead);
        let canvas = Canvas::new(run.frame.0, run.frame.1)?;
        let drawn = vec![0; if run.frame == run.canvas { 0 } else { pictures.canvas().bytes() }];
        Ok(Self { pictures, canvas, drawn })
    }

    /// Whether pictures are all of their frames.
    pub fn fills(&self) -> bool {
        self.drawn.is_empty()
    }

    /// Renders a frame.
    pub fn render(&mut self, at: Frame, pixels: &mut [u8]) -> Result<(), MediaError> {
        if self.fills() {
            return self.pictures.render(at, pixels);
        }
        self.pictures.render(at, &mut self.drawn)?;
        self.pictures.canvas().put_in_middle(&self.drawn, &self.canvas, pixels);
        Ok(())
    }
}
