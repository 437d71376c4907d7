//! What is read of a recording against what ffmpeg reads of it.

use super::common::{SAMPLE_RATE, Seeded, bursts, read_number};
use super::ffmpeg::{self, Content, SECOND, SIZE};
use super::recipe::{Fate, Late, Recipe};
use gstreamer_video::VideoFormat;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use workprint::media::{AudioReader, Cancel, MediaError, Picture, PictureFormat, VideoReader, probe};
use workprint::model::{MediaInfo, SourceTime};

fn number(picture: &Picture) -> usize {
    let map = picture.buffer.map_readable().unwrap();
    read_number(&map, SIZE.0, SIZE.1, usize::try_from(picture.info.stride()[0]).unwrap())
}

fn pictures(path: &Path, info: &MediaInfo) -> Result<VideoReader, MediaError> {
    let (width, height) = (SIZE.0 as u32, SIZE.1 as u32);
    VideoReader::open(path, info, PictureFormat { width, height, format: VideoFormat::I420 }, 1)
}

/// What the program reads.
fn read(path: &Path, info: &MediaInfo) -> Result<Content, MediaError> {
    let cancel = Cancel::default();
    let mut content = Content { end: info.duration.unwrap_or_default().seconds(), ..Content::default() };
    let mut reader = pictures(path, info)?;
    while let Some(picture) = reader.next(&cancel)? {
        content.pictures.push((number(&picture), picture.time.seconds()));
    }
    if !info.audio.is_empty() {
        let mut reader = AudioReader::open(path, info, 0, SAMPLE_RATE as u32)?;
        let mut sound = vec![[0.0; 2]; ((content.end + 1.0) * SAMPLE_RATE as f64) as usize];
        reader.read(0, &mut sound, &cancel)?;
        content.bursts = bursts(&sound.iter().map(|pair| pair[0]).collect::<Vec<_>>());
    }
    Ok(content)
}

