//! Painting clips: name, thumbnails, waveform.

use super::theme;
use crate::app::{AssetState, Editor};
use crate::media::{StripId, ThumbnailSheet};
use crate::model::{Clip, Frame, FrameCount, MediaKind, Project, SourceTime, TrackKind};
use crate::ui::names;
use crate::ui::textures::Textures;
use egui::{Align2, Color32, FontId, Mesh, Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use std::sync::Arc;

/// Height of the strip with the name.
const STRIP: f32 = 16.0;

/// Clips narrower than this have no name.
const NAMED: f32 = 36.0;

/// Half the width of a keyframe's mark.
const DIAMOND: f32 = 3.5;

/// Width of the mark of a grouped clip.
const MARK: f32 = 16.0;

/// What is needed to paint one clip.
pub(super) struct Painted<'a> {
    pub clip: &'a Clip,
    pub project: &'a Project,
    pub kind: TrackKind,
    pub place: Rect,
    pub lanes: Rect,
    pub selected: bool,
    pub muted: bool,
}

/// The body and the strip of a clip.
pub(super) fn colors(project: &Project, clip: &Clip, kind: TrackKind, muted: bool) -> (Color32, Color32) {
    let media = project.assets.get(&clip.content.asset).map_or(MediaKind::Video, |a| a.info.kind);
    let (body, strip) = theme::clip_colors(media, kind == TrackKind::Audio);
    if muted || !clip.enabled { (body.gamma_multiply(0.45), strip.gamma_multiply(0.45)) } else { (body, strip) }
}

pub(super) fn paint(ui: &Ui, editor: &Editor, textures: &mut Textures, painted: &Painted<'_>) {
    let Painted { clip, project, kind, place, lanes, selected, muted } = *painted;
    // a seam between neighbours
    let rect = Rect::from_min_max(place.min, pos2((place.max.x - 1.0).max(place.min.x + 1.0), place.max.y));
    let seen = rect.intersect(lanes);
    let painter = ui.painter().with_clip_rect(seen);
    let (body, strip) = colors(project, clip, kind, muted);
    painter.rect_filled(rect, 3.0, body);
    let top = Rect::from_min_size(rect.min, vec2(rect.width(), STRIP));
    painter.rect_filled(top, egui::CornerRadius { nw: 3, ne: 3, sw: 0, se: 0 }, strip);
    let state = editor.assets.get(&clip.content.asset);
    let inner = Rect::from_min_max(pos2(rect.min.x, top.max.y), rect.max);
    match kind {
        TrackKind::Video => {
            if let Some(sheet) = state.and_then(|s| s.thumbnails.as_ref().or(s.poster.as_ref())) {
                thumbnails(ui, editor, textures, painted, inner, sheet);
            }
        }
        TrackKind::Audio => {
            if let Some(state) = state {
                waveform(ui, editor, painted, inner, state, strip);
            }
        }
    }
    if let Some(mark) = state.and_then(crate::app::AssetState::mark) {
        painter.rect_filled(inner, 0.0, Color32::from_rgba_unmultiplied(70, 12, 12, 200));
        painter.text(
            inner.intersect(seen).center(),
            Align2::CENTER_CENTER,
            mark,
            FontId::proportional(11.0),
            theme::TEXT,
        );
    }
    if rect.width() >= NAMED {
        let left = pos2(rect.min.x.max(lanes.min.x) + 6.0, top.center().y);
        let (font, color) = (FontId::proportional(10.5), Color32::from_gray(235));
        let name = names::in_line(&painter, &label(clip), &font, color, seen.max.x - left.x - 4.0);
        painter.galley(left - vec2(0.0, name.size().y / 2.0), name, color);
    }
    keyframe_marks(&painter, painted, editor, inner);
    if clip.group.is_some() && rect.width() >= 2.0 * MARK {
        group_mark(ui, &painter, clip, Rect::from_min_max(pos2(rect.max.x - MARK, top.min.y), top.max), strip, seen);
    }
    if selected {
        painter.rect_stroke(rect, 3.0, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
    }
}

/// Where it has keyframes: small diamonds along its lower edge.
fn keyframe_marks(painter: &egui::Painter, painted: &Painted<'_>, editor: &Editor, inner: Rect) {
    let Painted { clip, project, lanes, .. } = *painted;
    if inner.height() < 3.0 * DIAMOND || !clip.content.properties.params().any(crate::model::Param::is_animated) {
        return;
    }
    let y = inner.max.y - 2.0 * DIAMOND;
    for at in crate::app::keyframes(clip, project.sequence().rate) {
        let middle = pos2(super::x_of(editor, lanes, at), y);
        let corners = [vec2(0.0, -DIAMOND), vec2(DIAMOND, 0.0), vec2(0.0, DIAMOND), vec2(-DIAMOND, 0.0)];
        let corners = corners.map(|corner| middle + corner).to_vec();
        let edge = Stroke::new(1.0, theme::BACKGROUND);
        painter.add(egui::Shape::convex_polygon(corners, Color32::from_gray(0xe8), edge));
    }
}

/// What tells that a clip is grouped: two corners that hold it together with others.
fn group_mark(ui: &Ui, painter: &egui::Painter, clip: &Clip, area: Rect, strip: Color32, seen: Rect) {
    painter.rect_filled(area, 0.0, strip);
    let frame = Rect::from_center_size(area.center(), vec2(9.0, 8.0));
    let line = Stroke::new(1.5, Color32::from_gray(0xf0));
    let corner = vec2(3.5, 3.0);
    for (at, x, y) in [(frame.left_top(), corner.x, corner.y), (frame.right_bottom(), -corner.x, -corner.y)] {
        painter.line_segment([at, at + vec2(x, 0.0)], line);
        painter.line_segment([at, at + vec2(0.0, y)], line);
    }
    painter.rect_filled(Rect::from_center_size(frame.center(), vec2(3.0, 3.0)), 0.0, Color32::from_gray(0xf0));
    let area = area.intersect(seen);
    if area.is_positive() {
        let response = ui.interact(area, ui.scope_id().with(("group", clip.id)), egui::Sense::hover());
        let name = format!("Grouped {}", clip.content.name);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &name));
        response.on_hover_text("Grouped: a click selects the whole group, Alt+click this clip alone.");
    }
}

