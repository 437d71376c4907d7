//! The tracks' names and switches.

use super::{Row, theme};
use crate::app::{Editor, Tried};
use crate::edit::{Edit, TrackChange};
use crate::model::{SequenceId, TrackId, TrackKind};
use crate::worker::DocumentId;
use egui::{Button, Rect, RichText, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};
use std::collections::HashSet;

/// Height of a folded track, in points.
pub(super) const FOLDED: f32 = 18.0;

/// How tracks are shown that is not in the document.
#[derive(Default)]
pub(super) struct Headers {
    /// The tracks that are folded, each with its document and sequence.
    folded: HashSet<(DocumentId, SequenceId, TrackId)>,
    /// Which track, and how tall it was when it was grabbed, in per cent.
    dragged: Option<(TrackId, u16)>,
}

impl Headers {
    /// Whether a track of the open sequence is folded.
    pub(super) fn is_folded(&self, editor: &Editor, track: TrackId) -> bool {
        self.folded.contains(&(editor.document(), editor.project().active, track))
    }

    /// The triangle that folds a track, or unfolds it.
    fn fold(&mut self, ui: &mut Ui, editor: &Editor, track: &crate::model::Track) {
        let key = (editor.document(), editor.project().active, track.id);
        let folded = self.folded.contains(&key);
        let (icon, what) =
            if folded { (icons::ICON_ARROW_RIGHT, "Unfold") } else { (icons::ICON_ARROW_DROP_DOWN, "Fold") };
        let button =
            Button::new(icon.rich_text().size(16.0).color(theme::WEAK)).frame(false).min_size(vec2(14.0, 16.0));
        let response = ui.add(button).on_hover_text(what);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{what} {}", track.name)));
        if response.clicked() && !self.folded.remove(&key) {
            self.folded.insert(key);
        }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, editor: &mut Editor, rows: &[Row], area: Rect) {
        self.show_all(ui, editor, rows, area);
        for row in rows.iter().filter(|row| row.height > FOLDED) {
            self.border(ui, editor, row, area);
        }
    }

    fn show_all(&mut self, ui: &mut Ui, editor: &mut Editor, rows: &[Row], area: Rect) {
        ui.painter().rect_filled(area, 0.0, theme::PANEL);
        for row in rows {
            let rect = Rect::from_min_max(pos2(area.min.x, row.top), pos2(area.max.x - 2.0, row.top + row.height));
            if rect.max.y < area.min.y || rect.min.y > area.max.y {
                continue;
            }
            let Some(track) = editor.sequence().track(row.track).cloned() else { continue };
            let clip = rect.intersect(area);
            ui.painter().with_clip_rect(area).rect_filled(rect, 3.0, theme::RAISED);
            // first, so that what lies on it comes before it
            let menu = ui.interact(clip, ui.scope_id().with(("track menu", track.id)), egui::Sense::click());
            let mut switches = (track.locked, track.muted, track.solo);
            let builder = egui::UiBuilder::new()
                .max_rect(rect.shrink2(vec2(3.0, if rect.height() > FOLDED { 4.0 } else { 0.0 })))
                .id_salt(("header", track.id));
            ui.scope_builder(builder, |ui| {
                ui.set_clip_rect(clip);
                ui.horizontal_centered(|ui| {
                    ui.spacing_mut().item_spacing.x = 1.0;
                    self.fold(ui, editor, &track);
                    name(ui, editor, &track);
                    let (on, off, tip) = match track.kind {
                        TrackKind::Video => (icons::ICON_VISIBILITY, icons::ICON_VISIBILITY_OFF, "Hide"),
                        TrackKind::Audio => (icons::ICON_VOLUME_UP, icons::ICON_VOLUME_OFF, "Mute"),
                    };
                    switch(ui, &mut switches.0, icons::ICON_LOCK_OPEN, icons::ICON_LOCK, "Lock", &track.name);
                    switch(ui, &mut switches.1, on, off, tip, &track.name);
                    if track.kind == TrackKind::Audio {
                        switch(
                            ui,
                            &mut switches.2,
                            icons::ICON_HEADPHONES,
                            icons::ICON_HEADPHONES,
                            "Solo",
                            &track.name,
                        );
                    }
                });
            });
            let changes = [
                (switches.0 != track.locked, TrackChange::Locked(switches.0)),
                (switches.1 != track.muted, TrackChange::Muted(switches.1)),
                (switches.2 != track.solo, TrackChange::Solo(switches.2)),
            ];
            for (_, change) in changes.into_iter().filter(|(changed, _)| *changed) {
                editor.commit(&Edit::SetTrack { track: track.id, change });
            }
            menu.context_menu(|ui| {
                ui.set_min_width(150.0);
                let target = if track.target { "Untarget" } else { "Target for Insert and Overwrite" };
                if ui.button("Rename…").clicked() {
                    editor.request = Some(crate::app::Request::Name(crate::app::Naming::Track(track.id)));
                    ui.close();
                }
                if ui.button(target).clicked() {
                    editor.commit(&Edit::SetTrack { track: track.id, change: TrackChange::Target(!track.target) });
                    ui.close();
                }
                for (text, upwards) in [("Move Up", true), ("Move Down", false)] {
                    if ui.button(text).clicked() {
                        editor.move_track(track.id, upwards);
                        ui.close();
                    }
                }
                for (text, height) in [("Small", 60), ("Normal", 100), ("Large", 200)] {
                    if ui.button(format!("{text} Height")).clicked() {
                        editor.commit(&Edit::SetTrack { track: track.id, change: TrackChange::Height(height) });
                        ui.close();
                    }
                }
                ui.separator();
                if ui.button("Remove Track").clicked() {
                    editor.commit(&Edit::RemoveTrack(track.id));
                    ui.close();
                }
            });
        }
    }

