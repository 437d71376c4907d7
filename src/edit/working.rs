//! The scratch copy that an edit works on, and the steps that edits are made of.

use super::{EditError, Outcome, transitions};
use crate::model::limits::is_moment;
use crate::model::{
    Clip, ClipId, Frame, FrameCount, LinkId, Project, Reach, Sequence, SourceTime, Span, Track, TrackId,
    time::MAX_FRAMES,
};
use std::collections::HashMap;
use std::sync::Arc;

/// A copy of the project that shares all that has not been touched yet.
pub(super) struct Working {
    pub project: Project,
    /// Right halves of clips that were linked are linked with each other: the old link and the new one.
    right_links: HashMap<LinkId, LinkId>,
    /// Clips that were put on the timeline.
    placed: Vec<ClipId>,
}

impl Working {
    pub fn new(project: &Project) -> Self {
        Self { project: project.clone(), right_links: HashMap::new(), placed: Vec::new() }
    }

    /// The project, with transitions that fit what it has become, unless something was pushed off the timeline.
    pub fn finish(mut self, before: &Project, outcome: &mut Outcome) -> Result<Project, EditError> {
        let outside = |t: &Track| {
            t.clips.end().0 > MAX_FRAMES || t.clips.iter().next().is_some_and(|first| first.start < Frame::ZERO)
        };
        if self.sequence().tracks.iter().any(|t| outside(t)) {
            return Err(EditError::OutsideTimeline);
        }
        transitions::keep_fitting(before, &mut self.project, &mut outcome.notes);
        outcome.placed.append(&mut self.placed);
        Ok(self.project)
    }

    pub fn sequence(&self) -> &Sequence {
        self.project.sequence()
    }

    pub fn track(&self, id: TrackId) -> Result<&Track, EditError> {
        self.sequence().track(id).map(AsRef::as_ref).ok_or(EditError::NoTrack)
    }

    /// A track to change: refused when it is locked.
    pub fn unlocked(&mut self, id: TrackId) -> Result<&mut Track, EditError> {
        let track = self.project.sequence_mut().track_mut(id).ok_or(EditError::NoTrack)?;
        if track.locked { Err(EditError::Locked(track.name.clone())) } else { Ok(track) }
    }

    pub fn unlocked_tracks(&self) -> Vec<TrackId> {
        self.sequence().tracks.iter().filter(|t| !t.locked).map(|t| t.id).collect()
    }

    pub fn clip(&self, id: ClipId) -> Result<(TrackId, Clip), EditError> {
        self.sequence().clip(id).map(|(t, c)| (t.id, c)).ok_or(EditError::NoClip)
    }

    /// The clips named and, unless `alone`, all that are linked or grouped with them; each once, by their starts, with
    /// its track. For edits of clips as wholes.
    pub fn with_grouped(&self, ids: &[ClipId], alone: bool) -> Result<Vec<(TrackId, Clip)>, EditError> {
        self.reached(ids, if alone { Reach::Alone } else { Reach::Groups })
    }

    /// The clips named and, unless `alone`, all that are linked with them; each once, by their starts, with its track. For
    /// edits of what clips show, which must not change others of their group that nobody looks at.
    pub fn with_linked(&self, ids: &[ClipId], alone: bool) -> Result<Vec<(TrackId, Clip)>, EditError> {
        self.reached(ids, if alone { Reach::Alone } else { Reach::Links })
    }

    fn reached(&self, ids: &[ClipId], reach: Reach) -> Result<Vec<(TrackId, Clip)>, EditError> {
        if ids.is_empty() {
            return Err(EditError::Nothing);
        }
        for id in ids {
            self.clip(*id)?;
        }
        let mut found = self.sequence().together(ids, reach);
        found.sort_by_key(|(_, c)| (c.start, c.id));
        for (track, _) in &found {
            let track = self.track(*track)?;
            if track.locked {
                return Err(EditError::Locked(track.name.clone()));
            }
        }
        Ok(found)
    }

