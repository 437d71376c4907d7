//! What is heard when: sections in which the audible clips do not change, and how loud each is. Pure.

use super::plan::{around, sections};
use crate::model::{Asset, Clip, Frame, FrameCount, Project, Sequence, SourceTime, Span, TrackKind};
use std::sync::Arc;

/// A hard cut rises and falls in this time, so that it does not click: in 1/1000 s.
const DECLICK_MS: i64 = 2;

/// Below this many decibels there is silence.
const SILENCE: f64 = -96.0;

/// Sounds that are read together, each by a reader of its own; in an export, more than that take turns.
const TOGETHER: usize = 4;

/// For how many seconds of the timeline a sound is read when it is its turn.
pub(super) const TURN_SECONDS: u32 = 4;

/// One clip's sound in a section.
#[derive(Clone, Debug)]
pub struct Sound {
    /// The clip.
    pub clip: Clip,
    /// Its media.
    pub asset: Arc<Asset>,
    /// How it begins.
    rise: Ramp,
    /// How it ends.
    fall: Ramp,
}

/// A change of level between two samples of the timeline; before the first and after the last the level stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ramp {
    from: i64,
    to: i64,
    /// Whether two of them together keep the power instead of the level.
    equal_power: bool,
}

impl Ramp {
    /// How far it has come at a sample, from 0 to 1.
    fn done(self, sample: i64) -> f64 {
        if sample < self.from {
            0.0
        } else if sample >= self.to {
            1.0
        } else {
            (sample - self.from) as f64 / (self.to - self.from) as f64
        }
    }

    fn rising(self, sample: i64) -> f64 {
        let done = self.done(sample);
        if self.equal_power { (done * std::f64::consts::FRAC_PI_2).sin() } else { done }
    }

    fn falling(self, sample: i64) -> f64 {
        let done = self.done(sample);
        if self.equal_power { (done * std::f64::consts::FRAC_PI_2).cos() } else { 1.0 - done }
    }
}

impl Sound {
    /// How many samples of the timeline lie between the clip's start and `sample`; negative before it.
    #[must_use]
    pub fn offset(&self, sample: i64, sequence: &Sequence) -> i64 {
        sample - sequence.sample_of(self.clip.start)
    }

    /// The sample of its media (at the sequence's sample rate) that its first sample is.
    #[must_use]
    pub fn source_start(&self, sequence: &Sequence) -> i64 {
        self.clip.source_in.sample(sequence.sample_rate)
    }

    /// The sample of its media at which reading begins when it is heard from a sample of the timeline on.
    #[must_use]
    pub fn reads_at(&self, sample: i64, sequence: &Sequence) -> i64 {
        let (num, den) = self.clip.speed.fraction();
        let played = crate::model::time::mul_div_round(self.offset(sample, sequence), i64::from(num), i64::from(den));
        self.source_start(sequence) + played
    }

    /// Whether the sound that follows it at a frame is read on from where this one is.
    pub(super) fn goes_on(&self, next: &Self, frame: Frame, sequence: &Sequence) -> bool {
        let sample = sequence.sample_of(frame);
        self.asset.path == next.asset.path
            && self.clip.content.stream == next.clip.content.stream
            && self.clip.speed == next.clip.speed
            && self.reads_at(sample, sequence) == next.reads_at(sample, sequence)
    }

