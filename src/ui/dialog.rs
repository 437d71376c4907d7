//! What all dialogs have in common: where they lie, their buttons, and what Enter and Escape do.

use super::theme;
use egui::{Area, Button, Context, Event, Key, Modal, Order, Popup, RichText, Theme, Ui};

/// What was done in a dialog.
pub struct Shown<R> {
    /// What its content gave.
    pub inner: R,
    /// Whether Escape was pressed for it. A click beside it is no answer: it must not throw away what was entered.
    pub escaped: bool,
}

/// What the buttons at a dialog's foot say.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer {
    /// It is done.
    pub ok: bool,
    /// It is dropped.
    pub cancel: bool,
}

/// Shows a dialog over the window, with room around what is in it.
///
/// Dialogs lie above the panels and below all lists, which are in the foreground: of two areas of one order egui puts the
/// one on top that was shown last, and that is not always the list.
pub fn show<R>(ctx: &Context, name: &'static str, content: impl FnOnce(&mut Ui) -> R) -> Shown<R> {
    let frame = egui::Frame::popup(&ctx.style_of(Theme::Dark)).inner_margin(18);
    let id = egui::Id::unique(name);
    let area: Area = Modal::default_area(id).order(Order::Middle);
    let response = Modal::new(id).area(area).frame(frame).show(ctx, content);
    // asked before its lists were shown, so that Escape closes a list first
    let free = response.is_top_modal && !response.any_popup_open;
    let escaped = free && ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Escape));
    Shown { inner: response.inner, escaped }
}

/// The buttons at the foot of a dialog, at its right end, what it is for last; Enter presses that.
pub fn answer(ui: &mut Ui, done: &str, usable: bool) -> Answer {
    let entered = entered(ui);
    foot(ui, |ui| {
        let ok = main_button(ui, done, usable) || (usable && entered);
        Answer { ok, cancel: ui.button("Cancel").clicked() }
    })
}

/// The button that stands for what a dialog is for.
pub fn main_button(ui: &mut Ui, text: &str, usable: bool) -> bool {
    let text = RichText::new(text).color(theme::BACKGROUND).strong();
    ui.add_enabled(usable, Button::new(text).fill(theme::ACCENT)).clicked()
}

/// A button alone at the foot of a dialog that only tells something: whether it is read.
pub fn close_button(ui: &mut Ui) -> bool {
    let entered = entered(ui);
    foot(ui, |ui| ui.button("Close").clicked()) || entered
}

/// Whether Enter was pressed for the dialog: in its fields or beside them, but not in one of its lists.
pub fn entered(ui: &Ui) -> bool {
    // a button that has the keyboard is pressed by it itself
    let on_button = ui.memory(|m| m.focused().is_some()) && !ui.ctx().text_edit_focused();
    // with what was held when it was pressed: by the end of a slow frame that is let go
    let enter =
        |e: &Event| matches!(e, Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none());
    !on_button && !Popup::is_any_open(ui.ctx()) && ui.input(|i| i.events.iter().any(enter))
}

/// The row at a dialog's foot, filled from the right. Its height is that of a button: what fills from the right takes all
/// the height that there is, and a dialog would never become lower again.
pub fn foot<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(10.0);
    let row = |ui: &mut Ui| ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), content).inner;
    ui.horizontal(row).inner
}
