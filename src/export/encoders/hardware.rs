//! Encoders of the machine's graphics, by GStreamer's elements for them: NVENC, VA, Quick Sync, AMF, `VideoToolbox`, Media
//! Foundation and V4L2.
//!
//! They are fast, and at the same number of bits worse than the encoders in software. That an element is there does not mean that
//! it works: [`super::super::hardware`] tries it first.

use super::{
    Av1, Container, EncoderPlan, FIXED, Input, Rate, Setting, SettingKind, Video, VideoEncoder, Words, X265, bordered,
    in_range,
};
use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One of them, at a constant quantiser.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// GStreamer's element: one of [`Hardware::known`].
    pub element: String,
    /// The quantiser, 0 to 51; less is better.
    pub quality: u32,
}

/// What an encoder makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Codec {
    H264,
    H265,
    Av1,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Av1 => "AV1",
        }
    }

    const fn parser(self) -> &'static str {
        match self {
            Self::H264 => "h264parse",
            Self::H265 => "h265parse",
            Self::Av1 => "av1parse",
        }
    }

    /// Decoders in software, the best one first.
    fn decoders(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["avdec_h264", "openh264dec"],
            Self::H265 => &["avdec_h265", "libde265dec"],
            Self::Av1 => &["dav1ddec", "av1dec", "avdec_av1"],
        }
    }

    /// What an encoder in software makes.
    fn of(video: &Video) -> Option<Self> {
        match video {
            Video::H264(_) => Some(Self::H264),
            Video::H265(_) => Some(Self::H265),
            Video::Av1(_) => Some(Self::Av1),
            Video::Hardware(hardware) => hardware.found().map(|known| known.codec),
            Video::Vp9(_) | Video::ProRes(_) | Video::Ffv1(_) => None,
        }
    }
}

/// What is known of an element.
struct Known {
    codec: Codec,
    /// What people call the kind.
    kind: &'static str,
    /// The element and what reads its packets.
    elements: [&'static str; 2],
    /// What it is told: properties that it may have. `{q}` stands for the quantiser, `{q255}` for it as AV1 counts, `{good}` for
    /// 0 to 1 and `{percent}` for 1 to 100, where more is better.
    told: &'static str,
}

const NVENC: &str = "preset=hq rc-mode=constqp qp-const={q} gop-size=240 bframes=2";
const VA: &str = "rate-control=cqp qpi={q} qpp={q} qpb={q} key-int-max=240";
const QSV: &str = "rate-control=cqp qp-i={q} qp-p={q} qp-b={q} gop-size=240";
const AMF: &str = "usage=transcoding rate-control=cqp qp-i={q} qp-p={q} gop-size=240";
const VT: &str = "quality={good} max-keyframe-interval=240 realtime=false";
const MF: &str = "rc-mode=qvbr quality={percent} gop-size=240";
const V4L2: &str = "extra-controls=controls,h264_i_frame_qp_value={q},h264_p_frame_qp_value={q}";

const fn known(codec: Codec, kind: &'static str, element: &'static str, told: &'static str) -> Known {
    Known { codec, kind, elements: [element, codec.parser()], told }
}

/// All that are looked for; of those that make the same, what is tried first stands first. Properties by GStreamer's
/// documentation of the plugins nvcodec, va, qsv, amfcodec, applemedia, mediafoundation and video4linux2 (1.22 to 1.28).
static KNOWN: [Known; 20] = [
    known(Codec::H264, "NVENC", "nvh264enc", NVENC),
    known(Codec::H265, "NVENC", "nvh265enc", NVENC),
    known(Codec::Av1, "NVENC", "nvav1enc", "rc-mode=constqp qp-const={q255} gop-size=240"),
    known(Codec::H264, "Quick Sync", "qsvh264enc", QSV),
    known(Codec::H265, "Quick Sync", "qsvh265enc", QSV),
    known(Codec::Av1, "Quick Sync", "qsvav1enc", "rate-control=cqp qp-i={q255} qp-p={q255} gop-size=240"),
    known(Codec::H264, "VA", "vah264enc", VA),
    known(Codec::H265, "VA", "vah265enc", VA),
    known(Codec::H264, "VA, low power", "vah264lpenc", VA),
    known(Codec::H265, "VA, low power", "vah265lpenc", VA),
    known(Codec::Av1, "VA", "vaav1enc", "rate-control=cqp qp={q255} key-int-max=240"),
    known(Codec::H264, "AMF", "amfh264enc", AMF),
    known(Codec::H265, "AMF", "amfh265enc", AMF),
    known(Codec::Av1, "AMF", "amfav1enc", "usage=transcoding rate-control=cqp qp-i={q255} qp-p={q255} gop-size=240"),
    known(Codec::H264, "VideoToolbox", "vtenc_h264_hw", VT),
    known(Codec::H265, "VideoToolbox", "vtenc_h265_hw", VT),
    known(Codec::H264, "Media Foundation", "mfh264enc", MF),
    known(Codec::H265, "Media Foundation", "mfh265enc", MF),
    known(Codec::H264, "V4L2", "v4l2h264enc", V4L2),
    known(Codec::H265, "V4L2", "v4l2h265enc", ""),
];

impl Hardware {
    /// GStreamer's elements for all that are looked for.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.elements[0])
    }

