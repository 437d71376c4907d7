//! The export dialog: where to and how.

use super::pickers::{Pickers, Purpose};
use super::{dialog, export_ahead, export_preset, theme};
use crate::app::{Editor, ExportDialog};
use crate::export::{Format, Pictures, files_of, marked_parts};
use crate::model::Frame;
use crate::platform::total_memory;
use egui::{RichText, Ui};

/// Names of files that are shown of many.
const MOST_NAMES: usize = 4;

/// Points of the window's height that are left for what is not settings, and the least that settings have.
const AROUND: f32 = 290.0;
const LEAST: f32 = 160.0;

/// Shows the dialog while there is one.
pub fn show(ctx: &egui::Context, editor: &mut Editor, pickers: &mut Pickers) {
    let Some(mut state) = editor.export.take() else { return };
    if let Some(again) = editor.look_ahead(&mut state) {
        ctx.request_repaint_after(again);
    }
    let (mut add, mut close) = (false, false);
    let mut wanted = None;
    // in the field for a preset's name Enter is for that
    let naming = state.naming.is_some();
    let response = dialog::show(ctx, "export", |ui| {
        ui.set_width(600.0);
        ui.heading("Export");
        ui.add_space(4.0);
        // what is adjusted takes room, which small windows have not
        let room = (ctx.content_rect().height() - AROUND).max(LEAST);
        egui::ScrollArea::vertical().max_height(room).show(ui, |ui| {
            ui.add_enabled_ui(!state.is_asking(), |ui| settings(ui, editor, &mut state, pickers));
        });
        export_ahead::show(ui, &state.ahead, &mut wanted);
        if let Some(why) = &state.refused {
            ui.colored_label(theme::PROBLEM, why);
        }
        let entered = dialog::entered(ui) && !pickers.field_open() && !naming;
        dialog::foot(ui, |ui| {
            let ready = !state.path.trim().is_empty() && !state.is_asking() && !state.ahead.blocks();
            add |= dialog::main_button(ui, "Export", ready) || (ready && entered);
            close |= ui.button("Close").clicked();
            let text = match (state.is_asking(), state.by_marker) {
                (true, _) => "Looking at files…",
                (false, true) => "They are made while you work on.",
                (false, false) => "It is made while you work on.",
            };
            ui.label(RichText::new(text).small().color(theme::WEAK));
        });
    });
    if response.escaped && !pickers.field_open() {
        // what is open in the dialog is closed first
        let open = state.naming.take().is_some() | std::mem::take(&mut state.removing);
        close |= !open;
    }
    if let Some(finding) = wanted {
        close = true;
        editor.go_to_finding(&finding);
    }
    if close {
        editor.close_export(&mut state);
    } else {
        editor.export = Some(state);
    }
    if add && !close {
        editor.queue_export();
    }
}

/// What the film will be like.
fn film(editor: &Editor, state: &ExportDialog) -> String {
    let sequence = editor.sequence();
    let length = if state.marked_only { editor.marked().map(|span| span.end() - span.start) } else { None };
    let length = length.unwrap_or(sequence.end() - Frame::ZERO);
    let long = editor.timecode(Frame::ZERO + length);
    let target = &state.preset.target;
    let (_, (width, height)) = target.size.of((sequence.width, sequence.height));
    match target.format {
        Format::Sound(_) => format!("{} Hz, stereo, {long} long", sequence.sample_rate),
        Format::Pictures(Pictures::Still) => format!("{width} × {height}"),
        Format::Pictures(_) => format!("{width} × {height}, without sound, {long} long"),
        Format::Film(_) => format!("{width} × {height}, {} fps, {long} long", sequence.rate.in_words()),
    }
}

/// Which range is marked, and how long it is.
fn marked_text(editor: &Editor) -> String {
    let Some(span) = editor.marked() else { return "Only the marked range".to_owned() };
    let (from, to) = (editor.timecode(span.start), editor.timecode(span.end()));
    let length = editor.timecode(Frame::ZERO + (span.end() - span.start));
    format!("Only the marked range: {from} to {to}, {length} long")
}

