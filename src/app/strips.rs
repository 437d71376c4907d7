//! Finer thumbnails for what is in sight on the timeline: which are there, and which are to be asked for.

use super::editor::Editor;
use crate::media::{StripId, ThumbnailSheet};
use crate::model::AssetId;
use crate::worker::{Command, Turn};
use std::collections::HashMap;
use std::sync::Arc;

/// Strips that are held; each takes about half a megabyte.
const MOST: usize = 96;

/// A strip of an asset.
type Name = (AssetId, StripId);

struct Held {
    turn: Turn,
    sheet: Arc<ThumbnailSheet>,
    /// How much of the asset's proxy was there when it was made, where more of it may make it better.
    rough: Option<f32>,
    used: u64,
}

/// The strips that are there.
#[derive(Default)]
pub(super) struct Strips {
    held: HashMap<Name, Held>,
    asked: Vec<(Turn, Name)>,
    clock: u64,
}

impl Strips {
    pub(super) fn add(&mut self, turn: Turn, name: Name, sheet: Arc<ThumbnailSheet>, rough: Option<f32>) {
        let used = self.clock;
        self.held.insert(name, Held { turn, sheet, rough, used });
        while self.held.len() > MOST {
            let Some(oldest) = self.held.iter().min_by_key(|(_, held)| held.used).map(|(name, _)| *name) else {
                return;
            };
            self.held.remove(&oldest);
        }
    }
}

impl Editor {
    /// A strip of finer thumbnails, if it is there.
    #[must_use]
    pub fn strip(&self, asset: AssetId, id: StripId) -> Option<&Arc<ThumbnailSheet>> {
        let turn = self.assets.get(&asset)?.turn;
        self.strips.held.get(&(asset, id)).filter(|held| held.turn == turn).map(|held| &held.sheet)
    }

    /// Says which strips are in sight; what is missing of them is asked for.
    pub fn see_strips(&mut self, seen: Vec<(AssetId, StripId)>) {
        if seen.is_empty() && self.strips.asked.is_empty() {
            return;
        }
        let strips = &mut self.strips;
        strips.clock += 1;
        let mut missing = Vec::new();
        // one frame may show more than are held: the first are enough then
        for name in seen.into_iter().take(MOST) {
            let Some(state) = self.assets.get(&name.0).filter(|state| state.mark().is_none()) else { continue };
            let held = strips.held.get_mut(&name).filter(|held| held.turn == state.turn);
            let good = held.is_some_and(|held| {
                held.used = strips.clock;
                held.rough.is_none_or(|share| share >= state.proxy_share)
            });
            if !good && !missing.contains(&(state.turn, name)) {
                missing.push((state.turn, name));
            }
        }
        if missing == strips.asked {
            return;
        }
        strips.asked.clone_from(&missing);
        let assets = &self.project().assets;
        let named = |(turn, (asset, id)): (Turn, Name)| Some((turn, Arc::clone(assets.get(&asset)?), id));
        let command = Command::Strips(missing.into_iter().filter_map(named).collect());
        self.worker.send(command);
    }
}
