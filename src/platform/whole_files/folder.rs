//! The steps that are taken in one folder. Where systems can, the folder is held: one that is renamed meanwhile is still
//! the same.

#[cfg(not(unix))]
use std::ffi::OsStr;
use std::fs::File;
#[cfg(not(unix))]
use std::fs::Metadata;
use std::io;
#[cfg(not(unix))]
use std::path::Path;
use std::path::PathBuf;

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
}

#[cfg(unix)]
pub(super) use unix::{names_of, resemble};

/// Whether the file system only says that it does not know of syncing.
pub(super) fn knows_no_sync(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let unknown = [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS];
        error.raw_os_error().is_some_and(|raw| unknown.into_iter().any(|errno| errno.raw_os_error() == raw))
    }
    #[cfg(not(unix))]
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// Makes sure that a file can have that many bytes, without changing it. Linux only; elsewhere it is found out later.
pub(super) fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(file, FallocateFlags::KEEP_SIZE, 0, bytes.max(1)) {
            Err(Errno::NOSPC) => Err(Errno::NOSPC.into()),
            Err(Errno::DQUOT) => Err(Errno::DQUOT.into()),
            Err(Errno::FBIG) => Err(Errno::FBIG.into()),
            // not every file system can
            _ => Ok(()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, bytes);
        Ok(())
    }
}

#[cfg(unix)]
mod unix {
    use super::Folder;
    use crate::platform::input::is_same;
    use rustix::fs::{AtFlags, CWD, Mode, OFlags};
    use rustix::io::Errno;
    use std::ffi::OsStr;
    use std::fs::{File, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    /// Under how many names a file is known.
    pub fn names_of(meta: &Metadata) -> u64 {
        meta.nlink()
    }

    /// Gives a file the owner and the mode of another; whether that could be done.
    pub fn resemble(file: &File, other: &Metadata) -> bool {
        let Ok(own) = file.metadata() else { return false };
        let differs = |own: u32, other: u32| (own != other).then_some(other);
        let (user, group) = (differs(own.uid(), other.uid()), differs(own.gid(), other.gid()));
        let owned = (user.is_none() && group.is_none()) || std::os::unix::fs::fchown(file, user, group).is_ok();
        // after the owner: a change of that takes some of the mode away
        owned && file.set_permissions(Permissions::from_mode(other.mode() & 0o7777)).is_ok()
    }

    /// What people who may read new files may do, before what the system keeps from them.
    fn mode(private: bool) -> Mode {
        if private { Mode::RUSR | Mode::WUSR } else { Mode::from_raw_mode(0o666) }
    }

    impl Folder {
        pub fn open(path: &Path) -> io::Result<Self> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            // a folder that may be written to and not be listed is opened all the same, where the system can
            #[cfg(target_os = "linux")]
            let handle = rustix::fs::open(path, flags, Mode::empty()).or_else(|e| match e {
                Errno::ACCESS => rustix::fs::open(path, flags | OFlags::PATH, Mode::empty()),
                e => Err(e),
            })?;
            #[cfg(not(target_os = "linux"))]
            let handle = rustix::fs::open(path, flags, Mode::empty())?;
            Ok(Self { path: path.to_owned(), handle })
        }

        /// Makes a file without a name, and tells what opens it in this process. `None` where there is no such thing.
        pub fn unnamed(&self, private: bool) -> Option<(File, PathBuf)> {
            #[cfg(target_os = "linux")]
            {
                use std::os::fd::AsRawFd;
                let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
                // why not is found out by the file with a name
                let file = File::from(rustix::fs::openat(&self.handle, c".", flags, mode(private)).ok()?);
                let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
                let there = std::fs::metadata(&path).ok()?;
                // it may have a hidden name for a moment, before it takes a file's place
                if let Err(error) = file.try_lock() {
                    tracing::debug!("it is not held: {error}");
                }
                is_same(&file, &there).then_some((file, path))
            }
            #[cfg(not(target_os = "linux"))]
            {
                let _ = private;
                None
            }
        }

        pub fn create(&self, name: &OsStr, private: bool) -> io::Result<File> {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(rustix::fs::openat(&self.handle, name, flags, mode(private))?.into())
        }

        pub fn open_to_read(&self, name: &OsStr) -> io::Result<File> {
            self.open_there(name, OFlags::RDONLY)
        }

        pub fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
            self.open_there(name, OFlags::WRONLY)
        }

        fn open_there(&self, name: &OsStr, how: OFlags) -> io::Result<File> {
            let flags = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            Ok(rustix::fs::openat(&self.handle, name, flags, Mode::empty())?.into())
        }

