//! The picture of each frame of a sequence.

use super::backwards::Backwards;
use super::canvas::Canvas;
use super::paint::{Look, yuv};
use super::plan::{Layer, Paint, PictureSection, picture_section, progress};
use super::pose::{Place, Rect};
use super::readers::{Readers, VideoSpec, Wanted};
use super::stretch;
use super::warnings::Warnings;
use super::{Media, Warning};
use crate::media::{Cancel, MISSING, MediaError, Part, Picture, PictureFormat, VideoReader};
use crate::model::{Frame, FrameCount, Project, Sequence, SourceTime, Span, Transition, TransitionKind};
use gstreamer as gst;
use gstreamer_video as gst_video;
use std::sync::Arc;

/// Going back by no more than this reads backwards; further back is a seek like any other.
const STEP_BACK: SourceTime = SourceTime(SourceTime::SECOND.0);

/// Renders frames in any order; in order is cheap, for the next section's readers are made ready while
/// this one plays.
pub struct Pictures {
    project: Arc<Project>,
    media: Media,
    canvas: Canvas,
    within: Span,
    threads: u32,
    /// Sections after this one whose readers are made ready while it plays.
    ahead: usize,
    readers: Readers<VideoReader>,
    current: Option<Current>,
    /// What was shown before the project changed.
    kept: Vec<Open>,
    /// The canvas of what comes in during a transition.
    other: Vec<u8>,
    cancel: Cancel,
    warnings: Warnings,
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
    /// The moment that was asked for last.
    asked: Option<SourceTime>,
    backwards: Backwards,
    broken: bool,
}

impl Open {
    fn new(layer: Layer, spec: VideoSpec) -> Self {
        let backwards = Backwards::default();
        Self { layer, spec, reader: None, last: None, asked: None, backwards, broken: false }
    }

