//! Stamps that jump: a recording that was joined to another, or whose clock was set anew.
//!
//! Each jump begins an **epoch**. Which epoch a packet belongs to is found while a file is read on; by how much an epoch's
//! stamps must be moved, so that its pictures follow those before it, once it was read to its end.

/// A stamp that is so much before that of the packet before it is of another clock; pictures that are stored in the order of
/// decoding go back by less.
const BACK: i64 = 3_000_000_000;

/// The same where the order of decoding is stamped too.
const BACK_DECODED: i64 = 500_000_000;

/// A stamp that is so much after all others is of another clock, where leaps are joints (FFmpeg's `dts_delta_threshold`).
const AHEAD: i64 = 10_000_000_000;

/// Sound may overlap at a joint by so much before there is a gap in the pictures.
const OVERLAP: i64 = 300_000_000;

/// What is known of one track in one epoch, in nanoseconds of the file's clock.
#[derive(Clone, Copy, Default, Debug)]
struct Part {
    first: Option<i64>,
    end: i64,
}

struct Epoch {
    parts: Vec<Part>,
    latest: i64,
    earliest: i64,
}

/// Tells epochs apart.
pub(super) struct Clock {
    leaps_are_joints: bool,
    epochs: Vec<Epoch>,
    /// Of each track: the epoch that it is in, and its last stamp.
    tracks: Vec<(usize, Option<i64>)>,
}

impl Clock {
    pub fn new(tracks: usize, leaps_are_joints: bool) -> Self {
        let epochs = vec![Epoch::new(tracks)];
        Self { leaps_are_joints, epochs, tracks: vec![(0, None); tracks] }
    }

    /// The epoch of a track's next packet. `lasts` is how long it lasts, as far as known.
    pub fn epoch(&mut self, track: usize, pts: i64, dts: Option<i64>, lasts: i64) -> usize {
        let count = self.tracks.len();
        let Some((mut epoch, last)) = self.tracks.get(track).copied() else { return 0 };
        let stamp = dts.unwrap_or(pts);
        let back = if dts.is_some() { BACK_DECODED } else { BACK };
        let jumped = last.is_some_and(|last| {
            let latest = self.epochs.get(epoch).map_or(last, |e| e.latest);
            stamp < last.saturating_sub(back) || self.leaps_are_joints && stamp > latest.saturating_add(AHEAD)
        });
        if jumped {
            let near = |e: &Epoch| stamp > e.earliest.saturating_sub(AHEAD) && stamp < e.latest.saturating_add(AHEAD);
            let found =
                self.epochs.iter().enumerate().skip(epoch + 1).filter(|(_, e)| near(e)).map(|(n, _)| n).next_back();
            epoch = found.unwrap_or_else(|| {
                self.epochs.push(Epoch::new(count));
                self.epochs.len() - 1
            });
        }
        self.tracks[track] = (epoch, Some(stamp));
        if let Some(e) = self.epochs.get_mut(epoch) {
            e.latest = e.latest.max(stamp);
            e.earliest = e.earliest.min(stamp);
            if let Some(part) = e.parts.get_mut(track) {
                part.first = Some(part.first.map_or(pts, |first| first.min(pts)));
                part.end = part.end.max(pts.saturating_add(lasts));
            }
        }
        epoch
    }

    /// By how much the stamps of each epoch are moved. `period` is how long a picture of the first track of pictures
    /// (`picture`) stays, where that is known.
    pub fn offsets(&self, picture: Option<usize>, period: i64) -> Vec<i64> {
        let mut offsets = vec![0_i64; self.epochs.len()];
        for (n, pair) in self.epochs.windows(2).enumerate() {
            let (before, after) = (&pair[0], &pair[1]);
            let follows = |track: usize| {
                let (a, b) = (before.parts.get(track)?, after.parts.get(track)?);
                a.first?;
                Some(a.end.saturating_sub(b.first?))
            };
            let most = (0..self.tracks.len()).filter_map(follows).max();
            let end = before.parts.iter().filter(|p| p.first.is_some()).map(|p| p.end).max();
            let begin = after.parts.iter().filter_map(|p| p.first).min();
            let moved = match (picture.and_then(follows), most) {
                (Some(pictures), Some(most)) if most - pictures > OVERLAP && period > 0 => {
                    pictures + (most - pictures + period / 2) / period * period
                }
                (Some(pictures), _) => pictures,
                (None, Some(most)) => most,
                (None, None) => end.unwrap_or(0).saturating_sub(begin.unwrap_or(0)),
            };
            offsets[n + 1] = offsets[n].saturating_add(moved);
        }
        offsets
    }
}

impl Epoch {
    fn new(tracks: usize) -> Self {
        Self { parts: vec![Part::default(); tracks], latest: i64::MIN, earliest: i64::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn pictures_follow_each_other_over_a_jump_back_and_one_ahead() {
        let mut clock = Clock::new(2, true);
        let mut epochs = Vec::new();
        for start in [1000, 1000, 90_000] {
            for n in 0..50 {
                epochs.push(clock.epoch(0, (start + n * 40) * MS, Some((start + n * 40) * MS), 40 * MS));
                clock.epoch(1, (start + n * 40 + 5) * MS, None, 40 * MS);
            }
        }
        assert_eq!((epochs[0], epochs[50], epochs[100], epochs.len()), (0, 1, 2, 150));
        assert_eq!(clock.offsets(Some(0), 40 * MS), [0, 2000 * MS, -85_000 * MS]);
    }

    #[test]
    fn a_pause_of_one_track_is_no_joint() {
        let mut clock = Clock::new(2, true);
        for n in 0..500 {
            assert_eq!(clock.epoch(0, n * 40 * MS, None, 40 * MS), 0);
            if !(50..400).contains(&n) {
                assert_eq!(clock.epoch(1, n * 40 * MS, None, 40 * MS), 0);
            }
        }
        let mut still = Clock::new(1, false);
        still.epoch(0, 0, None, 0);
        assert_eq!(still.epoch(0, 60_000 * MS, None, 0), 0, "a pause, where leaps are none");
    }
}
