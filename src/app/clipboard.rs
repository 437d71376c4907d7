//! Cut, copied and pasted clips: into the same sequence, another one, or another project.

use super::action::Action;
use super::editor::Editor;
use super::notices::Level;
use super::placing::Steps;
use crate::edit::{Edit, Landing};
use crate::model::{
    Asset, AssetId, Clip, Frame, FrameCount, FrameRate, Project, SequenceId, SourceTime, TrackId, TrackKind, Transition,
};
use crate::worker::DocumentId;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Clips that were cut or copied, and where from.
#[derive(Clone, Debug, Default)]
pub struct Clipboard {
    clips: Vec<Copied>,
    /// Which document and sequence, at what rate.
    from: Option<(DocumentId, SequenceId, FrameRate)>,
}

#[derive(Clone, Debug)]
struct Copied {
    track: TrackId,
    kind: TrackKind,
    /// The track's place among those of its kind.
    place: usize,
    clip: Clip,
    asset: Arc<Asset>,
}

impl Clipboard {
    /// Whether there is nothing to paste.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// What the clips are called.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.clips.iter().map(|c| c.clip.content.name.as_str()).collect()
    }
}

impl Editor {
    pub(super) fn perform_on_clipboard(&mut self, action: Action) {
        match action {
            Action::Cut => {
                self.clipboard = self.copied();
                self.commit(&Edit::Lift { clips: self.selected(), alone: true });
            }
            Action::Copy => self.clipboard = self.copied(),
            Action::Duplicate => {
                let copies = self.copied();
                let at = copies.clips.iter().map(|c| c.clip.end()).max().unwrap_or_default();
                self.paste(&copies, at, Landing::Insert);
            }
            _ => {
                let landing = if action == Action::PasteInsert { Landing::Insert } else { Landing::Overwrite };
                let at = self.playhead;
                if self.paste(&self.clipboard.clone(), at, landing) {
                    // in another project's place, and in an empty sequence, it stands where they begin by now
                    let end = self.selected_clips().into_iter().map(|(_, c)| c.end()).max();
                    self.seek_and_reveal(end.unwrap_or(at));
                }
            }
        }
    }

    fn copied(&self) -> Clipboard {
        let sequence = self.sequence();
        let copied = |(track, clip): (TrackId, Clip)| {
            let kind = sequence.track(track)?.kind;
            let place = sequence.tracks_of(kind).position(|t| t.id == track)?;
            let asset = Arc::clone(self.project().assets.get(&clip.content.asset)?);
            Some(Copied { track, kind, place, clip, asset })
        };
        Clipboard {
            clips: self.selected_clips().into_iter().filter_map(copied).collect(),
            from: Some((self.document.id, self.project().active, sequence.rate)),
        }
    }

    /// Pastes; whether it was not refused.
    fn paste(&mut self, copies: &Clipboard, at: Frame, landing: Landing) -> bool {
        match self.paste_edit(copies, at, landing) {
            Ok(edit) => self.commit(&edit),
            Err(missing) => {
                let names: Vec<String> = missing.into_iter().collect();
                let text = format!(
                    "Paste: {} not in this project. Import the same {}, then paste again.",
                    if let [name] = names.as_slice() { format!("'{name}' is") } else { names.join(", ") + " are" },
                    if names.len() == 1 { "file" } else { "files" }
                );
                self.notify(Level::Problem, text);
                false
            }
        }
    }

