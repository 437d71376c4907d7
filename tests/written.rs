//! Everything that is written, from outside: whole or not at all, never over what was not meant, never lost at the last
//! step, with what a file is beside its bytes.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, fail, mp4, pictures, skipped, succeed};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A project of one red picture, which needs no media.
fn red(frames: u32, (width, height): (u32, u32)) -> String {
    format!(
        "(version: 1, project: (assets: {{3: (id: 3, name: \"Red\", path: \"\", info: (kind: Still, container: \"\", \
         duration: None, video: Some((codec: \"\", width: {width}, height: {height}, orientation: (rotation: 0, mirrored: \
         false), pixel_aspect: (num: 1, den: 1), rate: None, variable_rate: false, interlaced: false, alpha: false, \
         bit_depth: 8, transfer: Sdr, colorimetry: \"sRGB\")), audio: [], generator: Some(Solid((200, 10, 20)))))}}, \
         sequences: {{0: (name: \"S\", rate: (30, 1), width: {width}, height: {height}, sample_rate: 48000, tracks: [(id: \
         1, name: \"V1\", kind: Video, clips: [(id: 4, start: 0, length: {frames}, source_in: 0, content: (name: \"Red\", \
         asset: 3, properties: ()))])])}}, active: 0, next_id: 9))"
    )
}

/// A folder with a short project, a long one, a cut list and a list of edits.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("p.ron"), red(10, (160, 90))).unwrap();
    fs::write(path.join("long.ron"), red(400, (640, 360))).unwrap();
    fs::write(path.join("e.ron"), "[AddMarker((at: 3, name: \"x\", color: Red))]").unwrap();
    folder
}

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workprint"));
    command.args(args).current_dir(folder).env("WORKPRINT_CACHE", folder.join("cache"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

fn error_of(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && !error.contains("panicked"), "{:?}: {error}", output.status);
    error
}

/// What a killed process may have left.
fn hidden(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.file_name().into_string().unwrap()).filter(|n| n.starts_with('.')).collect()
}

/// An export that has begun to render, and what it tells from there on.
fn begun(folder: &Path, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let args = [&["export", "long.ron", "--preset", "draft", "--json", "-o"], args].concat();
    let mut child = program(folder, &args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("\"plan\""), "{line}");
    (child, told)
}

/// Its last line, and how it ended.
fn ended((mut child, told): (Child, BufReader<ChildStdout>)) -> (Value, Option<i32>) {
    let last = told.lines().map(Result::unwrap).last().unwrap();
    (serde_json::from_str(&last).unwrap(), child.wait().unwrap().code())
}

/// Every command that writes a file, over `o.EXT`; `--overwrite` where it has it.
const WRITERS: &[(&str, &[&str])] = &[
    ("mp4", &["export", "p.ron", "--preset", "draft", "--overwrite", "-o"]),
    ("png", &["frame", "p.ron", "--at", "0", "--overwrite", "-o"]),
    ("otio", &["convert", "p.ron", "--overwrite", "-o"]),
    ("edl", &["convert", "p.ron", "--overwrite", "-o"]),
    ("ron", &["edit", "p.ron", "e.ron", "--overwrite", "-o"]),
];

#[test]
fn a_file_that_is_replaced_stays_what_it_is() {
    let folder = folder();
    let folder = folder.path();
    fs::create_dir(folder.join("real")).unwrap();
    for (extension, args) in WRITERS {
        let [plain, link, other] = ["o", "link", "other"].map(|stem| format!("{stem}.{extension}"));
        let real = folder.join("real").join(&plain);
        fs::write(&real, "before").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        // as far as whoever tests may give files away
        let given = std::os::unix::fs::chown(&real, Some(12), Some(34)).is_ok();
        symlink(Path::new("real").join(&plain), folder.join(&link)).unwrap();
        succeed(folder, &[args, &[link.as_str()][..]].concat());
        let meta = fs::metadata(&real).unwrap();
        assert!(fs::symlink_metadata(folder.join(&link)).unwrap().is_symlink(), "{args:?}: the link is gone");
        assert!(fs::read(&real).unwrap() != b"before" && meta.mode() & 0o7777 == 0o640, "{args:?}: {:o}", meta.mode());
        assert!(!given || (meta.uid(), meta.gid()) == (12, 34), "{args:?}: it is somebody else's now");
        // both names of one file show what was written
        fs::hard_link(&real, folder.join(&other)).unwrap();
        fs::write(&real, vec![b'x'; 1 << 20]).unwrap();
        succeed(folder, &[args, &[other.as_str()][..]].concat());
        assert_eq!(fs::metadata(folder.join(&other)).unwrap().ino(), fs::metadata(&real).unwrap().ino(), "{args:?}");
        assert!(fs::metadata(&real).unwrap().len() < 1 << 20, "{args:?}: what was there is still behind it");
    }
    assert_eq!(fs::read_dir(folder.join("real")).unwrap().count(), WRITERS.len());
    assert!(!fs::read_dir(folder).unwrap().flatten().any(|e| e.file_name().to_string_lossy().contains("-2")));
    assert_eq!(hidden(folder), [""; 0]);
}

