//! The tracks themselves, and what the sequence is like.

use super::working::Working;
use super::{EditError, TrackChange};
use crate::model::limits::{TRACK_HEIGHTS, is_picture_size};
use crate::model::{Frame, FrameRate, Track, TrackId, TrackKind};
use std::sync::Arc;

pub(super) fn set_format(working: &mut Working, width: u32, height: u32, rate: FrameRate) -> Result<(), EditError> {
    if !is_picture_size(width, height) {
        return Err(EditError::Size(width, height));
    }
    if rate != working.sequence().rate && working.sequence().end() > Frame::ZERO {
        return Err(EditError::RateFixed);
    }
    let sequence = working.project.sequence_mut();
    (sequence.width, sequence.height, sequence.rate) = (width, height, rate);
    Ok(())
}

/// Adds a track above all of its kind.
pub(super) fn add(working: &mut Working, kind: TrackKind) -> TrackId {
    let letter = if kind == TrackKind::Video { 'V' } else { 'A' };
    let names: Vec<String> = working.sequence().tracks.iter().map(|t| t.name.clone()).collect();
    let mut number = working.sequence().tracks_of(kind).count() + 1;
    while names.contains(&format!("{letter}{number}")) {
        number += 1;
    }
    let id = TrackId(working.project.fresh_id());
    working.project.sequence_mut().tracks.push(Arc::new(Track::new(id, format!("{letter}{number}"), kind)));
    id
}

pub(super) fn remove(working: &mut Working, track: TrackId) -> Result<(), EditError> {
    working.unlocked(track)?;
    working.project.sequence_mut().tracks.retain(|t| t.id != track);
    Ok(())
}

/// Switches and looks change on locked tracks too.
pub(super) fn change(working: &mut Working, track: TrackId, change: &TrackChange) -> Result<(), EditError> {
    let kind = working.track(track)?.kind;
    let track = working.project.sequence_mut().track_mut(track).ok_or(EditError::NoTrack)?;
    match change {
        TrackChange::Name(name) if name.trim().is_empty() => return Err(EditError::NoName),
        TrackChange::Name(name) => name.trim().clone_into(&mut track.name),
        TrackChange::Locked(on) => track.locked = *on,
        TrackChange::Muted(on) => track.muted = *on,
        TrackChange::Solo(on) => track.solo = *on,
        TrackChange::Height(height) => track.height = (*height).clamp(*TRACK_HEIGHTS.start(), *TRACK_HEIGHTS.end()),
        TrackChange::Target(on) => {
            let id = track.id;
            // one target of each kind
            let others = working.sequence().tracks_of(kind).filter(|t| t.target || t.id == id);
            for other in others.map(|t| t.id).collect::<Vec<_>>() {
                if let Some(other) = working.project.sequence_mut().track_mut(other) {
                    other.target = *on && other.id == id;
                }
            }
        }
    }
    Ok(())
}

/// Moves a track to another place among those of its kind, counted from 0 at the bottom (for sound, the top).
pub(super) fn reorder(working: &mut Working, track: TrackId, to: usize) -> Result<(), EditError> {
    let kind = working.track(track)?.kind;
    let tracks = &mut working.project.sequence_mut().tracks;
    let places: Vec<usize> = (0..tracks.len()).filter(|i| tracks[*i].kind == kind).collect();
    let from = tracks.iter().position(|t| t.id == track).ok_or(EditError::NoTrack)?;
    let to = *places.get(to).ok_or(EditError::NoSuchTrack)?;
    let moved = tracks.remove(from);
    tracks.insert(to, moved);
    Ok(())
}
