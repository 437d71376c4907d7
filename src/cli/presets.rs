//! `workprint presets`: what this machine can export.

use super::{Failure, Outcome, print_json};
use crate::export::presets;
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
    let reason = |preset: &crate::export::Preset| {
        let missing = preset.missing();
        missing.first().map(|p| format!("{} is missing; install {}", p.element, p.package))
    };
    if args.json {
        let all: Vec<Value> = presets()
            .iter()
            .map(|p| {
                json!({
                    "name": p.name, "description": p.description, "extension": p.container.extension(),
                    "encoders": p.elements(), "available": reason(p).is_none(), "reason": reason(p),
                })
            })
            .collect();
        print_json(&all)?;
    } else {
        for preset in presets() {
            let state = reason(preset).map_or_else(String::new, |r| format!(" — not here: {r}"));
            say!("{:10} .{}  {}{state}", preset.name, preset.container.extension(), preset.description)?;
        }
    }
    Ok(Outcome::Done)
}
