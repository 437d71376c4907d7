//! Finding out what is in a file.

use super::damage::Damage;
use super::decode::{Cancel, Decoding, Which};
use super::error::MediaError;
use super::open_gops::Sought;
use super::orientation;
use super::packets::{Index, Kind, Track};
use super::timing::{Timing, rate_of, timing};
use super::waiting::Waiting;
use crate::model::{
    AudioStream, FrameCount, FrameRate, MediaInfo, MediaKind, Orientation, PixelAspect, SourceTime, Transfer,
    VideoStream,
};
use gstreamer as gst;
use gstreamer_pbutils as pbutils;
use gstreamer_pbutils::prelude::*;
use gstreamer_video as gst_video;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file that takes longer to probe is given up.
pub const PROBE_TIME_LIMIT: Duration = Duration::from_secs(20);

/// Samples a second of sound: from the poorest telephone to the finest that converters record.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// Channels of a sound stream.
const MOST_CHANNELS: u32 = 64;

/// Extensions that a folder is searched for; a file that is named itself is tried whatever its name.
const EXTENSIONS: &[&str] = &[
    "3gp", "aac", "aif", "aiff", "asf", "avi", "bmp", "flac", "flv", "gif", "jpeg", "jpg", "m2t", "m2ts", "m4a", "m4v",
    "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "mts", "mxf", "oga", "ogg", "ogv", "opus", "png", "svg", "tif", "tiff",
    "ts", "vob", "wav", "webm", "webp", "wmv",
];

