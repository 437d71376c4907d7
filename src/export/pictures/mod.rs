//! Pictures alone: animations, numbered pictures, a still.

mod gif;
mod webp;

use super::delivery::Delivery;
use super::framed::Framed;
use super::memory::forget_programs;
use super::progress::Progress;
use super::run::Run;
use super::settings::{ExportError, ExportEvent};
use super::target::Pictures;
use crate::media::{MediaError, png};
use crate::model::{Frame, FrameCount, FrameRate};
use crate::platform::whole_files::ScratchFolder;
use crate::render::to_rgba;
use image::RgbaImage;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// What writing pictures takes whatever their size, in bytes.
const FIXED: u64 = 10 << 20;

/// Digits of the numbers of pictures in a folder.
const DIGITS: usize = 6;

/// What the nth picture of a folder is called.
fn numbered(stem: &OsStr, n: i64) -> OsString {
    let mut name = stem.to_owned();
    name.push(format!("-{n:0DIGITS$}.png"));
    name
}

/// Whether that is how a file is called.
pub(super) fn is_numbered(name: &OsStr) -> bool {
    name.to_str().and_then(|name| name.strip_suffix(".png")).is_some_and(|stem| {
        let digits = stem.rsplit('-').next().unwrap_or_default();
        digits.len() >= DIGITS && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

impl Pictures {
    /// From one picture to the next, in frames of the sequence; 0 where there is only one.
    fn step(self, rate: FrameRate) -> i64 {
        let most = match self {
            Self::Gif { rate } | Self::WebP { rate, .. } => i64::from(rate.max(1)),
            Self::Sequence => return 1,
            Self::Still => return 0,
        };
        (i64::from(rate.num()) + most * i64::from(rate.den()) - 1) / (most * i64::from(rate.den()))
    }

    /// How many pictures so many frames become.
    #[must_use]
    pub(super) fn count(self, length: FrameCount, rate: FrameRate) -> u64 {
        let step = self.step(rate);
        let count = if step == 0 { length.0.min(1) } else { (length.0 + step - 1) / step };
        u64::try_from(count).unwrap_or(0)
    }

    /// Bits for each pixel of ordinary footage, in hundredths. The truth depends on the picture.
    pub(super) fn usual_bits(self) -> u64 {
        match self {
            Self::Gif { .. } => 500,
            Self::WebP { .. } => 80,
            Self::Sequence | Self::Still => 1200,
        }
    }

    /// What it holds of frames of that size beside the readers, in bytes.
    pub(super) fn holds(self, (width, height): (u32, u32)) -> u64 {
        let pixels = u64::from(width) * u64::from(height);
        // the frame as it is drawn, and in four bytes a pixel
        let drawn = FIXED + pixels * 3 / 2 + pixels * 4;
        match self {
            // before and after; as floats; as indices
            Self::Gif { .. } => drawn + pixels * 24 + gif::SAMPLED * 16,
            Self::WebP { .. } => drawn + pixels * 12,
            Self::Sequence | Self::Still => drawn + pixels * 8,
        }
    }

    /// What it is, in words.
    #[must_use]
    pub(super) fn words(self) -> String {
        match self {
            Self::Gif { rate } => format!("GIF, at most {rate} pictures a second, 256 colours"),
            Self::WebP { rate, quality } => format!("WebP, at most {rate} pictures a second, quality {quality}"),
            Self::Sequence => "a PNG for each frame".into(),
            Self::Still => "one PNG".into(),
        }
    }

    /// Checks what was made: that there are so many pictures of that size.
    ///
    /// # Errors
    /// [`MediaError::Decode`] with what is wrong.
    pub(super) fn verify(self, path: &Path, size: (u32, u32), count: u64) -> Result<(), MediaError> {
        let fault = |why: String| MediaError::Decode { path: path.to_owned(), why };
        let unreadable = |e: String| fault(format!("it can't be read again: {e}"));
        let found = match self {
            Self::Gif { .. } => gif::look(path).map_err(unreadable)?,
            Self::WebP { .. } => webp::look(path).map_err(|e| unreadable(e.to_string()))?,
            Self::Still => (png_size(path).map_err(unreadable)?, 1),
            Self::Sequence => {
                let (mut found, mut first) = (0, None);
                for entry in std::fs::read_dir(path).map_err(|e| unreadable(e.to_string()))? {
                    let entry = entry.map_err(|e| unreadable(e.to_string()))?.path();
                    if entry.extension().is_some_and(|e| e == "png") {
                        found += 1;
                        first.get_or_insert(entry);
                    }
                }
                let size = first.map_or(Ok((0, 0)), |first| png_size(&first)).map_err(unreadable)?;
                (size, found)
            }
        };
        if found != (size, count) {
            let ((w, h), n) = found;
            return Err(fault(format!("it has {n} pictures of {w}×{h} instead of {count} of {}×{}", size.0, size.1)));
        }
        Ok(())
    }
}

/// Width and height of a PNG.
fn png_size(path: &Path) -> Result<(u32, u32), String> {
    let size = imagesize::size(path).map_err(|e| e.to_string())?;
    let side = |n: usize| u32::try_from(n).unwrap_or(0);
    Ok((side(size.width), side(size.height)))
}

/// Frames drawn in four bytes a pixel, one after another.
struct Drawing {
    framed: Framed,
    pixels: Vec<u8>,
}

impl Drawing {
    fn of(run: &Run) -> Result<Self, MediaError> {
        let framed = Framed::of(run)?;
        let pixels = vec![0; framed.canvas.bytes()];
        Ok(Self { framed, pixels })
    }

    fn frame(&mut self, at: Frame) -> Result<Vec<u8>, MediaError> {
        self.framed.render(at, &mut self.pixels)?;
        Ok(to_rgba(&self.framed.canvas, &self.pixels))
    }
}

impl Run<'_> {
    /// Renders the span into an animation, numbered pictures or a still.
    pub(super) fn pictures_file(
        &mut self,
        kind: Pictures,
        file: &mut Delivery,
        tell: &mut dyn FnMut(ExportEvent),
    ) -> Result<(), ExportError> {
        let written = |e: std::io::Error| MediaError::write(&self.settings.path, e);
        match (kind, file) {
            (Pictures::Sequence, Delivery::Folder(folder)) => {
                let (to, size) = (folder.path().to_owned(), self.frame);
                let stem = self.settings.path.file_stem().unwrap_or_default().to_owned();
                self.each_picture(kind, tell, |n, rgba, _| {
                    std::fs::write(to.join(numbered(&stem, n)), encoded(rgba, size)?).map_err(written)?;
                    Ok(())
                })
            }
            (Pictures::Still, Delivery::File(file)) => {
                let size = self.frame;
                self.each_picture(kind, tell, |_, rgba, _| {
                    Ok(file.write_all(&encoded(rgba, size)?).map_err(written)?)
                })
            }
            (Pictures::Gif { .. }, Delivery::File(file)) => {
                let palette = self.palette(kind)?;
                let mut gif = gif::Gif::begin(BufWriter::new(file), self.frame, palette).map_err(written)?;
                self.each_picture(kind, tell, |_, rgba, shown| Ok(gif.add(&rgba, shown).map_err(written)?))?;
                Ok(gif.finish().map_err(written)?)
            }
            (Pictures::WebP { quality, .. }, Delivery::File(file)) => {
                let folder = super::settings::folder_of(&self.settings.path);
                let scratch = ScratchFolder::begin(&folder).map_err(written)?;
                let stills = scratch.path().join("stills");
                let mut times = Vec::new();
                let encoder = webp::Stills::begin(&stills, self.frame, quality)?;
                let cancel = self.cancel.clone();
                self.each_picture(kind, tell, |_, rgba, shown| {
                    times.push(shown);
                    Ok(encoder.add(rgba, &cancel)?)
                })?;
                encoder.finish(self.cancel)?;
                let from = BufReader::new(File::open(&stills).map_err(written)?);
                Ok(webp::join(from, &mut BufWriter::new(file), self.frame, &times).map_err(written)?)
            }
            (_, Delivery::File(_) | Delivery::Folder(_)) => Err(MediaError::Defect("where pictures go").into()),
        }
    }

    /// Renders each picture, and gives it with its number and how many nanoseconds it is shown.
    fn each_picture(
        &mut self,
        kind: Pictures,
        tell: &mut dyn FnMut(ExportEvent),
        mut take: impl FnMut(i64, Vec<u8>, i64) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let (rate, length) = (self.sequence().rate, self.span.length.0);
        let mut drawing = Drawing::of(self)?;
        let step = kind.step(rate);
        let mut progress = Progress::new();
        let mut n = 0;
        let mut number = 0;
        while n < length {
            if self.cancel.is_cancelled() {
                return Err(MediaError::Cancelled.into());
            }
            let next = if step == 0 { length } else { (n + step).min(length) };
            let shown = rate.duration_of(FrameCount(next)).nanos() - rate.duration_of(FrameCount(n)).nanos();
            take(number, drawing.frame(self.span.start + FrameCount(n))?, shown)?;
            let warnings = drawing.framed.pictures.take_warnings().into_iter().chain(self.sources.found());
            warnings.for_each(|warning| tell(ExportEvent::Warning(warning)));
            if n == 0 {
                forget_programs();
            }
            (n, number) = (next, number + 1);
            if progress.is_due() {
                progress.tell(self, n, tell);
                self.keep_to_budget(&mut drawing.framed.pictures);
            }
        }
        progress.tell(self, length, tell);
        Ok(())
    }

    /// The colours of a GIF: those that serve pictures from all over the film best.
    fn palette(&self, kind: Pictures) -> Result<gif::Palette, ExportError> {
        let step = kind.step(self.sequence().rate).max(1);
        let count = (self.span.length.0 + step - 1) / step;
        let sampled = count.min(gif::PICTURES);
        let mut drawing = Drawing::of(self)?;
        let mut colours = gif::Colours::of(sampled);
        for n in 0..sampled {
            if self.cancel.is_cancelled() {
                return Err(MediaError::Cancelled.into());
            }
            let at = (2 * n + 1) * count / (2 * sampled) * step;
            colours.add(&drawing.frame(self.span.start + FrameCount(at))?);
        }
        Ok(colours.palette())
    }
}

fn encoded(rgba: Vec<u8>, (width, height): (u32, u32)) -> Result<Vec<u8>, MediaError> {
    let picture = RgbaImage::from_raw(width, height, rgba).ok_or(MediaError::Defect("a picture's size"))?;
    png(&picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_as_many_as_may_be_shown_in_a_second() {
        let rate = |num, den| FrameRate::new(num, den).unwrap();
        let gif = Pictures::Gif { rate: 20 };
        for (num, den, step, count) in
            [(30, 1, 2, 50), (30_000, 1001, 2, 50), (20, 1, 1, 100), (60, 1, 3, 34), (12, 1, 1, 100)]
        {
            assert_eq!(gif.step(rate(num, den)), step, "{num}/{den}");
            assert_eq!(gif.count(FrameCount(100), rate(num, den)), count, "{num}/{den}");
        }
        assert_eq!(Pictures::Sequence.count(FrameCount(100), rate(60, 1)), 100);
        assert_eq!(Pictures::Still.count(FrameCount(100), rate(60, 1)), 1);
    }
}
