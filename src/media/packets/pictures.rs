//! The pictures of an elementary stream, each with a stamp: that of its container, or one that follows from the order of
//! pictures.

use super::access_units::{Mark, Splitter, Unit};
use super::elementary::{Codec, starts_decoding};
use super::picture_order::{Order, Placed};
use super::{Packet, Payload};
use crate::model::{Frame, FrameRate};

/// Puts the pictures of one stream together.
pub(super) struct Pictures {
    track: usize,
    codec: Codec,
    rate: FrameRate,
    splitter: Splitter,
    order: Order,
    /// A picture whose second field may follow.
    held: Option<(Unit, Placed)>,
    /// When the first picture of the run is shown.
    base: Option<i64>,
    /// Pictures of the run.
    count: i64,
    /// What a container never stamps begins then; a key picture that was sought, too.
    anchor: Option<i64>,
}

impl Pictures {
    /// Of a stream that shows so many pictures a second, where its container doesn't say when.
    pub fn new(track: usize, codec: Codec, rate: FrameRate) -> Self {
        let (splitter, order) = (Splitter::new(codec), Order::of(codec));
        Self { track, codec, rate, splitter, order, held: None, base: None, count: 0, anchor: None }
    }

    /// Forgets what was taken and goes on elsewhere, where a key picture has that stamp, if it has none of its own.
    pub fn go_to(&mut self, stamp: Option<i64>) {
        self.splitter.clear();
        self.order.forget();
        (self.held, self.base, self.count, self.anchor) = (None, None, 0, stamp);
    }

    /// Takes what comes next.
    pub fn push(&mut self, mark: Mark, bytes: &[u8], ready: &mut impl Extend<Packet>) {
        self.splitter.push(mark, bytes);
        while let Some(unit) = self.splitter.next() {
            ready.extend(self.take(unit));
        }
    }

    /// Gives what is left at the end.
    pub fn finish(&mut self, ready: &mut impl Extend<Packet>) {
        if let Some(unit) = self.splitter.rest() {
            ready.extend(self.take(unit));
        }
        let last = self.held.take();
        ready.extend(last.and_then(|(unit, placed)| self.stamp(unit, placed)));
    }

    /// Takes a picture or a field; gives the picture before.
    fn take(&mut self, unit: Unit) -> Option<Packet> {
        let placed = self.order.place(&unit.bytes);
        if let Some((first, _)) = self.held.as_mut().filter(|_| placed.second_field) {
            first.bytes.extend_from_slice(&unit.bytes);
            return None;
        }
        let before = self.held.replace((unit, placed));
        before.and_then(|(unit, placed)| self.stamp(unit, placed))
    }

    /// `None` for a picture of which nobody knows when it is shown.
    fn stamp(&mut self, Unit { mark, bytes }: Unit, placed: Placed) -> Option<Packet> {
        let after = |number: i64| self.rate.time_of(Frame(number)).nanos();
        let key = starts_decoding(self.codec, &bytes);
        if placed.begins {
            self.base = self.base.map(|base| base.saturating_add(after(self.count)));
            self.count = 0;
        }
        let anchor = if key { self.anchor.take() } else { None };
        let own = mark.stamps.or(anchor.map(|pts| (pts, None)));
        let since = after(placed.number);
        if let Some((pts, _)) = own {
            self.base = Some(pts.saturating_sub(since));
        }
        self.count += 1;
        let pts = own.map(|(pts, _)| pts).or(self.base.map(|base| base.saturating_add(since)))?;
        // what has a stamp of its own, and no other one, is decoded when it is shown
        let dts = mark.stamps.map(|(pts, dts)| dts.unwrap_or(pts));
        Some(Packet {
            track: self.track,
            pts,
            dts,
            duration: None,
            key,
            position: mark.position,
            place: mark.place,
            payload: Payload::Held(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::access_units::Stamps;
    use super::*;

    /// A picture of MPEG-2 by its number in the group, of a structure (1 and 2 are fields, 3 is a frame).
    fn picture(number: u8, structure: u8) -> Vec<u8> {
        [&[0, 0, 1, 0, number >> 2, number << 6, 0, 0][..], &[0, 0, 1, 0xB5, 0x8F, 0xFF, 0xFC | structure, 0, 0]]
            .concat()
    }

    fn group() -> Vec<u8> {
        [[0, 0, 1, 0xB3, 4, 0, 4, 0x23], [0, 0, 1, 0xB8, 0, 8, 0, 0]].concat()
    }

    /// When each picture is shown, in pictures, and whether decoding may begin with it.
    fn shown(stream: &[Vec<u8>], stamps: impl Fn(usize) -> Option<Stamps>, begin: Option<i64>) -> Vec<(i64, bool)> {
        let mut pictures = Pictures::new(0, Codec::Mpeg2, FrameRate::F25);
        pictures.go_to(begin);
        let mut found: Vec<Packet> = Vec::new();
        for (n, bytes) in stream.iter().enumerate() {
            pictures.push(Mark { position: n as u64, place: 0, stamps: stamps(n) }, bytes, &mut found);
        }
        pictures.finish(&mut found);
        found.iter().map(|packet| ((packet.pts + 20_000_000) / 40_000_000, packet.key)).collect()
    }

    #[test]
    fn pictures_without_stamps_are_shown_in_the_order_of_their_numbers() {
        let mut stream: Vec<Vec<u8>> = [2, 0, 1, 5, 3, 4, 2, 0, 1].map(|n| picture(n, 3)).into();
        for first in [0, 6] {
            stream[first] = [group(), stream[first].clone()].concat();
        }
        let times = |from: i64| [2, 0, 1, 5, 3, 4, 8, 6, 7].map(|n: i64| n + from);
        let found = shown(&stream, |_| None, Some(80_000_000));
        // the key picture is the one that begins when it was said
        assert_eq!(found.iter().map(|(n, _)| *n).collect::<Vec<_>>(), times(0));
        let keys: Vec<usize> = (0..found.len()).filter(|n| found[*n].1).collect();
        assert_eq!(keys, [0, 6]);
        // what a container says of one holds for those that it says nothing of
        let found = shown(&stream, |n| (n == 1).then_some((400_000_000, None)), Some(480_000_000));
        assert_eq!(found.iter().map(|(n, _)| *n).collect::<Vec<_>>(), times(10));
        assert_eq!(shown(&stream, |_| None, None), [], "nobody knows when");
    }

    #[test]
    fn two_fields_are_one_picture() {
        let fields = [(0, 1), (0, 2), (1, 2), (1, 1), (2, 3), (3, 1), (3, 2)];
        let mut stream: Vec<Vec<u8>> = fields.map(|(n, structure)| picture(n, structure)).into();
        stream[0] = [group(), stream[0].clone()].concat();
        let found = shown(&stream, |_| None, Some(0));
        assert_eq!(found.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
