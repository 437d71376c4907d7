//! Many sounds at once, mixed some seconds at a time so that only one needs to be read at a time.
//!
//! A reader that is begun anew can be a little beside where the one before it left off, in containers that round their
//! times. So the sound of one turn becomes that of the next over a few milliseconds: where both are alike the sum is
//! just what it was, and where they are not nothing clicks.

type Pair = [f32; 2];

/// What a turn's sounds give together.
#[derive(Default)]
pub(super) struct Turns {
    /// The timeline's sample that `mixed` begins with.
    first: i64,
    /// The sum, after a turn its sound and then the join.
    mixed: Vec<Pair>,
    /// Samples of the turn itself.
    length: usize,
    /// Samples at the beginning over which the turn before goes over into this one.
    joined: usize,
}

impl Turns {
    /// Whether the samples from `first` on, so many, lie in the turn.
    pub fn holds(&self, first: i64, count: usize) -> bool {
        self.offset(first).is_some_and(|at| at + count <= self.length)
    }

    /// The samples from `first` on; what does not lie in the turn is silent.
    pub fn copy(&self, first: i64, out: &mut [Pair]) {
        out.fill([0.0; 2]);
        if let Some(at) = self.offset(first) {
            let end = self.length.min(at + out.len());
            if at < end {
                out[..end - at].copy_from_slice(&self.mixed[at..end]);
            }
        }
    }

    /// Begins a turn of `length` samples and `join` more that go over into the next one. What the turn before left to
    /// be joined is kept if this one follows it.
    pub fn begin(&mut self, first: i64, length: usize, join: usize) {
        let follows = self.offset(first) == Some(self.length);
        let left = if follows { self.mixed.split_off(self.length) } else { Vec::new() };
        (self.first, self.length, self.joined) = (first, length, left.len());
        self.mixed = left;
        self.mixed.resize(length + join, [0.0; 2]);
    }

    /// Adds samples of one sound. `joins` is whether its reader began with this turn and ends with it; else the sound
    /// goes on without a join, and none of it may lie beyond the turn.
    pub fn add(&mut self, first: i64, samples: &[Pair], joins: bool) {
        let Some(at) = self.offset(first) else { return };
        let (length, joined, join) = (self.length, self.joined, self.mixed.len() - self.length);
        for (n, (sum, sample)) in (at..).zip(self.mixed.iter_mut().skip(at).zip(samples)) {
            let share = if !joins {
                1.0
            } else if n >= length {
                1.0 - part(n - length, join)
            } else if n < joined {
                part(n, joined)
            } else {
                1.0
            };
            *sum = [sum[0] + sample[0] * share, sum[1] + sample[1] * share];
        }
    }

    fn offset(&self, first: i64) -> Option<usize> {
        usize::try_from(first.checked_sub(self.first)?).ok()
    }
}

fn part(n: usize, of: usize) -> f32 {
    n as f32 / of as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(turns: &mut Turns, first: i64, length: usize, join: usize, value: impl Fn(i64) -> f32, joins: bool) {
        turns.begin(first, length, join);
        let count = length + if joins { join } else { 0 };
        let samples: Vec<Pair> = (first..).take(count).map(|n| [value(n), -value(n)]).collect();
        // in pieces, as frames come
        for (n, piece) in samples.chunks(7).enumerate() {
            turns.add(first + i64::try_from(n * 7).unwrap(), piece, joins);
        }
    }

    fn heard(turns: &Turns, first: i64, count: usize) -> Vec<f32> {
        assert!(turns.holds(first, count));
        let mut out = vec![[9.0; 2]; count];
        turns.copy(first, &mut out);
        out.iter().map(|pair| pair[0]).collect()
    }

    #[test]
    fn turns_that_are_alike_sound_as_if_read_in_one() {
        let value = |n: i64| (n as f32 * 0.1).sin();
        for joins in [true, false] {
            let mut turns = Turns::default();
            let mut all = Vec::new();
            for (first, length, join) in [(100, 50, 10), (150, 40, 10), (190, 30, 0)] {
                turn(&mut turns, first, length, join, value, joins);
                all.extend(heard(&turns, first, length));
            }
            assert!(all.iter().zip(100..).all(|(a, n)| (a - value(n)).abs() < 1e-6), "{joins} {all:?}");
        }
    }

    #[test]
    fn turns_that_differ_do_not_click() {
        let mut turns = Turns::default();
        let mut all = Vec::new();
        for (first, level) in [(0, 1.0), (50, 0.0)] {
            turn(&mut turns, first, 50, 20, |_| level, true);
            all.extend(heard(&turns, first, 50));
        }
        assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.06), "{all:?}");
        assert_eq!((all[0], all[49], all[71]), (1.0, 1.0, 0.0));
        // after a jump nothing of the turn before is heard
        turn(&mut turns, 1000, 50, 20, |_| 0.5, true);
        assert_eq!(heard(&turns, 1000, 50), [0.5; 50]);
        assert!(!turns.holds(999, 1) && !turns.holds(1049, 2) && !turns.holds(1050, 1));
        let mut out = [[9.0; 2]; 4];
        turns.copy(1048, &mut out);
        assert_eq!(out, [[0.5, -0.5], [0.5, -0.5], [0.0; 2], [0.0; 2]]);
    }
}
