//! Where a layer's picture lies on the canvas. Pure.

use crate::model::{Fit, Param, Properties, SourceTime};

/// A rectangle on the canvas, in whole pixels; it may reach over the canvas' edges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rect {
    /// From the left edge; even.
    pub x: i32,
    /// From the top edge; even.
    pub y: i32,
    /// Width; even.
    pub width: u32,
    /// Height; even.
    pub height: u32,
}

impl Rect {
    /// Whether it covers a canvas.
    #[must_use]
    pub fn covers(self, canvas: (u32, u32)) -> bool {
        let reaches = |at: i32, size: u32, edge: u32| at <= 0 && i64::from(at) + i64::from(size) >= i64::from(edge);
        reaches(self.x, self.width, canvas.0) && reaches(self.y, self.height, canvas.1)
    }
}

/// How large a picture of `size` is when it is brought onto a canvas. Sides are even, since chroma is stored for
/// 2 × 2 pixels; a side that comes within two pixels of the canvas' fills it.
#[must_use]
pub fn fitted(size: (u32, u32), canvas: (u32, u32), fit: Fit) -> (u32, u32) {
    let ((w, h), (cw, ch)) =
        ((u64::from(size.0.max(1)), u64::from(size.1.max(1))), (u64::from(canvas.0), u64::from(canvas.1)));
    // compare w/h with cw/ch without division
    let wider = w * ch >= cw * h;
    let to_width = (cw, (cw * h + w / 2) / w);
    let to_height = ((ch * w + h / 2) / h, ch);
    let (width, height) = match fit {
        Fit::Letterbox => {
            if wider {
                to_width
            } else {
                to_height
            }
        }
        Fit::Fill => {
            if wider {
                to_height
            } else {
                to_width
            }
        }
        Fit::Stretch => (cw, ch),
    };
    let even = |n: u64, edge: u64| if n.abs_diff(edge) <= 2 { edge } else { (n.div_ceil(2) * 2).max(2) };
    let side = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    (side(even(width, cw)), side(even(height, ch)))
}

/// A picture's place at one moment: a rectangle of `size` around `center`, turned clockwise; all in pixels of the
/// canvas and radians.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pose {
    /// Its centre.
    pub center: (f64, f64),
    /// Its size before it is cropped.
    pub size: (f64, f64),
    /// Its turn.
    pub angle: f64,
    /// What is cut off left, right, at the top and at the bottom, as shares.
    pub crop: [f64; 4],
}

/// How a layer is drawn.
#[derive(Clone, PartialEq, Debug)]
pub enum Place {
    /// It lies still and straight: decoded in just this size and copied, but for what is cut off left, right, at
    /// the top and at the bottom, in pixels.
    Still(Rect, [u32; 4]),
    /// It moves, is turned or is larger than is worth decoding: sampled from a picture of this size.
    Sampled(u32, u32),
}

impl Place {
    /// The size that its media are decoded in.
    #[must_use]
    pub fn decoded(&self) -> (u32, u32) {
        match self {
            Self::Still(rect, _) => (rect.width, rect.height),
            Self::Sampled(width, height) => (*width, *height),
        }
    }
}

/// The pose at a moment of the media, for a picture of `media` pixels.
#[must_use]
pub fn pose(
    properties: &Properties,
    media: (u32, u32),
    sequence: (u32, u32),
    canvas: (u32, u32),
    at: SourceTime,
) -> Pose {
    // decided on the sequence's own canvas, so that a preview looks like the export
    let size = fitted(media, sequence, properties.fit);
    let (right, down) = (f64::from(canvas.0) / f64::from(sequence.0), f64::from(canvas.1) / f64::from(sequence.1));
    let scale = properties.scale.at(at);
    let crop = crops(properties).map(|param| param.at(at));
    Pose {
        center: (f64::from(canvas.0) * (0.5 + properties.x.at(at)), f64::from(canvas.1) * (0.5 + properties.y.at(at))),
        size: (f64::from(size.0) * right * scale, f64::from(size.1) * down * scale),
        angle: properties.rotation.at(at).to_radians(),
        crop,
    }
}

fn crops(properties: &Properties) -> [&Param; 4] {
    [&properties.crop_left, &properties.crop_right, &properties.crop_top, &properties.crop_bottom]
}

