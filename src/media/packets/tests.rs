//! Films that were cut off, streamed or damaged, read through what is read of them.

use super::bytes::Bytes;
use super::{Kind, index_of};
use crate::media::played;
use crate::media::{AudioReader, Cancel, PictureFormat, VideoReader, probe};
use crate::model::{FrameCount, FrameRate, MediaInfo, SourceTime};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use std::io::Cursor;
use std::path::Path;

/// Each picture is by so much brighter than the one before.
const STEP: u8 = 5;

/// 40 pictures at 25 a second, each of another grey, and as long a tone, written by a pipeline that ends in `mux`; without
/// one, the pictures alone.
pub(super) fn film(path: &Path, video: &str, audio: &str, mux: &str) {
    film_apart(path, video, audio, mux, 0);
}

/// The same with sound that begins so many milliseconds after the first picture, or before it.
fn film_apart(path: &Path, video: &str, audio: &str, mux: &str, late: i64) {
    crate::media::init().unwrap();
    let (muxed, sound) = if mux.is_empty() {
        (String::new(), "fakesink".to_owned())
    } else {
        (format!("{mux} name=mux ! "), format!("{audio} ! queue ! mux."))
    };
    let description = format!(
        "appsrc name=pictures format=time caps=video/x-raw,format=I420,width=64,height=64,framerate=25/1 ! {video} ! queue \
         ! {muxed}filesink location=\"{}\" audiotestsrc num-buffers=75 samplesperbuffer=1024 wave=sine freq=440 \
         timestamp-offset={} ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! {sound}",
        path.display(),
        late.max(0) * 1_000_000
    );
    let early = late.min(0).unsigned_abs();
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let source = pipeline.by_name("pictures").unwrap().downcast::<gstreamer_app::AppSrc>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for n in 0..40_u8 {
        let mut pixels = vec![30 + n * STEP; 64 * 64];
        pixels.extend([128; 64 * 32]);
        let mut buffer = gst::Buffer::from_mut_slice(pixels);
        let made = buffer.get_mut().unwrap();
        made.set_pts(gst::ClockTime::from_mseconds(40 * u64::from(n) + early));
        made.set_duration(gst::ClockTime::from_mseconds(40));
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    played::end(pipeline.upcast_ref());
}

/// Which of the film's pictures is shown at each of these moments of 40 ms.
pub(super) fn pictures(path: &Path, at: &[i64]) -> Vec<i64> {
    pictures_of(path, &probe(path).unwrap(), at)
}

/// The same for a project that knows that of the file.
fn pictures_of(path: &Path, info: &MediaInfo, at: &[i64]) -> Vec<i64> {
    let format = PictureFormat { width: 64, height: 64, format: gst_video::VideoFormat::I420 };
    let mut reader = VideoReader::open(path, info, format, 1).unwrap();
    let rate = FrameRate::F25;
    let show = |n: &i64| {
        let time = rate.duration_of(FrameCount(*n)) + SourceTime::from_nanos(20_000_000);
        let picture = reader.at(time, &Cancel::default()).unwrap().unwrap();
        let grey = i64::from(picture.buffer.map_readable().unwrap()[64 * 32 + 32]);
        (grey - 30 + i64::from(STEP) / 2).div_euclid(i64::from(STEP))
    };
    at.iter().map(show).collect()
}

/// All pictures in order, then some that must be sought.
pub(super) fn all_and_back(count: i64) -> Vec<i64> {
    (0..count).chain([count - 1, 3, count / 2, 0, count - 2, 13]).collect()
}

/// From where to where there is sound, in milliseconds.
pub(super) fn sound(path: &Path) -> (usize, usize) {
    sound_of(path, &probe(path).unwrap())
}

/// The same for a project that knows that of the file.
fn sound_of(path: &Path, info: &MediaInfo) -> (usize, usize) {
    let mut reader = AudioReader::open(path, info, 0, 48000).unwrap();
    let mut samples = vec![[0.0; 2]; 48000 * 4];
    reader.read(0, &mut samples, &Cancel::default()).unwrap();
    let loud: Vec<bool> = samples.chunks(48).map(|ms| ms.iter().any(|s| s[0].abs() > 0.05)).collect();
    (loud.iter().position(|l| *l).unwrap(), loud.iter().rposition(|l| *l).unwrap() + 1)
}

pub(super) const H264: &str =
    "x264enc key-int-max=12 bframes=2 speed-preset=ultrafast b-adapt=false ! video/x-h264,profile=main";
/// Without them, the first picture appears with the first sound, whatever a muxer writes.
pub(super) const NO_B: &str = "x264enc key-int-max=12 bframes=0 speed-preset=ultrafast";
pub(super) const VP8: &str = "vp8enc keyframe-max-dist=12 deadline=1";
const STREAMED: &str = "matroskamux streamable=true";

#[test]
fn matroska_that_was_streamed_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio, mux) in [
        ("a.mkv", H264, "flacenc", STREAMED),
        ("b.webm", VP8, "opusenc", "webmmux streamable=true"),
        ("c.mkv", VP8, "vorbisenc", STREAMED),
    ] {
        let path = folder.path().join(name);
        film(&path, video, audio, mux);
        assert!(index_of(&path).is_some(), "{name} is not to be trusted");
        let info = probe(&path).unwrap();
        let length = info.duration.unwrap().seconds();
        assert!((1.59..1.63).contains(&length), "{name} lasts {length} s");
        let asked = all_and_back(40);
        assert_eq!(pictures(&path, &asked), asked, "{name}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 10 && (1585..=1610).contains(&ends), "{name}: sound from {begins} to {ends} ms");
    }
}

