//! What the packets of a Matroska file say.

use super::{Packet, Tables};
use crate::export::matroska::{Kind, walk};
use std::fs::File;
use std::io;

/// Reads all heads of a file whose pictures last `period` nanoseconds each. How long the last packet of sound is, is not
/// said: at most `packet` nanoseconds.
pub(super) fn read(file: &mut File, period: i64, packet: i64) -> io::Result<Tables> {
    let mut tables = Tables::default();
    let mut walked = walk(file, &mut |block| {
        match block.kind {
            Kind::Pictures => {
                let packet = Packet { number: tables.pictures, at: block.at, size: block.size };
                tables.pictures += 1;
                tables.picture_end = tables.picture_end.max(block.nanos);
                if block.is_key { &mut tables.keys } else { &mut tables.others }.push(packet);
            }
            Kind::Sound => {
                let (last, _) = tables.sound_end.unwrap_or((0, 0));
                tables.sound_end = Some((last.max(block.nanos), 0));
                tables.unmarked_sound |= !block.is_key;
            }
        }
        Ok(())
    })?;
    tables.framing = walked.framing;
    tables.picture_end = tables.picture_end.saturating_add(period);
    tables.sound_end = tables.sound_end.map(|(begin, _)| (begin.saturating_add(packet / 2), packet / 2));
    walked.check_cues()?;
    Ok(tables)
}
