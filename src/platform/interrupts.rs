//! How this program is told to end while it works.

/// Calls `act` on a thread of its own each time when this program is told to end: by Ctrl+C, a polite kill, or a terminal
/// that goes away. Who ignored the last when it was started goes on: that is what `nohup` is for.
///
/// # Errors
/// What the system says.
pub fn each_time_told_to_end(act: impl Fn() + Send + 'static) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let deaf = ignored_signals() >> (SIGHUP - 1) & 1 == 1;
        let heard = [SIGINT, SIGTERM].into_iter().chain((!deaf).then_some(SIGHUP));
        let mut signals = signal_hook::iterator::Signals::new(heard)?;
        // it ends with the process: nobody waits for a signal that does not come
        std::thread::Builder::new().name("signals".into()).spawn(move || signals.forever().for_each(|_| act()))?;
        Ok(())
    }
    #[cfg(not(unix))]
    ctrlc::set_handler(act).map_err(std::io::Error::other)
}

/// Which signals are ignored, the lowest bit for signal 1; none where the system does not tell.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
