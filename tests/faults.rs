//! Files that break after they were imported: the export has its exact number of frames all the same, or
//! fails clearly; it never hangs or crashes.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, reason = "short texts")]

mod common;

use common::{Footage, Seeded, mkv, mp4, pictures, shared_media, succeed, webm, workprint};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn damaged_sources_never_change_the_number_of_frames() {
    let folder = tempfile::tempdir().unwrap();
    let footage = Footage::new((30, 1), 150);
    let mut random = Seeded(11);
    for (name, make) in [("a.mp4", mp4 as fn(&Footage, &Path)), ("a.mkv", mkv), ("a.webm", webm)] {
        let path = folder.path().join(name);
        make(&footage, &path);
        let whole = fs::read(&path).unwrap();
        fs::write(folder.path().join("c.csv"), format!("source,in,out\n{name},0,2\n{name},3,4\n")).unwrap();
        succeed(folder.path(), &["assemble", "c.csv", "--overwrite", "-o", "p.ron"]);
        for case in 0..8 {
            let mut damaged = whole.clone();
            match case % 3 {
                0 => damaged.truncate(500 + random.below(whole.len() - 500)),
                1 => (0..40).for_each(|_| {
                    let at = random.below(whole.len());
                    damaged[at] = u8::try_from(random.below(256)).unwrap();
                }),
                _ => {
                    let at = random.below(whole.len());
                    let end = (at + 5000).min(whole.len());
                    damaged[at..end].fill(0);
                }
            }
            fs::write(&path, &damaged).unwrap();
            let args = ["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--overwrite", "--json"];
            let output = workprint(folder.path(), &args);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(!error.contains("panicked"), "{name} case {case}: {error}");
            let text = String::from_utf8(output.stdout).unwrap();
            let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            common::says_whether_all_was_done(&events, output.status.code());
            let last = events.last().unwrap();
            if last["event"] == "done" {
                // whether or not its decoder noticed
                assert_eq!(output.status.success(), damaged == whole, "{name} case {case}: {text}");
                assert_eq!(last["frames"], 90, "{name} case {case}");
                assert_eq!(pictures(&folder.path().join("o.mp4")).numbers.len(), 90, "{name} case {case}");
            } else {
                assert_eq!(last["event"], "failed", "{name} case {case}: {text}");
                assert!(last["text"].as_str().unwrap().contains(name), "{last}");
            }
        }
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_source_that_ends_early_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    mkv(&Footage { sound: false, ..Footage::new((30, 1), 300) }, &path);
    fs::write(folder.path().join("c.csv"), "source\na.mkv\n").unwrap();
    succeed(folder.path(), &["assemble", "c.csv", "-o", "p.ron"]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let events = common::export(folder.path(), &["p.ron", "-o", "o.mp4", "--preset", "draft"]);
    let warnings: Vec<&Value> = events.iter().filter(|e| e["event"] == "warning").collect();
    assert!(warnings.iter().all(|w| w["clip"] == "a.mkv"), "{warnings:?}");
    assert!(warnings.iter().any(|w| w["text"].as_str().unwrap().contains("end at")), "{warnings:?}");
    assert_eq!(events.last().unwrap()["frames"], 300);
}

/// Damages bytes in one of the ways in which downloads, cards and disks do.
fn damage(bytes: &mut Vec<u8>, case: usize, random: &mut Seeded) {
    let length = bytes.len();
    match case % 4 {
        0 => bytes.truncate(200 + random.below(length - 200)),
        1 => (0..=random.below(200)).for_each(|_| {
            let at = random.below(length);
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }),
        2 => {
            let at = random.below(length);
            let end = (at + 1 + random.below(60_000)).min(length);
            bytes[at..end].fill(0);
        }
        // a stretch of it is from somewhere else
        _ => {
            let (from, to, count) = (random.below(length), random.below(length), 1 + random.below(40_000));
            for n in 0..count.min(length - from).min(length - to) {
                bytes[to + n] = bytes[from + n];
            }
        }
    }
}

/// Real files, damaged after they were put on a timeline. `WORKPRINT_FAULTS` says how many; 200 unless said.
#[test]
fn damaged_real_files_never_hang_crash_or_change_the_number_of_frames() {
    let Some(media) = shared_media("damaged_real_files_never_hang_crash_or_change_the_number_of_frames") else {
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(&media)
        .unwrap()
        .flatten()
        .filter(|e| e.metadata().unwrap().len() < 4 << 20)
        .map(|e| e.path())
        .filter(|p| {
            let name = p.file_name().unwrap().to_string_lossy().into_owned();
            !name.starts_with("not_media") && name != "INDEX.md" && !name.contains("start10s")
        })
        .collect();
    files.sort();
    let cases: usize = std::env::var("WORKPRINT_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let (good, refused) = common::how_many(cases, |case| survives(&files[case % files.len()], case));
    assert_eq!(good + refused, cases);
    // most damage costs a few pictures, not the export
    assert!(good * 10 > cases * 6, "{good} of {cases} were exported, {refused} refused");
}

/// Whether a damaged file was exported (with its exact number of frames) and not refused.
fn survives(file: &Path, case: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let whole = fs::read(file).unwrap();
    fs::write(folder.join(&name), &whole).unwrap();
    fs::write(folder.join("c.csv"), format!("source,in,out\n{name},0,0.25\n{name},0.1,0.3\n")).unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron", "--size", "320x180", "--rate", "30"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "p.ron", "--json"])).unwrap();
    let length = shown["sequence"]["length"].as_u64().unwrap();
    let mut damaged = whole;
    damage(&mut damaged, case, &mut Seeded(case as u64 * 7919 + 1));
    fs::write(folder.join(&name), &damaged).unwrap();
    let (out, log) = (fs::File::create(folder.join("out")).unwrap(), fs::File::create(folder.join("log")).unwrap());
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--json"])
        .current_dir(folder)
        .env("WORKPRINT_CACHE", folder.join("cache"))
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(log))
        .spawn()
        .unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_mins(3) {
            child.kill().unwrap();
            panic!("{name} case {case}: it hangs");
        }
        std::thread::park_timeout(Duration::from_millis(20));
    };
    let error = fs::read_to_string(folder.join("log")).unwrap();
    assert!(!error.contains("panicked") && status.code().is_some(), "{name} case {case}: {status}: {error}");
    let text = fs::read_to_string(folder.join("out")).unwrap();
    let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    common::says_whether_all_was_done(&events, status.code());
    let last = events.last().unwrap();
    let done = last["event"] == "done";
    if done {
        assert_eq!(last["frames"], length, "{name} case {case}");
        let found = pictures(&folder.join("o.mp4")).times.len();
        assert_eq!(u64::try_from(found).unwrap(), length, "{name} case {case}");
    } else {
        assert_eq!(last["event"], "failed", "{name} case {case}: {text}");
        assert!(!folder.join("o.mp4").exists(), "{name} case {case}: a failed export left a file");
    }
    done
}

#[test]
fn a_source_that_goes_or_changes_during_an_export_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (case, name) in ["gone.mp4", "replaced.mp4"].into_iter().enumerate() {
        mp4(&Footage::new((30, 1), 900), &folder.join(name));
        // many cuts, so that it is opened again and again
        let rows: String = (0..60).map(|n| format!("{name},{},{}\n", n as f64 * 0.4, n as f64 * 0.4 + 0.5)).collect();
        fs::write(folder.join("c.csv"), format!("source,in,out\n{rows}")).unwrap();
        succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", "p.ron"]);
        let mut child = Command::new(env!("CARGO_BIN_EXE_workprint"))
            .args(["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--json", "--overwrite"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // it has begun when it tells its plan
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let plan: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(plan["event"], "plan");
        fs::remove_file(folder.join(name)).unwrap();
        if case == 1 {
            mkv(&Footage::new((25, 1), 20), &folder.join(name));
        }
        let rest = lines.map_while(Result::ok);
        let events: Vec<Value> = rest.map(|line| serde_json::from_str(&line).unwrap()).collect();
        common::says_whether_all_was_done(&events, child.wait().unwrap().code());
        let last = events.last().unwrap();
        if last["event"] == "done" {
            assert!(last["warnings"].as_u64().unwrap() > 0, "{name}: {last}");
            assert_eq!(last["frames"], 900, "{name}");
            assert_eq!(pictures(&folder.join("o.mp4")).times.len(), 900, "{name}");
        } else {
            assert_eq!(last["event"], "failed", "{name}: {last}");
        }
    }
}
