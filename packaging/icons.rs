//! Run by cargo before the program is compiled: renders the drawings in `assets` as icons of the usual sizes, for the window
//! and for packages, and puts them into the program where that is for Windows.

#[path = "windows/resource.rs"]
mod resource;

use icns::{IconFamily, Image};
use ico::{IconDir, IconDirEntry, IconImage, ResourceType};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// What systems ask for, twice as large ones for dense screens included.
const SIZES: [u16; 8] = [16, 24, 32, 48, 64, 128, 256, 512];

/// The largest that an icon of Windows can have.
const MOST_IN_ICO: u16 = 256;

/// What icons of macOS don't have.
const NOT_IN_ICNS: [u16; 2] = [24, 48];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for name in ["icon", "document"] {
        let drawing = format!("assets/{name}.svg");
        println!("cargo::rerun-if-changed={drawing}");
        let tree = Tree::from_data(&std::fs::read(&drawing)?, &Options::default())?;
        let picture = |size: u16| out.join(format!("{name}-{size}.png"));
        for size in SIZES {
            render(&tree, size, &picture(size))?;
        }
        gather_ico(
            SIZES.into_iter().filter(|size| *size <= MOST_IN_ICO).map(picture),
            &out.join(format!("{name}.ico")),
        )?;
        gather_icns(
            SIZES.into_iter().filter(|size| !NOT_IN_ICNS.contains(size)).map(picture),
            &out.join(format!("{name}.icns")),
        )?;
    }
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        resource::put_into_program(&out)?;
    }
    println!("cargo::rerun-if-changed=packaging/icons.rs");
    Ok(())
}

fn render(tree: &Tree, size: u16, to: &Path) -> Result<(), Box<dyn Error>> {
    let mut pixels = Pixmap::new(size.into(), size.into()).ok_or("an icon of no size")?;
    let scale = f32::from(size) / tree.size().width();
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels.save_png(to)?)
}

/// One icon for Windows of pictures of several sizes.
fn gather_ico(pictures: impl Iterator<Item = PathBuf>, to: &Path) -> Result<(), Box<dyn Error>> {
    let mut icon = IconDir::new(ResourceType::Icon);
    for picture in pictures {
        icon.add_entry(IconDirEntry::encode(&IconImage::read_png(BufReader::new(File::open(picture)?))?)?);
    }
    Ok(icon.write(File::create(to)?)?)
}

/// The same for macOS.
fn gather_icns(pictures: impl Iterator<Item = PathBuf>, to: &Path) -> Result<(), Box<dyn Error>> {
    let mut icon = IconFamily::new();
    for picture in pictures {
        icon.add_icon(&Image::read_png(BufReader::new(File::open(picture)?))?)?;
    }
    Ok(icon.write(File::create(to)?)?)
}
