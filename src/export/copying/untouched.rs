//! Which frames of a timeline show a source's pictures just as they are. Pure.

use super::left::{Left, Why};
use crate::model::{Asset, ClipId, FrameCount, MediaKind, Project, Span, Speed};
use crate::render::{Paint, PictureSection, picture_sections};
use std::sync::Arc;

/// Frames that show pictures of one source, one after the other, and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Untouched {
    /// The frames.
    pub span: Span,
    /// The first clip that they are of.
    pub clip: ClipId,
    /// The source.
    pub asset: Arc<Asset>,
    /// Which of its picture streams.
    pub stream: u32,
    /// The number of the picture that the first of them shows.
    pub first: i64,
}

impl Untouched {
    /// The first picture that none of them shows.
    pub fn end(&self) -> i64 {
        self.first + self.span.length.0
    }
}

/// All of them in a span, in order, as long as can be; and why the others are none.
pub(super) fn untouched(project: &Project, within: Span, canvas: (u32, u32)) -> (Vec<Untouched>, Vec<Left>) {
    let (mut found, mut left): (Vec<Untouched>, Vec<Left>) = (Vec::new(), Vec::new());
    for section in picture_sections(project, within, canvas) {
        match (of_section(project, &section, canvas), found.last_mut()) {
            // what was split goes on
            (Ok(next), Some(last)) if last.goes_on(&next) => last.span.length += next.span.length,
            (Ok(next), _) => found.push(next),
            (Err(why), _) => left.extend(Left::of_section(&section, why)),
        }
    }
    (found, left)
}

impl Untouched {
    fn goes_on(&self, next: &Self) -> bool {
        self.span.end() == next.span.start
            && self.asset.id == next.asset.id
            && self.stream == next.stream
            && self.end() == next.first
    }
}

/// What a section shows of a source, or why it does not show its pictures just as they are.
fn of_section(project: &Project, section: &PictureSection, canvas: (u32, u32)) -> Result<Untouched, Why> {
    let [layer] = &section.layers[..] else { return Err(Why::Together) };
    let [Paint::Layer(0)] = &section.paint[..] else { return Err(Why::Changed) };
    let (sequence, info) = (project.sequence(), &layer.asset.info);
    let stream = layer.clip.content.stream;
    if info.kind != MediaKind::Video || info.generator.is_some() {
        return Err(Why::Codec);
    }
    let video = info.video_stream(stream).ok_or(Why::Codec)?;
    if (video.width, video.height) != canvas || (sequence.width, sequence.height) != canvas {
        return Err(Why::Size);
    }
    if layer.clip.speed != Speed::NORMAL || video.rate != Some(sequence.rate) {
        return Err(Why::Rate);
    }
    if !layer.is_as_it_is(canvas) {
        return Err(Why::Changed);
    }
    let grid = video.grid().ok_or(Why::Rate)?;
    let number = |frame| grid.picture_at(layer.picture_time(frame, sequence));
    let (first, last) = (number(section.span.start), number(section.span.end() - FrameCount(1)));
    let one_by_one = last - first == section.span.length.0 - 1;
    if first < 0 || !one_by_one {
        return Err(Why::Rate);
    }
    let asset = Arc::clone(&layer.asset);
    Ok(Untouched { span: section.span, clip: layer.clip.id, asset, stream, first })
}
