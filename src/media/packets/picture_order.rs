//! In which order the pictures of a stream are shown that are stored in the order of decoding.

use super::elementary::Codec;
use h264_reader::Context;
use h264_reader::nal::pps::PicParameterSet;
use h264_reader::nal::slice::{
    DecRefPicMarking, Field, FieldPic, MemoryManagementControlOperation, PicOrderCountLsb, SliceHeader,
};
use h264_reader::nal::sps::{PicOrderCntType, SeqParameterSet};
use h264_reader::nal::{Nal, NalHeader, RefNal};
use h264_reader::rbsp::{BitRead, BitReader, ByteReader};
use memchr::memmem;
use std::collections::HashMap;
use std::num::NonZeroUsize;

/// Where a picture stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Placed {
    /// Whether a run begins with it: all that was stored before is shown before what is stored from here on.
    pub begins: bool,
    /// Its place in the run, in pictures.
    pub number: i64,
    /// Whether it is the second field of the picture before.
    pub second_field: bool,
}

/// Reads the order of one stream.
pub(super) struct Order {
    last: Option<Last>,
    reader: Reader,
}

/// The picture before.
#[derive(Clone, Copy)]
struct Last {
    number: i64,
    /// A first field, and what it has in common with its second one.
    field: Option<(u32, bool)>,
}

enum Reader {
    Mpeg,
    H264(Box<H264>),
    H265(H265),
    /// Pictures that are shown as they are stored, as far as known.
    Stored,
}

impl Order {
    pub fn of(codec: Codec) -> Self {
        let reader = match codec {
            Codec::Mpeg1 | Codec::Mpeg2 => Reader::Mpeg,
            Codec::H264 => Reader::H264(Box::default()),
            Codec::H265 => Reader::H265(H265::default()),
            _ => Reader::Stored,
        };
        Self { last: None, reader }
    }

    /// Goes on from another place in the stream.
    pub fn forget(&mut self) {
        self.last = None;
        match &mut self.reader {
            Reader::H264(h264) => h264.before = None,
            Reader::H265(h265) => h265.before = None,
            Reader::Mpeg | Reader::Stored => {}
        }
    }

    /// By how many pictures a decoder is late, where the stream says that.
    pub fn delay(&self) -> Option<u32> {
        let Reader::H264(h264) = &self.reader else { return None };
        let restrictions = h264.sets.sps().next()?.vui_parameters.as_ref()?.bitstream_restrictions.as_ref()?;
        Some(restrictions.max_num_reorder_frames).filter(|most| *most <= 16)
    }

    /// The place of the next picture, given with its headers. One that can't be read follows the one before.
    pub fn place(&mut self, picture: &[u8]) -> Placed {
        let found = match &mut self.reader {
            Reader::Mpeg => mpeg(picture, self.last),
            Reader::H264(h264) => h264.read(picture, self.last),
            Reader::H265(h265) => h265.read(picture).map(|placed| (placed, None)),
            Reader::Stored => None,
        };
        let next = self.last.map_or(0, |last| last.number.saturating_add(1));
        let (placed, field) = found.unwrap_or((Placed { number: next, ..Placed::default() }, None));
        let field = field.filter(|_| !placed.second_field);
        self.last = Some(Last { number: placed.number, field });
        placed
    }
}

/// What lies after each start code.
fn units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = memmem::find_iter(bytes, &[0, 0, 1]);
    starts.filter_map(|at| bytes.get(at + 3..).filter(|unit| !unit.is_empty()))
}

/// ISO/IEC 13818-2, 6.3.9 and 6.3.10: numbers begin anew with each group of pictures.
fn mpeg(picture: &[u8], last: Option<Last>) -> Option<(Placed, Option<(u32, bool)>)> {
    /// Numbers are of 10 bits.
    const AROUND: i64 = 1024;
    let mut begins = false;
    let mut number = None;
    let mut structure = 3;
    for unit in units(picture) {
        match *unit {
            [0xB8, ..] => begins = true,
            [0, a, b, ..] if number.is_none() => number = Some(u32::from(a) << 2 | u32::from(b) >> 6),
            [0xB5, a, _, c, ..] if a >> 4 == 8 => structure = c & 3,
            [1..=0xAF, ..] => break,
            _ => {}
        }
    }
    let read = number?;
    let (top, is_field) = (structure == 1, structure != 3 && structure != 0);
    let near = last.filter(|_| !begins).map(|last| last.number);
    let number = near
        .map_or(i64::from(read), |near| near + (i64::from(read) - near + AROUND / 2).rem_euclid(AROUND) - AROUND / 2);
    let second_field = is_field && !begins && last.and_then(|last| last.field) == Some((read, !top));
    Some((Placed { begins, number, second_field }, is_field.then_some((read, top))))
}

