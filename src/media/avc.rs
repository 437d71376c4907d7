//! H.264 in packets (ISO 14496-15): its parameter sets, and pictures of one encoder written anew so that they are decoded by
//! the sequence parameter set of another.
//!
//! A film may have pictures of two encoders, copied ones and new ones. Players expect one sequence parameter set in it; so the
//! new pictures' slices get the numbers of the copied ones' (ITU-T H.264, 7.3.3): the width and the value of `frame_num` and
//! of the picture order count, and the name of the picture parameter set, which is all that is added.

use bitstream_io::{BigEndian, BitRead as _, BitReader, BitWrite as _, BitWriter};
use h264_reader::Context;
use h264_reader::nal::pps::PicParameterSet;
use h264_reader::nal::slice::SliceHeader;
use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, PicOrderCntType, SeqParameterSet};
use h264_reader::nal::{Nal, NalHeader, RefNal};
use h264_reader::rbsp::{self, BitReaderError, Integer, Primitive};
use std::io::{self, Cursor};
use thiserror::Error;

/// Names that picture parameter sets can have (7.4.2.2).
const NAMES: u32 = 256;

/// Kinds of units (table 7-1).
mod kind {
    pub const SLICE: u8 = 1;
    pub const IDR: u8 = 5;
    pub const INFORMATION: u8 = 6;
    pub const SEQUENCE: u8 = 7;
    pub const PICTURE: u8 = 8;
    pub const DELIMITER: u8 = 9;
    pub const FILLER: u8 = 12;
}

/// Why pictures can't be copied, or stand beside copied ones, in words that come after a file's name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub(crate) struct Unfit(pub String);

fn unfit<T>(why: &str) -> Result<T, Unfit> {
    Err(Unfit(why.to_owned()))
}

/// A stream's parameter sets, as its container keeps them (ISO 14496-15, 5.3.3.1: `avcC`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Configuration {
    /// Profile, what it is compatible with, and level.
    head: [u8; 3],
    /// Bytes of the length before each unit.
    length: usize,
    sequence: Vec<Vec<u8>>,
    picture: Vec<Vec<u8>>,
    /// What follows for the higher profiles.
    rest: Vec<u8>,
}

impl Configuration {
    /// Of a container's bytes; `None` for what is no configuration.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [1, profile, compatible, level, length, count, ..] = *bytes else { return None };
        let mut rest = bytes.get(6..)?;
        let sequence = sets(&mut rest, count & 31)?;
        let (count, after) = rest.split_first()?;
        rest = after;
        let picture = sets(&mut rest, *count)?;
        let rest = rest.to_vec();
        Some(Self { head: [profile, compatible, level], length: usize::from(length & 3) + 1, sequence, picture, rest })
    }

    /// As a container keeps it; `None` for sets that have no room in it.
    pub fn write(&self) -> Option<Vec<u8>> {
        let length = u8::try_from(self.length - 1).ok()?;
        let mut bytes = vec![1];
        bytes.extend_from_slice(&self.head);
        bytes.push(0xFC | length);
        for (sets, most, mark) in [(&self.sequence, 31, 0xE0), (&self.picture, 255, 0)] {
            bytes.push(u8::try_from(sets.len()).ok().filter(|n| *n <= most)? | mark);
            for set in sets {
                bytes.extend_from_slice(&u16::try_from(set.len()).ok()?.to_be_bytes());
                bytes.extend_from_slice(set);
            }
        }
        bytes.extend_from_slice(&self.rest);
        Some(bytes)
    }

    fn context(&self) -> Option<Context> {
        let mut context = Context::new();
        for set in &self.sequence {
            context.put_seq_param_set(sequence_set(set)?);
        }
        for set in &self.picture {
            let set = Some(set).filter(|set| !set.is_empty())?;
            let set = PicParameterSet::from_bits(&context, RefNal::new(set, &[], true).rbsp_bits()).ok()?;
            context.put_pic_param_set(set);
        }
        Some(context)
    }
}

fn sequence_set(unit: &[u8]) -> Option<SeqParameterSet> {
    let unit = Some(unit).filter(|unit| !unit.is_empty())?;
    SeqParameterSet::from_bits(RefNal::new(unit, &[], true).rbsp_bits()).ok()
}

