//! Files that mean harm: importing one reads that file alone, whatever it asks for; nothing that is no file is waited
//! for; no document names a place outside of where things belong.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test may panic, and only tests see it")]

mod common;

use common::{Footage, Seeded, fail, mkv, mp4, succeed, workprint};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A box of an MP4.
fn mp4_box(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&length[..], &name, content].concat()
}

/// A `QuickTime` reference movie (QTFF, "Reference Movies"): only an address of what is played in its place.
fn reference_movie(address: &str) -> Vec<u8> {
    let length = u32::try_from(address.len() + 1).unwrap().to_be_bytes();
    let reference = [&[0; 4], b"url ", &length[..], address.as_bytes(), &[0]].concat();
    let descriptor = mp4_box(*b"rmda", &mp4_box(*b"rdrf", &reference));
    [mp4_box(*b"ftyp", b"qt  \0\0\0\0qt  "), mp4_box(*b"moov", &mp4_box(*b"rmra", &descriptor))].concat()
}

/// The same film, whose samples are said to lie at an address (ISO/IEC 14496-12, 8.7.2).
fn external_data(boxes: &[u8], address: &str) -> Vec<u8> {
    let mut rest = boxes;
    let mut changed = Vec::new();
    while let Some((length, name)) = rest.first_chunk::<4>().zip(rest.get(4..8)) {
        let (this, after) = rest.split_at(u32::from_be_bytes(*length) as usize);
        match name {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"dinf" => {
                changed.extend(mp4_box(name.try_into().unwrap(), &external_data(&this[8..], address)));
            }
            b"dref" => {
                let entry = mp4_box(*b"url ", &[&[0; 4], address.as_bytes(), &[0]].concat());
                changed.extend(mp4_box(*b"dref", &[&[0, 0, 0, 0, 0, 0, 0, 1], &entry[..]].concat()));
            }
            _ => changed.extend(this),
        }
        rest = after;
    }
    changed
}

/// A Matroska segment that says which file comes after it (RFC 9559, 5.1.2.7): `NextFilename` in the place, and of the
/// length, of the element that names the program.
fn linked_segment(film: &[u8], address: &str) -> Vec<u8> {
    let program = film.windows(2).position(|w| w == [0x4d, 0x80]).unwrap();
    let length = usize::from(film[program + 2] & 0x7f);
    let mut name = address.as_bytes().to_vec();
    assert!(name.len() < length);
    // text may end in zeros
    name.resize(length - 1, 0);
    let mut linked = film.to_vec();
    linked[program..program + 4].copy_from_slice(&[0x3e, 0x83, 0xbb, 0x80 | u8::try_from(length - 1).unwrap()]);
    linked[program + 4..program + 3 + length].copy_from_slice(&name);
    linked
}

