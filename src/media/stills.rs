//! How large stills and animations are by their own account, read from their first bytes before any decoder takes memory
//! for them, and what of them is read.
//!
//! Stills are decoded whole up to [`MOST_PIXELS`]. Larger JPEGs, panoramas mostly, are read at a half, a quarter or an
//! eighth of their size, which their decoder does without ever holding the whole; larger stills of other kinds are
//! refused.

use super::error::MediaError;
use crate::model::{MediaInfo, MediaKind, VideoStream};
use gstreamer as gst;
use gstreamer_app as gst_app;
use image::ImageFormat;
use imagesize::ImageType;
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Pixels of a still that is decoded whole: photos of 100 megapixels are. In 8 bits a colour, with transparency, that
/// is 512 MiB.
const MOST_PIXELS: u64 = 1 << 27;

/// Pixels of a still that is decoded here whole, with its copy in 8 bits.
const MOST_PLAIN: u64 = 1 << 26;

/// Pixels that are read of a still that is not decoded whole: one of 8k.
const MOST_SCALED: u64 = 1 << 25;

/// The JPEG that is read scaled, and by how much.
struct Scaled {
    decoder: Decoder<BufReader<File>>,
    /// Its whole size.
    whole: (u32, u32),
    /// The size in which it is read.
    size: (u32, u32),
}

/// Width and height by the header, and the kind.
type Claim = (u32, u32, ImageType);

/// `None` of what is no still.
fn claim(path: &Path) -> Option<Claim> {
    let mut reader = BufReader::new(File::open(path).ok()?);
    let kind = imagesize::reader_type(&mut reader).ok()?;
    let size = kind.reader_size(&mut reader).ok()?;
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some((side(size.width), side(size.height), kind))
}

/// What GStreamer's decoders don't read, or only some of: bitmaps, TIFF and photos for print, in cyan, magenta, yellow
/// and black.
struct Plain {
    name: &'static str,
    size: (u32, u32),
    format: ImageFormat,
}

fn plain(path: &Path, (width, height, kind): Claim) -> Result<Option<Plain>, MediaError> {
    let (name, format) = match kind {
        ImageType::Bmp => ("BMP", ImageFormat::Bmp),
        ImageType::Tiff => ("TIFF", ImageFormat::Tiff),
        ImageType::Jpeg if for_print(path) => ("JPEG, CMYK", ImageFormat::Jpeg),
        _ => return Ok(None),
    };
    check_size(path, (width, height), MOST_PLAIN)?;
    Ok(Some(Plain { name, size: (width, height), format }))
}

fn for_print(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.read_info().is_ok() && decoder.info().is_some_and(|info| info.pixel_format == PixelFormat::CMYK32)
}

/// Decodes such a still, to 8 bits a colour.
fn decode_plain(path: &Path, format: ImageFormat) -> Result<image::DynamicImage, MediaError> {
    let file = File::open(path).map_err(|e| MediaError::file(path, &e))?;
    let mut reader = image::ImageReader::with_format(BufReader::new(file), format);
    let mut limits = image::Limits::default();
    // 16 bits of four colours, and a row more
    limits.max_alloc = Some(MOST_PLAIN * 8 + (1 << 20));
    reader.limits(limits);
    reader.decode().map_err(|e| MediaError::Decode { path: path.to_owned(), why: e.to_string() })
}

/// Refuses pictures of more than `most` pixels.
///
/// # Errors
/// [`MediaError::TooLarge`].
pub(super) fn check_size(path: &Path, (width, height): (u32, u32), most: u64) -> Result<(), MediaError> {
    if u64::from(width) * u64::from(height) <= most {
        return Ok(());
    }
    Err(MediaError::TooLarge {
        path: path.to_owned(),
        what: format!("it says to be {width}x{height}"),
        limit: format!("pictures of its kind are read up to {} megapixels", most / 1_000_000),
    })
}

/// The still as it will be read, where GStreamer's decoders don't read it, or not whole.
///
/// # Errors
/// [`MediaError::TooLarge`] where it can't be read at all.
pub(super) fn probe_own(path: &Path) -> Result<Option<MediaInfo>, MediaError> {
    let Some(claim) = claim(path) else { return Ok(None) };
    if let Some(Plain { name, size, format }) = plain(path, claim)? {
        let alpha = decode_plain(path, format)?.color().has_alpha();
        return Ok(Some(info(name, name, size, alpha)));
    }
    let Some(Scaled { whole: (width, height), size, .. }) = scaled(path, claim)? else { return Ok(None) };
    let codec = format!("JPEG, read as {}x{} of {width}x{height}", size.0, size.1);
    Ok(Some(info("JPEG", &codec, size, false)))
}

/// What is known of a still whose pixels are red, green and blue.
pub(super) fn info(container: &str, codec: &str, (width, height): (u32, u32), alpha: bool) -> MediaInfo {
    MediaInfo {
        video: Some(VideoStream {
            codec: codec.into(),
            alpha,
            colorimetry: "sRGB".into(),
            ..VideoStream::of_size(width, height)
        }),
        ..MediaInfo::of(MediaKind::Still, container)
    }
}

