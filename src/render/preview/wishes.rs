//! What the preview was told and has not done yet. Pure.

use super::{Detail, Motion, PreviewCommand};
use crate::model::{Frame, Project};
use crate::render::Media;
use std::sync::Arc;

/// The newest wish of each kind: together they lead where all that were sent would have led, one after the other.
#[derive(Default)]
pub(super) struct Wishes {
    project: Option<Arc<Project>>,
    refresh: bool,
    quality: Option<(Detail, Media)>,
    transport: Option<Transport>,
    /// Where to, after playing began or stopped.
    seek: Option<Frame>,
}

enum Transport {
    Play(Motion, u64),
    Pause(u64),
}

impl Wishes {
    pub fn add(&mut self, command: PreviewCommand) {
        match command {
            PreviewCommand::Project(project) => self.project = Some(project),
            PreviewCommand::Refresh => self.refresh = true,
            PreviewCommand::Quality(detail, media) => self.quality = Some((detail, media)),
            PreviewCommand::Seek(frame) => match &mut self.transport {
                // what has not begun begins there
                Some(Transport::Play(motion, _)) => motion.from = frame,
                _ => self.seek = Some(frame),
            },
            PreviewCommand::Play(motion, number) => {
                (self.transport, self.seek) = (Some(Transport::Play(motion, number)), None);
            }
            PreviewCommand::Pause(number) => self.transport = Some(Transport::Pause(number)),
        }
    }

    /// In the order in which they are to be done.
    pub fn in_order(self) -> impl Iterator<Item = PreviewCommand> {
        let transport = self.transport.map(|transport| match transport {
            Transport::Play(motion, number) => PreviewCommand::Play(motion, number),
            Transport::Pause(number) => PreviewCommand::Pause(number),
        });
        let quality = self.quality.map(|(detail, media)| PreviewCommand::Quality(detail, media));
        let refresh = self.refresh.then_some(PreviewCommand::Refresh);
        let project = self.project.map(PreviewCommand::Project);
        let seek = self.seek.map(PreviewCommand::Seek);
        quality.into_iter().chain(project).chain(refresh).chain(transport).chain(seek)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrameCount, Span};

    /// What is left of many commands, in words.
    fn left(commands: impl IntoIterator<Item = PreviewCommand>) -> String {
        let mut wishes = Wishes::default();
        commands.into_iter().for_each(|command| wishes.add(command));
        let word = |command| match command {
            PreviewCommand::Project(project) => format!("project {}", project.next_id),
            PreviewCommand::Refresh => "refresh".to_owned(),
            PreviewCommand::Quality(detail, _) => format!("{detail:?}"),
            PreviewCommand::Seek(frame) => format!("seek {}", frame.0),
            PreviewCommand::Play(motion, number) => format!("play {} from {}", number, motion.from.0),
            PreviewCommand::Pause(number) => format!("pause {number}"),
        };
        wishes.in_order().map(word).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn of_many_wishes_the_newest_of_each_kind_is_left() {
        let seek = |n| PreviewCommand::Seek(Frame(n));
        let play = |from, number| {
            let within = Span { start: Frame(0), length: FrameCount(100) };
            PreviewCommand::Play(Motion { from: Frame(from), speed: 1, within, looping: false }, number)
        };
        let pause = PreviewCommand::Pause;
        let project = |next_id| PreviewCommand::Project(Arc::new(Project { next_id, ..Project::default() }));
        let quality = PreviewCommand::Quality(Detail::Full, Media::Originals);
        assert_eq!(left((0..100_000).map(seek)), "seek 99999");
        assert_eq!(left([seek(5), play(7, 1)]), "play 1 from 7");
        assert_eq!(left([play(7, 1), seek(5)]), "play 1 from 5");
        assert_eq!(left([play(7, 1), pause(2), seek(5)]), "pause 2, seek 5");
        assert_eq!(left([seek(5), pause(2)]), "pause 2, seek 5");
        assert_eq!(left([pause(2), play(3, 3)]), "play 3 from 3");
        let all = [seek(1), project(4), PreviewCommand::Refresh, project(5), quality, seek(2)];
        assert_eq!(left(all), "Full, project 5, refresh, seek 2");
        assert_eq!(left([]), "");
    }
}
