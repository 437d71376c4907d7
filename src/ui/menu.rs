//! The menu bar and the keyboard: both made from the one list of commands.

use super::theme;
use crate::app::{Action, Editor, Request, Shortcut};
use egui::{Button, Context, Key, KeyboardShortcut, MenuBar, Modifiers, Ui};

const FILE: &[Option<Action>] = &[
    Some(Action::Import),
    None,
    Some(Action::Save),
    Some(Action::SaveAs),
    None,
    Some(Action::Export),
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
    Some(Action::FullDetail),
    Some(Action::HalfDetail),
    Some(Action::QuarterDetail),
    Some(Action::Originals),
    None,
    Some(Action::ZoomIn),
    Some(Action::ZoomOut),
    Some(Action::ZoomFit),
    None,
    Some(Action::GoToStart),
    Some(Action::GoToEnd),
    Some(Action::PreviousCut),
    Some(Action::NextCut),
    Some(Action::PreviousMarker),
    Some(Action::NextMarker),
    None,
    Some(Action::Snapping),
    Some(Action::SyncLock),
];

const HELP: &[Option<Action>] = &[Some(Action::Shortcuts), Some(Action::About)];

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
                        if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
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
        ui.menu_button("View", |ui| items(ui, editor, VIEW));
        ui.menu_button("Help", |ui| items(ui, editor, HELP));
    });
}

/// Commands with their keys.
pub fn items(ui: &mut Ui, editor: &mut Editor, actions: &[Option<Action>]) {
    ui.set_min_width(250.0);
    for action in actions {
        let Some(action) = action else {
            ui.separator();
            continue;
        };
        let check = match action.checked(editor) {
            Some(true) => format!("{} ", egui_material_icons::icons::ICON_CHECK.codepoint),
            Some(false) => "     ".to_owned(),
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

/// Does what the keys say, unless they are being typed into a field.
pub fn shortcuts(ctx: &Context, editor: &mut Editor) {
    if ctx.egui_wants_keyboard_input() {
        return;
    }
    clipboard(ctx, editor);
    for action in Action::ALL {
        let pressed = action.shortcuts().iter().filter_map(|s| keyboard(*s)).any(|keys| {
            ctx.input(|i| {
                i.events.iter().any(|event| match event {
                    egui::Event::Key { key, pressed: true, modifiers, .. } => {
                        *key == keys.logical_key && modifiers.matches_exact(keys.modifiers)
                    }
                    _ => false,
                })
            })
        });
        if pressed {
            editor.perform(*action);
        }
    }
}

/// The system tells of these three keys in its own way; a paste only when there is something to paste.
fn clipboard(ctx: &Context, editor: &mut Editor) {
    let asked: Vec<Action> = ctx.input(|i| {
        let action = |event: &egui::Event| match event {
            egui::Event::Copy => Some(Action::Copy),
            egui::Event::Cut => Some(Action::Cut),
            egui::Event::Paste(_) => Some(Action::Paste),
            _ => None,
        };
        i.events.iter().filter_map(action).collect()
    });
    for action in asked {
        editor.perform(action);
        if action != Action::Paste && !editor.clipboard.is_empty() {
            let names: Vec<&str> = editor.clipboard.iter().map(|(_, c)| c.content.name.as_str()).collect();
            ctx.copy_text(names.join("\n"));
        }
    }
}

/// The window with all keys.
pub fn shortcut_table(ui: &mut Ui) {
    egui::Grid::new("keys").num_columns(4).spacing([18.0, 5.0]).show(ui, |ui| {
        let with_keys: Vec<&Action> = Action::ALL.iter().filter(|a| !a.shortcuts().is_empty()).collect();
        let half = with_keys.len().div_ceil(2);
        for row in 0..half {
            for action in [with_keys.get(row), with_keys.get(row + half)].into_iter().flatten() {
                let keys: Vec<String> = action.shortcuts().iter().map(|s| text_of(ui.ctx(), *s)).collect();
                ui.colored_label(theme::ACCENT, keys.join(" or "));
                ui.label(action.title().trim_end_matches('…'));
            }
            ui.end_row();
        }
    });
}
