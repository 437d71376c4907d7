//! Reports of crashes: a text file for each, which people can read.

use super::{LOG, system, version};
use std::backtrace::Backtrace;
use std::fs;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// Reports that are kept; the oldest go.
const MOST_REPORTS: usize = 10;

/// Reports that one process writes: what crashes again and again says the same, and the first says most.
const MOST_OF_A_PROCESS: usize = 3;

const BEGINNING: &str = "crash-";

/// Writes a report into the folder whenever something panics, whether or not the program can go on, and says on stderr
/// where it is.
pub fn report_in(folder: PathBuf) {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        if WRITTEN.fetch_add(1, Ordering::Relaxed) >= MOST_OF_A_PROCESS {
            return;
        }
        let now = now();
        let text = text_of(info, &now, &Backtrace::force_capture(), &LOG.last());
        // who can't be told crashed all the same
        let _ = match keep(&folder, &now, &text) {
            Ok(path) => writeln!(std::io::stderr(), "a report of this is in {}", path.display()),
            Err(error) => writeln!(std::io::stderr(), "{}: no report of this: {error}", folder.display()),
        };
    }));
}

/// The reports that are there, the newest first.
pub fn reports_in(folder: &Path) -> Vec<PathBuf> {
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(BEGINNING) && name.ends_with(".txt")
    };
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).filter(ours).collect();
    // their names begin with the time
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn text_of(info: &PanicHookInfo<'_>, now: &str, trace: &Backtrace, last: &str) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let said = info.payload_as_str().unwrap_or("it said nothing");
    let (version, system) = (version(), system());
    format!(
        "Workprint: report of a crash\n\n\
         This file stays on this computer. Attach it where you report what happened; it may name files of yours.\n\n\
         version: {version}\nsystem: {system}\ntime: {now}\nthread: {thread}\nplace: {place}\nsaid: {said}\n\n\
         Backtrace:\n{trace}\n\nThe log's last lines:\n{last}"
    )
}

/// Writes a report and removes what is too old.
fn keep(folder: &Path, now: &str, text: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{BEGINNING}{}-{}.txt", now.replace(':', "-"), std::process::id()));
    fs::write(&path, text)?;
    for old in reports_in(folder).into_iter().skip(MOST_REPORTS) {
        fs::remove_file(old)?;
    }
    Ok(path)
}

/// Now, in the world's time, to the microsecond.
fn now() -> String {
    let mut text = String::new();
    // a text takes everything
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_reports_are_kept_and_other_files_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("state");
        fs::create_dir(&below).unwrap();
        fs::write(below.join("crash-notes.md"), "").unwrap();
        let now = now();
        assert!(now.starts_with("20") && now.ends_with('Z'), "{now}");
        for i in 10..23 {
            let path = keep(&below, &format!("2026-12-01T20:00:{i}.000000Z"), "a report").unwrap();
            assert_eq!(fs::read_to_string(path).unwrap(), "a report");
        }
        let left = reports_in(&below);
        assert_eq!(left.len(), MOST_REPORTS);
        let first = |path: &PathBuf| path.file_name().unwrap().to_string_lossy()[..25].to_owned();
        assert_eq!(
            (first(&left[0]), first(&left[9])),
            ("crash-2026-12-01T20-00-22".into(), "crash-2026-12-01T20-00-13".into())
        );
        assert!(below.join("crash-notes.md").exists());
    }
}
