//! Every command of the editor, once: menus, shortcuts and tooltips are made from this list.

use super::editor::{Editor, Tool};
use crate::render::Detail;

/// A key with its modifiers. `command` is Ctrl, and ⌘ on macOS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortcut {
    /// Ctrl or ⌘.
    pub command: bool,
    /// Shift.
    pub shift: bool,
    /// Alt or ⌥.
    pub alt: bool,
    /// The key's name.
    pub key: &'static str,
}

const fn key(key: &'static str) -> Shortcut {
    Shortcut { command: false, shift: false, alt: false, key }
}

const fn shift(key: &'static str) -> Shortcut {
    Shortcut { command: false, shift: true, alt: false, key }
}

const fn alt(key: &'static str) -> Shortcut {
    Shortcut { command: false, shift: false, alt: true, key }
}

const fn command(key: &'static str) -> Shortcut {
    Shortcut { command: true, shift: false, alt: false, key }
}

const fn command_alt(key: &'static str) -> Shortcut {
    Shortcut { command: true, shift: false, alt: true, key }
}

const fn command_shift(key: &'static str) -> Shortcut {
    Shortcut { command: true, shift: true, alt: false, key }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident, $title:literal, [$($shortcut:expr),*];)*) => {
        /// A command of the editor.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every command.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// What menus call it.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Its keys; the first is shown in menus.
            #[must_use]
            pub fn shortcuts(self) -> &'static [Shortcut] {
                match self { $(Self::$name => const { &[$($shortcut),*] },)* }
            }
        }
    };
}

