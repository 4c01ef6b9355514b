//! The folders of clusters: one each, with all that is needed to find and to end it.
//!
//! ```text
//! $XDG_STATE_HOME/firedrill/clusters/
//!   NAME.lock                 held while NAME is started or removed
//!   NAME/
//!     state.json              what this cluster is
//!     kubeconfig              for people and their tools
//!     kwokctl.yaml egress.yaml
//!     responder.log
//!     home/                   HOME of the components
//!     kwok/clusters/NAME/     the components' working folder: logs/, pids/, pki/, egress.sock
//!   kind_NAME.lock            held by the run that made the kind cluster NAME, as long as it lives
//!   kind_NAME/                no name of a local cluster has a `_`
//!     state.json              which run's it is, see [`super::kind::mark`]; not there for others'
//!     kubeconfig kind-config.yaml
//! ```

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Error;

mod lock;

pub use lock::Lock;

/// The format of `state.json`.
const SCHEMA: &str = "firedrill.dev/cluster/v1";
/// The name of the cluster that `cluster up` makes.
pub const SHARED: &str = "local";
/// Folders of kind clusters begin so.
const KIND: &str = "kind_";

/// firedrill's state folder: `$XDG_STATE_HOME/firedrill`, else `~/.local/state/firedrill`.
pub fn folder() -> Result<PathBuf, Error> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_STATE_HOME")
        .or_else(|| Some(set("HOME")?.join(".local/state")))
        .map(|state| state.join("firedrill"))
        .ok_or(Error::NoStateFolder)
}

/// Who ends a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Nobody but `cluster down`.
    Nobody,
    /// The run that made it.
    Run,
    /// The process that called `cluster up` with a pipe as stdin.
    Caller,
}

/// What a cluster is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The format.
    schema: String,
    /// Who ends it.
    pub owner: Owner,
    /// When its start began.
    pub since: DateTime<Utc>,
    /// The API server's version, once the cluster is ready; nothing while it starts.
    pub version: Option<String>,
}

impl State {
    /// Of a cluster whose start begins now.
    #[must_use]
    pub fn starting(owner: Owner) -> Self {
        Self { schema: SCHEMA.to_owned(), owner, since: Utc::now(), version: None }
    }
}

/// The folder of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    name: String,
    path: PathBuf,
}

impl Home {
    /// The folder of the cluster `name` below firedrill's state folder `state`, which is made
    /// where it is missing. The cluster's own folder need not exist.
    pub fn new(state: &Path, name: &str) -> Result<Self, Error> {
        let name = checked(name)?;
        Ok(Self { path: clusters(state)?.join(&name), name })
    }

    /// The folder for the kind cluster `name`, which no local cluster can have.
    pub fn kind(state: &Path, name: &str) -> Result<Self, Error> {
        let name = checked(name)?;
        Ok(Self { path: clusters(state)?.join(format!("{KIND}{name}")), name })
    }

    /// The folder of a cluster by its path, which another process of firedrill has made.
    pub fn at(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.strip_prefix(KIND).unwrap_or(name);
        let path = path.canonicalize().map_err(at("find", path))?;
        Ok(Self { name: name.to_owned(), path })
    }

    /// The folder of a cluster of a random name.
    pub fn random(state: &Path) -> Result<Self, Error> {
        let suffix: String = std::iter::repeat_with(fastrand::alphanumeric).take(8).collect();
        Self::new(state, &format!("run-{}", suffix.to_ascii_lowercase()))
    }

    /// Every cluster that has a folder, by name.
    pub fn all(state: &Path) -> Result<Vec<Self>, Error> {
        Self::found(state, |name| Self::new(state, name).ok())
    }

    /// Every kind cluster that has a folder, by name.
    pub fn all_kind(state: &Path) -> Result<Vec<Self>, Error> {
        Self::found(state, |name| Self::kind(state, name.strip_prefix(KIND)?).ok())
    }

