//! Limits that the system keeps on the process itself.

use std::path::PathBuf;
use std::time::Duration;

/// What a process may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory of its own: heap and stacks, not the pages of programs and libraries.
    pub memory: u64,
    /// Files that are open at once.
    pub files: u64,
}

/// Limits this process for good; it leaves no memory image behind either when it crashes. Memory is limited on Linux
/// only, nothing is on Windows.
pub fn limit(limits: Limits) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let lower = |resource, value: u64| {
            let most = getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            if let Err(error) = setrlimit(resource, limit) {
                tracing::debug!("{resource:?} can't be limited: {error}");
            }
        };
        lower(Resource::Data, limits.memory);
        lower(Resource::Nofile, limits.files);
        lower(Resource::Core, 0);
    }
    #[cfg(not(unix))]
    let _ = limits;
}

/// Gives this process so much more processor time, or as much as it wants; what takes more is ended by the system. Does
/// nothing on Windows.
pub fn limit_time(more: Option<Duration>) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let until = more.map(|more| u64::try_from(spent.tv_sec).unwrap_or(0) + more.as_secs() + 1);
        let maximum = getrlimit(Resource::Cpu).maximum;
        let current = until.into_iter().chain(maximum).min();
        if let Err(error) = setrlimit(Resource::Cpu, Rlimit { current, maximum }) {
            tracing::debug!("time can't be limited: {error}");
        }
    }
    #[cfg(not(unix))]
    let _ = more;
}

/// Shuts this process in: from here on it opens no socket and starts no program; in the folders of users it reads the
/// files and folders in `read` alone, and it writes to those in `write` alone. Linux with landlock and seccomp; where
/// the kernel has only one of them, that is used, elsewhere nothing.
///
/// Threads that run already are not kept from files: call it before there are any.
pub fn shut_in(read: &[PathBuf], write: &[PathBuf]) {
    #[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        if let Err(error) = linux::files(read, write) {
            tracing::debug!("files can't be kept from it: {error}");
        }
        if let Err(error) = linux::calls() {
            tracing::debug!("sockets can't be kept from it: {error}");
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = (read, write);
}

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux {
    use landlock::{
        ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    };
    use std::path::{Path, PathBuf};

    /// Folders at the top in which users keep files; the others hold the system.
    const OF_USERS: &[&str] = &["home", "root", "mnt", "media", "run", "srv", "tmp", "Volumes"];

    /// Folders beside the system's in which libraries look for what they need, as variables name them.
    const VARIABLES: &[&str] = &[
        "LD_LIBRARY_PATH",
        "GST_PLUGIN_PATH",
        "GST_PLUGIN_PATH_1_0",
        "GST_PLUGIN_SYSTEM_PATH",
        "GST_PLUGIN_SYSTEM_PATH_1_0",
    ];

    /// Folders in a user's own one in which libraries look for plugins and fonts.
    const IN_HOME: &[&str] = &[".local/share/gstreamer-1.0", ".local/share/fonts", ".fonts"];

    pub fn files(read: &[PathBuf], write: &[PathBuf]) -> Result<(), RulesetError> {
        let abi = ABI::V3;
        let mut rules = Ruleset::default().handle_access(AccessFs::from_all(abi))?.create()?;
        let system = std::fs::read_dir("/").into_iter().flatten().flatten().map(|e| e.path());
        let system = system.filter(|p| !p.file_name().is_some_and(|n| OF_USERS.iter().any(|own| n == *own)));
        let named = VARIABLES.iter().filter_map(std::env::var_os);
        let named: Vec<PathBuf> = named.flat_map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>()).collect();
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let in_home = home.iter().flat_map(|home| IN_HOME.iter().map(|folder| home.join(folder)));
        let program = std::env::current_exe().ok();
        let own = crate::platform::own_libraries();
        let all = system.chain(named).chain(in_home).chain(program).chain(own).chain(read.iter().cloned());
        for (path, access) in
            all.map(|p| (p, AccessFs::from_read(abi))).chain(write.iter().map(|p| (p.clone(), AccessFs::from_all(abi))))
        {
            // what is not there can't be opened either
            let Ok(opened) = PathFd::new(&path) else { continue };
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
            rules = rules.add_rule(PathBeneath::new(opened, access))?;
        }
        // libraries open it to write to it
        if let Ok(opened) = PathFd::new(Path::new("/dev/null")) {
            rules = rules.add_rule(PathBeneath::new(opened, AccessFs::from_file(abi)))?;
        }
        rules.restrict_self()?;
        Ok(())
    }

    pub fn calls() -> Result<(), seccompiler::Error> {
        use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};
        let refused = [
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
        ];
        let errno = u32::try_from(libc::EACCES).unwrap_or(1);
        let filter = SeccompFilter::new(
            refused.into_iter().map(|call| (call, Vec::new())).collect(),
            SeccompAction::Allow,
            SeccompAction::Errno(errno),
            std::env::consts::ARCH.try_into().map_err(seccompiler::Error::Backend)?,
        )
        .map_err(seccompiler::Error::Backend)?;
        let program: BpfProgram = filter.try_into().map_err(seccompiler::Error::Backend)?;
        apply_filter_all_threads(&program)
    }
}
