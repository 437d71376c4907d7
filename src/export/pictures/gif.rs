//! Animated GIFs (`CompuServe` 1990, "Graphics Interchange Format, version 89a"): one palette made for the whole film, its
//! colours mixed by error diffusion, and of each picture only what has changed.

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use quantette::color_map::NearestNeighborColorMap;
use quantette::color_space::{oklab_to_srgb8, srgb8_to_oklab};
use quantette::deps::palette::{Oklab, Srgb};
use quantette::dither::FloydSteinberg;
use quantette::wu::{BinnerF32x3, WuF32x3};
use quantette::{ImageBuf, PaletteBuf, PaletteSize};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

/// Pictures that colours are taken from, at most.
pub(super) const PICTURES: i64 = 48;

/// Pixels that colours are taken from, at most.
pub(super) const SAMPLED: u64 = 1 << 20;

/// Colours; one more index says that a pixel stays as it was.
const COLOURS: u16 = 255;

/// The index that says so.
const STAYS: u8 = 255;

/// The colours of a film.
pub(super) type Palette = PaletteBuf<Oklab>;

/// Pixels from all over a film.
pub(super) struct Colours {
    pixels: Vec<Srgb<u8>>,
    each: usize,
}

impl Colours {
    /// Of so many pictures.
    pub fn of(pictures: i64) -> Self {
        let each = SAMPLED / u64::try_from(pictures.max(1)).unwrap_or(1);
        Self { pixels: Vec::new(), each: usize::try_from(each).unwrap_or(1) }
    }

    /// Takes some of a picture's.
    pub fn add(&mut self, rgba: &[u8]) {
        let count = rgba.len() / 4;
        // an odd step, so that not the same columns are taken in every line
        let step = (count / self.each.max(1)).max(1) | 1;
        self.pixels.extend(pixels(rgba).step_by(step));
    }

    /// The colours that serve them best: by Wu (1991, "Efficient statistical computations for optimal color quantization"), in
    /// a space in which distances are what eyes see (Ottosson 2020, Oklab).
    pub fn palette(self) -> Palette {
        let colours = srgb8_to_oklab(&self.pixels);
        let most = PaletteSize::try_from_u16(COLOURS).unwrap_or(PaletteSize::MAX);
        WuF32x3::run_slice(&colours, BinnerF32x3::oklab_from_srgb8())
            .map_or_else(|_| PaletteBuf::from_array([Oklab::default()]), |wu| wu.palette(most))
    }
}

fn pixels(rgba: &[u8]) -> impl Iterator<Item = Srgb<u8>> + '_ {
    rgba.chunks_exact(4).map(|p| Srgb::new(p[0], p[1], p[2]))
}

/// A GIF that is being written.
pub(super) struct Gif<W: Write> {
    encoder: Encoder<W>,
    colours: NearestNeighborColorMap<Oklab, f32, 3>,
    size: (u32, u32),
    before: Vec<u8>,
    /// Nanoseconds up to the next picture, and hundredths of a second that were written for them.
    time: (i64, i64),
}

impl<W: Write> Gif<W> {
    /// Begins one that goes on for ever.
    pub fn begin(to: W, size: (u32, u32), palette: Palette) -> io::Result<Self> {
        let side = |n: u32| u16::try_from(n).map_err(|_| io::Error::other("a GIF has at most 65535 lines and columns"));
        let table: Vec<u8> = oklab_to_srgb8(palette.as_slice()).iter().flat_map(|c| [c.red, c.green, c.blue]).collect();
        // a full table, so that the last index is none of its colours
        let mut full = table;
        full.resize(256 * 3, 0);
        let mut encoder = Encoder::new(to, side(size.0)?, side(size.1)?, &full).map_err(of_gif)?;
        encoder.set_repeat(Repeat::Infinite).map_err(of_gif)?;
        let colours = NearestNeighborColorMap::new(palette);
        Ok(Self { encoder, colours, size, before: Vec::new(), time: (0, 0) })
    }

