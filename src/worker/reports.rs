//! Small text files that the editor leaves on request.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Files of one name that are counted before it is given up.
const MOST: u32 = 10_000;

/// Writes a text to a file that is not there yet: of that name, or with the first number behind it that is free. Gives
/// the file.
///
/// # Errors
/// When it can't be made or written.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<PathBuf> {
    let numbered = (2..MOST).map(|n| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{n}."));
        name.push(path.extension().unwrap_or_default());
        path.with_file_name(name)
    });
    for name in std::iter::once(path.to_owned()).chain(numbered) {
        match File::create_new(&name) {
            Ok(mut file) => return file.write_all(text.as_bytes()).map(|()| name),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reel.mp4.report.txt");
        for (text, name) in
            [("one", "reel.mp4.report.txt"), ("two", "reel.mp4.report-2.txt"), ("three", "reel.mp4.report-3.txt")]
        {
            let written = write_new(&path, text).unwrap();
            assert_eq!(written, folder.path().join(name));
            assert_eq!(std::fs::read_to_string(written).unwrap(), text);
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one");
        assert!(write_new(&folder.path().join("none/a.txt"), "").is_err());
    }
}
