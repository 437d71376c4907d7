//! Where on the timeline a layer shows moments of one stretch of its media. Pure.

use super::plan::Layer;
use crate::media::Part;
use crate::model::{Frame, Sequence, Span};

/// The part of `span` around `frame` in which the layer shows pictures of `part` alone, as it does at `frame`.
pub(super) fn within(layer: &Layer, part: Part, frame: Frame, span: Span, sequence: &Sequence) -> Span {
    if part == Part::WHOLE {
        return span;
    }
    // media time runs one way only
    let shows = |frame: i64| part.shows(layer.picture_time(Frame(frame), sequence));
    // the farthest from `frame` on this side of `end` that shows it
    let farthest = |end: i64| {
        let (mut good, mut bad) = (frame.0, end);
        if shows(end) {
            return end;
        }
        while (bad - good).abs() > 1 {
            let middle = good.midpoint(bad);
            if shows(middle) { good = middle } else { bad = middle }
        }
        good
    };
    Span::between(Frame(farthest(span.start.0)), Frame(farthest(span.end().0 - 1) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;
    use crate::model::{FrameCount, SourceTime, Speed};
    use crate::render::picture_section;

    #[test]
    fn a_stretch_is_found_from_any_of_its_frames_either_way() {
        let second = SourceTime::SECOND.0;
        let part = Part { from: SourceTime(second * 2), until: Some(SourceTime(second * 3)) };
        // 24 frames a second; from 1 s on, and backwards from 6 s
        for (text, speed, expected) in [
            ("V1: A@0+200 src24", Speed::NORMAL, (24, 24)),
            ("V1: A@0+200 src144", Speed::NORMAL.reversed(), (72, 24)),
            ("V1: A@0+200 src24", Speed::new(2, 1).unwrap(), (12, 12)),
            ("V1: A@0+200 src48", Speed::new(0, 1).unwrap(), (0, 200)),
        ] {
            let project = parse(text);
            let sequence = project.sequence();
            let mut layer =
                picture_section(&project, Frame(0), sequence.span(), (64, 64)).layers.into_iter().next().unwrap();
            layer.clip.speed = speed;
            let expected = Span { start: Frame(expected.0), length: FrameCount(expected.1) };
            for frame in expected.start.0..expected.end().0 {
                let found = within(&layer, part, Frame(frame), sequence.span(), sequence);
                assert_eq!(found, expected, "{text}, {speed:?}, from {frame}");
            }
        }
    }
}
