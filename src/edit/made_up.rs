//! Titles and solids that are made up where they are needed, and the media that are kept for them.

use super::working::Working;
use super::{EditError, Placement, place, tracks};
use crate::model::{
    Asset, AssetId, Frame, FrameCount, Generator, MediaInfo, STILL_LENGTH, SourceTime, Span, Track, TrackId, TrackKind,
};
use std::path::PathBuf;
use std::sync::Arc;

/// Puts a generator at a frame over what lies there on its track; without a track, on the lowest one that is free above all
/// that is seen meanwhile, which is added where there is none. Without a length it stays as long as a still does.
pub(super) fn add(
    working: &mut Working,
    generator: Generator,
    at: Frame,
    length: Option<FrameCount>,
    track: Option<TrackId>,
) -> Result<(), EditError> {
    let sequence = working.sequence();
    let (rate, size) = (sequence.rate, (sequence.width, sequence.height));
    let length = length.unwrap_or_else(|| FrameCount(rate.frame_nearest(STILL_LENGTH).0).max(FrameCount(1)));
    let id = AssetId(working.project.fresh_id());
    working.project.assets_mut().insert(id, Arc::new(asset(id, generator, size, id.0)?));
    let video = Some(match track {
        Some(track) => track,
        None => free_above(working, Span { start: at, length }),
    });
    let place = Placement { asset: id, source_in: SourceTime::ZERO, length, video, audio: None, name: None };
    place::overwrite(working, &place, at)
}

/// The media of a generator; the number tells its pictures apart from those of all others.
pub(super) fn asset(
    id: AssetId,
    generator: Generator,
    (width, height): (u32, u32),
    number: u64,
) -> Result<Asset, EditError> {
    if !generator.is_possible() {
        return Err(EditError::Property("title"));
    }
    let (name, fingerprint) = (generator.name(), format!("generated {number}"));
    Ok(Asset { id, name, path: PathBuf::new(), fingerprint, info: MediaInfo::generated(generator, (width, height)) })
}

/// The lowest track of pictures that is not locked and lies above all clips in a span; a new one on top where there is none.
fn free_above(working: &mut Working, span: Span) -> TrackId {
    let video: Vec<&Arc<Track>> = working.sequence().tracks_of(TrackKind::Video).collect();
    let above = video.iter().rposition(|t| t.clips.range(span).next().is_some()).map_or(0, |i| i + 1);
    let free = video.get(above..).unwrap_or_default().iter().find(|t| !t.locked).map(|t| t.id);
    free.unwrap_or_else(|| tracks::add(working, TrackKind::Video))
}

#[cfg(test)]
mod tests {
    use crate::edit::text::{parse, print};
    use crate::edit::{Edit, apply};
    use crate::model::{Frame, FrameCount, Generator, Title, TrackKind};

    /// A title as an edit list says it.
    fn edit(ron: &str) -> Edit {
        ron::from_str(ron).unwrap()
    }

    #[test]
    fn titles_lie_above_all_that_is_seen_meanwhile() {
        let before = parse("V1: A@0+48 | V2: B@20+10");
        let added = |ron: &str| {
            let after = apply(&before, &edit(ron)).unwrap();
            assert_eq!(after.check(), Ok(()));
            let sequence = after.sequence();
            let clips = sequence.tracks_of(TrackKind::Video).map(|t| t.clips.iter().count()).collect::<Vec<_>>();
            let asset = after.assets.values().find(|a| a.info.generator.is_some()).unwrap();
            let clip =
                sequence.tracks.iter().flat_map(|t| t.clips.iter()).find(|c| c.content.asset == asset.id).unwrap();
            (clips, clip.start, clip.length, asset.name.clone())
        };
        // beside B, over it, behind all, and where one says
        let title = |text: &str| text.to_owned();
        assert_eq!(
            added("AddTitle(title: (text: \"Hello\"), at: 0, length: Some(12))"),
            (vec![1, 2], Frame(0), FrameCount(12), title("Hello"))
        );
        let five_seconds = FrameCount(before.sequence().rate.nominal() * 5);
        assert_eq!(
            added("AddTitle(title: (text: \"Hello\"), at: 25)"),
            (vec![1, 1, 1], Frame(25), five_seconds, title("Hello"))
        );
        assert_eq!(
            added("AddColor(color: (200, 0, 16), at: 48, length: Some(9))"),
            (vec![2, 1], Frame(48), FrameCount(9), title("Solid #c80010"))
        );
        let track = before.sequence().tracks_of(TrackKind::Video).next().unwrap().id.0;
        let (clips, ..) = added(&format!("AddColor(color: (0, 0, 0), at: 10, length: Some(9), track: Some({track}))"));
        assert_eq!(clips, [3, 1], "A lies before it and behind it");
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let before = parse("V1 locked: A@0+48 | A1: A@0+48");
        let sound = before.sequence().tracks_of(TrackKind::Audio).next().unwrap().id;
        let title = |size: f64| Title { size, ..Title::default() };
        let add = |title: Title, at: i64, track| Edit::AddTitle { title, at: Frame(at), length: None, track };
        let locked = before.sequence().tracks[0].id;
        for (edit, why) in [
            (add(title(101.0), 0, None), "size"),
            (add(title(9.0), -1, None), "before the timeline"),
            (add(title(9.0), 0, Some(sound)), "track of sound"),
            (add(title(9.0), 0, Some(locked)), "locked"),
        ] {
            assert!(apply(&before, &edit).is_err(), "{why}");
        }
        let after = apply(&before, &add(title(9.0), 0, None)).unwrap();
        assert_eq!(after.sequence().tracks_of(TrackKind::Video).count(), 2, "what is locked is passed over");
        let generators =
            after.assets.values().filter(|a| matches!(a.info.generator.as_deref(), Some(Generator::Title(_))));
        assert_eq!(generators.count(), 1, "{}", print(&after));
    }
}
