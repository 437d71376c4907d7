//! Proxies: light copies with a key frame every 10 pictures, which seek in milliseconds.
//!
//! H.264 in MP4 with the source's own picture times, upright and with square pixels; pictures that can
//! be transparent become FFV1 in Matroska, since H.264 has no transparency. Sound is read from the
//! original: decoding it is cheap. Those of long files are made in [`super::Parts`], each of which serves as soon as it is there.

use super::cache::{Cache, CacheKind};
use super::decode::Cancel;
use super::error::MediaError;
use super::fingerprint::{key_in_mind, key_of};
use super::proxy_maker::ProxyMaker;
use super::proxy_parts::Part;
use crate::model::{Asset, MediaInfo, MediaKind, Orientation, PixelAspect, SourceTime, Transfer};
use std::path::{Path, PathBuf};

/// Proxies of larger pictures have about this many lines (of the shorter side).
pub const PROXY_LINES: u32 = 540;

/// How one proxy is made.
#[derive(Clone, Copy, Debug)]
pub struct ProxySettings {
    /// Threads of the decoder and of the encoder, each.
    pub threads: u32,
}

/// The size of an asset's proxy: its own, reduced until the shorter side is at most [`PROXY_LINES`]; even.
#[must_use]
pub fn proxy_size(info: &MediaInfo) -> Option<(u32, u32)> {
    let video = info.video.as_ref()?;
    let (w, h) = (u64::from(video.width.max(2)), u64::from(video.height.max(2)));
    let short = w.min(h);
    let target = short.min(u64::from(PROXY_LINES));
    let even = |n: u64| u32::try_from(((n * target + short / 2) / short).div_ceil(2) * 2).unwrap_or(2).clamp(16, 8192);
    Some((even(w), even(h)))
}

/// A file of an asset's proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxy {
    /// Where it lies.
    pub path: PathBuf,
    /// What it has of the asset's media.
    pub part: Part,
}

/// What a file of a proxy is like, for reading it in the place of its original.
#[must_use]
pub fn proxy_info(info: &MediaInfo, part: Part) -> MediaInfo {
    let mut info = info.clone();
    info.start = SourceTime::ZERO - part.from;
    // whatever its original is like, it can be sought
    info.untimed = false;
    if let Some(video) = &mut info.video {
        video.orientation = Orientation::default();
        video.pixel_aspect = PixelAspect { num: 1, den: 1 };
        video.interlaced = false;
        video.ahead = SourceTime::ZERO;
        (video.colorimetry, video.transfer, video.bit_depth) = ("bt709".into(), Transfer::Sdr, 8);
        info.container = if video.alpha { "Matroska".into() } else { "Quicktime".into() };
    }
    info
}

/// What a file is called in the cache, after the key: parts by where they begin and end, so that none is taken for
/// another where files are divided otherwise.
fn cache_name(info: &MediaInfo, part: Part) -> String {
    // the second way of converting colours, and of telling where media begin
    let kind = if info.video.as_ref().is_some_and(|v| v.alpha) { "3.mkv" } else { "3.mp4" };
    match part {
        Part::WHOLE => format!(".{kind}"),
        Part { from, until: Some(until) } => format!("-{}-{}.{kind}", from.0, until.0),
        Part { from, until: None } => format!("-{}-end.{kind}", from.0),
    }
}

/// The file of an asset's proxy that has a part of it, if it was made already and is whole: a file of all where there is
/// one. Reads the original and the file where this process has not seen them as they are, up to 64 MiB of each.
#[must_use]
pub fn find_proxy(cache: &Cache, asset: &Asset, part: Part) -> Option<Proxy> {
    let key = has_proxy(asset).then(|| key_of(asset).ok().flatten()).flatten()?;
    find(asset, part, |name| cache.find(CacheKind::Proxy, &key, name))
}

/// The same, if this process has found it with [`find_proxy`] or made it, and its original is the same since. Never reads
/// a file: for threads that must answer at once.
#[must_use]
pub fn known_proxy(cache: &Cache, asset: &Asset, part: Part) -> Option<Proxy> {
    let key = has_proxy(asset).then(|| key_in_mind(asset)).flatten()?;
    find(asset, part, |name| cache.find_known(CacheKind::Proxy, &key, name))
}

fn has_proxy(asset: &Asset) -> bool {
    asset.info.kind == MediaKind::Video && !asset.fingerprint.is_empty()
}

fn find(asset: &Asset, part: Part, look: impl Fn(&str) -> Option<PathBuf>) -> Option<Proxy> {
    let there = |part| look(&cache_name(&asset.info, part)).map(|path| Proxy { path, part });
    there(Part::WHOLE).or_else(|| there(part).filter(|_| part != Part::WHOLE))
}

/// Makes a part of an asset's proxy; at once if it is there. `progress` gets 0 to 1.
///
/// # Errors
/// Any [`MediaError`] about the file or the cache, [`MediaError::Another`] where it is not the asset's any more, or
/// [`MediaError::Cancelled`].
pub fn make_proxy(
    cache: &Cache,
    asset: &Asset,
    part: Part,
    settings: ProxySettings,
    maker: &mut ProxyMaker,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<Proxy, MediaError> {
    kept(cache, asset, part, |to| maker.make(asset, part, to, settings, cancel, progress))
}

/// The same, made by `make` at the place that it is given.
pub(super) fn kept(
    cache: &Cache,
    asset: &Asset,
    part: Part,
    make: impl FnOnce(&Path) -> Result<(), MediaError>,
) -> Result<Proxy, MediaError> {
    let another = || MediaError::Another { path: asset.path.clone() };
    let key = key_of(asset)?.ok_or_else(another)?;
    if let Some(there) = find(asset, part, |name| cache.find(CacheKind::Proxy, &key, name)) {
        return Ok(there);
    }
    let path = cache.make(CacheKind::Proxy, &key, &cache_name(&asset.info, part), |to| {
        make(to)?;
        // the file may have changed meanwhile
        if key_of(asset)?.as_ref() == Some(&key) { Ok(()) } else { Err(another()) }
    })?;
    Ok(Proxy { path, part })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(width: u32, height: u32) -> MediaInfo {
        MediaInfo {
            video: Some(crate::model::VideoStream::of_size(width, height)),
            ..MediaInfo::of(MediaKind::Video, "Quicktime")
        }
    }

    #[test]
    fn a_proxy_can_be_sought_where_its_original_can_not() {
        let original = MediaInfo { untimed: true, ..info(320, 180) };
        assert!(!proxy_info(&original, Part::WHOLE).untimed);
    }

    #[test]
    fn proxies_keep_the_shape_and_are_even() {
        assert_eq!(proxy_size(&info(1920, 1080)), Some((960, 540)));
        assert_eq!(proxy_size(&info(1080, 1920)), Some((540, 960)));
        assert_eq!(proxy_size(&info(161, 121)), Some((162, 122)));
        assert_eq!(proxy_size(&info(3026, 1386)), Some((1180, 540)));
        assert_eq!(proxy_size(&info(1, 1)), Some((16, 16)));
    }
}
