//! What packages bring beside the program: desktop entry, metainfo, file type, icons and manual say the same.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::skipped;
use gstreamer::prelude::*;
use roxmltree::Document;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROJECT: &str = "application/x-workprint+ron";

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap()
}

const DESKTOP: &str = "packaging/linux/workprint.desktop";
const METAINFO: &str = "packaging/linux/io.github.workprint.Workprint.metainfo.xml";
const MIME: &str = "packaging/linux/workprint.xml";

/// What a key of the desktop entry says.
fn entry(key: &str) -> String {
    let text = text(DESKTOP);
    text.lines().find_map(|l| l.strip_prefix(&format!("{key}="))).unwrap_or_default().to_owned()
}

/// The words of an element of the metainfo.
fn said(metainfo: &Document<'_>, tag: &str) -> String {
    let node = metainfo.descendants().find(|n| n.has_tag_name(tag)).unwrap();
    node.text().unwrap().trim().to_owned()
}

#[test]
fn the_desktop_entry_is_the_windows_and_the_metainfos() {
    let metainfo = text(METAINFO);
    let metainfo = Document::parse(&metainfo).unwrap();
    assert_eq!(said(&metainfo, "launchable"), "workprint.desktop");
    assert_eq!(said(&metainfo, "id") + ".metainfo.xml", METAINFO.rsplit('/').next().unwrap());
    assert_eq!((said(&metainfo, "name"), said(&metainfo, "summary")), (entry("Name"), entry("Comment")));
    assert_eq!((said(&metainfo, "icon"), said(&metainfo, "binary")), (entry("Icon"), entry("TryExec")));
    assert_eq!(said(&metainfo, "project_license"), env!("CARGO_PKG_LICENSE"));
    let newest = metainfo.descendants().find(|n| n.has_tag_name("release")).unwrap();
    assert_eq!(newest.attribute("version"), Some(env!("CARGO_PKG_VERSION")));
    let categories: BTreeSet<String> =
        metainfo.descendants().filter(|n| n.has_tag_name("category")).map(|n| n.text().unwrap().to_owned()).collect();
    assert_eq!(categories, entry("Categories").split_terminator(';').map(str::to_owned).collect());
    // the program is called with the files, and its window says which entry it belongs to
    assert_eq!(entry("Exec"), "workprint %F");
    assert!(text("src/main.rs").contains(&format!(".with_app_id(\"{}\")", entry("StartupWMClass"))));
    assert_eq!(entry("StartupWMClass"), DESKTOP.rsplit('/').next().unwrap().trim_end_matches(".desktop"));
}

#[test]
fn a_project_has_a_type_of_its_own_and_other_ron_files_do_not() {
    let mime = text(MIME);
    let mime = Document::parse(&mime).unwrap();
    let of = |name: &str| {
        mime.descendants()
            .find(|n| {
                n.has_tag_name((n.tag_name().namespace().unwrap_or(""), "mime-type"))
                    && n.attribute("type") == Some(name)
            })
            .unwrap()
    };
    let (project, other) = (of(PROJECT), of("text/x-ron"));
    let weight = |node: roxmltree::Node<'_, '_>| {
        let glob = node.descendants().find(|n| n.tag_name().name() == "glob").unwrap();
        assert_eq!(glob.attribute("pattern"), Some("*.ron"));
        glob.attribute("weight").map_or(50, |w| w.parse::<u32>().unwrap())
    };
    assert!(weight(project) < weight(other), "a name alone makes no project");
    assert!(entry("MimeType").split(';').any(|t| t == PROJECT));
    let metainfo = text(METAINFO);
    assert_eq!(said(&Document::parse(&metainfo).unwrap(), "mediatype"), PROJECT);

    // the rules, on what is really written
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ron");
    workprint::project_file::save(&workprint::model::Project::default(), &path).unwrap();
    let written = fs::read_to_string(path).unwrap();
    let rules: Vec<(usize, usize, String)> = project
        .descendants()
        .filter(|n| n.tag_name().name() == "match")
        .map(|n| {
            let (from, to) = n.attribute("offset").map(|o| o.split_once(':').unwrap_or((o, o))).unwrap();
            (from.parse().unwrap(), to.parse().unwrap(), n.attribute("value").unwrap().replace("\\n", "\n"))
        })
        .collect();
    assert_eq!(rules.len(), 2);
    let is_project = |text: &str| {
        rules
            .iter()
            .all(|(from, to, value)| (*from..=*to).any(|at| text.get(at..).is_some_and(|t| t.starts_with(value))))
    };
    assert!(is_project(&written), "{}", &written[..60]);
    assert!(is_project(&written.replacen("version: 1,", "version: 1234567,", 1)));
    assert!(!is_project(
        "(\n    version: 1,\n    title: \"Small, for the archive\",\n    target: (\n        format: Film((\n"
    ));
}

