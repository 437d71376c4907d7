//! Sound is heard as a whole, at the samples that it was recorded at, whatever the file around it says.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::Path;
use workprint::media::{AudioReader, Cancel, probe};

const RATE: usize = 48_000;

/// What a file's sound is from a position on, and its length by `probe`, in samples.
fn read(path: &Path, start: usize, count: usize) -> (Vec<f32>, i64) {
    let info = probe(path).unwrap();
    let mut out = vec![[0.0; 2]; count];
    let mut reader = AudioReader::open(path, &info, 0, 48_000).unwrap();
    reader.read(i64::try_from(start).unwrap(), &mut out, &Cancel::default()).unwrap();
    (out.iter().map(|pair| pair[0]).collect(), info.duration.unwrap().sample(48_000))
}

/// Noise of so many tenths of a second, of which no two moments are alike.
fn noise(tenths: usize, chain: &str, path: &Path) -> String {
    format!(
        "audiotestsrc samplesperbuffer=4800 num-buffers={tenths} volume=0.5 wave=pink-noise \
         ! audio/x-raw,rate=48000,channels=2,format=S16LE ! audioconvert ! {chain} ! filesink location=\"{}\"",
        path.display()
    )
}

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], &kind, content].concat()
}

/// Puts an edit list (length in ms, media time in samples) into a file with one track whose `moov` comes last.
fn with_edits(file: &[u8], edits: &[(u32, i32)]) -> Vec<u8> {
    let find = |name: &[u8; 4]| file.windows(4).position(|w| w == name).unwrap();
    let (movie, header, track, media) = (find(b"moov"), find(b"mvhd"), find(b"trak"), find(b"mdia"));
    let entries = edits.iter().flat_map(|(length, from)| [*length, from.cast_unsigned(), 0x1_0000]);
    let words = [0, u32::try_from(edits.len()).unwrap()].into_iter().chain(entries);
    let list = words.flat_map(u32::to_be_bytes).collect::<Vec<u8>>();
    let edts = boxed(*b"edts", &boxed(*b"elst", &list));
    let mut out = file.to_vec();
    if let Some(own) = file.windows(4).position(|w| w == b"edts") {
        out[own..own + 4].copy_from_slice(b"free");
    }
    for at in [movie - 4, track - 4] {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) + u32::try_from(edts.len()).unwrap();
        out[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    // milliseconds, and the length of what is heard
    let length: u32 = edits.iter().map(|(length, _)| length).sum();
    out[header + 16..header + 20].copy_from_slice(&1000_u32.to_be_bytes());
    out[header + 20..header + 24].copy_from_slice(&length.to_be_bytes());
    out.splice(media - 4..media - 4, edts);
    out
}

#[test]
fn sound_that_was_cut_without_encoding_is_heard_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for chain in ["qtmux", "avenc_alac ! qtmux", "avenc_aac bitrate=256000 aac-pns=false ! mp4mux"] {
        let (whole, path) = (folder.path().join("whole.mov"), folder.path().join("cut.mov"));
        common::run_pipeline(&noise(40, chain, &whole));
        let bytes = with_edits(&std::fs::read(&whole).unwrap(), &[(4000, 0)]);
        std::fs::write(&whole, &bytes).unwrap();
        let (wanted, _) = read(&whole, 0, 4 * RATE);
        // begins late; late and after a wait; two parts, the second one from before; the same part twice
        for edits in [
            &[(2500, 72_000)][..],
            &[(1979, 1024)],
            &[(500, -1), (2000, 96_000)],
            &[(1000, 96_000), (1500, 4800)],
            &[(700, 30_000), (300, -1), (700, 30_000)],
        ] {
            std::fs::write(&path, with_edits(&bytes, edits)).unwrap();
            let total = edits.iter().map(|(length, _)| *length as usize * 48).sum();
            let (found, length) = read(&path, 0, total);
            assert_eq!(length, i64::try_from(total).unwrap(), "{chain}, {edits:?}");
            let mut at = 0;
            for (length, from) in edits {
                let length = *length as usize * 48;
                for n in 0..length {
                    let right = usize::try_from(*from).map_or(0.0, |from| wanted[from + n]);
                    assert!((found[at + n] - right).abs() < 1e-4, "{chain}, {edits:?}: {n} samples after {at}");
                }
                at += length;
            }
            let (again, _) = read(&path, total - 9000, 9000);
            let same = again.iter().zip(&found[total - 9000..]).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(same, "{chain}, {edits:?}, from another position");
        }
    }
}

