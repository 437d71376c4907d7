//! Samples of a film, made to see what its pictures take in a size, and how much of them is left there.

use super::copying::Copying;
use super::encoders::{Rate, Sound, Video, X264, X264Rate};
use super::framed::Framed;
use super::hardware::EncoderChoice;
use super::pipeline::Coding;
use super::run::{Made, Passes, Run, fitting};
use super::settings::{ExportError, ExportSettings, folder_of};
use super::sharpest::Likeness;
use super::size::SoundRate;
use super::target::{Container, Film, Format, Target};
use super::verify;
use crate::media::{Luma, MediaError, Picture, PictureBytes, PictureFormat, Scaler, VideoReader, psnr};
use crate::model::{
    Asset, AssetId, Clip, ClipContent, Frame, FrameCount, Project, Properties, Sequence, SourceTime, Span, TrackKind,
};
use crate::platform::whole_files::ScratchFolder;
use gstreamer_video::VideoFormat;
use std::sync::Arc;

/// Seconds of each sample.
const SAMPLE: i64 = 1;

/// Samples of a film, at most, and for each of how many seconds there is one: they are not to take long beside the film.
const SAMPLES: i64 = 3;
const SECONDS_FOR_EACH: i64 = 10;

/// Frames from one key picture to the next in what goes on without a cut: x264's own choice.
const KEYS_EVERY: f64 = 250.0;

/// One of so many pictures is compared: its neighbours are coded much like it.
const COMPARED: usize = 5;

/// The quantiser at which places are kept: what is lost then is far below what is compared.
const KEPT: u32 = 8;

/// A place of the film, rendered once and kept nearly as it is: samples of it need not go there again.
struct Kept {
    /// The file, which is gone with this.
    _file: Made,
    /// Nothing but that.
    project: Arc<Project>,
    span: Span,
}

/// Makes samples of a run's film.
pub(super) struct Sampling<'r, 'a> {
    run: &'r Run<'a>,
    sound: SoundRate,
    places: Vec<Span>,
    /// The places, once more than one sample is made of each.
    kept: Vec<Kept>,
    /// Where they are kept: dropped after them.
    scratch: ScratchFolder,
}

impl<'r, 'a> Sampling<'r, 'a> {
    /// Of a run whose pictures have the size that the target asks for.
    ///
    /// # Errors
    /// What a run has.
    pub fn of(run: &'r Run<'a>, sound: SoundRate) -> Result<Self, ExportError> {
        let (whole, rate) = (run.span, run.sequence().rate);
        let frames_in = |seconds: i64| rate.frame_nearest(SourceTime(seconds * SourceTime::SECOND.0)).0;
        let samples = (whole.length.0 / frames_in(SECONDS_FOR_EACH).max(1) + 1).min(SAMPLES);
        let path = &run.settings.path;
        let scratch = ScratchFolder::begin(&folder_of(path)).map_err(|e| MediaError::write(path, e))?;
        let places = places(whole, frames_in(SAMPLE).max(1), samples);
        Ok(Self { run, sound, places, kept: Vec::new(), scratch })
    }

    /// What pictures of the full size take on average at a rate factor: bits a second.
    ///
    /// # Errors
    /// What a run has.
    pub fn bits(&self, factor: u32) -> Result<f64, ExportError> {
        let mut bytes = 0.0;
        for place in &self.places {
            let mut run = self.run_over(&self.run.project, *place)?;
            bytes += share(*place, self.make(&mut run, factor)?.pictures);
        }
        Ok(self.bits_a_second(bytes))
    }

