//! Proxies: light copies with a key frame every 10 pictures, which seek in milliseconds.
//!
//! H.264 in MP4 with the source's own picture times, upright and with square pixels; pictures that can
//! be transparent become FFV1 in Matroska, since H.264 has no transparency. Sound is read from the
//! original: decoding it is cheap.

use super::cache::{Cache, CacheKind};
use super::decode::Cancel;
use super::encoding::{Encoding, clock_time};
use super::error::MediaError;
use super::fingerprint::{key_in_mind, key_of};
use super::video_reader::{PictureFormat, VideoReader};
use crate::model::{Asset, MediaInfo, MediaKind, Orientation, PixelAspect, SourceTime, Transfer};
use gstreamer as gst;
use gstreamer_video as gst_video;
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

/// What a proxy is like, for reading it in the place of its original.
#[must_use]
pub fn proxy_info(info: &MediaInfo) -> MediaInfo {
    let mut info = info.clone();
    info.start = SourceTime::ZERO;
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

fn cache_name(info: &MediaInfo) -> &'static str {
    // the second way of converting colours, and of telling where media begin
    if info.video.as_ref().is_some_and(|v| v.alpha) { ".3.mkv" } else { ".3.mp4" }
}

/// The asset's proxy, if it was made already and is whole. Reads both files where this process has not seen them as they
/// are, up to 64 MiB of each.
#[must_use]
pub fn find_proxy(cache: &Cache, asset: &Asset) -> Option<PathBuf> {
    has_proxy(asset).then(|| key_of(asset).ok().flatten()).flatten().and_then(|key| find(cache, asset, &key))
}

/// The asset's proxy, if this process has found it with [`find_proxy`] or made it, and its original is the same since.
/// Never reads a file: for threads that must answer at once.
#[must_use]
pub fn known_proxy(cache: &Cache, asset: &Asset) -> Option<PathBuf> {
    let key = has_proxy(asset).then(|| key_in_mind(asset)).flatten()?;
    cache.find_known(CacheKind::Proxy, &key, cache_name(&asset.info))
}

fn has_proxy(asset: &Asset) -> bool {
    asset.info.kind == MediaKind::Video && !asset.fingerprint.is_empty()
}

fn find(cache: &Cache, asset: &Asset, key: &str) -> Option<PathBuf> {
    cache.find(CacheKind::Proxy, key, cache_name(&asset.info))
}

/// Makes an asset's proxy and tells its path; at once if it is there. `progress` gets 0 to 1.
///
/// # Errors
/// Any [`MediaError`] about the file or the cache, [`MediaError::Another`] where it is not the asset's any more, or
/// [`MediaError::Cancelled`].
pub fn make_proxy(
    cache: &Cache,
    asset: &Asset,
    settings: ProxySettings,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<PathBuf, MediaError> {
    kept(cache, asset, |to| encode(asset, to, settings, cancel, progress))
}

/// The same, made by `make` at the place that it is given.
pub(super) fn kept(
    cache: &Cache,
    asset: &Asset,
    make: impl FnOnce(&Path) -> Result<(), MediaError>,
) -> Result<PathBuf, MediaError> {
    let another = || MediaError::Another { path: asset.path.clone() };
    let key = key_of(asset)?.ok_or_else(another)?;
    if let Some(there) = find(cache, asset, &key) {
        return Ok(there);
    }
    cache.make(CacheKind::Proxy, &key, cache_name(&asset.info), |to| {
        make(to)?;
        // the file may have changed meanwhile
        if key_of(asset)?.as_ref() == Some(&key) { Ok(()) } else { Err(another()) }
    })
}

/// Makes a proxy in a file. `progress` gets 0 to 1.
pub(super) fn encode(
    asset: &Asset,
    to: &Path,
    settings: ProxySettings,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<(), MediaError> {
    let failed = |why: &str| MediaError::Decode { path: asset.path.clone(), why: why.to_owned() };
    let (Some((width, height)), Some(video)) = (proxy_size(&asset.info), &asset.info.video) else {
        return Err(failed("it has no pictures"));
    };
    let pixels = if video.alpha { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 };
    let format = PictureFormat { width, height, format: pixels };
    let mut reader = VideoReader::open(&asset.path, &asset.info, format, settings.threads)?;
    let threads = settings.threads;
    let encoder = if video.alpha {
        "avenc_ffv1 ! matroskamux timecodescale=1000".to_owned()
    } else {
        format!(
            "x264enc speed-preset=ultrafast tune=fastdecode pass=quant quantizer=24 key-int-max=10 bframes=0 \
             sliced-threads=true threads={threads} ! video/x-h264,profile=constrained-baseline ! mp4mux name=mux"
        )
    };
    let encoding = Encoding::launch(&format!("appsrc name=in ! {encoder} ! filesink name=out sync=false"), to)?;
    feed(&encoding, &mut reader, asset, cancel, progress)?;
    encoding.finish(cancel)
}

fn feed(
    encoding: &Encoding,
    reader: &mut VideoReader,
    asset: &Asset,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<(), MediaError> {
    let mut caps = reader.format().info()?.to_caps().map_err(|e| MediaError::Element(e.to_string()))?;
    let video = asset.info.video.as_ref();
    let rate = video.filter(|v| !v.variable_rate).and_then(|v| v.rate);
    let whole = |n: u32| i32::try_from(n).unwrap_or(1);
    if let Some(s) = caps.make_mut().structure_mut(0) {
        s.set(
            "framerate",
            rate.map_or(gst::Fraction::new(0, 1), |r| gst::Fraction::new(whole(r.num()), whole(r.den()))),
        );
        s.set("colorimetry", "bt709");
    }
    let input = encoding.input("in", &caps, 2)?;
    encoding.set_track_timescale(0, timescale(&asset.info));
    encoding.start()?;
    let total = asset.info.duration.map_or(1.0, SourceTime::seconds).max(0.001);
    let mut following = reader.next(cancel)?;
    if following.is_none() {
        return Err(MediaError::Decode { path: asset.path.clone(), why: "no picture in it can be decoded".into() });
    }
    let mut last = -1;
    while let Some(picture) = following {
        // what breaks in the middle leaves a proxy of what came before
        following = match reader.next(cancel) {
            Ok(next) => next,
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                tracing::warn!("{error}");
                None
            }
        };
        // before the first picture, readers show it; muxers would drop that gap or not, each in its own way
        let start = if last < 0 { 0 } else { picture.time.nanos().max(0) };
        if start <= last {
            continue;
        }
        last = start;
        let mut buffer = picture.buffer.copy();
        if let Some(buffer) = buffer.get_mut() {
            let end = following.as_ref().map(|f| f.time.nanos()).filter(|end| *end > start);
            buffer.set_pts(clock_time(start));
            buffer.set_dts(None);
            if let Some(end) = end {
                buffer.set_duration(clock_time(end - start));
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
        progress((picture.time.seconds() / total).clamp(0.0, 1.0) as f32);
        encoding.push(&input, buffer, cancel)?;
    }
    input.end_of_stream().map_err(|_| encoding.failure())?;
    Ok(())
}

/// Ticks a second in which the source's picture times are whole, or fine enough not to matter.
fn timescale(info: &MediaInfo) -> u32 {
    let rate = info.video.as_ref().filter(|v| !v.variable_rate).and_then(|v| v.rate);
    match rate {
        Some(rate) if rate.num() >= 10_000 => rate.num(),
        Some(rate) => rate.num() * 1000,
        None => 90_000,
    }
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
        assert!(!proxy_info(&original).untimed);
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
