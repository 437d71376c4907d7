//! What other programs' timelines say, before it is known what is in the media: the step between reading a format
//! and having a project.

use super::InterchangeError;
use crate::model::{
    Asset, AssetId, AudioStream, Clip, ClipContent, ClipId, Frame, FrameCount, FrameRate, LinkId, Marker, MediaInfo,
    MediaKind, Project, Properties, SourceTime, Speed, Track, TrackId, TrackKind, Transition, VideoStream,
};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::sync::Arc;

/// A timeline as another program wrote it.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline {
    /// What it is called.
    pub name: String,
    /// Frames a second.
    pub rate: FrameRate,
    /// Width and height, if the format says so.
    pub size: Option<(u32, u32)>,
    /// Its tracks, from the bottom up.
    pub tracks: Vec<OutlineTrack>,
    /// Its markers, in any order.
    pub markers: Vec<Marker>,
    /// What could not be taken over.
    pub warnings: Vec<String>,
}

/// A track of it.
#[derive(Clone, PartialEq, Debug)]
pub struct OutlineTrack {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub kind: TrackKind,
    /// Its clips, in order and without overlaps.
    pub clips: Vec<OutlineClip>,
}

/// A clip of it.
#[derive(Clone, PartialEq, Debug)]
pub struct OutlineClip {
    /// What it is called.
    pub name: String,
    /// Its media; one that is not there is offline, and can be relinked.
    pub source: PathBuf,
    /// Where it begins.
    pub start: Frame,
    /// How long it is.
    pub length: FrameCount,
    /// Its in point.
    pub source_in: SourceTime,
    /// How fast it runs.
    pub speed: Speed,
    /// The link that it shares with others, by any number.
    pub link: Option<u64>,
    /// Whether it is seen and heard.
    pub enabled: bool,
    /// What happens on the cut before it.
    pub transition: Option<Transition>,
    /// How long its media is said to be.
    pub media_length: Option<SourceTime>,
    /// How it looks and sounds.
    pub properties: Properties,
}

