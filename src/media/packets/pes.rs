//! Packets of elementary streams (ISO/IEC 13818-1, 2.4.3.6; ISO/IEC 11172-1, 2.4.3.3) and their clock.

/// Ticks of the clock after which it begins anew.
const WRAP: i64 = 1 << 33;

/// When a packet's first picture or sound is shown or heard, and when it is decoded where that is another time; in ticks
/// of 90 kHz.
pub(super) type Stamps = (i64, Option<i64>);

/// The stamps and the content of a packet; the stamps are `None` where it has none.
pub(super) fn head(pes: &[u8]) -> Option<(Option<Stamps>, &[u8])> {
    (pes.get(..3)? == [0, 0, 1]).then_some(())?;
    if pes.get(6)? >> 6 != 2 {
        return old_head(pes);
    }
    let flags = pes.get(7)? >> 6;
    let content = pes.get(9 + usize::from(*pes.get(8)?)..)?;
    let pts = if flags & 2 != 0 { Some(stamp(pes.get(9..14)?)?) } else { None };
    let dts = if flags == 3 { Some(stamp(pes.get(14..19)?)?) } else { None };
    Some((pts.map(|pts| (pts, dts)), content))
}

/// The same in MPEG-1.
fn old_head(pes: &[u8]) -> Option<(Option<Stamps>, &[u8])> {
    let stuffed = pes.get(6..)?.iter().position(|b| *b != 0xFF)?;
    let mut at = 6 + stuffed;
    if pes.get(at)? >> 6 == 1 {
        // the size of a buffer
        at += 2;
    }
    match pes.get(at)? >> 4 {
        2 => Some((Some((stamp(pes.get(at..at + 5)?)?, None)), pes.get(at + 5..)?)),
        3 => {
            let both = (stamp(pes.get(at..at + 5)?)?, Some(stamp(pes.get(at + 5..at + 10)?)?));
            Some((Some(both), pes.get(at + 10..)?))
        }
        _ => Some((None, pes.get(at + 1..)?)),
    }
}

/// A stamp of 33 bits (2.4.3.7).
fn stamp(bytes: &[u8]) -> Option<i64> {
    let part = |n: usize| bytes.get(n).map(|b| i64::from(*b));
    Some((part(0)? >> 1 & 7) << 30 | part(1)? << 22 | (part(2)? >> 1) << 15 | part(3)? << 7 | part(4)? >> 1)
}

/// How much later a stamp in nanoseconds is than a clock reference in ticks, which may begin anew between them.
pub(super) fn since(reference: i64, stamp: i64) -> i64 {
    nanos(apart(ticks(stamp), reference))
}

/// How many ticks one moment is after another that is less than half a round of the clock away.
fn apart(ticks: i64, from: i64) -> i64 {
    (ticks - from + WRAP / 2).rem_euclid(WRAP) - WRAP / 2
}

fn nanos(ticks: i64) -> i64 {
    i64::try_from(i128::from(ticks) * 100_000 / 9).unwrap_or(0)
}

fn ticks(nanos: i64) -> i64 {
    i64::try_from((i128::from(nanos) * 9 + 50_000).div_euclid(100_000)).unwrap_or(0)
}

/// Turns ticks to nanoseconds that don't begin anew.
#[derive(Default)]
pub(super) struct Ticks {
    /// The last stamp, in ticks that do not wrap.
    last: Option<i64>,
}

impl Ticks {
    /// Forgets what was before; what comes next is near `stamp`, in nanoseconds.
    pub fn go_to(&mut self, stamp: i64) {
        self.last = Some(ticks(stamp));
    }

    /// Forgets what was before.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Stamps in nanoseconds.
    pub fn nanos(&mut self, (pts, dts): Stamps) -> (i64, Option<i64>) {
        let near = self.last.unwrap_or(pts);
        let pts = near + apart(pts, near);
        let dts = dts.map(|dts| pts + apart(dts, pts));
        self.last = Some(pts);
        (nanos(pts), dts.map(nanos))
    }
}
