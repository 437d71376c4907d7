//! Sound at another rate than it was recorded at.
//!
//! GStreamer's own resampler goes on, after a seek, from the phase that it had before, and begins with whatever
//! sample comes first: the same place of a file was up to two samples beside itself from one reading to the next
//! (1.22). Here a sample at the new rate depends on nothing but what was recorded around it.

use crate::model::time::gcd;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use std::collections::VecDeque;

type Pair = [f32; 2];

/// Sound is resampled in blocks of at least so many recorded samples; the filter is as long as a block.
const BLOCK: u32 = 512;

/// The highest rate that is read, in samples a second: the highest that converters record at.
const MAX_RATE: u32 = 768_000;

/// Resamples stretches of stereo sound. Positions are samples counted from the file's beginning, at the rate of what
/// they are positions in.
pub(super) struct Resample {
    from: u32,
    to: u32,
    /// What filters, unless both rates are the same.
    blocks: Option<Blocks>,
}

/// Blocks of whole numbers of samples at both rates, which begin at multiples of their length wherever sound does.
struct Blocks {
    fft: Fft<f32>,
    /// Recorded samples that do not fill a block yet.
    waiting: Vec<Pair>,
    /// What came out of the last block.
    filtered: Vec<Pair>,
    /// The position of what comes out of the next block.
    next: i64,
    /// Where the sound begins; what comes out for before is no part of it.
    first: i64,
}

impl Resample {
    /// From one rate to another, both in samples a second; `None` for rates that no sound has.
    pub fn new(from: u32, to: u32) -> Option<Self> {
        if from == to {
            return Some(Self::same(to));
        }
        if !(1..=MAX_RATE).contains(&from) || !(1..=MAX_RATE).contains(&to) {
            return None;
        }
        // filters are symmetrical, so half of one must be a whole number of samples: blocks have an even number
        let shortest = from / gcd(from, to);
        let length = (shortest * 2) as usize * BLOCK.div_ceil(shortest * 2) as usize;
        let fft = Fft::new(from as usize, to as usize, length, 2, FixedSync::Both).ok()?;
        let filtered = vec![[0.0; 2]; fft.output_frames_max()];
        let blocks = Blocks { fft, waiting: Vec::with_capacity(length), filtered, next: 0, first: 0 };
        Some(Self { from, to, blocks: Some(blocks) })
    }

    /// At the rate that it was recorded at, in samples a second.
    pub fn same(rate: u32) -> Self {
        Self { from: rate, to: rate, blocks: None }
    }

    /// The recorded samples a second.
    pub fn from(&self) -> u32 {
        self.from
    }

    /// Begins a stretch with the recorded sample `at`; returns the position of the first sample that will come out.
    pub fn begin(&mut self, at: i64) -> i64 {
        let first = self.position(at);
        let Some(blocks) = &mut self.blocks else { return first };
        blocks.fft.reset();
        let (recorded, made) = blocks.lengths();
        let block = at.div_euclid(recorded);
        blocks.waiting.clear();
        blocks.waiting.resize(usize::try_from(at - block * recorded).unwrap_or(0), [0.0; 2]);
        // half a filter later
        blocks.next = block.saturating_mul(made) - made / 2;
        blocks.first = first;
        first
    }

    /// Takes in what was recorded next, and appends what can be made of it.
    pub fn push(&mut self, recorded: impl Iterator<Item = Pair>, out: &mut VecDeque<Pair>) {
        let Some(blocks) = &mut self.blocks else {
            out.extend(recorded);
            return;
        };
        for pair in recorded {
            blocks.waiting.push(pair);
            if blocks.waiting.len() == blocks.fft.fft_size_in() {
                blocks.flush(out);
            }
        }
    }

    /// Ends the stretch before the recorded sample `end`, the one after the last that was taken in: appends what is left.
    pub fn finish(&mut self, end: i64, out: &mut VecDeque<Pair>) {
        let end = self.position(end);
        let Some(blocks) = &mut self.blocks else { return };
        while blocks.next < end {
            blocks.flush(out);
        }
        let over = usize::try_from(blocks.next - end).unwrap_or(0);
        out.truncate(out.len().saturating_sub(over));
    }

    /// The first sample at the new rate that is not before a recorded one.
    fn position(&self, recorded: i64) -> i64 {
        let ceil = -(-i128::from(recorded) * i128::from(self.to)).div_euclid(i128::from(self.from));
        i64::try_from(ceil).unwrap_or(i64::MAX)
    }
}

