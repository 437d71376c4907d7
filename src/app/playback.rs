//! The two viewers and what plays in them: the sequence, and the media of a bin item with marks of its own.

use super::action::Action;
use super::editor::Editor;
use super::placing::{Where, place};
use crate::edit::apply;
use crate::media::Cache;
use crate::model::{AssetId, Frame, FrameCount, Project, Sequence, SourceTime, Span, TrackId};
use crate::render::{Detail, Media, Motion, PreviewCommand};
use crate::worker::{Command, Onto};
use std::sync::Arc;

/// The fastest that shuttling goes, either way.
const FASTEST: i32 = 8;

/// A bin item in the source viewer.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which one.
    pub asset: AssetId,
    /// A project with nothing but it.
    project: Arc<Project>,
    /// Where its playhead stands.
    pub playhead: Frame,
    /// Its in point, if one is marked.
    pub mark_in: Option<Frame>,
    /// Its out point, exclusive, if one is marked.
    pub mark_out: Option<Frame>,
}

/// How the viewers play and what they show.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Frames for each that passes, of the last time it played; negative is backwards.
    pub speed: i32,
    /// Whether it begins again at the end of the marked range, or of all.
    pub looping: bool,
    /// How much of the picture is computed.
    pub detail: Detail,
    /// Whether originals are shown even where there are proxies.
    pub originals: bool,
    /// The bin item in the source viewer.
    pub source: Option<Source>,
    /// Whether the source is what is looked at.
    pub on_source: bool,
    pub(super) cache: Cache,
    /// The number of the last command to play or to stop: what the preview told before it was obeyed is old.
    pub(super) asked: u64,
}

impl Playback {
    pub(super) fn new(cache: Cache) -> Self {
        let (detail, originals, looping) = (Detail::default(), false, false);
        Self { speed: 1, looping, detail, originals, source: None, on_source: false, cache, asked: 0 }
    }
}

impl Editor {
    /// What is looked at: the source if it is in front, else the open sequence.
    #[must_use]
    pub fn viewed(&self) -> &Arc<Sequence> {
        self.source_in_front().map_or_else(|| self.sequence(), |s| s.project.sequence())
    }

    /// Its playhead.
    #[must_use]
    pub fn viewed_playhead(&self) -> Frame {
        self.source_in_front().map_or(self.playhead, |s| s.playhead)
    }

    /// Its marks.
    #[must_use]
    pub fn viewed_marks(&self) -> (Option<Frame>, Option<Frame>) {
        self.source_in_front().map_or((self.mark_in, self.mark_out), |s| (s.mark_in, s.mark_out))
    }

    fn source_in_front(&self) -> Option<&Source> {
        self.playback.source.as_ref().filter(|_| self.playback.on_source)
    }

    /// Tells the worker what is looked at, when that is another project or a second elsewhere than it was told.
    pub(super) fn tell_what_is_seen(&mut self) {
        let playhead = self.viewed_playhead();
        let project = self.source_in_front().map_or_else(|| self.project(), |s| &s.project);
        let near = |told: Frame| (told - playhead).0.abs() < self.viewed().rate.nominal();
        if !self.told.as_ref().is_some_and(|(told, at)| Arc::ptr_eq(told, project) && near(*at)) {
            let project = Arc::clone(project);
            self.told = Some((Arc::clone(&project), playhead));
            self.worker.send(Command::Look(project, playhead));
        }
    }

    /// Opens a bin item in the source viewer.
    pub fn open_source(&mut self, asset: AssetId) {
        if self.playback.source.as_ref().is_none_or(|s| s.asset != asset) {
            let Some(project) = self.project_of(asset) else { return };
            let project = Arc::new(project);
            self.playback.source =
                Some(Source { asset, project, playhead: Frame::ZERO, mark_in: None, mark_out: None });
            self.playback.on_source = false;
        }
        self.look_at_source(true);
    }

    /// A project with nothing but one asset, in its own size and rate.
    fn project_of(&self, asset: AssetId) -> Option<Project> {
        let mut project = Project { assets: Arc::clone(&self.project().assets), ..Project::default() };
        project.next_id = self.project().next_id;
        // tracks must not share ids with assets
        for index in 0..project.sequence().tracks.len() {
            let id = TrackId(project.fresh_id());
            Arc::make_mut(&mut project.sequence_mut().tracks[index]).id = id;
        }
        let edit = place(project.clone(), &[asset], Onto::Targets, Where::Append, None, true)?;
        apply(&project, &edit).ok()
    }

    /// Brings the source or the sequence to the front.
    pub fn look_at_source(&mut self, source: bool) {
        let source = source && self.playback.source.is_some();
        if source == self.playback.on_source {
            return;
        }
        self.pause();
        self.playback.on_source = source;
        let shown = self.source_in_front().map_or_else(|| Arc::clone(self.project()), |s| Arc::clone(&s.project));
        self.preview.send(PreviewCommand::Project(shown));
        self.preview.send(PreviewCommand::Seek(self.viewed_playhead()));
    }

    /// What the source's marks choose: from where in the media, and how much; all of it where none is set.
    #[must_use]
    pub(super) fn marked_source(&self) -> Option<(AssetId, SourceTime, SourceTime)> {
        let source = self.source_in_front()?;
        let sequence = source.project.sequence();
        let end = sequence.end();
        let (first, last) = (source.mark_in.unwrap_or_default(), source.mark_out.unwrap_or(end).min(end));
        let span = Span::between(first, last);
        Some((source.asset, sequence.rate.time_of(span.start), sequence.rate.duration_of(span.length)))
    }

