//! What is seen when: sections in which the layers do not change. Pure.

use super::pose::{Place, Pose, Rect, place, pose};
use crate::model::{
    Asset, Clip, Frame, FrameCount, Project, Sequence, SourceTime, Span, Speed, Track, TrackKind, Transition,
    TransitionKind,
};
use std::sync::Arc;

/// One clip's picture in a section.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The clip.
    pub clip: Clip,
    /// Its media.
    pub asset: Arc<Asset>,
    /// How it is drawn.
    pub place: Place,
    /// Whether its media may be seen through.
    pub transparent: bool,
    /// Frames over which it appears and goes, in this section.
    fades: (FrameCount, FrameCount),
}

impl Layer {
    /// The moment of its media whose picture `frame` shows.
    #[must_use]
    pub fn picture_time(&self, frame: Frame, sequence: &Sequence) -> SourceTime {
        self.clip.picture_at(frame - self.clip.start, sequence.rate)
    }

    /// The moment of its media that its settings at `frame` belong to.
    #[must_use]
    pub fn source_time(&self, frame: Frame, sequence: &Sequence) -> SourceTime {
        self.clip.shown_at(frame - self.clip.start, sequence.rate)
    }

    /// How much of it is seen at a frame, from 0 to 1: its own opacity and its fades. A fade over n frames begins
    /// with nothing at its first frame; one at the end has nothing at its last.
    #[must_use]
    pub fn opacity(&self, frame: Frame, sequence: &Sequence) -> f64 {
        let own = self.clip.content.properties.opacity.at(self.source_time(frame, sequence));
        let share = |n: FrameCount, of: FrameCount| {
            if of > FrameCount::ZERO { (n.0 as f64 / of.0 as f64).clamp(0.0, 1.0) } else { 1.0 }
        };
        let last = self.clip.end() - FrameCount(1);
        own * share(frame - self.clip.start, self.fades.0) * share(last - frame, self.fades.1)
    }

    /// Where it lies at a frame.
    #[must_use]
    pub fn pose(&self, frame: Frame, sequence: &Sequence, canvas: (u32, u32)) -> Pose {
        let time = self.source_time(frame, sequence);
        let size = self.asset.info.video_stream(self.clip.content.stream).map_or((16, 16), |v| (v.width, v.height));
        pose(&self.clip.content.properties, size, (sequence.width, sequence.height), canvas, time)
    }

    /// Whether the layer that follows it at a frame is read on from where this one is.
    pub(super) fn goes_on(&self, next: &Self, frame: Frame, sequence: &Sequence) -> bool {
        self.asset.path == next.asset.path
            && self.clip.content.stream == next.clip.content.stream
            && self.place.decoded() == next.place.decoded()
            && self.transparent == next.transparent
            && self.picture_time(frame, sequence) == next.picture_time(frame, sequence)
    }

    /// Whether it shows its media's own pictures at their own speed, pixel by pixel, and nothing else, over the whole section.
    #[must_use]
    pub fn is_as_it_is(&self, canvas: (u32, u32)) -> bool {
        let whole = Rect { x: 0, y: 0, width: canvas.0, height: canvas.1 };
        let size = self.asset.info.video_stream(self.clip.content.stream).map(|v| (v.width, v.height));
        self.hides(canvas)
            && self.place == Place::Still(whole, [0; 4])
            && size == Some(canvas)
            && self.clip.speed == Speed::NORMAL
    }

    /// Whether nothing below it is seen, over the whole section.
    fn hides(&self, canvas: (u32, u32)) -> bool {
        let straight = matches!(self.place, Place::Still(rect, [0, 0, 0, 0]) if rect.covers(canvas));
        let fades = self.fades.0 > FrameCount::ZERO || self.fades.1 > FrameCount::ZERO;
        straight && !self.transparent && !fades && self.clip.content.properties.opacity.is(1.0)
    }
}

/// One step of drawing a section, by the indices of its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paint {
    /// One layer over what is there.
    Layer(usize),
    /// Two layers, each over what is there, and one becoming the other.
    Cross {
        /// The layer before the cut, if there is one to be seen.
        outgoing: Option<usize>,
        /// The layer after it, if there is one to be seen.
        incoming: Option<usize>,
        /// How.
        transition: Transition,
        /// The cut.
        cut: Frame,
    },
}

