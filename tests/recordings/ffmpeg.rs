//! Making recordings with ffmpeg, and reading them with it.

use super::common::{Footage, SAMPLE_RATE, bursts, numbered_frame, read_number};
use super::recipe::{Fate, Late, Recipe};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

pub const SIZE: (usize, usize) = (160, 90);

/// The number of the first picture of what is joined on.
pub const SECOND: usize = 1000;

/// Seconds of raw footage that recordings are made of.
const SECONDS: usize = 3;

/// Raw footage: pictures and sound.
fn source(rate: (i32, i32), first: usize) -> PathBuf {
    type Made = HashMap<((i32, i32), usize), Arc<OnceLock<PathBuf>>>;
    static MADE: OnceLock<(tempfile::TempDir, Mutex<Made>)> = OnceLock::new();
    let (folder, made) = MADE.get_or_init(|| (tempfile::tempdir().unwrap(), Mutex::default()));
    let own = Arc::clone(made.lock().unwrap().entry((rate, first)).or_default());
    let make = || {
        let path = folder.path().join(format!("{}-{}-{first}", rate.0, rate.1));
        let mut footage = Footage { width: SIZE.0, height: SIZE.1, pattern: 1, first, ..Footage::new(rate, 0) };
        footage.frames = SECONDS * footage.burst_every();
        let pictures: Vec<u8> =
            (first..first + footage.frames).flat_map(|number| numbered_frame(&footage, number)).collect();
        std::fs::write(path.with_extension("yuv"), pictures).unwrap();
        let (num, den) = (rate.0 as usize, rate.1 as usize);
        let mut sound = vec![0_f32; footage.frames * SAMPLE_RATE * den / num];
        for second in 0..SECONDS {
            let start = (second * footage.burst_every() * SAMPLE_RATE * den + num / 2) / num;
            for at in 0..SAMPLE_RATE / 20 {
                sound[start + at] = (at as f32 * 0.131).sin() * 0.8;
            }
        }
        let sound: Vec<u8> = sound.iter().flat_map(|value| [*value, *value]).flat_map(f32::to_le_bytes).collect();
        std::fs::write(path.with_extension("f32"), sound).unwrap();
        path
    };
    own.get_or_init(make).clone()
}

fn video(recipe: &Recipe) -> &'static str {
    match recipe.video {
        "h264" => "libx264 -preset veryfast -bf 0 -g 24",
        "h264-bf" => "libx264 -preset veryfast -bf 3 -g 24",
        "h264-open" => "libx264 -preset veryfast -bf 2 -g 12 -x264-params open-gop=1:scenecut=0",
        "hevc" => "libx265 -preset ultrafast -x265-params log-level=none:keyint=24:bframes=3:pools=1",
        "mpeg2" => "mpeg2video -b:v 2M -bf 2 -g 12",
        "mpeg4" => "mpeg4 -b:v 1M -g 12",
        "mpeg4-bf" => "mpeg4 -b:v 1M -bf 2 -g 12 -vtag XVID",
        // two pictures in one packet
        "xvid" => "libxvid -b:v 1M -bf 2 -g 12",
        "msmpeg4" => "msmpeg4 -q:v 2 -g 12",
        "theora" => "libtheora -q:v 8 -g 24",
        "vp8" => "libvpx -b:v 1M -deadline realtime -cpu-used 8 -g 30",
        "vp9" => "libvpx-vp9 -b:v 1M -deadline realtime -cpu-used 8 -g 30",
        _ => "mjpeg -q:v 4 -pix_fmt yuvj420p",
    }
}

fn audio(recipe: &Recipe) -> &'static str {
    match recipe.audio {
        "aac" => "aac -b:a 128k",
        "mp3" => "libmp3lame -b:a 192k",
        "opus" => "libopus -b:a 128k",
        "vorbis" => "libvorbis -q:a 6",
        "flac" => "flac",
        "pcm" => "pcm_s16le",
        "speex" => "libspeex -ar 32000 -b:a 40k",
        "ac3" => "ac3 -b:a 192k",
        _ => "mp2 -b:a 192k",
    }
}

fn muxer(recipe: &Recipe) -> &'static str {
    match recipe.container {
        "mp4" => "mp4",
        "mov" => "mov",
        // AC-3 is described by its first packet
        "fmp4" if recipe.audio == "ac3" => "mp4 -movflags frag_keyframe+delay_moov+default_base_moof",
        "fmp4" => "mp4 -movflags frag_keyframe+empty_moov+default_base_moof",
        "mkv" => "matroska",
        "webm" => "webm",
        "ts" => "mpegts",
        "mpg" => "mpeg",
        "vob" => "vob",
        "flv" => "flv",
        "avi" => "avi",
        _ => "ogg",
    }
}

