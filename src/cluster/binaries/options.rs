//! Where to look, and how. Everything that comes from the environment is a field here.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::release::Release;

/// Where binaries are looked for. Only [`Options::from_env`] reads the environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which Kubernetes.
    pub kubernetes: Release,
    /// A folder of binaries that comes first (`--binaries`). It must exist; what it lacks is
    /// looked for further on.
    pub folder: Option<PathBuf>,
    /// A second such folder (`KUBEBUILDER_ASSETS`), which need not exist.
    pub assets: Option<PathBuf>,
    /// firedrill's cache folder, usually `~/.cache/firedrill`; nothing where neither
    /// `XDG_CACHE_HOME` nor `HOME` says where that is.
    pub cache: Option<PathBuf>,
    /// `PATH`: where installed binaries and `go` are looked for.
    pub path: Option<OsString>,
    /// `FIREDRILL_MIRROR`: an http(s) address that stands before `host/path` of every release
    /// file. With `https://mirror.example/firedrill`, kubectl comes from
    /// `https://mirror.example/firedrill/dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubectl`,
    /// which is the layout that `wget -x` leaves.
    pub mirror: Option<String>,
    /// How long a host may take to answer a connection.
    pub connect_timeout: Duration,
    /// How long a host that has been reached may stay silent.
    pub read_timeout: Duration,
}

impl Options {
    /// What the environment says, with `--binaries` in `folder`. Empty variables count as unset.
    #[must_use]
    pub fn from_env(folder: Option<PathBuf>) -> Self {
        Self::from_variables(folder, |name| env::var_os(name))
    }

    fn from_variables(folder: Option<PathBuf>, get: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| get(name).filter(|value| !value.is_empty());
        // A relative XDG_CACHE_HOME is to be ignored, says the specification.
        let caches = set("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
        Self {
            folder,
            assets: set("KUBEBUILDER_ASSETS").map(PathBuf::from),
            cache: caches.map(|caches| caches.join("firedrill")),
            path: set("PATH"),
            mirror: set("FIREDRILL_MIRROR").map(|value| value.to_string_lossy().into_owned()),
            ..Self::default()
        }
    }
}

impl Default for Options {
    /// Nowhere to look but the places of publication.
    fn default() -> Self {
        Self {
            kubernetes: Release::default(),
            folder: None,
            assets: None,
            cache: None,
            path: None,
            mirror: None,
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(15),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let get = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.into());
        Options::from_variables(None, get).cache
    }

    #[test]
    fn the_cache_is_where_the_xdg_specification_says() {
        let home = ("HOME", "/home/me");
        let at = |path: &str| Some(PathBuf::from(path));
        assert_eq!(cache(&[home]), at("/home/me/.cache/firedrill"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/big")]), at("/big/firedrill"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "")]), at("/home/me/.cache/firedrill"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "here")]), at("/home/me/.cache/firedrill"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "here")]), None);
    }
}
