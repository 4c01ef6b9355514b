//! A local cluster for the bench, in a state folder of its own.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::time::{Duration, Instant};

use super::process::{firedrill, memory_peak_kib};

/// Up for as long as this lives: its owner's pipe closes with it.
pub struct BenchCluster {
    pub state: tempfile::TempDir,
    kubeconfig: PathBuf,
    owner: Option<ChildStdin>,
}

impl BenchCluster {
    pub fn up() -> Self {
        let state = super::state_folder();
        let (kubeconfig, owner) = up(state.path());
        Self { state, kubeconfig, owner: Some(owner) }
    }

    /// The time that `cluster up` takes.
    pub fn time_up() -> Duration {
        let state = super::state_folder();
        let began = Instant::now();
        let (_, owner) = up(state.path());
        let took = began.elapsed();
        end(state.path(), owner);
        took
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The highest memory of the responder so far.
    pub fn responder_kib(&self) -> u64 {
        let status = firedrill(self.state.path()).args(["cluster", "status"]).output().expect("a status");
        let status = String::from_utf8_lossy(&status.stdout).into_owned();
        let line = status.lines().find(|line| line.contains("responder")).expect("a responder");
        let pid = line.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("its pid");
        memory_peak_kib(pid).expect("a process that lives")
    }
}

impl Drop for BenchCluster {
    fn drop(&mut self) {
        end(self.state.path(), self.owner.take().expect("held until now"));
    }
}

/// Starts a cluster that lives until the returned pipe is closed; returns its kubeconfig, too.
fn up(state: &Path) -> (PathBuf, ChildStdin) {
    let mut child = firedrill(state)
        .args(["cluster", "up", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("firedrill starts");
    let owner = child.stdin.take().expect("piped");
    let mut said = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(child.wait().expect("a child of ours").success(), "cluster up failed");
    let path = said.trim().strip_prefix("export KUBECONFIG=").expect("an export line");
    (PathBuf::from(path), owner)
}

/// Closes the pipe and removes what is left: nothing, or the responder is slow.
fn end(state: &Path, owner: ChildStdin) {
    drop(owner);
    firedrill(state).args(["cluster", "down"]).stderr(Stdio::null()).status().expect("firedrill starts");
}
