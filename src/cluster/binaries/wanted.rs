//! What firedrill runs: the binaries of the control plane, and helm; names, versions, modules.

use std::fmt;

use super::release::Release;

/// A binary that firedrill runs: one of those that a local control plane needs, or helm.
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
    /// `helm`, which only drills with a chart need
    Helm,
}

impl Binary {
    /// All that a control plane needs, in the order in which they are prepared: those of one
    /// component together, the quickest build first.
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
            Self::Helm => "helm",
        }
    }

    /// The project that releases it.
    #[must_use]
    pub fn component(self) -> Component {
        match self {
            Self::Etcd => Component::Etcd,
            Self::Kwok | Self::Kwokctl => Component::Kwok,
            Self::Helm => Component::Helm,
            Self::KubeApiserver(release)
            | Self::KubeControllerManager(release)
            | Self::KubeScheduler(release)
            | Self::Kubectl(release) => Component::Kubernetes(release),
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
            Self::Helm => "helm.sh/helm/v4/cmd/helm",
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
    /// Helm
    Helm,
}

impl Component {
    /// Its name in the cache folder and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Kwok => "kwok",
            Self::Kubernetes(_) => "kubernetes",
            Self::Helm => "helm",
        }
    }

    /// The version that firedrill uses, with its `v`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Etcd => "v3.6.16",
            Self::Kwok => "v0.8.0",
            Self::Kubernetes(release) => release.version(),
            Self::Helm => "v4.3.1",
        }
    }

    /// `go.mod` and `go.sum` of the module that builds it.
    pub(super) fn module(self) -> (&'static str, &'static str) {
        match self {
            Self::Etcd => (include_str!("../modules/etcd/go.mod"), include_str!("../modules/etcd/go.sum")),
            Self::Kwok => (include_str!("../modules/kwok/go.mod"), include_str!("../modules/kwok/go.sum")),
            Self::Kubernetes(release) => release.module(),
            Self::Helm => (include_str!("../modules/helm/go.mod"), include_str!("../modules/helm/go.sum")),
        }
    }

    /// What the linker is told: no symbols, and the version that the binary reports.
    pub(super) fn ldflags(self) -> &'static str {
        match self {
            Self::Etcd => "-s -w",
            Self::Kwok => "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0",
            Self::Kubernetes(release) => release.ldflags(),
            Self::Helm => "-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldflags_and_modules_name_the_version_that_is_looked_for() {
        for component in [Component::Kwok, Component::Kubernetes(Release::Newest), Component::Helm] {
            assert!(component.ldflags().contains(&format!("={}", component.version())));
        }
        for (component, path) in [
            (Component::Etcd, "go.etcd.io/etcd/server/v3"),
            (Component::Kwok, "sigs.k8s.io/kwok"),
            (Component::Kubernetes(Release::Newest), "k8s.io/kubernetes"),
            (Component::Helm, "helm.sh/helm/v4"),
        ] {
            let (module, sums) = component.module();
            let line = format!("{path} {}", component.version());
            assert!(module.contains(&line), "{line}");
            assert!(sums.contains(&format!("{line} h1:")), "{line}");
        }
        for binary in Release::ALL.into_iter().flat_map(Binary::all).chain([Binary::Helm]) {
            let (module, _) = binary.component().module();
            assert!(module.contains(binary.package()), "{binary}");
            assert!(binary.package().contains(binary.built_name()), "{binary}");
        }
    }
}