fn scaled(path: &Path, (width, height, kind): Claim) -> Result<Option<Scaled>, MediaError> {
    if u64::from(width) * u64::from(height) <= MOST_PIXELS {
        return Ok(None);
    }
    if !matches!(kind, ImageType::Jpeg) {
        check_size(path, (width, height), MOST_PIXELS)?;
    }
    let wrong = |e: jpeg_decoder::Error| MediaError::NotMedia { path: path.to_owned(), why: e.to_string() };
    let file = File::open(path).map_err(|e| MediaError::file(path, &e))?;
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.read_info().map_err(wrong)?;
    // all of its coefficients would have to be held
    if decoder.info().is_none_or(|info| info.coding_process != CodingProcess::DctSequential) {
        check_size(path, (width, height), MOST_PIXELS)?;
    }
    for divisor in [2, 4, 8] {
        let (w, h) = (width.div_ceil(divisor), height.div_ceil(divisor));
        let (Ok(wanted_w), Ok(wanted_h)) = (u16::try_from(w), u16::try_from(h)) else { continue };
        if u64::from(w) * u64::from(h) <= MOST_SCALED {
            let (w, h) = decoder.scale(wanted_w, wanted_h).map_err(wrong)?;
            return Ok(Some(Scaled { decoder, whole: (width, height), size: (w.into(), h.into()) }));
        }
    }
    check_size(path, (width, height), MOST_SCALED * 64)?;
    Ok(None)
}

/// A source of the still's one picture, where GStreamer's decoders don't read it, or not whole.
///
/// # Errors
/// [`MediaError::TooLarge`] where it can't be read at all, and any other [`MediaError`] about the file.
pub(super) fn source(path: &Path) -> Result<Option<gst_app::AppSrc>, MediaError> {
    let Some(claim) = claim(path) else { return Ok(None) };
    if let Some(Plain { format, .. }) = plain(path, claim)? {
        let picture = decode_plain(path, format)?;
        let size = (picture.width(), picture.height());
        return Ok(Some(if picture.color().has_alpha() {
            one_picture("RGBA", size, picture.into_rgba8().into_raw())
        } else {
            one_picture("RGB", size, padded(size, 3, picture.into_rgb8().into_raw()))
        }));
    }
    let Some(Scaled { mut decoder, size, .. }) = scaled(path, claim)? else { return Ok(None) };
    let failed = |why: String| MediaError::Decode { path: path.to_owned(), why };
    let pixels = decoder.decode().map_err(|e| failed(e.to_string()))?;
    let (format, pixels) = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::RGB24) => ("RGB", pixels),
        Some(PixelFormat::L8) => ("GRAY8", pixels),
        _ => return Err(failed("its colours are not red, green and blue".into())),
    };
    let pixels = padded(size, if format == "RGB" { 3 } else { 1 }, pixels);
    Ok(Some(one_picture(format, size, pixels)))
}

/// Lines that begin at whole words, as GStreamer has them.
fn padded((width, height): (u32, u32), bytes: usize, pixels: Vec<u8>) -> Vec<u8> {
    let line = width as usize * bytes;
    let whole = line.next_multiple_of(4);
    if whole == line {
        return pixels;
    }
    let mut lines = Vec::with_capacity(whole * height as usize);
    for row in pixels.chunks_exact(line) {
        lines.extend_from_slice(row);
        lines.resize(lines.len() + whole - line, 0);
    }
    lines
}

/// A source of one picture.
fn one_picture(format: &str, size: (u32, u32), pixels: Vec<u8>) -> gst_app::AppSrc {
    one_buffer(&caps(format, size), pixels)
}

/// What decoded pictures are that no film's rate belongs to.
pub(super) fn caps(format: &str, (width, height): (u32, u32)) -> gst::Caps {
    let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-raw")
        .field("format", format)
        .field("width", side(width))
        .field("height", side(height))
        .field("framerate", gst::Fraction::new(0, 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "sRGB")
        .build()
}

/// A source of one buffer.
pub(super) fn one_buffer(caps: &gst::Caps, bytes: Vec<u8>) -> gst_app::AppSrc {
    let source = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).max_buffers(1).max_bytes(0).build();
    let waiting = Mutex::new(Some(bytes));
    let callbacks = gst_app::AppSrcCallbacks::builder().need_data(move |source, _| {
        let bytes = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        // the pipeline is being stopped when it no longer listens
        let _ = match bytes {
            Some(bytes) => {
                let mut buffer = gst::Buffer::from_mut_slice(bytes);
                if let Some(buffer) = buffer.get_mut() {
                    buffer.set_pts(gst::ClockTime::ZERO);
                }
                source.push_buffer(buffer)
            }
            None => source.end_of_stream(),
        };
    });
    source.set_callbacks(callbacks.build());
    source
}
