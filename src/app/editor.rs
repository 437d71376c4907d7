//! The state of the editor and what its commands do.

use super::action::Action;
use super::exporting::ExportState;
use super::notices::{Level, Notice};
use super::placing::{Where, place, whole_length};
use super::time_view::TimeView;
use crate::edit::{Edit, EditError, History};
use crate::media::{Cache, MediaError, ThumbnailSheet, Waveform};
use crate::model::{
    Asset, AssetId, ClipId, Frame, FrameCount, Project, Sequence, Span, TrackId, TrackKind, format_timecode,
};
use crate::project_file::{Recent, Recovered};
use crate::render::{ExportSettings, Media, Preview, PreviewCommand, PreviewState, default_budget};
use crate::worker::{Command, Event, Folders, JobStatus, Worker, allowed_cores, total_memory};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds between an edit and its autosave.
const AUTOSAVE_AFTER: Duration = Duration::from_secs(5);

/// Problems that are kept to be read again.
const MOST_PROBLEMS: usize = 200;

/// Where the editor keeps its files.
#[derive(Clone, Debug)]
pub struct EditorFolders {
    /// Proxies, thumbnails, waveforms.
    pub cache: Cache,
    /// Autosaves.
    pub recovery: PathBuf,
    /// Settings, such as the list of recent projects.
    pub settings: PathBuf,
}

impl EditorFolders {
    /// The user's folders, by the system's conventions.
    #[must_use]
    pub fn of_user() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "workprint");
        let or_temporary =
            |path: Option<&Path>| path.map_or_else(|| std::env::temp_dir().join("workprint"), Path::to_owned);
        Self {
            cache: Cache::of_user(),
            recovery: or_temporary(dirs.as_ref().map(directories::ProjectDirs::data_local_dir)).join("recovery"),
            settings: or_temporary(dirs.as_ref().map(directories::ProjectDirs::config_dir)),
        }
    }
}

/// What the pointer does on the timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tool {
    /// Selects, moves, trims.
    #[default]
    Select,
    /// Cuts.
    Razor,
}

/// What is known of an asset besides the document.
#[derive(Clone, Debug, Default)]
pub struct AssetState {
    /// Whether the original is there; `None` until it was looked for.
    pub online: Option<bool>,
    /// Whether there is a proxy.
    pub proxy: bool,
    /// The picture for the bin.
    pub poster: Option<Arc<ThumbnailSheet>>,
    /// The pictures for the timeline.
    pub thumbnails: Option<Arc<ThumbnailSheet>>,
    /// The loudness of the first sound stream.
    pub waveform: Option<Arc<Waveform>>,
}

/// Something only the window can do: show a dialog, or end.
#[derive(Clone, Debug)]
pub enum Request {
    /// Ask for a project to open.
    Open,
    /// Ask for a name to save under.
    SaveAs,
    /// Ask for media to import.
    Import,
    /// Ask for the file that takes an asset's place.
    Relink(AssetId),
    /// Ask whether to save first; then go on with what was asked for.
    Unsaved(Box<Request>),
    /// Start an empty project.
    New,
    /// Open this project.
    OpenPath(PathBuf),
    /// Show all keys.
    Shortcuts,
    /// Say what this is.
    About,
    /// End.
    Quit,
}

