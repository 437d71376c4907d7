//! Small pictures of an asset for the bin and the timeline.

use super::cache::{Cache, CacheKind};
use super::decode::Cancel;
use super::error::MediaError;
use super::fingerprint::key_of;
use super::proxy;
use super::proxy_parts::Part;
use super::video_reader::{Picture, PictureFormat, VideoReader};
use crate::model::{Asset, MediaKind, SourceTime};
use gstreamer_video as gst_video;
use image::{ImageFormat, RgbaImage};
use std::path::Path;

/// Height of a thumbnail in pixels.
pub(super) const HEIGHT: u32 = 90;

/// At most so many per asset, so that all of a project's fit into memory.
const MOST: u32 = 48;

/// Where a picture for the bin is looked for, in tenths of a film.
const POSTERS: [i64; 3] = [1, 3, 6];

/// A picture whose brightness differs by so many levels shows something.
const SEEN: f64 = 10.0;

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
    /// Where the time of the first of them begins.
    pub from: SourceTime,
    /// Media time from one to the next.
    pub every: SourceTime,
    /// RGBA pixels of the whole sheet, `width * count` by `height`.
    pub pixels: Vec<u8>,
}

impl ThumbnailSheet {
    /// The number of the thumbnail that shows the moment best.
    #[must_use]
    pub fn at(&self, time: SourceTime) -> u32 {
        let index = if self.every.0 > 0 { (time - self.from).0.max(0) / self.every.0 } else { 0 };
        u32::try_from(index).unwrap_or(u32::MAX).min(self.count.saturating_sub(1))
    }
}

/// The thumbnails of an asset: from the cache, or made of its proxy where there is one, else of key frames
/// of the original.
///
/// # Errors
/// Any [`MediaError`] about the file or the cache, or [`MediaError::Cancelled`].
pub fn thumbnails(cache: &Cache, asset: &Asset, cancel: &Cancel) -> Result<ThumbnailSheet, MediaError> {
    kept(cache, asset, |proxy| render(asset, proxy, cancel, &|_| {}))
}

/// The same, made by `make` of the proxy that is there.
pub(super) fn kept(
    cache: &Cache,
    asset: &Asset,
    make: impl FnOnce(Option<&Path>) -> Result<ThumbnailSheet, MediaError>,
) -> Result<ThumbnailSheet, MediaError> {
    let (width, count, every) = layout(asset)?;
    let Some(key) = key_of(asset)? else { return make(None) };
    if let Some(path) = cache.find(CacheKind::Thumbnails, &key, ".3.png")
        && let Some(pixels) = load(&path, width, count)
    {
        return Ok(ThumbnailSheet { width, height: HEIGHT, count, from: SourceTime::ZERO, every, pixels });
    }
    let proxy = proxy::find_proxy(cache, asset, Part::WHOLE);
    let sheet = make(proxy.as_ref().map(|proxy| proxy.path.as_path()))?;
    let defect = || MediaError::Defect("thumbnails");
    let picture = RgbaImage::from_raw(sheet.width * sheet.count, sheet.height, sheet.pixels).ok_or_else(defect)?;
    // what changed meanwhile is shown as it was seen, and not kept
    if key_of(asset)?.as_ref() == Some(&key) {
        match png(&picture) {
            Ok(png) => cache.store(CacheKind::Thumbnails, &key, ".3.png", &png),
            Err(error) => tracing::warn!("thumbnails are not kept: {error}"),
        }
    }
    Ok(ThumbnailSheet { pixels: picture.into_raw(), ..sheet })
}

/// The width of one thumbnail, how many there are, and the time from one to the next.
fn layout(asset: &Asset) -> Result<(u32, u32, SourceTime), MediaError> {
    let width = width_of(asset)?;
    let Some(duration) = asset.info.duration.filter(|_| asset.info.kind == MediaKind::Video) else {
        return Ok((width, 1, SourceTime::ZERO));
    };
    let most = MOST.min(WIDEST / width);
    let count = u32::try_from(duration.0 / SourceTime::SECOND.0).unwrap_or(0).clamp(1, most);
    Ok((width, count, SourceTime(duration.0 / i64::from(count))))
}

