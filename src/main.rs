//! The program: a window, or a headless command.

use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use workprint::app::EditorFolders;
use workprint::cli::{self, Cli, Command, Outcome};
use workprint::diagnostics::{self, Role};
use workprint::platform::{end_now, when_told_to_end};
use workprint::ui::WINDOW_SIZE;
use workprint::ui::Window;

/// When the program is told to end, keeping what is not saved takes so long at most; a system that ends waits some seconds.
const TO_KEEP: Duration = Duration::from_secs(3);

/// How long the window has for closing then, and an export for removing what it has written.
const TO_CLOSE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    // before all else: it may start the program anew
    workprint::export::tame_allocator();
    workprint::media::use_bundled();
    let cli = Cli::parse();
    diagnostics::start(match cli.command {
        None => Role::Window,
        Some(Command::Helper) => Role::Helper,
        Some(_) => Role::Command,
    });
    workprint::platform::outlive_file_limits();
    workprint::media::set_up_helpers();
    let outcome = match &cli.command {
        Some(command) => cli::run(command),
        None => open_window(cli.files),
    };
    match outcome {
        Outcome::Done => ExitCode::SUCCESS,
        Outcome::Failed => ExitCode::FAILURE,
    }
}

/// What the window list shows; systems with desktop entries take it from there.
fn icon() -> egui::IconData {
    let drawn = include_bytes!(concat!(env!("OUT_DIR"), "/icon-256.png"));
    eframe::icon_data::from_png_bytes(drawn).unwrap_or_default()
}

fn open_window(files: Vec<PathBuf>) -> Outcome {
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Workprint")
            .with_app_id("workprint")
            .with_icon(icon())
            .with_inner_size(WINDOW_SIZE)
            .with_min_inner_size([720.0, 480.0]),
        ..Default::default()
    };
    let run = eframe::run_native(
        "workprint",
        options,
        Box::new(|cc| {
            let window = Window::new(cc, EditorFolders::of_user(), files)?;
            let first = window.end_of(&cc.egui_ctx, TO_KEEP);
            // by then all is kept that can be
            if let Err(error) = when_told_to_end(TO_CLOSE, first, || end_now()) {
                tracing::warn!("signals are not heard: {error}");
            }
            Ok(Box::new(window))
        }),
    );
    match run {
        Ok(()) => Outcome::Done,
        Err(error) => {
            let text = "`workprint --help` lists what works without one";
            // the exit code says so too
            let _ = writeln!(std::io::stderr(), "error: no window can be opened: {error}; {text}");
            Outcome::Failed
        }
    }
}
