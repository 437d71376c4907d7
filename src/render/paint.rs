//! Drawing pictures on the canvas: straight ones by copying, turned and moving ones by sampling, and the mixes of
//! transitions.

use super::canvas::Canvas;
use super::pose::{Pose, Rect};
use crate::media::{MediaError, Picture};
use crate::model::{Direction, TransitionKind};
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

/// A picture's planes, mapped.
struct Planes<'a> {
    data: Vec<(&'a [u8], usize)>,
    width: usize,
    height: usize,
}

type Frame<'a> = gst_video::VideoFrameRef<&'a gstreamer::BufferRef>;

fn map(picture: &Picture) -> Result<Frame<'_>, MediaError> {
    gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &picture.info)
        .map_err(|e| MediaError::Element(e.to_string()))
}

impl<'a> Planes<'a> {
    fn of(frame: &'a Frame<'a>) -> Result<Self, MediaError> {
        let data = (0..frame.n_planes()).map(|index| {
            let stride = usize::try_from(frame.plane_stride()[index as usize]).unwrap_or(0);
            frame.plane_data(index).map(|data| (data, stride)).map_err(|e| MediaError::Element(e.to_string()))
        });
        let data = data.collect::<Result<_, _>>()?;
        Ok(Self { data, width: frame.width() as usize, height: frame.height() as usize })
    }

    /// Where it can be seen through.
    fn alpha(&self) -> Option<(&'a [u8], usize)> {
        self.data.get(3).copied()
    }
}

/// How a picture is laid over what is there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// How much of it is seen, from 0 to 1.
    pub opacity: f64,
    /// What it is mixed with where it is seen, as Y, U and V, and how much of that, from 0 to 1.
    pub tint: Option<([u8; 3], f64)>,
}

impl From<f64> for Look {
    fn from(opacity: f64) -> Self {
        Self { opacity, tint: None }
    }
}

