//! Streams of pictures without a container: what encoders, cameras' modules and servers write. Nothing in them says when a
//! picture is shown but their order and rate.

use super::access_units::Mark;
use super::bytes::Bytes;
use super::elementary::{Codec, of_content};
use super::pictures::Pictures;
use super::{Demuxer, Kind, Packet};
use crate::model::FrameRate;
use std::collections::VecDeque;

/// Bytes that tell what a stream is.
const SNIFFED: usize = 1 << 18;

/// Bytes that are read at once.
const WINDOW: usize = 1 << 16;

/// Reads a stream of pictures on.
pub(super) struct RawVideo {
    bytes: Bytes,
    at: u64,
    codec: Codec,
    pictures: Pictures,
    ready: VecDeque<Packet>,
    over: bool,
}

impl RawVideo {
    /// `None` where the file is none.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        let head = bytes.some(0, SNIFFED.min(usize::try_from(bytes.len()).ok()?));
        (head.starts_with(&[0, 0, 1]) || head.starts_with(&[0, 0, 0, 1])).then_some(())?;
        let codec = of_content(&head).filter(|codec| codec.is_numbered())?;
        // FFmpeg takes streams that don't say their rate for 25 a second, too
        let rate = super::codecs::rate_of(codec.caps(), head).unwrap_or(FrameRate::F25);
        let mut pictures = Pictures::new(0, codec, rate);
        pictures.go_to(Some(0));
        Some(Self { bytes, at: 0, codec, pictures, ready: VecDeque::new(), over: false })
    }
}

impl Demuxer for RawVideo {
    fn caps(&self, _: &std::path::Path) -> Vec<Option<String>> {
        vec![Some(self.codec.caps().to_owned())]
    }

    fn tracks(&self) -> &[Kind] {
        &[Kind::Picture]
    }

    fn container(&self) -> Option<&'static str> {
        Some("no container")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        if self.over {
            return None;
        }
        let content = self.bytes.some(self.at, WINDOW);
        let before = self.ready.len();
        if content.is_empty() {
            self.over = true;
            self.pictures.finish(&mut self.ready);
        } else {
            let mark = Mark { position: self.at, place: self.at, stamps: None };
            self.pictures.push(mark, &content, &mut self.ready);
            self.at += content.len() as u64;
        }
        // each picture is found again by where it begins itself
        self.ready.iter_mut().skip(before).for_each(|packet| packet.place = packet.position);
        Some(())
    }

    fn go_to(&mut self, place: u64, stamp: i64) {
        self.ready.clear();
        self.pictures.go_to(Some(stamp));
        (self.at, self.over) = (place, false);
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}
