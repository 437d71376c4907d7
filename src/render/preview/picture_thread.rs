//! Renders the picture that is due, or the one that was asked for last.

use super::sound_thread::{Clock, Levels, SoundCommand};
use super::{Detail, Motion, PreviewCommand, Shared, Shown, canvas};
use crate::media::{Cancel, MediaError};
use crate::model::{Frame, Project};
use crate::render::{Media, Pictures, to_rgba};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::Duration;

/// How often the clock is looked at while it plays.
const TICK: Duration = Duration::from_millis(3);

/// Threads of each decoder: proxies need one, and originals are shown only until there is a proxy.
const THREADS: u32 = 2;

/// The sound thread as this one sees it.
pub(super) struct ToSound {
    pub commands: Sender<SoundCommand>,
    pub clock: Clock,
    pub levels: Levels,
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
    shown: Option<Frame>,
    wanted: Option<Frame>,
}

/// Runs until the commands end.
pub(super) fn run(
    project: Arc<Project>,
    media: Media,
    commands: &Receiver<PreviewCommand>,
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
        shown: None,
        wanted: Some(Frame::ZERO),
    };
    loop {
        let idle = player.playing.is_none() && player.wanted.is_none();
        let first = if idle {
            match commands.recv() {
                Ok(command) => Some(command),
                Err(_) => return,
            }
        } else {
            match commands.recv_timeout(if player.playing.is_some() { TICK } else { Duration::ZERO }) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        // of many seeks only the last is worth a picture
        for command in first.into_iter().chain(commands.try_iter()) {
            player.obey(command);
        }
        if player.playing.is_some() {
            player.follow_clock();
        }
        if let Some(frame) = player.wanted.take()
            && player.show(frame).is_err()
        {
            return;
        }
    }
}

impl Player<'_> {
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
                self.tell_sound(SoundCommand::Project(project));
                self.wanted = self.wanted.or(self.shown);
            }
            PreviewCommand::Refresh => {
                let span = self.project.sequence().span();
                if let Some(pictures) = &mut self.pictures {
                    pictures.set_project(Arc::clone(&self.project), span);
                }
                self.wanted = self.wanted.or(self.shown);
            }
            PreviewCommand::Seek(frame) => {
                self.wanted = Some(frame);
                self.shared.change(|s| s.position = frame);
                if let Some(motion) = &mut self.playing {
                    motion.from = frame;
                    let motion = *motion;
                    self.tell_sound(SoundCommand::Play(motion));
                }
            }
            PreviewCommand::Play(motion, number) => {
                self.playing = Some(motion);
                self.tell_sound(SoundCommand::Play(motion));
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
        self.playing = None;
        self.tell_sound(SoundCommand::Stop);
        self.shared.change(|s| (s.playing, s.levels) = (false, [0.0; 2]));
    }

    fn tell_sound(&self, command: SoundCommand) {
        // when the sound thread is gone there is no sound; the pictures go on
        let _ = self.sound.commands.send(command);
    }

    /// Shows the frame that the clock says, if it is another one.
    fn follow_clock(&mut self) {
        let Some(motion) = self.playing else { return };
        let Some(elapsed) = self.sound.clock.elapsed() else { return };
        let levels = self.sound.levels.at(elapsed);
        let rate = self.project.sequence().rate;
        let Some(now) = motion.at_time(elapsed, rate) else {
            self.playing = None;
            self.tell_sound(SoundCommand::Stop);
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
        if span.contains(frame) {
            pictures.render(frame, &mut self.pixels)?;
        } else {
            pictures.canvas().clear(&mut self.pixels);
        }
        let rgba = Arc::new(to_rgba(pictures.canvas(), &self.pixels));
        let warnings = pictures.take_warnings();
        self.shown = Some(frame);
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
