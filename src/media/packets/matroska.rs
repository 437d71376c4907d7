//! Matroska and WebM (RFC 9559) without a duration or without cues, or cut off.

use super::bytes::Bytes;
use super::{Demuxer, Kind, Packet, Payload, codecs};
use std::collections::VecDeque;
use std::path::Path;

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114D_9B74;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const CLUSTER: u32 = 0x1F43_B675;
const CUES: u32 = 0x1C53_BB6B;
const ATTACHMENTS: u32 = 0x1941_A469;
const CHAPTERS: u32 = 0x1043_A770;
const TAGS: u32 = 0x1254_C367;
const TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const BLOCK_DURATION: u32 = 0x9B;
const REFERENCE: u32 = 0xFB;
/// What may stand beside them and is passed over: `Void`, `CRC-32`, `PrevSize`, `Position`, `SilentTracks`,
/// `EncryptedBlock`.
const OTHERS: [u32; 6] = [0xEC, 0xBF, 0xAB, 0xA7, 0x5854, 0xAF];

/// Bytes of headers of tracks that are read: codec data and covers' descriptions are far smaller.
const MOST_OF_HEADERS: u64 = 16 << 20;

/// By how many nanoseconds what a file says of its length may differ from where its packets end: a picture that stays until
/// the end has no length of its own in most.
const SLACK: i64 = 2_000_000_000;

/// Bytes that are looked at at once for the next cluster after damage.
const WINDOW: usize = 1 << 16;

/// Whether a file begins as EBML does.
pub(super) fn is_matroska(head: &[u8]) -> bool {
    head.starts_with(&EBML.to_be_bytes())
}

/// An element: what it is called, where its content begins, and how long it is, where that is known.
#[derive(Clone, Copy)]
struct Element {
    id: u32,
    content: u64,
    size: Option<u64>,
}

/// An element in bytes that are at hand: its name, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (id, id_len) = id(bytes)?;
    let (size, size_len) = number(bytes.get(id_len..)?)?;
    let rest = bytes.get(id_len + size_len..)?;
    let size = size.map_or(rest.len(), |s| usize::try_from(s).unwrap_or(usize::MAX));
    let (content, after) = rest.split_at_checked(size)?;
    Some((id, content, after))
}

/// The elements in an element, up to one that can't be right.
fn elements(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (id, content, after) = element(rest)?;
        rest = after;
        Some((id, content))
    })
}

/// The content of the first element of that name in an element.
fn part(bytes: &[u8], name: u32) -> Option<&[u8]> {
    elements(bytes).find(|(id, _)| *id == name).map(|(_, content)| content)
}

/// A name, with its marker, and how long it is (RFC 8794, 5).
fn id(bytes: &[u8]) -> Option<(u32, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let bytes = bytes.get(..len).filter(|_| len <= 4)?;
    Some((bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b)), len))
}

/// A number of variable length, without its marker, and how long it is (RFC 8794, 4); `None` inside is an unknown size.
fn number(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let bytes = bytes.get(..len).filter(|_| len <= 8)?;
    let bits = 7 * len;
    let value = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)) & ((1 << bits) - 1);
    Some(((value != (1 << bits) - 1).then_some(value), len))
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn float(bytes: &[u8]) -> f64 {
    match bytes.len() {
        4 => bytes.try_into().map_or(0.0, |b| f64::from(f32::from_be_bytes(b))),
        8 => bytes.try_into().map_or(0.0, f64::from_be_bytes),
        _ => 0.0,
    }
}

struct Track {
    number: u64,
    /// The nth of the tracks that are told of.
    index: usize,
    /// Nanoseconds of each packet.
    duration: Option<i64>,
    /// Nanoseconds that a decoder gives more at its beginning.
    delay: i64,
    /// What each packet begins with and the file leaves out.
    before: Vec<u8>,
    /// Its caps, where `matroskademux` doesn't know the codec.
    caps: Option<String>,
    /// Whether it may be a cover: a track of pictures that are stills each.
    stills: bool,
}

/// Reads a Matroska file on.
pub(super) struct Matroska {
    bytes: Bytes,
    at: u64,
    /// Where the first cluster begins, at the earliest.
    tracks: Vec<Track>,
    kinds: Vec<Kind>,
    /// Nanoseconds of a tick.
    scale: i64,
    cluster: u64,
    cluster_end: Option<u64>,
    time: i64,
    ready: VecDeque<Packet>,
}

