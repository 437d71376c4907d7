//! Whether an export's files are those that were imported: compared on a thread of its own, since they may be many, while
//! the film is made, and looked at once more when it is.

use crate::media::{Cancel, MediaError};
use crate::model::{Project, Span};
use crate::render::{Sources, Warning};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The comparison of one export. The thread is stopped and joined when this is dropped.
pub(super) struct SourceCheck {
    sources: Arc<Sources>,
    found: Option<Receiver<Warning>>,
    thread: Option<JoinHandle<()>>,
    cancel: Cancel,
}

impl SourceCheck {
    /// Looks at all files, and begins to read them.
    ///
    /// # Errors
    /// [`MediaError::Element`] when no thread can be started.
    pub fn start(project: &Project, span: Span) -> Result<Self, MediaError> {
        let sources = Arc::new(Sources::of(project, span, None));
        let cancel = Cancel::default();
        let (tell, found) = bounded(64);
        let for_thread = (Arc::clone(&sources), cancel.clone());
        let thread = std::thread::Builder::new()
            .name("sources".into())
            .spawn(move || {
                // nobody listens to an export that ended early
                for_thread.0.compare(&for_thread.1, |warning| drop(tell.send(warning)));
            })
            .map_err(|e| MediaError::Element(format!("no thread can be started: {e}")))?;
        Ok(Self { sources, found: Some(found), thread: Some(thread), cancel })
    }

    /// What was found since this was last asked.
    pub fn found(&self) -> impl Iterator<Item = Warning> + '_ {
        self.found.iter().flat_map(Receiver::try_iter)
    }

    /// Tells the rest, and what has changed since the start: when all has been read.
    ///
    /// # Errors
    /// [`MediaError::Cancelled`] when `cancel` says so.
    pub fn finish(&self, cancel: &Cancel, mut tell: impl FnMut(Warning)) -> Result<(), MediaError> {
        if let Some(found) = &self.found {
            loop {
                match found.recv_timeout(Duration::from_millis(100)) {
                    Ok(warning) => tell(warning),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return Err(MediaError::Cancelled),
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        }
        self.sources.changed().into_iter().for_each(tell);
        Ok(())
    }
}

impl Drop for SourceCheck {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.found = None;
        if let Some(thread) = self.thread.take() {
            // a panic has been reported by itself
            let _ = thread.join();
        }
    }
}
