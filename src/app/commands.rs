//! What each command does.

use super::action::Action;
use super::editor::{Editor, Request, Tool};
use super::exporting::ExportState;
use super::layouts::Layout;
use super::notices::Level;
use super::placing::Where;
use crate::edit::{Edge, Edit, Landing};
use crate::export::{ExportSettings, default_budget};
use crate::model::{AssetId, Clip, ClipId, Frame, Generator, Project, Title, TrackId, TrackKind};
use crate::project_file::Recovered;
use crate::worker::{Command, allowed_cores, total_memory};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Editor {
    /// Does what a command says.
    #[expect(clippy::too_many_lines, reason = "a line for each command")]
    pub fn perform(&mut self, action: Action) {
        if !action.enabled(self) {
            return;
        }
        match action {
            Action::New => self.ask(Request::New),
            Action::Open => self.ask(Request::Open),
            Action::Save => match self.path.clone() {
                Some(path) => self.save_to(path),
                None => self.request = Some(Request::SaveAs),
            },
            Action::SaveAs => self.request = Some(Request::SaveAs),
            Action::Import => self.request = Some(Request::Import),
            Action::WriteTimeline => self.request = Some(Request::WriteTimeline),
            Action::Export => self.open_export(),
            Action::Quit => self.ask(Request::Quit),
            Action::Undo => {
                if self.history.undo() {
                    self.project_changed();
                }
            }
            Action::Redo => {
                if self.history.redo() {
                    self.project_changed();
                }
            }
            Action::Cut | Action::Copy | Action::Paste | Action::PasteInsert | Action::Duplicate => {
                self.clipboard(action);
            }
            Action::Link | Action::Group | Action::Ungroup | Action::Enable => self.associate(action),
            Action::SelectAll => self.selection = self.all_clips(),
            Action::SelectNone => {
                self.drop_trial();
                self.selection.clear();
                self.selected_transition = None;
                self.full_screen = false;
            }
            Action::Delete if self.selected_transition.is_some() => self.perform_on_looks(Action::RemoveTransitions),
            Action::Delete => {
                self.commit(&Edit::Lift { clips: self.selected(), alone: true });
            }
            Action::RippleDelete => {
                let sync_lock = self.sync_lock;
                self.commit(&Edit::Extract { clips: self.selected(), sync_lock, alone: true });
            }
            Action::Split => self.split(),
            Action::SplitAll => {
                self.commit(&Edit::Split { at: self.playhead, clips: vec![], alone: false });
            }
            Action::Insert => self.place_chosen(Where::Insert(self.playhead)),
            Action::Overwrite => self.place_chosen(Where::Overwrite(self.playhead)),
            Action::Append => self.place_chosen(Where::Append),
            Action::LiftRange | Action::ExtractRange => {
                if let Some(span) = self.marked() {
                    let tracks = vec![];
                    self.commit(&match action {
                        Action::LiftRange => Edit::LiftRange { span, tracks },
                        _ => Edit::ExtractRange { span, tracks },
                    });
                }
            }
            Action::CloseGap => self.close_gap(),
            Action::CrossDissolve
            | Action::DipToBlack
            | Action::DipToWhite
            | Action::WipeLeft
            | Action::WipeRight
            | Action::WipeUp
            | Action::WipeDown
            | Action::RemoveTransitions
            | Action::Speed
            | Action::FreezeFrame
            | Action::Reverse
            | Action::CopyAttributes
            | Action::PasteAttributes
            | Action::ResetAttributes => self.perform_on_looks(action),
            Action::NewTitle => self.make_up(&Generator::Title(Title::default())),
            Action::NewSolid => self.make_up(&Generator::Solid([30, 60, 110])),
            Action::LayoutCorner => self.lay_out(Layout::Corner),
            Action::LayoutSideBySide => self.lay_out(Layout::SideBySide),
            Action::LayoutGrid2 => self.lay_out(Layout::Grid2),
            Action::LayoutGrid3 => self.lay_out(Layout::Grid3),
            Action::LayoutMainAndStrip => self.lay_out(Layout::MainAndStrip),
            Action::NewSequence
            | Action::DuplicateSequence
            | Action::RenameSequence
            | Action::SequenceSettings
            | Action::RemoveSequence => self.perform_on_sequences(action),
            Action::AddVideoTrack => {
                self.commit(&Edit::AddTrack(TrackKind::Video));
            }
            Action::AddAudioTrack => {
                self.commit(&Edit::AddTrack(TrackKind::Audio));
            }
            Action::PlayPause
            | Action::Play
            | Action::ShuttleBack
            | Action::Stop
            | Action::FrameBack
            | Action::FrameForward
            | Action::SecondBack
            | Action::SecondForward
            | Action::GoToStart
            | Action::GoToEnd
            | Action::Loop
            | Action::SourceViewer
            | Action::FullDetail
            | Action::HalfDetail
            | Action::QuarterDetail
            | Action::Originals => self.perform_on_playback(action),
            Action::PreviousCut => self.go_to_cut(false),
            Action::NextCut => self.go_to_cut(true),
            Action::MarkIn | Action::MarkOut | Action::GoToIn | Action::GoToOut | Action::ClearMarks => {
                self.mark(action);
            }
            Action::SelectTool => self.tool = Tool::Select,
            Action::RazorTool => self.tool = Tool::Razor,
            Action::RippleTool => self.tool = Tool::Ripple,
            Action::RollTool => self.tool = Tool::Roll,
            Action::SlipTool => self.tool = Tool::Slip,
            Action::SlideTool => self.tool = Tool::Slide,
            Action::RippleStart => self.ripple_to_playhead(Edge::In),
            Action::RippleEnd => self.ripple_to_playhead(Edge::Out),
            Action::HandTool => self.tool = Tool::Hand,
            Action::ZoomTool => self.tool = Tool::Zoom,
            Action::Marker => self.toggle_marker(),
            Action::EditMarker => self.request = Some(Request::Name(super::editor::Naming::Marker(self.playhead))),
            Action::NextMarker => self.go_to_marker(true),
            Action::PreviousMarker => self.go_to_marker(false),
            Action::CloseAllGaps => self.close_all_gaps(),
            Action::Snapping => self.snapping = !self.snapping,
            Action::SyncLock => self.sync_lock = !self.sync_lock,
            Action::ZoomIn => self.view.zoom(1.5, self.view.x(self.playhead).clamp(0.0, self.view.width)),
            Action::ZoomOut => self.view.zoom(1.0 / 1.5, self.view.x(self.playhead).clamp(0.0, self.view.width)),
            Action::ZoomFit => self.view.fit(self.sequence().end()),
            Action::FullScreen => self.full_screen = !self.full_screen,
            Action::Palette => self.request = Some(Request::Palette),
            Action::Shortcuts => self.request = Some(Request::Shortcuts),
            Action::About => self.request = Some(Request::About),
        }
    }

    fn clipboard(&mut self, action: Action) {
        match action {
            Action::Cut => {
                self.clipboard = self.selected_clips();
                self.commit(&Edit::Lift { clips: self.selected(), alone: true });
            }
            Action::Copy => self.clipboard = self.selected_clips(),
            Action::Duplicate => {
                let clips = self.selected_clips();
                let at = clips.iter().map(|(_, c)| c.end()).max().unwrap_or_default();
                self.paste(clips, at, Landing::Insert);
            }
            _ => {
                let landing = if action == Action::PasteInsert { Landing::Insert } else { Landing::Overwrite };
                if let Some(end) = self.paste(self.clipboard.clone(), self.playhead, landing) {
                    self.seek_and_reveal(end);
                }
            }
        }
    }

    /// Pastes and selects what was pasted; gives its end.
    fn paste(&mut self, clips: Vec<(TrackId, Clip)>, at: Frame, landing: Landing) -> Option<Frame> {
        let before = self.all_clips();
        let start = clips.iter().map(|(_, c)| c.start).min()?;
        let end = at + (clips.iter().map(|(_, c)| c.end()).max()? - start);
        if !self.commit(&Edit::Paste { clips, at, landing }) {
            return None;
        }
        // right halves of what was split are new too, but lie behind
        let new = |c: &Clip| !before.contains(&c.id) && c.start >= at && c.end() <= end;
        let tracks = self.sequence().tracks.iter();
        self.selection = tracks.flat_map(|t| t.clips.iter().filter(new).map(|c| c.id).collect::<Vec<_>>()).collect();
        Some(end)
    }

    fn associate(&mut self, action: Action) {
        let (clips, chosen) = (self.selected(), self.selected_clips());
        self.commit(&match action {
            Action::Link => {
                let first = chosen.first().and_then(|(_, c)| c.link);
                let all = first.is_some() && chosen.iter().all(|(_, c)| c.link == first);
                Edit::Link { clips, linked: !all }
            }
            Action::Enable => Edit::Enable { clips, enabled: !chosen.iter().any(|(_, c)| c.enabled) },
            _ => Edit::Group { clips, grouped: action == Action::Group },
        });
    }

    /// Asks for something that loses unsaved work: the window asks back first.
    pub fn ask(&mut self, request: Request) {
        self.request = Some(if self.unsaved() { Request::Unsaved(Box::new(request)) } else { request });
    }

    /// Goes on with a request after its unsaved work was given up or saved.
    pub fn go_on(&mut self, request: Request) {
        match request {
            Request::New => {
                self.worker.send(Command::ForgetAutosave);
                self.replace(Project::default(), None);
            }
            Request::OpenPath(path) => {
                let own = path.extension().is_none_or(|e| e.eq_ignore_ascii_case("ron"));
                self.worker.send(if own { Command::Open(path) } else { Command::OpenTimeline(path) });
            }
            other => self.request = Some(other),
        }
    }

    /// Saves, and goes on with a request once that has worked.
    pub fn save_then(&mut self, request: Request) {
        self.after_save = Some(request);
        self.perform(Action::Save);
    }

    /// Saves under a name.
    pub fn save_to(&mut self, path: PathBuf) {
        let path = if path.extension().is_some() { path } else { path.with_extension("ron") };
        self.worker.send(Command::Save(Arc::clone(self.project()), path));
    }

    /// Writes the timeline for other programs: `.otio`, `.edl`, or chapters in `.txt`.
    pub fn write_timeline(&mut self, path: PathBuf) {
        self.worker.send(Command::WriteTimeline(Arc::clone(self.project()), path));
    }

    /// Gives the autosave up: the user chose to lose it.
    pub fn forget_unsaved(&mut self) {
        self.saved = Arc::clone(self.project());
        self.worker.send(Command::ForgetAutosave);
    }

    /// Opens what a crash left behind, as unsaved work.
    pub fn recover(&mut self, recovered: Recovered) {
        self.replace(recovered.project.clone(), recovered.path.clone());
        // it is unsaved: the file on disk is older, or there is none
        self.saved = Arc::new(Project::default());
        self.autosaved = Arc::clone(self.project());
        self.worker.send(Command::Autosave(Arc::clone(self.project()), self.path.clone()));
        self.discard(recovered);
    }

    /// Removes what a crash left behind.
    pub fn discard(&self, recovered: Recovered) {
        self.worker.send(Command::Discard(Box::new(recovered)));
    }

    /// Looks for an asset's original at another place.
    pub fn relink(&mut self, asset: AssetId, path: PathBuf) {
        self.worker.send(Command::Relink(asset, path));
    }

    /// Stops background jobs: one, or all.
    pub fn cancel_jobs(&mut self, job: Option<crate::worker::JobId>) {
        self.worker.send(job.map_or(Command::CancelJobs, Command::CancelJob));
    }

    fn selected(&self) -> Vec<ClipId> {
        self.selection.iter().copied().collect()
    }

    /// Cuts the selected clips under the playhead, or all there if none of them is.
    fn split(&mut self) {
        let under = |c: &crate::model::Clip| c.start < self.playhead && self.playhead < c.end();
        let clips: Vec<ClipId> =
            self.selected_clips().into_iter().filter(|(_, c)| under(c)).map(|(_, c)| c.id).collect();
        let alone = !clips.is_empty();
        self.commit(&Edit::Split { at: self.playhead, clips, alone });
    }

    /// The clip that the playhead stands in: a selected one first, then by the tracks' order.
    fn clip_under_playhead(&self) -> Option<crate::model::Clip> {
        let under = |t: &Arc<crate::model::Track>| t.clips.at(self.playhead).filter(|c| c.start < self.playhead);
        let all: Vec<_> = self.sequence().tracks.iter().filter(|t| !t.locked).filter_map(under).collect();
        all.iter().find(|c| self.selection.contains(&c.id)).or(all.first()).cloned()
    }

    fn ripple_to_playhead(&mut self, edge: Edge) {
        let Some(clip) = self.clip_under_playhead() else {
            self.notify(Level::Problem, "Ripple trim: there is no clip under the playhead.");
            return;
        };
        let by = match edge {
            Edge::In => self.playhead - clip.start,
            Edge::Out => self.playhead - clip.end(),
        };
        let sync_lock = self.sync_lock;
        if self.commit(&Edit::Ripple { clip: clip.id, edge, by, sync_lock, alone: false }) && edge == Edge::In {
            self.seek_and_reveal(clip.start);
        }
    }

    fn toggle_marker(&mut self) {
        let at = self.playhead;
        let there = self.sequence().markers.iter().any(|m| m.at == at);
        let number = self.sequence().markers.len() + 1;
        self.commit(&if there {
            Edit::RemoveMarker(at)
        } else {
            Edit::AddMarker(crate::model::Marker {
                at,
                name: format!("Marker {number}"),
                color: crate::model::MarkerColor::default(),
            })
        });
    }

    fn close_all_gaps(&mut self) {
        let gap = |t: &&Arc<crate::model::Track>| {
            let filled: i64 = t.clips.iter().map(|c| c.length.0).sum();
            !t.locked && filled < t.clips.end().0
        };
        let Some(track) = self.sequence().tracks.iter().find(gap).map(|t| t.id) else {
            self.notify(Level::Problem, "Close all gaps: there is none.");
            return;
        };
        let sync_lock = self.sync_lock;
        self.commit(&Edit::CloseAllGaps { track, sync_lock });
    }

    fn close_gap(&mut self) {
        let (at, sync_lock) = (self.playhead, self.sync_lock);
        let gap = |t: &&Arc<crate::model::Track>| !t.locked && t.clips.at(at).is_none() && t.clips.after(at).is_some();
        let Some(track) = self.sequence().tracks.iter().find(gap).map(|t| t.id) else {
            self.notify(Level::Problem, "Close gap: there is no gap under the playhead.");
            return;
        };
        self.commit(&Edit::CloseGap { track, at, sync_lock });
    }

    fn seek_and_reveal(&mut self, frame: Frame) {
        self.seek(frame);
        self.view.reveal(self.playhead);
    }

    fn go_to_cut(&mut self, forward: bool) {
        let now = self.playhead;
        let cuts = self.sequence().tracks.iter().flat_map(|t| {
            let near = if forward { t.clips.after(Frame(now.0 + 1)) } else { t.clips.before(Frame(now.0 - 1)) };
            let here = t.clips.at(now);
            let before = if forward { None } else { t.clips.at(Frame(now.0 - 1)) };
            near.into_iter().chain(here).chain(before).flat_map(|c| [c.start, c.end()])
        });
        let target = if forward { cuts.filter(|c| *c > now).min() } else { cuts.filter(|c| *c < now).max() };
        let edge = if forward { self.sequence().end() } else { Frame::ZERO };
        self.seek_and_reveal(target.unwrap_or(edge));
    }

    fn open_export(&mut self) {
        if self.export.as_ref().is_some_and(|e| e.running) {
            return;
        }
        let folder =
            self.path.as_ref().and_then(|p| p.parent()).map(Path::to_owned).or_else(|| {
                directories::UserDirs::new().map(|d| d.video_dir().unwrap_or_else(|| d.home_dir()).to_owned())
            });
        let path = folder.unwrap_or_default().join(format!("{}.mp4", self.title()));
        let mut state = ExportState::new(&path, default_budget(total_memory()));
        if let Some(before) = self.export.take() {
            state.budget = before.budget;
        }
        state.marked_only = self.marked().is_some();
        self.export = Some(state);
    }

    /// Starts the export that the dialog describes.
    pub fn start_export(&mut self) {
        let range = self.marked();
        let own = crate::export::Memory::default().sample();
        let project = Arc::clone(self.project());
        let Some(export) = &mut self.export else { return };
        export.begin(own);
        let settings = ExportSettings {
            path: export.target(),
            preset: export.preset,
            range: range.filter(|_| export.marked_only),
            // the budget is for what the export adds to the editor
            budget: export.budget,
            own_memory: own,
            cores: allowed_cores(),
            overwrite: export.overwrite,
        };
        self.worker.send(Command::Export(project, Box::new(settings)));
    }

    /// Keeps what the last export took, as a text file beside its result.
    pub fn write_export_report(&mut self) {
        let Some(export) = &self.export else { return };
        if let Some(path) = export.report_path() {
            self.worker.send(Command::WriteReport(export.report(), path));
        }
    }

    /// Stops the export.
    pub fn cancel_export(&mut self) {
        self.worker.send(Command::CancelExport);
    }
}
