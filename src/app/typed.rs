//! What people type for a path, and for a time.

use super::editor::Editor;
use super::notices::Level;
use crate::model::{Frame, FrameRate, format_timecode, parse_time, path_text};
use std::path::{Path, PathBuf};

/// The path that is meant by a text which people typed, or were shown for `shown` and may have edited. `~` in front is
/// their home, as in a shell.
#[must_use]
pub fn typed_path(text: &str, shown: &Path) -> PathBuf {
    let text = text.trim();
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(std::path::is_separator)) {
        Some(rest) => home().map_or_else(
            || path_text::meant(text, shown),
            |home| home.join(rest.trim_start_matches(std::path::is_separator)),
        ),
        None => path_text::meant(text, shown),
    }
}

impl Editor {
    /// Moves the playhead of what is viewed to a time that was typed, or says that it is none.
    pub fn go_to_typed(&mut self, text: &str) {
        match typed_time(text, self.viewed_playhead(), self.viewed().rate) {
            Some(frame) => self.transport_to(frame),
            None => self.notify(Level::Problem, format!("\u{201C}{}\u{201D} is no time.", text.trim())),
        }
    }
}

/// The frame that is meant by a time as people type it beside a picture: its last number is frames, the one before seconds,
/// and so on, with anything or nothing between them: `1500` and `15:00` are 15 seconds. A point makes it seconds, `375f`
/// frames. What begins with a sign is counted from `now`; plain numbers are frames then.
#[must_use]
pub fn typed_time(text: &str, now: Frame, rate: FrameRate) -> Option<Frame> {
    let text = text.trim();
    if let Some(amount) = text.strip_prefix(['+', '-']) {
        let frames = match amount.parse::<i32>() {
            Ok(frames) if amount.starts_with(|c: char| c.is_ascii_digit()) => i64::from(frames),
            _ => typed_time(amount, Frame::ZERO, rate).filter(|_| !amount.starts_with(['+', '-']))?.0,
        };
        return Some(if text.starts_with('-') { Frame(now.0 - frames) } else { Frame(now.0 + frames) });
    }
    if text.contains('.') || text.ends_with('f') {
        return parse_time(text).ok()?.at(rate);
    }
    let parts: Vec<String> = if text.contains([':', ';', ' ']) {
        text.split([':', ';', ' ']).map(str::to_owned).collect()
    } else {
        let digits: Vec<char> = text.chars().collect();
        digits.rchunks(2).rev().map(|two| two.iter().collect()).collect()
    };
    let number = |part: &String| part.parse::<i64>().ok().filter(|n| part.len() < 6 && *n >= 0);
    let numbers: Vec<i64> = parts.iter().map(number).collect::<Option<_>>()?;
    if numbers.is_empty() || numbers.len() > 4 {
        return None;
    }
    let mut fields = [0; 4];
    fields[4 - numbers.len()..].copy_from_slice(&numbers);
    let [h, m, s, f] = fields;
    let nominal = rate.nominal();
    // what is too many of one is some of the next: 90 are three seconds at 30
    let counted = ((h * 60 + m) * 60 + s) * nominal + f;
    let (f, seconds) = (counted % nominal, counted / nominal);
    let (s, m, h) = (seconds % 60, seconds / 60 % 60, seconds / 3600);
    let drop = format_timecode(Frame::ZERO, rate).contains(';');
    let code = |f| parse_time(&format!("{h:02}:{m:02}:{s:02}{}{f:02}", if drop { ';' } else { ':' })).ok()?.at(rate);
    // the first numbers of a minute that are dropped mean the first there is
    code(f).or_else(|| (f..nominal).find_map(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_their_end() {
        let rate = |num, den| FrameRate::new(num, den).unwrap();
        let at = |text: &str| typed_time(text, Frame(100), rate(24, 1)).map(|f| f.0);
        for (text, frame) in [
            ("12", 12),
            ("1500", 360),
            ("15:00", 360),
            ("1 0 0", 1440),
            ("00:01:00:00", 1440),
            ("48", 48),
            ("2.5", 60),
            ("375f", 375),
            ("+12", 112),
            ("-12", 88),
            ("+1:00", 124),
            ("+2.5", 160),
        ] {
            assert_eq!(at(text), Some(frame), "{text}");
        }
        for text in ["", "x", "1:2:3:4:5", "+-3", "+", "12:", "99999999999", "\u{661}"] {
            assert_eq!(at(text), None, "{text}");
        }
        // in drop-frame the numbers that are not there mean the next
        let dropped = |text: &str| typed_time(text, Frame::ZERO, rate(30000, 1001)).map(|f| f.0);
        assert_eq!((dropped("1:00:00"), dropped("59:29"), dropped("10:00:00")), (Some(1800), Some(1799), Some(17982)));
    }

    #[test]
    fn a_tilde_in_front_is_the_home() {
        let none = Path::new("");
        let home = directories::BaseDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(typed_path("~/films/a b.mp4 ", none), home.join("films/a b.mp4"));
        assert_eq!(typed_path("~", none), home);
        for other in ["/films/~/a.mp4", "~who/a.mp4", "a~"] {
            assert_eq!(typed_path(other, none), Path::new(other));
        }
    }
}