impl Matroska {
    /// `None` where the file says all of itself, or has what only `matroskademux` understands.
    pub fn open(mut bytes: Bytes) -> Option<Self> {
        let (mut at, mut info, mut tracks, mut cues) = (0, None, None, None);
        let mut segment = 0;
        let mut trusted = true;
        loop {
            let e = read_element(&mut bytes, at)?;
            let end = e.size.and_then(|s| e.content.checked_add(s));
            match e.id {
                SEGMENT => {
                    segment = e.content;
                    trusted = end.is_some_and(|end| end <= bytes.len());
                    at = e.content;
                    continue;
                }
                CLUSTER => break,
                INFO | TRACKS | SEEK_HEAD => {
                    let size = e.size.filter(|s| *s <= MOST_OF_HEADERS)?;
                    let content = bytes.all(e.content, usize::try_from(size).ok()?)?;
                    match e.id {
                        INFO => info = Some(content),
                        TRACKS => tracks = Some(content),
                        _ => cues = cues.or_else(|| place_of_cues(&content, segment)),
                    }
                }
                CUES => cues = Some(at),
                _ => {}
            }
            at = end?;
        }
        let info = info?;
        let duration = part(&info, 0x4489).map_or(0.0, float);
        let last = cues.and_then(|at| last_cluster(&mut bytes, at, segment));
        let scale = part(&info, 0x2A_D7B1).map_or(1_000_000, unsigned);
        let scale = i64::try_from(scale).ok().filter(|s| (1..=1_000_000_000).contains(s))?;
        let (tracks, kinds) = read_tracks(&tracks?)?;
        let (cluster, cluster_end, time, ready) = (at, None, 0, VecDeque::new());
        let mut file = Self { bytes, at, tracks, kinds, scale, cluster, cluster_end, time, ready };
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let said = (duration * scale as f64) as i64;
        let trusted = trusted
            && duration > 0.0
            && file.is_known()
            && last.is_some_and(|last| file.goes_on_for(last).contains(&said));
        (!trusted).then_some(file)
    }

    /// What may be said of the file's length, in nanoseconds, by its first packet and those from the last cluster on that
    /// the cues know: some count from the clock's beginning, others from the first packet.
    fn goes_on_for(&mut self, cluster: u64) -> std::ops::RangeInclusive<i64> {
        let begin = self.at;
        while self.ready.is_empty() && self.step().is_some() {}
        let first = self.ready.front().map_or(0, |p| p.pts);
        self.go_to(cluster, 0);
        let mut end = 0;
        while self.step().is_some() {
            let over = |p: Packet| p.pts.saturating_add(p.duration.unwrap_or(0));
            end = self.ready.drain(..).map(over).max().unwrap_or(end).max(end);
        }
        self.go_to(begin, 0);
        end.saturating_sub(first.max(0)).saturating_sub(SLACK)..=end.saturating_add(SLACK)
    }

    /// Whether GStreamer can tell what is in it: it takes the first picture for the film, though it may be a cover.
    fn is_known(&self) -> bool {
        let films = self.kinds.iter().filter(|kind| **kind == Kind::Picture).count();
        self.tracks.iter().all(|track| track.caps.is_none() && !(track.stills && films > 1))
    }

    /// Goes on from the next cluster after what can't be right.
    fn resync(&mut self) -> Option<()> {
        let mut at = self.at.checked_add(1)?;
        loop {
            let window = self.bytes.some(at, WINDOW);
            let name = CLUSTER.to_be_bytes();
            for n in window.windows(4).enumerate().filter(|(_, w)| *w == name).map(|(n, _)| n) {
                let place = at + n as u64;
                let begins = read_element(&mut self.bytes, place)
                    .and_then(|e| read_element(&mut self.bytes, e.content))
                    .is_some_and(|e| [TIMESTAMP, 0xBF, 0xAB, 0xA7].contains(&e.id));
                if begins {
                    self.at = place;
                    return Some(());
                }
            }
            if window.len() < WINDOW {
                return None;
            }
            at += (WINDOW - 3) as u64;
        }
    }

