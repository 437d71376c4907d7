//! Why an edit is refused.

use thiserror::Error;

/// Why an edit is refused, in words for the person who tried it.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum EditError {
    /// The clip is gone.
    #[error("the clip is no longer there")]
    NoClip,
    /// The track is gone.
    #[error("the track is no longer there")]
    NoTrack,
    /// The asset is gone.
    #[error("the media is no longer in the project")]
    NoAsset,
    /// The track is locked.
    #[error("track {0} is locked")]
    Locked(String),
    /// Nothing was named to act on.
    #[error("nothing is selected")]
    Nothing,
    /// The media has no such stream.
    #[error("'{0}' has no {1} for that track")]
    WrongKind(String, &'static str),
    /// A clip of that kind can't go to that track.
    #[error("there is no track of the same kind there")]
    NoSuchTrack,
    /// Too little media before the in point.
    #[error("only {0} frames of media before the in point of '{1}'")]
    MediaStart(i64, String),
    /// Too little media after the out point.
    #[error("only {0} frames of media after the out point of '{1}'")]
    MediaEnd(i64, String),
    /// Media times are limited, also of stills.
    #[error("'{0}' would reach too far into its media")]
    OutsideMoments(String),
    /// A neighbour is in the way.
    #[error("'{0}' is there")]
    Neighbour(String),
    /// A clip would have no frame left.
    #[error("'{0}' would have no frame left")]
    Empty(String),
    /// Before the first frame, or beyond the longest timeline.
    #[error("that lies outside the timeline")]
    OutsideTimeline,
    /// Two clips do not meet there.
    #[error("no clip follows directly after '{0}'")]
    NoCut(String),
    /// No marker there.
    #[error("there is no marker there")]
    NoMarker,
    /// No gap there.
    #[error("there is no gap there")]
    NoGap,
    /// The asset is on the timeline.
    #[error("'{0}' is used on the timeline")]
    InUse(String),
    /// Frames of existing clips would lose their meaning.
    #[error("the frame rate can't change once there are clips")]
    RateFixed,
    /// An impossible size.
    #[error("{0}x{1} is not a picture size; both sides must be even, from 16 to 8192")]
    Size(u32, u32),
    /// The new file cannot carry the clips of the old one.
    #[error("'{0}' does not fit: {1}")]
    Unfit(String, String),
    /// A name of blanks.
    #[error("a name is needed")]
    NoName,
    /// The sequence is gone.
    #[error("the sequence is no longer there")]
    NoSequence,
    /// A project without a sequence would have nothing to show.
    #[error("it is the only sequence")]
    LastSequence,
    /// A value outside its range.
    #[error("that {0} is out of range")]
    Property(&'static str),
    /// Something about media is impossible.
    #[error("media '{0}' has an impossible {1}")]
    Media(String, &'static str),
    /// The media has fewer streams.
    #[error("'{0}' has no stream {1}")]
    NoStream(String, u32),
    /// Only a cut can have a transition.
    #[error("no clip ends where '{0}' begins")]
    NoCutBefore(String),
    /// Sound can't be wiped.
    #[error("sound can only be crossfaded")]
    SoundTransition,
    /// Too little media beyond the cut, or the clips are too short.
    #[error("it can have at most {0} frames before the cut and {1} after it: that is how much media there is")]
    TransitionRoom(i64, i64),
}

/// What an edit did besides what was asked for.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum Note {
    /// A transition has less room now.
    #[error("the transition into '{0}' was shortened to {1} frames")]
    TransitionShortened(String, i64),
    /// A transition has lost its cut, or its media beyond it.
    #[error("the transition into '{0}' was removed")]
    TransitionRemoved(String),
}