/// The editor.
pub struct Editor {
    history: History,
    /// Where the project was saved last, or opened from.
    pub path: Option<PathBuf>,
    saved: Arc<Project>,
    autosaved: Arc<Project>,
    changed_at: Instant,
    settings: PathBuf,
    /// Projects that were opened lately.
    pub recent: Recent,
    /// The selected clips.
    pub selection: HashSet<ClipId>,
    /// The selected assets.
    pub bin_selection: Vec<AssetId>,
    /// The playhead.
    pub playhead: Frame,
    /// The marked range's first frame.
    pub mark_in: Option<Frame>,
    /// The marked range's end, exclusive.
    pub mark_out: Option<Frame>,
    /// The tool on the timeline.
    pub tool: Tool,
    /// Whether edges are drawn to cuts and playhead.
    pub snapping: bool,
    /// Whether inserts and ripples move all tracks.
    pub sync_lock: bool,
    /// Whether the viewer fills the screen.
    pub full_screen: bool,
    /// Zoom and scroll.
    pub view: TimeView,
    /// What is known of assets.
    pub assets: HashMap<AssetId, AssetState>,
    /// What runs and waits in the background.
    pub jobs: Vec<JobStatus>,
    /// What there is to say and was not shown yet.
    pub notices: Vec<Notice>,
    /// The problems so far, the latest last, to be read again.
    pub problems: Vec<String>,
    /// The export dialog while it is open, or its export runs.
    pub export: Option<ExportState>,
    /// What crashes left behind.
    pub recoverable: Vec<Recovered>,
    /// What the window is asked to do.
    pub request: Option<Request>,
    /// What goes on when a save is done.
    after_save: Option<Request>,
    /// What the preview does.
    pub preview_state: PreviewState,
    preview: Preview,
    worker: Worker,
    /// A clip that is waiting to be dropped where it was imported for.
    drop_target: Option<(Option<TrackId>, Frame)>,
}

impl Editor {
    /// An editor with an empty project; `wake` asks for a repaint.
    ///
    /// # Errors
    /// [`MediaError::Element`] when its threads can't be started.
    pub fn new(folders: EditorFolders, wake: impl Fn() + Clone + Send + Sync + 'static) -> Result<Self, MediaError> {
        let project = Project::default();
        let history = History::new(project);
        let now = Arc::clone(history.project());
        let preview = Preview::start(Arc::clone(&now), Media::Proxies(folders.cache.clone()), wake.clone())?;
        let worker = Worker::start(Folders { cache: folders.cache, recovery: folders.recovery }, wake)?;
        Ok(Self {
            history,
            path: None,
            saved: Arc::clone(&now),
            autosaved: now,
            changed_at: Instant::now(),
            recent: Recent::load(&folders.settings),
            settings: folders.settings,
            selection: HashSet::new(),
            bin_selection: Vec::new(),
            playhead: Frame::ZERO,
            mark_in: None,
            mark_out: None,
            tool: Tool::default(),
            snapping: true,
            sync_lock: true,
            full_screen: false,
            view: TimeView::default(),
            assets: HashMap::new(),
            jobs: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            export: None,
            recoverable: Vec::new(),
            request: None,
            after_save: None,
            preview_state: PreviewState::default(),
            preview,
            worker,
            drop_target: None,
        })
    }

