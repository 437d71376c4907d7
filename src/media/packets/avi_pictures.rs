//! When the pictures of an AVI are shown: its chunks have no stamps, they are counted, in the order of decoding.

use super::elementary::{Codec, starts_decoding};
use super::picture_order::Order;
use super::{Packet, Payload};
use memchr::memmem;
use std::collections::VecDeque;

/// Pictures between two that others refer to, at most.
const BETWEEN: usize = 64;

/// By so many pictures one may be shown earlier or later than it is decoded (ITU-T H.264, annex A).
const FARTHEST: i64 = 16;

/// A picture that only says that there is none is no longer (as FFmpeg has it).
const NOTHING: usize = 19;

/// How the pictures of a stream tell when they are shown, and whether decoding can begin with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Each is whole by itself.
    Whole,
    /// Some are shown before one that is decoded before them (MPEG-1, MPEG-2, MPEG-4 part 2).
    Between(Codec),
    /// They are numbered (H.264, H.265).
    Numbered(Codec),
    /// Shown as they are decoded; whether one is a key picture says its first byte, masked.
    Byte(u8),
    /// Shown as they are decoded; which are key pictures tells the index alone.
    Listed,
}

impl Form {
    /// By the code of four letters. `None` for what only `avidemux` understands.
    pub fn of(code: [u8; 4]) -> Option<Self> {
        Some(match &code.map(|letter| letter.to_ascii_uppercase()) {
            // lines that lie upside down, palettes
            [0..=2, 0, 0, 0] | b"DIB " | b"RGB " | b"RAW " => return None,
            b"XVID" | b"DIVX" | b"DX50" | b"FMP4" | b"MP4V" | b"3IV2" | b"M4S2" | b"MP4S" | b"SEDG" | b"RMP4"
            | b"BLZ0" | b"UMP4" | b"WV1F" | b"DXGM" | b"SMP4" | b"FVFW" | b"XVIX" | b"DIGI" => {
                Self::Between(Codec::Mpeg4)
            }
            b"MPG1" | b"PIM1" | [1, 0, 0, 0x10] => Self::Between(Codec::Mpeg1),
            b"MPG2" | b"MPEG" | b"PIM2" | b"VCR2" | b"EM2V" | b"DVR " | b"MMES" | [2, 0, 0, 0x10] => {
                Self::Between(Codec::Mpeg2)
            }
            b"H264" | b"X264" | b"AVC1" | b"DAVC" | b"VSSH" => Self::Numbered(Codec::H264),
            b"HEVC" | b"H265" | b"X265" | b"HEV1" | b"HVC1" | b"HM10" => Self::Numbered(Codec::H265),
            b"VP80" => Self::Byte(1),
            b"DIV2" | b"DIV3" | b"DIV4" | b"DIV5" | b"DIV6" | b"MP42" | b"MP43" | b"MPG3" | b"COL1" | b"AP41" => {
                Self::Byte(0xC0)
            }
            b"MJPG" | b"AVRN" | b"HFYU" | b"FFVH" | b"DVSD" | b"DVHD" | b"DV25" | b"DV50" | b"DVC " | b"YUY2"
            | b"UYVY" | b"YV12" | b"I420" | b"IYUV" | b"Y800" | b"V210" | b"LAGS" | b"CFHD" | b"ULRG" | b"ULRA"
            | b"ULY0" | b"ULY2" | b"ULH0" | b"ULH2" | b"MJLS" | b"LJPG" | b"AVDN" => Self::Whole,
            _ => Self::Listed,
        })
    }
}

/// A picture, as far as its first bytes tell.
struct Look {
    /// Whether others may be shown before it that are decoded after it.
    refers: bool,
    key: bool,
}

/// Puts the pictures of one stream on its clock.
pub(super) struct Pictures {
    form: Form,
    order: Option<Order>,
    /// Nanoseconds between two.
    period: f64,
    /// How many pictures later than in the file they are shown, since a decoder needs as many to put them in order.
    delay: i64,
    /// One that others may come before, and those.
    group: Vec<Packet>,
    /// How many there were the last time.
    usual: usize,
    /// Whether chunks may have several pictures, for which there are others without any: then one is taken with each chunk.
    packed: bool,
    queue: VecDeque<(Packet, bool)>,
    /// Of numbered pictures, the moment that is number 0, in pictures; not known where decoding has just begun.
    base: Option<i64>,
    /// What was sought, in pictures.
    sought: Option<i64>,
    /// Chunks without a picture since then.
    empty: i64,
    /// Whether something is missing before the next picture.
    doubt: bool,
}

impl Pictures {
    pub fn new(form: Form, period: f64) -> Self {
        let order = if let Form::Numbered(codec) = form { Some(Order::of(codec)) } else { None };
        let (group, queue, base, sought) = (Vec::new(), VecDeque::new(), None, None);
        Self {
            form,
            order,
            period,
            delay: 0,
            group,
            usual: 0,
            packed: false,
            queue,
            base,
            sought,
            empty: 0,
            doubt: false,
        }
    }