/// Records one film whose numbers begin at `first`.
fn record(recipe: &Recipe, first: usize, to: &Path) {
    let source = source(recipe.rate, first);
    let seconds = |ms: usize| format!("{}.{:03}", ms / 1000, ms % 1000);
    let late = |of: bool| match recipe.late {
        Late::Picture(ms) if of => seconds(ms),
        Late::Sound(ms) if !of => seconds(ms),
        _ => "0".to_owned(),
    };
    let (num, den) = recipe.rate;
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-threads", "1"]);
    let length = seconds(recipe.length);
    command.args(["-itsoffset", &late(true), "-t", &length, "-f", "rawvideo", "-pix_fmt", "yuv420p"]);
    command.args(["-video_size", &format!("{}x{}", SIZE.0, SIZE.1), "-framerate", &format!("{num}/{den}"), "-i"]);
    command.arg(source.with_extension("yuv"));
    command.args(["-itsoffset", &late(false), "-t", &length, "-f", "f32le", "-ar", "48000", "-ac", "2", "-i"]);
    command.arg(source.with_extension("f32")).args(["-map", "0:v", "-map", "1:a"]);
    if recipe.uneven {
        // later by up to half of a period
        let period = 90000 * den / num;
        let filter = format!("settb=1/90000,setpts=PTS+floor(mod(N*37\\,11)*{period}/22)");
        command.args(["-vf", &filter, "-enc_time_base", "1:90000"]);
    }
    command.args(["-fps_mode", "passthrough", "-c:v"]).args(video(recipe).split(' '));
    command.arg("-c:a").args(audio(recipe).split(' ')).args(["-strict", "-2", "-threads", "1"]);
    if recipe.late == Late::Clock {
        command.args(["-output_ts_offset", "10"]);
    }
    command.arg("-f").args(muxer(recipe).split(' '));
    let output = if recipe.fate == Fate::Streamed {
        command.arg("pipe:1").stdout(std::fs::File::create(to).unwrap()).stderr(Stdio::piped()).output()
    } else {
        command.arg(to).output()
    };
    let output = output.unwrap();
    assert!(output.status.success(), "{recipe}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes the recording; gives the whole recordings that it was made of.
pub fn make(recipe: &Recipe, folder: &Path) -> Vec<PathBuf> {
    let path = folder.join(recipe.file());
    let whole = |name: &str| folder.join(name).with_extension(path.extension().unwrap());
    let first = whole("first");
    record(recipe, 0, &first);
    let mut bytes = std::fs::read(&first).unwrap();
    let at = |thousandths: usize| bytes.len() * thousandths / 1000;
    let mut parts = vec![first];
    match recipe.fate {
        Fate::Whole | Fate::Streamed => {}
        Fate::Killed(at_most) => {
            let end = at(at_most);
            bytes.truncate(end);
        }
        Fate::Damaged(from) => {
            let hole = at(from)..at(from + 40);
            bytes[hole].fill(0);
        }
        Fate::Joined => {
            parts.push(whole("second"));
            record(recipe, SECOND, &parts[1]);
            bytes.extend(std::fs::read(&parts[1]).unwrap());
        }
    }
    std::fs::write(&path, bytes).unwrap();
    parts
}

/// What there is to see and hear, in seconds after the first stamp of all.
#[derive(Default)]
pub struct Content {
    /// The numbers of the pictures and when they appear.
    pub pictures: Vec<(usize, f64)>,
    /// When bursts of sound begin.
    pub bursts: Vec<f64>,
    /// When the sound is over.
    pub silent_from: f64,
    /// When all is over.
    pub end: f64,
}

/// The value that follows a key in a line.
fn value(line: &str, key: &str) -> Option<f64> {
    line.split_once(key)?.1.split_whitespace().next()?.parse().ok()
}

/// What ffmpeg reads.
pub fn read(path: &Path) -> Content {
    let sound = path.with_extension("decoded");
    let output = Command::new("ffmpeg")
        .args(["-v", "info", "-nostats", "-nostdin", "-y", "-threads", "1", "-copyts", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-vf", "showinfo", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo"])
        .args(["pipe:1", "-map", "0:a:0", "-af"])
        .args(["aresample=48000,aformat=sample_fmts=flt:channel_layouts=mono,ashowinfo", "-f", "f32le"])
        .arg(&sound)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = |filter: &str| {
        let filter = filter.to_owned();
        text.lines().filter(move |line| line.contains(&filter) && line.contains(" pts_time:"))
    };
    let stamps: Vec<f64> =
        lines("[Parsed_showinfo").map(|line| value(line, " pts_time:").unwrap_or(f64::NAN)).collect();
    let pictures = output.stdout.chunks_exact(SIZE.0 * SIZE.1).map(|luma| read_number(luma, SIZE.0, SIZE.1, SIZE.0));
    let mut pictures: Vec<(usize, f64)> = pictures.zip(stamps).filter(|(_, stamp)| stamp.is_finite()).collect();
    let samples = std::fs::read(&sound).unwrap_or_default();
    let samples: Vec<f32> = samples.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let blocks: Vec<(f64, usize)> = lines("[Parsed_ashowinfo")
        .filter_map(|line| Some((value(line, " pts_time:")?, value(line, " nb_samples:")? as usize)))
        .collect();
    let firsts = pictures.iter().map(|(_, stamp)| *stamp).chain(blocks.iter().map(|(stamp, _)| *stamp));
    let first = firsts.fold(f64::MAX, f64::min);
    let (mut heard, mut rest): (Vec<f32>, _) = (Vec::new(), &samples[..]);
    for (stamp, count) in blocks {
        // each at its own stamp, as players hear it
        let at = ((stamp - first) * SAMPLE_RATE as f64).round() as usize;
        let (block, after) = rest.split_at(count.min(rest.len()));
        heard.resize(heard.len().max(at + block.len()), 0.0);
        heard[at..at + block.len()].copy_from_slice(block);
        rest = after;
    }
    for picture in &mut pictures {
        picture.1 -= first;
    }
    let silent_from = heard.len() as f64 / SAMPLE_RATE as f64;
    let end = pictures.iter().map(|(_, at)| *at).fold(silent_from, f64::max);
    Content { pictures, bursts: bursts(&heard), silent_from, end }
}
