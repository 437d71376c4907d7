//! The small values of OpenTimelineIO's JSON: times, ranges, schemas and references, as all its versions write them.

use crate::model::{Frame, FrameRate, SourceTime, TrackKind};
use serde_json::Value;

/// Nested compositions deeper than this are a loop or a joke.
pub(super) const MOST_NESTING: usize = 32;

/// A stretch of an item, in its own time.
pub(super) type Window = Option<(SourceTime, SourceTime)>;

/// The library writes infinities and NaN, which JSON does not have, into metadata: they become null.
pub(super) fn without_infinities(text: &str) -> std::borrow::Cow<'_, str> {
    if !["Inf", "NaN"].iter().any(|word| text.contains(word)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "-Inf", "Inf", "NaN"].into_iter().find(|w| !inside && rest.starts_with(w));
        if let Some(word) = word {
            out.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        inside ^= c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out.into()
}

/// The reference that is in use: the only one, or of several the active one.
pub(super) fn reference(clip: &Value) -> &Value {
    if clip["media_reference"].is_object() {
        return &clip["media_reference"];
    }
    let key = clip["active_media_reference_key"].as_str().unwrap_or("DEFAULT_MEDIA");
    &clip["media_references"][key]
}

/// A schema's name without its version.
pub(super) fn schema(value: &Value) -> &str {
    match value["OTIO_SCHEMA"].as_str().unwrap_or_default().split('.').next().unwrap_or_default() {
        // as they were called at first
        "Sequence" => "Track",
        "Filler" => "Gap",
        "SerializeableCollection" => "SerializableCollection",
        other => other,
    }
}

pub(super) fn kind_of(track: &Value) -> TrackKind {
    let sound = track["kind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("audio"));
    if sound { TrackKind::Audio } else { TrackKind::Video }
}

pub(super) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}

pub(super) fn time_rate(value: &Value) -> Option<FrameRate> {
    FrameRate::snap(value["rate"].as_f64()?)
}

pub(super) fn time(value: &Value) -> Option<SourceTime> {
    let (number, rate) = (value["value"].as_f64()?, value["rate"].as_f64()?);
    if !(number.is_finite() && rate.is_finite() && rate > 0.0) {
        return None;
    }
    // whole frames of a usual rate are exact
    let exact = FrameRate::snap(rate).filter(|_| number.fract() == 0.0 && number.abs() < 1e12);
    match exact {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and below 10¹²")]
        Some(rate) => Some(rate.time_of(Frame(number as i64))),
        None => Some(SourceTime::from_seconds(number / rate)),
    }
}

pub(super) fn time_range(value: &Value) -> Window {
    let (start, length) = (time(&value["start_time"])?, time(&value["duration"])?);
    (length >= SourceTime::ZERO).then_some((start, length))
}

/// The first rate that anything below has.
pub(super) fn first_rate(value: &Value, depth: usize) -> Option<FrameRate> {
    let own = || time_rate(&value["source_range"]["duration"]);
    let media = || time_rate(&reference(value)["available_range"]["duration"]);
    if depth > MOST_NESTING {
        return None;
    }
    own().or_else(media).or_else(|| array(&value["children"]).iter().find_map(|c| first_rate(c, depth + 1)))
}
