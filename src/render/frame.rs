//! One composited frame as a picture.

use super::canvas::to_rgba;
use super::pictures::Pictures;
use super::plan::picture_section;
use super::{Media, Sources, Warning};
use crate::media::{Cancel, MediaError, Parts, find_proxy};
use crate::model::{Frame, Project, TrackKind};
use image::RgbaImage;
use std::sync::Arc;
use thiserror::Error;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The frame is not on the timeline.
    #[error("frame {0} is not on the timeline of {1} frames")]
    Range(i64, i64),
    /// Rendering failed.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// Renders one frame of the active sequence in its own size.
///
/// # Errors
/// [`FrameError`]; a clip that can't be decoded, or whose file is another one than when it was imported, is a
/// [`Warning`] instead.
pub fn render_frame(
    project: &Arc<Project>,
    media: Media,
    frame: Frame,
) -> Result<(RgbaImage, Vec<Warning>), FrameError> {
    crate::media::init()?;
    let sequence = project.sequence();
    let span = sequence.span();
    if !span.contains(frame) {
        return Err(FrameError::Range(frame.0, span.length.0));
    }
    let size = (sequence.width, sequence.height);
    let only = crate::model::Span { start: frame, length: crate::model::FrameCount(1) };
    let sources = Sources::of(project, only, Some(TrackKind::Video));
    let mut warnings = Vec::new();
    sources.compare(&Cancel::default(), |warning| warnings.push(warning));
    if let Media::Proxies(cache) = &media {
        for layer in picture_section(project, frame, only, size).layers {
            let parts = Parts::of(&layer.asset.info);
            let part = parts.get(parts.at(layer.picture_time(frame, sequence)));
            // from here on it is known; of what has none the original is shown
            let _ = find_proxy(cache, &layer.asset, part);
        }
    }
    let mut pictures = Pictures::new(Arc::clone(project), media, size, only, 1, Cancel::default())?;
    let mut pixels = vec![0; pictures.canvas().bytes()];
    pictures.render(frame, &mut pixels)?;
    let rgba = to_rgba(pictures.canvas(), &pixels);
    let picture = RgbaImage::from_raw(size.0, size.1, rgba)
        .ok_or_else(|| MediaError::Element("a picture has the wrong size".into()))?;
    warnings.extend(pictures.take_warnings());
    warnings.extend(sources.changed());
    Ok((picture, warnings))
}
