//! The picture that layers are drawn on, in I420: the encoder's format, and half of RGBA's memory.

use super::plan::Rect;
use crate::media::{MediaError, Picture};
use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

/// Black in limited-range YUV (ITU-R BT.709, 8 bit).
const BLACK: [u8; 3] = [16, 128, 128];

/// Says how the bytes of a canvas lie, and draws into them. The bytes themselves belong to whoever asked
/// for the picture: a slot of the encoder's ring, or a buffer for the screen.
#[derive(Clone, Debug)]
pub struct Canvas {
    info: gst_video::VideoInfo,
}

/// One plane of the canvas.
struct Plane {
    offset: usize,
    stride: usize,
    width: usize,
    height: usize,
}

impl Canvas {
    /// An I420 canvas, BT.709 in limited range.
    ///
    /// # Errors
    /// [`MediaError::Element`] for a size that GStreamer can't express.
    pub fn new(width: u32, height: u32) -> Result<Self, MediaError> {
        crate::media::init()?;
        let colours = gst_video::VideoColorimetry::new(
            gst_video::VideoColorRange::Range16_235,
            gst_video::VideoColorMatrix::Bt709,
            gst_video::VideoTransferFunction::Bt709,
            gst_video::VideoColorPrimaries::Bt709,
        );
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
            .colorimetry(&colours)
            .build()
            .map(|info| Self { info })
            .map_err(|e| MediaError::Element(e.to_string()))
    }

