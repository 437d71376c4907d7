//! An export's memory does not grow with the number of clips, and what it says of it is true.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, Seeded, export, mp4, psnr, succeed};
use std::fmt::Write;
use std::path::Path;

/// A project of so many cuts of `length` frames, which begin among the first `within` of a film.
fn assemble(folder: &Path, cuts: usize, length: usize, within: usize) {
    let mut random = Seeded(3);
    let mut list = String::from("source,in,out\n");
    for _ in 0..cuts {
        let first = random.below(within);
        writeln!(list, "a.mp4,{:.6},{:.6}", first as f64 / 30.0, (first + length) as f64 / 30.0).unwrap();
    }
    std::fs::write(folder.join("cuts.csv"), list).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "--overwrite", "-o", "p.ron"]);
}

/// The peak in bytes that an export of `cuts` short cuts tells.
fn peak(folder: &Path, cuts: usize) -> u64 {
    assemble(folder, cuts, 12, 210);
    let events = export(folder, &["p.ron", "--copy", "off", "-o", "o.mp4", "--preset", "draft", "--overwrite"]);
    let done = events.last().unwrap();
    assert_eq!(done["frames"], cuts * 12);
    done["peak_rss"].as_u64().unwrap()
}

#[test]
fn ten_times_the_cuts_take_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage { width: 1280, height: 720, ..Footage::new((30, 1), 240) }, &folder.path().join("a.mp4"));
    let (few, many) = (peak(folder.path(), 20), peak(folder.path(), 200));
    let growth = many as f64 / few as f64;
    println!("peak of 20 cuts {few}, of 200 cuts {many}: {growth:.3}");
    assert!(growth < 1.05, "{few} bytes for 20 cuts, {many} for 200");
}

/// Reading packets beside all else is counted in, however often it goes to and fro.
#[test]
fn copying_takes_what_is_predicted_however_much_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    common::run_pipeline(&format!(
        "videotestsrc num-buffers=240 pattern=zone-plate kx2=12 ky2=12 kt=2 \
         ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1,colorimetry=bt709 \
         ! x264enc speed-preset=ultrafast key-int-max=30 pass=quant quantizer=38 ! h264parse ! mp4mux \
         ! filesink location=\"{}\"",
        folder.join("a.mp4").display()
    ));
    let peak = |cuts: usize| {
        assemble(folder, cuts, 45, 190);
        let args = ["p.ron", "--copy", "all", "-o", "o.mp4", "--preset", "draft", "--overwrite"];
        let events = export(folder, &args);
        let (plan, done) = (&events[0], events.last().unwrap());
        let copied = done["copied"].as_u64().unwrap();
        assert!(copied > cuts as u64 * 15, "{done}");
        let (predicted, peak) = (plan["predicted_peak"].as_u64().unwrap(), done["peak_rss"].as_u64().unwrap());
        println!("{cuts} cuts, {copied} pictures copied: {peak} of {predicted} bytes");
        assert!(peak <= predicted, "{cuts} cuts: {peak} of {predicted} bytes");
        peak
    };
    let (few, many) = (peak(10), peak(30));
    assert!(many as f64 / few as f64 <= 1.05, "{few} bytes for 10 cuts, {many} for 30");
}

