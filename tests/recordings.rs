//! Recordings of many kinds, made at random: what is read of each is what ffmpeg reads.
//!
//! `WORKPRINT_RECORDINGS=1000` tries so many, `WORKPRINT_SEED` others, `WORKPRINT_RECORDING=17` the 17th of the seed alone;
//! `WORKPRINT_CONTAINER=avi` those of one container, `WORKPRINT_RECORDINGS_KEEP` names a folder in which those that failed are left.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]

mod common;
#[path = "recordings/compare.rs"]
mod compare;
#[path = "recordings/ffmpeg.rs"]
mod ffmpeg;
#[path = "recordings/known.rs"]
mod known;
#[path = "recordings/recipe.rs"]
mod recipe;

use common::how_many;
use recipe::Recipe;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Far beyond all limits that the program sets itself; what takes longer hangs.
const HANGS: Duration = Duration::from_mins(3);

/// What differs between what is read of a recording and what ffmpeg reads of it.
fn differences(recipe: &Recipe, folder: &Path) -> Vec<String> {
    let (done, wait) = channel();
    let (recipe, folder) = (recipe.clone(), folder.to_owned());
    // what hangs is left behind, so that the others are tried
    let compare = move || done.send(compare::differences(&recipe, &folder));
    std::thread::Builder::new().name("recording".to_owned()).spawn(compare).unwrap();
    match wait.recv_timeout(HANGS) {
        Ok(differences) => differences,
        Err(RecvTimeoutError::Timeout) => vec!["hangs".to_owned()],
        Err(RecvTimeoutError::Disconnected) => vec!["panics".to_owned()],
    }
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// Recordings that were read otherwise once, by their seed and number.
const ONCE: [(usize, usize); 6] = [
    // VP9 at 60 pictures a second whose container does not tell how long one stays: seeks landed on the one before
    (33, 650),
    // sound of a transport stream before the first picture: it was lost
    (33, 381),
    // Matroska without the head of the last cluster but one: the last one was lost
    (33, 132),
    // a picture that was cut in two has the number of the next one
    (33, 961),
    // ffmpeg says no time of the last two pictures
    (33, 393),
    // garbled pictures have numbers of others that are gone
    (33, 889),
];

#[test]
fn what_was_read_otherwise_once_is_read_as_ffmpeg_reads_it() {
    if !common::has_ffmpeg("what_was_read_otherwise_once_is_read_as_ffmpeg_reads_it") {
        return;
    }
    workprint::media::init().unwrap();
    for (seed, case) in ONCE {
        let folder = tempfile::tempdir().unwrap();
        let recipe = Recipe::random(seed, case, None);
        assert_eq!(differences(&recipe, folder.path()), Vec::<String>::new(), "{recipe}");
    }
}

#[test]
fn recordings_are_read_as_ffmpeg_reads_them() {
    let test = "recordings_are_read_as_ffmpeg_reads_them";
    if !common::has_ffmpeg(test) {
        return;
    }
    workprint::media::init().unwrap();
    let (cases, seed) = (number("WORKPRINT_RECORDINGS").unwrap_or(60), number("WORKPRINT_SEED").unwrap_or(1));
    let keep = std::env::var_os("WORKPRINT_RECORDINGS_KEEP").map(PathBuf::from);
    let (one, only) = (number("WORKPRINT_RECORDING"), std::env::var("WORKPRINT_CONTAINER").ok());
    let failures = Mutex::new(BTreeMap::new());
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = how_many(if one.is_some() { 1 } else { cases }, |case| {
        let case = one.unwrap_or(case);
        let recipe = Recipe::random(seed, case, only.as_deref());
        let own = folder.path().join(case.to_string());
        std::fs::create_dir(&own).unwrap();
        let differences = differences(&recipe, &own);
        if let (Some(keep), false) = (&keep, differences.is_empty()) {
            std::fs::create_dir_all(keep).unwrap();
            std::fs::copy(own.join(recipe.file()), keep.join(format!("{seed}-{case}-{}", recipe.file()))).unwrap();
        }
        std::fs::remove_dir_all(&own).unwrap();
        let fault = known::of(&recipe);
        let expected = differences.is_empty() || fault.is_some();
        if !differences.is_empty() {
            let text =
                format!("{recipe}: {}{}", fault.map(|f| format!("({f}) ")).unwrap_or_default(), differences.join("; "));
            // at once too, should it be stopped before the end
            let known = if fault.is_some() { "known: " } else { "" };
            println!("WORKPRINT_SEED={seed} WORKPRINT_RECORDING={case}: {known}{text}");
            failures.lock().unwrap().insert(case, fault.is_some());
        }
        expected
    });
    let failures = failures.into_inner().unwrap();
    let known = failures.values().filter(|known| **known).count();
    println!("{} of {} are read as ffmpeg reads them, {known} differ as is known", right - known, right + wrong);
    assert_eq!(wrong, 0, "of {right} and {wrong} recordings, see above");
}
