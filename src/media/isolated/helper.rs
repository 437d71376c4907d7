//! The side that asks: starts the helper, waits for it within limits, and says what it ended of.

use super::super::cache::Cache;
use super::super::decode::Cancel;
use super::super::error::MediaError;
use super::super::filmstrip::{self, StripId};
use super::super::packets::Found;
use super::super::proxy::{Proxy, ProxySettings};
use super::super::proxy_maker::ProxyMaker;
use super::super::proxy_parts::Part;
use super::super::waiting::Waiting;
use super::super::{probe, proxy, thumbnails, waveform};
use super::protocol::{Answer, Doors, File, Request, read_answer};
use super::{ARGUMENT, MOST_MEMORY};
use crate::model::{Asset, MediaInfo};
use crate::platform;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A helper that says nothing for so long is ended. What it does has limits of its own, which are shorter and say more.
const SILENCE: Duration = Duration::from_secs(90);

/// How often it is looked whether the work was cancelled.
const STEP: Duration = Duration::from_millis(50);

/// Lines of what it printed last that are kept.
const LAST_LINES: usize = 20;

/// A process that decodes files for this one, started when it is first needed. Ended, and waited for, when dropped.
#[derive(Default)]
pub struct Helper {
    doors: Doors,
    process: Option<Process>,
    /// Where there are no such processes.
    maker: ProxyMaker,
}