/// How pictures of `media` pixels are drawn over a whole clip.
#[must_use]
pub fn place(properties: &Properties, media: (u32, u32), sequence: (u32, u32), canvas: (u32, u32)) -> Place {
    let moving = [&properties.x, &properties.y, &properties.scale, &properties.rotation];
    let still = !moving.iter().chain(&crops(properties)).any(|param| param.is_animated());
    let whole_turns = (properties.rotation.at(SourceTime::ZERO) / 360.0).fract() == 0.0;
    // decoding more than twice the canvas, or more than there is, shows nothing more
    let pose = pose(properties, media, sequence, canvas, SourceTime::ZERO);
    let largest = properties.scale.range().1 / properties.scale.at(SourceTime::ZERO).max(1e-6);
    let (width, height) = (pose.size.0 * largest, pose.size.1 * largest);
    let most = |side: u32, media: u32| f64::from((side * 2).min(media.max(side)));
    let shrink = (most(canvas.0, media.0) / width).min(most(canvas.1, media.1) / height).min(1.0);
    let upscaled_too_far = width > f64::from(canvas.0 * 2) || height > f64::from(canvas.1 * 2);
    if still && whole_turns && !upscaled_too_far {
        let rect = still_rect(&pose, canvas);
        let [left, right, top, bottom] = pose.crop;
        let pixels = |share: f64, side: u32| even(share * f64::from(side)).clamp(0, i64::from(side));
        let crop = [
            pixels(left, rect.width),
            pixels(right, rect.width),
            pixels(top, rect.height),
            pixels(bottom, rect.height),
        ];
        return Place::Still(rect, crop.map(|n| u32::try_from(n).unwrap_or(0)));
    }
    let side = |n: f64| u32::try_from(even(n * shrink).clamp(2, 16_384)).unwrap_or(2);
    Place::Sampled(side(width), side(height))
}

/// The pose as whole pixels; a side that comes within two pixels of the canvas' fills it.
fn still_rect(pose: &Pose, canvas: (u32, u32)) -> Rect {
    let along = |center: f64, size: f64, edge: u32| {
        let mut side = (even(size)).max(2);
        let mut start = even(center - size / 2.0 - 1.0 + 1e-6);
        let edge = i64::from(edge);
        if (side - edge).abs() <= 2 && start.abs() <= 2 {
            (start, side) = (0, edge);
        }
        let small = |n: i64| i32::try_from(n.clamp(-1_000_000, 1_000_000)).unwrap_or(0);
        (small(start), u32::try_from(side).unwrap_or(2))
    };
    let (x, width) = along(pose.center.0, pose.size.0, canvas.0);
    let (y, height) = along(pose.center.1, pose.size.1, canvas.1);
    Rect { x, y, width, height }
}

/// The nearest even number.
fn even(n: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is clamped by its users")]
    {
        (n / 2.0).round() as i64 * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(properties: &Properties, media: (u32, u32), canvas: (u32, u32)) -> Rect {
        match place(properties, media, canvas, canvas) {
            Place::Still(rect, _) => rect,
            Place::Sampled(..) => panic!("it is sampled"),
        }
    }

    #[test]
    fn pictures_are_letterboxed_upright_and_even() {
        let canvas = (1280, 720);
        let rect = |x, y, width, height| Rect { x, y, width, height };
        let fit = |size| still(&Properties::default(), size, canvas);
        assert_eq!(fit((1920, 1080)), rect(0, 0, 1280, 720));
        assert_eq!(fit((1080, 1920)), rect(436, 0, 406, 720));
        assert_eq!(fit((161, 121)), rect(160, 0, 958, 720));
        assert_eq!(fit((1, 100_000)).width, 2);
        assert_eq!(still(&Properties::default(), (1919, 1080), (1920, 1080)).width, 1920);
    }

    #[test]
    fn fill_covers_and_stretch_changes_the_shape() {
        let canvas = (1280, 720);
        let with = |fit| Properties { fit, ..Properties::default() };
        assert_eq!(fitted((1080, 1920), canvas, Fit::Fill), (1280, 2276));
        assert_eq!(fitted((1080, 1920), canvas, Fit::Stretch), canvas);
        let filled = still(&with(Fit::Fill), (1440, 1080), canvas);
        assert!(filled.covers(canvas) && filled.y == -120 && filled.height == 960, "{filled:?}");
    }

    #[test]
    fn a_corner_picture_lies_in_its_corner() {
        let mut properties = Properties { scale: Param::fixed(0.25), ..Properties::default() };
        (properties.x, properties.y) = (Param::fixed(0.375), Param::fixed(-0.375));
        let rect = still(&properties, (1920, 1080), (1280, 720));
        assert_eq!(rect, Rect { x: 960, y: 0, width: 320, height: 180 });
        // a smaller canvas shows the same
        let small = place(&properties, (1920, 1080), (1280, 720), (640, 360));
        assert_eq!(small.decoded(), (160, 90));
        properties.rotation = Param::fixed(10.0);
        assert_eq!(place(&properties, (1920, 1080), (1280, 720), (1280, 720)), Place::Sampled(320, 180));
        // a close look does not decode giant pictures
        properties.scale = Param::fixed(20.0);
        let (width, height) = place(&properties, (3840, 2160), (1280, 720), (1280, 720)).decoded();
        assert!(width <= 2560 && height <= 1440, "{width}x{height}");
    }
}