/// x264 asks for huge pages, and the kernel makes them of memory that nobody has touched, some time or other.
#[test]
#[cfg(target_os = "linux")]
fn an_export_has_no_huge_pages() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { width: 1280, height: 720, ..Footage::new((30, 1), 240) }, &folder.join("a.mp4"));
    std::fs::write(folder.join("list.csv"), "source\na.mp4\n").unwrap();
    succeed(folder, &["assemble", "list.csv", "--overwrite", "-o", "p.ron"]);
    let mut export = Command::new(env!("CARGO_BIN_EXE_workprint"))
        .args(["export", "p.ron", "--copy", "off", "-o", "o.mp4", "--preset", "draft", "--json"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // it tells what it will do before it does it
    let mut lines = BufReader::new(export.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", export.id())).unwrap();
    for line in lines {
        line.unwrap();
    }
    assert!(export.wait().unwrap().success());
    match status.lines().find_map(|l| l.strip_prefix("THP_enabled:")) {
        Some(enabled) => assert_eq!(enabled.trim(), "0"),
        None => println!("skipped: this kernel does not tell whether a process has huge pages"),
    }
}

/// The peak in bytes of an export in which so many sounds are heard at once.
fn peak_of_sounds(folder: &Path, sounds: usize) -> u64 {
    let mut list = String::from("source,track,at,in,out\n");
    for n in 0..sounds {
        writeln!(list, "{}.mp4,A{},0,{:.2},{:.2}", n % 8, n + 1, n as f64 / 20.0, n as f64 / 20.0 + 9.0).unwrap();
    }
    std::fs::write(folder.join("sounds.csv"), list).unwrap();
    succeed(folder, &["assemble", "sounds.csv", "--overwrite", "-o", "s.ron", "--size", "320x180", "--rate", "30"]);
    let events = export(folder, &["s.ron", "--copy", "off", "-o", "s.mp4", "--preset", "draft", "--overwrite"]);
    let done = events.last().unwrap();
    assert_eq!(done["frames"], 270);
    done["peak_rss"].as_u64().unwrap()
}

#[test]
fn forty_sounds_at_once_take_the_memory_of_two() {
    let folder = tempfile::tempdir().unwrap();
    workprint::media::init().unwrap();
    for n in 0..8 {
        common::run_pipeline(&format!(
            "audiotestsrc num-buffers=560 freq={} volume=0.02 ! audio/x-raw,rate=48000,channels=2 ! audioconvert \
             ! avenc_aac ! aacparse ! mp4mux ! filesink location=\"{}\"",
            200 + n * 100,
            folder.path().join(format!("{n}.mp4")).display()
        ));
    }
    let (two, forty) = (peak_of_sounds(folder.path(), 2), peak_of_sounds(folder.path(), 40));
    println!("peak of 2 sounds {two}, of 40 {forty}");
    assert!((forty as f64) < two as f64 * 1.1, "{two} bytes for 2 sounds, {forty} for 40");
}

/// The least budget that would do for `p.ron`, in MiB, as a refusal of too little says it.
fn least(folder: &Path, too_little: &str) -> f64 {
    let error =
        common::fail(folder, &["export", "p.ron", "--copy", "off", "-o", "o.mp4", "--memory-budget", too_little]);
    let said = error.split("do is ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    said.unwrap_or_else(|| panic!("no least budget is said: {error}"))
}

/// Exports in budgets from the least that is accepted upwards: the peak stays within each.
#[test]
fn no_export_passes_its_budget() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { width: 1920, height: 1080, ..Footage::new((30, 1), 150) }, &folder.join("a.mp4"));
    let rows: Vec<String> =
        (0..6).map(|n| format!("a.mp4,{},{}", f64::from(n) * 0.7, f64::from(n) * 0.7 + 0.6)).collect();
    std::fs::write(folder.join("cuts.csv"), format!("source,in,out\n{}\n", rows.join("\n"))).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let least = least(folder, "100MiB");
    // 1080p in a quarter of a gigabyte is a promise
    assert!((120.0..256.0).contains(&least), "{least} MiB");
    for budget in [least + 2.0, least * 1.3, least * 1.8] {
        let size = format!("{budget:.0}MiB");
        let events =
            export(folder, &["p.ron", "--copy", "off", "-o", "o.mp4", "--memory-budget", &size, "--overwrite"]);
        let (plan, done) = (&events[0], events.last().unwrap());
        let (budget, peak) = (plan["budget"].as_u64().unwrap(), done["peak_rss"].as_u64().unwrap());
        println!("budget {budget}, predicted {}, peak {peak}", plan["predicted_peak"]);
        assert!(peak <= budget, "{peak} bytes in a budget of {budget}: {plan}");
    }
}

/// What an export says it will take is what it takes, with and without cuts, whether readers or the encoder take most.
#[test]
fn what_is_predicted_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { width: 1920, height: 1080, ..Footage::new((30, 1), 150) }, &folder.join("a.mp4"));
    for (list, preset) in [
        ("source\na.mp4\n", "draft"),
        ("source,in,out\na.mp4,0,1\na.mp4,3,4\n", "draft"),
        ("source,in,out\na.mp4,0,1\na.mp4,3,4\n", "h264"),
    ] {
        std::fs::write(folder.join("list.csv"), list).unwrap();
        succeed(folder, &["assemble", "list.csv", "--overwrite", "-o", "p.ron"]);
        let args =
            ["p.ron", "--copy", "off", "-o", "o.mp4", "--preset", preset, "--memory-budget", "2GiB", "--overwrite"];
        // how many decoded pictures wait at once differs from run to run, and what is said is the most that it may be
        let runs = [(); 3].map(|()| export(folder, &args));
        let peaks = runs.iter().map(|events| events.last().unwrap()["peak_rss"].as_u64().unwrap());
        let (events, peak) = (&runs[0], peaks.max().unwrap() as f64);
        let predicted = events[0]["predicted_peak"].as_u64().unwrap() as f64;
        println!("{preset} of {list:?}: {predicted} predicted, {peak} taken: {:.3}", predicted / peak);
        assert!((0.9..1.13).contains(&(predicted / peak)), "{predicted} bytes predicted, {peak} taken: {}", events[0]);
    }
}

