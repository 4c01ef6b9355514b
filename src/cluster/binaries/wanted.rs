//! What the control plane consists of: names, versions, and where each binary is published.

use std::fmt;

use super::release::Release;

/// One of the binaries that a local control plane needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binary {
    /// `kube-apiserver`
    KubeApiserver(Release),
    /// `kube-controller-manager`
    KubeControllerManager(Release),
    /// `kube-scheduler`
    KubeScheduler(Release),
    /// `kubectl`
    Kubectl(Release),
    /// `etcd`
    Etcd,
    /// `kwok`, the simulated kubelets
    Kwok,
    /// `kwokctl`, which starts and ends all the others
    Kwokctl,
}

impl Binary {
    /// All of them, in the order in which they are prepared.
    #[must_use]
    pub const fn all(release: Release) -> [Self; 7] {
        [
            Self::Etcd,
            Self::Kwok,
            Self::Kwokctl,
            Self::KubeApiserver(release),
            Self::KubeControllerManager(release),
            Self::KubeScheduler(release),
            Self::Kubectl(release),
        ]
    }

    /// The name of the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KubeApiserver(_) => "kube-apiserver",
            Self::KubeControllerManager(_) => "kube-controller-manager",
            Self::KubeScheduler(_) => "kube-scheduler",
            Self::Kubectl(_) => "kubectl",
            Self::Etcd => "etcd",
            Self::Kwok => "kwok",
            Self::Kwokctl => "kwokctl",
        }
    }

    /// The project that releases it.
    #[must_use]
    pub fn component(self) -> Component {
        match self {
            Self::Etcd => Component::Etcd,
            Self::Kwok | Self::Kwokctl => Component::Kwok,
            Self::KubeApiserver(release)
            | Self::KubeControllerManager(release)
            | Self::KubeScheduler(release)
            | Self::Kubectl(release) => Component::Kubernetes(release),
        }
    }

    /// Where its release binary is published for `platform`; nothing where none is published
    /// together with a SHA-256.
    pub(super) fn published(self, platform: Platform) -> Option<Published> {
        let Platform { os, arch } = platform;
        let version = self.component().version();
        let name = self.name();
        match self.component() {
            Component::Kubernetes(_) => {
                let file = format!("dl.k8s.io/release/{version}/bin/{os}/{arch}/{name}");
                let sum = Sum::Beside(format!("{file}.sha256"));
                Some(Published { file, sum, member: None })
            }
            // For macOS etcd releases a zip archive; there the build is the simpler way.
            Component::Etcd if os == "linux" => {
                let release = format!("github.com/etcd-io/etcd/releases/download/{version}");
                let folder = format!("etcd-{version}-{os}-{arch}");
                Some(Published {
                    file: format!("{release}/{folder}.tar.gz"),
                    sum: Sum::Beside(format!("{release}/SHA256SUMS")),
                    member: Some(format!("{folder}/etcd")),
                })
            }
            Component::Etcd => None,
            Component::Kwok => Some(Published {
                file: format!(
                    "github.com/kubernetes-sigs/kwok/releases/download/{version}/{name}-{os}-{arch}"
                ),
                sum: Sum::Known(self.kwok_sum(platform)?),
                member: None,
            }),
        }
    }

    /// kwok's releases carry no file of checksums, so the sums of v0.8.0 are kept here; they are
    /// the ones that several packagers pin. Where none is kept, kwok is built: the module proxy
    /// and `go.sum` say what is right.
    fn kwok_sum(self, platform: Platform) -> Option<&'static str> {
        match (self, platform.os, platform.arch) {
            (Self::Kwok, "linux", "amd64") => {
                Some("f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46")
            }
            (Self::Kwokctl, "linux", "amd64") => {
                Some("d5743166c657283d6e827c7c4c20cacfd9009fd94830f06718ca7b2c7099461f")
            }
            _ => None,
        }
    }

    /// The package that builds it.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::KubeApiserver(_) => "k8s.io/kubernetes/cmd/kube-apiserver",
            Self::KubeControllerManager(_) => "k8s.io/kubernetes/cmd/kube-controller-manager",
            Self::KubeScheduler(_) => "k8s.io/kubernetes/cmd/kube-scheduler",
            Self::Kubectl(_) => "k8s.io/kubernetes/cmd/kubectl",
            Self::Etcd => "go.etcd.io/etcd/server/v3",
            Self::Kwok => "sigs.k8s.io/kwok/cmd/kwok",
            Self::Kwokctl => "sigs.k8s.io/kwok/cmd/kwokctl",
        }
    }

    /// The name that `go install` gives it: the last part of the package's path.
    pub(super) fn built_name(self) -> &'static str {
        match self {
            Self::Etcd => "server",
            other => other.name(),
        }
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.component().version())
    }
}

