//! The boxes of an MP4 or `QuickTime` file (ISO 14496-12, 4.2), found without reading what is in them.

use std::io::{Read, Seek, SeekFrom};

/// Boxes of a file, or of a box, that are looked at: more than real files have before their `moov`.
const MOST: usize = 4096;

/// A box: what it is called, and where in the file it begins, where its content does, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mp4Box {
    pub kind: [u8; 4],
    pub start: u64,
    pub content: u64,
    pub end: u64,
}

impl Mp4Box {
    /// A file as the box of its boxes.
    ///
    /// # Errors
    /// When the file can't be sought in.
    pub fn file(file: &mut impl Seek) -> std::io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        Ok(Self { kind: *b"file", start: 0, content: 0, end })
    }

    /// The `moov` of a file that begins as an MP4 or `QuickTime` file does.
    pub fn movie(file: &mut (impl Read + Seek)) -> Option<Self> {
        let parts = Self::file(file).ok()?.children(file);
        if !matches!(&parts.first()?.kind, b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"pnot") {
            return None;
        }
        parts.into_iter().find(|b| &b.kind == b"moov")
    }

    /// The boxes in it, up to the first that can't be right; of a file, up to its `moov`.
    pub fn children(&self, file: &mut (impl Read + Seek)) -> Vec<Self> {
        let (mut found, mut at) = (Vec::new(), self.content);
        while found.len() < MOST
            && let Some(child) = read_head(file, at, self.end)
        {
            at = child.end;
            let last = &self.kind == b"file" && &child.kind == b"moov";
            found.push(child);
            if last {
                break;
            }
        }
        found
    }

    /// The first box in it of that name.
    pub fn child(&self, file: &mut (impl Read + Seek), kind: [u8; 4]) -> Option<Self> {
        self.children(file).into_iter().find(|b| b.kind == kind)
    }

    /// The box within boxes of these names, each in the one before.
    pub fn inner(&self, file: &mut (impl Read + Seek), kinds: &[[u8; 4]]) -> Option<Self> {
        kinds.iter().try_fold(*self, |within, kind| within.child(file, *kind))
    }

    /// The 32 bits that lie so many bytes into its content.
    pub fn word(&self, file: &mut (impl Read + Seek), at: u64) -> Option<u32> {
        let place = self.content.checked_add(at).filter(|p| p + 4 <= self.end)?;
        file.seek(SeekFrom::Start(place)).ok()?;
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).ok()?;
        Some(u32::from_be_bytes(bytes))
    }

    /// What kind of media a `trak` box has (8.4.3): `vide`, `soun` or another.
    pub fn handler(&self, file: &mut (impl Read + Seek)) -> Option<[u8; 4]> {
        let handler = self.child(file, *b"mdia")?.child(file, *b"hdlr")?;
        handler.word(file, 8).map(u32::to_be_bytes)
    }

    /// How many samples the tables of a `trak` box list (8.7.3).
    pub fn samples(&self, file: &mut (impl Read + Seek)) -> Option<u32> {
        let tables = self.inner(file, &[*b"mdia", *b"minf", *b"stbl"])?;
        let sizes = tables.children(file).into_iter().find(|b| matches!(&b.kind, b"stsz" | b"stz2"))?;
        sizes.word(file, 8)
    }
}

/// The box that begins at `start`, if a whole one does before `limit`.
fn read_head(file: &mut (impl Read + Seek), start: u64, limit: u64) -> Option<Mp4Box> {
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut head = [0_u8; 8];
    file.read_exact(&mut head).ok()?;
    let kind = head[4..].try_into().ok()?;
    let short = u64::from(u32::from_be_bytes(head[..4].try_into().ok()?));
    let (content, end) = match short {
        0 => (start + 8, limit),
        1 => {
            file.read_exact(&mut head).ok()?;
            (start + 16, start.checked_add(u64::from_be_bytes(head))?)
        }
        size => (start + 8, start + size),
    };
    (content <= end && end <= limit).then_some(Mp4Box { kind, start, content, end })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Cursor;

    /// A box as bytes.
    pub(crate) fn a_box(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &kind, content].concat()
    }

    /// A `trak` box with a handler.
    pub(crate) fn track(handler: [u8; 4]) -> Vec<u8> {
        let handler = a_box(*b"hdlr", &[&[0; 8][..], &handler, &[0; 12]].concat());
        let media = a_box(*b"mdia", &[a_box(*b"mdhd", &[0; 9]), handler].concat());
        a_box(*b"trak", &[a_box(*b"tkhd", &[0; 20]), media].concat())
    }

    #[test]
    fn boxes_are_found_whatever_way_their_size_is_written() {
        let long = [&1_u32.to_be_bytes()[..], b"mdat", &20_u64.to_be_bytes(), &[7; 4]].concat();
        let open = [&0_u32.to_be_bytes()[..], b"moov", &track(*b"soun")].concat();
        let mut file = Cursor::new([a_box(*b"ftyp", b"isom"), long, open].concat());
        let whole = Mp4Box::file(&mut file).unwrap();
        let found: Vec<_> = whole.children(&mut file).iter().map(|b| (b.kind, b.content, b.end)).collect();
        assert_eq!(found, [(*b"ftyp", 8, 12), (*b"mdat", 28, 32), (*b"moov", 40, whole.end)]);
        let track = whole.child(&mut file, *b"moov").and_then(|m| m.child(&mut file, *b"trak")).unwrap();
        assert_eq!(track.handler(&mut file), Some(*b"soun"));
        let head = track.child(&mut file, *b"tkhd").unwrap();
        assert_eq!(
            (head.word(&mut file, 16), head.word(&mut file, 17), head.word(&mut file, u64::MAX)),
            (Some(0), None, None)
        );
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_no_box() {
        let endless = [&1_u32.to_be_bytes()[..], b"moov", &u64::MAX.to_be_bytes()].concat();
        let inside = [&1_u32.to_be_bytes()[..], b"moov", &9_u64.to_be_bytes()].concat();
        let cut = a_box(*b"moov", &[0; 30])[..20].to_vec();
        for bytes in [vec![], vec![0; 7], endless, inside, cut, vec![0, 0, 0, 4, 1, 1, 1, 1]] {
            let mut file = Cursor::new(bytes);
            assert_eq!(Mp4Box::file(&mut file).unwrap().children(&mut file), []);
        }
    }
}