/// Encoders that look ahead in their own ways, and those of single pictures, take what is said too: with all the room that
/// they want, and in the least budget that they are accepted in.
#[test]
fn every_encoder_takes_what_is_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { width: 1280, height: 720, ..Footage::new((30, 1), 90) }, &folder.join("a.mp4"));
    std::fs::write(folder.join("list.csv"), "source,in,out\na.mp4,0,1\na.mp4,2,3\n").unwrap();
    succeed(folder, &["assemble", "list.csv", "-o", "p.ron"]);
    for (preset, name) in [
        ("h265", "o.mp4"),
        ("vp9", "o.webm"),
        ("prores", "o.mov"),
        ("webp", "o.webp"),
        ("still", "o.png"),
        ("mp3", "o.mp3"),
    ] {
        let error = common::fail(
            folder,
            &["export", "p.ron", "--copy", "off", "-o", name, "--preset", preset, "--memory-budget", "20MiB"],
        );
        let least = error.split("do is ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok()).unwrap();
        for budget in ["2GiB".to_owned(), format!("{least}MiB")] {
            let args =
                ["p.ron", "--copy", "off", "-o", name, "--preset", preset, "--memory-budget", &budget, "--overwrite"];
            let events = export(folder, &args);
            let predicted = events[0]["predicted_peak"].as_u64().unwrap() as f64;
            let (done, peak) = (events.last().unwrap(), events.last().unwrap()["peak_rss"].as_u64().unwrap() as f64);
            println!("{preset} in {budget}: {predicted} predicted, {peak} taken: {:.3}", predicted / peak);
            assert_eq!(done["over_budget"], 0, "{preset} in {budget}: {done}");
            // in a small budget what starting up takes is foretold, which differs most between builds
            let most = if budget == "2GiB" { 1.3 } else { 1.6 };
            assert!((0.96..most).contains(&(predicted / peak)), "{preset} in {budget}: {}: {done}", events[0]);
        }
    }
}

