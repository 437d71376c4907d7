//! The sound of one stream, as stereo samples at the rate that is asked for, by exact position.

use super::decode::{Cancel, Decoding, Which};
use super::error::MediaError;
use crate::model::{MediaInfo, SourceTime};
use gstreamer as gst;
use std::collections::VecDeque;
use std::path::Path;

/// Decoders need a run-up before their output is right (AAC and MP3 frames overlap, Opus wants 80 ms).
const RUN_UP: SourceTime = SourceTime(SourceTime::SECOND.0 / 5);

/// Timestamps that differ by less from what the samples before them say are rounding, not a hole.
const JITTER_MS: i64 = 3;

/// Reads stereo sound of one stream as interleaved floats.
pub struct AudioReader {
    decoding: Decoding,
    rate: u32,
    /// What opens the file anew where it can only be read in order.
    reopen: Option<(SourceTime, u32)>,
    /// The sample position of the first queued frame.
    position: i64,
    queue: VecDeque<[f32; 2]>,
    /// Before this, what was decoded is gone.
    valid_from: i64,
    /// Where the next buffer should begin, once one was seen since the last seek.
    expected: Option<i64>,
    ended: bool,
}

fn decoding(path: &Path, start: SourceTime, stream: u32, rate: u32) -> Result<Decoding, MediaError> {
    let tail = format!(
        "audioconvert ! audioresample quality=6 ! \
         capsfilter caps=\"audio/x-raw,format=F32LE,layout=interleaved,channels=2,rate={rate}\""
    );
    Decoding::open(path, start, Which::Audio(stream), &tail, 8, 1)
}

impl AudioReader {
    /// Opens the `stream`th audio stream of a file at `rate` samples a second.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn open(path: &Path, info: &MediaInfo, stream: u32, rate: u32) -> Result<Self, MediaError> {
        let decoding = decoding(path, info.start, stream, rate)?;
        let reopen = info.untimed.then_some((info.start, stream));
        let queue = VecDeque::new();
        Ok(Self { decoding, rate, reopen, position: 0, queue, valid_from: 0, expected: None, ended: false })
    }

    /// Reads the frames from sample `start` of the file on. What lies before its beginning, after its end
    /// or in a hole is silence; the count is always exact.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file; `out` is silent from there on.
    pub fn read(&mut self, start: i64, out: &mut [[f32; 2]], cancel: &Cancel) -> Result<(), MediaError> {
        out.fill([0.0; 2]);
        let rate = i64::from(self.rate);
        let behind = start < self.valid_from;
        let ahead = !self.ended && self.reopen.is_none() && start > self.position + self.queued() + rate;
        if behind || ahead {
            self.seek(start)?;
        }
        self.valid_from = start + i64::try_from(out.len()).unwrap_or(i64::MAX);
        let mut done = 0;
        while done < out.len() {
            let want = start + i64::try_from(done).unwrap_or(i64::MAX);
            self.drop_before(want);
            if self.queue.is_empty() {
                if self.ended {
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

    /// Positions the reader so that a [`Self::read`] from there finds its sound decoded.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file.
    pub fn seek(&mut self, start: i64) -> Result<(), MediaError> {
        if let Some((clock, stream)) = self.reopen {
            return self.begin_anew(start, clock, stream);
        }
        let to = SourceTime(crate::model::time::mul_div_round(start, SourceTime::SECOND.0, i64::from(self.rate)));
        let to = SourceTime((to - RUN_UP).0.max(0));
        self.queue.clear();
        (self.expected, self.ended) = (None, false);
        self.position = to.sample(self.rate);
        self.valid_from = self.position;
        if !self.decoding.seek(to, gst::SeekFlags::ACCURATE) {
            return Err(self.decoding.error().unwrap_or_else(|| self.decoding.decode_error("can't be sought in")));
        }
        Ok(())
    }

    /// Where a demuxer finds no times to seek by, all sound before the position is read.
    fn begin_anew(&mut self, start: i64, clock: SourceTime, stream: u32) -> Result<(), MediaError> {
        if start < self.valid_from {
            self.queue.clear();
            self.decoding = decoding(&self.decoding.path, clock, stream, self.rate)?;
            (self.expected, self.ended, self.position) = (None, false, 0);
        }
        self.valid_from = start;
        Ok(())
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

    /// Takes one more buffer into the queue. Only called when the queue is empty.
    fn fill(&mut self, cancel: &Cancel) -> Result<(), MediaError> {
        let Some(sample) = self.decoding.pull(cancel)? else {
            self.ended = true;
            return Ok(());
        };
        let Some(buffer) = sample.buffer() else { return Ok(()) };
        let Ok(map) = buffer.map_readable() else { return Ok(()) };
        let samples = map
            .as_slice()
            .chunks_exact(8)
            .map(|b| [f32::from_le_bytes([b[0], b[1], b[2], b[3]]), f32::from_le_bytes([b[4], b[5], b[6], b[7]])]);
        let stamped = self.decoding.time_of(&sample).map(|time| time.sample(self.rate));
        let jitter = i64::from(self.rate) * JITTER_MS / 1000;
        let at = match (stamped, self.expected) {
            (Some(at), Some(expected)) if (at - expected).abs() <= jitter => expected,
            (Some(at), _) => at,
            (None, Some(expected)) => expected,
            (None, None) => self.position,
        };
        let before = self.position;
        self.position = at;
        self.queue.extend(samples);
        self.expected = Some(at + self.queued());
        // overlapping buffers: what was already given is not given twice
        self.drop_before(before);
        Ok(())
    }
}
