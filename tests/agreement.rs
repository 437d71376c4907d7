//! Preview, single frame and export are one picture: at cuts, in transitions, over layers, on proxies and originals.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, reason = "short texts")]

mod common;

use common::{Footage, each_sample, mp4, read_number, succeed};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Three files on a timeline with a dissolve, a wipe, a dip, fades, a turned and moving layer, a crop, a title, a clip
/// backwards and a frozen one.
fn timeline(folder: &Path) -> i64 {
    for (name, rate) in [("a.mp4", (30, 1)), ("b.mp4", (25, 1)), ("c.mp4", (30, 1))] {
        mp4(&Footage { width: 640, height: 360, ..Footage::new(rate, 90) }, &folder.join(name));
    }
    let list = "source,in,out,track,at\na.mp4,0.5,1.5,V1,0\nb.mp4,1,2,V1,1\nc.mp4,1,2,V1,2\na.mp4,1,2,V1,3\n\
                b.mp4,0.5,1.5,V1,4\nc.mp4,0,2,V2,0.5\n";
    std::fs::write(folder.join("t.csv"), list).unwrap();
    succeed(folder, &["assemble", "t.csv", "-o", "t.ron", "--size", "320x180", "--rate", "30"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "t.ron", "--json"])).unwrap();
    let tracks = shown["tracks"].as_array().unwrap();
    let id = |track: &str, n: usize| {
        let track = tracks.iter().find(|t| t["name"] == track).unwrap();
        track["clips"][n]["id"].as_u64().unwrap()
    };
    let transition = |n: usize, kind: &str| {
        let right = id("V1", n);
        format!("SetTransition(right: {right}, transition: Some((kind: {kind}, length: 12, before: 5)), alone: false)")
    };
    let layer = id("V2", 0);
    let property = |what: &str| format!("SetProperty(clips: [{layer}], property: {what})");
    let second = 705_600_000_i64;
    let edits = [
        transition(1, "Dissolve"),
        transition(2, "Wipe(Right)"),
        transition(3, "Dip((200, 30, 60))"),
        property(&format!(
            "Scale((value: 0.3, keys: [(at: 0, value: 0.3), (at: {second}, value: 0.6, curve: Smooth)]))"
        )),
        property("Rotation((value: 12.0))"),
        property("X((value: 0.2))"),
        property("CropLeft((value: 0.1))"),
        property("Opacity((value: 0.8))"),
        property("FadeIn(9)"),
        property("FadeOut(15)"),
        format!("SetSpeed(clips: [{}], speed: (-1, 1), ripple: false, sync_lock: true, alone: false)", id("V1", 4)),
    ];
    std::fs::write(folder.join("e.ron"), format!("[{}]", edits.join(",\n"))).unwrap();
    succeed(folder, &["edit", "t.ron", "e.ron"]);
    shown["sequence"]["length"].as_i64().unwrap()
}

/// Every picture of a file as the viewer would show it.
fn rgba(path: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    each_sample(path, "video/x-raw,format=I420", |sample, _| {
        let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        found.push(workprint::media::to_rgba(&info, &map));
    });
    found
}

#[test]
fn a_frame_is_the_exports_own_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let length = timeline(folder);
    succeed(folder, &["export", "t.ron", "-o", "t.mkv", "--preset", "lossless"]);
    let exported = rgba(&folder.join("t.mkv"));
    assert_eq!(exported.len(), usize::try_from(length).unwrap());
    let mut seen: HashMap<Vec<u8>, i64> = HashMap::new();
    for frame in (0..length).step_by(3).chain([24, 25, 29, 30, 36, 37, 54, 55, 60, 66, 85, 89, 90, 96, length - 1]) {
        succeed(folder, &["frame", "t.ron", "--overwrite", "--at", &format!("{frame}f"), "-o", "f.png"]);
        let picture = image::open(folder.join("f.png")).unwrap().into_rgba8().into_raw();
        let there = &exported[usize::try_from(frame).unwrap()];
        let differ = picture.iter().zip(there).filter(|(a, b)| a != b).count();
        assert_eq!(differ, 0, "frame {frame} differs in {differ} values");
        seen.insert(picture, frame);
    }
    // they are not all the same picture
    assert!(seen.len() > 40, "{}", seen.len());
}

#[test]
fn proxies_show_what_originals_show() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let length = timeline(folder);
    succeed(folder, &["proxy", "t.ron"]);
    for frame in (0..length).step_by(7) {
        let picture = |proxy: bool| {
            let at = format!("{frame}f");
            let mut args = vec!["frame", "t.ron", "--overwrite", "--at", &at, "-o", "f.png"];
            args.extend(proxy.then_some("--proxy"));
            succeed(folder, &args);
            image::open(folder.join("f.png")).unwrap().into_rgb8().into_raw()
        };
        let (original, proxy) = (picture(false), picture(true));
        let sum: u64 = original.iter().zip(&proxy).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / original.len() as f64;
        assert!(mean < 4.0, "frame {frame}: the proxy is {mean:.1} levels off on average");
    }
}

