//! `workprint edit`: a list of edits, all or nothing.

use super::{Failure, Outcome, existing};
use crate::edit::{Edit, apply_all};
use crate::model::Project;
use crate::platform::input::read_text;
use crate::project_file::{Held, load, save_as, with_extension};
use std::path::PathBuf;

/// A larger list of edits is none.
const MOST_BYTES: u64 = 64 << 20;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// The edits: a RON list of the values that the window's gestures commit.
    edits: PathBuf,
    /// Writes the result here instead of into the project itself.
    #[arg(short, long, value_name = "OTHER.ron")]
    output: Option<PathBuf>,
    /// Replaces another file that is there.
    #[arg(long, requires = "output")]
    overwrite: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    // the project itself is written as it is without a name, also where it is named
    let own = |output: &PathBuf| args.overwrite && output.canonicalize().ok() == args.project.canonicalize().ok();
    if let Some(output) = args.output.as_ref().filter(|output| !own(output)) {
        let after = change(args, &load(&args.project)?)?;
        let output = with_extension(output.clone());
        save_as(&after, &output, existing(args.overwrite))?;
        if args.output.as_ref() != Some(&output) {
            tell!("{}: written", output.display());
        }
        return Ok(Outcome::Done);
    }
    // others that edit it at the same time come after this
    let (project, held) = Held::load(&args.project)?;
    held.save(&change(args, &project)?)?;
    Ok(Outcome::Done)
}

/// The project after the edits.
fn change(args: &Args, project: &Project) -> Result<Project, Failure> {
    let name = args.edits.display();
    let bytes = read_text(&args.edits, MOST_BYTES).map_err(|e| format!("{name}: {e}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: it is not text"))?;
    let edits: Vec<Edit> = ron::from_str(&text).map_err(|e| format!("{name}: not a list of edits: {e}"))?;
    let (after, notes) = apply_all(project, &edits).map_err(|(number, why)| {
        let edit = edits.get(number - 1).map_or("edit", Edit::name);
        format!("{name}: edit {number} ({edit}) is refused: {why}; nothing was changed")
    })?;
    for note in notes {
        tell!("{name}: {note}");
    }
    Ok(after)
}