    pub(super) fn perform_on_playback(&mut self, action: Action) {
        let second = FrameCount(self.viewed().rate.nominal());
        match action {
            Action::PlayPause if self.playing() => self.stop(),
            Action::PlayPause => self.play(1),
            Action::Play => self.shuttle(1),
            Action::ShuttleBack => self.shuttle(-1),
            Action::Stop => self.stop(),
            Action::FrameBack => self.step(FrameCount(-1)),
            Action::FrameForward => self.step(FrameCount(1)),
            Action::SecondBack => self.step(-second),
            Action::SecondForward => self.step(second),
            Action::GoToStart => self.transport_to(Frame::ZERO),
            Action::GoToEnd => self.transport_to(self.viewed().end()),
            Action::Loop => {
                self.playback.looping = !self.playback.looping;
                if self.playing() {
                    self.play(self.playback.speed);
                }
            }
            Action::SourceViewer => self.look_at_source(!self.playback.on_source),
            _ => self.set_quality(action),
        }
    }

    fn set_quality(&mut self, action: Action) {
        match action {
            Action::FullDetail => self.playback.detail = Detail::Full,
            Action::HalfDetail => self.playback.detail = Detail::Half,
            Action::QuarterDetail => self.playback.detail = Detail::Quarter,
            _ => self.playback.originals = !self.playback.originals,
        }
        let media =
            if self.playback.originals { Media::Originals } else { Media::Proxies(self.playback.cache.clone()) };
        self.preview.send(PreviewCommand::Quality(self.playback.detail, media));
    }

    /// Faster the same way, or at normal speed the other way.
    fn shuttle(&mut self, way: i32) {
        let same_way = self.playing() && self.playback.speed.signum() == way;
        self.play(if same_way { (self.playback.speed * 2).clamp(-FASTEST, FASTEST) } else { way });
    }

    fn play(&mut self, speed: i32) {
        let (end, playhead) = (self.viewed().end(), self.viewed_playhead());
        if end == Frame::ZERO {
            return;
        }
        let (mark_in, mark_out) = self.viewed_marks();
        let marked = Span::between(mark_in.unwrap_or_default(), mark_out.unwrap_or(end).min(end));
        let whole = Span::between(Frame::ZERO, end);
        let round_marks = self.playback.looping && marked.length > FrameCount::ZERO;
        let within = if round_marks { marked } else { whole };
        let from = match speed {
            // at an end it begins at the other one
            1.. if playhead >= within.end() => within.start,
            ..=0 if playhead <= within.start => within.end() - FrameCount(1),
            _ => playhead.min(end - FrameCount(1)),
        };
        self.playback.speed = speed;
        self.preview_state.playing = true;
        let motion = Motion { from, speed, within, looping: self.playback.looping };
        self.playback.asked += 1;
        self.preview.send(PreviewCommand::Play(motion, self.playback.asked));
    }

    pub(super) fn pause(&mut self) {
        self.preview_state.playing = false;
        self.playback.asked += 1;
        self.preview.send(PreviewCommand::Pause(self.playback.asked));
    }

    fn stop(&mut self) {
        self.pause();
        // the picture under the playhead, not the last that was shown in passing
        self.preview.send(PreviewCommand::Seek(self.viewed_playhead()));
    }

    fn step(&mut self, by: FrameCount) {
        if self.playing() {
            self.stop();
        }
        self.transport_to(self.viewed_playhead() + by);
    }

    /// Moves the playhead of what is looked at.
    pub fn transport_to(&mut self, frame: Frame) {
        let frame = frame.max(Frame::ZERO).min(self.viewed().end());
        if self.playback.on_source
            && let Some(source) = &mut self.playback.source
        {
            source.playhead = frame;
            self.preview.send(PreviewCommand::Seek(frame));
        } else {
            self.seek(frame);
            self.view.reveal(self.playhead);
        }
    }

    /// Takes in where the preview is while it plays, or has come to.
    pub(super) fn played_to(&mut self, frame: Frame) {
        match &mut self.playback.source {
            Some(source) if self.playback.on_source => source.playhead = frame,
            _ => {
                self.playhead = frame;
                self.view.reveal(frame);
            }
        }
    }

    /// The marked range: sets, finds or clears its ends.
    pub(super) fn mark(&mut self, action: Action) {
        let playhead = self.viewed_playhead();
        let (mut first, mut last) = self.viewed_marks();
        match action {
            Action::MarkIn => {
                first = Some(playhead);
                last = last.filter(|out| *out > playhead);
            }
            Action::MarkOut => {
                last = Some(playhead + FrameCount(1));
                first = first.filter(|first| *first <= playhead);
            }
            Action::GoToIn => return self.transport_to(first.unwrap_or_default()),
            Action::GoToOut => return self.transport_to(last.map(|f| f - FrameCount(1)).unwrap_or_default()),
            _ => (first, last) = (None, None),
        }
        match &mut self.playback.source {
            Some(source) if self.playback.on_source => (source.mark_in, source.mark_out) = (first, last),
            _ => (self.mark_in, self.mark_out) = (first, last),
        }
    }
}
