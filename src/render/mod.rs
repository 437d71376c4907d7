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
mod stretch;
mod turns;
mod warnings;

pub(crate) use backwards::MOST_BYTES as BACKWARD_BYTES;
pub use canvas::{Canvas, to_rgba};
pub(crate) use demand::SOUND as SOUND_BYTES;
pub use demand::{Demand, Holding};
pub use frame::{FrameError, render_frame};
pub use pictures::Pictures;
pub use plan::{Layer, Paint, PictureSection, picture_section, picture_sections};
pub use plan_sound::{Sound, SoundSection, sound_section, sound_sections};
pub use pose::{Place, Pose, Rect, fitted, pose};
pub use preview::{Detail, Motion, Preview, PreviewCommand, PreviewState, Shown};
pub use sounds::Sounds;
pub use sources::Sources;
pub use warnings::{Fault, Warning};

use crate::media::{Cache, Part, Parts, known_proxy, proxy_info};
use crate::model::{Asset, MediaInfo, SourceTime};
use std::path::PathBuf;

/// Which files the renderer reads.
#[derive(Clone, Debug)]
pub enum Media {
    /// The originals.
    Originals,
    /// The proxies that this process knows of, part by part, and the originals of all else.
    Proxies(Cache),
}

/// A file that pictures of an asset are read from.
#[derive(Clone, PartialEq, Debug)]
pub struct PictureFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What is in it.
    pub info: MediaInfo,
    /// What it has of the asset's media.
    pub part: Part,
}

impl Media {
    /// The file to read for what an asset's nth picture stream shows at a moment, and the stretch of its media that is
    /// decided by that.
    #[must_use]
    pub fn picture_file(&self, asset: &Asset, stream: u32, time: SourceTime) -> (PictureFile, Part) {
        let original = || PictureFile { path: asset.path.clone(), info: asset.info.clone(), part: Part::WHOLE };
        // a proxy has the first stream only
        let Self::Proxies(cache) = self else { return (original(), Part::WHOLE) };
        if stream != 0 {
            return (original(), Part::WHOLE);
        }
        let parts = Parts::of(&asset.info);
        let part = parts.get(parts.at(time));
        match known_proxy(cache, asset, part) {
            Some(proxy) => {
                let info = proxy_info(&asset.info, proxy.part);
                (PictureFile { path: proxy.path, info, part: proxy.part }, proxy.part)
            }
            None => (original(), part),
        }
    }
}