impl Outline {
    /// Every media file that it names, once.
    #[must_use]
    pub fn sources(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = self.clips().map(|(_, clip)| clip.source.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    fn clips(&self) -> impl Iterator<Item = (TrackKind, &OutlineClip)> {
        self.tracks.iter().flat_map(|t| t.clips.iter().map(move |c| (t.kind, c)))
    }
}

/// Makes a project of it. `media` holds what is in each file that was found, by its path, and its fingerprint; the
/// others become offline media of the length that the timeline needs. Gives what had to be changed as well.
///
/// # Errors
/// [`InterchangeError::Content`] when it can't be a timeline.
pub fn build<S: BuildHasher>(
    outline: &Outline,
    media: &HashMap<PathBuf, (MediaInfo, String), S>,
) -> Result<(Project, Vec<String>), InterchangeError> {
    let mut warnings = outline.warnings.clone();
    let pictures = outline.clips().find_map(|(_, c)| media.get(&c.source)?.0.video.as_ref());
    let even = |n: u32| (n / 2 * 2).clamp(16, 8192);
    let size = outline.size.or_else(|| pictures.map(|v| (v.width, v.height))).unwrap_or((1920, 1080));
    let mut project = Project::new(even(size.0), even(size.1), outline.rate, 48_000);
    let assets = add_assets(&mut project, outline, media, &mut warnings);
    let mut links: HashMap<u64, LinkId> = HashMap::new();
    let mut tracks = Vec::new();
    for outlined in &outline.tracks {
        let mut track = Track::new(TrackId(project.fresh_id()), outlined.name.clone(), outlined.kind);
        let mut end = Frame::ZERO;
        for clip in &outlined.clips {
            let Some(asset) = assets.get(&clip.source) else { continue };
            let Some(mut made) = fitted(clip, &project, *asset, outlined.kind, end, &mut warnings) else { continue };
            made.link = clip.link.map(|link| *links.entry(link).or_insert_with(|| LinkId(project.fresh_id())));
            made.id = ClipId(project.fresh_id());
            end = made.end();
            track.clips.insert(made);
        }
        fit_transitions(&project, &mut track, &mut warnings);
        tracks.push(Arc::new(track));
    }
    for kind in [TrackKind::Video, TrackKind::Audio] {
        if !tracks.iter().any(|t: &Arc<Track>| t.kind == kind) {
            let name = if kind == TrackKind::Video { "V1" } else { "A1" };
            tracks.push(Arc::new(Track::new(TrackId(project.fresh_id()), name, kind)));
        }
    }
    let sequence = project.sequence_mut();
    sequence.name.clone_from(&outline.name);
    sequence.tracks = tracks;
    let mut markers: BTreeMap<Frame, Marker> = BTreeMap::new();
    for marker in outline.markers.iter().filter(|m| m.at >= Frame::ZERO) {
        markers.entry(marker.at).or_insert_with(|| marker.clone());
    }
    sequence.markers = Arc::new(markers.into_values().collect());
    project.check().map_err(|why| InterchangeError::Content(format!("it can't be a timeline: {why}")))?;
    Ok((project, warnings))
}

fn add_assets<S: BuildHasher>(
    project: &mut Project,
    outline: &Outline,
    media: &HashMap<PathBuf, (MediaInfo, String), S>,
    warnings: &mut Vec<String>,
) -> HashMap<PathBuf, AssetId> {
    let mut assets = HashMap::new();
    for source in outline.sources() {
        let path = std::path::absolute(&source).unwrap_or_else(|_| source.clone());
        let name = source.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let (info, fingerprint) = media.get(&source).cloned().unwrap_or_else(|| {
            warnings.push(format!("{}: it is not there; it is offline until it is relinked", source.display()));
            (offline(outline, &source), String::new())
        });
        let id = AssetId(project.fresh_id());
        project.assets_mut().insert(id, Arc::new(Asset { id, name, path, fingerprint, info }));
        assets.insert(source, id);
    }
    assets
}

/// What a file that is not there must be at least, as the timeline uses it.
fn offline(outline: &Outline, source: &PathBuf) -> MediaInfo {
    let uses: Vec<_> = outline.clips().filter(|(_, c)| c.source == *source).collect();
    let used = uses.iter().map(|(_, clip)| {
        let end = clip.source_in + clip.speed.scale(outline.rate.duration_of(clip.length));
        end.max(clip.source_in).max(clip.media_length.unwrap_or_default())
    });
    let pictures = uses.iter().any(|(kind, _)| *kind == TrackKind::Video);
    let sound = uses.iter().any(|(kind, _)| *kind == TrackKind::Audio);
    let (width, height) = outline.size.unwrap_or((1920, 1080));
    let video = VideoStream { rate: Some(outline.rate), ..VideoStream::of_size(width, height) };
    let audio = AudioStream { codec: String::new(), rate: 48_000, channels: 2, language: String::new() };
    MediaInfo {
        duration: Some(used.max().unwrap_or(SourceTime::SECOND)),
        video: pictures.then_some(video),
        audio: if sound { vec![audio] } else { Vec::new() },
        ..MediaInfo::of(if pictures { MediaKind::Video } else { MediaKind::Audio }, "")
    }
}

/// The clip, brought inside its media and behind what is there already.
fn fitted(
    clip: &OutlineClip,
    project: &Project,
    asset: AssetId,
    kind: TrackKind,
    free: Frame,
    warnings: &mut Vec<String>,
) -> Option<Clip> {
    let rate = project.sequence().rate;
    let info = &project.assets[&asset];
    let mut say = |what: &str| {
        warnings.push(format!("'{}' at {}: {what}", clip.name, crate::model::format_timecode(clip.start, rate)));
    };
    if info.streams(kind) == 0 {
        say(if kind == TrackKind::Video {
            "its media has no picture; left out"
        } else {
            "its media has no sound; left out"
        });
        return None;
    }
    let content = ClipContent { name: clip.name.clone(), asset, stream: 0, properties: clip.properties.clone() };
    let mut made = Clip {
        id: ClipId(0),
        start: clip.start,
        length: clip.length,
        source_in: clip.source_in,
        speed: clip.speed,
        link: None,
        group: None,
        enabled: clip.enabled,
        transition: clip.transition,
        content: Arc::new(content),
    };
    if made.content.properties.impossible().is_some() {
        say("its properties are impossible; they are set back");
        Arc::make_mut(&mut made.content).properties = Properties::default();
    }
    if made.start < free {
        say("it overlaps the clip before it; cut off there");
        let by = free - made.start;
        made.source_in = made.source_at(by, rate);
        made.start = free;
        made.length -= by;
    }
    if let Some(range) = project.media_range(asset) {
        let slack = SourceTime(rate.duration_of(FrameCount(1)).0 / 2);
        let before = range.start - slack - made.media(rate).0;
        if before > SourceTime::ZERO || made.source_in >= range.end {
            say("its in point lies outside its media; it begins where they do");
            made.source_in = if made.speed.is_backward() { range.end } else { range.start };
        }
        while made.length > FrameCount::ZERO && made.media(rate).1 > range.end + slack {
            let over = made.speed.unscale(made.media(rate).1 - range.end).unwrap_or_default();
            made.length -= FrameCount(rate.frame_at(over).0.max(1));
        }
        if made.length < clip.length && made.start == clip.start {
            say("its media are shorter than it is; cut off where they end");
        }
    }
    (made.length > FrameCount::ZERO).then_some(made)
}

fn fit_transitions(project: &Project, track: &mut Track, warnings: &mut Vec<String>) {
    let rate = project.sequence().rate;
    let with: Vec<Clip> = track.clips.iter().filter(|c| c.transition.is_some()).collect();
    for clip in with {
        let Some(wanted) = clip.transition else { continue };
        let left = track.clips.before(clip.start).filter(|l| l.end() == clip.start);
        let room = left.and_then(|left| project.transition_room(rate, &left, &clip, wanted.kind));
        let fitting = room.and_then(|(before, after)| {
            let before = wanted.before.min(before);
            let length = before + wanted.after().min(after);
            (length > FrameCount::ZERO).then_some(Transition { kind: wanted.kind, length, before })
        });
        if fitting != Some(wanted) {
            let done = if fitting.is_some() { "shortened" } else { "left out" };
            warnings.push(format!("the transition into '{}' has too little media; {done}", clip.content.name));
            track.clips.replace(Clip { transition: fitting, ..clip });
        }
    }
}
