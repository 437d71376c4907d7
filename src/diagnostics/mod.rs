//! What is told of this program where something went wrong: versions, the log, reports of crashes.
//!
//! All of it stays on this computer, in the user's state folder, for people to read and to attach; nothing here ever opens a
//! connection. Invariants:
//!
//! - what can't be written keeps nothing from working;
//! - it takes bounded room: two files of log, ten reports.

mod crash;
mod log;

use crate::media::missing_plugins;
use log::Log;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// What this process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The window.
    Window,
    /// A command without one, whose log is what it prints.
    Command,
    /// A helper of either, which may write nothing; who started it tells what became of it.
    Helper,
}

/// The last lines of this process' log.
static LOG: LazyLock<Log> = LazyLock::new(Log::default);

/// Begins the log, and sees to it that crashes are reported.
pub fn start(role: Role) {
    let filter = |default| EnvFilter::try_from_env("WORKPRINT_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // what can't be logged would be said there again, and end the program
    let printed = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false).with_filter(filter("warn"));
    let kept = (role != Role::Helper).then(|| {
        let log = LOG.clone();
        let layer = fmt::layer().with_ansi(false).log_internal_errors(false).with_writer(move || log.clone());
        // what the libraries say of themselves is for whoever looks for it
        layer.with_filter(filter("warn,workprint=info"))
    });
    tracing_subscriber::registry().with(printed).with(kept).init();
    if role == Role::Window {
        LOG.keep_in(&folder());
        tracing::info!("{}, {}", version(), system());
    }
    if role != Role::Helper {
        crash::report_in(folder());
    }
}

/// Where all of it lies.
#[must_use]
pub fn folder() -> PathBuf {
    let dirs = directories::ProjectDirs::from("", "", "workprint");
    let known = dirs.as_ref().map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()));
    known.map_or_else(|| std::env::temp_dir().join("workprint"), Path::to_owned)
}

/// This program's version, and that of GStreamer, which need not be running.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), gstreamer::version_string()));
    &VERSION
}

/// The system's name and the kind of processor.
fn system() -> String {
    // Linux has it in this file
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.map_or(std::env::consts::OS, |name| name.trim_matches('"'));
    format!("{name}, {}", std::env::consts::ARCH)
}

/// What whoever looks into a fault asks for first. [`crate::media::init`] was called.
#[must_use]
pub fn details() -> String {
    let mut text = format!("Workprint {}\n{}", version(), system());
    // writing to a text never fails
    let mut say = |line: std::fmt::Arguments<'_>| {
        let _ = write!(text, "\n{line}");
    };
    if let Ok(session) = std::env::var("XDG_SESSION_TYPE") {
        say(format_args!("session: {session}"));
    }
    let missing: Vec<&str> = missing_plugins().iter().map(|plugin| plugin.element).collect();
    if !missing.is_empty() {
        say(format_args!("missing: {}", missing.join(", ")));
    }
    let folder = folder();
    say(format_args!("log: {}", log::path_in(&folder).display()));
    for report in crash::reports_in(&folder) {
        say(format_args!("report of a crash: {}", report.display()));
    }
    let last = LOG.last();
    if !last.is_empty() {
        say(format_args!("\nThe log's last lines:\n{}", last.trim_end()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_say_what_is_asked_first() {
        crate::media::init().unwrap();
        let text = details();
        assert!(text.starts_with(concat!("Workprint ", env!("CARGO_PKG_VERSION"), " (GStreamer 1.")), "{text}");
        assert!(text.contains(std::env::consts::ARCH) && text.contains("workprint.log"), "{text}");
    }
}