#[test]
fn matroska_with_tables_is_trusted_and_a_part_of_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    film(&path, VP8, "flacenc", "matroskamux");
    assert!(index_of(&path).is_none());
    let bytes = std::fs::read(&path).unwrap();
    let part = folder.path().join("part.mkv");
    std::fs::write(&part, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let index = index_of(&part).unwrap();
    let (_, track) = index.track(Kind::Picture, 0).unwrap();
    let count = i64::try_from(track.count).unwrap();
    assert!((10..40).contains(&count));
    let asked = all_and_back(count);
    assert_eq!(pictures(&part, &asked), asked);
}

#[test]
fn a_cover_is_no_film_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let cover = "videotestsrc num-buffers=1 ! video/x-raw,width=32,height=32 ! jpegenc ! queue";
    let film = format!("videotestsrc num-buffers=50 ! video/x-raw,width=64,height=64,framerate=25/1 ! {VP8} ! queue");
    for (first, second) in [(cover, &film[..]), (&film, cover)] {
        played::run(&format!(
            "matroskamux name=mux ! filesink location=\"{}\" {first} ! mux.video_0 {second} ! mux.video_1",
            path.display()
        ));
        let info = probe(&path).unwrap();
        let video = info.video.as_ref().unwrap();
        assert_eq!((video.width, video.height, video.rate), (64, 64, Some(FrameRate::F25)));
        assert!(info.more_video.is_empty() && (info.duration.unwrap().seconds() - 2.0).abs() < 0.005, "{info:?}");
        let format = PictureFormat { width: 64, height: 64, format: gst_video::VideoFormat::I420 };
        let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
        let mut count = 0;
        while reader.next(&Cancel::default()).unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 50);
    }
}

#[test]
fn matroska_goes_on_after_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    film(&path, "jpegenc", "flacenc", "matroskamux streamable=true max-cluster-duration=200000000");
    let mut bytes = std::fs::read(&path).unwrap();
    let (from, to) = (bytes.len() * 4 / 10, bytes.len() / 2);
    bytes[from..to].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let found = pictures(&path, &[5, 38, 39, 2]);
    assert_eq!(found, [5, 38, 39, 2]);
}

/// The head of a cluster is gone, all others and all tables are there.
#[test]
fn the_last_cluster_is_read_whatever_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    film(&path, "jpegenc", "flacenc", "matroskamux max-cluster-duration=200000000");
    assert!(index_of(&path).is_none());
    let whole = std::fs::read(&path).unwrap();
    let heads: Vec<usize> = memchr::memmem::find_iter(&whole, &[0x1F, 0x43, 0xB6, 0x75]).collect();
    assert!(heads.len() > 4);
    for gone in [heads.len() - 2, heads.len() - 3] {
        let mut bytes = whole.clone();
        bytes[heads[gone]..heads[gone] + 40].fill(0);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(pictures(&path, &[5, 38, 39, 2]), [5, 38, 39, 2], "without cluster {gone}");
    }
}

