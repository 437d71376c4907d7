//! Bringing decoded colours to what the renderer works in: BT.709 in limited range, 8 bit.
//!
//! Our own, because GStreamer 1.22's 8-bit matrices are some levels off, and because it does not tone-map: pictures
//! for HDR screens (PQ, HLG) and wide gamuts are brought to an ordinary screen's with a table.

use crate::model::{Transfer, VideoStream};
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::{VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoFormat, VideoFrameExt};
use std::sync::{Arc, OnceLock};

/// Samples of the table along each axis.
const GRID: usize = 65;

/// Steps of ten bits from one sample to the next.
const STEP: usize = 1024 / (GRID - 1);

/// What is done to a picture.
#[derive(Clone)]
pub(super) enum Conversion {
    /// It is right already.
    None,
    /// Another matrix or range.
    Linear(Linear),
    /// Red, green and blue, with or without alpha.
    FromRgb,
    /// HDR or a wide gamut, in 10 bit.
    Table(Arc<Table>),
}

/// `y' = yy·y + yu·u + yv·v + y0`, `u' = uu·u + uv·v`, `v' = vu·u + vv·v`, with chroma around 0, in 1/65536.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Linear {
    yy: i32,
    yu: i32,
    yv: i32,
    y0: i32,
    uu: i32,
    uv: i32,
    vu: i32,
    vv: i32,
}

impl Conversion {
    /// What a stream's pictures need.
    pub fn of(video: Option<&VideoStream>) -> Self {
        let Some(video) = video else { return Self::None };
        let colours = video.colorimetry.parse::<gst_video::VideoColorimetry>().ok();
        let matrix = colours.map_or(VideoColorMatrix::Unknown, |c| c.matrix());
        if matrix == VideoColorMatrix::Rgb {
            return Self::FromRgb;
        }
        let full = colours.is_some_and(|c| c.range() == VideoColorRange::Range0_255);
        let wide = colours.is_some_and(|c| c.primaries() == VideoColorPrimaries::Bt2020);
        match (video.transfer, wide) {
            (Transfer::Sdr, false) => {}
            (transfer, _) => return Self::Table(Table::shared(transfer, full)),
        }
        let matrix = match matrix {
            VideoColorMatrix::Bt709 => (0.2126, 0.0722),
            VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => (0.299, 0.114),
            VideoColorMatrix::Smpte240m => (0.212, 0.087),
            VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
            // what says nothing is as old as its size
            _ if video.height.min(video.width) < 720 => (0.299, 0.114),
            _ => (0.2126, 0.0722),
        };
        match Linear::new(matrix, full) {
            same if same == Linear::new((0.2126, 0.0722), false) => Self::None,
            linear => Self::Linear(linear),
        }
    }

    /// Whether a stream's pictures are what the renderer works in as they are.
    pub fn is_needless(video: &VideoStream) -> bool {
        matches!(Self::of(Some(video)), Self::None)
    }

    /// The format that pictures are decoded to, where `wanted` is what they become.
    pub fn decoded(&self, wanted: VideoFormat) -> VideoFormat {
        match self {
            Self::None | Self::Linear(_) => wanted,
            Self::FromRgb => VideoFormat::Rgba,
            Self::Table(_) => VideoFormat::I42010le,
        }
    }

    /// Converts a picture to `wanted`: I420 or A420. Gives it back as it is where nothing is to be done, or where
    /// its bytes can't be read.
    pub fn apply(
        &self,
        buffer: gst::Buffer,
        info: &gst_video::VideoInfo,
        wanted: VideoFormat,
    ) -> (gst::Buffer, gst_video::VideoInfo) {
        if matches!(self, Self::None) {
            return (buffer, info.clone());
        }
        let target = gst_video::VideoInfo::builder(wanted, info.width(), info.height()).build();
        let converted = target.ok().and_then(|target| {
            let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(&buffer, info).ok()?;
            let mut out = vec![255_u8; target.size()];
            match self {
                Self::None => return None,
                Self::Linear(linear) => linear.apply(&frame, &target, &mut out)?,
                Self::FromRgb => from_rgb(&frame, &target, &mut out)?,
                Self::Table(table) => table.apply(&frame, &target, &mut out)?,
            }
            Some((gst::Buffer::from_mut_slice(out), target))
        });
        converted.unwrap_or_else(|| (buffer, info.clone()))
    }
}