/// So many sets, each after its length.
fn sets(rest: &mut &[u8], count: u8) -> Option<Vec<Vec<u8>>> {
    let mut set = || {
        let (length, after) = rest.split_at_checked(2)?;
        let (set, after) = after.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
        *rest = after;
        Some(set.to_vec())
    };
    (0..count).map(|_| set()).collect()
}

/// A stream whose pictures can be copied into a film with new ones beside them.
#[derive(Clone, Debug)]
pub(crate) struct Copyable {
    pub configuration: Configuration,
    set: SeqParameterSet,
}

/// What an encoder must do so that its pictures can stand beside copied ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Beside {
    /// GStreamer's name of the profile.
    pub profile: &'static str,
    /// Ten times the level; 9 is 1b.
    pub level: u8,
    /// Pictures that others may refer to.
    pub references: u32,
    /// Whether pictures may be shown in another order than they are decoded in.
    pub reorders: bool,
}

impl Copyable {
    /// Whether a stream's pictures of that size, upright and with square pixels, can be copied.
    ///
    /// # Errors
    /// Why they can't.
    pub fn of(configuration: Configuration, size: (u32, u32)) -> Result<Self, Unfit> {
        if configuration.length != 4 {
            return unfit("its packets are of a rare kind");
        }
        let [set] = &configuration.sequence[..] else { return unfit("it has several kinds of pictures") };
        let Some(set) = sequence_set(set) else { return unfit("its parameters can't be read") };
        let Some(context) = configuration.context() else { return unfit("its parameters can't be read") };
        if !matches!(set.frame_mbs_flags, FrameMbsFlags::Frames) {
            return unfit("it is interlaced");
        }
        let chroma = &set.chroma_info;
        let plain = chroma.chroma_format == ChromaFormat::YUV420
            && (chroma.bit_depth_luma_minus8, chroma.bit_depth_chroma_minus8) == (0, 0)
            && chroma.scaling_matrix.is_none();
        if !plain {
            return unfit("its colours are not of the usual kind");
        }
        if set.pixel_dimensions().ok() != Some(size) {
            return unfit("its pictures are of another size than its container says");
        }
        if matches!(set.pic_order_cnt, PicOrderCntType::TypeOne { .. }) || set.gaps_in_frame_num_value_allowed_flag {
            return unfit("its pictures are numbered in a rare way");
        }
        if context.pps().any(|p| p.slice_groups.is_some() || p.redundant_pic_cnt_present_flag) {
            return unfit("its pictures are in rare pieces");
        }
        let copyable = Self { configuration, set };
        if copyable.profile().is_none() {
            return unfit("its profile is a rare one");
        }
        Ok(copyable)
    }

    fn profile(&self) -> Option<&'static str> {
        match (self.configuration.head[0], self.set.constraint_flags.flag1()) {
            (100, _) => Some("high"),
            (77, _) => Some("main"),
            (66, true) => Some("constrained-baseline"),
            _ => None,
        }
    }

    /// By how many pictures decoders are late, where the stream says that.
    pub fn delay(&self) -> Option<u32> {
        if matches!(self.set.pic_order_cnt, PicOrderCntType::TypeTwo) {
            return Some(0);
        }
        let restrictions = self.set.vui_parameters.as_ref()?.bitstream_restrictions.as_ref()?;
        Some(restrictions.max_num_reorder_frames).filter(|most| *most <= 16)
    }

    /// What new pictures must be like; `delay` is the copied ones'.
    pub fn beside(&self, delay: u32) -> Beside {
        let profile = self.profile().unwrap_or("high");
        let reorders = delay > 0
            && self.set.max_num_ref_frames > 1
            && self.set.direct_8x8_inference_flag
            && profile != "constrained-baseline";
        Beside { profile, level: self.set.level_idc, references: self.set.max_num_ref_frames, reorders }
    }

    /// The units of a packet that go into the film: pictures, and what is told about them.
    ///
    /// # Errors
    /// When it has others, or other parameter sets than those that were announced.
    pub fn copied(&self, packet: &[u8]) -> Result<Vec<u8>, Unfit> {
        let mut kept = Vec::with_capacity(packet.len());
        for unit in units(packet) {
            let unit = unit?;
            match unit.first().map_or(0, |head| head & 31) {
                kind::SLICE | kind::IDR | kind::INFORMATION => push(&mut kept, unit)?,
                kind::DELIMITER | kind::FILLER | 10 | 11 => {}
                kind::SEQUENCE if self.configuration.sequence.iter().any(|set| set == unit) => {}
                kind::PICTURE if self.configuration.picture.iter().any(|set| set == unit) => {}
                kind::SEQUENCE | kind::PICTURE => return unfit("its parameters change on the way"),
                _ => return unfit("it has pictures of a rare kind"),
            }
        }
        Ok(kept)
    }
}