impl Canvas {
    /// Draws a picture that has the rectangle's size, but for what is cut off (left, right, top, bottom, in even
    /// pixels): an opaque one replaces what is there, others are laid over it.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the picture's bytes can't be read.
    pub fn draw(
        &self,
        pixels: &mut [u8],
        picture: &Picture,
        rect: Rect,
        crop: [u32; 4],
        look: impl Into<Look>,
    ) -> Result<(), MediaError> {
        let Look { opacity, tint } = look.into();
        let (opacity, mut tinted) = (weight(opacity), Vec::new());
        if opacity == 0 {
            return Ok(());
        }
        let frame = map(picture)?;
        let planes = Planes::of(&frame)?;
        let (canvas_width, canvas_height) = self.size();
        let side = |n: u32| i64::from(n);
        let index = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let [left, right, top, bottom] = crop.map(side);
        // in pixels of the picture: what is left of it on the canvas; all even
        let x = span(side(rect.width).min(index(planes.width)), left, right, rect.x, canvas_width);
        let y = span(side(rect.height).min(index(planes.height)), top, bottom, rect.y, canvas_height);
        // it lies beside the canvas, or all of it is cut off
        if x.start >= x.end || y.start >= y.end {
            return Ok(());
        }
        for index in 0..3 {
            let plane = self.plane(index);
            let shift = usize::from(index > 0);
            let (data, stride) = planes.data[index];
            let (first, count) = (x.start >> shift, (x.end - x.start).div_ceil(1 << shift));
            let to_x = x.to >> shift;
            let count = count.min(plane.width - to_x.min(plane.width)).min(stride.saturating_sub(first));
            for line in 0..(y.end - y.start).div_ceil(1 << shift) {
                let (from_y, to_y) = ((y.start >> shift) + line, (y.to >> shift) + line);
                if to_y >= plane.height {
                    break;
                }
                let at = plane.offset + to_y * plane.stride + to_x;
                let to = &mut pixels[at..at + count];
                let Some(from) = data.get(from_y * stride + first..from_y * stride + first + count) else { break };
                let from = match tint {
                    Some((color, share)) => {
                        tinted.clear();
                        tinted.extend(from.iter().map(|value| mix(*value, color[index], weight(share))));
                        &tinted[..]
                    }
                    None => from,
                };
                match planes.alpha() {
                    None if opacity == 255 => to.copy_from_slice(from),
                    None => blend(to, from, |_| opacity),
                    Some((alpha, alpha_stride)) => {
                        let row = |y: usize| &alpha[y.min(planes.height - 1) * alpha_stride..][..planes.width];
                        let scaled = |alpha: u32| (alpha * opacity + 127) / 255;
                        if shift == 0 {
                            let alpha = &row(from_y)[first..];
                            blend(to, from, |i| scaled(u32::from(alpha[i])));
                        } else {
                            // a chroma sample stands for 2 × 2 pixels: their mean alpha counts
                            let (upper, lower) = (row(2 * from_y), row(2 * from_y + 1));
                            blend(to, from, |i| {
                                let (l, r) = (2 * (first + i), (2 * (first + i) + 1).min(planes.width - 1));
                                let four = [upper[l.min(r)], upper[r], lower[l.min(r)], lower[r]];
                                scaled((four.iter().map(|a| u32::from(*a)).sum::<u32>() + 2) / 4)
                            });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Draws a picture turned, moved by parts of a pixel or in another size than its own, with soft edges.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the picture's bytes can't be read.
    pub fn draw_sampled(
        &self,
        pixels: &mut [u8],
        picture: &Picture,
        pose: &Pose,
        look: impl Into<Look>,
    ) -> Result<(), MediaError> {
        let look = look.into();
        if weight(look.opacity) == 0 || pose.size.0 < 0.5 || pose.size.1 < 0.5 {
            return Ok(());
        }
        let frame = map(picture)?;
        let planes = Planes::of(&frame)?;
        for index in 0..3 {
            self.sample_plane(pixels, &planes, index, pose, look);
        }
        Ok(())
    }

    fn sample_plane(&self, pixels: &mut [u8], planes: &Planes<'_>, index: usize, pose: &Pose, look: Look) {
        let plane = self.plane(index);
        let grid = if index > 0 { 2.0 } else { 1.0 };
        let (sin, cos) = pose.angle.sin_cos();
        let [left, right, top, bottom] = pose.crop;
        let (half_width, half_height) = (pose.size.0 / 2.0, pose.size.1 / 2.0);
        // the cropped rectangle around the centre, in canvas pixels before it is turned
        let (x0, x1) = (-half_width + left * pose.size.0, half_width - right * pose.size.0);
        let (y0, y1) = (-half_height + top * pose.size.1, half_height - bottom * pose.size.1);
        if x1 <= x0 || y1 <= y0 {
            return;
        }
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)];
        let turned = corners.map(|(x, y)| (x * cos - y * sin + pose.center.0, x * sin + y * cos + pose.center.1));
        let bound = |of: fn(&(f64, f64)) -> f64, most: usize| {
            let values = turned.map(|corner| of(&corner) / grid);
            let least = values.iter().copied().fold(f64::INFINITY, f64::min).floor() - 1.0;
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil() + 1.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the plane")]
            {
                (least.clamp(0.0, most as f64) as usize)..(largest.clamp(0.0, most as f64) as usize)
            }
        };
        let (columns, rows) = (bound(|c| c.0, plane.width), bound(|c| c.1, plane.height));
        let (data, stride) = planes.data[index];
        let (source_width, source_height) = (
            planes.width.div_ceil(if index > 0 { 2 } else { 1 }),
            planes.height.div_ceil(if index > 0 { 2 } else { 1 }),
        );
        let to_source = (planes.width as f64 / pose.size.0, planes.height as f64 / pose.size.1);
        let source = Source { data, stride, width: source_width, height: source_height, taps: taps(to_source) };
        let alpha = planes.alpha().map(|(data, stride)| Source {
            data,
            stride,
            width: planes.width,
            height: planes.height,
            taps: taps((to_source.0 * grid, to_source.1 * grid)),
        });
        for row in rows {
            let dy = (row as f64 + 0.5) * grid - pose.center.1;
            let line = &mut pixels[plane.offset + row * plane.stride..][..plane.width];
            for column in columns.clone() {
                let dx = (column as f64 + 0.5) * grid - pose.center.0;
                let (x, y) = (dx * cos + dy * sin, dy * cos - dx * sin);
                // how much of the pixel lies inside, from the distance to the nearest edges
                let inside = |v: f64, low: f64, high: f64| ((v - low).min(high - v) / grid + 0.5).clamp(0.0, 1.0);
                let coverage = inside(x, x0, x1) * inside(y, y0, y1);
                if coverage <= 0.0 {
                    continue;
                }
                let (u, v) = ((x + half_width) * to_source.0, (y + half_height) * to_source.1);
                let mut seen = coverage * look.opacity;
                if let Some(alpha) = &alpha {
                    seen *= alpha.at(u, v) / 255.0;
                }
                let to = &mut line[column];
                let mut shown = source.at(u / grid, v / grid);
                if let Some((color, share)) = look.tint {
                    shown += (f64::from(color[index]) - shown) * share.clamp(0.0, 1.0);
                }
                let value = f64::from(*to) + (shown - f64::from(*to)) * seen;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
                {
                    *to = (value + 0.5) as u8;
                }
            }
        }
    }

    /// Lets the canvas `pixels` become `other`, as far as `progress` (0 to 1) says.
    pub fn cross(&self, pixels: &mut [u8], other: &[u8], kind: TransitionKind, progress: f64) {
        match kind {
            TransitionKind::Dissolve => {
                let share = (progress.clamp(0.0, 1.0) * 256.0).round();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 256")]
                let share = share as u32;
                for (to, from) in pixels.iter_mut().zip(other) {
                    let sum = u32::from(*to) * (256 - share) + u32::from(*from) * share + 128;
                    *to = u8::try_from(sum >> 8).unwrap_or(u8::MAX);
                }
            }
            TransitionKind::Dip(_) => pixels.copy_from_slice(&other[..pixels.len()]),
            TransitionKind::Wipe(direction) => self.wipe(pixels, other, direction, progress),
        }
    }

    fn wipe(&self, pixels: &mut [u8], other: &[u8], direction: Direction, progress: f64) {
        let (width, height) = self.size();
        let sideways = matches!(direction, Direction::Left | Direction::Right);
        let backwards = matches!(direction, Direction::Left | Direction::Up);
        let length = f64::from(if sideways { width } else { height });
        for index in 0..3 {
            let plane = self.plane(index);
            let grid = if index > 0 { 2.0 } else { 1.0 };
            // how much of a row or column is uncovered; the edge itself is soft by one pixel
            let shown = |n: usize| {
                let at = n as f64 * grid;
                let at = if backwards { length - at - grid } else { at };
                weight(((length * progress - at) / grid).clamp(0.0, 1.0))
            };
            let columns: Vec<u32> = (0..plane.width).map(shown).collect();
            for row in 0..plane.height {
                let start = plane.offset + row * plane.stride;
                let (to, from) = (&mut pixels[start..start + plane.width], &other[start..start + plane.width]);
                if sideways {
                    blend(to, from, |i| columns[i]);
                } else {
                    let share = shown(row);
                    blend(to, from, |_| share);
                }
            }
        }
    }
}

/// What is left of one side of a picture: from `start` to `end`, drawn from `to` on the canvas.
struct Stretch {
    start: usize,
    end: usize,
    to: usize,
}

fn span(size: i64, cut_before: i64, cut_after: i64, at: i32, edge: u32) -> Stretch {
    let at = i64::from(at);
    let start = cut_before.max(-at).max(0);
    let end = (size - cut_after).min(i64::from(edge) - at).max(start);
    let place = |n: i64| usize::try_from(n).unwrap_or(0);
    Stretch { start: place(start), end: place(end), to: place(at + start) }
}

/// One plane to sample from, at positions in its own pixels.
struct Source<'a> {
    data: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
    /// How many samples are averaged along each side, for pictures that become smaller.
    taps: (u32, u32),
}

fn taps(ratio: (f64, f64)) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 4")]
    let along = |ratio: f64| ratio.ceil().clamp(1.0, 4.0) as u32;
    (along(ratio.0 * 0.75), along(ratio.1 * 0.75))
}

impl Source<'_> {
    fn at(&self, u: f64, v: f64) -> f64 {
        let (across, down) = self.taps;
        if across == 1 && down == 1 {
            return self.bilinear(u, v);
        }
        let mut sum = 0.0;
        for j in 0..down {
            for i in 0..across {
                let (i, j) = (f64::from(i) - f64::from(across - 1) / 2.0, f64::from(j) - f64::from(down - 1) / 2.0);
                sum += self.bilinear(u + i, v + j);
            }
        }
        sum / f64::from(across * down)
    }

    fn bilinear(&self, u: f64, v: f64) -> f64 {
        let (u, v) = ((u - 0.5).clamp(0.0, (self.width - 1) as f64), (v - 0.5).clamp(0.0, (self.height - 1) as f64));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the plane")]
        let (x, y) = (u as usize, v as usize);
        let (fx, fy) = (u - x as f64, v - y as f64);
        let (x1, y1) = ((x + 1).min(self.width - 1), (y + 1).min(self.height - 1));
        let pixel = |x: usize, y: usize| f64::from(self.data.get(y * self.stride + x).copied().unwrap_or(0));
        let upper = pixel(x, y) * (1.0 - fx) + pixel(x1, y) * fx;
        let lower = pixel(x, y1) * (1.0 - fx) + pixel(x1, y1) * fx;
        upper * (1.0 - fy) + lower * fy
    }
}

/// A share from 0 to 1 as 0 to 255.
fn weight(share: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    {
        (share.clamp(0.0, 1.0) * 255.0).round() as u32
    }
}

/// `to + (from - to) * alpha / 255`, rounded to nearest.
fn mix(to: u8, from: u8, alpha: u32) -> u8 {
    let sum = u32::from(from) * alpha + u32::from(to) * (255 - alpha) + 127;
    #[expect(clippy::cast_possible_truncation, reason = "a weighted mean of two bytes")]
    {
        (sum / 255) as u8
    }
}

fn blend(to: &mut [u8], from: &[u8], alpha: impl Fn(usize) -> u32) {
    for (i, (to, from)) in to.iter_mut().zip(from).enumerate() {
        *to = mix(*to, *from, alpha(i));
    }
}

/// A full-range RGB colour in limited-range BT.709 (ITU-R BT.709-6, items 3.2 to 3.5).
#[must_use]
pub fn yuv(color: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = color.map(|c| f64::from(c) / 255.0);
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (blue, red) = ((b - y) / 1.8556, (r - y) / 1.5748);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "16 to 240")]
    [16.0 + 219.0 * y, 128.0 + 224.0 * blue, 128.0 + 224.0 * red].map(|v| v.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceTime;
    use gstreamer as gst;

    fn picture(format: gst_video::VideoFormat, size: u32, planes: &[u8]) -> Picture {
        let info = gst_video::VideoInfo::builder(format, size, size).build().unwrap();
        let mut bytes = vec![0; info.size()];
        for (index, value) in planes.iter().enumerate() {
            let end = info.offset().get(index + 1).copied().unwrap_or(info.size());
            bytes[info.offset()[index]..end].fill(*value);
        }
        Picture { time: SourceTime::ZERO, buffer: gst::Buffer::from_mut_slice(bytes), info }
    }

    #[test]
    fn layers_replace_or_blend_what_lies_below() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(16, 16).unwrap();
        let mut pixels = vec![0; canvas.bytes()];
        canvas.clear(&mut pixels);
        let rect = Rect { x: 4, y: 8, width: 8, height: 8 };
        let draw = |pixels: &mut [u8], picture: &Picture| canvas.draw(pixels, picture, rect, [0; 4], 1.0).unwrap();
        draw(&mut pixels, &picture(gst_video::VideoFormat::I420, 8, &[200, 90, 60]));
        let y = |p: &[u8], x: usize, line: usize| p[line * 16 + x];
        let u = |p: &[u8], x: usize, line: usize| p[256 + line * 8 + x];
        assert_eq!([y(&pixels, 3, 8), y(&pixels, 4, 8), y(&pixels, 11, 15), y(&pixels, 12, 15)], [16, 200, 200, 16]);
        assert_eq!([u(&pixels, 1, 4), u(&pixels, 2, 4), u(&pixels, 5, 7), u(&pixels, 6, 7)], [128, 90, 90, 128]);
        let half = picture(gst_video::VideoFormat::A420, 8, &[100, 128, 128, 128]);
        draw(&mut pixels, &half);
        assert_eq!(y(&pixels, 4, 8), 150);
        assert_eq!(u(&pixels, 2, 4), 109);
        let nothing = picture(gst_video::VideoFormat::A420, 8, &[255, 255, 255, 0]);
        draw(&mut pixels, &nothing);
        assert_eq!(y(&pixels, 4, 8), 150);
    }

    #[test]
    fn pictures_over_the_edge_are_cut_there_and_crops_uncover_what_is_below() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(16, 16).unwrap();
        let mut pixels = vec![0; canvas.bytes()];
        canvas.clear(&mut pixels);
        let white = picture(gst_video::VideoFormat::I420, 8, &[235, 128, 128]);
        let y = |p: &[u8], x: usize, line: usize| p[line * 16 + x];
        for (x, at) in [(-4, -6), (12, 14), (-100, 0), (400, 400)] {
            canvas.draw(&mut pixels, &white, Rect { x, y: at, width: 8, height: 8 }, [0; 4], 1.0).unwrap();
        }
        assert_eq!([y(&pixels, 3, 1), y(&pixels, 4, 1), y(&pixels, 3, 2)], [235, 16, 16]);
        assert_eq!([y(&pixels, 12, 14), y(&pixels, 11, 14), y(&pixels, 15, 15)], [235, 16, 235]);
        canvas.clear(&mut pixels);
        let rect = Rect { x: 4, y: 4, width: 8, height: 8 };
        canvas.draw(&mut pixels, &white, rect, [2, 4, 0, 6], 0.5).unwrap();
        assert_eq!([y(&pixels, 5, 4), y(&pixels, 6, 4), y(&pixels, 7, 5), y(&pixels, 8, 4)], [16, 126, 126, 16]);
        assert_eq!(y(&pixels, 6, 6), 16);
    }

    #[test]
    fn sampled_pictures_turn_around_their_centre() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(32, 32).unwrap();
        let white = picture(gst_video::VideoFormat::I420, 16, &[235, 100, 150]);
        let mut pixels = vec![0; canvas.bytes()];
        let draw = |pixels: &mut Vec<u8>, angle: f64, size: (f64, f64)| {
            canvas.clear(pixels);
            let pose = Pose { center: (16.0, 16.0), size, angle: angle.to_radians(), crop: [0.0; 4] };
            canvas.draw_sampled(pixels, &white, &pose, 1.0).unwrap();
        };
        let y = |p: &[u8], x: usize, line: usize| p[line * 32 + x];
        draw(&mut pixels, 0.0, (16.0, 8.0));
        assert_eq!([y(&pixels, 8, 12), y(&pixels, 7, 12), y(&pixels, 23, 19), y(&pixels, 24, 19)], [235, 16, 235, 16]);
        assert_eq!(pixels[1024 + 8 * 16 + 8], 100);
        draw(&mut pixels, 90.0, (16.0, 8.0));
        assert_eq!([y(&pixels, 12, 8), y(&pixels, 12, 7), y(&pixels, 8, 12)], [235, 16, 16]);
        draw(&mut pixels, 45.0, (16.0, 16.0));
        let edge = y(&pixels, 16, 5);
        assert!(y(&pixels, 16, 7) == 235 && y(&pixels, 16, 3) == 16 && (17..235).contains(&edge), "{edge}");
    }

    #[test]
    fn transitions_mix_and_uncover() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(16, 16).unwrap();
        let (mut black, mut white) = (vec![0; canvas.bytes()], vec![0; canvas.bytes()]);
        canvas.clear(&mut black);
        canvas.clear(&mut white);
        white[..256].fill(235);
        let y = |p: &[u8], x: usize, line: usize| p[line * 16 + x];
        let crossed = |kind, progress| {
            let mut pixels = black.clone();
            canvas.cross(&mut pixels, &white, kind, progress);
            pixels
        };
        assert_eq!(y(&crossed(TransitionKind::Dissolve, 0.5), 3, 3), 126);
        let wiped = crossed(TransitionKind::Wipe(Direction::Right), 0.25);
        assert_eq!([y(&wiped, 3, 0), y(&wiped, 4, 0)], [235, 16]);
        let wiped = crossed(TransitionKind::Wipe(Direction::Up), 0.25);
        assert_eq!([y(&wiped, 0, 12), y(&wiped, 0, 11)], [235, 16]);
    }

    #[test]
    fn a_tint_colours_what_is_seen_of_a_picture_and_nothing_below() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(16, 16).unwrap();
        let mut pixels = vec![0; canvas.bytes()];
        canvas.clear(&mut pixels);
        let y = |p: &[u8], x: usize, line: usize| p[line * 16 + x];
        let red = |share| Look { opacity: 1.0, tint: Some((yuv([255, 0, 0]), share)) };
        let white = picture(gst_video::VideoFormat::I420, 8, &[235, 128, 128]);
        let rect = Rect { x: 4, y: 4, width: 8, height: 8 };
        canvas.draw(&mut pixels, &white, rect, [0; 4], red(1.0)).unwrap();
        assert_eq!(
            [y(&pixels, 3, 4), y(&pixels, 4, 4), pixels[256 + 2 * 8 + 2], pixels[320 + 2 * 8 + 2]],
            [16, 63, 102, 240]
        );
        canvas.draw(&mut pixels, &white, rect, [0; 4], red(0.5)).unwrap();
        assert_eq!(y(&pixels, 4, 4), 149);
        // where it is seen through, only its own part
        let half = picture(gst_video::VideoFormat::A420, 8, &[235, 128, 128, 128]);
        canvas.clear(&mut pixels);
        canvas.draw(&mut pixels, &half, rect, [0; 4], red(1.0)).unwrap();
        assert_eq!([y(&pixels, 3, 4), y(&pixels, 4, 4)], [16, 40]);
        let pose = Pose { center: (8.0, 8.0), size: (8.0, 8.0), angle: 0.0, crop: [0.0; 4] };
        canvas.clear(&mut pixels);
        canvas.draw_sampled(&mut pixels, &white, &pose, red(1.0)).unwrap();
        assert_eq!([y(&pixels, 3, 4), y(&pixels, 4, 4)], [16, 63]);
    }
}
