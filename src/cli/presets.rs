//! `workprint presets`: what this machine can export.

use super::{Failure, Outcome, print_json};
use crate::export::{Format, Hardware, Pictures, Preset, own_presets, own_presets_folder, presets};
use crate::media;
use serde_json::{Value, json};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Failure> {
    media::init()?;
    let (own, errors) = own_presets();
    for error in &errors {
        tell!("warning: {error}");
    }
    let own: Vec<(&Preset, bool)> = own.iter().map(|p| (p, true)).collect();
    let all = presets().iter().map(|p| (p, false)).chain(own);
    if args.json {
        let all: Vec<Value> = all.map(|(preset, own)| to_json(preset, own)).collect();
        print_json(&all)?;
    } else {
        for (preset, own) in all {
            let state = preset.reason().map_or_else(String::new, |r| format!(" — not here: {r}"));
            // what is in a file is used by its path
            let name = match own_presets_folder() {
                Some(folder) if own => preset.file_in(&folder).display().to_string(),
                _ => preset.name.clone(),
            };
            say!("{name:14} .{:5} {}{state}", preset.target.extension(), preset.description)?;
        }
        // that one is there does not mean that it works
        let there: Vec<&str> = Hardware::installed().collect();
        if there.is_empty() {
            say!("\nno hardware encoder is installed: --encoder fast encodes in software")?;
        } else {
            say!("\nhardware encoders, for --encoder fast: {}; `workprint doctor --try` tries them", there.join(", "))?;
        }
    }
    Ok(Outcome::Done)
}

fn to_json(preset: &Preset, own: bool) -> Value {
    let target = &preset.target;
    let fast: Vec<String> =
        target.film().map(|film| Hardware::instead_of(&film.video).map(|h| h.element).collect()).unwrap_or_default();
    json!({
        "name": preset.name, "title": preset.title, "description": preset.description,
        "extension": target.extension(), "encoders": target.elements(), "max_size": target.max_size,
        "sequence": target.is_folder(), "still": target.format == Format::Pictures(Pictures::Still), "own": own,
        "fast": fast, "available": preset.reason().is_none(), "reason": preset.reason(),
    })
}
