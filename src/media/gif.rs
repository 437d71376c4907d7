//! Animated GIFs, read with the `image` crate: libav's reader in GStreamer 1.22 gives every picture the
//! time 0 and goes round for ever.

use super::encoding::clock_time;
use super::error::MediaError;
use super::stills;
use crate::model::{FrameRate, MediaInfo, MediaKind, SourceTime, VideoStream};
use crossbeam_channel::bounded;
use gstreamer as gst;
use gstreamer_app as gst_app;
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, Frame, ImageDecoder};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Browsers show a picture with no delay for so long, and so does everyone else.
const NO_DELAY: i64 = 100_000_000;

/// Pictures of an animation. To show one, all before it have to be decoded.
const MOST: usize = 20_000;

/// Pixels of an animation's pictures together, for the same reason: 2,000 of 1080p.
const MOST_PIXELS: u64 = 1 << 32;

/// Pixels of a picture: one of 8k. Several are held at once, in four bytes a pixel.
const MOST_CANVAS: u64 = 1 << 25;

/// Pixels from which on no picture waits beside the ones that are worked on.
const LARGE: u64 = 1 << 23;

/// Whether a file is a GIF, by its first bytes.
pub(super) fn is_gif(path: &Path) -> bool {
    let mut head = [0; 4];
    File::open(path).and_then(|mut f| f.read_exact(&mut head)).is_ok() && &head == b"GIF8"
}

fn decoder(path: &Path) -> Result<GifDecoder<BufReader<File>>, MediaError> {
    let file = File::open(path).map_err(|e| MediaError::file(path, &e))?;
    GifDecoder::new(BufReader::new(file))
        .map_err(|e| MediaError::NotMedia { path: path.to_owned(), why: e.to_string() })
}

/// Nanoseconds that a picture stays.
fn delay(frame: &Frame) -> i64 {
    let (num, den) = frame.delay().numer_denom_ms();
    shown(i64::from(num) * 1_000_000 / i64::from(den.max(1)))
}

/// Nanoseconds that a picture stays of which the file says so many.
fn shown(nanos: i64) -> i64 {
    if nanos < 11_000_000 { NO_DELAY } else { nanos }
}

/// Reads how long each picture stays without decoding any, but for the first. Refuses what no decoder should be shown.
fn delays(path: &Path) -> Result<Vec<i64>, MediaError> {
    let file = File::open(path).map_err(|e| MediaError::file(path, &e))?;
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut reader = options
        .read_info(BufReader::new(file))
        .map_err(|e| MediaError::NotMedia { path: path.to_owned(), why: e.to_string() })?;
    let (width, height) = (u32::from(reader.width()), u32::from(reader.height()));
    stills::check_size(path, (width, height), MOST_CANVAS)?;
    let mut delays = Vec::new();
    while let Ok(Some(frame)) = reader.next_frame_info() {
        stills::check_size(path, (frame.width.into(), frame.height.into()), MOST_CANVAS)?;
        delays.push(shown(i64::from(frame.delay) * 10_000_000));
        let pixels = u64::from(width) * u64::from(height) * delays.len() as u64;
        if delays.len() > MOST || pixels > MOST_PIXELS && delays.len() > 1 {
            return Err(MediaError::TooLarge {
                path: path.to_owned(),
                what: format!("it is an animation of {} or more pictures of {width}x{height}", delays.len()),
                limit: format!("GIFs are read up to {MOST} pictures and {} megapixels in all", MOST_PIXELS / 1_000_000),
            });
        }
    }
    let undecodable = || MediaError::Decode { path: path.to_owned(), why: "no picture in it can be decoded".into() };
    decoder(path)?.into_frames().next().and_then(Result::ok).ok_or_else(undecodable)?;
    Ok(delays)
}

