//! Greys, colours and loudness survive the way in and out; sound keeps its pitch where it should.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, reason = "short texts")]

mod common;

use common::{each_sample, sound, succeed};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

const COLOURS: [[u8; 3]; 8] =
    [[255, 255, 255], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191], [0, 0, 0]];

/// Bars above, sixteen greys below.
fn chart(path: &Path) {
    let picture = image::RgbImage::from_fn(640, 360, |x, y| {
        if y < 180 {
            image::Rgb(COLOURS[x as usize * 8 / 640])
        } else {
            let grey = (x * 16 / 640 * 17) as u8;
            image::Rgb([grey; 3])
        }
    });
    picture.save(path).unwrap();
}

/// A WAV file of a tone of 440 Hz, 16 bit, mono or stereo.
fn tone(path: &Path, rate: u32, channels: u16, level: f64, seconds: u32) {
    let samples = (0..rate * seconds).flat_map(|n| {
        let value = level * (f64::from(n) * 440.0 * std::f64::consts::TAU / f64::from(rate)).sin();
        vec![(value * 32767.0).round() as i16; usize::from(channels)]
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let (block, size) = (u32::from(channels) * 2, u32::try_from(data.len()).unwrap());
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * block).to_le_bytes());
    file.extend((block as u16).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    std::fs::write(path, file).unwrap();
}

#[test]
fn greys_and_colours_survive() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    chart(&folder.join("chart.png"));
    std::fs::write(folder.join("c.csv"), "source,in,out\nchart.png,0,1\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "c.ron"]);
    succeed(folder, &["export", "c.ron", "-o", "c.mp4"]);
    // and once more: what was exported is imported
    std::fs::write(folder.join("d.csv"), "source,in,out\nc.mp4,0,1\n").unwrap();
    succeed(folder, &["assemble", "d.csv", "-o", "d.ron"]);
    succeed(folder, &["export", "d.ron", "-o", "d.mp4"]);
    succeed(folder, &["frame", "d.ron", "--at", "10f", "-o", "frame.png"]);
    let frame = image::open(folder.join("frame.png")).unwrap().into_rgb8();
    let mut pictures = vec![("frame", frame)];
    for file in ["c.mp4", "d.mp4"] {
        let mut last = None;
        each_sample(&folder.join(file), "video/x-raw,format=I420", |sample, _| {
            let info = gstreamer_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
            assert_eq!(info.colorimetry().to_string(), "bt709", "{file}");
            let rgba = workprint::media::to_rgba(&info, &sample.buffer().unwrap().map_readable().unwrap());
            last = image::RgbaImage::from_raw(info.width(), info.height(), rgba);
        });
        pictures.push((file, image::DynamicImage::from(last.unwrap()).into_rgb8()));
    }
    for (name, picture) in pictures {
        for (n, colour) in COLOURS.iter().enumerate() {
            let found = picture.get_pixel(n as u32 * 80 + 40, 90).0;
            let worst = found.iter().zip(colour).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            assert!(worst <= 3, "{name}: {colour:?} became {found:?}");
        }
        let error: i32 = (0..16)
            .map(|n| i32::from(picture.get_pixel(n * 40 + 20, 270).0[0]) - i32::try_from(n).unwrap() * 17)
            .map(i32::abs)
            .sum();
        assert!(error < 2 * 16, "{name}: greys are {} levels off on average", f64::from(error) / 16.0);
    }
}

/// The mean level of a stretch, in decibels of full scale, for a sine.
fn level(sound: &[f32], from: f64, to: f64) -> f64 {
    let part = &sound[(from * 48_000.0) as usize..(to * 48_000.0) as usize];
    let power: f64 = part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / part.len() as f64;
    20.0 * (power * 2.0).sqrt().log10()
}

/// Its frequency, from where it crosses zero upwards.
fn frequency(sound: &[f32], from: f64, to: f64) -> f64 {
    let part = &sound[(from * 48_000.0) as usize..(to * 48_000.0) as usize];
    let crossings = part.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    crossings as f64 / (to - from)
}

fn export(folder: &Path, list: &str, edits: impl Fn(&dyn Fn(&str, usize) -> u64) -> String) -> Vec<f32> {
    std::fs::write(folder.join("c.csv"), list).unwrap();
    succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", "c.ron", "--rate", "25", "--size", "64x64"]);
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "c.ron", "--json"])).unwrap();
    let id = |track: &str, n: usize| {
        let tracks = shown["tracks"].as_array().unwrap();
        tracks.iter().find(|t| t["name"] == track).unwrap()["clips"][n]["id"].as_u64().unwrap()
    };
    std::fs::write(folder.join("e.ron"), format!("[{}]", edits(&id))).unwrap();
    succeed(folder, &["edit", "c.ron", "e.ron"]);
    succeed(folder, &["export", "c.ron", "-o", "c.mkv", "--preset", "lossless", "--overwrite"]);
    sound(&folder.join("c.mkv"))
}