type Frame<'a> = gst_video::VideoFrameRef<&'a gst::BufferRef>;

/// A plane's bytes and the distance of its lines.
fn plane<'a>(frame: &'a Frame<'_>, index: u32) -> Option<(&'a [u8], usize)> {
    let stride = usize::try_from(*frame.plane_stride().get(index as usize)?).ok()?;
    Some((frame.plane_data(index).ok()?, stride))
}

/// Where a plane of the result begins, and the distance of its lines.
fn layout(info: &gst_video::VideoInfo, index: usize) -> (usize, usize) {
    (info.offset()[index], usize::try_from(info.stride()[index]).unwrap_or(0))
}

fn byte(value: i32) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX)
}

impl Linear {
    /// From the matrix with these weights of red and blue (ITU-R BT.601, BT.709, BT.2020), in full or limited range.
    fn new((red, blue): (f64, f64), full: bool) -> Self {
        // chroma over luma: Cr = (R - Y) / (2 - 2·Kr), Cb = (B - Y) / (2 - 2·Kb)
        let (r_v, b_u) = (2.0 - 2.0 * red, 2.0 - 2.0 * blue);
        let green = 1.0 - red - blue;
        let (g_u, g_v) = (-blue * b_u / green, -red * r_v / green);
        let (k_r, k_g, k_b) = (0.2126, 0.7152, 0.0722);
        // what u and v add to the new luma
        let (y_u, y_v) = (k_g * g_u + k_b * b_u, k_r * r_v + k_g * g_v);
        let (from_u, from_v) = ([-y_u, g_u - y_u, b_u - y_u], [r_v - y_v, g_v - y_v, -y_v]);
        let (per_u, per_v) = (1.0 / (2.0 - 2.0 * k_b), 1.0 / (2.0 - 2.0 * k_r));
        let (luma, chroma) = if full { (219.0 / 255.0, 224.0 / 255.0) } else { (1.0, 1.0) };
        let black = if full { 0.0 } else { 16.0 };
        #[expect(clippy::cast_possible_truncation, reason = "factors near 1")]
        let fixed = |value: f64| (value * 65_536.0).round() as i32;
        // chroma of ±0.5 has 224 (or 255) steps, luma 219 (or 255)
        let chroma_to_luma = if full { 219.0 / 255.0 } else { 219.0 / 224.0 };
        Self {
            yy: fixed(luma),
            yu: fixed(y_u * chroma_to_luma),
            yv: fixed(y_v * chroma_to_luma),
            y0: fixed(16.0 - black * luma),
            uu: fixed(from_u[2] * per_u * chroma),
            uv: fixed(from_v[2] * per_u * chroma),
            vu: fixed(from_u[0] * per_v * chroma),
            vv: fixed(from_v[0] * per_v * chroma),
        }
    }

    fn apply(&self, frame: &Frame<'_>, target: &gst_video::VideoInfo, out: &mut [u8]) -> Option<()> {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let ((luma, luma_stride), (blue, blue_stride), (red, red_stride)) =
            (plane(frame, 0)?, plane(frame, 1)?, plane(frame, 2)?);
        let places = [0, 1, 2].map(|index| layout(target, index));
        let half = 1 << 15;
        for y in 0..height.div_ceil(2) {
            for x in 0..width.div_ceil(2) {
                let u = i32::from(blue[y * blue_stride + x]) - 128;
                let v = i32::from(red[y * red_stride + x]) - 128;
                out[places[1].0 + y * places[1].1 + x] = byte(((self.uu * u + self.uv * v + half) >> 16) + 128);
                out[places[2].0 + y * places[2].1 + x] = byte(((self.vu * u + self.vv * v + half) >> 16) + 128);
                let add = self.yu * u + self.yv * v + self.y0 + half;
                for (line, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let (line, column) = (2 * y + line, 2 * x + column);
                    if line < height && column < width {
                        let value = self.yy * i32::from(luma[line * luma_stride + column]) + add;
                        out[places[0].0 + line * places[0].1 + column] = byte(value >> 16);
                    }
                }
            }
        }
        copy_alpha(frame, target, out)
    }
}