    fn group(&mut self, position: u64, content: std::ops::Range<u64>) {
        let (mut block, mut key, mut duration) = (None, true, None);
        let mut at = content.start;
        while at < content.end
            && let Some(e) = read_element(&mut self.bytes, at)
            && let Some(end) = e.size.and_then(|s| e.content.checked_add(s)).filter(|end| *end <= content.end)
        {
            match e.id {
                BLOCK => block = Some(e.content..end),
                REFERENCE => key = false,
                BLOCK_DURATION => {
                    let ticks = self.bytes.all(e.content, usize::try_from((end - e.content).min(8)).unwrap_or(0));
                    let ticks = i64::try_from(unsigned(&ticks.unwrap_or_default())).unwrap_or(0);
                    duration = Some(ticks.saturating_mul(self.scale)).filter(|d| *d > 0);
                }
                _ => {}
            }
            at = end;
        }
        if let Some(block) = block {
            self.block(position, block, Some((key, duration)));
        }
    }

    /// Takes the packets out of a block. `group` is what the group around it says: whether it is a key packet, and how long
    /// it lasts.
    fn block(&mut self, position: u64, content: std::ops::Range<u64>, group: Option<(bool, Option<i64>)>) {
        let head = self.bytes.some(content.start, usize::try_from(content.end - content.start).unwrap_or(12).min(12));
        let Some((Some(number), len)) = number(&head) else { return };
        let Some(&[high, low, flags]) = head.get(len..len + 3) else { return };
        let Some(track) = self.tracks.iter().find(|t| t.number == number) else { return };
        let ticks = i64::from(i16::from_be_bytes([high, low])).saturating_mul(self.scale);
        let pts = self.time.saturating_add(ticks).saturating_sub(track.delay);
        let start = content.start + len as u64 + 3;
        let sizes = match flags >> 1 & 3 {
            0 => usize::try_from(content.end - start).ok().map(|size| (start, vec![size])),
            lacing => laced(&mut self.bytes, start, content.end, lacing),
        };
        let Some((mut start, sizes)) = sizes else { return };
        let (key, lasts) = group.unwrap_or((flags & 0x80 != 0, None));
        let count = i64::try_from(sizes.len()).unwrap_or(1).max(1);
        let duration = lasts.map(|d| d / count).or(track.duration);
        for (n, size) in (0_i64..).zip(sizes) {
            let before = track.before.clone();
            self.ready.push_back(Packet {
                track: track.index,
                pts: pts.saturating_add(duration.unwrap_or(0).saturating_mul(n)),
                dts: None,
                duration,
                key: key || self.kinds.get(track.index) == Some(&Kind::Sound),
                position: position.saturating_add(u64::try_from(n).unwrap_or(0)),
                place: self.cluster,
                payload: Payload::There { before, start, size },
            });
            start += size as u64;
        }
    }
}

impl Demuxer for Matroska {
    fn caps(&self, path: &Path) -> Vec<Option<String>> {
        let told = codecs::by_demuxer(path, "matroskademux", &self.kinds);
        self.tracks.iter().zip(told).map(|(track, told)| track.caps.clone().or(told)).collect()
    }

    fn container(&self) -> Option<&'static str> {
        (!self.is_known()).then_some("Matroska")
    }

    fn tracks(&self) -> &[Kind] {
        &self.kinds
    }

    fn ready(&mut self) -> &mut VecDeque<Packet> {
        &mut self.ready
    }

    /// Reads the next element.
    fn step(&mut self) -> Option<()> {
        let Some(e) = read_element(&mut self.bytes, self.at) else { return self.resync() };
        let end = e.size.and_then(|s| e.content.checked_add(s)).filter(|end| *end <= self.bytes.len());
        match (e.id, end) {
            (SEGMENT, _) => self.at = e.content,
            (CLUSTER, _) => {
                (self.cluster, self.cluster_end) = (self.at, end);
                self.at = e.content;
            }
            (TIMESTAMP, Some(end)) if end - e.content <= 8 => {
                let mut number = [0; 8];
                let number = number.get_mut(..usize::try_from(end - e.content).ok()?)?;
                self.bytes.read(e.content, number);
                self.time = i64::try_from(unsigned(number)).unwrap_or(0).saturating_mul(self.scale);
                self.at = end;
            }
            (SIMPLE_BLOCK | BLOCK_GROUP, Some(end)) if self.cluster_end.is_none_or(|c| end <= c) => {
                let position = self.at;
                self.at = end;
                if e.id == SIMPLE_BLOCK {
                    self.block(position, e.content..end, None);
                } else {
                    self.group(position, e.content..end);
                }
            }
            (EBML | SEEK_HEAD | INFO | TRACKS | CUES | ATTACHMENTS | CHAPTERS | TAGS, Some(end)) => self.at = end,
            (id, Some(end)) if OTHERS.contains(&id) => self.at = end,
            // the last block, cut off
            (SIMPLE_BLOCK | BLOCK_GROUP, None) if self.bytes.len() - self.at < WINDOW as u64 => return None,
            _ => return self.resync(),
        }
        Some(())
    }

    fn go_to(&mut self, place: u64, _: i64) {
        self.ready.clear();
        (self.at, self.cluster_end) = (place, None);
    }

    fn bytes(&mut self) -> &mut Bytes {
        &mut self.bytes
    }
}