/// What is in a GIF. One picture makes a still.
pub(super) fn probe(path: &Path) -> Result<MediaInfo, MediaError> {
    let delays = delays(path)?;
    let (width, height) = decoder(path)?.dimensions();
    let Some(first) = delays.first().copied() else {
        return Err(MediaError::Decode { path: path.to_owned(), why: "no picture in it can be decoded".into() });
    };
    let still = delays.len() == 1;
    let variable = delays.iter().any(|d| *d != first);
    let mut sorted = delays.clone();
    sorted.sort_unstable();
    let rate = FrameRate::snap(1e9 / sorted[sorted.len() / 2] as f64).filter(|_| !still);
    Ok(MediaInfo {
        duration: (!still).then(|| SourceTime::from_nanos(delays.iter().sum())),
        video: Some(VideoStream {
            codec: "GIF".into(),
            rate,
            variable_rate: variable,
            alpha: true,
            colorimetry: "sRGB".into(),
            ..VideoStream::of_size(width, height)
        }),
        ..MediaInfo::of(if still { MediaKind::Still } else { MediaKind::Video }, "GIF")
    })
}

/// A decoded picture: when it appears and how long it stays in nanoseconds, and its RGBA pixels.
type Decoded = (i64, i64, Vec<u8>);

/// A source of a GIF's pictures with their times, decoded as they are asked for. It can't be sought in.
pub(super) fn source(path: &Path) -> Result<gst_app::AppSrc, MediaError> {
    let decoder = decoder(path)?;
    let (width, height) = decoder.dimensions();
    stills::check_size(path, (width, height), MOST_CANVAS)?;
    let ahead = if u64::from(width) * u64::from(height) > LARGE { 0 } else { 2 };
    let source = gst_app::AppSrc::builder()
        .caps(&stills::caps("RGBA", (width, height)))
        .format(gst::Format::Time)
        .max_buffers(ahead.max(1) as u64)
        .max_bytes(0)
        .build();
    // the decoder can't move between threads; its own ends when the pipeline no longer takes pictures
    let (send, pictures) = bounded::<Decoded>(ahead);
    std::thread::Builder::new()
        .name("gif".into())
        .spawn(move || {
            let mut time = 0;
            for frame in decoder.into_frames().take(MOST).map_while(Result::ok) {
                let (start, delay) = (time, delay(&frame));
                time += delay;
                if send.send((start, delay, frame.into_buffer().into_raw())).is_err() {
                    return;
                }
            }
        })
        .map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?;
    let callbacks = gst_app::AppSrcCallbacks::builder().need_data(move |source, _| push(source, pictures.recv().ok()));
    source.set_callbacks(callbacks.build());
    Ok(source)
}

fn push(source: &gst_app::AppSrc, next: Option<Decoded>) {
    let Some((start, delay, pixels)) = next else {
        // the pipeline is being stopped when it no longer listens
        let _ = source.end_of_stream();
        return;
    };
    let mut buffer = gst::Buffer::from_mut_slice(pixels);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(clock_time(start));
        buffer.set_duration(clock_time(delay));
    }
    let _ = source.push_buffer(buffer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Cancel, PictureFormat, VideoReader, probe};
    use image::codecs::gif::GifEncoder;
    use image::{Delay, RgbaImage};

    #[test]
    fn an_animation_keeps_its_own_times() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        let mut encoder = GifEncoder::new(File::create(&path).unwrap());
        for (n, ms) in [50, 200, 50, 100].into_iter().enumerate() {
            let grey = u8::try_from(n * 60).unwrap();
            let picture = RgbaImage::from_pixel(32, 16, image::Rgba([grey, grey, grey, 255]));
            encoder.encode_frame(Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(ms, 1))).unwrap();
        }
        drop(encoder);
        let info = probe(&path).unwrap();
        assert_eq!(info.duration, Some(SourceTime::from_seconds(0.4)));
        assert!(info.video.as_ref().is_some_and(|v| v.variable_rate && v.alpha && (v.width, v.height) == (32, 16)));
        let format = PictureFormat { width: 32, height: 16, format: gstreamer_video::VideoFormat::I420 };
        let mut reader = VideoReader::open(&path, &info, format, 1).unwrap();
        // back and forth
        for (at, grey) in [(0.0, 0), (0.06, 60), (0.2, 60), (0.26, 120), (0.39, 180), (9.0, 180), (0.1, 60), (0.0, 0)] {
            let picture = reader.at(SourceTime::from_seconds(at), &Cancel::default()).unwrap().unwrap();
            let pixels = crate::media::to_rgba(&picture.info, &picture.buffer.map_readable().unwrap());
            let shown = pixels[0];
            assert!(i32::from(shown).abs_diff(grey) <= 8, "at {at}: {shown} instead of {grey}");
        }
    }
}
