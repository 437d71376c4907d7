//! Ogg that was joined, cut off or damaged, read through what is read of it.

use super::index_of;
use super::tests::{VP8, all_and_back, film, pictures, sound, survives};
use crate::media::{AudioReader, Cancel, probe};

const THEORA: &str = "theoraenc quality=60 keyframe-freq=12 keyframe-force=12";
const FILMS: [(&str, &str, &str); 4] = [
    ("a.ogg", THEORA, "vorbisenc"),
    ("b.ogg", VP8, "opusenc"),
    ("c.ogg", THEORA, "flacenc"),
    ("d.ogg", VP8, "audioresample ! audio/x-raw,rate=32000,channels=1 ! speexenc"),
];

/// Greys of Theora are off by half a step.
fn near(found: &[i64], asked: &[i64]) -> bool {
    found.iter().zip(asked).all(|(found, asked)| (found - asked).abs() <= 1)
}

#[test]
fn links_of_an_ogg_chain_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio) in FILMS {
        let path = folder.path().join(name);
        film(&path, video, audio, "oggmux");
        assert!(index_of(&path).is_none(), "{name} is to be trusted");
        // each link has streams with numbers of their own
        let other = folder.path().join("other.ogg");
        film(&other, video, audio, "oggmux");
        let [once, twice] = [&path, &other].map(|path| std::fs::read(path).unwrap());
        let joined = folder.path().join("joined.ogg");
        std::fs::write(&joined, [&once[..], &twice, &once].concat()).unwrap();
        let length = probe(&joined).unwrap().duration.unwrap().seconds();
        assert!((4.79..4.95).contains(&length), "{name}: {length} s");
        let asked = all_and_back(120);
        let right: Vec<i64> = asked.iter().map(|n| n % 40).collect();
        let found = pictures(&joined, &asked);
        assert!(near(&found, &right), "{name}: {found:?}");
        let (begins, ends) = sound(&joined);
        assert!(begins <= 30 && ends >= 3950, "{name}: sound from {begins} to {ends} ms");
    }
}

#[test]
fn ogg_goes_on_after_damage_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (name, video, audio) in FILMS {
        let path = folder.path().join(name);
        film(&path, video, audio, "oggmux max-delay=200000000 max-page-delay=200000000");
        let bytes = std::fs::read(&path).unwrap();
        let mut damaged = bytes.clone();
        damaged[bytes.len() * 70 / 100..bytes.len() * 80 / 100].fill(0);
        std::fs::write(&path, damaged).unwrap();
        assert!(index_of(&path).is_some(), "{name} is not to be trusted");
        let length = probe(&path).unwrap().duration.unwrap().seconds();
        assert!((1.59..1.67).contains(&length), "{name}: {length} s");
        assert!(near(&pictures(&path, &[3, 39, 38]), &[3, 39, 38]), "{name}");
        let (begins, ends) = sound(&path);
        assert!(begins <= 30 && (1560..=1640).contains(&ends), "{name}: sound from {begins} to {ends} ms");
        survives(&bytes[..bytes.len().min(20_000)]);
    }
}

/// Sound alone, of which each link ends before its last packet does.
#[test]
fn chained_opus_is_as_long_as_its_links() {
    crate::media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.opus");
    crate::media::played::run(&format!(
        "audiotestsrc num-buffers=50 samplesperbuffer=1000 wave=sine ! audio/x-raw,rate=48000,channels=2 ! opusenc ! oggmux \
         ! filesink location=\"{}\"",
        path.display()
    ));
    let once = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&once[..], &once, &once, &once].concat()).unwrap();
    let info = probe(&path).unwrap();
    let length = info.duration.unwrap().seconds();
    assert!((length - 4.0 * 50.0 / 48.0).abs() < 0.05, "{length} s");
    let mut reader = AudioReader::open(&path, &info, 0, 48_000).unwrap();
    let mut samples = vec![[0.0; 2]; 200_000];
    reader.read(0, &mut samples, &Cancel::default()).unwrap();
    let quiet = samples.chunks(480).filter(|part| part.iter().all(|s| s[0].abs() < 0.05)).count();
    assert!(quiet <= 8, "{quiet} hundredths of a second are missing");
}