#[test]
fn fragments_without_a_list_of_them_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    for (video, audio, mux) in [
        (NO_B, "avenc_aac", "mp4mux fragment-duration=400 streamable=true"),
        (NO_B, "avenc_aac", "mp4mux fragment-duration=400"),
        (NO_B, "audioconvert ! audio/x-raw,format=S16LE", "qtmux fragment-duration=300 streamable=true"),
    ] {
        film(&path, video, audio, mux);
        let index = index_of(&path).unwrap();
        assert_eq!(index.track(Kind::Picture, 0).unwrap().1.count, 40, "{mux}");
        let asked = all_and_back(40);
        assert_eq!(pictures(&path, &asked), asked, "{mux}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 25 && (1575..=1630).contains(&ends), "{mux}: sound from {begins} to {ends} ms");
        let bytes = std::fs::read(&path).unwrap();
        let part = folder.path().join("part.mp4");
        std::fs::write(&part, &bytes[..bytes.len() * 9 / 10]).unwrap();
        let count = i64::try_from(index_of(&part).unwrap().track(Kind::Picture, 0).unwrap().1.count).unwrap();
        assert!((30..40).contains(&count), "{count} of {mux}");
        let asked = all_and_back(count);
        assert_eq!(pictures(&part, &asked), asked, "{mux}, cut off");
    }
}

#[test]
fn fragments_of_any_bytes_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    film(&path, NO_B, "avenc_aac", "mp4mux fragment-duration=200 streamable=true");
    let bytes = std::fs::read(&path).unwrap();
    survives(&bytes[..bytes.len().min(20_000)]);
}

const TRANSPORT: (&str, &str, &str) = (
    "x264enc key-int-max=12 bframes=2 speed-preset=ultrafast b-adapt=false ! h264parse config-interval=-1",
    "avenc_aac ! aacparse",
    "mpegtsmux",
);

#[test]
fn transport_streams_that_were_joined_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    film(&path, TRANSPORT.0, TRANSPORT.1, TRANSPORT.2);
    assert!(index_of(&path).is_none(), "one clock, all begins together");
    let once = std::fs::read(&path).unwrap();
    let joined = folder.path().join("joined.ts");
    std::fs::write(&joined, [&once[..], &once, &once].concat()).unwrap();
    let length = probe(&joined).unwrap().duration.unwrap().seconds();
    assert!((4.79..4.86).contains(&length), "{length} s");
    let asked = all_and_back(120);
    let right: Vec<i64> = asked.iter().map(|n| n % 40).collect();
    assert_eq!(pictures(&joined, &asked), right);
    let (begins, ends) = sound(&joined);
    assert!(begins <= 30 && ends >= 3950, "sound from {begins} to {ends} ms");
}

#[test]
fn sound_of_a_transport_stream_begins_when_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    film_apart(&path, TRANSPORT.0, TRANSPORT.1, TRANSPORT.2, 1200);
    let asked = all_and_back(40);
    assert_eq!(pictures(&path, &asked), asked);
    let (begins, ends) = sound(&path);
    assert!((1150..=1225).contains(&begins) && (2760..=2830).contains(&ends), "sound from {begins} to {ends} ms");
}

/// Several packets of Opus lie in one of the stream's, and each of the joined begins with its encoder's delay.
#[test]
fn opus_in_transport_streams_is_heard_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    film(&path, TRANSPORT.0, "opusenc", TRANSPORT.2);
    let (begins, ends) = sound(&path);
    assert!(begins <= 10 && (1590..=1630).contains(&ends), "sound from {begins} to {ends} ms");
    let once = std::fs::read(&path).unwrap();
    let joined = folder.path().join("joined.ts");
    std::fs::write(&joined, [&once[..], &once, &once].concat()).unwrap();
    let asked = all_and_back(120);
    assert_eq!(pictures(&joined, &asked), asked.iter().map(|n| n % 40).collect::<Vec<_>>());
    let (begins, ends) = sound(&joined);
    assert!(begins <= 10 && ends >= 3950, "sound from {begins} to {ends} ms");
}

/// When GStreamer's demuxer shows the first picture, by the file's clock.
fn demuxed_at(path: &Path) -> SourceTime {
    let description =
        format!("filesrc location=\"{}\" ! tsdemux ! h264parse ! appsink name=out sync=false", path.display());
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let out = pipeline.by_name("out").unwrap().downcast::<gstreamer_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let first = out.pull_sample().unwrap().buffer().unwrap().pts().unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    SourceTime::from_nanos(i64::try_from(first.nseconds()).unwrap())
}

