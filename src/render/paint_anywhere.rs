//! Pictures drawn anywhere: whatever the pose, nothing is written beside the canvas, and each sample is what a slow
//! reckoning of that sample alone gives.

use super::canvas::Canvas;
use super::pose::{Place, Pose, Rect, place, pose};
use crate::media::Picture;
use crate::model::{Fit, Param, Properties, SourceTime};
use gstreamer as gst;
use gstreamer_video::{VideoFormat, VideoInfo};

struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % n
    }

    fn even(&mut self, n: u32) -> u32 {
        self.below(n) * 2
    }

    /// Mostly near, now and then at an end or far out.
    fn within(&mut self, (least, most): (f64, f64)) -> f64 {
        let share = f64::from(self.below(10_001)) / 10_000.0;
        match self.below(6) {
            0 => least,
            1 => most,
            2 => least + (most - least) * share,
            _ => f64::midpoint(least, most) + (most - least) * (share - 0.5) / 8.0,
        }
    }
}

/// A picture each of whose samples is told apart by its place.
fn picture(format: VideoFormat, width: u32, height: u32, random: &mut Random) -> Picture {
    let info = VideoInfo::builder(format, width, height).build().unwrap();
    let bytes: Vec<u8> = (0..info.size()).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
    Picture { time: SourceTime::ZERO, buffer: gst::Buffer::from_mut_slice(bytes), info }
}

fn sample(picture: &Picture, bytes: &[u8], plane: usize, x: i64, y: i64) -> u8 {
    let at = i64::try_from(picture.info.offset()[plane]).unwrap() + y * i64::from(picture.info.stride()[plane]) + x;
    bytes[usize::try_from(at).unwrap()]
}

#[test]
fn straight_pictures_are_copied_wherever_they_lie() {
    crate::media::init().unwrap();
    let mut random = Random(3);
    for case in 0..3000 {
        let (width, height) = (2 + random.even(20), 2 + random.even(20));
        let canvas = Canvas::new(16 + random.even(8), 16 + random.even(8)).unwrap();
        let (canvas_width, canvas_height) = canvas.size();
        let format = if random.below(3) == 0 { VideoFormat::A420 } else { VideoFormat::I420 };
        let picture = picture(format, width, height, &mut random);
        let map = picture.buffer.map_readable().unwrap();
        let mut place = |size: u32, edge: u32| {
            let (size, edge) = (i32::try_from(size).unwrap(), i32::try_from(edge).unwrap());
            let any = i32::try_from(random.even(40)).unwrap() - 40;
            [any, edge, edge + 2, -size, -size - 2, 1_000_000, -1_000_000, 0][random.below(8) as usize]
        };
        let (x, y) = (place(width, canvas_width), place(height, canvas_height));
        let mut cut = |side: u32| [0, 0, random.even(side), side, side + 2][random.below(5) as usize];
        let crop = [cut(width), cut(width), cut(height), cut(height)];
        let rect = Rect { x, y, width, height };
        let opacity = [1.0, 1.0, 0.5, 0.0][random.below(4) as usize];
        let mut pixels = vec![0; canvas.bytes()];
        canvas.clear(&mut pixels);
        let before = pixels.clone();
        canvas.draw(&mut pixels, &picture, rect, crop, opacity).unwrap();
        if format == VideoFormat::A420 || opacity < 1.0 {
            // how they mix is said elsewhere; here, that they lie where they should
            assert_eq!(pixels.len(), before.len());
            continue;
        }
        let mut expected = before;
        for index in 0..3 {
            let plane = canvas.plane(index);
            let grid = if index > 0 { 2 } else { 1 };
            for row in 0..plane.height {
                for column in 0..plane.width {
                    let side = |n: u32| i64::from(n);
                    let at = |n: usize| i64::try_from(n).unwrap() * grid;
                    let (u, v) = (at(column) - i64::from(x), at(row) - i64::from(y));
                    let inside =
                        |n: i64, size: u32, before: u32, after: u32| n >= side(before) && n < side(size) - side(after);
                    if inside(u, width, crop[0], crop[1]) && inside(v, height, crop[2], crop[3]) {
                        let value = sample(&picture, &map, index, u / grid, v / grid);
                        expected[plane.offset + row * plane.stride + column] = value;
                    }
                }
            }
        }
        assert!(pixels == expected, "case {case}: {rect:?} cut by {crop:?} on {canvas_width}x{canvas_height}");
    }
}

