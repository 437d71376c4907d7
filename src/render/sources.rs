//! The files that a span of the timeline is made of: whether they are those that were imported, and stay as they are.

use super::{Fault, Warning};
use crate::media::{ANOTHER, Cancel, Stamp, is_same, is_still};
use crate::model::{Asset, AssetId, ClipId, Project, Span, TrackKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different names of clips that are told of one file.
const MOST_NAMES: usize = 3;

/// Those files, as they looked when this was made.
pub struct Sources(Vec<Source>);

struct Source {
    asset: Arc<Asset>,
    /// The first clip that shows it.
    clip: ClipId,
    /// What the clips are called, one more than are told at most.
    names: Vec<String>,
    stamp: Option<Stamp>,
}

impl Sources {
    /// What the enabled clips of a span need, on the tracks of one kind or on all that are not muted; each file once.
    #[must_use]
    pub fn of(project: &Project, span: Span, kind: Option<TrackKind>) -> Self {
        let tracks = project.sequence().tracks.iter().filter(|t| !t.muted && kind.is_none_or(|kind| t.kind == kind));
        let mut found: BTreeMap<AssetId, Source> = BTreeMap::new();
        for clip in tracks.flat_map(|t| t.clips.range(span).filter(|c| c.enabled)) {
            let id = clip.content.asset;
            let Some(asset) = project.assets.get(&id) else { continue };
            found.entry(id).or_insert_with(|| Source::new(asset, clip.id)).is_shown_by(&clip.content.name);
        }
        Self(found.into_values().collect())
    }

    /// The assets.
    pub fn assets(&self) -> impl Iterator<Item = &Arc<Asset>> {
        self.0.iter().map(|s| &s.asset)
    }

    /// Tells of each file that is another one than when it was imported. Reads up to 64 MiB of each. What can't be read is
    /// told by whoever renders it.
    pub fn compare(&self, cancel: &Cancel, mut tell: impl FnMut(Warning)) {
        for source in self.0.iter().filter(|s| s.asset.info.generator.is_none()) {
            if cancel.is_cancelled() {
                return;
            }
            if matches!(is_same(&source.asset.path, &source.asset.fingerprint), Ok(false)) {
                tell(source.warning(ANOTHER, Fault::Replaced));
            }
        }
    }

    /// Tells of each file that was written to, replaced or taken away since this was made.
    #[must_use]
    pub fn changed(&self) -> Vec<Warning> {
        let changed =
            |s: &&Source| s.stamp.as_ref().is_some_and(|stamp| !is_still(&s.asset.path, &s.asset.fingerprint, stamp));
        let text = "the file changed while it was being read; what is shown of it may be wrong: do it again";
        self.0.iter().filter(changed).map(|s| s.warning(text, Fault::Missing)).collect()
    }
}

impl Source {
    fn new(asset: &Arc<Asset>, clip: ClipId) -> Self {
        let stamp = if asset.info.generator.is_some() { None } else { Stamp::of(&asset.path).ok() };
        Self { asset: Arc::clone(asset), clip, names: Vec::new(), stamp }
    }

    fn is_shown_by(&mut self, name: &str) {
        if self.names.len() <= MOST_NAMES && !self.names.iter().any(|n| n == name) {
            self.names.push(name.to_owned());
        }
    }

    fn warning(&self, text: &str, fault: Fault) -> Warning {
        let first = self.names[..self.names.len().min(MOST_NAMES)].join(", ");
        let name = if self.names.len() > MOST_NAMES { format!("{first} and others") } else { first };
        let file = self.asset.path.file_name().unwrap_or(self.asset.path.as_os_str());
        Warning {
            clip: self.clip,
            name,
            source: self.asset.path.clone(),
            text: format!("{}: {text}", file.to_string_lossy()),
            fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::text::parse;

    #[test]
    fn clips_of_one_file_are_told_of_once() {
        let mut project = parse("V1: A@0+10, B@10+10, A@20+10, C@30+10 | A1: A@0+10, B@10+10");
        let all = project.sequence().span();
        let only = Span { length: crate::model::FrameCount(5), ..all };
        let files = |project: &Project, span, kind| Sources::of(project, span, kind).assets().count();
        assert_eq!((files(&project, all, None), files(&project, only, None)), (3, 1));
        assert_eq!(files(&project, all, Some(TrackKind::Audio)), 2);
        Arc::make_mut(&mut project.sequence_mut().tracks[0]).muted = true;
        assert_eq!(files(&project, all, None), 2);
        let mut source = Sources::of(&project, only, None).0.remove(0);
        let told = |source: &Source| source.warning("x", Fault::Missing).name;
        assert_eq!((told(&source), source.warning("x", Fault::Missing).text), ("A".into(), "A.mov: x".into()));
        for name in ["A", "C", "D"] {
            source.is_shown_by(name);
        }
        assert_eq!(told(&source), "A, C, D");
        for name in ["E", "F"] {
            source.is_shown_by(name);
        }
        assert_eq!(told(&source), "A, C, D and others");
    }
}
