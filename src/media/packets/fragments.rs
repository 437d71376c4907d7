//! MP4 and `QuickTime` in fragments (ISO 14496-12, 8.8): what recorders write that may be killed, and what is streamed.

use super::bytes::Bytes;
use super::{Demuxer, Kind, Packet, Payload, codecs};
use std::collections::VecDeque;
use std::path::Path;

/// Bytes of a `moov` or `moof` that are read.
const MOST_OF_HEADERS: u64 = 64 << 20;

/// Packets of one fragment that are read; a fragment of an hour has so many.
const MOST_OF_PACKETS: usize = 1 << 19;

/// Samples of sound that are not larger than this are given many at once.
const SMALL: usize = 64;

/// Bytes of such samples that are given at once.
const TOGETHER: usize = 4096;

/// Bytes that are looked at at once for the next fragment after damage.
const WINDOW: usize = 1 << 16;

/// Sound as it is, by the names of ISO 23003-5 and of `QuickTime`.
const PLAIN: [&[u8; 4]; 13] = [
    b"ipcm", b"fpcm", b"lpcm", b"sowt", b"twos", b"in24", b"in32", b"fl32", b"fl64", b"raw ", b"NONE", b"ulaw", b"alaw",
];

/// What a sample has that says nothing of itself (8.8.3).
#[derive(Clone, Copy, Default)]
struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

struct Track {
    id: u32,
    index: usize,
    kind: Kind,
    /// Whether its samples are sound as it is, of a few bytes each.
    plain: bool,
    /// Ticks a second.
    scale: i64,
    /// Nanoseconds by which its edit list moves it.
    moved: i64,
    defaults: Defaults,
    /// Where its next sample begins, in ticks.
    next: i64,
}

/// Reads a file of fragments on.
pub(super) struct Fragments {
    bytes: Bytes,
    at: u64,
    /// Where the boxes after the `moov` begin.
    begin: u64,
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    /// Whether a fragment did not say when it begins: it follows the one before then.
    untimed: bool,
    ready: VecDeque<Packet>,
}

/// Whether a file begins with a box that movies begin with.
pub(super) fn is_movie(head: &[u8]) -> bool {
    head.get(4..8).is_some_and(|kind| [b"ftyp", b"styp", b"moov", b"free", b"skip", b"wide"].iter().any(|k| *k == kind))
}

/// The box at that place of a file: its name, where its content begins, and where it ends.
fn head(bytes: &mut Bytes, at: u64) -> Option<([u8; 4], u64, u64)> {
    let head = bytes.some(at, 16);
    let kind: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    let short = u64::from(word(&head, 0)?);
    let (content, end) = match short {
        0 => (at + 8, bytes.len()),
        1 => (at + 16, at.checked_add(u64::from(word(&head, 8)?) << 32 | u64::from(word(&head, 12)?))?),
        size => (at + 8, at + size),
    };
    (content <= end && kind.iter().all(|b| (0x20..0x7F).contains(b) || *b == 0xA9)).then_some((kind, content, end))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_be_bytes)
}

/// The boxes in bytes that are at hand, up to one that can't be right.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let size = usize::try_from(word(rest, 0)?).ok()?;
        let kind = rest.get(4..8)?.try_into().ok()?;
        let content = rest.get(8..size)?;
        rest = rest.get(size..)?;
        Some((kind, content))
    })
}

fn child<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| boxes(bytes).find(|(k, _)| k == *kind).map(|(_, content)| content))
}

