//! Finer thumbnails than an asset's sheet has, of a stretch of it at a time: only what is in sight is made.
//!
//! They come from proxies where there are some, in milliseconds, else from key frames of the original. None is kept in the
//! cache: making one again costs as little as reading it.

use super::cache::Cache;
use super::decode::Cancel;
use super::error::MediaError;
use super::proxy::{Proxy, find_proxy, proxy_info};
use super::proxy_parts::{Part, Parts};
use super::thumbnails::{HEIGHT, ThumbnailSheet, format_of, rgba, width_of};
use super::video_reader::{PictureFormat, VideoReader};
use crate::model::{Asset, SourceTime};
use image::RgbaImage;
use serde::{Deserialize, Serialize};

/// Pictures of one strip: few enough to be soon there, and for any graphics card.
const PICTURES: u32 = 8;

/// Each level has a picture where the one below it has four, so that the coarsest has one an hour or so.
const LEVELS: u8 = 7;

/// Up to this level pictures are taken from proxies: farther apart, key frames of the original are as near, and opening
/// a file for each picture would be slower.
const OF_PROXIES: u8 = 1;

/// Names a stretch of an asset and how fine its pictures are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct StripId {
    level: u8,
    index: u32,
}

impl StripId {
    /// The strip with the picture for a moment, where pictures are wanted that are no farther apart than `apart`, as far
    /// as there are such: the finest have one a second.
    #[must_use]
    pub fn of(time: SourceTime, apart: SourceTime) -> Self {
        let fits = |level: &u8| Self { level: *level, index: 0 }.every() <= apart;
        let level = (0..LEVELS).rev().find(fits).unwrap_or(0);
        let length = Self { level, index: 0 }.length();
        Self { level, index: u32::try_from(time.0.max(0) / length).unwrap_or(u32::MAX) }
    }

    /// Media time from one picture to the next.
    #[must_use]
    pub fn every(self) -> SourceTime {
        SourceTime(SourceTime::SECOND.0 << (2 * self.level.min(LEVELS)))
    }

    /// Where it begins, in media time.
    #[must_use]
    pub fn from(self) -> SourceTime {
        SourceTime(self.length().saturating_mul(i64::from(self.index)))
    }

    fn length(self) -> i64 {
        self.every().0 * i64::from(PICTURES)
    }

    /// The parts of a proxy that its pictures are in.
    fn parts(self, asset: &Asset) -> Vec<Part> {
        let parts = Parts::of(&asset.info);
        let last = SourceTime(self.from().0.saturating_add(self.length()));
        (parts.at(self.from())..=parts.at(last)).map(|n| parts.get(n)).collect()
    }
}

/// The files of an asset's proxy that serve for a strip, and whether nothing better will come.
pub(super) fn files(cache: &Cache, asset: &Asset, id: StripId) -> (Vec<Proxy>, bool) {
    if id.level > OF_PROXIES {
        return (Vec::new(), true);
    }
    let parts = id.parts(asset);
    let mut found: Vec<Proxy> = Vec::new();
    for part in &parts {
        match find_proxy(cache, asset, *part) {
            Some(proxy) if proxy.part == Part::WHOLE => return (vec![proxy], true),
            Some(proxy) => found.push(proxy),
            None => {}
        }
    }
    let all = found.len() == parts.len();
    (found, all)
}

/// A strip of an asset, and whether it is as good as it will be: not made of key frames of the original for want of a proxy.
///
/// # Errors
/// Any [`MediaError`] about the file, or [`MediaError::Cancelled`].
pub fn filmstrip(
    cache: &Cache,
    asset: &Asset,
    id: StripId,
    cancel: &Cancel,
) -> Result<(ThumbnailSheet, bool), MediaError> {
    let (files, best) = files(cache, asset, id);
    Ok((render(asset, id, &files, cancel)?, best))
}

/// Makes a strip of these files, and of the original where there is none.
pub(super) fn render(
    asset: &Asset,
    id: StripId,
    files: &[Proxy],
    cancel: &Cancel,
) -> Result<ThumbnailSheet, MediaError> {
    let width = width_of(asset)?;
    let format = PictureFormat { width, height: HEIGHT, format: format_of(asset) };
    let every = id.every();
    let end = asset.info.duration.unwrap_or(SourceTime::ZERO);
    let mut sheet = RgbaImage::new(width * PICTURES, HEIGHT);
    let mut open: Option<(Option<&Proxy>, VideoReader)> = None;
    for n in 0..PICTURES {
        let time = id.from() + SourceTime(every.0 * i64::from(n) + every.0 / 2);
        if n > 0 && time >= end {
            break;
        }
        let file = files.iter().find(|file| file.part.shows(time));
        let mut reader = match open.take().filter(|(of, _)| *of == file) {
            Some((_, reader)) => reader,
            None => match file {
                Some(Proxy { path, part }) => {
                    VideoReader::open_part(path, &proxy_info(&asset.info, *part), *part, 0, format, 1)?
                }
                None => VideoReader::open(&asset.path, &asset.info, format, 1)?,
            },
        };
        let picture = if file.is_some() { reader.at(time, cancel)? } else { reader.near(time, cancel)? };
        if let Some(tile) = picture.and_then(|picture| rgba(&picture)) {
            image::imageops::replace(&mut sheet, &tile, i64::from(width * n), 0);
        }
        open = Some((file, reader));
    }
    let (height, count, pixels) = (HEIGHT, PICTURES, sheet.into_raw());
    Ok(ThumbnailSheet { width, height, count, from: id.from(), every, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_as_fine_as_wanted_and_no_finer_than_a_second() {
        let seconds = |s: f64| SourceTime::from_seconds(s);
        for (apart, every) in [(0.1, 1.0), (1.0, 1.0), (3.9, 1.0), (4.0, 4.0), (300.0, 256.0), (1e6, 4096.0)] {
            let strip = StripId::of(seconds(7000.0), seconds(apart));
            assert_eq!(strip.every(), seconds(every), "{apart}");
            let from = strip.from();
            assert!(from <= seconds(7000.0) && seconds(7000.0) < from + SourceTime(strip.length()), "{apart}");
        }
        assert_eq!(StripId::of(seconds(-5.0), seconds(1.0)).from(), SourceTime::ZERO);
    }
}