        /// What is there under a name, links not followed.
        pub fn look(&self, name: &OsStr) -> io::Result<Option<Metadata>> {
            match std::fs::symlink_metadata(self.now().join(name)) {
                Ok(meta) => Ok(Some(meta)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(e),
            }
        }

        /// Gives a file without a name one that is free.
        pub fn link(&self, file: &File, name: &OsStr) -> io::Result<()> {
            use std::os::fd::AsRawFd;
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            Ok(rustix::fs::linkat(CWD, path, &self.handle, name, AtFlags::SYMLINK_FOLLOW)?)
        }

        /// Renames over what is there.
        pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::renameat(&self.handle, from, &self.handle, to)?)
        }

        /// Renames to a name that is free.
        pub fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            #[cfg(any(target_os = "linux", target_os = "macos"))]
            {
                use rustix::fs::{RenameFlags, renameat_with};
                match renameat_with(&self.handle, from, &self.handle, to, RenameFlags::NOREPLACE) {
                    Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => {}
                    done => return Ok(done?),
                }
            }
            match rustix::fs::linkat(&self.handle, from, &self.handle, to, AtFlags::empty()) {
                Ok(()) => self.remove(from),
                Err(Errno::EXIST) => Err(Errno::EXIST.into()),
                // no hard links either: an empty file holds the name until the whole one takes its place
                Err(_) => {
                    self.create(to, false)?;
                    self.rename(from, to).inspect_err(|_| {
                        // the name is as it was, or empty
                        let _ = self.remove(to);
                    })
                }
            }
        }

        pub fn remove(&self, name: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::unlinkat(&self.handle, name, AtFlags::empty())?)
        }

        /// Puts the names on the disk; not every system can.
        pub fn sync(&self) {
            if let Err(error) = rustix::fs::fsync(&self.handle) {
                tracing::debug!("{}: {error}", self.path.display());
            }
        }

        /// Where the folder is now.
        pub fn now(&self) -> PathBuf {
            #[cfg(target_os = "linux")]
            {
                use std::os::fd::AsRawFd;
                let place = std::fs::read_link(format!("/proc/self/fd/{}", self.handle.as_raw_fd()));
                // one that was removed has a word behind its name, and no file is found in it
                place.unwrap_or_else(|_| self.path.clone())
            }
            #[cfg(target_os = "macos")]
            {
                use std::os::unix::ffi::OsStringExt;
                let place = rustix::fs::getpath(&self.handle);
                place.map_or_else(|_| self.path.clone(), |p| std::ffi::OsString::from_vec(p.into_bytes()).into())
            }
            #[cfg(not(any(target_os = "linux", target_os = "macos")))]
            self.path.clone()
        }

        /// Whether it is the folder that is found at a path.
        pub fn is_at(&self, path: &Path) -> bool {
            let own = rustix::fs::fstat(&self.handle);
            let there = rustix::fs::stat(path);
            own.is_ok_and(|own| there.is_ok_and(|there| (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino)))
        }
    }
}

#[cfg(not(unix))]
pub(super) fn names_of(_: &Metadata) -> u64 {
    1
}

#[cfg(not(unix))]
pub(super) fn resemble(_: &File, _: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
impl Folder {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned() })
    }

    pub fn unnamed(&self, _: bool) -> Option<(File, PathBuf)> {
        None
    }

    /// Nobody removes it while it is open: that tells others that it is held.
    pub fn create(&self, name: &OsStr, _: bool) -> io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        #[cfg(windows)]
        {
            /// `FILE_SHARE_READ | FILE_SHARE_WRITE`, without `FILE_SHARE_DELETE`.
            const NOT_REMOVED: u32 = 3;
            std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, NOT_REMOVED);
        }
        options.open(self.path.join(name))
    }

    pub fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        File::options().write(true).open(self.path.join(name))
    }

    pub fn look(&self, name: &OsStr) -> io::Result<Option<Metadata>> {
        match std::fs::symlink_metadata(self.path.join(name)) {
            Ok(meta) => Ok(Some(meta)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    pub fn link(&self, _: &File, _: &OsStr) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    pub fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match std::fs::hard_link(self.path.join(from), self.path.join(to)) {
            Ok(()) => self.remove(from),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
            // no hard links: an empty file holds the name until the whole one takes its place
            Err(_) => {
                self.create(to, false)?;
                self.rename(from, to).inspect_err(|_| {
                    // the name is as it was, or empty
                    let _ = self.remove(to);
                })
            }
        }
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    pub fn sync(&self) {}

    pub fn now(&self) -> PathBuf {
        self.path.clone()
    }

    pub fn is_at(&self, path: &Path) -> bool {
        path.is_dir()
    }
}
