//! Where the pictures of a source of constant rate lie: exactly, whatever its container rounded.

use super::time::{Frame, FrameCount, FrameRate, SourceTime};

/// Moments that lie nearer than this are one: people and lists write times in millionths of a second.
pub const SAME_MOMENT: SourceTime = SourceTime(SourceTime::SECOND.0 / 1_000_000);

/// The times of pictures that follow each other at one rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureGrid {
    first: SourceTime,
    rate: FrameRate,
}

impl PictureGrid {
    /// Of pictures at `rate`, the first of which appears at `first`, in media time.
    #[must_use]
    pub fn new(first: SourceTime, rate: FrameRate) -> Self {
        Self { first, rate }
    }

    /// When the nth picture appears, from 0.
    #[must_use]
    pub fn time_of(self, n: i64) -> SourceTime {
        self.first + self.rate.time_of(Frame(n))
    }

    /// The middle of the time that the nth picture is on the screen.
    #[must_use]
    pub fn middle_of(self, n: i64) -> SourceTime {
        self.first + self.rate.middle_of(FrameCount(n))
    }

    /// The number of the picture on the screen at `time`, the earlier one where two meet there; below 0 before the
    /// first.
    #[must_use]
    pub fn picture_at(self, time: SourceTime) -> i64 {
        self.rate.frame_at(time - SAME_MOMENT - self.first).0
    }

    /// Where a picture with that time really lies: what is off by up to a quarter of a period was rounded, or stamped
    /// when it came. What is off by more lies beside the grid (after a pause, say), and stays where it is.
    #[must_use]
    pub fn place(self, time: SourceTime) -> SourceTime {
        let near = self.time_of(self.rate.frame_nearest(time - self.first).0);
        let quarter = self.rate.duration_of(FrameCount(1)).0 / 4;
        if (near - time).0.abs() <= quarter { near } else { time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Clip, ClipId, Speed};
    use std::sync::Arc;

    const RATES: [(u32, u32); 8] =
        [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];

    fn rate((num, den): (u32, u32)) -> FrameRate {
        FrameRate::new(num, den).unwrap()
    }

    fn clip(source_in: SourceTime, speed: Speed) -> Clip {
        let content = crate::model::ClipContent {
            name: String::new(),
            asset: crate::model::AssetId(0),
            stream: 0,
            properties: crate::model::Properties::default(),
        };
        Clip { speed, ..Clip::new(ClipId(0), Arc::new(content), Frame(0), FrameCount(1000), source_in) }
    }

    /// The pictures that a clip shows, frame by frame.
    fn shown(grid: PictureGrid, clip: &Clip, sequence: FrameRate, frames: i64) -> Vec<i64> {
        (0..frames).map(|k| grid.picture_at(clip.picture_at(FrameCount(k), sequence))).collect()
    }

    /// All offsets between picture and sound from −40 to +40 ms, all pairs of rates. The rule is worked out in exact
    /// fractions, from the offset itself and not by way of the flicks.
    #[test]
    fn pictures_are_those_in_the_middle_of_each_frame() {
        let mut looked_at = 0;
        for offset in -40..=40_i64 {
            for source in RATES {
                let grid = PictureGrid::new(SourceTime(SourceTime::SECOND.0 / 1000 * offset), rate(source));
                for sequence in RATES {
                    let found = shown(grid, &clip(SourceTime::ZERO, Speed::NORMAL), rate(sequence), 600);
                    for (k, n) in (0..).zip(&found) {
                        // n is the last with offset + n · period < (k + ½) · frame, all times the same whole number
                        let (frame_num, frame_den) = (i128::from(sequence.1), i128::from(sequence.0));
                        let (period_num, period_den) = (i128::from(source.1), i128::from(source.0));
                        let scale = 2000 * frame_den * period_den;
                        let middle = (2 * k + 1) * frame_num * 1000 * period_den;
                        let begins = |n: i64| {
                            i128::from(offset) * (scale / 1000) + i128::from(n) * period_num * (scale / period_den)
                        };
                        assert!(begins(*n) < middle, "{offset} ms, {source:?} on {sequence:?}, frame {k}: {n} is late");
                        let next = begins(n + 1) >= middle;
                        assert!(next, "{offset} ms, {source:?} on {sequence:?}, frame {k}: {n} is over");
                        looked_at += 1;
                    }
                    if source == sequence {
                        let each_once = found.windows(2).all(|w| w[1] == w[0] + 1);
                        assert!(each_once, "{offset} ms at {source:?}: {found:?}");
                    }
                }
            }
        }
        assert_eq!(looked_at, 81 * 64 * 600);
    }

    /// What containers make of the times never moves a picture to another frame.
    #[test]
    fn rounded_stamps_are_the_same_pictures() {
        for offset in -40..=40_i64 {
            for source in RATES {
                let first = SourceTime(SourceTime::SECOND.0 / 1000 * offset);
                let grid = PictureGrid::new(first, rate(source));
                for unit in [1000, 90_000, 1_000_000_000, 12_800] {
                    for n in 0..2000 {
                        let exact = grid.time_of(n);
                        let ticks = crate::model::time::mul_div_round(exact.0, unit, SourceTime::SECOND.0);
                        let stamp = SourceTime(crate::model::time::mul_div_round(ticks, SourceTime::SECOND.0, unit));
                        assert_eq!(grid.place(stamp), exact, "{offset} ms, {source:?} in 1/{unit} s, picture {n}");
                    }
                }
                let between = grid.time_of(7) + SourceTime(rate(source).duration_of(FrameCount(1)).0 / 3);
                assert_eq!(grid.place(between), between, "beside the grid");
            }
        }
    }

    #[test]
    fn twice_as_many_pictures_give_the_even_ones_also_backwards() {
        let at_30 = FrameRate::F30;
        let at_60 = PictureGrid::new(SourceTime::ZERO, rate((60, 1)));
        let forwards = clip(SourceTime::ZERO, Speed::NORMAL);
        assert_eq!(shown(at_60, &forwards, at_30, 5), [0, 2, 4, 6, 8]);
        // written with six decimals, as in lists
        let listed = clip(SourceTime::from_seconds(0.066_667), Speed::NORMAL);
        assert_eq!(shown(at_60, &listed, at_30, 3), [4, 6, 8]);
        let listed = clip(SourceTime::from_seconds(0.033_333), Speed::NORMAL);
        assert_eq!(shown(at_60, &listed, at_30, 3), [2, 4, 6]);
        let out = at_30.time_of(Frame(5));
        let backwards = clip(out, Speed::NORMAL.reversed());
        assert_eq!(shown(at_60, &backwards, at_30, 5), [8, 6, 4, 2, 0]);
        let same = PictureGrid::new(SourceTime::ZERO, at_30);
        assert_eq!(shown(same, &backwards, at_30, 5), [4, 3, 2, 1, 0]);
        assert_eq!(shown(same, &clip(SourceTime::ZERO, Speed::new(1, 2).unwrap()), at_30, 6), [0, 0, 1, 1, 2, 2]);
        assert_eq!(shown(same, &clip(SourceTime::ZERO, Speed::new(2, 1).unwrap()), at_30, 4), [0, 2, 4, 6]);
        // a frozen picture is the one that the first frame showed
        let frozen = clip(at_30.time_of(Frame(3)), Speed::new(0, 1).unwrap());
        assert_eq!(shown(same, &frozen, at_30, 3), [3, 3, 3]);
    }
}