/// Whether a packet is an IDR picture; `None` where it has no picture.
pub(crate) fn is_idr(packet: &[u8]) -> Option<bool> {
    units(packet).map_while(Result::ok).find_map(|unit| match unit.first()? & 31 {
        kind::IDR => Some(true),
        1..=4 => Some(false),
        _ => None,
    })
}

/// The units of a packet with lengths of four bytes.
fn units(packet: &[u8]) -> impl Iterator<Item = Result<&[u8], Unfit>> {
    let mut rest = packet;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let unit = rest.split_at_checked(4).and_then(|(length, after)| {
            let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
            after.split_at_checked(usize::try_from(length).ok()?)
        });
        let Some((unit, after)) = unit else {
            rest = &[];
            return Some(unfit("a packet of it is cut off"));
        };
        rest = after;
        Some(Ok(unit))
    })
}

fn push(packet: &mut Vec<u8>, unit: &[u8]) -> Result<(), Unfit> {
    let Ok(length) = u32::try_from(unit.len()) else { return unfit("a picture of it is too large") };
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(unit);
    Ok(())
}

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
            // how many are kept decides which are forgotten; where none refers to another, none is
            && (from_set.max_num_ref_frames == to.max_num_ref_frames || to.max_num_ref_frames == 0)
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
        let strange = |_| Unfit("the encoder makes pictures of another kind than it said".into());
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
        let bits = u64::try_from(bytes.len()).unwrap_or(0) * 8;
        let (end, coded) = self.header(head, &bytes)?;
        let mut reader = BitReader::endian(Cursor::new(&bytes[..]), BigEndian);
        let mut writer = BitWriter::endian(Vec::with_capacity(bytes.len() + 8), BigEndian);
        let first_macroblock = read_number(&mut reader)?;
        let slice_type = read_number(&mut reader)?;
        let name = read_number(&mut reader)?;
        let width = u32::from(self.from_set.log2_max_frame_num());
        let narrow: u32 = reader.read_var(width)?;
        let frame = self.frame_number(idr, narrow, width);
        self.before = frame;
        write_number(&mut writer, first_macroblock)?;
        write_number(&mut writer, slice_type)?;
        write_number(&mut writer, self.name.unwrap_or(name))?;
        let width = u32::from(self.to.log2_max_frame_num());
        writer.write_var(width, frame & low(width))?;
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
        }
        let mut at = reader.position_in_bits()?;
        if coded {
            copy_bits(&mut reader, &mut writer, end - at)?;
            // arithmetic coding begins with a whole byte, after ones (7.3.4)
            while !writer.byte_aligned() {
                writer.write_bit(true)?;
            }
            let from = usize::try_from(end.div_ceil(8)).map_err(io::Error::other)?;
            writer.write_bytes(bytes.get(from..).ok_or(io::ErrorKind::UnexpectedEof)?)?;
        } else {
            // the last one ends it (7.3.2.11)
            let last = bytes.last().copied().filter(|b| *b != 0).ok_or(io::ErrorKind::InvalidData)?;
            let stop = bits - u64::from(last.trailing_zeros());
            while at < stop {
                let step = (stop - at).min(32);
                copy_bits(&mut reader, &mut writer, step)?;
                at += step;
            }
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

/// Ones in so many lowest bits.
fn low(width: u32) -> u32 {
    u32::MAX.checked_shr(32 - width.min(32)).unwrap_or(0)
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
    let last = bytes.iter().rposition(|b| *b != 0).ok_or(io::ErrorKind::InvalidData)?;
    let stop = u64::try_from(last + 1).unwrap_or(0) * 8 - u64::from(bytes[last].trailing_zeros());
    let mut reader = BitReader::endian(Cursor::new(&bytes[..]), BigEndian);
    let mut writer = BitWriter::endian(Vec::new(), BigEndian);
    read_number(&mut reader)?;
    read_number(&mut reader)?;
    write_number(&mut writer, name)?;
    write_number(&mut writer, sequence)?;
    let at = reader.position_in_bits()?;
    copy_bits(&mut reader, &mut writer, stop.saturating_sub(at))?;
    writer.byte_align()?;
    Ok(escaped(head, &writer.into_writer()))
}

type Reader<'a> = BitReader<Cursor<&'a [u8]>, BigEndian>;
type Writer = BitWriter<Vec<u8>, BigEndian>;

/// Unsigned Exp-Golomb (9.1).
fn read_number(reader: &mut Reader<'_>) -> io::Result<u32> {
    let zeros = reader.read_unary::<1>()?;
    if zeros > 31 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let rest: u32 = if zeros == 0 { 0 } else { reader.read_var(zeros)? };
    Ok((1 << zeros) - 1 + rest)
}

fn write_number(writer: &mut Writer, number: u32) -> io::Result<()> {
    let number = number.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
    let zeros = number.ilog2();
    if zeros > 0 {
        writer.write_var(zeros, 0_u32)?;
    }
    writer.write_var(zeros + 1, number)
}

fn copy_bits(reader: &mut Reader<'_>, writer: &mut Writer, mut count: u64) -> io::Result<()> {
    while count > 0 {
        let step = u32::try_from(count.min(32)).unwrap_or(32);
        let bits: u32 = reader.read_var(step)?;
        writer.write_var(step, bits)?;
        count -= u64::from(step);
    }
    Ok(())
}

/// A unit of these bytes, in which nothing looks like a start code (7.4.1).
fn escaped(head: u8, bytes: &[u8]) -> Vec<u8> {
    let mut unit = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 2);
    unit.push(head);
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        unit.push(*byte);
    }
    // what fills a slice up is zeros, and no unit ends in one (7.4.1)
    if zeros > 0 {
        unit.push(3);
    }
    unit
}

