//! What memory the process has, and keeping the allocator from hoarding it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Samples resident memory and keeps the highest value.
#[derive(Debug, Default)]
pub struct Memory {
    peak: AtomicU64,
}

impl Memory {
    /// Begins the system's own count of the peak anew where it lets us (Linux), so that what came before does not count.
    #[must_use]
    pub fn anew() -> Self {
        // where it can't be, the peak is that of the whole process
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self::default()
    }

    /// Resident memory now, in bytes; 0 where the system does not tell.
    pub fn sample(&self) -> u64 {
        let now = memory_stats::memory_stats().map_or(0, |m| m.physical_mem as u64);
        self.peak.fetch_max(now, Ordering::Relaxed);
        now
    }

    /// The highest resident memory of the process since [`Self::anew`] in bytes: the system's own figure where it
    /// keeps one, else the highest sample.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.sample();
        let sampled = self.peak.load(Ordering::Relaxed);
        system_peak().map_or(sampled, |peak| peak.max(sampled))
    }
}

fn system_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Limits the number of arenas that the C allocator keeps: with one for each thread, memory that one thread
/// freed is of no use to the others, and a pipeline has many threads.
pub fn tame_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a setting of the C library, made once before any thread exists")]
    // SAFETY: mallopt only stores the two numbers; M_ARENA_MAX and the trim threshold are documented parameters.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 20);
    }
}

/// Gives freed memory back to the system, as far as the C library can.
pub(super) fn return_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the only way to the C library's trim")]
    // SAFETY: malloc_trim has no preconditions and is safe to call from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
