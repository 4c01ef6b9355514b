//! helm, which only drills with a chart need. Any of version 4 or 3 will do.

use std::path::PathBuf;

use super::find::{self, Found};
use super::options::Options;
use super::progress::{Progress, Source};
use super::wanted::Binary;
use super::{Error, Tell, cache, from_cache, prepare, version};

/// The major versions that firedrill knows how to call.
const MAJORS: [u32; 2] = [4, 3];

/// A helm that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helm {
    /// The binary, by absolute path.
    pub program: PathBuf,
    /// 4 or 3: 4 applies on the server's side unless it is told otherwise, 3 never does.
    pub major: u32,
    /// As it says it, with its `v`.
    pub version: String,
}

impl Helm {
    /// The helm at `program`, or why it will not do.
    async fn at(program: PathBuf) -> Result<Self, String> {
        let version = version::of(Binary::Helm, &program).await?;
        match version::major(&version) {
            Some(major) if MAJORS.contains(&major) => Ok(Self { program, major, version }),
            _ => Err(format!("is {version}, neither 4 nor 3")),
        }
    }

    /// One that firedrill has prepared itself, so that its version is known.
    fn prepared(program: PathBuf) -> Self {
        let version = Binary::Helm.component().version();
        Self { program, major: MAJORS[0], version: version.to_owned() }
    }
}

/// Finds, downloads or builds helm. The first of these places that has it wins:
///
/// 1. folders that were named (`--binaries`, then `KUBEBUILDER_ASSETS`)
/// 2. PATH, at any version 4 or 3
/// 3. firedrill's cache
/// 4. the published release binary, checked against its published SHA-256
/// 5. a build from Go modules, checked by the `go.sum` that firedrill carries
///
/// What comes from 4 and 5 is kept in 3. Dropping the future ends what it started, as with
/// [`ensure`](super::ensure).
///
/// # Errors
/// A folder or the cache cannot be used, a folder that was named holds another version, a
/// download has the wrong checksum, the build fails, or every route ended; see [`Error`].
pub async fn helm(options: &Options, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Helm, Error> {
    let mut found = Found::nothing([Binary::Helm]);
    let mut tried = Vec::new();
    find::in_folders(options, &mut found, &mut tried, progress)?;
    if let Some(path) = found.path(Binary::Helm) {
        return Helm::at(path.clone()).await.map_err(|why| Error::Helm { path, why });
    }
    if let Some(helm) = in_path(options, &mut found, &mut tried, progress).await {
        return Ok(helm);
    }
    let cache = cache(options).ok_or_else(|| Error::NoCache { missing: found.missing() })?;
    from_cache(&cache, &mut found, progress);
    if !found.missing().is_empty() {
        prepare(options, &cache, &mut found, &mut tried, progress).await?;
    }
    let program = found.path(Binary::Helm);
    program.map(Helm::prepared).ok_or_else(|| Error::Unobtainable { missing: found.missing(), tried })
}

/// The first helm in PATH, if it will do.
async fn in_path(
    options: &Options,
    found: &mut Found,
    tried: &mut Vec<String>,
    tell: Tell<'_>,
) -> Option<Helm> {
    let Some(program) = find::program(options, Binary::Helm.name()) else {
        tried.push(String::from("PATH: no helm"));
        return None;
    };
    match Helm::at(program.clone()).await {
        Ok(helm) => {
            found.add(Binary::Helm, program, Source::Path, tell);
            Some(helm)
        }
        Err(why) => {
            tried.push(format!("PATH: {} {why}", program.display()));
            None
        }
    }
}