/// Copies the alpha plane where both have one; where only the result has, it stays opaque.
fn copy_alpha(frame: &Frame<'_>, target: &gst_video::VideoInfo, out: &mut [u8]) -> Option<()> {
    if target.format() == VideoFormat::A420 && frame.format() == VideoFormat::A420 {
        let ((alpha, stride), (to, to_stride)) = (plane(frame, 3)?, layout(target, 3));
        let width = frame.width() as usize;
        for y in 0..frame.height() as usize {
            out[to + y * to_stride..][..width].copy_from_slice(&alpha[y * stride..][..width]);
        }
    }
    Some(())
}

/// ITU-R BT.709-6, items 3.2 to 3.5. A chroma sample is the mean of its 2 × 2 pixels, weighted by their alpha.
fn from_rgb(frame: &Frame<'_>, target: &gst_video::VideoInfo, out: &mut [u8]) -> Option<()> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (data, stride) = plane(frame, 0)?;
    let places = [0, 1, 2].map(|index| layout(target, index));
    let alpha = (target.format() == VideoFormat::A420).then(|| layout(target, 3));
    for y in 0..height.div_ceil(2) {
        for x in 0..width.div_ceil(2) {
            let (mut sum, mut weight) = ([0_i64; 3], 0_i64);
            for (line, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (line, column) = (2 * y + line, 2 * x + column);
                if line >= height || column >= width {
                    continue;
                }
                let pixel = &data[line * stride + column * 4..][..4];
                let [r, g, b, a] = [pixel[0], pixel[1], pixel[2], pixel[3]].map(i64::from);
                let luma = (11_966 * r + 40_254 * g + 4_064 * b + (16 << 16) + (1 << 15)) >> 16;
                out[places[0].0 + line * places[0].1 + column] = byte(i32::try_from(luma).unwrap_or(16));
                if let Some((to, to_stride)) = alpha {
                    out[to + line * to_stride + column] = pixel[3];
                }
                let share = if alpha.is_some() { a } else { 255 };
                weight += share;
                sum = [sum[0] + r * share, sum[1] + g * share, sum[2] + b * share];
            }
            let [r, g, b] = sum.map(|s| s * 256 / weight.max(1));
            // in 1/256 of a level
            let y709 = (13_933 * r + 46_871 * g + 4_732 * b) >> 16;
            let chroma = |c: i64, per: i64| {
                let value = ((c - y709) * per / 65_536 + (128 << 8) + 128) >> 8;
                byte(i32::try_from(value).unwrap_or(128))
            };
            // 224/255 over 2 - 2·K
            out[places[1].0 + y * places[1].1 + x] = chroma(b, 31_024);
            out[places[2].0 + y * places[2].1 + x] = chroma(r, 36_556);
        }
    }
    Some(())
}

/// Turns I420 or A420 in BT.709 and limited range into RGBA, four bytes for each pixel and no padding: full range,
/// BT.709's curve as it is.
#[must_use]
pub fn to_rgba(info: &gst_video::VideoInfo, pixels: &[u8]) -> Vec<u8> {
    let (width, height) = (info.width() as usize, info.height() as usize);
    let [luma, blue, red] = [0, 1, 2].map(|index| layout(info, index));
    let mut rgba = vec![255_u8; width * height * 4];
    for (y, line) in rgba.chunks_exact_mut(width * 4).enumerate() {
        let lumas = &pixels[luma.0 + y * luma.1..][..width];
        let blues = &pixels[blue.0 + y / 2 * blue.1..][..width.div_ceil(2)];
        let reds = &pixels[red.0 + y / 2 * red.1..][..width.div_ceil(2)];
        let pairs = line.chunks_mut(8).zip(lumas.chunks(2)).zip(blues.iter().zip(reds));
        for ((out, lumas), (blue, red)) in pairs {
            let (blue, red) = (i32::from(*blue) - 128, i32::from(*red) - 128);
            // ITU-R BT.709-6, table 4, in 1/65536: 255/219 for luma, 255/112 × (1 - K) for chroma
            let (r, g, b) = (117_489 * red, -13_975 * blue - 34_925 * red, 138_438 * blue);
            for (pixel, luma) in out.chunks_exact_mut(4).zip(lumas) {
                let luma = (i32::from(*luma) - 16) * 76_309 + 32_768;
                pixel[0] = byte((luma + r) >> 16);
                pixel[1] = byte((luma + g) >> 16);
                pixel[2] = byte((luma + b) >> 16);
            }
        }
        if info.format() == VideoFormat::A420 {
            let (alpha, stride) = layout(info, 3);
            for (pixel, alpha) in line.chunks_exact_mut(4).zip(&pixels[alpha + y * stride..]) {
                pixel[3] = *alpha;
            }
        }
    }
    rgba
}

