//! Going through a file backwards. Files are decoded forwards only: a stretch before the moment that is asked for is
//! decoded at once and kept, as much of it as a fixed number of bytes holds.

use crate::media::{Cancel, MediaError, Picture, VideoReader};
use crate::model::SourceTime;
use std::collections::VecDeque;

/// Pictures that are kept take no more than this, but for the two that there must be.
pub(crate) const MOST_BYTES: usize = 48 << 20;

/// The pictures of a stretch of a file, in order.
#[derive(Default)]
pub(super) struct Backwards {
    pictures: VecDeque<Picture>,
    /// The latest moment that the last of them is known to be on the screen.
    until: SourceTime,
}

impl Backwards {
    /// The picture on the screen at `time`, as [`VideoReader::at`] gives it.
    pub fn at(
        &mut self,
        reader: &mut VideoReader,
        time: SourceTime,
        cancel: &Cancel,
    ) -> Result<Option<Picture>, MediaError> {
        let limit = reader.begun_by(time);
        if time > self.until || self.pictures.front().is_none_or(|first| first.time > limit) {
            self.refill(reader, time, cancel)?;
        }
        Ok(self.pictures.iter().rev().find(|p| p.time <= limit).or(self.pictures.front()).cloned())
    }

    fn refill(&mut self, reader: &mut VideoReader, time: SourceTime, cancel: &Cancel) -> Result<(), MediaError> {
        // let go of the old ones first: both at once would be twice the memory
        self.pictures.clear();
        let limit = reader.begun_by(time);
        let Some(first) = reader.at(time, cancel)? else { return Ok(()) };
        let count = (MOST_BYTES / first.buffer.size().max(1)).clamp(2, 60);
        // from so far back that the pictures up to the one wanted fill the room, if they come 30 a second or more
        let span = SourceTime(SourceTime::SECOND.0 / 30 * i64::try_from(count - 1).unwrap_or(1));
        reader.seek(SourceTime((time - span).0.max(0)), cancel)?;
        let mut next = reader.at(SourceTime((time - span).0.max(0)), cancel)?;
        while let Some(picture) = next.take_if(|p| p.time <= limit || self.pictures.is_empty()) {
            if self.pictures.len() == count {
                self.pictures.pop_front();
            }
            self.pictures.push_back(picture);
            next = reader.next(cancel)?;
        }
        self.until = time;
        Ok(())
    }

    /// Lets the pictures go.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
