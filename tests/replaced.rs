//! Files that are others than those that were imported, and what was made of them: nothing is shown for what it is not.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, mp4, pictures, read_number, succeed, workprint};
use serde_json::Value;
use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use workprint::media::{Cache, Cancel, waveform};
use workprint::model::Asset;
use workprint::worker::probe_all;

const ANOTHER: &str = "the file is another one than when it was imported; relink it";

/// What an export told, and its exit code.
fn export(folder: &Path, args: &[&str]) -> (Vec<Value>, Option<i32>) {
    let output = workprint(folder, &[&["export", "--json", "--overwrite", "--preset", "draft"], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|l| serde_json::from_str(l).unwrap()).collect(), output.status.code())
}

fn warnings(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|e| e["event"] == "warning").collect()
}

/// A folder with `a.mp4`, which shows 0 to 59, `b.mp4`, which shows 500 to 559, and `p.ron`: one second of the first,
/// called Interview, twice, and one second of the second.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 60), &folder.path().join("a.mp4"));
    mp4(&Footage { first: 500, ..Footage::new((30, 1), 60) }, &folder.path().join("b.mp4"));
    let rows = "a.mp4,0,1,Interview\nb.mp4,0,1,Other\na.mp4,1,2,Interview\n";
    fs::write(folder.path().join("c.csv"), format!("source,in,out,name\n{rows}")).unwrap();
    succeed(folder.path(), &["assemble", "c.csv", "-o", "p.ron"]);
    folder
}

/// Another film takes the first one's place.
fn replace(folder: &Path) {
    fs::copy(folder.join("b.mp4"), folder.join("new.mp4")).unwrap();
    fs::rename(folder.join("new.mp4"), folder.join("a.mp4")).unwrap();
}

/// The number that a frame of `p.ron` shows, of its proxy, and what was said.
fn number(folder: &Path, at: &str) -> (usize, String) {
    let output = workprint(folder, &["frame", "p.ron", "--overwrite", "--at", at, "-o", "f.png", "--proxy"]);
    let picture = image::open(folder.join("f.png")).unwrap().into_luma8();
    fs::remove_file(folder.join("f.png")).unwrap();
    (read_number(&picture, 320, 180, 320), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_replaced_file_is_exported_with_a_warning_that_names_its_clip() {
    let folder = project();
    let folder = folder.path();
    let (events, code) = export(folder, &["p.ron", "-o", "o.mp4"]);
    assert_eq!((warnings(&events).len(), code), (0, Some(0)), "{events:?}");
    assert_eq!(events.last().unwrap()["warnings"], 0);
    // written anew, and the same: a copy, or a rendering that changed nothing
    let whole = fs::read(folder.join("a.mp4")).unwrap();
    fs::write(folder.join("a.mp4"), &whole).unwrap();
    assert_eq!(export(folder, &["p.ron", "-o", "o.mp4"]).1, Some(0));

    replace(folder);
    let (events, code) = export(folder, &["p.ron", "-o", "o.mp4"]);
    let (told, done) = (warnings(&events), events.last().unwrap());
    assert_eq!((told.len(), code), (1, Some(1)), "{events:?}");
    assert_eq!((&done["event"], &done["warnings"], &done["frames"]), (&"done".into(), &1.into(), &90.into()));
    assert_eq!(told[0]["clip"], "Interview");
    assert!(told[0]["source"].as_str().unwrap().ends_with("a.mp4"), "{told:?}");
    assert!(told[0]["text"].as_str().unwrap().contains(ANOTHER), "{told:?}");
    // the film is there, of the files that are
    let expected: Vec<usize> = (500..530).chain(500..530).chain(530..560).collect();
    assert_eq!(pictures(&folder.join("o.mp4")).numbers, expected);
    let output = workprint(folder, &["export", "p.ron", "-o", "o.mp4", "--overwrite", "--preset", "draft"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("warning: Interview: a.mp4: {ANOTHER}")) && error.contains("1 warning"), "{error}");
    assert_eq!(output.status.code(), Some(1));
    // what is not used is no matter
    assert_eq!(export(folder, &["p.ron", "-o", "o.mp4", "--range", "30f..60f"]).1, Some(0));

    let (shown, error) = number(folder, "3f");
    assert!(shown == 503 && error.contains("Interview") && error.contains(ANOTHER), "{shown}: {error}");
    assert!(number(folder, "33f").1.is_empty());
}

/// The beginning of a WAV file of so many samples: one channel of 16 bits at 48 kHz.
fn wav_header(samples: u32) -> Vec<u8> {
    [
        &b"RIFF"[..],
        &(36 + 2 * samples).to_le_bytes(),
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        &[1, 0, 1, 0],
        &48_000_u32.to_le_bytes(),
        &96_000_u32.to_le_bytes(),
        &[2, 0, 16, 0],
        b"data",
        &(2 * samples).to_le_bytes(),
    ]
    .concat()
}

#[test]
fn a_rendering_that_differs_in_one_sample_is_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let samples: u32 = 1_500_000;
    let mut wav = wav_header(samples);
    wav.extend((0..samples).flat_map(|n| i16::try_from(n % 3000).unwrap().to_le_bytes()));
    fs::write(folder.join("a.wav"), &wav).unwrap();
    fs::write(folder.join("c.csv"), "source,in,out,name\na.wav,0,1,Music\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron", "--size", "320x180", "--rate", "30"]);
    assert_eq!(export(folder, &["p.ron", "-o", "o.mp4"]).1, Some(0));
    // a quarter into it, neither at its beginning, nor in its middle, nor at its end
    wav[800_000] ^= 1;
    fs::write(folder.join("a.wav"), &wav).unwrap();
    let (events, code) = export(folder, &["p.ron", "-o", "o.mp4"]);
    assert_eq!((warnings(&events).len(), code), (1, Some(1)), "{events:?}");
    assert_eq!(warnings(&events)[0]["clip"], "Music");
}

