//! Layouts of several pictures at once, as recorded meetings and lectures have them.

use super::editor::Editor;
use super::notices::Level;
use crate::edit::Edit;
use crate::model::{Clip, ClipId, Param, Property, Track, TrackId, TrackKind};
use std::sync::Arc;

/// How the selected clips share the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// The lowest fills the frame, the others lie in its corners.
    Corner,
    /// Two halves.
    SideBySide,
    /// Two by two.
    Grid2,
    /// Three by three.
    Grid3,
    /// As many rows and columns as all of them need.
    Grid,
    /// The lowest is large, the others stand in a column beside it.
    MainAndStrip,
}

/// Where a picture lies: its size over the frame's, and how far its centre is right of and below the frame's.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Slot {
    scale: f64,
    x: f64,
    y: f64,
}

/// All of the frame.
const FULL: Slot = Slot { scale: 1.0, x: 0.0, y: 0.0 };

impl Layout {
    /// The places for so many pictures, the first for the lowest track.
    fn slots(self, pictures: usize) -> Vec<Slot> {
        let slot = |scale, x, y| Slot { scale, x, y };
        let grid = |n: u32| -> Vec<Slot> {
            let size = 1.0 / f64::from(n);
            let center = |i: u32| (f64::from(i) + 0.5) * size - 0.5;
            (0..n * n).map(|i| slot(size, center(i % n), center(i / n))).collect()
        };
        match self {
            Self::Corner => {
                // as far from both edges: a fiftieth of the height, and less of the width
                let (size, margin) = (0.28, 0.025);
                let (x, y) = (0.5 - size / 2.0 - margin * 9.0 / 16.0, 0.5 - size / 2.0 - margin);
                vec![FULL, slot(size, x, y), slot(size, -x, y), slot(size, x, -y), slot(size, -x, -y)]
            }
            Self::SideBySide => vec![slot(0.5, -0.25, 0.0), slot(0.5, 0.25, 0.0)],
            Self::Grid2 => grid(2),
            Self::Grid3 => grid(3),
            Self::Grid => grid((1..100).find(|n| (n * n) as usize >= pictures).unwrap_or(100)),
            Self::MainAndStrip => {
                let strip = (0..4).map(|i| slot(0.25, 0.375, -0.375 + 0.25 * f64::from(i)));
                std::iter::once(slot(0.75, -0.125, 0.0)).chain(strip).collect()
            }
        }
    }
}

impl Editor {
    /// Lays the selected clips out: each track has one place, from the lowest to the highest. Where all lie on one track,
    /// what lies below them meanwhile (or else above them) shares the frame with them.
    pub(super) fn lay_out(&mut self, layout: Layout) {
        let tracks: Vec<TrackId> = self.sequence().tracks_of(TrackKind::Video).map(|t| t.id).collect();
        let mut clips = self.selected_clips();
        clips.retain(|(track, _)| tracks.contains(track));
        let used = |clips: &[(TrackId, Clip)]| -> Vec<TrackId> {
            tracks.iter().copied().filter(|t| clips.iter().any(|(track, _)| track == t)).collect()
        };
        if used(&clips).is_empty() {
            self.notify(Level::Problem, "Layout: select the clips that are to share the frame, one above the other.");
            return;
        }
        if used(&clips).len() == 1 {
            let beside = self.seen_with(&clips);
            if beside.is_empty() {
                let text = "Layout: nothing lies below or above the selected clip that could share the frame with it. Put \
                            another one on a track beside it first.";
                self.notify(Level::Problem, text);
                return;
            }
            clips.extend(beside);
        }
        let used = used(&clips);
        let slots = layout.slots(used.len());
        if used.len() > slots.len() {
            let text = format!(
                "Layout: it has {} places, and the clips lie on {} tracks. \u{201C}{}\u{201D} has as many as it takes.",
                slots.len(),
                used.len(),
                super::Action::LayoutGrid.title()
            );
            self.notify(Level::Problem, text);
            return;
        }
        let mut edits = Vec::new();
        for (track, slot) in used.iter().zip(slots) {
            let on_track = || clips.iter().filter(|(t, _)| t == track).map(|(_, c)| c.id);
            // what fills the frame below a picture in picture may well do so in its own way
            if slot == FULL && !on_track().any(|id| self.selection.contains(&id)) {
                continue;
            }
            let clips: Vec<ClipId> = on_track().collect();
            let param = Param::fixed;
            for property in [
                Property::X(param(slot.x)),
                Property::Y(param(slot.y)),
                Property::Rotation(param(0.0)),
                Property::Scale(param(slot.scale)),
            ] {
                edits.push(Edit::SetProperty { clips: clips.clone(), property });
            }
        }
        self.commit(&Edit::Together(edits));
    }

    /// The clips on the nearest track below that are seen while some others of one track are; else those above.
    fn seen_with(&self, clips: &[(TrackId, Clip)]) -> Vec<(TrackId, Clip)> {
        let Some((own, _)) = clips.first() else { return Vec::new() };
        let tracks: Vec<_> = self.sequence().tracks_of(TrackKind::Video).cloned().collect();
        let Some(index) = tracks.iter().position(|t| t.id == *own) else { return Vec::new() };
        let (below, above) = (tracks[..index].iter().rev(), tracks[index + 1..].iter());
        let with = |track: &Arc<Track>| -> Vec<(TrackId, Clip)> {
            let mut found: Vec<Clip> = clips.iter().flat_map(|(_, c)| track.clips.range(c.span())).collect();
            found.dedup_by_key(|c| c.id);
            found.into_iter().filter(|c| c.enabled).map(|c| (track.id, c)).collect()
        };
        below
            .chain(above)
            .filter(|t| !t.muted && !t.locked)
            .map(with)
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_in_the_frame_and_beside_each_other() {
        let fixed = [Layout::Corner, Layout::SideBySide, Layout::Grid2, Layout::Grid3, Layout::MainAndStrip];
        let grids = [1, 2, 10, 16, 17].map(|pictures| (Layout::Grid, pictures));
        for (layout, pictures) in fixed.map(|layout| (layout, 2)).into_iter().chain(grids) {
            let slots = layout.slots(pictures);
            assert!(slots.len() >= pictures, "{layout:?} {pictures}");
            for (i, a) in slots.iter().enumerate() {
                assert!(
                    a.x.abs() + a.scale / 2.0 <= 0.5 + 1e-9 && a.y.abs() + a.scale / 2.0 <= 0.5 + 1e-9,
                    "{layout:?}"
                );
                for b in &slots[i + 1..] {
                    let apart = f64::midpoint(a.scale, b.scale) - 1e-9;
                    let over = layout == Layout::Corner && i == 0;
                    assert!(
                        over || (a.x - b.x).abs() >= apart || (a.y - b.y).abs() >= apart,
                        "{layout:?}: {a:?} {b:?}"
                    );
                }
            }
        }
    }
}
