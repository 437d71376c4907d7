//! Small pictures of an asset for the bin and the timeline.

use super::cache::{Cache, CacheKind};
use super::decode::Cancel;
use super::error::MediaError;
use super::proxy;
use super::video_reader::{Picture, PictureFormat, VideoReader};
use crate::model::{Asset, MediaKind, SourceTime};
use gstreamer_video as gst_video;
use image::{ImageFormat, RgbaImage};
use std::path::Path;

/// Height of a thumbnail in pixels.
const HEIGHT: u32 = 90;

/// At most so many per asset, so that all of a project's fit into memory.
const MOST: usize = 48;

/// A sheet is at most this wide: graphics cards have a limit.
const WIDEST: u32 = 8192;

/// Thumbnails at equal distances, side by side in one picture.
#[derive(Clone, Debug)]
pub struct ThumbnailSheet {
    /// Width of one thumbnail.
    pub width: u32,
    /// Height of one thumbnail.
    pub height: u32,
    /// How many there are.
    pub count: u32,
    /// Media time from one to the next.
    pub every: SourceTime,
    /// RGBA pixels of the whole sheet, `width * count` by `height`.
    pub pixels: Vec<u8>,
}

impl ThumbnailSheet {
    /// The number of the thumbnail that shows the moment best.
    #[must_use]
    pub fn at(&self, time: SourceTime) -> u32 {
        let index = if self.every.0 > 0 { time.0.max(0) / self.every.0 } else { 0 };
        u32::try_from(index).unwrap_or(u32::MAX).min(self.count.saturating_sub(1))
    }
}

/// The thumbnails of an asset: from the cache, or made of its proxy where there is one, else of key frames
/// of the original.
///
/// # Errors
/// Any [`MediaError`] about the file or the cache, or [`MediaError::Cancelled`].
pub fn thumbnails(cache: &Cache, asset: &Asset, cancel: &Cancel) -> Result<ThumbnailSheet, MediaError> {
    let width = width_of(asset)?;
    let (count, every) = match asset.info.duration.filter(|_| asset.info.kind == MediaKind::Video) {
        None => (1, SourceTime::ZERO),
        Some(duration) => {
            let count = usize::try_from(duration.0 / SourceTime::SECOND.0)
                .unwrap_or(0)
                .clamp(1, MOST.min((WIDEST / width) as usize));
            (count, SourceTime(duration.0 / i64::try_from(count).unwrap_or(1)))
        }
    };
    if let Some(path) = cache.find(CacheKind::Thumbnails, &asset.fingerprint, ".2.png")
        && let Some(pixels) = load(&path, width, count)
    {
        return Ok(ThumbnailSheet { width, height: HEIGHT, count: u32::try_from(count).unwrap_or(1), every, pixels });
    }
    let sheet = render(cache, asset, (width, count), every, cancel)?;
    cache.make(CacheKind::Thumbnails, &asset.fingerprint, ".2.png", |path| write_png(&sheet, path))?;
    Ok(ThumbnailSheet {
        width,
        height: HEIGHT,
        count: u32::try_from(count).unwrap_or(1),
        every,
        pixels: sheet.into_raw(),
    })
}

/// One picture of an asset for the bin: a key frame a tenth into it, of the original, at once.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub fn poster(asset: &Asset, cancel: &Cancel) -> Result<ThumbnailSheet, MediaError> {
    let width = width_of(asset)?;
    let format = PictureFormat { width, height: HEIGHT, format: format_of(asset) };
    let mut reader = VideoReader::open(&asset.path, &asset.info, format, 1)?;
    let time = SourceTime(asset.info.duration.map_or(0, |d| d.0 / 10));
    let picture = reader.near(time, cancel)?.and_then(|p| rgba(&p));
    let pixels = picture.unwrap_or_else(|| RgbaImage::new(width, HEIGHT)).into_raw();
    Ok(ThumbnailSheet { width, height: HEIGHT, count: 1, every: SourceTime::ZERO, pixels })
}

/// The width of an asset's thumbnails.
fn width_of(asset: &Asset) -> Result<u32, MediaError> {
    let video = asset
        .info
        .video
        .as_ref()
        .ok_or_else(|| MediaError::Decode { path: asset.path.clone(), why: "it has no pictures".into() })?;
    let (w, h) = (u64::from(video.width.max(1)), u64::from(video.height.max(1)));
    Ok(u32::try_from(w * u64::from(HEIGHT) / h).unwrap_or(160).clamp(16, 400) / 2 * 2)
}

/// Writes a picture as PNG. It is encoded whole before it is written, since the library's own file writer
/// loses the errors of the last bytes.
///
/// # Errors
/// [`MediaError::Write`].
pub fn write_png(picture: &RgbaImage, path: &Path) -> Result<(), MediaError> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|e| MediaError::write(path, e))?;
    std::fs::write(path, png.into_inner()).map_err(|e| MediaError::write(path, e))
}

fn load(path: &Path, width: u32, count: usize) -> Option<Vec<u8>> {
    let picture = image::open(path).ok()?.into_rgba8();
    let expected = (width * u32::try_from(count).ok()?, HEIGHT);
    (picture.dimensions() == expected).then(|| picture.into_raw())
}

fn render(
    cache: &Cache,
    asset: &Asset,
    (width, count): (u32, usize),
    every: SourceTime,
    cancel: &Cancel,
) -> Result<RgbaImage, MediaError> {
    let format = PictureFormat { width, height: HEIGHT, format: format_of(asset) };
    let proxy = proxy::find_proxy(cache, asset);
    let mut reader = match &proxy {
        Some(path) => VideoReader::open(path, &proxy::proxy_info(&asset.info), format, 1)?,
        None => VideoReader::open(&asset.path, &asset.info, format, 1)?,
    };
    let total = width * u32::try_from(count).unwrap_or(1);
    let mut sheet = RgbaImage::new(total, HEIGHT);
    for n in 0..count {
        let time = SourceTime(every.0 * i64::try_from(n).unwrap_or(0) + every.0 / 2);
        let picture = if count == 1 { reader.at(time, cancel)? } else { reader.near(time, cancel)? };
        let Some(picture) = picture else { continue };
        if let Some(tile) = rgba(&picture) {
            let x = i64::from(width) * i64::try_from(n).unwrap_or(0);
            image::imageops::replace(&mut sheet, &tile, x, 0);
        }
    }
    Ok(sheet)
}

/// What an asset's pictures are read as.
fn format_of(asset: &Asset) -> gst_video::VideoFormat {
    let alpha = asset.info.video.as_ref().is_some_and(|v| v.alpha);
    if alpha { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 }
}

/// The picture for the screen.
fn rgba(picture: &Picture) -> Option<RgbaImage> {
    let map = picture.buffer.map_readable().ok()?;
    let pixels = super::to_rgba(&picture.info, map.as_slice());
    RgbaImage::from_raw(picture.info.width(), picture.info.height(), pixels)
}
