//! AVIs that were cut off or damaged, read through what is read of them.

use super::tests::{H264, VP8, all_and_back, film, pictures, sound, survives};
use super::{Kind, index_of};
use crate::media::probe;
use crate::model::FrameRate;

/// With pictures between others; start codes.
const MPEG4: &str = "avenc_mpeg4 max-bframes=2 gop-size=12 bitrate=4000000 ! mpeg4videoparse";
const MP3: &str = "lamemp3enc ! mpegaudioparse";
const PCM: &str = "audioconvert ! audio/x-raw,format=S16LE";

fn films() -> [(&'static str, String, &'static str); 4] {
    let start_codes = "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
    [
        ("a.avi", format!("{H264} ! {start_codes}"), PCM),
        ("b.avi", MPEG4.to_owned(), MP3),
        ("c.avi", VP8.to_owned(), PCM),
        ("d.avi", "avenc_msmpeg4 gop-size=12 bitrate=4000000".to_owned(), MP3),
    ]
}

/// A part of a film, from picture to picture. How much later than its first sound a decoder shows the first one, the stamps
/// of an AVI say: pictures are put in order by waiting for as many.
fn shown(path: &std::path::Path, asked: &[i64]) -> Vec<i64> {
    let first = probe(path).unwrap().video.unwrap().first;
    let late = FrameRate::F25.frame_nearest(first).0;
    let found = pictures(path, &asked.iter().map(|n| n + late).collect::<Vec<_>>());
    // greys are off by half a step
    found.iter().zip(asked).map(|(found, asked)| if (found - asked).abs() <= 1 { *asked } else { *found }).collect()
}

#[test]
fn pictures_in_avi_are_put_in_order_wherever_a_seek_goes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio) in films() {
        let path = folder.path().join(name);
        film(&path, &video, audio, "avimux");
        let index = index_of(&path).unwrap();
        assert_eq!(index.track(Kind::Picture, 0).unwrap().1.count, 40, "{name}");
        let info = probe(&path).unwrap();
        let length = info.duration.unwrap().seconds();
        assert!((1.59..1.73).contains(&length), "{name} lasts {length} s");
        assert_eq!(info.video.unwrap().rate, Some(FrameRate::F25), "{name}");
        let asked = all_and_back(40);
        assert_eq!(shown(&path, &asked), asked, "{name}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 60 && (1560..=1660).contains(&ends), "{name}: sound from {begins} to {ends} ms");
    }
}

#[test]
fn avi_that_was_cut_off_or_damaged_goes_on_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio) in films() {
        let path = folder.path().join(name);
        film(&path, &video, audio, "avimux");
        let bytes = std::fs::read(&path).unwrap();
        let part = folder.path().join("part.avi");
        std::fs::write(&part, &bytes[..bytes.len() * 7 / 10]).unwrap();
        let count = i64::try_from(index_of(&part).unwrap().track(Kind::Picture, 0).unwrap().1.count).unwrap();
        assert!((10..36).contains(&count), "{name}: {count}");
        assert_eq!(shown(&part, &[count - 4, 3, 13]), [count - 4, 3, 13], "{name}, cut off");
        let (begins, ends) = sound(&part);
        let end = usize::try_from(count * 40).unwrap();
        assert!(begins <= 60 && ends + 150 > end, "{name}, cut off: sound from {begins} to {ends} ms");
        let mut damaged = bytes.clone();
        damaged[bytes.len() * 45 / 100..bytes.len() * 55 / 100].fill(0);
        std::fs::write(&part, &damaged).unwrap();
        assert_eq!(shown(&part, &[1, 39, 38]), [1, 39, 38], "{name}, damaged");
        let (begins, ends) = sound(&part);
        assert!(begins <= 60 && (1200..=1660).contains(&ends), "{name}, damaged: sound from {begins} to {ends} ms");
        // without the index nobody knows how much is missing
        let movi = damaged.windows(4).rposition(|w| w == b"idx1").unwrap();
        std::fs::write(&part, &damaged[..movi]).unwrap();
        let length = probe(&part).unwrap().duration.unwrap().seconds();
        assert!((1.4..2.0).contains(&length), "{name}, damaged and cut off: {length} s");
        survives(&bytes[..20_000.min(bytes.len())]);
        survives(&bytes[bytes.len() - 20_000.min(bytes.len())..]);
    }
}
