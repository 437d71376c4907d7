//! What an export will take, and what to know before it starts, in the export dialog.

use super::theme;
use crate::app::{ExportAhead, Takes};
use crate::export::{Expected, Finding};
use bytesize::ByteSize;
use egui::{Align, Frame, Label, Layout, RichText, ScrollArea, Sense, Ui};
use egui_material_icons::icons;

/// The room for findings, which are no reason for the dialog to grow and shrink while it is used.
const ROOM: f32 = 84.0;

/// Shows it; `wanted` becomes what is clicked to be seen on the timeline.
pub fn show(ui: &mut Ui, ahead: &ExportAhead, wanted: &mut Option<Finding>) {
    ui.add_space(6.0);
    Frame::new().fill(theme::LANE).corner_radius(5).inner_margin(8.0).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        takes(ui, ahead);
        ui.add_space(2.0);
        let area = ScrollArea::vertical().id_salt("findings").auto_shrink(false);
        area.min_scrolled_height(ROOM).max_height(ROOM).show(ui, |ui| {
            if !ahead.is_waiting() && ahead.all().next().is_none() {
                line(ui, icons::ICON_CHECK_CIRCLE, theme::GOOD, "Nothing stands against it.", false);
            }
            for finding in ahead.all() {
                if found(ui, finding) {
                    *wanted = Some(finding.clone());
                }
            }
        });
    });
    ui.add_space(4.0);
}

/// Time, size and memory, or why they are not known.
fn takes(ui: &mut Ui, ahead: &ExportAhead) {
    let weak = |text: &str| RichText::new(text).color(theme::WEAK);
    match &ahead.takes {
        Takes::Known(expected) => {
            ui.label(RichText::new(in_short(expected)).color(theme::TEXT).strong());
            ui.add(Label::new(RichText::new(how(expected)).small().color(theme::WEAK)).truncate());
        }
        Takes::Failed(why) => {
            ui.add(Label::new(RichText::new(why).color(theme::PROBLEM)).wrap());
        }
        Takes::Later => {
            ui.label(weak("How long it takes is tried when nothing is exported."));
            ui.label("");
        }
        Takes::Unknown if ahead.blocks() => {
            ui.label(RichText::new("It can't be made like this:").color(theme::PROBLEM).strong());
            ui.label("");
        }
        Takes::Unknown => {
            ui.horizontal(|ui| {
                // nothing that moves: painting takes time from what is tried
                ui.label(icons::ICON_HOURGLASS_EMPTY.rich_text().size(14.0).color(theme::WEAK));
                let what =
                    if ahead.findings.is_none() { "Looking at the clips…" } else { "Making a few pictures…" };
                ui.label(weak(what));
            });
            ui.label(RichText::new("").small());
        }
    }
}

/// "About 2 min 10 s · about 148 MB · 412 of 1024 MiB memory".
fn in_short(expected: &Expected) -> String {
    let size = ByteSize(expected.predicted_size).display().si();
    let (peak, budget) = (expected.predicted_peak.div_ceil(1 << 20), expected.budget >> 20);
    format!("About {}  ·  about {size}  ·  {peak} of {budget} MiB memory", expected.time_in_words())
}

/// How it is made, and what room there is.
fn how(expected: &Expected) -> String {
    let free = expected.free.map(|free| format!("{} are free there", ByteSize(free).display().si()));
    let all = std::iter::once(expected.encoder.clone()).chain(free);
    all.collect::<Vec<_>>().join("  ·  ")
}

/// Whether a finding was clicked.
fn found(ui: &mut Ui, finding: &Finding) -> bool {
    let (icon, color) =
        if finding.blocks { (icons::ICON_ERROR, theme::PROBLEM) } else { (icons::ICON_INFO, theme::ACCENT) };
    line(ui, icon, color, &finding.text, finding.at.is_some())
}

/// A line with a sign; whether it was clicked, where that does something.
fn line(
    ui: &mut Ui,
    icon: egui_material_icons::MaterialIcon,
    color: egui::Color32,
    text: &str,
    leads_there: bool,
) -> bool {
    let layout = Layout::left_to_right(Align::Min);
    let response = ui.with_layout(layout, |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(icon.rich_text().size(14.0).color(color));
        let text = RichText::new(text).size(12.0).color(theme::TEXT);
        let sense = if leads_there { Sense::click() } else { Sense::hover() };
        ui.add(Label::new(text).wrap().sense(sense))
    });
    let label = response.inner;
    if !leads_there {
        return false;
    }
    label.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text("Show it on the timeline").clicked()
}