#[test]
fn new_files_have_the_mode_that_people_give_theirs() {
    let folder = folder();
    for (extension, args) in WRITERS {
        let line = format!("umask 027; exec {} {} new.{extension}", env!("CARGO_BIN_EXE_workprint"), args.join(" "));
        let status = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).stderr(Stdio::null()).status();
        assert!(status.unwrap().success(), "{line}");
        let meta = fs::metadata(folder.path().join(format!("new.{extension}"))).unwrap();
        assert_eq!(format!("{:o}", meta.mode() & 0o7777), "640", "{line}");
    }
}

#[test]
fn a_project_keeps_its_mode_and_its_link_when_it_is_edited() {
    let folder = folder();
    let folder = folder.path();
    fs::set_permissions(folder.join("p.ron"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(folder.join("links")).unwrap();
    symlink("../p.ron", folder.join("links/l.ron")).unwrap();
    // what it names is found from where it lies, not from where the link does
    let moved = fs::read_to_string(folder.join("p.ron")).unwrap().replace("path: \"\"", "path: \"clips/a.mp4\"");
    fs::write(folder.join("p.ron"), moved.replace("generator: Some(Solid((200, 10, 20)))", "generator: None")).unwrap();
    succeed(folder, &["edit", "links/l.ron", "e.ron"]);
    assert!(fs::symlink_metadata(folder.join("links/l.ron")).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.join("p.ron")).unwrap().contains("path: \"clips/a.mp4\""));
    assert_eq!(fs::metadata(folder.join("p.ron")).unwrap().mode() & 0o7777, 0o600);
    assert!(succeed(folder, &["show", "p.ron", "--json"]).contains("\"x\""));
    let read_only = fs::read(folder.join("p.ron")).unwrap();
    fs::set_permissions(folder.join("p.ron"), fs::Permissions::from_mode(0o400)).unwrap();
    let error = fail(folder, &["edit", "p.ron", "e.ron"]);
    assert!(error.contains("read-only") && !error.contains("space"), "{error}");
    assert_eq!(fs::read(folder.join("p.ron")).unwrap(), read_only);
}

#[test]
fn nothing_is_written_where_no_file_can_be() {
    let folder = folder();
    let folder = folder.path();
    for (extension, args) in WRITERS {
        let name = |stem: &str| format!("{stem}.{extension}");
        fs::create_dir(folder.join(name("dir"))).unwrap();
        symlink("/dev/null", folder.join(name("device"))).unwrap();
        symlink(Path::new("none").join(name("x")), folder.join(name("dangling"))).unwrap();
        symlink(name("gone"), folder.join(name("nothing"))).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.join(name("socket"))).unwrap();
        fs::write(folder.join(name("locked")), "precious").unwrap();
        fs::set_permissions(folder.join(name("locked")), fs::Permissions::from_mode(0o444)).unwrap();
        let long = "n".repeat(300);
        for (stem, why) in [
            ("dir", "folder"),
            ("device", "a device"),
            ("dangling", "a link to none"),
            ("nothing", "a link to gone"),
            ("socket", "a socket"),
            ("locked", "read-only"),
            (&long, "too long"),
            ("none/x", "no folder none"),
        ] {
            let kind = |stem: &str| fs::symlink_metadata(folder.join(name(stem))).ok().map(|m| (m.mode(), m.ino()));
            let before = kind(stem);
            for overwrite in [true, false] {
                let args = args.iter().filter(|a| overwrite || **a != "--overwrite").copied();
                let args: Vec<&str> = args.collect();
                let error = fail(folder, &[&args[..], &[name(stem).as_str()][..]].concat());
                let taken = !overwrite && stem == "locked" && error.contains("already");
                assert!(taken || error.contains(why), "{args:?} {stem}: {error}");
                assert!(!error.contains("space") && !error.contains(".workprint"), "{args:?} {stem}: {error}");
                assert_eq!(kind(stem), before, "{args:?} {stem}");
            }
        }
        assert_eq!(fs::read(folder.join(name("locked"))).unwrap(), b"precious");
        assert!(fs::symlink_metadata(folder.join(name("socket"))).unwrap().file_type().is_socket());
    }
    assert_eq!(hidden(folder), [""; 0]);
}

