//! The ruler: timecode at round distances, and the marked range.

use super::{theme, x_of};
use crate::app::Editor;
use crate::model::Frame;
use egui::{Align2, FontId, Rect, Stroke, Ui, pos2};

/// Labels are at least so far apart, in points.
const LABELS: f64 = 110.0;

pub(super) fn paint(ui: &Ui, editor: &Editor, area: Rect) {
    let painter = ui.painter().with_clip_rect(area);
    painter.rect_filled(area, 0.0, theme::PANEL);
    painter.hline(area.x_range(), area.max.y - 0.5, Stroke::new(1.0, theme::LINE));
    if let Some(span) = editor.marked() {
        let (from, to) = (x_of(editor, area, span.start), x_of(editor, area, span.end()));
        let marked = Rect::from_x_y_ranges(from..=to, area.y_range());
        painter.rect_filled(marked, 0.0, theme::ACCENT.gamma_multiply(0.22));
        painter.rect_filled(marked.with_min_y(area.max.y - 5.0), 0.0, theme::ACCENT);
    }
    // what the export that is being described copies
    for span in editor.copied_ahead() {
        let (from, to) = (x_of(editor, area, span.start), x_of(editor, area, span.end()));
        painter.rect_filled(Rect::from_x_y_ranges(from..=to, area.max.y - 3.0..=area.max.y), 0.0, theme::GOOD);
    }
    // a bracket at each mark that is set, so that one set by mistake is seen too
    for (mark, inwards) in [(editor.mark_in, 7.0), (editor.mark_out, -7.0)] {
        let Some(mark) = mark else { continue };
        let x = x_of(editor, area, mark);
        let stroke = Stroke::new(2.0, theme::ACCENT);
        painter.vline(x, area.y_range(), stroke);
        for y in [area.min.y + 1.0, area.max.y - 1.0] {
            painter.line_segment([pos2(x, y), pos2(x + inwards, y)], stroke);
        }
    }
    let view = &editor.view;
    let (step, parts) = step(editor.sequence().rate.nominal(), view.points_per_frame);
    let first = view.frame_under(0.0).0.div_euclid(step) * step;
    let last = view.frame_under(view.width).0;
    let mut frame = first;
    while frame <= last {
        let x = x_of(editor, area, Frame(frame));
        painter.vline(x, area.max.y - 12.0..=area.max.y, Stroke::new(1.0, theme::WEAK));
        let at = pos2(x + 4.0, area.min.y + 7.5);
        painter.text(at, Align2::LEFT_CENTER, editor.timecode(Frame(frame)), FontId::monospace(10.0), theme::WEAK);
        for part in 1..parts {
            let x = x_of(editor, area, Frame(frame + step * part / parts));
            painter.vline(x, area.max.y - 5.0..=area.max.y, Stroke::new(1.0, theme::LINE));
        }
        frame += step;
    }
}

/// The frames between two labels, and into how many parts they are divided.
fn step(nominal: i64, points_per_frame: f64) -> (i64, i64) {
    let minute = nominal * 60;
    let steps = [
        (1, 1),
        (2, 2),
        (5, 5),
        (10, 5),
        (nominal, 5),
        (nominal * 2, 4),
        (nominal * 5, 5),
        (nominal * 10, 5),
        (nominal * 30, 6),
        (minute, 6),
        (minute * 2, 4),
        (minute * 5, 5),
        (minute * 10, 5),
        (minute * 30, 6),
        (minute * 60, 6),
    ];
    #[expect(clippy::cast_precision_loss, reason = "a distance on the screen")]
    let wide = |s: &&(i64, i64)| s.0 as f64 * points_per_frame >= LABELS;
    steps.iter().find(wide).copied().unwrap_or((minute * 240, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_crowd() {
        for zoom in 0..200 {
            let points = 0.0002 * 1.07_f64.powi(zoom);
            let (step, parts) = step(30, points);
            assert!(parts >= 1 && (step as f64 * points >= LABELS || step == 30 * 60 * 240), "{points}");
        }
    }
}
