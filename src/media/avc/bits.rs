//! Bits of units, as they are read and written (ITU-T H.264, 7.2, 7.4.1 and 9.1).

use bitstream_io::{BigEndian, BitRead as _, BitReader, BitWrite as _, BitWriter};
use h264_reader::rbsp::{self, BitReaderError, Integer, Primitive};
use std::io::{self, Cursor};

pub(super) type Reader<'a> = BitReader<Cursor<&'a [u8]>, BigEndian>;
pub(super) type Writer = BitWriter<Vec<u8>, BigEndian>;

/// Unsigned Exp-Golomb (9.1).
pub(super) fn read_number(reader: &mut Reader<'_>) -> io::Result<u32> {
    let zeros = reader.read_unary::<1>()?;
    if zeros > 31 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let rest: u32 = if zeros == 0 { 0 } else { reader.read_var(zeros)? };
    Ok((1 << zeros) - 1 + rest)
}

pub(super) fn write_number(writer: &mut Writer, number: u32) -> io::Result<()> {
    let number = number.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
    let zeros = number.ilog2();
    if zeros > 0 {
        writer.write_var(zeros, 0_u32)?;
    }
    writer.write_var(zeros + 1, number)
}

pub(super) fn copy_number(reader: &mut Reader<'_>, writer: &mut Writer) -> io::Result<()> {
    write_number(writer, read_number(reader)?)
}

/// How many bits there are up to the one that ends them, with it (7.3.2.11).
pub(super) fn whole(bytes: &[u8]) -> io::Result<u64> {
    let last = bytes.last().filter(|last| **last != 0).ok_or(io::ErrorKind::InvalidData)?;
    Ok(u64::try_from(bytes.len()).unwrap_or(0) * 8 - u64::from(last.trailing_zeros()))
}

pub(super) fn copy_bits(reader: &mut Reader<'_>, writer: &mut Writer, mut count: u64) -> io::Result<()> {
    while count > 0 {
        let step = u32::try_from(count.min(32)).unwrap_or(32);
        let bits: u32 = reader.read_var(step)?;
        writer.write_var(step, bits)?;
        count -= u64::from(step);
    }
    Ok(())
}

/// A unit of these bytes, in which nothing looks like a start code (7.4.1).
pub(super) fn escaped(head: u8, bytes: &[u8]) -> Vec<u8> {
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

/// Ones in so many lowest bits.
pub(super) fn low(width: u32) -> u32 {
    u32::MAX.checked_shr(32 - width.min(32)).unwrap_or(0)
}

/// Counts the bits that are read.
pub(super) struct Counted<R> {
    pub reader: R,
    pub bits: u64,
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
