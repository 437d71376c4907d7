//! Sound at another speed than it was recorded at: backwards, with or without its pitch.
//!
//! Positions are always computed from the sample asked for, never added up, so sound stays on its picture however
//! long a clip is.

use super::plan_sound::Sound;
use crate::media::{AudioReader, Cancel, MediaError};
use crate::model::{Sequence, time::mul_div_round};

type Pair = [f32; 2];

/// Stretched sound is laid together from grains of this many milliseconds, each half over the one before.
const GRAIN_MS: i64 = 60;

/// A grain is taken from where it fits its predecessor best, at most so many milliseconds from where it should be.
const SEARCH_MS: i64 = 12;

/// Going backwards this much is decoded at once: in 1/1000 s.
const BLOCK_MS: i64 = 1000;

/// Samples on each side that weigh in when sound is resampled at normal speed.
const KERNEL: f64 = 12.0;

/// The media of one clip in the order in which they are played, as far as they are needed now.
#[derive(Default)]
struct Window {
    start: i64,
    samples: Vec<Pair>,
}

/// Reads one clip's sound at its speed.
#[derive(Default)]
pub(super) struct Retime {
    window: Window,
    stretch: Option<Stretch>,
}

/// What is left over between two reads of stretched sound.
struct Stretch {
    /// The grain that comes next.
    grain: i64,
    /// Where in the played media the grain before began.
    at: i64,
    /// The first sample, counted from the clip's start, of `ready`.
    first: i64,
    /// Finished samples, then half a grain that the next one is added to.
    ready: Vec<Pair>,
}

/// What is needed to read media.
struct Source<'a> {
    reader: &'a mut AudioReader,
    cancel: &'a Cancel,
    start: i64,
    backward: bool,
    rate: u32,
}

impl Retime {
    /// The samples from the timeline's `first`th on, before any gain.
    pub fn read(
        &mut self,
        reader: &mut AudioReader,
        sound: &Sound,
        first: i64,
        out: &mut [Pair],
        sequence: &Sequence,
        cancel: &Cancel,
    ) -> Result<(), MediaError> {
        let (speed, start, rate) = (sound.clip.speed, sound.source_start(sequence), sequence.sample_rate);
        let offset = sound.offset(first, sequence);
        if speed.is_normal() {
            return reader.read(start + offset, out, cancel);
        }
        let (num, den) = speed.fraction();
        let (num, den) = (i64::from(num).abs(), i64::from(den));
        let mut source = Source { reader, cancel, start, backward: speed.is_backward(), rate };
        if num == den {
            let end = offset + i64::try_from(out.len()).unwrap_or(0);
            out.copy_from_slice(self.window.fetch(&mut source, offset, end)?);
            Ok(())
        } else if sound.clip.content.properties.keep_pitch {
            self.stretched(&mut source, (num, den), offset, out)
        } else {
            resampled(&mut self.window, &mut source, (num, den), offset, out)
        }
    }

    /// WSOLA (Verhelst and Roelands 1993, "An overlap-add technique based on waveform similarity"): each grain
    /// begins near where it should, at the place that continues the one before it best.
    fn stretched(
        &mut self,
        source: &mut Source<'_>,
        (num, den): (i64, i64),
        offset: i64,
        out: &mut [Pair],
    ) -> Result<(), MediaError> {
        let hop = i64::from(source.rate) * GRAIN_MS / 2000;
        let search = i64::from(source.rate) * SEARCH_MS / 1000;
        let end = offset + i64::try_from(out.len()).unwrap_or(0);
        let nominal = |grain: i64| mul_div_round(grain * hop, num, den);
        let goes_on = |s: &Stretch| s.first <= offset && offset <= s.first + index_of(s.ready.len()) - hop;
        let mut stretch = if let Some(stretch) = self.stretch.take().filter(goes_on) {
            stretch
        } else {
            // begin one grain earlier: the first half of the first grain fades in
            let grain = offset.div_euclid(hop) - 1;
            let at = nominal(grain);
            let first_grain = self.window.fetch(source, at, at + 2 * hop)?.to_vec();
            let ready = windowed(&first_grain);
            Stretch { grain: grain + 1, at, first: grain * hop, ready }
        };
        // the last half grain is not finished
        while stretch.first + index_of(stretch.ready.len()) - hop < end {
            let wanted = nominal(stretch.grain);
            let from = wanted - search;
            let natural = stretch.at + hop;
            let low = from.min(natural);
            let area = self.window.fetch(source, low, (wanted + search).max(natural) + 2 * hop)?;
            let piece = |at: i64| &area[place(at - low)..place(at - low + 2 * hop)];
            let best = best_fit(&piece(natural)[..place(hop)], |shift| piece(wanted + shift), search);
            stretch.at = wanted + best;
            let grain = windowed(piece(stretch.at));
            let overlap = stretch.ready.len() - place(hop);
            for (sum, new) in stretch.ready[overlap..].iter_mut().zip(&grain) {
                *sum = [sum[0] + new[0], sum[1] + new[1]];
            }
            stretch.ready.extend_from_slice(&grain[place(hop)..]);
            stretch.grain += 1;
        }
        let skip = place(offset - stretch.first);
        out.copy_from_slice(&stretch.ready[skip..skip + out.len()]);
        stretch.ready.drain(..skip);
        stretch.first = offset;
        self.stretch = Some(stretch);
        Ok(())
    }
}