#[test]
fn loudness_survives_and_tracks_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, rate, channels) in [("a.wav", 48_000, 2), ("b.wav", 44_100, 1), ("c.wav", 16_000, 1)] {
        tone(&folder.join(name), rate, channels, 0.25, 3);
    }
    let none = |_: &dyn Fn(&str, usize) -> u64| String::new();
    for name in ["a.wav", "b.wav", "c.wav"] {
        let found = level(&export(folder, &format!("source\n{name}\n"), none), 0.5, 2.5);
        assert!((found + 12.041).abs() < 0.1, "{name}: {found:.2} dB");
    }
    // two of the same are 6 dB louder; a track does not get quieter because there is another
    let both = export(folder, "source,track,at\na.wav,A1,0\na.wav,A2,0\n", none);
    assert!((level(&both, 0.5, 2.5) + 6.02).abs() < 0.1, "{}", level(&both, 0.5, 2.5));
    // 8 of them would be 6 dB over full scale: the limiter keeps them below, and does not let them clip
    let list: String = (1..=8).map(|n| format!("a.wav,A{n},0\n")).collect();
    let loud = export(folder, &format!("source,track,at\n{list}"), none);
    assert!(loud.iter().all(|s| s.abs() < 0.99));
    assert!(level(&loud, 0.5, 2.5) > -1.5);
    // gain, and a fade that is half way at its half
    let quiet = export(folder, "source\na.wav\n", |id| {
        let clip = id("A1", 0);
        format!(
            "SetProperty(clips: [{clip}], property: Volume((value: -6.0))), SetProperty(clips: [{clip}], property: FadeIn(50))"
        )
    });
    assert!((level(&quiet, 2.2, 2.8) + 18.04).abs() < 0.1, "{}", level(&quiet, 2.2, 2.8));
    assert!((level(&quiet, 0.98, 1.02) + 24.06).abs() < 0.4, "{}", level(&quiet, 0.98, 1.02));
}

#[test]
fn sound_at_another_speed_keeps_its_pitch_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tone(&folder.join("a.wav"), 48_000, 2, 0.25, 6);
    for (speed, num, den) in [(2.0, 2, 1), (0.5, 1, 2), (1.5, 3, 2), (-1.0, -1, 1), (-2.0, -2, 1)] {
        for keep in [true, false] {
            let found = export(folder, "source,in,out\na.wav,1,5\n", |id| {
                let clip = id("A1", 0);
                format!(
                    "SetProperty(clips: [{clip}], property: KeepPitch({keep})),
                     SetSpeed(clips: [{clip}], speed: ({num}, {den}), ripple: true, sync_lock: true, alone: false)"
                )
            });
            let seconds = 4.0 / f64::abs(speed);
            assert!((found.len() as f64 / 48_000.0 - seconds).abs() < 0.021, "{speed}: {}", found.len());
            let expected = if keep { 440.0 } else { 440.0 * f64::abs(speed) };
            let (from, to) = (0.3, seconds - 0.3);
            let heard = frequency(&found, from, to);
            assert!((heard / expected - 1.0).abs() < 0.01, "at {speed}, pitch kept: {keep}: {heard:.0} Hz");
            let loud = level(&found, from, to);
            assert!((loud + 12.04).abs() < 1.0, "at {speed}, pitch kept: {keep}: {loud:.1} dB");
        }
    }
}

