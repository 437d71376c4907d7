//! H.264 (ITU-T H.264) by x264.

use super::{
    Container, EncoderPlan, Input, Rate, Setting, SettingKind, Spent, VideoEncoder, Words, bordered, in_range,
    known_speed, speed_of, speeds,
};
use crate::media::Beside;
use serde::{Deserialize, Serialize};

/// What x264's analysis takes whatever the size of the pictures.
const ANALYSIS: u64 = 4 << 20;

/// What x264 does without in the first of two passes: what has next to no influence on how hard pictures are to code. The
/// same as its own command line and its `x264_param_apply_fastfirstpass` leave out.
const FIRST_PASS: &str = "ref=1:8x8dct=0:partitions=none:me=dia:subme=2:trellis=0";

/// How closely x264 keeps to a rate in the second pass: as loosely as it does by itself, films of half a minute become up to 2 %
/// larger than they may, and a third pass is needed.
const CLOSELY: &str = "ratetol=0.1";

/// x264, 8 bit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct X264 {
    /// Its speed preset, from `ultrafast` to `placebo`.
    pub speed: String,
    /// How it spends bits.
    pub rate: X264Rate,
}

/// How x264 spends bits where no size says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum X264Rate {
    /// At a constant rate factor, 0 to 51; less is better.
    Quality(u32),
    /// At a constant quantiser, 1 to 51; less is better.
    Quantizer(u32),
}

/// How x264 analyses pictures before it codes them: what it takes in memory, and what having less costs.
///
/// Its macroblock-tree (Garrett-Glaser 2009, "A novel macroblock-tree algorithm for high-performance optimization of
/// dependent video coding in H.264/AVC") gives more bits to blocks that later pictures are predicted from, as far as it
/// looks ahead, and takes them from all others. Looking ahead less it gives less, but takes as much: at the same crf
/// pictures are up to 5 dB worse. So it is made stronger then, which also makes what is missing much the same for all
/// footage, and the crf is set lower by as much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Analysis {
    /// Pictures that x264 looks ahead.
    lookahead: u32,
    /// How strongly the tree works, where not as x264's preset has it: its `qcomp` in hundredths, from 0 for most to
    /// 99 for next to nothing.
    tree: Option<u32>,
    /// What is taken off the crf, so that pictures are as good as without a limit.
    finer: u32,
    /// B-frames between two others, where there is little room: then without their pyramid, with two references (one
    /// takes no less memory, for B-frames have two) and without copies of references in another brightness, which only
    /// fades gain by; and x264 looks for the best way to code each block more thoroughly than its preset says, time for
    /// the bits that are lost. `None` leaves all that to its preset.
    b_frames: Option<u32>,
    /// By how many per cent the result takes more than without a limit, at equal quality (PSNR): about what film and
    /// what a phone's camera recorded take.
    larger: u32,
}

impl Analysis {
    /// As x264's preset has it.
    const FULL: Self = Self { lookahead: 40, tree: None, finer: 0, b_frames: None, larger: 0 };

    /// With less to look ahead.
    const fn ahead(lookahead: u32, tree: Option<u32>, finer: u32, larger: u32) -> Self {
        Self { lookahead, tree, finer, larger, ..Self::FULL }
    }

    /// With few B-frames and references as well.
    const fn least(b_frames: u32, lookahead: u32, finer: u32, larger: u32) -> Self {
        Self { lookahead, tree: Some(30), finer, b_frames: Some(b_frames), larger }
    }

    /// The crf at which pictures are as good as they are at this one without a limit.
    fn crf_for(&self, crf: u32) -> u32 {
        crf.saturating_sub(self.finer)
    }
}