actions! {
    /// Starts an empty project.
    New, "New Project", [command("N")];
    /// Opens a project.
    Open, "Open Project…", [command("O")];
    /// Saves the project.
    Save, "Save", [command("S")];
    /// Saves the project under another name.
    SaveAs, "Save As…", [command_shift("S")];
    /// Brings media into the bin.
    Import, "Import Media…", [command("I")];
    /// Writes the timeline for other programs.
    WriteTimeline, "Export Timeline…", [];
    /// Puts a title over the picture at the playhead.
    NewTitle, "New Title", [];
    /// Puts a picture of one colour at the playhead.
    NewSolid, "New Solid Colour", [];
    /// Renders the timeline to a file.
    Export, "Export…", [command("M"), command("E")];
    /// Brings the panel with the exports to the front.
    ShowExports, "Show Exports", [command_alt("E")];
    /// Ends the program.
    Quit, "Quit", [command("Q")];
    /// Takes the last edit back.
    Undo, "Undo", [command("Z")];
    /// Does the last undone edit again.
    Redo, "Redo", [command_shift("Z"), command("Y")];
    /// Takes the selected clips out into the clipboard.
    Cut, "Cut", [];
    /// Copies the selected clips.
    Copy, "Copy", [];
    /// Puts the clipboard at the playhead over what is there.
    Paste, "Paste", [];
    /// Puts the clipboard at the playhead and pushes the rest right.
    PasteInsert, "Paste Insert", [command_shift("V")];
    /// Puts a copy of the selected clips behind them.
    Duplicate, "Duplicate", [command("D")];
    /// Links the selected clips, or takes their links away.
    Link, "Link / Unlink", [command("L")];
    /// Groups the selected clips.
    Group, "Group", [command("G")];
    /// Takes the groups of the selected clips away.
    Ungroup, "Ungroup", [command_shift("G")];
    /// Shows and sounds the selected clips, or does neither.
    Enable, "Enable / Disable", [command_shift("E")];
    /// Puts a dissolve on the cut that is meant, a crossfade on its sound.
    CrossDissolve, "Cross Dissolve", [command("T")];
    /// Lets the picture go to black on the cut.
    DipToBlack, "Dip to Black", [];
    /// Lets the picture go to white on the cut.
    DipToWhite, "Dip to White", [];
    /// Uncovers the picture after the cut from the right.
    WipeLeft, "Wipe Left", [];
    /// Uncovers the picture after the cut from the left.
    WipeRight, "Wipe Right", [];
    /// Uncovers the picture after the cut from below.
    WipeUp, "Wipe Up", [];
    /// Uncovers the picture after the cut from above.
    WipeDown, "Wipe Down", [];
    /// Takes the selected clips' transitions away.
    RemoveTransitions, "Remove Transitions", [command_shift("T")];
    /// Lets the selected clips run slower or faster.
    Speed, "Speed…", [command("R")];
    /// Lets the picture stand still from the playhead on.
    FreezeFrame, "Freeze Frame from Playhead", [shift("F")];
    /// Lets the selected clips run the other way round.
    Reverse, "Reverse", [];
    /// Lays the selected clips into the corners of the lowest one.
    LayoutCorner, "Picture in Picture", [];
    /// Shows two selected clips beside each other.
    LayoutSideBySide, "Side by Side", [];
    /// Shows the selected clips two by two.
    LayoutGrid2, "Grid 2 × 2", [];
    /// Shows the selected clips three by three.
    LayoutGrid3, "Grid 3 × 3", [];
    /// Shows the selected clips in a grid, however many they are.
    LayoutGrid, "Grid of All", [];
    /// Shows one selected clip large and the others in a column.
    LayoutMainAndStrip, "Main with Strip", [];
    /// Copies how the selected clip looks and sounds.
    CopyAttributes, "Copy Attributes", [command_alt("C")];
    /// Lets the selected clips look and sound like it.
    PasteAttributes, "Paste Attributes", [command_alt("V")];
    /// Lets the selected clips look and sound as they came.
    ResetAttributes, "Reset Attributes", [];
    /// Selects every clip.
    SelectAll, "Select All", [command("A")];
    /// Selects nothing; drops a gesture.
    SelectNone, "Deselect All", [key("Escape")];
    /// Takes the selected clips out and leaves gaps.
    Delete, "Delete", [key("Delete"), key("Backspace")];
    /// Takes the selected clips out and closes the gaps.
    RippleDelete, "Ripple Delete", [shift("Delete"), shift("Backspace")];
    /// Cuts the selected clips, or those of the first tracks, at the playhead.
    Split, "Split at Playhead", [command("K"), command("B")];
    /// Cuts all clips at the playhead.
    SplitAll, "Split All Tracks at Playhead", [command_shift("K"), command_shift("B")];
    /// Puts the bin's selection at the playhead and pushes the rest right.
    Insert, "Insert", [key("Comma")];
    /// Puts the bin's selection at the playhead over what is there.
    Overwrite, "Overwrite", [key("Period")];
    /// Puts the bin's selection behind the last clip.
    Append, "Append to Timeline", [shift("Period")];
    /// Empties the marked range.
    LiftRange, "Lift Marked Range", [key("Semicolon")];
    /// Takes the marked range out.
    ExtractRange, "Extract Marked Range", [key("Quote")];
    /// Closes the gap at the playhead.
    CloseGap, "Close Gap at Playhead", [];
    /// Adds an empty sequence.
    NewSequence, "New Sequence…", [];
    /// Copies the open sequence.
    DuplicateSequence, "Duplicate Sequence…", [];
    /// Names the open sequence.
    RenameSequence, "Rename Sequence…", [];
    /// Changes the open sequence's size and rate.
    SequenceSettings, "Sequence Settings…", [];
    /// Gives the open sequence the size of the selected clip's media.
    MatchSize, "Match Size to Clip", [];
    /// Removes the open sequence.
    RemoveSequence, "Remove Sequence", [];
    /// Adds a track for pictures.
    AddVideoTrack, "Add Video Track", [];
    /// Adds a track for sound.
    AddAudioTrack, "Add Audio Track", [];
    /// Plays, or stops.
    PlayPause, "Play / Pause", [key("Space")];
    /// Plays forward; again, faster.
    Play, "Shuttle Forward", [key("L")];
    /// Plays backwards; again, faster.
    ShuttleBack, "Shuttle Back", [key("J")];
    /// Stops.
    Stop, "Stop", [key("K")];
    /// Whether playing begins again at the end of the marked range.
    Loop, "Loop", [alt("L")];
    /// Shows the bin item instead of the sequence, or the other way round.
    SourceViewer, "Source Viewer", [shift("2")];
    /// Computes all of the picture in the viewer.
    FullDetail, "Full Quality", [];
    /// Computes half of the picture's lines in the viewer.
    HalfDetail, "Half Quality", [];
    /// Computes a quarter of the picture's lines in the viewer.
    QuarterDetail, "Quarter Quality", [];
    /// Shows originals even where there are proxies.
    Originals, "Show Originals", [];
    /// One frame back.
    FrameBack, "One Frame Back", [key("ArrowLeft")];
    /// One frame forward.
    FrameForward, "One Frame Forward", [key("ArrowRight")];
    /// One second back.
    SecondBack, "One Second Back", [shift("ArrowLeft")];
    /// One second forward.
    SecondForward, "One Second Forward", [shift("ArrowRight")];
    /// To the cut before.
    PreviousCut, "Previous Cut", [key("ArrowUp")];
    /// To the cut after.
    NextCut, "Next Cut", [key("ArrowDown")];
    /// To the keyframe of the selected clips before.
    PreviousKeyframe, "Previous Keyframe", [alt("ArrowLeft")];
    /// To the keyframe of the selected clips after.
    NextKeyframe, "Next Keyframe", [alt("ArrowRight")];
    /// To the first frame.
    GoToStart, "Go to Start", [key("Home")];
    /// Behind the last frame.
    GoToEnd, "Go to End", [key("End")];
    /// Begins the marked range at the playhead.
    MarkIn, "Mark In", [key("I")];
    /// Ends the marked range at the playhead, this frame included.
    MarkOut, "Mark Out", [key("O")];
    /// To the marked range's first frame.
    GoToIn, "Go to In", [shift("I")];
    /// To the marked range's last frame.
    GoToOut, "Go to Out", [shift("O")];
    /// Forgets the marked range.
    ClearMarks, "Clear In and Out", [alt("X")];
    /// The tool that selects, moves and trims.
    SelectTool, "Selection Tool", [key("V")];
    /// The tool that cuts where it is clicked.
    RazorTool, "Razor Tool", [key("C")];
    /// The tool whose trims move what follows along.
    RippleTool, "Ripple Tool", [key("B")];
    /// The tool that moves cuts.
    RollTool, "Roll Tool", [key("N")];
    /// The tool that moves the media under clips.
    SlipTool, "Slip Tool", [key("Y")];
    /// The tool that moves clips between their neighbours.
    SlideTool, "Slide Tool", [key("U")];
    /// The tool that moves the view.
    HandTool, "Hand Tool", [key("H")];
    /// The tool that zooms where it is clicked.
    ZoomTool, "Zoom Tool", [key("Z")];
    /// Ripple trims what is before the playhead off its clip.
    RippleStart, "Ripple Trim Start to Playhead", [key("Q")];
    /// Ripple trims what is after the playhead off its clip.
    RippleEnd, "Ripple Trim End to Playhead", [key("W")];
    /// Puts a marker at the playhead, or takes it away.
    Marker, "Add or Remove Marker", [key("M")];
    /// Names and colours the marker at the playhead, or a new one.
    EditMarker, "Edit Marker…", [alt("M")];
    /// To the marker after.
    NextMarker, "Next Marker", [shift("M")];
    /// To the marker before.
    PreviousMarker, "Previous Marker", [command_shift("M")];
    /// Closes every gap of the first track that has one.
    CloseAllGaps, "Close All Gaps", [];
    /// Whether edges are drawn to cuts and playhead.
    Snapping, "Snapping", [key("S")];
    /// Whether inserts and ripples move all tracks.
    SyncLock, "Sync Lock", [];
    /// Shows less time in more detail.
    ZoomIn, "Zoom In", [key("Equals"), key("Plus"), shift("Plus")];
    /// Shows more time in less detail.
    ZoomOut, "Zoom Out", [key("Minus")];
    /// Shows the whole timeline.
    ZoomFit, "Zoom to Fit", [key("Backslash")];
    /// The picture alone, as large as the screen.
    FullScreen, "Full-Screen Viewer", [key("F")];
    /// Puts the window's panels back where they were at the first start.
    ResetPanels, "Reset Panels", [];
    /// Finds a command by its name.
    Palette, "Find Command…", [command_shift("P"), key("Slash")];
    /// Shows all keys.
    Shortcuts, "Keyboard Shortcuts", [shift("Questionmark"), key("Questionmark"), shift("Slash")];
    /// Copies what whoever looks into a fault asks for: versions, and the end of the log.
    CopyDetails, "Copy Details for a Report", [];
    /// What this is.
    About, "About Workprint", [];
}

