//! The fonts of the system for what the window's own have no glyphs of: looked for on a thread, and only when a name or a
//! title that is shown needs one.

use crate::app::{Editor, Level};
use crate::model::{Generator, Project};
use crossbeam_channel::{Receiver, Sender, bounded};
use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{Context, FontData, FontFamily, FontId};
use skrifa::MetadataProvider;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use unicode_script::{Script, UnicodeScript};

/// Characters that are looked for in one project; a font has them by the thousand.
const MOST: usize = 4000;

/// What the thread has found.
enum Found {
    /// A font that has some of what was asked for.
    Font(String, FontData),
    /// Characters that no font has.
    Nowhere(Vec<char>),
}

/// What was looked for so far.
#[derive(Default)]
pub struct Fonts {
    seen: Option<(Arc<Project>, usize)>,
    asked: BTreeSet<char>,
    /// Of those, the ones that stand in titles.
    in_titles: BTreeSet<char>,
    thread: Option<Looking>,
}

/// The thread that looks, as long as it can be asked.
struct Looking {
    asks: Sender<Vec<char>>,
    found: Receiver<Found>,
    thread: JoinHandle<()>,
}

impl Drop for Fonts {
    fn drop(&mut self) {
        let Some(Looking { asks, found, thread }) = self.thread.take() else { return };
        // it ends when nobody asks any more, and nobody hears
        drop((asks, found));
        // that it panicked was said by then
        let _ = thread.join();
    }
}

impl Fonts {
    /// Asks for what is missing, and takes in what was found.
    pub fn update(&mut self, ctx: &Context, editor: &mut Editor) {
        self.take_in(ctx, editor);
        let project = editor.shown_project();
        let coming = editor.importing.waiting.len();
        if self.seen.as_ref().is_some_and(|(seen, n)| Arc::ptr_eq(seen, project) && *n == coming) {
            return;
        }
        self.seen = Some((Arc::clone(project), coming));
        let titles = project.assets.values().filter_map(|a| match a.info.generator.as_deref() {
            Some(Generator::Title(title)) => Some(title.text.as_str()),
            _ => None,
        });
        self.in_titles.extend(titles.flat_map(str::chars).filter(|c| !c.is_ascii()));
        let names =
            project.assets.values().map(|a| a.name.as_str()).chain(project.sequences.values().map(|s| &*s.name));
        let mut needed: BTreeSet<char> = names.flat_map(str::chars).filter(|c| !c.is_ascii()).collect();
        let files = editor.importing.waiting.iter().filter_map(|path| path.file_name()?.to_str());
        needed.extend(files.flat_map(str::chars).filter(|c| !c.is_ascii()));
        needed.extend(&self.in_titles);
        needed.retain(|c| !self.asked.contains(c));
        if needed.is_empty() || self.asked.len() > MOST {
            return;
        }
        self.asked.extend(&needed);
        let font = FontId::proportional(13.0);
        let lacks = |c: &char| !c.is_control() && !ctx.fonts_mut(|fonts| fonts.has_glyph(&font, *c));
        let missing: Vec<char> = needed.into_iter().filter(lacks).collect();
        if !missing.is_empty() {
            self.ask(ctx, missing);
        }
    }

    fn ask(&mut self, ctx: &Context, missing: Vec<char>) {
        if self.thread.is_none() {
            let (asks, asked) = bounded::<Vec<char>>(16);
            let (finds, found) = bounded(64);
            let ctx = ctx.clone();
            let started = std::thread::Builder::new().name("fonts".into()).spawn(move || look(&ctx, &asked, &finds));
            // without a thread there are boxes, as before
            self.thread = started.ok().map(|thread| Looking { asks, found, thread });
        }
        if let Some(Looking { asks, .. }) = &self.thread {
            // sixteen questions at once are more than one project asks
            let _ = asks.try_send(missing);
        }
    }

