//! Pictures under the hand in the viewer: which is meant, where it lies, and what dragging it makes of it.

use super::editor::Editor;
use super::looks::Tried;
use crate::edit::Edit;
use crate::model::{
    Align, Clip, ClipId, Curve, FrameCount, Generator, Keyframe, Param, Property, SourceTime, Title, TrackKind,
    VerticalAlign,
};
use crate::render::{Pose, pose};

/// How near to the middle or to an edge of the frame a dragged picture is drawn to it, as a share of the frame's height.
const SNAP: f64 = 0.012;

/// A picture that is seen at the playhead.
#[derive(Clone, PartialEq, Debug)]
pub struct Posed {
    /// Which clip.
    pub clip: ClipId,
    /// Where it lies on the sequence's frame, in its pixels and radians.
    pub pose: Pose,
    /// The part of it that shows something, as shares of its width and height: left, right, top, bottom.
    shows: [f64; 4],
}

impl Posed {
    /// The corners of what it shows on the sequence's frame: left above, right above, right below, left below.
    #[must_use]
    pub fn corners(&self) -> [(f64, f64); 4] {
        let [left, right, top, bottom] = self.shows;
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| {
            let (x, y) = ((x - 0.5) * self.pose.size.0, (y - 0.5) * self.pose.size.1);
            let (sin, cos) = self.pose.angle.sin_cos();
            (self.pose.center.0 + x * cos - y * sin, self.pose.center.1 + x * sin + y * cos)
        })
    }

    /// Whether it covers a frame of that size.
    #[must_use]
    pub fn covers(&self, (width, height): (u32, u32)) -> bool {
        // what is fitted may be a pixel short
        let (right, down) = (f64::from(width) - 2.0, f64::from(height) - 2.0);
        [(2.0, 2.0), (right, 2.0), (right, down), (2.0, down)].into_iter().all(|corner| self.is_at(corner))
    }

    /// Whether a point of the sequence's frame is on it.
    #[must_use]
    pub fn is_at(&self, (x, y): (f64, f64)) -> bool {
        let (x, y) = (x - self.pose.center.0, y - self.pose.center.1);
        let (sin, cos) = self.pose.angle.sin_cos();
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let (x, y) = (x / self.pose.size.0 + 0.5, y / self.pose.size.1 + 0.5);
        let [left, right, top, bottom] = self.shows;
        left <= x && x <= right && top <= y && y <= bottom
    }
}

impl Editor {
    /// The moment of its media that a clip shows under the playhead, or at its nearer end.
    #[must_use]
    pub fn moment(&self, clip: &Clip) -> SourceTime {
        let last = clip.length - FrameCount(1);
        let offset = (self.playhead - clip.start).clamp(FrameCount::ZERO, last);
        clip.shown_at(offset, self.sequence().rate)
    }

    /// The pictures that are seen at the playhead and may be changed, the topmost first.
    #[must_use]
    pub fn posed(&self) -> Vec<Posed> {
        let project = self.shown_project();
        let sequence = project.sequence();
        let frame = (sequence.width, sequence.height);
        let tracks = sequence.tracks_of(TrackKind::Video).rev().filter(|t| !t.muted && !t.locked);
        let clips = tracks.filter_map(|t| t.clips.at(self.playhead)).filter(|c| c.enabled);
        let posed = |clip: Clip| {
            let asset = project.assets.get(&clip.content.asset)?;
            let video = asset.info.video.as_ref()?;
            let properties = &clip.content.properties;
            let pose = pose(properties, (video.width, video.height), frame, frame, self.moment(&clip));
            let [left, right, top, bottom] = pose.crop;
            let shows = match asset.info.generator.as_deref() {
                Some(Generator::Title(title)) if title.background.is_none() => written(title, pose.size),
                _ => [left, 1.0 - right, top, 1.0 - bottom],
            };
            Some(Posed { clip: clip.id, pose, shows })
        };
        clips.filter_map(posed).collect()
    }

    /// The picture that a point of the sequence's frame means: a selected one, else the topmost there.
    #[must_use]
    pub fn posed_at(&self, point: (f64, f64)) -> Option<Posed> {
        let there: Vec<Posed> = self.posed().into_iter().filter(|p| p.is_at(point)).collect();
        there.iter().find(|p| self.selection.contains(&p.clip)).or(there.first()).cloned()
    }

    /// The selected picture at the playhead, if it is one.
    #[must_use]
    pub fn posed_alone(&self) -> Option<Posed> {
        let mut selected = self.posed().into_iter().filter(|p| self.selection.contains(&p.clip));
        selected.next().filter(|_| selected.next().is_none())
    }

