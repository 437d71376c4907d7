//! Markers: kept sorted, one for a frame.

use super::EditError;
use super::working::Working;
use crate::model::limits::is_on_timeline;
use crate::model::{Frame, Marker};
use std::sync::Arc;

fn inside(at: Frame) -> Result<(), EditError> {
    if is_on_timeline(at) { Ok(()) } else { Err(EditError::OutsideTimeline) }
}

fn put(markers: &mut Vec<Marker>, marker: Marker) {
    markers.retain(|m| m.at != marker.at);
    markers.insert(markers.partition_point(|m| m.at < marker.at), marker);
}

fn list(working: &mut Working) -> &mut Vec<Marker> {
    Arc::make_mut(&mut working.project.sequence_mut().markers)
}

pub(super) fn add(working: &mut Working, marker: &Marker) -> Result<(), EditError> {
    inside(marker.at)?;
    put(list(working), marker.clone());
    Ok(())
}

pub(super) fn remove(working: &mut Working, at: Frame) -> Result<(), EditError> {
    let index = working.sequence().markers.binary_search_by_key(&at, |m| m.at).map_err(|_| EditError::NoMarker)?;
    list(working).remove(index);
    Ok(())
}

pub(super) fn shift(working: &mut Working, from: Frame, to: Frame) -> Result<(), EditError> {
    inside(to)?;
    let index = working.sequence().markers.binary_search_by_key(&from, |m| m.at).map_err(|_| EditError::NoMarker)?;
    let markers = list(working);
    let marker = Marker { at: to, ..markers.remove(index) };
    put(markers, marker);
    Ok(())
}