    /// Bytes of a chunk that must be looked at.
    pub fn looks_at(&self) -> usize {
        match self.form {
            Form::Whole | Form::Listed => 0,
            Form::Byte(_) => 1,
            Form::Between(_) if self.packed => usize::MAX,
            Form::Between(_) => 1 << 10,
            Form::Numbered(_) => 1 << 12,
        }
    }

    /// Whether something is to be learnt from the first chunks.
    pub fn learns(&self) -> bool {
        matches!(self.form, Form::Between(_) | Form::Numbered(_))
    }

    /// Whether only an index tells which of them are key pictures.
    pub fn is_listed(&self) -> bool {
        self.form == Form::Listed
    }

    /// Learns from the first chunks, whole each, what a decoder learns from them.
    pub fn learn(&mut self, description: &[u8], chunks: &[Vec<u8>]) {
        match self.form {
            Form::Between(codec) => {
                self.packed = codec == Codec::Mpeg4 && chunks.iter().any(|chunk| pictures(chunk).nth(1).is_some());
                let backwards = chunks.iter().any(|chunk| !look(codec, chunk).refers);
                let mut said = std::iter::once(description).chain(chunks.iter().map(Vec::as_slice));
                let at_once = said.find_map(|bytes| low_delay(codec, bytes));
                self.delay = i64::from(match at_once {
                    Some((at_once, is_certain)) => !at_once || (backwards && !is_certain),
                    None => codec != Codec::Mpeg4 || backwards,
                });
            }
            Form::Numbered(codec) => {
                let mut order = Order::of(codec);
                let mut counted = 0;
                for (at, chunk) in (0..).zip(chunks) {
                    let placed = order.place(chunk);
                    if placed.begins {
                        counted = at;
                    }
                    let later = at - counted - placed.number;
                    if later <= FARTHEST {
                        self.delay = self.delay.max(later);
                    }
                }
                self.delay = order.delay().map_or(self.delay, i64::from);
            }
            _ => {}
        }
    }

    /// Forgets what was taken; the next picture is a key picture that is shown at that moment.
    pub fn go_to(&mut self, stamp: i64) {
        self.order.iter_mut().for_each(Order::forget);
        self.group.clear();
        self.queue.clear();
        (self.base, self.empty, self.doubt) = (None, 0, false);
        #[expect(clippy::cast_possible_truncation, reason = "far fewer than 2^63 pictures")]
        let sought = (stamp as f64 / self.period).round() as i64;
        self.sought = Some(sought);
    }

    fn at(&self, number: i64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let nanos = (number.saturating_add(self.delay) as f64 * self.period).round() as i64;
        nanos
    }

    /// Takes a chunk, the nth of its stream, which begins with these bytes.
    pub fn take(&mut self, number: i64, packet: Packet, head: &[u8], ready: &mut VecDeque<Packet>) {
        let Payload::There { size, .. } = packet.payload else { return };
        let at = self.at(number);
        let packet = Packet { pts: at, ..packet };
        match self.form {
            _ if size == 0 => self.empty += 1,
            Form::Whole => ready.push_back(Packet { key: true, ..packet }),
            Form::Listed => ready.push_back(packet),
            Form::Byte(mask) => {
                let key = head.first().is_some_and(|byte| byte & mask == 0);
                ready.push_back(Packet { key, ..packet });
            }
            Form::Between(_) if self.packed => self.packed(&packet, head, ready),
            Form::Between(codec) => {
                let Look { refers, key } = look(codec, head);
                self.place(Packet { key, ..packet }, refers, ready);
            }
            Form::Numbered(codec) => {
                let key = starts_decoding(codec, head);
                let pts = self.numbered(number, head);
                ready.push_back(Packet { pts, key, ..packet });
            }
        }
    }

    /// Gives what still waits at the end, but for pictures that no chunk came for: no decoder shows those. `cut` is whether one
    /// of which a part is missing follows.
    pub fn finish(&mut self, cut: bool, ready: &mut VecDeque<Packet>) {
        self.queue.clear();
        let missing = self.usual.saturating_sub(self.group.len());
        if let Some(first) = self.group.first_mut().filter(|_| cut) {
            // those that would have been shown before it are lost
            #[expect(clippy::cast_possible_truncation, reason = "a few pictures")]
            let later = (missing as f64 * self.period).round() as i64;
            first.pts = first.pts.saturating_add(later);
        }
        ready.extend(self.group.drain(..));
    }

    /// Takes note that chunks are missing here.
    pub fn lose(&mut self) {
        self.queue.clear();
        self.doubt = true;
    }

