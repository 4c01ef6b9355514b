//! Which release of Kubernetes the control plane is.

use std::fmt;
use std::str::FromStr;

use miette::Diagnostic;

/// A release of Kubernetes that firedrill can start: the one that it is made for, and the oldest
/// that is supported. What is between them is expected to work and is not tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// v1.34.4
    Oldest,
    /// v1.37.2
    #[default]
    Newest,
}

/// The linker's flags but for those that name the version. No symbols.
macro_rules! ldflags {
    ($major:literal, $minor:literal, $patch:literal) => {
        concat!(
            "-s -w",
            " -X k8s.io/component-base/version.gitVersion=v",
            $major,
            ".",
            $minor,
            ".",
            $patch,
            " -X k8s.io/component-base/version.gitMajor=",
            $major,
            " -X k8s.io/component-base/version.gitMinor=",
            $minor,
            " -X k8s.io/component-base/version.gitTreeState=clean",
        )
    };
}

impl Release {
    /// All of them; the default first.
    pub const ALL: [Self; 2] = [Self::Newest, Self::Oldest];

    /// With its `v`, as the API server says it.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Oldest => "v1.34.4",
            Self::Newest => "v1.37.2",
        }
    }

    /// `go.mod` and `go.sum` of the module that builds it.
    pub(super) const fn module(self) -> (&'static str, &'static str) {
        match self {
            Self::Oldest => (
                include_str!("../modules/kubernetes/v1.34.4/go.mod"),
                include_str!("../modules/kubernetes/v1.34.4/go.sum"),
            ),
            Self::Newest => (
                include_str!("../modules/kubernetes/v1.37.2/go.mod"),
                include_str!("../modules/kubernetes/v1.37.2/go.sum"),
            ),
        }
    }

    /// What the linker is told: no symbols, and the version that the binaries report.
    pub(super) const fn ldflags(self) -> &'static str {
        match self {
            Self::Oldest => ldflags!(1, 34, 4),
            Self::Newest => ldflags!(1, 37, 2),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

impl FromStr for Release {
    type Err = Unsupported;

    /// Takes the version with or without its `v`.
    fn from_str(text: &str) -> Result<Self, Unsupported> {
        let bare = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
        let found = Self::ALL.into_iter().find(|release| bare(release.version()) == bare(text.trim()));
        found.ok_or(Unsupported)
    }
}

/// A version that firedrill does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error(
    "the local cluster can be {} (the default) or {} (the oldest that is supported)",
    Release::Newest,
    Release::Oldest
)]
#[diagnostic(
    code(firedrill::cluster::version),
    help("for any other version, name a cluster of that version: --context NAME")
)]
pub struct Unsupported;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_two_are_supported_and_others_are_refused_with_the_list() {
        assert_eq!(Release::default().version(), "v1.37.2");
        assert_eq!("v1.34.4".parse(), Ok(Release::Oldest));
        assert_eq!("1.37.2".parse(), Ok(Release::Newest));
        for other in ["", "v1.34", "v1.34.5", "latest", "vv1.34.4", "v1.36.3"] {
            assert_eq!(other.parse::<Release>(), Err(Unsupported), "{other}");
        }
        let said = Unsupported.to_string();
        assert!(said.contains("v1.37.2") && said.contains("v1.34.4"), "{said}");
    }

    #[test]
    fn a_module_builds_its_own_version_and_requires_every_part_of_it() {
        for release in Release::ALL {
            let (module, sums) = release.module();
            let staging = release.version().replacen("v1.", "v0.", 1);
            let parts: Vec<&str> = module
                .lines()
                .filter_map(|line| line.trim().strip_prefix("k8s.io/"))
                .filter(|line| line.contains(" v0.3"))
                .collect();
            assert!(parts.len() > 25, "{release}: {parts:?}");
            for part in parts {
                assert!(part.contains(&staging), "{release}: {part}");
            }
            assert!(sums.contains(&format!("k8s.io/kubernetes {release} h1:")), "{release}");
            assert!(release.ldflags().contains(&format!("gitVersion={release} ")), "{release}");
            let minor = release.version().split('.').nth(1).unwrap();
            assert!(release.ldflags().contains(&format!("gitMinor={minor} ")), "{release}");
        }
    }
}