/// When each number appears first.
fn moments(content: &Content) -> BTreeMap<usize, f64> {
    let mut moments = BTreeMap::new();
    for (number, at) in &content.pictures {
        moments.entry(*number).or_insert(*at);
    }
    moments
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

pub fn differences(recipe: &Recipe, folder: &Path) -> Vec<String> {
    let parts = ffmpeg::make(recipe, folder);
    let path = folder.join(recipe.file());
    let mut parts: Vec<Content> = parts.iter().map(|part| ffmpeg::read(part)).collect();
    if matches!(recipe.fate, Fate::Killed(_) | Fate::Damaged(_)) {
        keep_left(recipe, &mut parts[0], &ffmpeg::read(&path));
    }
    let info = match probe(&path) {
        Ok(info) => info,
        Err(error) => return vec![format!("is refused: {error}")],
    };
    let mut found = Vec::new();
    let again = probe(&path).map(|info| format!("{info:?}")).map_err(|e| e.to_string());
    if again != Ok(format!("{info:?}")) {
        found.push(format!("probed twice: {}", unlike(&format!("{info:?}"), &again.unwrap_or_else(|e| e))));
    }
    let shown = match read(&path, &info) {
        Ok(shown) => shown,
        Err(error) => return vec![format!("can't be read: {error}")],
    };
    found.extend(different_pictures(recipe, &parts, &shown));
    found.extend(different_sound(recipe, &parts, &shown));
    if !matches!(recipe.fate, Fate::Damaged(_)) {
        found.extend(different_length(recipe, &parts, &shown));
        match wrong_seeks(recipe, &path, &info, &shown) {
            Ok(wrong) => found.extend(wrong),
            Err(error) => found.push(format!("can't be sought in: {error}")),
        }
    }
    found
}

/// Leaves of a whole recording what ffmpeg still reads of it: what it shows of damage itself is no measure.
fn keep_left(recipe: &Recipe, whole: &mut Content, left: &Content) {
    let truth = moments(whole);
    let off = |(number, at): &(usize, f64)| truth.get(number).map(|truth| at - truth);
    let offs: Vec<f64> = left.pictures.iter().filter_map(off).collect();
    // a garbled picture has any number: one that others are not as far off as
    let usual = |off: f64| offs.iter().filter(|other| (*other - off).abs() < recipe.period() / 2.0).count() > 4;
    let mut seen: BTreeSet<usize> =
        left.pictures.iter().filter(|picture| off(picture).is_some_and(usual)).map(|(number, _)| *number).collect();
    // of the last ones before it was cut off, ffmpeg often says no time
    if matches!(recipe.fate, Fate::Killed(_)) {
        let last = seen.last().copied().unwrap_or(0);
        seen.extend(left.pictures.iter().map(|(number, _)| *number).filter(|n| (last..last + 4).contains(n)));
    }
    whole.pictures.retain(|(number, _)| seen.contains(number));
    whole.bursts.retain(|at| left.bursts.iter().any(|left| (left - at).abs() < 0.03));
    (whole.end, whole.silent_from) = (left.end, left.silent_from);
    // of the packet that was cut in two, ffmpeg makes up the rest; other decoders leave it out
    if matches!(recipe.fate, Fate::Killed(_)) {
        whole.bursts.retain(|at| at + 0.1 < left.silent_from);
    }
}

/// Where two texts begin to differ.
fn unlike(a: &str, b: &str) -> String {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(30);
    let part = |text: &str| text.chars().skip(same).take(120).collect::<String>();
    format!("{} or {}", part(a), part(b))
}

/// The numbers, shortly.
fn some(numbers: &[usize]) -> String {
    match numbers {
        [] | [_] | [_, _] | [_, _, _] => format!("{numbers:?}"),
        _ => format!("{} from {} to {}", numbers.len(), numbers[0], numbers[numbers.len() - 1]),
    }
}

/// Where a number was read twice, the picture that is not at its time was made up by a decoder of the one before or after it:
/// at most so many of them.
fn leave_out_garbled(
    ours: &mut BTreeMap<usize, f64>,
    shown: &Content,
    truth: &BTreeMap<usize, f64>,
    shift: f64,
    most: usize,
) {
    let mut left_out = 0;
    for (number, at) in &shown.pictures {
        let (Some(first), Some(truth)) = (ours.get_mut(number), truth.get(number)) else { continue };
        let off = |at: f64| (at - truth - shift).abs();
        if left_out < most && off(*at) < off(*first) {
            *first = *at;
            left_out += 1;
        }
    }
}

fn different_pictures(recipe: &Recipe, parts: &[Content], shown: &Content) -> Vec<String> {
    let mut found = Vec::new();
    let ours = moments(shown);
    let truths: Vec<_> = parts.iter().map(moments).collect();
    let missing: Vec<usize> = truths.iter().flat_map(|t| t.keys()).filter(|n| !ours.contains_key(n)).copied().collect();
    let more = |n: &&usize| !truths.iter().any(|truth| truth.contains_key(n));
    let more: Vec<usize> = ours.keys().filter(more).copied().collect();
    let all: usize = truths.iter().map(BTreeMap::len).sum();
    let damaged = matches!(recipe.fate, Fate::Damaged(_));
    let lost = match recipe.fate {
        // of the packet that was cut in two, a decoder may show what there is
        Fate::Killed(_) => missing.len().max(more.len()) > 1,
        // each decoder hides damage in its own way
        Fate::Damaged(_) => missing.len() * 10 > all,
        _ => missing.len() + more.len() > 0,
    };
    if lost {
        found.push(format!("of {all} pictures, missing {}, too many {}", some(&missing), some(&more)));
    }
    let back = shown.pictures.windows(2).filter(|pair| pair[0].0 > pair[1].0).count();
    let back_in_time = shown.pictures.windows(2).filter(|pair| pair[0].1 >= pair[1].1).count();
    // of the packet that was cut in two, a decoder may show what there is
    let back = back.saturating_sub(usize::from(matches!(recipe.fate, Fate::Killed(_))));
    if !damaged && back > 0 || back_in_time > 0 {
        found.push(format!("{back} pictures out of order, {back_in_time} times"));
    }
    let half = recipe.period() / 2.0 + 0.0011;
    for (n, truth) in truths.iter().enumerate() {
        let mut ours = ours.clone();
        let off = || truth.iter().filter_map(|(number, at)| ours.get(number).map(|our| (*number, our - at)));
        let Some(shift) = median(off().map(|(_, off)| off)) else { continue };
        let garbled = match recipe.fate {
            Fate::Killed(_) => 1,
            Fate::Damaged(_) => usize::MAX,
            _ => 0,
        };
        leave_out_garbled(&mut ours, shown, truth, shift, garbled);
        let off = || truth.iter().filter_map(|(number, at)| ours.get(number).map(|our| (*number, our - at)));
        // a decoder's first sound is silence that some leave out
        if n == 0 && shift.abs() > half.max(0.03) {
            found.push(format!("all pictures {:.1} ms off", shift * 1e3));
        }
        // the first one is on the screen before its time too
        let early = |number: usize, off: f64| number == 0 && off < shift;
        // what has no stamp of its own (MPEG program streams) ffmpeg guesses; the number says when it was taken
        let taken = |number: usize| ours[&number] - (number % SECOND) as f64 * recipe.period();
        let usual = median(truth.keys().filter(|n| ours.contains_key(n)).map(|n| taken(*n))).unwrap_or_default();
        let as_taken = |number: usize| !recipe.uneven && (taken(number) - usual).abs() < half;
        let wrong_by = |off: f64| (off - shift).abs() > half;
        let wrong = off().filter(|(number, off)| wrong_by(*off) && !early(*number, *off) && !as_taken(*number));
        let wrong: Vec<usize> = wrong.map(|(number, _)| number).collect();
        let last = off().next_back().is_some_and(|(number, off)| wrong_by(off) && !as_taken(number));
        if damaged && (wrong.len() * 10 > all || last) || !damaged && !wrong.is_empty() {
            let most = off().max_by(|a, b| (a.1 - shift).abs().total_cmp(&(b.1 - shift).abs()));
            let most = most.map_or_else(String::new, |(number, off)| {
                format!("{number} at {:.4} s where ffmpeg has {:.4}", ours[&number], ours[&number] - off + shift)
            });
            found.push(format!("{} in another place: {most}", some(&wrong)));
        }
    }
    found
}

fn different_sound(recipe: &Recipe, parts: &[Content], shown: &Content) -> Vec<String> {
    let truth: Vec<(usize, f64)> =
        parts.iter().enumerate().flat_map(|(n, part)| part.bursts.iter().map(move |at| (n, *at))).collect();
    let moments_of: Vec<_> = parts.iter().map(moments).collect();
    let ours = moments(shown);
    // pictures and sound are moved alike
    let shift = |n: usize| median(moments_of[n].iter().filter_map(|(number, at)| Some(ours.get(number)? - at)));
    let shifts: Vec<f64> = (0..parts.len()).map(|n| shift(n).unwrap_or_default()).collect();
    let mut expected: Vec<f64> = truth.iter().map(|(n, at)| at + shifts[*n]).collect();
    let mut heard = shown.bursts.clone();
    // a joint cuts packets in two: ffmpeg loses the first sound after one too, and up to two packets of it
    if let Some(joint) = truth.iter().position(|(n, _)| *n == 1) {
        let at = expected[joint];
        expected.retain(|burst| (burst - at).abs() > 0.1);
        heard.retain(|burst| (burst - at).abs() > 0.1);
    }
    if let (Fate::Killed(_), Some(part)) = (recipe.fate, parts.first()) {
        heard.retain(|at| at + 0.1 < part.silent_from + shifts[0]);
    }
    if matches!(recipe.fate, Fate::Damaged(_)) {
        let near = |at: &f64| shown.bursts.iter().any(|ours| (ours - at).abs() < 0.03);
        let missing: Vec<f64> = expected.iter().filter(|at| !near(at)).copied().collect();
        let missing = (!missing.is_empty()).then(|| format!("no sound at {missing:.3?}, but at {:.3?}", shown.bursts));
        return missing.into_iter().collect();
    }
    if expected.len() != heard.len() {
        return vec![format!("sound at {heard:.4?}, not at {expected:.4?}")];
    }
    // stamps that ffmpeg does not smooth are rounded to milliseconds, those of pictures and of sound
    let rounded = matches!(recipe.container, "mkv" | "webm" | "flv");
    let allowed = match recipe.fate {
        // where stamps jump, samples follow one another and come near to their stamps slowly
        Fate::Joined => 0.02,
        _ if rounded => 0.002,
        _ => 0.001,
    };
    let off = expected.iter().zip(&heard).map(|(at, ours)| ours - at);
    let off: Vec<f64> = off.map(|off| off * 1e3).collect();
    if off.iter().any(|off| off.abs() > allowed * 1e3) {
        return vec![format!("sound at {heard:.4?} off by {off:.2?} ms")];
    }
    Vec::new()
}

fn different_length(recipe: &Recipe, parts: &[Content], shown: &Content) -> Option<String> {
    let last = shown.pictures.last().map_or(0.0, |picture| picture.1);
    let end: f64 = parts.iter().map(|part| part.end).sum();
    // what is late in the second part makes room in a joined one or not
    let open = if recipe.fate == Fate::Joined && recipe.late != Late::Nothing { 1.5 } else { 0.0 };
    let wrong = last + recipe.period() / 4.0 > shown.end || shown.end > end + recipe.period() + 0.15 + open;
    wrong.then(|| format!("is {:.3} s long, its last picture begins at {last:.3} s, ffmpeg's at {end:.3} s", shown.end))
}

fn wrong_seeks(recipe: &Recipe, path: &Path, info: &MediaInfo, shown: &Content) -> Result<Option<String>, MediaError> {
    let (mut random, mut wrong) = (Seeded(recipe.seed + 1), Vec::new());
    let mut reader = pictures(path, info)?;
    for _ in 0..3 {
        if shown.pictures.len() < 2 {
            break;
        }
        let at = random.below(shown.pictures.len() - 1);
        let [this, next] = [shown.pictures[at], shown.pictures[at + 1]];
        let time = SourceTime::from_seconds(f64::midpoint(this.1, next.1));
        let got = reader.at(time, &Cancel::default())?.map(|picture| number(&picture));
        if got != Some(this.0) {
            wrong.push((this.0, got));
        }
    }
    Ok((!wrong.is_empty()).then(|| format!("sought and found {wrong:?}")))
}