    /// Adds a picture that is shown so many nanoseconds.
    pub fn add(&mut self, rgba: &[u8], shown: i64) -> io::Result<()> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let indices = self.indices(rgba)?;
        // what was rounded off before is made up for
        self.time.0 += shown;
        let end = (self.time.0 + 5_000_000) / 10_000_000;
        let delay = u16::try_from(end - self.time.1).unwrap_or(u16::MAX);
        self.time.1 = end;
        let changed = self.changed(rgba);
        let (left, top, w, h) = changed.unwrap_or((0, 0, 1, 1));
        let mut buffer = Vec::with_capacity(w * h);
        for y in top..(top + h).min(height) {
            for x in left..(left + w).min(width) {
                let at = y * width + x;
                let same = !self.before.is_empty() && self.before[at * 4..at * 4 + 3] == rgba[at * 4..at * 4 + 3];
                buffer.push(if same { STAYS } else { indices[at] });
            }
        }
        let side = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let frame = Frame {
            delay,
            dispose: DisposalMethod::Keep,
            transparent: Some(STAYS),
            left: side(left),
            top: side(top),
            width: side(w),
            height: side(h),
            buffer: Cow::Owned(buffer),
            ..Frame::default()
        };
        self.encoder.write_frame(&frame).map_err(of_gif)?;
        self.before.clear();
        self.before.extend_from_slice(rgba);
        Ok(())
    }

    /// The colours of a picture's pixels, by number.
    fn indices(&self, rgba: &[u8]) -> io::Result<Vec<u8>> {
        let pixels: Vec<Srgb<u8>> = pixels(rgba).collect();
        let image = ImageBuf::new(self.size.0, self.size.1, srgb8_to_oklab(&pixels));
        let image = image.map_err(|_| io::Error::other("a picture has the wrong size"))?;
        Ok(FloydSteinberg::new().dither_image_to_indexed(image.as_ref(), &self.colours).into_parts().1)
    }

    /// The least rectangle outside of which a picture is as the one before: left, top, width, height.
    fn changed(&self, rgba: &[u8]) -> Option<(usize, usize, usize, usize)> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        if self.before.is_empty() {
            return Some((0, 0, width, height));
        }
        let line = |y: usize| y * width * 4..(y + 1) * width * 4;
        let differs = |y: &usize| self.before[line(*y)] != rgba[line(*y)];
        let top = (0..height).find(differs)?;
        let bottom = (top..height).rfind(differs)?;
        let column = |x: &usize| {
            (top..=bottom).any(|y| {
                let at = (y * width + x) * 4;
                self.before[at..at + 4] != rgba[at..at + 4]
            })
        };
        let left = (0..width).find(column)?;
        let right = (left..width).rfind(column)?;
        Some((left, top, right - left + 1, bottom - top + 1))
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<()> {
        self.encoder.into_inner().map_err(of_gif)?.flush()
    }
}

fn of_gif(error: gif::EncodingError) -> io::Error {
    match error {
        gif::EncodingError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Size and number of the pictures in a GIF.
pub(super) fn look(path: &Path) -> Result<((u32, u32), u64), String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut reader = options.read_info(BufReader::new(file)).map_err(|e| e.to_string())?;
    let size = (u32::from(reader.width()), u32::from(reader.height()));
    let mut count = 0;
    while reader.next_frame_info().map_err(|e| e.to_string())?.is_some() {
        count += 1;
    }
    Ok((size, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;

    /// A grey ramp with a red square that moves.
    fn picture(n: usize) -> Vec<u8> {
        let pixel = |at: usize| {
            let (x, y) = (at % 64, at / 64);
            let grey = u8::try_from(x * 4).unwrap();
            let red = (n * 8..n * 8 + 8).contains(&x) && (10..18).contains(&y);
            if red { [255, 0, 0, 255] } else { [grey, grey, grey, 255] }
        };
        (0..64 * 32).flat_map(pixel).collect()
    }

    #[test]
    fn what_other_decoders_see_is_what_was_drawn_when_it_was_drawn() {
        let pictures: Vec<Vec<u8>> = (0..4).map(picture).collect();
        let mut colours = Colours::of(4);
        for picture in &pictures {
            colours.add(picture);
        }
        let mut bytes = Vec::new();
        let mut gif = Gif::begin(&mut bytes, (64, 32), colours.palette()).unwrap();
        // 15 a second: 6.67 hundredths each
        let period = 1_000_000_000 / 15;
        for picture in &pictures {
            gif.add(picture, period).unwrap();
        }
        gif.finish().unwrap();
        let decoded = GifDecoder::new(io::Cursor::new(&bytes)).unwrap().into_frames().collect_frames().unwrap();
        assert_eq!(decoded.len(), 4);
        let delays: Vec<u32> = decoded.iter().map(|f| f.delay().numer_denom_ms().0 / 10).collect();
        assert_eq!(delays, [7, 6, 7, 7]);
        for (decoded, drawn) in decoded.iter().zip(&pictures) {
            let off = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b));
            let off: u32 = decoded.buffer().as_raw().iter().zip(drawn).map(off).sum();
            assert!(off / (64 * 32 * 4) < 3, "{off}");
        }
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &bytes).unwrap();
        assert_eq!(look(path.path()).unwrap(), ((64, 32), 4));
    }

    #[test]
    fn a_picture_that_does_not_change_takes_next_to_nothing() {
        let size = |count: usize| {
            let mut colours = Colours::of(1);
            colours.add(&picture(1));
            let mut bytes = Vec::new();
            let mut gif = Gif::begin(&mut bytes, (64, 32), colours.palette()).unwrap();
            for _ in 0..count {
                gif.add(&picture(1), 40_000_000).unwrap();
            }
            gif.finish().unwrap();
            bytes.len()
        };
        assert!(size(11) - size(1) < 10 * 40, "{} {}", size(11), size(1));
    }
}