/// From the best to the smallest. Measured with two films, at 1080p and at 2160p, and a phone's recording: at several
/// places of 1 to 2 seconds by the crf that gives what 40 pictures ahead give at crf 21 (x264 164), and in whole exports
/// by `benches/bits`.
const ANALYSES: [Analysis; 17] = [
    Analysis::FULL,
    Analysis::ahead(30, None, 0, 1),
    Analysis::ahead(20, Some(45), 1, 1),
    Analysis::ahead(15, Some(45), 1, 1),
    Analysis::ahead(12, Some(30), 2, 1),
    Analysis::ahead(10, Some(30), 2, 1),
    Analysis::ahead(9, Some(30), 3, 1),
    Analysis::ahead(8, Some(30), 3, 2),
    Analysis::ahead(7, Some(30), 3, 3),
    Analysis::ahead(6, Some(30), 4, 4),
    Analysis::ahead(5, Some(30), 4, 5),
    Analysis::least(3, 5, 5, 6),
    Analysis::least(3, 4, 6, 9),
    Analysis::least(1, 4, 5, 10),
    Analysis::least(1, 3, 6, 11),
    Analysis::least(1, 2, 7, 13),
    Analysis::least(1, 1, 10, 18),
];

/// What a speed of x264 is.
struct Habits {
    /// Pictures that one is predicted from, at most.
    references: u32,
    /// B-frames between two others, at most.
    b_frames: u32,
    /// What encoding a picture takes, in per cent of what decoding one takes: about what was measured with three films of
    /// 480 to 1080 lines (x264 164, one thread each, libavcodec 59).
    effort: u32,
}

impl X264 {
    /// What its speed is, by x264's `param_apply_preset`.
    fn habits(&self) -> Habits {
        let (references, b_frames, effort) = match self.speed.as_str() {
            "ultrafast" => (1, 0, 70),
            "superfast" => (1, 3, 300),
            "veryfast" => (1, 3, 500),
            "faster" => (2, 3, 600),
            "fast" => (2, 3, 800),
            "slow" => (5, 3, 1700),
            "slower" => (8, 3, 3000),
            "veryslow" | "placebo" => (16, 8, 5000),
            _ => (3, 3, 1000),
        };
        Habits { references, b_frames, effort }
    }

    /// Whether it looks at pictures before it codes them; `ultrafast` does not.
    fn looks_ahead(&self) -> bool {
        self.speed != "ultrafast"
    }

    /// Whether it has a macroblock-tree; of those that look ahead, `superfast` has none.
    fn has_tree(&self) -> bool {
        self.looks_ahead() && self.speed != "superfast"
    }

    /// Pictures that it holds, in tenths.
    fn pictures(&self, plan: &EncoderPlan) -> u64 {
        let threads = if plan.sliced { 2 * u64::from(plan.threads) } else { 63 * u64::from(plan.threads - 1) };
        if !self.looks_ahead() {
            return 8 + threads / if plan.sliced { 1 } else { 3 };
        }
        let Analysis { lookahead, b_frames, .. } = plan.of(&ANALYSES);
        let references = match b_frames {
            // its references and the brightness of two of them again; B-frames with their pyramid
            None => 42 * u64::from(self.habits().references) + 10 + 44,
            Some(n) => 2 * 42 + 4 * u64::from(n),
        };
        // it looks ahead as far as B-frames reach at least, and no further without the tree
        let lookahead = if self.has_tree() { lookahead } else { 0 };
        let lookahead = u64::from(lookahead.max(b_frames.unwrap_or(3)));
        19 + references + 19 * lookahead + threads
    }
}

