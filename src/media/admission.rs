//! What may be read as media: regular files whose content is pictures or sound themselves.
//!
//! A playlist says which addresses and files are played in its place, whatever it is called, and so may what is inside
//! something else. So a file's content decides before any pipeline sees it, and nothing in the process can open a
//! source but files ([`close_other_sources`]): what is found further in has no element that could follow it.

use super::error::MediaError;
use super::mp4_boxes::Mp4Box;
use crate::platform::input::open_regular;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::OnceLock;

/// A file that may be read as media.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Its content's media type, such as `video/quicktime`.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
}

/// The most that one look may ask for, and all looks at a file together.
const MOST_PEEKED: usize = 8 << 20;

/// How many tags may lie before the content.
const MOST_TAGS: usize = 16;

/// Types that are media, beside those of pictures and sound themselves.
const CONTAINERS: &[&str] = &[
    "application/mxf",
    "application/ogg",
    "application/vnd.rn-realmedia",
    "application/x-3gp",
    "application/x-ape",
    "application/x-pn-realaudio",
    "application/x-yuv4mpeg",
    "multipart/x-mixed-replace",
];

/// Types that are named like sound and are notes, for which other files hold the sound.
const NOTES: &[&str] = &["audio/midi", "audio/mobile-xmf", "audio/riff-midi", "audio/x-imelody"];

/// Types that name what is played in their place.
const LISTS: &[&str] = &[
    "application/dash+xml",
    "application/sdp",
    "application/smil",
    "application/vnd.ms-sstr+xml",
    "application/x-hls",
    "application/xspf+xml",
    "text/uri-list",
];

/// What is said of them.
const A_LIST: &str = "it is a playlist, which names other files or addresses; import those files themselves";

/// Types of other programs' timelines.
const TIMELINES: &[&str] = &[
    "application/vnd.apple-fcp+xml",
    "application/vnd.apple-xmeml+xml",
    "application/vnd.pixar.opentimelineio+json",
    "application/xges",
];

/// Looks at a file's content, and at nothing else.
///
/// # Errors
/// [`MediaError::File`] when it can't be read, [`MediaError::NotMedia`] when it is no file, or its content is no media.
pub fn admit(path: &Path) -> Result<Admitted, MediaError> {
    super::init()?;
    let not_media = |why: String| MediaError::NotMedia { path: path.to_owned(), why };
    // what the system makes up has no length, and opening it may do anything
    if std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == 0) {
        return Err(not_media("it is empty".into()));
    }
    let (file, meta) = open_regular(path).map_err(|e| match e.kind() {
        ErrorKind::InvalidInput => not_media(e.to_string()),
        _ => MediaError::file(path, &e),
    })?;
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let again = file.try_clone().map_err(|e| MediaError::file(path, &e))?;
    let media_type = find_type(file, meta.len(), &extension).map_err(|e| MediaError::file(path, &e))?;
    match media_type {
        None => Err(not_media("its content is of no known kind".into())),
        Some(media_type) => {
            let movie = matches!(media_type.as_str(), "video/quicktime" | "audio/x-m4a" | "application/x-3gp");
            match refusal(&media_type).or_else(|| if movie { refusal_of_movie(again) } else { None }) {
                None => Ok(Admitted { media_type, size: meta.len() }),
                Some(why) => Err(not_media(why)),
            }
        }
    }
}

/// Why there is nothing to play in an MP4 or `QuickTime` file; `None` when there is.
///
/// It may have references to other films instead of tracks (QTFF, "Reference Movies"; demuxers wait for somebody to
/// follow them), or tracks in which nothing was recorded.
fn refusal_of_movie(file: File) -> Option<String> {
    let mut file = BufReader::with_capacity(4096, file);
    let movie = Mp4Box::file(&mut file).ok()?.child(&mut file, *b"moov")?;
    let parts = movie.children(&mut file);
    let has = |kind: &[u8]| parts.iter().any(|part| part.kind == kind);
    if has(b"rmra") && !has(b"trak") {
        return Some(A_LIST.into());
    }
    // with fragments to come the tables are empty (ISO 14496-12, 8.8)
    let mut tracks = parts.iter().filter(|part| &part.kind == b"trak");
    let empty = has(b"trak") && !has(b"mvex") && tracks.all(|track| track.samples(&mut file) == Some(0));
    empty.then(|| "it has no pictures and no sound: nothing was recorded".into())
}

/// Why content of that type is no media; `None` when it is.
fn refusal(media_type: &str) -> Option<String> {
    if LISTS.contains(&media_type) {
        return Some(A_LIST.into());
    }
    if TIMELINES.contains(&media_type) {
        return Some("it is another program's timeline".into());
    }
    if CONTAINERS.contains(&media_type) || media_type.starts_with("application/x-gst-av-") {
        return None;
    }
    if NOTES.contains(&media_type) {
        return Some("it holds notes, not sound".into());
    }
    match media_type.split_once('/') {
        Some(("video" | "audio" | "image", _)) => None,
        Some(("text" | "subtitle", _)) => Some("it is text".into()),
        Some((_, name)) if name.starts_with("x-subtitle") || name == "x-ssa" => Some("it is text".into()),
        _ => Some(format!("its content is {media_type}")),
    }
}

