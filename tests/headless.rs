//! The command line, as others call it: results, exit codes, and bad input of every kind.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, decode, fail, mkv, mp4, pictures, read_number, succeed, workprint};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A folder with footage `a.mp4` (4 s, 30 fps) and a project `p.ron` of 1 s of it.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 120), &folder.path().join("a.mp4"));
    fs::write(folder.path().join("cuts.csv"), "source,in,out\na.mp4,1,2\n").unwrap();
    succeed(folder.path(), &["assemble", "cuts.csv", "-o", "p.ron"]);
    folder
}

#[test]
fn probe_tells_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    mkv(&Footage::new((30000, 1001), 90), &folder.path().join("a.mkv"));
    fs::write(folder.path().join("bad.mp4"), "no media").unwrap();
    let output = workprint(folder.path(), &["probe", "a.mkv", "bad.mp4", "none.mov", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found = json(&String::from_utf8(output.stdout).unwrap());
    let a = &found[0];
    assert_eq!((&a["kind"], &a["path"]), (&"video".into(), &"a.mkv".into()));
    assert!((a["duration"].as_f64().unwrap() - 3.003).abs() < 0.08, "{a}");
    let video = &a["video"];
    assert_eq!((&video["width"], &video["height"], &video["rotation"]), (&320.into(), &180.into(), &0.into()));
    assert_eq!((&video["rate"], &video["variable_rate"]), (&"30000/1001".into(), &false.into()));
    assert_eq!((&video["pixel_aspect"], &video["bit_depth"]), (&"1/1".into(), &8.into()));
    assert_eq!((&a["audio"][0]["rate"], &a["audio"][0]["channels"]), (&48000.into(), &2.into()));
    assert_eq!(a["error"], Value::Null);
    for bad in [&found[1], &found[2]] {
        assert_eq!(bad["kind"], Value::Null);
        let error = bad["error"].as_str().unwrap();
        assert!(error.contains(bad["path"].as_str().unwrap()) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn assemble_and_show_agree() {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage::new((30, 1), 120), &folder.path().join("a.mp4"));
    mp4(&Footage { width: 192, height: 320, sound: false, ..Footage::new((24, 1), 48) }, &folder.path().join("b.mp4"));
    let list = "source,in,out,track,at,name\n\
                a.mp4,00:00:01:00,2.5,V1,,First\n\
                b.mp4,,,V2,15f,\n\
                a.mp4,0,1,A2,0.5,Voice\n";
    fs::write(folder.path().join("cuts.csv"), list).unwrap();
    succeed(folder.path(), &["assemble", "cuts.csv", "-o", "p.ron"]);
    let shown = json(&succeed(folder.path(), &["show", "p.ron", "--json"]));
    let sequence = &shown["sequence"];
    assert_eq!(
        (&sequence["rate"], &sequence["width"], &sequence["height"]),
        (&"30/1".into(), &320.into(), &180.into())
    );
    assert_eq!(sequence["length"], 15 + 60);
    let names: Vec<&str> = shown["tracks"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["V1", "A1", "V2", "A2"]);
    let clip = |track: usize| &shown["tracks"][track]["clips"][0];
    assert_eq!((&clip(0)["name"], &clip(0)["start"], &clip(0)["length"]), (&"First".into(), &0.into(), &45.into()));
    assert_eq!(clip(0)["source_in"], 1.0);
    assert_eq!((&clip(0)["link"], &clip(0)["speed"]), (&clip(1)["link"], &1.0.into()));
    assert!(clip(0)["link"].is_u64());
    assert_eq!((&clip(2)["start"], &clip(2)["length"], &clip(2)["link"]), (&15.into(), &60.into(), &Value::Null));
    assert_eq!((&clip(3)["name"], &clip(3)["start"], &clip(3)["length"]), (&"Voice".into(), &15.into(), &30.into()));
    let words = succeed(folder.path(), &["show", "p.ron"]);
    assert!(words.contains("First") && words.contains("00:00:01:15"), "{words}");
}

#[test]
fn a_folder_stands_for_the_media_in_it_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("clips")).unwrap();
    for name in ["10", "9", "1"] {
        mp4(&Footage { sound: false, ..Footage::new((30, 1), 30) }, &folder.path().join(format!("clips/{name}.mp4")));
    }
    fs::write(folder.path().join("clips/notes.txt"), "x").unwrap();
    fs::write(folder.path().join("cuts.csv"), "source\nclips\n").unwrap();
    succeed(folder.path(), &["assemble", "cuts.csv", "-o", "p.ron", "--size", "640x360", "--rate", "25"]);
    let shown = json(&succeed(folder.path(), &["show", "p.ron", "--json"]));
    let clips = shown["tracks"][0]["clips"].as_array().unwrap();
    let names: Vec<&str> = clips.iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["1.mp4", "9.mp4", "10.mp4"]);
    assert_eq!(shown["sequence"]["width"], 640);
    assert_eq!(clips[1]["start"], 25);
}

