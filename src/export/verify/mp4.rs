//! What the tables of an MP4 say (ISO 14496-12, 8.6 and 8.7), read a little at a time.

use super::{Packet, Tables};
use crate::export::invalid;
use crate::media::{Framing, Mp4Box, NalCodec};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Reads the tables of the first pictures and the first sound. Periods of pictures are compared with `period`
/// nanoseconds.
pub(super) fn read(path: &Path, file: &mut File, period: i64) -> io::Result<Tables> {
    let movie = Mp4Box::file(file)?.child(file, *b"moov").ok_or_else(|| invalid("there is no 'moov'"))?;
    let scale = movie.child(file, *b"mvhd").and_then(|b| b.word(file, 12)).unwrap_or(0);
    let mut tables = Tables::default();
    let tracks: Vec<_> = movie.children(file).into_iter().filter(|b| &b.kind == b"trak").collect();
    let first = |file: &mut File, kind| tracks.iter().find(|t| t.handler(file) == Some(kind)).copied();
    let pictures = first(file, *b"vide").ok_or_else(|| invalid("there are no pictures"))?;
    read_pictures(path, file, &pictures, period, &mut tables)?;
    if let Some(sound) = first(file, *b"soun") {
        tables.sound_end = Some(sound_end(file, &sound, scale)?);
    }
    Ok(tables)
}

/// A box within others.
fn inside(file: &mut File, outer: &Mp4Box, kinds: &[[u8; 4]]) -> io::Result<Mp4Box> {
    outer.inner(file, kinds).ok_or_else(|| {
        invalid(&format!("there is no '{}'", kinds.last().map_or("", |k| std::str::from_utf8(k).unwrap_or(""))))
    })
}

/// Ticks a second of a track.
fn timescale(file: &mut File, track: &Mp4Box) -> io::Result<i64> {
    let head = inside(file, track, &[*b"mdia", *b"mdhd"])?;
    let version = head.word(file, 0).map(|w| w >> 24);
    let scale = head.word(file, if version == Some(1) { 20 } else { 12 });
    scale.filter(|s| *s > 0).map(i64::from).ok_or_else(|| invalid("a track has no time scale"))
}

fn nanos(ticks: i64, scale: i64) -> i64 {
    i64::try_from(i128::from(ticks) * 1_000_000_000 / i128::from(scale.max(1))).unwrap_or(i64::MAX)
}

/// Where the sound ends: what its edit list presents (8.6.6), or all there is.
fn sound_end(file: &mut File, track: &Mp4Box, movie_scale: u32) -> io::Result<(i64, i64)> {
    // what an edit's length is rounded to
    let tick = |scale: i64| nanos(1, scale) + 1;
    if let Ok(list) = inside(file, track, &[*b"edts", *b"elst"]) {
        let version = list.word(file, 0).map(|w| w >> 24);
        let entries = list.word(file, 4).filter(|n| (1..=16).contains(n));
        if let (Some(0), Some(entries), true) = (version, entries, movie_scale > 0) {
            let lengths = (0..entries).filter_map(|n| list.word(file, 8 + 12 * u64::from(n))).map(i64::from);
            let scale = i64::from(movie_scale);
            return Ok((nanos(lengths.sum(), scale), 2 * tick(scale)));
        }
    }
    let scale = timescale(file, track)?;
    let times = inside(file, track, &[*b"mdia", *b"minf", *b"stbl", *b"stts"])?;
    let mut total = 0_i64;
    for entry in 0..u64::from(times.word(file, 4).unwrap_or(0)) {
        let (Some(count), Some(delta)) = (times.word(file, 8 + 8 * entry), times.word(file, 12 + 8 * entry)) else {
            break;
        };
        total = total.saturating_add(i64::from(count) * i64::from(delta));
    }
    Ok((nanos(total, scale), tick(scale)))
}

/// Words of a table, read on as they are needed, from a place in a file.
struct Words(BufReader<File>, u64);

