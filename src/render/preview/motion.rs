//! How the preview plays: which way, how fast, and round and round or not. Pure.

use crate::model::{Frame, FrameCount, FrameRate, SourceTime, Span};

/// A way of playing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Motion {
    /// The first frame.
    pub from: Frame,
    /// Frames of the timeline for each that passes: 1, 2, 4, 8, or the same backwards.
    pub speed: i32,
    /// What is played.
    pub within: Span,
    /// Whether it begins again at the end of that.
    pub looping: bool,
}

impl Motion {
    /// The first frame of the timeline that the `n`th tick (of one frame's time each) plays; `None` when it is over.
    #[must_use]
    pub fn at_tick(&self, n: i64) -> Option<Frame> {
        self.place(self.from + FrameCount(n.saturating_mul(i64::from(self.speed))))
    }

    /// The frame that is due when so much time has passed.
    #[must_use]
    pub fn at_time(&self, elapsed: SourceTime, rate: FrameRate) -> Option<Frame> {
        let played = SourceTime(elapsed.0.saturating_mul(i64::from(self.speed.abs())));
        let frames = rate.frame_at(played) - Frame::ZERO;
        self.place(if self.speed < 0 { self.from - frames } else { self.from + frames })
    }

    fn place(&self, frame: Frame) -> Option<Frame> {
        if self.within.contains(frame) {
            return Some(frame);
        }
        // before the range the way into it is played too
        let on_the_way = self.speed > 0 && frame < self.within.start && frame >= Frame::ZERO;
        if on_the_way {
            return Some(frame);
        }
        if !self.looping || self.within.length <= FrameCount::ZERO {
            return None;
        }
        let offset = (frame - self.within.start).0.rem_euclid(self.within.length.0);
        Some(self.within.start + FrameCount(offset))
    }

    /// Where the playhead stands when it is over.
    #[must_use]
    pub fn end(&self) -> Frame {
        if self.speed < 0 { self.within.start } else { self.within.end() }
    }
}

/// How much of the picture the preview computes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Detail {
    /// At most 1080 lines.
    Full,
    /// At most 540.
    #[default]
    Half,
    /// At most 270.
    Quarter,
}

impl Detail {
    /// The most lines, or columns of pictures that are taller than wide.
    #[must_use]
    pub fn lines(self) -> u32 {
        match self {
            Self::Full => 1080,
            Self::Half => 540,
            Self::Quarter => 270,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion(from: i64, speed: i32, within: (i64, i64), looping: bool) -> Motion {
        let within = Span { start: Frame(within.0), length: FrameCount(within.1) };
        Motion { from: Frame(from), speed, within, looping }
    }

    #[test]
    fn it_plays_both_ways_and_round() {
        let ticks = |m: Motion| (0..6).map(|n| m.at_tick(n).map(|f| f.0)).collect::<Vec<_>>();
        let some = |frames: &[i64]| frames.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(ticks(motion(2, 1, (0, 6), false)), [Some(2), Some(3), Some(4), Some(5), None, None]);
        assert_eq!(ticks(motion(4, -2, (0, 9), false)), [Some(4), Some(2), Some(0), None, None, None]);
        assert_eq!(ticks(motion(10, 1, (10, 3), true)), some(&[10, 11, 12, 10, 11, 12]));
        assert_eq!(ticks(motion(8, 1, (10, 2), true)), some(&[8, 9, 10, 11, 10, 11]));
        assert_eq!(ticks(motion(11, -1, (10, 3), true)), some(&[11, 10, 12, 11, 10, 12]));
        let at = |m: Motion, seconds: f64| m.at_time(SourceTime::from_seconds(seconds), FrameRate::F24).map(|f| f.0);
        assert_eq!(at(motion(0, 4, (0, 1000), false), 1.0), Some(96));
        assert_eq!(at(motion(500, -8, (0, 1000), false), 1.01), Some(307));
        assert_eq!(at(motion(0, 1, (0, 24), false), 1.0), None);
    }
}
