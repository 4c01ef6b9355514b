//! The guard: a process beside the runner that puts everything back when the runner dies.
//!
//! ```text
//! guard ── ready ─────> runner    it reached the API server; now the run may change something
//! guard <─ dismissed ── runner    the run ended in order, or said what it leaves
//! ```
//!
//! Both words go through pipes, and each pipe's end says what no word can. Only the runner holds
//! the write end of the guard's stdin, so it closes with the runner, SIGKILL included: then the
//! guard undoes and finishes the dead runner's journal. The end of the guard's stdout tells the
//! runner that nobody would do so for it any more: then the run ends and undoes by itself.
//!
//! - [`held`]: the runner's half
//! - [`process`]: the guard's half
//! - `put_back`: the undo of a run whose last request may still be on its way
//! - `last_words`: what the guard writes into the dead runner's journal

mod hearing;
pub mod held;
mod last_words;
pub mod process;
mod put_back;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Nanos;

/// The guard's only word.
const READY: &str = "ready";
/// The runner's only word.
const DISMISSED: &str = "dismissed";
/// How long after the run's deadline a living runner is left alone: at the deadline it waits for
/// the step that is under way (15 s), then undoes by itself.
const GRACE: Duration = Duration::from_secs(20);

/// What a guard is told: the command line of `firedrill guard`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The run's name.
    pub run: String,
    /// The target's namespace.
    pub namespace: String,
    /// Whether what the run made stays, and only the fault is undone.
    pub keep_workload: bool,
    /// The runner's journal.
    pub journal: PathBuf,
    /// The kubeconfig; nothing for the one that the environment names.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; nothing for the current one.
    pub context: Option<String>,
    /// Whether the API server is on loopback, where a proxy has no say.
    pub loopback: bool,
    /// The kind cluster's name, where it was found by that.
    pub kind_cluster: Option<String>,
    /// A cluster that goes when the runner does.
    pub private_cluster: Option<PrivateCluster>,
    /// What the machine's monotonic clock showed when the run's clock began.
    pub began: Nanos,
    /// When the runner ends the run at the latest, by the run's clock.
    pub deadline: Nanos,
}

/// A cluster that goes when its runner does, by a process of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateCluster {
    /// Its folder, which goes last.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// The command that removes it by hand.
    pub removal: String,
}

impl Charge {
    /// The arguments of `firedrill` that say this.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        let mut all: Vec<OsString> = vec!["guard".into()];
        let mut add = |name: &str, value: OsString| all.extend([OsString::from(format!("--{name}")), value]);
        add("run", (&self.run).into());
        add("namespace", (&self.namespace).into());
        add("journal", (&self.journal).into());
        add("began", self.began.to_string().into());
        add("deadline", self.deadline.to_string().into());
        if let Some(path) = &self.kubeconfig {
            add("kubeconfig", path.into());
        }
        if let Some(context) = &self.context {
            add("context", context.into());
        }
        if let Some(name) = &self.kind_cluster {
            add("kind-cluster", name.into());
        }
        if let Some(PrivateCluster { folder, name, removal }) = &self.private_cluster {
            add("private-cluster", folder.into());
            add("private-name", name.into());
            add("removal", removal.into());
        }
        let flags = [("--keep-workload", self.keep_workload), ("--loopback", self.loopback)];
        all.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| OsString::from(flag)));
        all
    }
}