#[test]
fn no_command_replaces_a_file_unasked() {
    let folder = folder();
    let folder = folder.path();
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 10) }, &folder.join("a.mp4"));
    fs::write(folder.join("c.csv"), "source\na.mp4\n").unwrap();
    let assemble: &[&str] = &["assemble", "c.csv", "--overwrite", "-o"];
    for (extension, args) in WRITERS.iter().chain([&("ron", assemble)]) {
        let name = format!("there.{extension}");
        fs::write(folder.join(&name), "precious").unwrap();
        let unasked: Vec<&str> =
            args.iter().filter(|a| **a != "--overwrite").chain([&name.as_str()]).copied().collect();
        let error = fail(folder, &unasked);
        assert!(error.contains(&name) && error.contains("already"), "{error}");
        assert_eq!(fs::read(folder.join(&name)).unwrap(), b"precious", "{unasked:?}");
        succeed(folder, &[args, &[name.as_str()][..]].concat());
        assert_ne!(fs::read(folder.join(&name)).unwrap(), b"precious", "{args:?}");
    }
    // nor what it reads, whatever was asked
    let list = fs::read(folder.join("c.csv")).unwrap();
    fs::rename(folder.join("c.csv"), folder.join("c.ron")).unwrap();
    let error = fail(folder, &["assemble", "c.ron", "-o", "c.ron", "--overwrite"]);
    assert!(error.contains("what is read"), "{error}");
    assert_eq!(fs::read(folder.join("c.ron")).unwrap(), list);
    fs::rename(folder.join("c.ron"), folder.join("c.csv")).unwrap();
    // a dot in a name begins no extension
    succeed(folder, &["assemble", "c.csv", "-o", "Film v1.2"]);
    succeed(folder, &["edit", "p.ron", "e.ron", "-o", "Film v1.3"]);
    assert!(folder.join("Film v1.2.ron").exists() && folder.join("Film v1.3.ron").exists());
    assert!(!folder.join("Film v1.2").exists());
}

#[test]
fn edits_of_one_project_at_once_are_all_in_it() {
    let folder = folder();
    let folder = folder.path();
    for n in 0..80 {
        let edit = format!("[AddMarker((at: {n}, name: \"{n}\", color: Red))]");
        fs::write(folder.join(format!("{n}.ron")), edit).unwrap();
    }
    symlink("long.ron", folder.join("link.ron")).unwrap();
    std::thread::scope(|scope| {
        for first in 0..4 {
            scope.spawn(move || {
                let project = if first == 3 { "link.ron" } else { "long.ron" };
                (0..20).for_each(|n| drop(succeed(folder, &["edit", project, &format!("{}.ron", first * 20 + n)])));
            });
        }
    });
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "long.ron", "--json"])).unwrap();
    assert_eq!(shown["markers"].as_array().unwrap().len(), 80);
    assert_eq!(hidden(folder), [""; 0]);
}

#[test]
fn a_film_whose_name_is_taken_meanwhile_is_kept() {
    type Take = fn(&Path);
    let folder = folder();
    let folder = folder.path();
    let takers: [(&str, &[&str], Take); 4] = [
        ("film", &[], |path| fs::write(path, "precious").unwrap()),
        ("dir", &["--overwrite"], |path| fs::create_dir(path).unwrap()),
        ("link", &["--overwrite"], |path| symlink("nowhere", path).unwrap()),
        ("read-only", &["--overwrite"], |path| {
            fs::write(path, "precious").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
        }),
    ];
    for (stem, more, take) in takers {
        let name = format!("{stem}.mp4");
        let run = begun(folder, &[&[name.as_str()], more].concat());
        take(&folder.join(&name));
        let before = fs::symlink_metadata(folder.join(&name)).unwrap();
        let (last, code) = ended(run);
        assert_eq!((&last["event"], code), (&"failed".into(), Some(1)), "{last}");
        let kept = folder.join(format!("{stem}-2.mp4")).canonicalize().unwrap();
        assert_eq!(Path::new(last["kept"].as_str().unwrap()).canonicalize().unwrap(), kept);
        assert!(last["text"].as_str().unwrap().contains(&format!("{stem}-2.mp4")), "{last}");
        assert_eq!(pictures(&kept).times.len(), 400, "{name}");
        let after = fs::symlink_metadata(folder.join(&name)).unwrap();
        assert_eq!((before.ino(), before.mode(), before.len()), (after.ino(), after.mode(), after.len()), "{name}");
    }
    assert_eq!(hidden(folder), [""; 0]);
}