    /// Applies volume, pan, fades and crossfades to samples of which the first is the timeline's `first`th.
    pub fn apply_gain(&self, samples: &mut [[f32; 2]], first: i64, sequence: &Sequence) {
        let properties = &self.clip.content.properties;
        let end = first + i64::try_from(samples.len()).unwrap_or(0);
        let levelled = self.rise.to <= first && self.fall.from >= end;
        let constant = !properties.volume.is_animated() && !properties.pan.is_animated();
        let at_sample = |sample: i64| {
            let offset = self.offset(sample, sequence);
            let time = SourceTime(crate::model::time::mul_div_round(
                offset,
                SourceTime::SECOND.0,
                i64::from(sequence.sample_rate),
            ));
            self.clip.source_in + self.clip.speed.scale(time)
        };
        let (at_first, at_end) = (self.gains(at_sample(first)), self.gains(at_sample(end)));
        if levelled && constant && at_first == [1.0, 1.0] {
            return;
        }
        let count = samples.len().max(1) as f64;
        for (n, pair) in samples.iter_mut().enumerate() {
            let sample = first + i64::try_from(n).unwrap_or(0);
            let envelope = if levelled { 1.0 } else { self.rise.rising(sample) * self.fall.falling(sample) };
            let share = n as f64 / count;
            for (channel, value) in pair.iter_mut().enumerate() {
                let gain = at_first[channel] + (at_end[channel] - at_first[channel]) * share;
                #[expect(clippy::cast_possible_truncation, reason = "a gain")]
                {
                    *value *= (gain * envelope) as f32;
                }
            }
        }
    }

    /// Left and right. The side that a pan goes to keeps its level.
    fn gains(&self, time: SourceTime) -> [f64; 2] {
        let properties = &self.clip.content.properties;
        let decibels = properties.volume.at(time);
        let gain = if decibels <= SILENCE { 0.0 } else { 10_f64.powf(decibels / 20.0) };
        let pan = properties.pan.at(time);
        [gain * (1.0 - pan.max(0.0)), gain * (1.0 + pan.min(0.0))]
    }
}

/// A span in which the audible clips do not change.
#[derive(Clone, Debug)]
pub struct SoundSection {
    /// Which frames.
    pub span: Span,
    /// All that sound together. Empty for silence.
    pub sounds: Vec<Sound>,
}

impl SoundSection {
    /// Whether an export reads its sounds one after the other.
    pub(super) fn takes_turns(&self) -> bool {
        self.sounds.len() > TOGETHER
    }
}

/// The section of sound around a frame, cut to `within`. Frozen clips are silent.
#[must_use]
pub fn sound_section(project: &Project, frame: Frame, within: Span) -> SoundSection {
    let sequence = project.sequence();
    let solo = sequence.tracks_of(TrackKind::Audio).any(|t| t.solo);
    let mut span = within;
    let mut sounds = Vec::new();
    for track in sequence.tracks_of(TrackKind::Audio).filter(|t| !t.muted && (t.solo || !solo)) {
        let narrow = |span: &mut Span, to: Span| *span = span.intersection(to).unwrap_or(*span);
        let here = match around(track, frame) {
            Ok(here) => here,
            Err((start, end)) => {
                let start = start.map_or(span.start, |s| s.max(span.start));
                span = Span::between(start, end.map_or(span.end(), |e| e.min(span.end())));
                continue;
            }
        };
        let clip = here.clip;
        let (start, end) = (
            here.before.as_ref().map_or(clip.start, |c| c.span.end()),
            here.after.as_ref().map_or(clip.end(), |c| c.span.start),
        );
        let inside = |c: &Option<super::plan::Crossing>| c.as_ref().is_some_and(|c| c.span.contains(frame));
        if inside(&here.before) || inside(&here.after) {
            let crossing = [here.before, here.after].into_iter().flatten().find(|c| c.span.contains(frame));
            let Some(crossing) = crossing else { continue };
            narrow(&mut span, crossing.span);
            sounds.extend(sound(project, track, crossing.left));
            sounds.extend(sound(project, track, crossing.right));
        } else {
            narrow(&mut span, Span::between(start, end));
            sounds.extend(sound(project, track, clip));
        }
    }
    SoundSection { span, sounds }
}

/// The sections of a span in order, as [`sound_section`] gives them.
pub fn sound_sections(project: &Project, span: Span) -> impl Iterator<Item = SoundSection> + '_ {
    sections(span, move |frame| {
        let section = sound_section(project, frame, span);
        (section.span, section)
    })
}

