//! MPEG transport streams (ISO/IEC 13818-1, 2.4), joined ones and those whose tracks begin apart included.

use super::bytes::Bytes;
use super::elementary::{Codec, lasts, starts_decoding};
use super::pes::{Stamps, Ticks, head, since};
use super::{Demuxer, Kind, Packet, Payload, opus};
use std::collections::VecDeque;

/// Bytes of a packet.
const PACKET: u64 = 188;

/// Bytes of a packet, with the clock that cameras put before each.
const CLOCKED: u64 = 192;

/// The byte that each packet begins with.
const SYNC: u8 = 0x47;

/// Bytes in which the tables must come.
const TABLES_WITHIN: u64 = 8 << 20;

/// Bytes that are looked at at once.
const WINDOW: usize = 1 << 16;

/// Bytes of one picture, at most.
const MOST: usize = 64 << 20;

/// Bytes from which on a file is looked at here and there before it is read to its end.
const LARGE: u64 = 256 << 20;

/// Places of such a file that are looked at.
const LOOKS: u64 = 128;

/// Nanoseconds that are no pause any more.
const LEAP: i64 = 10_000_000_000;

/// A packet of a track that is being put together.
#[derive(Default)]
struct Part {
    position: u64,
    stamps: Option<Stamps>,
    bytes: Vec<u8>,
}

struct Track {
    pid: u16,
    codec: Codec,
    part: Option<Part>,
    /// The counter of its last packet.
    counter: Option<u8>,
}

/// Reads a transport stream on.
pub(super) struct TransportStream {
    bytes: Bytes,
    at: u64,
    size: u64,
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    clock: Ticks,
    /// The first clock reference, in ticks of 90 kHz.
    reference: Option<i64>,
    ready: VecDeque<Packet>,
    over: bool,
    /// Whether something is missing in it.
    is_damaged: bool,
}

/// How many bytes each packet has, where a file begins as a transport stream does.
fn size_of(head: &[u8]) -> Option<u64> {
    [PACKET, CLOCKED].into_iter().find(|size| {
        (0..4).all(|n| usize::try_from(n * size + size - PACKET).ok().and_then(|i| head.get(i)) == Some(&SYNC))
    })
}

/// The payload of a packet, and whether something begins in it.
fn payload(packet: &[u8]) -> Option<(u16, bool, &[u8])> {
    let pid = u16::from(packet.get(1)? & 0x1F) << 8 | u16::from(*packet.get(2)?);
    let flags = *packet.get(3)?;
    let start = match flags >> 4 & 3 {
        1 => 4,
        3 => 5 + usize::from(*packet.get(4)?),
        _ => return None,
    };
    // scrambled packets can't be read
    (flags & 0xC0 == 0).then_some(())?;
    Some((pid, packet[1] & 0x40 != 0, packet.get(start..)?))
}

/// The clock reference in a packet (ISO/IEC 13818-1, 2.4.3.5), in ticks of 90 kHz.
fn reference(packet: &[u8]) -> Option<i64> {
    let [length, flags, base @ ..] = packet.get(4..10)? else { return None };
    let has_it = packet[3] & 0x20 != 0 && *length >= 7 && flags & 0x10 != 0;
    let base: [u8; 4] = base.try_into().ok()?;
    has_it.then(|| i64::from(u32::from_be_bytes(base)) << 1 | i64::from(packet[10] >> 7))
}

/// A table that lies in one packet: its content, without its head and its check sum.
fn table(payload: &[u8], id: u8) -> Option<&[u8]> {
    let section = payload.get(1 + usize::from(*payload.first()?)..)?;
    let length = usize::from(section.get(1)? & 0x0F) << 8 | usize::from(*section.get(2)?);
    (section.first() == Some(&id)).then_some(())?;
    section.get(8..(3 + length).checked_sub(4)?)
}

fn pid(bytes: &[u8]) -> Option<u16> {
    Some(u16::from(bytes.first()? & 0x1F) << 8 | u16::from(*bytes.get(1)?))
}

/// The tracks that the first program has; `None` for an unknown kind among them.
fn tracks(table: &[u8]) -> Option<Vec<(u16, Codec)>> {
    let skip = usize::from(table.get(2)? & 0x0F) << 8 | usize::from(*table.get(3)?);
    let mut rest = table.get(4 + skip..)?;
    let mut found = Vec::new();
    while let Some(entry) = rest.get(..5) {
        let length = usize::from(entry[3] & 0x0F) << 8 | usize::from(entry[4]);
        let descriptors = rest.get(5..5 + length)?;
        if let Some(codec) = Codec::of_stream(entry[0], descriptors)? {
            found.push((pid(&entry[1..])?, codec));
        }
        rest = &rest[5 + length..];
    }
    Some(found)
}

