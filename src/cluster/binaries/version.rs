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
        _ => first.strip_prefix("Kubernetes ").map(|it| String::from(it.trim())),
    }
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
        ];
        for (binary, output, version) in cases {
            assert_eq!(parse(binary, output).as_deref(), version, "{output}");
        }
    }
}
