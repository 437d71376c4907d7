//! Which stretch of time the timeline shows, and how large.

use crate::model::{Frame, FrameCount};

/// The most that a frame is wide, in points.
const WIDEST: f64 = 60.0;

/// The least that a frame is wide: a day fits on a small screen.
const NARROWEST: f64 = 0.0002;

/// Frames that can be had in sight at once, however short the film is.
const SHORTEST: f64 = 3600.0;

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
    /// Where the film ends; `None` while that is not known.
    end: Option<Frame>,
}

impl Default for TimeView {
    fn default() -> Self {
        Self { points_per_frame: 2.0, origin: 0.0, width: 800.0, fit: None, end: None }
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
        self.limit();
        self.origin = at - x / self.points_per_frame;
        self.limit();
    }

    /// Scrolls by points.
    pub fn scroll(&mut self, points: f64) {
        self.look_at(self.origin + points / self.points_per_frame);
    }

    /// Scrolls so that a frame stands at the left edge, as far as there is anything to see.
    pub fn look_at(&mut self, origin: f64) {
        self.origin = origin;
        self.limit();
    }

    /// Tells where the film ends: half a window past that there is nothing to see.
    pub fn set_end(&mut self, end: Frame) {
        self.end = Some(end);
        self.limit();
    }

    /// Frames that have room in the window.
    #[must_use]
    pub fn shown(&self) -> f64 {
        self.width / self.points_per_frame
    }

    /// The frame behind the last that can be scrolled to.
    #[must_use]
    pub fn reach(&self) -> f64 {
        let end = self.end.map_or(0.0, |end| end.0 as f64);
        (end + self.shown() / 2.0).max(self.shown()).max(self.origin + self.shown())
    }

    fn limit(&mut self) {
        if let Some(end) = self.end {
            let end = end.0 as f64;
            // zoomed out, half of the window is film; a short one may be lost in a minute or so
            let widest = (end * 2.0).max(SHORTEST);
            self.points_per_frame = self.points_per_frame.max((self.width / widest).min(WIDEST));
            self.origin = self.origin.min((end - self.shown() / 2.0).max(0.0));
        }
        self.origin = self.origin.max(0.0);
    }

    /// Shows all up to `end`, with a little room after it, from the next [`Self::set_width`] on. An empty timeline shows as
    /// much as at first.
    pub fn fit(&mut self, end: Frame) {
        self.fit = Some(end);
    }

    /// Tells how wide the visible area is now.
    pub fn set_width(&mut self, width: f64) {
        self.width = width;
        let Some(end) = self.fit.take() else { return };
        self.origin = 0.0;
        if end <= Frame::ZERO {
            // there is nothing to be fitted: room for some clips
            self.points_per_frame = Self::default().points_per_frame;
            return;
        }
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

    #[test]
    fn the_view_ends_half_a_window_past_the_film() {
        let end = Frame(100_000);
        let mut view = TimeView { width: 1000.0, ..TimeView::default() };
        view.set_end(end);
        for points in [1e3, 1e7, 1e12] {
            view.scroll(points);
            assert!(view.x(end) >= 499.0, "{points}: {}", view.x(end));
        }
        for _ in 0..100 {
            view.zoom(0.5, 900.0);
        }
        assert!((view.x(end) - 500.0).abs() < 1.0 && view.origin == 0.0, "{view:?}");
        assert!(view.reach() >= view.shown());
        // and when the film becomes shorter
        view.zoom(1e3, 0.0);
        view.scroll(1e9);
        view.set_end(Frame(50));
        assert_eq!(view.origin, 0.0);
    }
}
