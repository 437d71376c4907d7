//! Pipelines that encode what they are pushed into a file.

use super::decode::{Cancel, STALL_LIMIT};
use super::error::MediaError;
use super::sync_samples::{self, GoneBy, PictureBytes};
use super::waiting::Waiting;
use crate::platform::whole_files::reason_in;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An encoder that takes longer for one picture is taken to be stuck. Slow presets on small machines take
/// seconds, and a full disk cache can stop a write for a while.
const PUSH_LIMIT: Duration = Duration::from_mins(2);

/// Nanoseconds as GStreamer counts them; what lies before 0 is 0.
pub(crate) fn clock_time(nanos: i64) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(nanos).unwrap_or(0))
}

/// What an encoder, given as a description from raw pictures to packets, announces its packets as for pictures with those caps.
///
/// # Errors
/// [`MediaError::Element`] where it can't encode such pictures.
pub(crate) fn announced(encoder: &str, pictures: &gst::Caps) -> Result<gst::Caps, MediaError> {
    let fault = |e: &str| MediaError::Element(format!("the encoder can't be tried: {e}"));
    let description = format!(
        "videotestsrc num-buffers=1 pattern=black ! capsfilter caps=\"{pictures}\" ! {encoder} ! \
         appsink name=coded sync=false"
    );
    let pipeline = gst::parse::launch(&description).map_err(|e| fault(e.message()))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| fault("it is no pipeline"))?;
    let sink = pipeline.by_name("coded").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
    let sample = pipeline.set_state(gst::State::Playing).ok().and_then(|_| {
        let limit = gst::ClockTime::from_seconds(STALL_LIMIT.as_secs());
        sink.and_then(|sink| sink.try_pull_sample(limit))
    });
    // a pipeline that can't be stopped can't be freed either; there is nothing else to try
    let _ = pipeline.set_state(gst::State::Null);
    sample.and_then(|sample| sample.caps_owned()).ok_or_else(|| fault("it makes nothing"))
}

/// A pipeline with appsrcs at one end and a file at the other. Stopped when dropped.
pub struct Encoding {
    pipeline: gst::Pipeline,
    target: PathBuf,
    gone_by: GoneBy,
    limit: Duration,
}

