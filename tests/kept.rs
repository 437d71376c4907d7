//! What is kept of work where the system fails: a home without file locks, a full disk, a program that is told to end.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![cfg(target_os = "linux")]

mod common;

use common::{Footage, mp4, skipped, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use workprint::model::Project;
use workprint::project_file::{Session, load, orphans};

/// The system has no locks for files in folders of that name, as on some network drives: by a library that stands before
/// the system's.
const NO_LOCKS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
/* and nothing ever comes from the file of that number, as from a drive that does not answer; by calls alone that a process
   may make which is shut in */
ssize_t read(int fd, void *to, size_t count) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    const char *silent = getenv("SILENT_FILE");
    struct stat is;
    while (silent && fstat(fd, &is) == 0 && is.st_ino == strtoul(silent, 0, 10)) poll(0, 0, -1);
    return real(fd, to, count);
}
int flock(int fd, int how) {
    (void)fd;
    (void)how;
    errno = ENOLCK;
    return -1;
}
"#;

/// What the program is run with, so that there are no locks; `None` without a compiler.
fn no_locks(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("locks.c"), folder.join("locks.so"));
    fs::write(&source, NO_LOCKS).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    made.is_ok_and(|status| status.success()).then_some(library)
}

/// One part of a test in a process of its own.
fn apart(part: &str, library: &Path, home: &Path) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "part_of_another_test", "--nocapture"])
        .env("LD_PRELOAD", library)
        .env("PART", part)
        .env("PART_HOME", home)
        .status()
        .unwrap();
    assert!(status.success(), "{part}");
}

#[test]
fn part_of_another_test() {
    let Ok(part) = std::env::var("PART") else { return };
    let home = PathBuf::from(std::env::var_os("PART_HOME").unwrap());
    let files = || fs::read_dir(&home).into_iter().flatten().count();
    assert!(fs::File::create(home.with_extension("x")).unwrap().try_lock().is_err(), "there are locks");
    let found = orphans(&home).len();
    let session = Session::begin(&home).unwrap();
    let second = Session::begin(&home).unwrap();
    second.save(&Project::default(), None, None, false).unwrap();
    session.note_open(Some(Path::new("/p.ron")));
    assert!(second.is_open_elsewhere(Path::new("/p.ron")));
    assert_eq!(orphans(&home).len(), found, "those that run are not left behind");
    if part == "crash" {
        session.save(&Project::default(), None, None, false).unwrap();
        assert_eq!((found, files()), (0, 5), "two locks, two autosaves, one note");
        // as a crash does
        std::mem::forget((session, second));
        return;
    }
    assert_eq!(found, 2, "what the crash left is found");
    orphans(&home).iter().for_each(workprint::project_file::Recovered::discard);
    second.clear();
    drop((session, second));
    assert_eq!(files(), 0);
}

#[test]
fn a_home_without_locks_keeps_work() {
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = no_locks(folder.path()) else {
        return skipped("a_home_without_locks_keeps_work", "there is no C compiler");
    };
    let home = folder.path().join("recovery");
    fs::create_dir(&home).unwrap();
    apart("crash", &library, &home);
    assert_eq!(orphans(&home).len(), 2, "with locks they are found too");
    apart("start", &library, &home);
}

/// A file's number; 0 where there is none.
fn number_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| std::os::unix::fs::MetadataExt::ino(&meta))
}

/// A cache that can't be written: what is made for it is shown all the same.
#[test]
fn what_the_cache_cant_keep_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    mp4(&Footage::new((30, 1), 60), &path);
    let asset = workprint::worker::probe_all(std::slice::from_ref(&path)).remove(0).unwrap().into_asset(&path);
    // no folder can be made there, by anybody
    fs::write(folder.path().join("file"), "").unwrap();
    let cache = workprint::media::Cache::at(folder.path().join("file/cache"), 1 << 20);
    let cancel = workprint::media::Cancel::default();
    let sheet = workprint::media::thumbnails(&cache, &asset, &cancel).unwrap();
    assert!(sheet.count > 0 && sheet.pixels.iter().any(|&p| p > 100));
    let wave = workprint::media::waveform(&cache, &asset, 0, &cancel).unwrap();
    assert!(wave.peaks.iter().any(|&p| p > 50));
}

