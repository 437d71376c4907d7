//! Tells a file's content apart: for projects by its fingerprint, in the cache by its key.
//!
//! Files of up to [`WHOLE`] bytes are read to their end; of larger ones so many samples are read that no new film goes
//! unseen, and the key takes in when they were written to, which a change between the samples does not leave as it was.
//! What was found is remembered while the file looks the same from outside ([`Stamp`]), of large files in the cache too,
//! so that asking again costs a look at its folder.

use super::cache::{Cache, CacheKind};
use super::error::MediaError;
use crate::model::Asset;
use crate::platform::input::open_regular;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Bytes up to which all of a file counts.
pub(super) const WHOLE: u64 = 64 << 20;

/// Bytes of one sample of a larger file.
const SAMPLE: u64 = 64 * 1024;

/// How closely a file is looked at.
#[derive(Clone, Copy)]
pub(super) struct Thoroughness {
    /// Bytes up to which all of it counts.
    pub whole: u64,
    /// Bytes of each of the samples of a larger one, which together are less than that.
    pub sample: u64,
}

/// How closely originals are looked at.
const ORIGINAL: Thoroughness = Thoroughness { whole: WHOLE, sample: SAMPLE };

/// Bytes from which on it is kept in the cache what a file is: a smaller one is read again as quickly.
const KEPT: u64 = 8 << 20;

/// Samples of a larger file, evenly spread from its beginning to its end. Many small ones find a frame that was rendered
/// anew where few large ones, of as many bytes, miss it; a disk's head has to go to each.
const SAMPLES: u64 = 256;

/// Bytes of a sample as earlier versions took it.
const EARLIER_SAMPLE: u64 = 256 * 1024;

/// Hex digits of a fingerprint and of a key.
const DIGITS: usize = 32;

/// Files that are kept in mind.
const MOST: usize = 4096;

/// What was written to so short a time before it was read may be written again without looking different: some file
/// systems count in steps of two seconds.
const COARSE: Duration = Duration::from_millis(2500);

/// How a file looks from outside. One that was written to, or that another took the place of, has another stamp.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Stamp {
    /// Bytes.
    len: u64,
    /// When it was written to last, as anyone can set it.
    modified: Option<SystemTime>,
    /// When anything about it changed, in seconds and nanoseconds, as the system alone sets it.
    changed: Option<(i64, i64)>,
}

impl Stamp {
    /// How a file looks now.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::new(&std::fs::metadata(path)?))
    }

    fn new(meta: &Metadata) -> Self {
        #[cfg(unix)]
        let changed = {
            use std::os::unix::fs::MetadataExt;
            Some((meta.ctime(), meta.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let changed = None;
        Self { len: meta.len(), modified: meta.modified().ok(), changed }
    }

    /// Whether what is there now was certainly there when `earlier` was taken, given that their content seems the same.
    fn is_as_written(&self, earlier: &Self) -> bool {
        self.len == earlier.len && (self.len <= WHOLE || self.modified == earlier.modified)
    }

    /// Whether what was read at that moment is what has this stamp, for sure.
    fn settled_by(&self, moment: SystemTime) -> bool {
        let changed = self.changed.and_then(|(seconds, _)| u64::try_from(seconds).ok());
        let changed = changed.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s)).or(self.modified);
        changed.is_some_and(|changed| moment.duration_since(changed).is_ok_and(|ago| ago > COARSE))
    }
}

/// What was found in a file.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
struct Known {
    stamp: Stamp,
    /// When it was read.
    at: SystemTime,
    fingerprint: String,
    /// The fingerprint of the kind that earlier versions gave, where it was asked for.
    earlier: Option<String>,
}

impl Known {
    fn key(&self) -> String {
        if self.stamp.len <= WHOLE {
            return self.fingerprint.clone();
        }
        let written = self.stamp.modified.and_then(|m| m.duration_since(SystemTime::UNIX_EPOCH).ok());
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.fingerprint.as_bytes());
        hasher.update(&written.map_or(0, |w| w.as_nanos()).to_le_bytes());
        hex(&hasher)
    }

    fn is(&self, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint || self.earlier.as_deref() == Some(fingerprint)
    }
}

static KNOWN: Mutex<BTreeMap<PathBuf, Known>> = Mutex::new(BTreeMap::new());

