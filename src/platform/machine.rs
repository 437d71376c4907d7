//! What the machine allows: cores and memory.

/// Cores that this process may use: affinity and container limits included.
#[must_use]
pub fn allowed_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes of memory that this process may use: the machine's, or the container's limit where that is less.
#[must_use]
pub fn total_memory() -> u64 {
    /// Where the system does not tell.
    const UNKNOWN: u64 = 4 << 30;
    let installed = installed_memory().unwrap_or(UNKNOWN);
    let limit = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    limit.map_or(installed, |limit| limit.min(installed)).max(256 << 20)
}

#[cfg(target_os = "linux")]
fn installed_memory() -> Option<u64> {
    let info = rustix::system::sysinfo();
    #[expect(clippy::useless_conversion, reason = "the field's type differs between processors")]
    let units = u64::try_from(info.totalram).ok()?;
    Some(units.saturating_mul(u64::from(info.mem_unit)))
}

#[cfg(not(target_os = "linux"))]
fn installed_memory() -> Option<u64> {
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let system = sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(memory)).ok()?;
    Some(system.total_memory()).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_cores_and_memory() {
        assert!(allowed_cores() > 0);
        let installed = installed_memory().unwrap();
        // no machine that runs this has less, and none has so much more that it is a mistake of the unit
        assert!((256 << 20..1 << 46).contains(&installed), "{installed}");
        assert!(total_memory() <= installed.max(256 << 20));
    }
}
