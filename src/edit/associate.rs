//! What belongs together: links, groups, and pasting. And whether clips are shown at all.

use super::working::Working;
use super::{EditError, Landing};
use crate::model::{Clip, ClipId, Frame, FrameCount, GroupId, LinkId, Span, TrackId, time::MAX_FRAMES};
use std::collections::HashMap;

/// Links clips with each other, or takes all links of theirs away.
pub(super) fn link(working: &mut Working, clips: &[ClipId], linked: bool) -> Result<(), EditError> {
    // a link of which one part is taken away is none for the others either
    let members = working.with_linked(clips, linked)?;
    let link = linked.then(|| LinkId(working.project.fresh_id()));
    for (track, clip) in members {
        working.unlocked(track)?.clips.replace(Clip { link, ..clip });
    }
    Ok(())
}

/// Groups clips (with what is linked to them), or takes their groups away.
pub(super) fn group(working: &mut Working, clips: &[ClipId], grouped: bool) -> Result<(), EditError> {
    let members = working.with_grouped(clips, false)?;
    let group = grouped.then(|| GroupId(working.project.fresh_id()));
    for (track, clip) in members {
        working.unlocked(track)?.clips.replace(Clip { group, ..clip });
    }
    Ok(())
}

/// Shows and sounds clips, or does neither.
pub(super) fn set_enabled(working: &mut Working, clips: &[ClipId], enabled: bool) -> Result<(), EditError> {
    for (track, clip) in working.with_linked(clips, true)? {
        working.unlocked(track)?.clips.replace(Clip { enabled, ..clip });
    }
    Ok(())
}

/// ```text
/// copied  [A ]   [B ]     pasted at x    x
///                                        [A']   [B']    the distance stays, links and groups are new
/// ```
pub(super) fn paste(
    working: &mut Working,
    clips: &[(TrackId, Clip)],
    at: Frame,
    landing: Landing,
) -> Result<(), EditError> {
    let start = clips.iter().map(|(_, c)| c.start).min().ok_or(EditError::Nothing)?;
    let end = clips.iter().map(|(_, c)| c.end()).max().ok_or(EditError::Nothing)?;
    let length = end - start;
    if at < Frame::ZERO || length.0 < 1 || length.0 > MAX_FRAMES || (at + length).0 > MAX_FRAMES {
        return Err(EditError::OutsideTimeline);
    }
    let mut links: HashMap<LinkId, LinkId> = HashMap::new();
    let mut groups: HashMap<GroupId, GroupId> = HashMap::new();
    let mut pasted = Vec::new();
    for (track, clip) in clips {
        let kind = working.unlocked(*track)?.kind;
        let name = || clip.content.name.clone();
        let asset = working.project.assets.get(&clip.content.asset).ok_or(EditError::NoAsset)?;
        if clip.content.stream as usize >= asset.streams(kind) {
            let what = if kind == crate::model::TrackKind::Video { "picture" } else { "sound" };
            return Err(EditError::WrongKind(name(), what));
        }
        if clip.length < FrameCount(1) {
            return Err(EditError::Empty(name()));
        }
        let project = &mut working.project;
        let mut copy = Clip { id: project.fresh_clip_id(), start: at + (clip.start - start), ..clip.clone() };
        copy.link = copy.link.map(|l| *links.entry(l).or_insert_with(|| LinkId(project.fresh_id())));
        copy.group = copy.group.map(|g| *groups.entry(g).or_insert_with(|| GroupId(project.fresh_id())));
        if let Some(what) = copy.content.properties.impossible() {
            return Err(EditError::Property(what));
        }
        if copy.transition.is_some_and(|t| !t.is_possible(kind)) {
            return Err(EditError::Property("transition"));
        }
        // a transition comes along with the clip before it
        let brings = |t: &TrackId, left: &Clip| t == track && left.end() == clip.start;
        copy.transition = copy.transition.filter(|_| clips.iter().any(|(t, left)| brings(t, left)));
        working.check_media(&copy)?;
        pasted.push((*track, copy));
    }
    if landing == Landing::Insert {
        let tracks = working.unlocked_tracks();
        working.open_gap(&tracks, at, Span::between(start, end).length)?;
    }
    for (track, clip) in pasted {
        working.clear(track, clip.span())?;
        working.put(track, clip)?;
    }
    Ok(())
}
