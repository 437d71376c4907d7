//! Edits of the bin: what media the project has.

use super::EditError;
use super::working::Working;
use crate::model::{Asset, AssetId};
use std::sync::Arc;

/// Adds media; a file that is already there is not added again.
pub(super) fn add(working: &mut Working, assets: &[Asset]) {
    for asset in assets {
        if working.project.assets.values().any(|a| a.path == asset.path) {
            continue;
        }
        let id = AssetId(working.project.fresh_id());
        working.project.assets_mut().insert(id, Arc::new(Asset { id, ..asset.clone() }));
    }
}

pub(super) fn remove(working: &mut Working, assets: &[AssetId]) -> Result<(), EditError> {
    for id in assets {
        let name = working.project.assets.get(id).ok_or(EditError::NoAsset)?.name.clone();
        let used =
            |s: &Arc<crate::model::Sequence>| s.tracks.iter().any(|t| t.clips.iter().any(|c| c.content.asset == *id));
        if working.project.sequences.values().any(used) {
            return Err(EditError::InUse(name));
        }
        working.project.assets_mut().remove(id);
    }
    Ok(())
}

pub(super) fn relink(working: &mut Working, id: AssetId, with: &Asset) -> Result<(), EditError> {
    let old = working.project.assets.get(&id).ok_or(EditError::NoAsset)?;
    let asset = Asset { id, name: old.name.clone(), ..with.clone() };
    working.project.assets_mut().insert(id, Arc::new(asset));
    working.project.check().map_err(|why| EditError::Unfit(with.path.display().to_string(), why.to_string()))
}
