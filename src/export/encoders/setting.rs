//! What people may set of an encoder, as values with names, so that whoever shows them need not know which encoder it is.

/// What a setting is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingKind {
    /// How good pictures are.
    Quality,
    /// How long an encoder looks for the best way.
    Speed,
    /// Pictures a second, at most.
    PictureRate,
    /// What sound takes, or its bits a sample.
    Sound,
}

impl SettingKind {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quality => "Quality",
            Self::Speed => "Speed",
            Self::PictureRate => "Pictures a second",
            Self::Sound => "Sound",
        }
    }

    /// Whether a size that must not be passed decides it.
    #[must_use]
    pub fn is_held_by_size(self) -> bool {
        matches!(self, Self::Quality | Self::Sound)
    }
}

/// Something that may be set, and what to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// What it is about.
    pub kind: SettingKind,
    /// What it is set to: one of [`Self::choices`].
    pub value: u32,
    /// What it may be set to, each with its name, from the best to the smallest or fastest.
    pub choices: Vec<(u32, String)>,
}

impl Setting {
    /// One whose value is among its choices or is put there.
    pub(in crate::export) fn new(
        kind: SettingKind,
        value: u32,
        usual: impl IntoIterator<Item = u32>,
        name: impl Fn(u32) -> String,
    ) -> Self {
        let mut values: Vec<u32> = usual.into_iter().collect();
        if !values.contains(&value) {
            let falls = values.first() > values.last();
            let at = values.iter().position(|v| if falls { *v < value } else { *v > value });
            values.insert(at.unwrap_or(values.len()), value);
        }
        Self { kind, value, choices: values.into_iter().map(|v| (v, name(v))).collect() }
    }

    /// The place of its value among the choices.
    #[must_use]
    pub fn chosen(&self) -> usize {
        self.choices.iter().position(|(value, _)| *value == self.value).unwrap_or(0)
    }

    /// What its value is called.
    #[must_use]
    pub fn in_words(&self) -> &str {
        self.choices.get(self.chosen()).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_unusual_stands_in_its_place() {
        let of = |value, usual: &[u32]| {
            let setting = Setting::new(SettingKind::Sound, value, usual.iter().copied(), |v| format!("{v} kbit/s"));
            (setting.choices.iter().map(|(v, _)| *v).collect::<Vec<_>>(), setting.in_words().to_owned())
        };
        assert_eq!(of(128, &[192, 128, 64]), (vec![192, 128, 64], "128 kbit/s".into()));
        assert_eq!(of(100, &[192, 128, 64]), (vec![192, 128, 100, 64], "100 kbit/s".into()));
        assert_eq!(of(32, &[192, 128, 64]).0, [192, 128, 64, 32]);
        assert_eq!(of(3, &[1, 2, 5]).0, [1, 2, 3, 5]);
    }
}
