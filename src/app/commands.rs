//! What each command does.

use super::action::Action;
use super::editor::{Editor, Request, Tool};
use super::layouts::Layout;
use super::looks::Tried;
use super::notices::Level;
use super::placing::Where;
use crate::edit::{Edge, Edit};
use crate::model::{AssetId, ClipId, Frame, Generator, Title, TrackKind};
use crate::worker::Command;
use std::path::PathBuf;
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
                Some(path) => self.save_to(path, false),
                None => self.request = Some(Request::SaveAs),
            },
            Action::SaveAs => self.request = Some(Request::SaveAs),
            Action::Import => self.request = Some(Request::Import),
            Action::WriteTimeline => self.request = Some(Request::WriteTimeline),
            Action::Export => self.open_export(),
            Action::ShowExports => self.request = Some(Request::ShowExports),
            Action::Quit => self.ask(Request::Quit),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Cut | Action::Copy | Action::Paste | Action::PasteInsert | Action::Duplicate => {
                self.perform_on_clipboard(action);
            }
            Action::Link | Action::Group | Action::Ungroup | Action::Enable => self.associate(action),
            Action::SelectAll => self.selection = self.all_clips(),
            Action::SelectNone if self.full_screen => self.full_screen = false,
            Action::SelectNone if self.tries(Tried::ByHand) => self.drop_trial(),
            Action::SelectNone => {
                self.drop_trial();
                self.select_none();
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
            // it is made to be written
            Action::NewTitle if self.make_up(Generator::Title(Title::default())) => {
                self.request = Some(Request::TypeTitle);
            }
            Action::NewTitle => {}
            Action::NewSolid => {
                self.make_up(Generator::Solid([30, 60, 110]));
            }
            Action::LayoutCorner => self.lay_out(Layout::Corner),
            Action::LayoutSideBySide => self.lay_out(Layout::SideBySide),
            Action::LayoutGrid2 => self.lay_out(Layout::Grid2),
            Action::LayoutGrid3 => self.lay_out(Layout::Grid3),
            Action::LayoutGrid => self.lay_out(Layout::Grid),
            Action::LayoutMainAndStrip => self.lay_out(Layout::MainAndStrip),
            Action::NewSequence
            | Action::DuplicateSequence
            | Action::RenameSequence
            | Action::SequenceSettings
            | Action::MatchSize
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
            Action::PreviousKeyframe => self.go_to_keyframe(false),
            Action::NextKeyframe => self.go_to_keyframe(true),
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
            Action::ResetPanels => self.request = Some(Request::ResetPanels),
            Action::Palette => self.request = Some(Request::Palette),
            Action::Shortcuts => self.request = Some(Request::Shortcuts),
            Action::CopyDetails => self.request = Some(Request::CopyDetails),
            Action::About => self.request = Some(Request::About),
        }
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

    /// Writes the timeline for other programs: `.otio`, `.edl`, or chapters in `.txt`.
    pub fn write_timeline(&mut self, path: PathBuf) {
        self.worker.send(Command::WriteTimeline(Arc::clone(self.project()), path));
    }

    /// Looks for an asset's original at another place.
    pub fn relink(&mut self, asset: AssetId, path: PathBuf) {
        self.worker.send(Command::Relink(self.document.id, asset, path));
    }

    /// Stops background jobs: one, or all.
    pub fn cancel_jobs(&mut self, job: Option<crate::worker::JobId>) {
        self.worker.send(job.map_or(Command::CancelJobs, Command::CancelJob));
    }

    pub(super) fn selected(&self) -> Vec<ClipId> {
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

    pub(super) fn seek_and_reveal(&mut self, frame: Frame) {
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
}
