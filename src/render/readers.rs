//! Readers that are ready when their section begins: opened and sought on threads of their own, some
//! sections ahead, and kept for the next cut from the same file.

use super::PictureFile;
use crate::media::{AudioReader, Cancel, MediaError, PictureFormat, VideoReader};
use crate::model::{MediaInfo, SourceTime};
use crate::platform::caught;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Idle readers that are kept; each holds a decoder and its pictures.
const IDLE: usize = 1;

/// Threads that make readers ready: as many as sections are read ahead at most, so that the long way to one cut does not hold up the
/// next.
const THREADS: usize = 2;

/// How soon it is noticed that nobody waits any more.
const STEP: Duration = Duration::from_millis(50);

/// Something that reads a file from a position on.
pub(super) trait Reader: Send + Sized + 'static {
    /// Which file, and how.
    type Spec: Clone + PartialEq + Send + 'static;
    /// A position in it.
    type Position: Copy + PartialEq + Send + 'static;

    fn open(spec: &Self::Spec) -> Result<Self, MediaError>;
    fn prepare(&mut self, at: Self::Position, cancel: &Cancel) -> Result<(), MediaError>;
}

/// How pictures of a file are read.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct VideoSpec {
    pub file: PictureFile,
    pub stream: u32,
    pub format: PictureFormat,
    pub threads: u32,
}

impl Reader for VideoReader {
    type Spec = VideoSpec;
    type Position = SourceTime;

    fn open(spec: &VideoSpec) -> Result<Self, MediaError> {
        let PictureFile { path, info, part } = &spec.file;
        Self::open_part(path, info, *part, spec.stream, spec.format, spec.threads)
    }

    fn prepare(&mut self, at: SourceTime, cancel: &Cancel) -> Result<(), MediaError> {
        self.at(at, cancel).map(|_| ())
    }
}

/// How sound of a file is read.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct AudioSpec {
    pub path: PathBuf,
    pub info: MediaInfo,
    pub stream: u32,
    pub rate: u32,
}

impl Reader for AudioReader {
    type Spec = AudioSpec;
    type Position = i64;

    fn open(spec: &AudioSpec) -> Result<Self, MediaError> {
        Self::open(&spec.path, &spec.info, spec.stream, spec.rate)
    }

    fn prepare(&mut self, at: i64, _: &Cancel) -> Result<(), MediaError> {
        self.seek(at)
    }
}

/// A reader of a certain file at a certain position.
pub(super) struct Wanted<R: Reader> {
    pub spec: R::Spec,
    pub at: R::Position,
}

// derived, these would ask the same of the reader itself
impl<R: Reader> Clone for Wanted<R> {
    fn clone(&self) -> Self {
        Self { spec: self.spec.clone(), at: self.at }
    }
}

impl<R: Reader> PartialEq for Wanted<R> {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec && self.at == other.at
    }
}

enum Request<R: Reader> {
    Prepare(u64, Wanted<R>),
    Close(R),
}

/// Readers that nobody needs now, the most recently used last.
struct Idle<R: Reader>(Mutex<Vec<(R::Spec, R)>>);

impl<R: Reader> Idle<R> {
    fn all(&self) -> MutexGuard<'_, Vec<(R::Spec, R)>> {
        // the lock is only held to move readers in and out
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one that reads so.
    fn take(&self, spec: &R::Spec) -> Option<R> {
        let mut all = self.all();
        let index = all.iter().rposition(|(kept, _)| kept == spec)?;
        Some(all.remove(index).1)
    }

    /// Keeps one; gives what is too many then.
    fn keep(&self, spec: R::Spec, reader: R) -> Option<R> {
        let mut all = self.all();
        all.push((spec, reader));
        (all.len() > IDLE).then(|| all.remove(0).1)
    }

    /// Takes all of them.
    fn clear(&self) -> Vec<(R::Spec, R)> {
        std::mem::take(&mut *self.all())
    }
}

struct Prepared<R> {
    ticket: u64,
    reader: Result<R, MediaError>,
}

/// The readers of one consumer, of pictures or of sound.
pub(super) struct Readers<R: Reader> {
    requests: Option<Sender<Request<R>>>,
    prepared: Receiver<Prepared<R>>,
    threads: Vec<JoinHandle<()>>,
    idle: Arc<Idle<R>>,
    /// Ends its threads.
    cancel: Cancel,
    /// Its owner's: what is waited for is of no use when that is cancelled.
    given_up: Cancel,
    next_ticket: u64,
    /// What was asked for and not taken yet.
    asked: Vec<(u64, Wanted<R>)>,
    /// What came back before it was asked for.
    ready: HashMap<u64, Result<R, MediaError>>,
}

impl<R: Reader> Readers<R> {
    /// Starts the threads; `given_up` is its owner's.
    pub fn new(name: &str, given_up: Cancel) -> Result<Self, MediaError> {
        let cancel = Cancel::default();
        let (requests, incoming) = bounded(64);
        let (outgoing, prepared) = bounded(64);
        let idle = Arc::new(Idle(Mutex::default()));
        let mut threads = Vec::with_capacity(THREADS);
        for _ in 0..THREADS {
            let (incoming, outgoing) = (incoming.clone(), outgoing.clone());
            let (idle, cancel) = (Arc::clone(&idle), cancel.clone());
            let thread = std::thread::Builder::new().name(name.to_owned());
            let thread = thread.spawn(move || serve(&incoming, &outgoing, &idle, &cancel));
            threads.push(thread.map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?);
        }
        Ok(Self {
            requests: Some(requests),
            prepared,
            threads,
            idle,
            cancel,
            given_up,
            next_ticket: 0,
            asked: Vec::new(),
            ready: HashMap::new(),
        })
    }