/// Records the sound of a WAV file into Matroska with stamps that are changed (in ms), or packets that are lost (`None`).
fn recorded(wave: &Path, path: &Path, codec: &str, stamp: impl Fn(u64) -> Option<u64> + Send + Sync + 'static) {
    let description = format!(
        "filesrc location=\"{}\" ! wavparse ! audioconvert ! {codec} ! identity name=stamps ! matroskamux \
         ! filesink location=\"{}\"",
        wave.display(),
        path.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let pad = pipeline.by_name("stamps").unwrap().static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data else { return gst::PadProbeReturn::Ok };
        let buffer = buffer.make_mut();
        let Some(pts) = buffer.pts() else { return gst::PadProbeReturn::Ok };
        match stamp(pts.mseconds()) {
            Some(ms) => buffer.set_pts(gst::ClockTime::from_mseconds(ms)),
            None => return gst::PadProbeReturn::Handled,
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let ended = pipeline.bus().unwrap().timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]);
    assert_eq!(ended.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn stamps_that_are_uneven_tear_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (even, uneven) = (folder.path().join("even.mka"), folder.path().join("uneven.mka"));
    // the same noise each time
    let wave = folder.path().join("noise.wav");
    common::run_pipeline(&noise(40, "wavenc", &wave));
    for codec in ["flacenc blocksize=1152", "avenc_aac bitrate=256000 aac-pns=false ! aacparse", "vorbisenc"] {
        recorded(&wave, &even, codec, Some);
        let (wanted, _) = read(&even, 0, 4 * RATE);
        for late in [6, 15, 30] {
            recorded(&wave, &uneven, codec, move |ms| Some(ms + if ms / 24 % 5 == 3 { late } else { 0 }));
            let (found, _) = read(&uneven, 0, 4 * RATE);
            let off = found.iter().zip(&wanted).position(|(a, b)| (a - b).abs() > 1e-4);
            assert_eq!(off, None, "{codec}, {late} ms late");
            for at in [70_000, 101_001, 150_500] {
                let (found, _) = read(&uneven, at, 9600);
                let same = found.iter().zip(&wanted[at..]).all(|(a, b)| (a - b).abs() < 1e-4);
                // elsewhere the stamps of 0.25 s decide: where blocks have several lengths, and where sound begins before
                // the recording does
                assert!(same || !codec.starts_with("flacenc") || late > 15, "{codec}, {late} ms late, from {at}");
            }
        }
    }
}

#[test]
fn what_is_lost_is_silent_and_the_rest_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, holed) = (folder.path().join("whole.mka"), folder.path().join("holed.mka"));
    let wave = folder.path().join("noise.wav");
    common::run_pipeline(&noise(40, "wavenc", &wave));
    recorded(&wave, &whole, "flacenc blocksize=1152", Some);
    let (wanted, _) = read(&whole, 0, 4 * RATE);
    // three packets, and one
    recorded(&wave, &holed, "flacenc blocksize=1152", |ms| (!(1440..1512).contains(&ms) && ms != 2880).then_some(ms));
    let (found, _) = read(&holed, 0, 4 * RATE);
    let silent: Vec<usize> =
        (0..4 * RATE / 1152).filter(|n| found[n * 1152 + 200..n * 1152 + 900].iter().all(|s| *s == 0.0)).collect();
    // the decoder begins anew after a hole, with the packet after the next
    assert_eq!(silent, [60, 61, 62, 63, 120, 121]);
    let off = found.iter().zip(&wanted).filter(|(a, b)| (*a - *b).abs() > 1e-4).count();
    assert!(off <= 6 * 1152 + 4 * 2 * 96, "{off} samples are not where they were");
}

/// Decoders of Opus remember the packets before, and after a seek some that come later.
#[test]
fn sound_begins_the_same_wherever_was_read_before() {
    let folder = tempfile::tempdir().unwrap();
    for (name, chain) in [
        ("a.webm", "opusenc ! webmmux"),
        ("a.ogg", "opusenc frame-size=2.5 ! oggmux"),
        ("a.mkv", "vorbisenc ! matroskamux"),
        ("a.mp4", "avenc_aac bitrate=256000 aac-pns=false ! mp4mux"),
        ("a.mp3", "lamemp3enc ! xingmux"),
    ] {
        let path = folder.path().join(name);
        common::run_pipeline(&noise(20, chain, &path));
        let info = probe(&path).unwrap();
        let mut wanted = vec![[0.0; 2]; 14_400];
        AudioReader::open(&path, &info, 0, 48_000).unwrap().read(0, &mut wanted, &Cancel::default()).unwrap();
        assert!(wanted[..4800].iter().any(|pair| pair[0].abs() > 0.01), "{name} begins silent");
        let mut reader = AudioReader::open(&path, &info, 0, 48_000).unwrap();
        for before in [0, 30_000, 80_000] {
            let mut found = vec![[0.0; 2]; 14_400];
            reader.seek(before).unwrap();
            reader.read(before, &mut found, &Cancel::default()).unwrap();
            for from in [0, 1000, 9000] {
                reader.seek(from).unwrap();
                reader.read(from, &mut found, &Cancel::default()).unwrap();
                let count = 14_400 - usize::try_from(from).unwrap();
                let mut pairs = found.iter().zip(&wanted[14_400 - count..]);
                let same = pairs.all(|(a, b)| (a[0] - b[0]).abs() < 1e-3);
                assert!(same, "{name} from {from} after {before}");
            }
        }
    }
}

