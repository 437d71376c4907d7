//! Run by cargo before the program is compiled: renders the drawings in `assets` as icons of the usual sizes, for the window
//! and for packages.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::error::Error;
use std::path::{Path, PathBuf};

/// What systems ask for, twice as large ones for dense screens included.
const SIZES: [u16; 8] = [16, 24, 32, 48, 64, 128, 256, 512];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for name in ["icon", "document"] {
        let drawing = format!("assets/{name}.svg");
        println!("cargo::rerun-if-changed={drawing}");
        let tree = Tree::from_data(&std::fs::read(&drawing)?, &Options::default())?;
        for size in SIZES {
            render(&tree, size, &out.join(format!("{name}-{size}.png")))?;
        }
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
