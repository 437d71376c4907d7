//! What the sections of a timeline hold in memory at once: the readers of pictures and of sound. Pure.
//!
//! The weights were measured one by one with film at 1080p and 2160p in H.264, and at 1080p in nine other codecs
//! (GStreamer 1.22), with and without cuts; `benches/growth` compares them with what exports take.

use super::plan::{Layer, Paint, picture_sections};
use super::plan_sound::{Sound, TURN_SECONDS, sound_sections};
use crate::model::{MediaInfo, MediaKind, Project, Sequence, SourceTime, Span, TrackKind, VideoStream};

const MIB: u64 = 1 << 20;

/// What the reader of a film takes beside pictures and its decoder: a pipeline, its threads and queues.
const READER: u64 = 300 << 10;

/// Sections of a timeline that are looked at.
const SECTIONS: usize = 100_000;

/// What the reader of a sound takes, beyond the first.
pub(crate) const SOUND: u64 = MIB;

/// What `qtdemux` keeps of each sample of a track, in bytes.
const INDEXED: u64 = 32;

/// Samples in a packet of AAC, which MP4 has most.
const PACKET: u64 = 1024;

/// Pictures that a reader has beside its decoder: the one that is shown, the next one, and what waits or is on its way.
const SHOWN: u64 = 5;

/// Where pictures are scaled, so many wait for that, and so many have it behind them.
const WAITING: u64 = 3;

/// What an export has to hold at once, as far as the timeline tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// Width and height of the result.
    pub canvas: (u32, u32),
    /// The readers of one section, at most.
    pub readers: Holding,
    /// Those and the ones that are made ready for the section after it, at most.
    pub readers_ahead: Holding,
    /// The same for the two sections after it.
    pub readers_further: Holding,
    /// What the sounds that are heard at once, and those that are made ready for what follows, hold beyond the first:
    /// bytes.
    pub sounds: u64,
    /// Whether there are transitions, which need a canvas of their own.
    pub crossing: bool,
    /// Whether clips run backwards, whose pictures are kept a stretch at a time.
    pub backward: bool,
    /// Packets of pictures and of sound that the result has.
    pub packets: u64,
}

impl Demand {
    /// What a span of the active sequence needs, over its first 100,000 sections.
    #[must_use]
    pub fn of(project: &Project, span: Span) -> Self {
        let sequence = project.sequence();
        Self::on(project, span, (sequence.width, sequence.height))
    }

    /// The same on a canvas of another size.
    #[must_use]
    pub fn on(project: &Project, span: Span, canvas: (u32, u32)) -> Self {
        let sequence = project.sequence();
        let backward = |t: &std::sync::Arc<crate::model::Track>| t.clips.range(span).any(|c| c.speed.is_backward());
        let mut demand = Self {
            canvas,
            readers: Holding::default(),
            readers_ahead: Holding::default(),
            readers_further: Holding::default(),
            sounds: most_held(project, sequence, span),
            crossing: false,
            backward: sequence.tracks_of(TrackKind::Video).any(backward),
            packets: packets(sequence, span),
        };
        let mut before: Vec<Layer> = Vec::new();
        let mut pair = Holding::default();
        let holding = |layers: &[Layer]| layers.iter().map(Holding::of).sum::<Holding>();
        for section in picture_sections(project, span, canvas).take(SECTIONS) {
            let frame = section.span.start;
            let goes_on = |layer: &Layer| before.iter().any(|l| l.goes_on(layer, frame, sequence));
            let new: Holding = section.layers.iter().filter(|l| !goes_on(l)).map(Holding::of).sum();
            demand.readers = demand.readers.max(holding(&section.layers));
            demand.readers_further = demand.readers_further.max(pair + new);
            pair = holding(&before) + new;
            demand.readers_ahead = demand.readers_ahead.max(pair);
            demand.crossing |= section.paint.iter().any(|p| matches!(p, Paint::Cross { .. }));
            before = section.layers;
        }
        demand
    }
}

/// Packets of a result: one for each frame, and for each [`PACKET`] samples.
fn packets(sequence: &Sequence, span: Span) -> u64 {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    count(span.length.0) + count(sequence.samples_in(span)) / PACKET
}

/// The most that the sounds that are heard at once hold, with those that are made ready for what follows, in bytes.
fn most_held(project: &Project, sequence: &Sequence, span: Span) -> u64 {
    let (mut most, mut before): (u64, Vec<Sound>) = (0, Vec::new());
    for section in sound_sections(project, span).take(SECTIONS) {
        let frame = section.span.start;
        if section.takes_turns() {
            // one is read, one is made ready and one stays, beside what they are mixed into
            let largest = section.sounds.iter().map(held_by_sound).max().unwrap_or(0);
            most = most.max(3 * largest + 8 * u64::from(sequence.sample_rate) * u64::from(TURN_SECONDS));
            before.clear();
        } else {
            let new = section.sounds.iter().filter(|s| !before.iter().any(|b| b.goes_on(s, frame, sequence)));
            most = most.max(before.iter().chain(new).map(held_by_sound).sum());
            before = section.sounds;
        }
    }
    most
}

/// What readers hold, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Holding {
    /// With one decoder thread each.
    pub bytes: u64,
    /// For each decoder thread more.
    pub each_thread: u64,
}

impl std::ops::Add for Holding {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, each_thread: self.each_thread + other.each_thread }
    }
}