/// Files that ask for what lies elsewhere: their names, which say something else, and their content.
fn askers(folder: &Path, address: &str) -> Vec<PathBuf> {
    let local = folder.join("secret.txt");
    fs::write(&local, "nobody asked for this").unwrap();
    let local = local.display();
    let hls = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:4,\nhttp://{address}/a.ts\n#EXTINF:4,\nfile://{local}\n#EXT-X-ENDLIST\n"
    );
    let id3 = [&b"ID3\x04\0\0\0\0\0\x0a0123456789"[..], hls.as_bytes()].concat();
    let texts = [
        ("hls.mp4", hls.clone()),
        ("master.mov", format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://{address}/b.m3u8\n")),
        (
            "dash.mp4",
            format!(
                "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT4S\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><BaseURL>http://{address}/</BaseURL><Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>c.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"
            ),
        ),
        (
            "smooth.mp4",
            format!(
                "<?xml version=\"1.0\"?>\n<SmoothStreamingMedia MajorVersion=\"2\" MinorVersion=\"0\" Duration=\"40000000\"><StreamIndex Type=\"video\" Url=\"http://{address}/Q({{bitrate}})/F(v={{start time}})\"><QualityLevel Index=\"0\" Bitrate=\"1\"/><c n=\"0\" d=\"40000000\"/></StreamIndex></SmoothStreamingMedia>"
            ),
        ),
        ("list.mp3", format!("http://{address}/d.mp3\nfile://{local}\n")),
        (
            "winamp.mp3",
            format!("[playlist]\nFile1=http://{address}/e.mp3\nFile2={local}\nNumberOfEntries=2\nVersion=2\n"),
        ),
        ("asx.wmv", format!("<asx version=\"3.0\"><entry><ref href=\"http://{address}/f.wmv\"/></entry></asx>")),
        ("reference.asf", format!("[Reference]\nRef1=http://{address}/g.asf\n")),
        ("rtsp.mov", format!("RTSPtextRTSP://{address}/h.mov\n")),
        (
            "xspf.mp3",
            format!(
                "<?xml version=\"1.0\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\"><trackList><track><location>http://{address}/i.mp3</location></track></trackList></playlist>"
            ),
        ),
        (
            "session.mp4",
            format!(
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=a\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=control:rtsp://{address}/j\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            ),
        ),
        (
            "smil.mp4",
            format!("<?xml version=\"1.0\"?>\n<smil><body><video src=\"http://{address}/k.mp4\"/></body></smil>"),
        ),
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{local}'\nfile 'http://{address}/l.mp4'\n")),
        ("sheet.wav", format!("FILE \"{local}\" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n")),
        (
            "project.mp4",
            format!(
                "<?xml version=\"1.0\"?>\n<ges version='0.7'><project><ressources><asset id='http://{address}/m.mp4' extractable-type-name='GESUriClip'/></ressources></project></ges>"
            ),
        ),
        (
            "timeline.mp4",
            format!("{{\"OTIO_SCHEMA\": \"Timeline.1\", \"tracks\": {{\"target_url\": \"http://{address}/n.mp4\"}}}}"),
        ),
        ("subtitles.mkv", format!("1\n00:00:01,000 --> 00:00:02,000\n<img src=\"http://{address}/o.png\">\n")),
        (
            "picture.png",
            format!(
                "<?xml version=\"1.0\"?>\n<!DOCTYPE svg [<!ENTITY e SYSTEM \"file://{local}\"><!ENTITY f SYSTEM \"http://{address}/p\">]>\n<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:xi=\"http://www.w3.org/2001/XInclude\" width=\"64\" height=\"64\"><style>@import url(http://{address}/q.css); @font-face {{ font-family: x; src: url(http://{address}/r.ttf) }}</style><xi:include href=\"file://{local}\" parse=\"text\"/><image xlink:href=\"http://{address}/s.png\" width=\"9\" height=\"9\"/><image xlink:href=\"file://{local}\" width=\"9\" height=\"9\"/><use xlink:href=\"http://{address}/t.svg#a\"/><text y=\"9\">x</text></svg>"
            ),
        ),
        (
            "multipart.mp4",
            format!(
                "--a\r\nContent-Type: application/x-hls\r\nContent-Length: {}\r\n\r\n{hls}\r\n--a--\r\n",
                hls.len()
            ),
        ),
    ];
    let mut files: Vec<(&str, Vec<u8>)> = texts.map(|(name, text)| (name, text.into_bytes())).into();
    let picture = files.iter().find(|(name, _)| *name == "picture.png").map(|(_, text)| text.clone()).unwrap();
    let entities = String::from_utf8(picture).unwrap().replace(">x<", ">&e;&f;<");
    files.push(("entities.png", entities.into_bytes()));
    files.push(("tagged.mp3", id3));
    files.push(("reference.mov", reference_movie(&format!("http://{address}/u.mov"))));
    let film = folder.join("film");
    let footage = Footage { sound: false, ..Footage::new((30, 1), 10) };
    mp4(&footage, &film);
    let bytes = fs::read(&film).unwrap();
    files.push(("external.mp4", external_data(&bytes, &format!("http://{address}/v.mp4"))));
    mkv(&footage, &film);
    files.push(("linked.mkv", linked_segment(&fs::read(&film).unwrap(), &format!("http://{address}/w.mkv"))));
    fs::remove_file(&film).unwrap();
    let write = |(name, content): &(&str, Vec<u8>)| {
        fs::write(folder.join(name), content).unwrap();
        folder.join(name)
    };
    files.iter().map(write).collect()
}

/// Nobody may ever come here.
fn silent(listener: &TcpListener, what: &str) {
    let came = listener.accept();
    assert!(came.is_err(), "{what} asked {:?}", came.map(|(_, from)| from));
}

#[test]
fn files_that_name_others_are_read_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut refused = Vec::new();
    for path in askers(folder, &address) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match workprint::media::probe(&path) {
            Ok(info) => assert!(info.has_video(), "{name}: {info:?}"),
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains(&name) && !error.contains("install"), "{error}");
                refused.push(name.clone());
            }
        }
        silent(&listener, &name);
    }
    // what is a picture or a film itself is shown, without what it asks for
    for shown in ["picture.png", "external.mp4", "linked.mkv"] {
        assert!(!refused.contains(&shown.to_owned()), "{shown} was refused");
    }
    assert_eq!(refused.len(), 21, "{refused:?}");
}

