//! Stills of every kind are read, and what was stored turned or mirrored stands upright: all eight ways, in films too.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]

mod common;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::fs;
use std::path::Path;
use workprint::media::{Cancel, PictureFormat, VideoReader, probe};
use workprint::model::SourceTime;

/// The brightness of the quarters of what is stored: above left, above right, below left, below right.
const QUARTERS: [[u8; 2]; 2] = [[40, 90], [140, 200]];

/// 64 by 32 pixels, written by a pipeline.
fn store(path: &Path, pictures: usize, encoder: &str) {
    workprint::media::init().unwrap();
    let launch = format!(
        "appsrc name=pictures format=time caps=video/x-raw,format=I420,width=64,height=32,framerate=25/1 ! {encoder} \
         ! filesink location=\"{}\"",
        path.display()
    );
    let pipeline = gst::parse::launch(&launch).unwrap().downcast::<gst::Pipeline>().unwrap();
    let source = pipeline.by_name("pictures").unwrap().downcast::<gst_app::AppSrc>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for n in 0..pictures {
        let mut pixels: Vec<u8> = (0..32 * 64).map(|at| QUARTERS[at / 64 / 16][at % 64 / 32]).collect();
        pixels.extend([128; 32 * 16 * 2]);
        let mut buffer = gst::Buffer::from_mut_slice(pixels);
        let made = buffer.get_mut().unwrap();
        made.set_pts(gst::ClockTime::from_mseconds(40 * n as u64));
        made.set_duration(gst::ClockTime::from_mseconds(40));
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let bus = pipeline.bus().unwrap();
    let ended = bus.timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]).unwrap();
    assert_eq!(ended.type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

/// The quarters of the first picture as it is read, each as the place in [`QUARTERS`] that it comes from: its row and
/// column.
fn shown(path: &Path, (width, height): (u32, u32)) -> Vec<(usize, usize)> {
    let info = probe(path).unwrap();
    let video = info.video.as_ref().unwrap();
    assert_eq!((video.width, video.height), (width, height), "{}", path.display());
    let format = PictureFormat { width, height, format: gstreamer_video::VideoFormat::I420 };
    let mut reader = VideoReader::open(path, &info, format, 1).unwrap();
    let picture = reader.at(SourceTime::from_nanos(20_000_000), &Cancel::default()).unwrap().unwrap();
    let stride = picture.info.stride()[0] as usize;
    let pixels = picture.buffer.map_readable().unwrap();
    let (width, height) = (width as usize, height as usize);
    let quarters = [(1, 1), (1, 3), (3, 1), (3, 3)];
    let near = |(row, column): (usize, usize)| {
        let level = pixels[row * height / 4 * stride + column * width / 4];
        let places = [(0, 0), (0, 1), (1, 0), (1, 1)];
        places.into_iter().min_by_key(|(row, column)| QUARTERS[*row][*column].abs_diff(level)).unwrap()
    };
    quarters.into_iter().map(near).collect()
}

/// Where the quarters lie when each pixel at (x, y) goes to (a·x + c·y, b·x + d·y), moved so that all are in view
/// (ISO 14496-12, 8.3.2.3).
fn turned([a, b, c, d]: [i32; 4]) -> Vec<(usize, usize)> {
    let mut found = vec![(9, 9); 4];
    for (row, y) in [(0, -1), (1, 1)] {
        for (column, x) in [(0, -1), (1, 1)] {
            let (right, down) = (a * x + c * y > 0, b * x + d * y > 0);
            found[usize::from(down) * 2 + usize::from(right)] = (row, column);
        }
    }
    found
}

#[test]
fn films_stand_as_their_matrix_says() {
    let folder = tempfile::tempdir().unwrap();
    for (muxer, extension) in [("mp4mux", "mp4"), ("qtmux", "mov")] {
        let plain = folder.path().join(format!("plain.{extension}"));
        store(&plain, 5, &format!("x264enc pass=quant quantizer=10 ! h264parse ! {muxer}"));
        let bytes = fs::read(&plain).unwrap();
        // version 0: four bytes of version and flags, five times four of times and the like, two of eight
        let matrix = bytes.windows(4).position(|w| w == b"tkhd").unwrap() + 4 + 4 + 20 + 16;
        let ways: [[i32; 4]; 8] = [
            [1, 0, 0, 1],
            [0, 1, -1, 0],
            [-1, 0, 0, -1],
            [0, -1, 1, 0],
            [-1, 0, 0, 1],
            [1, 0, 0, -1],
            [0, 1, 1, 0],
            [0, -1, -1, 0],
        ];
        for way in ways {
            let mut bytes = bytes.clone();
            for (value, place) in way.into_iter().zip([0, 4, 12, 16]) {
                bytes[matrix + place..matrix + place + 4].copy_from_slice(&(value << 16).to_be_bytes());
            }
            let path = folder.path().join(format!("{way:?}.{extension}"));
            fs::write(&path, bytes).unwrap();
            let size = if way[0] == 0 { (32, 64) } else { (64, 32) };
            assert_eq!(shown(&path, size), turned(way), "{way:?} in {extension}");
        }
    }
}

/// EXIF 2.3, 4.6.4 A, orientation: which sides of the scene the stored picture's top row and left column are.
#[test]
fn stills_stand_as_their_exif_says() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.jpg");
    store(&plain, 1, "jpegenc quality=95");
    let bytes = fs::read(&plain).unwrap();
    for (value, way) in (1_u8..).zip([
        [1, 0, 0, 1],
        [-1, 0, 0, 1],
        [-1, 0, 0, -1],
        [1, 0, 0, -1],
        [0, 1, 1, 0],
        [0, 1, -1, 0],
        [0, -1, -1, 0],
        [0, -1, 1, 0],
    ]) {
        // a TIFF header and one directory with the orientation alone, in an APP1 segment behind the start marker
        let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([value, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let segment = [&[0xFF, 0xE1][..], &length, &exif].concat();
        let path = folder.path().join(format!("{value}.jpg"));
        fs::write(&path, [&bytes[..2], &segment, &bytes[2..]].concat()).unwrap();
        let size = if way[0] == 0 { (32, 64) } else { (64, 32) };
        assert_eq!(shown(&path, size), turned(way), "orientation {value}");
    }
}

/// Bitmaps and TIFF are made here; photos for print, which nothing here writes, are in `../shared/faults`.
#[test]
fn stills_of_other_kinds_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let straight = turned([1, 0, 0, 1]);
    for (encoder, name) in [
        ("videoconvert ! video/x-raw,format=BGR ! avenc_bmp", "24.bmp"),
        ("videoconvert ! video/x-raw,format=BGRA ! avenc_bmp", "32.bmp"),
        ("videoconvert ! video/x-raw,format=GRAY8 ! avenc_bmp", "8.bmp"),
        ("videoconvert ! video/x-raw,format=RGB ! avenc_tiff compression-algo=raw", "raw.tif"),
        ("videoconvert ! video/x-raw,format=RGB ! avenc_tiff compression-algo=lzw", "lzw.tiff"),
        ("videoconvert ! video/x-raw,format=RGB ! avenc_tiff compression-algo=deflate", "deflate.tif"),
        ("videoconvert ! video/x-raw,format=GRAY8 ! avenc_tiff", "grey.tif"),
        ("videoconvert ! video/x-raw,format=GRAY16_LE ! avenc_tiff", "deep.tif"),
    ] {
        let path = folder.path().join(name);
        store(&path, 1, encoder);
        assert_eq!(shown(&path, (64, 32)), straight, "{name}");
    }
    let Some(shared) = common::shared("stills_of_other_kinds_are_read", "faults") else { return };
    for name in ["rgb.bmp", "plain.tif", "cmyk.jpg"] {
        let info = probe(&shared.join(name)).unwrap();
        let size = info.video.as_ref().map(|video| (video.width, video.height)).unwrap();
        shown(&shared.join(name), size);
    }
}

/// What nothing here writes: `DNxHR`, which `qtdemux` has no name for, and a cover that lies before the film.
#[test]
fn films_of_other_kinds_are_read() {
    let Some(shared) = common::shared("films_of_other_kinds_are_read", "faults") else { return };
    for (name, size) in [("dnxhr-lb.mov", (256, 144)), ("cover-is-first-track.mkv", (320, 180))] {
        let info = probe(&shared.join(name)).unwrap();
        assert_eq!(info.video.as_ref().map(|video| (video.width, video.height)), Some(size), "{name}");
        assert!(info.more_video.is_empty(), "{name}");
        shown(&shared.join(name), size);
    }
}