/// A file as the type finders see it.
struct Content {
    file: File,
    size: u64,
    /// Where the content begins, behind the tags.
    start: u64,
    /// What was looked at. A finder may hold on to all that it was given until it returns.
    peeked: HashMap<(u64, u32), Box<[u8]>>,
    bytes: usize,
    failed: Option<std::io::Error>,
    best: Option<(gst::TypeFindProbability, String)>,
}

impl Content {
    fn read(&mut self, at: u64, size: u32) -> std::io::Result<Box<[u8]>> {
        let mut bytes = vec![0; size as usize];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes.into_boxed_slice())
    }

    /// Skips the tags that lie before the content.
    fn skip_tags(&mut self) -> std::io::Result<()> {
        for _ in 0..MOST_TAGS {
            let left = self.size - self.start;
            if left < 32 {
                break;
            }
            let head = self.read(self.start, 32)?;
            let length = match &head[..] {
                // ID3v2.4.0, 3.1: seven bits of each byte of the size, without the header and the footer
                [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] => {
                    let size = [a, b, c, d].into_iter().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
                    10 + size + if flags & 0x10 != 0 { 10 } else { 0 }
                }
                // APEv2: the size without the header
                [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, a, b, c, d, ..] => {
                    32 + u64::from(u32::from_le_bytes([*a, *b, *c, *d]))
                }
                _ => break,
            };
            if length >= left {
                break;
            }
            self.start += length;
        }
        Ok(())
    }
}

impl gst::TypeFindImpl for Content {
    fn peek(&mut self, offset: i64, size: u32) -> Option<&[u8]> {
        let length = self.size - self.start;
        // before zero it is counted from the end
        let offset = match u64::try_from(offset) {
            Ok(offset) => offset,
            Err(_) => length.checked_sub(offset.unsigned_abs())?,
        };
        if size == 0 || offset.checked_add(u64::from(size))? > length {
            return None;
        }
        let key = (self.start + offset, size);
        if !self.peeked.contains_key(&key) {
            if self.bytes + size as usize > MOST_PEEKED {
                return None;
            }
            match self.read(key.0, size) {
                Ok(bytes) => {
                    self.bytes += bytes.len();
                    self.peeked.insert(key, bytes);
                }
                Err(error) => {
                    self.failed = Some(error);
                    return None;
                }
            }
        }
        self.peeked.get(&key).map(AsRef::as_ref)
    }

    fn suggest(&mut self, probability: gst::TypeFindProbability, caps: &gst::Caps) {
        let better = self.best.as_ref().is_none_or(|(best, _)| probability > *best);
        if let Some(structure) = caps.structure(0).filter(|_| better) {
            self.best = Some((probability, structure.name().to_string()));
        }
    }

    fn length(&self) -> Option<u64> {
        Some(self.size - self.start)
    }
}

/// What finds a type, and the extensions that files of it have.
struct Finder {
    factory: gst::TypeFindFactory,
    extensions: Vec<String>,
}

/// All of them, but for those of tags.
fn finders() -> &'static [Finder] {
    static ALL: OnceLock<Vec<Finder>> = OnceLock::new();
    ALL.get_or_init(|| {
        let is_tag = |f: &gst::TypeFindFactory| {
            let name = f.caps().and_then(|c| c.structure(0).map(|s| s.name().to_string())).unwrap_or_default();
            matches!(name.as_str(), "application/x-id3" | "application/x-apetag")
        };
        let factories = gst::TypeFindFactory::factories().into_iter().filter(|f| !is_tag(f));
        let extensions = |f: &gst::TypeFindFactory| f.extensions().iter().map(ToString::to_string).collect();
        factories.map(|factory| Finder { extensions: extensions(&factory), factory }).collect()
    })
}

/// The type of a file's content, found as decodebin finds it. Tags are none.
fn find_type(file: File, size: u64, extension: &str) -> std::io::Result<Option<String>> {
    let mut content = Content { file, size, start: 0, peeked: HashMap::new(), bytes: 0, failed: None, best: None };
    content.skip_tags()?;
    let named = |finder: &&Finder| finder.extensions.iter().any(|e| e == extension);
    let all = finders();
    // those of its name are asked first, in the order of their ranks as the others
    for finder in all.iter().filter(named).chain(all.iter().filter(|f| !named(f))) {
        finder.factory.call_function(&mut content);
        content.peeked.clear();
        content.bytes = 0;
        if content.best.as_ref().is_some_and(|(sure, _)| *sure >= gst::TypeFindProbability::Maximum) {
            break;
        }
    }
    match (content.best, content.failed) {
        (Some((_, name)), _) => Ok(Some(name)),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(None),
    }
}