/// A project that releases binaries under one version, and the Go module that builds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// etcd
    Etcd,
    /// kwok and kwokctl
    Kwok,
    /// The control plane itself, and kubectl.
    Kubernetes(Release),
}

impl Component {
    /// All of them; the quickest build first.
    #[must_use]
    pub const fn all(release: Release) -> [Self; 3] {
        [Self::Etcd, Self::Kwok, Self::Kubernetes(release)]
    }

    /// Its name in the cache folder and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Kwok => "kwok",
            Self::Kubernetes(_) => "kubernetes",
        }
    }

    /// The version that firedrill uses, with its `v`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Etcd => "v3.6.16",
            Self::Kwok => "v0.8.0",
            Self::Kubernetes(release) => release.version(),
        }
    }

    /// `go.mod` and `go.sum` of the module that builds it.
    pub(super) fn module(self) -> (&'static str, &'static str) {
        match self {
            Self::Etcd => (include_str!("../modules/etcd/go.mod"), include_str!("../modules/etcd/go.sum")),
            Self::Kwok => (include_str!("../modules/kwok/go.mod"), include_str!("../modules/kwok/go.sum")),
            Self::Kubernetes(release) => release.module(),
        }
    }

    /// What the linker is told: no symbols, and the version that the binary reports.
    pub(super) fn ldflags(self) -> &'static str {
        match self {
            Self::Etcd => "-s -w",
            Self::Kwok => "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0",
            Self::Kubernetes(release) => release.ldflags(),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.version())
    }
}

/// Operating system and architecture, named as Go names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `darwin`
    pub os: &'static str,
    /// `amd64`, `arm64`
    pub arch: &'static str,
}

impl Platform {
    /// The one that firedrill was built for.
    pub const HERE: Self = Self {
        os: if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS },
        arch: if cfg!(target_arch = "x86_64") {
            "amd64"
        } else if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            std::env::consts::ARCH
        },
    };
}

/// A release file. Addresses are `host/path`: https in the open, a folder each on a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) file: String,
    pub(super) sum: Sum,
    /// The one member wanted where the file is a `.tar.gz`.
    pub(super) member: Option<String>,
}

/// Where the SHA-256 of a release file is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sum {
    /// Published beside the file: the bare sum, or a list of sums with file names.
    Beside(String),
    /// Kept here.
    Known(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldflags_and_modules_name_the_version_that_is_looked_for() {
        for component in [Component::Kwok, Component::Kubernetes(Release::Newest)] {
            assert!(component.ldflags().contains(&format!("={}", component.version())));
        }
        for (component, path) in [
            (Component::Etcd, "go.etcd.io/etcd/server/v3"),
            (Component::Kwok, "sigs.k8s.io/kwok"),
            (Component::Kubernetes(Release::Newest), "k8s.io/kubernetes"),
        ] {
            let (module, sums) = component.module();
            let line = format!("{path} {}", component.version());
            assert!(module.contains(&line), "{line}");
            assert!(sums.contains(&format!("{line} h1:")), "{line}");
        }
        for binary in Release::ALL.into_iter().flat_map(Binary::all) {
            let (module, _) = binary.component().module();
            assert!(module.contains(binary.package()), "{binary}");
            assert!(binary.package().contains(binary.built_name()), "{binary}");
        }
    }

    #[test]
    fn published_addresses() {
        let linux = Platform { os: "linux", arch: "amd64" };
        let of = |binary: Binary| binary.published(linux).unwrap();
        assert_eq!(
            of(Binary::Kubectl(Release::Newest)).file,
            "dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubectl"
        );
        assert_eq!(
            of(Binary::KubeApiserver(Release::Oldest)).file,
            "dl.k8s.io/release/v1.34.4/bin/linux/amd64/kube-apiserver"
        );
        assert_eq!(of(Binary::Etcd).member.as_deref(), Some("etcd-v3.6.16-linux-amd64/etcd"));
        assert_eq!(
            of(Binary::Kwok).file,
            "github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-amd64"
        );
    }

    #[test]
    fn what_has_no_published_sum_is_not_downloaded() {
        let mac = Platform { os: "darwin", arch: "arm64" };
        assert_eq!(Binary::Kwok.published(mac), None);
        assert_eq!(Binary::Etcd.published(mac), None);
    }
}
