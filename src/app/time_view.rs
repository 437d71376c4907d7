//! Which stretch of time the timeline shows, and how large.

use crate::model::{Frame, FrameCount};

/// The most that a frame is wide, in points.
const WIDEST: f64 = 60.0;

/// The least that a frame is wide: a day fits on a small screen.
const NARROWEST: f64 = 0.0002;

/// Zoom and scroll of the timeline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TimeView {
    /// Points that a frame is wide.
    pub points_per_frame: f64,
    /// The frame, with its fraction, at the left edge.
    pub origin: f64,
    /// Width of the visible area in points, as it was last painted.
    pub width: f64,
    /// The end that is to be in sight once the width is known.
    fit: Option<Frame>,
}

impl Default for TimeView {
    fn default() -> Self {
        Self { points_per_frame: 2.0, origin: 0.0, width: 800.0, fit: None }
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "frames become points here")]
impl TimeView {
    /// Where a frame begins, in points from the left edge.
    #[must_use]
    pub fn x(&self, frame: Frame) -> f64 {
        (frame.0 as f64 - self.origin) * self.points_per_frame
    }

    /// How wide some frames are, in points.
    #[must_use]
    pub fn width_of(&self, count: FrameCount) -> f64 {
        count.0 as f64 * self.points_per_frame
    }

    /// The frame under a point, rounded down.
    #[must_use]
    pub fn frame_under(&self, x: f64) -> Frame {
        Frame((self.origin + x / self.points_per_frame).floor() as i64)
    }

    /// The frame that begins nearest to a point; never negative.
    #[must_use]
    pub fn frame_near(&self, x: f64) -> Frame {
        Frame(((self.origin + x / self.points_per_frame).round() as i64).max(0))
    }

    /// The frames nearest to a distance in points.
    #[must_use]
    pub fn count_near(&self, points: f64) -> FrameCount {
        FrameCount((points / self.points_per_frame).round() as i64)
    }

    /// Zooms by a factor; what is at `x` stays there.
    pub fn zoom(&mut self, factor: f64, x: f64) {
        let at = self.origin + x / self.points_per_frame;
        self.points_per_frame = (self.points_per_frame * factor).clamp(NARROWEST, WIDEST);
        self.origin = (at - x / self.points_per_frame).max(0.0);
    }

    /// Scrolls by points.
    pub fn scroll(&mut self, points: f64) {
        self.origin = (self.origin + points / self.points_per_frame).max(0.0);
    }

    /// Shows all up to `end`, with a little room after it, from the next [`Self::set_width`] on.
    pub fn fit(&mut self, end: Frame) {
        self.fit = Some(end);
    }

    /// Tells how wide the visible area is now.
    pub fn set_width(&mut self, width: f64) {
        self.width = width;
        let Some(end) = self.fit.take() else { return };
        self.origin = 0.0;
        self.points_per_frame = (self.width * 0.95 / (end.0.max(24) as f64)).clamp(NARROWEST, WIDEST);
    }

    /// Scrolls, a page at a time, so that a frame is in sight.
    pub fn reveal(&mut self, frame: Frame) {
        let x = self.x(frame);
        if x < 0.0 || x > self.width - 8.0 {
            self.origin = (frame.0 as f64 - 0.1 * self.width / self.points_per_frame).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut view = TimeView { origin: 100.0, ..TimeView::default() };
        let before = view.frame_near(300.0);
        view.zoom(1.7, 300.0);
        assert_eq!(view.frame_near(300.0), before);
        view.zoom(1e9, 300.0);
        assert!((view.points_per_frame - WIDEST).abs() < 1e-9);
        view.fit(Frame(1000));
        view.set_width(800.0);
        assert!(view.x(Frame(1000)) < 800.0 && view.x(Frame(1000)) > 700.0);
        view.reveal(Frame(5000));
        assert!((0.0..800.0).contains(&view.x(Frame(5000))));
    }
}
