//! Pictures of one encoder, written anew for the sequence parameter set of another.

use super::bits::{Counted, Reader, Writer, copy_bits, copy_number, escaped, low, read_number, whole, write_number};
use super::{Configuration, Copyable, Unfit, kind, push, unfit, units};
use bitstream_io::{BigEndian, BitRead as _, BitReader, BitWrite as _, BitWriter};
use h264_reader::Context;
use h264_reader::nal::NalHeader;
use h264_reader::nal::slice::SliceHeader;
use h264_reader::nal::sps::{FrameMbsFlags, PicOrderCntType, SeqParameterSet};
use h264_reader::rbsp;
use std::io::{self, Cursor};

/// Names that picture parameter sets can have (7.4.2.2).
const NAMES: u32 = 256;

/// Writes new pictures so that they belong to a copied stream.
pub(crate) struct Rewriter {
    /// What the new pictures were made with.
    from: Context,
    from_set: SeqParameterSet,
    /// What they shall be decoded by.
    to: SeqParameterSet,
    /// The name that their picture parameter set has from now on; `None` where only what tells IDR pictures apart changes.
    name: Option<u32>,
    /// `frame_num` of the picture before, without an end.
    before: u32,
}

impl Rewriter {
    /// For pictures that an encoder makes with `new` sets; gives the sets of a film of both as well.
    ///
    /// # Errors
    /// Why they can't stand beside each other.
    pub fn new(copied: &Copyable, new: &Configuration) -> Result<(Self, Configuration), Unfit> {
        let Some(from) = new.context() else { return unfit("the encoder's parameters can't be read") };
        let (Some(from_set), [picture]) = (from.sps().next().cloned(), &new.picture[..]) else {
            return unfit("the encoder has several kinds of pictures");
        };
        let to = copied.set.clone();
        let both = [&from_set, &to];
        let size = |set: &SeqParameterSet| (set.pic_width_in_mbs(), set.pic_height_in_map_units());
        let same = size(both[0]) == size(both[1])
            // decoders keep as many as the copied ones need: of lists of those that were decoded last (8.2.4.2), longer ones
            // begin as shorter ones do; where none refers to another, none is kept
            && (from_set.max_num_ref_frames <= to.max_num_ref_frames || to.max_num_ref_frames == 0)
            && from_set.chroma_info.chroma_format == to.chroma_info.chroma_format
            && from_set.chroma_info.bit_depth_luma_minus8 == 0
            && from_set.chroma_info.scaling_matrix.is_none()
            && matches!(from_set.frame_mbs_flags, FrameMbsFlags::Frames);
        if !same {
            return unfit("the encoder can't make pictures of its kind");
        }
        let reorders = matches!(from_set.pic_order_cnt, PicOrderCntType::TypeZero { .. });
        if reorders && (matches!(to.pic_order_cnt, PicOrderCntType::TypeTwo) || !to.direct_8x8_inference_flag) {
            return unfit("the encoder can't keep to its order");
        }
        // they would stand in each slice where they are not looked for
        if from.pps().any(|p| p.bottom_field_pic_order_in_frame_present_flag || p.redundant_pic_cnt_present_flag) {
            return unfit("the encoder tells more of its pictures than is written anew");
        }
        let Some(context) = copied.configuration.context() else { return unfit("its parameters can't be read") };
        let taken: Vec<u32> = context.pps().map(|p| u32::from(p.pic_parameter_set_id.id())).collect();
        let Some(name) = (0..NAMES).find(|n| !taken.contains(n)) else { return unfit("it has no room for parameters") };
        let mut configuration = copied.configuration.clone();
        let set = picture_set(picture, name, u32::from(to.seq_parameter_set_id.id()));
        configuration.picture.push(set.map_err(|_| Unfit("the encoder's parameters can't be read".into()))?);
        Ok((Self { from, from_set, to, name: Some(name), before: 0 }, configuration))
    }