    /// Whether it covers all of the canvas, so that nothing need be there before.
    fn covers(&self, canvas: (u32, u32), frame: Frame, sequence: &Sequence) -> bool {
        let straight = matches!(self.layer.place, Place::Still(rect, [0, 0, 0, 0]) if rect.covers(canvas));
        straight && !self.layer.transparent && !self.broken && self.layer.opacity(frame, sequence) >= 1.0
    }
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
            ahead: 1,
            readers: Readers::new("picture readers", cancel.clone())?,
            current: None,
            kept: Vec::new(),
            other: Vec::new(),
            cancel,
            warnings: Warnings::default(),
        })
    }

    /// How many sections' readers are made ready while the one before them plays, from the next section on: 1 until said
    /// otherwise. With none, their memory is saved, and each cut waits for its own.
    pub fn read_ahead(&mut self, sections: usize) {
        self.ahead = sections;
    }

    /// Holds as little as can be from the next frame on: no reader is made ready or kept for later, and those that decode with
    /// several threads are opened anew with one.
    pub fn save_memory(&mut self) {
        self.ahead = 0;
        self.readers.forget_all_but(&[]);
        self.readers.let_go();
        if std::mem::replace(&mut self.threads, 1) > 1 {
            self.current = None;
        }
    }

    /// The canvas that frames are drawn on.
    #[must_use]
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Goes on with another state of the project, keeping the readers that still fit.
    pub fn set_project(&mut self, project: Arc<Project>, within: Span) {
        // what is shown now will mostly be shown again
        self.kept.extend(self.current.take().map(|c| c.layers).unwrap_or_default());
        self.readers.forget_all_but(&[]);
        (self.project, self.within) = (project, within);
        self.warnings.forget();
    }

    /// Whether what is shown at a frame would be read from another file now: a proxy that has been made, or taken away.
    #[must_use]
    pub fn is_outdated(&self, frame: Frame) -> bool {
        let Some(current) = &self.current else { return false };
        current.layers.iter().any(|open| self.spec(&open.layer, frame).0 != open.spec)
    }

    /// What went wrong since this was last asked.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.warnings.take()
    }

    /// Draws the frame into `pixels`, which must be as long as the canvas says. What can't be decoded is
    /// replaced by the last picture or left out, with a warning.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] only.
    pub fn render(&mut self, frame: Frame, pixels: &mut [u8]) -> Result<(), MediaError> {
        let current = self.advance_to(frame)?;
        let sequence = Arc::clone(self.project.sequence());
        let layers = &current.layers;
        let hidden_below = |paint: &Paint| match paint {
            Paint::Layer(index) => layers[*index].covers(self.canvas.size(), frame, &sequence),
            Paint::Cross { .. } => false,
        };
        if !current.section.paint.first().is_some_and(hidden_below) {
            self.canvas.clear(pixels);
        }
        for paint in &current.section.paint {
            match paint {
                Paint::Layer(index) => self.draw(pixels, &layers[*index], frame, &sequence, None),
                Paint::Cross { outgoing, incoming, transition, cut } => {
                    let [outgoing, incoming] = [outgoing, incoming].map(|i| i.map(|i| &layers[i]));
                    self.cross(pixels, [outgoing, incoming], *transition, *cut, frame, &sequence);
                }
            }
        }
        if current.section.paint.iter().all(|p| matches!(p, Paint::Layer(_))) {
            self.other = Vec::new();
        }
        self.current = Some(current);
        Ok(())
    }

    /// The section around a frame, with the picture of each layer at that frame. To be put back into `current`.
    fn advance_to(&mut self, frame: Frame) -> Result<Current, MediaError> {
        if !self.current.as_ref().is_some_and(|c| c.section.span.contains(frame)) {
            self.enter(frame)?;
        }
        let Some(mut current) = self.current.take() else { return Err(MediaError::Cancelled) };
        let sequence = Arc::clone(self.project.sequence());
        for open in &mut current.layers {
            let time = open.layer.picture_time(frame, &sequence);
            if let Err(error) = self.advance(open, time) {
                self.current = Some(current);
                return Err(error);
            }
        }
        Ok(current)
    }

    /// The frame without drawing it, where it is nothing but the picture of one layer, in the canvas' own size and
    /// format: the decoder's pixels themselves, not to be written to. `None` where it must be drawn, which
    /// [`Self::render`] does then, without reading on.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] only.
    pub fn untouched(&mut self, frame: Frame) -> Result<Option<Picture>, MediaError> {
        let current = self.advance_to(frame)?;
        let canvas = self.canvas.info();
        let fits = |picture: &&Picture| {
            let of = |info: &gst_video::VideoInfo| (info.width(), info.height(), info.format());
            of(&picture.info) == of(canvas)
        };
        let whole = Rect { x: 0, y: 0, width: canvas.width(), height: canvas.height() };
        let picture = match (&current.section.paint[..], &current.layers[..]) {
            ([Paint::Layer(0)], [open])
                if open.layer.place == Place::Still(whole, [0; 4])
                    && open.covers(self.canvas.size(), frame, self.project.sequence()) =>
            {
                open.last.as_ref().filter(fits)
            }
            _ => None,
        };
        let picture = picture.and_then(wrapped);
        self.current = Some(current);
        Ok(picture)
    }

    fn draw(&self, pixels: &mut [u8], open: &Open, frame: Frame, sequence: &Sequence, tint: Option<([u8; 3], f64)>) {
        let Some(picture) = &open.last else { return };
        let look = Look { opacity: open.layer.opacity(frame, sequence), tint };
        let drawn = match &open.layer.place {
            Place::Still(rect, crop) => self.canvas.draw(pixels, picture, *rect, *crop, look),
            Place::Sampled(..) => {
                let pose = open.layer.pose(frame, sequence, self.canvas.size());
                self.canvas.draw_sampled(pixels, picture, &pose, look)
            }
        };
        if let Err(error) = drawn {
            tracing::warn!("{error}");
        }
    }

    /// One layer becoming another, each over what is there already.
    fn cross(
        &mut self,
        pixels: &mut [u8],
        layers: [Option<&Open>; 2],
        transition: Transition,
        cut: Frame,
        frame: Frame,
        sequence: &Sequence,
    ) {
        let [outgoing, incoming] = layers;
        if let TransitionKind::Dip(color) = transition.kind {
            // all colour on the last frame before the cut, and from there back
            let (done, of) = if frame < cut {
                (transition.before - (cut - frame) + FrameCount(1), transition.before)
            } else {
                (transition.after() - (frame - cut) - FrameCount(1), transition.after())
            };
            let tint = Some((yuv(color), done.0 as f64 / of.0.max(1) as f64));
            for open in [outgoing, incoming].into_iter().flatten() {
                self.draw(pixels, open, frame, sequence, tint);
            }
            return;
        }
        let mut other = std::mem::take(&mut self.other);
        other.clear();
        other.extend_from_slice(pixels);
        if let Some(open) = outgoing {
            self.draw(pixels, open, frame, sequence, None);
        }
        if let Some(open) = incoming {
            self.draw(&mut other, open, frame, sequence, None);
        }
        self.canvas.cross(pixels, &other, transition.kind, progress(transition, cut, frame));
        self.other = other;
    }

    fn advance(&mut self, open: &mut Open, time: SourceTime) -> Result<(), MediaError> {
        let Some(reader) = &mut open.reader else { return Ok(()) };
        // a little earlier than before: the pictures in between are decoded once, not from the key frame each time
        let back = open.asked.is_some_and(|asked| time < asked && asked - time <= STEP_BACK);
        let found = if back || (open.layer.clip.speed.is_backward() && open.asked.is_none_or(|asked| time <= asked)) {
            open.backwards.at(reader, time, &self.cancel)
        } else {
            open.backwards.forget();
            reader.at(time, &self.cancel)
        };
        open.asked = Some(time);
        match found {
            Ok(Some(picture)) => {
                let (ended, shown, damage) = (reader.ended(), picture.time, reader.damage());
                open.last = Some(picture);
                if let Some(damage) = damage {
                    self.warnings.damaged(&open.layer.clip, &open.layer.asset, damage, ["pictures are", "shown"]);
                }
                if ended && time - shown > MISSING {
                    let text = format!("its pictures end at {:.2} s; the last one stays", shown.seconds());
                    self.warnings.missing(&open.layer.clip, &open.layer.asset, text);
                }
            }
            Ok(None) => self.warnings.missing(
                &open.layer.clip,
                &open.layer.asset,
                "no picture in it can be decoded; it shows black",
            ),
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                open.broken = open.last.is_none();
                open.reader = None;
                self.warnings.missing(&open.layer.clip, &open.layer.asset, format!("{error}; its last picture stays"));
            }
        }
        open.broken |= open.last.is_none();
        Ok(())
    }

    /// Begins the section around a frame: takes its readers and asks for those of the next.
    fn enter(&mut self, frame: Frame) -> Result<(), MediaError> {
        let (section, specs) = self.section(frame);
        // a reader that already stands where a layer goes on is kept: the same clip under another one, or
        // the right half of a split clip
        let mut before = self.current.take().map(|c| (c.section.span.end(), c.layers));
        let mut shown_before = std::mem::take(&mut self.kept);
        let mut layers: Vec<Open> = Vec::new();
        for (layer, spec) in section.layers.iter().zip(specs) {
            let time = layer.picture_time(frame, self.project.sequence());
            let kept = before.as_mut().and_then(|(end, open)| {
                let index = open.iter().position(|o| {
                    *end == frame && o.spec == spec && o.layer.picture_time(frame, self.project.sequence()) == time
                })?;
                Some(open.swap_remove(index))
            });
            // the same file at nearly the same moment, in the project as it was before an edit
            let near = |o: &Open| o.asked.is_some_and(|a| time >= a && time - a < STEP_BACK) && o.spec == spec;
            let kept = kept.or_else(|| shown_before.iter().position(near).map(|i| shown_before.swap_remove(i)));
            layers.push(match kept {
                Some(open) => Open { layer: layer.clone(), ..open },
                None => Open::new(layer.clone(), spec),
            });
        }
        for open in before.map(|(_, open)| open).unwrap_or_default().into_iter().chain(shown_before) {
            if let Some(reader) = open.reader {
                self.readers.give_back(open.spec, reader);
            }
        }
        let wanted: Vec<Wanted<VideoReader>> = layers
            .iter()
            .filter(|o| o.reader.is_none() && o.last.is_none())
            .map(|o| Wanted { spec: o.spec.clone(), at: o.layer.picture_time(frame, self.project.sequence()) })
            .collect();
        let next = self.next(section.span.end(), &layers);
        let both: Vec<_> = wanted.iter().chain(&next).cloned().collect();
        self.readers.forget_all_but(&both);
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
                    self.warnings.missing(&open.layer.clip, &open.layer.asset, format!("{error}; it is left out"));
                }
            }
        }
        for w in &next {
            self.readers.prepare(w);
        }
        self.current = Some(Current { section, layers });
        Ok(())
    }

    /// What the sections from a frame on will need beside what is open now.
    fn next(&self, from: Frame, now: &[Open]) -> Vec<Wanted<VideoReader>> {
        let sequence = self.project.sequence();
        let mut found: Vec<Wanted<VideoReader>> = Vec::new();
        let mut before: Vec<(Layer, VideoSpec)> = now.iter().map(|o| (o.layer.clone(), o.spec.clone())).collect();
        let mut frame = from;
        for _ in 0..self.ahead {
            if frame >= self.within.end() {
                break;
            }
            let (section, specs) = self.section(frame);
            for (layer, spec) in section.layers.iter().zip(&specs) {
                let wanted = Wanted { spec: spec.clone(), at: layer.picture_time(frame, sequence) };
                let goes_on = |(l, spec): &(Layer, VideoSpec)| {
                    l.picture_time(frame, sequence) == wanted.at && *spec == wanted.spec
                };
                if !before.iter().any(goes_on) && !found.contains(&wanted) {
                    found.push(wanted);
                }
            }
            frame = section.span.end();
            before = section.layers.into_iter().zip(specs).collect();
        }
        found
    }

    /// The section around a frame, cut to where each of its layers is read from one file, and how they are read.
    fn section(&self, frame: Frame) -> (PictureSection, Vec<VideoSpec>) {
        let mut section = picture_section(&self.project, frame, self.within, self.canvas.size());
        let mut specs = Vec::with_capacity(section.layers.len());
        for layer in &section.layers {
            let (spec, part) = self.spec(layer, frame);
            section.span = stretch::within(layer, part, frame, section.span, self.project.sequence());
            specs.push(spec);
        }
        (section, specs)
    }

    /// How a layer is read at a frame, and the stretch of its media in which it is read so.
    fn spec(&self, layer: &Layer, frame: Frame) -> (VideoSpec, Part) {
        let stream = layer.clip.content.stream;
        let time = layer.picture_time(frame, self.project.sequence());
        let (file, stretch) = self.media.picture_file(&layer.asset, stream, time);
        let format = if layer.transparent { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 };
        let (width, height) = layer.place.decoded();
        let format = PictureFormat { width, height, format };
        (VideoSpec { file, stream, format, threads: self.threads }, stretch)
    }

    /// How many frames the section around the last rendered frame has left after it; 0 before the first.
    #[must_use]
    pub fn left_in_section(&self, frame: Frame) -> FrameCount {
        self.current.as_ref().map_or(FrameCount::ZERO, |c| c.section.span.end() - frame)
    }
}

/// A picture with the same pixels and none of its buffer's own memory: a pool takes its buffers back once nobody else has
/// their memory, and lets others go.
fn wrapped(picture: &Picture) -> Option<Picture> {
    let info = &picture.info;
    let planes = picture.buffer.meta::<gst_video::VideoMeta>();
    let offsets = planes.as_ref().map_or_else(|| info.offset().to_vec(), |meta| meta.offset().to_vec());
    let strides = planes.as_ref().map_or_else(|| info.stride().to_vec(), |meta| meta.stride().to_vec());
    let pixels = picture.buffer.clone().into_mapped_buffer_readable().ok()?;
    let mut buffer = gst::Buffer::from_slice(pixels);
    let (width, height) = (info.width(), info.height());
    let flags = gst_video::VideoFrameFlags::empty();
    gst_video::VideoMeta::add_full(buffer.get_mut()?, flags, info.format(), width, height, &offsets, &strides).ok()?;
    Some(Picture { buffer, info: info.clone(), time: picture.time })
}
