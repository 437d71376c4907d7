//! Questions that are asked before work is lost, each with the answers it has.

use super::bin::clock;
use super::dialog;
use crate::app::{Editor, Recovered, Request};
use egui::Context;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How wide they are, in points: a window of the least size has room for that.
const WIDTH: f32 = 440.0;

/// A question that waits for its answer.
pub enum Question {
    /// What is not saved would be lost by this.
    Unsaved(Request),
    /// Something else lies where the project is to be saved: its own file, changed by another program, or another file.
    Conflict { path: PathBuf, changed: bool },
    /// Another window has this project open.
    OpenElsewhere(PathBuf),
    /// The program is to end while an export runs.
    ExportRuns,
}

/// What was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// What is proposed.
    Main,
    /// What else there is.
    Other,
    /// What loses something.
    Loses,
    /// Nothing is done.
    Stay,
}

/// What a question says, and what its answers are called.
struct Words {
    heading: String,
    text: String,
    main: &'static str,
    other: Option<&'static str>,
    loses: Option<&'static str>,
    stay: &'static str,
}

impl Question {
    /// Shows it, and does what is answered; whether it still waits.
    pub fn show(&self, ctx: &Context, editor: &mut Editor) -> bool {
        let Some(answer) = ask(ctx, &self.words(editor)) else { return true };
        match (self, answer) {
            (Self::Unsaved(request), Answer::Main) => editor.save_then(request.clone()),
            (Self::Unsaved(request), Answer::Loses) => {
                editor.give_up();
                editor.request = Some(request.clone());
            }
            (Self::Conflict { .. }, Answer::Main) => editor.request = Some(Request::SaveAs),
            (Self::Conflict { path, .. }, Answer::Loses) => editor.save_to(path.clone(), true),
            (Self::Conflict { .. }, _) => editor.do_not_save(),
            (Self::OpenElsewhere(path), Answer::Loses) => editor.go_on(Request::OpenAnyway(path.clone())),
            (Self::ExportRuns, Answer::Other) => editor.quit_anyway(false),
            (Self::ExportRuns, Answer::Loses) => editor.quit_anyway(true),
            _ => {}
        }
        false
    }

    fn words(&self, editor: &Editor) -> Words {
        match self {
            Self::Unsaved(request) => {
                let text = match request {
                    Request::Show(read) => format!(
                        "It was changed while “{}” was being opened, which takes its place. Without saving, the changes are \
                         lost.",
                        name(&read.path)
                    ),
                    _ => "Without saving, they are lost.".to_owned(),
                };
                let heading = format!("Save the changes to “{}”?", editor.title());
                Words { heading, text, main: "Save", other: None, loses: Some("Don't Save"), stay: "Cancel" }
            }
            Self::Conflict { path, changed } => {
                let (heading, text) = if *changed {
                    let text = "Since it was opened or saved here, another program, or another window, has written this \
                                file. Overwriting it loses what was done there.";
                    (format!("“{}” was changed on disk", name(path)), text)
                } else {
                    let text = "It is not the file of this project. Overwriting it loses what is in it.";
                    (format!("There is a file named “{}” already", name(path)), text)
                };
                let text = format!("{text}\n\n{}", path.display());
                Words { heading, text, main: "Save As…", other: None, loses: Some("Overwrite"), stay: "Cancel" }
            }
            Self::OpenElsewhere(path) => {
                let text = "Whichever of the two windows saves last would replace what the other has saved; it asks before \
                            it does.";
                let (text, heading) = (format!("{text}\n\n{}", path.display()), "open in another window");
                let heading = format!("“{}” is {heading}", name(path));
                Words { heading, text, main: "Don't Open", other: None, loses: Some("Open Anyway"), stay: "" }
            }
            // it ended while this was asked
            Self::ExportRuns if !editor.exporting() => {
                let (heading, text) = ("No export is running any more", "Nothing would be lost by it now.");
                let (main, other) = ("Keep Working", Some("Quit"));
                Words { heading: heading.to_owned(), text: text.to_owned(), main, other, loses: None, stay: "" }
            }
            Self::ExportRuns => {
                let (heading, text, loses) = of_exports(editor);
                let (main, other) = ("Keep Working", Some("Quit, Export Later"));
                Words { heading, text, main, other, loses: Some(loses), stay: "" }
            }
        }
    }
}

/// Offers what was left behind.
pub fn offer_recovery(ctx: &Context, editor: &mut Editor) {
    let Some(found) = editor.recoverable.last().cloned() else { return };
    let Some(answer) = ask(ctx, &words_of(&found, editor.recoverable.len())) else { return };
    editor.recoverable.pop();
    match answer {
        Answer::Main => {
            // one at a time: another would take this one's place
            editor.recoverable.clear();
            editor.ask(Request::Recover(Box::new(found)));
        }
        Answer::Loses => editor.discard(found),
        Answer::Other | Answer::Stay => editor.recoverable.clear(),
    }
}

