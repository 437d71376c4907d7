//! Encoders of graphics: what works is used, and what fails, stalls, lies or crashes costs time and nothing else. There is none
//! in most machines, so one is made that does all that on purpose.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, mp4, pictures};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Pictures of the film: more than a trial has.
const PICTURES: usize = 60;

/// The name under which the encoder is registered: that of one that this system never has.
const ELEMENT: &str = "amfh264enc";

struct Machine {
    folder: tempfile::TempDir,
    how: &'static str,
    at: &'static str,
}

impl Machine {
    /// One whose encoder behaves in a way from a picture on.
    fn with(how: &'static str, at: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("plugins")).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hardware/odd_encoder.c");
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gstreamer-1.0"]).output().unwrap();
        let flags = String::from_utf8(flags.stdout).unwrap();
        let library = folder.path().join("plugins/libgstoddencoder.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(library).arg(source);
        assert!(cc.args(flags.split_whitespace()).status().unwrap().success());
        mp4(&Footage::new((30, 1), PICTURES), &folder.path().join("n.mp4"));
        fs::write(folder.path().join("cuts.csv"), "source\nn.mp4\n").unwrap();
        let machine = Self { folder, how, at };
        assert!(machine.run(&["assemble", "cuts.csv", "-o", "p.ron"]).status.success());
        machine
    }

    fn run(&self, args: &[&str]) -> Output {
        let folder = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_workprint"));
        command.args(args).current_dir(folder).env("GST_PLUGIN_PATH", folder.join("plugins"));
        command.env("GST_REGISTRY", folder.join("registry.bin")).env("WORKPRINT_CACHE", folder.join("cache"));
        command.env("ODD_ENCODER", self.how).env("ODD_ENCODER_AT", self.at).output().unwrap()
    }

    /// Exports the film; the encoder that was told of last, and the notes.
    fn export(&self, encoder: &str) -> (String, Vec<String>) {
        let args = ["export", "p.ron", "-o", "o.mp4", "--overwrite", "--json", "--copy", "off", "--encoder", encoder];
        let output = self.run(&args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let lines = String::from_utf8(output.stdout).unwrap();
        let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let plan = events.iter().rfind(|event| event["event"] == "plan").unwrap();
        let notes = events.last().unwrap()["notes"].as_array().unwrap();
        // whatever made it, it is the film
        let numbers = pictures(&self.folder.path().join("o.mp4")).numbers;
        assert_eq!(numbers, (0..PICTURES).collect::<Vec<_>>());
        (plan["encoder"].as_str().unwrap().into(), notes.iter().map(|n| n.as_str().unwrap().into()).collect())
    }

    /// What trying the encoder anew says: whether it works, and why not.
    fn tried(&self) -> (bool, String) {
        let output = self.run(&["doctor", "--try", ELEMENT, "--size", "320x180", "--json"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let one = &said["tried"][0];
        assert_eq!(output.status.success(), one["works"] == true);
        (one["works"].as_bool().unwrap(), one["reason"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn one_that_works_is_used_where_it_is_asked_for_and_where_no_size_must_be_kept() {
    let machine = Machine::with("works", "0");
    let (encoder, notes) = machine.export("fast");
    assert!(encoder.contains("AMF (amfh264enc)") && notes.is_empty(), "{encoder}: {notes:?}");
    assert!(machine.export(ELEMENT).0.contains("AMF"));
    assert!(machine.export("software").0.contains("x264"));
    let args = ["export", "p.ron", "-o", "s.mp4", "--json", "--max-size", "1MB", "--encoder"];
    let output = machine.run(&[&args[..], &["fast"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("only that keeps to a size"), "{said}");
    for (encoder, why) in [(ELEMENT, "keep to a size"), ("vtenc_h264_hw", "GStreamer has none here")] {
        let output = machine.run(&[&args[..], &[encoder, "--overwrite"]].concat());
        assert!(!output.status.success() && String::from_utf8(output.stdout).unwrap().contains(why));
    }
    let output = machine.run(&["export", "p.ron", "-o", "v.webm", "--preset", "vp9", "--json", "--encoder", ELEMENT]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("it makes no VP9"));
}

#[test]
fn one_that_fails_in_the_middle_is_given_up_and_the_film_is_made_in_software() {
    // after the 24 pictures of a trial
    for (how, why) in [("fails", "the device was lost"), ("lies", ""), ("stalls", "it made nothing for 20 s")] {
        let machine = Machine::with(how, "30");
        let (encoder, notes) = machine.export("fast");
        assert!(encoder.contains("x264"), "{how}: {encoder}");
        let said = notes.join("; ");
        assert!(said.contains("in software from the beginning: AMF") && said.contains(why), "{how}: {said}");
        let left = fs::read_dir(machine.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        assert_eq!(
            left.filter(|name| name.contains("o.mp4") || name.contains("failed")).collect::<Vec<_>>(),
            ["o.mp4"]
        );
    }
}

#[test]
fn one_that_does_not_work_is_found_out_before_and_tried_again_when_it_is_asked_for() {
    for (how, why) in [
        ("crashes", "it crashed"),
        ("fails", "the device was lost"),
        ("lies", "does not look like"),
        ("stalls", "it makes nothing any more"),
    ] {
        let mut machine = Machine::with(how, "3");
        let (works, reason) = machine.tried();
        assert!(!works && reason.contains(why), "{how}: {reason}");
        let args = ["export", "p.ron", "-o", "o.mp4", "--json", "--encoder", ELEMENT];
        let said = String::from_utf8(machine.run(&args).stdout).unwrap();
        assert!(said.contains("amfh264enc can't be used") && said.contains(why), "{said}");
        if how != "crashes" {
            continue;
        }
        let (encoder, notes) = machine.export("fast");
        assert!(encoder.contains("x264") && notes.join("; ").contains(why), "{encoder}: {notes:?}");
        // what is remembered holds until it is tried anew
        machine.how = "works";
        assert!(machine.export("fast").0.contains("x264"));
        assert_eq!(machine.tried(), (true, String::new()));
        assert!(machine.export("fast").0.contains("AMF"));
    }
}
