//! What one reading of a file finds: when each track begins and ends, how many packets it has, and where to go on from.

use super::clock::Clock;
use super::watch::Telling;
use super::{Demuxer, Kind, Packet};
use crate::model::{FrameCount, FrameRate, SourceTime};
use serde::{Deserialize, Serialize};

/// Places to go on from are at least so many nanoseconds apart.
const KEYS_APART: i64 = 400_000_000;

/// Stamps of the first pictures that are kept, to tell the rate by.
const TIMES: usize = 1200;

/// What is known of a file's packets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Its tracks of pictures and sound, in the file's order.
    pub tracks: Vec<Track>,
    /// What its container is called, where GStreamer can't be asked what is in the file.
    #[serde(default)]
    pub container: Option<String>,
    /// Where the clock of GStreamer's demuxer stands where the first track begins, in nanoseconds, if that is known.
    pub begins: Option<i64>,
}

/// What is known of the packets of one track. Times are nanoseconds from where the first track begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Track {
    /// What it has.
    pub kind: Kind,
    /// The demuxer's number for it.
    pub number: usize,
    /// GStreamer's caps of its packets.
    pub caps: String,
    /// When the first packet that can be decoded is shown or heard.
    pub first: i64,
    /// When the last one ends.
    pub end: i64,
    /// How many there are from that first one on.
    pub count: u64,
    /// Key packets, thinned out, in the file's order: when they are shown, and where a demuxer must go on from.
    pub keys: Vec<Key>,
    /// From which position in the file on how much is added to stamps.
    pub moves: Vec<Move>,
    /// When its first pictures are shown, in the file's order.
    pub times: Vec<i64>,
}

/// A packet that decoding can begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    /// When it is shown or heard.
    pub time: i64,
    /// Where the packet lies.
    pub position: u64,
    /// Where a demuxer must go on from.
    pub place: u64,
}

/// What is added to the stamps of packets that lie at `position` or after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Move {
    /// A position in the file.
    pub position: u64,
    /// Nanoseconds.
    pub by: i64,
}

impl Index {
    /// From the beginning of the first track to the end of the last, in nanoseconds.
    pub fn length(&self) -> i64 {
        self.tracks.iter().map(|t| t.end).max().unwrap_or(0)
    }

    /// Where the media of a project begins that says so by what GStreamer's demuxer told of the file, before it had an index:
    /// how long after its first track.
    pub fn beginning(&self, told: SourceTime) -> SourceTime {
        let begins = self.begins.filter(|_| told > SourceTime::ZERO);
        begins.map_or(SourceTime::ZERO, |begins| told - SourceTime::from_nanos(begins))
    }

    /// The nth track of a kind.
    pub fn track(&self, kind: Kind, n: usize) -> Option<(usize, &Track)> {
        self.tracks.iter().enumerate().filter(|(_, t)| t.kind == kind).nth(n)
    }
}

impl Track {
    /// What a stamp in the file, of a packet at that position, is on the media's clock.
    pub fn time(&self, position: u64, stamp: i64) -> i64 {
        let after = self.moves.partition_point(|m| m.position <= position);
        stamp.saturating_add(self.moves.get(after.saturating_sub(1)).map_or(0, |m| m.by))
    }

    /// What a key packet's stamp is in the file.
    pub fn stamp(&self, key: Key) -> i64 {
        key.time.saturating_sub(self.time(key.position, 0))
    }

    /// The last key packet at or before a moment, or the first of all.
    pub fn key_before(&self, time: i64) -> Option<Key> {
        self.keys[..self.keys.partition_point(|k| k.time <= time)].last().or(self.keys.first()).copied()
    }
}

/// A track while it is read.
struct Reading {
    kind: Kind,
    first: Option<i64>,
    count: u64,
    /// With the epochs that they are in.
    keys: Vec<(Key, usize)>,
    joints: Vec<(u64, usize)>,
    times: Vec<i64>,
    /// The stamp of the packet before.
    last: Option<i64>,
    epoch: Option<usize>,
    /// How long a packet lasts where it doesn't say so, as it seems.
    gap: Option<i64>,
    /// The last packet in the order of stamps: its stamp, how long it lasts, its epoch.
    latest: (i64, Option<i64>, usize),
}

impl Reading {
    fn new(kind: Kind) -> Self {
        let (keys, joints, times) = (Vec::new(), Vec::new(), Vec::new());
        let (first, last, epoch, gap) = (None, None, None, None);
        Self { kind, first, count: 0, keys, joints, times, last, epoch, gap, latest: (i64::MIN, None, 0) }
    }

    /// How long a packet lasts.
    fn lasts(&mut self, packet: &Packet) -> i64 {
        let step = self.last.map_or(0, |last| packet.pts.saturating_sub(last).saturating_abs());
        self.last = Some(packet.pts);
        if step > 0 && (self.kind == Kind::Sound || self.gap.is_none_or(|gap| step < gap)) {
            self.gap = Some(step);
        }
        packet.duration.or(self.gap).unwrap_or(0)
    }

