//! The brightness of pictures, by which they are compared.

use super::error::MediaError;
use super::video_reader::Picture;
use gstreamer_video::{VideoFrameExt, VideoFrameRef};

/// A plane of luma: 8 bits for each pixel, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Luma<'a> {
    pixels: &'a [u8],
    size: (usize, usize),
    stride: usize,
}

impl<'a> Luma<'a> {
    /// With so many pixels in a row and so many rows; `stride` bytes lie from one row to the next.
    #[must_use]
    pub fn new(pixels: &'a [u8], size: (usize, usize), stride: usize) -> Self {
        Self { pixels, size, stride }
    }

    /// Shows somebody that of a decoded picture.
    ///
    /// # Errors
    /// [`MediaError::Element`] for pictures that can't be read.
    pub fn of_picture<T>(picture: &Picture, look: impl FnOnce(&Luma<'_>) -> T) -> Result<T, MediaError> {
        let unreadable = |why: String| MediaError::Element(format!("a decoded picture can't be read: {why}"));
        let frame = VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &picture.info)
            .map_err(|e| unreadable(e.to_string()))?;
        let pixels = frame.plane_data(0).map_err(|e| unreadable(e.to_string()))?;
        let stride = usize::try_from(frame.plane_stride()[0]).unwrap_or(0);
        Ok(look(&Luma { pixels, size: (frame.width() as usize, frame.height() as usize), stride }))
    }

    /// Pixels in a row, and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// A row, from 0; what its plane lacks is not in it.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        let row = self.pixels.get(y * self.stride..).unwrap_or_default();
        &row[..row.len().min(self.size.0)]
    }

    /// How far it is from another of the same size: the mean of the squares of the differences; `None` for another size.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sums over one picture")]
    pub fn squared_error(&self, other: &Luma<'_>) -> Option<f64> {
        let pixels = self.size.0 * self.size.1;
        if self.size != other.size || pixels == 0 {
            return None;
        }
        let of_row = |y: usize| {
            let pixels = self.row(y).iter().zip(other.row(y));
            pixels.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>()
        };
        Some((0..self.size.1).map(|y| u64::from(of_row(y))).sum::<u64>() as f64 / pixels as f64)
    }
}

/// The peak signal-to-noise ratio that a mean squared error of 8-bit samples is, in dB.
#[must_use]
pub fn psnr(squared_error: f64) -> f64 {
    if squared_error <= 0.0 { f64::INFINITY } else { 10.0 * (255.0 * 255.0 / squared_error).log10() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_compared_within_their_rows() {
        // two rows of three pixels, four bytes apart
        let (a, b) = ([10, 20, 30, 0, 40, 50, 60], [10, 20, 36, 99, 40, 50, 60]);
        let (a, b) = (Luma::new(&a, (3, 2), 4), Luma::new(&b, (3, 2), 4));
        assert_eq!(a.squared_error(&b), Some(6.0));
        assert_eq!(a.squared_error(&Luma::new(&[0; 4], (2, 2), 2)), None);
        assert!((psnr(255.0 * 255.0 / 1000.0) - 30.0).abs() < 1e-9 && psnr(0.0).is_infinite());
    }
}