/// The element whose head is at that place.
fn read_element(bytes: &mut Bytes, at: u64) -> Option<Element> {
    let head = bytes.some(at, 12);
    let (id, id_len) = id(&head)?;
    let (size, size_len) = number(head.get(id_len..)?)?;
    Some(Element { id, content: at + (id_len + size_len) as u64, size })
}

/// Where the list of a file's parts says that its cues are.
fn place_of_cues(seek_head: &[u8], segment: u64) -> Option<u64> {
    elements(seek_head).filter(|(id, _)| *id == 0x4DBB).find_map(|(_, entry)| {
        let part = |name: u32| part(entry, name);
        let cues = part(0x53AB)? == CUES.to_be_bytes();
        segment.checked_add(unsigned(part(0x53AC)?)).filter(|_| cues)
    })
}

/// Where the last cluster begins that the cues there know; `None` where elements don't follow one another from the last but
/// one to the end. `matroskademux` (1.22) looks for the next cluster after damage, and believes it only where another one
/// follows: where the head of the last but one is gone, it ends there, and reads nothing of the last.
fn last_cluster(bytes: &mut Bytes, cues: u64, segment: u64) -> Option<u64> {
    let e = read_element(bytes, cues).filter(|e| e.id == CUES)?;
    let size = e.size.filter(|s| *s <= MOST_OF_HEADERS)?;
    let content = bytes.all(e.content, usize::try_from(size).ok()?)?;
    let mut clusters: Vec<u64> = elements(&content)
        .flat_map(|(_, point)| elements(point).filter(|(id, _)| *id == 0xB7))
        .filter_map(|(_, place)| segment.checked_add(unsigned(part(place, 0xF1)?)))
        .collect();
    clusters.sort_unstable();
    clusters.dedup();
    let last = *clusters.last()?;
    let mut at = *clusters.get(clusters.len().saturating_sub(2))?;
    while at < bytes.len() {
        let e = read_element(bytes, at)?;
        let known = [CLUSTER, CUES, ATTACHMENTS, CHAPTERS, TAGS, INFO, TRACKS, SEEK_HEAD].contains(&e.id);
        if !known && !OTHERS.contains(&e.id) {
            return None;
        }
        // a live one
        let Some(size) = e.size else { break };
        at = e.content.saturating_add(size);
    }
    Some(last).filter(|place| read_element(bytes, *place).is_some_and(|e| e.id == CLUSTER))
}

/// The tracks of pictures and sound. `None` where one of them needs more than its packets.
fn read_tracks(content: &[u8]) -> Option<(Vec<Track>, Vec<Kind>)> {
    let (mut tracks, mut kinds) = (Vec::new(), Vec::new());
    for (_, entry) in elements(content).filter(|(id, _)| *id == 0xAE) {
        let part = |name: u32| part(entry, name);
        let kind = match part(0x83).map(unsigned) {
            Some(1) => Kind::Picture,
            Some(2) => Kind::Sound,
            _ => continue,
        };
        let codec = String::from_utf8_lossy(part(0x86)?).trim_end_matches('\0').to_owned();
        // transparency in a picture of its own; packets that the demuxer puts together
        let alpha = part(0xE0).is_some_and(|video| elements(video).any(|(id, n)| id == 0x53C0 && unsigned(n) == 1));
        if alpha || codec.starts_with("A_WAVPACK") || codec.starts_with("V_PRORES") || codec.starts_with("A_REAL") {
            return None;
        }
        let before = match part(0x6D80) {
            Some(encodings) => stripped(encodings)?,
            None => Vec::new(),
        };
        let nanos = |name: u32| part(name).and_then(|n| i64::try_from(unsigned(n)).ok()).filter(|n| *n > 0);
        tracks.push(Track {
            number: unsigned(part(0xD7)?),
            index: kinds.len(),
            duration: nanos(0x23_E383),
            delay: nanos(0x56AA).unwrap_or(0),
            before,
            stills: codec == "V_MJPEG" || (codec == "V_MS/VFW/FOURCC" && part(0x63A2).is_some_and(are_stills)),
            caps: (codec == "V_QUICKTIME").then(|| quicktime(entry)).flatten(),
        });
        kinds.push(kind);
    }
    (!tracks.is_empty()).then_some((tracks, kinds))
}

