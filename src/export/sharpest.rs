//! Which size of pictures shows the most of a film for the bits that are there. Pure.
//!
//! A smaller picture is coded with a finer quantiser, and loses detail instead of getting blocks. Samples of a few sizes at about
//! the rate that is there are compared with the original at its own size: at theirs, a small picture always looks good. Netflix
//! does so for each title ("Per-Title Encode Optimization", 2015).

/// Lines of smaller pictures; for upright ones, columns.
const LINES: [u32; 9] = [1440, 1080, 720, 540, 480, 360, 270, 240, 180];

/// The rate factor at which the first samples are taken.
pub(super) const SAMPLE_CRF: u32 = 28;

/// Up to this rate factor a full picture is surely better than a smaller one that is made larger again.
const CLEAR_CRF: f64 = 28.0;

/// Up to about this rate factor a picture mostly is better than a smaller one.
const WORST_CRF: f64 = 31.0;

/// The largest rate factor of x264.
const MOST_CRF: f64 = 51.0;

/// How bits grow with pixels at the same rate factor: by about this power, for a smaller picture has more detail in each pixel.
const DETAIL: f64 = 0.8;

/// Steps of the rate factor that halve the bits, until it is known of a film (x264's quantiser doubles every six), and what it
/// may be.
const STEPS: f64 = 6.0;
const STEPS_FROM: f64 = 2.0;
const STEPS_TO: f64 = 12.0;

/// What twice the bits gain, in dB (PSNR), until it is known of a film, and at most.
const GAIN: f64 = 2.0;
const GAIN_TO: f64 = 6.0;

/// Samples that miss the rate that is there by more than this, in doublings, are made anew.
const NEAR: f64 = 0.6;

/// Doublings of the rate between two samples from which there is something to learn.
const APART: f64 = 0.2;

/// What samples take, and how they look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Likeness {
    /// Bits a second.
    pub bits: f64,
    /// How much they are like the original, in dB (PSNR of luma).
    pub psnr: f64,
}

/// The sizes of a film's pictures, the largest first: its own and what is smaller, down to the smallest that is of use.
fn sizes(full: (u32, u32)) -> Vec<(u32, u32)> {
    let smaller = LINES.into_iter().filter_map(|lines| with_lines(full, lines));
    std::iter::once(full).chain(smaller).collect()
}

/// The smallest size that pictures of a film are made in.
pub(super) fn smallest(full: (u32, u32)) -> (u32, u32) {
    sizes(full).last().copied().unwrap_or(full)
}

/// Looks for the size whose samples are the most like the original, from where it usually lies to both sides.
pub(super) struct Search {
    sizes: Vec<(u32, u32)>,
    /// Bits a second that are there.
    there: f64,
    /// Samples that the next ones are guessed from: a size, a rate factor and the bits a second that it took.
    known: ((u32, u32), f64, f64),
    /// Steps of the rate factor that halve the bits.
    steps: f64,
    /// What twice the bits gain, in dB.
    gain: f64,
    /// Of each size, how much it is like the original with the bits that are there, if it was tried.
    found: Vec<Option<f64>>,
}

impl Search {
    /// For a film of which samples in its full size took so many bits a second at [`SAMPLE_CRF`], where so many are there.
    pub fn new(full: (u32, u32), sampled: f64, there: f64) -> Self {
        let sizes = sizes(full);
        let found = vec![None; sizes.len()];
        let known = (full, f64::from(SAMPLE_CRF), sampled.max(1.0));
        Self { sizes, there, known, steps: STEPS, gain: GAIN, found }
    }

    /// Where the best size usually lies, as far as bits alone tell.
    pub fn usual(&self) -> (u32, u32) {
        self.sizes[self.begin()]
    }

    fn begin(&self) -> usize {
        let fits = |size: &(u32, u32)| self.factor(*size) <= WORST_CRF;
        self.sizes.iter().position(fits).unwrap_or(self.sizes.len() - 1)
    }

    /// The best size; `likeness` makes samples of a size at a rate factor.
    ///
    /// # Errors
    /// What `likeness` has.
    pub fn best<E>(
        mut self,
        mut likeness: impl FnMut((u32, u32), u32) -> Result<Likeness, E>,
    ) -> Result<(u32, u32), E> {
        if self.factor(self.sizes[0]) <= CLEAR_CRF {
            return Ok(self.sizes[0]);
        }
        let last = self.sizes.len() - 1;
        let mut at = self.begin();
        loop {
            let here = self.like(at, &mut likeness)?;
            if at > 0 && self.like(at - 1, &mut likeness)? >= here {
                at -= 1;
            } else if at < last && self.like(at + 1, &mut likeness)? > here {
                at += 1;
            } else {
                return Ok(self.sizes[at]);
            }
        }
    }

    /// How much pictures of a size are like the original with the bits that are there.
    fn like<E>(
        &mut self,
        at: usize,
        likeness: &mut impl FnMut((u32, u32), u32) -> Result<Likeness, E>,
    ) -> Result<f64, E> {
        if let Some(known) = self.found[at] {
            return Ok(known);
        }
        let size = self.sizes[at];
        let factor = whole(self.factor(size));
        let mut taken = likeness(size, factor)?;
        self.known = (size, f64::from(factor), taken.bits.max(1.0));
        let better = whole(self.factor(size));
        if (taken.bits / self.there).log2().abs() > NEAR && better != factor {
            let again = likeness(size, better)?;
            self.learn((factor, taken), (better, again));
            self.known = (size, f64::from(better), again.bits.max(1.0));
            taken = again;
        }
        let found = taken.psnr + self.gain * (self.there / taken.bits.max(1.0)).log2();
        self.found[at] = Some(found);
        Ok(found)
    }