    /// Takes the pictures of a chunk of MPEG-4 that may have several: one is for this chunk, the others are for those that
    /// have none.
    fn packed(&mut self, packet: &Packet, chunk: &[u8], ready: &mut VecDeque<Packet>) {
        let Payload::There { start, .. } = packet.payload else { return };
        let is_for_another = chunk.len() <= NOTHING && !self.queue.is_empty();
        let starts: Vec<usize> = pictures(chunk).filter(|_| !is_for_another).collect();
        let ends = starts.iter().skip(1).copied().chain([chunk.len()]);
        for (n, (begin, end)) in starts.iter().copied().zip(ends).enumerate() {
            // the first one has the headers
            let from = if n == 0 { 0 } else { begin };
            let Some(bytes) = chunk.get(from..end) else { continue };
            let Look { refers, key } = look(Codec::Mpeg4, bytes);
            if key && n == 0 {
                self.queue.clear();
            }
            let payload = Payload::There { before: Vec::new(), start: start + from as u64, size: bytes.len() };
            self.queue.push_back((Packet { key: key && n == 0, payload, ..packet.clone() }, refers));
        }
        while let Some((picture, refers)) = self.queue.pop_front() {
            self.place(Packet { pts: packet.pts, ..picture }, refers, ready);
            if self.queue.len() <= BETWEEN {
                break;
            }
        }
    }

    fn place(&mut self, mut packet: Packet, refers: bool, ready: &mut VecDeque<Packet>) {
        if refers || self.group.len() > BETWEEN {
            self.usual = self.group.len();
            ready.extend(self.group.drain(..));
        }
        match self.group.first_mut() {
            // it is shown now, and the first one later than thought
            Some(first) => std::mem::swap(&mut first.pts, &mut packet.pts),
            None if !refers => return ready.push_back(packet),
            None => {}
        }
        self.group.push(packet);
    }

    /// When a numbered picture is shown that begins with these bytes.
    fn numbered(&mut self, number: i64, head: &[u8]) -> i64 {
        let Some(order) = &mut self.order else { return self.at(number) };
        let mut placed = order.place(head);
        if placed.begins {
            (self.base, self.empty) = (Some(number), 0);
        }
        let sought = self.sought.take().map(|sought| sought - self.delay - placed.number);
        let mut base = self.base.or(sought).unwrap_or(number - placed.number);
        // how many of those that are decoded before it are shown after it
        let mut earlier = number - base - self.empty - placed.number;
        if std::mem::take(&mut self.doubt) && !(-FARTHEST..=self.delay).contains(&earlier) {
            // a run of which the beginning is missing
            order.forget();
            placed = order.place(head);
            earlier = number - base - self.empty - placed.number;
        }
        if earlier < -FARTHEST {
            base = number - self.empty - placed.number;
        } else if earlier > self.delay {
            base += earlier - self.delay;
        }
        self.base = Some(base);
        self.at(base + self.empty + placed.number)
    }
}

/// What the head of a picture tells that has no number.
fn look(codec: Codec, head: &[u8]) -> Look {
    let kind = if codec == Codec::Mpeg4 {
        pictures(head).next().and_then(|at| head.get(at + 4)).map(|byte| byte >> 6)
    } else {
        // counted from 1
        memmem::find(head, &[0, 0, 1, 0]).and_then(|at| head.get(at + 5)).map(|byte| (byte >> 3 & 7).wrapping_sub(1))
    };
    let key = kind == Some(0) && (codec == Codec::Mpeg4 || starts_decoding(codec, head));
    Look { refers: kind != Some(2), key }
}

/// Where pictures of MPEG-4 begin.
fn pictures(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memmem::find_iter(bytes, &[0, 0, 1, 0xB6])
}

/// Whether a stream says that its pictures are shown as they are decoded, and whether it says so itself.
fn low_delay(codec: Codec, bytes: &[u8]) -> Option<(bool, bool)> {
    match codec {
        Codec::Mpeg1 => None,
        // ISO/IEC 13818-2, 6.2.2.3
        Codec::Mpeg2 => {
            let mut extensions = memmem::find_iter(bytes, &[0, 0, 1, 0xB5]).filter_map(|at| bytes.get(at + 4..at + 10));
            extensions.find(|e| e[0] >> 4 == 1).map(|e| (e[5] & 0x80 != 0, true))
        }
        // ISO/IEC 14496-2, 6.2.3
        _ => {
            let mut layers = memmem::find_iter(bytes, &[0, 0, 1]).filter_map(|at| bytes.get(at + 3..));
            let layer = layers.find(|unit| unit.first().is_some_and(|code| (0x20..0x30).contains(code)))?;
            let bits = layer.get(1..9)?.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            let mut at = 1;
            let mut read = |count: u32| {
                at += count;
                bits >> (64 - at) & ((1 << count) - 1)
            };
            let kind = read(8);
            if read(1) == 1 {
                read(7);
            }
            if read(4) == 15 {
                read(16);
            }
            Some(if read(1) == 1 {
                read(2);
                (read(1) == 1, true)
            } else {
                // of the simple profiles, that is taken for granted
                (matches!(kind, 1 | 17), false)
            })
        }
    }
}
