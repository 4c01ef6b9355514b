//! The folders of a drill, such as its charts: every file below one of them.

use std::path::{Component, Path, PathBuf};

use super::error::{DrillError, Mistake};
use super::files::{Files, check_name, escapes, read_file, unreadable};
use super::yaml::check_size;

/// The file that makes a folder a chart.
pub(super) const CHART_FILE: &str = "Chart.yaml";

const MOST_FILES: usize = 100;
const MOST_FOLDERS: usize = 100;
const DEEPEST: usize = 8;
/// Helm keeps a release in a Secret of at most 1 MiB, compressed: no chart that can be deployed has more.
const MOST_BYTES: usize = 8 * 1024 * 1024;

impl Files {
    /// Every file below a folder of the drill, by its name relative to that folder, in the order of
    /// names. Refused are folders that are not there or lie outside of the drill's (also through a
    /// symlink), more than 100 files or 8 MiB, folders more than 8 deep, and each file that
    /// [`read`](Self::read) would refuse.
    pub fn below(&self, folder: &str) -> Result<Vec<(String, String)>, DrillError> {
        check_name(folder)?;
        let folder = &plain_name(folder);
        let found = match self {
            Self::Embedded(files) => among(folder, files.iter().copied())?,
            Self::Given(files) => {
                among(folder, files.iter().map(|(name, text)| (name.as_str(), text.as_str())))?
            }
            Self::Folder(root) => Walk::over(root, folder)?.found,
        };
        if found.is_empty() {
            return Err(no_folder(folder).into());
        }
        Ok(found)
    }

    /// The folders that hold a chart, as a drill names them; for suggestions.
    #[must_use]
    pub fn chart_folders(&self) -> Vec<String> {
        let files: Vec<String> = match self {
            Self::Embedded(files) => files.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Self::Given(files) => files.keys().cloned().collect(),
            Self::Folder(root) => chart_files(root),
        };
        let folder = |name: &String| Some(name.strip_suffix(CHART_FILE)?.strip_suffix('/')?.to_owned());
        files.iter().filter_map(folder).take(MOST_FOLDERS).collect()
    }
}

/// The name without `.` and double slashes, as others than the file system compare it.
pub(super) fn plain_name(name: &str) -> String {
    let parts = Path::new(name).components().filter_map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn among<'f>(
    folder: &str,
    files: impl Iterator<Item = (&'f str, &'f str)>,
) -> Result<Vec<(String, String)>, DrillError> {
    let mut found = Vec::new();
    let mut total = 0;
    for (name, text) in files {
        let below = if folder.is_empty() { Some(name) } else { name.strip_prefix(folder) };
        let below = if folder.is_empty() { below } else { below.and_then(|rest| rest.strip_prefix('/')) };
        // A name that is no plain one could lead out of wherever the files are written to.
        let Some(below) = below.filter(|below| !below.is_empty() && plain_name(below) == *below) else {
            continue;
        };
        check_size(name, text.len() as u64)?;
        total += text.len();
        found.push((below.to_owned(), text.to_owned()));
        if found.len() > MOST_FILES || total > MOST_BYTES {
            return Err(too_much(folder).into());
        }
        if below.matches('/').count() > DEEPEST {
            return Err(too_deep(name).into());
        }
    }
    found.sort();
    Ok(found)
}

/// A walk through a folder on disk.
struct Walk {
    /// The drill's folder, which nothing leads out of.
    root: PathBuf,
    /// As messages call the folder.
    folder: String,
    found: Vec<(String, String)>,
    folders: usize,
    total: usize,
}

impl Walk {
    fn over(root: &Path, folder: &str) -> Result<Self, DrillError> {
        let root = root.canonicalize().map_err(|e| unreadable(&root.display().to_string(), &e))?;
        let start = root.join(folder);
        if !start.is_dir() {
            return Err(no_folder(folder).into());
        }
        let mut walk = Self { root, folder: folder.to_owned(), found: Vec::new(), folders: 0, total: 0 };
        walk.enter(&start, "", 0)?;
        walk.found.sort();
        Ok(walk)
    }

    fn enter(&mut self, path: &Path, below: &str, depth: usize) -> Result<(), DrillError> {
        let name = format!("{}/{below}", self.folder);
        if depth > DEEPEST {
            return Err(too_deep(&name).into());
        }
        self.folders += 1;
        if self.folders > MOST_FOLDERS {
            return Err(too_much(&self.folder).into());
        }
        self.inside(path, &name)?;
        let entries = std::fs::read_dir(path).map_err(|e| unreadable(&name, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(&name, &e))?;
            let Ok(file) = entry.file_name().into_string() else {
                return Err(unnamed(&name).into());
            };
            let below = if below.is_empty() { file } else { format!("{below}/{file}") };
            let path = entry.path();
            if path.is_dir() {
                self.enter(&path, &below, depth + 1)?;
            } else {
                self.take(&path, below)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, path: &Path, below: String) -> Result<(), DrillError> {
        if self.found.len() >= MOST_FILES {
            return Err(too_much(&self.folder).into());
        }
        let name = format!("{}/{below}", self.folder);
        self.inside(path, &name)?;
        let text = read_file(&name, path)?;
        self.total += text.len();
        if self.total > MOST_BYTES {
            return Err(too_much(&self.folder).into());
        }
        self.found.push((below, text));
        Ok(())
    }

    fn inside(&self, path: &Path, name: &str) -> Result<(), DrillError> {
        let real = path.canonicalize().map_err(|e| unreadable(name, &e))?;
        if real.starts_with(&self.root) { Ok(()) } else { Err(escapes(name).into()) }
    }
}

/// The `Chart.yaml` files near the drill file: in its folder, and down to two folders below.
fn chart_files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    let mut looked = 0;
    while let Some(folder) = open.pop().filter(|_| looked < MOST_FOLDERS) {
        looked += 1;
        let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten().take(200);
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if name.ends_with(CHART_FILE) {
                found.push(name);
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) && name.matches('/').count() < 2 {
                open.push(name);
            }
        }
    }
    found.sort();
    found
}

