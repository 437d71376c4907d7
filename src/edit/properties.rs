//! How clips look and sound.

use super::EditError;
use super::working::Working;
use crate::model::{ClipId, Property};
use std::sync::Arc;

/// Sets a property of clips, each alone: linked clips have properties of their own.
pub(super) fn set(working: &mut Working, clips: &[ClipId], property: &Property) -> Result<(), EditError> {
    for (track, mut clip) in working.with_linked(clips, true)? {
        let kind = working.track(track)?.kind;
        let asset = working.project.assets.get(&clip.content.asset).ok_or(EditError::NoAsset)?;
        let content = Arc::make_mut(&mut clip.content);
        match property {
            Property::Name(name) if name.trim().is_empty() => return Err(EditError::NoName),
            Property::Name(name) => name.trim().clone_into(&mut content.name),
            Property::Stream(stream) if *stream as usize >= asset.streams(kind) => {
                return Err(EditError::NoStream(content.name.clone(), stream + 1));
            }
            Property::Stream(stream) => content.stream = *stream,
            other => {
                content.properties.set(other);
                if let Some(what) = content.properties.impossible() {
                    return Err(EditError::Property(what));
                }
            }
        }
        working.unlocked(track)?.clips.replace(clip);
    }
    Ok(())
}
