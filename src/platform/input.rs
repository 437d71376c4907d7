//! Opening what people, projects and lists name: regular files alone, read up to a limit.
//!
//! A name may stand for a pipe that nobody writes to, a device without an end or a terminal. Those are refused before
//! they are opened, since opening one can wait for ever or do something by itself; what takes a file's place between
//! the look and the opening is refused after it, which does not wait either.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How much is read at a time.
const STEP: u64 = 1 << 20;

/// Opens a regular file for reading, with what the system knows of it.
///
/// # Errors
/// What the system says, or [`ErrorKind::InvalidInput`] with what it is instead of a file.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    refuse_others(&std::fs::metadata(path)?)?;
    let file = open_without_waiting(OpenOptions::new().read(true), path)?;
    let meta = file.metadata()?;
    refuse_others(&meta)?;
    Ok((file, meta))
}

/// Opens what may have become a pipe or a terminal meanwhile: neither is waited for.
pub(super) fn open_without_waiting(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    options.open(path)
}

/// Whether a file that is open is the one that was looked at. True where files have no numbers.
pub(super) fn is_same(file: &File, there: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, there);
        true
    }
}

fn refuse_others(meta: &Metadata) -> io::Result<()> {
    if meta.is_file() {
        return Ok(());
    }
    let what = kind(meta.file_type());
    Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a file")))
}

/// What something is that is no file.
pub(super) fn kind(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if kind.is_dir() { "a folder" } else { "something else" }
}

/// Reads a text file of at most `most` bytes.
///
/// # Errors
/// As [`open_regular`]; [`ErrorKind::FileTooLarge`] with the limit, [`ErrorKind::InvalidData`] when there is a zero
/// byte in it, which no text has.
pub fn read_text(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (mut file, meta) = open_regular(path)?;
    let too_large = || {
        let limit = bytesize::ByteSize(most).display().iec();
        io::Error::new(ErrorKind::FileTooLarge, format!("it is far too large: over {limit}"))
    };
    if meta.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let read = file.by_ref().take(STEP).read_to_end(&mut bytes)?;
        let new = bytes.len() - read;
        if bytes[new..].contains(&0) {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is not text"));
        }
        // a file may be longer than it says: what the system makes up says nothing at all
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(too_large());
        }
        if read == 0 {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, vec![b'x'; 3000]).unwrap();
        assert_eq!(read_text(&path, 3000).unwrap().len(), 3000);
        let error = read_text(&path, 2048).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::FileTooLarge, "it is far too large: over 2.0 KiB".into())
        );
        std::fs::write(&path, b"ab\0c").unwrap();
        assert_eq!(read_text(&path, 9).unwrap_err().to_string(), "it is not text");
        assert!(read_text(folder.path(), 9).unwrap_err().to_string().contains("a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.mp4");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let socket = folder.path().join("socket.mp4");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link.mp4");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for (path, what) in [(&pipe, "a pipe"), (&socket, "a socket"), (&link, "a device")] {
            let error = open_regular(path).unwrap_err().to_string();
            assert_eq!(error, format!("it is {what}, not a file"));
        }
        // a sparse file costs no more than its limit, and one that says nothing of its length is bounded too
        let sparse = folder.path().join("sparse.ron");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read_text(&sparse, 1 << 20).unwrap_err().kind(), ErrorKind::FileTooLarge);
        #[cfg(target_os = "linux")]
        assert_eq!(read_text(Path::new("/proc/self/environ"), 1 << 20).unwrap_err().to_string(), "it is not text");
    }
}
