//! What is looked at, and so which parts of proxies are needed first. Pure.

use crate::media::Parts;
use crate::model::{Asset, Clip, Frame, FrameCount, Project, SourceTime, TrackKind};
use std::sync::Arc;

/// Frames before the playhead are needed as late as so many times as many after it.
const BEHIND: u64 = 4;

/// The sequence that is looked at, and where.
#[derive(Clone, Debug)]
pub(super) struct Looking {
    /// The project.
    pub project: Arc<Project>,
    /// Where the playhead stands.
    pub playhead: Frame,
}

impl Looking {
    /// How soon each part of an asset's proxy is needed, smaller is sooner: how far from the playhead it is shown, or
    /// `None` for what is not on the timeline.
    pub fn ranks(&self, asset: &Asset, parts: Parts) -> Vec<Option<u64>> {
        let mut ranks = vec![None; parts.count()];
        let tracks = self.project.sequence().tracks_of(TrackKind::Video).filter(|t| !t.muted);
        let clips = tracks.flat_map(|t| t.clips.iter()).filter(|c| c.enabled);
        for clip in clips.filter(|c| c.content.asset == asset.id && c.content.stream == 0) {
            for (n, rank) in self.seen_of(&clip, parts) {
                let sooner = ranks[n].is_none_or(|known| rank < known);
                if sooner {
                    ranks[n] = Some(rank);
                }
            }
        }
        ranks
    }

    /// The parts that a clip shows, and how far from the playhead.
    fn seen_of(&self, clip: &Clip, parts: Parts) -> Vec<(usize, u64)> {
        let rate = self.project.sequence().rate;
        let shown = |offset: FrameCount| clip.picture_at(offset, rate);
        let (a, b) = (shown(FrameCount::ZERO), shown(clip.length - FrameCount(1)));
        let (first, last) = (parts.at(a.min(b)), parts.at(a.max(b)));
        // the frame that shows a moment, about
        let frame = |time: SourceTime| {
            let since = clip.speed.unscale(SourceTime((time - a).0.abs())).unwrap_or(SourceTime::ZERO);
            clip.start + FrameCount(rate.frame_at(since).0.clamp(0, clip.length.0 - 1))
        };
        (first..=last)
            .map(|n| {
                let part = parts.get(n);
                let (x, y) = (frame(part.from.max(a.min(b))), frame(part.until.unwrap_or(b.max(a)).min(b.max(a))));
                (n, self.distance(x.min(y), x.max(y)))
            })
            .collect()
    }

    fn distance(&self, first: Frame, last: Frame) -> u64 {
        let apart = |a: Frame, b: Frame| u64::try_from((a - b).0).unwrap_or(0);
        apart(first, self.playhead).max(apart(self.playhead, last).saturating_mul(BEHIND))
    }
}

/// Which of the parts that are left is made next, and how soon it is needed: what is shown nearest to the playhead, then
/// the rest in order. Where a file can only be read in order, the first of them.
pub(super) fn next_part(left: &[usize], ranks: Option<&[Option<u64>]>, in_order: bool) -> Option<(usize, u64)> {
    let rank = |n: usize| ranks.and_then(|ranks| ranks.get(n).copied().flatten()).unwrap_or(u64::MAX);
    let soonest = left.iter().map(|n| (rank(*n), *n)).min()?;
    Some(if in_order { (*left.iter().min()?, soonest.0) } else { (soonest.1, soonest.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::{clip, parse};

    /// Of a project whose A lasts ten minutes, at 24 frames a second: 1440 a minute.
    fn looking(clips: &str, playhead: i64) -> (Looking, Arc<Asset>) {
        let project = Arc::new(parse(&format!("A=14400; V1: {clips}")));
        let asset = Arc::clone(project.assets.values().next().unwrap());
        (Looking { project, playhead: Frame(playhead) }, asset)
    }

    /// The order in which all parts are made.
    fn order(looking: &Looking, asset: &Asset) -> Vec<usize> {
        let parts = Parts::of(&asset.info);
        let mut left: Vec<usize> = (0..parts.count()).collect();
        let ranks = looking.ranks(asset, parts);
        std::iter::from_fn(|| {
            let (n, _) = next_part(&left, Some(&ranks), false)?;
            left.retain(|l| *l != n);
            Some(n)
        })
        .collect()
    }

    #[test]
    fn what_is_under_the_playhead_is_made_first_then_the_timeline_then_the_rest() {
        // minutes 2 to 5
        let text = "A@0+5760 src2880";
        let (seen, asset) = looking(text, 0);
        assert_eq!(order(&seen, &asset), [2, 3, 4, 5, 0, 1, 6, 7, 8, 9]);
        let (seen, asset) = looking(text, 3500);
        assert_eq!(order(&seen, &asset), [4, 5, 3, 2, 0, 1, 6, 7, 8, 9]);
        // two clips, the later one first on the timeline
        let (seen, asset) = looking("A@0+100 src11600, A@100+100 src1500", 0);
        assert_eq!(order(&seen, &asset)[..3], [8, 1, 0]);
        // what is disabled is not seen
        let id = clip(&seen.project, "A", 0);
        let edit = crate::edit::Edit::Enable { clips: vec![id], enabled: false };
        let project = Arc::new(crate::edit::apply(&seen.project, &edit).unwrap());
        let hidden = Looking { project, ..seen };
        assert_eq!(order(&hidden, &asset)[..2], [1, 0]);
    }

    #[test]
    fn a_file_that_is_read_in_order_is_made_in_order() {
        let ranks = [None, Some(0), Some(9)];
        assert_eq!(next_part(&[0, 1, 2], Some(&ranks), false), Some((1, 0)));
        assert_eq!(next_part(&[0, 1, 2], Some(&ranks), true), Some((0, 0)));
        assert_eq!(next_part(&[2, 0], None, false), Some((0, u64::MAX)));
        assert_eq!(next_part(&[], None, false), None);
    }
}
