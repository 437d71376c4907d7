//! Other processes of this program, and what a process ends of.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What starts this program again: the very program that runs, also when its file was replaced or removed meanwhile
/// (on Linux).
///
/// # Errors
/// When the system does not tell.
pub fn this_program() -> std::io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() { Ok(own) } else { std::env::current_exe() }
}

/// Keeps what a terminal sends to its programs, Ctrl+C above all, from a process that is to be started. Does nothing on
/// Windows.
pub fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// What a process ended of, once it has; `None` where it has not within a time, or `given_up` says that nobody waits any more.
pub fn ended_within(child: &mut Child, limit: Duration, given_up: &dyn Fn() -> bool) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < limit && !given_up() {
        if let Some(status) = child.try_wait().ok().flatten() {
            return Some(status);
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    None
}

/// A process that was started, and the two ways of talking to it.
pub struct Talk {
    /// The process.
    pub child: Child,
    /// What it reads as its standard input.
    pub input: Box<dyn Write + Send>,
    /// What it says through [`answers`].
    pub output: Box<dyn Read + Send>,
}

/// Starts a process to talk to. What libraries print in it does not get between its answers, but on Windows.
///
/// # Errors
/// What the system says.
pub fn talk(mut command: Command) -> std::io::Result<Talk> {
    #[cfg(unix)]
    {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        command.stdin(std::os::fd::OwnedFd::from(theirs)).stdout(Stdio::null());
        let child = command.spawn()?;
        Ok(Talk { child, input: Box::new(ours.try_clone()?), output: Box::new(ours) })
    }
    #[cfg(not(unix))]
    {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let no_pipe = || std::io::Error::other("it has no pipes");
        let (input, output) = (child.stdin.take().ok_or_else(no_pipe)?, child.stdout.take().ok_or_else(no_pipe)?);
        Ok(Talk { child, input: Box::new(input), output: Box::new(output) })
    }
}

/// Where a process that was started by [`talk`] answers.
///
/// # Errors
/// What the system says.
pub fn answers() -> std::io::Result<std::fs::File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle;
        Ok(std::io::stdout().as_handle().try_clone_to_owned()?.into())
    }
}

/// Ends this process at once, without the cleaning up of libraries whose threads still run.
pub fn end_now() -> ! {
    #[cfg(unix)]
    {
        // without a reason to fail: a process may always end itself
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    std::process::exit(0)
}

/// Lets a write that passes a limit on the size of files (`ulimit -f`) fail as any other does, instead of ending this
/// process. Does nothing on Windows.
pub fn outlive_file_limits() {
    #[cfg(unix)]
    {
        let passed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let signal = rustix::process::Signal::XFSZ.as_raw();
        if let Err(error) = signal_hook::flag::register(signal, passed) {
            tracing::debug!("a limit on the size of files ends this process: {error}");
        }
    }
}

/// What a process ended of, in words, where it did not end by itself.
#[must_use]
pub fn cause_of_end(status: ExitStatus) -> Option<String> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;
        let is = |known: Signal| known.as_raw() == signal;
        return Some(match () {
            () if is(Signal::SEGV) => "segmentation fault".to_owned(),
            () if is(Signal::BUS) => "bus error".to_owned(),
            () if is(Signal::ABORT) => "abort".to_owned(),
            () if is(Signal::TRAP) => "trap".to_owned(),
            () if is(Signal::ILL) => "illegal instruction".to_owned(),
            () if is(Signal::FPE) => "arithmetic error".to_owned(),
            () if is(Signal::XCPU) => "time limit".to_owned(),
            () if is(Signal::KILL) => "killed by the system".to_owned(),
            () => format!("signal {signal}"),
        });
    }
    status.code().filter(|code| *code != 0).map(|code| format!("exit code {code}"))
}