    /// The lower border of a header changes its track's height.
    fn border(&mut self, ui: &mut Ui, editor: &mut Editor, row: &Row, area: Rect) {
        let Some(track) = editor.shown_project().sequence().track(row.track).cloned() else { return };
        let bottom = row.top + row.height;
        let border = Rect::from_min_max(pos2(area.min.x, bottom - 3.0), pos2(area.max.x, bottom + 3.0)).intersect(area);
        if border.height() <= 0.0 {
            return;
        }
        let response = ui.interact(border, ui.scope_id().with(("height", track.id)), egui::Sense::drag());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, format!("Height of {}", track.name)));
        if response.hovered() || response.dragged() {
            ui.set_cursor_icon(egui::CursorIcon::ResizeVertical);
        }
        if response.drag_started() {
            self.dragged = Some((track.id, track.height));
        }
        if let Some((id, from)) = self.dragged.filter(|(id, _)| *id == track.id) {
            let usual = row.height / (f32::from(track.height) / 100.0);
            let moved = response.total_drag_delta().map_or(0.0, |d| d.y);
            if response.dragged() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
                let height = (f32::from(from) + moved / usual * 100.0).clamp(50.0, 400.0) as u16;
                let edit = Edit::SetTrack { track: id, change: TrackChange::Height(height) };
                editor.try_edit(Tried::ByHand, edit, None);
            }
            if response.drag_stopped() {
                self.dragged = None;
                editor.settle(Tried::ByHand);
            }
        }
    }
}

/// A track's name: a click makes it the target, a double click names it.
fn name(ui: &mut Ui, editor: &mut Editor, track: &crate::model::Track) {
    let color = if track.target { theme::ACCENT } else { theme::TEXT };
    let label =
        egui::Label::new(RichText::new(&track.name).strong().color(color)).truncate().sense(egui::Sense::click());
    let response = ui.add_sized(vec2(34.0, 20.0), label);
    let tip = if track.target { "Media from the bin land here" } else { "Click to let media from the bin land here" };
    let response = response.on_hover_text(format!("{}: {tip}. Double-click to rename.", track.name));
    if response.double_clicked() {
        editor.request = Some(crate::app::Request::Name(crate::app::Naming::Track(track.id)));
    } else if response.clicked() {
        editor.commit(&Edit::SetTrack { track: track.id, change: TrackChange::Target(!track.target) });
    }
}

fn switch(ui: &mut Ui, on: &mut bool, off_icon: MaterialIcon, on_icon: MaterialIcon, tip: &str, track: &str) {
    let icon = if *on { on_icon } else { off_icon };
    let color = if *on { theme::ACCENT } else { theme::WEAK };
    let button = Button::new(icon.rich_text().size(15.0).color(color)).frame(false).min_size(vec2(24.0, 22.0));
    let response = ui.add(button).on_hover_text(tip);
    let name = format!("{tip} {track}");
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, *on, &name));
    if response.clicked() {
        *on = !*on;
    }
}
