//! An export's memory does not grow with the number of clips, and what it says of it is true.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, Seeded, mp4, succeed};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// The peak in bytes that an export of `cuts` short cuts tells.
fn peak(folder: &Path, cuts: usize) -> u64 {
    let mut random = Seeded(3);
    let mut list = String::from("source,in,out\n");
    for _ in 0..cuts {
        let first = random.below(210);
        writeln!(list, "a.mp4,{:.6},{:.6}", first as f64 / 30.0, (first + 12) as f64 / 30.0).unwrap();
    }
    std::fs::write(folder.join("cuts.csv"), list).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let text = succeed(folder, &["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--overwrite", "--json"]);
    let done: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(done["frames"], cuts * 12);
    done["peak_rss"].as_u64().unwrap()
}

#[test]
fn ten_times_the_cuts_take_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage { width: 1280, height: 720, ..Footage::new((30, 1), 240) }, &folder.path().join("a.mp4"));
    let (few, many) = (peak(folder.path(), 20), peak(folder.path(), 200));
    let growth = many as f64 / few as f64;
    println!("peak of 20 cuts {few}, of 200 cuts {many}: {growth:.3}");
    assert!(growth < 1.05, "{few} bytes for 20 cuts, {many} for 200");
}
