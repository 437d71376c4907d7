//! The sequences of a project.

use super::EditError;
use super::working::Working;
use crate::model::{ClipId, GroupId, LinkId, Project, Sequence, SequenceId, Track, TrackId, TrackKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Adds an empty sequence like the open one, and opens it.
pub(super) fn add(working: &mut Working, name: &str) -> Result<(), EditError> {
    let name = checked(name)?;
    let like = Arc::clone(working.project.sequence());
    let project = &mut working.project;
    let video = Track::new(TrackId(project.fresh_id()), "V1", TrackKind::Video);
    let audio = Track::new(TrackId(project.fresh_id()), "A1", TrackKind::Audio);
    let tracks = vec![Arc::new(video), Arc::new(audio)];
    open_new(project, Sequence { name, tracks, markers: Arc::default(), ..(*like).clone() });
    Ok(())
}

/// Copies the open sequence, with ids of its own, and opens the copy.
pub(super) fn duplicate(working: &mut Working, name: &str) -> Result<(), EditError> {
    let name = checked(name)?;
    let mut copy = Sequence { name, ..(**working.project.sequence()).clone() };
    let project = &mut working.project;
    let mut links: HashMap<LinkId, LinkId> = HashMap::new();
    let mut groups: HashMap<GroupId, GroupId> = HashMap::new();
    for track in &mut copy.tracks {
        let clips = track.clips.iter().map(|mut clip| {
            clip.id = ClipId(project.fresh_id());
            clip.link = clip.link.map(|l| *links.entry(l).or_insert_with(|| LinkId(project.fresh_id())));
            clip.group = clip.group.map(|g| *groups.entry(g).or_insert_with(|| GroupId(project.fresh_id())));
            clip
        });
        let clips = clips.collect();
        *track = Arc::new(Track { id: TrackId(project.fresh_id()), clips, ..(**track).clone() });
    }
    open_new(project, copy);
    Ok(())
}

fn open_new(project: &mut Project, sequence: Sequence) {
    let id = SequenceId(project.fresh_id());
    project.sequences.insert(id, Arc::new(sequence));
    project.active = id;
}

pub(super) fn open(working: &mut Working, id: SequenceId) -> Result<(), EditError> {
    if !working.project.sequences.contains_key(&id) {
        return Err(EditError::NoSequence);
    }
    working.project.active = id;
    Ok(())
}

pub(super) fn rename(working: &mut Working, id: SequenceId, name: &str) -> Result<(), EditError> {
    let name = checked(name)?;
    let sequence = working.project.sequences.get_mut(&id).ok_or(EditError::NoSequence)?;
    Arc::make_mut(sequence).name = name;
    Ok(())
}

/// The last one stays; when the open one goes, the first of the others opens.
pub(super) fn remove(working: &mut Working, id: SequenceId) -> Result<(), EditError> {
    let project = &mut working.project;
    if project.sequences.len() < 2 {
        return Err(EditError::LastSequence);
    }
    project.sequences.remove(&id).ok_or(EditError::NoSequence)?;
    if project.active == id {
        project.active = project.sequences.keys().next().copied().ok_or(EditError::NoSequence)?;
    }
    Ok(())
}

fn checked(name: &str) -> Result<String, EditError> {
    let name = name.trim();
    if name.is_empty() { Err(EditError::NoName) } else { Ok(name.to_owned()) }
}