/// Whether a `BITMAPINFOHEADER` says that each picture is a file of its own.
fn are_stills(private: &[u8]) -> bool {
    private.get(16..20).is_some_and(|codec| matches!(codec, b"MJPG" | b"mjpg" | b"JPEG" | b"PNG " | b"png "))
}

/// The caps of a track that is described as in `QuickTime`, by an image description (QTFF, "Video sample description"), of
/// what `matroskademux` knows no name for.
fn quicktime(entry: &[u8]) -> Option<String> {
    let (private, video) = (part(entry, 0x63A2)?, part(entry, 0xE0)?);
    let (width, height) = (unsigned(part(video, 0xB0)?), unsigned(part(video, 0xBA)?));
    matches!(private.get(4..8)?, b"AVdh" | b"AVdn").then(|| format!("video/x-dnxhd, width={width}, height={height}"))
}

/// What is taken off the beginning of each packet; `None` where packets are compressed or encrypted.
fn stripped(encodings: &[u8]) -> Option<Vec<u8>> {
    let mut before = Vec::new();
    for (_, encoding) in elements(encodings).filter(|(id, _)| *id == 0x6240) {
        let compression = part(encoding, 0x5034)?;
        let part = |name: u32| part(compression, name);
        if unsigned(part(0x4254)?) != 3 {
            return None;
        }
        before.extend_from_slice(part(0x4255).unwrap_or_default());
    }
    Some(before)
}

/// Where the packets of a block with several begin, and their sizes (RFC 9559, 10.3).
fn laced(bytes: &mut Bytes, start: u64, end: u64, lacing: u8) -> Option<(u64, Vec<usize>)> {
    let left = usize::try_from(end.checked_sub(start)?).ok()?;
    // 255 packets with sizes of up to 8 bytes each
    let head = bytes.some(start, left.min(1 << 14));
    let (count, mut rest) = head.split_first()?;
    let count = usize::from(*count) + 1;
    let mut sizes: Vec<usize> = Vec::with_capacity(count);
    match lacing {
        1 => {
            while sizes.len() + 1 < count {
                let full = rest.iter().take_while(|b| **b == 255).count();
                sizes.push(full * 255 + usize::from(*rest.get(full)?));
                rest = rest.get(full + 1..)?;
            }
        }
        3 => {
            while sizes.len() + 1 < count {
                let (value, len) = number(rest)?;
                let value = i64::try_from(value?).ok()?;
                let size = match sizes.last() {
                    None => value,
                    Some(before) => i64::try_from(*before).ok()? + value - ((1_i64 << (7 * len - 1)) - 1),
                };
                sizes.push(usize::try_from(size).ok()?);
                rest = rest.get(len..)?;
            }
        }
        _ => {}
    }
    let heads = head.len() - rest.len();
    let left = left.checked_sub(heads)?;
    if lacing == 2 {
        sizes = vec![left / count; count];
    } else {
        let sum = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size))?;
        sizes.push(left.checked_sub(sum)?);
    }
    Some((start + heads as u64, sizes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As FFmpeg writes them.
    #[test]
    fn dnxhr_is_found_in_an_image_description() {
        let element =
            |id: &[u8], content: &[u8]| [id, &[0x80 | u8::try_from(content.len()).unwrap()], content].concat();
        let video = element(&[0xE0], &[element(&[0xB0], &[7, 0x80]), element(&[0xBA], &[4, 0x38])].concat());
        let entry = |codec: &[u8; 4]| {
            let private = element(&[0x63, 0xA2], &[&[0, 0, 0, 0x72], &codec[..], &[0; 8]].concat());
            [private, video.clone()].concat()
        };
        assert_eq!(quicktime(&entry(b"AVdh")).as_deref(), Some("video/x-dnxhd, width=1920, height=1080"));
        assert_eq!(quicktime(&entry(b"SVQ3")), None);
        assert_eq!(quicktime(&video), None);
    }
}