/// A project, a cut list, an edit list and a timeline that name addresses and playlists instead of media.
#[test]
fn documents_that_name_addresses_reach_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 30) }, &folder.join("a.mp4"));
    fs::write(folder.join("c.csv"), "source\na.mp4\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron"]);
    let project = fs::read_to_string(folder.join("p.ron")).unwrap();
    fs::write(
        folder.join("list.mp4"),
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://{address}/a.ts\n"),
    )
    .unwrap();
    let http = format!("http://{address}/a.mp4");
    for source in [http.as_str(), "file:///etc/passwd", "/dev/zero", "list.mp4", "/proc/self/mem", "rtsp://127.0.0.1/a"]
    {
        fs::write(folder.join("q.ron"), project.replace("path: \"a.mp4\"", &format!("path: \"{source}\""))).unwrap();
        for args in [
            &["frame", "q.ron", "--overwrite", "--at", "0", "-o", "o.png"][..],
            &["frame", "q.ron", "--overwrite", "--at", "0", "-o", "o.png", "--proxy"],
            &["proxy", "q.ron"],
            &["export", "q.ron", "-o", "o.mp4", "--preset", "draft", "--overwrite"],
        ] {
            let output = workprint(folder, args);
            assert!(output.status.code().is_some(), "{source}: {args:?}");
        }
        fs::write(folder.join("d.csv"), format!("source\n{source}\n")).unwrap();
        fail(folder, &["assemble", "d.csv", "-o", "r.ron"]);
        fail(folder, &["probe", source]);
        let otio = format!(
            "{{\"OTIO_SCHEMA\": \"Timeline.1\", \"global_start_time\": {{\"rate\": 25, \"value\": 0}}, \"tracks\": {{\"OTIO_SCHEMA\": \"Stack.1\", \"children\": [{{\"OTIO_SCHEMA\": \"Track.1\", \"kind\": \"Video\", \"children\": [{{\"OTIO_SCHEMA\": \"Clip.2\", \"name\": \"x\", \"source_range\": {{\"start_time\": {{\"rate\": 25, \"value\": 0}}, \"duration\": {{\"rate\": 25, \"value\": 20}}}}, \"media_references\": {{\"DEFAULT_MEDIA\": {{\"OTIO_SCHEMA\": \"ExternalReference.1\", \"target_url\": \"{source}\"}}}}, \"active_media_reference_key\": \"DEFAULT_MEDIA\"}}]}}]}}}}"
        );
        fs::write(folder.join("t.otio"), otio).unwrap();
        succeed(folder, &["assemble", "t.otio", "-o", "s.ron"]);
        let made = workprint::project_file::load(&folder.join("s.ron")).unwrap();
        // offline, with what the list itself says of it
        assert!(made.assets.values().all(|a| a.fingerprint.is_empty()), "{source}");
        fs::remove_file(folder.join("s.ron")).unwrap();
        let edl = format!(
            "TITLE: t\n001  AX       V     C        00:00:00:00 00:00:00:20 00:00:00:00 00:00:00:20\n* SOURCE FILE: {source}\n"
        );
        fs::write(folder.join("t.edl"), edl).unwrap();
        succeed(folder, &["assemble", "t.edl", "--overwrite", "-o", "u.ron"]);
        silent(&listener, source);
    }
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let pipe = |name: &str| mknodat(CWD, folder.join(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let zero = |name: &str| std::os::unix::fs::symlink("/dev/zero", folder.join(name)).unwrap();
    pipe("pipe.mp4");
    zero("zero.mp4");
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.mp4")).unwrap();
    for (name, what) in [("pipe.mp4", "pipe"), ("zero.mp4", "device"), ("socket.mp4", "socket"), (".", "folder")] {
        let error = fail(folder, &["probe", name]);
        assert!(error.contains(name) && error.contains(what), "{error}");
    }
    for extension in ["ron", "csv", "edl", "otio"] {
        for (make, what) in [(&pipe as &dyn Fn(&str), "pipe"), (&zero, "device")] {
            let name = format!("{what}.{extension}");
            make(&name);
            let (command, rest) = if extension == "ron" { ("show", vec![]) } else { ("assemble", vec!["-o", "o.ron"]) };
            let error = fail(folder, &[&[command, name.as_str()][..], &rest].concat());
            assert!(error.contains(&name) && error.contains(what), "{error}");
        }
    }
    // a folder that is imported has what is media in it, and waits for nothing
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 10) }, &folder.join("a.mp4"));
    fs::create_dir(folder.join("in")).unwrap();
    fs::rename(folder.join("a.mp4"), folder.join("in/a.mp4")).unwrap();
    pipe("in/b.mp4");
    zero("in/c.mp4");
    fs::write(folder.join("c.csv"), "source\nin\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron"]);
    assert_eq!(workprint::project_file::load(&folder.join("p.ron")).unwrap().assets.len(), 1);
    // and so do edits
    let error = fail(folder, &["edit", "p.ron", "pipe.ron"]);
    assert!(error.contains("pipe.ron") && error.contains("pipe"), "{error}");
}

