//! The menu bar and the keyboard: both made from the one list of commands.

use super::theme;
use crate::app::{Action, Editor, Request, Shortcut, Tried};
use egui::{Button, Context, Key, KeyboardShortcut, MenuBar, Modifiers, Ui};

const FILE: &[Option<Action>] = &[
    Some(Action::Import),
    None,
    Some(Action::Save),
    Some(Action::SaveAs),
    None,
    Some(Action::Export),
    Some(Action::ShowExports),
    Some(Action::WriteTimeline),
    None,
    Some(Action::Quit),
];

const EDIT: &[Option<Action>] = &[
    Some(Action::Undo),
    Some(Action::Redo),
    None,
    Some(Action::Cut),
    Some(Action::Copy),
    Some(Action::Paste),
    Some(Action::PasteInsert),
    Some(Action::Duplicate),
    None,
    Some(Action::Split),
    Some(Action::SplitAll),
    Some(Action::RippleStart),
    Some(Action::RippleEnd),
    None,
    Some(Action::Delete),
    Some(Action::RippleDelete),
    None,
    Some(Action::SelectAll),
    Some(Action::SelectNone),
    None,
    Some(Action::Palette),
];

/// What is done to the selected clips; the timeline's context menu has the same.
pub const CLIP: &[Option<Action>] = &[
    Some(Action::Speed),
    Some(Action::Reverse),
    Some(Action::FreezeFrame),
    None,
    Some(Action::CopyAttributes),
    Some(Action::PasteAttributes),
    Some(Action::ResetAttributes),
    None,
    Some(Action::Link),
    Some(Action::Group),
    Some(Action::Ungroup),
    Some(Action::Enable),
];

/// Ways to share the frame.
pub const LAYOUTS: &[Option<Action>] = &[
    Some(Action::LayoutCorner),
    Some(Action::LayoutSideBySide),
    Some(Action::LayoutGrid2),
    Some(Action::LayoutGrid3),
    Some(Action::LayoutGrid),
    Some(Action::LayoutMainAndStrip),
];

/// Ways from one clip to the next.
pub const TRANSITIONS: &[Option<Action>] = &[
    Some(Action::CrossDissolve),
    Some(Action::DipToBlack),
    Some(Action::DipToWhite),
    Some(Action::WipeLeft),
    Some(Action::WipeRight),
    Some(Action::WipeUp),
    Some(Action::WipeDown),
    None,
    Some(Action::RemoveTransitions),
];

const SEQUENCE: &[Option<Action>] = &[
    Some(Action::Insert),
    Some(Action::Overwrite),
    Some(Action::Append),
    None,
    Some(Action::MarkIn),
    Some(Action::MarkOut),
    Some(Action::ClearMarks),
    Some(Action::LiftRange),
    Some(Action::ExtractRange),
    None,
    Some(Action::NewTitle),
    Some(Action::NewSolid),
    None,
    Some(Action::Marker),
    Some(Action::EditMarker),
    None,
    Some(Action::CloseGap),
    Some(Action::CloseAllGaps),
    Some(Action::AddVideoTrack),
    Some(Action::AddAudioTrack),
    None,
    Some(Action::NewSequence),
    Some(Action::DuplicateSequence),
    Some(Action::RenameSequence),
    Some(Action::SequenceSettings),
    Some(Action::MatchSize),
    Some(Action::RemoveSequence),
];

const VIEW: &[Option<Action>] = &[
    Some(Action::PlayPause),
    Some(Action::Play),
    Some(Action::ShuttleBack),
    Some(Action::Loop),
    None,
    Some(Action::SourceViewer),
    Some(Action::FullScreen),
    Some(Action::ResetPanels),
    None,
    Some(Action::ZoomIn),
    Some(Action::ZoomOut),
    Some(Action::ZoomFit),
    None,
    Some(Action::GoToStart),
    Some(Action::GoToEnd),
    Some(Action::PreviousCut),
    Some(Action::NextCut),
    Some(Action::PreviousKeyframe),
    Some(Action::NextKeyframe),
    Some(Action::PreviousMarker),
    Some(Action::NextMarker),
    None,
    Some(Action::Snapping),
    Some(Action::SyncLock),
];

/// How much of the viewer's picture is computed, and from which files.
pub const QUALITY: &[Option<Action>] =
    &[Some(Action::FullDetail), Some(Action::HalfDetail), Some(Action::QuarterDetail), None, Some(Action::Originals)];

const HELP: &[Option<Action>] = &[Some(Action::Shortcuts), Some(Action::CopyDetails), None, Some(Action::About)];