/// Films with more colour and depth than usual, as cameras and screen recorders write, take no more than is said.
#[test]
fn films_of_full_colour_take_no_more_than_is_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for format in ["I422_10LE", "Y444_10LE"] {
        let encoder = format!(
            "appsrc name=video ! videoconvert ! video/x-raw,format={format} ! x264enc speed-preset=veryfast key-int-max=48 \
             ! h264parse ! mp4mux name=m"
        );
        let footage = Footage { width: 1920, height: 1080, sound: false, ..Footage::new((30, 1), 150) };
        common::make(&footage, &folder.join("a.mp4"), &encoder);
        std::fs::write(folder.join("list.csv"), "source,in,out\na.mp4,0,1\na.mp4,3,4\na.mp4,1,2\na.mp4,4,5\n").unwrap();
        succeed(folder, &["assemble", "list.csv", "--overwrite", "-o", "p.ron"]);
        let args =
            ["p.ron", "--copy", "off", "-o", "o.mp4", "--preset", "draft", "--memory-budget", "2GiB", "--overwrite"];
        let events = export(folder, &args);
        let predicted = events[0]["predicted_peak"].as_u64().unwrap();
        let peak = events.last().unwrap()["peak_rss"].as_u64().unwrap();
        println!("{format}: {predicted} predicted, {peak} taken: {:.3}", predicted as f64 / peak as f64);
        assert!(peak <= predicted, "{format}: {predicted} bytes predicted, {peak} taken: {}", events[0]);
    }
}

/// The brightness of all pictures of a file.
fn luma(path: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    common::each_sample(path, "videoconvert ! video/x-raw,format=I420", |sample, _| {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        all.extend_from_slice(&map[..1280 * 720]);
    });
    all
}

/// What a small budget costs is bits and time: with less to look ahead x264 would make pictures worse by some decibels at
/// the same crf.
#[test]
fn pictures_are_as_good_in_a_small_budget() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    common::run_pipeline(&format!(
        "videotestsrc num-buffers=150 pattern=ball motion=wavy ! video/x-raw,width=1280,height=720,framerate=30/1 \
         ! timeoverlay ! x264enc speed-preset=veryfast pass=qual quantizer=12 bitrate=100000 ! h264parse ! mp4mux \
         ! filesink location=\"{}\"",
        folder.join("a.mp4").display()
    ));
    std::fs::write(folder.join("cuts.csv"), "source,in,out\na.mp4,0.2,1.4\na.mp4,2.5,3.7\n").unwrap();
    succeed(folder, &["assemble", "cuts.csv", "-o", "p.ron"]);
    let export = |name: &str, preset: &str, budget: &str| {
        succeed(
            folder,
            &["export", "p.ron", "--copy", "off", "-o", name, "--preset", preset, "--memory-budget", budget],
        );
        luma(&folder.join(name))
    };
    let least = least(folder, "60MiB");
    let original = export("o.mkv", "lossless", "2GiB");
    let large = psnr(&original, &export("large.mp4", "h264", "2GiB"));
    for more in [1.0, 12.0, 30.0] {
        let budget = format!("{:.0}MiB", least + more);
        let small = psnr(&original, &export(&format!("{more}.mp4"), "h264", &budget));
        println!("{large:.2} dB in 2 GiB, {small:.2} dB in {budget}");
        assert!(small > large - 1.2, "{large:.2} dB in 2 GiB, {small:.2} dB in {budget}");
    }
}

/// A project of a film of so many frames, cut as the list says.
fn project(folder: &Path, frames: usize, list: &str) -> std::sync::Arc<workprint::model::Project> {
    mp4(&Footage::new((30, 1), frames), &folder.join("a.mp4"));
    std::fs::write(folder.join("list.csv"), list).unwrap();
    succeed(folder, &["assemble", "list.csv", "-o", "p.ron"]);
    workprint::project_file::load(&folder.join("p.ron")).unwrap().into()
}

/// Should memory come near the budget all the same, readers are closed and opened anew in the middle of a clip.
#[test]
fn holding_little_changes_no_picture() {
    use std::sync::Arc;
    use workprint::media::Cancel;
    use workprint::model::Frame;
    use workprint::render::{Media, Pictures};

    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), 90, "source,in,out\na.mp4,1,2\na.mp4,0,0.5\na.mp4,2,2.5\n");
    let span = project.sequence().span();
    workprint::media::init().unwrap();
    let shown = |little_from: i64| {
        let cancel = Cancel::default();
        let mut pictures = Pictures::new(Arc::clone(&project), Media::Originals, (320, 180), span, 2, cancel).unwrap();
        let mut pixels = vec![0; pictures.canvas().bytes()];
        let frames = (0..span.length.0).map(|n| {
            if n == little_from {
                pictures.save_memory();
            }
            pictures.render(Frame(n), &mut pixels).unwrap();
            assert_eq!(pictures.take_warnings(), []);
            common::read_number(&pixels[..320 * 180], 320, 180, 320)
        });
        frames.collect::<Vec<usize>>()
    };
    let as_usual = shown(-1);
    assert_eq!(as_usual, (30..60).chain(0..15).chain(60..75).collect::<Vec<usize>>());
    for from in [0, 7, 29, 30, 44] {
        assert_eq!(shown(from), as_usual, "from frame {from} on");
    }
}

