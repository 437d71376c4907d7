//! The sound of one stream, as stereo samples at the rate that is asked for, by exact position.

use super::decode::{Cancel, Decoding, Which};
use super::error::MediaError;
use super::resample::Resample;
use super::sound_clock::{Part, Piece, SoundClock};
use crate::model::{MediaInfo, SourceTime, time::mul_div_round};
use gstreamer as gst;
use gstreamer_audio as gst_audio;
use std::collections::VecDeque;
use std::path::Path;

/// Decoders need a run-up before their output is right (AAC and MP3 frames overlap, Opus wants 80 ms).
const RUN_UP: SourceTime = SourceTime(SourceTime::SECOND.0 / 5);

/// Reads stereo sound of one stream as interleaved floats.
pub struct AudioReader {
    decoding: Decoding,
    rate: u32,
    /// What brings the recorded samples to that rate.
    resample: Resample,
    /// What opens the file anew: the moment that is media time 0, and the number of the stream.
    opened: (SourceTime, u32),
    /// Whether the file can only be read in order.
    in_order: bool,
    /// The sample position at which the stream begins.
    first: i64,
    /// The sample position of the first queued frame.
    position: i64,
    queue: VecDeque<[f32; 2]>,
    /// Before this, what was decoded is gone.
    valid_from: i64,
    /// What was decoded and waits for its place.
    clock: SoundClock,
    /// Why nothing can be read, where that was found out before anybody asked.
    failed: Option<MediaError>,
    /// Nothing more is decoded.
    ended: bool,
    /// Nothing more waits either.
    over: bool,
}

fn decoding(path: &Path, start: SourceTime, stream: u32) -> Result<Decoding, MediaError> {
    let tail = "audioconvert ! capsfilter caps=audio/x-raw,format=F32LE,layout=interleaved,channels=2";
    Decoding::open(path, start, Which::Audio(stream), tail, 8, 1)
}