/// The menus.
pub fn bar(ui: &mut Ui, editor: &mut Editor) {
    MenuBar::new().ui(ui, |ui| {
        ui.menu_button("File", |ui| {
            items(ui, editor, &[Some(Action::New), Some(Action::Open)]);
            let recent = editor.recent.projects.clone();
            ui.add_enabled_ui(!recent.is_empty(), |ui| {
                ui.menu_button("Open Recent", |ui| {
                    for path in recent {
                        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                        let folder = path.parent().map_or_else(String::new, |f| f.to_string_lossy().into_owned());
                        let button =
                            Button::new(name).right_text(egui::RichText::new(folder).small().color(theme::WEAK));
                        if ui.add(button).clicked() {
                            editor.ask(Request::OpenPath(path));
                            ui.close();
                        }
                    }
                });
            });
            ui.separator();
            items(ui, editor, FILE);
        });
        ui.menu_button("Edit", |ui| items(ui, editor, EDIT));
        ui.menu_button("Clip", |ui| {
            ui.set_min_width(250.0);
            ui.menu_button("Transition", |ui| items(ui, editor, TRANSITIONS));
            ui.menu_button("Layout", |ui| items(ui, editor, LAYOUTS));
            items(ui, editor, CLIP);
        });
        ui.menu_button("Sequence", |ui| items(ui, editor, SEQUENCE));
        ui.menu_button("View", |ui| {
            ui.set_min_width(250.0);
            ui.menu_button(format!("{NO_CHECK}Viewer Quality"), |ui| items(ui, editor, QUALITY));
            items(ui, editor, VIEW);
        });
        ui.menu_button("Help", |ui| items(ui, editor, HELP));
    });
}

/// Room for the check that others of a menu have.
const NO_CHECK: &str = "     ";

/// Commands with their keys.
pub fn items(ui: &mut Ui, editor: &mut Editor, actions: &[Option<Action>]) {
    ui.set_min_width(250.0);
    let checks = actions.iter().flatten().any(|action| action.checked(editor).is_some());
    for action in actions {
        let Some(action) = action else {
            ui.separator();
            continue;
        };
        let check = match action.checked(editor) {
            Some(true) => format!("{} ", egui_material_icons::icons::ICON_CHECK.codepoint),
            Some(false) => NO_CHECK.to_owned(),
            None if checks => NO_CHECK.to_owned(),
            None => String::new(),
        };
        let mut button = Button::new(format!("{check}{}", action.title_now(editor)));
        let clipboard = match action {
            Action::Cut => Some("X"),
            Action::Copy => Some("C"),
            Action::Paste => Some("V"),
            _ => None,
        };
        let own = clipboard.map(|key| Shortcut { command: true, shift: false, alt: false, key });
        if let Some(shortcut) = own.as_ref().or(action.shortcuts().first()) {
            button = button.shortcut_text(text_of(ui.ctx(), *shortcut));
        }
        if ui.add_enabled(action.enabled(editor), button).clicked() {
            editor.perform(*action);
            ui.close();
        }
    }
}

/// A key as this system writes it.
pub fn text_of(ctx: &Context, shortcut: Shortcut) -> String {
    let text = keyboard(shortcut).map_or_else(String::new, |k| ctx.format_shortcut(&k));
    // what is printed on the key says more than its name
    let signs = [
        ("Comma", ","),
        ("Period", "."),
        ("Semicolon", ";"),
        ("Quote", "'"),
        ("Equals", "="),
        ("Minus", "−"),
        ("Plus", "+"),
        ("Backslash", "\\"),
        ("Questionmark", "?"),
        ("Slash", "/"),
        ("Shift+?", "?"),
    ];
    signs.iter().fold(text, |text, (name, sign)| text.replace(name, sign))
}

fn keyboard(shortcut: Shortcut) -> Option<KeyboardShortcut> {
    let modifiers =
        Modifiers { alt: shortcut.alt, ctrl: false, shift: shortcut.shift, mac_cmd: false, command: shortcut.command };
    Some(KeyboardShortcut::new(modifiers, Key::from_name(shortcut.key)?))
}

/// Does what the keys say, in the order in which they were pressed and as often, unless they are being typed into a field.
/// `typing` is whether one had the keyboard when the window was painted last: Escape, which has taken it away by now, was
/// for that field. Gives what is to be done when the field was left, which it is by this.
pub fn shortcuts(ctx: &Context, editor: &mut Editor, typing: bool) -> Vec<Action> {
    if ctx.egui_wants_keyboard_input() {
        return beyond_fields(ctx, editor);
    }
    if typing && ctx.input(|i| i.key_pressed(Key::Escape)) {
        return Vec::new();
    }
    // between two frames many keys may come: beside an export they are half a second apart
    let asked: Vec<Action> = ctx.input(|i| i.events.iter().filter_map(meant).collect());
    let dialog = editor.export.is_some();
    for action in asked {
        editor.perform(action);
        if matches!(action, Action::Cut | Action::Copy) && !editor.clipboard.is_empty() {
            ctx.copy_text(editor.clipboard.names().join("\n"));
        }
        // what follows is for the dialog that this has opened
        if editor.request.is_some() || editor.export.is_some() != dialog {
            break;
        }
    }
    Vec::new()
}