    /// The layout.
    #[must_use]
    pub fn info(&self) -> &gst_video::VideoInfo {
        &self.info
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.info.width(), self.info.height())
    }

    /// How many bytes a picture takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.info.size()
    }

    fn plane(&self, index: usize) -> Plane {
        let shift = usize::from(index > 0);
        Plane {
            offset: self.info.offset()[index],
            stride: usize::try_from(self.info.stride()[index]).unwrap_or(0),
            width: (self.info.width() as usize).div_ceil(1 << shift),
            height: (self.info.height() as usize).div_ceil(1 << shift),
        }
    }

    /// Makes it black.
    pub fn clear(&self, pixels: &mut [u8]) {
        for (index, value) in BLACK.into_iter().enumerate() {
            let plane = self.plane(index);
            pixels[plane.offset..plane.offset + plane.stride * plane.height].fill(value);
        }
    }

    /// Draws a picture that has the rectangle's size: I420 replaces what is there, A420 is laid over it.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the picture's bytes can't be read.
    pub fn draw(&self, pixels: &mut [u8], picture: &Picture, rect: Rect) -> Result<(), MediaError> {
        let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &picture.info)
            .map_err(|e| MediaError::Element(e.to_string()))?;
        let read = |index: u32| {
            let stride = usize::try_from(frame.plane_stride()[index as usize]).unwrap_or(0);
            frame.plane_data(index).map(|data| (data, stride)).map_err(|e| MediaError::Element(e.to_string()))
        };
        let alpha = if frame.format() == gst_video::VideoFormat::A420 { Some(read(3)?) } else { None };
        for index in 0..3 {
            let plane = self.plane(index);
            let shift = usize::from(index > 0);
            let (x, y) = (rect.x as usize >> shift, rect.y as usize >> shift);
            let width = (rect.width.min(frame.width()) as usize).div_ceil(1 << shift).min(plane.width - x);
            let height = (rect.height.min(frame.height()) as usize).div_ceil(1 << shift).min(plane.height - y);
            let (from, from_stride) = read(u32::try_from(index).unwrap_or(0))?;
            for line in 0..height {
                let to = plane.offset + (y + line) * plane.stride + x;
                let to = &mut pixels[to..to + width];
                let from = &from[line * from_stride..][..width];
                match alpha {
                    None => to.copy_from_slice(from),
                    Some((alpha, stride)) if shift == 0 => blend(to, from, &alpha[line * stride..][..width]),
                    Some((alpha, stride)) => {
                        let last = rect.height as usize - 1;
                        let upper = &alpha[(2 * line).min(last) * stride..][..rect.width as usize];
                        let lower = &alpha[(2 * line + 1).min(last) * stride..][..rect.width as usize];
                        blend_chroma(to, from, upper, lower);
                    }
                }
            }
        }
        Ok(())
    }

    /// Wraps finished bytes as a GStreamer buffer.
    #[must_use]
    pub fn buffer(&self, pixels: Vec<u8>) -> gst::Buffer {
        gst::Buffer::from_mut_slice(pixels)
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

fn blend(to: &mut [u8], from: &[u8], alpha: &[u8]) {
    for ((to, from), alpha) in to.iter_mut().zip(from).zip(alpha) {
        *to = mix(*to, *from, u32::from(*alpha));
    }
}

/// A chroma sample stands for 2 × 2 pixels: their mean alpha counts.
fn blend_chroma(to: &mut [u8], from: &[u8], upper: &[u8], lower: &[u8]) {
    for (i, (to, from)) in to.iter_mut().zip(from).enumerate() {
        let (left, right) = (2 * i, (2 * i + 1).min(upper.len() - 1));
        let four = [upper[left], upper[right], lower[left], lower[right]];
        *to = mix(*to, *from, (four.iter().map(|a| u32::from(*a)).sum::<u32>() + 2) / 4);
    }
}

/// Turns a canvas into RGBA, four bytes for each pixel and no padding: full range, BT.709's curve as it is.
///
/// Our own, because GStreamer 1.22's 8-bit matrix comes out 2 to 3 of 255 too dark and its 16-bit one too
/// magenta; what people see in the preview must be what the export's players show.
#[must_use]
pub fn to_rgba(canvas: &Canvas, pixels: &[u8]) -> Vec<u8> {
    let (width, height) = (canvas.info.width() as usize, canvas.info.height() as usize);
    let [luma, blue, red] = [0, 1, 2].map(|index| canvas.plane(index));
    let mut rgba = vec![255_u8; width * height * 4];
    for (y, line) in rgba.chunks_exact_mut(width * 4).enumerate() {
        let lumas = &pixels[luma.offset + y * luma.stride..][..width];
        let blues = &pixels[blue.offset + y / 2 * blue.stride..][..blue.width];
        let reds = &pixels[red.offset + y / 2 * red.stride..][..red.width];
        let pairs = line.chunks_mut(8).zip(lumas.chunks(2)).zip(blues.iter().zip(reds));
        for ((out, lumas), (blue, red)) in pairs {
            let (blue, red) = (i32::from(*blue) - 128, i32::from(*red) - 128);
            // ITU-R BT.709-6, table 4, in 1/65536: 255/219 for luma, 255/112 × (1 - K) for chroma
            let (r, g, b) = (117_489 * red, -13_975 * blue - 34_925 * red, 138_438 * blue);
            for (pixel, luma) in out.chunks_exact_mut(4).zip(lumas) {
                let luma = (i32::from(*luma) - 16) * 76_309 + 32_768;
                pixel[0] = byte(luma + r);
                pixel[1] = byte(luma + g);
                pixel[2] = byte(luma + b);
            }
        }
    }
    rgba
}

fn byte(value: i32) -> u8 {
    u8::try_from((value >> 16).clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceTime;

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
        canvas.draw(&mut pixels, &picture(gst_video::VideoFormat::I420, 8, &[200, 90, 60]), rect).unwrap();
        let y = |p: &[u8], x: usize, line: usize| p[line * 16 + x];
        let u = |p: &[u8], x: usize, line: usize| p[256 + line * 8 + x];
        assert_eq!([y(&pixels, 3, 8), y(&pixels, 4, 8), y(&pixels, 11, 15), y(&pixels, 12, 15)], [16, 200, 200, 16]);
        assert_eq!([u(&pixels, 1, 4), u(&pixels, 2, 4), u(&pixels, 5, 7), u(&pixels, 6, 7)], [128, 90, 90, 128]);
        let half = picture(gst_video::VideoFormat::A420, 8, &[100, 128, 128, 128]);
        canvas.draw(&mut pixels, &half, rect).unwrap();
        assert_eq!(y(&pixels, 4, 8), 150);
        assert_eq!(u(&pixels, 2, 4), 109);
        let nothing = picture(gst_video::VideoFormat::A420, 8, &[255, 255, 255, 0]);
        canvas.draw(&mut pixels, &nothing, rect).unwrap();
        assert_eq!(y(&pixels, 4, 8), 150);
    }

    #[test]
    fn greys_and_colours_are_those_of_the_standard() {
        crate::media::init().unwrap();
        let canvas = Canvas::new(18, 16).unwrap();
        for ([y, u, v], expected) in [
            ([16, 128, 128], [0, 0, 0]),
            ([126, 128, 128], [128, 128, 128]),
            ([235, 128, 128], [255, 255, 255]),
            ([255, 128, 128], [255, 255, 255]),
            // the primaries of 8-bit BT.709 bars at full level
            ([63, 102, 240], [255, 0, 0]),
            ([173, 42, 26], [0, 255, 0]),
            ([32, 240, 118], [0, 0, 255]),
        ] {
            let mut pixels = vec![y; canvas.bytes()];
            let (first, second) = (canvas.info().offset()[1], canvas.info().offset()[2]);
            pixels[first..second].fill(u);
            pixels[second..].fill(v);
            let rgba = to_rgba(&canvas, &pixels);
            assert_eq!(rgba.len(), 18 * 16 * 4);
            for pixel in rgba.chunks(4) {
                let near = pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
                assert!(near && pixel[3] == 255, "{y} {u} {v}: {pixel:?}");
            }
        }
    }
}