    fn found(state: &Path, home: impl Fn(&str) -> Option<Self>) -> Result<Vec<Self>, Error> {
        let clusters = clusters(state)?;
        let entries = fs::read_dir(&clusters).map_err(at("read", &clusters))?;
        let mut homes: Vec<Self> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| home(&name))
            .filter(|home| home.path.is_dir())
            .collect();
        homes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(homes)
    }

    /// The cluster's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder, without symbolic links in it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kubeconfig for people and their tools.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    /// kwokctl's working folder.
    #[must_use]
    pub fn kwok(&self) -> PathBuf {
        self.path.join("kwok")
    }

    /// The working folder of the components and of the responder.
    #[must_use]
    pub fn components(&self) -> PathBuf {
        self.kwok().join("clusters").join(&self.name)
    }

    /// The log of a component.
    #[must_use]
    pub fn log(&self, component: &str) -> PathBuf {
        self.components().join("logs").join(format!("{component}.log"))
    }

    /// The responder's log.
    #[must_use]
    pub fn responder_log(&self) -> PathBuf {
        self.path.join("responder.log")
    }

    fn state_file(&self) -> PathBuf {
        self.path.join("state.json")
    }

    /// Makes the cluster's own folder. Only the user can look into it: there are keys.
    pub(super) fn make_folder(&self) -> Result<(), Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path).map_err(at("make", &self.path))
    }

    /// Makes the folders. Only the user can look into them: there are keys.
    pub fn make(&self) -> Result<(), Error> {
        for folder in [self.components(), self.path.join("home")] {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(at("make", &folder))?;
        }
        Ok(())
    }

    /// What the cluster is; nothing where there is none, or none that can be read.
    pub fn read(&self) -> Result<Option<State>, Error> {
        self.read_as()
    }

    /// The same, for a cluster that is described otherwise.
    pub(super) fn read_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let file = self.state_file();
        match fs::read(&file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at("read", &file)(error)),
        }
    }

    /// Says what the cluster is, at once or not at all.
    pub fn write(&self, state: &State) -> Result<(), Error> {
        self.write_as(state)
    }

    /// The same, for a cluster that is described otherwise.
    pub(super) fn write_as(&self, state: &impl Serialize) -> Result<(), Error> {
        let file = self.state_file();
        let bytes = serde_json::to_vec_pretty(state).map_err(|error| at("write", &file)(error.into()))?;
        self.put(&file, &bytes)
    }

    /// Writes a file of the folder, at once or not at all, readable by the user alone.
    pub(super) fn put(&self, file: &Path, bytes: &[u8]) -> Result<(), Error> {
        let write = || {
            let mut new = tempfile::NamedTempFile::new_in(&self.path)?;
            new.write_all(bytes)?;
            new.persist(file)?;
            Ok(())
        };
        write().map_err(at("write", file))
    }

    /// Removes the folder; that it is gone already is no failure.
    pub fn remove(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("remove", &self.path)(error)),
            _ => Ok(()),
        }
    }
}

/// The name, where it is one.
fn checked(name: &str) -> Result<String, Error> {
    let fits = !name.is_empty()
        && name.len() <= 32
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(name.to_owned()) } else { Err(Error::Name { name: name.to_owned() }) }
}

/// The folder of all clusters, without symbolic links: processes are told by it.
fn clusters(state: &Path) -> Result<PathBuf, Error> {
    let clusters = state.join("clusters");
    fs::create_dir_all(&clusters).map_err(at("make", &clusters))?;
    clusters.canonicalize().map_err(at("find", &clusters))
}

/// Names the file of a failure.
pub(super) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::State { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_cluster_and_a_local_one_of_the_same_name_are_strangers() {
        let state = tempfile::tempdir().unwrap();
        let (local, kind) = (Home::new(state.path(), "x").unwrap(), Home::kind(state.path(), "x").unwrap());
        assert_eq!(local.name(), kind.name());
        assert_ne!(local.path(), kind.path());
        local.make().unwrap();
        kind.make_folder().unwrap();
        assert_eq!(Home::all(state.path()).unwrap(), std::slice::from_ref(&local));
        assert_eq!(Home::all_kind(state.path()).unwrap(), std::slice::from_ref(&kind));
        assert_eq!(Home::at(kind.path()).unwrap(), kind);
        let held = Lock::try_take(&kind).unwrap();
        assert!(held.is_some() && Lock::try_take(&local).unwrap().is_some(), "a lock each");
        for bad in ["", "kind_x", "a/b", "..", "A"] {
            assert!(Home::kind(state.path(), bad).is_err(), "{bad:?}");
        }
    }
}
