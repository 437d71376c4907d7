//! OpenTimelineIO's JSON, in and out (<https://opentimelineio.readthedocs.io/en/stable/tutorials/otio-serialized-schema.html>).
//!
//! Everything it can say is said in its own terms; what it can't (exact fractions, links, how clips look) goes into
//! the `workprint` metadata, and comes back from there.

use super::InterchangeError;
use super::otio_values::{
    MOST_NESTING, Window, array, first_rate, kind_of, reference, schema, text_of, time, time_range, time_rate,
    without_infinities,
};
use super::outline::{Outline, OutlineClip, OutlineTrack};
use crate::model::{
    Clip, Frame, FrameCount, FrameRate, Marker, MarkerColor, Project, Properties, Sequence, SourceTime, Speed,
    TrackKind, Transition, TransitionKind,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use url::Url;

/// The active sequence as a timeline.
#[must_use]
pub fn write_otio(project: &Project) -> String {
    let sequence = project.sequence();
    let tracks: Vec<Value> = sequence
        .tracks
        .iter()
        .map(|track| {
            json!({
                "OTIO_SCHEMA": "Track.1", "name": track.name, "metadata": {}, "source_range": null, "effects": [],
                "markers": [], "enabled": !track.muted,
                "kind": if track.kind == TrackKind::Video { "Video" } else { "Audio" },
                "children": children(project, sequence, track),
            })
        })
        .collect();
    let markers: Vec<Value> = sequence
        .markers
        .iter()
        .map(|marker| {
            json!({
                "OTIO_SCHEMA": "Marker.2", "name": marker.name, "metadata": {}, "comment": "",
                "color": format!("{:?}", marker.color).to_uppercase(),
                "marked_range": range(sequence.rate.time_of(marker.at), SourceTime::ZERO, sequence.rate),
            })
        })
        .collect();
    let timeline = json!({
        "OTIO_SCHEMA": "Timeline.1", "name": sequence.name,
        "metadata": {"workprint": {"width": sequence.width, "height": sequence.height,
            "rate": [sequence.rate.num(), sequence.rate.den()]}},
        "global_start_time": rational(SourceTime::ZERO, sequence.rate),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1", "name": "tracks", "metadata": {}, "source_range": null, "effects": [],
            "markers": markers, "enabled": true, "children": tracks,
        },
    });
    format!("{timeline:#}\n")
}

fn children(project: &Project, sequence: &Sequence, track: &crate::model::Track) -> Vec<Value> {
    let rate = sequence.rate;
    let mut children = Vec::new();
    let mut end = Frame::ZERO;
    for clip in track.clips.iter() {
        if clip.start > end {
            let length = rate.duration_of(clip.start - end);
            children.push(json!({
                "OTIO_SCHEMA": "Gap.1", "name": "", "metadata": {}, "effects": [], "markers": [], "enabled": true,
                "source_range": range(SourceTime::ZERO, length, rate),
            }));
        }
        if let Some(transition) = clip.transition {
            let kind = if transition.kind == TransitionKind::Dissolve { "SMPTE_Dissolve" } else { "Custom_Transition" };
            children.push(json!({
                "OTIO_SCHEMA": "Transition.1", "name": transition.kind.name(), "transition_type": kind,
                "metadata": {"workprint": {"kind": transition.kind}},
                "in_offset": rational(rate.duration_of(transition.before), rate),
                "out_offset": rational(rate.duration_of(transition.after()), rate),
            }));
        }
        children.push(clip_to_json(project, &clip, rate));
        end = clip.end();
    }
    children
}

