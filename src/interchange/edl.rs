//! CMX3600 edit decision lists, in and out: one picture track and four of sound, cuts, dissolves and wipes, speed
//! (M2), and the names of clips and files in comments as most programs write them.

use super::InterchangeError;
use super::outline::{Outline, OutlineClip, OutlineTrack};
use crate::model::{
    Clip, Direction, Frame, FrameCount, FrameRate, Marker, MarkerColor, Project, Properties, SourceTime, Speed,
    TimeText, TrackKind, Transition, TransitionKind, format_timecode, parse_time,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Sound channels that the format has.
const CHANNELS: [&str; 4] = ["A", "A2", "A3", "A4"];

/// The lowest visible picture track and the first four sound tracks as a list, and what it can't say.
#[must_use]
pub fn write_edl(project: &Project) -> (String, Vec<String>) {
    let sequence = project.sequence();
    let mut warnings = Vec::new();
    let mut text = format!("TITLE: {}\nFCM: {}\n", one_line(&sequence.name), frame_code(sequence.rate));
    let pictures: Vec<_> = sequence.tracks_of(TrackKind::Video).filter(|t| !t.clips.is_empty()).collect();
    let sound: Vec<_> = sequence.tracks_of(TrackKind::Audio).filter(|t| !t.clips.is_empty()).collect();
    for track in pictures.iter().skip(1).chain(sound.iter().skip(CHANNELS.len())) {
        warnings.push(format!("track {} is left out: the format has one picture track and four of sound", track.name));
    }
    let mut number = 0;
    let channels = std::iter::once("V").zip(pictures).chain(CHANNELS.into_iter().zip(sound));
    for (channel, track) in channels {
        let mut before: Option<Clip> = None;
        for clip in track.clips.iter() {
            number += 1;
            event(&mut text, project, number, channel, before.as_ref(), &clip);
            let plain = Properties::default();
            let Properties { fit, keep_pitch, .. } = clip.content.properties;
            if clip.content.properties != (Properties { fit, keep_pitch, ..plain }) {
                warnings.push(format!("how '{}' looks or sounds is left out", clip.content.name));
            }
            before = Some(clip);
        }
    }
    let used: BTreeSet<_> = sequence.tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.content.asset)).collect();
    for asset in used.iter().filter_map(|id| project.assets.get(id)).filter(|a| as_comment(&a.path).is_none()) {
        #[expect(clippy::unnecessary_debug_formatting, reason = "what can't be seen in it is why it is said")]
        let path = format!("{:?}", asset.path);
        warnings.push(format!("{path}: the format can't hold this name; its clips will have to be relinked"));
    }
    for marker in sequence.markers.iter() {
        let color = format!("{:?}", marker.color).to_uppercase();
        line(
            &mut text,
            &format!("* LOC: {} {color} {}", format_timecode(marker.at, sequence.rate), one_line(&marker.name)),
        );
    }
    (text, warnings)
}

fn line(text: &mut String, what: &str) {
    // writing to a string never fails
    let _ = writeln!(text, "{what}");
}