#[test]
fn every_icon_is_drawn_in_the_sizes_that_packages_install() {
    let build = text("packaging/build");
    let sizes = build.lines().find_map(|l| l.trim().strip_prefix("for size in ")).unwrap();
    let sizes: Vec<u32> = sizes.trim_end_matches("; do").split(' ').map(|s| s.parse().unwrap()).collect();
    for name in ["icon", "document"] {
        for size in &sizes {
            let picture = Path::new(env!("OUT_DIR")).join(format!("{name}-{size}.png"));
            let picture = image::open(picture).unwrap().to_rgba8();
            assert_eq!(picture.dimensions(), (*size, *size));
            let seen = picture.pixels().filter(|p| p.0[3] > 0).count();
            assert!(seen * 2 > (size * size) as usize, "{name} is hardly there at {size}");
        }
    }
    let icon = image::open(Path::new(env!("OUT_DIR")).join("icon-16.png")).unwrap().to_rgba8();
    // the two pieces of film and what is between them can be told apart when they are smallest
    let bright = |x, y| icon.get_pixel(x, y).0[..3].iter().map(|c| u32::from(*c)).sum::<u32>();
    assert!(bright(4, 7) > 400 && bright(12, 9) > 500 && bright(8, 7) < 300);
}

#[test]
fn a_package_needs_every_package_that_the_program_asks_for() {
    let cargo = text("Cargo.toml");
    let depends = cargo.split_once("\ndepends = \"\"\"").unwrap().1.split_once("\"\"\"").unwrap().0;
    for plugin in workprint::media::REQUIRED {
        assert!(depends.contains(&format!("{} (", plugin.package)), "{} is not asked for", plugin.package);
    }
}

/// The names in `packaging/plugins`, and whether packages are not made without them.
fn bundled() -> Vec<(String, bool)> {
    let text = text("packaging/plugins");
    let names = text.lines().filter_map(|line| line.split('#').next().unwrap().split_whitespace().next());
    names.map(|name| (name.trim_end_matches('!').to_owned(), name.ends_with('!'))).collect()
}

/// The words beside exclamation marks in the program's texts, and those that elements are made of, tests left out: elements,
/// where they are any.
fn elements_in_pipelines() -> Vec<(String, String)> {
    let mut folders = vec![file("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                let made = code.split("make(\"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(made.map(|element| (path.display().to_string(), element.to_owned())));
                let parts: Vec<&str> = code.split("! ").collect();
                for (n, part) in parts.iter().enumerate() {
                    let name = path.display().to_string();
                    let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
                    found.extend((n > 0).then(|| (name.clone(), first(part))));
                    // a pipeline begins with one, too
                    found.extend(part.rsplit_once('"').map(|(_, begun)| (name, first(begun))));
                }
            }
        }
    }
    found
}

#[test]
fn packages_with_a_gstreamer_bring_every_plugin_that_the_program_asks_for() {
    workprint::media::init().unwrap();
    let bundled = bundled();
    let plugin = |element: &str| {
        let factory = gstreamer::ElementFactory::find(element)?;
        factory.plugin().map(|plugin| plugin.plugin_name().to_string())
    };
    for needed in workprint::media::REQUIRED {
        let plugin = plugin(needed.element).unwrap();
        assert!(bundled.contains(&(plugin.clone(), true)), "{}: {plugin} must be there", needed.element);
    }
    for preset in workprint::export::presets() {
        for element in preset.target.elements() {
            // one that this system lacks can't say where it is
            let Some(plugin) = plugin(element) else { continue };
            assert!(bundled.iter().any(|(name, _)| *name == plugin), "{element}: {plugin} is in no package");
        }
    }
    for (file, element) in elements_in_pipelines() {
        let Some(plugin) = plugin(&element) else { continue };
        assert!(bundled.iter().any(|(name, _)| *name == plugin), "{file} has {element}: {plugin} is in no package");
    }
    let mut names: Vec<&str> = bundled.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "one is there twice: {names:?}");
}