fn clip_to_json(project: &Project, clip: &Clip, rate: FrameRate) -> Value {
    let (first, _) = clip.media(rate);
    let asset = project.assets.get(&clip.content.asset);
    let (num, den) = clip.speed.fraction();
    let effects: Vec<Value> = match (num, den) {
        (1, 1) => Vec::new(),
        (0, _) => vec![json!({
            "OTIO_SCHEMA": "FreezeFrame.1", "name": "", "metadata": {}, "effect_name": "FreezeFrame",
            "time_scalar": 0.0, "enabled": true,
        })],
        _ => vec![json!({
            "OTIO_SCHEMA": "LinearTimeWarp.1", "name": "", "metadata": {}, "effect_name": "LinearTimeWarp",
            "time_scalar": clip.speed.as_f64(), "enabled": true,
        })],
    };
    let reference = asset.map_or_else(
        || json!({"OTIO_SCHEMA": "MissingReference.1", "name": "", "metadata": {}, "available_range": null}),
        |asset| {
            let url = Url::from_file_path(&asset.path)
                .map_or_else(|()| asset.path.to_string_lossy().into_owned(), |u| u.to_string());
            let available = asset.info.duration.map(|d| range(SourceTime::ZERO, d, rate));
            json!({
                "OTIO_SCHEMA": "ExternalReference.1", "name": asset.name, "metadata": {}, "target_url": url,
                "available_range": available, "available_image_bounds": null,
            })
        },
    );
    json!({
        "OTIO_SCHEMA": "Clip.2", "name": clip.content.name, "effects": effects, "markers": [], "enabled": clip.enabled,
        "metadata": {"workprint": {
            "source_in": clip.source_in.0, "speed": [num, den], "link": clip.link.map(|l| l.0),
            "properties": clip.content.properties,
        }},
        "source_range": range(first, rate.duration_of(clip.length), rate),
        "media_references": {"DEFAULT_MEDIA": reference}, "active_media_reference_key": "DEFAULT_MEDIA",
    })
}

/// A time at a rate: whole frames where it is on one.
fn rational(time: SourceTime, rate: FrameRate) -> Value {
    let frame = rate.frame_nearest(time);
    let value = if (rate.time_of(frame) - time).0.abs() <= 1 {
        frame.0 as f64
    } else {
        time.0 as f64 * f64::from(rate.num()) / (f64::from(rate.den()) * SourceTime::SECOND.0 as f64)
    };
    json!({"OTIO_SCHEMA": "RationalTime.1", "rate": rate.as_f64(), "value": value})
}

fn range(start: SourceTime, duration: SourceTime, rate: FrameRate) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1", "start_time": rational(start, rate), "duration": rational(duration, rate),
    })
}

/// Reads a timeline; `folder` is where its relative paths begin.
///
/// # Errors
/// [`InterchangeError`] when it is no timeline.
pub fn read_otio(text: &str, folder: &Path) -> Result<Outline, InterchangeError> {
    let wrong = |why: String| InterchangeError::Format { format: "an OpenTimelineIO timeline", why };
    let root: Value = serde_json::from_str(&without_infinities(text)).map_err(|e| wrong(e.to_string()))?;
    let timeline = find_timeline(&root, 0).ok_or_else(|| wrong("there is no timeline in it".into()))?;
    let stack = &timeline["tracks"];
    let rate = own_rate(timeline)
        .or_else(|| time_rate(&timeline["global_start_time"]))
        .or_else(|| first_rate(stack, 0))
        .ok_or_else(|| wrong("nothing in it has a frame rate".into()))?;
    let own = &timeline["metadata"]["workprint"];
    let side = |name: &str| own[name].as_u64().and_then(|n| u32::try_from(n).ok());
    let outline = Outline {
        name: text_of(&timeline["name"]).unwrap_or_else(|| "Timeline".into()),
        rate,
        size: side("width").zip(side("height")),
        tracks: Vec::new(),
        markers: Vec::new(),
        warnings: Vec::new(),
    };
    let mut reader = Reader { outline, folder, lanes: Vec::new() };
    reader.markers(stack, SourceTime::ZERO);
    for (index, child) in array(&stack["children"]).iter().enumerate() {
        let kind = kind_of(child);
        let name = text_of(&child["name"]).unwrap_or_else(|| {
            let letter = if kind == TrackKind::Video { 'V' } else { 'A' };
            format!("{letter}{}", reader.lanes.iter().filter(|l| l.0.kind == kind).count() + 1)
        });
        reader.lanes.push((OutlineTrack { name, kind, clips: Vec::new() }, index));
        let lane = reader.lanes.len() - 1;
        reader.lay(child, lane, SourceTime::ZERO, None, 0)?;
    }
    reader.outline.tracks = reader.lanes.into_iter().map(|(track, _)| track).collect();
    Ok(reader.outline)
}

