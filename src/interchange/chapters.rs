//! Chapter lists as video sites read them out of a description: a time and a title on each line, the first at 0:00.

use crate::model::Sequence;
use std::fmt::Write;

/// Sites take a list only with so many chapters.
const LEAST_CHAPTERS: usize = 3;

/// And only if each lasts so many seconds.
const LEAST_SECONDS: i64 = 10;

/// The markers of a sequence as chapters, and what a site may not like about them.
#[must_use]
pub fn chapters(sequence: &Sequence) -> (String, Vec<String>) {
    let seconds = |frame| sequence.rate.time_of(frame).0.div_euclid(crate::model::SourceTime::SECOND.0);
    let end = seconds(sequence.end());
    let mut list: Vec<(i64, &str)> =
        sequence.markers.iter().filter(|m| m.at < sequence.end()).map(|m| (seconds(m.at), m.name.as_str())).collect();
    if list.first().is_none_or(|(at, _)| *at > 0) {
        list.insert(0, (0, "Start"));
    }
    list.dedup_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, name) in &list {
        // writing to a string never fails
        let _ = if end >= 3600 {
            writeln!(text, "{}:{:02}:{:02} {name}", at / 3600, at / 60 % 60, at % 60)
        } else {
            writeln!(text, "{}:{:02} {name}", at / 60, at % 60)
        };
    }
    let mut warnings = Vec::new();
    if list.len() < LEAST_CHAPTERS {
        warnings.push(format!("there are {} chapters; sites want at least {LEAST_CHAPTERS}", list.len()));
    }
    let ends = list.iter().skip(1).map(|(at, _)| *at).chain([end]);
    for ((at, name), next) in list.iter().zip(ends) {
        if next - at < LEAST_SECONDS {
            warnings.push(format!("'{name}' lasts {} s; sites want at least {LEAST_SECONDS}", next - at));
        }
    }
    (text, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;
    use crate::model::{Frame, Marker, MarkerColor};

    #[test]
    fn chapters_begin_at_zero_and_say_what_is_too_short() {
        let mut project = parse("V1: A@0+960");
        let marker = |at: i64, name: &str| Marker { at: Frame(at), name: name.into(), color: MarkerColor::default() };
        let list = vec![marker(300, "Set up"), marker(815, "Run"), marker(2000, "Beyond")];
        project.sequence_mut().markers = list.into();
        let (text, warnings) = chapters(project.sequence());
        assert_eq!(text, "0:00 Start\n0:12 Set up\n0:33 Run\n");
        assert_eq!(warnings, ["'Run' lasts 7 s; sites want at least 10"]);
    }
}