    /// For copied IDR pictures that follow one that they can't be told apart from.
    ///
    /// # Errors
    /// When their parameters can't be read.
    pub fn renaming(copied: &Copyable) -> Result<Self, Unfit> {
        let Some(from) = copied.configuration.context() else { return unfit("its parameters can't be read") };
        let (from_set, to) = (copied.set.clone(), copied.set.clone());
        Ok(Self { from, from_set, to, name: None, before: 0 })
    }

    /// A packet with the same picture. It is shown `shown` pictures after the last IDR picture; `identity` is told of an IDR
    /// picture, and must differ between two that follow each other (7.4.3).
    ///
    /// # Errors
    /// For pictures that are not as the encoder said that they would be.
    pub fn packet(&mut self, packet: &[u8], shown: i64, identity: u32) -> Result<Vec<u8>, Unfit> {
        let strange = |error| {
            tracing::debug!("a picture could not be written anew: {error}");
            Unfit("the encoder makes pictures of another kind than it said".into())
        };
        let mut written = Vec::with_capacity(packet.len() + 16);
        let before = self.before;
        for unit in units(packet) {
            let unit = unit?;
            let head = unit.first().copied().unwrap_or(0);
            if matches!(head & 31, kind::SLICE | kind::IDR) {
                self.before = before;
                let slice = self.slice(unit, shown, identity).map_err(strange)?;
                push(&mut written, &slice)?;
            }
        }
        Ok(written)
    }

    fn slice(&mut self, unit: &[u8], shown: i64, identity: u32) -> io::Result<Vec<u8>> {
        let head = *unit.first().ok_or(io::ErrorKind::UnexpectedEof)?;
        let idr = head & 31 == kind::IDR;
        if !idr && self.to.max_num_ref_frames == 0 {
            return Err(io::Error::other("a picture refers to another where none may"));
        }
        let bytes = rbsp::decode_nal(unit)?;
        let (end, coded) = self.header(head, &bytes)?;
        let mut reader = BitReader::endian(Cursor::new(&bytes[..]), BigEndian);
        let mut writer = BitWriter::endian(Vec::with_capacity(bytes.len() + 8), BigEndian);
        let first_macroblock = read_number(&mut reader)?;
        let slice_type = read_number(&mut reader)?;
        let name = read_number(&mut reader)?;
        let from_width = u32::from(self.from_set.log2_max_frame_num());
        let narrow: u32 = reader.read_var(from_width)?;
        let frame = self.frame_number(idr, narrow, from_width);
        self.before = frame;
        write_number(&mut writer, first_macroblock)?;
        write_number(&mut writer, slice_type)?;
        write_number(&mut writer, self.name.unwrap_or(name))?;
        let to_width = u32::from(self.to.log2_max_frame_num());
        writer.write_var(to_width, frame & low(to_width))?;
        if idr {
            let _identity = read_number(&mut reader)?;
            write_number(&mut writer, identity)?;
        }
        if self.name.is_some() {
            let order = u32::try_from(shown * 2).map_err(io::Error::other)?;
            if let Some(width) = order_bits(&self.from_set) {
                let found: u32 = reader.read_var(width)?;
                if found != order & low(width) {
                    return Err(io::Error::other("a picture is shown at another time than its number says"));
                }
            }
            if let Some(width) = order_bits(&self.to) {
                writer.write_var(width, order & low(width))?;
            }
            copy_lists(&mut reader, &mut writer, slice_type, (from_width, to_width))?;
        }
        let at = reader.position_in_bits()?;
        if coded {
            copy_bits(&mut reader, &mut writer, end - at)?;
            // arithmetic coding begins with a whole byte, after ones (7.3.4)
            while !writer.byte_aligned() {
                writer.write_bit(true)?;
            }
            let from = usize::try_from(end.div_ceil(8)).map_err(io::Error::other)?;
            writer.write_bytes(bytes.get(from..).ok_or(io::ErrorKind::UnexpectedEof)?)?;
        } else {
            copy_bits(&mut reader, &mut writer, whole(&bytes)?.saturating_sub(at))?;
            writer.byte_align()?;
        }
        Ok(escaped(head, &writer.into_writer()))
    }

