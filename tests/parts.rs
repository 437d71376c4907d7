//! Proxies of long files are made in parts: each serves alone, all together show what the original shows, and a program that
//! was ended goes on where it was.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "small numbers"
)]

mod common;

use common::{Footage, Seeded, make_timed, mkv, mp4, pictures, read_number, succeed, workprint};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use workprint::media::{Cache, Cancel, Part, Parts, ProxyMaker, ProxySettings, is_same, make_proxy, thumbnails};
use workprint::model::{Asset, Frame, Project};
use workprint::project_file::load;
use workprint::render::{Media, Pictures};

const SMALL: Footage = Footage { width: 160, height: 96, sound: false, ..Footage::new((10, 1), 1950) };

/// A project that shows all of one file.
fn project(folder: &Path, name: &str) -> (Arc<Project>, Arc<Asset>) {
    fs::write(folder.join("c.csv"), format!("source\n{name}\n")).unwrap();
    // there may be one of another file
    let _ = fs::remove_file(folder.join("p.ron"));
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron"]);
    let project = Arc::new(load(&folder.join("p.ron")).unwrap());
    let asset = Arc::clone(project.assets.values().next().unwrap());
    // from here on this process knows it
    assert!(is_same(&asset.path, &asset.fingerprint).unwrap());
    (project, asset)
}

/// The numbers that frames show, rendered one after the other.
fn numbers(project: &Arc<Project>, media: Media, frames: &[i64]) -> Vec<usize> {
    let span = project.sequence().span();
    let mut found = Pictures::new(Arc::clone(project), media, (160, 96), span, 1, Cancel::default()).unwrap();
    let mut pixels = vec![0; found.canvas().bytes()];
    let numbers = frames.iter().map(|frame| {
        found.render(Frame(*frame), &mut pixels).unwrap();
        read_number(&pixels, 160, 96, found.canvas().info().stride()[0] as usize)
    });
    let numbers = numbers.collect();
    assert!(found.take_warnings().is_empty());
    numbers
}

fn make(cache: &Cache, asset: &Asset, part: Part, maker: &mut ProxyMaker) -> PathBuf {
    let settings = ProxySettings { threads: 1 };
    let made = make_proxy(cache, asset, part, settings, maker, &Cancel::default(), &|_| {}).unwrap();
    assert_eq!(made.part, part);
    made.path
}

/// Forwards and backwards over where parts meet, and here and there.
fn frames(length: i64, seconds: &dyn Fn(i64) -> i64) -> Vec<Vec<i64>> {
    let mut random = Seeded(5);
    let around: Vec<i64> = [60, 120].iter().flat_map(|s| seconds(*s) - 12..seconds(*s) + 12).collect();
    let sought = (0..30).map(|_| random.below(length as usize) as i64).collect();
    vec![around.clone(), around.into_iter().rev().collect(), sought, vec![0, length - 1, 1, length / 2]]
}

