//! The fixed pictures that go round between renderer and encoder.
//!
//! x264enc keeps every input buffer mapped until its packet comes out, dozens of pictures later, although
//! x264 has copied the pixels by the time the call returns. So each buffer is a new, thin wrapper over one
//! of a few fixed slots, and a slot is written again once the encoder has returned from it: when the
//! buffer after it has left the appsrc. At 2160p that saves half a gigabyte.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The pixels of one slot, shared with buffers that the encoder still holds.
struct Slot {
    pixels: *mut u8,
    length: usize,
}

// SAFETY: the pointer is to a heap allocation that the slot owns; who reads and writes when is governed by `Ring`.
#[expect(unsafe_code, reason = "see the safety comment")]
unsafe impl Send for Slot {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "see the safety comment")]
unsafe impl Sync for Slot {}

impl Slot {
    fn new(length: usize) -> Self {
        let pixels = Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast::<u8>();
        Self { pixels, length }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: `pixels` came from a boxed slice of `length` bytes in `new`, and this is the last owner.
        #[expect(unsafe_code, reason = "see the safety comment")]
        unsafe {
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.pixels, self.length)));
        }
    }
}

/// A buffer's view of a slot.
struct View(Arc<Slot>);

impl AsRef<[u8]> for View {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the allocation lives as long as the Arc. GStreamer takes the pointer once, when the buffer
        // is made, and the encoder reads through it only until the next buffer is pushed, which is before
        // the renderer writes here again (see `Ring::write`).
        #[expect(unsafe_code, reason = "see the safety comment")]
        unsafe {
            std::slice::from_raw_parts(self.0.pixels, self.0.length)
        }
    }
}

/// A few fixed slots.
pub(super) struct Ring {
    slots: Vec<Arc<Slot>>,
    /// Buffers handed out.
    written: u64,
    /// Buffers that have left the appsrc towards the encoder.
    passed: Arc<(Mutex<u64>, Condvar)>,
}

impl Ring {
    /// Slots of `bytes` each for the input of an encoder; `pad` is the appsrc's source pad, and nothing
    /// asynchronous may lie between it and the encoder.
    pub fn new(slots: u32, bytes: usize, pad: &gst::Pad) -> Self {
        let passed = Arc::new((Mutex::new(0_u64), Condvar::new()));
        let counter = Arc::clone(&passed);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            *counter.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            counter.1.notify_all();
            gst::PadProbeReturn::Ok
        });
        let slots = (0..slots.max(2)).map(|_| Arc::new(Slot::new(bytes))).collect();
        Self { slots, written: 0, passed }
    }

    /// Waits a little for the next slot; whether it is free.
    pub fn wait(&self, limit: Duration) -> bool {
        let Some(before) = self.written.checked_sub(self.slots.len() as u64) else { return true };
        // the encoder has returned from buffer `before` when the one after it was pushed to it
        let free = |passed: &mut u64| *passed < before + 2;
        let passed = self.passed.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (passed, _) = self.passed.1.wait_timeout_while(passed, limit, free).unwrap_or_else(PoisonError::into_inner);
        *passed >= before + 2
    }

    /// Counts a buffer that goes to the encoder without a slot.
    pub fn pass_over(&mut self) {
        self.written += 1;
    }

    /// Lets `draw` fill the next slot and wraps it as a buffer. Only after [`Self::wait`] said that it is free.
    pub fn write<T>(&mut self, draw: impl FnOnce(&mut [u8]) -> T) -> (gst::Buffer, T) {
        let index = usize::try_from(self.written % self.slots.len() as u64).unwrap_or(0);
        let slot = Arc::clone(&self.slots[index]);
        // SAFETY: the slot is free (`wait`): the encoder has returned from the call that read it and keeps
        // the buffer mapped without looking at it again; only one thread has the ring.
        #[expect(unsafe_code, reason = "see the safety comment")]
        let pixels = unsafe { std::slice::from_raw_parts_mut(slot.pixels, slot.length) };
        let result = draw(pixels);
        self.written += 1;
        (gst::Buffer::from_slice(View(slot)), result)
    }
}