    /// A clip and, unless `alone`, its counterpart on each other track: the linked clip that shares most frames with it.
    pub fn counterparts(&self, clip: ClipId, alone: bool) -> Result<Vec<(TrackId, Clip)>, EditError> {
        let (own, grabbed) = self.clip(clip)?;
        let shared = |c: &Clip| c.span().intersection(grabbed.span()).map_or(FrameCount::ZERO, |s| s.length);
        let mut members = self.with_linked(&[clip], alone)?;
        members.retain(|(track, c)| (*track != own || c.id == clip) && shared(c) > FrameCount::ZERO);
        members.sort_by_key(|(track, c)| (*track, std::cmp::Reverse(shared(c)), c.start));
        members.dedup_by_key(|(track, _)| *track);
        members.sort_by_key(|(_, c)| (c.start, c.id));
        Ok(members)
    }

    /// Cuts the clip under `at` in two. On an edge or in a gap nothing changes.
    ///
    /// ```text
    /// before  [A         ]
    /// after   [A  ][A'   ]   A' has a fresh id and, if A was linked, the right halves' link
    ///             ^ at
    /// ```
    pub fn split_track(&mut self, track: TrackId, at: Frame) -> Result<(), EditError> {
        let rate = self.sequence().rate;
        let Some(mut left) = self.track(track)?.clips.at(at).filter(|c| c.start < at) else { return Ok(()) };
        let mut right = left.clone();
        right.id = self.project.fresh_clip_id();
        right.link = left.link.map(|link| self.right_link(link));
        left.length = at - left.start;
        right.start = at;
        right.length -= left.length;
        right.source_in = left.source_at(left.length, rate);
        right.transition = None;
        // the cut between them is hard: fades stay at the outer ends
        if right.content.properties.fade_in > FrameCount::ZERO {
            Arc::make_mut(&mut right.content).properties.fade_in = FrameCount::ZERO;
        }
        if left.content.properties.fade_out > FrameCount::ZERO {
            Arc::make_mut(&mut left.content).properties.fade_out = FrameCount::ZERO;
        }
        let clips = &mut self.unlocked(track)?.clips;
        clips.replace(left);
        clips.insert(right);
        Ok(())
    }

    fn right_link(&mut self, link: LinkId) -> LinkId {
        if let Some(known) = self.right_links.get(&link) {
            return *known;
        }
        let fresh = LinkId(self.project.fresh_id());
        self.right_links.insert(link, fresh);
        fresh
    }

    /// Empties a span of a track: clips inside go, clips across its ends are cut there.
    pub fn clear(&mut self, track: TrackId, span: Span) -> Result<(), EditError> {
        self.unlocked(track)?;
        if span.length <= FrameCount::ZERO {
            return Ok(());
        }
        self.split_track(track, span.end())?;
        self.split_track(track, span.start)?;
        let clips = &mut self.unlocked(track)?.clips;
        let gone: Vec<ClipId> = clips.range(span).map(|c| c.id).collect();
        for id in gone {
            clips.remove(id);
        }
        Ok(())
    }

    /// Puts a clip on a track, where nothing is in its way.
    pub fn put(&mut self, track: TrackId, clip: Clip) -> Result<(), EditError> {
        self.placed.push(clip.id);
        self.unlocked(track)?.clips.insert(clip);
        Ok(())
    }

    /// Moves all that starts at or after `from` on a track.
    pub fn shift(&mut self, track: TrackId, from: Frame, by: FrameCount) -> Result<(), EditError> {
        self.unlocked(track)?.clips.shift(from, by);
        Ok(())
    }

    /// Opens a gap of `length` at `at` on tracks, cutting what lies across, and moves the markers with it.
    pub fn open_gap(&mut self, tracks: &[TrackId], at: Frame, length: FrameCount) -> Result<(), EditError> {
        for track in tracks {
            self.unlocked(*track)?;
            self.split_track(*track, at)?;
            self.shift(*track, at, length)?;
        }
        self.move_markers(|marker| if marker >= at { marker + length } else { marker })
    }

