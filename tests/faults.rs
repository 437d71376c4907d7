//! Files that break after they were imported: the export has its exact number of frames all the same, or
//! fails clearly; it never hangs or crashes.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, Seeded, mkv, mp4, pictures, succeed, webm, workprint};
use serde_json::Value;
use std::fs;
use std::path::Path;

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
        succeed(folder.path(), &["assemble", "c.csv", "-o", "p.ron"]);
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
            let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            if output.status.success() {
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
    let text = succeed(folder.path(), &["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--json"]);
    let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let warning = events.iter().find(|e| e["event"] == "warning").unwrap_or_else(|| panic!("{text}"));
    assert_eq!(warning["clip"], "a.mkv");
    assert!(warning["text"].as_str().unwrap().contains("end at"), "{warning}");
    assert_eq!(events.last().unwrap()["frames"], 300);
}
