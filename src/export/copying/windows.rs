//! Which of a source's pictures can be copied of those that are wanted: found by reading a few packets at both ends.

use super::Copying;
use crate::media::{Cancel, MediaError, PacketReader};

/// Packets after the wanted ones that are looked at, at most: pictures are not reordered by more (H.264, A.3.1, `MaxDpbFrames`).
const AFTER: usize = 16;

/// Pictures that are copied from a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Window {
    /// The first, an IDR picture.
    pub first: i64,
    /// The first that is not copied.
    pub end: i64,
    /// The number of the first packet that is not copied; `None` at the end of the file.
    pub stop: Option<i64>,
    /// By how many pictures the order of storing was seen to differ from that of showing.
    pub delay: i64,
    /// The picture that decoding begins with for those that are wanted before the first.
    pub lead: i64,
    /// The picture that decoding begins with for those that are wanted after the last.
    pub key: i64,
}

/// What lies in a file from a key picture on.
#[derive(Debug, Default)]
struct Stored {
    /// Numbers of pictures, in the order of storing.
    numbers: Vec<i64>,
    /// Which of them are IDR pictures.
    idr: Vec<bool>,
}

/// The pictures that can be copied of those from `first` to before `end`; `None` for none.
pub(super) fn window(
    reader: &mut PacketReader,
    (first, end): (i64, i64),
    copying: Copying,
    cancel: &Cancel,
) -> Result<Option<Window>, MediaError> {
    let Some(Begin { at: begin, delay: from_key, lead }) = first_idr(reader, (first, end), cancel)? else {
        return Ok(None);
    };
    let mut stored = Stored::default();
    reader.seek(end - 1)?;
    let mut next = reader.next(cancel)?;
    if next.as_ref().is_none_or(|picture| picture.number < begin) {
        // the tables know of no key between: from the first on
        reader.seek(begin)?;
        next = reader.next(cancel)?;
        while next.as_ref().is_some_and(|picture| picture.number != begin) {
            next = reader.next(cancel)?;
        }
    }
    let mut after = 0;
    while let Some(picture) = next {
        after = if picture.number >= end { after + 1 } else { 0 };
        stored.numbers.push(picture.number);
        stored.idr.push(picture.idr);
        // what follows an IDR picture is shown after it
        if (picture.idr && picture.number >= end) || after > AFTER {
            break;
        }
        next = reader.next(cancel)?;
    }
    let Some(count) = stored.whole(end, copying == Copying::WholeGops) else { return Ok(None) };
    let lowest = stored.lowest();
    let end = lowest + i64::try_from(count).unwrap_or(0);
    let stop = stored.numbers.get(count).copied();
    let delay = stored.delay(count).max(from_key);
    Ok((end > begin).then_some(Window { first: begin, end, stop, delay, lead, key: lowest }))
}

/// Where copying begins.
struct Begin {
    /// The first IDR picture that is wanted.
    at: i64,
    /// The delay seen on the way to it.
    delay: i64,
    /// The first picture on that way.
    lead: i64,
}

fn first_idr(
    reader: &mut PacketReader,
    (first, end): (i64, i64),
    cancel: &Cancel,
) -> Result<Option<Begin>, MediaError> {
    reader.seek(first)?;
    let mut passed = 0;
    let mut stored = Stored::default();
    while let Some(picture) = reader.next(cancel)? {
        if picture.idr && picture.number >= first {
            let (at, delay) = (picture.number, stored.delay(stored.numbers.len()));
            let lead = if stored.numbers.is_empty() { at } else { stored.lowest() };
            return Ok((at < end).then_some(Begin { at, delay, lead }));
        }
        passed = if picture.number >= end { passed + 1 } else { 0 };
        if passed > AFTER {
            break;
        }
        stored.numbers.push(picture.number);
    }
    Ok(None)
}

impl Stored {
    fn lowest(&self) -> i64 {
        self.numbers.iter().copied().min().unwrap_or(0)
    }

    /// How many of the first packets can be copied: as many as have all pictures up to their last one, and none from `end`
    /// on; with `whole`, those up to an IDR picture or the end of the file. Everything that is stored before them is shown
    /// before them. `None` where not even that ends before `end`.
    fn whole(&self, end: i64, whole: bool) -> Option<usize> {
        let lowest = self.lowest();
        if lowest > end || self.numbers.is_empty() {
            return None;
        }
        let (mut best, mut highest) = (0, lowest - 1);
        for (n, number) in self.numbers.iter().enumerate() {
            if *number >= end {
                break;
            }
            highest = highest.max(*number);
            let count = n + 1;
            let contiguous = highest - lowest + 1 == i64::try_from(count).unwrap_or(0);
            if contiguous && (!whole || self.idr.get(count).copied().unwrap_or(true)) {
                best = count;
            }
        }
        if whole && best == 0 && !self.idr.first().copied().unwrap_or(false) {
            return None;
        }
        Some(best)
    }

    /// By how many pictures storing differs from showing, in the first `count`.
    fn delay(&self, count: usize) -> i64 {
        let lowest = self.lowest();
        let late = self.numbers.iter().take(count).zip(0..).map(|(number, n)| n - (number - lowest));
        late.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(numbers: &[i64], idr: &[usize]) -> Stored {
        Stored { numbers: numbers.to_vec(), idr: (0..numbers.len()).map(|n| idr.contains(&n)).collect() }
    }

    #[test]
    fn only_what_has_no_holes_is_copied() {
        // I0 P4 B2 b1 b3, P8 B6 b5 b7, and so on
        let pyramid = stored(&[0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11], &[0]);
        for (end, copied) in [(0, 0), (1, 1), (4, 1), (5, 5), (8, 5), (9, 9), (12, 9), (13, 13), (14, 13)] {
            assert_eq!(pyramid.whole(end, false), Some(copied), "up to {end}");
        }
        assert_eq!(pyramid.delay(13), 2);
        // an open group: what leads its key picture is stored after it
        let open = stored(&[10, 8, 9, 13, 11, 12], &[]);
        for (end, copied) in [(8, 0), (10, 0), (11, 3), (13, 3), (14, 6)] {
            assert_eq!(open.whole(end, false), Some(copied), "up to {end}");
        }
        assert_eq!(open.whole(7, false), None);
        assert_eq!(open.delay(6), 1);
        // each is shown as it is stored
        let plain = stored(&[5, 6, 7, 8, 9], &[0, 3]);
        assert_eq!(plain.whole(7, false), Some(2));
        assert_eq!(plain.whole(7, true), Some(0), "it begins with one that a decoder can begin with");
        assert_eq!(plain.whole(9, true), Some(3));
        assert_eq!(plain.whole(12, true), Some(5), "the end of the file");
        assert_eq!(stored(&[5, 6, 7], &[]).whole(7, true), None);
    }
}