#[test]
fn an_export_that_passes_its_budget_says_so() {
    use workprint::export::{ExportSettings, find_preset};
    use workprint::media::Cancel;

    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), 30, "source\na.mp4\n");
    // more than the budget, before it begins
    let ballast = vec![7_u8; 400 << 20];
    let settings = ExportSettings {
        path: folder.path().join("o.mp4"),
        preset: find_preset("draft").unwrap().clone(),
        range: None,
        budget: 300 << 20,
        own_memory: 0,
        cores: 2,
        overwrite: false,
        max_size: None,
        copying: workprint::export::Copying::Off,
        encoder: workprint::export::EncoderChoice::default(),
    };
    let done = workprint::export::export(&project, &settings, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(ballast.iter().map(|b| u64::from(*b)).sum::<u64>(), 7 * (400 << 20));
    assert!(done.over_budget >= 100 << 20 && done.peak_rss == settings.budget + done.over_budget, "{done:?}");
    assert!(done.remarks().unwrap().contains("MiB over its memory budget"), "{done:?}");
    assert_eq!(common::pictures(&settings.path).numbers, (0..30).collect::<Vec<usize>>());
}

/// What a reader does not want costs it nothing: a queue that is always empty makes that of the wanted stream grow.
#[test]
fn a_sound_track_beside_pictures_takes_no_memory_of_their_readers() {
    use workprint::edit::{Edit, apply};
    use workprint::model::{Param, Property, TrackKind};

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    workprint::media::init().unwrap();
    let peak = |name: &str, sound: &str| {
        common::run_pipeline(&format!(
            "matroskamux name=mux ! filesink location=\"{}\" videotestsrc num-buffers=120 pattern=snow \
             ! video/x-raw,width=160,height=120,framerate=30/1 ! jpegenc quality=95 ! mux. {sound}",
            folder.join(name).display()
        ));
        let rows: Vec<String> = (1..=24).map(|n| format!("{name},V{n},0,0,0.5")).collect();
        std::fs::write(folder.join("list.csv"), format!("source,track,at,in,out\n{}\n", rows.join("\n"))).unwrap();
        let path = folder.join("p.ron");
        succeed(folder, &["assemble", "list.csv", "-o", "p.ron", "--overwrite"]);
        let mut project = workprint::project_file::load(&path).unwrap();
        let tracks = project.sequence().tracks.iter().filter(|t| t.kind == TrackKind::Video);
        // none hides another
        let clips = tracks.flat_map(|t| t.clips.iter()).map(|c| c.id).collect();
        let property = Property::Scale(Param::fixed(0.2));
        project = apply(&project, &Edit::SetProperty { clips, property }).unwrap();
        workprint::project_file::save(&project, &path).unwrap();
        let events = export(folder, &["p.ron", "--copy", "off", "-o", "o.mp4", "--preset", "draft", "--overwrite"]);
        events.last().unwrap()["peak_rss"].as_u64().unwrap() >> 20
    };
    let silent = peak("silent.mkv", "");
    let sound = peak("sound.mkv", "audiotestsrc num-buffers=188 ! audio/x-raw,rate=48000 ! flacenc ! mux.");
    println!("24 readers: {silent} MiB without a sound track, {sound} MiB with one");
    assert!(sound < silent + 12, "{silent} MiB without a sound track, {sound} MiB with one");
}
