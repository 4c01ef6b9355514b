//! A place for one test: a state folder, a kubeconfig of a user's, and names of clusters that
//! nobody else has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::DRILL;
use super::containers;

/// What a kubeconfig of a user's says.
const USERS: &str = "apiVersion: v1\nkind: Config\ncurrent-context: mine\n";

/// The place; what its runs leave behind fails the test.
pub struct Sandbox {
    root: tempfile::TempDir,
    cluster: String,
    /// Clusters are made one after the other: it takes a machine's whole attention.
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Sandbox {
    /// For a test that makes a cluster.
    pub fn that_makes_a_cluster() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        // A test that failed in its turn spoils nothing.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: Some(turn), ..Self::new(&own_name()) }
    }

    /// For a test that runs the drill on this cluster, which is there. One after the other: two runs
    /// would want the same node port.
    pub fn that_uses(cluster: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: Some(turn), ..Self::new(cluster) }
    }

    /// For a test that looks at this cluster, which is there.
    pub fn new(cluster: &str) -> Self {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::write(root.path().join("kubeconfig"), USERS).unwrap();
        Self { root, cluster: cluster.to_owned(), _turn: None }
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// `XDG_STATE_HOME`.
    pub fn state(&self) -> &Path {
        self.root.path()
    }

    /// The folders and locks of clusters in firedrill's state.
    pub fn in_state(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.state().join("firedrill/clusters"));
        entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    }

    /// firedrill in the user's environment, as the engine may need it, but for its state and the
    /// kubeconfig.
    pub fn firedrill(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command
            .env("XDG_STATE_HOME", self.state())
            .env("KUBECONFIG", self.root.path().join("kubeconfig"))
            .env("FIREDRILL_KIND_CLUSTER", &self.cluster)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// `firedrill run DRILL --cluster kind ARGS`, to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = self.firedrill();
        let output = command.args(["run", DRILL, "--cluster", "kind"]).args(args).output().unwrap();
        // Shown where the test fails.
        println!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        println!("{}", String::from_utf8_lossy(&output.stdout));
        output
    }

    /// The same, going on.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.firedrill();
        command.args(["run", DRILL, "--cluster", "kind"]).args(args);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Nothing of firedrill's is left, and nobody wrote into the user's kubeconfig.
    pub fn assert_untouched(&self) {
        assert_eq!(fs::read_to_string(self.root.path().join("kubeconfig")).unwrap(), USERS);
        assert_eq!(self.in_state(), [] as [PathBuf; 0]);
        assert_eq!(containers::of(&self.cluster), [] as [String; 0]);
    }
}

/// A name that no other test process has.
pub fn own_name() -> String {
    let suffix: String = std::iter::repeat_with(fastrand::alphanumeric).take(8).collect();
    format!("fd-test-{}", suffix.to_ascii_lowercase())
}
