//! Which version a binary says it is.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::wanted::Binary;
use crate::cluster::group::output;

/// How long a binary may take to tell its version.
const DEADLINE: Duration = Duration::from_secs(10);

/// Runs the binary at `path` and reads its version, with its `v`; or says why there is none.
pub(super) async fn of(binary: Binary, path: &Path) -> Result<String, String> {
    let told = tokio::time::timeout(DEADLINE, tell(binary, path)).await;
    let output =
        told.unwrap_or_else(|_| Err(format!("did not tell its version within {} s", DEADLINE.as_secs())))?;
    parse(binary, &output).ok_or_else(|| String::from("told no version"))
}

async fn tell(binary: Binary, path: &Path) -> Result<String, String> {
    let arguments: &[&str] = match binary {
        Binary::Kubectl(_) => &["version", "--client", "-o", "json"],
        Binary::Helm => &["version", "--template={{.Version}}"],
        _ => &["--version"],
    };
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    output(&mut command).await
}

/// Finds the version in what a binary prints.
fn parse(binary: Binary, output: &str) -> Option<String> {
    let first = output.lines().next()?;
    match binary {
        Binary::Kubectl(_) => {
            let told: serde_json::Value = serde_json::from_str(output).ok()?;
            told.pointer("/clientVersion/gitVersion")?.as_str().map(String::from)
        }
        Binary::Etcd => first.strip_prefix("etcd Version: ").map(|it| format!("v{}", it.trim())),
        Binary::Kwok | Binary::Kwokctl => {
            let rest = first.strip_prefix(binary.name())?.strip_prefix(" version ")?;
            rest.split_whitespace().next().map(String::from)
        }
        Binary::Helm => Some(first.trim()).filter(|it| major(it).is_some()).map(String::from),
        _ => first.strip_prefix("Kubernetes ").map(|it| String::from(it.trim())),
    }
}

/// The 4 of `v4.3.1`.
pub(super) fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::release::Release;
    use super::*;

    const NEW: Release = Release::Newest;

    #[test]
    fn each_says_it_in_its_own_way() {
        let cases = [
            (Binary::KubeApiserver(NEW), "Kubernetes v1.37.2\n", Some("v1.37.2")),
            (Binary::KubeScheduler(NEW), "Kubernetes v1.37.2-eks-1\n", Some("v1.37.2-eks-1")),
            (Binary::Etcd, "etcd Version: 3.6.16\nGit SHA: Not provided\n", Some("v3.6.16")),
            (Binary::Kwok, "kwok version v0.8.0 go1.26.8 (linux/amd64)\n", Some("v0.8.0")),
            (Binary::Kwokctl, "kwokctl version v0.8.0 go1.26.8 (linux/amd64)\n", Some("v0.8.0")),
            (Binary::Kubectl(NEW), r#"{"clientVersion":{"gitVersion":"v1.37.2"}}"#, Some("v1.37.2")),
            (Binary::Kubectl(NEW), "Client Version: v1.37.2", None),
            (Binary::Kwok, "", None),
            (Binary::Helm, "v4.3.1", Some("v4.3.1")),
            (Binary::Helm, "v3.14.4+unreleased\n", Some("v3.14.4+unreleased")),
            (Binary::Helm, "Client: v2.17.0+ga690bad\n", None),
        ];
        for (binary, output, version) in cases {
            assert_eq!(parse(binary, output).as_deref(), version, "{output}");
        }
    }

    #[test]
    fn the_major_version() {
        assert_eq!(major("v4.3.1"), Some(4));
        assert_eq!(major("v3"), Some(3));
        assert_eq!(major("v10.0.0-rc.1"), Some(10));
        for other in ["", "v", "4.3.1", "vx.1", "v-3.1"] {
            assert_eq!(major(other), None, "{other}");
        }
    }
}