#[test]
fn a_file_that_is_replaced_during_an_export_is_named() {
    let folder = project();
    let folder = folder.path();
    // many cuts: it is opened again and again
    fs::write(folder.join("c.csv"), format!("source,name\n{}", "a.mp4,Interview\nb.mp4,Other\n".repeat(15))).unwrap();
    succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", "p.ron"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(["export", "p.ron", "-o", "o.mp4", "--preset", "draft", "--json"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // it has begun when it tells its plan
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"plan\""));
    replace(folder);
    let events: Vec<Value> = lines.map(|l| serde_json::from_str(&l.unwrap()).unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(events.last().unwrap()["event"], "done", "{events:?}");
    let told = warnings(&events);
    assert!(told.iter().any(|w| w["text"].as_str().unwrap().contains("a.mp4: the file changed while")), "{told:?}");
    assert!(told.iter().all(|w| w["clip"] == "Interview"), "{told:?}");
}

/// Nothing but the content of a file says whose proxy is made, whatever the project says.
#[test]
fn a_replaced_file_has_a_proxy_of_its_own() {
    let folder = project();
    let folder = folder.path();
    let first = fs::read(folder.join("a.mp4")).unwrap();
    replace(folder);
    let output = workprint(folder, &["proxy", "p.ron"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && error.contains("a.mp4") && error.contains(ANOTHER), "{error}");
    let made = |args: &[&str]| -> Vec<PathBuf> {
        let printed = succeed(folder, &[&["proxy"], args].concat());
        printed.lines().map(|l| l.split(" -> ").nth(1).unwrap().into()).collect()
    };
    // the same content has one proxy
    assert_eq!(made(&["a.mp4"]), made(&["b.mp4"]));
    assert_eq!(number(folder, "3f").0, 503);
    // the file that the project means comes back: its own pictures are shown, without a proxy and with one
    fs::write(folder.join("a.mp4"), &first).unwrap();
    assert_eq!(number(folder, "3f"), (3, String::new()));
    assert_ne!(made(&["a.mp4"]), made(&["b.mp4"]));
    assert_eq!(number(folder, "3f"), (3, String::new()));
    assert_eq!(pictures(&made(&["a.mp4"])[0]).numbers, (0..60).collect::<Vec<_>>());
}

/// Does something to a proxy with those bytes.
type Damage<'a> = &'a dyn Fn(&[u8]);

#[test]
fn a_proxy_that_is_not_as_it_was_made_is_passed_over_and_made_anew() {
    let folder = project();
    let folder = folder.path();
    let proxy = || -> PathBuf { succeed(folder, &["proxy", "a.mp4"]).trim().split(" -> ").nth(1).unwrap().into() };
    let noise = |length: usize| {
        let mut random = common::Seeded(3);
        (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect::<Vec<u8>>()
    };
    let path = proxy();
    let damages: [Damage<'_>; 5] = [
        &|_| fs::write(&path, "").unwrap(),
        &|whole| fs::write(&path, &whole[..whole.len() / 2]).unwrap(),
        &|whole| fs::write(&path, noise(whole.len())).unwrap(),
        // another film's, under its name
        &|_| {
            let other = succeed(folder, &["proxy", "b.mp4"]);
            fs::copy(other.trim().split(" -> ").nth(1).unwrap(), &path).map(drop).unwrap();
        },
        // one of which nothing is known, as of an earlier version
        &|_| fs::remove_dir_all(folder.join("cache/notes-1")).unwrap(),
    ];
    for (case, damage) in damages.into_iter().enumerate() {
        assert_eq!(number(folder, "5f"), (5, String::new()), "case {case}");
        assert!(path.exists(), "case {case}: a whole one is kept");
        damage(&fs::read(&path).unwrap());
        assert_eq!(number(folder, "5f"), (5, String::new()), "case {case}");
        assert!(!path.exists(), "case {case}: a bad one is not");
        assert_eq!(proxy(), path);
        assert_eq!(pictures(&path).numbers, (0..60).collect::<Vec<_>>(), "case {case}");
    }
}

fn asset(path: &Path) -> Asset {
    probe_all(&[path.to_owned()]).remove(0).unwrap().into_asset(path)
}

#[test]
fn a_waveform_is_of_the_file_that_is_there_and_whole() {
    let folder = project();
    let cache = Cache::at(folder.path().join("other cache"), 1 << 30);
    let sound = asset(&folder.path().join("a.mp4"));
    let measured = || waveform(&cache, &sound, 0, &Cancel::default()).unwrap().peaks;
    let right = measured();
    assert!(right.len() > 190 && right[0] > 100, "{right:?}");
    let kept: Vec<PathBuf> =
        fs::read_dir(cache.root().join("waveforms-1")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    for bytes in [&[][..], &right[..right.len() / 2]] {
        fs::write(&kept[0], bytes).unwrap();
        assert_eq!(measured(), right);
        assert_eq!(fs::read(&kept[0]).unwrap(), right);
    }
    // the sound of another file is heard, and is not kept for the first one
    mp4(&Footage { first: 500, ..Footage::new((30, 1), 30) }, &folder.path().join("a.mp4"));
    assert_ne!(measured(), right);
    assert_eq!(fs::read(&kept[0]).unwrap(), right);
}

/// Of large files samples are read; that one was written to is seen all the same by what is made of it.
#[cfg(unix)]
#[test]
fn what_is_made_of_a_large_file_follows_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let samples: u32 = 36_000_000;
    fs::write(&path, wav_header(samples)).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let length = 44 + 2 * u64::from(samples);
    // silence, of which nothing lies on the disk
    file.set_len(length).unwrap();
    let cache = Cache::at(folder.path().join("cache"), 1 << 30);
    let sound = asset(&path);
    let peaks = || waveform(&cache, &sound, 0, &Cancel::default()).unwrap().peaks;
    assert!(peaks().iter().all(|p| *p == 0));
    // half a second is loud, between two samples
    let at = (length - (64 << 10)) / 255 * 100 + (80 << 10);
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0x40; 48_000], at & !1).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(asset(&path).fingerprint, sound.fingerprint, "it lies between two samples");
    let loud = peaks();
    let from = usize::try_from(at / 960).unwrap();
    assert!(loud[from + 2..from + 48].iter().all(|p| *p > 100), "{:?}", &loud[from - 5..from + 55]);
    assert!(loud[..from - 2].iter().all(|p| *p == 0));
}