/// One picture of an asset for the bin: a key frame a tenth into it, of the original, at once; a later one where there is
/// next to nothing to be seen, as in the dark that films begin with.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub fn poster(asset: &Asset, cancel: &Cancel) -> Result<ThumbnailSheet, MediaError> {
    let width = width_of(asset)?;
    let format = PictureFormat { width, height: HEIGHT, format: format_of(asset) };
    let mut reader = VideoReader::open(&asset.path, &asset.info, format, 1)?;
    let mut best: Option<(f64, RgbaImage)> = None;
    for tenths in POSTERS {
        let time = SourceTime(asset.info.duration.map_or(0, |d| d.0 / 10 * tenths));
        let found = match reader.near(time, cancel) {
            Ok(picture) => picture.and_then(|p| rgba(&p)),
            Err(error) if best.is_none() => return Err(error),
            // what was found before is better than nothing
            Err(_) => break,
        };
        let Some(picture) = found else { continue };
        let contrast = contrast(&picture);
        if best.as_ref().is_none_or(|(most, _)| contrast > *most) {
            best = Some((contrast, picture));
        }
        if contrast >= SEEN || asset.info.duration.is_none() {
            break;
        }
    }
    let pixels = best.map_or_else(|| RgbaImage::new(width, HEIGHT), |(_, picture)| picture).into_raw();
    let (from, every) = (SourceTime::ZERO, SourceTime::ZERO);
    Ok(ThumbnailSheet { width, height: HEIGHT, count: 1, from, every, pixels })
}

/// How much the brightness of a picture's pixels differs: its standard deviation, in levels of 255.
fn contrast(picture: &RgbaImage) -> f64 {
    let luma = |p: &image::Rgba<u8>| (f64::from(p.0[0]) + 2.0 * f64::from(p.0[1]) + f64::from(p.0[2])) / 4.0;
    let (mut sum, mut squares) = (0.0, 0.0);
    for pixel in picture.pixels() {
        let level = luma(pixel);
        sum += level;
        squares += level * level;
    }
    let count = f64::from(picture.width() * picture.height()).max(1.0);
    (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
}

/// The width of an asset's thumbnails.
pub(super) fn width_of(asset: &Asset) -> Result<u32, MediaError> {
    let video = asset
        .info
        .video
        .as_ref()
        .ok_or_else(|| MediaError::Decode { path: asset.path.clone(), why: "it has no pictures".into() })?;
    let (w, h) = (u64::from(video.width.max(1)), u64::from(video.height.max(1)));
    Ok(u32::try_from(w * u64::from(HEIGHT) / h).unwrap_or(160).clamp(16, 400) / 2 * 2)
}

/// A picture as a PNG. Encoded whole before it is written, since the library's own file writer loses the errors of the
/// last bytes.
///
/// # Errors
/// [`MediaError::Defect`].
pub fn png(picture: &RgbaImage) -> Result<Vec<u8>, MediaError> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|_| MediaError::Defect("the writing of a PNG"))?;
    Ok(png.into_inner())
}

fn load(path: &Path, width: u32, count: u32) -> Option<Vec<u8>> {
    let picture = image::open(path).ok()?.into_rgba8();
    (picture.dimensions() == (width * count, HEIGHT)).then(|| picture.into_raw())
}

/// Makes thumbnails of the proxy, where there is one, else of the original. `progress` gets 0 to 1.
pub(super) fn render(
    asset: &Asset,
    proxy: Option<&Path>,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<ThumbnailSheet, MediaError> {
    let (width, count, every) = layout(asset)?;
    let format = PictureFormat { width, height: HEIGHT, format: format_of(asset) };
    let mut reader = match proxy {
        Some(path) => VideoReader::open(path, &proxy::proxy_info(&asset.info, Part::WHOLE), format, 1)?,
        None => VideoReader::open(&asset.path, &asset.info, format, 1)?,
    };
    let mut sheet = RgbaImage::new(width * count, HEIGHT);
    for n in 0..count {
        let time = SourceTime(every.0 * i64::from(n) + every.0 / 2);
        // a key frame of a proxy can be 10 pictures early; getting the right one costs little there
        let exact = count == 1 || proxy.is_some();
        let picture = if exact { reader.at(time, cancel)? } else { reader.near(time, cancel)? };
        progress(n as f32 / count as f32);
        let Some(picture) = picture else { continue };
        if let Some(tile) = rgba(&picture) {
            image::imageops::replace(&mut sheet, &tile, i64::from(width * n), 0);
        }
    }
    let (from, pixels) = (SourceTime::ZERO, sheet.into_raw());
    Ok(ThumbnailSheet { width, height: HEIGHT, count, from, every, pixels })
}

/// What an asset's pictures are read as.
pub(super) fn format_of(asset: &Asset) -> gst_video::VideoFormat {
    let alpha = asset.info.video.as_ref().is_some_and(|v| v.alpha);
    if alpha { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 }
}

/// The picture for the screen.
pub(super) fn rgba(picture: &Picture) -> Option<RgbaImage> {
    let map = picture.buffer.map_readable().ok()?;
    let pixels = super::to_rgba(&picture.info, map.as_slice());
    RgbaImage::from_raw(picture.info.width(), picture.info.height(), pixels)
}
