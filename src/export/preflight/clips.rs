//! What people should know of the clips of a film before it is made. Pure.

use super::Finding;
use crate::export::copying::{Left, Why};
use crate::export::target::{Format, Pictures, Target};
use crate::model::{
    Asset, AssetId, ClipId, Frame, FrameCount, FrameRate, MediaKind, Project, Sequence, Span, TrackKind,
    format_timecode,
};
use crate::render::{Layer, PictureSection, picture_sections, sound_sections};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// By how much a picture is enlarged before it is worth telling: below that nobody sees it.
const ENLARGED: f64 = 1.2;

/// The part of the film's rate that a slowed clip has pictures for, below which it stutters.
const SLOWED: f64 = 0.75;

/// A gap of so few frames is seen as a flash, and nobody's wish.
const FLASH: FrameCount = FrameCount(5);

/// What is told of clips of one file together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Enlarged,
    Slowed,
    Uneven,
}

/// Clips of one file of which something is told.
struct Group {
    asset: Arc<Asset>,
    first: (ClipId, Frame),
    clips: HashSet<ClipId>,
    /// What is told of the worst of them: the enlargement, or the share of the film's rate.
    worst: f64,
}

/// The first clip of a span that shows or sounds from a file, and where it begins.
pub(super) fn first_of(project: &Project, span: Span, source: &Path) -> Option<(ClipId, Frame)> {
    let tracks = project.sequence().tracks.iter().filter(|t| !t.muted);
    let clips = tracks.flat_map(|t| t.clips.range(span).filter(|c| c.enabled));
    let is_of = |id: &AssetId| project.assets.get(id).is_some_and(|asset| asset.path == source);
    clips.filter(|c| is_of(&c.content.asset)).map(|c| (c.id, c.start.max(span.start))).min_by_key(|(_, at)| *at)
}

/// All there is to tell of a span of the open sequence.
pub(super) fn remarks(project: &Project, target: &Target, span: Span) -> Vec<Finding> {
    let sequence = project.sequence();
    let (canvas, _) = target.size.of((sequence.width, sequence.height));
    let (seen, heard) = match target.format {
        Format::Film(_) => (true, true),
        Format::Sound(_) => (false, true),
        Format::Pictures(_) => (true, false),
    };
    let is_still = matches!(target.format, Format::Pictures(Pictures::Still));
    let span = if is_still { Span { length: FrameCount(1), ..span } } else { span };
    let mut found = Vec::new();
    if seen {
        let mut empty = Stretches::default();
        let mut groups = BTreeMap::new();
        for section in picture_sections(project, span, canvas) {
            if section.layers.is_empty() {
                empty.add(section.span);
            }
            group(&section, sequence, canvas, is_still, &mut groups);
        }
        found.extend(groups.iter().map(|((kind, _), group)| told(*kind, group, sequence.rate)));
        found.extend(empty.unseen(span, sequence.rate));
    }
    if heard {
        let mut silent = Stretches::default();
        for section in sound_sections(project, span) {
            if section.sounds.is_empty() {
                silent.add(section.span);
            }
        }
        found.extend(silent.unheard(span, sequence.rate));
    }
    found.extend(off(sequence, span, (seen, heard)));
    found
}

/// What is encoded although copying was wanted, for each reason.
pub(super) fn not_copied(project: &Project, left: &[Left]) -> Vec<Finding> {
    let mut by_reason: BTreeMap<&Why, Vec<&Left>> = BTreeMap::new();
    for one in left {
        by_reason.entry(&one.why).or_default().push(one);
    }
    let told = by_reason.into_iter().filter_map(|(why, those)| {
        let first = those.iter().min_by_key(|one| one.span.start)?;
        let clips: HashSet<ClipId> = those.iter().map(|one| one.clip).collect();
        let name = project.sequence().clip(first.clip).map_or_else(String::new, |(_, clip)| clip.content.name.clone());
        let whose = match clips.len() {
            1 => format!("pictures of {name} are"),
            n => format!("pictures of {n} clips ({name} first) are"),
        };
        Some(Finding {
            blocks: false,
            clip: Some(first.clip),
            at: Some(first.span.start),
            source: project.assets.get(&first.asset).map(|asset| asset.path.clone()),
            text: format!("{whose} encoded, not copied: they {}", why.in_words()),
        })
    });
    told.collect()
}