#[derive(Default)]
struct H264 {
    sets: Context,
    /// Of the reference picture before: the higher part of its count, and the lower one (ITU-T H.264, 8.2.1.1).
    before: Option<(i64, i64)>,
}

impl H264 {
    fn read(&mut self, picture: &[u8], last: Option<Last>) -> Option<(Placed, Option<(u32, bool)>)> {
        for unit in units(picture).map(until_next) {
            let nal = RefNal::new(unit, &[], true);
            match unit[0] & 0x1F {
                7 => {
                    if let Ok(set) = SeqParameterSet::from_bits(nal.rbsp_bits()) {
                        self.sets.put_seq_param_set(set);
                    }
                }
                8 => {
                    if let Ok(set) = PicParameterSet::from_bits(&self.sets, nal.rbsp_bits()) {
                        self.sets.put_pic_param_set(set);
                    }
                }
                1 | 2 | 5 => {
                    let header = NalHeader::new(unit[0]).ok()?;
                    let (slice, set, _) =
                        SliceHeader::from_bits(&self.sets, &mut nal.rbsp_bits(), header, None).ok()?;
                    let kind = set.pic_order_cnt.clone();
                    return Some(self.place(&slice, &kind, header, last));
                }
                _ => {}
            }
        }
        None
    }

    fn place(
        &mut self,
        slice: &SliceHeader,
        kind: &PicOrderCntType,
        header: NalHeader,
        last: Option<Last>,
    ) -> (Placed, Option<(u32, bool)>) {
        let idr = slice.idr_pic_id.is_some();
        let field = match &slice.field_pic {
            FieldPic::Frame => None,
            FieldPic::Field(field) => Some((u32::from(slice.frame_num), *field == Field::Top)),
        };
        let second_field = field.is_some_and(|(n, top)| last.and_then(|last| last.field) == Some((n, !top)));
        let reset = matches!(&slice.dec_ref_pic_marking, Some(DecRefPicMarking::Adaptive(ops))
            if ops.iter().any(|op| matches!(op, MemoryManagementControlOperation::AllRefPicturesUnused)));
        let begins = (idr || reset) && !second_field;
        let number = if let PicOrderCntType::TypeZero { log2_max_pic_order_cnt_lsb_minus4: log } = kind {
            let most = 1_i64 << (log + 4);
            let (lsb, bottom) = match &slice.pic_order_cnt_lsb {
                Some(PicOrderCountLsb::Frame(lsb)) => (i64::from(*lsb), 0),
                Some(PicOrderCountLsb::FieldsAbsolute { pic_order_cnt_lsb, delta_pic_order_cnt_bottom }) => {
                    (i64::from(*pic_order_cnt_lsb), i64::from(*delta_pic_order_cnt_bottom))
                }
                _ => (0, 0),
            };
            let count = higher(lsb, most, self.before.filter(|_| !begins)) + lsb;
            if header.nal_ref_idc() != 0 {
                // a picture that resets all counts from itself
                self.before = Some(if reset { (0, 0) } else { (count - lsb, lsb) });
            }
            if reset { 0 } else { (count + bottom.min(0)).div_euclid(2) }
        } else {
            // by the other types, pictures are stored as they are shown
            last.filter(|_| !begins).map_or(0, |last| last.number + i64::from(!second_field))
        };
        (Placed { begins, number, second_field }, field)
    }
}

/// Bytes that headers have at most.
const HEADERS: usize = 1 << 12;

/// The bytes of a header up to the next start code: parameter sets must end where they do.
fn until_next(unit: &[u8]) -> &[u8] {
    let unit = unit.get(..HEADERS).unwrap_or(unit);
    let end = memmem::find(unit, &[0, 0, 1]).unwrap_or(unit.len());
    let used = unit[..end].iter().rposition(|b| *b != 0).map_or(0, |n| n + 1);
    unit.get(..used.max(1)).unwrap_or(unit)
}

/// The higher part of a count of which the lower part is known, and both of the reference before (H.264, 8-3; H.265, 8-1).
fn higher(lower: i64, most: i64, before: Option<(i64, i64)>) -> i64 {
    let Some((high, low)) = before else { return 0 };
    if lower < low && low - lower >= most / 2 {
        high + most
    } else if lower > low && lower - low > most / 2 {
        high - most
    } else {
        high
    }
}

