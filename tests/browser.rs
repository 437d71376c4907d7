//! Exports play in Chromium, and every place that is sought there shows its own picture.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small known numbers")]

mod common;

use common::{skipped, succeed};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const TEST: &str = "chromium_plays_and_seeks_exports";

/// Frames of the reel, and its rate.
const FRAMES: usize = 180;
const RATE: usize = 30;

/// Exports of presets for films. The largest is left out, which is made like the second largest.
const PLAYED: [&str; 7] =
    ["h264.mp4", "draft.mp4", "under-10mb.mp4", "youtube-1080p.mp4", "vertical.mp4", "av1.mp4", "vp9.webm"];

/// Those that Debian's Chromium has no decoder for.
const NOT_PLAYED: [&str; 3] = ["h265.mp4", "prores.mov", "lossless.mkv"];

/// Seeks to 20 places in each file, then plays the beginning; posts what numbers were seen.
const PAGE: &str = r"<!doctype html><video id=v muted playsinline></video><script>
const video = document.getElementById('v'), canvas = document.createElement('canvas');
function number() {
  const w = canvas.width = video.videoWidth, h = canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(video, 0, 0);
  const row = context.getImageData(0, h >> 1, w, 1).data;
  let found = 0;
  for (let bit = 0; bit < 16; bit++)
    if (row[Math.floor((2 * bit + 1) * w / 32) * 4 + 1] > 125) found |= 1 << bit;
  return found;
}
const once = name => new Promise((resolve, reject) => {
  video.addEventListener(name, resolve, {once: true});
  video.addEventListener('error', () => reject(new Error(video.error.message)), {once: true});
});
async function look(file) {
  const ready = once('loadeddata');
  video.src = file;
  await ready;
  const result = {length: video.duration, sought: [], played: []};
  for (const frame of PLACES) {
    // a busy browser tells of a seek before it has its picture; one that shows the same picture again tells of none
    const shown = new Promise(resolve => { video.requestVideoFrameCallback(resolve); setTimeout(resolve, 3000); });
    const there = once('seeked');
    video.currentTime = (frame + 0.5) / RATE;
    await there;
    await shown;
    result.sought.push([frame, number()]);
  }
  const there = once('seeked');
  video.currentTime = 0;
  await there;
  await new Promise((resolve, reject) => {
    const seen = (_, shown) => {
      result.played.push([shown.mediaTime, number()]);
      if (result.played.length < 12) video.requestVideoFrameCallback(seen); else resolve();
    };
    video.requestVideoFrameCallback(seen);
    video.play().catch(reject);
  });
  video.pause();
  return result;
}
(async () => {
  const results = {};
  for (const file of FILES) {
    try { results[file] = await look(file); } catch (error) { results[file] = {error: String(error)}; }
  }
  await fetch('/result', {method: 'POST', body: JSON.stringify(results)});
})();
</script>";

/// Serves the page and the files, a part at a time where one is asked for, and hands on what is posted.
fn serve(listener: &TcpListener, folder: &Path, page: &str, results: &Sender<Value>) {
    for stream in listener.incoming() {
        let (Ok(stream), folder, page, results) = (stream, folder.to_owned(), page.to_owned(), results.clone()) else {
            return;
        };
        std::thread::Builder::new()
            .name("connection".into())
            // a browser may leave at any moment
            .spawn(move || while answer(&stream, &folder, &page, &results).is_ok() {})
            .unwrap();
    }
}

fn answer(stream: &TcpStream, folder: &Path, page: &str, results: &Sender<Value>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut range, mut length) = (String::new(), None, 0);
    if reader.read_line(&mut request)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("range: bytes=") {
            let (first, last) = bytes.split_once('-').unwrap();
            range = Some((first.parse::<u64>().unwrap(), last.parse::<u64>().ok()));
        }
        if let Some(n) = line.strip_prefix("content-length: ") {
            length = n.parse().unwrap();
        }
    }
    let mut stream = stream;
    let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    if request.starts_with("POST") {
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        // the test may have given up
        let _ = results.send(serde_json::from_slice(&body).unwrap());
    } else if path.is_empty() {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
        stream.write_all((head + page).as_bytes())?;
    } else if let Ok(mut file) = std::fs::File::open(folder.join(&path)) {
        let size = file.metadata()?.len();
        let (first, last) = range.unwrap_or((0, None));
        let last = last.unwrap_or(u64::MAX).min(size - 1);
        file.seek(SeekFrom::Start(first))?;
        let kind = match path.rsplit('.').next() {
            Some("mkv") => "video/x-matroska",
            Some("webm") => "video/webm",
            _ => "video/mp4",
        };
        let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n\
             Content-Range: bytes {first}-{last}/{size}\r\n\r\n",
            last + 1 - first
        )?;
        std::io::copy(&mut file.take(last + 1 - first), &mut stream)?;
    } else {
        write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
    }
    Ok(())
}

fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders).flat_map(|f| names.map(|n| f.join(n))).find(|p| p.is_file())
}

#[test]
fn chromium_plays_and_seeks_exports() {
    let Some(chromium) = chromium() else { return skipped(TEST, "Chromium is not installed") };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let expected = common::reel(folder);
    assert_eq!(expected.len(), FRAMES);
    let files = [PLAYED.as_slice(), &NOT_PLAYED].concat();
    for file in &files {
        succeed(folder, &["export", "p.ron", "-o", file, "--preset", file.split('.').next().unwrap()]);
    }
    let places: Vec<usize> = [0, FRAMES - 1].into_iter().chain((1..19).map(|n| n * 67 % FRAMES)).collect();
    let page = PAGE
        .replace("PLACES", &format!("{places:?}"))
        .replace("RATE", &RATE.to_string())
        .replace("FILES", &format!("{files:?}"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (send, results) = channel();
    let serving = folder.to_owned();
    std::thread::Builder::new().name("server".into()).spawn(move || serve(&listener, &serving, &page, &send)).unwrap();
    let mut browser = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg("--autoplay-policy=no-user-gesture-required")
        .arg(format!("--user-data-dir={}", folder.join("browser").display()))
        .arg(address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let result = results.recv_timeout(Duration::from_mins(3));
    browser.kill().unwrap();
    browser.wait().unwrap();
    let result = result.unwrap();
    let numbers = |file: &str, what: &str| -> Vec<(f64, usize)> {
        let pairs = result[file][what].as_array().unwrap_or_else(|| panic!("{file}: {}", result[file]));
        pairs.iter().map(|p| (p[0].as_f64().unwrap(), usize::try_from(p[1].as_u64().unwrap()).unwrap())).collect()
    };
    for file in PLAYED {
        let length = result[file]["length"].as_f64().unwrap_or_else(|| panic!("{file}: {}", result[file]));
        assert!((length - FRAMES as f64 / RATE as f64).abs() < 0.002, "{file} lasts {length} s");
        let wanted: Vec<(f64, usize)> = places.iter().map(|n| (*n as f64, expected[*n])).collect();
        assert_eq!(numbers(file, "sought"), wanted, "{file}");
        for (time, number) in numbers(file, "played") {
            let frame = (time * RATE as f64).round() as usize;
            // what is drawn on a busy machine may be a picture or two later than what was told
            let near = &expected[frame..FRAMES.min(frame + 3)];
            assert!(near.contains(&number), "{file}, played at {time}: {number}, not one of {near:?}");
        }
    }
    for file in NOT_PLAYED {
        assert!(result[file]["error"].is_string(), "{file} is played now: {}", result[file]);
        skipped(TEST, &format!("{file} is not played: Chromium has no decoder for it"));
    }
}
