//! The one cluster of this test process. It lives as long as the process, however that ends.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use firedrill::cluster::state::Home;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::sandbox;

/// Folders of test processes begin so.
const PREFIX: &str = "it-";

/// The cluster.
pub struct Shared {
    /// The cluster's folder.
    pub home: Home,
    root: PathBuf,
    /// The cluster goes when this closes.
    _owner: ChildStdin,
    /// Held as long as the process lives: whose lock is free is a leftover.
    _lock: File,
}

/// The cluster, which the first caller starts. Where the control plane's binaries are not there
/// yet, that takes minutes, and stderr tells.
pub fn cluster() -> &'static Shared {
    static CLUSTER: OnceLock<Shared> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// firedrill, which finds the shared cluster up.
pub fn firedrill() -> Command {
    let root = &cluster().root;
    sandbox::firedrill(&root.join("state"), &root.join("home"))
}

/// A client of the shared cluster that repeats nothing by itself.
pub async fn client() -> kube::Client {
    let read = Kubeconfig::read_from(cluster().home.kubeconfig()).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(read, &options).await.unwrap();
    config.proxy_url = None;
    config.default_retry = false;
    kube::Client::try_from(config).unwrap()
}

fn start() -> Shared {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
    remove_leftovers(all);
    let root = tempfile::Builder::new().prefix(PREFIX).tempdir_in(all).unwrap().keep();
    let lock = File::create(root.join("lock")).unwrap();
    lock.lock().unwrap();
    for folder in ["state", "home"] {
        fs::create_dir(root.join(folder)).unwrap();
    }
    // With the user's own environment: binaries may have to be downloaded or built.
    let mut child = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["cluster", "up", "--until-stdin-closes"])
        .args(kubernetes_version())
        .env("XDG_STATE_HOME", root.join("state"))
        .env("NO_COLOR", "1")
        .env_remove("KUBECONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Taken out: to wait for a child closes its stdin.
    let owner = child.stdin.take().unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "the shared cluster did not start: see stderr above");
    let home = Home::new(&root.join("state/firedrill"), "local").unwrap();
    assert!(said.contains(home.kubeconfig().to_str().unwrap()), "{said}");
    Shared { home, root, _owner: owner, _lock: lock }
}

/// The flag for the Kubernetes that the environment asks for, if it does.
fn kubernetes_version() -> Vec<String> {
    let asked = env::var("FIREDRILL_TEST_KUBERNETES").ok().filter(|version| !version.is_empty());
    asked.map(|version| format!("--kubernetes-version={version}")).into_iter().collect()
}

/// Removes the folders of test processes that have ended; their clusters have gone with them,
/// but for what a crashed responder left.
fn remove_leftovers(all: &Path) {
    for entry in fs::read_dir(all).unwrap().flatten() {
        let root = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // A folder without a lock is just being made.
        let Ok(lock) = File::open(root.join("lock")) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let mut down = sandbox::firedrill(&root.join("state"), &root.join("home"));
        let gone = down.args(["cluster", "down"]).output().is_ok_and(|out| out.status.success());
        if gone {
            let _ = fs::remove_dir_all(&root);
        }
    }
}
