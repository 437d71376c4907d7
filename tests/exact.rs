//! Cuts come out on exactly the frames that were asked for, and sound stays on its picture.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Decoded, Footage, Seeded, bursts, decode, mkv, mp4, succeed, webm};
use std::fmt::Write;
use std::path::Path;

/// 30 random cuts of a source, exported: the frames that were cut, and what came out.
fn random_cuts(folder: &Path, source: &str, footage: &Footage, seed: u64, preset: &str) -> (Vec<usize>, Decoded) {
    let mut random = Seeded(seed);
    let mut list = String::from("source,in,out\n");
    let mut expected = Vec::new();
    for _ in 0..30 {
        let length = 2 + random.below(25);
        let first = random.below(footage.frames - length);
        let time =
            |frame: usize| format!("{:.6}", frame as f64 * f64::from(footage.rate.1) / f64::from(footage.rate.0));
        writeln!(list, "{source},{},{}", time(first), time(first + length)).unwrap();
        expected.extend(first..first + length);
    }
    std::fs::write(folder.join("cuts.csv"), list).unwrap();
    let rate = format!("{}/{}", footage.rate.0, footage.rate.1);
    succeed(folder, &["assemble", "cuts.csv", "--overwrite", "-o", "p.ron", "--rate", &rate]);
    let out = if preset == "lossless" { "out.mkv" } else { "out.mp4" };
    succeed(folder, &["export", "p.ron", "-o", out, "--preset", preset, "--overwrite"]);
    (expected, decode(&folder.join(out)))
}

fn check(name: &str, footage: &Footage, expected: &[usize], found: &Decoded) {
    assert_eq!(found.numbers, expected, "{name}");
    let period = f64::from(footage.rate.1) / f64::from(footage.rate.0);
    for (n, time) in found.times.iter().enumerate() {
        assert!((time - n as f64 * period).abs() < 0.0001, "{name}: frame {n} at {time}");
    }
    // a burst belongs to each picture that begins a second, where its clip began before it and goes on after
    let heard = bursts(&found.sound);
    let mut checked = 0;
    for (n, number) in expected.iter().enumerate().skip(2) {
        let whole = expected[n - 2] + 2 == *number && expected.get(n + 2) == Some(&(number + 2));
        if number % footage.burst_every() != 0 || !whole {
            continue;
        }
        let at = n as f64 * period;
        let nearest = heard.iter().map(|b| b - at).min_by(|a, b| a.abs().total_cmp(&b.abs()));
        assert!(nearest.is_some_and(|d| d.abs() < 0.004), "{name}: frame {n} ({number}) at {at}: {nearest:?}");
        checked += 1;
    }
    assert!(checked >= 5, "{name}: only {checked} bursts");
}

#[test]
fn random_cuts_are_exact_in_every_rate_and_container() {
    let folder = tempfile::tempdir().unwrap();
    for (n, rate) in [(24, 1), (30, 1), (30000, 1001)].into_iter().enumerate() {
        let footage = Footage::new(rate, 240);
        for (container, make) in [("mp4", mp4 as fn(&Footage, &Path)), ("mkv", mkv), ("webm", webm)] {
            let source = format!("{}-{}.{container}", rate.0, rate.1);
            make(&footage, &folder.path().join(&source));
            let (expected, found) = random_cuts(folder.path(), &source, &footage, n as u64 + 1, "draft");
            check(&source, &footage, &expected, &found);
        }
    }
}

#[test]
fn the_lossless_preset_is_as_exact() {
    let folder = tempfile::tempdir().unwrap();
    let footage = Footage::new((25, 1), 200);
    mp4(&footage, &folder.path().join("a.mp4"));
    let (expected, found) = random_cuts(folder.path(), "a.mp4", &footage, 9, "lossless");
    check("lossless", &footage, &expected, &found);
}

#[test]
fn the_default_preset_keeps_order_through_look_ahead_and_b_frames() {
    let folder = tempfile::tempdir().unwrap();
    let footage = Footage::new((30, 1), 200);
    mkv(&footage, &folder.path().join("a.mkv"));
    let (expected, found) = random_cuts(folder.path(), "a.mkv", &footage, 5, "h264");
    check("h264", &footage, &expected, &found);
}

/// Sound recorded at another rate stands at the same samples wherever reading began, and at those it was recorded at.
#[test]
fn a_place_sounds_the_same_wherever_reading_begins() {
    use workprint::media::{AudioReader, Cancel, probe};

    workprint::media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    for (name, rate, chain) in [
        ("a.wav", 22_050, "wavenc"),
        ("b.flac", 44_100, "flacenc"),
        ("c.ogg", 44_100, "vorbisenc quality=0.9 ! oggmux"),
        // what a decoder puts in the place of noise differs from one time to the next
        ("d.mp4", 44_100, "avenc_aac bitrate=256000 aac-pns=false ! aacparse ! mp4mux"),
        ("e.mkv", 96_000, "flacenc ! matroskamux"),
    ] {
        let path = folder.path().join(name);
        common::run_pipeline(&format!(
            "audiotestsrc samplesperbuffer={rate} num-buffers=6 freq=1000 volume=0.5 \
             ! audio/x-raw,rate={rate},channels=2 ! audioconvert ! {chain} ! filesink location=\"{}\"",
            path.display()
        ));
        let mut info = probe(&path).unwrap();
        let mut whole = vec![[0.0; 2]; 6 * 48_000];
        AudioReader::open(&path, &info, 0, 48_000).unwrap().read(0, &mut whole, &cancel).unwrap();
        // what a file announces may be wrong
        for announced in [0, 32_000, u32::MAX] {
            let mut again = vec![[0.0; 2]; 48_000];
            let told = std::mem::replace(&mut info.audio[0].rate, announced);
            AudioReader::open(&path, &info, 0, 48_000).unwrap().read(0, &mut again, &cancel).unwrap();
            info.audio[0].rate = told;
            assert!(again == whole[..48_000], "{name}, said to have {announced} samples a second, sounds different");
        }
        let mut reader = AudioReader::open(&path, &info, 0, 48_000).unwrap();
        let mut piece = vec![[0.0; 2]; 4801];
        for at in [100_001, 30_003, 200_000, 48_000, 47_999, 9601, 250_007, 123_456] {
            reader.seek(i64::try_from(at).unwrap()).unwrap();
            reader.read(i64::try_from(at).unwrap(), &mut piece, &cancel).unwrap();
            for (n, (found, wanted)) in piece.iter().zip(&whole[at..]).enumerate() {
                let off = (found[0] - wanted[0]).abs();
                assert!(off < 1e-6, "{name}, {n} samples after {at}: {} is {off} off", found[0]);
                // the source's first sample is already one step into the tone
                let seconds = (at + n) as f64 / 48_000.0 + 1.0 / f64::from(rate);
                let tone = 0.5 * (seconds * 1000.0 * std::f64::consts::TAU).sin();
                // nothing in that file tells that its encoder begins with 1024 samples of silence
                let delayed = name == "d.mp4";
                assert!(
                    delayed || (f64::from(found[0]) - tone).abs() < 0.01,
                    "{name} at {}: {} for {tone}",
                    at + n,
                    found[0]
                );
            }
        }
    }
}