    fn add(&mut self, packet: &Packet, epoch: usize) {
        if self.epoch != Some(epoch) {
            self.joints.push((packet.position, epoch));
            self.epoch = Some(epoch);
        }
        self.count += 1;
        self.first = self.first.or(Some(packet.pts));
        if self.times.len() < TIMES && self.joints.len() == 1 {
            self.times.push(packet.pts);
        }
        if epoch > self.latest.2 || packet.pts > self.latest.0 {
            self.latest = (packet.pts, packet.duration, epoch);
        }
        let apart = self.keys.last().is_none_or(|(k, e)| *e != epoch || packet.pts - k.time >= KEYS_APART);
        if packet.key && apart {
            self.keys.push((Key { time: packet.pts, position: packet.position, place: packet.place }, epoch));
        }
    }

    /// How long its last packet lasts.
    fn tail(&self) -> i64 {
        let measured = if self.kind == Kind::Picture { period(&self.times) } else { self.gap };
        self.latest.1.or(measured).or(self.gap).unwrap_or(0)
    }
}

/// Reads a file to its end. `None` where there is no packet that could be decoded.
pub(super) fn read(demuxer: &mut dyn Demuxer, caps: &[Option<String>]) -> Option<Index> {
    let mut tracks: Vec<Reading> = demuxer.tracks().iter().map(|k| Reading::new(*k)).collect();
    let mut clock = Clock::new(tracks.len(), demuxer.leaps_are_joints());
    let (mut telling, length) = (Telling::default(), demuxer.bytes().len());
    while let Some(packet) = demuxer.next() {
        let Some(track) = tracks.get_mut(packet.track) else { continue };
        if caps.get(packet.track).is_none_or(Option::is_none) || (track.count == 0 && !packet.key) {
            // what comes before the first picture that can be decoded is never shown
            continue;
        }
        let lasts = track.lasts(&packet);
        let epoch = clock.epoch(packet.track, packet.pts, packet.dts, lasts);
        track.add(&packet, epoch);
        // what lies before a joint is counted as soon as the clock has come so far again
        let ends = track.first.map_or(0, |first| packet.pts.saturating_sub(first).saturating_add(lasts));
        telling.packet(if epoch == 0 { ends } else { 0 }, packet.position, length);
    }
    finish(&tracks, caps, &clock).map(|(tracks, first)| Index {
        tracks,
        container: demuxer.container().map(str::to_owned),
        begins: demuxer.told(first),
    })
}

/// How long a picture stays: by the usual rate that is nearest where there is one rate, else the middle one of the gaps.
fn period(times: &[i64]) -> Option<i64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|g| *g > 0).collect();
    gaps.sort_unstable();
    let middle = gaps.get(gaps.len() / 2).copied()?;
    let even: Vec<i64> = gaps.into_iter().filter(|g| (g - middle).abs() <= 1_000_001).collect();
    let mean = even.iter().sum::<i64>() as f64 / even.len() as f64;
    let usual = FrameRate::snap(1e9 / mean).map(|rate| rate.duration_of(FrameCount(1)).nanos());
    usual.filter(|usual| (usual - middle).abs() <= 1_000_001).or(Some(middle))
}

/// Moves all stamps to the media's clock. With the tracks comes what the file's own clock says where the first begins.
fn finish(tracks: &[Reading], caps: &[Option<String>], clock: &Clock) -> Option<(Vec<Track>, i64)> {
    let picture = tracks.iter().position(|t| t.kind == Kind::Picture && t.count > 0);
    let offsets = clock.offsets(picture, picture.and_then(|n| period(&tracks[n].times)).unwrap_or(0));
    let by = |epoch: usize| offsets.get(epoch).copied().unwrap_or(0);
    // what has stamps below 0 is for the decoder to begin with
    let origin = tracks.iter().filter_map(|t| Some(t.first?.saturating_add(by(t.joints.first()?.1)).max(0))).min()?;
    let at = |stamp: i64, epoch: usize| stamp.saturating_add(by(epoch)).saturating_sub(origin);
    let moved = tracks.iter().zip(caps).enumerate().filter_map(|(number, (t, caps))| {
        let begins = t.joints.first()?.1;
        let (latest, _, last) = t.latest;
        Some(Track {
            kind: t.kind,
            number,
            caps: caps.clone()?,
            first: at(t.first?, begins),
            end: at(latest.saturating_add(t.tail()), last),
            count: t.count,
            keys: t.keys.iter().map(|(key, epoch)| Key { time: at(key.time, *epoch), ..*key }).collect(),
            moves: t.joints.iter().map(|(position, epoch)| Move { position: *position, by: at(0, *epoch) }).collect(),
            times: t.times.iter().map(|time| at(*time, begins)).collect(),
        })
    });
    let mut tracks: Vec<Track> = moved.collect();
    // one picture beside a film is its cover
    let films = tracks.iter().filter(|t| t.kind == Kind::Picture && t.count > 1).count();
    tracks.retain(|t| films == 0 || t.kind == Kind::Sound || t.count > 1);
    (!tracks.is_empty()).then(|| (tracks, origin.saturating_sub(by(0))))
}
