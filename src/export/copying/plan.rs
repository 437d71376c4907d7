//! Which frames of an export are copied, and from where.

use super::left::{self, Left, Why};
use super::untouched::{Untouched, untouched};
use super::windows::{Window, window};
use super::worth::{is_worth_copying, is_worth_looking};
use super::{Copying, Refused};
use crate::media::{Beside, Cancel, Copyable, MediaError, PacketReader};
use crate::model::{Asset, AssetId, FrameCount, Project, Span};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An asset's stream of pictures.
type Source = (AssetId, u32);

fn source(stretch: &Untouched) -> Source {
    (stretch.asset.id, stretch.stream)
}

/// Frames that come into the film in one way.
#[derive(Clone, Debug)]
pub(in crate::export) enum Segment {
    /// Rendered and encoded.
    Encoded(Span),
    /// Copied from a source.
    Copied(Copied),
}

/// Frames that are copied.
#[derive(Clone, Debug)]
pub(in crate::export) struct Copied {
    /// The frames.
    pub span: Span,
    /// The source.
    pub asset: Arc<Asset>,
    /// Which of its picture streams.
    pub stream: u32,
    /// The number of the picture that the first of them shows.
    pub first: i64,
    /// The number of the first packet that is not copied; `None` at the end of the file.
    pub stop: Option<i64>,
}

/// A film that is partly copied.
#[derive(Clone, Debug)]
pub(in crate::export) struct CopyPlan {
    /// All of its frames, in order.
    pub segments: Vec<Segment>,
    /// What the copied pictures are.
    pub stream: Copyable,
    /// By how many pictures they are stored in another order than they are shown in, at most.
    pub delay: i64,
    /// How many are copied.
    pub copied: i64,
}

impl CopyPlan {
    /// What the encoded pictures must be like.
    pub fn beside(&self) -> Beside {
        self.stream.beside(u32::try_from(self.delay).unwrap_or(0))
    }

    /// Runs of frames that are encoded.
    pub fn joins(&self) -> usize {
        self.segments.iter().filter(|s| matches!(s, Segment::Encoded(_))).count()
    }

    /// What is copied, in order.
    pub fn copies(&self) -> impl Iterator<Item = &Copied> {
        self.segments.iter().filter_map(|s| if let Segment::Copied(copied) = s { Some(copied) } else { None })
    }

    /// "94 % copied, 212 joins encoded".
    pub fn in_words(&self, frames: FrameCount) -> String {
        let share = self.copied * 100 / frames.0.max(1);
        match self.joins() {
            0 => "all is copied".into(),
            1 => format!("{share} % is copied, one piece encoded"),
            n => format!("{share} % is copied, {n} pieces encoded"),
        }
    }
}

/// What was found out about copying.
#[derive(Default)]
pub(in crate::export) struct Looked {
    /// The plan; `None` where nothing can be copied.
    pub plan: Option<CopyPlan>,
    /// What is encoded although copying was wanted.
    pub left: Vec<Left>,
}

/// The plan for a span whose frames are of that size. Encoding a picture takes `effort`, in per cent of what decoding one takes.
///
/// # Errors
/// [`MediaError::Cancelled`]; what a source can't do is not copied.
pub(in crate::export) fn plan(
    project: &Project,
    span: Span,
    size: (u32, u32),
    (copying, effort): (Copying, u32),
    refused: &[Refused],
    cancel: &Cancel,
) -> Result<Looked, MediaError> {
    if copying == Copying::Off {
        return Ok(Looked::default());
    }
    let (found, mut left) = untouched(project, span, size);
    // where all are wanted that can be had, that is worth whatever it takes
    let effort = (copying == Copying::Auto).then_some(effort);
    let why_not = |u: &Untouched| why_not_at_all(u, refused, effort);
    let (found, not): (Vec<Untouched>, Vec<Untouched>) = found.into_iter().partition(|u| why_not(u).is_none());
    left.extend(not.iter().filter_map(|u| Some(u.left(why_not(u)?))));
    let mut by_source: BTreeMap<Source, Vec<usize>> = BTreeMap::new();
    for (n, stretch) in found.iter().enumerate() {
        by_source.entry(source(stretch)).or_default().push(n);
    }
    // one reader at a time, source by source
    let mut streams: HashMap<Source, Copyable> = HashMap::new();
    let mut windows: Vec<Option<Window>> = vec![None; found.len()];
    for (source, these) in by_source {
        match of_source(&found, &these, size, copying, cancel) {
            Ok((stream, at)) => {
                for (n, window) in these.into_iter().zip(at) {
                    let stretch = &found[n];
                    let pictures = (stretch.first, stretch.end());
                    let is_wanted = |window: &Window| effort.is_none_or(|e| is_worth_copying(window, pictures, e));
                    let why = if window.is_some() { Why::Few } else { Why::NoStart };
                    windows[n] = window.filter(is_wanted);
                    if windows[n].is_none() {
                        left.push(stretch.left(why));
                    }
                }
                streams.insert(source, stream);
            }
            Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
            Err(error) => {
                tracing::info!("not copied: {error}");
                left.extend(these.iter().map(|n| found[*n].left(Why::Unfit(error.to_string()))));
            }
        }
    }
    let plan = put_together(span, &found, &windows, &streams);
    let of_most = plan.as_ref().map(|plan| &plan.stream.configuration);
    for (stretch, _) in found.iter().zip(&windows).filter(|(_, window)| window.is_some()) {
        if streams.get(&source(stretch)).map(|stream| &stream.configuration) != of_most {
            left.push(stretch.left(Why::Kind));
        }
    }
    Ok(Looked { plan, left })
}

