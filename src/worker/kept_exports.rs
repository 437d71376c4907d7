//! Exports that wait, as files in which they outlive a restart and a crash: a list, and beside it the project that each of them
//! was asked for with, once for all that share it.

use super::keeping::Home;
use super::queue::ExportJob;
use crate::export::{Copying, EncoderChoice, ExportSettings, Preset};
use crate::model::{Project, Span, path_text};
use crate::platform::input::read_text;
use crate::platform::whole_files::{self, Existing};
use crate::project_file::{FileError, LeftExports, left_exports, load, save_snapshot};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The version that is written.
const VERSION: u32 = 1;

/// A longer list is none: one of 5,000 exports has 4 MB.
const MOST_BYTES: u64 = 32 << 20;

/// The list's name.
const LIST: &str = "queue.ron";

/// Why exports that wait can't be kept or read.
#[derive(Debug, Error)]
pub(super) enum KeptError {
    /// A file can't be written or removed.
    #[error("{path}: {why}", path = path.display())]
    Write { path: PathBuf, why: String },
    /// A project, or the folder of the session.
    #[error(transparent)]
    Project(#[from] FileError),
    /// The list can't be read.
    #[error("{0}")]
    Damaged(String),
    /// A later program wrote it.
    #[error("they were kept by a newer Workprint (format {0}, this one reads up to {VERSION})")]
    Newer(u32),
}

/// Read before all else: what follows may be of any version.
#[derive(Deserialize)]
#[serde(rename = "WorkprintExports")]
struct Head {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "WorkprintExports")]
struct List {
    version: u32,
    exports: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    of: String,
    /// The file of its project, in the same folder.
    project: String,
    #[serde(with = "path_text")]
    path: PathBuf,
    preset: Preset,
    range: Option<Span>,
    budget: u64,
    overwrite: bool,
    max_size: Option<u64>,
    copying: Copying,
    #[serde(default)]
    encoder: EncoderChoice,
}

/// What an editor keeps.
#[derive(Default)]
pub(super) struct KeptExports {
    /// Where, once there was something to keep.
    folder: Option<PathBuf>,
    /// Projects that are written, with the names of their files.
    projects: Vec<(Arc<Project>, String)>,
    written: u64,
}

impl KeptExports {
    /// Writes what waits, in its order, in place of what was written before.
    ///
    /// # Errors
    /// [`KeptError`]; what was written before is there still.
    pub fn write(&mut self, home: &Home, open: &[Arc<ExportJob>]) -> Result<(), KeptError> {
        if open.is_empty() {
            return self.clear();
        }
        let folder = home.session()?.exports_folder();
        let failed = |path: &Path, why: String| KeptError::Write { path: path.to_owned(), why };
        fs::create_dir_all(&folder).map_err(|e| failed(&folder, e.to_string()))?;
        self.folder = Some(folder.clone());
        let mut exports = Vec::with_capacity(open.len());
        for job in open {
            let project = self.file_of(&folder, &job.project)?;
            let ExportSettings { path, preset, range, budget, overwrite, max_size, copying, encoder, .. } =
                job.settings.clone();
            exports.push(Kept {
                of: job.of.clone(),
                project,
                path,
                preset,
                range,
                budget,
                overwrite,
                max_size,
                copying,
                encoder,
            });
        }
        let list = folder.join(LIST);
        let pretty = ron::ser::PrettyConfig::new().depth_limit(2).indentor(" ");
        let text = ron::ser::to_string_pretty(&List { version: VERSION, exports }, pretty);
        let text = text.map_err(|e| failed(&list, e.to_string()))?;
        whole_files::write(&list, text.as_bytes(), Existing::Replace).map_err(|e| failed(&list, e.to_string()))?;
        // only now nothing needs them any more
        self.projects.retain(|(project, name)| {
            let needed = open.iter().any(|job| Arc::ptr_eq(&job.project, project));
            // one that stays takes room, and goes with the folder
            if !needed {
                let _ = fs::remove_file(folder.join(name));
            }
            needed
        });
        Ok(())
    }

    /// The file that a project is in, which is written if there is none yet.
    fn file_of(&mut self, folder: &Path, project: &Arc<Project>) -> Result<String, KeptError> {
        if let Some((_, name)) = self.projects.iter().rev().find(|(written, _)| Arc::ptr_eq(written, project)) {
            return Ok(name.clone());
        }
        self.written += 1;
        let name = format!("project-{}.ron", self.written);
        save_snapshot(project, &folder.join(&name))?;
        self.projects.push((Arc::clone(project), name.clone()));
        Ok(name)
    }