impl Blocks {
    /// A block's samples, recorded and made of them.
    fn lengths(&self) -> (i64, i64) {
        let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        (length(self.fft.fft_size_in()), length(self.fft.fft_size_out()))
    }

    /// Filters what waits, with silence after it up to a whole block.
    fn flush(&mut self, out: &mut VecDeque<Pair>) {
        let (recorded, made) = (self.fft.fft_size_in(), self.fft.fft_size_out());
        self.waiting.resize(recorded, [0.0; 2]);
        let input = InterleavedSlice::new(self.waiting.as_flattened(), 2, recorded);
        let output = InterleavedSlice::new_mut(self.filtered.as_flattened_mut(), 2, made);
        if let (Ok(input), Ok(mut output)) = (input, output)
            && self.fft.process_into_buffer(&input, &mut output, None).is_err()
        {
            // it refuses only buffers that are too short
            self.filtered.fill([0.0; 2]);
        }
        self.waiting.clear();
        let skip = usize::try_from(self.first - self.next).unwrap_or(0).min(made);
        out.extend(&self.filtered[skip..made]);
        self.next += self.lengths().1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// A recorded sample of a tone of 1000 Hz.
    #[expect(clippy::cast_possible_truncation, reason = "a sample")]
    fn tone(at: i64, rate: u32) -> Pair {
        let value = (at as f64 * 1000.0 * TAU / f64::from(rate)).sin() as f32;
        [value, -value]
    }

    /// What comes out for recorded samples from `at` on, and where it begins.
    fn resampled(resample: &mut Resample, at: i64, count: i64) -> (i64, Vec<Pair>) {
        let from = resample.from();
        let first = resample.begin(at);
        let mut out = VecDeque::new();
        // in pieces, as buffers come
        for piece in (at..at + count).collect::<Vec<_>>().chunks(777) {
            resample.push(piece.iter().map(|n| tone(*n, from)), &mut out);
        }
        resample.finish(at + count, &mut out);
        (first, out.into())
    }

    #[test]
    fn every_sample_is_where_it_was_recorded() {
        let rates = [(44_100, 48_000), (22_050, 48_000), (48_000, 44_100), (96_000, 48_000), (48_000, 8000)];
        for (from, to) in rates.into_iter().chain([(44_056, 48_000), (47_952, 44_100)]) {
            let mut resample = Resample::new(from, to).unwrap();
            for at in [0, 1, 1234, 44_099, i64::from(from) * 7] {
                let count = i64::from(from) / 2;
                let (first, out) = resampled(&mut resample, at, count);
                let length = count as f64 * f64::from(to) / f64::from(from);
                assert!((out.len() as f64 - length).abs() < 1.0, "{from} to {to}: {} of {length}", out.len());
                // where the tone begins and ends there is more in it than the tone
                let edge = (to / 20) as usize;
                for (n, pair) in out.iter().enumerate().skip(edge).take(out.len() - 2 * edge) {
                    let wanted = tone(first + i64::try_from(n).unwrap(), to);
                    let off = (pair[0] - wanted[0]).abs().max((pair[1] - wanted[1]).abs());
                    assert!(off < 2e-4, "{from} to {to}, {n} after {first} from {at}: {off}");
                }
            }
        }
    }

    #[test]
    fn where_reading_begins_changes_nothing() {
        for (from, to) in [(44_100, 48_000), (22_050, 48_000), (32_000, 44_100)] {
            let mut resample = Resample::new(from, to).unwrap();
            let (_, whole) = resampled(&mut resample, 0, 60_000);
            for at in [1, 5000, 12_345, 20_001] {
                let (first, out) = resampled(&mut resample, at, 60_000 - at);
                let edge = 2000;
                let same = &whole[usize::try_from(first).unwrap()..];
                assert_eq!(out.len(), same.len(), "{from} to {to} from {at}");
                assert!(out[edge..].iter().zip(&same[edge..]).all(|(a, b)| a == b), "{from} to {to} from {at}");
            }
        }
    }

    #[test]
    fn sound_at_the_same_rate_is_left_alone_and_rates_of_no_sound_are_refused() {
        let mut resample = Resample::new(48_000, 48_000).unwrap();
        let (first, out) = resampled(&mut resample, 77, 1000);
        assert_eq!(first, 77);
        assert!(out.iter().zip(77..).all(|(pair, n)| *pair == tone(n, 48_000)));
        for (from, to) in [(0, 48_000), (u32::MAX, 48_000), (48_000, 0)] {
            assert!(Resample::new(from, to).is_none());
        }
    }
}
