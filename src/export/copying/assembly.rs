//! Puts copied and encoded packets into one stream, in the order in which they are stored, with their sound beside.

use super::plan::{Copied, CopyPlan, Segment};
use super::{Refused, film::Stop};
use crate::export::progress::Progress;
use crate::export::run::Run;
use crate::export::settings::ExportEvent;
use crate::export::sound_thread::SoundThread;
use crate::media::{CodedPicture, Configuration, Encoding, MediaError, PacketReader, Rewriter, Waiting, is_idr};
use crate::model::{AssetId, Frame, FrameCount, SourceTime, Span};
use gstreamer as gst;
use gstreamer_app as gst_app;

/// When the encoder's first picture is shown, by its own clock. `x264enc` (1.22) moves earlier ones to this hour to have room
/// before them, and until its first packet comes out it takes what it is asked for to be told by the moved clock.
pub(super) const BEGIN: gst::ClockTime = gst::ClockTime::from_seconds(3_600_000);

/// What new IDR pictures are told apart by, in turn: numbers that encoders do not use, which count from 0.
const IDENTITIES: [u32; 2] = [54_321, 54_322];

/// A film that is put together.
pub(super) struct Assembly<'a> {
    plan: &'a CopyPlan,
    encoding: &'a Encoding,
    /// Where all packets of pictures go.
    packets: gst_app::AppSrc,
    audio: gst_app::AppSrc,
    /// Where those of the encoder come from.
    coded: gst_app::AppSink,
    sounds: SoundThread,
    /// What writes the encoder's pictures anew, and what they were announced as; none where nothing is encoded.
    rewriter: Option<(Rewriter, Configuration)>,
    progress: Progress,
    /// The segment that is put in, and how many of its packets are.
    at: usize,
    done: i64,
    /// Packets that are in the film.
    stored: i64,
    /// Pictures of earlier segments that the encoder made.
    coded_before: i64,
    /// The last IDR picture that it made, and how many there were.
    last_idr: i64,
    idrs: usize,
    /// Whether the last packet in the film is an IDR picture.
    after_idr: bool,
    reader: Option<(AssetId, u32, PacketReader)>,
}

/// The ends of the pipeline.
pub(super) struct Ends {
    pub packets: gst_app::AppSrc,
    pub audio: gst_app::AppSrc,
    pub coded: gst_app::AppSink,
}

type Tell<'t> = &'t mut dyn FnMut(ExportEvent);

impl<'a> Assembly<'a> {
    pub fn new(
        plan: &'a CopyPlan,
        encoding: &'a Encoding,
        ends: Ends,
        sounds: SoundThread,
        rewriter: Option<(Rewriter, Configuration)>,
    ) -> Self {
        let Ends { packets, audio, coded } = ends;
        Self {
            plan,
            encoding,
            packets,
            audio,
            coded,
            sounds,
            rewriter,
            progress: Progress::new(),
            at: 0,
            done: 0,
            stored: 0,
            coded_before: 0,
            last_idr: 0,
            idrs: 0,
            after_idr: false,
            reader: None,
        }
    }

    /// Puts in what is there: what the encoder has made so far, and what is copied after it.
    pub fn advance(&mut self, run: &Run, tell: Tell<'_>) -> Result<(), Stop> {
        while let Some(segment) = self.plan.segments.get(self.at) {
            match segment {
                Segment::Copied(copied) => self.copy(run, copied, tell)?,
                Segment::Encoded(span) => {
                    while self.done < span.length.0 {
                        let Some(sample) = self.coded.try_pull_sample(gst::ClockTime::ZERO) else { return Ok(()) };
                        self.put_coded(run, *span, &sample, tell)?;
                        self.done += 1;
                    }
                    self.coded_before += span.length.0;
                }
            }
            (self.at, self.done) = (self.at + 1, 0);
        }
        Ok(())
    }

    /// Puts in all the rest, after the encoder was told that nothing more comes.
    pub fn finish(mut self, run: &Run, tell: Tell<'_>) -> Result<(), Stop> {
        let mut waiting = Waiting::begin();
        loop {
            let before = self.stored;
            self.advance(run, tell)?;
            if self.at == self.plan.segments.len() {
                break;
            }
            if self.coded.is_eos() {
                return Err(no_more("the encoder made fewer pictures than it was given"));
            }
            if self.stored != before {
                waiting = Waiting::begin();
            }
            self.encoding.check(run.cancel, &mut waiting)?;
        }
        self.progress.tell(run, self.stored, tell);
        self.encoding.end(&self.packets)?;
        self.encoding.end(&self.audio)?;
        Ok(())
    }