#[test]
fn a_film_whose_folder_is_renamed_or_removed_is_kept() {
    let folder = folder();
    let folder = folder.path();
    fs::create_dir_all(folder.join("out/a")).unwrap();
    let run = begun(folder, &["out/a/film.mp4"]);
    fs::rename(folder.join("out/a"), folder.join("out/b")).unwrap();
    let (last, code) = ended(run);
    assert_eq!((&last["event"], code), (&"failed".into(), Some(1)), "{last}");
    assert_eq!(pictures(&folder.join("out/b/film.mp4")).times.len(), 400);
    assert!(last["kept"].as_str().unwrap().ends_with("out/b/film.mp4"), "{last}");
    let run = begun(folder, &["out/b/new.mp4"]);
    fs::remove_dir_all(folder.join("out/b")).unwrap();
    let (last, code) = ended(run);
    assert_eq!((&last["event"], code), (&"failed".into(), Some(1)), "{last}");
    // where a file needs no name while it is written, it outlives its folder
    if let Some(kept) = last["kept"].as_str() {
        assert_eq!(pictures(Path::new(kept)).times.len(), 400, "{last}");
        assert!(kept.ends_with("out/new-2.mp4"), "{last}");
    }
}

/// What a file system does not know: the calls that fail, and with which error. Told by nobody before.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod poor {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        TargetArch, apply_filter,
    };
    use std::process::{Child, Command};

    /// `__O_TMPFILE` of Linux' `fcntl.h`.
    const NAMELESS: u64 = 0x0040_0000;

    pub const LINKS: &[i64] = &[libc::SYS_linkat, libc::SYS_link];
    pub const CAREFUL: &[i64] = &[libc::SYS_linkat, libc::SYS_link, libc::SYS_renameat2];
    pub const SYNCING: &[i64] = &[libc::SYS_fsync, libc::SYS_fdatasync];

    /// Starts a program where the calls fail, and no file may be without a name, if so said. `None` where no filters can
    /// be set.
    pub fn start(mut command: Command, calls: &[i64], nameless: bool, errno: i32) -> Option<Child> {
        let condition =
            SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(NAMELESS), NAMELESS).unwrap();
        let open = (!nameless).then(|| (libc::SYS_openat, vec![SeccompRule::new(vec![condition]).unwrap()]));
        let rules = calls.iter().map(|call| (*call, Vec::new())).chain(open).collect();
        let action = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, TargetArch::x86_64).unwrap();
        let filter: BpfProgram = filter.try_into().unwrap();
        // it holds for this thread and what it starts
        let start = move || apply_filter(&filter).ok().map(|()| command.spawn().unwrap());
        std::thread::Builder::new().spawn(start).unwrap().join().unwrap()
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn a_film_gets_its_name_from_poor_file_systems() {
    let folder = folder();
    let folder = folder.path();
    let cases = [
        ("no links", poor::LINKS, true, libc::EPERM),
        ("no links, no careful renaming", poor::CAREFUL, true, libc::EINVAL),
        ("no files without names", &[][..], false, libc::EOPNOTSUPP),
        ("nothing but names", poor::CAREFUL, false, libc::EOPNOTSUPP),
        ("no syncing", poor::SYNCING, true, libc::EINVAL),
        ("no syncing at all", poor::SYNCING, true, libc::EOPNOTSUPP),
    ];
    for (case, (what, calls, nameless, errno)) in cases.into_iter().enumerate() {
        for (extension, args) in WRITERS {
            for overwrite in [false, true] {
                let name = format!("{case}-{overwrite}.{extension}");
                if overwrite {
                    fs::write(folder.join(&name), "before").unwrap();
                    fs::set_permissions(folder.join(&name), fs::Permissions::from_mode(0o604)).unwrap();
                }
                let mut command = program(folder, &[args, &[name.as_str()][..]].concat());
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                let Some(child) = poor::start(command, calls, nameless, errno) else {
                    return skipped("a_film_gets_its_name_from_poor_file_systems", "no filters may be set here");
                };
                let output = child.wait_with_output().unwrap();
                let error = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{what}: {args:?}: {error}");
                let meta = fs::metadata(folder.join(&name)).unwrap();
                assert!(meta.len() > 6 && (!overwrite || meta.mode() & 0o777 == 0o604), "{what}: {args:?}: {meta:?}");
                assert_eq!(hidden(folder), [""; 0], "{what}: {args:?}");
            }
        }
        assert_eq!(pictures(&folder.join(format!("{case}-false.mp4"))).times.len(), 10, "{what}");
    }
}

