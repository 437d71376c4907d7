//! What a disk has room for.

use std::path::Path;

/// Bytes that may still be written to the disk that a folder lies on; `None` where the system does not tell.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let known = rustix::fs::statvfs(folder).ok().filter(|known| known.f_blocks > 0)?;
        Some(known.f_bavail.saturating_mul(known.f_frsize))
    }
    #[cfg(not(unix))]
    fs4::available_space(folder).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_space(folder.path()).unwrap() > 0);
    }
}