#[test]
fn turned_pictures_cover_what_their_pose_says_and_no_more() {
    crate::media::init().unwrap();
    let mut random = Random(5);
    for case in 0..1500 {
        let canvas = Canvas::new(16 + random.even(8), 16 + random.even(8)).unwrap();
        let size = canvas.size();
        let colours = [235, 90, 160];
        let info = VideoInfo::builder(VideoFormat::I420, 8, 8).build().unwrap();
        let mut bytes = vec![0; info.size()];
        for (index, colour) in colours.iter().enumerate() {
            let end = info.offset().get(index + 1).copied().unwrap_or(info.size());
            bytes[info.offset()[index]..end].fill(*colour);
        }
        let plain = Picture { time: SourceTime::ZERO, buffer: gst::Buffer::from_mut_slice(bytes), info };
        let mut share = || if random.below(3) == 0 { random.within((0.0, 1.0)) } else { 0.0 };
        let crop = [share(), share(), share(), share()];
        let pose = Pose {
            center: (random.within((-170.0, 190.0)), random.within((-170.0, 190.0))),
            size: (random.within((0.0, 640.0)), random.within((0.0, 640.0))),
            angle: random.within((-63.0, 63.0)),
            crop,
        };
        let mut pixels = vec![0; canvas.bytes()];
        canvas.clear(&mut pixels);
        let mut expected = pixels.clone();
        canvas.draw_sampled(&mut pixels, &plain, &pose, 1.0).unwrap();
        let (left, right) = (-pose.size.0 / 2.0 + crop[0] * pose.size.0, pose.size.0 / 2.0 - crop[1] * pose.size.0);
        let (top, bottom) = (-pose.size.1 / 2.0 + crop[2] * pose.size.1, pose.size.1 / 2.0 - crop[3] * pose.size.1);
        let seen = left < right && top < bottom && pose.size.0 >= 0.5 && pose.size.1 >= 0.5;
        for index in (0..3).filter(|_| seen) {
            let plane = canvas.plane(index);
            let grid = if index > 0 { 2.0 } else { 1.0 };
            for row in 0..plane.height {
                for column in 0..plane.width {
                    let (dx, dy) =
                        ((column as f64 + 0.5) * grid - pose.center.0, (row as f64 + 0.5) * grid - pose.center.1);
                    let (sin, cos) = pose.angle.sin_cos();
                    let (x, y) = (dx * cos + dy * sin, dy * cos - dx * sin);
                    let inside = |n: f64, low: f64, high: f64| ((n - low).min(high - n) / grid + 0.5).clamp(0.0, 1.0);
                    let to = &mut expected[plane.offset + row * plane.stride + column];
                    let share = inside(x, left, right) * inside(y, top, bottom);
                    let value = f64::from(*to) + (f64::from(colours[index]) - f64::from(*to)) * share;
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
                    {
                        *to = (value + 0.5) as u8;
                    }
                }
            }
        }
        let worst = pixels.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(1), "case {case}: {pose:?} on {size:?}: {worst:?}");
    }
}

/// Every value that a clip may have, through the way from the properties to the canvas.
#[test]
fn any_possible_properties_can_be_drawn() {
    use crate::model::limits::{CROPS, POSITIONS, ROTATIONS, SCALES};
    crate::media::init().unwrap();
    let mut random = Random(7);
    let canvas = Canvas::new(64, 36).unwrap();
    let mut pixels = vec![0; canvas.bytes()];
    for case in 0..2000 {
        let fit = [Fit::Letterbox, Fit::Fill, Fit::Stretch][random.below(3) as usize];
        let mut param = |range| Param::fixed(random.within(range));
        let mut properties = Properties {
            fit,
            x: param(POSITIONS),
            y: param(POSITIONS),
            scale: param(SCALES),
            rotation: param(ROTATIONS),
            crop_left: param(CROPS),
            crop_right: param(CROPS),
            crop_top: param(CROPS),
            crop_bottom: param(CROPS),
            ..Properties::default()
        };
        if random.below(2) == 0 {
            properties.rotation = Param::fixed(0.0);
        }
        assert_eq!(properties.impossible(), None);
        let media = [(64, 36), (1, 1), (1, 5000), (1920, 1080), (9, 1 << 20), (1 << 20, 1)][random.below(6) as usize];
        let how = place(&properties, media, (640, 360), canvas.size());
        let (width, height) = how.decoded();
        assert!(
            width >= 2 && height >= 2 && u64::from(width) * u64::from(height) <= 16_384 * 16_384,
            "case {case}: {how:?}"
        );
        // what is far larger than the canvas takes long to make up, and is drawn like any other
        let shown = picture(VideoFormat::A420, width.min(300), height.min(300), &mut random);
        match how {
            Place::Still(rect, crop) => canvas.draw(&mut pixels, &shown, rect, crop, 1.0).unwrap(),
            Place::Sampled(..) => {
                let pose = pose(&properties, media, (640, 360), canvas.size(), SourceTime::ZERO);
                canvas.draw_sampled(&mut pixels, &shown, &pose, 1.0).unwrap();
            }
        }
    }
}