    /// The project now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        self.history.project()
    }

    /// The open sequence.
    #[must_use]
    pub fn sequence(&self) -> &Arc<Sequence> {
        self.project().sequence()
    }

    /// What can be undone and redone.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Whether there is something to save.
    #[must_use]
    pub fn unsaved(&self) -> bool {
        !Arc::ptr_eq(&self.saved, self.project()) && self.saved != *self.project()
    }

    /// The project's name for the title bar.
    #[must_use]
    pub fn title(&self) -> String {
        let name = self.path.as_ref().and_then(|p| p.file_stem()).map(|n| n.to_string_lossy().into_owned());
        name.unwrap_or_else(|| "Untitled".into())
    }

    /// A frame as timecode.
    #[must_use]
    pub fn timecode(&self, frame: Frame) -> String {
        format_timecode(frame, self.sequence().rate)
    }

    /// The marked range, if it has a frame: from the start or to the end where only one mark is set.
    #[must_use]
    pub fn marked(&self) -> Option<Span> {
        if self.mark_in.is_none() && self.mark_out.is_none() {
            return None;
        }
        let end = self.sequence().end();
        let span = Span::between(self.mark_in.unwrap_or(Frame::ZERO), self.mark_out.unwrap_or(end).min(end));
        (span.length > FrameCount::ZERO).then_some(span)
    }

    /// Says something.
    pub fn notify(&mut self, level: Level, text: impl Into<String>) {
        let notice = Notice { level, text: text.into() };
        if self.notices.contains(&notice) {
            return;
        }
        if level == Level::Problem {
            self.problems.push(notice.text.clone());
            if self.problems.len() > MOST_PROBLEMS {
                self.problems.remove(0);
            }
        }
        self.notices.push(notice);
    }

    /// Commits an edit, or says why it was refused.
    pub fn commit(&mut self, edit: &Edit) -> bool {
        match self.history.commit(edit) {
            Ok(()) => {
                self.project_changed();
                true
            }
            Err(error) => {
                self.refuse(edit, &error);
                false
            }
        }
    }

    fn refuse(&mut self, edit: &Edit, error: &EditError) {
        let mut name = edit.name().to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        self.notify(Level::Problem, format!("{name}: {error}."));
    }

    fn project_changed(&mut self) {
        let project = Arc::clone(self.project());
        self.selection.retain(|id| project.sequence().clip(*id).is_some());
        self.bin_selection.retain(|id| project.assets.contains_key(id));
        self.changed_at = Instant::now();
        self.preview.send(PreviewCommand::Project(Arc::clone(&project)));
        let new: Vec<Arc<Asset>> =
            project.assets.values().filter(|a| !self.assets.contains_key(&a.id)).cloned().collect();
        self.prepare(new);
    }

    fn prepare(&mut self, assets: Vec<Arc<Asset>>) {
        for asset in &assets {
            self.assets.entry(asset.id).or_default();
        }
        if !assets.is_empty() {
            self.worker.send(Command::Prepare(assets));
        }
    }

    /// Another project takes this one's place.
    fn replace(&mut self, project: Project, path: Option<PathBuf>) {
        self.worker.send(Command::CancelJobs);
        self.history = History::new(project);
        self.saved = Arc::clone(self.project());
        self.autosaved = Arc::clone(self.project());
        self.path = path;
        self.selection.clear();
        self.bin_selection.clear();
        self.assets.clear();
        (self.mark_in, self.mark_out) = (None, None);
        self.preview.send(PreviewCommand::Pause);
        self.project_changed();
        self.seek(Frame::ZERO);
        self.view.fit(self.sequence().end());
    }

    /// Brings files and folders into the bin.
    pub fn import(&mut self, paths: Vec<PathBuf>) {
        self.worker.send(Command::Import(paths));
    }

    /// Opens what the program was started with: a project, and media for its bin.
    pub fn open_arguments(&mut self, files: Vec<PathBuf>) {
        let is_project = |p: &PathBuf| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("ron"));
        let (projects, media): (Vec<_>, Vec<_>) = files.into_iter().partition(is_project);
        if let Some(project) = projects.into_iter().next() {
            self.worker.send(Command::Open(project));
        }
        if !media.is_empty() {
            self.import(media);
        }
    }

    /// Imports files that were dropped on a track, and places them there once they are known.
    pub fn import_onto(&mut self, paths: Vec<PathBuf>, track: Option<TrackId>, at: Frame) {
        self.drop_target = Some((track, at));
        self.import(paths);
    }

    /// Places assets from the bin on a track.
    pub fn drop_assets(&mut self, assets: &[AssetId], track: Option<TrackId>, at: Frame, insert: bool) {
        let place = if insert { Where::Insert(at) } else { Where::Overwrite(at) };
        self.place(assets, track, place);
    }

    /// How long the whole of an asset would be on the timeline.
    #[must_use]
    pub fn whole_length(&self, asset: AssetId) -> Option<FrameCount> {
        self.project().assets.get(&asset).map(|a| whole_length(a, self.project()))
    }

    fn place(&mut self, assets: &[AssetId], track: Option<TrackId>, to: Where) {
        let empty = self.sequence().end() == Frame::ZERO;
        let before: HashSet<ClipId> = self.all_clips();
        if let Some(edit) = place(self.project(), assets, track, to, self.sync_lock)
            && self.commit(&edit)
        {
            self.selection = self.all_clips().difference(&before).copied().collect();
            if empty {
                self.view.fit(self.sequence().end());
            }
            if let Where::Insert(at) | Where::Overwrite(at) = to {
                let ends = self.selected_clips().into_iter().filter(|(_, c)| c.start >= at).map(|(_, c)| c.end());
                if let Some(end) = ends.max().filter(|_| self.playhead == at) {
                    self.seek(end);
                }
            }
        }
    }

    fn all_clips(&self) -> HashSet<ClipId> {
        self.sequence().tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.id)).collect()
    }

    /// The selected clips with their tracks.
    #[must_use]
    pub fn selected_clips(&self) -> Vec<(TrackId, crate::model::Clip)> {
        let tracks = self.sequence().tracks.iter();
        tracks.flat_map(|t| t.clips.iter().filter(|c| self.selection.contains(&c.id)).map(|c| (t.id, c))).collect()
    }

    /// Selects a clip with all that is linked to it: alone, or added to (or taken from) the selection.
    pub fn select(&mut self, clip: ClipId, extend: bool, alone: bool) {
        let mut ids = vec![clip];
        if let Some(link) = self.sequence().clip(clip).and_then(|(_, c)| c.link).filter(|_| !alone) {
            ids.extend(self.sequence().linked(link).into_iter().map(|(_, c)| c.id));
        }
        if !extend {
            self.selection = ids.into_iter().collect();
        } else if self.selection.contains(&clip) {
            self.selection.retain(|c| !ids.contains(c));
        } else {
            self.selection.extend(ids);
        }
    }

    /// Moves the playhead.
    pub fn seek(&mut self, frame: Frame) {
        self.playhead = frame.max(Frame::ZERO).min(self.sequence().end());
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Shows another state of the project in the preview, for the time of a gesture.
    pub fn show_scratch(&mut self, project: Arc<Project>, frame: Frame) {
        self.preview.send(PreviewCommand::Project(project));
        self.preview.send(PreviewCommand::Seek(frame));
    }

    /// Shows the project itself again.
    pub fn end_scratch(&mut self) {
        self.preview.send(PreviewCommand::Project(Arc::clone(self.project())));
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Whether it plays.
    #[must_use]
    pub fn playing(&self) -> bool {
        self.preview_state.playing
    }

    fn play(&mut self) {
        let end = self.sequence().end();
        if end == Frame::ZERO {
            return;
        }
        let from = if self.playhead >= end { Frame::ZERO } else { self.playhead };
        self.preview_state.playing = true;
        self.preview.send(PreviewCommand::Play(from));
    }

    fn stop(&mut self) {
        self.preview_state.playing = false;
        self.preview.send(PreviewCommand::Pause);
        // the picture under the playhead, not the last that was shown in passing
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Takes in what the threads told since the last time; call it before each repaint.
    pub fn update(&mut self) {
        let state = self.preview.take_state();
        let picture = state.picture.clone().or(self.preview_state.picture.take());
        if state.playing {
            self.playhead = state.position;
            self.view.reveal(self.playhead);
        } else if self.preview_state.playing && !state.playing && state.position >= self.sequence().end() {
            self.playhead = self.sequence().end();
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
            Event::Online(id, online) => {
                self.assets.entry(id).or_default().online = Some(online);
            }
            Event::ProxyReady(id) => {
                self.assets.entry(id).or_default().proxy = true;
                self.preview.send(PreviewCommand::Refresh);
            }
            Event::Poster(id, sheet) => self.assets.entry(id).or_default().poster = Some(sheet),
            Event::Thumbnails(id, sheet) => self.assets.entry(id).or_default().thumbnails = Some(sheet),
            Event::Waveform(id, _, wave) => self.assets.entry(id).or_default().waveform = Some(wave),
            Event::Jobs(jobs) => self.jobs = jobs,
            Event::Export(event) => {
                if let Some(export) = &mut self.export {
                    export.told(event);
                }
            }
            Event::Exported(done) => {
                if self.export.is_none() {
                    self.notify(Level::Done, format!("Exported {}", done.path.display()));
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

    /// Does what a command says.
    pub fn perform(&mut self, action: Action) {
        if !action.enabled(self) {
            return;
        }
        let second = FrameCount(self.sequence().rate.nominal());
        match action {
            Action::New => self.ask(Request::New),
            Action::Open => self.ask(Request::Open),
            Action::Save => match self.path.clone() {
                Some(path) => self.save_to(path),
                None => self.request = Some(Request::SaveAs),
            },
            Action::SaveAs => self.request = Some(Request::SaveAs),
            Action::Import => self.request = Some(Request::Import),
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
            Action::SelectAll => self.selection = self.all_clips(),
            Action::SelectNone => {
                self.selection.clear();
                self.full_screen = false;
            }
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
            Action::Insert => self.place(&self.bin_selection.clone(), None, Where::Insert(self.playhead)),
            Action::Overwrite => self.place(&self.bin_selection.clone(), None, Where::Overwrite(self.playhead)),
            Action::Append => self.place(&self.bin_selection.clone(), None, Where::Append),
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
            Action::AddVideoTrack => {
                self.commit(&Edit::AddTrack(TrackKind::Video));
            }
            Action::AddAudioTrack => {
                self.commit(&Edit::AddTrack(TrackKind::Audio));
            }
            Action::PlayPause if self.playing() => self.stop(),
            Action::PlayPause | Action::Play => self.play(),
            Action::Stop => self.stop(),
            Action::FrameBack => self.step(FrameCount(-1)),
            Action::FrameForward => self.step(FrameCount(1)),
            Action::SecondBack => self.step(-second),
            Action::SecondForward => self.step(second),
            Action::PreviousCut => self.go_to_cut(false),
            Action::NextCut => self.go_to_cut(true),
            Action::GoToStart => self.seek_and_reveal(Frame::ZERO),
            Action::GoToEnd => self.seek_and_reveal(self.sequence().end()),
            Action::MarkIn => {
                self.mark_in = Some(self.playhead);
                self.mark_out = self.mark_out.filter(|out| *out > self.playhead);
            }
            Action::MarkOut => {
                self.mark_out = Some(self.playhead + FrameCount(1));
                self.mark_in = self.mark_in.filter(|first| *first <= self.playhead);
            }
            Action::GoToIn => self.seek_and_reveal(self.mark_in.unwrap_or_default()),
            Action::GoToOut => {
                self.seek_and_reveal(self.mark_out.map(|f| f - FrameCount(1)).unwrap_or_default());
            }
            Action::ClearMarks => (self.mark_in, self.mark_out) = (None, None),
            Action::SelectTool => self.tool = Tool::Select,
            Action::RazorTool => self.tool = Tool::Razor,
            Action::Snapping => self.snapping = !self.snapping,
            Action::SyncLock => self.sync_lock = !self.sync_lock,
            Action::ZoomIn => self.view.zoom(1.5, self.view.x(self.playhead).clamp(0.0, self.view.width)),
            Action::ZoomOut => self.view.zoom(1.0 / 1.5, self.view.x(self.playhead).clamp(0.0, self.view.width)),
            Action::ZoomFit => self.view.fit(self.sequence().end()),
            Action::FullScreen => self.full_screen = !self.full_screen,
            Action::Shortcuts => self.request = Some(Request::Shortcuts),
            Action::About => self.request = Some(Request::About),
        }
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
            Request::OpenPath(path) => self.worker.send(Command::Open(path)),
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

    fn close_gap(&mut self) {
        let (at, sync_lock) = (self.playhead, self.sync_lock);
        let gap = |t: &&Arc<crate::model::Track>| !t.locked && t.clips.at(at).is_none() && t.clips.after(at).is_some();
        let Some(track) = self.sequence().tracks.iter().find(gap).map(|t| t.id) else {
            self.notify(Level::Problem, "Close gap: there is no gap under the playhead.");
            return;
        };
        self.commit(&Edit::CloseGap { track, at, sync_lock });
    }

    fn step(&mut self, by: FrameCount) {
        if self.playing() {
            self.stop();
        }
        self.seek_and_reveal(self.playhead + by);
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
        let own = crate::render::Memory::default().sample();
        let project = Arc::clone(self.project());
        let Some(export) = &mut self.export else { return };
        export.begin(own);
        let settings = ExportSettings {
            path: PathBuf::from(&export.path),
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

    /// Stops the export.
    pub fn cancel_export(&mut self) {
        self.worker.send(Command::CancelExport);
    }
}
