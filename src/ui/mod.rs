//! The window: paints the editor's state and turns what people do into its commands.
//!
//! Never knows GStreamer, and never waits: dialogs of the system run on threads of their own.

mod bin;
mod dialog;
mod dialogs;
mod export_ahead;
mod export_card;
mod export_dialog;
mod export_preset;
mod exports;
mod fonts;
mod handling;
mod inspector;
mod menu;
mod names;
mod naming;
mod notices;
mod palette;
mod params;
mod pickers;
mod presses;
mod questions;
mod speed_dialog;
mod status_bar;
mod textures;
mod theme;
mod timeline;
mod titling;
mod viewer;

use crate::app::{Editor, EditorFolders, Level, Request, opens_as_document};
use crate::media::MediaError;
use eframe::CreationContext;
use egui::{CentralPanel, Panel, Ui, ViewportCommand};
use egui_tiles::{Tile, TileId, Tiles, Tree, UiResponse};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use theme::WINDOW_SIZE;

/// One area of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pane {
    Bin,
    Exports,
    Viewer,
    Inspector,
    Timeline,
}

/// The window and the editor that it shows.
pub struct Window {
    /// The state behind it.
    pub editor: Editor,
    tree: Tree<Pane>,
    panes: Panes,
    dialogs: dialogs::Dialogs,
    toasts: notices::Toasts,
    fonts: fonts::Fonts,
    title: String,
    full_screen: bool,
    /// Whether a field had the keyboard when the window was painted last.
    typing: bool,
    /// What keys asked for while something was typed: done when that has been taken in.
    later: Vec<crate::app::Action>,
    /// Whether the program was told to end.
    told_to_end: Arc<AtomicBool>,
}

/// What the panes keep from frame to frame.
#[derive(Default)]
struct Panes {
    textures: textures::Textures,
    timeline: timeline::Timeline,
    viewer: viewer::Viewer,
    bin: bin::Bin,
    exports: exports::ExportsPanel,
    inspector: inspector::Inspector,
    pickers: pickers::Pickers,
}

impl Window {
    /// Opens the window on an editor, with the files that the program was started with.
    ///
    /// # Errors
    /// [`MediaError::Element`] when the editor's threads can't be started.
    pub fn new(cc: &CreationContext<'_>, folders: EditorFolders, files: Vec<PathBuf>) -> Result<Self, MediaError> {
        theme::apply(&cc.egui_ctx);
        cc.egui_ctx.add_plugin(presses::Presses::default());
        let ctx = cc.egui_ctx.clone();
        let mut editor = Editor::new(folders, move || ctx.request_repaint())?;
        editor.open_arguments(files);
        Ok(Self {
            editor,
            tree: layout(),
            panes: Panes::default(),
            dialogs: dialogs::Dialogs::default(),
            toasts: notices::Toasts::default(),
            fonts: fonts::Fonts::default(),
            title: String::new(),
            full_screen: false,
            typing: false,
            later: Vec::new(),
            told_to_end: Arc::default(),
        })
    }

    /// What is done, on any thread, when the system tells the program to end: what is not saved is kept, which takes `limit`
    /// at most, and then the window closes without a question.
    pub fn end_of(&self, ctx: &egui::Context, limit: Duration) -> impl FnOnce() + Send + use<> {
        let (ctx, told, last) = (ctx.clone(), Arc::clone(&self.told_to_end), self.editor.last_keep());
        move || {
            if let Some(last) = last {
                last.keep(limit);
            }
            told.store(true, Ordering::SeqCst);
            ctx.request_repaint();
        }
    }

