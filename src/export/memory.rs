//! What memory the process has, and giving back what it does not need: what the allocator hoards, and the code of
//! programs that only starting up runs.

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

/// Limits what the C allocator keeps; to be called first, after the log at most, before anything is open or a thread
/// exists. With an arena for each thread, memory that one thread freed is of no use to the others, and a pipeline has many
/// threads. Compressed pictures of all sizes, which come and go by the thousand, would leave holes that nothing else fits
/// in: each has pages of its own, at most so many that the system has mappings left.
///
/// Huge pages are refused: x264 asks for them, and the kernel makes one of whatever lies in 2 MiB, touched or not, at a
/// moment of its own choice, so that the same export takes one to several MiB more some time after it began.
///
/// The program starts anew, once, for what can only be said in its environment.
pub fn tame_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        without_hoards();
        #[expect(unsafe_code, reason = "settings of the C library, made once before any thread exists")]
        // SAFETY: mallopt only stores the numbers; all four are documented parameters (mallopt(3)).
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 2);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 20);
            libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 10);
            libc::mallopt(libc::M_MMAP_MAX, 16_384);
        }
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!("huge pages are not refused, as by kernels that have none: {error}");
    }
}

/// Keeps small blocks from being hoarded where no other use of them is possible. The C library keeps some of each size
/// for each thread (malloc(3), `glibc.malloc.tcache_count`): with thirty threads that fills up to a megabyte or two over
/// the first hundreds of cuts, and saves no time that could be measured. `GLib` before 2.76 keeps slices
/// (`g_slice_alloc`) and never gives them back: each export of a long session leaves some. As both decide before `main`
/// begins, the program is replaced by itself with that said in its environment, unless it is said there already.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn without_hoards() {
    use std::os::unix::process::CommandExt;
    /// Says that it was done; more than once would be for ever, where the loader takes tunables away (ld.so(8)).
    const DONE: &str = "WORKPRINT_ALLOCATOR";
    const TUNABLES: &str = "GLIBC_TUNABLES";
    if std::env::var_os(DONE).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| program.clone().into());
    let mut anew = std::process::Command::new(program);
    anew.arg0(name).args(args).env(DONE, "set");
    if std::env::var_os("G_SLICE").is_none() && gstreamer::glib::check_version(2, 76, 0).is_some() {
        anew.env("G_SLICE", "always-malloc");
    }
    let tunables = std::env::var(TUNABLES).unwrap_or_default();
    if !tunables.contains("tcache_count") {
        let before = if tunables.is_empty() { String::new() } else { tunables + ":" };
        anew.env(TUNABLES, before + "glibc.malloc.tcache_count=0");
    }
    // returns only where the program can't be replaced
    let error = anew.exec();
    tracing::debug!("goes on with the allocator as it is: {error}");
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

/// Takes the pages of programs and libraries that can't change, code and constants, out of resident memory; those that
/// are still needed come back from the file cache when they are used next. Most of what starting up uses, in some hundred
/// libraries, is not needed again: 15 to 25 MiB.
pub(super) fn forget_programs() {
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    #[expect(unsafe_code, reason = "the only way to let pages go")]
    // SAFETY: the function is called with what its documentation says, and the loader keeps what it lists in place
    // until it returns (dl_iterate_phdr(3)).
    unsafe {
        libc::dl_iterate_phdr(Some(forget_program), std::ptr::null_mut());
    }
}

/// Lets the pages of the segments of one program go that are mapped to be read or run only.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
#[expect(unsafe_code, reason = "called by the C library")]
unsafe extern "C" fn forget_program(
    info: *mut libc::dl_phdr_info,
    _: libc::size_t,
    _: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the loader gives a valid record, with as many headers as it says, for as long as this call lasts.
    let (base, segments) = unsafe {
        let info = &*info;
        (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
    };
    let at = |address: u64| usize::try_from(base.wrapping_add(address)).unwrap_or(0);
    // SAFETY: the loader's own table of the program, which ends with an entry of tag 0.
    let patched =
        segments.iter().filter(|s| s.p_type == libc::PT_DYNAMIC).any(|s| unsafe { patches_code(at(s.p_vaddr)) });
    if patched {
        return 0;
    }
    let page = rustix::param::page_size();
    for segment in segments {
        if segment.p_type != libc::PT_LOAD || segment.p_flags & libc::PF_W != 0 {
            continue;
        }
        // only whole pages, so that none is shared with a segment beside it
        let start = at(segment.p_vaddr).next_multiple_of(page);
        let end = at(segment.p_vaddr.wrapping_add(segment.p_filesz)) / page * page;
        // SAFETY: a segment that is not written to is as it is in its file, from which its pages come back. Relocated
        // data lies in segments that can be written to, of which a part is protected later.
        unsafe {
            libc::madvise(std::ptr::without_provenance_mut(start), end.saturating_sub(start), libc::MADV_DONTNEED);
        }
    }
    0
}

/// Whether a program's dynamic section (System V ABI, "Dynamic Section") says that its code itself was relocated.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
#[expect(unsafe_code, reason = "reads the loader's tables")]
unsafe fn patches_code(section: usize) -> bool {
    const TEXTREL: u64 = 22;
    const FLAGS: u64 = 30;
    let entries = std::ptr::without_provenance::<[u64; 2]>(section);
    for n in 0.. {
        // SAFETY: the caller's table goes on to an entry of tag 0, after which nothing is read.
        match unsafe { *entries.add(n) } {
            [0, _] => return false,
            [TEXTREL, _] => return true,
            [FLAGS, flags] if flags & 4 != 0 => return true,
            _ => {}
        }
    }
    false
}
