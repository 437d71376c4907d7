//! What is seen and heard when: sections in which the layers do not change. Pure.

use crate::model::{
    Asset, Clip, Frame, FrameCount, Project, Sequence, SourceTime, Span, Speed, TrackKind, time::mul_div_round,
};
use std::sync::Arc;

/// A rectangle on the canvas, in whole pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rect {
    /// From the left edge; even.
    pub x: u32,
    /// From the top edge; even.
    pub y: u32,
    /// Width; even.
    pub width: u32,
    /// Height; even.
    pub height: u32,
}

/// How a picture of one shape is brought into a frame of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fit {
    /// All of it is seen, with black beside it.
    #[default]
    Letterbox,
}

/// Where a picture of `size` lies on a canvas. Sides are even, since chroma is stored for 2 × 2 pixels; a
/// side that comes within two pixels of the canvas' fills it.
#[must_use]
pub fn fit(size: (u32, u32), canvas: (u32, u32), fit: Fit) -> Rect {
    let Fit::Letterbox = fit;
    let ((w, h), (cw, ch)) =
        ((u64::from(size.0.max(1)), u64::from(size.1.max(1))), (u64::from(canvas.0), u64::from(canvas.1)));
    // compare w/h with cw/ch without division
    let (width, height) = if w * ch >= cw * h { (cw, (cw * h + w / 2) / w) } else { ((ch * w + h / 2) / h, ch) };
    let even = |n: u64, most: u64| if n + 2 > most { most } else { (n.div_ceil(2) * 2).clamp(2, most) };
    let (width, height) = (even(width, cw), even(height, ch));
    let side = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Rect { x: side((cw - width) / 4 * 2), y: side((ch - height) / 4 * 2), width: side(width), height: side(height) }
}

/// One clip's picture in a section.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The clip.
    pub clip: Clip,
    /// Its media.
    pub asset: Arc<Asset>,
    /// Where it lies.
    pub rect: Rect,
    /// Whether it may be seen through.
    pub transparent: bool,
}

impl Layer {
    /// The moment of its media that `frame` shows.
    #[must_use]
    pub fn source_time(&self, frame: Frame, sequence: &Sequence) -> SourceTime {
        self.clip.source_at(frame - self.clip.start, sequence.rate)
    }
}

/// A span in which the visible layers do not change.
#[derive(Clone, Debug)]
pub struct PictureSection {
    /// Which frames.
    pub span: Span,
    /// From bottom to top; what an opaque full-frame layer hides is not in it. Empty for black.
    pub layers: Vec<Layer>,
}

/// The section around a frame, cut to `within`, for a canvas of that size (the sequence's own, or a smaller
/// one of the same shape).
#[must_use]
pub fn picture_section(project: &Project, frame: Frame, within: Span, canvas: (u32, u32)) -> PictureSection {
    let sequence = project.sequence();
    let mut span = within;
    let mut layers = Vec::new();
    let mut hidden = false;
    for track in sequence.tracks_of(TrackKind::Video).rev().filter(|t| !t.muted) {
        if hidden {
            break;
        }
        let Some(clip) = around(track, frame, &mut span) else { continue };
        let Some(layer) = layer(project, clip, canvas) else { continue };
        let whole = layer.rect.width == canvas.0 && layer.rect.height == canvas.1;
        hidden = whole && !layer.transparent;
        layers.push(layer);
    }
    layers.reverse();
    PictureSection { span, layers }
}

/// The enabled clip at a frame; narrows `span` to where this stays so.
fn around(track: &crate::model::Track, frame: Frame, span: &mut Span) -> Option<Clip> {
    if let Some(clip) = track.clips.at(frame) {
        *span = span.intersection(clip.span()).unwrap_or(*span);
        return Some(clip).filter(|c| c.enabled);
    }
    let start = track.clips.before(frame).map_or(span.start, |c| c.end().max(span.start));
    let end = track.clips.after(frame).map_or(span.end(), |c| c.start.min(span.end()));
    *span = Span::between(start, end);
    None
}

fn layer(project: &Project, clip: Clip, canvas: (u32, u32)) -> Option<Layer> {
    let asset = Arc::clone(project.assets.get(&clip.content.asset)?);
    let video = asset.info.video.as_ref()?;
    let sequence = project.sequence();
    // the shape is decided on the sequence's own canvas, so that a preview looks like the export
    let full = fit((video.width, video.height), (sequence.width, sequence.height), Fit::default());
    let scale = |n: u32, to: u32, from: u32| {
        u32::try_from(mul_div_round(i64::from(n), i64::from(to), i64::from(from) * 2)).unwrap_or(0) * 2
    };
    let rect = if canvas == (sequence.width, sequence.height) {
        full
    } else {
        let x = scale(full.x, canvas.0, sequence.width);
        let y = scale(full.y, canvas.1, sequence.height);
        let width = scale(full.width, canvas.0, sequence.width).clamp(2, canvas.0 - x);
        let height = scale(full.height, canvas.1, sequence.height).clamp(2, canvas.1 - y);
        Rect { x, y, width, height }
    };
    let transparent = video.alpha;
    Some(Layer { clip, asset, rect, transparent })
}