/// A timeline at the top, or the first of a collection.
fn find_timeline(value: &Value, depth: usize) -> Option<&Value> {
    match schema(value) {
        "Timeline" => Some(value),
        "SerializableCollection" if depth < MOST_NESTING => {
            array(&value["children"]).iter().find_map(|child| find_timeline(child, depth + 1))
        }
        _ => None,
    }
}

fn own_rate(timeline: &Value) -> Option<FrameRate> {
    let rate = &timeline["metadata"]["workprint"]["rate"];
    let part = |index: usize| rate[index].as_u64().and_then(|n| u32::try_from(n).ok());
    FrameRate::new(part(0)?, part(1)?)
}

struct Reader<'a> {
    outline: Outline,
    folder: &'a Path,
    /// The tracks so far, and which of the timeline's tracks each belongs to.
    lanes: Vec<(OutlineTrack, usize)>,
}

impl Reader<'_> {
    /// Puts an item at a time on a track, as far as `window` shows of it. Gives how long it is.
    fn lay(
        &mut self,
        item: &Value,
        lane: usize,
        at: SourceTime,
        window: Window,
        depth: usize,
    ) -> Result<SourceTime, InterchangeError> {
        if depth > MOST_NESTING {
            return Err(InterchangeError::Content("compositions are nested too deeply".into()));
        }
        let own = time_range(&item["source_range"]);
        match schema(item) {
            "Clip" => Ok(self.clip(item, lane, at, window)),
            "Gap" => Ok(window.or(own).map_or(SourceTime::ZERO, |(_, length)| length)),
            "Track" => {
                let shown = combine(own, window);
                self.markers(item, at - shown.map_or(SourceTime::ZERO, |(start, _)| start));
                self.track(item, lane, at, shown, depth)
            }
            "Stack" => {
                let shown = combine(own, window);
                self.markers(item, at - shown.map_or(SourceTime::ZERO, |(start, _)| start));
                let mut longest = SourceTime::ZERO;
                for (index, child) in array(&item["children"]).iter().enumerate() {
                    let lane = if index == 0 { lane } else { self.lane_above(lane, at, child) };
                    let rest = |start: SourceTime| SourceTime((Self::length(child, depth) - start).0.max(0));
                    let window = shown.map(|(start, length)| (base(child) + start, length.min(rest(start))));
                    if window.is_none_or(|(_, length)| length > SourceTime::ZERO) {
                        longest = longest.max(self.lay(child, lane, at, window, depth + 1)?);
                    }
                }
                Ok(shown.map_or(longest, |(_, length)| length))
            }
            "Timeline" => self.lay(&item["tracks"], lane, at, window, depth + 1),
            other => {
                self.outline.warnings.push(format!("'{other}' is not known; left out"));
                Ok(own.map_or(SourceTime::ZERO, |(_, length)| length))
            }
        }
    }

    /// The children of a track one after the other, with what lies between them.
    fn track(
        &mut self,
        item: &Value,
        lane: usize,
        at: SourceTime,
        shown: Window,
        depth: usize,
    ) -> Result<SourceTime, InterchangeError> {
        // some programs write a range that has nothing to do with what is in it: then all of it is shown
        let items = array(&item["children"]).iter().filter(|c| schema(c) != "Transition");
        let whole = items.map(|c| Self::length(c, depth + 1)).fold(SourceTime::ZERO, |a, b| a + b);
        let shown = shown.filter(|(start, length)| *start < whole && *start + *length > SourceTime::ZERO);
        let (first, last) =
            shown.map_or((SourceTime::ZERO, SourceTime(i64::MAX / 4)), |(start, length)| (start, start + length));
        let mut now = SourceTime::ZERO;
        let mut transition = None;
        for child in array(&item["children"]) {
            if schema(child) == "Transition" {
                transition = Some(child);
                continue;
            }
            let length = Self::length(child, depth);
            if length == SourceTime::ZERO && schema(child) == "Clip" {
                let name = text_of(&child["name"]).unwrap_or_default();
                self.outline.warnings.push(format!("'{name}' has no length; left out"));
            }
            let (from, to) = (now.max(first), (now + length).min(last));
            if to > from {
                let cut = (from > now || to < now + length).then_some((from - now, to - from));
                let before = self.lanes[lane].0.clips.len();
                let start = at + (from - first);
                let window = cut.map(|(offset, length)| (base(child) + offset, length));
                self.lay(child, lane, start, window, depth + 1)?;
                let new = self.lanes[lane].0.clips.get_mut(before);
                if let (Some(transition), Some(clip)) = (transition.take(), new) {
                    clip.transition = read_transition(transition, self.outline.rate);
                }
            }
            transition = None;
            now += length;
        }
        Ok(shown.map_or(now, |(_, length)| length))
    }

    /// How long an item is.
    fn length(item: &Value, depth: usize) -> SourceTime {
        if depth > MOST_NESTING {
            return SourceTime::ZERO;
        }
        if let Some((_, length)) = time_range(&item["source_range"]) {
            return length;
        }
        let children = || array(&item["children"]).iter();
        match schema(item) {
            "Clip" => time_range(&reference(item)["available_range"]).map_or(SourceTime::ZERO, |(_, length)| length),
            "Track" => {
                let items = children().filter(|c| schema(c) != "Transition");
                items.map(|c| Self::length(c, depth + 1)).fold(SourceTime::ZERO, |a, b| a + b)
            }
            "Stack" => children().map(|c| Self::length(c, depth + 1)).max().unwrap_or_default(),
            "Timeline" => Self::length(&item["tracks"], depth + 1),
            _ => SourceTime::ZERO,
        }
    }

    fn clip(&mut self, item: &Value, lane: usize, at: SourceTime, window: Window) -> SourceTime {
        let rate = self.outline.rate;
        let reference = reference(item);
        let available = time_range(&reference["available_range"]);
        let own = time_range(&item["source_range"]).or(available);
        // what has no length was left out by the track
        let Some((own_start, own_length)) = own else { return SourceTime::ZERO };
        let (start, length) = window.unwrap_or((own_start, own_length));
        self.markers(item, at - start);
        let (first, end) = (rate.frame_nearest(at), rate.frame_nearest(at + length));
        let Some(source) = self.source(reference, item) else { return length };
        if end <= first {
            return length;
        }
        let speed = self.speed(item);
        // media may count from a timecode: in points are counted from their beginning here
        let origin = available.map_or(SourceTime::ZERO, |(origin, _)| origin);
        let skipped = speed.scale(start - own_start);
        let media = |time: SourceTime| time - origin;
        let mut source_in = media(own_start) + skipped;
        if speed.is_backward() {
            source_in = media(own_start) + speed.reversed().scale(own_length) + skipped;
        }
        let metadata = &item["metadata"]["workprint"];
        if let Some(exact) = metadata["source_in"].as_i64().filter(|_| window.is_none()) {
            source_in = SourceTime(exact);
        }
        self.lanes[lane].0.clips.push(OutlineClip {
            name: text_of(&item["name"])
                .or_else(|| source.file_name().map(|n| n.to_string_lossy().into_owned()))
                .unwrap_or_default(),
            source,
            start: first,
            length: end - first,
            source_in,
            speed,
            link: metadata["link"].as_u64(),
            enabled: item["enabled"].as_bool().unwrap_or(true),
            transition: None,
            media_length: available.map(|(_, length)| length),
            properties: serde_json::from_value::<Properties>(metadata["properties"].clone()).unwrap_or_default(),
        });
        length
    }

    /// The file that a clip shows; what is made up by a generator, or missing, has none.
    fn source(&mut self, reference: &Value, item: &Value) -> Option<PathBuf> {
        let name = text_of(&item["name"]).unwrap_or_default();
        if schema(reference) == "GeneratorReference" {
            self.outline.warnings.push(format!("'{name}' is generated; left out"));
            return None;
        }
        let Some(target) = text_of(&reference["target_url"]).or_else(|| text_of(&reference["target_url_base"])) else {
            // offline, under the clip's own name: it can be relinked
            return (!name.is_empty()).then(|| self.folder.join(name));
        };
        let path = match Url::parse(&target) {
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
            // a drive's letter is no scheme
            Ok(url) if url.scheme().len() > 1 => Some(PathBuf::from(target.clone())),
            _ => None,
        };
        Some(path.unwrap_or_else(|| self.folder.join(target)))
    }

    fn speed(&mut self, item: &Value) -> Speed {
        let own = &item["metadata"]["workprint"]["speed"];
        let exact = own[0]
            .as_i64()
            .zip(own[1].as_u64())
            .and_then(|(num, den)| Speed::new(i32::try_from(num).ok()?, u32::try_from(den).ok()?));
        if let Some(speed) = exact {
            return speed;
        }
        let mut speed = 1.0;
        for effect in array(&item["effects"]) {
            match schema(effect) {
                "FreezeFrame" => speed = 0.0,
                "LinearTimeWarp" => speed *= effect["time_scalar"].as_f64().unwrap_or(1.0),
                _ => {
                    let name = text_of(&effect["effect_name"]).or_else(|| text_of(&effect["name"])).unwrap_or_default();
                    self.outline.warnings.push(format!("the effect '{name}' is not known; left out"));
                }
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is checked by Speed::new")]
        let num = (speed * 1_000_000.0).round() as i32;
        Speed::new(num, 1_000_000).unwrap_or_default()
    }

    fn markers(&mut self, item: &Value, origin: SourceTime) {
        for marker in array(&item["markers"]) {
            let Some((start, _)) = time_range(&marker["marked_range"]) else { continue };
            let color = text_of(&marker["color"]).unwrap_or_default();
            self.outline.markers.push(Marker {
                at: self.outline.rate.frame_nearest(origin + start),
                name: text_of(&marker["name"]).or_else(|| text_of(&marker["comment"])).unwrap_or_default(),
                color: MarkerColor::ALL
                    .into_iter()
                    .find(|c| format!("{c:?}").eq_ignore_ascii_case(&color))
                    .unwrap_or_default(),
            });
        }
    }

    /// A track above another, free from `at` on, for what is stacked inside a track.
    fn lane_above(&mut self, lane: usize, at: SourceTime, child: &Value) -> usize {
        let kind = if array(&child["children"]).is_empty() { self.lanes[lane].0.kind } else { kind_of(child) };
        let frame = self.outline.rate.frame_nearest(at);
        let free = |l: &(OutlineTrack, usize)| {
            l.0.kind == kind && l.0.clips.last().is_none_or(|c| c.start + c.length <= frame)
        };
        if let Some(found) = (lane + 1..self.lanes.len()).find(|i| free(&self.lanes[*i])) {
            return found;
        }
        let name = format!("{} +", self.lanes[lane].0.name);
        let index = self.lanes[lane].1;
        self.lanes.push((OutlineTrack { name, kind, clips: Vec::new() }, index));
        self.lanes.len() - 1
    }
}

/// The part of an item that is seen, when its parent shows only `window` of it.
fn combine(own: Window, window: Window) -> Window {
    match (own, window) {
        (own, None) => own,
        (_, Some(window)) => Some(window),
    }
}

/// Where an item's own time begins.
fn base(item: &Value) -> SourceTime {
    let available = || time_range(&reference(item)["available_range"]).filter(|_| schema(item) == "Clip");
    time_range(&item["source_range"]).or_else(available).map_or(SourceTime::ZERO, |(start, _)| start)
}

fn read_transition(item: &Value, rate: FrameRate) -> Option<Transition> {
    let frames = |name: &str| time(&item[name]).map_or(0, |t| rate.frame_nearest(t).0.max(0));
    let (before, after) = (frames("in_offset"), frames("out_offset"));
    let kind = serde_json::from_value::<TransitionKind>(item["metadata"]["workprint"]["kind"].clone());
    let kind = kind.unwrap_or(TransitionKind::Dissolve);
    (before + after > 0).then_some(Transition { kind, length: FrameCount(before + after), before: FrameCount(before) })
}

#[cfg(test)]
mod tests {
    use super::super::build;
    use super::*;
    use crate::edit::text::{parse, print};
    use std::collections::HashMap;

    fn again(text: &str) -> (String, Vec<String>) {
        let project = parse(text);
        let media: HashMap<_, _> =
            project.assets.values().map(|a| (a.path.clone(), (a.info.clone(), String::new()))).collect();
        let outline = read_otio(&write_otio(&project), Path::new("/")).unwrap();
        let (again, warnings) = build(&outline, &media).unwrap();
        (print(&again), warnings)
    }

    #[test]
    fn what_is_written_comes_back() {
        for text in [
            "V1: A@0+24 src5 ~1, B@30+10 | V2: C@3+4 | A1: A@0+24 src5 ~1",
            "V1: A@0+20, B@20+20 src10 <6:2, C@40+10 src30 *-2 | A1: D@7+9 *1/3",
            "V1: A@5+20 *0 | A1:",
        ] {
            assert_eq!(again(text), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn other_programs_files_are_read() {
        // a nested stack, a timecode origin, a gap, a speed and a missing length
        let text = r#"{"OTIO_SCHEMA":"Timeline.1","name":"t","global_start_time":null,"tracks":{"OTIO_SCHEMA":"Stack.1",
          "children":[{"OTIO_SCHEMA":"Track.1","kind":"Video","name":"","children":[
            {"OTIO_SCHEMA":"Clip.1","name":"one","source_range":{"start_time":{"rate":24,"value":86410},"duration":{"rate":24,"value":10}},
             "media_reference":{"OTIO_SCHEMA":"ExternalReference.1","target_url":"file:///m/a%20b.mov",
               "available_range":{"start_time":{"rate":24,"value":86400},"duration":{"rate":24,"value":100}}},
             "effects":[{"OTIO_SCHEMA":"LinearTimeWarp.1","time_scalar":2.0}]},
            {"OTIO_SCHEMA":"Gap.1","source_range":{"start_time":{"rate":24,"value":0},"duration":{"rate":48,"value":10}}},
            {"OTIO_SCHEMA":"Stack.1","name":"nest","source_range":{"start_time":{"rate":24,"value":2},"duration":{"rate":24,"value":4}},"children":[
               {"OTIO_SCHEMA":"Clip.1","name":"low","source_range":{"start_time":{"rate":24,"value":50},"duration":{"rate":24,"value":9}},"media_reference":{"target_url":"rel/x.mov"}},
               {"OTIO_SCHEMA":"Clip.1","name":"high","source_range":{"start_time":{"rate":24,"value":0},"duration":{"rate":24,"value":3}},"media_reference":null}]},
            {"OTIO_SCHEMA":"Clip.1","name":"none","media_reference":null}]}]}}"#;
        let outline = read_otio(text, Path::new("/p")).unwrap();
        let clips: Vec<_> = outline
            .tracks
            .iter()
            .flat_map(|t| &t.clips)
            .map(|c| (c.name.as_str(), c.start.0, c.length.0, FrameRate::F24.frame_nearest(c.source_in).0))
            .collect();
        assert_eq!(clips, [("one", 0, 10, 10), ("low", 15, 4, 52), ("high", 15, 1, 2)]);
        assert_eq!(outline.tracks[0].clips[0].source, Path::new("/m/a b.mov"));
        assert_eq!(outline.tracks[0].clips[1].source, Path::new("/p/rel/x.mov"));
        assert_eq!(outline.warnings, ["'none' has no length; left out"]);
        let (project, warnings) = build(&outline, &HashMap::new()).unwrap();
        assert_eq!(project.check(), Ok(()));
        assert_eq!(warnings.len(), 4);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[]", "{}", "{\"OTIO_SCHEMA\":\"Clip.1\"}", "{\"OTIO_SCHEMA\":\"Timeline.1\"}"] {
            assert!(read_otio(text, Path::new("/")).is_err(), "{text}");
        }
    }
}
