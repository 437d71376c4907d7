//! A random walk over the window: commands and gestures from a seed. Whatever is done, the document stays consistent, what is
//! selected is there and was touched, the playhead stands in the film, and undo leads back to the beginning, redo to the
//! end.
//!
//! `WORKPRINT_WALK=100000 cargo test --test window walk` goes farther; `WORKPRINT_WALK_SEED=7` goes another way.
//!
//! The memory that it tells grows by what egui keeps for debugging, a line for each id that there ever was, and by the
//! arenas of the C library, which the program limits and tests do not. To see the window's own, leave both out:
//! `GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.mmap_threshold=32768:glibc.malloc.tcache_count=0 cargo --config
//! 'profile.dev.package.egui.debug-assertions=false' test --test window walk -- --nocapture`.

use super::hands::{card, hold, point};
use super::{common, import_music, with_media};
use common::Seeded;
use egui::accesskit::Role;
use egui::{Event, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::collections::HashSet;
use std::sync::Arc;
use workprint::app::Action;
use workprint::edit::{Edit, TrackChange};
use workprint::model::{ClipId, Frame, Project, Speed, TrackId};
use workprint::ui::Window;

/// Steps between a beginning and the way back to it.
const ROUND: usize = 100;

/// What asks for files, ends the program, replaces the document or exports it; and plays, which goes on by itself.
const NOT_HERE: &[Action] = &[
    Action::New,
    Action::Open,
    Action::Save,
    Action::SaveAs,
    Action::Import,
    Action::WriteTimeline,
    Action::Export,
    Action::ShowExports,
    Action::Quit,
    Action::PlayPause,
    Action::Play,
    Action::ShuttleBack,
];

/// What changes the document most: done as often as all others together.
const EDITING: &[Action] = &[
    Action::Cut,
    Action::Paste,
    Action::PasteInsert,
    Action::Duplicate,
    Action::Link,
    Action::Group,
    Action::Ungroup,
    Action::CrossDissolve,
    Action::DipToWhite,
    Action::WipeLeft,
    Action::RemoveTransitions,
    Action::FreezeFrame,
    Action::Reverse,
    Action::LayoutCorner,
    Action::LayoutSideBySide,
    Action::Delete,
    Action::RippleDelete,
    Action::Split,
    Action::SplitAll,
    Action::Insert,
    Action::Overwrite,
    Action::Append,
    Action::LiftRange,
    Action::ExtractRange,
    Action::RippleStart,
    Action::RippleEnd,
    Action::CloseAllGaps,
    Action::NewTitle,
    Action::MarkIn,
    Action::MarkOut,
];

/// The buttons with which dialogs are answered.
const ANSWERS: &[&str] = &["OK", "Apply", "Change Speed", "Close", "Cancel"];

struct Walk {
    harness: Harness<'static, Window>,
    random: Seeded,
    /// The last things that were done.
    done: Vec<String>,
    seed: u64,
    /// What was done before it began.
    steps: usize,
}

impl Walk {
    fn editor(&mut self) -> &mut workprint::app::Editor {
        &mut self.harness.state_mut().editor
    }

    fn step(&mut self) {
        self.harness.step();
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() { None } else { Some(all[self.random.below(all.len())].clone()) }
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.random.below(n) == 0
    }

    fn frame(&mut self) -> Frame {
        let end = usize::try_from(self.editor().sequence().end().0).unwrap();
        Frame(i64::try_from(self.random.below(end + 60)).unwrap())
    }

    fn clips(&mut self) -> Vec<(TrackId, String, ClipId, i64, i64)> {
        let sequence = Arc::clone(self.editor().sequence());
        let of = |t: &Arc<workprint::model::Track>| {
            t.clips.iter().map(|c| (t.id, t.name.clone(), c.id, c.start.0, c.end().0)).collect::<Vec<_>>()
        };
        sequence.tracks.iter().flat_map(of).collect()
    }

    /// A place on the timeline: on a clip's edge or middle, else anywhere.
    fn place(&mut self) -> Pos2 {
        let clips = self.clips();
        if let Some((_, track, _, start, end)) = self.pick(&clips).filter(|_| self.random.below(4) > 0)
            && self.harness.query_all_by_label(&track).count() == 1
        {
            let (frame, beside) = match self.random.below(4) {
                0 => (start, 2.0),
                1 => (end, -3.0),
                _ => (i64::midpoint(start, end), 0.0),
            };
            let at = point(&self.harness, &track, frame) + vec2(beside, 0.0);
            // the upper part has handles of fades, the lower part of transitions
            return at + vec2(0.0, [-12.0, 0.0, 12.0][self.random.below(3)]);
        }
        let lanes = self.harness.get_by_role_and_label(Role::Slider, "Playhead").rect();
        #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
        let within = |n: usize, of: f32| n as f32 / 1000.0 * of;
        let (x, y) = (self.random.below(1000), self.random.below(1000));
        pos2(lanes.min.x + within(x, lanes.width()), lanes.max.y + within(y, 230.0))
    }

    fn modifiers(&mut self) -> Modifiers {
        [Modifiers::NONE, Modifiers::NONE, Modifiers::NONE, Modifiers::SHIFT, Modifiers::ALT, Modifiers::COMMAND]
            [self.random.below(6)]
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        let modifiers = self.modifiers();
        let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
        hold(&mut self.harness, modifiers);
        let events = [
            Event::PointerMoved(from),
            button(from, true),
            Event::PointerMoved(from + (to - from) * 0.5),
            Event::PointerMoved(to),
        ];
        if self.one_in(3) {
            // all that a slow frame brings
            self.harness.input_mut().events.extend(events);
            for _ in 0..4 {
                self.step();
            }
        } else {
            for event in events {
                self.harness.event(event);
            }
            self.step();
        }
        if self.one_in(8) {
            self.harness.key_press(egui::Key::Escape);
            self.step();
        }
        self.harness.event(button(to, false));
        self.step();
        self.step();
        hold(&mut self.harness, Modifiers::NONE);
    }

    fn click(&mut self, at: Pos2) {
        let modifiers = self.modifiers();
        hold(&mut self.harness, modifiers);
        let button = |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers };
        for event in [Event::PointerMoved(at), button(true), button(false)] {
            self.harness.event(event);
        }
        self.step();
        hold(&mut self.harness, Modifiers::NONE);
    }

    /// Answers what is asked, or leaves it.
    fn answer(&mut self) {
        self.step();
        let labels: Vec<&str> = ANSWERS
            .iter()
            .copied()
            .filter(|label| self.harness.query_all_by_role_and_label(Role::Button, label).count() == 1)
            .collect();
        match self.pick(&labels).filter(|_| self.random.below(4) > 0) {
            Some(label) => self.harness.get_by_role_and_label(Role::Button, label).click(),
            None => self.harness.key_press(egui::Key::Escape),
        }
        self.step();
        self.step();
        // what was left open by a refused answer
        for label in ["Cancel", "Close"] {
            if self.harness.query_all_by_role_and_label(Role::Button, label).count() == 1 {
                self.harness.get_by_role_and_label(Role::Button, label).click();
                self.step();
                self.step();
            }
        }
    }

    /// Does what a command says, but does not undo what was there at the beginning.
    fn perform(&mut self, action: Action) {
        if action != Action::Undo || self.editor().history().steps() > self.steps {
            self.editor().perform(action);
        }
    }

    fn act(&mut self) -> String {
        // without the panels there is nothing for the hand
        if self.editor().full_screen {
            self.editor().perform(Action::FullScreen);
            self.step();
        }
        match self.random.below(20) {
            0..=5 => {
                let editing = self.one_in(2);
                let action = loop {
                    if editing {
                        break EDITING[self.random.below(EDITING.len())];
                    }
                    let action = Action::ALL[self.random.below(Action::ALL.len())];
                    if !NOT_HERE.contains(&action) {
                        break action;
                    }
                };
                self.perform(action);
                let asked = self.editor().request.is_some();
                self.step();
                if asked {
                    self.answer();
                }
                format!("{action:?}")
            }
            6..=9 => {
                let (from, to) = (self.place(), self.place());
                let to = if self.one_in(2) { pos2(to.x, from.y) } else { to };
                self.drag(from, to);
                format!("drag {from:?} to {to:?}")
            }
            10 | 11 => {
                let at = self.place();
                self.click(at);
                format!("click {at:?}")
            }
            12 | 13 => {
                let name = ["one.mp4", "two.mp4", "music.wav"][self.random.below(3)];
                let (from, to) = (card(&self.harness, name), self.place());
                self.drag(from, to);
                format!("drop {name} at {to:?}")
            }
            14 => {
                let event = [Event::Copy, Event::Cut, Event::Paste("clips".into())][self.random.below(3)].clone();
                let text = format!("{event:?}");
                self.harness.event(event);
                self.step();
                text
            }
            15 => {
                let all: Vec<_> = self.editor().project().assets.keys().copied().collect();
                let some: Vec<_> = all.into_iter().filter(|_| self.random.below(2) == 0).collect();
                self.editor().bin_selection.clone_from(&some);
                let frame = self.frame();
                self.editor().seek(frame);
                format!("bin {some:?}, seek {frame:?}")
            }
            16 => {
                let action = [Action::Undo, Action::Undo, Action::Redo][self.random.below(3)];
                self.perform(action);
                self.step();
                format!("{action:?}")
            }
            17 => self.on_tracks(),
            18 => {
                let (num, den) = [(1, 2), (2, 1), (-1, 1), (0, 1), (3, 2), (1, 1)][self.random.below(6)];
                let ripple = self.one_in(2);
                self.editor().set_speed(Speed::new(num, den).unwrap(), ripple);
                self.step();
                format!("speed {num}/{den} {ripple}")
            }
            _ => {
                let offered = self.editor().offer.is_some();
                self.editor().take_offer();
                let sequences: Vec<_> = self.editor().project().sequences.keys().copied().collect();
                if let Some(id) = self.pick(&sequences) {
                    self.editor().open_sequence(id);
                }
                self.step();
                format!("offer {offered}, another sequence")
            }
        }
    }

    fn on_tracks(&mut self) -> String {
        let tracks: Vec<TrackId> = self.editor().sequence().tracks.iter().map(|t| t.id).collect();
        let Some(track) = self.pick(&tracks) else {
            self.editor().perform(Action::AddVideoTrack);
            return "a track".into();
        };
        let on = self.one_in(2);
        let change = [
            TrackChange::Locked(on && self.random.below(3) == 0),
            TrackChange::Muted(on),
            TrackChange::Target(on),
            TrackChange::Height(60),
        ][self.random.below(4)]
        .clone();
        let edit = if self.one_in(6) { Edit::RemoveTrack(track) } else { Edit::SetTrack { track, change } };
        self.editor().commit(&edit);
        self.step();
        format!("{edit:?}")
    }

    /// What must hold, whatever was done.
    fn check(&mut self, before: &Project, selected: &HashSet<ClipId>) {
        let done = self.done[self.done.len().saturating_sub(6)..].join("\n  ");
        let context = format!("seed {}, after\n  {done}", self.seed);
        let editor = &self.harness.state().editor;
        assert_eq!(editor.project().check(), Ok(()), "{context}");
        let sequence = editor.sequence();
        assert!(editor.selection.iter().all(|id| sequence.clip(*id).is_some()), "selected and gone: {context}");
        let transition = editor.selected_transition.and_then(|id| sequence.clip(id));
        assert_eq!(
            transition.is_some_and(|(_, c)| c.transition.is_some()),
            editor.selected_transition.is_some(),
            "{context}"
        );
        assert!((Frame::ZERO..=sequence.end()).contains(&editor.playhead), "{:?}: {context}", editor.playhead);
        assert!(editor.shown_project().check().is_ok(), "{context}");
        let wrong = editor.problems.iter().find(|p| p.contains("no longer"));
        assert_eq!(wrong, None, "{context}");
        // what an edit cut off is not selected: a new clip with the very content of one that was there
        let last = self.done.last().cloned().unwrap_or_default();
        let copies = ["Paste", "Duplicate", "Undo", "Redo", "sequence", "Sequence"];
        if Arc::ptr_eq(before.sequence(), sequence) || copies.iter().any(|c| last.contains(c)) {
            return;
        }
        for id in editor.selection.iter().filter(|id| !selected.contains(id)) {
            let (Some((_, clip)), None) = (sequence.clip(*id), before.sequence().clip(*id)) else { continue };
            let rest =
                before.sequence().tracks.iter().any(|t| t.clips.iter().any(|c| Arc::ptr_eq(&c.content, &clip.content)));
            assert!(!rest, "{} at {} was cut off and is selected: {context}", clip.content.name, clip.start.0);
        }
    }

    /// Back to the beginning, forth to the end, and back again.
    fn there_and_back(&mut self, start: &Project) {
        let same = |a: &Project, b: &Project| a.sequences == b.sequences && a.assets == b.assets;
        let end = Arc::clone(self.editor().project());
        let mut undone = 0;
        while self.editor().history().steps() > self.steps {
            self.editor().perform(Action::Undo);
            undone += 1;
        }
        self.step();
        let seed = self.seed;
        assert!(same(self.editor().project(), start), "seed {seed}: undo leads elsewhere");
        for _ in 0..undone {
            self.editor().perform(Action::Redo);
        }
        assert!(same(self.editor().project(), &end), "seed {seed}: redo leads elsewhere");
        while self.editor().history().steps() > self.steps {
            self.editor().perform(Action::Undo);
        }
        self.step();
    }
}

