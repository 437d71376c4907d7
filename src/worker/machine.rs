//! What the machine allows: cores and memory.

/// Cores that this process may use: affinity and container limits included.
#[must_use]
pub fn allowed_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes of memory that this process may use: the machine's, or the container's limit where that is less.
#[must_use]
pub fn total_memory() -> u64 {
    const UNKNOWN: u64 = 4 << 30;
    #[cfg(target_os = "linux")]
    let installed = {
        let info = rustix::system::sysinfo();
        #[expect(clippy::useless_conversion, reason = "the field's type differs between processors")]
        let total = u64::try_from(info.totalram).unwrap_or(UNKNOWN).saturating_mul(u64::from(info.mem_unit));
        total
    };
    #[cfg(not(target_os = "linux"))]
    let installed = UNKNOWN;
    let limit = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    limit.map_or(installed, |limit| limit.min(installed)).max(256 << 20)
}