fn all_known() -> MutexGuard<'static, BTreeMap<PathBuf, Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(path: &Path, known: &Known) {
    let mut all = all_known();
    if all.len() >= MOST {
        all.clear();
    }
    all.insert(path.to_owned(), known.clone());
}

/// What is in a file: remembered, or read now.
fn look(path: &Path) -> Result<Known, MediaError> {
    let failed = |e: io::Error| MediaError::file(path, &e);
    let stamp = Stamp::of(path).map_err(failed)?;
    let remembered = all_known().get(path).filter(|k| k.stamp == stamp).cloned();
    if let Some(known) = remembered.as_ref().filter(|k| stamp.settled_by(k.at)) {
        return Ok(known.clone());
    }
    let (mut file, meta) = open_regular(path).map_err(failed)?;
    let at = SystemTime::now();
    let stamp = Stamp::new(&meta);
    let cache = (stamp.len >= KEPT).then(Cache::of_user);
    if let Some(known) = cache.as_ref().and_then(|cache| recall(cache, path, &stamp)) {
        remember(path, &known);
        return Ok(known);
    }
    let fingerprint = digest(&mut file, meta.len(), ORIGINAL).map_err(failed)?;
    let earlier = remembered.filter(|k| k.fingerprint == fingerprint).and_then(|k| k.earlier);
    let known = Known { stamp, at, fingerprint, earlier };
    remember(path, &known);
    if let Some(cache) = cache {
        keep(&cache, path, &known);
    }
    Ok(known)
}

/// How what was found in a file is called in the cache: after where it lies.
fn place(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex()[..DIGITS].to_owned()
}

const SEEN: &str = ".json";

/// What another process found in a file that has looked the same since.
fn recall(cache: &Cache, path: &Path, stamp: &Stamp) -> Option<Known> {
    let text = std::fs::read(cache.find(CacheKind::Seen, &place(path), SEEN)?).ok()?;
    serde_json::from_slice::<Known>(&text).ok().filter(|known| known.stamp == *stamp && stamp.settled_by(known.at))
}

/// Keeps what was found in a file for other processes, unless it was written to just now.
fn keep(cache: &Cache, path: &Path, known: &Known) {
    if !known.stamp.settled_by(known.at) {
        return;
    }
    let kept = serde_json::to_vec(known).map_err(|e| MediaError::write(path, io::Error::from(e))).and_then(|text| {
        cache.make(CacheKind::Seen, &place(path), SEEN, |to| {
            std::fs::write(to, &text).map_err(|e| MediaError::write(to, e))
        })
    });
    if let Err(error) = kept {
        tracing::debug!("what {} is will be read again: {error}", path.display());
    }
}

/// Tells a file's content: 32 hex digits of the BLAKE3 hash of its size and all of it, or, beyond 64 MiB, of 256
/// samples of 64 KiB. The same content under another name or elsewhere has the same one.
///
/// # Errors
/// [`MediaError::File`] when it can't be read.
pub fn fingerprint(path: &Path) -> Result<String, MediaError> {
    Ok(look(path)?.fingerprint)
}

/// Whether a file's content is the one that has this fingerprint, of this version's kind or of the one before. What
/// has none yet is as good as another.
///
/// # Errors
/// [`MediaError::File`] when it can't be read.
pub fn is_same(path: &Path, fingerprint: &str) -> Result<bool, MediaError> {
    Ok(fingerprint.is_empty() || known_as(path, fingerprint)?.is_some())
}

/// Whether the content of a file that looked so is still there: that which has this fingerprint, where it has one.
#[must_use]
pub fn is_still(path: &Path, fingerprint: &str, earlier: &Stamp) -> bool {
    let Ok(now) = Stamp::of(path) else { return false };
    now == *earlier
        || (now.is_as_written(earlier) && !fingerprint.is_empty() && matches!(is_same(path, fingerprint), Ok(true)))
}

/// What is in a file, if it is what has this fingerprint.
fn known_as(path: &Path, fingerprint: &str) -> Result<Option<Known>, MediaError> {
    let mut known = look(path)?;
    if known.is(fingerprint) || (known.earlier.is_some() && known.stamp.settled_by(known.at)) {
        return Ok(known.is(fingerprint).then_some(known));
    }
    known.earlier = Some(earlier_kind(path)?);
    remember(path, &known);
    if known.stamp.len >= KEPT {
        keep(&Cache::of_user(), path, &known);
    }
    Ok(known.is(fingerprint).then_some(known))
}