    /// Closes, or asks what is to be asked first.
    fn close(&mut self, ctx: &egui::Context) {
        if self.told_to_end.load(Ordering::SeqCst) && !self.dialogs.may_close() {
            self.dialogs.close(ctx);
            return;
        }
        let asked_to = ctx.input(|i| i.viewport().close_requested()) && !self.dialogs.may_close();
        if asked_to {
            self.editor.perform(crate::app::Action::Quit);
        }
        if matches!(self.editor.request, Some(Request::Quit)) {
            // nothing to ask: no need to be seen for it
            self.editor.request = None;
            self.editor.close();
            self.dialogs.close(ctx);
        } else if asked_to {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            // a question that nobody sees can't be answered
            ctx.send_viewport_cmd(ViewportCommand::Visible(true));
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }

    fn update_title(&mut self, ctx: &egui::Context) {
        let dot = if self.editor.unsaved() { "• " } else { "" };
        let percent = self.editor.exports.per_cent().map_or_else(String::new, |percent| format!("{percent} % · "));
        let title = format!("{percent}{dot}{} — Workprint", self.editor.title());
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

fn layout() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let panes = [Pane::Bin, Pane::Exports, Pane::Viewer, Pane::Inspector, Pane::Timeline];
    let [bin, exports, viewer, inspector, timeline] = panes.map(|p| tiles.insert_pane(p));
    let left = tiles.insert_tab_tile(vec![bin, exports]);
    let top = tiles.insert_horizontal_tile(vec![left, viewer, inspector]);
    let root = tiles.insert_vertical_tile(vec![top, timeline]);
    let shares =
        [(top, left, 0.72), (top, viewer, 1.25), (top, inspector, 0.53), (root, top, 1.1), (root, timeline, 0.9)];
    for (container, child, share) in shares {
        if let Some(Tile::Container(egui_tiles::Container::Linear(linear))) = tiles.get_mut(container) {
            linear.shares.set_share(child, share);
        }
    }
    Tree::new(egui::Id::unique("panes"), root, tiles)
}

impl eframe::App for Window {
    /// What keeps the editor alive, also while the window is hidden or minimised: nothing of it may be in [`Self::ui`].
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.editor.update();
        let focused = ctx.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::WindowFocused(true))));
        if let Some(later) = self.editor.look_again(focused) {
            ctx.request_repaint_after(later);
        }
        self.update_title(ctx);
        self.close(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.fonts.update(ui.ctx(), &mut self.editor);
        for action in std::mem::take(&mut self.later) {
            self.editor.perform(action);
        }
        if !self.dialogs.open(&self.editor) && !self.panes.pickers.about_to_show() {
            self.panes.bin.keys(ui.ctx(), &mut self.editor);
            self.later = menu::shortcuts(ui.ctx(), &mut self.editor, self.typing);
        }
        if self.editor.full_screen != self.full_screen {
            self.full_screen = self.editor.full_screen;
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(self.full_screen));
        }
        if self.editor.full_screen {
            CentralPanel::no_frame().show(ui, |ui| viewer::full_screen(ui, &mut self.editor, &mut self.panes.textures));
        } else {
            Panel::top("menu").show(ui, |ui| menu::bar(ui, &mut self.editor));
            Panel::bottom("status").show(ui, |ui| status_bar::show(ui, &mut self.editor));
            notices::offer(ui, &mut self.editor);
            CentralPanel::no_frame().show(ui, |ui| {
                let mut behavior = Behavior { editor: &mut self.editor, panes: &mut self.panes };
                self.tree.ui(&mut behavior, ui);
            });
        }
        match self.editor.request {
            Some(Request::ResetPanels) => self.tree = layout(),
            Some(Request::ShowExports) => {
                self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(Pane::Exports)));
            }
            Some(Request::TypeTitle) => self.panes.inspector.type_title(),
            _ => {}
        }
        let own =
            |request: &mut Request| matches!(request, Request::ResetPanels | Request::ShowExports | Request::TypeTitle);
        self.editor.request.take_if(own);
        dropped_files(ui.ctx(), &mut self.editor, &self.panes.timeline);
        self.panes.pickers.poll(ui.ctx(), &mut self.editor);
        self.dialogs.show(ui.ctx(), &mut self.editor, &mut self.panes.pickers);
        let dialog = self.dialogs.open(&self.editor);
        self.toasts.show(ui.ctx(), &mut self.editor, dialog);
        self.typing = ui.ctx().egui_wants_keyboard_input();
    }
}

/// Files from the file manager: onto a track where they are dropped on one, else into the bin; projects and other programs'
/// timelines are opened.
fn dropped_files(ctx: &egui::Context, editor: &mut Editor, timeline: &timeline::Timeline) {
    let (files, at) = ctx.input(|i| {
        let files: Vec<PathBuf> = i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect();
        (files, i.pointer.latest_pos())
    });
    if files.is_empty() {
        return;
    }
    let document = files.iter().find(|p| opens_as_document(p)).cloned();
    match (document, at.and_then(|at| timeline.place_under(editor, at))) {
        (Some(document), _) => {
            if files.len() > 1 {
                let name = document.file_name().unwrap_or(document.as_os_str()).to_string_lossy();
                let text =
                    format!("{name} was opened. What was dropped with it was not brought in: drop it once more.");
                editor.notify(Level::Problem, text);
            }
            editor.ask(Request::OpenPath(document));
        }
        (None, Some((onto, frame))) => editor.import_onto(files, onto, frame),
        (None, None) => editor.import(files),
    }
}

struct Behavior<'a> {
    editor: &'a mut Editor,
    panes: &'a mut Panes,
}

impl egui_tiles::Behavior<Pane> for Behavior<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut Pane) -> UiResponse {
        theme::pane_background(ui);
        match pane {
            Pane::Bin => self.panes.bin.show(ui, self.editor, &mut self.panes.textures, &mut self.panes.pickers),
            Pane::Exports => self.panes.exports.show(ui, self.editor),
            Pane::Viewer => self.panes.viewer.show(ui, self.editor, &mut self.panes.textures),
            Pane::Inspector => self.panes.inspector.show(ui, self.editor),
            Pane::Timeline => self.panes.timeline.show(ui, self.editor, &mut self.panes.textures),
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        match pane {
            Pane::Bin => "Bin",
            Pane::Exports => return exports::tab_title(self.editor).into(),
            Pane::Viewer => "Viewer",
            Pane::Inspector => "Inspector",
            Pane::Timeline => "Timeline",
        }
        .into()
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        // without a tab a pane that is alone could not be dragged elsewhere
        egui_tiles::SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn tab_bar_height(&self, _: &egui::Style) -> f32 {
        24.0
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        2.0
    }

    fn tab_bar_color(&self, _: &egui::Visuals) -> egui::Color32 {
        theme::BACKGROUND
    }
}
