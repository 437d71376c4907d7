//! The document as a whole: opened, saved, recovered, given up, and what is asked before any of it is lost.
//!
//! Each document has a name of its own. What the threads tell of one that is gone is not used; what was asked for is
//! looked at again when it comes, since people work on meanwhile.

use super::editor::{Editor, Request};
use super::notices::Level;
use crate::edit::History;
use crate::model::{Frame, Project};
use crate::project_file::{Expected, Recovered, Stamp, with_extension};
use crate::worker::{Command, DocumentId, Kept, LastKeep, OfDocument, Opened, Opening, QueueCommand};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is opened as a document ends with one of these: a project, and other programs' timelines.
pub const OPENED: &[&str] = &["ron", "otio", "edl", "csv"];

/// Whether a file is opened as a document, by its name, and not brought into the bin.
#[must_use]
pub fn opens_as_document(path: &Path) -> bool {
    path.extension().is_some_and(|e| OPENED.iter().any(|opened| e.eq_ignore_ascii_case(opened)))
}

/// A document that was read and waits to be shown.
#[derive(Clone, Debug)]
pub struct Read {
    project: Arc<Project>,
    /// Where it was read from.
    pub path: PathBuf,
    /// What lies there; `None` where that is another program's timeline.
    stamp: Option<Stamp>,
    warnings: Vec<String>,
}

/// Which document it is, and what is known of its file.
#[derive(Debug)]
pub(super) struct Document {
    pub id: DocumentId,
    /// What lies under its path, as far as this editor has read or written it.
    on_disk: Option<Stamp>,
    /// The state that its owner agreed to lose.
    given_up: Option<Arc<Project>>,
    /// Whether a save is on its way.
    saving: bool,
    /// The save after it, and whether its owner agreed to replace what is there.
    save_next: Option<(PathBuf, bool)>,
    /// What goes on when a save is done.
    after_save: Option<Request>,
}

impl Document {
    pub fn new(id: DocumentId) -> Self {
        Self { id, on_disk: None, given_up: None, saving: false, save_next: None, after_save: None }
    }
}

/// What is being opened.
#[derive(Debug, Default)]
pub(super) struct Openings {
    asked: u64,
    /// The one that is wanted, while it is on its way.
    wanted: Option<Opening>,
    /// Media to import when it is there.
    media: Vec<PathBuf>,
}

