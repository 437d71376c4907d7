//! A sequence: the document that the timeline panel shows.

use super::clip::{Clip, ClipId, GroupId, LinkId};
use super::clip_list::ClipList;
use super::time::{Frame, FrameRate, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an edit of clips reaches beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Nothing.
    Alone,
    /// What is linked to them: the picture's sound.
    Links,
    /// What is linked to them and what is grouped with them.
    Groups,
}

/// Names a [`Track`] within its project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub u64);

/// What a track holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// A row of clips.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Track {
    /// Its name within the project.
    pub id: TrackId,
    /// What people call it: `V1`, `A1` and so on at first.
    pub name: String,
    /// What it holds.
    pub kind: TrackKind,
    /// Its clips.
    pub clips: ClipList,
    /// Refuses every edit.
    #[serde(default)]
    pub locked: bool,
    /// Not seen, or not heard.
    #[serde(default)]
    pub muted: bool,
    /// While any audio track is solo, only such tracks are heard.
    #[serde(default)]
    pub solo: bool,
    /// Where media from the bin land: the first track of a kind that is a target, else the first unlocked one.
    #[serde(default)]
    pub target: bool,
    /// How tall it is in the window, in per cent of the usual; 50 to 400.
    #[serde(default = "usual_height")]
    pub height: u16,
}

fn usual_height() -> u16 {
    100
}

impl Track {
    /// An empty track.
    #[must_use]
    pub fn new(id: TrackId, name: impl Into<String>, kind: TrackKind) -> Self {
        Self {
            id,
            name: name.into(),
            kind,
            clips: ClipList::new(),
            locked: false,
            muted: false,
            solo: false,
            target: false,
            height: usual_height(),
        }
    }
}

/// What a marker is painted in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum MarkerColor {
    /// Green.
    #[default]
    Green,
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
    /// White.
    White,
}

impl MarkerColor {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Green, Self::Red, Self::Orange, Self::Yellow, Self::Blue, Self::Purple, Self::White];
}

/// A named frame.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Marker {
    /// Where it stands.
    pub at: Frame,
    /// What it says.
    pub name: String,
    /// What it is painted in.
    #[serde(default)]
    pub color: MarkerColor,
}

/// Tracks of clips at one rate and size. Video tracks are stacked in their order, the first at the bottom.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sequence {
    /// What people call it.
    pub name: String,
    /// Frames a second.
    pub rate: FrameRate,
    /// Width of the picture in square pixels; even, 16 to 8192.
    pub width: u32,
    /// Height of the picture in square pixels; even, 16 to 8192.
    pub height: u32,
    /// Samples a second of the mix, 8000 to 192 000.
    pub sample_rate: u32,
    /// Every track.
    pub tracks: Vec<Arc<Track>>,
    /// Markers, sorted by frame. Shared between the copies that edits and undo keep.
    #[serde(default)]
    pub markers: Arc<Vec<Marker>>,
}

impl Sequence {
    /// The first frame after everything on it.
    #[must_use]
    pub fn end(&self) -> Frame {
        self.tracks.iter().map(|t| t.clips.end()).max().unwrap_or(Frame::ZERO)
    }

    /// All of it.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::between(Frame::ZERO, self.end())
    }

    /// The first sample of a frame in its mix, counted from its start: [`FrameRate::sample_of`].
    #[must_use]
    pub fn sample_of(&self, frame: Frame) -> i64 {
        self.rate.sample_of(frame, self.sample_rate)
    }

    /// How many samples of its mix a span has.
    #[must_use]
    pub fn samples_in(&self, span: Span) -> i64 {
        self.sample_of(span.end()) - self.sample_of(span.start)
    }

    /// The track of that name within the project.
    #[must_use]
    pub fn track(&self, id: TrackId) -> Option<&Arc<Track>> {
        self.tracks.iter().find(|t| t.id == id)
    }

    /// The same, to change: copies the track if an earlier state shares it.
    pub fn track_mut(&mut self, id: TrackId) -> Option<&mut Track> {
        self.tracks.iter_mut().find(|t| t.id == id).map(Arc::make_mut)
    }

    /// The tracks of one kind, in order.
    #[must_use]
    pub fn tracks_of(&self, kind: TrackKind) -> impl DoubleEndedIterator<Item = &Arc<Track>> {
        self.tracks.iter().filter(move |t| t.kind == kind)
    }

    /// The track and clip of that name.
    #[must_use]
    pub fn clip(&self, id: ClipId) -> Option<(&Arc<Track>, Clip)> {
        self.tracks.iter().find_map(|t| t.clips.get(id).map(|clip| (t, clip)))
    }

    /// Every clip of a link, with its track.
    #[must_use]
    pub fn linked(&self, link: LinkId) -> Vec<(TrackId, Clip)> {
        self.tracks.iter().flat_map(|t| t.clips.members(&[link], &[]).map(|c| (t.id, c)).collect::<Vec<_>>()).collect()
    }

    /// Clips with all that belongs to them as far as `reach` says, and what belongs to that; each once, with its track.
    /// Those that are gone are left out.
    #[must_use]
    pub fn together(&self, clips: &[ClipId], reach: Reach) -> Vec<(TrackId, Clip)> {
        let mut found: Vec<(TrackId, Clip)> =
            clips.iter().filter_map(|id| self.clip(*id).map(|(track, clip)| (track.id, clip))).collect();
        found.sort_by_key(|(_, c)| c.id);
        found.dedup_by_key(|(_, c)| c.id);
        if reach == Reach::Alone {
            return found;
        }
        loop {
            let links: BTreeSet<LinkId> = found.iter().filter_map(|(_, c)| c.link).collect();
            let groups: BTreeSet<GroupId> = found.iter().filter_map(|(_, c)| c.group).collect();
            let links: Vec<LinkId> = links.into_iter().collect();
            let groups: Vec<GroupId> = groups.into_iter().filter(|_| reach == Reach::Groups).collect();
            if links.is_empty() && groups.is_empty() {
                return found;
            }
            let known = found.len();
            for track in &self.tracks {
                found.extend(track.clips.members(&links, &groups).map(|c| (track.id, c)));
            }
            found.sort_by_key(|(_, c)| c.id);
            found.dedup_by_key(|(_, c)| c.id);
            if found.len() == known {
                return found;
            }
        }
    }

    /// The counterpart of a track among the other kind: A2 for V2, as far as there is one.
    #[must_use]
    pub fn counterpart(&self, id: TrackId) -> Option<TrackId> {
        let kind = self.track(id)?.kind;
        let index = self.tracks_of(kind).position(|t| t.id == id)?;
        let other = if kind == TrackKind::Video { TrackKind::Audio } else { TrackKind::Video };
        self.tracks_of(other).nth(index).map(|t| t.id)
    }
}
