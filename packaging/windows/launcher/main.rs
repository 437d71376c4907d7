//! Opens Workprint's window without a console beside it.
//!
//! Windows lets a program have a console always or never. Workprint itself is one for consoles, so that it prints and is
//! waited for in scripts; this one has none, and gives the program one that is not shown, which its helpers share.

#![windows_subsystem = "windows"]

use std::os::windows::process::CommandExt;
use std::process::{Command, ExitCode};

/// The program, which lies beside this one.
const PROGRAM: &str = "workprint.exe";

/// `CREATE_NO_WINDOW`: a console that is not shown.
const UNSEEN: u32 = 0x0800_0000;

fn main() -> ExitCode {
    let files = std::env::args_os().skip(1);
    let started = std::env::current_exe()
        .and_then(|own| Command::new(own.with_file_name(PROGRAM)).args(files).creation_flags(UNSEEN).spawn());
    if started.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