#[test]
fn a_fingerprint_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mp4(&Footage { sound: false, ..Footage::new((30, 1), 10) }, &folder.join("a.mp4"));
    fs::write(folder.join("c.csv"), "source\na.mp4\n").unwrap();
    succeed(folder, &["assemble", "c.csv", "-o", "p.ron"]);
    let text = fs::read_to_string(folder.join("p.ron")).unwrap();
    let at = text.find("fingerprint: \"").unwrap() + 14;
    let good = &text[at..at + 32];
    for bad in ["../../../evil", "/tmp/evil", "a/../../../../b", "0123", &good.to_uppercase(), "generated 5"] {
        if bad == good {
            continue;
        }
        fs::write(folder.join("q.ron"), text.replace(good, bad)).unwrap();
        let error = fail(folder, &["proxy", "q.ron"]);
        assert!(error.contains("q.ron") && error.contains("a.mp4") && error.contains("fingerprint"), "{error}");
    }
    assert!(fs::read_dir(folder).unwrap().flatten().all(|e| !e.file_name().to_string_lossy().contains("evil")));
}

/// A project with one clip of a red picture; `properties` are the clip's.
fn red(properties: &str) -> String {
    format!(
        "(version: 1, project: (assets: {{3: (id: 3, name: \"Red\", path: \"\", info: (kind: Still, container: \"\", \
         duration: None, video: Some((codec: \"\", width: 320, height: 180, orientation: (rotation: 0, mirrored: false), \
         pixel_aspect: (num: 1, den: 1), rate: None, variable_rate: false, interlaced: false, alpha: false, bit_depth: 8, \
         transfer: Sdr, colorimetry: \"sRGB\")), audio: [], generator: Some(Solid((200, 10, 20)))))}}, sequences: {{0: \
         (name: \"S\", rate: (30, 1), width: 320, height: 180, sample_rate: 48000, tracks: [(id: 1, name: \"V1\", kind: \
         Video, clips: [(id: 4, start: 0, length: 30, source_in: 0, content: (name: \"Red\", asset: 3, properties: \
         ({properties})))])])}}, active: 0, next_id: 9))"
    )
}