impl Drop for Encoding {
    fn drop(&mut self) {
        // a pipeline that can't be stopped can't be freed either; there is nothing else to try
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Encoding {
    /// Builds a pipeline from a launch description whose filesink is named `out` and whose muxer, if it has
    /// settings for its tracks, is named `mux`.
    ///
    /// # Errors
    /// [`MediaError::Element`] when an element is missing.
    pub fn launch(description: &str, target: &Path) -> Result<Self, MediaError> {
        super::init()?;
        let pipeline = gst::parse::launch(description)
            .map_err(|e| MediaError::Element(e.message().to_owned()))?
            .downcast::<gst::Pipeline>()
            .map_err(|_| MediaError::Element("the encoder can't be put together".into()))?;
        let encoding = Self { pipeline, target: target.to_owned(), gone_by: GoneBy::default(), limit: PUSH_LIMIT };
        encoding.element("out")?.set_property("location", target);
        encoding.muxers().iter().for_each(|muxer| sync_samples::mark(muxer, &encoding.gone_by));
        Ok(encoding)
    }

    /// Takes the encoder to be stuck when one picture takes so long.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// An element by its name.
    ///
    /// # Errors
    /// [`MediaError::Element`] when there is none.
    pub fn element(&self, name: &str) -> Result<gst::Element, MediaError> {
        self.pipeline.by_name(name).ok_or_else(|| MediaError::Element(format!("the encoder has no '{name}'")))
    }

    /// An appsrc by its name, set to block when `most` buffers wait in it.
    ///
    /// # Errors
    /// [`MediaError::Element`] when there is none.
    pub fn input(&self, name: &str, caps: &gst::Caps, most: u64) -> Result<gst_app::AppSrc, MediaError> {
        let input = self
            .element(name)?
            .downcast::<gst_app::AppSrc>()
            .map_err(|_| MediaError::Element(format!("'{name}' is no input")))?;
        input.set_caps(Some(caps));
        input.set_format(gst::Format::Time);
        input.set_max_bytes(0);
        input.set_max_buffers(most);
        Ok(input)
    }

    fn muxers(&self) -> Vec<gst::Element> {
        let is_muxer = |e: &gst::Element| e.factory().is_some_and(|f| f.has_type(gst::ElementFactoryType::MUXER));
        self.pipeline.iterate_elements().into_iter().flatten().filter(is_muxer).collect()
    }

    /// Ticks a second of the muxer's nth track, for MP4.
    pub fn set_track_timescale(&self, index: usize, ticks: u32) {
        let pad = self.pipeline.by_name("mux").and_then(|m| m.sink_pads().into_iter().nth(index));
        if let Some(pad) = pad.filter(|p| p.has_property("trak-timescale")) {
            pad.set_property("trak-timescale", ticks);
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`MediaError::Write`] when the file can't be opened, and what else the pipeline reports.
    pub fn start(&self) -> Result<(), MediaError> {
        self.pipeline.set_state(gst::State::Playing).map(|_| ()).map_err(|_| self.failure())
    }

    /// Makes the picture with that time a key picture, where the encoder, which is named `enc`, has others; to be called before
    /// it is pushed.
    pub fn begin_anew(&self, time: gst::ClockTime) {
        let encoder = self.pipeline.by_name("enc");
        let event = gst_video::UpstreamForceKeyUnitEvent::builder().running_time(time).build();
        // an encoder that takes no such wishes makes the file that it would have made
        let taken = encoder.and_then(|e| e.static_pad("src")).is_some_and(|pad| pad.send_event(event));
        if !taken {
            tracing::debug!("no key picture at {time}");
        }
    }

    /// The time of the last picture that went into the file as one to begin at, if there was one.
    #[must_use]
    pub fn newest_key(&self) -> Option<gst::ClockTime> {
        self.gone_by.get().newest_key
    }

    /// What the pictures that went into the file took.
    #[must_use]
    pub fn picture_bytes(&self) -> PictureBytes {
        self.gone_by.get().bytes
    }

    /// Pushes a buffer, waiting while the input is full.
    ///
    /// # Errors
    /// What the pipeline reports, [`MediaError::Cancelled`], or [`MediaError::Stalled`] after a long time.
    pub fn push(&self, input: &gst_app::AppSrc, buffer: gst::Buffer, cancel: &Cancel) -> Result<(), MediaError> {
        let mut waiting = Waiting::begin();
        let most = input.max_buffers();
        while input.current_level_buffers() >= most {
            self.check(cancel, &mut waiting)?;
        }
        input.push_buffer(buffer).map(|_| ()).map_err(|_| self.failure())
    }

    /// One step of a wait: a few milliseconds, cut short by an error of the pipeline.
    ///
    /// # Errors
    /// What the pipeline reports, [`MediaError::Cancelled`], or [`MediaError::Stalled`] after a long time.
    pub fn check(&self, cancel: &Cancel, waiting: &mut Waiting) -> Result<(), MediaError> {
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let step = gst::ClockTime::from_mseconds(1);
        if let Some(message) = self.bus().timed_pop_filtered(step, &[gst::MessageType::Error]) {
            return Err(self.explain(&message));
        }
        if waiting.passed() > self.limit {
            return Err(MediaError::Stalled { path: self.target.clone(), seconds: self.limit.as_secs() });
        }
        Ok(())
    }

    /// Tells that nothing more is pushed to an input.
    ///
    /// # Errors
    /// What the pipeline reports.
    pub fn end(&self, input: &gst_app::AppSrc) -> Result<(), MediaError> {
        input.end_of_stream().map(|_| ()).map_err(|_| self.failure())
    }

    /// Waits until all that was pushed is in the file. Every input must have been told that it ended.
    ///
    /// # Errors
    /// What the pipeline reports, [`MediaError::Cancelled`], or [`MediaError::Stalled`] when nothing is
    /// written for a long time.
    pub fn finish(&self, cancel: &Cancel) -> Result<(), MediaError> {
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let size = || std::fs::metadata(&self.target).map_or(0, |m| m.len());
        let (mut written, mut waiting) = (size(), Waiting::begin());
        loop {
            match self.bus().timed_pop_filtered(gst::ClockTime::from_mseconds(50), &kinds) {
                Some(message) if message.type_() == gst::MessageType::Eos => return Ok(()),
                Some(message) => return Err(self.explain(&message)),
                None if cancel.is_cancelled() => return Err(MediaError::Cancelled),
                None => {}
            }
            if size() != written {
                (written, waiting) = (size(), Waiting::begin());
            }
            if waiting.passed() > self.limit + STALL_LIMIT {
                return Err(MediaError::Stalled { path: self.target.clone(), seconds: self.limit.as_secs() });
            }
        }
    }

    /// What the pipeline reports, or that it stopped without a word.
    #[must_use]
    pub fn failure(&self) -> MediaError {
        // the message comes from another thread, a moment after the refusal
        let moment = gst::ClockTime::from_mseconds(500);
        match self.bus().timed_pop_filtered(moment, &[gst::MessageType::Error]) {
            Some(message) => self.explain(&message),
            None => self.stopped("the encoder stopped"),
        }
    }

    fn bus(&self) -> gst::Bus {
        // a pipeline always has a bus; an empty one never delivers and the time limits apply
        self.pipeline.bus().unwrap_or_default()
    }

    fn explain(&self, message: &gst::Message) -> MediaError {
        let gst::MessageView::Error(error) = message.view() else {
            return self.stopped("the encoder stopped");
        };
        let detail = error.debug().map(|d| d.to_string()).unwrap_or_default();
        let full = error.error().matches(gst::ResourceError::NoSpaceLeft).then(|| ErrorKind::StorageFull.into());
        match full.or_else(|| reason_in(&detail)) {
            Some(reason) => MediaError::write(&self.target, reason),
            // the name in it is not the one that people know
            None => self.stopped(&error.error().message().replace(&format!(" \"{}\"", self.target.display()), "")),
        }
    }

    fn stopped(&self, why: &str) -> MediaError {
        MediaError::Encode { path: self.target.clone(), why: why.trim_end_matches('.').to_owned() }
    }
}
