//! Whether an encoder works: pictures that move are encoded, decoded by another program's code, and compared.
//!
//! Drivers crash and hang: whoever tries one does it in a process of its own.

use super::error::MediaError;
use super::luma::{Luma, psnr};
use super::video_reader::Picture;
use crate::model::SourceTime;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video::VideoInfo;
use std::time::{Duration, Instant};

/// Pictures that are encoded.
const PICTURES: u32 = 24;

/// The least likeness, in dB (PSNR of luma), at the quality of which films are made: what is recognised at once is over 30.
const LEAST_DB: f64 = 24.0;

/// Tries an encoder, given as a description from raw pictures to packets, with pictures of a size; `decoder` is one from packets to
/// raw pictures. Gives the seconds that it took.
///
/// # Errors
/// Why it is not to be trusted, in words; GStreamer can't be started.
pub fn try_encoder(encoder: &str, decoder: &str, size: (u32, u32), limit: Duration) -> Result<Duration, String> {
    super::init().map_err(|e: MediaError| e.to_string())?;
    let begun = Instant::now();
    let (width, height) = size;
    // bars that move: what stands still, or is one colour, tells nothing
    let source = format!(
        "videotestsrc num-buffers={PICTURES} pattern=smpte horizontal-speed=6 ! \
         video/x-raw,format=I420,width={width},height={height},framerate=30/1,colorimetry=bt709"
    );
    let out = "video/x-raw,format=I420 ! appsink name=out sync=false max-buffers=2";
    let shown = Pipeline::play(&format!("{source} ! videoconvert ! {out}"))?;
    let seen = Pipeline::play(&format!("{source} ! {encoder} ! {decoder} ! videoconvert ! {out}"))?;
    for n in 0..PICTURES {
        let left = limit.saturating_sub(begun.elapsed());
        let made = seen.next(left)?.ok_or_else(|| format!("it made {n} pictures of {PICTURES}"))?;
        let original = shown.next(left)?.ok_or("there is nothing to compare with")?;
        let likeness = luma_psnr(&original, &made)?;
        if likeness < LEAST_DB {
            return Err(format!("what it made does not look like what it was given ({likeness:.0} dB at picture {n})"));
        }
    }
    let left = limit.saturating_sub(begun.elapsed());
    if seen.next(left)?.is_some() {
        return Err(format!("it made more than the {PICTURES} pictures that it was given"));
    }
    Ok(begun.elapsed())
}

/// A pipeline that ends in an appsink `out`. Stopped when dropped.
struct Pipeline {
    pipeline: gst::Pipeline,
    out: gst_app::AppSink,
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // a pipeline that can't be stopped can't be freed either; there is nothing else to try
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Pipeline {
    fn play(description: &str) -> Result<Self, String> {
        let pipeline = gst::parse::launch(description).map_err(|e| e.message().to_owned())?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "it is no pipeline")?;
        let out = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
        let playing = Self { out: out.ok_or("it has no end")?, pipeline };
        playing.pipeline.set_state(gst::State::Playing).map_err(|_| playing.why())?;
        Ok(playing)
    }

    /// The next picture; `None` at the end.
    fn next(&self, limit: Duration) -> Result<Option<gst::Sample>, String> {
        let limit = gst::ClockTime::from_nseconds(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX - 1));
        match self.out.try_pull_sample(limit) {
            Some(sample) => Ok(Some(sample)),
            None if self.out.is_eos() => match self.error() {
                Some(why) => Err(why),
                None => Ok(None),
            },
            None => Err(self.error().unwrap_or_else(|| "it makes nothing any more".into())),
        }
    }

    fn error(&self) -> Option<String> {
        let message = self.pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().message().trim_end_matches('.').to_owned()),
            _ => None,
        }
    }

    fn why(&self) -> String {
        self.error().unwrap_or_else(|| "it does not start".into())
    }
}

/// How alike the luma of two pictures is, in dB.
fn luma_psnr(a: &gst::Sample, b: &gst::Sample) -> Result<f64, String> {
    let picture = |sample: &gst::Sample| {
        let info = sample.caps().and_then(|caps| VideoInfo::from_caps(caps).ok());
        let (info, buffer) = info.zip(sample.buffer_owned()).ok_or("it made no picture")?;
        Ok::<_, String>(Picture { time: SourceTime::ZERO, buffer, info })
    };
    let (a, b) = (picture(a)?, picture(b)?);
    let error = Luma::of_picture(&a, |a| Luma::of_picture(&b, |b| a.squared_error(b)));
    let error = error.and_then(|error| error).map_err(|e| e.to_string())?;
    error.map(psnr).ok_or_else(|| format!("it made pictures of {}×{}", b.info.width(), b.info.height()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_is_trusted_and_what_lies_is_not() {
        let decoder = "h264parse ! avdec_h264";
        let limit = Duration::from_secs(30);
        let tried = |encoder: &str| try_encoder(encoder, decoder, (320, 180), limit).map(|_| ());
        assert_eq!(tried("x264enc speed-preset=veryfast ! h264parse"), Ok(()));
        let refused = |encoder: &str| tried(encoder).err().unwrap_or_else(|| panic!("{encoder} is trusted"));
        assert!(refused("videobalance brightness=-1 ! x264enc ! h264parse").contains("look like"));
        assert!(refused("videoflip video-direction=180 ! x264enc ! h264parse").contains("look like"));
        assert!(refused("identity eos-after=9 ! x264enc ! h264parse").contains("pictures of 24"));
        assert!(refused("videoscale ! video/x-raw,width=160 ! x264enc ! h264parse").contains("160×180"));
        assert!(refused("identity error-after=5 ! x264enc ! h264parse").contains("Failed after iterations"));
        assert!(refused("nosuchelement").contains("nosuchelement"));
    }
}
