//! What is known of an export before it starts: what stands against it, what people should know of its clips, and what it will
//! take, by a trial of the real pipeline.
//!
//! Invariants:
//!
//! - what blocks is exactly what would end the export before its first frame;
//! - a trial writes into the system's temporary folder only, keeps to the budget, and leaves nothing.

mod clips;
mod trial;

pub use trial::{Expected, expect};

use super::capped;
use super::run::{Fits, fitting};
use super::settings::{ExportError, ExportSettings, problems};
use super::size::Cap;
use crate::media::MediaError;
use crate::model::{ClipId, Frame, Project, Span};
use std::path::PathBuf;

/// Something to know before an export starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Whether there can be no export as long as it is so.
    pub blocks: bool,
    /// The first clip that it is of, if it is of any.
    pub clip: Option<ClipId>,
    /// Where that is on the timeline, if it is anywhere.
    pub at: Option<Frame>,
    /// The media file that it is of, if it is of one.
    pub source: Option<PathBuf>,
    /// What, and what to do, in one line.
    pub text: String,
}

impl Finding {
    fn blocking(error: &ExportError) -> Self {
        let source = match error {
            ExportError::Offline { path, .. } => Some(path.clone()),
            _ => None,
        };
        Self { blocks: true, clip: None, at: None, source, text: error.to_string() }
    }

    fn remark(text: String) -> Self {
        Self { blocks: false, clip: None, at: None, source: None, text }
    }
}

/// What there is to know of an export without rendering anything; what blocks comes first. It looks at files, which may take a
/// while on slow drives.
///
/// # Errors
/// [`MediaError`]: GStreamer can't be started.
pub fn look(project: &Project, settings: &ExportSettings) -> Result<Vec<Finding>, MediaError> {
    crate::media::init()?;
    let (span, mut blocking) = problems(project, settings);
    if let Some(span) = span {
        blocking.extend(fits(project, settings, span).err());
    }
    let mut found: Vec<Finding> = blocking.iter().map(Finding::blocking).collect();
    if let Some(span) = span {
        for finding in &mut found {
            let Some(source) = &finding.source else { continue };
            (finding.clip, finding.at) = clips::first_of(project, span, source).unzip();
        }
        found.extend(clips::remarks(project, &settings.preset.target, span));
    }
    Ok(found)
}

/// What fits into the budget, where there is room for it in the size as well.
fn fits(project: &Project, settings: &ExportSettings, span: Span) -> Result<Fits, ExportError> {
    let target = &settings.preset.target;
    if let Some(most) = settings.max_size.or(target.max_size) {
        let sequence = project.sequence();
        let (canvas, _) = target.size.of((sequence.width, sequence.height));
        let _: Cap = capped::cap(&settings.preset, most, canvas, sequence.rate, span.length)?;
    }
    fitting(project, settings, span)
}
