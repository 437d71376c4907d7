//! Media files: what is in them, decoding them, and what is made of them once (proxies, thumbnails,
//! waveforms) and kept in the user's cache.
//!
//! Owns GStreamer's start-up. Never knows the timeline or the window. Invariants:
//!
//! - every wait has a time limit; a file that stalls is given up with an error that names it;
//! - importing a file reads that file alone: it is admitted by its content, and no element can open an address;
//! - what is decoded ahead is bounded to a few pictures and a fraction of a second of sound;
//! - what a program shows that was never decoded before is decoded in a process of its own, which the system limits
//!   ([`Helper`]); what a file says of its size is checked before memory is taken for it;
//! - a file in the cache is whole and of the file that it is shown for: it is written to a temporary name and renamed,
//!   found by the content of its original, and compared with a note of its own content before it is first used.

mod aac_step;
mod admission;
mod audio_reader;
mod avc;
mod bundled;
mod cache;
mod colours;
mod counted;
mod damage;
mod decode;
mod edit_list;
mod encoder_trial;
mod encoding;
mod error;
mod filmstrip;
mod fingerprint;
mod generated;
mod gif;
mod isolated;
mod luma;
mod messages;
mod mp4_boxes;
mod mp4_tracks;
mod open_gops;
mod orientation;
mod packet_reader;
mod packets;
#[cfg(test)]
mod played;
mod plugins;
mod probe;
mod proxy;
mod proxy_maker;
mod proxy_parts;
mod resample;
mod run_up;
mod scaling;
mod sound_clock;
mod stills;
mod svg;
mod sync_samples;
mod thumbnails;
mod timing;
mod transport_stream;
mod video_reader;
mod waiting;
mod warp;
mod waveform;

pub use admission::{Admitted, admit};
pub use audio_reader::AudioReader;
pub(crate) use avc::{Beside, Configuration, Copyable, Rewriter, is_idr};
pub use bundled::use_bundled;
pub use cache::{Cache, CacheKind};
pub use colours::to_rgba;
pub use decode::Cancel;
pub(crate) use encoder_trial::try_encoder;
pub use encoding::Encoding;
pub(crate) use encoding::{announced, clock_time};
pub use error::{ANOTHER, MediaError};
pub use filmstrip::{StripId, filmstrip};
pub use fingerprint::{Stamp, fingerprint, is_same, is_still};
pub(crate) use isolated::is_set_up as helpers_are_set_up;
pub use isolated::{ARGUMENT as HELPER_ARGUMENT, Helper, serve, set_up as set_up_helpers};
pub use luma::{Luma, psnr};
pub(crate) use mp4_boxes::Mp4Box;
pub(crate) use packet_reader::{CodedPicture, PacketReader};
pub(crate) use packets::OGG_CHECKSUM;
pub use packets::{Found, INDEX_KEPT};
pub use plugins::{Plugin, REQUIRED, missing_plugins, plugin};
pub use probe::{PROBE_TIME_LIMIT, find_media, probe};
pub use proxy::{PROXY_LINES, Proxy, ProxySettings, find_proxy, known_proxy, make_proxy, proxy_info, proxy_size};
pub use proxy_maker::ProxyMaker;
pub use proxy_parts::{PART_LENGTH, Part, Parts};
pub(crate) use scaling::Scaler;
pub use sync_samples::PictureBytes;
pub(crate) use sync_samples::{Framing, NalCodec, is_sync};
pub use thumbnails::{ThumbnailSheet, png, poster, thumbnails};
pub(crate) use video_reader::MISSING;
pub use video_reader::{Picture, PictureFormat, VideoReader};
pub(crate) use waiting::Waiting;
pub use waveform::{PEAKS_PER_SECOND, Waveform, waveform};

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::OnceLock;

/// Whether an asset's original is there; what is made up always is.
#[must_use]
pub fn is_there(asset: &crate::model::Asset) -> bool {
    asset.info.generator.is_some() || asset.path.is_file()
}

/// Whether a stream's pictures have the renderer's own colours, so that they need not be converted.
pub(crate) fn has_own_colours(video: &crate::model::VideoStream) -> bool {
    colours::Conversion::is_needless(video)
}

/// Starts GStreamer once for the process and takes elements out of the choice that are known to misbehave, and those
/// that could open anything but files.
///
/// # Errors
/// [`MediaError::Start`] when GStreamer can't start at all.
pub fn init() -> Result<(), MediaError> {
    static STARTED: OnceLock<Result<(), String>> = OnceLock::new();
    let started = STARTED.get_or_init(|| {
        messages::take_over();
        gst::init().map_err(|e| e.to_string())?;
        for (element, rank) in [
            // no max-threads, and it refuses profiles that avdec_h264 decodes
            ("openh264dec", gst::Rank::NONE),
            // decodes an animation to its first picture where avdec_gif shows them all
            ("gdkpixbufdec", gst::Rank::MARGINAL),
        ] {
            if let Some(feature) = gst::Registry::get().lookup_feature(element) {
                feature.set_rank(rank);
            }
        }
        admission::close_other_sources();
        // hardware decoders differ from machine to machine in what they accept and in how they round;
        // (decodebin's own force-sw-decoders also shuts out libav, in 1.22)
        let all = gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
        for factory in all {
            if factory.klass().contains("Hardware") {
                factory.set_rank(gst::Rank::NONE);
            }
        }
        Ok(())
    });
    started.clone().map_err(MediaError::Start)
}
