//! `workprint assemble`: a project from a cut list, an edit list or another program's timeline.

use super::{Failure, Outcome, existing, rate, refuse_same, size};
use crate::interchange::AssembleOptions;
use crate::model::FrameRate;
use crate::platform::whole_files;
use crate::project_file::{save_as, with_extension};
use crate::worker::read_timeline;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The cut list: CSV with the columns source, in, out, track, at and name; or a CMX3600 .edl, or an .otio.
    cuts: PathBuf,
    /// The project to write.
    #[arg(short, long, value_name = "PROJECT.ron")]
    output: PathBuf,
    /// Picture size, such as 1920x1080; the first source's when not given.
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// Frames a second, such as 30000/1001; the first source's when not given.
    #[arg(long, value_parser = rate)]
    rate: Option<FrameRate>,
    /// Samples a second.
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    sample_rate: u32,
    /// Leaves out what can't be read or placed, with a gap of its length, instead of refusing the list.
    #[arg(long)]
    skip_broken: bool,
    /// Replaces a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let output = with_extension(args.output.clone());
    refuse_same(&output, &args.cuts)?;
    whole_files::check(&output, existing(args.overwrite)).map_err(|why| format!("{}: {why}", output.display()))?;
    let options = AssembleOptions {
        size: args.size,
        rate: args.rate,
        sample_rate: Some(args.sample_rate),
        skip_broken: args.skip_broken,
    };
    let (project, warnings) = read_timeline(&args.cuts, options)?;
    for warning in warnings {
        tell!("{}: {warning}", args.cuts.display());
    }
    save_as(&project, &output, existing(args.overwrite))?;
    let sequence = project.sequence();
    tell!(
        "{}: {} clips from {} files, {:.2} s, {}x{} at {}",
        output.display(),
        sequence.tracks.iter().map(|t| t.clips.len()).sum::<usize>(),
        project.assets.len(),
        sequence.rate.time_of(sequence.end()).seconds(),
        sequence.width,
        sequence.height,
        sequence.rate
    );
    Ok(Outcome::Done)
}