/// Where every file has a name, a killed export leaves one, which is not the film's: the next one removes it.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn what_a_killed_export_leaves_is_removed_by_the_next() {
    let folder = folder();
    let folder = folder.path();
    let start = |name: &str| {
        let args = ["export", "long.ron", "--preset", "draft", "--json", "-o", name];
        let mut command = program(folder, &args);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = poor::start(command, &[], false, libc::EOPNOTSUPP)?;
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut String::new()).unwrap();
        Some((child, told))
    };
    let Some((mut killed, _told)) = start("killed.mp4") else {
        return skipped("what_a_killed_export_leaves_is_removed_by_the_next", "no filters may be set here");
    };
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = hidden(folder);
    assert!(left.len() == 1 && Path::new(&left[0]).extension().is_some_and(|e| e == "mp4"), "{left:?}");
    // one that is written meanwhile stays, and so does what people hide themselves
    fs::write(folder.join(".workprint-notes.mp4"), "mine").unwrap();
    let living = start("living.mp4").unwrap();
    succeed(folder, &["export", "p.ron", "--preset", "draft", "-o", "next.mp4"]);
    assert!(!hidden(folder).contains(&left[0]));
    let (last, code) = ended(living);
    assert_eq!((&last["event"], code), (&"done".into(), Some(0)), "{last}");
    assert_eq!(pictures(&folder.join("living.mp4")).times.len(), 400);
    assert_eq!(hidden(folder), [".workprint-notes.mp4"]);
}

#[test]
fn a_killed_export_leaves_nothing_for_long() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("film.mp4"), "precious").unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let name = if more.is_empty() { "new.mp4" } else { "film.mp4" };
        let (mut child, _told) = begun(folder, &[&[name], more].concat());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!folder.join("new.mp4").exists());
        assert_eq!(fs::read(folder.join("film.mp4")).unwrap(), b"precious");
    }
    succeed(folder, &["export", "p.ron", "--preset", "draft", "-o", "next.mp4"]);
    assert_eq!(hidden(folder), [""; 0]);
}

#[test]
fn who_is_told_to_end_does_and_who_was_made_deaf_to_it_goes_on() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = folder();
    let folder = folder.path();
    for (before, signal, event) in [("", Signal::TERM, "failed"), ("trap '' HUP; ", Signal::HUP, "done")] {
        let args = "export long.ron --preset draft --json --overwrite -o film.mp4";
        let line = format!("{before}exec {} {args}", env!("CARGO_BIN_EXE_workprint"));
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", &line]).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = shell.spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut String::new()).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let (last, code) = ended((child, told));
        assert_eq!((&last["event"], code), (&event.into(), Some(i32::from(event == "failed"))), "{before}{last}");
        assert_eq!(folder.join("film.mp4").exists(), event == "done");
        assert_eq!(hidden(folder), [""; 0]);
    }
}