/// The name, with the speed where it is not the usual one.
fn label(clip: &Clip) -> String {
    let name = &clip.content.name;
    if clip.speed.is_normal() {
        name.clone()
    } else if clip.speed.is_frozen() {
        format!("{name}  [frozen]")
    } else {
        format!("{name}  [{:.0} %]", clip.speed.as_f64() * 100.0)
    }
}

/// A row of pictures, each of the moment at its left edge.
fn thumbnails(
    ui: &Ui,
    editor: &Editor,
    textures: &mut Textures,
    painted: &Painted<'_>,
    inner: Rect,
    sheet: &Arc<ThumbnailSheet>,
) {
    let laid = textures.sheet(ui.ctx(), sheet);
    #[expect(clippy::cast_precision_loss, reason = "a size on the screen")]
    let aspect = sheet.width as f32 / sheet.height as f32;
    let width = (inner.height() * aspect).max(8.0);
    let seen = inner.intersect(painted.lanes);
    let painter = ui.painter().with_clip_rect(seen);
    let rate = painted.project.sequence().rate;
    // from the first tile in sight on
    let mut x = inner.min.x + ((seen.min.x - inner.min.x) / width).floor().max(0.0) * width;
    let mut mesh = Mesh::with_texture(laid.texture);
    let asset = painted.clip.content.asset;
    // what one tile stands for
    let apart = rate.duration_of(editor.view.count_near(f64::from(width)).max(FrameCount(1)));
    let apart = SourceTime(painted.clip.speed.scale(apart).0.abs());
    while x < seen.max.x {
        let offset = editor.view.count_near(f64::from(x - inner.min.x));
        let time = painted.clip.shown_at(offset.min(painted.clip.length - FrameCount(1)), rate);
        let tile = Rect::from_min_size(pos2(x, inner.min.y), vec2(width, inner.height()));
        // finer pictures, where the sheet's are farther apart than tiles are
        let id = StripId::of(time, apart);
        let finer = sheet.every > apart && sheet.every.0 >= id.every().0 * 2;
        if finer {
            textures.see(asset, id);
        }
        if let Some(strip) = editor.strip(asset, id).filter(|_| finer) {
            let laid = textures.sheet(ui.ctx(), strip);
            painter.image(laid.texture, tile, laid.place(strip.at(time)), Color32::from_gray(225));
        } else {
            mesh.add_rect_with_uv(tile, laid.place(sheet.at(time)), Color32::from_gray(225));
        }
        x += width;
    }
    painter.add(mesh);
}

fn waveform(ui: &Ui, editor: &Editor, painted: &Painted<'_>, inner: Rect, state: &AssetState, color: Color32) {
    let Some(wave) = &state.waveform else { return };
    let seen = inner.intersect(painted.lanes);
    let rate = painted.project.sequence().rate;
    let color = color.lerp_to_gamma(Color32::WHITE, 0.25);
    let mut mesh = Mesh::default();
    let (middle, half) = (inner.center().y, inner.height() * 0.46);
    let column = 2.0;
    let mut x = inner.min.x + ((seen.min.x - inner.min.x) / column).floor().max(0.0) * column;
    #[expect(clippy::cast_possible_truncation, reason = "a moment of the clip")]
    let time = |x: f32| {
        let frames = f64::from(x - inner.min.x) / editor.view.points_per_frame;
        let base = Frame(frames.floor() as i64);
        let within = (frames - frames.floor()) * rate.time_of(Frame(1)).0 as f64;
        let within = painted.clip.speed.scale(SourceTime(within as i64));
        painted.clip.source_at(FrameCount(base.0), rate) + within
    };
    while x < seen.max.x {
        let (a, b) = (time(x), time(x + column));
        let peak = f32::from(wave.peak(a.min(b), a.max(b))) / 255.0;
        let height = (peak * half).max(0.5);
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(x, middle - height), pos2(x + column - 0.5, middle + height)),
            color,
        );
        x += column;
    }
    ui.painter().with_clip_rect(seen).add(mesh);
}