/// Elements that follow what is written in a file, or would open what nobody named, by their names; those that open
/// addresses or are made for networks are found by what they say of themselves.
const FOLLOWERS: &[&str] = &[
    "dashdemux",
    "dashdemux2",
    "fluiddec",
    "gesdemux",
    "hlsdemux",
    "hlsdemux2",
    "mssdemux",
    "mssdemux2",
    "sdpdemux",
    "splitmuxsrc",
    "wildmidi",
    "wildmididec",
];

/// Takes every element out of this process that could read anything but a file that it is given by name. A rank would
/// not do: sources are made by the scheme of an address, whatever their rank.
pub(super) fn close_other_sources() {
    let registry = gst::Registry::get();
    for factory in registry.features(gst::ElementFactory::static_type()) {
        let Ok(factory) = factory.downcast::<gst::ElementFactory>() else { continue };
        let name = factory.name();
        let opens_addresses = factory.uri_type() == gst::URIType::Src && !matches!(name.as_str(), "filesrc" | "appsrc");
        let klass = factory.klass();
        let follows =
            FOLLOWERS.contains(&name.as_str()) || klass.split('/').any(|word| matches!(word, "Network" | "Adaptive"));
        if opens_addresses || follows {
            registry.remove_feature(&factory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_can_be_opened() {
        crate::media::init().unwrap();
        for name in ["souphttpsrc", "rtspsrc", "hlsdemux", "dashdemux", "mssdemux", "giosrc", "udpsrc", "sdpdemux"] {
            assert!(gst::ElementFactory::find(name).is_none(), "{name}");
        }
        for uri in
            ["http://127.0.0.1/a", "https://a/b", "rtsp://a/b", "ftp://a/b", "udp://1.2.3.4:5", "data:,a", "cdda://1"]
        {
            assert!(gst::Element::make_from_uri(gst::URIType::Src, uri, None).is_err(), "{uri}");
        }
        let source = gst::Element::make_from_uri(gst::URIType::Src, "file:///a", None).unwrap();
        assert_eq!(source.factory().unwrap().name(), "filesrc");
    }

    #[test]
    fn content_decides_not_the_name() {
        crate::media::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut tagged = b"ID3\x04\0\0\0\0\0\x0a0123456789".to_vec();
        tagged.extend(b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1/a.ts\n");
        let cases: [(&str, &[u8], &str); 6] = [
            ("a.mp4", b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nhttp://127.0.0.1/a.ts\n", "playlist"),
            ("b.mp3", &tagged, "playlist"),
            ("c.mkv", b"<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>", "playlist"),
            ("d.mp4", b"[playlist]\nFile1=http://127.0.0.1/a.mp3\nLength1=-1\nNumberOfEntries=1\n", "not a media file"),
            ("e.mid", b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0", "notes"),
            ("f.mp4", b"\0\x01\x02\x03", "no known kind"),
        ];
        for (name, bytes, word) in cases {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = admit(&path).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("not a media file") && error.contains(word), "{error}");
        }
        let wav = folder.path().join("picture.png");
        std::fs::write(
            &wav,
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0",
        )
        .unwrap();
        assert_eq!(admit(&wav).unwrap(), Admitted { media_type: "audio/x-wav".into(), size: 44 });
        assert!(admit(folder.path()).unwrap_err().to_string().contains("a folder"));
        assert!(admit(&folder.path().join("none")).unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn a_film_in_which_nothing_was_recorded_says_so_at_once() {
        use crate::media::mp4_boxes::tests::a_box;
        let track = |samples: u32| {
            let sizes =
                a_box(*b"stsz", &[&[0; 8][..], &samples.to_be_bytes(), &vec![0; 4 * samples as usize]].concat());
            let path = [*b"stbl", *b"minf", *b"mdia", *b"trak"];
            path.into_iter().fold(sizes, |inner, kind| a_box(kind, &inner))
        };
        let fragments = a_box(*b"mvex", &a_box(*b"trex", &[0; 24]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meeting.mp4");
        for (parts, empty) in [
            (vec![track(0), track(0)], true),
            (vec![track(0), track(3)], false),
            (vec![track(0), fragments], false),
            (vec![a_box(*b"trak", &[])], false),
        ] {
            let movie = a_box(*b"moov", &[a_box(*b"mvhd", &[0; 100]), parts.concat()].concat());
            let bytes = [a_box(*b"ftyp", b"isom\0\0\x02\0isommp41"), movie, a_box(*b"mdat", &[])].concat();
            std::fs::write(&path, bytes).unwrap();
            match admit(&path) {
                Err(error) => assert!(empty && error.to_string().contains("nothing was recorded"), "{error}"),
                Ok(admitted) => assert!(!empty && admitted.media_type == "video/quicktime", "{admitted:?}"),
            }
        }
    }
}
