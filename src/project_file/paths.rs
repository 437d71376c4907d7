//! Media paths: absolute in memory, relative to the project in its file.

use crate::model::{Asset, Project};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Makes every path relative to the project's folder, with forward slashes, where one can be.
pub(super) fn make_relative(project: &mut Project, folder: &Path) {
    change(project, |path| {
        let Some(relative) = pathdiff::diff_paths(path, folder).filter(|p| p.is_relative()) else {
            return path.to_owned();
        };
        // another drive or the root in common only: the absolute path says more
        let ups = relative.components().take_while(|c| *c == Component::ParentDir).count();
        if ups + 1 >= folder.components().count() && ups > 0 {
            return path.to_owned();
        }
        match relative.to_str() {
            Some(text) if cfg!(windows) => text.replace('\\', "/").into(),
            _ => relative,
        }
    });
}

/// The reverse.
pub(super) fn make_absolute(project: &mut Project, folder: &Path) {
    change(project, |path| if path.is_absolute() { path.to_owned() } else { tidy(&folder.join(path)) });
}

fn change(project: &mut Project, path: impl Fn(&Path) -> PathBuf) {
    for asset in project.assets_mut().values_mut().filter(|a| a.info.generator.is_none()) {
        *asset = Arc::new(Asset { path: path(&asset.path), ..(**asset).clone() });
    }
}

/// Without `.` and `..`, by name alone: the media need not be there.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
