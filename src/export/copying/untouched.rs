//! Which frames of a timeline show a source's pictures just as they are. Pure.

use super::left::{self, Left};
use crate::model::{Asset, ClipId, Project, Span};
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
        let Some(next) = of_section(project, &section, canvas) else {
            left.extend(left::of_section(&section, project, canvas));
            continue;
        };
        match found.last_mut() {
            // what was split goes on
            Some(last) if last.goes_on(&next) => last.span.length += next.span.length,
            _ => found.push(next),
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

fn of_section(project: &Project, section: &PictureSection, canvas: (u32, u32)) -> Option<Untouched> {
    let ([Paint::Layer(0)], [layer]) = (&section.paint[..], &section.layers[..]) else { return None };
    let sequence = project.sequence();
    if !layer.is_as_it_is(canvas) || (sequence.width, sequence.height) != canvas {
        return None;
    }
    let stream = layer.clip.content.stream;
    let video = layer.asset.info.video_stream(stream)?;
    let grid = video.grid()?;
    if video.rate != Some(sequence.rate) {
        return None;
    }
    let number = |frame| grid.picture_at(layer.picture_time(frame, sequence));
    let (first, last) = (number(section.span.start), number(section.span.end() - crate::model::FrameCount(1)));
    let one_by_one = last - first == section.span.length.0 - 1;
    let asset = Arc::clone(&layer.asset);
    (first >= 0 && one_by_one).then_some(Untouched { span: section.span, clip: layer.clip.id, asset, stream, first })
}