/// `tsdemux` begins with the first packet that it has, and loses what is heard before that. What was cut when it was read so
/// stays where it was cut.
#[test]
fn sound_before_the_first_picture_of_a_transport_stream_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    for late in [20_u32, 80, 300] {
        film_apart(&path, TRANSPORT.0, TRANSPORT.1, TRANSPORT.2, -i64::from(late));
        // pictures lie first, as muxers leave them that wait for some sound
        let packets: Vec<Vec<u8>> = std::fs::read(&path).unwrap().chunks(188).map(<[u8]>::to_vec).collect();
        let (begin, rest) = packets.split_at(packets.len() / 2);
        let (heard, others): (Vec<_>, Vec<_>) = begin.iter().cloned().partition(|p| [p[1] & 0x1F, p[2]] == [0, 0x42]);
        assert!(!heard.is_empty());
        std::fs::write(&path, [others, heard, rest.to_vec()].concat().concat()).unwrap();
        let (begins, ends) = sound(&path);
        assert!(begins <= 30 && (1590..=1630).contains(&ends), "{late} ms: sound from {begins} to {ends} ms");
        let info = probe(&path).unwrap();
        let first = info.video.as_ref().unwrap().first.seconds() * 1000.0;
        assert!((first - f64::from(late)).abs() < 1.0, "{late} ms: the first picture at {first} ms");
        let mut before = MediaInfo { start: demuxed_at(&path), ..info };
        before.video.as_mut().unwrap().first = SourceTime::ZERO;
        let asked = all_and_back(40);
        assert_eq!(pictures_of(&path, &before, &asked), asked, "{late} ms");
        let late = late as usize;
        let (begins, ends) = sound_of(&path, &before);
        assert!(begins <= 30 && (1590..=1630).contains(&(ends + late)), "{late} ms: sound from {begins} to {ends} ms");
    }
}

#[test]
fn what_is_lost_of_a_transport_stream_takes_nothing_else_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    film(&path, TRANSPORT.0, TRANSPORT.1, TRANSPORT.2);
    let packets: Vec<Vec<u8>> = std::fs::read(&path).unwrap().chunks(188).map(<[u8]>::to_vec).collect();
    let lost = folder.path().join("lost.ts");
    // a fifth of it; and one packet in 20, here and there
    let hole: Vec<usize> = (packets.len() * 2 / 5..packets.len() * 3 / 5).collect();
    let some: Vec<usize> = (30..packets.len()).step_by(20).collect();
    for (gone, asked) in [(hole, vec![2, 39, 38, 3]), (some, vec![])] {
        let left = packets.iter().enumerate().filter(|(n, _)| !gone.contains(n)).flat_map(|(_, packet)| packet.clone());
        std::fs::write(&lost, left.collect::<Vec<u8>>()).unwrap();
        let info = probe(&lost).unwrap();
        let length = info.duration.unwrap().seconds();
        assert!((1.55..1.67).contains(&length), "{length} s");
        assert!(info.video.is_some_and(|v| v.rate == Some(FrameRate::F25)) && info.audio.len() == 1);
        assert_eq!(pictures(&lost, &asked), asked);
        let (begins, ends) = sound(&lost);
        assert!(begins <= 30 && (1480..=1640).contains(&ends), "sound from {begins} to {ends} ms");
    }
}

#[test]
fn transport_streams_of_any_bytes_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ts");
    film(&path, TRANSPORT.0, TRANSPORT.1, TRANSPORT.2);
    let bytes = std::fs::read(&path).unwrap();
    survives(&bytes[..bytes.len().min(20_000)]);
}

/// Numbers that look like chance, the same every time.
fn chance(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed >> 16).unwrap_or(0)
}

/// Reads all packets of bytes that were changed here and there, and some again.
pub(super) fn survives(original: &[u8]) {
    let mut seed = 0x5EED_u64;
    for _ in 0..400 {
        let mut bytes = original.to_vec();
        for _ in 0..=chance(&mut seed) % 12 {
            let at = chance(&mut seed) % bytes.len();
            match chance(&mut seed) % 4 {
                0 => bytes[at] = 0xFF,
                1 => bytes.truncate(at.max(100)),
                _ => bytes[at] = u8::try_from(chance(&mut seed) & 255).unwrap(),
            }
        }
        let most = bytes.len() + 10;
        let Some(mut demuxer) = super::demuxer_of(Bytes::new(Box::new(Cursor::new(bytes))).unwrap()) else { continue };
        let mut places = Vec::new();
        while let Some(packet) = demuxer.next() {
            places.push((packet.place, packet.pts));
            assert!(places.len() < most, "no end");
            let _ = demuxer.content(packet);
        }
        for (place, stamp) in places.into_iter().step_by(7).take(5) {
            demuxer.go_to(place, stamp);
            let _ = demuxer.next();
        }
    }
}

