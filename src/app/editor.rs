//! The state of the editor and what its commands do.

use super::exporting::ExportState;
use super::notices::{Level, Notice};
use super::placing::{Where, place, whole_length};
use super::time_view::TimeView;
use crate::edit::{Edit, EditError, History};
use crate::media::{Cache, MediaError, ThumbnailSheet, Waveform};
use crate::model::{Asset, AssetId, ClipId, Frame, FrameCount, Project, Sequence, Span, TrackId, format_timecode};
use crate::project_file::{Recent, Recovered};
use crate::render::{Media, Preview, PreviewCommand, PreviewState};
use crate::worker::{Command, Folders, JobStatus, Turn, Worker};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds between an edit and its autosave.
pub(super) const AUTOSAVE_AFTER: Duration = Duration::from_secs(5);

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
    /// Trims edges; what follows moves along.
    Ripple,
    /// Moves cuts.
    Roll,
    /// Moves the media under clips.
    Slip,
    /// Moves clips between their neighbours.
    Slide,
    /// Moves the view.
    Hand,
    /// Zooms.
    Zoom,
}

/// What a name is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Naming {
    /// A sequence that is to be made.
    NewSequence,
    /// A copy of the open sequence.
    DuplicateSequence,
    /// A sequence that is there.
    Sequence(crate::model::SequenceId),
    /// A track.
    Track(TrackId),
    /// The marker on a frame, or one that is to be made.
    Marker(Frame),
}

/// What is known of an asset besides the document.
#[derive(Clone, Debug, Default)]
pub struct AssetState {
    /// Whether the original is there; `None` until it was looked for.
    pub online: Option<bool>,
    /// Whether the original is another file than the one that was imported, as far as is known.
    pub replaced: bool,
    /// Whether there is a proxy.
    pub proxy: bool,
    /// The fingerprint that the rest was made for.
    pub(super) prepared: String,
    /// When it was asked for.
    pub(super) turn: Turn,
    /// The picture for the bin.
    pub poster: Option<Arc<ThumbnailSheet>>,
    /// The pictures for the timeline.
    pub thumbnails: Option<Arc<ThumbnailSheet>>,
    /// The loudness of the first sound stream.
    pub waveform: Option<Arc<Waveform>>,
}

impl AssetState {
    /// What is wrong with its original, in a word: what shows its pictures shows that over them.
    #[must_use]
    pub fn mark(&self) -> Option<&'static str> {
        match self.online {
            Some(false) => Some("Offline"),
            _ if self.replaced => Some("Replaced"),
            _ => None,
        }
    }
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
    /// Ask where to write the timeline for other programs.
    WriteTimeline,
    /// Ask for a name.
    Name(Naming),
    /// Ask for the speed of the selected clips.
    Speed,
    /// Ask for the sequence's size and rate.
    SequenceSettings,
    /// Find a command by its name.
    Palette,
    /// Show all keys.
    Shortcuts,
    /// Say what this is.
    About,
    /// End.
    Quit,
}

/// The editor.
pub struct Editor {
    pub(super) history: History,
    /// Where the project was saved last, or opened from.
    pub path: Option<PathBuf>,
    pub(super) saved: Arc<Project>,
    pub(super) autosaved: Arc<Project>,
    pub(super) changed_at: Instant,
    pub(super) settings: PathBuf,
    /// Projects that were opened lately.
    pub recent: Recent,
    /// The selected clips.
    pub selection: HashSet<ClipId>,
    /// The transition that is selected, by the clip behind its cut.
    pub selected_transition: Option<ClipId>,
    /// The edit that is shown while a value is dragged.
    pub(super) trial: Option<super::looks::Trial>,
    /// How a clip looked and sounded whose attributes were copied.
    pub attributes: Option<crate::model::Properties>,
    /// Clips that were cut or copied, with their tracks.
    pub clipboard: Vec<(TrackId, crate::model::Clip)>,
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
    /// When something was asked of assets last.
    pub(super) turn: Turn,
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
    pub(super) after_save: Option<Request>,
    /// What the preview does.
    pub preview_state: PreviewState,
    pub(super) preview: Preview,
    /// How the viewers play.
    pub playback: super::playback::Playback,
    pub(super) worker: Worker,
    /// A clip that is waiting to be dropped where it was imported for.
    pub(super) drop_target: Option<(Option<TrackId>, Frame)>,
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
        let cache = folders.cache.clone();
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
            selected_transition: None,
            trial: None,
            attributes: None,
            clipboard: Vec::new(),
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
            turn: Turn::default(),
            jobs: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            export: None,
            recoverable: Vec::new(),
            request: None,
            after_save: None,
            preview_state: PreviewState::default(),
            preview,
            playback: super::playback::Playback::new(cache),
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
            Ok(notes) => {
                for note in notes {
                    self.notify(Level::Done, sentence(&note.to_string()));
                }
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
        self.notify(Level::Problem, sentence(&format!("{}: {error}", edit.name())));
    }

