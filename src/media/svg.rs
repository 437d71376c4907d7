//! Vector pictures, drawn in the size that is asked for: their own claim may be any number, and a decoder that takes it
//! at its word takes gigabytes.
//!
//! `rsvgdec` draws what it is given in the size that the picture claims, so it is given a picture that claims another.

use super::decode::{Cancel, Decoding, Which};
use super::error::MediaError;
use super::stills;
use crate::model::{MediaInfo, SourceTime};
use gstreamer as gst;
use gstreamer::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file with more bytes is none that anybody drew.
const MOST_BYTES: u64 = 32 << 20;

/// Elements of a picture.
const MOST_NODES: u32 = 2_000_000;

/// Bytes in which the picture must begin: what stands before it is a header, a licence, a list of entities.
const HEAD: u64 = 16 << 10;

/// Pixels of the longer side of what claims to be larger.
const LONGEST: f64 = 8192.0;

/// Pixels of each side of what claims nothing.
const UNSAID: f64 = 512.0;

/// Whether a file is a vector picture, by its first bytes.
pub(super) fn is_svg(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let begins = |w: &[u8]| &w[..4] == b"<svg" && !w[4].is_ascii_alphanumeric();
    read.is_ok() && text.starts_with(b"<") && text.windows(5).any(begins)
}

fn read(path: &Path) -> Result<String, MediaError> {
    let failed = |e: std::io::Error| MediaError::file(path, &e);
    let mut data = Vec::new();
    File::open(path).map_err(failed)?.take(MOST_BYTES + 1).read_to_end(&mut data).map_err(failed)?;
    if data.len() as u64 > MOST_BYTES {
        return Err(MediaError::TooLarge {
            path: path.to_owned(),
            what: "it is a vector picture with very much in it".into(),
            limit: format!("up to {} MiB of drawing are read", MOST_BYTES >> 20),
        });
    }
    let not_utf8 = |_| MediaError::NotMedia { path: path.to_owned(), why: "its text is not UTF-8".into() };
    String::from_utf8(data).map_err(not_utf8)
}

fn parse<'a>(path: &Path, text: &'a str) -> Result<Document<'a>, MediaError> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES };
    Document::parse_with_options(text, options)
        .map_err(|e| MediaError::NotMedia { path: path.to_owned(), why: e.to_string() })
}

/// A length in pixels, of 96 to the inch (CSS Values and Units 3, 5.2); shares of what is around it are unknown.
fn length(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    // an exponent is no unit
    let (number, unit) = if text.parse::<f64>().is_ok() { (text, "") } else { (unit, &text[unit.len()..]) };
    let scale = match unit {
        "" | "px" => 1.0,
        "pt" => 4.0 / 3.0,
        "pc" | "em" => 16.0,
        "ex" => 8.0,
        "mm" => 96.0 / 25.4,
        "cm" => 96.0 / 2.54,
        "in" => 96.0,
        _ => return None,
    };
    number.trim().parse::<f64>().ok().map(|n| n * scale).filter(|n| n.is_finite() && *n > 0.0)
}

/// Width and height of the coordinates in the picture.
fn view_box(root: Node<'_, '_>) -> Option<(f64, f64)> {
    let text = root.attribute("viewBox")?;
    let numbers: Vec<f64> =
        text.split([' ', ',', '\t', '\n', '\r']).filter(|p| !p.is_empty()).map_while(|p| p.parse().ok()).collect();
    let &[_, _, width, height] = &numbers[..] else { return None };
    (width > 0.0 && height > 0.0 && f64::is_finite(width * height)).then_some((width, height))
}

/// The size that a picture claims.
fn claim(root: Node<'_, '_>) -> (f64, f64) {
    let side = |name: &str| root.attribute(name).and_then(length);
    let view = view_box(root);
    let (w, h) = view.unwrap_or((UNSAID, UNSAID));
    match (side("width"), side("height")) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, width * h / w),
        (None, Some(height)) => (height * w / h, height),
        (None, None) => (w, h),
    }
}

