//! The end of an Ogg's Opus: the position that its last page gives (RFC 7845, 4.4).

use super::invalid;
use crate::media::OGG_CHECKSUM;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of a page, at most (RFC 3533, 6).
const LARGEST: u64 = 65_307;

/// Samples by which a resampled sound may be shorter.
const ROUNDED: u64 = 8;

/// Makes the sound of a finished file end after so many samples at 48 kHz, the run-up not counted.
///
/// # Errors
/// When the file can't be read or written, or is no Opus in Ogg that is at least as long.
pub(in crate::export) fn end_at(path: &Path, samples: u64) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    // the first page has the head of the stream alone (RFC 7845, 5.1)
    let mut head = [0; 47];
    file.read_exact(&mut head)?;
    if &head[..4] != b"OggS" || &head[28..36] != b"OpusHead" {
        return Err(invalid("the file is no Opus in Ogg"));
    }
    let run_up = u64::from(u16::from_le_bytes([head[38], head[39]]));
    let length = file.seek(SeekFrom::End(0))?;
    let begin = file.seek(SeekFrom::Start(length.saturating_sub(LARGEST)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let last = end.windows(4).rposition(|w| w == b"OggS").ok_or_else(|| invalid("the file has no last page"))?;
    let page = end.get_mut(last..).filter(|page| page.len() > 27).ok_or_else(|| invalid("the last page is cut off"))?;
    let now = u64::from_le_bytes([page[6], page[7], page[8], page[9], page[10], page[11], page[12], page[13]]);
    // what was brought to another rate may be a sample shorter
    if now + ROUNDED < run_up + samples {
        return Err(invalid("the file is shorter than what was mixed"));
    }
    let end_position = now.min(run_up + samples);
    page[6..14].copy_from_slice(&end_position.to_le_bytes());
    page[22..26].fill(0);
    let sum = OGG_CHECKSUM.checksum(page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    file.seek(SeekFrom::Start(begin + last as u64))?;
    file.write_all(page)
}
