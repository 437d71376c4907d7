//! Pictures that are made up instead of read: solid colours and titles.

use serde::{Deserialize, Serialize};

/// What is made up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Generator {
    /// One colour: red, green, blue.
    Solid([u8; 3]),
    /// Text.
    Title(Title),
}

/// Where text stands from left to right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    #[default]
    Center,
    /// At the right.
    Right,
}

/// Where text stands from top to bottom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum VerticalAlign {
    /// At the top.
    Top,
    /// In the middle.
    #[default]
    Middle,
    /// At the bottom.
    Bottom,
}

/// Text over what lies below it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Title {
    /// What it says; lines as they are typed.
    pub text: String,
    /// The font's family, as the system knows it.
    pub font: String,
    /// Height of a line in hundredths of the picture's height; 0.5 to 100.
    pub size: f64,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether it is italic.
    pub italic: bool,
    /// Red, green, blue.
    pub color: [u8; 3],
    /// The colour of a thin line around the letters, if there is one.
    pub outline: Option<[u8; 3]>,
    /// The colour that fills the frame behind it, and its opacity from 0 to 1.
    pub background: Option<([u8; 3], f64)>,
    /// Where it stands from left to right.
    pub align: Align,
    /// Where it stands from top to bottom.
    pub vertical: VerticalAlign,
    /// How far it stays from the frame's edges, in hundredths of the picture's height; 0 to 45.
    pub margin: f64,
}

impl Default for Title {
    fn default() -> Self {
        Self {
            text: "Title".into(),
            font: "Sans".into(),
            size: 9.0,
            bold: true,
            italic: false,
            color: [255; 3],
            outline: Some([0; 3]),
            background: None,
            align: Align::default(),
            vertical: VerticalAlign::default(),
            margin: 6.0,
        }
    }
}

impl Generator {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Solid([r, g, b]) => format!("Solid #{r:02x}{g:02x}{b:02x}"),
            Self::Title(title) => {
                let line = title.text.lines().next().unwrap_or_default().trim();
                if line.is_empty() { "Title".into() } else { line.chars().take(40).collect() }
            }
        }
    }

    /// Whether it can be seen through.
    #[must_use]
    pub fn is_transparent(&self) -> bool {
        matches!(self, Self::Title(_))
    }
}
