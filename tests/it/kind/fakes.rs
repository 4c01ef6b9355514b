//! A `kind` that hands out the shared local cluster, and a `docker` that knows its containers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::run::drills::Drill;
use crate::support::sandbox::Sandbox;
use crate::support::shared;

/// The kind cluster of these tests.
pub const NAME: &str = "pretended";

/// `containers/NAME` holds the ports of NAME's API server and node port, and is its container.
const KIND: &str = r#"
echo "kind $* KUBECONFIG=$KUBECONFIG PROVIDER=$KIND_EXPERIMENTAL_PROVIDER" >> WORLD/log
case "$1 $2" in
"get clusters") ls WORLD/containers;;
"get kubeconfig")
  [ -f WORLD/no-kubeconfig ] && echo 'ERROR: could not locate any control plane nodes' >&2 && exit 1
  cat WORLD/kubeconfig;;
"delete cluster")
  [ -f WORLD/no-delete ] && echo 'ERROR: the engine is on strike' >&2 && exit 1
  rm -f WORLD/containers/$4; echo "Deleted nodes: [\"$4-control-plane\"]" >&2;;
"create cluster")
  cp "$6" WORLD/config
  api=$(sed -n 's/.*"apiServerPort": \([0-9]*\).*/\1/p' "$6")
  node=$(sed -n 's/.*"hostPort": \([0-9]*\).*/\1/p' "$6")
  echo "Creating cluster \"$4\" ..." >&2
  echo ' • Preparing nodes 📦  ...' >&2
  if [ -f WORLD/late ]; then sh -c "sleep 0.5; echo $api $node > WORLD/containers/$4"; fi
  echo "$api $node" > WORLD/containers/$4
  if [ -f WORLD/fails-once ]; then mv WORLD/fails-once WORLD/failed; cat WORLD/failed >&2; exit 1; fi
  if [ -f WORLD/fails ]; then cat WORLD/fails >&2; exit 1; fi
  : > WORLD/creating
  while [ -f WORLD/hangs ]; do sleep 0.02; done
  cp WORLD/kubeconfig "$8";;
esac"#;

const DOCKER: &str = r#"
echo "ENGINE $*" >> WORLD/log
[ "$1" = --version ] && echo 'Docker version 26.1.5, build a72d7cd' && exit
if [ -f WORLD/ENGINE-is-silent ]; then
  echo 'Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?' >&2
  exit 1
fi
case "$1 $2" in
"ps --all") name=${6##*=}; if [ -f WORLD/containers/$name ]; then echo $name; fi;;
inspect*)
  read api node < WORLD/containers/$2
  echo "[{\"Name\": \"/$2-control-plane\", \"HostConfig\": {\"PortBindings\": {
    \"6443/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"$api\"}],
    \"30080/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"$node\"}]}}}]";;
esac"#;

/// Pretended nodes answer at no port.
fn without_a_node_port() -> Drill {
    let drill = Drill::builtin();
    let text = std::fs::read_to_string(Path::new(drill.path()).join("drill.yaml")).unwrap();
    let (_, signal) = text.split_once("  - http:\n      {name: node-port").unwrap();
    let (signal, _) = signal.split_once('\n').unwrap();
    drill.replace(&format!("  - http:\n      {{name: node-port{signal}\n"), "")
}

/// A sandbox in which `kind` and `docker` are the fakes, and nothing else is on PATH.
pub struct World {
    pub sandbox: Sandbox,
    drill: Drill,
}

impl World {
    pub fn new() -> Self {
        let world = Self::without_tools();
        world.put("kind", KIND);
        world.put("docker", DOCKER);
        fs::create_dir_all(world.path("containers")).unwrap();
        fs::copy(shared::cluster().home.kubeconfig(), world.path("kubeconfig")).unwrap();
        world
    }

    /// With an empty PATH.
    pub fn without_tools() -> Self {
        let world = Self { sandbox: Sandbox::new(), drill: without_a_node_port() };
        fs::create_dir_all(world.path("bin")).unwrap();
        world
    }

    /// Puts the fake `docker`, `podman`, … on PATH.
    pub fn put_engine(&self, name: &str) {
        self.put(name, DOCKER);
    }

    fn put(&self, name: &str, body: &str) {
        let body = body.replace("WORLD", self.path("").to_str().unwrap().trim_end_matches('/'));
        let file = self.path("bin").join(name);
        let body = body.replace("ENGINE", name);
        fs::write(&file, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path().join(name)
    }

    /// Makes it so: `hangs`, `fails`, `docker-is-silent`, …, with what is said.
    pub fn let_be(&self, what: &str, said: &str) {
        fs::write(self.path(what), said).unwrap();
    }

    /// No longer.
    pub fn end(&self, what: &str) {
        fs::remove_file(self.path(what)).unwrap();
    }

    /// A cluster that somebody else has made.
    pub fn somebody_made_a_cluster(&self) {
        fs::write(self.container(), "40001 40002\n").unwrap();
    }

    /// What is there for as long as the cluster's container is.
    pub fn container(&self) -> PathBuf {
        self.path("containers").join(NAME)
    }

    /// The folder of the cluster in firedrill's state.
    pub fn folder(&self) -> PathBuf {
        self.clusters().join(format!("kind_{NAME}"))
    }

    /// The folder of all clusters in firedrill's state.
    pub fn clusters(&self) -> PathBuf {
        self.sandbox.firedrill_state().join("clusters")
    }

    /// Every call of kind and of an engine, a line each.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// How often a line of the log begins so.
    pub fn calls(&self, begin: &str) -> usize {
        self.log().lines().filter(|line| line.starts_with(begin)).count()
    }

    /// firedrill, for which these are the tools, and the cluster is the pretended one.
    pub fn firedrill(&self) -> Command {
        let mut command = self.sandbox.firedrill();
        command.env("PATH", self.path("bin")).env("FIREDRILL_KIND_CLUSTER", NAME);
        command
    }

    /// The first drill, for clusters that have no nodes.
    pub fn drill(&self) -> &str {
        self.drill.path()
    }

    /// A run to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        let mut command = self.firedrill();
        command.args(["run", self.drill(), "--cluster", "kind"]).args(args).stdin(Stdio::null());
        Said::new(&command.output().unwrap())
    }

    /// Nothing is left of a cluster that was a run's own.
    pub fn nothing_is_left(&self) -> bool {
        let state = fs::read_dir(self.clusters()).map_or(0, Iterator::count);
        !self.container().exists() && state == 0 && self.sandbox.processes().is_empty()
    }

    /// What is in the configuration that kind was given.
    pub fn config(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path("config")).unwrap()).unwrap()
    }
}

/// What a command said.
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said =
            Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
        // Shown where the test fails.
        println!("{}\n{}\n{}", output.status, said.stderr, said.stdout);
        said
    }
}

/// A user's kubeconfig that nobody may touch.
pub fn users_kubeconfig(home: &Path) -> (PathBuf, String) {
    let file = home.join(".kube/config");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: mine\n".to_owned();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, &text).unwrap();
    (file, text)
}
