//! The projects that were opened lately.

use crate::model::path_text;
use crate::platform::input::read_text;
use crate::platform::whole_files::{self, Existing};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A larger list is none.
const MOST_BYTES: u64 = 1 << 20;

/// How many are remembered.
const MOST: usize = 12;

/// The projects that were opened lately, the last first.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Recent {
    /// Absolute paths.
    #[serde(with = "path_text::list")]
    pub projects: Vec<PathBuf>,
}

impl Recent {
    /// Reads the list from a settings folder; empty when there is none.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        let text = read_text(&folder.join("recent.ron"), MOST_BYTES).ok().and_then(|t| String::from_utf8(t).ok());
        text.and_then(|text| ron::from_str(&text).ok()).unwrap_or_default()
    }

    /// Puts a project first.
    pub fn add(&mut self, project: &Path) {
        let project = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
        self.projects.retain(|p| *p != project);
        self.projects.insert(0, project);
        self.projects.truncate(MOST);
    }

    /// Writes the list. One that can't be written is no reason to disturb anyone.
    pub fn save(&self, folder: &Path) {
        let written = std::fs::create_dir_all(folder).map_err(Into::into).and_then(|()| {
            let text = ron::to_string(self).map_err(std::io::Error::other)?;
            whole_files::write(&folder.join("recent.ron"), text.as_bytes(), Existing::Replace)
        });
        if let Err(error) = written {
            tracing::warn!("the list of recent projects is not saved: {error}");
        }
    }
}