/// Counts the bits that are read.
struct Counted<R> {
    reader: R,
    bits: u64,
}

impl<R: rbsp::BitRead> Counted<R> {
    /// Unsigned Exp-Golomb: as many zeros as bits that follow, and a one between them.
    fn golomb(&mut self, number: u32) {
        self.bits += 2 * u64::from((u64::from(number) + 1).ilog2()) + 1;
    }
}

impl<R: rbsp::BitRead> rbsp::BitRead for Counted<R> {
    fn read_ue(&mut self, name: &'static str) -> Result<u32, BitReaderError> {
        let number = self.reader.read_ue(name)?;
        self.golomb(number);
        Ok(number)
    }

    fn read_se(&mut self, name: &'static str) -> Result<i32, BitReaderError> {
        let number = self.reader.read_se(name)?;
        // 1 is 1, -1 is 2, 2 is 3 (9.1.1)
        self.golomb(if number > 0 { number.unsigned_abs() * 2 - 1 } else { number.unsigned_abs() * 2 });
        Ok(number)
    }

    fn read_bit(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.bits += 1;
        self.reader.read_bit(name)
    }

    fn read<const BITS: u32, I: Integer>(&mut self, name: &'static str) -> Result<I, BitReaderError> {
        self.bits += u64::from(BITS);
        self.reader.read::<BITS, I>(name)
    }

    fn read_var<I: Integer>(&mut self, count: u32, name: &'static str) -> Result<I, BitReaderError> {
        self.bits += u64::from(count);
        self.reader.read_var(count, name)
    }

    fn read_to<V: Primitive>(&mut self, name: &'static str) -> Result<V, BitReaderError> {
        self.bits += 8 * size_of::<V>() as u64;
        self.reader.read_to(name)
    }

