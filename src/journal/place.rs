//! Where journals are kept: one file a run, in the XDG state folder.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

/// Ends the name of a journal.
const EXTENSION: &str = "jsonl";

/// The folder of all journals, from the values of `XDG_STATE_HOME` and `HOME`. A relative
/// `XDG_STATE_HOME` counts as unset, as its standard demands.
pub fn runs(state_home: Option<&OsStr>, home: Option<&OsStr>) -> Result<PathBuf, Error> {
    let absolute = |value: Option<&OsStr>| value.map(PathBuf::from).filter(|p| p.is_absolute());
    absolute(state_home)
        .or_else(|| absolute(home).map(|home| home.join(".local/state")))
        .map(|state| state.join("firedrill/runs"))
        .ok_or(Error::Homeless)
}

/// [`runs`], from the environment of this process.
pub fn runs_from_env() -> Result<PathBuf, Error> {
    let value = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    runs(value("XDG_STATE_HOME").as_deref(), value("HOME").as_deref())
}

/// The journal of a run.
#[must_use]
pub fn journal(runs: &Path, run: &str) -> PathBuf {
    runs.join(format!("{run}.{EXTENSION}"))
}

/// The journal of the newest run by its name, which begins with its time.
pub fn newest(runs: &Path) -> Result<PathBuf, Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::None { folder: runs.to_owned() },
        _ => Error::Unreadable { folder: runs.to_owned(), reason: source },
    };
    let mut newest = None;
    for entry in std::fs::read_dir(runs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension() == Some(OsStr::new(EXTENSION)) {
            newest = newest.max(Some(path));
        }
    }
    newest.ok_or_else(|| Error::None { folder: runs.to_owned() })
}

/// Why there is no place for journals, or none in it.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Neither variable names a folder.
    #[error("neither XDG_STATE_HOME nor HOME names a folder for journals")]
    #[diagnostic(
        code(firedrill::journal::homeless),
        help("set one of them, or name the file with --journal FILE")
    )]
    Homeless,
    /// No run has left a journal.
    #[error("there is no journal in {}", .folder.display())]
    #[diagnostic(
        code(firedrill::journal::none),
        help("run a drill first: firedrill run service-has-no-endpoints; or name a journal's file")
    )]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be read.
    #[error("cannot read the journals in {}: {reason}", .folder.display())]
    #[diagnostic(code(firedrill::journal::unreadable), help("see who may read the folder: ls -ld"))]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn the_state_folder_follows_the_standard() {
        let place = |state: Option<&str>, home: Option<&str>| runs(state.map(os), home.map(os)).ok();
        let in_home = Some(PathBuf::from("/h/.local/state/firedrill/runs"));
        assert_eq!(place(Some("/s"), Some("/h")), Some(PathBuf::from("/s/firedrill/runs")));
        assert_eq!(place(None, Some("/h")), in_home);
        assert_eq!(place(Some("relative"), Some("/h")), in_home);
        assert_eq!(place(Some(""), Some("/h")), in_home);
        assert_eq!(place(None, None), None);
    }

    #[test]
    fn last_is_the_newest_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(newest(folder.path()), Err(Error::None { .. })));
        assert!(matches!(newest(&folder.path().join("missing")), Err(Error::None { .. })));
        for name in ["20261122-141500-b.jsonl", "20261123-000000-a.jsonl", "20270101-000000-a.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(newest(folder.path()).unwrap(), journal(folder.path(), "20261123-000000-a"));
    }
}
