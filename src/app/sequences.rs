//! What commands do to sequences, tracks and markers.

use super::action::Action;
use super::editor::{Editor, Naming, Request};
use crate::edit::{Edit, TrackChange};
use crate::model::{Frame, Marker, MarkerColor, SequenceId, TrackId};

impl Editor {
    pub(super) fn perform_on_sequences(&mut self, action: Action) {
        let active = self.project().active;
        match action {
            Action::NewSequence => self.request = Some(Request::Name(Naming::NewSequence)),
            Action::DuplicateSequence => self.request = Some(Request::Name(Naming::DuplicateSequence)),
            Action::RenameSequence => self.request = Some(Request::Name(Naming::Sequence(active))),
            Action::SequenceSettings => self.request = Some(Request::SequenceSettings),
            Action::MatchSize => {
                if let Some(edit) = self.size_of_selected() {
                    self.commit(&edit);
                }
            }
            _ => {
                if self.commit(&Edit::RemoveSequence(active)) {
                    self.look_at_whole();
                }
            }
        }
    }

    /// Opens another sequence of the project.
    pub fn open_sequence(&mut self, id: SequenceId) {
        if id != self.project().active && self.commit(&Edit::OpenSequence(id)) {
            self.look_at_whole();
        }
    }

    fn look_at_whole(&mut self) {
        (self.mark_in, self.mark_out) = (None, None);
        self.seek(Frame::ZERO);
        self.view.fit(self.sequence().end());
    }

    /// What a name dialog begins with.
    #[must_use]
    pub fn name_of(&self, naming: &Naming) -> String {
        let project = self.project();
        let number = project.sequences.len() + 1;
        match naming {
            Naming::NewSequence => format!("Sequence {number}"),
            Naming::DuplicateSequence => format!("{} copy", project.sequence().name),
            Naming::Sequence(id) => project.sequences.get(id).map_or_else(String::new, |s| s.name.clone()),
            Naming::Track(id) => project.sequence().track(*id).map_or_else(String::new, |t| t.name.clone()),
            Naming::Marker(at) => self.marker(*at).map_or_else(String::new, |m| m.name.clone()),
        }
    }

    /// Gives what was asked for a name that name.
    pub fn name(&mut self, naming: &Naming, name: &str, color: MarkerColor) {
        let name = name.to_owned();
        let made = self.commit(&match naming {
            Naming::NewSequence => Edit::AddSequence(name),
            Naming::DuplicateSequence => Edit::DuplicateSequence(name),
            Naming::Sequence(id) => Edit::RenameSequence { sequence: *id, name },
            Naming::Track(track) => Edit::SetTrack { track: *track, change: TrackChange::Name(name) },
            Naming::Marker(at) => Edit::AddMarker(Marker { at: *at, name, color }),
        });
        if made && matches!(naming, Naming::NewSequence | Naming::DuplicateSequence) {
            self.look_at_whole();
        }
    }

    /// The marker on a frame.
    #[must_use]
    pub fn marker(&self, at: Frame) -> Option<&Marker> {
        let markers = &self.sequence().markers;
        markers.binary_search_by_key(&at, |m| m.at).ok().map(|index| &markers[index])
    }

    pub(super) fn go_to_marker(&mut self, forward: bool) {
        let now = self.playhead;
        let mut frames = self.sequence().markers.iter().map(|m| m.at);
        let found = if forward { frames.find(|at| *at > now) } else { frames.rfind(|at| *at < now) };
        if let Some(at) = found {
            self.seek(at);
            self.view.reveal(at);
        }
    }

    /// Moves a track up or down among those of its kind, as it is seen.
    pub fn move_track(&mut self, track: TrackId, up: bool) {
        let Some(kind) = self.sequence().track(track).map(|t| t.kind) else { return };
        let Some(place) = self.sequence().tracks_of(kind).position(|t| t.id == track) else { return };
        // the first picture track is the lowest, the first sound track the highest
        let later = (kind == crate::model::TrackKind::Video) == up;
        let to = if later { Some(place + 1) } else { place.checked_sub(1) };
        if let Some(to) = to.filter(|to| *to < self.sequence().tracks_of(kind).count()) {
            self.commit(&Edit::MoveTrack { track, to });
        }
    }
}
