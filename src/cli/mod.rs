//! The headless commands. The same model, edits and renderer as the window's; nothing here has a second
//! implementation.
//!
//! Results go to stdout, log and progress to stderr; exit code 0 only when all that was asked was done,
//! 1 when something failed, 2 for wrong usage.

mod probe;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The command line.
#[derive(Parser, Debug)]
#[command(name = "workprint", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A project to open, and media for the bin.
    pub files: Vec<PathBuf>,
}

/// What can be done without a window.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Tells what is in each file.
    Probe(probe::Args),
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
pub fn run(command: Command) -> Outcome {
    let result = match command {
        Command::Probe(args) => probe::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        Outcome::Failed
    })
}

/// An error as one line of text, path and remedy included.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
