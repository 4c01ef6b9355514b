//! What the engine has of a cluster.

use std::env;
use std::process::Command;

/// The names of the containers that are a cluster's nodes, running or not.
pub fn of(cluster: &str) -> Vec<String> {
    let label = format!("label=io.x-k8s.kind.cluster={cluster}");
    let said = engine(&["ps", "--all", "--format", "{{.Names}}", "--filter", &label]);
    said.lines().map(ToOwned::to_owned).collect()
}

/// What the engine says; it must succeed.
pub fn engine(args: &[&str]) -> String {
    let output = Command::new(name()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The engine that firedrill uses, too: the one that is named, else the first that answers.
fn name() -> String {
    let named = env::var("KIND_EXPERIMENTAL_PROVIDER").ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| {
        let answers = |name: &&str| {
            Command::new(name).args(["ps", "--quiet"]).output().is_ok_and(|said| said.status.success())
        };
        ["docker", "podman", "nerdctl"].into_iter().find(answers).expect("an engine answers").to_owned()
    })
}
