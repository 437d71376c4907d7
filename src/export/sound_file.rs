//! The sound of a span into a file of its own.

use super::delivery::Delivery;
use super::encoders::Sound;
use super::memory::forget_programs;
use super::pipeline::of_sound;
use super::priming::{end_at, write_with_head};
use super::progress::Progress;
use super::run::Run;
use super::settings::{ExportError, ExportEvent, folder_of};
use super::sound_thread::{Mixed, SoundThread};
use crate::media::{Encoding, MediaError};
use crate::model::{Frame, FrameCount};
use crate::platform::whole_files::ScratchFolder;
use crate::render::sound_buffer;
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

impl Run<'_> {
    /// Makes a file of sound that begins and ends to the sample in players that read what it says.
    pub fn whole_sound(
        &self,
        sound: Sound,
        file: &mut Delivery,
        tell: &mut dyn FnMut(ExportEvent),
    ) -> Result<(), ExportError> {
        let path = file.path().to_owned();
        let written = |e: std::io::Error| MediaError::write(&self.settings.path, e);
        let rate = self.sequence().sample_rate.max(1);
        let samples = (self.samples() * u64::from(sound.rate(rate)) + u64::from(rate) / 2) / u64::from(rate);
        match (sound, file) {
            (Sound::Mp3 { .. }, Delivery::File(file)) => {
                // its first frame tells of all others
                let scratch = ScratchFolder::begin(&folder_of(&self.settings.path)).map_err(written)?;
                let frames = scratch.path().join("frames");
                self.sound_file(sound, &frames, tell)?;
                write_with_head(|| File::open(&frames), samples, file).map_err(written)?;
            }
            (Sound::Opus { .. }, _) => {
                self.sound_file(sound, &path, tell)?;
                end_at(&path, samples).map_err(written)?;
            }
            (Sound::Aac { .. }, _) => {
                self.sound_file(sound, &path, tell)?;
                self.skip_priming(&path)?;
            }
            _ => self.sound_file(sound, &path, tell)?,
        }
        Ok(())
    }

    /// Mixes the span into a file of sound.
    fn sound_file(&self, sound: Sound, to: &Path, tell: &mut dyn FnMut(ExportEvent)) -> Result<(), ExportError> {
        let sounds = SoundThread::start(Arc::clone(&self.project), self.span)?;
        let encoding = Encoding::launch(&of_sound(sound, self.sequence().sample_rate), to)?;
        let audio = self.sound_of(&encoding, 0)?;
        encoding.start()?;
        forget_programs();
        let mut progress = Progress::new();
        for n in 0..self.span.length.0 {
            let frame = self.span.start + FrameCount(n);
            let mixed = sounds.next(self.cancel)?;
            encoding.push(&audio, self.sound_at(frame, &mixed), self.cancel)?;
            mixed.warnings.into_iter().chain(self.sources.found()).for_each(|w| tell(ExportEvent::Warning(w)));
            if progress.is_due() {
                progress.tell(self, n + 1, tell);
            }
        }
        progress.tell(self, self.span.length.0, tell);
        drop(sounds);
        encoding.end(&audio)?;
        encoding.finish(self.cancel)?;
        Ok(())
    }

    /// The sound of a frame, on the clock of the file.
    pub(super) fn sound_at(&self, frame: Frame, mixed: &Mixed) -> gst::Buffer {
        let sequence = self.sequence();
        let at = sequence.sample_of(frame) - sequence.sample_of(self.span.start);
        sound_buffer::buffer(&mixed.samples, at, sequence.sample_rate)
    }

    /// The input for sound of an encoder, whose track it is in the file.
    pub(super) fn sound_of(&self, encoding: &Encoding, track: usize) -> Result<gst_app::AppSrc, MediaError> {
        let rate = self.sequence().sample_rate;
        // what is encoded waits in queues; more waiting before the encoder would let pictures run ahead of sound on a
        // busy machine, and wait for it in the muxer's queue
        let audio = encoding.input("audio", &sound_buffer::caps(rate), 2)?;
        // a time scale in which every sample is whole
        encoding.set_track_timescale(track, rate);
        Ok(audio)
    }
}
