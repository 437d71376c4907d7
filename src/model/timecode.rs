//! Timecode and the other ways in which people write a time. Only for printing and parsing.

use super::time::{Frame, FrameRate, SourceTime};
use thiserror::Error;

/// Why a text is not a time.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("'{0}' is not a time; write 12.5, 00:00:12.500, 00:00:12:15 or 375f")]
pub struct ParseTimeError(pub String);

/// A time as it was written, before it is known at which rate its frames count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeText {
    /// Seconds, or hours, minutes and seconds with decimals.
    Time(SourceTime),
    /// Frames of whichever rate applies (`375f`).
    Frames(i64),
    /// Timecode: hours, minutes, seconds, frames, and whether it is drop-frame.
    Timecode([i64; 4], bool),
}

impl TimeText {
    /// The position on a timeline of rate `rate`; `None` where the timecode does not exist (frame 30 at
    /// 25 frames a second, or a number that drop-frame leaves out).
    #[must_use]
    pub fn at(self, rate: FrameRate) -> Option<Frame> {
        match self {
            Self::Time(time) => Some(rate.frame_nearest(time)),
            Self::Frames(n) => Some(Frame(n)),
            Self::Timecode(fields, drop) => timecode_to_frame(fields, drop, rate),
        }
    }

    /// The moment in media whose frames run at `rate`.
    #[must_use]
    pub fn in_source(self, rate: FrameRate) -> Option<SourceTime> {
        match self {
            Self::Time(time) => Some(time),
            other => other.at(rate).map(|frame| rate.time_of(frame)),
        }
    }
}

/// Reads `12.5`, `00:00:12.500`, `00:00:12:15`, `00:00:12;15` or `375f`. Never negative, never more than
/// 1000 hours.
///
/// # Errors
/// [`ParseTimeError`] with the text, when it is none of these.
pub fn parse_time(text: &str) -> Result<TimeText, ParseTimeError> {
    let bad = || ParseTimeError(text.to_owned());
    let trimmed = text.trim();
    if let Some(frames) = trimmed.strip_suffix('f') {
        let n: i64 = digits(frames).ok_or_else(bad)?;
        return if n < super::time::MAX_FRAMES { Ok(TimeText::Frames(n)) } else { Err(bad()) };
    }
    let drop = trimmed.contains(';');
    let parts: Vec<&str> = trimmed.split([':', ';']).collect();
    let (seconds, larger) = match parts.as_slice() {
        [h, m, s, f] => {
            let fields = [digits(h), digits(m), digits(s), digits(f)];
            let [Some(h), Some(m), Some(s), Some(f)] = fields else { return Err(bad()) };
            return if h < 1000 && m < 60 && s < 60 && f < 1000 {
                Ok(TimeText::Timecode([h, m, s, f], drop))
            } else {
                Err(bad())
            };
        }
        _ if drop => return Err(bad()),
        [h, m, s] => {
            let (h, m) = (digits(h).ok_or_else(bad)?, digits(m).ok_or_else(bad)?);
            if m >= 60 || h >= 1000 {
                return Err(bad());
            }
            (s, h * 3600 + m * 60)
        }
        [m, s] => (s, digits(m).filter(|m| *m < 60_000).ok_or_else(bad)? * 60),
        [s] => (s, 0),
        _ => return Err(bad()),
    };
    if seconds.is_empty() || !seconds.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(bad());
    }
    let seconds: f64 = seconds.parse().map_err(|_| bad())?;
    if !seconds.is_finite() || seconds > 3_600_000.0 || (parts.len() > 1 && seconds >= 60.0) {
        return Err(bad());
    }
    Ok(TimeText::Time(SourceTime::from_seconds(seconds) + SourceTime(larger * SourceTime::SECOND.0)))
}

fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() < 16 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Whether drop-frame timecode exists at this rate: 29.97 and 59.94.
fn dropped(rate: FrameRate) -> Option<i64> {
    (rate.den() == 1001 && rate.nominal() % 30 == 0).then(|| rate.nominal() / 15)
}

fn timecode_to_frame([h, m, s, f]: [i64; 4], drop: bool, rate: FrameRate) -> Option<Frame> {
    let nominal = rate.nominal();
    if f >= nominal {
        return None;
    }
    let counted = ((h * 60 + m) * 60 + s) * nominal + f;
    if !drop {
        return Some(Frame(counted));
    }
    let dropped = dropped(rate)?;
    if s == 0 && m % 10 != 0 && f < dropped {
        return None;
    }
    let minutes = h * 60 + m;
    Some(Frame(counted - dropped * (minutes - minutes / 10)))
}

/// `HH:MM:SS:FF`, or `HH:MM:SS;FF` in drop-frame at 29.97 and 59.94 (SMPTE ST 12-1), with a minus sign
/// before what is negative.
#[must_use]
pub fn format_timecode(frame: Frame, rate: FrameRate) -> String {
    let nominal = rate.nominal();
    let mut n = frame.0.saturating_abs();
    let sign = if frame.0 < 0 { "-" } else { "" };
    let mut separator = ':';
    if let Some(dropped) = dropped(rate) {
        separator = ';';
        let per_minute = nominal * 60 - dropped;
        let per_ten = per_minute * 10 + dropped;
        let (tens, rest) = (n / per_ten, n % per_ten);
        n += dropped * 9 * tens;
        if rest >= dropped {
            n += dropped * ((rest - dropped) / per_minute);
        }
    }
    let (f, s) = (n % nominal, n / nominal);
    format!("{sign}{:02}:{:02}:{:02}{separator}{f:02}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_frame_numbers_are_those_of_the_standard() {
        let rate = FrameRate::F29_97;
        for (frame, text) in [
            (0, "00:00:00;00"),
            (1799, "00:00:59;29"),
            (1800, "00:01:00;02"),
            (17981, "00:09:59;29"),
            (17982, "00:10:00;00"),
            (107_892, "01:00:00;00"),
        ] {
            assert_eq!(format_timecode(Frame(frame), rate), text);
            assert_eq!(parse_time(text).unwrap().at(rate), Some(Frame(frame)));
        }
        assert_eq!(parse_time("00:01:00;00").unwrap().at(rate), None);
    }

    #[test]
    fn every_frame_prints_and_parses_back() {
        for rate in [FrameRate::F24, FrameRate::F25, FrameRate::F29_97, FrameRate::new(60000, 1001).unwrap()] {
            for n in (0..40_000).step_by(7) {
                let text = format_timecode(Frame(n), rate);
                assert_eq!(parse_time(&text).unwrap().at(rate), Some(Frame(n)), "{text}");
            }
        }
    }

    #[test]
    fn all_ways_to_write_a_time() {
        let rate = FrameRate::F30;
        for text in ["12.5", "00:00:12.500", "00:00:12:15", "375f", "0:12.5"] {
            assert_eq!(parse_time(text).unwrap().at(rate), Some(Frame(375)), "{text}");
        }
        for bad in ["", "x", "-1", "NaN", "inf", "1e9", "1:2:3:4:5", "00:61:00.0", "99999999999999999999f", "f", "1;2"]
        {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_time("00:00:00:30").unwrap().at(rate), None);
    }
}
