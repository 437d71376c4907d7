//! Tells a file's content apart without reading all of it.

use super::error::MediaError;
use crate::platform::input::open_regular;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read at the beginning, in the middle and at the end.
const SAMPLE: u64 = 256 * 1024;

/// The BLAKE3 hash, in hex, of a file's size and of samples of its beginning, middle and end. The same
/// content under another name or elsewhere has the same one.
///
/// # Errors
/// [`MediaError::File`] when it can't be read.
pub fn fingerprint(path: &Path) -> Result<String, MediaError> {
    let failed = |e: std::io::Error| MediaError::file(path, &e);
    let (mut file, meta) = open_regular(path).map_err(failed)?;
    let size = meta.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_le_bytes());
    let mut starts = vec![0, (size / 2).saturating_sub(SAMPLE / 2), size.saturating_sub(SAMPLE)];
    starts.dedup();
    for start in starts {
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut sample = Vec::new();
        file.by_ref().take(SAMPLE).read_to_end(&mut sample).map_err(failed)?;
        hasher.update(&sample);
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}