/// Sorts what is to be told of a section's clips.
fn group(
    section: &PictureSection,
    sequence: &Sequence,
    canvas: (u32, u32),
    is_still: bool,
    groups: &mut BTreeMap<(Kind, AssetId), Group>,
) {
    for layer in section.layers.iter().filter(|layer| layer.asset.info.generator.is_none()) {
        let mut add = |kind, value: f64, is_worse: fn(f64, f64) -> bool| {
            let group = groups.entry((kind, layer.asset.id)).or_insert_with(|| Group {
                asset: Arc::clone(&layer.asset),
                first: (layer.clip.id, section.span.start),
                clips: HashSet::new(),
                worst: value,
            });
            group.clips.insert(layer.clip.id);
            if is_worse(value, group.worst) {
                group.worst = value;
            }
        };
        if let Some(larger) = enlarged(layer, section.span, sequence, canvas) {
            add(Kind::Enlarged, larger, |a, b| a > b);
        }
        if is_still {
            continue;
        }
        if let Some((kind, share)) = rate(layer, sequence.rate) {
            add(kind, share, |a, b| a < b);
        }
    }
}

/// How many times as wide or high as it is a layer is shown, where that is worth telling.
fn enlarged(layer: &Layer, span: Span, sequence: &Sequence, canvas: (u32, u32)) -> Option<f64> {
    // drawings have no size of their own
    if layer.asset.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg")) {
        return None;
    }
    let video = layer.asset.info.video_stream(layer.clip.content.stream)?;
    let at = |frame| {
        let (width, height) = layer.pose(frame, sequence, canvas).size;
        (width / f64::from(video.width.max(1))).max(height / f64::from(video.height.max(1)))
    };
    let most = at(span.start).max(at(span.end() - FrameCount(1)));
    (most >= ENLARGED).then_some(most)
}

/// What part of the film's frames a layer has pictures for, where these are too few or don't come out even.
fn rate(layer: &Layer, of_film: FrameRate) -> Option<(Kind, f64)> {
    let video = layer.asset.info.video_stream(layer.clip.content.stream)?;
    let speed = layer.clip.speed;
    if layer.asset.info.kind != MediaKind::Video || video.variable_rate || speed.is_frozen() {
        return None;
    }
    let share = video.rate?.as_f64() * speed.as_f64().abs() / of_film.as_f64();
    let times = if share >= 1.0 { share } else { 1.0 / share };
    if speed.as_f64().abs() < 1.0 && share < SLOWED {
        Some((Kind::Slowed, share))
    } else {
        ((times - times.round()).abs() > 1e-4).then_some((Kind::Uneven, share))
    }
}

fn told(kind: Kind, group: &Group, of_film: FrameRate) -> Finding {
    let asset = &group.asset;
    let (whose, are) = match group.clips.len() {
        1 => (asset.name.clone(), "is"),
        n => (format!("{n} clips of {}", asset.name), "are"),
    };
    let video = asset.info.video.as_ref();
    let text = match kind {
        Kind::Enlarged => {
            let (width, height) = video.map_or((0, 0), |v| (v.width, v.height));
            let most = group.worst * 100.0;
            format!(
                "{whose} ({width}×{height}) {are} enlarged to {most:.0} %, which looks soft; use a larger original, \
                 or export a smaller picture"
            )
        }
        Kind::Slowed => {
            let each = 1.0 / group.worst;
            let (few, most) = (each.floor(), each.ceil());
            let times = if most - few < 0.5 { format!("{few:.0}") } else { format!("{few:.0} to {most:.0}") };
            format!(
                "{whose} {are} so slow that each picture is shown {times} times; use footage of a higher rate, \
                 or make it faster"
            )
        }
        Kind::Uneven => {
            let rate = video.and_then(|v| v.rate).map_or_else(String::new, FrameRate::in_words);
            let what = if group.worst > 1.0 { "some pictures are left out" } else { "some pictures are shown twice" };
            format!(
                "{whose} ({rate} pictures a second) {are} shown at {} a second: {what}; \
                 set the sequence to the rate that most of its clips have",
                of_film.in_words()
            )
        }
    };
    let (clip, at) = group.first;
    Finding { blocks: false, clip: Some(clip), at: Some(at), source: Some(asset.path.clone()), text }
}

