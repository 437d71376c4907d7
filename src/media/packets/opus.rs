//! Opus: how long its packets last, and how they lie in transport streams (`ETSI TS Opus` 0.1.3-draft, as FFmpeg and GStreamer
//! write them: several in a packet of the stream, each behind a head of its own).

/// What a head begins with, in its 11 highest bits.
const HEAD: u16 = 0x7FE0;

/// Samples of a packet at 48 kHz (RFC 6716, 3.1).
pub(super) fn samples(packet: &[u8]) -> i64 {
    let Some(first) = packet.first() else { return 0 };
    let frame = match first >> 3 {
        n @ 0..12 => [480, 960, 1920, 2880][usize::from(n & 3)],
        n @ 12..16 => [480, 960][usize::from(n & 1)],
        n => [120, 240, 480, 960][usize::from(n & 3)],
    };
    frame
        * match first & 3 {
            0 => 1,
            1 | 2 => 2,
            _ => packet.get(1).map_or(0, |count| i64::from(count & 63)),
        }
}

/// The nanoseconds of so many samples.
pub(super) fn nanos(samples: i64) -> i64 {
    samples * 62_500 / 3
}

/// How many channels a transport stream's descriptors tell of, 1 to 8 in the order of Vorbis; `None` where they tell of
/// none, or of channels in another order.
pub(super) fn channels(descriptors: &[u8]) -> Option<u8> {
    let (mut registered, mut channels) = (false, None);
    let mut rest = descriptors;
    while let [tag, length, after @ ..] = rest {
        let content = after.get(..usize::from(*length))?;
        match (*tag, content) {
            (5, [b'O', b'p', b'u', b's', ..]) => registered = true,
            (0x7F, [0x80, code @ 1..=8, ..]) => channels = Some(*code),
            _ => {}
        }
        rest = &after[content.len()..];
    }
    channels.filter(|_| registered)
}

/// What GStreamer calls sound of so many channels: streams and their order as Vorbis has them (RFC 7845, 5.1.1.2).
pub(super) fn caps(channels: u8) -> &'static str {
    macro_rules! caps {
        ($channels:literal, $streams:literal, $coupled:literal) => {
            concat!(
                "audio/x-opus,rate=(int)48000,channel-mapping-family=(int)0,channels=(int)",
                $channels,
                ",stream-count=(int)",
                $streams,
                ",coupled-count=(int)",
                $coupled
            )
        };
        ($channels:literal, $streams:literal, $coupled:literal, $order:literal) => {
            concat!(
                "audio/x-opus,rate=(int)48000,channel-mapping-family=(int)1,channels=(int)",
                $channels,
                ",stream-count=(int)",
                $streams,
                ",coupled-count=(int)",
                $coupled,
                ",channel-mapping=(int)<",
                $order,
                ">"
            )
        };
    }
    match channels {
        0 | 1 => caps!(1, 1, 0),
        2 => caps!(2, 1, 1),
        3 => caps!(3, 2, 1, "0,2,1"),
        4 => caps!(4, 2, 2, "0,1,2,3"),
        5 => caps!(5, 3, 2, "0,4,1,2,3"),
        6 => caps!(6, 4, 2, "0,4,1,2,3,5"),
        7 => caps!(7, 4, 3, "0,4,1,2,3,5,6"),
        _ => caps!(8, 5, 3, "0,6,1,2,3,4,5,7"),
    }
}

/// The packets that lie in one packet of a transport stream, as far as they are whole.
pub(super) fn units(mut content: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (packet, rest) = unit(content)?;
        content = rest;
        Some(packet)
    })
}

/// The first of them, and what is behind it.
fn unit(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = u16::from_be_bytes(*content.first_chunk()?);
    (head & 0xFFE0 == HEAD).then_some(())?;
    let mut rest = &content[2..];
    let mut size = 0;
    loop {
        let (part, after) = rest.split_first()?;
        size += usize::from(*part);
        rest = after;
        if *part < 255 {
            break;
        }
    }
    // samples that are not heard, at the beginning and at the end: nobody takes them off, and stamps count them
    let trims = usize::from(head >> 4 & 1) + usize::from(head >> 3 & 1);
    rest = rest.get(2 * trims..)?;
    if head & 4 != 0 {
        let (length, after) = rest.split_first()?;
        rest = after.get(usize::from(*length)..)?;
    }
    rest.split_at_checked(size).filter(|(packet, _)| !packet.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_is_found_behind_its_head() {
        let long = [0xFC; 255];
        let mut content = vec![0x7F, 0xF0, 3, 1, 0x38, 0xF8, 1, 2];
        content.extend([0x7F, 0xE0, 255, 0]);
        content.extend(long);
        content.extend([0x7F, 0xEC, 1, 0, 9, 2, 7, 7, 0xF8]);
        let found: Vec<&[u8]> = units(&content).collect();
        assert_eq!(found, [&[0xF8, 1, 2][..], &long, &[0xF8]]);
        for end in 0..content.len() {
            assert!(units(&content[..end]).count() < 3, "{end}");
        }
    }

    #[test]
    fn every_number_of_channels_has_caps() {
        gstreamer::init().unwrap();
        for n in 1..=8 {
            let caps: gstreamer::Caps = caps(n).parse().unwrap();
            assert_eq!(caps.structure(0).unwrap().get::<i32>("channels").unwrap(), i32::from(n));
        }
    }
}
