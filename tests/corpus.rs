//! Real files of cameras, phones and programs, all in one project. Skipped where they are not beside the
//! checkout.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{fail, shared_media, succeed, workprint};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

/// Not media: refused by name.
const REFUSED: &[&str] = &["not_media_git_lfs_pointer.mp4", "not_media_typescript_source.ts"];

/// The sizes, upright and with square pixels, of those that are stored otherwise, and of a few that are not.
const SIZES: &[(&str, u64, u64)] = &[
    ("av1_10bit_hdr10_pq_portrait_720x1280.mp4", 720, 1280),
    // 59:54 by its container, which qtdemux passes over; 16:15 by the DV standard
    ("dv_pal_interlaced_720x576_sar59-54.mov", 768, 576),
    ("h264_1080p30_phone_rotated90_aac.mp4", 1080, 1920),
    ("h264_3026x1386_extreme_vfr.mp4", 3026, 1386),
    ("h264_4k60_phone_portrait_rotated90.mp4", 2160, 3840),
    ("h264_720p_phone_rotated180_vfr_mono.mp4", 1280, 720),
    ("h264_800x640_first_pts_10s_anamorphic.mp4", 1137, 640),
    ("hevc10_1080p_hlg_dolbyvision_iphone_rotated90_editlist.mp4", 1080, 1920),
    ("photo_exif_orientation6_shows_landscape.jpg", 1800, 1200),
    ("vp9_odd_161x121.webm", 161, 121),
];

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().flatten().map(|e| e.file_name().into_string().unwrap()).collect();
    names.retain(|n| n != "INDEX.md");
    names.sort();
    names
}

#[test]
fn every_file_is_told_right_or_refused_by_name() {
    let Some(media) = shared_media("every_file_is_told_right_or_refused_by_name") else { return };
    let names = files(&media);
    let mut args = vec!["probe", "--json"];
    args.extend(names.iter().map(String::as_str));
    let folder = tempfile::tempdir().unwrap();
    let absolute: Vec<String> = names.iter().map(|n| media.join(n).display().to_string()).collect();
    let mut args = vec!["probe", "--json"];
    args.extend(absolute.iter().map(String::as_str));
    let output = workprint(folder.path(), &args);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    for (name, found) in names.iter().zip(&found) {
        let refused = REFUSED.contains(&name.as_str());
        assert_eq!(found["kind"].is_null(), refused, "{found}");
        if refused {
            assert!(found["error"].as_str().unwrap().contains(name), "{found}");
        }
        for (_, width, height) in SIZES.iter().filter(|(sized, ..)| sized == name) {
            let video = &found["video"];
            assert_eq!((video["width"].as_u64(), video["height"].as_u64()), (Some(*width), Some(*height)), "{name}");
        }
        let variable = name.contains("vfr") && !name.contains("truncated") || name.starts_with("animated");
        if variable {
            assert_eq!(found["video"]["variable_rate"], true, "{name}");
        }
        if found["kind"] == "video" {
            assert!(found["duration"].as_f64().unwrap() > 0.2, "{name}");
            assert!(found["video"]["rate"].is_string(), "{name}");
        }
    }
    let transfers: HashMap<&str, &str> =
        names.iter().zip(&found).filter_map(|(n, f)| Some((n.as_str(), f["video"]["transfer"].as_str()?))).collect();
    assert_eq!(transfers["av1_10bit_hdr10_pq_portrait_720x1280.mp4"], "pq");
    assert_eq!(transfers["hevc10_1080p_hlg_dolbyvision_iphone_rotated90_editlist.mp4"], "hlg");
    for name in REFUSED {
        let error = fail(folder.path(), &["probe", &media.join(name).display().to_string()]);
        assert!(error.contains(name), "{error}");
    }
}

/// Where the picture is not black: left, top, right, bottom.
fn extent(picture: &image::RgbImage) -> Option<(u32, u32, u32, u32)> {
    let lit = |p: &image::Rgb<u8>| p.0.iter().any(|c| *c > 24);
    let points = picture.enumerate_pixels().filter(|(_, _, p)| lit(p)).map(|(x, y, _)| (x, y));
    points.fold(None, |found, (x, y)| {
        let (l, t, r, b) = found.unwrap_or((x, y, x, y));
        Some((l.min(x), t.min(y), r.max(x), b.max(y)))
    })
}