impl Editor {
    /// The name of the document: another one when another document has taken its place.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document.id
    }

    /// What keeps the document when the program is told to end; `None` without autosave.
    #[must_use]
    pub fn last_keep(&self) -> Option<LastKeep> {
        self.worker.last_keep()
    }

    /// Whether there is work that nobody agreed to lose.
    #[must_use]
    pub fn loses_work(&self) -> bool {
        let given_up = self.document.given_up.as_ref();
        self.unsaved() && !given_up.is_some_and(|given_up| Arc::ptr_eq(given_up, self.project()))
    }

    /// Asks for something that loses unsaved work, or ends what runs: the window asks back first.
    pub fn ask(&mut self, request: Request) {
        let runs = matches!(request, Request::Quit) && self.exporting();
        self.exports.given_up = false;
        self.request = Some(if runs { Request::ExportRuns } else { self.unless_unsaved(request) });
    }

    /// Ends although an export runs, which is stopped: it and those that wait are offered at the next start, or are given up.
    pub fn quit_anyway(&mut self, give_up: bool) {
        self.exports.given_up = give_up;
        self.request = Some(self.unless_unsaved(Request::Quit));
    }

    fn unless_unsaved(&self, request: Request) -> Request {
        if self.loses_work() { Request::Unsaved(Box::new(request)) } else { request }
    }

    /// Goes on with a request after its unsaved work was given up or saved.
    pub fn go_on(&mut self, request: Request) {
        match request {
            Request::New => self.replace(Project::default(), None, None),
            Request::OpenPath(path) => self.open(path, false),
            Request::OpenAnyway(path) => self.open(path, true),
            Request::Show(read) => self.show(*read),
            Request::Recover(recovered) => self.recover(*recovered),
            other => self.request = Some(other),
        }
    }

    /// Agrees to lose what is not saved, as it is now. It is kept until something takes its place.
    pub fn give_up(&mut self) {
        self.document.given_up = Some(Arc::clone(self.project()));
    }

    /// Nothing is open any more: the window closes.
    pub fn close(&mut self) {
        if self.exports.given_up {
            self.change_exports(QueueCommand::CancelAll);
        }
        if !self.loses_work() {
            self.worker.forget();
        }
    }

    /// Opens what the program was started with: a project, and media for its bin.
    pub fn open_arguments(&mut self, files: Vec<PathBuf>) {
        let (projects, media): (Vec<_>, Vec<_>) = files.into_iter().partition(|path| opens_as_document(path));
        match projects.into_iter().next() {
            Some(project) => {
                self.open(project, false);
                self.openings.media = media;
            }
            None if media.is_empty() => {}
            None => self.import(media),
        }
    }

    fn open(&mut self, path: PathBuf, anyway: bool) {
        self.openings.asked += 1;
        let opening = Opening(self.openings.asked);
        (self.openings.wanted, self.openings.media) = (Some(opening), Vec::new());
        let own = path.extension().is_none_or(|e| e.eq_ignore_ascii_case("ron"));
        let timeline = Command::OpenTimeline(opening, path.clone());
        self.worker.send(if own { Command::Open(opening, path, anyway) } else { timeline });
    }

    /// Takes in what became of an opening, unless something else was asked for since.
    pub(super) fn opened(&mut self, opening: Opening, opened: Opened) {
        if self.openings.wanted != Some(opening) {
            return;
        }
        self.openings.wanted = None;
        let read = match opened {
            Opened::Project(path, project, stamp) => Read { project, path, stamp: Some(stamp), warnings: Vec::new() },
            Opened::Timeline(path, project, warnings) => Read { project, path, stamp: None, warnings },
            Opened::Elsewhere(path) => {
                self.request = Some(Request::OpenElsewhere(path));
                return;
            }
            Opened::Failed(why) => {
                self.notify(Level::Problem, why);
                self.import_waiting();
                return;
            }
        };
        // whoever worked on while it was read is asked again
        let show = Request::Show(Box::new(read));
        match self.unless_unsaved(show) {
            Request::Show(read) => self.show(*read),
            ask => self.request = Some(ask),
        }
    }

    fn show(&mut self, read: Read) {
        let Read { project, path, stamp, warnings } = read;
        let media = std::mem::take(&mut self.openings.media);
        let project = Arc::unwrap_or_clone(project);
        if stamp.is_some() {
            self.replace(project, Some(path.clone()), stamp);
            self.remember(&path);
        } else {
            self.replace(project, None, None);
            // it is nowhere saved yet
            self.saved = Arc::new(Project::default());
            self.keep();
            self.notify(Level::Done, format!("Opened {}", path.display()));
        }
        for warning in warnings {
            self.notify(Level::Problem, warning);
        }
        self.openings.media = media;
        self.import_waiting();
    }

    fn import_waiting(&mut self) {
        let media = std::mem::take(&mut self.openings.media);
        if !media.is_empty() {
            self.import(media);
        }
    }

    /// Another project takes this one's place.
    fn replace(&mut self, project: Project, path: Option<PathBuf>, stamp: Option<Stamp>) {
        self.worker.send(Command::CancelJobs);
        self.worker.send(Command::NoteOpen(path.clone()));
        self.openings = Openings { asked: self.openings.asked, ..Openings::default() };
        self.document = Document { on_disk: stamp, ..Document::new(DocumentId(self.document.id.0 + 1)) };
        self.history = History::new(project);
        self.saved = Arc::clone(self.project());
        self.path = path;
        self.selection.clear();
        self.bin_selection.clear();
        self.assets.clear();
        self.worker.send(Command::CancelImport);
        self.importing = super::importing::Importing::default();
        self.strips = super::strips::Strips::default();
        (self.mark_in, self.mark_out) = (None, None);
        (self.playback.source, self.playback.on_source) = (None, false);
        self.pause();
        self.project_changed();
        self.seek(Frame::ZERO);
        self.view.fit(self.sequence().end());
    }

    /// Saves, and goes on with a request once that has worked.
    pub fn save_then(&mut self, request: Request) {
        self.document.after_save = Some(request);
        self.perform(super::Action::Save);
    }

    /// Nothing is saved for now, and what was to follow does not.
    pub fn do_not_save(&mut self) {
        (self.document.after_save, self.document.save_next) = (None, None);
    }

    /// Saves under a name. What is there and was not read or written here is replaced only if that was `agreed` to.
    pub fn save_to(&mut self, path: PathBuf, agreed: bool) {
        let given = path.clone();
        let path = if self.path.as_ref() == Some(&path) { path } else { with_extension(path) };
        // what was agreed to was another name
        let agreed = agreed && given == path;
        if self.document.saving {
            self.document.save_next = Some((path, agreed));
            return;
        }
        let own = self.path.as_deref() == Some(&*path);
        let expected = match self.document.on_disk {
            _ if agreed => Expected::Anything,
            Some(stamp) if own => Expected::Content(stamp),
            None if own => Expected::Anything,
            _ => Expected::Nothing,
        };
        self.document.saving = true;
        self.worker.send(Command::Save(self.document.id, Arc::clone(self.project()), path, expected));
    }

    /// Takes in what became of a save.
    pub(super) fn save_ended(&mut self, document: DocumentId, what: OfDocument) {
        let ours = document == self.document.id;
        if ours {
            self.document.saving = false;
        }
        match what {
            OfDocument::Saved(path, project, stamp) => {
                self.notify(Level::Done, format!("Saved {}", path.display()));
                self.remember(&path);
                if ours {
                    self.saved_to(path, project, stamp);
                }
            }
            OfDocument::NotExpected(path, expected) if ours => {
                self.request = Some(Request::Conflict { path, changed: expected != Expected::Nothing });
            }
            OfDocument::NotExpected(path, _) => {
                let path = path.display();
                self.notify(Level::Problem, format!("{path}: not saved: another program has written it meanwhile"));
            }
            OfDocument::NotSaved(why) => {
                if ours {
                    self.do_not_save();
                }
                self.notify(Level::Problem, why);
            }
            OfDocument::Imported(..) | OfDocument::Importing(_) | OfDocument::Relinked(..) => {}
        }
    }

    fn saved_to(&mut self, path: PathBuf, project: Arc<Project>, stamp: Stamp) {
        if self.path.as_ref() != Some(&path) {
            self.worker.send(Command::NoteOpen(Some(path.clone())));
        }
        self.saved = project;
        self.path = Some(path);
        self.document.on_disk = Some(stamp);
        self.keep();
        if let Some((path, agreed)) = self.document.save_next.take() {
            self.save_to(path, agreed);
        } else if let Some(next) = self.document.after_save.take() {
            // what was changed while it was saved is asked about
            self.request = Some(self.unless_unsaved(next));
        }
    }

    /// Tells the worker what a crash must not take.
    pub(super) fn keep(&self) {
        if self.unsaved() {
            self.worker.keep(self.kept());
        } else {
            self.worker.forget();
        }
    }

    fn kept(&self) -> Kept {
        Kept { project: Arc::clone(self.project()), path: self.path.clone(), on_disk: self.document.on_disk }
    }

    /// Opens what was left behind, as unsaved work. It stays where it is until it is kept anew.
    fn recover(&mut self, recovered: Recovered) {
        self.replace(recovered.project.clone(), recovered.path.clone(), recovered.on_disk);
        // it is unsaved: the file on disk is older, or there is none
        self.saved = Arc::new(Project::default());
        self.worker.keep_recovered(self.kept(), recovered);
    }

    /// Removes what was left behind.
    pub fn discard(&self, recovered: Recovered) {
        self.worker.send(Command::Discard(Box::new(recovered)));
    }

    /// Puts a project first among the recent ones.
    fn remember(&mut self, path: &Path) {
        self.recent.add(path);
        self.worker.send(Command::SaveRecent(self.recent.clone(), self.settings.clone()));
    }
}
