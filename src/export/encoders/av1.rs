//! AV1 by libaom.

use super::{
    Container, EncoderPlan, FIXED, Input, Rate, Setting, SettingKind, VideoEncoder, Words, costs, in_range, picture,
    stepped,
};
use serde::{Deserialize, Serialize};

/// AV1, main profile, at a constant quality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Av1 {
    /// The finest quantiser, 0 to 62; less is better.
    pub quality: u32,
    /// libaom's `cpu-used`, 0 to 10: more is faster and worse.
    pub speed: u32,
}

impl Default for Av1 {
    fn default() -> Self {
        Self { quality: 22, speed: 8 }
    }
}

/// Pictures that it looks ahead, from the best to the smallest.
const STEPS: [u32; 5] = [19, 12, 8, 4, 0];

impl VideoEncoder for Av1 {
    fn name(&self) -> &'static str {
        "AV1"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["av1enc", "av1parse"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::Mp4, Container::WebM, Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        in_range("the quality", self.quality, 0..=62)?;
        in_range("the speed", self.speed, 0..=10)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new(SettingKind::Quality, self.quality, 0..=62, |n| format!("quantiser {n}")),
            Setting::new(SettingKind::Speed, self.speed, 0..=10, |n| format!("cpu-used {n}")),
        ]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        match kind {
            SettingKind::Quality => self.quality = value,
            SettingKind::Speed => self.speed = value,
            _ => {}
        }
    }

    /// With one thread alone: screens, whose blocks are copied from within the picture, come out with wrong blocks (27 dB)
    /// from more, by rows as by tiles (libaom 3.6.0; right without its `enable-intrabc`, which the element does not know).
    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        stepped(cores, STEPS.len()).into_iter().map(|plan| EncoderPlan { threads: 1, ..plan }).collect()
    }

    fn holds(&self, (width, height): (u32, u32), plan: &EncoderPlan) -> u64 {
        let bordered = picture((width + 320, height + 320));
        FIXED + bordered * (235 + 16 * u64::from(plan.of(&STEPS)) + 10 * u64::from(plan.threads)) / 10
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        Input::Copied
    }

    fn launch(&self, plan: &EncoderPlan, _: Option<&Rate>) -> String {
        // the element has no level for its constant quality, whose own is finer than any picture needs: the bounds say it
        format!(
            "av1enc name=enc end-usage=q min-quantizer={} max-quantizer=63 cpu-used={} \
             threads={} lag-in-frames={} keyframe-max-dist=240 ! av1parse",
            self.quality,
            self.speed,
            plan.threads,
            plan.of(&STEPS)
        )
    }

    fn words(&self, plan: &EncoderPlan, _: Option<&Rate>) -> Words {
        let ahead = plan.of(&STEPS);
        let what = format!("AV1, quality {}, speed {}, look-ahead {ahead}, one thread", self.quality, self.speed);
        Words { what, costs: costs(plan) }
    }

    fn usual_bits(&self) -> u64 {
        5
    }
}
