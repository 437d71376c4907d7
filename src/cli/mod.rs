//! The headless commands. The same model, edits and renderer as the window's; nothing here has a second
//! implementation.
//!
//! Results go to stdout, log and progress to stderr; exit code 0 only when all that was asked was done,
//! 1 when something failed, 2 for wrong usage.

/// Says something to people on the way. Where nobody can be told, as their end of a pipe was closed, the work goes on.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

/// Prints a line of what was asked for; what can't be printed is a failure.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout(), $($text)*).map_err(crate::cli::Unprinted)
    }};
}

mod assemble;
mod convert;
mod doctor;
mod dry_run;
mod edit;
mod export;
mod frame;
mod presets;
mod probe;
mod proxy;
mod show;

use crate::media::{Cancel, Found};
use crate::model::{Frame, FrameRate, Project, parse_time};
use crate::platform::each_time_told_to_end;
use crate::platform::whole_files::Existing;
use bytesize::ByteSize;
use clap::{Parser, Subcommand};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A native video editor. Without a command it opens its window.
#[derive(Parser, Debug)]
#[command(name = "workprint", version = crate::diagnostics::version(), about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A project to open, and media for the bin.
    #[arg(value_name = "PROJECT.ron | MEDIA")]
    pub files: Vec<PathBuf>,
}

/// What can be done without a window.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Tells what is in each file.
    Probe(probe::Args),
    /// Builds a project from a cut list, an EDL or an `OpenTimelineIO` file.
    Assemble(assemble::Args),
    /// Writes the timeline for other programs: `OpenTimelineIO`, EDL, chapters.
    Convert(convert::Args),
    /// Tells what is on the timeline.
    Show(show::Args),
    /// Applies a list of edits: all, or none.
    Edit(edit::Args),
    /// Renders one frame to a PNG.
    Frame(frame::Args),
    /// Makes the proxies that are missing.
    Proxy(proxy::Args),
    /// Renders the timeline to a file.
    Export(export::Args),
    /// Lists presets and whether this machine can run them.
    Presets(presets::Args),
    /// Checks GStreamer, its plugins and the cache.
    Doctor(doctor::Args),
    /// Decodes for another process of this program.
    #[command(name = crate::media::HELPER_ARGUMENT, hide = true)]
    Helper,
}

/// What a command ends with: the text of each failure was printed already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// All that was asked was done.
    Done,
    /// Something failed.
    Failed,
}

/// Runs a command.
#[must_use]
pub fn run(command: &Command) -> Outcome {
    let result = match command {
        Command::Probe(args) => probe::run(args),
        Command::Assemble(args) => assemble::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Show(args) => show::run(args),
        Command::Edit(args) => edit::run(args),
        Command::Frame(args) => frame::run(args),
        Command::Proxy(args) => proxy::run(args),
        Command::Export(args) => export::run(args),
        Command::Presets(args) => presets::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Helper => crate::media::serve().map(|()| Outcome::Done).map_err(Into::into),
    };
    result.unwrap_or_else(|error| {
        if let Some(unprinted) = error.downcast_ref::<Unprinted>() {
            unprinted.tell();
        } else {
            tell!("error: {error}");
        }
        Outcome::Failed
    })
}

/// What was asked for can't be printed.
#[derive(Debug, thiserror::Error)]
#[error("the result can't be printed: {0}")]
struct Unprinted(std::io::Error);

impl Unprinted {
    /// Says so, but not where a reader has seen enough and closed the pipe.
    fn tell(&self) {
        if self.0.kind() != ErrorKind::BrokenPipe {
            tell!("error: {self}");
        }
    }
}

/// Says now and then how far files are read that must be read to their end.
fn reading() -> impl Fn(&Path, Found) + Sync {
    let told = std::sync::Mutex::new(std::time::Instant::now());
    move |path, found| {
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.elapsed() >= std::time::Duration::from_secs(1) {
            *told = std::time::Instant::now();
            let (length, share) = (found.at_least.seconds(), found.share * 100.0);
            tell!("{}: at least {length:.0} s, still looking ({share:.0} % read)", path.display());
        }
    }
}

/// What happens to a file that is there.
fn existing(overwrite: bool) -> Existing {
    if overwrite { Existing::Replace } else { Existing::Refuse }
}

/// Refuses to write over what is read.
fn refuse_same(output: &Path, input: &Path) -> Result<(), Failure> {
    let real = |path: &Path| path.canonicalize().ok();
    if real(output).is_some_and(|output| real(input) == Some(output)) {
        return Err(format!("{}: this is what is read; choose another name", output.display()).into());
    }
    Ok(())
}

/// An error as one line of text, path and remedy included.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    // a reader that has seen enough and closed the pipe is no failure worth a panic
    Ok(say!("{}", serde_json::to_string_pretty(value)?)?)
}

/// A position on the timeline as it was written.
fn position(text: &str, project: &Project) -> Result<Frame, Failure> {
    let rate = project.sequence().rate;
    Ok(parse_time(text)?
        .at(rate)
        .ok_or_else(|| format!("'{text}': there is no such timecode at {rate} frames a second"))?)
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let bad = || format!("'{text}' is not a size; write 1920x1080");
    let (width, height) = text.split_once('x').ok_or_else(bad)?;
    Ok((width.parse().map_err(|_| bad())?, height.parse().map_err(|_| bad())?))
}

fn rate(text: &str) -> Result<FrameRate, String> {
    text.parse()
}

fn bytes(text: &str) -> Result<ByteSize, String> {
    text.parse().map_err(|_| format!("'{text}' is not a size; write 512MiB or 2GB"))
}

/// A switch that Ctrl+C and a polite kill throw, so that what is half done is cleaned up.
fn cancel_on_interrupt() -> Cancel {
    let cancel = Cancel::default();
    let for_handler = cancel.clone();
    if let Err(error) = each_time_told_to_end(move || for_handler.cancel()) {
        tracing::warn!("an interrupt will not clean up: {error}");
    }
    cancel
}