    /// Those of them that are installed. Call [`crate::media::init`] first.
    pub fn installed() -> impl Iterator<Item = &'static str> {
        Self::known().filter(|element| gst::ElementFactory::find(element).is_some())
    }

    /// Those that are installed and make what an encoder in software makes, at about its quality; the one to try first stands
    /// first. Call [`crate::media::init`] first.
    pub fn instead_of(video: &Video) -> impl Iterator<Item = Self> {
        let (codec, quality) = (Codec::of(video), quality_of(video));
        let there = |known: &&Known| gst::ElementFactory::find(known.elements[0]).is_some();
        let fitting = KNOWN.iter().filter(move |known| Some(known.codec) == codec);
        fitting.filter(there).map(move |known| Self { element: known.elements[0].to_owned(), quality })
    }

    /// The same picture by an encoder in software.
    #[must_use]
    pub fn in_software(&self) -> Video {
        match self.found().map(|known| known.codec) {
            Some(Codec::H265) => Video::H265(X265 { crf: self.quality, ..X265::default() }),
            Some(Codec::Av1) => Video::Av1(Av1 { quality: (self.quality * 62 / 51).min(62), ..Av1::default() }),
            Some(Codec::H264) | None => Video::h264("medium", self.quality),
        }
    }

    /// What people call the kind, with the element: "VA (vah264enc)".
    #[must_use]
    pub fn title(&self) -> String {
        match self.found() {
            Some(known) => format!("{} ({})", known.kind, self.element),
            None => self.element.clone(),
        }
    }

    /// Decoders in software for what it makes, as a description for GStreamer; `None` where there is none.
    #[must_use]
    pub fn decoder(&self) -> Option<String> {
        let codec = self.found()?.codec;
        let decoder = codec.decoders().iter().find(|d| gst::ElementFactory::find(d).is_some())?;
        Some(format!("{} ! {decoder}", codec.parser()))
    }

    fn found(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.elements[0] == self.element)
    }

    /// What it is told, as far as it has such properties.
    fn options(&self) -> String {
        let Some(known) = self.found() else { return String::new() };
        let class = gst::ElementFactory::find(&self.element).and_then(|factory| {
            // what is not loaded has no properties yet
            let loaded = factory.load().ok()?;
            glib::object::ObjectClass::from_type(loaded.element_type())
        });
        let Some(class) = class else { return String::new() };
        let quality = self.quality.min(51);
        let good = f64::from(51 - quality) / 51.0;
        let options = known.told.split_whitespace().filter(|option| {
            option.split_once('=').is_some_and(|(property, _)| class.find_property(property).is_some())
        });
        let options = options.map(|option| {
            option
                .replace("{q}", &quality.to_string())
                .replace("{q255}", &(quality * 5).to_string())
                .replace("{good}", &format!("{good:.2}"))
                .replace("{percent}", &format!("{:.0}", (good * 100.0).max(1.0)))
        });
        options.collect::<Vec<_>>().join(" ")
    }
}

