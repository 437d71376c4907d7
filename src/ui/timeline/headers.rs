//! The tracks' names and switches.

use super::{Row, theme};
use crate::app::Editor;
use crate::edit::{Edit, TrackChange};
use crate::model::TrackKind;
use egui::{Button, Rect, RichText, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};

pub(super) fn show(ui: &mut Ui, editor: &mut Editor, rows: &[Row], area: Rect) {
    ui.painter().rect_filled(area, 0.0, theme::PANEL);
    for row in rows {
        let rect = Rect::from_min_max(pos2(area.min.x, row.top), pos2(area.max.x - 2.0, row.top + row.height));
        if rect.max.y < area.min.y || rect.min.y > area.max.y {
            continue;
        }
        let Some(track) = editor.sequence().track(row.track).cloned() else { continue };
        let clip = rect.intersect(area);
        ui.painter().with_clip_rect(area).rect_filled(rect, 3.0, theme::RAISED);
        let mut switches = (track.locked, track.muted, track.solo);
        let builder = egui::UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 4.0))).id_salt(("header", track.id));
        ui.scope_builder(builder, |ui| {
            ui.set_clip_rect(clip);
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = 1.0;
                ui.add_sized(vec2(30.0, 20.0), egui::Label::new(RichText::new(&track.name).strong()));
                let (on, off, tip) = match track.kind {
                    TrackKind::Video => (icons::ICON_VISIBILITY, icons::ICON_VISIBILITY_OFF, "Hide"),
                    TrackKind::Audio => (icons::ICON_VOLUME_UP, icons::ICON_VOLUME_OFF, "Mute"),
                };
                switch(ui, &mut switches.0, icons::ICON_LOCK_OPEN, icons::ICON_LOCK, "Lock", &track.name);
                switch(ui, &mut switches.1, on, off, tip, &track.name);
                if track.kind == TrackKind::Audio {
                    switch(ui, &mut switches.2, icons::ICON_HEADPHONES, icons::ICON_HEADPHONES, "Solo", &track.name);
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
        let menu = ui.interact(clip, ui.scope_id().with(("track menu", track.id)), egui::Sense::click());
        menu.context_menu(|ui| {
            if ui.button("Remove Track").clicked() {
                editor.commit(&Edit::RemoveTrack(track.id));
                ui.close();
            }
        });
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