/// The commands whose keys are not for the field that has the keyboard, which loses it by them: those of files, and to undo
/// where nothing was typed yet that could be undone.
fn beyond_fields(ctx: &Context, editor: &Editor) -> Vec<Action> {
    // of a dialog, such as the one in which a path is typed
    if ctx.memory(|memory| memory.top_modal_layer().is_some()) {
        return Vec::new();
    }
    let untouched = super::inspector::tried_in(ctx) && !editor.tries(Tried::InField);
    let beyond = |action: &Action| match action {
        Action::New | Action::Open | Action::Save | Action::SaveAs | Action::Import | Action::Export | Action::Quit => {
            true
        }
        Action::Undo | Action::Redo => untouched,
        _ => false,
    };
    let asked: Vec<Action> = ctx.input(|i| i.events.iter().filter_map(meant).filter(beyond).collect());
    if !asked.is_empty() {
        ctx.memory_mut(|memory| memory.focused().inspect(|field| memory.surrender_focus(*field)));
        ctx.request_repaint();
    }
    asked
}

/// The command that a key stands for. The system tells of three keys in its own way; a paste only when there is something to
/// paste.
fn meant(event: &egui::Event) -> Option<Action> {
    match event {
        egui::Event::Copy => Some(Action::Copy),
        egui::Event::Cut => Some(Action::Cut),
        egui::Event::Paste(_) => Some(Action::Paste),
        egui::Event::Key { key, pressed: true, modifiers, .. } => {
            let is = |keys: KeyboardShortcut| *key == keys.logical_key && modifiers.matches_exact(keys.modifiers);
            Action::ALL.iter().copied().find(|a| a.shortcuts().iter().filter_map(|s| keyboard(*s)).any(is))
        }
        _ => None,
    }
}

/// All commands with keys, by the menus that have them; what is in none is done at the timeline.
fn by_menu() -> Vec<(&'static str, Vec<Action>)> {
    let menus = [
        ("File", FILE),
        ("Edit", EDIT),
        ("Clip", CLIP),
        ("Clip", LAYOUTS),
        ("Clip", TRANSITIONS),
        ("Sequence", SEQUENCE),
        ("View and play", VIEW),
        ("View and play", QUALITY),
        ("Help", HELP),
    ];
    let mut groups: Vec<(&'static str, Vec<Action>)> = Vec::new();
    let mut add = |name: &'static str, action: Action| {
        if action.shortcuts().is_empty() || groups.iter().any(|(_, all)| all.contains(&action)) {
            return;
        }
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, all)) => all.push(action),
            None => groups.push((name, vec![action])),
        }
    };
    add("File", Action::New);
    add("File", Action::Open);
    for (name, actions) in menus {
        for action in actions.iter().flatten() {
            add(name, *action);
        }
    }
    for action in Action::ALL {
        add("Tools and moving about", *action);
    }
    groups
}

/// All keys, in groups, as far as their commands or keys have what is looked for in them.
pub fn shortcut_table(ui: &mut Ui, looked_for: &str) {
    let needle = looked_for.trim().to_lowercase();
    let keys = |ui: &Ui, action: Action| {
        action.shortcuts().iter().map(|s| text_of(ui.ctx(), *s)).collect::<Vec<_>>().join(" or ")
    };
    let mut none = true;
    for (name, actions) in by_menu() {
        let found = |action: &Action| {
            let hay = format!("{} {}", action.title(), keys(ui, *action)).to_lowercase();
            needle.is_empty() || hay.contains(&needle)
        };
        let actions: Vec<Action> = actions.into_iter().filter(found).collect();
        if actions.is_empty() {
            continue;
        }
        none = false;
        ui.add_space(6.0);
        ui.strong(name);
        egui::Grid::new(("keys", name)).num_columns(4).min_col_width(130.0).spacing([18.0, 5.0]).show(ui, |ui| {
            for two in actions.chunks(2) {
                for action in two {
                    let keys = keys(ui, *action);
                    ui.colored_label(theme::ACCENT, keys);
                    ui.label(action.title().trim_end_matches('…'));
                }
                ui.end_row();
            }
        });
    }
    if none {
        ui.label("No command and no key is called that.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_listed_once() {
        let listed: Vec<Action> = by_menu().into_iter().flat_map(|(_, all)| all).collect();
        let with_keys = Action::ALL.iter().filter(|a| !a.shortcuts().is_empty());
        for action in with_keys.clone() {
            assert_eq!(listed.iter().filter(|a| *a == action).count(), 1, "{action:?}");
        }
        assert_eq!(listed.len(), with_keys.count());
    }
}