fn event(text: &mut String, project: &Project, number: usize, channel: &str, before: Option<&Clip>, clip: &Clip) {
    let rate = project.sequence().rate;
    let code = |time: SourceTime| format_timecode(rate.frame_nearest(time), rate);
    let source = |clip: &Clip, from: FrameCount, to: FrameCount| {
        // media are named from their earlier to their later end; M2 says the direction
        let (a, b) = (clip.source_at(from, rate), clip.source_at(to, rate));
        let (first, last) = (a.min(b), a.max(b));
        if clip.speed.is_frozen() { (first, first + rate.duration_of(FrameCount(1))) } else { (first, last) }
    };
    let row = |how: &str, clip: &Clip, from: FrameCount, to: FrameCount| {
        let (first, last) = source(clip, from, to);
        let (start, end) = (clip.start + from, clip.start + to);
        format!(
            "{number:03}  AX       {channel:<5} {how:<8} {} {} {} {}",
            code(first),
            code(last),
            format_timecode(start, rate),
            format_timecode(end, rate)
        )
    };
    let cut = clip.transition.zip(before);
    if let Some((transition, left)) = cut {
        let how = match transition.kind {
            TransitionKind::Dissolve | TransitionKind::Dip(_) => "D",
            TransitionKind::Wipe(Direction::Right) => "W001",
            TransitionKind::Wipe(Direction::Down) => "W003",
            TransitionKind::Wipe(Direction::Left) => "W011",
            TransitionKind::Wipe(Direction::Up) => "W013",
        };
        // the clip before runs up to the transition, and the new one begins with it
        let at = left.length - transition.before;
        line(text, &row("C", left, at, at));
        line(text, &row(&format!("{how:<4} {:03}", transition.length.0), clip, -transition.before, clip.length));
        line(text, &format!("* FROM CLIP NAME: {}", one_line(&left.content.name)));
        line(text, &format!("* TO CLIP NAME: {}", one_line(&clip.content.name)));
        if transition.kind != TransitionKind::Dissolve {
            line(text, &format!("* EFFECT NAME: {}", transition.kind.name().to_uppercase()));
        }
    } else {
        line(text, &row("C", clip, FrameCount::ZERO, clip.length));
        line(text, &format!("* FROM CLIP NAME: {}", one_line(&clip.content.name)));
    }
    if let Some(path) = project.assets.get(&clip.content.asset).and_then(|asset| as_comment(&asset.path)) {
        line(text, &format!("* SOURCE FILE: {path}"));
    }
    if !clip.speed.is_normal() {
        let fps = clip.speed.as_f64() * rate.as_f64();
        line(text, &format!("M2   AX       {fps:+07.3}                {}", code(clip.source_in)));
    }
}

/// A path as a comment can hold it: text in one line, without spaces at its ends. No other is written, as it would name
/// another file.
fn as_comment(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| one_line(text).trim() == *text)
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).collect::<Vec<_>>().join(" ")
}

fn frame_code(rate: FrameRate) -> &'static str {
    let drop = format_timecode(Frame::ZERO, rate).contains(';');
    if drop { "DROP FRAME" } else { "NON-DROP FRAME" }
}

/// One event line.
struct Event {
    number: String,
    reel: String,
    channels: Vec<(TrackKind, usize)>,
    kind: Option<TransitionKind>,
    length: FrameCount,
    source: (Frame, Frame),
    record: (Frame, Frame),
    clip_name: Option<String>,
    file: Option<String>,
    speed: Speed,
}

/// Reads a list whose timecode runs at `rate`; `folder` is where its media are looked for.
///
/// # Errors
/// [`InterchangeError`] with the line that is wrong.
pub fn read_edl(text: &str, rate: FrameRate, folder: &Path) -> Result<Outline, InterchangeError> {
    let mut outline =
        Outline { name: "EDL".into(), rate, size: None, tracks: Vec::new(), markers: Vec::new(), warnings: Vec::new() };
    let mut events: Vec<Event> = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let wrong = |why: String| InterchangeError::Line { line: index + 1, why };
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let upper = text.to_uppercase();
        let rest = |prefix: &str| {
            upper.starts_with(prefix).then(|| text.get(prefix.len()..).unwrap_or_default().trim().to_owned())
        };
        if let Some(title) = rest("TITLE:") {
            outline.name = title;
        } else if let Some(name) = rest("* FROM CLIP NAME:") {
            // of a transition's two lines the first is the clip that goes
            name_from(&mut events, name);
        } else if let Some(name) = rest("* TO CLIP NAME:") {
            if let Some(event) = events.last_mut() {
                event.clip_name = Some(name);
            }
        } else if let Some(file) = rest("* SOURCE FILE:") {
            if let Some(event) = events.last_mut() {
                event.file = Some(file);
            }
        } else if let Some(name) = rest("* EFFECT NAME:") {
            if let Some(kind) = events.last_mut().and_then(|e| e.kind.as_mut()) {
                *kind = named_effect(&name).unwrap_or(*kind);
            }
        } else if let Some(marker) = rest("* LOC:") {
            outline.markers.extend(marker_of(&marker, rate));
        } else if upper.starts_with("M2") {
            if let Some(event) = events.last_mut() {
                event.speed =
                    motion(text, rate).ok_or_else(|| wrong("the speed of an M2 line is not a number".into()))?;
            }
        } else if upper.starts_with(|c: char| c.is_ascii_digit()) {
            events.push(read_event(text, rate).map_err(wrong)?);
        }
    }
    if events.is_empty() {
        return Err(InterchangeError::Format {
            format: "an edit decision list",
            why: "there is no event in it".into(),
        });
    }
    lay_out(&mut outline, &events, folder);
    Ok(outline)
}