impl TransportStream {
    /// `None` where the file is none, or has tracks that only `tsdemux` understands.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        let size = size_of(&bytes.some(0, 4 * 192))?;
        let (mut program, mut at) = (None, size - PACKET);
        let mut packet = [0; 188];
        let found = loop {
            if at > TABLES_WITHIN || !bytes.read(at, &mut packet) {
                return None;
            }
            at += size;
            let Some((id, true, content)) = payload(&packet) else { continue };
            if id == 0 && program.is_none() {
                // the number 0 is the network's
                let programs = table(content, 0).unwrap_or_default();
                program = programs.chunks_exact(4).find(|p| p[..2] != [0, 0]).and_then(|p| pid(&p[2..]));
            } else if Some(id) == program
                && let Some(content) = table(content, 2)
            {
                break tracks(content)?;
            }
        };
        let kinds: Vec<Kind> = found.iter().map(|(_, codec)| codec.kind()).collect();
        let tracks: Vec<Track> =
            found.into_iter().map(|(pid, codec)| Track { pid, codec, part: None, counter: None }).collect();
        let (ready, clock, over) = (VecDeque::new(), Ticks::default(), false);
        let is_damaged = false;
        let at = size - PACKET;
        let mut stream = Self { bytes, at, size, tracks, kinds, clock, reference: None, ready, over, is_damaged };
        (!stream.tracks.is_empty() && stream.is_suspicious()).then_some(stream)
    }

    /// Whether a large file must be read to its end to know its clock: whether its tracks begin apart, or the stamps that
    /// are seen here and there don't go on evenly. A small one is read in no time.
    fn is_suspicious(&mut self) -> bool {
        if self.bytes.len() < LARGE {
            return true;
        }
        let mut firsts = vec![None; self.tracks.len()];
        while self.at < LARGE / 8
            && firsts.contains(&None)
            && let Some(packet) = self.next()
        {
            firsts[packet.track] = firsts[packet.track].or(Some(packet.pts));
        }
        let found: Vec<i64> = firsts.iter().copied().flatten().collect();
        let apart = found.iter().max().zip(found.iter().min()).is_none_or(|(late, early)| late - early > APART);
        let known = self.kinds.iter().zip(&firsts).filter_map(|(kind, first)| Some((*kind, (*first)?)));
        if apart || late_pictures(&known) > SILENT || found.len() < firsts.len() {
            self.go_to(self.size - PACKET, 0);
            self.clock.forget();
            return true;
        }
        let mut stamps = Vec::new();
        let step = self.bytes.len() / self.size / LOOKS * self.size;
        for n in 0..LOOKS {
            self.go_to(self.size - PACKET + n * step, 0);
            stamps.extend(self.next().map(|p| p.dts.unwrap_or(p.pts)));
        }
        self.go_to(self.size - PACKET, 0);
        self.clock.forget();
        let steps: Vec<i64> = stamps.windows(2).map(|w| w[1] - w[0]).collect();
        let mut sorted = steps.clone();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        steps.iter().any(|s| *s < 0 || *s > middle.saturating_mul(4).saturating_add(LEAP))
    }

    /// Reads the next packet of 188 bytes; `None` at the end.
    fn read_on(&mut self) -> Option<()> {
        let mut packet = [0; 188];
        if !self.bytes.read(self.at, &mut packet) {
            return None;
        }
        if packet[0] != SYNC {
            self.is_damaged = true;
            return self.resync();
        }
        let position = self.at;
        self.at += self.size;
        self.reference = self.reference.or_else(|| reference(&packet));
        let Some((pid, begins, content)) = payload(&packet).filter(|_| packet[1] & 0x80 == 0) else { return Some(()) };
        let Some(n) = self.tracks.iter().position(|t| t.pid == pid) else { return Some(()) };
        let counter = packet[3] & 15;
        // a packet may come twice
        let goes_on = |before: u8| counter == (before + 1) & 15 || counter == before;
        self.is_damaged |= !self.tracks[n].counter.replace(counter).is_none_or(goes_on);
        if !begins {
            if let Some(part) = self.tracks[n].part.as_mut().filter(|p| p.bytes.len() < MOST) {
                part.bytes.extend_from_slice(content);
            }
            return Some(());
        }
        let Some((stamps, content)) = head(content) else {
            // what is damaged ends what was begun
            self.finish(n);
            return Some(());
        };
        if stamps.is_none() && self.tracks[n].part.as_ref().is_some_and(|p| p.bytes.len() < MOST) {
            // goes on with what was stamped before
            self.tracks[n].part.iter_mut().for_each(|p| p.bytes.extend_from_slice(content));
            return Some(());
        }
        self.finish(n);
        self.tracks[n].part = Some(Part { position, stamps, bytes: content.to_vec() });
        Some(())
    }

    /// Goes on from where four packets follow each other.
    fn resync(&mut self) -> Option<()> {
        let mut at = self.at.checked_add(1)?;
        let size = usize::try_from(self.size).ok()?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            let begins = |n: &usize| (0..4).all(|k| window.get(n + k * size) == Some(&SYNC));
            let most = window.len().saturating_sub(3 * size);
            if let Some(n) = (0..most).find(begins) {
                self.at = at + n as u64;
                return Some(());
            }
            if window.len() < WINDOW {
                return None;
            }
            at += most as u64;
        }
    }

    /// Gives what was put together of a track.
    fn finish(&mut self, n: usize) {
        let Some(track) = self.tracks.get_mut(n) else { return };
        let Some(Part { position, stamps: Some(stamps), bytes }) = track.part.take() else { return };
        let (pts, dts) = self.clock.nanos(stamps);
        if let Codec::Opus(_) = track.codec {
            let mut before = 0;
            // they lie behind each other in no more than 188 bytes' distance from the next packet of the stream
            for (unit, place) in opus::units(&bytes).zip(position..position + PACKET) {
                let samples = opus::samples(unit);
                let pts = pts + opus::nanos(before);
                before += samples;
                self.ready.push_back(Packet {
                    track: n,
                    pts,
                    dts: Some(pts),
                    duration: Some(opus::nanos(samples)),
                    key: true,
                    position: place,
                    place: position,
                    payload: Payload::Held(unit.to_vec()),
                });
            }
            return;
        }
        let key = starts_decoding(track.codec, &bytes);
        self.ready.push_back(Packet {
            track: n,
            pts,
            // sound is decoded when it is heard
            dts: Some(dts.unwrap_or(pts)),
            duration: lasts(track.codec, &bytes),
            key,
            position,
            place: position,
            payload: Payload::Held(bytes),
        });
    }
}

