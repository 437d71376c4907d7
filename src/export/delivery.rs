//! The file of an export: where it is written, what room there is for it, and how it gets its name.
//!
//! A film that is whole is never thrown away. Where its name can't be given at the last step, it stays beside it under
//! another, and the error says which.

use super::pictures::is_numbered;
use super::settings::{ExportError, ExportEvent, ExportSettings, folder_of};
use crate::media::MediaError;
use crate::platform::free_space;
use crate::platform::whole_files::{Existing, Kept, NewFile, NewFolder, NotWritten, Opened, clear_leftovers};
use std::io::{self, ErrorKind};
use std::path::Path;

/// With less room nothing can be written at all.
const LEAST_ROOM: u64 = 64 << 10;

/// What is written, not under its name yet.
pub(super) enum Delivery {
    /// A file.
    File(NewFile),
    /// A folder of pictures.
    Folder(NewFolder),
}

impl Delivery {
    /// Where it is meanwhile.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Folder(folder) => folder.path(),
        }
    }

    /// Its bytes.
    pub fn size(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(std::fs::metadata(file.path())?.len()),
            Self::Folder(folder) => std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.metadata()?.len())).sum(),
        }
    }
}

/// What happens to a file that is there.
pub(super) fn existing(settings: &ExportSettings) -> Existing {
    if settings.overwrite { Existing::Replace } else { Existing::Refuse }
}

/// Begins the file, after what killed exports left in its folder is removed.
pub(super) fn begin(settings: &ExportSettings) -> Result<Delivery, ExportError> {
    let folder = folder_of(&settings.path);
    clear_leftovers(&folder);
    if free_space(&folder).is_some_and(|free| free < LEAST_ROOM) {
        return Err(target(settings, std::io::Error::from(ErrorKind::StorageFull).into()));
    }
    let begun = if settings.preset.target.is_folder() {
        NewFolder::begin(&settings.path, existing(settings), is_numbered).map(Delivery::Folder)
    } else {
        NewFile::begin(&settings.path, existing(settings), Opened::Here).map(Delivery::File)
    };
    begun.map_err(|why| target(settings, why))
}

/// What is told when a film is not likely to find room; `size` is a guess of its bytes, and may be several times too
/// large.
pub(super) fn little_room(settings: &ExportSettings, size: u64) -> Option<ExportEvent> {
    let folder = folder_of(&settings.path);
    let free = free_space(&folder)?;
    (free < size / 2).then_some(ExportEvent::LittleRoom { folder, free, size })
}

/// Why nothing can be written there.
pub(super) fn target(settings: &ExportSettings, why: NotWritten) -> ExportError {
    ExportError::Target { path: settings.path.clone(), why }
}

/// Gives the finished file its name.
pub(super) fn finish(file: Delivery, settings: &ExportSettings) -> Result<(), ExportError> {
    let finished = match file {
        Delivery::File(file) => file.finish_or_keep(),
        Delivery::Folder(folder) => folder.finish_or_keep(),
    };
    finished.map_err(|Kept { why, kept }| match kept {
        Some(kept) => ExportError::Kept { path: settings.path.clone(), why, kept },
        None => target(settings, why),
    })
}

/// Keeps a film that failed its check under a name that says so, for most of it may be of use.
pub(super) fn keep_failed(file: Delivery, settings: &ExportSettings, why: String) -> ExportError {
    let kept = match file {
        Delivery::File(file) => file.keep_as("failed-check"),
        Delivery::Folder(folder) => folder.keep_as("failed-check"),
    };
    ExportError::Check { path: settings.path.clone(), why, kept }
}

/// People know the name that they chose, not the temporary one.
pub(super) fn name(error: ExportError, file: &Delivery, settings: &ExportSettings) -> ExportError {
    match error {
        ExportError::Media(error) => MediaError::about(error, file.path(), &settings.path).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_film_that_fails_its_check_is_kept_beside_the_target() {
        let folder = tempfile::tempdir().unwrap();
        let settings = ExportSettings {
            path: folder.path().join("film.mp4"),
            preset: crate::export::find_preset("draft").unwrap().clone(),
            range: None,
            budget: 0,
            own_memory: 0,
            cores: 1,
            overwrite: true,
            max_size: None,
            copying: crate::export::Copying::Off,
            encoder: crate::export::EncoderChoice::default(),
        };
        std::fs::write(&settings.path, "the one before").unwrap();
        for (n, name) in ["film-failed-check.mp4", "film-failed-check-2.mp4"].into_iter().enumerate() {
            let mut film = begin(&settings).unwrap();
            let Delivery::File(file) = &mut film else { panic!("a film is a file") };
            file.write_all(n.to_string().as_bytes()).unwrap();
            let error = keep_failed(film, &settings, "it has 1 picture instead of 2".into()).to_string();
            assert!(error.contains("it has 1 picture instead of 2") && error.contains(name), "{error}");
            assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), n.to_string());
        }
        assert_eq!(std::fs::read_to_string(&settings.path).unwrap(), "the one before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
