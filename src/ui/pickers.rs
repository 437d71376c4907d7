//! The system's file dialogs, on threads of their own, and a plain field where the system has none.

use super::{dialog, handling};
use crate::app::{Editor, ExportDialog, Level, OPENED, Request, typed_path};
use crate::model::AssetId;
use crate::worker::DocumentId;
use crossbeam_channel::{Receiver, bounded};
use egui::Context;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A dialog that answers sooner than anyone could has not been shown.
const TOO_SOON: Duration = Duration::from_millis(250);

/// Within this a dialog that was asked for is there, and has the keyboard.
const SHOWN: Duration = Duration::from_secs(3);

/// What a file is picked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Purpose {
    Open,
    SaveAs,
    Import,
    Relink(AssetId),
    ExportTo,
    WriteTimeline,
}

/// A dialog of the system that is open.
struct Pending {
    purpose: Purpose,
    /// For which document: another may take its place while people look for a file.
    document: DocumentId,
    answer: Receiver<Vec<PathBuf>>,
    since: Instant,
}

/// A field that stands in for it.
struct Field {
    purpose: Purpose,
    document: DocumentId,
    text: String,
    /// The path that the text was first, which need not be text.
    proposed: PathBuf,
    /// Whether it was not shown yet.
    fresh: bool,
}

#[derive(Default)]
pub struct Pickers {
    pending: Option<Pending>,
    field: Option<Field>,
}

impl Pickers {
    /// Whether a dialog was asked for and may not be there yet: what is typed is for it, and no command.
    pub fn about_to_show(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.since.elapsed() < SHOWN)
    }

    /// Whether a field is open, so that keys belong to it.
    pub fn field_open(&self) -> bool {
        self.field.is_some()
    }

    /// Opens the dialog for what the editor asks.
    pub fn ask(&mut self, ctx: &Context, editor: &Editor, request: &Request) {
        let purpose = match request {
            Request::Open => Purpose::Open,
            Request::SaveAs => Purpose::SaveAs,
            Request::Import => Purpose::Import,
            Request::Relink(asset) => Purpose::Relink(*asset),
            Request::WriteTimeline => Purpose::WriteTimeline,
            _ => return,
        };
        self.open(ctx, editor, purpose);
    }

    /// Opens a dialog of the system.
    pub fn open(&mut self, ctx: &Context, editor: &Editor, purpose: Purpose) {
        if self.pending.is_some() {
            return;
        }
        let folder = editor.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned);
        let (name, document) = (editor.title(), editor.document());
        let (send, answer) = bounded(1);
        let (ctx, for_thread) = (ctx.clone(), purpose.clone());
        let thread = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            // nobody waits any more when the window is gone
            let _ = send.send(pick(&for_thread, folder, &name));
            ctx.request_repaint();
        });
        if thread.is_ok() {
            self.pending = Some(Pending { purpose, document, answer, since: Instant::now() });
        } else {
            let (text, proposed) = (String::new(), PathBuf::new());
            self.field = Some(Field { purpose, document, text, proposed, fresh: true });
        }
    }

    /// Takes in what was picked.
    pub fn poll(&mut self, ctx: &Context, editor: &mut Editor) {
        if let Some(pending) = &self.pending {
            let answer = pending.answer.try_recv();
            if let Ok(paths) = answer
                && let Some(pending) = self.pending.take()
            {
                if !paths.is_empty() {
                    // the system's dialog asks before a file is replaced
                    done(editor, pending.document, &pending.purpose, paths, true);
                } else if pending.since.elapsed() < TOO_SOON {
                    let proposed = proposal(editor, &pending.purpose);
                    let text = proposed.to_string_lossy().into_owned();
                    let Pending { purpose, document, .. } = pending;
                    self.field = Some(Field { purpose, document, text, proposed, fresh: true });
                } else {
                    not_done(editor, &pending.purpose);
                }
            }
        }
        self.show_field(ctx, editor);
    }

    fn show_field(&mut self, ctx: &Context, editor: &mut Editor) {
        let Some(field) = &mut self.field else { return };
        let response = dialog::show(ctx, "path", |ui| {
            ui.set_width(520.0);
            let (title, hint) = match field.purpose {
                Purpose::Open => ("Open Project", "A .ron file, or another program's timeline: .otio, .edl, .csv"),
                Purpose::SaveAs => ("Save Project As", "A .ron file"),
                Purpose::Import => ("Import Media", "Files or folders, one on each line (Shift+Enter begins another)"),
                Purpose::Relink(_) => ("Relink Media", "The file that takes its place"),
                Purpose::ExportTo => ("Export To", "The file to make"),
                Purpose::WriteTimeline => ("Export Timeline", "A name in .otio, .edl, or .txt for chapters"),
            };
            ui.heading(title);
            ui.label("This system offers no file dialog. Type or paste the path:");
            let many = field.purpose == Purpose::Import;
            let edit = if many {
                let line = egui::KeyboardShortcut::new(egui::Modifiers::SHIFT, egui::Key::Enter);
                egui::TextEdit::multiline(&mut field.text).desired_rows(4).return_key(line)
            } else {
                egui::TextEdit::singleline(&mut field.text)
            };
            let label = ui.label(hint);
            let output = edit.desired_width(f32::INFINITY).show(ui);
            let response = output.response.response.clone().labelled_by(label.id);
            if std::mem::take(&mut field.fresh) {
                // the folder and the ending mostly stay
                handling::choose(ui, &response, output.state, name_in(&field.text, &field.proposed));
            }
            dialog::answer(ui, "OK", !field.text.trim().is_empty())
        });
        let dialog::Answer { ok, cancel } = response.inner;
        if ok {
            let lines = field.text.lines().map(str::trim).filter(|l| !l.is_empty());
            let paths: Vec<PathBuf> = lines.map(|line| typed_path(line, &field.proposed)).collect();
            let (document, purpose) = (field.document, field.purpose.clone());
            self.field = None;
            done(editor, document, &purpose, paths, false);
        } else if cancel || response.escaped {
            not_done(editor, &field.purpose);
            self.field = None;
        }
    }
}

