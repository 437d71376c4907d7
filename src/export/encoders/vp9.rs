//! VP9 by libvpx.

use super::{
    Container, EncoderPlan, FIXED, Input, Rate, Setting, SettingKind, VideoEncoder, Words, costs, in_range, picture,
    stepped,
};
use serde::{Deserialize, Serialize};

/// VP9, profile 0, at a constant quality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vp9 {
    /// The finest quantiser, 0 to 63; less is better.
    pub quality: u32,
    /// libvpx's `cpu-used`, 0 to 8: more is faster and worse.
    pub speed: u32,
}

impl Default for Vp9 {
    fn default() -> Self {
        Self { quality: 18, speed: 4 }
    }
}

/// Bits a second that no film takes. libvpx spends what it is given, however fine that is: the finest quantiser holds it.
const UNLIMITED: u32 = 500_000_000;

/// Pictures that it looks ahead, from the best to the smallest.
const STEPS: [u32; 5] = [25, 16, 10, 5, 0];

impl VideoEncoder for Vp9 {
    fn name(&self) -> &'static str {
        "VP9"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["vp9enc"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::WebM, Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        in_range("the quality", self.quality, 0..=63)?;
        in_range("the speed", self.speed, 0..=8)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new(SettingKind::Quality, self.quality, 0..=63, |n| format!("quantiser {n}")),
            Setting::new(SettingKind::Speed, self.speed, 0..=8, |n| format!("cpu-used {n}")),
        ]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        match kind {
            SettingKind::Quality => self.quality = value,
            SettingKind::Speed => self.speed = value,
            _ => {}
        }
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        stepped(cores, STEPS.len())
    }

    fn holds(&self, (width, height): (u32, u32), plan: &EncoderPlan) -> u64 {
        // with a border of 160 pixels around each picture
        let bordered = picture((width + 320, height + 320));
        FIXED + bordered * (340 + 10 * u64::from(plan.of(&STEPS)) + 10 * u64::from(plan.threads)) / 10
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        Input::Copied
    }

    fn launch(&self, plan: &EncoderPlan, _: Option<&Rate>) -> String {
        format!(
            "vp9enc name=enc end-usage=cq target-bitrate={UNLIMITED} cq-level={} min-quantizer={} cpu-used={} deadline=1000000 row-mt=true \
             tile-columns=2 threads={} lag-in-frames={} keyframe-max-dist=240",
            self.quality,
            self.quality,
            self.speed,
            plan.threads,
            plan.of(&STEPS)
        )
    }

    fn words(&self, plan: &EncoderPlan, _: Option<&Rate>) -> Words {
        let (ahead, threads) = (plan.of(&STEPS), plan.threads);
        let what =
            format!("VP9, quality {}, speed {}, look-ahead {ahead}, {threads} threads", self.quality, self.speed);
        Words { what, costs: costs(plan) }
    }

    fn usual_bits(&self) -> u64 {
        6
    }
}