/// Ticks in nanoseconds.
fn nanos(ticks: i64, scale: i64) -> i64 {
    let wide = i128::from(ticks) * 1_000_000_000 / i128::from(scale.max(1));
    i64::try_from(wide).unwrap_or(if ticks < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}

impl Fragments {
    /// `None` where the file is not in fragments.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        let mut at = 0;
        let mut movie = None;
        // a `moov` comes first; real files have a handful of boxes before it
        for _ in 0..64 {
            let (kind, content, end) = head(&mut bytes, at)?;
            match &kind {
                b"moov" if end - content <= MOST_OF_HEADERS => {
                    movie = Some(bytes.all(content, usize::try_from(end - content).ok()?)?);
                }
                b"moof" => break,
                _ => {}
            }
            if movie.is_some() && &kind == b"mdat" {
                break;
            }
            at = end;
        }
        let (tracks, kinds) = tracks(&movie?)?;
        let (kind, ..) = head(&mut bytes, at)?;
        let ready = VecDeque::new();
        (&kind == b"moof").then_some(Self { bytes, at, begin: at, tracks, kinds, untimed: false, ready })
    }

    /// Goes on from the next fragment after what can't be right.
    fn resync(&mut self) -> Option<()> {
        let mut at = self.at.checked_add(8)?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            let found = window.windows(12).position(|w| &w[..4] == b"moof" && &w[8..] == b"mfhd");
            if let Some(n) = found {
                self.at = at + n as u64 - 4;
                return Some(());
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - 11) as u64;
        }
    }

    /// Takes the packets out of a `traf`; where its data end.
    fn track_fragment(&mut self, place: u64, mut data: u64, content: &[u8]) -> Option<u64> {
        let header = child(content, &[b"tfhd"])?;
        let flags = word(header, 0)? & 0xFF_FFFF;
        let id = word(header, 4)?;
        let track = self.tracks.iter_mut().find(|t| t.id == id)?;
        let mut at = 8;
        let mut defaults = track.defaults;
        if flags & 1 != 0 {
            data = long(header, at)?;
            at += 8;
        } else if flags & 0x2_0000 != 0 {
            data = place;
        }
        at += if flags & 2 != 0 { 4 } else { 0 };
        for (bit, value) in [(8, &mut defaults.duration), (16, &mut defaults.size), (32, &mut defaults.flags)] {
            if flags & bit != 0 {
                *value = word(header, at)?;
                at += 4;
            }
        }
        match child(content, &[b"tfdt"]) {
            Some(time) if time.first()? & 1 == 1 => track.next = i64::try_from(long(time, 4)?).ok()?,
            Some(time) => track.next = i64::from(word(time, 4)?),
            None => self.untimed = true,
        }
        let base = data;
        for (_, run) in boxes(content).filter(|(kind, _)| kind == b"trun") {
            data = run_of(track, &mut self.ready, (place, base, data), self.bytes.len(), run, defaults).unwrap_or(data);
        }
        Some(data)
    }
}

/// Takes the packets out of a `trun` (8.8.8); where its data end. `places` are those of the fragment, of what offsets count
/// from, and of what follows the run before.
fn run_of(
    track: &mut Track,
    ready: &mut VecDeque<Packet>,
    (place, base, mut data): (u64, u64, u64),
    len: u64,
    run: &[u8],
    defaults: Defaults,
) -> Option<u64> {
    let flags = word(run, 0)?;
    let count = word(run, 4)?;
    let mut at = 8;
    let mut take = |bit: u32| {
        let value = (flags & bit != 0).then(|| word(run, at));
        at += if flags & bit != 0 { 4 } else { 0 };
        value
    };
    if let Some(offset) = take(1) {
        let offset = i64::from(offset?.cast_signed());
        data = base.checked_add_signed(offset)?;
    }
    let mut first = take(4).flatten();
    for _ in 0..count {
        let mut value = |bit: u32, default: u32| take(bit).map_or(Some(default), |v| v);
        let (Some(duration), Some(size)) = (value(0x100, defaults.duration), value(0x200, defaults.size)) else {
            break;
        };
        let Some(sample) = value(0x400, defaults.flags) else { break };
        let Some(shift) = value(0x800, 0) else { break };
        let sample = first.take().unwrap_or(sample);
        let (dts, end) = (track.next, data.checked_add(u64::from(size))?);
        if end > len || ready.len() >= MOST_OF_PACKETS {
            break;
        }
        track.next = track.next.saturating_add(i64::from(duration));
        let at = |ticks: i64| nanos(ticks, track.scale).saturating_add(track.moved);
        let (size, start) = (usize::try_from(size).ok()?, data);
        data = end;
        let lasts = nanos(i64::from(duration), track.scale);
        if size == 0 || joined(ready, track, start, size, lasts) {
            continue;
        }
        ready.push_back(Packet {
            track: track.index,
            pts: at(dts.saturating_add(i64::from(shift.cast_signed()))),
            dts: Some(at(dts)),
            duration: Some(lasts).filter(|d| *d > 0),
            key: track.kind == Kind::Sound || sample & 0x1_0000 == 0,
            position: start,
            place,
            payload: Payload::There { before: Vec::new(), start, size },
        });
    }
    Some(data)
}

/// Adds a small sample of sound to the packet before, where it follows that.
fn joined(ready: &mut VecDeque<Packet>, track: &Track, from: u64, more: usize, lasts: i64) -> bool {
    let Some(last) = ready.back_mut().filter(|p| p.track == track.index && track.plain) else {
        return false;
    };
    let Payload::There { start, size, .. } = &mut last.payload else { return false };
    if more > SMALL || *start + *size as u64 != from || *size + more > TOGETHER {
        return false;
    }
    *size += more;
    last.duration = last.duration.map(|d| d.saturating_add(lasts));
    true
}

