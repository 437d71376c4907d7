//! Rules of the architecture, kept by reading the code.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom, beside `platform`, which all may: the folders of `src`, and the outside crates that only some may
/// know.
const LAYERS: &[(&str, &[&str])] = &[
    ("platform", &[]),
    ("model", &[]),
    ("edit", &["model"]),
    ("project_file", &["model"]),
    ("interchange", &["model", "edit"]),
    ("media", &["model", "gstreamer"]),
    ("render", &["model", "media", "gstreamer"]),
    ("export", &["model", "media", "render", "gstreamer"]),
    ("worker", &["model", "media", "render", "export", "project_file", "interchange"]),
    ("app", &["model", "edit", "project_file", "media", "render", "export", "worker"]),
    ("diagnostics", &["media", "gstreamer"]),
    ("ui", &["model", "edit", "media", "render", "export", "worker", "app", "diagnostics", "egui"]),
    (
        "cli",
        &[
            "model",
            "edit",
            "project_file",
            "interchange",
            "media",
            "render",
            "export",
            "worker",
            "diagnostics",
            "gstreamer",
        ],
    ),
];

/// All files below a folder, but for what git ignores, and git itself.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap_or_default());
        if path.is_file() {
            found.push(path);
        } else if path.is_dir() && !name.starts_with('.') && name != "target" && name != "demo" {
            found.extend(files(&path));
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// The code of a file without its unit tests, which may use more.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end].lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn layers_use_only_what_lies_below() {
    let mut wrong = Vec::new();
    for (layer, allowed) in LAYERS {
        for path in sources(&root().join(layer)) {
            // the text form of timelines in tests
            if path.ends_with("edit/text.rs")
                || path.ends_with("edit/cases_of_looks.rs")
                || path.ends_with("edit/cases.rs")
                || path.ends_with("edit/random.rs")
            {
                continue;
            }
            let code = code(&path);
            // what differs between systems is for everyone
            let may = |other: &&str| other == layer || *other == "platform" || allowed.contains(other);
            for (other, _) in LAYERS.iter().filter(|(other, _)| !may(other)) {
                if code.contains(&format!("crate::{other}::")) || code.contains(&format!("crate::{other};")) {
                    wrong.push(format!("{} uses {other}", path.display()));
                }
            }
            for outside in ["gstreamer", "egui"] {
                let named = code.contains(&format!("{outside}::")) || code.contains(&format!("use {outside}"));
                if named && !allowed.contains(&outside) {
                    wrong.push(format!("{} uses {outside}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_is_a_layer_and_says_what_it_never_does() {
    for entry in fs::read_dir(root()).unwrap().flatten().filter(|e| e.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        assert!(LAYERS.iter().any(|(layer, _)| *layer == name), "{name} is in no layer");
        let head = fs::read_to_string(entry.path().join("mod.rs")).unwrap();
        assert!(head.starts_with("//! "), "{name}/mod.rs says nothing about itself");
        let head: String = head.lines().take_while(|l| l.starts_with("//!")).collect();
        let invariant = ["ever know", "ever open", "othing here", "nothing here"].iter().any(|w| head.contains(w));
        assert!(invariant, "{name}/mod.rs states no invariant");
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TODO", "FIXME", "todo!(", "unimplemented!(", "XXX"];
    for path in sources(&root()) {
        let text = fs::read_to_string(&path).unwrap();
        for word in words {
            assert!(!text.contains(word), "{} has a {word}", path.display());
        }
    }
}

#[test]
fn files_stay_readable() {
    for path in sources(&root()) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines; split it by what its parts are for", path.display());
    }
}

#[test]
fn no_media_lie_beside_the_sources() {
    let media = ["mp4", "mov", "mkv", "webm", "avi", "ts", "m4a", "mp3", "wav", "flac", "ogg", "opus"];
    for path in files(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        assert!(!media.contains(&kind.as_str()), "{} does not belong here", path.display());
    }
}
