//! Where on the timeline keyframes stand, and the ways to them.

use super::editor::Editor;
use super::notices::Level;
use crate::model::{Clip, Frame, FrameRate, Param, SourceTime};

/// The frame of the sequence on which a clip shows a moment of its media, if it shows it.
fn frame_of(clip: &Clip, moment: SourceTime, rate: FrameRate) -> Option<Frame> {
    Some(clip.start + clip.offset_of(moment, rate)?)
}

/// The frames on which a clip has keyframes, each once and in order.
#[must_use]
pub fn keyframes(clip: &Clip, rate: FrameRate) -> Vec<Frame> {
    let keys = clip.content.properties.params().flat_map(Param::keys);
    let mut frames: Vec<Frame> = keys.filter_map(|key| frame_of(clip, key.at, rate)).collect();
    frames.sort_unstable();
    frames.dedup();
    frames
}

impl Editor {
    /// To the nearest keyframe of the selected clips, after the playhead or before it.
    pub(super) fn go_to_keyframe(&mut self, forward: bool) {
        let rate = self.sequence().rate;
        let frames = self.selected_clips().into_iter().flat_map(|(_, clip)| keyframes(&clip, rate));
        let found = next(frames, self.playhead, forward);
        self.go_to_found(found);
    }

    /// Where a parameter of a clip has its nearest keyframe, after the playhead or before it.
    #[must_use]
    pub fn keyframe_of(&self, clip: &Clip, param: &Param, forward: bool) -> Option<Frame> {
        let rate = self.sequence().rate;
        let frames = param.keys().iter().filter_map(|key| frame_of(clip, key.at, rate));
        next(frames, self.playhead, forward)
    }

    fn go_to_found(&mut self, found: Option<Frame>) {
        match found {
            Some(frame) => self.seek_and_reveal(frame),
            None => self.notify(Level::Done, "There is no further keyframe on the selected clips."),
        }
    }
}

fn next(frames: impl Iterator<Item = Frame>, now: Frame, forward: bool) -> Option<Frame> {
    if forward { frames.filter(|at| *at > now).min() } else { frames.filter(|at| *at < now).max() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AssetId, ClipContent, ClipId, Curve, FrameCount, Keyframe, Properties, Speed};
    use std::sync::Arc;

    #[test]
    fn keyframes_stand_where_they_were_set_at_any_speed() {
        let rate = FrameRate::F30;
        for (speed, from) in [((1, 1), 0), ((1, 2), 0), ((2, 1), 0), ((-1, 1), 900), ((-3, 2), 900)] {
            let speed = Speed::new(speed.0, speed.1).unwrap();
            let content =
                ClipContent { name: String::new(), asset: AssetId(1), stream: 0, properties: Properties::default() };
            let (start, length) = (Frame(50), FrameCount(60));
            let clip = Clip::new(ClipId(2), Arc::new(content), start, length, rate.time_of(Frame(from)));
            let mut clip = Clip { speed, ..clip };
            for (offset, value) in [(0, 1.0), (17, 0.5), (59, 0.2)] {
                let at = clip.shown_at(FrameCount(offset), rate);
                let key = Keyframe { at, value, curve: Curve::Linear };
                let properties = &mut Arc::make_mut(&mut clip.content).properties;
                properties.opacity.set(key);
                properties.volume.set(key);
            }
            assert_eq!(keyframes(&clip, rate), [Frame(50), Frame(67), Frame(109)], "{speed:?}");
            // what was trimmed away is not on the timeline
            clip.length = FrameCount(30);
            assert_eq!(keyframes(&clip, rate), [Frame(50), Frame(67)], "{speed:?}");
        }
    }
}