    pub(super) fn project_changed(&mut self) {
        let project = Arc::clone(self.project());
        self.selection.retain(|id| project.sequence().clip(*id).is_some());
        let has = |id: &ClipId| project.sequence().clip(*id).is_some_and(|(_, c)| c.transition.is_some());
        self.selected_transition = self.selected_transition.filter(has);
        self.trial = None;
        self.bin_selection.retain(|id| project.assets.contains_key(id));
        self.changed_at = Instant::now();
        if !self.playback.on_source {
            self.preview.send(PreviewCommand::Project(Arc::clone(&project)));
        }
        // made-up pictures change under the same id, and so do relinked files, back and forth
        let known = |a: &Arc<Asset>| self.assets.get(&a.id).is_some_and(|s| s.prepared == a.fingerprint);
        let new: Vec<Arc<Asset>> = project.assets.values().filter(|a| !known(a)).cloned().collect();
        for asset in new.iter().filter(|a| a.info.generator.is_none()) {
            self.assets.remove(&asset.id);
        }
        self.prepare(new);
    }

    pub(super) fn prepare(&mut self, assets: Vec<Arc<Asset>>) {
        if assets.is_empty() {
            return;
        }
        self.turn.0 += 1;
        for asset in &assets {
            let state = self.assets.entry(asset.id).or_default();
            state.prepared.clone_from(&asset.fingerprint);
            state.turn = self.turn;
        }
        self.worker.send(Command::Prepare(self.turn, assets));
    }

    /// Another project takes this one's place.
    pub(super) fn replace(&mut self, project: Project, path: Option<PathBuf>) {
        self.worker.send(Command::CancelJobs);
        self.history = History::new(project);
        self.saved = Arc::clone(self.project());
        self.autosaved = Arc::clone(self.project());
        self.path = path;
        self.selection.clear();
        self.bin_selection.clear();
        self.clipboard.clear();
        self.assets.clear();
        (self.mark_in, self.mark_out) = (None, None);
        (self.playback.source, self.playback.on_source) = (None, false);
        self.pause();
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

    /// Places the marked part of the source, if it is in front, else what is selected in the bin.
    pub(super) fn place_chosen(&mut self, to: Where) {
        match self.marked_source() {
            Some((asset, from, duration)) => self.place_range(&[asset], None, to, Some((from, duration))),
            None => self.place(&self.bin_selection.clone(), None, to),
        }
    }

    pub(super) fn place(&mut self, assets: &[AssetId], track: Option<TrackId>, to: Where) {
        self.place_range(assets, track, to, None);
    }

    fn place_range(
        &mut self,
        assets: &[AssetId],
        track: Option<TrackId>,
        to: Where,
        range: Option<(crate::model::SourceTime, crate::model::SourceTime)>,
    ) {
        let empty = self.sequence().end() == Frame::ZERO;
        let before: HashSet<ClipId> = self.all_clips();
        if let Some(edit) = place(self.project(), assets, track, to, range, self.sync_lock)
            && self.commit(&edit)
        {
            self.selection = self.all_clips().difference(&before).copied().collect();
            if empty {
                self.view.fit(self.sequence().end());
            }
            if let Where::Insert(at) | Where::Overwrite(at) = to {
                let ends = self.selected_clips().into_iter().filter(|(_, c)| c.start >= at).map(|(_, c)| c.end());
                if let Some(end) = ends.max().filter(|_| self.playhead == at) {
                    // the source stays in front: the next shot comes from it too
                    if self.playback.on_source { self.playhead = end } else { self.seek(end) }
                }
            }
        }
    }

    pub(super) fn all_clips(&self) -> HashSet<ClipId> {
        self.sequence().tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.id)).collect()
    }

    /// The selected clips with their tracks.
    #[must_use]
    pub fn selected_clips(&self) -> Vec<(TrackId, crate::model::Clip)> {
        let tracks = self.sequence().tracks.iter();
        tracks.flat_map(|t| t.clips.iter().filter(|c| self.selection.contains(&c.id)).map(|c| (t.id, c))).collect()
    }

    /// The clip that ends where another begins, on its track.
    #[must_use]
    pub fn clip_before(&self, clip: &crate::model::Clip) -> Option<crate::model::Clip> {
        let (track, _) = self.sequence().clip(clip.id)?;
        track.clips.before(clip.start).filter(|before| before.end() == clip.start)
    }

    /// Selects a clip with all that is linked to it: alone, or added to (or taken from) the selection.
    pub fn select(&mut self, clip: ClipId, extend: bool, alone: bool) {
        let mut ids = vec![clip];
        if let Some(link) = self.sequence().clip(clip).and_then(|(_, c)| c.link).filter(|_| !alone) {
            ids.extend(self.sequence().linked(link).into_iter().map(|(_, c)| c.id));
        }
        self.selected_transition = None;
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
        self.look_at_source(false);
        self.playhead = frame.max(Frame::ZERO).min(self.sequence().end());
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Shows another state of the project in the preview, for the time of a gesture.
    pub fn show_scratch(&mut self, project: Arc<Project>, frame: Frame) {
        self.look_at_source(false);
        self.preview.send(PreviewCommand::Project(project));
        self.preview.send(PreviewCommand::Seek(frame));
    }

    /// Shows the project itself again.
    pub fn end_scratch(&mut self) {
        self.look_at_source(false);
        self.preview.send(PreviewCommand::Project(Arc::clone(self.project())));
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Whether it plays.
    #[must_use]
    pub fn playing(&self) -> bool {
        self.preview_state.playing
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut text = format!("{text}.");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
