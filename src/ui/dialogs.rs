//! Questions and answers over the window.

use super::naming::{NameDialog, SequenceDialog};
use super::palette::Palette;
use super::pickers::Pickers;
use super::questions::{self, Question};
use super::speed_dialog::SpeedDialog;
use super::{dialog, export_dialog, menu, theme};
use crate::app::{Editor, Level, Request};
use crate::diagnostics;
use egui::{Context, RichText, ViewportCommand};

#[derive(Default)]
pub struct Dialogs {
    /// What is looked for among the keys, while they are shown.
    shortcuts: Option<String>,
    about: bool,
    name: Option<NameDialog>,
    speed: Option<SpeedDialog>,
    sequence: Option<SequenceDialog>,
    palette: Option<Palette>,
    /// What waits for an answer.
    question: Option<Question>,
    closing: bool,
}

impl Dialogs {
    /// Whether the window may close now.
    pub fn may_close(&self) -> bool {
        self.closing
    }

    /// Closes the window, whatever is open.
    pub fn close(&mut self, ctx: &Context) {
        self.closing = true;
        ctx.send_viewport_cmd(ViewportCommand::Close);
        // what is hidden is not painted by itself
        ctx.request_repaint();
    }

    /// Whether keys belong to a dialog.
    pub fn open(&self, editor: &Editor) -> bool {
        let small = self.name.is_some() || self.speed.is_some() || self.sequence.is_some() || self.palette.is_some();
        let asked = small || self.shortcuts.is_some() || self.about || self.question.is_some();
        asked || editor.export.is_some() || !editor.recoverable.is_empty()
    }

    pub fn show(&mut self, ctx: &Context, editor: &mut Editor, pickers: &mut Pickers) {
        if let Some(request) = editor.request.take() {
            self.take(ctx, editor, pickers, request);
        }
        export_dialog::show(ctx, editor, pickers);
        self.question.take_if(|question| !question.show(ctx, editor));
        self.name.take_if(|d| !d.show(ctx, editor));
        self.speed.take_if(|d| !d.show(ctx, editor));
        self.sequence.take_if(|d| !d.show(ctx, editor));
        self.palette.take_if(|d| !d.show(ctx, editor));
        questions::offer_recovery(ctx, editor);
        if let Some(looked_for) = &mut self.shortcuts {
            let response = dialog::show(ctx, "shortcuts", |ui| {
                ui.set_width(640.0);
                ui.heading("Keyboard Shortcuts");
                ui.add_space(6.0);
                let field = egui::TextEdit::singleline(looked_for).hint_text("Find a key or a command");
                let field = ui.add(field.desired_width(f32::INFINITY));
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a key"));
                if ui.memory(|m| m.focused().is_none()) {
                    field.request_focus();
                }
                let height = ui.ctx().content_rect().height() - 200.0;
                egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                    egui::Frame::new()
                        .inner_margin(egui::Margin { right: 16, ..Default::default() })
                        .show(ui, |ui| menu::shortcut_table(ui, looked_for));
                });
                dialog::close_button(ui)
            });
            if response.inner || response.escaped {
                self.shortcuts = None;
            }
        }
        if self.about {
            let response = dialog::show(ctx, "about", |ui| {
                ui.set_width(380.0);
                ui.heading(RichText::new("Workprint").color(theme::ACCENT));
                ui.label(format!("Version {}", diagnostics::version()));
                ui.label("You cut light copies; the export conforms the originals, within the memory you give it.");
                ui.label(RichText::new("MIT or Apache 2.0, as you like.").small().color(theme::WEAK));
                dialog::close_button(ui)
            });
            self.about = !(response.inner || response.escaped);
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
            // the window's own, which has taken them by now
            Request::ResetPanels | Request::ShowExports | Request::TypeTitle => {}
            Request::Palette => self.palette = Some(Palette::default()),
            Request::Shortcuts => self.shortcuts = Some(String::new()),
            Request::CopyDetails => {
                ctx.copy_text(diagnostics::details());
                editor.notify(Level::Done, "Versions and the log's last lines are in the clipboard.");
            }
            Request::About => self.about = true,
            Request::Unsaved(next) => self.question = Some(Question::Unsaved(*next)),
            Request::Conflict { path, changed } => self.question = Some(Question::Conflict { path, changed }),
            Request::OpenElsewhere(path) => self.question = Some(Question::OpenElsewhere(path)),
            Request::ExportRuns => self.question = Some(Question::ExportRuns),
            Request::Quit => {
                editor.close();
                self.close(ctx);
            }
            request @ (Request::New
            | Request::OpenPath(_)
            | Request::OpenAnyway(_)
            | Request::Show(_)
            | Request::Recover(_)) => editor.go_on(request),
        }
    }
}