/// Projects of earlier versions have fingerprints of another kind.
#[test]
fn an_earlier_projects_files_are_those_that_it_means() {
    let folder = project();
    let folder = folder.path();
    let bytes = fs::read(folder.join("a.mp4")).unwrap();
    let (size, sample) = (bytes.len(), 256 << 10);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&u64::try_from(size).unwrap().to_le_bytes());
    let mut starts = vec![0, (size / 2).saturating_sub(sample / 2), size.saturating_sub(sample)];
    starts.dedup();
    for start in starts {
        hasher.update(&bytes[start..(start + sample).min(size)]);
    }
    let earlier = &hasher.finalize().to_hex()[..32];
    let text = fs::read_to_string(folder.join("p.ron")).unwrap();
    let now = asset(&folder.join("a.mp4")).fingerprint;
    assert!(text.contains(&now) && now != earlier, "{now}");
    fs::write(folder.join("p.ron"), text.replace(&now, earlier)).unwrap();
    let (events, code) = export(folder, &["p.ron", "-o", "o.mp4"]);
    assert_eq!((warnings(&events).len(), code), (0, Some(0)), "{events:?}");
    assert_eq!(succeed(folder, &["proxy", "p.ron"]).lines().count(), 2);
    assert_eq!(number(folder, "3f"), (3, String::new()));
    replace(folder);
    assert_eq!(export(folder, &["p.ron", "-o", "o.mp4"]).1, Some(1));
}

#[test]
fn a_clip_that_is_left_out_is_not_all_that_was_asked_for() {
    let folder = project();
    let folder = folder.path();
    fs::write(folder.join("a.mp4"), "text\n".repeat(999)).unwrap();
    let (events, code) = export(folder, &["p.ron", "-o", "o.mp4"]);
    let done = events.last().unwrap();
    assert_eq!((&done["event"], code), (&"done".into(), Some(1)), "{events:?}");
    assert_eq!(done["warnings"], warnings(&events).len());
    assert!(warnings(&events).iter().any(|w| w["text"].as_str().unwrap().contains("not a media file")), "{events:?}");
    // the film is as long as it should be, and has what could be read
    let numbers = pictures(&folder.join("o.mp4")).numbers;
    assert_eq!((numbers.len(), &numbers[30..60]), (90, &(500..530).collect::<Vec<_>>()[..]));
}