#[test]
fn edits_come_all_or_not_at_all() {
    let folder = project();
    let shown = json(&succeed(folder.path(), &["show", "p.ron", "--json"]));
    let id = shown["tracks"][0]["clips"][0]["id"].as_u64().unwrap();
    let edits = format!(
        "[Split(at: 10, clips: [], alone: false), Trim(clip: {id}, edge: In, by: 2, alone: false), Lift(clips: [{id}], alone: true)]"
    );
    fs::write(folder.path().join("good.ron"), &edits).unwrap();
    succeed(folder.path(), &["edit", "p.ron", "good.ron", "-o", "q.ron"]);
    let after = json(&succeed(folder.path(), &["show", "q.ron", "--json"]));
    let starts = |track: usize| -> Vec<i64> {
        after["tracks"][track]["clips"].as_array().unwrap().iter().map(|c| c["start"].as_i64().unwrap()).collect()
    };
    assert_eq!((starts(0), starts(1)), (vec![10], vec![2, 10]));
    let before = fs::read(folder.path().join("p.ron")).unwrap();
    fs::write(folder.path().join("bad.ron"), edits.replace("by: 2", "by: 500")).unwrap();
    let error = fail(folder.path(), &["edit", "p.ron", "bad.ron"]);
    assert!(error.contains("edit 2 (trim)") && error.contains("bad.ron"), "{error}");
    assert_eq!(fs::read(folder.path().join("p.ron")).unwrap(), before);
}

#[test]
fn a_frame_is_the_one_that_was_asked_for_and_the_exports_own() {
    let folder = project();
    succeed(folder.path(), &["export", "p.ron", "-o", "out.mkv", "--preset", "lossless"]);
    let exported = decode(&folder.path().join("out.mkv"));
    for (at, frame) in [("0f", 0), ("0.5", 15), ("00:00:00:29", 29), ("00:00:00.100", 3)] {
        succeed(folder.path(), &["frame", "p.ron", "--overwrite", "--at", at, "-o", "f.png"]);
        let picture = image::open(folder.path().join("f.png")).unwrap().into_luma8();
        let number = read_number(&picture, 320, 180, 320);
        assert_eq!(number, 30 + frame, "{at}");
        assert_eq!(exported.numbers[frame], number);
    }
    succeed(folder.path(), &["proxy", "p.ron"]);
    succeed(folder.path(), &["frame", "p.ron", "--overwrite", "--at", "7f", "-o", "f.png", "--proxy"]);
    let picture = image::open(folder.path().join("f.png")).unwrap().into_luma8();
    assert_eq!(read_number(&picture, 320, 180, 320), 37);
    for bad in ["31f", "1e3", "00:00:00:30", "-1"] {
        let at = format!("--at={bad}");
        fail(folder.path(), &["frame", "p.ron", &at, "-o", "f.png"]);
    }
}