    fn take_in(&self, ctx: &Context, editor: &mut Editor) {
        let Some(Looking { found, .. }) = &self.thread else { return };
        for found in found.try_iter() {
            match found {
                Found::Font(name, data) => {
                    let last = |family| InsertFontFamily { family, priority: FontPriority::Lowest };
                    let families = vec![last(FontFamily::Proportional), last(FontFamily::Monospace)];
                    ctx.add_font(FontInsert::new(&name, data, families));
                }
                Found::Nowhere(chars) => {
                    let scripts = scripts(chars.into_iter().filter(|c| self.in_titles.contains(c)));
                    if !scripts.is_empty() {
                        let text = format!(
                            "A title has characters that no font of this system has: {scripts}. They show as boxes, in the \
                             film too; install a font for them."
                        );
                        editor.notify(Level::Problem, text);
                    }
                }
            }
        }
    }
}

/// The scripts that characters belong to, by name, each with the first of them.
fn scripts(chars: impl Iterator<Item = char>) -> String {
    let mut named: Vec<(Script, char)> = Vec::new();
    for c in chars {
        if !named.iter().any(|(script, _)| *script == c.script()) {
            named.push((c.script(), c));
        }
    }
    let name = |(script, c): &(Script, char)| match script {
        Script::Common | Script::Inherited | Script::Unknown => format!("U+{:04X}", u32::from(*c)),
        script => script.full_name().replace('_', " "),
    };
    named.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Looks for fonts as long as anybody asks.
fn look(ctx: &Context, asked: &Receiver<Vec<char>>, finds: &Sender<Found>) {
    let mut system: Option<fontdb::Database> = None;
    for missing in asked {
        let system = system.get_or_insert_with(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_system_fonts();
            fonts
        });
        let mut missing: Vec<char> = missing;
        let mut nowhere = Vec::new();
        while let Some(first) = missing.first().copied() {
            let Some((name, data, has)) = font_for(system, first, &missing) else {
                nowhere.push(first);
                missing.remove(0);
                continue;
            };
            missing.retain(|c| !has.contains(c));
            if finds.send(Found::Font(name, data)).is_err() {
                return;
            }
        }
        if !nowhere.is_empty() && finds.send(Found::Nowhere(nowhere)).is_err() {
            return;
        }
        ctx.request_repaint();
    }
}

/// The plainest font that has a character, and which of the others it has.
fn font_for(system: &fontdb::Database, first: char, all: &[char]) -> Option<(String, FontData, Vec<char>)> {
    let covered = |id| -> Option<Vec<char>> {
        system.with_face_data(id, |data, index| {
            let font = skrifa::FontRef::from_index(data, index).ok()?;
            let map = font.charmap();
            let has = |c: &&char| map.map(**c).is_some_and(|glyph| glyph.to_u32() != 0);
            Some(all.iter().filter(has).copied().collect())
        })?
    };
    let mut faces: Vec<&fontdb::FaceInfo> = system.faces().collect();
    // upright and of the usual weight, without serifs, and the small file of two
    faces.sort_by_key(|face| {
        let name = face.families.first().map_or("", |(name, _)| name.as_str());
        let plain = face.style == fontdb::Style::Normal && face.weight == fontdb::Weight::NORMAL;
        (!plain, !name.contains("Sans"), face.monospaced, name.len(), name)
    });
    let (face, has) = faces.into_iter().find_map(|face| {
        let has = covered(face.id)?;
        has.contains(&first).then_some((face, has))
    })?;
    let (data, index) = system.with_face_data(face.id, |data, index| (data.to_vec(), index))?;
    let mut font = FontData::from_owned(data);
    font.index = index;
    let name = face.families.first().map_or_else(|| face.post_script_name.clone(), |(name, _)| name.clone());
    Some((format!("system {name}"), font, has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_named_once() {
        assert_eq!(scripts("東京 مق".chars().filter(|c| *c != ' ')), "Han, Arabic");
        assert_eq!(scripts("\u{1FAE0}".chars()), "U+1FAE0");
    }
}