impl Demuxer for TransportStream {
    fn caps(&self, _: &std::path::Path) -> Vec<Option<String>> {
        self.tracks.iter().map(|t| Some(t.codec.caps().to_owned())).collect()
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    /// `tsdemux` lets go of each picture of which a packet is missing: of all key pictures, maybe.
    fn container(&self) -> Option<&'static str> {
        self.is_damaged.then_some("MPEG-TS")
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    fn step(&mut self) -> Option<()> {
        if self.over {
            return None;
        }
        if self.read_on().is_none() {
            self.over = true;
            (0..self.tracks.len()).for_each(|n| self.finish(n));
        }
        Some(())
    }

    fn go_to(&mut self, place: u64, stamp: i64) {
        self.ready.clear();
        self.tracks.iter_mut().for_each(|t| (t.part, t.counter) = (None, None));
        (self.at, self.over) = (place, false);
        self.clock.go_to(stamp);
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }

    fn leaps_are_joints(&self) -> bool {
        true
    }

    /// `tsdemux` counts from the first clock reference; without one there are no times, and what was told is how long the
    /// first sound was heard before.
    fn told(&self, stamp: i64) -> Option<i64> {
        Some(self.reference.map_or(0, |reference| since(reference, stamp)))
    }

    /// GStreamer reads the rest right: one clock, on which all tracks begin together. Where packets are missing, it takes a part
    /// of that time away; of Opus, it takes away the delay that the encoder said, though stamps count it.
    fn is_needed(&self, index: &super::Index) -> bool {
        let firsts = index.tracks.iter().map(|t| t.first);
        let apart = firsts.clone().max().zip(firsts.min()).is_some_and(|(late, early)| late - early > APART);
        let late = late_pictures(&index.tracks.iter().map(|t| (t.kind, t.first))) > 0;
        let opus = self.tracks.iter().any(|t| matches!(t.codec, Codec::Opus(_)));
        apart || late || opus || self.is_damaged || index.tracks.iter().any(|t| t.moves.len() > 1)
    }
}

/// Tracks that begin further apart than so many nanoseconds are not found, or not in step, by `tsdemux` (1.22).
const APART: i64 = 500_000_000;

/// Sound that begins so many nanoseconds before the pictures is the silence of an encoder's delay: a large file is not read
/// to its end for that.
const SILENT: i64 = 30_000_000;

/// By how much sound begins before the last of the pictures, in nanoseconds: `tsdemux` begins with the first packet that it
/// has whole, a picture most often, and what is heard before that is lost.
fn late_pictures(firsts: &(impl Iterator<Item = (Kind, i64)> + Clone)) -> i64 {
    let of = |kind: Kind| firsts.clone().filter(move |(k, _)| *k == kind).map(|(_, first)| first);
    of(Kind::Picture).max().zip(of(Kind::Sound).min()).map_or(0, |(picture, sound)| picture - sound)
}
