//! The helper's side: does what it is asked, one thing after the other, until its input ends.

use super::super::decode::Cancel;
use super::super::error::MediaError;
use super::super::proxy::{Proxy, ProxySettings};
use super::super::proxy_maker::ProxyMaker;
use super::super::{filmstrip, packets, probe, thumbnails, waveform};
use super::MOST_MEMORY;
use super::protocol::{Answer, Doors, Request};
use crate::platform;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Files that are open at once.
const MOST_FILES: u64 = 512;

/// Processor time for a file to be probed, or for its poster.
const BRIEF: Duration = Duration::from_mins(2);

/// Progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// A longer request is none.
const LONGEST_LINE: u64 = 16 << 20;

/// Serves whoever started this process. Returns when it was started by hand, with nothing to say.
///
/// # Errors
/// [`MediaError::Start`] without GStreamer, and what the system says of its own input and output.
pub fn serve() -> Result<(), MediaError> {
    let broken = |e: std::io::Error| MediaError::Element(format!("the helper can't be reached: {e}"));
    platform::limit(platform::Limits { memory: MOST_MEMORY, files: MOST_FILES });
    let output = platform::answers().map_err(broken)?;
    super::super::init()?;
    let Some(doors) = read::<Doors>() else { return Ok(()) };
    let paths = |all: Vec<std::ffi::OsString>| all.into_iter().map(PathBuf::from).collect::<Vec<_>>();
    platform::shut_in(&paths(doors.read), &paths(doors.write));
    let (send, requests) = crossbeam_channel::bounded(1);
    std::thread::Builder::new()
        .name("requests".into())
        .spawn(move || {
            while let Some(request) = read::<Request>() {
                if send.send(request).is_err() {
                    break;
                }
            }
            // whoever asked is gone; what is being done now is for nobody
            platform::end_now();
        })
        .map_err(broken)?;
    let mut maker = ProxyMaker::default();
    let teller = Rc::new(Teller { output: RefCell::new(output), told: Cell::new(None) });
    let for_files = Rc::clone(&teller);
    packets::watch(move |found| for_files.now_and_then(&Answer::Found(found)));
    for request in requests {
        let (answer, bytes) =
            obey(request, &mut maker, &teller).unwrap_or_else(|e| (Answer::Failed(e.into()), Vec::new()));
        teller.tell(&answer, &bytes).map_err(broken)?;
        teller.told.set(None);
    }
    Ok(())
}

/// The next line of standard input.
fn read<T: serde::de::DeserializeOwned>() -> Option<T> {
    let mut line = Vec::new();
    std::io::Read::take(std::io::stdin().lock(), LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

struct Teller {
    output: RefCell<File>,
    told: Cell<Option<Instant>>,
}

impl Teller {
    fn tell(&self, answer: &Answer, bytes: &[u8]) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        line.extend_from_slice(bytes);
        self.output.borrow_mut().write_all(&line)
    }

    fn progress(&self, share: f32) {
        self.now_and_then(&Answer::Progress(share));
    }

    fn now_and_then(&self, answer: &Answer) {
        if self.told.get().is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.told.set(Some(Instant::now()));
            // who does not listen any more has closed the input as well
            let _ = self.tell(answer, &[]);
        }
    }
}

fn obey(request: Request, maker: &mut ProxyMaker, teller: &Teller) -> Result<(Answer, Vec<u8>), MediaError> {
    let brief = matches!(request, Request::Probe(_) | Request::Poster(_));
    platform::limit_time(brief.then_some(BRIEF));
    let cancel = Cancel::default();
    let progress = |share: f32| teller.progress(share);
    let sheet = |sheet: thumbnails::ThumbnailSheet| {
        let thumbnails::ThumbnailSheet { width, height, count, from, every, pixels } = sheet;
        (Answer::Sheet { width, height, count, from, every, bytes: pixels.len() as u64 }, pixels)
    };
    Ok(match request {
        Request::Probe(path) => {
            let info = probe::probe(&PathBuf::from(path))?;
            (Answer::Info(Box::new(info)), Vec::new())
        }
        Request::Poster(file) => sheet(thumbnails::poster(&file.asset(), &cancel)?),
        Request::Thumbnails(file, proxy) => {
            let proxy = proxy.map(PathBuf::from);
            sheet(thumbnails::render(&file.asset(), proxy.as_deref(), &cancel, &progress)?)
        }
        Request::Strip(file, id, files) => {
            let files: Vec<Proxy> = files.into_iter().map(|(path, part)| Proxy { path: path.into(), part }).collect();
            sheet(filmstrip::render(&file.asset(), id, &files, &cancel)?)
        }
        Request::Peaks(file, stream) => {
            let peaks = waveform::measure(&file.asset(), stream, &cancel, &progress)?;
            (Answer::Peaks { bytes: peaks.len() as u64 }, peaks)
        }
        Request::Proxy(file, part, to, threads) => {
            let settings = ProxySettings { threads };
            maker.make(&file.asset(), part, &PathBuf::from(to), settings, &cancel, &progress)?;
            (Answer::Written, Vec::new())
        }
    })
}