    /// The edit that puts copies on tracks of the same kind at the same place, which are made where they are missing; in
    /// the sequence that they came from, on the very tracks. The names of media that the project lacks where that is so.
    fn paste_edit(&self, copies: &Clipboard, at: Frame, landing: Landing) -> Result<Edit, BTreeSet<String>> {
        let mut steps = Steps::new(self.draft());
        let same_document = copies.from.is_some_and(|(document, ..)| document == self.document.id);
        let same_sequence = same_document && copies.from.is_some_and(|(_, id, _)| id == self.project().active);
        let mut assets: HashMap<AssetId, AssetId> = HashMap::new();
        let mut missing = BTreeSet::new();
        for Copied { asset, .. } in &copies.clips {
            if assets.contains_key(&asset.id) {
                continue;
            }
            let found = asset_in(&steps.state, asset, same_document).or_else(|| {
                // titles and colours have no file: they come along
                asset.info.generator.as_ref()?;
                let known: BTreeSet<AssetId> = steps.state.assets.keys().copied().collect();
                steps.add(Edit::AddAssets(vec![(**asset).clone()]));
                steps.state.assets.keys().find(|id| !known.contains(id)).copied()
            });
            match found {
                Some(id) => {
                    assets.insert(asset.id, id);
                }
                None => {
                    missing.insert(asset.name.clone());
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let rate = steps.state.sequence().rate;
        let old_rate = copies.from.map_or(rate, |(.., rate)| rate);
        let mut clips = Vec::new();
        for copied in &copies.clips {
            let own = steps.state.sequence().track(copied.track).filter(|_| same_sequence).map(|t| t.id);
            let Some(track) = own.or_else(|| steps.nth(copied.kind, copied.place)) else { continue };
            let mut clip = at_rate(&copied.clip, old_rate, rate, &copied.asset);
            if let Some(asset) = assets.get(&clip.content.asset).filter(|id| **id != clip.content.asset) {
                Arc::make_mut(&mut clip.content).asset = *asset;
            }
            clips.push((track, clip));
        }
        steps.add(Edit::Paste { clips, at, landing });
        Ok(steps.together().unwrap_or(Edit::Together(Vec::new())))
    }
}

/// The asset of a project that is the same as one that may be of another project.
fn asset_in(project: &Project, asset: &Asset, same_document: bool) -> Option<AssetId> {
    if same_document && project.assets.contains_key(&asset.id) {
        return Some(asset.id);
    }
    let made_up = asset.info.generator.is_some();
    let same = |a: &&Arc<Asset>| {
        let alike = if made_up { a.info.generator == asset.info.generator } else { a.path == asset.path };
        alike && a.info.generator.is_some() == made_up
    };
    let alike = |a: &&Arc<Asset>| !made_up && !asset.fingerprint.is_empty() && a.fingerprint == asset.fingerprint;
    let all = || project.assets.values();
    all().find(same).or_else(|| all().find(alike)).map(|a| a.id)
}

/// A clip at the same times in a sequence of another rate, as far as its media go.
fn at_rate(clip: &Clip, from: FrameRate, to: FrameRate, asset: &Asset) -> Clip {
    if from == to {
        return clip.clone();
    }
    let count = |frames: FrameCount| FrameCount(to.frame_nearest(from.duration_of(frames)).0);
    let start = to.frame_nearest(from.time_of(clip.start));
    let end = to.frame_nearest(from.time_of(clip.end()));
    let mut changed = Clip { start, length: (end - start).max(FrameCount(1)), ..clip.clone() };
    changed.transition = clip.transition.and_then(|t| {
        let (before, after) = (count(t.before), count(t.after()));
        let length = before + after;
        (length > FrameCount::ZERO).then_some(Transition { kind: t.kind, length, before })
    });
    let (fade_in, fade_out) = clip.fades();
    if (fade_in, fade_out) != (FrameCount::ZERO, FrameCount::ZERO) {
        let properties = &mut Arc::make_mut(&mut changed.content).properties;
        properties.fade_in = count(fade_in).min(changed.length);
        properties.fade_out = count(fade_out).min(changed.length - properties.fade_in);
    }
    // rounding up may reach beyond the media
    let slack = SourceTime(to.duration_of(FrameCount(1)).0 / 2);
    let range = asset.info.range();
    while changed.length > FrameCount(1) && range.is_some_and(|range| changed.media(to).1 > range.end + slack) {
        changed.length -= FrameCount(1);
    }
    changed
}