/// A table from Y, U and V to Y, U and V.
pub(super) struct Table {
    /// In 1/64 of a level.
    values: Vec<[i16; 3]>,
}

impl Table {
    /// The table for a transfer, made once.
    fn shared(transfer: Transfer, full: bool) -> Arc<Self> {
        static TABLES: [OnceLock<Arc<Table>>; 6] = [const { OnceLock::new() }; 6];
        let kind = match transfer {
            Transfer::Sdr => 0,
            Transfer::Pq => 1,
            Transfer::Hlg => 2,
        };
        Arc::clone(TABLES[kind * 2 + usize::from(full)].get_or_init(|| Arc::new(Self::new(transfer, full))))
    }

    fn new(transfer: Transfer, full: bool) -> Self {
        let step = |n: usize| n as f64 / (GRID - 1) as f64;
        let mut values = Vec::with_capacity(GRID * GRID * GRID);
        for y in 0..GRID {
            for u in 0..GRID {
                for v in 0..GRID {
                    let (y, u, v) = (step(y), step(u) - 0.5, step(v) - 0.5);
                    let (y, u, v) = if full {
                        (y, u, v)
                    } else {
                        ((y * 255.0 - 16.0) / 219.0, u * 255.0 / 224.0, v * 255.0 / 224.0)
                    };
                    values.push(to_bt709(y, u, v, transfer));
                }
            }
        }
        Self { values }
    }

    fn apply(&self, frame: &Frame<'_>, target: &gst_video::VideoInfo, out: &mut [u8]) -> Option<()> {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let ((luma, luma_stride), (blue, blue_stride), (red, red_stride)) =
            (plane(frame, 0)?, plane(frame, 1)?, plane(frame, 2)?);
        let ten = |data: &[u8], stride: usize, x: usize, y: usize| {
            let at = y * stride + 2 * x;
            usize::from(u16::from_le_bytes([data[at], data[at + 1]]).min(1023))
        };
        let places = [0, 1, 2].map(|index| layout(target, index));
        for y in 0..height.div_ceil(2) {
            for x in 0..width.div_ceil(2) {
                let column = Self::column(ten(blue, blue_stride, x, y), ten(red, red_stride, x, y));
                let (mut sum, mut count) = ([0_i32; 2], 0);
                for (line, place) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let (line, place) = (2 * y + line, 2 * x + place);
                    if line >= height || place >= width {
                        continue;
                    }
                    let [l, u, v] = column.at(self, ten(luma, luma_stride, place, line));
                    out[places[0].0 + line * places[0].1 + place] = byte((l + 32) >> 6);
                    sum = [sum[0] + u, sum[1] + v];
                    count += 1;
                }
                for (sum, place) in sum.iter().zip([places[1], places[2]]) {
                    out[place.0 + y * place.1 + x] = byte((sum / count.max(1) + 32) >> 6);
                }
            }
        }
        Some(())
    }

    /// The four columns of the table around a chroma, and their weights.
    fn column(u: usize, v: usize) -> Column {
        let ((u, fu), (v, fv)) = (cell(u), cell(v));
        let next = |n: usize| (n + 1).min(GRID - 1);
        let [whole_u, whole_v] = [SHARES - fu, SHARES - fv];
        Column {
            corners: [
                (u * GRID + v, whole_u * whole_v),
                (u * GRID + next(v), whole_u * fv),
                (next(u) * GRID + v, fu * whole_v),
                (next(u) * GRID + next(v), fu * fv),
            ],
        }
    }
}

struct Column {
    corners: [(usize, i32); 4],
}

impl Column {
    fn at(&self, table: &Table, luma: usize) -> [i32; 3] {
        let (low, share) = cell(luma);
        let high = (low + 1).min(GRID - 1);
        let mut sum = [0_i32; 3];
        for (corner, weight) in &self.corners {
            let (a, b) = (table.values[low * GRID * GRID + corner], table.values[high * GRID * GRID + corner]);
            for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
                *sum += (i32::from(a) * (SHARES - share) + i32::from(b) * share) * weight;
            }
        }
        sum.map(|s| s / (SHARES * SHARES * SHARES))
    }
}

