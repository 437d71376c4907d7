//! What the editor has to say to its user.

/// How serious it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Something was done.
    Done,
    /// Something went wrong; stays until it is read.
    Problem,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// How serious it is.
    pub level: Level,
    /// One or two lines.
    pub text: String,
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut text = format!("{text}.");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
