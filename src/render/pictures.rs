//! The picture of each frame of a sequence.

use super::canvas::Canvas;
use super::plan::{Layer, PictureSection, picture_section};
use super::readers::{Readers, VideoSpec, Wanted};
use super::{Media, Warning};
use crate::media::{Cancel, MediaError, Picture, PictureFormat, VideoReader};
use crate::model::{ClipId, Frame, FrameCount, Project, SourceTime, Span};
use gstreamer_video as gst_video;
use std::collections::HashSet;
use std::sync::Arc;

/// A file whose last picture stays longer than this has lost some; a screen recording may stand still for a while.
const MISSING: SourceTime = SourceTime(SourceTime::SECOND.0 * 2);

/// Renders frames in any order; in order is cheap, for the next section's readers are made ready while
/// this one plays.
pub struct Pictures {
    project: Arc<Project>,
    media: Media,
    canvas: Canvas,
    within: Span,
    threads: u32,
    /// Whether the next section's readers are made ready while this one plays.
    ahead: bool,
    readers: Readers<VideoReader>,
    current: Option<Current>,
    cancel: Cancel,
    warned: HashSet<ClipId>,
    warnings: Vec<Warning>,
}

struct Current {
    section: PictureSection,
    layers: Vec<Open>,
}

/// A layer with its reader, or without one when it could not be opened.
struct Open {
    layer: Layer,
    spec: VideoSpec,
    reader: Option<VideoReader>,
    /// What to show when the reader has nothing more.
    last: Option<Picture>,
    broken: bool,
}

impl Pictures {
    /// Renders the active sequence of `project` within a span on a canvas of the sequence's shape, with
    /// `threads` threads for each decoder.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the canvas or the readers' thread can't be made.
    pub fn new(
        project: Arc<Project>,
        media: Media,
        canvas: (u32, u32),
        within: Span,
        threads: u32,
        cancel: Cancel,
    ) -> Result<Self, MediaError> {
        Ok(Self {
            project,
            media,
            canvas: Canvas::new(canvas.0, canvas.1)?,
            within,
            threads,
            ahead: true,
            readers: Readers::new("picture readers", Cancel::default())?,
            current: None,
            cancel,
            warned: HashSet::new(),
            warnings: Vec::new(),
        })
    }

    /// Saves the memory of the next section's readers; each cut waits for its own then.
    #[must_use]
    pub fn without_reading_ahead(mut self) -> Self {
        self.ahead = false;
        self
    }

    /// The canvas that frames are drawn on.
    #[must_use]
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Goes on with another state of the project, keeping the readers that still fit.
    pub fn set_project(&mut self, project: Arc<Project>, within: Span) {
        self.leave();
        self.readers.forget_all_but(&[]);
        (self.project, self.within) = (project, within);
        self.warned.clear();
    }

    /// What went wrong since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Draws the frame into `pixels`, which must be as long as the canvas says. What can't be decoded is
    /// replaced by the last picture or left out, with a warning.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] only.
    pub fn render(&mut self, frame: Frame, pixels: &mut [u8]) -> Result<(), MediaError> {
        if !self.current.as_ref().is_some_and(|c| c.section.span.contains(frame)) {
            self.enter(frame)?;
        }
        let Some(mut current) = self.current.take() else { return Err(MediaError::Cancelled) };
        let whole = |open: &Open| {
            let rect = open.layer.rect;
            !open.layer.transparent && (rect.width, rect.height) == self.canvas.size() && !open.broken
        };
        if !current.layers.first().is_some_and(whole) {
            self.canvas.clear(pixels);
        }
        for open in &mut current.layers {
            let time = open.layer.source_time(frame, self.project.sequence());
            if let Err(error) = self.advance(open, time) {
                self.current = Some(current);
                return Err(error);
            }
            if let Some(picture) = &open.last
                && let Err(error) = self.canvas.draw(pixels, picture, open.layer.rect)
            {
                tracing::warn!("{error}");
            }
        }
        self.current = Some(current);
        Ok(())
    }

