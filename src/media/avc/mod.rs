//! H.264 in packets (ISO 14496-15): its parameter sets, and pictures of one encoder written anew so that they are decoded by
//! the sequence parameter set of another.
//!
//! A film may have pictures of two encoders, copied ones and new ones. Players expect one sequence parameter set in it; so the
//! new pictures' slices get the numbers of the copied ones' (ITU-T H.264, 7.3.3): the width and the value of `frame_num` and
//! of the picture order count, and the name of the picture parameter set, which is all that is added.

mod bits;
mod rewriter;
#[cfg(test)]
mod tests;

pub(crate) use rewriter::Rewriter;

use super::sync_samples::{Framing, NalCodec, is_sync};
use gstreamer as gst;
use h264_reader::Context;
use h264_reader::nal::pps::PicParameterSet;
use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, PicOrderCntType, SeqParameterSet};
use h264_reader::nal::{Nal, RefNal};
use thiserror::Error;

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
    /// What packets with these caps are announced with; `None` where they are not of this kind.
    pub fn announced(caps: &gst::CapsRef) -> Option<Self> {
        let data = caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
        Self::read(&data.map_readable().ok()?)
    }

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

/// Whether a packet with lengths of four bytes is an IDR picture; `None` where it has no picture.
pub(crate) fn is_idr(packet: &[u8]) -> Option<bool> {
    is_sync(NalCodec::H264, Framing::Length(4), packet)
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
