//! `workprint assemble`: a project from a cut list.

use super::{Failure, Outcome, rate, size};
use crate::interchange::{AssembleOptions, Cut, assemble, read_cut_list};
use crate::media::{self, find_media};
use crate::model::FrameRate;
use crate::project_file::save;
use crate::worker::probe_all;
use std::collections::HashMap;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The cut list: CSV with the columns source, in, out, track, at and name.
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
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    media::init()?;
    let mut cuts = Vec::new();
    for cut in read_cut_list(&args.cuts)? {
        let named = |e| format!("{}, line {}: {e}", args.cuts.display(), cut.line);
        let files = find_media(&cut.source).map_err(named)?;
        if files.is_empty() {
            return Err(format!(
                "{}, line {}: {}: no media in this folder",
                args.cuts.display(),
                cut.line,
                cut.source.display()
            )
            .into());
        }
        cuts.extend(files.into_iter().map(|source| Cut { source, ..cut.clone() }));
    }
    let mut sources: Vec<PathBuf> = cuts.iter().map(|c| c.source.clone()).collect();
    sources.sort();
    sources.dedup();
    let mut found = HashMap::new();
    for (path, result) in sources.iter().zip(probe_all(&sources, |_, _| {})) {
        let probed = result?;
        found.insert(path.clone(), (probed.info, probed.fingerprint));
    }
    let options = AssembleOptions { size: args.size, rate: args.rate, sample_rate: Some(args.sample_rate) };
    let project = assemble(&cuts, &found, options).map_err(|e| format!("{}, {e}", args.cuts.display()))?;
    save(&project, &args.output)?;
    let sequence = project.sequence();
    eprintln!(
        "{}: {} clips from {} files, {:.2} s, {}x{} at {}",
        args.output.display(),
        sequence.tracks.iter().map(|t| t.clips.len()).sum::<usize>(),
        sources.len(),
        sequence.rate.time_of(sequence.end()).seconds(),
        sequence.width,
        sequence.height,
        sequence.rate
    );
    Ok(Outcome::Done)
}