impl Helper {
    /// A helper that may read these files, and write in these folders.
    #[must_use]
    pub fn new(read: &[PathBuf], write: &[PathBuf]) -> Self {
        let absolute = |paths: &[PathBuf]| {
            paths.iter().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone()).into_os_string()).collect()
        };
        let doors = Doors { read: absolute(read), write: absolute(write) };
        Self { doors, ..Self::default() }
    }

    /// Whether it may read that file.
    #[must_use]
    pub fn may_read(&self, path: &Path) -> bool {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.doors.read.iter().any(|read| path.starts_with(read))
    }

    /// Whether its process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Ends its process; the next request starts another.
    pub fn end(&mut self) {
        self.process = None;
    }

    /// Finds out what is in a file, as [`super::super::probe`] does. Of one that must be read to its end for that, `found`
    /// hears how far it is, where there is a process for it.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file; [`MediaError::Crashed`] where its decoder crashed or took too much.
    pub fn probe(&mut self, path: &Path, cancel: &Cancel, found: &dyn Fn(Found)) -> Result<MediaInfo, MediaError> {
        if !super::is_set_up() {
            return probe::probe(path);
        }
        match self.ask_for(path, &Request::Probe(path.into()), cancel, &|_| {}, found)? {
            (Answer::Info(info), _) => Ok(*info),
            _ => Err(nonsense(path)),
        }
    }

    /// One picture of an asset, as [`super::super::poster`] gives.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, [`MediaError::Crashed`], or [`MediaError::Cancelled`].
    pub fn poster(&mut self, asset: &Asset, cancel: &Cancel) -> Result<thumbnails::ThumbnailSheet, MediaError> {
        if !super::is_set_up() || asset.info.generator.is_some() {
            return thumbnails::poster(asset, cancel);
        }
        let answer = self.ask(&asset.path, &Request::Poster(File::new(asset)), cancel, &|_| {})?;
        sheet(answer).ok_or_else(|| nonsense(&asset.path))
    }

    /// The thumbnails of an asset, as [`super::super::thumbnails`] gives.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file or the cache, [`MediaError::Crashed`], or [`MediaError::Cancelled`].
    pub fn thumbnails(
        &mut self,
        cache: &Cache,
        asset: &Asset,
        cancel: &Cancel,
    ) -> Result<thumbnails::ThumbnailSheet, MediaError> {
        if !super::is_set_up() {
            return thumbnails::thumbnails(cache, asset, cancel);
        }
        thumbnails::kept(cache, asset, |proxy| {
            let request = Request::Thumbnails(File::new(asset), proxy.map(Into::into));
            let answer = self.ask(&asset.path, &request, cancel, &|_| {})?;
            sheet(answer).ok_or_else(|| nonsense(&asset.path))
        })
    }

    /// Finer thumbnails of a stretch of an asset, as [`super::super::filmstrip`] gives.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file, [`MediaError::Crashed`], or [`MediaError::Cancelled`].
    pub fn filmstrip(
        &mut self,
        cache: &Cache,
        asset: &Asset,
        id: StripId,
        cancel: &Cancel,
    ) -> Result<(thumbnails::ThumbnailSheet, bool), MediaError> {
        if !super::is_set_up() {
            return filmstrip::filmstrip(cache, asset, id, cancel);
        }
        let (files, best) = filmstrip::files(cache, asset, id);
        let files = files.into_iter().map(|file| (file.path.into(), file.part)).collect();
        let answer = self.ask(&asset.path, &Request::Strip(File::new(asset), id, files), cancel, &|_| {})?;
        Ok((sheet(answer).ok_or_else(|| nonsense(&asset.path))?, best))
    }

    /// The waveform of an asset, as [`super::super::waveform`] gives.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file or the cache, [`MediaError::Crashed`], or [`MediaError::Cancelled`].
    pub fn waveform(
        &mut self,
        cache: &Cache,
        asset: &Asset,
        stream: u32,
        cancel: &Cancel,
    ) -> Result<waveform::Waveform, MediaError> {
        if !super::is_set_up() {
            return waveform::waveform(cache, asset, stream, cancel);
        }
        waveform::kept(cache, asset, stream, || {
            match self.ask(&asset.path, &Request::Peaks(File::new(asset), stream), cancel, &|_| {})? {
                (Answer::Peaks { .. }, peaks) => Ok(peaks),
                _ => Err(nonsense(&asset.path)),
            }
        })
    }

    /// Makes a part of an asset's proxy, as [`super::super::make_proxy`] does. The helper must be allowed to write in the
    /// cache.
    ///
    /// # Errors
    /// Any [`MediaError`] about the file or the cache, [`MediaError::Crashed`], or [`MediaError::Cancelled`].
    pub fn make_proxy(
        &mut self,
        cache: &Cache,
        asset: &Asset,
        part: Part,
        settings: ProxySettings,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
    ) -> Result<Proxy, MediaError> {
        if !super::is_set_up() {
            return proxy::make_proxy(cache, asset, part, settings, &mut self.maker, cancel, progress);
        }
        proxy::kept(cache, asset, part, |to| {
            let request = Request::Proxy(File::new(asset), part, to.into(), settings.threads);
            match self.ask(&asset.path, &request, cancel, progress)? {
                (Answer::Written, _) => Ok(()),
                _ => Err(nonsense(&asset.path)),
            }
        })
    }

    /// Asks for one thing about a file and waits for it.
    fn ask(
        &mut self,
        path: &Path,
        request: &Request,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
    ) -> Result<(Answer, Vec<u8>), MediaError> {
        self.ask_for(path, request, cancel, progress, &|_| {})
    }

    fn ask_for(
        &mut self,
        path: &Path,
        request: &Request,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
        found: &dyn Fn(Found),
    ) -> Result<(Answer, Vec<u8>), MediaError> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.doors)?,
        };
        let answer = process.ask(path, request, cancel, progress, found);
        // one that crashed, or whose work was given up, is dropped here, and with it ended
        if matches!(answer, Ok(_) | Err(Ended::Failed(_))) {
            self.process = Some(process);
        }
        answer.map_err(|ended| match ended {
            Ended::Failed(error) | Ended::Gone(error) => error,
        })
    }
}

/// Why there is no answer.
enum Ended {
    /// The file can't be read; the helper goes on.
    Failed(MediaError),
    /// The helper is of no more use.
    Gone(MediaError),
}

fn nonsense(path: &Path) -> MediaError {
    MediaError::Crashed { path: path.to_owned(), what: "its decoder gave nonsense".into() }
}

fn sheet((answer, pixels): (Answer, Vec<u8>)) -> Option<thumbnails::ThumbnailSheet> {
    let Answer::Sheet { width, height, count, from, every, .. } = answer else { return None };
    let expected = u64::from(width) * u64::from(height) * u64::from(count) * 4;
    (pixels.len() as u64 == expected).then_some(thumbnails::ThumbnailSheet {
        width,
        height,
        count,
        from,
        every,
        pixels,
    })
}