#[test]
fn all_in_one_project_show_in_shape_get_proxies_and_export() {
    let Some(media) = shared_media("all_in_one_project_show_in_shape_get_proxies_and_export") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("source,in,out\n");
    for name in files(&media).iter().filter(|n| !REFUSED.contains(&n.as_str())) {
        // the shortest lasts 0.3 s; each is cut to that
        writeln!(list, "{},0,0.3", media.join(name).display()).unwrap();
    }
    std::fs::write(folder.path().join("all.csv"), list).unwrap();
    succeed(folder.path(), &["assemble", "all.csv", "-o", "all.ron", "--size", "640x360", "--rate", "30"]);
    let shown: Value = serde_json::from_str(&succeed(folder.path(), &["show", "all.ron", "--json"])).unwrap();
    let length = shown["sequence"]["length"].as_i64().unwrap();
    let clips = shown["tracks"][0]["clips"].as_array().unwrap();
    assert_eq!(clips.len(), files(&media).len() - REFUSED.len() - 5, "all but the five that are sound alone");

    succeed(folder.path(), &["proxy", "all.ron"]);
    for (name, width, height) in SIZES {
        let clip = clips.iter().find(|c| c["name"] == *name).unwrap_or_else(|| panic!("{name} is not there"));
        let at = format!("{}f", clip["start"].as_i64().unwrap() + 4);
        for proxy in [false, true] {
            let mut args = vec!["frame", "all.ron", "--overwrite", "--at", &at, "-o", "f.png"];
            args.extend(proxy.then_some("--proxy"));
            succeed(folder.path(), &args);
            let picture = image::open(folder.path().join("f.png")).unwrap().into_rgb8();
            let Some((left, top, right, bottom)) = extent(&picture) else { continue };
            // no wider or higher than its shape, and in the middle
            let fit = (640.0 / *width as f64).min(360.0 / *height as f64);
            let (w, h) = (*width as f64 * fit, *height as f64 * fit);
            let inside = f64::from(right - left) <= w + 3.0 && f64::from(bottom - top) <= h + 3.0;
            let middle = (f64::from(left + right) / 2.0 - 320.0).abs() < 320.0 - w / 2.0 + 3.0;
            assert!(
                inside && middle,
                "{name} (proxy: {proxy}): {left},{top} to {right},{bottom} instead of {w:.0} x {h:.0}"
            );
        }
    }

    let events = common::export(folder.path(), &["all.ron", "-o", "all.mp4", "--preset", "draft"]);
    let warnings: Vec<&Value> = events.iter().filter(|e| e["event"] == "warning").collect();
    // of the damaged one some frames don't decode; that may be said
    assert!(warnings.iter().all(|w| w["clip"].as_str().unwrap().contains("corrupt")), "{warnings:?}");
    assert_eq!(events.last().unwrap()["frames"], length);
    let probed: Value = serde_json::from_str(&succeed(folder.path(), &["probe", "all.mp4", "--json"])).unwrap();
    assert!((probed[0]["duration"].as_f64().unwrap() - length as f64 / 30.0).abs() < 0.05, "{probed}");
}

#[test]
fn the_burned_in_timecode_is_the_one_that_was_cut_to() {
    let Some(media) = shared_media("the_burned_in_timecode_is_the_one_that_was_cut_to") else { return };
    let source = media.join("h264_720p30_burned_in_timecode_aac_42s.mp4");
    let folder = tempfile::tempdir().unwrap();
    // the same second reached in two ways: a cut that begins there, and playing through to it
    let list = format!("source,in,out\n{0},20,21\n{0},0,42\n", source.display());
    std::fs::write(folder.path().join("c.csv"), list).unwrap();
    succeed(folder.path(), &["assemble", "c.csv", "-o", "c.ron"]);
    for offset in [0, 7, 29] {
        let pictures: Vec<image::RgbImage> = [offset, 30 + 20 * 30 + offset]
            .iter()
            .map(|frame| {
                succeed(folder.path(), &["frame", "c.ron", "--overwrite", "--at", &format!("{frame}f"), "-o", "f.png"]);
                image::open(folder.path().join("f.png")).unwrap().into_rgb8()
            })
            .collect();
        assert_eq!(pictures[0], pictures[1], "frame {offset}");
    }
}
