//! The state of the editor and what its commands do.

use super::documents::{Document, Openings, Read};
use super::exporting::ExportDialog;
use super::notices::{Level, Notice};
use super::time_view::TimeView;
use crate::edit::History;
use crate::media::{Cache, Found, MediaError, ThumbnailSheet, Waveform};
use crate::model::{Asset, AssetId, ClipId, Frame, FrameCount, Project, Sequence, Span, TrackId, format_timecode};
use crate::project_file::{Recent, Recovered};
use crate::render::{Media, Preview, PreviewCommand, PreviewState};
use crate::worker::{Command, DocumentId, Folders, JobStatus, Turn, Worker};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Problems that are kept to be read again, and what waits to be shown.
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
    /// Whether there is a proxy of all of it.
    pub proxy: bool,
    /// How much of it a proxy is there of, from 0 to 1.
    pub proxy_share: f32,
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
    /// Open this project although another editor has it open.
    OpenAnyway(PathBuf),
    /// Say that another editor has this project open, and ask whether to open it.
    OpenElsewhere(PathBuf),
    /// Show a document that was read.
    Show(Box<Read>),
    /// Open what was left behind.
    Recover(Box<Recovered>),
    /// Say that something else lies where the project is to be saved, and ask what to do.
    Conflict {
        /// Where.
        path: PathBuf,
        /// Whether it is the project's own file, which another program has written; else another one that nobody agreed
        /// to replace.
        changed: bool,
    },
    /// Say that an export runs, and ask what becomes of it when the program ends.
    ExportRuns,
    /// Bring the panel with the exports to the front.
    ShowExports,
    /// Ask where to write the timeline for other programs.
    WriteTimeline,
    /// Ask for a name.
    Name(Naming),
    /// Ask for the speed of the selected clips.
    Speed,
    /// Ask for the sequence's size and rate.
    SequenceSettings,
    /// Let the text of the selected title be typed.
    TypeTitle,
    /// Put the panels back where they were at the first start.
    ResetPanels,
    /// Find a command by its name.
    Palette,
    /// Show all keys.
    Shortcuts,
    /// Copy versions and the end of the log.
    CopyDetails,
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
    pub(super) document: Document,
    pub(super) openings: Openings,
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
    /// Clips that were cut or copied.
    pub clipboard: super::clipboard::Clipboard,
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
    /// Finer thumbnails of what is in sight.
    pub(super) strips: super::strips::Strips,
    /// When something was asked of assets last.
    pub(super) turn: Turn,
    /// Files that are brought in and must be read to their end for it, and how far that is.
    pub reading: BTreeMap<PathBuf, Found>,
    /// The files that are being brought into the bin.
    pub importing: super::importing::Importing,
    /// When it was looked last for what is offline.
    pub(super) looked: Option<std::time::Instant>,
    /// What runs and waits in the background.
    pub jobs: Vec<JobStatus>,
    /// What there is to say and was not shown yet.
    pub notices: Vec<Notice>,
    /// The problems so far, the latest last, to be read again.
    pub problems: Vec<String>,
    /// The export dialog while it is open.
    pub export: Option<ExportDialog>,
    /// The queue of exports.
    pub exports: super::exports::Exports,
    /// What was chosen for the last export.
    pub(super) export_choice: Option<super::exporting::ExportChoice>,
    /// People's own presets, as far as they were found.
    pub(super) own_presets: Vec<crate::export::Preset>,
    /// Which files there are none, and why.
    pub(super) preset_errors: Vec<String>,
    /// What crashes left behind.
    pub recoverable: Vec<Recovered>,
    /// What could be done instead of what was refused last.
    pub offer: Option<super::offers::Offer>,
    /// What the window is asked to do.
    pub request: Option<Request>,
    /// What the preview does.
    pub preview_state: PreviewState,
    pub(super) preview: Preview,
    /// How the viewers play.
    pub playback: super::playback::Playback,
    pub(super) worker: Worker,
    /// What the worker was told to be looked at.
    pub(super) told: Option<(Arc<Project>, Frame)>,
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
            saved: now,
            document: Document::new(DocumentId::default()),
            openings: Openings::default(),
            recent: Recent::load(&folders.settings),
            settings: folders.settings,
            selection: HashSet::new(),
            selected_transition: None,
            trial: None,
            attributes: None,
            clipboard: super::clipboard::Clipboard::default(),
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
            strips: super::strips::Strips::default(),
            turn: Turn::default(),
            reading: BTreeMap::new(),
            importing: super::importing::Importing::default(),
            looked: None,
            jobs: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            export: None,
            exports: super::exports::Exports::default(),
            export_choice: None,
            own_presets: Vec::new(),
            preset_errors: Vec::new(),
            recoverable: Vec::new(),
            offer: None,
            request: None,
            preview_state: PreviewState::default(),
            preview,
            playback: super::playback::Playback::new(cache),
            worker,
            told: None,
        })
    }

    /// The project now.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        self.history.project()
    }

    /// The project as the next edit takes it: what is made of it has the ids that the edit will give.
    #[must_use]
    pub fn draft(&self) -> Project {
        Project { next_id: self.history.next_id(), ..(**self.project()).clone() }
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
        // a window that is hidden shows none for hours
        if self.notices.len() > MOST_PROBLEMS {
            self.notices.remove(0);
        }
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

    /// Brings files and folders into the bin.
    pub fn import(&mut self, paths: Vec<PathBuf>) {
        self.worker.send(Command::Import(self.document.id, paths, None));
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

    /// Moves the playhead.
    pub fn seek(&mut self, frame: Frame) {
        self.look_at_source(false);
        self.playhead = frame.max(Frame::ZERO).min(self.sequence().end());
        self.preview.send(PreviewCommand::Seek(self.playhead));
    }

    /// Shows another state of the project in the preview, for the time of a gesture.
    pub(super) fn show_scratch(&mut self, project: Arc<Project>, frame: Frame) {
        self.look_at_source(false);
        self.preview.send(PreviewCommand::Project(project));
        self.preview.send(PreviewCommand::Seek(frame));
    }

    /// Shows the project itself again.
    pub(super) fn end_scratch(&mut self) {
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