/// The media files that a path stands for: itself, or those in the folder, in natural order of their names.
/// Folders inside it are searched too, down to a depth of 16.
///
/// # Errors
/// [`MediaError::File`] when there is no such file or folder.
pub fn find_media(path: &Path) -> Result<Vec<PathBuf>, MediaError> {
    fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)?.flatten() {
            let path = entry.path();
            let Ok(meta) = entry.metadata() else { continue };
            // what is hidden is not the person's own: macOS leaves ._film.mp4 beside film.mp4 on cards and shares
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
            if meta.is_dir() && depth < 16 {
                // what can't be read further down is passed over
                let _ = walk(&path, depth + 1, found);
            } else if EXTENSIONS.contains(&extension.as_str())
                && std::fs::metadata(&path).map_or(true, |to| to.is_file())
            {
                // pipes and devices are no media; a link to nothing is said to be one
                found.push(path);
            }
        }
        Ok(())
    }
    let meta = std::fs::metadata(path).map_err(|e| MediaError::file(path, &e))?;
    if !meta.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, 0, &mut found).map_err(|e| MediaError::file(path, &e))?;
    found.sort_by(|a, b| natord::compare_ignore_case(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(found)
}

/// Finds out what is in a file. Takes at most about twice [`PROBE_TIME_LIMIT`].
///
/// # Errors
/// Any [`MediaError`] about the file; a file without a usable stream is [`MediaError::NotMedia`].
pub fn probe(path: &Path) -> Result<MediaInfo, MediaError> {
    super::admit(path)?;
    let info = look_into(path)?;
    // a project could not keep it
    if let Some(what) = info.impossible() {
        return Err(MediaError::Decode { path: path.to_owned(), why: format!("it has an impossible {what}") });
    }
    Ok(info)
}

fn look_into(path: &Path) -> Result<MediaInfo, MediaError> {
    if super::gif::is_gif(path) {
        return super::gif::probe(path);
    }
    if super::svg::is_svg(path) {
        return super::svg::probe(path);
    }
    if let Some(mut info) = super::stills::probe_own(path)? {
        if let Some(video) = &mut info.video {
            video.orientation = orientation::of_exif(path).unwrap_or_default();
            if video.orientation.swaps_axes() {
                (video.width, video.height) = (video.height, video.width);
            }
        }
        return Ok(info);
    }
    let index = super::packets::index_of(path);
    if let Some((index, container)) = index.as_ref().and_then(|index| index.container.as_ref().map(|c| (index, c))) {
        return of_packets(path, index, container.clone());
    }
    let found = discover(path)?;
    let audio: Vec<AudioStream> = found.audio_streams().iter().map(audio_stream).collect();
    audio.iter().try_for_each(|stream| check_sound(path, stream))?;
    // cover art in sound files is a "video" stream that is an image
    let streams = found.video_streams();
    let picture = streams.iter().find(|v| !v.is_image()).or_else(|| streams.first().filter(|_| audio.is_empty()));
    let Some(picture) = picture else {
        return sound_only(path, &found, audio, index.as_deref());
    };
    let index = index.filter(|_| !picture.is_image());
    let timing = timing(path).map(|timing| match index.as_ref().and_then(|index| index.track(Kind::Picture, 0)) {
        Some((_, track)) => Timing::of_index(track, timing.colorimetry),
        None => timing,
    });
    let image = picture.is_image() && timing.as_ref().is_none_or(|t| t.count <= 1);
    let told = |n: u32, stream: &pbutils::DiscovererVideoInfo| Told {
        caps: stream.caps(),
        rate: nominal_rate(stream),
        orientation: orientation_of(path, n, stream, &found),
    };
    let mut video = video_stream(path, 0, told(0, picture), if image { None } else { timing.as_ref() })?;
    // a lecture's camera beside its slides, say; what can't be decoded is no choice
    let others = streams.iter().filter(|v| !v.is_image()).skip(1).enumerate();
    let mut more_video: Vec<VideoStream> = others
        .map_while(|(n, v)| {
            let n = u32::try_from(n + 1).ok()?;
            video_stream(path, n, told(n, v), timing.as_ref()).ok()
        })
        .collect();
    let (kind, duration, untimed) = if image {
        (MediaKind::Still, None, false)
    } else {
        // some transport streams have times that the demuxer can't read: their rate is read here
        let rate = || rate_of(super::transport_stream::picture_times(path)).rate.or_else(|| nominal_rate(picture));
        let (duration, untimed) = match &index {
            Some(index) => (SourceTime::from_nanos(index.length()), false),
            None => duration(path, &found, Which::Video(0), rate)?,
        };
        let own = untimed.then(rate).flatten();
        (video.rate, video.variable_rate) = (own.or(video.rate), video.variable_rate && !untimed);
        (MediaKind::Video, Some(duration), untimed)
    };
    let container = container(&found);
    if let Some(index) = index {
        for (n, stream) in std::iter::once(&mut video).chain(&mut more_video).enumerate() {
            let Some((_, track)) = index.track(Kind::Picture, n) else { continue };
            *stream = of_track(stream.clone(), track);
        }
        let (start, video) = (SourceTime::ZERO, Some(video));
        return Ok(MediaInfo { kind, container, duration, start, video, more_video, audio, untimed, generator: None });
    }
    let streams: &[Which] = if audio.is_empty() { &[Which::Video(0)] } else { &[Which::Video(0), Which::Audio(0)] };
    let late = !image && video.first > LATE;
    // without times, the first picture is where the media begins, and the sound's own clock begins with the sound
    let lead = || SourceTime::from_nanos(super::transport_stream::sound_lead(path).unwrap_or(0));
    let clock = timing.as_ref().filter(|_| !image && keeps_clock(&container));
    let start = match clock {
        _ if untimed => lead(),
        Some(timing) => begins(timing),
        None => start_of(path, &container, streams, late)?,
    };
    // a header that counts the empty time before the first picture
    let duration = match clock {
        Some(timing) => duration.map(|said| clocked_length(said, start, timing.end)),
        None => duration.map(|d| if late && d > start { d - start } else { d }),
    };
    for stream in std::iter::once(&mut video).chain(&mut more_video) {
        // the first buffer's segment is adjusted by parsers, and only an edit list makes stored times others
        let edited = container == "Quicktime" || container.contains("ISO");
        let stored = timing.as_ref().filter(|_| !edited).map(|t| t.first);
        let shown = stored.unwrap_or(stream.first);
        // with B-frames, the pictures' times in MXF are later than the sound's by as much as they are stored earlier
        stream.ahead = if container.contains("MXF") { shown } else { SourceTime::ZERO };
        let timing = timing.as_ref().filter(|_| !image && !untimed);
        stream.first = timing.map_or(SourceTime::ZERO, |t| t.first_after(start + stream.ahead, shown));
    }
    let duration = if container == "MPEG-TS" && !untimed { duration.map(|d| whole_stream(path, d)) } else { duration };
    // `matroskademux` counts from the first cluster by itself
    let start = if clock.is_some() && !container.contains("Flash") { SourceTime::ZERO } else { start };
    Ok(MediaInfo { kind, container, duration, start, video: Some(video), more_video, audio, untimed, generator: None })
}

/// What is in a file that has no pictures.
fn sound_only(
    path: &Path,
    found: &pbutils::DiscovererInfo,
    audio: Vec<AudioStream>,
    index: Option<&Index>,
) -> Result<MediaInfo, MediaError> {
    if audio.is_empty() {
        return Err(MediaError::NotMedia { path: path.to_owned(), why: "it has neither picture nor sound".to_owned() });
    }
    if let Some(index) = index {
        let (duration, container) = (SourceTime::from_nanos(index.length()), container(found));
        return Ok(sound_alone(container, duration, SourceTime::ZERO, audio));
    }
    let whole = found.stream_info().and_then(|info| info.caps());
    let duration = if whole.is_some_and(|caps| super::counted::is_needed(&caps)) {
        super::counted::length(path, &Cancel::default())?
    } else {
        duration(path, found, Which::Audio(0), || None)?.0
    };
    let container = container(found);
    let start = start_of(path, &container, &[Which::Audio(0)], keeps_clock(&container))?;
    let duration = if keeps_clock(&container) && duration > start { duration - start } else { duration };
    Ok(sound_alone(container, duration, start, audio))
}

fn sound_alone(container: String, duration: SourceTime, start: SourceTime, audio: Vec<AudioStream>) -> MediaInfo {
    MediaInfo { duration: Some(duration), start, audio, ..MediaInfo::of(MediaKind::Audio, container) }
}

fn discover(path: &Path) -> Result<pbutils::DiscovererInfo, MediaError> {
    let element = |e: gst::glib::Error| MediaError::Element(e.message().to_owned());
    let limit = gst::ClockTime::from_seconds(PROBE_TIME_LIMIT.as_secs());
    let discoverer = pbutils::Discoverer::new(limit).map_err(element)?;
    // left alone, a decoder takes a thread for each core, and each of those a picture and its references
    let file = path.to_owned();
    discoverer.connect_source_setup(move |_, source| {
        super::mp4_tracks::show_streams(source, &file);
        let mut top = source.clone();
        while let Some(parent) = top.parent().and_then(|p| p.downcast::<gst::Element>().ok()) {
            top = parent;
        }
        super::decode::configure_decoders(&top, 1, &Sought::default(), &Damage::default());
    });
    let absolute = std::path::absolute(path).map_err(|e| MediaError::file(path, &e))?;
    let uri = gst::glib::filename_to_uri(&absolute, None).map_err(element)?;
    let info = match discoverer.discover_uri(&uri) {
        Ok(info) => info,
        Err(e) if e.matches(gst::CoreError::MissingPlugin) => {
            return Err(MediaError::MissingPlugin {
                path: path.to_owned(),
                what: "this format".into(),
                package: super::plugins::package_for_decoders().to_owned(),
            });
        }
        Err(e) => {
            let why = e.message().trim_end_matches('.').to_owned();
            return Err(MediaError::NotMedia { path: path.to_owned(), why });
        }
    };
    match info.result() {
        pbutils::DiscovererResult::Timeout => {
            Err(MediaError::Stalled { path: path.to_owned(), seconds: PROBE_TIME_LIMIT.as_secs() })
        }
        pbutils::DiscovererResult::MissingPlugins
            if info.video_streams().is_empty() && info.audio_streams().is_empty() =>
        {
            Err(MediaError::MissingPlugin {
                path: path.to_owned(),
                what: container(&info),
                package: super::plugins::package_for_decoders().to_owned(),
            })
        }
        _ => Ok(info),
    }
}

fn describe(caps: Option<&gst::Caps>) -> String {
    caps.map(|c| pbutils::pb_utils_get_codec_description(c).to_string()).unwrap_or_default()
}

fn container(info: &pbutils::DiscovererInfo) -> String {
    info.stream_info()
        .and_then(|s| s.caps())
        .map(|caps| {
            let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
            match name.as_str() {
                "video/quicktime" => "Quicktime".into(),
                "audio/x-m4a" => "M4A".into(),
                "video/x-matroska" | "audio/x-matroska" => "Matroska".into(),
                "video/webm" | "audio/webm" => "WebM".into(),
                "video/mpegts" => "MPEG-TS".into(),
                _ => describe(Some(&caps)),
            }
        })
        .unwrap_or_default()
}

fn audio_stream(stream: &pbutils::DiscovererAudioInfo) -> AudioStream {
    AudioStream {
        codec: describe(stream.caps().as_ref()),
        rate: stream.sample_rate(),
        channels: stream.channels(),
        language: stream.language().map(|l| l.to_string()).unwrap_or_default(),
    }
}

/// Refuses sound whose numbers are no sound's. A stream that says none of them is judged by its decoder.
fn check_sound(path: &Path, stream: &AudioStream) -> Result<(), MediaError> {
    let (rate, channels) = (stream.rate, stream.channels);
    let too_large = |what: String, limit: String| Err(MediaError::TooLarge { path: path.to_owned(), what, limit });
    if rate != 0 && !SAMPLE_RATES.contains(&rate) {
        let (least, most) = (SAMPLE_RATES.start(), SAMPLE_RATES.end());
        return too_large(format!("its sound has {rate} samples a second"), format!("{least} to {most} are read"));
    }
    if channels > MOST_CHANNELS {
        return too_large(format!("its sound has {channels} channels"), format!("up to {MOST_CHANNELS} are read"));
    }
    Ok(())
}

/// What is in a file whose tracks were found by reading its packets.
fn of_packets(path: &Path, index: &Index, container: String) -> Result<MediaInfo, MediaError> {
    let tracks = |kind: Kind| index.tracks.iter().filter(move |t| t.kind == kind).zip(0_u32..);
    let caps = |track: &Track| track.caps.parse::<gst::Caps>().ok();
    let audio: Vec<AudioStream> = tracks(Kind::Sound).map(|(t, n)| heard(path, n, caps(t).as_ref())).collect();
    audio.iter().try_for_each(|stream| check_sound(path, stream))?;
    let mut pictures = Vec::new();
    for (track, n) in tracks(Kind::Picture) {
        let told = Told { caps: caps(track), rate: None, orientation: Orientation::default() };
        match video_stream(path, n, told, Some(&Timing::of_index(track, None))) {
            Ok(stream) => pictures.push(of_track(stream, track)),
            Err(error) if n == 0 => return Err(error),
            // what can't be decoded is no choice
            Err(_) => break,
        }
    }
    let duration = SourceTime::from_nanos(index.length());
    if pictures.is_empty() {
        return Ok(sound_alone(container, duration, SourceTime::ZERO, audio));
    }
    let video = Some(pictures.remove(0));
    let more_video = pictures;
    Ok(MediaInfo { duration: Some(duration), video, more_video, audio, ..MediaInfo::of(MediaKind::Video, container) })
}

/// A stream that begins when its packets do.
fn of_track(stream: VideoStream, track: &Track) -> VideoStream {
    // pictures after a joint lie on a grid of their own
    let variable_rate = stream.variable_rate || track.moves.len() > 1;
    VideoStream { first: SourceTime::from_nanos(track.first), variable_rate, ..stream }
}

/// A track of sound, by what its decoder makes of it.
fn heard(path: &Path, n: u32, caps: Option<&gst::Caps>) -> AudioStream {
    let decoding = Decoding::open(path, SourceTime::ZERO, Which::Audio(n), "identity", 1, 1);
    let sample = decoding.and_then(|decoding| decoding.pull(&Cancel::default())).ok().flatten();
    let number = |name: &str| sample.as_ref()?.caps()?.structure(0)?.get::<i32>(name).ok()?.try_into().ok();
    let (rate, channels) = (number("rate").unwrap_or(0), number("channels").unwrap_or(0));
    AudioStream { codec: describe(caps), rate, channels, language: String::new() }
}

/// What is told of a stream of pictures before one is decoded.
struct Told {
    caps: Option<gst::Caps>,
    /// The rate that its header says.
    rate: Option<FrameRate>,
    orientation: Orientation,
}

fn orientation_of(
    path: &Path,
    index: u32,
    stream: &pbutils::DiscovererVideoInfo,
    found: &pbutils::DiscovererInfo,
) -> Orientation {
    let orientation = orientation::of_movie(path, index).or_else(|| orientation::of_tags(stream.tags().as_ref()));
    let orientation = orientation.or_else(|| {
        // where the container, not the stream, carries the tag
        let container = found.stream_info().and_then(|s| s.tags());
        orientation::of_tags(container.as_ref())
    });
    orientation.or_else(|| orientation::of_exif(path)).unwrap_or_default()
}

fn video_stream(path: &Path, index: u32, told: Told, timing: Option<&Timing>) -> Result<VideoStream, MediaError> {
    let Told { caps, rate: nominal, orientation } = told;
    let (first, shown) = first_picture(path, index)?;
    let structure = caps.as_ref().and_then(|c| c.structure(0));
    let par = first.par();
    let (num, den) = (u32::try_from(par.numer()).unwrap_or(1), u32::try_from(par.denom()).unwrap_or(1));
    let pixel_aspect = if num == 0 || den == 0 { PixelAspect { num: 1, den: 1 } } else { PixelAspect { num, den } };
    let (width, height) = display_size(first.width(), first.height(), pixel_aspect, orientation);
    let codec_alpha = structure.is_some_and(|s| s.get::<bool>("codec-alpha").unwrap_or(false));
    let own = timing.and_then(|t| t.colorimetry.clone());
    let colorimetry = own
        .or_else(|| structure.and_then(|s| s.get::<String>("colorimetry").ok()))
        .or_else(|| Some(first.colorimetry().to_string()))
        .unwrap_or_default();
    let parsed = colorimetry.parse::<gst_video::VideoColorimetry>().unwrap_or_else(|_| first.colorimetry());
    let transfer = match parsed.transfer() {
        gst_video::VideoTransferFunction::AribStdB67 => Transfer::Hlg,
        gst_video::VideoTransferFunction::Smpte2084 => Transfer::Pq,
        _ => Transfer::Sdr,
    };
    let interlaced = first.interlace_mode() != gst_video::VideoInterlaceMode::Progressive;
    let measured = timing.and_then(|t| t.rate);
    let rate = match (measured, nominal) {
        // fields that are stored one by one
        (Some(fields), Some(frames))
            if interlaced && FrameRate::new(frames.num() * 2, frames.den()) == Some(fields) =>
        {
            nominal
        }
        (Some(measured), _) => Some(measured),
        (None, nominal) => nominal.filter(|_| timing.is_some()),
    };
    Ok(VideoStream {
        codec: describe(caps.as_ref()),
        width,
        height,
        orientation,
        pixel_aspect,
        rate,
        variable_rate: timing.is_some_and(|t| t.variable),
        first: shown,
        ahead: SourceTime::ZERO,
        interlaced,
        alpha: codec_alpha || first.format_info().has_alpha(),
        bit_depth: first.format_info().depth().first().copied().unwrap_or(8),
        transfer,
        colorimetry,
    })
}

/// The rate that a stream's header says.
fn nominal_rate(stream: &pbutils::DiscovererVideoInfo) -> Option<FrameRate> {
    let rate = stream.framerate();
    FrameRate::new(u32::try_from(rate.numer()).ok()?, u32::try_from(rate.denom()).ok()?)
}

/// Upright and with square pixels: the axis that is stretched grows, so that nothing is lost.
fn display_size(width: u32, height: u32, par: PixelAspect, orientation: Orientation) -> (u32, u32) {
    let scale = |n: u32, num: u32, den: u32| {
        u32::try_from((u64::from(n) * u64::from(num) + u64::from(den) / 2) / u64::from(den)).unwrap_or(u32::MAX)
    };
    let (width, height) = if par.num >= par.den {
        (scale(width, par.num, par.den), height)
    } else {
        (width, scale(height, par.den, par.num))
    };
    if orientation.swaps_axes() { (height, width) } else { (width, height) }
}

/// Decodes one picture: only then are its format, its pixel aspect, its fields and its time certain. The time is by the
/// file's own clock.
fn first_picture(path: &Path, stream: u32) -> Result<(gst_video::VideoInfo, SourceTime), MediaError> {
    let decoding = Decoding::open(path, SourceTime::ZERO, Which::Video(stream), "identity", 1, 1)?;
    let sample = decoding.pull(&Cancel::default())?;
    let shown = sample.as_ref().and_then(|s| decoding.time_of(s)).unwrap_or_default();
    let caps = sample.as_ref().and_then(|s| s.caps());
    caps.and_then(|c| gst_video::VideoInfo::from_caps(c).ok())
        .map(|info| (info, shown))
        .ok_or_else(|| decoding.decode_error("no picture in it can be decoded"))
}

/// A first picture that comes later than this, with no sound before it, is where the media begin.
const LATE: SourceTime = SourceTime(SourceTime::SECOND.0 / 2);

/// Whether times in such files count from when a recorder was started, not from the beginning of the file: what a
/// replay buffer or a stream's recorder wrote can begin hours later.
fn keeps_clock(container: &str) -> bool {
    ["Matroska", "WebM", "Flash"].iter().any(|name| container.contains(name))
}

/// How long a file lasts that says `said`, whose clock begins at `start` and whose pictures are over at `end`, if that is
/// known. Some programs write when it ends, others how long its longest stream is: pictures beyond the end tell.
fn clocked_length(said: SourceTime, start: SourceTime, end: Option<SourceTime>) -> SourceTime {
    let slack = SourceTime(SourceTime::SECOND.0 / 500);
    let is_length = said <= start || end.is_some_and(|end| end > said + slack);
    let length = if is_length { said } else { said - start };
    // times are rounded; a picture is not longer than the header says by that alone
    end.map_or(length, |end| if end - start > length + slack { end - start } else { length })
}

/// Where the file's own clock stands when its first picture or sound appears; what is within a millisecond of the clock's
/// own beginning was rounded.
fn begins(timing: &Timing) -> SourceTime {
    let first = timing.sound.map_or(timing.first, |sound| sound.min(timing.first));
    if first.0 > SourceTime::SECOND.0 / 1000 { first } else { SourceTime::ZERO }
}

/// Where the file's own clock stands when its first picture or sound appears. Streams that are cut out of a
/// broadcast begin anywhere; all other containers count from their beginning, but for those whose pictures come `late`.
fn start_of(path: &Path, container: &str, streams: &[Which], late: bool) -> Result<SourceTime, MediaError> {
    if !late && container != "MPEG-TS" && !container.contains("MPEG-PS") && !container.contains("MPEG-2 System") {
        return Ok(SourceTime::ZERO);
    }
    let mut first: Option<SourceTime> = None;
    for which in streams {
        let decoding = Decoding::open(path, SourceTime::ZERO, *which, "identity", 1, 1)?;
        let sample = decoding.pull(&Cancel::default())?;
        let time =
            sample.and_then(|s| decoding.time_of(&s)).map(|t| decoding.heard_from().map_or(t, |first| first.max(t)));
        first = first.into_iter().chain(time).min();
    }
    Ok(first.unwrap_or(SourceTime::ZERO))
}

/// A transport stream has no header; what the demuxer (GStreamer 1.22) makes of its clock ends with the last one of those,
/// before the last pictures.
fn whole_stream(path: &Path, found: SourceTime) -> SourceTime {
    let Some(length) = super::transport_stream::length(path).map(SourceTime::from_nanos) else { return found };
    let near = (length - found).0.abs() < SourceTime::SECOND.0 * 2;
    if near { length } else { found }
}

/// Whether what such a file says of its length was compared with its tables when it was opened, or is the demuxer's own
/// finding.
fn is_bounded(container: &str) -> bool {
    let names =
        ["Quicktime", "ISO", "M4A", "Matroska", "WebM", "Flash", "AVI", "Ogg", "MPEG-TS", "MPEG-PS", "MPEG-2 System"];
    names.iter().any(|name| container.contains(name))
}

/// What the header says, or where the stream really ends if it says nothing or what can't be; and whether its pictures have no times at
/// all, so that they were counted.
fn duration(
    path: &Path,
    found: &pbutils::DiscovererInfo,
    which: Which,
    rate: impl Fn() -> Option<FrameRate>,
) -> Result<(SourceTime, bool), MediaError> {
    let said = found.duration().unwrap_or_default();
    let known = if is_bounded(&container(found)) || !which.is_video() {
        Some(SourceTime::from_nanos(i64::try_from(said.nseconds()).unwrap_or(i64::MAX)))
    } else {
        super::counted::believed(path, said, &Cancel::default())?
    };
    if let Some(known) = known.filter(|known| *known > SourceTime::ZERO) {
        return Ok((known, false));
    }
    let decoding = Decoding::open(path, SourceTime::ZERO, which, "identity", 4, 1)?;
    let (mut end, mut count, cancel, mut waiting) = (0, 0, Cancel::default(), Waiting::begin());
    while waiting.passed() < PROBE_TIME_LIMIT
        && let Some(sample) = decoding.pull(&cancel)?
    {
        let Some(buffer) = sample.buffer() else { continue };
        count += 1;
        if let Some(pts) = buffer.pts() {
            end = end.max(pts.nseconds() + buffer.duration().map_or(0, gst::ClockTime::nseconds));
        }
    }
    if end < 1_000_000 {
        if let Some(rate) = rate().filter(|_| count > 1) {
            return Ok((rate.duration_of(FrameCount(count)), true));
        }
        return Err(decoding.decode_error("the times of its pictures can't be read; convert it to MP4 or MKV"));
    }
    Ok((SourceTime::from_nanos(i64::try_from(end).unwrap_or(i64::MAX)), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretched_and_turned_sizes() {
        let anamorphic = display_size(720, 576, PixelAspect { num: 59, den: 54 }, Orientation::default());
        assert_eq!(anamorphic, (787, 576));
        let turned = Orientation { rotation: 90, mirrored: false };
        assert_eq!(display_size(1920, 1080, PixelAspect { num: 1, den: 1 }, turned), (1080, 1920));
    }
}