impl VideoEncoder for X264 {
    fn name(&self) -> &'static str {
        "H.264"
    }

    fn elements(&self) -> &'static [&'static str] {
        &["x264enc", "h264parse"]
    }

    fn containers(&self) -> &'static [Container] {
        &[Container::Mp4, Container::Mov, Container::Matroska]
    }

    fn check(&self) -> Result<(), String> {
        known_speed("x264", &self.speed)?;
        match self.rate {
            X264Rate::Quality(crf) => in_range("the quality", crf, 0..=51),
            X264Rate::Quantizer(quantizer) => in_range("the quantiser", quantizer, 1..=51),
        }
    }

    fn settings(&self) -> Vec<Setting> {
        let quality = match self.rate {
            X264Rate::Quality(crf) => Setting::new(SettingKind::Quality, crf, 0..=51, |n| format!("crf {n}")),
            X264Rate::Quantizer(q) => Setting::new(SettingKind::Quality, q, 1..=51, |n| format!("quantiser {n}")),
        };
        vec![quality, speeds(&self.speed)]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        match (kind, &mut self.rate) {
            (SettingKind::Quality, X264Rate::Quality(n) | X264Rate::Quantizer(n)) => *n = value,
            (SettingKind::Speed, _) => self.speed = speed_of(value),
            _ => {}
        }
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        let base = EncoderPlan::for_cores(cores);
        let (small, waiting) = (base.small(cores), base.waiting(cores));
        if !self.looks_ahead() {
            let sliced = EncoderPlan { sliced: cores <= 4, slots: 2, ..base };
            // it encodes faster than one reader decodes: the long way to one cut and the short one to the next even out
            return vec![EncoderPlan { ahead: 2, ..sliced }, sliced, small, waiting];
        }
        let with = |plan, looks: fn(u32) -> bool| {
            let analyses = ANALYSES.iter().enumerate().filter(move |(_, a)| looks(a.lookahead));
            analyses.map(move |(step, _)| EncoderPlan { step, ..plan })
        };
        // x264's own choice: some of its threads always wait for others
        let busy = EncoderPlan { threads: cores * 3 / 2, ..base };
        let mut plans = vec![busy, base, EncoderPlan { decoder_threads: 1, threads: cores.min(2), ..base }];
        // waiting costs time, a shorter look-ahead costs bits
        plans.extend(with(small, |pictures| pictures >= 15));
        plans.extend(with(waiting, |pictures| pictures <= 20));
        plans
    }

    fn holds(&self, canvas: (u32, u32), plan: &EncoderPlan) -> u64 {
        let fixed = if self.looks_ahead() { ANALYSIS } else { 0 };
        fixed + bordered(canvas) * self.pictures(plan) / 10
    }

    fn input(&self, plan: &EncoderPlan) -> Input {
        // one that looks ahead, or works on several, would keep a decoder's own picture for that long
        let at_once = !self.looks_ahead() && plan.sliced;
        if at_once { Input::CopiedAtOnce } else { Input::Copied }
    }

    fn launch(&self, plan: &EncoderPlan, rate: Option<&Rate>) -> String {
        let threads = format!("threads={} sliced-threads={} sync-lookahead=0", plan.threads, plan.sliced);
        let quality = |speed: &str, rate: &str, more: &str| {
            let choices = choices(&plan.of(&ANALYSES), more, more != FIRST_PASS);
            format!(
                "x264enc name=enc speed-preset={speed} {rate} vbv-buf-capacity=0 {choices} {threads} ! \
                 video/x-h264,profile=high ! h264parse"
            )
        };
        let pass = |number: u32, spent: &Spent| {
            let path = spent.statistics.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
            format!("pass=pass{number} bitrate={} multipass-cache-file=\"{path}\"", spent.kilobits)
        };
        let speed = &self.speed;
        match (self.rate, rate) {
            (X264Rate::Quality(_), Some(Rate::Sample(factor))) => {
                quality("faster", &format!("pass=qual quantizer={factor}"), "")
            }
            (X264Rate::Quality(_), Some(Rate::First(spent))) => quality(speed, &pass(1, spent), FIRST_PASS),
            (X264Rate::Quality(_), Some(Rate::Second(spent))) => quality(speed, &pass(2, spent), CLOSELY),
            (X264Rate::Quality(crf), None) => {
                quality(speed, &format!("pass=qual quantizer={}", plan.of(&ANALYSES).crf_for(crf)), "")
            }
            (X264Rate::Quantizer(quantizer), _) => {
                format!("x264enc name=enc speed-preset={speed} pass=quant quantizer={quantizer} {threads} ! h264parse")
            }
        }
    }

    fn effort_beside(&self) -> Option<u32> {
        Some(self.habits().effort)
    }

    fn launch_beside(&self, plan: &EncoderPlan, beside: &Beside) -> Option<String> {
        let Beside { profile, level, references, reorders } = *beside;
        let level = if level == 9 { "1b".to_owned() } else { level.to_string() };
        let habits = self.habits();
        let b_frames = if reorders { habits.b_frames.min(2) } else { 0 };
        // where no picture refers to another, each begins anew; the element does not leave that to its option-string
        let keys = if references == 0 { " key-int-max=1" } else { "" };
        let references = references.clamp(1, habits.references);
        let alike = format!("ref={references}:bframes={b_frames}:b-pyramid=none:level={level}:open-gop=0");
        let analysis = plan.of(&ANALYSES);
        let rate = match self.rate {
            X264Rate::Quality(crf) => format!(
                "pass=qual quantizer={} vbv-buf-capacity=0 {}",
                analysis.crf_for(crf),
                choices(&analysis, &alike, false)
            ),
            X264Rate::Quantizer(quantizer) => format!("pass=quant quantizer={quantizer} option-string={alike}"),
        };
        Some(format!(
            "x264enc name=enc speed-preset={} {rate} threads={} sliced-threads={} sync-lookahead=0{keys} ! \
             video/x-h264,profile={profile},stream-format=avc,alignment=au",
            self.speed, plan.threads, plan.sliced
        ))
    }

    fn words(&self, plan: &EncoderPlan, rate: Option<&Rate>) -> Words {
        let kind = if plan.sliced { "slices" } else { "frame threads" };
        let threads = plan.threads;
        let Analysis { lookahead, b_frames, larger, .. } = plan.of(&ANALYSES);
        let speed = &self.speed;
        let mut costs = Vec::new();
        let what = match (self.rate, rate) {
            (X264Rate::Quality(_), Some(Rate::First(spent) | Rate::Second(spent))) => {
                let rate = spent.kilobits;
                format!("x264 {speed} in two passes, {rate} kbit/s, look-ahead {lookahead}, {threads} {kind}")
            }
            (X264Rate::Quality(crf), _) => {
                if larger > 0 {
                    costs.push(format!("about {larger} % larger at equal quality"));
                }
                let own = plan.of(&ANALYSES).crf_for(crf);
                let meant = if own == crf { String::new() } else { format!(" for the quality of {crf}") };
                format!("x264 {speed}, crf {own}{meant}, look-ahead {lookahead}, {threads} {kind}")
            }
            (X264Rate::Quantizer(quantizer), _) => format!("x264 {speed}, quantiser {quantizer}, {threads} {kind}"),
        };
        if b_frames.is_some() {
            costs.push("slower".into());
        }
        Words { what, costs }
    }

    fn reorders(&self) -> bool {
        true
    }

    fn usual_bits(&self) -> u64 {
        match self.rate {
            X264Rate::Quality(_) => 8,
            X264Rate::Quantizer(_) => 25,
        }
    }

    fn can_be_held(&self) -> bool {
        matches!(self.rate, X264Rate::Quality(_)) && self.looks_ahead()
    }
}

/// x264's options beyond its preset, and `more`, as properties of the element. What looks for the best way to code each block
/// as thoroughly as it needs is `thorough`.
fn choices(analysis: &Analysis, more: &str, thorough: bool) -> String {
    let ahead = format!("rc-lookahead={}", analysis.lookahead);
    let few = analysis.b_frames.map(|n| format!("ref=2 bframes={n} b-pyramid=false"));
    let tree = analysis.tree.map(|n| format!("qcomp=0.{n:02}"));
    // both passes must agree on what weights there are; how thoroughly each looks is its own
    let thorough = if thorough { "trellis=2:subme=10:me=umh:direct=auto:weightp=0" } else { "weightp=0" };
    let thorough = analysis.b_frames.map(|_| thorough.to_owned());
    let more = (!more.is_empty()).then(|| more.to_owned());
    // what the element has no properties for
    let options: Vec<_> = [tree, thorough, more].into_iter().flatten().collect();
    let options = (!options.is_empty()).then(|| format!("option-string={}", options.join(":")));
    [Some(ahead), few, options].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