/// The name in the cache of what is made of a file as it is now: another one after each change.
///
/// # Errors
/// [`MediaError::File`] when it can't be read.
pub(super) fn key(path: &Path) -> Result<String, MediaError> {
    Ok(look(path)?.key())
}

/// The name in the cache of what is made of an asset. `None` where its file is not the one that the asset tells of: what
/// were made of that by what is known of the other would be wrong for both.
///
/// # Errors
/// [`MediaError::File`] when it can't be read.
pub(super) fn key_of(asset: &Asset) -> Result<Option<String>, MediaError> {
    if asset.info.generator.is_some() {
        return Ok(Some(asset.fingerprint.clone()));
    }
    // of what is not there nothing can be another one: what was kept of it is still its own
    let gone = || matches!(std::fs::metadata(&asset.path), Err(e) if e.kind() == io::ErrorKind::NotFound);
    if !asset.fingerprint.is_empty() && gone() {
        return Ok(Some(asset.fingerprint.clone()));
    }
    Ok(known_as(&asset.path, &asset.fingerprint)?.map(|known| known.key()))
}

/// The same where it is known already: reads no file, only how it looks. For threads that must answer at once.
pub(super) fn key_in_mind(asset: &Asset) -> Option<String> {
    let stamp = Stamp::of(&asset.path).ok()?;
    all_known().get(&asset.path).filter(|k| k.stamp == stamp && k.is(&asset.fingerprint)).map(Known::key)
}

/// What tells the content of a file of so many bytes.
pub(super) fn digest(file: &mut File, size: u64, thoroughness: Thoroughness) -> io::Result<String> {
    let Thoroughness { whole, sample } = thoroughness;
    let mut hasher = blake3::Hasher::new();
    // a kind of its own, so that it is never taken for the earlier one
    hasher.update(b"all of it, or 256 samples");
    hasher.update(&size.to_le_bytes());
    if size <= whole {
        // a file that grows is read as far as it said
        hasher.update_reader(file.by_ref().take(size))?;
    } else {
        for n in 0..SAMPLES {
            // in steps that can't pass what a number holds
            let last = size - sample;
            let start = last / (SAMPLES - 1) * n + last % (SAMPLES - 1) * n / (SAMPLES - 1);
            file.seek(SeekFrom::Start(start))?;
            hasher.update_reader(file.by_ref().take(sample))?;
        }
    }
    Ok(hex(&hasher))
}

/// The fingerprint that earlier versions gave, and their projects have: of the size, and of samples of the beginning,
/// the middle and the end.
fn earlier_kind(path: &Path) -> Result<String, MediaError> {
    let failed = |e: io::Error| MediaError::file(path, &e);
    let (mut file, meta) = open_regular(path).map_err(failed)?;
    let size = meta.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_le_bytes());
    let mut starts = vec![0, (size / 2).saturating_sub(EARLIER_SAMPLE / 2), size.saturating_sub(EARLIER_SAMPLE)];
    starts.dedup();
    for start in starts {
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        hasher.update_reader(file.by_ref().take(EARLIER_SAMPLE)).map_err(failed)?;
    }
    Ok(hex(&hasher))
}