/// Where the name without its ending stands among the letters of a path that was proposed.
fn name_in(text: &str, proposed: &Path) -> Range<usize> {
    let letters = |part: Option<&OsStr>| part.map_or(0, |part| part.to_string_lossy().chars().count());
    let all = text.chars().count();
    let from = all.saturating_sub(letters(proposed.file_name()));
    from..(from + letters(proposed.file_stem())).min(all)
}

fn proposal(editor: &Editor, purpose: &Purpose) -> PathBuf {
    match purpose {
        Purpose::SaveAs => {
            let folder = editor.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned);
            let folder = folder.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
            folder.join(format!("{}.ron", editor.title()))
        }
        Purpose::WriteTimeline => {
            let folder = editor.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned).unwrap_or_default();
            folder.join(format!("{}.otio", editor.title()))
        }
        Purpose::ExportTo => editor.export.as_ref().map_or_else(PathBuf::new, ExportDialog::target),
        _ => PathBuf::new(),
    }
}

fn pick(purpose: &Purpose, folder: Option<PathBuf>, name: &str) -> Vec<PathBuf> {
    let mut dialog = rfd::FileDialog::new();
    if let Some(folder) = folder {
        dialog = dialog.set_directory(folder);
    }
    let one = |path: Option<PathBuf>| path.into_iter().collect();
    match purpose {
        Purpose::Open => one(dialog.set_title("Open Project").add_filter("Projects and timelines", OPENED).pick_file()),
        Purpose::WriteTimeline => one(dialog
            .set_title("Export Timeline")
            .add_filter("OpenTimelineIO", &["otio"])
            .add_filter("Edit decision list", &["edl"])
            .add_filter("Chapters", &["txt"])
            .set_file_name(format!("{name}.otio"))
            .save_file()),
        Purpose::SaveAs => one(dialog
            .set_title("Save Project As")
            .add_filter("Workprint projects", &["ron"])
            .set_file_name(format!("{name}.ron"))
            .save_file()),
        Purpose::Import => dialog.set_title("Import Media").pick_files().unwrap_or_default(),
        Purpose::Relink(_) => one(dialog.set_title("Relink Media").pick_file()),
        Purpose::ExportTo => one(dialog.set_title("Export To").set_file_name(format!("{name}.mp4")).save_file()),
    }
}

/// Goes on with what was picked; `agreed` is whether somebody was asked before a file is replaced.
fn done(editor: &mut Editor, document: DocumentId, purpose: &Purpose, paths: Vec<PathBuf>, agreed: bool) {
    let first = paths.first().cloned().unwrap_or_default();
    let gone = editor.document() != document;
    match purpose {
        // people work on while a dialog is open: what they did is asked about
        Purpose::Open => editor.ask(Request::OpenPath(first)),
        Purpose::ExportTo => {
            if let Some(export) = &mut editor.export {
                export.aim(first);
            }
        }
        _ if gone => {
            editor.notify(
                Level::Problem,
                "The file was chosen for a project that is not open any more: nothing was done.",
            );
        }
        Purpose::SaveAs => editor.save_to(first, agreed),
        Purpose::Import => editor.import(paths),
        Purpose::Relink(asset) => editor.relink(*asset, first),
        Purpose::WriteTimeline => editor.write_timeline(first),
    }
}

/// Nothing was picked.
fn not_done(editor: &mut Editor, purpose: &Purpose) {
    if *purpose == Purpose::SaveAs {
        editor.do_not_save();
    }
}