    /// Learns from two samples of one size how bits and likeness go with the rate factor.
    fn learn(&mut self, a: (u32, Likeness), b: (u32, Likeness)) {
        let doublings = (b.1.bits.max(1.0) / a.1.bits.max(1.0)).log2();
        let steps = (f64::from(a.0) - f64::from(b.0)) / doublings;
        if doublings.abs() < APART || steps <= 0.0 {
            return;
        }
        self.steps = steps.clamp(STEPS_FROM, STEPS_TO);
        self.gain = ((b.1.psnr - a.1.psnr) / doublings).clamp(0.0, GAIN_TO);
    }

    /// The rate factor at which pictures of a size take what is there, as far as that can be guessed from others.
    fn factor(&self, size: (u32, u32)) -> f64 {
        let (other, factor, bits) = self.known;
        let pixels = |(width, height): (u32, u32)| f64::from(width) * f64::from(height);
        let bits = bits * (pixels(size) / pixels(other)).powf(DETAIL);
        factor + self.steps * (bits / self.there).log2()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what x264 takes")]
fn whole(factor: f64) -> u32 {
    factor.round().clamp(1.0, MOST_CRF) as u32
}

/// A picture's size with so many lines, or columns where it is upright; `None` when it has no more than that.
fn with_lines((width, height): (u32, u32), lines: u32) -> Option<(u32, u32)> {
    let narrow = width.min(height);
    if lines >= narrow {
        return None;
    }
    let even = |n: u32| {
        let n = u64::from(n) * u64::from(lines);
        u32::try_from((n + u64::from(narrow)) / (2 * u64::from(narrow)) * 2).unwrap_or(2).max(2)
    };
    Some((even(width), even(height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film whose samples take so many bits at full size, `steps` to halve them, and whose best picture has so many lines:
    /// what is chosen where 2.5 Mbit/s are there, and what was tried for it.
    fn chosen(sampled: f64, steps: f64, best: u32) -> (u32, Vec<(u32, u32)>) {
        let mut tried = Vec::new();
        let size = Search::new((1920, 1080), sampled, 2_500_000.0).best(|(width, height), factor| {
            tried.push((height, factor));
            let part = (f64::from(width) / 1920.0).powf(2.0 * DETAIL);
            let bits = sampled * part * 2.0_f64.powf((f64::from(SAMPLE_CRF) - f64::from(factor)) / steps);
            // each doubling gains 1.5 dB, and what is off the best size loses
            let psnr = 30.0 + 1.5 * (bits / 2_500_000.0).log2() - f64::from(height.abs_diff(best)) / 100.0;
            Ok::<_, ()>(Likeness { bits, psnr })
        });
        (size.unwrap().1, tried)
    }

    #[test]
    fn the_size_is_chosen_that_looks_best_with_what_is_there() {
        assert_eq!(chosen(2_400_000.0, 6.0, 180), (1080, vec![]), "there is enough for all of it");
        let lines = |(size, tried): (u32, Vec<(u32, u32)>)| (size, tried.into_iter().map(|t| t.0).collect::<Vec<_>>());
        assert_eq!(lines(chosen(6_000_000.0, 6.0, 720)), (720, vec![720, 1080, 540]));
        assert_eq!(lines(chosen(6_000_000.0, 6.0, 1080)), (1080, vec![720, 1080]));
        assert_eq!(lines(chosen(20_000_000.0, 6.0, 1080)), (1080, vec![360, 480, 540, 720, 1080]));
        assert_eq!(lines(chosen(6_000_000.0, 6.0, 360)), (360, vec![720, 1080, 540, 480, 360, 270]));
        assert_eq!(lines(chosen(1e12, 6.0, 0)), (180, vec![180, 240]), "there is nothing smaller");
        let failed = Search::new((1920, 1080), 6e6, 2.5e6).best(|_, _| Err(7));
        assert_eq!(failed, Err(7));
    }

    #[test]
    fn what_misses_is_made_anew_once_and_teaches_the_others() {
        // 2.5 steps halve the bits instead of 6: the first size is tried twice, what follows is near at once
        let (size, tried) = chosen(20_000_000.0, 2.5, 360);
        assert_eq!(size, 360);
        let lines: Vec<u32> = tried.iter().map(|t| t.0).collect();
        assert_eq!(lines, [360, 360, 480, 270], "{tried:?}");
    }

    #[test]
    fn sizes_keep_their_shape_and_are_even() {
        assert_eq!(with_lines((1080, 1920), 720), Some((720, 1280)));
        assert_eq!(with_lines((640, 360), 360), None, "nothing is made larger");
        assert_eq!(with_lines((854, 480), 360), Some((640, 360)));
        assert_eq!([smallest((1920, 1080)), smallest((160, 120))], [(320, 180), (160, 120)]);
    }
}
