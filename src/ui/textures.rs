//! Pictures on the graphics card: the preview's one, and thumbnails, the least recently shown let go. Cards take
//! pictures up to a side of their own, from 2048 on; a wider one ends the program.

use crate::media::{StripId, ThumbnailSheet};
use crate::model::AssetId;
use crate::render::Shown;
use egui::{ColorImage, Context, Rect, TextureHandle, TextureId, TextureOptions};
use std::collections::HashMap;
use std::sync::Arc;

/// Sheets on the card; each is a few hundred kilobytes.
const MOST: usize = 160;

/// A sheet as it lies on the card: its thumbnails in rows as wide as the card takes.
struct Laid {
    texture: TextureHandle,
    columns: u32,
    sheet: Arc<ThumbnailSheet>,
    used: u64,
}

/// Where a sheet's thumbnails are found.
#[derive(Clone, Copy)]
pub struct Sheet {
    /// The picture with all of them.
    pub texture: TextureId,
    columns: u32,
    rows: u32,
}

impl Sheet {
    fn of(laid: &Laid) -> Self {
        let (texture, columns) = (laid.texture.id(), laid.columns);
        Self { texture, columns, rows: laid.sheet.count.div_ceil(columns).max(1) }
    }

    /// The place of one thumbnail, in shares of the picture.
    #[expect(clippy::cast_precision_loss, reason = "a place in the texture")]
    pub fn place(self, n: u32) -> Rect {
        let size = egui::vec2(1.0 / self.columns as f32, 1.0 / self.rows as f32);
        let corner = egui::vec2((n % self.columns) as f32, (n / self.columns) as f32) * size;
        Rect::from_min_size(corner.to_pos2(), size)
    }
}

#[derive(Default)]
pub struct Textures {
    preview: Option<TextureHandle>,
    sheets: HashMap<usize, Laid>,
    clock: u64,
    seen: Vec<(AssetId, StripId)>,
}

impl Textures {
    /// The preview's picture; a new one replaces the last.
    pub fn preview(&mut self, ctx: &Context, new: Option<Shown>) -> Option<&TextureHandle> {
        if let Some(shown) = new {
            let size = [shown.width as usize, shown.height as usize];
            let image = thinned(ColorImage::from_rgba_premultiplied(size, &shown.rgba), side(ctx));
            match &mut self.preview {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                None => self.preview = Some(ctx.load_texture("preview", image, TextureOptions::LINEAR)),
            }
        }
        self.preview.as_ref()
    }

    /// Takes note of a strip that is in sight, whether it is there or not.
    pub fn see(&mut self, asset: AssetId, id: StripId) {
        if !self.seen.contains(&(asset, id)) {
            self.seen.push((asset, id));
        }
    }

    /// The strips that were in sight since this was asked last.
    pub fn take_seen(&mut self) -> Vec<(AssetId, StripId)> {
        std::mem::take(&mut self.seen)
    }

    /// A sheet on the card.
    pub fn sheet(&mut self, ctx: &Context, sheet: &Arc<ThumbnailSheet>) -> Sheet {
        self.clock += 1;
        let key = Arc::as_ptr(sheet) as usize;
        if let Some(laid) = self.sheets.get_mut(&key) {
            laid.used = self.clock;
            return Sheet::of(laid);
        }
        if self.sheets.len() >= MOST
            && let Some(oldest) = self.sheets.iter().min_by_key(|(_, laid)| laid.used).map(|(key, _)| *key)
        {
            self.sheets.remove(&oldest);
        }
        let (image, columns) = lay(sheet, side(ctx));
        let texture = ctx.load_texture("thumbnails", image, TextureOptions::LINEAR);
        // the sheet is kept with it, so that its address stays its own
        let laid = Laid { texture, columns, sheet: Arc::clone(sheet), used: self.clock };
        let place = Sheet::of(&laid);
        self.sheets.insert(key, laid);
        place
    }
}

/// The longest side of a picture that the card takes, in pixels.
fn side(ctx: &Context) -> usize {
    ctx.input(|i| i.max_texture_side)
}