/// Sounds that are read one after the other, four seconds each, give what each gives alone.
#[test]
fn many_sounds_at_once_are_the_sum_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    let coded = |name: &str, chain: &str, frequency: u32| {
        common::run_pipeline(&format!(
            "audiotestsrc num-buffers=480 freq={frequency} volume=0.08 ! audio/x-raw,rate=48000,channels=2 \
             ! audioconvert ! {chain} ! filesink location=\"{}\"",
            folder.join(name).display()
        ));
    };
    coded("a.flac", "flacenc", 220);
    // what a decoder puts in the place of noise differs from one time to the next
    coded("b.mp4", "avenc_aac aac-pns=false ! aacparse ! mp4mux", 330);
    coded("c.ogg", "vorbisenc quality=0.7 ! oggmux", 550);
    coded("d.wav", "wavenc", 770);
    tone(&folder.join("e.wav"), 44_100, 1, 0.08, 10);
    coded("f.wav", "audioresample ! audio/x-raw,rate=22050 ! wavenc", 880);
    let files = ["a.flac", "b.mp4", "c.ogg", "d.wav", "e.wav", "f.wav"];
    // one begins later and is faster, for which pieces of it are laid over each other
    let list = |names: &[&str]| {
        let rows = names.iter().map(|name| match *name {
            "f.wav" => "f.wav,A6,0.52,1,9\n".to_owned(),
            name => format!("{name},A{},0,0,9.5\n", name.as_bytes()[0] - b'a' + 1),
        });
        format!("source,track,at,in,out\n{}", rows.collect::<String>())
    };
    let speed = |id: &dyn Fn(&str, usize) -> u64| {
        let clip = id("A6", 0);
        format!("SetSpeed(clips: [{clip}], speed: (5, 4), ripple: true, sync_lock: true, alone: false)")
    };
    let none = |_: &dyn Fn(&str, usize) -> u64| String::new();
    let mut sum = Vec::new();
    for name in files {
        let alone =
            if name == "f.wav" { export(folder, &list(&[name]), speed) } else { export(folder, &list(&[name]), none) };
        sum.resize(alone.len().max(sum.len()), 0.0);
        sum.iter_mut().zip(&alone).for_each(|(sum, value)| *sum += value);
    }
    let all = export(folder, &list(&files), speed);
    assert!((9.4..9.6).contains(&(all.len() as f64 / 48_000.0)), "{}", all.len());
    let worst =
        all.iter().zip(&sum).map(|(a, b)| (a - b).abs()).enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert!(worst.1 < 1e-5, "{} at {:.3} s", worst.1, worst.0 as f64 / 48_000.0);
}

/// Matroska rounds times to milliseconds: a reader that begins anew is up to half of one beside the one before it.
#[test]
fn many_sounds_at_once_do_not_click() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    let mut rows = String::new();
    let mut steepest = 0.0;
    for (n, frequency) in [210, 320, 430, 540, 650].into_iter().enumerate() {
        common::run_pipeline(&format!(
            "audiotestsrc num-buffers=450 freq={frequency} volume=0.1 ! audio/x-raw,rate=44100,channels=2 \
             ! audioconvert ! vorbisenc quality=0.8 ! matroskamux ! filesink location=\"{}\"",
            folder.join(format!("{n}.mkv")).display()
        ));
        writeln!(rows, "{n}.mkv,A{},0,0.3,9.9", n + 1).unwrap();
        steepest += 0.1 * (f64::from(frequency) * std::f64::consts::TAU / 48_000.0).powi(2);
    }
    let heard = export(folder, &format!("source,track,at,in,out\n{rows}"), |_| String::new());
    // beside the beginning and the end, where it is turned up and down
    let bend = |w: &[f32]| f64::from(w[0] - 2.0 * w[1] + w[2]).abs();
    let middle = &heard[4800..heard.len() - 4800];
    let (at, worst) = middle.windows(3).map(bend).enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert!(worst < steepest * 2.0, "{worst} at {:.3} s, tones bend by {steepest}", 0.1 + at as f64 / 48_000.0);
}
