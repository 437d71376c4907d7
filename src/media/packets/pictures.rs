//! The pictures of an elementary stream, each with a stamp: that of its container, or one that follows from the order of
//! pictures.

use super::access_units::{Mark, Splitter, Unit};
use super::elementary::{Codec, starts_decoding};
use super::picture_order::{Order, Placed};
use super::{Packet, Payload};
use crate::model::{Frame, FrameRate};

/// When a picture is shown, and when it is decoded, in nanoseconds.
type Stamps = (i64, Option<i64>);

/// Puts the pictures of one stream together.
pub(super) struct Pictures {
    track: usize,
    codec: Codec,
    rate: FrameRate,
    splitter: Splitter<Stamps>,
    order: Order,
    /// A picture whose second field may follow.
    held: Option<(Unit<Stamps>, Placed)>,
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
    pub fn push(&mut self, mark: Mark<Stamps>, bytes: &[u8], ready: &mut impl Extend<Packet>) {
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
    fn take(&mut self, unit: Unit<Stamps>) -> Option<Packet> {
        let placed = self.order.place(&unit.bytes);
        if let Some((first, _)) = self.held.as_mut().filter(|_| placed.second_field) {
            first.bytes.extend_from_slice(&unit.bytes);
            return None;
        }
        let before = self.held.replace((unit, placed));
        before.and_then(|(unit, placed)| self.stamp(unit, placed))
    }

    /// `None` for a picture of which nobody knows when it is shown.
    fn stamp(&mut self, Unit { mark, bytes }: Unit<Stamps>, placed: Placed) -> Option<Packet> {
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
