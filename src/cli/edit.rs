//! `workprint edit`: a list of edits, all or nothing.

use super::{Failure, Outcome};
use crate::edit::{Edit, apply_all};
use crate::platform::input::read_text;
use crate::project_file::{load, save};
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
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    let project = load(&args.project)?;
    let name = args.edits.display();
    let bytes = read_text(&args.edits, MOST_BYTES).map_err(|e| format!("{name}: {e}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: it is not text"))?;
    let edits: Vec<Edit> = ron::from_str(&text).map_err(|e| format!("{name}: not a list of edits: {e}"))?;
    let (after, notes) = apply_all(&project, &edits).map_err(|(number, why)| {
        let edit = edits.get(number - 1).map_or("edit", Edit::name);
        format!("{name}: edit {number} ({edit}) is refused: {why}; nothing was changed")
    })?;
    for note in notes {
        tell!("{name}: {note}");
    }
    save(&after, args.output.as_ref().unwrap_or(&args.project))?;
    Ok(Outcome::Done)
}