impl std::iter::Sum for Holding {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

impl Holding {
    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), each_thread: self.each_thread.max(other.each_thread) }
    }

    /// What the reader of a layer holds.
    #[must_use]
    pub fn of(layer: &Layer) -> Self {
        let size = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        let decoded = layer.place.decoded();
        let shown = size(decoded) * if layer.transparent { 5 } else { 3 } / 2;
        let info = &layer.asset.info;
        let video = info.video_stream(layer.clip.content.stream);
        let Some(video) = video.filter(|_| info.generator.is_none()) else {
            return Self { bytes: shown * 2, each_thread: 0 };
        };
        let pixels = size((video.width, video.height));
        if info.kind == MediaKind::Still {
            // as the file has it, and once or twice as four bytes a pixel
            return Self { bytes: shown * 2 + pixels * 8, each_thread: 0 };
        }
        let picture = pixels * if video.bit_depth > 8 { 6 } else { 3 } / 2;
        let decoder = Decoder::of(video);
        // pictures are scaled when they are taken: those that wait before are of the old size
        let scaled = decoded != (video.width, video.height);
        let waiting = if scaled { WAITING * (picture + shown) } else { SHOWN * picture };
        let rate = video.rate.map_or(30, |r| u64::from(r.num().div_ceil(r.den().max(1))));
        // what comes out of them is converted to 4:2:0
        let inside = picture * samples_of_two_pixels(video) / 3;
        let bytes = READER + decoder.tables + waiting + inside * decoder.pictures / 10 + index(info, rate);
        Self { bytes, each_thread: inside * decoder.each_thread / 10 }
    }
}

/// What a demuxer keeps of a track with so many packets a second, in bytes: MP4 has a table of them all.
fn index(info: &MediaInfo, packets_a_second: u64) -> u64 {
    let tables = ["Quicktime", "ISO", "MP4", "M4", "3GP"].iter().any(|name| info.container.contains(name));
    let seconds = info.duration.filter(|_| tables).map_or(0, |d| d.0 / SourceTime::SECOND.0);
    u64::try_from(seconds).unwrap_or(0) * packets_a_second * INDEXED
}

/// What the reader of a sound holds beyond the first one's pipeline, in bytes.
fn held_by_sound(sound: &Sound) -> u64 {
    let info = &sound.asset.info;
    let stream = info.audio.get(sound.clip.content.stream as usize).filter(|a| !a.codec.contains("PCM"));
    SOUND + stream.map_or(0, |a| index(info, u64::from(a.rate) / PACKET))
}

/// Samples that a decoder holds of two pixels, as far as the codec's name tells: 3 in 4:2:0.
fn samples_of_two_pixels(video: &VideoStream) -> u64 {
    match &video.codec {
        name if name.contains("ProRes") && video.alpha => 8,
        name if name.contains("4:4:4") => 6,
        name if name.contains("4:2:2") => 4,
        _ => 3,
    }
}

/// What a decoder holds itself.
struct Decoder {
    /// Its tables, whatever the size of pictures: bytes.
    tables: u64,
    /// Pictures with one thread, in tenths.
    pictures: u64,
    /// Pictures for each thread more, in tenths.
    each_thread: u64,
}

impl Decoder {
    /// The decoder of a stream, as far as its codec's name tells. Tables were measured by what each of 24 to 60 films of
    /// 160×120 took, pictures by what 12 to 36 of 640×360 took more.
    fn of(video: &VideoStream) -> Self {
        let codec = |names: &[&str]| names.iter().any(|n| video.codec.contains(n));
        let (tables, pictures, each_thread) = if codec(&["Baseline"]) {
            // without B-frames, nothing waits for its turn
            (1_600, 55, 60)
        } else if codec(&["H.264"]) {
            (1_600, 100, 65)
        } else if codec(&["H.265", "HEVC"]) {
            (1_600, 133, 65)
        } else if codec(&["AV1"]) {
            (2_000, 220, 0)
        } else if codec(&["VP9"]) {
            (400, 90, 0)
        } else if codec(&["MPEG-4", "DivX"]) {
            (200, 65, 40)
        } else if codec(&["JPEG"]) {
            (0, 45, 15)
        } else if codec(&["ProRes"]) {
            (400, 50, 15)
        } else if codec(&["FFMpeg v1", "FFV1"]) {
            (400, 95, 15)
        } else {
            (400, 60, 15)
        };
        // fields are made whole from three pictures
        Self { tables: tables << 10, pictures: pictures + if video.interlaced { 30 } else { 0 }, each_thread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    fn demand(text: &str) -> Demand {
        let project = parse(text);
        Demand::of(&project, project.sequence().span())
    }

    #[test]
    fn what_goes_on_over_a_cut_is_held_once() {
        let one = demand("V1: A@0+20 | A1: A@0+20");
        assert!(one.readers.bytes > 0 && one.sounds > 0 && one.readers == one.readers_ahead);
        assert_eq!(demand("V1: A@0+10, A@10+10 src10 | A1: A@0+10, A@10+10 src10"), one, "a split changes nothing");
        let cut = demand("V1: A@0+10, A@10+10 src20 | A1: A@0+10, A@10+10 src20");
        assert_eq!((cut.readers, cut.sounds), (one.readers, one.sounds * 2));
        assert_eq!(cut.readers_ahead, one.readers + one.readers);
        assert_eq!(cut.readers_further, cut.readers_ahead, "there are but two");
        let three = demand("V1: A@0+10, A@10+10 src40, A@20+10 src20");
        assert_eq!(three.readers_further, one.readers + one.readers + one.readers);
        // thirty cuts take what two take
        let many: Vec<String> = (0..30).map(|n| format!("A@{}+1 src{}", n * 2, 50 - n)).collect();
        let gaps = demand(&format!("V1: {0} | A1: {0}", many.join(", ")));
        assert_eq!((gaps.readers, gaps.readers_ahead, gaps.sounds), (one.readers, one.readers, one.sounds));
    }
}
