//! How this program is told to end, and what a piece of its work broke off of.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does a piece of work, and gives what was said if it panics instead of ending the thread that does it. What the work
/// had in its hands may be half done: whoever goes on must not use that.
///
/// # Errors
/// What the panic said.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|said| words(&*said))
}

fn words(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it said nothing").to_owned()
}

/// Calls `first` on a thread of its own when the system, a log-out or a terminal tells this program to end, and `again` when
/// it is told once more, or has not ended after `limit`.
///
/// # Errors
/// What the system says.
pub fn when_told_to_end(
    limit: std::time::Duration,
    first: impl FnOnce() + Send + 'static,
    again: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let (tell, told) = crossbeam_channel::bounded(1);
    let obey = move || {
        if told.recv().is_ok() {
            first();
            // told again, or too late: it is the same
            let _ = told.recv_timeout(limit);
            again();
        }
    };
    // it ends with the process: nobody waits for a signal that does not come
    std::thread::Builder::new().name("ending".into()).spawn(obey)?;
    super::each_time_told_to_end(move || {
        // one that is told and not taken yet is enough
        let _ = tell.try_send(());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        assert_eq!(caught(|| 5), Ok(5));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        let number = 7;
        assert_eq!(caught(|| panic!("number {number}")), Err::<(), _>("number 7".to_owned()));
    }
}
