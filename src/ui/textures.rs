//! Pictures on the graphics card: the preview's one, and thumbnails, the least recently shown let go.

use crate::media::{StripId, ThumbnailSheet};
use crate::model::AssetId;
use crate::render::Shown;
use egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};
use std::collections::HashMap;
use std::sync::Arc;

/// Sheets on the card; each is a few hundred kilobytes.
const MOST: usize = 160;

#[derive(Default)]
pub struct Textures {
    preview: Option<TextureHandle>,
    sheets: HashMap<usize, (TextureHandle, Arc<ThumbnailSheet>, u64)>,
    clock: u64,
    seen: Vec<(AssetId, StripId)>,
}

impl Textures {
    /// The preview's picture; a new one replaces the last.
    pub fn preview(&mut self, ctx: &Context, new: Option<Shown>) -> Option<&TextureHandle> {
        if let Some(shown) = new {
            let size = [shown.width as usize, shown.height as usize];
            let image = ColorImage::from_rgba_premultiplied(size, &shown.rgba);
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

    /// The texture of a sheet.
    pub fn sheet(&mut self, ctx: &Context, sheet: &Arc<ThumbnailSheet>) -> TextureId {
        self.clock += 1;
        let key = Arc::as_ptr(sheet) as usize;
        if let Some((texture, _, used)) = self.sheets.get_mut(&key) {
            *used = self.clock;
            return texture.id();
        }
        if self.sheets.len() >= MOST
            && let Some(oldest) = self.sheets.iter().min_by_key(|(_, (_, _, used))| *used).map(|(key, _)| *key)
        {
            self.sheets.remove(&oldest);
        }
        let size = [(sheet.width * sheet.count) as usize, sheet.height as usize];
        let image = ColorImage::from_rgba_unmultiplied(size, &sheet.pixels);
        let texture = ctx.load_texture("thumbnails", image, TextureOptions::LINEAR);
        let id = texture.id();
        // the sheet is kept with it, so that its address stays its own
        self.sheets.insert(key, (texture, Arc::clone(sheet), self.clock));
        id
    }
}
