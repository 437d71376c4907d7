//! `workprint convert`: the timeline for other programs.

use super::{Failure, Outcome};
use crate::project_file::load;
use crate::worker::write_timeline;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// The file to write: .otio (`OpenTimelineIO`), .edl (CMX3600) or .txt (the markers as chapters).
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replaces a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = load(&args.project)?;
    if args.output.exists() && !args.overwrite {
        return Err(format!("{}: it is there already; --overwrite replaces it", args.output.display()).into());
    }
    for warning in write_timeline(&project, &args.output)? {
        tell!("{}: {warning}", args.output.display());
    }
    Ok(Outcome::Done)
}