/// The tracks of pictures and sound of a movie in fragments; `None` where it has samples of its own.
fn tracks(movie: &[u8]) -> Option<(Vec<Track>, Vec<Kind>)> {
    let extends = child(movie, &[b"mvex"])?;
    let ticks = |header: &[u8], short: usize| {
        let long = usize::from(header.first().is_some_and(|v| *v == 1)) * 8;
        word(header, short + long).map(i64::from)
    };
    let movie_scale = ticks(child(movie, &[b"mvhd"])?, 12)?.max(1);
    let (mut tracks, mut kinds) = (Vec::new(), Vec::new());
    for (_, track) in boxes(movie).filter(|(kind, _)| kind == b"trak") {
        let Some(media) = child(track, &[b"mdia"]) else { continue };
        let kind = match child(media, &[b"hdlr"]).and_then(|h| h.get(8..12)) {
            Some(b"vide") => Kind::Picture,
            Some(b"soun") => Kind::Sound,
            _ => continue,
        };
        let header = child(track, &[b"tkhd"])?;
        let id = word(header, if header.first() == Some(&1) { 20 } else { 12 })?;
        let scale = ticks(child(media, &[b"mdhd"])?, 12)?.max(1);
        let sizes = child(media, &[b"minf", b"stbl", b"stsz"]);
        if sizes.and_then(|s| word(s, 8)).is_some_and(|count| count > 0) {
            return None;
        }
        let defaults = boxes(extends).filter(|(kind, _)| kind == b"trex").map(|(_, d)| d);
        let defaults = defaults
            .filter(|d| word(d, 4) == Some(id))
            .find_map(|d| Some(Defaults { duration: word(d, 12)?, size: word(d, 16)?, flags: word(d, 20)? }));
        let edits = child(track, &[b"edts", b"elst"]);
        let moved = edits.map_or(0, |edits| moved(edits, movie_scale, scale));
        let (index, defaults) = (kinds.len(), defaults.unwrap_or_default());
        let entry = child(media, &[b"minf", b"stbl", b"stsd"]).and_then(|s| s.get(12..16));
        let plain = entry.is_some_and(|entry| PLAIN.iter().any(|name| *name == entry));
        tracks.push(Track { id, index, kind, plain, scale, moved, defaults, next: 0 });
        kinds.push(kind);
    }
    (!tracks.is_empty()).then_some((tracks, kinds))
}

/// By how many nanoseconds an edit list moves a track: empty time before it, and what is cut off (8.6.6).
fn moved(edits: &[u8], movie_scale: i64, scale: i64) -> i64 {
    let long_times = edits.first() == Some(&1);
    let (mut at, mut empty) = (8, 0_i64);
    loop {
        let entry = if long_times {
            long(edits, at).zip(long(edits, at + 8)).map(|(d, t)| (d.cast_signed(), t.cast_signed()))
        } else {
            word(edits, at).zip(word(edits, at + 4)).map(|(d, t)| (i64::from(d), i64::from(t.cast_signed())))
        };
        let Some((duration, time)) = entry else { return empty };
        if time >= 0 {
            return empty.saturating_sub(nanos(time, scale));
        }
        empty = empty.saturating_add(nanos(duration, movie_scale));
        at += if long_times { 20 } else { 12 };
    }
}

impl Demuxer for Fragments {
    fn caps(&self, path: &Path) -> Vec<Option<String>> {
        codecs::by_demuxer(path, "qtdemux", &self.kinds)
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    /// Reads the next box.
    fn step(&mut self) -> Option<()> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let Some((kind, content, end)) = head(&mut self.bytes, self.at) else { return self.resync() };
        if end > self.bytes.len() {
            return self.resync();
        }
        let place = self.at;
        self.at = end.max(place + 8);
        if &kind == b"moof" && end - content <= MOST_OF_HEADERS {
            let fragment = self.bytes.all(content, usize::try_from(end - content).ok()?)?;
            let mut data = place;
            for (_, run) in boxes(&fragment).filter(|(kind, _)| kind == b"traf") {
                data = self.track_fragment(place, data, run).unwrap_or(data);
            }
        }
        Some(())
    }

    fn go_to(&mut self, place: u64, _: i64) {
        self.ready.clear();
        if !self.untimed {
            self.at = place;
            return;
        }
        // when a fragment begins, only those before it tell
        self.at = self.begin;
        self.tracks.iter_mut().for_each(|t| t.next = 0);
        while self.at < place && self.step().is_some() {
            self.ready.clear();
        }
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}