fn name_from(events: &mut [Event], name: String) {
    let count = events.len();
    let Some(last) = events.last() else { return };
    let before = count.checked_sub(2).filter(|i| last.kind.is_some() && events[*i].number == last.number);
    let index = before.unwrap_or(count - 1);
    events[index].clip_name = Some(name);
}

fn named_effect(name: &str) -> Option<TransitionKind> {
    let all = [
        TransitionKind::Dissolve,
        TransitionKind::Dip([0; 3]),
        TransitionKind::Dip([255; 3]),
        TransitionKind::Wipe(Direction::Left),
        TransitionKind::Wipe(Direction::Right),
        TransitionKind::Wipe(Direction::Up),
        TransitionKind::Wipe(Direction::Down),
    ];
    all.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
}

fn marker_of(text: &str, rate: FrameRate) -> Option<Marker> {
    let mut words = text.splitn(3, char::is_whitespace);
    let at = timecode(words.next()?, rate)?;
    let color = words.next().unwrap_or_default();
    let color = MarkerColor::ALL.into_iter().find(|c| format!("{c:?}").eq_ignore_ascii_case(color));
    Some(Marker { at, name: words.next().unwrap_or_default().trim().to_owned(), color: color.unwrap_or_default() })
}

fn timecode(text: &str, rate: FrameRate) -> Option<Frame> {
    let time = parse_time(text).ok()?;
    let drop = format_timecode(Frame::ZERO, rate).contains(';');
    match time {
        // lists write colons in drop-frame too
        TimeText::Timecode(fields, _) => TimeText::Timecode(fields, drop).at(rate),
        _ => None,
    }
}

fn motion(text: &str, rate: FrameRate) -> Option<Speed> {
    let fps: f64 = text.split_whitespace().nth(2)?.parse().ok()?;
    let speed = fps / rate.as_f64();
    if !speed.is_finite() {
        return None;
    }
    // the fraction that was meant, where it is a simple one: three digits say no more
    let near = |den: u32| {
        let num = (speed * f64::from(den)).round();
        ((num / f64::from(den) - speed).abs() * rate.as_f64() < 0.000_6).then_some((num, den))
    };
    let (num, den) = (1..=1000).find_map(near)?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is checked by Speed::new")]
    Speed::new(num as i32, den)
}

fn read_event(text: &str, rate: FrameRate) -> Result<Event, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [number, reel, channels, how, .., a, b, c, d] = words.as_slice() else {
        return Err("an event needs a number, a reel, a channel, a transition and four timecodes".into());
    };
    let code = |text: &str| {
        timecode(text, rate).ok_or_else(|| format!("'{text}' is not a timecode at {rate} frames a second"))
    };
    let (source, record) = ((code(a)?, code(b)?), (code(c)?, code(d)?));
    if record.1 < record.0 {
        return Err("its record out point is before its record in point".into());
    }
    let length =
        || words.get(4).and_then(|w| w.parse().ok()).map(FrameCount).ok_or("a transition needs its length in frames");
    let (kind, length) = match how.to_uppercase().as_str() {
        "C" => (None, FrameCount::ZERO),
        "D" => (Some(TransitionKind::Dissolve), length()?),
        wipe if wipe.starts_with('W') => {
            let direction = match wipe.get(1..).unwrap_or_default() {
                "003" | "103" => Direction::Down,
                "011" | "101" => Direction::Left,
                "013" => Direction::Up,
                _ => Direction::Right,
            };
            (Some(TransitionKind::Wipe(direction)), length()?)
        }
        other => return Err(format!("'{other}' is not a transition that can be read; C, D and W can")),
    };
    Ok(Event {
        number: (*number).to_owned(),
        reel: (*reel).to_owned(),
        channels: channels_of(channels).ok_or_else(|| format!("'{channels}' is not a channel"))?,
        kind,
        length,
        source,
        record,
        clip_name: None,
        file: None,
        speed: Speed::NORMAL,
    })
}

