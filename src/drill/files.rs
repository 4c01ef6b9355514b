//! The files that a drill names, read from its folder or from the binary, and from nowhere else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::error::{DrillError, Mistake};
use super::yaml::{self, MOST_BYTES};

/// Where a drill's files are.
#[derive(Debug, Clone)]
pub enum Files {
    /// In the binary: name and text of each.
    Embedded(&'static [(&'static str, &'static str)]),
    /// At hand, by name: nothing is read from anywhere.
    Given(BTreeMap<String, String>),
    /// In a folder, which a name cannot lead out of.
    Folder(PathBuf),
}

impl Files {
    /// Reads a file by its name relative to the drill file. Refused are names that lead out of
    /// the drill's folder (also through a symlink), what is no regular file, is no UTF-8 or is
    /// larger than 1 MiB.
    pub fn read(&self, relative: &str) -> Result<String, DrillError> {
        check_name(relative)?;
        match self {
            Self::Embedded(files) => files
                .iter()
                .find(|(name, _)| *name == relative)
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| missing(relative, "among the files of this built-in drill").into()),
            Self::Given(files) => files
                .get(relative)
                .cloned()
                .ok_or_else(|| missing(relative, "among the files of this drill").into()),
            Self::Folder(folder) => read_below(folder, relative),
        }
    }

    /// The names of the folder's YAML files, for suggestions.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Embedded(files) => {
                let names = files.iter().map(|(name, _)| *name);
                names.filter(|name| is_manifest(name)).map(str::to_owned).collect()
            }
            Self::Given(files) => files.keys().filter(|name| is_manifest(name)).cloned().collect(),
            Self::Folder(folder) => {
                let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(200);
                let mut names: Vec<String> = entries
                    .filter_map(|e| e.file_name().into_string().ok())
                    .filter(|n| is_manifest(n))
                    .collect();
                names.sort();
                names
            }
        }
    }
}

fn is_manifest(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    name != "drill.yaml" && matches!(extension, Some("yaml" | "yml" | "json"))
}

pub(super) fn check_name(relative: &str) -> Result<(), DrillError> {
    let inside =
        Path::new(relative).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if inside && !relative.trim().is_empty() {
        return Ok(());
    }
    Err(escapes(relative).into())
}

pub(super) fn escapes(relative: &str) -> Mistake {
    Mistake::new("firedrill::drill::path-escapes", format!("`{relative}` does not lie in the drill's folder"))
        .help("name files relative to the drill file and keep them beside it, so that a drill is one folder")
}

fn missing(relative: &str, place: &str) -> Mistake {
    Mistake::new("firedrill::drill::no-file", format!("there is no file `{relative}` {place}"))
}

fn read_below(folder: &Path, relative: &str) -> Result<String, DrillError> {
    let path = match folder.join(relative).canonicalize() {
        Ok(path) => path,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing(relative, "beside the drill file").into());
        }
        Err(e) => return Err(unreadable(relative, &e).into()),
    };
    let root = folder.canonicalize().map_err(|e| unreadable(&folder.display().to_string(), &e))?;
    if !path.starts_with(&root) {
        return Err(escapes(relative).into());
    }
    read_file(relative, &path)
}

/// Reads a regular file of at most 1 MiB; `name` is what messages call it.
pub(super) fn read_file(name: &str, path: &Path) -> Result<String, DrillError> {
    let metadata = path.metadata().map_err(|e| unreadable(name, &e))?;
    // Opening a pipe would wait for a writer.
    if !metadata.is_file() {
        return Err(Mistake::new("firedrill::drill::no-file", format!("{name} is no regular file")).into());
    }
    yaml::check_size(name, metadata.len())?;
    let mut bytes = Vec::new();
    let limit = MOST_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|e| unreadable(name, &e))?;
    yaml::check_size(name, bytes.len() as u64)?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Mistake::new("firedrill::drill::not-utf8", format!("{name} is no UTF-8 text: see byte {at}"))
            .help("save the file as UTF-8; is it a YAML file at all?")
            .into()
    })
}

pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Mistake {
    Mistake::new("firedrill::drill::unreadable", format!("cannot read {name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<String, DrillError>) -> &'static str {
        result.unwrap_err().mistakes()[0].code()
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.yaml"), "a: 1").unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::fs::create_dir(inside.path().join("sub")).unwrap();
        std::fs::write(inside.path().join("sub/own.yaml"), "b: 1").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.yaml"), inside.path().join("link.yaml"))
            .unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("dir")).unwrap();
        let files = Files::Folder(inside.path().to_owned());
        assert_eq!(files.read("sub/own.yaml").unwrap(), "b: 1");
        assert_eq!(files.read("./sub/own.yaml").unwrap(), "b: 1");
        for bad in ["../secret.yaml", "sub/../../x", "/etc/hostname", "link.yaml", "dir/secret.yaml", ""] {
            assert_eq!(code(files.read(bad)), "firedrill::drill::path-escapes", "{bad}");
        }
        assert_eq!(code(files.read("none.yaml")), "firedrill::drill::no-file");
        assert_eq!(code(files.read("sub")), "firedrill::drill::no-file");
    }

    #[test]
    fn a_large_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("big.yaml")).unwrap();
        file.set_len(10 << 30).unwrap();
        let files = Files::Folder(folder.path().to_owned());
        assert_eq!(code(files.read("big.yaml")), "firedrill::drill::too-large");
    }
}
