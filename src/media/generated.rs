//! Solid colours and titles as a pipeline: one picture in any size, text drawn by Pango.

use super::error::MediaError;
use crate::model::{Align, Generator, Title, VerticalAlign};
use gstreamer as gst;
use gstreamer::prelude::*;

/// A bin that gives one RGBA picture of that size.
pub(super) fn source(generator: &Generator, (width, height): (u32, u32)) -> Result<gst::Bin, MediaError> {
    let element = |e: gst::glib::Error| MediaError::Element(e.to_string());
    let fill = match generator {
        Generator::Solid(color) => argb(*color, 1.0),
        Generator::Title(title) => title.background.map_or(0, |(color, opacity)| argb(color, opacity)),
    };
    let caps = format!("video/x-raw,format=RGBA,width={width},height={height},framerate=1/1");
    let solid =
        format!("videotestsrc pattern=solid-color foreground-color={fill} num-buffers=1 ! capsfilter caps=\"{caps}\"");
    match generator {
        Generator::Solid(_) => gst::parse::bin_from_description(&solid, true).map_err(element),
        Generator::Title(title) => {
            // its pad for text stays unlinked: linked, it would wait for text to come
            let text = format!("{solid} ! textoverlay name=text ! identity name=out");
            let bin = gst::parse::bin_from_description(&text, false).map_err(element)?;
            if let Some(overlay) = bin.by_name("text") {
                set_up(&overlay, title, height);
            }
            if let Some(out) = bin.by_name("out").and_then(|e| e.static_pad("src")) {
                let ghost = gst::GhostPad::with_target(&out).map_err(|e| MediaError::Element(e.to_string()))?;
                bin.add_pad(&ghost).map_err(|e| MediaError::Element(e.to_string()))?;
            }
            Ok(bin)
        }
    }
}

fn argb([r, g, b]: [u8; 3], opacity: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round() as u32;
    alpha << 24 | u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b)
}

fn set_up(overlay: &gst::Element, title: &Title, height: u32) {
    // letters in pixels of the picture: textoverlay scales points by its own idea of the picture's size otherwise
    let size = title.size / 100.0 * f64::from(height);
    let style = format!("{}{}", if title.bold { "Bold " } else { "" }, if title.italic { "Italic " } else { "" });
    overlay.set_property("font-desc", format!("{} {style}{size:.1}px", title.font));
    overlay.set_property("auto-resize", false);
    overlay.set_property("text", escaped(&title.text));
    overlay.set_property("color", argb(title.color, 1.0));
    overlay.set_property("draw-shadow", false);
    overlay.set_property("draw-outline", title.outline.is_some());
    overlay.set_property("outline-color", argb(title.outline.unwrap_or([0; 3]), 1.0));
    let (horizontal, line) = match title.align {
        Align::Left => ("left", "left"),
        Align::Center => ("center", "center"),
        Align::Right => ("right", "right"),
    };
    overlay.set_property_from_str("halignment", horizontal);
    overlay.set_property_from_str("line-alignment", line);
    overlay.set_property_from_str(
        "valignment",
        match title.vertical {
            VerticalAlign::Top => "top",
            VerticalAlign::Middle => "center",
            VerticalAlign::Bottom => "bottom",
        },
    );
    #[expect(clippy::cast_possible_truncation, reason = "below half of the height")]
    let margin = (title.margin / 100.0 * f64::from(height)).round() as i32;
    overlay.set_property("xpad", margin);
    overlay.set_property("ypad", margin);
    overlay.set_property_from_str("wrap-mode", "wordchar");
}

/// What is typed is text, not Pango's markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Cancel, PictureFormat, VideoReader, to_rgba};
    use super::*;
    use crate::model::{MediaInfo, SourceTime};
    use gstreamer_video::VideoFormat;

    fn picture(generator: Generator, width: u32, height: u32) -> Vec<u8> {
        crate::media::init().unwrap();
        let info = MediaInfo::generated(generator, (width, height));
        let format = PictureFormat { width, height, format: VideoFormat::A420 };
        let mut reader = VideoReader::open(std::path::Path::new(""), &info, format, 1).unwrap();
        let picture = reader.at(SourceTime::SECOND, &Cancel::default()).unwrap().unwrap();
        to_rgba(&picture.info, &picture.buffer.map_readable().unwrap())
    }

    /// The columns and rows that have something in them.
    fn extent(rgba: &[u8], width: usize) -> (usize, usize, usize, usize) {
        let seen = rgba.chunks(4).enumerate().filter(|(_, p)| p[3] > 128).map(|(n, _)| (n % width, n / width));
        seen.fold((usize::MAX, 0, usize::MAX, 0), |(l, r, t, b), (x, y)| (l.min(x), r.max(x), t.min(y), b.max(y)))
    }

    #[test]
    fn solids_have_their_colour() {
        let rgba = picture(Generator::Solid([200, 40, 90]), 64, 48);
        for pixel in rgba.chunks(4) {
            let near = pixel.iter().zip([200, 40, 90, 255]).all(|(a, b)| a.abs_diff(b) <= 2);
            assert!(near, "{pixel:?}");
        }
    }

    #[test]
    #[expect(clippy::many_single_char_names, reason = "left, right, top, bottom, width, height")]
    fn titles_stand_where_they_should_in_any_size() {
        let title = |align, vertical| {
            Generator::Title(Title { text: "A & <B>".into(), size: 20.0, align, vertical, ..Title::default() })
        };
        for (width, height) in [(640, 360), (320, 180)] {
            let (l, r, t, b) =
                extent(&picture(title(Align::Center, VerticalAlign::Middle), width, height), width as usize);
            let (w, h) = (width as usize, height as usize);
            assert!((l + r).abs_diff(w) < w / 12 && (t + b).abs_diff(h) < h / 5, "{l} {r} {t} {b} in {w}x{h}");
            // capitals of a line of a fifth of the height
            assert!((h / 10..h / 4).contains(&(b - t)), "{} high", b - t);
            let (l, _, _, b) =
                extent(&picture(title(Align::Left, VerticalAlign::Bottom), width, height), width as usize);
            assert!(l < w / 10 && b > h * 3 / 4, "{l} {b}");
        }
    }
}
