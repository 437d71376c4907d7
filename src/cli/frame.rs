//! `workprint frame`: one composited frame.

use super::{Failure, Outcome, position};
use crate::media::{Cache, write_png};
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
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = Arc::new(load(&args.project)?);
    let frame = position(&args.at, &project)?;
    let media = if args.proxy { Media::Proxies(Cache::of_user()) } else { Media::Originals };
    let (picture, warnings) = render_frame(&project, media, frame)?;
    write_png(&picture, &args.output)?;
    for warning in &warnings {
        tell!("warning: {}: {}", warning.name, warning.text);
    }
    // a picture without one of its clips is not what was asked for
    Ok(if warnings.iter().any(|w| w.fault.lacks()) { Outcome::Failed } else { Outcome::Done })
}
