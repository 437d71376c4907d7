//! Names of files and clips where there is little room: ends are what differs, so the middle goes; and each script runs its
//! own way.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Galley, Painter};
use std::sync::Arc;
use unicode_bidi::BidiInfo;
use unicode_script::{Script, UnicodeScript};

/// A name in one line no wider than `width` points.
pub fn in_line(painter: &Painter, name: &str, font: &FontId, color: Color32, width: f32) -> Arc<Galley> {
    let lay = |text: &str| painter.layout_job(job(text, font, color));
    let whole = lay(name);
    if whole.size().x <= width {
        return whole;
    }
    let letters: Vec<char> = name.chars().collect();
    // how many letters stay, by halves
    let (mut fits, mut too_many) = (0, letters.len());
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        if lay(&shortened(&letters, middle)).size().x <= width { fits = middle } else { too_many = middle }
    }
    lay(&shortened(&letters, fits))
}

/// The first and the last letters of a name, `keep` in all.
fn shortened(letters: &[char], keep: usize) -> String {
    let (head, tail) = (keep.div_ceil(2), keep / 2);
    let (head, tail) = (&letters[..head], &letters[letters.len() - tail..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// A line of text in the order in which it is read: text is shaped piece by piece from left to right, each piece in its
/// own direction, so the pieces are put where they are seen.
pub fn job(text: &str, font: &FontId, color: Color32) -> LayoutJob {
    let format = TextFormat { font_id: font.clone(), color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    for piece in pieces(text) {
        job.append(&piece, 0.0, format.clone());
    }
    job.wrap.max_width = f32::INFINITY;
    job.break_on_newline = false;
    job
}

/// A name in the window's usual letters, to be shown as a label or on a button.
pub fn text(name: &str, size: f32, color: Color32) -> LayoutJob {
    job(name, &FontId::proportional(size), color)
}

/// The pieces of one direction each, from left to right. What stands between words that are read from the right is a piece
/// of its own: it comes from another font, and pieces of different fonts are put beside each other from the left.
fn pieces(text: &str) -> Vec<String> {
    if text.is_ascii() {
        return vec![text.to_owned()];
    }
    let info = BidiInfo::new(text, None);
    let mut pieces = Vec::new();
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let backwards = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
            let Some(run) = text.get(run) else { continue };
            if backwards { pieces.extend(from_the_right(run)) } else { pieces.push(run.to_owned()) }
        }
    }
    if pieces.is_empty() { vec![text.to_owned()] } else { pieces }
}

/// The words of a run that is read from the right, and what stands between them, from left to right.
fn from_the_right(run: &str) -> Vec<String> {
    let is_word = |c: char| !matches!(c.script(), Script::Common);
    let mut parts: Vec<(bool, String)> = Vec::new();
    for c in run.chars() {
        match parts.last_mut() {
            Some((word, part)) if *word == is_word(c) => part.push(c),
            _ => parts.push((is_word(c), c.to_string())),
        }
    }
    let mirrored = |c: char| match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '«' => '»',
        '»' => '«',
        c => c,
    };
    let turned = |(word, part): (bool, String)| if word { part } else { part.chars().rev().map(mirrored).collect() };
    parts.into_iter().rev().map(turned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_long_name_goes() {
        let letters: Vec<char> = "recording-0001.mp4".chars().collect();
        assert_eq!(shortened(&letters, 9), "recor….mp4");
        assert_eq!(shortened(&letters, 0), "…");
    }

    #[test]
    fn names_stand_in_the_order_in_which_they_are_read() {
        assert_eq!(pieces("film.mp4"), ["film.mp4"]);
        // seen from the left: the extension, then the name, which is read from the right
        assert_eq!(pieces("مقابلة.ogv"), ["ogv", ".", "مقابلة"]);
        assert_eq!(pieces("مقابلة (مع).mp4"), ["mp4", ".(", "مع", ") ", "مقابلة"]);
        assert_eq!(pieces("take 1 מבחן end"), ["take 1 ", "מבחן", " end"]);
        assert_eq!(pieces("東京.mov"), ["東京.mov"]);
    }
}
