//! What is there already: in folders that were named, and in PATH.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::options::Options;
use super::progress::{Progress, Source};
use super::release::Release;
use super::wanted::{Binary, Component};
use super::{Binaries, Error, Tell, version};

/// What has been found so far of what is wanted.
#[derive(Debug)]
pub(super) struct Found {
    wanted: Vec<Binary>,
    paths: BTreeMap<Binary, PathBuf>,
}

impl Found {
    /// Nothing yet. What is wanted is prepared in this order, so those of one component stand
    /// together.
    pub(super) fn nothing(wanted: impl Into<Vec<Binary>>) -> Self {
        Self { wanted: wanted.into(), paths: BTreeMap::new() }
    }

    /// Takes a binary, unless it was found before, and says so.
    pub(super) fn add(&mut self, binary: Binary, path: PathBuf, source: Source, tell: Tell<'_>) {
        if let std::collections::btree_map::Entry::Vacant(place) = self.paths.entry(binary) {
            place.insert(path.clone());
            tell(Progress::Ready { binary, path, source });
        }
    }

    /// What has not been found yet.
    pub(super) fn missing(&self) -> Vec<Binary> {
        self.wanted.iter().copied().filter(|binary| !self.paths.contains_key(binary)).collect()
    }

    /// What has not been found yet, component by component.
    pub(super) fn missing_by_component(&self) -> Vec<(Component, Vec<Binary>)> {
        let missing = self.missing();
        let components = missing.chunk_by(|one, next| one.component() == next.component());
        components.map(|binaries| (binaries[0].component(), binaries.to_vec())).collect()
    }

    /// Where a binary is, if it was found.
    pub(super) fn path(&self, binary: Binary) -> Option<PathBuf> {
        self.paths.get(&binary).cloned()
    }

    /// Everything that a control plane of this release needs, where nothing is missing.
    pub(super) fn control_plane(&self, release: Release) -> Option<Binaries> {
        Some(Binaries {
            kube_apiserver: self.path(Binary::KubeApiserver(release))?,
            kube_controller_manager: self.path(Binary::KubeControllerManager(release))?,
            kube_scheduler: self.path(Binary::KubeScheduler(release))?,
            kubectl: self.path(Binary::Kubectl(release))?,
            etcd: self.path(Binary::Etcd)?,
            kwok: self.path(Binary::Kwok)?,
            kwokctl: self.path(Binary::Kwokctl)?,
        })
    }
}

/// Looks into the folders that were named. What is there is taken as it is, whatever its version.
pub(super) fn in_folders(
    options: &Options,
    found: &mut Found,
    tried: &mut Vec<String>,
    tell: Tell<'_>,
) -> Result<(), Error> {
    if let Some(folder) = options.folder.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Error::NoFolder { folder: folder.clone() });
    }
    let named = [("--binaries", &options.folder), ("KUBEBUILDER_ASSETS", &options.assets)];
    for (name, folder) in named {
        let Some(folder) = folder else { continue };
        for binary in found.missing() {
            let path = absolute(&folder.join(binary.name()));
            match path.metadata() {
                Ok(_) if is_executable(&path) => found.add(binary, path, Source::Folder, tell),
                Ok(_) => return Err(Error::NotExecutable { path }),
                Err(_) => {}
            }
        }
        let lacking = found.missing();
        if !lacking.is_empty() {
            tried.push(format!("{name} {}: no {}", folder.display(), names(&lacking)));
        }
    }
    Ok(())
}

/// Looks into PATH, where only the exact version will do.
pub(super) async fn in_path(options: &Options, found: &mut Found, tried: &mut Vec<String>, tell: Tell<'_>) {
    let mut absent = Vec::new();
    for binary in found.missing() {
        tell(Progress::Looking { binary });
        let Some(path) = program(options, binary.name()) else {
            absent.push(binary);
            continue;
        };
        match version::of(binary, &path).await {
            Ok(version) if version == binary.component().version() => {
                found.add(binary, path, Source::Path, tell);
            }
            Ok(version) => tried.push(format!(
                "PATH: {} is {version}, not {}",
                path.display(),
                binary.component().version()
            )),
            Err(why) => tried.push(format!("PATH: {} {why}", path.display())),
        }
    }
    if !absent.is_empty() {
        tried.push(format!("PATH: no {}", names(&absent)));
    }
}

/// The first executable of that name in PATH. Entries that are not absolute are left out: what
/// they mean depends on where firedrill happens to stand.
pub(super) fn program(options: &Options, name: &str) -> Option<PathBuf> {
    executable_in(options.path.as_ref()?, name)
}

/// The same, for a PATH that is given.
pub(in crate::cluster) fn executable_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
}

/// Whether there is a file, not empty, that somebody may execute.
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.len() > 0 && meta.permissions().mode() & 0o111 != 0)
}

/// The components of a control plane run in other folders, so every path is absolute.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// `etcd, kwok`
pub(super) fn names(binaries: &[Binary]) -> String {
    let names: Vec<&str> = binaries.iter().map(|binary| binary.name()).collect();
    names.join(", ")
}