/// How far a transition has come at a frame, from 0 to 1 without both ends: every one of its frames is a mix.
#[must_use]
pub fn progress(transition: Transition, cut: Frame, frame: Frame) -> f64 {
    let done = frame - (cut - transition.before) + FrameCount(1);
    (done.0 as f64 / (transition.length.0 + 1) as f64).clamp(0.0, 1.0)
}

/// A span in which the visible layers do not change.
#[derive(Clone, Debug)]
pub struct PictureSection {
    /// Which frames.
    pub span: Span,
    /// From bottom to top; what an opaque full-frame layer hides is not among them. None for black.
    pub layers: Vec<Layer>,
    /// How they are drawn, in order.
    pub paint: Vec<Paint>,
}

/// A transition on its cut, and which of its two clips are seen.
type Pair = (Transition, Frame, [bool; 2]);

/// The section around a frame, cut to `within`, for a canvas of that size (the sequence's own, or a smaller
/// one of the same shape).
#[must_use]
pub fn picture_section(project: &Project, frame: Frame, within: Span, canvas: (u32, u32)) -> PictureSection {
    let sequence = project.sequence();
    let mut span = within;
    // from the top down, until something hides the rest
    let mut found: Vec<(Vec<Layer>, Option<Pair>)> = Vec::new();
    for track in sequence.tracks_of(TrackKind::Video).rev().filter(|t| !t.muted) {
        match on_track(track, frame, &mut span) {
            Seen::Nothing => {}
            Seen::Clip(clip, fades) => {
                let Some(layer) = layer(project, *clip, fades, canvas) else { continue };
                let hides = layer.hides(canvas);
                found.push((vec![layer], None));
                if hides {
                    break;
                }
            }
            Seen::Crossing { left, right, transition, cut } => {
                let clear = (FrameCount::ZERO, FrameCount::ZERO);
                let sides = [left, right].map(|clip| clip.and_then(|c| layer(project, *c, clear, canvas)));
                let there = [sides[0].is_some(), sides[1].is_some()];
                let hides = transition.kind.needs_handles()
                    && sides.iter().all(|s| s.as_ref().is_some_and(|s| s.hides(canvas)));
                found.push((sides.into_iter().flatten().collect(), Some((transition, cut, there))));
                if hides {
                    break;
                }
            }
        }
    }
    let (mut layers, mut paint) = (Vec::new(), Vec::new());
    for (these, crossing) in found.into_iter().rev() {
        let first = layers.len();
        paint.extend(match crossing {
            None => Some(Paint::Layer(first)),
            Some((transition, cut, [left, right])) => {
                let incoming = right.then_some(first + usize::from(left));
                Some(Paint::Cross { outgoing: left.then_some(first), incoming, transition, cut })
            }
        });
        layers.extend(these);
    }
    PictureSection { span, layers, paint }
}

/// The sections of a span in order, as [`picture_section`] gives them.
pub fn picture_sections(
    project: &Project,
    span: Span,
    canvas: (u32, u32),
) -> impl Iterator<Item = PictureSection> + '_ {
    sections(span, move |frame| {
        let section = picture_section(project, frame, span, canvas);
        (section.span, section)
    })
}

/// The sections of a span, one after the other.
pub(super) fn sections<S>(span: Span, at: impl Fn(Frame) -> (Span, S)) -> impl Iterator<Item = S> {
    let mut frame = span.start;
    std::iter::from_fn(move || {
        if frame >= span.end() {
            return None;
        }
        let (of, section) = at(frame);
        frame = of.end().max(frame + FrameCount(1));
        Some(section)
    })
}

/// What a track shows around a frame.
enum Seen {
    Nothing,
    /// A clip, with the fades that count here.
    Clip(Box<Clip>, (FrameCount, FrameCount)),
    /// Two clips on their cut; none for one that is disabled, or not seen on this side of a dip.
    Crossing {
        left: Option<Box<Clip>>,
        right: Option<Box<Clip>>,
        transition: Transition,
        cut: Frame,
    },
}

