//! The clips of one track, in order, in a form that is cheap to copy and to shift.
//!
//! Undo keeps every earlier state, so a copy must share all that an edit did not touch. Clips lie in
//! chunks behind `Arc`; each chunk has an offset that is added to the starts stored in it. A local edit
//! copies one chunk; moving everything after a point changes only offsets, so even a ripple through
//! 10,000 clips costs kilobytes.

use super::clip::{Clip, ClipContent, ClipId, GroupId, LinkId};
use super::time::{Frame, FrameCount, Span};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;
use std::sync::Arc;

/// A chunk is split in two when it holds more clips than this.
const CHUNK: usize = 64;

/// How many of the contents that came last are looked through for one that is alike, when clips are read.
const SHARED: usize = 16;

/// The clips of a track, sorted by start. It keeps them sorted; that they do not overlap is checked by
/// [`super::Sequence::check`].
#[derive(Clone, Default, Debug)]
pub struct ClipList {
    chunks: Vec<Chunk>,
}

/// Never empty.
#[derive(Clone, Debug)]
struct Chunk {
    offset: FrameCount,
    clips: Arc<Block>,
}

/// The clips of a chunk and, so that a clip is found by its name without looking through all, which names may
/// be among them; and whether one of them has a transition.
#[derive(Clone, Debug)]
struct Block {
    clips: Vec<Clip>,
    names: Names,
    transitions: bool,
}

impl Block {
    fn new(clips: Vec<Clip>) -> Arc<Self> {
        let mut block = Self { clips, names: Names([0; 32]), transitions: false };
        block.summarise();
        Arc::new(block)
    }

    fn summarise(&mut self) {
        self.names = Names::of(&self.clips);
        self.transitions = self.clips.iter().any(|c| c.transition.is_some());
    }

    /// Changes the clips, in a copy where an earlier state shares them.
    fn change<T>(this: &mut Arc<Self>, change: impl FnOnce(&mut Vec<Clip>) -> T) -> T {
        let block = Arc::make_mut(this);
        let result = change(&mut block.clips);
        block.summarise();
        result
    }
}

impl std::ops::Deref for Block {
    type Target = [Clip];

    fn deref(&self) -> &[Clip] {
        &self.clips
    }
}

/// A Bloom filter (Bloom 1970, "Space/time trade-offs in hash coding") of ids, links and groups: what it does not
/// have is not there.
#[derive(Clone, Debug)]
struct Names([u64; 32]);

impl Names {
    fn of(clips: &[Clip]) -> Self {
        let mut names = Self([0; 32]);
        for clip in clips {
            names.add(clip.id.0);
            clip.link.iter().for_each(|link| names.add(Self::link(*link)));
            clip.group.iter().for_each(|group| names.add(Self::group(*group)));
        }
        names
    }

    fn link(link: LinkId) -> u64 {
        link.0 ^ 1 << 62
    }

    fn group(group: GroupId) -> u64 {
        group.0 ^ 1 << 63
    }

    /// Two of 2048 bits.
    fn bits(name: u64) -> [u64; 2] {
        let hash = name.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        [hash >> 53, hash >> 42 & 2047]
    }

    fn add(&mut self, name: u64) {
        for bit in Self::bits(name) {
            self.0[usize::try_from(bit / 64).unwrap_or(0)] |= 1 << (bit % 64);
        }
    }

    fn may_have(&self, name: u64) -> bool {
        Self::bits(name).iter().all(|bit| self.0[usize::try_from(bit / 64).unwrap_or(0)] >> (bit % 64) & 1 == 1)
    }
}

impl Chunk {
    fn get(&self, index: usize) -> Clip {
        let mut clip = self.clips[index].clone();
        clip.start += self.offset;
        clip
    }

    fn first_start(&self) -> Frame {
        self.clips[0].start + self.offset
    }
}