/// A clip that can be heard, with how it begins and ends.
fn sound(project: &Project, track: &crate::model::Track, clip: Clip) -> Option<Sound> {
    let asset = Arc::clone(project.assets.get(&clip.content.asset).filter(|a| a.info.has_audio())?);
    if !clip.enabled || clip.speed.is_frozen() {
        return None;
    }
    let sequence = project.sequence();
    let next = track.clips.after(clip.end()).filter(|next| next.start == clip.end());
    let before = if clip.start > Frame::ZERO { track.clips.at(clip.start - FrameCount(1)) } else { None };
    let (fade_in, fade_out) = clip.fades();
    let declick = i64::from(sequence.sample_rate) * DECLICK_MS / 1000;
    let ramp = |from: i64, to: i64| Ramp { from, to, equal_power: false };
    let cross = |right: &Clip, transition: crate::model::Transition| Ramp {
        from: sequence.sample_of(right.start - transition.before),
        to: sequence.sample_of(right.start + transition.after()),
        equal_power: true,
    };
    let (start, end) = (sequence.sample_of(clip.start), sequence.sample_of(clip.end()));
    let declick = declick.min((end - start) / 2);
    let handles = project.handles(sequence.rate, &clip);
    let rise = match (clip.transition, &before) {
        (Some(transition), Some(_)) => cross(&clip, transition),
        _ if fade_in > FrameCount::ZERO => ramp(start, sequence.sample_of(clip.start + fade_in)),
        // sound that begins where its media begin, or goes on from the clip before, does not click
        (_, Some(before)) if clip.continues(before, sequence.rate) => ramp(start, start),
        _ if handles.before == FrameCount::ZERO => ramp(start, start),
        _ => ramp(start, start + declick),
    };
    let fall = match next.as_ref().map(|n| (n, n.transition)) {
        Some((next, Some(transition))) => cross(next, transition),
        _ if fade_out > FrameCount::ZERO => ramp(sequence.sample_of(clip.end() - fade_out), end),
        Some((next, None)) if next.continues(&clip, sequence.rate) => ramp(end, end),
        _ if handles.after == FrameCount::ZERO => ramp(end, end),
        _ => ramp(end - declick, end),
    };
    Some(Sound { clip, asset, rise, fall })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    #[test]
    fn sound_sections_obey_mute_and_solo() {
        let project = parse("V1: A@0+10 | A1: A@0+10, B@10+5 | A2: C@5+10");
        let span = project.sequence().span();
        let at = |frame| {
            let section = sound_section(&project, Frame(frame), span);
            (section.span.start.0, section.span.length.0, section.sounds.len())
        };
        assert_eq!([at(0), at(5), at(12)], [(0, 5, 1), (5, 5, 2), (10, 5, 2)]);
    }

    #[test]
    fn crossfades_keep_the_power_and_cuts_do_not_click() {
        let project = parse("A1: A@0+24 src9, B@24+24 src9 <8:4, C@60+10 src5, C@70+10 src15");
        let sequence = project.sequence();
        let heard = |frame: i64| sound_section(&project, Frame(frame), sequence.span());
        assert_eq!((heard(22).span.start.0, heard(22).span.length.0, heard(22).sounds.len()), (20, 8, 2));
        let gain = |sound: &Sound, sample: i64| {
            let mut one = [[1.0, 1.0]];
            sound.apply_gain(&mut one, sample, sequence);
            f64::from(one[0][0])
        };
        for sample in (40_000..56_000).step_by(777) {
            let power: f64 = heard(22).sounds.iter().map(|s| gain(s, sample).powi(2)).sum();
            assert!((power - 1.0).abs() < 1e-5, "{sample}: {power}");
        }
        // 2 ms of rise at the hard cut at 60, none where the same media go on at 70
        let c = &heard(61).sounds[0];
        let start = 60 * 2000;
        assert_eq!([gain(c, start), gain(c, start + 48), gain(c, start + 96)], [0.0, 0.5, 1.0]);
        assert_eq!(gain(c, 70 * 2000 - 1), 1.0);
        assert_eq!(gain(&heard(75).sounds[0], 70 * 2000), 1.0);
    }
}