    /// Asks for a reader to be made ready; at once if it was asked for already.
    pub fn prepare(&mut self, wanted: &Wanted<R>) {
        if self.asked.iter().any(|(_, w)| w == wanted) {
            return;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        if self.send(Request::Prepare(ticket, wanted.clone())) {
            self.asked.push((ticket, wanted.clone()));
        }
    }

    /// Sends a request, taking in what is ready meanwhile: both channels are bounded, and neither side may
    /// wait for the other for ever.
    fn send(&mut self, request: Request<R>) -> bool {
        let Some(requests) = &self.requests else { return false };
        let mut request = Some(request);
        while let Some(unsent) = request.take() {
            match requests.try_send(unsent) {
                Ok(()) => {}
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(unsent)) => {
                    request = Some(unsent);
                    let step = std::time::Duration::from_millis(2);
                    if let Ok(prepared) = self.prepared.recv_timeout(step) {
                        self.ready.insert(prepared.ticket, prepared.reader);
                    }
                }
            }
        }
        true
    }

    /// Waits for a reader, asking for it first if need be.
    pub fn take(&mut self, wanted: &Wanted<R>) -> Result<R, MediaError> {
        self.prepare(wanted);
        let Some(index) = self.asked.iter().position(|(_, w)| w == wanted) else { return Err(MediaError::Cancelled) };
        let (ticket, _) = self.asked.swap_remove(index);
        loop {
            if let Some(ready) = self.ready.remove(&ticket) {
                return ready;
            }
            if !self.receive() {
                return Err(MediaError::Cancelled);
            }
        }
    }

    /// Waits a moment for what is ready; `false` when nothing will be, or nobody waits for it any more.
    fn receive(&mut self) -> bool {
        match self.prepared.recv_timeout(STEP) {
            Ok(prepared) => drop(self.ready.insert(prepared.ticket, prepared.reader)),
            Err(RecvTimeoutError::Timeout) => return !self.given_up.is_cancelled(),
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        true
    }

    /// Gives back what was asked for but is not in `still_wanted`.
    pub fn forget_all_but(&mut self, still_wanted: &[Wanted<R>]) {
        let (keep, drop): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.asked).into_iter().partition(|(_, w)| still_wanted.contains(w));
        self.asked = keep;
        for (ticket, wanted) in drop {
            loop {
                if let Some(ready) = self.ready.remove(&ticket) {
                    if let Ok(reader) = ready {
                        self.give_back(wanted.spec, reader);
                    }
                    break;
                }
                if !self.receive() {
                    return;
                }
            }
        }
    }

    /// Returns a reader that is no longer needed, for the next cut from the same file.
    pub fn give_back(&mut self, spec: R::Spec, reader: R) {
        let too_many = self.idle.keep(spec, reader);
        self.close(too_many);
    }

    /// Closes the readers that are kept for later.
    pub fn let_go(&mut self) {
        let all = self.idle.clear();
        self.close(all.into_iter().map(|(_, reader)| reader));
    }

    /// Closes readers, which takes a moment each.
    fn close(&mut self, readers: impl IntoIterator<Item = R>) {
        for reader in readers {
            // when the threads are gone it is dropped here
            self.send(Request::Close(reader));
        }
    }
}

impl<R: Reader> Drop for Readers<R> {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.requests = None;
        while self.prepared.recv().is_ok() {}
        for thread in self.threads.drain(..) {
            // a thread that panicked has been reported by the panic itself
            let _ = thread.join();
        }
    }
}

fn serve<R: Reader>(requests: &Receiver<Request<R>>, prepared: &Sender<Prepared<R>>, idle: &Idle<R>, cancel: &Cancel) {
    cancel.watch_on_this_thread();
    for request in requests {
        match request {
            Request::Close(reader) => drop(reader),
            Request::Prepare(ticket, wanted) => {
                // the other thread would go on, and nobody be told
                let reader = caught(|| ready(&wanted, idle, cancel))
                    .unwrap_or_else(|said| Err(MediaError::Element(format!("reading broke off: {said}"))));
                if prepared.send(Prepared { ticket, reader }).is_err() {
                    return;
                }
            }
        }
    }
}

fn ready<R: Reader>(wanted: &Wanted<R>, idle: &Idle<R>, cancel: &Cancel) -> Result<R, MediaError> {
    if let Some(mut reader) = idle.take(&wanted.spec)
        // a reader that broke in an earlier clip may do better when opened anew
        && reader.prepare(wanted.at, cancel).is_ok()
    {
        return Ok(reader);
    }
    // what waits for another cut makes room for what is needed now
    drop(idle.clear());
    if cancel.is_cancelled() {
        return Err(MediaError::Cancelled);
    }
    let mut reader = R::open(&wanted.spec)?;
    reader.prepare(wanted.at, cancel)?;
    Ok(reader)
}