impl Action {
    /// Whether it would do something now.
    #[must_use]
    pub fn enabled(self, editor: &Editor) -> bool {
        match self {
            Self::Undo => editor.history().undo_name().is_some(),
            Self::Redo => editor.history().redo_name().is_some(),
            Self::Delete
            | Self::RippleDelete
            | Self::Cut
            | Self::Copy
            | Self::Duplicate
            | Self::Link
            | Self::Group
            | Self::Ungroup
            | Self::Enable
            | Self::Speed
            | Self::Reverse
            | Self::CopyAttributes
            | Self::ResetAttributes
            | Self::LayoutCorner
            | Self::LayoutSideBySide
            | Self::LayoutGrid2
            | Self::LayoutGrid3
            | Self::LayoutGrid
            | Self::LayoutMainAndStrip => !editor.selection.is_empty() || self.on_transition(editor),
            Self::RemoveTransitions => !editor.selection.is_empty() || editor.selected_transition.is_some(),
            Self::PasteAttributes => editor.attributes.is_some() && !editor.selection.is_empty(),
            Self::PreviousKeyframe | Self::NextKeyframe => !editor.selection.is_empty(),
            Self::MatchSize => editor.size_of_selected().is_some(),
            Self::RemoveSequence => editor.project().sequences.len() > 1,
            Self::NextMarker | Self::PreviousMarker => !editor.sequence().markers.is_empty(),
            Self::Paste | Self::PasteInsert => !editor.clipboard.is_empty(),
            Self::Insert | Self::Overwrite | Self::Append => {
                !editor.bin_selection.is_empty() || editor.playback.on_source
            }
            Self::SourceViewer => editor.playback.source.is_some(),
            Self::LiftRange | Self::ExtractRange => editor.marked().is_some(),
            Self::GoToIn => editor.viewed_marks().0.is_some(),
            Self::GoToOut => editor.viewed_marks().1.is_some(),
            Self::ClearMarks => editor.viewed_marks() != (None, None),
            Self::Export | Self::WriteTimeline | Self::ZoomFit | Self::SelectAll => editor.sequence().end().0 > 0,
            _ => true,
        }
    }

