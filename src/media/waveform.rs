//! How loud an asset's sound is over time, for the timeline.

use super::audio_reader::AudioReader;
use super::cache::{Cache, CacheKind};
use super::decode::Cancel;
use super::error::MediaError;
use super::fingerprint::key_of;
use crate::model::{Asset, SourceTime};

/// Peaks for each second of sound.
pub const PEAKS_PER_SECOND: u32 = 100;

/// Sound is looked at at this rate; enough to see how loud it is.
const RATE: u32 = 8000;

/// The loudest sample of each hundredth of a second.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Waveform {
    /// 0 is silence, 255 full scale.
    pub peaks: Vec<u8>,
}

impl Waveform {
    /// The loudest peak between two moments.
    #[must_use]
    pub fn peak(&self, from: SourceTime, to: SourceTime) -> u8 {
        let index = |t: SourceTime| usize::try_from(t.sample(PEAKS_PER_SECOND).max(0)).unwrap_or(0);
        let first = index(from).min(self.peaks.len());
        let last = index(to).max(first + 1).min(self.peaks.len());
        self.peaks[first..last].iter().copied().max().unwrap_or(0)
    }
}

/// The waveform of an asset's `stream`th sound stream, from the cache or made now.
///
/// # Errors
/// Any [`MediaError`] about the file or the cache, or [`MediaError::Cancelled`].
pub fn waveform(cache: &Cache, asset: &Asset, stream: u32, cancel: &Cancel) -> Result<Waveform, MediaError> {
    kept(cache, asset, stream, || measure(asset, stream, cancel, &|_| {}))
}

/// The same, measured by `make`.
pub(super) fn kept(
    cache: &Cache,
    asset: &Asset,
    stream: u32,
    make: impl FnOnce() -> Result<Vec<u8>, MediaError>,
) -> Result<Waveform, MediaError> {
    let name = format!("-{stream}.peaks");
    let Some(key) = key_of(asset)? else { return make().map(|peaks| Waveform { peaks }) };
    if let Some(path) = cache.find(CacheKind::Waveform, &key, &name)
        && let Ok(peaks) = std::fs::read(path)
    {
        return Ok(Waveform { peaks });
    }
    let peaks = make()?;
    // what changed meanwhile is shown as it was heard, and not kept
    if key_of(asset)?.as_ref() == Some(&key) {
        cache.store(CacheKind::Waveform, &key, &name, &peaks);
    }
    Ok(Waveform { peaks })
}

/// The loudest samples of a stream. `progress` gets 0 to 1.
pub(super) fn measure(
    asset: &Asset,
    stream: u32,
    cancel: &Cancel,
    progress: &dyn Fn(f32),
) -> Result<Vec<u8>, MediaError> {
    let mut reader = AudioReader::open(&asset.path, &asset.info, stream, RATE)?;
    let duration = asset.info.duration.unwrap_or(SourceTime::ZERO);
    let total = usize::try_from(duration.sample(PEAKS_PER_SECOND)).unwrap_or(0);
    let mut block = vec![[0.0_f32; 2]; (RATE / PEAKS_PER_SECOND) as usize];
    let mut peaks = Vec::with_capacity(total);
    for n in 0..total {
        progress(n as f32 / total as f32);
        let start = i64::try_from(n * block.len()).unwrap_or(i64::MAX);
        if let Err(error) = reader.read(start, &mut block, cancel) {
            if matches!(error, MediaError::Cancelled) {
                return Err(error);
            }
            // sound that breaks off is silent from there on
            tracing::warn!("{error}");
            peaks.resize(total, 0);
            break;
        }
        let loudest = block.iter().flatten().fold(0.0_f32, |loud, s| loud.max(s.abs()));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
        peaks.push((loudest.clamp(0.0, 1.0) * 255.0) as u8);
    }
    Ok(peaks)
}
