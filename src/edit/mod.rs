//! Every edit as a value and as a pure function of the project before it.
//!
//! An edit is refused with an [`EditError`] that says why, or done whole; the project that it was
//! given never changes. The window's gestures, the headless commands and undo share the same values.
//! Nothing here reads a file or the clock, draws or plays.
//!
//! An edit of clips that is not `alone` reaches what belongs to them. Edits of clips as wholes (move, lift, extract, split,
//! group) take along what is linked to them and what is grouped with them. Edits of what a clip shows and for how long
//! (trim, ripple, roll, slip, slide, speed, transitions, and taking links away) take along what is linked, never others of
//! a group: those may lie out of sight.

mod arrange;
mod associate;
mod bin;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod cases_of_looks;
mod error;
mod history;
mod limits;
mod made_up;
mod markers;
mod place;
mod properties;
#[cfg(test)]
mod random;
mod remove;
mod ripple;
mod sequences;
mod snap;
mod speed;
#[cfg(test)]
pub(crate) mod text;
mod tracks;
mod transitions;
mod trim;
mod working;

pub use error::{EditError, Note};
pub use history::{History, MOST_BYTES, Step};
pub use limits::{Limits, move_limits, ripple_limits, roll_limits, slide_limits, slip_limits, trim_limits};
pub use place::Placement;
pub use snap::{SnapPoints, Snapped};
pub use transitions::fitting_transition;

use crate::model::{
    Asset, AssetId, Clip, ClipId, Frame, FrameCount, FrameRate, Generator, Marker, Project, Property, SequenceId, Span,
    Speed, Title, TrackId, TrackKind, Transition,
};
use serde::{Deserialize, Serialize};

