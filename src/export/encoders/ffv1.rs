//! FFV1 (RFC 9043), without loss.

use super::{Container, EncoderPlan, Input, Rate, VideoEncoder, Words, bordered};
use serde::{Deserialize, Serialize};

/// FFV1, version 3, each picture a key picture.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ffv1 {}

impl VideoEncoder for Ffv1 {
    fn name(&self) -> &'static str {
        "FFV1"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["avenc_ffv1"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        let base = EncoderPlan::for_cores(cores);
        vec![base, base.small(cores), EncoderPlan { threads: 1, ..base.waiting(cores) }]
    }

    fn holds(&self, canvas: (u32, u32), _: &EncoderPlan) -> u64 {
        // libavcodec makes room for the largest packet that there could be
        bordered(canvas) * 101
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        Input::Kept
    }

    fn launch(&self, _: &EncoderPlan, _: Option<&Rate>) -> String {
        "avenc_ffv1 name=enc slices=4".into()
    }

    fn words(&self, _: &EncoderPlan, _: Option<&Rate>) -> Words {
        Words::plain("FFV1, 4 slices".into())
    }

    fn usual_bits(&self) -> u64 {
        450
    }
}
