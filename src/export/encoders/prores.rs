//! Apple `ProRes` (SMPTE RDD 36) by libavcodec.

use super::{Container, EncoderPlan, Input, Rate, Setting, SettingKind, VideoEncoder, Words, picture};
use serde::{Deserialize, Serialize};

/// `ProRes` with half of the colour, 10 bit.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProRes {
    /// How many bits it has.
    pub profile: ProResProfile,
}

/// Apple's names for how many bits there are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum ProResProfile {
    /// About 45 Mbit/s at 1080p30.
    Proxy,
    /// About 102 Mbit/s at 1080p30.
    Lt,
    /// About 147 Mbit/s at 1080p30.
    #[default]
    Standard,
    /// About 220 Mbit/s at 1080p30.
    Hq,
}

impl ProResProfile {
    /// All, from the fewest bits to the most; each stands where libavcodec counts it.
    const ALL: [Self; 4] = [Self::Proxy, Self::Lt, Self::Standard, Self::Hq];

    /// libavcodec's name of it, and its number.
    fn names(self) -> (&'static str, u32) {
        match self {
            Self::Proxy => ("422 Proxy", 0),
            Self::Lt => ("422 LT", 1),
            Self::Standard => ("422", 2),
            Self::Hq => ("422 HQ", 3),
        }
    }

    /// The one of that number; the one with most bits where there is none.
    fn numbered(number: u32) -> Self {
        Self::ALL.into_iter().find(|profile| profile.names().1 == number).unwrap_or(Self::Hq)
    }
}

impl VideoEncoder for ProRes {
    fn name(&self) -> &'static str {
        "ProRes"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["avenc_prores_ks", "videoconvert"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::Mov, Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn settings(&self) -> Vec<Setting> {
        let all = ProResProfile::ALL.iter().rev().map(|profile| profile.names().1);
        let name = |number| ProResProfile::numbered(number).names().0.to_owned();
        vec![Setting::new(SettingKind::Quality, self.profile.names().1, all, name)]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        if kind == SettingKind::Quality {
            self.profile = ProResProfile::numbered(value);
        }
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        let base = EncoderPlan { sliced: true, ..EncoderPlan::for_cores(cores) };
        let small = EncoderPlan { decoder_threads: 1, slots: 2, ..base };
        vec![base, small, EncoderPlan { threads: 1, ahead: 0, ..small }]
    }

    fn holds(&self, (width, height): (u32, u32), plan: &EncoderPlan) -> u64 {
        // pictures of 10 bit with half of the colour are 8/3 of ours, and libavcodec makes room for the largest packet
        picture((width, height)) * (20 + 15 * u64::from(plan.threads)) / 10
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        Input::Copied
    }

    fn launch(&self, plan: &EncoderPlan, _: Option<&Rate>) -> String {
        format!(
            "videoconvert ! video/x-raw,format=I422_10LE ! avenc_prores_ks name=enc profile={} vendor=apl0 threads={}",
            self.profile.names().1,
            // the element knows only "one" and "as many as there are"
            if plan.threads > 1 { "auto" } else { "unknown" }
        )
    }

    fn words(&self, plan: &EncoderPlan, _: Option<&Rate>) -> Words {
        Words::plain(format!("ProRes {}, {} threads", self.profile.names().0, plan.threads))
    }

    fn usual_bits(&self) -> u64 {
        match self.profile {
            ProResProfile::Proxy => 72,
            ProResProfile::Lt => 164,
            ProResProfile::Standard => 236,
            ProResProfile::Hq => 354,
        }
    }
}
