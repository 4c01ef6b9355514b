//! A folder for one test, and firedrill in an environment that knows nothing else.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use firedrill::cluster::state::Home;

/// What is passed on: where the control plane's binaries are, or how they are built.
const KEPT: [&str; 9] = [
    "PATH",
    "KUBEBUILDER_ASSETS",
    "FIREDRILL_MIRROR",
    "GOPROXY",
    "GOMODCACHE",
    "GOPATH",
    "GOCACHE",
    "GOFLAGS",
    "TMPDIR",
];

/// A folder with a state folder and a home; removed at the end.
pub struct Sandbox {
    root: tempfile::TempDir,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Self {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for folder in ["state", "home"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// What is `XDG_STATE_HOME`.
    pub fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// What is `HOME`.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// firedrill, with this state and this home.
    pub fn firedrill(&self) -> Command {
        firedrill(&self.state(), &self.home())
    }

    /// firedrill's state folder.
    pub fn firedrill_state(&self) -> PathBuf {
        self.state().join("firedrill")
    }

    /// The cluster `local` of this sandbox.
    pub fn cluster(&self) -> Home {
        Home::new(&self.firedrill_state(), "local").unwrap()
    }

    /// The live processes whose command line names this folder, `PID COMMAND` each.
    pub fn processes(&self) -> Vec<String> {
        let named = self.root.path().to_str().unwrap();
        let entries = fs::read_dir("/proc").unwrap();
        let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter_map(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains(named).then(|| format!("{pid} {line}"))
        })
        .collect()
    }
}

/// firedrill in an environment of its own.
pub fn firedrill(state: &Path, home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.env_clear();
    for name in KEPT {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("HOME", home)
        .env("XDG_STATE_HOME", state)
        .env("XDG_CACHE_HOME", caches())
        .env("NO_COLOR", "1");
    command
}

/// The real cache folder: what was downloaded or built once is not fetched for each test.
fn caches() -> OsString {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    set("XDG_CACHE_HOME")
        .unwrap_or_else(|| PathBuf::from(set("HOME").unwrap_or_default()).join(".cache").into_os_string())
}
