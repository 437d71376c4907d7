//! Real files against what another tool (ffmpeg) decodes of them: upright, in shape, in time, in colour, with their sound.
//! Skipped where the files or ffmpeg are not there.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "small known numbers"
)]
#![allow(clippy::format_collect, reason = "short texts")]

mod common;

use common::{Seeded, shared_media, sound, succeed, two_at_a_time};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// What can't be compared, each with its reason.
const EXCEPT: &[&str] = &[
    // refused
    "not_media_git_lfs_pointer.mp4",
    "not_media_typescript_source.ts",
    // damaged: decoders differ in what they make of it
    "corrupt_h264_bad_nal_sizes_720p10.mp4",
    "truncated_mp4_first_100000_bytes.mp4",
    // ffmpeg has no SVG decoder in Debian's build
    "vector_tiger.svg",
    // of its variable rate, the picture in the middle of the frame is shown; compared here is where the frame begins
    "h264_720p_phone_rotated180_vfr_mono.mp4",
];

/// Sound that begins a little off, each with its reason.
const SOUND_EXCEPT: &[&str] = &[
    // tsdemux's clock puts the first picture and sound 83 ms before the others; both alike
    "mpeg2_1080p24_mp2_start1.5s.ts",
    // it begins with the first picture here, with the first sound there; to the sample in a test of its own
    "h264_720x720_60fps_start10s.ts",
];

fn media_and_ffmpeg(test: &str) -> Option<PathBuf> {
    shared_media(test).filter(|_| common::has_ffmpeg(test))
}

fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg").args(["-v", "error", "-nostdin"]).args(args).output().unwrap();
    output.stdout
}

/// The last picture that began by `at`, on a 1280 × 720 frame, as small RGB.
fn reference(file: &Path, at: f64, hdr: bool, folder: &Path) -> Option<image::RgbImage> {
    // ordinary white at 203 cd/m² (ITU-R BT.2408). Of ffmpeg's curves Hable's darkens what is below it by a quarter;
    // Möbius' leaves it as it is, which is what an HDR film's ordinary parts are graded for
    let tone_map = "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p,";
    let filter = format!(
        "{}scale=iw*sar:ih,setsar=1,scale=1280:720:force_original_aspect_ratio=decrease:out_color_matrix=bt709,\
         pad=1280:720:(ow-iw)/2:(oh-ih)/2,format=rgb24",
        if hdr { tone_map } else { "" }
    );
    // ffmpeg writes each picture up to the one that is wanted: a format that takes no time
    let out = folder.join("reference.bmp");
    let _ = std::fs::remove_file(&out);
    let until = format!("{:.4}", at + 0.0012);
    ffmpeg(&[
        "-i",
        file.to_str().unwrap(),
        "-t",
        &until,
        "-an",
        "-vf",
        &filter,
        "-vsync",
        "0",
        "-update",
        "1",
        "-y",
        out.to_str().unwrap(),
    ]);
    Some(small(&image::open(out).ok()?.into_rgb8()))
}

fn small(picture: &image::RgbImage) -> image::RgbImage {
    image::imageops::resize(picture, 160, 90, image::imageops::FilterType::Triangle)
}

/// 1 for the same, 0 for a difference of half of the range on average; and how much the structure agrees, where there
/// is one.
fn likeness(a: &image::RgbImage, b: &image::RgbImage) -> (f64, f64) {
    let values = |p: &image::RgbImage| p.as_raw().iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
    let (a, b) = (values(a), values(b));
    let n = a.len() as f64;
    let difference = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / n;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let covariance: f64 = a.iter().zip(&b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    let spread = |v: &[f64], mean: f64| v.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    let (spread_a, spread_b) = (spread(&a, mean_a), spread(&b, mean_b));
    let flat = spread_b / n < 9.0;
    (1.0 - difference / 128.0, if flat { 1.0 } else { covariance / (spread_a * spread_b).sqrt().max(1e-9) })
}

/// The loudness of each hundredth of a second.
fn envelope(sound: &[f32]) -> Vec<f64> {
    sound.chunks(480).map(|c| (c.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / c.len() as f64).sqrt()).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len()) as f64;
    let mean = |v: &[f64]| v.iter().take(n as usize).sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let pairs = || a.iter().zip(b);
    let covariance: f64 = pairs().map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    let spread_a: f64 = pairs().map(|(a, _)| (a - mean_a).powi(2)).sum();
    let spread_b: f64 = pairs().map(|(_, b)| (b - mean_b).powi(2)).sum();
    covariance / (spread_a * spread_b).sqrt().max(1e-12)
}