    /// Nothing waits any more.
    fn clear(&mut self) -> Result<(), KeptError> {
        self.projects.clear();
        let Some(folder) = self.folder.take() else { return Ok(()) };
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let failed = KeptError::Write { path: folder.clone(), why: error.to_string() };
                self.folder = Some(folder);
                Err(failed)
            }
            _ => Ok(()),
        }
    }
}

/// What earlier starts left in a folder of recovery, and their files, to be discarded when it is kept anew. What can't be read is said, a line for each folder, and is kept: a damaged
/// one under another name, one of a newer program where that one finds it.
pub(super) fn left_behind(folder: &Path, problem: impl Fn(String)) -> (Vec<ExportJob>, Vec<LeftExports>) {
    let (mut jobs, mut all) = (Vec::new(), Vec::new());
    for left in left_exports(folder) {
        let said = |why: &str, path: &Path| {
            problem(format!("Exports of an earlier start can't be taken up: {why}. They stay in {}.", path.display()));
        };
        match read(&left.folder) {
            Ok((found, None)) => {
                jobs.extend(found);
                all.push(left);
            }
            Err(error @ KeptError::Newer(_)) => said(&error.to_string(), &left.folder),
            found => {
                let (found, why) = match found {
                    Ok((found, why)) => (found, why.unwrap_or_default()),
                    Err(error) => (Vec::new(), error.to_string()),
                };
                jobs.extend(found);
                let there = left.folder.clone();
                match left.set_aside() {
                    Ok(aside) => said(&why, &aside),
                    Err(error) => said(&format!("{why} ({error})"), &there),
                }
            }
        }
    }
    (jobs, all)
}

/// The exports in a folder; and what is wrong with others there.
fn read(folder: &Path) -> Result<(Vec<ExportJob>, Option<String>), KeptError> {
    let damaged = |why: String| KeptError::Damaged(format!("{LIST}: {why}"));
    let bytes = match read_text(&folder.join(LIST), MOST_BYTES) {
        // the power went before the first was kept
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), None)),
        read => read.map_err(|e| damaged(e.to_string()))?,
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not text".into()))?;
    let head: Head = ron::from_str(&text).map_err(|e| damaged(e.to_string()))?;
    if head.version > VERSION {
        return Err(KeptError::Newer(head.version));
    }
    let list: List = ron::from_str(&text).map_err(|e| damaged(e.to_string()))?;
    let mut projects: HashMap<String, Option<Arc<Project>>> = HashMap::new();
    let (mut jobs, mut wrong) = (Vec::new(), None);
    for kept in list.exports {
        let project = projects.entry(kept.project.clone()).or_insert_with(|| match project(folder, &kept.project) {
            Ok(project) => Some(Arc::new(project)),
            Err(why) => {
                wrong.get_or_insert(why);
                None
            }
        });
        if let Some(project) = project {
            jobs.push(kept.into_job(Arc::clone(project)));
        }
    }
    Ok((jobs, wrong))
}

/// A project that was written beside the list.
fn project(folder: &Path, name: &str) -> Result<Project, String> {
    if Path::new(name).file_name() != Some(name.as_ref()) {
        return Err(format!("{name:?} is no name of a file"));
    }
    load(&folder.join(name)).map_err(|e| e.to_string())
}

