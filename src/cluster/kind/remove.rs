//! Removing a cluster that firedrill made, and nothing that it did not make.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::time::{Instant, sleep};

use super::mark::Mark;
use super::tools::Tools;
use super::{Error, containers};
use crate::cluster::state::Home;

/// How long a removal is tried for; the runner waits a little longer.
const TRIES_FOR: Duration = Duration::from_secs(55);
/// Between two tries.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How long what an ended `kind` has started may go on: a container that is just being made is
/// finished rather, for then it can be found.
const MAKERS_WITHIN: Duration = Duration::from_secs(5);
/// How long the engine may still be at a request whose sender was killed.
const LATE: Duration = Duration::from_secs(1);

/// What an ended `kind create` has started: the engine's commands in its process group.
#[derive(Debug)]
pub(super) struct Makers {
    group: Option<Pid>,
    patience: Instant,
}

impl Makers {
    /// Nobody.
    pub fn none() -> Self {
        Self { group: None, patience: Instant::now() }
    }

    /// Those of the group that was kind's.
    pub fn of(group: Option<u32>) -> Self {
        let group = group.and_then(|group| Pid::from_raw(i32::try_from(group).ok()?));
        Self { group, patience: Instant::now() + MAKERS_WITHIN }
    }

    /// Whether no container can come into being any more.
    async fn are_gone(&mut self) -> bool {
        let Some(group) = self.group else { return true };
        if test_kill_process_group(group).is_err() {
            self.group = None;
        } else if Instant::now() >= self.patience {
            // It fails where the last of them has just ended.
            let _ = kill_process_group(group, Signal::KILL);
            sleep(LATE).await;
            self.group = None;
        }
        self.group.is_none()
    }
}

/// Removes the cluster's containers where they carry the mark, until none is there and none can come.
async fn containers(
    tools: &Tools,
    (name, mark): (&str, &Mark),
    mut makers: Makers,
    within: Duration,
) -> Result<(), Error> {
    let deadline = Instant::now() + within;
    loop {
        // Asked first: what a maker makes before it is gone is seen by the look after it.
        let gone = makers.are_gone().await;
        let why = match containers::marked(tools, name, mark).await {
            Ok(nodes) if nodes.is_empty() && gone => return Ok(()),
            Ok(nodes) if nodes.is_empty() => "what `kind create` has started does not end".to_owned(),
            Ok(nodes) => match tools.delete(name).await {
                // Looked for once more.
                Ok(()) if Instant::now() < deadline => continue,
                Ok(()) => {
                    let names: Vec<&str> =
                        nodes.iter().map(|node| node.name.trim_start_matches('/')).collect();
                    format!("containers are left: {}", names.join(", "))
                }
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        if Instant::now() >= deadline {
            return Err(Error::Left { name: name.to_owned(), why });
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// Removes the cluster and its folder.
pub(super) async fn all(
    tools: &Tools,
    home: &Home,
    mark: &Mark,
    makers: Makers,
) -> Result<(), crate::cluster::Error> {
    containers(tools, (home.name(), mark), makers, TRIES_FOR).await?;
    home.remove()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NODE: &str = r#"[{"Name": "/x-control-plane",
        "HostConfig": {"PortBindings": {"6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40001"}]}}}]"#;

    /// An engine with one container, and a `kind` that cannot delete it. Says what came of a removal,
    /// and whether `kind` was called.
    async fn tried(mark: &Mark) -> (Result<(), Error>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let script = |name: &str, body: &str| {
            let file = folder.path().join(name);
            fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            file
        };
        let engine = script("docker", &format!("if [ $1 = ps ]; then echo 1; else echo '{NODE}'; fi"));
        let called = folder.path().join("called");
        let says = "echo 'ERROR: device or resource busy' >&2; exit 1";
        let kind = script("kind", &format!("touch {}; {says}", called.display()));
        let tools = Tools { kind, engine, kubeconfig: folder.path().join("kubeconfig") };
        let within = Duration::from_millis(500);
        let removed = containers(&tools, ("x", mark), Makers::none(), within).await;
        (removed, called.exists())
    }

    #[tokio::test]
    async fn what_cannot_be_removed_is_named_in_the_end() {
        let (removed, called) = tried(&Mark::of_a_run(40001)).await;
        let error = removed.unwrap_err().to_string();
        assert!(called);
        assert!(error.contains("the kind cluster x is not removed"), "{error}");
        assert!(error.contains("ERROR: device or resource busy"), "{error}");
    }

    #[tokio::test]
    async fn what_does_not_carry_the_mark_is_not_touched() {
        let (removed, called) = tried(&Mark::of_a_run(40002)).await;
        assert!(removed.is_ok() && !called);
    }
}