impl Words {
    fn open(path: &Path, table: &Mp4Box, skip: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(table.content + skip))?;
        Ok(Self(BufReader::with_capacity(4096, file), (table.end - table.content).saturating_sub(skip)))
    }

    fn next(&mut self) -> io::Result<u32> {
        self.1 = self.1.checked_sub(4).ok_or_else(|| invalid("a table ends early"))?;
        let mut bytes = [0; 4];
        self.0.read_exact(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn next_long(&mut self) -> io::Result<u64> {
        Ok(u64::from(self.next()?) << 32 | u64::from(self.next()?))
    }
}

fn read_pictures(path: &Path, file: &mut File, track: &Mp4Box, period: i64, tables: &mut Tables) -> io::Result<()> {
    let scale = timescale(file, track)?;
    let list = inside(file, track, &[*b"mdia", *b"minf", *b"stbl"])?;
    let table = |file: &mut File, kind| inside(file, &list, &[kind]);
    let times = table(file, *b"stts")?;
    let mut words = Words::open(path, &times, 4)?;
    let mut ticks = 0_i64;
    let mut timed = 0_i64;
    for _ in 0..words.next()? {
        let (count, delta) = (i64::from(words.next()?), i64::from(words.next()?));
        if nanos(delta, scale).abs_diff(period) > 2 + 1_000_000_000 / scale.unsigned_abs() {
            tables.uneven.get_or_insert(timed);
        }
        timed += count;
        ticks = ticks.saturating_add(count * delta);
    }
    tables.picture_end = nanos(ticks, scale);
    tables.framing = framing(file, &list);
    walk(path, file, &list, tables)?;
    if timed != tables.pictures {
        return Err(invalid("its tables of times and of sizes differ"));
    }
    Ok(())
}

/// Finds all samples of a track (8.7.3 to 8.7.5).
fn walk(path: &Path, file: &mut File, list: &Mp4Box, tables: &mut Tables) -> io::Result<()> {
    let table = |file: &mut File, kind| inside(file, list, &[kind]);
    let sizes = table(file, *b"stsz")?;
    let mut sizes = Words::open(path, &sizes, 4)?;
    let (same, count) = (sizes.next()?, i64::from(sizes.next()?));
    let (offsets, long) = match table(file, *b"stco") {
        Ok(offsets) => (offsets, false),
        Err(_) => (table(file, *b"co64")?, true),
    };
    let mut offsets = Words::open(path, &offsets, 4)?;
    let chunks = offsets.next()?;
    let runs = table(file, *b"stsc")?;
    let mut runs = Words::open(path, &runs, 4)?;
    let mut left_runs = runs.next()?;
    let mut next_run = |runs: &mut Words| -> io::Result<Option<(u32, u32)>> {
        let Some(left) = left_runs.checked_sub(1) else { return Ok(None) };
        left_runs = left;
        let run = (runs.next()?, runs.next()?);
        runs.next()?;
        Ok(Some(run))
    };
    let mut sync = match table(file, *b"stss") {
        Ok(sync) => Some(Words::open(path, &sync, 4)?),
        Err(_) => None,
    };
    let mut left_sync = sync.as_mut().map_or(Ok(0), Words::next)?;
    let mut next_sync = |sync: &mut Option<Words>| -> io::Result<i64> {
        let (Some(words), Some(left)) = (sync, left_sync.checked_sub(1)) else { return Ok(i64::MAX) };
        left_sync = left;
        words.next().map(i64::from)
    };
    let mut key = next_sync(&mut sync)?;
    let (mut in_chunk, mut following) = (0, next_run(&mut runs)?);
    let end = file.seek(SeekFrom::End(0))?;
    for chunk in 1..=chunks {
        if let Some((_, samples)) = following.filter(|(first, _)| *first <= chunk) {
            in_chunk = samples;
            following = next_run(&mut runs)?;
        }
        let mut at = if long { offsets.next_long()? } else { u64::from(offsets.next()?) };
        for _ in 0..in_chunk {
            let size = u64::from(if same > 0 { same } else { sizes.next()? });
            let packet = Packet { number: tables.pictures, at, size };
            at = at.saturating_add(size);
            if at > end {
                return Err(invalid("a picture lies beyond the end of the file"));
            }
            tables.pictures += 1;
            let is_key = sync.is_none() || key == tables.pictures;
            if is_key {
                tables.keys.push(packet);
                key = next_sync(&mut sync)?;
            } else {
                tables.others.push(packet);
            }
        }
    }
    if tables.pictures != count {
        return Err(invalid("its tables of sizes and of places differ"));
    }
    Ok(())
}

/// How the packets of H.264 or HEVC are framed (ISO 14496-15, 5.3.3 and 8.3.3).
fn framing(file: &mut File, list: &Mp4Box) -> Option<(NalCodec, Framing)> {
    let descriptions = list.child(file, *b"stsd")?;
    // after a version and a count
    let entries = Mp4Box { content: descriptions.content + 8, ..descriptions };
    let entry = entries.children(file).into_iter().next()?;
    let (codec, kind, at) = match &entry.kind {
        b"avc1" | b"avc3" => (NalCodec::H264, *b"avcC", 4),
        b"hvc1" | b"hev1" => (NalCodec::Hevc, *b"hvcC", 21),
        _ => return None,
    };
    // a visual sample entry has 78 bytes of its own (8.5.2, 12.1.3)
    let configuration = Mp4Box { content: entry.content + 78, ..entry }.child(file, kind)?;
    let byte = configuration.word(file, at)?.to_be_bytes()[0];
    Some((codec, Framing::Length(usize::from(byte & 3) + 1)))
}