#[test]
fn a_random_walk_breaks_nothing_and_leads_back() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let most = usize::try_from(number("WORKPRINT_WALK").unwrap_or(2_000)).unwrap();
    let first = number("WORKPRINT_WALK_SEED").unwrap_or(1);
    let (folder, mut harness) = with_media();
    import_music(&mut harness, folder.path());
    let start = Arc::clone(harness.state().editor.project());
    let steps = harness.state().editor.history().steps();
    let mut walk = Walk { harness, random: Seeded(0), done: Vec::new(), seed: 0, steps };
    let (mut walked, mut edits) = (0, 0);
    while walked < most {
        walk.seed = first + (walked / ROUND) as u64;
        let memory = memory_stats::memory_stats().map_or(0, |m| m.physical_mem >> 20);
        println!("seed {}, step {walked}, {memory} MiB", walk.seed);
        walk.random = Seeded(walk.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        walk.done.clear();
        for _ in 0..ROUND.min(most - walked) {
            let before = Arc::clone(walk.editor().project());
            let selected = walk.editor().selection.clone();
            let done = walk.act();
            if std::env::var_os("WORKPRINT_WALK_TELL").is_some() {
                println!("{done}");
            }
            walk.done.push(done);
            walk.check(&before, &selected);
            edits += usize::from(!Arc::ptr_eq(&before, walk.editor().project()));
            walked += 1;
        }
        walk.there_and_back(&start);
    }
    println!("{edits} of {walked} steps changed the document");
    assert!(edits * 5 > walked, "only {edits} of {walked} steps changed anything");
}