    fn skip(&mut self, count: u32, name: &'static str) -> Result<(), BitReaderError> {
        self.bits += u64::from(count);
        self.reader.skip(count, name)
    }

    fn byte_aligned(&self) -> bool {
        self.reader.byte_aligned()
    }

    fn has_more_rbsp_data(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.reader.has_more_rbsp_data(name)
    }

    fn finish_rbsp(self) -> Result<(), BitReaderError> {
        self.reader.finish_rbsp()
    }

    fn finish_sei_payload(self) -> Result<(), BitReaderError> {
        self.reader.finish_sei_payload()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstreamer as gst;
    use gstreamer::prelude::*;
    use gstreamer_app as gst_app;

    /// The configuration and the packets that an encoder makes of 12 pictures.
    fn encoded(encoder: &str) -> (Configuration, Vec<Vec<u8>>) {
        crate::media::init().unwrap();
        let description = format!(
            "videotestsrc num-buffers=12 pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! \
             {encoder} ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false"
        );
        let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
        let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let samples: Vec<gst::Sample> = std::iter::from_fn(|| sink.pull_sample().ok()).collect();
        pipeline.set_state(gst::State::Null).unwrap();
        let data = samples[0].caps().unwrap().structure(0).unwrap().get::<gst::Buffer>("codec_data").unwrap();
        let configuration = Configuration::read(&data.map_readable().unwrap()).unwrap();
        let packets = samples.iter().map(|s| s.buffer().unwrap().map_readable().unwrap().to_vec());
        (configuration, packets.collect())
    }

    const SOURCE: &str = "x264enc bframes=2 b-adapt=false ref=3 option-string=keyint=60";
    const BESIDE: &str =
        "x264enc bframes=2 b-adapt=false ref=4 speed-preset=veryfast option-string=b-pyramid=none:keyint=9";

    #[test]
    fn configurations_are_written_as_they_were_read() {
        let (configuration, _) = encoded(SOURCE);
        let bytes = configuration.write().unwrap();
        assert_eq!(Configuration::read(&bytes).as_ref(), Some(&configuration));
        assert!((0..bytes.len()).all(|n| Configuration::read(&bytes[..n]).is_none_or(|c| c != configuration)));
        let copyable = Copyable::of(configuration, (320, 180)).unwrap();
        assert_eq!(copyable.beside(2).references, 4);
        assert!(copyable.beside(1).reorders && !copyable.beside(0).reorders);
        assert!(Copyable::of(encoded(SOURCE).0, (320, 240)).unwrap_err().0.contains("another size"));
    }

    /// Whatever bytes a file has, they are refused or written, and nothing panics.
    #[test]
    fn nothing_in_a_stream_stops_the_program() {
        let ((source, packets), (new, coded)) = (encoded(SOURCE), encoded(BESIDE));
        let mut random = 0x1234_5678_9abc_def1_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below.max(1) as u64).unwrap()
        };
        let mut spoilt = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for _ in 0..=next(3) {
                let (at, bit) = (next(bytes.len()), next(8));
                bytes[at] ^= 1 << bit;
            }
            bytes.truncate(bytes.len() - next(4).saturating_sub(2));
            bytes
        };
        let (source, new) = (source.write().unwrap(), new.write().unwrap());
        let right = || Copyable::of(Configuration::read(&source).unwrap(), (320, 180)).unwrap();
        let mut written = 0;
        for n in 0..20_000 {
            let packet = spoilt(&packets[n % packets.len()]);
            let _ = (is_idr(&packet), right().copied(&packet));
            let copied = Configuration::read(&spoilt(&source)).and_then(|c| Copyable::of(c, (320, 180)).ok());
            let copied = copied.unwrap_or_else(right);
            let beside = Configuration::read(&if n % 2 == 0 { spoilt(&new) } else { new.clone() });
            let Some(Ok((mut rewriter, both))) = beside.map(|beside| Rewriter::new(&copied, &beside)) else { continue };
            let _ = both.write();
            for packet in &coded {
                written += usize::from(rewriter.packet(&spoilt(packet), 0, 7).is_ok());
            }
        }
        assert!(written > 1000, "{written}");
    }
}
