//! Kinds of recordings that are known to be read differently.

use super::recipe::{Fate, Late, Recipe};

/// The fault that is known of recordings of this kind. Each is to be taken out when it is mended.
pub fn of(recipe: &Recipe) -> Option<&'static str> {
    let Recipe { container, video, audio, late, fate, .. } = recipe;
    let damaged = matches!(fate, Fate::Damaged(_));
    // decoders that put pictures in another order than they are stored in
    let reorders = matches!(*video, "mpeg2" | "h264-bf" | "h264-open" | "hevc");
    let fault = match *container {
        // 6.5 ms, the encoder's delay: ffmpeg does not take it off the stamps
        "fmp4" if *audio == "opus" => "Opus lies 6.5 ms off",
        "mkv" | "webm" if *audio == "opus" && *late == Late::Clock => "Opus lies 6.5 ms off",
        // 67 ms, two pictures
        "fmp4" if *video == "hevc" && matches!((late, fate), (Late::Sound(_), Fate::Killed(_))) => {
            "fragments begin with their first picture, where sound comes later"
        }
        // 10 to 16 ms of the first burst
        "fmp4" if *audio == "mp3" => "the first sound of MP3 in fragments is lost",
        // nothing tells that more was to come where the end is that of a packet
        "avi" if matches!(*video, "mpeg2" | "mpeg4-bf" | "xvid") && matches!(fate, Fate::Killed(_)) => {
            "the last picture of an AVI that was cut off between packets is shown early"
        }
        // each decoder hides it in its own way, up to the next key picture; of sound a page is a second
        "avi" | "ogg" if damaged && matches!(*video, "vp8" | "theora") => "what is shown after damage is garbled",
        // one period, the last picture
        "mpg" | "vob" if *fate == Fate::Joined => {
            "the last picture of a joined program stream is shown one period late"
        }
        // 11 ms, which a decoder begins earlier than `speexdec`
        "ogg" if *audio == "speex" => "Speex in Ogg lies 11 ms off",
        // stamps go back or stay, numbers at the hole are those of references that were lost
        _ if damaged && reorders => "after damage, pictures that are reordered come at times that go back",
        // a burst beside the hole
        _ if damaged && *audio == "flac" => "more FLAC is lost at damage than must be",
        _ => return None,
    };
    Some(fault)
}