/// The transition that a frame lies in, with the clips on both sides of its cut.
pub(super) struct Crossing {
    pub left: Clip,
    pub right: Clip,
    pub transition: Transition,
    pub span: Span,
}

/// The clip at a frame, and the crossings at its start and at its end.
pub(super) struct Around {
    pub clip: Clip,
    pub before: Option<Crossing>,
    pub after: Option<Crossing>,
}

/// What lies around a frame on a track; `Err` with the gap where there is none.
pub(super) fn around(track: &Track, frame: Frame) -> Result<Around, (Option<Frame>, Option<Frame>)> {
    let Some(clip) = track.clips.at(frame) else {
        return Err((track.clips.before(frame).map(|c| c.end()), track.clips.after(frame).map(|c| c.start)));
    };
    let crossing = |left: Option<Clip>, right: Option<Clip>| {
        let (left, right) = (left?, right?);
        let transition = right.transition.filter(|_| left.end() == right.start)?;
        let span = Span { start: right.start - transition.before, length: transition.length };
        Some(Crossing { left, right, transition, span })
    };
    // a clip without a transition needs no look at the one before it
    let left = clip.transition.and_then(|_| track.clips.before(clip.start));
    Ok(Around {
        before: crossing(left, Some(clip.clone())),
        after: crossing(Some(clip.clone()), track.clips.after(clip.end())),
        clip,
    })
}

/// What is seen of a track at a frame; narrows `span` to where this stays so.
fn on_track(track: &Track, frame: Frame, span: &mut Span) -> Seen {
    let narrow = |span: &mut Span, to: Span| *span = span.intersection(to).unwrap_or(*span);
    let around = match around(track, frame) {
        Ok(around) => around,
        Err((start, end)) => {
            let start = start.map_or(span.start, |s| s.max(span.start));
            *span = Span::between(start, end.map_or(span.end(), |e| e.min(span.end())));
            return Seen::Nothing;
        }
    };
    let shown = |clip: Clip| clip.enabled.then(|| Box::new(clip));
    let (before, after) = (around.before, around.after);
    let (after_zone, before_zone) = (after.as_ref().map(|c| c.span), before.as_ref().map(|c| c.span));
    let crossing = [before, after].into_iter().flatten().find(|c| c.span.contains(frame));
    if let Some(crossing) = crossing {
        let Crossing { left, right, transition, span: zone } = crossing;
        let cut = right.start;
        let (mut left, mut right, mut zone) = (shown(left), shown(right), zone);
        if let TransitionKind::Dip(_) = transition.kind {
            // one clip on each side of the cut
            if frame < cut {
                (right, zone) = (None, Span::between(zone.start, cut));
            } else {
                (left, zone) = (None, Span::between(cut, zone.end()));
            }
        }
        narrow(span, zone);
        return Seen::Crossing { left, right, transition, cut };
    }
    let clip = around.clip;
    let start = before_zone.map_or(clip.start, Span::end);
    let end = after_zone.map_or(clip.end(), |zone| zone.start);
    narrow(span, Span::between(start, end));
    // each fade is a section of its own, so that the rest of the clip can hide what is below; where there is a
    // transition, it takes the fade's place
    let (fade_in, fade_out) = clip.fades();
    let fade_in = if before_zone.is_some() { FrameCount::ZERO } else { fade_in };
    let fade_out = if after_zone.is_some() { FrameCount::ZERO } else { fade_out };
    let (risen, falls) = (clip.start + fade_in, clip.end() - fade_out);
    let mut fades = (FrameCount::ZERO, FrameCount::ZERO);
    if frame < risen {
        narrow(span, Span::between(clip.start, risen));
        fades.0 = fade_in;
    } else if frame >= falls {
        narrow(span, Span::between(falls, clip.end()));
        fades.1 = fade_out;
    } else {
        narrow(span, Span::between(risen, falls));
    }
    match shown(clip) {
        Some(clip) => Seen::Clip(clip, fades),
        None => Seen::Nothing,
    }
}