fn words_of(found: &Recovered, all: usize) -> Words {
    let how = if found.orderly {
        "The system ended Workprint while there were changes that were not saved."
    } else {
        "Workprint did not end properly."
    };
    let project = &found.project;
    let clips: usize = project.sequences.values().flat_map(|s| s.tracks.iter()).map(|t| t.clips.iter().count()).sum();
    let (sequences, files) = (project.sequences.len(), project.assets.len());
    let longest = project.sequences.values().map(|s| s.rate.duration_of(s.span().length).seconds()).fold(0.0, f64::max);
    let mut holds = vec![count(clips, "clip"), count(files, "item in the bin"), length(longest)];
    if sequences > 1 {
        holds.insert(0, count(sequences, "sequence"));
    }
    let of = found.path.as_ref().map_or_else(|| "A project without a name".to_owned(), |p| p.display().to_string());
    let mut text = format!("{how}\n\n{of}\nKept {}: {}.", ago(found.age()), holds.join(", "));
    if all > 1 {
        text.push_str("\n\nThere is more; it is offered at the next start.");
    }
    let heading = "Unsaved work was found".to_owned();
    Words { heading, text, main: "Open It", other: Some("Not Now"), loses: Some("Discard"), stay: "" }
}

/// The question before the program ends while exports run: its heading, its text, and what giving them up is called.
fn of_exports(editor: &Editor) -> (String, String, &'static str) {
    let waiting = editor.exports.waiting();
    let mut said = Vec::new();
    let running = editor.exports.running();
    said.extend(running.map(|run| format!("“{}” is at {} %; stopped, it leaves no file.", run.name(), run.per_cent())));
    match (running.is_some(), waiting) {
        (_, 0) => {}
        (true, n) => said.push(format!("{} behind it.", if n == 1 { "1 waits".into() } else { format!("{n} wait") })),
        (false, n) => said.push(format!("{} to begin.", if n == 1 { "1 waits".into() } else { format!("{n} wait") })),
    }
    let (heading, they, loses) = if waiting + usize::from(running.is_some()) > 1 {
        ("Exports are running", "they are offered at the next start and begin", "Stop Them and Quit")
    } else {
        ("An export is running", "it is offered at the next start and begins", "Stop It and Quit")
    };
    said.push(format!("Left for later, {they} anew."));
    (heading.to_owned(), said.join(" "), loses)
}

fn count(n: usize, what: &str) -> String {
    if n == 1 {
        return format!("1 {what}");
    }
    match what.split_once(' ') {
        Some((what, rest)) => format!("{n} {what}s {rest}"),
        None => format!("{n} {what}s"),
    }
}

fn length(seconds: f64) -> String {
    format!("{} long", clock(seconds))
}

/// How long ago, as people say it.
fn ago(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    let say = |n: u64, what: &str| if n == 1 { format!("1 {what} ago") } else { format!("{n} {what}s ago") };
    match minutes {
        0 => "less than a minute ago".to_owned(),
        1..60 => say(minutes, "minute"),
        60..1440 => say(minutes / 60, "hour"),
        _ => say(minutes / 1440, "day"),
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Shows a question; its answer once there is one.
fn ask(ctx: &Context, words: &Words) -> Option<Answer> {
    let mut answer = None;
    let response = dialog::show(ctx, "question", |ui| {
        ui.set_width(WIDTH);
        ui.label(super::names::text(&words.heading, 17.0, super::theme::TEXT));
        ui.add_space(2.0);
        ui.add(egui::Label::new(&words.text).wrap());
        let entered = dialog::entered(ui);
        dialog::foot(ui, |ui| {
            if dialog::main_button(ui, words.main, true) || entered {
                answer = Some(Answer::Main);
            }
            if words.other.is_some_and(|other| ui.button(other).clicked()) {
                answer = Some(Answer::Other);
            }
            if !words.stay.is_empty() && ui.button(words.stay).clicked() {
                answer = Some(Answer::Stay);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                // the second click of two was for the question before, whose button was in the same place
                let meant = |response: &egui::Response| response.clicked() && !response.double_clicked();
                if words.loses.is_some_and(|loses| meant(&ui.button(loses))) {
                    answer = Some(Answer::Loses);
                }
            });
        });
    });
    answer.or(response.escaped.then_some(Answer::Stay))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_counts_are_said_as_people_do() {
        let of = |minutes: u64| ago(Duration::from_secs(minutes * 60 + 30));
        assert_eq!(
            [of(0), of(1), of(59), of(60), of(23 * 60), of(60 * 24), of(60 * 24 * 9)],
            [
                "less than a minute ago",
                "1 minute ago",
                "59 minutes ago",
                "1 hour ago",
                "23 hours ago",
                "1 day ago",
                "9 days ago"
            ]
        );
        assert_eq!(
            [count(1, "item in the bin"), count(2, "item in the bin"), count(0, "clip")],
            ["1 item in the bin", "2 items in the bin", "0 clips"]
        );
        assert_eq!([length(59.6), length(3725.0)], ["1:00 long", "1:02:05 long"]);
    }
}
