//! What nobody touched is copied, what was cut is encoded: a film of two kinds of segments.
//!
//! Pictures of a source are copied as they are stored, from an IDR picture on, before which a decoder needs nothing, up to
//! where what follows in the order of storing is no longer wanted; what lies before and after is rendered and encoded. Players
//! get one stream with one sequence parameter set, the source's ([`crate::media::Rewriter`]). Invariants:
//!
//! - every frame is either a copied packet or an encoded picture, and both are those that would have been rendered;
//! - a segment begins with an IDR picture, so that none refers to another;
//! - nothing is held but what the encoder looks ahead and one packet; what does not go as planned is encoded instead.

mod assembly;
mod film;
mod left;
mod plan;
mod untouched;
mod windows;
mod worth;

pub(super) use left::{Left, Why};
pub(super) use plan::{Copied, CopyPlan, plan};

use crate::model::AssetId;
use serde::{Deserialize, Serialize};

/// What copying takes beside what an export takes anyway, in bytes: a reader of packets, and those on their way. With 1080p of 2
/// MB a second it is up to 11 MiB.
pub(super) const BYTES: u64 = 16 << 20;

/// Whether pictures that nobody touched are copied.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Copying {
    /// All are encoded.
    Off,
    /// Those are copied that can be, where that is faster than encoding them.
    #[default]
    Auto,
    /// Those are copied that can be: they lose nothing, whatever it takes.
    All,
    /// The same, but always up to the next picture that a decoder can begin with: for players that stumble over less.
    WholeGops,
}

/// Why pictures of a source, or of all of them, are not copied after all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    /// Which source; all where none is said.
    pub asset: Option<AssetId>,
    /// In words.
    pub why: String,
}