/// Stretches of a film in order, those that touch as one.
#[derive(Default)]
struct Stretches(Vec<Span>);

impl Stretches {
    fn add(&mut self, span: Span) {
        match self.0.last_mut() {
            Some(last) if last.end() == span.start => last.length += span.length,
            _ => self.0.push(span),
        }
    }

    /// "in 3 places, 120 frames in all, the first from … to …" of some of them.
    fn in_words(these: &[Span], rate: FrameRate) -> Option<(Frame, String)> {
        let first = these.first()?;
        let from_to = format!("{} to {}", format_timecode(first.start, rate), format_timecode(first.end(), rate));
        let frames: i64 = these.iter().map(|s| s.length.0).sum();
        let s = if frames == 1 { "" } else { "s" };
        let text = match these.len() {
            1 => format!("from {from_to} ({frames} frame{s})"),
            n => format!("in {n} places, {frames} frames in all, the first from {from_to}"),
        };
        Some((first.start, text))
    }

    fn is_all_of(&self, span: Span) -> bool {
        self.0 == [span]
    }

    /// What is told where nothing is seen.
    fn unseen(&self, span: Span, rate: FrameRate) -> Vec<Finding> {
        if self.is_all_of(span) {
            return vec![Finding::remark(
                "nothing is seen in all of the film; export sound alone, or add pictures".into(),
            )];
        }
        let (flashes, gaps): (Vec<Span>, Vec<Span>) = self.0.iter().partition(|s| s.length <= FLASH);
        let of = |these: &[Span], what: &str, remedy: &str| {
            let (at, places) = Self::in_words(these, rate)?;
            Some(Finding { at: Some(at), ..Finding::remark(format!("{what} {places}; {remedy}")) })
        };
        let flashes = of(&flashes, "black flashes up", "close the gaps between the clips");
        let gaps = of(&gaps, "nothing is seen", "close the gaps or put something there, unless it is to be black");
        flashes.into_iter().chain(gaps).collect()
    }

    /// What is told where nothing is heard.
    fn unheard(&self, span: Span, rate: FrameRate) -> Option<Finding> {
        if self.is_all_of(span) {
            return Some(Finding::remark(
                "nothing is heard in all of the film; add sound, unless it is to be silent".into(),
            ));
        }
        let (at, places) = Self::in_words(&self.0, rate)?;
        let text = format!("nothing is heard {places}; add sound there, unless it is to be silent");
        Some(Finding { at: Some(at), ..Finding::remark(text) })
    }
}