impl Kept {
    fn into_job(self, project: Arc<Project>) -> ExportJob {
        let Self { of, path, preset, range, budget, overwrite, max_size, copying, encoder, .. } = self;
        let settings = ExportSettings {
            path,
            preset,
            range,
            budget,
            own_memory: 0,
            cores: 1,
            overwrite,
            max_size,
            copying,
            encoder,
        };
        ExportJob { document: None, of, project, settings }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exports::tests::{Stage, Step};
    use super::super::queue::QueueCommand;
    use super::*;
    use crate::edit::text::parse;
    use std::time::{Duration, Instant};

    /// The lists of what waits, below a folder of recovery.
    fn lists(recovery: &Path) -> Vec<String> {
        let folders = fs::read_dir(recovery).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.filter_map(|folder| fs::read_to_string(folder.join("queue.ron")).ok()).collect()
    }

    /// Waits until so many are on the disk.
    fn until_kept(recovery: &Path, count: usize) {
        let begun = Instant::now();
        let kept = || lists(recovery).iter().map(|list| list.matches("mp4\"").count()).sum::<usize>();
        while kept() != count {
            assert!(begun.elapsed() < Duration::from_mins(1), "never kept: {count}, but {}", kept());
            std::thread::yield_now();
        }
    }

    /// A process that is killed leaves its files as they are, and its lock is nobody's.
    #[test]
    fn what_ran_and_waited_in_a_crash_is_offered_and_nothing_begins_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (recovery, crashed) = (folder.path().join("recovery"), folder.path().join("crashed"));
        let stage = Stage::set(&recovery);
        stage.add(&Arc::new(parse("V1: A@0+24")), folder.path(), &["a.mp4", "b.mp4", "c.mp4"]);
        stage.begins("a.mp4");
        until_kept(&recovery, 3);
        let exports = fs::read_dir(&recovery).unwrap().flatten().map(|e| e.path());
        let exports = exports.into_iter().find(|path| path.extension().is_some_and(|e| e == "exports")).unwrap();
        let copy = crashed.join("session-1.exports");
        fs::create_dir_all(&copy).unwrap();
        for file in fs::read_dir(&exports).unwrap().flatten() {
            fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        assert_eq!(fs::read_dir(&copy).unwrap().count(), 2, "one project for all three, and the list");
        stage.close();

        let mut stage = Stage::set(&crashed);
        stage.until_shown(&["a left", "b left", "c left"]);
        let job = Arc::clone(&stage.status.runs[0].job);
        assert_eq!((&*job.project, job.of.as_str(), job.document), (&parse("V1: A@0+24"), "reel", None));
        assert_eq!(job.settings.preset, *crate::export::find_preset("draft").unwrap());
        // what is asked for now does not wait for them
        stage.add(&Arc::default(), folder.path(), &["d.mp4"]);
        stage.begins("d.mp4");
        stage.steps.send(Step::Finish).unwrap();
        stage.until_shown(&["a left", "b left", "c left", "d done"]);
        // another crash: they are kept anew, once
        until_kept(&crashed, 3);
        stage.queue().obey(QueueCommand::TakeUp);
        stage.begins("a.mp4");
        stage.close();
        // and a proper end while one runs: it and those behind it are offered again
        let mut stage = Stage::set(&crashed);
        stage.until_shown(&["a left", "b left", "c left"]);
        stage.queue().obey(QueueCommand::Discard);
        stage.until_shown(&[]);
        stage.close();
        assert_eq!(fs::read_dir(&crashed).unwrap().count(), 0);
    }

    #[test]
    fn what_was_given_up_at_the_end_is_not_offered() {
        let folder = tempfile::tempdir().unwrap();
        let recovery = folder.path().join("recovery");
        let stage = Stage::set(&recovery);
        stage.add(&Arc::default(), folder.path(), &["a.mp4", "b.mp4"]);
        stage.begins("a.mp4");
        until_kept(&recovery, 2);
        stage.queue().obey(QueueCommand::CancelAll);
        stage.close();
        assert_eq!(fs::read_dir(&recovery).unwrap().count(), 0);
    }

    #[test]
    fn what_is_damaged_or_newer_is_said_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let left = |name: &str, list: &str| {
            let path = folder.path().join(format!("session-{name}.exports"));
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("queue.ron"), list).unwrap();
            save_snapshot(&parse("V1: A@0+24"), &path.join("project-1.ron")).unwrap();
            path
        };
        let export = |project: &str, name: &str| {
            let preset = ron::to_string(crate::export::find_preset("draft").unwrap()).unwrap();
            format!(
                "(of: \"x\", project: {project:?}, path: {name:?}, preset: {preset}, range: None, budget: 1, overwrite: false, \
                 max_size: None, copying: Auto)"
            )
        };
        left("1", "no list");
        let newer = left("2", "(version: 999, more: 1)");
        let some = [export("project-1.ron", "/x/a.mp4"), export("project-2.ron", "/x/b.mp4")];
        left("3", &format!("(version: 1, exports: [{}])", some.join(", ")));
        left("4", &format!("(version: 1, exports: [{}])", export("../session-3.exports/project-1.ron", "/x/c.mp4")));
        // the power went before there was a list
        fs::create_dir(folder.path().join("session-5.exports")).unwrap();
        let mut stage = Stage::set(folder.path());
        stage.until("all said", |stage| stage.problems.len() == 4);
        stage.until_shown(&["a left"]);
        assert!(stage.problems.iter().all(|text| !text.contains('\n') && text.contains("They stay in")));
        let newer_said = stage.problems.iter().filter(|text| text.contains("newer Workprint")).count();
        assert!(newer_said == 1 && newer.join("queue.ron").exists(), "{:?}", stage.problems);
        for n in 1..=3 {
            assert!(folder.path().join(format!("damaged exports {n}/queue.ron")).exists(), "{n}");
        }
        stage.close();
        assert!(!folder.path().join("session-5.exports").exists());
        // said once
        let mut stage = Stage::set(folder.path());
        stage.until_shown(&["a left"]);
        stage.take_in();
        assert_eq!(stage.problems.len(), 1, "{:?}", stage.problems);
        stage.close();
    }
}
