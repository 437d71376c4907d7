//! Edits of the bin: what media the project has.

use super::working::Working;
use super::{EditError, made_up};
use crate::model::{Asset, AssetId, Clip, Generator};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Adds media; a file that is already there is not added again.
pub(super) fn add(working: &mut Working, assets: &[Asset]) -> Result<(), EditError> {
    let files = |a: &&Arc<Asset>| a.info.generator.is_none();
    let mut there: HashSet<PathBuf> = working.project.assets.values().filter(files).map(|a| a.path.clone()).collect();
    for asset in assets {
        if let Some(what) = asset.impossible() {
            return Err(EditError::Media(asset.name.clone(), what));
        }
        if asset.info.generator.is_none() && !there.insert(asset.path.clone()) {
            continue;
        }
        let id = AssetId(working.project.fresh_id());
        working.project.assets_mut().insert(id, Arc::new(Asset { id, ..asset.clone() }));
    }
    Ok(())
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

/// Changes what is made up; every clip of it changes, and those that are called as it was are called as it is now.
pub(super) fn regenerate(working: &mut Working, id: AssetId, generator: &Generator) -> Result<(), EditError> {
    let old = working.project.assets.get(&id).ok_or(EditError::NoAsset)?;
    let video = old.info.video.as_ref().filter(|_| old.info.generator.is_some()).ok_or(EditError::NoAsset)?;
    let (size, was) = ((video.width, video.height), old.name.clone());
    let number = working.project.fresh_id();
    let new = made_up::asset(id, generator.clone(), size, number)?;
    let called = |c: &Clip| c.content.asset == id && c.content.name == was;
    let now = new.name.clone();
    working.project.assets_mut().insert(id, Arc::new(new));
    if now == was {
        return Ok(());
    }
    for sequence in working.project.sequences.values_mut() {
        let tracks: Vec<usize> =
            (0..sequence.tracks.len()).filter(|n| sequence.tracks[*n].clips.iter().any(|c| called(&c))).collect();
        for n in tracks {
            let track = Arc::make_mut(&mut Arc::make_mut(sequence).tracks[n]);
            let clips: Vec<Clip> = track.clips.iter().filter(&called).collect();
            for mut clip in clips {
                now.clone_into(&mut Arc::make_mut(&mut clip.content).name);
                track.clips.replace(clip);
            }
        }
    }
    Ok(())
}