    /// Whether it is Delete, and a transition is selected for it.
    fn on_transition(self, editor: &Editor) -> bool {
        self == Self::Delete && editor.selected_transition.is_some()
    }

    /// Whether it is a switch that is on.
    #[must_use]
    pub fn checked(self, editor: &Editor) -> Option<bool> {
        match self {
            Self::Snapping => Some(editor.snapping),
            Self::SyncLock => Some(editor.sync_lock),
            Self::SelectTool => Some(editor.tool == Tool::Select),
            Self::RazorTool => Some(editor.tool == Tool::Razor),
            Self::RippleTool => Some(editor.tool == Tool::Ripple),
            Self::RollTool => Some(editor.tool == Tool::Roll),
            Self::SlipTool => Some(editor.tool == Tool::Slip),
            Self::SlideTool => Some(editor.tool == Tool::Slide),
            Self::Loop => Some(editor.playback.looping),
            Self::SourceViewer => Some(editor.playback.on_source),
            Self::FullDetail => Some(editor.playback.detail == Detail::Full),
            Self::HalfDetail => Some(editor.playback.detail == Detail::Half),
            Self::QuarterDetail => Some(editor.playback.detail == Detail::Quarter),
            Self::Originals => Some(editor.playback.originals),
            Self::HandTool => Some(editor.tool == Tool::Hand),
            Self::ZoomTool => Some(editor.tool == Tool::Zoom),
            Self::FullScreen => Some(editor.full_screen),
            _ => None,
        }
    }

    /// What it is for, where its name and a picture say too little.
    #[must_use]
    pub fn explained(self) -> Option<&'static str> {
        Some(match self {
            Self::SelectTool => "Selects clips, drags them, and trims them at their edges.",
            Self::RazorTool => "Cuts the clip under the pointer; with Shift all clips there.",
            Self::RippleTool => "Trims an edge; what follows moves along, so that no gap is left.",
            Self::RollTool => "Moves a cut: one clip becomes shorter, the other longer.",
            Self::SlipTool => "Shows another part of the media; the clip stays where it is.",
            Self::SlideTool => "Moves a clip; its neighbours become shorter and longer.",
            Self::HandTool => "Moves the timeline under the pointer.",
            Self::ZoomTool => "Shows more detail; with Alt less.",
            Self::Snapping => "Draws what is dragged to cuts, markers and the playhead.",
            Self::SyncLock => "What is inserted or rippled moves the other tracks too.",
            Self::Loop => "Plays the marked range, or all, again and again.",
            _ => return None,
        })
    }

    /// What menus call it now: with the name of what is undone.
    #[must_use]
    pub fn title_now(self, editor: &Editor) -> String {
        let named = |name: Option<&str>| match name {
            Some(name) => format!("{} {name}", self.title()),
            None => self.title().to_owned(),
        };
        match self {
            Self::Undo => named(editor.history().undo_name()),
            Self::Redo => named(editor.history().redo_name()),
            _ => self.title().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things() {
        let all: Vec<(Action, Shortcut)> =
            Action::ALL.iter().flat_map(|a| a.shortcuts().iter().map(move |s| (*a, *s))).collect();
        for (i, (action, shortcut)) in all.iter().enumerate() {
            for (other, same) in &all[i + 1..] {
                assert_ne!(shortcut, same, "{action:?} and {other:?}");
            }
        }
    }
}
