//! Where decoded sound stands: by counting its samples, which the stamps of its packets only correct.
//!
//! Stamps are when something was recorded, received or written down: browsers, cameras and streaming programs stamp every
//! few packets 4 to 15 ms late, Matroska rounds to milliseconds. What was recorded in one piece is played in one piece, so
//! that stamps are doubted until they insist:
//!
//! - A stamp that is off by up to [`HOLE_MS`], or by more where the stamps after it come back within [`LOOK_MS`], changes
//!   nothing. The shortest packet that is commonly lost has 20 ms of sound (Opus; AAC has 21 to 46, MP3 and AC-3 24 to 32),
//!   the jitter that was met 15. Others doubt as much or more: Chromium takes note from 50 ms on, VLC from 40 (early) or 60
//!   (late), mpv and ffmpeg's `aresample=async` insert from 100 ms on.
//! - Beyond that there is a hole, and silence in it, or sound that was there already and is left out. Both sides are faded
//!   over [`FADE_MS`].
//! - Where the middle one of [`RECENT`] stamps is off by more than [`DRIFT_MS`], the recorder's clock drifted, or a short
//!   packet was lost: the sound is stretched or pressed by [`STRETCH`], less than four cents, until it stands right. So it is
//!   never further than 20 ms from what the stamps say.
//!
//! Where reading begins, the middle one of the stamps of [`BEGIN_MS`] decides; and as a stamp that is rounded or late says
//! little, the packets' own grid decides below 5 ms: a file whose packets are of one length, in one piece, is the same to
//! the sample wherever reading begins. After a drift, two readings differ by at most what is followed slowly.

use super::warp::Warp;
use std::collections::VecDeque;

/// A sample of both channels.
pub(super) type Pair = [f32; 2];

/// Stamps that are off by less are no hole.
const HOLE_MS: i64 = 18;

/// How far a hole's other side is looked at before it is believed.
const LOOK_MS: i64 = 300;

/// What is looked at before sound begins, where stamps are not exact.
const BEGIN_MS: i64 = 250;

/// What the middle one of the stamps may be off.
const DRIFT_MS: i64 = 10;

/// How many stamps tell a drift.
const RECENT: usize = 48;

/// One sample in so many is added or left out while a drift is followed.
const STRETCH: i64 = 500;

/// How long sound takes to fade at a hole.
const FADE_MS: i64 = 2;

/// Pieces that wait at most.
const MOST: usize = 256;

/// A piece of decoded sound.
pub(super) struct Piece {
    /// The position that its stamp says, in samples.
    pub stamp: Option<i64>,
    /// Samples a second.
    pub rate: u32,
    pub pairs: Vec<Pair>,
}

/// What comes next.
pub(super) enum Part {
    /// A stretch of sound ends before this position, with these samples.
    End(Vec<Pair>, i64),
    /// Sound, which begins a stretch at that position and rate where one is given.
    Sound(Option<(i64, u32)>, Vec<Pair>),
}

/// Puts pieces of sound where they belong.
#[derive(Default)]
pub(super) struct SoundClock {
    waiting: VecDeque<Piece>,
    /// The stretch that is read.
    stretch: Option<Stretch>,
    /// Where the next stretch begins, once that was found out.
    next: Option<i64>,
    /// The position after some packet, and the samples of each.
    grid: Option<(i64, i64)>,
}

struct Stretch {
    rate: u32,
    /// The position that the next piece should have.
    expected: i64,
    /// The position after what was given out.
    given: i64,
    /// By how much the last stamps were off.
    recent: VecDeque<i64>,
    warp: Option<Warp>,
    /// Samples that were there already.
    doubled: i64,
    fade: bool,
}

enum Verdict {
    Unknown,
    GoesOn,
    Jumps(i64),
}

fn length(piece: &Piece) -> i64 {
    i64::try_from(piece.pairs.len()).unwrap_or(i64::MAX)
}

fn samples(ms: i64, rate: u32) -> i64 {
    ms * i64::from(rate) / 1000
}

