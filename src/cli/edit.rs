//! `workprint edit`: a list of edits, all or nothing.

use super::{Failure, Outcome};
use crate::edit::{Edit, apply_all};
use crate::project_file::{load, save};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project.
    project: PathBuf,
    /// The edits: a RON list of the values that the window's gestures commit.
    edits: PathBuf,
    /// Writes the result here instead of into the project itself.
    #[arg(short, long, value_name = "OTHER.ron")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = load(&args.project)?;
    let name = args.edits.display();
    let text = std::fs::read_to_string(&args.edits).map_err(|e| format!("{name}: {e}"))?;
    let edits: Vec<Edit> = ron::from_str(&text).map_err(|e| format!("{name}: not a list of edits: {e}"))?;
    let (after, notes) = apply_all(&project, &edits).map_err(|(number, why)| {
        let edit = edits.get(number - 1).map_or("edit", Edit::name);
        format!("{name}: edit {number} ({edit}) is refused: {why}; nothing was changed")
    })?;
    for note in notes {
        eprintln!("{name}: {note}");
    }
    save(&after, args.output.as_ref().unwrap_or(&args.project))?;
    Ok(Outcome::Done)
}
