//! Questions and answers over the window.

use super::naming::{NameDialog, SequenceDialog, SpeedDialog};
use super::palette::Palette;
use super::pickers::Pickers;
use super::{export_dialog, menu, theme};
use crate::app::{Editor, Request};
use egui::{Context, RichText, ViewportCommand};

#[derive(Default)]
pub struct Dialogs {
    shortcuts: bool,
    about: bool,
    name: Option<NameDialog>,
    speed: Option<SpeedDialog>,
    sequence: Option<SequenceDialog>,
    palette: Option<Palette>,
    /// What waits for an answer about unsaved work.
    unsaved: Option<Request>,
    closing: bool,
}

impl Dialogs {
    /// Whether the window may close now.
    pub fn may_close(&self) -> bool {
        self.closing
    }

    /// Whether keys belong to a dialog.
    pub fn open(&self, editor: &Editor) -> bool {
        let small = self.name.is_some() || self.speed.is_some() || self.sequence.is_some() || self.palette.is_some();
        let asked = small || self.shortcuts || self.about || self.unsaved.is_some();
        asked || editor.export.is_some() || !editor.recoverable.is_empty()
    }

    pub fn show(&mut self, ctx: &Context, editor: &mut Editor, pickers: &mut Pickers) {
        if let Some(request) = editor.request.take() {
            self.take(ctx, editor, pickers, request);
        }
        export_dialog::show(ctx, editor, pickers);
        self.ask_about_unsaved(ctx, editor);
        self.name.take_if(|d| !d.show(ctx, editor));
        self.speed.take_if(|d| !d.show(ctx, editor));
        self.sequence.take_if(|d| !d.show(ctx, editor));
        self.palette.take_if(|d| !d.show(ctx, editor));
        offer_recovery(ctx, editor);
        if self.shortcuts {
            let response = theme::modal(ctx, "shortcuts").show(ctx, |ui| {
                ui.heading("Keyboard Shortcuts");
                ui.add_space(6.0);
                let height = ui.ctx().content_rect().height() - 160.0;
                egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
                    egui::Frame::new()
                        .inner_margin(egui::Margin { right: 16, ..Default::default() })
                        .show(ui, menu::shortcut_table);
                });
                ui.add_space(6.0);
                ui.button("Close").clicked()
            });
            self.shortcuts = !(response.inner || response.should_close());
        }
        if self.about {
            let response = theme::modal(ctx, "about").show(ctx, |ui| {
                ui.set_width(380.0);
                ui.heading(RichText::new("Workprint").color(theme::ACCENT));
                ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
                ui.label("You cut light copies; the export conforms the originals, within the memory you give it.");
                ui.label(RichText::new("MIT or Apache 2.0, as you like.").small().color(theme::WEAK));
                ui.add_space(6.0);
                ui.button("Close").clicked()
            });
            self.about = !(response.inner || response.should_close());
        }
    }

    fn take(&mut self, ctx: &Context, editor: &mut Editor, pickers: &mut Pickers, request: Request) {
        match request {
            Request::Open | Request::SaveAs | Request::Import | Request::Relink(_) | Request::WriteTimeline => {
                pickers.ask(ctx, editor, &request);
            }
            Request::Name(naming) => self.name = Some(NameDialog::new(editor, naming)),
            Request::Speed => self.speed = Some(SpeedDialog::new(editor)),
            Request::SequenceSettings => self.sequence = Some(SequenceDialog::new(editor)),
            Request::Palette => self.palette = Some(Palette::default()),
            Request::Shortcuts => self.shortcuts = true,
            Request::About => self.about = true,
            Request::Unsaved(next) => self.unsaved = Some(*next),
            Request::Quit => {
                self.closing = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            request @ (Request::New | Request::OpenPath(_)) => editor.go_on(request),
        }
    }

    fn ask_about_unsaved(&mut self, ctx: &Context, editor: &mut Editor) {
        let Some(request) = self.unsaved.clone() else { return };
        let (mut save, mut lose, mut stay) = (false, false, false);
        let response = theme::modal(ctx, "unsaved").show(ctx, |ui| {
            ui.set_width(400.0);
            ui.heading(format!("Save the changes to “{}”?", editor.title()));
            ui.label("Without saving, they are lost.");
            ui.add_space(10.0);
            ui.horizontal(|ui| {
                let text = RichText::new("Save").color(theme::BACKGROUND).strong();
                save = ui.add(egui::Button::new(text).fill(theme::ACCENT)).clicked();
                stay = ui.button("Cancel").clicked();
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    lose = ui.button("Don't Save").clicked();
                });
            });
        });
        if save {
            editor.save_then(request);
            self.unsaved = None;
        } else if lose {
            editor.forget_unsaved();
            editor.request = Some(request);
            self.unsaved = None;
        } else if stay || response.should_close() {
            self.unsaved = None;
        }
    }
}

fn offer_recovery(ctx: &Context, editor: &mut Editor) {
    let Some(found) = editor.recoverable.last().cloned() else { return };
    let (mut recover, mut discard) = (false, false);
    theme::modal(ctx, "recover").show(ctx, |ui| {
        ui.set_width(420.0);
        ui.heading("Unsaved work was found");
        let name = found.path.as_ref().map_or_else(|| "an unnamed project".to_owned(), |p| p.display().to_string());
        ui.label(format!("Workprint did not end properly. There is an autosave of {name}."));
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            let text = RichText::new("Open It").color(theme::BACKGROUND).strong();
            recover = ui.add(egui::Button::new(text).fill(theme::ACCENT)).clicked();
            discard = ui.button("Discard").clicked();
        });
    });
    if recover || discard {
        editor.recoverable.pop();
        if recover { editor.recover(found) } else { editor.discard(found) }
    }
}
