//! The window: paints the editor's state and turns what people do into its commands.
//!
//! Never knows GStreamer, and never waits: dialogs of the system run on threads of their own.

mod bin;
mod dialogs;
mod export_dialog;
mod inspector;
mod menu;
mod naming;
mod notices;
mod palette;
mod pickers;
mod status_bar;
mod textures;
mod theme;
mod timeline;
mod titling;
mod viewer;

use crate::app::{Editor, EditorFolders};
use crate::media::MediaError;
use eframe::CreationContext;
use egui::{CentralPanel, Panel, Ui};
use egui_tiles::{Tile, TileId, Tiles, Tree, UiResponse};
use std::path::PathBuf;

pub use theme::WINDOW_SIZE;

/// One area of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pane {
    Bin,
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
    title: String,
    full_screen: bool,
}

/// What the panes keep from frame to frame.
#[derive(Default)]
struct Panes {
    textures: textures::Textures,
    timeline: timeline::Timeline,
    bin: bin::Bin,
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
        let ctx = cc.egui_ctx.clone();
        let mut editor = Editor::new(folders, move || ctx.request_repaint())?;
        editor.open_arguments(files);
        Ok(Self {
            editor,
            tree: layout(),
            panes: Panes::default(),
            dialogs: dialogs::Dialogs::default(),
            toasts: notices::Toasts::default(),
            title: String::new(),
            full_screen: false,
        })
    }

    fn update_title(&mut self, ctx: &egui::Context) {
        let dot = if self.editor.unsaved() { "• " } else { "" };
        let title = format!("{dot}{} — Workprint", self.editor.title());
        if title != self.title {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

fn layout() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let panes = [Pane::Bin, Pane::Viewer, Pane::Inspector, Pane::Timeline];
    let [bin, viewer, inspector, timeline] = panes.map(|p| tiles.insert_pane(p));
    let top = tiles.insert_horizontal_tile(vec![bin, viewer, inspector]);
    let root = tiles.insert_vertical_tile(vec![top, timeline]);
    let shares =
        [(top, bin, 0.72), (top, viewer, 1.25), (top, inspector, 0.53), (root, top, 1.1), (root, timeline, 0.9)];
    for (container, child, share) in shares {
        if let Some(Tile::Container(egui_tiles::Container::Linear(linear))) = tiles.get_mut(container) {
            linear.shares.set_share(child, share);
        }
    }
    Tree::new(egui::Id::unique("panes"), root, tiles)
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.editor.update();
        if let Some(later) = self.editor.next_update() {
            ui.ctx().request_repaint_after(later);
        }
        self.update_title(ui.ctx());
        if ui.ctx().input(|i| i.viewport().close_requested()) && !self.dialogs.may_close() {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.editor.perform(crate::app::Action::Quit);
        }
        if !self.dialogs.open(&self.editor) {
            menu::shortcuts(ui.ctx(), &mut self.editor);
        }
        if self.editor.full_screen != self.full_screen {
            self.full_screen = self.editor.full_screen;
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Fullscreen(self.full_screen));
        }
        if self.editor.full_screen {
            CentralPanel::no_frame().show(ui, |ui| viewer::full_screen(ui, &mut self.editor, &mut self.panes.textures));
        } else {
            Panel::top("menu").show(ui, |ui| menu::bar(ui, &mut self.editor));
            Panel::bottom("status").show(ui, |ui| status_bar::show(ui, &mut self.editor));
            CentralPanel::no_frame().show(ui, |ui| {
                let mut behavior = Behavior { editor: &mut self.editor, panes: &mut self.panes };
                self.tree.ui(&mut behavior, ui);
            });
        }
        dropped_files(ui.ctx(), &mut self.editor, &self.panes.timeline);
        self.panes.pickers.poll(ui.ctx(), &mut self.editor);
        self.dialogs.show(ui.ctx(), &mut self.editor, &mut self.panes.pickers);
        self.toasts.show(ui.ctx(), &mut self.editor);
    }
}

/// Files from the file manager: onto a track where they are dropped on one, else into the bin.
fn dropped_files(ctx: &egui::Context, editor: &mut Editor, timeline: &timeline::Timeline) {
    let (files, at) = ctx.input(|i| {
        let files: Vec<PathBuf> = i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect();
        (files, i.pointer.latest_pos())
    });
    if files.is_empty() {
        return;
    }
    let projects = files.iter().find(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("ron"))).cloned();
    match (projects, at.and_then(|at| timeline.place_under(editor, at))) {
        (Some(project), _) => editor.ask(crate::app::Request::OpenPath(project)),
        (None, Some((track, frame))) => editor.import_onto(files, track, frame),
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
            Pane::Viewer => viewer::show(ui, self.editor, &mut self.panes.textures),
            Pane::Inspector => self.panes.inspector.show(ui, self.editor),
            Pane::Timeline => self.panes.timeline.show(ui, self.editor, &mut self.panes.textures),
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        match pane {
            Pane::Bin => "Bin",
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
