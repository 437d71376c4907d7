//! What is damaged or can't be read is told, once a clip, with the time and the reason; and what is whole is not complained of.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, export, mkv, mp4, skipped, succeed, webm, workprint};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The texts of the warnings of an export.
fn warnings(events: &[Value]) -> Vec<String> {
    let texts = events.iter().filter(|event| event["event"] == "warning").map(|event| event["text"].as_str());
    texts.map(|text| text.unwrap().to_owned()).collect()
}

/// Exports spans of a file, each a clip; the warnings.
fn warned(folder: &Path, name: &str, spans: &[(u32, u32)]) -> Vec<String> {
    let rows = spans.iter().map(|(from, to)| format!("{name},{from},{to}"));
    let rows: Vec<String> = std::iter::once("source,in,out".to_owned()).chain(rows).collect();
    fs::write(folder.join("c.csv"), rows.join("\n")).unwrap();
    // a project of its own each time
    let project = format!("{name}-{}-{}.ron", spans.len(), spans[0].0);
    succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", &project]);
    warnings(&export(folder, &[&project, "-o", "o.mp4", "--preset", "draft", "--overwrite"]))
}

#[test]
fn damage_is_told_once_a_clip_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut footage = Footage::new((30, 1), 300);
    footage.pattern = 1;
    for (name, make) in [("a.mp4", mp4 as fn(&Footage, &Path)), ("a.mkv", mkv), ("a.webm", webm)] {
        let path = folder.path().join(name);
        make(&footage, &path);
        let told = warned(folder.path(), name, &[(0, 10)]);
        assert_eq!(told, [""; 0], "{name} is whole");
        let mut bytes = fs::read(&path).unwrap();
        let (from, to) = (bytes.len() / 2, bytes.len() * 3 / 4);
        bytes[from..to].fill(0);
        let damaged = format!("damaged-{name}");
        fs::write(folder.path().join(&damaged), bytes).unwrap();
        let told = warned(folder.path(), &damaged, &[(0, 10)]);
        let pictures: Vec<_> = told.iter().filter(|text| text.contains("its pictures are damaged at")).collect();
        assert_eq!(pictures.len(), 1, "{name}: {told:?}");
        let second = pictures[0].split(" at ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        let second: f64 = second.parse().unwrap();
        assert!((3.0..7.0).contains(&second), "{name}: {told:?}");
        assert!(told.len() <= 2, "{name}: {told:?}");
        // what lies before the damage is whole, wherever was read before
        let told = warned(folder.path(), &damaged, &[(1, 2), (0, 1)]);
        assert_eq!(told, [""; 0], "{name} is whole there");
    }
}

/// Reads of a file fail from a place on, as on a card that is broken: by a library that stands before the system's.
const BROKEN_CARD: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
ssize_t read(int fd, void *to, size_t count) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (strstr(path, getenv("BROKEN_FILE")) && at >= 0 && at + (off_t)count >= atol(getenv("BROKEN_FROM"))) {
        errno = EIO;
        return -1;
    }
    return real(fd, to, count);
}
"#;

#[test]
#[cfg(target_os = "linux")]
fn what_cant_be_read_is_not_taken_for_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("card.c"), folder.path().join("card.so"));
    fs::write(&source, BROKEN_CARD).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    if !made.is_ok_and(|status| status.success()) {
        return skipped("what_cant_be_read_is_not_taken_for_the_end", "there is no C compiler");
    }
    let footage = Footage::new((30, 1), 300);
    for (name, make) in [("a.mkv", mkv as fn(&Footage, &Path)), ("a.webm", webm), ("a.mp4", mp4)] {
        let path = folder.path().join(name);
        make(&footage, &path);
        assert_eq!(warned(folder.path(), name, &[(0, 10)]), [""; 0]);
        let half = fs::metadata(&path).unwrap().len() / 2;
        let project = format!("{name}-1-0.ron");
        let output = Command::new(env!("CARGO_BIN_EXE_workprint"))
            .current_dir(folder.path())
            .env("LD_PRELOAD", &library)
            .env("BROKEN_FILE", name)
            .env("BROKEN_FROM", half.to_string())
            .env("WORKPRINT_CACHE", folder.path().join("cache"))
            .args(["export", &project, "-o", "o.mp4", "--preset", "draft", "--overwrite", "--json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let told = warnings(&text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>());
        assert!(!told.is_empty() && told.iter().all(|text| text.contains("Input/output error")), "{name}: {told:?}");
    }
    // the card is put in anew
    assert!(workprint(folder.path(), &["probe", "a.mkv"]).status.success());
    assert_eq!(warned(folder.path(), "a.mkv", &[(0, 9)]), [""; 0]);
}