/// The quantiser that is about as good as what an encoder in software is told.
fn quality_of(video: &Video) -> u32 {
    let quality =
        video.encoder().settings().into_iter().find(|s| s.kind == SettingKind::Quality).map_or(23, |s| s.value);
    match video {
        Video::Av1(_) => quality * 51 / 62,
        _ => quality,
    }
}

impl VideoEncoder for Hardware {
    fn name(&self) -> &'static str {
        self.found().map_or("nothing", |known| known.codec.name())
    }

    fn elements(&self) -> &'static [&'static str] {
        self.found().map_or(&[], |known| &known.elements)
    }

    fn containers(&self) -> &'static [Container] {
        match self.found().map(|known| known.codec) {
            Some(Codec::Av1) => &[Container::Mp4, Container::WebM, Container::Matroska],
            Some(Codec::H264 | Codec::H265) => &[Container::Mp4, Container::Mov, Container::Matroska],
            None => &[],
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.found().is_none() {
            let all = Self::known().collect::<Vec<_>>().join(", ");
            return Err(format!("'{}' is no hardware encoder that is known: write one of {all}", self.element));
        }
        in_range("the quantiser", self.quality, 0..=51)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new(SettingKind::Quality, self.quality, 0..=51, |n| format!("quantiser {n}"))]
    }

    fn set(&mut self, kind: SettingKind, value: u32) {
        if kind == SettingKind::Quality {
            self.quality = value;
        }
    }

    fn candidates(&self, cores: u32) -> Vec<EncoderPlan> {
        let base = EncoderPlan { threads: 1, ..EncoderPlan::for_cores(cores) };
        let small = EncoderPlan { decoder_threads: 1, slots: 2, ..base };
        vec![base, small, EncoderPlan { ahead: 0, ..small }]
    }

    fn holds(&self, canvas: (u32, u32), _: &EncoderPlan) -> u64 {
        // not measured on any: drivers map memory of their own, and pictures wait on their way there
        4 * FIXED + bordered(canvas) * 16
    }

    fn input(&self, _: &EncoderPlan) -> Input {
        // where it takes pictures as they are, nothing is known of how long
        Input::Kept
    }

    fn launch(&self, _: &EncoderPlan, _: Option<&Rate>) -> String {
        let parser = self.found().map_or("identity", |known| known.codec.parser());
        format!("videoconvert ! {} name=enc {} ! {parser}", self.element, self.options())
    }

    fn words(&self, _: &EncoderPlan, _: Option<&Rate>) -> Words {
        Words::plain(format!("{} by {}, quantiser {}", self.name(), self.title(), self.quality))
    }

    fn is_stuck_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(20))
    }

    fn reorders(&self) -> bool {
        true
    }

    fn usual_bits(&self) -> u64 {
        12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_named_once_and_read_by_what_it_makes() {
        let mut names = std::collections::BTreeSet::new();
        for known in &KNOWN {
            assert!(names.insert(known.elements[0]), "{} stands twice", known.elements[0]);
            assert_eq!(known.elements[1], known.codec.parser());
            let hardware = Hardware { element: known.elements[0].into(), quality: 20 };
            assert_eq!(hardware.check(), Ok(()));
            assert_eq!(Codec::of(&hardware.in_software()), Some(known.codec), "{}", hardware.title());
        }
        let unknown = Hardware { element: "x264enc".into(), quality: 20 };
        assert!(unknown.check().unwrap_err().contains("vah264enc"));
    }
}