fn settings(ui: &mut Ui, editor: &mut Editor, state: &mut ExportDialog, pickers: &mut Pickers) {
    egui::Grid::new("export settings").num_columns(2).spacing([14.0, 8.0]).show(ui, |ui| {
        let label = ui.label("File");
        ui.horizontal(|ui| {
            let field = egui::TextEdit::singleline(&mut state.path).desired_width(400.0);
            ui.add(field).labelled_by(label.id);
            if ui.button("Browse…").clicked() {
                pickers.open(ui.ctx(), editor, Purpose::ExportTo);
            }
        });
        ui.end_row();
        export_preset::show(ui, editor, state);
        ui.label("Film");
        ui.label(RichText::new(film(editor, state)).color(theme::WEAK));
        ui.end_row();
        ui.label("Size");
        ui.horizontal(|ui| size(ui, state));
        ui.end_row();
        let label = ui.label("Memory budget");
        ui.horizontal(|ui| {
            let mut mib = state.budget >> 20;
            let most = (total_memory() >> 20).clamp(512, 16_384);
            ui.spacing_mut().slider_width = 260.0;
            let slider = egui::Slider::new(&mut mib, 192..=most).logarithmic(true).suffix(" MiB");
            ui.add(slider).labelled_by(label.id).on_hover_text("What the export may take beside the editor itself");
            state.budget = mib << 20;
        });
        ui.end_row();
        ui.label("");
        ui.vertical(|ui| {
            let marked = editor.marked().is_some();
            ui.add_enabled(marked, egui::Checkbox::new(&mut state.marked_only, marked_text(editor)));
            by_marker(ui, editor, state);
            copy(ui, editor, state);
            fast(ui, state);
            ui.checkbox(&mut state.overwrite, "Replace a file of that name");
        });
        ui.end_row();
    });
}

/// Whether the file may not pass a size, and which.
fn size(ui: &mut Ui, state: &mut ExportDialog) {
    let can = state.preset.target.can_be_held();
    let tick = ui.add_enabled(can, egui::Checkbox::new(&mut state.sized, "Not larger than"));
    let tick = tick.on_disabled_hover_text("Only H.264 in MP4 can be held to a size");
    tick.on_hover_text(
        "As good as that allows: where it looks better, the picture is made smaller. Takes two passes or three.",
    );
    ui.add_enabled_ui(can && state.sized, |ui| {
        let value = egui::DragValue::new(&mut state.megabytes).range(0.05..=100_000.0).max_decimals(2).speed(0.1);
        ui.add(value.suffix(" MB")).on_hover_text("Millions of bytes");
        for usual in [10.0, 25.0, 50.0] {
            if ui.small_button(format!("{usual}")).clicked() {
                state.megabytes = usual;
            }
        }
    });
}

/// Whether each marker begins a file of its own, and what these are called.
fn by_marker(ui: &mut Ui, editor: &Editor, state: &mut ExportDialog) {
    let parts = marked_parts(editor.sequence(), editor.marked().filter(|_| state.marked_only));
    let can = parts.len() > 1 && !state.preset.target.is_folder();
    let mut none = false;
    let text = match parts.len() {
        n if can => format!("A file for each marker: {n} files, named by them"),
        _ => "A file for each marker".to_owned(),
    };
    let tick = egui::Checkbox::new(if can { &mut state.by_marker } else { &mut none }, text);
    let why = "Needs two markers at least (M sets one), and a kind of file that is one file";
    let shown = ui.add_enabled(can, tick).on_disabled_hover_text(why);
    shown.on_hover_text(
        "Each begins at its marker and goes up to the next one; they lie in the folder of the file above.",
    );
    if !can {
        state.by_marker = false;
    } else if state.by_marker {
        let few = &parts[..parts.len().min(MOST_NAMES)];
        let files = files_of(few, &state.target());
        let name = |file: &std::path::PathBuf| file.file_name().map(|n| n.to_string_lossy().into_owned());
        let mut names: Vec<String> = files.iter().filter_map(name).collect();
        if parts.len() > few.len() {
            names.push(format!("and {} more", parts.len() - few.len()));
        }
        ui.label(RichText::new(names.join(", ")).small().color(theme::WEAK));
    }
}

/// Whether what nobody touched is copied.
fn copy(ui: &mut Ui, editor: &Editor, state: &mut ExportDialog) {
    let sequence = editor.sequence();
    let can = state.preset.target.can_copy((sequence.width, sequence.height)) && state.max_size().is_none();
    let mut none = false;
    let tick = egui::Checkbox::new(if can { &mut state.copy } else { &mut none }, "Copy what is untouched");
    let shown = ui.add_enabled(can, tick).on_disabled_hover_text(
        "Pictures are copied into H.264 films of the sequence's own size that need not keep to a size in MB",
    );
    shown.on_hover_text(
        "Pictures of H.264 clips that nothing was done to go into the film as they are: faster, and without loss. \
         A film of large clips is large then.",
    );
}

/// Whether the machine's graphics encode, where there are any that could.
fn fast(ui: &mut Ui, state: &mut ExportDialog) {
    let Some(title) = state.chosen().and_then(|choice| choice.fast.clone()) else { return };
    let can = state.can_be_fast();
    let mut none = false;
    let tick = egui::Checkbox::new(if can { &mut state.fast } else { &mut none }, format!("Encode fast, by {title}"));
    let shown = ui.add_enabled(can, tick).on_disabled_hover_text("Only encoders in software keep to a size");
    shown.on_hover_text(
        "By the machine's graphics: faster, and larger at the same quality. It is tried first, and where it fails the film is \
         made in software.",
    );
}