/// One clip's sound in a section.
#[derive(Clone, Debug)]
pub struct Sound {
    /// The clip.
    pub clip: Clip,
    /// Its media.
    pub asset: Arc<Asset>,
}

impl Sound {
    /// The sample of its media (at the sequence's sample rate) that sounds at a sample of the timeline.
    #[must_use]
    pub fn source_sample(&self, sample: i64, sequence: &Sequence) -> i64 {
        let start = sequence.rate.sample_of(self.clip.start, sequence.sample_rate);
        self.clip.source_in.sample(sequence.sample_rate) + (sample - start)
    }
}

/// A span in which the audible clips do not change.
#[derive(Clone, Debug)]
pub struct SoundSection {
    /// Which frames.
    pub span: Span,
    /// All that sound together. Empty for silence.
    pub sounds: Vec<Sound>,
}

/// The section of sound around a frame, cut to `within`. Sound at another speed than normal is silent.
#[must_use]
pub fn sound_section(project: &Project, frame: Frame, within: Span) -> SoundSection {
    let sequence = project.sequence();
    let solo = sequence.tracks_of(TrackKind::Audio).any(|t| t.solo);
    let mut span = within;
    let mut sounds = Vec::new();
    for track in sequence.tracks_of(TrackKind::Audio).filter(|t| !t.muted && (t.solo || !solo)) {
        let Some(clip) = around(track, frame, &mut span).filter(|c| c.speed == Speed::NORMAL) else { continue };
        if let Some(asset) = project.assets.get(&clip.content.asset).filter(|a| a.info.has_audio()) {
            sounds.push(Sound { clip, asset: Arc::clone(asset) });
        }
    }
    SoundSection { span, sounds }
}

/// The most layers that any section has, for predicting memory. Looks at no more than `most` sections.
#[must_use]
pub fn most_layers(project: &Project, span: Span, most: usize) -> usize {
    let sequence = project.sequence();
    let canvas = (sequence.width, sequence.height);
    let (mut frame, mut layers) = (span.start, 0);
    for _ in 0..most {
        if frame >= span.end() {
            break;
        }
        let section = picture_section(project, frame, span, canvas);
        layers = layers.max(section.layers.len());
        frame = section.span.end().max(frame + FrameCount(1));
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    fn sections(text: &str) -> Vec<(i64, i64, Vec<String>)> {
        let project = parse(text);
        let span = project.sequence().span();
        let mut frame = span.start;
        let mut found = Vec::new();
        while frame < span.end() {
            let section = picture_section(&project, frame, span, (1920, 1080));
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
            sections("V1: A@0+10, C@15+5 | V2: B@5+3"),
            [
                (0, 5, names(&["A"])),
                (5, 3, names(&["B"])),
                (8, 2, names(&["A"])),
                (10, 5, names(&[])),
                (15, 5, names(&["C"])),
            ]
        );
        // a cut below what hides it is no section
        assert_eq!(sections("V1: A@0+5, C@5+5 | V2: B@0+10"), [(0, 10, names(&["B"]))]);
    }

    #[test]
    fn pictures_are_letterboxed_upright_and_even() {
        let canvas = (1280, 720);
        assert_eq!(fit((1920, 1080), canvas, Fit::Letterbox), Rect { x: 0, y: 0, width: 1280, height: 720 });
        assert_eq!(fit((1080, 1920), canvas, Fit::Letterbox), Rect { x: 436, y: 0, width: 406, height: 720 });
        assert_eq!(fit((161, 121), canvas, Fit::Letterbox), Rect { x: 160, y: 0, width: 958, height: 720 });
        assert_eq!(fit((1, 100_000), canvas, Fit::Letterbox).width, 2);
        assert_eq!(fit((1919, 1080), (1920, 1080), Fit::Letterbox).width, 1920);
    }

    #[test]
    fn sound_sections_obey_mute_and_solo() {
        let project = parse("V1: A@0+10 | A1: A@0+10, B@10+5 | A2: C@5+10");
        let span = project.sequence().span();
        let at = |frame| {
            let section = sound_section(&project, Frame(frame), span);
            (section.span.start.0, section.span.length.0, section.sounds.len())
        };
        assert_eq!([at(0), at(5), at(12)], [(0, 5, 1), (5, 5, 2), (10, 5, 2)]);
    }
}