#[test]
fn parts_show_what_the_original_shows_whichever_of_them_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&SMALL, &folder.join("exact.mp4"));
    // rounded to milliseconds, and beside the full minutes
    mkv(&Footage { rate: (15000, 1001), frames: 2900, ..SMALL }, &folder.join("rounded.mkv"));
    // uneven, and nothing new from 55 s to 64 s
    let uneven = |n: usize| {
        let n = n as u64;
        (n * 100 + n % 7 * 9 + if n >= 550 { 9000 } else { 0 }) * 1_000_000
    };
    let encoders = "appsrc name=video ! x264enc speed-preset=veryfast key-int-max=48 ! h264parse ! matroskamux name=m";
    make_timed(&Footage { rate: (0, 1), frames: 1850, ..SMALL }, &folder.join("uneven.mkv"), encoders, uneven);

    for name in ["exact.mp4", "rounded.mkv", "uneven.mkv"] {
        let (project, asset) = project(folder, name);
        let sequence = project.sequence();
        let rate = sequence.rate;
        let frame = |second: i64| rate.frame_nearest(workprint::model::SourceTime::from_seconds(second as f64)).0;
        let asked = frames(sequence.end().0, &frame);
        let right: Vec<Vec<usize>> = asked.iter().map(|f| numbers(&project, Media::Originals, f)).collect();
        let parts = Parts::of(&asset.info);
        assert_eq!(parts.count(), 3, "{name}");
        // the second first, after a seek; then all, one going on with the other
        let cache = Cache::at(folder.join(format!("{name} cache")), 1 << 30);
        let media = || Media::Proxies(cache.clone());
        let compare = |there: usize| {
            for (frames, right) in asked.iter().zip(&right) {
                assert_eq!(numbers(&project, media(), frames), *right, "{name} with {there} parts, {frames:?}");
            }
        };
        let sought = make(&cache, &asset, parts.get(1), &mut ProxyMaker::default());
        let sought_numbers = pictures(&sought).numbers;
        compare(1);
        fs::remove_file(&sought).unwrap();
        let mut maker = ProxyMaker::default();
        let made: Vec<PathBuf> = parts.all().map(|part| make(&cache, &asset, part, &mut maker)).collect();
        assert_eq!(made[1], sought);
        let read_on = pictures(&made[1]);
        assert_eq!(read_on.numbers, sought_numbers, "{name}: a part is the same however it is come to");
        assert!(read_on.times[0].abs() < 1e-6 && read_on.times.last().is_some_and(|t| *t < 60.1));
        compare(3);
        // they are what is read
        for second in [0, 59, 61, 119, 121, 180] {
            let time = workprint::model::SourceTime::from_seconds(f64::from(second) + 0.5);
            let (file, stretch) = media().picture_file(&asset, 0, time);
            let n = second as usize / 60;
            assert_eq!((&file.path, stretch), (&made[n.min(2)], parts.get(n.min(2))), "{name} at {second} s");
        }
        // a file of all, as earlier versions made them, is used before
        let whole = make(&cache, &asset, Part::WHOLE, &mut ProxyMaker::default());
        let (file, stretch) = media().picture_file(&asset, 0, workprint::model::SourceTime::ZERO);
        assert_eq!((file.path, stretch), (whole, Part::WHOLE));
        compare(4);
    }
}

/// The parts that are there, by name, with the time at which each was made.
fn made(folder: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(folder.join("cache/proxies-1")).into_iter().flatten().flatten();
    let number = |e: &fs::DirEntry| std::os::unix::fs::MetadataExt::ino(&e.metadata().unwrap());
    let mut found: Vec<_> = entries.map(|e| (e.file_name().into_string().unwrap(), number(&e))).collect();
    found.sort();
    found
}