/// A sheet's thumbnails in as many columns as fit into `side`, and how many these are.
fn lay(sheet: &ThumbnailSheet, side: usize) -> (ColorImage, u32) {
    let fit = u32::try_from(side).unwrap_or(u32::MAX) / sheet.width.max(1);
    let columns = fit.clamp(1, sheet.count.max(1));
    let (width, height) = (sheet.width as usize, sheet.height as usize);
    let whole = ColorImage::from_rgba_unmultiplied([width * sheet.count as usize, height], &sheet.pixels);
    if columns >= sheet.count {
        return (whole, columns);
    }
    let line = columns as usize * width;
    let rows = sheet.count.div_ceil(columns) as usize;
    let mut laid = ColorImage::filled([line, rows * height], egui::Color32::TRANSPARENT);
    for (row, tiles) in laid.pixels.chunks_exact_mut(line * height).enumerate() {
        let from = row * line;
        let length = line.min(whole.size[0] - from);
        for (to, of) in tiles.chunks_exact_mut(line).zip(whole.pixels.chunks_exact(whole.size[0])) {
            to[..length].copy_from_slice(&of[from..from + length]);
        }
    }
    (laid, columns)
}

/// A picture of which no side is longer than `side`: every second, third … pixel of one that is too large, which only
/// sequences many times as wide as high make.
fn thinned(image: ColorImage, side: usize) -> ColorImage {
    let [width, height] = image.size;
    let step = width.max(height).div_ceil(side.max(1));
    if step <= 1 {
        return image;
    }
    let size = [width.div_ceil(step), height.div_ceil(step)];
    let lines = image.pixels.chunks_exact(width).step_by(step);
    let pixels = lines.flat_map(|line| line.iter().step_by(step).copied()).collect();
    ColorImage::new(size, pixels)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
mod tests {
    use super::*;
    use crate::model::SourceTime;
    use egui::Color32;

    #[test]
    fn thumbnails_lie_in_rows_where_the_card_is_narrower_than_their_sheet() {
        // the pixels of a thumbnail tell its number and their own place in it
        let (width, height, count) = (40_u32, 3_u32, 7_u32);
        let pixel = |n: u32, x: u32, y: u32| [n as u8 * 30, x as u8, y as u8, 255];
        let pixels = (0..height).flat_map(|y| (0..width * count).map(move |x| (x, y)));
        let pixels = pixels.flat_map(|(x, y)| pixel(x / width, x % width, y)).collect();
        let (from, every) = (SourceTime::ZERO, SourceTime::SECOND);
        let sheet = Arc::new(ThumbnailSheet { width, height, count, from, every, pixels });
        for side in [30, 40, 79, 80, 100, 130, 240, 279, 280, 8192] {
            let (image, columns) = lay(&sheet, side);
            assert!(image.size[0] <= side.max(40), "{:?} on a card of {side}", image.size);
            let ctx = Context::default();
            let texture = ctx.load_texture("test", image.clone(), TextureOptions::LINEAR);
            let place = Sheet::of(&Laid { texture, columns, sheet: Arc::clone(&sheet), used: 0 });
            for n in 0..count {
                let rect = place.place(n);
                let corner = (rect.min.to_vec2() * egui::vec2(image.size[0] as f32, image.size[1] as f32)).round();
                for (x, y) in [(0, 0), (39, 0), (17, 1), (0, 2), (39, 2)] {
                    let [r, g, b, a] = pixel(n, x, y);
                    let at = (corner.x as usize + x as usize, corner.y as usize + y as usize);
                    assert_eq!(image[at], Color32::from_rgba_unmultiplied(r, g, b, a), "{n} of a card of {side}");
                }
            }
        }
    }

    #[test]
    fn a_picture_wider_than_the_card_takes_is_thinned() {
        let pixels = (0..900 * 10).map(|n| Color32::from_gray((n % 900 / 4) as u8)).collect();
        let image = thinned(ColorImage::new([900, 10], pixels), 400);
        assert_eq!(image.size, [300, 4]);
        assert_eq!(image[(299, 3)], Color32::from_gray((299 * 3 / 4) as u8));
        let small = ColorImage::filled([400, 10], Color32::RED);
        assert_eq!(thinned(small.clone(), 400).size, small.size);
    }
}