/// The shares between two samples.
const SHARES: i32 = 16;

/// Ten bits as a cell of the table and its share of the next.
fn cell(value: usize) -> (usize, i32) {
    let scaled = value * 1024 / 1023;
    let (cell, rest) = ((scaled / STEP).min(GRID - 1), scaled % STEP);
    (cell, if cell == GRID - 1 { 0 } else { i32::try_from(rest).unwrap_or(0) })
}

/// The light that ordinary white has on an HDR screen, in cd/m² (ITU-R BT.2408).
const REFERENCE_WHITE: f64 = 203.0;

/// One colour of BT.2020 as 8-bit BT.709 in limited range, in 1/64 of a level.
#[expect(clippy::many_single_char_names, reason = "what the standards call them")]
fn to_bt709(y: f64, u: f64, v: f64, transfer: Transfer) -> [i16; 3] {
    // ITU-R BT.2020-2, table 4: non-constant luminance
    let (red, blue) = (y + 1.4746 * v, y + 1.8814 * u);
    let green = (y - 0.2627 * red - 0.0593 * blue) / 0.6780;
    let light = match transfer {
        Transfer::Pq => [red, green, blue].map(|c| pq(c) * 10_000.0 / REFERENCE_WHITE),
        Transfer::Hlg => hlg([red, green, blue]).map(|c| c * 1000.0 / REFERENCE_WHITE),
        // BT.1886, as the screen shows it
        Transfer::Sdr => [red, green, blue].map(|c| c.clamp(0.0, 1.0).powf(2.4)),
    };
    let light = if transfer == Transfer::Sdr { light } else { tone_map(light) };
    // ITU-R BT.2087-0: primaries of BT.2020 to those of BT.709
    let [r, g, b] = light;
    let narrow = [
        1.6605 * r - 0.5876 * g - 0.0728 * b,
        -0.1246 * r + 1.1329 * g - 0.0083 * b,
        -0.0182 * r - 0.1006 * g + 1.1187 * b,
    ];
    let [r, g, b] = into_gamut(narrow).map(|c| c.clamp(0.0, 1.0).powf(1.0 / 2.4));
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let levels = [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748];
    #[expect(clippy::cast_possible_truncation, reason = "below 256 × 64")]
    levels.map(|level| (level * 64.0).round() as i16)
}

/// Colours outside the gamut lose saturation until they fit, and keep their brightness.
fn into_gamut(light: [f64; 3]) -> [f64; 3] {
    let luma = (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]).clamp(0.0, 1.0);
    let mut keep = 1.0_f64;
    for c in light {
        if c < 0.0 {
            keep = keep.min(luma / (luma - c));
        } else if c > 1.0 {
            keep = keep.min((1.0 - luma) / (c - luma).max(1e-9));
        }
    }
    light.map(|c| luma + (c - luma) * keep)
}

/// SMPTE ST 2084: a code value as light, 1 for 10 000 cd/m².
fn pq(value: f64) -> f64 {
    let (m1, m2) = (2610.0 / 16_384.0, 2523.0 / 4096.0 * 128.0);
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 4096.0 * 32.0, 2392.0 / 4096.0 * 32.0);
    let p = value.clamp(0.0, 1.0).powf(1.0 / m2);
    ((p - c1).max(0.0) / (c2 - c3 * p)).powf(1.0 / m1)
}

/// ARIB STD-B67 with the system gamma of a 1000 cd/m² screen (ITU-R BT.2100-2, table 5): light, 1 for its white.
fn hlg(values: [f64; 3]) -> [f64; 3] {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    let scene = values.map(|v| {
        let v = v.clamp(0.0, 1.0);
        if v <= 0.5 { v * v / 3.0 } else { (((v - c) / a).exp() + b) / 12.0 }
    });
    let luma = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
    scene.map(|s| s * luma.max(1e-9).powf(0.2))
}

