//! `kind create cluster` by hand, and by `firedrill run --cluster kind`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use firedrill::cluster::kind;

use super::guard;
use super::process::run_firedrill;

const NAME: &str = "firedrill-bench";

/// What is missing for this; nothing where it can be measured.
pub fn missing() -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(kind::available()).err().map(|why| why.to_string())
}

/// Until the cluster is there and the run begins.
pub fn by_firedrill(state: &Path, drill: &str, index: usize) -> Duration {
    let journal = state.join(format!("kind-{index}.jsonl"));
    let path = journal.to_str().expect("a path in UTF-8");
    run_firedrill(state, &["run", drill, "--cluster", "kind", "--kind-cluster", NAME, "--journal", path]);
    guard::before_the_run(&journal)
}

/// Until the node is Ready, with the same configuration and image.
pub fn by_hand(state: &Path) -> Duration {
    let config = state.join("kind-config.yaml");
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/kind-config.yaml"));
    // Any port: the usual one may be a cluster's that is in use.
    std::fs::write(&config, text.replace("hostPort: 30080", "hostPort: 0")).expect("a file");
    let by_hand = ByHand { state };
    let mut create = by_hand.kind("create");
    create.arg("--config").arg(&config).args(["--wait", "120s"]);
    if let Some(image) = std::env::var_os("FIREDRILL_KIND_IMAGE").filter(|image| !image.is_empty()) {
        create.arg("--image").arg(image);
    }
    let began = Instant::now();
    assert!(create.status().expect("kind starts").success(), "kind create cluster failed");
    began.elapsed()
}

/// A cluster that goes with this.
struct ByHand<'a> {
    state: &'a Path,
}

impl ByHand<'_> {
    fn kind(&self, verb: &str) -> Command {
        let mut command = Command::new("kind");
        command.args([verb, "cluster", "--name", NAME, "--kubeconfig"]).arg(self.state.join("by-hand"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for ByHand<'_> {
    fn drop(&mut self) {
        let _ = self.kind("delete").status();
    }
}