/// `V`, `A`, `A2`, `AA`, `B` (picture and sound), `AA/V` and the like.
fn channels_of(text: &str) -> Option<Vec<(TrackKind, usize)>> {
    let mut all = Vec::new();
    for part in text.to_uppercase().split('/') {
        match part {
            "V" => all.push((TrackKind::Video, 0)),
            "B" => all.extend([(TrackKind::Video, 0), (TrackKind::Audio, 0)]),
            "AA" => all.extend([(TrackKind::Audio, 0), (TrackKind::Audio, 1)]),
            "A" => all.push((TrackKind::Audio, 0)),
            other => {
                let (kind, number) = other.split_at_checked(1)?;
                let number: usize = number.parse().ok().filter(|n| (1..=99).contains(n))?;
                all.push((
                    if kind == "V" {
                        TrackKind::Video
                    } else if kind == "A" {
                        TrackKind::Audio
                    } else {
                        return None;
                    },
                    number - 1,
                ));
            }
        }
    }
    Some(all)
}

fn lay_out(outline: &mut Outline, events: &[Event], folder: &Path) {
    let rate = outline.rate;
    // lists often begin at an hour
    let first = events.iter().filter(|e| e.record.1 > e.record.0).map(|e| e.record.0).min().unwrap_or_default();
    let hour = rate.nominal() * 3600;
    let origin = Frame(if first.0 >= hour { first.0 / hour * hour } else { 0 });
    let name = |kind, index: usize| format!("{}{}", if kind == TrackKind::Video { 'V' } else { 'A' }, index + 1);
    for (index, event) in events.iter().enumerate() {
        // the clip that goes, of a transition, lies there already
        if event.record.1 == event.record.0 || event.reel.eq_ignore_ascii_case("BL") {
            continue;
        }
        let source = source_of(event, folder);
        let link = (event.channels.len() > 1).then_some(index as u64);
        for (kind, number) in &event.channels {
            let named = name(*kind, *number);
            let lane = outline.tracks.iter().position(|t| t.name == named).unwrap_or_else(|| {
                outline.tracks.push(OutlineTrack { name: named, kind: *kind, clips: Vec::new() });
                outline.tracks.len() - 1
            });
            let start = event.record.0 - (origin - Frame::ZERO);
            let media = |frame: Frame| rate.time_of(frame);
            let backward = event.speed.is_backward();
            let mut clip = OutlineClip {
                name: event.clip_name.clone().unwrap_or_else(|| event.reel.clone()),
                source: source.clone(),
                start,
                length: event.record.1 - event.record.0,
                source_in: media(if backward { event.source.1 } else { event.source.0 }),
                speed: event.speed,
                link,
                enabled: true,
                transition: None,
                media_length: None,
                properties: Properties::default(),
            };
            let tail = outline.tracks[lane].clips.last_mut();
            if let (Some(transition), Some(before)) = (event.kind, tail) {
                // the new clip was there from the transition's first frame on; the cut is where the one before ends
                let cut = before.start + before.length;
                let lies = cut - start;
                if (FrameCount::ZERO..=event.length).contains(&lies) && lies < clip.length {
                    let kept = OutlineClip { length: clip.length - lies, ..clip.clone() };
                    let skipped = clip.speed.scale(rate.duration_of(lies));
                    clip = OutlineClip { start: cut, source_in: clip.source_in + skipped, ..kept };
                    clip.transition = Some(Transition { kind: transition, length: event.length, before: lies });
                }
            }
            outline.tracks[lane].clips.push(clip);
        }
    }
    for track in &mut outline.tracks {
        track.clips.sort_by_key(|c| c.start);
    }
    outline.tracks.sort_by(|a, b| (a.kind == TrackKind::Audio, &a.name).cmp(&(b.kind == TrackKind::Audio, &b.name)));
    for marker in &mut outline.markers {
        if marker.at >= origin {
            marker.at = marker.at - (origin - Frame::ZERO);
        }
    }
}

/// The file that a comment names, or one beside the list that is called like the clip or the reel.
fn source_of(event: &Event, folder: &Path) -> PathBuf {
    let name = event.file.as_ref().or(event.clip_name.as_ref()).unwrap_or(&event.reel);
    folder.join(name)
}

