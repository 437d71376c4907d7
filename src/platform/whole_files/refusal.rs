//! Why a file is not written, in words, each with its remedy.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;
use thiserror::Error as ThisError;

/// Why a file is not written. Whoever says it names the file before.
#[derive(Debug, ThisError)]
pub enum NotWritten {
    /// There is a file of that name, which is not to be replaced.
    #[error("there is a file of that name already; choose another name, or allow to replace it")]
    Exists,
    /// It is a folder.
    #[error("this is a folder; give the file a name")]
    IsFolder,
    /// The folder is missing.
    #[error("there is no folder {folder}; make it or choose another", folder = .0.display())]
    NoFolder(PathBuf),
    /// It is neither a file nor a folder.
    #[error("it is {0}, not a file; choose another name")]
    NoFile(&'static str),
    /// It is a file where a folder is to be.
    #[error("there is a file of that name; choose another name")]
    IsFile,
    /// Something else lies in the folder that is to be replaced.
    #[error("'{name}' in it is none of its pictures; take it out of there, or choose another name", name = .0.display())]
    HasOthers(std::ffi::OsString),
    /// It is a link that leads nowhere.
    #[error("it is a link to {to}, which is not there; remove the link or choose another name", to = .0.display())]
    Dangling(PathBuf),
    /// It may not be written to.
    #[error("the file there is read-only; allow writing to it or choose another name")]
    ReadOnly,
    /// The system knows no file of that name; why, in words.
    #[error("{0}; choose another name")]
    Name(String),
    /// The folder is not any more where it was.
    #[error("the folder {folder} was renamed or moved meanwhile", folder = .0.display())]
    Moved(PathBuf),
    /// It is whole, but elsewhere.
    #[error("{0}; what was to be written is whole, in {kept}", kept = .1.display())]
    Kept(Box<NotWritten>, PathBuf),
    /// The system refuses it.
    #[error("{}", in_words(.0))]
    System(#[from] Error),
}

/// What the system says to a file that can't be written, and what can be done about it.
#[must_use]
pub fn in_words(error: &Error) -> String {
    let words = match error.kind() {
        ErrorKind::StorageFull => "the disk is full; free some space there or choose another folder",
        ErrorKind::QuotaExceeded => "your share of the disk is used up; free some space there or choose another folder",
        // what is open elsewhere may not be replaced there, and is refused like what is forbidden
        ErrorKind::PermissionDenied if cfg!(windows) => {
            "no permission to write there, or another program has the file open; close it there, allow writing to the file and \
             its folder, or choose another folder"
        }
        ErrorKind::PermissionDenied => {
            "no permission to write there; allow writing to the file and its folder, or choose another folder"
        }
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another folder",
        ErrorKind::FileTooLarge => {
            "the file gets larger than is allowed there; choose another disk, or raise the limit (`ulimit -f`)"
        }
        ErrorKind::InvalidFilename => "the name is too long; choose a shorter one",
        ErrorKind::NotFound => "there is no such folder; make it or choose another",
        ErrorKind::AlreadyExists => "there is a file already; choose another name",
        ErrorKind::IsADirectory => "this is a folder; give the file a name",
        ErrorKind::NotADirectory => "what should be its folder is a file; choose another folder",
        ErrorKind::StaleNetworkFileHandle | ErrorKind::HostUnreachable | ErrorKind::TimedOut => {
            return format!("the drive does not answer ({error}); connect it again or choose another folder");
        }
        _ => return format!("{error}; choose another folder"),
    };
    words.to_owned()
}

/// Whether there was no room.
pub(super) fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// The error of the system whose text a library's message has, if it is one that writing ends with.
#[must_use]
pub fn reason_in(message: &str) -> Option<Error> {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let known = [
            Errno::NOSPC,
            Errno::DQUOT,
            Errno::FBIG,
            Errno::ACCESS,
            Errno::PERM,
            Errno::ROFS,
            Errno::IO,
            Errno::NODEV,
            Errno::STALE,
            Errno::NOENT,
            Errno::NAMETOOLONG,
        ];
        known.into_iter().map(|errno| Error::from_raw_os_error(errno.raw_os_error())).find(|error| {
            let text = error.to_string();
            message.contains(text.split(" (os error").next().unwrap_or(&text))
        })
    }
    #[cfg(not(unix))]
    {
        // what C libraries call the errors there that they know
        let known = [
            ("No space left on device", ErrorKind::StorageFull),
            ("Permission denied", ErrorKind::PermissionDenied),
            ("No such file or directory", ErrorKind::NotFound),
            ("File too large", ErrorKind::FileTooLarge),
        ];
        known.into_iter().find(|(text, _)| message.contains(text)).map(|(_, kind)| kind.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_disk_asks_for_space() {
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem, ErrorKind::InvalidFilename] {
            assert!(!in_words(&kind.into()).contains("space"), "{kind}");
        }
        assert!(in_words(&ErrorKind::PermissionDenied.into()).contains("permission"));
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            assert!(in_words(&kind.into()).contains("free some space"), "{kind}");
        }
    }

    #[test]
    fn what_a_library_says_is_understood() {
        let kind = |text| reason_in(text).map(|e| e.kind());
        assert_eq!(kind("gstfilesink.c(12): system error: No space left on device"), Some(ErrorKind::StorageFull));
        assert_eq!(kind("system error: File too large"), Some(ErrorKind::FileTooLarge));
        assert_eq!(kind("Internal data stream error."), None);
    }
}