impl Untouched {
    fn left(&self, why: Why) -> Left {
        Left { clip: self.clip, asset: self.asset.id, span: self.span, why }
    }
}

/// Why nothing of a stretch is copied, as far as it is known without its file.
fn why_not_at_all(stretch: &Untouched, refused: &[Refused], effort: Option<u32>) -> Option<Why> {
    let Untouched { asset, stream, .. } = stretch;
    if let Some(refused) = refused.iter().find(|r| r.asset.is_none_or(|id| id == asset.id)) {
        return Some(Why::Unfit(refused.why.clone()));
    }
    if asset.info.untimed {
        return Some(Why::Unfit("no times are stored in it".into()));
    }
    let video = asset.info.video_stream(*stream)?;
    left::of_stream(video).or_else(|| effort.filter(|e| !is_worth_looking(stretch.span.length.0, *e)).map(|_| Why::Few))
}

/// What a source's pictures are, and which of them can be copied of each stretch.
fn of_source(
    found: &[Untouched],
    these: &[usize],
    size: (u32, u32),
    copying: Copying,
    cancel: &Cancel,
) -> Result<(Copyable, Vec<Option<Window>>), MediaError> {
    let Some(Untouched { asset, stream, .. }) = these.first().and_then(|n| found.get(*n)) else {
        return Err(MediaError::Defect("the choice of what is copied"));
    };
    let mut reader = PacketReader::open(&asset.path, &asset.info, *stream, cancel)?;
    let copyable = Copyable::of(reader.configuration().clone(), size).map_err(|why| reader.unfit(&why))?;
    let mut windows = Vec::with_capacity(these.len());
    for stretch in these.iter().filter_map(|n| found.get(*n)) {
        windows.push(window(&mut reader, (stretch.first, stretch.end()), copying, cancel)?);
    }
    Ok((copyable, windows))
}

fn put_together(
    span: Span,
    found: &[Untouched],
    windows: &[Option<Window>],
    streams: &HashMap<Source, Copyable>,
) -> Option<CopyPlan> {
    let stream = |u: &Untouched| streams.get(&source(u));
    // players are given one kind of pictures: that of most
    let mut kinds: Vec<(&Copyable, i64)> = Vec::new();
    for (stretch, window) in found.iter().zip(windows) {
        let (Some(copyable), Some(window)) = (stream(stretch), window) else { continue };
        let length = window.end - window.first;
        match kinds.iter_mut().find(|(kind, _)| kind.configuration == copyable.configuration) {
            Some((_, sum)) => *sum += length,
            None => kinds.push((copyable, length)),
        }
    }
    let (most, _) = kinds.into_iter().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let mut segments = Vec::new();
    let (mut at, mut copied, mut delay) = (span.start, 0, 0);
    for (stretch, window) in found.iter().zip(windows) {
        let of_most = stream(stretch).is_some_and(|copyable| copyable.configuration == most.configuration);
        let Some(window) = window.filter(|_| of_most) else { continue };
        let start = stretch.span.start + FrameCount(window.first - stretch.first);
        let length = FrameCount(window.end - window.first);
        if start > at {
            segments.push(Segment::Encoded(Span::between(at, start)));
        }
        let span = Span { start, length };
        let asset = Arc::clone(&stretch.asset);
        segments.push(Segment::Copied(Copied {
            span,
            asset,
            stream: stretch.stream,
            first: window.first,
            stop: window.stop,
        }));
        at = span.end();
        copied += length.0;
        delay = delay.max(window.delay);
    }
    if span.end() > at {
        segments.push(Segment::Encoded(Span::between(at, span.end())));
    }
    let delay = most.delay().map_or(delay, |known| i64::from(known).max(delay));
    Some(CopyPlan { segments, stream: most.clone(), delay, copied })
}
