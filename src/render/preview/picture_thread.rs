//! Renders the picture that is due, or the one that was asked for last.

use super::newest::Newest;
use super::sound_thread::{Clock, Levels, SoundWishes};
use super::wishes::Wishes;
use super::{Detail, Motion, PreviewCommand, Shared, Shown, canvas};
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project};
use crate::platform::caught;
use crate::render::{Media, Pictures, to_rgba};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the clock is looked at while it plays.
const TICK: Duration = Duration::from_millis(3);

/// Threads of each decoder: proxies need one, and originals are shown only until there is a proxy.
const THREADS: u32 = 2;

/// While it plays and the playhead is dragged, sound begins again when it has rested for so long.
const REST: Duration = Duration::from_millis(120);

/// Pictures that may break in a row while it plays; then it goes on without until something is asked for.
const MOST_BREAKS: u32 = 3;

/// The sound thread as this one sees it. It ends with this.
pub(super) struct ToSound {
    pub wishes: Arc<Newest<SoundWishes>>,
    pub clock: Clock,
    pub levels: Levels,
}

impl Drop for ToSound {
    fn drop(&mut self) {
        self.wishes.close();
    }
}

struct Player<'a> {
    project: Arc<Project>,
    media: Media,
    pictures: Option<Pictures>,
    pixels: Vec<u8>,
    sound: &'a ToSound,
    shared: &'a Shared,
    cancel: &'a Cancel,
    detail: Detail,
    /// How it plays, while it does.
    playing: Option<Motion>,
    /// When the playhead was moved last while it plays, until sound follows.
    moved: Option<Instant>,
    shown: Option<Frame>,
    wanted: Option<Frame>,
    /// Pictures that broke in a row.
    breaks: u32,
}

/// Runs until the commands end.
pub(super) fn run(
    project: Arc<Project>,
    media: Media,
    wishes: &Newest<Wishes>,
    sound: &ToSound,
    shared: &Shared,
    cancel: &Cancel,
) {
    let mut player = Player {
        project,
        media,
        pictures: None,
        pixels: Vec::new(),
        sound,
        shared,
        cancel,
        detail: Detail::default(),
        playing: None,
        moved: None,
        shown: None,
        wanted: Some(Frame::ZERO),
        breaks: 0,
    };
    loop {
        let limit = match (player.playing, player.wanted) {
            (Some(_), _) => Some(TICK),
            (None, Some(_)) => Some(Duration::ZERO),
            (None, None) => None,
        };
        let Some(wishes) = wishes.take(limit) else { return };
        match caught(|| player.turn(wishes)) {
            Ok(Ok(())) => {}
            Ok(Err(_)) if cancel.is_cancelled() => return,
            Ok(Err(error)) => player.broke(&error.to_string()),
            Err(said) => player.broke(&format!("a fault of Workprint: {said}; please report it")),
        }
    }
}