#[test]
fn matroska_of_any_bytes_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    film(&path, VP8, "opusenc", STREAMED);
    let bytes = std::fs::read(&path).unwrap();
    survives(&bytes[..bytes.len().min(20_000)]);
}

pub(super) const MP2: &str = "avenc_mp2 ! mpegaudioparse";
pub(super) const MPEG2: &str =
    "mpeg2enc format=3 b-per-refframe=0 max-gop-size=12 bitrate=8000 quantisation=2 ! mpegvideoparse";

#[test]
fn program_streams_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, mux) in [("a.mpg", MPEG2, "mpegpsmux"), ("b.mpg", TRANSPORT.0, "mpegpsmux")] {
        let path = folder.path().join(name);
        film(&path, video, MP2, mux);
        let info = probe(&path).unwrap();
        let length = info.duration.unwrap().seconds();
        assert!((1.59..1.65).contains(&length), "{name} lasts {length} s");
        let stream = info.video.unwrap();
        assert_eq!((stream.rate, stream.variable_rate), (Some(FrameRate::F25), false), "{name}");
        let asked = all_and_back(40);
        let found = pictures(&path, &asked);
        // greys of MPEG-2 are off by half a step
        let slack = i64::from(video == MPEG2);
        assert!(found.iter().zip(&asked).all(|(a, b)| (a - b).abs() <= slack), "{name}: {found:?}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 30 && (1575..=1640).contains(&ends), "{name}: sound from {begins} to {ends} ms");
    }
}

#[test]
fn sound_of_a_program_stream_begins_when_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mpg");
    film_apart(&path, TRANSPORT.0, MP2, "mpegpsmux", 1200);
    let asked = all_and_back(40);
    assert_eq!(pictures(&path, &asked), asked);
    let (begins, ends) = sound(&path);
    assert!((1150..=1230).contains(&begins) && (2750..=2840).contains(&ends), "sound from {begins} to {ends} ms");
}

#[test]
fn program_streams_of_any_bytes_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mpg");
    film(&path, MPEG2, MP2, "mpegpsmux");
    let bytes = std::fs::read(&path).unwrap();
    survives(&bytes[..bytes.len().min(20_000)]);
}

/// The same film, with its tags of H.264 as "Enhanced RTMP" writes them.
fn enhanced(flv: &[u8]) -> Vec<u8> {
    let (head, mut rest) = flv.split_at(13);
    let mut out = head.to_vec();
    while rest.len() > 15 {
        let size = usize::try_from(u32::from_be_bytes([0, rest[1], rest[2], rest[3]])).unwrap();
        let (tag, after) = rest.split_at(11 + size + 4);
        let mut content = tag[11..11 + size].to_vec();
        if tag[0] == 9 {
            let (shown, kind) = (content[0] >> 4, content[1]);
            let skipped = if kind == 1 { 2 } else { 5 };
            content.splice(..skipped, [0x80 | shown << 4 | kind, b'a', b'v', b'c', b'1']);
        }
        let size = u32::try_from(content.len()).unwrap();
        out.push(tag[0]);
        out.extend(&size.to_be_bytes()[1..]);
        out.extend(&tag[4..11]);
        out.extend(&content);
        out.extend((size + 11).to_be_bytes());
        rest = after;
    }
    out
}

