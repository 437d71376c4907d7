//! The program: a window, or a headless command.

use clap::Parser;
use std::process::ExitCode;
use workprint::cli::{self, Cli, Outcome};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("WORKPRINT_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    workprint::render::tame_allocator();
    let cli = Cli::parse();
    match cli.command.as_ref().map(cli::run) {
        None | Some(Outcome::Done) => ExitCode::SUCCESS,
        Some(Outcome::Failed) => ExitCode::FAILURE,
    }
}
