//! What happens on a cut.

use super::time::FrameCount;
use serde::{Deserialize, Serialize};

/// How one clip becomes the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TransitionKind {
    /// Pictures mix; sound crossfades with equal power.
    Dissolve,
    /// The picture before goes to a colour (red, green, blue), the one after comes from it. What lies below them, and
    /// beside them, keeps its own.
    Dip([u8; 3]),
    /// The picture after uncovers from one side.
    Wipe(Direction),
}

/// Where a wipe's edge moves to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// From right to left.
    Left,
    /// From left to right.
    Right,
    /// From bottom to top.
    Up,
    /// From top to bottom.
    Down,
}

impl TransitionKind {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dissolve => "Cross dissolve",
            Self::Dip([0, 0, 0]) => "Dip to black",
            Self::Dip([255, 255, 255]) => "Dip to white",
            Self::Dip(_) => "Dip to colour",
            Self::Wipe(Direction::Left) => "Wipe left",
            Self::Wipe(Direction::Right) => "Wipe right",
            Self::Wipe(Direction::Up) => "Wipe up",
            Self::Wipe(Direction::Down) => "Wipe down",
        }
    }

    /// Whether both clips are seen at once, so that each needs media beyond the cut.
    #[must_use]
    pub fn needs_handles(self) -> bool {
        !matches!(self, Self::Dip(_))
    }
}

/// A transition on the cut before the clip that holds it. It goes with that clip, and away when nothing abuts
/// there any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transition {
    /// How it looks.
    pub kind: TransitionKind,
    /// Frames in all; at least one.
    pub length: FrameCount,
    /// How many of them lie before the cut; 0 to all.
    pub before: FrameCount,
}

impl Transition {
    /// How many frames lie after the cut.
    #[must_use]
    pub fn after(self) -> FrameCount {
        self.length - self.before
    }
}