    /// Tries a picture somewhere else: `by` pixels of the sequence's frame from where it lay in the project. Near the middle
    /// and the edges of the frame it is drawn to them, if snapping is on. Gives where it was drawn to, across and down.
    pub fn try_to_move(&mut self, posed: &Posed, by: (f64, f64)) -> (Option<f64>, Option<f64>) {
        let Some((_, clip)) = self.sequence().clip(posed.clip) else { return (None, None) };
        let frame = (f64::from(self.sequence().width), f64::from(self.sequence().height));
        let reach = if self.snapping { frame.1 * SNAP } else { 0.0 };
        let corners = posed.corners();
        let along = |of: fn((f64, f64)) -> f64, by: f64, whole: f64| {
            let all = corners.map(of);
            let (low, high) = (all.into_iter().fold(f64::MAX, f64::min), all.into_iter().fold(f64::MIN, f64::max));
            let to = [(f64::midpoint(low, high), whole / 2.0), (low, 0.0), (high, whole)];
            let near = to.into_iter().map(|(from, to)| (to - from, to)).filter(|(step, _)| (step - by).abs() < reach);
            let nearest = near.min_by(|a, b| (a.0 - by).abs().total_cmp(&(b.0 - by).abs()));
            nearest.map_or((by, None), |(step, to)| (step, Some(to)))
        };
        let (across, down) = (along(|c| c.0, by.0, frame.0), along(|c| c.1, by.1, frame.1));
        let at = self.moment(&clip);
        let old = &clip.content.properties;
        let (x, y) = (old.x.at(at) + across.0 / frame.0, old.y.at(at) + down.0 / frame.1);
        let set = |property| Edit::SetProperty { clips: vec![posed.clip], property };
        let edits = vec![set(Property::X(with(&old.x, at, x))), set(Property::Y(with(&old.y, at, y)))];
        self.try_edit(Tried::ByHand, Edit::Together(edits), Some(self.playhead));
        (across.1, down.1)
    }

    /// Tries a picture so many times as large as it is in the project.
    pub fn try_to_scale(&mut self, posed: &Posed, times: f64) {
        let Some((_, clip)) = self.sequence().clip(posed.clip) else { return };
        let (at, old) = (self.moment(&clip), &clip.content.properties.scale);
        let scale = (old.at(at) * times).clamp(0.01, 20.0);
        let property = Property::Scale(with(old, at, scale));
        let edit = Edit::SetProperty { clips: vec![posed.clip], property };
        self.try_edit(Tried::ByHand, edit, Some(self.playhead));
    }
}

/// A parameter with another value at a moment: a keyframe there, where it has keyframes.
#[must_use]
pub fn with(param: &Param, at: SourceTime, value: f64) -> Param {
    if !param.is_animated() {
        return Param::fixed(value);
    }
    let mut param = param.clone();
    let curve = param.keys().iter().rfind(|k| k.at <= at).map_or(Curve::Linear, |k| k.curve);
    param.set(Keyframe { at, value, curve });
    param
}

/// About where the letters of a title stand in its picture, as shares.
fn written(title: &Title, size: (f64, f64)) -> [f64; 4] {
    let line = title.size / 100.0;
    #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
    let (lines, longest) = (
        title.text.lines().count().max(1) as f64,
        title.text.lines().map(|l| l.chars().count()).max().unwrap_or(1) as f64,
    );
    let (margin_down, margin_across) = (title.margin / 100.0, title.margin / 100.0 * size.1 / size.0);
    // letters are about as wide as two thirds of a line are high
    let width = (longest.max(2.0) * line * 0.66 * size.1 / size.0).min(1.0);
    let height = (lines * line * 1.3).min(1.0);
    let left = match title.align {
        Align::Left => margin_across,
        Align::Center => 0.5 - width / 2.0,
        Align::Right => 1.0 - margin_across - width,
    };
    let top = match title.vertical {
        VerticalAlign::Top => margin_down,
        VerticalAlign::Middle => 0.5 - height / 2.0,
        VerticalAlign::Bottom => 1.0 - margin_down - height,
    };
    [left.max(0.0), (left + width).min(1.0), top.max(0.0), (top + height).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_picture_is_hit_where_it_lies() {
        let turned = |angle: f64| Posed {
            clip: ClipId(1),
            pose: Pose { center: (100.0, 50.0), size: (80.0, 20.0), angle, crop: [0.0; 4] },
            shows: [0.0, 1.0, 0.0, 1.0],
        };
        let (straight, upright) = (turned(0.0), turned(std::f64::consts::FRAC_PI_2));
        assert!(straight.is_at((138.0, 50.0)) && !straight.is_at((100.0, 80.0)));
        assert!(!upright.is_at((138.0, 50.0)) && upright.is_at((100.0, 88.0)));
        let corner = upright.corners()[0];
        assert!((corner.0 - 110.0).abs() < 1e-9 && (corner.1 - 10.0).abs() < 1e-9, "{corner:?}");
    }

    #[test]
    fn a_title_is_where_its_letters_stand() {
        let title = |vertical| Title { vertical, ..Title::default() };
        let at = |vertical| written(&title(vertical), (1920.0, 1080.0));
        assert!(at(VerticalAlign::Top)[3] < 0.3 && at(VerticalAlign::Bottom)[2] > 0.7);
        let [left, right, top, bottom] = at(VerticalAlign::Middle);
        assert!(left > 0.3 && right < 0.7 && top > 0.4 && bottom < 0.6);
    }
}
