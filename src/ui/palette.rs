//! Finds commands by a few letters of their names.

use super::{dialog, menu, theme};
use crate::app::{Action, Editor};
use egui::{Context, Key, RichText};
use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

/// No more are shown.
const MOST: usize = 10;

#[derive(Default)]
pub struct Palette {
    text: String,
    chosen: usize,
}

impl Palette {
    /// Whether it stays open.
    pub fn show(&mut self, ctx: &Context, editor: &mut Editor) -> bool {
        let found = self.found(editor);
        self.chosen = self.chosen.min(found.len().saturating_sub(1));
        let mut done: Option<Action> = None;
        let response = dialog::show(ctx, "palette", |ui| {
            ui.set_width(420.0);
            let (up, down) = ui.input_mut(|i| {
                let none = egui::Modifiers::NONE;
                (i.consume_key(none, Key::ArrowUp), i.consume_key(none, Key::ArrowDown))
            });
            self.chosen = if up { self.chosen.saturating_sub(1) } else { self.chosen };
            self.chosen = if down { (self.chosen + 1).min(found.len().saturating_sub(1)) } else { self.chosen };
            let before = self.text.clone();
            let field = ui.add(
                egui::TextEdit::singleline(&mut self.text).hint_text("Find a command").desired_width(f32::INFINITY),
            );
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a command"));
            if before != self.text {
                self.chosen = 0;
            }
            if ui.input(|i| i.key_pressed(Key::Enter)) {
                done = found.get(self.chosen).copied();
            }
            field.request_focus();
            ui.add_space(4.0);
            for (index, action) in found.iter().enumerate() {
                let keys = action.shortcuts().first().map(|k| menu::text_of(ui.ctx(), *k)).unwrap_or_default();
                let button = egui::Button::new(action.title_now(editor))
                    .selected(index == self.chosen)
                    .shortcut_text(keys)
                    .frame_when_inactive(index == self.chosen)
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                if ui.add_enabled(action.enabled(editor), button).clicked() {
                    done = Some(*action);
                }
            }
            if found.is_empty() {
                ui.label(RichText::new("No command is called that").color(theme::WEAK));
            }
        });
        if let Some(action) = done {
            editor.perform(action);
        }
        !(done.is_some() || response.escaped)
    }

    /// The best matches, those that do something now first.
    fn found(&self, editor: &Editor) -> Vec<Action> {
        let matcher = SkimMatcherV2::default().ignore_case();
        let mut found: Vec<(bool, i64, Action)> = Action::ALL
            .iter()
            .filter(|a| **a != Action::Palette)
            .filter_map(|a| Some((a.enabled(editor), matcher.fuzzy_match(a.title(), self.text.trim())?, *a)))
            .collect();
        found.sort_by_key(|(enabled, score, _)| std::cmp::Reverse((*enabled, *score)));
        found.into_iter().map(|(_, _, action)| action).take(MOST).collect()
    }
}
