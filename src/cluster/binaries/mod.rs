//! The binaries of the control plane, and helm: found, downloaded or built.
//!
//! Each binary is looked for in this order, and the first place that has it wins:
//!
//! 1. folders that were named (`--binaries`, then `KUBEBUILDER_ASSETS`), taken as they are
//! 2. firedrill's cache, `$XDG_CACHE_HOME/firedrill/bin`
//! 3. PATH, at the exact version only
//! 4. the published release binary, checked against its published SHA-256
//! 5. a build from Go modules, checked by the `go.sum` that firedrill carries
//!
//! What comes from 4 and 5 is kept in 2. When 1 and 2 have everything, no process is started,
//! nothing is locked and no host is asked.
//!
//! [`helm`](helm()) is no part of the control plane and is looked for by itself, in PATH before the
//! cache: any helm of version 4 or 3 that is installed will do.

mod build;
mod cache;
mod download;
mod error;
mod fetch;
mod find;
mod helm;
mod options;
mod progress;
mod published;
mod release;
mod unpack;
mod version;
mod wanted;

use std::path::PathBuf;

pub use error::Error;
pub use helm::{Helm, helm};
pub use options::Options;
pub use progress::{Progress, Source};
pub use release::{Release, Unsupported};
pub use wanted::{Binary, Component, Platform};

pub(in crate::cluster) use find::executable_in;

use cache::{Cache, Turn};
use download::Downloads;
use find::Found;

/// Every binary of a control plane, by absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// `kube-apiserver`
    pub kube_apiserver: PathBuf,
    /// `kube-controller-manager`
    pub kube_controller_manager: PathBuf,
    /// `kube-scheduler`
    pub kube_scheduler: PathBuf,
    /// `kubectl`
    pub kubectl: PathBuf,
    /// `etcd`
    pub etcd: PathBuf,
    /// `kwok`
    pub kwok: PathBuf,
    /// `kwokctl`
    pub kwokctl: PathBuf,
}

/// Who hears about the progress.
type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Finds, downloads or builds every binary.
///
/// Dropping the future ends what it started: a build with all its processes before the drop
/// returns, a download at its next read. Nothing half done appears in the cache.
///
/// # Errors
/// A folder or the cache cannot be used, a download has the wrong checksum, a build fails, or
/// every route ended; see [`Error`].
pub async fn ensure(
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Binaries, Error> {
    let mut found = Found::nothing(Binary::all(options.kubernetes));
    let mut tried = Vec::new();
    find::in_folders(options, &mut found, &mut tried, progress)?;
    let cache = cache(options);
    if let Some(cache) = &cache {
        from_cache(cache, &mut found, progress);
    }
    if let Some(binaries) = found.control_plane(options.kubernetes) {
        return Ok(binaries);
    }
    find::in_path(options, &mut found, &mut tried, progress).await;
    if let Some(binaries) = found.control_plane(options.kubernetes) {
        return Ok(binaries);
    }
    let cache = cache.ok_or_else(|| Error::NoCache { missing: found.missing() })?;
    prepare(options, &cache, &mut found, &mut tried, progress).await?;
    found
        .control_plane(options.kubernetes)
        .ok_or_else(|| Error::Unobtainable { missing: found.missing(), tried })
}

fn cache(options: &Options) -> Option<Cache> {
    options.cache.as_deref().map(|folder| Cache::new(folder, Platform::HERE))
}

/// Fills the cache with what is missing, under its lock.
async fn prepare(
    options: &Options,
    cache: &Cache,
    found: &mut Found,
    tried: &mut Vec<String>,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let mut downloads = Downloads::new(options)?;
    let turn = cache.lock(&found.missing(), tell).await?;
    // Whoever held the lock before may have done all of it, or a part.
    from_cache(cache, found, tell);
    let Turn::Ours(lock) = turn else { return Ok(()) };
    cache.sweep();
    tried.push(format!("cache {}: no {}", cache.bin().display(), find::names(&found.missing())));
    downloads.fetch((cache, &lock), found, tried, tell).await?;
    build::build(options, (cache, &lock), found, tried, tell).await
}

fn from_cache(cache: &Cache, found: &mut Found, tell: Tell<'_>) {
    for binary in found.missing() {
        if let Some(path) = cache.get(binary) {
            found.add(binary, path, Source::Cache, tell);
        }
    }
}
