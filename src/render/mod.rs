//! One renderer for the preview, single frames and the export: a plan of sections, readers for their
//! media, a canvas and a mix.
//!
//! Never knows encoders, files that are written, or egui. Invariants:
//!
//! - what preview, `frame` and export show is made by the same [`Pictures`] and [`Sounds`]; only the media
//!   (proxies or originals) and the canvas' size differ;
//! - a section yields exactly its frames and exactly its samples, whatever its sources do: the last
//!   picture, black or silence, and a [`Warning`] that names the clip;
//! - memory does not depend on the number of clips: the plan is computed section by section, readers
//!   exist for this section and the next, and a few idle ones are kept.

mod backwards;
mod canvas;
mod demand;
mod frame;
mod limiter;
mod paint;
#[cfg(test)]
mod paint_anywhere;
mod pictures;
mod plan;
mod plan_sound;
mod pose;
mod preview;
mod readers;
mod retime;
pub(crate) mod sound_buffer;
mod sounds;
mod sources;
mod turns;
mod warnings;

pub(crate) use backwards::MOST_BYTES as BACKWARD_BYTES;
pub use canvas::{Canvas, to_rgba};
pub(crate) use demand::SOUND as SOUND_BYTES;
pub use demand::{Demand, Holding};
pub use frame::{FrameError, render_frame};
pub use pictures::Pictures;
pub use plan::{Layer, Paint, PictureSection, picture_section};
pub use plan_sound::{Sound, SoundSection, sound_section};
pub use pose::{Place, Pose, Rect, fitted};
pub use preview::{Detail, Motion, Preview, PreviewCommand, PreviewState, Shown};
pub use sounds::Sounds;
pub use sources::Sources;
pub use warnings::{Fault, Warning};

use crate::media::{Cache, known_proxy, proxy_info};
use crate::model::{Asset, MediaInfo};
use std::path::PathBuf;

/// Which files the renderer reads.
#[derive(Clone, Debug)]
pub enum Media {
    /// The originals.
    Originals,
    /// The proxies that this process knows of, and the originals of all else.
    Proxies(Cache),
}

impl Media {
    /// The file to read for an asset's nth picture stream, and what is in it.
    #[must_use]
    pub fn picture_file(&self, asset: &Asset, stream: u32) -> (PathBuf, MediaInfo) {
        match self {
            // a proxy has the first stream only
            Self::Proxies(cache) if stream == 0 => match known_proxy(cache, asset) {
                Some(proxy) => (proxy, proxy_info(&asset.info)),
                None => (asset.path.clone(), asset.info.clone()),
            },
            _ => (asset.path.clone(), asset.info.clone()),
        }
    }
}
