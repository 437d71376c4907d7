//! What is known of the export that the dialog describes, before it is put into the queue.

use super::editor::Editor;
use super::exporting::ExportDialog;
use crate::export::{Expected, ExportSettings, Finding};
use crate::model::{Project, Span};
use crate::worker::{Ahead, Asking, Command, ExportJob};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For how long nothing must have changed before it is looked into: while a path is typed or a slider moves, nobody reads it.
const SETTLED: Duration = Duration::from_millis(300);

/// What is known of an export.
#[derive(Clone, Debug, Default)]
pub struct ExportAhead {
    /// What it is, and since when it has been that.
    of: Option<(ExportSettings, Arc<Project>, Instant)>,
    /// The question that is not answered, or was the last.
    asking: Option<Asking>,
    /// What stands against it and what to know of its clips; `None` while that is not known.
    pub findings: Option<Vec<Finding>>,
    /// What it takes.
    pub takes: Takes,
}

/// What an export takes.
#[derive(Clone, Debug, Default)]
pub enum Takes {
    /// It is not known yet.
    #[default]
    Unknown,
    /// It is this.
    Known(Box<Expected>),
    /// It can't be known, and why, in one line.
    Failed(String),
    /// It is tried when no export runs.
    Later,
}

impl ExportAhead {
    /// Whether there can be no such export, as far as is known.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.findings.as_ref().is_some_and(|found| found.iter().any(|finding| finding.blocks))
    }

    /// All there is to tell, what blocks first.
    pub fn all(&self) -> impl Iterator<Item = &Finding> {
        let tried = if let Takes::Known(expected) = &self.takes { &expected.findings[..] } else { &[] };
        self.findings.iter().flatten().chain(tried)
    }

    /// Whether more will be told.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.findings.is_none() || (!self.blocks() && matches!(self.takes, Takes::Unknown))
    }

    fn is_of(&self, settings: &ExportSettings, project: &Arc<Project>) -> bool {
        self.of.as_ref().is_some_and(|(s, p, _)| s == settings && Arc::ptr_eq(p, project))
    }
}

impl Editor {
    /// Sees to it that what is known is about what the dialog describes now. To be called as long as it is shown; gives when to
    /// call it again at the latest.
    pub fn look_ahead(&mut self, dialog: &mut ExportDialog) -> Option<Duration> {
        let project = Arc::clone(self.project());
        let settings = self.all_of(dialog)?;
        let ahead = &mut dialog.ahead;
        let now = Instant::now();
        if !ahead.is_of(&settings, &project) {
            if ahead.asking.is_some() {
                self.worker.send(Command::StopLookingAhead);
            }
            *ahead = ExportAhead { of: Some((settings, project, now)), ..ExportAhead::default() };
            return Some(SETTLED);
        }
        if matches!(ahead.takes, Takes::Later) && !self.exports.active() {
            (ahead.asking, ahead.takes, ahead.findings) = (None, Takes::Unknown, None);
        }
        if ahead.asking.is_some() {
            return None;
        }
        let since = ahead.of.as_ref().map_or(now, |(_, _, since)| *since);
        let left = SETTLED.saturating_sub(now - since);
        if left > Duration::ZERO {
            return Some(left);
        }
        let asking = self.exports.name();
        ahead.asking = Some(asking);
        let job = ExportJob { document: Some(self.document()), of: self.title(), project, settings };
        self.worker.send(Command::LookAhead(asking, Box::new(job)));
        None
    }

    /// The frames that the export that is being described copies, as far as that is known.
    #[must_use]
    pub fn copied_ahead(&self) -> &[Span] {
        match self.export.as_ref().map(|dialog| &dialog.ahead.takes) {
            Some(Takes::Known(expected)) => &expected.copied_spans,
            _ => &[],
        }
    }

    /// Nobody wants to know any more.
    pub fn stop_looking_ahead(&mut self, dialog: &mut ExportDialog) {
        if dialog.ahead.asking.is_some() {
            self.worker.send(Command::StopLookingAhead);
        }
        dialog.ahead = ExportAhead::default();
    }

    /// Takes in what was found.
    pub(super) fn looked_ahead(&mut self, asking: Asking, ahead: Ahead) {
        let Some(known) = self.export.as_mut().map(|d| &mut d.ahead).filter(|a| a.asking == Some(asking)) else {
            return;
        };
        match ahead {
            Ahead::Found(findings) => known.findings = Some(findings),
            Ahead::Expects(expected) => known.takes = Takes::Known(expected),
            Ahead::Fails(why) => {
                known.findings.get_or_insert_default();
                known.takes = Takes::Failed(why);
            }
            Ahead::Busy => {
                known.findings.get_or_insert_default();
                known.takes = Takes::Later;
            }
        }
    }

    /// Goes to where something was found, and selects its clip.
    pub fn go_to_finding(&mut self, finding: &Finding) {
        if let Some(clip) = finding.clip.filter(|clip| self.sequence().clip(*clip).is_some()) {
            self.select(clip, false, false);
        }
        if let Some(at) = finding.at {
            self.seek_and_reveal(at);
        }
    }
}