#[test]
fn a_length_that_no_header_says_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    // silence first: by the size of the first packets, it would be far longer
    let raw = folder.path().join("a.pcm");
    let mut random = common::Seeded(1);
    let samples =
        (0..8 * RATE * 2).map(|n| if n < 3 * RATE * 2 { 0 } else { u16::try_from(random.below(1 << 16)).unwrap() });
    std::fs::write(&raw, samples.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    common::run_pipeline(&format!(
        "filesrc location=\"{}\" ! rawaudioparse format=pcm pcm-format=s16le sample-rate=48000 num-channels=2 \
         ! flacenc ! filesink location=\"{}\"",
        raw.display(),
        path.display()
    ));
    // the last block is shorter than the others
    assert_eq!(probe(&path).unwrap().duration.unwrap().sample(48_000), 8 * 48_000);
    let mut bytes = std::fs::read(&path).unwrap();
    // STREAMINFO (RFC 9639, 8.2): 36 bits of the total in its bytes 13 to 17
    bytes[21] &= 0xF0;
    bytes[22..26].fill(0);
    std::fs::write(&path, &bytes).unwrap();
    for _ in 0..3 {
        // the last block is counted as a whole one
        let length = probe(&path).unwrap().duration.unwrap().sample(48_000);
        assert!((8 * 48_000..8 * 48_000 + 4608).contains(&length), "{length} samples");
    }
    // whose header says more than there is
    bytes[22..26].copy_from_slice(&(8 * 48_000_u32).to_be_bytes());
    bytes.truncate(bytes.len() * 2 / 3);
    std::fs::write(&path, &bytes).unwrap();
    let length = probe(&path).unwrap().duration.unwrap().sample(48_000);
    assert!((200_000..330_000).contains(&length), "{length} samples are left");
}

/// `qtdemux` takes tracks that are shorter than a fifth of the film for previews, and passes over them.
#[test]
fn a_film_with_little_sound_or_few_pictures_has_both() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    for (name, pictures, tenths) in [("sound.mp4", 360, 12), ("pictures.mp4", 24, 120)] {
        let path = folder.join(name);
        common::run_pipeline(&format!(
            "mp4mux name=mux ! filesink location=\"{}\" \
             videotestsrc num-buffers={pictures} pattern=white ! video/x-raw,width=160,height=120,framerate=30/1 \
             ! x264enc speed-preset=ultrafast ! h264parse ! mux. \
             audiotestsrc samplesperbuffer=4800 num-buffers={tenths} volume=0.5 wave=pink-noise \
             ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux.",
            path.display()
        ));
        let info = probe(&path).unwrap();
        assert_eq!((info.video.is_some(), info.audio.len()), (true, 1), "{name}");
        let (heard, _) = read(&path, 0, RATE * 12);
        let loud = |span: std::ops::Range<usize>| heard[span].iter().any(|s| s.abs() > 0.05);
        let last = tenths * RATE / 10;
        assert!(loud(0..RATE / 10) && loud(last - RATE / 10..last), "{name}: all of its sound");
        assert!(last == heard.len() || !loud(last + RATE / 5..heard.len()), "{name}: no more than that");
        std::fs::write(folder.join("list.csv"), format!("source\n{name}\n")).unwrap();
        let project = format!("{name}.ron");
        common::succeed(folder, &["assemble", "list.csv", "-o", &project]);
        common::export(folder, &[&project, "-o", "o.mp4", "--preset", "draft", "--overwrite"]);
        let mut shown = 0;
        common::each_sample(&folder.join("o.mp4"), "videoconvert", |_, _| shown += 1);
        assert_eq!(shown, 360, "{name}");
    }
}
