//! A cluster of a test's own, whose processes may be frozen, killed and started again.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use firedrill::cluster::local::processes;
use firedrill::cluster::state::Home;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::sandbox::Sandbox;
use crate::support::{shared, stdout_of};

/// A process's command, as the kernel knows it.
struct Start {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    folder: PathBuf,
}

/// A sandbox whose cluster `local` is up. Goes with its last handle.
#[derive(Clone)]
pub struct Own(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    /// Components that the test started again: its own children, to be reaped.
    restarted: Mutex<Vec<Child>>,
}

impl Own {
    /// Starts it. The shared cluster first: it finds or makes the binaries.
    pub async fn up() -> Self {
        let starting = tokio::task::spawn_blocking(|| {
            shared::cluster();
            let sandbox = Sandbox::new();
            let mut up = sandbox.firedrill();
            stdout_of(&up.args(["cluster", "up"]).stdin(Stdio::null()).output().unwrap());
            Self(Arc::new(Inner { sandbox, restarted: Mutex::default() }))
        });
        starting.await.unwrap()
    }

    /// firedrill, which finds this cluster up.
    pub fn firedrill(&self) -> Command {
        self.0.sandbox.firedrill()
    }

    fn home(&self) -> Home {
        self.0.sandbox.cluster()
    }

    /// For clients of this cluster.
    pub async fn config(&self) -> kube::Config {
        config(&self.home()).await
    }

    fn pid(&self, component: &str) -> Pid {
        let pid = processes::component(&self.home(), component).unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    /// Stops a component where it stands.
    pub fn freeze(&self, component: &str) {
        kill_process(self.pid(component), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub fn thaw(&self, component: &str) {
        kill_process(self.pid(component), Signal::CONT).unwrap();
    }

    /// Kills a component; gives what starts it again.
    pub fn kill(&self, component: &'static str) -> Restart {
        let pid = self.pid(component);
        let start = Start::of(pid);
        kill_process(pid, Signal::KILL).unwrap();
        Restart { own: self.clone(), component, killed: pid, start }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.sandbox.firedrill().args(["cluster", "down"]).output();
        for child in self.restarted.get_mut().unwrap() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A component that was killed.
pub struct Restart {
    own: Own,
    component: &'static str,
    killed: Pid,
    start: Start,
}

impl Restart {
    /// Starts it again with the same command line, as a supervisor would.
    pub fn now(self) {
        let killed = u32::try_from(self.killed.as_raw_nonzero().get()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while runs(killed) {
            assert!(Instant::now() < deadline, "{} outlives SIGKILL", self.component);
            std::thread::sleep(Duration::from_millis(5));
        }
        let home = self.own.home();
        let path = home.log(self.component);
        let log = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        let child = Command::new(&self.start.arguments[0])
            .args(&self.start.arguments[1..])
            .env_clear()
            .envs(self.start.environment)
            .current_dir(&self.start.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pids = home.components().join("pids");
        fs::write(pids.join(format!("{}.pid", self.component)), child.id().to_string()).unwrap();
        self.own.0.restarted.lock().unwrap().push(child);
    }
}

impl Start {
    fn of(pid: Pid) -> Self {
        let proc = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
        let list = |file: &str| -> Vec<String> {
            let bytes = fs::read(proc.join(file)).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            text.split_terminator('\0').map(str::to_owned).collect()
        };
        let pair = |line: String| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self {
            arguments: list("cmdline"),
            environment: list("environ").into_iter().filter_map(pair).collect(),
            folder: fs::read_link(proc.join("cwd")).unwrap(),
        }
    }
}

/// Whether it runs, or a thread of it does: the last one gives its sockets back. What nobody
/// reaped does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    stat.rsplit_once(") ").is_some_and(|(_, rest)| threads > 1 || !rest.starts_with(['Z', 'X']))
}

/// For clients of a local cluster, as `run` makes them.
pub async fn config(home: &Home) -> kube::Config {
    let read = Kubeconfig::read_from(home.kubeconfig()).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(read, &options).await.unwrap();
    config.proxy_url = None;
    config.connect_timeout = Some(Duration::from_secs(2));
    config
}
