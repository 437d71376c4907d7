//! Layouts of several pictures at once, as recorded meetings and lectures have them.

use super::editor::Editor;
use super::notices::Level;
use crate::edit::Edit;
use crate::model::{ClipId, Param, Property, TrackId, TrackKind};

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

impl Layout {
    /// The places, the first for the lowest track.
    fn slots(self) -> Vec<Slot> {
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
                vec![slot(1.0, 0.0, 0.0), slot(size, x, y), slot(size, -x, y), slot(size, x, -y), slot(size, -x, -y)]
            }
            Self::SideBySide => vec![slot(0.5, -0.25, 0.0), slot(0.5, 0.25, 0.0)],
            Self::Grid2 => grid(2),
            Self::Grid3 => grid(3),
            Self::MainAndStrip => {
                let strip = (0..4).map(|i| slot(0.25, 0.375, -0.375 + 0.25 * f64::from(i)));
                std::iter::once(slot(0.75, -0.125, 0.0)).chain(strip).collect()
            }
        }
    }
}

impl Editor {
    /// Lays the selected clips out: each track has one place, from the lowest to the highest.
    pub(super) fn lay_out(&mut self, layout: Layout) {
        let selected = self.selected_clips();
        let tracks: Vec<TrackId> = self.sequence().tracks_of(TrackKind::Video).map(|t| t.id).collect();
        let used: Vec<TrackId> = tracks.into_iter().filter(|t| selected.iter().any(|(track, _)| track == t)).collect();
        let slots = layout.slots();
        if used.is_empty() {
            self.notify(Level::Problem, "Layout: select the clips that are to share the frame, one above the other.");
            return;
        }
        if used.len() > slots.len() {
            let text = format!("Layout: it has {} places, and the clips lie on {} tracks.", slots.len(), used.len());
            self.notify(Level::Problem, text);
            return;
        }
        let mut edits = Vec::new();
        for (track, slot) in used.iter().zip(slots) {
            let clips: Vec<ClipId> = selected.iter().filter(|(t, _)| t == track).map(|(_, c)| c.id).collect();
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_in_the_frame_and_beside_each_other() {
        let all = [Layout::Corner, Layout::SideBySide, Layout::Grid2, Layout::Grid3, Layout::MainAndStrip];
        for layout in all {
            let slots = layout.slots();
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
