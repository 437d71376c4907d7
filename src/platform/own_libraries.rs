//! What was installed with the program, for it alone.

use std::path::{Path, PathBuf};

/// The folder of libraries that came with this program, where it came with any: packages for one system alone leave them
/// to that system. It is `lib` beside the program on Windows, `Frameworks` in a bundle of macOS, and elsewhere
/// `lib/workprint` beside the program's folder.
#[must_use]
pub fn own_libraries() -> Option<PathBuf> {
    std::env::current_exe().ok().and_then(|program| beside(&program)).filter(|folder| folder.is_dir())
}

fn beside(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    if cfg!(windows) {
        Some(folder.join("lib"))
    } else if cfg!(target_os = "macos") {
        folder.parent().map(|contents| contents.join("Frameworks"))
    } else {
        folder.parent().map(|prefix| prefix.join("lib").join("workprint"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_its_own_lie_where_packages_put_them() {
        let program = Path::new("/opt/Workprint/bin/workprint");
        let expected = if cfg!(windows) {
            "/opt/Workprint/bin/lib"
        } else if cfg!(target_os = "macos") {
            "/opt/Workprint/Frameworks"
        } else {
            "/opt/Workprint/lib/workprint"
        };
        assert_eq!(beside(program).unwrap(), Path::new(expected));
        assert_eq!(own_libraries(), None, "a program of cargo's came with none");
    }
}