fn hex(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MediaInfo, MediaKind};
    use std::io::Write;

    /// Changes one byte and leaves the length as it is.
    fn change(path: &Path, at: u64) {
        let mut file = File::options().write(true).read(true).open(path).unwrap();
        let mut byte = [0];
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[byte[0] ^ 1]).unwrap();
    }

    fn set_modified(path: &Path, seconds: u64) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }

    fn asset(path: &Path, fingerprint: &str) -> Asset {
        let info = MediaInfo::of(MediaKind::Audio, "WAV");
        Asset {
            id: crate::model::AssetId(0),
            name: "a".into(),
            path: path.into(),
            fingerprint: fingerprint.into(),
            info,
        }
    }

    #[test]
    fn one_byte_anywhere_makes_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        std::fs::write(&path, vec![7; 3 << 20]).unwrap();
        let first = fingerprint(&path).unwrap();
        assert!(first.len() == 32 && first.bytes().all(|c| c.is_ascii_hexdigit()), "{first}");
        for at in [0, 300 << 10, 800 << 10, (3 << 20) - 1] {
            change(&path, at);
            assert_ne!(fingerprint(&path).unwrap(), first, "byte {at}");
            assert_eq!(key_of(&asset(&path, &first)).unwrap(), None);
            change(&path, at);
            assert_eq!(fingerprint(&path).unwrap(), first, "byte {at}, as it was");
            assert_eq!(key_of(&asset(&path, &first)).unwrap().as_deref(), Some(&first[..]));
        }
        let copy = folder.path().join("b.wav");
        std::fs::copy(&path, &copy).unwrap();
        assert_eq!(fingerprint(&copy).unwrap(), first);
    }

    /// A sparse file stands for one that is too large to be read each time.
    #[test]
    fn a_large_file_changes_its_key_with_any_change_and_keeps_its_fingerprint_when_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        File::create(&path).unwrap().set_len(WHOLE + (9 << 20)).unwrap();
        set_modified(&path, 1000);
        let (first, first_key) = (fingerprint(&path).unwrap(), key(&path).unwrap());
        assert!(first_key.len() == 32 && first_key != first);
        // between the first sample and the second
        change(&path, 200 << 10);
        set_modified(&path, 2000);
        assert_ne!(key(&path).unwrap(), first_key);
        assert!(is_same(&path, &first).unwrap());
        set_modified(&path, 1000);
        assert_eq!(key(&path).unwrap(), first_key);
        // in the last sample
        change(&path, WHOLE + (9 << 20) - 1);
        assert_ne!(fingerprint(&path).unwrap(), first);
        assert!(!is_same(&path, &first).unwrap());
    }

    #[test]
    fn what_was_written_while_it_was_used_is_told_from_what_was_only_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        for size in [1000, WHOLE + 1] {
            File::create(&path).unwrap().set_len(size).unwrap();
            set_modified(&path, 1000);
            let (print, stamp) = (fingerprint(&path).unwrap(), Stamp::of(&path).unwrap());
            assert!(is_still(&path, &print, &stamp));
            set_modified(&path, 3000);
            // of a small one all was read
            assert_eq!(is_still(&path, &print, &stamp), size <= WHOLE);
            change(&path, 10);
            set_modified(&path, 1000);
            assert!(!is_still(&path, &print, &stamp));
            std::fs::remove_file(&path).unwrap();
            assert!(!is_still(&path, &print, &stamp));
        }
    }

    #[test]
    fn fingerprints_of_earlier_versions_still_tell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let bytes: Vec<u8> = (0..900_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &bytes).unwrap();
        let (middle, end, sample) = (bytes.len() / 2 - (128 << 10), bytes.len() - (256 << 10), 256 << 10);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&3_600_000_u64.to_le_bytes()).update(&bytes[..sample]);
        hasher.update(&bytes[middle..middle + sample]).update(&bytes[end..]);
        let earlier = &hex(&hasher);
        assert!(is_same(&path, earlier).unwrap());
        let found = key_of(&asset(&path, earlier)).unwrap();
        assert_eq!(found, Some(key(&path).unwrap()));
        assert_eq!(key_in_mind(&asset(&path, earlier)), found);
        change(&path, 5);
        set_modified(&path, 1000);
        assert_eq!(key_in_mind(&asset(&path, earlier)), None);
        assert!(!is_same(&path, earlier).unwrap());
        assert!(is_same(&path, "").unwrap());
    }

    #[test]
    fn what_another_process_found_counts_while_the_file_looks_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, path) = (Cache::at(folder.path().join("c"), 1 << 20), folder.path().join("a.wav"));
        std::fs::write(&path, [1; 1000]).unwrap();
        let (stamp, now) = (Stamp::of(&path).unwrap(), SystemTime::now());
        let at = |at: SystemTime| Known { stamp: stamp.clone(), at, fingerprint: "f".into(), earlier: None };
        // read so soon after it was written, it may have been written again
        keep(&cache, &path, &at(now));
        assert_eq!(recall(&cache, &path, &stamp), None);
        let settled = at(now + Duration::from_secs(9));
        keep(&cache, &path, &settled);
        assert_eq!(recall(&cache, &path, &stamp), Some(settled));
        set_modified(&path, 1000);
        assert_eq!(recall(&cache, &path, &Stamp::of(&path).unwrap()), None);
        assert_eq!(recall(&cache, &folder.path().join("b.wav"), &stamp), None);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = fingerprint(folder.path()).unwrap_err().to_string();
        assert!(error.contains("a folder"), "{error}");
        assert!(fingerprint(&folder.path().join("none")).unwrap_err().to_string().contains("no such file"));
    }
}