fn no_folder(folder: &str) -> Mistake {
    let message = format!("the drill has no folder `{folder}` with files in it");
    Mistake::new("firedrill::drill::no-folder", message)
}

fn too_much(folder: &str) -> Mistake {
    let mib = MOST_BYTES >> 20;
    let message = format!(
        "the folder {folder} holds more than {MOST_FILES} files or {MOST_FOLDERS} folders, or {mib} MiB"
    );
    Mistake::new("firedrill::drill::too-large", message).help("keep only what the drill needs in it")
}

fn too_deep(name: &str) -> Mistake {
    Mistake::new("firedrill::drill::too-deep", format!("{name} lies more than {DEEPEST} folders deep"))
        .help("does a symlink lead back to a folder above?")
}

fn unnamed(name: &str) -> Mistake {
    Mistake::new("firedrill::drill::not-utf8", format!("the name of a file in {name} is no UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const CHART: &[(&str, &str)] = &[
        ("chart/1.0.0/templates/service.yaml", "s"),
        ("chart/1.0.0/Chart.yaml", "c"),
        ("chart/1.0.0-rc/Chart.yaml", "other"),
        ("drill.yaml", "d"),
    ];

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in CHART {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn code(files: &Files, folder: &str) -> &'static str {
        files.below(folder).unwrap_err().mistakes()[0].code()
    }

    #[test]
    fn the_same_files_wherever_they_are() {
        let folder = folder();
        let given = CHART.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        for files in [Files::Embedded(CHART), Files::Given(given), Files::Folder(folder.path().to_owned())] {
            let expected = [("Chart.yaml", "c"), ("templates/service.yaml", "s")];
            let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
            for name in ["chart/1.0.0", "./chart//1.0.0/"] {
                assert_eq!(files.below(name).unwrap(), expected, "{name} of {files:?}");
            }
            assert_eq!(code(&files, "chart/1.0"), "firedrill::drill::no-folder");
            assert_eq!(code(&files, "chart/1.0.0/Chart.yaml"), "firedrill::drill::no-folder");
            assert_eq!(code(&files, "../chart"), "firedrill::drill::path-escapes");
            let mut charts = files.chart_folders();
            charts.sort();
            assert_eq!(charts, ["chart/1.0.0", "chart/1.0.0-rc"]);
        }
    }

    #[test]
    fn a_given_name_cannot_lead_out_of_where_it_is_written() {
        let names = ["chart/../../x", "chart//etc/x", "chart/./y", "chart/ok"];
        let given = names.map(|name| (name.to_owned(), String::new()));
        let found = Files::Given(given.into()).below("chart").unwrap();
        assert_eq!(found, [("ok".to_owned(), String::new())]);
    }

    #[test]
    fn a_symlink_may_lead_about_but_not_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = folder();
        let chart = folder.path().join("chart/1.0.0");
        let files = Files::Folder(folder.path().to_owned());
        symlink("../../drill.yaml", chart.join("notes")).unwrap();
        assert_eq!(files.below("chart/1.0.0").unwrap().len(), 3);
        for target in [outside.path().join("secret"), outside.path().to_owned()] {
            symlink(target, chart.join("out")).unwrap();
            assert_eq!(code(&files, "chart/1.0.0"), "firedrill::drill::path-escapes");
            std::fs::remove_file(chart.join("out")).unwrap();
        }
        symlink(outside.path(), folder.path().join("away")).unwrap();
        assert_eq!(code(&files, "away"), "firedrill::drill::path-escapes");
        symlink(".", chart.join("again")).unwrap();
        assert_eq!(code(&files, "chart/1.0.0"), "firedrill::drill::too-deep");
    }

    #[test]
    fn what_no_chart_can_have_meant_is_refused() {
        let folder = folder();
        let files = Files::Folder(folder.path().to_owned());
        let chart = folder.path().join("chart/1.0.0");
        std::fs::write(chart.join("logo.png"), b"\xff\xfe").unwrap();
        assert_eq!(code(&files, "chart/1.0.0"), "firedrill::drill::not-utf8");
        std::fs::remove_file(chart.join("logo.png")).unwrap();
        std::fs::File::create(chart.join("big")).unwrap().set_len(10 << 30).unwrap();
        assert_eq!(code(&files, "chart/1.0.0"), "firedrill::drill::too-large");
        std::fs::remove_file(chart.join("big")).unwrap();
        for number in 0..100 {
            std::fs::write(chart.join(format!("{number}")), "").unwrap();
        }
        assert_eq!(code(&files, "chart/1.0.0"), "firedrill::drill::too-large");
    }
}
