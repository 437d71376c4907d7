//! OpenTimelineIO's own library reads what is written here, and its files are read here.
//!
//! `WORKPRINT_TEST_PYTHON` names a Python that has the `opentimelineio` package, which `packaging/test` provides;
//! `WORKPRINT_TEST_OTIO` a folder of the package's sample files, which its source archive has.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, reason = "short texts")]

mod common;

use common::{Footage, mp4, succeed};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Every clip of a timeline as the library sees it: track, name, start on the track, source start, length, in frames.
const READ: &str = r#"
import json, sys, opentimelineio as otio
timeline = otio.adapters.read_from_file(sys.argv[1])
found = []
for track in timeline.tracks:
    for item in track:
        if isinstance(item, otio.schema.Clip):
            at = track.range_of_child(item)
            source = item.trimmed_range()
            warps = [e.time_scalar for e in item.effects]
            found.append([track.name, item.name, at.start_time.value, source.start_time.value,
                          source.duration.value, warps, item.media_reference.target_url])
        elif isinstance(item, otio.schema.Transition):
            found.append([track.name, "transition", item.in_offset.value, item.out_offset.value])
markers = [[m.name, m.color, m.marked_range.start_time.value] for m in timeline.tracks.markers]
print(json.dumps({"clips": found, "markers": markers, "rate": timeline.global_start_time.rate}))
"#;

#[test]
fn the_library_reads_the_same_ranges() {
    let Some(python) = std::env::var_os("WORKPRINT_TEST_PYTHON") else {
        common::skipped(
            "the_library_reads_the_same_ranges",
            "WORKPRINT_TEST_PYTHON names no Python with opentimelineio",
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage::new((30, 1), 90), &folder.join("a b.mp4"));
    std::fs::write(folder.join("cuts.csv"), "source,in,out,at\na b.mp4,0.5,1.5,0\na b.mp4,1,2,1\na b.mp4,0,1,3\n")
        .unwrap();
    let show =
        |project: &str| -> Value { serde_json::from_str(&succeed(folder, &["show", project, "--json"])).unwrap() };
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let id = |n: usize| show("p.ron")["tracks"][0]["clips"][n]["id"].as_u64().unwrap();
    let edits = format!(
        "[SetTransition(right: {}, transition: Some((kind: Dissolve, length: 10, before: 4)), alone: true),
          SetSpeed(clips: [{}], speed: (2, 1), ripple: false, sync_lock: true, alone: true),
          AddMarker((at: 45, name: \"here\", color: Purple))]",
        id(1),
        id(2)
    );
    std::fs::write(folder.join("edits.ron"), edits).unwrap();
    succeed(folder, &["edit", "p.ron", "edits.ron"]);
    succeed(folder, &["convert", "p.ron", "-o", "t.otio"]);
    let output = Command::new(python).args(["-c", READ]).arg(folder.join("t.otio")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let url = format!("file://{}", folder.join("a%20b.mp4").display());
    let clips = found["clips"].as_array().unwrap();
    let video: Vec<&Value> = clips.iter().filter(|c| c[0] == "V1").collect();
    assert_eq!(
        video,
        [
            &json!(["V1", "a b.mp4", 0.0, 15.0, 30.0, [], url]),
            &json!(["V1", "transition", 4.0, 6.0]),
            &json!(["V1", "a b.mp4", 30.0, 30.0, 30.0, [], url]),
            &json!(["V1", "a b.mp4", 90.0, 0.0, 15.0, [2.0], url]),
        ]
    );
    assert_eq!(found["markers"], json!([["here", "PURPLE", 45.0]]));
    assert_eq!(found["rate"], 30.0);
    // and back: the same timeline
    succeed(folder, &["assemble", "t.otio", "-o", "again.ron"]);
    let places = |project: &str| -> Vec<Value> {
        let shown = show(project);
        let clips = shown["tracks"].as_array().unwrap().iter().flat_map(|t| t["clips"].as_array().unwrap().clone());
        clips.map(|c| json!([c["start"], c["length"], c["source_in"], c["speed"]])).collect()
    };
    assert_eq!(places("again.ron"), places("p.ron"));
}

#[test]
fn its_sample_files_are_read() {
    let Some(samples) = std::env::var_os("WORKPRINT_TEST_OTIO") else {
        common::skipped("its_sample_files_are_read", "WORKPRINT_TEST_OTIO names no folder of sample files");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(Path::new(&samples)).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "otio") {
            let file = entry.path().to_string_lossy().into_owned();
            succeed(folder.path(), &["assemble", &file, "--overwrite", "-o", "p.ron"]);
            let shown: Value = serde_json::from_str(&succeed(folder.path(), &["show", "p.ron", "--json"])).unwrap();
            // what only a generator makes has no media
            let generated = std::fs::read_to_string(&file).unwrap().contains("GeneratorReference");
            assert!(shown["sequence"]["length"].as_i64().unwrap() > 0 || generated, "{file} is empty");
            read += 1;
        }
    }
    assert!(read > 5, "only {read} files were there");
}