/// One edit, as gestures commit it, scripts list it and history names it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Edit {
    /// Puts media into the bin. Ids in the values are ignored; fresh ones are given.
    AddAssets(Vec<Asset>),
    /// Takes media that no clip uses out of the bin.
    RemoveAssets(Vec<AssetId>),
    /// Says where an asset lies now and what was found there.
    Relink {
        /// Which asset.
        asset: AssetId,
        /// The same asset with its new path, fingerprint and contents.
        with: Box<Asset>,
    },
    /// Changes a solid or a title; every clip of it changes.
    SetGenerator {
        /// Which asset.
        asset: AssetId,
        /// What it is to be.
        generator: Box<Generator>,
    },
    /// Changes the sequence's picture size and rate. The rate of a sequence with clips stays as it is.
    SetFormat {
        /// Width in pixels, even.
        width: u32,
        /// Height in pixels, even.
        height: u32,
        /// Frames a second.
        rate: FrameRate,
    },
    /// Adds an empty track above the others of its kind (below them, for sound).
    AddTrack(TrackKind),
    /// Removes a track with all its clips.
    RemoveTrack(TrackId),
    /// Changes what a track is called, or one of its switches.
    SetTrack {
        /// Which track.
        track: TrackId,
        /// What changes.
        change: TrackChange,
    },
    /// Moves a track to another place among those of its kind.
    MoveTrack {
        /// Which track.
        track: TrackId,
        /// The place, from 0: at the bottom for pictures, at the top for sound.
        to: usize,
    },
    /// Adds an empty sequence in the format of the open one, and opens it.
    AddSequence(String),
    /// Copies the open sequence under a name, and opens the copy.
    DuplicateSequence(String),
    /// Opens a sequence: it is shown, edited and exported. History keeps no step for it.
    OpenSequence(SequenceId),
    /// Names a sequence.
    RenameSequence {
        /// Which sequence.
        sequence: SequenceId,
        /// Its new name.
        name: String,
    },
    /// Removes a sequence with all that is on it; not the last one.
    RemoveSequence(SequenceId),
    /// Places media after the last clip of its tracks.
    Append(Placement),
    /// Places media at a frame and pushes what follows right.
    Insert {
        /// What and on which tracks.
        place: Placement,
        /// Where.
        at: Frame,
        /// Whether all other unlocked tracks are pushed too.
        sync_lock: bool,
    },
    /// Places media at a frame over whatever is there.
    Overwrite {
        /// What and on which tracks.
        place: Placement,
        /// Where.
        at: Frame,
    },
    /// Cuts the clips under a frame in two: those named (with what is linked to them), or all on
    /// unlocked tracks when none is named.
    Split {
        /// The first frame of the right halves.
        at: Frame,
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Moves one edge of a clip within its media and up to its neighbours.
    Trim {
        /// Which clip.
        clip: ClipId,
        /// Which edge.
        edge: Edge,
        /// By how much; positive is later.
        by: FrameCount,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Moves one edge of a clip within its media; what follows moves along.
    Ripple {
        /// Which clip.
        clip: ClipId,
        /// Which edge.
        edge: Edge,
        /// By how much; positive is later in the media.
        by: FrameCount,
        /// Whether other unlocked tracks move along.
        sync_lock: bool,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Moves the cut after a clip; both sides stay in place otherwise.
    Roll {
        /// The clip before the cut.
        left: ClipId,
        /// By how much; positive is later.
        by: FrameCount,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Moves the media under clips.
    Slip {
        /// Which clips.
        clips: Vec<ClipId>,
        /// By how much; positive shows later media.
        by: FrameCount,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Moves a clip between its neighbours, which give and take.
    Slide {
        /// Which clip.
        clip: ClipId,
        /// By how much; positive is later.
        by: FrameCount,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Closes every gap of a track.
    CloseAllGaps {
        /// Which track.
        track: TrackId,
        /// Whether other unlocked tracks, as far as they are empty there, close up too.
        sync_lock: bool,
    },
    /// Links clips with each other (`linked`), or takes their links away.
    Link {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether they are to be linked.
        linked: bool,
    },
    /// Groups clips and what is linked to them (`grouped`), or takes their groups away.
    Group {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether they are to be grouped.
        grouped: bool,
    },
    /// Shows and sounds clips, or does neither.
    Enable {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether they are seen and heard.
        enabled: bool,
    },
    /// Sets a property of clips.
    SetProperty {
        /// Which clips.
        clips: Vec<ClipId>,
        /// What it becomes.
        property: Property,
    },
    /// Lets clips run at another speed: slower, faster, backwards or not at all. Their length follows, for the
    /// media stay the same; only a frozen clip keeps its length.
    SetSpeed {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Media time over timeline time.
        speed: Speed,
        /// Whether what follows moves along; without, a clip that grows is cut off where the next one begins.
        ripple: bool,
        /// Whether other unlocked tracks move along.
        sync_lock: bool,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Puts a transition on the cut before a clip, or takes it away.
    SetTransition {
        /// The clip after the cut.
        right: ClipId,
        /// The transition, if there is to be one.
        transition: Option<Transition>,
        /// Whether the cuts of linked clips are left alone.
        alone: bool,
    },
    /// Makes a title and puts it over what lies there.
    AddTitle {
        /// What it says, and how it looks.
        title: Title,
        /// Its first frame.
        at: Frame,
        /// How long it stays; five seconds when not given.
        #[serde(default)]
        length: Option<FrameCount>,
        /// Where it goes; when not given, the lowest track that is free above all that is seen meanwhile, or a new one.
        #[serde(default)]
        track: Option<TrackId>,
    },
    /// Makes a solid colour and puts it over what lies there.
    AddColor {
        /// Red, green, blue.
        color: [u8; 3],
        /// Its first frame.
        at: Frame,
        /// How long it stays; five seconds when not given.
        #[serde(default)]
        length: Option<FrameCount>,
        /// Where it goes; when not given, the lowest track that is free above all that is seen meanwhile, or a new one.
        #[serde(default)]
        track: Option<TrackId>,
    },
    /// Puts copies of clips at a frame, in the same distance from each other and on the same tracks.
    Paste {
        /// The clips as they were copied, with their tracks.
        clips: Vec<(TrackId, Clip)>,
        /// Where the first of them begins.
        at: Frame,
        /// What happens where they land.
        landing: Landing,
    },
    /// Names a frame, or changes the marker that stands there.
    AddMarker(Marker),
    /// Moves the marker on a frame, over one that stands there.
    MoveMarker {
        /// Where it stands.
        from: Frame,
        /// Where it is to stand.
        to: Frame,
    },
    /// Removes the marker on a frame.
    RemoveMarker(Frame),
    /// Moves clips, in time and to other tracks of their kind.
    Move {
        /// Which clips.
        clips: Vec<ClipId>,
        /// By how much; positive is later.
        by: FrameCount,
        /// By how many tracks of their kind; positive is towards higher numbers.
        tracks: i32,
        /// What happens where they land.
        landing: Landing,
        /// Whether the gap that they leave closes.
        ripple: bool,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Takes clips out and leaves the gaps.
    Lift {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Takes clips out and closes the gaps (ripple delete).
    Extract {
        /// Which clips.
        clips: Vec<ClipId>,
        /// Whether other unlocked tracks, as far as they are empty there, close up too.
        sync_lock: bool,
        /// Whether linked clips are left alone.
        alone: bool,
    },
    /// Takes a range out of tracks and leaves the gap.
    LiftRange {
        /// Which frames.
        span: Span,
        /// Which tracks; all unlocked ones when none is named.
        tracks: Vec<TrackId>,
    },
    /// Takes a range out of tracks and closes the gap.
    ExtractRange {
        /// Which frames.
        span: Span,
        /// Which tracks; all unlocked ones when none is named.
        tracks: Vec<TrackId>,
    },
    /// Closes the gap under a frame: later clips move left together.
    CloseGap {
        /// Whose gap.
        track: TrackId,
        /// A frame in it.
        at: Frame,
        /// Whether other unlocked tracks, as far as they are empty there, close up too.
        sync_lock: bool,
    },
    /// Several edits as one step, named after the last.
    Together(Vec<Edit>),
}

/// What changes about a track.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TrackChange {
    /// What it is called.
    Name(String),
    /// Whether it refuses edits.
    Locked(bool),
    /// Whether it is not seen, or not heard.
    Muted(bool),
    /// Whether it is heard alone.
    Solo(bool),
    /// Whether media from the bin land on it; of each kind one track is the target.
    Target(bool),
    /// How tall it is, in per cent of the usual; 50 to 400.
    Height(u16),
}

/// An edge of a clip.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Edge {
    /// Its first frame.
    In,
    /// Its end.
    Out,
}

/// What happens where a moved clip lands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Landing {
    /// It replaces what it covers.
    #[default]
    Overwrite,
    /// It pushes what follows right, on all unlocked tracks.
    Insert,
}

impl Edit {
    /// What the menu calls it after "Undo" and "Redo".
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AddAssets(_) => "import",
            Self::RemoveAssets(_) => "remove from bin",
            Self::Relink { .. } => "relink",
            Self::SetGenerator { .. } => "title",
            Self::SetFormat { .. } => "sequence settings",
            Self::AddTrack(_) => "add track",
            Self::RemoveTrack(_) => "remove track",
            Self::SetTrack { change: TrackChange::Name(_), .. } => "rename track",
            Self::SetTrack { change: TrackChange::Height(_), .. } => "track height",
            Self::SetTrack { .. } => "track settings",
            Self::MoveTrack { .. } => "move track",
            Self::AddSequence(_) => "add sequence",
            Self::DuplicateSequence(_) => "duplicate sequence",
            Self::OpenSequence(_) => "open sequence",
            Self::RenameSequence { .. } => "rename sequence",
            Self::RemoveSequence(_) => "remove sequence",
            Self::SetProperty { property, .. } => property.name(),
            Self::SetSpeed { speed, .. } if speed.is_frozen() => "freeze frame",
            Self::SetSpeed { .. } => "speed",
            Self::SetTransition { transition: Some(_), .. } => "transition",
            Self::SetTransition { .. } => "remove transition",
            Self::MoveMarker { .. } => "move marker",
            Self::Append(_) => "append",
            Self::Insert { .. } => "insert",
            Self::Overwrite { .. } => "overwrite",
            Self::Split { .. } => "split",
            Self::Trim { .. } => "trim",
            Self::Move { .. } => "move",
            Self::Lift { .. } | Self::LiftRange { .. } => "lift",
            Self::Extract { .. } | Self::ExtractRange { .. } => "extract",
            Self::CloseGap { .. } => "close gap",
            Self::Ripple { .. } => "ripple trim",
            Self::Roll { .. } => "roll",
            Self::Slip { .. } => "slip",
            Self::Slide { .. } => "slide",
            Self::CloseAllGaps { .. } => "close all gaps",
            Self::Link { linked: true, .. } => "link",
            Self::Link { .. } => "unlink",
            Self::Group { grouped: true, .. } => "group",
            Self::Group { .. } => "ungroup",
            Self::Enable { enabled: true, .. } => "enable",
            Self::Enable { .. } => "disable",
            Self::AddTitle { .. } => "add title",
            Self::AddColor { .. } => "add solid",
            Self::Paste { .. } => "paste",
            Self::AddMarker(_) => "marker",
            Self::RemoveMarker(_) => "remove marker",
            Self::Together(edits) => edits.last().map_or("nothing", Self::name),
        }
    }
}

/// Applies one edit.
///
/// # Errors
/// [`EditError`] when it is refused; `project` is as it was in any case.
pub fn apply(project: &Project, edit: &Edit) -> Result<Project, EditError> {
    apply_telling(project, edit, &mut Outcome::default())
}

/// What an edit did, as far as the project after it does not say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// What it did besides what was asked for.
    pub notes: Vec<Note>,
    /// The clips that it put on the timeline, in the order of their placing: not those that it cut off others.
    pub placed: Vec<ClipId>,
}

/// Applies one edit, and adds what it did to an outcome.
///
/// # Errors
/// [`EditError`] when it is refused; `project` is as it was in any case.
pub fn apply_telling(project: &Project, edit: &Edit, outcome: &mut Outcome) -> Result<Project, EditError> {
    let mut working = working::Working::new(project);
    match edit {
        Edit::AddAssets(assets) => bin::add(&mut working, assets)?,
        Edit::RemoveAssets(assets) => bin::remove(&mut working, assets)?,
        Edit::Relink { asset, with } => bin::relink(&mut working, *asset, with)?,
        Edit::SetGenerator { asset, generator } => bin::regenerate(&mut working, *asset, generator)?,
        Edit::SetFormat { width, height, rate } => tracks::set_format(&mut working, *width, *height, *rate)?,
        Edit::AddTrack(kind) => {
            tracks::add(&mut working, *kind);
        }
        Edit::RemoveTrack(track) => tracks::remove(&mut working, *track)?,
        Edit::SetTrack { track, change } => tracks::change(&mut working, *track, change)?,
        Edit::MoveTrack { track, to } => tracks::reorder(&mut working, *track, *to)?,
        Edit::AddSequence(name) => sequences::add(&mut working, name)?,
        Edit::DuplicateSequence(name) => sequences::duplicate(&mut working, name)?,
        Edit::OpenSequence(id) => sequences::open(&mut working, *id)?,
        Edit::RenameSequence { sequence, name } => sequences::rename(&mut working, *sequence, name)?,
        Edit::RemoveSequence(id) => sequences::remove(&mut working, *id)?,
        Edit::AddMarker(marker) => markers::add(&mut working, marker)?,
        Edit::RemoveMarker(at) => markers::remove(&mut working, *at)?,
        Edit::MoveMarker { from, to } => markers::shift(&mut working, *from, *to)?,
        Edit::Together(edits) => {
            return edits.iter().try_fold(project.clone(), |p, edit| apply_telling(&p, edit, outcome));
        }
        _ => apply_to_clips(&mut working, edit)?,
    }
    let after = working.finish(project, outcome)?;
    debug_assert_eq!(after.check(), Ok(()), "{edit:?}");
    Ok(after)
}

/// The edits of what lies on the timeline.
fn apply_to_clips(working: &mut working::Working, edit: &Edit) -> Result<(), EditError> {
    match edit {
        Edit::Append(place) => place::append(working, place),
        Edit::Insert { place, at, sync_lock } => place::insert(working, place, *at, *sync_lock),
        Edit::Overwrite { place, at } => place::overwrite(working, place, *at),
        Edit::AddTitle { title, at, length, track } => {
            made_up::add(working, Generator::Title(title.clone()), *at, *length, *track)
        }
        Edit::AddColor { color, at, length, track } => {
            made_up::add(working, Generator::Solid(*color), *at, *length, *track)
        }
        Edit::Split { at, clips, alone } => trim::split(working, *at, clips, *alone),
        Edit::Trim { clip, edge, by, alone } => trim::trim(working, *clip, *edge, *by, *alone),
        Edit::Move { clips, by, tracks, landing, ripple, alone } => {
            arrange::move_clips(working, clips, *by, *tracks, *landing, *ripple, *alone)
        }
        Edit::Lift { clips, alone } => remove::lift(working, clips, *alone),
        Edit::Extract { clips, sync_lock, alone } => remove::extract(working, clips, *sync_lock, *alone),
        Edit::LiftRange { span, tracks } => remove::lift_range(working, *span, tracks),
        Edit::ExtractRange { span, tracks } => remove::extract_range(working, *span, tracks),
        Edit::Ripple { clip, edge, by, sync_lock, alone } => {
            ripple::ripple(working, *clip, *edge, *by, *sync_lock, *alone)
        }
        Edit::Roll { left, by, alone } => ripple::roll(working, *left, *by, *alone),
        Edit::Slip { clips, by, alone } => ripple::slip(working, clips, *by, *alone),
        Edit::Slide { clip, by, alone } => ripple::slide(working, *clip, *by, *alone),
        Edit::CloseGap { track, at, sync_lock } => remove::close_gap(working, *track, *at, *sync_lock),
        Edit::CloseAllGaps { track, sync_lock } => ripple::close_all_gaps(working, *track, *sync_lock),
        Edit::Link { clips, linked } => associate::link(working, clips, *linked),
        Edit::Group { clips, grouped } => associate::group(working, clips, *grouped),
        Edit::Enable { clips, enabled } => associate::set_enabled(working, clips, *enabled),
        Edit::Paste { clips, at, landing } => associate::paste(working, clips, *at, *landing),
        Edit::SetProperty { clips, property } => properties::set(working, clips, property),
        Edit::SetSpeed { clips, speed, ripple, sync_lock, alone } => {
            speed::set(working, clips, *speed, *ripple, *sync_lock, *alone)
        }
        Edit::SetTransition { right, transition, alone } => transitions::set(working, *right, *transition, *alone),
        _ => unreachable!("every other edit is applied by `apply_telling`"),
    }
}

/// Applies a list of edits: all, or none.
///
/// # Errors
/// The number of the refused edit, counted from 1, and why.
pub fn apply_all(project: &Project, edits: &[Edit]) -> Result<(Project, Vec<Note>), (usize, EditError)> {
    let mut outcome = Outcome::default();
    let apply = |p: Project, (i, edit)| apply_telling(&p, edit, &mut outcome).map_err(|e| (i + 1, e));
    let after = edits.iter().enumerate().try_fold(project.clone(), apply)?;
    Ok((after, outcome.notes))
}