fn layer(project: &Project, clip: Clip, fades: (FrameCount, FrameCount), canvas: (u32, u32)) -> Option<Layer> {
    let asset = Arc::clone(project.assets.get(&clip.content.asset)?);
    let video = asset.info.video_stream(clip.content.stream)?;
    let sequence = project.sequence();
    let place = place(&clip.content.properties, (video.width, video.height), (sequence.width, sequence.height), canvas);
    let transparent = video.alpha;
    Some(Layer { clip, asset, place, transparent, fades })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;
    use crate::model::{Param, Property};

    fn sections_of(project: &Project) -> Vec<(i64, i64, Vec<String>)> {
        let span = project.sequence().span();
        let mut frame = span.start;
        let mut found = Vec::new();
        while frame < span.end() {
            let section = picture_section(project, frame, span, (1920, 1080));
            assert_eq!(section.span.start, frame);
            let names = section.layers.iter().map(|l| l.clip.content.name.clone()).collect();
            found.push((section.span.start.0, section.span.length.0, names));
            frame = section.span.end();
        }
        found
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn sections_end_where_what_is_seen_changes() {
        // A is under B from 5 to 10, and full-frame B hides it; the gap is black
        assert_eq!(
            sections_of(&parse("V1: A@0+10, C@15+5 | V2: B@5+3")),
            [
                (0, 5, names(&["A"])),
                (5, 3, names(&["B"])),
                (8, 2, names(&["A"])),
                (10, 5, names(&[])),
                (15, 5, names(&["C"])),
            ]
        );
        // a cut below what hides it is no section
        assert_eq!(sections_of(&parse("V1: A@0+5, C@5+5 | V2: B@0+10")), [(0, 10, names(&["B"]))]);
    }

    #[test]
    fn transitions_and_fades_are_sections() {
        let project = parse("V1: A@0+10, B@10+10 src9 <4:1 | V2: C@18+10");
        assert_eq!(
            sections_of(&project),
            [(0, 9, names(&["A"])), (9, 4, names(&["A", "B"])), (13, 5, names(&["B"])), (18, 10, names(&["C"]))]
        );
        let section = picture_section(&project, Frame(10), project.sequence().span(), (1920, 1080));
        let Paint::Cross { outgoing: Some(0), incoming: Some(1), transition, cut } = section.paint[0] else {
            panic!("{:?}", section.paint)
        };
        let steps: Vec<f64> = (9..13).map(|f| progress(transition, cut, Frame(f))).collect();
        assert!(steps.iter().zip([0.2, 0.4, 0.6, 0.8]).all(|(a, b)| (a - b).abs() < 1e-9), "{steps:?}");
        // the picture before the cut goes on into its handle, the one after it comes out of its own
        assert_eq!(section.layers[0].source_time(Frame(12), project.sequence()).seconds(), 0.5);
        assert_eq!(section.layers[1].source_time(Frame(9), project.sequence()).seconds(), 8.0 / 24.0);

        let mut project = parse("V1: A@0+20 | V2: B@0+20");
        let b = crate::edit::text::clip(&project, "B", 0);
        for property in [Property::FadeIn(FrameCount(4)), Property::FadeOut(FrameCount(5))] {
            project =
                crate::edit::apply(&project, &crate::edit::Edit::SetProperty { clips: vec![b], property }).unwrap();
        }
        assert_eq!(
            sections_of(&project),
            [(0, 4, names(&["A", "B"])), (4, 11, names(&["B"])), (15, 5, names(&["A", "B"]))]
        );
        let seen = |frame: i64| {
            let section = picture_section(&project, Frame(frame), project.sequence().span(), (1920, 1080));
            section.layers.last().unwrap().opacity(Frame(frame), project.sequence())
        };
        for (frame, expected) in [(0, 0.0), (2, 0.5), (4, 1.0), (14, 1.0), (15, 0.8), (19, 0.0)] {
            assert!((seen(frame) - expected).abs() < 1e-9, "{frame}: {}", seen(frame));
        }
        // half seen through, it hides nothing
        let property = Property::Opacity(Param::fixed(0.5));
        let edit = crate::edit::Edit::SetProperty { clips: vec![b], property };
        let project = crate::edit::apply(&project, &edit).unwrap();
        assert!(sections_of(&project).iter().all(|(_, _, layers)| layers.len() == 2));
    }
}