impl Player<'_> {
    fn turn(&mut self, wishes: Wishes) -> Result<(), MediaError> {
        for command in wishes.in_order() {
            self.breaks = 0;
            self.obey(command);
        }
        if let Some(motion) = self.playing.filter(|_| self.moved.is_some_and(|moved| moved.elapsed() >= REST)) {
            self.moved = None;
            self.sound.wishes.put(|s| s.play(motion));
        }
        self.follow_clock();
        match self.wanted.take() {
            Some(frame) if self.breaks < MOST_BREAKS => self.show(frame),
            _ => Ok(()),
        }
    }

    /// Goes on after a picture that could not be made: what was half done is made anew.
    fn broke(&mut self, why: &str) {
        self.breaks += 1;
        // what is broken may break again while it is taken apart
        let pictures = self.pictures.take();
        if caught(|| drop(pictures)).is_err() {
            tracing::error!("a renderer that broke was left behind");
        }
        self.shared.say(format!("no picture: {why}"));
    }

    fn obey(&mut self, command: PreviewCommand) {
        match command {
            PreviewCommand::Project(project) => {
                let span = project.sequence().span();
                let same_canvas = canvas(&project, self.detail) == canvas(&self.project, self.detail);
                self.project = Arc::clone(&project);
                match &mut self.pictures {
                    Some(pictures) if same_canvas => pictures.set_project(Arc::clone(&project), span),
                    _ => self.pictures = None,
                }
                self.sound.wishes.put(|s| s.project = Some(project));
                self.wanted = self.wanted.or(self.shown);
            }
            PreviewCommand::Refresh => {
                let span = self.project.sequence().span();
                let shown = self.shown;
                // what is read from the same files as before goes on
                let outdated = |pictures: &&mut Pictures| shown.is_some_and(|frame| pictures.is_outdated(frame));
                if let Some(pictures) = self.pictures.as_mut().filter(outdated) {
                    pictures.set_project(Arc::clone(&self.project), span);
                    self.wanted = self.wanted.or(shown);
                }
            }
            PreviewCommand::Seek(frame) => {
                self.wanted = Some(frame);
                self.shared.change(|s| s.position = frame);
                if let Some(motion) = &mut self.playing {
                    motion.from = frame;
                    // a playhead that is dragged is followed by pictures alone
                    if self.moved.replace(Instant::now()).is_none() {
                        self.sound.wishes.put(SoundWishes::stop);
                    }
                }
            }
            PreviewCommand::Play(motion, number) => {
                (self.playing, self.moved) = (Some(motion), None);
                self.sound.wishes.put(|s| s.play(motion));
                self.shared.change(|s| (s.playing, s.position, s.dropped, s.obeyed) = (true, motion.from, 0, number));
            }
            PreviewCommand::Quality(detail, media) => {
                (self.detail, self.media, self.pictures) = (detail, media, None);
                self.wanted = self.wanted.or(self.shown);
            }
            PreviewCommand::Pause(number) => {
                self.pause();
                self.shared.change(|s| s.obeyed = number);
            }
        }
    }

    fn pause(&mut self) {
        (self.playing, self.moved) = (None, None);
        self.sound.wishes.put(SoundWishes::stop);
        self.shared.change(|s| (s.playing, s.levels) = (false, [0.0; 2]));
    }

    /// Shows the frame that the clock says, if it is another one.
    fn follow_clock(&mut self) {
        let Some(motion) = self.playing.filter(|_| self.moved.is_none()) else { return };
        let Some(elapsed) = self.sound.clock.elapsed() else { return };
        let levels = self.sound.levels.at(elapsed);
        let rate = self.project.sequence().rate;
        let Some(now) = motion.at_time(elapsed, rate) else {
            self.playing = None;
            self.sound.wishes.put(SoundWishes::stop);
            let end = motion.end();
            // at once: whoever sees that it stopped must see where
            self.shared.change(|s| (s.playing, s.position, s.levels) = (false, end, [0.0; 2]));
            let last = Frame((self.project.sequence().end().0 - 1).max(0));
            self.wanted = Some(end.min(last));
            return;
        };
        if self.shown == Some(now) {
            return;
        }
        let step = i64::from(motion.speed);
        let gone = self.shown.map_or(0, |s| (now - s).0 / step);
        // a jump at the end of a loop is no loss
        let missed = if gone > 0 { gone - 1 } else { 0 };
        let missed = u64::try_from(missed).unwrap_or(0);
        self.shared.change(|s| {
            (s.position, s.levels) = (now, levels);
            s.dropped += missed;
        });
        self.wanted = Some(now);
    }

    fn show(&mut self, frame: Frame) -> Result<(), MediaError> {
        let span = self.project.sequence().span();
        let size = canvas(&self.project, self.detail);
        if self.pictures.is_none() {
            let project = Arc::clone(&self.project);
            match Pictures::new(project, self.media.clone(), size, span, THREADS, self.cancel.clone()) {
                Ok(pictures) => self.pictures = Some(pictures),
                Err(error) => {
                    tracing::error!("no preview: {error}");
                    return Ok(());
                }
            }
        }
        let Some(pictures) = &mut self.pictures else { return Ok(()) };
        self.pixels.resize(pictures.canvas().bytes(), 0);
        #[cfg(test)]
        tests::may_break(frame);
        if span.contains(frame) {
            pictures.render(frame, &mut self.pixels)?;
        } else {
            pictures.canvas().clear(&mut self.pixels);
        }
        let rgba = Arc::new(to_rgba(pictures.canvas(), &self.pixels));
        let warnings = pictures.take_warnings();
        (self.shown, self.breaks) = (Some(frame), 0);
        self.shared.change(|s| {
            s.picture = Some(Shown { frame, width: size.0, height: size.1, rgba });
            s.warnings.extend(warnings);
            // nobody reads thousands
            s.warnings.truncate(64);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    /// A frame whose picture breaks, for the tests below; other tests have none so late.
    const BROKEN: Frame = Frame(77_777);

    pub(super) fn may_break(frame: Frame) {
        assert!(frame != BROKEN, "frame {} is broken", frame.0);
    }

    #[test]
    fn a_picture_that_breaks_is_said_and_the_next_one_shown() {
        let (wake, woken) = crossbeam_channel::bounded(1);
        let project = Arc::new(parse("V1: A@0+10"));
        // one that waits already is enough
        let wake =
            move || assert!(!matches!(wake.try_send(()), Err(crossbeam_channel::TrySendError::Disconnected(()))));
        let preview = super::super::Preview::start(project, Media::Originals, wake).unwrap();
        let next = |preview: &super::super::Preview| {
            woken.recv_timeout(Duration::from_mins(1)).unwrap();
            preview.take_state()
        };
        for round in 0..3 {
            preview.send(PreviewCommand::Seek(BROKEN));
            let said = loop {
                if let Some(said) = next(&preview).said.pop() {
                    break said;
                }
            };
            assert!(said.contains("no picture") && said.contains("77777") && said.contains("report"), "{said}");
            let frame = Frame(20 + round);
            preview.send(PreviewCommand::Seek(frame));
            while next(&preview).picture.is_none_or(|p| p.frame != frame) {}
        }
    }

    #[test]
    fn sound_begins_again_when_the_playhead_rests_and_not_at_each_seek() {
        let state = Arc::new(std::sync::Mutex::new(super::super::PreviewState::default()));
        let shared = Shared { state, wake: Arc::new(|| {}) };
        let (wishes, cancel) = (Newest::<Wishes>::default(), Cancel::default());
        let to_sound = Arc::new(Newest::<SoundWishes>::default());
        let sound = ToSound { wishes: Arc::clone(&to_sound), clock: Clock::default(), levels: Levels::default() };
        let project = Arc::new(parse("V1: A@0+1000"));
        let within = project.sequence().span();
        let (shared, cancel, wishes) = (&shared, &cancel, &wishes);
        let from = std::thread::scope(|scope| {
            let show = move || run(project, Media::Originals, wishes, &sound, shared, cancel);
            std::thread::Builder::new().name("pictures".into()).spawn_scoped(scope, show).unwrap();
            let motion = Motion { from: Frame(500), speed: 1, within, looping: false };
            let mut from = Vec::new();
            wishes.put(|w| w.add(PreviewCommand::Play(motion, 1)));
            for n in 0..=60 {
                // what reaches the sound, as its own thread would take it
                let taken = to_sound.take(Some(Duration::from_millis(4))).unwrap();
                from.extend(taken.plays_from().map(|f| f.0));
                if from.first() == Some(&500) {
                    wishes.put(|w| w.add(PreviewCommand::Seek(Frame(n))));
                }
            }
            while from.last() != Some(&60) {
                from.extend(to_sound.take(None).unwrap().plays_from().map(|f| f.0));
            }
            wishes.close();
            from
        });
        assert!(from.len() < 20, "it began again {} times", from.len());
    }

    #[test]
    fn the_preview_keeps_the_sequences_shape() {
        let mut project = parse("V1: A@0+10");
        assert_eq!(canvas(&project, Detail::Half), (960, 540));
        project.sequence_mut().width = 608;
        assert_eq!(canvas(&project, Detail::Half), (540, 960));
        project.sequence_mut().height = 480;
        assert_eq!(canvas(&project, Detail::Half), (608, 480));
    }
}
