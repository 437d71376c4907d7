//! The document: time, assets, sequences, tracks and clips, and the check that they are consistent.
//!
//! Pure data. Nothing here opens a file, knows GStreamer or draws. Invariants, each held by
//! [`Sequence::check`] and its tests:
//!
//! - clips on a track are sorted and never overlap, none is empty, none starts before frame 0;
//! - no clip reaches outside its media, and neither do transitions, which lie on cuts between abutting clips;
//! - positions on the timeline are whole frames, positions in media whole flicks; no float is ever
//!   stored as a time, and the two kinds never mix without a conversion from [`time`].

mod asset;
mod check;
mod clip;
mod clip_list;
mod generator;
mod grid;
mod handles;
pub mod limits;
mod param;
pub mod path_text;
mod project;
mod properties;
mod sequence;
pub mod time;
mod timecode;
mod transition;

pub use asset::{
    Asset, AssetId, AudioStream, MediaInfo, MediaKind, Orientation, PixelAspect, STILL_LENGTH, SourceSpan, Transfer,
    VideoStream,
};
pub use check::Inconsistency;
pub use clip::{Clip, ClipContent, ClipId, GroupId, LinkId, Speed};
pub use clip_list::ClipList;
pub use generator::{Align, Generator, Title, VerticalAlign};
pub use grid::{PictureGrid, SAME_MOMENT};
pub use handles::Handles;
pub use param::{Curve, Keyframe, Param};
pub use project::{Project, SequenceId};
pub use properties::{Fit, Properties, Property};
pub use sequence::{Marker, MarkerColor, Reach, Sequence, Track, TrackId, TrackKind};
pub use time::{Frame, FrameCount, FrameRate, SourceTime, Span};
pub use timecode::{ParseTimeError, TimeText, format_timecode, parse_time};
pub use transition::{Direction, Transition, TransitionKind};
