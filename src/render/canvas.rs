//! The picture that layers are drawn on, in I420: the encoder's format, and half of RGBA's memory.

use crate::media::{Luma, MediaError};
use gstreamer as gst;
use gstreamer_video as gst_video;

/// Black in limited-range YUV (ITU-R BT.709, 8 bit).
const BLACK: [u8; 3] = [16, 128, 128];

/// Says how the bytes of a canvas lie, and draws into them. The bytes themselves belong to whoever asked
/// for the picture: a slot of the encoder's ring, or a buffer for the screen.
#[derive(Clone, Debug)]
pub struct Canvas {
    info: gst_video::VideoInfo,
}

/// One plane of the canvas.
pub(super) struct Plane {
    pub offset: usize,
    pub stride: usize,
    pub width: usize,
    pub height: usize,
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

    pub(super) fn plane(&self, index: usize) -> Plane {
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

    /// Puts a picture of this canvas into the middle of a frame that is at least as large, black around it.
    pub fn put_in_middle(&self, pixels: &[u8], frame: &Self, to: &mut [u8]) {
        frame.clear(to);
        for index in 0..3 {
            let (from, onto) = (self.plane(index), frame.plane(index));
            // even, so that the colour lies where the brightness does
            let before =
                |whole: u32, part: u32| (whole.saturating_sub(part) as usize / 4 * 2) >> usize::from(index > 0);
            let left = before(frame.size().0, self.size().0);
            let top = before(frame.size().1, self.size().1);
            let rows = from.height.min(onto.height.saturating_sub(top));
            let width = from.width.min(onto.width.saturating_sub(left));
            for row in 0..rows {
                let source = from.offset + row * from.stride;
                let target = onto.offset + (top + row) * onto.stride + left;
                to[target..target + width].copy_from_slice(&pixels[source..source + width]);
            }
        }
    }

    /// The brightness of what was drawn.
    #[must_use]
    pub fn luma<'a>(&self, pixels: &'a [u8]) -> Luma<'a> {
        let Plane { offset, stride, width, height } = self.plane(0);
        Luma::new(pixels.get(offset..).unwrap_or_default(), (width, height), stride)
    }

    /// Wraps finished bytes as a GStreamer buffer.
    #[must_use]
    pub fn buffer(&self, pixels: Vec<u8>) -> gst::Buffer {
        gst::Buffer::from_mut_slice(pixels)
    }
}

/// Turns a canvas into RGBA, four bytes for each pixel and no padding: what people see in the preview is what the
/// export's players show.
#[must_use]
pub fn to_rgba(canvas: &Canvas, pixels: &[u8]) -> Vec<u8> {
    crate::media::to_rgba(&canvas.info, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_lies_in_the_middle_of_its_frame() {
        crate::media::init().unwrap();
        let (picture, frame) = (Canvas::new(20, 16).unwrap(), Canvas::new(20, 40).unwrap());
        let pixels = vec![77; picture.bytes()];
        let mut to = vec![1; frame.bytes()];
        picture.put_in_middle(&pixels, &frame, &mut to);
        for (index, black) in BLACK.into_iter().enumerate() {
            let plane = frame.plane(index);
            let (top, rows) = if index == 0 { (12, 16) } else { (6, 8) };
            for row in 0..plane.height {
                let wanted = if (top..top + rows).contains(&row) { 77 } else { black };
                let from = plane.offset + row * plane.stride;
                assert!(to[from..from + plane.width].iter().all(|b| *b == wanted), "plane {index}, row {row}");
            }
        }
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