impl ClipList {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many clips there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|c| c.clips.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All clips in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Clip> + '_ {
        self.chunks.iter().flat_map(|chunk| (0..chunk.clips.len()).map(move |i| chunk.get(i)))
    }

    /// The first frame after the last clip.
    #[must_use]
    pub fn end(&self) -> Frame {
        self.chunks.last().map_or(Frame::ZERO, |c| c.get(c.clips.len() - 1).end())
    }

    /// The clip of that name.
    #[must_use]
    pub fn get(&self, id: ClipId) -> Option<Clip> {
        self.position(id).map(|(at, i)| self.chunks[at].get(i))
    }

    fn position(&self, id: ClipId) -> Option<(usize, usize)> {
        let mut chunks = self.chunks.iter().enumerate().filter(|(_, c)| c.clips.names.may_have(id.0));
        chunks.find_map(|(at, c)| Some((at, c.clips.iter().position(|clip| clip.id == id)?)))
    }

    /// The clips that have one of these links or groups, in order.
    pub fn members<'a>(&'a self, links: &'a [LinkId], groups: &'a [GroupId]) -> impl Iterator<Item = Clip> + 'a {
        let may = |names: &Names| {
            links.iter().any(|l| names.may_have(Names::link(*l)))
                || groups.iter().any(|g| names.may_have(Names::group(*g)))
        };
        let member = |clip: &Clip| {
            clip.link.is_some_and(|l| links.contains(&l)) || clip.group.is_some_and(|g| groups.contains(&g))
        };
        let chunks = self.chunks.iter().filter(move |c| may(&c.clips.names));
        chunks.flat_map(move |c| (0..c.clips.len()).filter(move |i| member(&c.clips[*i])).map(move |i| c.get(i)))
    }

    /// The clip on the screen at `frame`.
    #[must_use]
    pub fn at(&self, frame: Frame) -> Option<Clip> {
        self.range(Span { start: frame, length: FrameCount(1) }).next()
    }

    /// The clips that share a frame with `span`, in order.
    pub fn range(&self, span: Span) -> impl Iterator<Item = Clip> + '_ {
        let first = self.chunks.partition_point(|c| c.first_start() <= span.start).saturating_sub(1);
        self.chunks[first..].iter().take_while(move |c| c.first_start() < span.end()).flat_map(move |chunk| {
            let from = chunk.clips.partition_point(|c| c.end() + chunk.offset <= span.start);
            (from..chunk.clips.len()).map(move |i| chunk.get(i)).take_while(move |c| c.start < span.end())
        })
    }

    /// The last clip that ends at or before `frame`.
    #[must_use]
    pub fn before(&self, frame: Frame) -> Option<Clip> {
        let chunks = self.chunks.partition_point(|c| c.first_start() < frame);
        self.chunks[..chunks]
            .iter()
            .rev()
            .find_map(|c| (0..c.clips.len()).rev().map(|i| c.get(i)).find(|clip| clip.end() <= frame))
    }

    /// The first clip that starts at or after `frame`.
    #[must_use]
    pub fn after(&self, frame: Frame) -> Option<Clip> {
        let first = self.chunks.partition_point(|c| c.first_start() <= frame).saturating_sub(1);
        self.chunks[first..].iter().find_map(|c| {
            let i = c.clips.partition_point(|clip| clip.start + c.offset < frame);
            (i < c.clips.len()).then(|| c.get(i))
        })
    }

    /// Puts a clip where its start says.
    pub fn insert(&mut self, mut clip: Clip) {
        let at = self.chunks.partition_point(|c| c.first_start() <= clip.start).saturating_sub(1);
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(Chunk { offset: FrameCount::ZERO, clips: Block::new(vec![clip]) });
            return;
        };
        clip.start = clip.start - chunk.offset;
        let rest = Block::change(&mut chunk.clips, |clips| {
            clips.insert(clips.partition_point(|c| c.start <= clip.start), clip);
            let rest = (clips.len() > CHUNK).then(|| clips.split_off(CHUNK / 2));
            // a list that is put together in order would have room for four times its clips
            rest.inspect(|_| clips.shrink_to_fit())
        });
        if let Some(rest) = rest {
            let offset = chunk.offset;
            self.chunks.insert(at + 1, Chunk { offset, clips: Block::new(rest) });
        }
    }

    /// Takes a clip out.
    pub fn remove(&mut self, id: ClipId) -> Option<Clip> {
        let (at, i) = self.position(id)?;
        let found = self.chunks[at].get(i);
        if self.chunks[at].clips.len() == 1 {
            self.chunks.remove(at);
        } else {
            Block::change(&mut self.chunks[at].clips, |clips| clips.remove(i));
        }
        Some(found)
    }

    /// Puts `clip` in the place of the one with its id, wherever that was.
    pub fn replace(&mut self, clip: Clip) {
        self.remove(clip.id);
        self.insert(clip);
    }

    /// Moves every clip that starts at or after `from` by `by`. The caller makes sure that none is
    /// pushed over a clip before it.
    pub fn shift(&mut self, from: Frame, by: FrameCount) {
        let at = self.chunks.partition_point(|c| c.first_start() < from);
        // the chunk before may hold some of them: cut it there
        let mut first = at;
        if let Some(chunk) = at.checked_sub(1).and_then(|i| self.chunks.get_mut(i)) {
            let keep = chunk.clips.partition_point(|c| c.start + chunk.offset < from);
            if keep < chunk.clips.len() {
                let rest = Block::change(&mut chunk.clips, |clips| clips.split_off(keep));
                let offset = chunk.offset;
                self.chunks.insert(at, Chunk { offset, clips: Block::new(rest) });
                first = at;
            }
        }
        for chunk in &mut self.chunks[first..] {
            chunk.offset += by;
        }
        self.merge_at(first);
    }

    /// The clips with a transition whose cut may have changed since `before`: those in chunks that are not shared,
    /// and the first after each stretch of such chunks. Clips that only moved together are not among them.
    #[must_use]
    pub fn changed_transitions(&self, before: &Self) -> Vec<Clip> {
        let (now, then) = (&self.chunks, &before.chunks);
        let same = |a: &Chunk, b: &Chunk| Arc::ptr_eq(&a.clips, &b.clips);
        let head = now.iter().zip(then).take_while(|(a, b)| same(a, b) && a.offset == b.offset).count();
        let most = now.len().min(then.len()) - head;
        let moved = now.last().zip(then.last()).map(|(a, b)| a.offset - b.offset);
        let pairs = now.iter().rev().zip(then.iter().rev()).take(most);
        let tail = pairs.take_while(|(a, b)| same(a, b) && Some(a.offset - b.offset) == moved).count();
        let middle = &now[head..now.len() - tail];
        let mut found: Vec<Clip> = middle
            .iter()
            .filter(|c| c.clips.transitions)
            .flat_map(|c| (0..c.clips.len()).filter(|i| c.clips[*i].transition.is_some()).map(|i| c.get(i)))
            .collect();
        let seam = then.len() + now.len() > (head + tail) * 2 || moved != Some(FrameCount::ZERO);
        if tail > 0 && seam {
            found.extend(Some(now[now.len() - tail].get(0)).filter(|c| c.transition.is_some()));
        }
        found
    }

    /// About how many bytes this list holds that `other` does not share.
    #[must_use]
    pub fn bytes_beside(&self, other: &Self) -> usize {
        // both are in order of their making, mostly: look where it was first
        let mut at = 0;
        let mut bytes = self.chunks.len() * size_of::<Chunk>();
        for chunk in &self.chunks {
            let here = |c: &Chunk| Arc::ptr_eq(&c.clips, &chunk.clips);
            match other.chunks[at.min(other.chunks.len())..].iter().take(8).position(here) {
                Some(further) => at += further + 1,
                None => bytes += size_of::<Block>() + chunk.clips.len() * size_of::<Clip>(),
            }
        }
        bytes
    }

    /// Joins two neighbouring chunks when both are small, so that cutting at `shift` leaves no crumbs.
    fn merge_at(&mut self, at: usize) {
        if at == 0
            || at >= self.chunks.len()
            || self.chunks[at - 1].clips.len() + self.chunks[at].clips.len() > CHUNK / 2
        {
            return;
        }
        let right = self.chunks.remove(at);
        let left = &mut self.chunks[at - 1];
        let by = right.offset - left.offset;
        Block::change(&mut left.clips, |clips| {
            clips.extend(right.clips.iter().cloned().map(|mut clip| {
                clip.start += by;
                clip
            }));
        });
    }
}

