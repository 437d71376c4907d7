//! Paths as text, for what is written as text: projects, lists of edits, JSON.
//!
//! A file name need not be text: on Unix it is bytes, on Windows 16-bit units, of any value. One that is text is written
//! as it is. Any other is written behind [`PREFIX`], which no path can begin with, with `%` and each byte that is no text
//! as `%` and two hex digits. So every path comes back as it was, and none is mistaken for another.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What a path that is no text begins with: a character that no system has in a path.
pub const PREFIX: char = '\0';

/// Why a text is no path.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PathTextError {
    /// A `%` without its digits.
    #[error("path: {0:?} is not an escaped file name: each % needs two hex digits behind it")]
    Escape(String),
    /// It is one of another system.
    #[error("path: {0:?} is a file name that this system can't have")]
    Foreign(String),
}

/// A path as text.
#[must_use]
pub fn to_text(path: &Path) -> Cow<'_, str> {
    match path.to_str() {
        Some(text) if !text.starts_with(PREFIX) => Cow::Borrowed(text),
        _ => Cow::Owned(escape(&bytes_of(path))),
    }
}

/// The path that was written as that text.
///
/// # Errors
/// [`PathTextError`] where no path is written so.
pub fn from_text(text: &str) -> Result<PathBuf, PathTextError> {
    let Some(escaped) = text.strip_prefix(PREFIX) else { return Ok(PathBuf::from(text)) };
    let bytes = unescape(escaped).ok_or_else(|| PathTextError::Escape(escaped.to_owned()))?;
    from_bytes(bytes).ok_or_else(|| PathTextError::Foreign(escaped.to_owned()))
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::from(PREFIX);
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            // writing to a string never fails
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut rest = text.bytes();
    let mut bytes = Vec::with_capacity(text.len());
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { digit(rest.next())? << 4 | digit(rest.next())? } else { byte });
    }
    Some(bytes)
}

/// The path that those bytes are on this system, as they stand in files of other programs; UTF-8 on Windows, where what
/// can't be said so is WTF-8. `None` where none can be so.
#[must_use]
pub fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    #[cfg(unix)]
    let name = <OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes);
    #[cfg(windows)]
    let name = <OsString as std::os::windows::ffi::OsStringExt>::from_wide(&units_of(&bytes)?);
    #[cfg(not(any(unix, windows)))]
    let name = OsString::from(String::from_utf8(bytes).ok()?);
    Some(name.into())
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    Cow::Borrowed(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
}

#[cfg(windows)]
fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    Cow::Owned(bytes_of_units(std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str())))
}

#[cfg(not(any(unix, windows)))]
fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    // a system without a way to tell: what is no text is lost
    Cow::Owned(path.to_string_lossy().into_owned().into_bytes())
}

/// What Windows has for a name as WTF-8: UTF-8 in which a surrogate that stands alone has three bytes of its own.
#[cfg(any(windows, test))]
fn bytes_of_units(units: impl Iterator<Item = u16>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(alone) => {
                let [high, low] = alone.unpaired_surrogate().to_be_bytes();
                bytes.extend([0xed, 0x80 | (high & 0xf) << 2 | low >> 6, 0x80 | low & 0x3f]);
            }
        }
    }
    bytes
}

/// The reverse; `None` for what is no WTF-8.
#[cfg(any(windows, test))]
fn units_of(mut bytes: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    loop {
        let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        let (text, rest) = bytes.split_at(valid);
        units.extend(std::str::from_utf8(text).ok()?.encode_utf16());
        match rest {
            [] => return Some(units),
            [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, after @ ..] => {
                units.push(0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f));
                bytes = after;
            }
            _ => return None,
        }
    }
}

/// The path that is meant by a text which people were shown for a path, and may have edited: `shown` is that path, of
/// which only what can be read was in the text. What still stands there of its folders is theirs, byte by byte.
#[must_use]
pub fn meant(text: &str, shown: &Path) -> PathBuf {
    for kept in shown.ancestors().filter(|p| p.to_str().is_none()) {
        let rest = text.strip_prefix(&*kept.to_string_lossy());
        match rest.map(|rest| (rest, rest.trim_start_matches(std::path::is_separator))) {
            Some(("", _)) => return kept.to_owned(),
            Some((rest, name)) if name.len() < rest.len() => return kept.join(name),
            _ => {}
        }
    }
    PathBuf::from(text)
}

/// A path in a document, as [`to_text`] writes it: `#[serde(with = "path_text")]` for a field that is one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Written(#[serde(with = "self")] PathBuf);

/// Writes a path.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_text(path))
}

/// Reads a path.
///
/// # Errors
/// The deserializer's own, and [`PathTextError`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    from_text(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The same for a path that there need not be: `#[serde(with = "path_text::optional")]`.
pub mod optional {
    use super::{Deserialize, Deserializer, PathBuf, Serialize, Serializer, Written};

    /// Writes a path, if there is one.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.clone().map(Written).serialize(serializer)
    }

    /// Reads a path, if there is one.
    ///
    /// # Errors
    /// The deserializer's own, and [`PathTextError`](super::PathTextError).
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<Written>::deserialize(deserializer)?.map(|path| path.0))
    }
}

