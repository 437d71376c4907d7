//! `workprint convert`: the timeline for other programs.

use super::{Failure, Outcome, existing, refuse_same};
use crate::project_file::load;
use crate::worker::write_timeline_as;
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
    refuse_same(&args.output, &args.project)?;
    for warning in write_timeline_as(&project, &args.output, existing(args.overwrite))? {
        tell!("{}: {warning}", args.output.display());
    }
    Ok(Outcome::Done)
}
