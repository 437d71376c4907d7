//! Sound that is made a little longer or shorter, without a break.

use super::sound_clock::Pair;
use std::f64::consts::PI;

/// Samples on each side of a moment that say what is heard in it.
const HALF: usize = 12;

/// Reads sound at a slightly other speed until it is by some samples longer or shorter.
pub(super) struct Warp {
    /// The last `HALF` samples before the next moment, and those after it.
    samples: Vec<Pair>,
    /// Samples taken in, and given out for them, in all.
    inputs: i64,
    outputs: i64,
    /// Given out up to here.
    given: i64,
    /// The sample that the moment after which `samples` has `HALF` lies at.
    at: i64,
}

impl Warp {
    /// Over the `inputs` samples that follow those of `before`, `more` are added (or left out, where that is negative).
    pub fn new(before: &[Pair], inputs: i64, more: i64) -> Self {
        let mut samples = vec![[0.0; 2]; HALF];
        samples.extend_from_slice(before);
        samples.drain(..samples.len() - HALF);
        Self { samples, inputs: inputs.max(1), outputs: (inputs + more).max(1), given: 0, at: 0 }
    }

    /// Takes what follows; what can be made of it, and whether that was all: then what follows is heard as it is.
    pub fn push(&mut self, pairs: &[Pair]) -> (Vec<Pair>, bool) {
        self.samples.extend_from_slice(pairs);
        let mut out = Vec::with_capacity(pairs.len() + pairs.len() / 64 + 1);
        let mut skipped = 0;
        while self.given < self.outputs {
            let place = i128::from(self.given) * i128::from(self.inputs);
            let whole = i64::try_from(place / i128::from(self.outputs)).unwrap_or(i64::MAX);
            let part = (place % i128::from(self.outputs)) as f64 / self.outputs as f64;
            let first = usize::try_from(whole - self.at).unwrap_or(usize::MAX);
            let Some(around) = first.checked_add(2 * HALF).and_then(|end| self.samples.get(first..end)) else { break };
            out.push(between(around, part));
            skipped = first;
            self.given += 1;
        }
        let done = self.given == self.outputs;
        if done {
            let rest = usize::try_from(self.inputs - self.at).unwrap_or(usize::MAX).saturating_add(HALF);
            out.extend(self.samples.drain(rest.min(self.samples.len())..));
        } else {
            self.samples.drain(..skipped);
            self.at += i64::try_from(skipped).unwrap_or(0);
        }
        (out, done)
    }

    /// What was taken in and not given out.
    pub fn rest(mut self) -> Vec<Pair> {
        self.samples.drain(..HALF.min(self.samples.len()));
        self.samples
    }
}

/// The sound between the two middle ones of `2 * HALF` samples, by a windowed sinc.
fn between(samples: &[Pair], part: f64) -> Pair {
    if part < 1e-9 {
        return samples.get(HALF).copied().unwrap_or_default();
    }
    let sine = (PI * part).sin() / PI;
    let mut sum = [0.0_f64; 2];
    for (n, pair) in samples.iter().enumerate() {
        // sample HALF lies at 0
        let x = n as f64 - HALF as f64 - part;
        let sinc = if n % 2 == HALF % 2 { -sine / x } else { sine / x };
        let window = 0.5 + 0.5 * (PI * x / HALF as f64).cos();
        sum[0] += f64::from(pair[0]) * sinc * window;
        sum[1] += f64::from(pair[1]) * sinc * window;
    }
    #[expect(clippy::cast_possible_truncation, reason = "samples are kept in single precision")]
    sum.map(|s| s as f32)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small known numbers")]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stays_a_tone_and_grows_by_what_was_asked_for() {
        let tone = |n: f64| ((n * 0.3).sin() * 0.5) as f32;
        for more in [480, -480, 1] {
            let pairs: Vec<Pair> = (0..300_000).map(|n| [tone(f64::from(n)); 2]).collect();
            let mut warp = Warp::new(&pairs[..1000], 240_000, more);
            let mut out = Vec::new();
            let mut done = false;
            for piece in pairs[1000..].chunks(1024) {
                if done {
                    out.extend_from_slice(piece);
                } else {
                    let (made, last) = warp.push(piece);
                    out.extend(made);
                    done = last;
                }
            }
            assert_eq!(i64::try_from(out.len()).unwrap(), 299_000 + more);
            for (n, pair) in out.iter().enumerate() {
                let end = (240_000 + more) as f64;
                let at = if (n as f64) < end { n as f64 * 240_000.0 / end } else { n as f64 - more as f64 };
                assert!((pair[0] - tone(1000.0 + at)).abs() < 1e-3, "{more}: {n}");
            }
        }
    }
}
