//! The packets of files whose length, start or places to seek to can't be believed: what a recorder wrote that was killed,
//! what was written to a pipe, streamed or joined.
//!
//! Such a file is read once from its beginning to its end, without decoding, into an [`Index`]; after that its packets are
//! given to a decoder by our own demuxers, with stamps that begin at 0. Files whose tables say all of that are trusted
//! ([`index_of`] is `None`) and left to GStreamer. Invariants:
//!
//! - memory is bounded, whatever the length: the index keeps a place or two a second;
//! - demuxers go on after damage, end at the file's end, and never panic, whatever the bytes;
//! - the same file gives the same index, always.

mod access_units;
mod avi;
mod avi_pictures;
mod avi_tables;
#[cfg(test)]
mod avi_tests;
mod bytes;
mod clock;
mod codecs;
mod elementary;
mod flv;
mod fragments;
mod index;
mod known;
mod matroska;
mod ogg;
mod ogg_streams;
#[cfg(test)]
mod ogg_tests;
mod opus;
mod pes;
mod picture_order;
mod pictures;
mod program_stream;
mod raw_video;
mod source;
#[cfg(test)]
mod tests;
mod transport_stream;
mod watch;

pub(super) use index::{Index, Track};
pub use known::INDEX_KEPT;
pub(super) use known::index_of;
pub(crate) use ogg::CHECKSUM as OGG_CHECKSUM;
pub(super) use source::{Feed, feed};
pub use watch::Found;
pub(super) use watch::watch;

use bytes::Bytes;
use std::collections::VecDeque;
use std::path::Path;

/// What a track has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Kind {
    Picture,
    Sound,
}

/// A piece of a track that a decoder takes at once.
#[derive(Clone, Debug)]
struct Packet {
    /// The nth of the demuxer's tracks.
    track: usize,
    /// When it is shown or heard, in nanoseconds of the file's own clock.
    pts: i64,
    /// When it is decoded, where the file says so.
    dts: Option<i64>,
    /// How long it lasts in nanoseconds, where the file says so.
    duration: Option<i64>,
    /// Whether decoding can begin with it.
    key: bool,
    /// Where in the file it lies: later packets lie further on.
    position: u64,
    /// Where a demuxer must go on from to come to it.
    place: u64,
    /// Its bytes.
    payload: Payload,
}

/// Where a packet's bytes are.
#[derive(Clone, Debug)]
enum Payload {
    /// In the file, behind what is put before them.
    There { before: Vec<u8>, start: u64, size: usize },
    /// Put together already.
    Held(Vec<u8>),
}

/// Reads the packets of a file in the order in which they lie there.
trait Demuxer: Send {
    /// GStreamer's caps of its tracks; `None` for those that are not known.
    fn caps(&self, path: &Path) -> Vec<Option<String>>;

    /// Its tracks that are pictures or sound, in the file's order; by their numbers, packets are told apart.
    fn tracks(&self) -> &[Kind];

    /// What its container is called, where GStreamer can't be asked what is in the file: it misses tracks, or believes what
    /// they are not.
    fn container(&self) -> Option<&'static str> {
        None
    }

    /// Packets that were read and not given yet.
    fn ready(&mut self) -> &mut VecDeque<Packet>;

    /// Reads on, a box, an element or the like, which may make packets ready; `None` where nothing more can be read.
    fn step(&mut self) -> Option<()>;

    /// The next packet; `None` at the end, or where nothing more can be read.
    fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = self.ready().pop_front() {
                return Some(packet);
            }
            self.step()?;
        }
    }

    /// Goes on from the place of a packet that has that stamp.
    fn go_to(&mut self, place: u64, stamp: i64);

    /// The bytes under the packets.
    fn bytes(&mut self) -> &mut Bytes;

    /// Whether stamps that leap ahead are another clock, not a pause in the recording.
    fn leaps_are_joints(&self) -> bool {
        false
    }

    /// What GStreamer's demuxer makes of a stamp in the file, both in nanoseconds, where that is known.
    fn told(&self, _stamp: i64) -> Option<i64> {
        None
    }

    /// Whether GStreamer would read the file wrongly, by what was found in it.
    fn is_needed(&self, _: &Index) -> bool {
        true
    }

    /// The bytes of a packet.
    fn content(&mut self, packet: Packet) -> Option<Vec<u8>> {
        match packet.payload {
            Payload::Held(bytes) => Some(bytes),
            Payload::There { before, start, size } => {
                let mut bytes = self.bytes().all(start, size)?;
                if !before.is_empty() {
                    bytes.splice(0..0, before);
                }
                Some(bytes)
            }
        }
    }
}

/// The demuxer for a file that can't be trusted; `None` for one that can, and for what is none of ours.
fn demuxer(path: &Path) -> Option<Box<dyn Demuxer>> {
    demuxer_of(Bytes::open(path).ok()?)
}

fn demuxer_of(mut bytes: Bytes) -> Option<Box<dyn Demuxer>> {
    let head = bytes.some(0, 16);
    if matroska::is_matroska(&head) {
        return matroska::Matroska::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if flv::is_flv(&head) {
        return flv::Flv::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if avi::is_avi(&head) {
        return avi::Avi::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if ogg::is_ogg(&head) {
        return ogg::Ogg::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if fragments::is_movie(&head) {
        return fragments::Fragments::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if head.starts_with(&[0, 0, 1, 0xBA]) {
        return program_stream::ProgramStream::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    if head.starts_with(&[0, 0, 1]) || head.starts_with(&[0, 0, 0, 1]) {
        return raw_video::RawVideo::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>);
    }
    transport_stream::TransportStream::open(bytes).map(|d| Box::new(d) as Box<dyn Demuxer>)
}