#[test]
fn what_a_living_process_writes_is_not_cleared_and_what_a_dead_one_left_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, frames) in [("long.mp4", 3000), ("short.mp4", 10)] {
        mp4(&Footage { sound: false, ..Footage::new((30, 1), frames) }, &folder.join(name));
    }
    let proxies = folder.join("cache/proxies-1");
    let start = |before: &[String]| {
        let mut child = program(folder, &["proxy", "long.mp4"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !hidden(&proxies).iter().any(|name| !before.contains(name)) {
            assert!(child.try_wait().unwrap().is_none(), "the proxy was made too quickly to be looked at");
            std::thread::yield_now();
        }
        child
    };
    let mut killed = start(&[]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = hidden(&proxies);
    assert_eq!(left.len(), 1);
    let mut living = start(&left);
    let held = hidden(&proxies);
    assert!(held.len() == 1 && held != left, "{left:?} was to go: {held:?}");
    succeed(folder, &["proxy", "short.mp4"]);
    let code = living.wait().unwrap().code();
    assert_eq!((code, hidden(&proxies)), (Some(0), Vec::new()));
    assert_eq!(fs::read_dir(&proxies).unwrap().count(), 2);
}

#[test]
fn a_limit_on_the_size_of_files_is_said() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("large.ron"), red(300, (1920, 1080))).unwrap();
    let text = fs::read_to_string(folder.join("p.ron")).unwrap();
    fs::write(folder.join("p.ron"), text.replace("name: \"S\"", &format!("name: \"{}\"", "s".repeat(9000)))).unwrap();
    for (args, name) in [
        (&["export", "large.ron", "--preset", "draft", "-o"][..], "o.mp4"),
        (&["export", "large.ron", "--preset", "lossless", "-o"], "o.mkv"),
        (&["edit", "p.ron", "e.ron", "-o"], "o.ron"),
    ] {
        let line = format!("ulimit -f 4; exec {} {} {name}", env!("CARGO_BIN_EXE_workprint"), args.join(" "));
        let output = Command::new("sh").args(["-c", &line]).current_dir(folder).output().unwrap();
        let error = error_of(&output);
        assert!(error.contains(name) && error.contains("larger than is allowed"), "{error}");
        assert!(!error.contains("workprint-") && !error.contains("/proc/"), "{error}");
        assert!(!folder.join(name).exists());
    }
    assert_eq!(hidden(folder), [""; 0]);
}

/// A disk of a quarter of a mebibyte, unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "none"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // what stays mounted keeps the folder, which is all that shows
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = folder();
    let folder = folder.path();
    let place = folder.join("small");
    let Some(_disk) = SmallDisk::mount(&place) else {
        return skipped("a_full_disk_leaves_what_was_there", "no file system may be mounted here");
    };
    fs::write(folder.join("large.ron"), red(300, (1920, 1080))).unwrap();
    fs::copy(folder.join("p.ron"), place.join("p.ron")).unwrap();
    fs::write(place.join("o.mkv"), "precious").unwrap();
    let kept = |name: &str| fs::read(place.join(name)).unwrap();
    let project = kept("p.ron");
    // the disk fills up while it is written
    let export = ["export", "large.ron", "--preset", "lossless", "--overwrite", "--json", "-o"];
    for name in ["small/o.mkv", "small/new.mkv"] {
        let output = program(folder, &[&export[..], &[name]].concat()).output().unwrap();
        let (told, error) = (String::from_utf8_lossy(&output.stdout), error_of(&output));
        assert!(error.contains(name) && error.contains("the disk is full"), "{error}");
        assert!(told.contains("are free there, and the film may take about"), "it was not said before: {told}");
        assert!(!error.contains("workprint-") && !error.contains("/proc/"), "{error}");
    }
    // and is full before
    fs::write(place.join("fill"), vec![1; 512 << 10]).unwrap_err();
    let output = program(folder, &["export", "p.ron", "--preset", "draft", "-o", "small/x.mp4"]).output().unwrap();
    let error = error_of(&output);
    assert!(error.contains("the disk is full") && !error.contains("frames,"), "{error}");
    for args in [
        &["edit", "small/p.ron", "e.ron"][..],
        &["edit", "p.ron", "e.ron", "-o", "small/q.ron"],
        &["frame", "p.ron", "--at", "0", "-o", "small/f.png"],
        &["convert", "p.ron", "-o", "small/c.otio"],
    ] {
        let error = fail(folder, args);
        assert!(error.contains("small/") && error.contains("free some space"), "{args:?}: {error}");
    }
    assert_eq!((kept("o.mkv"), kept("p.ron")), (b"precious".to_vec(), project));
    let mut left: Vec<_> = fs::read_dir(&place).unwrap().flatten().map(|e| e.file_name()).collect();
    left.sort();
    assert_eq!(left, ["fill", "o.mkv", "p.ron"]);
}

/// A folder that may not be written to, where the one who tests is no administrator.
#[test]
fn a_folder_without_permission_is_said_to_be_that() {
    let folder = folder();
    let folder = folder.path();
    let locked = folder.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("x"), "").is_ok() {
        return skipped("a_folder_without_permission_is_said_to_be_that", "an administrator may write anywhere");
    }
    for (extension, args) in WRITERS {
        let name = format!("locked/o.{extension}");
        let error = fail(folder, &[args, &[name.as_str()][..]].concat());
        assert!(error.contains("permission") && !error.contains("space"), "{error}");
    }
}
