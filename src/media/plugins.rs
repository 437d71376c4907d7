//! Which GStreamer elements Workprint needs, and the packages that have them.

use gstreamer as gst;

/// An element that something needs.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// GStreamer's name.
    pub element: &'static str,
    /// What it is needed for.
    pub purpose: &'static str,
    /// The Debian and Ubuntu package.
    pub package: &'static str,
}

const fn need(element: &'static str, purpose: &'static str, package: &'static str) -> Plugin {
    Plugin { element, purpose, package }
}

const BASE: &str = "gstreamer1.0-plugins-base";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BAD: &str = "gstreamer1.0-plugins-bad";
const UGLY: &str = "gstreamer1.0-plugins-ugly";
const LIBAV: &str = "gstreamer1.0-libav";

/// All that the editor needs to work as promised.
pub const REQUIRED: &[Plugin] = &[
    need("decodebin", "reading files", BASE),
    need("appsrc", "reading and writing files", BASE),
    need("appsink", "reading files", BASE),
    need("videoconvertscale", "conforming pictures", BASE),
    need("audioconvert", "conforming sound", BASE),
    need("audioresample", "conforming sound", BASE),
    need("videoflip", "phone footage", GOOD),
    need("deinterlace", "interlaced footage", GOOD),
    need("qtdemux", "MP4 and MOV", GOOD),
    need("matroskademux", "MKV and WebM", GOOD),
    need("mp4mux", "MP4 export and proxies", GOOD),
    need("matroskamux", "MKV export", GOOD),
    need("flacenc", "lossless export", GOOD),
    need("autoaudiosink", "hearing the preview", GOOD),
    need("h264parse", "H.264", BAD),
    need("x264enc", "H.264 export and proxies", UGLY),
    need("avdec_h264", "H.264", LIBAV),
    need("avenc_aac", "AAC export", LIBAV),
    need("avenc_ffv1", "lossless export", LIBAV),
];

/// What some presets need beside that.
const OPTIONAL: &[Plugin] = &[
    need("x265enc", "H.265 export", BAD),
    need("h265parse", "H.265", BAD),
    need("av1enc", "AV1 export", BAD),
    need("av1parse", "AV1", BAD),
    need("vp9enc", "VP9 export", GOOD),
    need("avenc_prores_ks", "ProRes export", LIBAV),
    need("videoconvert", "ProRes export", BASE),
    need("qtmux", "MOV export", GOOD),
    need("webmmux", "WebM export", GOOD),
    need("opusenc", "Opus export", BASE),
    need("oggmux", "Opus export", BASE),
    need("lamemp3enc", "MP3 export", GOOD),
    need("wavenc", "WAV export", GOOD),
    need("webpenc", "WebP export", BAD),
];

/// What is known of an element that an export needs.
#[must_use]
pub fn plugin(element: &'static str) -> Plugin {
    let known = REQUIRED.iter().chain(OPTIONAL).find(|p| p.element == element);
    known.copied().unwrap_or(need(element, "export", BAD))
}

/// The required elements that are not installed. Call [`super::init`] first.
#[must_use]
pub fn missing_plugins() -> Vec<Plugin> {
    REQUIRED.iter().filter(|p| gst::ElementFactory::find(p.element).is_none()).copied().collect()
}

/// The packages with most of the decoders that people lack.
pub(super) fn package_for_decoders() -> &'static str {
    "gstreamer1.0-libav and gstreamer1.0-plugins-bad (gst-libav and gst-plugins-bad elsewhere)"
}