#[test]
fn a_clip_backwards_shows_each_frame_once_and_a_frozen_one_stands() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 200) }, &folder.join("a.mp4"));
    std::fs::write(folder.join("c.csv"), "source,in,out\na.mp4,1,6\na.mp4,2,3\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "c.ron"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "c.ron", "--json"])).unwrap();
    let id = |n: usize| shown["tracks"][0]["clips"][n]["id"].as_u64().unwrap();
    let speed =
        |n, speed| format!("SetSpeed(clips: [{}], speed: {speed}, ripple: true, sync_lock: true, alone: false)", id(n));
    std::fs::write(folder.join("e.ron"), format!("[{}, {}]", speed(0, "(-1, 1)"), speed(1, "(0, 1)"))).unwrap();
    succeed(folder, &["edit", "c.ron", "e.ron"]);
    succeed(folder, &["export", "c.ron", "-o", "c.mp4", "--preset", "draft"]);
    let mut numbers = Vec::new();
    each_sample(&folder.join("c.mp4"), "videoconvert ! video/x-raw,format=GRAY8", |sample, _| {
        let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let stride = usize::try_from(info.stride()[0]).unwrap();
        numbers.push(read_number(&map, info.width() as usize, info.height() as usize, stride));
    });
    let expected: Vec<usize> = (30..180).rev().chain([60; 30]).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_clip_shows_the_picture_stream_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // the second stream counts on from 500
    let (one, two) = (folder.join("1.mkv"), folder.join("2.mkv"));
    for (path, from) in [(&one, 0), (&two, 500)] {
        let footage = Footage { sound: false, ..Footage::new((30, 1), 60) };
        common::make_from(&footage, path, from);
    }
    let both = format!(
        "matroskamux name=m ! filesink location={0} filesrc location={1} ! matroskademux ! h264parse ! m. \
         filesrc location={2} ! matroskademux ! h264parse ! m.",
        folder.join("both.mkv").display(),
        one.display(),
        two.display()
    );
    common::run_pipeline(&both);
    std::fs::write(folder.join("c.csv"), "source,in,out\nboth.mkv,0,1\nboth.mkv,0.5,1.5\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "c.ron"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "c.ron", "--json"])).unwrap();
    let id = shown["tracks"][0]["clips"][1]["id"].as_u64().unwrap();
    std::fs::write(folder.join("e.ron"), format!("[SetProperty(clips: [{id}], property: Stream(1))]")).unwrap();
    succeed(folder, &["edit", "c.ron", "e.ron"]);
    succeed(folder, &["export", "c.ron", "-o", "c.mp4", "--preset", "draft"]);
    let numbers = common::pictures(&folder.join("c.mp4")).numbers;
    let expected: Vec<usize> = (0..30).chain(515..545).collect();
    assert_eq!(numbers, expected);
}

/// A picture in picture goes to a colour on its cut, and what lies below it stays as it is.
#[test]
fn a_dip_colours_only_the_clips_that_it_is_between() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { width: 640, height: 360, ..Footage::new((30, 1), 60) }, &folder.join("a.mp4"));
    let list = "source,in,out,track,at\na.mp4,0,2,V1,0\na.mp4,0,0.5,V2,0\na.mp4,1,1.5,V2,0.5\n";
    std::fs::write(folder.join("t.csv"), list).unwrap();
    succeed(folder, &["assemble", "t.csv", "-o", "t.ron", "--size", "320x180", "--rate", "30"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "t.ron", "--json"])).unwrap();
    let upper = shown["tracks"].as_array().unwrap().iter().find(|t| t["name"] == "V2").unwrap().clone();
    let id = |n: usize| upper["clips"][n]["id"].as_u64().unwrap();
    let small = format!("SetProperty(clips: [{}, {}], property: Scale((value: 0.5)))", id(0), id(1));
    let dip = format!(
        "SetTransition(right: {}, transition: Some((kind: Dip((255, 0, 0)), length: 12, before: 6)), alone: false)",
        id(1)
    );
    let picture = |name: &str| {
        succeed(folder, &["frame", "t.ron", "--at", "15f", "-o", name]);
        image::open(folder.join(name)).unwrap().into_rgb8()
    };
    std::fs::write(folder.join("small.ron"), format!("[{small}]")).unwrap();
    succeed(folder, &["edit", "t.ron", "small.ron"]);
    let before = picture("before.png");
    std::fs::write(folder.join("dip.ron"), format!("[{dip}]")).unwrap();
    succeed(folder, &["edit", "t.ron", "dip.ron"]);
    let dipped = picture("dipped.png");
    let beside = |(x, y): &(u32, u32)| *x < 78 || *x >= 242 || *y < 43 || *y >= 137;
    let places = || (0..180).flat_map(|y| (0..320).map(move |x| (x, y)));
    let changed = places().filter(beside).filter(|(x, y)| before.get_pixel(*x, *y) != dipped.get_pixel(*x, *y)).count();
    assert_eq!(changed, 0, "pixels beside the picture in picture");
    // all colour on the frame before the cut, less of it behind it
    let [red, green, _] = dipped.get_pixel(160, 90).0;
    assert!(red > 150 && green < 120, "{red} {green}");
}