#[test]
fn export_tells_its_progress_and_the_truth_about_memory() {
    let folder = project();
    let text = succeed(
        folder.path(),
        &["export", "p.ron", "-o", "out.mp4", "--preset", "draft", "--json", "--range", "10f..25f"],
    );
    let lines: Vec<Value> = text.lines().map(json).collect();
    assert_eq!((&lines[0]["event"], &lines[0]["frames"]), (&"plan".into(), &15.into()));
    assert!(lines[0]["predicted_peak"].as_u64().unwrap() <= lines[0]["budget"].as_u64().unwrap());
    let done = lines.last().unwrap();
    assert_eq!((&done["event"], &done["frames"], &done["path"]), (&"done".into(), &15.into(), &"out.mp4".into()));
    assert!(done["peak_rss"].as_u64().unwrap() > 20 << 20);
    assert_eq!(done["size"].as_u64().unwrap(), fs::metadata(folder.path().join("out.mp4")).unwrap().len());
    assert!(lines.iter().any(|l| l["event"] == "progress" && l["rss"].as_u64().unwrap() > 0));
    let found = decode(&folder.path().join("out.mp4"));
    assert_eq!(found.numbers, (40..55).collect::<Vec<_>>());
    // the file says so as well, without the run-up of its sound
    let probed = json(&succeed(folder.path(), &["probe", "--json", "out.mp4"]));
    assert!((probed[0]["duration"].as_f64().unwrap() - 0.5).abs() < 0.001, "{probed}");
    // as long as the picture, to a packet's end that players skip
    assert!((found.sound.len() as f64 / 48000.0 - 0.5).abs() < 0.025, "{}", found.sound.len());
}

#[test]
fn nothing_is_overwritten_or_left_behind() {
    let folder = project();
    fs::write(folder.path().join("out.mp4"), "precious").unwrap();
    let error = fail(folder.path(), &["export", "p.ron", "-o", "out.mp4"]);
    assert!(error.contains("out.mp4"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("out.mp4")).unwrap(), "precious");
    for (target, word) in
        [("none/out.mp4", "no folder none"), ("a.mp4", "own media"), (".", "folder"), ("out.avi", ".mp4")]
    {
        let error = fail(folder.path(), &["export", "p.ron", "-o", target, "--overwrite"]);
        assert!(error.contains(word), "{target}: {error}");
    }
    let error = fail(folder.path(), &["export", "p.ron", "-o", "out.mp4", "--overwrite", "--memory-budget", "10MiB"]);
    assert!(error.contains("least"), "{error}");
    for range in ["5f", "9f..3f", "10f..90f", "x..y"] {
        fail(folder.path(), &["export", "p.ron", "-o", "out.mp4", "--overwrite", "--range", range]);
    }
    assert_eq!(fs::read_to_string(folder.path().join("out.mp4")).unwrap(), "precious");
    succeed(folder.path(), &["export", "p.ron", "-o", "out.mp4", "--overwrite"]);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().starts_with(".workprint")), "{left:?}");
}

#[test]
fn missing_media_are_named_and_do_not_keep_a_project_from_being_shown() {
    let folder = project();
    fs::rename(folder.path().join("a.mp4"), folder.path().join("b.mp4")).unwrap();
    assert!(succeed(folder.path(), &["show", "p.ron"]).contains("offline"));
    let error = fail(folder.path(), &["export", "p.ron", "-o", "out.mp4"]);
    assert!(error.contains("a.mp4") && error.contains("relink"), "{error}");
    assert!(!folder.path().join("out.mp4").exists());
}

