//! H.265 (ITU-T H.265) by x265.

use super::{
    Container, EncoderPlan, FIXED, Input, Rate, Setting, SettingKind, VideoEncoder, Words, in_range, known_speed,
    picture, speed_of, speeds,
};
use serde::{Deserialize, Serialize};

/// x265, 8 bit, at a constant rate factor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct X265 {
    /// Its speed preset, from `ultrafast` to `placebo`.
    pub speed: String,
    /// The rate factor, 0 to 51; less is better.
    pub crf: u32,
}

impl Default for X265 {
    fn default() -> Self {
        Self { speed: "fast".into(), crf: 23 }
    }
}

/// Pictures that it looks ahead, from the best to the smallest, and B-frames between two others.
const STEPS: [(u32, u32); 6] = [(20, 4), (15, 4), (10, 4), (8, 3), (5, 2), (3, 1)];

/// Pictures that it works on at once; its other threads work on rows.
fn frame_threads(plan: &EncoderPlan) -> u32 {
    if plan.sliced { 1 } else { plan.threads.min(3) }
}

impl VideoEncoder for X265 {
    fn name(&self) -> &'static str {
        "H.265"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["x265enc", "h265parse"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::Mp4, Container::Mov, Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        known_speed("x265", &self.speed)?;
        in_range("the quality", self.crf, 0..=51)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new(SettingKind::Quality, self.crf, 0..=51, |n| format!("crf {n}")), speeds(&self.speed)]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        match kind {
            SettingKind::Quality => self.crf = value,
            SettingKind::Speed => self.speed = speed_of(value),
            _ => {}
        }
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        let base = EncoderPlan::for_cores(cores);
        let few = EncoderPlan { sliced: true, ..base };
        let smaller = EncoderPlan { decoder_threads: 1, slots: 2, ..few };
        let mut plans = vec![base, few];
        plans.extend((0..STEPS.len()).map(|step| EncoderPlan { step, ..smaller }));
        plans.extend((2..STEPS.len()).map(|step| EncoderPlan { step, ahead: 0, ..smaller }));
        plans
    }

    fn holds(&self, (width, height): (u32, u32), plan: &EncoderPlan) -> u64 {
        let bordered = picture((width.next_multiple_of(64) + 160, height.next_multiple_of(64) + 160));
        let (lookahead, b_frames) = plan.of(&STEPS);
        FIXED
            + bordered
                * (360 + 20 * u64::from(lookahead) + 30 * u64::from(b_frames) + 80 * u64::from(frame_threads(plan)))
                / 10
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        Input::Copied
    }

    fn launch(&self, plan: &EncoderPlan, _: Option<&Rate>) -> String {
        let (lookahead, b_frames) = plan.of(&STEPS);
        // its own count of threads is that of the machine, not of what is allowed; players begin at closed groups only
        format!(
            "x265enc name=enc speed-preset={} log-level=none option-string=\"crf={}:pools={}:frame-threads={}:\
             open-gop=0:rc-lookahead={lookahead}:bframes={b_frames}:lookahead-slices=0\" ! \
             video/x-h265,profile=main ! h265parse",
            self.speed,
            self.crf,
            plan.threads,
            frame_threads(plan)
        )
    }

    fn words(&self, plan: &EncoderPlan, _: Option<&Rate>) -> Words {
        let (lookahead, _) = plan.of(&STEPS);
        let what = format!("x265 {}, crf {}, look-ahead {lookahead}, {} threads", self.speed, self.crf, plan.threads);
        let costs = if plan.step > 1 { vec!["a little larger at equal quality".into()] } else { vec![] };
        Words { what, costs }
    }

    fn reorders(&self) -> bool {
        true
    }

    fn usual_bits(&self) -> u64 {
        5
    }
}