impl AudioReader {
    /// Opens the `stream`th audio stream of a file at `rate` samples a second.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn open(path: &Path, info: &MediaInfo, stream: u32, rate: u32) -> Result<Self, MediaError> {
        let decoding = decoding(path, info.start, stream)?;
        let recorded = info.audio.get(stream as usize).map_or(rate, |s| s.rate);
        // what the file says of itself may be wrong; what comes out of the decoder decides, in `fill`
        let resample = Resample::new(recorded, rate).unwrap_or_else(|| Resample::same(rate));
        let queue = VecDeque::new();
        let (clock, failed) = (SoundClock::default(), None);
        let mut reader = Self {
            decoding,
            rate,
            resample,
            opened: (info.start, stream),
            in_order: info.untimed,
            first: 0,
            position: 0,
            queue,
            valid_from: 0,
            clock,
            failed,
            ended: false,
            over: false,
        };
        // where packets begin is learnt at the beginning, before anything is sought
        reader.failed = reader.fill(&Cancel::default()).err();
        reader.first = reader.position;
        Ok(reader)
    }

    /// Reads the frames from sample `start` of the file on. What lies before its beginning, after its end
    /// or in a hole is silence; the count is always exact.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file; `out` is silent from there on.
    pub fn read(&mut self, start: i64, out: &mut [[f32; 2]], cancel: &Cancel) -> Result<(), MediaError> {
        out.fill([0.0; 2]);
        if !self.decoding.is_edited() {
            return self.read_on(start, out, cancel);
        }
        let (mut at, mut rest) = (start, out);
        while !rest.is_empty() {
            // in the middle of a sample, so that no rounding finds the edit before
            let time = SourceTime(mul_div_round(2 * at + 1, SourceTime::SECOND.0, 2 * i64::from(self.rate)));
            let Some(edit) = self.decoding.edit_from(time) else { return Ok(()) };
            let silence = usize::try_from((edit.at.sample(self.rate) - at).max(0)).unwrap_or(usize::MAX);
            let length = edit
                .end
                .map_or(usize::MAX, |end| usize::try_from((end.sample(self.rate) - at).max(1)).unwrap_or(usize::MAX));
            let end = length.min(rest.len());
            let (part, after) = rest.split_at_mut(end);
            if let Some(heard) = part.get_mut(silence..).filter(|h| !h.is_empty()) {
                if self.decoding.set_shift(edit.shift) {
                    self.seek(at + i64::try_from(silence).unwrap_or(0))?;
                }
                self.read_on(at + i64::try_from(silence).unwrap_or(0), heard, cancel)?;
            }
            at += i64::try_from(end).unwrap_or(0);
            rest = after;
        }
        Ok(())
    }

    /// The same of a part that is in one piece.
    fn read_on(&mut self, start: i64, out: &mut [[f32; 2]], cancel: &Cancel) -> Result<(), MediaError> {
        let rate = i64::from(self.rate);
        let behind = start < self.valid_from;
        let ahead = !self.ended && !self.in_order && start > self.position + self.queued() + rate;
        if behind || ahead {
            self.seek(start)?;
        }
        self.valid_from = start + i64::try_from(out.len()).unwrap_or(i64::MAX);
        let mut done = 0;
        while done < out.len() {
            let want = start + i64::try_from(done).unwrap_or(i64::MAX);
            self.drop_before(want);
            if self.queue.is_empty() {
                if self.over {
                    return Ok(());
                }
                self.fill(cancel)?;
                continue;
            }
            if self.position > want {
                // a hole, or sound that begins later: silence up to it
                let silence = usize::try_from(self.position - want).unwrap_or(usize::MAX);
                done = done.saturating_add(silence).min(out.len());
                continue;
            }
            let n = self.queue.len().min(out.len() - done);
            for (to, from) in out[done..done + n].iter_mut().zip(self.queue.drain(..n)) {
                *to = from;
            }
            self.position += i64::try_from(n).unwrap_or(i64::MAX);
            done += n;
        }
        Ok(())
    }

    /// What was damaged up to what was read last, since the last seek or since this was asked: when, and how.
    #[must_use]
    pub fn damage(&self) -> Option<(SourceTime, String)> {
        let read = SourceTime(mul_div_round(self.position, SourceTime::SECOND.0, i64::from(self.rate)));
        self.decoding.damage_until(read)
    }

    /// Positions the reader so that a [`Self::read`] from there finds its sound decoded.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn seek(&mut self, start: i64) -> Result<(), MediaError> {
        let to = SourceTime(mul_div_round(start, SourceTime::SECOND.0, i64::from(self.rate))) - RUN_UP;
        // `opusdec` goes on after a seek with what it remembers of other packets (GStreamer 1.22 to 1.28): where there is no
        // run-up, the first packet came out 27 dB too quiet
        if self.in_order || (self.decoding.reads_first_edit() && to.sample(self.rate) <= self.first) {
            return self.begin_anew(start);
        }
        let to = self.between_samples(to.max(self.decoding.earliest()));
        self.forget(to.sample(self.rate));
        self.valid_from = self.position;
        if !self.decoding.seek(to, gst::SeekFlags::ACCURATE) {
            return Err(self.decoding.error().unwrap_or_else(|| self.decoding.decode_error("can't be sought in")));
        }
        Ok(())
    }

    /// Reads from the beginning on, all that lies before the position too, unless it comes anyway.
    fn begin_anew(&mut self, start: i64) -> Result<(), MediaError> {
        if start < self.valid_from {
            let (clock, stream) = self.opened;
            self.decoding = decoding(&self.decoding.path, clock, stream)?;
            self.forget(0);
        }
        self.valid_from = start;
        Ok(())
    }

    /// Forgets what was read, to go on from another position.
    fn forget(&mut self, position: i64) {
        self.queue.clear();
        self.position = position;
        self.clock.forget();
        (self.failed, self.ended, self.over) = (None, false, false);
    }

    /// A moment in the first quarter of the recorded sample that is nearest to `to`. A decoder cuts what is before a
    /// seek away by whole samples, rounded down, and says that the rest begins at the very moment that was sought. (An
    /// eighth is a quarter where the decoder makes two samples of each that the file announces: HE-AAC.)
    fn between_samples(&self, to: SourceTime) -> SourceTime {
        let rate = self.resample.from();
        let sample = to.sample(rate);
        SourceTime(mul_div_round(sample * 8 + i64::from(sample > 0), SourceTime::SECOND.0, i64::from(rate) * 8))
    }

    fn queued(&self) -> i64 {
        i64::try_from(self.queue.len()).unwrap_or(i64::MAX)
    }

    fn drop_before(&mut self, want: i64) {
        if self.position < want {
            let n = (want - self.position).min(self.queued());
            self.queue.drain(..usize::try_from(n).unwrap_or(0));
            self.position += n;
        }
    }

    /// Takes one more piece of sound into the queue. Only called when the queue is empty.
    fn fill(&mut self, cancel: &Cancel) -> Result<(), MediaError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.ended && self.clock.needs_more() {
            match self.decoding.pull(cancel)? {
                Some(sample) => self.take(&sample),
                None => self.ended = true,
            }
        }
        let (position, rate) = (self.position, self.rate);
        let guess = |recorded| mul_div_round(position, i64::from(recorded), i64::from(rate));
        match self.clock.next(guess).or_else(|| self.clock.end()) {
            Some(Part::Sound(begins, pairs)) => {
                if let Some((at, rate)) = begins {
                    if rate != self.resample.from() {
                        self.resample =
                            Resample::new(rate, self.rate).ok_or_else(|| no_rate(&self.decoding.path, rate))?;
                    }
                    self.position = self.resample.begin(at);
                }
                self.resample.push(pairs.into_iter(), &mut self.queue);
            }
            Some(Part::End(pairs, end)) => {
                self.resample.push(pairs.into_iter(), &mut self.queue);
                self.resample.finish(end, &mut self.queue);
            }
            None => self.over = true,
        }
        Ok(())
    }

    /// Takes what was decoded to what waits for its place.
    fn take(&mut self, sample: &gst::Sample) {
        let Some(map) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) else { return };
        let rate = sample.caps().and_then(|caps| gst_audio::AudioInfo::from_caps(caps).ok()).map(|info| info.rate());
        let rate = rate.unwrap_or(self.resample.from());
        let stamp = self.decoding.time_of(sample).map(|time| time.sample(rate));
        let float = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let pairs = map.as_slice().chunks_exact(8).map(|b| [float(b), float(&b[4..])]).collect();
        self.clock.push(Piece { stamp, rate, pairs });
    }
}

fn no_rate(path: &Path, rate: u32) -> MediaError {
    MediaError::Decode { path: path.to_owned(), why: format!("no sound has {rate} samples a second") }
}
