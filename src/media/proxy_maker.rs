//! Makes the files of proxies: decodes the original once, and encodes one part after the other of it.

use super::decode::Cancel;
use super::encoding::{Encoding, clock_time};
use super::error::MediaError;
use super::proxy::{ProxySettings, proxy_size};
use super::proxy_parts::Part;
use super::video_reader::{Picture, PictureFormat, VideoReader};
use crate::model::{Asset, MediaInfo, SAME_MOMENT, SourceTime};
use gstreamer as gst;
use gstreamer_video as gst_video;
use std::path::Path;

/// Makes proxies part by part. The part that follows the one made last goes on with what is decoded already; any other
/// begins with a seek.
#[derive(Default)]
pub struct ProxyMaker {
    original: Option<Original>,
}

/// An original while it is read.
struct Original {
    asset: Asset,
    threads: u32,
    reader: VideoReader,
    /// The picture on the screen where the next part begins, or one before it.
    shown: Picture,
    /// The picture after that.
    following: Option<Picture>,
    /// Where the next part begins.
    at: SourceTime,
    /// Whether it could not be read on.
    broken: bool,
}

impl ProxyMaker {
    /// Makes one part of an asset's proxy in a file. `progress` gets 0 to 1.
    ///
    /// # Errors
    /// Any [`MediaError`] about the original or the file, or [`MediaError::Cancelled`].
    pub(super) fn make(
        &mut self,
        asset: &Asset,
        part: Part,
        to: &Path,
        settings: ProxySettings,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
    ) -> Result<(), MediaError> {
        let goes_on = |o: &Original| o.at == part.from && o.threads == settings.threads && o.asset == *asset;
        let mut original = match self.original.take().filter(goes_on) {
            Some(original) => original,
            None => Original::open(asset, part.from, settings.threads, cancel)?,
        };
        let encoding = original.encoder(to)?;
        original.feed(&encoding, part, cancel, progress)?;
        encoding.finish(cancel)?;
        if let Some(until) = part.until.filter(|_| !original.broken) {
            original.at = until;
            self.original = Some(original);
        }
        Ok(())
    }
}

impl Original {
    /// Opens an original to be read from a moment on.
    fn open(asset: &Asset, from: SourceTime, threads: u32, cancel: &Cancel) -> Result<Self, MediaError> {
        let failed = |why: &str| MediaError::Decode { path: asset.path.clone(), why: why.to_owned() };
        let (Some((width, height)), Some(video)) = (proxy_size(&asset.info), &asset.info.video) else {
            return Err(failed("it has no pictures"));
        };
        let pixels = if video.alpha { gst_video::VideoFormat::A420 } else { gst_video::VideoFormat::I420 };
        let format = PictureFormat { width, height, format: pixels };
        let mut reader = VideoReader::open(&asset.path, &asset.info, format, threads)?;
        let first =
            if from > SourceTime::ZERO { reader.at(from + SAME_MOMENT, cancel)? } else { reader.next(cancel)? };
        let shown = first.ok_or_else(|| failed("no picture in it can be decoded"))?;
        let mut original =
            Self { asset: asset.clone(), threads, reader, shown, following: None, at: from, broken: false };
        original.following = original.read(cancel)?;
        Ok(original)
    }

    /// The next picture; what breaks in the middle leaves a proxy of what came before.
    fn read(&mut self, cancel: &Cancel) -> Result<Option<Picture>, MediaError> {
        match self.reader.next(cancel) {
            Err(MediaError::Cancelled) => Err(MediaError::Cancelled),
            Err(error) => {
                tracing::warn!("{error}");
                self.broken = true;
                Ok(None)
            }
            next => next,
        }
    }

    fn encoder(&self, to: &Path) -> Result<Encoding, MediaError> {
        let encoder = if self.asset.info.video.as_ref().is_some_and(|v| v.alpha) {
            "avenc_ffv1 ! matroskamux timecodescale=1000".to_owned()
        } else {
            format!(
                "x264enc speed-preset=ultrafast tune=fastdecode pass=quant quantizer=24 key-int-max=10 bframes=0 \
                 sliced-threads=true threads={} ! video/x-h264,profile=constrained-baseline ! mp4mux name=mux",
                self.threads
            )
        };
        Encoding::launch(&format!("appsrc name=in ! {encoder} ! filesink name=out sync=false"), to)
    }

    fn caps(&self) -> Result<gst::Caps, MediaError> {
        let mut caps = self.reader.format().info()?.to_caps().map_err(|e| MediaError::Element(e.to_string()))?;
        let video = self.asset.info.video.as_ref();
        let rate = video.filter(|v| !v.variable_rate).and_then(|v| v.rate);
        let whole = |n: u32| i32::try_from(n).unwrap_or(1);
        if let Some(s) = caps.make_mut().structure_mut(0) {
            let rate = rate.map_or((0, 1), |r| (whole(r.num()), whole(r.den())));
            s.set("framerate", gst::Fraction::new(rate.0, rate.1));
            s.set("colorimetry", "bt709");
        }
        Ok(caps)
    }

    /// Gives an encoder the pictures of a part.
    fn feed(
        &mut self,
        encoding: &Encoding,
        part: Part,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
    ) -> Result<(), MediaError> {
        let input = encoding.input("in", &self.caps()?, 2)?;
        encoding.set_track_timescale(0, timescale(&self.asset.info));
        encoding.start()?;
        let end = part.until.or(self.asset.info.duration).unwrap_or(part.from);
        let length = (end - part.from).seconds().max(0.001);
        while let Some(next) = self.following.take_if(|next| next.time <= part.from) {
            self.shown = next;
            self.following = self.read(cancel)?;
        }
        let mut last = -1;
        loop {
            // before the first picture, readers show it; muxers would drop that gap or not, each in its own way
            let start = if last < 0 { 0 } else { (self.shown.time - part.from).nanos() };
            if start > last {
                last = start;
                let mut buffer = self.shown.buffer.copy();
                if let Some(buffer) = buffer.get_mut() {
                    let end = self.following.as_ref().map(|f| (f.time - part.from).nanos()).filter(|end| *end > start);
                    buffer.set_pts(clock_time(start));
                    buffer.set_dts(None);
                    if let Some(end) = end {
                        buffer.set_duration(clock_time(end - start));
                    }
                }
                #[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
                progress(((self.shown.time - part.from).seconds() / length).clamp(0.0, 1.0) as f32);
                encoding.push(&input, buffer, cancel)?;
            }
            let inside = |next: &mut Picture| part.until.is_none_or(|until| next.time < until);
            let Some(next) = self.following.take_if(inside) else { break };
            self.shown = next;
            self.following = self.read(cancel)?;
        }
        encoding.end(&input)
    }
}

/// Ticks a second in which the source's picture times are whole, or fine enough not to matter.
fn timescale(info: &MediaInfo) -> u32 {
    let rate = info.video.as_ref().filter(|v| !v.variable_rate).and_then(|v| v.rate);
    match rate {
        Some(rate) => rate.ticks(),
        None => 90_000,
    }
}