#[test]
fn the_icons_of_windows_and_macos_have_every_size() {
    let read = |name: &str| fs::read(Path::new(env!("OUT_DIR")).join(name)).unwrap();
    for name in ["icon", "document"] {
        let ico = read(&format!("{name}.ico"));
        // how many there are, then 16 bytes of each, the first of which is its width, 0 for 256
        let count = usize::from(ico[4]);
        let sizes: Vec<u16> =
            (0..count).map(|n| u16::from(ico[6 + 16 * n])).map(|w| if w == 0 { 256 } else { w }).collect();
        assert_eq!(sizes, [16, 24, 32, 48, 64, 128, 256]);
        let icns = read(&format!("{name}.icns"));
        assert_eq!(&icns[..4], b"icns");
        let has = |kind: &[u8]| icns.windows(4).any(|word| word == kind);
        // 128, 256 and 512 pixels
        assert!(has(b"it32") && has(b"ic08") && has(b"ic09"), "{name}");
    }
}

#[test]
fn the_bundle_of_macos_names_the_program_and_its_projects() {
    let plist = text("packaging/macos/Info.plist");
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let plist = Document::parse_with_options(&plist, options).unwrap();
    let value = |key: &str| {
        let key = plist.descendants().find(|n| n.has_tag_name("key") && n.text() == Some(key)).unwrap();
        let value = key.next_sibling_element().unwrap();
        value.text().unwrap_or_default().trim().to_owned()
    };
    assert_eq!(value("CFBundleExecutable"), "workprint");
    assert_eq!(value("CFBundleIdentifier") + ".metainfo.xml", METAINFO.rsplit('/').next().unwrap());
    assert_eq!(value("CFBundleName"), entry("Name"));
    assert_eq!(value("CFBundleShortVersionString"), "@VERSION@", "packaging/macos/gather puts it there");
    let mime = plist.descendants().find(|n| n.text() == Some("public.mime-type")).unwrap();
    assert!(mime.parent().unwrap().descendants().any(|n| n.text() == Some(PROJECT)));
    assert_eq!(value("UTTypeIdentifier"), "io.github.workprint.project");
    assert_eq!(value("CFBundleTypeRole"), "Editor", "projects come first");
}

#[test]
fn the_installer_of_windows_takes_away_all_that_it_registers() {
    let script = text("packaging/windows/installer.nsi");
    let (install, remove) = script.split_once("Section \"Uninstall\"").unwrap();
    let keys: BTreeSet<&str> = install
        .lines()
        .filter_map(|line| line.trim().strip_prefix("WriteReg"))
        .map(|rest| rest.split('"').nth(1).unwrap())
        .collect();
    for key in ["${CLASSES}\\${PROJECT}", "${CLASSES}\\${WINDOW}", "${UNINSTALL}"] {
        assert!(remove.contains(&format!("DeleteRegKey HKCU \"{key}\"")), "{key} stays");
    }
    let known =
        |key: &&str| key.starts_with("${CLASSES}\\${") || key.starts_with("${CLASSES}\\.ron") || *key == "${UNINSTALL}";
    assert!(keys.iter().all(known), "{keys:?}");
    let launcher = text("packaging/windows/launcher/Cargo.toml");
    assert!(launcher.contains("name = \"workprint-window\"") && script.contains("$INSTDIR\\workprint-window.exe"));
    assert!(launcher.contains(&format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_manual_has_every_command() {
    let manual = text("packaging/linux/workprint.1");
    let commands = <workprint::cli::Cli as clap::CommandFactory>::command();
    for command in commands.get_subcommands().filter(|c| !c.is_hide_set()) {
        assert!(manual.contains(&format!("\n.B {}\n", command.get_name())), "{} is missing", command.get_name());
    }
}

#[test]
fn the_systems_own_checkers_agree() {
    let test = "the_systems_own_checkers_agree";
    for (checker, arguments, checked) in
        [("desktop-file-validate", &[][..], DESKTOP), ("appstreamcli", &["validate", "--no-net"][..], METAINFO)]
    {
        match Command::new(checker).args(arguments).arg(file(checked)).output() {
            Ok(output) => {
                let said = [output.stdout, output.stderr].concat();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
            }
            Err(_) => skipped(test, &format!("there is no {checker}")),
        }
    }
}