#[test]
fn every_file_looks_and_sounds_like_what_another_tool_makes_of_it() {
    let Some(media) = media_and_ffmpeg("every_file_looks_and_sounds_like_what_another_tool_makes_of_it") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut names: Vec<String> =
        std::fs::read_dir(&media).unwrap().flatten().map(|e| e.file_name().into_string().unwrap()).collect();
    names.retain(|n| n != "INDEX.md" && !EXCEPT.contains(&n.as_str()));
    names.sort();
    let all: Vec<String> = names.iter().map(|n| media.join(n).display().to_string()).collect();
    let mut args = vec!["probe", "--json"];
    args.extend(all.iter().map(String::as_str));
    let probed: Vec<Value> = serde_json::from_str(&succeed(folder, &args)).unwrap();
    let mut list = String::from("source,in,out\n");
    for (path, found) in all.iter().zip(&probed) {
        let seconds = found["duration"].as_f64().unwrap_or(2.0).min(2.0);
        writeln!(list, "{path},0,{seconds:.3}").unwrap();
    }
    std::fs::write(folder.join("all.csv"), list).unwrap();
    succeed(folder, &["assemble", "all.csv", "-o", "all.ron", "--size", "1280x720", "--rate", "30"]);
    succeed(folder, &["export", "all.ron", "-o", "all.mkv", "--preset", "lossless"]);
    let heard = sound(&folder.join("all.mkv"));
    let shown: Value = serde_json::from_str(&succeed(folder, &["show", "all.ron", "--json"])).unwrap();
    let all = All { folder, media: &media, shown: &shown, heard: &heard };
    // each waits for the other tool in turn
    let problems = Mutex::new(Vec::new());
    two_at_a_time(names.len(), |n| {
        let of_file = all.problems_of(&names[n], &probed[n]);
        problems.lock().unwrap().extend(of_file);
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// All files in one film.
struct All<'a> {
    folder: &'a Path,
    media: &'a Path,
    shown: &'a Value,
    /// The sound of the film.
    heard: &'a [f32],
}

impl All<'_> {
    /// What of a file is not as another tool shows it, or sounds otherwise.
    fn problems_of(&self, name: &str, found: &Value) -> Vec<String> {
        let own = tempfile::tempdir().unwrap();
        let clips = |track: usize| self.shown["tracks"][track]["clips"].as_array().unwrap();
        let mut problems = Vec::new();
        let file = self.media.join(name);
        if let Some(clip) = clips(0).iter().find(|c| c["name"] == name) {
            let (start, length) = (clip["start"].as_i64().unwrap(), clip["length"].as_i64().unwrap());
            let hdr = found["video"]["transfer"] != "bt709";
            for offset in [0, length / 2, (length - 2).max(0)] {
                let at = format!("{}f", start + offset);
                let picture = own.path().join("f.png");
                let picture_text = picture.to_str().unwrap();
                succeed(self.folder, &["frame", "all.ron", "--overwrite", "--at", &at, "-o", picture_text]);
                let frame = small(&image::open(&picture).unwrap().into_rgb8());
                let Some(reference) = reference(&file, offset as f64 / 30.0, hdr, own.path()) else {
                    // where the first picture comes a moment late, there is none at the very beginning
                    if offset > 0 {
                        problems.push(format!("{name}: ffmpeg decodes no picture"));
                    }
                    continue;
                };
                let (near, alike) = likeness(&frame, &reference);
                println!("{name} at {offset}: {near:.3} {alike:.3}");
                if near < 0.9 || alike < 0.9 {
                    problems.push(format!("{name} at frame {offset}: {near:.3}, structure {alike:.3}"));
                }
            }
        }
        if let Some(clip) = clips(1).iter().find(|c| c["name"] == name) {
            let (start, length) = (clip["start"].as_i64().unwrap(), clip["length"].as_i64().unwrap());
            let seconds = format!("{}", length as f64 / 30.0);
            let from = (start * 1600) as usize;
            let part = &self.heard[from..(from + length as usize * 1600).min(self.heard.len())];
            // as the samples come, and as their times say
            let ways = ["anull", "aresample=async=1:first_pts=0"].map(|filter| {
                let expected = reference_sound(&file, &["-t", &seconds, "-af", filter]);
                let (a, b) = (envelope(part), envelope(&expected));
                (correlation(&a, &b), b.iter().copied().fold(0.0, f64::max))
            });
            let loud = ways[1].1;
            let alike = ways[0].0.max(ways[1].0);
            println!("{name}: sound {alike:.3}, peak {loud:.4}");
            if loud > 0.003 && alike < 0.9 && !SOUND_EXCEPT.contains(&name) {
                problems.push(format!("{name}: its sound agrees to {alike:.3}"));
            }
        }
        problems
    }
}

#[test]
fn fifty_cuts_show_the_timecode_that_was_cut_to() {
    let Some(media) = media_and_ffmpeg("fifty_cuts_show_the_timecode_that_was_cut_to") else { return };
    let source = media.join("h264_720p30_burned_in_timecode_aac_42s.mp4");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // where the digits are, of every frame, by another tool
    let (width, height) = (420, 80);
    let crop = format!("crop={width}:{height}:830:600,format=gray");
    let raw = ffmpeg(&["-i", source.to_str().unwrap(), "-an", "-vf", &crop, "-vsync", "0", "-f", "rawvideo", "-"]);
    let frames: Vec<&[u8]> = raw.chunks_exact(width * height).collect();
    assert!(frames.len() > 1200, "{}", frames.len());
    let mut random = Seeded(50);
    let cuts: Vec<usize> = (0..50).map(|_| random.below(frames.len() - 10)).collect();
    let mut list = String::from("source,in,out\n");
    for cut in &cuts {
        writeln!(list, "{},{cut}f,{}f", source.display(), cut + 2).unwrap();
    }
    std::fs::write(folder.join("c.csv"), list).unwrap();
    succeed(folder, &["assemble", "c.csv", "--overwrite", "-o", "c.ron"]);
    succeed(folder, &["export", "c.ron", "-o", "c.mkv", "--preset", "lossless"]);
    let own = ffmpeg(&[
        "-i",
        folder.join("c.mkv").to_str().unwrap(),
        "-an",
        "-vf",
        &crop,
        "-vsync",
        "0",
        "-f",
        "rawvideo",
        "-",
    ]);
    let shown: Vec<&[u8]> = own.chunks_exact(width * height).collect();
    assert_eq!(shown.len(), 100);
    for (n, cut) in cuts.iter().enumerate() {
        for k in 0..2 {
            let unlike = |frame: &&[u8]| -> u64 {
                frame.iter().zip(shown[2 * n + k]).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
            };
            let best = (0..frames.len()).min_by_key(|i| unlike(&frames[*i])).unwrap();
            assert_eq!(best, cut + k, "cut {n}");
        }
    }
}

/// What ffmpeg decodes of a file's first sound, as mono at 48 kHz.
fn reference_sound(file: &Path, options: &[&str]) -> Vec<f32> {
    let (input, output) =
        (["-i", file.to_str().unwrap(), "-map", "0:a:0"], ["-ac", "1", "-ar", "48000", "-f", "f32le", "-"]);
    let raw = ffmpeg(&[&input[..], options, &output].concat());
    raw.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Cuts the sound of a file at some moments and looks where it is in all of it.
fn assert_sound_is_cut_in_place(source: &Path, moments: [f64; 4]) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all = reference_sound(source, &[]);
    let list: String = moments.iter().map(|at| format!("{},{at},{}\n", source.display(), at + 1.0)).collect();
    std::fs::write(folder.join("cuts.csv"), format!("source,in,out\n{list}")).unwrap();
    succeed(folder, &["assemble", "cuts.csv", "--overwrite", "-o", "cuts.ron", "--size", "160x90", "--rate", "30"]);
    succeed(folder, &["export", "cuts.ron", "-o", "cuts.mkv", "--preset", "lossless"]);
    let heard = sound(&folder.join("cuts.mkv"));
    assert_eq!(heard.len(), 4 * 48_000);
    for (n, at) in moments.into_iter().enumerate() {
        let from = (at * 48_000.0) as usize;
        // fades at cuts aside; the limiter turns the loudest down, so that only the place is compared
        let here: Vec<f64> = heard[n * 48_000 + 2_000..][..40_000].iter().map(|s| f64::from(*s)).collect();
        let alike = |shift: isize| {
            let there = &all[(from + 2_000).checked_add_signed(shift).unwrap()..][..40_000];
            correlation(&here, &there.iter().map(|s| f64::from(*s)).collect::<Vec<_>>())
        };
        let best = (-1100..1100).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap();
        assert!(best == 0 && alike(0) > 0.9, "the cut from {at} s: {best} samples off, alike to {:.3}", alike(best));
    }
}

#[test]
fn sound_of_a_stream_without_a_clock_is_cut_where_it_was_cut() {
    let Some(media) = media_and_ffmpeg("sound_of_a_stream_without_a_clock_is_cut_where_it_was_cut") else { return };
    // back and forth; the same file twice at a time
    assert_sound_is_cut_in_place(&media.join("h264_720x720_60fps_start10s.ts"), [3.0, 0.0, 1.5, 0.5]);
}

#[test]
fn surround_sound_is_in_place_from_its_beginning_on() {
    let Some(media) = media_and_ffmpeg("surround_sound_is_in_place_from_its_beginning_on") else { return };
    assert_sound_is_cut_in_place(&media.join("h264_1080p24_bframes_aac51_30s.mp4"), [0.0, 5.0, 1.0, 12.0]);
}

#[test]
fn a_transport_stream_is_as_long_as_its_pictures() {
    let Some(media) = media_and_ffmpeg("a_transport_stream_is_as_long_as_its_pictures") else { return };
    let source = media.join("h264_720p30_burned_in_timecode_aac_42s.mp4");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["stream.ts", "stream.m2ts"] {
        let made = folder.join(name);
        ffmpeg(
            &["-i", source.to_str().unwrap(), "-c", "copy", "-f", "mpegts"]
                .into_iter()
                .chain(if name.ends_with("m2ts") { vec!["-mpegts_m2ts_mode", "1"] } else { vec![] })
                .chain([made.to_str().unwrap()])
                .collect::<Vec<_>>(),
        );
        let found: Vec<Value> =
            serde_json::from_str(&succeed(folder, &["probe", "--json", made.to_str().unwrap()])).unwrap();
        let seconds = found[0]["duration"].as_f64().unwrap();
        assert!((seconds - 42.4).abs() < 0.05, "{name}: {seconds} s");
    }
}