    /// Moves the markers with their material; of those that come together on one frame the first stays.
    fn move_markers(&mut self, to: impl Fn(Frame) -> Frame) -> Result<(), EditError> {
        let moved = self.sequence().markers.iter().any(|m| to(m.at) != m.at);
        if moved {
            let markers = Arc::make_mut(&mut self.project.sequence_mut().markers);
            for marker in markers.iter_mut() {
                marker.at = to(marker.at);
            }
            if markers.last().is_some_and(|last| last.at.0 > MAX_FRAMES) {
                return Err(EditError::OutsideTimeline);
            }
            markers.dedup_by_key(|m| m.at);
        }
        Ok(())
    }

    /// Lets the other unlocked tracks, with sync lock, and the markers follow a ripple of `own` at `end`. To
    /// the left each track follows as far as it is empty there.
    pub fn follow(&mut self, own: &[TrackId], end: Frame, by: FrameCount, sync_lock: bool) -> Result<(), EditError> {
        let gone = Span::between(end + by, end);
        for track in self.unlocked_tracks() {
            let free = by > FrameCount::ZERO || self.track(track)?.clips.range(gone).next().is_none();
            if sync_lock && free && !own.contains(&track) {
                self.shift(track, end, by)?;
            }
        }
        self.move_markers(|marker| match marker {
            at if at >= end => at + by,
            at if at > end + by => end + by,
            at => at,
        })
    }

    /// Closes spans that were emptied: what follows on their tracks moves left. With sync lock, spans that
    /// touch close as one, and the other unlocked tracks close up too, each as far as it is empty there: a
    /// bed of music that lies across stays. Gives what was closed, from the last to the first.
    pub fn close(&mut self, emptied: &[(TrackId, Span)], sync_lock: bool) -> Result<Vec<Span>, EditError> {
        let mut own = emptied.to_vec();
        own.sort_by_key(|(_, span)| std::cmp::Reverse((span.start, span.length)));
        own.retain(|(_, span)| span.length > FrameCount::ZERO);
        if !sync_lock {
            for (track, span) in &own {
                self.shift(*track, span.end(), -span.length)?;
            }
            return Ok(own.into_iter().map(|(_, span)| span).collect());
        }
        let mut closed: Vec<Span> = Vec::new();
        for (_, span) in &own {
            // one that begins earlier may reach over several that are there
            let mut span = *span;
            while let Some(last) = closed.pop_if(|last| span.end() >= last.start) {
                span = Span::between(span.start, span.end().max(last.end()));
            }
            closed.push(span);
        }
        for track in self.unlocked_tracks() {
            for span in &closed {
                if self.track(track)?.clips.range(*span).next().is_none() {
                    self.shift(track, span.end(), -span.length)?;
                    continue;
                }
                for (_, part) in own.iter().filter(|(t, part)| *t == track && part.intersection(*span) == Some(*part)) {
                    self.shift(track, part.end(), -part.length)?;
                }
            }
        }
        self.move_markers(|marker| {
            closed.iter().fold(marker, |at, span| match at {
                at if at >= span.end() => at - span.length,
                at if at > span.start => span.start,
                at => at,
            })
        })?;
        Ok(closed)
    }

    /// Refuses a clip that reaches outside its media.
    pub fn check_media(&self, clip: &Clip) -> Result<(), EditError> {
        let rate = self.sequence().rate;
        let (first, last) = clip.media(rate);
        if !is_moment(first) || !is_moment(last) {
            return Err(EditError::OutsideMoments(clip.content.name.clone()));
        }
        let Some(range) = self.project.media_range(clip.content.asset) else { return Ok(()) };
        let slack = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
        let room = |time: SourceTime| rate.frame_nearest(time).0.max(0);
        if first < range.start - slack {
            let old = self.sequence().clip(clip.id).map_or(SourceTime::ZERO, |(_, c)| c.media(rate).0 - range.start);
            return Err(EditError::MediaStart(room(old), clip.content.name.clone()));
        }
        if last > range.end + slack {
            let old = self.sequence().clip(clip.id).map_or(range.end, |(_, c)| range.end - c.media(rate).1);
            return Err(EditError::MediaEnd(room(old), clip.content.name.clone()));
        }
        Ok(())
    }
}
