//! Taking in what the threads tell.

use super::editor::{AUTOSAVE_AFTER, Editor};
use super::notices::Level;
use crate::edit::Edit;
use crate::export::ExportEvent;
use crate::media::ANOTHER;
use crate::model::{Asset, AssetId, Frame};
use crate::render::{Fault, PreviewCommand, PreviewState};
use crate::worker::{Command, Event, News, Turn};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

impl Editor {
    /// Takes in what the threads told since the last time; call it before each repaint.
    pub fn update(&mut self) {
        let state = self.preview.take_state();
        let picture = state.picture.clone().or(self.preview_state.picture.take());
        // what it told before it obeyed the last command is old
        let current = state.obeyed == self.playback.asked;
        let state = if current { state } else { PreviewState { playing: self.preview_state.playing, ..state } };
        let over = self.preview_state.playing && !state.playing;
        let at_an_end = state.position >= self.viewed().end() || state.position == Frame::ZERO;
        if current && (state.playing || (over && at_an_end)) {
            self.played_to(state.position);
        }
        for warning in &state.warnings {
            self.notify(Level::Problem, format!("{}: {}", warning.name, warning.text));
        }
        self.preview_state = PreviewState { picture, ..state };
        let events: Vec<Event> = self.worker.events().collect();
        for event in events {
            self.take_in(event);
        }
        let idle = self.changed_at.elapsed() > AUTOSAVE_AFTER;
        if idle && self.unsaved() && !Arc::ptr_eq(&self.autosaved, self.project()) {
            self.autosaved = Arc::clone(self.project());
            self.worker.send(Command::Autosave(Arc::clone(self.project()), self.path.clone()));
        }
    }

    /// When [`Self::update`] has something to do even if no thread tells anything.
    #[must_use]
    pub fn next_update(&self) -> Option<Duration> {
        let waiting = self.unsaved() && !Arc::ptr_eq(&self.autosaved, self.project());
        waiting.then(|| AUTOSAVE_AFTER.saturating_sub(self.changed_at.elapsed()) + Duration::from_millis(50))
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Imported(assets) => self.imported(assets),
            Event::Relinked(id, asset) => {
                if self.commit(&Edit::Relink { asset: id, with: asset }) {
                    self.assets.remove(&id);
                    let asset = self.project().assets.get(&id).cloned();
                    self.prepare(asset.into_iter().collect());
                }
            }
            Event::Opened(path, project) => {
                self.replace(*project, Some(path.clone()));
                self.remember(&path);
                self.worker.send(Command::ForgetAutosave);
            }
            Event::TimelineOpened(path, project, warnings) => {
                self.replace(*project, None);
                // it is nowhere saved yet
                self.saved = Arc::new(crate::model::Project::default());
                self.worker.send(Command::ForgetAutosave);
                self.notify(Level::Done, format!("Opened {}", path.display()));
                for warning in warnings {
                    self.notify(Level::Problem, warning);
                }
            }
            Event::TimelineWritten(path, warnings) => {
                self.notify(Level::Done, format!("Wrote {}", path.display()));
                for warning in warnings {
                    self.notify(Level::Problem, warning);
                }
            }
            Event::TextWritten(path) => self.notify(Level::Done, format!("Wrote {}", path.display())),
            Event::Saved(path, project) => {
                self.saved = project;
                self.path = Some(path.clone());
                self.remember(&path);
                if !self.unsaved() {
                    self.worker.send(Command::ForgetAutosave);
                }
                self.notify(Level::Done, format!("Saved {}", path.display()));
                self.request = self.after_save.take().or(self.request.take());
            }
            Event::Recoverable(found) => self.recoverable = found,
            Event::OfAsset(turn, id, news) => self.heard_of(turn, id, news),
            Event::Jobs(jobs) => self.jobs = jobs,
            Event::Export(event) => {
                if let ExportEvent::Warning(warning) = &event
                    && warning.fault == Fault::Replaced
                {
                    self.mark_replaced(&warning.source);
                }
                if let Some(export) = &mut self.export {
                    export.told(event);
                }
            }
            Event::Exported(done) => {
                if self.export.is_none() {
                    let path = done.path.display();
                    match done.with_warnings() {
                        None => self.notify(Level::Done, format!("Exported {path}")),
                        Some(warnings) => self.notify(Level::Problem, format!("Exported {path}, {warnings}")),
                    }
                }
                if let Some(export) = &mut self.export {
                    (export.running, export.done) = (false, Some(done));
                }
            }
            Event::ExportFailed(text, cancelled) => {
                if let Some(export) = &mut self.export {
                    export.running = false;
                    export.failed = (!cancelled).then(|| text.clone());
                }
                // the dialog shows it; without one it is said here
                if !cancelled && self.export.is_none() {
                    self.notify(Level::Problem, text);
                }
            }
            Event::Problem(text) => {
                self.after_save = None;
                self.notify(Level::Problem, text);
            }
        }
    }

    /// Takes in what is known of an asset, unless it was another one that was asked about.
    fn heard_of(&mut self, turn: Turn, id: AssetId, news: News) {
        let Some(state) = self.assets.get_mut(&id).filter(|state| state.turn == turn) else { return };
        match news {
            News::Online(online) => state.online = Some(online),
            News::Replaced(replaced) => {
                state.replaced = replaced;
                let name = self.project().assets.get(&id).filter(|_| replaced).map(|a| a.name.clone());
                if let Some(name) = name {
                    self.notify(Level::Problem, format!("{name}: {ANOTHER}"));
                }
            }
            News::Proxy => {
                state.proxy = true;
                self.preview.send(PreviewCommand::Refresh);
            }
            News::Poster(sheet) => state.poster = Some(sheet),
            News::Thumbnails(sheet) => state.thumbnails = Some(sheet),
            News::Waveform(wave) => state.waveform = Some(wave),
        }
    }

    /// Marks the assets of a file that an export found to be another one.
    fn mark_replaced(&mut self, path: &Path) {
        let project = Arc::clone(self.project());
        for asset in project.assets.values().filter(|a| a.path == path) {
            self.assets.entry(asset.id).or_default().replaced = true;
        }
    }

    /// Puts a project first among the recent ones.
    fn remember(&mut self, path: &Path) {
        self.recent.add(path);
        self.worker.send(Command::SaveRecent(self.recent.clone(), self.settings.clone()));
    }

    fn imported(&mut self, assets: Vec<Asset>) {
        let paths: Vec<PathBuf> = assets.iter().map(|a| a.path.clone()).collect();
        if !self.commit(&Edit::AddAssets(assets)) {
            return;
        }
        let ids: Vec<AssetId> =
            self.project().assets.values().filter(|a| paths.contains(&a.path)).map(|a| a.id).collect();
        self.bin_selection.clone_from(&ids);
        if let Some((track, at)) = self.drop_target.take() {
            self.drop_assets(&ids, track, at, false);
        }
    }
}
