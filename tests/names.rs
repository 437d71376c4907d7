//! File names that are no text: bytes of any value but 0 and `/`, as Unix has them. A project of such files is built,
//! saved, shown, cut, exported, given to other programs and recovered as any other, and the names stay as they are.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, mkv, pictures};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use workprint::edit::Edit;
use workprint::project_file::{Recent, Session, load, orphans, save};

/// Such a name, one that looks as if it were written by the escapes, and one that is text of two languages.
const NAMES: [&[u8]; 4] =
    [b"film-\xff\xfe.mkv", b"50%25 %FF\xe9.mkv", b"%FF %zz.mkv", "\u{feff}фильм 映画.mkv".as_bytes()];

fn name(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// Ready to run on these arguments, each of any bytes.
fn program(folder: &Path, args: &[&OsStr]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workprint"));
    command.args(args).current_dir(folder).env("WORKPRINT_CACHE", folder.join("cache"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs the program, which must not panic; gives its output.
fn run(folder: &Path, args: &[&OsStr]) -> Output {
    let output = program(folder, args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some() && !error.contains("panicked"), "{args:?}: {error}");
    output
}

/// Runs it; it must do all that it was asked for.
fn succeed(folder: &Path, args: &[&OsStr]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The path that a value in JSON is, read as the README says and by nothing of the program.
fn path_of(value: &Value) -> PathBuf {
    let text = value.as_str().unwrap();
    let Some(escaped) = text.strip_prefix('\0') else { return text.into() };
    OsString::from_vec(unescape(escaped)).into()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap().as_bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// A folder, itself of such a name, with a clip of two seconds of each name in `clips`, and a cut list `cuts.csv` of half a
/// second of each.
fn folder_of_names() -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join(name(b"r\xe9el"));
    fs::create_dir_all(folder.join("clips")).unwrap();
    let made = temporary.path().join("made.mkv");
    mkv(&Footage { sound: false, ..Footage::new((24, 1), 48) }, &made);
    let mut list = b"source,in,out\n".to_vec();
    for bytes in NAMES {
        fs::copy(&made, folder.join("clips").join(name(bytes))).unwrap();
        list.extend_from_slice(b"clips/");
        list.extend_from_slice(bytes);
        list.extend_from_slice(b",0.5,1\n");
    }
    fs::write(folder.join("cuts.csv"), list).unwrap();
    (temporary, folder)
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    NAMES.iter().map(|bytes| folder.join("clips").join(name(bytes))).collect()
}

fn args<'a>(words: &[&'a str], more: &[&'a OsStr]) -> Vec<&'a OsStr> {
    words.iter().copied().map(OsStr::new).chain(more.iter().copied()).collect()
}

#[test]
fn a_project_of_such_files_is_like_any_other() {
    let (_temporary, folder) = folder_of_names();
    let project = name(b"pr\xf6ject.ron");
    succeed(&folder, &args(&["assemble", "cuts.csv", "-o"], &[&project]));
    let shown = json(&succeed(&folder, &args(&["show", "--json"], &[&project])));
    let sources: Vec<PathBuf> =
        shown["tracks"][0]["clips"].as_array().unwrap().iter().map(|c| path_of(&c["source"])).collect();
    assert_eq!(sources, paths(&folder));
    let text = succeed(&folder, &args(&["show"], &[&project]));
    assert!(!text.contains("offline"), "{text}");
    // relative to the project: both move together
    let text = fs::read_to_string(folder.join(&project)).unwrap();
    assert!(text.contains("\"clips/%FF %zz.mkv\"") && !text.contains("r%E9el"), "{text}");

    // a whole folder, and each file
    fs::write(folder.join("all.csv"), "source\nclips\n").unwrap();
    succeed(&folder, &args(&["assemble", "all.csv", "-o", "all.ron"], &[]));
    assert_eq!(load(&folder.join("all.ron")).unwrap().assets.len(), NAMES.len());
    let files: Vec<PathBuf> = paths(&folder);
    let files: Vec<&OsStr> = files.iter().map(|f| f.as_os_str()).collect();
    let found = json(&succeed(&folder, &args(&["probe", "--json"], &files)));
    let probed: Vec<PathBuf> = found.as_array().unwrap().iter().map(|f| path_of(&f["path"])).collect();
    assert_eq!(probed, paths(&folder));
    assert!(found.as_array().unwrap().iter().all(|f| f["video"]["width"] == 320), "{found}");
    succeed(&folder, &args(&["probe"], &files));

    // the frame at 0.5 s is the first of the second cut, the 12th of its file
    let still = name(b"st\xfcll.png");
    succeed(&folder, &args(&["frame", "--at", "0.5", "-o"], &[&still, &project]));
    assert_eq!(&fs::read(folder.join(&still)).unwrap()[1..4], b"PNG");
    assert_eq!(succeed(&folder, &args(&["proxy"], &[&project])).lines().count(), NAMES.len());
    succeed(&folder, &args(&["frame", "--proxy", "--at", "0.5", "-o"], &[&name(b"\xfe.png"), &project]));

    let film = name(b"f\xeflm.mkv");
    let told = succeed(&folder, &args(&["export", "--json", "--preset", "lossless", "-o"], &[&film, &project]));
    let done = json(told.lines().last().unwrap());
    assert_eq!((&done["event"], path_of(&done["path"])), (&"done".into(), PathBuf::from(&film)), "{told}");
    // decoded under another name, so that only the program's own reading is tried here
    fs::copy(folder.join(&film), folder.join("film.mkv")).unwrap();
    let numbers = pictures(&folder.join("film.mkv")).numbers;
    assert_eq!(numbers, (12..24).cycle().take(48).collect::<Vec<_>>());
    succeed(&folder, &args(&["export", "-o"], &[&name(b"b\xff.mp4"), &project]));
}

#[test]
fn what_is_wrong_with_such_files_is_said_without_a_panic() {
    let (_temporary, folder) = folder_of_names();
    succeed(&folder, &args(&["assemble", "cuts.csv", "-o", "p.ron"], &[]));
    let (bad, none) = (name(b"b\xe4d.mp4"), name(b"n\xf6ne.mp4"));
    fs::write(folder.join(&bad), "no media").unwrap();
    let found = run(&folder, &args(&["probe", "--json"], &[&bad, &none]));
    let found = json(&String::from_utf8(found.stdout).unwrap());
    for (value, path) in [(&found[0], &bad), (&found[1], &none)] {
        assert_eq!(path_of(&value["path"]), PathBuf::from(path));
        assert!(value["error"].as_str().unwrap().contains(&*path.to_string_lossy()), "{value}");
    }
    for command in [
        args(&["probe"], &[&bad, &none]),
        args(&["proxy"], &[&bad, &none]),
        args(&["show"], &[&none]),
        args(&["show", "--json"], &[&bad]),
        args(&["edit", "p.ron"], &[&none]),
        args(&["assemble", "-o", "x.ron"], &[&none]),
        args(&["convert", "p.ron", "-o"], &[&bad]),
        args(&["convert", "p.ron", "-o"], &[&name(b"n\xf6ne/a.otio")]),
        args(&["frame", "p.ron", "--at", "0", "-o"], &[&name(b"n\xf6ne/a.png")]),
        args(&["export", "p.ron", "-o"], &[&bad]),
        args(&["export", "p.ron", "--json", "-o"], &[&name(b"n\xf6ne/a.mp4")]),
    ] {
        let output = run(&folder, &command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && error.contains("error: "), "{command:?}: {error}");
    }
    // a file that is missing, and one in the place of which there is another
    let first = &paths(&folder)[0];
    fs::remove_file(first).unwrap();
    assert_eq!(run(&folder, &args(&["frame", "p.ron", "--at", "0", "-o", "a.png"], &[])).status.code(), Some(1));
    let export = args(&["export", "p.ron", "--preset", "draft", "--json", "-o", "film.mp4"], &[]);
    let told = String::from_utf8(run(&folder, &export).stdout).unwrap();
    let failed = json(told.lines().last().unwrap());
    assert!(failed["text"].as_str().unwrap().contains(&*first.to_string_lossy()), "{told}");
    let other = folder.join("other.mkv");
    mkv(&Footage { sound: false, ..Footage::new((24, 1), 50) }, &other);
    fs::rename(other, first).unwrap();
    let told = String::from_utf8(run(&folder, &export).stdout).unwrap();
    let warning = told.lines().map(json).find(|e| e["event"] == "warning").unwrap_or_else(|| panic!("{told}"));
    assert_eq!((&path_of(&warning["source"]), &warning["lacks"]), (first, &true.into()));
    fs::write(folder.join("list.csv"), b"source\nn\xf6ne.mkv\n").unwrap();
    let output = run(&folder, &args(&["assemble", "list.csv", "-o", "x.ron"], &[]));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("line 2") && error.contains("ne.mkv"), "{error}");
}

#[test]
fn other_programs_get_such_names_as_far_as_their_formats_hold_them() {
    let (_temporary, folder) = folder_of_names();
    succeed(&folder, &args(&["assemble", "cuts.csv", "-o", "p.ron"], &[]));
    succeed(&folder, &args(&["convert", "p.ron", "-o"], &[&name(b"t\xff.otio")]));
    let text = fs::read_to_string(folder.join(name(b"t\xff.otio"))).unwrap();
    assert!(text.contains("/r%E9el/clips/film-%FF%FE.mkv\"") && text.contains("/50%2525%20%25FF%E9.mkv\""), "{text}");
    succeed(&folder, &args(&["assemble", "-o", "q.ron"], &[&name(b"t\xff.otio")]));
    let again = load(&folder.join("q.ron")).unwrap();
    let mut found: Vec<PathBuf> = again.assets.values().map(|a| a.path.clone()).collect();
    let mut expected = paths(&folder);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let shown = succeed(&folder, &args(&["show", "q.ron"], &[]));
    assert!(!shown.contains("offline"), "{shown}");

    let output = run(&folder, &args(&["convert", "p.ron", "-o", "t.edl"], &[]));
    let said = String::from_utf8(output.stderr).unwrap();
    // its folder is no text, so none of its files can be named
    assert_eq!((output.status.code(), said.matches("relinked").count()), (Some(0), NAMES.len()), "{said}");
    assert!(said.contains("film-\\xFF\\xFE.mkv"), "{said}");
    assert!(!fs::read_to_string(folder.join("t.edl")).unwrap().contains("SOURCE FILE"));
}

#[test]
fn edits_and_autosaves_keep_such_names() {
    let (_temporary, folder) = folder_of_names();
    succeed(&folder, &args(&["assemble", "cuts.csv", "-o", "p.ron"], &[]));
    let project = load(&folder.join("p.ron")).unwrap();
    let sessions = folder.join(name(b"s\xffssions"));
    let session = Session::begin(&sessions).unwrap();
    session.save(&project, Some(&folder.join(name(b"\xfe.ron"))), None, false).unwrap();
    // as after a crash: the system releases the lock
    drop(session);
    let found = orphans(&sessions);
    assert_eq!(found[0].path.as_deref(), Some(&*folder.join(name(b"\xfe.ron"))));
    assert_eq!(found[0].project, project);

    let mut recent = Recent::default();
    recent.add(&folder.join(name(b"\xfe.ron")));
    recent.add(Path::new("/a%FF.ron"));
    recent.save(&sessions);
    assert_eq!(Recent::load(&sessions).projects, recent.projects);

    // what a relink in the window commits
    let (id, asset) = project.assets.iter().next().unwrap();
    let with = workprint::model::Asset { path: folder.join(name(b"c\xf6py.mkv")), ..(**asset).clone() };
    let edits = ron::to_string(&vec![Edit::Relink { asset: *id, with: Box::new(with.clone()) }]).unwrap();
    fs::write(folder.join("edits.ron"), &edits).unwrap();
    succeed(&folder, &args(&["edit", "p.ron", "edits.ron", "-o"], &[&name(b"\xfd.ron")]));
    assert_eq!(load(&folder.join(name(b"\xfd.ron"))).unwrap().assets[id].path, with.path);
    fs::write(folder.join("edits.ron"), edits.replace("%F6", "%F")).unwrap();
    let error = String::from_utf8(run(&folder, &args(&["edit", "p.ron", "edits.ron"], &[])).stderr).unwrap();
    assert!(error.contains("edits.ron") && error.contains("path: ") && error.contains("hex digits"), "{error}");
}

/// Projects of before: every path is written as it is, whatever it looks like.
#[test]
fn projects_of_before_are_read_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.ron");
    let mut project = workprint::model::Project::default();
    let names = ["%FF.mkv", "a%", "\\0 %00.mkv", "ü\u{feff}.mkv"];
    for (n, name) in (1_u64..).zip(names) {
        let asset = workprint::model::Asset {
            id: workprint::model::AssetId(100 + n),
            name: name.into(),
            path: folder.path().join(name),
            fingerprint: String::new(),
            info: workprint::model::MediaInfo::of(workprint::model::MediaKind::Audio, "WAV"),
        };
        project.assets_mut().insert(asset.id, asset.into());
    }
    project.next_id = 200;
    save(&project, &path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for name in names {
        // as the library writes any text
        assert!(text.contains(&format!("path: {}", ron::to_string(name).unwrap())), "{name:?} in {text}");
    }
    assert_eq!(load(&path).unwrap(), project);
}

/// Where what is asked for can't be printed, that is an error; where only nobody listens to what is said beside it, none.
#[test]
fn a_full_disk_or_a_closed_pipe_is_no_panic() {
    let (_temporary, folder) = folder_of_names();
    succeed(&folder, &args(&["assemble", "cuts.csv", "-o", "p.ron"], &[]));
    let full = || File::options().write(true).open("/dev/full");
    if full().is_err() {
        common::skipped("a_full_disk_or_a_closed_pipe_is_no_panic", "this system has no /dev/full");
        return;
    }
    for command in [
        args(&["probe", "--json"], &[paths(&folder)[0].as_os_str()]),
        args(&["probe"], &[paths(&folder)[0].as_os_str()]),
        args(&["show", "p.ron", "--json"], &[]),
        args(&["show", "p.ron"], &[]),
        args(&["presets"], &[]),
        args(&["presets", "--json"], &[]),
        args(&["doctor"], &[]),
        args(&["doctor", "--json"], &[]),
        args(&["proxy", "p.ron"], &[]),
    ] {
        let output = program(&folder, &command).stdout(full().unwrap()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && !error.contains("panicked"), "{command:?}: {error}");
        assert!(error.contains("error: ") && error.contains("No space left"), "{command:?}: {error}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program(&folder, &command).stdout(writer).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && !error.contains("panicked"), "{command:?}: {error}");
        assert!(!error.contains("error: "), "{command:?}: who has seen enough is told more: {error}");
        // and what is said to people
        let code = program(&folder, &command).stdout(Stdio::null()).stderr(full().unwrap()).status().unwrap().code();
        assert_eq!(code, Some(0), "{command:?}");
    }
    // nor where there is no display for a window
    let code = program(&folder, &[]).stderr(full().unwrap()).status().unwrap().code();
    assert_eq!(code, Some(1));
    let export = args(&["export", "p.ron", "--preset", "draft", "--overwrite", "-o", "film.mp4"], &[]);
    let code = program(&folder, &export).stdout(Stdio::null()).stderr(full().unwrap()).status().unwrap().code();
    assert_eq!(code, Some(0));
}
