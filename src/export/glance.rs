//! A picture at a glance: the mean brightness of a few hundred parts of it.

use crate::media::Luma;

/// How many times more a picture must differ from the one before than its own neighbouring parts differ. Measured on reels
/// of a film and of a fixed camera: cuts to something else have 3 to 200, cuts within a shot up to 2.2.
const ELSE: u32 = 3;

/// Samples in a row, and rows of samples, of which the mean of a part is made.
const SAMPLES: usize = 4;

/// The brightness of parts of a picture, row by row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Glance {
    columns: usize,
    parts: Vec<u8>,
}

impl Glance {
    /// Of a picture's brightness, in so many columns and rows.
    #[must_use]
    pub fn of(luma: &Luma<'_>, (columns, rows): (usize, usize)) -> Self {
        let (width, height) = luma.size();
        let middle = |part: usize, n: usize, of: usize, length: usize| {
            (part * SAMPLES * 2 + n * 2 + 1) * length / (of * SAMPLES * 2)
        };
        let mut parts = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let mut sums = vec![0_usize; columns];
            for line in (0..SAMPLES).map(|n| middle(row, n, rows, height)) {
                let line = luma.row(line);
                for (column, sum) in sums.iter_mut().enumerate() {
                    let sample = |n| usize::from(line.get(middle(column, n, columns, width)).copied().unwrap_or(0));
                    *sum += (0..SAMPLES).map(sample).sum::<usize>();
                }
            }
            parts.extend(sums.iter().map(|sum| u8::try_from(sum / (SAMPLES * SAMPLES)).unwrap_or(u8::MAX)));
        }
        Self { columns, parts }
    }

    /// How far two are apart: levels on average.
    #[must_use]
    pub fn difference(&self, other: &Self) -> u32 {
        let parts = self.parts.iter().zip(&other.parts);
        let count = u32::try_from(self.parts.len()).unwrap_or(1).max(1);
        parts.map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() / count
    }

    /// Whether it shows something else than the picture before it, which then helps little to predict it.
    #[must_use]
    pub fn shows_something_else(&self, before: &Self) -> bool {
        if self.parts.len() != before.parts.len() || self.columns == 0 {
            return false;
        }
        // each against what is before it in time, and against its neighbour to the left or above
        let (mut inter, mut intra) = (0, 0);
        for at in self.columns..self.parts.len() {
            if at % self.columns == 0 {
                continue;
            }
            let apart = |other: u8| u32::from(self.parts[at].abs_diff(other));
            inter += apart(before.parts[at]);
            intra += apart(self.parts[at - 1]).min(apart(self.parts[at - self.columns]));
        }
        // flat pictures have next to no neighbours that differ: half a level each
        let count = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        inter > ELSE * (intra + count / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ramp that lies so far to the left, on something dark or bright.
    fn picture(moved: usize, base: usize) -> Glance {
        let luma: Vec<u8> =
            (0..90 * 160).map(|n| u8::try_from(base + (n % 160 + moved) % 160 / 2).unwrap_or(255)).collect();
        Glance::of(&Luma::new(&luma, (160, 90), 160), (32, 18))
    }

    #[test]
    fn what_moves_is_the_same_and_what_is_replaced_is_not() {
        let shown = picture(0, 20);
        assert!(!shown.shows_something_else(&shown) && shown.difference(&shown) == 0);
        assert!(!picture(1, 20).shows_something_else(&shown));
        assert!(picture(0, 120).shows_something_else(&shown));
        assert_eq!(picture(0, 120).difference(&shown), 100);
        // nothing to compare with
        assert!(!shown.shows_something_else(&Glance::default()));
        // as small as canvases are
        let small = Glance::of(&Luma::new(&[7; 16 * 16], (16, 16), 16), (32, 18));
        assert!(small.parts.len() == 32 * 18 && small.parts.iter().all(|p| *p == 7));
    }
}