impl Window {
    /// The samples from `low` up to `high`, in the order in which they are played.
    fn fetch(&mut self, source: &mut Source<'_>, low: i64, high: i64) -> Result<&[Pair], MediaError> {
        let end = self.start + index_of(self.samples.len());
        if low < self.start || low > end {
            (self.start, self.samples) = (low, Vec::new());
        } else {
            self.samples.drain(..place(low - self.start));
            self.start = low;
        }
        let have = self.start + index_of(self.samples.len());
        if have < high {
            let mut count = high - have;
            if source.backward {
                count = count.max(i64::from(source.rate) * BLOCK_MS / 1000);
            }
            let mut block = vec![[0.0; 2]; place(count)];
            if source.backward {
                source.reader.read(source.start - have - count, &mut block, source.cancel)?;
                block.reverse();
            } else {
                source.reader.read(source.start + have, &mut block, source.cancel)?;
            }
            self.samples.append(&mut block);
        }
        Ok(&self.samples[..place(high - low)])
    }
}

/// Changes pitch with the speed, like a tape: a windowed sinc (Hann) that lets nothing through that would alias.
fn resampled(
    window: &mut Window,
    source: &mut Source<'_>,
    (num, den): (i64, i64),
    offset: i64,
    out: &mut [Pair],
) -> Result<(), MediaError> {
    let speed = num as f64 / den as f64;
    // wider for faster speeds, within reason
    let reach = (KERNEL * speed.max(1.0)).min(96.0);
    let cutoff = (1.0 / speed).min(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "at most 96")]
    let margin = 1 + reach.ceil() as i64;
    let position = |n: i64| {
        let scaled = i128::from(n) * i128::from(num);
        let whole = scaled.div_euclid(i128::from(den));
        let rest = scaled.rem_euclid(i128::from(den));
        (i64::try_from(whole).unwrap_or(i64::MAX / 2), rest as f64 / den as f64)
    };
    let last = offset + index_of(out.len()) - 1;
    let (low, high) = (position(offset).0 - margin, position(last).0 + margin + 2);
    let area = window.fetch(source, low, high)?;
    for (n, pair) in out.iter_mut().enumerate() {
        let (whole, part) = position(offset + index_of(n));
        let (mut sum, mut weights) = ([0.0_f64; 2], 0.0);
        for k in -margin..=margin {
            let distance = k as f64 - part;
            if distance.abs() >= reach {
                continue;
            }
            let x = distance * cutoff * std::f64::consts::PI;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let hann = 0.5 + 0.5 * (std::f64::consts::PI * distance / reach).cos();
            let weight = sinc * hann;
            let sample = area[place(whole + k - low)];
            sum = [sum[0] + weight * f64::from(sample[0]), sum[1] + weight * f64::from(sample[1])];
            weights += weight;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a sample")]
        {
            *pair = sum.map(|s| (s / weights) as f32);
        }
    }
    Ok(())
}

/// A grain with soft ends, such that grains half over each other add up to what they were.
fn windowed(grain: &[Pair]) -> Vec<Pair> {
    let length = grain.len() as f64;
    let soft = |(n, pair): (usize, &Pair)| {
        let phase = std::f64::consts::PI * (n as f64 + 0.5) / length;
        #[expect(clippy::cast_possible_truncation, reason = "a weight")]
        let weight = phase.sin().powi(2) as f32;
        pair.map(|s| s * weight)
    };
    grain.iter().enumerate().map(soft).collect()
}

/// The shift, at most `search` either way, at which a piece is most like `target`: coarsely first, then around the
/// best to the sample.
fn best_fit<'a>(target: &[Pair], piece: impl Fn(i64) -> &'a [Pair], search: i64) -> i64 {
    let likeness = |shift: i64, step: usize| {
        let (mut product, mut energy) = (0.0_f32, 1e-9_f32);
        for (a, b) in target.iter().zip(piece(shift)).step_by(step) {
            let (a, b) = (a[0] + a[1], b[0] + b[1]);
            product += a * b;
            energy += b * b;
        }
        product / energy.sqrt()
    };
    let best = |shifts: &mut dyn Iterator<Item = i64>, step: usize| {
        // of equals the nearest to where it should be
        let scored = shifts.map(|s| (s, likeness(s, step)));
        scored.fold((0_i64, f32::NEG_INFINITY), |a, b| {
            let better = b.1 > a.1 || (b.1 >= a.1 && b.0.abs() < a.0.abs());
            if better { b } else { a }
        })
    };
    let coarse = best(&mut (-search..=search).step_by(8), 4).0;
    best(&mut (coarse - 8..=coarse + 8).filter(|s| s.abs() <= search), 2).0
}

fn index_of(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX / 4)
}

fn place(n: i64) -> usize {
    usize::try_from(n).unwrap_or(0)
}