#[test]
fn flash_video_is_whole_and_goes_on_after_damage() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio) in [
        ("a.flv", H264, "avenc_aac"),
        ("b.flv", NO_B, "lamemp3enc ! mpegaudioparse"),
        ("c.flv", "avenc_flv gop-size=12", "alawenc"),
    ] {
        let path = folder.path().join(name);
        let audio =
            format!("audioresample ! audio/x-raw,rate={} ! {audio}", if name == "c.flv" { 8000 } else { 44_100 });
        film(&path, video, &audio, "flvmux");
        let info = probe(&path).unwrap();
        let length = info.duration.unwrap().seconds();
        assert!((1.59..1.69).contains(&length), "{name} lasts {length} s");
        let asked = all_and_back(40);
        assert_eq!(pictures(&path, &asked), asked, "{name}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 60 && (1560..=1660).contains(&ends), "{name}: sound from {begins} to {ends} ms");
        let bytes = std::fs::read(&path).unwrap();
        let part = folder.path().join("part.flv");
        std::fs::write(&part, &bytes[..bytes.len() * 7 / 10]).unwrap();
        let count = i64::try_from(index_of(&part).unwrap().track(Kind::Picture, 0).unwrap().1.count).unwrap();
        assert!((20..36).contains(&count), "{name}: {count}");
        assert_eq!(pictures(&part, &[count - 4, 3]), [count - 4, 3], "{name}, cut off");
        let mut damaged = bytes.clone();
        damaged[bytes.len() * 3 / 10..bytes.len() * 4 / 10].fill(0);
        std::fs::write(&part, damaged).unwrap();
        assert_eq!(pictures(&part, &[2, 39, 38]), [2, 39, 38], "{name}, damaged");
        if name == "a.flv" {
            std::fs::write(&part, enhanced(&bytes)).unwrap();
            assert_eq!(pictures(&part, &asked), asked, "enhanced");
            survives(&enhanced(&bytes)[..20_000.min(bytes.len())]);
        }
        survives(&bytes[..20_000.min(bytes.len())]);
    }
}

/// Key pictures that are no IDR, pictures before them that refer to what lies before, and some that refer to those.
const OPEN: &str = "x264enc key-int-max=10 bframes=3 b-adapt=false ref=4 \
                    option-string=\"open-gop=1:b-pyramid=normal:scenecut=0:min-keyint=10\"";
const START_CODES: &str = "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";

#[test]
fn streams_without_a_container_are_counted_and_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video) in [
        ("a.h264", format!("{H264} ! {START_CODES}")),
        ("b.h264", format!("{NO_B} ! {START_CODES}")),
        ("c.h264", format!("{OPEN} ! {START_CODES}")),
        ("d.m2v", MPEG2.to_owned()),
    ] {
        let path = folder.path().join(name);
        film(&path, &video, "", "");
        for _ in 0..3 {
            let info = probe(&path).unwrap();
            assert!((info.duration.unwrap().seconds() - 1.6).abs() < 0.001, "{name}: {info:?}");
            assert!(!info.untimed && info.audio.is_empty(), "{name}");
        }
        let asked = all_and_back(40);
        assert_eq!(pictures(&path, &asked), asked, "{name}");
    }
}

#[test]
fn streams_without_a_container_end_whatever_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h264");
    film(&path, &format!("{OPEN} ! {START_CODES}"), "", "");
    let bytes = std::fs::read(&path).unwrap();
    survives(&bytes[..bytes.len().min(20_000)]);
}

/// Each picture is sought, from the last to the first.
#[test]
fn pictures_of_open_groups_are_whole_wherever_a_seek_goes() {
    let folder = tempfile::tempdir().unwrap();
    let transport = format!("{OPEN} ! h264parse config-interval=-1");
    for (name, video, audio, mux) in [
        ("a.mp4", OPEN, "avenc_aac", "mp4mux"),
        ("b.mkv", OPEN, "flacenc", "matroskamux"),
        ("c.mkv", OPEN, "flacenc", STREAMED),
        ("d.ts", &transport, TRANSPORT.1, TRANSPORT.2),
    ] {
        let path = folder.path().join(name);
        film(&path, video, audio, mux);
        let asked: Vec<i64> = (0..40).rev().collect();
        assert_eq!(pictures(&path, &asked), asked, "{name}");
    }
}

#[test]
fn a_file_that_is_read_to_its_end_tells_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("streamed.mkv");
    played::run(&format!(
        "videotestsrc num-buffers=9000 ! video/x-raw,width=16,height=16,framerate=30/1 ! vp8enc deadline=1 \
         ! matroskamux streamable=true ! filesink location=\"{}\"",
        path.display()
    ));
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let for_watcher = std::rc::Rc::clone(&told);
    super::watch(move |found| for_watcher.borrow_mut().push(found));
    let length = SourceTime::from_nanos(super::index_of(&path).unwrap().length());
    let told = told.borrow();
    assert_eq!(told.len(), 2);
    assert!(told[0].share < told[1].share && told[0].at_least < told[1].at_least);
    for found in told.iter() {
        let part = found.at_least.seconds() / length.seconds();
        assert!(found.at_least < length && (part - f64::from(found.share)).abs() < 0.1, "{found:?} of {length:?}");
    }
}