    fn advance(&mut self, open: &mut Open, time: SourceTime) -> Result<(), MediaError> {
        let Some(reader) = &mut open.reader else { return Ok(()) };
        match reader.at(time, &self.cancel) {
            Ok(Some(picture)) => {
                let (ended, shown) = (reader.ended(), picture.time);
                open.last = Some(picture);
                if ended && time - shown > MISSING {
                    let text = format!("its pictures end at {:.2} s; the last one stays", shown.seconds());
                    self.warn(&open.layer, &text);
                }
            }
            Ok(None) => self.warn(&open.layer, "no picture in it can be decoded; it shows black"),
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                open.broken = open.last.is_none();
                open.reader = None;
                self.warn(&open.layer, &format!("{error}; its last picture stays"));
            }
        }
        open.broken |= open.last.is_none();
        Ok(())
    }

    fn warn(&mut self, layer: &Layer, text: &str) {
        if self.warned.insert(layer.clip.id) {
            self.warnings.push(Warning {
                clip: layer.clip.id,
                name: layer.clip.content.name.clone(),
                source: layer.asset.path.clone(),
                text: text.to_owned(),
            });
        }
    }

    fn leave(&mut self) {
        for open in self.current.take().map(|c| c.layers).unwrap_or_default() {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
    }

    /// Begins the section around a frame: takes its readers and asks for those of the next.
    fn enter(&mut self, frame: Frame) -> Result<(), MediaError> {
        let section = picture_section(&self.project, frame, self.within, self.canvas.size());
        // a reader that already stands where a layer goes on is kept: the same clip under another one, or
        // the right half of a split clip
        let mut before = self.current.take().map(|c| (c.section.span.end(), c.layers));
        let mut layers: Vec<Open> = Vec::new();
        for layer in &section.layers {
            let spec = self.spec(layer);
            let time = layer.source_time(frame, self.project.sequence());
            let kept = before.as_mut().and_then(|(end, open)| {
                let index = open.iter().position(|o| {
                    *end == frame && o.spec == spec && o.layer.source_time(frame, self.project.sequence()) == time
                })?;
                Some(open.swap_remove(index))
            });
            layers.push(match kept {
                Some(open) => Open { layer: layer.clone(), ..open },
                None => Open { layer: layer.clone(), spec, reader: None, last: None, broken: false },
            });
        }
        for open in before.map(|(_, open)| open).unwrap_or_default() {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
        let wanted: Vec<Wanted<VideoReader>> = layers
            .iter()
            .filter(|o| o.reader.is_none() && o.last.is_none())
            .map(|o| Wanted { spec: o.spec.clone(), at: o.layer.source_time(frame, self.project.sequence()) })
            .collect();
        self.readers.forget_all_but(&wanted);
        for w in &wanted {
            self.readers.prepare(w);
        }
        let mut wanted = wanted.iter();
        for open in layers.iter_mut().filter(|o| o.reader.is_none() && o.last.is_none()) {
            let Some(w) = wanted.next() else { break };
            match self.readers.take(w) {
                Ok(reader) => open.reader = Some(reader),
                Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
                Err(error) => {
                    open.broken = true;
                    self.warn(&open.layer, &format!("{error}; it is left out"));
                }
            }
        }
        self.prepare_next(section.span.end(), &layers);
        self.current = Some(Current { section, layers });
        Ok(())
    }

    fn prepare_next(&mut self, frame: Frame, now: &[Open]) {
        if frame >= self.within.end() || !self.ahead {
            return;
        }
        let next = picture_section(&self.project, frame, self.within, self.canvas.size());
        for layer in &next.layers {
            let spec = self.spec(layer);
            let at = layer.source_time(frame, self.project.sequence());
            let goes_on =
                now.iter().any(|o| o.spec == spec && o.layer.source_time(frame, self.project.sequence()) == at);
            if !goes_on {
                self.readers.prepare(&Wanted { spec, at });
            }
        }
    }

    fn spec(&self, layer: &Layer) -> VideoSpec {
        let (path, info) = self.media.picture_file(&layer.asset);
        let format = if layer.transparent { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 };
        let format = PictureFormat { width: layer.rect.width, height: layer.rect.height, format };
        VideoSpec { path, info, format, threads: self.threads }
    }

    /// How many frames the section around the last rendered frame has left after it; 0 before the first.
    #[must_use]
    pub fn left_in_section(&self, frame: Frame) -> FrameCount {
        self.current.as_ref().map_or(FrameCount::ZERO, |c| c.section.span.end() - frame)
    }
}
