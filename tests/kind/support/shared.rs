//! The one kind cluster of this test process. It lives as long as the process, however that ends:
//! its keeper removes it then.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use firedrill::cluster::kind::{self, Kind, Options};
use firedrill::cluster::{Access, Held};

use super::{on_a_runtime, sandbox};

/// Folders of test processes begin so.
const PREFIX: &str = "kind-";

/// The cluster.
pub struct Shared {
    /// How to talk to it.
    pub access: Access,
    /// The cluster goes when this process does: the keeper's link closes with it.
    _held: Held,
    /// Held as long as the process lives: whose lock is free is a leftover.
    _lock: File,
}

impl Shared {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.access.facts.name
    }

    /// Where its node port is mapped to.
    pub fn node_port(&self) -> SocketAddr {
        self.access.node_ports.address(30_080).unwrap().parse().unwrap()
    }

    /// Its kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        self.access.kubeconfig.as_deref().unwrap()
    }
}

/// The cluster, which the first caller makes. Ask [`is_here`](super::is_here) before.
pub fn cluster() -> &'static Shared {
    static CLUSTER: OnceLock<Shared> = OnceLock::new();
    CLUSTER.get_or_init(|| on_a_runtime(start()))
}

async fn start() -> Shared {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
    remove_leftovers(all).await;
    let root = tempfile::Builder::new().prefix(PREFIX).tempdir_in(all).unwrap().keep();
    let lock = File::create(root.join("lock")).unwrap();
    lock.lock().unwrap();
    let options = Options {
        state: root,
        name: sandbox::own_name(),
        image: std::env::var("FIREDRILL_KIND_IMAGE").ok().filter(|image| !image.is_empty()),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_firedrill")),
        keep: false,
    };
    let held = Kind::new(options).acquire(&|news| println!("{news}")).await.unwrap();
    Shared { access: held.access.clone(), _held: held, _lock: lock }
}

/// Removes the folders of test processes that have ended, and the clusters that are left of those
/// whose keeper was killed.
async fn remove_leftovers(all: &Path) {
    for entry in fs::read_dir(all).unwrap().flatten() {
        let root = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // A folder without a lock is just being made.
        let Ok(lock) = File::open(root.join("lock")) else { continue };
        if lock.try_lock().is_ok() && kind::remove_leftovers(&root).await.is_ok() {
            let _ = fs::remove_dir_all(&root);
        }
    }
}