struct Process {
    child: Child,
    input: Box<dyn Write + Send>,
    answers: Receiver<(Answer, Vec<u8>)>,
    /// What it printed last.
    log: Arc<Mutex<VecDeque<String>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Process {
    fn start(doors: &Doors) -> Result<Self, MediaError> {
        let failed = |e: std::io::Error| MediaError::Element(format!("no process can be started for decoding: {e}"));
        let mut command = Command::new(platform::this_program().map_err(failed)?);
        command.arg(ARGUMENT).stderr(Stdio::piped()).env("NO_COLOR", "1");
        if std::env::var_os("WORKPRINT_LOG").is_none() {
            command.env("WORKPRINT_LOG", "info");
        }
        platform::own_group(&mut command);
        let platform::Talk { mut child, input, output } = platform::talk(command).map_err(failed)?;
        let printed = child.stderr.take();
        let (send, answers) = bounded(16);
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let mut process = Self { child, input, answers, log: Arc::clone(&log), threads: Vec::new() };
        process.spawn("answers", move || {
            let mut output = BufReader::new(output);
            while let Some(answer) = read_answer(&mut output) {
                if send.send(answer).is_err() {
                    return;
                }
            }
        })?;
        if let Some(printed) = printed {
            process.spawn("helper's log", move || keep_log(printed, &log))?;
        }
        // what can't be sent is noticed by the first request
        let _ = process.send(doors);
        Ok(process)
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), MediaError> {
        let thread = std::thread::Builder::new().name(name.into()).spawn(work);
        self.threads.push(thread.map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?);
        Ok(())
    }

    fn send(&mut self, what: &impl serde::Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.input.write_all(&line)
    }

    fn ask(
        &mut self,
        path: &Path,
        request: &Request,
        cancel: &Cancel,
        progress: &dyn Fn(f32),
        found: &dyn Fn(Found),
    ) -> Result<(Answer, Vec<u8>), Ended> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if self.send(request).is_err() {
            return Err(Ended::Gone(self.obituary(path)));
        }
        let mut silence = Waiting::begin();
        loop {
            match self.answers.recv_timeout(STEP) {
                Ok((Answer::Progress(share), _)) => {
                    progress(share);
                    silence = Waiting::begin();
                }
                Ok((Answer::Found(what), _)) => {
                    found(what);
                    silence = Waiting::begin();
                }
                Ok((Answer::Failed(failure), _)) => return Err(Ended::Failed(failure.about(path))),
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(Ended::Gone(self.obituary(path))),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if cancel.is_cancelled() {
                return Err(Ended::Gone(MediaError::Cancelled));
            }
            if silence.passed() > SILENCE {
                let (path, seconds) = (path.to_owned(), SILENCE.as_secs());
                return Err(Ended::Gone(MediaError::Stalled { path, seconds }));
            }
        }
    }

    /// Ends it and waits until it is gone.
    fn end(&mut self) -> Option<std::process::ExitStatus> {
        // one that has ended already can't be ended
        let _ = self.child.kill();
        let status = self.child.wait().ok();
        for thread in self.threads.drain(..) {
            // a panic has been reported by itself
            let _ = thread.join();
        }
        status
    }

    /// What it died of while it read that file.
    fn obituary(&mut self, path: &Path) -> MediaError {
        // its output is closed: it is ending by itself, and only what it ends of is not known yet
        let status = platform::ended_within(&mut self.child, Duration::from_secs(2), &|| false);
        let status = status.or_else(|| self.end());
        self.end();
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let out_of_memory = log.iter().any(|line| {
            ["failed to allocate", "memory allocation of", "bad_alloc", "Cannot allocate memory", "out of memory"]
                .iter()
                .any(|words| line.contains(words))
        });
        let cause = status.and_then(platform::cause_of_end);
        let what = match cause {
            _ if out_of_memory => {
                format!("decoding it takes more than {}", bytesize::ByteSize(MOST_MEMORY).display().iec())
            }
            Some(cause) => format!("its decoder crashed ({cause})"),
            None => "its decoder stopped".to_owned(),
        };
        MediaError::Crashed { path: path.to_owned(), what }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // nobody listens any more: a full channel must not hold up the thread that is joined
        self.answers = bounded(0).1;
        self.end();
    }
}

/// Keeps the last lines, and hands all on to the log.
fn keep_log(printed: impl Read, log: &Mutex<VecDeque<String>>) {
    let mut printed = BufReader::new(printed);
    let mut line = Vec::new();
    while printed.by_ref().take(4096).read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::debug!(target: "isolated", "{text}");
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == LAST_LINES {
            log.pop_front();
        }
        log.push_back(text);
        line.clear();
    }
}
