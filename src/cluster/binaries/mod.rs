//! The control plane's binaries, from a folder that was named.

use std::env;
use std::path::PathBuf;

use miette::Diagnostic;

/// The seven binaries of a local cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The API server.
    pub kube_apiserver: PathBuf,
    /// The controllers.
    pub kube_controller_manager: PathBuf,
    /// The scheduler.
    pub kube_scheduler: PathBuf,
    /// The command line client, which kwokctl calls.
    pub kubectl: PathBuf,
    /// The store.
    pub etcd: PathBuf,
    /// The simulated kubelets.
    pub kwok: PathBuf,
    /// What starts the others.
    pub kwokctl: PathBuf,
}

/// Where to look.
#[derive(Debug, Clone)]
pub struct Options {
    /// Comes first; what it lacks is looked for in `assets`.
    pub folder: Option<PathBuf>,
    /// `KUBEBUILDER_ASSETS`.
    pub assets: Option<PathBuf>,
}

impl Options {
    /// `--binaries` in `folder`, else `KUBEBUILDER_ASSETS`.
    #[must_use]
    pub fn from_env(folder: Option<PathBuf>) -> Self {
        Self { folder, assets: env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) }
    }
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {}

impl std::fmt::Display for Progress {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

/// They were not found.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the binaries of the local cluster were not found")]
#[diagnostic(code(firedrill::cluster::binaries), help("name their folder with --binaries"))]
pub struct Error;

/// Finds the binaries.
pub async fn ensure(
    options: &Options,
    _progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Binaries, Error> {
    std::future::ready(()).await;
    let find = |name: &str| {
        let mut folders = options.folder.iter().chain(&options.assets);
        folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.exists())).ok_or(Error)
    };
    Ok(Binaries {
        kube_apiserver: find("kube-apiserver")?,
        kube_controller_manager: find("kube-controller-manager")?,
        kube_scheduler: find("kube-scheduler")?,
        kubectl: find("kubectl")?,
        etcd: find("etcd")?,
        kwok: find("kwok")?,
        kwokctl: find("kwokctl")?,
    })
}
