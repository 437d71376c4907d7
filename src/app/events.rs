//! Taking in what the threads tell.

use super::editor::Editor;
use super::notices::Level;
use crate::edit::Edit;
use crate::media::ANOTHER;
use crate::model::{AssetId, Frame};
use crate::render::{PreviewCommand, PreviewState};
use crate::worker::{DocumentId, Event, News, OfDocument, Turn};
use std::path::Path;
use std::sync::Arc;

impl Editor {
    /// Takes in what the threads told since the last time; call it whenever they have told something, and
    /// before each repaint.
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
        for text in &state.said {
            self.notify(Level::Problem, text);
        }
        self.preview_state = PreviewState { picture, ..state };
        for event in self.worker.events() {
            self.take_in(event);
        }
        self.tell_what_is_seen();
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Reading(path, Some(found)) => {
                self.reading.insert(path, found);
            }
            Event::Reading(path, None) => {
                self.reading.remove(&path);
            }
            Event::OfDocument(document, what) => self.take_in_of(document, what),
            Event::Opened(opening, opened) => self.opened(opening, opened),
            Event::TimelineWritten(path, warnings) => {
                self.notify(Level::Done, format!("Wrote {}", path.display()));
                for warning in warnings {
                    self.notify(Level::Problem, warning);
                }
            }
            Event::TextWritten(path) => self.notify(Level::Done, format!("Wrote {}", path.display())),
            Event::Recoverable(found) => self.recoverable = found,
            Event::OfAsset(turn, id, news) => self.heard_of(turn, id, news),
            Event::Jobs(jobs) => self.jobs = jobs,
            Event::OwnPresets(presets, errors) => self.take_in_presets((presets, errors)),
            Event::LookedAhead(asking, ahead) => self.looked_ahead(asking, ahead),
            Event::ExportsQueued(asking, queued) => self.exports_queued(asking, queued),
            Event::Exports(status) => self.heard_of_exports(status),
            Event::OfRun(run, news) => self.heard_of_run(run, *news),
            Event::NotKept(why) => {
                let text = format!("No autosave: {why}. It is tried again; save your work elsewhere meanwhile.");
                self.notify(Level::Problem, text);
            }
            Event::KeptAgain => self.notify(Level::Done, "Autosave works again."),
            Event::Problem(text) => self.notify(Level::Problem, text),
        }
    }

    /// Takes in what became of what was asked for a document. Of one that is gone only saves are still told.
    fn take_in_of(&mut self, document: DocumentId, what: OfDocument) {
        match what {
            OfDocument::Imported(..) | OfDocument::Importing(_) | OfDocument::Relinked(..)
                if document != self.document.id => {}
            OfDocument::Imported(assets, place) => self.imported(assets, place),
            OfDocument::Importing(news) => self.heard_of_import(news),
            OfDocument::Relinked(id, asset) => {
                if self.commit_beside(&Edit::Relink { asset: id, with: asset }) {
                    self.assets.remove(&id);
                    let asset = self.project().assets.get(&id).cloned();
                    self.prepare(asset.into_iter().collect());
                }
            }
            save => self.save_ended(document, save),
        }
    }

    /// Takes in what is known of an asset, unless it was another one that was asked about.
    fn heard_of(&mut self, turn: Turn, id: AssetId, news: News) {
        let Some(state) = self.assets.get_mut(&id).filter(|state| state.turn == turn) else { return };
        match news {
            News::Online(online) => {
                let changed = state.online.replace(online).is_some_and(|before| before != online);
                let asset = self.project().assets.get(&id).filter(|_| changed && online).cloned();
                // it has come back: what is made of it can be made now
                self.prepare(asset.into_iter().collect());
            }
            News::Replaced(replaced) => {
                state.replaced = replaced;
                let name = self.project().assets.get(&id).filter(|_| replaced).map(|a| a.name.clone());
                if let Some(name) = name {
                    self.notify(Level::Problem, format!("{name}: {ANOTHER}"));
                }
            }
            News::Proxy(share) => {
                (state.proxy, state.proxy_share) = (share >= 1.0, share);
                self.preview.send(PreviewCommand::Refresh);
            }
            News::Poster(sheet) => state.poster = Some(sheet),
            News::Thumbnails(sheet) => state.thumbnails = Some(sheet),
            News::Strip(strip, sheet, best) => {
                let rough = (!best).then_some(state.proxy_share);
                self.strips.add(turn, (id, strip), sheet, rough);
            }
            News::Waveform(wave) => state.waveform = Some(wave),
        }
    }

    /// Marks the assets of a file that an export found to be another one.
    pub(super) fn mark_replaced(&mut self, path: &Path) {
        let project = Arc::clone(self.project());
        for asset in project.assets.values().filter(|a| a.path == path) {
            self.assets.entry(asset.id).or_default().replaced = true;
        }
    }
}