/// ITU-T H.265, 7.3 and 8.3.1.
#[derive(Default)]
struct H265 {
    /// Bits of the lower part of counts, and whether planes are stored apart, by the set's number.
    sequences: HashMap<u32, (u32, bool)>,
    /// The sequence's set, whether slices say if they are shown, and further bits in their headers, by the set's number.
    pictures: HashMap<u32, (u32, bool, u32)>,
    before: Option<(i64, i64)>,
}

impl H265 {
    fn read(&mut self, picture: &[u8]) -> Option<Placed> {
        const HEADER: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
        for unit in units(picture).map(until_next) {
            let mut bits = BitReader::new(ByteReader::skipping_bytes(unit, HEADER));
            let kind = unit[0] >> 1 & 0x3F;
            match kind {
                33 => self.sequences.extend(sequence(&mut bits)),
                34 => self.pictures.extend(picture_set(&mut bits)),
                0..=31 => return self.place(kind, unit.get(1)? & 7, &mut bits),
                _ => {}
            }
        }
        None
    }

    fn place(&mut self, kind: u8, layer: u8, bits: &mut impl BitRead) -> Option<Placed> {
        bits.skip(1, "first_slice_segment_in_pic_flag").ok()?;
        if (16..=23).contains(&kind) {
            bits.skip(1, "no_output_of_prior_pics_flag").ok()?;
        }
        let set = bits.read_ue("pps").ok()?;
        let (sequence, shown, further) = *self.pictures.get(&set)?;
        let (lower_bits, apart) = *self.sequences.get(&sequence)?;
        bits.skip(further, "extra").ok()?;
        bits.read_ue("slice_type").ok()?;
        bits.skip(u32::from(shown) + 2 * u32::from(apart), "output, plane").ok()?;
        let begins = matches!(kind, 16..=20);
        let idr = matches!(kind, 19 | 20);
        let lower = if idr { 0 } else { bits.read_var::<u32>(lower_bits, "lsb").ok()? };
        let lower = i64::from(lower);
        let count = higher(lower, 1 << lower_bits, self.before.filter(|_| !begins)) + lower;
        // leading pictures and those that none refers to are no measure for others
        let leading = (6..=9).contains(&kind) || (kind < 16 && kind.is_multiple_of(2));
        if layer == 1 && !leading {
            self.before = Some((count - lower, lower));
        }
        Some(Placed { begins, number: count, second_field: false })
    }
}

/// The number of a sequence's parameter set, the bits of the lower part of counts, and whether planes are stored apart
/// (7.3.2.2).
fn sequence(bits: &mut impl BitRead) -> Option<(u32, (u32, bool))> {
    bits.skip(4, "vps").ok()?;
    let layers: u32 = bits.read::<3, u32>("max_sub_layers_minus1").ok()?;
    bits.skip(1 + 96, "nesting, profile, level").ok()?;
    let mut present = Vec::new();
    for _ in 0..layers {
        present.push((bits.read_bit("profile").ok()?, bits.read_bit("level").ok()?));
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers), "reserved").ok()?;
    }
    for (profile, level) in present {
        bits.skip(88 * u32::from(profile) + 8 * u32::from(level), "sub-layer").ok()?;
    }
    let number = bits.read_ue("sps").ok()?;
    let apart = bits.read_ue("chroma_format").ok()? == 3 && bits.read_bit("separate").ok()?;
    bits.read_ue("width").ok()?;
    bits.read_ue("height").ok()?;
    if bits.read_bit("window").ok()? {
        for _ in 0..4 {
            bits.read_ue("window").ok()?;
        }
    }
    bits.read_ue("depth").ok()?;
    bits.read_ue("depth").ok()?;
    let lower = bits.read_ue("log2_max_pic_order_cnt_lsb_minus4").ok().filter(|log| *log <= 12)? + 4;
    Some((number, (lower, apart)))
}

/// The number of a picture's parameter set, its sequence's, whether slices say if they are shown, and how many further bits
/// their headers have (7.3.2.3).
fn picture_set(bits: &mut impl BitRead) -> Option<(u32, (u32, bool, u32))> {
    let number = bits.read_ue("pps").ok()?;
    let sequence = bits.read_ue("sps").ok()?;
    bits.skip(1, "dependent").ok()?;
    let shown = bits.read_bit("output").ok()?;
    Some((number, (sequence, shown, bits.read::<3, u32>("extra").ok()?)))
}