    /// What pictures of a size take on average at a rate factor, and how much they are like the full ones when they are made
    /// as large again.
    ///
    /// # Errors
    /// What a run has.
    pub fn likeness(&mut self, size: (u32, u32), factor: u32) -> Result<Likeness, ExportError> {
        if self.kept.is_empty() {
            let kept = self.places.iter().map(|place| keep(self.run, *place, &self.scratch));
            self.kept = kept.collect::<Result<_, _>>()?;
        }
        let size = within(size, self.run.canvas, self.run.frame);
        let (mut bytes, mut error, mut compared) = (0.0, 0.0, 0_u32);
        for kept in &self.kept {
            let mut run = self.run_over(&kept.project, kept.span)?;
            run.set_size(size, size);
            let made = self.make(&mut run, factor)?;
            bytes += share(kept.span, made.pictures);
            for each in self.errors(&mut run, &made)? {
                error += each;
                compared += 1;
            }
        }
        let (bits, psnr) = (self.bits_a_second(bytes), psnr(error / f64::from(compared.max(1))));
        tracing::info!("samples of {}×{} at {factor}: {:.0} kbit/s, {psnr:.2} dB", size.0, size.1, bits / 1000.0);
        Ok(Likeness { bits, psnr })
    }

    /// A run like this one over a span of a project.
    fn run_over(&self, project: &Arc<Project>, span: Span) -> Result<Run<'a>, ExportError> {
        let Run { settings, cancel, memory, sources, .. } = *self.run;
        let fits = fitting(project, settings, span)?;
        let mut run = Run::new(project, settings, span, fits, cancel, (memory, sources));
        run.passes = QUIET;
        Ok(run)
    }

    fn make(&self, run: &mut Run, factor: u32) -> Result<Made, ExportError> {
        run.coding = Some(Coding { rate: Rate::Sample(factor), sound: self.sound });
        run.make(None, &mut |_| {})
    }

    /// The mean squared errors of some of a sample's pictures, made as large as the full ones.
    fn errors(&self, run: &mut Run, made: &Made) -> Result<Vec<f64>, MediaError> {
        let (rate, cancel) = (run.sequence().rate, run.cancel);
        let info = verify::info(made.file.path(), &run.wanted())?;
        // as it is: only what is compared is made larger
        let format = PictureFormat { width: run.frame.0, height: run.frame.1, format: VideoFormat::I420 };
        let mut reader = VideoReader::open(made.file.path(), &info, format, run.plan.decoder_threads)?;
        run.set_size(self.run.frame, self.run.frame);
        let mut framed = Framed::of(run)?;
        let mut pixels = vec![0; framed.canvas.bytes()];
        let mut scaler = Scaler::new(framed.canvas.info().clone())?;
        let half = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
        let mut errors = Vec::new();
        for frame in (0..run.span.length.0).step_by(COMPARED).map(Frame) {
            framed.render(frame, &mut pixels)?;
            let Some(picture) = reader.at(rate.time_of(frame) + half, cancel)? else { continue };
            let Some(buffer) = scaler.scale(&picture.buffer, &picture.info) else { continue };
            let picture = Picture { buffer, info: scaler.target().clone(), ..picture };
            let original = framed.canvas.luma(&pixels);
            errors.extend(Luma::of_picture(&picture, |luma| luma.squared_error(&original))?);
        }
        Ok(errors)
    }

    fn bits_a_second(&self, bytes: f64) -> f64 {
        let frames: i64 = self.places.iter().map(|place| place.length.0).sum();
        bytes * 8.0 / self.run.sequence().rate.duration_of(FrameCount(frames.max(1))).seconds()
    }
}

/// A pass that tells nothing: what is wrong with clips is told by the pass over all of them.
const QUIET: Passes = Passes { before: 1, count: 2 };

/// Renders a place of a run's film into a file of its own.
fn keep(run: &Run, place: Span, scratch: &ScratchFolder) -> Result<Kept, ExportError> {
    let settings = run.settings;
    let video = Video::H264(X264 { speed: "ultrafast".into(), rate: X264Rate::Quantizer(KEPT) });
    let film = Film { container: Container::Mp4, video, sound: Sound::Aac { kilobits: 64 } };
    let mut preset = settings.preset.clone();
    preset.target = Target { format: Format::Film(film), max_size: None, ..preset.target };
    let settings = ExportSettings {
        path: scratch.path().join("sample.mp4"),
        preset,
        overwrite: true,
        max_size: None,
        copying: Copying::Off,
        encoder: EncoderChoice::default(),
        ..settings.clone()
    };
    let fits = fitting(&run.project, &settings, place)?;
    let mut once = Run::new(&run.project, &settings, place, fits, run.cancel, (run.memory, run.sources));
    once.passes = QUIET;
    let file = once.make(None, &mut |_| {})?;
    let info = verify::info(file.file.path(), &once.wanted())?;
    let sequence = run.sequence();
    let asset = Asset {
        id: AssetId(0),
        name: "sample".into(),
        path: file.file.path().to_owned(),
        fingerprint: String::new(),
        info,
    };
    let project = Arc::new(project_of(asset, sequence, run.frame, place.length));
    Ok(Kept { _file: file, project, span: Span { start: Frame::ZERO, length: place.length } })
}