/// What is in it, in its own size, or in one of the same shape that can be held.
///
/// # Errors
/// Any [`MediaError`] about the file.
pub(super) fn probe(path: &Path) -> Result<MediaInfo, MediaError> {
    let text = read(path)?;
    let (width, height) = claim(parse(path, &text)?.root_element());
    let scale = (LONGEST / width.max(height)).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 8192")]
    let side = |n: f64| (n * scale).round().clamp(1.0, LONGEST) as u32;
    // whether it can be drawn at all is found out in small
    let drawn = Decoding::open(path, SourceTime::ZERO, Which::Video(0), "identity", 1, 1)?;
    if drawn.pull(&Cancel::default())?.is_none() {
        return Err(drawn.decode_error("it can't be drawn"));
    }
    Ok(stills::info("SVG", "SVG", (side(width), side(height)), true))
}

/// The text of a picture that claims to have this size.
fn resized(text: &str, root: Node<'_, '_>, (width, height): (u32, u32)) -> String {
    let mut replaced = Vec::new();
    let mut style = String::new();
    for attribute in root.attributes().filter(|a| a.namespace().is_none()) {
        match attribute.name() {
            "width" | "height" => replaced.push(attribute.range()),
            "style" => {
                replaced.push(attribute.range());
                style = attribute.value().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;") + ";";
            }
            _ => {}
        }
    }
    let start = root.range().start;
    // up to the end of the element's name
    let name =
        text[start..].find(|c: char| c.is_whitespace() || c == '>' || c == '/').map_or(text.len(), |n| start + n);
    let mut out = String::with_capacity(text.len() + 200);
    out.push_str(&text[..name]);
    // a style sheet may say a size as well, and would win over the attributes; a text takes all that is written to it
    let _ = write!(
        out,
        " width=\"{width}\" height=\"{height}\" style=\"{style}width:{width}px !important;height:{height}px !important\""
    );
    if view_box(root).is_none() {
        let (w, h) = claim(root);
        let _ = write!(out, " viewBox=\"0 0 {w} {h}\"");
        replaced.extend(root.attribute_node("viewBox").map(|a| a.range()));
    }
    replaced.sort_by_key(|range| range.start);
    let mut at = name;
    for range in replaced {
        out.push_str(&text[at..range.start]);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A source of its one picture, in the size that is asked for, or in a small one.
///
/// # Errors
/// Any [`MediaError`] about the file, and [`MediaError::MissingPlugin`] without `rsvgdec`.
pub(super) fn source(path: &Path, size: Option<(u32, u32)>) -> Result<gst::Element, MediaError> {
    let text = read(path)?;
    let drawing = resized(&text, parse(path, &text)?.root_element(), size.unwrap_or((64, 64)));
    let missing = |_| MediaError::MissingPlugin {
        path: path.to_owned(),
        what: "SVG".into(),
        package: super::plugins::package_for_decoders().to_owned(),
    };
    let wrong = |e: gst::glib::BoolError| MediaError::Element(e.to_string());
    let decoder = gst::ElementFactory::make("rsvgdec").build().map_err(missing)?;
    let source = stills::one_buffer(&gst::Caps::new_empty_simple("image/svg+xml"), drawing.into_bytes());
    let bin = gst::Bin::new();
    bin.add_many([source.upcast_ref::<gst::Element>(), &decoder]).map_err(wrong)?;
    source.link(&decoder).map_err(wrong)?;
    if let Some(pad) = decoder.static_pad("src") {
        let ghost = gst::GhostPad::with_target(&pad).map_err(wrong)?;
        bin.add_pad(&ghost).map_err(wrong)?;
    }
    Ok(bin.upcast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_replaced() {
        let text = "<?xml version='1.0'?><!-- <svg --><svg:svg xmlns:svg='http://www.w3.org/2000/svg' width='10cm' \
                    style='fill:red' height = \"2e3\"><svg:g/></svg:svg>";
        let document = Document::parse(text).unwrap();
        let (width, height) = claim(document.root_element());
        assert!((width - 377.95).abs() < 0.01 && height == 2000.0, "{width} {height}");
        let resized = resized(text, document.root_element(), (30, 20));
        let document = Document::parse(&resized).unwrap();
        let root = document.root_element();
        assert_eq!(claim(root), (30.0, 20.0));
        assert!(root.attribute("style").unwrap().starts_with("fill:red;width:30px"), "{resized}");
        assert_eq!(view_box(root).map(|(_, h)| h), Some(2000.0));
        for (text, size) in
            [("width='50%' viewBox='0 0 4 3'", (4.0, 3.0)), ("height='6' viewBox='0,0,4,3'", (8.0, 6.0))]
        {
            let text = format!("<svg {text}/>");
            assert_eq!(claim(Document::parse(&text).unwrap().root_element()), size);
        }
    }
}
