//! Values that may change over a clip.

use super::time::SourceTime;
use serde::{Deserialize, Serialize};

/// A number that is fixed, or that follows keyframes. Keyframes stand at moments of the media, not of the
/// timeline: a trim, a split or a move leaves them on the pictures that they were set on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Param {
    /// What it is where no keyframe says otherwise.
    value: f64,
    /// Sorted by time, one for a moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Keyframe>,
}

/// What a parameter is at one moment, and how it goes on from there.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Keyframe {
    /// The moment of the media.
    pub at: SourceTime,
    /// The value there.
    pub value: f64,
    /// The way to the next keyframe.
    #[serde(default)]
    pub curve: Curve,
}

/// The way from one keyframe to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Curve {
    /// Straight.
    #[default]
    Linear,
    /// The value stays and jumps at the next keyframe.
    Hold,
    /// Slow, fast, slow: 3t² − 2t³.
    Smooth,
}

impl Param {
    /// A value that does not change.
    #[must_use]
    pub const fn fixed(value: f64) -> Self {
        Self { value, keys: Vec::new() }
    }

    /// A value that follows keyframes; of two at one moment the later in the list counts.
    #[must_use]
    pub fn animated(keys: impl IntoIterator<Item = Keyframe>) -> Self {
        let mut param = Self::default();
        for key in keys {
            param.set(key);
        }
        param.value = param.keys.first().map_or(0.0, |k| k.value);
        param
    }

    /// Sets a keyframe, in the place of one at the same moment.
    pub fn set(&mut self, key: Keyframe) {
        let index = self.keys.partition_point(|k| k.at < key.at);
        if self.keys.get(index).is_some_and(|k| k.at == key.at) {
            self.keys[index] = key;
        } else {
            self.keys.insert(index, key);
        }
    }

    /// Takes the keyframe at a moment away; the last one leaves its value.
    pub fn remove(&mut self, at: SourceTime) {
        if let Some(key) = self.keys.iter().find(|k| k.at == at) {
            self.value = key.value;
            self.keys.retain(|k| k.at != at);
        }
    }

    /// The value at a moment of the media: before the first keyframe that one's, after the last the last one's.
    #[must_use]
    pub fn at(&self, time: SourceTime) -> f64 {
        let next = self.keys.partition_point(|k| k.at <= time);
        let Some(before) = next.checked_sub(1).map(|i| self.keys[i]) else {
            return self.keys.first().map_or(self.value, |k| k.value);
        };
        let Some(after) = self.keys.get(next) else { return before.value };
        let t = (time - before.at).0 as f64 / (after.at - before.at).0 as f64;
        let t = match before.curve {
            Curve::Linear => t,
            Curve::Hold => 0.0,
            Curve::Smooth => t * t * (3.0 - 2.0 * t),
        };
        before.value + (after.value - before.value) * t
    }

    /// Whether it has keyframes.
    #[must_use]
    pub fn is_animated(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Its keyframes, in order.
    #[must_use]
    pub fn keys(&self) -> &[Keyframe] {
        &self.keys
    }

    /// The least and the greatest value that it takes.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        if self.keys.is_empty() {
            return (self.value, self.value);
        }
        let values = self.keys.iter().map(|k| k.value);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| (least.min(v), most.max(v)))
    }

    /// Whether it always is `value`.
    #[must_use]
    pub fn is(&self, value: f64) -> bool {
        let (least, most) = self.range();
        (least - value).abs() < 1e-9 && (most - value).abs() < 1e-9
    }

    /// Whether every value lies between two numbers and the keyframes are in order; files written by hand
    /// may say anything.
    #[must_use]
    pub fn is_within(&self, least: f64, most: f64) -> bool {
        let ok = |v: f64| v.is_finite() && (least..=most).contains(&v);
        ok(self.value) && self.keys.iter().all(|k| ok(k.value)) && self.keys.windows(2).all(|k| k[0].at < k[1].at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_its_keyframes() {
        let key = |at, value, curve| Keyframe { at: SourceTime(at), value, curve };
        let param = Param::animated([
            key(100, 10.0, Curve::Linear),
            key(200, 20.0, Curve::Hold),
            key(300, 0.0, Curve::Smooth),
            key(400, 8.0, Curve::Linear),
        ]);
        let at = |time| param.at(SourceTime(time));
        let found = [at(0), at(100), at(150), at(199), at(250), at(300), at(325), at(350), at(900)];
        for (found, expected) in found.iter().zip([10.0, 10.0, 15.0, 19.9, 20.0, 0.0, 1.25, 4.0, 8.0]) {
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
        assert_eq!(param.range(), (0.0, 20.0));
        assert!(param.is_within(0.0, 20.0) && !param.is_within(1.0, 20.0));
        assert!(!Param::fixed(f64::NAN).is_within(-1e9, 1e9));
        assert!(Param::fixed(3.0).is(3.0) && !param.is(10.0));
    }
}