/// A project of nothing but the pictures of a file.
fn project_of(asset: Asset, like: &Sequence, (width, height): (u32, u32), length: FrameCount) -> Project {
    let mut project = Project::new(width, height, like.rate, like.sample_rate);
    let (id, clip) = (AssetId(project.fresh_id()), project.fresh_clip_id());
    let content = ClipContent { name: asset.name.clone(), asset: id, stream: 0, properties: Properties::default() };
    project.assets_mut().insert(id, Arc::new(Asset { id, ..asset }));
    let clip = Clip::new(clip, Arc::new(content), Frame::ZERO, length, SourceTime::ZERO);
    let track = project.sequence().tracks_of(TrackKind::Video).next().map(|track| track.id);
    if let Some(track) = track.and_then(|id| project.sequence_mut().track_mut(id)) {
        track.clips.insert(clip);
    }
    project
}

/// The bytes of a film that a sample of it stands for: it begins with a key picture, which the film has only now and then.
#[expect(clippy::cast_precision_loss, reason = "samples are short")]
fn share(place: Span, PictureBytes { all, first }: PictureBytes) -> f64 {
    all.saturating_sub(first) as f64 + first as f64 * (place.length.0 as f64 / KEYS_EVERY).min(1.0)
}

/// The size of the frames around pictures of a size, where they have another around full ones: it shrinks with them.
pub(super) fn within(size: (u32, u32), full: (u32, u32), full_frame: (u32, u32)) -> (u32, u32) {
    let even = |n: u32, to: u32, from: u32| n * to / from.max(1) / 2 * 2;
    let frame = (even(full_frame.0, size.0, full.0), even(full_frame.1, size.1, full.1));
    (frame.0.max(size.0), frame.1.max(size.1))
}

/// Where `count` samples of so many frames are taken: in the middle of equal parts, or all of a film that is shorter than they
/// are.
pub(super) fn places(whole: Span, length: i64, count: i64) -> Vec<Span> {
    let all = whole.length.0;
    if all <= length * count {
        return vec![whole];
    }
    let at = |n: i64| Frame(whole.start.0 + (all * (2 * n + 1) / (2 * count)) - length / 2);
    (0..count).map(|n| Span::between(at(n), at(n) + FrameCount(length))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_within_the_film() {
        let whole = Span::between(Frame(100), Frame(400));
        let spans: Vec<_> = places(whole, 60, SAMPLES).iter().map(|s| (s.start.0, s.length.0)).collect();
        assert_eq!(spans, [(120, 60), (220, 60), (320, 60)]);
        assert_eq!(places(whole, 200, SAMPLES), [whole]);
    }

    #[test]
    fn a_sample_has_more_key_pictures_than_its_film() {
        let place = |frames| Span::between(Frame(0), Frame(frames));
        let bytes = PictureBytes { all: 3000, first: 1000 };
        assert_eq!([share(place(50), bytes), share(place(500), bytes)], [2200.0, 3000.0]);
    }

    #[test]
    fn frames_shrink_with_their_pictures() {
        assert_eq!(within((1280, 720), (1920, 1080), (1920, 1080)), (1280, 720));
        assert_eq!(within((540, 304), (1080, 608), (1080, 1920)), (540, 960));
        assert_eq!(within((404, 720), (608, 1080), (1920, 1080)), (1274, 720));
    }
}
