//! How the proxy of a long file is divided: into stretches of about a minute, each a file of its own that serves alone.
//!
//! A part has all that is on the screen in its stretch: the picture that is shown when it begins, and every one that
//! begins before it ends. Where the rate is constant, parts begin with pictures, so that those of a part lie on the same
//! grid as those of its original.

use crate::model::{MediaInfo, PictureGrid, SAME_MOMENT, SourceTime, VideoStream};
use serde::{Deserialize, Serialize};

/// How long a part is, about: long enough that beginning one costs nothing, short enough to be there soon.
pub const PART_LENGTH: SourceTime = SourceTime(SourceTime::SECOND.0 * 60);

/// How many parts there are at most. Files that claim more minutes than that, which none but damaged ones do, have longer
/// ones: each costs its beginning, also where nothing is in it.
const MOST: i64 = 1024;

/// A stretch of media, which one file holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Where it begins, in media time.
    pub from: SourceTime,
    /// Where it ends, exclusive; `None` for what goes to the end.
    pub until: Option<SourceTime>,
}

impl Part {
    /// All there is.
    pub const WHOLE: Self = Self { from: SourceTime::ZERO, until: None };

    /// Whether the picture on the screen at `time` is one of its pictures.
    #[must_use]
    pub fn shows(self, time: SourceTime) -> bool {
        let limit = time - SAME_MOMENT;
        (limit >= self.from || self.from == SourceTime::ZERO) && self.until.is_none_or(|until| limit < until)
    }
}

/// The parts of one file's proxy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts {
    count: usize,
    /// How long each is, in whole minutes.
    each: SourceTime,
    grid: Option<PictureGrid>,
}

impl Parts {
    /// How the proxy of a file with that in it is divided, into at most 1024. Of less than two minutes it is one part.
    #[must_use]
    pub fn of(info: &MediaInfo) -> Self {
        let grid = info.video.as_ref().and_then(VideoStream::grid);
        let length = info.duration.unwrap_or(SourceTime::ZERO);
        let minutes = (length.0 / PART_LENGTH.0).max(1);
        let together = (minutes + MOST - 1) / MOST;
        let count = usize::try_from(minutes / together).unwrap_or(1);
        Self { count, each: SourceTime(PART_LENGTH.0 * together), grid }
    }

    /// How many there are, at least one.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// The nth of them; the last lasts up to twice as long as others.
    #[must_use]
    pub fn get(self, n: usize) -> Part {
        Part { from: self.begin(n), until: (n + 1 < self.count).then(|| self.begin(n + 1)) }
    }

    /// All of them, in order.
    pub fn all(self) -> impl Iterator<Item = Part> {
        (0..self.count).map(move |n| self.get(n))
    }

    /// The number of the part that has the picture on the screen at `time`.
    #[must_use]
    pub fn at(self, time: SourceTime) -> usize {
        let near = usize::try_from((time - SAME_MOMENT).0 / self.each.0).unwrap_or(0).min(self.count - 1);
        // a part may begin a little before its full minute
        if near + 1 < self.count && self.get(near + 1).shows(time) { near + 1 } else { near }
    }

    fn begin(self, n: usize) -> SourceTime {
        let full = SourceTime(self.each.0.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)));
        match self.grid {
            // of two pictures that meet there, the later one
            Some(grid) if n > 0 => grid.time_of(grid.picture_at(full + SAME_MOMENT)),
            _ => full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrameRate, MediaKind};

    fn info(seconds: f64, rate: Option<(u32, u32)>, first: i64) -> MediaInfo {
        let rate = rate.and_then(|(num, den)| FrameRate::new(num, den));
        let first = SourceTime(SourceTime::SECOND.0 / 1000 * first);
        let stream = VideoStream { rate, variable_rate: rate.is_none(), first, ..VideoStream::of_size(64, 64) };
        MediaInfo {
            duration: Some(SourceTime::from_seconds(seconds)),
            video: Some(stream),
            ..MediaInfo::of(MediaKind::Video, "Quicktime")
        }
    }

    /// Every moment is in one part, the one that is said to have it, also where pictures meet.
    #[test]
    fn parts_follow_each_other_without_gaps() {
        for rate in [None, Some((24000, 1001)), Some((25, 1)), Some((30000, 1001)), Some((60, 1)), Some((1, 1))] {
            for first in [0, 21, -12, 400] {
                let info = info(1000.0, rate, first);
                let parts = Parts::of(&info);
                assert_eq!(parts.count(), 16);
                let all: Vec<Part> = parts.all().collect();
                assert_eq!(all[0].from, SourceTime::ZERO);
                assert!(all.windows(2).all(|w| w[0].until == Some(w[1].from) && w[0].from < w[1].from));
                assert_eq!(all[15].until, None);
                let step = SourceTime(SourceTime::SECOND.0 / 77);
                let around = all.iter().flat_map(|p| [-1, 0, 1].map(|n| p.from + SourceTime(n * SAME_MOMENT.0)));
                let spread = (0..80_000).map(|n| SourceTime(step.0 * n));
                for time in around.chain(spread) {
                    let holding: Vec<usize> = (0..16).filter(|n| all[*n].shows(time)).collect();
                    assert_eq!(holding, [parts.at(time)], "{rate:?}, {first} ms, at {}", time.seconds());
                }
                // a part begins with a picture of the grid, the one on the screen at the full minute
                if let Some(grid) = info.video.as_ref().and_then(VideoStream::grid) {
                    for (n, part) in all.iter().enumerate().skip(1) {
                        assert_eq!(grid.place(part.from), part.from);
                        let minute = SourceTime(PART_LENGTH.0 * i64::try_from(n).unwrap());
                        let period =
                            info.video.as_ref().unwrap().rate.unwrap().duration_of(crate::model::FrameCount(1));
                        assert!(part.from <= minute && minute - part.from < period);
                    }
                }
            }
        }
    }

    #[test]
    fn short_files_are_one_part() {
        for info in [info(119.9, Some((25, 1)), 0), info(0.0, None, 0)] {
            assert_eq!(Parts::of(&info).all().collect::<Vec<_>>(), [Part::WHOLE]);
        }
        let endless = MediaInfo { duration: None, ..info(500.0, None, 0) };
        assert_eq!(Parts::of(&endless).count(), 1);
        assert_eq!(Parts::of(&info(120.0, Some((25, 1)), 0)).count(), 2);
    }

    /// A file may claim any length.
    #[test]
    fn parts_of_any_length_are_few() {
        let minute = PART_LENGTH;
        for (seconds, count, each) in [
            (1024.0 * 60.0, 1024, 1),
            (1025.0 * 60.0, 512, 2),
            (3_600_000.44, 1016, 59),
            (3_200_000_000.0, 1023, 52_084),
        ] {
            for rate in [None, Some((25, 1))] {
                let parts = Parts::of(&info(seconds, rate, 0));
                let all: Vec<Part> = parts.all().collect();
                assert_eq!((all.len(), all[0].until), (count, Some(SourceTime(minute.0 * each))), "{seconds}");
                assert!(all.windows(2).all(|w| w[0].until == Some(w[1].from)));
                for (n, part) in all.iter().enumerate() {
                    assert_eq!(parts.at(part.from + SourceTime(minute.0 / 2)), n, "{seconds}");
                }
            }
        }
    }
}
