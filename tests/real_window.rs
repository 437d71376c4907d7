//! The program in a real window: what is on the screen. Needs the display that `packaging/test` starts.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, mp4, skipped, succeed};
use image::RgbImage;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Window(Child);

impl Drop for Window {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn screenshot(display: &str, folder: &Path) -> Option<RgbImage> {
    let path = folder.join("screen.png");
    let taken = Command::new("import").args(["-display", display, "-window", "root"]).arg(&path).status().ok()?;
    if taken.success() { image::open(&path).ok().map(image::DynamicImage::into_rgb8) } else { None }
}

/// Takes pictures of the screen until one shows what is looked for.
fn until(display: &str, folder: &Path, what: &str, shows: impl Fn(&RgbImage) -> bool) -> RgbImage {
    let begun = Instant::now();
    loop {
        let picture = screenshot(display, folder);
        if let Some(picture) = picture.filter(|p| shows(p)) {
            return picture;
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "the screen never showed {what}");
    }
}

fn count(picture: &RgbImage, near: [u8; 3], tolerance: u8) -> usize {
    picture.pixels().filter(|p| p.0.iter().zip(near).all(|(a, b)| a.abs_diff(b) <= tolerance)).count()
}

#[test]
fn the_window_opens_on_a_project_and_shows_its_frame() {
    let Some(display) = std::env::var("WORKPRINT_TEST_DISPLAY").ok().filter(|d| d.len() > 1) else {
        skipped("the_window_opens_on_a_project_and_shows_its_frame", "there is no WORKPRINT_TEST_DISPLAY");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    mp4(&Footage { width: 640, height: 360, ..Footage::new((30, 1), 60) }, &folder.path().join("a.mp4"));
    std::fs::write(folder.path().join("c.csv"), "source\na.mp4\n").unwrap();
    succeed(folder.path(), &["assemble", "c.csv", "-o", "p.ron"]);
    let child = Command::new(env!("CARGO_BIN_EXE_workprint"))
        .arg("p.ron")
        .current_dir(folder.path())
        .env("DISPLAY", &display)
        .env_remove("WAYLAND_DISPLAY")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("WORKPRINT_CACHE", folder.path().join("cache"))
        .env("XDG_CONFIG_HOME", folder.path().join("config"))
        .env("XDG_DATA_HOME", folder.path().join("data"))
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _window = Window(child);
    // frame 0: sixteen dark blocks across the middle of the viewer; and the clip's name strip below
    let dark = [16, 16, 16];
    let strip = [0x3e, 0x5a, 0x86];
    until(&display, folder.path(), "the clip", |p| count(p, strip, 3) > 2000);
    until(&display, folder.path(), "the frame", |p| count(p, dark, 3) > 20_000);
}