/// Light relative to ordinary white, brought below 1: what is darker than half of white stays, highlights up to 1000
/// cd/m² roll off (a Hermite spline like that of ITU-R BT.2390, on the largest component, so that hues stay).
fn tone_map(light: [f64; 3]) -> [f64; 3] {
    let peak = 1000.0 / REFERENCE_WHITE;
    let largest = light.iter().copied().fold(0.0, f64::max);
    // ordinary white lies somewhat below the top, so that highlights have somewhere to go
    let (white, knee) = (0.85, 0.5);
    let x = largest * white;
    if x <= knee {
        return light.map(|c| c * white);
    }
    let top = peak * white;
    let t = ((x - knee) / (top - knee)).min(1.0);
    // from the knee with its slope of 1 to 1 with a slope of 0
    let slope = (top - knee) / (1.0 - knee);
    let bent = if slope > 3.0 {
        // a spline with such a slope would overshoot: a rational curve does not
        let s = slope;
        s * t / (1.0 + (s - 1.0) * t)
    } else {
        let (t2, t3) = (t * t, t * t * t);
        slope * (t3 - 2.0 * t2 + t) + (3.0 * t2 - 2.0 * t3)
    };
    let mapped = knee + (1.0 - knee) * bent;
    light.map(|c| c * mapped / largest.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_stays_grey_in_every_matrix() {
        for matrix in [(0.2126, 0.0722), (0.299, 0.114), (0.2627, 0.0593)] {
            for full in [false, true] {
                let linear = Linear::new(matrix, full);
                for (from, to) in
                    if full { [(0, 16), (128, 126), (255, 235)] } else { [(16, 16), (126, 126), (235, 235)] }
                {
                    let y = (linear.yy * from + linear.y0 + (1 << 15)) >> 16;
                    assert!((y - to).abs() <= 1, "{matrix:?} {full}: {from} became {y}");
                }
            }
        }
        // pure red of BT.601 (81, 90, 240) is (63, 102, 240) in BT.709
        let linear = Linear::new((0.299, 0.114), false);
        let (u, v) = (90 - 128, 240 - 128);
        let round = |n: i32| (n + (1 << 15)) >> 16;
        let y = round(linear.yy * 81 + linear.yu * u + linear.yv * v + linear.y0);
        let (blue, red) = (round(linear.uu * u + linear.uv * v) + 128, round(linear.vu * u + linear.vv * v) + 128);
        assert!((y - 63).abs() <= 1 && (blue - 102).abs() <= 1 && (red - 240).abs() <= 1, "{y} {blue} {red}");
    }

    #[test]
    fn hdr_looks_normal() {
        let level = |transfer, y| f64::from(to_bt709(y, 0.0, 0.0, transfer)[0]) / 64.0;
        // 203 cd/m², ordinary white: 58 % of PQ, 75 % of HLG (ITU-R BT.2408, table 1)
        for (transfer, white) in [(Transfer::Pq, 0.58), (Transfer::Hlg, 0.75)] {
            let found = level(transfer, white);
            assert!((185.0..228.0).contains(&found), "{transfer:?}: white is {found}");
            assert!((level(transfer, 0.0) - 16.0).abs() < 0.1);
            assert!(level(transfer, 1.0) <= 235.01);
            // brighter is never darker, and grey stays grey
            let ramp: Vec<f64> = (0..=100).map(|n| level(transfer, f64::from(n) / 100.0)).collect();
            assert!(ramp.windows(2).all(|w| w[1] >= w[0] - 0.02), "{ramp:?}");
            let [_, u, v] = to_bt709(0.5, 0.0, 0.0, transfer);
            assert!((u - 128 * 64).abs() < 32 && (v - 128 * 64).abs() < 32);
        }
        // wide colours are brought in, not cut: still red, and not brighter than white
        let [y, _, v] = to_bt709(0.4, -0.2, 0.4, Transfer::Pq);
        assert!(v > 150 * 64 && y < 235 * 64);
    }

    #[test]
    fn the_table_is_as_good_as_what_it_was_made_of() {
        let table = Table::new(Transfer::Hlg, false);
        let mut worst = 0.0_f64;
        for y in (64..=940).step_by(37) {
            for (u, v) in [(512, 512), (480, 560), (600, 470), (512, 620)] {
                let found = Table::column(u, v).at(&table, y);
                let scale = |c: usize| (c as f64 / 4.0 * 1023.0 / 1023.0 - 128.0) / 224.0;
                let expected = to_bt709((y as f64 / 4.0 - 16.0) / 219.0, scale(u), scale(v), Transfer::Hlg);
                for (a, b) in found.iter().zip(expected) {
                    worst = worst.max((f64::from(*a) - f64::from(b)).abs() / 64.0);
                }
            }
        }
        assert!(worst < 4.0, "{worst} levels off");
    }
}