    /// `frame_num` without an end, where it had `width` bits.
    fn frame_number(&self, idr: bool, narrow: u32, width: u32) -> u32 {
        if idr { 0 } else { self.before.wrapping_add(narrow.wrapping_sub(self.before) & low(width)) }
    }

    /// How many bits the header of a slice has, and whether arithmetic coding follows it.
    fn header(&self, head: u8, bytes: &[u8]) -> io::Result<(u64, bool)> {
        let header = NalHeader::new(head).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut counted = Counted { reader: rbsp::BitReader::new(bytes), bits: 0 };
        let (_, _, set) = SliceHeader::from_bits(&self.from, &mut counted, header, None)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("{e:?}")))?;
        Ok((counted.bits, set.entropy_coding_mode_flag))
    }
}

/// Copies how many pictures a slice refers to, and in which order (7.3.3.1). They are told by how far apart their `frame_num`
/// are, which begins anew at two to the power of `from` for the encoder and of `to` in the film (8.2.4.3.1): one that stands
/// in a list twice, for another weight, is a whole round from itself.
fn copy_lists(reader: &mut Reader<'_>, writer: &mut Writer, slice_type: u32, (from, to): (u32, u32)) -> io::Result<()> {
    let lists = match slice_type % 5 {
        0 | 3 => 1,
        1 => 2,
        _ => return Ok(()),
    };
    if lists == 2 {
        copy_bits(reader, writer, 1)?;
    }
    let flag = |reader: &mut Reader<'_>, writer: &mut Writer| -> io::Result<bool> {
        let set = reader.read_bit()?;
        writer.write_bit(set)?;
        Ok(set)
    };
    if flag(reader, writer)? {
        for _ in 0..lists {
            copy_number(reader, writer)?;
        }
    }
    for _ in 0..lists {
        if !flag(reader, writer)? {
            continue;
        }
        // how many pictures before this one the last of the list is, of those that are referred to
        let mut back = 0_u32;
        loop {
            let kind = read_number(reader)?;
            let far = match kind {
                0 | 1 => read_number(reader)?.wrapping_add(1),
                // one that is kept for long, by its own number
                2 => {
                    write_number(writer, kind)?;
                    copy_number(reader, writer)?;
                    continue;
                }
                3 => {
                    write_number(writer, kind)?;
                    break;
                }
                _ => return Err(io::Error::other("a list of pictures is of another kind")),
            };
            let next = if kind == 0 { back.wrapping_add(far) } else { back.wrapping_sub(far) } & low(from);
            if next > low(to) {
                return Err(io::Error::other("a picture refers to one that is further back than can be told"));
            }
            let (kind, less) = match next.checked_sub(back) {
                Some(0) => (0, low(to)),
                Some(further) => (0, further - 1),
                None => (1, back - next - 1),
            };
            write_number(writer, kind)?;
            write_number(writer, less)?;
            back = next;
        }
    }
    Ok(())
}

/// Bits of the picture order count in slices; `None` where it follows from their order.
fn order_bits(set: &SeqParameterSet) -> Option<u32> {
    match set.pic_order_cnt {
        PicOrderCntType::TypeZero { log2_max_pic_order_cnt_lsb_minus4 } => {
            Some(u32::from(log2_max_pic_order_cnt_lsb_minus4) + 4)
        }
        _ => None,
    }
}

/// A picture parameter set with another name, of another sequence parameter set (7.3.2.2).
fn picture_set(unit: &[u8], name: u32, sequence: u32) -> io::Result<Vec<u8>> {
    let head = *unit.first().ok_or(io::ErrorKind::UnexpectedEof)?;
    let bytes = rbsp::decode_nal(unit)?;
    let mut reader = BitReader::endian(Cursor::new(&bytes[..]), BigEndian);
    let mut writer = BitWriter::endian(Vec::new(), BigEndian);
    read_number(&mut reader)?;
    read_number(&mut reader)?;
    write_number(&mut writer, name)?;
    write_number(&mut writer, sequence)?;
    let at = reader.position_in_bits()?;
    copy_bits(&mut reader, &mut writer, whole(&bytes)?.saturating_sub(at))?;
    writer.byte_align()?;
    Ok(escaped(head, &writer.into_writer()))
}
