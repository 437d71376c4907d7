//! The check of a finished file finds what is wrong with it.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, mkv, mp4, numbered_frame, succeed};
use std::path::Path;
use workprint::export::{Glance, PARTS, Wanted, verify};
use workprint::media::{Cancel, Luma};
use workprint::model::{FrameCount, FrameRate};

/// What is wrong with a file, if anything is.
fn fault(path: &Path, wanted: &Wanted, shown: &[(i64, Glance)]) -> Option<String> {
    verify(path, wanted, shown, 1, &Cancel::default()).err().map(|e| e.to_string())
}

/// Writes a changed copy of a file.
fn changed(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> std::path::PathBuf {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    let to = path.with_file_name(format!("changed-{}", path.file_name().unwrap().to_str().unwrap()));
    std::fs::write(&to, bytes).unwrap();
    to
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).rposition(|w| w == what).unwrap()
}

#[test]
fn what_is_wrong_with_a_finished_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let films = [0, 1].map(|n| Footage { pattern: n + 1, first: n * 1000, ..Footage::new((30000, 1001), 90) });
    mp4(&films[0], &folder.join("a.mp4"));
    mkv(&films[1], &folder.join("b.mkv"));
    std::fs::write(folder.join("cuts.csv"), "source,in,out\na.mp4,0,2.002\nb.mkv,1.001,2.002\n").unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron", "--rate", "30000/1001"]);
    let wanted = Wanted {
        rate: FrameRate::new(30000, 1001).unwrap(),
        frames: FrameCount(90),
        samples: 144_144,
        sample_rate: 48_000,
        size: (320, 180),
        capped: false,
    };
    let looks = |film: usize, frame: usize| {
        Glance::of(&Luma::new(&numbered_frame(&films[film], films[film].first + frame), (320, 180), 320), PARTS)
    };
    for preset in ["h264", "draft", "lossless"] {
        let name = format!("{preset}.{}", if preset == "lossless" { "mkv" } else { "mp4" });
        succeed(folder, &["export", "p.ron", "--copy", "off", "-o", &name, "--preset", preset]);
        let path = folder.join(&name);
        assert_eq!(fault(&path, &wanted, &[(0, looks(0, 0)), (60, looks(1, 30))]), None, "{name}");
        let tells = |path: &Path, wanted: &Wanted, shown: &[(i64, Glance)], words: &str| {
            let found = fault(path, wanted, shown).unwrap_or_default();
            assert!(found.contains(words), "{name}: '{found}' instead of '{words}'");
        };
        tells(&path, &Wanted { frames: FrameCount(91), ..wanted }, &[], "it has 90 pictures instead of 91");
        tells(&path, &Wanted { samples: 240_000, ..wanted }, &[], "its sound lasts");
        tells(&path, &wanted, &[(0, looks(1, 30))], "picture 0 is not the one that was rendered");
        let cut = changed(&path, |bytes| bytes.truncate(bytes.len() - 100));
        tells(&cut, &wanted, &[], "its tables can't be read");
        if preset == "lossless" {
            let blind = changed(&path, |bytes| {
                // cues whose name is another one
                let at = find(bytes, &[0x1C, 0x53, 0xBB, 0x6B]);
                bytes[at + 3] = 0x6C;
            });
            tells(&blind, &wanted, &[], "there are no cues");
            continue;
        }
        // the second place to begin at is the cut; the picture after it is none
        let moved = changed(&path, |bytes| {
            let at = find(bytes, b"stss") + 12;
            assert_eq!(bytes[at..at + 8], [0, 0, 0, 1, 0, 0, 0, 61]);
            bytes[at + 7] = 62;
        });
        tells(&moved, &wanted, &[], "players are told to begin with picture 61, and can't");
        let untold = changed(&path, |bytes| {
            let at = find(bytes, b"stss");
            bytes[at + 11] = 1;
        });
        tells(&untold, &wanted, &[], "players may begin with picture 60, and are not told");
        let slow = changed(&path, |bytes| {
            let at = find(bytes, b"vide");
            let at = at + bytes[at..].windows(4).position(|w| w == b"stts").unwrap();
            bytes[at + 19] += 1;
            bytes[at + 18] += 1;
        });
        tells(&slow, &wanted, &[], "does not follow the one before it by one frame");
        let empty = changed(&path, |bytes| {
            let end = find(bytes, b"moov");
            let begin = bytes.windows(4).position(|w| w == b"mdat").unwrap();
            bytes[begin + 12..end - 4].fill(0);
        });
        tells(&empty, &wanted, &[], "the packet of picture 0 has no picture in it");
    }
    // packets of Opus, which are all as long, have flags of their own
    succeed(folder, &["export", "p.ron", "-o", "v.webm", "--preset", "vp9"]);
    assert_eq!(fault(&folder.join("v.webm"), &wanted, &[]), None);
    let unmarked = changed(&folder.join("v.webm"), |bytes| {
        // the last of the second track: behind its size come its number, its time, and they
        let flags = |at: usize| at + 5 + bytes[at + 1].leading_zeros() as usize;
        let marked = |at: &usize| bytes[*at] == 0xA3 && bytes[flags(*at) - 3] == 0x82 && bytes[flags(*at)] == 0x80;
        let at = (0..bytes.len() - 20).rev().find(marked).map(flags).unwrap();
        bytes[at] = 0;
    });
    let found = fault(&unmarked, &wanted, &[]).unwrap_or_default();
    assert!(found.contains("players are not told that they can begin with its sound"), "{found}");
}
