//! How much media lies beyond a clip's ends.

use super::clip::Clip;
use super::project::Project;
use super::time::{Frame, FrameCount, FrameRate, MAX_FRAMES, SourceTime};
use super::transition::TransitionKind;

/// Frames by which a clip could be longer, at its start and at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handles {
    /// At its start.
    pub before: FrameCount,
    /// At its end.
    pub after: FrameCount,
}

impl Project {
    /// The media beyond a clip's ends, in frames of its sequence, at its own speed: unlimited (that is,
    /// [`MAX_FRAMES`]) for stills and frozen pictures. Half a frame of slack, as the check has.
    #[must_use]
    pub fn handles(&self, rate: FrameRate, clip: &Clip) -> Handles {
        let any = FrameCount(MAX_FRAMES);
        let Some(range) = self.media_range(clip.content.asset).filter(|_| !clip.speed.is_frozen()) else {
            return Handles { before: any, after: any };
        };
        let slack = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
        let fits = |clip: &Clip| {
            let (first, last) = clip.media(rate);
            first >= range.start - slack && last <= range.end + slack
        };
        let earlier = |n: i64| {
            fits(&Clip {
                source_in: clip.source_at(FrameCount(-n), rate),
                length: clip.length + FrameCount(n),
                ..clip.clone()
            })
        };
        let later = |n: i64| fits(&Clip { length: clip.length + FrameCount(n), ..clip.clone() });
        let (first, last) = clip.media(rate);
        let (head, tail) = (first - range.start, range.end - last);
        let (head, tail) = if clip.speed.is_backward() { (tail, head) } else { (head, tail) };
        // a good guess, corrected by what is really accepted
        let guess = |media: SourceTime| {
            clip.speed.unscale(media + slack).map_or(0, |time| rate.frame_at(time).0.clamp(0, MAX_FRAMES))
        };
        Handles { before: most(guess(head), earlier), after: most(guess(tail), later) }
    }

    /// How many frames a transition between two abutting clips may have before and after the cut; `None` where they
    /// do not abut. The room that the transition before `left` takes is not given twice.
    #[must_use]
    pub fn transition_room(
        &self,
        rate: FrameRate,
        left: &Clip,
        right: &Clip,
        kind: TransitionKind,
    ) -> Option<(FrameCount, FrameCount)> {
        if left.end() != right.start {
            return None;
        }
        let taken = left.transition.map_or(FrameCount::ZERO, super::Transition::after);
        let (mut before, mut after) = ((left.length - taken).max(FrameCount::ZERO), right.length);
        // what a dip shows ends at the cut
        if kind.needs_handles() {
            before = before.min(self.handles(rate, right).before);
            after = after.min(self.handles(rate, left).after);
        }
        Some((before.min(FrameCount(right.start.0)), after.min(Frame(MAX_FRAMES) - right.start)))
    }
}

/// The largest number from 0 that is accepted, near a guess.
fn most(guess: i64, accepted: impl Fn(i64) -> bool) -> FrameCount {
    let mut n = guess;
    while n < MAX_FRAMES && n < guess + 4 && accepted(n + 1) {
        n += 1;
    }
    while n > 0 && !accepted(n) {
        n -= 1;
    }
    FrameCount(n)
}
