//! What can go wrong, and what to do then.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use miette::Diagnostic;

use super::wanted::{Binary, Component};

/// Why the binaries of the control plane, or helm, could not be had.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The folder of `--binaries` does not exist.
    #[error("{} is not a folder", folder.display())]
    #[diagnostic(
        code(firedrill::binaries::no_folder),
        help("give --binaries a folder with kube-apiserver, etcd, kwokctl and so on, or leave it out")
    )]
    NoFolder {
        /// As it was given.
        folder: PathBuf,
    },

    /// A binary in a folder that was named cannot be executed.
    #[error("{} is not an executable file", path.display())]
    #[diagnostic(
        code(firedrill::binaries::not_executable),
        help("make it one: chmod +x {}", path.display())
    )]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },

    /// The helm of a folder that was named is of no version that firedrill can work with.
    #[error("{} {why}", path.display())]
    #[diagnostic(
        code(firedrill::binaries::helm),
        help("put a helm of version 4 or 3 there, or take it away: firedrill then looks for another one")
    )]
    Helm {
        /// The file.
        path: PathBuf,
        /// Its version, or why it told none.
        why: String,
    },

    /// Neither `XDG_CACHE_HOME` nor `HOME` is set, and something is missing.
    #[error("no place to keep {}: neither XDG_CACHE_HOME nor HOME is set", names(missing))]
    #[diagnostic(
        code(firedrill::binaries::no_cache),
        help("set XDG_CACHE_HOME to a folder with 500 MiB of room")
    )]
    NoCache {
        /// What would have to be kept there.
        missing: Vec<Binary>,
    },

    /// The cache folder cannot be made, read or written.
    #[error("cannot use the cache folder {}", folder.display())]
    #[diagnostic(
        code(firedrill::binaries::cache),
        help("make it a folder that can be written, or set XDG_CACHE_HOME to one")
    )]
    Cache {
        /// The cache folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The disk of the cache folder is full, or a quota is used up.
    #[error("no space left for the cache folder {}", folder.display())]
    #[diagnostic(
        code(firedrill::binaries::disk_full),
        help(
            "free some space, or set XDG_CACHE_HOME to a folder on another disk: the binaries take 490 MiB"
        )
    )]
    DiskFull {
        /// The cache folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// Another firedrill has held the lock of the cache for too long.
    #[error(
        "another firedrill has been preparing binaries for {} minutes and holds {}",
        waited.as_secs() / 60,
        lock.display()
    )]
    #[diagnostic(code(firedrill::binaries::locked), help("end the other firedrill; the lock goes with it"))]
    Locked {
        /// The file that is locked.
        lock: PathBuf,
        /// How long this firedrill has waited.
        waited: Duration,
    },

    /// `FIREDRILL_MIRROR` is no http(s) address.
    #[error("FIREDRILL_MIRROR is not an http:// or https:// address: {value:?}")]
    #[diagnostic(
        code(firedrill::binaries::mirror),
        help("set it to what stands before dl.k8s.io/… on the mirror, or unset it")
    )]
    Mirror {
        /// Its value.
        value: String,
    },

    /// A file that was downloaded is not the one that was published. Nothing of it is kept, and
    /// nothing else is tried: somebody should look.
    #[error("wrong checksum: {url}\n  expected sha256 {expected}\n  got      sha256 {got}")]
    #[diagnostic(
        code(firedrill::binaries::checksum),
        help(
            "the file was changed on its way, or the mirror is broken: set FIREDRILL_MIRROR to \
             another place, or give binaries that you trust with --binaries DIR"
        )
    )]
    Checksum {
        /// Where it came from.
        url: String,
        /// The published sum.
        expected: String,
        /// The sum of what arrived.
        got: String,
    },

    /// Every route ended.
    #[error("cannot get {}; tried:{}", names(missing), list(tried))]
    #[diagnostic(
        code(firedrill::binaries::unobtainable),
        help(
            "{}install Go 1.26 or newer (https://go.dev/dl) and have it in PATH, or set \
             FIREDRILL_MIRROR to a place with the release files, or name a folder of binaries \
             with --binaries DIR",
            if missing.contains(&Binary::Helm) { "have Helm 4 or 3 in PATH, or " } else { "" }
        )
    )]
    Unobtainable {
        /// What is still missing.
        missing: Vec<Binary>,
        /// Every route, one line each.
        tried: Vec<String>,
    },

    /// The build from Go modules failed.
    #[error("cannot build {component}: {reason}{}\nbefore that, tried:{}", list(stderr), list(tried))]
    #[diagnostic(code(firedrill::binaries::build), help("{}", build_help(stderr)))]
    Build {
        /// What was to be built.
        component: Component,
        /// How it ended.
        reason: String,
        /// The last lines that it wrote to stderr.
        stderr: Vec<String>,
        /// Every route before, one line each.
        tried: Vec<String>,
    },
}

impl Error {
    /// An error of the file system in the cache `folder`; a full disk is told apart.
    pub(super) fn cache(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { folder, source },
            _ => Self::Cache { folder, source },
        }
    }
}

/// `etcd v3.6.16, kubectl v1.37.2`
fn names(binaries: &[Binary]) -> String {
    let names: Vec<String> = binaries.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Each line under the last, indented.
fn list(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut all, line| {
        // Writing to a string cannot fail.
        let _ = write!(all, "\n  {line}");
        all
    })
}

/// What Go's own words say about the way out.
fn build_help(stderr: &[String]) -> &'static str {
    let says = |what: &str| stderr.iter().any(|line| line.contains(what));
    if says("no space left on device") {
        "free some space, or move the folders to another disk: XDG_CACHE_HOME, GOCACHE and \
         GOMODCACHE say where they are"
    } else if says("SECURITY ERROR") || says("checksum mismatch") {
        "a Go module is not the one that firedrill was made with: look at GOPROXY, and clear the \
         module cache (go clean -modcache)"
    } else if says("dial tcp") || says("no such host") || says("Client.Timeout") {
        "no Go modules without a module proxy: set GOPROXY to one that can be reached, or set \
         FIREDRILL_MIRROR, or name a folder of binaries with --binaries DIR"
    } else {
        "mend what Go complains about, or set FIREDRILL_MIRROR to a place with the release \
         files, or name a folder of binaries with --binaries DIR"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        // 28 is ENOSPC; on a quota file systems answer EDQUOT.
        let full = Error::cache(Path::new("/cache"), io::Error::from_raw_os_error(28));
        assert!(matches!(full, Error::DiskFull { .. }), "{full:?}");
        let denied = Error::cache(Path::new("/cache"), io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, Error::Cache { .. }), "{denied:?}");
    }

    #[test]
    fn a_failed_build_is_helped_by_what_go_says() {
        let help = |line: &str| build_help(&[String::from(line)]);
        assert!(help("write x: no space left on device").contains("GOCACHE"));
        assert!(help("dial tcp: lookup proxy.golang.org: no such host").contains("GOPROXY"));
        assert!(help("verifying module: checksum mismatch").contains("modcache"));
        assert!(help("undefined: x").contains("complains"));
    }
}
