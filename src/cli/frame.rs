//! `workprint frame`: one composited frame.

use super::{Failure, Outcome, existing, position};
use crate::media::{Cache, png};
use crate::platform::whole_files;
use crate::project_file::load;
use crate::render::{Media, render_frame};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// Which frame: 12.5, 00:00:12.500, 00:00:12:15 or 375f.
    #[arg(long, value_name = "TIME")]
    at: String,
    /// The PNG to write.
    #[arg(short, long, value_name = "PICTURE.png")]
    output: PathBuf,
    /// Reads proxies where there are some.
    #[arg(long)]
    proxy: bool,
    /// Replaces a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = Arc::new(load(&args.project)?);
    let frame = position(&args.at, &project)?;
    let existing = existing(args.overwrite);
    let failed = |why| format!("{}: {why}", args.output.display());
    whole_files::check(&args.output, existing).map_err(failed)?;
    let media = if args.proxy { Media::Proxies(Cache::of_user()) } else { Media::Originals };
    let (picture, warnings) = render_frame(&project, media, frame)?;
    whole_files::write(&args.output, &png(&picture)?, existing).map_err(failed)?;
    for warning in &warnings {
        tell!("warning: {}: {}", warning.name, warning.text);
    }
    // a picture without one of its clips is not what was asked for
    Ok(if warnings.iter().any(|w| w.fault.lacks()) { Outcome::Failed } else { Outcome::Done })
}
