//! Where each binary is published, and how it is known to be the right one.

use super::wanted::{Binary, Component, Platform};

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

impl Binary {
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
            Component::Helm => {
                let file = format!("get.helm.sh/helm-{version}-{os}-{arch}.tar.gz");
                let sum = Sum::Beside(format!("{file}.sha256sum"));
                Some(Published { file, sum, member: Some(format!("{os}-{arch}/helm")) })
            }
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
}

#[cfg(test)]
mod tests {
    use super::super::release::Release;
    use super::*;

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
        let helm = of(Binary::Helm);
        assert_eq!(helm.file, "get.helm.sh/helm-v4.3.1-linux-amd64.tar.gz");
        assert_eq!(helm.sum, Sum::Beside(format!("{}.sha256sum", helm.file)));
        assert_eq!(helm.member.as_deref(), Some("linux-amd64/helm"));
    }

    #[test]
    fn what_has_no_published_sum_is_not_downloaded() {
        let mac = Platform { os: "darwin", arch: "arm64" };
        assert_eq!(Binary::Kwok.published(mac), None);
        assert_eq!(Binary::Etcd.published(mac), None);
    }
}