impl FromIterator<Clip> for ClipList {
    fn from_iter<I: IntoIterator<Item = Clip>>(iter: I) -> Self {
        let mut clips: Vec<Clip> = iter.into_iter().collect();
        clips.sort_by_key(|c| c.start);
        let chunks = clips
            .chunks(CHUNK / 2)
            .map(|c| Chunk { offset: FrameCount::ZERO, clips: Block::new(c.to_vec()) })
            .collect();
        Self { chunks }
    }
}

impl PartialEq for ClipList {
    fn eq(&self, other: &Self) -> bool {
        // states of one project mostly share their chunks
        let alike = |(a, b): (&Chunk, &Chunk)| a.offset == b.offset && a.clips.len() == b.clips.len();
        if self.chunks.len() == other.chunks.len() && self.chunks.iter().zip(&other.chunks).all(alike) {
            let same = |(a, b): (&Chunk, &Chunk)| Arc::ptr_eq(&a.clips, &b.clips) || a.clips.clips == b.clips.clips;
            return self.chunks.iter().zip(&other.chunks).all(same);
        }
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Serialize for ClipList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for ClipList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reading).map(|clips| clips.into_iter().collect())
    }
}

/// Reads clips, of which those that show the same share it as the ones that were split from each other do.
struct Reading;