fn middle(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    // of two the lower one: stamps come late rather than early
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

impl SoundClock {
    /// Forgets what waits, to go on from another position.
    pub fn forget(&mut self) {
        self.waiting.clear();
        (self.stretch, self.next) = (None, None);
    }

    /// Takes one more piece.
    pub fn push(&mut self, piece: Piece) {
        if !piece.pairs.is_empty() {
            self.waiting.push_back(piece);
        }
    }

    /// Whether another piece must be known before the first that waits can be placed.
    pub fn needs_more(&self) -> bool {
        if self.waiting.len() >= MOST {
            return false;
        }
        let Some(first) = self.waiting.front() else { return true };
        let expected = match &self.stretch {
            Some(stretch) if stretch.rate == first.rate => {
                if matches!(self.verdict(0, stretch.expected, first.rate), Verdict::Unknown) {
                    return true;
                }
                stretch.expected
            }
            _ => {
                let off = self.off(0, 0, first.rate);
                if self.waiting.len() < 3 || (!exact(&off) && !self.reaches(0, BEGIN_MS)) {
                    return true;
                }
                self.settle(0, 0, first.rate)
            }
        };
        self.waiting.len() < 2 || matches!(self.verdict(1, expected + length(first), first.rate), Verdict::Unknown)
    }

    /// What comes next of what waits. `guess` tells where sound of a rate begins that has no stamps.
    pub fn next(&mut self, guess: impl Fn(u32) -> i64) -> Option<Part> {
        let (rate, stamped) = self.waiting.front().map(|p| (p.rate, p.stamp.is_some()))?;
        let mut begins = None;
        if let Some(stretch) = &self.stretch {
            let verdict = self.verdict(0, stretch.expected, rate);
            let jump = match verdict {
                _ if stretch.rate != rate => Some(None),
                Verdict::Jumps(at) => Some(Some(at)),
                _ => None,
            };
            if let Some(at) = jump {
                let before = stretch.expected;
                match at {
                    Some(at) if at < before && before - at < i64::from(rate) => self.leave_out(before - at),
                    _ => {
                        self.next = at;
                        return self.end();
                    }
                }
            }
        } else {
            let at = match self.next.take() {
                Some(at) => (at, true),
                None if stamped => (self.settle(0, 0, rate), false),
                None => (guess(rate), false),
            };
            self.learn_grid(at.0);
            let recent = VecDeque::with_capacity(RECENT);
            let (expected, given) = (at.0, at.0);
            self.stretch = Some(Stretch { rate, expected, given, recent, warp: None, doubled: 0, fade: at.1 });
            begins = Some((at.0, rate));
        }
        let ends = self.stretch.as_ref().zip(self.waiting.front()).is_some_and(|(stretch, first)| {
            matches!(self.verdict(1, stretch.expected + length(first), rate), Verdict::Jumps(_))
        });
        let piece = self.waiting.pop_front()?;
        let stretch = self.stretch.as_mut()?;
        Some(Part::Sound(begins, stretch.place(piece, ends)))
    }

    /// Ends the stretch that is read, if any: at a hole or at the end.
    pub fn end(&mut self) -> Option<Part> {
        let mut stretch = self.stretch.take()?;
        let rest = stretch.warp.take().map(Warp::rest).unwrap_or_default();
        let given = stretch.given + i64::try_from(rest.len()).unwrap_or(0);
        Some(Part::End(rest, given))
    }

    /// The samples that come next were there already.
    fn leave_out(&mut self, count: i64) {
        let Some(stretch) = &mut self.stretch else { return };
        stretch.doubled += count;
        stretch.expected -= count;
        stretch.recent.clear();
        stretch.fade = true;
    }

    /// By how much the stamps from the `n`th that waits on are off, where that one is `expected` at a position.
    fn off(&self, n: usize, expected: i64, rate: u32) -> Vec<i64> {
        let mut at = expected;
        let one_rate = self.waiting.iter().skip(n).take_while(|p| p.rate == rate);
        let off = one_rate.map(|piece| {
            let off = piece.stamp.map(|stamp| stamp - at);
            at += length(piece);
            off
        });
        off.flatten().collect()
    }

    /// Whether so much waits from the `n`th piece on.
    fn reaches(&self, n: usize, ms: i64) -> bool {
        let known = || self.waiting.iter().skip(n);
        let rate = known().next().map_or(1, |p| p.rate);
        known().count() >= 4 && known().map(length).sum::<i64>() >= samples(ms, rate)
    }

    /// Whether the `n`th piece that waits goes on where the one before it ended, at `expected`.
    fn verdict(&self, n: usize, expected: i64, rate: u32) -> Verdict {
        let Some(piece) = self.waiting.get(n).filter(|p| p.rate == rate) else { return Verdict::GoesOn };
        let most = samples(HOLE_MS, rate);
        if piece.stamp.is_none_or(|stamp| (stamp - expected).abs() <= most) {
            return Verdict::GoesOn;
        }
        let off = self.off(n, expected, rate);
        if off.iter().any(|off| off.abs() <= most) {
            return Verdict::GoesOn;
        }
        if !self.reaches(n, LOOK_MS) && self.needed() {
            return Verdict::Unknown;
        }
        Verdict::Jumps(self.settle(n, expected, rate))
    }

    /// Whether there is room for more.
    fn needed(&self) -> bool {
        self.waiting.len() < MOST
    }

    /// Where the `n`th piece that waits stands, by its stamp and those after it that don't jump.
    fn settle(&self, n: usize, expected: i64, rate: u32) -> i64 {
        let mut off = self.off(n, expected, rate);
        let Some(first) = off.first().copied() else { return expected };
        off.retain(|o| (o - first).abs() <= samples(HOLE_MS, rate));
        if exact(&off) {
            return expected + first;
        }
        let spread = off.iter().max().zip(off.iter().min()).map_or(0, |(most, least)| most - least);
        let off = middle(off);
        let rounding = samples(1, rate) + 1;
        let Some((after, step)) = self.grid else {
            return expected + if (off - first).abs() <= rounding { first } else { off };
        };
        let at = expected + off;
        let beside = (at + self.waiting.get(n).map_or(0, length) - after).rem_euclid(step);
        let beside = if beside > step / 2 { beside - step } else { beside };
        let near = spread.max(rounding).min(samples(5, rate)).min(step / 4);
        if beside.abs() <= near { at - beside } else { at }
    }

    /// Where packets begin, as far as the first ones have one length. `at` is where the first that waits begins.
    fn learn_grid(&mut self, at: i64) {
        let mut lengths = self.waiting.iter().map(length);
        let (Some(first), Some(step)) = (lengths.next(), lengths.next()) else { return };
        if self.grid.is_none() && self.waiting.len() > 2 && lengths.all(|l| l == step) {
            self.grid = Some((at + first, step));
        }
    }
}

/// Whether stamps agree to the sample: a sample is lost where they are rounded to one.
fn exact(off: &[i64]) -> bool {
    off.iter().max().zip(off.iter().min()).is_none_or(|(most, least)| most - least <= 1)
}

impl Stretch {
    /// The samples of the piece that comes next, in their place.
    fn place(&mut self, mut piece: Piece, ends: bool) -> Vec<Pair> {
        if let Some(stamp) = piece.stamp {
            if self.recent.len() == RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(stamp - self.expected);
        }
        self.expected += length(&piece);
        if self.doubled > 0 {
            let gone = usize::try_from(self.doubled).unwrap_or(usize::MAX).min(piece.pairs.len());
            piece.pairs.drain(..gone);
            self.doubled -= i64::try_from(gone).unwrap_or(0);
        }
        let fade = usize::try_from(samples(FADE_MS, self.rate)).unwrap_or(0).min(piece.pairs.len());
        if fade > 0 && std::mem::take(&mut self.fade) {
            faded(piece.pairs.iter_mut().take(fade), fade);
        }
        if ends {
            faded(piece.pairs.iter_mut().rev().take(fade), fade);
        }
        let follows = || self.recent.len() == RECENT;
        let out = match &mut self.warp {
            Some(warp) => {
                let (out, done) = warp.push(&piece.pairs);
                if done {
                    self.warp = None;
                }
                out
            }
            None if follows() => {
                let off = middle(self.recent.iter().copied().collect());
                if off.abs() > samples(DRIFT_MS, self.rate) {
                    self.warp = Some(Warp::new(&piece.pairs, off.abs() * STRETCH, off));
                    self.expected += off;
                    self.recent.clear();
                }
                piece.pairs
            }
            None => piece.pairs,
        };
        self.given += i64::try_from(out.len()).unwrap_or(0);
        out
    }
}

/// Makes samples louder, from silence on.
fn faded<'a>(pairs: impl Iterator<Item = &'a mut Pair>, over: usize) {
    for (n, pair) in pairs.enumerate() {
        *pair = pair.map(|s| s * n as f32 / over as f32);
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small known numbers")]
mod tests {
    use super::*;

    const RATE: u32 = 8000;

    fn tone(n: i64) -> f32 {
        ((n as f64) * 0.3).sin() as f32 * 0.5
    }

    /// Pieces of 20 ms of a tone, stamped with what `stamp` says to their number: what was heard, by its position.
    fn heard(count: i64, stamp: impl Fn(i64) -> Option<i64>) -> Vec<(i64, Vec<f32>)> {
        let mut clock = SoundClock::default();
        let (mut out, mut next) = (Vec::<(i64, Vec<f32>)>::new(), 0);
        loop {
            while next < count && clock.needs_more() {
                let pairs = (next * 160..next * 160 + 160).map(|n| [tone(n); 2]).collect();
                if let Some(stamp) = stamp(next) {
                    clock.push(Piece { stamp: Some(stamp), rate: RATE, pairs });
                }
                next += 1;
            }
            match clock.next(|_| 0).or_else(|| clock.end()) {
                Some(Part::Sound(begins, pairs)) => {
                    out.extend(begins.map(|(at, _)| (at, Vec::new())));
                    out.last_mut().unwrap().1.extend(pairs.iter().map(|p| p[0]));
                }
                Some(Part::End(pairs, end)) => {
                    let (at, sound) = out.last_mut().unwrap();
                    sound.extend(pairs.iter().map(|p| p[0]));
                    assert_eq!(*at + i64::try_from(sound.len()).unwrap(), end);
                }
                None => return out,
            }
        }
    }

    fn breaks(sound: &[f32]) -> usize {
        let bend = 2.0 * 0.3_f32.cos();
        sound.windows(3).filter(|w| (w[0] - bend * w[1] + w[2]).abs() > 0.01).count()
    }

    #[test]
    fn stamps_that_come_back_change_nothing() {
        for late in [32, 120, 320] {
            for pattern in [|n| n % 7 == 3, |n| n % 7 > 0, |n| n % 2 == 1] {
                let out = heard(300, |n| Some(n * 160 + if pattern(n) { late } else { 0 }));
                assert_eq!(out.len(), 1);
                let (at, sound) = &out[0];
                // where most are late by so much, they are followed slowly
                let more = i64::try_from(sound.len()).unwrap() - 48_000;
                assert!(
                    *at <= late && (0..=late).contains(&more) && breaks(&sound[..47_976]) == 0,
                    "{late}: {at}, {more}"
                );
            }
        }
    }

    #[test]
    fn a_hole_stays_where_it_is_and_fades() {
        for lost in [1, 5] {
            let out = heard(100, |n| (n < 40 || n >= 40 + lost).then_some(n * 160 + n % 2 * 8));
            let found: Vec<(i64, usize)> = out.iter().map(|(at, sound)| (*at, sound.len())).collect();
            let after = 60 - usize::try_from(lost).unwrap();
            assert_eq!(found, [(0, 40 * 160), ((40 + lost) * 160, after * 160)]);
            assert_eq!((out[0].1.last(), out[1].1[0]), (Some(&0.0), 0.0));
            assert!(out[1].1[16..].iter().zip((40 + lost) * 160 + 16..).all(|(s, n)| *s == tone(n)));
        }
    }

    #[test]
    fn a_clock_that_drifts_is_followed_without_a_break() {
        for slow in [1.001, 0.999] {
            let out = heard(3000, |n| Some((n as f64 * 160.0 * slow) as i64 + n % 3 * 40));
            assert_eq!(out.len(), 1);
            assert_eq!(breaks(&out[0].1), 0);
            let off = out[0].1.len() as f64 - 480_000.0 * slow;
            assert!(off.abs() < 160.0, "{off} samples of 8,000 a second");
        }
    }

    #[test]
    fn sound_that_was_there_already_is_left_out() {
        let out = heard(100, |n| Some(if n < 40 { n } else { n - 3 } * 160));
        assert_eq!(out.len(), 1);
        assert_eq!(out[0].1.len(), 97 * 160);
    }

    #[test]
    fn reading_that_begins_at_any_packet_finds_the_same_place() {
        for from in 1..60 {
            let mut clock = SoundClock::default();
            let mut places = [0, from].map(|first: i64| {
                clock.forget();
                for n in first..first + 40 {
                    let stamp = (n * 1024 * 1000 / 48_000 + n % 4) * 48;
                    clock.push(Piece { stamp: Some(stamp), rate: 48_000, pairs: vec![[0.1; 2]; 1024] });
                }
                match clock.next(|_| 0) {
                    Some(Part::Sound(Some((at, _)), _)) => at - first * 1024,
                    _ => i64::MAX,
                }
            });
            places.sort_unstable();
            assert_eq!(places[0], places[1], "from packet {from}");
        }
    }
}