/// Tracks that are switched off and have something there, and those that others are silent for.
fn off(sequence: &Sequence, span: Span, (seen, heard): (bool, bool)) -> Vec<Finding> {
    let counts = |kind| match kind {
        TrackKind::Video => seen,
        TrackKind::Audio => heard,
    };
    let has_clips = |track: &&Arc<crate::model::Track>| track.clips.range(span).any(|c| c.enabled);
    let muted = sequence.tracks.iter().filter(|t| t.muted && counts(t.kind)).filter(has_clips);
    let mut found: Vec<Finding> = muted
        .map(|t| {
            Finding::remark(format!(
                "the track {} is switched off: it is not in the film; switch it on if it should be",
                t.name
            ))
        })
        .collect();
    let sounding = |solo| {
        let mut these = sequence.tracks_of(TrackKind::Audio).filter(|t| !t.muted && t.solo == solo);
        these.any(|t| solo || has_clips(&t))
    };
    if heard && sounding(true) && sounding(false) {
        let text = "some tracks play solo: the other sound is not in the film; end solo if it should be";
        found.push(Finding::remark(text.into()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::{clip, parse};
    use crate::export::find_preset;
    use crate::model::{Param, Property, Speed};

    fn texts(project: &Project, preset: &str) -> Vec<String> {
        let target = &find_preset(preset).unwrap().target;
        remarks(project, target, project.sequence().span()).into_iter().map(|f| f.text).collect()
    }

    fn has(texts: &[String], parts: &[&str]) -> bool {
        texts.iter().any(|text| parts.iter().all(|part| text.contains(part)))
    }

    #[test]
    fn a_film_without_faults_has_nothing_told_of_it() {
        let project = parse("V1: A@0+24, B@24+24 | A1: A@0+24, B@24+24");
        assert_eq!(texts(&project, "h264"), Vec::<String>::new());
    }

    #[test]
    fn gaps_and_silence_are_told_with_their_places() {
        let project = parse("V1: A@0+24, B@26+24, A@100+10 | A1: A@0+40");
        let told = texts(&project, "h264");
        assert!(has(&told, &["black flashes up from 00:00:01:00 to 00:00:01:02 (2 frames)"]), "{told:?}");
        assert!(has(&told, &["nothing is seen from 00:00:02:02 to 00:00:04:04 (50 frames)"]), "{told:?}");
        assert!(has(&told, &["nothing is heard from 00:00:01:16 to"]), "{told:?}");
        // what is not in the file is not told of
        let sound = texts(&project, "wav");
        assert!(sound.len() == 1 && has(&sound, &["heard"]), "{sound:?}");
        let gif = texts(&project, "gif");
        assert!(!has(&gif, &["heard"]) && has(&gif, &["seen"]), "{gif:?}");
        let silent = texts(&parse("V1: A@0+24"), "h264");
        assert_eq!(silent.len(), 1, "{silent:?}");
        assert!(silent[0].contains("nothing is heard in all"));
    }

    #[test]
    fn pictures_that_are_made_larger_or_slower_are_told_with_their_files() {
        let mut project = parse("V1: A@0+24, B@24+24, B@48+24 | A1: A@0+72");
        let scale = crate::edit::Edit::SetProperty {
            clips: vec![clip(&project, "A", 0)],
            property: Property::Scale(Param::fixed(1.5)),
        };
        project = crate::edit::apply(&project, &scale).unwrap();
        let told = texts(&project, "h264");
        assert!(told.len() == 1 && has(&told, &["A", "1920×1080", "150 %"]), "{told:?}");
        let slow = crate::edit::Edit::SetSpeed {
            clips: vec![clip(&project, "B", 0), clip(&project, "B", 1)],
            speed: Speed::new(2, 5).unwrap(),
            ripple: true,
            sync_lock: false,
            alone: false,
        };
        project = crate::edit::apply(&project, &slow).unwrap();
        let told = texts(&project, "h264");
        assert!(has(&told, &["2 clips of B are so slow", "2 to 3 times"]), "{told:?}");
        // a smaller picture needs no enlargement
        assert!(!has(&texts(&project, "gif"), &["150 %"]));
    }

    #[test]
    fn rates_that_do_not_come_out_even_are_told() {
        let with_rate = |num, den| {
            let mut project = parse("V1: A@0+24 | A1: A@0+24");
            for asset in Arc::make_mut(&mut project.assets).values_mut() {
                let asset = Arc::make_mut(asset);
                if let Some(video) = &mut asset.info.video {
                    video.rate = FrameRate::new(num, den);
                }
            }
            texts(&project, "h264")
        };
        assert!(has(&with_rate(30, 1), &["30 pictures a second", "24 a second", "left out"]), "{:?}", with_rate(30, 1));
        assert!(has(&with_rate(24_000, 1001), &["shown twice"]));
        assert!(with_rate(48, 1).is_empty() && with_rate(12, 1).is_empty());
    }

    #[test]
    fn what_is_switched_off_is_told() {
        let mut project = parse("V1: A@0+24 | V2: B@0+24 | A1: A@0+24 | A2: B@0+24");
        let track = |project: &mut Project, name: &str, change: fn(&mut crate::model::Track)| {
            let tracks = &mut project.sequence_mut().tracks;
            change(Arc::make_mut(tracks.iter_mut().find(|t| t.name == name).unwrap()));
        };
        track(&mut project, "V2", |t| t.muted = true);
        track(&mut project, "A1", |t| t.solo = true);
        let told = texts(&project, "h264");
        assert!(told.len() == 2 && has(&told, &["V2", "switched off"]) && has(&told, &["solo"]), "{told:?}");
    }
}