/// The same for many: `#[serde(with = "path_text::list")]`.
pub mod list {
    use super::{Deserialize, Deserializer, PathBuf, Serializer, Written, to_text};

    /// Writes paths.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn serialize<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(|path| to_text(path)))
    }

    /// Reads paths.
    ///
    /// # Errors
    /// The deserializer's own, and [`PathTextError`](super::PathTextError).
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
        Ok(Vec::<Written>::deserialize(deserializer)?.into_iter().map(|path| path.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of bytes that matter: what begins and continues characters, what the escapes are made of, separators.
    fn random(seed: &mut u64) -> Vec<u8> {
        let bytes = b"%%2fFa/\\.\0\x80\xff\xfe\xc3\xa9\xed\xa0\xbf\xf0\x9f\x8e\xac\n\"\\ ";
        let mut next = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(*seed >> 33).unwrap()
        };
        (0..next() % 12).map(|_| bytes[next() % bytes.len()]).collect()
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Document {
        #[serde(with = "super")]
        path: PathBuf,
        #[serde(with = "super::optional")]
        other: Option<PathBuf>,
        #[serde(with = "super::list")]
        more: Vec<PathBuf>,
    }

    #[cfg(unix)]
    #[test]
    fn all_bytes_come_back_and_no_two_names_are_written_alike() {
        let mut seed = 1;
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..20_000 {
            let bytes = random(&mut seed);
            let path = from_bytes(bytes.clone()).unwrap();
            let text = to_text(&path).into_owned();
            assert_eq!(from_text(&text).unwrap().as_os_str(), path.as_os_str(), "{bytes:?}");
            assert_eq!(seen.entry(text.clone()).or_insert_with(|| bytes.clone()), &bytes, "{text:?}");
            // no more than needed
            let plain = std::str::from_utf8(&bytes).is_ok_and(|t| !t.starts_with(PREFIX));
            assert_eq!(text.as_bytes() == bytes, plain, "{text:?}");
            let document = Document { path: path.clone(), other: Some(path.clone()), more: vec![path; 2] };
            let ron: Document = ron::from_str(&ron::to_string(&document).unwrap()).unwrap();
            let json: Document = serde_json::from_str(&serde_json::to_string(&document).unwrap()).unwrap();
            assert_eq!((&ron, &json), (&document, &document));
        }
    }

    #[test]
    fn text_stays_text() {
        for name in ["/a/ü 100%25 %zz.mov", "", "%00", "C:\\a\\b.mov", "\u{feff}x"] {
            assert_eq!(to_text(Path::new(name)), name);
            assert_eq!(from_text(name).unwrap(), Path::new(name));
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_people_leave_of_a_shown_path_keeps_its_bytes() {
        let path = |bytes: &[u8]| from_bytes(bytes.to_vec()).unwrap();
        let shown = path(b"/a\xff/b/reel-\xfe.mp4");
        let text = shown.to_string_lossy().into_owned();
        assert_eq!(meant(&text, &shown), shown);
        // what can't be read was taken for what stands in the text, where the name was edited
        assert_eq!(meant(&text.replace("mp4", "mkv"), &shown), path(b"/a\xff/b/reel-\xef\xbf\xbd.mkv"));
        assert_eq!(meant("/a\u{fffd}/c.mkv", &shown), path(b"/a\xff/c.mkv"));
        assert_eq!(meant("/a\u{fffd}c/c.mkv", &shown), Path::new("/a\u{fffd}c/c.mkv"));
        assert_eq!(meant("/x/reel.mp4", &shown), Path::new("/x/reel.mp4"));
        assert_eq!(meant("/x/y.mp4", Path::new("/x/reel.mp4")), Path::new("/x/y.mp4"));
    }

    #[test]
    fn wrong_escapes_are_refused_with_the_field() {
        for text in ["%", "a%f", "%zz", "%+1", "a%2\u{fc}"] {
            let json = serde_json::json!({"path": format!("\0{text}"), "other": null, "more": []}).to_string();
            let error = serde_json::from_str::<Document>(&json).unwrap_err().to_string();
            assert!(error.contains("path: ") && error.contains(text) && error.contains("hex"), "{error}");
        }
    }

    #[test]
    fn units_of_windows_come_back() {
        let all = [0x61, 0xd800, 0xdc00, 0xdfff, 0xd83c, 0xdfac, 0xdbff, 0xfffd, 0x25, 0xe9];
        for start in 0..all.len() {
            for end in start..=all.len() {
                let units = &all[start..end];
                let bytes = bytes_of_units(units.iter().copied());
                assert_eq!(units_of(&bytes).unwrap(), units);
                assert_eq!(unescape(&escape(&bytes)[1..]).unwrap(), bytes);
            }
        }
        // what the Unicode Consortium calls ill-formed, as in "The WTF-8 encoding", 3.4
        assert_eq!(bytes_of_units([0xd83d, 0x61].into_iter()), b"\xed\xa0\xbda");
        for bytes in [&b"\xff"[..], b"\xed\xa0", b"\xc0\x80", b"a\x80"] {
            assert_eq!(units_of(bytes), None);
        }
    }
}