/// Whether a signal is ignored in this process, and so in those that it starts.
fn is_ignored(signal: rustix::process::Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
}

struct Window(Child);

impl Window {
    fn open(display: &str, folder: &Path, file: &str, preload: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workprint"));
        command
            .arg(file)
            .current_dir(folder)
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("WORKPRINT_CACHE", folder.join("cache"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_DATA_HOME", folder.join("data"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("SILENT_FILE", number_of(&folder.join("silent.mp4")).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(preload) = preload {
            command.env("LD_PRELOAD", preload);
        }
        Self(command.spawn().unwrap())
    }

    /// Tells it to end, and waits until it has.
    fn end(mut self, signal: rustix::process::Signal) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, signal).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(90), "never: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn files(folder: &Path, extension: &str) -> usize {
    let entries = fs::read_dir(folder.join("data/workprint/recovery")).into_iter().flatten().flatten();
    entries.filter(|e| e.path().extension().is_some_and(|x| x == extension)).count()
}

/// In a real window: the system ends the program, with work that is not saved and without.
#[test]
fn a_program_that_is_told_to_end_keeps_what_is_not_saved_and_leaves_nothing_else() {
    let Some(display) = std::env::var("WORKPRINT_TEST_DISPLAY").ok().filter(|d| d.len() > 1) else {
        return skipped("a_program_that_is_told_to_end…", "there is no WORKPRINT_TEST_DISPLAY");
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage::new((30, 1), 60), &folder.join("a.mp4"));
    fs::write(folder.join("c.csv"), "source\na.mp4\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron"]);
    let recovery = folder.join("data/workprint/recovery");
    let library = no_locks(folder);
    let mut signals = vec![rustix::process::Signal::TERM];
    if is_ignored(rustix::process::Signal::HUP) {
        skipped("a_program_that_is_told_to_end… by SIGHUP", "it is ignored here, as by nohup, and so it stays");
    } else {
        signals.push(rustix::process::Signal::HUP);
    }
    for signal in signals {
        for preload in [None, library.as_deref()] {
            let window = Window::open(&display, folder, "p.ron", preload);
            until("the project is noted as open", || files(folder, "open") == 1);
            assert_eq!(window.end(signal), Some(0));
            assert_eq!(fs::read_dir(&recovery).unwrap().count(), 0, "{signal:?}");
            // what is imported is a change
            let window = Window::open(&display, folder, "a.mp4", preload);
            until("the change is kept", || files(folder, "ron") == 1);
            assert!(files(folder, "lock") == 1, "one lock for one window");
            assert_eq!(window.end(signal), Some(0));
            let left = orphans(&recovery);
            assert!(left.len() == 1 && left[0].orderly && left[0].project.assets.len() == 1, "{left:?}");
            left[0].discard();
        }
    }
    assert_eq!(load(&folder.join("p.ron")).unwrap().assets.len(), 1);
}

/// Closing does not wait for a file that is being looked into and says nothing.
#[test]
fn a_drive_that_does_not_answer_does_not_hold_up_closing() {
    let Some(display) = std::env::var("WORKPRINT_TEST_DISPLAY").ok().filter(|d| d.len() > 1) else {
        return skipped("a_drive_that_does_not_answer…", "there is no WORKPRINT_TEST_DISPLAY");
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some(library) = no_locks(folder) else {
        return skipped("a_drive_that_does_not_answer…", "there is no C compiler");
    };
    mp4(&Footage::new((30, 1), 60), &folder.join("silent.mp4"));
    let window = Window::open(&display, folder, "silent.mp4", Some(&library));
    let reads = |id: u32| {
        let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        open.filter_map(|e| fs::read_link(e.path()).ok()).any(|file| file.ends_with("silent.mp4"))
    };
    // in the window's own process, or in one that decodes for it
    let family = |id: u32| {
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let all = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let of_threads = all.filter_map(|e| fs::read_to_string(e.path().join("children")).ok());
        let ids: String = of_threads.chain([children]).collect::<Vec<_>>().join(" ");
        ids.split_whitespace().filter_map(|id| id.parse().ok()).chain([id]).collect::<Vec<u32>>()
    };
    until("it is read", || family(window.0.id()).into_iter().any(reads));
    assert_eq!(window.end(rustix::process::Signal::TERM), Some(0));
}