#[cfg(unix)]
#[test]
fn an_ended_program_goes_on_with_the_parts_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let footage = Footage { width: 640, height: 360, frames: 3000, ..SMALL };
    mp4(&footage, &folder.join("a.mp4"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(["proxy", "a.mp4", "--jobs", "1"])
        .current_dir(folder)
        .env("WORKPRINT_CACHE", folder.join("cache"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = child.stderr.take().unwrap();
    let visible = || made(folder).into_iter().filter(|(name, _)| !name.starts_with('.')).collect::<Vec<_>>();
    // a part may take less than the second between two lines of what it says: looked at by itself
    while visible().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ends without a part");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // the last line may be cut in two
    let mut lines = String::new();
    told.read_to_string(&mut lines).unwrap();
    let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
    assert!(whole.lines().all(|l| l.contains(" % ") && l.contains("a.mp4")), "it says how far it is: {lines}");
    let before = visible();
    assert!((1..5).contains(&before.len()), "{before:?}");
    let printed = succeed(folder, &["proxy", "a.mp4"]);
    assert!(printed.trim().ends_with("(5 parts)") && printed.lines().count() == 1, "{printed}");
    let after = made(folder);
    assert_eq!(after.len(), 5, "nothing half done is left: {after:?}");
    assert!(before.iter().all(|part| after.contains(part)), "what was there is not made again");
    let (_, asset) = project(folder, "a.mp4");
    let shown: Vec<usize> = Parts::of(&asset.info)
        .all()
        .flat_map(|part| {
            let cache = Cache::at(folder.join("cache"), 1 << 30);
            pictures(&make(&cache, &asset, part, &mut ProxyMaker::default())).numbers
        })
        .collect();
    assert_eq!(shown, (0..3000).collect::<Vec<_>>(), "each picture once");
}

#[test]
fn a_bad_part_is_passed_over_and_made_anew_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { frames: 1900, ..SMALL }, &folder.join("a.mp4"));
    project(folder, "a.mp4");
    let first = succeed(folder, &["proxy", "p.ron"]);
    let parts: Vec<PathBuf> = made(folder).iter().map(|(n, _)| folder.join("cache/proxies-1").join(n)).collect();
    assert_eq!(parts.len(), 3);
    let shown = |at: &str| {
        let output = workprint(folder, &["frame", "p.ron", "--at", at, "-o", "f.png", "--proxy"]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let picture = image::open(folder.join("f.png")).unwrap().into_luma8();
        fs::remove_file(folder.join("f.png")).unwrap();
        read_number(&picture, 160, 96, 160)
    };
    let second = parts.iter().find(|p| p.to_string_lossy().contains(&format!("-{}-", 705_600_000_i64 * 60))).unwrap();
    fs::write(second, [7; 5000]).unwrap();
    let others = || made(folder).into_iter().filter(|(n, _)| !second.ends_with(n)).collect::<Vec<_>>();
    let before = others();
    assert_eq!([shown("599f"), shown("600f"), shown("1000f"), shown("1200f")], [599, 600, 1000, 1200]);
    assert!(!second.exists() && before.len() == 2);
    assert_eq!(succeed(folder, &["proxy", "p.ron"]), first);
    assert!(second.exists());
    assert_eq!(others(), before, "the others stay");
    assert_eq!(shown("1000f"), 1000);
}

/// A recording without an index is read to its end once, and what was found is kept for whoever opens it next.
#[test]
fn what_a_large_file_was_read_to_its_end_for_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // noise takes many bytes
    common::run_pipeline(&format!(
        "videotestsrc pattern=snow num-buffers=300 ! video/x-raw,width=640,height=480,framerate=30/1 \
         ! x264enc speed-preset=ultrafast pass=quant quantizer=4 key-int-max=30 ! h264parse ! matroskamux streamable=true \
         ! filesink location=\"{}\"",
        folder.join("a.mkv").display()
    ));
    assert!(fs::metadata(folder.join("a.mkv")).unwrap().len() >= workprint::media::INDEX_KEPT);
    succeed(folder, &["probe", "a.mkv"]);
    let kept = fs::read_dir(folder.join("cache/packets-1")).unwrap().count();
    assert_eq!(kept, 1);
}

/// Each thumbnail shows the middle of its second, not the key frame before it: cuts stand where they are.
#[test]
fn thumbnails_of_a_proxy_show_their_own_moments() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 120) }, &folder.join("film.mp4"));
    let (_, asset) = project(folder, "film.mp4");
    let cache = Cache::at(folder.join("cache"), 1 << 30);
    make(&cache, &asset, Part::WHOLE, &mut ProxyMaker::default());
    let sheet = thumbnails(&cache, &asset, &Cancel::default()).unwrap();
    let all = (sheet.width * sheet.count) as usize;
    let tile = sheet.width as usize;
    let luma: Vec<u8> = sheet.pixels.chunks(4).map(|rgba| rgba[1]).collect();
    let shown = |n: usize| {
        let rows: Vec<u8> = luma.chunks(all).flat_map(|row| row[n * tile..(n + 1) * tile].to_vec()).collect();
        read_number(&rows, tile, sheet.height as usize, tile)
    };
    let shown: Vec<usize> = (0..4).map(shown).collect();
    // the middle lies between two pictures
    assert!(shown.iter().zip([15, 45, 75, 105]).all(|(n, after)| *n == after || *n == after - 1), "{shown:?}");
}