    fn put_coded(&mut self, run: &Run, span: Span, sample: &gst::Sample, tell: Tell<'_>) -> Result<(), Stop> {
        let strange = || no_more("the encoder's pictures can't be told apart");
        let Some((rewriter, announced)) = &mut self.rewriter else { return Err(strange()) };
        let buffer = sample.buffer().ok_or_else(strange)?;
        if sample.caps().and_then(Configuration::announced).as_ref() != Some(&*announced) {
            return Err(no_more("the encoder's parameters change on the way"));
        }
        let since = buffer.pts().and_then(|pts| pts.checked_sub(BEGIN)).ok_or_else(strange)?;
        let since = SourceTime::from_nanos(i64::try_from(since.nseconds()).unwrap_or(i64::MAX));
        let number = run.sequence().rate.frame_nearest(since).0;
        let within = number - self.coded_before;
        let bytes = buffer.map_readable().map_err(|_| strange())?;
        let idr = is_idr(&bytes).ok_or_else(strange)?;
        if !(0..span.length.0).contains(&within) || (self.done == 0) != (within == 0) || (self.done == 0 && !idr) {
            return Err(no_more("the encoder does not begin anew where it should"));
        }
        if idr {
            self.last_idr = number;
            self.idrs += 1;
        }
        let identity = IDENTITIES[self.idrs % 2];
        let packet = rewriter.packet(&bytes, number - self.last_idr, identity);
        let packet = packet.map_err(|why| no_more(&why.0))?;
        self.put(run, span.start + FrameCount(within), idr, packet, tell)
    }

    fn copy(&mut self, run: &Run, copied: &Copied, tell: Tell<'_>) -> Result<(), Stop> {
        let refuse = |why: String| Stop::Refused(Refused { asset: Some(copied.asset.id), why });
        let refused = |error: MediaError| match error {
            MediaError::Cancelled => Stop::Failed(MediaError::Cancelled.into()),
            other => refuse(other.to_string()),
        };
        let mut reader = self.reader_of(run, copied).map_err(refused)?;
        reader.seek(copied.first).map_err(refused)?;
        let mut left = copied.span.length.0;
        let mut begun = false;
        while left > 0 {
            if run.cancel.is_cancelled() {
                return Err(MediaError::Cancelled.into());
            }
            let Some(picture) = reader.next(run.cancel).map_err(refused)? else {
                return Err(refuse("it ends earlier than it did".into()));
            };
            let CodedPicture { number, idr, packet } = picture;
            if !begun && number != copied.first {
                continue;
            }
            let within = number - copied.first;
            let expected = (0..copied.span.length.0).contains(&within) && Some(number) != copied.stop;
            if !expected || (!begun && !idr) {
                return Err(refuse("its pictures lie otherwise than they did".into()));
            }
            begun = true;
            let bytes = packet.map_readable().map_err(|_| refuse("it can't be read on".into()))?;
            let mut kept = self.plan.stream.copied(&bytes).map_err(|why| refuse(why.0))?;
            if number == copied.first && self.after_idr {
                // two that follow each other must differ, which two of different places might not (7.4.3)
                self.idrs += 1;
                let renamed = Rewriter::renaming(&self.plan.stream);
                let renamed = renamed.and_then(|mut rewriter| rewriter.packet(&kept, 0, IDENTITIES[self.idrs % 2]));
                kept = renamed.map_err(|why| refuse(why.0))?;
            }
            self.put(run, copied.span.start + FrameCount(within), idr, kept, tell)?;
            left -= 1;
        }
        self.reader = Some((copied.asset.id, copied.stream, reader));
        Ok(())
    }

    /// A reader of the source; the one of before where it is the same.
    fn reader_of(&mut self, run: &Run, copied: &Copied) -> Result<PacketReader, MediaError> {
        match self.reader.take() {
            Some((asset, stream, reader)) if (asset, stream) == (copied.asset.id, copied.stream) => Ok(reader),
            _ => PacketReader::open(&copied.asset.path, &copied.asset.info, copied.stream, run.cancel),
        }
    }

    /// Puts the packet of a frame's picture into the film.
    fn put(&mut self, run: &Run, frame: Frame, idr: bool, packet: Vec<u8>, tell: Tell<'_>) -> Result<(), Stop> {
        let n = (frame - run.span.start).0;
        if self.stored > n + self.plan.delay {
            return Err(no_more("pictures are stored in another order than was found"));
        }
        let sounded = run.span.start + FrameCount(self.stored);
        let mixed = self.sounds.next(run.cancel)?;
        self.encoding.push(&self.audio, run.sound_at(sounded, &mixed), run.cancel)?;
        run.warn(mixed.warnings.into_iter(), tell);
        let mut buffer = gst::Buffer::from_mut_slice(packet);
        if let Some(buffer) = buffer.get_mut() {
            let shown = n + self.plan.delay;
            buffer.set_pts(run.time_of(shown));
            buffer.set_dts(run.time_of(self.stored));
            buffer.set_duration(run.time_of(shown + 1).saturating_sub(run.time_of(shown)));
            if !idr {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.encoding.push(&self.packets, buffer, run.cancel)?;
        self.stored += 1;
        self.after_idr = idr;
        if self.progress.is_due() {
            self.progress.tell(run, self.stored, tell);
            run.give_back();
        }
        Ok(())
    }
}

/// Nothing is copied at all.
fn no_more(why: &str) -> Stop {
    Stop::Refused(Refused { asset: None, why: why.to_owned() })
}
