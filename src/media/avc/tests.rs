//! What is read and written, also of streams that mean harm.

use super::*;
use bitstream_io::{BigEndian, BitWrite as _};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use h264_reader::rbsp;
use std::io::Cursor;

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

/// The pictures that a decoder makes of packets.
fn decoded(configuration: &Configuration, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let pipeline = gst::parse::launch(
        "appsrc name=in format=time ! avdec_h264 ! videoconvert ! video/x-raw,format=I420 ! appsink name=out sync=false",
    );
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let source = pipeline.by_name("in").unwrap().downcast::<gst_app::AppSrc>().unwrap();
    let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    let caps = gst::Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("codec_data", gst::Buffer::from_slice(configuration.write().unwrap()))
        .field("width", 320)
        .field("height", 180)
        .field("framerate", gst::Fraction::new(30, 1));
    source.set_caps(Some(&caps.build()));
    pipeline.set_state(gst::State::Playing).unwrap();
    for (n, packet) in packets.iter().enumerate() {
        let mut buffer = gst::Buffer::from_slice(packet.clone());
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(40 * n as u64));
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let pictures = std::iter::from_fn(|| sink.pull_sample().ok());
    let pictures = pictures.map(|s| s.buffer().unwrap().map_readable().unwrap().to_vec()).collect();
    pipeline.set_state(gst::State::Null).unwrap();
    pictures
}

/// An encoder that weights its references puts the same one into a list twice: as far from itself as its `frame_num` goes
/// before it begins anew, which in the copied stream was farther (8.2.4.3.1).
#[test]
fn pictures_refer_to_the_same_ones_in_a_stream_that_counts_farther() {
    let (new, packets) =
        encoded("x264enc bframes=0 option-string=ref=3:weightp=2:keyint=60 ! video/x-h264,profile=main ! identity");
    let shown = decoded(&new, &packets);
    assert_eq!(shown.len(), 12);
    let (mut copied, _) = encoded("x264enc bframes=2 ref=3 ! video/x-h264,profile=main ! identity");
    for width in [4, 5, 8, 12, 16] {
        // a set of the main profile: three bytes, its name, the bits of `frame_num` less four (7.3.2.1.1)
        let head = copied.sequence[0][0];
        let unit = rbsp::decode_nal(&copied.sequence[0]).unwrap().into_owned();
        let mut reader = bits::Reader::endian(Cursor::new(&unit[..]), BigEndian);
        let mut writer = bits::Writer::endian(Vec::new(), BigEndian);
        bits::copy_bits(&mut reader, &mut writer, 24).unwrap();
        bits::copy_number(&mut reader, &mut writer).unwrap();
        bits::read_number(&mut reader).unwrap();
        bits::write_number(&mut writer, width - 4).unwrap();
        let rest = bits::whole(&unit).unwrap() - reader.position_in_bits().unwrap();
        bits::copy_bits(&mut reader, &mut writer, rest).unwrap();
        writer.byte_align().unwrap();
        copied.sequence[0] = bits::escaped(head, &writer.into_writer());
        let copyable = Copyable::of(copied.clone(), (320, 180)).unwrap();
        let (mut rewriter, both) = Rewriter::new(&copyable, &new).unwrap();
        let written: Vec<Vec<u8>> =
            packets.iter().zip(0..).map(|(packet, n)| rewriter.packet(packet, n, 0).unwrap()).collect();
        assert!(decoded(&both, &written) == shown, "with {width} bits");
    }
}