impl<'de> serde::de::Visitor<'de> for Reading {
    type Value = Vec<Clip>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("clips")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut clips: A) -> Result<Vec<Clip>, A::Error> {
        let (mut read, mut known) = (Vec::new(), VecDeque::<Arc<ClipContent>>::new());
        while let Some(mut clip) = clips.next_element::<Clip>()? {
            if let Some(content) = known.iter().find(|content| **content == clip.content) {
                clip.content = Arc::clone(content);
            } else {
                known.truncate(SHARED - 1);
                known.push_front(Arc::clone(&clip.content));
            }
            read.push(clip);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AssetId, ClipContent, SourceTime};

    fn clip(id: u64, start: i64, length: i64) -> Clip {
        let content = ClipContent {
            name: id.to_string(),
            asset: AssetId(0),
            stream: 0,
            properties: crate::model::Properties::default(),
        };
        Clip::new(ClipId(id), Arc::new(content), Frame(start), FrameCount(length), SourceTime::ZERO)
    }

    /// A list that was put together in a scrambled order and shifted here and there, beside a plain
    /// vector to which the same was done.
    #[test]
    fn behaves_like_a_sorted_vector() {
        let mut list = ClipList::new();
        let mut plain: Vec<Clip> = Vec::new();
        let mut seed = 7_u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        for i in 0..2000 {
            match random(4) {
                0 | 1 => {
                    let clip = clip(i, i64::try_from(i * 1000 % 2_000_003).unwrap() * 5, 3);
                    if !plain.iter().any(|c| c.span().overlaps(clip.span())) {
                        list.insert(clip.clone());
                        plain.push(clip);
                    }
                }
                2 if !plain.is_empty() => {
                    let gone = plain.swap_remove(usize::try_from(random(plain.len() as u64)).unwrap());
                    assert_eq!(list.remove(gone.id), Some(gone));
                }
                _ if !plain.is_empty() => {
                    let from = plain[usize::try_from(random(plain.len() as u64)).unwrap()].start;
                    list.shift(from, FrameCount(11));
                    plain.iter_mut().filter(|c| c.start >= from).for_each(|c| c.start += FrameCount(11));
                }
                _ => {}
            }
            plain.sort_by_key(|c| c.start);
            let probe = Frame(i64::try_from(random(10_000_000)).unwrap());
            assert_eq!(list.at(probe), plain.iter().find(|c| c.span().contains(probe)).cloned());
            assert_eq!(list.before(probe), plain.iter().rfind(|c| c.end() <= probe).cloned());
            assert_eq!(list.after(probe), plain.iter().find(|c| c.start >= probe).cloned());
        }
        assert!(plain.len() > 200);
        assert_eq!(list.iter().collect::<Vec<_>>(), plain);
        let span = Span { start: plain[50].start + FrameCount(1), length: FrameCount(900_000) };
        let expected: Vec<Clip> = plain.iter().filter(|c| c.span().overlaps(span)).cloned().collect();
        assert_eq!(list.range(span).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn clips_that_show_the_same_share_it_when_they_are_read() {
        let mut list = ClipList::new();
        for i in 0..300 {
            let mut clip = clip(i, i64::try_from(i).unwrap() * 10, 10);
            let content = Arc::make_mut(&mut clip.content);
            content.name = (i % 3).to_string();
            content.properties.keep_pitch = i % 2 == 0;
            list.insert(clip);
        }
        let read: ClipList = ron::from_str(&ron::to_string(&list).unwrap()).unwrap();
        assert_eq!(read, list);
        let contents: std::collections::HashSet<_> = read.iter().map(|c| Arc::as_ptr(&c.content)).collect();
        assert_eq!(contents.len(), 6);
    }

    #[test]
    fn a_shift_shares_what_it_moves() {
        let mut list: ClipList = (0..10_000).map(|i| clip(i, i64::try_from(i).unwrap() * 10, 10)).collect();
        let before = list.clone();
        list.shift(Frame(50), FrameCount(1));
        let shared =
            list.chunks.iter().filter(|a| before.chunks.iter().any(|b| Arc::ptr_eq(&a.clips, &b.clips))).count();
        assert!(
            list.chunks.len() - shared <= 2,
            "{} of {} chunks copied",
            list.chunks.len() - shared,
            list.chunks.len()
        );
        assert_eq!(list.end(), Frame(100_001));
    }
}
