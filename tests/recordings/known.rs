//! Kinds of recordings that are known to be read differently.

use super::recipe::{Fate, Late, Recipe};

/// The fault that is known of recordings of this kind. Each is to be taken out when it is mended.
pub fn of(recipe: &Recipe) -> Option<&'static str> {
    let Recipe { container, video, audio, late, fate, .. } = recipe;
    let damaged = matches!(fate, Fate::Damaged(_));
    // decoders that put pictures in another order than they are stored in
    let reorders = matches!(*video, "mpeg2" | "h264-bf" | "h264-open" | "hevc");
    let fault = match *container {
        // `qtdemux` (1.22) passes over tracks that are shorter than a fifth of the film, here all; damaged ones come at 0
        "mp4" | "mov" if *late == Late::Clock => "short tracks of a long film are passed over",
        // pictures are put at 0 with their sound, and those of the last 1.5 s are lost
        "mp4" | "mov" if matches!(late, Late::Picture(400..)) => "pictures that an edit list puts later are not",
        // 6.5 ms, the encoder's delay: ffmpeg does not take it off the stamps, in a transport stream it does; there
        // sound after a joint is lost, and a damaged stream can be refused
        "ts" | "fmp4" | "ogg" if *audio == "opus" => "Opus lies 6.5 ms off",
        "mkv" | "webm" if *audio == "opus" && *late == Late::Clock => "Opus lies 6.5 ms off",
        // 67 ms, two pictures
        "fmp4" if *video == "hevc" && matches!((late, fate), (Late::Sound(_), Fate::Killed(_))) => {
            "fragments begin with their first picture, where sound comes later"
        }
        // 10 to 16 ms of the first burst
        "fmp4" if *audio == "mp3" => "the first sound of MP3 in fragments is lost",
        // two pictures at one moment, those of the first second 100 ms off their sound
        "avi" if *video == "mpeg2" => "AVI with pictures out of order is stamped by their order in the file",
        // those after it come as much too early or too late as were lost
        "avi" if damaged => "pictures that are lost in AVI move those after them",
        // the key frame before the place is missed without the index
        "avi" if matches!(fate, Fate::Killed(_)) => "AVI without its index is sought in wrongly",
        // one period, the last picture
        "mpg" | "vob" if *fate == Fate::Joined => {
            "the last picture of a joined program stream is shown one period late"
        }
        // by as much as they are late
        "ts" if *audio == "ac3" && matches!(late, Late::Picture(400..)) => {
            "a transport stream whose pictures begin late is cut at its end"
        }
        // what is heard before the first picture
        "ts" if *video == "h264-open" && matches!(late, Late::Picture(_)) => "sound before open GOPs is lost",
        // another picture than the one that reading in order shows
        "ogg" if *late == Late::Clock => "Ogg whose clock begins late is sought in wrongly",
        // stamps go back or stay, numbers at the hole are those of references that were lost
        _ if damaged && reorders => "after damage, pictures that are reordered come at times that go back",
        // a burst beside the hole
        _ if damaged && *audio == "flac" => "more FLAC is lost at damage than must be",
        _ => return None,
    };
    Some(fault)
}