/// Bad rows are named in one run; left out, each leaves a gap of its length, and what is hidden in folders is none.
#[test]
fn one_bad_file_does_not_cost_the_list() {
    let folder = project();
    let path = folder.path();
    let shows = |project: &str| {
        let shown: Value = serde_json::from_str(&succeed(path, &["show", project, "--json"])).unwrap();
        let clips = shown["tracks"].as_array().unwrap().iter().find(|t| t["kind"] == "video").unwrap();
        let clips = clips["clips"].as_array().unwrap().clone();
        clips.iter().map(|c| (c["start"].as_i64().unwrap(), c["length"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    fs::write(path.join("broken.mp4"), [7; 3000]).unwrap();
    let rows = "a.mp4,0,1\nbroken.mp4,0,0.5\na.mp4,1,2\nnone.mp4,3,3.2\na.mp4,0,99\na.mp4,0,1\n";
    fs::write(path.join("some.csv"), format!("source,in,out\n{rows}")).unwrap();
    let error = fail(path, &["assemble", "some.csv", "-o", "some.ron", "--rate", "30"]);
    for word in ["3 rows", "line 3: ", "broken.mp4", "line 5: ", "none.mp4", "line 6: ", "after its end"] {
        assert!(error.contains(word), "{word}: {error}");
    }
    let output = workprint(path, &["assemble", "some.csv", "-o", "some.ron", "--rate", "30", "--skip-broken"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.matches("left out").count() == 3, "{told}");
    // the last gap is as long as its row says, however little there is of its file
    assert_eq!(shows("some.ron"), [(0, 30), (45, 30), (81 + 99 * 30, 30)]);

    // nothing but bad rows is no project
    fs::write(path.join("bad.csv"), "source\nbroken.mp4\n").unwrap();
    fail(path, &["assemble", "bad.csv", "-o", "bad.ron", "--skip-broken"]);

    // a card of a camera, used on a Mac
    fs::create_dir(path.join("card")).unwrap();
    fs::copy(path.join("a.mp4"), path.join("card/a.mp4")).unwrap();
    fs::write(path.join("card/._a.mp4"), [0, 5, 22, 7, 0, 2, 0, 0]).unwrap();
    fs::write(path.join("card/cut off.mp4"), &fs::read(path.join("a.mp4")).unwrap()[..2000]).unwrap();
    fs::write(path.join("card.csv"), "source\ncard\n").unwrap();
    let output = workprint(path, &["assemble", "card.csv", "-o", "card.ron"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("cut off.mp4") && !told.contains("._a"), "{told}");
    assert_eq!(shows("card.ron").len(), 1);
}

/// Detectors round, and meeting servers count what is heard after the last picture.
#[test]
fn out_points_just_after_the_end_mean_the_end() {
    let folder = project();
    let path = folder.path();
    let seconds = |name: &str| {
        let shown: Value = serde_json::from_str(&succeed(path, &["show", name, "--json"])).unwrap();
        shown["sequence"]["length"].as_i64().unwrap()
    };
    fs::write(path.join("whole.csv"), "source,in,out\na.mp4,0.5,\n").unwrap();
    succeed(path, &["assemble", "whole.csv", "-o", "whole.ron", "--rate", "30"]);
    let probed: Value = serde_json::from_str(&succeed(path, &["probe", "a.mp4", "--json"])).unwrap();
    let end = probed[0]["duration"].as_f64().or_else(|| probed["files"][0]["duration"].as_f64()).unwrap();
    for over in [0.01, 0.3, 0.9] {
        fs::write(path.join("over.csv"), format!("source,in,out\na.mp4,0.5,{}\n", end + over)).unwrap();
        succeed(path, &["assemble", "over.csv", "-o", &format!("{over}.ron"), "--rate", "30"]);
        assert_eq!(seconds(&format!("{over}.ron")), seconds("whole.ron"), "{over} s over");
    }
    fs::write(path.join("far.csv"), format!("source,in,out\na.mp4,0.5,{}\n", end + 1.1)).unwrap();
    assert!(fail(path, &["assemble", "far.csv", "-o", "far.ron"]).contains("after its end"));
}

#[test]
fn bad_cut_lists_are_refused_with_their_line() {
    let folder = project();
    for (list, word) in [
        ("a.mp4,2,1", "not after"),
        ("a.mp4,1,1", "not after"),
        ("a.mp4,0,99", "after its end"),
        ("a.mp4,NaN,2", "not a time"),
        ("none.mp4,0,1", "none.mp4"),
        ("cuts.csv,0,1", "cuts.csv"),
        ("a.mp4,0,1,V1,0\na.mp4,1,2,V1,0.5", "overlaps"),
        ("a.mp4,0,0.0001", "shorter than one frame"),
    ] {
        fs::write(folder.path().join("bad.csv"), format!("source,in,out,track,at\n{list}\n")).unwrap();
        let error = fail(folder.path(), &["assemble", "bad.csv", "-o", "q.ron"]);
        assert!(error.contains(word), "{list}: {error}");
        assert!(!folder.path().join("q.ron").exists());
    }
    for bad in ["0x0", "33x33", "100000x2", "x"] {
        let output = workprint(folder.path(), &["assemble", "cuts.csv", "-o", "q.ron", "--size", bad]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{bad}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn bad_projects_are_refused_by_every_command() {
    let folder = project();
    fs::write(folder.path().join("bad.ron"), [0_u8, 159, 146, 150]).unwrap();
    for args in [
        vec!["show", "bad.ron"],
        vec!["frame", "bad.ron", "--at", "0f", "-o", "f.png"],
        vec!["proxy", "bad.ron"],
        vec!["export", "bad.ron", "-o", "o.mp4"],
        vec!["export", "none.ron", "-o", "o.mp4"],
        vec!["edit", "bad.ron", "cuts.csv"],
    ] {
        let error = fail(folder.path(), &args);
        assert!(error.contains(args[1]), "{args:?}: {error}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        vec!["export"],
        vec!["export", "p.ron", "-o", "x.mp4", "--preset", "none"],
        vec!["export", "p.ron", "-o", "x.mp4", "--memory-budget", "lots"],
        vec!["probe"],
        vec!["assemble", "a.csv", "-o", "p.ron", "--rate", "NaN"],
    ] {
        assert_eq!(workprint(folder.path(), &args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn presets_and_doctor_know_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let presets = json(&succeed(folder.path(), &["presets", "--json"]));
    let names: Vec<&str> = presets.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names[0], "h264", "the default comes first");
    assert!(["draft", "lossless", "h265", "under-10mb", "wav"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(presets.as_array().unwrap().iter().all(|p| p["available"] == true));
    let doctor = json(&succeed(folder.path(), &["doctor", "--json"]));
    assert_eq!(doctor["ok"], true);
    assert!(doctor["cache"]["path"].as_str().unwrap().contains(folder.path().to_str().unwrap()));
}

#[test]
fn proxies_are_made_once_and_whole() {
    let folder = project();
    let first = succeed(folder.path(), &["proxy", "a.mp4", "--jobs", "1"]);
    let path = first.trim().split(" -> ").nth(1).unwrap().to_owned();
    let made = fs::metadata(&path).unwrap().len();
    let proxy = pictures(Path::new(&path));
    assert_eq!(proxy.numbers, (0..120).collect::<Vec<_>>());
    for (n, time) in proxy.times.iter().enumerate() {
        assert!((time - n as f64 / 30.0).abs() < 0.0001, "{n}: {time}");
    }
    assert_eq!(succeed(folder.path(), &["proxy", "p.ron"]), first);
    assert_eq!(fs::metadata(&path).unwrap().len(), made);
}

#[test]
fn an_interrupted_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    mp4(
        &Footage { width: 1280, height: 720, sound: false, ..Footage::new((30, 1), 150) },
        &folder.path().join("a.mp4"),
    );
    let rows = "a.mp4\n".repeat(40);
    fs::write(folder.path().join("cuts.csv"), format!("source\n{rows}")).unwrap();
    succeed(folder.path(), &["assemble", "cuts.csv", "-o", "p.ron"]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(["export", "p.ron", "-o", "out.mp4", "--json"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // the first progress: it is under way
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.any(|l| l.unwrap().contains("progress")));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert!(lines.any(|l| l.unwrap().contains("failed")));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// Highlights: a file of each, named by its marker; one that can't be made stops no other.
#[test]
fn each_marker_gives_a_file() {
    let folder = project();
    let folder = folder.path();
    let none = fail(folder, &["export", "p.ron", "--each-marker", "-o", "parts"]);
    assert!(none.contains("marker") && !folder.join("parts").exists(), "{none}");
    let marker = |at: i64, name: &str| format!("AddMarker((at: {at}, name: \"{name}\")), ");
    let edits = [marker(5, "Goal"), marker(12, "goal"), marker(20, "a/b")].concat();
    fs::write(folder.join("e.ron"), format!("[{edits}]")).unwrap();
    succeed(folder, &["edit", "p.ron", "e.ron"]);
    let args = ["export", "p.ron", "--each-marker", "-o", "parts", "--preset", "draft"];
    let told = succeed(folder, &[&args[..], &["--dry-run"]].concat());
    assert!(told.contains("3 files: 25 frames") && !folder.join("parts").exists(), "{told}");
    succeed(folder, &args);
    let wanted = [("Goal.mp4", 35..42), ("goal 2.mp4", 42..50), ("a-b.mp4", 50..60)];
    for (name, numbers) in wanted.clone() {
        assert_eq!(pictures(&folder.join("parts").join(name)).numbers, numbers.collect::<Vec<usize>>(), "{name}");
    }
    // what is there stays, the others are made
    fs::remove_file(folder.join("parts/a-b.mp4")).unwrap();
    let again = workprint(folder, &[&args[..], &["--json"]].concat());
    let text = String::from_utf8(again.stdout).unwrap();
    let ends: Vec<String> = text
        .lines()
        .map(|line| json(line)["event"].as_str().unwrap().to_owned())
        .filter(|event| ["done", "failed"].contains(&event.as_str()))
        .collect();
    assert_eq!(
        (again.status.code(), ends),
        (Some(1), ["failed", "failed", "done"].map(String::from).to_vec()),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.join("parts")).unwrap().count(), 3);
}

#[test]
fn a_dry_run_tells_what_will_be_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage::new((30, 1), 120), &folder.join("a.mp4"));
    mp4(&Footage { width: 160, height: 90, ..Footage::new((30, 1), 60) }, &folder.join("small.mp4"));
    fs::write(folder.join("cuts.csv"), "source,in,out,at\na.mp4,0,4,0\nsmall.mp4,0,1,4.1\n").unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let files = || fs::read_dir(folder).unwrap().count();
    let before = files();
    let export = ["export", "p.ron", "-o", "out.mp4", "--copy", "off"];
    let told = succeed(folder, &[&export[..], &["--dry-run", "--json"]].concat());
    assert_eq!(files(), before);
    let lines: Vec<Value> = told.lines().map(json).collect();
    let texts: Vec<&str> = lines.iter().filter_map(|l| l["text"].as_str()).collect();
    let finding = |part: &str| lines.iter().find(|l| l["text"].as_str().is_some_and(|t| t.contains(part)));
    let gap = finding("black flashes up").unwrap_or_else(|| panic!("{texts:?}"));
    assert_eq!((&gap["event"], &gap["blocks"], &gap["at"]), (&"finding".into(), &false.into(), &120.into()));
    let enlarged = finding("enlarged to 200 %").unwrap_or_else(|| panic!("{texts:?}"));
    assert!(enlarged["source"].as_str().unwrap().ends_with("small.mp4") && enlarged["clip"] == "small.mp4");
    let plan = lines.last().unwrap();
    assert_eq!((&plan["event"], &plan["frames"], &plan["encoded"]), (&"plan".into(), &153.into(), &153.into()));
    assert!(plan["predicted_seconds"].as_f64().unwrap() > 0.0 && plan["free"].as_u64().unwrap() > 0, "{plan}");
    // it comes true
    succeed(folder, &export);
    let (said, is) = (plan["predicted_size"].as_u64().unwrap(), fs::metadata(folder.join("out.mp4")).unwrap().len());
    assert!(said > is / 2 && said < is * 2, "{said} were said, {is} it is");
    // all that stands against it is told at once
    fs::remove_file(folder.join("small.mp4")).unwrap();
    let refused = workprint(folder, &[&export[..], &["--dry-run", "--json", "--memory-budget", "1MiB"]].concat());
    let told = String::from_utf8(refused.stdout).unwrap();
    let blocking: Vec<Value> = told.lines().map(json).filter(|l| l["blocks"] == true).collect();
    assert_eq!((refused.status.code(), blocking.len()), (Some(1), 3), "{told}");
    assert!(!told.contains("\"plan\""), "{told}");
    let offline = blocking.iter().find(|l| l["source"].is_string()).unwrap();
    assert_eq!((&offline["clip"], &offline["at"]), (&"small.mp4".into(), &123.into()), "{offline}");
}

#[test]
fn a_dry_run_of_a_size_says_what_the_picture_becomes() {
    let folder = project();
    let folder = folder.path();
    let args = ["export", "p.ron", "-o", "out.mp4", "--dry-run", "--json", "--max-size"];
    let told = succeed(folder, &[&args[..], &["60kB"]].concat());
    let plan = json(told.lines().last().unwrap());
    assert_eq!((&plan["event"], &plan["predicted_size"]), (&"plan".into(), &60_000.into()), "{told}");
    let told = fail(folder, &["export", "p.ron", "-o", "out.mp4", "--dry-run", "--max-size", "2kB"]);
    assert!(!folder.join("out.mp4").exists(), "{told}");
}