#[cfg(test)]
mod tests {
    use super::super::build;
    use super::*;
    use crate::edit::text::{RATE, parse, print};
    use std::collections::HashMap;

    #[test]
    fn what_is_written_comes_back() {
        for text in [
            "V1: A@0+24 src5, B@30+10 | A1: A@0+24 src5 | A2: C@3+30",
            "V1: A@0+20, B@20+20 src10 <6:2, C@40+10 src30 *-2 | A1: D@7+9 *1/3",
            "V1: A@0+20, B@20+20 src10 <6:6, C@40+20 src10 <4:0 | A1: C@0+1",
        ] {
            let project = parse(text);
            let media: HashMap<_, _> =
                project.assets.values().map(|a| (a.path.clone(), (a.info.clone(), String::new()))).collect();
            let (list, warnings) = write_edl(&project);
            assert_eq!(warnings, Vec::<String>::new());
            let (again, warnings) = build(&read_edl(&list, RATE, Path::new("/")).unwrap(), &media).unwrap();
            assert_eq!((print(&again), warnings), (text.to_owned(), Vec::new()), "{list}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_a_comment_cannot_hold_are_left_out_and_said() {
        for (name, said) in
            [(&b"/m/film-\xff.mkv"[..], "film-\\xFF.mkv"), (b"/m/a\nb.mkv", "a\\nb.mkv"), (b"/m/a.mkv ", "a.mkv \"")]
        {
            let mut project = parse("V1: A@0+20, A@20+5, B@30+20");
            let id = project.sequence().tracks[0].clips.iter().next().unwrap().content.asset;
            let mut asset = (*project.assets[&id]).clone();
            asset.path = crate::model::path_text::from_bytes(name.to_vec()).unwrap();
            project.assets_mut().insert(id, asset.into());
            let (list, warnings) = write_edl(&project);
            assert!(warnings.len() == 1 && warnings[0].contains(said) && !warnings[0].contains('\n'), "{warnings:?}");
            assert_eq!(list.matches("* SOURCE FILE: ").count(), 1, "{list}");
        }
    }

    #[test]
    fn other_programs_lists_are_read() {
        let list = "TITLE: Reel 1\r\nFCM: NON-DROP FRAME\r\n\r\n\
            001  CAM1     AA/V  C        10:00:00:00 10:00:02:00 01:00:00:00 01:00:02:00\r\n\
            * FROM CLIP NAME: a.mov\r\n\
            002  CAM1     V     C        10:00:02:00 10:00:02:00 01:00:02:00 01:00:02:00\r\n\
            002  CAM2     V     D    012 00:00:01:00 00:00:03:00 01:00:02:00 01:00:04:00\r\n\
            * FROM CLIP NAME: a.mov\r\n* TO CLIP NAME: b.mov\r\n\
            003  BL       V     C        00:00:00:00 00:00:01:00 01:00:04:00 01:00:05:00\r\n\
            * LOC: 01:00:03:00 RED Look here\r\n";
        let outline = read_edl(list, RATE, Path::new("/m")).unwrap();
        let (project, warnings) = build(&outline, &HashMap::new()).unwrap();
        assert_eq!(project.sequence().name, "Reel 1");
        let text = print(&project);
        // 12 frames of dissolve, all after the cut
        assert!(text.starts_with("V1: a.mov@0+48 src864000 ~1, b.mov@48+48 src24"), "{text}");
        assert!(text.ends_with("| A1: a.mov@0+48 src864000 ~1 | A2: a.mov@0+48 src864000 ~1"), "{text}");
        assert_eq!(project.sequence().markers[0].at, Frame(72));
        assert!(warnings.iter().any(|w| w.contains("/m/b.mov")), "{warnings:?}");
    }

    #[test]
    fn wrong_lists_say_the_line() {
        for (list, part) in [
            ("", "no event"),
            ("001 AX V C 00:00:00:00\n", "line 1"),
            ("TITLE: x\n001 AX V C 00:00:00:00 00:00:01:00 00:00:00:99 00:00:01:00\n", "line 2: '00:00:00:99'"),
            ("001 AX V K 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n", "'K'"),
            ("001 AX Q7 C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n", "channel"),
        ] {
            let error = read_edl(list, RATE, Path::new("/")).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
