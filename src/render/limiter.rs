//! Keeps the mix below full scale without cutting off its peaks.

/// The mix never gets louder than this: −0.1 dB below full scale.
const CEILING: f32 = 0.988;

/// In this time the level goes down before a peak, as far as it is known, and comes back to 1/e of the way after it.
const ATTACK_MS: usize = 2;
const RELEASE_MS: f32 = 80.0;

/// A peak limiter. What stays below the ceiling passes unchanged, to the bit.
pub(super) struct Limiter {
    gain: f32,
    attack: usize,
    release: f32,
    wanted: Vec<f32>,
    loudest: f32,
}

impl Limiter {
    /// For so many samples a second.
    pub fn new(rate: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a sample rate")]
        let release = 1.0 - (-1000.0 / (RELEASE_MS * rate as f32)).exp();
        Self { gain: 1.0, attack: rate as usize * ATTACK_MS / 1000, release, wanted: Vec::new(), loudest: 0.0 }
    }

    /// The highest level so far before it was limited; 1 is full scale.
    pub fn loudest(&self) -> f32 {
        self.loudest
    }

    /// Limits samples in place.
    pub fn limit(&mut self, samples: &mut [[f32; 2]]) {
        let peak = |pair: &[f32; 2]| pair[0].abs().max(pair[1].abs());
        let highest = samples.iter().map(peak).fold(0.0, f32::max);
        self.loudest = self.loudest.max(highest);
        if self.gain >= 1.0 && highest <= CEILING {
            return;
        }
        self.wanted.clear();
        self.wanted.extend(samples.iter().map(|pair| (CEILING / peak(pair).max(CEILING)).min(1.0)));
        // going down begins before the peak
        let step = 1.0 / self.attack.max(1) as f32;
        for n in (1..self.wanted.len()).rev() {
            self.wanted[n - 1] = self.wanted[n - 1].min(self.wanted[n] + step);
        }
        for (pair, wanted) in samples.iter_mut().zip(&self.wanted) {
            let back = self.gain + (1.0 - self.gain) * self.release;
            self.gain = wanted.min(if back > 0.999 { 1.0 } else { back });
            *pair = pair.map(|s| (s * self.gain).clamp(-CEILING, CEILING));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_sound_passes_unchanged_and_loud_sound_stays_below() {
        let mut limiter = Limiter::new(48_000);
        let tone = |level: f32, n: usize| {
            let s = level * (n as f32 * 0.05).sin();
            [s, -s]
        };
        let mut quiet: Vec<[f32; 2]> = (0..4800).map(|n| tone(0.9, n)).collect();
        let before = quiet.clone();
        limiter.limit(&mut quiet);
        assert!(quiet == before);
        let mut loud: Vec<[f32; 2]> = (0..48_000).map(|n| tone(2.5, n)).collect();
        for part in loud.chunks_mut(1600) {
            limiter.limit(part);
        }
        assert!(loud.iter().flatten().all(|s| s.abs() <= CEILING));
        // it turns down and does not cut off: clipped, 28,000 of these samples would lie flat
        let flat = loud[9600..].iter().filter(|p| p[0].abs() >= CEILING * 0.9999).count();
        assert!(flat < 5000, "{flat} samples lie at the ceiling");
        // and comes back
        let mut after: Vec<[f32; 2]> = (0..96_000).map(|n| tone(0.5, n)).collect();
        let clean = after.clone();
        for part in after.chunks_mut(1600) {
            limiter.limit(part);
        }
        assert!(after[90_000..] == clean[90_000..]);
    }
}
