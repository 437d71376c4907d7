//! Films that must not pass a size, judged by ffmpeg.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Footage, fail, mp4, pictures, succeed};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn ffmpeg(folder: &Path, args: &[&str]) -> bool {
    let status = Command::new("ffmpeg").args(["-v", "error", "-nostdin"]).args(args).current_dir(folder).status();
    status.is_ok_and(|status| status.success())
}

/// A film of one clip, made with ffmpeg from a source of its own.
fn film(folder: &Path, source: &str, seconds: &str) {
    let noise = format!("anoisesrc=a=0.1:r=48000:d={seconds}:seed=7");
    let inputs = ["-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", &noise, "-t", seconds];
    let coded =
        ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", "a.mp4"];
    assert!(ffmpeg(folder, &[&inputs[..], &coded[..]].concat()));
    assembled(folder);
}

fn assembled(folder: &Path) {
    std::fs::write(folder.join("cuts.csv"), "source\na.mp4\n").unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron", "--overwrite"]);
}

/// Exports with a cap; what the export told at the end, and the file's size.
fn capped(folder: &Path, cap: &str) -> (Value, u64) {
    let told = common::export(folder, &["p.ron", "-o", "o.mp4", "--overwrite", "--max-size", cap]);
    assert!(ffmpeg(folder, &["-xerror", "-i", "o.mp4", "-f", "null", "-"]), "it can't be decoded");
    let hidden =
        std::fs::read_dir(folder).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "nothing is left beside it");
    (told.last().unwrap().clone(), std::fs::metadata(folder.join("o.mp4")).unwrap().len())
}

#[test]
fn a_size_is_kept_and_made_use_of() {
    if !common::has_ffmpeg("a_size_is_kept_and_made_use_of") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // what is easy, what is hard, and what is too short to average out
    let films = [
        ("testsrc2=s=640x360:r=30", "6", 400_000),
        ("testsrc2=s=640x360:r=60,noise=alls=30:allf=t:all_seed=7", "4", 500_000),
        ("testsrc2=s=640x360:r=25,noise=alls=10:allf=t:all_seed=2", "1", 120_000),
    ];
    for (source, seconds, cap) in films {
        film(folder, source, seconds);
        let (done, size) = capped(folder, &cap.to_string());
        println!("{source}, {seconds} s: {size} of {cap} bytes; {}", done["notes"]);
        assert!(size <= cap && size * 100 >= cap * 97, "{source}: {size} of {cap} bytes: {done}");
    }
}

#[test]
fn a_film_that_needs_less_says_so() {
    if !common::has_ffmpeg("a_film_that_needs_less_says_so") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film(folder, "color=black:s=640x360:r=30", "4");
    let (done, size) = capped(folder, "3MB");
    assert!(size < 1_000_000, "{size}");
    assert!(done["notes"][0].as_str().unwrap().contains("is all this film needs"), "{done}");
}

/// Where bits are few the picture is smaller; its frames are the same.
#[test]
fn a_smaller_picture_has_the_same_frames() {
    if !common::has_ffmpeg("a_smaller_picture_has_the_same_frames") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let footage = Footage { width: 1280, height: 720, ..Footage::new((30, 1), 60) };
    mp4(&footage, &folder.join("clean.mp4"));
    let coded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-c:a", "copy", "a.mp4"];
    assert!(ffmpeg(folder, &[&["-i", "clean.mp4", "-vf", "noise=alls=40:allf=t"][..], &coded].concat()));
    assembled(folder);
    let (done, size) = capped(folder, "200kB");
    assert!((194_000..=200_000).contains(&size), "{size}: {done}");
    assert!(done["notes"].to_string().contains("the picture is "), "{done}");
    let shown = pictures(&folder.join("o.mp4"));
    assert_eq!(shown.numbers, (0..60).collect::<Vec<usize>>());
}

/// Cells that live and die: made smaller, nothing is left of them, whatever a finer quantiser saves; and with next to no bits they
/// are not taken for what an encoder got wrong.
#[test]
fn detail_in_single_pixels_keeps_its_size() {
    if !common::has_ffmpeg("detail_in_single_pixels_keeps_its_size") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (size, cap) in [("640x360", 600_000), ("320x180", 150_000)] {
        let colours = "death_color=#203040:life_color=#f0e0a0";
        film(folder, &format!("life=size={size}:rate=30:mold=10:ratio=0.3:seed=7:{colours}"), "6");
        let (done, bytes) = capped(folder, &cap.to_string());
        assert!(bytes <= cap && bytes * 100 >= cap * 97, "{size}: {bytes} of {cap} bytes: {done}");
        assert!(!done["notes"].to_string().contains("the picture is "), "{size}: {done}");
    }
}

#[test]
fn what_can_not_be_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage::new((30, 1), 90), &folder.join("a.mp4"));
    assembled(folder);
    let refused = |cap: &str, preset: &str, target: &str| {
        let why = fail(folder, &["export", "p.ron", "-o", target, "--max-size", cap, "--preset", preset]);
        assert!(!folder.join(target).exists());
        why
    };
    let why = refused("2kB", "h264", "o.mp4");
    assert!(why.contains("too small for 3 s of film") && why.contains("the least that would do is "), "{why}");
    // what is named does
    let least = why.split("would do is ").nth(1).unwrap().split(';').next().unwrap().replace(' ', "");
    succeed(folder, &["export", "p.ron", "-o", "least.mp4", "--max-size", &least]);
    assert!(refused("2MB", "draft", "o.mp4").contains("use 'h264'"));
    assert!(refused("2MB", "lossless", "o.mkv").contains("use 'h264'"));
}

/// A film is read several times for a size; what is wrong with its clips is told all the same, and once.
#[test]
fn a_replaced_file_is_told_of_however_often_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage::new((30, 1), 90), &folder.join("a.mp4"));
    assembled(folder);
    mp4(&Footage { first: 500, ..Footage::new((30, 1), 90) }, &folder.join("a.mp4"));
    let output = common::workprint(folder, &["export", "p.ron", "-o", "o.mp4", "--max-size", "200kB", "--json"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.matches(r#""event":"warning""#).count(), 1, "{told}");
    assert_eq!(output.status.code(), Some(1), "{told}");
}