#[test]
fn a_layer_beside_the_canvas_draws_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (properties, seen) in [
        ("x: (value: 1.01)", false),
        ("x: (value: -1.01)", false),
        ("y: (value: 10.0), scale: (value: 0.01)", false),
        ("x: (value: -10.0), rotation: (value: 45.0)", false),
        ("crop_left: (value: 1.0), crop_right: (value: 1.0)", false),
        ("x: (value: 0.25), scale: (value: 20.0)", true),
    ] {
        fs::write(folder.join("p.ron"), red(properties)).unwrap();
        let project = std::sync::Arc::new(workprint::project_file::load(&folder.join("p.ron")).unwrap());
        let frame = workprint::model::Frame(3);
        let (picture, warnings) =
            workprint::render::render_frame(&project, workprint::render::Media::Originals, frame).unwrap();
        assert!(warnings.is_empty(), "{properties}");
        let red = picture.pixels().filter(|p| p[0] > 100).count();
        assert_eq!(red > 0, seen, "{properties}: {red} red pixels");
    }
    fs::write(folder.join("p.ron"), red("x: (value: 1.01)")).unwrap();
    succeed(folder, &["export", "p.ron", "-o", "o.mp4", "--preset", "draft"]);
}

/// What loading refuses, an edit refuses.
#[test]
fn edits_have_the_limits_that_loading_has() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("p.ron"), red("")).unwrap();
    let title = |values: &str, fingerprint: &str, video: &str| {
        format!(
            "[AddAssets([(id:0,name:\"Hi\",path:\"\",fingerprint:\"{fingerprint}\",info:(kind:Still,container:\"\",\
             duration:None,video:Some((codec:\"\",{video},orientation:(rotation:0,mirrored:false),pixel_aspect:(num:1,\
             den:1),rate:None,variable_rate:false,interlaced:false,alpha:true,bit_depth:8,transfer:Sdr,colorimetry:\
             \"sRGB\")),audio:[],generator:Some(Title((text:\"x\",{values})))))])]"
        )
    };
    let size = "width:320,height:180";
    let before = fs::read(folder.join("p.ron")).unwrap();
    for (edits, word) in [
        (title("size:101.0", "", size), "title"),
        (title("size:9.0,margin:45.5", "", size), "title"),
        (title("size:9.0", "../../x", size), "fingerprint"),
        (title("size:9.0", "", "width:0,height:180"), "picture size"),
        ("[SetFormat(width:8194,height:16,rate:(30,1))]".to_owned(), "8194x16"),
        ("[AddMarker((at:-1,name:\"x\"))]".to_owned(), "outside the timeline"),
        ("[SetProperty(clips:[4],property:Scale((value:20.5)))]".to_owned(), "scale"),
        ("[SetProperty(clips:[4],property:FadeIn(9223372036854775807))]".to_owned(), "fade"),
    ] {
        fs::write(folder.join("e.ron"), &edits).unwrap();
        let error = fail(folder, &["edit", "p.ron", "e.ron"]);
        assert!(error.contains("e.ron") && error.contains(word), "{error}");
        assert_eq!(fs::read(folder.join("p.ron")).unwrap(), before);
    }
    fs::write(folder.join("e.ron"), title("size:100.0", "", size)).unwrap();
    succeed(folder, &["edit", "p.ron", "e.ron"]);
    succeed(folder, &["show", "p.ron"]);
}

/// Nothing that is damaged makes a film of it ask for anything.
#[test]
fn damaged_askers_reach_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let files = askers(folder, &listener.local_addr().unwrap().to_string());
    let mut random = Seeded(23);
    for case in 0..2 * files.len() {
        let path = &files[case % files.len()];
        let mut bytes = fs::read(path).unwrap();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }
        let damaged = folder.join("damaged.mp4");
        fs::write(&damaged, bytes).unwrap();
        // whether it can be read is another question
        let _ = workprint::media::probe(&damaged);
        silent(&listener, &path.display().to_string());
    }
}
