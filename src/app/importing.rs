//! What is being brought into the bin, and looking again for what was not there.

use super::editor::Editor;
use crate::model::{Asset, Project};
use crate::worker::{Command, ImportNews, Turn};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked whether what is offline has come back.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// The files that are being brought in.
#[derive(Clone, Debug, Default)]
pub struct Importing {
    /// Those that are in the bin not yet, in their order.
    pub waiting: Vec<PathBuf>,
    /// How many there are in all.
    pub all: usize,
    /// How many of them were looked into.
    pub done: usize,
    /// The project with what has come so far, if nothing else was done since: what comes next belongs to the same step.
    pub(super) so_far: Option<Arc<Project>>,
}

impl Editor {
    /// Takes in what is new of an import.
    pub(super) fn heard_of_import(&mut self, news: ImportNews) {
        let importing = &mut self.importing;
        match news {
            ImportNews::Found(files) => {
                importing.all += files.len();
                importing.waiting.extend(files);
            }
            ImportNews::Probed => importing.done += 1,
            ImportNews::Over(files) => {
                let over: std::collections::HashSet<PathBuf> = files.into_iter().collect();
                importing.waiting.retain(|path| !over.contains(path));
            }
        }
        if importing.waiting.is_empty() {
            *importing = Importing::default();
        }
    }

    /// Stops what is being brought in; what is in the bin by now stays.
    pub fn cancel_import(&self) {
        self.worker.send(Command::CancelImport);
    }

    /// Looks whether what is offline has come back, and if `all`, whether anything else has gone; on the worker's threads,
    /// since drives may take their time. Gives when it should be asked again, if there is anything to look for.
    pub fn look_again(&mut self, all: bool) -> Option<Duration> {
        let states = &self.assets;
        let offline = |id| states.get(id).is_some_and(|state| state.online == Some(false));
        let lost = self.project().assets.keys().any(offline);
        if !lost && !all {
            return None;
        }
        let since = self.looked.map_or(LOOK_EVERY, |looked: Instant| looked.elapsed());
        if since < LOOK_EVERY && !all {
            return Some(LOOK_EVERY.saturating_sub(since));
        }
        let real = self.project().assets.values().filter(|a| a.info.generator.is_none());
        let meant = real.filter(|a| all || offline(&a.id));
        let asked: Vec<(Turn, Arc<Asset>)> =
            meant.filter_map(|a| Some((self.assets.get(&a.id)?.turn, Arc::clone(a)))).collect();
        self.looked = Some(Instant::now());
        if !asked.is_empty() {
            self.worker.send(Command::LookAgain(asked));
        }
        lost.then_some(LOOK_EVERY)
    }
}
